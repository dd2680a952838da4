"""The folder where an office keeps its own documents, and the salts of what it committed to.

    <key>.json   the document's key, its salts, and what its commitments stand for
    <sha-256>    the document as received

Nothing of it goes onto the ledger. Files are readable by their owner only and are on the disk
before the ledger hears of the document: a commitment whose salt is lost cannot be opened.
"""

import ctypes
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
TOGETHER_MIN: Final = 16
"""From so many files on, one flush of the file system is quicker than one of each file."""
FORMAT: Final = "tongjian-document/1"
_SUFFIX: Final = ".json"
_DRAFT: Final = ".draft"


class KeptDamaged(Exception):
    """A file of the folder that is not what was written; the text says which."""


class DocumentFolder:
    """An office's own documents."""

    def __init__(self, folder: Path) -> None:
        """Point at a folder; it is made when the first document is kept."""
        self.folder = folder
        self._staged: list[Path] = []

    def known_files(self) -> dict[str, str]:
        """Return for the SHA-256 of each kept file, in hexadecimal, the key of its document."""
        return {
            str(self._load(path)["file"]): path.stem
            for path in sorted(self.folder.glob("*" + _SUFFIX))
        }

    def entry(self, key: str) -> dict[str, Any] | None:
        """Return what is kept of a document beside its bytes, or none."""
        path = self.folder / (key + _SUFFIX)
        return self._load(path) if path.is_file() else None

    def salts(self, key: str) -> dict[str, bytes] | None:
        """Return the salts of a document that was kept before, or none; raises `KeptDamaged`."""
        entry = self.entry(key)
        if entry is None:
            return None
        try:
            return {name: bytes.fromhex(salt) for name, salt in entry["salts"].items()}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            msg = f"{key}{_SUFFIX} has no salts that can be read"
            raise KeptDamaged(msg) from error

    def keep(
        self, key: str, data: bytes, salts: Mapping[str, bytes], words: Mapping[str, Any]
    ) -> None:
        """Write a document and its salts; when it returns, both are on the disk."""
        self.stage(key, data, salts, words)
        self.settle()

    def stage(
        self, key: str, data: bytes, salts: Mapping[str, bytes], words: Mapping[str, Any]
    ) -> None:
        """Write a document and its salts aside; they count once `settle` has put them in place."""
        self.folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        digest = hashlib.sha256(data).hexdigest()
        entry = {
            "format": FORMAT,
            "file": digest,
            "salts": {name: salt.hex() for name, salt in salts.items()},
            **words,
        }
        text = json.dumps(entry, ensure_ascii=False, indent=1) + "\n"
        # The entry comes last: where it stands, its document stands.
        for name, content in ((digest, data), (key + _SUFFIX, text.encode("utf-8"))):
            _write(self.folder / (name + _DRAFT), content)
            self._staged.append(self.folder / name)

    def settle(self) -> None:
        """Flush what was staged and put it in place; when it returns, all of it is on the disk."""
        drafts = [path.with_name(path.name + _DRAFT) for path in self._staged]
        if len(drafts) < TOGETHER_MIN or not _flush_system(self.folder):
            for draft in drafts:
                _flush(draft)
        for draft, path in zip(drafts, self._staged, strict=True):
            draft.replace(path)
        if self._staged:
            _flush(self.folder)
        self._staged = []

    def _load(self, path: Path) -> dict[str, Any]:
        try:
            entry: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            form, file = entry["format"], entry["file"]
        except (ValueError, KeyError, TypeError) as error:
            msg = f"{path} is not what was kept: {error}"
            raise KeptDamaged(msg) from error
        if form != FORMAT or not isinstance(file, str):
            msg = f"{path} is not what was kept: its format is not {FORMAT}"
            raise KeptDamaged(msg)
        return entry


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _flush_system(folder: Path) -> bool:
    """Flush the whole file system of a folder; return false where the system has no such call."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return False
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if syncfs(descriptor):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)
    return True


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
