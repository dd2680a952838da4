"""Decides a bundle again and says what came of it: the same or not, and in what it differs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tongjian.catalogue import load_registry
from tongjian.cli.audit_said import (
    INDENT,
    RECORDED,
    StyledLine,
    name_of,
    part_json,
    part_lines,
    row_of,
    value_json,
    value_lines,
)
from tongjian.cli.readable import as_json
from tongjian.cli.surface import Surface
from tongjian.core.hashing import HashSuite
from tongjian.engines.audit.difference import PartDifference
from tongjian.engines.chain import Chain
from tongjian.verifier.anchors import Anchors, SealAnchor
from tongjian.verifier.receipt import VerificationFailed, Verified, verify_receipt
from tongjian.verifier.rerun import (
    CannotDecide,
    CodeCompared,
    DecidedOtherwise,
    Otherwise,
    Redecided,
    rerun,
)

NOT_PROVEN: Final = (
    "that the code with these digests is what decided then: the ledger holds the rule version only",
    "that the block changed no other rows: `tongjian audit replay` proves it",
    "that the facts were true before they were recorded",
)


def redecides(chain: Chain, data: bytes) -> tuple[int, str]:
    """Return the height of a bundle just made, and how this release decides otherwise, if so."""
    anchors = Anchors(
        chain=chain.chain_id.hex(),
        label=chain.genesis.label,
        hash=HashSuite(chain.genesis.hash_suite).name.lower(),
        seals=[
            SealAnchor.of(height, seal.suite, seal.public)
            for height, seal in chain.machine.directory.seal_keys()
        ],
    )
    verified = verify_receipt(data, anchors)
    try:
        rerun(verified, anchors, chain.machine.registry)
    except (DecidedOtherwise, CannotDecide) as error:
        return int(verified.header.height), str(error)
    return int(verified.header.height), ""


_ZH: Final = {
    "DOES NOT HOLD": "凭据不成立",
    "CANNOT BE DECIDED AGAIN": "无法重新裁决",
}


def say_rerun(surface: Surface, file: Path, trust: Path) -> bool:
    """Decide a bundle again and say what came of it; return whether it is the same."""
    anchors = Anchors.read(trust)
    try:
        verified = verify_receipt(file.read_bytes(), anchors)
        done = rerun(verified, anchors, load_registry())
    except VerificationFailed as failed:
        _say_unsaid(surface, file, "DOES NOT HOLD", str(failed))
    except CannotDecide as cannot:
        _say_unsaid(surface, file, "CANNOT BE DECIDED AGAIN", str(cannot))
    except DecidedOtherwise as otherwise:
        _say_otherwise(surface, file, otherwise)
    else:
        _say_same(surface, file, verified, done)
        return True
    return False


def _say_unsaid(surface: Surface, file: Path, verdict: str, why: str) -> None:
    if surface.as_json:
        surface.document({"file": str(file), "same": None, "verdict": verdict.lower(), "why": why})
        return
    surface.line(f"{file} {verdict} {_ZH[verdict]}", style="bold red")
    surface.line(f"{INDENT}{why}")


def _say_same(
    surface: Surface, file: Path, verified: Verified, done: tuple[Redecided, ...]
) -> None:
    if surface.as_json:
        surface.document(
            {
                "file": str(file),
                "same": True,
                "height": verified.header.height,
                "decisions": [_same_json(one) for one in done],
                "not_proven": list(NOT_PROVEN),
            }
        )
        return
    surface.line(f"{file} DECIDED THE SAME 重新裁决，结果相同", style="bold green")
    for one in done:
        for text, style in _same_lines(one):
            surface.line(f"{INDENT}{text}", style=style)
    surface.line("not proven:", style="bold")
    for text in NOT_PROVEN:
        surface.line(f"{INDENT}- {text}")


def _same_lines(one: Redecided) -> Iterator[StyledLine]:
    yield f"transaction {one.transaction.hex()}, height {one.height}", "bold"
    yield from ((text, "") for text in value_lines("outcome", "outcome", one.outcome.encode()))
    yield (
        f"from {one.read} proven rows, after {max(one.transactions - 1, 0)} others of its block",
        "",
    )
    for event in one.events:
        yield from ((text, "") for text in value_lines("event", "event", event))
    for key, value in one.rows:
        gone = " removed" if value is None else ""
        yield f"row {name_of(key)}{gone}", ""
    for code in one.code:
        yield _code_text(code), "" if code.there == code.here else "yellow"


def _code_text(code: CodeCompared) -> str:
    version = f" version {code.version}" if code.version else ""
    if code.here == code.there:
        return f"code of {code.service}{version}: {code.there.hex()}, the same here"
    here = "not in this release" if code.here is None else code.here.hex()
    return f"code of {code.service}{version}: {code.there.hex()}; decided here by {here}"


def _same_json(one: Redecided) -> dict[str, Any]:
    return {
        "transaction": one.transaction.hex(),
        "outcome": one.outcome,
        "events": [value_json("event", event) for event in one.events],
        "rows": [
            {"record": name_of(key), "key": key.hex(), "row": as_json(row_of(key, value))}
            for key, value in one.rows
        ],
        "rows_read": one.read,
        "transactions": one.transactions,
        "code": [
            {
                "service": code.service,
                "version": code.version,
                "there": code.there.hex(),
                "here": None if code.here is None else code.here.hex(),
            }
            for code in one.code
        ],
    }


def _say_otherwise(surface: Surface, file: Path, otherwise: DecidedOtherwise) -> None:
    if surface.as_json:
        differences = [_otherwise_json(one) for one in otherwise.differences]
        surface.document({"file": str(file), "same": False, "differences": differences})
        return
    surface.line(f"{file} DECIDED OTHERWISE 重新裁决，结果不同", style="bold red")
    for one in otherwise.differences:
        for text, style in _otherwise_lines(one):
            surface.line(f"{INDENT}{text}", style=style)


def _as_part(one: Otherwise) -> PartDifference:
    return PartDifference("row", one.key, one.recorded, one.redecided)


def _otherwise_lines(one: Otherwise) -> Iterator[StyledLine]:
    if one.part == "row":
        yield from part_lines(_as_part(one), RECORDED)
        return
    yield f"{one.part} {one.place}".rstrip(), "bold"
    for side, value in zip(RECORDED, (one.recorded, one.redecided), strict=True):
        yield from ((f"{INDENT}{text}", "") for text in value_lines(one.part, side, value))


def _otherwise_json(one: Otherwise) -> dict[str, Any]:
    if one.part == "row":
        return part_json(_as_part(one), RECORDED)
    values = zip(RECORDED, (one.recorded, one.redecided), strict=True)
    return {
        "part": one.part,
        "place": one.place,
        "values": {side: value_json(one.part, value) for side, value in values},
    }
