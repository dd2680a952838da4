"""A long replay keeps to its memory, and goes on after it was killed."""

import os
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest
import shelf
from small import Small, copy_of, log_of, put

from tongjian.engines.audit import ahead
from tongjian.engines.audit.replay import Counts, Replay, Replayed
from tongjian.storage import rows
from tongjian.storage.errors import InUse

ACTS_A_BLOCK = 100
FREE_TRIES = 300


def ignore(counts: Counts) -> None:
    del counts


def filled(small: Small, blocks: int) -> Small:
    """Put new things on the shelf, a hundred in each block."""
    with small.opened() as chain:
        for block in range(blocks):
            first = block * ACTS_A_BLOCK
            things = [f"thing_{first + number:06d}" for number in range(ACTS_A_BLOCK)]
            small.apply(chain, *(small.envelope(put(thing, 1)) for thing in things))
    return small


def peak_bytes(small: Small, folder: Path) -> int:
    """Replay in this process and return what Python held at the most."""
    folder.mkdir()
    tracemalloc.start()
    try:
        with Replay(log_of(small), small.genesis, folder, shelf.REGISTRY, workers=0) as replay:
            replay.run(ignore)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rows_of_the_ledger(
    small: Small, tmp_path: Path, founded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "ROWS_CACHED_MAX", 200)
    monkeypatch.setattr(ahead, "STRETCH_JOBS", 50)
    short = filled(Small(copy_of(founded, tmp_path / "short")), 10)
    long = filled(Small(copy_of(founded, tmp_path / "long")), 50)
    peaks = [peak_bytes(one, tmp_path / f"audit{n}") for n, one in enumerate((short, long))]
    grown = (50 - 10) * ACTS_A_BLOCK
    # The state tree keeps some bytes an entry, three entries a transaction; no row stays behind.
    assert peaks[1] - peaks[0] < 40 * grown
    del small


CHILD = """
import os, signal, sys
from pathlib import Path
import shelf
from small import Small, log_of, use_shelf
from tongjian.engines.audit import ahead
from tongjian.engines.audit.replay import Replay

def die(counts):
    if counts.height == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

use_shelf()
small = Small(Path(sys.argv[1]))
with Replay(log_of(small), small.genesis, Path(sys.argv[2]), shelf.REGISTRY, workers=1) as replay:
    replay.run(die)
"""


@pytest.mark.parametrize("height", [0, 3, 11])
def test_a_replay_that_was_killed_goes_on(small: Small, tmp_path: Path, height: int) -> None:
    filled(small, 20)
    folder = tmp_path / "audit"
    folder.mkdir()
    support = Path(__file__).parents[1] / "support"
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(small.folder), str(folder), str(height)],
        env={**os.environ, "PYTHONPATH": str(support)},
        check=False,
        timeout=60,
    )
    assert child.returncode == -signal.SIGKILL

    done = replayed_once_free(small, folder)

    assert 0 <= done.resumed_height <= height
    with small.opened(writable=False) as chain:
        assert done.header == chain.header(20)


def replayed_once_free(small: Small, folder: Path) -> Replayed:
    """Replay as soon as the process that kept the folder has gone too."""
    for _ in range(FREE_TRIES):
        try:
            with Replay(log_of(small), small.genesis, folder, shelf.REGISTRY, workers=0) as replay:
                return replay.run(ignore)
        except InUse:
            time.sleep(0.1)
    raise AssertionError("the folder is never free")
