"""Suite 5: ML-DSA-65 (FIPS 204) beside a signature of suite 1, 2 or 3; both must hold.

    public key = uint8(other suite) ‖ public key of that suite ‖ ML-DSA-65 public key (1952)
    signature  = signature of that suite (64) ‖ ML-DSA-65 signature (3309)

One key and one signature on the ledger, so neither half ever stands alone: the lattice is not
trusted by itself yet, the curve will not be trusted for ever. Both sign the same message, which
names the id of this very key; the lattice half carries the context of this suite on top.
"""

import functools
from typing import Any, Final

from tongjian.suites.errors import KeyRefused, SignatureInvalid, SuiteUnavailable

PUBLIC_BYTES: Final = 1952
SIGNATURE_BYTES: Final = 3309
CONTEXT: Final = b"tongjian/suite/5"
_KEYS_CACHED_MAX: Final = 1024


def check_public_key(public: bytes) -> None:
    """Raise `KeyRefused` unless the key has its length: each such string is one (FIPS 204, 7.2)."""
    if len(public) != PUBLIC_BYTES:
        msg = f"an ML-DSA-65 key is {PUBLIC_BYTES} bytes, got {len(public)}"
        raise KeyRefused(msg)


def verify(public: bytes, message: bytes, signature: bytes, context: bytes = CONTEXT) -> None:
    """Raise `SignatureInvalid` unless the key made the 3309-byte signature.

    Raises `SuiteUnavailable` where the package cryptography was built without ML-DSA. Only vectors
    of the standard pass another context.
    """
    if len(signature) != SIGNATURE_BYTES:
        msg = f"an ML-DSA-65 signature is {SIGNATURE_BYTES} bytes, got {len(signature)}"
        raise SignatureInvalid(msg)
    key, invalid = _load(public)
    try:
        key.verify(signature, message, context)
    except invalid as error:
        msg = "the ML-DSA-65 signature does not match the message and the key (FIPS 204, 5.3)"
        raise SignatureInvalid(msg) from error


@functools.lru_cache(_KEYS_CACHED_MAX)
def _load(public: bytes) -> tuple[Any, type[Exception]]:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey

    check_public_key(public)
    try:
        return MLDSA65PublicKey.from_public_bytes(public), InvalidSignature
    except UnsupportedAlgorithm as error:
        msg = "ML-DSA-65 is not available on this machine; install a wheel of cryptography 50"
        raise SuiteUnavailable(msg) from error
