"""Files from strangers opened as streams: plain, packed by gzip, or members of a ZIP archive.

Nothing is unpacked onto the disk, so names of members are only names. Gzip is unpacked where the
stream is cut (`splitting`); an archive within an archive is not opened.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

MEMBERS_MAX: Final = 10_000
RATIO_MAX: Final = 500
"""Of a member: bytes out to bytes in, beyond a mebibyte."""
_RATIO_FREE_BYTES: Final = 1024 * 1024
_ZIP: Final = b"PK\x03\x04"
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What `zipfile` raises for archives that are damaged, encrypted or packed in another way."""


class NotOpened(Exception):
    """An archive, or a member of it, that is not read; the text says why."""


@dataclass(frozen=True)
class Opened:
    """A stream to read now, or why there is none."""

    name: str
    """Of the member within its archive; empty for a file that is none."""
    stream: BinaryIO | None
    why: str = ""


def streams_of(path: Path) -> Iterator[Opened]:
    """Yield the streams of a file, one at a time, members in order of their names.

    Each is closed before the next is yielded. Reading one raises `NotOpened` where the archive is
    damaged in it; opening raises `OSError` where the file cannot be read.
    """
    with path.open("rb") as file:
        if file.read(len(_ZIP)) != _ZIP:
            file.seek(0)
            yield Opened("", file)
            return
        file.seek(0)
        try:
            yield from _members(file)
        except _BROKEN as error:
            yield Opened("", None, f"the ZIP archive is damaged: {error}")


def _members(file: BinaryIO) -> Iterator[Opened]:
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) > MEMBERS_MAX:
            yield Opened("", None, f"the ZIP archive holds more than {MEMBERS_MAX} files")
            return
        for member in sorted(members, key=lambda member: member.filename):
            try:
                unpacked = archive.open(member)
            except _BROKEN as error:
                yield Opened(member.filename, None, f"it cannot be unpacked: {error}")
                continue
            with closing(unpacked):
                bounded = _Bounded(cast(BinaryIO, unpacked), member.compress_size)
                yield Opened(member.filename, cast(BinaryIO, bounded))


class _Bounded:
    """A member as a stream that does not grow beyond reason."""

    def __init__(self, source: BinaryIO, packed: int) -> None:
        self._source = source
        self._left = _RATIO_FREE_BYTES + RATIO_MAX * packed

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._source.read(size)
        except _BROKEN as error:
            raise NotOpened(f"it cannot be unpacked: {error}") from error
        self._left -= len(data)
        if self._left < 0:
            raise NotOpened(f"it unpacks to more than {RATIO_MAX} times its size")
        return data
