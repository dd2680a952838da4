# ruff: noqa: A005  (every import is absolute, so the library module stays reachable)
"""Legal dates and deadlines: block time is UTC, the law counts days in Asia/Shanghai.

Asia/Shanghai is UTC+8 throughout the years a ledger can hold, so the offset is a constant and no
zone table, which would differ between machines, is read.
Holidays and make-up days are published each year by the State Council; they are dated rows of
state and are passed in. Nothing here knows one.

Source: Civil Code art. 200 (Gregorian calendar), 201 (the day of the trigger is not counted),
202 (months), 203 (a last day that is a statutory holiday moves to the day after the holiday;
the last day ends at 24:00).
"""

from collections.abc import Container
from dataclasses import dataclass
from typing import Final, NamedTuple

from tongjian.core.values import TimeMs, time_ms

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
OFFSET_MS: Final = 8 * HOUR_MS
"""Asia/Shanghai is this far ahead of UTC."""

YEAR_MIN: Final = 1600
YEAR_MAX: Final = 9999
PERIOD_DAYS_MAX: Final = 36_600
"""A hundred years: no clock of the law runs longer."""
REST_DAYS_MAX: Final = 60
"""Rest days in a row that may be skipped before the table of holidays is held to be wrong."""

_DAYS_PER_ERA: Final = 146_097
_DAYS_TO_1970: Final = 719_468
_DAYS_IN_MONTH: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FEBRUARY: Final = 2
_MONTHS: Final = 12
_SATURDAY: Final = 5


class Date(NamedTuple):
    """Name a day of the Gregorian calendar in Asia/Shanghai; dates compare in order of time."""

    year: int
    month: int
    day: int

    def __str__(self) -> str:
        """Return the date as GB/T 7408 and ISO 8601 write it, `2026-11-02`."""
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"


class Month(NamedTuple):
    """Name a month, the unit of tax periods and of the books of the treasury."""

    year: int
    month: int

    def __str__(self) -> str:
        """Return the month as `2026-11`."""
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True, slots=True)
class RestDays:
    """Hold every day on which offices rest: statutory holidays and weekends not worked.

    Pass it as `holidays` where the rule counts weekly rest days among the holidays; pass the
    plain holidays where it does not.
    """

    holidays: Container[Date]
    makeup_days: Container[Date]

    def __contains__(self, day: object) -> bool:
        """Say whether a `Date` is a rest day."""
        return isinstance(day, Date) and not is_working_day(day, self.holidays, self.makeup_days)


def is_leap_year(year: int) -> bool:
    """Say whether February of the year has 29 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    """Return the length of a month; raises ValueError unless month is 1 to 12."""
    if not 1 <= month <= _MONTHS:
        msg = f"month {month} is outside 1 to 12"
        raise ValueError(msg)
    if month == _FEBRUARY and is_leap_year(year):
        return 29
    return _DAYS_IN_MONTH[month - 1]


def is_date(year: int, month: int, day: int) -> bool:
    """Say whether the numbers name a day that exists, between the years 1600 and 9999."""
    return (
        YEAR_MIN <= year <= YEAR_MAX
        and 1 <= month <= _MONTHS
        and 1 <= day <= days_in_month(year, month)
    )


def require_date(year: int, month: int, day: int) -> Date:
    """Return the date, or raise ValueError for a day that does not exist."""
    if not is_date(year, month, day):
        msg = f"{year}-{month}-{day} is not a day of the calendar from {YEAR_MIN} to {YEAR_MAX}"
        raise ValueError(msg)
    return Date(year, month, day)


def days_from_civil(date: Date) -> int:
    """Return the number of days from 1970-01-01 to a date; earlier dates are negative.

    The year is taken to begin in March, so that the leap day is its last day and the months
    before any date have a length in closed form. Raises ValueError for a day that does not exist.
    """
    year, month, day = require_date(*date)
    year_from_march = year if month > _FEBRUARY else year - 1
    month_from_march = (month + 9) % 12
    era = year_from_march // 400
    year_of_era = year_from_march % 400
    day_of_year = (153 * month_from_march + 2) // 5 + day - 1
    day_of_era = 365 * year_of_era + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * _DAYS_PER_ERA + day_of_era - _DAYS_TO_1970


def civil_from_days(days: int) -> Date:
    """Return the date so many days after 1970-01-01; the inverse of `days_from_civil`.

    Raises ValueError outside the years 1600 to 9999.
    """
    shifted = days + _DAYS_TO_1970
    era = shifted // _DAYS_PER_ERA
    day_of_era = shifted % _DAYS_PER_ERA
    year_of_era = (
        day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = (month_from_march + 2) % 12 + 1
    year = era * 400 + year_of_era + (1 if month <= _FEBRUARY else 0)
    return require_date(year, month, day)


def add_days(date: Date, days: int) -> Date:
    """Return the date so many calendar days later, earlier when negative."""
    return civil_from_days(days_from_civil(date) + days)


def next_day(date: Date) -> Date:
    """Return the day that follows a date that exists."""
    year, month, day = date
    if day < 28 or day < days_in_month(year, month):  # noqa: PLR2004  (no month is shorter)
        return Date(year, month, day + 1)
    return Date(year, month + 1, 1) if month < _MONTHS else Date(year + 1, 1, 1)


def weekday(date: Date) -> int:
    """Return 0 for Monday to 6 for Sunday."""
    return (days_from_civil(date) + 3) % 7


def legal_date(moment_ms: int) -> Date:
    """Return the day in Asia/Shanghai on which a moment, in UTC milliseconds, falls."""
    return civil_from_days((moment_ms + OFFSET_MS) // DAY_MS)


def legal_day_start(date: Date) -> TimeMs:
    """Return 00:00 of a day in Asia/Shanghai, in UTC milliseconds."""
    return time_ms(days_from_civil(date) * DAY_MS - OFFSET_MS)


def legal_day_end(date: Date) -> TimeMs:
    """Return 24:00 of a day in Asia/Shanghai, in UTC milliseconds.

    This is the first millisecond of the next day: what is done at a moment `< legal_day_end` is
    done on that day or before.
    """
    return time_ms(legal_day_start(date) + DAY_MS)


def month_of(moment_ms: int) -> Month:
    """Return the month in Asia/Shanghai in which a moment, in UTC milliseconds, falls."""
    date = legal_date(moment_ms)
    return Month(date.year, date.month)


def next_month(month: Month) -> Month:
    """Return the month that follows."""
    if month.month == _MONTHS:
        return Month(month.year + 1, 1)
    return Month(month.year, month.month + 1)


def add_months(date: Date, months: int) -> Date:
    """Return the same day so many months later, or the last day of a month that lacks it.

    31 January plus one month is 28 or 29 February. Source: Civil Code art. 202.
    """
    count = date.year * _MONTHS + date.month - 1 + months
    year, month = count // _MONTHS, count % _MONTHS + 1
    return require_date(year, month, min(date.day, days_in_month(year, month)))


def add_years(date: Date, years: int) -> Date:
    """Return the same day so many years later; 29 February becomes 28 in a common year."""
    return add_months(date, years * _MONTHS)


def age_on(birth: Date, date: Date) -> int:
    """Return the completed years (周岁) on a date; a year is complete on the birthday itself."""
    years = date.year - birth.year
    return years - 1 if (date.month, date.day) < (birth.month, birth.day) else years


def is_working_day(date: Date, holidays: Container[Date], makeup_days: Container[Date]) -> bool:
    """Say whether offices work on a date: a weekday no holiday falls on, or a make-up day 调休."""
    if date in makeup_days:
        return True
    return weekday(date) < _SATURDAY and date not in holidays


def _require_period(length: int) -> None:
    if not 0 <= length <= PERIOD_DAYS_MAX:
        msg = f"a period of {length} days is outside 0 to {PERIOD_DAYS_MAX}"
        raise ValueError(msg)


def _rest_too_long(date: Date) -> ValueError:
    return ValueError(
        f"more than {REST_DAYS_MAX} days of rest end on {date}: the table of holidays is wrong"
    )


def deadline_calendar_days(moment_ms: int, days: int, holidays: Container[Date]) -> TimeMs:
    """Return the end of a period of calendar days (日, 天) that a moment sets running.

    The day of the trigger is not counted (Civil Code art. 201). If the last day is a holiday the
    period ends with the first day after the holiday (art. 203). An act at a moment strictly
    before the result is in time. `holidays` answers `date in holidays`; pass `RestDays` where
    weekends count as statutory days of rest.
    """
    _require_period(days)
    last = add_days(legal_date(moment_ms), days)
    rested = 0
    while last in holidays:
        rested += 1
        if rested > REST_DAYS_MAX:
            raise _rest_too_long(last)
        last = next_day(last)
    return legal_day_end(last)


def deadline_working_days(
    moment_ms: int, days: int, holidays: Container[Date], makeup_days: Container[Date]
) -> TimeMs:
    """Return the end of the n-th working day (工作日) after the day of a moment.

    Weekends and holidays are not counted, make-up days are. With `days` 0 the period ends with
    the day of the trigger itself. An act strictly before the result is in time.
    """
    _require_period(days)
    day = legal_date(moment_ms)
    day_of_week = weekday(day)
    left, rested = days, 0
    while left:
        day, day_of_week = next_day(day), (day_of_week + 1) % 7
        if (day_of_week < _SATURDAY and day not in holidays) or day in makeup_days:
            left, rested = left - 1, 0
            continue
        rested += 1
        if rested > REST_DAYS_MAX:
            raise _rest_too_long(day)
    return legal_day_end(day)


def deadline_hours(moment_ms: int, hours: int) -> TimeMs:
    """Return the moment so many hours later: periods by the hour run from the moment itself.

    Source: Civil Code art. 201 (second paragraph).
    """
    _require_period(hours)
    return time_ms(moment_ms + hours * HOUR_MS)
