"""What a network of four does while one node is down, and how soon it is back after kills."""

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench.machine import percentile
from bench.nodes import NODES, Network, wait
from bench.report import Figure
from bench.town import Town, require_committed
from tongjian.engines.outcomes import Busy
from tongjian.node.client import Client, NodeFailed, NodeSilent

PAUSE_S: Final = 0.1
"""Between two transactions of an idle network: nothing of the one before is under way."""
DOWN_S: Final = 5.0
"""How long blocks are counted while a node is down."""


def idle(network: Network, town: Town, commits: int) -> Iterator[Figure]:
    """Yield how long one caller alone waits for a commit, at each node in turn."""
    clients = [Client([folder]) for folder in network.folders]
    taken: list[float] = []
    for number, envelope in enumerate(town.issues(commits, 1)):
        time.sleep(PAUSE_S)
        start = time.perf_counter()
        require_committed(clients[number % NODES].submit([envelope]))
        taken.append((time.perf_counter() - start) * 1000)
    for client in clients:
        client.close()
    taken.sort()
    note = f"{commits} transactions, one each {PAUSE_S:.1f} s, at the nodes in turn"
    yield Figure(
        "idle network, wait for a commit, p50", percentile(taken, 0.5), "ms", None, "≤ 60 ms", note
    )
    yield Figure("— p99", percentile(taken, 0.99), "ms")


@contextmanager
def under_load(network: Network, town: Town, *numbers: int) -> Iterator[None]:
    """Keep nodes busy: a client that submits a transaction after the other, and asks again."""
    ended = threading.Event()

    def send() -> None:
        client = Client([network.folders[number] for number in numbers], 20)
        while not ended.is_set():
            envelope = next(town.issues(1, 1))
            try:
                client.submit([envelope])
            except (Busy, NodeSilent, NodeFailed):
                time.sleep(PAUSE_S)
        client.close()

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def one_down(network: Network, town: Town) -> Iterator[Figure]:
    """Yield the blocks a second that three make while the fourth is dead."""
    network.kill(NODES - 1)
    with under_load(network, town, 0, 1):
        time.sleep(1)
        began, first = time.perf_counter(), network.standing(0)["engine_blocks"]
        time.sleep(DOWN_S)
        made = network.standing(0)["engine_blocks"] - first
        rate = made / (time.perf_counter() - began)
    note = f"{made} blocks of the engine in {DOWN_S:.0f} s, one client's transactions"
    yield Figure("one node down, blocks", rate, "/s", None, "≥ 4/s", note)
    network.start(NODES - 1)
    network.wait_connected()


def recoveries(network: Network, town: Town, rounds: int) -> Iterator[Figure]:
    """Yield the seconds until a network whose processes were killed is whole again."""
    for what, target, once in (
        ("kill -9 of an engine, node at the tip", "", _engine),
        ("kill -9 of an application, node at the tip", "≤ 3 s", _application),
    ):
        taken = sorted(once(network, town, number) for number in range(rounds))
        note = "started again at once, the others at work; all rounds: "
        yield Figure(what, statistics.median(taken), "s", None, target, note + _told(taken))
    alls = [_everything(network, town) for _ in range(rounds)]
    for place, (what, target) in enumerate(
        (
            ("kill -9 of all processes, next block", "≤ 5 s"),
            ("— all four at the tip", ""),
        )
    ):
        taken = sorted(each[place] for each in alls)
        yield Figure(
            what, statistics.median(taken), "s", None, target, "all rounds: " + _told(taken)
        )


def _told(taken: list[float]) -> str:
    return ", ".join(f"{each:.1f}" for each in taken)


def _engine(network: Network, town: Town, number: int) -> float:
    others = [n for n in range(NODES) if n != number]
    with under_load(network, town, *others[:2]):
        starts = network.standing(number)["engine_starts"]
        began = time.perf_counter()
        network.kill(number, engine=True)
        wait(lambda: network.standing(number).get("engine_starts", 0) > starts, "the engine")
        _wait_tip(network, number, others[0])
        return time.perf_counter() - began


def _application(network: Network, town: Town, number: int) -> float:
    others = [n for n in range(NODES) if n != number]
    with under_load(network, town, *others[:2]):
        began = time.perf_counter()
        network.kill(number)
        network.start(number)
        _wait_tip(network, number, others[0])
        return time.perf_counter() - began


def _wait_tip(network: Network, number: int, other: int) -> None:
    """Wait until a node has decided what another had when it was looked at first."""
    _wait_height(network, number, network.standing(other)["height"] + 1)


def _wait_height(network: Network, number: int, height: int) -> None:
    def stands() -> bool:
        return bool(network.standing(number).get("height", -1) >= height)

    wait(stands, f"node {number} at height {height}")


def _everything(network: Network, town: Town) -> tuple[float, float]:
    envelope = next(town.issues(1, 1))
    network.kill(*range(NODES))
    began = time.perf_counter()
    network.start()
    client = Client(network.folders, 20)
    while True:
        try:
            (outcome,) = client.submit([envelope])
        except NodeSilent:
            time.sleep(0.01)
            continue
        break
    client.close()
    require_committed([outcome])
    next_block_s = time.perf_counter() - began
    for number in range(NODES):
        _wait_height(network, number, outcome.height)
    return next_block_s, time.perf_counter() - began
