"""Verbs that connectors bring: documents read from files, recorded, and told one by one.

Found, not listed: whatever importer a connector has appears in the group of its service.
"""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from tongjian.cli.command import bind
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface
from tongjian.connectors.importing import Verb, verbs

_Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="Files, folders and ZIP archives.")
]
_Holder = Annotated[
    str, typer.Option("--as", metavar="HOLDER", help="Holder of the key that signs.")
]
_Office = Annotated[
    str | None,
    typer.Option(
        "--office", metavar="USCC", help="Whose documents they are; else the signer's office."
    ),
]
_Resume = Annotated[
    bool,
    typer.Option(
        "--resume/--no-resume",
        help="Go by what an earlier run kept: its files are not read again, its salts serve.",
    ),
]


def import_commands(service: str) -> Iterator[tuple[str, Callable[..., None]]]:
    """Yield name and callback of each verb that a connector brings to a service."""
    for verb in verbs():
        if verb.service == service:
            yield verb.name, _command(verb)


def _command(verb: Verb) -> Callable[..., None]:
    def run(
        surface: Surface, paths: list[Path], holder: str, office: str | None, resume: bool
    ) -> None:
        from tongjian.cli.import_run import run_import

        _require(paths)
        run_import(verb.load(), surface, paths, holder, office=office, resume=resume)

    kind = inspect.Parameter.KEYWORD_ONLY
    options: tuple[tuple[str, Any, Any], ...] = (
        ("paths", _Paths, inspect.Parameter.empty),
        ("holder", _Holder, inspect.Parameter.empty),
        ("office", _Office, None),
        ("resume", _Resume, True),
    )
    parameters = [
        inspect.Parameter(name, kind, annotation=annotation, default=default)
        for name, annotation, default in options
    ]
    words = (
        f"{verb.zh} {verb.en}\n\nA document that is on the ledger already is told, not recorded "
        "again, whatever file or format it comes in. What names persons stays in the folder "
        "`documents` of the ledger, with the salts. Exit code 9 where some were refused."
    )
    return bind(run, parameters, words)


def _require(paths: list[Path]) -> None:
    for path in paths:
        if not path.exists():
            raise Failure(
                ExitCode.NOT_FOUND,
                f"There is no {path}.",
                why="Nothing was read and nothing recorded.",
                then="repeat the command with files or folders that exist",
            )
