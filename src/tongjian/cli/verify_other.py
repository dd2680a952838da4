"""What `tongjian verify` says of files other than its own receipts.

COSE statements, checkpoints, evidence of a witness.
"""

from pathlib import Path
from typing import Final

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.moments import write_moment
from tongjian.cli.surface import Surface
from tongjian.core.merkle import ProofInvalid
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.checkpoint import (
    Checkpoint,
    CheckpointInvalid,
    Cosigned,
    expect_origin,
    parse_checkpoint,
    verify_operator,
    verify_quorum,
)
from tongjian.verifier.cose import Transparent, verify_consistency_receipt
from tongjian.verifier.evidence import verify_evidence
from tongjian.verifier.receipt import ConsistencyStatement, Step, VerificationFailed, Verified

_BY_NOBODY: Final = "neither the operator nor a witness of the trust file signed it"


def say_statement(surface: Surface, file: Path, held: Transparent, anchors: Anchors) -> None:
    """Say what a COSE statement with receipts proves."""
    if surface.as_json:
        entry = held.entry
        surface.document(
            {
                "file": str(file),
                "holds": True,
                "label": anchors.label,
                "chain": anchors.chain,
                "transaction": entry.transaction.hex(),
                "outcome": entry.outcome,
                "events": entry.events.hex(),
                "receipts": [
                    {"index": proof.index, "size": proof.size, "root": root.hex()}
                    for proof, root in zip(held.proofs, held.roots, strict=True)
                ],
                "steps": steps_json(held.steps),
                "not_proven": list(held.not_proven),
            }
        )
        return
    surface.line(f"{file} HOLDS", style="bold green")
    say_steps(surface, held.steps)
    surface.line("not proven:", style="bold")
    for text in held.not_proven:
        surface.line(f"  - {text}")


def steps_json(steps: tuple[Step, ...]) -> list[dict[str, object]]:
    """Return steps for machines."""
    return [{"number": s.number, "title": s.title, "proves": s.proves} for s in steps]


def say_steps(surface: Surface, steps: tuple[Step, ...]) -> None:
    """Write one line a step."""
    for step in steps:
        surface.line(f"  {step.number}. {step.title}: {step.proves}")


def say_consistency(
    surface: Surface, file: Path, data: bytes, anchors: Anchors, since: Path | None
) -> None:
    """Say that a COSE Receipt shows a log to continue the head that was kept."""
    if since is None:
        raise Failure(
            ExitCode.USAGE,
            "A receipt of consistency needs the head that it continues.",
            why="It holds the way from an earlier root, not the root.",
            then=f"tongjian verify {file} --trust anchors.json --since CHECKPOINT",
        )
    earlier = _kept(since, anchors)
    try:
        proof, root = verify_consistency_receipt(data, earlier.root, anchors)
    except ProofInvalid as error:
        raise VerificationFailed(1, "consistency", str(error)) from error
    if proof.first != earlier.size:
        raise _not_continued(f"it is about a log of {proof.first} entries", earlier)
    if surface.as_json:
        said = {"file": str(file), "holds": True, "chain": anchors.chain, "root": root.hex()}
        surface.document(said | {"first_size": proof.first, "second_size": proof.second})
        return
    surface.line(f"{file} HOLDS", style="bold green")
    surface.line(f"  the log of {proof.first} entries, root {earlier.root.hex()}, is how")
    surface.line(f"  the log of {proof.second} entries, root {root.hex()}, begins")


def expect_since(verified: Verified, since: Path, anchors: Anchors) -> None:
    """Raise `VerificationFailed` unless a receipt shows its log to continue a kept head."""
    earlier = _kept(since, anchors)
    stated = [one for one in verified.statements if isinstance(one, ConsistencyStatement)]
    if (verified.header.log_size, verified.header.log_root) == (earlier.size, earlier.root):
        return
    if not stated:
        raise _not_continued("the receipt does not speak of an earlier head", earlier)
    if not any((int(one.size), one.root) == (earlier.size, earlier.root) for one in stated):
        others = ", ".join(f"{one.size} entries, root {one.root.hex()}" for one in stated)
        raise _not_continued(f"the receipt is about a log of {others}", earlier)


def _not_continued(what: str, earlier: Checkpoint) -> VerificationFailed:
    why = (
        f"{what}; the head that was kept has {earlier.size} entries, root {earlier.root.hex()}. If "
        "the operator shows no receipt that continues it, keep both: they are evidence of a fork"
    )
    return VerificationFailed(1, "consistency", why)


def _kept(path: Path, anchors: Anchors) -> Checkpoint:
    """Return a kept head that the operator or the quorum signed."""
    data = path.read_bytes()
    checkpoint = parse_checkpoint(data)
    expect_origin(checkpoint, anchors)
    witnesses = verify_quorum(checkpoint, anchors)
    if not _is_by_operator(data, anchors) and not witnesses:
        raise CheckpointInvalid(_BY_NOBODY)
    return checkpoint


def say_checkpoint(
    surface: Surface, file: Path, data: bytes, anchors: Anchors, moment_ms: int | None = None
) -> None:
    """Say who signed a head; raises `CheckpointInvalid` where it is neither operator nor quorum.

    With `moment_ms` enough witnesses must have signed it since then: a head names no time itself.
    """
    checkpoint = parse_checkpoint(data)
    expect_origin(checkpoint, anchors)
    head = checkpoint.head()
    witnesses = verify_quorum(checkpoint, anchors)
    by_operator = _is_by_operator(data, anchors)
    if not by_operator and not witnesses:
        raise CheckpointInvalid(_BY_NOBODY)
    _expect_fresh(witnesses, anchors, moment_ms)
    who = [{"name": one.name, "time_s": one.time_s} for one in witnesses]
    if surface.as_json:
        said = {"file": str(file), "holds": True, "height": head.height, "size": head.size}
        said |= {"root": head.root.hex(), "header_hash": head.header_hash.hex()}
        surface.document(said | {"operator": by_operator, "witnesses": who})
        return
    surface.line(f"{file} HOLDS", style="bold green")
    surface.line(f"  height {head.height}, {head.size} entries, root {head.root.hex()}")
    if by_operator:
        surface.line("  signed by the operator")
    for one in witnesses:
        surface.line(f"  signed by {one.name} at {write_moment(one.time_s * 1000)}")


def _expect_fresh(witnesses: tuple[Cosigned, ...], anchors: Anchors, moment_ms: int | None) -> None:
    if moment_ms is None:
        return
    wanted = max(anchors.quorum, 1)
    fresh = [one.name for one in witnesses if one.time_s * 1000 >= moment_ms]
    if len(fresh) < wanted:
        msg = (
            f"{len(fresh)} trusted witnesses signed this head since the moment that was demanded, "
            f"not {wanted}: it may be an old head presented as the newest. Ask the witnesses for "
            "the head that they signed last"
        )
        raise CheckpointInvalid(msg)


def _is_by_operator(data: bytes, anchors: Anchors) -> bool:
    checkpoint = parse_checkpoint(data)
    if all(one.name != checkpoint.origin for one in checkpoint.signatures):
        return False
    verify_operator(checkpoint, anchors)
    return True


def say_evidence(surface: Surface, file: Path, data: bytes, anchors: Anchors) -> None:
    """Say what evidence proves; raises `EvidenceInvalid` where it proves nothing."""
    proven = verify_evidence(data, anchors)
    kind, seen = proven.evidence.kind, proven.evidence.observed_s
    if surface.as_json:
        heads = {
            name: {"height": head.height, "size": head.size, "root": head.root.hex()}
            for name, head in (("first", proven.first), ("second", proven.second))
        }
        said = {"file": str(file), "holds": True, "kind": kind, "observed_s": seen}
        surface.document(said | heads | {"proves": list(proven.proves)})
        return
    surface.line(f"{file} PROVES A {kind.upper()}", style="bold red")
    for text in proven.proves:
        surface.line(f"  - {text}")
    surface.line(f"  seen by {proven.evidence.witness.name} at {write_moment(seen * 1000)}")
    surface.note("next: hand this file to the auditor, with both ledgers", style="dim")
