"""Answers of other business-time libraries, read in place from the folder that SLM_VECTORS names."""

import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agreements.calendars import DAY, CalendarClock, VersionedCalendar, closed_days, date_of, day_number
from agreements.models import Calendar
from settings.instants import parse_date, parse_instant

FOLDER = os.environ.get("SLM_VECTORS")
needs_vectors = pytest.mark.skipif(not FOLDER, reason="SLM_VECTORS does not name a folder of conformance vectors")


def vectors(kind: str) -> Iterator[dict[str, Any]]:
    for path in sorted(Path(FOLDER or "").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            vector = json.loads(line)
            if vector["kind"] == kind:
                yield vector


def minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:5])


def overlaps_within_a_day(source: dict[str, Any]) -> bool:
    for ranges in [*source["weekly_hours"].values(), *source.get("date_overrides", {}).values()]:
        spans = sorted((minutes(a), minutes(b) if minutes(b) > minutes(a) else minutes(b) + 1440) for a, b in ranges)
        if any(earlier[1] > later[0] for earlier, later in itertools.pairwise(spans)):
            return True
    return False


def calendar(source: dict[str, Any]) -> VersionedCalendar:
    dates = source.get("holidays") or []
    spec = {
        "timeZone": source["tz"],
        "weekly": {day: [f"{a}-{b}" for a, b in ranges] for day, ranges in source["weekly_hours"].items()},
        "holidays": [{"date": day} for day in dates if not day.startswith("*")],
        "recurringHolidays": [day[2:] for day in dates if day.startswith("*")] + source.get("recurring_holidays", []),
        "overrides": {d: [f"{a}-{b}" for a, b in r] for d, r in source.get("date_overrides", {}).items()},
        "breaks": {d: [f"{a}-{b}" for a, b in r] for d, r in source.get("breaks", {}).items()},
    }
    return VersionedCalendar.of("c", [Calendar.model_validate(spec)])


def epoch(text: str) -> int:
    return int(parse_instant(text).timestamp())


def answer(vector: dict[str, Any]) -> tuple[Any, Any] | None:
    """(ours, theirs), None where the vector follows another convention than ours."""
    if "round" in vector or overlaps_within_a_day(vector["calendar"]):
        return None
    operation = vector["op"]
    if operation == "between" and vector["end"] >= vector["start"]:
        start, end = epoch(vector["start"]), epoch(vector["end"])
        return CalendarClock.of(calendar(vector["calendar"]), start, end).open_seconds(start, end), vector[
            "expected_seconds"
        ]
    if operation == "add" and vector["seconds"] > 0 and not vector["calendar"].get("holiday_scope"):
        start = epoch(vector["start"])
        reading = CalendarClock.of(calendar(vector["calendar"]), start, start + 1500 * DAY)
        due = reading.due(start, vector["seconds"])
        if vector.get("landing") == "next" and due is not None:
            due = reading.next_open(due)
        return due, epoch(vector["expected_end"])
    if operation in ("is_open", "next_open"):
        at = epoch(vector["at"])
        reading = CalendarClock.of(calendar(vector["calendar"]), at, at + 1500 * DAY)
        if operation == "is_open":
            return reading.is_open(at), vector["expected"]
        return reading.next_open(at), epoch(vector["expected_at"])
    return None


@needs_vectors
def test_clock_agrees_with_other_libraries() -> None:
    compared, different = 0, []
    for vector in vectors("business_time"):
        pair = answer(vector)
        if pair is not None:
            compared += 1
            if pair[0] != pair[1]:
                different.append((vector["id"], *pair))
    assert different == []
    assert compared > 300


@needs_vectors
def test_public_holidays_agree_with_the_library_that_knows_them() -> None:
    compared = 0
    for vector in vectors("public_holidays"):
        where = {key: vector[key] for key in ("country", "subdivision") if vector.get(key)}
        version = Calendar.model_validate({"timeZone": "UTC", "weekly": {}, "publicHolidays": where})
        first, last = (day_number(parse_date(f"{vector['year']}-{day}")) for day in ("01-01", "12-31"))
        found = {date_of(day).isoformat() for day in closed_days(version, first, last)}
        assert found == set(vector["expected_dates"]), vector["id"]
        compared += 1
    assert compared > 20
