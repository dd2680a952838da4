"""Insider attack 6 of the domain: one purchase cut over many units of one bureau is told."""

from typing import Any

import pytest
from ocds_ledger import AGENCY, CITY, ONE, TWO, Written, plan

from tongjian.connectors.exporting import Refused
from tongjian.connectors.ocds.examiner import examiner
from tongjian.core.directory import OFFICES, PARAMETERS, Office, Parameter

ASKED = {option.name: option.default for option in examiner.options} | {"codes": "SPLIT"}
LIMIT_FEN = 200_000_000


def bureau_of(*units: str) -> Written:
    written = Written()
    for unit in (CITY, *units):
        fields: dict[str, Any] = {
            "label": f"unit.{unit[-4:].lower()}",
            "region": "990100",
            "level": 3,
            "kind": "bureau",
            "parent": "" if unit == CITY else CITY,
            "closed": False,
        }
        written.put(OFFICES, unit, row=Office(**fields))
    for from_ms, fen in ((0, LIMIT_FEN), (written.time_ms * 2, 1)):
        values: dict[str, Any] = {"values": (fen,), "source": "local.open-limit"}
        written.put(
            PARAMETERS, "procurement", "open_fen_min_goods", from_ms, row=Parameter(**values)
        )
    return written


def split(written: Written, number: str, unit: str, fen: int, **fields: Any) -> None:
    known = {"purchaser": unit, "ceiling_fen": fen, "method": "inquiry"}
    plan(written, number, **{**known, **fields})


def told(written: Written) -> list[Any]:
    return list(examiner.examine((), written, ASKED).remarks)


def test_units_of_one_bureau_that_pass_the_limit_together_are_told() -> None:
    written = bureau_of(ONE, TWO)
    split(written, "P-1", ONE, LIMIT_FEN // 2)
    split(written, "P-2", TWO, LIMIT_FEN // 2)
    assert not told(written)
    split(written, "P-3", TWO, 1)
    (remark,) = told(written)
    assert (remark.subject, remark.rule) == (CITY, "SPLIT")
    assert remark.fields["units"] == sorted([ONE, TWO])
    assert remark.fields["plans"] == ["P-1", "P-2", "P-3"]
    assert (remark.fields["total"], remark.fields["limit"]) == ("2000000.01", "2000000.00")
    assert "art. 28" in remark.text_en


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "open"},
        {"exempted": True},
        {"status": "dropped"},
        {"category": "B01"},
        {"year": 2027},
        {"purchaser": AGENCY},
    ],
    ids=["open", "exempted", "dropped", "another category", "next year", "another bureau"],
)
def test_what_is_not_one_purchase_is_not_told(fields: dict[str, Any]) -> None:
    written = bureau_of(ONE, TWO)
    split(written, "P-1", ONE, LIMIT_FEN)
    split(written, "P-2", TWO, LIMIT_FEN, **fields)
    assert not told(written)


def test_one_unit_alone_is_for_the_ledger_to_refuse() -> None:
    written = bureau_of(ONE)
    split(written, "P-1", ONE, LIMIT_FEN * 2)
    assert not told(written)


def test_a_flag_that_there_is_not_is_refused() -> None:
    with pytest.raises(Refused, match="R999"):
        examiner.examine((), Written(), ASKED | {"codes": "split,r999"})
