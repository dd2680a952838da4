"""Recovery of a lost key: three officers, two channels, notice, delay; the old key can object.

Nobody impersonates in silence (IDN-I6): the recovery stands on the ledger from its first step, the
notice goes to every old channel, and whoever holds the old key stops it by one signature. What the
old keys signed before stays signed.
"""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.by_person import InPerson
from tongjian.core.calendar import DAY_MS
from tongjian.core.directory import KEYS
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AnyOf, Clock, Signer
from tongjian.core.persons import PERSON_KEYS, PERSONS
from tongjian.core.values import (
    Digest,
    PersonId,
    Proof,
    PublicKey,
    SuiteNumber,
    TimeMs,
    person_id,
    time_ms,
)
from tongjian.services.identity.records import (
    RECOVERIES,
    Channel,
    PersonKeyEnrolled,
    PersonKeyRevoked,
    Recovery,
    RecoveryMoved,
    service,
)
from tongjian.services.identity.refusals import Refusal
from tongjian.services.identity.rules import (
    APPROVER,
    CLERK,
    OF_PERSON,
    VERIFIER,
    check_new_key,
    check_unused,
    enrol,
    require_active,
    revoke,
)

OPEN: Final = ("asked", "noticed")
LAW: Final = "Electronic Signature Law art. 15; PIPL art. 51"


class AskRecovery(Act, tag="identity.ask_recovery"):
    """Ask that a new key take the place of all keys of a person who has lost them."""

    person: PersonId
    suite: SuiteNumber
    public: PublicKey
    until_ms: TimeMs
    proof: Proof
    channels: Annotated[tuple[Channel, ...], Meta(min_length=2, max_length=2)]
    """Two ways, of different kinds, by which the office made sure of the person."""


class NoticeRecovery(Act, tag="identity.notice_recovery"):
    """Record that notice went to all old channels."""

    person: PersonId
    notice: Digest
    """Salted commitment to what shows it."""


class ObjectRecovery(Act, tag="identity.object_recovery"):
    """Object to a recovery: the old key is not lost, or the asker is not the person."""

    person: PersonId


class CompleteRecovery(Act, tag="identity.complete_recovery"):
    """Complete a recovery after the delay."""

    person: PersonId


class LapseRecovery(Act, tag="identity.lapse_recovery"):
    """End a recovery that nobody completed."""

    person: PersonId
    asked_ms: TimeMs


@service.operation(
    by=Signer(CLERK, OF_PERSON),
    law=LAW,
    reads=(PERSONS, PERSON_KEYS, KEYS),
    writes=(RECOVERIES,),
)
def ask_recovery(act: AskRecovery, ledger: Ledger) -> RecoveryMoved:
    """Ask for recovery; nothing changes yet, and everybody can see it."""
    person = require_active(ledger, act.person)
    ensure(ledger.time_ms < act.until_ms, Refusal.PERIOD_EMPTY)
    before = ledger.get(RECOVERIES, act.person)
    ensure(before is None or before.status not in OPEN, Refusal.RECOVERY_OPEN)
    ensure(act.channels[0].kind != act.channels[1].kind, Refusal.CHANNELS_SAME)
    check_new_key(ledger, act.person, act.suite, act.public, act.proof)

    row = Recovery(
        office=person.office,
        suite=act.suite,
        public=act.public,
        until_ms=act.until_ms,
        channels=act.channels,
        asked_by=person_id(ledger.signer.person),
        asked_ms=time_ms(ledger.time_ms),
        notice=None,
        noticed_by=None,
        due_ms=time_ms(0),
        status="asked",
    )
    lapse_ms = ledger.time_ms + ledger.parameter("recovery_lapse_days") * DAY_MS
    ledger.schedule(lapse_ms, LapseRecovery(person=act.person, asked_ms=row.asked_ms))
    return _written(ledger, act.person, row)


@service.operation(
    by=Signer(VERIFIER, OF_PERSON),
    law=LAW,
    reads=(PERSONS,),
    writes=(RECOVERIES,),
)
def notice_recovery(act: NoticeRecovery, ledger: Ledger) -> RecoveryMoved:
    """Record the notice, by another person; from now on the holder of the old key may object."""
    row = _require_open(ledger, act.person)
    noticer = person_id(ledger.signer.person)
    ensure(noticer != row.asked_by, Refusal.SAME_PERSON)
    ensure(row.status == "asked", Refusal.NOTICE_MISSING)

    due_ms = time_ms(ledger.time_ms + ledger.parameter("recovery_delay_days") * DAY_MS)
    row = replace(row, notice=act.notice, noticed_by=noticer, due_ms=due_ms, status="noticed")
    return _written(ledger, act.person, row)


@service.operation(
    by=AnyOf((InPerson("person", supervised=False), Signer(VERIFIER, OF_PERSON))),
    law=LAW,
    reads=(PERSONS,),
    writes=(RECOVERIES,),
)
def object_recovery(act: ObjectRecovery, ledger: Ledger) -> RecoveryMoved:
    """Object: the holder of the old key by its signature, or an officer who was told."""
    row = _require_open(ledger, act.person)
    return _written(ledger, act.person, replace(row, status="objected"))


@service.operation(
    by=Signer(APPROVER, OF_PERSON),
    law=LAW,
    reads=(KEYS,),
    writes=(RECOVERIES, PERSONS, PERSON_KEYS),
)
def complete_recovery(
    act: CompleteRecovery, ledger: Ledger
) -> tuple[RecoveryMoved | PersonKeyRevoked | PersonKeyEnrolled, ...]:
    """Complete a recovery: a third person, after the delay; all old keys end, the new one comes."""
    person = require_active(ledger, act.person)
    row = _require_open(ledger, act.person)
    approver = ledger.signer.person
    ensure(approver not in (row.asked_by, row.noticed_by), Refusal.SAME_PERSON)
    ensure(ledger.time_ms < row.until_ms, Refusal.PERIOD_EMPTY)
    ensure(row.status == "noticed", Refusal.NOTICE_MISSING)
    ensure(row.due_ms <= ledger.time_ms, Refusal.DELAY_RUNS)
    identity = check_unused(ledger, row.suite, row.public)

    moved = _written(ledger, act.person, replace(row, status="completed"))
    ended = tuple(revoke(ledger, key) for key in person.keys)
    new = (row.suite, row.public, row.until_ms)
    came = enrol(ledger, identity, new, act.person, replace(person, keys=()))
    return moved, *ended, came


@service.operation(
    by=Clock(),
    law=LAW,
    writes=(RECOVERIES,),
)
def lapse_recovery(act: LapseRecovery, ledger: Ledger) -> tuple[RecoveryMoved, ...]:
    """End a recovery that was neither completed nor objected to in time."""
    row = ledger.one(RECOVERIES, act.person, missing=Refusal.RECOVERY_UNKNOWN)
    if row.status not in OPEN or row.asked_ms != act.asked_ms:
        return ()
    return (_written(ledger, act.person, replace(row, status="lapsed")),)


def _require_open(ledger: Ledger, person: PersonId) -> Recovery:
    row = ledger.one(RECOVERIES, person, missing=Refusal.RECOVERY_UNKNOWN)
    ensure(row.status in OPEN, Refusal.RECOVERY_UNKNOWN)
    return row


def _written(ledger: Ledger, person: PersonId, row: Recovery) -> RecoveryMoved:
    ledger.put(RECOVERIES, person, row=row)
    return RecoveryMoved(person=person, status=row.status, due_ms=row.due_ms)
