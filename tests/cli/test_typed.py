"""Texts become the values that fields ask for, and what a row says can be typed again."""

import json
from enum import IntEnum
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from tongjian.cli.failures import Failure
from tongjian.cli.fields import fields_of
from tongjian.cli.readable import as_json, pairs_of
from tongjian.cli.typed import build
from tongjian.cli.words import Words
from tongjian.core.encoding import Record
from tongjian.core.values import Digest, Fen, Ppm, TimeMs, Uscc


class Colour(IntEnum):
    """A choice with numbers."""

    RED = 1
    DARK_BLUE = 2


class Part(Record):
    """A record in a record."""

    rate_ppm: Ppm
    name: Annotated[str, Meta(max_length=4, pattern="^[a-z]*$")]


class Every(Record):
    """One field of every kind."""

    office: Uscc
    amount_fen: Fen
    """What is paid."""
    until_ms: TimeMs
    hash: Digest
    colour: Colour
    side: Literal["left", "right"]
    is_late: bool
    parts: Annotated[tuple[Part, ...], Meta(max_length=3)]
    words: Annotated[tuple[Annotated[str, Meta(max_length=9)], ...], Meta(min_length=1)]
    first: Part
    maybe: Digest | None
    home: Annotated[int, Meta(ge=0, le=9)] = 7


TEXTS = {
    "office": "91990106MA7K3D2102",
    "amount_fen": "1_000",
    "until_ms": "2026-11-19T12:00",
    "hash": "11" * 32,
    "colour": "dark_blue",
    "side": "left",
    "is_late": "true",
    "parts": [json.dumps([{"rate_ppm": 5, "name": "a"}, {"rate_ppm": 6, "name": "b"}])],
    "words": ["x", "y"],
    "first": json.dumps({"rate_ppm": 1, "name": ""}),
    "maybe": None,
    "home": None,
}


def built(**changes: object) -> Every:
    record = build(Every, {**TEXTS, **changes}, "")  # type: ignore[dict-item]
    assert isinstance(record, Every)
    return record


def test_every_kind_of_field_is_read() -> None:
    record = built()
    assert (record.amount_fen, record.until_ms) == (1000, 1_795_060_800_000)
    assert (record.colour, record.side, record.is_late) == (Colour.DARK_BLUE, "left", True)
    assert [part.rate_ppm for part in record.parts] == [5, 6]
    assert record.words == ("x", "y")
    assert (record.maybe, record.home) == (None, 7)
    assert built(colour="2").colour is Colour.DARK_BLUE
    assert built(parts=[]).parts == ()
    assert built(maybe="22" * 32).maybe == b"\x22" * 32
    assert built(home="3").home == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("colour", "green"),
        ("side", "LEFT-ish"),
        ("is_late", "maybe"),
        ("home", "10"),
        ("words", []),
        ("words", ["much too long"]),
        ("parts", [json.dumps([{"rate_ppm": 5, "name": "A"}])]),
        ("parts", [json.dumps({"rate_ppm": 5, "name": "a"})] * 4),
        ("parts", [json.dumps({"rate_ppm": True})]),
        ("first", "[]"),
        ("first", "null"),
        ("amount_fen", " 1"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_option(name: str, text: object) -> None:
    with pytest.raises(Failure) as failure:
        built(**{name: text})
    assert failure.value.what.startswith(("--" + name.replace("_", "-"), "--the-" + name))
    assert failure.value.why


def test_a_field_that_is_named_as_a_shared_option_has_a_name_of_its_own() -> None:
    flags = {field.name: field.flag for field in fields_of(Every)}
    assert flags["home"] == "--the-home"
    assert flags["amount_fen"] == "--amount-fen"


def test_help_has_the_words_of_the_field_its_docstring_and_its_unit() -> None:
    words = Words({"fields": {"amount_fen": {"zh": "金额"}}})
    fields = {field.name: field for field in fields_of(Every)}
    assert fields["amount_fen"].help(words) == "金额 What is paid. (in fen, 100 to the yuan)"
    assert "GB 32100-2015" in fields["office"].help(words)
    assert fields["hash"].metavar == "HEX32"
    assert fields["colour"].metavar == "red|dark_blue"
    assert fields["parts"].metavar == "JSON"


@given(
    st.integers(0, 10**9),
    st.text("abcd", max_size=4),
    st.lists(st.integers(0, 10**9), max_size=3),
    st.binary(min_size=32, max_size=32),
)
def test_what_json_says_of_a_record_can_be_typed_again(
    ppm: int, name: str, rates: list[int], digest: bytes
) -> None:
    record = built(
        first=json.dumps({"rate_ppm": ppm, "name": name}),
        parts=[json.dumps([{"rate_ppm": rate, "name": name} for rate in rates])],
        hash=digest.hex(),
    )
    said = as_json(record)
    again = built(
        first=json.dumps(said["first"]), parts=[json.dumps(said["parts"])], hash=said["hash"]
    )
    assert again == record


def test_people_read_yuan_per_cent_and_shanghai_time() -> None:
    shown = dict(pairs_of(built(amount_fen="113000000")))
    assert shown["amount_fen"] == "1,130,000.00 (113000000 fen)"
    assert shown["until_ms"] == "2026-11-19 12:00:00 +08:00"
    assert shown["colour"] == "dark_blue (2)"
    assert shown["maybe"] == "none"
    assert dict(pairs_of(built(until_ms=str(2**43))))["until_ms"] == "without end"
