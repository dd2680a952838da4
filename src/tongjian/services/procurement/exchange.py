"""How a release that comes from elsewhere gets its key: by what it is, not by its file."""

from typing import Final

from tongjian.core import values
from tongjian.core.hashing import Hash
from tongjian.core.values import Digest
from tongjian.services.procurement.values import ForeignKey

TAG_FOREIGN: Final = b"tongjian/procurement-foreign/1\x00"
TAG_CONTENT: Final = b"tongjian/procurement-content/1\x00"
KEY_BYTES_MAX: Final = 1024


def compute_foreign_key(digest: Hash, chain: bytes, identifier: str) -> ForeignKey:
    """Return the key under which `record_foreign` keeps a process or a release.

    It is hashed under the id of the chain, because publishers write what they like into ids.
    Raises `ValueError` for an id that is empty or too long.
    """
    encoded = identifier.encode("utf-8")
    if not 0 < len(encoded) <= KEY_BYTES_MAX:
        msg = f"an id has 1 to {KEY_BYTES_MAX} bytes, got {len(encoded)}"
        raise ValueError(msg)
    return digest(TAG_FOREIGN + chain + encoded)


def compute_content_digest(digest: Hash, chain: bytes, canonical: bytes) -> Digest:
    """Return the hash of what a release says, from its canonical text (RFC 8785 order of names)."""
    return values.digest(digest(TAG_CONTENT + chain + canonical))
