"""The story of domain section 5: sensors for the district, a ring of two, and a second tender."""

from procurement_secrets import salt
from procurement_town import Town

from tongjian.core.calendar import legal_date
from tongjian.services.procurement.records import CONTRACTS, PLANS
from tongjian.services.treasury.records import COMMITMENTS, LINES


def test_two_bids_from_one_device_and_one_account_are_rejected_and_the_tender_fails() -> None:
    town = Town()
    # The ceiling is 1,200,000.00 yuan. The prices differ by exactly 35,000.00.
    town.prices = {"alpha": 113_000_000, "beta": 116_500_000, "gamma": 120_000_000}
    # Beta's and gamma's files come from one device, gamma's bond from beta's account.
    town.forms = {"gamma": {"device": salt("device beta"), "bond_source": salt("account beta")}}
    town.go("drawn")
    for flag in ("same_handler", "one_bond"):
        town.ok("raise_finding", flag=flag)
    # Both firms are heard before anybody votes; three of five members reject.
    for number in (1, 2):
        hear_and_reject(town, number)
    for member in town.panel():
        town.ok("score_bid", by=(member,), points=(3_000, 2_000))
    # One bid is left. Fewer than three: no award, whatever it is worth.
    town.ok("rank_bids")
    assert (town.tender().status, town.tender().fail_reason) == ("failed", "few_bidders")
    town.no("STATUS_WRONG", "award")
    assert town.world.row(PLANS, "p1").status == "planned"
    # The supervisor bars the two, and the purchase is tendered again.
    for firm in ("beta", "gamma"):
        town.ok("bar_supplier", supplier=firm)
    town.ok("prepare_tender", tender="t2")
    assert town.tender("t2").status == "prepared"


def hear_and_reject(town: Town, number: int) -> None:
    for firm in ("beta", "gamma"):
        town.ok("answer_finding", number=number, bidder=firm)
    for member in town.panel()[:3]:
        town.ok("dispose_finding", number=number, by=(member,))


def test_from_budget_line_to_commitment_every_step_names_the_one_before() -> None:
    town = Town().go("contracted")
    contract = town.world.row(CONTRACTS, "c1")
    tender = town.tender(contract.tender)
    plan = town.world.row(PLANS, tender.plan)
    line = town.world.row(LINES, plan.line)
    commitment = town.world.row(COMMITMENTS, "c1")
    assert (contract.line, commitment.line) == (plan.line, plan.line)
    assert commitment.procured
    assert commitment.basis == contract.document
    assert line.sums.committed_fen == contract.price_fen == 113_000_000
    assert plan.status == "contracted"
    # Handed in under three weeks, objections for seven working days.
    assert str(legal_date(tender.deadline_ms)) == "2026-12-11"
    assert str(legal_date(tender.objection_until_ms - 1)) == "2026-12-22"
