"""Asks nodes on this machine, and goes to another where one does not answer."""

import contextlib
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import msgpack

from tongjian.engines.channel import receive, send
from tongjian.engines.outcomes import Busy, Outcome, Status
from tongjian.node.engine_home import GATE_NAME

TIMEOUT_S: Final = 90.0
BEHIND_LOOK_S: Final = 0.05
"""How often a node that is behind is asked where it stands."""


def is_running(folder: Path) -> bool:
    """Say whether a node runs over a ledger's folder and takes questions."""
    path = folder / GATE_NAME
    if not path.exists():
        return False
    with socket.socket(socket.AF_UNIX) as tried:
        try:
            tried.connect(str(path))
        except OSError:
            return False
    return True


class NodeSilent(Exception):
    """No node answers; nothing is known of what was asked."""


class NodeFailed(Exception):
    """A node answered that it could not answer; the text says why."""


class Client:
    """Speaks to the first node that answers; keeps to it until it is silent.

    Whatever was submitted may be submitted again: a transaction id is decided once, wherever it
    arrives, and the first outcome is given again. Outcomes that one client looks up never go back
    to an earlier height, whichever node gives them.
    """

    def __init__(self, folders: Sequence[Path], timeout_s: float = TIMEOUT_S) -> None:
        """Take the folders of nodes, the preferred one first."""
        self._paths = [folder / GATE_NAME for folder in folders]
        self._timeout_s = timeout_s
        self._connection: socket.socket | None = None
        self._at = 0
        self.moved = 0
        """How often another node was tried."""
        self.height = -1
        """The greatest height that this client was told of."""

    def ask(self, name: str, *arguments: Any) -> Any:
        """Return the answer; raises `NodeSilent`, `NodeFailed` or `Busy`."""
        question = msgpack.encode([name, *arguments])
        for _ in range(2 * len(self._paths)):
            try:
                found = self._exchange(question)
            except (OSError, ConnectionError):
                self._move()
                self.moved += 1
                continue
            if found[0]:
                return found[1]
            if found[1] == "busy":
                raise Busy(retry_after_ms=200)
            if found[1] != "stopped":
                raise NodeFailed(found[2])
            self._move()
        msg = f"none of {len(self._paths)} nodes answers"
        raise NodeSilent(msg)

    def submit(self, envelopes: Sequence[bytes]) -> list[Outcome]:
        """Return one durable outcome each, from whichever node answers."""
        outcomes = [
            Outcome(Status(status), identity, height, refusal, detail)
            for status, identity, height, refusal, detail in self.ask("submit", list(envelopes))
        ]
        self.height = max([self.height, *(outcome.height for outcome in outcomes)])
        return outcomes

    def outcome(self, identity: bytes) -> tuple[int, str, int]:
        """Return height and refusal of a transaction, -1 where it is not seen; and up to where.

        A node that stands below what this client was told before is waited for, then another is
        asked; raises `NodeSilent` where none has caught up.
        """
        for _ in self._paths:
            end = time.monotonic() + self._timeout_s
            while time.monotonic() < end:
                height, refusal, tip = self.ask("outcome", identity)
                if tip >= self.height:
                    self.height = int(tip)
                    return int(height), str(refusal), self.height
                time.sleep(BEHIND_LOOK_S)
            self._move()
        msg = f"no node has reached height {self.height}, which this client was told of"
        raise NodeSilent(msg)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.close()
            self._connection = None

    def _move(self) -> None:
        self.close()
        self._at = (self._at + 1) % len(self._paths)

    def _exchange(self, question: bytes) -> Any:
        if self._connection is None:
            made = socket.socket(socket.AF_UNIX)
            made.settimeout(self._timeout_s)
            try:
                made.connect(str(self._paths[self._at]))
            except OSError:
                made.close()
                raise
            self._connection = made
        send(self._connection, question)
        return msgpack.decode(receive(self._connection))
