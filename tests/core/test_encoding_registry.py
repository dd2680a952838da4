"""Every record of the release: bounded, ASCII, never free text, and it comes back as it was."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest
from effort import share
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, inspect

from tongjian.catalogue import load_registry
from tongjian.core.block import Body, Header, Result, Seal, Sealed
from tongjian.core.directory import DIRECTORY_TABLES
from tongjian.core.encoding import Codec, Malformed, encode
from tongjian.core.envelope import Envelope, Transaction
from tongjian.core.genesis import Genesis
from tongjian.testkit.strategies import declared, records
from tongjian.verifier.receipt import Statements

REGISTRY = load_registry()
KERNEL: tuple[Any, ...] = (
    *(Body, Envelope, Genesis, Header, Result, Seal, Sealed, Statements),
    *(table.row for table in DIRECTORY_TABLES),
)
ROWS = tuple(table.row for table in REGISTRY.tables.values())
ACTS = tuple(operation.act for operation in REGISTRY.operations())
EVENTS = tuple(event for operation in REGISTRY.operations() for event in operation.events)
RECORDS: dict[str, Any] = {
    f"{record.__module__}.{record.__qualname__}": record
    for record in (*KERNEL, *ROWS, *ACTS, *EVENTS)
}
BYTES_MAX = 1 << 20


@pytest.mark.parametrize("name", RECORDS)
@share(15)
@given(st.data())
def test_every_record_comes_back_as_it_was(name: str, data: st.DataObject) -> None:
    record = data.draw(records(RECORDS[name]))
    encoded = encode(record)
    back = Codec(RECORDS[name], BYTES_MAX).decode(encoded)
    assert back == record
    assert encode(back) == encoded


@share(50)
@given(st.data())
def test_every_act_comes_back_through_the_union_and_in_a_transaction(data: st.DataObject) -> None:
    act = data.draw(records(data.draw(st.sampled_from(ACTS))))
    assert REGISTRY.act_codec.decode(encode(act)) == act
    assert REGISTRY.tags[str(act.__struct_config__.tag)].act is type(act)
    whole = Transaction[REGISTRY.act_union]  # type: ignore[name-defined]
    transaction = replace_acts(data.draw(records(Transaction[type(act)])), act)  # type: ignore[misc]
    assert Codec(whole, BYTES_MAX).decode(encode(transaction)) == transaction


def replace_acts(transaction: Any, act: Any) -> Any:
    return type(transaction)(
        **{field: getattr(transaction, field) for field in transaction.__struct_fields__}
        | {"acts": (act,)}
    )


@share(50)
@given(st.data())
def test_every_event_comes_back_through_the_union(data: st.DataObject) -> None:
    event = data.draw(records(data.draw(st.sampled_from(EVENTS))))
    assert REGISTRY.event_codec.decode(encode(event)) == event


# --------------------------------------------------------------------------------- what fields say


def fields(info: Any, path: str, above: tuple[Any, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Give every type inside a record with the path to it; a record in itself ends the way."""
    if isinstance(info, inspect.Metadata):
        info = declared(info)
    yield path, info
    for step, inner in inside(info):
        cls = getattr(inner, "cls", None)
        if cls is None or cls not in above:
            yield from fields(inner, f"{path}{step}", (*above, cls))


def inside(info: Any) -> Iterator[tuple[str, Any]]:
    match info:
        case inspect.StructType():
            yield from ((f".{field.name}", field.type) for field in info.fields)
        case inspect.VarTupleType():
            yield "[]", info.item_type
        case inspect.TupleType():
            yield from ((f"[{n}]", item) for n, item in enumerate(info.item_types))
        case inspect.UnionType():
            yield from (("", member) for member in info.types)


BOUNDED = (inspect.BoolType, inspect.NoneType, inspect.LiteralType, inspect.EnumType)
MADE_OF_OTHERS = (inspect.StructType, inspect.TupleType, inspect.UnionType)


def complaint(info: Any) -> str:
    """Say what a field type lacks, or nothing."""
    match info:
        case inspect.IntType():
            low, high = (info.ge, info.gt), (info.le, info.lt)
            missing = low == (None, None) or high == (None, None)
            what = "has no least or no greatest value"
        case inspect.StrType():
            missing = info.max_length is None or info.pattern is None
            what = "is free text: it needs a pattern and a length"
        case inspect.BytesType() | inspect.VarTupleType():
            missing, what = info.max_length is None, "has no length"
        case _:
            missing = not isinstance(info, (*BOUNDED, *MADE_OF_OTHERS))
            what = f"is a {type(info).__name__}, which has no place on the ledger"
    return what if missing else ""


UNBOUNDED_ALONE = ("tongjian.core.block.Body.envelopes[]",)
"""Bounded by the block that holds them, and by the limit of each transaction before it."""


@pytest.mark.parametrize("name", RECORDS)
def test_every_field_is_bounded_and_none_is_free_text_or_float(name: str) -> None:
    found = fields(inspect.type_info(RECORDS[name]), name)
    said = [f"{path} {complaint(info)}" for path, info in found if complaint(info)]
    assert [each for each in said if not each.startswith(UNBOUNDED_ALONE)] == []


@pytest.mark.parametrize("name", RECORDS)
def test_no_record_holds_itself(name: str) -> None:
    """How deep a decoder may go differs between interpreters: so no record is deep at all."""

    def check(info: Any, above: tuple[Any, ...]) -> None:
        cls = getattr(info, "cls", None)
        assert cls is None or cls not in above, f"{cls} holds itself"
        for _, inner in inside(info):
            check(inner, (*above, cls))

    check(inspect.type_info(RECORDS[name]), ())


# -------------------------------------------------------------------------------------- each text

TEXTS: dict[tuple[str, int, int], str] = {
    (info.pattern or "", info.min_length or 0, info.max_length or 0): path
    for name, record in RECORDS.items()
    for path, info in fields(inspect.type_info(record), name)
    if isinstance(info, inspect.StrType)
}
LOOK_ALIKES = {"digit": "\uff16", "letter": "\u0430", "other": "\u2010"}


def field_codec(pattern: str, shortest: int, longest: int) -> Callable[[bytes], Any]:
    meta = Meta(pattern=pattern, min_length=shortest, max_length=longest)
    return Codec(Annotated[str, meta], BYTES_MAX).decode


@pytest.mark.parametrize("form", TEXTS, ids=TEXTS.get)
@share(25)
@given(st.data())
def test_no_text_lets_a_newline_or_another_alphabet_through(
    form: tuple[str, int, int], data: st.DataObject
) -> None:
    pattern, shortest, longest = form
    decode = field_codec(*form)
    drawn = st.from_regex(pattern, fullmatch=True)
    text = data.draw(drawn.filter(lambda text: shortest <= len(text) <= longest))
    assert text.isascii(), f"{pattern!r} allows {text!r}"
    assert decode(encode(text)) == text
    wrong = [text + "\n", text[:-1] + "\n", text + "\r", "\n" + text, text + "\x00"]
    if text:
        place = data.draw(st.integers(0, len(text) - 1))
        alike = LOOK_ALIKES["digit" if text[place].isdigit() else "letter"]
        wrong += [text[:place] + alike + text[place + 1 :]]
        wrong += [text[:place] + LOOK_ALIKES["other"] + text[place + 1 :]]
    for each in wrong:
        with pytest.raises(Malformed):
            decode(encode(each))
