"""`tongjian keys certificate`: an X.509 certificate of a key is checked from files and recorded."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.inputs import moment_of
from tongjian.cli.moments import write_moment
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.node.certificates import Found

_FILE_BYTES_MAX = 1024 * 1024
Files = list[Path] | None


def certificate(
    surface: Surface,
    key: Annotated[str, typer.Argument(metavar="HOLDER|KEY", help="A holder here, or a key's id.")],
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILES...", help="The key's certificate first, then those above."),
    ],
    roots: Annotated[
        list[Path],
        typer.Option("--root", metavar="FILE", help="A root that the network trusts, PEM or DER."),
    ],
    status: Annotated[
        Files,
        typer.Option("--status", metavar="FILE", help="A list (CRL) or an answer (OCSP); repeat."),
    ] = None,
    moment: Annotated[
        str | None,
        typer.Option("--at", metavar="MOMENT", help="When it must have held, as when it signed."),
    ] = None,
    holders: Annotated[
        list[str] | None,
        typer.Option("--as", metavar="HOLDER", help="Record it; registrar and checker sign."),
    ] = None,
) -> None:
    """核验并登记证书 Check an X.509 certificate of a key: chain, purpose, period and status.

    SM2 with SM3, P-256 and Ed25519. With --as, what is not on the ledger yet is recorded: digests
    and times, never the name in it. The files stay with you: whoever asks later is shown them.
    """
    from tongjian.cli.waiting import Waiting
    from tongjian.node.certificates import judge
    from tongjian.node.clock import now_ms
    from tongjian.verifier.certificates import CertificateInvalid

    at_ms = now_ms() if moment is None else moment_of("--at", moment, "--at 2026-11-22T09:00")
    read = [[_read(path) for path in each] for each in (files, roots, status or [])]
    with Waiting.of(surface) as waiting:
        identity = waiting.key_of(key)
        try:
            found = judge(waiting.chain, identity, read[0], read[1], read[2], at_ms)
        except CertificateInvalid as error:
            raise _does_not_hold(key, str(error)) from error
    if holders and found.acts:
        _record(surface, found, holders)
        return
    if found.objection:
        raise _does_not_hold(key, found.objection)
    _tell(surface, found, identity)


def _does_not_hold(key: str, why: str) -> Failure:
    return Failure(
        ExitCode.VERIFICATION_FAILED,
        f"The certificate of {key} does not hold.",
        why=f"{why}.",
        rule="RFC 5280, RFC 6960, GB/T 20518; Electronic Signature Law art. 21, 22",
        then="tongjian keys certificate --help",
    )


def _record(surface: Surface, found: "Found", holders: list[str]) -> None:
    from tongjian.catalogue import load_registry
    from tongjian.cli.outcome import show_answer
    from tongjian.cli.readable import tag_of
    from tongjian.cli.submit import submit
    from tongjian.node.home import Home

    answer = submit(Home(surface.folder), holders, found.acts)
    operation = load_registry().tags[tag_of(found.acts[0])]
    show_answer(surface, answer, operation, is_rehearsal=False)


def _tell(surface: Surface, found: "Found", key: bytes) -> None:
    from tongjian.cli.readable import as_json

    leaf = found.certificate.leaf
    facts: dict[str, Any] = {
        "key": key.hex(),
        "certificate": found.digests.certificate.hex(),
        "serial": found.digests.serial.hex(),
        "chain": found.digests.chain.hex(),
        "anchor": found.digests.anchor.hex(),
        "from_ms": leaf.from_ms,
        "until_ms": leaf.until_ms,
        "is_recorded": found.is_recorded,
        "statuses": [
            {
                "kind": each.kind,
                "this_ms": each.this_ms,
                "next_ms": each.next_ms,
                "revoked_ms": each.revoked_ms,
            }
            for each in found.statuses
        ],
    }
    if surface.as_json:
        surface.document({**facts, "acts": [as_json(act) for act in found.acts]})
        return
    surface.line(f"{leaf.subject} holds", style="bold green")
    surface.pairs(
        [
            ("under", " < ".join(each.subject for each in found.certificate.path[1:])),
            ("from", write_moment(leaf.from_ms)),
            ("until", write_moment(leaf.until_ms)),
            *((name, facts[name]) for name in ("certificate", "serial", "chain", "anchor")),
            *((each.kind, f"good at {write_moment(each.this_ms)}") for each in found.statuses),
            ("on the ledger", "yes" if found.is_recorded else "no"),
        ],
        indent="  ",
    )
    if found.acts:
        surface.note("next: the same with --as REGISTRAR --as CHECKER records it", style="dim")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES_MAX + 1)
    except OSError as error:
        raise Failure(
            ExitCode.NOT_FOUND,
            f"{path} cannot be read.",
            why=f"{error.strerror}.",
            then="tongjian keys certificate --help",
        ) from error
