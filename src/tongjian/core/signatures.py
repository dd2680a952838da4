"""Signature suites of keys on the ledger, and their one pinned acceptance rule each.

Ed25519 follows ZIP 215 (cofactored, as `ed25519-zebra` implements it), with two refusals on top: a
key must be a canonical point of the prime-order subgroup when it is enrolled, and the R of a
signature must not be of small order. What nobody but the key's holder can then make, and what a
cofactorless library refuses, is an R of mixed order: it holds here, on every node alike
(docs/decisions/0007-suites.md).
"""

from enum import IntEnum
from typing import Final

from ed25519_zebra import ed_verify
from nacl.bindings import crypto_core_ed25519_is_valid_point

from tongjian.core.hashing import TAG_KEY, Hash

_SMALL_ORDER_R: Final = frozenset(
    bytes.fromhex(text)
    for text in (
        # The eight points of the torsion subgroup in canonical form, then the encodings with a
        # non-canonical y or sign that decode to one of them (ZIP 215 accepts those).
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    )
)


class KeySuite(IntEnum):
    """How a key signs."""

    ED25519 = 1


_ED25519: Final = int(KeySuite.ED25519)
_ED25519_BYTES: Final = 64


class SignatureInvalid(ValueError):
    """A signature that its key did not make over this message."""


class KeyRefused(ValueError):
    """A public key that must not be enrolled."""


def check_public_key(suite: KeySuite, public: bytes) -> None:
    """Refuse with `KeyRefused` a key that is weak, off the curve or not in canonical form."""
    size = {KeySuite.ED25519: 32}[suite]
    if len(public) != size:
        msg = f"an Ed25519 key is {size} bytes, got {len(public)}"
        raise KeyRefused(msg)
    if not crypto_core_ed25519_is_valid_point(public):
        msg = "the key is not a canonical point of the prime-order subgroup (RFC 8032, 5.1)"
        raise KeyRefused(msg)


def compute_key_id(digest: Hash, suite: KeySuite, public: bytes) -> bytes:
    """Return the 16-byte id of a key: half of the hash of its suite and public bytes."""
    return digest(TAG_KEY + bytes([suite]) + public)[:16]


def holds(suite: int, public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether the enrolled key made the signature; for the pool that checks many of them.

    Everywhere else `verify` is used, whose verdict cannot be overlooked.
    """
    return (
        suite == _ED25519
        and len(signature) == _ED25519_BYTES
        and signature[:32] not in _SMALL_ORDER_R
        and ed_verify(signature, message, public)
    )


def verify(suite: int, public: bytes, message: bytes, signature: bytes) -> None:
    """Raise `SignatureInvalid` unless the enrolled key made the signature over the message."""
    if holds(suite, public, message, signature):
        return
    if suite != _ED25519:
        msg = f"key suite {suite} is not known to this release"
    elif len(signature) != _ED25519_BYTES or signature[:32] in _SMALL_ORDER_R:
        msg = "an Ed25519 signature is 64 bytes and its R is not of small order"
    else:
        msg = "the Ed25519 signature does not match the message and the key (RFC 8032, 5.1.7)"
    raise SignatureInvalid(msg)
