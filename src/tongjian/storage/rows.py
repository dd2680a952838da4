"""Rows by key in a scratch file of their own: what a replay reads while the store falls behind.

The replay decides blocks in one process while another puts them into the store. Reading its own
rows here, the first never waits for the second. The file is not flushed and not kept.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import lmdb

from tongjian.core.directory import Reader
from tongjian.core.operation import AnyTable

MAP_BYTES: Final = 1 << 40
"""A sparse map: it costs no disk until it is used."""
ROWS_CACHED_MAX: Final = 20_000
WRITES_STAGED_MAX: Final = 20_000
"""Rows written in one LMDB transaction: its changed pages are held in memory."""


class Rows(Reader):
    """Reads rows and takes in changes at once; for one process."""

    def __init__(self, path: Path) -> None:
        """Open or create the file."""
        self._env = lmdb.open(
            str(path), map_size=MAP_BYTES, subdir=False, sync=False, lock=False, readahead=False
        )
        self._staged = 0
        self._young: dict[bytes, Any] = {}
        self._old: dict[bytes, Any] = {}
        self._begin()

    def _begin(self) -> None:
        self._txn = self._env.begin(write=True)
        self._cursor = self._txn.cursor()
        self._staged = 0

    def row(self, table: AnyTable, key: bytes) -> Any | None:
        """Return the decoded row under a key, or none."""
        row = self._young.get(key)
        if row is not None:
            return row
        row = self._old.get(key)
        if row is None:
            value = self._txn.get(key)
            if value is None:
                return None
            row = table.codec.decode_trusted(value)
        self._remember(key, row)
        return row

    def scan(self, low: bytes, high: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Return up to `limit` keys and row bytes with low <= key < high, in order."""
        found: list[tuple[bytes, bytes]] = []
        cursor = self._cursor
        stands = cursor.set_range(low)
        while stands and len(found) < limit:
            key, value = cursor.item()
            if key >= high:
                break
            found.append((key, value))
            stands = cursor.next()
        return found

    def take_in(self, writes: dict[bytes, bytes | None], rows: dict[bytes, Any]) -> None:
        """Change rows; `rows` are the decoded ones behind `writes`, none for a removed row."""
        items = [(key, value) for key, value in writes.items() if value is not None]
        items.sort()
        self._cursor.putmulti(items)
        if len(items) != len(writes):
            for key in [key for key, value in writes.items() if value is None]:
                self._txn.delete(key)
        for key, row in rows.items():
            if row is None:
                self._young.pop(key, None)
                self._old.pop(key, None)
            else:
                self._remember(key, row)
        self._staged += len(writes)
        if self._staged > WRITES_STAGED_MAX:
            self._txn.commit()
            self._begin()

    def fill(self, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Take rows in the order of their keys into an empty file."""
        self._cursor.putmulti(rows, append=True)
        self._txn.commit()
        self._begin()

    def _remember(self, key: bytes, row: Any) -> None:
        # Two generations: whatever was not used while the young one filled up is dropped.
        if len(self._young) >= ROWS_CACHED_MAX:
            self._old, self._young = self._young, {}
        self._young[key] = row

    def close(self) -> None:
        """Close the file; what it holds is of no use to another process."""
        self._txn.abort()
        self._env.close()
