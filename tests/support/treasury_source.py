"""The ledger of a town as exporters read it: rows, and every version of a row."""

from collections.abc import Iterator, Sequence
from typing import Any

from treasury_town import Town

from tongjian.connectors.exporting import Version
from tongjian.core.operation import AnyTable


class TownSource:
    """Reads a town's world; made before its first act, it keeps every version."""

    def __init__(self, town: Town) -> None:
        self._world = town.world
        self._versions: dict[bytes, list[tuple[int, int, bytes | None]]] = {}
        commit = town.world._commit

        def kept(writes: dict[bytes, bytes | None], results: Any) -> None:
            for key, data in writes.items():
                told = (town.world.height, town.world.now_ms, data)
                self._versions.setdefault(key, []).append(told)
            commit(writes, results)

        town.world._commit = kept  # type: ignore[method-assign]

    @property
    def time_ms(self) -> int:
        return self._world.now_ms

    def rows(self, table: AnyTable, *begun: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        low = table.key_of(begun)
        for key, data in self._world.rows().items():
            if key.startswith(low):
                yield table.split(key), table.codec.decode(data)

    def versions(self, table: AnyTable, *key: Any) -> Sequence[Version]:
        return [
            Version(height, time_ms, None if data is None else table.codec.decode(data))
            for height, time_ms, data in self._versions.get(table.key(*key), ())
        ]
