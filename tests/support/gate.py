"""A gate in front of the seal: holds an engine within a block for as long as a test needs."""

import threading
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import contextmanager

from small import ANSWER_S, Small, put

from tongjian.core.block import Seal
from tongjian.core.directory import SealKey
from tongjian.engines.solo import Outcome, SoloEngine, Status


def status(outcomes: list[Outcome]) -> list[Status]:
    """Return what became of each."""
    return [outcome.status for outcome in outcomes]


class Gate:
    """Makes seals only while it is open, so that a test can hold the engine still."""

    def __init__(self, small: Small) -> None:
        self._maker = small.seal_key
        self._open = threading.Event()
        self.waiting = threading.Event()
        self.open = self._open.set

    def seal(self, chain_id: bytes, header: bytes, key: SealKey) -> Seal:
        self.waiting.set()
        assert self._open.wait(ANSWER_S)
        return self._maker.seal(chain_id, header, key)


@contextmanager
def held(small: Small) -> Generator[tuple[SoloEngine, Gate, "Future[list[Outcome]]"]]:
    """Run an engine that is held within a block of one transaction."""
    gate = Gate(small)
    with small.engine(maker=gate) as engine:
        first = engine.submit([small.envelope(put("first", 1))])
        try:
            assert gate.waiting.wait(ANSWER_S)
            yield engine, gate, first
        finally:
            gate.open()
