"""State held in memory: for tests, simulations and the replay of an auditor."""

from bisect import bisect_left, insort
from typing import Any

from tongjian.core.operation import AnyTable
from tongjian.core.order import Entry


class MemoryState:
    """Rows and entries in dictionaries; reads as the machine and the tree expect."""

    def __init__(self) -> None:
        """Begin empty."""
        self._entries: list[Entry] = []
        self._index: dict[bytes, int] = {}
        self._keys: list[bytes] = []
        self._rows: dict[bytes, Any] = {}

    def row(self, table: AnyTable, key: bytes) -> Any | None:
        """Return the decoded row under a key, or none."""
        row = self._rows.get(key)
        if row is None:
            number = self._index.get(key)
            if number is None:
                return None
            row = self._rows[key] = table.codec.decode(self._entries[number].value)
        return row

    def scan(self, low: bytes, high: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """Return up to `limit` keys and row bytes with low <= key < high, in order."""
        start = bisect_left(self._keys, low)
        end = min(bisect_left(self._keys, high), start + limit)
        return [(key, self._entries[self._index[key]].value) for key in self._keys[start:end]]

    def entry(self, number: int) -> Entry:
        """Return an entry by number."""
        return self._entries[number]

    def locate(self, key: bytes) -> int | None:
        """Return the number of the active entry of a key, or none."""
        return self._index.get(key)

    def before(self, key: bytes) -> bytes:
        """Return the greatest active key that is smaller."""
        return self._keys[bisect_left(self._keys, key) - 1]

    def commit(self, entries: list[Entry], writes: dict[bytes, bytes | None]) -> None:
        """Append entries and drop removed rows."""
        for key, value in writes.items():
            self._rows.pop(key, None)
            if value is None and key in self._index:
                del self._index[key]
                del self._keys[bisect_left(self._keys, key)]
        for entry in entries:
            if entry.key not in self._index:
                insort(self._keys, entry.key)
            self._index[entry.key] = len(self._entries)
            self._entries.append(entry)
