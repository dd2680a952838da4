"""What a verifier trusts: a chain id, its hash, and the operator's seal keys by height.

The file is small enough to print in a gazette. Whoever verifies must have it from a source that
they trust, not from the receipt.
"""

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from tongjian.core.hashing import Hash, HashSuite, hash_of
from tongjian.core.signatures import KeySuite, check_public_key

ANCHORS_BYTES_MAX: Final = 1 << 20
_HASHES: Final = {"sha256": HashSuite.SHA256, "sm3": HashSuite.SM3}
_SUITES: Final = {"ed25519": KeySuite.ED25519}


class AnchorsInvalid(Exception):
    """A trust file that cannot be used; the text says why."""


class SealAnchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A seal key that counts from a height until the next anchor's height."""

    from_height: int
    suite: str
    public: str


class Anchors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The trust anchors of one chain."""

    chain: str
    label: str
    hash: str
    seals: list[SealAnchor]

    @staticmethod
    def read(path: Path) -> "Anchors":
        """Read a trust file; raises `AnchorsInvalid`."""
        try:
            data = path.read_bytes()
        except OSError as error:
            msg = f"the trust file {path} cannot be read: {error.strerror}"
            raise AnchorsInvalid(msg) from error
        return Anchors.decode(data)

    @staticmethod
    def decode(data: bytes) -> "Anchors":
        """Decode and check a trust file's bytes; raises `AnchorsInvalid`."""
        if len(data) > ANCHORS_BYTES_MAX:
            msg = f"the trust file is over {ANCHORS_BYTES_MAX} bytes"
            raise AnchorsInvalid(msg)
        try:
            fields: dict[str, Any] = json.loads(data)
            anchors = msgspec.convert(fields, Anchors)
            anchors.check()
        except (ValueError, KeyError, RecursionError, msgspec.MsgspecError) as error:
            msg = f"the trust file is not usable: {error}"
            raise AnchorsInvalid(msg) from error
        return anchors

    def check(self) -> None:
        """Raise `ValueError` where a field is not what it must be."""
        if len(bytes.fromhex(self.chain)) != 32:  # noqa: PLR2004 - a digest
            msg = "`chain` is 32 bytes in hexadecimal"
            raise ValueError(msg)
        if self.hash not in _HASHES:
            msg = f"`hash` is one of {', '.join(_HASHES)}"
            raise ValueError(msg)
        heights = [seal.from_height for seal in self.seals]
        if not heights or heights != sorted(set(heights)) or heights[0] < 0:
            msg = "`seals` are in order of `from_height`, at least one"
            raise ValueError(msg)
        for seal in self.seals:
            check_public_key(_SUITES[seal.suite], bytes.fromhex(seal.public))

    @property
    def chain_id(self) -> bytes:
        """The chain id as bytes."""
        return bytes.fromhex(self.chain)

    @property
    def digest(self) -> Hash:
        """The hash of the chain."""
        return hash_of(_HASHES[self.hash])

    def seal_at(self, height: int) -> tuple[KeySuite, bytes]:
        """Return suite and public key for a height; raises `AnchorsInvalid` before the first."""
        found = None
        for seal in self.seals:
            if seal.from_height <= height:
                found = seal
        if found is None:
            msg = f"no seal key counts at height {height}"
            raise AnchorsInvalid(msg)
        return _SUITES[found.suite], bytes.fromhex(found.public)
