"""Commands for those who extend Tongjian: a new service, the generated pages, the release."""

import platform
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

import tongjian
from tongjian.cli.command import UPKEEP, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface

DOCS_PROGRAM: Final = Path("tools/docs.py")


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    command(app, "new-service", panel=UPKEEP)(new_service)
    command(app, "docs", panel=UPKEEP)(docs)
    command(app, "version", panel=UPKEEP)(version)


def new_service(
    surface: Surface,
    name: Annotated[str, typer.Argument(help="Small letters, digits and underscores.")],
) -> None:
    """Write an empty service that passes its tests, in the checkout you stand in."""
    from tongjian.cli.new_service import write_service

    written = [str(path) for path in write_service(name, Path())]
    if surface.as_json:
        surface.document({"service": name, "files": written})
        return
    for path in written:
        surface.line(path)
    surface.note(f"next: make test, then `tongjian {name} --help`")


def docs(
    surface: Surface,
    check: Annotated[
        bool, typer.Option("--check", help="Refuse pages that are not fresh; write nothing.")
    ] = False,
) -> None:
    """Write the generated pages of the documentation, in the checkout you stand in."""
    if not DOCS_PROGRAM.is_file():
        raise Failure(
            ExitCode.NOT_FOUND,
            f"There is no {DOCS_PROGRAM} here.",
            why="The pages are generated in a checkout of the source, not in an installation.",
            then="change to the folder of the checkout and repeat the command",
        )
    arguments = [sys.executable, str(DOCS_PROGRAM), *(["--check"] if check else [])]
    done = subprocess.run(arguments, check=False)
    if surface.as_json:
        surface.document({"fresh" if check else "written": done.returncode == 0})
    if done.returncode:
        raise Failure(
            ExitCode.CONFLICT if check else ExitCode.FAILURE,
            "The generated pages are not fresh." if check else "The pages could not be written.",
            why="What the program printed above.",
            rule="CONTRIBUTING.md, definition of done",
            then="tongjian docs" if check else "mend what the program names, then repeat",
        )


def version(surface: Surface) -> None:
    """Print the release, and the versions that are part of the rules."""
    from importlib.metadata import version as version_of

    versions = {
        "tongjian": tongjian.__version__,
        "python": platform.python_version(),
        "msgspec": version_of("msgspec"),
    }
    if surface.as_json:
        surface.document(versions)
    else:
        surface.pairs(versions.items())
