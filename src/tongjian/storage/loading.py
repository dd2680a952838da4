"""Fills a new store from a snapshot, portion by portion; what is written was verified before."""

import contextlib
import zlib
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import lmdb

from tongjian.core.hashing import Hash
from tongjian.core.order import Entry
from tongjian.core.twigs import BITS_BYTES
from tongjian.storage.environment import TABLES, open_env
from tongjian.storage.errors import StorageFull
from tongjian.storage.packing import (
    NUMBER_BYTES,
    SUM_MAX,
    BlockMeta,
    Floor,
    Origin,
    Tip,
    pack_entry,
    pack_floor,
    pack_meta,
    pack_origin,
    pack_part,
    pack_place,
    pack_tip,
)
from tongjian.storage.stored import (
    BITS_BYTES_MAX,
    BITS_NAME,
    FIRST,
    FLOOR_NAME,
    FORMAT,
    HEADER_NAME,
    ORIGIN_NAME,
)
from tongjian.storage.tiles import tile_name

TWIGS_A_PORTION: Final = BITS_BYTES_MAX // BITS_BYTES


class StoreLoader:
    """Writes a store that holds no history; nobody reads it before `finish`."""

    def __init__(self, path: Path, digest: Hash) -> None:
        """Create the file."""
        self._env = open_env(path, writable=True, durable=False)
        self._dbs = {name: self._env.open_db(name) for name in TABLES}
        self._digest = digest
        self._sum = 0
        self._bits = bytearray()
        self._portions = 0
        self._full = 0
        self._young: tuple[bytes, ...] = ()

    @contextlib.contextmanager
    def _portion(self) -> Generator[Any]:
        """Write in one transaction; raises `StorageFull`."""
        with _room(), self._env.begin(write=True) as txn:
            yield txn

    def twigs(
        self,
        twigs: Sequence[tuple[bytes, Sequence[bytes], bytes]],
        entries: Sequence[tuple[int, Entry]],
    ) -> None:
        """Take in the next full twigs (leaf root, leaves or none, active bits) and active entries.

        A twig without leaves has no active entry: nothing will ever be proven from it.
        """
        dbs = self._dbs
        with self._portion() as txn:
            for root, leaves, bits in twigs:
                value = root + b"".join(leaves)
                txn.put(self._full.to_bytes(4, "big"), value, db=dbs[b"twigs"], append=True)
                self._full += 1
                self._take_bits(txn, bits)
            self._take_entries(txn, entries)

    def young(
        self, leaves: Sequence[bytes], bits: bytes, entries: Sequence[tuple[int, Entry]]
    ) -> None:
        """Take in the last twig, which is not full."""
        self._young = tuple(leaves)
        with self._portion() as txn:
            self._take_bits(txn, bits)
            self._take_entries(txn, entries)

    def _take_entries(self, txn: Any, entries: Sequence[tuple[int, Entry]]) -> None:
        names = [number.to_bytes(NUMBER_BYTES, "big") for number, _ in entries]
        packed = [pack_entry(entry, number) for number, entry in entries]
        txn.cursor(self._dbs[b"entries"]).putmulti(zip(names, packed, strict=True), append=True)
        keys = [entry.key or FIRST for _, entry in entries]
        index = sorted(zip(keys, names, strict=True))
        txn.cursor(self._dbs[b"index"]).putmulti(index)

    def _take_bits(self, txn: Any, bits: bytes) -> None:
        self._bits += bits
        if len(self._bits) == BITS_BYTES_MAX:
            self._put_bits(txn)

    def _put_bits(self, txn: Any) -> None:
        name = BITS_NAME + self._portions.to_bytes(4, "big")
        txn.put(name, pack_part(bytes(self._bits), self._portions), db=self._dbs[b"meta"])
        self._portions += 1
        self._bits.clear()

    def places(self, places: Iterable[tuple[bytes, int, int, str]]) -> None:
        """Take in where transactions were decided: id, height, position, refusal."""
        packed = [(one[:16], pack_place(height, at, said)) for one, height, at, said in places]
        self._sum += sum([zlib.crc32(name + place) for name, place in packed])
        packed.sort()
        with self._portion() as txn:
            txn.cursor(self._dbs[b"transactions"]).putmulti(packed)

    def tiles(self, tiles: Iterable[tuple[int, int, bytes]]) -> None:
        """Take in tiles of the log: level, index, hashes."""
        with self._portion() as txn:
            for level, index, tile in tiles:
                txn.put(tile_name(level, index), tile, db=self._dbs[b"tiles"])

    def headers(self, headers: Iterable[tuple[int, int, bytes]]) -> None:
        """Take in headers of blocks that are not here: height, log size, bytes."""
        with self._portion() as txn:
            for height, log_size, data in headers:
                name = height.to_bytes(NUMBER_BYTES, "big")
                meta = pack_meta(BlockMeta(0, 0, log_size), height)
                txn.put(name, meta, db=self._dbs[b"blocks"])
                txn.put(HEADER_NAME + name, pack_part(data, height), db=self._dbs[b"meta"])

    def finish(self, tip: Tip, offset: int) -> None:
        """Write where the state stands and where its block is, and make all of it durable."""
        meta = self._dbs[b"meta"]
        with self._portion() as txn:
            if self._bits:
                self._put_bits(txn)
            block = BlockMeta(offset, tip.entry_count, tip.log_size)
            name = tip.height.to_bytes(NUMBER_BYTES, "big")
            txn.put(name, pack_meta(block, tip.height), db=self._dbs[b"blocks"])
            origin = Origin(height=tip.height, entry_count=tip.entry_count, young=self._young)
            floor = Floor(state=tip.height, blocks=tip.height)
            txn.put(ORIGIN_NAME, pack_origin(origin), db=meta)
            txn.put(FLOOR_NAME, pack_floor(floor), db=meta)
            txn.put(b"format", FORMAT, db=meta)
            txn.put(b"tip", pack_tip(tip, self._sum & SUM_MAX), db=meta)
        with _room():
            self._env.sync(True)  # noqa: FBT003 - LMDB has no keyword for it

    def close(self) -> None:
        """Close the file."""
        self._env.close()


@contextlib.contextmanager
def _room() -> Generator[None]:
    """Say what to do where a write fails: in a new file of our own, there is no room."""
    try:
        yield
    except lmdb.Error as error:
        msg = f"the state that comes in is not written ({error}): free some space, it begins anew"
        raise StorageFull(msg) from error
