"""What buyer, claimant and bank do with an invoice: deduct, book, reimburse, refund, pledge."""

from typing import Final

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, AnyOf, Clock, Named, Signer
from tongjian.core.values import Amount, Digest, Fen, Uscc, fen, time_ms
from tongjian.services.invoice.records import (
    BOOKINGS,
    INVOICES,
    REIMBURSEMENTS,
    TAXPAYERS,
    Booking,
    Deduction,
    Invoice,
    InvoiceKey,
    InvoiceNumber,
    Period,
    Refusal,
    Reimbursement,
    Salt,
    Use,
    service,
)
from tongjian.services.invoice.rules import (
    add,
    check_period,
    claimed_fen,
    is_fully_red,
    require_buyer,
    require_normal_taxpayer,
    require_other_than_seller,
    today,
)

_GIVES_INPUT_TAX: Final = ("purchase", "passenger")
"""Businesses whose ordinary invoices may be deducted too."""
FINANCE: Final = AllOf((Signer("finance", Named("claimant")), Signer("finance", Named("claimant"))))
CLAIM: Final = AnyOf((FINANCE, Clock()))
"""Two persons of finance, or a payment of public money as its cause."""


class ConfirmDeduction(Act, tag="invoice.confirm_deduction"):
    """Confirm the use of an invoice for deduction."""

    invoice: InvoiceNumber
    buyer: Uscc
    buyer_salt: Salt
    use: Use
    period: Period
    """Tax period in which the input tax counts."""


class Deducted(Event, tag="invoice.deducted"):
    """The input tax of an invoice is deducted."""

    invoice: InvoiceNumber
    period: Period
    tax_fen: Fen


@service.operation(
    by=Signer("tax_clerk", Named("buyer")),
    law="VAT Law art. 16, 22",
    reads=(TAXPAYERS,),
    writes=(INVOICES,),
)
def confirm_deduction(act: ConfirmDeduction, ledger: Ledger) -> Deducted:
    """Deduct the input tax of an invoice, once, by its buyer, for a use the law allows (TAX-I3)."""
    buyer = require_normal_taxpayer(ledger, act.buyer)
    ensure(buyer.kind == "general", Refusal.TAXPAYER_NOT_GENERAL)
    invoice = ledger.one(INVOICES, act.invoice, missing=Refusal.INVOICE_UNKNOWN)
    require_buyer(invoice, ledger.digest, act.buyer, act.buyer_salt)
    ensure(invoice.red_of is None, Refusal.IS_RED_LETTER)
    ensure(invoice.delivered, Refusal.NOT_DELIVERED)
    ensure(gives_input_tax(invoice), Refusal.NOT_DEDUCTIBLE)
    ensure(act.use not in ledger.parameters("deduct_excluded_uses"), Refusal.USE_EXCLUDED)
    ensure(invoice.deduction is None, Refusal.ALREADY_DEDUCTED)
    check_period(act.period, invoice, today(ledger.time_ms))
    ensure(not is_fully_red(invoice), Refusal.FULLY_RED)

    tax_fen = fen(invoice.tax_fen - sum(part.tax_fen for part in invoice.red))
    deduction = Deduction(period=act.period, use=act.use, tax_fen=tax_fen, reversed_fen=fen(0))
    ledger.put(INVOICES, act.invoice, row=replace(invoice, deduction=deduction))
    return Deducted(invoice=act.invoice, period=act.period, tax_fen=tax_fen)


def gives_input_tax(invoice: Invoice) -> bool:
    """Say whether an invoice of this kind is a voucher for deduction (VAT Law art. 16)."""
    return invoice.kind == "special" or invoice.business in _GIVES_INPUT_TAX


class Book(Act, tag="invoice.book"):
    """Enter an invoice or a recorded document into the buyer's books."""

    invoice: InvoiceKey
    buyer: Uscc
    buyer_salt: Salt
    voucher: Digest
    """Salted commitment to the number of the accounting voucher."""
    period: Period


class Booked(Event, tag="invoice.booked"):
    """An invoice is in its buyer's books."""

    invoice: InvoiceKey
    period: Period


@service.operation(
    by=AnyOf((Signer("accountant", Named("buyer")), Clock())),
    law="Invoice Measures art. 20; Tax Collection Law art. 19",
    writes=(INVOICES, BOOKINGS),
)
def book(act: Book, ledger: Ledger) -> Booked:
    """Book an invoice once, by its buyer; from now on a red letter needs the buyer's word."""
    invoice = ledger.one(INVOICES, act.invoice, missing=Refusal.INVOICE_UNKNOWN)
    require_buyer(invoice, ledger.digest, act.buyer, act.buyer_salt)
    ensure(invoice.delivered, Refusal.NOT_DELIVERED)
    ensure(not invoice.booked, Refusal.ALREADY_BOOKED)
    check_period(act.period, invoice, today(ledger.time_ms))
    ensure(not is_fully_red(invoice), Refusal.FULLY_RED)

    booking = Booking(period=act.period, voucher=act.voucher, recorded_ms=time_ms(ledger.time_ms))
    ledger.put(BOOKINGS, act.invoice, row=booking)
    ledger.put(INVOICES, act.invoice, row=replace(invoice, booked=True))
    return Booked(invoice=act.invoice, period=act.period)


class Reimburse(Act, tag="invoice.reimburse"):
    """Reimburse money against an invoice or a recorded document."""

    invoice: InvoiceKey
    claimant: Uscc
    """The organisation that pays out."""
    buyer_salt: Salt | None
    """For a special invoice, which only its buyer reimburses; else nil."""
    voucher: Digest
    """Salted commitment to the number of the payment voucher; one claim each."""
    amount_fen: Amount
    """With tax."""


class Reimbursed(Event, tag="invoice.reimbursed"):
    """Money is reimbursed against an invoice."""

    invoice: InvoiceKey
    claimant: Uscc
    voucher: Digest
    amount_fen: Amount
    reimbursed_fen: Fen
    """By all organisations so far."""


@service.operation(
    by=CLAIM, law="Invoice Measures art. 19, 20, 23", writes=(INVOICES, REIMBURSEMENTS)
)
def reimburse(act: Reimburse, ledger: Ledger) -> Reimbursed:
    """Reimburse up to what the invoice still carries, counted over all organisations (TAX-I1)."""
    invoice = ledger.one(INVOICES, act.invoice, missing=Refusal.INVOICE_UNKNOWN)
    if invoice.kind == "special":
        require_buyer(invoice, ledger.digest, act.claimant, act.buyer_salt)
    require_other_than_seller(invoice, act.claimant)
    ensure(invoice.red_of is None, Refusal.IS_RED_LETTER)
    ensure(invoice.delivered, Refusal.NOT_DELIVERED)
    claim = ledger.get(REIMBURSEMENTS, act.invoice, act.claimant, act.voucher)
    ensure(claim is None, Refusal.VOUCHER_USED)
    ensure(claimed_fen(invoice) + act.amount_fen <= invoice.total_fen, Refusal.CLAIMS_EXCEED_TOTAL)

    reimbursed_fen = add(invoice.reimbursed_fen, act.amount_fen)
    ledger.put(
        REIMBURSEMENTS,
        act.invoice,
        act.claimant,
        act.voucher,
        row=Reimbursement(
            amount_fen=act.amount_fen, refunded_fen=fen(0), recorded_ms=time_ms(ledger.time_ms)
        ),
    )
    ledger.put(INVOICES, act.invoice, row=replace(invoice, reimbursed_fen=reimbursed_fen))
    return Reimbursed(
        invoice=act.invoice,
        claimant=act.claimant,
        voucher=act.voucher,
        amount_fen=act.amount_fen,
        reimbursed_fen=reimbursed_fen,
    )


class Refund(Act, tag="invoice.refund"):
    """Note that reimbursed money came back."""

    invoice: InvoiceKey
    claimant: Uscc
    voucher: Digest
    """The voucher of the reimbursement."""
    amount_fen: Amount
    evidence: Digest
    """Salted commitment to the bank's receipt."""


class Refunded(Event, tag="invoice.refunded"):
    """Reimbursed money came back; the invoice carries that much again."""

    invoice: InvoiceKey
    claimant: Uscc
    voucher: Digest
    amount_fen: Amount
    refunded_fen: Fen
    """To all organisations so far."""


@service.operation(by=CLAIM, law="Invoice Measures art. 20", writes=(INVOICES, REIMBURSEMENTS))
def refund(act: Refund, ledger: Ledger) -> Refunded:
    """Enter the recovery of a reimbursement, at most what the voucher paid."""
    invoice = ledger.one(INVOICES, act.invoice, missing=Refusal.INVOICE_UNKNOWN)
    claim = ledger.one(
        REIMBURSEMENTS,
        act.invoice,
        act.claimant,
        act.voucher,
        missing=Refusal.REIMBURSEMENT_UNKNOWN,
    )
    ensure(claim.refunded_fen + act.amount_fen <= claim.amount_fen, Refusal.REFUND_EXCEEDS_CLAIM)

    refunded_fen = add(invoice.refunded_fen, act.amount_fen)
    ledger.put(
        REIMBURSEMENTS,
        act.invoice,
        act.claimant,
        act.voucher,
        row=replace(claim, refunded_fen=add(claim.refunded_fen, act.amount_fen)),
    )
    ledger.put(INVOICES, act.invoice, row=replace(invoice, refunded_fen=refunded_fen))
    return Refunded(
        invoice=act.invoice,
        claimant=act.claimant,
        voucher=act.voucher,
        amount_fen=act.amount_fen,
        refunded_fen=refunded_fen,
    )


class Pledge(Act, tag="invoice.pledge"):
    """Pledge the receivable of an invoice to a bank."""

    invoice: InvoiceNumber
    seller: Uscc
    pledgee: Uscc
    contract: Digest
    """Salted commitment to the contract of pledge."""


class Pledged(Event, tag="invoice.pledged"):
    """An invoice is pledged."""

    invoice: InvoiceNumber
    pledgee: Uscc


@service.operation(
    by=AllOf((Signer("finance", Named("seller")), Signer("bank_officer", Named("pledgee")))),
    law="Civil Code art. 445",
    writes=(INVOICES,),
)
def pledge(act: Pledge, ledger: Ledger) -> Pledged:
    """Pledge an invoice to one bank; while it is pledged no red letter is issued (TAX-I8)."""
    invoice = ledger.one(INVOICES, act.invoice, missing=Refusal.INVOICE_UNKNOWN)
    ensure(invoice.seller == act.seller, Refusal.NOT_SELLER)
    ensure(invoice.red_of is None, Refusal.IS_RED_LETTER)
    ensure(invoice.pledgee is None, Refusal.PLEDGED)
    ensure(not is_fully_red(invoice), Refusal.FULLY_RED)

    ledger.put(INVOICES, act.invoice, row=replace(invoice, pledgee=act.pledgee))
    return Pledged(invoice=act.invoice, pledgee=act.pledgee)


class ReleasePledge(Act, tag="invoice.release_pledge"):
    """Release an invoice from a pledge."""

    invoice: InvoiceNumber
    pledgee: Uscc


class PledgeReleased(Event, tag="invoice.pledge_released"):
    """An invoice is free of its pledge."""

    invoice: InvoiceNumber
    pledgee: Uscc


@service.operation(
    by=Signer("bank_officer", Named("pledgee")),
    law="Civil Code art. 393, 445",
    writes=(INVOICES,),
)
def release_pledge(act: ReleasePledge, ledger: Ledger) -> PledgeReleased:
    """Release a pledged invoice, by the bank that holds it."""
    invoice = ledger.one(INVOICES, act.invoice, missing=Refusal.INVOICE_UNKNOWN)
    ensure(invoice.pledgee is not None, Refusal.NOT_PLEDGED)
    ensure(invoice.pledgee == act.pledgee, Refusal.NOT_PLEDGEE)

    ledger.put(INVOICES, act.invoice, row=replace(invoice, pledgee=None))
    return PledgeReleased(invoice=act.invoice, pledgee=act.pledgee)
