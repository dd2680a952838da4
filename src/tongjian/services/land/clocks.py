"""The times that the law gives: working days by the published calendar, calendar days by number."""

from functools import lru_cache

from tongjian.core.calendar import (
    Date,
    deadline_calendar_days,
    deadline_working_days,
    legal_date,
    legal_day_start,
)
from tongjian.core.ledger import Ledger
from tongjian.core.values import TimeMs


def working_deadline(ledger: Ledger, parameter: int) -> TimeMs:
    """Return the end of the n-th working day after today; 0 is the end of today."""
    start = legal_day_start(legal_date(ledger.time_ms))
    holidays, makeup = ledger.parameters("holidays"), ledger.parameters("makeup_days")
    return _working_deadline(start, parameter, holidays, makeup)


def calendar_deadline(ledger: Ledger, days: int) -> TimeMs:
    """Return the end of the n-th calendar day after today, moved past statutory holidays."""
    start = legal_day_start(legal_date(ledger.time_ms))
    return deadline_calendar_days(start, days, _dates(ledger.parameters("holidays")))


@lru_cache(maxsize=64)
def _working_deadline(
    start_ms: int, days: int, holidays: tuple[int, ...], makeup: tuple[int, ...]
) -> TimeMs:
    return deadline_working_days(start_ms, days, _dates(holidays), _dates(makeup))


@lru_cache(maxsize=16)
def _dates(days: tuple[int, ...]) -> frozenset[Date]:
    return frozenset(Date(day // 10_000, day // 100 % 100, day % 100) for day in days)
