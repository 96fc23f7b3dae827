"""The reference against rows worked by hand: a second reading that nobody checked would prove nothing."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise, product

import pytest

from tests.conformance.open_hours import Calendar, Hours, common, seconds, union, without
from tests.conformance.random_project import AS_OF, MAY_START_WITH_ASSIGNMENT, epoch, random_project
from tests.conformance.reference import DONE, OPEN, WALKS, Agreement, Target, World, ticket_rows
from tests.conformance.worked_cases import CASES, OPENINGS, Case, shown


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_worked_case(case: Case) -> None:
    world = World(epoch(AS_OF), OPENINGS, case.agreements(), case.children())
    rows = ticket_rows(world, case.ticket(), case.decided_exclusions())
    assert shown(rows, case.outcomes) == case.outcomes, case.why


def test_cases_have_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_expected_integer_is_worked_out(case: Case) -> None:
    worked = {int(number.replace(",", "")) for number in re.findall(r"\b\d[\d,]*(?= s\b)", case.why)}
    for outcome in case.outcomes:
        expected = {outcome.on_clock, outcome.paused, outcome.excluded} - {0}
        assert expected <= worked, outcome


CLOCK_POLICIES: dict[str, Callable[[Agreement, Target, Case], object]] = {
    "attribution": lambda agreement, _, __: agreement.attribution,
    "reopening": lambda agreement, _, case: agreement.reopen_mode if is_reopened(case) else None,
    "priority change": lambda agreement, _, case: agreement.priority_change if changes(case, "priority") else None,
    "calendar": lambda _, target, __: target.calendar if target.calendar in ("night", "longer") else None,
    "version or validity": lambda _, __, case: any(a.version > 1 or a.valid_to for a in case.agreements()) or None,
    "excluded interval": lambda _, __, case: bool(case.exclusions) or None,
    "end": lambda _, __, case: ({"cancelled", "merged"} & {*statuses(case)} or {None}).pop(),
    "service change": lambda _, __, case: changes(case, "service") or None,
}
VALUES = {
    "attribution": {"decided", "due", "resolved", "created"},
    "reopening": {"resume", "new_cycle", "ignore"},
    "priority change": {"at_clock_start_plus_upgrade", "event_time", "final_value"},
    "calendar": {"night", "longer"},
    "end": {"cancelled", "merged"},
}


def statuses(case: Case) -> list[str]:
    return [value for _, kind, value in case.events if kind == "status"]


def is_reopened(case: Case) -> bool:
    return any(one in DONE and other in OPEN for one, other in pairwise(statuses(case)))


def changes(case: Case, what: str) -> bool:
    return any(kind == what for _, kind, _ in case.events)


@pytest.mark.parametrize("policy", CLOCK_POLICIES)
def test_every_policy_has_a_case_with_every_metric(policy: str) -> None:
    found = {
        (target.metric, CLOCK_POLICIES[policy](agreement, target, case))
        for case in CASES
        for agreement in case.agreements()
        for target in agreement.targets
    }
    assert set(product(WALKS, VALUES.get(policy, {True}))) - found == set()


def test_pauses_and_assignments_have_a_case_with_every_metric_that_knows_them() -> None:
    """time_with_supplier pauses by itself, and only three clocks may start with the assignment."""
    targets = [target for case in CASES for agreement in case.agreements() for target in agreement.targets]
    pausing = set(WALKS) - {"time_with_supplier"}
    assert {target.metric for target in targets if target.pauses} == pausing
    assert {target.metric for target in targets if any(target.pauses.values())} == pausing
    assert {target.metric for target in targets if target.start == "ticket.assigned"} == MAY_START_WITH_ASSIGNMENT


def hours_open(calendar: Calendar, day: str, days: int = 1) -> float:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return seconds(calendar.open_spans(int(start.timestamp()), int(start.timestamp()) + days * 86400)) / 3600


def always(zone: str, **changes: object) -> Calendar:
    return Calendar("c", zone, (Hours({day: [(0, 24 * 60)] for day in range(7)}, **changes),))  # type: ignore[arg-type]


def test_a_local_day_has_23_or_25_hours_where_the_clocks_change() -> None:
    london = always("Europe/London")
    assert seconds([london.day(date(2026, 3, 29))]) == 23 * 3600
    assert seconds([london.day(date(2026, 10, 25))]) == 25 * 3600
    # half an hour on Lord Howe Island; in Beirut midnight itself is skipped
    assert seconds([always("Australia/Lord_Howe").day(date(2026, 4, 5))]) == 24 * 3600 + 1800
    assert seconds([always("Asia/Beirut").day(date(2026, 3, 29))]) == 23 * 3600


def test_a_night_shift_across_the_change_is_shorter_or_longer() -> None:
    night = Calendar("c", "Europe/London", (Hours({day: [(22 * 60, 6 * 60)] for day in range(7)}),))
    assert hours_open(night, "2026-03-28T12:00", 1) == 7
    assert hours_open(night, "2026-10-24T12:00", 1) == 9


def test_a_range_within_the_skipped_hour_is_empty() -> None:
    early = Calendar("c", "Europe/London", (Hours({6: [(60, 120)]}),))
    assert hours_open(early, "2026-03-29T00:00", 1) == 0
    assert hours_open(early, "2026-04-05T00:00", 1) == 1


def test_a_holiday_removes_its_own_ranges_and_clips_the_night_before() -> None:
    nights = {day: [(22 * 60, 6 * 60)] for day in range(7)}
    calendar = Calendar("c", "UTC", (Hours(nights, holidays=frozenset({date(2026, 5, 6)})),))
    # the 5th: 22-24; the 6th: nothing; the 7th: nothing before 22:00
    assert hours_open(calendar, "2026-05-05T12:00", 2) == 2


def test_an_override_leaves_the_night_before_alone_and_a_break_is_cut_out() -> None:
    nights = {day: [(22 * 60, 6 * 60)] for day in range(7)}
    day = date(2026, 5, 6)
    calendar = Calendar("c", "UTC", (Hours(nights, overrides={day: [(600, 660)]}, breaks={day: [(300, 330)]}),))
    assert hours_open(calendar, "2026-05-06T00:00", 1) == 5.5 + 1


def test_a_new_version_holds_from_its_first_local_instant() -> None:
    old = Hours({day: [(22 * 60, 6 * 60)] for day in range(7)})
    new = Hours({day: [(20 * 60, 2 * 60)] for day in range(7)}, valid_from=date(2026, 5, 6))
    calendar = Calendar("c", "UTC", (old, new))
    # 22-24 of the old one, then what the new one has of the night that began on the 5th: until 02:00
    assert calendar.open_spans(epoch("2026-05-05T12:00:00Z"), epoch("2026-05-06T12:00:00Z")) == [
        (epoch("2026-05-05T22:00:00Z"), epoch("2026-05-06T02:00:00Z"))
    ]


def test_sets_of_seconds() -> None:
    assert union([(5, 7), (1, 3), (3, 4), (9, 9)]) == [(1, 4), (5, 7)]
    assert common([(1, 4), (5, 9)], [(3, 6)]) == [(3, 4), (5, 6)]
    assert without([(1, 9)], [(2, 3), (8, 12)]) == [(1, 2), (3, 8)]


def test_one_seed_draws_one_project() -> None:
    assert random_project(7, 6).tickets == random_project(7, 6).tickets
    assert random_project(7, 6).tickets != random_project(8, 6).tickets
