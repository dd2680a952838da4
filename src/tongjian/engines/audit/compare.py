"""Compares two ledgers, or a ledger's store with its blocks; names the height where they part.

Blocks are compared byte by byte, stores part by part. A ledger that has fewer blocks than the other
and the same ones is behind, which is no difference.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Final, NamedTuple

from tongjian.core.block import (
    BODIES,
    HEADERS,
    SEALED,
    Body,
    Decision,
    Header,
    Sealed,
    findings_of,
)
from tongjian.core.encoding import Malformed
from tongjian.core.genesis import Genesis, compute_chain_id
from tongjian.core.hashing import HashSuite
from tongjian.core.registry import Registry
from tongjian.engines.audit import peek
from tongjian.engines.audit.difference import Difference, Differs, PartDifference, Value
from tongjian.engines.audit.frames import frames_from
from tongjian.engines.audit.keeper import STORE_NAME
from tongjian.engines.audit.replay import Counts, Replay, Replayed
from tongjian.engines.audit.states import changes_differing
from tongjian.engines.audit.stores import StoresCompared
from tongjian.storage.blocklog import PROLOGUE_BYTES, BlockLog, Frame
from tongjian.storage.errors import LogDamaged, StoreDamaged

SIDES: Final = ("the first", "the second")
Field = tuple[str, str, Value, Value]
"""A part of a block with its place, as the first and as the second ledger have it."""


class _Opened(NamedTuple):
    header: Header
    seal: bytes
    body: Body


@dataclass(frozen=True)
class Ledger:
    """The files of a ledger that an auditor was given."""

    genesis: Genesis
    log: Path
    store: Path | None
    """None where only the blocks are to be compared."""


@dataclass(frozen=True)
class Compared:
    """Two ledgers that do not part."""

    heights: tuple[int, int]
    """The last block of each."""
    stores: StoresCompared | None
    """None where one of them has no store."""


def compare_ledgers(one: Ledger, other: Ledger) -> Compared:
    """Compare two ledgers; raises `Differs` where they part, `StoreDamaged` for no store at all."""
    _compare_founding(one.genesis, other.genesis)
    chain = compute_chain_id(one.genesis)
    suite = HashSuite(one.genesis.hash_suite)
    heights = [-1, -1]
    pairs = zip_longest(_frames(one, chain, 0), _frames(other, chain, 1))
    for height, (ours, theirs) in enumerate(pairs):
        for side, frame in enumerate((ours, theirs)):
            if frame is not None:
                heights[side] = height
        if ours is None or theirs is None:
            continue
        if (ours.head, ours.body) != (theirs.head, theirs.body):
            difference = _name(height, ours, theirs)
            raise Differs(_with_rows(difference, one, other, suite))
    stores = None
    if one.store is not None and other.store is not None:
        stores = expect_same(one.store, other.store, suite)
    return Compared((heights[0], heights[1]), stores)


def compare_store(
    ledger: Ledger,
    folder: Path,
    registry: Registry,
    workers: int,
    progress: Callable[[Counts], None],
) -> tuple[Replayed, StoresCompared]:
    """Replay a ledger's blocks up to where its store stands, and compare the store with that.

    The replay is made in `folder`. Raises `Differs`, or `StoreDamaged` where the store cannot be
    read at all.
    """
    if ledger.store is None:
        msg = "there is no store to compare"
        raise StoreDamaged(msg)
    suite = HashSuite(ledger.genesis.hash_suite)
    height = peek.tip_height(ledger.store, suite)
    with Replay(ledger.log, ledger.genesis, folder, registry, workers=workers) as replay:
        try:
            replayed = replay.run(progress, until=height)
        except Differs as differs:
            raise Differs(explained(differs.difference, ledger.store, suite)) from differs
    if replayed.counts.height < height:
        why = f"the store stands at height {height}, the blocks end before it"
        raise Differs(Difference(replayed.counts.height + 1, "frame", why))
    return replayed, expect_same(ledger.store, folder / STORE_NAME, suite)


def expect_same(first: Path, second: Path, suite: HashSuite) -> StoresCompared:
    """Compare two stores up to where both stand; raises `Differs` with the parts that differ."""
    stores = peek.compared(first, second, suite)
    if stores.parts:
        raise Differs(_parted(stores))
    return stores


def explained(difference: Difference, store: Path | None, suite: HashSuite) -> Difference:
    """Return a difference of the state with the rows in which a store of the ledger differs.

    Where the store cannot say, the reason is added instead.
    """
    if store is None or not difference.changes:
        return difference
    try:
        recorded = peek.block_changes(store, suite, difference.height)
    except StoreDamaged as damage:
        return _replaced(difference, f"{difference.why}; the store does not say more: {damage}", ())
    parts = changes_differing(recorded, difference.changes, difference.height)
    why = difference.why
    if not parts:
        why += "; the store holds the rows that follow, so it is not what the header was made from"
    return _replaced(difference, why, parts)


def _replaced(difference: Difference, why: str, parts: tuple[PartDifference, ...]) -> Difference:
    return Difference(
        difference.height,
        difference.field,
        why,
        difference.place,
        difference.recorded,
        difference.expected,
        parts,
        difference.changes,
    )


def _parted(stores: StoresCompared) -> Difference:
    known = [part.height for part in stores.parts if part.height >= 0]
    count = "one part is" if stores.total == 1 else f"{stores.total} parts are"
    why = f"{count} not the same up to height {stores.height}, though the blocks are"
    return Difference(min(known, default=stores.height), "store", why, parts=stores.parts)


# -- founding documents and frames ----------------------------------------------------------------


def _compare_founding(one: Genesis, other: Genesis) -> None:
    for name in Genesis.__struct_fields__:
        if getattr(one, name) != getattr(other, name):
            why = f"their founding documents differ in `{name}`: they are two ledgers"
            chains = compute_chain_id(one), compute_chain_id(other)
            raise Differs(Difference(0, "genesis", why, "", *chains))


def _frames(ledger: Ledger, chain: bytes, side: int) -> Iterator[Frame]:
    try:
        with BlockLog(ledger.log, chain, writable=False) as log:
            yield from frames_from(log, PROLOGUE_BYTES, 0)
    except LogDamaged as damage:
        why = f"in {SIDES[side]}: {damage}"
        raise Differs(Difference(0, "prologue", why)) from damage
    except Differs as differs:
        found = differs.difference
        why = f"in {SIDES[side]}: {found.why}"
        raise Differs(Difference(found.height, found.field, why)) from differs


def _name(height: int, ours: Frame, theirs: Frame) -> Difference:
    """Name the first field in which two forms of a block differ."""
    why = "the two ledgers have other blocks here"
    try:
        for field, place, one, other in _fields(ours, theirs):
            if one != other:
                return Difference(height, field, why, place, one, other)
    except Malformed as error:
        return Difference(height, "block", f"{why}; one of them cannot be decoded: {error}")
    return Difference(height, "block", why)


def _fields(ours: Frame, theirs: Frame) -> Iterator[Field]:
    one, other = (_opened(frame) for frame in (ours, theirs))
    # What is asked and decided comes first: roots and hashes only follow from it.
    yield from _listed("envelope", one.body.envelopes, other.body.envelopes)
    yield from _listed("finding", findings_of(one.body), findings_of(other.body))
    yield from _listed("deadline", one.body.timers, other.body.timers)
    yield from _decisions(one.body, other.body)
    for name in Header.__struct_fields__:
        yield f"header.{name}", "", getattr(one.header, name), getattr(other.header, name)
    yield "seal", "", one.seal, other.seal


def _opened(frame: Frame) -> _Opened:
    sealed: Sealed = SEALED.decode(frame.head)
    return _Opened(HEADERS.decode(sealed.header), sealed.seal.signature, BODIES.decode(frame.body))


def _listed(field: str, ours: tuple[bytes, ...], theirs: tuple[bytes, ...]) -> Iterator[Field]:
    for position, (one, other) in enumerate(zip_longest(ours, theirs)):
        yield field, f"{field} {position}", one, other


def _decisions(ours: Body, theirs: Body) -> Iterator[Field]:
    for position, (one, other) in enumerate(zip_longest(ours.decisions, theirs.decisions)):
        place = f"decision {position}"
        yield "outcome", place, _outcome(one), _outcome(other)
        for _, where, ours_event, theirs_event in _listed("event", _events(one), _events(other)):
            yield "event", f"{place}, {where}", ours_event, theirs_event


def _outcome(decision: Decision | None) -> bytes | None:
    return None if decision is None else decision.outcome.encode("ascii")


def _events(decision: Decision | None) -> tuple[bytes, ...]:
    return () if decision is None else decision.events


def _with_rows(difference: Difference, one: Ledger, other: Ledger, suite: HashSuite) -> Difference:
    """Add the rows that the two stores wrote differently in the block where their ledgers part."""
    if one.store is None or other.store is None:
        return difference
    try:
        changes = [
            peek.block_changes(store, suite, difference.height)
            for store in (one.store, other.store)
        ]
    except StoreDamaged as damage:
        why = f"{difference.why}; which rows differ cannot be said: {damage}"
        return _replaced(difference, why, ())
    parts = changes_differing(changes[0], changes[1], difference.height)
    return _replaced(difference, difference.why, parts)
