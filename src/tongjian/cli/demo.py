"""The way in: an invented city, founded, used and checked before the reader's eyes."""

import importlib
import importlib.util
import sys
from contextlib import redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tongjian.cli.command import LEDGER, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface

STORY: Final = "tongjian.demo.story"


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "demo", panel=LEDGER)(demo)


class Suite(StrEnum):
    """How the keys of a demonstration sign."""

    ED25519 = "ed25519"
    SM2 = "sm2"
    P256 = "p256"


def demo(
    surface: Surface,
    folder: Annotated[
        Path | None, typer.Argument(help="Where the city's ledger goes; else ./demo-ledger.")
    ] = None,
    invoices: Annotated[
        int | None, typer.Option("--invoices", min=1, help="Invoices that the city issues.")
    ] = None,
    firms: Annotated[
        int | None, typer.Option("--firms", min=1, help="Firms that live in the city.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=1, help="Another number, another city.")] = 1,
    suite: Annotated[
        Suite, typer.Option("--suite", help="Of all keys; with sm2 the ledger hashes with SM3.")
    ] = Suite.ED25519,
) -> None:
    """Live through a day of an invented city, its frauds included, and check every proof."""
    if importlib.util.find_spec(STORY) is None:
        raise Failure(
            ExitCode.NOT_FOUND,
            "This installation carries no demonstration.",
            why=f"The module {STORY} is not installed.",
            then="tongjian init --example > plan.toml",
        )
    sizes: dict[str, Any] = {"invoices": invoices, "firms": firms}
    given = {name: size for name, size in sizes.items() if size is not None}
    story = importlib.import_module(STORY)
    # The story is for people: where JSON was asked for, stdout is kept for the document.
    with redirect_stdout(sys.stderr if surface.as_json else sys.stdout):
        code = int(story.main(folder, seed=seed, suite=suite.value, **given))
    if surface.as_json:
        surface.document({"ok": code == 0})
    if code:
        raise typer.Exit(code)
