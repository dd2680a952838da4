"""The log of a snapshot: whole batches and a rest, proven entry by entry, and gone on from."""

from pathlib import Path

import pytest

from tongjian.core import values
from tongjian.core.block import Header, compute_header_hash
from tongjian.core.encoding import encode
from tongjian.core.hashing import sha256
from tongjian.core.merkle import Frontier, inclusion_proof, leaf_hash, verify_inclusion
from tongjian.core.values import digest
from tongjian.engines.comet import snapshot_form
from tongjian.engines.comet.snapshot_form import (
    BATCH_LEAVES,
    CHUNK_BYTES_MAX,
    Manifest,
    SnapshotRefused,
)
from tongjian.engines.comet.snapshot_offer import Offered
from tongjian.engines.comet.snapshot_restorer import Restorer
from tongjian.storage.packing import Tip
from tongjian.storage.store import Store
from tongjian.storage.tiles import Tiles

LEAVES = BATCH_LEAVES + 300
"""A whole batch of the log, and a rest that fills a tile and begins another."""
BLOCK_LEAVES = 3000


@pytest.fixture(scope="module")
def long_log() -> list[bytes]:
    return [
        encode((sha256(b"%d" % n), "shelf/2@0" if n % 7 else "", bytes(32))) for n in range(LEAVES)
    ]


def offered_log(leaves: list[bytes]) -> tuple[Offered, list[bytes]]:
    """Return an offer whose state is one entry, and its chunks up to the entries of the log."""
    log = Frontier(sha256)
    hashes = [leaf_hash(sha256, leaf) for leaf in leaves]
    log.extend(hashes)
    headers: list[Header] = []
    for height in range(-(-LEAVES // BLOCK_LEAVES) + 1):
        previous = compute_header_hash(sha256, encode(headers[-1])) if headers else bytes(32)
        headers.append(
            Header(
                version=1,
                chain=digest(bytes(32)),
                height=values.height(height),
                time_ms=values.time_ms(1),
                previous=digest(previous),
                state_root=digest(bytes(32)),
                log_root=digest(log.root()),
                log_size=values.count(min(BLOCK_LEAVES * height, LEAVES)),
                batch=digest(bytes(32)),
            )
        )
    header = headers.pop()
    top = sha256(b"one twig")
    manifest = Manifest(
        chain=digest(bytes(32)),
        header=b"",
        entry_count=values.count(1),
        top=digest(top),
        chunks=b"",
    )
    batch = Frontier(sha256)
    batch.extend(hashes[:BATCH_LEAVES])
    rest = Frontier(sha256)
    rest.extend(hashes[BATCH_LEAVES:])
    chunks = [
        b"T" + top,
        b"L" + encode((batch.peaks()[0], list(rest.peaks()))),
        b"H" + encode([encode(one) for one in reversed(headers)]),
        *(
            b"E\xdd" + len(part).to_bytes(4, "big") + b"".join(part)
            for part in (leaves[:BATCH_LEAVES], leaves[BATCH_LEAVES:])
        ),
    ]
    return Offered(manifest, header, 9, ()), chunks


def test_a_long_log_goes_on_from_its_hashes(long_log: list[bytes], tmp_path: Path) -> None:
    offered, chunks = offered_log(long_log)
    restorer = Restorer(tmp_path / "new", offered, bytes(32), sha256)
    for index, chunk in enumerate(chunks):
        assert len(chunk) < CHUNK_BYTES_MAX
        restorer.take(index, chunk)
    height = offered.header.height
    tip = Tip(
        height=height,
        log_end=0,
        entry_count=1,
        log_size=LEAVES,
        peaks=(),
        header_hash=bytes(32),
        time_ms=1,
    )
    restorer._loader.finish(tip, 0)
    restorer.close()
    store = Store(tmp_path / "new" / "store.lmdb", sha256, writable=False)
    for number in (0, 2999, 3000, BATCH_LEAVES, LEAVES - 1):
        at, position = divmod(number, BLOCK_LEAVES)
        place = store.transaction(sha256(b"%d" % number))
        assert place == (at + 1, position, "shelf/2@0" if number % 7 else "")
    more = [sha256(b"more %d" % n) for n in range(1000)]
    tiles = dict[bytes, bytes]()
    log = Tiles(sha256, lambda name: tiles.get(name) or store._tile(name))
    tiles.update(log.append(more, LEAVES))
    whole = Frontier(sha256)
    whole.extend([leaf_hash(sha256, leaf) for leaf in long_log])
    whole.extend(more)
    for index in (LEAVES, LEAVES + 999, LEAVES - 1, 3):
        leaf = leaf_hash(sha256, long_log[index]) if index < LEAVES else more[index - LEAVES]
        path = inclusion_proof(sha256, index, whole.size, log.node)
        verify_inclusion(sha256, leaf, index, whole.size, path, whole.root())
    store.close()


@pytest.mark.parametrize("batch", [0, 1])
def test_an_entry_less_or_another_in_a_long_log_is_refused(
    long_log: list[bytes], tmp_path: Path, batch: int
) -> None:
    offered, chunks = offered_log(long_log)
    restorer = Restorer(tmp_path / "new", offered, bytes(32), sha256)
    for index in range(3 + batch):
        restorer.take(index, chunks[index])
    honest = chunks[3 + batch]
    listed = snapshot_form.ENTRY_PARTS.decode(honest[1:])
    with pytest.raises(SnapshotRefused, match="instead of"):
        restorer.take(3 + batch, b"E" + encode(listed[1:]))
    other = [(listed[0][0], "shelf/9@9", listed[0][2]), *listed[1:]]
    with pytest.raises(SnapshotRefused, match="do not lead"):
        restorer.take(3 + batch, b"E" + encode(other))
    restorer.close()
