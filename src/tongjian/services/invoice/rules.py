"""Checks that several acts share: numbers, dates, arithmetic, parties, counters.

Each either returns what it found or refuses; none writes.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from tongjian.core.arithmetic import PPM
from tongjian.core.calendar import legal_date
from tongjian.core.directory import Kernel
from tongjian.core.hashing import Hash, compute_commitment
from tongjian.core.ledger import Ledger
from tongjian.core.limits import FEN_MAX
from tongjian.core.operation import Refused, ensure
from tongjian.core.values import Fen, fen
from tongjian.services.invoice.records import (
    INVOICES,
    TAXPAYERS,
    Invoice,
    Refusal,
    Side,
    Subtotal,
    Taxpayer,
)

_MONTHS: Final = 12


class Today(NamedTuple):
    """The legal day of a block, as invoices write it."""

    year: str
    """Last two digits."""
    day: int
    """yyyymmdd."""
    period: int
    """yyyymm."""


@lru_cache(maxsize=16)
def today(time_ms: int) -> Today:
    """Return the day in Shanghai of a block time; all acts of a block share one answer."""
    date = legal_date(time_ms)
    period = date.year * 100 + date.month
    return Today(f"{date.year % 100:02d}", period * 100 + date.day, period)


def require_normal_taxpayer(ledger: Ledger, uscc: str) -> Taxpayer:
    """Return a registered taxpayer whose status is normal, or refuse."""
    taxpayer = ledger.one(TAXPAYERS, uscc, missing=Refusal.TAXPAYER_UNKNOWN)
    ensure(taxpayer.status == "normal", Refusal.TAXPAYER_NOT_NORMAL)
    return taxpayer


def check_number(number: str, date: Today, ledger: Ledger) -> None:
    """Refuse a number that is not of this year and of the issuer's province, or was used (I7).

    The form of 20 digits is checked when the act is decoded; the province is that of the office
    that signs.
    """
    ensure(number[:2] == date.year, Refusal.NUMBER_WRONG_YEAR)
    ensure(number[2:4] == ledger.signer.region[:2], Refusal.NUMBER_WRONG_REGION)
    ensure(ledger.get(INVOICES, number) is None, Refusal.NUMBER_USED)


def is_tax_right(part: Subtotal) -> bool:
    """Say whether tax is amount times rate, to within one fen for each line (TAX-I5)."""
    return abs(part.tax_fen * PPM - part.net_fen * part.rate_ppm) <= part.lines * PPM


def is_ascending(subtotals: Sequence[Subtotal]) -> bool:
    """Say whether each rate stands once, the smaller before the larger."""
    return len(subtotals) == 1 or all(
        one.rate_ppm < next_.rate_ppm for one, next_ in pairwise(subtotals)
    )


def check_subtotals(
    subtotals: Sequence[Subtotal], rates: Sequence[int], total_fen: int, tax_fen: int
) -> int:
    """Refuse subtotals that break TAX-I5; return the amount without tax."""
    ensure(is_ascending(subtotals), Refusal.RATES_UNSORTED)
    for part in subtotals:
        ensure(part.rate_ppm in rates, Refusal.RATE_NOT_IN_FORCE)
    net_sum = tax_sum = 0
    for part in subtotals:
        ensure(is_tax_right(part), Refusal.TAX_WRONG)
        net_sum += part.net_fen
        tax_sum += part.tax_fen
    ensure(tax_sum == tax_fen and net_sum + tax_sum == total_fen, Refusal.TOTALS_WRONG)
    return net_sum


def check_period(period: int, invoice: Invoice, date: Today) -> None:
    """Refuse a month that does not exist, lies before the invoice or after this month."""
    ensure(
        1 <= period % 100 <= _MONTHS and invoice.issued_on // 100 <= period <= date.period,
        Refusal.PERIOD_WRONG,
    )


def is_buyer(invoice: Invoice, digest: Hash, office: str, salt: bytes) -> bool:
    """Say whether an office and a salt open the invoice's commitment to its buyer."""
    return invoice.buyer == compute_commitment(digest, salt, office.encode("ascii"))


def require_buyer(invoice: Invoice, digest: Hash, office: str, salt: bytes | None) -> None:
    """Refuse an office that is not the buyer, or that sold to itself (TAX-I6)."""
    ensure(salt is not None and is_buyer(invoice, digest, office, salt), Refusal.NOT_BUYER)
    require_other_than_seller(invoice, office)


def require_other_than_seller(invoice: Invoice, office: str) -> None:
    """Refuse an office that uses what it issued itself, unless the payer issues (TAX-I6)."""
    ensure(invoice.seller != office or invoice.business == "purchase", Refusal.SELLER_IS_BUYER)


def require_side(invoice: Invoice, digest: Hash, office: str, salt: bytes | None) -> Side:
    """Return on which side of the invoice an office stands, or refuse."""
    if invoice.seller == office:
        return "seller"
    ensure(salt is not None and is_buyer(invoice, digest, office, salt), Refusal.NOT_PARTY)
    return "buyer"


def needs_confirmation(invoice: Invoice) -> bool:
    """Say whether a red letter needs the other party: the buyer has deducted or booked.

    Where the payer issues, both sides are one office and nobody is left to ask.
    """
    is_used = invoice.booked or invoice.deduction is not None
    return is_used and invoice.business != "purchase"


def is_fully_red(invoice: Invoice) -> bool:
    """Say whether red letters have taken back the whole invoice."""
    return invoice.red_fen == invoice.total_fen


def claimed_fen(invoice: Invoice) -> int:
    """Return what of an invoice is claimed: reimbursed, not recovered, or red (TAX-I1)."""
    return invoice.reimbursed_fen - invoice.refunded_fen + invoice.red_fen


def add(one: int, other: int) -> Fen:
    """Return a sum, or refuse the act where no ledger amount is as large."""
    if one + other > FEN_MAX:
        raise Refused(Kernel.OUT_OF_BOUNDS, f"A sum is over {FEN_MAX} fen.")
    return fen(one + other)
