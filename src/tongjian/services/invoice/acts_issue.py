"""How an invoice comes into being: issued here and handed over, or recorded from elsewhere."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core.calendar import is_date
from tongjian.core.encoding import replace
from tongjian.core.hashing import compute_commitment
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import Named, Signer
from tongjian.core.values import Amount, Digest, Fen, Name, TimeMs, Uscc, digest, fen, time_ms
from tongjian.services.invoice.records import (
    INVOICES,
    TAXPAYERS,
    Business,
    Currency,
    Day,
    Foreign,
    Invoice,
    InvoiceKey,
    InvoiceNumber,
    Kind,
    Refusal,
    Salt,
    Subtotals,
    service,
)
from tongjian.services.invoice.rules import (
    check_number,
    check_subtotals,
    require_normal_taxpayer,
    today,
)

RATES_OF: Final = {"general": "rates_general", "small": "rates_small"}
"""Parameter with the rates in force for each kind of taxpayer."""


class Issue(Act, tag="invoice.issue"):
    """Issue an invoice."""

    number: InvoiceNumber
    seller: Uscc
    """The office that issues: the seller, or the payer where the business is `purchase`."""
    kind: Literal["special", "ordinary"]
    business: Business
    buyer: Digest
    """Commitment to the buyer's credit code or pseudonym; its salt goes to the buyer."""
    lines: Digest
    """Commitment to lines and remarks, which go to the buyer."""
    subtotals: Subtotals
    total_fen: Amount
    """With tax."""
    tax_fen: Fen
    event_ms: TimeMs
    """When the supply took place, as the seller claims; it dates nothing."""
    late_reason: Literal["none", "outage", "dispute", "bureau_order"]
    """Asked for where the claimed time lies far back."""


class Issued(Event, tag="invoice.issued"):
    """An invoice is issued."""

    number: InvoiceNumber
    seller: Uscc
    kind: Kind
    business: Business
    buyer: Digest
    total_fen: Amount
    tax_fen: Fen
    issued_on: Day
    late: bool


@service.operation(
    by=Signer("issuer", Named("seller")),
    law="Invoice Measures art. 3, 18, 21; VAT Law art. 10, 34",
    writes=(INVOICES, TAXPAYERS),
)
def issue(act: Issue, ledger: Ledger) -> Issued:
    """Issue an invoice under a number used once for ever, dated by the block (TAX-I5, I6, I7)."""
    seller = require_normal_taxpayer(ledger, act.seller)
    date = today(ledger.time_ms)
    check_number(act.number, date, ledger)
    is_late = check_claimed_time(act, ledger)
    rates = ledger.parameters(RATES_OF[seller.kind])
    net_fen = check_subtotals(act.subtotals, rates, act.total_fen, act.tax_fen)
    issued_fen = net_fen + (seller.issued_fen if seller.period == date.period else 0)
    ensure(issued_fen <= seller.limit_fen, Refusal.LIMIT_EXCEEDED)

    ledger.put(
        INVOICES,
        act.number,
        row=Invoice(
            kind=act.kind,
            business=act.business,
            seller=act.seller,
            buyer=act.buyer,
            lines=act.lines,
            subtotals=act.subtotals,
            total_fen=act.total_fen,
            tax_fen=act.tax_fen,
            issued_on=date.day,
            recorded_ms=time_ms(ledger.time_ms),
            late=is_late,
        ),
    )
    ledger.put(
        TAXPAYERS,
        act.seller,
        row=replace(seller, period=date.period, issued_fen=fen(issued_fen)),
    )
    return Issued(
        number=act.number,
        seller=act.seller,
        kind=act.kind,
        business=act.business,
        buyer=act.buyer,
        total_fen=act.total_fen,
        tax_fen=act.tax_fen,
        issued_on=date.day,
        late=is_late,
    )


def check_claimed_time(act: Issue, ledger: Ledger) -> bool:
    """Refuse a claim of the future or of long ago; say whether the issue is late (domain 0.5)."""
    age_ms = ledger.time_ms - act.event_ms
    ensure(age_ms >= 0, Refusal.CLAIMED_TIME_AHEAD)
    if age_ms <= ledger.parameter("late_ms"):
        return False
    ensure(age_ms <= ledger.parameter("claim_ms_max"), Refusal.CLAIMED_TIME_TOO_OLD)
    ensure(act.late_reason != "none", Refusal.LATE_WITHOUT_REASON)
    return True


class Deliver(Act, tag="invoice.deliver"):
    """Note that the buyer has the invoice."""

    invoice: InvoiceNumber
    seller: Uscc
    receipt: Digest
    """Salted commitment to the proof of delivery."""


class Delivered(Event, tag="invoice.delivered"):
    """The buyer has the invoice."""

    invoice: InvoiceNumber


@service.operation(
    by=Signer("issuer", Named("seller")),
    law="Invoice Measures art. 18, 19",
    writes=(INVOICES,),
)
def deliver(act: Deliver, ledger: Ledger) -> Delivered:
    """Hand the invoice over; from now on the buyer may use it."""
    invoice = ledger.one(INVOICES, act.invoice, missing=Refusal.INVOICE_UNKNOWN)
    ensure(invoice.seller == act.seller, Refusal.NOT_SELLER)
    ensure(not invoice.delivered, Refusal.ALREADY_DELIVERED)

    ledger.put(INVOICES, act.invoice, row=replace(invoice, delivered=True))
    return Delivered(invoice=act.invoice)


class RecordForeign(Act, tag="invoice.record_foreign"):
    """Record a document issued outside this ledger, so that it is claimed only once."""

    document: InvoiceKey
    """Its canonical key, hashed by `exchange.compute_document_key`; never a hash of the file."""
    holder: Uscc
    holder_salt: Salt
    """Salt of the commitment under which the row keeps the holder."""
    currency: Currency
    total_fen: Amount
    """With tax, in minor units of the currency."""
    tax_fen: Fen
    issued_on: Day
    """The day the document bears."""
    original: Digest
    """Salted commitment to the file."""
    lines: Digest
    flags: Annotated[tuple[Name, ...], Meta(max_length=16)]
    """Findings of the check of the document that did not forbid to record it."""


class ForeignRecorded(Event, tag="invoice.foreign_recorded"):
    """A document issued elsewhere is recorded."""

    document: InvoiceKey
    currency: Currency
    total_fen: Amount
    tax_fen: Fen
    issued_on: Day


@service.operation(
    by=Signer("accountant", Named("holder")),
    law="Invoice Measures art. 3, 20, 32",
    writes=(INVOICES,),
)
def record_foreign(act: RecordForeign, ledger: Ledger) -> ForeignRecorded:
    """Record a document by its own number; a second file of the same document is refused."""
    ensure(ledger.get(INVOICES, act.document) is None, Refusal.ALREADY_RECORDED)
    ensure(act.issued_on <= today(ledger.time_ms).day, Refusal.CLAIMED_TIME_AHEAD)
    year, month, day = act.issued_on // 10_000, act.issued_on // 100 % 100, act.issued_on % 100
    ensure(is_date(year, month, day), Refusal.DATE_WRONG)
    ensure(act.tax_fen <= act.total_fen, Refusal.TOTALS_WRONG)

    holder = compute_commitment(ledger.digest, act.holder_salt, act.holder.encode("ascii"))
    ledger.put(
        INVOICES,
        act.document,
        row=Invoice(
            kind="foreign",
            business="general",
            seller=None,
            buyer=digest(holder),
            lines=act.lines,
            subtotals=(),
            total_fen=act.total_fen,
            tax_fen=act.tax_fen,
            issued_on=act.issued_on,
            recorded_ms=time_ms(ledger.time_ms),
            late=False,
            foreign=Foreign(currency=act.currency, original=act.original, flags=act.flags),
            delivered=True,
        ),
    )
    return ForeignRecorded(
        document=act.document,
        currency=act.currency,
        total_fen=act.total_fen,
        tax_fen=act.tax_fen,
        issued_on=act.issued_on,
    )
