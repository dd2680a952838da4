"""Proofs about the state: rows, their absence, complete ranges; and about the transaction log.

The records below travel in receipts. Several entries share one proof, so no sibling is sent twice.
Each `verify_…` raises `ProofInvalid` with the step that failed; none returns a verdict that could
be overlooked. The shapes are those of `core.twigs` and `core.merkle`.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Final

from msgspec import Meta

from tongjian.core import limits
from tongjian.core.encoding import Record, encode
from tongjian.core.hashing import TAG_EVENTS, Hash
from tongjian.core.merkle import ProofInvalid, leaf_hash, verify_inclusion
from tongjian.core.padded import compute_top_height
from tongjian.core.twigs import (
    BITS_BYTES,
    TWIG_ENTRIES,
    TWIG_LEVELS,
    compute_leaf_of,
    compute_state_root,
    compute_twig,
    key_bits,
)
from tongjian.core.values import Count, Digest, Height

ENTRIES_MAX: Final = limits.RANGE_ROWS_MAX + 2
NODES_MAX: Final = ENTRIES_MAX * 32

KeyBytes = Annotated[bytes, Meta(max_length=limits.KEY_BYTES_MAX)]
RowBytes = Annotated[bytes, Meta(max_length=limits.ROW_BYTES_MAX)]


class EntryShown(Record):
    """An entry of the state tree: one version of one row, its bytes as a hash."""

    number: Count
    key: KeyBytes
    value_digest: Digest
    next_key: KeyBytes
    height: Height
    """Height of the block that wrote it."""


class TwigShown(Record):
    """A twig that holds shown entries: its active bits and the hashes that its leaves lack."""

    twig: Count
    bits: Annotated[bytes, Meta(min_length=BITS_BYTES, max_length=BITS_BYTES)]
    nodes: Annotated[tuple[Digest, ...], Meta(max_length=TWIG_ENTRIES)]


class StateProof(Record):
    """Entries that are active in a state, and all hashes that lead from them to its root."""

    entry_count: Count
    """Entries ever appended at that height; the state root commits to it."""
    entries: Annotated[tuple[EntryShown, ...], Meta(max_length=ENTRIES_MAX)]
    """In order of number."""
    twigs: Annotated[tuple[TwigShown, ...], Meta(max_length=ENTRIES_MAX)]
    """In order of twig."""
    nodes: Annotated[tuple[Digest, ...], Meta(max_length=NODES_MAX)]
    """The hashes that the twigs lack in the tree above them."""


DECISION_ENTRIES_MAX: Final = 20_000


class StateBefore(StateProof):
    """A state proof that may be larger: all that the transactions of a block read."""

    entries: Annotated[tuple[EntryShown, ...], Meta(max_length=DECISION_ENTRIES_MAX)]
    twigs: Annotated[tuple[TwigShown, ...], Meta(max_length=DECISION_ENTRIES_MAX)]
    nodes: Annotated[tuple[Digest, ...], Meta(max_length=DECISION_ENTRIES_MAX * 32)]


def fold(digest: Hash, known: Mapping[int, bytes], height: int, nodes: tuple[Digest, ...]) -> bytes:
    """Return the root over known leaves of a tree of a height, filling in what is missing.

    Nodes come level by level from the leaves up, left to right, each where a sibling is not known.
    Raises `ProofInvalid` where nodes are left over or lacking.
    """
    rest = iter(nodes)
    level: dict[int, bytes] = dict(known)
    for _ in range(height):
        above: dict[int, bytes] = {}
        for index in sorted(level):
            if index >> 1 in above:
                continue
            sibling = level.get(index ^ 1) or next(rest, None)
            if sibling is None:
                msg = "the proof lacks a hash on the way to the root"
                raise ProofInvalid(msg)
            pair = sibling + level[index] if index & 1 else level[index] + sibling
            above[index >> 1] = digest(b"\x01" + pair)
        level = above
    if next(rest, None) is not None or list(level) != [0]:
        msg = "the proof has hashes that belong to no place on the way to the root"
        raise ProofInvalid(msg)
    return level[0]


def verify_state(digest: Hash, proof: StateProof, state_root: bytes) -> None:
    """Raise `ProofInvalid` unless all shown entries are active in the state with this root."""
    numbers = [entry.number for entry in proof.entries]
    shown = [twig.twig for twig in proof.twigs]
    if not numbers or numbers != sorted(dict.fromkeys(numbers)):
        msg = "a state proof shows entries in order of number, at least one"
        raise ProofInvalid(msg)
    if shown != list(dict.fromkeys(number // TWIG_ENTRIES for number in numbers)):
        msg = "a state proof shows exactly the twigs of its entries"
        raise ProofInvalid(msg)
    if numbers[-1] >= proof.entry_count:
        msg = f"entry {numbers[-1]} lies outside a state of {proof.entry_count} entries"
        raise ProofInvalid(msg)
    height = compute_top_height(-(-proof.entry_count // TWIG_ENTRIES))
    known: dict[int, bytes] = {
        int(twig.twig): _twig_node(digest, twig, proof.entries) for twig in proof.twigs
    }
    root = compute_state_root(digest, proof.entry_count, fold(digest, known, height, proof.nodes))
    if root != state_root:
        msg = f"the path leads to state root {root.hex()}, the header says {state_root.hex()}"
        raise ProofInvalid(msg)


def _twig_node(digest: Hash, shown: TwigShown, entries: tuple[EntryShown, ...]) -> bytes:
    leaves: dict[int, bytes] = {}
    for entry in entries:
        twig, position = divmod(entry.number, TWIG_ENTRIES)
        if twig == shown.twig:
            if not key_bits(shown.bits, position):
                msg = f"entry {entry.number} is no longer active in this state"
                raise ProofInvalid(msg)
            leaves[position] = compute_leaf_of(
                digest, entry.key, entry.value_digest, entry.next_key, entry.height
            )
    return compute_twig(digest, fold(digest, leaves, TWIG_LEVELS, shown.nodes), shown.bits)


def verify_value(digest: Hash, entry: EntryShown, value: bytes) -> None:
    """Raise `ProofInvalid` unless the row bytes are those that the entry commits to."""
    if digest(value) != entry.value_digest:
        msg = "the row is not the one that the ledger commits to"
        raise ProofInvalid(msg)


def verify_absence(entry: EntryShown, key: bytes) -> None:
    """Raise `ProofInvalid` unless a proven entry shows that no row has the key."""
    if not (entry.key < key and (entry.next_key == b"" or key < entry.next_key)):
        msg = f"{entry.key!r} with next key {entry.next_key!r} does not enclose {key!r}"
        raise ProofInvalid(msg)


def verify_range(entries: tuple[EntryShown, ...], low: bytes, high: bytes) -> None:
    """Raise `ProofInvalid` unless proven entries are all that lie within low <= key < high.

    The first entry is the last before the range; each names the next; the last one reaches beyond.
    """
    if not entries or not entries[0].key < low <= high:
        msg = "a range proof begins with the entry before the range"
        raise ProofInvalid(msg)
    for entry, following in pairwise(entries):
        if entry.next_key != following.key or not low <= following.key < high:
            msg = f"after {entry.key!r} comes {entry.next_key!r}, the proof shows {following.key!r}"
            raise ProofInvalid(msg)
    end = entries[-1].next_key
    if end != b"" and end < high:
        msg = f"the range goes on with {end!r}, which the proof leaves out"
        raise ProofInvalid(msg)


def verify_result(
    digest: Hash,
    result: tuple[bytes, str, tuple[bytes, ...]],
    place: tuple[int, int],
    path: tuple[bytes, ...],
    root: bytes,
) -> None:
    """Raise `ProofInvalid` unless a transaction's result stands in the log with this root.

    `result` is (transaction id, outcome, events); `place` is (index, log size).
    """
    identity, outcome, events = result
    leaf = encode((identity, outcome, digest(TAG_EVENTS + encode(events))))
    verify_inclusion(digest, leaf_hash(digest, leaf), place[0], place[1], list(path), root)
