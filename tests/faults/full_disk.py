"""Fills a small disk under a running engine, then makes room again, and checks what is answered.

`python full_disk.py SUPPORT FOLDER WHICH` within a mount namespace of its own; FOLDER holds a
founded ledger. WHICH is `all`, `log` or `store`: what lies on the small disk.
"""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from shelf import THINGS
from small import Small, answers, put, receipts, things_of, use_shelf
from truth import read_row

from tongjian.engines.chain import LOG_NAME, STORE_NAME
from tongjian.engines.solo import Outcome, SoloEngine, Status

DISK_BYTES = 3 * 1024 * 1024
BALLAST_BYTES = 1024 * 1024
GROUP = 25


def small_disk(folder: Path, which: str) -> tuple[Path, Path]:
    """Mount a small disk and put the ledger, or a part of it, there; return ledger and disk."""
    disk = folder.parent / "disk"
    disk.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)], check=True
    )
    if which == "all":
        shutil.copytree(folder, disk / "ledger")
        return disk / "ledger", disk
    name = {"log": LOG_NAME, "store": STORE_NAME}[which]
    shutil.move(folder / name, disk / name)
    (folder / name).symlink_to(disk / name)
    return folder, disk


class Filler:
    """Submits until the disk is full and remembers what was acknowledged."""

    def __init__(self, small: Small) -> None:
        self.small = small
        self.chance = random.Random(5)
        self.number = 0
        self.acknowledged: dict[str, tuple[bytes, Outcome]] = {}
        self.left: dict[str, bytes] = {}
        """What got no durable answer."""

    def submit(self, engine: SoloEngine) -> list[Outcome]:
        """Submit one group."""
        group: dict[str, bytes] = {}
        for _ in range(GROUP):
            self.number += 1
            name = f"t{self.chance.randrange(10**9)}_{self.number}"
            group[name] = self.small.envelope(put(name, self.number))
        return self._ask(engine, group)

    def again(self, engine: SoloEngine) -> list[Outcome]:
        """Submit again what got no durable answer."""
        return self._ask(engine, dict(self.left))

    def _ask(self, engine: SoloEngine, group: dict[str, bytes]) -> list[Outcome]:
        outcomes = answers(engine, *group.values())
        for (name, envelope), outcome in zip(group.items(), outcomes, strict=True):
            if outcome.status is Status.COMMITTED:
                self.acknowledged[name] = envelope, outcome
                self.left.pop(name, None)
            else:
                self.left[name] = envelope
        return outcomes


def kinds(outcomes: list[Outcome]) -> set[Status]:
    return {outcome.status for outcome in outcomes}


def check_reads(small: Small, engine: SoloEngine, filler: Filler) -> None:
    """Ask while the disk is full: what was acknowledged is there, and proofs of it hold."""
    chain = engine.chain
    with chain.lock:
        things = things_of(chain)
        for name in list(filler.acknowledged)[::50]:
            key = THINGS.key(name)
            assert read_row(receipts(chain).of_row(key), small.anchors) == things[name]
        assert set(filler.acknowledged) <= set(things)
        assert chain.commitment.tree.root() == chain.header(chain.height).state_root


def main() -> None:
    use_shelf()
    folder, disk = small_disk(Path(sys.argv[2]), sys.argv[3])
    ballast = disk / "ballast"
    ballast.write_bytes(os.urandom(BALLAST_BYTES))
    small = Small(folder)
    filler = Filler(small)
    with small.engine() as engine:
        fill(small, engine, filler)
        full = len(filler.acknowledged)
        # Room again: it goes on by itself, and what is submitted again is recorded once.
        ballast.unlink()
        assert kinds(filler.again(engine)) == {Status.COMMITTED}
        assert kinds(filler.submit(engine)) == {Status.COMMITTED}
        check_reads(small, engine, filler)
    check_all(small, filler)
    print("acknowledged", full, len(filler.acknowledged))


def fill(small: Small, engine: SoloEngine, filler: Filler) -> None:
    """Submit until the disk is full, and beyond."""
    while kinds(outcomes := filler.submit(engine)) == {Status.COMMITTED}:
        assert len(filler.acknowledged) < 50_000, "the disk does not fill up"
    # It says so, and goes on saying so, and takes nothing.
    assert kinds(outcomes) <= {Status.NOT_RECORDED, Status.UNKNOWN}
    assert all("no room" in outcome.detail for outcome in outcomes), outcomes[0].detail
    print("first", sorted(status.name for status in kinds(outcomes)))
    for _ in range(3):
        height = engine.chain.height
        outcomes = filler.submit(engine)
        assert kinds(outcomes) <= {Status.NOT_RECORDED, Status.UNKNOWN}
        assert "no room" in outcomes[0].detail
        assert engine.chain.height == height
        check_reads(small, engine, filler)


def check_all(small: Small, filler: Filler) -> None:
    """Open the ledger again: everything acknowledged is there once, and nothing else."""
    with small.opened() as chain:
        assert (chain.opened.rebuilt, chain.opened.replayed, chain.opened.cut_bytes) == ("", 0, 0)
        for envelope, outcome in filler.acknowledged.values():
            seen = chain.result(small.identity(envelope, chain))
            assert seen is not None
            assert seen[0] == outcome.height
        assert set(things_of(chain)) == set(filler.acknowledged)
        assert chain.log_size(chain.height) == len(filler.acknowledged)


if __name__ == "__main__":
    main()
