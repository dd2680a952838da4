"""The canonical encoding: one record, one byte form; every other form is refused."""

import struct
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, msgpack

from tongjian.core.encoding import Codec, Malformed, Record, decode, encode, replace
from tongjian.core.values import Count, Digest, Label, Name, Region
from tongjian.testkit.strategies import records, values_of


class Inner(Record, tag="inner"):
    region: Region
    flag: bool


class Other(Record, tag="other"):
    flag: bool


class Sample(Record):
    """A record with every kind of field."""

    number: Count
    word: Name
    data: Annotated[bytes, Meta(max_length=300)]
    flag: bool
    digest: Digest | None
    items: Annotated[tuple[Count, ...], Meta(max_length=20)]
    inner: Inner | Other


VALUE = Sample(
    number=5,  # type: ignore[arg-type]
    word="word",  # type: ignore[arg-type]
    data=b"data",
    flag=True,
    digest=None,
    items=(1, 200),  # type: ignore[arg-type]
    inner=Inner(region="990106", flag=False),  # type: ignore[arg-type]
)
PARTS = [
    b"\x97",  # seven fields
    b"\x05",
    b"\xa4word",
    b"\xc4\x04data",
    b"\xc3",
    b"\xc0",
    b"\x92\x01\xcc\xc8",
    b"\x93\xa5inner\xa6990106\xc2",
]
SAMPLES = Codec(Sample, 1000)


def with_part(place: int, *instead: bytes) -> bytes:
    return b"".join([*PARTS[:place], *instead, *PARTS[place + 1 :]])


def test_a_record_is_an_array_in_field_order() -> None:
    assert encode(VALUE) == b"".join(PARTS)
    assert SAMPLES.decode(encode(VALUE)) == VALUE
    assert decode(Sample, encode(VALUE)) == VALUE


BIG = (1 << 40).to_bytes(8, "big")
TRAPS: dict[str, bytes] = {
    # integers in another than the shortest form
    "5 in uint8": with_part(1, b"\xcc\x05"),
    "5 in uint16": with_part(1, b"\xcd\x00\x05"),
    "5 in uint32": with_part(1, b"\xce\x00\x00\x00\x05"),
    "5 in uint64": with_part(1, b"\xcf" + (5).to_bytes(8, "big")),
    "5 in int8": with_part(1, b"\xd0\x05"),
    "5 in int16": with_part(1, b"\xd1\x00\x05"),
    "5 in int32": with_part(1, b"\xd2\x00\x00\x00\x05"),
    "5 in int64": with_part(1, b"\xd3" + (5).to_bytes(8, "big")),
    "200 in uint16": with_part(1, b"\xcd\x00\xc8"),
    "2**40 in int64": with_part(1, b"\xd3" + BIG),
    # integers out of range
    "a negative integer": with_part(1, b"\xff"),
    "a negative int64": with_part(1, b"\xd3" + b"\xff" * 8),
    "2**63": with_part(1, b"\xcf" + (1 << 63).to_bytes(8, "big")),
    "2**64 - 1": with_part(1, b"\xcf" + b"\xff" * 8),
    "an integer over its bound": with_part(1, b"\xcf" + ((1 << 40) + 1).to_bytes(8, "big")),
    # headers longer than needed
    "text in str8": with_part(2, b"\xd9\x04word"),
    "text in str16": with_part(2, b"\xda\x00\x04word"),
    "text in str32": with_part(2, b"\xdb\x00\x00\x00\x04word"),
    "bytes in bin16": with_part(3, b"\xc5\x00\x04data"),
    "bytes in bin32": with_part(3, b"\xc6\x00\x00\x00\x04data"),
    "fields in array16": with_part(0, b"\xdc\x00\x07"),
    "fields in array32": with_part(0, b"\xdd\x00\x00\x00\x07"),
    "items in array16": with_part(6, b"\xdc\x00\x02\x01\xcc\xc8"),
    # maps
    "a map for a list": with_part(6, b"\x81\x01\x02"),
    "a map for a record": b"\x87" + b"".join(b"\xa1f" + part for part in PARTS[1:]),
    "a map with a key twice": with_part(7, b"\x82\xa4flag\xc2\xa4flag\xc3"),
    "a map out of order": with_part(7, b"\x82\xa6region\xa6990106\xa4flag\xc2"),
    # kinds that have no place
    "a float for an integer": with_part(1, b"\xcb" + struct.pack(">d", 5.0)),
    "a short float for an integer": with_part(1, b"\xca" + struct.pack(">f", 5.0)),
    "not a number": with_part(1, b"\xcb" + struct.pack(">d", float("nan"))),
    "infinity": with_part(1, b"\xcb" + struct.pack(">d", float("inf"))),
    "a boolean for an integer": with_part(1, b"\xc3"),
    "an integer for a boolean": with_part(4, b"\x01"),
    "nil for an integer": with_part(1, b"\xc0"),
    "nil for a boolean": with_part(4, b"\xc0"),
    "text for an integer": with_part(1, b"\xa15"),
    "text for bytes": with_part(3, b"\xa4data"),
    "bytes for text": with_part(2, b"\xc4\x04word"),
    "a list for bytes": with_part(3, b"\x94\x64\x61\x74\x61"),
    "a list for text": with_part(2, b"\x91\xa4word"),
    "bytes for a list": with_part(6, b"\xc4\x02\x01\x02"),
    "an extension": with_part(3, b"\xc7\x04\x01data"),
    "a fixed extension": with_part(3, b"\xd6\x01data"),
    "a time stamp": with_part(1, b"\xd6\xff\x00\x00\x00\x05"),
    "an extension for a record": with_part(7, b"\xd4\x01\x00"),
    "the reserved byte": with_part(1, b"\xc1"),
    # texts
    "no UTF-8": with_part(2, b"\xa4wor\xff"),
    "a long form of NUL": with_part(2, b"\xa4wo\xc0\x80"),
    "half of a surrogate pair": with_part(2, b"\xa4w\xed\xa0\x80"),
    "a letter that is not ASCII": with_part(2, b"\xa5w\xc3\xb6rd"),
    "a digit that is not ASCII": with_part(7, b"\x93\xa5inner\xa899010\xef\xbc\x96\xc2"),
    "a trailing newline": with_part(2, b"\xa5word\n"),
    "a newline in the last place": with_part(7, b"\x93\xa5inner\xa699010\n\xc2"),
    "a trailing zero": with_part(2, b"\xa5word\x00"),
    "an empty text": with_part(2, b"\xa0"),
    "a text over its length": with_part(2, b"\xd9\x21" + b"w" * 33),
    # sizes
    "bytes over their length": with_part(3, b"\xc5\x01\x2d" + bytes(301)),
    "a digest too short": with_part(5, b"\xc4\x1f" + bytes(31)),
    "a digest too long": with_part(5, b"\xc4\x21" + bytes(33)),
    "a list over its length": with_part(6, b"\xdc\x00\x15" + bytes(21)),
    "one field less": b"\x96" + b"".join(PARTS[1:-1]),
    "one field more": b"\x98" + b"".join(PARTS[1:]) + b"\xc0",
    "an inner field less": with_part(7, b"\x92\xa5inner\xa6990106"),
    "an inner field more": with_part(7, b"\x94\xa5inner\xa6990106\xc2\xc2"),
    "a trailing byte": b"".join(PARTS) + b"\x00",
    "itself twice": b"".join(PARTS) * 2,
    # unions
    "an unknown tag": with_part(7, b"\x93\xa5inker\xa6990106\xc2"),
    "no tag": with_part(7, b"\x92\xa6990106\xc2"),
    "the tag of another": with_part(7, b"\x93\xa5other\xa6990106\xc2"),
    "a tag in a long form": with_part(7, b"\x93\xd9\x05inner\xa6990106\xc2"),
    # headers that promise more than there is
    "an endless list": with_part(6, b"\xdd\xff\xff\xff\xff"),
    "an endless text": with_part(2, b"\xdb\xff\xff\xff\xff"),
    "an endless map": with_part(6, b"\xdf\xff\xff\xff\xff"),
    "nothing": b"",
    "nil": b"\xc0",
    "an integer": b"\x05",
    "an empty list": b"\x90",
}


@pytest.mark.parametrize("name", TRAPS)
def test_every_other_form_is_refused(name: str) -> None:
    with pytest.raises(Malformed) as malformed:
        SAMPLES.decode(TRAPS[name])
    assert str(malformed.value)


def test_every_truncation_is_refused() -> None:
    whole = encode(VALUE)
    for size in range(len(whole)):
        with pytest.raises(Malformed):
            SAMPLES.decode(whole[:size])


@pytest.mark.parametrize("opening", [b"\x91", b"\x81\x91", b"\x97", b"\x93\xa5inner"])
@pytest.mark.parametrize("place", [0, 1, 3, 6, 7])
def test_deep_nesting_is_refused_without_a_crash(opening: bytes, place: int) -> None:
    deep = Codec(Sample, 1 << 20)
    nested = opening * (100_000 // len(opening))
    with pytest.raises(Malformed):
        deep.decode(with_part(place, nested))
    with pytest.raises(Malformed):
        deep.decode(with_part(place, nested) + b"\xc0" * 100_000)


class Tree(Record):
    """A record that holds itself: the one way to decode deeply at all."""

    branches: Annotated[tuple["Tree", ...], Meta(max_length=2)]


def test_a_record_that_holds_itself_cannot_be_nested_without_end() -> None:
    shallow = Codec(Tree, 1 << 20)
    assert shallow.decode(b"\x91\x91\x91\x90") == Tree(branches=(Tree(branches=()),))
    with pytest.raises(Malformed):
        shallow.decode(b"\x91" * 99_999 + b"\x90")


def test_bytes_over_the_limit_are_refused_before_they_are_read() -> None:
    size = len(encode(VALUE))
    assert Codec(Sample, size).decode(encode(VALUE)) == VALUE
    with pytest.raises(Malformed, match=f"over the limit of {size - 1}"):
        Codec(Sample, size - 1).decode(encode(VALUE))
    with pytest.raises(Malformed, match="over the limit"):
        Codec(Sample, size - 1).decode_trusted(encode(VALUE))
    with pytest.raises(Malformed, match="over the limit"):
        decode(Sample, encode(VALUE), size - 1)


def test_trusted_bytes_are_still_held_to_their_bounds() -> None:
    for name in ("a negative integer", "a trailing newline", "a list over its length", "no UTF-8"):
        with pytest.raises(Malformed):
            SAMPLES.decode_trusted(TRAPS[name])


def test_a_record_is_frozen_and_built_by_name() -> None:
    with pytest.raises(AttributeError):
        VALUE.number = 6  # type: ignore[misc, assignment]
    with pytest.raises(TypeError):
        Inner("990106", False)  # type: ignore[misc]  # noqa: FBT003
    changed = replace(VALUE, flag=False)
    assert (changed.flag, VALUE.flag) == (False, True)
    assert replace(changed, flag=True) == VALUE
    with pytest.raises(TypeError):
        replace(VALUE, nothing=1)


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1])
def test_an_integer_that_no_bytes_can_hold_is_an_overflow(number: Any) -> None:
    with pytest.raises(OverflowError):
        encode(replace(VALUE, number=number))


# ------------------------------------------------------------------------------------- properties


@given(records(Sample))
def test_any_record_comes_back_as_it_was(record: Sample) -> None:
    data = encode(record)
    back = Codec(Sample, 1 << 12).decode(data)
    assert back == record
    assert encode(back) == data


def mutate(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Replace parts of the bytes: at, how many, by what."""
    for at, size, instead in edits:
        start = at % (len(data) + 1)
        data = data[:start] + instead + data[start + size :]
    return data


edits = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=4
)


@given(records(Sample), edits)
def test_changed_bytes_are_refused_or_are_another_record_s_only_form(
    record: Sample, edits: list[tuple[int, int, bytes]]
) -> None:
    data = mutate(encode(record), edits)
    try:
        back = SAMPLES.decode(data)
    except Malformed:
        return
    assert encode(back) == data


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_canonical(data: bytes) -> None:
    try:
        back = SAMPLES.decode(data)
    except Malformed:
        return
    assert encode(back) == data


@given(st.data())
def test_no_two_records_share_their_bytes(data: st.DataObject) -> None:
    one, two = data.draw(records(Sample)), data.draw(records(Sample))
    assert (encode(one) == encode(two)) is (one == two)


def test_the_third_party_encoder_agrees_on_what_is_shortest() -> None:
    for number in (0, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63 - 1):
        size = next(
            n
            for n in (1, 2, 3, 5, 9)
            if number < (128, 256, 2**16, 2**32, 2**63)[(1, 2, 3, 5, 9).index(n)]
        )
        assert len(encode(number)) == size
        assert msgpack.decode(encode(number)) == number


# ------------------------------------------------------------------------------- the strategies


class Even(Record):
    number: Annotated[int, Meta(gt=3, lt=11, multiple_of=2)]


@given(records(Even))
def test_strategies_keep_open_bounds_and_steps(record: Even) -> None:
    assert record.number in (4, 6, 8, 10)


@given(values_of(Label | None))
def test_strategies_draw_single_values_too(label: Label | None) -> None:
    assert label is None or msgspec.convert(label, Label) == label


@pytest.mark.parametrize(
    "field",
    [
        int,
        Annotated[int, Meta(ge=0)],
        Annotated[int, Meta(ge=-1, le=5)],
        str,
        Annotated[str, Meta(max_length=5)],
        Annotated[str, Meta(pattern="^a$")],
        float,
        dict[str, int],
        Any,
    ],
)
def test_strategies_refuse_fields_that_a_record_may_not_have(field: Any) -> None:
    with pytest.raises(TypeError):
        values_of(field)
