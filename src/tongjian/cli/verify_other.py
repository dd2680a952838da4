"""What `tongjian verify` says of files other than its own receipts.

COSE statements, checkpoints, evidence of a witness.
"""

from pathlib import Path

from tongjian.cli.moments import write_moment
from tongjian.cli.surface import Surface
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.checkpoint import (
    CheckpointInvalid,
    expect_origin,
    parse_checkpoint,
    verify_operator,
    verify_quorum,
)
from tongjian.verifier.cose import Transparent
from tongjian.verifier.evidence import verify_evidence
from tongjian.verifier.receipt import Step


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


def say_checkpoint(surface: Surface, file: Path, data: bytes, anchors: Anchors) -> None:
    """Say who signed a head; raises `CheckpointInvalid` where it is neither operator nor quorum."""
    checkpoint = parse_checkpoint(data)
    expect_origin(checkpoint, anchors)
    head = checkpoint.head()
    witnesses = verify_quorum(checkpoint, anchors)
    by_operator = _is_by_operator(data, anchors)
    if not by_operator and not witnesses:
        msg = "neither the operator nor a witness of the trust file signed it"
        raise CheckpointInvalid(msg)
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
