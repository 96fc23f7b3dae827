"""Recurring days: the part of RFC 5545 that says on which local days something recurs.

Belongs here: which rules are accepted, and the days on which one recurs.
Does not belong here: hours and zones (`moments`).
Used by `models` (is it a rule?) and `moments` (which days?).
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

# Where counting begins for rules that need no beginning of their own: every rule without an interval recurs on the same
# days from wherever one looks.
LONG_AGO = date(1970, 1, 1)

_HOURS = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
_DAYS = frozenset({"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYEASTER"})
_WHOLE_DAYS = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")


def check_rule(text: str, starts_on: date | None) -> None:
    """Nothing, if `text` is one rule of whole days that can be counted. Raises ValueError saying what is wrong."""
    parts = {}
    for part in text.split(";"):
        key, _, value = part.partition("=")
        parts[key.strip().upper()] = value.strip().upper()
    frequency = parts.get("FREQ")
    if frequency not in _WHOLE_DAYS:
        raise ValueError(
            f'"{text}" has no FREQ of {", ".join(_WHOLE_DAYS)}; write it like "FREQ=MONTHLY;BYMONTHDAY=-1"'
        )
    if _HOURS & parts.keys():
        raise ValueError(f'"{text}" says hours; they belong in window')
    if frequency != "DAILY" and not _DAYS & parts.keys():
        raise ValueError(f'"{text}" does not say on which day; add BYDAY or BYMONTHDAY')
    if "COUNT" in parts:
        raise ValueError(f'"{text}" ends after a count; say the last day with UNTIL')
    if parts.get("INTERVAL", "1") != "1" and starts_on is None:
        raise ValueError(f'"{text}" skips some occurrences; say from which day to count in startsOn')
    try:
        _rule(text, starts_on)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f'"{text}" is no RFC 5545 rule: {error}') from error


def days_of(text: str, starts_on: date | None, first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last`, both included, on which a checked rule recurs, in order."""
    low = first if starts_on is None else max(first, starts_on)
    if low <= last:
        for moment in _rule(text, starts_on).between(_midnight(low), _midnight(last), inc=True):
            yield moment.date()


def _rule(text: str, starts_on: date | None) -> Any:
    from dateutil.rrule import rrulestr  # here, not above: few services name moments of truth

    return rrulestr(text, dtstart=_midnight(starts_on or LONG_AGO))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
