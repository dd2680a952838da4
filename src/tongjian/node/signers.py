"""Signing with a secret in memory, by suite. Verification stands in `tongjian.suites`.

suite 1  32 bytes, any                                  Ed25519, by libsodium
suite 2  32 bytes, 1 to n - 2                           SM2, by libcrypto or tongsuopy
suite 3  32 bytes, 1 to n - 1                           P-256, by the package cryptography
suite 5  uint8(other suite) ‖ its secret ‖ 32 bytes     ML-DSA-65 beside it, cryptography
"""

import secrets
from collections.abc import Callable
from typing import Final

from nacl.signing import SigningKey

from tongjian.core.signatures import KeyRefused, KeySuite
from tongjian.suites import mldsa, p256, sm2

Sign = Callable[[bytes], bytes]
"""Returns the signature over a message, in the form of the ledger."""
SECRET_BYTES: Final = 32
BESIDE: Final = KeySuite.ED25519
"""What a new key of suite 5 stands beside, unless another is asked for."""


def generate_secret(suite: KeySuite, beside: KeySuite = BESIDE) -> bytes:
    """Draw a secret of a suite by the system's generator; `beside` counts for suite 5 only.

    Raises `KeyRefused` for a suite whose secrets are not kept in files.
    """
    if suite is KeySuite.ED25519:
        return secrets.token_bytes(SECRET_BYTES)
    if suite is KeySuite.SM2:
        return (1 + secrets.randbelow(sm2.N - 2)).to_bytes(SECRET_BYTES, "big")
    if suite is KeySuite.P256:
        return (1 + secrets.randbelow(p256.N - 1)).to_bytes(SECRET_BYTES, "big")
    if suite is KeySuite.ML_DSA_65:
        return bytes([beside]) + generate_secret(beside) + secrets.token_bytes(SECRET_BYTES)
    raise _not_in_files(suite)


def signer_of(suite: KeySuite, secret: bytes) -> tuple[bytes, Sign]:
    """Return the public key of a secret and what signs with it.

    Raises `KeyRefused` for a secret that is none of the suite, `SuiteUnavailable` where this
    machine has no library for it.
    """
    make = _MAKERS.get(suite)
    if make is None:
        raise _not_in_files(suite)
    return make(secret)


def _ed25519(secret: bytes) -> tuple[bytes, Sign]:
    _expect_bytes(secret, SECRET_BYTES)
    key = SigningKey(secret)
    return bytes(key.verify_key), lambda message: key.sign(message).signature


def _sm2(secret: bytes) -> tuple[bytes, Sign]:
    public = sm2.compute_public_key(secret)
    backend = sm2.backend()

    def sign(message: bytes) -> bytes:
        return sm2.raw_from_der(backend.sign(secret, public, message, sm2.IDENTITY))

    return public, sign


def _p256(secret: bytes) -> tuple[bytes, Sign]:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    _expect_bytes(secret, SECRET_BYTES)
    try:
        key = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
    except ValueError as error:
        msg = "a P-256 secret is from 1 to n - 1 (FIPS 186-5, A.2)"
        raise KeyRefused(msg) from error
    algorithm = ec.ECDSA(SHA256())
    public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return public, lambda message: p256.normalise(key.sign(message, algorithm))


def _paired(secret: bytes) -> tuple[bytes, Sign]:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

    _expect_bytes(secret, 1 + 2 * SECRET_BYTES)
    other = KeySuite(secret[0]) if secret[0] in _PLAIN else None
    if other is None:
        msg = "an ML-DSA-65 secret stands beside one of suite 1, 2 or 3, whose number comes first"
        raise KeyRefused(msg)
    public, sign = signer_of(other, secret[1 : 1 + SECRET_BYTES])
    key = MLDSA65PrivateKey.from_seed_bytes(secret[1 + SECRET_BYTES :])
    whole = bytes([other]) + public + key.public_key().public_bytes_raw()
    return whole, lambda message: sign(message) + key.sign(message, mldsa.CONTEXT)


def _expect_bytes(secret: bytes, size: int) -> None:
    if len(secret) != size:
        msg = f"a secret of this suite is {size} bytes, got {len(secret)}"
        raise KeyRefused(msg)


def _not_in_files(suite: KeySuite) -> KeyRefused:
    msg = f"keys of suite {suite} do not sign from a file: a passkey stays in its authenticator"
    return KeyRefused(msg)


_PLAIN: Final = (KeySuite.ED25519, KeySuite.SM2, KeySuite.P256)
_MAKERS: Final[dict[KeySuite, Callable[[bytes], tuple[bytes, Sign]]]] = {
    KeySuite.ED25519: _ed25519,
    KeySuite.SM2: _sm2,
    KeySuite.P256: _p256,
    KeySuite.ML_DSA_65: _paired,
}
