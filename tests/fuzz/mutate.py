"""Changes to valid bytes, drawn from a seed: the kind of damage that decoders get wrong."""

import random
from collections.abc import Callable, Sequence

MESSAGEPACK = (
    *(b"\xc0", b"\xc1", b"\xc2", b"\xc3", b"\xcc\x05", b"\xcd\x00\x05", b"\xca\x7f\xc0\x00\x00"),
    *(b"\xcf" + b"\xff" * 8, b"\xd3" + b"\xff" * 8, b"\xcb\x7f\xf8" + bytes(6), b"\xc7\x00\x01"),
    *(b"\xd6\xff" + bytes(4), b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff"),
    *(b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\x91" * 2000),
)
CBOR = (
    *(b"\xd2\x84", b"\x9f", b"\xbf", b"\x5f", b"\x1b" + b"\xff" * 8, b"\x9b" + b"\xff" * 8),
    *(b"\xc4\x82\x1a\x3b\x9a\xca\x00\x01", b"\xc5\x82\x1a\x7f\xff\xff\xff\x01", b"\xa1\x00\x00"),
    *(b"\xd8\x1c\x80", b"\xd8\x1d\x00", b"\xd9\xd9\xf7", b"\xd8\x23\x64((((", b"\xc2\x58\xff"),
)
OTHERS = (
    *(
        b"",
        b"\x00",
        b"\xff",
        b"\x7f",
        b"\x80",
        b"\n",
        b"\xed\xa0\x80",
        "１２".encode(),
        "ö".encode(),
    ),
    *("ö".encode(), b"0\x80", b"0\x84\xff\xff\xff\xff", b"\x02\x01\xff", b"\x05\x00", b"\x30\x00"),
    *(b"<!DOCTYPE a>", b"&a;", b"<![CDATA[", b"</a>", b'"', b"1e999", b"-0", b"NaN", b"[" * 3000),
    *(b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"%PDF-", b"endstream", b" 0 R"),
)
INTERESTING = (*MESSAGEPACK, *CBOR, *OTHERS)
"""Starts and ends of ranges, long forms, headers that promise too much, tags with side effects."""


def mutations(samples: Sequence[bytes], count: int, chance: random.Random) -> list[bytes]:
    """Give changed samples: the same for the same seed."""
    return [mutate(chance.choice(samples), samples, chance) for _ in range(count)]


def mutate(data: bytes, samples: Sequence[bytes], chance: random.Random) -> bytes:
    """Change some bytes in one to four places."""
    for _ in range(chance.randrange(1, 5)):
        data = chance.choice(_CHANGES)(data, samples, chance)
    return data


Change = Callable[[bytes, Sequence[bytes], random.Random], bytes]


def _place(data: bytes, chance: random.Random) -> int:
    # Half of the changes are near the front, where headers stand.
    size = len(data) + 1
    return chance.randrange(min(size, 40) if chance.random() < 0.5 else size)


def _flip(data: bytes, samples: Sequence[bytes], chance: random.Random) -> bytes:
    del samples
    at = _place(data, chance)
    return (
        data[:at]
        + bytes(byte ^ 1 << chance.randrange(8) for byte in data[at : at + 1])
        + data[at + 1 :]
    )


def _replace(data: bytes, samples: Sequence[bytes], chance: random.Random) -> bytes:
    del samples
    at, size = _place(data, chance), chance.choice((0, 1, 2, 4, 9))
    return data[:at] + chance.choice(INTERESTING) + data[at + size :]


def _cut(data: bytes, samples: Sequence[bytes], chance: random.Random) -> bytes:
    del samples
    at = _place(data, chance)
    return data[:at] + data[at + chance.choice((1, 2, 16, 32, len(data))) :]


def _repeat(data: bytes, samples: Sequence[bytes], chance: random.Random) -> bytes:
    del samples
    start, end = sorted((_place(data, chance), _place(data, chance)))
    at = _place(data, chance)
    return (
        data[:at] + data[start : min(end, start + 4096)] * chance.choice((1, 1, 2, 30)) + data[at:]
    )


def _splice(data: bytes, samples: Sequence[bytes], chance: random.Random) -> bytes:
    other = chance.choice(samples)
    start, end = sorted((_place(other, chance), _place(other, chance)))
    at = _place(data, chance)
    return data[:at] + other[start:end] + data[at + (end - start) * chance.randrange(2) :]


_CHANGES: tuple[Change, ...] = (_flip, _flip, _replace, _replace, _cut, _repeat, _splice)
