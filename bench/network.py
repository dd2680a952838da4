"""Four validators on this machine beside CometBFT with its built-in key-value store, in one run.

The control checks no signature, keeps no history and proves nothing: it is what the engine itself
costs. Every node of both needs the two cores, so what counts is processor time: a node of a real
network has its own.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgspec import msgpack

from bench import network_recovery
from bench.machine import percentile
from bench.nodes import NODES, Control, Network
from bench.report import Figure
from bench.town import Town, temporary_town
from bench.workers import run_together

CONNECTIONS: Final = 4
"""Of each node's client."""
GROUP: Final = 200
"""Transactions of one act that a connection hands over at once."""
GROUP_HUNDRED: Final = 4
"""Transactions of a hundred acts: as many bytes."""
SHARE: Final = 20
"""Transactions of a hundred acts are as many times fewer than those of one."""
CORES: Final = 2
TARGETS: Final = (
    ("invoice.issue, 1 act a signature", "tx/s", "≥ 3,000/s", 0.35),
    ("invoice.issue, 100 acts a signature", "acts/s", "", 1.5),
    ("invoice.deliver, 100 acts a signature", "acts/s", "", 1.5),
)


@dataclass(frozen=True)
class Run:
    """One timed submission of as many transactions at each node."""

    done: int
    wall_s: float
    nodes_cpu_s: float
    clients_cpu_s: float
    latencies: Sequence[float]

    @property
    def per_second(self) -> float:
        """What was durable, a second."""
        return self.done / self.wall_s

    @property
    def cpu_us(self) -> float:
        """Processor time of all four nodes for each, in µs."""
        return self.nodes_cpu_s / self.done * 1e6

    def note(self) -> str:
        """Say what it cost."""
        busy = (self.nodes_cpu_s + self.clients_cpu_s) / self.wall_s
        return (
            f"{self.cpu_us:,.0f} µs of processor time on four nodes, {busy:.2f} cores at work; a "
            f"group waits {percentile(self.latencies, 0.5) * 1000:,.0f} ms"
        )


def figures(transactions: int, commits: int, rounds: int, place: Path | None) -> Iterator[Figure]:
    """Yield everything: rates beside the control's, latency, a node down, recoveries."""
    with _both(place) as (town, network, control, folder):
        before = _control(control, transactions, folder)
        network.start()
        network.wait_connected()
        rates = list(_rates(network, town, transactions // NODES, folder))
        others = list(network_recovery.idle(network, town, commits))
        if rounds:
            others += network_recovery.one_down(network, town)
            others += network_recovery.recoveries(network, town, rounds)
        network.stop()
        after = _control(control, transactions, folder)
        yield from _beside(rates, before, after)
        yield from others


@contextmanager
def _both(place: Path | None) -> Iterator[tuple[Town, Network, Control, Path]]:
    with ExitStack() as stack:
        town = stack.enter_context(temporary_town(place))
        # Sockets stand in it, whose paths must be short.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tj")))
        network = Network(town, folder)
        stack.callback(network.stop)
        control = Control(network, folder)
        stack.callback(control.stop)
        yield town, network, control, folder


def _beside(rates: Sequence[Run], before: Run, after: Run) -> Iterator[Figure]:
    """Yield the rates, and what they are of the control's before and after."""
    rate = (before.per_second + after.per_second) / 2
    cpu_us = (before.cpu_us + after.cpu_us) / 2
    note = f"{before.per_second:,.0f} before, {after.per_second:,.0f} after; {before.note()}"
    yield Figure("control: kvstore, transactions of 330 B", rate, "tx/s", note=note)
    for (what, unit, target, share), run in zip(TARGETS, rates, strict=True):
        yield Figure(what, run.per_second, unit, None, target, run.note())
        yield Figure("— of the control's rate", run.per_second / rate, "×", None, f"≥ {share}")
        yield Figure(
            "— the same by processor time",
            cpu_us / run.cpu_us,
            "×",
            note=f"both cores busy: {CORES / run.cpu_us * 1e6:,.0f} {unit}",
        )


def _rates(network: Network, town: Town, each: int, folder: Path) -> Iterator[Run]:
    """Yield a run of single acts, then of a costly act in hundreds, then of a cheap one."""
    hundreds = max(each // SHARE, 1)
    singles = [list(town.issues(each, 1)) for _ in range(NODES)]
    yield _run("ours", network, network.folders, singles, 1, folder)
    since = [town.issued + number * hundreds * 100 for number in range(NODES)]
    issues = [list(town.issues(hundreds, 100)) for _ in range(NODES)]
    yield _run("ours", network, network.folders, issues, 100, folder)
    deliveries = [list(town.deliveries(hundreds, 100, first)) for first in since]
    yield _run("ours", network, network.folders, deliveries, 100, folder)


def _control(control: Control, transactions: int, folder: Path) -> Run:
    control.start()
    try:
        jobs = [[_pair() for _ in range(transactions // NODES)] for _ in range(NODES)]
        return _run("control", control, control.folders, jobs, 1, folder)
    finally:
        control.stop()


def _pair() -> bytes:
    """Return a transaction of the control as large as one of ours, 330 bytes."""
    return f"{os.urandom(16).hex()}={os.urandom(148).hex()}a".encode()


def _run(
    side: str,
    nodes: Network | Control,
    folders: Sequence[Path],
    jobs: Sequence[list[bytes]],
    acts: int,
    folder: Path,
) -> Run:
    group = GROUP if acts == 1 else GROUP_HUNDRED
    arguments: list[list[str]] = []
    for number, (node, data) in enumerate(zip(folders, jobs, strict=True)):
        file = folder / f"{side}-{acts}-{number}.jobs"
        file.write_bytes(msgpack.encode(data))
        arguments.append([side, str(node), str(file), str(group), str(CONNECTIONS), str(NODES)])
    before = nodes.cpu_s()
    told = run_together("bench.network_load", arguments)
    return Run(
        sum(map(len, jobs)) * acts,
        max(each["wall_s"] for each in told),
        nodes.cpu_s() - before,
        sum(each["cpu_s"] for each in told),
        sorted(latency for each in told for latency in each["latencies"]),
    )
