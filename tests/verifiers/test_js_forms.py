"""Longer, deeper and other forms of the same values: one form is valid, in both verifiers."""

from collections.abc import Iterator

import cbor2
import msgspec
import pytest
from receipt_forger import CHECK, LABEL, Parts, longer_forms, outer, put_together, take_apart
from receipt_town import Town
from second_verifier import Case, assert_agreement, cases, needs_js

pytestmark = needs_js

MEBIBYTE = 1 << 20


def other_forms(parts: Parts) -> Iterator[tuple[str, bytes]]:
    """Give other CBOR for the same outer layer, and CBOR that is none."""
    body = msgspec.msgpack.encode(parts.record)
    protected, _, header, seal, _ = parts
    right = put_together(parts)
    yield "no tag", right[1:]
    yield "another tag", b"\xd1" + right[1:]
    yield "a long tag", b"\xd8\x12" + right[1:]
    yield "a tag on a tag", b"\xd2" + right
    yield "a long array", b"\xd2\x98\x04" + right[2:]
    yield "an array without length", b"\xd2\x9f" + right[2:] + b"\xff"
    yield "deep", b"\xd2" + b"\x81" * 100_000 + b"\x00"
    yield "a length beyond the file", right[:2] + b"\x5b" + b"\xff" * 8
    yield "nothing", b""
    yield "a number", b"\x00"
    member = cbor2.dumps(LABEL) + cbor2.dumps(body)
    once, twice = b"\xa2" + member, b"\xa3" + member + member
    yield "a member twice", right.replace(once, twice)
    yield "a long map", right.replace(once, b"\xb8\x02" + member)
    for value in (protected, body, header, seal):
        head = cbor2.dumps(value)[: -len(value)]
        long = b"\x5a" + len(value).to_bytes(4, "big")
        endless = b"\x5f" + head + value + b"\xff"
        yield f"{len(value)} bytes, long form", right.replace(head + value, long + value)
        yield f"{len(value)} bytes, in pieces", right.replace(head + value, endless)


def other_items(parts: Parts) -> Iterator[tuple[str, bytes]]:
    """Give receipts with other things at the places of the outer layer."""
    body = msgspec.msgpack.encode(parts.record)
    protected, _, header, seal, _ = parts
    yield "three items", outer(protected, {LABEL: body}, header)
    yield "five items", outer(protected, {LABEL: body}, header, seal, b"")
    yield "two members", outer(protected, {LABEL: body, "x": b""}, header, seal)
    yield "no member", outer(protected, {}, header, seal)
    for label in ("tongjian/1", "tongjian/3", "tongjian/check/1"):
        yield label, outer(protected, {label: body, CHECK: bytes(8)}, header, seal)
        yield f"{label} alone", outer(protected, {label: body}, header, seal)
    yield "the check first", outer(protected, {CHECK: bytes(8), LABEL: body}, header, seal)
    yield "a text for a check", outer(protected, {LABEL: body, CHECK: "check"}, header, seal)
    yield "a number for a member", outer(protected, {1: body}, header, seal)
    yield "a list of members", outer(protected, [LABEL, body], header, seal)
    yield "no payload", outer(protected, {LABEL: body}, None, seal)
    yield "a text for a seal", outer(protected, {LABEL: body}, header, "seal")
    yield "a text for a record", outer(protected, {LABEL: "record"}, header, seal)


def test_another_form_of_the_outer_layer_is_refused_at_the_first_step(town: Town) -> None:
    sound = town.receipts["several statements"]
    parts = take_apart(sound)
    asked = cases(town.trust, [*other_forms(parts), *other_items(parts)])
    for case, said in zip(asked, assert_agreement(asked), strict=True):
        assert case.receipt != sound
        assert said.failed == (1, "form"), case.name


@pytest.mark.parametrize("size", [0, 7, 8, 9, 16])
def test_a_check_that_is_not_that_of_the_bytes_fails_at_the_last_step(
    town: Town, size: int
) -> None:
    parts = take_apart(town.receipts["row"])
    members = {LABEL: msgspec.msgpack.encode(parts.record), CHECK: bytes(size)}
    receipt = outer(parts.protected, members, parts.header, parts.seal)
    (said,) = assert_agreement([Case("check", receipt, town.trust)])
    assert said.failed == (6, "check")


def test_a_check_that_stands_in_the_receipt_twice_is_none(town: Town) -> None:
    """Beside the real one a second, in the key of an absence that holds all the same."""
    parts = take_apart(town.receipts["absence after the last row"])
    parts.record[1][0][1] = b"\xff" + b"\x70" + CHECK.encode() + b"\x48" + b"\x01" * 8
    receipt = put_together(parts)
    check = cbor2.loads(receipt).value[1][CHECK]
    (once,) = assert_agreement([Case("once", receipt, town.trust)])
    assert once.held[-1] == "check"
    twice = receipt.replace(b"\x48" + b"\x01" * 8, b"\x48" + check, 1)
    (said,) = assert_agreement([Case("twice", twice, town.trust)])
    assert said.failed == (6, "check")


def test_a_longer_form_of_any_value_of_the_record_is_refused(town: Town) -> None:
    for name in ("row", "absence", "range at a past height", "transaction refused"):
        parts = take_apart(town.receipts[name])
        made = (
            (f"{name} {place}", put_together(parts, record))
            for place, record in enumerate(longer_forms(parts.record))
        )
        asked = cases(town.trust, made)
        assert len(asked) > 20
        assert {said.failed for said in assert_agreement(asked)} == {(4, "statements")}


DEEP = 1_000_000


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(b"\x91" * DEEP, id="deep"),
        pytest.param(b"\x92\xc0" * DEEP, id="deep behind nil"),
        pytest.param(b"\x92\xc0\x91" + b"\x91" * DEEP, id="deep in statements"),
        pytest.param(b"\x92\xc0\xdd\xff\xff\xff\xff", id="a list that is not there"),
        pytest.param(b"\x92\xc0\xdd\x00\x10\x00\x00" + b"\x90" * MEBIBYTE, id="many"),
        pytest.param(b"\x92\xc0\x91\x93\xc6\xff\xff\xff\xff", id="bytes that are not there"),
        pytest.param(b"\x92\xc0\x91\x93\xdb\x7f\xff\xff\xff", id="a text that is not there"),
        pytest.param(b"\x92\xc0\x91\x93\xda\xff\xff" + b"a" * 65535, id="a kind of 64 KiB"),
        pytest.param(b"\x80", id="a map"),
        pytest.param(b"\x82\xa1b\x01\xa1a\x02", id="an unordered map"),
        pytest.param(b"\x82\xa1a\x01\xa1a\x02", id="a map with a member twice"),
        pytest.param(b"\x92\xc0\x91\x83\xa3row\x00\x01\x02", id="a map for a statement"),
        pytest.param(b"\x92\xc0\x91\x93\xa3row\xcb" + bytes(8) + b"\xc4\x00", id="a float"),
        pytest.param(b"\x92\xc0\x91\x93\xa3row\xff\xc4\x00", id="a negative number"),
        pytest.param(b"\x92\xc0\x91\x93\xa3row\xd0\x01\xc4\x00", id="a signed number"),
        pytest.param(b"\x92\xc0\x91\x93\xa3row\xd4\x01\x01\xc4\x00", id="an extension"),
        pytest.param(b"\x92\xc0\x91\x93\xa3row\xc1\xc4\x00", id="the unused byte"),
        pytest.param(b"\x92\xc0\x91\x93\xa3row\xc3\xc4\x00", id="true for a number"),
        pytest.param(b"\x92\xc0\x91\x93\xa3row\x00\xa0", id="a text for bytes"),
        pytest.param(b"\x92\xc0\x91\x93\xc4\x03row\x00\xc4\x00", id="bytes for a text"),
        pytest.param(b"\x92\xc0\x90", id="no statement"),
        pytest.param(b"\x92\xc0\xdc\x00\x41" + b"\x93\xa3row\x00\xc4\x00" * 65, id="65 statements"),
        pytest.param(b"\x92\xc0\x91\x90", id="an empty statement"),
        pytest.param(b"\x92\xc0\x91\x93\xa3Row\x00\xc4\x00", id="an unknown statement"),
        pytest.param(b"\x92\xc0\x91\x93\xa9__proto__\x00\xc4\x00", id="a name of JavaScript"),
        pytest.param(b"\x92\xc0\x91\x93\xabconstructor\x00\xc4\x00", id="another name of it"),
        pytest.param(b"\x92\xc0\x91\x93\xa3row\x00\xc4\x00\x00", id="a byte behind it"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_hostile_record_is_refused_before_its_statements_are_read(
    town: Town, record: bytes
) -> None:
    receipt = put_together(take_apart(town.receipts["row"]), record)
    (said,) = assert_agreement([Case("hostile", receipt, town.trust)])
    assert said.failed == (4, "statements")
