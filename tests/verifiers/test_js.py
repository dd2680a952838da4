"""The verifier in JavaScript, written from the format page alone, agrees with that of the program.

Case by case: same verdict, and where a receipt is refused, at the same step.
"""

import itertools
import json
import random
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest
from receipt_forger import LABEL, STATE, STATEMENTS, TWIGS, edited, outer, take_apart
from receipt_town import Town
from second_verifier import JS, Case, assert_agreement, cases, needs_js

pytestmark = needs_js

MEBIBYTE = 1 << 20


def assert_refused(town: Town, receipts: Iterator[tuple[str, bytes]]) -> None:
    """Both refuse each, at the same step."""
    asked = cases(town.trust, receipts)
    said = assert_agreement(asked)
    assert [case.name for case, each in zip(asked, said, strict=True) if each.held] == []


# ------------------------------------------------------------------------------------------ sound


def test_receipts_of_every_kind_hold_in_both(town: Town) -> None:
    said = assert_agreement(cases(town.trust, iter(town.receipts.items())))
    for name, each in zip(town.receipts, said, strict=True):
        assert each.held[:3] == ("form", "chain", "seal"), (name, each)
        assert "several" in name or each.held[-2] == name.split()[0], (name, each)
        assert each.held[-1] == "check", (name, each)


def test_the_town_has_several_twigs(town: Town) -> None:
    state = take_apart(town.receipts["range of the whole state"]).record[STATE]
    assert len(state[TWIGS]) > 2
    assert state[0] > 1024


def test_a_transaction_may_be_shown_without_its_bytes(town: Town) -> None:
    receipt = edited(town.receipts["transaction committed"], (STATEMENTS, 0, 1), lambda _: b"")
    (said,) = assert_agreement([Case("bare", receipt, town.trust)])
    assert said.held[-2:] == ("transaction", "check")


# ------------------------------------------------------------------------------------------ bytes


def flips(
    receipt: bytes, places: Iterable[int], masks: Iterable[int]
) -> Iterator[tuple[str, bytes]]:
    for place, mask in zip(places, masks, strict=False):
        changed = bytearray(receipt)
        changed[place] ^= mask
        yield f"byte {place} ^ {mask:02x}", bytes(changed)


def asked_keys(receipt: bytes) -> Iterator[int]:
    """Give the places of keys that a statement itself names: another key may be absent as well."""
    for kind, *fields in take_apart(receipt).record[STATEMENTS]:
        named = {"absence": fields[:1], "range": fields[:2]}.get(kind, [])
        for key in named:
            start = receipt.rindex(key)
            yield from range(start, start + len(key))


def test_a_flip_of_any_byte_of_a_row_receipt_is_refused_at_the_same_step(town: Town) -> None:
    chance = random.Random(0)
    masks = [1 << chance.randrange(8) for _ in town.receipts["row"]]
    assert_refused(town, flips(town.receipts["row"], range(len(masks)), masks))


@pytest.mark.parametrize("name", ["absence", "range", "transaction refused", "several statements"])
def test_flips_in_receipts_of_every_kind_are_refused_at_the_same_step(
    town: Town, name: str
) -> None:
    receipt = town.receipts[name]
    named = list(asked_keys(receipt))
    places = [place for place in range(0, len(receipt), len(receipt) // 200) if place not in named]
    assert_refused(town, flips(receipt, places, itertools.repeat(0x20)))
    assert_agreement(cases(town.trust, flips(receipt, named, itertools.cycle((0x01, 0x20, 0x80)))))


def test_a_receipt_that_was_cut_or_padded_is_refused(town: Town) -> None:
    def changed() -> Iterator[tuple[str, bytes]]:
        receipt = town.receipts["row"]
        for size in range(len(receipt)):
            yield f"cut to {size}", receipt[:size]
        yield "padded", receipt + b"\x00"
        yield "twice", receipt + receipt
        yield "in hexadecimal", receipt.hex().encode()
        yield "over 8 MiB", receipt + bytes(8 * MEBIBYTE)

    assert_refused(town, changed())


def test_a_receipt_of_8_mib_is_read_to_its_end(town: Town) -> None:
    parts = take_apart(town.receipts["row"])
    fixed = len(outer(parts.protected, {LABEL: bytes(MEBIBYTE)}, parts.header, parts.seal))
    for over in (0, 1):
        body = bytes(8 * MEBIBYTE - fixed + MEBIBYTE + over)
        receipt = outer(parts.protected, {LABEL: body}, parts.header, parts.seal)
        assert len(receipt) == 8 * MEBIBYTE + over
        (said,) = assert_agreement([Case("8 MiB", receipt, town.trust)])
        assert said.failed == ((1, "form") if over else (4, "statements"))


# -------------------------------------------------------------------------------- command line


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = ["node", str(JS / "verify.mjs"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_says_what_holds(town: Town, tmp_path: Path) -> None:
    receipt, trust = tmp_path / "receipt", tmp_path / "anchors.json"
    receipt.write_bytes(town.receipts["several statements"])
    trust.write_text(town.trust, "utf-8")
    said = run(receipt, "--trust", trust, "--json")
    assert said.returncode == 0
    found = json.loads(said.stdout)
    header = msgspec.msgpack.decode(take_apart(town.receipts["several statements"]).header)
    assert (found["chain"], found["height"], found["time_ms"]) == (header[1].hex(), *header[2:4])
    kinds = [statement["kind"] for statement in found["statements"]]
    assert kinds == ["row", "absence", "range", "transaction", "row"]
    assert bytes.fromhex(found["statements"][4]["value"]) == msgspec.msgpack.encode([2])
    names = [bytes.fromhex(row["key"]).split(b"\x00")[1] for row in found["statements"][2]["rows"]]
    assert names == [b"thing_01%02d" % number for number in range(40) if number % 3]
    plain = run(receipt, "--trust", trust)
    assert plain.returncode == 0
    assert "shelf.things:changing\n    2\n" in plain.stdout
    assert "not proven:" in plain.stdout


def test_the_command_says_what_does_not_hold(town: Town, tmp_path: Path) -> None:
    receipt, trust = tmp_path / "receipt", tmp_path / "anchors.json"
    receipt.write_bytes(edited(town.receipts["row"], (STATEMENTS, 0, 2), lambda _: b"\x91\x03"))
    trust.write_text(town.trust, "utf-8")
    said = run(receipt, "--trust", trust, "--json")
    assert said.returncode == 4
    assert json.loads(said.stdout)["failed"]["title"] == "row"
    assert run(receipt, "--trust", trust).returncode == 4


def test_the_command_says_why_it_verified_nothing(town: Town, tmp_path: Path) -> None:
    receipt, trust = tmp_path / "receipt", tmp_path / "anchors.json"
    receipt.write_bytes(town.receipts["row"])
    trust.write_bytes(b"\xff")
    for arguments in (
        (),
        (receipt,),
        (receipt, "--trust", tmp_path / "none"),
        (tmp_path / "none", "--trust", trust),
        (receipt, "--trust", trust),
        (receipt, receipt, "--trust", trust),
        (receipt, "--trust", trust, "--quiet"),
    ):
        said = run(*arguments)
        assert said.returncode == 2, arguments
        assert said.stderr
        assert said.stdout == ""
