"""Keys of officers: enrolled by two persons, rotated by the holder, revoked by whoever answers."""

from typing import Annotated

from msgspec import Meta

from tongjian.core import limits
from tongjian.core.directory import KEYS, OFFICERS, OFFICES, Key
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AnyOf, Holder, Signer
from tongjian.core.persons import PERSON_KEYS
from tongjian.core.signatures import KeySuite, check_seal_key, compute_key_id, is_sound
from tongjian.core.values import (
    Height,
    KeyId,
    OfficerId,
    Proof,
    PublicKey,
    SuiteNumber,
    TimeMs,
    height,
    key_id,
)
from tongjian.services.membership.acts_officers import OWN_OFFICE, two_persons
from tongjian.services.membership.records import (
    REGISTRAR,
    KeyEnrolled,
    KeyRevoked,
    service,
)
from tongjian.services.membership.refusals import Refusal
from tongjian.services.membership.votes import VOTE, is_governor, is_vote_possible

Overlap = Annotated[
    int,
    Meta(
        ge=0,
        le=limits.EXPIRY_BLOCKS_MAX,
        description="Blocks during which old and new key both count.",
        extra={"unit": "block"},
    ),
]


class EnrolKey(Act, tag="membership.enrol_key"):
    """Let a key sign for an officer."""

    officer: OfficerId
    suite: SuiteNumber
    public: PublicKey
    until_ms: TimeMs
    proof: Proof


class RotateKey(Act, tag="membership.rotate_key"):
    """Replace an officer's key by another."""

    officer: OfficerId
    key: KeyId
    """The key that goes."""
    suite: SuiteNumber
    public: PublicKey
    """The key that comes."""
    until_ms: TimeMs
    proof: Proof
    overlap_blocks: Overlap
    """The old key counts for so many blocks beside the new one."""


class RevokeKey(Act, tag="membership.revoke_key"):
    """End a key."""

    officer: OfficerId
    key: KeyId
    from_height: Height
    """A height that has passed means the next: what is signed stays signed."""


@service.operation(
    by=AnyOf((two_persons(OWN_OFFICE), VOTE)),
    law="Electronic Signature Law art. 13",
    reads=(OFFICERS, PERSON_KEYS),
    writes=(KEYS,),
)
def enrol_key(act: EnrolKey, ledger: Ledger) -> KeyEnrolled:
    """Enrol a key for an officer from the next block on; weak keys and second uses are refused."""
    officer = ledger.one(OFFICERS, act.officer, missing=Refusal.OFFICER_UNKNOWN)
    ensure(not officer.suspended, Refusal.OFFICER_SUSPENDED)
    ensure(ledger.time_ms < act.until_ms, Refusal.PERIOD_EMPTY)
    identity = _identify(ledger, act.suite, act.public)
    ensure(_is_unused(ledger, identity), Refusal.KEY_EXISTS)
    ensure(_is_possessed(ledger, act), Refusal.POSSESSION_UNPROVEN)

    key = _key(ledger, act)
    ledger.put(KEYS, identity, row=key)
    return _enrolled(identity, key)


@service.operation(
    by=Holder("officer"),
    law="Electronic Signature Law art. 15",
    reads=(PERSON_KEYS,),
    writes=(KEYS,),
)
def rotate_key(act: RotateKey, ledger: Ledger) -> tuple[KeyEnrolled, KeyRevoked]:
    """Rotate one's own key: the new one counts from the next block, both through the overlap."""
    ensure(ledger.time_ms < act.until_ms, Refusal.PERIOD_EMPTY)
    old = ledger.one(KEYS, act.key, missing=Refusal.KEY_UNKNOWN)
    ensure(old.officer == act.officer, Refusal.KEY_OF_ANOTHER)
    ensure(not old.revoked_height, Refusal.KEY_REVOKED)
    identity = _identify(ledger, act.suite, act.public)
    ensure(_is_unused(ledger, identity), Refusal.KEY_EXISTS)
    overlap_max = ledger.parameter("rotation_overlap_blocks_max")
    ensure(act.overlap_blocks <= overlap_max, Refusal.OVERLAP_TOO_LONG)
    ensure(_is_possessed(ledger, act), Refusal.POSSESSION_UNPROVEN)
    ended = replace(old, revoked_height=height(ledger.height + 1 + act.overlap_blocks))
    new = _key(ledger, act)

    ledger.put(KEYS, identity, row=new)
    ledger.put(KEYS, act.key, row=ended)
    return _enrolled(identity, new), revoked_event(act.key, ended)


@service.operation(
    by=AnyOf((Holder("officer"), Signer(REGISTRAR, OWN_OFFICE), VOTE)),
    law="Electronic Signature Law art. 15",
    reads=(OFFICERS, OFFICES),
    writes=(KEYS,),
)
def revoke_key(act: RevokeKey, ledger: Ledger) -> KeyRevoked:
    """Revoke a key from a height on, the next at the earliest; what it signed stays valid."""
    key = ledger.one(KEYS, act.key, missing=Refusal.KEY_UNKNOWN)
    ensure(key.officer == act.officer, Refusal.KEY_OF_ANOTHER)
    from_height = height(max(act.from_height, ledger.height + 1))
    sooner = not key.revoked_height or from_height < key.revoked_height
    ensure(sooner, Refusal.KEY_REVOKED)
    revoked = replace(key, revoked_height=from_height)
    ensure(is_vote_kept(ledger, act.officer, {act.key: revoked}), Refusal.VOTE_IMPOSSIBLE)

    ledger.put(KEYS, act.key, row=revoked)
    return revoked_event(act.key, revoked)


def _identify(ledger: Ledger, suite: int, public: bytes) -> KeyId:
    """Return the id of a sound key, or refuse a weak one."""
    ensure(is_sound(suite, public), Refusal.KEY_WEAK)
    return key_id(compute_key_id(ledger.digest, KeySuite(suite), public))


def is_seal(suite: int, public: bytes) -> bool:
    """Say whether a key may seal headers: a sound one, of a suite that needs no person's touch."""
    try:
        check_seal_key(suite, public)
    except ValueError:
        return False
    return True


def is_vote_kept(ledger: Ledger, holder: OfficerId, keys: dict[bytes, Key]) -> bool:
    """Say whether a vote can still be carried after a change of an officer's keys."""
    officer = ledger.get(OFFICERS, holder)
    if officer is None or not is_governor(officer, ledger.time_ms):
        return True
    return is_vote_possible(ledger, keys=keys)


def _is_unused(ledger: Ledger, identity: KeyId) -> bool:
    """Say whether nobody has a key: a citizen's would tell which officer they are."""
    return ledger.get(KEYS, identity) is None and ledger.get(PERSON_KEYS, identity) is None


def _is_possessed(ledger: Ledger, act: EnrolKey | RotateKey) -> bool:
    """Say whether the new key itself signed that it is to be this officer's, on this ledger."""
    return ledger.possesses(act.officer, act.suite, act.public, act.proof)


def _key(ledger: Ledger, act: EnrolKey | RotateKey) -> Key:
    return Key(
        suite=act.suite,
        public=act.public,
        officer=act.officer,
        from_height=height(ledger.height + 1),
        until_ms=act.until_ms,
        revoked_height=height(0),
    )


def _enrolled(identity: KeyId, key: Key) -> KeyEnrolled:
    return KeyEnrolled(
        key=identity,
        officer=key.officer,
        suite=key.suite,
        from_height=key.from_height,
        until_ms=key.until_ms,
    )


def revoked_event(identity: KeyId, key: Key) -> KeyRevoked:
    """Return what is announced of a key that ends."""
    return KeyRevoked(key=identity, officer=key.officer, from_height=key.revoked_height)
