"""Looking at the ledger: where it stands, a row, its history, a block, a transaction."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tongjian.cli.command import LEDGER, RECORDS, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.engines.chain import Chain

RecordArgument = Annotated[
    str,
    typer.Argument(
        metavar="RECORD",
        help="service.table:key, or the key alone where only one row has it; * for all.",
    ),
]
AtOption = Annotated[
    int | None, typer.Option("--at-height", metavar="H", help="As of this height; else the tip.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    command(app, "status", panel=LEDGER)(status)
    command(app, "show", panel=RECORDS)(show)
    command(app, "history", panel=RECORDS)(history)
    command(app, "block", panel=RECORDS)(block)


def height_of(chain: "Chain", asked: int | None) -> int:
    """Return the height that was asked for; raises `Failure` where the ledger has no such block."""
    if asked is None:
        return chain.height
    if not 0 <= asked <= chain.height:
        raise Failure(
            ExitCode.NOT_FOUND,
            f"There is no block {asked}.",
            why=f"The ledger stands at height {chain.height}.",
            then="tongjian status",
        )
    return asked


def status(surface: Surface) -> None:
    """Say where the ledger stands: height, time, size, seal, services in force."""
    from tongjian.cli.standing import standing_of
    from tongjian.node.home import Home

    home = Home(surface.folder)
    with home.open() as chain:
        standing = standing_of(home, chain)
    if surface.as_json:
        surface.document(standing.as_json())
    else:
        surface.pairs(standing.pairs())


def show(surface: Surface, record: RecordArgument, at_height: AtOption = None) -> None:
    """Show a row as it stands, or as it stood at a height; with * at the end, all rows."""
    from tongjian.cli.records import RangeNamed, RowNamed, resolve
    from tongjian.cli.rows import show_row, show_rows
    from tongjian.cli.transactions import show_transaction
    from tongjian.node.home import Home

    home = Home(surface.folder)
    with home.open() as chain:
        match resolve(chain, record):
            case RowNamed() as row:
                show_row(surface, chain, row, height_of(chain, at_height))
            case RangeNamed() as rows:
                show_rows(surface, chain, rows, height_of(chain, at_height))
            case transaction:
                show_transaction(surface, home, chain, transaction.id)


def history(surface: Surface, record: RecordArgument) -> None:
    """Show every version of a row: height, time, what changed."""
    from tongjian.cli.histories import changes_between, versions_of
    from tongjian.cli.moments import write_moment
    from tongjian.cli.readable import as_json, key_text
    from tongjian.cli.records import RowNamed, resolve
    from tongjian.node.home import Home

    with Home(surface.folder).open() as chain:
        named = resolve(chain, record)
        if not isinstance(named, RowNamed):
            raise Failure(
                ExitCode.USAGE,
                "Only a single row has a history.",
                why="A transaction never changes, and a range is many rows.",
                then=f"tongjian show {record}",
            )
        versions = versions_of(chain, named.table, named.key)
        name = key_text(named.table, named.key)
    if not versions:
        raise Failure(
            ExitCode.NOT_FOUND,
            f"{name} never stood on the ledger.",
            why="No row ever had this key.",
            then=f"tongjian receipt {name} -o absence.receipt, which proves it",
        )
    if surface.as_json:
        rows = [{"height": v.height, "time_ms": v.time_ms, "row": as_json(v.row)} for v in versions]
        surface.document({"record": name, "versions": rows})
        return
    surface.line(name, style="bold")
    before: Any = None
    for version in versions:
        what = "removed" if version.row is None else "changed" if before else "recorded"
        moment = write_moment(version.time_ms)
        surface.line(f"height {version.height}  {moment}  {what}", style="bold")
        surface.pairs(changes_between(before, version.row), indent="  ")
        before = version.row
    count = "one version" if len(versions) == 1 else f"{len(versions)} versions"
    surface.note(count, style="dim")


def block(
    surface: Surface,
    height: Annotated[int, typer.Argument(help="Height of the block; 0 is the founding.")],
) -> None:
    """Show a block: its header, its seal, what it recorded."""
    from tongjian.cli.transactions import show_block
    from tongjian.node.home import Home

    with Home(surface.folder).open() as chain:
        show_block(surface, chain, height_of(chain, height))


def tx(
    surface: Surface,
    identity: Annotated[str, typer.Argument(metavar="ID", help="32 bytes in hexadecimal.")],
) -> None:
    """Show a transaction: who signed, what was asked, what came of it."""
    from tongjian.cli.records import TransactionNamed, resolve
    from tongjian.cli.transactions import show_transaction
    from tongjian.node.home import Home

    home = Home(surface.folder)
    with home.open() as chain:
        named = resolve(chain, identity, is_transaction=True)
        if isinstance(named, TransactionNamed):
            show_transaction(surface, home, chain, named.id)
