"""The nouns of the invoice service: taxpayers, invoices, reimbursements, confirmations, refusals.

Rows hold no names, no lines and no free text. The seller's credit code stands in plain, for its own
officers sign; the buyer is a salted commitment to a credit code, or to a pseudonym where the buyer
is a natural person (PIPL art. 13).
"""

from enum import IntEnum
from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.links import Link
from tongjian.core.operation import BYTES32, NUMBER, TEXT, RefusalCode, Row, Service, Table
from tongjian.core.values import Amount, Count, Digest, Fen, Name, Ppm, TimeMs, Uscc, count, fen

# -- values ---------------------------------------------------------------------------------------

InvoiceNumber = Annotated[
    str,
    Meta(
        pattern="^[0-9]{20}$",
        max_length=20,
        description="Number of an e-invoice: year 2, province 2, channel 1, sequence 15.",
    ),
]
InvoiceKey = Annotated[
    str,
    Meta(
        pattern=r"^([0-9]{20}|[0-9a-f]{64})$(?!\n)",
        max_length=64,
        description="An e-invoice number, or the key of a document issued elsewhere.",
    ),
]
Salt = Annotated[
    bytes, Meta(min_length=32, max_length=32, description="Salt that opens the buyer's commitment.")
]
Day = Annotated[
    int, Meta(ge=19000101, le=22481231, description="Day in Shanghai.", extra={"unit": "yyyymmdd"})
]
Period = Annotated[
    int, Meta(ge=190001, le=224812, description="Month in Shanghai.", extra={"unit": "yyyymm"})
]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", max_length=3, description="ISO 4217 code.")]
LineCount = Annotated[int, Meta(ge=1, le=10_000, description="Lines of an invoice at one rate.")]

TaxpayerKind = Literal["general", "small"]
"""General 一般纳税人 or small-scale 小规模纳税人 (VAT Law art. 9)."""
Grade = Literal["A", "B", "M", "C", "D"]
"""Tax credit grade 纳税信用级别."""
Kind = Literal["special", "ordinary", "foreign"]
"""Special 增值税专用, ordinary 普通; foreign is any document issued outside this ledger."""
Business = Literal["general", "construction", "freight", "passenger", "property", "purchase"]
"""Special businesses 特定业务; `purchase`: the payer issues (收购, Invoice Measures art. 18)."""
RedReason = Literal["return", "error", "stop", "discount"]
"""Goods returned, invoice wrong, service stopped, sales discount."""
Side = Literal["seller", "buyer"]
RedStatus = Literal["01", "02", "03", "04", "05", "06", "07", "08", "09"]
"""Status code of a red-letter confirmation, as the tax administration numbers it."""

ALONE: Final = "01"
"""The seller needs no confirmation: the buyer has neither deducted nor booked."""
WAITS_BUYER: Final = "02"
WAITS_SELLER: Final = "03"
CONFIRMED: Final = "04"
BUYER_REFUSED: Final = "05"
SELLER_REFUSED: Final = "06"
VOID: Final = "07"
"""Nobody answered in time."""
WITHDRAWN: Final = "08"
WITHDRAWN_AFTER: Final = "09"
"""Withdrawn after both had confirmed."""

SUBTOTALS_MAX: Final = 16


class Use(IntEnum):
    """What an input is used for; which uses exclude deduction is a parameter (VAT Law art. 22)."""

    TAXED_BUSINESS = 1
    EXPORT_REFUND = 2
    AGENT_EXPORT = 3
    SIMPLIFIED_METHOD = 21
    EXEMPT_ITEM = 22
    ABNORMAL_LOSS = 23
    WELFARE_OR_PERSONAL = 24
    CATERING_AND_LEISURE = 25
    OTHER_EXCLUDED = 26


class Subtotal(Record):
    """All lines of an invoice at one rate; the lines themselves stay with the parties."""

    rate_ppm: Ppm
    lines: LineCount
    """How many lines are summed: each may be rounded by one fen (TAX-I5)."""
    net_fen: Amount
    """Amount without tax."""
    tax_fen: Fen


Subtotals = Annotated[tuple[Subtotal, ...], Meta(min_length=1, max_length=SUBTOTALS_MAX)]

# -- refusals -------------------------------------------------------------------------------------


class Refusal(RefusalCode):
    """Why an act on invoices is refused, in order of precedence."""

    TAXPAYER_UNKNOWN = 1, "The tax bureau has not registered this taxpayer."
    TAXPAYER_CANCELLED = 2, "The taxpayer's registration is cancelled."
    TAXPAYER_NOT_NORMAL = 3, "The taxpayer's status is not normal."
    TAXPAYER_NOT_ABNORMAL = 4, "The taxpayer is not marked abnormal."
    TAXPAYER_NOT_GENERAL = 5, "Only a general taxpayer deducts input tax."
    NUMBER_WRONG_YEAR = 6, "The first two digits of the number are not the year of this block."
    NUMBER_WRONG_REGION = 7, "Digits three and four are not the province of the seller."
    NUMBER_USED = 8, "The number was used before; a number is used once for ever."
    ALREADY_RECORDED = 9, "This document is recorded already, in whatever file it came."
    INVOICE_UNKNOWN = 10, "No invoice or document has this number."
    NOT_SELLER = 11, "The office is not the seller of this invoice."
    NOT_BUYER = 12, "The office and salt do not open the buyer of this invoice."
    NOT_PARTY = 13, "The office is neither seller nor buyer of this invoice."
    SELLER_IS_BUYER = 14, "Seller and buyer of the invoice are one; only purchases may be so."
    IS_RED_LETTER = 15, "The invoice is itself a red letter."
    NOT_ISSUED_HERE = 16, "The document was not issued on this ledger."
    NOT_DELIVERED = 17, "The invoice has not been delivered."
    ALREADY_DELIVERED = 18, "The invoice has been delivered already."
    NOT_DEDUCTIBLE = 19, "Invoices of this kind give no input tax."
    USE_EXCLUDED = 20, "Input tax of this use may not be deducted."
    ALREADY_DEDUCTED = 21, "The invoice was deducted before; once is all."
    ALREADY_BOOKED = 22, "The invoice is in the buyer's books already."
    PERIOD_WRONG = 23, "The period must lie between the month of issue and this month."
    VOUCHER_USED = 24, "This voucher of the claimant is used for this invoice already."
    REIMBURSEMENT_UNKNOWN = 25, "The claimant has no reimbursement under this voucher."
    PLEDGED = 26, "The invoice is pledged; the pledgee must release it first."
    NOT_PLEDGED = 27, "The invoice is not pledged."
    NOT_PLEDGEE = 28, "The invoice is pledged to another bank."
    FULLY_RED = 29, "Red letters have taken back the whole invoice."
    CONFIRMATION_UNDER_WAY = 30, "Another red-letter confirmation of this invoice is under way."
    BUYER_NOT_USED = (
        31,
        "Before the buyer deducts or books, the seller alone asks for a red letter.",
    )
    CONFIRMATION_UNKNOWN = 32, "The invoice has no red-letter confirmation of this number."
    CONFIRMATION_CLOSED = 33, "The status of the confirmation does not allow this step."
    NOT_COUNTERPARTY = 34, "The party that asked cannot also answer."
    NOT_INITIATOR = 35, "Only the party that asked may withdraw."
    CONFIRMATION_LATE = 36, "The time for an answer has passed."
    CONFIRMATION_NEEDED = 37, "The buyer has deducted or booked since: the buyer must confirm."
    CLAIMED_TIME_AHEAD = 38, "The claimed time lies after this block."
    CLAIMED_TIME_TOO_OLD = 39, "The claimed time lies further back than the rule allows."
    LATE_WITHOUT_REASON = 40, "A late issue must state its reason."
    DATE_WRONG = 41, "The date is not a day of the calendar."
    RATES_UNSORTED = 42, "Subtotals come in ascending order of rate, one for each."
    RATE_NOT_IN_FORCE = 43, "The rate is not in force for this taxpayer."
    RATE_NOT_ON_INVOICE = 44, "The invoice has no subtotal at this rate, or fewer lines."
    RED_EXCEEDS_INVOICE = 45, "Red letters would exceed the invoice at this rate."
    TAX_WRONG = 46, "The tax differs from amount times rate by more than a fen a line."
    TOTALS_WRONG = 47, "The totals are not the sums of the subtotals."
    LIMIT_EXCEEDED = 48, "The month's credit limit does not cover this invoice."
    CLAIMS_EXCEED_TOTAL = 49, "Reimbursements and red letters would exceed the invoice."
    REFUND_EXCEEDS_CLAIM = 50, "The refund would exceed what was reimbursed under this voucher."


# -- rows -----------------------------------------------------------------------------------------


class Taxpayer(Row, matched=True):
    """A taxpayer and how much it may still issue this month."""

    kind: TaxpayerKind
    status: Literal["normal", "abnormal", "cancelled"]
    grade: Grade
    limit_fen: Fen
    """Credit limit 授信额度: amount without tax that may be issued in a month."""
    period: Annotated[int, Meta(ge=0, le=224812)]
    """Month of the last issue, yyyymm; 0 before the first."""
    issued_fen: Fen
    """Amount without tax issued in that month, less red letters of the same month."""


class Deduction(Record):
    """Input tax that the buyer deducted; on a red letter, what the buyer reversed."""

    period: Period
    use: Use
    tax_fen: Fen
    reversed_fen: Fen
    """Given back by red letters 进项税额转出, each in the month of the red letter."""


class Foreign(Record):
    """What is kept of a document issued outside this ledger."""

    currency: Currency
    original: Digest
    """Salted commitment to the file first received."""
    flags: Annotated[tuple[Name, ...], Meta(max_length=16)]
    """Findings of the check that the recorder saw, such as `check_digit_wrong`."""


class Invoice(Row, matched=True):
    """An invoice: a face that never changes, and counters that decide what may still happen."""

    kind: Kind
    business: Business
    seller: Uscc | None
    """None on a document issued elsewhere."""
    buyer: Digest
    """Salted commitment to the buyer's credit code or pseudonym."""
    lines: Digest
    """Salted commitment to lines and remarks."""
    subtotals: Annotated[tuple[Subtotal, ...], Meta(max_length=SUBTOTALS_MAX)]
    total_fen: Amount
    """With tax; in minor units of the currency where the document is foreign."""
    tax_fen: Fen
    issued_on: Day
    """Day of the block; on a foreign document, the day it bears."""
    recorded_ms: TimeMs
    """Block time."""
    late: bool
    """The claimed time of the supply lay far back (domain rule 0.5)."""
    red_of: InvoiceNumber | None = None
    """On a red letter: the invoice it corrects; its amounts count as negative."""
    foreign: Foreign | None = None
    delivered: bool = False
    booked: bool = False
    deduction: Deduction | None = None
    pledgee: Uscc | None = None
    reimbursed_fen: Fen = fen(0)
    """All claims of all organisations."""
    refunded_fen: Fen = fen(0)
    """Recovered from claimants."""
    red_fen: Fen = fen(0)
    """With tax, of all red letters."""
    red: Annotated[tuple[Subtotal, ...], Meta(max_length=SUBTOTALS_MAX)] = ()
    """What red letters took back, by rate."""
    confirmations: Count = count(0)
    """Red-letter confirmations ever asked for."""
    under_way: Count = count(0)
    """Number of the confirmation that is under way; 0 for none."""


class Reimbursement(Row):
    """What one organisation reimbursed on an invoice under one of its vouchers."""

    amount_fen: Amount
    refunded_fen: Fen
    recorded_ms: TimeMs


class Booking(Row):
    """Where the buyer's books have the invoice 入账."""

    period: Period
    voucher: Digest
    """Salted commitment to the number of the accounting voucher."""
    recorded_ms: TimeMs


class RedConfirmation(Row):
    """A request to correct an invoice by a red letter 红字发票信息确认单, and its answer."""

    initiator: Side
    reason: RedReason
    status: RedStatus
    subtotals: Subtotals
    """What the red letter will take back, by rate."""
    total_fen: Amount
    deadline_ms: TimeMs
    """The first moment at which an answer comes too late; block time of the request where none is
    awaited."""
    red_letter: InvoiceNumber | None = None
    """Issued upon it; a confirmation serves once."""


# -- tables ---------------------------------------------------------------------------------------

TAXPAYERS: Final[Table[Taxpayer, str]] = Table("invoice.taxpayers", Taxpayer, (TEXT,))
INVOICES: Final[Table[Invoice, str]] = Table("invoice.invoices", Invoice, (TEXT,))
REIMBURSEMENTS: Final[Table[Reimbursement, str, str, bytes]] = Table(
    "invoice.reimbursements", Reimbursement, (TEXT, TEXT, BYTES32)
)
"""Invoice, claimant, voucher: all claims on an invoice are one range."""
BOOKINGS: Final[Table[Booking, str]] = Table("invoice.bookings", Booking, (TEXT,))
RED_CONFIRMATIONS: Final[Table[RedConfirmation, str, int]] = Table(
    "invoice.red_confirmations", RedConfirmation, (TEXT, NUMBER)
)

service: Final = Service(
    "invoice",
    Refusal,
    (TAXPAYERS, INVOICES, REIMBURSEMENTS, BOOKINGS, RED_CONFIRMATIONS),
    links=(
        Link("seller", INVOICES, TAXPAYERS, ("seller",)),
        Link("corrects", INVOICES, INVOICES, ("red_of",)),
        Link("invoice", REIMBURSEMENTS, INVOICES, (0,)),
        Link("invoice", BOOKINGS, INVOICES, (0,)),
        Link("invoice", RED_CONFIRMATIONS, INVOICES, (0,)),
    ),
)
"""What may be asked of the invoice service."""
