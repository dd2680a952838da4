"""ZIP archives from strangers: every member is checked before any is opened.

A name that leaves the folder, two members of one name (readers differ in which they show), a
member that grows beyond reason, a link, an encrypted member: each refuses the whole archive.
"""

import io
import struct
import zipfile
import zlib
from typing import Final

from tongjian.connectors.einvoice.document import Unreadable

MEMBERS_MAX: Final = 10_000
MEMBER_BYTES_MAX: Final = 32 * 1024 * 1024
TOTAL_BYTES_MAX: Final = 128 * 1024 * 1024
RATIO_MAX: Final = 200
"""Of size to compressed size, for members larger than a mebibyte; deflate reaches 1 032."""
_RATIO_FREE_BYTES: Final = 1024 * 1024
_NAME_CHARACTERS_MAX: Final = 512
_ENCRYPTED: Final = 0x1
_LINK_MODE: Final = 0o120000
_MODE_MASK: Final = 0o170000

_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What `zipfile` raises for damaged archives."""


def is_zip(data: bytes) -> bool:
    """Ask whether the bytes begin as a ZIP archive does."""
    return data.startswith(b"PK\x03\x04")


def names_of(data: bytes) -> frozenset[str]:
    """Return the names of the files in an archive, unchecked; empty where it cannot be opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return frozenset(archive.namelist()[:MEMBERS_MAX])
    except _BROKEN:
        return frozenset()


def unpack(data: bytes, what: str) -> dict[str, bytes]:
    """Return the files of an archive by name, in the order of the names.

    Raises `Unreadable`; `what` names the archive in the message.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check(members, len(data), what)
            files = {
                member.filename: archive.read(member)
                for member in sorted(members, key=lambda member: member.filename)
            }
    except _BROKEN:
        raise Unreadable(
            what,
            "the ZIP archive is damaged",
            "ZIP application note 6.3, checksum and structure",
            "Fetch the file again; if it stays so, ask the issuer.",
        ) from None
    return files


def _check(members: list[zipfile.ZipInfo], size: int, what: str) -> None:
    if len(members) > MEMBERS_MAX:
        raise _refuse(what, f"it holds more than {MEMBERS_MAX} files")
    if sum(member.file_size for member in members) > TOTAL_BYTES_MAX:
        raise _refuse(what, f"its files are larger than {TOTAL_BYTES_MAX} bytes together")
    if sum(member.compress_size for member in members) > size:
        raise _refuse(what, "its members overlap")
    seen: set[str] = set()
    for member in members:
        _check_member(member, what)
        folded = member.filename.casefold()
        if folded in seen:
            raise _refuse(what, "two of its files have the same name")
        seen.add(folded)


def _check_member(member: zipfile.ZipInfo, what: str) -> None:
    if not is_safe_name(member.orig_filename) or member.filename != member.orig_filename:
        raise _refuse(what, "a file in it has a name that leaves the folder")
    if member.external_attr >> 16 & _MODE_MASK == _LINK_MODE:
        raise _refuse(what, "a file in it is a link")
    if member.flag_bits & _ENCRYPTED:
        raise _refuse(what, "a file in it is encrypted")
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise _refuse(what, "a file in it uses a compression other than deflate")
    is_bomb = (
        member.file_size > _RATIO_FREE_BYTES and member.file_size > RATIO_MAX * member.compress_size
    )
    if member.file_size > MEMBER_BYTES_MAX or is_bomb:
        raise _refuse(what, "a file in it would grow beyond the limit")


def is_safe_name(name: str) -> bool:
    """Ask whether a name stays below the folder it is unpacked into, on every system."""
    if not 0 < len(name) <= _NAME_CHARACTERS_MAX or name.startswith("/") or "\\" in name:
        return False
    if ":" in name or any(ord(character) < ord(" ") for character in name):
        return False
    return all(part not in {"", ".", ".."} for part in name.split("/"))


def _refuse(what: str, why: str) -> Unreadable:
    return Unreadable(
        what, why, "limits of this reader for archives", "Do not unpack it; ask the issuer."
    )
