"""What a Chinese invoice must satisfy: Invoice Measures 2023, VAT Law 2026, domain rules TAX-I.

Identifiers with a wrong check character are flagged, for real documents carry them; sums that do
not fit, and a red letter that points nowhere, are errors.
"""

import dataclasses
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from tongjian.connectors.einvoice.capitals import read_capitals
from tongjian.connectors.einvoice.china_xml import Extras
from tongjian.connectors.einvoice.document import Document, Finding, Line, Party
from tongjian.core.identifiers import (
    IdentifierInvalid,
    check_einvoice_number,
    check_old_invoice,
    check_resident_id,
    check_uscc,
)

_CENT: Final = Decimal("0.01")
_ZERO: Final = Decimal(0)
_USCC_CHARACTERS: Final = 18
_CHECK_CODE_DIGITS: Final = 20
_OLD_TAX_NUMBERS: Final = frozenset({15, 17, 20})
"""Lengths of taxpayer numbers from before the unified code."""


def check(document: Document, extras: Extras) -> tuple[Finding, ...]:
    """Return what the rules say of a document read from Chinese XML."""
    return (
        *_number(document),
        *_presence(document),
        *_lines(document),
        *_sums(document),
        *_party("seller", document.seller, document),
        *_party("buyer", document.buyer, document),
        *_red_letter(document),
        *_extras(document, extras),
    )


def check_red_letter(
    red: Document, blue: Document, already_red: Decimal = _ZERO
) -> tuple[Finding, ...]:
    """Check a red letter against the invoice it corrects (domain rule TAX-I2).

    `already_red` is the total of earlier red letters on the same invoice, as a positive amount.
    """
    found: list[Finding] = []
    if f"{blue.code}{blue.number}" not in red.preceding:
        found.append(_error("CN-RED-2", "The red letter points to another invoice."))
    if (red.seller.tax_id, red.buyer.tax_id) != (blue.seller.tax_id, blue.buyer.tax_id):
        found.append(_error("CN-RED-3", "The red letter is between other parties."))
    if red.issue_date and blue.issue_date and red.issue_date < blue.issue_date:
        found.append(_error("CN-RED-4", "The red letter is older than the invoice it corrects."))
    for field in dataclasses.fields(red.totals):
        taken: Decimal | None = getattr(red.totals, field.name)
        given: Decimal | None = getattr(blue.totals, field.name)
        before = already_red if field.name == "tax_inclusive" else _ZERO
        if taken is not None and given is not None and abs(taken) + before > given:
            name = field.name.replace("_", " ")
            message = f"The red letter takes back more than the invoice gave ({name})."
            found.append(_error("CN-RED-5", message))
    return tuple(found)


def _error(rule: str, message: str) -> Finding:
    return Finding(rule, "error", message)


def _number(document: Document) -> Iterator[Finding]:
    """Check the structure of the number, and the year in it (TAX-I7)."""
    try:
        if document.code:
            check_old_invoice(document.code, document.number)
            return
        parts = check_einvoice_number(document.number)
    except IdentifierInvalid as error:
        yield _error("CN-NUMBER", f"The invoice number has the wrong form: {error.rule}.")
        return
    if document.issue_date and parts.year != document.issue_date.year:
        message = "The first two digits of the number are not the year of issue (TAX-I7)."
        yield _error("CN-NUMBER", message)


def _presence(document: Document) -> Iterator[Finding]:
    required = (
        (document.issue_date, "issue date"),
        (document.seller.name, "seller's name"),
        (document.seller.tax_id, "seller's identifier"),
        (document.buyer.name, "buyer's name"),
        (document.lines, "list of goods"),
    )
    for value, name in required:
        if not value:
            yield _error(
                "CN-PRESENT", f"The {name} is missing (Invoice Measures 2023, art. 5 and 21)."
            )
    totals = document.totals
    for amount, name in (
        (totals.tax_exclusive, "total without tax"),
        (totals.tax_total, "total tax"),
        (totals.tax_inclusive, "price-tax total"),
    ):
        if amount is None:
            yield _error(
                "CN-PRESENT", f"The {name} is missing (Invoice Measures 2023, art. 5 and 21)."
            )


def _lines(document: Document) -> Iterator[Finding]:
    """Check price × quantity and amount × rate of each line (TAX-I5), to within one fen."""
    for place, line in enumerate(document.lines, 1):
        if line.net is None:
            yield _error("CN-LINE", f"Line {place} has no amount.")
            continue
        if line.price is not None and line.quantity is not None:
            due = _round(line.price * line.quantity)
            if abs(due - line.net) > _CENT:
                message = f"The amount of line {place} is {line.net}, price × quantity {due}."
                yield _error("CN-PRICE", message)
        yield from _line_tax(place, line, line.net)
        for amount in (line.net, line.tax):
            if amount is not None and amount != _round(amount):
                yield _error("CN-DECIMALS", f"Line {place} has an amount finer than a fen.")


def _line_tax(place: int, line: Line, net: Decimal) -> Iterator[Finding]:
    if line.tax_rate is None:
        message = f"Line {place} hides its rate, so its tax is not checked."
        yield Finding("CN-TAX", "flag", message)
        return
    due = _round(net * line.tax_rate / 100)
    if abs(due - (line.tax or _ZERO)) > _CENT:
        message = f"The tax of line {place} is {line.tax}, amount × rate {due} (TAX-I5)."
        yield _error("CN-TAX", message)


def _round(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _sums(document: Document) -> Iterator[Finding]:
    totals = document.totals
    net = sum((line.net or _ZERO for line in document.lines), _ZERO)
    tax = sum((line.tax or _ZERO for line in document.lines), _ZERO)
    for stated, computed, name in (
        (totals.tax_exclusive, net, "total without tax"),
        (totals.tax_total, tax, "total tax"),
        (
            totals.tax_inclusive,
            (totals.tax_exclusive or _ZERO) + (totals.tax_total or _ZERO),
            "price-tax total",
        ),
    ):
        if stated is not None and stated != computed:
            message = f"The {name} is {stated} where its parts make {computed} (TAX-I5)."
            yield _error("CN-SUM", message)


def _party(role: str, party: Party, document: Document) -> Iterator[Finding]:
    """Check the identifier of a party; a buyer may be a person and have none."""
    if not party.tax_id:
        if role == "buyer":
            yield Finding("CN-PARTY", "note", "The buyer has no identifier, as a person has none.")
        return
    if len(party.tax_id) in _OLD_TAX_NUMBERS:
        message = f"The {role} has a taxpayer number from before the unified code; it has no check."
        yield Finding("CN-PARTY", "note", message)
        return
    try:
        check_uscc(party.tax_id)
    except IdentifierInvalid as error:
        if _is_person(party.tax_id, document):
            message = (
                f"The {role} is identified by a resident number: personal data, which must be "
                "replaced by a pseudonym before anything is recorded."
            )
            yield Finding("CN-PERSON", "flag", message)
        else:
            message = f"The {role}'s unified social credit code is not valid: {error.rule}."
            yield Finding("CN-USCC", "flag", message)


def _is_person(text: str, document: Document) -> bool:
    day = document.issue_date
    if len(text) != _USCC_CHARACTERS or day is None:
        return False
    try:
        check_resident_id(text, day.year, day.month, day.day)
    except IdentifierInvalid:
        return False
    return True


def _red_letter(document: Document) -> Iterator[Finding]:
    total = document.totals.tax_inclusive
    if document.kind == "red_letter":
        if not document.preceding:
            message = "The red letter names no blue invoice (rule TAX-I2)."
            yield _error("CN-RED-1", message)
        if total is not None and total > 0:
            yield _error("CN-RED-1", "The red letter has a positive total.")


def _extras(document: Document, extras: Extras) -> Iterator[Finding]:
    if extras.capitals:
        said = read_capitals(extras.capitals)
        if said is None:
            yield Finding("CN-WORDS", "flag", "The total in capital numerals is not understood.")
        elif said != document.totals.tax_inclusive:
            yield _error("CN-WORDS", "The total in capital numerals differs from that in figures.")
    is_electronic_old = document.code.startswith("0") and document.kind == "invoice"
    if is_electronic_old and len(extras.check_code) != _CHECK_CODE_DIGITS:
        yield Finding("CN-CHECKCODE", "flag", "The check code of 20 digits is missing.")
    if extras.graph_code:
        yield from _graph_code(document, extras)


def _graph_code(document: Document, extras: Extras) -> Iterator[Finding]:
    """Compare the two-dimensional code: 01, kind, code, number, amount, date, check code, CRC.

    The amount is the total with or without tax, by the kind of the invoice.
    """
    parts = extras.graph_code.split(",")
    if len(parts) < 7:  # noqa: PLR2004 - the parts named above
        yield Finding("CN-QR", "flag", "The text of the two-dimensional code is not understood.")
        return
    day = document.issue_date.strftime("%Y%m%d") if document.issue_date else ""
    amounts = {
        f"{amount:.2f}"
        for amount in (document.totals.tax_exclusive, document.totals.tax_inclusive)
        if amount is not None
    }
    same = (
        parts[2] == document.code,
        parts[3] == document.number,
        parts[4] in amounts,
        parts[5] == day,
        not extras.check_code or parts[6] in extras.check_code,
    )
    if not all(same):
        yield _error("CN-QR", "The two-dimensional code says something else than the invoice.")
