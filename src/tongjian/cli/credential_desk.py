"""What is asked of credentials: their status with a receipt, a request, and the check offline."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.outputs import STDOUT, ForceOption, OutputOption, write_output
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.connectors.credentials.steps import PresentationRefused, Report

BookOption = Annotated[
    Path | None,
    typer.Option("--book", metavar="FILE", help="The verifier's nonces: each is accepted once."),
]


def did(
    surface: Surface,
    office: Annotated[str, typer.Argument(help="The office.", metavar="USCC")],
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """机构标识 Show the DID document of an office from the ledger's state, or write did.json."""
    from tongjian.connectors.credentials.didweb import resolution_of
    from tongjian.connectors.strictjson import encode
    from tongjian.node.home import Home
    from tongjian.services.identity.records_credentials import DID_KEYS, DIDS

    with Home(surface.folder).open() as chain:
        row = chain.store.row(DIDS, DIDS.key(office))
        if row is None:
            raise Failure(
                ExitCode.NOT_FOUND,
                f"{office} has no DID on the ledger.",
                why="Two persons of the office create it.",
                then="tongjian identity create-did --help",
            )
        keys = [
            chain.store.row(DID_KEYS, DID_KEYS.key(office, number))
            for number in range(1, row.keys + 1)
        ]
        found = resolution_of(office, row, [key for key in keys if key is not None], chain.height)
    if output is not None:
        write_output(output, encode(found["didDocument"]) + b"\n", force=force)
        surface.note(f"publish it at https://{row.host}/offices/{office}/did.json", style="dim")
        return
    if surface.as_json:
        surface.document(found)
        return
    document = found["didDocument"]
    surface.pairs(
        [
            ("did", document["id"]),
            ("state", "deactivated 已停用" if row.status == "deactivated" else "active 有效"),
            *((method["id"].partition("#")[2], method["type"]) for method in _methods(document)),
        ]
    )


def _methods(document: dict[str, Any]) -> list[dict[str, Any]]:
    methods: list[dict[str, Any]] = document["verificationMethod"]
    return methods


def status(
    surface: Surface,
    file: Annotated[Path, typer.Argument(help="The credential, or a presentation of it.")],
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """凭证状态 Say what the ledger says of a credential; with -o, write the receipt that proves it.

    The receipt shows type, issuer, key, record and status, and names no holder: whoever verifies
    needs it, and asks nobody.
    """
    from tongjian.cli.credential_files import read_credential
    from tongjian.connectors.credentials.making import commitment
    from tongjian.engines.receipts import Receipts
    from tongjian.node.home import Home
    from tongjian.services.identity.records_credentials import CREDENTIALS

    shown = read_credential(file)
    place = shown.place
    with Home(surface.folder).open() as chain, chain.lock:
        key = CREDENTIALS.key(place.office, place.list_number, place.position)
        row = chain.store.row(CREDENTIALS, key)
        is_same = row is not None and row.commitment == commitment(chain.digest, shown.credential)
        draft = Receipts(chain).draft()
        for each in place.rows():
            draft.row(each)
        receipt, height = draft.finish(), chain.height
    said: dict[str, Any] = {
        "issuer": place.did,
        "type": place.type_url,
        "status": str(row.status) if row is not None and is_same else "not on record 未登记",
        "reason": None if row is None or not is_same else row.reason,
        "height": height,
    }
    if output is not None:
        write_output(output, receipt, force=force)
        said["receipt"] = str(output)
    if surface.as_json:
        surface.document(said)
    elif output != STDOUT:
        surface.pairs((name, str(value)) for name, value in said.items() if value is not None)


def ask(
    surface: Surface,
    audience: Annotated[str, typer.Option("--audience", help="Who asks: a name of one's own.")],
    book: Annotated[
        Path, typer.Option("--book", metavar="FILE", help="Where this verifier keeps its nonces.")
    ],
) -> None:
    """要求出示 Draw a nonce for one presentation, and write it into the verifier's book."""
    from tongjian.connectors.credentials.dates import moment_of
    from tongjian.connectors.credentials.noncebook import ANSWER_SECONDS_MAX, NonceBook
    from tongjian.node.clock import now_ms

    asked = NonceBook(book).ask(audience, moment_of(now_ms()))
    if surface.as_json:
        surface.document({**asked._asdict(), "seconds_max": ANSWER_SECONDS_MAX})
        return
    surface.pairs([("audience", asked.audience), ("nonce", asked.nonce)])
    surface.note(f"good for {ANSWER_SECONDS_MAX} s and for one answer", style="dim")


def verify(
    surface: Surface,
    *,
    file: Annotated[Path, typer.Argument(help="What the holder handed over.")],
    trust: Annotated[
        Path,
        typer.Option(
            "--trust", help="The ledger's anchors.json, from a source you trust.", metavar="FILE"
        ),
    ],
    receipt: Annotated[
        Path, typer.Option("--receipt", help="Of the ledger, on this credential.", metavar="FILE")
    ],
    audience: Annotated[str | None, typer.Option("--audience", help="As it was asked.")] = None,
    nonce: Annotated[str | None, typer.Option("--nonce", help="As it was asked.")] = None,
    book: BookOption = None,
    max_age: Annotated[
        str, typer.Option("--max-age", help="Oldest state accepted: 90s, 15min, 24h, 7d.")
    ] = "24h",
) -> None:
    """核验 Check a presentation offline, and say what is proven and what is not.

    Needs no ledger and no network. Exit code 4 where a step does not hold.
    """
    from tongjian.cli.credential_files import asked_of
    from tongjian.cli.freshness import read_span_s
    from tongjian.cli.inputs import read_file
    from tongjian.connectors.credentials.dates import moment_of
    from tongjian.connectors.credentials.noncebook import NonceBook
    from tongjian.connectors.credentials.steps import PresentationRefused
    from tongjian.connectors.credentials.verifying import verify_shown
    from tongjian.node.clock import now_ms
    from tongjian.verifier.anchors import Anchors

    asked = asked_of(audience, nonce)
    data, proof = read_file(file), read_file(receipt)
    read_file(trust)
    try:
        report = verify_shown(
            data,
            proof,
            Anchors.read(trust),
            at=moment_of(now_ms()),
            asked=asked,
            book=None if book is None else NonceBook(book),
            age_seconds_max=read_span_s(max_age),
        )
    except PresentationRefused as error:
        _say_refused(surface, file, error)
        raise typer.Exit(ExitCode.VERIFICATION_FAILED) from error
    _say(surface, file, report)


def _say_refused(surface: Surface, file: Path, error: "PresentationRefused") -> None:
    from tongjian.connectors.credentials.steps import TITLES

    title = TITLES[error.step]
    if surface.as_json:
        step = {
            "number": error.number,
            "step": error.step,
            "title": title._asdict(),
            "why": error.why._asdict(),
        }
        surface.document({"file": str(file), "accepted": False, "failed": step})
        return
    surface.line(f"{file} 不予接受 REFUSED", style="bold red")
    surface.line(f"  {error.number}. {title.zh}：{error.why.zh}")
    surface.line(f"  {error.number}. {title.en}: {error.why.en}")
    surface.note("next: ask the holder again, with a new nonce and a new receipt", style="dim")


def _say(surface: Surface, file: Path, report: "Report") -> None:
    from tongjian.cli.moments import write_moment

    if surface.as_json:
        surface.document(_document(file, report))
        return
    surface.line(f"{file} 可以接受 ACCEPTED", style="bold green")
    for step in report.steps:
        surface.line(f"  {step.number}. {step.title.zh}：{step.proves.zh}")
        surface.line(f"     {step.title.en}: {step.proves.en}")
    surface.line("披露的内容 disclosed:", style="bold")
    surface.pairs(((name, _value(value)) for name, value in report.claims.items()), indent="  ")
    surface.line("不予证明 not proven:", style="bold")
    for each in report.not_proven:
        surface.line(f"  - {each.zh}")
        surface.line(f"    {each.en}")
    surface.line(
        f"截至 as of {write_moment(report.time_ms)}; "
        f"最长时效 oldest state accepted: {report.age_seconds_max} s",
        style="bold",
    )


def _value(value: Any) -> str:
    words = {True: "是 yes", False: "否 no"}
    return words[value] if isinstance(value, bool) else str(value)


def _document(file: Path, report: "Report") -> dict[str, Any]:
    return {
        "file": str(file),
        "accepted": True,
        "issuer": report.issuer,
        "type": report.type,
        "claims": report.claims,
        "height": report.height,
        "time_ms": report.time_ms,
        "age_seconds_max": report.age_seconds_max,
        "steps": [
            {"number": s.number, "title": s.title._asdict(), "proves": s.proves._asdict()}
            for s in report.steps
        ],
        "not_proven": [each._asdict() for each in report.not_proven],
    }
