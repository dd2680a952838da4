"""Checks everything in a store against its roots; each check raises at the first fault."""

from typing import Final

from tongjian.core.hashing import Hash
from tongjian.core.padded import PaddedTree
from tongjian.core.twigs import TWIG_ENTRIES, TWIG_LEVELS, TwigTree, compute_leaf
from tongjian.storage.errors import Pruned, StoreDamaged
from tongjian.storage.store import Store

_LOWEST: Final = b"\x01"
_HIGHEST: Final = b"\xff" * 256
_ROWS_AT_ONCE: Final = 10_000


def check_entries(store: Store, tree: TwigTree, digest: Hash) -> int:
    """Compare each entry with its leaf and the leaves with the roots of twigs; count the entries.

    Raises `StoreDamaged`. The entries of the youngest twig are read only: the tree that `restore`
    gave made their leaves from them. Of what is pruned the leaves are compared, where they stand.
    """
    below = 0 if store.floor is None else store.floor.state
    for twig, root in enumerate(tree.leaf_roots):
        try:
            leaves = store.twig_leaves(twig)
        except Pruned:
            continue  # a snapshot brought its root alone
        for position, leaf in enumerate(leaves):
            number = twig * TWIG_ENTRIES + position
            if 0 < tree.retired_at[number] <= below:
                continue
            e = store.entry(number)
            if compute_leaf(digest, e.key, e.value, e.next_key, e.height) != leaf:
                msg = f"entry {number} is not the one that its leaf commits to"
                raise StoreDamaged(msg)
        if PaddedTree(digest, leaves).top(TWIG_LEVELS) != root:
            msg = f"the leaves of twig {twig} do not give its root"
            raise StoreDamaged(msg)
    young = range(len(tree.leaf_roots) * TWIG_ENTRIES, tree.count)
    for number in (n for n in young if not 0 < tree.retired_at[n] <= below):
        store.entry(number)
    return tree.count


def check_order(store: Store, tree: TwigTree) -> int:
    """Walk the keys by index and by what each entry says comes next; count the rows.

    Raises `StoreDamaged`.
    """
    low, count = _LOWEST, 0
    while rows := store.scan(low, _HIGHEST, _ROWS_AT_ONCE):
        count += len(rows)
        low = rows[-1][0] + b"\x00"
    standing = tree.retired_at.count(0) - 1
    if count != standing:
        msg = f"the index leads to {count} rows where {standing} stand"
        raise StoreDamaged(msg)
    return count
