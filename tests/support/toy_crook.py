"""A toy service whose handlers do whatever a test puts into `tricks`."""

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta
from toy import REGISTRY, ToyWorld
from toy_bank import bank

from tongjian.core import limits, values
from tongjian.core.ledger import Ledger
from tongjian.core.operation import (
    TEXT,
    Act,
    Event,
    RefusalCode,
    Row,
    Service,
    Table,
)
from tongjian.core.permission import Clock, Named, Signer
from tongjian.core.registry import Registry
from tongjian.core.values import Count, Name


class Refusal(RefusalCode):
    """Never used."""

    NEVER = 1, "Never said."


class Note(Row):
    """A row with every kind of bound."""

    number: Count
    word: Name
    data: Annotated[bytes, Meta(max_length=4)]
    flags: Annotated[tuple[bool, ...], Meta(max_length=3)]


class Done(Event, tag="crook.done"):
    """Announced by every trick."""

    number: Annotated[int, Meta(ge=0, le=9)]
    data: Annotated[bytes, Meta(max_length=limits.ROW_BYTES_MAX)]


class Undeclared(Event, tag="crook.undeclared"):
    """Known to the registry, but not to the trick."""

    number: Count


OWN: Table[Note, str] = Table("crook.own", Note, (TEXT,))
SEEN: Table[Note, str] = Table("crook.seen", Note, (TEXT,))
HIDDEN: Table[Note, str] = Table("crook.hidden", Note, (TEXT,))
crook = Service("crook", Refusal, (OWN, SEEN, HIDDEN))
tricks: dict[str, Callable[[Ledger], Any]] = {}
"""What the handler does, by name; each test puts its own in."""


class Trick(Act, tag="crook.trick"):
    """Do what `tricks` says under a name."""

    how: Name


class Later(Act, tag="crook.later"):
    """Do it on a deadline."""

    number: Count
    how: Name


class Misdeclared(Act, tag="crook.misdeclared"):
    """Has a permission that names no field of it."""

    how: Name


@crook.operation(by=Signer("teller"), law="none", reads=(SEEN,), writes=(OWN,))
def trick(act: Trick, ledger: Ledger) -> Done:
    """Write a row, then do what the test says."""
    ledger.put(OWN, "first", row=note())
    happened = tricks[act.how](ledger)
    return done() if happened is None else happened


@crook.operation(by=Clock(), law="none")
def later(act: Later, ledger: Ledger) -> Done:
    """Do what the test says, on a deadline."""
    tricks[act.how](ledger)
    return done()


@crook.operation(by=Signer("teller", Named("no_such_field")), law="none")
def misdeclared(act: Misdeclared, ledger: Ledger) -> Done:
    """Ask for the office in a field that is not there."""
    del act, ledger
    return done()


class Other(Act, tag="crook.other"):
    """Do nothing."""


@crook.operation(by=Signer("payer"), law="none")
def other(act: Other, ledger: Ledger) -> Undeclared:
    """Make the other event known to the registry."""
    del act, ledger
    return Undeclared(number=values.count(1))


def note(**fields: Any) -> Note:
    """Make a row, with any fields."""
    kept: dict[str, Any] = {"number": 1, "word": "word", "data": b"", "flags": ()}
    return Note(**(kept | fields))


def done(**fields: Any) -> Done:
    """Make an event, with any fields."""
    kept: dict[str, Any] = {"number": 1, "data": b""}
    return Done(**(kept | fields))


CROOKED = Registry((bank, crook, *(s for n, s in REGISTRY.services.items() if n != "bank")))


def play(world: ToyWorld, how: Callable[[Ledger], Any]) -> str:
    """Let the handler do it in a block of its own and return the outcome."""
    tricks["trick"] = how
    act = Trick(how=values.name("trick"))
    return world.submit(world.who("teller of city"), acts=(act,)).outcome
