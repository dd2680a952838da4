"""A binary Merkle tree over a growing list of hashes, padded with zeros to a power of two."""

from collections.abc import Iterable
from typing import Final

from tongjian.core.hashing import Hash

ZERO: Final = bytes(32)
"""Stands for a leaf that is not there yet."""


class PaddedTree:
    """A binary tree over a growing list of hashes, padded with zeros to a power of two."""

    __slots__ = ("_digest", "_dirty", "_zeros", "levels")

    def __init__(self, digest: Hash, leaves: Iterable[bytes] = ()) -> None:
        """Build over the leaves."""
        self._digest = digest
        self._zeros = [ZERO]
        self.levels: list[list[bytes]] = [list(leaves)]
        self._dirty: dict[int, bool] = dict.fromkeys(range(0, len(self.levels[0]), 2), True)

    def __len__(self) -> int:
        """Return the number of leaves."""
        return len(self.levels[0])

    def append(self, leaf: bytes) -> None:
        """Add a leaf."""
        self._dirty[len(self.levels[0]) & ~1] = True
        self.levels[0].append(leaf)

    def extend(self, leaves: list[bytes]) -> None:
        """Add leaves."""
        first = len(self.levels[0])
        self.levels[0].extend(leaves)
        self._dirty.update(dict.fromkeys(range(first & ~1, first + len(leaves), 2), True))

    def replace(self, index: int, leaf: bytes) -> None:
        """Change a leaf."""
        self._dirty[index & ~1] = True
        self.levels[0][index] = leaf

    def zero(self, level: int) -> bytes:
        """Return the hash of an empty subtree of a level."""
        while len(self._zeros) <= level:
            last = self._zeros[-1]
            self._zeros.append(self._digest(b"\x01" + last + last))
        return self._zeros[level]

    def top(self, height: int | None = None) -> bytes:
        """Return the root at a height in levels; by default the least that holds all leaves."""
        height = compute_top_height(len(self)) if height is None else height
        self._refresh(height)
        nodes = self.levels[height]
        return nodes[0] if nodes else self.zero(height)

    def node(self, level: int, index: int) -> bytes:
        """Return a node of a tree that `top` was asked for at least that high."""
        nodes = self.levels[level]
        return nodes[index] if index < len(nodes) else self.zero(level)

    def path(self, index: int, height: int) -> list[bytes]:
        """Return the siblings from a leaf up to a height."""
        self._refresh(height)
        siblings: list[bytes] = []
        for level in range(height):
            sibling = (index >> level) ^ 1
            nodes = self.levels[level]
            siblings.append(nodes[sibling] if sibling < len(nodes) else self.zero(level))
        return siblings

    def _refresh(self, height: int) -> None:
        digest = self._digest
        while len(self.levels) <= height:
            # A new level above: everything below it counts as changed once.
            self._dirty.update(dict.fromkeys(range(0, len(self.levels[0]), 2), True))
            self.levels.append([])
        if not self._dirty:
            return
        dirty: Iterable[int] = self._dirty
        for level in range(len(self.levels) - 1):
            nodes, parents = self.levels[level], self.levels[level + 1]
            size = len(nodes)
            zero = self.zero(level)
            above: dict[int, bool] = {}
            for left in dirty:
                right = nodes[left + 1] if left + 1 < size else zero
                node = digest(b"\x01" + nodes[left] + right)
                parent = left >> 1
                if parent < len(parents):
                    parents[parent] = node
                elif parent == len(parents):
                    parents.append(node)
                else:
                    parents.extend([ZERO] * (parent - len(parents)))
                    parents.append(node)
                above[parent & ~1] = True
            dirty = above
        self._dirty = {}


def compute_top_height(twigs: int) -> int:
    """Return the height of the tree above a number of twigs: none for one, else the least."""
    return max(twigs - 1, 0).bit_length()
