"""What an office would do instead: a hash-chained audit table in a database it knows.

A client checks the Ed25519 signature, reads the head of the chain, inserts the row with the hash of
the one before, moves the head, commits. Two clients, the same transactions, the library that the
ledger uses. There are no roles, no receipts, no proofs, and an administrator can rewrite the chain.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ed25519_zebra import ed_verify
from msgspec import msgpack

from bench.limit import Limit, mean
from bench.machine import percentile
from bench.report import Figure
from bench.town import Town
from bench.workers import ready, report, run_together
from tongjian.catalogue import load_registry
from tongjian.core.envelope import Opener
from tongjian.core.hashing import sha256

CLIENTS: Final = 2
BATCH: Final = 1_000


class Signed(NamedTuple):
    """A transaction as a client of a plain database has it."""

    id: bytes
    public: bytes
    message: bytes
    signature: bytes


Append = Callable[[Sequence[Signed]], None]
"""Adds rows to the chained table and commits."""


def write_jobs(town: Town, transactions: int, folder: Path) -> list[Path]:
    """Write the town's transactions for each client to a file; return the files."""
    opener = Opener(load_registry(), town.chain, sha256)
    public = {key.id: key.public for key in town.keys}
    jobs = [
        Signed(opened.id, public[opened.transaction.signers[0]], opened.message, *opened.signatures)
        for opened in map(opener.open, town.issues(transactions, 1))
    ]
    paths: list[Path] = []
    for client in range(CLIENTS):
        paths.append(folder / f"jobs-{client}")
        paths[-1].write_bytes(msgpack.encode(jobs[client::CLIENTS]))
    return paths


def work(path: Path, connect: Callable[[], Append], batch: int) -> None:
    """Check and append a client's transactions, so many a commit; report what it took."""
    jobs = msgpack.decode(path.read_bytes(), type=list[Signed])
    append = connect()
    ready()
    taken: list[float] = []
    for start in range(0, len(jobs), batch):
        begun = time.perf_counter()
        portion = jobs[start : start + batch]
        for job in portion:
            if not ed_verify(job.signature, job.message, job.public):
                msg = "a signature just made does not hold"
                raise RuntimeError(msg)
        append(portion)
        taken.append(time.perf_counter() - begun)
    report({"transactions": len(jobs), "taken_s": taken})


def chained(head: bytes, jobs: Sequence[Signed]) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    """Yield the rows of transactions after a head: id, message, signature, hash of the chain."""
    for job in jobs:
        head = hashlib.sha256(head + job.message + job.signature).digest()
        yield job.id, job.message, job.signature, head


def figures(
    name: str,
    module: str,
    arguments: Callable[[Path, int], list[str]],
    jobs: tuple[list[Path], list[Path]],
    limit: Callable[[], Limit],
) -> Iterator[Figure]:
    """Yield the figures of a database: batches by all clients, then single commits by one.

    `jobs` are the files for the batches and for the single commits.
    """
    batches, singles = jobs
    before = limit()
    told = run_together(module, [arguments(path, BATCH) for path in batches])
    now = mean(before, limit())
    rate = sum(each["transactions"] for each in told) / max(sum(each["taken_s"]) for each in told)
    what = f"{name}, {CLIENTS} clients, {BATCH:,} a commit"
    yield Figure(what, rate, "tx/s", rate / now.per_second, note="control: no proofs, no roles")
    told = run_together(module, [arguments(singles[0], 1)])
    taken = sorted(told[0]["taken_s"])
    rate = len(taken) / sum(taken)
    p50_ms, p99_ms = percentile(taken, 0.5) * 1000, percentile(taken, 0.99) * 1000
    yield Figure(
        f"{name}, 1 client, 1 a commit",
        rate,
        "tx/s",
        rate / now.per_second,
        note=f"p50 {p50_ms:.2f} ms, p99 {p99_ms:.2f} ms",
    )
