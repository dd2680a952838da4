"""Commands made from the catalogue: one for each act, each question and each verb of a connector.

Nothing here names a service. A new folder under `services` has its commands without a line here.
"""

import importlib.util
import inspect
from collections.abc import Callable, MutableMapping
from typing import Annotated, Any, Final, cast

import typer
from typer.core import TyperGroup

from tongjian.catalogue import load_registry
from tongjian.cli.command import bind
from tongjian.cli.fields import Field, choices_of, fields_of
from tongjian.cli.surface import Surface
from tongjian.cli.typed import build
from tongjian.cli.words import Words, words_of
from tongjian.core.operation import Act, Operation, Query
from tongjian.core.permission import Clock

ACTS: Final = "Acts"
QUESTIONS: Final = "Questions"
FROM_FILES: Final = "Files"
_PREFIX: Final = "field_"
"""Keeps the fields of a record apart from the options of a command."""


def holders_here() -> list[str]:
    """Return the holders whose keys stand in the ledger's folder, for completion."""
    import os
    from pathlib import Path

    from tongjian.cli.command import HOME_DEFAULT

    folder = Path(os.environ.get("TONGJIAN_HOME", str(HOME_DEFAULT))) / "keys"
    return sorted(path.stem for path in folder.glob("*.json"))


_AsOption = Annotated[
    list[str],
    typer.Option(
        "--as",
        help="Holder of the key that signs; repeat for each further signer.",
        metavar="HOLDER",
        autocompletion=holders_here,
    ),
]
_DraftOption = Annotated[
    bool,
    typer.Option("--draft", help="Put it into the tray for its signers (tongjian tx); see --as."),
]
_DryOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would become of it; record nothing.")
]


def commands_of(service: str) -> MutableMapping[str, Any]:
    """Return the commands of a service by name, in order of the procedure."""
    app = typer.Typer(rich_markup_mode="rich", add_completion=False)
    app.callback()(lambda: None)
    declared = load_registry().services[service]
    words = words_of(service)
    newest = {operation.name: operation for operation in declared.operations}
    for operation in newest.values():
        if not isinstance(operation.by, Clock):
            _add(app, operation.name, ACTS, _act_command(operation, words))
    for query in declared.queries:
        _add(app, query.name, QUESTIONS, _question_command(query, words))
    from tongjian.cli.exchange import exchange_commands
    from tongjian.cli.imports import import_commands

    for verb, callback in (*import_commands(service), *exchange_commands(service)):
        _add(app, verb, FROM_FILES, callback)
    own = f"{__package__}.of_{service}"
    if importlib.util.find_spec(own):
        importlib.import_module(own).add_to(app)
    return cast(TyperGroup, typer.main.get_command(app)).commands


def _add(app: typer.Typer, name: str, panel: str, callback: Callable[..., None]) -> None:
    app.command(dashed(name), rich_help_panel=panel)(callback)


def dashed(name: str) -> str:
    """Return a name as it is typed."""
    return name.replace("_", "-")


def _act_command(operation: Operation, words: Words) -> Callable[..., None]:
    fields = fields_of(operation.act)
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        *_parameters(fields, words),
        inspect.Parameter("holders", keyword, annotation=_AsOption),
        inspect.Parameter("draft", keyword, annotation=_DraftOption, default=False),
        inspect.Parameter("dry_run", keyword, annotation=_DryOption, default=False),
    ]

    def act(surface: Surface, holders: list[str], draft: bool, dry_run: bool, **given: Any) -> None:
        from tongjian.cli.outcome import show_answer
        from tongjian.cli.submit import rehearse, submit
        from tongjian.node.home import Home

        record = cast(Act, build(operation.act, _texts(given), _help_of(operation)))
        if draft:
            from tongjian.cli.waiting import Waiting

            with Waiting.of(surface) as waiting:
                waiting.begin(holders, (record,), None, None)
            return
        perform = rehearse if dry_run else submit
        answer = perform(Home(surface.folder), holders, (record,))
        show_answer(surface, answer, operation, is_rehearsal=dry_run)

    label = words.label("operations", operation.name)
    lines = (
        f"{label.zh} {operation.sentence}".strip(),
        f"Who may: {operation.by.words()}.",
        f"Law: {operation.law}.",
    )
    return bind(act, parameters, escaped("\n\n".join(lines)))


def _question_command(query: Query, words: Words) -> Callable[..., None]:
    fields = fields_of(query.arguments)

    def question(surface: Surface, **given: Any) -> None:
        from tongjian.cli.answers import show_found
        from tongjian.core.inquiry import answer
        from tongjian.node.clock import now_ms
        from tongjian.node.home import Home

        arguments = build(query.arguments, _texts(given), _help_of(query))
        with Home(surface.folder).open() as chain:
            found = answer(
                query,
                arguments,
                reader=chain.store,
                digest=chain.digest,
                height=chain.height,
                time_ms=max(now_ms(), chain.tip.time_ms if chain.tip else 0),
            )
            show_found(surface, query, found, chain.height)

    label = words.label("queries", query.name)
    lines = (f"{label.zh} {query.sentence}".strip(), f"Audience: {query.audience} (domain 0.8).")
    return bind(question, _parameters(fields, words), escaped("\n\n".join(lines)))


def _help_of(declared: Operation | Query) -> str:
    return f"tongjian {declared.service} {dashed(declared.name)} --help"


def _texts(given: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(_PREFIX): text for name, text in given.items()}


def _parameters(fields: list[Field], words: Words) -> list[inspect.Parameter]:
    """Return an option for each field, those that must be given first."""
    parameters: list[inspect.Parameter] = []
    for field in sorted(fields, key=lambda field: not field.is_required):
        option = typer.Option(
            field.flag,
            help=escaped(field.help(words)),
            metavar=field.metavar,
            autocompletion=_completer(choices_of(field.item.type)),
        )
        annotation: Any = str if field.many is None else list[str]
        default: Any = inspect.Parameter.empty
        if not field.is_required:
            annotation = str | None if field.many is None else list[str] | None
            default = None
        parameters.append(
            inspect.Parameter(
                _PREFIX + field.name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=Annotated[annotation, option],
                default=default,
            )
        )
    return parameters


def _completer(choices: list[str]) -> Callable[[], list[str]] | None:
    return (lambda: choices) if choices else None


def escaped(text: str) -> str:
    """Return a text that help shows as it is: a square bracket is not markup."""
    return text.replace("[", "\\[")
