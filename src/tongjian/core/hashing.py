"""The two hash suites of a chain and the domain tags that keep one use of a hash from another.

A chain fixes its suite in genesis. SHA-256: FIPS 180-4. SM3: GB/T 32905-2016.
"""

import hashlib
from collections.abc import Callable
from enum import IntEnum
from typing import Final

Hash = Callable[[bytes], bytes]
"""A hash function from bytes to 32 bytes."""

DIGEST_BYTES: Final = 32

TAG_GENESIS: Final = b"tongjian/genesis/1\x00"
TAG_TRANSACTION: Final = b"tongjian/transaction/1\x00"
TAG_TIMER: Final = b"tongjian/timer/1\x00"
TAG_FINDING: Final = b"tongjian/finding/1\x00"
TAG_EVENTS: Final = b"tongjian/events/1\x00"
TAG_HEADER: Final = b"tongjian/header/1\x00"
TAG_APP: Final = b"tongjian/app/1\x00"
TAG_BATCH: Final = b"tongjian/batch/1\x00"
TAG_KEY: Final = b"tongjian/key/1\x00"
TAG_POSSESSION: Final = b"tongjian/possession/1\x00"
TAG_COMMITMENT: Final = b"tongjian/commitment/1\x00"
TAG_CHECK: Final = b"tongjian/check/1\x00"


class HashSuite(IntEnum):
    """The hash function of a whole chain."""

    SHA256 = 1
    SM3 = 2


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 of the data, 32 bytes."""
    return hashlib.sha256(data).digest()


def hash_of(suite: HashSuite) -> Hash:
    """Return the hash function of a suite.

    Raises `ValueError` where this Python's OpenSSL has no SM3.
    """
    if suite is HashSuite.SHA256:
        return sha256
    prepared = hashlib.new("sm3")

    def sm3(data: bytes) -> bytes:
        """Return the SM3 of the data; copying a prepared object saves the look-up by name."""
        state = prepared.copy()
        state.update(data)
        return state.digest()

    return sm3


def compute_commitment(digest: Hash, salt: bytes, data: bytes) -> bytes:
    """Commit to data under a salt of 32 bytes kept beside the data, never on the ledger.

    A bare hash of a name or a number could be found by trying them all (domain rule 0.3).
    """
    if len(salt) != DIGEST_BYTES:
        msg = f"a commitment needs a salt of {DIGEST_BYTES} bytes, got {len(salt)}"
        raise ValueError(msg)
    return digest(TAG_COMMITMENT + salt + data)
