"""Status lists as credentials of their own (Bitstring Status List 1.0), made from the ledger."""

from typing import Final, NamedTuple

from tongjian.connectors.credentials.dataintegrity import create_proof
from tongjian.connectors.credentials.dates import text_of
from tongjian.connectors.credentials.documents import quoted
from tongjian.connectors.credentials.errors import CredentialMalformed
from tongjian.connectors.credentials.jose import EDDSA, Signer
from tongjian.connectors.credentials.making import PURPOSES
from tongjian.connectors.credentials.registered import method_of
from tongjian.connectors.credentials.statuslist import list_credential
from tongjian.connectors.strictjson import encode
from tongjian.core.directory import Reader
from tongjian.core.hashing import Hash
from tongjian.services.identity.exchange_credentials import did_of, joined, list_root, list_url
from tongjian.services.identity.records_credentials import (
    CHUNKS,
    DID_KEYS,
    DIDS,
    STATUS_CHUNKS,
    STATUS_LISTS,
    Did,
    StatusChunk,
    StatusList,
)

_HOUR_MS: Final = 3_600_000
_RULE: Final = "Bitstring Status List 1.0, 3"


class Shelf(NamedTuple):
    """Which list of which office."""

    host: str
    office: str
    number: int


def bits_of(
    reader: Reader, digest: Hash, office: str, number: int, purpose: str
) -> tuple[Shelf, bytes]:
    """Return a list's bits for a purpose, once their root is the one on record.

    Raises `CredentialMalformed` for a list that is not on the ledger.
    """
    did: Did | None = reader.row(DIDS, DIDS.key(office))
    held: StatusList | None = reader.row(STATUS_LISTS, STATUS_LISTS.key(office, number))
    if did is None or held is None or purpose not in PURPOSES:
        msg = f"the ledger has no list {number} of {quoted(office)} for {quoted(purpose)}"
        raise CredentialMalformed(msg, _RULE)
    chunks: dict[int, bytes] = {}
    for key, value in reader.scan(*STATUS_CHUNKS.bounds(office, number), CHUNKS):
        chunk: StatusChunk = STATUS_CHUNKS.codec.decode(value)
        is_revocation = purpose == PURPOSES[0]
        chunks[STATUS_CHUNKS.split(key)[2]] = chunk.revoked if is_revocation else chunk.suspended
    bits = joined(chunks)
    root = held.revocation_root if purpose == PURPOSES[0] else held.suspension_root
    if list_root(digest, bits) != root:
        raise CredentialMalformed("the bits are not those of the root on record", _RULE)
    return Shelf(did.host, office, number), bits


def signed_list(
    shelf: Shelf,
    purpose: str,
    bits: bytes,
    signing: Signer,
    *,
    from_ms: int,
    hours: int,
    reader: Reader,
) -> bytes:
    """Return the credential of a list, signed with a key of the office's identifier.

    Raises `CredentialMalformed` for a key that the office does not have, or none of Ed25519.
    """
    did = did_of(shelf.host, shelf.office)
    moment, until = text_of(from_ms), text_of(from_ms + hours * _HOUR_MS)
    document = list_credential(
        list_url(shelf.host, shelf.office, shelf.number, purpose),
        did,
        purpose,
        bits,
        validFrom=moment,
        validUntil=until,
    )
    method = method_of(did, _number_of(reader, shelf.office, signing))
    return encode(create_proof(document, signing.sign, method=method, created=moment))


def _number_of(reader: Reader, office: str, signing: Signer) -> int:
    """Return the number of a key among those of an office."""
    did: Did | None = reader.row(DIDS, DIDS.key(office))
    for number in range(1, 1 + (did.keys if did is not None else 0)):
        held = reader.row(DID_KEYS, DID_KEYS.key(office, number))
        is_same = held is not None and held.public == signing.key.public
        if is_same and signing.key.algorithm == EDDSA:
            return number
    msg = "the key is none of the office's, or none of Ed25519"
    raise CredentialMalformed(msg, "Data Integrity EdDSA 1.0, 3.3")
