"""How a record that comes from elsewhere gets its key: by what it is, not by its file."""

from typing import Final

from tongjian.core.hashing import Hash

TAG_RECORD: Final = b"tongjian/land-record/1\x00"
KEY_BYTES_MAX: Final = 1024


def compute_record_key(digest: Hash, chain: bytes, key: str) -> bytes:
    """Return the key under which `record_foreign` keeps a record of another register.

    `key` is the canonical key that a reader makes of the record's own identity, the same for every
    copy: register and number. It is hashed under the id of the chain, so that the ledger does not
    say whose it is. Raises `ValueError` for a key that is empty or too long.
    """
    encoded = key.encode("utf-8")
    if not 0 < len(encoded) <= KEY_BYTES_MAX:
        msg = f"the key of a record has 1 to {KEY_BYTES_MAX} bytes, got {len(encoded)}"
        raise ValueError(msg)
    return digest(TAG_RECORD + chain + encoded)
