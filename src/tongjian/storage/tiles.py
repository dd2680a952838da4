"""The transaction log's hashes in tiles of 256, as in C2SP tlog-tiles.

A tile of level n holds the hashes of complete subtrees of 256^n leaves. Inner nodes are computed
from the tile when a proof asks for them and remembered for a while.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from tongjian.core.hashing import Hash

TILE_HASHES: Final = 256
TILE_LEVELS: Final = 8
TILES_CACHED_MAX: Final = 512


def tile_name(level: int, index: int) -> bytes:
    """Return the stored name of a tile."""
    return bytes([level]) + index.to_bytes(6, "big")


class Tiles:
    """Appends leaf hashes and answers for any complete node of the log."""

    def __init__(self, digest: Hash, load: Callable[[bytes], bytes | None]) -> None:
        """Read stored tiles through `load`."""
        self._digest = digest
        self._load = load
        self._edge: list[bytearray] | None = None
        """The unfinished tile of each level."""
        self._full: list[int] = []
        """How many tiles of each level are complete."""
        self._nodes: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()

    def forget(self) -> None:
        """Drop what is remembered; stored tiles are read anew."""
        self._edge = None
        self._nodes.clear()

    def append(self, leaves: list[bytes], size: int) -> Iterator[tuple[bytes, bytes]]:
        """Take in leaf hashes after the first `size`, and yield the tiles to store, by name."""
        if self._edge is None:
            self._load_edge(size)
        changed: dict[int, bool] = {}
        for leaf in leaves:
            yield from self._push(0, leaf, changed)
        for level in changed:
            edge = self._edge_of(level)
            if edge:
                yield tile_name(level, self._full[level]), bytes(edge)

    def _push(
        self, level: int, node: bytes, changed: dict[int, bool]
    ) -> Iterator[tuple[bytes, bytes]]:
        edge = self._edge_of(level)
        edge.extend(node)
        changed[level] = True
        if len(edge) == 32 * TILE_HASHES:
            tile = bytes(edge)
            index = self._full[level]
            yield tile_name(level, index), tile
            self._full[level] += 1
            edge.clear()
            # A partial tile may be remembered under this name.
            self._nodes.pop((level, index), None)
            yield from self._push(level + 1, self._levels(tile)[TILE_LEVELS][0], changed)

    def _edge_of(self, level: int) -> bytearray:
        edges = self._edge
        if edges is None:
            msg = "tiles are appended before they are loaded"
            raise RuntimeError(msg)
        while len(edges) <= level:
            edges.append(bytearray())
            self._full.append(0)
        return edges[level]

    def _load_edge(self, size: int) -> None:
        """Read the unfinished tiles of a log of a size; older ones may be pruned."""
        self._edge, self._full = [], []
        level, hashes = 0, size
        while hashes:
            full, rest = divmod(hashes, TILE_HASHES)
            edge = self._edge_of(level)
            edge.extend((self._load(tile_name(level, full)) or b"") if rest else b"")
            self._full[level] = full
            level, hashes = level + 1, full

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete node; raises `KeyError` where the log does not reach it."""
        tile_level, inner = divmod(level, TILE_LEVELS)
        tile_index, position = divmod(index, TILE_HASHES >> inner)
        nodes = self._tile_nodes(tile_level, tile_index, need=(position + 1) << inner)
        return nodes[inner][position]

    def _tile_nodes(self, level: int, index: int, need: int) -> list[list[bytes]]:
        name = (level, index)
        nodes = self._nodes.get(name)
        if nodes is None or len(nodes[0]) < need:
            tile = self._load(tile_name(level, index))
            if tile is None or len(tile) < 32 * need:
                msg = f"tile {level}/{index} does not reach hash {need}"
                raise KeyError(msg)
            nodes = self._nodes[name] = self._levels(tile)
            if len(self._nodes) > TILES_CACHED_MAX:
                self._nodes.popitem(last=False)
        self._nodes.move_to_end(name)
        return nodes

    def _levels(self, tile: bytes) -> list[list[bytes]]:
        digest = self._digest
        level = [tile[i : i + 32] for i in range(0, len(tile), 32)]
        levels = [level]
        for _ in range(TILE_LEVELS):
            pairs = range(0, len(level) - 1, 2)
            level = [digest(b"\x01" + level[i] + level[i + 1]) for i in pairs]
            levels.append(level)
        return levels
