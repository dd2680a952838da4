"""Rows of works, assets, wages, escrow, income and audit."""

from typing import Literal

from tongjian.core.operation import Row
from tongjian.core.values import Amount, Count, Digest, Fen, Height, Label, Name, TimeMs, Uscc
from tongjian.services.treasury.quantities import (
    Contract,
    Day,
    EscrowStatus,
    LineId,
    ParcelNumber,
    RevenueCode,
    Stage,
)
from tongjian.services.treasury.rows_money import Actors


class Project(Row, matched=True):
    """A project of public investment, from proposal to audit."""

    owner: Uscc
    investor: Uscc
    """Office that approves the investment."""
    stage: Stage
    document: Digest
    """Salted commitment to the document of the last stage."""
    feasibility_fen: Fen
    estimate_fen: Fen
    """Design estimate 概算: the whole project may cost this."""
    funded_fen: Fen
    """In lines of the budget that were issued for it."""
    shared_fen: Fen
    """Of the estimate, given to shares."""
    contracted_fen: Fen
    accepted_fen: Fen
    paid_fen: Fen
    final_fen: Fen
    """Final accounts 竣工决算; 0 before."""
    assets_fen: Fen


class Share(Row):
    """A share of a project's estimate 概算分项."""

    share_fen: Fen
    contracted_fen: Fen


class Milestone(Row):
    """A date by which a project has reached something."""

    due_on: Day
    met_on: Day | None
    evidence: Digest | None


class Asset(Row, matched=True):
    """An asset card: what a payment bought, and who keeps it."""

    keeper: Uscc
    line: LineId
    payment: Count
    value_fen: Amount
    identity: Digest
    """Salted commitment to maker's numbers, place and description."""
    recorded_ms: TimeMs


class Worker(Row):
    """A worker registered by real name on works; here a pseudonym, with the last month paid."""

    registered_ms: TimeMs
    paid_fen: Fen


class Wage(Row):
    """The wage of one worker for one month."""

    amount_fen: Amount
    receipt: Digest
    """Salted commitment to the bank's list of transfers."""
    paid_ms: TimeMs


class Escrow(Row, matched=True):
    """The price of a house or another thing, held by a bank until the register has the transfer."""

    bank: Uscc
    case: Label
    """The case for which it is held; only its outcome moves the money."""
    parcel: ParcelNumber
    account: Digest
    payer: Digest
    """Salted commitment to the buyer's pseudonym or credit code."""
    seller: Digest
    lender: Digest | None
    """Salted commitment to the lender whose old loan is paid off first."""
    price_fen: Amount
    payoff_fen: Fen
    status: EscrowStatus
    frozen_fen: Fen
    expires_ms: TimeMs
    """When the money goes back unless the transfer was entered."""
    receipt: Digest | None
    """Of the deposit."""
    paid_out: Digest | None
    """Receipt of the bank's payment to seller and lender, or back to the buyer."""


class Hold(Row):
    """Money that a court order holds."""

    amount_fen: Amount
    placed_ms: TimeMs


class Bill(Row, matched=True):
    """Revenue that somebody owes to the state, and its receipt in the treasury."""

    unit: Uscc
    code: RevenueCode
    payer: Digest
    """Salted commitment to who pays."""
    amount_fen: Amount
    billed_ms: TimeMs
    account: Digest | None
    """Single account that received it."""
    receipt: Digest | None


class Transfer(Row, matched=True):
    """Money sent down one level; each hop is dated."""

    sender: Uscc
    receiver: Uscc
    line: LineId
    """Line of the sender that it was spent from."""
    kind: Literal["general", "special"]
    amount_fen: Amount
    sent_ms: TimeMs
    due_ms: TimeMs
    received_ms: TimeMs
    """0 until it is received."""
    budgeted_fen: Fen
    """In lines of the receiver."""


class Finding(Row, matched=True):
    """A finding of an auditor; it names what was found as it stood at a height."""

    auditor: Uscc
    unit: Uscc
    kind: Name
    line: LineId
    contract: Contract | None
    payment: Count
    """Number of the payment on the line; 0 where it is about the line itself."""
    at_height: Height
    amount_fen: Fen
    document: Digest
    status: Literal["open", "replied", "rectified"]
    reply: Digest | None
    actors: Actors
