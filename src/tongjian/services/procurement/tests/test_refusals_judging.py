"""Each refusal of each act from the committee to the contract, and of auctions, in precedence."""

import pytest
from procurement_acts import person_of
from procurement_people import EXPERTS, USCC
from procurement_secrets import salt
from procurement_town import Town

from tongjian.core.calendar import DAY_MS, HOUR_MS
from tongjian.services.procurement.records import AUCTIONS, CHALLENGES, CONTRACTS, PLANS
from tongjian.services.treasury.records import COMMITMENTS

ALL_EXPERTS = tuple(f"expert.{number}" for number in range(1, EXPERTS + 1))


@pytest.fixture
def town() -> Town:
    return Town()


def outsiders(town: Town) -> list[str]:
    """Return experts who are not on the committee."""
    return [name for name in ALL_EXPERTS if name not in town.panel()]


def test_the_committee_is_drawn(town: Town) -> None:
    town.go("opened")
    town.no("STATUS_WRONG", "draw_panel")
    town.ok("close_opening")
    own = (person_of("a"), person_of("b"))
    town.no("NOT_PERMITTED", "draw_panel", by=("agency.procurement_agent",))
    town.no("PANEL_SIZE_WRONG", "draw_panel", representatives=own)
    town.ok("declare_interest", person=own[0], supplier="beta")
    town.no("HAS_INTEREST", "draw_panel", representatives=own[:1])
    town.no("STATUS_WRONG", "score_bid")
    town.no("STATUS_WRONG", "rank_bids")
    town.no("STATUS_WRONG", "raise_finding")
    town.no("STATUS_WRONG", "replace_member")
    town.ok("draw_panel", representatives=own[1:])
    town.no("STATUS_WRONG", "draw_panel")
    assert len(town.tender().seats) == 5
    assert town.tender().seats[0] == own[1]


def test_a_pool_without_enough_free_experts_gives_no_committee(town: Town) -> None:
    town.go("closed")
    for number in range(1, EXPERTS - 3):
        town.ok("declare_interest", person=person_of(f"expert.{number}"), supplier="gamma")
    town.no("POOL_TOO_SMALL", "draw_panel")


def test_a_member_is_replaced_by_the_next_lot(town: Town) -> None:
    town.go("drawn")
    member = town.panel()[0]
    pseudonym = town.people[member].person
    town.no("NOT_PERMITTED", "replace_member", by=("agency.procurement_agent",))
    town.no("NOT_ON_PANEL", "replace_member", member=person_of("nobody"))
    town.ok("replace_member", member=pseudonym)
    assert member not in town.panel()
    other = town.panel()[0]
    town.ok("score_bid", by=(other,))
    town.no("ALREADY_SCORED", "replace_member", member=town.people[other].person)
    for name in outsiders(town):
        if name != member:
            town.ok("suspend_expert", expert=person_of(name))
    town.no("POOL_TOO_SMALL", "replace_member", member=town.people[town.panel()[1]].person)


def test_scores(town: Town) -> None:
    town.prices["delta"] = 130_000_000
    town.points["delta"] = (1, 1)
    town.no("TENDER_UNKNOWN", "score_bid")
    town.go("drawn")
    member = town.panel()[0]
    town.no("NOT_PERMITTED", "score_bid", by=("agency.procurement_agent",))
    town.no("NOT_ON_PANEL", "score_bid", by=(outsiders(town)[0],), bidder="buyer")
    town.no("BIDDER_UNKNOWN", "score_bid", by=(member,), bidder="buyer", points=())
    town.no("BID_INVALID", "score_bid", by=(member,), bidder="delta", points=())
    town.no("SCORE_OUTSIDE", "score_bid", by=(member,), points=(4_001, 0))
    town.no("SCORE_OUTSIDE", "score_bid", by=(member,), points=(4_000,))
    town.no("SCORE_OUTSIDE", "score_bid", by=(member,), points=(4_000, 3_000, 0))
    town.ok("score_bid", by=(member,), points=(4_000, 3_000))
    town.no("ALREADY_SCORED", "score_bid", by=(member,), points=(0,))
    town.ok("declare_interest", person=town.people[member].person, supplier="beta")
    town.no("HAS_INTEREST", "score_bid", by=(member,), bidder="beta", points=())
    town.no("SCORES_MISSING", "rank_bids")


def test_findings(town: Town) -> None:
    town.no("TENDER_UNKNOWN", "raise_finding")
    town.no("TENDER_UNKNOWN", "answer_finding")
    town.no("TENDER_UNKNOWN", "dispose_finding")
    town.go("closed")
    town.no("STATUS_WRONG", "answer_finding")
    town.no("STATUS_WRONG", "dispose_finding")
    town.ok("draw_panel")
    members = town.panel()
    town.no("NOT_PERMITTED", "raise_finding", by=("beta.bidder",))
    town.no("BIDDER_UNKNOWN", "raise_finding", bidders=("beta", "delta"))
    town.no("BIDDER_UNKNOWN", "answer_finding")
    town.no("FINDING_UNKNOWN", "dispose_finding", by=(members[0],))
    town.ok("raise_finding", by=("audit.auditor",))
    town.no("NOT_PERMITTED", "answer_finding", by=("gamma.bidder",))
    town.no("BIDDER_UNKNOWN", "answer_finding", bidder="alpha")
    town.no("NOT_PERMITTED", "dispose_finding", by=("audit.auditor",))
    town.no("NOT_ON_PANEL", "dispose_finding", by=(outsiders(town)[0],))
    town.ok("answer_finding")
    town.no("NOT_HEARD", "dispose_finding", by=(members[0],))
    town.ok("answer_finding", bidder="gamma")
    town.ok("dispose_finding", by=(members[0],))
    town.no("ALREADY_VOTED", "dispose_finding", by=(members[0],), verdict="keep")
    town.ok("dispose_finding", by=(members[1],), verdict="keep")
    assert town.tender().open_findings == 1


def test_a_finding_is_disposed_of_before_the_ranking(town: Town) -> None:
    town.go("drawn")
    members = town.panel()
    town.ok("raise_finding")
    for bidder in ("beta", "gamma"):
        town.ok("answer_finding", bidder=bidder)
    town.ok("dispose_finding", by=(members[0],))
    for bidder in ("alpha", "beta", "gamma"):
        for member in members:
            town.ok("score_bid", by=(member,), bidder=bidder, points=town.points[bidder])
    town.no("FINDING_OPEN", "rank_bids")
    town.ok("dispose_finding", by=(members[2],))
    town.ok("dispose_finding", by=(members[3],))
    town.no("FINDING_CLOSED", "dispose_finding", by=(members[4],))
    town.no("FINDING_CLOSED", "answer_finding")
    town.no("NOT_PERMITTED", "rank_bids", by=("buyer.purchase_approver",))
    town.ok("rank_bids")
    assert (town.tender().status, town.tender().fail_reason) == ("failed", "few_bidders")
    assert town.offer("beta").validity == "finding"


def test_a_bidder_who_stays_silent_is_held_heard_when_its_time_has_passed(town: Town) -> None:
    town.go("drawn")
    town.ok("raise_finding", bidders=("gamma",))
    member = town.panel()[0]
    town.no("NOT_HEARD", "dispose_finding", by=(member,))
    town.pass_days(6)
    town.ok("dispose_finding", by=(member,))


def test_award_and_strike(town: Town) -> None:
    town.go("scored")
    town.no("STATUS_WRONG", "award")
    town.no("STATUS_WRONG", "strike_winner")
    town.ok("rank_bids")
    town.no("NOT_PERMITTED", "award", by=("agency.procurement_agent",))
    town.no("BIDDER_UNKNOWN", "award", bidder="delta")
    town.no("NOT_FIRST", "award", bidder="beta")
    town.ok("challenge_tender")
    town.no("CHALLENGE_OPEN", "award")
    town.ok("answer_challenge")
    town.ok("award")
    town.no("STATUS_WRONG", "award")
    town.no("NOT_PERMITTED", "strike_winner", by=("buyer.purchase_approver",))
    town.ok("strike_winner")
    town.no("NOT_FIRST", "award")
    town.ok("award", bidder="beta")
    town.ok("strike_winner")
    town.ok("award", bidder="gamma")
    town.ok("strike_winner")
    assert town.tender().status == "failed"
    assert town.world.row(PLANS, "p1").status == "planned"


def test_candidates_for_works_stand_posted_before_the_award(town: Town) -> None:
    town.plan = {"kind": "works"}
    town.go("ranked")
    town.no("OBJECTION_RUNNING", "award")
    town.world.wait(town.tender().objection_until_ms - 1 - town.world.now_ms)
    town.no("OBJECTION_RUNNING", "award")
    town.world.wait(1)
    town.ok("award")


def test_the_supervisor_and_key_holders_go_on_where_the_agency_stalls(town: Town) -> None:
    town.go("shared")
    for number, bidder in enumerate(town.prices):
        by = ("notary.key_holder", "finance.supervisor")[number % 2]
        town.ok("open_bid", by=(by,), slot_name=bidder)
    town.ok("close_opening", by=("finance.supervisor",))


def test_challenges(town: Town) -> None:
    town.no("TENDER_UNKNOWN", "challenge_tender")
    town.no("TENDER_UNKNOWN", "complain")
    town.no("TENDER_UNKNOWN", "decide_complaint")
    town.go("prepared")
    town.no("STATUS_WRONG", "challenge_tender")
    town.no("STATUS_WRONG", "complain")
    town._keyed()
    town._published()
    town.no("NOT_PERMITTED", "challenge_tender", by=("alpha.bidder",))
    town.no("BIDDER_UNKNOWN", "challenge_tender", supplier="buyer", by=("buyer.bidder",))
    town.no("CHALLENGE_UNKNOWN", "answer_challenge")
    town.no("CHALLENGE_UNKNOWN", "complain")
    town.no("CHALLENGE_UNKNOWN", "decide_complaint")
    town.ok("challenge_tender")
    town.no("CHALLENGE_CLOSED", "complain")
    town.no("CHALLENGE_CLOSED", "decide_complaint")
    town.no("NOT_PERMITTED", "answer_challenge", by=("beta.bidder",))
    town.ok("answer_challenge")
    town.no("CHALLENGE_CLOSED", "answer_challenge")
    town.no("NOT_PERMITTED", "complain", by=("alpha.bidder",))
    town.no("CHALLENGE_CLOSED", "complain", supplier="alpha")
    town.ok("complain")
    town.no("NOT_PERMITTED", "decide_complaint", by=("finance.supervisor",))
    town.ok("decide_complaint")
    town.no("CHALLENGE_CLOSED", "decide_complaint")
    assert town.tender().open_challenges == 0


def test_a_complaint_comes_in_time_or_after_silence(town: Town) -> None:
    town.go("awarded")
    town.ok("challenge_tender")
    town.ok("answer_challenge")
    town.ok("challenge_tender", supplier="gamma")
    town.pass_days(12)
    town.ok("complain", number=2, supplier="gamma")
    town.no("OBJECTION_OVER", "challenge_tender")
    town.pass_days(12)
    town.no("OBJECTION_OVER", "complain")
    town.ok("decide_complaint", number=2, verdict="upheld")
    assert (town.tender().status, town.tender().fail_reason) == ("failed", "annulled")
    assert town.world.row(CHALLENGES, "t1", 2).status == "upheld"


def test_a_complaint_suspends_scores_ranking_award_and_contract(town: Town) -> None:
    town.go("drawn")
    town.ok("challenge_tender")
    town.ok("answer_challenge")
    town.ok("complain")
    town.no("SUSPENDED", "score_bid", by=(town.panel()[0],))
    town.no("SUSPENDED", "rank_bids")
    town.ok("decide_complaint")
    town._scored()
    town._ranked()
    town.ok("challenge_tender")
    town.ok("answer_challenge", number=2)
    town.ok("complain", number=2)
    town.no("SUSPENDED", "award", bidder="beta")
    town.ok("decide_complaint", number=2)
    town.ok("award")
    town.ok("challenge_tender")
    town.ok("answer_challenge", number=3)
    town._quiet()
    town.ok("complain", number=3)
    town.no("SUSPENDED", "conclude", price_fen=1)
    town.pass_days(31)
    town.no("CHALLENGE_OPEN", "conclude", price_fen=1)


def test_conclude_and_supplement(town: Town) -> None:
    town.go("ranked")
    town.no("STATUS_WRONG", "conclude")
    town.ok("award")
    town.no("NOT_PERMITTED", "conclude", by=("buyer.purchase_approver",))
    town.no("OBJECTION_RUNNING", "conclude", price_fen=1)
    town._quiet()
    town.no("TERMS_DIFFER", "conclude", price_fen=113_000_001)
    town.no("TERMS_DIFFER", "conclude", supplier="beta")
    town.ok("conclude")
    town.no("NUMBER_USED", "conclude")
    town.no("STATUS_WRONG", "conclude", contract="c2")
    assert town.world.row(COMMITMENTS, "c1").amount_fen == 113_000_000
    assert town.world.row(PLANS, "p1").status == "contracted"

    town.no("NOT_PERMITTED", "supplement", by=("buyer.purchase_approver",))
    town.no(
        "TERMS_DIFFER",
        "supplement",
        supplier="beta",
        by=("buyer.purchase_approver", "alpha.bidder"),
    )
    town.no("AMENDMENT_TOO_LARGE", "supplement", amount_fen=11_300_001)
    town.ok("supplement", amount_fen=11_299_999)
    town.no("AMENDMENT_TOO_LARGE", "supplement", amount_fen=2)
    town.ok("supplement", amount_fen=1)
    assert town.world.row(CONTRACTS, "c1").supplements == 2
    assert town.world.row(COMMITMENTS, "c1").amount_fen == 124_300_000


def test_a_contract_comes_too_late(town: Town) -> None:
    town.go("quiet")
    town.world.wait(town.tender().contract_until_ms - town.world.now_ms)
    town.no("CONTRACT_LATE", "conclude", price_fen=1)


def test_open_auction(town: Town) -> None:
    town.go("declared")
    now = town.world.now_ms
    begins_ms = now + 9 * DAY_MS
    town.no("NOT_PERMITTED", "open_auction", by=("agency.auctioneer",))
    town.no("AUCTION_UNKNOWN", "open_auction", previous="a0", begins_ms=now)
    town.no("DEADLINE_TOO_SHORT", "open_auction", begins_ms=now + 7 * DAY_MS, deposit_fen=1)
    town.no("DEADLINE_TOO_SHORT", "open_auction", ends_ms=begins_ms + 24 * HOUR_MS - 1)
    town.no("DEPOSIT_WRONG", "open_auction", deposit_fen=499_999)
    town.no("DEPOSIT_WRONG", "open_auction", deposit_fen=2_000_001)
    town.ok("open_auction")
    town.no("NUMBER_USED", "open_auction", previous="a0")
    town.no("STATUS_WRONG", "open_auction", auction="a2", previous="a1", begins_ms=now)


def test_an_auction_rises_by_steps_among_those_admitted(town: Town) -> None:
    town.go("declared")
    town.no("AUCTION_UNKNOWN", "raise_bid")
    town.ok("open_auction")
    town.no("NOT_PERMITTED", "admit_bidder", by=("alpha.bidder",))
    town.no("BIDDER_UNKNOWN", "admit_bidder", bidder="buyer")
    town.ok("declare_supplier", supplier="buyer", head=person_of("head of buyer"))
    town.no("BIDDER_EXCLUDED", "admit_bidder", bidder="buyer")
    for bidder in ("alpha", "beta"):
        town.ok("admit_bidder", bidder=bidder)
    town.no("BEFORE_DEADLINE", "raise_bid", price_fen=1)
    town.world.wait(9 * DAY_MS)
    town.no("NOT_PERMITTED", "raise_bid", by=("beta.bidder",))
    town.no("NOT_ADMITTED", "raise_bid", bidder="gamma", price_fen=1)
    town.no("BELOW_RESERVE", "raise_bid", price_fen=9_999_999)
    town.ok("raise_bid")
    town.no("STEP_TOO_SMALL", "raise_bid", bidder="beta", price_fen=10_099_999)
    town.ok("raise_bid", bidder="beta", price_fen=10_100_000)


def test_an_auction_ends_later_after_a_late_bid_and_bars_who_defaults(town: Town) -> None:
    town.go("declared")
    town.ok("open_auction")
    town.ok("admit_bidder")
    town.world.wait(9 * DAY_MS)
    ends_ms = town.world.row(AUCTIONS, "a1").ends_ms
    town.world.wait(ends_ms - 1 - town.world.now_ms)
    town.ok("raise_bid", price_fen=11_000_000)
    town.world.wait(1)
    assert town.world.row(AUCTIONS, "a1").status == "running"
    town.no("STATUS_WRONG", "declare_default")
    town.no("NOT_PERMITTED", "knock_down")
    town.world.wait(300_000)
    assert town.world.row(AUCTIONS, "a1").status == "sold"
    town.no("AUCTION_OVER", "raise_bid", bidder="beta", price_fen=20_000_000)
    town.no("AUCTION_OVER", "admit_bidder", bidder="gamma")
    town.no("NOT_PERMITTED", "declare_default", by=("agency.auctioneer",))
    town.no("PAYMENT_NOT_DUE", "declare_default")
    town.pass_days(10)
    town.ok("declare_default")
    town.no("STATUS_WRONG", "open_auction", auction="a2", previous="a1", lot=salt("another lot"))
    town.ok("open_auction", auction="a2", previous="a1")
    town.no("BIDDER_EXCLUDED", "admit_bidder", auction="a2")


def test_an_auction_without_bids_ends_unsold(town: Town) -> None:
    town.go("declared")
    town.ok("open_auction")
    town.world.wait(10 * DAY_MS)
    assert town.world.row(AUCTIONS, "a1").status == "unsold"


def test_the_clock_knocks_down(town: Town) -> None:
    town.go("declared")
    town.ok("open_auction")
    town.ok("admit_bidder")
    town.world.wait(9 * DAY_MS)
    town.ok("raise_bid")
    ends_ms = town.world.row(AUCTIONS, "a1").ends_ms
    (result,) = town.world.wait(ends_ms - town.world.now_ms)
    assert result.outcome == ""
    assert town.world.row(AUCTIONS, "a1").leader == USCC["alpha"]
