"""The state tree against a slow model that rebuilds everything from the specification."""

import copy
import random
from collections.abc import Iterable
from functools import cache

import pytest
from effort import share
from hypothesis import given
from hypothesis import strategies as st

from tongjian.core.encoding import replace
from tongjian.core.hashing import HashSuite, hash_of, sha256
from tongjian.core.operation import InvariantBroken
from tongjian.core.order import Entry
from tongjian.core.padded import ZERO, PaddedTree, compute_top_height
from tongjian.core.twigs import (
    BITS_BYTES,
    TWIG_ENTRIES,
    TWIG_LEVELS,
    TwigTree,
    compute_leaf,
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


@cache
def grown(seed: int, blocks: int, size: int, pool: int) -> Grown:
    chance = random.Random(seed)
    keys = [b"t\x00" + chance.randbytes(chance.randrange(1, 7)) for _ in range(pool)]
    one = Grown()
    for _ in range(blocks):
        one.block(random_changes(chance, keys, chance.randrange(2 * size)))
    return one


LONG = [(1, 60, 8, 200), (2, 50, 40, 900), (3, 12, 300, 4000), (4, 200, 4, 30)]


@pytest.mark.parametrize("form", LONG)
def test_a_long_life_equals_the_model_at_every_block(form: tuple[int, int, int, int]) -> None:
    one = grown(*form)
    one.check()
    assert one.tree.count > 400


def test_these_lives_go_past_one_two_and_four_twigs() -> None:
    counts = sorted(grown(*form).tree.count for form in LONG)
    assert counts[0] > 0.8 * TWIG_ENTRIES
    assert counts[-1] > 4 * TWIG_ENTRIES


@pytest.mark.parametrize("form", LONG)
def test_a_restored_tree_equals_the_grown_one_at_every_height(
    form: tuple[int, int, int, int],
) -> None:
    one = grown(*form)
    for height, (count, root) in one.heights.items():
        tree = one.restored(height)
        assert tree.root() == root
        assert tree.count == count
    last = one.restored(one.height)
    assert last.retired_at == one.tree.retired_at
    assert last.leaf_roots == one.tree.leaf_roots
    assert last.young_leaves() == one.tree.young_leaves()
    twigs = range(-(-last.count // TWIG_ENTRIES))
    assert [last.bits(t) for t in twigs] == [one.tree.bits(t) for t in twigs]
    assert last.upper().levels == one.tree.upper().levels


def test_a_restored_tree_grows_on_like_one_that_never_stopped() -> None:
    straight = copy.deepcopy(grown(*LONG[0]))
    stopped = copy.deepcopy(straight)
    chance = random.Random(5)
    keys = [b"t\x00" + chance.randbytes(3) for _ in range(300)]
    for _ in range(20):
        changes = random_changes(chance, keys, 60)
        stopped.tree = stopped.restored(stopped.height)
        straight.block(changes)
        stopped.block(changes)
        assert straight.tree.root() == stopped.tree.root()
    straight.check()
    stopped.check()


def test_every_past_root_follows_from_the_heights_of_retirement() -> None:
    one = grown(*LONG[1])
    retired_at = one.tree.retired_at
    for height, (count, root) in one.heights.items():
        if height:
            active = [n for n in range(count) if not 0 < retired_at[n] <= height]
            assert model_root(one.leaves[:count], active) == root


# Boundaries: a block that ends just before, at, or past a full twig and a full upper tree.


@pytest.mark.parametrize("twigs", [1, 2, 4, 8])
@pytest.mark.parametrize("over", [-1, 0, 1])
def test_the_tree_passes_each_boundary(twigs: int, over: int) -> None:
    one = Grown()
    wanted = twigs * TWIG_ENTRIES + over
    one.block({b"k%05d" % n: b"v" for n in range(wanted - 1)})  # and the empty key
    assert one.tree.count == wanted
    one.block({b"k00000": b"w"})
    one.block({b"k00001": None})
    one.block({b"z%d" % n: b"" for n in range(3)})
    one.check()
    for height, (_, root) in one.heights.items():
        assert one.restored(height).root() == root


@pytest.mark.parametrize("step", [1, 2, 511, 512, 513])
def test_the_way_to_a_size_does_not_matter_to_the_padded_tree(step: int) -> None:
    leaves = [sha256(b"%d" % n) for n in range(1100)]
    tree = PaddedTree(sha256)
    for at in range(0, len(leaves), step):
        for leaf in leaves[at : at + step]:
            tree.append(leaf)
        if at % 7 == 0:
            size = 1 << compute_top_height(len(tree))
            if step > 2 or at % 63 == 0:
                assert tree.top() == model_tree(leaves[: len(tree)], size)
    tree.replace(700, ZERO)
    leaves[700] = ZERO
    assert tree.top() == PaddedTree(sha256, leaves).top() == model_tree(leaves, 2048)
    assert fold(leaves[1099], 1099, tree.path(1099, 11)) == tree.top()
    assert tree.top(12) == sha256(b"\x01" + tree.top(11) + tree.zero(11))


def test_nothing_changes_the_root_but_a_change() -> None:
    one = copy.deepcopy(grown(*LONG[3]))
    root = one.tree.root()
    one.block({})
    assert one.tree.root() == root
    one.block({b"never there": None})
    assert one.tree.root() == root
    key = next(key for key in one.model.rows if key)
    one.block({key: one.model.rows[key]})
    assert one.tree.root() != root, "writing the same value again is an entry of its own"


def test_a_chain_of_the_other_hash_has_other_roots_and_the_same_order() -> None:
    sm3 = hash_of(HashSuite.SM3)
    tree, state = TwigTree(sm3), MemoryState()
    staged = tree.apply(*tree.stage({b"a": b"1", b"b": b"2"}, 1, state), 1)
    state.commit(staged.entries, {b"a": b"1", b"b": b"2"})
    assert [entry.next_key for entry in staged.entries] == [b"a", b"b", b""]
    assert staged.leaves[1] == compute_leaf(sm3, b"a", b"1", b"b", 1)
    other = TwigTree(sha256)
    assert staged.root != other.apply(staged.entries, [], 1).root


# Properties over few keys, close together, so that neighbours are hit often; the tree is given a
# past that ends just before a boundary.

KEYS = st.text("ab", min_size=1, max_size=4).map(str.encode)
BLOCKS = st.lists(
    st.dictionaries(KEYS, st.none() | st.binary(max_size=2), max_size=12), max_size=12
)


@cache
def with_a_past(entries: int) -> Grown:
    one = Grown()
    while one.tree.count < entries:
        missing = entries - one.tree.count
        if not one.tree.count:
            one.block({b"b%03d" % n: b"" for n in range(min(missing, 900) - 1)})
        else:
            one.block({b"b%03d" % n: b"x" for n in range(min(missing, 600))})
    return one


@share(60)
@given(st.sampled_from([0, 505, 1020, 1530, 2040]), BLOCKS)
def test_any_blocks_equal_the_model(entries: int, blocks: list[Changes]) -> None:
    one = copy.deepcopy(with_a_past(entries))
    assert one.tree.count == entries
    for changes in blocks:
        one.block(changes)
    if one.model.rows:
        one.check()
    assert one.restored(one.height).root() == one.tree.root()


@given(st.dictionaries(KEYS, st.binary(max_size=3), min_size=1))
def test_the_order_in_which_changes_are_named_does_not_matter(rows: dict[bytes, bytes]) -> None:
    forth, back = Grown(), Grown()
    forth.block(dict(sorted(rows.items())))
    back.block(dict(sorted(rows.items(), reverse=True)))
    assert forth.tree.root() == back.tree.root()


# ----------------------------------------------------------------------------- a damaged index


class Damaged(MemoryState):
    """Storage whose index tells lies about single keys."""

    def __init__(self, sound: MemoryState) -> None:
        super().__init__()
        self.__dict__.update(copy.deepcopy(sound.__dict__))
        self.lost: set[bytes] = set()
        self.swapped: dict[bytes, bytes] = {}
        self.before_instead: dict[bytes, bytes] = {}

    def locate(self, key: bytes) -> int | None:
        return None if key in self.lost else super().locate(self.swapped.get(key, key))

    def before(self, key: bytes) -> bytes:
        return self.before_instead.get(key) or super().before(key)


@pytest.fixture
def damaged() -> tuple[TwigTree, Damaged]:
    one = Grown()
    one.block(dict.fromkeys((b"b", b"d", b"f", b"h"), b"v"))
    return one.tree, Damaged(one.state)


def refused(tree: TwigTree, state: Damaged, changes: Changes) -> None:
    root = tree.root()
    with pytest.raises(InvariantBroken, match="index is damaged"):
        tree.stage(changes, 2, state)
    assert tree.root() == root


def test_the_sound_index_is_not_called_damaged(damaged: tuple[TwigTree, Damaged]) -> None:
    tree, state = damaged
    appended, retired = tree.stage({b"c": b"w", b"d": b"w", b"f": None}, 2, state)
    assert [entry.key for entry in appended] == [b"b", b"c", b"d"]
    assert [state.entry(number).key for number in retired] == [b"b", b"d", b"f"]


def test_a_row_that_the_index_lost_is_noticed(damaged: tuple[TwigTree, Damaged]) -> None:
    tree, state = damaged
    state.lost.add(b"d")
    refused(tree, state, {b"d": b"w"})


def test_a_lost_predecessor_is_noticed(damaged: tuple[TwigTree, Damaged]) -> None:
    tree, state = damaged
    state.lost.add(b"b")
    refused(tree, state, {b"c": b"w"})


def test_a_row_found_under_the_key_of_another_is_noticed(
    damaged: tuple[TwigTree, Damaged],
) -> None:
    tree, state = damaged
    state.swapped[b"d"] = b"f"
    refused(tree, state, {b"d": b"w"})
    refused(tree, state, {b"d": None})
    refused(tree, state, {b"e": b"w"})


@pytest.mark.parametrize("instead", [b"b", b"d", b"h", b"x"])
def test_a_wrong_predecessor_is_noticed(damaged: tuple[TwigTree, Damaged], instead: bytes) -> None:
    tree, state = damaged
    state.before_instead = {b"g": instead, b"h": instead}
    refused(tree, state, {b"g": b"w"})
    refused(tree, state, {b"h": None})


def test_an_entry_of_another_version_of_the_order_is_noticed() -> None:
    one = Grown()
    one.block({b"b": b"v", b"d": b"v"})
    one.block({b"c": b"v"})
    state = Damaged(one.state)
    numbers = range(one.tree.count)
    old = next(n for n in numbers if fields(state.entry(n)) == (b"b", b"v", b"d", 1))
    state._index[b"b"] = old  # retired: it still names d as the next key
    with pytest.raises(InvariantBroken):
        one.tree.stage({b"c": None}, 3, state)


def test_an_entry_is_what_its_leaf_says() -> None:
    entry = Entry(b"k", b"v", b"n", 7, 0)
    base = compute_leaf(sha256, *fields(entry))
    assert base == model_leaf(*fields(entry))
    for other in (
        replace(entry, key=b"l"),
        replace(entry, value=b""),
        replace(entry, next_key=b""),
        replace(entry, height=8),
        replace(entry, key=b"kn", next_key=b""),
    ):
        assert compute_leaf(sha256, *fields(other)) != base
