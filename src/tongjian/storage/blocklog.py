r"""The append-only file of blocks: the commit point of a ledger.

    file  = "TJLOG1\\n\\0" ‖ chain id (32 bytes) ‖ frame*
    frame = "TJBK" ‖ head length32 ‖ body length32 ‖ CRC-32 ‖ head ‖ body

The checksum is over both lengths, head and body.

A block counts once its frame is flushed. A frame cut short by a crash is removed when the file is
opened; a whole frame whose checksum fails is damage, and the ledger says so instead of going on.
"""

import errno
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from tongjian.core.block import SEALED, Sealed
from tongjian.storage.errors import LogDamaged, StorageError, StorageFull

FILE_MAGIC: Final = b"TJLOG1\n\x00"
FRAME_MAGIC: Final = b"TJBK"
PROLOGUE_BYTES: Final = len(FILE_MAGIC) + 32
FRAME_BYTES: Final = len(FRAME_MAGIC) + 12
HEAD_BYTES_MAX: Final = 16 * 1024
BODY_BYTES_MAX: Final = 128 * 1024 * 1024


class Frame(NamedTuple):
    """One stored block."""

    offset: int
    end: int
    head: bytes
    body: bytes


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
        size = os.fstat(self._fd).st_size
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
        lengths = len(head).to_bytes(4, "big") + len(body).to_bytes(4, "big")
        checksum = zlib.crc32(body, zlib.crc32(head, zlib.crc32(lengths)))
        frame = b"".join((FRAME_MAGIC, lengths, checksum.to_bytes(4, "big"), head, body))
        offset = self.end
        try:
            written = 0
            while written < len(frame):
                written += os.pwrite(self._fd, frame[written:], offset + written)
            os.fdatasync(self._fd)
        except OSError as error:
            os.ftruncate(self._fd, offset)
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                msg = f"no room for {len(frame)} bytes in {self.path.parent.name}"
                raise StorageFull(msg) from error
            msg = f"the block log could not be written: {error.strerror}"
            raise StorageError(msg) from error
        self.end = offset + len(frame)
        return offset

    def head(self, offset: int) -> Sealed:
        """Return the sealed header of the frame at an offset, without reading its body."""
        lengths = os.pread(self._fd, FRAME_BYTES, offset)
        size = self._head_bytes(lengths, offset)
        head = os.pread(self._fd, size, offset + FRAME_BYTES)
        sealed: Sealed = SEALED.decode(head)
        return sealed

    def read(self, offset: int) -> Frame:
        """Return the frame at an offset; raises `LogDamaged` where its checksum fails."""
        frame = self._try_read(offset, os.fstat(self._fd).st_size)
        if frame is None:
            msg = f"the block log ends within the frame at byte {offset}"
            raise LogDamaged(msg)
        return frame

    def frames(self, offset: int = PROLOGUE_BYTES) -> Iterator[Frame]:
        """Yield whole frames from an offset on; stop at the end or at a frame cut short."""
        size = os.fstat(self._fd).st_size
        while offset < size:
            frame = self._try_read(offset, size)
            if frame is None:
                return
            yield frame
            offset = frame.end

    def truncate(self, offset: int) -> int:
        """Cut the file at an offset and return how many bytes were removed."""
        removed = os.fstat(self._fd).st_size - offset
        if removed:
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
        start = os.pread(self._fd, FRAME_BYTES, offset)
        if len(start) < FRAME_BYTES:
            return None
        head_bytes = self._head_bytes(start, offset)
        body_bytes = int.from_bytes(start[8:12], "big")
        if body_bytes > BODY_BYTES_MAX:
            raise LogDamaged(_damage(offset, "its length field is out of bounds"))
        end = offset + FRAME_BYTES + head_bytes + body_bytes
        if end > size:
            return None
        rest = os.pread(self._fd, head_bytes + body_bytes, offset + FRAME_BYTES)
        if zlib.crc32(rest, zlib.crc32(start[4:12])) != int.from_bytes(start[12:16], "big"):
            raise LogDamaged(_damage(offset, "its checksum fails"))
        return Frame(offset, end, rest[:head_bytes], rest[head_bytes:])

    def _head_bytes(self, start: bytes, offset: int) -> int:
        head_bytes = int.from_bytes(start[4:8], "big")
        if start[:4] != FRAME_MAGIC or head_bytes > HEAD_BYTES_MAX:
            raise LogDamaged(_damage(offset, "it does not begin as a frame"))
        return head_bytes


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
