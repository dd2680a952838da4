r"""The append-only file of blocks: the commit point of a ledger.

    file  = "TJLOG1\n\0" ‖ chain id (32 bytes) ‖ frame*
    frame = start ‖ CRC-32 of start ‖ head ‖ body
    start = "TJBK" ‖ head length32 ‖ body length32 ‖ CRC-32 of head ‖ CRC-32 of body

Where the first blocks are pruned, a note stands in the place of the first frame and says where the
first block that is kept begins:

    note  = "TJPR" ‖ height64 ‖ offset64 ‖ CRC-32 of these

A block counts once its frame is flushed. A frame cut short by a crash is removed when the file is
opened; a whole frame whose checksum fails is damage, and the ledger says so instead of going on.
"""

import contextlib
import ctypes
import errno
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from tongjian.core import limits
from tongjian.core.block import SEALED, Sealed
from tongjian.core.encoding import Malformed
from tongjian.core.operation import InvariantBroken
from tongjian.storage.errors import LogDamaged, Pruned, StorageError, StorageFull

FILE_MAGIC: Final = b"TJLOG1\n\x00"
FRAME_MAGIC: Final = b"TJBK"
NOTE_MAGIC: Final = b"TJPR"
NOTE: Final = struct.Struct(">4s2Q")
PROLOGUE_BYTES: Final = len(FILE_MAGIC) + 32
START: Final = struct.Struct(">4s4I")
FRAME_BYTES: Final = START.size + 4
"""Of a frame before its head."""
HEAD_BYTES_MAX: Final = SEALED.bytes_max
BODY_BYTES_MAX: Final = limits.BLOCK_BODY_BYTES_MAX
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Frame(NamedTuple):
    """One stored block."""

    offset: int
    end: int
    head: bytes
    body: bytes


class Kept(NamedTuple):
    """Where the first block that is kept begins."""

    height: int
    offset: int


class _Start(NamedTuple):
    """How long a frame is, and the checksums of its parts."""

    head_bytes: int
    body_bytes: int
    head_crc: int
    body_crc: int


class BlockLog:
    """Appends and reads frames; one writer."""

    def __init__(self, path: Path, chain: bytes, *, writable: bool) -> None:
        """Open or create the file of a chain; raises `LogDamaged` where it is another file."""
        self.path = path
        self._fd = os.open(path, (os.O_RDWR | os.O_CREAT) if writable else os.O_RDONLY, 0o640)
        try:
            self.end = self._open_end(chain, writable=writable)
        except BaseException:
            os.close(self._fd)
            raise

    def _open_end(self, chain: bytes, *, writable: bool) -> int:
        size = self.size()
        prologue = FILE_MAGIC + chain
        if size < PROLOGUE_BYTES and writable:
            # Created, and perhaps cut short before the first block: nothing to lose.
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, prologue, 0)
            os.fsync(self._fd)
            _sync_folder(self.path.parent)
            return PROLOGUE_BYTES
        if os.pread(self._fd, PROLOGUE_BYTES, 0) != prologue:
            msg = f"{self.path.name} is not the block log of chain {chain.hex()[:16]}…"
            raise LogDamaged(msg)
        return size

    def append(self, head: bytes, body: bytes) -> int:
        """Write a frame, flush it to the disk and return its offset.

        Raises `StorageFull` where the disk has no room; the file then ends as before.
        """
        if len(head) > HEAD_BYTES_MAX or len(body) > BODY_BYTES_MAX:
            msg = f"a block of {len(head)} and {len(body)} bytes could not be read again"
            raise InvariantBroken(msg)
        crcs = zlib.crc32(head), zlib.crc32(body)
        start = START.pack(FRAME_MAGIC, len(head), len(body), *crcs)
        frame = b"".join((start, zlib.crc32(start).to_bytes(4, "big"), head, body))
        offset = self.end
        try:
            self._write(frame, offset)
        except OSError as error:
            with contextlib.suppress(OSError):  # what is left over goes before the next frame
                os.ftruncate(self._fd, offset)
                os.fdatasync(self._fd)
            if error.errno in _FULL:
                msg = f"no room for {len(frame)} bytes in {self.path.parent.name}"
                raise StorageFull(msg) from error
            msg = f"the block log could not be written: {error.strerror}"
            raise StorageError(msg) from error
        self.end = offset + len(frame)
        return offset

    def _write(self, frame: bytes, offset: int) -> None:
        size = self.size()
        if size < offset:
            msg = f"the block log was cut from {offset} to {size} bytes while it was in use"
            raise LogDamaged(msg)
        if size > offset:
            os.ftruncate(self._fd, offset)
        written = 0
        while written < len(frame):
            written += os.pwrite(self._fd, frame[written:], offset + written)
        os.fdatasync(self._fd)

    def size(self) -> int:
        """Return how long the file is now, whoever wrote it."""
        return os.fstat(self._fd).st_size

    def head(self, offset: int) -> Sealed:
        """Return the sealed header of the frame at an offset, without reading its body.

        Raises `LogDamaged` where its checksum fails.
        """
        start = self._start(offset)
        head = b"" if start is None else os.pread(self._fd, start.head_bytes, offset + FRAME_BYTES)
        if start is None or zlib.crc32(head) != start.head_crc:
            raise LogDamaged(_damage(offset, "the checksum of its head fails"))
        try:
            sealed: Sealed = SEALED.decode(head)
        except Malformed as error:
            raise LogDamaged(_damage(offset, f"its head cannot be decoded ({error})")) from error
        return sealed

    def read(self, offset: int) -> Frame:
        """Return the frame at an offset; raises `LogDamaged` where its checksum fails."""
        frame = self._try_read(offset, self.size())
        if frame is None:
            msg = f"the block log ends within the frame at byte {offset}"
            raise LogDamaged(msg)
        return frame

    @property
    def end_of_note(self) -> int:
        """Where a block may stand right after the note of what was pruned."""
        return PROLOGUE_BYTES + NOTE.size + 4

    def kept(self) -> Kept | None:
        """Return where the first kept block begins; none where all blocks are here."""
        packed = os.pread(self._fd, NOTE.size + 4, PROLOGUE_BYTES)
        if packed[:4] != NOTE_MAGIC:
            return None
        if zlib.crc32(packed[: NOTE.size]) != int.from_bytes(packed[NOTE.size :], "big"):
            raise LogDamaged(_damage(PROLOGUE_BYTES, "the note of what was pruned fails"))
        _, height, offset = NOTE.unpack_from(packed)
        return Kept(height, offset)

    def keep_from(self, kept: Kept) -> None:
        """Note that the blocks before one are pruned, then give their room back to the disk.

        Offsets stay as they are: the file gets a hole. Where the file system has none (EOPNOTSUPP)
        the bytes stay, and only the note is written.
        """
        packed = NOTE.pack(NOTE_MAGIC, *kept)
        os.pwrite(self._fd, packed + zlib.crc32(packed).to_bytes(4, "big"), PROLOGUE_BYTES)
        first = self.end_of_note
        self.end = max(self.end, first)
        os.fdatasync(self._fd)
        if kept.offset > first:
            punch_hole(self._fd, first, kept.offset - first)

    def frames(self, offset: int = PROLOGUE_BYTES) -> Iterator[Frame]:
        """Yield whole frames from an offset on; stop at the end or at a frame cut short.

        Raises `Pruned` where all are asked for and the first are not here.
        """
        size = self.size()
        kept = self.kept() if offset == PROLOGUE_BYTES else None
        if kept is not None:
            msg = (
                f"the block log begins with block {kept.height}: those before are pruned. What "
                "needs them all is done with an archive node's; a store that was lost comes from a "
                "backup, or from a snapshot (`tongjian network join --state-sync`)"
            )
            raise Pruned(msg)
        while offset < size:
            frame = self._try_read(offset, size)
            if frame is None:
                return
            yield frame
            offset = frame.end

    def truncate(self, offset: int) -> int:
        """Cut the file at an offset and return how many bytes were removed."""
        removed = self.size() - offset
        if removed > 0:
            os.ftruncate(self._fd, offset)
            os.fdatasync(self._fd)
        self.end = offset
        return removed

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def _try_read(self, offset: int, size: int) -> Frame | None:
        """Return a frame, or none where the file ends before the frame does."""
        start = self._start(offset)
        if start is None:
            return None
        first = offset + FRAME_BYTES
        end = first + start.head_bytes + start.body_bytes
        if end > size:
            return None
        rest = os.pread(self._fd, end - first, first)
        head, body = rest[: start.head_bytes], rest[start.head_bytes :]
        if zlib.crc32(head) != start.head_crc or zlib.crc32(body) != start.body_crc:
            raise LogDamaged(_damage(offset, "its checksum fails"))
        return Frame(offset, end, head, body)

    def _start(self, offset: int) -> _Start | None:
        packed = os.pread(self._fd, FRAME_BYTES, offset)
        if len(packed) < FRAME_BYTES:
            return None
        magic, *fields = START.unpack_from(packed)
        start = _Start(*fields)
        if (
            magic != FRAME_MAGIC
            or zlib.crc32(packed[: START.size]) != int.from_bytes(packed[START.size :], "big")
            or start.head_bytes > HEAD_BYTES_MAX
            or start.body_bytes > BODY_BYTES_MAX
        ):
            raise LogDamaged(_damage(offset, "it does not begin as a block"))
        return start


def punch_hole(descriptor: int, offset: int, size: int) -> None:
    """Give the room of a part of a file back to the disk, where the file system can (Linux)."""
    fallocate = getattr(ctypes.CDLL(None, use_errno=True), "fallocate", None)
    if fallocate is None:
        return
    keep_size_and_punch = 0x01 | 0x02  # FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, fallocate(2)
    fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    fallocate(descriptor, keep_size_and_punch, offset, size)


def _damage(offset: int, what: str) -> str:
    return (
        f"the block at byte {offset} of the block log is damaged: {what}. "
        "Restore the file from a backup or another node; run `tongjian doctor` for the extent."
    )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
