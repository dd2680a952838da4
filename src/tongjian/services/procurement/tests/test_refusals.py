"""Each refusal of each act up to the deadline, in order of precedence; each is a golden vector."""

import pytest
from procurement_acts import criteria_of, person_of
from procurement_people import HOLDERS, LINE, USCC
from procurement_secrets import dealing, key_of, salt
from procurement_town import Town

from tongjian.core.calendar import DAY_MS
from tongjian.services.procurement.records import PLANNED, SPENDING, SUPPLIERS

FAR_MS = 2_000_000_000_000


@pytest.fixture
def town() -> Town:
    return Town()


def test_registers(town: Town) -> None:
    town.no("BIDDER_UNKNOWN", "bar_supplier")
    town.no("NOT_PERMITTED", "declare_supplier", by=("alpha.bidder",))
    town.no("NOT_PERMITTED", "declare_supplier", by=("beta.bidder", "market.market_registrar"))
    town.ok("declare_supplier", links=(USCC["beta"],), owners=(person_of("owner"),))
    town.no("NOT_PERMITTED", "bar_supplier", by=("finance.supervisor",))
    town.ok("bar_supplier")
    town.ok("declare_supplier", head=person_of("new head"))
    assert town.world.row(SUPPLIERS, USCC["alpha"]).barred_until_ms == FAR_MS

    town.no("EXPERT_UNKNOWN", "suspend_expert")
    town.no("NOT_PERMITTED", "enrol_expert", by=("finance.expert_registrar",))
    town.ok("enrol_expert")
    town.no("EXPERT_KNOWN", "enrol_expert")
    town.no("NOT_PERMITTED", "suspend_expert", by=("finance.supervisor_approver",))
    town.ok("suspend_expert")
    town.no("EXPERT_UNKNOWN", "suspend_expert")
    town.ok("enrol_expert")

    town.no("NOT_PERMITTED", "declare_interest", by=("expert.1",))
    town.ok("declare_interest")
    town.no("NOT_PERMITTED", "register_holder", by=("notary.key_holder",))
    town.no("ELEMENT_WRONG", "register_holder", transport=bytes(32))
    town.no("ELEMENT_WRONG", "register_holder", transport=b"\xff" * 32)
    town.ok("register_holder")


def test_plans(town: Town) -> None:
    town.no("NOT_PERMITTED", "plan_purchase", by=("buyer.purchase_officer",))
    town.no("LINE_UNKNOWN", "plan_purchase", line="2026-990100-000099")
    town.no("CEILING_OVER_BUDGET", "plan_purchase", ceiling_fen=500_000_001)
    town.no("SPLIT_PURCHASE", "plan_purchase", method="single", ceiling_fen=200_000_001)
    town.ok("plan_purchase", method="inquiry")
    town.no("NUMBER_USED", "plan_purchase", ceiling_fen=500_000_001)
    town.no("SPLIT_PURCHASE", "plan_purchase", plan="p2", method="single", ceiling_fen=80_000_001)
    town.no("CEILING_OVER_BUDGET", "plan_purchase", plan="p2", ceiling_fen=380_000_001)
    town.ok("plan_purchase", plan="p2", ceiling_fen=100_000_000)

    town.no(
        "NOT_PERMITTED", "plan_exempted", by=("buyer.purchase_officer", "buyer.purchase_approver")
    )
    town.no("NUMBER_USED", "plan_exempted")
    town.no("LINE_UNKNOWN", "plan_exempted", plan="p3", line="2026-990100-000099")
    town.no("CEILING_OVER_BUDGET", "plan_exempted", plan="p3", ceiling_fen=280_000_001)
    town.ok("plan_exempted", plan="p3", method="single", ceiling_fen=280_000_000)
    assert town.world.row(PLANNED, LINE).ceilings_fen == 500_000_000

    town.no("NOT_PERMITTED", "drop_plan", by=("agency.procurement_agent",))
    town.no("NOT_PERMITTED", "drop_plan", plan="p9")
    town.ok("drop_plan")
    town.no("STATUS_WRONG", "drop_plan")
    assert town.world.row(PLANNED, LINE).ceilings_fen == 380_000_000
    assert town.world.row(SPENDING, USCC["buyer"], "sensors", 2026).ceilings_fen == 0


def test_prepare_tender(town: Town) -> None:
    verb = "prepare_tender"
    town.go("planned")
    town.no("NOT_PERMITTED", verb, by=("agency.procurement_agent",))
    town.no("CRITERIA_WRONG", verb, criteria=criteria_of(("price", 9_999)), bond_fen=9_000_000)
    town.no("CRITERIA_WRONG", verb, criteria=criteria_of(("quality", 10_000)))
    twice = criteria_of(("price", 4_000), ("price", 6_000))
    town.no("CRITERIA_WRONG", verb, criteria=twice)
    cheap = criteria_of(("price", 2_999), ("quality", 7_001))
    town.no("PRICE_WEIGHT_LOW", verb, criteria=cheap, bond_fen=9_000_000)
    town.no("BOND_TOO_LARGE", verb, bond_fen=2_400_001, threshold=2)
    town.no("CUSTODY_WRONG", verb, threshold=2, panel_size=4)
    town.no("CUSTODY_WRONG", verb, threshold=5)
    town.no("CUSTODY_WRONG", verb, holders=(*HOLDERS[:3], HOLDERS[0]))
    town.no("CUSTODY_WRONG", verb, holders=(*HOLDERS[:3], USCC["audit"]))
    town.no("PANEL_SIZE_WRONG", verb, panel_size=4)
    town.no("PANEL_SIZE_WRONG", verb, panel_size=3)
    town.ok(verb)
    town.no("NUMBER_USED", verb, criteria=cheap)
    town.no("STATUS_WRONG", verb, tender="t2", criteria=cheap)


def test_prepare_sale(town: Town) -> None:
    town.go("declared")
    town.no("NOT_PERMITTED", "prepare_sale", by=("agency.procurement_agent",))
    town.no("CUSTODY_WRONG", "prepare_sale", threshold=2)
    town.ok("prepare_sale")
    town.no("NUMBER_USED", "prepare_sale", threshold=2)


def test_the_key(town: Town) -> None:
    town.go("planned")
    town.no("TENDER_UNKNOWN", "deal_key")
    town.no("TENDER_UNKNOWN", "confirm_key")
    town.ok("prepare_tender")
    town.no("NOT_PERMITTED", "deal_key", by=("notary.key_holder",))
    town.no("DEALING_WRONG", "deal_key", proof=bytes(64))
    made, _ = town.act("deal_key")
    town.no("DEALING_WRONG", "deal_key", commitments=made.commitments[:2])
    town.no("DEALING_WRONG", "deal_key", shares=made.shares[:3])
    town.no("DEALING_WRONG", "deal_key", commitments=(*made.commitments[:2], bytes(32)))
    other, _ = town.act("deal_key", holder="agency")
    town.no("DEALING_WRONG", "deal_key", commitments=other.commitments, proof=other.proof)
    town.ok("deal_key")
    town.no("ALREADY_DEALT", "deal_key", proof=bytes(64))
    town.no("NOT_PERMITTED", "confirm_key", by=("notary.key_holder",))
    town.no("DEALINGS_MISSING", "confirm_key", key=salt("no key"))
    for holder in ("agency", "finance", "notary"):
        town.ok("deal_key", holder=holder)
    town.no("KEY_DIFFERS", "confirm_key", key=made.commitments[0])
    town.no("KEY_NOT_READY", "publish")
    town.ok("confirm_key")
    town.no("ALREADY_CONFIRMED", "confirm_key", key=salt("no key"))
    town.no("KEY_NOT_READY", "publish")


def test_who_holds_no_share_neither_deals_nor_confirms_nor_publishes_one(town: Town) -> None:
    town.terms = {"holders": HOLDERS[:3], "threshold": 2}
    town.go("prepared")
    town.no("NOT_HOLDER", "deal_key", holder="notary", proof=bytes(64))
    town.no("NOT_HOLDER", "confirm_key", holder="notary")
    town.no("STATUS_WRONG", "publish_share", holder="notary")


def test_publish_and_clarify(town: Town) -> None:
    town.go("keyed")
    town.no("STATUS_WRONG", "clarify")
    town.no("NOT_PERMITTED", "publish", by=("agency.procurement_agent",))
    town.no("DEADLINE_TOO_SHORT", "publish", deadline_ms=town.world.now_ms + 20 * DAY_MS)
    town.ok("publish")
    town.no("STATUS_WRONG", "publish", deadline_ms=0)
    town.no("STATUS_WRONG", "deal_key")
    town.no("STATUS_WRONG", "confirm_key")
    deadline_ms = town.tender().deadline_ms
    town.no("NOT_PERMITTED", "clarify", by=("agency.procurement_agent",))
    town.pass_days(10)
    town.no("DEADLINE_TOO_SHORT", "clarify", deadline_ms=deadline_ms)
    town.no("DEADLINE_MOVED_BACK", "clarify", affects_bids=False, deadline_ms=deadline_ms - 1)
    town.ok("clarify", affects_bids=False, deadline_ms=deadline_ms)
    town.ok("clarify", deadline_ms=deadline_ms + 6 * DAY_MS)
    assert town.tender().deadline_ms == deadline_ms + 6 * DAY_MS
    town.world.wait(deadline_ms + 6 * DAY_MS - town.world.now_ms)
    town.no("BID_LATE", "clarify", affects_bids=False, deadline_ms=town.world.now_ms + DAY_MS)


def test_fail_tender(town: Town) -> None:
    town.go("prepared")
    town.no("NOT_PERMITTED", "fail_tender", by=("agency.procurement_agent",))
    town.no("STATUS_WRONG", "fail_tender", reason="unreadable")
    town.ok("fail_tender")
    town.no("STATUS_WRONG", "fail_tender")
    town.ok("prepare_tender", tender="t2")


def test_an_unreadable_tender_is_failed_only_after_the_time_for_shares(town: Town) -> None:
    town.go("due")
    town.no("BEFORE_DEADLINE", "fail_tender", reason="unreadable")
    town.world.wait(DAY_MS - 1)
    town.no("BEFORE_DEADLINE", "fail_tender", reason="unreadable")
    town.world.wait(1)
    town.ok("fail_tender", reason="unreadable")
    assert town.tender().fail_reason == "unreadable"


def test_bids_are_taken_in(town: Town) -> None:
    town.no("TENDER_UNKNOWN", "submit_bid")
    town.no("TENDER_UNKNOWN", "withdraw_bid")
    town.go("keyed")
    town.no("STATUS_WRONG", "submit_bid")
    town.no("STATUS_WRONG", "withdraw_bid")
    town.ok("publish")
    town.no("NOT_PERMITTED", "submit_bid", by=("alpha.bidder",))
    town.no("VERSION_WRONG", "submit_bid", version=2, signature=bytes(64))
    town.no("SLOT_SIGNATURE_WRONG", "submit_bid", signature=bytes(64))
    town.no("BID_UNKNOWN", "withdraw_bid", signature=bytes(64))
    town.ok("submit_bid")
    town.no("VERSION_WRONG", "submit_bid", signature=bytes(64))
    town.ok("submit_bid", version=2, price=112_000_000, by=("notary.bid_desk",))
    town.no("NOT_PERMITTED", "withdraw_bid", by=("alpha.bidder",), version=3)
    town.no("VERSION_WRONG", "withdraw_bid", signature=bytes(64))
    town.no("SLOT_SIGNATURE_WRONG", "withdraw_bid", version=3, signature=bytes(64))
    town.ok("withdraw_bid", version=3)
    town.no("BID_WITHDRAWN", "withdraw_bid", version=9, signature=bytes(64))
    town.no("BID_WITHDRAWN", "submit_bid", version=9, signature=bytes(64))
    assert (town.tender().bids, town.tender().unopened) == (1, 0)


def test_a_procedure_holds_a_hundred_envelopes(town: Town) -> None:
    town.go("published")
    for desk, first, last in (("notary", 0, 40), ("audit", 40, 80), ("agency", 80, 100)):
        crowd(town, desk, first, last)
    town.no("TOO_MANY_BIDS", "submit_bid")
    town.ok("submit_bid", bidder=None, slot_name="blank 7", version=2)


def crowd(town: Town, desk: str, first: int, last: int) -> None:
    """Have a desk hand in blank envelopes."""
    who = (town.people[f"{desk}.bid_desk"],)
    names = [f"blank {number}" for number in range(first, last)]
    acts = [town.act("submit_bid", bidder=None, slot_name=name)[0] for name in names]
    results = town.world.block(*((who, (act,)) for act in acts))
    assert [result.outcome for result in results] == [""] * len(acts)


def test_shares_and_opening(town: Town) -> None:
    town.no("TENDER_UNKNOWN", "publish_share")
    town.no("TENDER_UNKNOWN", "open_bid")
    town.go("keyed")
    town.no("STATUS_WRONG", "open_bid")
    town.ok("publish")
    town.bid("alpha", 113_000_000)
    town.no("BEFORE_DEADLINE", "publish_share", share=bytes(32))
    town.no("SHARES_MISSING", "open_bid")
    town.no("SHARES_MISSING", "close_opening")
    town._due()
    town.no("BID_LATE", "submit_bid", slot_name="late")
    town.no("BID_LATE", "withdraw_bid")
    town.no("NOT_PERMITTED", "publish_share", by=("notary.key_holder",))
    town.no("SHARE_WRONG", "publish_share", share=bytes(32))
    town.no("SHARE_WRONG", "publish_share", share=b"\xff" * 32)
    town.ok("publish_share")
    town.no("ALREADY_SHARED", "publish_share", share=bytes(32))
    town.ok("publish_share", holder="agency")
    town.no("SHARES_MISSING", "open_bid")
    town.ok("publish_share", holder="finance")
    town.ok("publish_share", holder="notary")
    town.no("NOT_PERMITTED", "open_bid", by=("agency.bid_desk",))
    town.no("BID_UNKNOWN", "open_bid", slot_name="nobody")
    town.no("NOT_PERMITTED", "close_opening", by=("agency.bid_desk",))
    town.no("BIDS_UNOPENED", "close_opening")
    town.ok("open_bid")
    town.no("ALREADY_OPENED", "open_bid")
    town.ok("close_opening")
    assert (town.tender().status, town.tender().fail_reason) == ("failed", "few_bidders")
    town.no("STATUS_WRONG", "close_opening")


def test_a_holder_outside_the_list_has_no_share(town: Town) -> None:
    town.terms = {"holders": HOLDERS[:3], "threshold": 2}
    town.go("prepared")
    for verb in ("deal_key", "confirm_key"):
        for place, holder in enumerate(("buyer", "agency", "finance"), 1):
            town.ok(verb, holder=holder, **three(verb, place))
    town.ok("publish")
    town._due()
    town.no("NOT_HOLDER", "publish_share", holder="notary")


def three(verb: str, place: int) -> dict[str, object]:
    """Return what a holder says where three hold the key and two open."""
    if verb == "confirm_key":
        return {"key": key_of("t1", HOLDERS[:3], 2)}
    commitments, proof, shares = dealing("t1", HOLDERS[:3], place, 2)
    return {"commitments": commitments, "proof": proof, "shares": shares}


def test_a_sale_is_settled_once_all_is_open(town: Town) -> None:
    town.go("declared")
    town.ok("prepare_sale")
    town._keyed()
    town.ok("publish", deadline_ms=town.world.now_ms + 9 * DAY_MS)
    town.no("STATUS_WRONG", "settle_sale")
    for bidder, price in (("alpha", 130_000_000), ("beta", 120_000_000), ("gamma", 90_000_000)):
        town.bid(bidder, price)
    town._due()
    town._shared()
    for bidder in ("alpha", "beta", "gamma"):
        town.ok("open_bid", slot_name=bidder)
    town.ok("close_opening")
    town.no("STATUS_WRONG", "draw_panel")
    town.no("NOT_PERMITTED", "settle_sale", by=("agency.procurement_agent",))
    town.ok("settle_sale")
    tender = town.tender()
    assert (tender.winner, tender.price_fen) == (USCC["alpha"], 120_000_000)
    assert town.offer("gamma").validity == "price_outside"
