"""Moments and days as people write them: Asia/Shanghai unless they say otherwise."""

import datetime as dt
from typing import Final

SHANGHAI: Final = dt.timezone(dt.timedelta(hours=8))
"""UTC+8 throughout, as in `core.calendar`."""
EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MILLISECOND: Final = dt.timedelta(milliseconds=1)


def write_moment(time_ms: int) -> str:
    """Return milliseconds since 1970 UTC as `2026-11-21 15:30:00.123 +08:00`."""
    try:
        moment = (EPOCH + time_ms * MILLISECOND).astimezone(SHANGHAI)
    except OverflowError:
        return f"{time_ms} ms"
    text = moment.strftime("%Y-%m-%d %H:%M:%S")
    fraction = f".{time_ms % 1000:03d}" if time_ms % 1000 else ""
    return f"{text}{fraction} +08:00"


def parse_moment(text: str) -> int:
    """Read milliseconds, `now`, or an ISO 8601 time, which is Shanghai's where it has no offset.

    Raises `ValueError`.
    """
    if text.isascii() and text.isdigit():
        return int(text)
    if text == "now":
        moment = dt.datetime.now(dt.UTC)
    else:
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=SHANGHAI)
    return (moment - EPOCH) // MILLISECOND


def write_age(milliseconds: int) -> str:
    """Return a length of time in its largest fitting unit."""
    seconds = max(milliseconds, 0) // 1000
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
