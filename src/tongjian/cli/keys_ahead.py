"""`tongjian keys rehearse`, `exposure`, `counters`: what ends, what a thief or a clone signed."""

from typing import Annotated

import typer

from tongjian.cli.failures import ExitCode, Failure
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


def exposure(
    surface: Surface,
    key: Annotated[str, typer.Argument(metavar="HOLDER|KEY", help="A holder here, or a key's id.")],
    since: Annotated[
        int | None,
        typer.Option("--since", metavar="HEIGHT", help="Last safe height; else as reported."),
    ] = None,
) -> None:
    """List what a stolen key signed since the last safe height, and what became of each.

    Committed transactions are the office's to confirm, correct or declare void; refused ones
    changed nothing.
    """
    from tongjian.cli.readable import as_json
    from tongjian.cli.waiting import Waiting
    from tongjian.node.exposure import compromise_of, exposed

    with Waiting.of(surface) as waiting:
        identity = waiting.key_of(key)
        reported = compromise_of(waiting.chain, identity)
        if since is None and reported is None:
            raise Failure(
                ExitCode.NOT_FOUND,
                f"Key {identity.hex()} is not reported stolen.",
                why="Without a report the last safe height must be named.",
                rule="Electronic Signature Law art. 15",
                then="tongjian membership report-compromise --help, or --since HEIGHT",
            )
        safe = since if since is not None else reported.safe_height if reported else 0
        found = exposed(waiting.chain, identity, safe)
    open_ = [one for one in found if one.settled is None and not one.outcome]
    if surface.as_json:
        rows = [
            {
                **one._asdict(),
                "transaction": one.transaction.hex(),
                "acts": list(one.acts),
                "settled": None if one.settled is None else as_json(one.settled),
            }
            for one in found
        ]
        surface.document({"key": identity.hex(), "safe_height": safe, "exposed": rows})
        return
    surface.table(
        ("HEIGHT", "TRANSACTION", "ACTS", "OUTCOME", "SETTLED"),
        [
            (
                str(one.height),
                one.transaction.hex(),
                ", ".join(one.acts),
                one.outcome or "committed",
                one.settled.verdict if one.settled else "" if one.outcome else "open",
            )
            for one in found
        ],
    )
    surface.note(f"{len(open_)} to settle since height {safe}", style="dim")
    if open_:
        surface.note("next: tongjian membership settle-exposed --help", style="dim")


def counters(
    surface: Surface,
    key: Annotated[str, typer.Argument(metavar="HOLDER|KEY", help="A holder here, or a key's id.")],
) -> None:
    """List the counters of all that a passkey signed; two of one number show a cloned passkey.

    Ends with code 4 where a number stands twice: report the key stolen then.
    """
    from tongjian.cli.waiting import Waiting
    from tongjian.node.counters import counters as counters_of

    with Waiting.of(surface) as waiting:
        try:
            found = counters_of(waiting.chain, waiting.key_of(key))
        except ValueError as error:
            raise Failure(
                ExitCode.USAGE,
                f"{key} has no counter.",
                why=f"{error}.",
                then="tongjian keys list",
            ) from error
    repeated = [one for one in found if one.is_repeated]
    if surface.as_json:
        rows = [{**one._asdict(), "transaction": one.transaction.hex()} for one in found]
        surface.document({"signed": rows, "repeated": len(repeated)})
    else:
        surface.table(
            ("HEIGHT", "TRANSACTION", "COUNTER", ""),
            [
                (
                    str(one.height),
                    one.transaction.hex(),
                    str(one.counter or "none"),
                    "repeated" if one.is_repeated else "",
                )
                for one in found
            ],
        )
    if repeated:
        surface.note("next: tongjian membership report-compromise --help", style="bold red")
        raise typer.Exit(ExitCode.VERIFICATION_FAILED)
