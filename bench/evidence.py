"""Receipts: made by the node, verified by a stranger; of random rows, now and long ago."""

import os
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bench.limit import Limit
from bench.machine import percentile
from bench.report import Figure
from bench.town import Town
from tongjian.engines.chain import STORE_NAME, Chain
from tongjian.engines.receipts import Receipts
from tongjian.services.invoice.records import INVOICES
from tongjian.verifier.receipt import RowStatement, verify_receipt

SEED: Final = 19
PAST_HEIGHTS: Final = 4


def receipts(town: Town, acts: int, number: int, limit: Limit) -> Iterator[Figure]:
    """Yield rates of receipts of so many invoices, issued so many a transaction: now, and past."""
    rows = town.issued
    chance = random.Random(SEED)
    keys = [INVOICES.key(town.number(chance.randrange(rows))) for _ in range(number)]
    evict(town.folder / STORE_NAME)
    with town.home.open() as chain:
        start = time.perf_counter()
        _make(chain, keys, chain.height)
        cold_s = time.perf_counter() - start
        note = "by the clock; just opened, store not in memory"
        yield Figure("receipts made, cold", number / cold_s, "/s", note=note)
        warm_s, made = _make(chain, keys, chain.height)
        verified_s = _verify(town, made)
        core = "a second of one core"
        yield Figure("receipts made, warm", number / warm_s, "/s", None, "≥ 5,000/s", core)
        of_limit = number / verified_s / (1e6 / limit.cpu_us)
        yield Figure(
            "receipts verified",
            number / verified_s,
            "/s",
            of_limit,
            "≥ 5,000/s",
            f"{core}, of its L",
        )
        sizes = sorted(map(len, made))
        note = f"p99 {percentile(sizes, 0.99):,} B; {rows:,} rows, {chain.height:,} blocks"
        yield Figure("size of a receipt, p50", percentile(sizes, 0.5), "B", note=note)
        yield from _past(town, chain, (acts, max(number // PAST_HEIGHTS, 1)), chance)


def _past(
    town: Town, chain: Chain, portion: tuple[int, int], chance: random.Random
) -> Iterator[Figure]:
    """Yield what receipts of past heights cost, of rows that stood then."""
    acts, number = portion
    rebuilt: list[float] = []
    made_s = 0.0
    made: list[bytes] = []
    # Block 0 founds the ledger and block 1 registers the firms.
    heights = [chance.randrange(2, max(chain.height, 3)) for _ in range(PAST_HEIGHTS)]
    for height in heights:
        start = time.perf_counter()
        chain.prover.view(height)
        rebuilt.append((time.perf_counter() - start) * 1000)
        # Invoices are numbered as they are issued; the registration is a transaction as well.
        stood = (chain.log_size(height) - 1) * acts
        keys = [INVOICES.key(town.number(chance.randrange(stood))) for _ in range(number)]
        spent, receipts_then = _make(chain, keys, height)
        made_s += spent
        made += receipts_then
    entries = chain.prover.view(heights[0]).count
    note = f"middle of {PAST_HEIGHTS} heights, once each; {entries:,} entries"
    yield Figure("past root rebuilt", sorted(rebuilt)[len(rebuilt) // 2], "ms", note=note)
    yield Figure("receipts made at past heights", len(made) / made_s, "/s")
    yield Figure("receipts of past heights verified", len(made) / _verify(town, made), "/s")


def _make(chain: Chain, keys: Sequence[bytes], height: int) -> tuple[float, list[bytes]]:
    """Return seconds of processor time, and receipts."""
    maker = Receipts(chain)
    start = time.process_time()
    made = [maker.of_row(key, height) for key in keys]
    return time.process_time() - start, made


def _verify(town: Town, made: Sequence[bytes]) -> float:
    """Return the processor time it took to verify receipts, each of which proves a row."""
    anchors = town.home.anchors()
    start = time.process_time()
    verified = [verify_receipt(receipt, anchors) for receipt in made]
    spent = time.process_time() - start
    if not all(isinstance(each.statements[0], RowStatement) for each in verified):
        msg = "a receipt proves the absence of a row that was written"
        raise ValueError(msg)
    return spent


def evict(path: Path) -> None:
    """Ask the system to forget what it holds of a file in memory."""
    with path.open("rb") as file:
        os.fdatasync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
