"""The rows of a small world and their history, as a connector reads them."""

from collections.abc import Iterator, Sequence
from typing import Any

from tongjian.connectors.exporting import Version
from tongjian.core.operation import AnyTable, after
from tongjian.testkit import World


class Watched:
    """Remembers every version of every row that a world writes from now on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._history: dict[bytes, list[tuple[int, int, bytes | None]]] = {}
        commit = world._commit

        def watched(writes: Any, results: Any) -> None:
            commit(writes, results)
            for key, value in writes.items():
                version = world.height, world.now_ms, value
                self._history.setdefault(key, []).append(version)

        world._commit = watched  # type: ignore[method-assign]

    @property
    def time_ms(self) -> int:
        return self._world.now_ms

    def rows(self, table: AnyTable, *begun: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        low = table.key_of(begun)
        for key, value in self._world.state.scan(low, after(low), 10**6):
            yield table.split(key), table.codec.decode(value)

    def versions(self, table: AnyTable, *key: Any) -> Sequence[Version]:
        return [
            Version(height, time_ms, None if value is None else table.codec.decode(value))
            for height, time_ms, value in self._history.get(table.key(*key), [])
        ]
