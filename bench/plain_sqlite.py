"""The control on SQLite: write-ahead log, every commit flushed (synchronous FULL)."""

import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.plain import Append, Signed, chained, work

SCHEMA: Final = """
CREATE TABLE log (
    number INTEGER PRIMARY KEY, id BLOB UNIQUE, message BLOB, signature BLOB, hash BLOB
);
CREATE TABLE head (one INTEGER PRIMARY KEY, hash BLOB);
INSERT INTO head VALUES (1, zeroblob(32));
"""


def create(path: Path) -> None:
    """Make an empty table."""
    database = _open(path)
    database.executescript(SCHEMA)
    database.close()


def connect(path: Path) -> Append:
    """Return what appends to the table."""
    database = _open(path)

    def append(jobs: Sequence[Signed]) -> None:
        """Append in one transaction that holds the write lock from the start."""
        database.execute("BEGIN IMMEDIATE")
        (head,) = database.execute("SELECT hash FROM head").fetchone()
        rows = list(chained(head, jobs))
        database.executemany(
            "INSERT INTO log (id, message, signature, hash) VALUES (?, ?, ?, ?)", rows
        )
        database.execute("UPDATE head SET hash = ?", (rows[-1][3],))
        database.execute("COMMIT")

    return append


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, timeout=60)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    return database


if __name__ == "__main__":
    work(Path(sys.argv[2]), lambda: connect(Path(sys.argv[1])), int(sys.argv[3]))
