"""Sets of seconds, and a calendar's open hours as one: the ground the slow reference stands on.

Belongs here: what is promised to users about open hours, as lists of seconds that are cut and joined. Does not belong
here: anything of the pipeline (no calendar of it is imported), nor tickets (`reference.py`).
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

Span = tuple[int, int]  # [from, to) in UTC epoch seconds
Range = tuple[int, int]  # minutes after local midnight; an end not after the start lies on the next day


# ------------------------------------------------------------------------------------------------ sets of seconds


def union(spans: Iterable[Span]) -> list[Span]:
    """The seconds that lie in any of the spans: sorted, disjoint, none empty, none touching."""
    joined: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def common(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """The seconds that lie in both."""
    return union((max(a, c), min(b, d)) for a, b in left for c, d in right if max(a, c) < min(b, d))


def without(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """The seconds of the left that do not lie in the right."""
    rest = list(left)
    for c, d in right:
        rest = [piece for a, b in rest for piece in ((a, min(b, c)), (max(a, d), b)) if piece[0] < piece[1]]
    return union(rest)


def seconds(spans: Iterable[Span]) -> int:
    return sum(end - start for start, end in spans)


# ------------------------------------------------------------------------------------------------ open hours


@cache
def zone_rules(name: str) -> ZoneInfo:
    """The zone as the pinned tzdata package has it: what the machine knows may be older."""
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@dataclass(frozen=True)
class Hours:
    """One version of a calendar: what is open in each week, and the days that differ."""

    weekly: dict[int, list[Range]] = field(default_factory=dict)  # Monday is 0
    holidays: frozenset[date] = frozenset()
    overrides: dict[date, list[Range]] = field(default_factory=dict)
    breaks: dict[date, list[Range]] = field(default_factory=dict)
    valid_from: date | None = None  # None = always
    always_open: bool = False


@dataclass(frozen=True)
class Calendar:
    """A calendar with all its versions, oldest first."""

    name: str
    zone: str
    versions: tuple[Hours, ...]

    def instant(self, day: date, minute: int = 0) -> int:
        """UTC second of a wall time: a skipped one moves forward by the gap, an ambiguous one is its first."""
        wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
        return int(wall.replace(tzinfo=zone_rules(self.zone), fold=0).timestamp())

    def local_day(self, instant: int) -> date:
        return datetime.fromtimestamp(instant, zone_rules(self.zone)).date()

    def day(self, day: date) -> Span:
        return self.instant(day), self.instant(day + timedelta(days=1))

    def open_spans(self, start: int, end: int) -> list[Span]:
        """Open seconds of [start, end): each version's own reading, as long as it is valid."""
        found: list[Span] = []
        for number, version in enumerate(self.versions):
            later = self.versions[number + 1 :]
            valid_from = start if version.valid_from is None else self.instant(version.valid_from)
            valid_to = end if not later or later[0].valid_from is None else self.instant(later[0].valid_from)
            span = (max(start, valid_from), min(end, valid_to))
            if span[0] < span[1]:
                found += [span] if version.always_open else common(self._version_spans(version, span), [span])
        return union(found)

    def _version_spans(self, version: Hours, span: Span) -> list[Span]:
        first, last = self.local_day(span[0]) - timedelta(days=1), self.local_day(span[1])
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        found: list[Span] = []
        for day in days:
            if day in version.holidays:
                continue  # takes away the ranges that start on it
            ranges = version.overrides.get(day, version.weekly.get(day.weekday(), []))
            found += [self._range(day, start, end) for start, end in ranges]
        closed = [self.day(day) for day in days if day in version.holidays]  # clips what reaches into it
        closed += [self._range(day, *pair) for day in days for pair in version.breaks.get(day, [])]
        return without(union(found), closed)

    def _range(self, day: date, start: int, end: int) -> Span:
        return self.instant(day, start), self.instant(day, end if end > start else end + 24 * 60)


class Opening:
    """A calendar's open seconds over everything a test can ask for, worked out once."""

    def __init__(self, calendar: Calendar, start: int, end: int) -> None:
        self.calendar, self.start, self.end = calendar, start, end
        self.spans = calendar.open_spans(start, end)
        self.ends = [span[1] for span in self.spans]

    def within(self, start: int, end: int) -> list[Span]:
        """Open seconds of [start, end)."""
        assert self.start <= start <= end <= self.end, "asked beyond what was worked out"
        found = []
        for a, b in self.spans[bisect_right(self.ends, start) :]:
            if a >= end:
                break
            found.append((max(a, start), min(b, end)))
        return found

    def window_end(self, resolved_at: int, window_days: int) -> int:
        """The instant at which the reopen window is over: the end of the n-th later local day with open time."""
        day, left = self.calendar.local_day(resolved_at), window_days
        while left:
            day += timedelta(days=1)
            left -= bool(self.within(*self.calendar.day(day)))
        return self.calendar.day(day)[1]
