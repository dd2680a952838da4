"""What the questions answer, and what they keep to themselves."""

from typing import Any

import pytest
from invoice_acts import USCC, key_of
from invoice_town import Town

from tongjian.core.encoding import Record
from tongjian.core.hashing import sha256
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Refused
from tongjian.services.invoice import views
from tongjian.services.invoice.records import INVOICES, Refusal, service

DAY = 20261119


def ask(town: Town, name: str, **fields: Any) -> Any:
    """Put a question to the town's ledger."""
    world = town.world
    world.rows()
    query = next(query for query in service.queries if query.name == name)
    ledger = Ledger(world.state, world.machine.directory, sha256, world.height, world.now_ms)
    ledger.enter(query, ())
    asked: Record = query.arguments(**fields)
    return query.handler(asked, ledger)


@pytest.fixture
def town() -> Town:
    town = Town().open_for_business()
    town.run(
        """
        issue 1 kind=ordinary buyer=beta + deliver 1                accepted
        issue 2                                                     accepted
        request_red 2 party=alpha                                   accepted
        issue_red 2                                                 accepted
        reimburse 1 claimant=city salt=none voucher=v1 amount=5.00  accepted
        reimburse 1 claimant=city salt=none voucher=v2 amount=7.00  accepted
        reimburse 1 claimant=beta salt=none voucher=v1 amount=9.00  accepted
        refund 1 claimant=beta voucher=v1 amount=2.00               accepted
        book 1                                                      accepted
        record_foreign doc1                                         accepted
        """
    )
    return town


@pytest.mark.parametrize(
    ("number", "day", "total", "answer"),
    [
        ("1", DAY, 113_000, "valid"),
        ("1", DAY, 112_999, "not_found"),
        ("1", DAY - 1, 113_000, "not_found"),
        ("9", DAY, 113_000, "not_found"),
        ("2", DAY, 113_000, "red"),
        ("900", DAY, 11_300, "red"),
        ("doc1", 20261101, 52_987, "valid"),
    ],
)
def test_match_answers_only_who_knows_number_date_and_amount(
    town: Town, number: str, day: int, total: int, answer: str
) -> None:
    verdict = ask(town, "match", number=key_of(number), issued_on=day, total_fen=total)
    assert verdict == views.Verdict(answer=answer)  # type: ignore[arg-type]


def test_all_reimbursements_of_an_invoice_are_listed_and_no_others(town: Town) -> None:
    claims = ask(town, "reimbursements", number=key_of("1"), limit=10)
    expected = {("beta", 900, 200), ("city", 500, 0), ("city", 700, 0)}
    names = {code: name for name, code in USCC.items()}
    assert {(names[c.claimant], c.amount_fen, c.refunded_fen) for c in claims} == expected
    assert len(ask(town, "reimbursements", number=key_of("1"), limit=2)) == 2
    assert ask(town, "reimbursements", number=key_of("2"), limit=10) == ()


def test_rows_are_returned_whole(town: Town) -> None:
    found = ask(town, "invoice", number=key_of("1"))
    assert found == town.world.row(INVOICES, key_of("1"))
    assert ask(town, "booking", number=key_of("1")).period == 202611
    assert ask(town, "taxpayer", uscc=USCC["alpha"]).issued_fen == 190_000
    (confirmation,) = ask(town, "red_confirmations", number=key_of("2"), limit=5)
    assert (confirmation.status, confirmation.red_letter) == ("01", key_of("900"))


def test_what_is_not_there_is_refused(town: Town) -> None:
    for name, fields in (("invoice", {"number": key_of("9")}), ("taxpayer", {"uscc": "9" * 18})):
        with pytest.raises(Refused) as refused:
            ask(town, name, **fields)
        assert refused.value.code in {Refusal.INVOICE_UNKNOWN, Refusal.TAXPAYER_UNKNOWN}
