"""What the rows of the invoice service must satisfy at every height, whatever was done."""

from typing import Any

from tongjian.core.encoding import encode
from tongjian.services.invoice.acts_red_letter import RedIssued
from tongjian.services.invoice.acts_use import Deducted
from tongjian.services.invoice.records import INVOICES, REIMBURSEMENTS
from tongjian.services.invoice.rules import is_tax_right
from tongjian.testkit import World

FACE = (
    "kind",
    "business",
    "seller",
    "buyer",
    "lines",
    "subtotals",
    "total_fen",
    "tax_fen",
    "issued_on",
    "recorded_ms",
    "late",
    "red_of",
    "foreign",
)
"""Columns that never change (TAX-I7)."""


class Law:
    """Looks at the rows again and again and remembers the faces it has seen."""

    def __init__(self) -> None:
        self.faces: dict[bytes, tuple[Any, ...]] = {}

    def check(self, world: World) -> None:
        """Assert that the rows of now, and of all times looked at, keep TAX-I1 to TAX-I7."""
        state = world.rows()
        rows = {
            key: INVOICES.codec.decode(value)
            for key, value in state.items()
            if key.startswith(INVOICES.prefix)
        }
        assert self.faces.keys() <= rows.keys()  # a number is never given back (I7)
        for key, row in rows.items():
            face = tuple(encode(getattr(row, name)) for name in FACE)
            assert self.faces.setdefault(key, face) == face  # (I7)
            (number,) = INVOICES.split(key)
            self._check_money(number, row, rows, state)
            if row.foreign is None:
                assert number[:2] == f"{row.issued_on // 10_000 % 100:02d}"  # (I7)
                assert row.total_fen - row.tax_fen == sum(p.net_fen for p in row.subtotals)
                assert row.tax_fen == sum(p.tax_fen for p in row.subtotals)  # (I5)
            if row.foreign is None and row.red_of is None:
                assert all(map(is_tax_right, row.subtotals))  # (I5)

    def _check_money(
        self, number: str, row: Any, rows: dict[bytes, Any], state: dict[bytes, bytes]
    ) -> None:
        claims = [
            REIMBURSEMENTS.codec.decode(value)
            for key, value in state.items()
            if key.startswith(REIMBURSEMENTS.key_of((number,)))
        ]
        assert row.reimbursed_fen == sum(claim.amount_fen for claim in claims)
        assert row.refunded_fen == sum(claim.refunded_fen for claim in claims)
        assert row.reimbursed_fen - row.refunded_fen + row.red_fen <= row.total_fen  # (I1)
        letters = [other for other in rows.values() if other.red_of == number]
        assert row.red_fen == sum(letter.total_fen for letter in letters)
        for face in row.subtotals:
            taken = [
                part
                for letter in letters
                for part in letter.subtotals
                if part.rate_ppm == face.rate_ppm
            ]
            assert sum(part.net_fen for part in taken) <= face.net_fen  # (I2)
            assert sum(part.tax_fen for part in taken) <= face.tax_fen  # (I2)
        if row.deduction is not None and row.red_of is None:  # (I4)
            left = row.tax_fen - sum(letter.tax_fen for letter in letters)
            assert row.deduction.tax_fen - row.deduction.reversed_fen == left

    def check_events(self, world: World) -> None:
        """Assert that no invoice was deducted twice and each reversal fell in its own month."""
        deducted = [e.invoice for e in world.events if isinstance(e, Deducted)]
        assert len(deducted) == len(set(deducted))  # (I3)
        reds = [e for e in world.events if isinstance(e, RedIssued)]
        for event in reds:
            letter = world.row(INVOICES, event.number)
            assert event.period == letter.issued_on // 100  # (I4)
            assert bool(event.reversed_fen) <= (letter.deduction is not None)
