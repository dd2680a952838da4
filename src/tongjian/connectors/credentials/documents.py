"""What every JSON document of a credential must be before anything in it is looked at."""

import re
from collections.abc import Iterator
from typing import Any, Final

from tongjian.connectors import strictjson
from tongjian.connectors.credentials.errors import CredentialMalformed
from tongjian.connectors.jsonfields import is_list, is_object
from tongjian.connectors.strictjson import Json, Malformed

DOCUMENT_BYTES_MAX: Final = 1024 * 1024
DEPTH_MAX: Final = 64
"""Of lists and objects within one another; a credential needs about six."""
VALUES_MAX: Final = 20_000
QUOTED_CHARACTERS_MAX: Final = 64

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20<>\"{}|\\^`]+")


def read_document(data: bytes) -> Json:
    """Return the JSON object that a text holds.

    Raises `CredentialMalformed` for a text that is too large, too deep, has a name twice in one
    object, or is no object.
    """
    if len(data) > DOCUMENT_BYTES_MAX:
        msg = f"the text has {len(data)} bytes, more than {DOCUMENT_BYTES_MAX}"
        raise CredentialMalformed(msg, "limit of this reader")
    try:
        value = strictjson.parse(data)
    except Malformed as error:
        raise CredentialMalformed(str(error), "RFC 8259; RFC 7493, 2") from error
    if not is_object(value):
        raise CredentialMalformed("the text is JSON, but no object", "VCDM 2.0, 4.1")
    check_bounds(value)
    return value


def check_bounds(value: Any) -> None:
    """Raise `CredentialMalformed` for a value nested too deep or with too many parts."""
    left = VALUES_MAX
    level: list[Any] = [value]
    for _ in range(DEPTH_MAX):
        level = [part for one in level for part in _parts(one)]
        left -= len(level)
        if left < 0:
            msg = f"the document has more than {VALUES_MAX} values"
            raise CredentialMalformed(msg, "limit of this reader")
        if not level:
            return
    msg = f"the document is nested deeper than {DEPTH_MAX} levels"
    raise CredentialMalformed(msg, "limit of this reader")


def _parts(value: Any) -> Iterator[Any]:
    if is_object(value):
        yield from value.values()
    elif is_list(value):
        yield from value


def is_url(value: Any) -> bool:
    """Say whether a value is an absolute URL or URI; nothing is said of what it leads to."""
    return isinstance(value, str) and _URL.fullmatch(value) is not None


def quoted(value: Any) -> str:
    """Return a stranger's value for a message, cut to a length that does not flood a log."""
    shown = value if isinstance(value, str) else type(value).__name__
    return repr(shown[:QUOTED_CHARACTERS_MAX])
