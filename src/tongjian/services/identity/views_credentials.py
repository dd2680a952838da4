"""What may be asked of types, issuers, DIDs and status: open to all (domain 15, 0.8)."""

from typing import Annotated

from msgspec import Meta

from tongjian.core.encoding import Record
from tongjian.core.ledger import Ledger
from tongjian.core.limits import RANGE_ROWS_MAX
from tongjian.core.values import Digest, Name, Uscc
from tongjian.services.identity.records import service
from tongjian.services.identity.records_credentials import (
    CREDENTIALS,
    DID_KEYS,
    DIDS,
    ISSUERS,
    LICENCES,
    STATUS_LISTS,
    TYPES,
    CredentialStatus,
    CredentialType,
    Did,
    DidKey,
    EntryIndex,
    Issuer,
    Licence,
    LicenceId,
    ListNumber,
    StatusList,
)
from tongjian.services.identity.refusals import Refusal

Limit = Annotated[int, Meta(ge=1, le=RANGE_ROWS_MAX, description="Rows at most.")]


class TypeAsked(Record):
    """Which type, and how many rows at most."""

    kind: Name
    limit: Limit


class TypeShown(Record):
    """All versions of a type, and all who are or were registered to issue it."""

    versions: tuple[CredentialType, ...]
    offices: tuple[Uscc, ...]
    issuers: tuple[Issuer, ...]


@service.query(audience="D0", reads=(TYPES, ISSUERS))
def credential_type(asked: TypeAsked, ledger: Ledger) -> TypeShown:
    """Return what a type of credential says, under which law, and who may issue it."""
    versions = ledger.range(TYPES, asked.kind, limit=asked.limit)
    issuers = ledger.range(ISSUERS, asked.kind, limit=asked.limit)
    return TypeShown(
        versions=tuple(row for _, row in versions),
        offices=tuple(key[1] for key, _ in issuers),
        issuers=tuple(row for _, row in issuers),
    )


class DidAsked(Record):
    """Whose identifier."""

    office: Uscc


class DidShown(Record):
    """The identifier of an office with all its keys, by number from 1."""

    did: Did
    keys: tuple[DidKey, ...]


@service.query(audience="D0", reads=(DIDS, DID_KEYS))
def did(asked: DidAsked, ledger: Ledger) -> DidShown:
    """Return the identifier of an office: its keys, which of them count, whether it is in use."""
    row = ledger.one(DIDS, asked.office, missing=Refusal.DID_UNKNOWN)
    keys = ledger.range(DID_KEYS, asked.office, limit=RANGE_ROWS_MAX)
    return DidShown(did=row, keys=tuple(key for _, key in keys))


class ListAsked(Record):
    """Which status list of which office."""

    office: Uscc
    list: ListNumber


@service.query(audience="D0", reads=(STATUS_LISTS,))
def status_list(asked: ListAsked, ledger: Ledger) -> StatusList | None:
    """Return the roots of a status list and how many of it are revoked or suspended."""
    return ledger.get(STATUS_LISTS, asked.office, asked.list)


class CredentialAsked(Record):
    """A credential in the asker's hand: its place and the commitment to its text."""

    office: Uscc
    list: ListNumber
    index: EntryIndex
    commitment: Digest


@service.query(audience="D2", reads=(CREDENTIALS,))
def credential_status(asked: CredentialAsked, ledger: Ledger) -> CredentialStatus | None:
    """Say whether a credential that the asker has is in force; none where it is not on record."""
    row = ledger.get(CREDENTIALS, asked.office, asked.list, asked.index)
    return None if row is None or row.commitment != asked.commitment else row.status


class LicenceAsked(Record):
    """Which licence."""

    licence: LicenceId


@service.query(audience="D0", reads=(LICENCES,))
def licence(asked: LicenceAsked, ledger: Ledger) -> Licence | None:
    """Return whether a licence is in force, and until when."""
    return ledger.get(LICENCES, asked.licence)
