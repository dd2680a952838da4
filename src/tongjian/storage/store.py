"""Everything derived from the block log, in one LMDB file: entries, order, twigs, log, indexes.

One LMDB transaction a block, so the derived state is always that of a whole block. It is flushed
without its last metadata page (`metasync=False`): a power cut may take back the last block here,
never the order of pages, and the block log gives that block again.
"""

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import lmdb
import msgspec

from tongjian.core.directory import Reader
from tongjian.core.hashing import Hash
from tongjian.core.merkle import Frontier
from tongjian.core.operation import AnyTable
from tongjian.core.order import Entry
from tongjian.core.state import Advance, Commitment
from tongjian.core.twigs import TWIG_ENTRIES, compute_leaf
from tongjian.storage.errors import InUse, StorageError, StorageFull, StoreDamaged
from tongjian.storage.packing import (
    NUMBER_BYTES,
    PLACES_SUM_MAX,
    BlockMeta,
    Place,
    Tip,
    pack_entry,
    pack_meta,
    pack_place,
    pack_tip,
    unpack_entry,
    unpack_meta,
    unpack_place,
    unpack_tip,
)
from tongjian.storage.tiles import Tiles

MAP_BYTES: Final = 1 << 40
"""A sparse map: it costs no disk until it is used."""
ROWS_CACHED_MAX: Final = 200_000
ABSENT_CACHED_MAX: Final = 10_000
READERS_MAX: Final = 512
FORMAT: Final = b"tongjian-store/2"
_FIRST: Final = b"\x00"
"""LMDB has no empty key: the first of the order is stored as one zero byte, below all tables."""
_LOWEST: Final = b"\x01"
_HIGHEST: Final = b"\xff" * 256
"""Above all keys: names of tables are ASCII."""
_UNREADABLE: Final = (
    lmdb.BadDbiError,
    lmdb.CorruptedError,
    lmdb.IncompatibleError,
    lmdb.InvalidError,
    lmdb.NotFoundError,
    lmdb.PageNotFoundError,
    lmdb.PanicError,
    lmdb.VersionMismatchError,
)
"""What LMDB says of a file that is not what it wrote."""
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
        """Open the file; raises `StoreDamaged` where LMDB cannot read it."""
        self.path = path
        self._digest = digest
        self._env = _open_env(path, writable=writable)
        try:
            self._dbs = {name: self._env.open_db(name, create=writable) for name in _NAMES}
            self._begin()
            if writable:
                self._env.reader_check()  # a reader that was killed would hold its pages for ever
        except lmdb.Error as error:
            self._env.close()
            raise _damage(path, error) from error
        self.inode = path.stat().st_ino
        """Tells this file from one that a rebuild put in its place."""
        self._rows: dict[bytes, Any] = {}
        self._rows_old: dict[bytes, Any] = {}
        self._tree = Commitment(digest).tree
        self.tiles = Tiles(digest, self._tile)

    def _begin(self) -> None:
        """Look at the newest committed state."""
        self._txn = self._env.begin()
        dbs = self._dbs
        self._entries_db, self._index_db = dbs[b"entries"], dbs[b"index"]
        self._cursor = self._txn.cursor(self._index_db)
        self._gap = (b"", _FIRST)
        """Two keys that were found to be neighbours in this state: nothing stands between."""
        self._absent: dict[bytes, bytes] = {}
        """Keys that were found absent from this state, each with the key before it."""

    def refresh(self) -> None:
        """Look at what another process has committed since; `follow` or `restore` comes next."""
        self._txn.abort()
        self._rows, self._rows_old = {}, {}
        self._begin()
        self.tiles.forget()

    # -- reading as the machine and the tree expect -------------------------------------------
    # What stands and what does not is checked against the tree and the order of keys that the
    # entries hold: a damaged index is noticed, never believed.

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
        return None if number is None else self._standing(key, number).value

    def scan(self, low: bytes, high: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Return up to `limit` keys and row bytes with low <= key < high, in order."""
        found: list[tuple[bytes, bytes]] = []
        entry = self._neighbour(low or _LOWEST)
        cursor = self._cursor
        while len(found) < limit and entry.next_key and entry.next_key < high:
            if not cursor.next() or cursor.key() != entry.next_key:
                raise _disorder(entry.next_key)
            entry = self._standing(entry.next_key, int.from_bytes(cursor.value(), "big"))
            found.append((entry.key, entry.value))
        return found

    def entry(self, number: int) -> Entry:
        """Return an entry by number; raises `StoreDamaged` where its checksum fails."""
        packed = self._get(number.to_bytes(NUMBER_BYTES, "big"), self._entries_db)
        if packed is None:
            msg = f"entry {number} is missing; rebuild with `tongjian doctor --repair`"
            raise StoreDamaged(msg)
        return unpack_entry(packed, number)

    def locate(self, key: bytes) -> int | None:
        """Return the number of the active entry of a key, or none."""
        if key in self._absent:
            return None
        low, high = self._gap
        if not low < key < high:
            found = self._get(key or _FIRST, self._index_db)
            if found is not None:
                return int.from_bytes(found, "big")
            entry = self._neighbour(key)
            if entry.next_key == key:
                raise _disorder(key)
            low = entry.key
        if len(self._absent) < ABSENT_CACHED_MAX:
            self._absent[key] = low
        return None

    def newest(self, key: bytes) -> int | None:
        """Return the number of a key's newest entry, whether the row still stands or not."""
        number = self.locate(key)
        if number is None:
            found = self._get(key, self._dbs[b"tombs"])
            number = None if found is None else int.from_bytes(found, "big")
        return number

    def before(self, key: bytes) -> bytes:
        """Return the greatest active key that is smaller."""
        low = self._absent.get(key)
        return self._neighbour(key).key if low is None else low

    def _neighbour(self, key: bytes) -> Entry:
        """Return the entry of the greatest active key that is smaller."""
        cursor = self._cursor
        try:
            found = cursor.prev() if cursor.set_range(key) else cursor.last()
        except lmdb.Error as error:
            raise _damage(self.path, error) from error
        before: bytes = cursor.key()
        if not found or before >= key:
            raise _disorder(key)
        name = b"" if before == _FIRST else before
        entry = self._standing(name, int.from_bytes(cursor.value(), "big"))
        if entry.next_key and entry.next_key < key:
            raise _disorder(entry.next_key)
        self._gap = (entry.key, entry.next_key or _HIGHEST)
        return entry

    def _standing(self, key: bytes, number: int) -> Entry:
        """Return the entry that the index names for a key, if it is that and active."""
        entry = self.entry(number)
        tree = self._tree
        if entry.key != key or number >= tree.count or not tree.is_active(number):
            raise _disorder(key)
        return entry

    def _get(self, key: bytes, db: Any) -> bytes | None:
        try:
            found: bytes | None = self._txn.get(key, db=db)
        except lmdb.Error as error:
            raise _damage(self.path, error) from error
        return found

    # -- reading for proofs and surfaces ------------------------------------------------------

    def tip(self) -> Tip | None:
        """Return where the derived state stands, or none before genesis."""
        meta = self._dbs[b"meta"]
        found = self._get(b"tip", meta)
        if found is None:
            return None
        if self._get(b"format", meta) != FORMAT:
            msg = "the store has another format; rebuild with `tongjian doctor --repair`"
            raise StoreDamaged(msg)
        return unpack_tip(found)[0]

    def block(self, height: int) -> BlockMeta | None:
        """Return where a block is, or none."""
        packed = self._get(height.to_bytes(NUMBER_BYTES, "big"), self._dbs[b"blocks"])
        return None if packed is None else unpack_meta(packed, height)

    def transaction(self, identity: bytes) -> Place | None:
        """Return where a transaction's result is, or none; the caller compares the whole id."""
        packed = self._get(identity[:16], self._dbs[b"transactions"])
        return None if packed is None else unpack_place(packed)

    def twig_leaves(self, twig: int) -> list[bytes]:
        """Return the leaf hashes of a full twig."""
        packed = self._get(twig.to_bytes(4, "big"), self._dbs[b"twigs"])
        if packed is None or len(packed) != 32 * (TWIG_ENTRIES + 1):
            msg = f"twig {twig} is missing; rebuild with `tongjian doctor --repair`"
            raise StoreDamaged(msg)
        return [packed[i : i + 32] for i in range(32, len(packed), 32)]

    def restore(self) -> Commitment:
        """Rebuild the commitment in memory from what is stored; raises `StoreDamaged`."""
        try:
            commitment = self._restore()
        except (lmdb.Error, IndexError) as error:
            raise _damage(self.path, error) from error
        self._tree = commitment.tree
        return commitment

    def _restore(self) -> Commitment:
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

    def follow(self, commitment: Commitment, since: Tip) -> None:
        """Bring a commitment from an older tip to this one; for readers beside a writer."""
        tip = self.tip()
        if tip is None or tip.height < since.height:
            msg = f"the state went back behind height {since.height}; open the ledger again"
            raise StoreDamaged(msg)
        first = since.entry_count
        for height in range(since.height + 1, tip.height + 1):
            meta = self.block(height)
            if meta is None:
                msg = f"block {height} has no place in the index"
                raise StoreDamaged(msg)
            entries = [self.entry(number) for number in range(first, meta.entry_count)]
            packed = self._get(height.to_bytes(NUMBER_BYTES, "big"), self._dbs[b"retired"])
            commitment.tree.apply(entries, _numbers(packed or b""), height)
            first = meta.entry_count
        commitment.log = Frontier(self._digest, tip.log_size, tip.peaks)

    def check_places(self) -> None:
        """Raise `StoreDamaged` unless the places of transactions are those that were stored.

        A transaction that is not found would be decided a second time: one lost key must show.
        """
        found = self._get(b"tip", self._dbs[b"meta"])
        expected = 0 if found is None else unpack_tip(found)[1]
        try:
            cursor = self._txn.cursor(self._dbs[b"transactions"])
            total = sum(zlib.crc32(name + place) for name, place in cursor)
        except lmdb.Error as error:
            raise _damage(self.path, error) from error
        if total & PLACES_SUM_MAX != expected:
            msg = "the places of transactions are not those that were stored"
            raise StoreDamaged(msg)

    def _leaf(self, number: int) -> bytes:
        entry = self.entry(number)
        return compute_leaf(self._digest, entry.key, entry.value, entry.next_key, entry.height)

    def _retirements(self) -> Iterator[tuple[int, list[int]]]:
        for key, packed in self._txn.cursor(self._dbs[b"retired"]):
            yield int.from_bytes(key, "big"), _numbers(packed)

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
        try:
            with self._env.begin(write=True) as txn:
                self._write_entries(txn, advance, writes)
                self._write_block(txn, tip, offset, advance, transactions)
        except lmdb.Error as error:
            self.tiles.forget()
            text = str(error)
            if isinstance(error, lmdb.DiskError | lmdb.MapFullError) or "space" in text:
                msg = f"no room for the derived state: {error}"
                raise StorageFull(msg) from error
            msg = f"the store could not be written: {error}"
            raise StorageError(msg) from error
        except BaseException:
            self.tiles.forget()
            raise
        self._txn.abort()
        self._begin()

    def _write_block(
        self, txn: Any, tip: Tip, offset: int, advance: Advance, transactions: Sequence[bytes]
    ) -> None:
        dbs, staged = self._dbs, advance.staged
        height = tip.height.to_bytes(NUMBER_BYTES, "big")
        if staged.retired:
            packed = b"".join(n.to_bytes(NUMBER_BYTES, "big") for n in staged.retired)
            txn.put(height, packed, db=dbs[b"retired"], append=True)
        for twig, (root, leaves) in staged.filled.items():
            value = root + b"".join(leaves)
            txn.put(twig.to_bytes(4, "big"), value, db=dbs[b"twigs"], append=True)
        last = txn.get(b"tip", db=dbs[b"meta"])
        places_sum = 0 if last is None else unpack_tip(last)[1]
        places = [
            (identity[:16], pack_place(tip.height, position))
            for position, identity in enumerate(transactions)
        ]
        places_sum += sum([zlib.crc32(name + place) for name, place in places])
        places.sort()
        txn.cursor(dbs[b"transactions"]).putmulti(places)
        for name, tile in self.tiles.append(advance.log_leaves):
            txn.put(name, tile, db=dbs[b"tiles"])
        meta = BlockMeta(offset, tip.entry_count, tip.log_size)
        txn.put(height, pack_meta(meta), db=dbs[b"blocks"], append=True)
        txn.put(b"format", FORMAT, db=dbs[b"meta"])
        txn.put(b"tip", pack_tip(tip, places_sum & PLACES_SUM_MAX), db=dbs[b"meta"])

    def _write_entries(self, txn: Any, advance: Advance, writes: dict[bytes, bytes | None]) -> None:
        """Append the entries, point the index to them, and bury the rows that were removed."""
        entries_db, index_db, tombs_db = self._entries_db, self._index_db, self._dbs[b"tombs"]
        entries = advance.staged.entries
        if txn.stat(tombs_db)["entries"]:
            entries = [self._continued(txn, entry) for entry in entries]
        first = advance.staged.first
        names = [n.to_bytes(NUMBER_BYTES, "big") for n in range(first, first + len(entries))]
        packed = zip(names, map(pack_entry, entries), strict=True)
        txn.cursor(entries_db).putmulti(packed, append=True)
        index = zip([entry.key or _FIRST for entry in entries], names, strict=True)
        txn.cursor(index_db).putmulti(index)
        for key, value in writes.items():
            if value is None:
                removed = txn.get(key, db=index_db)
                if removed is not None:
                    txn.put(key, removed, db=tombs_db)
                    txn.delete(key, db=index_db)

    def _continued(self, txn: Any, entry: Entry) -> Entry:
        """Return an entry whose history goes on where a row stood here before and was removed."""
        tomb = None if entry.previous else txn.get(entry.key or _FIRST, db=self._dbs[b"tombs"])
        if tomb is None:
            return entry
        return msgspec.structs.replace(entry, previous=int.from_bytes(tomb, "big") + 1)

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
        return self._get(name, self._dbs[b"tiles"])


def _open_env(path: Path, *, writable: bool) -> Any:
    try:
        return lmdb.open(
            str(path),
            map_size=MAP_BYTES,
            max_dbs=len(_NAMES),
            subdir=False,
            readonly=not writable,
            metasync=False,
            lock=True,
            mode=0o640,
            readahead=False,
            max_readers=READERS_MAX,
        )
    except _UNREADABLE as error:
        raise _damage(path, error) from error
    except lmdb.Error as error:
        if "already open" in str(error):
            msg = f"{path.name} is open in this process; use what is open"
            raise InUse(msg) from error
        if not path.exists():
            msg = f"there is no {path.name}; open the ledger once for writing"
            raise StoreDamaged(msg) from error
        msg = f"{path.name} cannot be opened: {error}"
        raise StorageError(msg) from error


def _numbers(packed: bytes) -> list[int]:
    size = NUMBER_BYTES
    return [int.from_bytes(packed[i : i + size], "big") for i in range(0, len(packed), size)]


def _damage(path: Path, error: Exception) -> StoreDamaged:
    return StoreDamaged(f"{path.name} cannot be read ({error}); the block log gives it again")


def _disorder(key: bytes) -> StoreDamaged:
    return StoreDamaged(
        f"index and entries contradict each other around {key!r}; "
        "rebuild with `tongjian doctor --repair`"
    )
