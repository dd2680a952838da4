"""Signatures of witnesses: the same heads, lines and quorums count in both verifiers."""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from nacl.signing import SigningKey
from receipt_forger import COSIGNED, LABEL, Parts, outer, put_together, take_apart
from receipt_town import Town
from second_verifier import Case, assert_agreement, cases, needs_js

from tongjian.core.hashing import HashSuite, hash_of

pytestmark = needs_js

KEYS = [SigningKey(bytes([number]) * 32) for number in range(1, 5)]
NAMES = [f"w{number}.example" for number in range(len(KEYS))]
SECONDS = 1_795_060_800
COSIGNATURE = 4
STRANGER = 3
FAILED = (6, "witnesses")
HELD = ("witnesses", "check")


@pytest.fixture
def parts(town: Town) -> Parts:
    """Give a receipt that witnesses sign."""
    return take_apart(town.receipts["row"])


def trust_of(town: Town, quorum: int, *numbers: int) -> str:
    """Trust some of the witnesses."""
    named = [{"name": NAMES[n], "public": KEYS[n].verify_key.encode().hex()} for n in numbers]
    return json.dumps({**json.loads(town.trust), "witnesses": named, "quorum": quorum})


def head_of(town: Town, parts: Parts, **other: Any) -> str:
    """Write the text of a checkpoint, some of it changed."""
    trust, header = json.loads(town.trust), msgspec.msgpack.decode(parts.header)
    digest = hash_of(HashSuite[trust["hash"].upper()])
    fields = {
        "origin": f"tongjian/{trust['label']}/{trust['chain'][:16]}",
        "size": header[7],
        "root": b64encode(header[6]).decode(),
        "height": header[2],
        "header": digest(b"tongjian/header/1\x00" + parts.header).hex(),
        **other,
    }
    return "{origin}\n{size}\n{root}\ntongjian/header/1 {height} {header}\n".format(**fields)


def line(number: int, text: str, seconds: int = SECONDS, kind: int = COSIGNATURE) -> str:
    """Sign a text as a witness does, and write the line of the signature."""
    name, key = NAMES[number], KEYS[number]
    hint = hashlib.sha256(name.encode() + bytes([0x0A, kind]) + key.verify_key.encode())
    signed = key.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode()).signature
    value = hint.digest()[:4] + seconds.to_bytes(8, "big") + signed
    return f"— {name} {b64encode(value).decode()}\n"


def cosigned(parts: Parts, *pieces: str | bytes) -> bytes:
    """Return a receipt with a second entry: a text, a blank line, lines."""
    note = b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in pieces)
    entries = {LABEL: msgspec.msgpack.encode(parts.record), COSIGNED: note}
    return outer(parts.protected, entries, parts.header, parts.seal, hash_name=parts.hash_name)


def signed(town: Town, parts: Parts, *numbers: int) -> bytes:
    text = head_of(town, parts)
    return cosigned(parts, text, "\n", *(line(number, text) for number in numbers))


@pytest.mark.parametrize(
    ("signers", "trusted", "quorum", "holds"),
    [
        ((0,), (0, 1), 1, True),
        ((0, 1), (0, 1), 2, True),
        ((1, 0), (0, 1), 2, True),
        ((0, STRANGER), (0,), 1, True),
        ((STRANGER,), (0,), 0, True),
        ((0,), (), 0, True),
        ((0,), (0, 1), 2, False),
        ((0, 0), (0, 1), 2, False),
        ((STRANGER,), (0, 1), 1, False),
        ((1, 2), (0, 1, 2), 3, False),
    ],
)
def test_each_trusted_witness_counts_once(
    town: Town,
    parts: Parts,
    signers: tuple[int, ...],
    trusted: tuple[int, ...],
    quorum: int,
    *,
    holds: bool,
) -> None:
    case = Case("quorum", signed(town, parts, *signers), trust_of(town, quorum, *trusted))
    (said,) = assert_agreement([case])
    assert (said.held[-2:], said.failed) == ((HELD, None) if holds else ((), FAILED))


def test_what_no_witness_signed_holds_only_where_none_is_demanded(town: Town, parts: Parts) -> None:
    bare = put_together(parts)
    free, demanding = assert_agreement([Case(str(n), bare, trust_of(town, n, 0)) for n in (0, 1)])
    assert free.held[-2:] == ("row", "check")
    assert demanding.failed == FAILED


def test_the_second_entry_has_one_place_and_one_form(town: Town, parts: Parts) -> None:
    body, note = msgspec.msgpack.encode(parts.record), b"note"
    made = [
        {COSIGNED: note, LABEL: body},
        {COSIGNED: note},
        {LABEL: body, COSIGNED: note, "x": b""},
        {LABEL: body, COSIGNED: "note"},
        {LABEL: body, COSIGNED: None},
        {LABEL: body, "tongjian/cosigned/2": note},
    ]
    asked = [outer(parts.protected, entries, parts.header, parts.seal) for entries in made]
    said = assert_agreement(cases(trust_of(town, 0, 0), enumerate_cases(asked)))
    assert {each.failed for each in said} == {(1, "form")}


def enumerate_cases(receipts: list[bytes]) -> Iterator[tuple[str, bytes]]:
    return ((str(number), receipt) for number, receipt in enumerate(receipts))


def test_a_statement_that_does_not_hold_fails_before_its_witnesses(
    town: Town, parts: Parts
) -> None:
    changed = parts._replace(record=[parts.record[0], [["row", 0, b"x"]]])
    (said,) = assert_agreement([Case("both", cosigned(changed, "x"), trust_of(town, 1, 0))])
    assert said.failed == (5, "row")


# ------------------------------------------------------------------------------- other heads


def other_heads(town: Town, parts: Parts) -> Iterator[str]:
    right = head_of(town, parts)
    first, size, root, block, _ = right.split("\n")
    for name, value in {
        "origin": "tongjian/town/0000000000000000",
        "size": int(size) + 1,
        "root": b64encode(bytes(32)).decode(),
        "height": 1,
        "header": "0" * 64,
    }.items():
        yield head_of(town, parts, **{name: value})
    yield head_of(town, parts, size="0" + size)
    yield head_of(town, parts, size="+" + size)
    yield head_of(town, parts, size=size + ".0")
    yield head_of(town, parts, size="0x" + size)
    yield head_of(town, parts, root=root.rstrip("="))
    yield head_of(town, parts, root=b64encode(bytes(31)).decode())
    yield head_of(town, parts, root=root[:-2] + chr(ord(root[-2]) ^ 1) + "=")
    yield head_of(town, parts, root=" " + root)
    yield head_of(town, parts, height=f"0{block.split()[1]}")
    yield head_of(town, parts, height=f" {block.split()[1]}")
    yield head_of(town, parts, header=block.split()[2].upper())
    yield head_of(town, parts, origin="")
    yield head_of(town, parts, origin=f"{first} ")
    yield f"{first}\n{size}\n{root}\n"
    yield f"{first}\n{size}\n"
    yield f"{first}\n{size}\n{root}\n{block} \n"
    yield f"{first}\n{size}\n{root}\nx{block}\n"
    yield f"{first}\n{size}\n{root}\ntongjian/header/1 1 {'0' * 64}\n{block}\n"
    yield right.replace("\n", "\r\n")
    yield f"{right}\nmore\n"
    yield f"{first}\n\n{size}\n{root}\n{block}\n"
    yield "\ufeff" + right
    yield ""
    yield from (f"{right}a{character}b\n" for character in "\x00\t\x1f")


def test_another_head_than_that_of_the_receipt_is_not_enough(town: Town, parts: Parts) -> None:
    trust = trust_of(town, 1, 0)
    heads = list(other_heads(town, parts))
    made = [cosigned(parts, head, "\n", line(0, head)) for head in heads]
    said = assert_agreement(cases(trust, enumerate_cases(made)))
    held = [head for head, each in zip(heads, said, strict=True) if each.failed != FAILED]
    assert held == []


def test_further_lines_of_the_head_are_passed_over(town: Town, parts: Parts) -> None:
    trust, right = trust_of(town, 1, 0), head_of(town, parts)
    lines = right.split("\n")
    heads = [
        *(f"{right}{more}\n" for more in ("more", " ", "海州", "\x7f", "\ufeff", "\u2028")),
        f"{right}tongjian/header/1 1 {'0' * 64}\n",
        f"{right}tongjian/header/1 x\n",
        "\n".join((*lines[:3], "before", *lines[3:])),
        "\n".join((*lines[:3], "tongjian/header/1 x", *lines[3:])),
    ]
    made = [cosigned(parts, head, "\n", line(0, head)) for head in heads]
    said = assert_agreement(cases(trust, enumerate_cases(made)))
    assert {each.held[-2:] for each in said} == {HELD}


# ------------------------------------------------------------------------------- other lines


def other_lines(text: str) -> Iterator[list[str | bytes]]:
    """Give lines behind a sound head that spoil it, or are not enough."""
    right = line(0, text)
    dash, name, value = right.split()
    raw = b64decode(value)
    yield []
    yield [right[:-1]]
    yield [right, "\n"]
    yield ["\n", right]
    yield [right, line(1, text + "x")]
    yield [right, line(0, text + "x")]
    yield [line(0, text + "x"), right]
    yield [line(0, text, kind=1)]
    yield [line(0, text, seconds=2**63)]
    yield [right, b"\xff"]
    yield [right, *["— x AAAAAAAA\n"] * 64]
    yield [right, f"— x {'A' * 65536}\n"]
    yield [f"- {name} {value}\n"]
    yield [f"{dash}  {name} {value}\n"]
    yield [f"{dash} {name}  {value}\n"]
    yield [f"{dash} {name} {value} \n"]
    for bad in (value.rstrip("="), value + "AAAA", value[:-4] + "!AAA", value.rstrip("=") + "A="):
        yield [f"{dash} {name} {bad}\n"]
    for size in (*range(14), len(raw) - 1, len(raw) + 1):
        yield [f"{dash} {name} {b64encode((raw + bytes(1))[:size]).decode()}\n"]
    spare = value.rstrip("=")
    yield [f"{dash} {name} {spare[:-1]}{chr(ord(spare[-1]) ^ 1)}{value[len(spare) :]}\n"]
    for stranger in ("AAAAAA==", "AAAA", "", "!!!!", "-_-_AAAA", "AAAAAAA"):
        yield [right, f"— x {stranger}\n"]
    for spoilt in ("", "x+y", "x y", "x\ty", "x\x7fy", "x\x85y", "x\xa0y", "x\u2028y", "x\u3000y"):
        yield [right, f"— {spoilt} AAAAAAAA\n"]
    yield [right, "more\n"]
    yield [right, "—\n"]


def test_lines_that_spoil_a_head_spoil_it_in_both(town: Town, parts: Parts) -> None:
    text = head_of(town, parts)
    lines = list(other_lines(text))
    made = [cosigned(parts, text, "\n", *each) for each in lines]
    said = assert_agreement(cases(trust_of(town, 1, 0, 1), enumerate_cases(made)))
    held = [each for each, verdict in zip(lines, said, strict=True) if verdict.failed != FAILED]
    assert held == []


def test_lines_of_strangers_are_passed_over(town: Town, parts: Parts) -> None:
    text = head_of(town, parts)
    right = line(0, text)
    value = b64encode(b"hint" + b64decode(right.split()[2])[4:]).decode()
    lines = [
        [right, "— x AAAAAAAA\n"],
        [right, *["— x AAAAAAAA\n"] * 63],
        [f"— {'x' * 200} AAAAAAAA\n", right],
        *([right, f"— x{character}y AAAAAAAA\n"] for character in '海\x80\u200b\ufeff😀\\"—'),
        [right, f"— {NAMES[1]} {value}\n"],
        [right, f"— {NAMES[0]} {value}\n"],
        [right, line(0, text, seconds=5)],
        [line(0, text, seconds=0)],
        [line(0, text, seconds=2**63 - 1)],
    ]
    made = [cosigned(parts, text, "\n", *each) for each in lines]
    said = assert_agreement(cases(trust_of(town, 1, 0, 1), enumerate_cases(made)))
    assert {each.held[-2:] for each in said} == {HELD}
