"""What a JSON value says in one place, or nothing: strangers' data has every type everywhere."""

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeGuard

from tongjian.connectors.strictjson import Json

_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


def is_object(value: Any) -> TypeGuard[Json]:
    """Say whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Say whether a value is a JSON list."""
    return isinstance(value, list)


def member(value: Any, *names: str) -> Any:
    """Return what stands under the names, one inside the other; none where the path breaks off."""
    for name in names:
        if not is_object(value):
            return None
        value = value.get(name)
    return value


def text(value: Any, *names: str) -> str:
    """Return a text, or an empty one where there is none."""
    found = member(value, *names)
    return found if isinstance(found, str) else ""


def objects(value: Any, *names: str) -> Iterator[Json]:
    """Yield the objects of a list; nothing where there is no list, and nothing else of it."""
    found = member(value, *names)
    if is_list(found):
        yield from filter(is_object, found)


def ids(value: Any, *names: str) -> list[str]:
    """Return the ids of the objects of a list, each once, in order; those that have none do not."""
    return list(dict.fromkeys(key for one in objects(value, *names) if (key := text(one, "id"))))


def number(value: Any, *names: str) -> Fraction | None:
    """Return an exact number, or none where there is none."""
    found = member(value, *names)
    if isinstance(found, bool) or not isinstance(found, int | Decimal):
        return None
    return Fraction(found)


def moment(value: Any, *names: str) -> dt.datetime | None:
    """Return a moment with its offset (RFC 3339), or none; below microseconds it is cut."""
    found = text(value, *names)
    if not _DATE_TIME.fullmatch(found):
        return None
    try:
        return dt.datetime.fromisoformat(found)
    except ValueError:
        return None
