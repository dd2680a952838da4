"""Founding: a plan is read, keys are made, block 0 is sealed."""

from pathlib import Path
from typing import Annotated, Final

import typer

from tongjian.cli.command import LEDGER, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface

EXAMPLE: Final = Path(__file__).with_name("plan-example.toml")


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "init", panel=LEDGER)(init)


def init(
    surface: Surface,
    folder: Annotated[
        Path | None, typer.Argument(help="Where the ledger goes; else --home.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="TOML file with offices and officers.")
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Print a plan to begin with; found nothing.")
    ] = False,
) -> None:
    """Found a ledger from a plan: keys for its officers, the founding document, block 0."""
    if example:
        surface.line(EXAMPLE.read_text(encoding="utf-8").rstrip("\n"))
        return
    if plan is None:
        raise Failure(
            ExitCode.USAGE,
            "A ledger is founded from a plan.",
            why="--plan is missing.",
            rule="docs/how-to/found-a-ledger.md",
            then="tongjian init --example > plan.toml",
        )
    _found(surface, surface.folder if folder is None else folder, plan)


def _found(surface: Surface, folder: Path, plan: Path) -> None:
    from tongjian.node.founding import found, read_plan
    from tongjian.node.home import GENESIS_NAME

    wanted = read_plan(plan)
    if (folder / GENESIS_NAME).exists():
        raise Failure(
            ExitCode.CONFLICT,
            f"The folder {folder} holds a ledger already.",
            why="A ledger is never overwritten.",
            rule="docs/how-to/found-a-ledger.md",
            then=f"tongjian status --home {folder}",
        )
    home = found(wanted, folder)
    anchors = home.anchors()
    answer = {
        "folder": str(folder),
        "label": anchors.label,
        "chain": anchors.chain,
        "hash": anchors.hash,
        "offices": len(wanted.office),
        "officers": len(wanted.officer),
        "keys": str(folder / "keys"),
        "anchors": str(folder / "anchors.json"),
    }
    if surface.as_json:
        surface.document(answer)
        return
    surface.line(f"founded {anchors.label} in {folder}", style="bold green")
    surface.pairs(
        [
            ("chain", anchors.chain),
            ("hash", anchors.hash),
            ("offices", str(len(wanted.office))),
            ("officers", f"{len(wanted.officer)}, a key for each in {folder / 'keys'}"),
            ("trust file", str(folder / "anchors.json")),
        ],
        indent="  ",
    )
    surface.note("Give the trust file to whoever is to verify; back up the folder `keys`.")
    surface.note(f"next: tongjian status --home {folder}", style="dim")
