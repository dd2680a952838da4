"""Heads of a chain's log as checkpoints, and the log as files of C2SP tlog-tiles."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tongjian.core.block import Body, Result, compute_header_hash, compute_log_leaf
from tongjian.core.envelope import body_of, signed_message
from tongjian.core.hashing import Hash
from tongjian.core.merkle import root_of_range
from tongjian.core.values import digest as digest_value
from tongjian.engines.chain import Chain
from tongjian.storage.errors import StorageError
from tongjian.storage.tile_files import (
    CHECKPOINT_NAME,
    ENTRIES,
    TileWriter,
    pack_bundle,
    tiles_of,
)
from tongjian.storage.tiles import TILE_HASHES
from tongjian.verifier.checkpoint import (
    Checkpoint,
    CheckpointInvalid,
    Head,
    Signer,
    compute_origin,
    make_checkpoint,
    make_text,
    parse_checkpoint,
    sign,
)


class OtherLog(StorageError):
    """The folder holds an export that this ledger does not continue."""


def head_at(chain: Chain, height: int) -> Head:
    """Return the head of the log with a block; raises `KeyError` where there is none."""
    header = chain.header(height)
    digest = compute_header_hash(chain.digest, chain.sealed(height).header)
    return Head(header.log_size, header.log_root, height, digest)


def checkpoint_at(chain: Chain, height: int, signer: Signer) -> Checkpoint:
    """Return the checkpoint of a height, signed by the operator's key."""
    origin = compute_origin(chain.genesis.label, chain.chain_id)
    text = make_text(origin, head_at(chain, height))
    return make_checkpoint(text, (sign(text, origin, signer),))


def export_tiles(chain: Chain, folder: Path, signer: Signer) -> tuple[Head, int]:
    """Write the log up to the tip; return its head and how many files were written.

    An earlier export in the folder is continued. Raises `OtherLog` where it is of another log.
    """
    head = head_at(chain, chain.height)
    writer = TileWriter(folder, keep=_is_continued(chain, folder, head))
    _write_bundles(chain, writer, head.size)
    for level, index, width in tiles_of(head.size):
        if not writer.has(level, index, width):
            writer.write(level, index, width, _tile(chain, level, index, width))
    writer.finish(checkpoint_at(chain, chain.height, signer).encode())
    return head, writer.written


def log_peaks(chain: Chain, size: int) -> list[bytes]:
    """Return the complete subtrees of the log at an earlier size, the largest first."""
    peaks: list[bytes] = []
    start = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            peaks.append(chain.store.tiles.node(level, start >> level))
            start += 1 << level
    return peaks


def log_entries(chain: Chain, first: int, size: int) -> Iterator[bytes]:
    """Yield the entries of the log from a number on, up to a size, out of the blocks."""
    height = bisect_right(range(chain.height + 1), first, key=chain.log_size)
    number = chain.log_size(height - 1) if height else 0
    while number < size:
        for entry in _entries_of(chain, height):
            if first <= number < size:
                yield entry
            number += 1
        height += 1


def _entries_of(chain: Chain, height: int) -> Iterator[bytes]:
    return entries_of(chain.body(height), chain.chain_id, chain.digest)


def entries_of(body: Body, chain_id: bytes, digest: Hash) -> Iterator[bytes]:
    """Yield the entries that a block adds to the log."""
    ids = [
        *body.timers,
        *(digest(signed_message(chain_id, body_of(one))) for one in body.envelopes),
    ]
    for identity, decision in zip(ids, body.decisions, strict=True):
        result = Result(
            transaction=digest_value(identity), outcome=decision.outcome, events=decision.events
        )
        yield compute_log_leaf(digest, result)


def _write_bundles(chain: Chain, writer: TileWriter, size: int) -> None:
    full, width = divmod(size, TILE_HASHES)
    present = 0
    while present < full and writer.has(ENTRIES, present):
        present += 1
    entries = log_entries(chain, present * TILE_HASHES, size)
    for index in range(present, full):
        writer.write(ENTRIES, index, TILE_HASHES, pack_bundle(list(islice(entries, TILE_HASHES))))
    if width and not writer.has(ENTRIES, full, width):
        writer.write(ENTRIES, full, width, pack_bundle(list(entries)))


def _tile(chain: Chain, level: int, index: int, width: int) -> bytes:
    nodes = (chain.store.tiles.node(8 * level, index * TILE_HASHES + n) for n in range(width))
    return b"".join(nodes)


def _is_continued(chain: Chain, folder: Path, head: Head) -> bool:
    """Say whether the folder holds a beginning of this log; raises `OtherLog` for another one."""
    path = folder / CHECKPOINT_NAME
    if not path.exists():
        return False
    try:
        before = parse_checkpoint(path.read_bytes())
    except CheckpointInvalid as error:
        msg = f"the checkpoint in {folder.name} cannot be read: {error}. Choose another folder"
        raise OtherLog(msg) from error
    origin = compute_origin(chain.genesis.label, chain.chain_id)
    if before.origin != origin or before.size > head.size:
        msg = (
            f"{folder.name} holds {before.origin} of size {before.size}; this ledger is {origin} "
            f"of size {head.size}. Choose another folder"
        )
        raise OtherLog(msg)
    if before.size and before.root != _root_of(chain, before.size):
        msg = (
            f"{folder.name} holds another history of {origin}: keep it, it is evidence, and choose "
            "another folder"
        )
        raise OtherLog(msg)
    return True


def _root_of(chain: Chain, size: int) -> bytes:
    return root_of_range(chain.digest, 0, size, chain.store.tiles.node)
