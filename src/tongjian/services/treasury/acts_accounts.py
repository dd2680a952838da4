"""Accounts: registered ones only, and the procedure by which a payee's account changes (PUB-I3)."""

from typing import Final

from tongjian.core.calendar import HOUR_MS
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Clock, Named, Recorded, Signer
from tongjian.core.values import Count, Digest, TimeMs, Uscc, count, fen, time_ms
from tongjian.services.treasury.quantities import AccountKind, ChangeStatus, Contract, LineId
from tongjian.services.treasury.records import (
    ACCOUNT_CHANGES,
    ACCOUNTS,
    COMMITMENTS,
    LINES,
    service,
)
from tongjian.services.treasury.refusals import Refusal
from tongjian.services.treasury.rows_money import Account, AccountChange, Commitment
from tongjian.services.treasury.rules import require_commitment, with_actors

_UNIT: Final = Recorded(COMMITMENTS, ("contract",), "unit")
TREASURY: Final = AllOf(
    (Signer("treasury_clerk", Named("finance")), Signer("treasury_approver", Named("finance")))
)
TREASURY_ON_RECORD: Final = AllOf(
    (
        Signer("treasury_clerk", Recorded(ACCOUNTS, ("account",), "finance")),
        Signer("treasury_approver", Recorded(ACCOUNTS, ("account",), "finance")),
    )
)


class RegisterAccount(Act, tag="treasury.register_account"):
    """Register an account of public money."""

    account: Digest
    """Salted commitment to the account; the salt stays with bank and treasury."""
    kind: AccountKind
    finance: Uscc
    owner: Uscc
    bank: Uscc
    treasury: Uscc
    """Office of the treasury that clears it."""


class AccountRegistered(Event, tag="treasury.account_registered"):
    """An account of public money is registered."""

    account: Digest
    kind: AccountKind
    owner: Uscc
    bank: Uscc


@service.operation(by=TREASURY, law="Budget Law art. 56, 61", writes=(ACCOUNTS,))
def register_account(act: RegisterAccount, ledger: Ledger) -> AccountRegistered:
    """Register an account; public money moves between registered accounts only (PUB-I8)."""
    ensure(ledger.get(ACCOUNTS, act.account) is None, Refusal.ACCOUNT_EXISTS)

    row = Account(
        kind=act.kind,
        finance=act.finance,
        owner=act.owner,
        bank=act.bank,
        treasury=act.treasury,
        closed=False,
        paid_fen=fen(0),
        cleared_fen=fen(0),
    )
    ledger.put(ACCOUNTS, act.account, row=row)
    return AccountRegistered(account=act.account, kind=act.kind, owner=act.owner, bank=act.bank)


class CloseAccount(Act, tag="treasury.close_account"):
    """Close a registered account."""

    account: Digest


class AccountClosed(Event, tag="treasury.account_closed"):
    """A registered account is closed."""

    account: Digest


@service.operation(by=TREASURY_ON_RECORD, law="Budget Law art. 61", writes=(ACCOUNTS,))
def close_account(act: CloseAccount, ledger: Ledger) -> AccountClosed:
    """Close an account on which nothing waits to be cleared."""
    account = ledger.one(ACCOUNTS, act.account, missing=Refusal.ACCOUNT_UNKNOWN)
    ensure(not account.closed, Refusal.ACCOUNT_CLOSED)
    ensure(account.paid_fen == account.cleared_fen, Refusal.ACCOUNT_IN_USE)

    ledger.put(ACCOUNTS, act.account, row=replace(account, closed=True))
    return AccountClosed(account=act.account)


# -- change of a payee's account ------------------------------------------------------------------

CHANGE_LAW: Final = "Budget Law art. 57"


class AccountChangeSet(Event, tag="treasury.account_change_set"):
    """A change of a payee's account has come to this step."""

    contract: Contract
    change: Count
    status: ChangeStatus
    effective_ms: TimeMs
    """0 until the call-back."""


class AskAccountChange(Act, tag="treasury.ask_account_change"):
    """Ask to change the account of a contract's payee."""

    contract: Contract
    account: Digest
    """Salted commitment to the new account."""
    evidence: Digest
    """Salted commitment to what the payee wrote."""


@service.operation(
    by=AllOf((Signer("accountant", _UNIT), Signer("finance", _UNIT))),
    law=CHANGE_LAW,
    writes=(COMMITMENTS, ACCOUNT_CHANGES),
)
def ask_account_change(act: AskAccountChange, ledger: Ledger) -> AccountChangeSet:
    """Ask for a new account; until the procedure is over, payments go to the one on record."""
    contract = require_commitment(ledger, act.contract)
    ensure(contract.under_way == 0, Refusal.CHANGE_UNDER_WAY)
    ensure(act.account != contract.account, Refusal.SAME_ACCOUNT)

    number = count(contract.changes + 1)
    row = AccountChange(
        account=act.account,
        evidence=act.evidence,
        status="asked",
        actors=with_actors(ledger),
        effective_ms=time_ms(0),
    )
    ledger.put(COMMITMENTS, act.contract, row=replace(contract, changes=number, under_way=number))
    return _set(ledger, act.contract, number, row)


class CallBack(Act, tag="treasury.call_back"):
    """Say what the payee answered, called at the number in the contract."""

    contract: Contract
    line: LineId
    """The contract's line: its finance department calls."""
    change: Count
    confirmed: bool
    evidence: Digest
    """Salted commitment to the record of the call."""


@service.operation(
    by=Signer("payment_checker", Recorded(LINES, ("line",), "finance")),
    law=CHANGE_LAW,
    writes=(COMMITMENTS, ACCOUNT_CHANGES),
)
def call_back(act: CallBack, ledger: Ledger) -> AccountChangeSet:
    """Note the payee's answer: a yes takes effect a day later, a no ends the change."""
    contract, change = _require_change(ledger, act.contract, act.change)
    ensure(contract.line == act.line, Refusal.LINE_OF_ANOTHER)
    ensure(change.status == "asked", Refusal.CHANGE_CLOSED)
    actors = with_actors(ledger, change.actors)

    if not act.confirmed:
        return _end(ledger, act.contract, contract, replace(change, status="failed"))
    effective_ms = time_ms(ledger.time_ms + ledger.parameter("account_change_hours") * HOUR_MS)
    ledger.schedule(effective_ms, ApplyAccountChange(contract=act.contract, change=act.change))
    row = replace(change, status="called_back", actors=actors, effective_ms=effective_ms)
    return _set(ledger, act.contract, act.change, row)


class StopAccountChange(Act, tag="treasury.stop_account_change"):
    """Stop a change of account that has not taken effect."""

    contract: Contract
    change: Count


@service.operation(
    by=Signer("finance", _UNIT), law=CHANGE_LAW, writes=(COMMITMENTS, ACCOUNT_CHANGES)
)
def stop_account_change(act: StopAccountChange, ledger: Ledger) -> AccountChangeSet:
    """Stop a change of account before it takes effect; anybody of the unit's finance may."""
    contract, change = _require_change(ledger, act.contract, act.change)
    ensure(change.status in ("asked", "called_back"), Refusal.CHANGE_CLOSED)

    return _end(ledger, act.contract, contract, replace(change, status="stopped"))


class ApplyAccountChange(Act, tag="treasury.apply_account_change"):
    """Let a change of account take effect."""

    contract: Contract
    change: Count


@service.operation(by=Clock(), law=CHANGE_LAW, writes=(COMMITMENTS, ACCOUNT_CHANGES))
def apply_account_change(act: ApplyAccountChange, ledger: Ledger) -> tuple[AccountChangeSet, ...]:
    """Let a change take effect when its delay is over, unless it was stopped."""
    contract, change = _require_change(ledger, act.contract, act.change)
    if change.status != "called_back":
        return ()

    after = replace(contract, account=change.account)
    return (_end(ledger, act.contract, after, replace(change, status="effective")),)


def _require_change(ledger: Ledger, number: str, change: int) -> tuple[Commitment, AccountChange]:
    contract = require_commitment(ledger, number)
    row = ledger.one(ACCOUNT_CHANGES, number, change, missing=Refusal.CHANGE_UNKNOWN)
    return contract, row


def _end(
    ledger: Ledger, number: Contract, contract: Commitment, change: AccountChange
) -> AccountChangeSet:
    ledger.put(COMMITMENTS, number, row=replace(contract, under_way=count(0)))
    return _set(ledger, number, contract.under_way, change)


def _set(ledger: Ledger, number: Contract, change: Count, row: AccountChange) -> AccountChangeSet:
    ledger.put(ACCOUNT_CHANGES, number, change, row=row)
    return AccountChangeSet(
        contract=number, change=change, status=row.status, effective_ms=row.effective_ms
    )
