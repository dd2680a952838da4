"""Evidence of a witness in JavaScript: both verifiers say the same of it, sound or hostile."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from posts import Post, as_blocks, as_tiles, copy, trusting, two_ledgers, write
from second_verifier import ask, needs_js
from small import Small

from tongjian.verifier import evidence as ev
from tongjian.verifier.anchors import Anchors

pytestmark = needs_js

Given = tuple[bytes, Anchors]


def program(data: bytes, anchors: Anchors) -> str | None:
    """Return the kind of evidence that holds, or none."""
    try:
        return ev.verify_evidence(data, anchors).evidence.kind
    except ev.EvidenceInvalid:
        return None


def assert_alike(given: list[Given]) -> list[str | None]:
    questions = [
        {"kind": "evidence", "evidence": data.hex(), "trust": msgspec.json.encode(anchors).decode()}
        for data, anchors in given
    ]
    second = [answer.get("proves") for answer in ask(questions)]
    first = [program(*each) for each in given]
    differing = [
        (number, one, two, data[:300])
        for number, (one, two, (data, _)) in enumerate(zip(first, second, given, strict=True))
        if one != two
    ]
    assert differing == []
    return first


@pytest.fixture(params=[as_blocks, as_tiles])
def fork(
    request: pytest.FixtureRequest, small: Small, post: Post, tmp_path: Path
) -> dict[str, Any]:
    first, second = two_ledgers(small, 2, 5)
    post.look(request.param(first, tmp_path))
    found: dict[str, Any] = json.loads(post.accuses(request.param(second, tmp_path), "fork"))
    return found


def test_a_fork_and_a_rollback_hold_in_both(
    small: Small, post: Post, tmp_path: Path, fork: dict[str, Any]
) -> None:
    known = trusting(small.anchors, post)
    stranger = trusting(small.anchors, Post(tmp_path / "stranger", small.anchors, 2))
    data = json.dumps(fork).encode()
    trusts = (small.anchors, known, stranger)
    assert assert_alike([(data, trust) for trust in trusts]) == ["fork"] * 3

    ledger = copy(small, "going-back")
    older = copy(ledger, "older")
    write(ledger, "b", "c")
    other = Post(tmp_path / "other", small.anchors, 3)
    other.look(ledger.folder)
    back = other.accuses(older.folder, "rollback")
    assert assert_alike(
        [(back, trusting(small.anchors, other)), (back, known), (back, small.anchors)]
    ) == ["rollback", None, None]


def changes(value: Any, chance: random.Random) -> Iterator[Any]:
    """Give documents with one value changed, each place in turn."""
    for other in (None, 0, -1, 1.5, "", "zz", "00", [], {}, True):
        yield other
    match value:
        case dict():
            for name in value:
                yield {k: v for k, v in value.items() if k != name}
                for other in changes(value[name], chance):
                    yield {**value, name: other}
            yield {**value, "more": 1}
        case list():
            yield value[1:]
            yield [*value, "00" * 32]
        case str() if value:
            at = chance.randrange(len(value))
            yield value[:at] + ("1" if value[at] != "1" else "2") + value[at + 1 :]
            yield value + "0"
            yield value.upper()
        case int():
            yield value + 1
        case _:
            pass


def test_changed_evidence_gets_the_same_verdict(
    small: Small, post: Post, fork: dict[str, Any]
) -> None:
    trusts = (small.anchors, trusting(small.anchors, post))
    chance = random.Random(0)
    given = [
        (json.dumps(each).encode(), trust) for each in changes(fork, chance) for trust in trusts
    ]
    said = assert_alike(given)
    assert len(given) > 300
    assert 0 < len([each for each in said if each]) < len(said) // 4


def test_what_is_no_evidence_is_none_in_both(small: Small, fork: dict[str, Any]) -> None:
    text = json.dumps(fork)
    given = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"\xef\xbb\xbf" + text.encode(),
        text.encode("utf-16"),
        text.encode() + b"x",
        text.encode() + b" \n",
        b" " * (1 << 20) + text.encode(),
        text.replace('"why": "', '"why": "\\ud800').encode(),
        text.replace('"why": "', '"why": "\\u0000\\u2028海').encode(),
        json.dumps(fork, ensure_ascii=False, indent=3).encode(),
        json.dumps(dict(reversed(fork.items()))).encode(),
        (text[:-1] + ', "kind": "rollback"}').encode(),
    ]
    said = assert_alike([(data, small.anchors) for data in given])
    assert said.count("fork") == 4
