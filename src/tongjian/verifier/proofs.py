"""Proofs about the state: a row, its absence, a complete range; and about the transaction log.

The records below travel in receipts. Each `verify_…` takes the roots it must lead to and raises
`ProofInvalid` with the step that failed; none returns a verdict that could be overlooked. The
shapes are those of `core.twigs` and `core.merkle`.
"""

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

UPPER_LEVELS_MAX: Final = 32
RANGE_ENTRIES_MAX: Final = limits.RANGE_ROWS_MAX + 2

KeyBytes = Annotated[bytes, Meta(max_length=limits.KEY_BYTES_MAX)]
RowBytes = Annotated[bytes, Meta(max_length=limits.ROW_BYTES_MAX)]


class EntryProof(Record):
    """An active entry and its place in the state tree."""

    number: Count
    key: KeyBytes
    value_digest: Digest
    next_key: KeyBytes
    height: Height
    """Height of the block that wrote it."""
    bits: Annotated[bytes, Meta(min_length=BITS_BYTES, max_length=BITS_BYTES)]
    leaf_path: Annotated[tuple[Digest, ...], Meta(min_length=TWIG_LEVELS, max_length=TWIG_LEVELS)]
    upper_path: Annotated[tuple[Digest, ...], Meta(max_length=UPPER_LEVELS_MAX)]


def verify_entry(digest: Hash, proof: EntryProof, entry_count: int, state_root: bytes) -> None:
    """Raise `ProofInvalid` unless the entry is active in the state with this root."""
    if proof.number >= entry_count:
        msg = f"entry {proof.number} lies outside a state of {entry_count} entries"
        raise ProofInvalid(msg)
    twig, position = divmod(proof.number, TWIG_ENTRIES)
    if not key_bits(proof.bits, position):
        msg = f"entry {proof.number} is no longer active in this state"
        raise ProofInvalid(msg)
    node = compute_leaf_of(digest, proof.key, proof.value_digest, proof.next_key, proof.height)
    node = _climb(digest, node, position, proof.leaf_path)
    node = compute_twig(digest, node, proof.bits)
    height = compute_top_height(-(-entry_count // TWIG_ENTRIES))
    if len(proof.upper_path) != height:
        msg = f"the path above the twig has {len(proof.upper_path)} nodes, the tree has {height}"
        raise ProofInvalid(msg)
    node = _climb(digest, node, twig, proof.upper_path)
    root = compute_state_root(digest, entry_count, node)
    if root != state_root:
        msg = f"the path leads to state root {root.hex()}, the header says {state_root.hex()}"
        raise ProofInvalid(msg)


def verify_value(digest: Hash, proof: EntryProof, value: bytes) -> None:
    """Raise `ProofInvalid` unless the row bytes are those that the entry commits to."""
    if digest(value) != proof.value_digest:
        msg = "the row is not the one that the ledger commits to"
        raise ProofInvalid(msg)


def verify_absence(digest: Hash, proof: EntryProof, key: bytes, count: int, root: bytes) -> None:
    """Raise `ProofInvalid` unless the entry shows that no row has the key: its neighbours touch."""
    verify_entry(digest, proof, count, root)
    if not (proof.key < key and (proof.next_key == b"" or key < proof.next_key)):
        msg = (
            f"the entry of {proof.key!r} with next key {proof.next_key!r} does not enclose {key!r}"
        )
        raise ProofInvalid(msg)


def verify_range(
    digest: Hash,
    proofs: tuple[EntryProof, ...],
    bounds: tuple[bytes, bytes],
    count: int,
    root: bytes,
) -> None:
    """Raise `ProofInvalid` unless the entries are all that lie within low <= key < high.

    The first entry is the last before the range; each names the next; the last one reaches beyond.
    """
    low, high = bounds
    if not proofs or not proofs[0].key < low <= high:
        msg = "a range proof begins with the entry before the range"
        raise ProofInvalid(msg)
    for proof, following in pairwise(proofs):
        if proof.next_key != following.key or not low <= following.key < high:
            msg = f"after {proof.key!r} comes {proof.next_key!r}, the proof shows {following.key!r}"
            raise ProofInvalid(msg)
    end = proofs[-1].next_key
    if end != b"" and end < high:
        msg = f"the range goes on with {end!r}, which the proof leaves out"
        raise ProofInvalid(msg)
    for proof in proofs:
        verify_entry(digest, proof, count, root)


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


def _climb(digest: Hash, node: bytes, index: int, path: tuple[bytes, ...]) -> bytes:
    for sibling in path:
        pair = sibling + node if index & 1 else node + sibling
        node = digest(b"\x01" + pair)
        index >>= 1
    if index:
        msg = "the path is shorter than the position needs"
        raise ProofInvalid(msg)
    return node
