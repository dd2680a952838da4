"""What one caller alone waits for: from handing over a transaction to its durable outcome."""

import time
from collections.abc import Iterator

from bench.ingest import CHECKERS
from bench.machine import percentile
from bench.report import Figure
from bench.town import Town, require_committed


def alone(town: Town, commits: int) -> Iterator[Figure]:
    """Yield percentiles in ms over so many commits, one after the other."""
    envelopes = list(town.issues(commits, 1))
    taken: list[float] = []
    with town.home.engine(workers=CHECKERS) as engine:
        for envelope in envelopes:
            start = time.perf_counter()
            outcomes = engine.submit([envelope]).result()
            taken.append((time.perf_counter() - start) * 1000)
            require_committed(outcomes)
    taken.sort()
    note = f"{commits:,} commits, a block and a flush each; longest {taken[-1]:.1f} ms"
    yield Figure("wait for a commit, p50", percentile(taken, 0.5), "ms", None, "< 10 ms", note)
    yield Figure("wait for a commit, p90", percentile(taken, 0.9), "ms")
    yield Figure("wait for a commit, p99", percentile(taken, 0.99), "ms")
    yield Figure("commits one after the other", 1000 * commits / sum(taken), "tx/s")
