"""A small world with offices, officers and a machine; acts go through the kernel as on a ledger."""

from dataclasses import dataclass
from typing import Any

from tongjian.catalogue import load_registry
from tongjian.core import values
from tongjian.core.block import Result
from tongjian.core.directory import (
    KEYS,
    OFFICERS,
    OFFICES,
    PARAMETERS,
    SEAL_KEYS,
    SERVICES,
    Activation,
    Grant,
    Kernel,
    Key,
    Office,
    Officer,
    Parameter,
    SealKey,
)
from tongjian.core.encoding import encode
from tongjian.core.envelope import Opener, compose, seal_envelope
from tongjian.core.hashing import HashSuite, sha256
from tongjian.core.machine import Applied, Machine, outcome_of
from tongjian.core.operation import Act, AnyTable, Event, RefusalCode, Refused, Row
from tongjian.core.persons import MANDATES, PERSON_KEYS, PERSONS, Capacity, Mandate, PersonKey
from tongjian.core.persons import Person as Citizen
from tongjian.core.registry import Registry
from tongjian.core.standing import RELATIVES, STANDINGS, Deputy, Limit, Relatives, Standing
from tongjian.core.state import Commitment
from tongjian.storage.memory import MemoryState
from tongjian.testkit.vectors import Keeper

CHAIN = sha256(b"a chain for tests")
NOON_MS = 1_795_060_800_000
"""2026-11-19 12:00 in Shanghai."""


@dataclass(frozen=True)
class Person:
    """Someone who signs: a natural person in a post with one key."""

    name: str
    key: bytes
    officer: bytes
    person: bytes
    office: str


def _id16(text: str) -> bytes:
    return sha256(text.encode())[:16]


class World:
    """A ledger of one machine in memory, with block time that the test moves."""

    def __init__(
        self,
        *,
        services: dict[str, int] | None = None,
        start_ms: int = NOON_MS,
        registry: Registry | None = None,
    ) -> None:
        """Found a world in which services are active at the given versions (default: all)."""
        self.registry = load_registry() if registry is None else registry
        self.state = MemoryState()
        self.machine = Machine(self.registry, CHAIN, sha256, self.state)
        self.commitment = Commitment(sha256)
        self.opener = Opener(self.registry, CHAIN, sha256)
        self.height = 0
        self.now_ms = start_ms
        self.events: list[Event] = []
        """All events, in order."""
        self._nonce = 0
        self._keeper = Keeper(self.registry, CHAIN, HashSuite.SHA256)
        self._founding: dict[bytes, bytes] = {}
        self._found(SEAL_KEYS, SealKey(suite=1, public=bytes(32)), 0)
        known = {name: service.version for name, service in self.registry.services.items()}
        for name, version in (known if services is None else services).items():
            activation = Activation(version=version, next_version=0, next_height=values.height(0))
            self._found(SERVICES, activation, name)

    # -- founding -----------------------------------------------------------------------------

    def office(
        self, uscc: str, *, region: str = "990100", kind: str = "bureau", parent: str = ""
    ) -> str:
        """Found an office and return its USCC."""
        row = Office(
            label=values.label(f"office-{uscc[-4:]}".lower()),
            region=values.region(region),
            level=5,
            kind=values.name(kind),
            parent=parent,
            closed=False,
        )
        self._found(OFFICES, row, uscc)
        return uscc

    def person(
        self,
        name: str,
        office: str,
        *roles: str,
        same_person_as: Person | None = None,
        until_ms: int = values.FOREVER,
    ) -> Person:
        """Found an officer with roles and one key; two posts may be one natural person."""
        person = same_person_as.person if same_person_as else _id16("person " + name)
        who = Person(name, _id16("key " + name), _id16("officer " + name), person, office)
        grants = tuple(
            Grant(
                role=values.name(role),
                from_ms=values.time_ms(0),
                until_ms=values.time_ms(until_ms),
            )
            for role in roles
        )
        officer = Officer(
            person=values.person_id(person),
            office=values.uscc(office),
            grants=grants,
            suspended=False,
        )
        self._found(OFFICERS, officer, who.officer)
        key = Key(
            suite=1,
            public=sha256(name.encode()),
            officer=who.officer,
            from_height=values.height(0),
            until_ms=values.FOREVER,
            revoked_height=values.height(0),
        )
        self._found(KEYS, key, who.key)
        return who

    def citizen(
        self, name: str, office: str, domain: str, *, capacity: Capacity = "adult"
    ) -> Person:
        """Found a natural person in their own right, known to one domain, with one key."""
        who = Person(name, _id16("key " + name), b"", _id16("person " + name), "")
        row = Citizen(
            domain=values.name(domain),
            office=values.uscc(office),
            capacity=capacity,
            status="active",
            keys=(values.key_id(who.key),),
            keys_ever=values.count(1),
            link=values.digest(sha256(b"link of " + name.encode())),
        )
        self._found(PERSONS, row, who.person)
        key = PersonKey(
            suite=1,
            public=sha256(name.encode()),
            person=values.person_id(who.person),
            from_height=values.height(0),
            until_ms=values.FOREVER,
            revoked_height=values.height(0),
        )
        self._found(PERSON_KEYS, key, who.key)
        return who

    def mandate(self, principal: Person, agent: Person, *matters: str, **changes: Any) -> None:
        """Found a mandate without limits; `changes` are fields of its row."""
        fields: dict[str, Any] = {
            "kind": "agent",
            "matters": matters,
            "from_ms": 0,
            "until_ms": values.FOREVER,
            "limit_fen": None,
            "uses_max": None,
            "used_fen": 0,
            "uses": 0,
            "evidence": sha256(b"power of attorney"),
            "withdrawn": False,
        }
        self._found(MANDATES, Mandate(**(fields | changes)), principal.person, agent.person)

    def parameter(self, service: str, name: str, *amounts: int, from_ms: int = 0) -> None:
        """Found a dated parameter."""
        row = Parameter(values=tuple(amounts), source=values.label("test"))
        self._found(PARAMETERS, row, service, name, from_ms)

    def standing(
        self,
        who: Person,
        *,
        away: tuple[int, int] = (0, 0),
        deputy_for: tuple[Deputy, ...] = (),
        limits: tuple[Limit, ...] = (),
    ) -> None:
        """Found an officer's leave, deputyships and limits."""
        row = Standing(
            away_from_ms=values.time_ms(away[0]),
            away_until_ms=values.time_ms(away[1]),
            deputy_for=deputy_for,
            limits=limits,
        )
        self._found(STANDINGS, row, who.officer)

    def related(self, one: Person, other: Person) -> None:
        """Found a declared relation of two persons."""
        for person, relative in ((one.person, other.person), (other.person, one.person)):
            row = Relatives(persons=(values.person_id(relative),))
            self._found(RELATIVES, row, person)

    def _found(self, table: AnyTable, row: Row, *key: Any) -> None:
        if self.height:
            msg = "found offices, people and parameters before the first act"
            raise RuntimeError(msg)
        self._founding[table.key(*key)] = encode(row)

    # -- acting -------------------------------------------------------------------------------

    def submit(self, *who: Person, acts: tuple[Act, ...], vector: str | None = None) -> Result:
        """Put one transaction into a block of its own and return its result."""
        return self.block((who, acts), vector=vector)[-1]

    def block(
        self,
        *transactions: tuple[tuple[Person, ...], tuple[Act, ...]],
        vector: str | None = None,
    ) -> list[Result]:
        """Apply one block of transactions and return all results, deadlines first.

        A block of a single act is a golden vector (tongjian.testkit.vectors), named for its
        outcome or by `vector`.
        """
        self._begin()
        incoming = [self.opener.open(self._compose(who, acts)) for who, acts in transactions]
        applied = self.machine.apply(self.height + 1, self.now_ms, incoming)
        self._keeper.keep(self.state, self.height + 1, self.now_ms, incoming, applied, vector)
        self._took(applied)
        return list(applied.results)

    def _took(self, applied: Applied) -> None:
        """Take in what a block did."""
        self.height += 1
        self._commit(applied.writes, applied.results)
        for result in applied.results:
            self.events.extend(self.registry.event_codec.decode(e) for e in result.events)

    def finds(self, act: Act, *, vector: str | None = None) -> Result:
        """Put a finding of a network's engine into a block of its own and return its result."""
        self._begin()
        finding = encode(act)
        applied = self.machine.apply(self.height + 1, self.now_ms, (), findings=(finding,))
        self._keeper.keep(self.state, self.height + 1, self.now_ms, (finding,), applied, vector)
        self._took(applied)
        return applied.results[-1]

    def accepts(self, *who: Person, act: Act, vector: str | None = None) -> Event:
        """Submit an act that must be accepted; return its (first) event."""
        before = len(self.events)
        result = self.submit(*who, acts=(act,), vector=vector)
        if result.outcome:
            msg = f"expected acceptance, got refusal {self.explain(result.outcome)}"
            raise AssertionError(msg)
        return self.events[before]

    def refuses(self, code: RefusalCode, *who: Person, act: Act, vector: str | None = None) -> None:
        """Submit an act that must be refused with the code and must change nothing."""
        rows = self.rows()
        result = self.submit(*who, acts=(act,), vector=vector)
        expected = outcome_of(self.registry, Refused(code), 0)
        if result.outcome != expected:
            msg = f"expected {self.explain(expected)}, got {self.explain(result.outcome)}"
            raise AssertionError(msg)
        if self.rows() != rows:
            msg = f"the refused act {act} changed rows"
            raise AssertionError(msg)

    def wait(self, milliseconds: int) -> list[Result]:
        """Let time pass, then apply an empty block so that deadlines run."""
        self.now_ms += milliseconds
        return self.block()

    # -- looking ------------------------------------------------------------------------------

    def row(self, table: AnyTable, *key: Any) -> Any:
        """Return a row of the current state, or none."""
        self._begin()
        return self.state.row(table, table.key(*key))

    def rows(self) -> dict[bytes, bytes]:
        """Return the whole current state."""
        self._begin()
        return dict(self.state.scan(b"\x01", b"\xff", 10**9))

    def explain(self, outcome: str) -> str:
        """Return an outcome with the name of its refusal."""
        if not outcome:
            return "accepted"
        service, _, rest = outcome.partition("/")
        number = int(rest.partition("@")[0])
        codes = Kernel if service == "kernel" else self.registry.services[service].refusals
        return next(f"{outcome} {code.name}" for code in codes if code.number == number)

    def _compose(self, who: tuple[Person, ...], acts: tuple[Act, ...]) -> bytes:
        self._nonce += 1
        body = compose(
            chain=CHAIN,
            expiry=self.height + 100,
            nonce=self._nonce.to_bytes(16, "big"),
            signers=tuple(person.key for person in who),
            acts=acts,
        )
        return seal_envelope(body, tuple(bytes(64) for _ in who))

    def _begin(self) -> None:
        if self._founding:
            founding: dict[bytes, bytes | None] = dict(self._founding)
            self._founding = {}
            self._commit(founding, ())

    def _commit(self, writes: dict[bytes, bytes | None], results: tuple[Result, ...]) -> None:
        advance = self.commitment.advance(self.height, writes, results, self.state)
        self.state.commit(advance.staged.entries, writes)
        self.machine.directory.invalidate(list(writes))
