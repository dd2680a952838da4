"""Looks into stores from a process of its own: `python -m tongjian.engines.audit.peek DESCRIPTOR`.

A damaged store is mapped into memory, and the system may end the process that reads it. Whoever
asked then hears that, and lives.
"""

import os
import signal
import socket
import sys
from pathlib import Path
from typing import Final, Literal

import msgspec

from tongjian.core.hashing import HashSuite, hash_of
from tongjian.engines.audit.difference import Change
from tongjian.engines.audit.states import changes_stored
from tongjian.engines.audit.stores import StoresCompared, compare_stores
from tongjian.engines.channel import receive, send, start
from tongjian.storage.errors import StorageError, StoreDamaged
from tongjian.storage.store import Store

_MODULE: Final = "tongjian.engines.audit.peek"


class Question(msgspec.Struct, frozen=True):
    """What is asked of one store or two."""

    what: Literal["tip", "changes", "compare"]
    suite: int
    stores: tuple[str, ...]
    height: int = -1


class Found(msgspec.Struct, frozen=True):
    """What was found, or why nothing could be."""

    height: int = -1
    changes: tuple[Change, ...] = ()
    compared: StoresCompared | None = None
    damage: str = ""


def tip_height(store: Path, suite: HashSuite) -> int:
    """Return the height a store stands at, -1 before the first; raises `StoreDamaged`."""
    return _ask(Question("tip", int(suite), (str(store),))).height


def block_changes(store: Path, suite: HashSuite, height: int) -> tuple[Change, ...]:
    """Return what a block did to the state by a store; raises `StoreDamaged`."""
    return _ask(Question("changes", int(suite), (str(store),), height)).changes


def compared(first: Path, second: Path, suite: HashSuite) -> StoresCompared:
    """Return what two stores do not share; raises `StoreDamaged`."""
    found = _ask(Question("compare", int(suite), (str(first), str(second)))).compared
    if found is None:
        msg = "the comparison of two stores gave nothing"
        raise StoreDamaged(msg)
    return found


def _ask(question: Question) -> Found:
    process, channel = start(_MODULE)
    with channel:
        try:
            send(channel, msgspec.msgpack.encode(question))
            found = msgspec.msgpack.decode(receive(channel), type=Found)
        except ConnectionError as error:
            code = process.wait()
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            names = " or ".join(Path(store).name for store in question.stores)
            msg = f"the process that read {names} was ended by the system ({how})"
            raise StoreDamaged(msg) from error
    process.wait()
    if found.damage:
        raise StoreDamaged(found.damage)
    return found


def answer(question: Question) -> Found:
    """Return what is asked; damage is told, not raised."""
    suite = HashSuite(question.suite)
    paths = [Path(store) for store in question.stores]
    try:
        if question.what == "compare":
            return Found(compared=compare_stores(paths[0], paths[1], suite))
        store = Store(paths[0], hash_of(suite), writable=False)
        try:
            return _of_one(store, question)
        finally:
            store.close()
    except StorageError as error:
        return Found(damage=str(error))


def _of_one(store: Store, question: Question) -> Found:
    if question.what == "tip":
        tip = store.tip()
        return Found(height=-1 if tip is None else tip.height)
    tree = store.restore().tree
    return Found(changes=changes_stored(store, tree, question.height))


if __name__ == "__main__":
    os.setpgrp()  # An interrupt at the keyboard is for the parent.
    with socket.socket(fileno=int(sys.argv[1])) as _channel:
        _question = msgspec.msgpack.decode(receive(_channel), type=Question)
        send(_channel, msgspec.msgpack.encode(answer(_question)))
