"""What the group `evidence` has beside acts and questions: files hashed, packed and verified."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tongjian.cli.command import command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.inputs import read_file
from tongjian.cli.outputs import STDOUT, CosignedOption, ForceOption, OutputOption, write_output
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.connectors.evidence.errors import PackageInvalid
    from tongjian.connectors.evidence.pack import Source
    from tongjian.connectors.evidence.verify import Report
    from tongjian.engines.chain import Chain

PACKAGES: Final = "Packages"
_SUFFIX: Final = ".evidence"
_ItemOption = Annotated[
    str, typer.Option("--item", help="Id of the item, 32 hexadecimal characters.", metavar="HEX")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the group."""
    command(app, "hash", panel=PACKAGES)(hash_file)
    command(app, "stamp-check", panel=PACKAGES)(stamp_check)
    command(app, "pack", panel=PACKAGES)(pack)
    command(app, "verify", panel=PACKAGES)(verify)


def hash_file(
    surface: Surface,
    file: Annotated[Path, typer.Argument(help="The file that is to be fixed.")],
    algorithm: Annotated[
        str, typer.Option("--algorithm", help="sha256, sm3, sha384, sha512 or sha3_256.")
    ] = "sha256",
    before: Annotated[
        str,
        typer.Option("--renews", help="The commitment that a renewal covers.", metavar="HEX"),
    ] = "",
) -> None:
    """计算承诺值 Commit to a file under a new salt, for `fix`, `derive` and `renew`.

    The salt is kept in FILE.salt.json: without it nobody can show what the commitment stands for.
    """
    from tongjian.connectors.evidence.pack import SALT_SUFFIX, commit_content
    from tongjian.node.clock import salt
    from tongjian.services.evidence.exchange import HASHES

    numbers = {name: number for number, name in HASHES.items()}
    if algorithm not in numbers:
        raise Failure(
            ExitCode.USAGE,
            f"{algorithm} is no hash algorithm of evidence.",
            why=f"It is one of {', '.join(numbers)}.",
            then=f"tongjian evidence hash {file}",
        )
    kept = _beside(file, SALT_SUFFIX)
    digest, text = commit_content(
        file.name,
        read_file(file),
        salt(),
        numbers[algorithm],
        before=_hex(before, "--renews"),
        kept=kept.read_bytes() if kept.is_file() else b"",
    )
    kept.touch(mode=0o600)
    kept.write_bytes(text)
    if surface.as_json:
        surface.document(
            {"algorithm": numbers[algorithm], "digest": digest.hex(), "salts": str(kept)}
        )
        return
    surface.pairs([("algorithm", str(numbers[algorithm])), ("digest", digest.hex())])
    surface.note(f"next: tongjian evidence fix …; keep {kept} beside the file", style="dim")


def stamp_check(
    surface: Surface,
    token: Annotated[Path, typer.Argument(help="The token, or the response that holds it.")],
    data: Annotated[Path, typer.Option("--data", help="The file that it is over.", metavar="F")],
    roots: Annotated[
        list[Path], typer.Option("--tsa-root", help="Trusted root, PEM or DER.", metavar="FILE")
    ],
    extra: Annotated[
        list[Path] | None,
        typer.Option("--certificate", help="Certificate between, PEM or DER.", metavar="FILE"),
    ] = None,
) -> None:
    """核验时间戳 Check an RFC 3161 time stamp, and print what `stamp` records of it."""
    from tongjian.node.clock import now_ms
    from tongjian.verifier.timestamp import TimeStampInvalid, read_token, verify_time_stamp

    try:
        stamped = verify_time_stamp(
            read_token(read_file(token)),
            read_file(data),
            [each for path in roots for each in _certificates(path)],
            intermediates=[each for path in extra or [] for each in _certificates(path)],
            until_ms=now_ms(),
        )
    except TimeStampInvalid as error:
        raise Failure(
            ExitCode.VERIFICATION_FAILED,
            f"{token} does not hold.",
            why=f"{error}.",
            rule="RFC 3161, RFC 5816",
            then="ask the authority for the stamp and its certificates again",
        ) from error
    found = stamped.token
    facts: dict[str, Any] = {
        "token": found.digest.hex(),
        "authority": stamped.authority_digest.hex(),
        "algorithm": found.algorithm,
        "gen_ms": found.gen_ms,
        "accuracy_ms": found.accuracy_ms,
    }
    if surface.as_json:
        surface.document({**facts, "path": list(stamped.path)})
        return
    surface.pairs((name, str(value)) for name, value in facts.items())
    surface.note(f"signed by {' < '.join(stamped.path)}")


def pack(
    surface: Surface,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILES...", help="Originals, tokens (.tsr), certificates (.crt)."),
    ],
    item: _ItemOption,
    case: Annotated[
        str, typer.Option("--case", help="Key of the case, where it was handed in.")
    ] = "",
    output: OutputOption = None,
    force: ForceOption = False,
    cosigned: CosignedOption = None,
) -> None:
    """制作证据包 Write one file that a court checks offline: files, salts, receipt, answers.

    The salts stand beside each file in FILE.salt.json. What the ledger does not have is refused.
    """
    from tongjian.connectors.evidence import pack as packing
    from tongjian.connectors.evidence.errors import PackageInvalid
    from tongjian.connectors.evidence.package import TooLarge
    from tongjian.node.home import Home

    sources = [_source(path) for path in files]
    heads = [read_file(path) for path in cosigned or []]
    wanted = _hex(item, "--item")
    home = Home(surface.folder)
    with home.open() as chain:
        anchors = home.anchors(chain)
        try:
            data, report = packing.pack(
                sources, wanted, case, anchors, lambda: _receipt(chain, wanted, case, heads)
            )
        except PackageInvalid as error:
            _say_invalid(surface, Path(item), error)
            raise typer.Exit(ExitCode.VERIFICATION_FAILED) from error
        except (TooLarge, packing.SaltsMissing) as error:
            raise Failure(
                ExitCode.USAGE,
                "No package can be made of these files.",
                why=f"{error}.",
                then="tongjian evidence hash FILE",
            ) from error
    path = output or Path(f"{item}{_SUFFIX}")
    write_output(path, data, force=force)
    if path != STDOUT:
        _say_report(surface, path, report)


def _receipt(chain: "Chain", item: bytes, case: str, heads: list[bytes]) -> bytes:
    """Return the receipt of all rows of an item, and of its submission in a case.

    It is of the height that the witnesses signed, or of the tip. Raises `CheckpointInvalid`.
    """
    from tongjian.connectors.evidence.facts import ranges_of
    from tongjian.engines.heads import head_at
    from tongjian.engines.receipts import Receipts
    from tongjian.services.evidence.records import ITEMS, SUBMISSIONS
    from tongjian.verifier.checkpoint import merge, parse_checkpoint

    signed = merge([parse_checkpoint(head) for head in heads]) if heads else None
    with chain.lock:
        at = chain.height if signed is None else signed.head().height
        if signed is not None and (at > chain.height or signed.head() != head_at(chain, at)):
            raise Failure(
                ExitCode.CONFLICT,
                f"What the witnesses signed is not the head of height {at}.",
                why="A package carries signatures under the very head that it rests on.",
                then="ask the witnesses for a head of this ledger",
            )
        draft = Receipts(chain).draft(at)
        draft.row(ITEMS.key(item))
        if case:
            draft.row(SUBMISSIONS.key(case, item))
        for low, high in ranges_of(item, case):
            draft.range(low, high)
        return draft.finish(None if signed is None else signed.encode())


def verify(
    surface: Surface,
    package: Annotated[Path, typer.Argument(help="The package.")],
    trust: Annotated[
        Path,
        typer.Option(
            "--trust", help="The ledger's anchors.json, from a source you trust.", metavar="FILE"
        ),
    ],
    roots: Annotated[
        list[Path] | None,
        typer.Option("--tsa-root", help="Trusted root of a time-stamp authority.", metavar="FILE"),
    ] = None,
) -> None:
    """核验证据包 Check a package step by step, offline, with the trust file and nothing else.

    It says since when content is unchanged, and never that it is true. Exit code 4 where a step
    does not hold.
    """
    from tongjian.connectors.evidence.errors import PackageInvalid
    from tongjian.connectors.evidence.verify import verify_package
    from tongjian.verifier.anchors import Anchors

    data = read_file(package)
    read_file(trust)
    trusted = None if roots is None else [each for path in roots for each in _certificates(path)]
    try:
        report = verify_package(data, Anchors.read(trust), trusted)
    except PackageInvalid as error:
        _say_invalid(surface, package, error)
        raise typer.Exit(ExitCode.VERIFICATION_FAILED) from error
    _say_report(surface, package, report)


def _say_invalid(surface: Surface, path: Path, error: "PackageInvalid") -> None:
    from tongjian.connectors.evidence.errors import TITLES

    title = TITLES[error.step]
    if surface.as_json:
        step = {"number": error.number, "title": title._asdict(), "why": error.why._asdict()}
        surface.document({"file": str(path), "holds": False, "failed": step})
        return
    surface.line(f"{path} 不成立 DOES NOT HOLD", style="bold red")
    surface.line(f"  {error.number}. {title.zh}：{error.why.zh}")
    surface.line(f"  {error.number}. {title.en}: {error.why.en}")
    surface.note("next: ask whoever holds the original for it, or report the file", style="dim")


def _say_report(surface: Surface, path: Path, report: "Report") -> None:
    from tongjian.cli.moments import write_moment

    if surface.as_json:
        surface.document(_document(path, report))
        return
    is_whole = report.result == "consistent"
    words = "一致 CONSISTENT" if is_whole else "部分一致 PARTIAL"
    surface.line(f"{path} {words}", style="bold green" if is_whole else "bold yellow")
    for step in report.steps:
        surface.line(f"  {step.number}. {step.title.zh}：{step.proves.zh}")
        surface.line(f"     {step.title.en}: {step.proves.en}")
    moment = write_moment(report.unchanged_since_ms)
    surface.line(f"自 {moment} 起未被改动 unchanged since {moment}", style="bold")
    surface.line("不予证明 not proven:", style="bold")
    for each in report.not_proven:
        surface.line(f"  - {each.zh}")
        surface.line(f"    {each.en}")
    surface.note(f"sha-256 of the package: {report.package}", style="dim")


def _document(path: Path, report: "Report") -> dict[str, Any]:
    return {
        "file": str(path),
        "holds": True,
        "result": report.result,
        "unchanged_since_ms": report.unchanged_since_ms,
        "before_recording": "not_proven",
        "height": report.height,
        "item": report.item,
        "case": report.case,
        "package": report.package,
        "steps": [
            {"number": s.number, "title": s.title._asdict(), "proves": s.proves._asdict()}
            for s in report.steps
        ],
        "not_proven": [each._asdict() for each in report.not_proven],
    }


# -- files ----------------------------------------------------------------------------------------


def _source(path: Path) -> "Source":
    from tongjian.connectors.evidence.pack import SALT_SUFFIX, Source

    kept = _beside(path, SALT_SUFFIX)
    return Source(path.name, read_file(path), kept.read_bytes() if kept.is_file() else b"")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _certificates(path: Path) -> list[bytes]:
    """Return the certificates of a file, PEM or DER."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    data = read_file(path)
    if not data.startswith(b"-----"):
        return [data]
    try:
        return [each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(data)]
    except ValueError as error:
        raise Failure(
            ExitCode.USAGE,
            f"{path} holds no certificates.",
            why=f"{error}.",
            then="give the root of the time-stamp authority, PEM or DER",
        ) from error


def _hex(text: str, option: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Failure(
            ExitCode.USAGE,
            f"{option} is not what it must be.",
            why=f"{error}.",
            rule="bytes are written in hexadecimal",
            then="tongjian evidence --help",
        ) from error
