"""What an audit found, for people and for machines: rows and events read through the catalogue."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from tongjian.catalogue import load_registry
from tongjian.cli.histories import changes_between
from tongjian.cli.moments import write_moment
from tongjian.cli.readable import as_json, key_text, pairs_of, tag_of
from tongjian.cli.surface import Surface
from tongjian.cli.words import read_refusal
from tongjian.core.encoding import Malformed, Record
from tongjian.core.genesis import Genesis
from tongjian.core.hashing import HashSuite
from tongjian.engines.audit.difference import Difference, PartDifference, Value
from tongjian.engines.audit.replay import Replayed
from tongjian.engines.audit.stores import StoresCompared
from tongjian.engines.chain import LOG_NAME
from tongjian.node.home import ANCHORS_NAME, GENESIS_NAME, to_readable
from tongjian.storage.files import write_json
from tongjian.verifier.anchors import Anchors, SealAnchor

StyledLine = tuple[str, str]
SIDES: Final = ("first", "second")
RECORDED: Final = ("recorded", "by the rules")
PARTS_SHOWN_MAX: Final = 20
INDENT: Final = "  "


# -- all is well ----------------------------------------------------------------------------------


def say_replayed(surface: Surface, genesis: Genesis, done: Replayed, into: Path | None) -> None:
    """Say that everything follows, from what, up to where, and what is not proven."""
    header, counts = done.header, done.counts
    if surface.as_json:
        surface.document(_replayed_json(genesis, done))
        return
    text = f"EVERYTHING FOLLOWS up to block {header.height}"
    surface.line(f"{text} 截至区块 {header.height}，全部由规则推得", style="bold green")
    surface.pairs(
        [
            ("chain", done.chain.hex()),
            ("time", write_moment(header.time_ms)),
            ("replayed", _counts_text(done)),
            ("state root", header.state_root.hex()),
            ("log root", header.log_root.hex()),
            ("app hash", done.app_hash.hex()),
            ("header hash", done.header_hash.hex()),
        ],
        indent=INDENT,
    )
    for text in _notes(genesis, done):
        surface.note(text, style="yellow")
    surface.note(
        "Not proven: that no later blocks were held back, and that the founding document is the "
        "one all offices agreed to. Compare chain and header hash with another source: a receipt, "
        "another office's copy, a newspaper."
    )
    if into is not None:
        surface.note(f"next: tongjian --home {into} status", style="dim")
    else:
        surface.note(f"{counts.signatures} signatures held; nothing was kept", style="dim")


def _counts_text(done: Replayed) -> str:
    counts = done.counts
    since = f" after block {done.resumed_height}" if done.resumed_height >= 0 else ""
    return (
        f"{counts.blocks} blocks{since}, {counts.transactions} transactions, {counts.acts} acts, "
        f"{counts.signatures} signatures"
    )


def _notes(genesis: Genesis, done: Replayed) -> Iterator[str]:
    if done.anew:
        yield f"note: what an earlier run had kept was thrown away: {done.anew}"
    if done.unfinished_bytes:
        yield (
            f"note: the block log ends with {done.unfinished_bytes} bytes of a block that was "
            "never finished; nobody was told that it counts"
        )
    if sys.version_info.minor != genesis.python_minor:
        yield (
            f"note: founded under Python 3.{genesis.python_minor}, replayed under "
            f"3.{sys.version_info.minor}"
        )


def _replayed_json(genesis: Genesis, done: Replayed) -> dict[str, Any]:
    header, counts = done.header, done.counts
    return {
        "holds": True,
        "chain": done.chain.hex(),
        "height": header.height,
        "time_ms": header.time_ms,
        "state_root": header.state_root.hex(),
        "log_root": header.log_root.hex(),
        "log_size": header.log_size,
        "app_hash": done.app_hash.hex(),
        "header_hash": done.header_hash.hex(),
        "blocks": counts.blocks,
        "transactions": counts.transactions,
        "acts": counts.acts,
        "signatures": counts.signatures,
        "resumed_height": done.resumed_height,
        "unfinished_bytes": done.unfinished_bytes,
        "notes": list(_notes(genesis, done)),
    }


def as_own_ledger(folder: Path, log: Path, genesis: Genesis, done: Replayed) -> None:
    """Make the folder of a replay one that can be asked: its own trust file, the audited blocks."""
    anchors = Anchors(
        chain=done.chain.hex(),
        label=genesis.label,
        hash=HashSuite(genesis.hash_suite).name.lower(),
        seals=[SealAnchor.of(height, key.suite, key.public) for height, key in done.seals],
    )
    write_json(folder / GENESIS_NAME, to_readable(genesis))
    write_json(folder / ANCHORS_NAME, msgspec.to_builtins(anchors))
    own = folder / LOG_NAME
    if own.is_symlink() or not own.exists():
        own.unlink(missing_ok=True)
        own.symlink_to(log.resolve())


def say_compared(
    surface: Surface, heights: tuple[int, int], stores: StoresCompared | None, *, alone: bool
) -> None:
    """Say that two ledgers do not part, or that a store is what its blocks give."""
    if surface.as_json:
        height = None if stores is None else stores.height
        document = {"holds": True, "heights": list(heights), "stores_height": height}
        surface.document(document)
        return
    if alone:
        text = f"THE STORE FOLLOWS from its blocks up to height {heights[0]}"
        surface.line(f"{text} 状态库由区块推得，逐字节一致", style="bold green")
        surface.line(f"{INDENT}rows, order, places, log: every byte is what the replay gives")
        return
    text = f"THEY DO NOT PART up to block {min(heights)}"
    surface.line(f"{text} 截至该区块，两份账本一致", style="bold green")
    if heights[0] != heights[1]:
        behind = SIDES[heights.index(min(heights))]
        count = abs(heights[0] - heights[1])
        surface.line(f"{INDENT}the {behind} is {count} blocks behind, which is no difference")
    if stores is None:
        surface.line(f"{INDENT}blocks only: one of them has no store")
    else:
        surface.line(f"{INDENT}blocks, rows and places up to height {stores.height}")
    surface.note(
        "Equal is not the same as right: `tongjian audit replay` says whether it follows.",
        style="dim",
    )


# -- a difference ---------------------------------------------------------------------------------


def say_difference(
    surface: Surface,
    found: Difference,
    what: str,
    labels: tuple[str, str] | None = None,
) -> None:
    """Say where, what, and both values; rows with the fields that differ."""
    sides = labels or RECORDED
    if surface.as_json:
        surface.document(_difference_json(found, what, sides))
        return
    text = f"{what} DIFFERS at {found.named()}"
    surface.line(f"{text} 所记与重算（或另一份）不符", style="bold red")
    surface.line(f"{INDENT}{found.why}")
    for text, style in _difference_lines(found, sides):
        surface.line(f"{INDENT}{text}", style=style)
    if found.changes and not found.parts:
        surface.note("next: repeat with --store store.lmdb to see which rows differ", style="dim")


def _difference_lines(found: Difference, sides: tuple[str, str]) -> Iterator[StyledLine]:
    values = (found.recorded, found.expected)
    if values != (None, None):
        for side, value in zip(sides, values, strict=True):
            yield from ((text, "") for text in value_lines(found.field, side, value))
    for part in found.parts[:PARTS_SHOWN_MAX]:
        yield from part_lines(part, sides)
    if len(found.parts) > PARTS_SHOWN_MAX:
        yield f"and {len(found.parts) - PARTS_SHOWN_MAX} more: all of them with --json", ""
    if found.changes and not found.parts:
        yield "by the rules the block writes:", ""
        for change in found.changes[:PARTS_SHOWN_MAX]:
            gone = ", removed" if change.value is None else ""
            yield f"{INDENT}{name_of(change.key)}{gone}", ""


def name_of(key: bytes) -> str:
    """Return a row's name; its bytes where no table of this release has such a key."""
    table = load_registry().table_of(key)
    try:
        return key.hex() if table is None else key_text(table, key)
    except (UnicodeDecodeError, ValueError):
        return key.hex()


def row_of(key: bytes, value: bytes | None) -> Record | None:
    """Return the decoded row, or none where there is none or this release cannot read it."""
    table = load_registry().table_of(key)
    if table is None or value is None:
        return None
    try:
        row: Record = table.codec.decode(value)
    except Malformed:
        return None
    return row


def _event_of(value: Value) -> Record | None:
    if not isinstance(value, bytes):
        return None
    try:
        event: Record = load_registry().event_codec.decode(value)
    except Malformed:
        return None
    return event


def value_lines(field: str, side: str, value: Value) -> Iterator[str]:
    """Yield one side of a difference: an event by its fields, an outcome in words."""
    event = _event_of(value) if field == "event" else None
    if event is not None:
        yield f"{side}: {tag_of(event)}"
        yield from (f"{INDENT}{name}: {text}" for name, text in pairs_of(event))
    else:
        yield f"{side}: {value_text(field, value)}"


def value_text(field: str, value: Value) -> str:
    """Return one value of a difference as a text."""
    if value is None:
        return "nothing"
    if isinstance(value, int):
        return write_moment(value) if field.endswith("time_ms") else str(value)
    if field != "outcome":
        return value.hex() or "nothing"
    outcome = value.decode("ascii", "replace")
    if not outcome:
        return "committed"
    refusal = read_refusal(load_registry(), outcome)
    return f"refused: {refusal.service}/{refusal.number} {refusal.name} {refusal.zh}".rstrip()


def part_lines(part: PartDifference, sides: tuple[str, str]) -> Iterator[StyledLine]:
    """Yield a row or another part with the fields that differ, or both sides whole."""
    written = f", written at height {part.height}" if part.height >= 0 else ""
    if part.part not in {"row", "order", "index", "grave"}:
        yield f"{part.part} {part.key.hex()}{written}", "bold"
    else:
        kind = "" if part.part == "row" else f"{part.part} of "
        yield f"{kind}{name_of(part.key)}{written}", "bold"
    values = (part.recorded, part.replayed)
    rows = [row_of(part.key, value) if part.part == "row" else None for value in values]
    if all(rows):
        yield f"{INDENT}{sides[0]} → {sides[1]}", "dim"
        changes = list(changes_between(rows[0], rows[1]))
        yield from ((f"{INDENT}{name}: {text}", "") for name, text in changes)
        return
    for side, value, row in zip(sides, values, rows, strict=True):
        if row is None:
            text = "none" if value is None else _bytes_text(part, value)
            yield f"{INDENT}{side}: {text}", ""
        else:
            yield f"{INDENT}{side}:", ""
            yield from ((f"{INDENT * 2}{name}: {text}", "") for name, text in pairs_of(row))


def _bytes_text(part: PartDifference, value: bytes) -> str:
    return name_of(value) if part.part == "order" and value else value.hex()


def _difference_json(found: Difference, what: str, sides: tuple[str, str]) -> dict[str, Any]:
    values = zip(sides, (found.recorded, found.expected), strict=True)
    return {
        "holds": False,
        "what": what,
        "height": found.height,
        "field": found.field,
        "place": found.place,
        "why": found.why,
        "values": {side: value_json(found.field, value) for side, value in values},
        "parts": [part_json(part, sides) for part in found.parts],
        "block_writes": [name_of(change.key) for change in found.changes],
    }


def value_json(field: str, value: Value) -> Any:
    """Return one side of a difference for machines."""
    event = _event_of(value) if field == "event" else None
    if event is not None:
        return as_json(event)
    if field == "outcome" and isinstance(value, bytes):
        return value.decode("ascii", "replace")
    return value.hex() if isinstance(value, bytes) else value


def part_json(part: PartDifference, sides: tuple[str, str]) -> dict[str, Any]:
    """Return a row or another part, both sides, for machines."""
    values: dict[str, Any] = {}
    for side, value in zip(sides, (part.recorded, part.replayed), strict=True):
        row = row_of(part.key, value) if part.part == "row" else None
        values[side] = value.hex() if row is None and value is not None else as_json(row)
    name = name_of(part.key) if part.part in {"row", "order", "index", "grave"} else None
    return {
        "part": part.part,
        "record": name,
        "key": part.key.hex(),
        "height": part.height if part.height >= 0 else None,
        "values": values,
    }
