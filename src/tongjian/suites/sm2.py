"""Suite 2: SM2 with SM3, GB/T 32918.2-2016, curve and identity of GB/T 32918.5-2017.

A public key is 65 bytes, 04 then x then y; a signature 64 bytes, r then s. The signer's identity is
fixed: another identity would be another suite. The arithmetic of signatures is that of the system's
libcrypto (3.0 or later) or, where that was built without SM2, of tongsuopy if it is installed;
never of Python.
"""

import functools
from typing import Final, Protocol

from tongjian.suites import _libcrypto, _tongsuo
from tongjian.suites.errors import KeyRefused, SignatureInvalid, SM2Unavailable
from tongjian.suites.weierstrass import (
    INTEGER_BYTES,
    SIGNATURE_BYTES,
    Curve,
    check_point,
    decode_der,
    encode_der,
)

P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A: Final = P - 3
B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
CURVE: Final = Curve(name="SM2", p=P, b=B, n=N, source="GB/T 32918.1-2016, 6.2.1")

IDENTITY: Final = b"1234567812345678"
"""The signer's identity of the suite (GB/T 32918.5-2017, also GM/T 0009-2012 clause 10)."""

SECRET_BYTES: Final = 32
_KEYS_CACHED_MAX: Final = 4096

# GB/T 32918.5-2017, Annex A.2: what `probe` asks the library to accept and to refuse.
_PROBE_PUBLIC: Final = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
_PROBE_SIGNATURE: Final = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)


class Backend(Protocol):
    """What a library must do; it sees only keys and integers that were checked here."""

    name: str

    def accepts(self, public: bytes, der: bytes, message: bytes, identity: bytes) -> bool:
        """Tell whether the library takes the DER signature over the message."""
        ...

    def sign(self, secret: bytes, public: bytes, message: bytes, identity: bytes) -> bytes:
        """Return a DER signature of the message."""
        ...

    def public_of(self, secret: bytes) -> bytes:
        """Return secret times the base point, 65 bytes."""
        ...


def probe() -> str:
    """Name the library that will be used, after it passed a known answer and refused a forged one.

    Call it at start, so that a machine without SM2 says so before it serves anybody.
    Raises `SM2Unavailable`.
    """
    return backend().name


def check_public_key(public: bytes) -> None:
    """Refuse with `KeyRefused` a key that is not an uncompressed point of the curve.

    Infinity has no uncompressed form; the curve has prime order, so every other point will do.
    Source: GB/T 32918.1-2016, 6.2.1.
    """
    check_point(CURVE, public)


def verify(public: bytes, signature: bytes, message: bytes, identity: bytes = IDENTITY) -> None:
    """Raise `SignatureInvalid` unless the key made the 64-byte signature over the message.

    Raises `KeyRefused` for a bad key, `SM2Unavailable` where no library is found.
    Only vectors of the standard pass another identity. Source: GB/T 32918.2-2016, 7.1.
    """
    der = der_from_raw(signature)
    _check_once(public)
    if not backend().accepts(public, der, message, identity):
        msg = "the SM2 signature does not match the message and the key (GB/T 32918.2-2016, 7.1)"
        raise SignatureInvalid(msg)


def sign(secret: bytes, message: bytes, identity: bytes = IDENTITY) -> bytes:
    """Sign the message with a secret of 32 bytes; the 64-byte signature differs at each call.

    Raises `KeyRefused` for a secret outside 1 to n - 2, `SM2Unavailable` where no library is found.
    Source: GB/T 32918.2-2016, 6.1.
    """
    public = compute_public_key(secret)
    return raw_from_der(backend().sign(secret, public, message, identity))


def compute_public_key(secret: bytes) -> bytes:
    """Return the 65-byte public key of a secret of 32 bytes.

    Raises `KeyRefused` for a secret outside 1 to n - 2, `SM2Unavailable` where no library is found.
    """
    if len(secret) != SECRET_BYTES or not 1 <= int.from_bytes(secret, "big") <= N - 2:
        msg = f"an SM2 secret is {SECRET_BYTES} bytes, from 1 to n - 2 (GB/T 32918.1-2016, 6.1)"
        raise KeyRefused(msg)
    return backend().public_of(secret)


def der_from_raw(signature: bytes) -> bytes:
    """Return the DER form of a 64-byte signature.

    Raises `SignatureInvalid` where r or s is not from 1 to n - 1, or r + s = n: no signer makes
    such a pair (GB/T 32918.2-2016, 6.1 A5 and A6), so no library is asked about it.
    """
    if len(signature) != SIGNATURE_BYTES:
        msg = f"an SM2 signature is {SIGNATURE_BYTES} bytes, got {len(signature)}"
        raise SignatureInvalid(msg)
    r = int.from_bytes(signature[:INTEGER_BYTES], "big")
    s = int.from_bytes(signature[INTEGER_BYTES:], "big")
    if not 1 <= r < N or not 1 <= s < N or r + s == N:
        msg = "r or s of the SM2 signature is out of range (GB/T 32918.2-2016, 7.1 B1, B2, B5)"
        raise SignatureInvalid(msg)
    return encode_der(signature)


def raw_from_der(der: bytes) -> bytes:
    """Return the 64-byte form of a DER signature, which must be the only DER of its integers.

    SEQUENCE { r INTEGER, s INTEGER }, GM/T 0009-2012 clause 7.3. Raises `SignatureInvalid` for
    long lengths, padding, negative numbers, trailing bytes and numbers of more than 256 bits.
    """
    return decode_der(der, CURVE.name)


@functools.lru_cache(_KEYS_CACHED_MAX)
def _check_once(public: bytes) -> None:
    """Remember keys that passed; a refusal is an exception, which the cache does not keep."""
    check_public_key(public)


@functools.cache
def backend() -> Backend:
    """Take the first library that answers the probe rightly."""
    reasons: list[str] = []
    for load in (_libcrypto.load, _tongsuo.load):
        try:
            found: Backend = load()
        except SM2Unavailable as error:
            reasons.append(str(error))
            continue
        if _answers(found):
            return found
        reasons.append(f"{found.name}: wrong answer to the vector of GB/T 32918.5-2017, A.2")
    msg = (
        "SM2 is not available on this machine: "
        + "; ".join(reasons)
        + ". Install OpenSSL 3 built with SM2 and SM3, or the package tongsuopy"
    )
    raise SM2Unavailable(msg)


def _answers(found: Backend) -> bool:
    der = der_from_raw(_PROBE_SIGNATURE)
    return found.accepts(_PROBE_PUBLIC, der, b"message digest", IDENTITY) and not found.accepts(
        _PROBE_PUBLIC, der, b"message digesT", IDENTITY
    )
