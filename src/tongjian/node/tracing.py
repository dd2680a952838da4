"""Walks from a row to all that it rests on, and back to all that rests on it, over all services."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tongjian.core.directory import Reader, rows_below
from tongjian.core.links import Key, Link
from tongjian.core.operation import AnyTable
from tongjian.core.registry import Registry

DEPTH_MAX: Final = 16
Place = tuple[AnyTable, Key]


@dataclass(frozen=True)
class Step:
    """One row that was reached, and from where."""

    depth: int
    """Links away from where the walk began; 0 there."""
    name: str
    """What the row is to the one before, or the other way round; empty where the walk begins."""
    table: AnyTable
    key: Key
    row: Any
    """None where the link leads to a row that is not there."""
    origin: Place | None


@dataclass
class Walk:
    """What one walk has looked up so far."""

    registry: Registry
    reader: Reader
    _referring: dict[Link, dict[Key, list[Key]]] = field(
        default_factory=dict[Link, dict[Key, list[Key]]]
    )

    def row(self, table: AnyTable, key: Key) -> Any | None:
        """Return a row, or none."""
        return self.reader.row(table, table.key(*key))

    def rests_on(self, table: AnyTable, key: Key, depth: int = DEPTH_MAX) -> Iterator[Step]:
        """Yield what a row refers to, and what that refers to: the nearest first, each once."""
        return self._walk(table, key, depth, self._targets)

    def rests_on_it(self, table: AnyTable, key: Key, depth: int = DEPTH_MAX) -> Iterator[Step]:
        """Yield what refers to a row, and what refers to that: the nearest first, each once."""
        return self._walk(table, key, depth, self._sources)

    def _walk(self, table: AnyTable, key: Key, depth: int, neighbours: Any) -> Iterator[Step]:
        seen: dict[tuple[str, Key], None] = {(table.name, key): None}
        waiting = deque([Step(0, "", table, key, self.row(table, key), None)])
        while waiting:
            step = waiting.popleft()
            if step.depth:
                yield step
            if step.row is None or step.depth == depth:
                continue
            for name, next_, found in neighbours(step.table, step.key, step.row):
                if (next_.name, found) not in seen:
                    seen[next_.name, found] = None
                    row = self.row(next_, found)
                    origin = (step.table, step.key)
                    waiting.append(Step(step.depth + 1, name, next_, found, row, origin))

    def _targets(self, table: AnyTable, key: Key, row: Any) -> Iterator[tuple[str, AnyTable, Key]]:
        for link in self.registry.links():
            if link.source is table:
                for target in link.targets(key, row):
                    if not link.is_optional or self.row(link.to, target) is not None:
                        yield link.name, link.to, target

    def _sources(self, table: AnyTable, key: Key, row: Any) -> Iterator[tuple[str, AnyTable, Key]]:
        del row
        for link in self.registry.links():
            if link.to is table:
                for source in self._refer_to(link, key):
                    yield link.name, link.source, source

    def _refer_to(self, link: Link, target: Key) -> list[Key]:
        """Return the keys of the rows that refer to a row: a range, or an index made once."""
        if link.is_parent:
            return [key for key, _ in rows_below(self.reader, link.source, *target)]
        index = self._referring.get(link)
        if index is None:
            index = self._referring[link] = {}
            for key, row in rows_below(self.reader, link.source):
                for found in link.targets(key, row):
                    index.setdefault(found, []).append(key)
        return index.get(target, [])
