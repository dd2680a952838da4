"""Makes a function into a command: the two options that all share, and how its errors are told."""

import inspect
import os
import sys
import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Concatenate, Final, ParamSpec

import typer

from tongjian.cli.failures import ExitCode, Failure, explain
from tongjian.cli.surface import Surface

P = ParamSpec("P")
Command = Callable[Concatenate[Surface, P], None]

HOME_DEFAULT: Final = Path("ledger")
DEBUG: Final = "TONGJIAN_DEBUG"
"""Set in the environment, it lets a defect show its traceback."""

LEDGER: Final = "Ledger"
RECORDS: Final = "Records and proofs"
SERVICES: Final = "Services"
UPKEEP: Final = "Upkeep and development"

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Folder of the ledger; else TONGJIAN_HOME, else ./ledger.", metavar="DIR"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")]


@dataclass(frozen=True)
class Root:
    """What was said before the name of the command."""

    home: Path = HOME_DEFAULT
    as_json: bool = False


def command(
    app: typer.Typer, name: str, *, panel: str
) -> Callable[[Command[P]], Callable[..., None]]:
    """Add a function to an app as a command; it gets the surface first, then its own options."""

    def register(function: Command[P]) -> Callable[..., None]:
        parameters = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        callback = bind(function, parameters, inspect.getdoc(function) or "")
        app.command(name, rich_help_panel=panel)(callback)
        return callback

    return register


def bind(
    function: Callable[..., None], parameters: Sequence[inspect.Parameter], words: str
) -> Callable[..., None]:
    """Return the function as typer calls it, with the options that all commands share."""

    def run(context: typer.Context, **options: Any) -> None:
        home, as_json = options.pop("home"), options.pop("as_json")
        root = context.find_object(Root) or Root()
        surface = Surface(home or root.home, as_json=as_json or root.as_json)
        with told(surface):
            function(surface, **options)

    keyword = inspect.Parameter.KEYWORD_ONLY
    own = [parameter.replace(kind=keyword) for parameter in parameters]
    shared = (
        inspect.Parameter("context", keyword, annotation=typer.Context),
        inspect.Parameter("home", keyword, annotation=HomeOption, default=None),
        inspect.Parameter("as_json", keyword, annotation=JsonOption, default=False),
    )
    every = [shared[0], *own, *shared[1:]]
    run.__dict__["__signature__"] = inspect.Signature(every)
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in every}
    run.__doc__ = words
    return run


@contextmanager
def told(surface: Surface) -> Generator[None]:
    """Turn what goes wrong inside into words and an exit code."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
        raise
    except Failure as failure:
        surface.fail(failure)
        raise typer.Exit(failure.code) from failure
    except KeyboardInterrupt as interrupt:
        interrupted = Failure(
            ExitCode.INTERRUPTED, "Interrupted.", then="repeat the command to go on"
        )
        surface.fail(interrupted)
        raise typer.Exit(interrupted.code) from interrupt
    except Exception as error:
        explained = explain(error) or _defect(error)
        surface.fail(explained)
        raise typer.Exit(explained.code) from error


def _defect(error: Exception) -> Failure:
    if os.environ.get(DEBUG):
        traceback.print_exception(error, file=sys.stderr)
    return Failure(
        ExitCode.FAILURE,
        "This is a defect of tongjian, not of what you typed.",
        why=f"{type(error).__name__}: {error}",
        then=f"repeat with {DEBUG}=1 and report what it prints",
    )
