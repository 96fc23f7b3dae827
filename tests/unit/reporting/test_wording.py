"""Numbers and names as they are printed."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting import wording


@pytest.mark.parametrize(
    ("numerator", "denominator", "target_ratio", "printed"),
    [
        (94_996, 100_000, 0.95, "94.99 %"),
        (998_999, 1_000_000, 0.999, "99.89 %"),
        (999_499, 1_000_000, 0.9995, "99.949 %"),
        (1, 3, 0.9, "33.33 %"),
        (1, 1, 0.9, "100.00 %"),
    ],
)
def test_percentage_is_cut_off_to_one_decimal_more_than_its_target(
    numerator: int, denominator: int, target_ratio: float, printed: str
) -> None:
    places = wording.result_places(target_ratio)
    assert wording.share_text(wording.floored_percent(numerator, denominator, places), places) == printed


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 1_000_000))
def test_printed_result_reaches_the_target_exactly_if_the_integers_do(good: int, total: int, target_ppm: int) -> None:
    good = min(good, total)
    places = wording.result_places(target_ppm / 1_000_000)
    printed = wording.floored_percent(good, total, places)
    assert (printed * 10_000 >= target_ppm) == (good * 1_000_000 >= target_ppm * total)


def test_negative_score_is_cut_off_downwards() -> None:
    assert wording.points_text(wording.floored_percent(-1, 3, 2), 2) == "\N{MINUS SIGN}33.34 points"


@pytest.mark.parametrize(
    ("seconds", "printed"),
    [(0, "0 m"), (59, "59 s"), (60, "1 m"), (7_500, "2 h 05 m"), (288_000, "80 h"), (14_401, "4 h"), (-90, "−1 m")],
)
def test_duration_is_told_in_hours_and_minutes(seconds: int, printed: str) -> None:
    assert wording.duration_text(seconds) == printed


def test_exact_duration_tells_the_seconds_too() -> None:
    assert wording.duration_text(14_401, exact=True) == "4 h 01 s"


def test_interval_is_rounded_outwards() -> None:
    assert wording.interval_text(0.62449, 0.94401) == "62.4 to 94.5 %"


def test_noise_of_binary_fractions_moves_no_bound() -> None:
    assert wording.interval_text(0.57, 0.57, 0) == "57 to 57 %"


@pytest.mark.parametrize(("ratio", "printed"), [(0.9999, "99.9 %"), (1.0, "100.0 %"), (1.00001, "100.1 %")])
def test_error_budget_reads_as_used_up_only_if_it_is(ratio: float, printed: str) -> None:
    assert wording.used_text(ratio) == printed


@pytest.mark.parametrize(
    ("metric", "ratio", "printed"),
    [("time_to_resolve", 0.95, "95 %"), ("availability", 0.9995, "99.95 %"), ("nps", -0.1, "−10 points")],
)
def test_goal_is_printed_as_it_was_agreed(metric: str, ratio: float, printed: str) -> None:
    assert wording.target_text(metric, ratio) == printed


@pytest.mark.parametrize(
    ("period_type", "start", "steps", "expected"),
    [
        ("month", date(2026, 1, 1), -1, date(2025, 12, 1)),
        ("month", date(2026, 12, 1), 1, date(2027, 1, 1)),
        ("quarter", date(2026, 1, 1), -1, date(2025, 10, 1)),
        ("year", date(2026, 1, 1), 1, date(2027, 1, 1)),
    ],
)
def test_periods_follow_each_other_across_the_year(period_type: str, start: date, steps: int, expected: date) -> None:
    assert wording.shift_period(period_type, start, steps) == expected


def test_instants_are_told_on_the_clocks_of_the_zone() -> None:
    summer = datetime(2026, 7, 1, 23, 30)
    assert wording.instant_text(summer, "Europe/London", with_zone=True) == "2 Jul 2026 00:30 Europe/London"


@pytest.mark.parametrize(
    ("target_id", "name"), [("p1-resolve", "P1 resolve"), ("csat", "CSAT"), ("request_fulfil", "Request fulfil")]
)
def test_target_is_named_as_a_reader_would_write_it(target_id: str, name: str) -> None:
    assert wording.target_name(target_id) == name


def test_p2_is_listed_before_p10() -> None:
    assert sorted(["p10", "p2"], key=wording.natural) == ["p2", "p10"]


def test_places_grow_with_the_target() -> None:
    assert [wording.result_places(ratio) for ratio in (0.9, 0.995, 0.9995, 0.99999)] == [2, 2, 3, 4]


def test_floored_ratio_keeps_a_whole_percentage_whole() -> None:
    assert wording.floored_ratio(0.57, 2) == Decimal("57.00")
