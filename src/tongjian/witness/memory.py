"""What a witness remembers: the last head, all sealed headers, all hashes of the log's leaves."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec

from tongjian.core.block import SEALED, Sealed
from tongjian.core.encoding import Malformed, encode
from tongjian.core.hashing import Hash
from tongjian.core.merkle import Frontier, consistency_proof
from tongjian.storage.files import write_whole
from tongjian.verifier.evidence import HeadShown

STATE_NAME: Final = "state.json"
HEADERS_NAME: Final = "headers.bin"
LEAVES_NAME: Final = "leaves.bin"
HASH_BYTES: Final = 32


class MemoryDamaged(Exception):
    """The witness's own files are not what it wrote; the text says what to do."""


class Remembered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a witness stands."""

    form: Literal["blocks", "tiles"]
    head: HeadShown
    peaks: list[str]
    """Complete subtrees of the log, largest first."""
    header_hash: str
    time_ms: int
    offset: int
    """Place of the head's frame in the block log; 0 where tiles are followed."""
    headers_end: int


class Memory:
    """The files of a witness; only what `settle` wrote counts, the rest is cut when opened."""

    def __init__(self, folder: Path, digest: Hash) -> None:
        """Open the folder of a witness; raises `MemoryDamaged`."""
        self._folder = folder
        self._digest = digest
        self._headers = os.open(folder / HEADERS_NAME, os.O_RDWR | os.O_CREAT, 0o640)
        self._leaves = os.open(folder / LEAVES_NAME, os.O_RDWR | os.O_CREAT, 0o640)
        try:
            self.last = self._load()
            self.restart()
        except BaseException:
            self.close()
            raise

    def _load(self) -> Remembered | None:
        path = self._folder / STATE_NAME
        if not path.exists():
            return None
        try:
            return msgspec.json.decode(path.read_bytes(), type=Remembered)
        except (msgspec.MsgspecError, ValueError) as error:
            msg = f"{STATE_NAME} of the witness cannot be read: {error}. Restore its folder"
            raise MemoryDamaged(msg) from error

    def restart(self) -> None:
        """Forget what was taken in but not settled."""
        size = 0 if self.last is None else self.last.head.size
        if os.fstat(self._leaves).st_size < size * HASH_BYTES:
            msg = f"{LEAVES_NAME} of the witness lost hashes. Restore its folder from a backup"
            raise MemoryDamaged(msg)
        os.ftruncate(self._leaves, size * HASH_BYTES)
        self.size = size
        self.headers_end = 0 if self.last is None else self.last.headers_end
        os.ftruncate(self._headers, self.headers_end)
        peaks = [] if self.last is None else [bytes.fromhex(peak) for peak in self.last.peaks]
        self.frontier = Frontier(self._digest, size, peaks)

    def take_in(self, leaves: list[bytes]) -> None:
        """Take in hashes of leaves."""
        _write(self._leaves, b"".join(leaves), self.size * HASH_BYTES)
        self.size += len(leaves)
        self.frontier.extend(leaves)

    def keep_header(self, sealed: Sealed) -> None:
        """Keep a sealed header."""
        packed = encode(sealed)
        _write(self._headers, len(packed).to_bytes(4, "big") + packed, self.headers_end)
        self.headers_end += 4 + len(packed)

    def settle(self, remembered: Remembered) -> None:
        """Make what was taken in the witness's own history, durably."""
        os.fsync(self._leaves)
        os.fsync(self._headers)
        write_whole(self._folder / STATE_NAME, msgspec.json.encode(remembered) + b"\n")
        self.last = remembered

    def sealed(self) -> Iterator[Sealed]:
        """Yield all sealed headers in order of height; raises `MemoryDamaged`."""
        place = 0
        while place < self.headers_end:
            size = int.from_bytes(os.pread(self._headers, 4, place), "big")
            try:
                yield SEALED.decode(os.pread(self._headers, size, place + 4))
            except Malformed as error:
                msg = f"{HEADERS_NAME} of the witness is damaged: {error}. Restore its folder"
                raise MemoryDamaged(msg) from error
            place += 4 + size

    def leaves(self, size: int) -> list[bytes]:
        """Return the hashes of the first leaves."""
        packed = os.pread(self._leaves, size * HASH_BYTES, 0)
        return [packed[i : i + HASH_BYTES] for i in range(0, len(packed), HASH_BYTES)]

    def close(self) -> None:
        """Close the files."""
        for descriptor in (self._headers, self._leaves):
            if descriptor >= 0:
                os.close(descriptor)
        self._headers = self._leaves = -1


def _write(descriptor: int, data: bytes, place: int) -> None:
    written = 0
    while written < len(data):
        written += os.pwrite(descriptor, data[written:], place + written)


def root_of(digest: Hash, leaves: list[bytes]) -> bytes:
    """Return the root over hashes of leaves."""
    frontier = Frontier(digest)
    frontier.extend(leaves)
    return frontier.root()


def prove_prefix(digest: Hash, leaves: list[bytes], size: int) -> tuple[bytes, list[bytes]]:
    """Return the root of the first `size` leaves and its consistency path to all of them."""

    def node(level: int, index: int) -> bytes:
        return root_of(digest, leaves[index << level : (index + 1) << level])

    path = [] if size == len(leaves) else consistency_proof(digest, size, len(leaves), node)
    return root_of(digest, leaves[:size]), path
