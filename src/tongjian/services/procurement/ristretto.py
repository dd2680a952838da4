"""The group in which bids are sealed: ristretto255, RFC 9496, in whole numbers alone.

Of prime order and with one byte form for each element, so that every node decides the same of a
share or a sealed bid, on any machine. It is not constant in time: on the ledger it handles only
what is public by then, and off it each secret serves one procedure and is published at its end.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

P: Final = 2**255 - 19
"""The field."""
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""The number of elements; scalars count modulo it."""
POINT_BYTES: Final = 32
SCALAR_BYTES: Final = 32

_SQRT_M1: Final = pow(2, (P - 1) // 4, P)
_D: Final = (-121665 * pow(121666, P - 2, P)) % P
_D2: Final = 2 * _D % P


class NoElement(ValueError):
    """Bytes that encode no element of the group, or no scalar below its order."""


class Element(NamedTuple):
    """An element by one of its representatives, in extended coordinates; compare encodings."""

    x: int
    y: int
    z: int
    t: int


IDENTITY: Final = Element(0, 1, 1, 0)


def _sqrt_ratio(numerator: int, denominator: int) -> tuple[bool, int]:
    """Return whether a ratio is a square, and the non-negative root (RFC 9496, 4.2)."""
    v3 = denominator * denominator * denominator % P
    v7 = v3 * v3 * denominator % P
    root = numerator * v3 * pow(numerator * v7 % P, (P - 5) // 8, P) % P
    check = denominator * root * root % P
    negated = -numerator % P
    is_square = check in (numerator % P, negated)
    if check in (negated, negated * _SQRT_M1 % P):
        root = root * _SQRT_M1 % P
    is_exact = check in (numerator % P, negated)
    return is_square and is_exact, P - root if root & 1 else root


_INVSQRT_A_MINUS_D: Final = _sqrt_ratio(1, (-1 - _D) % P)[1]


def decode(data: bytes) -> Element:
    """Return the element that 32 bytes encode; raises `NoElement` (RFC 9496, 4.3.1)."""
    s = int.from_bytes(data, "little")
    if len(data) != POINT_BYTES or s >= P or s & 1:
        msg = "the bytes are not the one encoding of an element of ristretto255"
        raise NoElement(msg)
    ss = s * s % P
    u1, u2 = (1 - ss) % P, (1 + ss) % P
    u2_squared = u2 * u2 % P
    v = (-(_D * u1 * u1) - u2_squared) % P
    was_square, root = _sqrt_ratio(1, v * u2_squared % P)
    den_x = root * u2 % P
    x = 2 * s * den_x % P
    x = P - x if x & 1 else x
    y = u1 * root * den_x * v % P
    t = x * y % P
    if not was_square or t & 1 or y == 0:
        msg = "the bytes are no element of ristretto255"
        raise NoElement(msg)
    return Element(x, y, 1, t)


def encode(element: Element) -> bytes:
    """Return the one encoding of an element, 32 bytes (RFC 9496, 4.3.2)."""
    x0, y0, z0, t0 = element
    u1 = (z0 + y0) * (z0 - y0) % P
    u2 = x0 * y0 % P
    root = _sqrt_ratio(1, u1 * u2 * u2 % P)[1]
    den1, den2 = root * u1 % P, root * u2 % P
    z_inverse = den1 * den2 * t0 % P
    x, y, den = x0, y0, den2
    if t0 * z_inverse % P & 1:
        x, y = y0 * _SQRT_M1 % P, x0 * _SQRT_M1 % P
        den = den1 * _INVSQRT_A_MINUS_D % P
    if x * z_inverse % P & 1:
        y = -y % P
    s = den * (z0 - y) % P
    return (P - s if s & 1 else s).to_bytes(POINT_BYTES, "little")


def add(one: Element, other: Element) -> Element:
    """Return the sum of two elements."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a = (y1 - x1) * (y2 - x2) % P
    b = (y1 + x1) * (y2 + x2) % P
    c = t1 * _D2 * t2 % P
    d = 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return Element(e * f % P, g * h % P, f * g % P, e * h % P)


def _double(one: Element) -> Element:
    x, y, z, _ = one
    a, b = x * x % P, y * y % P
    h = a + b
    e = h - (x + y) * (x + y) % P
    g = a - b
    f = 2 * z * z % P + g
    return Element(e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar: int, element: Element) -> Element:
    """Return a multiple of an element, by windows of four bits."""
    table = [IDENTITY, element]
    for _ in range(14):
        table.append(add(table[-1], element))
    product = IDENTITY
    for digit in (scalar % ORDER).to_bytes(SCALAR_BYTES, "big").hex():
        product = _double(_double(_double(_double(product))))
        product = add(product, table[int(digit, 16)])
    return product


BASE: Final = decode(
    bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")
)
"""The generator (RFC 9496, 4.3)."""


def _base_tables() -> tuple[tuple[Element, ...], ...]:
    """Return for each of 64 windows the 16 multiples of the generator that it may need."""
    tables: list[tuple[Element, ...]] = []
    step = BASE
    for _ in range(2 * SCALAR_BYTES):
        row = [IDENTITY]
        for _ in range(15):
            row.append(add(row[-1], step))
        tables.append(tuple(row))
        step = add(row[-1], step)
    return tuple(tables)


_BASE_TABLES: Final = _base_tables()


def multiply_base(scalar: int) -> Element:
    """Return a multiple of the generator; five times as fast as `multiply`."""
    product = IDENTITY
    digits = (scalar % ORDER).to_bytes(SCALAR_BYTES, "big").hex()
    for table, digit in zip(_BASE_TABLES, reversed(digits), strict=True):
        product = add(product, table[int(digit, 16)])
    return product


def combine(coefficients: Sequence[Element], at: int) -> Element:
    """Return the value at a small whole number of a polynomial whose coefficients are elements."""
    value = IDENTITY
    for coefficient in reversed(coefficients):
        value = add(_small_multiple(at, value), coefficient)
    return value


def _small_multiple(factor: int, element: Element) -> Element:
    product = IDENTITY
    for bit in f"{factor:b}":
        product = _double(product)
        if bit == "1":
            product = add(product, element)
    return product


def decode_scalar(data: bytes) -> int:
    """Return the scalar that 32 bytes encode; raises `NoElement` at or above the order."""
    scalar = int.from_bytes(data, "little")
    if len(data) != SCALAR_BYTES or scalar >= ORDER:
        msg = "the bytes are no scalar below the order of ristretto255"
        raise NoElement(msg)
    return scalar


def encode_scalar(scalar: int) -> bytes:
    """Return the 32 bytes of a scalar."""
    return (scalar % ORDER).to_bytes(SCALAR_BYTES, "little")


def scalar_of(wide: bytes) -> int:
    """Return the scalar that 64 random or hashed bytes stand for, without bias to speak of."""
    return int.from_bytes(wide, "little") % ORDER
