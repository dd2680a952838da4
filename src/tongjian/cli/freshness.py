"""How old a head may be, and how old it is: spans of time, written and read."""

import re
import time
from typing import Final

from tongjian.cli.failures import ExitCode, Failure

_UNITS_S: Final = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_SPAN: Final = re.compile(r"([0-9]{1,9})(s|min|h|d)?")


def now_ms() -> int:
    """Return milliseconds since 1970 UTC by this machine's clock."""
    return time.time_ns() // 1_000_000


def read_span_s(text: str) -> int:
    """Return a span in seconds: a number of seconds, or one with s, min, h or d."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise Failure(
            ExitCode.USAGE,
            f"{text!r} is no span of time.",
            why="It is a whole number of seconds, or a number and s, min, h or d.",
            then="tongjian verify RECEIPT --trust anchors.json --fresher-than 24h",
        )
    return int(found[1]) * _UNITS_S[found[2] or "s"]


def write_age(seconds: int) -> str:
    """Return how long ago something was, in the largest unit that fits."""
    if seconds < 0:
        return f"{-seconds} s ahead of this machine's clock"
    unit = [name for name, size in _UNITS_S.items() if seconds >= 2 * size]
    name = unit[-1] if unit else "s"
    return f"{seconds // _UNITS_S[name]} {name} ago by this machine's clock"
