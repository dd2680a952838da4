"""The neutral record into which every invoice format is read, and the findings about it.

Amounts stay as they were written (`Decimal`); `minor_units` turns them into fen or cents for the
ledger and refuses what does not fit. A document may name natural persons: it never goes onto the
ledger, and findings and errors never quote a name or an identifier.
"""

import dataclasses
import datetime as dt
import hashlib
import re
from decimal import Decimal
from typing import Final, Literal

Kind = Literal["invoice", "credit_note", "red_letter", "order", "not_an_invoice"]
Severity = Literal["error", "flag", "note"]

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?|[+-]?\.[0-9]{1,18}")
_TEXT_CHARACTERS_MAX: Final = 4096


class Unreadable(Exception):
    """Bytes that are not a document of a known kind, or that would harm whoever opens them."""

    def __init__(self, what: str, why: str, rule: str, next_step: str) -> None:
        """Keep what was read, why it stopped, the rule broken, and what the clerk can do."""
        super().__init__(what, why, rule, next_step)
        self.what = what
        self.why = why
        self.rule = rule
        self.next_step = next_step

    def __str__(self) -> str:
        """Return the four parts as two sentences."""
        return f"{self.what}: {self.why} ({self.rule}). {self.next_step}"


class AmountRefused(ValueError):
    """An amount that has more decimals than its currency has, so no whole number of fen."""


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    `error`: the document must not be recorded. `flag`: it may be recorded, with the flag.
    `note`: what was not looked at, or is worth knowing.
    """

    rule: str
    severity: Severity
    message: str


@dataclasses.dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer; an empty text says that the document does not give it."""

    name: str = ""
    tax_id: str = ""
    """Unified social credit code or VAT number, as written."""
    legal_id: str = ""
    """Number in a company register or other tax number, where it differs."""
    country: str = ""
    """ISO 3166-1, two letters."""
    has_address: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One line of goods or services."""

    number: str
    name: str
    quantity: Decimal | None
    unit: str
    price: Decimal | None
    """Net price of `price_base` units."""
    price_base: Decimal
    net: Decimal | None
    allowances: Decimal
    """Charges less allowances of the line, already within `net`."""
    tax_category: str
    tax_rate: Decimal | None
    """Per cent."""
    tax: Decimal | None
    """Chinese invoices state it by line, EN 16931 only in the breakdown."""
    is_counted: bool = True
    """False for a line that only groups or explains others (extended profiles)."""


@dataclasses.dataclass(frozen=True, slots=True)
class TaxSubtotal:
    """One row of the tax breakdown."""

    category: str
    rate: Decimal | None
    taxable: Decimal | None
    tax: Decimal | None
    has_reason: bool = False
    """Whether a reason for exemption is given."""


@dataclasses.dataclass(frozen=True, slots=True)
class AllowanceCharge:
    """An allowance (`sign` -1) or a charge (+1) on the whole document."""

    sign: int
    amount: Decimal | None
    category: str
    rate: Decimal | None


@dataclasses.dataclass(frozen=True, slots=True)
class Totals:
    """The sums the document states; None where it states none."""

    line_total: Decimal | None = None
    allowance_total: Decimal | None = None
    charge_total: Decimal | None = None
    tax_exclusive: Decimal | None = None
    tax_total: Decimal | None = None
    tax_inclusive: Decimal | None = None
    prepaid: Decimal | None = None
    rounding: Decimal | None = None
    payable: Decimal | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class SealReport:
    """What was verified about one seal or signature, and who made it."""

    path: str
    """File of the container that holds it, or the name of the document."""
    kind: Literal["seal", "signed_seal", "file_list"]
    """A seal alone, a seal put on a document, or a signed list of the files of a container."""
    name: str
    """Name of the seal, as its maker wrote it."""
    version: int
    signer_subject: str
    signer_serial: str
    """Hexadecimal."""
    signer_valid_from: dt.datetime
    signer_valid_until: dt.datetime
    maker_subject: str
    signed_at: dt.datetime | None
    """As the signer claims."""
    digests_matching: int
    digests_stated: int
    signature_valid: bool
    """The signature over the document; of a seal alone, its maker's."""
    maker_signature_valid: bool
    covered: frozenset[str] = frozenset()
    """Files whose digest it holds and which have that digest."""


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """One document as read and checked."""

    syntax: str
    """`UBL 2.1`, `CII D16B`, `ZUGFeRD 1.0`, `Order-X`, `e-invoice/2019`, `EInvoice`, `OFD`, …"""
    kind: Kind
    number: str
    issue_date: dt.date | None
    seller: Party
    buyer: Party
    currency: str
    """ISO 4217."""
    lines: tuple[Line, ...]
    tax_subtotals: tuple[TaxSubtotal, ...]
    totals: Totals
    preceding: tuple[str, ...]
    """Numbers of the invoices that this one corrects; code and number together for old ones."""
    sha256: bytes
    sm3: bytes
    """Digests of the bytes as received."""
    code: str = ""
    """Invoice code of a Chinese invoice older than the 20-digit number."""
    profile: str = ""
    """Specification identifier, as written."""
    type_code: str = ""
    """UNTDID 1001, as written."""
    container: str = ""
    """`OFD` or `PDF` where the data came out of one."""
    allowances: tuple[AllowanceCharge, ...] = ()
    findings: tuple[Finding, ...] = ()
    seals: tuple[SealReport, ...] = ()

    @property
    def key(self) -> str:
        """Tell which invoice this is, however often and in whatever format it arrives.

        China: invoice code (if any) and number (domain rule TAX-I7). EN 16931: seller's VAT
        number, invoice number and date. What is no invoice is known by its bytes.
        """
        if self.kind in {"order", "not_an_invoice"}:
            return f"sha-256:{self.sha256.hex()}"
        if self.syntax in CHINESE_SYNTAXES:
            return f"cn:{self.code}{self.number}"
        seller = self.seller.tax_id or self.seller.legal_id or self.seller.name
        seller = "".join(seller.split()).upper()
        day = self.issue_date.isoformat() if self.issue_date else ""
        return "en:" + "|".join(_escape(part) for part in (seller, self.number, day))

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return the findings that forbid recording."""
        return tuple(f for f in self.findings if f.severity == "error")

    @property
    def flags(self) -> tuple[Finding, ...]:
        """Return the findings that are recorded with the document."""
        return tuple(f for f in self.findings if f.severity == "flag")

    @property
    def is_recordable(self) -> bool:
        """Ask whether this is an invoice without errors."""
        return self.kind not in {"order", "not_an_invoice"} and not self.errors


CHINESE_SYNTAXES: Final = frozenset({"e-invoice/2019", "EInvoice"})


def no_invoice(syntax: str, data: bytes, *, kind: Kind = "not_an_invoice") -> Document:
    """Return a document that only says what its bytes are."""
    return Document(
        syntax=syntax,
        kind=kind,
        number="",
        issue_date=None,
        seller=Party(),
        buyer=Party(),
        currency="",
        lines=(),
        tax_subtotals=(),
        totals=Totals(),
        preceding=(),
        sha256=hashlib.sha256(data).digest(),
        sm3=sm3(data),
    )


def sm3(data: bytes) -> bytes:
    """Return the SM3 of the data (GB/T 32905-2016)."""
    return hashlib.new("sm3", data).digest()


def minor_units(amount: Decimal, digits: int = 2) -> int:
    """Return the amount in fen (or cents, or what `digits` decimals of the currency make).

    Raises `AmountRefused` where it was written with more decimals: rounding is for whoever
    issued the document, not for whoever reads it.
    """
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -digits:
        msg = f"the amount has more than {digits} decimals (BR-DEC): ask its issuer to round it"
        raise AmountRefused(msg)
    return int(amount.scaleb(digits))


def decimal_of(text: str, where: str) -> Decimal | None:
    """Read a number as written, None for an empty text.

    Digits, one point and a sign only: no exponent, no separators, no infinity.
    Raises `Unreadable`.
    """
    if not text:
        return None
    if _NUMBER.fullmatch(text) is None:
        raise Unreadable(
            where,
            "what stands there is not a decimal number",
            "XML Schema 1.1 part 2, decimal; at most 18 digits before and after the point",
            "Ask the issuer for a corrected document.",
        )
    return Decimal(text)


def date_of(text: str, where: str) -> dt.date | None:
    """Read a date as `2026-01-31`, `20260131` or `2026年01月31日`, None for an empty text.

    A time after the date is left out (UNTDID 2379: formats 102, 203, 204). Raises `Unreadable`.
    """
    if not text:
        return None
    match = _DATE.fullmatch(text)
    try:
        if match is not None:
            year, month, day = (part for part in match.groups() if part is not None)
            return dt.date(int(year), int(month), int(day))
    except ValueError:
        pass
    raise Unreadable(
        where,
        "what stands there is not a day of the calendar",
        "ISO 8601 or the form 年月日",
        "Ask the issuer for a corrected document.",
    )


_TIME: Final = r"(?:[T ][0-9:.]{4,12}(?:Z|[+-][0-9:]{4,6})?|Z|[+-][0-9]{2}:[0-9]{2})?"
_DATE: Final = re.compile(
    rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}}){_TIME}"
    r"|([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{4}(?:[0-9]{2})?)?"
    r"|([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日"
)


def text_of(text: str, where: str) -> str:
    """Return a name or a number of the document, trimmed, if it is of a sane length."""
    if len(text) > _TEXT_CHARACTERS_MAX:
        raise Unreadable(
            where,
            f"a text is longer than {_TEXT_CHARACTERS_MAX} characters",
            "limit of this reader",
            "Ask the issuer for a corrected document.",
        )
    return text.strip()


def _escape(part: str) -> str:
    """Keep the separator of a key from being written inside a part."""
    return part.replace("%", "%25").replace("|", "%7C")
