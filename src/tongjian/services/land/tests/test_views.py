"""What the questions answer."""

import land_acts as on
import pytest
from land_acts import flat, land, number, parcel, shares, who
from land_town import FLAT, Refusal, Town

from tongjian.core.hashing import sha256
from tongjian.core.operation import Refused
from tongjian.services.land.acts_certify import TAG_OFFICE


@pytest.fixture
def town() -> Town:
    return Town().with_flat("zhou")


def test_all_entries_of_a_parcel_are_one_range(town: Town) -> None:
    town.ok(on.define_unit(flat(21, 10009)))
    town.register(on.first(flat(21, 10009), held=shares("zhou")))
    town.sell("zhou", "lin")
    told = [
        (n.unit[19:], n.number, n.entry.kind) for n in town.ask("book", parcel=parcel(21), limit=50)
    ]
    assert told == [
        ("F00010008", 1, "first"),
        ("F00010008", 2, "transfer"),
        ("F00010009", 1, "first"),
        ("W00000000", 1, "first"),
        ("W00000000", 2, "built"),
    ]
    assert len(town.ask("book", parcel=parcel(21), limit=2)) == 2
    assert [n.number for n in town.ask("history", unit=FLAT, limit=9)] == [1, 2]


def test_rows_are_returned_whole(town: Town) -> None:
    assert town.ask("unit", unit=FLAT) == town.unit()
    assert town.ask("parcel", parcel=parcel(21)).area_mm2_twice == 2 * 20_000 * 30_000
    assert town.unit(land(21)).area_dm2 == 60_000
    assert town.ask("application", application=number(2)).status == "entered"
    town.enter(on.mortgage(FLAT, ["zhou"]), on.agree(""))
    (ranked,) = town.ask("mortgages", unit=FLAT, limit=9)
    assert (ranked.number, ranked.mortgage.amount_fen) == (2, 60_000_000)


def test_what_is_not_there_is_refused(town: Town) -> None:
    asked = {
        "unit": {"unit": flat(21, 9)},
        "parcel": {"parcel": parcel(9)},
        "application": {"application": number(99)},
    }
    for name, fields in asked.items():
        with pytest.raises(Refused) as refused:
            town.ask(name, **fields)
        assert refused.value.code in {
            Refusal.UNIT_UNKNOWN,
            Refusal.PARCEL_UNKNOWN,
            Refusal.APPLICATION_UNKNOWN,
        }


def test_a_proof_is_good_as_long_as_the_burden_stands(town: Town) -> None:
    loan = town.enter(on.mortgage(FLAT, ["zhou"]), on.agree(""))
    bank = sha256(TAG_OFFICE + on.USCC["bank"].encode())
    town.ok(on.certificate(loan, FLAT, 2, "", digest=bank, sequence=9))
    asked = {"registry": on.USCC["registry"], "year": 2026, "sequence": 9, "unit": FLAT}
    town.sell("zhou", "lin")
    assert town.ask("match", **asked, holder=bank).answer == "valid"
    town.ok(on.release(FLAT, 2))
    assert town.ask("match", **asked, holder=bank).answer == "cancelled"


def test_a_certificate_of_a_unit_that_is_no_more_is_cancelled(town: Town) -> None:
    town.ok(on.certificate(number(2), FLAT, 1, "zhou"))
    town.enter(on.deletion(FLAT, ["zhou"]))
    asked = {"registry": on.USCC["registry"], "year": 2026, "sequence": 1234, "unit": FLAT}
    verdict = town.ask("match", **asked, holder=who("zhou"))
    assert verdict.answer == "cancelled"
