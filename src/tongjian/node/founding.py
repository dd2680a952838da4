"""Founding a ledger from a plan: offices, officers and their keys, services, parameters.

A plan is a TOML file (docs/how-to/found-a-ledger.md). Every officer gets a new key in the folder's
`keys`, named after the holder; pseudonyms of persons are drawn at random.
"""

import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import msgspec

from tongjian.catalogue import load_parameters, load_registry
from tongjian.core import values
from tongjian.core.directory import Grant, Key, Office, Officer
from tongjian.core.encoding import encode
from tongjian.core.genesis import (
    FoundedKey,
    FoundedOffice,
    FoundedOfficer,
    FoundedParameter,
    FoundedService,
    Genesis,
    compute_genesis_rows,
)
from tongjian.core.hashing import Hash, HashSuite, hash_of
from tongjian.core.signatures import SEAL_SUITES, SUITE_NAMES
from tongjian.node.clock import nonce, now_ms
from tongjian.node.home import KEYS_NAME, SEAL_KEY_NAME, Home
from tongjian.node.keys import KeyPair, write_key
from tongjian.node.plan_form import check_plan
from tongjian.node.signers import generate_secret

YEARS_OF_A_KEY: Final = 3
YEAR_MS: Final = 365 * 86_400_000
_SUITES: Final = {SUITE_NAMES[suite]: suite for suite in SEAL_SUITES}


class PlanOffice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An office of the plan."""

    uscc: str
    label: str
    name: str
    region: str
    kind: str
    level: int = 5
    parent: str = ""


class PlanOfficer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An officer of the plan: `holder` names the key file, `person` the natural person."""

    holder: str
    office: str
    roles: list[str]
    person: str = ""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a ledger is to begin with."""

    label: str
    office: list[PlanOffice]
    officer: list[PlanOfficer]
    hash: str = "sha256"
    suite: str = "ed25519"
    """Of all keys that are made: `ed25519`, `sm2` or `p256`."""


class PlanInvalid(ValueError):
    """A plan that cannot be followed; the text names the entry."""


def read_plan(path: Path) -> Plan:
    """Read a plan; raises `PlanInvalid`."""
    try:
        fields: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        check_plan(fields)
        return msgspec.convert(fields, Plan)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        msg = f"the plan {path} cannot be used: {error}"
        raise PlanInvalid(msg) from error


def found(plan: Plan, folder: Path, *, time_ms: int | None = None) -> Home:
    """Found the ledger of a plan in a folder: new keys, genesis, block 0.

    Raises `PlanInvalid`, `GenesisRefused` or `HomeError` and leaves no half ledger.
    """
    try:
        suite, key_suite = HashSuite[plan.hash.upper()], _SUITES[plan.suite]
    except KeyError as error:
        msg = (
            f"the hash of a plan is sha256 or sm3, its suite ed25519, sm2 or p256; not {plan.hash} "
            f"and {plan.suite}"
        )
        raise PlanInvalid(msg) from error
    digest = hash_of(suite)
    home = Home(folder)
    keys = folder / KEYS_NAME
    holders = (SEAL_KEY_NAME, *(officer.holder for officer in plan.officer))
    secrets = {holder: generate_secret(key_suite) for holder in holders}
    genesis = compose_genesis(
        plan, secrets, digest, suite, time_ms=now_ms() if time_ms is None else time_ms
    )
    compute_genesis_rows(genesis)  # refuses what contradicts itself before anything is written
    keys.mkdir(parents=True, exist_ok=True)
    keys.chmod(0o700)
    for holder, secret in secrets.items():
        write_key(keys / f"{holder}.json", secret, holder, key_suite)
    home.found(
        genesis,
        KeyPair(secrets[SEAL_KEY_NAME], digest, key_suite),
        {office.uscc: office.name for office in plan.office},
    )
    return home


def compose_genesis(
    plan: Plan, secrets: dict[str, bytes], digest: Hash, suite: HashSuite, *, time_ms: int
) -> Genesis:
    """Return the founding document of a plan; `secrets` are those of its keys, by holder."""
    registry = load_registry()
    persons: dict[str, bytes] = {}
    officers: list[FoundedOfficer] = []
    keys: list[FoundedKey] = []
    for post in plan.officer:
        person = persons.setdefault(post.person or post.holder, nonce())
        officer_id = nonce()
        officers.append(FoundedOfficer(id=officer_id, officer=_officer(post, person, time_ms)))
        pair = KeyPair(secrets[post.holder], digest, _SUITES[plan.suite])
        key = Key(
            suite=int(pair.suite),
            public=pair.public,
            officer=officer_id,
            from_height=values.height(0),
            until_ms=values.time_ms(time_ms + YEARS_OF_A_KEY * YEAR_MS),
            revoked_height=values.height(0),
        )
        keys.append(FoundedKey(id=values.key_id(pair.id), key=key))
    seal = KeyPair(secrets[SEAL_KEY_NAME], digest, _SUITES[plan.suite])
    genesis = Genesis(
        version=1,
        label=values.label(plan.label),
        hash_suite=int(suite),
        python_minor=sys.version_info.minor,
        time_ms=values.time_ms(time_ms),
        seal_suite=int(seal.suite),
        seal_public=seal.public,
        services=tuple(
            FoundedService(name=values.name(name), version=service.version)
            for name, service in registry.services.items()
        ),
        parameters=_parameters(),
        offices=tuple(_office(office) for office in plan.office),
        officers=tuple(officers),
        keys=tuple(keys),
    )
    try:
        return msgspec.msgpack.decode(encode(genesis), type=Genesis)
    except msgspec.ValidationError as error:
        msg = f"the plan gives no valid founding document: {error}"
        raise PlanInvalid(msg) from error


def _parameters() -> tuple[FoundedParameter, ...]:
    return tuple(
        parameter for name in load_registry().services for parameter in load_parameters(name)
    )


def _office(office: PlanOffice) -> FoundedOffice:
    row = Office(
        label=values.label(office.label),
        region=values.region(office.region),
        level=office.level,
        kind=values.name(office.kind),
        parent=office.parent,
        closed=False,
    )
    return FoundedOffice(uscc=values.uscc(office.uscc), office=row)


def _officer(post: PlanOfficer, person: bytes, time_ms: int) -> Officer:
    grants = tuple(
        Grant(role=values.name(role), from_ms=values.time_ms(time_ms), until_ms=values.FOREVER)
        for role in post.roles
    )
    return Officer(
        person=values.person_id(person),
        office=values.uscc(post.office),
        grants=grants,
        suspended=False,
    )
