"""DIDs of offices: created with a first key, keys rotated with overlap, revoked, deactivated.

Two persons of the office do each: with such a key somebody could speak for the office to everyone
who verifies, offline. Keys that sign transactions are others, of officers (`membership`).
"""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core import limits
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AllOf, Named, Signer
from tongjian.core.signatures import is_sound
from tongjian.core.values import (
    Height,
    PublicKey,
    SuiteNumber,
    TimeMs,
    Uscc,
    count,
    height,
)
from tongjian.services.identity.events_credentials import (
    DidCreated,
    DidDeactivated,
    DidKeyAdded,
    DidKeyRevoked,
)
from tongjian.services.identity.records import service
from tongjian.services.identity.records_credentials import (
    DID_KEYS,
    DIDS,
    Did,
    DidKey,
    Host,
    KeyEnd,
    KeyNumber,
)
from tongjian.services.identity.refusals import Refusal

TWO_PERSONS: Final = AllOf(
    (Signer("credential_issuer", Named("office")), Signer("credential_checker", Named("office")))
)
LAW: Final = "Electronic Signature Law art. 13, 15; Online Government Services Provisions art. 9"
Overlap = Annotated[
    int,
    Meta(ge=0, le=limits.EXPIRY_BLOCKS_MAX, description="Blocks.", extra={"unit": "block"}),
]


class CreateDid(Act, tag="identity.create_did"):
    """Give an office an identifier with its first key."""

    office: Uscc
    host: Host
    suite: SuiteNumber
    public: PublicKey
    until_ms: TimeMs


@service.operation(by=TWO_PERSONS, law=LAW, writes=(DIDS, DID_KEYS))
def create_did(act: CreateDid, ledger: Ledger) -> tuple[DidCreated, DidKeyAdded]:
    """Create the identifier of an office; it is made once and never given to another."""
    ensure(ledger.get(DIDS, act.office) is None, Refusal.DID_EXISTS)
    check_key(ledger, act.suite, act.public, act.until_ms)

    row = Did(host=act.host, keys=count(1), status="active", updated_height=height(ledger.height))
    ledger.put(DIDS, act.office, row=row)
    put_key(ledger, act.office, 1, act.suite, act.public, act.until_ms)
    return (
        DidCreated(office=act.office, host=act.host),
        DidKeyAdded(office=act.office, key=1, suite=act.suite, until_ms=act.until_ms),
    )


class AddDidKey(Act, tag="identity.add_did_key"):
    """Let an office sign credentials with a further key."""

    office: Uscc
    suite: SuiteNumber
    public: PublicKey
    until_ms: TimeMs


@service.operation(by=TWO_PERSONS, law=LAW, writes=(DIDS, DID_KEYS))
def add_did_key(act: AddDidKey, ledger: Ledger) -> DidKeyAdded:
    """Add a key beside those that count: rotation with overlap is this, then a revocation."""
    did = require_did(ledger, act.office)
    check_key(ledger, act.suite, act.public, act.until_ms)
    for _, held in ledger.range(DID_KEYS, act.office, limit=limits.RANGE_ROWS_MAX):
        ensure(held.public != act.public, Refusal.DID_KEY_EXISTS)

    number = did.keys + 1
    put_key(ledger, act.office, number, act.suite, act.public, act.until_ms)
    updated = height(ledger.height)
    ledger.put(DIDS, act.office, row=replace(did, keys=count(number), updated_height=updated))
    return DidKeyAdded(office=act.office, key=number, suite=act.suite, until_ms=act.until_ms)


class RevokeDidKey(Act, tag="identity.revoke_did_key"):
    """End a key of an office's identifier."""

    office: Uscc
    key: KeyNumber
    end: KeyEnd
    from_height: Height
    """What is recorded at or after it does not count; a theft found late names a past height."""


@service.operation(by=TWO_PERSONS, law=LAW, writes=(DIDS, DID_KEYS))
def revoke_did_key(act: RevokeDidKey, ledger: Ledger) -> DidKeyRevoked:
    """End a key from a height on: what was on record before that height stays good.

    A height that is set moves back only: a theft found after a rotation is still a theft.
    """
    did = require_did(ledger, act.office)
    key = ledger.one(DID_KEYS, act.office, act.key, missing=Refusal.DID_KEY_UNKNOWN)
    is_sooner = not key.revoked_height or act.from_height < key.revoked_height
    ensure(is_sooner, Refusal.DID_KEY_ENDED)
    is_past = act.from_height <= ledger.height
    ensure(act.from_height >= max(key.from_height, 1), Refusal.DID_KEY_HEIGHT_WRONG)
    ensure(not is_past or act.end != "rotated", Refusal.DID_KEY_HEIGHT_WRONG)

    ledger.put(
        DID_KEYS, act.office, act.key, row=replace(key, revoked_height=act.from_height, end=act.end)
    )
    ledger.put(DIDS, act.office, row=replace(did, updated_height=height(ledger.height)))
    return DidKeyRevoked(office=act.office, key=act.key, end=act.end, from_height=act.from_height)


class DeactivateDid(Act, tag="identity.deactivate_did"):
    """End the identifier of an office that closes or gives up issuing."""

    office: Uscc


@service.operation(by=TWO_PERSONS, law=LAW, writes=(DIDS,))
def deactivate_did(act: DeactivateDid, ledger: Ledger) -> DidDeactivated:
    """Deactivate: nothing is issued under it any more, and it never comes back."""
    did = require_did(ledger, act.office)

    row = replace(did, status="deactivated", updated_height=height(ledger.height))
    ledger.put(DIDS, act.office, row=row)
    return DidDeactivated(office=act.office)


def require_did(ledger: Ledger, office: str) -> Did:
    """Return the identifier of an office that is not deactivated, or refuse."""
    did = ledger.one(DIDS, office, missing=Refusal.DID_UNKNOWN)
    ensure(did.status == "active", Refusal.DID_DEACTIVATED)
    return did


def check_key(ledger: Ledger, suite: int, public: bytes, until_ms: int) -> None:
    """Refuse a suite that credentials do not use, a weak key, or a term that is over."""
    ensure(suite in ledger.parameters("did_suites"), Refusal.DID_SUITE_UNSUITED)
    ensure(is_sound(suite, public), Refusal.DID_KEY_WEAK)
    ensure(ledger.time_ms < until_ms, Refusal.TERM_OVER)


def put_key(
    ledger: Ledger, office: str, number: int, suite: int, public: bytes, until_ms: TimeMs
) -> None:
    """Write a key that counts from this block on."""
    row = DidKey(
        suite=suite,
        public=public,
        from_height=height(ledger.height),
        until_ms=until_ms,
        revoked_height=height(0),
        end=None,
    )
    ledger.put(DID_KEYS, office, number, row=row)
