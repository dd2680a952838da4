"""Everything derived from the block log, in one LMDB file: entries, order, twigs, log, indexes.

One LMDB transaction a block, so the derived state is always that of a whole block. It is flushed
without its last metadata page (`metasync=False`): a power cut may take back the last block here,
never the order of pages, and the block log gives that block again.
"""

import os
import zlib
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

import lmdb
import msgspec

from tongjian.core.directory import Reader
from tongjian.core.hashing import Hash
from tongjian.core.operation import AnyTable
from tongjian.core.order import Entry
from tongjian.core.state import Advance
from tongjian.core.twigs import TWIG_ENTRIES
from tongjian.storage.environment import UNREADABLE, damage
from tongjian.storage.errors import StorageError, StorageFull
from tongjian.storage.packing import (
    NUMBER_BYTES,
    SUM_MAX,
    BlockMeta,
    Floor,
    Tip,
    pack_entry,
    pack_floor,
    pack_meta,
    pack_numbers,
    pack_part,
    pack_place,
    pack_tip,
    unpack_numbers,
    unpack_tip,
)
from tongjian.storage.stored import (
    FIRST,
    FLOOR_NAME,
    FORMAT,
    HEADER_NAME,
    Stored,
)

ROWS_CACHED_MAX: Final = 200_000
ROOM_BYTES_MIN: Final = 1 << 20
"""A disk with less left is called full."""


class Store(Stored, Reader):
    """Reads committed state and takes in blocks; one writer, many readers."""

    def __init__(self, path: Path, digest: Hash, *, writable: bool, durable: bool = True) -> None:
        """Open the file; raises `StoreDamaged` where LMDB cannot read it.

        What is not durable reaches the disk when the system sees fit, or by `flush`.
        """
        super().__init__(path, digest, writable=writable, durable=durable)
        self._rows: dict[bytes, Any] = {}
        self._rows_old: dict[bytes, Any] = {}

    def refresh(self) -> None:
        """Look at what another process has committed since; `follow` or `restore` comes next."""
        self._rows, self._rows_old = {}, {}
        super().refresh()

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
        try:
            with self._env.begin(write=True) as txn:
                change = self._write_entries(txn, advance, writes)
                self._write_block(txn, tip, offset, advance, transactions, change)
        except lmdb.Error as error:
            self.tiles.forget()
            raise self._failure(error) from error
        except BaseException:
            self.tiles.forget()
            raise
        self._txn.abort()
        self._begin()

    def flush(self) -> None:
        """Wait until all that was taken in is on the disk; raises `StorageError`."""
        try:
            self._env.sync(True)  # noqa: FBT003 - LMDB has no keyword for it
        except lmdb.Error as error:
            msg = f"the store could not be flushed: {error}"
            raise StorageError(msg) from error

    def _failure(self, error: lmdb.Error) -> StorageError:
        if isinstance(error, UNREADABLE):
            return damage(self.path, error)
        # LMDB calls a write that was cut short, as on a full disk, an input or output error.
        disk = os.statvfs(self.path)
        short = disk.f_bavail * disk.f_frsize < ROOM_BYTES_MIN
        if short or isinstance(error, lmdb.DiskError | lmdb.MapFullError):
            return StorageFull(f"no room for the derived state: {error}")
        return StorageError(f"the store could not be written: {error}")

    def _write_block(
        self,
        txn: Any,
        tip: Tip,
        offset: int,
        advance: Advance,
        transactions: Sequence[bytes],
        change: int,
    ) -> None:
        dbs, staged = self._dbs, advance.staged
        height = tip.height.to_bytes(NUMBER_BYTES, "big")
        if staged.retired:
            packed = pack_numbers(staged.retired, tip.height)
            txn.put(height, packed, db=dbs[b"retired"], append=True)
        for twig, (root, leaves) in staged.filled.items():
            value = root + b"".join(leaves)
            txn.put(twig.to_bytes(4, "big"), value, db=dbs[b"twigs"], append=True)
        last = txn.get(b"tip", db=dbs[b"meta"])
        total = change if last is None else unpack_tip(last)[1] + change
        places = [
            (identity[:16], pack_place(tip.height, position))
            for position, identity in enumerate(transactions)
        ]
        total += sum([zlib.crc32(name + place) for name, place in places])
        places.sort()
        txn.cursor(dbs[b"transactions"]).putmulti(places)
        leaves = advance.log_leaves
        for name, tile in self.tiles.append(leaves, tip.log_size - len(leaves)):
            txn.put(name, tile, db=dbs[b"tiles"])
        meta = BlockMeta(offset, tip.entry_count, tip.log_size)
        txn.put(height, pack_meta(meta, tip.height), db=dbs[b"blocks"], append=True)
        txn.put(b"format", FORMAT, db=dbs[b"meta"])
        txn.put(b"tip", pack_tip(tip, total & SUM_MAX), db=dbs[b"meta"])

    def _write_entries(self, txn: Any, advance: Advance, writes: dict[bytes, bytes | None]) -> int:
        """Append the entries, point the index to them, and bury the rows that were removed.

        Returns by how much the sum of graves changes.
        """
        entries_db, index_db, tombs_db = self._entries_db, self._index_db, self._dbs[b"tombs"]
        entries = advance.staged.entries
        if txn.stat(tombs_db)["entries"]:
            entries = [self._continued(txn, entry) for entry in entries]
        first = advance.staged.first
        names = [n.to_bytes(NUMBER_BYTES, "big") for n in range(first, first + len(entries))]
        packed = zip(names, map(pack_entry, entries, count(first)), strict=True)
        txn.cursor(entries_db).putmulti(packed, append=True)
        index = zip([entry.key or FIRST for entry in entries], names, strict=True)
        txn.cursor(index_db).putmulti(index)
        change = 0
        for key in [key for key, value in writes.items() if value is None]:
            removed = txn.pop(key, db=index_db)
            if removed is not None:
                before = txn.replace(key, removed, db=tombs_db)
                change += zlib.crc32(key + removed)
                change -= 0 if before is None else zlib.crc32(key + before)
        return change

    def _continued(self, txn: Any, entry: Entry) -> Entry:
        """Return an entry whose history goes on where a row stood here before and was removed."""
        tomb = None if entry.previous else txn.get(entry.key or FIRST, db=self._dbs[b"tombs"])
        if tomb is None:
            return entry
        return msgspec.structs.replace(entry, previous=int.from_bytes(tomb, "big") + 1)

    def copy(self, path: Path) -> None:
        """Write the newest committed state into a new file, beside whoever writes here."""
        try:
            with path.open("xb") as file:
                self._env.copyfd(file.fileno(), compact=True)
                os.fsync(file.fileno())
        except (OSError, lmdb.Error) as error:
            msg = f"the store could not be copied: {error}"
            raise StorageError(msg) from error

    def prune(
        self,
        floor: Floor,
        headers: Sequence[tuple[int, bytes]],
        refused: Sequence[tuple[bytes, int, int, str]],
    ) -> None:
        """Forget what is below a floor, in one LMDB transaction.

        Kept are the headers of the blocks that go, and with the places of their transactions what
        they were `refused` with: id, height, position, refusal. Entries go whose rows were replaced
        by then; their hashes stay, and so do those of the twig that is still filling.
        """
        try:
            with self._env.begin(write=True) as txn:
                self._prune(txn, floor, headers, refused)
        except lmdb.Error as error:
            raise self._failure(error) from error
        self._txn.abort()
        self._begin()

    def _prune(
        self,
        txn: Any,
        floor: Floor,
        headers: Sequence[tuple[int, bytes]],
        refused: Sequence[tuple[bytes, int, int, str]],
    ) -> None:
        dbs, meta = self._dbs, self._dbs[b"meta"]
        for height, header in headers:
            name = HEADER_NAME + height.to_bytes(NUMBER_BYTES, "big")
            txn.put(name, pack_part(header, height), db=meta)
        tip, total = unpack_tip(txn.get(b"tip", db=meta))
        for identity, height, position, outcome in refused:
            name, place = identity[:16], pack_place(height, position, outcome)
            before = txn.replace(name, place, db=dbs[b"transactions"])
            total += zlib.crc32(name + place) - zlib.crc32(name + before)
        young = tip.entry_count // TWIG_ENTRIES * TWIG_ENTRIES
        since = -1 if self.floor is None else self.floor.state
        for height in range(since + 1, floor.state + 1):
            packed = txn.get(height.to_bytes(NUMBER_BYTES, "big"), db=dbs[b"retired"])
            for number in [] if packed is None else unpack_numbers(packed, height):
                if number < young:
                    txn.delete(number.to_bytes(NUMBER_BYTES, "big"), db=self._entries_db)
        txn.put(FLOOR_NAME, pack_floor(floor), db=meta)
        txn.put(b"tip", pack_tip(tip, total & SUM_MAX), db=meta)

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
