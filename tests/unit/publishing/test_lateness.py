"""How late records come, and how many are still to be expected: worked by hand."""

from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from publishing.lateness import FeedDelays, late_checks, still_to_come_checks
from tests.unit.publishing.conftest import Desk, figure

LOADED = datetime(2026, 4, 11)
# Half come within a day, nine of ten within eight, all within four weeks.
ARRIVED = [10, *[10] * 6, *[18] * 21, 20]


def delays(watched: int = 20, arrived: list[int] | None = None) -> FeedDelays:
    return FeedDelays("desk", "tickets", LOADED, watched, arrived or ARRIVED, 90_000)


def test_shares_of_late_records_are_told_by_days() -> None:
    (check,) = late_checks([delays()])
    assert check.observed == (
        "of 20 records 10 came 1 d late or more, 10 came 7 d late or more, 2 came 28 d late or more;"
        " median delay 90000 s"
    )
    assert (check.kind, check.is_successful, check.agreement_id) == ("late_data", True, None)


def test_few_records_say_that_they_are_not_enough() -> None:
    (check,) = late_checks([delays(19, [19] * 29)])
    assert check.observed == "not enough history: 19 records could be waited for 28 days, 20 are needed"


@pytest.fixture
def desk_of_two_months(desk: Desk) -> Desk:
    """March is over at 11 April, April runs; each has tickets of one agreement."""

    def opened(key: str, day: datetime) -> dict[str, Any]:
        return {
            "ticket_key": f"desk:{key}", "source": "desk", "agreement_id": "sla", "agreement_version": 1,
            "opened_at": day,
        }  # fmt: skip

    days = [
        {"time_zone": "UTC", "date": day, "started_at": datetime(day.year, day.month, day.day)}
        for day in (date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1))
    ]
    months = [figure(period_start=days[n]["date"], period_end=days[n + 1]["date"]) for n in range(3)]
    desk.make_build(
        {
            "rpt_sla_target": [{k: v for k, v in row.items() if k != "service_id"} for row in months],
            "dim_agreement": [{"agreement_id": "sla", "agreement_version": 1, "time_zone": "UTC"}],
            "dim_local_day": days,
            "fct_ticket": [
                opened("old", datetime(2026, 2, 10)),
                opened("march", datetime(2026, 3, 2)),
                opened("ten days", datetime(2026, 3, 31, 23)),
                opened("today", datetime(2026, 4, 10, 12)),
                opened("three days", datetime(2026, 4, 8)),
            ],
        }
    )
    return desk


def test_records_of_an_age_stand_for_those_still_to_come(desk_of_two_months: Desk) -> None:
    """March: 40 days old, all have come; ten days, 1/0.9 - 1 = 0.1. April: twice 1/0.5 - 1 = 2.0. February is older."""
    with duckdb.connect(str(desk_of_two_months.build), read_only=True) as build:
        march, april = still_to_come_checks(build, [delays()], datetime(2026, 4, 11))
    assert (march.check_id, march.observed, march.bounds) == (
        "tickets_of_2026-03-01_still_to_come", "about 0.1 beside 2", "at most the ratio 0.01 of what came"
    )  # fmt: skip
    assert (march.is_successful, march.severity, march.agreement_id) == (False, "warning", "sla")
    assert (april.observed, april.bounds, april.is_successful) == ("about 2.0 beside 2", "none: the period runs", True)


def test_without_history_nothing_is_said_and_nothing_fails(desk_of_two_months: Desk) -> None:
    with duckdb.connect(str(desk_of_two_months.build), read_only=True) as build:
        checks = still_to_come_checks(build, [delays(3, [3] * 29)], datetime(2026, 4, 11))
    assert {(check.observed, check.is_successful) for check in checks} == {
        ("not enough history of desk: nothing can be said of what is to come beside 2", True)
    }
