"""What the store holds, read with checks: no answer is given that the rest contradicts.

LMDB knows nothing of damage within its pages. Entries carry checksums; what the index says is
checked against the tree and the order of keys that the entries hold.
"""

import zlib
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path
from typing import Any, Final

import lmdb

from tongjian.core.hashing import Hash
from tongjian.core.merkle import Frontier
from tongjian.core.order import Entry
from tongjian.core.state import Commitment
from tongjian.core.twigs import TWIG_ENTRIES, compute_leaf
from tongjian.storage.environment import TABLES, damage, open_env
from tongjian.storage.errors import Pruned, StoreDamaged
from tongjian.storage.fixed_tree import HASH_BYTES
from tongjian.storage.packing import (
    NUMBER_BYTES,
    SUM_MAX,
    BlockMeta,
    Floor,
    Place,
    Tip,
    unpack_entry,
    unpack_floor,
    unpack_meta,
    unpack_numbers,
    unpack_origin,
    unpack_part,
    unpack_place,
    unpack_tip,
)
from tongjian.storage.tiles import Tiles

ABSENT_CACHED_MAX: Final = 10_000
FORMAT: Final = b"tongjian-store/2"
FIRST: Final = b"\x00"
"""LMDB has no empty key: the first of the order is stored as one zero byte, below all tables."""
_LOWEST: Final = b"\x01"
_HIGHEST: Final = b"\xff" * 256
"""Above all keys: names of tables are ASCII."""
FLOOR_NAME: Final = b"floor"
ORIGIN_NAME: Final = b"origin"
BITS_NAME: Final = b"bits"
"""Active bits at the origin, in portions; the number of the portion follows in four bytes."""
BITS_BYTES_MAX: Final = 1 << 16
HEADER_NAME: Final = b"header"
"""Headers of blocks that are not here; the height follows in six bytes."""


class Stored:
    """Reads the state that was committed last, and checks what it reads."""

    def __init__(self, path: Path, digest: Hash, *, writable: bool, durable: bool = True) -> None:
        """Open the file; raises `StoreDamaged` where LMDB cannot read it.

        One that is not durable is not flushed until it is told to be: an auditor's, which is
        checked through before it is used again, does not wait for the disk at every block.
        """
        self.path = path
        self._digest = digest
        self._env = open_env(path, writable=writable, durable=durable)
        try:
            self._dbs = {name: self._env.open_db(name, create=writable) for name in TABLES}
            self._begin()
            if writable:
                self._env.reader_check()  # a reader that was killed would hold its pages for ever
        except lmdb.Error as error:
            self._env.close()
            raise damage(path, error) from error
        self.inode = path.stat().st_ino
        """Tells this file from one that a rebuild put in its place."""
        self._tree = Commitment(digest).tree
        self.tiles = Tiles(digest, self._tile)

    def _begin(self) -> None:
        """Look at the newest committed state."""
        self._txn = self._env.begin()
        dbs = self._dbs
        self._entries_db, self._index_db = dbs[b"entries"], dbs[b"index"]
        self._cursor = self._txn.cursor(self._index_db)
        self._gap = (b"", FIRST)
        """Two keys that were found to be neighbours in this state: nothing stands between."""
        self._absent: dict[bytes, bytes] = {}
        """Keys that were found absent from this state, each with the key before it."""
        found = self._get(FLOOR_NAME, dbs[b"meta"])
        self.floor: Floor | None = None if found is None else unpack_floor(found)
        """What was pruned; none where everything since the first block is here."""

    def refresh(self) -> None:
        """Look at what another process has committed since; `follow` or `restore` comes next."""
        self._txn.abort()
        self._begin()
        self.tiles.forget()

    # -- reading as the machine and the tree expect -------------------------------------------
    # What stands and what does not is checked against the tree and the order of keys that the
    # entries hold: a damaged index is noticed, never believed.

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
            found = self._get(key or FIRST, self._index_db)
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
        if number is not None:
            self._standing(key, number)
            return number
        found = self._get(key, self._dbs[b"tombs"])
        return None if found is None else int.from_bytes(found, "big")

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
            raise damage(self.path, error) from error
        before: bytes = cursor.key()
        if not found or before >= key:
            raise _disorder(key)
        name = b"" if before == FIRST else before
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
            raise damage(self.path, error) from error
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

    def header(self, height: int) -> bytes | None:
        """Return the bytes of a header whose block is not here; none where it was not kept."""
        packed = self._get(HEADER_NAME + height.to_bytes(NUMBER_BYTES, "big"), self._dbs[b"meta"])
        return None if packed is None else unpack_part(packed, height)

    def transaction(self, identity: bytes) -> Place | None:
        """Return where a transaction's result is, or none; the caller compares the whole id."""
        packed = self._get(identity[:16], self._dbs[b"transactions"])
        return None if packed is None else unpack_place(packed)

    def twig_leaves(self, twig: int) -> list[bytes]:
        """Return the leaf hashes of a full twig."""
        packed = self._get(twig.to_bytes(4, "big"), self._dbs[b"twigs"])
        if packed is not None and len(packed) == HASH_BYTES and self.floor is not None:
            msg = f"the rows of twig {twig} were all replaced before this store began"
            raise Pruned(msg)
        if packed is None or len(packed) != 32 * (TWIG_ENTRIES + 1):
            msg = f"twig {twig} is missing; rebuild with `tongjian doctor --repair`"
            raise StoreDamaged(msg)
        return [packed[i : i + 32] for i in range(32, len(packed), 32)]

    def restore(self) -> Commitment:
        """Rebuild the commitment in memory from what is stored; raises `StoreDamaged`."""
        try:
            commitment = self._restore()
        except (lmdb.Error, IndexError) as error:
            raise damage(self.path, error) from error
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
        first = full * TWIG_ENTRIES
        known, dead = self._origin(first)
        young = known + [self._leaf(first + position) for position in range(len(known), rest)]
        retired = chain(dead, self._retirements())
        commitment.tree.restore(tip.entry_count, leaf_roots, young, retired)
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
            retired = [] if packed is None else unpack_numbers(packed, height)
            commitment.tree.apply(entries, retired, height)
            first = meta.entry_count
        commitment.log = Frontier(self._digest, tip.log_size, tip.peaks)

    def check_sum(self) -> None:
        """Raise `StoreDamaged` where a place of a transaction or a removed row was lost.

        A transaction that is not found would be decided a second time, a removed row would never
        have been: nothing else in the store contradicts that, so both are summed up in the tip.
        """
        found = self._get(b"tip", self._dbs[b"meta"])
        expected = 0 if found is None else unpack_tip(found)[1]
        try:
            total = sum(
                zlib.crc32(name + place)
                for table in (b"transactions", b"tombs")
                for name, place in self._txn.cursor(self._dbs[table])
            )
        except lmdb.Error as error:
            raise damage(self.path, error) from error
        if total & SUM_MAX != expected:
            msg = "places of transactions or of removed rows are not those that were stored"
            raise StoreDamaged(msg)

    def _leaf(self, number: int) -> bytes:
        entry = self.entry(number)
        return compute_leaf(self._digest, entry.key, entry.value, entry.next_key, entry.height)

    def _origin(self, first: int) -> tuple[list[bytes], Iterator[tuple[int, list[int]]]]:
        """Return what a snapshot brought: leaves from an entry on, and what was retired by then."""
        meta = self._dbs[b"meta"]
        found = self._get(ORIGIN_NAME, meta)
        if found is None:
            return [], iter(())
        origin = unpack_origin(found)
        begun = origin.entry_count - len(origin.young)
        dead = self._dead(origin.height, origin.entry_count)
        return list(origin.young) if begun == first else [], dead

    def _dead(self, height: int, entries: int) -> Iterator[tuple[int, list[int]]]:
        for index in count():
            packed = self._get(BITS_NAME + index.to_bytes(4, "big"), self._dbs[b"meta"])
            if packed is None:
                return
            bits = unpack_part(packed, index)
            first = index * BITS_BYTES_MAX * 8
            known = range(min(8 * len(bits), entries - first))
            yield height, [first + n for n in known if not bits[n >> 3] >> (n & 7) & 1]

    def _retirements(self) -> Iterator[tuple[int, list[int]]]:
        for key, packed in self._txn.cursor(self._dbs[b"retired"]):
            height = int.from_bytes(key, "big")
            yield height, unpack_numbers(packed, height)

    def contents(self, table: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield all that a table of the file holds, as it stands there: to compare, not to believe.

        Raises `StoreDamaged` where LMDB cannot read it.
        """
        try:
            yield from self._txn.cursor(self._dbs[table])
        except lmdb.Error as error:
            raise damage(self.path, error) from error

    def close(self) -> None:
        """Close the file."""
        self._txn.abort()
        self._env.close()

    def _tile(self, name: bytes) -> bytes | None:
        return self._get(name, self._dbs[b"tiles"])


def _disorder(key: bytes) -> StoreDamaged:
    return StoreDamaged(
        f"index and entries contradict each other around {key!r}; "
        "rebuild with `tongjian doctor --repair`"
    )
