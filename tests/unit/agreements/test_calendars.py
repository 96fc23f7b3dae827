"""Calendar arithmetic, each rule of the contract by a case worked by hand."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agreements.calendars import (
    DAY,
    CalendarClock,
    VersionedCalendar,
    calendars_by_id,
    date_of,
    local_midnight,
    wall_to_epoch,
)
from agreements.models import Calendar
from agreements.sentences import hours_sentence

HOUR = 3600
WEEK = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def calendar(*specs: dict[str, Any]) -> VersionedCalendar:
    return VersionedCalendar.of("c", [Calendar.model_validate({"timeZone": "Europe/London", **spec}) for spec in specs])


def clock(*specs: dict[str, Any], start: str = "2025-01-01", end: str = "2028-01-01") -> CalendarClock:
    return CalendarClock.of(calendar(*specs), at(start), at(end))


def opened(reading: CalendarClock, start: str, end: str) -> int:
    return reading.open_seconds(at(start), at(end))


def test_clocks_going_forward_over_a_weekend_shift_monday_by_an_hour() -> None:
    # Friday 16:00-17:00 GMT is one hour; Monday opens at 08:00 UTC, one hour until 09:00 UTC
    assert opened(clock({"weekly": WEEK}), "2026-03-27T16:00", "2026-03-30T09:00") == 2 * HOUR


def test_easter_counts_only_thursday_and_tuesday() -> None:
    spec = {"weekly": WEEK, "publicHolidays": {"country": "GB", "subdivision": "ENG"}}
    # summer time: Thursday 15:00-16:00 UTC is 1 h, Tuesday 08:00-08:30 UTC is 30 min
    assert opened(clock(spec), "2026-04-02T15:00", "2026-04-07T08:30") == 5400


def test_whole_local_day_has_23_24_or_25_hours() -> None:
    reading = clock({"weekly": {"sun": ["00:00-24:00"]}})
    assert opened(reading, "2026-03-28T12:00", "2026-03-30T12:00") == 23 * HOUR
    assert opened(reading, "2026-10-24T12:00", "2026-10-26T12:00") == 25 * HOUR
    assert opened(reading, "2026-06-06T12:00", "2026-06-08T12:00") == 24 * HOUR


def test_range_that_starts_in_the_skipped_hour_starts_after_the_gap() -> None:
    reading = clock({"weekly": {"sun": ["01:30-03:00"]}})
    # 01:30 does not exist on 29 March 2026; it becomes 02:30 local, 01:30 UTC; 03:00 local is 02:00 UTC
    assert reading.next_open(at("2026-03-29T00:00")) == at("2026-03-29T01:30")
    assert opened(reading, "2026-03-29T00:00", "2026-03-30T00:00") == 1800


def test_range_whose_end_is_not_after_its_start_once_both_are_instants_is_empty() -> None:
    reading = clock({"weekly": {"sun": ["01:30-02:00"]}})
    # the start moves to 01:30 UTC, the end is 01:00 UTC
    assert opened(reading, "2026-03-29T00:00", "2026-03-30T00:00") == 0
    assert opened(reading, "2026-03-22T00:00", "2026-03-23T00:00") == 1800


def test_ambiguous_wall_time_is_its_first_occurrence() -> None:
    reading = clock({"weekly": {"sun": ["01:30-03:00"]}})
    # 25 October 2026: 01:30 happens at 00:30 and 01:30 UTC; the first counts, so the range has 2.5 hours
    assert reading.next_open(at("2026-10-25T00:00")) == at("2026-10-25T00:30")
    assert opened(reading, "2026-10-25T00:00", "2026-10-26T00:00") == 9000


def test_range_that_ends_in_the_repeated_hour_ends_at_its_first_occurrence() -> None:
    assert opened(clock({"weekly": {"sun": ["00:30-01:30"]}}), "2026-10-24T12:00", "2026-10-26T00:00") == HOUR


def test_midnight_that_the_zone_skips_is_the_first_instant_of_the_day() -> None:
    # Sao Paulo, 4 November 2018: the clocks went from 00:00 to 01:00 at 03:00 UTC
    assert local_midnight(date_of(at("2018-11-04T00:00") // DAY), "America/Sao_Paulo") == at("2018-11-04T03:00")


def test_offset_changes_of_half_an_hour_are_exact() -> None:
    reading = clock({"timeZone": "Australia/Lord_Howe", "weekly": {"sun": ["00:00-24:00"]}})
    # 5 April 2026: back by 30 minutes
    assert opened(reading, "2026-04-04T00:00", "2026-04-06T00:00") == 24 * HOUR + 1800


def test_overnight_range_belongs_to_the_day_it_starts_on() -> None:
    reading = clock({"timeZone": "UTC", "weekly": {"fri": ["22:00-06:00"]}})
    assert opened(reading, "2026-03-06T00:00", "2026-03-07T00:00") == 2 * HOUR
    assert opened(reading, "2026-03-07T00:00", "2026-03-08T00:00") == 6 * HOUR


def test_range_that_ends_where_it_starts_runs_until_the_next_day() -> None:
    reading = clock({"timeZone": "UTC", "weekly": {"fri": ["09:00-09:00"]}})
    assert opened(reading, "2026-03-06T00:00", "2026-03-08T00:00") == 24 * HOUR


def test_holiday_removes_the_range_that_starts_on_it_up_to_the_next_morning() -> None:
    spec = {"timeZone": "UTC", "weekly": {"fri": ["22:00-06:00"]}, "holidays": [{"date": "2026-03-06"}]}
    assert opened(clock(spec), "2026-03-05T00:00", "2026-03-09T00:00") == 0


def test_holiday_clips_the_range_that_reaches_into_it() -> None:
    spec = {"timeZone": "UTC", "weekly": {"fri": ["22:00-06:00"]}, "holidays": [{"date": "2026-03-07"}]}
    assert opened(clock(spec), "2026-03-05T00:00", "2026-03-09T00:00") == 2 * HOUR


def test_recurring_holiday_closes_the_day_every_year_and_leap_days_only_in_leap_years() -> None:
    spec = {"timeZone": "UTC", "weekly": {day: ["09:00-10:00"] for day in EVERY_DAY}}
    reading = clock({**spec, "recurringHolidays": ["12-25", "02-29"]}, end="2029-01-01")
    for year in (2026, 2027, 2028):
        assert opened(reading, f"{year}-12-25T00:00", f"{year}-12-26T00:00") == 0
        assert opened(reading, f"{year}-02-28T00:00", f"{year}-03-02T00:00") == 2 * HOUR


def test_override_replaces_that_days_hours_and_leaves_the_night_before_alone() -> None:
    spec = {"timeZone": "UTC", "weekly": {day: ["22:00-06:00"] for day in EVERY_DAY}}
    reading = clock({**spec, "overrides": {"2026-12-24": ["09:00-12:00"]}})
    # until 06:00 from the 23rd, 09:00-12:00 by the override, nothing at 22:00
    assert opened(reading, "2026-12-24T00:00", "2026-12-25T00:00") == 9 * HOUR
    assert opened(reading, "2026-12-25T00:00", "2026-12-25T12:00") == 0


def test_empty_override_closes_the_day() -> None:
    reading = clock({"weekly": WEEK, "overrides": {"2026-12-24": []}})
    assert opened(reading, "2026-12-24T00:00", "2026-12-25T00:00") == 0


def test_holiday_wins_over_an_override_of_the_same_day() -> None:
    spec = {"weekly": WEEK, "holidays": [{"date": "2026-12-24"}], "overrides": {"2026-12-24": ["09:00-12:00"]}}
    assert opened(clock(spec), "2026-12-24T00:00", "2026-12-25T00:00") == 0


def test_break_is_cut_out_of_whatever_is_open() -> None:
    spec = {"timeZone": "UTC", "weekly": WEEK, "breaks": {"2026-03-05": ["10:00-11:00", "16:30-18:00"]}}
    assert opened(clock(spec), "2026-03-05T00:00", "2026-03-06T00:00") == 8 * HOUR - HOUR - 1800


def test_overlap_across_days_counts_once() -> None:
    spec = {"timeZone": "UTC", "weekly": {"fri": ["22:00-06:00"], "sat": ["04:00-08:00"]}}
    assert opened(clock(spec), "2026-03-06T00:00", "2026-03-08T00:00") == 10 * HOUR


def test_overlapping_ranges_of_one_day_are_an_error_and_touching_ones_are_not() -> None:
    with pytest.raises(ValidationError, match="overlap"):
        calendar({"weekly": {"mon": ["09:00-13:00", "12:59-17:00"]}})
    with pytest.raises(ValidationError, match="overlap"):
        calendar({"weekly": {"mon": ["22:00-06:00", "23:00-24:00"]}})
    assert (
        opened(
            clock({"timeZone": "UTC", "weekly": {"mon": ["13:00-17:00", "09:00-13:00"]}}), "2026-03-02", "2026-03-03"
        )
        == 8 * HOUR
    )


def test_clock_reads_the_version_valid_at_each_instant() -> None:
    longer = {"validFrom": "2026-03-04", "weekly": {day: ["08:00-18:00"] for day in EVERY_DAY}}
    reading = clock({"weekly": WEEK}, longer)
    # Monday and Tuesday 8 h, Wednesday and Thursday 10 h
    assert opened(reading, "2026-03-02T00:00", "2026-03-06T00:00") == 36 * HOUR


def test_new_version_takes_over_at_its_own_midnight_in_the_middle_of_a_night_shift() -> None:
    night = {"timeZone": "UTC", "weekly": {day: ["22:00-06:00"] for day in EVERY_DAY}}
    reading = clock(night, {"timeZone": "UTC", "validFrom": "2026-03-04", "weekly": {"sun": ["09:00-10:00"]}})
    assert opened(reading, "2026-03-03T12:00", "2026-03-05T00:00") == 2 * HOUR


def test_version_in_another_zone_begins_at_that_zones_midnight() -> None:
    always = {"alwaysOpen": True}
    new_york = {"timeZone": "America/New_York", "validFrom": "2026-03-04", "weekly": {}}
    # midnight of 4 March in New York is 05:00 UTC
    assert opened(clock(always, new_york), "2026-03-03T00:00", "2026-03-06T00:00") == 29 * HOUR


def test_before_the_first_version_is_valid_the_calendar_is_closed() -> None:
    reading = clock({"timeZone": "UTC", "alwaysOpen": True, "validFrom": "2026-03-04"})
    assert opened(reading, "2026-03-01T00:00", "2026-03-05T00:00") == 24 * HOUR


def test_calendar_24x7_is_built_in() -> None:
    assert calendars_by_id([])["24x7"].is_always_open()


def test_always_open_with_a_holiday_is_not_always_open() -> None:
    spec = {"timeZone": "UTC", "alwaysOpen": True, "holidays": [{"date": "2026-12-25"}]}
    assert not calendar(spec).is_always_open()
    assert opened(clock(spec), "2026-12-24T00:00", "2026-12-27T00:00") == 48 * HOUR


def test_local_days_follow_the_zone_and_its_changes() -> None:
    numbers, begins, ends = calendar({"weekly": WEEK}).days(at("2026-03-28T12:00"), at("2026-03-30T12:00"))
    assert [date_of(int(number)).isoformat() for number in numbers] == ["2026-03-28", "2026-03-29", "2026-03-30"]
    assert ((ends - begins) // HOUR).tolist() == [24, 23, 24]


def test_day_that_a_zone_skipped_does_not_exist() -> None:
    # Samoa went from 29 to 31 December 2011
    samoa = calendar({"timeZone": "Pacific/Apia", "weekly": WEEK})
    numbers, begins, ends = samoa.days(at("2011-12-29T12:00"), at("2012-01-01T00:00"))
    assert [date_of(int(number)).isoformat() for number in numbers] == ["2011-12-29", "2011-12-31", "2012-01-01"]
    assert begins[1:].tolist() == ends[:-1].tolist()


@pytest.mark.parametrize(("first", "second"), [("Asia/Tokyo", "America/New_York"), ("America/New_York", "Asia/Tokyo")])
def test_where_two_versions_zones_meet_each_date_is_one_day_without_gap_or_overlap(first: str, second: str) -> None:
    both = calendar(
        {"timeZone": first, "weekly": WEEK}, {"timeZone": second, "weekly": WEEK, "validFrom": "2026-03-04"}
    )
    numbers, begins, ends = both.days(at("2026-03-01T00:00"), at("2026-03-08T00:00"))
    assert len(set(numbers.tolist())) == len(numbers)
    assert numbers.tolist() == sorted(numbers.tolist())
    assert begins[1:].tolist() == ends[:-1].tolist()


# --- the clock ------------------------------------------------------------------------------------------------------


def test_used_up_exactly_at_closing_is_due_at_closing() -> None:
    reading = clock({"timeZone": "UTC", "weekly": WEEK})
    assert reading.due(at("2026-03-02T13:00"), 4 * HOUR) == at("2026-03-02T17:00")
    assert reading.due(at("2026-03-02T13:00"), 4 * HOUR + 1) == at("2026-03-03T09:00:01")


def test_clock_opened_out_of_hours_starts_at_the_next_opening() -> None:
    reading = clock({"timeZone": "UTC", "weekly": WEEK})
    assert reading.due(at("2026-03-07T12:00"), 4 * HOUR) == at("2026-03-09T13:00")


def test_due_instant_beyond_the_horizon_is_none() -> None:
    reading = clock({"timeZone": "UTC", "weekly": WEEK}, start="2026-03-02", end="2026-03-03")
    assert reading.due(at("2026-03-02T00:00"), 8 * HOUR) == at("2026-03-02T17:00")
    assert reading.due(at("2026-03-02T00:00"), 8 * HOUR + 1) is None


def test_reading_outside_the_horizon_is_an_error_not_a_guess() -> None:
    with pytest.raises(ValueError, match="outside the calendar's horizon"):
        clock({"weekly": WEEK}).reading(at("2030-01-01"))


def test_hours_are_said_in_words() -> None:
    spec = {
        "weekly": {**WEEK, "sat": ["10:00-12:00"]},
        "holidays": [{"date": "2026-12-24"}],
        "recurringHolidays": ["12-25"],
    }
    assert hours_sentence(calendar(spec)) == (
        "Mon-Fri 09:00-17:00, Sat 10:00-12:00 Europe/London, closed on 1 listed day, closed every year on 1 day"
    )
    assert hours_sentence(calendar({"alwaysOpen": True})) == "around the clock Europe/London"


# --- laws -----------------------------------------------------------------------------------------------------------

ZONES = (
    "UTC",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Africa/Casablanca",
)
LOW, HIGH = at("2017-06-01T00:00"), at("2019-06-01T00:00")


@st.composite
def ranges_of_a_day(draw: st.DrawFn) -> list[str]:
    cuts = sorted(draw(st.lists(st.integers(0, 95), min_size=0, max_size=4, unique=True)))
    if len(cuts) % 2:
        cuts.pop()
    text = [f"{15 * cut // 60:02d}:{15 * cut % 60:02d}" for cut in cuts]
    return [f"{start}-{end}" for start, end in zip(text[::2], text[1::2], strict=True)]


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    days = st.dates(date_of(LOW // DAY), date_of(HIGH // DAY)).map(str)
    return {
        "timeZone": draw(st.sampled_from(ZONES)),
        "weekly": draw(st.fixed_dictionaries({}, optional={day: ranges_of_a_day() for day in EVERY_DAY})),
        "holidays": [{"date": day} for day in draw(st.lists(days, max_size=3))],
        "overrides": draw(st.dictionaries(days, ranges_of_a_day(), max_size=2)),
        "breaks": draw(st.dictionaries(days, ranges_of_a_day(), max_size=2)),
    }


INSTANTS = st.integers(LOW, HIGH)


@settings(max_examples=60, deadline=None)
@given(specs(), INSTANTS, INSTANTS, INSTANTS)
def test_open_time_is_additive_and_never_more_than_wall_time(spec: dict[str, Any], a: int, b: int, c: int) -> None:
    reading = CalendarClock.of(calendar(spec), LOW, HIGH)
    first, middle, last = sorted((a, b, c))
    assert reading.open_seconds(first, last) == reading.open_seconds(first, middle) + reading.open_seconds(middle, last)
    assert 0 <= reading.open_seconds(first, last) <= last - first


@settings(max_examples=60, deadline=None)
@given(specs(), INSTANTS, st.integers(1, 40 * HOUR))
def test_due_is_the_earliest_instant_at_which_the_time_is_used_up(
    spec: dict[str, Any], start: int, seconds: int
) -> None:
    reading = CalendarClock.of(calendar(spec), LOW, HIGH)
    due = reading.due(start, seconds)
    if due is None:
        assert reading.open_seconds(start, HIGH) < seconds
    else:
        assert reading.open_seconds(start, due) == seconds
        assert reading.open_seconds(start, due - 1) == seconds - 1


@settings(max_examples=40, deadline=None)
@given(specs(), INSTANTS)
def test_bulk_conversion_agrees_with_the_wall_clock_of_each_instant(spec: dict[str, Any], epoch: int) -> None:
    """Away from days with an offset change, open means: the local wall time lies in one of that day's ranges."""
    versioned = calendar(spec)
    zone = spec["timeZone"]
    local_day = epoch // DAY
    offsets = {wall_to_epoch(day * DAY, zone) - day * DAY for day in range(local_day - 2, local_day + 3)}
    if len(offsets) > 1:
        return
    wall = epoch - offsets.pop()
    day, minute = date_of(wall // DAY), wall % DAY // 60
    version = versioned.versions[0]
    weekly = (version.weekly.by_weekday() if version.weekly else [[]] * 7)[day.weekday()]
    ranges = version.overrides.get(day.isoformat(), weekly)
    expected = (
        any(start <= minute < end for start, end in ranges)
        and day not in {holiday.date for holiday in version.holidays}
        and not any(start <= minute < end for start, end in version.breaks.get(day.isoformat(), []))
    )
    assert CalendarClock.of(versioned, LOW, HIGH + DAY).is_open(epoch) is expected


@settings(max_examples=40, deadline=None)
@given(specs(), INSTANTS, INSTANTS)
def test_intervals_do_not_depend_on_the_horizon_they_are_computed_for(spec: dict[str, Any], a: int, b: int) -> None:
    low, high = sorted((a, b))
    whole = CalendarClock.of(calendar(spec), LOW, HIGH)
    part = CalendarClock.of(calendar(spec), low, high)
    assert part.open_seconds(low, high) == whole.open_seconds(low, high)
