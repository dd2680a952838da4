"""What may be asked of invoices, and by whom."""

from typing import Annotated, Literal

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.ledger import Ledger
from tongjian.core.limits import RANGE_ROWS_MAX
from tongjian.core.values import Amount, Digest, Fen, TimeMs, Uscc
from tongjian.services.invoice.records import (
    BOOKINGS,
    INVOICES,
    RED_CONFIRMATIONS,
    REIMBURSEMENTS,
    TAXPAYERS,
    Booking,
    Day,
    Invoice,
    InvoiceKey,
    RedConfirmation,
    Refusal,
    Taxpayer,
    service,
)


class Match(Record):
    """What stands on an invoice in the asker's hand."""

    number: InvoiceKey
    issued_on: Day
    total_fen: Amount
    """With tax."""


class Verdict(Record):
    """Whether such an invoice is on the ledger."""

    answer: Literal["valid", "red", "not_found"]
    """`red`: it is a red letter, or a red letter has corrected it."""


@service.query(audience="D2", reads=(INVOICES,))
def match(query: Match, ledger: Ledger) -> Verdict:
    """Say whether an invoice with this number, date and amount is valid, red or not found.

    A wrong date or amount is answered like an unknown number: the answer tells nothing that the
    asker did not know. Law: Invoice Measures art. 23.
    """
    invoice = ledger.get(INVOICES, query.number)
    asked = (query.issued_on, query.total_fen)
    if invoice is None or (invoice.issued_on, invoice.total_fen) != asked:
        return Verdict(answer="not_found")
    is_red = invoice.red_of is not None or invoice.red_fen > 0
    return Verdict(answer="red" if is_red else "valid")


class InvoiceAsked(Record):
    """Which invoice or recorded document."""

    number: InvoiceKey


@service.query(audience="D3", reads=(INVOICES,))
def invoice(query: InvoiceAsked, ledger: Ledger) -> Invoice:
    """Return the whole row of an invoice, to a party to it."""
    return ledger.one(INVOICES, query.number, missing=Refusal.INVOICE_UNKNOWN)


class RowsAsked(Record):
    """Which invoice, and how many rows at most."""

    number: InvoiceKey
    limit: Annotated[int, Meta(ge=1, le=RANGE_ROWS_MAX)]


class Claim(Record):
    """One reimbursement of an invoice."""

    claimant: Uscc
    voucher: Digest
    amount_fen: Amount
    refunded_fen: Fen
    recorded_ms: TimeMs


@service.query(audience="D3", reads=(REIMBURSEMENTS,))
def reimbursements(query: RowsAsked, ledger: Ledger) -> tuple[Claim, ...]:
    """List what every organisation reimbursed on an invoice, in order of claimant and voucher."""
    rows = ledger.range(REIMBURSEMENTS, query.number, limit=query.limit)
    return tuple(
        Claim(
            claimant=key[1],
            voucher=key[2],
            amount_fen=row.amount_fen,
            refunded_fen=row.refunded_fen,
            recorded_ms=row.recorded_ms,
        )
        for key, row in rows
    )


@service.query(audience="D3", reads=(RED_CONFIRMATIONS,))
def red_confirmations(query: RowsAsked, ledger: Ledger) -> tuple[RedConfirmation, ...]:
    """List the red-letter confirmations of an invoice, oldest first."""
    rows = ledger.range(RED_CONFIRMATIONS, query.number, limit=query.limit)
    return tuple(row for _, row in rows)


@service.query(audience="D3", reads=(BOOKINGS,))
def booking(query: InvoiceAsked, ledger: Ledger) -> Booking:
    """Return where the buyer's books have an invoice."""
    return ledger.one(BOOKINGS, query.number, missing=Refusal.INVOICE_UNKNOWN)


class TaxpayerAsked(Record):
    """Which taxpayer."""

    uscc: Uscc


@service.query(audience="D3", reads=(TAXPAYERS,))
def taxpayer(query: TaxpayerAsked, ledger: Ledger) -> Taxpayer:
    """Return a taxpayer's kind, status, grade and what it may still issue this month."""
    return ledger.one(TAXPAYERS, query.uscc, missing=Refusal.TAXPAYER_UNKNOWN)
