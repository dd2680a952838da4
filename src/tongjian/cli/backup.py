"""Copies of a ledger, taken while it is in use, and put back."""

from pathlib import Path
from typing import Annotated

import typer

from tongjian.cli.command import UPKEEP, command
from tongjian.cli.surface import Surface


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    command(app, "backup", panel=UPKEEP)(backup)
    command(app, "restore", panel=UPKEEP)(restore)


def backup(
    surface: Surface,
    target: Annotated[Path, typer.Argument(help="New folder for the copy.", metavar="DIR")],
    keys: Annotated[
        bool, typer.Option("--keys/--no-keys", help="Copy the keys of this machine too.")
    ] = True,
) -> None:
    """Copy the ledger into a new folder, while it is in use; a running node goes on.

    Keys are in the copy as they are here: keep it as you keep them.
    """
    from tongjian.node.backup import make_backup

    listed = make_backup(surface.folder, target, with_keys=keys)
    said = {
        "backup": str(target),
        "height": listed.height,
        "header": listed.header,
        "bytes": sum(size for size, _ in listed.files.values()),
    }
    if surface.as_json:
        surface.document(said)
        return
    surface.pairs([(name, str(value)) for name, value in said.items()])
    surface.note(f"next, on the day of need: tongjian --home NEW restore {target}", style="dim")


def restore(
    surface: Surface,
    source: Annotated[Path, typer.Argument(help="Folder of the backup.", metavar="DIR")],
) -> None:
    """Put a backup back into a new folder (`--home`), every byte of it compared.

    A node of a network fetches from the others what came since, and does not vote before they have
    decided blocks without it. Never run it beside the node that it was copied from.
    """
    from tongjian.node.backup import restore_backup
    from tongjian.node.engine_home import EngineHome

    listed = restore_backup(source, surface.folder)
    network = EngineHome(surface.folder).folder.exists()
    said = {"folder": str(surface.folder), "height": listed.height, "network": network}
    if surface.as_json:
        surface.document(said)
        return
    surface.pairs([(name, str(value)) for name, value in said.items()])
    if network:
        surface.note("next: tongjian network run", style="dim")
    else:
        surface.note(
            "What was recorded after the backup is not in it: ask those who have receipts, and "
            "your witnesses, before anything new is recorded."
        )
