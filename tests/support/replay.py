"""Record the blocks of a world, and replay them: `python replay.py FILE` prints what follows.

The program imports neither pytest nor hypothesis, so any interpreter with the packages of the
deterministic zone can run it. It prints the app hash of each height, then one line for all golden
vectors, which it decides again.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tongjian.catalogue import load_registry
from tongjian.core.envelope import Incoming, Opener
from tongjian.core.hashing import HashSuite, hash_of
from tongjian.core.machine import Applied, Machine
from tongjian.core.registry import Registry
from tongjian.core.state import Commitment
from tongjian.storage.memory import MemoryState
from tongjian.testkit import World
from tongjian.testkit.vectors import check_vector, vector_files
from tongjian.testkit.world import CHAIN

Steps = list[dict[str, Any]]
"""What to take in: founding rows, or the envelopes of a block with its height and time."""


def record(world: World) -> Steps:
    """Return a list that grows with each step that the world takes from now on."""
    steps: Steps = []
    commit, apply = world._commit, world.machine.apply

    def committing(writes: dict[bytes, bytes | None], results: tuple[Any, ...]) -> None:
        if world.height == 0:
            rows = {key.hex(): row.hex() for key, row in writes.items() if row is not None}
            steps.append({"rows": rows})
        commit(writes, results)

    def applying(height: int, time_ms: int, incoming: Sequence[Incoming]) -> Applied:
        envelopes = [each.data.hex() for each in incoming]
        applied = apply(height, time_ms, incoming)
        steps.append({"height": height, "time_ms": time_ms, "envelopes": envelopes})
        return applied

    world._commit, world.machine.apply = committing, applying  # type: ignore[method-assign]
    return steps


def replay(registry: Registry, suite: HashSuite, steps: Steps) -> list[str]:
    """Return the app hash after each step, and every outcome."""
    digest = hash_of(suite)
    state = MemoryState()
    machine = Machine(registry, CHAIN, digest, state)
    commitment = Commitment(digest)
    opener = Opener(registry, CHAIN, digest)
    lines: list[str] = []
    for step in steps:
        height, results = int(step.get("height", 0)), ()
        if "rows" in step:
            rows = step["rows"].items()
            writes: dict[bytes, bytes | None] = {
                bytes.fromhex(key): bytes.fromhex(row) for key, row in rows
            }
        else:
            incoming = [opener.open(bytes.fromhex(data)) for data in step["envelopes"]]
            applied = machine.apply(height, step["time_ms"], incoming)
            writes, results = applied.writes, applied.results
        advance = commitment.advance(height, writes, results, state)
        state.commit(advance.staged.entries, writes)
        machine.directory.invalidate(list(writes))
        said = ",".join(result.outcome or "+" for result in results)
        lines.append(f"{height} {advance.app_hash.hex()} {said}")
    return lines


def registry_of(name: str) -> Registry:
    """Give the toy registry, or that of the release."""
    if name == "toy":
        from toy import REGISTRY

        return REGISTRY
    return load_registry()


def report(recorded: dict[str, Any]) -> list[str]:
    """Return all that a replay of a recording says, under both hash suites."""
    lines: list[str] = []
    for name, steps in recorded.items():
        for suite in HashSuite:
            lines.append(f"{name} {suite.name}")
            lines += replay(registry_of(name), suite, steps)
    files = vector_files()
    for path in files:
        check_vector(load_registry(), json.loads(path.read_text("utf-8")))
    lines.append(f"{len(files)} golden vectors decide as they state")
    return lines


def main() -> None:
    """Replay the file that is named on the command line."""
    print(*report(json.loads(Path(sys.argv[1]).read_text("utf-8"))), sep="\n")


if __name__ == "__main__":
    main()
