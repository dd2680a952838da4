"""The founding document of a ledger: its hash is the chain id, its rows are the first state."""

from typing import Annotated, Any, Final

from msgspec import Meta

from tongjian.core import limits, values
from tongjian.core.directory import (
    KEYS,
    OFFICERS,
    OFFICES,
    PARAMETERS,
    SEAL_KEYS,
    SERVICES,
    Activation,
    Key,
    Office,
    Officer,
    Parameter,
    SealKey,
    Version,
)
from tongjian.core.encoding import Record, encode
from tongjian.core.hashing import TAG_GENESIS, Hash, HashSuite, hash_of
from tongjian.core.identifiers import check_region, check_uscc
from tongjian.core.operation import AnyTable, Row
from tongjian.core.signatures import KeySuite, check_public_key, check_seal_key, compute_key_id
from tongjian.core.values import KeyId, Label, Name, OfficerId, PublicKey, TimeMs, Uscc

PYTHON_MINOR_MAX: Final = 99


class FoundedService(Record):
    """A service active from genesis."""

    name: Name
    version: Version


class FoundedParameter(Record):
    """A dated value that a service begins with."""

    service: Name
    name: Name
    from_ms: TimeMs
    parameter: Parameter


class FoundedOffice(Record):
    """An office of the first hour."""

    uscc: Uscc
    office: Office


class FoundedOfficer(Record):
    """An officer of the first hour."""

    id: OfficerId
    officer: Officer


class FoundedKey(Record):
    """A key of an officer of the first hour."""

    id: KeyId
    key: Key


class Genesis(Record):
    """All that a ledger begins with; whoever has this document can check everything after."""

    version: Annotated[int, Meta(ge=1, le=1)]
    label: Label
    hash_suite: Annotated[int, Meta(ge=1, le=2, description="1 SHA-256, 2 SM3.")]
    python_minor: Annotated[int, Meta(ge=11, le=PYTHON_MINOR_MAX)]
    """The Python 3 minor version the founders run: part of consensus (decision 0004)."""
    time_ms: TimeMs
    seal_suite: Annotated[int, Meta(ge=1, le=limits.KEY_SUITES_MAX)]
    seal_public: PublicKey
    services: Annotated[tuple[FoundedService, ...], Meta(max_length=limits.SERVICES_MAX)]
    parameters: Annotated[tuple[FoundedParameter, ...], Meta(max_length=10_000)]
    offices: Annotated[tuple[FoundedOffice, ...], Meta(min_length=1, max_length=10_000)]
    officers: Annotated[tuple[FoundedOfficer, ...], Meta(min_length=1, max_length=10_000)]
    keys: Annotated[tuple[FoundedKey, ...], Meta(min_length=1, max_length=10_000)]


GENESIS_BYTES_MAX: Final = 16 * 1024 * 1024


class GenesisRefused(ValueError):
    """A founding document that contradicts itself; the text names the entry."""


def compute_chain_id(genesis: Genesis) -> bytes:
    """Return the chain id: the tagged hash of the founding document."""
    return hash_of(HashSuite(genesis.hash_suite))(TAG_GENESIS + encode(genesis))


def compute_genesis_rows(genesis: Genesis) -> dict[bytes, bytes]:
    """Return the first rows of the ledger by key, or raise `GenesisRefused`."""
    digest = hash_of(HashSuite(genesis.hash_suite))
    check_genesis(genesis, digest)
    rows: dict[bytes, bytes] = {}

    def put(table: AnyTable, row: Row, *key: Any) -> None:
        encoded = table.key(*key)
        if encoded in rows:
            msg = f"{table.name} {key} is founded twice"
            raise GenesisRefused(msg)
        table.codec.decode(encode(row))
        rows[encoded] = encode(row)

    seal = SealKey(suite=genesis.seal_suite, public=genesis.seal_public)
    put(SEAL_KEYS, seal, 0)
    for service in genesis.services:
        row = Activation(version=service.version, next_version=0, next_height=values.height(0))
        put(SERVICES, row, service.name)
    for p in genesis.parameters:
        put(PARAMETERS, p.parameter, p.service, p.name, p.from_ms)
    for founded_office in genesis.offices:
        put(OFFICES, founded_office.office, founded_office.uscc)
    for founded_officer in genesis.officers:
        put(OFFICERS, founded_officer.officer, founded_officer.id)
    for founded_key in genesis.keys:
        put(KEYS, founded_key.key, founded_key.id)
    return rows


def check_genesis(genesis: Genesis, digest: Hash) -> None:
    """Raise `GenesisRefused` where the document contradicts itself: parents, posts, weak keys."""
    offices = frozenset(founded.uscc for founded in genesis.offices)
    officers = frozenset(founded.id for founded in genesis.officers)
    try:
        check_seal_key(genesis.seal_suite, genesis.seal_public)
        for office in genesis.offices:
            check_uscc(office.uscc)
            check_region(office.office.region)
        for founded in genesis.keys:
            suite = KeySuite(founded.key.suite)
            check_public_key(suite, founded.key.public)
            _expect(founded.id == compute_key_id(digest, suite, founded.key.public), "a key's id")
            _expect(founded.key.officer in officers, f"the officer of key {founded.id.hex()}")
    except ValueError as error:
        raise GenesisRefused(str(error)) from error
    for office in genesis.offices:
        parent = office.office.parent
        _expect(parent == "" or parent in offices, f"the parent of office {office.uscc}")
    for officer in genesis.officers:
        _expect(officer.officer.office in offices, f"the office of officer {officer.id.hex()}")


def _expect(holds: bool, what: str) -> None:  # noqa: FBT001 - within
    if not holds:
        msg = f"{what} does not fit the rest of the founding document"
        raise GenesisRefused(msg)
