"""A toy bank for tests of the kernel: every form of permission and every power of the ledger."""

from typing import Annotated

from msgspec import Meta

from tongjian.core import values
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import (
    NUMBER,
    TEXT,
    Act,
    Event,
    RefusalCode,
    Row,
    Service,
    Table,
    ensure,
)
from tongjian.core.permission import (
    AllOf,
    AnyOf,
    Clock,
    Jurisdiction,
    Named,
    Quorum,
    Recorded,
    RegionNamed,
    Signer,
)
from tongjian.core.values import Count, Fen, Name, Region, TimeMs, Uscc

# ------------------------------------------------------------------------------------------ bank


class Refusal(RefusalCode):
    """Why the bank refuses, in order of precedence."""

    ACCOUNT_UNKNOWN = 1, "No account has this name."
    ACCOUNT_EXISTS = 2, "An account has this name."
    SAME_ACCOUNT = 3, "Both accounts are the same."
    NOT_ENOUGH = 4, "The account holds less."


class Account(Row):
    """Money of an office."""

    owner: Uscc
    balance: Fen


class Line(Row):
    """One change of a balance."""

    amount: Fen


ACCOUNTS: Table[Account, str] = Table("bank.accounts", Account, (TEXT,))
LINES: Table[Line, str, int] = Table("bank.lines", Line, (TEXT, NUMBER))

bank = Service("bank", Refusal, (ACCOUNTS, LINES), version=2)


class OpenAccount(Act, tag="bank.open_account"):
    """Open an account."""

    account: Name
    owner: Uscc
    balance: Fen


class AccountOpened(Event, tag="bank.account_opened"):
    """An account was opened."""

    account: Name


@bank.operation(by=Signer("teller"), law="Toy Act art. 1", writes=(ACCOUNTS,))
def open_account(act: OpenAccount, ledger: Ledger) -> AccountOpened:
    """Open an account for an office."""
    ensure(ledger.get(ACCOUNTS, act.account) is None, Refusal.ACCOUNT_EXISTS)

    ledger.put(ACCOUNTS, act.account, row=Account(owner=act.owner, balance=act.balance))
    return AccountOpened(account=act.account)


class Transfer(Act, tag="bank.transfer"):
    """Move money."""

    source: Name
    target: Name
    amount: Fen


class Moved(Event, tag="bank.moved"):
    """Money was moved."""

    source: Name
    target: Name
    amount: Fen


def _move(act: Transfer, ledger: Ledger) -> Moved:
    source = ledger.one(ACCOUNTS, act.source, missing=Refusal.ACCOUNT_UNKNOWN)
    ledger.put(
        ACCOUNTS, act.source, row=replace(source, balance=values.fen(source.balance - act.amount))
    )
    target = ledger.one(ACCOUNTS, act.target, missing=Refusal.ACCOUNT_UNKNOWN)
    ledger.put(ACCOUNTS, act.target, row=replace(target, balance=target.balance + act.amount))
    lines = ledger.range(LINES, act.target, limit=1000)
    ledger.put(LINES, act.target, len(lines), row=Line(amount=act.amount))
    return Moved(source=act.source, target=act.target, amount=act.amount)


@bank.operation(
    by=Signer("payer", Recorded(ACCOUNTS, ("source",), "owner")),
    law="Toy Act art. 2",
    writes=(ACCOUNTS, LINES),
    amount="amount",
)
def transfer(act: Transfer, ledger: Ledger) -> Moved:
    """Move money out of an account of the signer's office."""
    source = ledger.one(ACCOUNTS, act.source, missing=Refusal.ACCOUNT_UNKNOWN)
    ensure(ledger.get(ACCOUNTS, act.target) is not None, Refusal.ACCOUNT_UNKNOWN)
    ensure(act.source != act.target, Refusal.SAME_ACCOUNT)
    ensure(act.amount <= source.balance, Refusal.NOT_ENOUGH)
    return _move(act, ledger)


class CloseAccount(Act, tag="bank.close_account"):
    """Close an account and all its lines."""

    account: Name


class AccountClosed(Event, tag="bank.account_closed"):
    """An account was closed."""

    account: Name
    lines: Count


@bank.operation(
    by=AllOf((Signer("teller"), Signer("checker"))),
    law="Toy Act art. 3",
    writes=(ACCOUNTS, LINES),
)
def close_account(act: CloseAccount, ledger: Ledger) -> AccountClosed:
    """Close an account: one proposes, another checks."""
    ledger.one(ACCOUNTS, act.account, missing=Refusal.ACCOUNT_UNKNOWN)
    lines = ledger.range(LINES, act.account, limit=1000)

    ledger.remove(ACCOUNTS, act.account)
    for key, _ in lines:
        ledger.remove(LINES, *key)
    return AccountClosed(account=act.account, lines=values.count(len(lines)))


class Grant(Act, tag="bank.grant"):
    """Create money: a teller with a checker, or the governor alone."""

    account: Name
    amount: Fen


@bank.operation(
    by=AnyOf((AllOf((Signer("teller"), Signer("checker"))), Signer("governor"))),
    law="Toy Act art. 4",
    writes=(ACCOUNTS,),
)
def grant(act: Grant, ledger: Ledger) -> Moved:
    """Add to a balance without any bound but that of the row."""
    account = ledger.one(ACCOUNTS, act.account, missing=Refusal.ACCOUNT_UNKNOWN)
    # `Fen` is not checked here: a sum over the bound is the kernel's to refuse.
    ledger.put(
        ACCOUNTS,
        act.account,
        row=Account(owner=account.owner, balance=account.balance + act.amount),  # type: ignore[arg-type]
    )
    return Moved(source=values.name("none"), target=act.account, amount=act.amount)


class Vote(Act, tag="bank.vote"):
    """Decide together."""

    motion: Name


class Voted(Event, tag="bank.voted"):
    """Offices or officers did something; who counted is said."""

    offices: Annotated[tuple[Uscc, ...], Meta(max_length=16)]


def _who(ledger: Ledger) -> Voted:
    return Voted(offices=tuple(values.uscc(actor.office) for actor in ledger.signers))


@bank.operation(by=Quorum("voter", 2, 3), law="Toy Act art. 5")
def vote(act: Vote, ledger: Ledger) -> Voted:
    """Decide by two thirds of the member offices."""
    del act
    return _who(ledger)


class Inspect(Act, tag="bank.inspect"):
    """Look at an office."""

    office: Uscc


@bank.operation(
    by=Signer("inspector", Jurisdiction("office")), law="Toy Act art. 6", reads=(ACCOUNTS,)
)
def inspect(act: Inspect, ledger: Ledger) -> Voted:
    """Look at an office within the inspector's region."""
    del act
    return _who(ledger)


class Survey(Act, tag="bank.survey"):
    """Look at a region."""

    region: Region


@bank.operation(by=Signer("inspector", RegionNamed("region")), law="Toy Act art. 7")
def survey(act: Survey, ledger: Ledger) -> Voted:
    """Look at a region within the inspector's."""
    del act
    return _who(ledger)


class Report(Act, tag="bank.report"):
    """Report for one's own office."""

    office: Uscc


@bank.operation(by=Signer("teller", Named("office")), law="Toy Act art. 8")
def report(act: Report, ledger: Ledger) -> Voted:
    """Report for the office that is named."""
    del act
    return _who(ledger)


class Plan(Act, tag="bank.plan"):
    """Have money moved at a moment, `times` times."""

    due_ms: TimeMs
    times: Annotated[int, Meta(ge=1, le=2000)]
    source: Name
    target: Name
    amount: Fen


@bank.operation(by=Signer("teller"), law="Toy Act art. 9")
def plan(act: Plan, ledger: Ledger) -> Voted:
    """Have the ledger itself move money at a moment."""
    order = StandingOrder(source=act.source, target=act.target, amount=act.amount)
    for _ in range(act.times):
        ledger.schedule(act.due_ms, order)
    return _who(ledger)


class StandingOrder(Act, tag="bank.standing_order"):
    """Move money on a deadline."""

    source: Name
    target: Name
    amount: Fen


@bank.operation(by=Clock(), law="Toy Act art. 9", writes=(ACCOUNTS, LINES))
def standing_order(act: StandingOrder, ledger: Ledger) -> Moved:
    """Move money on a deadline; what is missing is noticed after the first change."""
    target = ledger.one(ACCOUNTS, act.target, missing=Refusal.ACCOUNT_UNKNOWN)
    changed = replace(target, balance=target.balance + act.amount)
    ledger.put(ACCOUNTS, act.target, row=changed)
    source = ledger.one(ACCOUNTS, act.source, missing=Refusal.ACCOUNT_UNKNOWN)
    ensure(act.amount <= source.balance, Refusal.NOT_ENOUGH)
    changed = replace(source, balance=values.fen(source.balance - act.amount))
    ledger.put(ACCOUNTS, act.source, row=changed)
    return Moved(source=act.source, target=act.target, amount=act.amount)


class Price(Act, tag="bank.price"):
    """Ask for the fee in force."""


class Priced(Event, tag="bank.priced"):
    """The fee was stated, by the rules of a version."""

    fee: Fen
    version: Count


@bank.operation(by=Signer("teller"), law="Toy Act art. 10")
def price(act: Price, ledger: Ledger) -> Priced:
    """State the fee in force."""
    del act
    return Priced(fee=values.fen(ledger.parameter("fee")), version=values.count(1))


def _price_since_2(act: Price, ledger: Ledger) -> Priced:
    """State twice the fee in force."""
    del act
    return Priced(fee=values.fen(2 * ledger.parameter("fee")), version=values.count(2))


_price_since_2.__name__ = "price"
bank.operation(by=Signer("teller"), law="Toy Act art. 10", since=2)(_price_since_2)
