"""Rows of the budget and of spending: lines, totals, commitments, acceptances, payments, accounts.

Rows hold no names and no free text. Bodies stand in plain by their credit code, natural persons as
pseudonyms; accounts, documents and receipts are salted commitments.
"""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.operation import Row
from tongjian.core.values import Amount, Count, Digest, Fen, Label, Name, PersonId, TimeMs, Uscc
from tongjian.services.invoice.public import InvoiceKey
from tongjian.services.treasury.quantities import (
    AccountKind,
    ChangeStatus,
    Contract,
    Day,
    EconomicCode,
    FunctionalCode,
    Ground,
    Kind,
    LineId,
    LineStatus,
    PaymentStatus,
    ProjectCode,
    Purpose,
    Source,
    Terms,
)

INVOICES_MAX: Final = 8
"""Invoices of one payment."""
ACTORS_MAX: Final = 8

Actors = Annotated[tuple[PersonId, ...], Meta(max_length=ACTORS_MAX)]
"""Pseudonyms of those who have acted on something: none of them checks their own work."""


class Sums(Record):
    """Amounts of a line, or of all lines of a finance department in a year."""

    approved_fen: Fen
    added_fen: Fen
    """By adjustments and moves."""
    cut_fen: Fen
    frozen_fen: Fen
    """Kept from use by the finance department."""
    quota_fen: Fen
    """Released for payment 用款额度."""
    committed_fen: Fen
    """By contracts in force, changes included."""
    ordered_fen: Fen
    """Claimed by payments that are neither rejected nor returned, paid ones included."""
    paid_fen: Fen
    """Paid by the bank and not returned."""


class Line(Row, matched=True):
    """A line of the budget 预算指标: what it is for never changes, its sums decide what may be."""

    finance: Uscc
    """Finance department that keeps the line."""
    unit: Uscc
    """Unit that spends it."""
    functional: FunctionalCode
    economic: EconomicCode
    source: Source
    transfer: Label | None
    """Transfer from the level above that pays for it, where the source is one."""
    project: ProjectCode | None
    status: LineStatus
    proposed_fen: Amount
    """What the draft asks for; approval makes it the approved amount."""
    resolution: Digest | None
    """Salted commitment to the People's Congress's resolution."""
    sums: Sums
    payments: Count
    """Payments ever asked for on this line; they are numbered without a gap."""


class Totals(Row):
    """All lines of one finance department in one year: always the sum of their sums."""

    lines: Count
    sums: Sums
    payments: Count
    """Payments ever asked for."""
    height: Count
    """Block of the last change; up to it the sums were compared in every block."""


class Commitment(Row, matched=True):
    """A contract as a claim on a line 承诺: who may be paid what, where to, on which terms."""

    line: LineId
    unit: Uscc
    payee: Uscc
    account: Digest
    """Salted commitment to the payee's account; changed only by the procedure for that."""
    kind: Kind
    supervisor: Uscc | None
    """Of works: the office that measures progress, as the terms name it."""
    basis: Digest
    """Salted commitment to the contract, or the digest procurement keeps it under."""
    procured: bool
    """Caused by procurement, not entered by the unit itself."""
    terms: Terms
    project: ProjectCode | None
    share: Name | None
    """Share of the project's estimate that it draws on."""
    original_fen: Amount
    amount_fen: Fen
    """With changes."""
    added_fen: Fen
    """By all changes that added."""
    accepted_fen: Fen
    """Value of goods, services and progress accepted."""
    retained_fen: Fen
    released_fen: Fen
    """Of what was retained."""
    advanced_fen: Fen
    recovered_fen: Fen
    """Of what was advanced."""
    ordered_fen: Fen
    paid_fen: Fen
    wages_received_fen: Fen
    """Paid into the wage account."""
    wages_paid_fen: Fen
    """Passed on to workers."""
    acceptances: Count
    changes: Count
    """Changes of account ever asked for."""
    under_way: Count
    """Number of the change of account that is under way; 0 for none."""
    accepted_ms: TimeMs
    """Block time of the last acceptance; 0 before the first."""


class AccountChange(Row):
    """A change of the payee's account: two ask, a third calls back, a day passes."""

    account: Digest
    evidence: Digest
    """Salted commitment to what the payee wrote."""
    status: ChangeStatus
    actors: Actors
    effective_ms: TimeMs
    """When it takes effect; 0 until the call-back."""


class Acceptance(Row):
    """What entitles to payment 验收: a value accepted, less retention and recovery of advances."""

    ground: Ground
    value_fen: Fen
    retained_fen: Fen
    recovered_fen: Fen
    payable_fen: Fen
    """Value less both; on an advance or a release of retention, its amount."""
    wages_fen: Fen
    """Of the payable amount, for the wage account, first."""
    ordered_fen: Fen
    """Claimed by payments to the supplier."""
    wages_ordered_fen: Fen
    wages_paid_fen: Fen
    evidence: Digest
    """Salted commitment to quantities, photographs, delivery note or guarantee."""
    accepted_ms: TimeMs
    due_ms: TimeMs
    """When payment is due at the latest."""


class InvoicePart(Record):
    """What a payment claims of one invoice."""

    invoice: InvoiceKey
    amount_fen: Amount


class Payment(Row, matched=True):
    """A payment from request to booking, with all that it rests on."""

    contract: Contract
    acceptance: Count
    purpose: Purpose
    payee: Uscc
    account: Digest
    """Where it goes to."""
    source_account: Digest
    """Where it comes from."""
    amount_fen: Amount
    functional: FunctionalCode
    economic: EconomicCode
    source: Source
    invoices: Annotated[tuple[InvoicePart, ...], Meta(min_length=1, max_length=INVOICES_MAX)]
    status: PaymentStatus
    actors: Actors
    requested_ms: TimeMs
    receipt: Digest | None
    """Salted commitment to the bank's receipt."""
    paid_on: Day | None
    voucher: Digest | None
    """Salted commitment to the accounting voucher."""
    assets_fen: Fen
    """Value of the assets recorded from it."""


class Receipt(Row):
    """Which payment a bank receipt belongs to."""

    line: LineId
    payment: Count


class Account(Row, matched=True):
    """A registered account of public money."""

    kind: AccountKind
    finance: Uscc
    """Finance department that registered it."""
    owner: Uscc
    bank: Uscc
    treasury: Uscc
    """Office of the treasury that clears it."""
    closed: bool
    paid_fen: Fen
    """Advanced by the bank over its whole life."""
    cleared_fen: Fen
    """Repaid by the treasury single account; in the evening the difference is zero."""


class ClearingDay(Row):
    """One day of a zero-balance account."""

    paid_fen: Fen
    cleared_fen: Fen
    payments: Count
    late: bool
    """Something was not cleared when the day ended."""


class Payee(Row):
    """What public money owes to one body, and what courts hold of it."""

    committed_fen: Fen
    ordered_fen: Fen
    frozen_fen: Fen


class Direct(Row):
    """What a unit contracted without procurement in a category and year."""

    amount_fen: Fen
