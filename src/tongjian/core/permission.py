"""Who may do an act: a closed algebra of small values, never a function.

Because a permission is a value, the matrix of who may do what can be printed and simulated.
Each requirement of `AllOf` must be met by another natural person: two keys of one person count
once, a deputy stands for the principal too, and declared relatives do not check each other
(separation of duties, domain 0.3). A person who is a party acts by a key of their own, by an agent,
or before two officers at a counter: `party` (domain system 15).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tongjian.core.actors import Actor
from tongjian.core.by_person import ByAgent, InPerson
from tongjian.core.directory import Directory, Kernel
from tongjian.core.identifiers import IdentifierInvalid, region_covers
from tongjian.core.operation import Act, AnyTable, Refused
from tongjian.core.persons import Presence, find_person
from tongjian.core.standing import RELATIVES

REGIONS_CACHED_MAX: Final = 4096
"""Pairs of regions, of which few recur; more would let acts fill the memory."""


@lru_cache(REGIONS_CACHED_MAX)
def _covers(parent: str, child: str) -> bool:
    """Say whether a region lies in another; one that has not the form of a region lies nowhere."""
    try:
        return region_covers(parent, child)
    except IdentifierInvalid:
        return False


class Context:
    """What a permission may look at: the act, the signers, the time, rows of the ledger."""

    __slots__ = ("act", "actors", "directory", "memo", "read", "time_ms")

    def __init__(
        self, actors: tuple[Actor, ...], time_ms: int, directory: Directory, read: Any
    ) -> None:
        """Take the signers, block time in ms, the directory and a row reader; `act` comes later."""
        self.act: Act | None = None
        self.memo: tuple[object, object, object] | None = None
        """The scope that read a row last, for which act, and the office that it found."""
        self.actors = actors
        self.time_ms = time_ms
        self.directory = directory
        self.read = read


@dataclass(frozen=True)
class Anywhere:
    """Any office will do."""

    def allows(self, actor: Actor, context: Context) -> bool:
        """Say yes."""
        del actor, context
        return True

    def words(self) -> str:
        """Return the scope as words for the matrix."""
        return "any office"


@dataclass(frozen=True)
class Named:
    """The office that a field of the act names by its USCC."""

    field: str

    def allows(self, actor: Actor, context: Context) -> bool:
        """Say whether the signer's office is the one named."""
        return bool(actor.office == getattr(context.act, self.field))

    def words(self) -> str:
        """Return the scope as words for the matrix."""
        return f"the office in `{self.field}`"


@dataclass(frozen=True)
class Recorded:
    """The office that a row records, found by fields of the act (an owner, a party)."""

    table: AnyTable
    by: tuple[str, ...]
    column: str

    def allows(self, actor: Actor, context: Context) -> bool:
        """Say whether the signer's office is the one on record; no row, no permission."""
        memo = context.memo
        if memo is not None and memo[0] is self and memo[1] is context.act:
            return actor.office == memo[2]
        key = [getattr(context.act, name) for name in self.by]
        row = context.read(self.table, *key)
        office = None if row is None else getattr(row, self.column)
        context.memo = (self, context.act, office)
        return bool(actor.office == office)

    def words(self) -> str:
        """Return the scope as words for the matrix."""
        return f"the `{self.column}` on record in {self.table.name}"


@dataclass(frozen=True)
class Jurisdiction:
    """An office whose region covers the region of the office that a field of the act names."""

    field: str

    def allows(self, actor: Actor, context: Context) -> bool:
        """Say whether the named office lies within the signer's region."""
        office = context.directory.office(getattr(context.act, self.field))
        return office is not None and _covers(actor.region, office.region)

    def words(self) -> str:
        """Return the scope as words for the matrix."""
        return f"an office whose region covers that of `{self.field}`"


@dataclass(frozen=True)
class RegionNamed:
    """An office whose region covers the region that a field of the act gives."""

    field: str

    def allows(self, actor: Actor, context: Context) -> bool:
        """Say whether the region lies within the signer's."""
        return _covers(actor.region, getattr(context.act, self.field))

    def words(self) -> str:
        """Return the scope as words for the matrix."""
        return f"an office whose region covers `{self.field}`"


Scope = Anywhere | Named | Recorded | Jurisdiction | RegionNamed


@dataclass(frozen=True)
class Signer:
    """One signature of an officer who holds a role in an office of the scope."""

    role: str
    of: Scope = Anywhere()

    def fits(self, actor: Actor, context: Context) -> bool:
        """Say whether this signer meets the requirement."""
        return actor.holds(self.role, context.time_ms) and self.of.allows(actor, context)

    def signers(self, context: Context) -> tuple[Actor, ...] | None:
        """Return the signer who meets the requirement, or none."""
        for actor in context.actors:
            if self.fits(actor, context):
                return (actor,)
        return None

    def words(self) -> str:
        """Return the requirement as words for the matrix."""
        return f"{self.role} of {self.of.words()}"


@dataclass(frozen=True)
class Holder:
    """The officer whom a field of the act names, with a key of their own, whatever their roles."""

    field: str

    def signers(self, context: Context) -> tuple[Actor, ...] | None:
        """Return the officer's signature, or none."""
        for actor in context.actors:
            if actor.officer == getattr(context.act, self.field):
                return (actor,)
        return None

    def words(self) -> str:
        """Return the requirement as words for the matrix."""
        return f"the officer in `{self.field}`"


def _are_apart(one: Actor, part: Signer, other: Actor, of: Signer, time_ms: int) -> bool:
    """Say whether two signers in their roles are different persons and not related.

    A deputy acts for the principal as well: neither may be the other side, nor kin of it.
    """
    if one.person == other.person:
        return False
    if one.is_alone and other.is_alone:
        return True  # as nearly always
    ours, theirs = one.persons(part.role, time_ms), other.persons(of.role, time_ms)
    return not (
        any(person in theirs or person in other.relatives for person in ours)
        or any(person in one.relatives for person in theirs)
    )


@dataclass(frozen=True)
class AllOf:
    """Several signatures, each by another natural person: maker, checker, approver in order."""

    parts: tuple[Signer, ...]

    def signers(self, context: Context) -> tuple[Actor, ...] | None:
        """Return distinct persons for the parts in their order, or none."""
        chosen: tuple[Actor, ...] = ()
        for part in self.parts:
            found = self._first(part, context, chosen)
            if found is None:
                # One who could sign twice may have taken the part of another: try all ways.
                return next(self._assign(context, ()), None) if chosen else None
            chosen = (*chosen, found)
        return chosen

    def _first(self, part: Signer, context: Context, chosen: tuple[Actor, ...]) -> Actor | None:
        role, allows, time_ms = part.role, part.of.allows, context.time_ms
        for actor in context.actors:
            if actor.holds(role, time_ms) and allows(actor, context):
                for other, of in zip(chosen, self.parts, strict=False):
                    if not _are_apart(actor, part, other, of, time_ms):
                        break
                else:
                    return actor
        return None

    def _assign(self, context: Context, chosen: tuple[Actor, ...]) -> Iterator[tuple[Actor, ...]]:
        if len(chosen) == len(self.parts):
            yield chosen
            return
        for actor in context.actors:
            if self.parts[len(chosen)].fits(actor, context) and all(
                _are_apart(actor, self.parts[len(chosen)], other, part, context.time_ms)
                for other, part in zip(chosen, self.parts, strict=False)
            ):
                yield from self._assign(context, (*chosen, actor))

    def words(self) -> str:
        """Return the requirement as words for the matrix."""
        return " + ".join(part.words() for part in self.parts) + " (distinct persons)"


def _stands_for(actor: Actor, persons: tuple[bytes, ...]) -> bool:
    """Say whether an officer, or a principal whose deputy they are, is one of some persons."""
    return actor.person in persons or any(held.principal in persons for held in actor.held)


@dataclass(frozen=True)
class AtCounter:
    """Two officers before whom the person in a field stood: one attests it, another checks."""

    field: str
    domain: str
    presence: str  # the field that says how the person was known; none where nobody came
    counter: Signer
    checker: Signer

    def signers(self, context: Context) -> tuple[Actor, ...] | None:
        """Return the two officers, or none; neither they nor principals are the person or kin."""
        identity = getattr(context.act, self.field)
        presence: Presence | None = getattr(context.act, self.presence)
        person = find_person(context.read, identity, self.domain)
        if person is None or presence is None:
            return None
        if person.capacity != "adult" and presence.guardian is None:
            return None
        kin = context.read(RELATIVES, identity)
        own = (identity, *(() if kin is None else kin.persons))
        others = [a for a in context.actors if not _stands_for(a, own)]
        apart = Context(tuple(others), context.time_ms, context.directory, context.read)
        apart.act = context.act
        return self.officers.signers(apart)

    @property
    def officers(self) -> AllOf:
        """Who signs: the officer at the counter and the one who checks."""
        return AllOf((self.counter, self.checker))

    def words(self) -> str:
        """Return the requirement as words for the matrix."""
        stood = f"before whom the person in `{self.field}` stood (`{self.presence}`)"
        return f"{self.officers.words()}, {stood}"


@dataclass(frozen=True)
class AnyOf:
    """One of several ways to be permitted; the first that fits counts."""

    ways: tuple["Permission", ...]

    def signers(self, context: Context) -> tuple[Actor, ...] | None:
        """Return the signers of the first way that fits, or none."""
        for way in self.ways:
            found = way.signers(context)
            if found is not None:
                return found
        return None

    def words(self) -> str:
        """Return the requirement as words for the matrix."""
        return " or ".join(way.words() for way in self.ways)


@dataclass(frozen=True)
class Quorum:
    """Signatures from at least a share of all offices that hold the role: a vote."""

    role: str
    numerator: int
    denominator: int

    def signers(self, context: Context) -> tuple[Actor, ...] | None:
        """Return one signer an office when at least the share of the offices signed."""
        voters: dict[str, Actor] = {}
        persons: dict[bytes, bool] = {}
        for actor in context.actors:
            fits = actor.holds(self.role, context.time_ms) and actor.person not in persons
            if fits and actor.office not in voters:
                voters[actor.office] = actor
                persons[actor.person] = True
        if not voters:
            return None  # before the count below, which walks all officers
        base = context.directory.voting_offices(self.role, context.time_ms)
        if len(voters) * self.denominator < base * self.numerator:
            return None
        return tuple(voters.values())

    def words(self) -> str:
        """Return the requirement as words for the matrix."""
        return f"{self.role} of at least {self.numerator}/{self.denominator} of the member offices"


@dataclass(frozen=True)
class Clock:
    """Nobody: the ledger itself, on a deadline it set, or in consequence of another act."""

    def signers(self, context: Context) -> tuple[Actor, ...] | None:
        """Permit only an act without signers, which only the ledger can make."""
        return None if context.actors else ()

    def words(self) -> str:
        """Return the requirement as words for the matrix."""
        return "the ledger itself, on a deadline or in consequence of another act"


@dataclass(frozen=True)
class Engine(Clock):
    """Nobody: the engine of a network, for what its validators have decided to be proven."""

    def words(self) -> str:
        """Return the requirement as words for the matrix."""
        return "the engine of the network, on evidence in a block of its own"


Permission = Signer | Holder | AllOf | InPerson | ByAgent | AtCounter | AnyOf | Quorum | Clock


def party(field: str, domain: str, presence: str, counter: Signer, checker: Signer) -> AnyOf:
    """Return how a person does an act of their own: in person, by an agent, or at a counter.

    `field` names the act's field with the pseudonym, `presence` the one with the `Presence` or
    none. Nobody needs a key: the counter is always open (domain IDN-I7).
    """
    return AnyOf(
        (
            InPerson(field, domain),
            ByAgent(field, domain),
            AtCounter(field, domain, presence, counter, checker),
        )
    )


def roles_of(permission: Permission) -> tuple[str, ...]:
    """Return the roles that a permission names, each once, in order."""
    match permission:
        case Signer(role=role) | Quorum(role=role):
            return (role,)
        case AllOf(parts=parts):
            return tuple(dict.fromkeys(part.role for part in parts))
        case AtCounter():
            return roles_of(permission.officers)
        case AnyOf(ways=ways):
            return tuple(dict.fromkeys(role for way in ways for role in roles_of(way)))
        case _:
            return ()


def require(permission: Permission, context: Context) -> tuple[Actor, ...]:
    """Return the signers that count for the act, or refuse with NOT_PERMITTED."""
    context.memo = None  # an act before this one may have changed the row
    found = permission.signers(context)
    if found is None:
        raise Refused(Kernel.NOT_PERMITTED, f"Needs {permission.words()}.")
    return found
