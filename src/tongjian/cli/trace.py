"""Tracing a record: all that it rests on, and all that rests on it, over all services."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tongjian.cli.command import RECORDS, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.look import RecordArgument
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.node.tracing import Step

ROWS_MAX = 1000
DepthOption = Annotated[
    int, typer.Option("--depth", metavar="N", min=1, max=16, help="Links to follow at most.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "trace", panel=RECORDS)(trace)


def trace(surface: Surface, record: RecordArgument, depth: DepthOption = 16) -> None:
    """Follow a row to all that it rests on, and back to all that rests on it."""
    from tongjian.cli.readable import key_text
    from tongjian.cli.records import RowNamed, resolve
    from tongjian.node.home import Home
    from tongjian.node.tracing import Walk

    with Home(surface.folder).open() as chain:
        named = resolve(chain, record)
        if not isinstance(named, RowNamed):
            raise Failure(
                ExitCode.USAGE,
                "Only a single row is traced.",
                why="A transaction and a range are many rows.",
                then=f"tongjian show {record}",
            )
        walk = Walk(chain.machine.registry, chain.store)
        key = named.table.split(named.key)
        name = key_text(named.table, named.key)
        if walk.row(named.table, key) is None:
            raise Failure(
                ExitCode.NOT_FOUND,
                f"{name} does not stand on the ledger.",
                why="No row has this key now.",
                then=f"tongjian history {name}",
            )
        below = list(walk.rests_on(named.table, key, depth))
        above = list(walk.rests_on_it(named.table, key, depth))
    if surface.as_json:
        found = {"rests_on": _as_json(below), "rests_on_it": _as_json(above)}
        surface.document({"record": name, **found})
        return
    surface.line(name, style="bold")
    _write(surface, "rests on", below)
    _write(surface, "rests on it", above)


def _write(surface: Surface, title: str, steps: "list[Step]") -> None:
    surface.line(f"{title}: {_counted(steps)}", style="bold")
    for step in steps[:ROWS_MAX]:
        gone = "  (not there)" if step.row is None else ""
        surface.line(f"{'  ' * step.depth}{step.name}: {_name(step)}{gone}")
    if len(steps) > ROWS_MAX:
        surface.note(f"and {len(steps) - ROWS_MAX} more: --json gives all", style="dim")


def _counted(steps: "list[Step]") -> str:
    return "nothing" if not steps else "one row" if len(steps) == 1 else f"{len(steps)} rows"


def _name(step: "Step") -> str:
    from tongjian.cli.readable import key_text

    return key_text(step.table, step.table.key(*step.key))


def _as_json(steps: "list[Step]") -> list[dict[str, Any]]:
    return [
        {
            "depth": step.depth,
            "link": step.name,
            "record": _name(step),
            "from": None if step.origin is None else _origin(step),
            "there": step.row is not None,
        }
        for step in steps
    ]


def _origin(step: "Step") -> str:
    from tongjian.cli.readable import key_text

    table, key = step.origin or (step.table, step.key)
    return key_text(table, table.key(*key))
