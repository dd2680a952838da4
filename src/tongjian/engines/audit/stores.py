"""Compares two stores part by part: rows first, then whatever else they keep."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from tongjian.core.hashing import HashSuite, hash_of
from tongjian.core.order import Entry
from tongjian.engines.audit.difference import ROWS_NAMED_MAX, PartDifference
from tongjian.storage.environment import TABLES
from tongjian.storage.errors import StoreDamaged
from tongjian.storage.packing import CRC_BYTES, NUMBER_BYTES, unpack_entry, unpack_place
from tongjian.storage.store import Store

Pair = tuple[bytes, bytes | None, bytes | None]
"""A key, and what each side has under it."""

PARTS: Final = {
    b"entries": "entry",
    b"index": "index",
    b"twigs": "twig",
    b"retired": "retired",
    b"blocks": "place of block",
    b"transactions": "place of transaction",
    b"tiles": "log",
    b"meta": "tip",
    b"tombs": "grave",
}
"""What each table of a store is called."""
_BY_HEIGHT: Final = (b"retired", b"blocks")
_OF_THE_TIP: Final = (b"index", b"tiles", b"meta", b"tombs", b"twigs")
"""Tables that say nothing of a past height; compared only where both stand at the same one."""


class StoresCompared(msgspec.Struct, frozen=True):
    """What two stores, or their first blocks, do not share."""

    height: int
    """Up to which both were compared."""
    total: int
    parts: tuple[PartDifference, ...]
    """The first of them, rows before other parts."""


def compare_stores(first: Path, second: Path, suite: HashSuite) -> StoresCompared:
    """Compare two stores up to the height that both have reached; raises `StoreDamaged`."""
    one = Store(first, hash_of(suite), writable=False)
    try:
        other = Store(second, hash_of(suite), writable=False)
        try:
            return _compare(one, other)
        finally:
            other.close()
    finally:
        one.close()


def _compare(one: Store, other: Store) -> StoresCompared:
    tips = one.tip(), other.tip()
    heights = [-1 if tip is None else tip.height for tip in tips]
    height = min(heights)
    counts = [0 if tip is None else tip.entry_count for tip in tips]
    rows: list[PartDifference] = []
    rest: list[PartDifference] = []
    total = 0
    for table in TABLES:
        if table in _OF_THE_TIP and heights[0] != heights[1]:
            continue
        for pair in _differing(one, other, table):
            if _lies_beyond(table, pair, height, min(counts)):
                continue
            found = _named(table, pair)
            total += 1
            kept = rows if found.part == "row" else rest
            if len(kept) < ROWS_NAMED_MAX:
                kept.append(found)
    return StoresCompared(height, total, tuple([*rows, *rest][:ROWS_NAMED_MAX]))


def _differing(one: Store, other: Store, table: bytes) -> Iterator[Pair]:
    """Yield what is not the same in a table of both, in the order of keys."""
    ours, theirs = one.contents(table), other.contents(table)
    left, right = next(ours, None), next(theirs, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[0] < right[0]):
            if left is not None:
                yield (*left, None)
            left = next(ours, None)
        elif left is None or right[0] < left[0]:
            yield right[0], None, right[1]
            right = next(theirs, None)
        else:
            if left[1] != right[1]:
                yield (*left, right[1])
            left, right = next(ours, None), next(theirs, None)


def _lies_beyond(table: bytes, pair: Pair, height: int, entries: int) -> bool:
    """Say whether a part belongs to a block that one of the two has not taken in."""
    key, *values = pair
    number = int.from_bytes(key, "big")
    if table == b"entries":
        return number >= entries
    if table in _BY_HEIGHT:
        return number > height
    if table == b"transactions":
        return all(value is None or unpack_place(value).height > height for value in values)
    return False


def _named(table: bytes, pair: Pair) -> PartDifference:
    key, ours, theirs = pair
    if table == b"entries":
        return _entry(int.from_bytes(key, "big"), ours, theirs)
    height = -1
    if table in _BY_HEIGHT:
        height = int.from_bytes(key, "big")
    elif table == b"transactions":
        height = min(unpack_place(value).height for value in (ours, theirs) if value is not None)
    return PartDifference(PARTS[table], key, ours, theirs, height)


def _entry(number: int, ours: bytes | None, theirs: bytes | None) -> PartDifference:
    """Name what two forms of an entry differ in, as far as they can be read."""
    one, other = (_read(number, packed) for packed in (ours, theirs))
    known = one or other
    if known is None:
        return PartDifference("entry", number.to_bytes(NUMBER_BYTES, "big"), ours, theirs)
    key, height = known.key, known.height
    if one is None or other is None or one.key != other.key:
        values = [
            packed if read is None else read.value
            for read, packed in ((one, ours), (other, theirs))
        ]
        return PartDifference("row", key, values[0], values[1], height)
    if one.value != other.value:
        return PartDifference("row", key, one.value, other.value, height)
    if one.next_key != other.next_key:
        return PartDifference("order", key, one.next_key, other.next_key, height)
    return PartDifference("entry", key, ours, theirs, height)


def _read(number: int, packed: bytes | None) -> Entry | None:
    """Return an entry as its bytes read, whether its checksum holds or not; none for no entry."""
    if packed is None or len(packed) <= CRC_BYTES:
        return None
    rest = packed[CRC_BYTES:]
    crc = zlib.crc32(rest, number & 0xFFFF_FFFF).to_bytes(CRC_BYTES, "big")
    try:
        return unpack_entry(crc + rest, number)
    except (StoreDamaged, IndexError):
        return None
