"""Random records within their bounds, for properties of services: `records(Transfer)`.

The strategies follow from the field types alone, as the wire, the forms and the pages do. Lists
stay short, so that one example is small; every bound and pattern that decoding enforces is kept.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from hypothesis import strategies as st
from msgspec import inspect, structs

T = TypeVar("T")

LIST_SIZE_MAX: Final = 4
"""Longest list that is drawn, unless its own bound asks for more."""
BYTES_SIZE_MAX: Final = 96
INTEGER_MAX: Final = 2**63 - 1
"""Largest integer of the canonical encoding."""


def records(record: type[T]) -> st.SearchStrategy[T]:
    """Draw records of a type, or of a union of tagged types, within bounds and patterns.

    Raises `TypeError` where a field has a type that the encoding does not know, or has no bound.
    """
    return _of(inspect.type_info(record))


def values_of(field_type: Any) -> st.SearchStrategy[Any]:
    """Draw values of one annotated type, as `Fen` or `tuple[KeyId, ...]`."""
    return _of(inspect.type_info(field_type))


def declared(info: inspect.Metadata) -> inspect.Type:
    """Return the type inside a note, with the pattern its field was declared with.

    Rows and events do not match patterns again (see `RecordMeta`): there the pattern is a note.
    """
    notes = cast("dict[str, Any]", info.extra or {})  # pyright: ignore[reportUnknownMemberType]
    pattern = notes.get("pattern")
    if pattern is None or not isinstance(info.type, inspect.StrType):
        return info.type
    return structs.replace(info.type, pattern=pattern)


def _of(info: inspect.Type) -> st.SearchStrategy[Any]:
    if isinstance(info, inspect.Metadata):
        return _of(declared(info))
    for kind, make in _MAKERS.items():
        if isinstance(info, kind):
            return make(info)
    what = f"{type(info).__name__} has no place in a record: see tongjian.core.encoding"
    raise TypeError(what)


def _struct(info: inspect.StructType) -> st.SearchStrategy[Any]:
    fields = {field.name: _of(field.type) for field in info.fields}
    # A generic record such as Transaction[...] is built by the class it stands for.
    build = getattr(info.cls, "__origin__", info.cls)
    return st.builds(build, **fields)


def _integer(info: inspect.IntType) -> st.SearchStrategy[int]:
    low = info.ge if info.ge is not None else None if info.gt is None else info.gt + 1
    high = info.le if info.le is not None else None if info.lt is None else info.lt - 1
    if low is None or low < 0 or high is None or high > INTEGER_MAX:
        what = f"an integer from {low} to {high}: the encoding has 0 to {INTEGER_MAX}"
        raise TypeError(what)
    step = info.multiple_of or 1
    return st.integers(-(-low // step), high // step).map(lambda number: number * step)


def _text(info: inspect.StrType) -> st.SearchStrategy[str]:
    if info.pattern is None or info.max_length is None:
        what = "a text without pattern or length: free text never enters a record"
        raise TypeError(what)
    shortest, longest = info.min_length or 0, info.max_length
    drawn = st.from_regex(info.pattern, fullmatch=True)
    return drawn.filter(lambda text: shortest <= len(text) <= longest)


def _bytes(info: inspect.BytesType) -> st.SearchStrategy[bytes]:
    shortest = info.min_length or 0
    return st.binary(
        min_size=shortest, max_size=_longest(shortest, info.max_length, BYTES_SIZE_MAX)
    )


def _list(info: inspect.VarTupleType) -> st.SearchStrategy[tuple[Any, ...]]:
    shortest = info.min_length or 0
    longest = _longest(shortest, info.max_length, LIST_SIZE_MAX)
    return st.lists(_of(info.item_type), min_size=shortest, max_size=longest).map(tuple)


def _longest(shortest: int, allowed: int | None, preferred: int) -> int:
    longest = max(shortest, preferred)
    return longest if allowed is None else min(longest, allowed)


def _fixed(info: inspect.TupleType) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(*map(_of, info.item_types))


def _union(info: inspect.UnionType) -> st.SearchStrategy[Any]:
    return st.one_of(*map(_of, info.types))


def _enum(info: inspect.EnumType) -> st.SearchStrategy[Any]:
    return st.sampled_from(info.cls)


def _literal(info: inspect.LiteralType) -> st.SearchStrategy[Any]:
    return st.sampled_from(info.values)


def _boolean(info: inspect.BoolType) -> st.SearchStrategy[bool]:
    del info
    return st.booleans()


def _nothing(info: inspect.NoneType) -> st.SearchStrategy[None]:
    del info
    return st.none()


_MAKERS: Final[dict[type[inspect.Type], Callable[[Any], st.SearchStrategy[Any]]]] = {
    inspect.StructType: _struct,
    inspect.IntType: _integer,
    inspect.StrType: _text,
    inspect.BytesType: _bytes,
    inspect.BoolType: _boolean,
    inspect.NoneType: _nothing,
    inspect.VarTupleType: _list,
    inspect.TupleType: _fixed,
    inspect.UnionType: _union,
    inspect.EnumType: _enum,
    inspect.LiteralType: _literal,
}
