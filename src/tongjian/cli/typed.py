"""Texts and JSON read into the values of fields; what does not fit is refused in a field's words.

Only the form is turned here. Bounds and patterns are those of the field's own type, enforced as
they are when the ledger decodes it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeGuard

import msgspec
from msgspec import inspect as shapes

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.fields import TAG, Field, choices_of, fields_of, records_of, shape_of
from tongjian.cli.moments import parse_moment
from tongjian.core.encoding import Record, encode

_FILE: Final = "@"
_MOMENT: Final = "ms"


class NotOfForm(ValueError):
    """A text or a JSON value that cannot be what the field asks for."""


def build(
    record: type[Record], given: Mapping[str, str | Sequence[str] | None], then: str
) -> Record:
    """Return a record from the texts of its options; raises `Failure` naming the option."""
    values: dict[str, Any] = {}
    for field in fields_of(record):
        texts = given[field.name]
        if texts is None or (texts == [] and not field.is_required):
            if field.default is msgspec.NODEFAULT:
                values[field.name] = () if field.many is not None else None
            continue
        try:
            values[field.name] = _bounded(field, _read_option(field, texts))
        except (NotOfForm, OSError) as error:
            raise Failure(
                ExitCode.USAGE,
                f"{field.flag} is not what it must be.",
                why=str(error),
                rule=field.item.description or field.docstring,
                then=then,
            ) from error
    return record(**values)


def _read_option(field: Field, texts: str | Sequence[str]) -> Any:
    if isinstance(texts, str):
        return read_text(field.shape.type, field.shape.unit, texts)
    item = field.item
    values: list[Any] = []
    for text in texts:
        if isinstance(item.type, shapes.StructType):
            parsed = json_of(text)
            rows = parsed if _is_list(parsed) else [parsed]
            values.extend(read_json(item.type, row) for row in rows)
        else:
            values.append(read_text(item.type, item.unit, text))
    return tuple(values)


def read_text(info: shapes.Type, unit: str, text: str) -> Any:
    """Return the value that a text stands for; raises `NotOfForm`."""
    if choices_of(info):
        return _choose(info, text)
    reader = _TEXT_READERS.get(type(info))
    if reader is None:
        return read_json(info, json_of(text))
    try:
        return parse_moment(text) if unit == _MOMENT else reader(text)
    except (ValueError, KeyError) as error:
        raise NotOfForm(f"{text!r} is no {_form_of(info, unit)}.") from error


def read_json(info: shapes.Type, value: Any) -> Any:
    """Return the value that a JSON value stands for; raises `NotOfForm`."""
    shape = shape_of(info)
    kind = shape.type
    if value is None and shape.is_optional:
        return None
    if isinstance(kind, shapes.StructType) and _is_object(value):
        return _record_of(kind, value)
    if isinstance(kind, shapes.UnionType) and _is_object(value):
        return _tagged_record_of(kind, value)
    if isinstance(kind, shapes.VarTupleType) and _is_list(value):
        return tuple(read_json(kind.item_type, one) for one in value)
    return _read_scalar(kind, shape.unit, value)


def _read_scalar(kind: shapes.Type, unit: str, value: Any) -> Any:
    if choices_of(kind) and isinstance(value, int | str):
        return _choose(kind, str(value))
    is_number = isinstance(kind, shapes.IntType | shapes.BoolType) and isinstance(value, int)
    if is_number:
        return value
    if isinstance(value, str) and type(kind) in _TEXT_READERS:
        return read_text(kind, unit, value)
    raise NotOfForm(f"{json.dumps(value, ensure_ascii=False)} is no {_form_of(kind, unit)}.")


def _record_of(info: shapes.StructType, value: dict[str, Any]) -> Any:
    known = {field.name: field for field in info.fields}
    for name in value:
        if name not in known:
            raise NotOfForm(f"There is no {name!r}; there are {', '.join(known)}.")
    values: dict[str, Any] = {}
    for name, field in known.items():
        if name in value:
            try:
                values[name] = read_json(field.type, value[name])
            except NotOfForm as error:
                raise NotOfForm(f"{name}: {error}") from error
        elif field.required:
            raise NotOfForm(f"{name!r} is missing from {json.dumps(value, ensure_ascii=False)}.")
    return info.cls(**values)


def _tagged_record_of(union: shapes.UnionType, value: dict[str, Any]) -> Any:
    """Return the record of a union that the member `tag` of an object names."""
    records = records_of(union)
    rest = dict(value)
    found = records.get(str(rest.pop(TAG, "")))
    if found is None:
        raise NotOfForm(f"{TAG!r} must be one of {', '.join(records)}.")
    return _record_of(found, rest)


def _choose(info: shapes.Type, text: str) -> Any:
    """Return the member of a choice by its name or its value; raises `NotOfForm`."""
    by_text: dict[str, Any] = {}
    if isinstance(info, shapes.EnumType):
        for member in info.cls:
            by_text[member.name.lower()] = by_text[str(member.value)] = member
    elif isinstance(info, shapes.LiteralType):
        by_text = {str(value): value for value in info.values}
    found = by_text.get(text, by_text.get(text.lower()))
    if found is None:
        raise NotOfForm(f"{text!r} is none of {', '.join(choices_of(info))}.")
    return found


def _bounded(field: Field, value: Any) -> Any:
    """Return the value after the ledger's own check of its bounds."""
    try:
        return msgspec.msgpack.decode(encode(value), type=field.hint, strict=True)
    except (msgspec.ValidationError, UnicodeDecodeError, OverflowError) as error:
        raise NotOfForm(f"{error}.") from error


def json_of(text: str) -> Any:
    """Return the JSON of a text, or of the file that `@FILE` names; raises `NotOfForm`."""
    if text.startswith(_FILE):
        text = Path(text.removeprefix(_FILE)).read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotOfForm(f"{text!r} is no JSON: {error}.") from error


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _integer(text: str) -> int:
    plain = text.replace("_", "")
    if not plain.isascii() or not plain.isdigit():
        raise NotOfForm(f"{text!r} is no whole number of digits.")
    return int(plain)


_TEXT_READERS: Final[dict[type[shapes.Type], Callable[[str], Any]]] = {
    shapes.IntType: _integer,
    shapes.BytesType: bytes.fromhex,
    shapes.BoolType: lambda text: {"true": True, "false": False}[text],
    shapes.StrType: str,
}
_FORMS: Final[dict[type[shapes.Type], str]] = {
    shapes.IntType: "whole number",
    shapes.BytesType: "bytes in hexadecimal",
    shapes.BoolType: "true or false",
    shapes.StructType: "record: a JSON object is asked for",
    shapes.VarTupleType: "list: a JSON array is asked for",
    shapes.UnionType: "record: a JSON object with a tag is asked for",
}


def _form_of(info: shapes.Type, unit: str) -> str:
    if unit == _MOMENT:
        return "moment such as 2026-11-21T15:30+08:00 or 1795246200000"
    return _FORMS.get(type(info), "value of this kind")
