"""SM2 by the formulas of GB/T 32918.2-2016 on integers, with no library: a third opinion.

Slow and not constant in time; it also signs with a chosen nonce, so that its vectors are the same
wherever they are made.
"""

import hashlib

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
BASE = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
IDENTITY = b"1234567812345678"
Point = tuple[int, int]


def integer(number: int) -> bytes:
    """Return 32 bytes."""
    return number.to_bytes(32, "big")


def add(p: Point | None, q: Point | None) -> Point | None:
    """Add two points; none is infinity."""
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def times(k: int, p: Point) -> Point | None:
    """Multiply a point."""
    total: Point | None = None
    addend: Point | None = p
    while k:
        if k & 1:
            total = add(total, addend)
        addend = add(addend, addend)
        k >>= 1
    return total


def public_of(secret: int) -> bytes:
    """Return the 65-byte public key."""
    point = times(secret, BASE)
    assert point is not None
    return b"\x04" + integer(point[0]) + integer(point[1])


def digest_to_sign(public: bytes, message: bytes, identity: bytes = IDENTITY) -> int:
    """Return e of clause 6.1, A2."""
    curve = b"".join(integer(v) for v in (A, B, *BASE))
    z = hashlib.new("sm3", (8 * len(identity)).to_bytes(2, "big") + identity + curve + public[1:])
    return int.from_bytes(hashlib.new("sm3", z.digest() + message).digest(), "big")


def accepts(public: bytes, signature: bytes, e: int) -> bool:
    """Say what clause 7.1 says."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    t = (r + s) % N
    if not (0 < r < N and 0 < s < N and t):
        return False
    key = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    point = add(times(s, BASE), times(t, key))
    return point is not None and (e + point[0]) % N == r


def sign_digest(secret: int, e: int, nonce: int) -> bytes:
    """Return r and s for a digest and a chosen nonce (clause 6.1)."""
    point = times(nonce, BASE)
    assert point is not None
    r = (e + point[0]) % N
    s = pow(1 + secret, -1, N) * (nonce - r * secret) % N
    return integer(r) + integer(s)


def sign(secret: int, message: bytes, nonce: int, identity: bytes = IDENTITY) -> bytes:
    """Return the signature of a message for a chosen nonce."""
    return sign_digest(secret, digest_to_sign(public_of(secret), message, identity), nonce)
