"""A verifier's book of nonces: each is asked once, answered in time, accepted once (IDN-I3).

The book is one file of SQLite, written through to the disk before an answer is accepted: it holds
after a crash, and for several desks that share it. It keeps hashes and times, nothing of a holder.
"""

import datetime as dt
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from typing import Final

from tongjian.connectors.credentials.errors import OutsidePeriod, ProofInvalid
from tongjian.connectors.credentials.multibase import encode_base64url
from tongjian.connectors.credentials.sdjwt import Asked

ANSWER_SECONDS_MAX: Final = 300
KEPT_SECONDS: Final = 7 * 86_400
"""How long the book can tell a replay from a nonce that it never asked."""
_NONCE_BYTES: Final = 16
_BUSY_SECONDS: Final = 10
_RULE: Final = "domain IDN-I3; RFC 9901, 7.3"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS asked (
    nonce BLOB PRIMARY KEY, at INTEGER NOT NULL, taken INTEGER
) WITHOUT ROWID
"""


class NonceBook:
    """The book of one verifier; `path` is its file, made when it is first used."""

    def __init__(self, path: Path) -> None:
        """Open the book."""
        self._path = path

    def ask(self, audience: str, at: dt.datetime) -> Asked:
        """Return a new request to an audience of one's own, written down at a moment."""
        asked = Asked(audience, encode_base64url(token_bytes(_NONCE_BYTES)))
        now = int(at.timestamp())
        with self._opened() as book:
            book.execute("DELETE FROM asked WHERE at < ?", (now - KEPT_SECONDS,))
            book.execute("INSERT INTO asked VALUES (?, ?, NULL)", (_hash(asked), now))
        return asked

    def take(self, asked: Asked, at: dt.datetime) -> None:
        """Accept the answer to a request, once; call it when all else about the answer holds.

        Raises `ProofInvalid` for a request that was answered before, or never made of this
        audience; `OutsidePeriod` for one made over ANSWER_SECONDS_MAX ago.
        """
        now = int(at.timestamp())
        with self._opened() as book:
            taken = book.execute(
                "UPDATE asked SET taken = ? WHERE nonce = ? AND taken IS NULL AND at >= ?",
                (now, _hash(asked), now - ANSWER_SECONDS_MAX),
            )
            if taken.rowcount == 1:
                return
            row = book.execute("SELECT taken FROM asked WHERE nonce = ?", (_hash(asked),))
            found = row.fetchone()
        if found is None:
            raise ProofInvalid("this verifier asked for no such nonce", _RULE)
        if found[0] is not None:
            raise ProofInvalid("the presentation was accepted before: it is a replay", _RULE)
        msg = f"the nonce was asked over {ANSWER_SECONDS_MAX} s ago: ask again"
        raise OutsidePeriod(msg, _RULE)

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        """Run one transaction that is on the disk when it ends."""
        with closing(sqlite3.connect(self._path, timeout=_BUSY_SECONDS)) as book:
            book.execute("PRAGMA synchronous = FULL")
            with book:
                book.execute("BEGIN IMMEDIATE")
                book.execute(_SCHEMA)
                yield book


def _hash(asked: Asked) -> bytes:
    return sha256(f"{asked.audience}\0{asked.nonce}".encode()).digest()
