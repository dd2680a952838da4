"""Keeps a validator from signing twice: one whose record is old or lost watches before it votes.

What a validator signed last is in its own record. A record from a backup is older than what was
signed, and with it the same height could be signed again, differently. So a node that was restored,
or that finds its own signature in a block above its record, first runs with a key that nobody
counts. Only when the network has decided several blocks without this validator is its record moved
up to there, and it votes again, by itself. The network must be able to decide without it meanwhile.
"""

import json
import os
import signal
import threading
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import structlog

from tongjian.core.validators import compute_address
from tongjian.engines.comet.rpc import Rpc, RpcFailed
from tongjian.engines.comet.wire import Message
from tongjian.node.engine_home import OBSERVER, VALIDATOR_STATE, EngineHome

WITHOUT: Final = 3
"""Blocks that the network must decide without the validator, one after the other."""
LOOK_S: Final = 0.5
ABSENT: Final = 1
"""The engine's mark of a validator that did not vote on a block."""
ROUND_MAX: Final = 2**31 - 1
STEP_LAST: Final = 3
_SECONDS: Final = len("2026-01-01T00:00:00")

_log: Final = structlog.get_logger("voting")


class Runs(Protocol):
    """What runs the engine."""

    @property
    def pid(self) -> int:
        """The engine's process id; 0 while it does not run."""
        ...


class VotingGuard:
    """Hears who voted for each block; stops a validator that should not, lets it vote again."""

    def __init__(self, engine: EngineHome, supervisor: Runs) -> None:
        """Watch over the validator of an engine's folder."""
        self._engine = engine
        self._supervisor = supervisor
        self._address = compute_address(engine.validator_public)
        self._recorded = 0
        self.without = 0
        """Blocks that the network decided without this validator, since it last voted."""
        self._height = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="voting", daemon=True)

    def start(self) -> None:
        """Begin to watch, where the validator must not vote yet."""
        self._thread.start()

    def close(self) -> None:
        """Watch no more."""
        self._stopping.set()
        self._thread.join()

    def heard(self, height: int, votes: list[Message]) -> None:
        """Hear who voted for a block; called before the block after it is decided."""
        voted = any(
            vote["validator"]["address"] == self._address and vote["block_id_flag"] != ABSENT
            for vote in votes
            if vote["validator"] is not None
        )
        again = height <= self._height
        self._height = max(self._height, height)
        self.without = 0 if voted else self.without + (not again)
        if not voted or height <= self._recorded or self._engine.observes():
            return
        self._recorded = recorded_height(self._engine.folder)
        if height > self._recorded:
            self._stop_voting(height)

    def _stop_voting(self, height: int) -> None:
        why = (
            f"this validator signed block {height} of the engine, but its record ends at "
            f"{self._recorded}: the record is of an old backup"
        )
        _log.error("stops voting", why=why)
        self._engine.observe(why)
        self._restart()

    def _restart(self) -> None:
        """Have the engine started again, with the key that the folder now says."""
        self._engine.configure()
        pid = self._supervisor.pid
        if pid:
            os.kill(pid, signal.SIGKILL)

    def _watch(self) -> None:
        rpc = Rpc(self._engine.rpc)
        caught_up = False
        while not self._stopping.wait(LOOK_S):
            if not self._engine.observes():
                caught_up = False
                continue
            if not caught_up:
                caught_up = self._has_caught_up(rpc)
                self.without = 0
            elif self.without >= WITHOUT:
                self._engine.vote_above(self._height)
                _log.warning("votes again", above=self._height)
                self._restart()
        rpc.close()

    def _has_caught_up(self, rpc: Rpc) -> bool:
        """Say whether the newest block here was made since the validator began to watch.

        Peers that lag themselves may hand out, as their newest, heights that it has signed before.
        """
        try:
            found = rpc.call("status")["sync_info"]
            made = datetime.fromisoformat(found["latest_block_time"][:_SECONDS] + "+00:00")
            since_s = (self._engine.folder / OBSERVER).stat().st_mtime
        except (RpcFailed, KeyError, ValueError, OSError):
            return False
        return not found["catching_up"] and made.timestamp() >= since_s


def recorded_height(folder: Path) -> int:
    """Return the height of the engine that its validator's record ends at."""
    try:
        return int(json.loads((folder / VALIDATOR_STATE).read_text())["height"])
    except (OSError, ValueError, KeyError):
        return 0
