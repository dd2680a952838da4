"""Opening a ledger: start-up time, memory, and the rate at which the block log is replayed.

Measured in a process of its own, so that nothing is warm in it: `python -m bench.opening FOLDER`.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.machine import memory_mib
from bench.report import Figure
from bench.town import Town
from bench.workers import ready, report, run_together
from tongjian.engines.chain import LOG_NAME, STORE_NAME
from tongjian.node.home import Home


def opening(town: Town, transactions: int, acts: int) -> Iterator[Figure]:
    """Yield start-up time and memory, then what a replay of all blocks takes."""
    told = _open(town)
    _require_replayed(told, 0)
    records = transactions * acts
    what = f"{records:,} records"
    yield Figure(
        "open", told["open_s"], "s", note=f"{what}, {told['height']:,} blocks; imports excluded"
    )
    yield Figure("memory after opening", told["resident_mib"], "MiB")
    (town.folder / STORE_NAME).unlink()
    told = _open(town)
    _require_replayed(told, told["height"] + 1)
    log_bytes = (town.folder / LOG_NAME).stat().st_size
    seconds = told["open_s"]
    note = f"signatures, rules and roots checked anew; {log_bytes / seconds / 1e6:.1f} MB/s of log"
    yield Figure("replay of all blocks", seconds, "s", note=what)
    each = "acts" if acts > 1 else "tx"
    yield Figure("— replayed", records / seconds, f"{each}/s", note=note)
    yield Figure("— by processor time alone", records / told["cpu_s"], f"{each}/s")
    yield Figure("memory after the replay", told["resident_mib"], "MiB")
    yield Figure("memory at its peak", told["peak_mib"], "MiB")


def _open(town: Town) -> dict[str, float]:
    return run_together("bench.opening", [[str(town.folder)]])[0]


def _require_replayed(told: dict[str, float], blocks: float) -> None:
    """Refuse a figure of something else than was meant."""
    if told["replayed"] != blocks:
        msg = f"{told['replayed']} blocks were replayed where {blocks} were expected"
        raise ValueError(msg)


def _measure(folder: Path) -> None:
    home = Home(folder)
    ready()
    cpu_s, start = time.process_time(), time.perf_counter()
    with home.open(writable=True) as chain:
        open_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu_s
        resident_mib, peak_mib = memory_mib()
        report(
            {
                "open_s": open_s,
                "cpu_s": cpu_s,
                "height": chain.height,
                "replayed": chain.opened.replayed,
                "resident_mib": resident_mib,
                "peak_mib": peak_mib,
            }
        )


if __name__ == "__main__":
    _measure(Path(sys.argv[1]))
