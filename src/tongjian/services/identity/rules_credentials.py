"""What several acts on credentials look at: regions, issuers, keys, lists, changes of status."""

from tongjian.core.encoding import replace
from tongjian.core.identifiers import IdentifierInvalid, region_covers
from tongjian.core.ledger import Ledger
from tongjian.core.operation import ensure
from tongjian.core.values import Count, count, digest, height, uscc
from tongjian.services.identity.events_credentials import CredentialChanged
from tongjian.services.identity.exchange_credentials import is_set, joined, list_root, with_bit
from tongjian.services.identity.records_credentials import (
    CHUNK_BYTES,
    CHUNK_ENTRIES,
    CHUNKS,
    CREDENTIALS,
    DID_KEYS,
    ISSUERS,
    LIST_ENTRIES,
    STATUS_CHUNKS,
    STATUS_LISTS,
    TYPES,
    ChangeReason,
    Credential,
    CredentialStatus,
    CredentialType,
    StatusChunk,
    StatusList,
)
from tongjian.services.identity.refusals import Refusal


def covers(parent: str, child: str) -> bool:
    """Say whether a region lies in another; a code that is none lies nowhere."""
    try:
        return region_covers(parent, child)
    except IdentifierInvalid:
        return False


def require_type(ledger: Ledger, name: str, version: int) -> CredentialType:
    """Return a version of a type that is in use, or refuse."""
    row = ledger.one(TYPES, name, version, missing=Refusal.TYPE_UNKNOWN)
    ensure(row.status == "active", Refusal.TYPE_RETIRED)
    return row


def check_issuer(ledger: Ledger, name: str, office: str, region: str) -> None:
    """Refuse an office that is not registered for the type, the region and now (IDN-I5)."""
    issuer = ledger.one(ISSUERS, name, office, missing=Refusal.ISSUER_UNKNOWN)
    in_period = issuer.from_ms <= ledger.time_ms < issuer.until_ms
    ensure(issuer.status == "active" and in_period, Refusal.ISSUER_NOT_ACTIVE)
    ensure(covers(issuer.region, region), Refusal.REGION_OUTSIDE)


def check_signing_key(ledger: Ledger, office: str, number: int) -> None:
    """Refuse a key of the office's identifier that does not count now."""
    key = ledger.one(DID_KEYS, office, number, missing=Refusal.DID_KEY_UNKNOWN)
    is_ended = key.revoked_height and key.revoked_height <= ledger.height
    ensure(not is_ended and ledger.time_ms < key.until_ms, Refusal.DID_KEY_ENDED)


def take_entry(ledger: Ledger, office: str, number: int, index: int) -> None:
    """Take a place in a list, or refuse; a further list is begun once the one before fills up."""
    ensure(ledger.get(CREDENTIALS, office, number, index) is None, Refusal.INDEX_TAKEN)
    chunk = index // CHUNK_ENTRIES
    if ledger.get(STATUS_CHUNKS, office, number, chunk) is None:
        empty = StatusChunk(revoked=bytes(CHUNK_BYTES), suspended=bytes(CHUNK_BYTES))
        ledger.put(STATUS_CHUNKS, office, number, chunk, row=empty)
    held = ledger.get(STATUS_LISTS, office, number)
    if held is None:
        held = _new_list(ledger, office, number)
    used = count(held.used + 1)
    ledger.put(STATUS_LISTS, office, number, row=replace(held, used=used))


def _new_list(ledger: Ledger, office: str, number: int) -> StatusList:
    if number:
        before = ledger.get(STATUS_LISTS, office, number - 1)
        filled = 0 if before is None else before.used
        ensure(filled >= ledger.parameter("list_entries_first"), Refusal.LIST_TOO_EARLY)
    empty = digest(list_root(ledger.digest, bytes(LIST_ENTRIES // 8)))
    return StatusList(
        used=count(0),
        revoked=count(0),
        suspended=count(0),
        revocation_root=empty,
        suspension_root=empty,
        height=height(0),
    )


def set_status(
    ledger: Ledger,
    place: tuple[str, int, int],
    row: Credential,
    status: CredentialStatus,
    reason: ChangeReason,
) -> CredentialChanged:
    """Give a credential another status, with its bits and the roots of its list in this block."""
    office, number, index = place
    changed = height(ledger.height)
    stops = row.stops if status == "suspended" else ()
    changes = replace(row, status=status, reason=reason, changed_height=changed, stops=stops)
    ledger.put(CREDENTIALS, office, number, index, row=changes)
    _set_bits(ledger, place, is_revoked=status == "revoked", is_suspended=status == "suspended")
    return CredentialChanged(
        office=uscc(office), list=number, index=index, status=status, reason=reason
    )


def stop(
    ledger: Ledger, place: tuple[str, int, int], row: Credential, reason: ChangeReason
) -> CredentialChanged:
    """Suspend a credential for a reason, beside any that suspends it already."""
    others: tuple[ChangeReason, ...] = tuple(one for one in row.stops if one != reason)
    stopped = replace(row, stops=(*others, reason))
    return set_status(ledger, place, stopped, "suspended", reason)


def lift(
    ledger: Ledger, place: tuple[str, int, int], row: Credential, reason: ChangeReason
) -> CredentialChanged:
    """Take a reason away; what another still suspends stays suspended, for that one."""
    left: tuple[ChangeReason, ...] = tuple(one for one in row.stops if one != reason)
    if left:
        return set_status(ledger, place, replace(row, stops=left), "suspended", left[-1])
    return set_status(ledger, place, row, "issued", reason)


def _set_bits(
    ledger: Ledger, place: tuple[str, int, int], *, is_revoked: bool, is_suspended: bool
) -> None:
    office, number, index = place
    chunk_number = index // CHUNK_ENTRIES
    rows = ledger.range(STATUS_CHUNKS, office, number, limit=CHUNKS)
    chunks = {key[2]: row for key, row in rows}
    before = chunks[chunk_number]
    after = StatusChunk(
        revoked=with_bit(before.revoked, index, is_on=is_revoked),
        suspended=with_bit(before.suspended, index, is_on=is_suspended),
    )
    chunks[chunk_number] = after
    ledger.put(STATUS_CHUNKS, office, number, chunk_number, row=after)

    held = ledger.one(STATUS_LISTS, office, number, missing=Refusal.CREDENTIAL_UNKNOWN)
    revoked = joined({at: chunk.revoked for at, chunk in chunks.items()})
    suspended = joined({at: chunk.suspended for at, chunk in chunks.items()})
    row = StatusList(
        used=held.used,
        revoked=_moved(held.revoked, is_set(before.revoked, index), is_revoked),
        suspended=_moved(held.suspended, is_set(before.suspended, index), is_suspended),
        revocation_root=digest(list_root(ledger.digest, revoked)),
        suspension_root=digest(list_root(ledger.digest, suspended)),
        height=height(ledger.height),
    )
    ledger.put(STATUS_LISTS, office, number, row=row)


def _moved(number: Count, was: bool, now: bool) -> Count:  # noqa: FBT001 - two states of one bit
    return count(number + int(now) - int(was))
