"""Shows what a question found: a record, a list of records, or nothing."""

from typing import Any

from tongjian.cli.readable import as_json, is_tuple, pairs_of
from tongjian.cli.surface import Surface
from tongjian.core.encoding import Record
from tongjian.core.operation import Query


def show_found(surface: Surface, query: Query, found: Any, height: int) -> None:
    """Write an answer as of a height."""
    if surface.as_json:
        surface.document({"height": height, "answer": as_json(found)})
        return
    rows = found if is_tuple(found) else (found,)
    for position, row in enumerate(rows):
        if position:
            surface.line("")
        if isinstance(row, Record):
            surface.pairs(pairs_of(row))
        else:
            surface.line("none" if row is None else str(row))
    count = f"{len(rows)} found, " if is_tuple(found) else ""
    surface.note(f"{count}as of height {height} ({query.tag})", style="dim")
