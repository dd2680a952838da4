"""The scenarios by name, and how large each is made."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from bench import (
    credentials,
    evidence,
    ingest,
    latency,
    network,
    opening,
    permissions,
    plain,
    plain_postgres,
    plain_sqlite,
    stages,
    suites,
)
from bench.limit import Limit, mean, measure_limit
from bench.machine import load
from bench.report import Figure, Section
from bench.town import Town, submit_all, temporary_town
from tongjian.node.supervisor import EngineMissing


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    limit_s: float = 2.0
    """Seconds of each measurement of the limit."""
    runs: int = 3
    transactions: int = 100_000
    """Of one act each; also the rows of the ledger that receipts and replay are made from."""
    acts: int = 200_000
    """In transactions of a hundred."""
    commits: int = 2_000
    """Of one caller alone, and of one client of a database."""
    receipts: int = 4_000
    stage_acts: int = 20_000
    network: int = 20_000
    """Transactions of a network of four, of one act each."""
    network_commits: int = 100
    """One after the other in an idle network."""
    network_rounds: int = 3
    """Kills and recoveries of each kind; with none, no node goes down at all."""
    records: int = 0
    """Of the large ledger; 0 leaves it out."""

    def scaled(self, acts: int) -> "Sizes":
        """Return the same with so many acts in each measurement of throughput."""
        return replace(self, transactions=acts, acts=max(acts // 100, 1) * 100)


FULL: Final = Sizes()
QUICK: Final = Sizes(
    limit_s=0.5,
    runs=1,
    transactions=10_000,
    acts=20_000,
    commits=300,
    receipts=500,
    stage_acts=4_000,
    network=4_000,
    network_commits=20,
    network_rounds=1,
)
LARGE_RECORDS: Final = 1_000_000


class Workshop:
    """Makes ledgers for scenarios; the one of single acts serves several of them."""

    def __init__(self, sizes: Sizes, place: Path | None) -> None:
        """Put temporary folders into a place, by default that of the system."""
        self.sizes = sizes
        self.place = place
        self._stack = ExitStack()
        self._filled: Town | None = None
        self.empty: dict[str, int] = {}
        """File sizes of the shared ledger before its transactions."""

    def limit(self) -> Limit:
        """Measure the limit of this moment."""
        return measure_limit(self.sizes.limit_s)

    def filled(self) -> Town:
        """Return a ledger of single acts, made on first use and shared."""
        if self._filled is None:
            town = self._stack.enter_context(temporary_town(self.place))
            self.empty = ingest.files(town)
            with town.home.engine(workers=ingest.CHECKERS) as engine:
                submit_all(engine, list(town.issues(self.sizes.transactions, 1)), 1_000)
            self._filled = town
        return self._filled

    def close(self) -> None:
        """Remove the shared ledger."""
        self._stack.close()


# -- scenarios ------------------------------------------------------------------------------------


def single(shop: Workshop) -> Iterator[Figure]:
    """One act a transaction, a hundred signers."""
    sizes = shop.sizes
    return ingest.single(
        sizes.runs, sizes.transactions, shop.limit, lambda: temporary_town(shop.place)
    )


def hundred(shop: Workshop) -> Iterator[Figure]:
    """A hundred acts a signature."""
    with temporary_town(shop.place) as town:
        yield from ingest.hundred(shop.sizes.acts, shop.limit, town)


def alone(shop: Workshop) -> Iterator[Figure]:
    """One caller alone, who waits for each commit."""
    with temporary_town(shop.place) as town:
        yield from latency.alone(town, shop.sizes.commits)


def disk(shop: Workshop) -> Iterator[Figure]:
    """Bytes on disk a transaction, all indexes included."""
    return ingest.disk(shop.filled(), shop.sizes.transactions, "tx", shop.empty)


def receipts(shop: Workshop) -> Iterator[Figure]:
    """Receipts made and verified."""
    return evidence.receipts(shop.filled(), 1, shop.sizes.receipts, shop.limit())


def replay(shop: Workshop) -> Iterator[Figure]:
    """Opening, and replay of a lost state from the block log, one act a signature."""
    return opening.opening(shop.filled(), shop.sizes.transactions, 1)


def large(shop: Workshop) -> Iterator[Figure]:
    """Memory, start-up and replay of a large ledger, a hundred acts a signature."""
    transactions = shop.sizes.records // 100
    with temporary_town(shop.place) as town:
        empty = ingest.files(town)
        with town.home.engine(workers=ingest.CHECKERS) as engine:
            # In portions: a million signed transactions need not stand in memory at once.
            for start in range(0, transactions, 1_000):
                portion = min(1_000, transactions - start)
                submit_all(engine, list(town.issues(portion, 100)), 10)
        yield from ingest.disk(town, transactions * 100, "act", empty)
        yield from evidence.receipts(town, 100, shop.sizes.receipts, shop.limit())
        yield from opening.opening(town, transactions, 100)


def sqlite(shop: Workshop) -> Iterator[Figure]:
    """A hash-chained table in SQLite."""
    with temporary_town(shop.place) as town, _scratch(shop.place) as folder:
        jobs = _jobs(shop, town, folder)
        table = folder / "table.db"
        plain_sqlite.create(table)
        yield from plain.figures(
            "SQLite (WAL, FULL)",
            "bench.plain_sqlite",
            lambda path, batch: [str(table), str(path), str(batch)],
            jobs,
            shop.limit,
        )


def postgres(shop: Workshop) -> Iterator[Figure]:
    """A hash-chained table in PostgreSQL."""
    programs = plain_postgres.find_programs()
    with temporary_town(shop.place) as town, _scratch(shop.place) as folder:
        jobs = _jobs(shop, town, folder)
        with plain_postgres.cluster(programs, folder / "cluster") as socket:
            yield from plain.figures(
                "PostgreSQL",
                "bench.plain_postgres",
                lambda path, batch: [str(socket), str(path), str(batch)],
                jobs,
                shop.limit,
            )


def breakdown(shop: Workshop) -> Iterator[Figure]:
    """Processor time of each stage, in µs an act, on one thread with its clock's cost taken off."""
    for acts in (1, 100):
        with temporary_town(shop.place) as town:
            spent = stages.break_down(town, shop.sizes.stage_acts // acts, acts)
        what = f"{acts} act{'s' if acts > 1 else ''} a signature"
        rest = sum(spent.values()) - spent[stages.SIGNATURE]
        yield Figure(f"all but signatures, {what}", rest, "µs", None, "≤ 20 µs")
        for stage, us in spent.items():
            yield Figure(f"— {stage}", us, "µs")


def signatures(shop: Workshop) -> Iterator[Figure]:
    """Every signature suite beside its bare library, and a ledger of SM3 and SM2."""
    sizes = shop.sizes
    yield from suites.rates(sizes.limit_s)
    transactions = max(sizes.transactions // suites.LEDGER_SHARE, 1)
    towns = partial(temporary_town, shop.place, "sm2")
    yield from suites.ledger(transactions, sizes.limit_s, towns)


def validators(shop: Workshop) -> Iterator[Figure]:
    """Four validators of a network on this machine, beside CometBFT's own key-value store."""
    sizes = shop.sizes
    return network.figures(sizes.network, sizes.network_commits, sizes.network_rounds, shop.place)


def issuing(shop: Workshop) -> Iterator[Figure]:
    """Credentials made, recorded and verified on one core."""
    return credentials.figures(shop.sizes.limit_s, shop.place)


Scenario = Callable[[Workshop], Iterator[Figure]]
SCENARIOS: Final[dict[str, tuple[str, Scenario]]] = {
    "single": ("Throughput, one act a signature", single),
    "hundred": ("Throughput, a hundred acts a signature", hundred),
    "alone": ("One caller alone", alone),
    "disk": ("Disk", disk),
    "receipts": ("Receipts", receipts),
    "replay": ("Opening and replay", replay),
    "large": ("A large ledger", large),
    "sqlite": ("Control: SQLite", sqlite),
    "postgres": ("Control: PostgreSQL", postgres),
    "network": ("Four validators on this machine", validators),
    "suites": ("Signature suites, ÷ their bare libraries", signatures),
    "credentials": ("Credentials on one core", issuing),
    "permissions": ("Who may, an act", lambda _: permissions.figures()),
    "stages": ("Where the time goes", breakdown),
}


def run(name: str, shop: Workshop) -> Section:
    """Run a scenario with the limit measured before and after it."""
    title, scenario = SCENARIOS[name]
    section = Section(name, title)
    before = shop.limit()
    try:
        section.figures = list(scenario(shop))
    except (plain_postgres.Missing, EngineMissing) as missing:
        section.skipped = str(missing)
        return section
    section.limit = mean(before, shop.limit())
    section.load = load()
    return section


def _jobs(shop: Workshop, town: Town, folder: Path) -> tuple[list[Path], list[Path]]:
    """Return files of transactions for batches and for single commits."""
    singles = folder / "singles"
    singles.mkdir()
    return (
        plain.write_jobs(town, shop.sizes.transactions, folder),
        plain.write_jobs(town, shop.sizes.commits * plain.CLIENTS, singles),
    )


@contextmanager
def _scratch(place: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tongjian-bench-", dir=place) as folder:
        yield Path(folder)
