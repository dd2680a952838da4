"""Releases and records found in files, one at a time: packages, lists of them, JSON lines, gzip."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

from tongjian.connectors.ocds.fields import is_object
from tongjian.connectors.ocds.splitting import NotSplit, Piece, Splitter
from tongjian.connectors.ocds.strictjson import Json, Malformed, parse

CHUNK_BYTES: Final = 64 * 1024
RATIO_MAX: Final = 500
"""Of gzip: bytes out to bytes in, beyond a mebibyte; packages reach 40, deflate 1 032."""
_RATIO_FREE_BYTES: Final = 1024 * 1024
_GZIP: Final = b"\x1f\x8b"
_GZIP_BITS: Final = 31
"""A window of 32 KiB, and the frame of gzip (RFC 1952)."""
_FAR: Final = "OCDS 1.1.5, release and record packages"

Kind = Literal["release", "record"]


@dataclass(frozen=True)
class Found:
    """A release or record as it stood in the file."""

    place: str
    """Where in the file, as `releases[3]`."""
    kind: Kind
    data: bytes
    """As received; UTF-8."""
    content: Json


@dataclass(frozen=True)
class Shell:
    """What a package says of itself; it comes after its releases."""

    place: str
    content: Json


@dataclass(frozen=True)
class Unreadable:
    """A part of a file that is refused; what came before it stands."""

    place: str
    why: str
    rule: str = _FAR
    next_step: str = "Ask the publisher for a file that a JSON reader accepts."


def read_path(path: Path) -> Iterator[Found | Shell | Unreadable]:
    """Yield what a file holds, in its order; raises `OSError` where it cannot be opened."""
    with path.open("rb") as source:
        yield from read_stream(source)


def read_stream(source: BinaryIO) -> Iterator[Found | Shell | Unreadable]:
    """Yield what a stream holds, in its order.

    A release that is not readable is told and passed over; a stream that cannot be cut into
    releases ends there.
    """
    splitter, package = Splitter(), 0
    try:
        for chunk in _chunks(source, splitter):
            for piece in splitter.feed(chunk):
                yield _found(piece, package)
                package += not piece.collection
        splitter.close()
    except NotSplit as error:
        yield Unreadable(f"byte {error.offset}", error.why)


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


def _found(piece: Piece, package: int) -> Found | Shell | Unreadable:
    place = f"{piece.collection}[{piece.index}]" if piece.collection else "package"
    if package:
        place = f"{package}.{place}"
    try:
        content = parse(piece.data)
    except Malformed as error:
        return Unreadable(place, str(error), "RFC 8259, RFC 7493 (I-JSON)")
    if not is_object(content):
        return Unreadable(place, "it is no JSON object")
    return _told(piece, place, content)


def _told(piece: Piece, place: str, content: Json) -> Found | Shell | Unreadable:
    if piece.collection == "records" or (not piece.collection and _is_record(content)):
        return Found(place, "record", piece.data, content)
    if piece.collection == "releases" or "ocid" in content:
        return Found(place, "release", piece.data, content)
    if "releases" in content or "records" in content:
        return Shell(place, content)
    return Unreadable(place, "it is neither a package nor a release: it has no ocid")


def _is_record(content: Json) -> bool:
    return "ocid" in content and ("compiledRelease" in content or "releases" in content)
