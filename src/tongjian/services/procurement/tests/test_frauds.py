"""The frauds of domain section 5 and the insider attacks that touch procurement, one test each."""

import pytest
from procurement_acts import VERBS, criteria_of, form_of, person_of
from procurement_people import USCC
from procurement_secrets import (
    invitation,
    salt,
)
from procurement_town import Town

from tongjian.catalogue import load_registry
from tongjian.core.calendar import DAY_MS
from tongjian.core.hashing import sha256
from tongjian.core.inquiry import answer
from tongjian.services.procurement.records import CONTRACTS, FINDINGS, TENDERS
from tongjian.services.procurement.views import NumberAsked


@pytest.fixture
def town() -> Town:
    return Town()


def test_tailored_criteria_cannot_be_changed_after_opening_nor_after_publication(
    town: Town,
) -> None:
    town.go("closed")
    fixed = town.tender().criteria
    writers = {
        operation.name
        for operation in load_registry().services["procurement"].operations
        if "criteria" in operation.act.__struct_fields__
    }
    assert writers == {"prepare_tender"}
    tailored = criteria_of(("price", 3_000), ("local_office", 7_000))
    town.no("NUMBER_USED", "prepare_tender", criteria=tailored)
    town._drawn()
    town.no("SCORE_OUTSIDE", "score_bid", by=(town.panel()[0],), points=(7_000,))
    assert town.tender().criteria == fixed


def test_a_split_purchase_is_refused_at_the_part_that_passes_the_limit(town: Town) -> None:
    for part in range(1, 5):
        town.ok("plan_purchase", plan=f"part{part}", method="inquiry", ceiling_fen=49_999_999)
    town.no("SPLIT_PURCHASE", "plan_purchase", plan="part5", method="single", ceiling_fen=5)
    town.ok("plan_purchase", plan="part5", method="single", ceiling_fen=4)
    town.ok("plan_purchase", plan="honest", method="open", ceiling_fen=150_000_000)


def test_single_source_needs_the_supervisor_and_public_notice(town: Town) -> None:
    town.go("declared")
    town.no("SPLIT_PURCHASE", "plan_purchase", method="single", ceiling_fen=300_000_000)
    by = ("buyer.purchase_officer", "buyer.purchase_approver")
    town.no("NOT_PERMITTED", "plan_exempted", by=by, method="single", ceiling_fen=300_000_000)
    town.ok("plan_exempted", method="single", ceiling_fen=300_000_000)
    town._prepared()
    town._keyed()
    town.no("DEADLINE_TOO_SHORT", "publish", deadline_ms=town.world.now_ms + 5 * DAY_MS)
    town.ok("publish", deadline_ms=town.world.now_ms + 8 * DAY_MS)
    town.prices = {"alpha": 250_000_000}
    for stage in ("received", "due", "shared", "opened", "closed", "drawn", "scored", "ranked"):
        getattr(town, f"_{stage}")()
    assert town.tender().ranking == (USCC["alpha"],)


def test_an_award_that_is_not_the_argmax_is_refused(town: Town) -> None:
    town.go("ranked")
    town.no("NOT_FIRST", "award", bidder="beta")
    town.no("NOT_FIRST", "award", bidder="gamma")


def test_a_contract_at_another_price_or_with_another_supplier_is_refused(town: Town) -> None:
    town.go("quiet")
    town.no("TERMS_DIFFER", "conclude", price_fen=119_000_000)
    town.no("TERMS_DIFFER", "conclude", supplier="gamma")


def test_change_orders_after_a_low_bid_stop_at_a_tenth(town: Town) -> None:
    town.prices["alpha"] = 80_000_000
    town.go("quiet")
    town.ok("conclude", price_fen=80_000_000)
    for _ in range(4):
        town.ok("supplement", amount_fen=2_000_000)
    town.no("AMENDMENT_TOO_LARGE", "supplement", amount_fen=1)
    assert town.world.row(CONTRACTS, "c1").added_fen == 8_000_000


def test_a_contract_without_free_money_on_its_line_is_no_contract(town: Town) -> None:
    # Another commitment has taken the line since the plan: the whole transaction is refused.
    town.go("quiet")
    made, who = town.act("conclude", project="2610-990106-04-01-000123")
    result = town.world.submit(*who, acts=(made,))
    assert result.outcome.startswith("treasury/")
    assert town.world.row(CONTRACTS, "c1") is None
    assert town.tender().status == "awarded"


def test_a_ring_with_one_head_or_a_holding_link_is_out(town: Town) -> None:
    town.prices["delta"] = 118_000_000
    town.go("declared")
    town.ok("declare_supplier", supplier="beta", head=person_of("head of alpha"))
    town.ok("declare_supplier", supplier="gamma", links=(USCC["delta"],), head=person_of("gamma"))
    for stage in ("planned", "prepared", "keyed", "published", "received"):
        getattr(town, f"_{stage}")()
    for stage in ("due", "shared", "opened", "closed"):
        getattr(town, f"_{stage}")()
    assert {town.offer(firm).validity for firm in town.prices} == {"related"}
    assert town.tender().fail_reason == "few_bidders"


def test_a_link_is_not_hidden_by_a_new_declaration_after_the_deadline(town: Town) -> None:
    town.go("opened")
    town.ok("declare_supplier", supplier="beta", head=person_of("straw man"))
    town.ok("close_opening")
    assert town.offer("beta").validity == "undeclared"


def test_a_rival_cannot_be_knocked_out_by_a_false_link(town: Town) -> None:
    town.go("declared")
    town.no("NOT_PERMITTED", "declare_supplier", by=("beta.bidder",), links=(USCC["alpha"],))


def test_a_designer_a_barred_and_an_uninvited_supplier_do_not_compete(town: Town) -> None:
    firms = ("alpha", "beta", "delta")
    town.plan = {"method": "invited", "ceiling_fen": 120_000_000}
    town.terms = {
        "designers": (USCC["alpha"],),
        "invited": tuple(invitation("t1", USCC[firm]) for firm in firms),
    }
    town.prices["delta"] = 118_000_000
    town.go("declared")
    town.ok("bar_supplier", supplier="beta")
    for stage in ("planned", "prepared", "keyed", "published", "received"):
        getattr(town, f"_{stage}")()
    for stage in ("due", "shared", "opened", "closed"):
        getattr(town, f"_{stage}")()
    found = [town.offer(firm).validity for firm in ("alpha", "beta", "gamma", "delta")]
    assert found == ["insider", "barred", "not_invited", "valid"]


def test_a_shell_vendor_that_declares_nothing_does_not_compete(town: Town) -> None:
    town.go("published")
    form = form_of("buyer", 100_000_000)
    town.ok("submit_bid", slot_name="shell", form=form, signer="buyer.bidder")
    town.bid("gamma", 110_000_000, bond_fen=1_999_999)
    town._due()
    town._shared()
    town.ok("open_bid", slot_name="shell")
    town.ok("open_bid", slot_name="gamma")
    town.ok("close_opening")
    assert town.offer("buyer").validity == "insider"
    assert town.offer("gamma").validity == "bond_short"


def test_an_expert_cannot_be_put_into_the_pool_for_one_tender(town: Town) -> None:
    town.go("published")
    for number in range(40):
        town.ok("enrol_expert", expert=person_of(f"friend {number}"))
    for stage in ("received", "due", "shared", "opened", "closed", "drawn"):
        getattr(town, f"_{stage}")()
    friends = {person_of(f"friend {number}") for number in range(40)}
    assert friends.isdisjoint(town.tender().seats)


def test_who_asks_for_the_draw_cannot_try_until_it_suits(town: Town) -> None:
    early, late = Town().go("closed"), Town().go("closed")
    early._drawn()
    late.pass_days(2)
    late.ok("enrol_expert", expert=person_of("a friend"))
    late._drawn()
    assert early.tender().seats == late.tender().seats
    town.go("drawn")
    town.no("STATUS_WRONG", "draw_panel")


def test_a_tender_is_not_cancelled_because_the_favourite_lost(town: Town) -> None:
    town.go("shared")
    for reason in ("task_cancelled", "law_broken"):
        town.no("SUPERVISOR_NEEDED", "fail_tender", reason=reason)
    town._opened()
    town._closed()
    town._drawn()
    town._scored()
    town._ranked()
    town.no("SUPERVISOR_NEEDED", "fail_tender")
    by = ("agency.procurement_agent", "buyer.purchase_approver")
    town.no("NOT_PERMITTED", "annul_tender", by=by)
    town.ok("annul_tender")
    assert town.tender().fail_reason == "law_broken"
    town.no("STATUS_WRONG", "annul_tender")


def test_agency_and_purchaser_cannot_replace_members_until_a_friend_is_seated(town: Town) -> None:
    town.go("drawn")
    member = town.people[town.panel()[0]].person
    by = ("agency.procurement_agent", "buyer.purchase_approver")
    town.no("NOT_PERMITTED", "replace_member", by=by, member=member)


def test_a_bribed_expert_is_outvoted_and_its_marks_stand_out(town: Town) -> None:
    town.go("drawn")
    bribed, *others = town.panel()
    for bidder in town.prices:
        best = bidder == "gamma"
        town.ok(
            "score_bid",
            by=(bribed,),
            bidder=bidder,
            points=(4_000, 3_000) if best else (0, 0),
            responsive=best,
        )
        for member in others:
            town.ok("score_bid", by=(member,), bidder=bidder, points=town.points[bidder])
    town.ok("rank_bids")
    assert town.tender().ranking[0] == USCC["alpha"]


def test_an_expert_with_an_interest_scores_nothing(town: Town) -> None:
    town.go("drawn")
    member = town.panel()[0]
    town.ok("declare_interest", person=town.people[member].person, supplier="alpha")
    town.no("HAS_INTEREST", "score_bid", by=(member,))
    town.ok("replace_member", member=town.people[member].person)


def test_a_red_flag_excludes_nobody_by_itself(town: Town) -> None:
    town.go("scored")
    town.ok("raise_finding", flag="r028", bidders=("beta", "gamma"))
    assert town.offer("beta").validity == "valid"
    for member in town.panel()[:3]:
        town.ok("dispose_finding", by=(member,), verdict="keep")
    town.ok("rank_bids")
    assert len(town.tender().ranking) == 3
    assert town.world.row(FINDINGS, "t1", 1).status == "kept"


def test_one_person_does_not_sign_for_two(town: Town) -> None:
    for verb in ("plan_purchase", "bar_supplier", "enrol_expert"):
        usual = VERBS[verb][1]
        town.no("NOT_PERMITTED", verb, by=usual[:1])


def test_ties_are_broken_by_price_and_then_by_the_lot(town: Town) -> None:
    town.prices = dict.fromkeys(("alpha", "beta", "gamma"), 110_000_000)
    town.points = dict.fromkeys(town.prices, (2_000, 2_000))
    town.go("ranked")
    other = Town()
    other.prices = dict.fromkeys(("gamma", "beta", "alpha"), 110_000_000)
    other.points = dict.fromkeys(other.prices, (2_000, 2_000))
    other.go("ranked")
    assert town.tender().ranking == other.tender().ranking


def test_presumptions_are_listed_from_the_opened_bids(town: Town) -> None:
    town.prices = {"alpha": 113_000_000, "beta": 116_500_000, "gamma": 120_000_000}
    town.forms = {"gamma": {"device": salt("device beta"), "bond_source": salt("account beta")}}
    town.go("closed")
    registry = load_registry()
    (query,) = [q for q in registry.services["procurement"].queries if q.name == "presumptions"]
    found = answer(
        query,
        NumberAsked(number="t1"),  # type: ignore[arg-type]
        reader=town.world.state,
        digest=sha256,
        height=town.world.height,
        time_ms=town.world.now_ms,
    )
    both = tuple(sorted((USCC["beta"], USCC["gamma"])))
    told = {each.flag: tuple(sorted(each.bidders)) for each in found}
    assert told["same_handler"] == told["one_bond"] == both
    assert len(told["regular_prices"]) == 3
    assert town.world.row(TENDERS, "t1").status == "opened"
