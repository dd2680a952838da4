"""What SM2 and P-256 have in common: points of a curve y² = x³ − 3x + b, and pairs of integers.

A public key is 65 bytes, 04 then x then y; a signature 64 bytes, r then s. Both curves have prime
order, so every point but infinity, which has no uncompressed form, is a key.
"""

from typing import Final, NamedTuple

from tongjian.suites.errors import KeyRefused, SignatureInvalid

PUBLIC_BYTES: Final = 65
SIGNATURE_BYTES: Final = 64
INTEGER_BYTES: Final = 32
_UNCOMPRESSED: Final = 4
_DER_BYTES_MAX: Final = 72
_TAG_SEQUENCE: Final = 0x30
_TAG_INTEGER: Final = 0x02
_SIGN_BIT: Final = 0x80
_WHOLE: Final = {
    (False, False): (bytes.fromhex("30440220"), bytes.fromhex("0220")),
    (True, False): (bytes.fromhex("3045022100"), bytes.fromhex("0220")),
    (False, True): (bytes.fromhex("30450220"), bytes.fromhex("022100")),
    (True, True): (bytes.fromhex("3046022100"), bytes.fromhex("022100")),
}
"""What stands before r and before s where each has 32 bytes, by their first bits."""


class Curve(NamedTuple):
    """A curve with a = −3, and the words with which a key or a signature is refused."""

    name: str
    p: int
    b: int
    n: int
    source: str
    """Where it is said which points are keys."""


def check_point(curve: Curve, public: bytes) -> None:
    """Raise `KeyRefused` unless the bytes are an uncompressed point of the curve."""
    if len(public) != PUBLIC_BYTES or public[0] != _UNCOMPRESSED:
        msg = (
            f"a public key of {curve.name} is {PUBLIC_BYTES} bytes and begins with 04 "
            "(uncompressed)"
        )
        raise KeyRefused(msg)
    x = int.from_bytes(public[1:33], "big")
    y = int.from_bytes(public[33:], "big")
    p = curve.p
    if x >= p or y >= p or (y * y - (x * x - 3) * x - curve.b) % p != 0:
        msg = f"the public key is not a point of the curve of {curve.name} ({curve.source})"
        raise KeyRefused(msg)


def encode_der(raw: bytes) -> bytes:
    """Return the DER form of r and s, each of 32 bytes."""
    r_first, s_first = raw[0], raw[INTEGER_BYTES]
    if r_first and s_first:  # as nearly always: no leading zero to leave out
        head, middle = _WHOLE[r_first >= _SIGN_BIT, s_first >= _SIGN_BIT]
        return head + raw[:INTEGER_BYTES] + middle + raw[INTEGER_BYTES:]
    body = _der_integer(raw[:INTEGER_BYTES]) + _der_integer(raw[INTEGER_BYTES:])
    return bytes((_TAG_SEQUENCE, len(body))) + body


def decode_der(der: bytes, name: str) -> bytes:
    """Return r and s in 64 bytes of a DER signature, which must be the only DER of its integers.

    Raises `SignatureInvalid` for long lengths, padding, negative numbers, trailing bytes and
    numbers of more than 256 bits. Source: X.690, 8.3 and 10.
    """
    if not 8 <= len(der) <= _DER_BYTES_MAX or der[:2] != bytes([_TAG_SEQUENCE, len(der) - 2]):  # noqa: PLR2004 - two integers of one byte
        raise _der_refused(name)
    r, rest = _read_integer(der[2:], name)
    s, rest = _read_integer(rest, name)
    if rest:
        raise _der_refused(name)
    return r + s


def _read_integer(data: bytes, name: str) -> tuple[bytes, bytes]:
    """Split a minimal, non-negative DER INTEGER off the data; return it in 32 bytes, and the rest.

    The length byte bounds itself: 33 is the most that 256 bits need.
    """
    if len(data) < 3 or data[0] != _TAG_INTEGER or not 1 <= data[1] <= 33:  # noqa: PLR2004
        raise _der_refused(name)
    end = 2 + data[1]
    value = data[2:end]
    is_padded = len(value) > 1 and value[0] == 0 and value[1] < _SIGN_BIT
    if len(value) != data[1] or value[0] >= _SIGN_BIT or is_padded:
        raise _der_refused(name)
    number = int.from_bytes(value, "big")
    if number.bit_length() > 8 * INTEGER_BYTES:
        raise _der_refused(name)
    return number.to_bytes(INTEGER_BYTES, "big"), data[end:]


def _der_refused(name: str) -> SignatureInvalid:
    msg = f"the {name} signature is not strict DER of two integers (X.690, 8.3, 10)"
    return SignatureInvalid(msg)


def _der_integer(number: bytes) -> bytes:
    body = number.lstrip(b"\x00")
    if not body or body[0] >= _SIGN_BIT:
        body = b"\x00" + body
    return bytes((_TAG_INTEGER, len(body))) + body
