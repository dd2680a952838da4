"""Suite 3: ECDSA on P-256 with SHA-256 (FIPS 186-5, 6.4), with s in the lower half.

Of the two signatures (r, s) and (r, n - s), which hold alike and which anyone can make of one
another, only the one with s ≤ (n - 1) / 2 is accepted: nobody but the signer can change a byte of
an envelope. Signers whose library gives the other one call `normalise`.
"""

import functools
from typing import Any, Final

from tongjian.suites.errors import KeyRefused, SignatureInvalid
from tongjian.suites.weierstrass import (
    INTEGER_BYTES,
    SIGNATURE_BYTES,
    Curve,
    check_point,
    decode_der,
    encode_der,
)

N: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
CURVE: Final = Curve(
    name="P-256",
    p=0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    n=N,
    source="SP 800-186, 3.2.1.3",
)
_ZERO: Final = bytes(INTEGER_BYTES)
_ORDER: Final = N.to_bytes(INTEGER_BYTES, "big")
_HALF: Final = (N >> 1).to_bytes(INTEGER_BYTES, "big")
_KEYS_CACHED_MAX: Final = 4096


def check_public_key(public: bytes) -> None:
    """Raise `KeyRefused` for a key that is not an uncompressed point of the curve."""
    check_point(CURVE, public)


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Raise `SignatureInvalid` unless the key made the 64-byte signature over the message.

    Raises `KeyRefused` for a bad key.
    """
    r, s = signature[:INTEGER_BYTES], signature[INTEGER_BYTES:]
    # Compared as bytes: of one length, they are in the order of their numbers.
    if len(signature) != SIGNATURE_BYTES or not _ZERO < r < _ORDER or not _ZERO < s <= _HALF:
        msg = (
            "a P-256 signature is 64 bytes, r from 1 to n - 1, s from 1 to (n - 1) / 2 "
            "(take n - s where a library gives more)"
        )
        raise SignatureInvalid(msg)
    key, invalid, algorithm = _load(public)
    try:
        key.verify(encode_der(signature), message, algorithm)
    except invalid as error:
        msg = "the P-256 signature does not match the message and the key (FIPS 186-5, 6.4.2)"
        raise SignatureInvalid(msg) from error


def normalise(signature: bytes) -> bytes:
    """Return the one acceptable form of a signature, given as strict DER or as 64 bytes.

    Raises `SignatureInvalid` for anything else. What it returns is not verified.
    """
    raw = signature if len(signature) == SIGNATURE_BYTES else decode_der(signature, CURVE.name)
    s = int.from_bytes(raw[INTEGER_BYTES:], "big")
    if s <= N >> 1 or s >= N:
        return raw
    return raw[:INTEGER_BYTES] + (N - s).to_bytes(INTEGER_BYTES, "big")


@functools.lru_cache(_KEYS_CACHED_MAX)
def _load(public: bytes) -> tuple[Any, type[Exception], Any]:
    """Return the library's key with what it raises; a refusal is not kept."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    check_point(CURVE, public)
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    except ValueError as error:
        raise KeyRefused(str(error)) from error
    return key, InvalidSignature, ec.ECDSA(SHA256())
