"""Writes a snapshot of a ledger's tip, chunk by chunk, from a reader of its own: nothing waits.

ledger/snapshots/HEIGHT/manifest, 00000, …   by the engine's height
ledger/snapshots/log/BATCH                   entries of the log by batch, as far as written

Entries of the log never change, so a later snapshot takes those of whole batches from the one
before; where blocks are pruned, they are the only place that still has them.
"""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tongjian.core import limits, values
from tongjian.core.encoding import encode
from tongjian.core.twigs import TWIG_ENTRIES
from tongjian.engines.chain import Chain
from tongjian.engines.comet.snapshot_form import (
    BATCH_LEAVES,
    BATCH_LEVEL,
    BLOCK,
    CHUNK_BYTES_TARGET,
    ENTRIES,
    ENTRY_PARTS,
    HEADERS,
    LOG,
    STATE,
    TWIGS,
    LogPart,
    Manifest,
    TwigPart,
    decode_part,
)
from tongjian.engines.heads import log_entries, log_peaks
from tongjian.engines.seals import network_seal
from tongjian.storage.errors import StorageError

FOLDER: Final = "snapshots"
MANIFEST: Final = "manifest"
LOG_FOLDER: Final = "log"
DRAFT: Final = ".draft"
_ARRAY32: Final = b"\xdd"
HEADERS_A_CHUNK: Final = 10_000


def make_snapshot(chain: Chain) -> Path:
    """Write the snapshot of the state that an open chain sees; return its folder.

    Raises `StorageError` where the newest block was sealed by an operator.
    """
    sealed = chain.sealed(chain.height)
    seal = network_seal(sealed.seal)
    if seal is None:
        msg = f"block {chain.height} was sealed by an operator: there is no network to join"
        raise StorageError(msg)
    folder = chain.folder / FOLDER / str(seal.height)
    draft = folder.with_name(folder.name + DRAFT)
    if folder.exists():
        return folder
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    (chain.folder / FOLDER / LOG_FOLDER).mkdir(exist_ok=True)
    digests = bytearray()
    for number, data in enumerate(_chunks(chain)):
        (draft / f"{number:05d}").write_bytes(data)
        digests += chain.digest(data)
    tree = chain.commitment.tree
    manifest = Manifest(
        chain=values.digest(chain.chain_id),
        header=sealed.header,
        entry_count=values.count(tree.count),
        top=values.digest(tree.upper().top()),
        chunks=bytes(digests),
    )
    (draft / MANIFEST).write_bytes(encode(manifest))
    draft.rename(folder)
    return folder


def _chunks(chain: Chain) -> Iterator[bytes]:
    tree = chain.commitment.tree
    upper = tree.upper()
    twigs = [upper.node(0, twig) for twig in range(len(upper))]
    step = CHUNK_BYTES_TARGET // 32
    for first in range(0, len(twigs), step):
        yield TWIGS + b"".join(twigs[first : first + step])
    size = chain.log_size(chain.height)
    whole = size >> BATCH_LEVEL
    nodes = [chain.store.tiles.node(BATCH_LEVEL, batch) for batch in range(whole)]
    peaks = log_peaks(chain, size)
    yield LOG + encode(LogPart(b"".join(nodes), peaks[whole.bit_count() :]))
    first = max(0, chain.height - limits.EXPIRY_BLOCKS_MAX)
    yield from _headers(chain, first)
    for batch in range(chain.log_size(first) >> BATCH_LEVEL, -(-size // BATCH_LEAVES)):
        yield _entries(chain, batch, size)
    yield from _block(chain)
    yield from _state(chain)


def _headers(chain: Chain, first: int) -> Iterator[bytes]:
    """Yield headers from the one before the newest down to a height."""
    waiting: list[bytes] = []
    for height in range(chain.height - 1, first - 1, -1):
        waiting.append(encode(chain.header(height)))
        if len(waiting) == HEADERS_A_CHUNK:
            yield HEADERS + encode(waiting)
            waiting = []
    if waiting:
        yield HEADERS + encode(waiting)


def _entries(chain: Chain, batch: int, size: int) -> bytes:
    """Return the chunk of a batch; what was written before is read, the rest comes from blocks."""
    path = chain.folder / FOLDER / LOG_FOLDER / str(batch)
    first = batch * BATCH_LEAVES
    count = min(size - first, BATCH_LEAVES)
    known = path.read_bytes() if path.exists() else ENTRIES + _ARRAY32 + bytes(4)
    have = int.from_bytes(known[2:6], "big")
    if have == count:
        return known
    if have > count:
        entries = decode_part(ENTRY_PARTS, known, path.name)[:count]
        return _framed(map(encode, entries), b"", count)
    data = _framed(log_entries(chain, first + have, first + count), known[6:], count)
    draft = path.with_name(path.name + DRAFT)
    draft.write_bytes(data)
    draft.replace(path)
    return data


def _framed(entries: Iterable[bytes], before: bytes, count: int) -> bytes:
    return b"".join((ENTRIES + _ARRAY32 + count.to_bytes(4, "big"), before, *entries))


def _block(chain: Chain) -> Iterator[bytes]:
    frame = chain.frame(chain.height)
    whole = encode((frame.head, frame.body))
    for at in range(0, len(whole), CHUNK_BYTES_TARGET):
        yield BLOCK + whole[at : at + CHUNK_BYTES_TARGET]


def _state(chain: Chain) -> Iterator[bytes]:
    parts: list[TwigPart] = []
    size = 0
    for twig in range(len(chain.commitment.tree.upper())):
        part, more = _twig(chain, twig)
        if parts and size + more > CHUNK_BYTES_TARGET:
            yield STATE + encode(parts)
            parts, size = [], 0
        parts.append(part)
        size += more
    if parts:
        yield STATE + encode(parts)


def _twig(chain: Chain, twig: int) -> tuple[TwigPart, int]:
    """Return a twig and about how many bytes it takes."""
    tree, store = chain.commitment.tree, chain.store
    bits = tree.bits(twig)
    full = twig < len(tree.leaf_roots)
    if full and not any(bits):
        return TwigPart(bits, tree.leaf_roots[twig], []), 110
    leaves = store.twig_leaves(twig) if full else tree.young_leaves()
    first = twig * TWIG_ENTRIES
    dead: list[bytes] = []
    rows: list[tuple[bytes, bytes, bytes, int]] = []
    size = 110
    for position, leaf in enumerate(leaves):
        if bits[position >> 3] >> (position & 7) & 1:
            entry = store.entry(first + position)
            rows.append((entry.key, entry.value, entry.next_key, entry.height))
            size += len(entry.key) + len(entry.value) + len(entry.next_key) + 20
        else:
            dead.append(leaf)
            size += 32
    return TwigPart(bits, b"".join(dead), rows), size


def keep_newest(folder: Path, count: int) -> None:
    """Remove all but the newest snapshots of a ledger's folder."""
    root = folder / FOLDER
    found = sorted((int(p.name) for p in root.glob("*") if p.name.isdigit()), reverse=True)
    for height in found[count:]:
        gone = root / f"{height}{DRAFT}"
        (root / str(height)).rename(gone)
        shutil.rmtree(gone)
