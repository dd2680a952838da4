"""SM2 signatures with SM3 for seals of documents, and new keys: the face of `suites.sm2`.

Verification and signing are those of the suite; only the chance of a new key is added, which has no
place below `core`.
"""

import secrets

from tongjian.suites.errors import KeyRefused, SignatureInvalid, SM2Unavailable
from tongjian.suites.sm2 import (
    IDENTITY,
    SECRET_BYTES,
    A,
    B,
    N,
    P,
    check_public_key,
    compute_public_key,
    der_from_raw,
    probe,
    raw_from_der,
    sign,
    verify,
)

__all__ = [
    "IDENTITY",
    "A",
    "B",
    "KeyRefused",
    "N",
    "P",
    "SM2Unavailable",
    "SignatureInvalid",
    "check_public_key",
    "compute_public_key",
    "der_from_raw",
    "generate_key",
    "generate_secret",
    "probe",
    "raw_from_der",
    "sign",
    "verify",
]


def generate_secret() -> bytes:
    """Draw a number from 1 to n - 2, evenly, by the system's generator; return it in 32 bytes."""
    return (1 + secrets.randbelow(N - 2)).to_bytes(SECRET_BYTES, "big")


def generate_key() -> tuple[bytes, bytes]:
    """Return a new secret of 32 bytes and its public key of 65.

    Raises `SM2Unavailable` where no library is found.
    """
    secret = generate_secret()
    return secret, compute_public_key(secret)
