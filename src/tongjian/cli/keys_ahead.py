"""`tongjian keys rehearse`: what ends soon, and what nobody could do then."""

from typing import Annotated

import typer

from tongjian.cli.moments import write_moment
from tongjian.cli.surface import Surface

DaysOption = Annotated[int, typer.Option("--days", min=1, max=36_500, help="How far to look.")]
_KINDS = {
    "key": "a key ends",
    "certificate": "a certificate ends",
    "role": "a role ends",
    "deputy": "a deputyship ends",
    "nobody": "nobody is left",
}


def rehearse(surface: Surface, days: DaysOption = 90) -> None:
    """Say which keys, roles and deputyships end, and what nobody could sign then.

    Blocks go on and deadlines run whatever ends: expiry stops people, never the ledger.
    """
    from tongjian.node.clock import now_ms
    from tongjian.node.expiry import endings
    from tongjian.node.home import Home

    home = Home(surface.folder)
    with home.open() as chain:
        found = endings(chain, now_ms(), days)
        names = home.names()
    if surface.as_json:
        surface.document(
            [
                {**one._asdict(), "officer": one.officer.hex(), "acts": list(one.acts)}
                for one in found
            ]
        )
        return
    surface.table(
        ("WHEN", "WHAT", "OFFICE", "OFFICER", "KEY OR ROLE", "ACTS NOBODY THERE CAN SIGN"),
        [
            (
                write_moment(one.at_ms),
                _KINDS[one.kind],
                names.get(one.office, one.office),
                one.officer.hex(),
                one.what,
                ", ".join(one.acts),
            )
            for one in found
        ],
    )
    if not found:
        surface.line(f"nothing ends within {days} days")
    elif any(one.kind == "key" for one in found):
        surface.note("next: tongjian membership rotate-key --help", style="dim")
