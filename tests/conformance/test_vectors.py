"""Answers of other libraries, read in place from the folder that SLM_VECTORS names: calendars, intervals, budgets.

Belongs here: each kind of vector against the project's own function for it, and the count of what is compared and what
is not, by reason; a vector that nobody reads fails the count. Does not belong here: any expected value of our own.
"""

import json
import os
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

from agreements.calendars import (
    DAY,
    CalendarClock,
    VersionedCalendar,
    closed_days,
    date_of,
    day_number,
    local_date,
)
from agreements.models import Calendar
from agreements.periods import working_days_of
from settings.instants import parse_date, parse_instant
from tests.integration.small_project import ROOT

FOLDER = os.environ.get("SLM_VECTORS")
needs_vectors = pytest.mark.skipif(not FOLDER, reason="SLM_VECTORS does not name a folder of conformance vectors")
FIGURES = ROOT / "dbt_project" / "macros" / "figures.sql"
HORIZON = 1500 * DAY  # on either side of the instant asked about
HOUR = 3600
PPM = 1_000_000

# Why a vector is not compared.
BACKWARDS_DAYS = "nothing of ours goes back by working days"
FRACTIONS = "fractions of a second: staging cuts them off, this library rounds the sum"
COMPARED = {
    "add": 471,  # 208 of them backwards, read as the open seconds of the way back
    "add_days": 2,
    "between": 304,
    "is_open": 88,
    "next_close": 10,
    "next_open": 25,
    "periods": 16,
    "prev_close": 19,
}
NOT_COMPARED = {("add_days", BACKWARDS_DAYS): 2, ("between", FRACTIONS): 14}
OTHERS = {"proportion_ci": 16, "burn_rate": 6, "public_holidays": 48}
# Of the ways to an interval the figures use one, Wilson's with two sides; the others are not compared.
INTERVALS = {
    ("wilson", "two-sided"): 5,
    ("wilson", "upper-only"): 1,
    ("wilson_cc", "two-sided"): 4,
    ("clopper_pearson", "two-sided"): 4,
    ("agresti_coull", "two-sided"): 2,
}


def vectors(*kinds: str) -> Iterator[dict[str, Any]]:
    for path in sorted(Path(FOLDER or "").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            vector = json.loads(line)
            if vector["kind"] in kinds:
                yield vector


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


def clock_around(vector: dict[str, Any], *instants: int) -> CalendarClock:
    return CalendarClock.of(calendar(vector["calendar"]), min(instants) - HORIZON, max(instants) + HORIZON)


def why_not(vector: dict[str, Any]) -> str | None:
    """The reason for which a vector is not compared; None if it is."""
    if vector["op"] == "add_days" and vector["days"] < 0:
        return BACKWARDS_DAYS
    times = [vector[name] for name in ("start", "end", "expected_end") if name in vector]
    if vector.get("round") == "nearest" and any("." in time for time in times):
        return FRACTIONS
    return None


def answer(vector: dict[str, Any]) -> tuple[Any, Any]:
    """(ours, theirs)."""
    operation = vector["op"]
    if operation == "between":
        start, end = epoch(vector["start"]), epoch(vector["end"])
        ours = clock_around(vector, start, end).open_seconds(start, end)
        if vector.get("round") == "hour_trunc":
            ours = int(ours / HOUR) * HOUR  # whole hours, towards zero
        return abs(ours) if vector.get("reversed") == "abs" else ours, vector["expected_seconds"]
    if operation == "add":
        return answer_of_addition(vector)
    if operation == "periods":
        return answer_of_periods(vector)
    if operation == "add_days":
        start = epoch(vector["start"])
        zone = vector["calendar"]["tz"]
        days = working_days_of(calendar(vector["calendar"]), start, start + HORIZON)
        end = days.close(local_date(start, zone) + timedelta(days=1), start, vector["days"])
        return end and local_date(end - 1, zone), local_date(epoch(vector["expected_end"]), zone)
    at = epoch(vector["at"])
    reading = clock_around(vector, at)
    if operation == "is_open":
        return reading.is_open(at), vector["expected"]
    ours = {
        "next_open": lambda: reading.next_open(at),
        "next_close": lambda: reading.ends[bisect_right(reading.ends, at)],
        # the latest instant so far that ends an open second
        "prev_close": lambda: at if reading.is_open(at - 1) else reading.ends[bisect_right(reading.ends, at) - 1],
    }[operation]()
    return ours, epoch(vector["expected_at"])


def answer_of_addition(vector: dict[str, Any]) -> tuple[Any, Any]:
    """Forwards the due instant. Backwards, for which there is no function, the open seconds of the way back."""
    start, end, amount = epoch(vector["start"]), epoch(vector["expected_end"]), vector["seconds"]
    reading = clock_around(vector, start, end)
    if amount <= 0:
        return reading.open_seconds(start, end), amount
    due = reading.due(start, amount)
    return reading.next_open(due) if vector.get("landing") == "next" and due is not None else due, end


def answer_of_periods(vector: dict[str, Any]) -> tuple[Any, Any]:
    """The open intervals next to the origin, as many as they name, nearest first."""
    origin, count = epoch(vector["origin"]), len(vector["expected_periods"])
    reading = clock_around(vector, origin)
    if vector["direction"] == "after":
        first = bisect_right(reading.ends, origin)
        found = [(max(a, origin), b) for a, b in zip(reading.begins[first:], reading.ends[first:], strict=True)]
    else:
        last = bisect_left(reading.begins, origin)
        found = [(a, min(b, origin)) for a, b in zip(reading.begins[:last], reading.ends[:last], strict=True)][::-1]
    return found[:count], [(epoch(a), epoch(b)) for a, b in vector["expected_periods"]]


def figure(macro: str, *arguments: str) -> float:
    """What DuckDB makes of a macro that the models use."""
    module = jinja2.Template(FIGURES.read_text(encoding="utf-8")).module
    with duckdb.connect() as connection:
        [(value,)] = connection.execute(f"select {getattr(module, macro)(*arguments)}").fetchall()
    return float(value)


@needs_vectors
def test_calendars_agree_with_other_libraries() -> None:
    different = []
    compared: Counter[str] = Counter()
    not_compared: Counter[tuple[str, str]] = Counter()
    for vector in vectors("business_time", "business_days_shift"):
        reason = why_not(vector)
        if reason is not None:
            not_compared[vector["op"], reason] += 1
            continue
        compared[vector["op"]] += 1
        ours, theirs = answer(vector)
        if ours != theirs:
            different.append((vector["id"], ours, theirs))
    assert different == []
    assert (compared, not_compared) == (COMPARED, NOT_COMPARED)


@needs_vectors
def test_every_kind_of_vector_is_read() -> None:
    kinds = Counter(
        json.loads(line)["kind"]
        for path in Path(FOLDER or "").glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    business = {kind: kinds.pop(kind) for kind in ("business_time", "business_days_shift")}
    assert sum(business.values()) == sum(COMPARED.values()) + sum(NOT_COMPARED.values())
    assert kinds == OTHERS


@needs_vectors
def test_intervals_of_shares_agree_with_statistics_packages() -> None:
    found: Counter[tuple[str, str]] = Counter()
    for vector in vectors("proportion_ci"):
        way = (vector["method"], vector.get("sides", "two-sided"))
        found[way] += 1
        if way == ("wilson", "two-sided"):
            assert vector["confidence"] == 0.95, vector["id"]
            ours = [figure("wilson", str(vector["successes"]), str(vector["n"]), bound) for bound in ("low", "high")]
            theirs = [vector["expected_low"], vector["expected_high"]]
            assert ours == pytest.approx(theirs, abs=vector["tolerance"]), vector["id"]
    assert found == INTERVALS


@needs_vectors
@pytest.mark.parametrize("target_ppm", [990_000, 999_000])
def test_burn_rate_agrees_with_a_generator_of_alerts(target_ppm: int) -> None:
    """Their window uses up a share of the period's budget: that many bad seconds of the window's are our figure."""
    for vector in vectors("burn_rate"):
        window, period = vector["long_window_hours"] * HOUR, vector["slo_period_hours"] * HOUR
        bad = vector["budget_fraction"] * period * (PPM - target_ppm) / PPM
        ours = figure("burn_rate", f"{window - bad}::double", f"{window}::bigint", f"{target_ppm}::bigint")
        assert ours == pytest.approx(vector["expected_burn_rate"]), vector["id"]


@needs_vectors
def test_public_holidays_agree_with_the_library_that_knows_them() -> None:
    for vector in vectors("public_holidays"):
        where = {key: vector[key] for key in ("country", "subdivision") if vector.get(key)}
        version = Calendar.model_validate({"timeZone": "UTC", "weekly": {}, "publicHolidays": where})
        first, last = (day_number(parse_date(f"{vector['year']}-{day}")) for day in ("01-01", "12-31"))
        found = {date_of(day).isoformat() for day in closed_days(version, first, last)}
        assert found == set(vector["expected_dates"]), vector["id"]
