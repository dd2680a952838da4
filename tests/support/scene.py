"""One fault on one network under load: laid out, spoiled, mended, measured, checked."""

import contextlib
import os
import random
import resource
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final
from unittest import mock

from cluster import Cluster
from history import Entry, History, violations
from load import Load, network_anchors
from placing import Lines, Namespaces

from tongjian.engines.seals import network_seal
from tongjian.node import devnet
from tongjian.node.client import Client, NodeFailed, NodeSilent
from tongjian.node.clock import now_ms
from tongjian.node.home import Home

NOBODY: Final = bytes(32)
RECOVERY_S: Final = 120.0
PAUSE_S: Final = 0.05
AGE_MS: Final = 3_600_000
"""So long ago the network began: an engine whose clock is before that waits for it."""


@dataclass
class Report:
    """What one case came to."""

    case: str
    seed: str
    seconds: float = 0.0
    acknowledged: int = 0
    blocks: int = 0
    standstill_s: float = 0.0
    """The longest time in which no node recorded a block, the fault itself included."""
    recoveries_s: list[float] = field(default_factory=list[float])
    """From each mending until every node has recorded a block that was not there before."""
    during: str = ""
    """Blocks a second while the fault lasted, where the network is to go on."""
    violations: list[str] = field(default_factory=list[str])


class Watch(threading.Thread):
    """Asks one node where it stands, all the time."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self._client = Client([folder], 2)
        self.ended = threading.Event()
        self.points: list[tuple[float, int]] = []

    def run(self) -> None:
        while not self.ended.wait(PAUSE_S):
            with contextlib.suppress(NodeSilent, NodeFailed):
                tip = int(self._client.ask("outcome", NOBODY)[2])
                if not self.points or tip != self.points[-1][1]:
                    self.points.append((time.monotonic(), tip))
        self._client.close()

    @property
    def tip(self) -> int:
        return self.points[-1][1] if self.points else -1


class Scene:
    """A network under load, and what a case does to it."""

    def __init__(self, cluster: Cluster, lines: Lines, case: str, seed: str) -> None:
        self.cluster = cluster
        self.lines = lines
        self.chance = random.Random(f"{case}/{seed}")
        self.report = Report(case, seed)
        self.honest = set(range(len(cluster.places)))
        """Nodes that must agree in the end."""
        self.watches = [Watch(place.folder) for place in cluster.places]
        self.load: Load | None = None
        self.pace = 1.0
        """What pauses are multiplied by."""
        self.during: list[tuple[int, float]] = []
        """Blocks and seconds of each time in which the network went on."""
        self._began = 0.0
        self._finished = False

    # -- for cases ------------------------------------------------------------------------------

    def begin(self, *clients_at: int) -> None:
        """Start all nodes and the load; clients go to all honest nodes, or to those given."""
        self.cluster.start()
        self.begin_load(*clients_at)

    def begin_load(self, *clients_at: int) -> None:
        """Start the load on nodes that run, and wait until it is answered."""
        places = [self.cluster.places[n] for n in clients_at or sorted(self.honest)]
        origin = self.cluster.folder / "origin"
        anchors = network_anchors(origin)
        self.load = Load(self.report.seed, origin, [place.folder for place in places], anchors)
        self._began = time.monotonic()
        for watch in self.watches:
            watch.start()
        self.load.start()
        first = self.tip()
        self.cluster.wait(lambda: self.tip() >= first + 3, "blocks under load")
        self.pause(1, 2)

    def tip(self) -> int:
        """Return the greatest height that any node has."""
        return max(watch.tip for watch in self.watches)

    def pause(self, least_s: float, most_s: float) -> None:
        time.sleep(self.pace * self.chance.uniform(least_s, most_s))

    def any_node(self) -> int:
        return self.chance.choice(sorted(self.honest))

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Count the blocks a second of what happens within, where the network is to go on."""
        began, first = time.monotonic(), self.tip()
        yield
        self.cluster.wait(lambda: self.tip() > first, "the network to go on", RECOVERY_S)
        self.during.append(((self.tip() - first), (time.monotonic() - began)))
        blocks, seconds = map(sum, zip(*self.during, strict=True))
        self.report.during = f"{blocks / seconds:.1f}"

    def recovered(self, *nodes: int) -> None:
        """Wait from now until nodes, all honest ones by default, have a block that is new now."""
        began = time.monotonic()
        time.sleep(3 * PAUSE_S)  # a killed node's last block may not have been seen yet
        first = self.tip()
        chosen = nodes or tuple(sorted(self.honest))
        self.cluster.wait(
            lambda: all(self.watches[n].tip > first for n in chosen),
            f"nodes {chosen} to pass height {first}",
            RECOVERY_S,
        )
        last = max(min(at for at, tip in self.watches[n].points if tip > first) for n in chosen)
        self.report.recoveries_s.append(last - began)

    def suspend(self, number: int, *, resume: bool = False) -> None:
        """Stop or continue both processes of a node by a signal."""
        sent = signal.SIGCONT if resume else signal.SIGSTOP
        for pid in self.pids(number):
            os.kill(pid, sent)

    def pids(self, number: int) -> list[int]:
        """Return the processes of a node: its own and those it is the parent of."""
        process = self.cluster.processes[number]
        assert process is not None
        children = Path(f"/proc/{process.pid}/task").glob("*/children")
        found = {int(pid) for path in children for pid in path.read_text("utf-8").split()}
        return [process.pid, *sorted(found)]

    def give_room(self, number: int) -> None:
        """Lift the limit that a node has on the size of its files."""
        for pid in self.pids(number):
            resource.prlimit(
                pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            )

    # -- the end --------------------------------------------------------------------------------

    def finish(self) -> Report:
        """End the load, compare every node at every height, check the history; once."""
        if self._finished:
            return self.report
        self._finished = True
        assert self.load is not None
        history = self.load.stop()
        self.report.seconds = time.monotonic() - self._began
        honest = sorted(self.honest)
        self.cluster.agree(*honest)
        told = {f"node {n}": self._told(n, history) for n in honest}
        for watch in self.watches:
            watch.ended.set()
            watch.join()
        self._measure()
        self.cluster.stop()
        ledgers = [self._ledger(n) for n in honest]
        report = self.report
        report.acknowledged = history.acknowledged
        report.violations += violations(history, ledgers[0][1], told)
        for number, ledger in zip(honest[1:], ledgers[1:], strict=True):
            report.violations += _unlike(number, ledgers[0], ledger)
        return report

    def _told(self, number: int, history: History) -> dict[bytes, tuple[int, str]]:
        client = self.cluster.client(number)
        found = {}
        for identity in history.asked:
            height, refusal, _ = client.outcome(identity)
            found[identity] = height, refusal
        client.close()
        return found

    def _ledger(self, number: int) -> tuple[list[tuple[bytes, bytes]], list[Entry]]:
        """Return header hash and block of the engine of each height, and the entries, as stored."""
        place = self.cluster.places[number]
        with Home(place.folder).open() as chain:
            blocks: list[tuple[bytes, bytes]] = []
            entries: list[Entry] = []
            for height in range(chain.height + 1):
                seal = network_seal(chain.sealed(height).seal)
                if seal is not None:
                    body = chain.body(height)
                    decisions = body.decisions[len(body.timers) :]
                    for data, decided in zip(body.envelopes, decisions, strict=True):
                        identity = chain.opener.open_trusted(data).id
                        entries.append(Entry(height, identity, decided.outcome))
                name = b"" if seal is None else bytes(seal.block)
                blocks.append((chain.hash_of(chain.header(height)), name))
        return blocks, entries

    def _measure(self) -> None:
        points = sorted(point for watch in self.watches for point in watch.points)
        highest, moments = -1, [self._began]
        first = 0
        for at, tip in points:
            if tip > highest:
                first = tip if highest < 0 else first
                highest = tip
                moments.append(at)
        self.report.blocks = highest - first
        moments.append(self._began + self.report.seconds)
        gaps = [b - a for a, b in pairwise(moments)]
        self.report.standstill_s = max(gaps)


def _unlike(
    number: int,
    one: tuple[list[tuple[bytes, bytes]], list[Entry]],
    other: tuple[list[tuple[bytes, bytes]], list[Entry]],
) -> list[str]:
    if one == other:
        return []
    pairs = enumerate(zip(one[0], other[0], strict=False))
    height = next((h for h, (a, b) in pairs if a != b), min(len(one[0]), len(other[0])))
    return [f"node {number} has another ledger from height {height} on"]


Act = Callable[[Scene], None]


def play(case: str, act: Act, seed: str, *, how: str = "relay", nodes: int = 4) -> Report:
    """Lay out a network, let a case happen to it, and report; raises where it does not recover.

    The process runs the registry of `use_network`.
    """
    folder = Path(tempfile.mkdtemp(prefix="tj"))
    lines: Lines | None = None
    cluster: Cluster | None = None
    try:
        with mock.patch.object(devnet, "now_ms", return_value=now_ms() - AGE_MS):
            cluster = Cluster(folder, nodes)
        make: dict[str, Callable[[], Lines]] = {
            "relay": lambda: Lines(folder, cluster.places, seed),
            "namespaces": lambda: Namespaces(folder, cluster.places, seed),
            "namespaces and relay": lambda: Namespaces(folder, cluster.places, seed, relayed=True),
        }
        lines = make[how]()
        cluster.wrap = lines.command
        lines.start()
        scene = Scene(cluster, lines, case, seed)
        act(scene)
        return scene.finish()
    finally:
        if cluster is not None:
            end(cluster)
        if lines is not None:
            lines.stop()
        shutil.rmtree(folder)


def end(cluster: Cluster) -> None:
    """End what still runs, even where it is suspended."""
    for process in cluster.processes:
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGCONT)
    cluster.stop()
