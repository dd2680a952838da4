"""Salted commitments: what stands on the ledger for a name, a number or a file."""

from pathlib import Path
from typing import Annotated

import typer

from tongjian.cli.command import RECORDS, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "commitment", panel=RECORDS)(commitment)


def commitment(
    surface: Surface,
    text: Annotated[str, typer.Argument(help="A text, or @FILE for the bytes of a file.")],
    salt: Annotated[
        str | None, typer.Option("--salt", metavar="HEX32", help="A salt from before; else new.")
    ] = None,
) -> None:
    """Commit to a text or a file under a random salt, for acts that ask for a commitment.

    Keep the salt beside the data: without it nobody can show what the commitment stands for.
    """
    from tongjian.core.hashing import HashSuite, compute_commitment, hash_of
    from tongjian.node.clock import salt as new_salt
    from tongjian.node.home import Home

    suite = HashSuite(Home(surface.folder).genesis().hash_suite)
    data = Path(text[1:]).read_bytes() if text.startswith("@") else text.encode("utf-8")
    try:
        used = new_salt() if salt is None else bytes.fromhex(salt)
        committed = compute_commitment(hash_of(suite), used, data)
    except ValueError as error:
        raise Failure(
            ExitCode.USAGE,
            "--salt is not what it must be.",
            why=str(error),
            rule="a salt is 32 bytes in hexadecimal",
            then="tongjian commitment TEXT, without --salt",
        ) from error
    if surface.as_json:
        surface.document({"commitment": committed.hex(), "salt": used.hex(), "bytes": len(data)})
        return
    surface.pairs([("commitment", committed.hex()), ("salt", used.hex())])
    surface.note("Keep the salt: without it the commitment cannot be opened.")
