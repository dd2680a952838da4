"""Legal dates and deadlines against Python's datetime and the published holidays."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tongjian.core import calendar as cal
from tongjian.core.calendar import DAY_MS, Date, Month, RestDays

SHANGHAI = timezone(timedelta(hours=8))
HOLIDAYS = Path(__file__).parents[3] / "shared/data/china/calendar/holidays-2004-2026.json"
DATES = st.dates(date(1600, 1, 1), date(9999, 12, 31))
MOMENTS = st.integers(0, 2**43)
NONE: tuple[Date, ...] = ()

# State Council notice for 2026: the days off of the National Day holiday and its make-up days.
NATIONAL_DAY_2026 = tuple(Date(2026, 10, day) for day in range(1, 8))
MAKEUP_2026 = (Date(2026, 9, 20), Date(2026, 10, 10))


def moment(text: str) -> int:
    """Return a time of day in Shanghai as UTC milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()) * 1000


def shown(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, SHANGHAI).strftime("%Y-%m-%d %H:%M")


def dated(day: date) -> Date:
    return Date(day.year, day.month, day.day)


@cache
def published() -> tuple[frozenset[Date], frozenset[Date]]:
    if not HOLIDAYS.exists():
        pytest.skip("the shared calendar of holidays is not on this machine")
    table = json.loads(HOLIDAYS.read_text(encoding="utf-8"))
    return tuple(  # type: ignore[return-value]
        frozenset(dated(date.fromisoformat(day)) for day in table[name])
        for name in ("holidays", "adjusted_workdays")
    )


@given(DATES)
def test_days_count_as_datetime_counts_them(day: date) -> None:
    number = cal.days_from_civil(dated(day))
    assert number == (day - date(1970, 1, 1)).days
    assert cal.civil_from_days(number) == dated(day)
    assert cal.weekday(dated(day)) == day.weekday()
    assert str(dated(day)) == day.isoformat()
    assert day == date.max or cal.next_day(dated(day)) == dated(day + timedelta(days=1))


def test_every_day_of_four_centuries_follows_the_day_before() -> None:
    first = cal.days_from_civil(Date(1900, 1, 1))
    days = [cal.civil_from_days(number) for number in range(first, first + 146_097)]
    assert days == sorted(set(days))
    assert days[-1] == Date(2299, 12, 31)
    assert all(cal.is_date(*day) for day in days)


@pytest.mark.parametrize(
    "numbers",
    [(2026, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 0, 1), (2026, 13, 1), (1599, 1, 1)],
)
def test_a_day_that_does_not_exist_is_refused(numbers: tuple[int, int, int]) -> None:
    assert not cal.is_date(*numbers)
    with pytest.raises(ValueError, match="is not a day of the calendar"):
        cal.require_date(*numbers)
    with pytest.raises(ValueError, match="is not a day of the calendar"):
        cal.days_from_civil(Date(*numbers))


def test_days_outside_the_supported_years_are_refused() -> None:
    last = cal.days_from_civil(Date(9999, 12, 31))
    with pytest.raises(ValueError, match="10000-1-1"):
        cal.civil_from_days(last + 1)


@given(MOMENTS)
def test_the_legal_date_is_that_of_shanghai(milliseconds: int) -> None:
    there = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    day = cal.legal_date(milliseconds)
    assert day == dated(there.astimezone(SHANGHAI).date())
    assert cal.legal_day_start(day) <= milliseconds < cal.legal_day_end(day)
    assert cal.legal_day_end(day) - cal.legal_day_start(day) == DAY_MS
    assert cal.month_of(milliseconds) == Month(day.year, day.month)


def test_an_evening_in_utc_is_the_next_day_in_shanghai() -> None:
    evening = int(datetime(2026, 11, 17, 16, 0, tzinfo=UTC).timestamp()) * 1000
    assert cal.legal_date(evening) == Date(2026, 11, 18)
    assert cal.legal_date(evening - 1) == Date(2026, 11, 17)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (Date(2026, 1, 31), 1, Date(2026, 2, 28)),
        (Date(2028, 1, 31), 1, Date(2028, 2, 29)),
        (Date(2026, 11, 30), 3, Date(2027, 2, 28)),
        (Date(2026, 12, 15), 1, Date(2027, 1, 15)),
        (Date(2026, 3, 31), -1, Date(2026, 2, 28)),
        (Date(2026, 1, 15), -1, Date(2025, 12, 15)),
        (Date(2028, 2, 29), 12, Date(2029, 2, 28)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last(start: Date, months: int, end: Date) -> None:
    assert cal.add_months(start, months) == end


@given(DATES, st.integers(-600, 600))
def test_adding_months_lands_in_the_right_month_on_no_later_day(day: date, months: int) -> None:
    count = day.year * 12 + day.month - 1 + months
    assume(1601 * 12 <= count < 9999 * 12)
    later = cal.add_months(dated(day), months)
    assert later.year * 12 + later.month - 1 == count
    assert later.day == min(day.day, cal.days_in_month(later.year, later.month))


def test_years_ages_and_months_follow_the_calendar() -> None:
    assert cal.add_years(Date(2028, 2, 29), 1) == Date(2029, 2, 28)
    assert cal.next_month(Month(2026, 12)) == Month(2027, 1)
    assert cal.next_month(Month(2026, 2)) == Month(2026, 3)
    birth = Date(2016, 9, 1)
    assert cal.age_on(birth, Date(2026, 8, 31)) == 9
    assert cal.age_on(birth, Date(2026, 9, 1)) == 10
    assert str(Month(2026, 3)) == "2026-03"


@pytest.mark.parametrize(
    ("trigger", "days", "end"),
    [
        ("2026-11-02T00:00", 15, "2026-11-18 00:00"),  # the day of the trigger is not counted
        ("2026-11-02T23:59", 15, "2026-11-18 00:00"),  # nor does its hour matter
        ("2026-09-21T10:00", 10, "2026-10-09 00:00"),  # 1 October: ends on the 8th, 24:00
        ("2026-09-21T10:00", 9, "2026-10-01 00:00"),  # 30 September: the holiday is after it
        ("2026-09-21T10:00", 16, "2026-10-09 00:00"),  # the last day of the holiday moves too
        ("2026-09-21T10:00", 17, "2026-10-09 00:00"),  # the day after it does not
        ("2026-11-02T10:00", 0, "2026-11-03 00:00"),
    ],
)
def test_a_period_of_days_ends_at_midnight_and_after_a_holiday(
    trigger: str, days: int, end: str
) -> None:
    result = cal.deadline_calendar_days(moment(trigger), days, NATIONAL_DAY_2026)
    assert shown(result) == end


def test_weekends_extend_a_period_only_where_the_rule_counts_them_as_rest() -> None:
    friday = moment("2026-11-06T10:00")
    rest = RestDays(NATIONAL_DAY_2026, MAKEUP_2026)
    assert shown(cal.deadline_calendar_days(friday, 8, NATIONAL_DAY_2026)) == "2026-11-15 00:00"
    assert shown(cal.deadline_calendar_days(friday, 8, rest)) == "2026-11-17 00:00"
    made_up_sunday = moment("2026-09-10T10:00")
    assert shown(cal.deadline_calendar_days(made_up_sunday, 10, rest)) == "2026-09-21 00:00"
    assert "2026-10-01" not in rest


@pytest.mark.parametrize(
    ("trigger", "days", "end"),
    [
        ("2026-11-02T10:00", 10, "2026-11-17 00:00"),  # the portal's filing clock
        ("2026-11-06T10:00", 1, "2026-11-10 00:00"),  # over a weekend
        ("2026-09-18T10:00", 1, "2026-09-21 00:00"),  # Sunday the 20th is worked
        ("2026-09-30T10:00", 2, "2026-10-10 00:00"),  # 8 and 9 October
        ("2026-09-30T10:00", 3, "2026-10-11 00:00"),  # Saturday the 10th is worked
        ("2026-10-03T10:00", 1, "2026-10-09 00:00"),  # triggered on a holiday
        ("2026-11-07T10:00", 0, "2026-11-08 00:00"),
    ],
)
def test_working_days_skip_weekends_and_holidays_but_not_make_up_days(
    trigger: str, days: int, end: str
) -> None:
    result = cal.deadline_working_days(moment(trigger), days, NATIONAL_DAY_2026, MAKEUP_2026)
    assert shown(result) == end


def test_hours_run_from_the_moment_itself() -> None:
    start = moment("2026-11-02T10:30")
    assert shown(cal.deadline_hours(start, 72)) == "2026-11-05 10:30"


@pytest.mark.parametrize("length", [-1, cal.PERIOD_DAYS_MAX + 1])
def test_a_period_outside_its_bounds_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="outside 0 to"):
        cal.deadline_calendar_days(0, length, NONE)
    with pytest.raises(ValueError, match="outside 0 to"):
        cal.deadline_working_days(0, length, NONE, NONE)
    with pytest.raises(ValueError, match="outside 0 to"):
        cal.deadline_hours(0, length)


def test_a_table_in_which_nobody_ever_works_is_refused() -> None:
    first = cal.days_from_civil(Date(2026, 1, 1))
    always = tuple(cal.civil_from_days(first + number) for number in range(100))
    with pytest.raises(ValueError, match="table of holidays is wrong"):
        cal.deadline_calendar_days(moment("2026-01-01T10:00"), 1, always)
    with pytest.raises(ValueError, match="table of holidays is wrong"):
        cal.deadline_working_days(moment("2026-01-01T10:00"), 1, always, NONE)


@given(st.dates(date(2004, 1, 1), date(2025, 12, 31)), st.integers(0, 120))
def test_working_days_agree_with_counting_the_published_table(day: date, days: int) -> None:
    holidays, makeup_days = published()
    last, left = day, days
    while left:
        last += timedelta(days=1)
        rests = last.weekday() > 4 or dated(last) in holidays
        left -= dated(last) in makeup_days or not rests
    result = cal.deadline_working_days(
        moment(f"{day.isoformat()}T09:00"), days, holidays, makeup_days
    )
    assert shown(result) == f"{(last + timedelta(days=1)).isoformat()} 00:00"


@given(st.dates(date(2004, 1, 1), date(2025, 12, 31)), st.integers(0, 400))
def test_a_period_of_days_never_ends_on_a_published_holiday(day: date, days: int) -> None:
    holidays, makeup_days = published()
    start = moment(f"{day.isoformat()}T09:00")
    for rest in (holidays, RestDays(holidays, makeup_days)):
        end = cal.deadline_calendar_days(start, days, rest)
        last = cal.legal_date(end - 1)
        assert last not in rest
        due = cal.add_days(cal.legal_date(start), days)
        assert last >= due
        between = range(cal.days_from_civil(due), cal.days_from_civil(last))
        assert all(cal.civil_from_days(number) in rest for number in between)


@given(MOMENTS, MOMENTS, st.integers(0, 200))
def test_a_later_trigger_never_ends_earlier(one: int, two: int, days: int) -> None:
    early, late = sorted((one, two))
    ends = [
        cal.deadline_working_days(start, days, NATIONAL_DAY_2026, MAKEUP_2026)
        for start in (early, late)
    ]
    assert ends == sorted(ends)
