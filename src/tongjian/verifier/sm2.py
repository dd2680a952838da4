"""SM2 signatures with SM3: GB/T 32918.2-2016, curve and identity of GB/T 32918.5-2017.

The face of this module knows one form of each thing. A public key is 65 bytes, 04 then x then y.
A signature is 64 bytes, r then s; `der_from_raw` and `raw_from_der` convert to the one strict DER
form that certificates and seals carry. The signer's identity is fixed: another identity would be
another suite. The arithmetic is that of the system's libcrypto (3.0 or later) or, where that was
built without SM2, of tongsuopy if it is installed; never of Python.
"""

import functools
from typing import Final, Protocol

from tongjian.core.signatures import KeyRefused, SignatureInvalid
from tongjian.verifier import _libcrypto, _tongsuo
from tongjian.verifier._libcrypto import SM2Unavailable

__all__ = [
    "IDENTITY",
    "KeyRefused",
    "SM2Unavailable",
    "SignatureInvalid",
    "check_public_key",
    "compute_public_key",
    "der_from_raw",
    "generate_key",
    "probe",
    "raw_from_der",
    "sign",
    "verify",
]

P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A: Final = P - 3
B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

IDENTITY: Final = b"1234567812345678"
"""The signer's identity of the suite (GB/T 32918.5-2017, also GM/T 0009-2012 clause 10)."""

PUBLIC_BYTES: Final = 65
SECRET_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_INTEGER_BYTES: Final = 32
_DER_BYTES_MAX: Final = 72
_TAG_SEQUENCE: Final = 0x30
_TAG_INTEGER: Final = 0x02
_UNCOMPRESSED: Final = 4
_SIGN_BIT: Final = 0x80

# GB/T 32918.5-2017, Annex A.2: what `probe` asks the library to accept and to refuse.
_PROBE_PUBLIC: Final = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
_PROBE_SIGNATURE: Final = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)


class _Backend(Protocol):
    """What a library must do; it sees only keys and integers that were checked here."""

    name: str

    def accepts(self, public: bytes, der: bytes, message: bytes, identity: bytes) -> bool: ...
    def sign(self, secret: bytes, public: bytes, message: bytes, identity: bytes) -> bytes: ...
    def public_of(self, secret: bytes) -> bytes: ...
    def new_secret(self) -> bytes: ...


def probe() -> str:
    """Name the library that will be used, after it passed a known answer and refused a forged one.

    Call it at start, so that a machine without SM2 says so before it serves anybody.
    Raises `SM2Unavailable`.
    """
    return _backend().name


def check_public_key(public: bytes) -> None:
    """Refuse a key that is not an uncompressed point of the curve.

    Infinity has no uncompressed form; the curve has prime order, so every other point will do.
    Raises `KeyRefused`. Source: GB/T 32918.1-2016, 6.2.1.
    """
    if len(public) != PUBLIC_BYTES or public[0] != _UNCOMPRESSED:
        msg = f"an SM2 public key is {PUBLIC_BYTES} bytes and begins with 04 (uncompressed)"
        raise KeyRefused(msg)
    x = int.from_bytes(public[1:33], "big")
    y = int.from_bytes(public[33:], "big")
    if x >= P or y >= P or (y * y - (x * x + A) * x - B) % P != 0:
        msg = "the SM2 public key is not a point of the curve (GB/T 32918.1-2016, 6.2.1)"
        raise KeyRefused(msg)


def verify(public: bytes, signature: bytes, message: bytes, identity: bytes = IDENTITY) -> None:
    """Raise `SignatureInvalid` unless the key made the 64-byte signature over the message.

    Raises `KeyRefused` for a bad key, `SM2Unavailable` where no library is found.
    Only vectors of the standard pass another identity. Source: GB/T 32918.2-2016, 7.1.
    """
    der = der_from_raw(signature)
    _check_once(public)
    if not _backend().accepts(public, der, message, identity):
        msg = "the SM2 signature does not match the message and the key (GB/T 32918.2-2016, 7.1)"
        raise SignatureInvalid(msg)


def sign(secret: bytes, message: bytes, identity: bytes = IDENTITY) -> bytes:
    """Sign the message with a secret of 32 bytes; the 64-byte signature differs at each call.

    Raises `KeyRefused` for a secret outside 1 to n - 2, `SM2Unavailable` where no library is found.
    Source: GB/T 32918.2-2016, 6.1.
    """
    public = compute_public_key(secret)
    return raw_from_der(_backend().sign(secret, public, message, identity))


def compute_public_key(secret: bytes) -> bytes:
    """Return the 65-byte public key of a secret of 32 bytes.

    Raises `KeyRefused` for a secret outside 1 to n - 2, `SM2Unavailable` where no library is found.
    """
    if len(secret) != SECRET_BYTES or not 1 <= int.from_bytes(secret, "big") <= N - 2:
        msg = f"an SM2 secret is {SECRET_BYTES} bytes, from 1 to n - 2 (GB/T 32918.1-2016, 6.1)"
        raise KeyRefused(msg)
    return _backend().public_of(secret)


def generate_key() -> tuple[bytes, bytes]:
    """Return a new secret of 32 bytes and its public key of 65; the chance is the library's.

    Raises `SM2Unavailable` where no library is found.
    """
    secret = _backend().new_secret()
    return secret, compute_public_key(secret)


def der_from_raw(signature: bytes) -> bytes:
    """Return the DER form of a 64-byte signature.

    Raises `SignatureInvalid` where r or s is not from 1 to n - 1, or r + s = n: no signer makes
    such a pair (GB/T 32918.2-2016, 6.1 A5 and A6), so no library is asked about it.
    """
    if len(signature) != SIGNATURE_BYTES:
        msg = f"an SM2 signature is {SIGNATURE_BYTES} bytes, got {len(signature)}"
        raise SignatureInvalid(msg)
    r = int.from_bytes(signature[:_INTEGER_BYTES], "big")
    s = int.from_bytes(signature[_INTEGER_BYTES:], "big")
    if not 1 <= r < N or not 1 <= s < N or r + s == N:
        msg = "r or s of the SM2 signature is out of range (GB/T 32918.2-2016, 7.1 B1, B2, B5)"
        raise SignatureInvalid(msg)
    body = _der_integer(r) + _der_integer(s)
    return bytes([_TAG_SEQUENCE, len(body)]) + body


def raw_from_der(der: bytes) -> bytes:
    """Return the 64-byte form of a DER signature, which must be the only DER of its integers.

    SEQUENCE { r INTEGER, s INTEGER }, GM/T 0009-2012 clause 7.3. Raises `SignatureInvalid` for
    long lengths, padding, negative numbers, trailing bytes and numbers of more than 256 bits.
    """
    if not 8 <= len(der) <= _DER_BYTES_MAX or der[:2] != bytes([_TAG_SEQUENCE, len(der) - 2]):  # noqa: PLR2004 - two integers of one byte
        raise _der_refused()
    r, rest = _read_integer(der[2:])
    s, rest = _read_integer(rest)
    if rest:
        raise _der_refused()
    return r + s


def _read_integer(data: bytes) -> tuple[bytes, bytes]:
    """Split a minimal, non-negative DER INTEGER off the data; return it in 32 bytes, and the rest.

    The length byte bounds itself: 33 is the most that 256 bits need.
    """
    if len(data) < 3 or data[0] != _TAG_INTEGER or not 1 <= data[1] <= 33:  # noqa: PLR2004
        raise _der_refused()
    end = 2 + data[1]
    value = data[2:end]
    is_padded = len(value) > 1 and value[0] == 0 and value[1] < _SIGN_BIT
    if len(value) != data[1] or value[0] >= _SIGN_BIT or is_padded:
        raise _der_refused()
    number = int.from_bytes(value, "big")
    if number.bit_length() > 8 * _INTEGER_BYTES:
        raise _der_refused()
    return number.to_bytes(_INTEGER_BYTES, "big"), data[end:]


def _der_refused() -> SignatureInvalid:
    return SignatureInvalid("the SM2 signature is not strict DER of two integers (X.690, 8.3, 10)")


def _der_integer(number: int) -> bytes:
    body = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes([_TAG_INTEGER, len(body)]) + body


@functools.lru_cache(maxsize=4096)
def _check_once(public: bytes) -> None:
    """Remember keys that passed; a refusal is an exception, which the cache does not keep."""
    check_public_key(public)


@functools.cache
def _backend() -> _Backend:
    """Take the first library that answers the probe rightly."""
    reasons: list[str] = []
    for load in (_libcrypto.load, _tongsuo.load):
        try:
            backend: _Backend = load()
        except SM2Unavailable as error:
            reasons.append(str(error))
            continue
        if _answers(backend):
            return backend
        reasons.append(f"{backend.name}: wrong answer to the vector of GB/T 32918.5-2017, A.2")
    msg = (
        "SM2 is not available on this machine: "
        + "; ".join(reasons)
        + ". Install OpenSSL 3 built with SM2 and SM3, or the package tongsuopy"
    )
    raise SM2Unavailable(msg)


def _answers(backend: _Backend) -> bool:
    der = der_from_raw(_PROBE_SIGNATURE)
    return backend.accepts(_PROBE_PUBLIC, der, b"message digest", IDENTITY) and not backend.accepts(
        _PROBE_PUBLIC, der, b"message digesT", IDENTITY
    )
