"""Payments: requested by the unit, checked by finance, approved and ordered by the treasury.

A request claims at once all that it rests on (the line, the contract, the acceptance, the
invoices), so that nothing is claimed twice while it is on its way; a rejection or return gives all
of it back.
"""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.encoding import Record, replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AnyOf, Recorded, Signer
from tongjian.core.values import Amount, Count, Digest, Uscc, count, digest, fen, time_ms
from tongjian.services.invoice.public import INVOICES, InvoiceKey, Refund, Reimburse, Salt, is_buyer
from tongjian.services.treasury.quantities import Contract, LineId, PaymentStatus, Purpose
from tongjian.services.treasury.records import (
    ACCEPTANCES,
    ACCOUNTS,
    COMMITMENTS,
    LINES,
    PAYEES,
    PAYMENTS,
    service,
)
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_money import (
    INVOICES_MAX,
    Acceptance,
    Commitment,
    InvoicePart,
    Line,
    Payment,
)
from tongjian.services.treasury.rules import (
    BUDGET,
    amount,
    put_line,
    put_payee,
    require_account,
    require_commitment,
    require_line,
    require_open_year,
    with_actors,
    with_sums,
)

_FINANCE: Final = Recorded(LINES, ("line",), "finance")
PAYMENT_LAW: Final = "Budget Law art. 57; SME Payment Regulation art. 9"
TAG_VOUCHER: Final = b"tongjian/treasury-voucher/1\x00"


class InvoiceUse(Record):
    """What a request claims of one invoice, and the salt that opens its buyer."""

    invoice: InvoiceKey
    buyer_salt: Salt
    amount_fen: Amount


class RequestPayment(Act, tag="treasury.request_payment"):
    """Request a payment for something accepted."""

    contract: Contract
    acceptance: Count
    purpose: Purpose
    amount_fen: Amount
    source_account: Digest
    """The unit's zero-balance account."""
    invoices: Annotated[tuple[InvoiceUse, ...], Meta(min_length=1, max_length=INVOICES_MAX)]


class PaymentSet(Event, tag="treasury.payment_set"):
    """A payment has come to this step."""

    line: LineId
    payment: Count
    contract: Contract
    payee: Uscc
    amount_fen: Amount
    status: PaymentStatus


@service.operation(
    by=Signer("accountant", Recorded(COMMITMENTS, ("contract",), "unit")),
    law=PAYMENT_LAW,
    reads=(INVOICES, ACCOUNTS),
    writes=(*BUDGET, COMMITMENTS, ACCEPTANCES, PAYEES, PAYMENTS),
    follows=(Reimburse,),
    amount="amount_fen",
)
def request_payment(act: RequestPayment, ledger: Ledger) -> PaymentSet:
    """Request a payment that rests on line, contract, acceptance and invoices (PUB-I1 to I6)."""
    contract = require_commitment(ledger, act.contract)
    line = require_line(ledger, contract.line)
    require_open_year(ledger, contract.line, line)
    acceptance = ledger.one(
        ACCEPTANCES, act.contract, act.acceptance, missing=Refusal.ACCEPTANCE_UNKNOWN
    )
    account = require_account(ledger, act.source_account, "zero_balance")
    is_own = (account.owner, account.finance) == (contract.unit, line.finance)
    ensure(is_own, Refusal.ACCOUNT_WRONG)
    destination = destination_of(act.purpose, contract)
    check_invoices(act, contract, ledger)
    claimed = claim(act.purpose, act.amount_fen, acceptance)
    ordered = line.sums.ordered_fen + act.amount_fen
    ensure(ordered <= line.sums.quota_fen, Refusal.QUOTA_EXCEEDED)

    number = count(line.payments + 1)
    payment = payment_of(act, ledger, contract, line, destination)
    ledger.put(ACCEPTANCES, act.contract, act.acceptance, row=claimed)
    put_claim(ledger, payment, contract, act.amount_fen)
    ledger.put(PAYMENTS, contract.line, number, row=payment)
    after = replace(with_sums(line, ordered_fen=act.amount_fen), payments=number)
    put_line(ledger, contract.line, line, after)
    voucher = voucher_of(ledger, contract.line, number)
    for use in act.invoices:
        ledger.follow(
            Reimburse(
                invoice=use.invoice,
                claimant=contract.unit,
                buyer_salt=use.buyer_salt,
                voucher=voucher,
                amount_fen=use.amount_fen,
            )
        )
    return told(contract.line, number, payment)


def destination_of(purpose: Purpose, contract: Commitment) -> Digest:
    """Return the account a payment goes to: the payee's on record, or the wage account (I3)."""
    if purpose == "supplier":
        return contract.account
    wages = contract.terms.wage_account
    ensure(wages is not None, Refusal.PURPOSE_WRONG)
    return digest(wages or b"")


def check_invoices(act: RequestPayment, contract: Commitment, ledger: Ledger) -> None:
    """Refuse invoices of another seller or to another buyer, and parts that are not the amount.

    Whether the invoice is delivered, is no red letter and still carries as much, its own service
    decides when it is claimed.
    """
    numbers = [use.invoice for use in act.invoices]
    ensure(len(dict.fromkeys(numbers)) == len(numbers), Refusal.INVOICE_REPEATED)
    for use in act.invoices:
        invoice = ledger.one(INVOICES, use.invoice, missing=Refusal.INVOICE_UNKNOWN)
        ensure(invoice.seller == contract.payee, Refusal.INVOICE_NOT_OF_PAYEE)
        is_of_unit = is_buyer(invoice, ledger.digest, contract.unit, use.buyer_salt)
        ensure(is_of_unit, Refusal.INVOICE_NOT_OF_UNIT)
    total = sum(use.amount_fen for use in act.invoices)
    ensure(total == act.amount_fen, Refusal.INVOICES_WRONG_SUM)


def claim(purpose: Purpose, claimed: int, acceptance: Acceptance) -> Acceptance:
    """Claim a part of what an acceptance entitles to; wages come first (PUB-I4, I9)."""
    if purpose == "wages":
        wages = acceptance.wages_ordered_fen + claimed
        ensure(wages <= acceptance.wages_fen, Refusal.WAGES_NOT_DUE)
        return replace(acceptance, wages_ordered_fen=fen(wages))
    ensure(acceptance.wages_paid_fen == acceptance.wages_fen, Refusal.WAGES_FIRST)
    ordered = acceptance.ordered_fen + claimed
    most = acceptance.payable_fen - acceptance.wages_fen
    ensure(ordered <= most, Refusal.ACCEPTANCE_EXCEEDED)
    return replace(acceptance, ordered_fen=fen(ordered))


def unclaim(payment: Payment, acceptance: Acceptance) -> Acceptance:
    """Give back what a payment claimed of an acceptance."""
    if payment.purpose == "wages":
        wages = acceptance.wages_ordered_fen - payment.amount_fen
        return replace(acceptance, wages_ordered_fen=amount(wages))
    ordered = amount(acceptance.ordered_fen - payment.amount_fen)
    return replace(acceptance, ordered_fen=ordered)


def put_claim(ledger: Ledger, payment: Payment, contract: Commitment, delta: int) -> None:
    """Count a payment against its contract and its payee, or take it back.

    A court order on what a contractor is owed does not stop the wages of its workers.
    """
    ordered = amount(contract.ordered_fen + delta)
    ledger.put(COMMITMENTS, payment.contract, row=replace(contract, ordered_fen=ordered))
    is_held = payment.purpose != "wages"
    put_payee(ledger, payment.payee, ordered=delta, is_held=is_held)


def payment_of(
    act: RequestPayment, ledger: Ledger, contract: Commitment, line: Line, destination: Digest
) -> Payment:
    """Return the row of a payment just requested; it keeps the codes of its line (PUB-I2)."""
    parts = tuple(InvoicePart(invoice=u.invoice, amount_fen=u.amount_fen) for u in act.invoices)
    return Payment(
        contract=act.contract,
        acceptance=act.acceptance,
        purpose=act.purpose,
        payee=contract.payee,
        account=destination,
        source_account=act.source_account,
        amount_fen=act.amount_fen,
        functional=line.functional,
        economic=line.economic,
        source=line.source,
        invoices=parts,
        status="requested",
        actors=with_actors(ledger),
        requested_ms=time_ms(ledger.time_ms),
        receipt=None,
        paid_on=None,
        voucher=None,
        assets_fen=fen(0),
    )


def voucher_of(ledger: Ledger, line: str, number: int) -> Digest:
    """Return the voucher under which a payment claims its invoices: one for each payment."""
    key = line.encode("ascii") + number.to_bytes(8, "big")
    return digest(ledger.digest(TAG_VOUCHER + key))


def told(line: LineId, number: Count, payment: Payment) -> PaymentSet:
    """Return the event of a payment's step."""
    return PaymentSet(
        line=line,
        payment=number,
        contract=payment.contract,
        payee=payment.payee,
        amount_fen=payment.amount_fen,
        status=payment.status,
    )


def require_payment(ledger: Ledger, line: str, number: int, *statuses: str) -> Payment:
    """Return a payment at one of some steps, or refuse."""
    payment = ledger.one(PAYMENTS, line, number, missing=Refusal.PAYMENT_UNKNOWN)
    ensure(payment.status in statuses, Refusal.PAYMENT_NOT_THERE)
    return payment


def step(ledger: Ledger, act: "Step", payment: Payment, status: PaymentStatus) -> PaymentSet:
    """Bring a payment to a step by a person who has not acted on it before."""
    after = replace(payment, status=status, actors=with_actors(ledger, payment.actors))
    ledger.put(PAYMENTS, act.line, act.payment, row=after)
    return told(act.line, act.payment, after)


class CheckPayment(Act, tag="treasury.check_payment"):
    """Check a requested payment."""

    line: LineId
    payment: Count


@service.operation(
    by=Signer("payment_checker", _FINANCE), law=PAYMENT_LAW, reads=(LINES,), writes=(PAYMENTS,)
)
def check_payment(act: CheckPayment, ledger: Ledger) -> PaymentSet:
    """Check a request, by another person; below the threshold it is then approved."""
    payment = require_payment(ledger, act.line, act.payment, "requested")
    is_large = payment.amount_fen >= ledger.parameter("approval_fen_min")
    return step(ledger, act, payment, "checked" if is_large else "approved")


class ApprovePayment(Act, tag="treasury.approve_payment"):
    """Approve a large payment."""

    line: LineId
    payment: Count


@service.operation(
    by=Signer("treasury_approver", _FINANCE), law=PAYMENT_LAW, reads=(LINES,), writes=(PAYMENTS,)
)
def approve_payment(act: ApprovePayment, ledger: Ledger) -> PaymentSet:
    """Approve a checked payment above the threshold, by a third person, of the treasury."""
    payment = require_payment(ledger, act.line, act.payment, "checked")
    return step(ledger, act, payment, "approved")


class OrderPayment(Act, tag="treasury.order_payment"):
    """Order the bank to pay."""

    line: LineId
    payment: Count


@service.operation(
    by=Signer("treasury_clerk", _FINANCE),
    law=PAYMENT_LAW,
    reads=(LINES, COMMITMENTS, PAYEES),
    writes=(PAYMENTS,),
)
def order_payment(act: OrderPayment, ledger: Ledger) -> PaymentSet:
    """Order the bank to pay, to the account on record now, unless a court holds the money."""
    payment = require_payment(ledger, act.line, act.payment, "approved", "checked")
    ensure(payment.status == "approved", Refusal.APPROVAL_NEEDED)
    line = require_line(ledger, act.line)
    require_open_year(ledger, act.line, line)
    contract = require_commitment(ledger, payment.contract)
    ensure(payment.account == destination_of(payment.purpose, contract), Refusal.ACCOUNT_WRONG)
    if payment.purpose != "wages":
        payee = ledger.one(PAYEES, payment.payee, missing=Refusal.PAYEE_UNKNOWN)
        owed = payee.committed_fen - payee.ordered_fen
        ensure(owed >= payee.frozen_fen, Refusal.FUNDS_FROZEN)
    return step(ledger, act, payment, "ordered")


class RejectPayment(Act, tag="treasury.reject_payment"):
    """Reject a payment that is not ordered yet."""

    line: LineId
    payment: Count
    reason: Digest
    """Salted commitment to the reasons told to the unit."""


Step = CheckPayment | ApprovePayment | OrderPayment | RejectPayment


@service.operation(
    by=AnyOf((Signer("payment_checker", _FINANCE), Signer("treasury_approver", _FINANCE))),
    law=PAYMENT_LAW,
    writes=(*BUDGET, COMMITMENTS, ACCEPTANCES, PAYEES, PAYMENTS),
    follows=(Refund,),
)
def reject_payment(act: RejectPayment, ledger: Ledger) -> PaymentSet:
    """Reject a payment before it is ordered; all that it claimed is free again."""
    payment = require_payment(ledger, act.line, act.payment, "requested", "checked", "approved")
    return give_back(ledger, act.line, act.payment, replace(payment, status="rejected"), act.reason)


def give_back(
    ledger: Ledger, number: LineId, payment: Count, row: Payment, evidence: Digest
) -> PaymentSet:
    """Free what a payment claimed of line, contract, acceptance, payee and invoices."""
    line = require_line(ledger, number)
    contract = require_commitment(ledger, row.contract)
    key = (row.contract, row.acceptance)
    acceptance = ledger.one(ACCEPTANCES, *key, missing=Refusal.ACCEPTANCE_UNKNOWN)

    ledger.put(ACCEPTANCES, *key, row=unclaim(row, acceptance))
    put_claim(ledger, row, contract, -row.amount_fen)
    ledger.put(PAYMENTS, number, payment, row=row)
    put_line(ledger, number, line, with_sums(line, ordered_fen=-row.amount_fen))
    voucher = voucher_of(ledger, number, payment)
    for part in row.invoices:
        ledger.follow(
            Refund(
                invoice=part.invoice,
                claimant=contract.unit,
                voucher=voucher,
                amount_fen=part.amount_fen,
                evidence=evidence,
            )
        )
    return told(number, payment, row)
