"""What became of a transaction, by its id: with the receipt, or the proof that it is not there."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tongjian.cli.command import RECORDS, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.outputs import ForceOption, OutputOption, write_output
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Callable

    from tongjian.engines.chain import Chain
    from tongjian.verifier.anchors import Anchors

CERTIFIED_S: Final = 10.0
"""How long the signatures of a network's newest block are waited for."""
_LOOK_S: Final = 0.05


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "outcome", panel=RECORDS)(outcome)


def outcome(
    surface: Surface,
    identity: Annotated[str, typer.Argument(metavar="ID", help="32 bytes in hexadecimal.")],
    since: Annotated[
        int,
        typer.Option(
            "--since", min=0, metavar="H", help="Height at which it was composed, or before."
        ),
    ] = 0,
    expires: Annotated[
        int | None,
        typer.Option("--expires", min=0, metavar="H", help="The expiry height that it names."),
    ] = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Say what became of a transaction: committed, refused, expired, or not seen up to a height.

    With -o the proof goes to a file: its receipt, or that it is none of the entries of the log
    since. Check either with `tongjian verify`. Exit code 3 where it is not on the ledger.
    """
    from tongjian.node.home import Home

    wanted = _id_of(identity)
    with Home(surface.folder).open() as chain:
        found = chain.result(wanted)
        if found is None and since > chain.height:
            raise Failure(
                ExitCode.NOT_FOUND,
                f"There is no block {since}.",
                why=f"The ledger stands at height {chain.height}.",
                then="tongjian status",
            )
        document = _recorded(chain, found) if found else _not_recorded(chain, since, expires)
        document = {"transaction": identity, **document}
        if output is not None:
            data = _receipt(chain, wanted) if found else _absence(chain, wanted, since)
            write_output(output, data, force=force)
            document |= {"file": str(output), "bytes": len(data)}
    if surface.as_json:
        surface.document(document)
    else:
        _show(surface, document, since)
    if found is None:
        raise typer.Exit(ExitCode.NOT_FOUND)


def _id_of(text: str) -> bytes:
    try:
        identity = bytes.fromhex(text)
    except ValueError:
        identity = b""
    if len(identity) != 32:  # noqa: PLR2004 - a digest
        raise Failure(
            ExitCode.USAGE,
            f"{text!r} is no id of a transaction.",
            why="An id is 32 bytes in hexadecimal, as it was told when the transaction was signed.",
            then="tongjian outcome --help",
        )
    return identity


def _recorded(chain: "Chain", found: Any) -> dict[str, Any]:
    from tongjian.cli.words import read_refusal

    height, _, result = found
    if not result.outcome:
        return {"status": "committed", "height": height, "refusal": None}
    refusal = read_refusal(chain.machine.registry, result.outcome)
    return {"status": "refused", "height": height, "refusal": refusal.as_json()}


def _not_recorded(chain: "Chain", since: int, expires: int | None) -> dict[str, Any]:
    expired = expires is not None and chain.height >= expires
    time_ms = chain.header(chain.height).time_ms
    return {
        "status": "expired" if expired else "not seen",
        "since": since,
        "height": chain.height,
        "time_ms": time_ms,
    }


def _receipt(chain: "Chain", identity: bytes) -> bytes:
    from tongjian.engines.receipts import Receipts

    return _when_sealed(lambda: Receipts(chain).of_transaction(identity))


def _absence(chain: "Chain", identity: bytes, since: int) -> bytes:
    from tongjian.engines.not_seen import TooFarBack, prove_not_seen

    try:
        return _when_sealed(lambda: prove_not_seen(chain, identity, since))
    except TooFarBack as error:
        raise Failure(
            ExitCode.USAGE,
            "The proof would not fit one file.",
            why=str(error),
            then=f"tongjian outcome {identity.hex()} --since HEIGHT -o FILE",
        ) from error


def _when_sealed(make: "Callable[[], bytes]") -> bytes:
    """Return what can be proven once the newest block is sealed: a network's is a moment later."""
    from tongjian.engines.comet.certificates import NotCertified

    end = time.monotonic() + CERTIFIED_S
    while True:
        try:
            return make()
        except NotCertified:
            if time.monotonic() > end:
                raise
        time.sleep(_LOOK_S)


def _show(surface: Surface, said: dict[str, Any], since: int) -> None:
    status, height = said["status"], said["height"]
    refusal = said.get("refusal")
    if status == "committed":
        surface.line(f"committed at height {height}", style="bold green")
    elif refusal is not None:
        name = f"{refusal['service']}/{refusal['number']} {refusal['name']}"
        surface.line(f"refused at height {height}: {name}", style="bold red")
        surface.pairs([("zh", refusal["zh"]), ("en", refusal["en"])], indent="  ")
    else:
        span = f"not seen after height {since}, up to height {height}"
        surface.line(f"expired, {span}" if status == "expired" else span, style="bold red")
    file = said.get("file")
    if file is not None:
        surface.note(
            f"next: tongjian verify {file} --trust {surface.folder / 'anchors.json'}", style="dim"
        )
    elif status == "not seen":
        surface.note(
            "next: submit the same transaction again, it is decided once; or -o FILE for the proof",
            style="dim",
        )
    else:
        surface.note("next: -o FILE writes the proof", style="dim")


def say_not_seen(
    surface: Surface, file: Path, data: bytes, anchors: "Anchors", moment_ms: int | None
) -> None:
    """Verify a proof of absence and say what it proves; raises `VerificationFailed`."""
    from tongjian.cli.freshness import now_ms
    from tongjian.cli.moments import write_moment
    from tongjian.cli.verify_other import say_steps, steps_json
    from tongjian.verifier.not_seen import verify_not_seen_file

    unseen = verify_not_seen_file(data, anchors, moment_ms, now_ms())
    earlier, later = unseen.earlier, unseen.later
    if surface.as_json:
        surface.document(
            {
                "file": str(file),
                "holds": True,
                "label": anchors.label,
                "chain": anchors.chain,
                "transaction": unseen.transaction.hex(),
                "since": earlier.height,
                "height": later.height,
                "time_ms": later.time_ms,
                "steps": steps_json(unseen.steps),
            }
        )
        return
    surface.line(f"{file} HOLDS", style="bold green")
    say_steps(surface, unseen.steps)
    surface.line(
        f"transaction {unseen.transaction.hex()} was not recorded after height {earlier.height}, "
        f"up to height {later.height} ({write_moment(later.time_ms)})",
        style="bold",
    )
    surface.note(
        "not proven: that it was not recorded up to the earlier height, nor after the later one",
        style="dim",
    )
