"""Instants, dates, zones and durations as people write them in settings.

Belongs here: reading the ISO 8601 forms the project accepts, with errors that say how to write them.
Does not belong here: calendars and local days (agreements.calendars).
Imported by `run`, `project` and the agreements.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from difflib import get_close_matches
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

_INSTANT = re.compile(
    r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?$",
)
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_CLOCK = re.compile(r"^PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$")
LONGEST_SECONDS = 100 * 366 * 86_400
_PERIOD = re.compile(r"^P(?=\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?$")


def parse_instant(text: str) -> datetime:
    """The instant written as ISO 8601 with an offset or Z, as aware UTC in whole seconds (fractions are cut off).

    Raises ValueError with a sentence that says what is wrong with the text.
    """
    match = _INSTANT.match(text.strip())
    if not match:
        raise ValueError(f'"{text}" is not an instant; write it like 2026-03-01T09:00:00Z')
    day, hour, minute, second, offset = match.groups()
    if offset is None:
        raise ValueError(f'"{text}" has no offset; add Z for UTC or an offset such as +01:00')
    try:
        local = datetime.fromisoformat(f"{day}T{hour}:{minute}:{second or '00'}")
        zone = UTC if offset in "Zz" else timezone(_offset(offset))
        return local.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f'"{text}" is not an instant: {error}') from error


def _offset(text: str) -> timedelta:
    digits = text[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if text[0] == "-" else size


def parse_date(text: str) -> date:
    """The date written YYYY-MM-DD. Raises ValueError with a sentence."""
    if not _DATE.match(text):
        raise ValueError(f'"{text}" is not a date; write it like 2026-03-01')
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f'"{text}" is not a date: {error}') from error


def parse_clock_duration(text: str) -> int:
    """Seconds of an ISO 8601 duration in hours, minutes and seconds (PT4H, PT15M, PT1H30M).

    Days, weeks, months and years are refused: they have no fixed length on a clock.
    Raises ValueError with a sentence that says how to write the duration.
    """
    match = _CLOCK.match(text)
    if match:
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        total = hours * 3600 + minutes * 60 + seconds
        if total > LONGEST_SECONDS:
            raise ValueError(f'"{text}" is longer than a hundred years')
        return total
    if text.startswith("P") and any(unit in text.split("T")[0] for unit in "YMWD") and len(text) > 2:
        raise ValueError(
            f'"{text}" has no fixed length on a clock; write hours, such as PT24H '
            "(24 clock hours of the target's calendar)"
        )
    raise ValueError(f'"{text}" is not a duration in hours, minutes and seconds; write it like PT4H, PT15M or PT1H30M')


def parse_period(text: str) -> str:
    """An ISO 8601 period in years, months, weeks or days (P1M, P3M, P2W), as it was written.

    Raises ValueError with a sentence.
    """
    if not _PERIOD.match(text):
        raise ValueError(f'"{text}" is not a period; write it like P1M, P3M or P1Y')
    return text


@cache
def iana_zones() -> frozenset[str]:
    """The names of all IANA time zones, from the pinned `tzdata` package (the same on every machine)."""
    return frozenset((resources.files("tzdata") / "zones").read_text(encoding="utf-8").split())


@cache
def load_zone(name: str) -> ZoneInfo:
    """The rules of an IANA zone from the pinned `tzdata` package.

    Not from the operating system, whose copy is older or newer from machine to machine: the same locked versions must
    give the same instants everywhere. Raises ValueError for a name that is none.
    """
    check_zone(name)
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def check_zone(name: str) -> str:
    """`name` if it is an IANA time zone. Raises ValueError, with the nearest name if there is one."""
    if name in iana_zones():
        return name
    near = get_close_matches(name, sorted(iana_zones()), n=1)
    hint = f"; did you mean {near[0]}" if near else "; write an IANA name such as Europe/London, never an offset"
    raise ValueError(f'"{name}" is not an IANA time zone{hint}')
