"""Receipts about heads: what continues, and what is fresh, is the same in both verifiers."""

import json
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from receipt_forger import STATEMENTS, Parts, edited, put_together, random_change, take_apart
from receipt_town import Town
from second_verifier import JS, Case, assert_agreement, cases, needs_js

pytestmark = needs_js

STATEMENT = (STATEMENTS, 0)
SIZE, ROOT, PATH = 1, 2, 3
"""Places in a statement of consistency."""
KINDS = ["consistency", "consistency of one head", "consistency with the first block"]
FAILED = (4, "consistency")
UNDECODED = (4, "statements")


def header_of(receipt: bytes) -> list[Any]:
    header: list[Any] = msgspec.msgpack.decode(take_apart(receipt).header)
    return header


def with_field(receipt: bytes, place: int, value: object) -> bytes:
    """Return a receipt whose first statement has another value at a place."""
    return edited(receipt, (*STATEMENT, place), lambda _: value)


def other_fields(town: Town, name: str) -> Iterator[tuple[str, bytes]]:
    """Give what else could stand in each field, all of it within its bounds."""
    receipt = town.receipts[name]
    _, size, root, path = take_apart(receipt).record[STATEMENTS][0]
    whole, last_root = header_of(receipt)[7], header_of(receipt)[6]
    sizes = {0, 1, 2, size - 1, size + 1, 2 * size, whole - 1, whole, whole + 1, 2**32, 2**40}
    for other in sorted(sizes - {size}):
        yield f"size {other}", with_field(receipt, SIZE, other)
    for other in {bytes(32), root[::-1], last_root} - {root}:
        yield f"root {other.hex()}", with_field(receipt, ROOT, other)
    cuts: list[list[bytes]] = [[]] if path else []
    for other in (*cuts, [*path, bytes(32)], [*path, root], [root, *path], [bytes(32)] * 64):
        yield f"path {len(other)}", with_field(receipt, PATH, other)
    for place in range(len(path)):
        changed = [*path[:place], bytes(32), *path[place + 1 :]]
        yield f"node {place}", with_field(receipt, PATH, changed)
        cut = path[:place] + path[place + 1 :]
        yield f"no node {place}", with_field(receipt, PATH, cut)


def test_the_sizes_take_every_way_of_the_proof(town: Town) -> None:
    """A log of a power of two begins its path with the earlier root itself, others do not."""
    sizes = [take_apart(town.receipts[name]).record[STATEMENTS][0][SIZE] for name in KINDS]
    whole = header_of(town.receipts["consistency"])[7]
    assert sizes[0] & (sizes[0] - 1)
    assert sizes[1:] == [whole, 1]
    assert whole > sizes[0] > 2


@pytest.mark.parametrize("name", KINDS)
def test_no_other_head_is_continued(town: Town, name: str) -> None:
    asked = cases(town.trust, other_fields(town, name))
    assert len(asked) > 10
    for case, said in zip(asked, assert_agreement(asked), strict=True):
        assert said.failed == FAILED, case.name


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (SIZE, 2**40 + 1),
        (SIZE, -1),
        (SIZE, True),
        (ROOT, bytes(31)),
        (ROOT, bytes(33)),
        (ROOT, "0" * 32),
        (PATH, [bytes(32)] * 65),
        (PATH, [bytes(31)]),
        (PATH, None),
    ],
)
def test_a_field_beyond_its_bounds_does_not_decode(town: Town, place: int, value: object) -> None:
    changed = with_field(town.receipts["consistency"], place, value)
    (said,) = assert_agreement([Case("beyond", changed, town.trust)])
    assert said.failed == UNDECODED


@pytest.mark.parametrize("name", KINDS)
def test_random_changes_get_the_same_verdict(town: Town, name: str) -> None:
    chance = random.Random(name)
    parts = take_apart(town.receipts[name])

    def changed() -> Iterator[tuple[str, bytes]]:
        for number in range(150):
            record = random_change(parts.record, chance)
            yield f"change {number}", put_together(parts._replace(record=record))

    said = assert_agreement(cases(town.trust, changed()))
    assert {FAILED, UNDECODED} <= {each.failed for each in said}


def test_a_flip_of_any_byte_is_refused_at_the_same_step(town: Town) -> None:
    receipt = town.receipts["consistency"]

    def flips() -> Iterator[tuple[str, bytes]]:
        for place in range(len(receipt)):
            changed = bytearray(receipt)
            changed[place] ^= 0x20
            yield f"byte {place}", bytes(changed)

    assert all(each.failed for each in assert_agreement(cases(town.trust, flips())))


def test_it_stands_among_other_statements_in_any_order(town: Town) -> None:
    parts = take_apart(town.bundles["committed"])
    state, (*before, transaction, decision) = parts.record
    assert (transaction[0], decision[0]) == ("transaction", "decision")

    def made(order: list[Any], rest: Parts = parts) -> bytes:
        return put_together(rest._replace(record=[state, order]))

    header = header_of(town.bundles["committed"])
    same = ["consistency", header[7], header[6], []]
    first, last, between = (
        made([same, *before, transaction, decision]),
        made([*before, transaction, decision, same, same]),
        made([*before, transaction, same, decision]),
    )
    asked = [
        Case(str(number), one, town.trust) for number, one in enumerate((first, last, between))
    ]
    said = assert_agreement(asked)
    assert said[0].held[4] == "consistency"
    assert said[1].held[-3:] == ("consistency", "consistency", "check")
    assert said[2].failed is not None
    assert said[2].failed[1] == "decision"


# ------------------------------------------------------------------------------------- freshness


def test_a_head_is_fresh_from_the_moment_in_its_header_on(town: Town) -> None:
    for name in ("row", "consistency", "range without rows"):
        receipt = town.receipts[name]
        time_ms = header_of(receipt)[3]
        asked = [
            Case(f"{name} {moment}", receipt, town.trust, moment)
            for moment in (0, time_ms - 1, time_ms, time_ms + 1, time_ms + 86_400_000, 2**43, 2**53)
        ]
        said = assert_agreement(asked)
        held = said[:3]
        assert {each.held[-2:] for each in held} == {("fresh", "check")}
        assert {each.failed for each in said[3:]} == {(len(held[0].held) - 1, "fresh")}


def test_freshness_is_asked_after_the_witnesses_and_before_the_check(town: Town) -> None:
    receipt, late = town.receipts["row"], 2**43
    demanding = json.dumps(
        {
            **json.loads(town.trust),
            "witnesses": [
                {
                    "name": "w.example",
                    "public": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                }
            ],
            "quorum": 1,
        }
    )
    place = receipt.index(b"tongjian/check/1") + 17
    other_check = receipt[:place] + bytes([receipt[place] ^ 1]) + receipt[place + 1 :]
    said = assert_agreement(
        [
            Case("too few witnesses, too old", receipt, demanding, late),
            Case("too old, another check", other_check, town.trust, late),
            Case("fresh, another check", other_check, town.trust, 0),
            Case("of another ledger, too old", receipt, town.other_trust, late),
        ]
    )
    assert [each.failed for each in said] == [
        (6, "witnesses"),
        (6, "fresh"),
        (7, "check"),
        (2, "chain"),
    ]


# ---------------------------------------------------------------------------------- command line


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = ["node", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_names_the_head_that_is_continued(town: Town, tmp_path: Path) -> None:
    receipt, trust = tmp_path / "receipt", tmp_path / "anchors.json"
    receipt.write_bytes(town.receipts["consistency"])
    trust.write_text(town.trust, "utf-8")
    _, size, root, _ = take_apart(town.receipts["consistency"]).record[STATEMENTS][0]
    said = run(JS / "verify.mjs", receipt, "--trust", trust, "--json")
    assert said.returncode == 0
    assert json.loads(said.stdout)["statements"] == [
        {"kind": "consistency", "size": size, "root": root.hex()}
    ]
    plain = run(JS / "verify.mjs", receipt, "--trust", trust)
    assert f"begins with {size} entries of root {root.hex()}" in plain.stdout


HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("span", "late_ms", "code"),
    [
        ("1h", HOUR_MS, 0),
        ("60min", HOUR_MS + 1, 4),
        ("3600", HOUR_MS, 0),
        ("3600s", HOUR_MS + 1, 4),
        ("1d", 24 * HOUR_MS, 0),
        ("1d", 24 * HOUR_MS + 1, 4),
        ("999999999d", HOUR_MS, 0),
        ("24 h", 0, 2),
        ("1y", 0, 2),
        ("", 0, 2),
        ("-1s", 0, 2),
    ],
)
def test_the_command_refuses_a_head_older_than_demanded(
    town: Town, tmp_path: Path, span: str, late_ms: int, code: int
) -> None:
    receipt, trust, clock = (tmp_path / name for name in ("receipt", "anchors.json", "clock.cjs"))
    receipt.write_bytes(town.receipts["row"])
    trust.write_text(town.trust, "utf-8")
    # The command reads the machine's clock: stand it so many milliseconds after the block.
    clock.write_text(f"Date.now = () => {header_of(town.receipts['row'])[3] + late_ms};\n", "utf-8")
    verify = (JS / "verify.mjs", receipt, "--trust", trust, f"--fresher-than={span}")
    said = run("--require", clock, *verify)
    assert said.returncode == code, said.stdout + said.stderr
    assert ("fresh" in said.stdout) == (code != 2)
