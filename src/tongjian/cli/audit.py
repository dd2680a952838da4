"""The auditor: recompute a ledger from its blocks, compare two, decide a decision again."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tongjian.cli.command import RECORDS, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.core.genesis import Genesis
    from tongjian.core.registry import Registry
    from tongjian.engines.audit.compare import Ledger

REPLAY: Final = "tongjian audit replay --log blocks.log --genesis genesis.json"
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers", min=0, help="Processes that check signatures; 0 does all in one process."
    ),
]
LedgerArgument = Annotated[Path, typer.Argument(metavar="LEDGER", help="Folder of a ledger.")]


def add_to(app: typer.Typer) -> None:
    """Add the group of this module."""
    group = typer.Typer(
        help="Recompute and compare, trusting nobody: exit code 4 where something differs.",
        no_args_is_help=True,
    )
    command(group, "replay", panel=RECORDS)(replay)
    command(group, "compare", panel=RECORDS)(compare)
    command(group, "rerun", panel=RECORDS)(rerun)
    app.add_typer(group, name="audit", rich_help_panel=RECORDS)


def replay(
    surface: Surface,
    log: Annotated[Path, typer.Option("--log", metavar="FILE", help="The ledger's blocks.log.")],
    genesis: Annotated[
        Path,
        typer.Option(
            "--genesis",
            metavar="FILE",
            help="The founding document, genesis.json, from a source that you trust.",
        ),
    ],
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="DIR", help="Keep what is recomputed; go on there later."),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store", metavar="FILE", help="A store.lmdb of the ledger: name rows that differ."
        ),
    ] = None,
    workers: WorkersOption = None,
) -> None:
    """Recompute every block from the block log and the founding document alone.

    Checksums, chain of headers, seals, every signature, every decision, both roots of every block.
    Stops at the first difference and names its height and field; exit code 4.
    """
    from tongjian.cli.audit_progress import told_progress
    from tongjian.cli.audit_said import as_own_ledger, say_difference, say_replayed
    from tongjian.core.hashing import HashSuite
    from tongjian.engines.audit.compare import explained
    from tongjian.engines.audit.difference import Differs
    from tongjian.engines.audit.replay import Replay

    founding = _genesis_of(genesis)
    _require_files(log, *(() if store is None else (store,)))
    number, registry = _prepared(workers)
    with _folder_of(into) as folder, told_progress(surface) as progress:
        try:
            with Replay(log, founding, folder, registry, workers=number) as run:
                done = run.run(progress)
            if store is not None:
                _compare_rows(store, folder, founding)
        except Differs as differs:
            suite = HashSuite(founding.hash_suite)
            say_difference(surface, explained(differs.difference, store, suite), str(log))
            raise typer.Exit(ExitCode.VERIFICATION_FAILED) from differs
        if into is not None:
            as_own_ledger(folder, log, founding, done)
    say_replayed(surface, founding, done, into)


def compare(
    surface: Surface,
    first: LedgerArgument,
    second: Annotated[
        Path | None,
        typer.Argument(metavar="LEDGER", help="Another; else the store is compared with the log."),
    ] = None,
    workers: WorkersOption = None,
) -> None:
    """Name the first height where two ledgers part, or a store from its own log; exit code 4.

    Two folders of one ledger, on two machines or from a backup: blocks byte by byte, then rows and
    indexes. One folder: its blocks are replayed, its store must be what they give.
    """
    from tongjian.cli.audit_progress import told_progress
    from tongjian.cli.audit_said import SIDES, say_compared, say_difference
    from tongjian.engines.audit.compare import compare_ledgers, compare_store
    from tongjian.engines.audit.difference import Differs

    one = _ledger_of(first)
    try:
        if second is not None:
            compared = compare_ledgers(one, _ledger_of(second))
            heights, stores = compared.heights, compared.stores
        else:
            number, registry = _prepared(workers)
            with _folder_of(None) as folder, told_progress(surface) as progress:
                done, stores = compare_store(one, folder, registry, number, progress)
            heights = (done.counts.height, done.counts.height)
    except Differs as differs:
        labels = SIDES if second is not None else None
        say_difference(surface, differs.difference, str(first), labels)
        raise typer.Exit(ExitCode.VERIFICATION_FAILED) from differs
    say_compared(surface, heights, stores, alone=second is None)


def rerun(
    surface: Surface,
    file: Annotated[Path, typer.Argument(metavar="RECEIPT", help="A decision bundle.")],
    trust: Annotated[
        Path,
        typer.Option(
            "--trust",
            help="The ledger's anchors.json, from a source that you trust.",
            metavar="FILE",
        ),
    ],
) -> None:
    """Decide a recorded decision again, offline, over exactly the rows that are proven.

    Make the bundle with `tongjian receipt TX --decision -o FILE`. Exit code 4 where a proof does
    not hold, the decision is another, or it cannot be said.
    """
    from tongjian.cli.audit_rerun import say_rerun

    _require_files(file, trust)
    if not say_rerun(surface, file, trust):
        raise typer.Exit(ExitCode.VERIFICATION_FAILED)


def _prepared(workers: int | None) -> tuple[int, "Registry"]:
    """Return the number of workers and the services; the collector of this process is calmed."""
    from tongjian.catalogue import load_registry
    from tongjian.node.home import calm_collector, default_workers

    registry = load_registry()
    calm_collector()
    return default_workers() if workers is None else workers, registry


def _compare_rows(store: Path, folder: Path, genesis: "Genesis") -> None:
    """Compare a store of the ledger with the one that was recomputed; raises `Differs`."""
    from tongjian.core.hashing import HashSuite
    from tongjian.engines.audit.compare import expect_same
    from tongjian.engines.chain import STORE_NAME

    expect_same(store, folder / STORE_NAME, HashSuite(genesis.hash_suite))


@contextmanager
def _folder_of(into: Path | None) -> Generator[Path]:
    """Give the folder to work in: the one that was named, or one that is removed at the end."""
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        yield into
        return
    with TemporaryDirectory(prefix="tongjian-audit-") as name:
        yield Path(name)


def _genesis_of(path: Path) -> "Genesis":
    import json

    from tongjian.core.genesis import GenesisRefused
    from tongjian.node.home import from_readable

    _require_files(path)
    try:
        return from_readable(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, GenesisRefused) as error:
        raise Failure(
            ExitCode.USAGE,
            f"{path} is not a founding document.",
            why=str(error),
            rule="everything is recomputed from genesis.json, whose hash is the chain id",
            then=REPLAY,
        ) from error


def _ledger_of(folder: Path) -> "Ledger":
    from tongjian.engines.audit.compare import Ledger
    from tongjian.engines.chain import LOG_NAME, STORE_NAME
    from tongjian.node.home import Home

    genesis = Home(folder).genesis()
    _require_files(folder / LOG_NAME)
    store = folder / STORE_NAME
    return Ledger(genesis, folder / LOG_NAME, store if store.is_file() else None)


def _require_files(*paths: Path) -> None:
    for path in paths:
        if not path.is_file():
            raise Failure(
                ExitCode.NOT_FOUND,
                f"There is no file {path}.",
                why="Nothing was audited.",
                then=REPLAY,
            )
