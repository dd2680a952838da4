"""Files that commands write: nothing that is there is replaced unasked."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from tongjian.cli.failures import ExitCode, Failure

STDOUT: Final = Path("-")

OutputOption = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="File to write, - for stdout; else named for it."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace a file that is there.")]
CoseOption = Annotated[
    bool, typer.Option("--cose", help="A COSE Receipt (RFC 9942); needs the operator's key.")
]
CosignedOption = Annotated[
    list[Path] | None,
    typer.Option("--cosigned", help="A head signed by a witness, to carry; may be repeated."),
]


def write_output(path: Path, data: bytes, *, force: bool) -> None:
    """Write a file, or to stdout; raises `Failure` where the file is there and force is not."""
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
            why="It may be of another height or matter; nothing is overwritten unasked.",
            then="repeat the command with another -o FILE, or with --force",
        ) from error
