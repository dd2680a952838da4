"""Moments of the ledger, in milliseconds, as credentials write them."""

import datetime as dt
from typing import Final

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)


def moment_of(time_ms: int) -> dt.datetime:
    """Return milliseconds since 1970 as a moment in UTC; the year 9999 stands for any later."""
    try:
        return _EPOCH + time_ms * _MILLISECOND
    except OverflowError:
        return dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


def text_of(time_ms: int) -> str:
    """Return milliseconds since 1970 as RFC 3339 in whole seconds, such as 2026-11-19T04:00:00Z."""
    return moment_of(time_ms).strftime("%Y-%m-%dT%H:%M:%SZ")
