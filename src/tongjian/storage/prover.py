"""Makes proofs from the store, at the tip or at any past height.

Entries never change, and each remembers the height that retired it; so the active bits of a past
height, and with them its root, are rebuilt from one array. Views of past heights are remembered.
"""

from array import array
from collections import OrderedDict
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

from tongjian.core import limits, values
from tongjian.core.hashing import Hash
from tongjian.core.merkle import consistency_proof, inclusion_proof
from tongjian.core.order import Entry
from tongjian.core.padded import PaddedTree, compute_top_height
from tongjian.core.state import Commitment
from tongjian.core.twigs import (
    BITS_BYTES,
    TWIG_ENTRIES,
    TWIG_LEVELS,
    compute_leaf,
    compute_state_root,
)
from tongjian.storage.errors import Pruned, StoreDamaged
from tongjian.storage.fixed_tree import FixedTree
from tongjian.storage.store import Store
from tongjian.verifier.proofs import EntryShown, StateProof, TwigShown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VIEWS_CACHED_MAX: Final = 4
TWIGS_CACHED_MAX: Final = 4096
"""33 KB each."""
ENTRIES_AT_ONCE: Final = 1 << 17
"""Looked at together when a past height is rebuilt: what fits the processor's cache."""

Tree = PaddedTree | FixedTree


class View(Protocol):
    """The state at one height. The live tree is the view of the tip."""

    count: int

    def root(self) -> bytes:
        """Return the state root."""
        ...

    def bits(self, twig: int) -> bytes:
        """Return the active bits of a twig."""
        ...

    def is_active(self, number: int) -> bool:
        """Say whether an entry was active."""
        ...

    def upper(self) -> Tree:
        """Return the tree above the twigs."""
        ...


class PastView:
    """The state at a past height, rebuilt: its entry count, active bits and upper tree."""

    def __init__(self, count: int, active: "NDArray[np.uint8]", upper: Tree, root: bytes) -> None:
        """Take what was rebuilt."""
        self.count = count
        self._active = active
        self._upper = upper
        self._root = root

    def root(self) -> bytes:
        """Return the state root of that height."""
        return self._root

    def upper(self) -> Tree:
        """Return the tree above the twigs."""
        return self._upper

    def bits(self, twig: int) -> bytes:
        """Return the active bits of a twig at that height."""
        return self._active[twig * BITS_BYTES : (twig + 1) * BITS_BYTES].tobytes()

    def is_active(self, number: int) -> bool:
        """Say whether an entry was active at that height."""
        return bool(self._active[number >> 3] >> (number & 7) & 1)


class Prover:
    """Answers with proofs from a store and the commitment that goes with it."""

    def __init__(self, store: Store, commitment: Commitment, digest: Hash) -> None:
        """Read from the store; the commitment must be that of the store's tip."""
        self._store = store
        self._commitment = commitment
        self._digest = digest
        self._views: OrderedDict[int, PastView] = OrderedDict()
        self._twigs: OrderedDict[tuple[int, int], FixedTree] = OrderedDict()

    def view(self, height: int) -> View:
        """Return the state at a height; raises `StoreDamaged` where the height is not stored."""
        tip = self._store.tip()
        if tip is not None and tip.height == height:
            return self._commitment.tree
        self._expect_kept(height)
        found = self._views.get(height)
        if found is None:
            meta = self._store.block(height)
            if meta is None:
                msg = f"block {height} is not in the store"
                raise StoreDamaged(msg)
            found = self._views[height] = self._rebuild(height, meta.entry_count)
            if len(self._views) > VIEWS_CACHED_MAX:
                self._views.popitem(last=False)
        self._views.move_to_end(height)
        return found

    def _rebuild(self, height: int, count: int) -> PastView:
        tree, digest = self._commitment.tree, self._digest
        packed = _active_at(tree.retired_at, count, height)
        bits = packed.tobytes()
        full, rest = divmod(count, TWIG_ENTRIES)
        roots = tree.leaf_roots[:full]
        if rest:
            roots = [*roots, self._twig(full, count).top(TWIG_LEVELS)]
        nodes = [
            digest(b"\x02" + root + bits[at : at + BITS_BYTES])  # `compute_twig`, without the call
            for root, at in zip(roots, range(0, len(bits), BITS_BYTES), strict=True)
        ]
        upper = FixedTree(digest, b"".join(nodes), compute_top_height(len(nodes)))
        root = compute_state_root(digest, count, upper.top())
        return PastView(count, packed, upper, root)

    def entry_at(self, key: bytes, height: int) -> int | None:
        """Return the number of the entry that was active for a key at a height, or none.

        Follows the row's own chain of entries back from the one that is active now.
        """
        number = self._kept(self._store.newest(_checked(key)))
        while number is not None:
            entry = self._entry(number, key)
            if entry.height <= height:
                return number if self.view(height).is_active(number) else None
            number = self._kept(entry.previous - 1 if entry.previous else None)
        self._expect_kept(height)
        return None

    def _expect_kept(self, height: int) -> None:
        floor = self._store.floor
        if floor is not None and height < floor.state:
            msg = f"the state of height {height} is pruned; here it begins with {floor.state}"
            raise Pruned(msg)

    def _kept(self, number: int | None) -> int | None:
        """Return the number of an entry, or none where it was retired below the floor."""
        floor = self._store.floor
        if number is None or floor is None:
            return number
        retired = self._commitment.tree.retired_at[number]
        return None if 0 < retired <= floor.state else number

    def versions(self, key: bytes) -> list[tuple[int, int, bytes]]:
        """Return (height, entry number, row bytes) of each version of a row, newest first."""
        found: list[tuple[int, int, bytes]] = []
        number = self._kept(self._store.newest(_checked(key)))
        while number is not None:
            entry = self._entry(number, key)
            found.append((entry.height, number, entry.value))
            number = self._kept(entry.previous - 1 if entry.previous else None)
        # An entry is also written when only its next key changed: no new version, unless the row
        # was away in between.
        retired_at = self._commitment.tree.retired_at
        repeats = [
            value == before and retired_at[older] == height
            for (height, _, value), (_, older, before) in pairwise(found)
        ]
        return [one for one, repeat in zip(found, [*repeats, False], strict=False) if not repeat]

    def _entry(self, number: int, key: bytes) -> Entry:
        entry = self._store.entry(number)
        if entry.key != key:
            msg = f"the versions of {key!r} lead to {entry.key!r}; rebuild the store"
            raise StoreDamaged(msg)
        return entry

    def state_proof(self, numbers: Iterable[int], height: int) -> StateProof:
        """Return one proof that entries were active at a height; siblings are shared."""
        view = self.view(height)
        wanted = sorted(dict.fromkeys(numbers))
        by_twig: dict[int, list[int]] = {}
        for number in wanted:
            by_twig.setdefault(number // TWIG_ENTRIES, []).append(number % TWIG_ENTRIES)
        twigs = tuple(
            TwigShown(
                twig=values.count(twig),
                bits=view.bits(twig),
                nodes=_missing(self._twig(twig, view.count), positions, TWIG_LEVELS),
            )
            for twig, positions in by_twig.items()
        )
        upper = view.upper()
        return StateProof(
            entry_count=values.count(view.count),
            entries=tuple(self._shown(number) for number in wanted),
            twigs=twigs,
            nodes=_missing(upper, list(by_twig), compute_top_height(len(upper))),
        )

    def _shown(self, number: int) -> EntryShown:
        entry = self._store.entry(number)
        return EntryShown(
            number=values.count(number),
            key=entry.key,
            value_digest=values.digest(self._digest(entry.value)),
            next_key=entry.next_key,
            height=values.height(entry.height),
        )

    def before_at(self, key: bytes, height: int) -> int:
        """Return the number of the entry that stood before a key in the order of a height.

        At the tip the index answers; for a past height the chain of next keys is followed from the
        nearest present key that existed then.
        """
        if not key:
            msg = "no key comes before the empty key"
            raise ValueError(msg)
        candidate = self._store.before(_checked(key))
        while True:
            number = self.entry_at(candidate, height)
            if number is not None:
                break
            candidate = self._store.before(candidate)
        return self._walk(number, key, height)

    def _walk(self, number: int, key: bytes, height: int) -> int:
        """Follow next keys from an entry while they stay below a key."""
        while True:
            entry = self._store.entry(number)
            if entry.next_key == b"" or entry.next_key >= key:
                return number
            following = self.entry_at(entry.next_key, height)
            if following is None:
                msg = f"the order of height {height} breaks off at {entry.next_key!r}"
                raise StoreDamaged(msg)
            number = following

    def range_numbers(self, low: bytes, high: bytes, height: int) -> list[int]:
        """Return the entries that show all rows with low <= key < high: first the one before."""
        numbers = [self.before_at(low, height)]
        while True:
            next_key = self._store.entry(numbers[-1]).next_key
            if next_key == b"" or next_key >= high:
                return numbers
            following = self.entry_at(next_key, height)
            if following is None:
                msg = f"the order of height {height} breaks off at {next_key!r}"
                raise StoreDamaged(msg)
            numbers.append(following)

    def log_path(self, index: int, size: int) -> list[bytes]:
        """Return the inclusion path of a log entry in the log of a size up to the tip's."""
        return inclusion_proof(self._digest, index, size, self._log_node)

    def consistency(self, first: int, second: int) -> list[bytes]:
        """Return the consistency path between two sizes of the log up to the tip's."""
        return consistency_proof(self._digest, first, second, self._log_node)

    def _log_node(self, level: int, index: int) -> bytes:
        try:
            return self._store.tiles.node(level, index)
        except KeyError as error:
            msg = f"the log is not stored as far as the tip says: {error.args[0]}"
            raise StoreDamaged(msg) from error

    def _twig(self, twig: int, count: int) -> FixedTree:
        """Return the leaf tree of a twig as it stood with `count` entries in the state."""
        size = min(count - twig * TWIG_ENTRIES, TWIG_ENTRIES)
        name = (twig, size)
        tree = self._twigs.get(name)
        if tree is None:
            leaves = b"".join(self._leaves(twig, size))
            tree = self._twigs[name] = FixedTree(self._digest, leaves, TWIG_LEVELS)
            if len(self._twigs) > TWIGS_CACHED_MAX:
                self._twigs.popitem(last=False)
        self._twigs.move_to_end(name)
        return tree

    def _leaves(self, twig: int, size: int) -> list[bytes]:
        tree = self._commitment.tree
        if twig < len(tree.leaf_roots):
            return self._store.twig_leaves(twig)[:size]
        leaves = tree.young_leaves()[:size]
        if len(leaves) < size:
            first = twig * TWIG_ENTRIES
            for number in range(first + len(leaves), first + size):
                e = self._store.entry(number)
                leaves.append(compute_leaf(self._digest, e.key, e.value, e.next_key, e.height))
        return leaves


def _checked(key: bytes) -> bytes:
    if len(key) > limits.KEY_BYTES_MAX:
        msg = f"a key has at most {limits.KEY_BYTES_MAX} bytes, not {len(key)}"
        raise ValueError(msg)
    return key


def _active_at(retired_at: "array[int]", count: int, height: int) -> "NDArray[np.uint8]":
    """Return the active bits of the first entries as they stood at a height, whole twigs."""
    import numpy as np  # noqa: PLC0415 - a tenth of a second of every start

    twigs = -(-count // TWIG_ENTRIES)
    active = np.zeros(twigs * TWIG_ENTRIES, dtype=bool)
    # The array cannot grow while numpy looks at it: nothing keeps a view of it from here.
    retired = np.frombuffer(retired_at, dtype=np.uint64, count=count)
    for first in range(0, count, ENTRIES_AT_ONCE):
        some = retired[first : first + ENTRIES_AT_ONCE]
        # Never retired is 0, and 0 − 1 the largest of all.
        np.greater_equal(some - np.uint64(1), height, out=active[first : first + len(some)])
    del retired
    return np.packbits(active, bitorder="little")


def _missing(tree: Tree, leaves: list[int], height: int) -> tuple[values.Digest, ...]:
    """Return the hashes that lead from known leaves to the root, in the order of `proofs.fold`."""
    nodes: list[values.Digest] = []
    tree.top(height)
    known = sorted(leaves)
    for level in range(height):
        present = dict.fromkeys(known, True)
        nodes.extend(
            values.digest(tree.node(level, index ^ 1))
            for index in known
            if index ^ 1 not in present
        )
        known = sorted(dict.fromkeys(index >> 1 for index in known))
    return tuple(nodes)
