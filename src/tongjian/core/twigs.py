"""The authenticated state: an append-only tree of entries in twigs, with keys kept in order.

After QMDB's idea (Zhang et al. 2025), simplified. Every change of a row appends an entry (key,
value hash, next key in order, height) and marks the row's older entry as no longer active. A twig
is 512 entries: the fixed root of its leaves beside 512 active bits. Above the twigs stands one
binary tree. Because entries never change and each remembers when it was retired, every past root
can be rebuilt; because each entry commits to the next key, absence and complete ranges are
provable.

    leaf   = H(0x00 ‖ len16(key) ‖ key ‖ H(value) ‖ len16(next) ‖ next ‖ height64)
    node   = H(0x01 ‖ left ‖ right)
    twig   = H(0x02 ‖ root of 512 leaves ‖ 64 bytes of active bits, bit i of byte j = entry 8j + i)
    state  = H(0x03 ‖ entry count64 ‖ top)

Leaves that the youngest twig lacks, and twigs that the next power of two lacks, are 32 zero bytes.
The first key of the order is the empty key, there from genesis; the last entry's next key is empty.
"""

from array import array
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from tongjian.core.hashing import Hash
from tongjian.core.order import Entries, Entry, Links
from tongjian.core.padded import PaddedTree

TWIG_ENTRIES: Final = 512
TWIG_LEVELS: Final = 9
BITS_BYTES: Final = TWIG_ENTRIES // 8


def compute_leaf(digest: Hash, key: bytes, value: bytes, next_key: bytes, height: int) -> bytes:
    """Return the leaf hash of an entry whose value bytes are known."""
    return compute_leaf_of(digest, key, digest(value), next_key, height)


def compute_leaf_of(
    digest: Hash, key: bytes, value_digest: bytes, next_key: bytes, height: int
) -> bytes:
    """Return the leaf hash of an entry by the hash of its value, all that a neighbour may show."""
    return digest(
        b"\x00"
        + len(key).to_bytes(2, "big")
        + key
        + value_digest
        + len(next_key).to_bytes(2, "big")
        + next_key
        + height.to_bytes(8, "big")
    )


def compute_leaves(digest: Hash, entries: Iterable[Entry]) -> list[bytes]:
    """Return the leaf hashes of entries: `compute_leaf` for many at once."""
    return [
        digest(
            b"\x00"
            + len(e.key).to_bytes(2, "big")
            + e.key
            + digest(e.value)
            + len(e.next_key).to_bytes(2, "big")
            + e.next_key
            + e.height.to_bytes(8, "big")
        )
        for e in entries
    ]


def compute_twig(digest: Hash, leaf_root: bytes, bits: bytes) -> bytes:
    """Return the hash of a twig."""
    return digest(b"\x02" + leaf_root + bits)


def compute_state_root(digest: Hash, count: int, top: bytes) -> bytes:
    """Return the state root over all entries ever appended."""
    return digest(b"\x03" + count.to_bytes(8, "big") + top)


class Staged(NamedTuple):
    """What a block appends to the tree, before it is durable."""

    first: int
    """Number of the first new entry."""
    entries: list[Entry]
    leaves: list[bytes]
    retired: list[int]
    """Numbers of entries that are no longer active, some of them perhaps new."""
    filled: dict[int, tuple[bytes, list[bytes]]]
    """The twigs that became full: leaf root and leaf hashes."""
    root: bytes


class TwigTree:
    """The state tree in memory: active bits, retirement heights, twig roots and the upper tree."""

    def __init__(self, digest: Hash) -> None:
        """Begin empty; `found` or `restore` comes next."""
        self._digest = digest
        self.count = 0
        self.retired_at = array("q")
        """For each entry the height at which it was retired; 0 while it is active."""
        self._active = bytearray()
        self.leaf_roots: list[bytes] = []
        """Leaf roots of full twigs."""
        self._young = PaddedTree(digest)
        self._upper = PaddedTree(digest)

    # -- growing ------------------------------------------------------------------------------

    def stage(
        self, changes: Mapping[bytes, bytes | None], height: int, entries: Entries
    ) -> tuple[list[Entry], list[int]]:
        """Return the entries that a block's changes append and the entries they retire.

        A change to none removes the row. Nothing in the tree changes yet. Raises
        `InvariantBroken` where the stored order of keys contradicts itself.
        """
        if not changes:
            return [], []
        links = Links(entries, self.count == 0)
        for key in sorted(changes):
            value = changes[key]
            if value is None:
                links.remove(key)
            else:
                links.write(key, value)
        return links.result(height)

    def apply(self, entries: list[Entry], retired: list[int], height: int) -> Staged:
        """Append the entries, retire the old ones and return the new root with the leaves."""
        first = self.count
        leaves = compute_leaves(self._digest, entries)
        dirty: dict[int, bool] = {}
        for number in retired:
            self._active[number >> 3] &= ~(1 << (number & 7)) & 0xFF
            self.retired_at[number] = height
            dirty[number // TWIG_ENTRIES] = True
        filled: dict[int, tuple[bytes, list[bytes]]] = {}
        at = 0
        while at < len(leaves):
            room = TWIG_ENTRIES - len(self._young)
            self._append(leaves[at : at + room], filled)
            at += room
        twigs = self._twigs_count()
        for twig in range(first // TWIG_ENTRIES, twigs):
            dirty[twig] = True
        for twig in dirty:
            self._refresh_twig(twig)
        return Staged(first, entries, leaves, retired, filled, self.root())

    def restore(
        self,
        count: int,
        leaf_roots: list[bytes],
        young: Iterable[bytes],
        retirements: Iterable[tuple[int, Iterable[int]]],
    ) -> None:
        """Rebuild from what storage holds.

        That is: the leaf roots of full twigs, the leaves of the young one, and for each height the
        numbers of the entries it retired.
        """
        self.count = count
        self.leaf_roots = leaf_roots
        self._young = PaddedTree(self._digest, young)
        self.retired_at = array("q", bytes(8 * count))
        twigs = self._twigs_count()
        # Bits beyond the last entry are clear; so are those of entries retired since.
        whole, rest = divmod(count, 8)
        self._active = bytearray(b"\xff" * whole) + bytearray([(1 << rest) - 1] if rest else [])
        self._active.extend(bytes(twigs * BITS_BYTES - len(self._active)))
        for height, numbers in retirements:
            for number in numbers:
                self.retired_at[number] = height
                self._active[number >> 3] &= ~(1 << (number & 7)) & 0xFF
        self._upper = PaddedTree(self._digest)
        for twig in range(twigs):
            self._refresh_twig(twig)

    def root(self) -> bytes:
        """Return the state root."""
        return compute_state_root(self._digest, self.count, self._upper.top())

    # -- for proofs at the tip ----------------------------------------------------------------

    def bits(self, twig: int) -> bytes:
        """Return the active bits of a twig now."""
        return bytes(self._active[twig * BITS_BYTES : (twig + 1) * BITS_BYTES])

    def is_active(self, number: int) -> bool:
        """Say whether an entry is active now."""
        return bool(self._active[number >> 3] >> (number & 7) & 1)

    def young_leaves(self) -> list[bytes]:
        """Return the leaf hashes of the youngest twig, when it is not full."""
        return list(self._young.levels[0])

    def upper(self) -> PaddedTree:
        """Return the tree above the twigs."""
        self._upper.top()
        return self._upper

    # -- within -------------------------------------------------------------------------------

    def _twigs_count(self) -> int:
        return -(-self.count // TWIG_ENTRIES)

    def _append(self, leaves: list[bytes], filled: dict[int, tuple[bytes, list[bytes]]]) -> None:
        """Add leaves that fit into the youngest twig."""
        first, count = self.count, self.count + len(leaves)
        self._active.extend(bytes(-(-count // TWIG_ENTRIES) * BITS_BYTES - len(self._active)))
        for number in range(first, count):
            self._active[number >> 3] |= 1 << (number & 7)
        self.retired_at.extend([0] * len(leaves))
        self._young.extend(leaves)
        self.count = count
        if len(self._young) == TWIG_ENTRIES:
            leaf_root = self._young.top(TWIG_LEVELS)
            filled[len(self.leaf_roots)] = (leaf_root, self._young.levels[0])
            self.leaf_roots.append(leaf_root)
            self._young = PaddedTree(self._digest)

    def _refresh_twig(self, twig: int) -> None:
        full = twig < len(self.leaf_roots)
        leaf_root = self.leaf_roots[twig] if full else self._young.top(TWIG_LEVELS)
        node = compute_twig(self._digest, leaf_root, self.bits(twig))
        if twig < len(self._upper):
            self._upper.replace(twig, node)
        else:
            self._upper.append(node)


def key_bits(bits: bytes, position: int) -> bool:
    """Say whether the entry at a position of a twig is active."""
    return bool(bits[position >> 3] >> (position & 7) & 1)
