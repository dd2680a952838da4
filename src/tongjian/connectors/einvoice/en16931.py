"""The business rules of EN 16931-1:2017 that decide whether an invoice adds up and is complete.

Numbers are those of the standard (BR, BR-CO, BR-S and so on). Arithmetic is exact, but a product
may differ by one hundredth from rounding; BR-CO-17 and BR-S-08 leave, in the published checks,
room of one unit of currency for taxes summed by line: within it a document is flagged.
Profiles with fewer data than EN 16931 are checked in what they carry, and a note says so.
"""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum
from typing import Final

from tongjian.connectors.einvoice.document import Document, Finding, Severity, TaxSubtotal
from tongjian.connectors.einvoice.safexml import Node

CREDIT_NOTE_CODES: Final = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "532"})
"""UNTDID 1001 codes of credit notes."""

_CURRENCY: Final = re.compile("[A-Z]{3}")
_CENT: Final = Decimal("0.01")
_UNIT: Final = Decimal(1)
_ZERO: Final = Decimal(0)
_DECIMALS_MAX: Final = 2
_RATED: Final = frozenset({"S", "L", "M"})
"""Categories taxed at a rate: standard, Canary Islands, Ceuta and Melilla."""
_REASONED: Final = frozenset({"E", "AE", "K", "G", "O"})
"""Categories that need a reason: exempt, reverse charge, intra-Community, export, not subject."""
_RULE_OF: Final = {"AE": "AE", "E": "E", "G": "G", "K": "IC", "O": "O", "S": "S", "Z": "Z"} | {
    "L": "AF",
    "M": "AG",
}


class Level(IntEnum):
    """How much of EN 16931 a profile carries."""

    ARITHMETIC = 0
    """Not a profile of EN 16931 (ZUGFeRD 1.0): only sums are checked."""
    HEADER = 1
    """Factur-X minimum: no breakdown, no lines."""
    BREAKDOWN = 2
    """Factur-X basic WL: breakdown, no lines."""
    FULL = 3


def level_of(profile: str) -> Level:
    """Tell from the specification identifier (BT-24) what a document must carry."""
    if profile.startswith("urn:ferd:"):
        return Level.ARITHMETIC
    if profile.startswith("urn:factur-x.eu:1p0:minimum"):
        return Level.HEADER
    if profile.startswith("urn:factur-x.eu:1p0:basicwl"):
        return Level.BREAKDOWN
    return Level.FULL


def check(document: Document) -> tuple[Finding, ...]:
    """Return what the rules say of a document read from UBL or CII."""
    level = level_of(document.profile)
    return (
        *_presence(document, level),
        *_lines_present(document, level),
        *_sums(document),
        *_breakdown(document, level),
        *_line_products(document),
        *_decimals(document),
        *_notes(level),
    )


def currency_findings(node: Node, currency: str, *paths: str) -> tuple[Finding, ...]:
    """Check that amounts are in the currency of the document (BT-5), as EN 16931-1, 6.5.6 asks."""
    found: list[Finding] = []
    if currency and _CURRENCY.fullmatch(currency) is None:
        found.append(_error("BR-CL-03", "The currency is not a code of ISO 4217."))
    if node.has_other_currency(currency, *paths):
        message = "An amount is in another currency than the document (BT-5)."
        found.append(_error("BT-5", message))
    return tuple(found)


def _error(rule: str, message: str) -> Finding:
    return Finding(rule, "error", message)


def _presence(document: Document, level: Level) -> Iterator[Finding]:
    """Check what a header must have: without these nobody can say which invoice it is."""
    seller, buyer, totals = document.seller, document.buyer, document.totals
    required = (
        ("BR-01", document.profile, "specification identifier (BT-24)", Level.HEADER),
        ("BR-02", document.number, "invoice number (BT-1)", Level.ARITHMETIC),
        ("BR-03", document.issue_date, "issue date (BT-2)", Level.ARITHMETIC),
        ("BR-04", document.type_code, "invoice type code (BT-3)", Level.HEADER),
        ("BR-05", document.currency, "currency (BT-5)", Level.ARITHMETIC),
        ("BR-06", seller.name, "seller's name (BT-27)", Level.ARITHMETIC),
        ("BR-07", buyer.name, "buyer's name (BT-44)", Level.ARITHMETIC),
        ("BR-08", seller.has_address, "seller's address (BG-5)", Level.HEADER),
        ("BR-09", seller.country, "seller's country (BT-40)", Level.HEADER),
        ("BR-10", buyer.has_address, "buyer's address (BG-8)", Level.BREAKDOWN),
        ("BR-11", buyer.country, "buyer's country (BT-55)", Level.BREAKDOWN),
    )
    amounts = (
        ("BR-12", totals.line_total, "sum of line net amounts (BT-106)", Level.BREAKDOWN),
        ("BR-13", totals.tax_exclusive, "total without VAT (BT-109)", Level.ARITHMETIC),
        ("BR-14", totals.tax_inclusive, "total with VAT (BT-112)", Level.ARITHMETIC),
        ("BR-15", totals.payable, "amount due (BT-115)", Level.HEADER),
    )
    for rule, value, name, least in required:
        if not value and level >= least:
            yield _error(rule, f"The {name} is missing.")
    for rule, amount, name, least in amounts:
        if amount is None and level >= least:
            yield _error(rule, f"The {name} is missing.")
    if not (seller.tax_id or seller.legal_id):
        yield Finding("BR-CO-26", "flag", "The seller has neither a VAT nor a register number.")


def _lines_present(document: Document, level: Level) -> Iterator[Finding]:
    if level < Level.FULL:
        return
    if not document.lines:
        yield _error("BR-16", "There is no invoice line (BG-25).")
    for place, line in enumerate(document.lines, 1):
        if not line.is_counted:
            continue
        required = (
            ("BR-21", line.number != "", "identifier (BT-126)"),
            ("BR-22", line.quantity is not None, "quantity (BT-129)"),
            ("BR-23", line.unit != "", "unit of the quantity (BT-130)"),
            ("BR-24", line.net is not None, "net amount (BT-131)"),
            ("BR-25", line.name != "", "name of the item (BT-153)"),
            ("BR-26", line.price is not None, "net price (BT-146)"),
            ("BR-CO-04", line.tax_category != "", "VAT category (BT-151)"),
        )
        for rule, is_there, name in required:
            if not is_there:
                yield _error(rule, f"Line {place} has no {name}.")
        if line.price is not None and line.price < 0:
            yield _error("BR-27", f"The net price of line {place} is negative (BT-146).")


def _sums(document: Document) -> Iterator[Finding]:
    """Check BR-CO-10 to BR-CO-16; a sum whose parts a profile leaves out is not checked."""
    t = document.totals
    lines = [line.net for line in document.lines if line.is_counted and line.net is not None]
    if lines and t.line_total is not None:
        yield from _equal("BR-CO-10", "sum of line net amounts", t.line_total, sum(lines, _ZERO))
    for rule, sign, stated, name in (
        ("BR-CO-11", -1, t.allowance_total, "sum of allowances"),
        ("BR-CO-12", 1, t.charge_total, "sum of charges"),
    ):
        parts = [a.amount or _ZERO for a in document.allowances if a.sign == sign]
        # Basic profiles of ZUGFeRD 1.0 state sums without the parts.
        if parts or (level_of(document.profile) >= Level.BREAKDOWN):
            yield from _equal(rule, name, stated or _ZERO, sum(parts, _ZERO))
    if t.line_total is not None and t.tax_exclusive is not None:
        value = t.line_total - (t.allowance_total or _ZERO) + (t.charge_total or _ZERO)
        yield from _equal("BR-CO-13", "total without VAT", t.tax_exclusive, value)
    if document.tax_subtotals:
        value = sum((s.tax or _ZERO for s in document.tax_subtotals), _ZERO)
        yield from _equal("BR-CO-14", "total VAT", t.tax_total or _ZERO, value)
    if t.tax_exclusive is not None and t.tax_inclusive is not None:
        value = t.tax_exclusive + (t.tax_total or _ZERO)
        yield from _equal("BR-CO-15", "total with VAT", t.tax_inclusive, value)
    if t.tax_inclusive is not None and t.payable is not None:
        value = t.tax_inclusive - (t.prepaid or _ZERO) + (t.rounding or _ZERO)
        yield from _equal("BR-CO-16", "amount due", t.payable, value)


def _equal(rule: str, name: str, stated: Decimal, computed: Decimal) -> Iterator[Finding]:
    if stated != computed:
        yield _error(rule, f"The {name} is {stated} where its parts make {computed}.")


def _breakdown(document: Document, level: Level) -> Iterator[Finding]:
    """Check each row of the VAT breakdown against its rate and against the lines it sums."""
    if not document.tax_subtotals:
        if level >= Level.BREAKDOWN:
            yield _error("BR-CO-18", "There is no VAT breakdown (BG-23).")
        return
    for place, row in enumerate(document.tax_subtotals, 1):
        if row.taxable is None or row.tax is None:
            rule = "BR-45" if row.taxable is None else "BR-46"
            yield _error(rule, f"Row {place} of the VAT breakdown lacks an amount.")
            continue
        yield from _row(document, level, place, row)


def _row(document: Document, level: Level, place: int, row: TaxSubtotal) -> Iterator[Finding]:
    name = f"row {place} of the VAT breakdown"
    taxable, tax = row.taxable or _ZERO, row.tax or _ZERO
    if level >= Level.BREAKDOWN:
        yield from _row_present(name, row)
    if row.rate is not None:
        due = (taxable * row.rate / 100).quantize(_CENT, ROUND_HALF_UP)
        yield from _near("BR-CO-17", f"tax in {name}", tax, due)
    family = _RULE_OF.get(row.category)
    if family is None:
        return
    if row.category not in _RATED and tax != 0:
        yield _error(f"BR-{family}-09", f"The tax in {name} must be 0 in its category.")
    if level >= Level.FULL:
        base = _base(document, row)
        yield from _near(f"BR-{family}-08", f"taxable amount in {name}", taxable, base)


def _row_present(name: str, row: TaxSubtotal) -> Iterator[Finding]:
    if not row.category:
        yield _error("BR-47", f"The {name} has no VAT category (BT-118).")
    elif row.category not in _RULE_OF:
        yield _error("BR-CL-17", f"The {name} has an unknown VAT category.")
    elif row.has_reason != (row.category in _REASONED):
        wish = "must not have" if row.has_reason else "needs"
        rule = f"BR-{_RULE_OF[row.category]}-10"
        yield Finding(rule, "flag", f"The {name} {wish} a reason for exemption.")
    if row.rate is None and row.category != "O":
        yield _error("BR-48", f"The {name} has no rate (BT-119).")


def _base(document: Document, row: TaxSubtotal) -> Decimal:
    """Sum lines, charges and allowances of a category; at a rate, of that rate only."""

    def belongs(category: str, rate: Decimal | None) -> bool:
        is_of_rate = row.category not in _RATED or (rate or _ZERO) == (row.rate or _ZERO)
        return category == row.category and is_of_rate

    lines = (
        line.net or _ZERO
        for line in document.lines
        if line.is_counted and belongs(line.tax_category, line.tax_rate)
    )
    others = (
        a.sign * (a.amount or _ZERO) for a in document.allowances if belongs(a.category, a.rate)
    )
    return sum(lines, _ZERO) + sum(others, _ZERO)


def _near(rule: str, name: str, stated: Decimal, computed: Decimal) -> Iterator[Finding]:
    gap = abs(stated - computed)
    if gap > _CENT:
        severity: Severity = "flag" if gap < _UNIT else "error"
        yield Finding(rule, severity, f"The {name} is {stated} where {computed} was expected.")


def _line_products(document: Document) -> Iterator[Finding]:
    """Flag lines whose net amount is not quantity times price with the line's allowances.

    The standard says so in the definition of BT-131 but has no rule; prices may be rounded.
    """
    for place, line in enumerate(document.lines, 1):
        if line.net is None or line.price is None or line.quantity is None or not line.price_base:
            continue
        due = line.quantity * line.price / line.price_base + line.allowances
        if abs(line.net - due.quantize(_CENT, ROUND_HALF_UP)) > _CENT:
            message = f"The net amount of line {place} is {line.net}, quantity × price {due:f}."
            yield Finding("BT-131", "flag", message)


def _decimals(document: Document) -> Iterator[Finding]:
    """Check that amounts have at most two decimals as written (BR-DEC-01 to BR-DEC-28)."""
    for number, name, amount in _amounts(document):
        exponent = 0 if amount is None else amount.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -_DECIMALS_MAX:
            message = f"The {name} has more than {_DECIMALS_MAX} decimals."
            yield _error(f"BR-DEC-{number}", message)


def _amounts(document: Document) -> Iterator[tuple[str, str, Decimal | None]]:
    """Yield each amount with the number of its rule and its name."""
    totals = document.totals
    yield "09", "sum of line net amounts", totals.line_total
    yield "10", "sum of allowances", totals.allowance_total
    yield "11", "sum of charges", totals.charge_total
    yield "12", "total without VAT", totals.tax_exclusive
    yield "13", "total VAT", totals.tax_total
    yield "14", "total with VAT", totals.tax_inclusive
    yield "16", "amount paid", totals.prepaid
    yield "17", "rounding", totals.rounding
    yield "18", "amount due", totals.payable
    for place, row in enumerate(document.tax_subtotals, 1):
        yield "19", f"taxable amount in row {place} of the VAT breakdown", row.taxable
        yield "20", f"tax in row {place} of the VAT breakdown", row.tax
    for allowance in document.allowances:
        yield "01" if allowance.sign < 0 else "05", "allowance or charge", allowance.amount
    for place, line in enumerate(document.lines, 1):
        yield "23", f"net amount of line {place}", line.net
        yield "24", f"allowance or charge of line {place}", line.allowances


def _notes(level: Level) -> Iterator[Finding]:
    if level == Level.ARITHMETIC:
        message = "The profile is older than EN 16931: only its sums were checked."
        yield Finding("PROFILE", "note", message)
    elif level < Level.FULL:
        message = "The profile has no lines: rules about lines were not checked."
        yield Finding("PROFILE", "note", message)
