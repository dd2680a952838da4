"""What is announced of credentials; no event names a holder."""

from tongjian.core.operation import Event
from tongjian.core.values import Digest, Height, Label, Name, Region, SuiteNumber, TimeMs, Uscc
from tongjian.services.identity.records_credentials import (
    ChangeReason,
    CredentialStatus,
    EntryIndex,
    Host,
    IssuerStatus,
    KeyEnd,
    KeyNumber,
    LicenceId,
    LicenceStatus,
    ListNumber,
    Version,
)


class TypeDefined(Event, tag="identity.type_defined"):
    """A type of credential has a version."""

    kind: Name
    version: Version
    region: Region
    schema: Digest
    is_high_risk: bool


class TypeRetired(Event, tag="identity.type_retired"):
    """No more credentials of this version are issued; those issued stand."""

    kind: Name
    version: Version


class IssuerRegistered(Event, tag="identity.issuer_registered"):
    """An office may issue credentials of a type."""

    kind: Name
    office: Uscc
    region: Region
    law: Label
    from_ms: TimeMs
    until_ms: TimeMs


class IssuerChanged(Event, tag="identity.issuer_changed"):
    """What an issuer may is suspended, restored or at its end."""

    kind: Name
    office: Uscc
    status: IssuerStatus


class DidCreated(Event, tag="identity.did_created"):
    """An office has an identifier of its own."""

    office: Uscc
    host: Host


class DidKeyAdded(Event, tag="identity.did_key_added"):
    """An office signs credentials with another key."""

    office: Uscc
    key: KeyNumber
    suite: SuiteNumber
    until_ms: TimeMs


class DidKeyRevoked(Event, tag="identity.did_key_revoked"):
    """A key counts for nothing that is recorded from a height on."""

    office: Uscc
    key: KeyNumber
    end: KeyEnd
    from_height: Height


class DidDeactivated(Event, tag="identity.did_deactivated"):
    """An office signs no more credentials."""

    office: Uscc


class CredentialIssued(Event, tag="identity.credential_issued"):
    """A credential is on record; the event names no holder."""

    office: Uscc
    list: ListNumber
    index: EntryIndex
    kind: Name
    version: Version
    until_ms: TimeMs


class CredentialChanged(Event, tag="identity.credential_changed"):
    """A credential has another status; verifiers refuse one that is not `issued`."""

    office: Uscc
    list: ListNumber
    index: EntryIndex
    status: CredentialStatus
    reason: ChangeReason


class LicenceGranted(Event, tag="identity.licence_granted"):
    """A licence is on record."""

    licence: LicenceId
    office: Uscc
    kind: Name
    until_ms: TimeMs


class LicenceChanged(Event, tag="identity.licence_changed"):
    """A licence is suspended, restored or at its end, and its credentials with it."""

    licence: LicenceId
    office: Uscc
    status: LicenceStatus
