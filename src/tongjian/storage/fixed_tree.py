"""A binary Merkle tree over hashes that do not change, padded with zeros: small, and made at once.

The shape is that of `core.padded`. Each level is one string of bytes, which takes a quarter of the
memory that a list of hashes would, and makes hashing a level one loop over slices.
"""

from typing import Final

from tongjian.core.hashing import Hash
from tongjian.core.padded import ZERO, compute_top_height

HASH_BYTES: Final = 32
_PAIR: Final = 2 * HASH_BYTES


class FixedTree:
    """A tree over a fixed list of hashes, up to the height that it was made for."""

    __slots__ = ("_levels", "_zeros")

    def __init__(self, digest: Hash, leaves: bytes, height: int) -> None:
        """Hash all levels over the leaves, 32 bytes each, up to a height."""
        zero, level = ZERO, leaves
        self._levels, self._zeros = [level], [zero]
        for _ in range(height):
            padded = level + zero if len(level) % _PAIR else level
            level = b"".join(
                [digest(b"\x01" + padded[at : at + _PAIR]) for at in range(0, len(padded), _PAIR)]
            )
            zero = digest(b"\x01" + zero + zero)
            self._levels.append(level)
            self._zeros.append(zero)

    def __len__(self) -> int:
        """Return the number of leaves."""
        return len(self._levels[0]) // HASH_BYTES

    def top(self, height: int | None = None) -> bytes:
        """Return the root at a height in levels; by default the least that holds all leaves."""
        return self.node(compute_top_height(len(self)) if height is None else height, 0)

    def node(self, level: int, index: int) -> bytes:
        """Return a node of a level."""
        at = index * HASH_BYTES
        return self._levels[level][at : at + HASH_BYTES] or self._zeros[level]
