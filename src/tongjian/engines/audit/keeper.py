"""Keeps what a replay recomputes: state tree, transaction log, store; compares the roots.

It runs beside the one that decides, in a process of its own where there are cores for it:
`python -m tongjian.engines.audit.keeper DESCRIPTOR FOLDER SUITE`. Each block comes with its header
as recorded, the changes of rows and the results; what they give must be what the header says.
"""

import contextlib
import gc
import os
import socket
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol, cast

import msgspec

from tongjian.core.block import HEADERS, Header, Result, compute_header_hash
from tongjian.core.hashing import HashSuite, hash_of
from tongjian.core.state import Advance
from tongjian.engines.audit.difference import Difference, Differs
from tongjian.engines.audit.states import changes_made
from tongjian.engines.channel import receive, send, start
from tongjian.engines.frames import lock
from tongjian.storage.checks import check_entries, check_order
from tongjian.storage.errors import InUse, StorageError, StorageFull, StoreDamaged
from tongjian.storage.packing import Tip
from tongjian.storage.rows import Rows
from tongjian.storage.store import Store

STORE_NAME: Final = "store.lmdb"
ROWS_NAME: Final = "rows.lmdb"
UNANSWERED_MAX: Final = 64
"""Blocks handed over whose roots were not compared yet."""
_MODULE: Final = "tongjian.engines.audit.keeper"
_ROWS_AT_ONCE: Final = 10_000
_LOWEST: Final = b"\x01"
_HIGHEST: Final = b"\xff" * 256
_CLOSE_S: Final = 600
"""How long the last flush may take on a slow disk."""


class Made(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A result on its way: as `core.block.Result`, without the bounds that were checked before."""

    transaction: bytes
    outcome: str
    events: tuple[bytes, ...]


class Decided(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A block that was decided: what it changes, and the header that must follow from it."""

    header: bytes
    offset: int
    end: int
    writes: dict[bytes, bytes | None]
    results: tuple[Made, ...]


class Standing(msgspec.Struct, frozen=True):
    """Where a keeper stands when it begins."""

    tip: Tip | None
    roots: tuple[bytes, bytes]
    """Of state and log at the tip, from what is stored."""
    anew: str
    """Why what was stored before was thrown away; empty where it was not."""
    in_use: str = ""
    """Who else works in the folder; nothing can then be done."""


class Answer(msgspec.Struct, frozen=True):
    """What a keeper says of a block."""

    difference: Difference | None = None
    failure: str = ""
    """Why the block could not be kept; empty where it was."""
    is_full: bool = False
    """The disk has no room."""


class Keeping(Protocol):
    """A keeper, in this process or in another."""

    standing: Standing

    def give(self, block: Decided) -> None:
        """Hand over the next block; raises `Differs` for this one or an earlier one."""
        ...

    def settle(self) -> None:
        """Wait until all blocks were compared; raises `Differs`."""
        ...

    def close(self) -> None:
        """Make what was kept durable and stop."""
        ...


class Keeper:
    """Compares and keeps blocks in this process."""

    def __init__(self, folder: Path, suite: HashSuite) -> None:
        """Go on from what a folder holds, once it is sound; begin anew where it is not.

        Raises `InUse` where another process works in the folder.
        """
        self._folder = folder
        self._digest = hash_of(suite)
        self._lock = lock(folder)
        try:
            anew = self._open_or_begin()
        except BaseException:
            os.close(self._lock)
            raise
        roots = self._commitment.tree.root(), self._commitment.log.root()
        self.standing = Standing(self._tip, roots, anew)

    def _open_or_begin(self) -> str:
        try:
            self._open()
        except StoreDamaged as damage:
            remove_kept(self._folder)
            self._open()
            return str(damage)
        return ""

    def _open(self) -> None:
        self._store = Store(self._folder / STORE_NAME, self._digest, writable=True, durable=False)
        try:
            self._commitment = self._store.restore()
            self._tip = self._store.tip()
            if self._tip is not None:
                # It was not flushed block by block, and lay about since: all of it is checked anew.
                check_entries(self._store, self._commitment.tree, self._digest)
                check_order(self._store, self._commitment.tree)
                self._store.check_sum()
            self._write_rows()
        except BaseException:
            self._store.close()
            raise

    def _write_rows(self) -> None:
        """Write the rows as they stand into the file that whoever decides reads from."""
        path = self._folder / ROWS_NAME
        path.unlink(missing_ok=True)
        rows = Rows(path)
        rows.fill(self._rows())
        rows.close()

    def _rows(self) -> Iterator[tuple[bytes, bytes]]:
        if self._tip is None:
            return
        low = _LOWEST
        while rows := self._store.scan(low, _HIGHEST, _ROWS_AT_ONCE):
            yield from rows
            low = rows[-1][0] + b"\x00"

    def give(self, block: Decided) -> None:
        """Compare a block and keep it; raises `Differs`, after which nothing more may come."""
        header: Header = HEADERS.decode_trusted(block.header)
        height = int(header.height)
        identities = [result.transaction for result in block.results]
        self._expect_new(height, identities)
        results = cast(tuple[Result, ...], block.results)
        advance = self._commitment.advance(height, block.writes, results, self._store)
        self._compare(header, advance, block.writes)
        tip = Tip(
            height=height,
            log_end=block.end,
            entry_count=self._commitment.tree.count,
            log_size=advance.log_size,
            peaks=self._commitment.log.peaks(),
            header_hash=compute_header_hash(self._digest, block.header),
            time_ms=int(header.time_ms),
        )
        self._store.commit(tip, block.offset, advance, block.writes, identities)

    def _expect_new(self, height: int, identities: list[bytes]) -> None:
        seen: dict[bytes, bool] = {}
        for position, identity in enumerate(identities):
            if identity in seen or self._store.transaction(identity) is not None:
                place = f"decision {position} ({identity.hex()})"
                why = "it is recorded a second time"
                raise Differs(Difference(height, "transaction", why, place))
            seen[identity] = True

    def _compare(self, header: Header, advance: Advance, writes: dict[bytes, bytes | None]) -> None:
        for name, recorded, expected in (
            ("log_size", int(header.log_size), advance.log_size),
            ("log_root", header.log_root, advance.log_root),
            ("state_root", header.state_root, advance.state_root),
        ):
            if recorded != expected:
                difference = Difference(
                    height=int(header.height),
                    field=f"header.{name}",
                    why="it does not follow from what the block decides",
                    recorded=recorded,
                    expected=expected,
                    changes=changes_made(advance.staged.entries, writes),
                )
                raise Differs(difference)

    def settle(self) -> None:
        """Do nothing: each block was compared when it came."""

    def close(self) -> None:
        """Flush what was kept and close."""
        try:
            self._store.flush()
        finally:
            self._store.close()
            os.close(self._lock)


def remove_kept(folder: Path) -> None:
    """Remove the store of a folder: the next keeper begins at the first block."""
    for name in (STORE_NAME, STORE_NAME + "-lock"):
        (folder / name).unlink(missing_ok=True)


class KeeperProcess:
    """A keeper in a process of its own."""

    def __init__(self, folder: Path, suite: HashSuite) -> None:
        """Start it; returns once it stands where the folder says."""
        self._process, self._channel = start(_MODULE, str(folder), str(int(suite)))
        self._unanswered = 0
        self.standing = msgspec.msgpack.decode(receive(self._channel), type=Standing)
        if self.standing.in_use:
            self.close()
            raise InUse(self.standing.in_use)

    def give(self, block: Decided) -> None:
        """Hand over the next block; raises `Differs` for one of those before it."""
        while self._unanswered >= UNANSWERED_MAX:
            self._hear()
        self._unanswered += 1
        send(self._channel, msgspec.msgpack.encode(block))

    def settle(self) -> None:
        """Wait until all blocks were compared; raises `Differs`."""
        while self._unanswered:
            self._hear()

    def _hear(self) -> None:
        answer = msgspec.msgpack.decode(receive(self._channel), type=Answer)
        self._unanswered -= 1
        if answer.difference is not None:
            self._unanswered = 0
            raise Differs(answer.difference)
        if answer.failure:
            self._unanswered = 0
            raise (StorageFull if answer.is_full else StorageError)(answer.failure)

    def close(self) -> None:
        """Let it make durable what it kept, and wait for it."""
        self._channel.close()
        self._process.wait(timeout=_CLOSE_S)


def serve(descriptor: int, folder: Path, suite: HashSuite) -> None:
    """Answer for blocks until the other end closes, or one differs."""
    decoder = msgspec.msgpack.Decoder(Decided)
    said = msgspec.msgpack.encode(Answer())
    with socket.socket(fileno=descriptor) as channel:
        try:
            keeper = Keeper(folder, suite)
        except InUse as error:
            _end(channel, Standing(None, (b"", b""), "", str(error)))
            return
        try:
            send(channel, msgspec.msgpack.encode(keeper.standing))
            while True:
                keeper.give(decoder.decode(receive(channel)))
                send(channel, said)
        except Differs as differs:
            _end(channel, Answer(differs.difference))
        except StorageError as error:
            _end(channel, Answer(None, str(error), isinstance(error, StorageFull)))
        except ConnectionError:
            pass  # the other end has closed: that was all
        finally:
            keeper.close()


def _end(channel: socket.socket, answer: Answer | Standing) -> None:
    """Say why no more is taken, and wait until the other end has heard it."""
    with contextlib.suppress(ConnectionError):
        send(channel, msgspec.msgpack.encode(answer))
        deque(iter(lambda: channel.recv(1 << 20), b""), maxlen=0)


if __name__ == "__main__":
    os.setpgrp()  # An interrupt at the keyboard is for the parent, which closes us in order.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)  # the keeper makes no cycles to look for
    serve(int(sys.argv[1]), Path(sys.argv[2]), HashSuite(int(sys.argv[3])))
