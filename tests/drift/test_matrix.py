"""The printed matrix of who may do what: every cell is true, shown by trying it.

From the accepting vector of each act: officers made for the roles that the matrix names may do it;
officers with any other role of the catalogue, in the same offices, may not.
"""

import json
from itertools import count
from typing import Any

import drift
import msgspec
import pytest

from tongjian.catalogue import load_registry
from tongjian.cli.permits import who_zh
from tongjian.core import values
from tongjian.core.block import Result
from tongjian.core.by_person import ByAgent, InPerson
from tongjian.core.directory import KEYS, OFFICERS, OFFICES, Grant, Key, Office, Officer
from tongjian.core.encoding import encode
from tongjian.core.envelope import Opener, compose, seal_envelope
from tongjian.core.hashing import HashSuite, hash_of
from tongjian.core.machine import Machine
from tongjian.core.operation import Act, Operation
from tongjian.core.order import Entry
from tongjian.core.permission import (
    AllOf,
    AnyOf,
    AtCounter,
    Clock,
    Holder,
    Jurisdiction,
    Named,
    Permission,
    Quorum,
    Recorded,
    RegionNamed,
    Signer,
    roles_of,
)
from tongjian.core.persons import (
    MANDATES,
    PERSON_KEYS,
    PERSONS,
    Mandate,
    Person,
    PersonKey,
    Presence,
)
from tongjian.storage.memory import MemoryState

NOT_PERMITTED = "kernel/11@0"
ELSEWHERE = "119900000014000000"
"""An office that no vector has."""
DIGEST = values.digest(bytes(32))
ROLES = sorted({role for one in drift.OPERATIONS for role in roles_of(one.by)})


class Trial:
    """The state before an accepted act, with officers of any office and role added at will."""

    def __init__(self, operation: Operation) -> None:
        folder = drift.SERVICES / operation.service / "vectors" / operation.name
        vector = json.loads(min(folder.glob("accepts*.json")).read_text("utf-8"))
        self.registry = load_registry()
        self.chain = bytes.fromhex(vector["chain"])
        self.digest = hash_of(HashSuite(vector["hash_suite"]))
        self.height, self.time_ms = vector["height"], vector["time_ms"]
        self.rows = {
            bytes.fromhex(row["key"]): bytes.fromhex(row["row"]) for row in vector["rows_before"]
        }
        self.opener = Opener(self.registry, self.chain, self.digest)
        body = bytes.fromhex(vector["transaction"]) if vector["transaction"] else None
        transaction = None if body is None else self.opener.read(body)
        self.act: Act | None = None if transaction is None else transaction.acts[0]
        self._ids = count(1)

    def row(self, table: Any, *key: Any) -> Any:
        found = self.rows.get(table.key(*key))
        return None if found is None else table.codec.decode(found)

    def officer(self, office: str, *roles: str, officer: bytes | None = None) -> bytes:
        """Add an officer of an office, which is made where it is not there; return the key's id."""
        if self.row(OFFICES, office) is None:
            self.office(office, "990000")
        number = next(self._ids)
        identity = number.to_bytes(16, "big") if officer is None else officer
        grants = tuple(
            Grant(role=values.name(r), from_ms=values.time_ms(0), until_ms=values.FOREVER)
            for r in roles
        )
        person = values.person_id(b"person" + number.to_bytes(10, "big"))
        if officer is None:
            row = Officer(person=person, office=values.uscc(office), grants=grants, suspended=False)
            self.rows[OFFICERS.key(identity)] = encode(row)
        key_id = b"key" + number.to_bytes(13, "big")
        key = Key(
            suite=1,
            public=bytes(31) + bytes([number % 256]),
            officer=identity,
            from_height=values.height(0),
            until_ms=values.FOREVER,
            revoked_height=values.height(0),
        )
        self.rows[KEYS.key(key_id)] = encode(key)
        return key_id

    def office(self, uscc: str, region: str) -> str:
        """Add an office or put it into another region."""
        row = Office(
            label=values.label("trial"),
            region=values.region(region),
            level=1,
            kind=values.name("trial"),
            parent="",
            closed=False,
        )
        self.rows[OFFICES.key(uscc)] = encode(row)
        return uscc

    def sign(self, keys: list[bytes]) -> str:
        """Return the outcome of the act signed by the keys."""
        assert self.act is not None
        state = MemoryState()
        state.commit([Entry(key, row, b"", 0, 0) for key, row in self.rows.items()], {})
        machine = Machine(self.registry, self.chain, self.digest, state)
        body = compose(
            chain=self.chain,
            expiry=self.height,
            nonce=bytes(16),
            signers=tuple(keys),
            acts=(self.act,),
        )
        incoming = self.opener.open(seal_envelope(body, tuple(bytes(64) for _ in keys)))
        results: tuple[Result, ...] = machine.apply(self.height, self.time_ms, [incoming]).results
        return results[-1].outcome

    def signer(self, part: Signer) -> bytes:
        """Add an officer who meets one requirement."""
        return self.officer(self.office_for(part), part.role)

    def office_for(self, part: Signer) -> str:
        """Return an office in the scope of a requirement."""
        match part.of:
            case Named(field=field):
                return str(getattr(self.act, field))
            case Recorded(table=table, by=by, column=column):
                row = self.row(table, *(getattr(self.act, name) for name in by))
                return str(getattr(row, column))
            case Jurisdiction(field=field):
                region = self.row(OFFICES, getattr(self.act, field)).region
                return self.office(ELSEWHERE, region)
            case RegionNamed(field=field):
                return self.office(ELSEWHERE, getattr(self.act, field))
            case _:
                return self.office(ELSEWHERE, "990000")

    def way(self, permission: Permission) -> list[bytes]:
        """Add officers who together meet one way of a permission, and return their keys."""
        match permission:
            case Signer():
                return [self.signer(permission)]
            case AllOf(parts=parts):
                return [self.signer(part) for part in parts]
            case Holder(field=field):
                return [self.officer("", officer=getattr(self.act, field))]
            case InPerson() | ByAgent() | AtCounter():
                return self.way_of_person(permission)
            case Quorum(role=role):
                return self.voices(role)
            case _:
                return []

    def way_of_person(self, way: InPerson | ByAgent | AtCounter) -> list[bytes]:
        """Add who acts for a person in one way, and return their keys."""
        person = getattr(self.act, way.field)
        if isinstance(way, InPerson):
            return [self.citizen(person, way.domain)]
        if isinstance(way, ByAgent):
            return [self.agent(person, way.domain)]
        self.citizen(person, way.domain)
        came = Presence(method="card", evidence=DIGEST, guardian=None)
        assert self.act is not None
        self.act = msgspec.structs.replace(self.act, **{way.presence: came})
        return self.way(way.officers)

    def citizen(self, person: bytes | None, domain: str) -> bytes:
        """Add a person of age, known to a domain, with a key; return the key's id."""
        assert person is not None
        number = next(self._ids)
        found = self.row(PERSONS, person)
        row = Person(
            domain=values.name(domain or (found.domain if found else "trial")),
            office=found.office if found else values.uscc(ELSEWHERE),
            capacity="adult",
            status="active",
            keys=(),
            keys_ever=values.count(1),
            link=DIGEST,
        )
        self.rows[PERSONS.key(person)] = encode(row)
        key_id = b"own" + number.to_bytes(13, "big")
        key = PersonKey(
            suite=1,
            public=bytes(31) + bytes([number % 256]),
            person=values.person_id(person),
            from_height=values.height(0),
            until_ms=values.FOREVER,
            revoked_height=values.height(0),
        )
        self.rows[PERSON_KEYS.key(key_id)] = encode(key)
        return key_id

    def agent(self, principal: bytes | None, domain: str, *matters: str) -> bytes:
        """Add an agent with a mandate of a person, for this act unless another matter is named."""
        assert principal is not None
        assert self.act is not None
        self.citizen(principal, domain)
        agent = b"agent" + next(self._ids).to_bytes(11, "big")
        mandate = Mandate(
            kind="agent",
            matters=matters or (str(self.act.__struct_config__.tag),),
            from_ms=values.time_ms(0),
            until_ms=values.FOREVER,
            limit_fen=None,
            uses_max=None,
            used_fen=values.fen(0),
            uses=values.count(0),
            evidence=DIGEST,
            withdrawn=False,
        )
        self.rows[MANDATES.key(principal, agent)] = encode(mandate)
        return self.citizen(agent, domain)

    def voices(self, role: str) -> list[bytes]:
        """Add an officer with a voice in each office that has one, and in one more."""
        offices = {ELSEWHERE: None}
        for key, row in self.rows.items():
            if key.startswith(OFFICERS.prefix):
                officer = OFFICERS.codec.decode(row)
                if any(grant.role == role for grant in officer.grants):
                    offices[officer.office] = None
        return [self.officer(office, role) for office in offices]


def ways_of(permission: Permission) -> tuple[Permission, ...]:
    """Return the alternatives of a permission, however deep."""
    if isinstance(permission, AnyOf):
        return tuple(way for each in permission.ways for way in ways_of(each))
    return (permission,)


@pytest.mark.parametrize("operation", drift.OPERATIONS, ids=drift.tag_of)
def test_whoever_the_matrix_names_may_do_it(operation: Operation) -> None:
    for way in ways_of(operation.by):
        trial = Trial(operation)
        if isinstance(way, Clock) or trial.act is None:
            continue
        assert trial.sign(trial.way(way)) != NOT_PERMITTED, way.words()


@pytest.mark.parametrize("operation", drift.OPERATIONS, ids=drift.tag_of)
def test_each_of_several_hands_is_needed(operation: Operation) -> None:
    ways = ways_of(operation.by)
    named = {part.role for way in ways if isinstance(way, Signer) for part in (way,)}
    for way in ways:
        if not isinstance(way, AllOf):
            continue
        for missing in range(len(way.parts)):
            kept = [part for position, part in enumerate(way.parts) if position != missing]
            trial = Trial(operation)
            if trial.act is not None and not named & {part.role for part in kept}:
                assert trial.sign([trial.signer(part) for part in kept]) == NOT_PERMITTED


@pytest.mark.parametrize("operation", drift.OPERATIONS, ids=drift.tag_of)
def test_whoever_the_matrix_does_not_name_may_not(operation: Operation) -> None:
    named = roles_of(operation.by)
    parts = [
        part
        for way in ways_of(operation.by)
        for part in (way.parts if isinstance(way, AllOf) else (way,))
        if isinstance(part, Signer)
    ]
    trial = Trial(operation)
    if trial.act is None:
        return
    offices = list(dict.fromkeys(trial.office_for(part) for part in parts))
    offices = offices or [ELSEWHERE]
    others = [role for role in ROLES if role not in named]
    for office in offices:
        for start in range(0, len(others), 16):
            holder = trial.officer(office, *others[start : start + 16])
            assert trial.sign([holder]) == NOT_PERMITTED


def _by_person(operation: Operation) -> list[InPerson | ByAgent | AtCounter]:
    ways = ways_of(operation.by)
    return [way for way in ways if isinstance(way, InPerson | ByAgent | AtCounter)]


BY_PERSON = [operation for operation in drift.OPERATIONS if _by_person(operation)]


@pytest.mark.parametrize("operation", BY_PERSON, ids=drift.tag_of)
def test_nobody_acts_for_a_person_whom_the_matrix_does_not_name(operation: Operation) -> None:
    fields = {way.field for way in _by_person(operation)}
    for way in _by_person(operation):
        trial = Trial(operation)
        person = getattr(trial.act, way.field)
        stranger = trial.citizen(bytes(15) + bytes([len(fields)]), way.domain)
        assert trial.sign([stranger]) == NOT_PERMITTED
        assert trial.sign([trial.agent(person, way.domain, "elsewhere")]) == NOT_PERMITTED
        if way.domain:
            assert trial.sign([trial.citizen(person, "elsewhere")]) == NOT_PERMITTED
        if isinstance(way, AtCounter):
            nobody_came = Trial(operation)
            signing = nobody_came.way(way)
            assert nobody_came.act is not None
            nobody_came.act = msgspec.structs.replace(nobody_came.act, **{way.presence: None})
            assert nobody_came.sign(signing) == NOT_PERMITTED


def test_the_matrix_covers_every_act_in_both_languages() -> None:
    page = (drift.ROOT / "docs/reference/permissions.md").read_text("utf-8")
    for operation in drift.OPERATIONS:
        zh = who_zh(load_registry(), operation.by)
        row = f"| {operation.by.words()} | {zh} | {operation.law} |"
        assert any(
            line.startswith(f"| `{operation.name}` ") and row in line for line in page.splitlines()
        )
