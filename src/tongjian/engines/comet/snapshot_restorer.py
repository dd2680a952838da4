"""Takes a snapshot in, chunk by chunk: every byte is proven by the header before it is kept."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from tongjian.core import limits
from tongjian.core.block import (
    BODIES,
    HEADERS,
    SEALED,
    Body,
    Header,
    Sealed,
    compute_batch,
    compute_header_hash,
)
from tongjian.core.encoding import Malformed, encode
from tongjian.core.hashing import Hash
from tongjian.core.merkle import Frontier, leaf_hash
from tongjian.core.order import Entry
from tongjian.core.padded import compute_top_height
from tongjian.core.twigs import (
    BITS_BYTES,
    TWIG_ENTRIES,
    TWIG_LEVELS,
    compute_leaves,
    compute_twig,
)
from tongjian.engines.chain import LOG_NAME, STORE_NAME
from tongjian.engines.comet.snapshot_form import (
    BATCH_LEAVES,
    BATCH_LEVEL,
    BLOCK,
    BLOCK_PARTS,
    CHUNK_BYTES_MAX,
    ENTRIES,
    ENTRY_PARTS,
    HEADER_PARTS,
    LOG,
    LOG_PARTS,
    STATE,
    TWIG_PARTS,
    TWIGS,
    LogPart,
    SnapshotRefused,
    TwigPart,
    decode_part,
)
from tongjian.engines.comet.snapshot_form import HEADERS as HEADER_LIST
from tongjian.engines.comet.snapshot_maker import FOLDER, LOG_FOLDER
from tongjian.engines.comet.snapshot_offer import HASH_BYTES, Offered, hashes_of, refuse
from tongjian.engines.heads import entries_of
from tongjian.engines.seals import network_seal
from tongjian.storage.blocklog import BODY_BYTES_MAX, BlockLog, Kept
from tongjian.storage.errors import StorageError
from tongjian.storage.fixed_tree import FixedTree
from tongjian.storage.loading import StoreLoader
from tongjian.storage.packing import Tip
from tongjian.storage.tiles import TILE_HASHES, TILE_LEVELS

_Leaf = tuple[bytes, str, bytes]


class Restorer:
    """Builds a ledger in a folder of its own from the chunks of one offer, in their order."""

    def __init__(self, folder: Path, offered: Offered, chain_id: bytes, digest: Hash) -> None:
        """Begin in an empty folder."""
        self._folder = folder
        self._offered = offered
        self._chain = chain_id
        self._digest = digest
        self._header = header = offered.header
        folder.mkdir(parents=True)
        (folder / FOLDER / LOG_FOLDER).mkdir(parents=True)
        self._loader = StoreLoader(folder / STORE_NAME, digest)
        self._steps = {
            TWIGS: self._take_twigs,
            LOG: self._take_log,
            HEADER_LIST: self._take_headers,
            ENTRIES: self._take_entries,
            BLOCK: self._take_block,
            STATE: self._take_state,
        }
        self._twigs = bytearray()
        self._twigs_count = -(-offered.manifest.entry_count // TWIG_ENTRIES)
        self._twig = 0
        self._batches: list[bytes] = []
        self._peaks: list[bytes] = []
        self._tip_peaks: tuple[bytes, ...] = ()
        self._first = max(0, header.height - limits.EXPIRY_BLOCKS_MAX)
        self._expected = header.previous
        self._sizes = array("q", bytes(8 * (header.height - self._first))) + array(
            "q", [header.log_size]
        )
        """The size of the log after each block from the first on."""
        self._next_header = header.height - 1
        self._batch = -1
        self._newest: list[_Leaf] = []
        """Entries of the log that the newest block added."""
        self._block = bytearray()
        self._sealed = b"", b""
        self.taken = 0

    def take(self, index: int, data: bytes) -> None:
        """Take in the next chunk; raises `SnapshotRefused`. Its hash was compared before."""
        if index != self.taken:
            refuse(f"chunk {index} came where {self.taken} is next")
        if len(data) > CHUNK_BYTES_MAX:
            refuse(f"chunk {index} has {len(data)} bytes")
        step = self._steps.get(data[:1])
        if step is None or data[:1] != self._due():
            refuse(f"chunk {index} is none that comes here")
        try:
            step(data)
        except (ArithmeticError, LookupError, ValueError) as error:
            msg = f"chunk {index} holds what no ledger holds: {error}"
            raise SnapshotRefused(msg) from error
        self.taken += 1

    def _due(self) -> bytes:
        """Return the letter of the chunk that comes next; of none, when all have come."""
        if len(self._twigs) < HASH_BYTES * self._twigs_count:
            return TWIGS
        if self._batch < 0:
            return LOG
        if self._next_header >= self._first:
            return HEADER_LIST
        if self._batch * BATCH_LEAVES < self._header.log_size:
            return ENTRIES
        if not self._sealed[0]:
            return BLOCK
        return STATE if self._twig < self._twigs_count else b""

    # -- each kind of chunk ---------------------------------------------------------------------

    def _take_twigs(self, data: bytes) -> None:
        self._twigs += data[1:]
        missing = HASH_BYTES * self._twigs_count - len(self._twigs)
        if missing < 0 or len(data) == 1:
            refuse("the list of twigs has another length")
        if missing == 0:
            twigs = bytes(self._twigs)
            height = compute_top_height(self._twigs_count)
            if FixedTree(self._digest, twigs, height).top() != self._offered.manifest.top:
                refuse("the twigs do not lead to the state root")

    def _take_log(self, data: bytes) -> None:
        part: LogPart = decode_part(LOG_PARTS, data, "the log's hashes")
        size = self._header.log_size
        batches = list(hashes_of(part.batches, "the list of batches"))
        rest = size % BATCH_LEAVES
        if len(batches) != size >> BATCH_LEVEL or len(part.peaks) != rest.bit_count():
            refuse("the log's hashes are not as many as its size needs")
        whole = Frontier(self._digest)
        whole.extend(batches)
        if Frontier(self._digest, size, (*whole.peaks(), *part.peaks)).root() != (
            self._header.log_root
        ):
            refuse("the log's hashes do not lead to the log root")
        self._batches, self._peaks = batches, part.peaks
        self._tip_peaks = (*whole.peaks(), *part.peaks)
        self._loader.tiles(self._upper_tiles(batches))
        self._batch = 0
        self._begin_entries()

    def _upper_tiles(self, batches: Sequence[bytes]) -> Iterator[tuple[int, int, bytes]]:
        """Yield the tiles above the batches: levels of 65,536 leaves and more."""
        level, nodes = 2, list(batches)
        while nodes:
            above: list[bytes] = []
            for at in range(0, len(nodes), TILE_HASHES):
                tile = b"".join(nodes[at : at + TILE_HASHES])
                yield level, at // TILE_HASHES, tile
                if len(tile) == HASH_BYTES * TILE_HASHES:
                    above.append(FixedTree(self._digest, tile, TILE_LEVELS).top())
            level, nodes = level + 1, above

    def _take_headers(self, data: bytes) -> None:
        kept: list[tuple[int, int, bytes]] = []
        listed: list[bytes] = decode_part(HEADER_PARTS, data, "headers")
        for one in listed:
            height = self._next_header
            if height < self._first or compute_header_hash(self._digest, one) != self._expected:
                refuse(f"header {height} is not the one that the next names")
            header: Header = HEADERS.decode(one)
            self._sizes[height - self._first] = header.log_size
            self._expected, self._next_header = header.previous, height - 1
            kept.append((height, header.log_size, one))
        if not kept:
            refuse("a chunk of headers is empty")
        self._loader.headers(kept)
        self._begin_entries()

    def _begin_entries(self) -> None:
        if self._next_header < self._first:
            self._batch = self._sizes[0] >> BATCH_LEVEL if self._first else 0

    def _take_entries(self, data: bytes) -> None:
        batch, digest = self._batch, self._digest
        listed: list[_Leaf] = decode_part(ENTRY_PARTS, data, "entries of the log")
        first = batch * BATCH_LEAVES
        count = min(self._header.log_size - first, BATCH_LEAVES)
        if len(listed) != count:
            refuse(f"batch {batch} of the log has {len(listed)} entries instead of {count}")
        leaves = [leaf_hash(digest, encode(leaf)) for leaf in listed]
        tiles = [leaves[at : at + TILE_HASHES] for at in range(0, count, TILE_HASHES)]
        upper = [
            FixedTree(digest, b"".join(tile), TILE_LEVELS).top()
            for tile in tiles
            if len(tile) == TILE_HASHES
        ]
        log = Frontier(digest)
        log.extend(leaves)
        whole = [self._batches[batch]] if count == BATCH_LEAVES else self._peaks
        if list(log.peaks()) != whole:
            refuse(f"the entries of batch {batch} do not lead to the log root")
        named = [(0, batch * TILE_HASHES + n, b"".join(tile)) for n, tile in enumerate(tiles)]
        if upper:
            named.append((1, batch, b"".join(upper)))
        self._loader.tiles(named)
        self._loader.places(self._places(first, listed))
        (self._folder / FOLDER / LOG_FOLDER / str(batch)).write_bytes(data)
        self._batch += 1

    def _places(self, first: int, listed: list[_Leaf]) -> Iterator[tuple[bytes, int, int, str]]:
        """Yield where entries were decided; those too old to be decided again are passed over."""
        sizes = self._sizes
        last = sizes[-2] if len(sizes) > 1 else 0
        begin = max(first, sizes[0] if self._first else 0)
        at = bisect_right(sizes, begin)
        for number in range(begin, first + len(listed)):
            while sizes[at] <= number:
                at += 1
            leaf = listed[number - first]
            if number >= last:
                self._newest.append(leaf)
            before = sizes[at - 1] if at else 0
            yield leaf[0], self._first + at, number - before, leaf[1]

    def _take_block(self, data: bytes) -> None:
        self._block += data[1:]
        if len(self._block) > BODY_BYTES_MAX + CHUNK_BYTES_MAX or len(data) == 1:
            refuse("the newest block is larger than one may be")
        try:
            head, body = BLOCK_PARTS.decode(bytes(self._block))
        except msgspec.ValidationError as error:
            msg = f"the newest block has no form: {error}"
            raise SnapshotRefused(msg) from error
        except msgspec.DecodeError:
            return  # cut short: the rest is in the chunks that follow
        self._check_block(head, body)
        self._sealed = head, body

    def _check_block(self, head: bytes, data: bytes) -> None:
        try:
            sealed: Sealed = SEALED.decode(head)
            body: Body = BODIES.decode(data)
            entries = list(entries_of(body, self._chain, self._digest))
            seal = network_seal(sealed.seal)
        except (Malformed, ValueError, StorageError) as error:
            msg = f"the newest block cannot be decoded: {error}"
            raise SnapshotRefused(msg) from error
        if sealed.header != self._offered.manifest.header:
            refuse("the newest block has another header")
        if compute_batch(self._digest, body.envelopes) != self._header.batch:
            refuse("the newest block has other envelopes than its header")
        if entries != [encode(leaf) for leaf in self._newest]:
            refuse("the newest block has other outcomes than the log")
        if seal is None or seal.height != self._offered.engine_height:
            refuse("the newest block was decided at another height of the engine")

    def _take_state(self, data: bytes) -> None:
        parts: list[TwigPart] = decode_part(TWIG_PARTS, data, "twigs")
        full: list[tuple[bytes, Sequence[bytes], bytes]] = []
        entries: list[tuple[int, Entry]] = []
        if not parts:
            refuse("a chunk of twigs is empty")
        for part in parts:
            twig, first = self._twig, self._twig * TWIG_ENTRIES
            count = min(self._offered.manifest.entry_count - first, TWIG_ENTRIES)
            if count <= 0:
                refuse("there are more twigs than entries")
            rows = [Entry(key, value, then, at, 0) for key, value, then, at in part.rows]
            leaves, root = self._leaves(part, rows, count)
            at = HASH_BYTES * twig
            if compute_twig(self._digest, root, part.bits) != bytes(
                self._twigs[at : at + HASH_BYTES]
            ):
                refuse(f"twig {twig} does not lead to the state root")
            numbered = list(zip(_positions(part.bits, first), rows, strict=True))
            if count < TWIG_ENTRIES:
                self._loader.twigs(full, entries)
                full, entries = [], []
                self._loader.young(leaves, part.bits, numbered)
            else:
                full.append((root, leaves, part.bits))
                entries += numbered
            self._twig += 1
        self._loader.twigs(full, entries)

    def _leaves(self, part: TwigPart, rows: list[Entry], count: int) -> tuple[list[bytes], bytes]:
        """Return leaf hashes and leaf root of a twig; none of the first where nothing is active."""
        digest, bits = self._digest, part.bits
        active = int.from_bytes(bits, "little")
        if len(bits) != BITS_BYTES or active >> count or active.bit_count() != len(rows):
            refuse(f"twig {self._twig} marks other entries than it has")
        if not active and count == TWIG_ENTRIES:
            return [], part.dead
        dead = list(hashes_of(part.dead, f"what was replaced of twig {self._twig}"))
        if len(dead) + len(rows) != count:
            refuse(f"twig {self._twig} shows {len(dead) + len(rows)} of {count} entries")
        living = iter(compute_leaves(digest, rows))
        replaced = iter(dead)
        leaves = [
            next(living) if active >> position & 1 else next(replaced) for position in range(count)
        ]
        return leaves, FixedTree(digest, b"".join(leaves), TWIG_LEVELS).top(TWIG_LEVELS)

    # -- the end --------------------------------------------------------------------------------

    def is_whole(self) -> bool:
        """Say whether every chunk of the offer has come."""
        return self.taken == len(self._offered.hashes)

    def finish(self) -> None:
        """Write the block log and what ties it to the state; raises `SnapshotRefused`."""
        if self._due():
            refuse("the chunks end before the snapshot does")
        header = self._header
        head, body = self._sealed
        with BlockLog(self._folder / LOG_NAME, self._chain, writable=True) as log:
            log.keep_from(Kept(header.height, log.end_of_note))
            offset = log.append(head, body)
            end = log.end
        tip = Tip(
            height=header.height,
            log_end=end,
            entry_count=self._offered.manifest.entry_count,
            log_size=header.log_size,
            peaks=self._tip_peaks,
            header_hash=compute_header_hash(self._digest, self._offered.manifest.header),
            time_ms=header.time_ms,
        )
        self._loader.finish(tip, offset)

    def close(self) -> None:
        """Close the store."""
        self._loader.close()


def _positions(bits: bytes, first: int) -> Iterator[int]:
    active = int.from_bytes(bits, "little")
    return (first + at for at in range(TWIG_ENTRIES) if active >> at & 1)
