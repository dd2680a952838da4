"""Receipts from strangers who mean harm: refused at once, and by no other exception."""

import random
from typing import Any

import cbor2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from receipt_forger import outer
from receipt_kinds import Kinds, is_true, outcome_of, refused

from tongjian.verifier.check import CHECK_LABEL
from tongjian.verifier.receipt import (
    RECEIPT_BYTES_MAX,
    STATEMENTS_LABEL,
    Statements,
    Verified,
    make_receipt,
)


def head(major: int, argument: int) -> bytes:
    """Return the head of a CBOR item with a long argument."""
    return bytes([major << 5 | 27]) + argument.to_bytes(8, "big")


def byte_string(size: int) -> bytes:
    return head(2, size) + b"\xff" * size


HOSTILE = {
    "nothing": b"",
    "nested arrays": b"\x81" * 1_000_000,
    "nested maps": b"\xa1\x01" * 500_000,
    "nested tags": b"\xd2" * 1_000_000,
    "endless array": b"\x9f" * 100_000,
    "endless bytes": b"\xd2\x84\x5f" + b"\x41a" * 10_000,
    "array of many": head(4, 2**62),
    "map of many": head(5, 2**62),
    "bytes of many": head(2, 2**62),
    "text of many": head(3, 2**31),
    "many items": head(4, 1_000_000) + b"\x00" * 1_000_000,
    "large number": b"\xc2" + byte_string(6_000_000),
    "decimal of a large number": b"\xc4\x82\x1a\x00\xff\xff\xff\xc2" + byte_string(6_000_000),
    "fraction of large numbers": b"\xd8\x1e\x82" + 2 * (b"\xc2" + byte_string(3_000_000)),
    "power of two": b"\xc5\x82\x1a\x7f\xff\xff\xff\x01",
    "pattern": b"\xd8\x23" + head(3, 7_000_000) + b"(a|b)*" * 1_166_666 + b"aaaa",
    "a list that holds itself": b"\xd8\x1c\x81\xd8\x1d\x00",
    "a map with itself as key": b"\xd8\x1c\xa1\xd8\x1d\x00\x01",
    "bad text": b"\xd2\x84\x40\xa1\x62\xff\xfe\x40\x40\x40",
    "a set of lists": b"\xd9\x01\x02\x81\x81\x01",
    "a map with a list as key": b"\xd2\x84\x40\xa1\x80\x40\x40\x40",
    "not a number": b"\xf9\x7e\x00",
    "reserved value": b"\xfc",
    "break": b"\xff",
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_at_once(kinds: Kinds, name: str) -> None:
    failed = refused(HOSTILE[name], kinds.anchors)

    assert (failed.step, failed.title) == (1, "form")


def test_a_receipt_over_the_limit_is_refused_unread(kinds: Kinds) -> None:
    failed = refused(kinds.receipts["row"] + bytes(RECEIPT_BYTES_MAX), kinds.anchors)

    assert f"over the limit of {RECEIPT_BYTES_MAX}" in failed.why


@pytest.mark.parametrize(
    "value",
    [
        17,
        None,
        [],
        {},
        b"",
        "text",
        cbor2.CBORTag(18, []),
        cbor2.CBORTag(18, None),
        cbor2.CBORTag(18, 7),
        cbor2.CBORTag(18, [b"", {}, b"", b""]),
        cbor2.CBORTag(18, [b"", {STATEMENTS_LABEL: b""}, b"", b""]),
        cbor2.CBORTag(18, [b"", {STATEMENTS_LABEL: "x", CHECK_LABEL: b""}, b"", b""]),
        cbor2.CBORTag(18, [b"", {STATEMENTS_LABEL: b"", CHECK_LABEL: 7}, b"", b""]),
        cbor2.CBORTag(18, [b"", {CHECK_LABEL: b"", STATEMENTS_LABEL: b""}, b"", b""]),
        cbor2.CBORTag(18, [b"", {STATEMENTS_LABEL: b"", "more": b""}, b"", b""]),
        cbor2.CBORTag(18, [b"", {1: b""}, b"", b""]),
        cbor2.CBORTag(18, [b"", [STATEMENTS_LABEL], b"", b""]),
        cbor2.CBORTag(18, ["", {STATEMENTS_LABEL: b""}, b"", b""]),
        cbor2.CBORTag(18, [b"", {STATEMENTS_LABEL: b""}, None, b""]),
        cbor2.CBORTag(18, [b"", {STATEMENTS_LABEL: b""}, b"", b"", b""]),
        cbor2.CBORTag(18, cbor2.CBORTag(18, [b"", {STATEMENTS_LABEL: b""}, b"", b""])),
    ],
)
def test_other_cbor_is_no_receipt(kinds: Kinds, value: object) -> None:
    assert refused(cbor2.dumps(value), kinds.anchors).step == 1


def test_a_receipt_of_version_1_is_told_as_such(kinds: Kinds) -> None:
    protected, unprotected, header, seal = cbor2.loads(kinds.receipts["row"]).value
    old = {"tongjian/1": unprotected[STATEMENTS_LABEL]}
    failed = refused(cbor2.dumps(cbor2.CBORTag(18, [protected, old, header, seal])), kinds.anchors)

    assert (failed.step, failed.title) == (1, "form")
    assert "version 1" in failed.why


def test_a_check_is_there_once_and_is_eight_bytes(kinds: Kinds) -> None:
    protected, unprotected, header, seal = cbor2.loads(kinds.receipts["row"]).value
    own = unprotected[CHECK_LABEL]
    for check in (b"", own[:7], own + b"\0", bytes(8)):
        labels = {**unprotected, CHECK_LABEL: check}
        data = cbor2.dumps(cbor2.CBORTag(18, [protected, labels, header, seal]))
        assert refused(data, kinds.anchors).title == "check"


def test_a_longer_form_of_the_same_receipt_is_refused(kinds: Kinds) -> None:
    data = kinds.receipts["row"]
    protected = cbor2.loads(data).value[0]
    short = cbor2.dumps(protected)
    long = b"\x59" + len(protected).to_bytes(2, "big") + protected
    assert data.count(short) == 1

    assert "only valid form" in refused(data.replace(short, long), kinds.anchors).why


# ---------------------------------------------------------------------------------- anything


@given(data=st.binary(max_size=600))
def test_random_bytes_are_refused(kinds: Kinds, data: bytes) -> None:
    assert refused(data, kinds.anchors).step == 1


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.binary() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.text(max_size=12) | st.integers(0, 9), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(parts=st.lists(PLAIN | st.just({STATEMENTS_LABEL: b""}), max_size=6))
def test_any_cose_message_is_refused(kinds: Kinds, parts: list[Any]) -> None:
    refused(cbor2.dumps(cbor2.CBORTag(18, parts)), kinds.anchors)


@given(seed=st.integers(0, 2**64), kind=st.sampled_from(["row", "several", "committed"]))
def test_receipts_that_were_cut_up_and_put_together_are_refused(
    kinds: Kinds, seed: int, kind: str
) -> None:
    chance = random.Random(seed)
    data = bytearray(kinds.receipts[kind])
    other = kinds.receipts[chance.choice(sorted(kinds.receipts))]
    for _ in range(chance.randrange(1, 5)):
        at, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        taken = chance.randrange(len(other))
        data[at:end] = chance.choice(
            (b"", data[at:end] * 2, other[taken : taken + end - at], chance.randbytes(end - at))
        )
    outcome = outcome_of(bytes(data), kinds.anchors)
    assert not isinstance(outcome, Verified) or (
        is_true(outcome, kinds.rows) or bytes(data) == kinds.receipts[kind]
    )


def altered(value: Any, chance: random.Random) -> Any:
    """Return a MessagePack value with one part of it changed."""
    if isinstance(value, list) and value and chance.random() < 0.95:
        at = chance.randrange(len(value))
        others = ([], [value[at]] * 2, [altered(value[at], chance)], [altered(value[at], chance)])
        return [*value[:at], *chance.choice(others), *value[at + 1 :]]
    if isinstance(value, bytes) and value and chance.random() < 0.7:
        at = chance.randrange(len(value))
        return value[:at] + bytes([value[at] ^ 1 << chance.randrange(8)]) + value[at + 1 :]
    if isinstance(value, int) and chance.random() < 0.7:
        return max(value + chance.choice((-512, -1, 1, 512)), 0)
    return chance.choice((None, True, 0, 2**63 - 1, b"", b"\xff" * 32, "", "row", [], [[]]))


@given(seed=st.integers(0, 2**64))
def test_altered_statements_in_their_valid_form_are_refused_or_true(
    kinds: Kinds, seed: int
) -> None:
    # Bytes are altered where they mean something, so that most get past the form.
    chance = random.Random(seed)
    kind = chance.choice(sorted(kinds.receipts))
    protected, unprotected, header, seal = cbor2.loads(kinds.receipts[kind]).value
    value = msgspec.msgpack.decode(unprotected[STATEMENTS_LABEL])
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        value = altered(value, chance)
    body = msgspec.msgpack.encode(value)
    data = outer(protected, {STATEMENTS_LABEL: body}, header, seal)
    outcome = outcome_of(data, kinds.anchors)
    if isinstance(outcome, Verified):
        assert is_true(outcome, kinds.rows)
    else:
        assert outcome.step >= 4


@given(seed=st.integers(0, 2**64))
def test_a_header_that_was_altered_in_its_valid_form_is_refused(kinds: Kinds, seed: int) -> None:
    chance = random.Random(seed)
    protected, unprotected, header, seal = cbor2.loads(kinds.receipts["several"]).value
    other = msgspec.msgpack.encode(altered(msgspec.msgpack.decode(header), chance))
    statements = msgspec.msgpack.decode(unprotected[STATEMENTS_LABEL], type=Statements)
    if other != header:
        data = make_receipt(kinds.anchors.digest, (protected, other, seal), statements)
        assert refused(data, kinds.anchors).step in (2, 3)
