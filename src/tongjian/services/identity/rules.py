"""What several acts on persons ask: who answers for a person, whether a key may be enrolled."""

from typing import Final

from tongjian.core.directory import KEYS
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import ensure
from tongjian.core.permission import AllOf, Recorded, Scope, Signer
from tongjian.core.persons import KEYS_MAX, PERSON_KEYS, PERSONS, Person, PersonKey
from tongjian.core.signatures import KeySuite, compute_key_id, is_sound
from tongjian.core.values import KeyId, PersonId, TimeMs, count, height, key_id
from tongjian.services.identity.records import PersonKeyEnrolled, PersonKeyRevoked
from tongjian.services.identity.refusals import Refusal

CLERK: Final = "identity_clerk"
VERIFIER: Final = "identity_verifier"
APPROVER: Final = "identity_approver"
OF_PERSON: Final = Recorded(PERSONS, ("person",), "office")


def two_of(of: Scope) -> AllOf:
    """Require the clerk and the verifier of an identity office, two persons."""
    return AllOf((Signer(CLERK, of), Signer(VERIFIER, of)))


def require_active(ledger: Ledger, person: PersonId) -> Person:
    """Return a person whose pseudonym is in force, or refuse."""
    row = ledger.one(PERSONS, person, missing=Refusal.PERSON_UNKNOWN)
    ensure(row.status == "active", Refusal.PERSON_NOT_ACTIVE)
    return row


def check_own_key(ledger: Ledger) -> None:
    """Refuse a person's key that this very block revoked, where what it leaves would outlast it."""
    if ledger.signer.is_person:
        key = ledger.one(PERSON_KEYS, key_id(ledger.signer.key), missing=Refusal.KEY_UNKNOWN)
        ensure(not key.revoked_height, Refusal.KEY_REVOKED)


def check_new_key(
    ledger: Ledger, person: PersonId, suite: int, public: bytes, proof: bytes
) -> KeyId:
    """Return the id of a sound key that nobody has and that signed for this person, or refuse."""
    identity = check_unused(ledger, suite, public)
    ensure(ledger.possesses(person, suite, public, proof), Refusal.POSSESSION_UNPROVEN)
    return identity


def check_unused(ledger: Ledger, suite: int, public: bytes) -> KeyId:
    """Return the id of a sound key that nobody has, or refuse."""
    ensure(is_sound(suite, public), Refusal.KEY_WEAK)
    identity = key_id(compute_key_id(ledger.digest, KeySuite(suite), public))
    is_new = ledger.get(PERSON_KEYS, identity) is None and ledger.get(KEYS, identity) is None
    ensure(is_new, Refusal.KEY_EXISTS)
    return identity


def enrol(
    ledger: Ledger,
    identity: KeyId,
    key: tuple[int, bytes, TimeMs],
    person: PersonId,
    row: Person,
) -> PersonKeyEnrolled:
    """Write a key, its suite, public half and end, that counts for a person from the next block."""
    suite, public, until_ms = key
    from_height = height(ledger.height + 1)
    new = PersonKey(
        suite=suite,
        public=public,
        person=person,
        from_height=from_height,
        until_ms=until_ms,
        revoked_height=height(0),
    )
    ensure(len(row.keys) < KEYS_MAX, Refusal.KEYS_FULL)
    ledger.put(PERSON_KEYS, identity, row=new)
    ever = count(row.keys_ever + 1)
    ledger.put(PERSONS, person, row=replace(row, keys=(*row.keys, identity), keys_ever=ever))
    return PersonKeyEnrolled(
        key=identity, person=person, suite=suite, from_height=from_height, until_ms=until_ms
    )


def revoke(ledger: Ledger, identity: KeyId) -> PersonKeyRevoked:
    """End a key from the next block on; its person's row is the caller's to write."""
    key = ledger.one(PERSON_KEYS, identity, missing=Refusal.KEY_UNKNOWN)
    from_height = height(ledger.height + 1)
    ledger.put(PERSON_KEYS, identity, row=replace(key, revoked_height=from_height))
    return PersonKeyRevoked(key=identity, person=key.person, from_height=from_height)
