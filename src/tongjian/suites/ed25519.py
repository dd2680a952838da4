"""Suite 1: Ed25519 by ZIP 215 (cofactored, as `ed25519-zebra` implements it), and two refusals.

A key must be a canonical point of the prime-order subgroup when it is enrolled, and the R of a
signature must not be of small order. What nobody but the key's holder can then make, and what a
cofactorless library refuses, is an R of mixed order: it holds here, on every node alike.
"""

from typing import Final

from ed25519_zebra import ed_verify
from nacl.bindings import crypto_core_ed25519_is_valid_point

from tongjian.suites.errors import KeyRefused, SignatureInvalid

PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
SMALL_ORDER_R: Final = frozenset(
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


def check_public_key(public: bytes) -> None:
    """Raise `KeyRefused` for a key that is not a canonical point of the prime-order subgroup."""
    if len(public) != PUBLIC_BYTES:
        msg = f"an Ed25519 key is {PUBLIC_BYTES} bytes, got {len(public)}"
        raise KeyRefused(msg)
    if not crypto_core_ed25519_is_valid_point(public):
        msg = "the key is not a canonical point of the prime-order subgroup (RFC 8032, 5.1)"
        raise KeyRefused(msg)


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether the enrolled key made the signature."""
    return (
        len(signature) == SIGNATURE_BYTES
        and signature[:32] not in SMALL_ORDER_R
        and ed_verify(signature, message, public)
    )


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Raise `SignatureInvalid` unless the enrolled key made the 64-byte signature."""
    if holds(public, message, signature):
        return
    if len(signature) != SIGNATURE_BYTES or signature[:32] in SMALL_ORDER_R:
        msg = "an Ed25519 signature is 64 bytes and its R is not of small order"
    else:
        msg = "the Ed25519 signature does not match the message and the key (RFC 8032, 5.1.7)"
    raise SignatureInvalid(msg)
