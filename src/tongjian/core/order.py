"""The entries of the state and the order of their keys, as one block changes it."""

from typing import Protocol

import msgspec

from tongjian.core.operation import InvariantBroken


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One version of one row."""

    key: bytes
    value: bytes
    next_key: bytes
    height: int
    previous: int
    """Number of the row's entry before this one plus one; 0 for the first. Not committed to."""


class Entries(Protocol):
    """Reads the committed entries and their order."""

    def entry(self, number: int) -> Entry:
        """Return an entry by number."""
        ...

    def locate(self, key: bytes) -> int | None:
        """Return the number of the active entry of a key, or none."""
        ...

    def before(self, key: bytes) -> bytes:
        """Return the greatest active key that is smaller; the empty key is always there."""
        ...


class _Pending:
    __slots__ = ("next_key", "old", "value")

    def __init__(self, value: bytes, next_key: bytes, old: int) -> None:
        self.value = value
        self.next_key = next_key
        self.old = old


class Links:
    """The ordered list of keys as one block changes it; keys must come in ascending order."""

    def __init__(self, entries: Entries, empty: bool) -> None:  # noqa: FBT001 - within
        self._entries = entries
        self._pending: dict[bytes, _Pending] = {}
        self._removed: dict[bytes, int] = {}
        self._near = b""
        """The key worked on last: a new key often comes right after it."""
        if empty:
            self._pending[b""] = _Pending(b"", b"", -1)

    def write(self, key: bytes, value: bytes) -> None:
        """Give a row new bytes, or put a new row between its neighbours."""
        before = self._enclosing(key)
        if before is None:
            pending = self._open(key)
            if pending is not None:
                pending.value = value
                self._near = key
                return
            before = self._open_before(key)
            self._expect(before.next_key == b"" or key < before.next_key, key)
        self._pending[key] = _Pending(value, before.next_key, -1)
        before.next_key = key
        self._near = key

    def remove(self, key: bytes) -> None:
        """Take a row out: the one before it gets its next key."""
        pending = self._open(key)
        if pending is None:
            return
        before = self._open_before(key)
        self._expect(before.next_key == key, key)
        before.next_key = pending.next_key
        del self._pending[key]
        self._removed[key] = pending.old

    def _enclosing(self, key: bytes) -> _Pending | None:
        """Return the entry worked on last if its next key shows that the key is new after it."""
        near = self._pending.get(self._near)
        if near is None or self._near >= key:
            return None
        return near if near.next_key == b"" or key < near.next_key else None

    def result(self, height: int) -> tuple[list[Entry], list[int]]:
        """Return the entries to append, in order of key, and the numbers of those they retire."""
        appended = [
            Entry(key, p.value, p.next_key, height, p.old + 1)
            for key, p in sorted(self._pending.items())
        ]
        retired = [p.old for p in self._pending.values() if p.old >= 0]
        retired.extend(self._removed.values())
        return appended, sorted(retired)

    def _open(self, key: bytes) -> _Pending | None:
        """Return the entry of a key as it will be appended again, or none where it is new."""
        pending = self._pending.get(key)
        if pending is None:
            number = self._entries.locate(key)
            if number is None:
                return None
            entry = self._entries.entry(number)
            self._expect(entry.key == key, key)
            pending = self._pending[key] = _Pending(entry.value, entry.next_key, number)
        return pending

    def _open_before(self, key: bytes) -> _Pending:
        before = b""
        if b"" not in self._pending or self._pending[b""].old >= 0:
            before = self._entries.before(key)
            while before in self._removed:
                before = self._entries.before(before)
            self._expect(before < key, key)
        # A key inserted in this block may stand nearer than any committed one.
        if self._near < key and self._near in self._pending:
            before = max(before, self._near)
        pending = self._open(before)
        if pending is None:
            raise _damaged(key)
        return pending

    def _expect(self, holds: bool, key: bytes) -> None:  # noqa: FBT001 - within
        if not holds:
            raise _damaged(key)


def _damaged(key: bytes) -> InvariantBroken:
    return InvariantBroken(
        f"the order of keys around {key!r} contradicts itself: the index is damaged"
    )
