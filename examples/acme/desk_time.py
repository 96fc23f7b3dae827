"""Local time and desk hours for whole arrays of instants.

Belongs here: what the generator needs to let people act at plausible hours.
Does not belong here: the calendars of agreements (room `agreements` owns those; nothing here measures anything).
Used by `tickets`. Instants are UTC epoch seconds in int64 arrays; local seconds are epoch seconds of the wall clock.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.int64]

DAY = 86_400
HOUR = 3_600
_THURSDAY = 3  # 1970-01-01 was a Thursday; days + 3 counts from a Monday


class LocalClock:
    """The wall clock of one zone between two instants, with its desk hours on Monday to Friday."""

    def __init__(self, zone: str, start: int, end: int, opens: int = 8 * HOUR, closes: int = 18 * HOUR) -> None:
        """`start`, `end`: UTC epoch seconds of the span to know; `opens`, `closes`: seconds of the local day."""
        self._changes, self._offsets = _offset_changes(ZoneInfo(zone), start, end)
        self._opens = opens
        self._length = closes - opens

    def local(self, instants: Seconds) -> Seconds:
        """Wall clock seconds of instants."""
        return instants + self._offset(instants)

    def utc(self, local: Seconds) -> Seconds:
        """Instants of wall clock seconds; a skipped or repeated hour becomes one of its neighbours."""
        guess = local - self._offset(local)
        return local - self._offset(guess)

    def snapped(self, instants: Seconds, delay: Seconds) -> Seconds:
        """Instants inside desk hours as they are; others `delay` desk seconds after the next opening."""
        local = self.local(instants)
        seconds = local % DAY
        inside = (_weekday(local) < 5) & (seconds >= self._opens) & (seconds < self._opens + self._length)
        moved = self.utc(self._from_worked(self._worked(local) + delay))
        return np.where(inside, instants, np.maximum(moved, instants))

    def after_worked(self, instants: Seconds, worked: Seconds) -> Seconds:
        """The instants at which `worked` desk seconds have passed since `instants`."""
        return np.maximum(self.utc(self._from_worked(self._worked(self.local(instants)) + worked)), instants)

    def _offset(self, instants: Seconds) -> Seconds:
        return self._offsets[np.searchsorted(self._changes, instants, side="right")]

    def _worked(self, local: Seconds) -> Seconds:
        """Desk seconds since a Monday long ago."""
        weekday = _weekday(local)
        week = (local // DAY + _THURSDAY) // 7
        within = np.clip(local % DAY - self._opens, 0, self._length)
        return (week * 5 + np.minimum(weekday, 5)) * self._length + np.where(weekday < 5, within, 0)

    def _from_worked(self, worked: Seconds) -> Seconds:
        days = worked // self._length
        return ((days // 5) * 7 + days % 5 - _THURSDAY) * DAY + self._opens + worked % self._length


def _weekday(local: Seconds) -> Seconds:
    """0 = Monday."""
    return (local // DAY + _THURSDAY) % 7


def _offset_changes(zone: ZoneInfo, start: int, end: int) -> tuple[Seconds, Seconds]:
    """Instants at which the zone's offset changes, and the offsets before, between and after them."""

    def offset(instant: int) -> int:
        delta = datetime.fromtimestamp(instant, tz=UTC).astimezone(zone).utcoffset()
        assert delta is not None  # noqa: S101  (a datetime with a zone has an offset)
        return int(delta.total_seconds())

    changes: list[int] = []
    offsets = [offset(start)]
    for day in range(start, end, DAY):
        low, high = day, day + DAY
        if offset(high) == offsets[-1]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if offset(middle) != offsets[-1] else (middle, high)
        changes.append(high)
        offsets.append(offset(high))
    return np.array(changes, dtype=np.int64), np.array(offsets, dtype=np.int64)
