"""All zone and calendar arithmetic: from local hours to open seconds in UTC.

Belongs here: the one rule by which a local wall time becomes an instant, the open intervals of a calendar over its
versions, the local days of a zone, and the clock that reads a calendar.
Does not belong here: the form of a calendar document (`models`), reporting periods (`periods`, which uses the local
days from here), tables (`compile`).
Sits between `models` and `compile`; nothing after the compiled tables converts a zone again.

The rule: a skipped wall time moves forward by the gap, an ambiguous one is its first occurrence. Both follow from
reading the offset with fold=0. If a range then ends where it starts or before, it is empty that day.

Units: instants are UTC epoch seconds; days are numbers, days since 1970-01-01 of the local date; "wall" is seconds
since 1970-01-01T00:00:00 of the local wall clock.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from agreements.models import DAY_MINUTES, Calendar, PublicHolidays, Weekly
from settings.instants import load_zone

DAY = 86_400
ALWAYS_OPEN_ID = "24x7"

Epochs = NDArray[np.int64]

_EPOCH_DATE = date(1970, 1, 1)
_EPOCH_WALL = datetime(1970, 1, 1)  # naive: a wall clock reading
_MONDAY_OFFSET = 3  # 1970-01-01 was a Thursday
# Offsets are looked up at these hours of each day; where they are all equal, the whole day has one offset.
_PROBES = (0, 6, 12, 18)
_EMPTY: Epochs = np.empty(0, dtype=np.int64)

ALWAYS_OPEN = Calendar.model_validate({"displayName": "Around the clock", "timeZone": "UTC", "alwaysOpen": True})


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH_DATE).days


def date_of(number: int) -> date:
    """The date of a day number."""
    return _EPOCH_DATE + timedelta(days=number)


def wall_to_epoch(wall: int, zone: str) -> int:
    """The instant of one wall clock reading, by the one rule."""
    local = (_EPOCH_WALL + timedelta(seconds=wall)).replace(tzinfo=load_zone(zone), fold=0)
    return round(local.timestamp())


def local_midnight(day: date, zone: str) -> int:
    """The instant at which the local day begins."""
    return wall_to_epoch(day_number(day) * DAY, zone)


def local_date(epoch: int, zone: str) -> date:
    """The local date at an instant."""
    return datetime.fromtimestamp(epoch, UTC).astimezone(load_zone(zone)).date()


class LocalDays:
    """The local days of a zone from `first` to `last` (day numbers, both included), ready for conversion in bulk."""

    def __init__(self, zone: str, first: int, last: int) -> None:
        self.zone, self.first, self.last = zone, first, last
        years = range(date_of(first).year, date_of(last + 2).year + 1)
        offsets = np.concatenate([_year_offsets(zone, year) for year in years])
        skipped = first - day_number(date(years.start, 1, 1))
        offsets = offsets[skipped : skipped + last + 3 - first]
        self._offset = offsets[:-1, 0]
        self._is_uniform = (offsets[:-1] == offsets[:-1, :1]).all(axis=1) & (offsets[1:, 0] == offsets[:-1, 0])

    def to_epoch(self, wall: Epochs) -> Epochs:
        """The instants of wall clock readings within these days (and the one after), by the one rule."""
        row = wall // DAY - self.first
        epoch: Epochs = wall - self._offset[row]
        for index in np.flatnonzero(~self._is_uniform[row]):
            epoch[index] = wall_to_epoch(int(wall[index]), self.zone)
        return epoch

    def bounds(self) -> tuple[Epochs, Epochs, Epochs]:
        """(day numbers, begin, end) of each local day; a day that the zone skipped is left out."""
        days = np.arange(self.first, self.last + 1, dtype=np.int64)
        begin, end = self.to_epoch(days * DAY), self.to_epoch((days + 1) * DAY)
        exists = end > begin
        return days[exists], begin[exists], end[exists]


@cache
def _year_offsets(zone: str, year: int) -> Epochs:
    """Offsets from UTC in seconds at the probed hours of each day of a year; one row per day."""
    tz = load_zone(zone)
    first = datetime(year, 1, 1, tzinfo=tz)
    rows = []
    for day in range(366 if _is_leap(year) else 365):
        midnight = first + timedelta(days=day)  # wall arithmetic: the same hour of a later day
        rows.append([_offset(midnight.replace(hour=hour)) for hour in _PROBES])
    return np.array(rows, dtype=np.int64)


def _offset(local: datetime) -> int:
    return round((local.utcoffset() or timedelta()).total_seconds())


@lru_cache(maxsize=256)
def local_days(zone: str, first: int, last: int) -> LocalDays:
    """The local days of a zone, computed once per range."""
    return LocalDays(zone, first, last)


def days_around(zone: str, start: int, end: int) -> LocalDays:
    """Local days that cover the instants from `start` to `end`, with two days to spare on either side.

    Widened to whole years, so that calendars of one zone share one table.
    """
    first = day_number(date(date_of(start // DAY - 2).year, 1, 1))
    last = day_number(date(date_of(end // DAY + 2).year, 12, 31))
    return local_days(zone, first, last)


def union_minus(opened: tuple[Epochs, Epochs], closed: tuple[Epochs, Epochs]) -> tuple[Epochs, Epochs]:
    """The union of the intervals `opened` without those of `closed`, as disjoint sorted (starts, ends).

    Intervals are half-open and may overlap, touch or be empty; touching results are merged.
    """
    points = np.concatenate([opened[0], opened[1], closed[0], closed[1]])
    if len(opened[0]) == 0:
        return _EMPTY, _EMPTY
    ones_open, ones_closed = np.ones(len(opened[0]), np.int64), np.ones(len(closed[0]), np.int64)
    opening = np.concatenate([ones_open, -ones_open, 0 * ones_closed, 0 * ones_closed])
    closing = np.concatenate([0 * ones_open, 0 * ones_open, ones_closed, -ones_closed])
    order = np.argsort(points, kind="stable")
    at = points[order]
    last_of_instant = np.append(at[1:] != at[:-1], True)
    is_open = ((np.cumsum(opening[order]) > 0) & (np.cumsum(closing[order]) <= 0))[last_of_instant]
    at = at[last_of_instant]
    changes = np.flatnonzero(np.diff(np.concatenate([[False], is_open])))
    return at[changes[::2]], at[changes[1::2]]


def clip(intervals: tuple[Epochs, Epochs], start: int | None, end: int | None) -> tuple[Epochs, Epochs]:
    """The parts of the intervals that lie in [start, end); None = unbounded."""
    begins, ends = intervals
    if start is not None:
        begins = np.maximum(begins, start)
    if end is not None:
        ends = np.minimum(ends, end)
    keep = begins < ends
    return begins[keep], ends[keep]


# --- one version ----------------------------------------------------------------------------------------------------


def closed_days(calendar: Calendar, first: int, last: int) -> set[int]:
    """Day numbers from `first` to `last` that are holidays of this version, of whatever kind."""
    days = {day_number(holiday.date) for holiday in calendar.holidays}
    years = range(date_of(first).year, date_of(last).year + 1)
    for month_day in calendar.recurring_holidays:
        month, day = (int(part) for part in month_day.split("-"))
        for year in years:
            if (month, day) != (2, 29) or _is_leap(year):
                days.add(day_number(date(year, month, day)))
    if calendar.public_holidays is not None:
        days |= _public_holidays(calendar.public_holidays, years.start, years.stop)
    return {day for day in days if first <= day <= last}


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


@lru_cache(maxsize=64)
def _public_holidays(spec: PublicHolidays, first_year: int, stop_year: int) -> frozenset[int]:
    import holidays  # here, not above: it takes half a second and most calendars name no country

    found = holidays.country_holidays(spec.country, subdiv=spec.subdivision, years=range(first_year, stop_year))
    return frozenset(day_number(day) for day in found)


def version_intervals(calendar: Calendar, start: int, end: int) -> tuple[Epochs, Epochs]:
    """Open intervals of one calendar version that lie in [start, end), disjoint and sorted, as if it were always valid.

    A range belongs to the local day it starts on. Holidays remove the ranges that start on them and clip those that
    reach into them; overrides replace the ranges that start that day; breaks are cut out of whatever is open.
    """
    days = days_around(calendar.time_zone, start, end)
    first, last = max(days.first, start // DAY - 2), min(days.last - 1, end // DAY + 2)
    holidays = closed_days(calendar, first, last)
    opened = _opening_walls(calendar, first, last, holidays)
    begins, ends = days.to_epoch(opened[0]), days.to_epoch(opened[1])
    cuts = _cutting_walls(calendar, first, last, holidays)
    return clip(union_minus((begins, ends), (days.to_epoch(cuts[0]), days.to_epoch(cuts[1]))), start, end)


def _opening_walls(calendar: Calendar, first: int, last: int, holidays: set[int]) -> tuple[Epochs, Epochs]:
    """Wall times at which the ranges of the days first..last begin and end; those that are empty in UTC included."""
    overrides = {day_number(date.fromisoformat(day)): ranges for day, ranges in calendar.overrides.items()}
    days = np.arange(first, last + 1, dtype=np.int64)
    regular = days[~np.isin(days, np.fromiter(holidays | overrides.keys(), np.int64))]
    weekday = (regular + _MONDAY_OFFSET) % 7
    begins, ends = [_EMPTY], [_EMPTY]
    for number, ranges in enumerate(_weekly(calendar)):
        on_day = regular[weekday == number] * DAY
        for range_start, range_end in ranges:
            begins.append(on_day + range_start * 60)
            ends.append(on_day + range_end * 60)
    for day, ranges in overrides.items():
        if first <= day <= last and day not in holidays:
            begins.append(np.array([day * DAY + range_start * 60 for range_start, _ in ranges], np.int64))
            ends.append(np.array([day * DAY + range_end * 60 for _, range_end in ranges], np.int64))
    return np.concatenate(begins), np.concatenate(ends)


def _weekly(calendar: Calendar) -> list[list[tuple[int, int]]]:
    if calendar.always_open:
        return [[(0, DAY_MINUTES)]] * 7
    return (calendar.weekly or Weekly()).by_weekday()


def _cutting_walls(calendar: Calendar, first: int, last: int, holidays: set[int]) -> tuple[Epochs, Epochs]:
    """Wall times between which nothing is open: whole holidays, and breaks."""
    whole = np.array(sorted(holidays), np.int64) * DAY
    begins, ends = [whole], [whole + DAY]
    for text, ranges in calendar.breaks.items():
        day = day_number(date.fromisoformat(text))
        if first <= day <= last:
            begins.append(np.array([day * DAY + start * 60 for start, _ in ranges], np.int64))
            ends.append(np.array([day * DAY + end * 60 for _, end in ranges], np.int64))
    return np.concatenate(begins), np.concatenate(ends)


# --- versions composed ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VersionedCalendar:
    """All versions of one calendar, in the order in which they become valid."""

    calendar_id: str
    versions: tuple[Calendar, ...]

    @staticmethod
    def of(calendar_id: str, versions: Iterable[Calendar]) -> "VersionedCalendar":
        """Versions sorted; one without `validFrom` comes first."""
        return VersionedCalendar(calendar_id, tuple(sorted(versions, key=lambda v: v.valid_from or date.min)))

    def spans(self) -> list[tuple[Calendar, int | None, int | None]]:
        """(version, from, to) of each version: from the local midnight of its `validFrom` in its own zone."""
        starts = [None if v.valid_from is None else local_midnight(v.valid_from, v.time_zone) for v in self.versions]
        return [
            (version, starts[i], starts[i + 1] if i + 1 < len(starts) else None)
            for i, version in enumerate(self.versions)
        ]

    def begins_at(self) -> int | None:
        """The instant at which the first version becomes valid; None = no lower bound."""
        return self.spans()[0][1]

    def is_always_open(self) -> bool:
        """Open at every instant of all time."""
        return self.begins_at() is None and all(version.is_always_open() for version in self.versions)

    def intervals(self, start: int, end: int) -> tuple[Epochs, Epochs]:
        """Open intervals in [start, end), disjoint, sorted, touching ones merged; each instant by its own version."""
        parts = []
        for version, valid_from, valid_to in self.spans():
            low = start if valid_from is None else max(start, valid_from)
            high = end if valid_to is None else min(end, valid_to)
            if low < high:
                parts.append(version_intervals(version, low, high))
        if not parts:
            return _EMPTY, _EMPTY
        begins, ends = (np.concatenate(column) for column in zip(*parts, strict=True))
        return union_minus((begins, ends), (_EMPTY, _EMPTY))

    def days(self, start: int, end: int) -> tuple[Epochs, Epochs, Epochs]:
        """(day numbers, begin, end) of the local days that overlap [start, end), one row per date.

        A day belongs to the zone of the version valid then. Where a new version brings another zone, the day in which
        the zones meet keeps one row, from its first instant in the old zone to its last in the new one.
        """
        numbers, begins, ends = [_EMPTY], [_EMPTY], [_EMPTY]
        for version, valid_from, valid_to in self._spans_of_all_time():
            low = start if valid_from is None else max(start, valid_from)
            high = end if valid_to is None else min(end, valid_to)
            if low >= high:
                continue
            days, begin, finish = days_around(version.time_zone, low, high).bounds()
            keep = (finish > low) & (begin < high)
            days, begin, finish = days[keep], begin[keep], finish[keep]
            if valid_from is not None:
                begin = np.maximum(begin, valid_from)
            if valid_to is not None:
                finish = np.minimum(finish, valid_to)
            numbers.append(days)
            begins.append(begin)
            ends.append(finish)
        number, begin, finish = np.concatenate(numbers), np.concatenate(begins), np.concatenate(ends)
        # going west, the old zone can be a date ahead of the new one: its last hours count to the new zone's date
        number = np.minimum.accumulate(number[::-1])[::-1]
        first = np.flatnonzero(np.append(True, number[1:] != number[:-1])) if len(number) else _EMPTY
        last = np.append(first[1:] - 1, len(number) - 1) if len(number) else _EMPTY
        return number[first], begin[first], finish[last]

    def _spans_of_all_time(self) -> list[tuple[Calendar, int | None, int | None]]:
        """As `spans`, but the first version's days reach back without bound (all closed before it is valid)."""
        spans = self.spans()
        return [(spans[0][0], None, spans[0][2]), *spans[1:]]


# --- the clock ------------------------------------------------------------------------------------------------------


class CalendarClock:
    """Reads a calendar exactly, within the horizon [start, end) for which its intervals were computed."""

    def __init__(self, intervals: tuple[Epochs, Epochs], start: int, end: int) -> None:
        self.start, self.end = start, end
        self.begins: list[int] = intervals[0].tolist()
        self.ends: list[int] = intervals[1].tolist()
        lengths = intervals[1] - intervals[0]
        self._before: list[int] = [0, *np.cumsum(lengths).tolist()]

    @staticmethod
    def of(calendar: VersionedCalendar, start: int, end: int) -> "CalendarClock":
        """The clock of a calendar for the instants from `start` to `end`."""
        return CalendarClock(calendar.intervals(start, end), start, end)

    def reading(self, epoch: int) -> int:
        """Open seconds from the horizon's start to `epoch`. Raises ValueError outside the horizon."""
        if not self.start <= epoch <= self.end:
            raise ValueError(f"{epoch} lies outside the calendar's horizon from {self.start} to {self.end}")
        index = bisect_right(self.begins, epoch) - 1
        if index < 0:
            return 0
        return self._before[index] + min(epoch, self.ends[index]) - self.begins[index]

    def open_seconds(self, start_epoch: int, end_epoch: int) -> int:
        """Open seconds in [start, end); negative if end lies before start."""
        return self.reading(end_epoch) - self.reading(start_epoch)

    def due(self, start_epoch: int, seconds: int) -> int | None:
        """The earliest instant from `start` on at which `seconds` are used up; used up at closing = at closing.

        None if that lies beyond the horizon.
        """
        if seconds <= 0:
            return start_epoch
        wanted = self.reading(start_epoch) + seconds
        index = bisect_left(self._before, wanted) - 1
        if index >= len(self.begins):
            return None
        return self.begins[index] + wanted - self._before[index]

    def is_open(self, epoch: int) -> bool:
        """Whether the clock runs at `epoch`."""
        index = bisect_right(self.begins, epoch) - 1
        return index >= 0 and epoch < self.ends[index]

    def next_open(self, epoch: int) -> int | None:
        """The earliest open instant from `epoch` on; None if there is none within the horizon."""
        if self.is_open(epoch):
            return epoch
        index = bisect_left(self.begins, epoch)
        return self.begins[index] if index < len(self.begins) else None


def open_seconds_within(intervals: tuple[Epochs, Epochs], begin: Epochs, end: Epochs) -> Epochs:
    """Open seconds in each [begin, end), the intervals being disjoint and sorted."""
    return _readings(intervals, end) - _readings(intervals, begin)


def _readings(intervals: tuple[Epochs, Epochs], at: Epochs) -> Epochs:
    begins, ends = intervals
    if len(begins) == 0:
        return np.zeros(len(at), np.int64)
    before = np.concatenate([[0], np.cumsum(ends - begins)])
    index = np.searchsorted(begins, at, side="right") - 1
    inside = np.minimum(at, ends[index]) - begins[index]
    readings: Epochs = np.where(index >= 0, before[index] + inside, 0)
    return readings


def calendars_by_id(documents: Sequence[tuple[str, Calendar]]) -> dict[str, VersionedCalendar]:
    """Every calendar by its id, the built-in one included, sorted by id."""
    grouped: dict[str, list[Calendar]] = {ALWAYS_OPEN_ID: [ALWAYS_OPEN]}
    for name, calendar in documents:
        if name == ALWAYS_OPEN_ID:
            grouped[name] = [calendar]
        else:
            grouped.setdefault(name, []).append(calendar)
    return {name: VersionedCalendar.of(name, grouped[name]) for name in sorted(grouped)}
