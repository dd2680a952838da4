"""The LMDB file of a store: its tables, how it is opened, and what its failures mean."""

from pathlib import Path
from typing import Any, Final

import lmdb

from tongjian.storage.errors import InUse, StorageError, StoreDamaged

MAP_BYTES: Final = 1 << 40
"""A sparse map: it costs no disk until it is used."""
READERS_MAX: Final = 512
UNREADABLE: Final = (
    lmdb.BadDbiError,
    lmdb.CorruptedError,
    lmdb.IncompatibleError,
    lmdb.InvalidError,
    lmdb.NotFoundError,
    lmdb.PageNotFoundError,
    lmdb.PanicError,
    lmdb.VersionMismatchError,
)
"""What LMDB says of a file that is not what it wrote."""
TABLES: Final = (
    b"entries",
    b"index",
    b"twigs",
    b"retired",
    b"blocks",
    b"transactions",
    b"tiles",
    b"meta",
    b"tombs",
)


def open_env(path: Path, *, writable: bool, durable: bool) -> Any:
    """Open the file of a store; raises `StorageError` with what is wrong with it."""
    try:
        return lmdb.open(
            str(path),
            map_size=MAP_BYTES,
            max_dbs=len(TABLES),
            subdir=False,
            readonly=not writable,
            metasync=False,
            sync=durable,
            lock=True,
            mode=0o640,
            readahead=False,
            max_readers=READERS_MAX,
        )
    except UNREADABLE as error:
        raise damage(path, error) from error
    except lmdb.Error as error:
        if "already open" in str(error):
            msg = f"{path.name} is open in this process; use what is open"
            raise InUse(msg) from error
        if not path.exists():
            msg = f"there is no {path.name}; open the ledger once for writing"
            raise StoreDamaged(msg) from error
        msg = f"{path.name} cannot be opened: {error}"
        raise StorageError(msg) from error


def damage(path: Path, error: Exception) -> StoreDamaged:
    """Return the failure of a file that LMDB cannot read."""
    return StoreDamaged(f"{path.name} cannot be read ({error}); the block log gives it again")
