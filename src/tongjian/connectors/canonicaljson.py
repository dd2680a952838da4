"""The one text of a JSON value: the same for every copy, however it was written."""

import decimal
from decimal import Decimal
from typing import Any, Final

from tongjian.connectors.jsonfields import is_list, is_object
from tongjian.connectors.strictjson import NUMBER_CHARACTERS_MAX, encode

_PRECISION: Final = 2 * NUMBER_CHARACTERS_MAX
"""Digits: every number that is read stays exact."""


def canonical(value: Any) -> bytes:
    """Return the text of a value that `parse` gave: names in order, numbers in one form.

    It differs from RFC 8785 in numbers only: they stay exact, where JCS makes them doubles.
    """
    with decimal.localcontext(prec=_PRECISION):
        return encode(_ordered(value))


def _ordered(value: Any) -> Any:
    if is_object(value):
        # By UTF-16 code units, as RFC 8785 has it.
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return {name: _ordered(value[name]) for name in names}
    if is_list(value):
        return [_ordered(one) for one in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value.normalize()
    return value
