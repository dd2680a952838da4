"""A toy service for tests of storage and engines: named things on a shelf, counted and summed."""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core import values
from tongjian.core.directory import DIRECTORY_TABLES
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import (
    TEXT,
    Act,
    Event,
    InvariantBroken,
    RefusalCode,
    Row,
    Service,
    Table,
    ensure,
)
from tongjian.core.permission import Clock, Signer
from tongjian.core.registry import Registry
from tongjian.core.values import Count, Fen, Name, TimeMs


class Refusal(RefusalCode):
    """Why the shelf refuses, in order of precedence."""

    MISSING = 1, "Nothing of this name is on the shelf."
    EXISTS = 2, "Something of this name is on the shelf."


class Thing(Row):
    """What is on the shelf."""

    amount: Fen


class Total(Row):
    """All things that an office put there, whether they are still there or not."""

    count: Count
    amount: Fen


THINGS: Final[Table[Thing, str]] = Table("shelf.things", Thing, (TEXT,))
TOTALS: Final[Table[Total, str]] = Table("shelf.totals", Total, (TEXT,))

shelf = Service("shelf", Refusal, (THINGS, TOTALS))


class Done(Event, tag="shelf.done"):
    """Something changed."""

    thing: Name


class Put(Act, tag="shelf.put"):
    """Put a new thing on the shelf."""

    thing: Name
    amount: Fen


@shelf.operation(by=Signer("clerk"), law="Toy Act art. 1", writes=(THINGS, TOTALS))
def put(act: Put, ledger: Ledger) -> Done:
    """Put a new thing on the shelf and add it to the office's total."""
    ensure(ledger.get(THINGS, act.thing) is None, Refusal.EXISTS)
    total = ledger.get(TOTALS, ledger.signer.office)
    count, amount = (total.count, total.amount) if total else (0, 0)

    ledger.put(THINGS, act.thing, row=Thing(amount=act.amount))
    row = Total(count=values.count(count + 1), amount=values.fen(amount + act.amount))
    ledger.put(TOTALS, ledger.signer.office, row=row)
    return Done(thing=act.thing)


class Change(Act, tag="shelf.change"):
    """Give a thing another amount."""

    thing: Name
    amount: Fen


@shelf.operation(by=Signer("clerk"), law="Toy Act art. 2", writes=(THINGS,))
def change(act: Change, ledger: Ledger) -> Done:
    """Give a thing another amount."""
    thing = ledger.one(THINGS, act.thing, missing=Refusal.MISSING)

    ledger.put(THINGS, act.thing, row=replace(thing, amount=act.amount))
    return Done(thing=act.thing)


class Drop(Act, tag="shelf.drop"):
    """Take a thing off the shelf."""

    thing: Name


@shelf.operation(by=Signer("clerk"), law="Toy Act art. 3", writes=(THINGS,))
def drop(act: Drop, ledger: Ledger) -> Done:
    """Take a thing off the shelf."""
    ensure(ledger.get(THINGS, act.thing) is not None, Refusal.MISSING)

    ledger.remove(THINGS, act.thing)
    return Done(thing=act.thing)


class Lend(Act, tag="shelf.lend"):
    """Put a thing on the shelf until a moment."""

    thing: Name
    until_ms: TimeMs


class Return(Act, tag="shelf.return_"):
    """Take a lent thing off the shelf."""

    thing: Name


@shelf.operation(by=Signer("clerk"), law="Toy Act art. 4", writes=(THINGS,))
def lend(act: Lend, ledger: Ledger) -> Done:
    """Put a thing on the shelf; the ledger itself takes it off again."""
    ledger.put(THINGS, act.thing, row=Thing(amount=values.fen(0)))
    ledger.schedule(act.until_ms, Return(thing=act.thing))
    return Done(thing=act.thing)


@shelf.operation(by=Clock(), law="Toy Act art. 4", writes=(THINGS,))
def return_(act: Return, ledger: Ledger) -> Done:
    """Take a lent thing off the shelf when its time has come."""
    ensure(ledger.get(THINGS, act.thing) is not None, Refusal.MISSING)

    ledger.remove(THINGS, act.thing)
    return Done(thing=act.thing)


class Carry(Act, tag="shelf.carry"):
    """Carry a load that fills a block and leaves no trace."""

    load: Annotated[bytes, Meta(max_length=200_000)]


@shelf.operation(by=Signer("clerk"), law="Toy Act art. 5")
def carry(act: Carry, ledger: Ledger) -> Done:
    """Carry a load."""
    del act, ledger
    return Done(thing=values.name("load"))


class Stumble(Act, tag="shelf.stumble"):
    """Fail in a way that no handler should."""

    how: Annotated[str, Meta(pattern="^(defect|invariant)$", max_length=9)]


@shelf.operation(by=Signer("clerk"), law="Toy Act art. 6")
def stumble(act: Stumble, ledger: Ledger) -> Done:
    """Fail by a defect or by a broken invariant."""
    del ledger
    if act.how == "invariant":
        msg = "the shelf has fallen over"
        raise InvariantBroken(msg)
    raise ZeroDivisionError


class MembershipRefusal(RefusalCode):
    """Why membership refuses: it has no acts here."""

    NEVER = 1, "Never said."


membership = Service("membership", MembershipRefusal, DIRECTORY_TABLES)
REGISTRY: Final = Registry((membership, shelf))
