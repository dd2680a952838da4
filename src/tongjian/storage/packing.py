"""The byte forms of what the store keeps, each with a checksum of its own.

LMDB has none: a page that a disk gives back wrong would otherwise be served as it is.
"""

import zlib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from tongjian.core.encoding import Codec, Malformed, Record, encode
from tongjian.core.order import Entry
from tongjian.storage.errors import StoreDamaged

NUMBER_BYTES: Final = 6
CRC_BYTES: Final = 4


class Tip(Record):
    """Where the derived state stands."""

    height: int
    log_end: int
    """Offset in the block log after the last block taken in."""
    entry_count: int
    log_size: int
    peaks: tuple[bytes, ...]
    header_hash: bytes
    time_ms: int


class BlockMeta(NamedTuple):
    """Where a block is and how far state and log reached with it."""

    offset: int
    entry_count: int
    log_size: int


class Place(NamedTuple):
    """Where a transaction's result is."""

    height: int
    position: int
    outcome: str = ""
    """Kept here once the block is pruned: the refusal, or nothing where it was committed."""


class Floor(Record):
    """Below which heights this store has nothing to prove with: pruned, or never had."""

    state: int
    """The lowest height whose state can be proven."""
    blocks: int
    """The lowest height whose block is here."""


class Origin(Record):
    """The snapshot that a store began from."""

    height: int
    entry_count: int
    young: tuple[bytes, ...]
    """Leaf hashes of the twig that was not full; of retired entries nothing else is here."""


_TIPS: Final = Codec(Tip, 64 * 1024)
_FLOORS: Final = Codec(Floor, 64)
_ORIGINS: Final = Codec(Origin, 64 * 1024)
_PLACE_BYTES: Final = 7
_ENTRY_BYTES: Final = 18
"""Of an entry before its key: checksum, height, previous, three lengths."""
_CRC_MAX: Final = (1 << 8 * CRC_BYTES) - 1
_SUM_BYTES: Final = 8
SUM_MAX: Final = (1 << 8 * _SUM_BYTES) - 1


def _with_checksum(packed: bytes, place: int) -> bytes:
    """Prefix a checksum that also depends on where the bytes stand, so that a swap shows."""
    return zlib.crc32(packed, place & _CRC_MAX).to_bytes(CRC_BYTES, "big") + packed


def _without_checksum(packed: bytes, place: int, what: str) -> bytes:
    rest = packed[CRC_BYTES:]
    found = int.from_bytes(packed[:CRC_BYTES], "big")
    if not rest or zlib.crc32(rest, place & _CRC_MAX) != found:
        msg = f"{what} fails its checksum; rebuild with `tongjian doctor --repair`"
        raise StoreDamaged(msg)
    return rest


def pack_tip(tip: Tip, total: int) -> bytes:
    """Return the bytes of the tip, beside the sum over places that nothing else vouches for."""
    return _with_checksum(total.to_bytes(_SUM_BYTES, "big") + encode(tip), 0)


def unpack_tip(packed: bytes) -> tuple[Tip, int]:
    """Return the tip and the sum; raises `StoreDamaged`."""
    rest = _without_checksum(packed, 0, "the tip of the state")
    try:
        tip: Tip = _TIPS.decode(rest[_SUM_BYTES:])
    except Malformed as error:
        msg = f"the tip of the state cannot be decoded ({error}); rebuild the store"
        raise StoreDamaged(msg) from error
    return tip, int.from_bytes(rest[:_SUM_BYTES], "big")


def pack_meta(meta: BlockMeta, height: int) -> bytes:
    """Return the bytes of a block's place."""
    return pack_numbers(meta, height)


def unpack_meta(packed: bytes, height: int) -> BlockMeta:
    """Return a block's place; raises `StoreDamaged`."""
    return BlockMeta(*unpack_numbers(packed, height))


def pack_numbers(numbers: Sequence[int], height: int) -> bytes:
    """Return the bytes of numbers that belong to a height."""
    packed = b"".join([number.to_bytes(NUMBER_BYTES, "big") for number in numbers])
    return _with_checksum(packed, height)


def unpack_numbers(packed: bytes, height: int) -> list[int]:
    """Return the numbers of a height; raises `StoreDamaged`."""
    rest = _without_checksum(packed, height, f"a record of block {height}")
    size = NUMBER_BYTES
    return [int.from_bytes(rest[i : i + size], "big") for i in range(0, len(rest), size)]


def pack_floor(floor: Floor) -> bytes:
    """Return the bytes of a floor."""
    return _with_checksum(encode(floor), 0)


def unpack_floor(packed: bytes) -> Floor:
    """Return a floor; raises `StoreDamaged`."""
    floor: Floor = _unpack_record(packed, _FLOORS, "the record of what was pruned")
    return floor


def pack_origin(origin: Origin) -> bytes:
    """Return the bytes of where a store began."""
    return _with_checksum(encode(origin), 0)


def unpack_origin(packed: bytes) -> Origin:
    """Return where a store began; raises `StoreDamaged`."""
    origin: Origin = _unpack_record(packed, _ORIGINS, "the record of where this began")
    return origin


def pack_part(part: bytes, index: int) -> bytes:
    """Return what a snapshot brought, a portion of active bits or a header, with a checksum."""
    return _with_checksum(part, index)


def unpack_part(packed: bytes, index: int) -> bytes:
    """Return what a snapshot brought; raises `StoreDamaged`."""
    return _without_checksum(packed, index, "a record of what a snapshot brought")


def _unpack_record(packed: bytes, codec: Codec, what: str) -> Any:
    rest = _without_checksum(packed, 0, what)
    try:
        return codec.decode(rest)
    except Malformed as error:
        msg = f"{what} cannot be decoded ({error})"
        raise StoreDamaged(msg) from error


def pack_place(height: int, position: int, outcome: str = "") -> bytes:
    """Return the bytes of a transaction's place."""
    return height.to_bytes(5, "big") + position.to_bytes(2, "big") + outcome.encode("ascii")


def unpack_place(packed: bytes) -> Place:
    """Return a transaction's place; whoever follows it compares the whole id."""
    position = int.from_bytes(packed[5:_PLACE_BYTES], "big")
    outcome = packed[_PLACE_BYTES:].decode("ascii", "replace")
    return Place(int.from_bytes(packed[:5], "big"), position, outcome)


def pack_entry(entry: Entry, number: int) -> bytes:
    """Return the bytes of an entry."""
    key, next_key = entry.key, entry.next_key
    # Neighbours in the order share most of their bytes: only the rest of the next key is kept.
    shared = _shared(key, next_key)
    packed = b"".join(
        (
            entry.height.to_bytes(5, "big"),
            entry.previous.to_bytes(NUMBER_BYTES, "big"),
            bytes((len(key), shared, len(next_key) - shared)),
            key,
            next_key[shared:],
            entry.value,
        )
    )
    return zlib.crc32(packed, number & _CRC_MAX).to_bytes(CRC_BYTES, "big") + packed


def _shared(one: bytes, other: bytes) -> int:
    """Return how many first bytes two keys share; by one big number, quicker than byte by byte."""
    size = min(len(one), len(other))
    differing = int.from_bytes(one[:size], "big") ^ int.from_bytes(other[:size], "big")
    return size - (differing.bit_length() + 7) // 8


def unpack_entry(packed: bytes, number: int) -> Entry:
    """Return an entry; raises `StoreDamaged`."""
    found = int.from_bytes(packed[:CRC_BYTES], "big")
    rest = packed[CRC_BYTES:]
    if len(packed) < _ENTRY_BYTES or zlib.crc32(rest, number & _CRC_MAX) != found:
        msg = f"entry {number} fails its checksum; rebuild with `tongjian doctor --repair`"
        raise StoreDamaged(msg)
    keys = _ENTRY_BYTES + packed[15]
    nexts = keys + packed[17]
    key = packed[_ENTRY_BYTES:keys]
    return Entry(
        key,
        packed[nexts:],
        key[: packed[16]] + packed[keys:nexts],
        int.from_bytes(packed[4:9], "big"),
        int.from_bytes(packed[9:15], "big"),
    )
