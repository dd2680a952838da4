"""Files that say what was not seen: both verifiers believe and refuse the same."""

import random
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
import pytest
from receipt_forger import random_change
from second_verifier import Verdict, ask, needs_js
from small import Small, receipts

from tongjian.engines.heads import log_entries, log_peaks
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.not_seen import verify_not_seen_file
from tongjian.verifier.receipt import VerificationFailed

pytestmark = needs_js

MAGIC = b"tongjian/not-seen/1\n"
ID, EARLIER, LATER, NODES, ENTRIES = range(5)
ABSENCE = (4, "absence")


class World(NamedTuple):
    """What a file can be made of: by two heights, and what is in the log."""

    parts: dict[tuple[int, int], list[Any]]
    recorded: bytes
    trust: str
    time_ms: int


@pytest.fixture
def world(small: Small) -> World:
    """Give files between any two heights of a ledger that grew."""
    with small.opened() as chain:
        small.grow(chain, 5, acts=3)
        rows = [receipts(chain).of_row(b"shelf", height) for height in range(chain.height + 1)]
        parts: dict[tuple[int, int], list[Any]] = {}
        for first in range(chain.height + 1):
            for last in range(first, chain.height + 1):
                sizes = chain.log_size(first), chain.log_size(last)
                nodes, entries = log_peaks(chain, sizes[0]), list(log_entries(chain, *sizes))
                parts[first, last] = [bytes(32), rows[first], rows[last], [*nodes], entries]
        recorded = chain.opener.open(chain.body(chain.height).envelopes[-1]).id
        trust = msgspec.json.encode(small.anchors).decode()
        return World(parts, recorded, trust, chain.header(chain.height).time_ms)


def made(parts: list[Any]) -> bytes:
    return MAGIC + msgspec.msgpack.encode(parts)


def alike(
    files: Iterable[tuple[str, bytes]], trust: str, not_before_ms: int | None = None
) -> dict[str, Verdict]:
    """Ask both; they must agree on the verdict and on the step that fails."""
    named = list(files)
    asked = {"kind": "unseen", "trust": trust, "not_before_ms": not_before_ms}
    said = ask([asked | {"file": data.hex()} for _, data in named])
    anchors, found = Anchors.decode(trust.encode()), dict[str, Verdict]()
    for (name, data), one in zip(named, said, strict=True):
        try:
            verify_not_seen_file(data, anchors, not_before_ms)
            verdict = Verdict(held=("form", "earlier head", "later head", "absence"))
        except VerificationFailed as error:
            verdict = Verdict(failed=(error.step, error.title), why=error.why)
        failed = (one["step"], one["title"]) if "step" in one else None
        assert (verdict.failed, verdict.held) == (failed, tuple(one.get("titles", ()))), name
        found[name] = verdict
    return found


def test_absence_holds_between_any_two_heights(world: World) -> None:
    said = alike(((str(key), made(parts)) for key, parts in world.parts.items()), world.trust)
    assert all(one.held for one in said.values())


def hostile(world: World) -> Iterator[tuple[str, bytes]]:
    last = max(last for _, last in world.parts)
    whole = world.parts[1, last]

    def other(place: int, value: Any) -> bytes:
        return made([*whole[:place], value, *whole[place + 1 :]])

    yield "what is recorded", other(ID, world.recorded)
    entries, nodes = whole[ENTRIES], whole[NODES]
    for number, changed in enumerate(
        (entries[:-1], entries[1:], [*entries, entries[-1]], entries[::-1], [], [b""], [b"\x90"])
    ):
        yield f"entries {number}", other(ENTRIES, changed)
    for number, changed in enumerate(([*nodes, bytes(32)], [], nodes[::-1], [bytes(32)] * 64)):
        yield f"nodes {number}", other(NODES, changed)
    yield "65 nodes", other(NODES, [bytes(32)] * 65)
    yield "an entry of 161 bytes", other(ENTRIES, [*entries, bytes(161)])
    yield "backwards", made([bytes(32), whole[LATER], whole[EARLIER], nodes, entries])
    for place in (EARLIER, LATER):
        for receipt in (b"", b"\0", bytes(2**21), bytes(2**21 + 1)):
            yield f"no receipt {place} {len(receipt)}", other(place, receipt)
        yield f"a changed receipt {place}", other(place, whole[place][:-1] + b"\0")
    yield "an id of 31 bytes", other(ID, bytes(31))
    good = made(whole)
    for number, data in enumerate((good[:-1], good + b"\0", MAGIC, good[1:], b"", MAGIC + b"\x80")):
        yield f"bytes {number}", data
    yield "another version", good.replace(b"/1\n", b"/2\n", 1)


def test_nothing_can_be_left_out_or_changed(world: World) -> None:
    said = alike(hostile(world), world.trust)
    assert [name for name, one in said.items() if one.held] == []
    assert {one.failed for one in said.values()} == {
        (1, "form"),
        (2, "earlier head"),
        (3, "later head"),
        ABSENCE,
    }
    assert said["what is recorded"].failed == ABSENCE
    assert said["backwards"].failed == (3, "later head")


def test_the_later_head_may_have_to_be_fresh(world: World) -> None:
    data = made(world.parts[0, max(last for _, last in world.parts)])
    for late, held in ((0, True), (1, False)):
        (said,) = alike([("one", data)], world.trust, world.time_ms + late).values()
        assert bool(said.held) == held


def test_random_changes_get_the_same_verdict(world: World) -> None:
    chance = random.Random("not seen")
    parts = world.parts[2, max(last for _, last in world.parts)]
    files = ((str(number), made(random_change(parts, chance))) for number in range(150))
    assert {ABSENCE, (1, "form")} <= {one.failed for one in alike(files, world.trust).values()}
