"""Flow F1: from the budget to the asset over three services; take a link away and nothing is paid.

Domain section 22. The tender is the one of section 5, with sealed bids and a committee drawn by
lot; the contract that it causes takes its money from the line that the plan named.
"""

import pytest
from journey_money import NEED, STAGES, City

from tongjian.node.tracing import Walk
from tongjian.services.procurement.records import CONTRACTS, PLANS
from tongjian.services.treasury.records import ASSETS, COMMITMENTS, LINES, PAYMENTS

NAMES = [name for name, _ in STAGES]
RESTS_ON = {
    "treasury.payments",
    "treasury.commitments",
    "treasury.acceptances",
    "treasury.lines",
    "treasury.receipts",
    "treasury.accounts",
    "treasury.clearing_days",
    "invoice.invoices",
    "invoice.taxpayers",
    "procurement.contracts",
    "procurement.tenders",
    "procurement.plans",
}


def test_a_purchase_goes_from_the_budget_to_the_asset_and_is_walked_both_ways() -> None:
    city = City()
    for name in NAMES:
        city.do(name)
    line = city.row(LINES, NEED)
    assert line.sums.paid_fen == line.sums.committed_fen == 113_000_000
    assert city.row(PAYMENTS, NEED, 1).status == "booked"
    assert city.row(COMMITMENTS, "c1").procured
    assert city.row(COMMITMENTS, "c1").basis == city.row(CONTRACTS, "c1").document
    city.world.rows()
    walk = Walk(city.world.registry, city.world.state)
    back = list(walk.rests_on(ASSETS, ("sensors",)))
    assert {step.table.name for step in back} == RESTS_ON
    assert all(step.row is not None for step in back)
    forth = {step.table.name for step in walk.rests_on_it(LINES, (NEED,))}
    assert {"treasury.assets", "treasury.payments", "procurement.tenders"} <= forth
    assert {"procurement.plans", "procurement.contracts", "procurement.bids"} <= forth
    plan = walk.rests_on_it(PLANS, ("p1",))
    assert "treasury.assets" in {step.table.name for step in plan}


@pytest.mark.parametrize("missing", NAMES[:-1])
def test_without_one_link_nothing_after_it_is_possible(missing: str) -> None:
    city = City()
    place = NAMES.index(missing)
    for name in NAMES[:place]:
        city.do(name)
    if missing == "budget":
        assert city.market.outcome("declare_supplier", supplier="alpha") == "accepted"
        refused = city.market.outcome("plan_purchase", line=NEED)
        assert refused != "accepted", "no line, no plan"
    if missing == "contract":
        city.market.go("quiet")  # everything but the signatures
    for name in NAMES[place + 1 :]:
        if name == "invoice":
            city.do(name)  # an invoice alone is no claim on public money
        elif name != "contract":
            assert city.tries(name) != "accepted", f"{name} without {missing}"
    assert city.row(ASSETS, "sensors") is None
    payment = city.row(PAYMENTS, NEED, 1)
    was_paid = NAMES.index("receipt") < place
    assert was_paid == (payment is not None and payment.status in {"paid", "booked"})
