"""How a document that comes from elsewhere gets its key: by what it is, not by its file."""

import re
from typing import Final

from tongjian.core.hashing import Hash

TAG_DOCUMENT: Final = b"tongjian/invoice-document/1\x00"
KEY_BYTES_MAX: Final = 1024
_E_INVOICE: Final = re.compile("cn:([0-9]{20})")


def compute_document_key(digest: Hash, chain: bytes, key: str) -> str:
    """Return the key under which `record_foreign` keeps a document.

    `key` is the canonical key that a reader makes of the document's own identity, the same for
    every format and copy: `cn:` with code and number of a Chinese invoice; `en:` with the seller's
    VAT number, the number and the day for EN 16931. A 20-digit e-invoice keeps its number, so that
    it meets the one issued here; all others are hashed under the id of the chain, so that the
    ledger does not say who supplied whom. Raises `ValueError` for a key that is empty or too long.
    """
    match = _E_INVOICE.fullmatch(key)
    if match is not None:
        return match[1]
    encoded = key.encode("utf-8")
    if not 0 < len(encoded) <= KEY_BYTES_MAX:
        msg = f"a document key has 1 to {KEY_BYTES_MAX} bytes, got {len(encoded)}"
        raise ValueError(msg)
    return digest(TAG_DOCUMENT + chain + encoded).hex()
