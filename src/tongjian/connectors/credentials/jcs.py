"""The canonical text of a JSON value by RFC 8785 (JCS): what a Data Integrity proof is made over.

`connectors.canonicaljson` keeps numbers exact; here they are doubles, as the standard has it. One
that a double does not carry as written is refused: two readers would see two numbers under one
signature.
"""

import json
from decimal import Decimal
from typing import Any, Final

from tongjian.connectors.credentials.errors import CredentialMalformed
from tongjian.connectors.jsonfields import is_list, is_object

_RULE: Final = "RFC 8785, 3.2.2.3; RFC 7493, 2.2"
_PLAIN_MAX: Final = 21
"""Places before the point that ECMAScript writes without an exponent (Number::toString)."""
_ZEROS_MAX: Final = 6
"""Likewise after the point, the first digit that is not zero included."""


def canonical(value: Any) -> bytes:
    """Return the canonical text of a value that `read_document` gave.

    Raises `CredentialMalformed` for a number that no double carries as written, and for what is no
    value of JSON.
    """
    try:
        return _text(value).encode()
    except UnicodeEncodeError as error:
        msg = "a text has half of a surrogate pair"
        raise CredentialMalformed(msg, "RFC 8785, 3.2.2.2") from error


def _text(value: Any) -> str:
    if is_object(value):
        # By UTF-16 code units.
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_quoted(name)}:{_text(value[name])}" for name in names) + "}"
    if is_list(value):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | Decimal):
        return _number(Decimal(value))
    msg = f"a {type(value).__name__} is no value that the reader gives"
    raise CredentialMalformed(msg, "RFC 8785, 3.1")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _number(exact: Decimal) -> str:
    try:
        shortest = Decimal(repr(float(exact)))
    except OverflowError as error:
        raise CredentialMalformed("a number is beyond every double", _RULE) from error
    if shortest != exact:
        msg = f"a double carries the number {exact:.40g} only as {shortest}: write it as a text"
        raise CredentialMalformed(msg, _RULE)
    if not exact:
        return "0"
    sign, digits, _ = shortest.as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    return "-" * sign + _laid_out(text, shortest.adjusted() + 1)


def _laid_out(digits: str, point: int) -> str:
    """Write 0.`digits` times ten to the `point` as ECMAScript does."""
    if len(digits) <= point <= _PLAIN_MAX:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _PLAIN_MAX:
        return digits[:point] + "." + digits[point:]
    if -_ZEROS_MAX < point <= 0:
        return "0." + "0" * -point + digits
    mantissa = digits[0] + ("." + digits[1:] if digits[1:] else "")
    return f"{mantissa}e{point - 1:+d}"
