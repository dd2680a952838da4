"""Verifying a receipt: offline, with a trust file, and with no part of a node."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tongjian.cli.command import RECORDS, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.mistaken import Mistaken, mistaken_for, next_of, rule_of
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.verifier.anchors import Anchors
    from tongjian.verifier.receipt import VerificationFailed, Verified


_AS_WRITTEN: Final = {
    True: "No byte changed on the way: it was written so, or the trust file is of another ledger.",
    False: "Bytes were changed or damaged since it was written: its check is not that of the file.",
    None: "The file was changed, or the trust file is that of another ledger.",
}


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "verify", panel=RECORDS)(verify)


def verify(
    surface: Surface,
    trust: Annotated[
        Path,
        typer.Option(
            "--trust",
            help="The ledger's anchors.json, from a source that you trust.",
            metavar="FILE",
        ),
    ],
    file: Annotated[
        Path | None, typer.Argument(help="The receipt, its picture, or a checkpoint.")
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", help="Evidence that a witness kept.", metavar="FILE"),
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(
            "--since",
            help="An earlier checkpoint that you kept: the file must show that it is continued.",
            metavar="FILE",
        ),
    ] = None,
    fresher_than: Annotated[
        str | None,
        typer.Option(
            "--fresher-than",
            help="Refuse a head older than this: 90s, 15min, 24h, 7d.",
            metavar="SPAN",
        ),
    ] = None,
) -> None:
    """Check a receipt step by step, say what each step proves and what is not proven.

    Needs no ledger and no network. Exit code 4 where a step does not hold.
    A picture (PNG, JPEG) or a page of an extract counts for the receipt in its code, and so does
    a receipt as text: TJR1:…, base64, hexadecimal.
    """
    from tongjian.cli.outcomes import say_not_seen
    from tongjian.cli.paper import receipt_of
    from tongjian.cli.verify_other import say_checkpoint, say_evidence
    from tongjian.verifier.anchors import Anchors
    from tongjian.verifier.check import is_as_written
    from tongjian.verifier.not_seen import is_not_seen
    from tongjian.verifier.receipt import VerificationFailed

    if (file is None) == (evidence is None):
        raise Failure(
            ExitCode.USAGE,
            "There must be one file to verify.",
            why="It is a receipt, or evidence after --evidence.",
            then="tongjian verify RECEIPT --trust anchors.json",
        )
    known = file or evidence or trust
    for path in (known, trust, *(() if since is None else (since,))):
        if not path.is_file():
            what = f"{path} is a folder." if path.is_dir() else f"There is no file {path}."
            raise Failure(
                ExitCode.NOT_FOUND,
                what,
                why="Nothing was verified.",
                then="tongjian verify RECEIPT --trust anchors.json",
            )
    anchors = Anchors.read(trust)
    moment_ms = _moment_ms(fresher_than)
    given = data = known.read_bytes()
    if evidence is not None:
        say_evidence(surface, known, data, anchors)
        return
    if data.startswith(b"tongjian/") and not is_not_seen(data):
        say_checkpoint(surface, known, data, anchors, moment_ms)
        return
    try:
        if is_not_seen(data):
            say_not_seen(surface, known, data, anchors, moment_ms)
            return
        data = receipt_of(given)
        _say(surface, known, data, anchors, (since, moment_ms))
    except VerificationFailed as failed:
        mistaken = mistaken_for(given) if failed.title == "form" else None
        _say_failed(surface, known, failed, mistaken, is_as_written(anchors.digest, data))
        raise typer.Exit(ExitCode.VERIFICATION_FAILED) from failed


def _say(
    surface: Surface,
    file: Path,
    data: bytes,
    anchors: "Anchors",
    demanded: tuple[Path | None, int | None],
) -> None:
    """Verify what a file holds and say what it proves; raises `VerificationFailed`."""
    from tongjian.cli.freshness import now_ms
    from tongjian.cli.verify_other import expect_since, say_consistency, say_statement
    from tongjian.verifier.cose import is_consistency, is_statement, verify_statement
    from tongjian.verifier.receipt import verify_receipt

    since, moment_ms = demanded
    is_cose = is_statement(data) or is_consistency(data)
    if is_cose and moment_ms is not None:
        raise Failure(
            ExitCode.USAGE,
            "A COSE Receipt does not say how fresh it is.",
            why="The operator signs the root of the log in it, and no time.",
            then="ask for the ledger's own receipt, or a checkpoint with witnesses",
        )
    if is_consistency(data):
        say_consistency(surface, file, data, anchors, since)
        return
    if is_statement(data):
        say_statement(surface, file, verify_statement(data, anchors), anchors)
        return
    verified = verify_receipt(data, anchors, moment_ms, now_ms())
    if since is not None:
        expect_since(verified, since, anchors)
    _say_verified(surface, file, verified, anchors)


def _moment_ms(fresher_than: str | None) -> int | None:
    """Return the moment that a head must not be older than, in ms since 1970."""
    from tongjian.cli.freshness import now_ms, read_span_s

    return None if fresher_than is None else now_ms() - 1000 * read_span_s(fresher_than)


def _say_failed(
    surface: Surface,
    file: Path,
    failed: "VerificationFailed",
    mistaken: Mistaken | None,
    as_written: bool | None,
) -> None:
    if surface.as_json:
        step = {"number": failed.step, "title": failed.title, "why": failed.why}
        document = {"file": str(file), "holds": False, "failed": step}
        surface.document(document | {"as_written": as_written})
        return
    surface.line(f"{file} DOES NOT HOLD", style="bold red")
    surface.line(f"  step {failed.step}, {failed.title}: {failed.why}")
    if mistaken is None:
        surface.note(_AS_WRITTEN[as_written])
    else:
        surface.note(f"This is {mistaken.what}.")
    surface.note(f"rule: {rule_of(failed.title)}", style="dim")
    then = next_of(failed.title) if mistaken is None else mistaken.then
    surface.note(f"next: {then}", style="dim")


def _say_verified(surface: Surface, file: Path, verified: "Verified", anchors: "Anchors") -> None:
    from tongjian.cli.freshness import now_ms, write_age
    from tongjian.cli.moments import write_moment
    from tongjian.cli.statements import statement_json, statement_lines
    from tongjian.verifier.receipt import header_hash

    header = verified.header
    digest = header_hash(verified, anchors).hex()
    if surface.as_json:
        document: dict[str, Any] = {
            "file": str(file),
            "holds": True,
            "label": anchors.label,
            "chain": anchors.chain,
            "height": header.height,
            "time_ms": header.time_ms,
            "header_hash": digest,
            "steps": [
                {"number": step.number, "title": step.title, "proves": step.proves}
                for step in verified.steps
            ],
            "statements": [statement_json(one, verified.entries) for one in verified.statements],
            "not_proven": list(verified.not_proven),
        }
        surface.document(document)
        return
    surface.line(f"{file} HOLDS", style="bold green")
    for step in verified.steps:
        surface.line(f"  {step.number}. {step.title}: {step.proves}")
    for statement in verified.statements:
        for text, style in statement_lines(statement, verified.entries):
            surface.line(text, style=style)
    surface.line("not proven:", style="bold")
    for text in verified.not_proven:
        surface.line(f"  - {text}")
    age_s = (now_ms() - int(header.time_ms)) // 1000
    surface.line(f"as of {write_moment(header.time_ms)}, {write_age(age_s)}", style="bold")
    surface.note(
        f"block {header.height}, header hash {digest}: "
        "compare it with another source to know that you were not shown a chain of your own",
        style="dim",
    )
