"""Receipts: a file that shows a stranger what stood on the ledger."""

import re
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from tongjian.cli.command import RECORDS, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.look import AtOption, RecordArgument, height_of
from tongjian.cli.surface import Surface

STDOUT: Final = Path("-")
SUFFIX: Final = ".receipt"


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "receipt", panel=RECORDS)(receipt)


def receipt(
    surface: Surface,
    record: RecordArgument,
    at_height: AtOption = None,
    transaction: Annotated[
        bool, typer.Option("--transaction", help="RECORD is the id of a transaction.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File to write, - for stdout; else named for it."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a receipt: a row or its absence, all rows of a range, a transaction, with the proof."""
    from tongjian.cli.records import resolve
    from tongjian.cli.rows import state
    from tongjian.engines.receipts import Receipts
    from tongjian.node.home import Home

    with Home(surface.folder).open() as chain:
        named = resolve(chain, record, is_transaction=transaction)
        at = height_of(chain, at_height)
        draft = Receipts(chain).draft(at)
        name, kind = state(draft, chain, named)
        data = draft.finish()
    path = _file_of(name, at) if output is None else output
    _write(surface, path, data, force=force)
    if surface.as_json and path != STDOUT:
        document = {"file": str(path), "bytes": len(data), "record": name}
        surface.document(document | {"height": at, "proves": kind})
        return
    surface.note(f"{kind}: {name} at height {at}, {len(data)} bytes", style="bold")
    surface.note(
        f"next: tongjian verify {path} --trust {surface.folder / 'anchors.json'}", style="dim"
    )


def _file_of(name: str, height: int) -> Path:
    """Return a file name from the last part of a record's name."""
    safe = re.sub(r"[^0-9A-Za-z.-]+", "-", name.rpartition(":")[2])
    return Path(f"{safe}-{height}{SUFFIX}")


def _write(surface: Surface, path: Path, data: bytes, *, force: bool) -> None:
    if path == STDOUT:
        sys.stdout.buffer.write(data)
        return
    try:
        with path.open("wb" if force else "xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise Failure(
            ExitCode.CONFLICT,
            f"There is a file {path} already.",
            why="It may be the receipt of another height; nothing is overwritten unasked.",
            then="repeat the command with another -o FILE, or with --force",
        ) from error
    if not surface.as_json:
        surface.line(str(path))
