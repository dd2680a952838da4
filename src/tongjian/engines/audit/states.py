"""Rows that two states do not share, block by block."""

from collections.abc import Mapping

from tongjian.core.order import Entry
from tongjian.core.twigs import TwigTree
from tongjian.engines.audit.difference import ROWS_NAMED_MAX, Change, PartDifference
from tongjian.storage.errors import StoreDamaged
from tongjian.storage.store import Store


def changes_made(entries: list[Entry], writes: Mapping[bytes, bytes | None]) -> tuple[Change, ...]:
    """Return what a block does to the state: its entries, and the rows that it removes."""
    made = {entry.key: Change(entry.key, entry.value, entry.next_key) for entry in entries}
    gone = {key: Change(key, None) for key, value in writes.items() if value is None}
    return tuple(change for _, change in sorted({**gone, **made}.items()))


def changes_stored(store: Store, tree: TwigTree, height: int) -> tuple[Change, ...]:
    """Return what a block did to the state by a store; `tree` is the one that it restores.

    Raises `StoreDamaged` where the store has not that block.
    """
    meta = store.block(height)
    before = store.block(height - 1) if height else None
    if meta is None or (height and before is None):
        msg = f"block {height} is not in the store"
        raise StoreDamaged(msg)
    first = 0 if before is None else before.entry_count
    entries = [store.entry(number) for number in range(first, meta.entry_count)]
    retired = [number for number, at in enumerate(tree.retired_at) if at == height]
    writes = {store.entry(number).key: None for number in retired if number < first}
    return changes_made(entries, writes)


def changes_differing(
    recorded: tuple[Change, ...], replayed: tuple[Change, ...], height: int
) -> tuple[PartDifference, ...]:
    """Return the rows, then the places in the order of keys, in which two changes differ."""
    ours, theirs = ({change.key: change for change in side} for side in (recorded, replayed))
    rows: list[PartDifference] = []
    order: list[PartDifference] = []
    for key in sorted({**ours, **theirs}):
        one, other = ours.get(key), theirs.get(key)
        if one is None or other is None or one.value != other.value:
            before, after = (None if side is None else side.value for side in (one, other))
            rows.append(PartDifference("row", key, before, after, height))
        elif one.next_key != other.next_key:
            order.append(PartDifference("order", key, one.next_key, other.next_key, height))
    return (*rows, *order)[:ROWS_NAMED_MAX]
