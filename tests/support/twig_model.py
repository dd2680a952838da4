"""The state tree as the specification has it: a dictionary, and everything rebuilt each time."""

import random
from collections.abc import Iterable
from functools import cache

from tongjian.core.hashing import sha256
from tongjian.core.order import Entry
from tongjian.core.padded import ZERO, PaddedTree, compute_top_height
from tongjian.core.twigs import (
    BITS_BYTES,
    TWIG_ENTRIES,
    TWIG_LEVELS,
    TwigTree,
    compute_state_root,
    compute_twig,
    key_bits,
)
from tongjian.storage.memory import MemoryState

Changes = dict[bytes, bytes | None]

# ------------------------------------------------------------------------------------- the model


def fields(entry: Entry) -> tuple[bytes, bytes, bytes, int]:
    """Return what the tree commits to."""
    return entry.key, entry.value, entry.next_key, entry.height


def model_tree(leaves: list[bytes], size: int) -> bytes:
    """Hash the leaves, padded with zeros to the size, pair by pair."""
    level = leaves + [ZERO] * (size - len(leaves))
    while len(level) > 1:
        level = [sha256(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


@cache
def model_leaf_root(leaves: tuple[bytes, ...]) -> bytes:
    return model_tree(list(leaves), TWIG_ENTRIES)


def model_root(leaves: list[bytes], active: Iterable[int]) -> bytes:
    """Build the state root from all leaves and the numbers of active entries."""
    bits = bytearray(-(-len(leaves) // TWIG_ENTRIES) * BITS_BYTES)
    for number in active:
        bits[number // 8] |= 1 << number % 8
    twigs: list[bytes] = []
    for first in range(0, len(leaves), TWIG_ENTRIES):
        leaf_root = model_leaf_root(tuple(leaves[first : first + TWIG_ENTRIES]))
        own = bits[first // 8 : first // 8 + BITS_BYTES]
        twigs.append(sha256(b"\x02" + leaf_root + own))
    size = 1
    while size < len(twigs):
        size *= 2
    return sha256(b"\x03" + len(leaves).to_bytes(8, "big") + model_tree(twigs, size))


def model_leaf(key: bytes, value: bytes, next_key: bytes, height: int) -> bytes:
    return sha256(
        b"\x00"
        + len(key).to_bytes(2, "big")
        + key
        + sha256(value)
        + len(next_key).to_bytes(2, "big")
        + next_key
        + height.to_bytes(8, "big")
    )


class Model:
    """A dictionary of rows; entries follow from comparing it before and after a block."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}
        self.entries: list[tuple[bytes, bytes, bytes, int]] = []
        self.leaves: list[bytes] = []
        self.active: dict[bytes, int] = {}
        """Number of the active entry of each key."""

    def apply(self, changes: Changes, height: int) -> bytes:
        if changes:
            if not self.entries:
                self.rows[b""] = b""
            for key, value in changes.items():
                if value is None:
                    self.rows.pop(key, None)
                else:
                    self.rows[key] = value
            self._append(changes, height)
        return model_root(self.leaves, self.active.values())

    def _append(self, changes: Changes, height: int) -> None:
        keys = sorted(self.rows)
        for key in [key for key in self.active if key not in self.rows]:
            del self.active[key]
        for key, next_key in zip(keys, [*keys[1:], b""], strict=True):
            number = self.active.get(key)
            if number is None or key in changes or self.entries[number][2] != next_key:
                self.active[key] = len(self.entries)
                self.entries.append((key, self.rows[key], next_key, height))
                self.leaves.append(model_leaf(key, self.rows[key], next_key, height))


# --------------------------------------------------------------------- tree, storage and model


class Grown:
    """A tree, what storage holds of it, and the model beside it."""

    def __init__(self) -> None:
        self.tree = TwigTree(sha256)
        self.state = MemoryState()
        self.model = Model()
        self.height = 0
        self.leaves: list[bytes] = []
        self.retirements: list[tuple[int, list[int]]] = []
        self.heights: dict[int, tuple[int, bytes]] = {0: (0, self.tree.root())}
        """Entry count and root after each height."""

    def block(self, changes: Changes) -> None:
        self.height += 1
        before = self.tree.root()
        appended, retired = self.tree.stage(changes, self.height, self.state)
        assert self.tree.root() == before, "staging changes nothing"
        for entry in appended:
            number = self.state.locate(entry.key)
            assert entry.previous == (0 if number is None else number + 1)
        staged = self.tree.apply(appended, retired, self.height)
        assert staged.first == len(self.leaves)
        assert staged.entries == appended
        assert staged.root == self.tree.root()
        self.leaves += staged.leaves
        self.retirements.append((self.height, list(staged.retired)))
        self.state.commit(staged.entries, changes)
        assert staged.root == self.model.apply(changes, self.height)
        self.heights[self.height] = (self.tree.count, staged.root)

    def check(self) -> None:
        """Compare everything with the model."""
        model, tree = self.model, self.tree
        entries = [self.state.entry(number) for number in range(tree.count)]
        assert [fields(entry) for entry in entries] == model.entries
        assert {key: self.state.locate(key) for key in model.rows} == model.active
        assert self.leaves == model.leaves
        assert tree.young_leaves() == self.leaves[len(tree.leaf_roots) * TWIG_ENTRIES :]
        self.check_chain()
        self.check_paths()

    def check_chain(self) -> None:
        """Walk the next keys from the empty key: every row once, in order, then the end."""
        walked: list[bytes] = []
        key = b""
        while True:
            number = self.state.locate(key)
            assert number is not None
            assert key_bits(self.tree.bits(number // TWIG_ENTRIES), number % TWIG_ENTRIES)
            entry = self.state.entry(number)
            assert entry.value == self.model.rows[key]
            walked.append(key)
            key = entry.next_key
            if key == b"":
                break
        assert walked == sorted(self.model.rows)
        twigs = range(-(-self.tree.count // TWIG_ENTRIES))
        bits = b"".join(self.tree.bits(twig) for twig in twigs)
        assert int.from_bytes(bits, "big").bit_count() == len(walked)

    def check_paths(self) -> None:
        """Fold the paths of every young leaf and of every twig to the root."""
        tree = self.tree
        count = tree.count
        twigs = -(-count // TWIG_ENTRIES)
        full = len(tree.leaf_roots)
        young = PaddedTree(sha256, tree.young_leaves())
        young_root = model_leaf_root(tuple(tree.young_leaves()))
        for position, leaf in list(enumerate(tree.young_leaves()))[::37]:
            path = young.path(position, TWIG_LEVELS)
            assert len(path) == TWIG_LEVELS
            assert fold(leaf, position, path) == young_root
        for twig in range(twigs):
            leaf_root = tree.leaf_roots[twig] if twig < full else young_root
            path = tree.upper().path(twig, compute_top_height(twigs))
            top = fold(compute_twig(sha256, leaf_root, tree.bits(twig)), twig, path)
            assert compute_state_root(sha256, count, top) == tree.root()

    def restored(self, height: int) -> TwigTree:
        """Restore a tree as it stood at a height from leaves and retirements alone."""
        count, _ = self.heights[height]
        full = count // TWIG_ENTRIES
        starts = range(0, full * TWIG_ENTRIES, TWIG_ENTRIES)
        tree = TwigTree(sha256)
        tree.restore(
            count,
            [model_leaf_root(tuple(self.leaves[at : at + TWIG_ENTRIES])) for at in starts],
            self.leaves[full * TWIG_ENTRIES : count],
            [(at, numbers) for at, numbers in self.retirements if at <= height],
        )
        return tree


def fold(node: bytes, index: int, path: list[bytes]) -> bytes:
    for level, sibling in enumerate(path):
        pair = (sibling, node) if index >> level & 1 else (node, sibling)
        node = sha256(b"\x01" + b"".join(pair))
    return node


def random_changes(chance: random.Random, keys: list[bytes], size: int) -> Changes:
    """Draw updates, inserts, removals and re-inserts over a pool of keys."""
    changes: Changes = {}
    for _ in range(size):
        removes = chance.random() < 0.3
        changes[chance.choice(keys)] = None if removes else chance.randbytes(chance.randrange(9))
    return changes
