"""Every field of every act, event, row and question is bounded, and none can hold free text."""

from typing import Annotated, Any

import drift
import pytest
from msgspec import Meta
from msgspec import inspect as shapes

from tongjian.core.encoding import Record
from tongjian.core.operation import Operation, Service


def _findings(record: type[Any]) -> list[str]:
    return list(drift.unbounded(shapes.type_info(record), record.__name__))


@pytest.mark.parametrize("operation", drift.OPERATIONS, ids=drift.tag_of)
def test_every_field_of_an_act_and_its_events_is_bounded(operation: Operation) -> None:
    for record in (operation.act, *operation.events):
        assert _findings(record) == [], f"{operation.tag}: bound it in {record.__module__}"


@pytest.mark.parametrize("service", drift.SERVICE_LIST, ids=drift.name_of)
def test_every_field_of_rows_and_questions_is_bounded(service: Service) -> None:
    for record in [t.row for t in service.tables] + [q.arguments for q in service.queries]:
        assert _findings(record) == [], f"{service.name}: bound it in {record.__module__}"


class Offences(Record):
    """What the walk must find."""

    bare: int
    negative: Annotated[int, Meta(ge=-1, le=5)]
    topless: Annotated[int, Meta(ge=0)]
    real: float
    text: str
    long_text: Annotated[str, Meta(max_length=10)]
    newline: Annotated[str, Meta(max_length=10, pattern="^[a-z]{1,10}$")]
    short: Annotated[str, Meta(max_length=11, pattern="^[a-z]{10}$")]
    raw: bytes
    many: tuple[bool, ...]
    inner: Annotated[tuple[bytes, ...], Meta(max_length=3)]
    mapped: dict[str, int]
    maybe: int | None


def test_the_walk_finds_every_kind_of_offence() -> None:
    found = _findings(Offences)
    assert {each.partition(":")[0].partition(".")[2] for each in found} == {
        name if name != "inner" else "inner[]" for name in Offences.__struct_fields__
    }


class Sound(Record):
    """What the walk must let pass."""

    number: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    fixed: Annotated[str, Meta(max_length=6, pattern="^[0-9]{6}$")]
    word: Annotated[str, Meta(max_length=9, pattern=r"^[a-z]{1,9}$(?!\n)")]
    maybe: Annotated[bytes, Meta(max_length=3)] | None


def test_the_walk_lets_bounded_fields_pass() -> None:
    assert _findings(Sound) == []
