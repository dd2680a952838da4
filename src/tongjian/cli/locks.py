"""Who has a ledger open for writing, asked without disturbing them."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tongjian.engines.frames import LOCK_NAME
from tongjian.storage.errors import InUse


def holder_of(folder: Path) -> str:
    """Return what the lock says of the process that writes, such as `pid 4711`; empty for none."""
    try:
        with locked(folder):
            return ""
    except InUse as error:
        return str(error)
    except FileNotFoundError:
        return ""


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Keep every writer out while the block runs; raises `InUse` naming the process that writes."""
    descriptor = os.open(folder / LOCK_NAME, os.O_RDWR)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            raise InUse(text or "another process") from error
        yield
    finally:
        os.close(descriptor)
