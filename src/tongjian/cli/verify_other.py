"""What `tongjian verify` says of files that are no receipt of a row: COSE statements."""

from pathlib import Path

from tongjian.cli.surface import Surface
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.cose import Transparent
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
