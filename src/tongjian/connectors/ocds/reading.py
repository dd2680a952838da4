"""Releases and records found in files, one at a time: packages, lists of them, JSON lines, gzip."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final, Literal

from tongjian.connectors.jsonfields import is_object
from tongjian.connectors.opening import NotOpened, streams_of
from tongjian.connectors.splitting import NotSplit, Piece, pieces_of
from tongjian.connectors.strictjson import Json, Malformed, parse

COLLECTIONS: Final = ("releases", "records")
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
    """Yield what a file holds, in its order; raises `OSError` where it cannot be opened.

    In a ZIP archive the place of each part begins with the name of its member.
    """
    for opened in streams_of(path):
        if opened.stream is None:
            yield Unreadable(opened.name or "archive", opened.why, "ZIP, application note 6.3")
            continue
        for part in read_stream(opened.stream):
            yield replace(part, place=f"{opened.name}!{part.place}") if opened.name else part


def read_stream(source: BinaryIO) -> Iterator[Found | Shell | Unreadable]:
    """Yield what a stream holds, in its order.

    A release that is not readable is told and passed over; a stream that cannot be cut into
    releases ends there.
    """
    package = 0
    try:
        for piece in pieces_of(source, COLLECTIONS):
            yield _found(piece, package)
            package += not piece.collection
    except NotSplit as error:
        yield Unreadable(f"byte {error.offset}", error.why)
    except NotOpened as error:
        yield Unreadable("archive", str(error), "ZIP, application note 6.3")


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
