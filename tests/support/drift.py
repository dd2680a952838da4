"""Walks over the catalogue that the drift tests share: what is declared, and what belongs to it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import inspect

from tongjian.catalogue import load_registry
from tongjian.core.operation import Operation, RefusalCode, Service
from tongjian.testkit.strategies import declared
from tongjian.testkit.vectors import ROOT, SERVICES

__all__ = ["ROOT", "SERVICES"]

OPERATIONS: list[Operation] = list(load_registry().operations())
SERVICE_LIST: list[Service] = list(load_registry().services.values())


def tag_of(operation: Operation) -> str:
    """Name an operation in the list of tests."""
    return f"{operation.tag} v{operation.since}"


def name_of(service: Service) -> str:
    """Name a service in the list of tests."""
    return service.name


def event_names(service: Service) -> list[str]:
    """Return the names of the events that a service announces, without the service's."""
    tags = (str(e.__struct_config__.tag) for o in service.operations for e in o.events)
    return list(dict.fromkeys(tag.partition(".")[2] for tag in tags))


def field_names(service: Service) -> list[str]:
    """Return the names of all fields that a person fills in: of acts and of questions."""
    records = [o.act for o in service.operations] + [q.arguments for q in service.queries]
    return sorted({field for record in records for field in record.__struct_fields__})


def sources(service: Service) -> dict[Path, str]:
    """Return the text of each file of a service, its tests left out."""
    folder = SERVICES / service.name
    return {
        path: path.read_text("utf-8")
        for path in sorted(folder.rglob("*.py"))
        if "tests" not in path.relative_to(folder).parts
    }


def used_refusals(service: Service) -> set[str]:
    """Return the names of refusals that the code of a service uses, outside their declaration."""
    used: set[str] = set()
    for text in sources(service).values():
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Attribute(value=ast.Name(id=owner), attr=name) if (
                    owner == service.refusals.__name__
                ):
                    used.add(name)
                case _:
                    pass
    return used


def codes(refusals: type[RefusalCode]) -> dict[str, int]:
    """Return the numbers of refusals by name, in order of declaration."""
    return {code.name: code.number for code in refusals}


# ------------------------------------------------------------------------------------------ bounds

_FIXED = re.compile(r"\^[^$]*\{(\d+)\}\$")
"""A pattern of one fixed length: with that `max_length` no newline fits behind it."""


def unbounded(info: inspect.Type, path: str) -> Iterator[str]:
    """Give each part of a type that has no bound, or could hold free text."""
    match info:
        case inspect.Metadata():
            yield from unbounded(declared(info), path)
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from unbounded(field.type, f"{path}.{field.name}")
        case inspect.VarTupleType(item_type=item, max_length=most):
            yield from [f"{path}: a list without max_length"] if most is None else []
            yield from unbounded(item, f"{path}[]")
        case inspect.UnionType(types=types):
            for each in types:
                yield from unbounded(each, path)
        case _:
            yield from (f"{path}: {fault}" for fault in [_fault(info)] if fault)


_FINITE = inspect.BoolType | inspect.NoneType | inspect.EnumType | inspect.LiteralType


def _fault(info: inspect.Type) -> str:
    if isinstance(info, _FINITE):
        return ""
    fault = f"{type(info).__name__} has no place on the ledger"
    match info:
        case inspect.IntType(ge=least, le=most):
            bounded = least is not None and most is not None and least >= 0
            fault = "" if bounded else "an integer without ge and le, or below 0"
        case inspect.BytesType(max_length=most):
            fault = "" if most is not None else "bytes without max_length"
        case inspect.StrType(pattern=str(pattern), max_length=int(most)):
            fault = "" if _is_closed(pattern, most) else "a newline passes: end it with $(?!\\n)"
        case inspect.StrType():
            fault = "free text: give a pattern and max_length"
        case _:
            pass
    return fault


def _is_closed(pattern: str, most: int) -> bool:
    if pattern.endswith(r"$(?!\n)"):
        return True
    fixed = _FIXED.fullmatch(pattern)
    return fixed is not None and int(fixed[1]) == most
