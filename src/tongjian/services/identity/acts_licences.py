"""Licences whose e-licences are credentials under the office's seal, and follow their life.

The credential is the e-licence: signed with a key of the office's DID, which is its seal, it has
the force of the paper (Online Government Services Provisions art. 10; IDN-I8).
"""

from typing import Final

from tongjian.core.encoding import replace
from tongjian.core.identifiers import IdentifierInvalid, check_elicence
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AllOf, Recorded, Signer
from tongjian.core.values import Digest, Name, TimeMs, Uscc, count
from tongjian.services.identity.acts_dids import TWO_PERSONS
from tongjian.services.identity.events_credentials import (
    CredentialChanged,
    LicenceChanged,
    LicenceGranted,
)
from tongjian.services.identity.records import service
from tongjian.services.identity.records_credentials import (
    CREDENTIALS,
    ISSUERS,
    LICENCE_COPIES,
    LICENCE_COPIES_MAX,
    LICENCES,
    STATUS_CHUNKS,
    STATUS_LISTS,
    TYPES,
    Licence,
    LicenceCopy,
    LicenceId,
    LicenceStatus,
    Version,
)
from tongjian.services.identity.refusals import Refusal
from tongjian.services.identity.rules_credentials import lift, require_type, set_status, stop

LAW: Final = "Online Government Services Provisions art. 10; Administrative Licensing Law art. 39"
END_LAW: Final = (
    "Administrative Licensing Law art. 69, 70; Online Government Services Provisions art. 10"
)
OF_RECORD: Final = Recorded(LICENCES, ("licence",), "office")
TWO_OF_RECORD: Final = AllOf(
    (Signer("credential_issuer", OF_RECORD), Signer("credential_checker", OF_RECORD))
)


class GrantLicence(Act, tag="identity.grant_licence"):
    """Put a licence on record."""

    office: Uscc
    licence: LicenceId
    kind: Name
    version: Version
    document: Digest
    """Salted commitment to the licence."""
    until_ms: TimeMs


@service.operation(by=TWO_PERSONS, law=LAW, reads=(TYPES, ISSUERS), writes=(LICENCES,))
def grant_licence(act: GrantLicence, ledger: Ledger) -> LicenceGranted:
    """Put a licence of the office's own on record, under its number by GB/T 36904."""
    row_type = require_type(ledger, act.kind, act.version)
    ensure(ledger.get(ISSUERS, act.kind, act.office) is not None, Refusal.ISSUER_UNKNOWN)
    ensure(ledger.time_ms < act.until_ms, Refusal.TERM_OVER)
    ensure(row_type.is_licence, Refusal.LICENCE_EXPECTED)
    ensure(is_own_number(act.licence, act.office), Refusal.LICENCE_NUMBER_WRONG)
    ensure(ledger.get(LICENCES, act.licence) is None, Refusal.LICENCE_EXISTS)

    row = Licence(
        office=act.office,
        kind=act.kind,
        document=act.document,
        status="in_force",
        until_ms=act.until_ms,
        copies=count(0),
    )
    ledger.put(LICENCES, act.licence, row=row)
    return LicenceGranted(
        licence=act.licence, office=act.office, kind=act.kind, until_ms=act.until_ms
    )


class SuspendLicence(Act, tag="identity.suspend_licence"):
    """Suspend a licence."""

    licence: LicenceId


class RestoreLicence(Act, tag="identity.restore_licence"):
    """Let a suspended licence count again."""

    licence: LicenceId


class EndLicence(Act, tag="identity.end_licence"):
    """End a licence: revoked, cancelled or given up."""

    licence: LicenceId


_WRITES: Final = (LICENCES, CREDENTIALS, STATUS_LISTS, STATUS_CHUNKS)
Changes = tuple[LicenceChanged | CredentialChanged, ...]


@service.operation(by=TWO_OF_RECORD, law=END_LAW, reads=(LICENCE_COPIES,), writes=_WRITES)
def suspend_licence(act: SuspendLicence, ledger: Ledger) -> Changes:
    """Suspend a licence and its e-licences in one block."""
    return change(ledger, act.licence, ("in_force",), "suspended")


@service.operation(by=TWO_OF_RECORD, law=END_LAW, reads=(LICENCE_COPIES,), writes=_WRITES)
def restore_licence(act: RestoreLicence, ledger: Ledger) -> Changes:
    """Restore a licence, and those e-licences that were suspended with it."""
    return change(ledger, act.licence, ("suspended",), "in_force")


@service.operation(by=TWO_OF_RECORD, law=END_LAW, reads=(LICENCE_COPIES,), writes=_WRITES)
def end_licence(act: EndLicence, ledger: Ledger) -> Changes:
    """End a licence: its e-licences are revoked in the same block."""
    return change(ledger, act.licence, ("in_force", "suspended"), "ended")


def change(ledger: Ledger, licence: str, before: tuple[str, ...], status: LicenceStatus) -> Changes:
    """Give a licence another status and its credentials the one that follows, or refuse."""
    row = ledger.one(LICENCES, licence, missing=Refusal.LICENCE_UNKNOWN)
    ensure(row.status in before, Refusal.LICENCE_STATUS_WRONG)
    ledger.put(LICENCES, licence, row=replace(row, status=status))

    events: list[LicenceChanged | CredentialChanged] = [
        LicenceChanged(licence=licence, office=row.office, status=status)
    ]
    for key, _ in ledger.range(LICENCE_COPIES, licence, limit=LICENCE_COPIES_MAX):
        place = key[1:]
        held = ledger.one(CREDENTIALS, *place, missing=Refusal.CREDENTIAL_UNKNOWN)
        if held.status == "revoked":
            continue
        if status == "in_force" and "licence" in held.stops:
            events.append(lift(ledger, place, held, "licence"))
        elif status == "suspended":
            events.append(stop(ledger, place, held, "licence"))
        elif status == "ended":
            events.append(set_status(ledger, place, held, "revoked", "licence"))
    return tuple(events)


def follow_licence(
    ledger: Ledger, licence: LicenceId, place: tuple[Uscc, int, int], kind: Name, until_ms: int
) -> None:
    """Tie a new credential to its licence, or refuse one that would outlive it."""
    row = ledger.one(LICENCES, licence, missing=Refusal.LICENCE_UNKNOWN)
    ensure(row.status == "in_force", Refusal.LICENCE_STATUS_WRONG)
    ensure((row.office, row.kind) == (place[0], kind), Refusal.LICENCE_OF_ANOTHER)
    ensure(until_ms <= row.until_ms, Refusal.TERM_WRONG)
    ensure(row.copies < LICENCE_COPIES_MAX, Refusal.COPIES_TOO_MANY)
    ledger.put(LICENCES, licence, row=replace(row, copies=count(row.copies + 1)))
    ledger.put(LICENCE_COPIES, licence, *place, row=LicenceCopy(kind=kind))


def is_own_number(licence: str, office: str) -> bool:
    """Say whether a number is an e-licence identifier of an office, its check character right."""
    try:
        return check_elicence(licence).issuer == office
    except IdentifierInvalid:
        return False
