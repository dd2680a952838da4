"""Cuts a stream of JSON text at the members of its long lists, byte for byte.

What it yields is exactly what stood in the file, so that it can be hashed as received. It finds
only where a value begins and ends; every byte of what it yields is still read by a JSON reader, so
a wrong bracket inside shows there. Memory is bounded by the longest member.

Known are an object that holds such lists (a package), a list of objects, and objects one after
another (JSON lines); the stream may be packed by gzip.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

CHUNK_BYTES: Final = 64 * 1024
PIECE_BYTES_MAX: Final = 16 * 1024 * 1024
"""Of one member of a list, and of a package without them."""
DEPTH_MAX: Final = 64
"""Of brackets within one piece; the deepest field of OCDS 1.1.5 stands at 9."""
RATIO_MAX: Final = 500
"""Of gzip: bytes out to bytes in, beyond a mebibyte; packages reach 40, deflate 1 032."""

_STRING: Final = rb'"(?:[^"\\]++|\\.)*+"'
_SPACE: Final = re.compile(rb"[ \t\r\n]*+")
_MEMBER: Final = re.compile(rb'([^"{}\[\],:]*+)(?:(' + _STRING + rb")|([{}\[\],:]))?", re.DOTALL)
_INSIDE: Final = re.compile(rb'(?:[^"{}\[\]]++|' + _STRING + rb")*+", re.DOTALL)
_MARK: Final = b"\xef\xbb\xbf"
_RATIO_FREE_BYTES: Final = 1024 * 1024
_GZIP: Final = b"\x1f\x8b"
_GZIP_BITS: Final = 31
"""A window of 32 KiB, and the frame of gzip (RFC 1952)."""


class NotSplit(Exception):
    """A stream that cannot be cut into its members; the text says why, `offset` at which byte."""

    def __init__(self, why: str, offset: int) -> None:
        """Say why, and where in the stream."""
        super().__init__(why)
        self.why = why
        self.offset = offset


@dataclass(frozen=True)
class Piece:
    """A part of the stream.

    `collection` names the list of which it is a member; without one it is what surrounds such
    lists, and they are empty in it. An object that has none is such a surrounding, whole.
    """

    collection: str
    index: int
    """In its list, from 0; of the surroundings: the number of the package, from 0."""
    data: bytes
    offset: int
    """Of its first byte in the stream."""


class Splitter:
    """Takes a stream bit by bit and gives its pieces as soon as they are whole."""

    def __init__(self, collections: tuple[str, ...]) -> None:
        """Begin before the first byte; the names are those of the lists to cut."""
        self._collections = collections
        self._rest = b""
        self._offset = 0
        self._step: Callable[[bytes, int], int] = self._between
        self._outer: Callable[[bytes, int], int] = self._between
        self._pieces: list[Piece] = []
        self._in_list = self._is_value_due = False
        self._packages = 0
        self._depth = 0
        self._shell, self._shell_offset, self._key = bytearray(), 0, ""
        self._last = b""
        self._item, self._item_offset, self._collection, self._index = bytearray(), 0, "", 0
        self._sink = self._shell

    @property
    def pending(self) -> int:
        """How many bytes wait for the end of a string; reading as many again keeps it linear."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[Piece]:
        """Take more of the stream and return the pieces that it completes; raises `NotSplit`."""
        data = self._rest + data
        position = 0
        if self._offset == 0 and data.startswith(_MARK):
            position = len(_MARK)
        while position < len(data):
            moved = self._step(data, position)
            if moved == position:
                break
            position = moved
        self._rest = data[position:]
        self._offset += position
        if len(self._rest) > PIECE_BYTES_MAX:
            raise NotSplit(f"a text is longer than {PIECE_BYTES_MAX} bytes", self._offset)
        pieces, self._pieces = self._pieces, []
        return pieces

    def close(self) -> None:
        """Note that the stream has ended; raises `NotSplit` where it ended too early."""
        end = self._offset + len(self._rest)
        if self._rest or self._in_list or self._step != self._between:
            raise NotSplit("it ends in the middle", end)
        if not self._packages:
            raise NotSplit("it is empty", end)

    # -- where the stream is ------------------------------------------------------------------

    def _between(self, data: bytes, position: int) -> int:
        """Stand between packages."""
        match = _SPACE.match(data, position)
        position = match.end() if match else position
        sign = data[position : position + 1]
        if sign == b"{" and (self._is_value_due or not self._in_list):
            self._is_value_due = False
            self._shell.clear()
            self._shell_offset = self._offset + position
            self._sink, self._step, self._last = self._shell, self._in_package, b""
            self._depth = 1
            return self._keep(data, position, position + 1)
        if sign == b"[" and not self._in_list:
            self._in_list = self._is_value_due = True
        elif sign == b"," and self._in_list and not self._is_value_due and self._packages:
            self._is_value_due = True
        elif sign == b"]" and self._in_list:
            self._in_list = self._is_value_due = False
        elif sign:
            raise NotSplit("an object must stand here", self._offset + position)
        return position + len(sign)

    def _in_package(self, data: bytes, position: int) -> int:
        """Stand in a package, between its members."""
        match = _MEMBER.match(data, position)
        if match is None:
            return position
        if match[2] is not None:
            self._last = match[2]
            return self._keep(data, position, match.end())
        sign = match[3]
        if sign is None:
            return self._keep(data, position, match.end(1))
        if sign == b"[" and self._key in self._collections:
            return self._open_list(data, position, match.end())
        end = self._keep(data, position, match.end())
        if sign in {b"{", b"["}:
            self._enter(self._in_package)
        elif sign == b"}":
            self._close_package()
        elif sign == b"]":
            raise NotSplit("a bracket closes what was not open", self._offset + end - 1)
        else:
            self._key = _name(self._last) if sign == b":" else ""
        return end

    def _open_list(self, data: bytes, position: int, end: int) -> int:
        self._keep(data, position, end)
        self._collection, self._index = self._key, 0
        self._item.clear()
        self._item_offset = self._offset + end
        self._sink, self._step = self._item, self._in_items
        return end

    def _in_items(self, data: bytes, position: int) -> int:
        """Stand in a list to cut, between its members."""
        match = _MEMBER.match(data, position)
        if match is None:
            return position
        sign = match[3]
        if sign not in {b",", b"]"}:
            end = self._keep(data, position, match.end())
            if sign in {b"{", b"["}:
                self._enter(self._in_items)
            elif sign == b"}":
                raise NotSplit("a bracket closes what was not open", self._offset + end - 1)
            return end
        self._keep(data, position, match.start(3))
        is_empty = sign == b"]" and not self._index and not self._item.strip()
        if not is_empty:
            self._give_item()
        if sign == b"]":
            self._sink, self._step, self._key = self._shell, self._in_package, ""
            self._shell += b"]"
        self._item_offset = self._offset + match.end()
        return match.end()

    def _inside(self, data: bytes, position: int) -> int:
        """Stand somewhere within a value."""
        match = _INSIDE.match(data, position)
        end = match.end() if match else position
        if end == len(data) or data[end] == ord('"'):
            return self._keep(data, position, end)
        opens = data[end] in b"{["
        self._depth += 1 if opens else -1
        if self._depth > DEPTH_MAX:
            raise NotSplit(f"it is nested deeper than {DEPTH_MAX}", self._offset + end)
        if not self._depth:
            self._step = self._outer
        return self._keep(data, position, end + 1)

    # -- what becomes of it -------------------------------------------------------------------

    def _enter(self, outer: Callable[[bytes, int], int]) -> None:
        self._outer, self._step, self._depth = outer, self._inside, 1

    def _keep(self, data: bytes, start: int, end: int) -> int:
        if len(self._sink) + end - start > PIECE_BYTES_MAX:
            where = self._offset + start
            raise NotSplit(f"a member is longer than {PIECE_BYTES_MAX} bytes", where)
        self._sink += data[start:end]
        return end

    def _give_item(self) -> None:
        data = bytes(self._item)
        offset = self._item_offset + len(data) - len(data.lstrip())
        self._pieces.append(Piece(self._collection, self._index, data.strip(), offset))
        self._index += 1
        self._item.clear()

    def _close_package(self) -> None:
        self._pieces.append(Piece("", self._packages, bytes(self._shell), self._shell_offset))
        self._packages += 1
        self._step = self._between


def pieces_of(source: BinaryIO, collections: tuple[str, ...]) -> Iterator[Piece]:
    """Yield the pieces of a stream as it is read; raises `NotSplit` where it cannot be cut."""
    splitter = Splitter(collections)
    for chunk in _chunks(source, splitter):
        yield from splitter.feed(chunk)
    splitter.close()


def _chunks(source: BinaryIO, splitter: Splitter) -> Iterator[bytes]:
    first = source.read(CHUNK_BYTES)
    if first.startswith(_GZIP):
        yield from _unpacked(first, source, splitter)
        return
    while first:
        yield first
        first = source.read(max(CHUNK_BYTES, splitter.pending))


def _unpacked(packed: bytes, source: BinaryIO, splitter: Splitter) -> Iterator[bytes]:
    """Yield what a gzip stream unpacks to, never more at once than the splitter can use."""
    unpacker = zlib.decompressobj(_GZIP_BITS)
    taken, given = len(packed), 0
    while packed or not unpacker.eof:
        if unpacker.eof:
            unpacker = zlib.decompressobj(_GZIP_BITS)
        try:
            chunk = unpacker.decompress(packed, max(CHUNK_BYTES, splitter.pending))
        except zlib.error as error:
            raise NotSplit(f"the gzip stream is damaged: {error}", given) from error
        given += len(chunk)
        if given > _RATIO_FREE_BYTES + RATIO_MAX * taken:
            raise NotSplit(f"it unpacks to more than {RATIO_MAX} times its size", given)
        yield chunk
        packed = unpacker.unused_data or unpacker.unconsumed_tail
        if not packed:
            packed = source.read(CHUNK_BYTES)
            taken += len(packed)
            if not packed and not chunk and not unpacker.eof:
                raise NotSplit("the gzip stream ends in the middle", given)


def _name(text: bytes) -> str:
    """Return the name that a JSON string spells: escapes must not hide a list."""
    try:
        name: str = json.loads(text)
    except ValueError:
        return ""
    return name
