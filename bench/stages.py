"""Where the ledger's time goes: an instrumented run on one thread, signatures checked in it.

Functions of the product are wrapped from outside, so the product holds no counters. Each stage is
charged its own processor time, without what it calls and without what the clock itself costs.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final

from bench.machine import percentile
from bench.town import Town, require_committed
from tongjian.catalogue import load_registry
from tongjian.core import ledger, machine
from tongjian.core.envelope import Opener
from tongjian.core.ledger import Ledger
from tongjian.core.machine import Machine
from tongjian.core.state import Commitment
from tongjian.core.twigs import TwigTree
from tongjian.engines.chain import Chain
from tongjian.engines.checkers import Checkers
from tongjian.engines.solo import SoloEngine
from tongjian.node.keys import SealKeys
from tongjian.storage.blocklog import BlockLog
from tongjian.storage.store import Store

BLOCK: Final = 2_000
"""Transactions handed over at once: a full block."""
CALIBRATION: Final = 10_000
CALIBRATIONS: Final = 5
QUIET: Final = 0.25
"""Share of the blocks that were quicker than the figure given: others use the machine as well."""
SIGNATURE: Final = "signature"
HANDLER: Final = "handler"

STAGES: Final[tuple[tuple[Any, str, str], ...]] = (
    (SoloEngine, "_prepare", "admission"),
    (Opener, "open", "decode"),
    (Checkers, "submit", SIGNATURE),
    (SoloEngine, "_execute", "answers"),
    (Chain, "apply", "encode block"),
    (Machine, "apply", "events, results"),
    (machine, "check_envelope", "permission"),
    (machine, "require", "permission"),
    (ledger, "check_bounds", "encode rows"),
    (Ledger, "writes", "events, results"),
    (Commitment, "advance", "log tree"),
    (TwigTree, "stage", "state tree: order"),
    (TwigTree, "apply", "state tree: hashes"),
    (SealKeys, "seal", "seal"),
    (BlockLog, "append", "block log, flush"),
    (Store, "commit", "LMDB commit"),
    (Chain, "_settle", "caches"),
)
"""What is wrapped: owner, name, stage; and the handler of each operation."""
ORDER: Final = (
    "decode",
    "admission",
    SIGNATURE,
    "permission",
    HANDLER,
    "encode rows",
    "events, results",
    "state tree: order",
    "state tree: hashes",
    "log tree",
    "encode block",
    "seal",
    "block log, flush",
    "LMDB commit",
    "caches",
    "answers",
)


class Stopwatch:
    """Charges processor time of one thread to the innermost stage that runs."""

    def __init__(self) -> None:
        """Begin with nothing charged."""
        self.own_ns: defaultdict[str, int] = defaultdict(int)
        self.calls: defaultdict[str, int] = defaultdict(int)
        self.called: defaultdict[str, int] = defaultdict(int)
        """How many wrapped calls each stage made itself."""
        self._stack: list[list[Any]] = []

    def wrap(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """Return a function that does the same and is timed."""
        stack, clock = self._stack, time.thread_time_ns

        @wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            frame = [stage, 0]
            stack.append(frame)
            start = clock()
            try:
                return function(*arguments, **named)
            finally:
                spent = clock() - start
                stack.pop()
                self.own_ns[stage] += spent - frame[1]
                self.calls[stage] += 1
                if stack:
                    stack[-1][1] += spent
                    self.called[stack[-1][0]] += 1

        return timed

    def take_us(self, overhead_ns: tuple[float, float]) -> dict[str, float]:
        """Return microseconds of each stage, less what timing cost, and begin anew."""
        inner, outer = overhead_ns
        taken = {
            stage: max(own - self.calls[stage] * inner - self.called[stage] * outer, 0) / 1000
            for stage, own in self.own_ns.items()
        }
        for counted in (self.own_ns, self.calls, self.called):
            counted.clear()
        return taken


def calibrate() -> tuple[float, float]:
    """Return in ns what timing a call adds to itself and to its caller, at the least."""
    tried = [_try_calibration() for _ in range(CALIBRATIONS)]
    return min(inner for inner, _ in tried), min(outer for _, outer in tried)


def _try_calibration() -> tuple[float, float]:
    watch = Stopwatch()
    timed = watch.wrap(_nothing, "inner")

    def loop(function: Callable[[], None]) -> None:
        for _ in range(CALIBRATION):
            function()

    watch.wrap(loop, "bare")(_nothing)
    watch.wrap(loop, "outer")(timed)
    inner = watch.own_ns["inner"] / CALIBRATION
    outer = (watch.own_ns["outer"] - watch.own_ns["bare"]) / CALIBRATION
    return inner, outer


def _nothing() -> None:
    pass


@contextmanager
def wrapped(watch: Stopwatch) -> Iterator[None]:
    """Wrap every stage while the block runs."""
    kept: list[tuple[Any, str, Any]] = []
    try:
        for owner, name, stage in STAGES:
            kept.append((owner, name, getattr(owner, name)))
            setattr(owner, name, watch.wrap(getattr(owner, name), stage))
        for operation in load_registry().operations():
            kept.append((operation, HANDLER, operation.handler))
            object.__setattr__(operation, HANDLER, watch.wrap(operation.handler, HANDLER))
        yield
    finally:
        for owner, name, was in kept:
            if name == HANDLER:
                object.__setattr__(owner, name, was)
            else:
                setattr(owner, name, was)


def break_down(town: Town, transactions: int, acts: int) -> dict[str, float]:
    """Return microseconds of processor time an act for each stage, in order of the path."""
    group = max(BLOCK // acts, 1)
    envelopes = list(town.issues(transactions, acts))
    overhead = calibrate()
    watch = Stopwatch()
    blocks: list[dict[str, float]] = []
    with wrapped(watch), town.home.engine(workers=0) as engine:
        for start in range(0, len(envelopes), group):
            portion = envelopes[start : start + group]
            require_committed(engine.submit(portion).result())
            taken = watch.take_us(overhead)
            blocks.append({stage: us / (len(portion) * acts) for stage, us in taken.items()})
    return {
        stage: percentile(sorted(block.get(stage, 0) for block in blocks), QUIET) for stage in ORDER
    }
