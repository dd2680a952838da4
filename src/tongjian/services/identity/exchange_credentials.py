"""How texts of credentials and status bits become what the ledger holds; used offline as well."""

from typing import Final

from tongjian.core.hashing import Hash
from tongjian.services.identity.records_credentials import CHUNK_BYTES, CHUNK_ENTRIES, CHUNKS

TAG_CREDENTIAL: Final = b"tongjian/credential/1\x00"
TAG_LIST: Final = b"tongjian/status-list/1\x00"
TYPE_PREFIX: Final = "urn:tongjian:credential"


def commit(digest: Hash, signed: bytes) -> bytes:
    """Return the commitment under which a credential is on record: H(tag ‖ signed text).

    The text ends with the issuer's signature, which nobody guesses without the issuer's key, so
    that no salt is needed to hide claims of few values. Of an SD-JWT it is the part that the
    issuer signed, with its signature and without disclosures; of a Data Integrity credential its
    canonical form (RFC 8785), proof included.
    """
    return digest(TAG_CREDENTIAL + signed)


def list_root(digest: Hash, bits: bytes) -> bytes:
    """Return the root of a status list's bits, index 0 the highest bit of the first byte."""
    return digest(TAG_LIST + bits)


def joined(chunks: dict[int, bytes]) -> bytes:
    """Return all bits of a list from its chunks by number; one that is not there is zero."""
    return b"".join(chunks.get(number, bytes(CHUNK_BYTES)) for number in range(CHUNKS))


def is_set(bits: bytes, index: int) -> bool:
    """Say whether the entry of an index is set in the chunk that holds it."""
    byte, bit = divmod(index % CHUNK_ENTRIES, 8)
    return bool(bits[byte] & (0x80 >> bit))


def with_bit(bits: bytes, index: int, *, is_on: bool) -> bytes:
    """Return the chunk of an index with the entry set or cleared."""
    byte, bit = divmod(index % CHUNK_ENTRIES, 8)
    mask = 0x80 >> bit
    value = bits[byte] | mask if is_on else bits[byte] & ~mask
    return bits[:byte] + bytes((value,)) + bits[byte + 1 :]


def did_of(host: str, office: str) -> str:
    """Return the identifier of an office (did:web): its document is at `/offices/USCC/did.json`."""
    return f"did:web:{host}:offices:{office}"


def office_of(did: str) -> tuple[str, str] | None:
    """Return host and credit code of an office's identifier; none for another DID."""
    parts = did.split(":")
    if len(parts) != len(("did", "web", "host", "offices", "office")):
        return None
    method, host, office = ":".join(parts[:2]), parts[2], parts[4]
    return (host, office) if (method, parts[3]) == ("did:web", "offices") else None


def type_url(name: str, version: int) -> str:
    """Return the URL by which credentials name a version of a type (`vct`, `type`)."""
    return f"{TYPE_PREFIX}:{name}:{version}"


def list_url(host: str, office: str, number: int, purpose: str) -> str:
    """Return where the status list of an office for a purpose is published."""
    return f"https://{host}/offices/{office}/status/{number}/{purpose}"
