"""The root of the command tree: our own commands, and one group for each service there is.

Nothing here names a service or a connector: groups are found, and built when they are asked for.
"""

import ast
import importlib.util
import pkgutil
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

import tongjian
from tongjian import services
from tongjian.cli import (
    audit,
    backup,
    credential,
    demo,
    develop,
    drafts,
    export,
    extract,
    found,
    keys,
    look,
    network,
    outcomes,
    policy,
    prove,
    salted,
    trace,
    upkeep,
    verify,
    witnesses,
)
from tongjian.cli.command import HOME_DEFAULT, SERVICES, Root


class ServiceGroup(TyperGroup):
    """The commands of one service; its acts are loaded when a command of it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands, in order of the procedure."""
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command of the service."""
        self._load()
        return super().get_command(ctx, cmd_name)

    def _load(self) -> None:
        if not self.commands and self.name is not None:
            from tongjian.cli.generated import commands_of

            self.commands = commands_of(self.name)


class RootGroup(TyperGroup):
    """Our own commands and the services."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return our own commands, then the services by name."""
        return [*super().list_commands(ctx), *service_names()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one of our own commands or a service."""
        found_command = super().get_command(ctx, cmd_name)
        if found_command is None and cmd_name in service_names():
            return ServiceGroup(
                name=cmd_name,
                help=_words_of(cmd_name),
                rich_help_panel=SERVICES,
                rich_markup_mode="rich",
                no_args_is_help=True,
            )
        return found_command


def service_names() -> list[str]:
    """Return the folders under `services` in order of name, without loading them."""
    return sorted(module.name for module in pkgutil.iter_modules(services.__path__))


def _words_of(service: str) -> str:
    """Return the first line of a service's own docstring, without running its code."""
    spec = importlib.util.find_spec(f"{services.__name__}.{service}")
    if spec is None or spec.origin is None:
        return ""
    source = Path(spec.origin).read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


app: Final = typer.Typer(
    name="tongjian",
    cls=RootGroup,
    help="Keep official acts on a ledger whose every answer carries its proof. 通鉴",
    epilog="Begin with `tongjian demo`, or with `tongjian init --example`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
)
for _module in (
    demo,
    found,
    network,
    keys,
    look,
    outcomes,
    trace,
    prove,
    drafts,
    credential,
    extract,
    export,
    verify,
    audit,
    witnesses,
    salted,
    upkeep,
    backup,
    policy,
    develop,
):
    _module.add_to(app)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(tongjian.__version__)
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    home: Annotated[
        Path,
        typer.Option("--home", envvar="TONGJIAN_HOME", help="Folder of the ledger.", metavar="DIR"),
    ] = HOME_DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the release."
        ),
    ] = False,
) -> None:
    """Take what holds for every command."""
    del version
    context.obj = Root(home, as_json)
