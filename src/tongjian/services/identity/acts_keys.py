"""Keys of persons: the first enrolled by two officers, the next by the person alone.

Every new key shows that somebody has its secret: it signs ledger, pseudonym and key, and the kernel
verifies that (`Ledger.possesses`). After the first key no office can enrol another in silence: that
is recovery, with two channels, notice and delay (`acts_recovery.py`).
"""

from tongjian.core.by_person import InPerson
from tongjian.core.directory import KEYS
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AnyOf, Signer
from tongjian.core.persons import PERSON_KEYS, PERSONS
from tongjian.core.values import KeyId, PersonId, Proof, PublicKey, SuiteNumber, TimeMs
from tongjian.services.identity.records import (
    PersonKeyEnrolled,
    PersonKeyRevoked,
    service,
)
from tongjian.services.identity.refusals import Refusal
from tongjian.services.identity.rules import (
    CLERK,
    OF_PERSON,
    check_new_key,
    check_own_key,
    enrol,
    require_active,
    revoke,
    two_of,
)


class EnrolKey(Act, tag="identity.enrol_key"):
    """Let a person's first key sign for them."""

    person: PersonId
    suite: SuiteNumber
    public: PublicKey
    until_ms: TimeMs
    proof: Proof


class AddKey(Act, tag="identity.add_key"):
    """Let a further key sign for oneself, in the place of an old one or beside it."""

    person: PersonId
    suite: SuiteNumber
    public: PublicKey
    until_ms: TimeMs
    proof: Proof
    replaces: KeyId | None


class RevokeKey(Act, tag="identity.revoke_key"):
    """End a key of a person."""

    person: PersonId
    key: KeyId


@service.operation(
    by=two_of(OF_PERSON),
    law="Electronic Signature Law art. 13",
    reads=(KEYS,),
    writes=(PERSONS, PERSON_KEYS),
)
def enrol_key(act: EnrolKey, ledger: Ledger) -> PersonKeyEnrolled:
    """Enrol a person's first key, which proves that it is in somebody's hand."""
    row = require_active(ledger, act.person)
    ensure(ledger.time_ms < act.until_ms, Refusal.PERIOD_EMPTY)
    ensure(not row.keys_ever, Refusal.RECOVERY_NEEDED)
    identity = check_new_key(ledger, act.person, act.suite, act.public, act.proof)

    return enrol(ledger, identity, (act.suite, act.public, act.until_ms), act.person, row)


@service.operation(
    by=InPerson("person"),
    law="Electronic Signature Law art. 13, 15",
    reads=(KEYS,),
    writes=(PERSONS, PERSON_KEYS),
)
def add_key(
    act: AddKey, ledger: Ledger
) -> tuple[PersonKeyEnrolled] | tuple[PersonKeyRevoked, PersonKeyEnrolled]:
    """Add a key of one's own; the one it replaces ends with this block.

    A key that this block revoked adds none: who stole it would keep what the person has ended.
    """
    row = require_active(ledger, act.person)
    ensure(ledger.time_ms < act.until_ms, Refusal.PERIOD_EMPTY)
    new = (act.suite, act.public, act.until_ms)
    if act.replaces is None:
        check_own_key(ledger)
        identity = check_new_key(ledger, act.person, act.suite, act.public, act.proof)
        return (enrol(ledger, identity, new, act.person, row),)
    _require_live(ledger, act.person, act.replaces)
    check_own_key(ledger)
    identity = check_new_key(ledger, act.person, act.suite, act.public, act.proof)
    kept = tuple(key for key in row.keys if key != act.replaces)
    ended = revoke(ledger, act.replaces)
    return ended, enrol(ledger, identity, new, act.person, replace(row, keys=kept))


@service.operation(
    by=AnyOf((InPerson("person", supervised=False), Signer(CLERK, OF_PERSON))),
    law="Electronic Signature Law art. 15",
    writes=(PERSONS, PERSON_KEYS),
)
def revoke_key(act: RevokeKey, ledger: Ledger) -> PersonKeyRevoked:
    """Revoke a key at once: its person, or one officer whom the person called."""
    row = ledger.one(PERSONS, act.person, missing=Refusal.PERSON_UNKNOWN)
    _require_live(ledger, act.person, act.key)

    kept = tuple(key for key in row.keys if key != act.key)
    ledger.put(PERSONS, act.person, row=replace(row, keys=kept))
    return revoke(ledger, act.key)


def _require_live(ledger: Ledger, person: PersonId, key: KeyId) -> None:
    row = ledger.one(PERSON_KEYS, key, missing=Refusal.KEY_UNKNOWN)
    ensure(row.person == person, Refusal.KEY_OF_ANOTHER)
    ensure(not row.revoked_height, Refusal.KEY_REVOKED)
