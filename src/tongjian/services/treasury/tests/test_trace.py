"""Money is walked both ways over services, and nobody had to name the services."""

from typing import Any

from treasury_town import Town, registry

from tongjian.core.encoding import encode
from tongjian.node.tracing import Walk
from tongjian.services.treasury.records import ASSETS, COMMITMENTS, LINES, PAYMENTS

LINE = "2026-990100-000001"
WHOLE = """
request_payment c1/1            accepted
check_payment 1/1               accepted
order_payment 1/1               accepted
confirm_paid 1/1                accepted
clear_day zero/20261119         accepted
book_payment 1/1                accepted
record_asset a1                 accepted
write_finding f1                accepted
"""


def walk_of(town: Town) -> Walk:
    town.world.rows()
    return Walk(registry(), town.world.state)


def names(steps: Any) -> list[tuple[int, str]]:
    return [(step.depth, step.table.name) for step in steps]


def test_an_asset_is_walked_back_to_line_contract_acceptance_invoice_and_receipt() -> None:
    town = Town().with_goods()
    town.run(WHOLE)
    found = names(walk_of(town).rests_on(ASSETS, ("a1",)))
    assert found[0] == (1, "treasury.payments")
    assert sorted(found[1:]) == [
        (2, "invoice.invoices"),
        (2, "treasury.acceptances"),
        (2, "treasury.accounts"),
        (2, "treasury.clearing_days"),
        (2, "treasury.commitments"),
        (2, "treasury.lines"),
        (2, "treasury.receipts"),
        (3, "invoice.taxpayers"),
    ]


def test_a_line_is_walked_to_everything_that_was_done_with_it() -> None:
    town = Town().with_goods()
    town.run(WHOLE)
    found = names(walk_of(town).rests_on_it(LINES, (LINE,)))
    assert {name for _, name in found} == {
        "treasury.commitments",
        "treasury.acceptances",
        "treasury.payments",
        "treasury.assets",
        "treasury.findings",
    }
    assert names(walk_of(town).rests_on_it(LINES, (LINE,), depth=1)) == [
        (1, "treasury.commitments"),
        (1, "treasury.payments"),
        (1, "treasury.findings"),
    ]


def test_a_row_that_is_gone_is_told_and_not_walked_through() -> None:
    town = Town().with_goods()
    town.run(WHOLE)
    town.world._commit({COMMITMENTS.key("c1"): None}, ())
    steps = list(walk_of(town).rests_on(PAYMENTS, (LINE, 1)))
    gone = [step for step in steps if step.row is None]
    assert [(step.name, step.key) for step in gone] == [("contract", ("c1",))]


def test_ten_thousand_payments_are_followed_from_the_line_and_each_one_back() -> None:
    town = Town().with_goods()
    town.run("request_payment c1/1 accepted")
    payment = encode(town.world.row(PAYMENTS, LINE, 1))
    rows: dict[bytes, bytes | None] = {PAYMENTS.key(LINE, n): payment for n in range(2, 10_001)}
    town.world._commit(rows, ())
    steps = list(walk_of(town).rests_on_it(LINES, (LINE,), depth=1))
    assert sum(step.table is PAYMENTS for step in steps) == 10_000
    pages = [town.ask("payments", line=LINE, after=n, limit=1000) for n in range(0, 10_000, 1000)]
    assert [page[0].payment for page in pages] == list(range(1, 10_000, 1000))
    assert sum(len(page) for page in pages) == 10_000
