"""Everything derived from the block log, in one LMDB file: entries, order, twigs, log, indexes.

One LMDB transaction a block, so the derived state is always that of a whole block. It is flushed
without its last metadata page (`metasync=False`): a power cut may take back the last block here,
never the order of pages, and the block log gives that block again.
"""

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import lmdb

from tongjian.core.directory import Reader
from tongjian.core.encoding import Codec, Record, encode
from tongjian.core.hashing import Hash
from tongjian.core.merkle import Frontier
from tongjian.core.operation import AnyTable
from tongjian.core.order import Entry
from tongjian.core.state import Advance, Commitment
from tongjian.core.twigs import TWIG_ENTRIES, compute_leaf
from tongjian.storage.errors import StorageError, StorageFull, StoreDamaged
from tongjian.storage.tiles import Tiles

MAP_BYTES: Final = 1 << 40
"""A sparse map: it costs no disk until it is used."""
ROWS_CACHED_MAX: Final = 200_000
NUMBER_BYTES: Final = 6
FORMAT: Final = b"tongjian-store/1"


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


_TIPS: Final = Codec(Tip, 64 * 1024)
_NAMES: Final = (
    b"entries",
    b"index",
    b"twigs",
    b"retired",
    b"blocks",
    b"transactions",
    b"tiles",
    b"meta",
    b"tombs",
)


class Store(Reader):
    """Reads committed state and takes in blocks; one writer, many readers."""

    def __init__(self, path: Path, digest: Hash, *, writable: bool) -> None:
        """Open the file; raises `StoreDamaged` where LMDB cannot."""
        self.path = path
        self._digest = digest
        try:
            self._env = lmdb.open(
                str(path),
                map_size=MAP_BYTES,
                max_dbs=len(_NAMES),
                subdir=False,
                readonly=not writable,
                metasync=False,
                lock=True,
                readahead=False,
                max_readers=512,
            )
            self._dbs = {name: self._open_db(name, writable=writable) for name in _NAMES}
        except lmdb.Error as error:
            msg = f"{path.name} cannot be read ({error}); it can be rebuilt from the block log"
            raise StoreDamaged(msg) from error
        self._rows: dict[bytes, Any] = {}
        self._rows_old: dict[bytes, Any] = {}
        self._begin()
        self.tiles = Tiles(digest, self._tile)

    def _open_db(self, name: bytes, *, writable: bool) -> Any:
        return self._env.open_db(name, create=writable)

    def _begin(self) -> None:
        """Look at the newest committed state."""
        self._txn = self._env.begin()
        dbs = self._dbs
        self._entries_db, self._index_db = dbs[b"entries"], dbs[b"index"]
        self._cursor = self._txn.cursor(self._index_db)

    def refresh(self) -> None:
        """Look at what another process has committed since."""
        self._txn.abort()
        self._rows, self._rows_old = {}, {}
        self._begin()
        self.tiles.forget()

    # -- reading as the machine and the tree expect -------------------------------------------

    def row(self, table: AnyTable, key: bytes) -> Any | None:
        """Return the decoded row under a key, or none."""
        row = self._rows.get(key)
        if row is not None:
            return row
        row = self._rows_old.get(key)
        if row is None:
            value = self.value(key)
            if value is None:
                return None
            row = table.codec.decode(value)
        self._remember(key, row)
        return row

    def value(self, key: bytes) -> bytes | None:
        """Return the bytes of a row, or none."""
        number = self.locate(key)
        if number is None:
            return None
        entry = self.entry(number)
        if entry.key != key:
            msg = f"the index leads from {key!r} to another row; rebuild with `tongjian doctor`"
            raise StoreDamaged(msg)
        return entry.value

    def scan(self, low: bytes, high: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Return up to `limit` keys and row bytes with low <= key < high, in order."""
        found: list[tuple[bytes, bytes]] = []
        if not self._cursor.set_range(low):
            return found
        for key, number in self._cursor:
            if key >= high or len(found) >= limit:
                break
            found.append((key, self.entry(int.from_bytes(number, "big")).value))
        return found

    def entry(self, number: int) -> Entry:
        """Return an entry by number; raises `StoreDamaged` where its checksum fails."""
        packed = self._txn.get(number.to_bytes(NUMBER_BYTES, "big"), db=self._entries_db)
        if packed is None:
            msg = f"entry {number} is missing; rebuild with `tongjian doctor --repair`"
            raise StoreDamaged(msg)
        return _unpack(packed, number)

    def locate(self, key: bytes) -> int | None:
        """Return the number of the active entry of a key, or none."""
        if not key:
            key = _FIRST
        found = self._txn.get(key, db=self._index_db)
        return None if found is None else int.from_bytes(found, "big")

    def newest(self, key: bytes) -> int | None:
        """Return the number of a key's newest entry, whether the row still stands or not."""
        number = self.locate(key)
        if number is None:
            found = self._txn.get(key, db=self._dbs[b"tombs"])
            number = None if found is None else int.from_bytes(found, "big")
        return number

    def before(self, key: bytes) -> bytes:
        """Return the greatest active key that is smaller."""
        cursor = self._cursor
        found = cursor.prev() if cursor.set_range(key) else cursor.last()
        if not found:
            msg = "the index has no first key; rebuild with `tongjian doctor --repair`"
            raise StoreDamaged(msg)
        before: bytes = cursor.key()
        return b"" if before == _FIRST else before

    # -- reading for proofs and surfaces ------------------------------------------------------

    def tip(self) -> Tip | None:
        """Return where the derived state stands, or none before genesis."""
        found = self._txn.get(b"tip", db=self._dbs[b"meta"])
        if found is None:
            return None
        if self._txn.get(b"format", db=self._dbs[b"meta"]) != FORMAT:
            msg = "the store has another format; rebuild with `tongjian doctor --repair`"
            raise StoreDamaged(msg)
        tip: Tip = _TIPS.decode(found)
        return tip

    def block(self, height: int) -> BlockMeta | None:
        """Return where a block is, or none."""
        packed = self._txn.get(height.to_bytes(NUMBER_BYTES, "big"), db=self._dbs[b"blocks"])
        if packed is None:
            return None
        size = NUMBER_BYTES
        numbers = [int.from_bytes(packed[i : i + size], "big") for i in range(0, 3 * size, size)]
        return BlockMeta(*numbers)

    def transaction(self, identity: bytes) -> Place | None:
        """Return where the result of a transaction is, or none; the caller compares whole ids."""
        packed = self._txn.get(identity[:16], db=self._dbs[b"transactions"])
        if packed is None:
            return None
        return Place(int.from_bytes(packed[:5], "big"), int.from_bytes(packed[5:], "big"))

    def twig_leaves(self, twig: int) -> list[bytes]:
        """Return the leaf hashes of a full twig."""
        packed = self._txn.get(twig.to_bytes(4, "big"), db=self._dbs[b"twigs"])
        if packed is None or len(packed) != 32 * (TWIG_ENTRIES + 1):
            msg = f"twig {twig} is missing; rebuild with `tongjian doctor --repair`"
            raise StoreDamaged(msg)
        return [packed[i : i + 32] for i in range(32, len(packed), 32)]

    def restore(self) -> Commitment:
        """Rebuild the commitment in memory from what is stored."""
        commitment = Commitment(self._digest)
        tip = self.tip()
        if tip is None:
            return commitment
        full, rest = divmod(tip.entry_count, TWIG_ENTRIES)
        cursor = self._txn.cursor(self._dbs[b"twigs"])
        leaf_roots = [packed[:32] for _, packed in cursor]
        if len(leaf_roots) != full:
            msg = f"{len(leaf_roots)} twigs are stored where {full} are full; rebuild the store"
            raise StoreDamaged(msg)
        young = [self._leaf(full * TWIG_ENTRIES + position) for position in range(rest)]
        commitment.tree.restore(tip.entry_count, leaf_roots, young, self._retirements())
        commitment.log = Frontier(self._digest, tip.log_size, tip.peaks)
        return commitment

    def _leaf(self, number: int) -> bytes:
        entry = self.entry(number)
        return compute_leaf(self._digest, entry.key, entry.value, entry.next_key, entry.height)

    def _retirements(self) -> Iterator[tuple[int, list[int]]]:
        size = NUMBER_BYTES
        for key, packed in self._txn.cursor(self._dbs[b"retired"]):
            numbers = [
                int.from_bytes(packed[i : i + size], "big") for i in range(0, len(packed), size)
            ]
            yield int.from_bytes(key, "big"), numbers

    # -- writing ------------------------------------------------------------------------------

    def commit(
        self,
        tip: Tip,
        offset: int,
        advance: Advance,
        writes: dict[bytes, bytes | None],
        transactions: Sequence[bytes],
    ) -> None:
        """Take in a block in one LMDB transaction.

        Raises `StorageFull` where the disk has no room; nothing of the block is then in the store.
        """
        height = tip.height.to_bytes(NUMBER_BYTES, "big")
        dbs = self._dbs
        try:
            with self._env.begin(write=True) as txn:
                self._write_entries(txn, advance, writes)
                if advance.staged.retired:
                    packed = b"".join(
                        n.to_bytes(NUMBER_BYTES, "big") for n in advance.staged.retired
                    )
                    txn.put(height, packed, db=dbs[b"retired"], append=True)
                for twig, (root, leaves) in advance.staged.filled.items():
                    value = root + b"".join(leaves)
                    txn.put(twig.to_bytes(4, "big"), value, db=dbs[b"twigs"], append=True)
                for position, identity in enumerate(transactions):
                    place = tip.height.to_bytes(5, "big") + position.to_bytes(2, "big")
                    txn.put(identity[:16], place, db=dbs[b"transactions"])
                for name, tile in self.tiles.append(advance.log_leaves):
                    txn.put(name, tile, db=dbs[b"tiles"])
                meta = BlockMeta(offset, tip.entry_count, tip.log_size)
                packed_meta = b"".join(n.to_bytes(NUMBER_BYTES, "big") for n in meta)
                txn.put(height, packed_meta, db=dbs[b"blocks"], append=True)
                txn.put(b"format", FORMAT, db=dbs[b"meta"])
                txn.put(b"tip", encode(tip), db=dbs[b"meta"])
        except lmdb.Error as error:
            self.tiles.forget()
            if isinstance(error, lmdb.DiskError | lmdb.MapFullError) or "space" in str(error):
                msg = f"no room for the derived state: {error}"
                raise StorageFull(msg) from error
            msg = f"the store could not be written: {error}"
            raise StorageError(msg) from error
        self._txn.abort()
        self._begin()

    def _write_entries(self, txn: Any, advance: Advance, writes: dict[bytes, bytes | None]) -> None:
        number = advance.staged.first
        entries_db, index_db, tombs_db = self._entries_db, self._index_db, self._dbs[b"tombs"]
        has_tombs = txn.stat(tombs_db)["entries"] > 0
        for new in advance.staged.entries:
            entry = new
            if has_tombs and not entry.previous:
                # A row that stood here before and was removed: its history goes on.
                tomb = txn.get(entry.key or _FIRST, db=tombs_db)
                if tomb is not None:
                    entry = entry._replace(previous=int.from_bytes(tomb, "big") + 1)
            name = number.to_bytes(NUMBER_BYTES, "big")
            txn.put(name, _pack(entry), db=entries_db, append=True)
            txn.put(entry.key or _FIRST, name, db=index_db)
            number += 1
        for key, value in writes.items():
            if value is None:
                removed = txn.get(key, db=index_db)
                if removed is not None:
                    txn.put(key, removed, db=tombs_db)
                    txn.delete(key, db=index_db)

    def remember(self, rows: dict[bytes, Any]) -> None:
        """Keep decoded rows of a committed block for the next; a removed row is none."""
        for key, row in rows.items():
            if row is None:
                self._rows.pop(key, None)
                self._rows_old.pop(key, None)
            else:
                self._remember(key, row)

    def _remember(self, key: bytes, row: Any) -> None:
        # Two generations: whatever was not used while the young one filled up is dropped.
        if len(self._rows) >= ROWS_CACHED_MAX:
            self._rows_old = self._rows
            self._rows = {}
        self._rows[key] = row

    def close(self) -> None:
        """Close the file."""
        self._txn.abort()
        self._env.close()

    def _tile(self, name: bytes) -> bytes | None:
        found: bytes | None = self._txn.get(name, db=self._dbs[b"tiles"])
        return found


_FIRST: Final = b"\x00"
"""LMDB has no empty key: the first key of the order is stored as a zero byte, below all tables."""


def _pack(entry: Entry) -> bytes:
    key, value, next_key, height, previous = entry
    # Neighbours in the order share most of their bytes: only the rest of the next key is kept.
    shared = _shared(key, next_key)
    packed = b"".join(
        (
            height.to_bytes(5, "big"),
            previous.to_bytes(NUMBER_BYTES, "big"),
            bytes((len(key), shared, len(next_key) - shared)),
            key,
            next_key[shared:],
            value,
        )
    )
    return zlib.crc32(packed).to_bytes(4, "big") + packed


def _shared(one: bytes, other: bytes) -> int:
    """Return how many first bytes two keys share; by one big number, quicker than byte by byte."""
    size = min(len(one), len(other))
    differing = int.from_bytes(one[:size], "big") ^ int.from_bytes(other[:size], "big")
    return size - (differing.bit_length() + 7) // 8


def _unpack(packed: bytes, number: int) -> Entry:
    if zlib.crc32(packed[4:]) != int.from_bytes(packed[:4], "big"):
        msg = f"entry {number} fails its checksum; rebuild with `tongjian doctor --repair`"
        raise StoreDamaged(msg)
    keys = 18 + packed[15]
    nexts = keys + packed[17]
    key = packed[18:keys]
    return Entry(
        key,
        packed[nexts:],
        key[: packed[16]] + packed[keys:nexts],
        int.from_bytes(packed[4:9], "big"),
        int.from_bytes(packed[9:15], "big"),
    )
