"""Instants, dates, durations and zones as people write them."""

from datetime import UTC, datetime

import pytest

from settings.instants import check_zone, load_zone, parse_clock_duration, parse_date, parse_instant, parse_period


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T09:00:00Z", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-03-01 09:00Z", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-03-01T09:00:00+05:30", datetime(2026, 3, 1, 3, 30, tzinfo=UTC)),
        ("2026-03-01T09:00:00-0330", datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
        ("2026-03-01T09:00:00+01", datetime(2026, 3, 1, 8, tzinfo=UTC)),
    ],
)
def test_instant_is_read_as_utc(text: str, expected: datetime) -> None:
    assert parse_instant(text) == expected


def test_fractions_of_a_second_are_cut_off_not_rounded() -> None:
    assert parse_instant("2026-03-01T09:00:00.999999999Z") == datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-03-01T09:00:00", "2026-03-01 09:00"])
def test_instant_without_offset_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(ValueError, match="no offset; add Z"):
        parse_instant(text)


@pytest.mark.parametrize("text", ["2026-02-30T00:00:00Z", "2026-03-01T25:00:00Z", "yesterday", "2026-03-01", ""])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an instant"):
        parse_instant(text)


def test_impossible_date_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a date"):
        parse_date("2026-02-30")


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT4H", 14400), ("PT15M", 900), ("PT1H30M5S", 5405), ("PT24H", 86400), ("PT0S", 0)]
)
def test_clock_duration_in_seconds(text: str, seconds: int) -> None:
    assert parse_clock_duration(text) == seconds


@pytest.mark.parametrize("text", ["P1D", "P1DT2H", "P1M", "P2W", "P1Y"])
def test_durations_without_fixed_length_point_to_hours(text: str) -> None:
    with pytest.raises(ValueError, match="PT24H"):
        parse_clock_duration(text)


@pytest.mark.parametrize("text", ["4h", "pt4h", "PT", "PT1M2H", "P", "PT-1H", "240", "PT1.5H"])
def test_malformed_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it like PT4H"):
        parse_clock_duration(text)


def test_duration_that_no_clock_will_see_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than a hundred years"):
        parse_clock_duration("PT99999999999999999999H")


def test_period_takes_months_and_no_hours() -> None:
    assert parse_period("P1M") == "P1M"
    with pytest.raises(ValueError, match="is not a period"):
        parse_period("PT1M")


def test_misspelt_zone_names_the_nearest_one() -> None:
    with pytest.raises(ValueError, match="did you mean Europe/London"):
        check_zone("Europe/Londn")


@pytest.mark.parametrize("name", ["+01:00", "Europe", "right/Europe/London", "localtime", "europe/london", ""])
def test_what_the_system_might_accept_but_is_no_iana_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not an IANA time zone"):
        check_zone(name)


def test_zone_rules_come_from_the_locked_package_not_from_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONTZPATH", "/nonexistent")
    zone = load_zone("Europe/London")
    assert datetime(2026, 7, 1, tzinfo=zone).utcoffset() != datetime(2026, 1, 1, tzinfo=zone).utcoffset()
