"""`tongjian policy`: who may do what, printed from the definitions and tried on the ledger."""

from typing import Annotated, Any, Final

import typer

from tongjian.cli.command import UPKEEP, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface

ServiceArgument = Annotated[
    str | None, typer.Argument(metavar="SERVICE", help="Of this service only.")
]
RoleOption = Annotated[
    str | None, typer.Option("--role", metavar="ROLE", help="Acts that name this role only.")
]
ActOption = Annotated[
    str, typer.Option("--act", metavar="JSON|@FILE", help="The act with its `type`.")
]
WhoOption = Annotated[
    list[str],
    typer.Option(
        "--as", metavar="HOLDER|KEY", help="Who would sign: a holder here, or a key's id."
    ),
]
_INDENT: Final = "  "


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        help="Print who may do what; try whether somebody could, and why not.",
        no_args_is_help=True,
        rich_markup_mode="rich",
    )
    command(group, "matrix", panel=UPKEEP)(matrix)
    command(group, "test", panel=UPKEEP)(test)
    app.add_typer(group, name="policy", rich_help_panel=UPKEEP)


def matrix(surface: Surface, service: ServiceArgument = None, role: RoleOption = None) -> None:
    """Print every act with who may do it, in English and Chinese, and its law."""
    from tongjian.catalogue import load_registry
    from tongjian.cli.permits import who_zh
    from tongjian.core.permission import roles_of

    registry = load_registry()
    if service is not None and service not in registry.services:
        raise Failure(
            ExitCode.NOT_FOUND,
            f"There is no service {service}.",
            why=f"There are {', '.join(registry.services)}.",
            then="tongjian policy matrix",
        )
    rows = [
        {
            "act": operation.tag,
            "roles": list(roles_of(operation.by)),
            "who": operation.by.words(),
            "who_zh": who_zh(registry, operation.by),
            "law": operation.law,
        }
        for operation in registry.operations()
        if service in {None, operation.service} and (role is None or role in roles_of(operation.by))
    ]
    if surface.as_json:
        surface.document(rows)
        return
    for row in rows:
        surface.line(str(row["act"]), style="bold")
        surface.pairs(
            [("zh", str(row["who_zh"])), ("en", str(row["who"])), ("law", str(row["law"]))],
            indent=_INDENT,
        )


def test(surface: Surface, act: ActOption, who: WhoOption) -> None:
    """Say whether signers could do an act now, requirement by requirement; nothing is recorded.

    No private key is needed: this is a question about rules, not a transaction.
    """
    from tongjian.cli.rehearsal import rehearse_policy
    from tongjian.cli.waiting import Waiting, read_acts

    with Waiting.of(surface) as waiting:
        (one,) = read_acts(waiting.chain.machine.registry, [act])
        keys = [waiting.key_of(text) for text in who]
        found = rehearse_policy(waiting.chain, one, keys)
    if surface.as_json:
        surface.document(found.as_json())
    else:
        _show(surface, found)
    if found.refusal is not None:
        raise typer.Exit(found.code)


def _show(surface: Surface, found: Any) -> None:
    verdict = "yes: it would be committed" if found.refusal is None else "no"
    style = "bold green" if found.refusal is None else "bold red"
    surface.line(f"{found.tag}: {verdict}", style=style)
    for reason in found.reasons:
        mark = "✓" if reason.is_met else "✗"
        why = f" — {reason.why}" if reason.why else ""
        surface.line(f"{_INDENT}{_INDENT * reason.depth}{mark} {reason.needs}{why}")
    if found.refusal is not None:
        refusal = found.refusal
        number = f"{refusal.service}/{refusal.number} {refusal.name}"
        pairs = [("refused", number), ("zh", refusal.zh), ("en", refusal.en), ("law", found.law)]
        surface.pairs(pairs, indent=_INDENT)
