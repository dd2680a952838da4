"""What the application keeps between two requests, and who hears what it decided."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from tongjian.core.block import Result
from tongjian.core.envelope import Incoming
from tongjian.engines.comet.admission import Admitted
from tongjian.engines.comet.wire import Message
from tongjian.engines.frames import Decided

_LEFT_OUT = 1


class Lock(Protocol):
    """What a chain's lock can do beside being held for a block of statements."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: FBT001, FBT002
        """Take the lock; false where that took longer than so many seconds."""
        ...

    def release(self) -> None:
        """Give the lock back."""
        ...


class Listener(Protocol):
    """Hears what became of envelopes once it is durable."""

    def committed(self, admitted: Admitted, results: Sequence[Result]) -> None:
        """Hear what a block of the engine recorded, with the results in order, and what it left."""
        ...

    def held(self, opened: Sequence[Incoming]) -> None:
        """Hear what the engine's mempool still has after a block."""
        ...


class Pending(NamedTuple):
    """A block of the engine between FinalizeBlock and Commit."""

    engine_height: int
    decided: Decided | None
    """None where it makes no block of the ledger."""
    admitted: Admitted
    block: bytes
    validators: bytes


@dataclass
class Counts:
    """What the node has seen since it started; for metrics."""

    engine_blocks: int = 0
    blocks: int = 0
    recorded: int = 0
    left: int = 0
    checked: int = 0
    rejected_proposals: int = 0
    misbehaviour: list[Message] = field(default_factory=list[Message])
    committed_s: float = field(default_factory=time.monotonic)
    """When the engine last committed a block, by the clock that never goes back."""

    def commit(self) -> None:
        """Count a block of the engine."""
        self.engine_blocks += 1
        self.committed_s = time.monotonic()


def milliseconds(time: Message | None) -> int:
    """Return a moment of the engine in milliseconds; 0 for none."""
    if time is None:
        return 0
    return int(time["seconds"]) * 1000 + int(time["nanos"]) // 1_000_000


def refusal(why: str) -> Message:
    """Return the answer that something is not taken."""
    return {"code": _LEFT_OUT, "log": why, "codespace": "tongjian"}
