"""Find documents in folders, files and archives, always in the same order."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tongjian.connectors.einvoice.archive import is_zip, names_of, unpack
from tongjian.connectors.einvoice.document import Unreadable
from tongjian.connectors.einvoice.ofd import ENTRY
from tongjian.connectors.einvoice.read import BYTES_MAX

FILES_MAX: Final = 1_000_000
"""Of one walk, archives included."""
_ARCHIVE_BYTES_MAX: Final = 512 * 1024 * 1024
_LEFT_OUT: Final = (".", "__MACOSX", "Thumbs.db", "desktop.ini")
"""Beginnings of names that operating systems leave behind."""


def walk(paths: Iterable[str | Path]) -> Iterator[tuple[str, "bytes | Unreadable"]]:
    """Yield the name and the bytes of every document at or below the paths.

    Folders are read in the order of their names; links are not followed; a ZIP archive that is no
    OFD is opened, one within another is not. A member is named `archive.zip!member.xml`. What
    cannot be read comes as `Unreadable` in its place, so that nothing is passed over in silence;
    hidden files are left out.
    """
    count = 0
    for path in paths:
        for file in _files(Path(path)):
            for found in _open(file):
                count += 1
                if count > FILES_MAX:
                    yield str(file), _refuse(str(file), f"there are more than {FILES_MAX} files")
                    return
                yield found


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path, followlinks=False):
        folders[:] = sorted(name for name in folders if not _is_left_out(name))
        for name in sorted(names):
            if not _is_left_out(name):
                yield Path(folder) / name


def _open(file: Path) -> Iterator[tuple[str, "bytes | Unreadable"]]:
    name = str(file)
    if file.is_symlink() or not file.is_file():
        yield name, _refuse(name, "it is not a regular file")
        return
    try:
        size = file.stat().st_size
        if size > _ARCHIVE_BYTES_MAX:
            yield name, _refuse(name, f"it is larger than {_ARCHIVE_BYTES_MAX} bytes")
            return
        data = file.read_bytes()
    except OSError as error:
        yield name, _refuse(name, f"the system does not give it: {error.strerror}")
        return
    yield from _contents(name, data)


def _contents(name: str, data: bytes) -> Iterator[tuple[str, "bytes | Unreadable"]]:
    if not is_zip(data) or ENTRY in names_of(data):
        if len(data) > BYTES_MAX:
            yield name, _refuse(name, f"it is larger than {BYTES_MAX} bytes")
        else:
            yield name, data
        return
    try:
        members = unpack(data, name)
    except Unreadable as error:
        yield name, error
        return
    for member, content in members.items():
        if any(_is_left_out(part) for part in member.split("/")):
            continue
        full = f"{name}!{member}"
        if is_zip(content) and ENTRY not in names_of(content):
            yield full, _refuse(full, "it is an archive within an archive")
        else:
            yield full, content


def _is_left_out(name: str) -> bool:
    return name.startswith(_LEFT_OUT)


def _refuse(what: str, why: str) -> Unreadable:
    return Unreadable(what, why, "limits of this reader", "Give the files one by one.")
