"""JSON from strangers: one meaning or none, and numbers as they were written.

RFC 8259 leaves to the reader what a repeated name means, and Python reads `NaN`; readers that
differ are how a document says one thing to an auditor and another to a buyer (RFC 7493, I-JSON).
"""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

Json = dict[str, Any]

NUMBER_CHARACTERS_MAX: Final = 64
"""Of one number; no amount, count or coordinate needs more."""
EXPONENT_MAX: Final = 64
"""Of one number, either way: what is written in nine characters must not fill the memory."""
_DIGITS_OF_INT: Final = 18
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")

_encoder: Final = msgspec.json.Encoder(decimal_format="number")


class Malformed(Exception):
    """Text that is not JSON of one meaning; the text says where and why."""


def parse(data: bytes) -> Any:
    """Return the value of a JSON text; integers as `int`, other numbers as exact `Decimal`.

    Raises `Malformed`.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"byte {error.start} is not UTF-8") from error
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        raise Malformed(f"it is not JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise Malformed("it is nested too deep") from error
    if _SURROGATE.search(data):
        _require_text(value)
    return value


def encode(value: Any) -> bytes:
    """Return a value that `parse` gave as JSON text on one line."""
    return _encoder.encode(value)


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"the name {twice[:64]!r} stands twice in one object")
    return members


def _decimal(text: str) -> Decimal:
    if len(text) > NUMBER_CHARACTERS_MAX:
        raise Malformed(f"a number has more than {NUMBER_CHARACTERS_MAX} characters")
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise Malformed(f"a number is out of all bounds: {text}") from error
    if abs(number.adjusted()) > EXPONENT_MAX:
        raise Malformed(f"a number is out of all bounds: {text}")
    return number


def _integer(text: str) -> int | Decimal:
    if len(text) > _DIGITS_OF_INT or text == "-0":
        return _decimal(text)
    return int(text)


def _constant(text: str) -> Any:
    raise Malformed(f"{text} is no number of JSON")


def _require_text(value: Any) -> None:
    try:
        _encoder.encode(value)
    except UnicodeEncodeError as error:
        raise Malformed("a text has half of a surrogate pair") from error
