"""What the kernel itself reads of the state: keys, officers, offices, services, parameters.

The tables belong to the service `membership`, which writes them. The kernel reads them as they
stood when the block began: a revocation, an activation or a new rate holds from the next block on.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Final, Protocol

from msgspec import Meta

from tongjian.core import limits
from tongjian.core.actors import Actor, Held, person_actor
from tongjian.core.encoding import Record
from tongjian.core.operation import (
    BYTES16,
    NUMBER,
    TEXT,
    AnyTable,
    InvariantBroken,
    KeyParts,
    RefusalCode,
    Refused,
    Row,
    RowT,
    Table,
)
from tongjian.core.persons import PERSON_KEYS, PERSONS
from tongjian.core.standing import RELATIVES, STANDINGS, USAGES, Standing
from tongjian.core.values import (
    Height,
    KeyId,
    Label,
    Name,
    OfficerId,
    PersonId,
    PublicKey,
    Region,
    SuiteNumber,
    TimeMs,
    Uscc,
)

Level = Annotated[
    int, Meta(ge=1, le=5, description="1 state, 2 province, 3 city, 4 county, 5 body.")
]
Version = Annotated[int, Meta(ge=0, le=10_000, description="Rule version of a service.")]
ParameterValue = Annotated[
    int, Meta(ge=0, le=limits.FEN_MAX, description="In the unit the parameter names.")
]
ALL_ROWS: Final = 10**9
"""A scan of the directory stops at no number: what is in force may be the last row."""
PARAMETER_VALUES_MAX: Final = 400
"""A year's holidays or a list of rates in one row."""
ParameterValues = Annotated[
    tuple[ParameterValue, ...], Meta(min_length=1, max_length=PARAMETER_VALUES_MAX)
]
ParentCode = Annotated[
    str,
    Meta(
        max_length=18,
        pattern=r"^([0-9A-HJ-NPQRTUWXY]{18})?$(?!\n)",
        description="Unified social credit code of the office above, or empty.",
    ),
]


class Office(Row):
    """A body that acts: a ministry, a bureau, a firm. Its names are public; people are not here."""

    label: Label
    region: Region
    level: Level
    kind: Name
    parent: ParentCode
    closed: bool


class Grant(Record):
    """A role for a period."""

    role: Name
    from_ms: TimeMs
    until_ms: TimeMs


class Officer(Row):
    """A post: one natural person, known by a pseudonym, in one office with roles."""

    person: PersonId
    office: Uscc
    grants: Annotated[tuple[Grant, ...], Meta(max_length=limits.ROLES_PER_OFFICER_MAX)]
    suspended: bool


class Key(Row):
    """A public key of an officer, valid from a height until a time unless revoked before."""

    suite: SuiteNumber
    public: PublicKey
    officer: OfficerId
    from_height: Height
    until_ms: TimeMs
    revoked_height: Height
    """First height at which the key no longer counts; 0 while it is not revoked."""


class Activation(Row):
    """The rule version of a service in force, and the one that follows at a height."""

    version: Version
    next_version: Version
    next_height: Height
    """0 when no change is planned."""


class Parameter(Row):
    """The value of a parameter from a moment on, with its legal source."""

    values: ParameterValues
    source: Label


class SealKey(Row):
    """The operator's key that signs headers from a height on (solo engine)."""

    suite: SuiteNumber
    public: PublicKey


class Timer(Row):
    """An act that the ledger itself performs when its moment has come."""

    act: Annotated[bytes, Meta(max_length=limits.ROW_BYTES_MAX // 2)]


OFFICES: Final[Table[Office, str]] = Table("membership.offices", Office, (TEXT,))
OFFICERS: Final[Table[Officer, bytes]] = Table("membership.officers", Officer, (BYTES16,))
KEYS: Final[Table[Key, bytes]] = Table("membership.keys", Key, (BYTES16,))
SERVICES: Final[Table[Activation, str]] = Table("membership.services", Activation, (TEXT,))
PARAMETERS: Final[Table[Parameter, str, str, int]] = Table(
    "membership.parameters", Parameter, (TEXT, TEXT, NUMBER)
)
SEAL_KEYS: Final[Table[SealKey, int]] = Table("membership.seals", SealKey, (NUMBER,))
TIMERS: Final[Table[Timer, int, int, int]] = Table(
    "membership.timers", Timer, (NUMBER, NUMBER, NUMBER)
)
DIRECTORY_TABLES: Final[tuple[AnyTable, ...]] = (
    OFFICES,
    OFFICERS,
    KEYS,
    SERVICES,
    PARAMETERS,
    SEAL_KEYS,
    TIMERS,
    STANDINGS,
    RELATIVES,
    USAGES,
)
CACHED_PREFIXES: Final = tuple(
    table.prefix for table in DIRECTORY_TABLES if table not in (TIMERS, USAGES)
)
"""Of the rows that the directory remembers; deadlines and usages change with every act."""


class Kernel(RefusalCode):
    """Why the kernel itself refuses a transaction, in order of precedence."""

    WRONG_CHAIN = 1, "The transaction is for another ledger."
    EXPIRED = 2, "The transaction's expiry height has passed."
    EXPIRY_TOO_FAR = 3, "The expiry height lies further ahead than the ledger remembers ids."
    KEY_UNKNOWN = 4, "No key with this id is enrolled."
    KEY_NOT_YET_VALID = 5, "The key is not valid before a later block."
    KEY_REVOKED = 6, "The key was revoked."
    KEY_EXPIRED = 7, "The key's period has ended."
    OFFICER_SUSPENDED = 8, "The officer is suspended."
    OFFICE_CLOSED = 9, "The office is closed."
    SERVICE_INACTIVE = 10, "The service, or this act of it, is not active on this ledger."
    NOT_PERMITTED = 11, "The signers do not hold the roles that this act asks for."
    OUT_OF_BOUNDS = 12, "The act would take a value of the ledger outside its bounds."
    PARAMETER_MISSING = 13, "A parameter that the rule needs has no value in force."
    LIMIT_REACHED = 14, "A signer's limit for the day in this role would be exceeded."
    PERSON_SUSPENDED = 15, "The person's pseudonym is suspended or ended."
    MANDATE_EXHAUSTED = 16, "The mandate does not reach to this amount, or to one more use."


class Scanner(Protocol):
    """Reads ranges of committed state."""

    def scan(self, low: bytes, high: bytes, limit: int) -> Sequence[tuple[bytes, bytes]]:
        """Return up to `limit` keys and row bytes with low <= key < high, in order."""
        ...


class Reader(Scanner, Protocol):
    """Reads committed state."""

    def row(self, table: AnyTable, key: bytes) -> Any | None:
        """Return the decoded row under a key, or none."""
        ...


def rows_below(
    reader: Scanner, table: Table[RowT, *KeyParts], *parents: Any
) -> Iterator[tuple[tuple[Any, ...], RowT]]:
    """Yield parts of the key and row of every row below the parents, of all without, in order."""
    for key, value in reader.scan(*table.bounds(*parents), ALL_ROWS):
        yield table.split(key), table.codec.decode(value)


class Directory:
    """Answers who a key belongs to and which rules and parameters are in force.

    Answers are remembered until a block changes one of the tables behind them.
    """

    def __init__(self, reader: Reader) -> None:
        """Read from committed state."""
        self._reader = reader
        self._actors: dict[bytes, Actor] = {}
        self._offices: dict[str, Office] = {}
        self._activations: dict[str, Activation | None] = {}
        self._parameters: dict[tuple[str, str], list[tuple[int, Parameter]]] = {}

    def invalidate(self, keys: Callable[[], list[bytes]] | list[bytes]) -> None:
        """Forget what was remembered if one of the changed row keys is a directory row."""
        for key in keys() if callable(keys) else keys:
            if key.startswith(CACHED_PREFIXES):
                self._actors = {}
                self._offices = {}
                self._activations = {}
                self._parameters = {}
                return

    def actor(self, key_id: KeyId | bytes) -> Actor:
        """Return the signer behind a key or refuse with KEY_UNKNOWN."""
        found = self._actors.get(key_id)
        if found is None:
            key = self._reader.row(KEYS, KEYS.key(key_id))
            if key is None:
                return self._load_person(key_id)
            found = self._actors[key_id] = self._load_officer(key_id, key)
        return found

    def _load_person(self, key_id: bytes) -> Actor:
        """Return a person, of whom nothing is remembered: there are millions of them."""
        key = self._reader.row(PERSON_KEYS, PERSON_KEYS.key(key_id))
        if key is None:
            raise Refused(Kernel.KEY_UNKNOWN, f"Key {key_id.hex()}.")
        relatives = self._reader.row(RELATIVES, RELATIVES.key(key.person))
        return person_actor(key_id, key, relatives.persons if relatives else ())

    def _load_officer(self, key_id: bytes, key: Key) -> Actor:
        officer = self._reader.row(OFFICERS, OFFICERS.key(key.officer))
        office = None if officer is None else self.office(officer.office)
        if officer is None or office is None:
            msg = f"key {key_id.hex()} belongs to no officer of an office: the directory is damaged"
            raise InvariantBroken(msg)
        standing = self._reader.row(STANDINGS, STANDINGS.key(key.officer))
        relatives = self._reader.row(RELATIVES, RELATIVES.key(officer.person))
        held = self._held(officer, standing)
        return Actor(
            key=key_id,
            suite=key.suite,
            public=key.public,
            from_height=key.from_height,
            until_ms=key.until_ms,
            revoked_height=key.revoked_height,
            person=officer.person,
            officer=key.officer,
            suspended=officer.suspended,
            office=officer.office,
            region=office.region,
            kind=office.kind,
            closed=office.closed,
            grants=officer.grants,
            held=held,
            away=(standing.away_from_ms, standing.away_until_ms) if standing else (0, 0),
            limits=standing.limits if standing else (),
            relatives=relatives.persons if relatives else (),
            is_alone=relatives is None and not any(one.principal for one in held),
        )

    def _held(self, officer: Officer, standing: Standing | None) -> tuple[Held, ...]:
        """Return an officer's roles, own ones first, then those of principals who hold them."""
        own = [Held(g.role, g.from_ms, g.until_ms, b"") for g in officer.grants]
        for deputy in standing.deputy_for if standing else ():
            principal = self._reader.row(OFFICERS, OFFICERS.key(deputy.principal))
            if principal is None or principal.suspended or principal.office != officer.office:
                continue
            for grant in principal.grants:
                from_ms = max(deputy.from_ms, grant.from_ms)
                until_ms = min(deputy.until_ms, grant.until_ms)
                if grant.role == deputy.role and from_ms < until_ms:
                    own.append(Held(deputy.role, from_ms, until_ms, principal.person))
        return tuple(own)

    def office(self, uscc: str) -> Office | None:
        """Return an office as it stood when the block began, or none."""
        found = self._offices.get(uscc)
        if found is None:
            found = self._reader.row(OFFICES, OFFICES.key(uscc))
            if found is not None:
                self._offices[uscc] = found
        return found

    def signer(self, key_id: bytes, height: int, time_ms: int) -> Actor:
        """Return the signer behind a key that counts at this height and time, or refuse."""
        actor = self.actor(key_id)
        if height < actor.from_height:
            raise Refused(Kernel.KEY_NOT_YET_VALID, f"Valid from height {actor.from_height}.")
        if actor.revoked_height and height >= actor.revoked_height:
            raise Refused(Kernel.KEY_REVOKED, f"Revoked from height {actor.revoked_height}.")
        if time_ms >= actor.until_ms:
            raise Refused(Kernel.KEY_EXPIRED, "Enrol a new key for the officer.")
        if actor.suspended:
            raise Refused(Kernel.OFFICER_SUSPENDED)
        if actor.closed:
            raise Refused(Kernel.OFFICE_CLOSED)
        if actor.is_person:
            person = self._reader.row(PERSONS, PERSONS.key(actor.person))
            if person is None or person.status != "active":
                raise Refused(Kernel.PERSON_SUSPENDED)
        return actor

    def version(self, service: str, height: int) -> int:
        """Return the rule version of a service in force at a height; 0 where it is not active."""
        if service in self._activations:
            activation = self._activations[service]
        else:
            activation = self._reader.row(SERVICES, SERVICES.key(service))
            self._activations[service] = activation
        if activation is None:
            return 0
        if activation.next_height and height >= activation.next_height:
            return int(activation.next_version)
        return int(activation.version)

    def parameter(self, service: str, name: str, time_ms: int) -> tuple[int, ...]:
        """Return the values of a parameter in force at a time.

        Refuses with PARAMETER_MISSING where it has none.
        """
        dated = self._parameters.get((service, name))
        if dated is None:
            rows = rows_below(self._reader, PARAMETERS, service, name)
            dated = [(from_ms, parameter) for (_, _, from_ms), parameter in rows]
            self._parameters[service, name] = dated
        values: tuple[int, ...] | None = None
        for from_ms, parameter in dated:
            if from_ms <= time_ms:
                values = parameter.values
        if values is None:
            raise Refused(Kernel.PARAMETER_MISSING, f"Parameter {service}.{name}.")
        return values

    def voting_offices(self, role: str, time_ms: int) -> int:
        """Return how many open offices have an officer who holds a role; the base of a quorum."""
        offices: dict[str, bool] = {}
        for _, officer in rows_below(self._reader, OFFICERS):
            if not officer.suspended and any(
                g.role == role and g.from_ms <= time_ms < g.until_ms for g in officer.grants
            ):
                office = self.office(officer.office)
                offices[officer.office] = office is not None and not office.closed
        return sum(offices.values())

    def seal_key(self, height: int) -> SealKey:
        """Return the operator's key that signs the header of a height."""
        return [key for from_height, key in self.seal_keys() if from_height <= height][-1]

    def seal_keys(self) -> list[tuple[int, SealKey]]:
        """Return the operator's keys with the heights they sign from, in order."""
        return [(height, key) for (height,), key in rows_below(self._reader, SEAL_KEYS)]
