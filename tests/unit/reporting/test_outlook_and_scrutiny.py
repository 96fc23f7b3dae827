"""What a page says of the period's end and of the workload, and what a figure of it rests on."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from release_tables import NOVEMBER, OCTOBER, ReleaseTables, seen

Written = Callable[..., dict[str, str]]

KEY = {
    "agreement_id": "sla", "agreement_version": 1, "agreement_type": "SLA", "customer_id": "acme",
    "period_type": "month", "period_start": OCTOBER, "period_end": NOVEMBER,
}  # fmt: skip
TARGET = {**KEY, "target_id": "p1-resolve", "metric": "time_to_resolve", "target_ratio": 0.95}


@pytest.fixture
def page(tables: ReleaseTables, written: Written) -> Callable[[], str]:
    """What a reader sees on the page of October, with one target that has a figure."""
    tables.target()
    tables.figure(112, 120)

    def read() -> str:
        return seen(written()["acme/2026-10.html"])

    return read


def between(text: str, heading: str, following: str) -> str:
    """A section's text, from its heading in the body (not in the contents) to the next one."""
    return text.rsplit(heading, 1)[1].split(following, 1)[0]


# Forecast and breach budget


def forecast(tables: ReleaseTables, **changes: Any) -> None:
    """The golden case: 112 of 120 so far, 60 to come, 540 of 570 before."""
    tables.add(
        "rpt_month_end_forecast",
        **{
            **TARGET, "numerator": 112, "denominator": 120, "open_due_count": 10, "history_period_count": 3,
            "expected_count": 60, "required_count": 59, "prior_met_count": 540, "prior_count": 570,
            "prior_weight": 0.2, "meet_probability": 0.149305, "breach_count": 8, "budget_count": 6,
            "forecast_budget_count": 9, "forecast_budget_left_count": 1, "is_next_breach_failing": False, **changes,
        },
    )  # fmt: skip


def test_forecast_prints_what_must_be_met_its_chance_and_the_prior(
    tables: ReleaseTables, page: Callable[[], str]
) -> None:
    forecast(tables)
    text = page()
    assert (
        "P1 resolve goal 95 % 112 of 120 60 10 due, 50 others 59 of 60 14 % before: 540 of 570 8 9 6 as it stands"
        " 1 more may breach"
    ) in text
    assert "at a weight of 0.2, in the 3 months before" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"forecast_budget_left_count": 0, "is_next_breach_failing": True}, "One more breach fails it"),
        ({"forecast_budget_left_count": -1, "required_count": 61}, "more than expected none before"),
        ({"forecast_budget_left_count": -1, "required_count": 61}, "1 over the budget"),
        ({"required_count": 0, "meet_probability": 1.0}, "none certain before"),
        ({"meet_probability": 0.999999}, "over 99 %"),
        ({"meet_probability": 0.000001}, "under 1 %"),
        ({"prior_count": 0, "prior_met_count": 0}, "nothing before"),
    ],
)
def test_breach_budget_is_told_in_words(
    tables: ReleaseTables, page: Callable[[], str], changes: dict[str, Any], words: str
) -> None:
    forecast(tables, **changes)
    assert words in page()


def test_period_that_is_over_has_no_forecast(tables: ReleaseTables, page: Callable[[], str]) -> None:
    forecast(tables, period_start=NOVEMBER)
    assert "Forecast and breach budget" not in page()


# Workload


def workload(tables: ReleaseTables, **changes: Any) -> None:
    row = {"is_running": False, "is_partly_valid": False, "ticket_count": 134, "limit_count": 125}
    tables.add("rpt_workload", **{**KEY, **row, "is_over_limit": True, **changes})


def test_workload_stands_beside_its_limit(tables: ReleaseTables, page: Callable[[], str]) -> None:
    workload(tables)
    assert "Desk SLA October 2026 134 125 a month 107.2 % Over the limit" in page()


def test_week_that_reaches_into_the_period_is_named_by_its_days(tables: ReleaseTables, page: Callable[[], str]) -> None:
    week = {"period_type": "week", "period_start": date(2026, 9, 28), "period_end": date(2026, 10, 5)}
    workload(tables, **week, ticket_count=125, is_over_limit=False, is_partly_valid=True)
    workload(tables, **{**week, "period_start": date(2026, 9, 21), "period_end": date(2026, 9, 28)})
    text = between(page(), "Workload against the limit", "Availability and error budget")
    assert "28 September to 4 October 2026 the agreement covers a part of it 125 125 a week 100.0 % Within" in text
    assert text.count("a week") == 1


def test_of_many_days_only_those_over_the_limit_are_listed(tables: ReleaseTables, page: Callable[[], str]) -> None:
    for day in range(1, 11):
        one = {"period_type": "day", "period_start": date(2026, 10, day), "period_end": date(2026, 10, day + 1)}
        workload(tables, **one, is_over_limit=day in (3, 4))
    text = page()
    assert "Of 10 periods the 2 over the limit are listed." in text
    assert "3 October 2026 134 125 a day" in text
    assert "5 October 2026" not in text


def test_agreement_without_a_limit_has_no_workload(page: Callable[[], str]) -> None:
    assert "Workload against the limit" not in page()


# Pauses


def pauses(tables: ReleaseTables, **changes: Any) -> None:
    row = {
        "service_id": "mail", "paused_seconds": 7_200, "run_seconds": 14_400, "ticket_count": 10,
        "paused_ticket_count": 2, "pause_count": 3, "pause_without_question_count": 1, "pause_near_breach_count": 1,
        "pause_outside_hours_count": 0, "longest_pause_seconds": 3_600, "met_count": 8, "met_by_pause_count": 1,
    }  # fmt: skip
    target = {key: value for key, value in TARGET.items() if key not in ("period_end", "target_ratio")}
    tables.add("rpt_pause_audit", **{**target, **row, **changes})


def test_pauses_of_all_services_are_one_line(tables: ReleaseTables, page: Callable[[], str]) -> None:
    pauses(tables)
    pauses(tables, service_id="web", pause_outside_hours_count=1, longest_pause_seconds=5_400)
    assert "P1 resolve 33.3 % 4 h of 12 h 4 of 20 6 1 outside hours 2 2 1 h 30 m 2 of 16" in page()


def test_page_without_a_pause_says_so(tables: ReleaseTables, page: Callable[[], str]) -> None:
    pauses(tables, pause_count=0)
    pauses(tables, period_start=date(2026, 9, 1))
    assert "No clock paused in this period." in page()


# Other rules


def rules(tables: ReleaseTables, table: str = "rpt_target_sensitivity", **changes: Any) -> None:
    """Every rule gives 112 of 120, missed, but for those named with their integers."""
    agreed = {"decided", "resume"}
    kinds = {"attribution": ("decided", "due", "resolved", "created"), "reopen": ("resume", "new_cycle", "ignore")}
    target = {**TARGET, **{key: changes.pop(key) for key in ("target_id", "service_id") if key in changes}}
    for kind, names in kinds.items():
        for rule in names:
            numerator, denominator, status = changes.get(rule, (112, 120, "missed"))
            tables.add(
                table,
                **{**target, "rule_kind": kind, "rule": rule, "is_agreed_rule": rule in agreed},
                **{"numerator": numerator, "denominator": denominator, "status": status},
            )


def test_figure_stands_beside_what_it_would_be_under_other_rules(
    tables: ReleaseTables, page: Callable[[], str]
) -> None:
    rules(tables, resolved=(112, 112, "met"), created=(0, 0, "no_data"))
    text = between(page(), "The same figures under other rules", "Experience")
    assert (
        "P1 resolve goal 95 % Missed, as agreed 93.33 % 112 of 120 Missed 93.33 % 112 of 120 Met 100.00 % 112 of 112"
        " No data no data Missed, as agreed 93.33 % 112 of 120 Missed"
    ) in text


def test_target_that_no_rule_changes_is_only_counted(tables: ReleaseTables, page: Callable[[], str]) -> None:
    rules(tables)
    text = between(page(), "The same figures under other rules", "Experience")
    assert "1 target is the same under every rule." in text
    assert "112 of 120" not in text


def test_verdict_per_service_is_shown_by_service(tables: ReleaseTables, page: Callable[[], str]) -> None:
    tables.target("respond", per="service")
    tables.figure(1, 2, "rpt_sla_scorecard", target_id="respond", service_id="mail")
    rules(tables, "rpt_definition_sensitivity", target_id="respond", service_id="mail", due=(1, 1, "met"))
    rules(tables, target_id="respond", due=(7, 7, "met"))
    text = between(page(), "The same figures under other rules", "Experience")
    assert "Respond of E-mail goal 95 %" in text
    assert "7 of 7" not in text


# Exclusions and other decisions


def decision(tables: ReleaseTables, name: str = "power", **changes: Any) -> None:
    tables.add(
        "dim_decision",
        **{
            "decision_id": name, "decision_kind": "exclude_interval", "agreement_id": "sla", "target_id": "p1-resolve",
            "source": "desk", "ticket_id": "T1", "interval_from_at": datetime(2026, 10, 5, 9),
            "interval_to_at": datetime(2026, 10, 5, 10, 30), "reason": "customer_site_power_loss",
            "evidence": "mail msg-1", "requested_by": "it-lead (provider)", "decided_by_provider": "slm",
            "decided_by_consumer": "cfo", "decided_at": datetime(2026, 11, 3, 15), "outcome": "accepted",
            "is_in_force": True, "affected_count": 1, **changes,
        },
    )  # fmt: skip


def test_decision_is_told_with_who_took_it_and_what_it_does(tables: ReleaseTables, page: Callable[[], str]) -> None:
    decision(tables)
    assert (
        "Leave out a stretch of time T1, P1 resolve, 5 Oct 2026 10:00 to 5 Oct 2026 11:30 by it-lead (provider)"
        " Customer site power loss mail msg-1 Provider: slm Customer: cfo 3 Nov 2026 15:00 Accepted 1 clock changed"
    ) in page()


def test_refused_decision_about_a_ticket_of_the_period_is_told_too(
    tables: ReleaseTables, page: Callable[[], str]
) -> None:
    tables.breach("T1", 60)
    nothing = {"target_id": None, "interval_from_at": None, "interval_to_at": None, "decided_by_consumer": None}
    refused = {"outcome": "rejected", "is_in_force": False, "affected_count": 0, "evidence": None}
    decision(tables, decision_kind="exclude_instance", **nothing, **refused)
    text = page()
    assert "Leave out a ticket's clock T1, every target by it-lead (provider)" in text
    assert "none named Provider: slm Customer: nobody 3 Nov 2026 15:00 Rejected changes no figure" in text


@pytest.mark.parametrize(
    "changes",
    [
        {"decided_at": datetime(2026, 12, 2)},  # after the instant the release speaks for
        {"interval_from_at": datetime(2026, 9, 1), "interval_to_at": datetime(2026, 9, 2)},  # of another period
        {"agreement_id": "other"},
    ],
)
def test_decision_that_does_not_bear_on_the_page_is_not_on_it(
    tables: ReleaseTables, page: Callable[[], str], changes: dict[str, Any]
) -> None:
    decision(tables, **changes)
    assert "Nothing was left out of this period, and nobody asked for it." in page()


def test_result_without_exclusions_stands_beside_the_result(tables: ReleaseTables, written: Written) -> None:
    tables.target()
    tables.figure(4, 4, numerator_without_exclusions=3, denominator_without_exclusions=4)
    tables.target("respond")
    tables.figure(4, 4, target_id="respond")
    text = seen(written()["acme/2026-10.html"])
    assert text.count("Without exclusions 75.00 %, 3 of 4") == 1
    assert text.count("Without exclusions") == 1
