"""Periods as instants of a zone: months, quarters and years of reports, days and weeks of workload limits; and when a
reporting period becomes final.

Belongs here: the periods of a zone, the cover of time by periods, and the closing instant in working days.
Does not belong here: zone arithmetic (`calendars`), which period a ticket counts in (dbt models).
Sits between `calendars` and `compile`. A period is named by its first local day; its end is exclusive.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from agreements.calendars import (
    CalendarClock,
    Epochs,
    LocalDays,
    VersionedCalendar,
    day_number,
    days_around,
    local_date,
    local_midnight,
    open_seconds_within,
)

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_SATURDAY = 5


def period_start(day: date, period_type: str) -> date:
    """First day of the period that `day` lies in; a week begins on Monday (ISO 8601)."""
    if period_type in _DAYS:
        return day - timedelta(days=day.weekday() if period_type == "week" else 0)
    months = _MONTHS[period_type]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def next_period(start: date, period_type: str) -> date:
    """First day of the period after the one that begins on `start`."""
    if period_type in _DAYS:
        return start + timedelta(days=_DAYS[period_type])
    month = start.month - 1 + _MONTHS[period_type]
    return date(start.year + month // 12, month % 12 + 1, 1)


def periods_between(first_epoch: int, last_epoch: int, zone: str, period_type: str) -> Iterator[tuple[date, date]]:
    """(start, exclusive end) of each period from the one that contains `first` through the one that contains `last`."""
    start = period_start(local_date(first_epoch, zone), period_type)
    last = local_date(last_epoch, zone)
    while start <= last:
        following = next_period(start, period_type)
        yield start, following
        start = following


def period_end_after(epoch: int, zone: str, period_type: str) -> date:
    """Exclusive end of the period that contains an instant."""
    return next_period(period_start(local_date(epoch, zone), period_type), period_type)


@dataclass(frozen=True)
class WorkingDays:
    """Working days in order: their day numbers and the instants at which they end."""

    numbers: Epochs
    ends: Epochs

    def close(self, period_end: date, end_epoch: int, count: int) -> int | None:
        """The end of the `count`-th working day from `period_end` (the first day after the period) on.

        0 = the end of the period itself. None if these days do not reach that far.
        """
        if count == 0:
            return end_epoch
        index = int(np.searchsorted(self.numbers, day_number(period_end))) + count - 1
        return max(end_epoch, int(self.ends[index])) if index < len(self.ends) else None


def working_days_of(calendar: VersionedCalendar, start: int, end: int) -> WorkingDays:
    """The local days of a calendar that have open time."""
    numbers, begins, ends = calendar.days(start, end)
    reach = int(ends[-1]) if len(ends) else end
    opened = open_seconds_within(calendar.intervals(int(begins[0]) if len(begins) else start, reach), begins, ends)
    return WorkingDays(numbers[opened > 0], ends[opened > 0])


def weekdays_of(zone: str, start: int, end: int) -> WorkingDays:
    """Monday to Friday of a zone."""
    numbers, _, ends = days_around(zone, start, end).bounds()
    keep = (numbers + 3) % 7 < _SATURDAY  # 1970-01-01 was a Thursday
    return WorkingDays(numbers[keep], ends[keep])


def narrowest(calendars: list[VersionedCalendar], start: int, end: int) -> VersionedCalendar | None:
    """The calendar with the least open time in [start, end), always-open ones aside; None if there is no other.

    Of equals, the first by id.
    """
    candidates = []
    for calendar in calendars:
        opened = CalendarClock.of(calendar, start, end).open_seconds(start, end)
        if 0 < opened < end - start:
            candidates.append((opened, calendar.calendar_id, calendar))
    return min(candidates, key=lambda c: c[:2])[2] if candidates else None


def cut_at_midnights(boundaries: Epochs) -> tuple[Epochs, Epochs, Epochs]:
    """(utc day, from, to) of the pieces between the sorted `boundaries`, cut at UTC midnight as well."""
    midnights = np.arange(-(-boundaries[0] // 86_400), boundaries[-1] // 86_400 + 1, dtype=np.int64) * 86_400
    points = np.unique(np.concatenate([boundaries, midnights]))
    return points[:-1] // 86_400, points[:-1], points[1:]


def period_boundaries(first_epoch: int, last_epoch: int, zone: str, period_type: str) -> tuple[list[date], Epochs]:
    """The first days of the periods from `first` through `last`, and one more, with the instants they begin at."""
    spans = list(periods_between(first_epoch, last_epoch, zone, period_type))
    starts = [start for start, _ in spans] + [end for _, end in spans[-1:]]
    return starts, np.array([local_midnight(day, zone) for day in starts], np.int64)


def days_between(zone: str, first_epoch: int, last_epoch: int) -> tuple[Epochs, Epochs, Epochs]:
    """(day number, begin, end) of the local days from the one that contains `first` through that with `last`."""
    days: LocalDays = days_around(zone, first_epoch, last_epoch)
    numbers, begins, ends = days.bounds()
    keep = (ends > first_epoch) & (begins <= last_epoch)
    return numbers[keep], begins[keep], ends[keep]


def per_utc_day(begins: Epochs, ends: Epochs) -> tuple[Epochs, Epochs]:
    """(row, utc day): for each [begin, end) one entry per UTC day that it overlaps."""
    first, last = begins // 86_400, (ends - 1) // 86_400
    counts = last - first + 1
    rows = np.repeat(np.arange(len(begins), dtype=np.int64), counts)
    within = np.arange(len(rows), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows, first[rows] + within
