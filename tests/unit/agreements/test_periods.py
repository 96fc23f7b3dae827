"""Reporting periods and when they become final."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from agreements.calendars import VersionedCalendar
from agreements.models import Calendar
from agreements.periods import (
    cut_at_midnights,
    narrowest,
    next_period,
    period_boundaries,
    period_start,
    periods_between,
    weekdays_of,
    working_days_of,
)

WEEK = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def calendar(name: str = "c", zone: str = "UTC", **spec: object) -> VersionedCalendar:
    return VersionedCalendar.of(name, [Calendar.model_validate({"timeZone": zone, **spec})])


@pytest.mark.parametrize(
    ("day", "period_type", "start", "following"),
    [
        (date(2026, 12, 31), "month", date(2026, 12, 1), date(2027, 1, 1)),
        (date(2026, 5, 31), "quarter", date(2026, 4, 1), date(2026, 7, 1)),
        (date(2026, 12, 31), "quarter", date(2026, 10, 1), date(2027, 1, 1)),
        (date(2028, 2, 29), "year", date(2028, 1, 1), date(2029, 1, 1)),
        (date(2026, 3, 2), "week", date(2026, 3, 2), date(2026, 3, 9)),  # a Monday
        (date(2027, 1, 3), "week", date(2026, 12, 28), date(2027, 1, 4)),  # the Sunday of ISO week 2026-W53
        (date(2026, 3, 29), "day", date(2026, 3, 29), date(2026, 3, 30)),
    ],
)
def test_period_of_a_day(day: date, period_type: str, start: date, following: date) -> None:
    assert period_start(day, period_type) == start
    assert next_period(start, period_type) == following


def test_period_is_that_of_the_local_day() -> None:
    # 30 June 23:30 UTC is 1 July in London
    (only,) = periods_between(at("2026-06-30T23:30"), at("2026-06-30T23:30"), "Europe/London", "month")
    assert only == (date(2026, 7, 1), date(2026, 8, 1))


def test_periods_join_without_gap_at_local_midnights() -> None:
    starts, epochs = period_boundaries(at("2026-03-15"), at("2026-04-15"), "Europe/London", "month")
    assert starts == [date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)]
    assert epochs.tolist() == [at("2026-03-01"), at("2026-03-31T23:00"), at("2026-04-30T23:00")]


def test_days_and_weeks_follow_the_clocks_of_their_zone() -> None:
    # Clocks go forward on Sunday 29 March 2026: that day has 23 hours, its week 167.
    starts, epochs = period_boundaries(at("2026-03-28T12:00"), at("2026-03-29T12:00"), "Europe/London", "day")
    assert starts == [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)]
    assert np.diff(epochs).tolist() == [24 * 3600, 23 * 3600]
    _, epochs = period_boundaries(at("2026-03-28T12:00"), at("2026-03-28T12:00"), "Europe/London", "week")
    assert epochs.tolist() == [at("2026-03-23"), at("2026-03-29T23:00")]


def test_pieces_cover_everything_once_and_never_cross_a_utc_midnight() -> None:
    boundaries = np.array([at("2026-03-01T05:00"), at("2026-03-31T23:00")], np.int64)
    days, begin, end = cut_at_midnights(boundaries)
    assert (begin[0], end[-1]) == tuple(boundaries.tolist())
    assert begin[1:].tolist() == end[:-1].tolist()
    assert (begin // 86_400).tolist() == ((end - 1) // 86_400).tolist() == days.tolist()


def test_period_closes_at_the_end_of_the_nth_working_day_after_it() -> None:
    spec = {"zone": "Europe/London", "weekly": WEEK, "publicHolidays": {"country": "GB", "subdivision": "ENG"}}
    days = working_days_of(calendar(**spec), at("2026-01-01"), at("2026-12-31"))
    # after March: 1, 2 April, Easter from 3 to 6, then 7, 8, 9 April; the fifth day ends at 23:00 UTC in summer time
    assert days.close(date(2026, 4, 1), at("2026-03-31T23:00"), 5) == at("2026-04-09T23:00")


def test_period_that_closes_after_no_days_closes_at_its_end() -> None:
    days = weekdays_of("UTC", at("2026-01-01"), at("2026-12-31"))
    assert days.close(date(2026, 8, 1), at("2026-08-01"), 0) == at("2026-08-01")


def test_weekend_at_the_end_of_a_period_counts_for_nothing() -> None:
    days = weekdays_of("UTC", at("2026-01-01"), at("2026-12-31"))
    # 1 August 2026 is a Saturday, so the first working day is Monday the 3rd
    assert days.close(date(2026, 8, 1), at("2026-08-01"), 1) == at("2026-08-04")


def test_working_days_beyond_those_known_are_not_guessed() -> None:
    assert weekdays_of("UTC", at("2026-01-01"), at("2026-02-01")).close(date(2050, 1, 1), at("2050-01-01"), 1) is None


def test_narrowest_calendar_is_the_one_with_least_open_time() -> None:
    long_days = calendar("a", weekly={"mon": ["00:00-20:00"]})
    short_days = calendar("b", weekly={"tue": ["09:00-10:00"]})
    always = calendar("0", alwaysOpen=True)
    never = calendar("1", weekly={})
    found = narrowest([long_days, short_days, always, never], at("2026-01-01"), at("2027-01-01"))
    assert found is short_days
    assert narrowest([always], at("2026-01-01"), at("2027-01-01")) is None
