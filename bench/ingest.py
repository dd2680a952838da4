"""Throughput: many signatures of one act, few of a hundred; and what they take on the disk."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.limit import Limit, mean
from bench.machine import child_cpu_s, disk_bytes
from bench.report import Figure
from bench.town import GROUP_ACTS, Town, submit_all
from tongjian.engines.chain import LOG_NAME, STORE_NAME

CHECKERS: Final = 2
DISK_MAX_BYTES: Final = 800


@dataclass(frozen=True)
class Run:
    """One timed submission of transactions."""

    acts: int
    wall_s: float
    node_cpu_s: float
    checkers_cpu_s: list[float]
    blocks: int
    limit: Limit

    @property
    def per_second(self) -> float:
        """Acts a second."""
        return self.acts / self.wall_s

    @property
    def of_limit(self) -> float:
        """Acts a second over verifications a second."""
        return self.per_second / self.limit.per_second


def timed(town: Town, envelopes: list[bytes], acts: int, limit: Callable[[], Limit]) -> Run:
    """Submit envelopes of so many acts each and return what it took."""
    before = limit()
    with town.home.engine(workers=CHECKERS) as engine:
        height = engine.chain.height
        children, cpu_s, start = child_cpu_s(), time.process_time(), time.perf_counter()
        submit_all(engine, envelopes, max(GROUP_ACTS // acts, 1))
        wall_s, node_s = time.perf_counter() - start, time.process_time() - cpu_s
        checkers = [now - was for now, was in zip(child_cpu_s(), children, strict=True)]
        blocks = engine.chain.height - height
    return Run(len(envelopes) * acts, wall_s, node_s, checkers, blocks, mean(before, limit()))


def single(
    runs: int,
    transactions: int,
    limit: Callable[[], Limit],
    towns: Callable[[], AbstractContextManager[Town]],
) -> Iterator[Figure]:
    """Yield the figures of transactions of one act, the middle one of some runs on new ledgers."""
    taken: list[Run] = []
    size = 0
    for _ in range(runs):
        with towns() as town:
            envelopes = list(town.issues(transactions, 1))
            size = len(envelopes[0])
            taken.append(timed(town, envelopes, 1, limit))
    taken.sort(key=lambda run: run.of_limit)
    run = taken[len(taken) // 2]
    all_runs = ", ".join(f"{each.of_limit:.2f}" for each in taken)
    note = f"{run.blocks} blocks and flushes; {size} B each; all runs ÷ L: {all_runs}"
    yield Figure(
        "invoice.issue, 1 act a signature", run.per_second, "tx/s", run.of_limit, "≥ 0.6 L", note
    )
    yield from _cost(run, "tx")


def hundred(acts: int, limit: Callable[[], Limit], town: Town) -> Iterator[Figure]:
    """Yield the figures of transactions of a hundred acts: a costly act, then a cheap one."""
    transactions = acts // 100
    for name, envelopes in (
        ("invoice.issue", list(town.issues(transactions, 100))),
        ("invoice.deliver", list(town.deliveries(transactions, 100))),
    ):
        run = timed(town, envelopes, 100, limit)
        note = f"{run.blocks} blocks and flushes; {len(envelopes[0]):,} B a transaction"
        yield Figure(
            f"{name}, 100 acts a signature",
            run.per_second,
            "acts/s",
            run.of_limit,
            "≥ 80,000/s",
            note,
        )
        yield from _cost(run, "acts")


def _cost(run: Run, each: str) -> Iterator[Figure]:
    """Yield what two cores would reach with nothing else to do, by processor time alone."""
    node_us = run.node_cpu_s / run.acts * 1e6
    checkers_us = sum(run.checkers_cpu_s) / run.acts * 1e6
    # The node is one thread; it and the checkers share two cores.
    slowest_us = max(node_us, (node_us + checkers_us) / 2)
    busy = (run.node_cpu_s + sum(run.checkers_cpu_s)) / run.wall_s
    note = f"node {node_us:.1f} µs + checkers {checkers_us:.1f} µs; {busy:.2f} cores were at work"
    yield Figure(
        "— by processor time alone",
        1e6 / slowest_us,
        f"{each}/s",
        run.limit.cpu_us / 2 / slowest_us,
        note=note,
    )


def disk(town: Town, number: int, each: str, empty: dict[str, int]) -> Iterator[Figure]:
    """Yield the bytes that each of a number of transactions, or acts, added to the disk."""
    grown = {name: size - empty[name] for name, size in files(town).items()}
    unit = f"B/{each}"
    for name, what in ((LOG_NAME, "block log"), (STORE_NAME, "store: rows, proofs, indexes")):
        yield Figure(f"— {what}", grown[name] / number, unit)
    total = sum(grown.values()) / number
    yield Figure("all files", total, unit, None, f"≤ {DISK_MAX_BYTES} B", f"of {number:,}")


def files(town: Town) -> dict[str, int]:
    """Return the size on disk of the block log and of the store."""
    return {name: disk_bytes(Path(town.folder / name)) for name in (LOG_NAME, STORE_NAME)}
