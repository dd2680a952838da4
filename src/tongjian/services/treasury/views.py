"""What may be asked of public money, and by whom: lines, totals, payments, works, both ways."""

from typing import Annotated

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.ledger import Ledger
from tongjian.core.limits import RANGE_ROWS_MAX
from tongjian.core.values import Amount, Count, Digest, Fen, Label, PersonId, Uscc
from tongjian.services.invoice.public import INVOICES, InvoiceKey, claimed_fen
from tongjian.services.treasury.quantities import (
    Contract,
    Day,
    EconomicCode,
    FunctionalCode,
    LineId,
    PaymentStatus,
    Period,
    ProjectCode,
    Purpose,
    Year,
)
from tongjian.services.treasury.records import (
    ACCEPTANCES,
    ACCOUNT_CHANGES,
    CLEARING_DAYS,
    COMMITMENTS,
    ESCROWS,
    FINDINGS,
    LINES,
    MILESTONES,
    PAYEES,
    PAYMENTS,
    PROJECTS,
    RECEIPTS,
    TOTALS,
    WAGES,
    service,
)
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_money import (
    Acceptance,
    AccountChange,
    ClearingDay,
    Commitment,
    Line,
    Payee,
    Payment,
    Receipt,
    Totals,
)
from tongjian.services.treasury.rows_works import Escrow, Finding, Milestone, Project

Limit = Annotated[int, Meta(ge=1, le=RANGE_ROWS_MAX, description="How many rows at most.")]


class LineAsked(Record):
    """Which line of the budget."""

    line: LineId


@service.query(audience="D0", reads=(LINES,))
def line(query: LineAsked, ledger: Ledger) -> Line:
    """Return a line of the budget with its sums. Law: Budget Law art. 14."""
    return ledger.one(LINES, query.line, missing=Refusal.LINE_UNKNOWN)


class TotalsAsked(Record):
    """Whose budget, and of which year."""

    finance: Uscc
    year: Year


@service.query(audience="D0", reads=(TOTALS,))
def totals(query: TotalsAsked, ledger: Ledger) -> Totals:
    """Return the sums of all lines of a finance department in a year."""
    return ledger.one(TOTALS, query.finance, query.year, missing=Refusal.LINE_UNKNOWN)


class PaymentsAsked(Record):
    """Payments of which line, after which number, how many at most."""

    line: LineId
    after: Count
    limit: Limit


class PaidFor(Record):
    """One payment of a line, with the numbers of all that it rests on."""

    payment: Count
    contract: Contract
    acceptance: Count
    invoices: Annotated[tuple[InvoiceKey, ...], Meta(max_length=8)]
    payee: Uscc
    purpose: Purpose
    amount_fen: Amount
    status: PaymentStatus
    receipt: Digest | None


@service.query(audience="D5", reads=(PAYMENTS,))
def payments(query: PaymentsAsked, ledger: Ledger) -> tuple[PaidFor, ...]:
    """Follow the money from a line to its payments, in order; numbers have no gap."""
    found: list[PaidFor] = []
    for number in range(query.after + 1, query.after + 1 + query.limit):
        row = ledger.get(PAYMENTS, query.line, number)
        if row is None:
            break
        found.append(_paid_for(number, row))
    return tuple(found)


def _paid_for(number: int, row: Payment) -> PaidFor:
    return PaidFor(
        payment=number,  # type: ignore[arg-type]
        contract=row.contract,
        acceptance=row.acceptance,
        invoices=tuple(part.invoice for part in row.invoices),
        payee=row.payee,
        purpose=row.purpose,
        amount_fen=row.amount_fen,
        status=row.status,
        receipt=row.receipt,
    )


class Published(Record):
    """What everybody may know of a payment to a supplier."""

    payment: Count
    payee: Uscc
    contract: Contract
    functional: FunctionalCode
    economic: EconomicCode
    amount_fen: Amount
    paid_on: Day


@service.query(audience="D0", reads=(PAYMENTS,))
def published(query: PaymentsAsked, ledger: Ledger) -> tuple[Published, ...]:
    """List what was paid to suppliers on a line, above the threshold of publication."""
    least = ledger.parameter("publish_fen_min")
    found: list[Published] = []
    for number in range(query.after + 1, query.after + 1 + query.limit):
        row = ledger.get(PAYMENTS, query.line, number)
        if row is None:
            break
        if row.paid_on is not None and row.purpose == "supplier" and row.amount_fen >= least:
            found.append(
                Published(
                    payment=number,  # type: ignore[arg-type]
                    payee=row.payee,
                    contract=row.contract,
                    functional=row.functional,
                    economic=row.economic,
                    amount_fen=row.amount_fen,
                    paid_on=row.paid_on,
                )
            )
    return tuple(found)


class PaymentAsked(Record):
    """Which payment of which line."""

    line: LineId
    payment: Count


class ClaimedInvoice(Record):
    """An invoice of a payment, as it stands now."""

    invoice: InvoiceKey
    part_fen: Amount
    """Claimed by this payment."""
    total_fen: Amount
    claimed_fen: Fen
    """Claimed by everybody, red letters included."""
    booked: bool


class Origin(Record):
    """A payment traced back to all that it rests on."""

    payment: Payment
    line: Line
    contract: Commitment
    acceptance: Acceptance
    invoices: Annotated[tuple[ClaimedInvoice, ...], Meta(max_length=8)]
    receipt: Receipt | None


@service.query(audience="D5", reads=(PAYMENTS, LINES, COMMITMENTS, ACCEPTANCES, INVOICES, RECEIPTS))
def origin(query: PaymentAsked, ledger: Ledger) -> Origin:
    """Trace a payment back to its line, contract, acceptance, invoices and receipt (PUB-I6)."""
    row = ledger.one(PAYMENTS, query.line, query.payment, missing=Refusal.PAYMENT_UNKNOWN)
    invoices: list[ClaimedInvoice] = []
    for part in row.invoices:
        invoice = ledger.one(INVOICES, part.invoice, missing=Refusal.INVOICE_UNKNOWN)
        invoices.append(
            ClaimedInvoice(
                invoice=part.invoice,
                part_fen=part.amount_fen,
                total_fen=invoice.total_fen,
                claimed_fen=claimed_fen(invoice),  # type: ignore[arg-type]
                booked=invoice.booked,
            )
        )
    return Origin(
        payment=row,
        line=ledger.one(LINES, query.line, missing=Refusal.LINE_UNKNOWN),
        contract=ledger.one(COMMITMENTS, row.contract, missing=Refusal.CONTRACT_UNKNOWN),
        acceptance=ledger.one(
            ACCEPTANCES, row.contract, row.acceptance, missing=Refusal.ACCEPTANCE_UNKNOWN
        ),
        invoices=tuple(invoices),
        receipt=ledger.get(RECEIPTS, row.receipt) if row.receipt is not None else None,
    )


class ContractAsked(Record):
    """Which contract."""

    contract: Contract


@service.query(audience="D3", reads=(COMMITMENTS,))
def commitment(query: ContractAsked, ledger: Ledger) -> Commitment:
    """Return what a contract takes of its line, with what was accepted and paid."""
    return ledger.one(COMMITMENTS, query.contract, missing=Refusal.CONTRACT_UNKNOWN)


class ContractRowsAsked(Record):
    """Rows of which contract, how many at most."""

    contract: Contract
    limit: Limit


@service.query(audience="D3", reads=(ACCEPTANCES,))
def acceptances(query: ContractRowsAsked, ledger: Ledger) -> tuple[Acceptance, ...]:
    """List what was accepted under a contract, oldest first."""
    rows = ledger.range(ACCEPTANCES, query.contract, limit=query.limit)
    return tuple(row for _, row in rows)


@service.query(audience="D3", reads=(ACCOUNT_CHANGES,))
def account_changes(query: ContractRowsAsked, ledger: Ledger) -> tuple[AccountChange, ...]:
    """List the changes of the payee's account, oldest first, refused and stopped ones too."""
    rows = ledger.range(ACCOUNT_CHANGES, query.contract, limit=query.limit)
    return tuple(row for _, row in rows)


class WorkerWage(Record):
    """What a worker got for a month."""

    worker: PersonId
    period: Period
    amount_fen: Amount


@service.query(audience="D3", reads=(WAGES,))
def wages(query: ContractRowsAsked, ledger: Ledger) -> tuple[WorkerWage, ...]:
    """List the wages that reached the workers of a contract."""
    rows = ledger.range(WAGES, query.contract, limit=query.limit)
    return tuple(
        WorkerWage(worker=key[1], period=key[2], amount_fen=row.amount_fen) for key, row in rows
    )


class ProjectAsked(Record):
    """Which project."""

    project: ProjectCode


@service.query(audience="D0", reads=(PROJECTS,))
def project(query: ProjectAsked, ledger: Ledger) -> Project:
    """Return a project with its stage, its estimate and what it has cost."""
    return ledger.one(PROJECTS, query.project, missing=Refusal.PROJECT_UNKNOWN)


@service.query(audience="D0", reads=(MILESTONES,))
def milestones(query: ProjectAsked, ledger: Ledger) -> tuple[Milestone, ...]:
    """List the milestones of a project, met or not, in order of name."""
    rows = ledger.range(MILESTONES, query.project, limit=RANGE_ROWS_MAX)
    return tuple(row for _, row in rows)


class DayAsked(Record):
    """Which day of which zero-balance account."""

    account: Digest
    day: Day


@service.query(audience="D5", reads=(CLEARING_DAYS,))
def clearing_day(query: DayAsked, ledger: Ledger) -> ClearingDay:
    """Return what was paid and cleared on a day of a zero-balance account."""
    return ledger.one(CLEARING_DAYS, query.account, query.day, missing=Refusal.CLEARING_DIFFERS)


class PayeeAsked(Record):
    """Which payee."""

    payee: Uscc


@service.query(audience="D5", reads=(PAYEES,))
def payee(query: PayeeAsked, ledger: Ledger) -> Payee:
    """Return what public money owes to a body, and what courts hold of it."""
    return ledger.one(PAYEES, query.payee, missing=Refusal.PAYEE_UNKNOWN)


class EscrowAsked(Record):
    """Which escrow."""

    escrow: Label


@service.query(audience="D3", reads=(ESCROWS,))
def escrow(query: EscrowAsked, ledger: Ledger) -> Escrow:
    """Return an escrow, to the parties of its case."""
    return ledger.one(ESCROWS, query.escrow, missing=Refusal.ESCROW_UNKNOWN)


class FindingAsked(Record):
    """Which audit finding."""

    finding: Label


@service.query(audience="D0", reads=(FINDINGS,))
def finding(query: FindingAsked, ledger: Ledger) -> Finding:
    """Return an audit finding, its reply and whether it was put right."""
    return ledger.one(FINDINGS, query.finding, missing=Refusal.FINDING_UNKNOWN)
