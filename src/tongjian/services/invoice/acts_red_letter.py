"""The red letter itself: an invoice with a number of its own, whose amounts count as negative."""

from collections.abc import Sequence

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import Named, Signer
from tongjian.core.values import Amount, Count, Digest, Fen, Uscc, count, fen, time_ms
from tongjian.services.invoice.acts_red import RED_LAW
from tongjian.services.invoice.records import (
    ALONE,
    CONFIRMED,
    INVOICES,
    RED_CONFIRMATIONS,
    TAXPAYERS,
    Deduction,
    Invoice,
    InvoiceNumber,
    Period,
    RedConfirmation,
    Refusal,
    Subtotal,
    Taxpayer,
    service,
)
from tongjian.services.invoice.rules import (
    Today,
    add,
    check_number,
    claimed_fen,
    needs_confirmation,
    require_normal_taxpayer,
    today,
)


class IssueRed(Act, tag="invoice.issue_red"):
    """Issue a red letter upon a confirmation."""

    number: InvoiceNumber
    """Of the red letter."""
    seller: Uscc
    invoice: InvoiceNumber
    """The invoice it corrects."""
    confirmation: Count
    lines: Digest
    """Salted commitment to the lines taken back."""


class RedIssued(Event, tag="invoice.red_issued"):
    """A red letter is issued."""

    number: InvoiceNumber
    invoice: InvoiceNumber
    total_fen: Amount
    tax_fen: Fen
    period: Period
    reversed_fen: Fen
    """Input tax that the buyer gives back in this period (TAX-I4)."""
    red_fen: Fen
    """Of all red letters on the invoice so far."""


@service.operation(
    by=Signer("issuer", Named("seller")),
    law=RED_LAW,
    writes=(INVOICES, RED_CONFIRMATIONS, TAXPAYERS),
)
def issue_red(act: IssueRed, ledger: Ledger) -> RedIssued:
    """Issue a red letter; what was reimbursed beyond the rest must come back first.

    A refund or a release of the pledge may stand before it in the same transaction (TAX-I1, I8).
    That the amounts fit the invoice was checked when the red letter was asked for, and since then
    no other could be issued: one confirmation is under way at a time (TAX-I2).
    """
    seller = require_normal_taxpayer(ledger, act.seller)
    date = today(ledger.time_ms)
    check_number(act.number, date, ledger)
    invoice = ledger.one(INVOICES, act.invoice, missing=Refusal.INVOICE_UNKNOWN)
    ensure(invoice.seller == act.seller, Refusal.NOT_SELLER)
    ensure(invoice.pledgee is None, Refusal.PLEDGED)
    confirmation = ledger.one(
        RED_CONFIRMATIONS, act.invoice, act.confirmation, missing=Refusal.CONFIRMATION_UNKNOWN
    )
    is_ready = confirmation.status in (ALONE, CONFIRMED)
    ensure(is_ready and confirmation.red_letter is None, Refusal.CONFIRMATION_CLOSED)
    is_covered = confirmation.status == CONFIRMED or not needs_confirmation(invoice)
    ensure(is_covered, Refusal.CONFIRMATION_NEEDED)
    ensure(
        claimed_fen(invoice) + confirmation.total_fen <= invoice.total_fen,
        Refusal.CLAIMS_EXCEED_TOTAL,
    )

    tax_fen = fen(sum(part.tax_fen for part in confirmation.subtotals))
    corrected = take_back(invoice, confirmation, tax_fen)
    letter = red_letter(act, invoice, confirmation, date, ledger.time_ms)
    ledger.put(INVOICES, act.number, row=letter)
    ledger.put(INVOICES, act.invoice, row=corrected)
    ledger.put(
        RED_CONFIRMATIONS,
        act.invoice,
        act.confirmation,
        row=replace(confirmation, red_letter=act.number),
    )
    ledger.put(
        TAXPAYERS, act.seller, row=restore_limit(seller, invoice, letter.total_fen - tax_fen, date)
    )
    return RedIssued(
        number=act.number,
        invoice=act.invoice,
        total_fen=letter.total_fen,
        tax_fen=tax_fen,
        period=date.period,
        reversed_fen=fen(0) if letter.deduction is None else tax_fen,
        red_fen=corrected.red_fen,
    )


def take_back(invoice: Invoice, confirmation: RedConfirmation, tax_fen: Fen) -> Invoice:
    """Return the invoice with the red letter counted and its input tax reversed."""
    deduction = invoice.deduction
    if deduction is not None:
        deduction = replace(deduction, reversed_fen=add(deduction.reversed_fen, tax_fen))
    return replace(
        invoice,
        red=add_up(invoice.red, confirmation.subtotals),
        red_fen=add(invoice.red_fen, confirmation.total_fen),
        deduction=deduction,
        under_way=count(0),
    )


def add_up(before: Sequence[Subtotal], taken: Sequence[Subtotal]) -> tuple[Subtotal, ...]:
    """Return what red letters took back at each rate, the newest included."""
    sums = {part.rate_ppm: part for part in before}
    for part in taken:
        known = sums.get(part.rate_ppm)
        sums[part.rate_ppm] = (
            part
            if known is None
            else replace(
                known,
                lines=max(known.lines, part.lines),
                net_fen=add(known.net_fen, part.net_fen),
                tax_fen=add(known.tax_fen, part.tax_fen),
            )
        )
    return tuple(sums[rate] for rate in sorted(sums))


def red_letter(
    act: IssueRed,
    invoice: Invoice,
    confirmation: RedConfirmation,
    date: Today,
    now_ms: int,
) -> Invoice:
    """Return the row of the red letter: same parties and kind, amounts that count as negative."""
    tax_fen = fen(sum(part.tax_fen for part in confirmation.subtotals))
    reversal = invoice.deduction and Deduction(
        period=date.period, use=invoice.deduction.use, tax_fen=tax_fen, reversed_fen=fen(0)
    )
    return Invoice(
        kind=invoice.kind,
        business=invoice.business,
        seller=invoice.seller,
        buyer=invoice.buyer,
        lines=act.lines,
        subtotals=confirmation.subtotals,
        total_fen=confirmation.total_fen,
        tax_fen=tax_fen,
        issued_on=date.day,
        recorded_ms=time_ms(now_ms),
        late=False,
        red_of=act.invoice,
        deduction=reversal,
    )


def restore_limit(seller: Taxpayer, invoice: Invoice, net_fen: int, date: Today) -> Taxpayer:
    """Return the seller with its limit restored where invoice and red letter share a month."""
    if invoice.issued_on // 100 != date.period:
        return seller
    return replace(seller, issued_fen=fen(seller.issued_fen - net_fen))
