"""The state tree against a slow model that rebuilds everything from the specification."""

import copy
import random
from functools import cache

import pytest
from effort import share
from hypothesis import given
from hypothesis import strategies as st
from twig_model import (
    Changes,
    Grown,
    fields,
    fold,
    model_leaf,
    model_root,
    model_tree,
    random_changes,
)

from tongjian.core.encoding import replace
from tongjian.core.hashing import HashSuite, hash_of, sha256
from tongjian.core.operation import InvariantBroken
from tongjian.core.order import Entry
from tongjian.core.padded import ZERO, PaddedTree, compute_top_height
from tongjian.core.twigs import (
    TWIG_ENTRIES,
    TwigTree,
    compute_leaf,
)
from tongjian.storage.memory import MemoryState


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
