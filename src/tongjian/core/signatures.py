"""Signature suites of keys on the ledger, and their one pinned acceptance rule each.

Which number means which rule, and the one place that verifies; the rules themselves stand in
`tongjian.suites`, one module each, below this layer (docs/decisions/0011-key-suites.md).
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Final

from tongjian.core.encoding import encode
from tongjian.core.hashing import TAG_KEY, TAG_POSSESSION, Hash
from tongjian.suites import ed25519, mldsa, p256, sm2, webauthn
from tongjian.suites.errors import KeyRefused, SignatureInvalid, SuiteUnavailable

__all__ = [
    "SEAL_SUITES",
    "SUITE_NAMES",
    "KeyRefused",
    "KeySuite",
    "SignatureInvalid",
    "SuiteUnavailable",
    "check_public_key",
    "check_seal_key",
    "compute_key_id",
    "compute_possession_message",
    "holds",
    "is_sound",
    "verify",
]


class KeySuite(IntEnum):
    """How a key signs."""

    ED25519 = 1
    SM2 = 2
    P256 = 3
    WEBAUTHN = 4
    ML_DSA_65 = 5
    NETWORK = 16
    """No key of anybody: the validators of a network, by the hash of their set."""


SUITE_NAMES: Final = {
    KeySuite.ED25519: "ed25519",
    KeySuite.SM2: "sm2",
    KeySuite.P256: "p256",
    KeySuite.WEBAUTHN: "webauthn",
    KeySuite.ML_DSA_65: "ml-dsa-65",
    KeySuite.NETWORK: "cometbft",
}
SEAL_SUITES: Final = (KeySuite.ED25519, KeySuite.SM2, KeySuite.P256)
"""What seals headers: a person must be present for a passkey, and a header is small."""
_PAIRED: Final = (KeySuite.ED25519, KeySuite.SM2, KeySuite.P256)
"""What an ML-DSA-65 signature may stand beside."""
_PAIRED_BYTES: Final = 64
_ED25519: Final = int(KeySuite.ED25519)

Verify = Callable[[bytes, bytes, bytes], None]
"""Raises unless the public key made, over the message, the signature."""


def check_public_key(suite: KeySuite, public: bytes) -> None:
    """Refuse with `KeyRefused` a key that is weak, off the curve or not in canonical form."""
    _CHECKS[suite](public)


def check_seal_key(suite: int, public: bytes) -> None:
    """Refuse with `KeyRefused` a key that must not seal headers."""
    if suite not in SEAL_SUITES:
        msg = f"a header is sealed by a key of suite 1, 2 or 3, not {suite}"
        raise KeyRefused(msg)
    check_public_key(KeySuite(suite), public)


def is_sound(suite: int, public: bytes) -> bool:
    """Say whether a key may be enrolled: a known suite, a canonical point, not of small order."""
    try:
        check_public_key(KeySuite(suite), public)
    except ValueError:
        return False
    return True


def compute_key_id(digest: Hash, suite: KeySuite, public: bytes) -> bytes:
    """Return the 16-byte id of a key: half of the hash of its suite and public bytes."""
    return digest(TAG_KEY + bytes([suite]) + public)[:16]


def compute_possession_message(chain: bytes, holder: bytes, suite: int, public: bytes) -> bytes:
    """Return what a new key signs to be enrolled: the ledger, whose key it will be, the key.

    `holder` is the 16 bytes of a person's pseudonym or of an officer's post: the proof of one is
    none for another, so nobody can have another's key enrolled as their own.
    """
    return TAG_POSSESSION + chain + encode((holder, suite, public))


def holds(suite: int, public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether the enrolled key made the signature; for the pool that checks many of them.

    Everywhere else `verify` is used, whose verdict cannot be overlooked. Raises `SuiteUnavailable`
    where this machine cannot tell.
    """
    if suite == _ED25519:
        return ed25519.holds(public, message, signature)
    check = _VERIFIERS.get(suite)
    if check is None:
        return False
    try:
        check(public, message, signature)
    except (SignatureInvalid, KeyRefused):
        return False
    return True


def verify(suite: int, public: bytes, message: bytes, signature: bytes) -> None:
    """Raise `SignatureInvalid` unless the enrolled key made the signature over the message.

    Raises `SuiteUnavailable` where this machine has no library for the suite.
    """
    check = _VERIFIERS.get(suite)
    if check is None:
        msg = f"key suite {suite} is not known to this release"
        raise SignatureInvalid(msg)
    try:
        check(public, message, signature)
    except KeyRefused as error:
        raise SignatureInvalid(str(error)) from error


def _verify_sm2(public: bytes, message: bytes, signature: bytes) -> None:
    sm2.verify(public, signature, message)


def _refuse_network(public: bytes) -> None:
    msg = f"{len(public)} bytes name a network, not a key: nobody can sign with them"
    raise KeyRefused(msg)


def _check_paired(public: bytes) -> None:
    other = public[0] if public else 0
    if other not in _PAIRED:
        msg = "an ML-DSA-65 key stands beside one of suite 1, 2 or 3, whose number comes first"
        raise KeyRefused(msg)
    mldsa.check_public_key(public[-mldsa.PUBLIC_BYTES :])
    check_public_key(KeySuite(other), public[1 : -mldsa.PUBLIC_BYTES])


def _verify_paired(public: bytes, message: bytes, signature: bytes) -> None:
    other = public[0] if public else 0
    if other not in _PAIRED:
        msg = "an ML-DSA-65 key stands beside one of suite 1, 2 or 3"
        raise SignatureInvalid(msg)
    mine = public[-mldsa.PUBLIC_BYTES :]
    verify(other, public[1 : -mldsa.PUBLIC_BYTES], message, signature[:_PAIRED_BYTES])
    mldsa.verify(mine, message, signature[_PAIRED_BYTES:])


_CHECKS: Final[dict[KeySuite, Callable[[bytes], None]]] = {
    KeySuite.ED25519: ed25519.check_public_key,
    KeySuite.SM2: sm2.check_public_key,
    KeySuite.P256: p256.check_public_key,
    KeySuite.WEBAUTHN: webauthn.check_public_key,
    KeySuite.ML_DSA_65: _check_paired,
    KeySuite.NETWORK: _refuse_network,
}
_VERIFIERS: Final[dict[int, Verify]] = {
    int(KeySuite.ED25519): ed25519.verify,
    int(KeySuite.SM2): _verify_sm2,
    int(KeySuite.P256): p256.verify,
    int(KeySuite.WEBAUTHN): webauthn.verify,
    int(KeySuite.ML_DSA_65): _verify_paired,
}
