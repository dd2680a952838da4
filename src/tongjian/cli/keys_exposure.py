"""`tongjian keys exposure` and `counters`: what a thief signed, whom it concerns, and clones."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.node.exposure import Exposed

_VERDICTS: Final = {
    "": ("尚待处理", "not settled yet"),
    "confirmed": ("已确认有效", "confirmed: it stands"),
    "corrected": ("已更正", "corrected"),
    "void": ("无效", "void: without effect"),
}


def exposure(
    surface: Surface,
    key: Annotated[str, typer.Argument(metavar="HOLDER|KEY", help="A holder here, or a key's id.")],
    since: Annotated[
        int | None,
        typer.Option("--since", metavar="HEIGHT", help="Last safe height; else as reported."),
    ] = None,
    notices: Annotated[
        Path | None,
        typer.Option("--notices", metavar="DIR", help="Write a notice for each party concerned."),
    ] = None,
) -> None:
    """List what a stolen key signed since the last safe height, and what became of each.

    Committed transactions are the office's to confirm, correct or declare void; refused ones
    changed nothing. A notice tells an office or a firm which of them name it; persons, whom the
    ledger knows by pseudonym only, are told by the office that dealt with them.
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
        names = waiting.home.names()
    if notices is not None:
        _write_notices(notices, identity, found, names)
    open_ = [one for one in found if one.settled is None and not one.outcome]
    if surface.as_json:
        rows = [
            {
                **one._asdict(),
                "transaction": one.transaction.hex(),
                "acts": list(one.acts),
                "concerned": list(one.concerned),
                "settled": None if one.settled is None else as_json(one.settled),
            }
            for one in found
        ]
        surface.document({"key": identity.hex(), "safe_height": safe, "exposed": rows})
        return
    surface.table(
        ("HEIGHT", "TRANSACTION", "ACTS", "OUTCOME", "SETTLED", "CONCERNS"),
        [
            (
                str(one.height),
                one.transaction.hex(),
                ", ".join(one.acts),
                one.outcome or "committed",
                one.settled.verdict if one.settled else "" if one.outcome else "open",
                ", ".join(names.get(code, code) for code in one.concerned),
            )
            for one in found
        ],
    )
    surface.note(f"{len(open_)} to settle since height {safe}", style="dim")
    if open_:
        surface.note("next: tongjian membership settle-exposed --help", style="dim")


def _write_notices(folder: Path, key: bytes, found: list["Exposed"], names: dict[str, str]) -> None:
    """Write one file for each office or firm that a committed transaction names."""
    told: dict[str, list[Exposed]] = {}
    for one in found:
        for code in () if one.outcome else one.concerned:
            told.setdefault(code, []).append(one)
    folder.mkdir(parents=True, exist_ok=True)
    for code, concerned in told.items():
        lines = [
            f"致 To: {names.get(code, code)} ({code})",
            "",
            f"密钥 {key.hex()} 已报告失窃。自最后安全高度以来，它签署了下列涉及贵方的事务。",
            f"Key {key.hex()} was reported stolen. Since the last safe height it signed these",
            "transactions, which name you.",
            "依据 Law: 电子签名法 第十五条 Electronic Signature Law art. 15",
            "",
        ]
        for one in concerned:
            zh, en = _VERDICTS[one.settled.verdict if one.settled else ""]
            lines += [
                f"{one.transaction.hex()}",
                f"  高度 height {one.height}: {', '.join(one.acts)}",
                f"  {zh} {en}",
            ]
            if one.settled and one.settled.correction:
                lines.append(f"  更正事务 by {one.settled.correction.hex()}")
        lines += ["", "查证 To check: tongjian tx TRANSACTION; tongjian receipt TRANSACTION", ""]
        (folder / f"{code}.txt").write_text("\n".join(lines), "utf-8")


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
