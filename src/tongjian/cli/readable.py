"""Records as people and machines read them: amounts in yuan, moments in Shanghai, bytes in hex."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, TypeGuard

import msgspec
from msgspec import inspect as shapes

from tongjian.cli.fields import choices_of, fields_of, shape_of
from tongjian.cli.moments import write_moment
from tongjian.core.encoding import Record
from tongjian.core.limits import TIME_MS_MAX
from tongjian.core.operation import AnyTable
from tongjian.verifier.amounts import grouped_digits

Pair = tuple[str, str]
INDENT: Final = "  "


def as_json(value: Any) -> Any:
    """Return a value for machines: integers as they are on the ledger, bytes in hexadecimal."""
    if isinstance(value, msgspec.Struct):
        named: dict[str, Any] = {"type": tag_of(value)} if tag_of(value) else {}
        return named | {name: as_json(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum):
        return value.value
    if is_tuple(value):
        return [as_json(item) for item in value]
    return value


def is_tuple(value: object) -> TypeGuard[tuple[Any, ...]]:
    """Say whether a value is a list of the ledger."""
    return isinstance(value, tuple)


def tag_of(value: msgspec.Struct | type[msgspec.Struct]) -> str:
    """Return the name of an act or an event on the wire, or nothing for a record without one."""
    tag = value.__struct_config__.tag
    return tag if isinstance(tag, str) else ""


def pairs_of(record: Record, indent: str = "") -> Iterator[Pair]:
    """Yield the fields of a record, with those of records inside it indented below."""
    for field in fields_of(type(record)):
        yield from _pairs(
            indent + field.name, shape_of(_info(field.hint)), getattr(record, field.name)
        )


def _info(hint: Any) -> shapes.Type:
    return shapes.type_info(hint)


def _pairs(name: str, shape: Any, value: Any) -> Iterator[Pair]:
    indent = name[: len(name) - len(name.lstrip())]
    if isinstance(value, Record):
        yield name, ""
        yield from pairs_of(value, indent + INDENT)
    elif is_tuple(value):
        inner = shape.type.item_type if isinstance(shape.type, shapes.VarTupleType) else None
        if any(isinstance(item, Record) for item in value):
            for number, item in enumerate(value, 1):
                yield f"{name} {number}", ""
                yield from pairs_of(item, indent + INDENT)
        else:
            known = shape if inner is None else shape_of(inner)
            yield name, ", ".join(text_of(known, item) for item in value) or "none"
    else:
        yield name, text_of(shape, value)


def text_of(shape: Any, value: Any) -> str:
    """Return one value as a text, with its unit."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum):
        return f"{value.name.lower()} ({value.value})"
    if isinstance(value, int) and not choices_of(shape.type):
        return _number(shape.unit, value)
    return str(value) or "—"


def _number(unit: str, value: int) -> str:
    match unit:
        case "fen":
            return f"{grouped_digits(value)} ({value} fen)"
        case "ppm":
            return f"{value / 10_000:g} % ({value} ppm)"
        case "ms":
            return "without end" if value == TIME_MS_MAX else write_moment(value)
        case "yyyymmdd":
            return f"{value // 10_000:04d}-{value // 100 % 100:02d}-{value % 100:02d}"
        case "yyyymm":
            return f"{value // 100:04d}-{value % 100:02d}"
        case _:
            return str(value)


def key_text(table: AnyTable, key: bytes) -> str:
    """Return a row's name as commands take it: `service.table:part/part`."""
    parts = (part.hex() if isinstance(part, bytes) else str(part) for part in table.split(key))
    return f"{table.name}:{'/'.join(parts)}"
