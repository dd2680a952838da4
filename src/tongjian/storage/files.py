"""Files that are written whole or not at all."""

import json
import os
from pathlib import Path
from typing import Any

_DRAFT = ".draft"


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put the data in place of a file in one step; when it returns, both are on the disk.

    Folders that are missing are made. `mode` holds from the first byte on, so that a secret is at
    no moment open to others.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + _DRAFT)
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_json(path: Path, document: Any, *, mode: int = 0o644) -> None:
    """Put a JSON document in place of a file in one step, its keys in the order given."""
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    write_whole(path, text.encode("utf-8"), mode=mode)
