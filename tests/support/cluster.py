"""Four nodes of a network as real processes, with real engines; skipped where there is none."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from network import found_network, use_network
from small import CLERKS, OFFICES, Small

from tongjian.engines.comet.rpc import Rpc, RpcFailed
from tongjian.engines.outcomes import Outcome
from tongjian.node.client import Client, NodeFailed, NodeSilent
from tongjian.node.devnet import Place, lay_out
from tongjian.node.engine_home import EngineHome, Settings
from tongjian.node.supervisor import EngineMissing, find_binary

SUPPORT: Final = Path(__file__).parent
READY_S: Final = 60


def needs_engine() -> None:
    """Skip where the engine's program is not here."""
    try:
        find_binary()
    except EngineMissing as missing:
        pytest.skip(f"needs the CometBFT program: {missing}")


class Cluster:
    """Nodes in folders of their own, each a process that a test may kill."""

    def __init__(self, folder: Path, count: int, settings: Settings | None = None) -> None:
        self.folder = folder
        found_network(folder / "origin")
        self.origin = Small(folder / "origin")
        self.places: list[Place] = lay_out(
            folder / "origin", folder, count, voters=CLERKS, offices=OFFICES, settings=settings
        )
        self.processes: list[subprocess.Popen[bytes] | None] = [None] * count
        self.wrap: Callable[[int], Sequence[str]] = lambda number: ()
        self.manners: dict[int, str] = {}
        """How nodes misbehave that are started from now on."""
        self.small = Small(folder / "origin")
        self.small._nonce = int.from_bytes(os.urandom(6), "big")

    def start(self, *numbers: int) -> None:
        """Start nodes, all by default, and wait until each takes questions."""
        self.start_soon(*numbers)
        for number in numbers or range(len(self.places)):
            self.wait(lambda n=number: self.standing(n) is not None, f"node {number} to answer")

    def start_soon(self, *numbers: int) -> None:
        """Start nodes, all by default, and wait for nothing."""
        for number in numbers or range(len(self.places)):
            place = self.places[number]
            log = (place.folder / "node.log").open("ab")
            self.processes[number] = subprocess.Popen(
                [
                    *self.wrap(number),
                    sys.executable,
                    str(SUPPORT / "run_node.py"),
                    str(SUPPORT),
                    str(place.folder),
                    *([self.manners[number]] if number in self.manners else []),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            log.close()

    def client(self, *numbers: int, timeout_s: float = 20) -> Client:
        chosen = numbers or range(len(self.places))
        return Client([self.places[n].folder for n in chosen], timeout_s)

    def standing(self, number: int) -> dict[str, Any] | None:
        """Return where a node stands; none where it does not answer."""
        client = self.client(number, timeout_s=5)
        try:
            found: dict[str, Any] = client.ask("standing")
            return found
        except (NodeSilent, NodeFailed):
            return None
        finally:
            client.close()

    def heights(self) -> list[int]:
        """Return the height of every node; -1 where it does not answer."""
        found = [self.standing(number) for number in range(len(self.places))]
        return [-1 if one is None else int(one["height"]) for one in found]

    def wait(self, holds: Callable[[], object], what: str, timeout_s: float = READY_S) -> float:
        """Wait until something holds; return how long that took."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > timeout_s:
                logs = "\n".join(
                    f"== {place.folder.name}: {_round(place.folder)}\n"
                    + _tail(place.folder / "node.log")
                    for place in self.places
                )
                msg = f"waited {timeout_s} s for {what}\n{logs}"
                raise AssertionError(msg)
            time.sleep(0.02)
        return time.monotonic() - began

    def engine_pid(self, number: int) -> int:
        found = self.standing(number)
        return 0 if found is None else int(found["engine_pid"])

    def kill(self, number: int, *, app: bool = True, engine: bool = True) -> None:
        """Kill processes of a node with SIGKILL; the engine dies with its parent anyway."""
        process = self.processes[number]
        assert process is not None
        if engine:
            pid = self.engine_pid(number)
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if app:
            process.kill()
            process.wait()
            self.processes[number] = None

    def stop(self, *numbers: int) -> None:
        chosen = numbers or range(len(self.places))
        for number in chosen:
            process = self.processes[number]
            if process is not None:
                process.terminate()
        for number in chosen:
            process = self.processes[number]
            if process is not None:
                process.wait(30)
                self.processes[number] = None

    def submit(self, *acts: Any, by: Sequence[int] = (0,), to: Sequence[int] = ()) -> Outcome:
        """Submit one transaction and wait for its outcome."""
        client = self.client(*to)
        try:
            return client.submit([self.small.envelope(*acts, by=by)])[0]
        finally:
            client.close()

    def agree(self, *numbers: int) -> list[bytes]:
        """Wait until nodes stand at one height; compare them at every height."""
        chosen = list(numbers or range(len(self.places)))

        def level() -> bool:
            heights = self.heights()
            return len({heights[n] for n in chosen}) == 1 and heights[chosen[0]] >= 0

        self.wait(level, "all nodes to stand at one height")
        lists = []
        for number in chosen:
            client = self.client(number)
            lists.append(client.ask("hashes", 0, 1_000_000))
            client.close()
        shortest = min(map(len, lists))
        assert all(one[:shortest] == lists[0][:shortest] for one in lists)
        return lists[0]


def _round(folder: Path) -> str:
    """Return where an engine stands in its agreement with the others."""
    rpc = Rpc(EngineHome(folder).rpc, timeout_s=3)
    try:
        state = rpc.call("consensus_state")["round_state"]
        waiting = rpc.call("num_unconfirmed_txs")["total"]
        peers = rpc.call("net_info")["n_peers"]
    except RpcFailed as failed:
        return str(failed)
    finally:
        rpc.close()
    return f"{state['height/round/step']}, {waiting} waiting, {peers} peers"


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-25:]) if path.exists() else ""


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Give four nodes, not started, in a folder with a short path: sockets stand in it."""
    needs_engine()
    use_network(monkeypatch.setattr)
    folder = Path(tempfile.mkdtemp(prefix="tj"))
    made = Cluster(folder, 4)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)
