"""A log as files that any C2SP tlog-tiles client reads: names, bundles of entries, tiles.

    checkpoint                    the head, signed
    tile/<level>/<index>          256 hashes of 32 bytes; of a partial tile <index>.p/<width>
    tile/entries/<index>          256 entries, each uint16 length ‖ bytes

An index is written in groups of three digits, all but the last with an `x` before: x001/x234/067.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tongjian.core.hashing import Hash
from tongjian.core.merkle import Frontier, leaf_hash
from tongjian.storage.errors import LogDamaged
from tongjian.storage.files import write_whole
from tongjian.storage.tiles import TILE_HASHES

CHECKPOINT_NAME: Final = "checkpoint"
ENTRIES: Final = "entries"
ENTRY_BYTES_MAX: Final = (1 << 16) - 1


def tile_path(level: int | str, index: int, width: int = TILE_HASHES) -> str:
    """Return the name of a tile, or of a bundle where the level is `entries`."""
    groups = [f"{index % 1000:03d}"]
    rest = index // 1000
    while rest:
        groups.append(f"x{rest % 1000:03d}")
        rest //= 1000
    partial = "" if width == TILE_HASHES else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield level, index and width of every tile of a log of a size."""
    level, count = 0, size
    while count:
        full, width = divmod(count, TILE_HASHES)
        for index in range(full):
            yield level, index, TILE_HASHES
        if width:
            yield level, full, width
        level, count = level + 1, full


def pack_bundle(entries: Sequence[bytes]) -> bytes:
    """Return a bundle of entries, each behind its length."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unpack_bundle(data: bytes, width: int, name: str) -> list[bytes]:
    """Return the entries of a bundle; raises `LogDamaged` where they are not `width`."""
    entries: list[bytes] = []
    place = 0
    while place < len(data):
        end = place + 2 + int.from_bytes(data[place : place + 2], "big")
        entries.append(data[place + 2 : end])
        place = end
    if place != len(data) or len(entries) != width:
        msg = f"{name} does not hold {width} entries; export the tiles again"
        raise LogDamaged(msg)
    return entries


class TileFiles:
    """Reads an exported log; every root is computed from the files alone."""

    def __init__(self, folder: Path, digest: Hash) -> None:
        """Read under a folder with the hash of the chain."""
        self._folder = folder
        self._digest = digest

    def checkpoint(self) -> bytes:
        """Return the bytes of the checkpoint; raises `OSError` where there is none."""
        return (self._folder / CHECKPOINT_NAME).read_bytes()

    def entries(self, first: int, size: int) -> Iterator[bytes]:
        """Yield the entries from a number on, of a log of a size.

        Raises `LogDamaged` where a bundle is missing or is not what its name says.
        """
        for index in range(first // TILE_HASHES, -(-size // TILE_HASHES)):
            width = min(size - index * TILE_HASHES, TILE_HASHES)
            name = tile_path(ENTRIES, index, width)
            entries = unpack_bundle(self._read(name, index), width, name)
            yield from entries[max(first - index * TILE_HASHES, 0) :]

    def _read(self, name: str, index: int) -> bytes:
        """Return a file; of a partial bundle that has become full, its beginning."""
        with contextlib.suppress(FileNotFoundError):
            return (self._folder / name).read_bytes()
        whole = tile_path(ENTRIES, index)
        try:
            data = (self._folder / whole).read_bytes()
        except FileNotFoundError as error:
            msg = f"{name} is missing; export the tiles again"
            raise LogDamaged(msg) from error
        width = int(name.rpartition("/")[2])
        return pack_bundle(unpack_bundle(data, TILE_HASHES, whole)[:width])

    def check_tiles(self, size: int) -> bytes:
        """Return the root that entries and tiles agree on; raises `LogDamaged` where they do not.

        Every tile of every level is compared with what the entries give.
        """
        level = [leaf_hash(self._digest, entry) for entry in self.entries(0, size)]
        root = Frontier(self._digest)
        root.extend(level)
        levels = [level]
        while len(levels[-1]) >= TILE_HASHES:
            levels.append(list(self._parents(levels[-1])))
        for number, index, width in tiles_of(size):
            first = index * TILE_HASHES
            name = tile_path(number, index, width)
            if (self._folder / name).read_bytes() != b"".join(
                levels[number][first : first + width]
            ):
                msg = f"{name} does not hold the hashes of the entries; export the tiles again"
                raise LogDamaged(msg)
        return root.root()

    def _parents(self, level: Sequence[bytes]) -> Iterator[bytes]:
        for first in range(0, len(level) - TILE_HASHES + 1, TILE_HASHES):
            frontier = Frontier(self._digest)
            frontier.extend(level[first : first + TILE_HASHES])
            yield frontier.root()


class TileWriter:
    """Writes a log as files; full files replace partial ones, the checkpoint comes last."""

    def __init__(self, folder: Path, *, keep: bool) -> None:
        """Write under a folder; `keep` what is there, or write it again."""
        self._folder = folder
        self._keep = keep
        self.written = 0
        """How many files this writer wrote."""

    def has(self, level: int | str, index: int, width: int = TILE_HASHES) -> bool:
        """Say whether a tile or a bundle is there and may stay."""
        return self._keep and (self._folder / tile_path(level, index, width)).exists()

    def write(self, level: int | str, index: int, width: int, data: bytes) -> None:
        """Write a tile or a bundle."""
        write_whole(self._folder / tile_path(level, index, width), data)
        self.written += 1
        if width == TILE_HASHES:
            self._drop_partial(level, index)

    def _drop_partial(self, level: int | str, index: int) -> None:
        """Remove the partial forms of a tile that has become full, as C2SP permits."""
        folder = self._folder / (tile_path(level, index) + ".p")
        if folder.is_dir():
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()

    def finish(self, checkpoint: bytes) -> None:
        """Write the checkpoint last: whoever reads it finds all that it promises."""
        write_whole(self._folder / CHECKPOINT_NAME, checkpoint)
        self.written += 1
