"""What is given out: the trust file, heads of the log, the log as files."""

from pathlib import Path
from typing import Annotated

import typer

from tongjian.cli.command import RECORDS, command
from tongjian.cli.heads import consistency
from tongjian.cli.look import AtOption, height_of
from tongjian.cli.surface import Surface
from tongjian.cli.trust import trust


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    command(app, "checkpoint", panel=RECORDS)(checkpoint)
    command(app, "consistency", panel=RECORDS)(consistency)
    command(app, "trust", panel=RECORDS)(trust)
    group = typer.Typer(help="Write the log in forms that others serve.", no_args_is_help=True)
    group.callback()(lambda: None)
    command(group, "tiles", panel=RECORDS)(tiles)
    app.add_typer(group, name="export", rich_help_panel=RECORDS)


def checkpoint(surface: Surface, at_height: AtOption = None) -> None:
    """Print the head of the log, signed: a C2SP checkpoint; needs the operator's key."""
    from tongjian.engines.heads import checkpoint_at
    from tongjian.node.home import Home

    home = Home(surface.folder)
    with home.open() as chain:
        at = height_of(chain, at_height)
        signed = checkpoint_at(chain, at, home.seal_keys().signer(chain.sealing_key(at)))
    if surface.as_json:
        said = {"origin": signed.origin, "size": signed.size, "root": signed.root.hex()}
        surface.document(said | {"height": at, "checkpoint": signed.encode().decode()})
        return
    for line in signed.encode().decode().splitlines():
        surface.line(line)


def tiles(
    surface: Surface,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to.")],
) -> None:
    """Write the log as C2SP tlog-tiles, to be served by any web server; needs the operator's key.

    What an earlier export wrote stays: only what is new is written, the checkpoint last.
    """
    from tongjian.engines.heads import export_tiles
    from tongjian.node.home import Home

    home = Home(surface.folder)
    with home.open() as chain:
        signer = home.seal_keys().signer(chain.sealing_key(chain.height))
        head, written = export_tiles(chain, folder, signer)
    if surface.as_json:
        said = {"folder": str(folder), "size": head.size, "height": head.height}
        surface.document(said | {"root": head.root.hex(), "written": written})
        return
    surface.line(str(folder))
    surface.note(f"{head.size} entries up to height {head.height}, {written} files written")
    surface.note(
        f"next: tongjian witness follow WITNESS {folder}, on a machine of others", style="dim"
    )
