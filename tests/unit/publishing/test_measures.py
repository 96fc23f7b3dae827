"""What a certificate measures, and how a failure that concerns one agreement withholds its figures and no others."""

import dataclasses
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from publishing.measures import FeedState, affected_check, drift_checks, feed_checks
from publishing.release import publish
from tests.unit.publishing.conftest import AS_OF, Desk, figure


@pytest.mark.parametrize(
    ("age", "promised", "is_fresh"),
    [(3600, 3600, True), (3601, 3600, False), (None, 3600, False), (10**9, None, True)],
    ids=["exactly", "a second late", "no record", "no promise"],
)
def test_freshness_is_held_against_the_promise(age: int | None, promised: int | None, is_fresh: bool) -> None:
    (check,) = feed_checks([FeedState("desk", "tickets", age, promised, 0, 0, None)])
    assert (check.is_successful, check.severity) == (is_fresh, "warning")


def test_late_records_are_an_estimate_and_fail_nothing() -> None:
    _, late = feed_checks([FeedState("desk", "tickets", 0, None, 8, 3, 90_000)])
    assert (late.observed, late.is_successful) == ("3 of 8 records, median delay 90000 s", True)


def test_table_that_lost_more_than_half_of_its_rows_is_warned_of(desk: Desk) -> None:
    desk.publish(*(figure(service=f"s{n}") for n in range(40)))

    def shrunk_to(count: int) -> list[str]:
        desk.make_build({"rpt_sla_scorecard": [figure(service=f"s{n}") for n in range(count)]})
        with duckdb.connect(str(desk.build), read_only=True) as build:
            return [check.table_name for check in drift_checks(build, desk.current) if not check.is_successful]

    assert shrunk_to(20) == []
    assert shrunk_to(19) == ["rpt_sla_scorecard"]


def clock(ticket: str, agreement: str) -> dict[str, Any]:
    return {
        "ticket_key": f"desk:{ticket}", "agreement_id": agreement, "agreement_version": 1, "target_id": "resolve",
        "service_id": "mail", "cycle_number": 1, "state": "met", "period_start": date(2026, 3, 1),
    }  # fmt: skip


def ticket(name: str, is_affected: bool = False) -> dict[str, Any]:
    return {"ticket_key": f"desk:{name}", "has_quarantined_events": is_affected}


FACTS = {
    "fct_ticket": [ticket("T1"), ticket("T2", True), ticket("T3")],
    "fct_ticket_sla": [clock("T1", "sla"), clock("T2", "sla"), clock("T3", "other")],
}


def test_agreement_with_too_many_affected_tickets_is_named(desk: Desk) -> None:
    desk.make_build(FACTS)
    with duckdb.connect(str(desk.build), read_only=True) as build:
        assert affected_check(build, 0.5)[1] == {}
        check, beyond = affected_check(build, 0.49)
    assert (check.is_successful, check.severity) == (False, "agreement")
    assert beyond == {"sla": "1 of 2 tickets have rejected records, more than the ratio 0.49 allows"}


def test_share_of_affected_tickets_is_known_for_every_figure(desk: Desk) -> None:
    desk.publish(figure(), figure(agreement_id="other"), **FACTS)
    assert desk.in_force(
        "select agreement_id, affected_ticket_count, ticket_count, affected_ticket_ratio, withheld_reason"
        " from marts.figure_quality order by 1"
    ) == [("other", 0, 1, 0.0, None), ("sla", 1, 2, 0.5, None)]


def test_withheld_agreement_shows_no_number_and_the_rest_is_published(desk: Desk) -> None:
    numbers: dict[str, Any] = {"attainment_ratio": 0.66, "target_ratio": 0.5, "is_at_risk": True, "excluded_count": 4}
    desk.publish(figure(period_status="closed"))
    desk.make_build({"rpt_sla_scorecard": [figure(**numbers), figure(agreement_id="other", **numbers)], **FACTS})
    certificate = dataclasses.replace(desk.certificate(), withheld={"sla": "too many rejects"})
    publish(desk.home, desk.build, certificate, desk.made_of(AS_OF + timedelta(days=1)))
    columns = "agreement_id, numerator, denominator, attainment_ratio, target_ratio, status, is_at_risk, excluded_count"
    assert desk.in_force(f"select {columns} from marts.rpt_sla_scorecard order by 1") == [
        ("other", 2, 3, 0.66, 0.5, "met", True, 4),
        ("sla", 0, 0, None, 0.5, "withheld", False, 0),
    ]
    assert desk.in_force("select withheld_reason from marts.figure_quality where agreement_id = 'sla'") == [
        ("too many rejects",)
    ]
    # The figure of record stands, and withholding is no restatement of it.
    assert desk.in_force(
        "select edition, numerator, status from marts.figure where agreement_id = 'sla' order by sequence_number"
    ) == [(1, 2, "met"), (1, 0, "withheld")]
    assert desk.in_force("select count(*) from marts.restatement") == [(0,)]
