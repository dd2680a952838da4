"""A client of a network as a process: `python -m bench.network_load ours|control FOLDER JOBS …`.

It gets ready with everything prepared, starts when told and reports how long it took until all that
it had submitted was durable at its node. Both sides have the same pattern: a number of connections,
each of which hands over a group, and the next when that is taken.
"""

import base64
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import msgpack

from bench.nodes import stored
from bench.town import require_committed
from bench.workers import ready, report
from tongjian.engines.comet.rpc import Rpc
from tongjian.engines.outcomes import Busy, Outcome
from tongjian.node.client import Client
from tongjian.node.engine_home import EngineHome


def main(side: str, folder: Path, jobs: Path, group: int, connections: int) -> None:
    """Submit a file's transactions to one node."""
    data: list[bytes] = msgpack.decode(jobs.read_bytes())
    groups = [data[at : at + group] for at in range(0, len(data), group)]
    make = _ours if side == "ours" else _control
    send = [make(folder, groups[n::connections]) for n in range(connections)]
    latencies: list[float] = []
    before = stored(folder) if side == "control" else 0
    ready()
    began, cpu = time.perf_counter(), time.process_time()
    threads = [threading.Thread(target=each, args=(latencies,)) for each in send]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if side == "control":
        # All clients submit as many; the store counts those of all.
        total = before + int(sys.argv[6]) * len(data)
        while stored(folder) < total:
            time.sleep(0.01)
    wall_s = time.perf_counter() - began
    report({"wall_s": wall_s, "cpu_s": time.process_time() - cpu, "latencies": latencies})


def _ours(folder: Path, groups: list[list[bytes]]) -> Callable[[list[float]], None]:
    client = Client([folder])

    def send(latencies: list[float]) -> None:
        for group in groups:
            start = time.perf_counter()
            require_committed(_submit(client, group))
            latencies.append(time.perf_counter() - start)

    return send


def _submit(client: Client, group: list[bytes]) -> list[Outcome]:
    while True:
        try:
            return client.submit(group)
        except Busy as busy:
            time.sleep(busy.retry_after_ms / 1000)


def _control(folder: Path, groups: list[list[bytes]]) -> Callable[[list[float]], None]:
    bodies = [json.dumps([_call(n, tx) for n, tx in enumerate(group)]) for group in groups]
    rpc = Rpc(EngineHome(folder).rpc)

    def send(latencies: list[float]) -> None:
        for body in bodies:
            start = time.perf_counter()
            # A batch, which the product has no need of.
            answers: Any = rpc._post(body)  # noqa: SLF001
            failed = [answer for answer in answers if "error" in answer]
            if failed:
                raise RuntimeError(str(failed[0]))
            latencies.append(time.perf_counter() - start)

    return send


def _call(number: int, transaction: bytes) -> dict[str, Any]:
    text = base64.b64encode(transaction).decode("ascii")
    return {
        "jsonrpc": "2.0",
        "id": number,
        "method": "broadcast_tx_async",
        "params": {"tx": text},
    }


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
