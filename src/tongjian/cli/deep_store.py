"""Reads every entry of the store: checksum, leaf, twig; walks the keys; adds up the log."""

from typing import Final

from tongjian.cli.findings import REPAIR, Finding, Findings, ok
from tongjian.cli.readable import key_text
from tongjian.core.encoding import Malformed
from tongjian.core.merkle import root_of_range
from tongjian.core.padded import PaddedTree
from tongjian.core.twigs import TWIG_ENTRIES, TWIG_LEVELS, compute_leaf
from tongjian.engines.chain import Chain
from tongjian.storage.errors import StoreDamaged

_LOWEST: Final = b"\x01"
_HIGHEST: Final = b"\xff" * 256
_ROWS_AT_ONCE: Final = 10_000


def check_store(chain: Chain) -> Findings:
    """Yield one finding for each part of the store: it holds, or the first place that does not."""
    for name, check in (
        ("entries", _check_entries),
        ("order", _check_order),
        ("rows", _check_rows),
        ("log", _check_log),
        ("places", _check_places),
    ):
        try:
            yield ok(name, check(chain))
        except StoreDamaged as error:
            yield Finding(name, "damaged", str(error), REPAIR)


def _check_entries(chain: Chain) -> str:
    """Compare each entry with its leaf, and the leaves with the roots that the state rests on."""
    tree, store, digest = chain.commitment.tree, chain.store, chain.digest
    for twig, root in enumerate(tree.leaf_roots):
        leaves = store.twig_leaves(twig)
        for position, leaf in enumerate(leaves):
            number = twig * TWIG_ENTRIES + position
            e = store.entry(number)
            if compute_leaf(digest, e.key, e.value, e.next_key, e.height) != leaf:
                raise StoreDamaged(f"entry {number} is not the one that its leaf commits to")
        if PaddedTree(digest, leaves).top(TWIG_LEVELS) != root:
            raise StoreDamaged(f"the leaves of twig {twig} do not give its root")
    for number in range(len(tree.leaf_roots) * TWIG_ENTRIES, tree.count):
        store.entry(number)  # of the youngest twig: opening made its leaves from the entries
    return f"{tree.count} entries: checksums, leaves, twigs"


def _check_order(chain: Chain) -> str:
    """Walk the keys in order, by index and by what each entry says comes next."""
    low, count = _LOWEST, 0
    while rows := chain.store.scan(low, _HIGHEST, _ROWS_AT_ONCE):
        count += len(rows)
        low = rows[-1][0] + b"\x00"
    standing = chain.commitment.tree.retired_at.count(0) - 1
    if count != standing:
        raise StoreDamaged(f"the index leads to {count} rows where {standing} stand")
    return f"{count} rows in one order, each found by its key"


def _check_rows(chain: Chain) -> str:
    """Decode each row that stands by its table."""
    registry = chain.machine.registry
    low, count = _LOWEST, 0
    while rows := chain.store.scan(low, _HIGHEST, _ROWS_AT_ONCE):
        for key, value in rows:
            table = registry.table_of(key)
            if table is None:
                raise StoreDamaged(f"no service of this release has a table for {key!r}")
            try:
                table.codec.decode(value)
            except Malformed as error:
                raise StoreDamaged(f"{key_text(table, key)} cannot be decoded: {error}") from error
        count += len(rows)
        low = rows[-1][0] + b"\x00"
    return f"{count} rows are what their tables say"


def _check_log(chain: Chain) -> str:
    """Add up the tiles of the log to the root in the newest header."""
    header = chain.header(chain.height)
    if header.log_size:
        try:
            root = root_of_range(chain.digest, 0, header.log_size, chain.store.tiles.node)
        except (KeyError, IndexError) as error:
            raise StoreDamaged(f"the log has a gap: {error}") from error
        if root != header.log_root:
            raise StoreDamaged("the tiles of the log do not give the log root of the tip")
    return f"{header.log_size} entries of the log give its root"


def _check_places(chain: Chain) -> str:
    """Compare the index of transactions with its sum."""
    chain.store.check_places()
    return "the index of transactions is whole"
