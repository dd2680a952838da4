"""Receipts as anyone could forge them: taken apart, changed, put together again.

MessagePack and CBOR are written here once more, because a forger is not bound to shortest forms.
"""

import hashlib
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import cbor2
import msgspec

LABEL = "tongjian/2"
CHECK = "tongjian/check/1"
COSIGNED = "tongjian/cosigned/1"
TAG = 18
STATE, STATEMENTS = 0, 1
"""Places in the record of a receipt."""
ENTRIES, TWIGS = 1, 2
"""Places in a state proof."""


class Parts(NamedTuple):
    """A receipt taken apart; `record` is the decoded record under `tongjian/2`."""

    protected: bytes
    record: Any
    header: bytes
    seal: bytes
    hash_name: str = "sha256"


def take_apart(receipt: bytes) -> Parts:
    """Return the parts of a receipt."""
    protected, body, header, seal = cbor2.loads(receipt).value
    found = [name for name in ("sha256", "sm3") if checked(receipt, body[CHECK], name) == receipt]
    return Parts(protected, msgspec.msgpack.decode(body[LABEL]), header, seal, *found)


def put_together(parts: Parts, record: bytes | None = None) -> bytes:
    """Return a receipt in the right outer form; `record` instead of the encoding of the record."""
    body = msgspec.msgpack.encode(parts.record) if record is None else record
    return outer(
        parts.protected, {LABEL: body}, parts.header, parts.seal, hash_name=parts.hash_name
    )


def outer(*items: Any, tag: int = TAG, hash_name: str = "sha256") -> bytes:
    """Return CBOR: a tag over an array; a map with a record and without a check is given one."""
    given = list(items)
    if len(given) < 2 or not isinstance(given[1], dict) or LABEL not in given[1]:
        return cbor2.dumps(cbor2.CBORTag(tag, given))
    if CHECK not in given[1]:
        (first, record), *more = given[1].items()
        given[1] = {first: record, CHECK: bytes(8), **dict(more)}
        return checked(cbor2.dumps(cbor2.CBORTag(tag, given)), bytes(8), hash_name)
    return cbor2.dumps(cbor2.CBORTag(tag, given))


def checked(receipt: bytes, check: bytes, hash_name: str) -> bytes:
    """Return a receipt with the check that its bytes give, instead of the one that it has."""
    head = b"\x70" + CHECK.encode() + b"\x48"
    blank = receipt.replace(head + check, head + bytes(8), 1)
    own = hashlib.new(hash_name, CHECK.encode() + b"\0" + blank).digest()[:8]
    return blank.replace(head + bytes(8), head + own, 1)


# ---------------------------------------------------------------------------------- longer forms

_WIDTHS = ((1, 0xCC, 0xD9, 0xC4), (2, 0xCD, 0xDA, 0xC5), (4, 0xCE, 0xDB, 0xC6), (8, 0xCF, 0, 0))
"""Bytes of a number, then the first byte of an integer, a text, a byte string that has it."""


def _heads(value: Any) -> list[bytes]:
    """Give every head that announces a value, the shortest first."""
    match value:
        case bool() | None:
            return [msgspec.msgpack.encode(value)]
        case int():
            short = [bytes([value])] if value < 128 else []
            number, column = value, 1
        case str():
            short = [bytes([0xA0 + len(value)])] if len(value) < 32 else []
            number, column = len(value), 2
        case bytes():
            short, number, column = [], len(value), 3
        case _:
            short = [bytes([0x90 + len(value)])] if len(value) < 16 else []
            long = [(2, 0xDC), (4, 0xDD)]
            return short + _forms(len(value), long)
    return short + _forms(number, [(w[0], w[column]) for w in _WIDTHS if w[column]])


def _forms(number: int, forms: list[tuple[int, int]]) -> list[bytes]:
    return [
        bytes([first]) + number.to_bytes(width, "big")
        for width, first in forms
        if number < 256**width
    ]


def _flat(value: Any) -> Iterator[tuple[list[bytes], bytes]]:
    """Give all possible heads of each value in its order, and the bytes that follow the head."""
    content = value.encode() if isinstance(value, str) else value
    yield _heads(value), content if isinstance(content, bytes) else b""
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)


def longer_forms(value: Any) -> Iterator[bytes]:
    """Give encodings of a record with one head that is not the shortest."""
    flat = list(_flat(value))
    shortest = [heads[0] + content for heads, content in flat]
    for place, (heads, content) in enumerate(flat):
        for head in heads[1:]:
            yield b"".join((*shortest[:place], head + content, *shortest[place + 1 :]))


# ----------------------------------------------------------------------------------- other values

Path = tuple[int, ...]


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Give the place of every value in a record."""
    yield at
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths(item, (*at, index))


def value_at(record: Any, path: Path) -> Any:
    """Return the value at a place."""
    for index in path:
        record = record[index]
    return record


def replaced(record: Any, path: Path, new: Any) -> Any:
    """Return a record with another value at a place; what is unchanged is shared."""
    if not path:
        return new
    index, *rest = path
    return [*record[:index], replaced(record[index], tuple(rest), new), *record[index + 1 :]]


def edited(receipt: bytes, path: Path, edit: Callable[[Any], Any]) -> bytes:
    """Return a receipt whose record has an edited value at a place."""
    parts = take_apart(receipt)
    new = edit(value_at(parts.record, path))
    return put_together(parts._replace(record=replaced(parts.record, path, new)))


def _other_values(value: Any, chance: random.Random) -> list[Any]:
    match value:
        case bool() | None:
            return [0, b"", [], not value]
        case int():
            return [value + 1, abs(value - 1), 0, 2**40, 2**40 + 1, 2**63 - 1, 2**64 - 1, -1, 1.5]
        case str():
            return ["", value + "x", value.upper(), value + "\n", "é", "\x00", "range", "absence"]
        case bytes():
            flipped = bytearray(value or b"\x00")
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            return [bytes(flipped), value[:-1], value + b"\x00", b"", value[::-1], value.hex()]
        case dict() | float():
            return [None]
        case _:
            shuffled = chance.sample(value, len(value))
            cut = chance.randrange(len(value) + 1)
            return [
                *([], value[1:], value[:-1], value[cut:], value[:cut] + value[cut + 1 :], shuffled),
                *(value + value[-1:], value[:1] + value, [*value, None], {}, [value], b"", None),
            ]


def random_change(record: Any, chance: random.Random) -> Any:
    """Return a record with one value changed, or exchanged with another of the record."""
    places = list(paths(record))
    path = chance.choice(places)
    if chance.random() < 0.2:
        other = value_at(record, chance.choice(places))
        return replaced(record, path, other)
    return replaced(record, path, chance.choice(_other_values(value_at(record, path), chance)))
