"""The validators of a network: who seals blocks together, and the hash that names the whole set.

The hash is the one in CometBFT's headers (SHA-256 whatever the hash of the chain), so a row of the
ledger says which signatures a block must carry.
"""

from collections.abc import Iterable
from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.encoding import Codec, Record
from tongjian.core.hashing import sha256
from tongjian.core.merkle import Frontier, leaf_hash
from tongjian.core.values import Digest, Height

NETWORK_SUITE: Final = 16
"""In place of a key's suite: headers are sealed by the validators whose hash stands as the key."""
POWER_MAX: Final = 1_000_000
VALIDATORS_MAX: Final = 100
_ADDRESS_BYTES: Final = 20


class NetworkSeal(Record):
    """What a block of a network holds for a seal: the engine's block that decided it.

    The signatures are not known yet when a block is stored; the engine keeps them, and a receipt
    carries them.
    """

    height: Height
    """Of the engine's block, which counts rounds of agreement and runs ahead of the ledger's."""
    block: Digest
    """Hash of the engine's block."""
    validators: Digest
    """Hash of the validators who sign for what that block decided."""


NETWORK_SEALS: Final = Codec(NetworkSeal, 128)
Power = Annotated[int, Meta(ge=0, le=POWER_MAX, description="Voting power; 0 has no vote.")]


def compute_address(public: bytes) -> bytes:
    """Return the address under which the engine knows an Ed25519 validator."""
    return sha256(public)[:_ADDRESS_BYTES]


def compute_validators_hash(validators: Iterable[tuple[bytes, int]]) -> bytes:
    """Return the hash of a set of Ed25519 public keys with their powers, in the engine's order."""
    tree = Frontier(sha256)
    for public, power in in_order(validators):
        tree.append(leaf_hash(sha256, b"\x0a\x22\x0a\x20" + public + b"\x10" + _varint(power)))
    return tree.root()


def in_order(validators: Iterable[tuple[bytes, int]]) -> list[tuple[bytes, int]]:
    """Return validators as the engine orders them: by power, the greatest first; then address."""
    return sorted(validators, key=lambda one: (-one[1], compute_address(one[0])))


def _varint(value: int) -> bytes:
    packed = b""
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        packed += bytes([value & 0x7F | 0x80])
        value >>= 7
    return packed + bytes([value])
