"""The history of a row: its versions, its removals, and what changed from one to the next."""

from dataclasses import dataclass
from typing import Any

from tongjian.cli.readable import pairs_of
from tongjian.core.operation import AnyTable, Row
from tongjian.engines.chain import Chain


@dataclass(frozen=True)
class Version:
    """A row from a height on; none where it was removed."""

    height: int
    time_ms: int
    row: Row | None


def versions_of(chain: Chain, table: AnyTable, key: bytes) -> list[Version]:
    """Return the versions of a row, oldest first, removals among them."""
    retired = chain.commitment.tree.retired_at
    known: list[tuple[int, bytes | None]] = []
    for number in _entries(chain, key):
        entry = chain.store.entry(number)
        # An entry is also written when only its next key changed: that is no new version.
        if not known or known[-1][1] != entry.value:
            known.append((entry.height, entry.value))
        following = retired[number]
        if following and not _goes_on(chain, key, number, following):
            known.append((following, None))
    return [
        Version(
            height,
            chain.header(height).time_ms,
            None if value is None else table.codec.decode(value),
        )
        for height, value in known
    ]


def _entries(chain: Chain, key: bytes) -> list[int]:
    numbers: list[int] = []
    number = chain.store.newest(key)
    while number is not None:
        numbers.append(number)
        previous = chain.store.entry(number).previous
        number = previous - 1 if previous else None
    return numbers[::-1]


def _goes_on(chain: Chain, key: bytes, number: int, height: int) -> bool:
    """Say whether an entry was retired by another entry of its row, not by removal."""
    following = chain.prover.entry_at(key, height)
    return following is not None and following != number


def changes_between(before: Any, after: Any) -> list[tuple[str, str]]:
    """Return the fields of a version that differ from the one before it, as `old → new`."""
    old = dict(_flat(before))
    new = dict(_flat(after))
    if after is None:
        return []
    changes = [
        (name, f"{old[name]} → {value}" if name in old else value)
        for name, value in new.items()
        if old.get(name) != value and value
    ]
    gone = [(name, f"{value} → none") for name, value in old.items() if name not in new and value]
    return changes + gone


def _flat(row: Any) -> list[tuple[str, str]]:
    """Return the fields of a row with the names of the records they are in before them."""
    if row is None:
        return []
    path: list[str] = []
    found: list[tuple[str, str]] = []
    for name, value in pairs_of(row):
        depth = (len(name) - len(name.lstrip())) // 2
        path = [*path[:depth], name.strip()]
        found.append((".".join(path), value))
    return found
