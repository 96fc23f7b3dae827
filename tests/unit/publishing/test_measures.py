"""What a certificate measures, and how a failure that concerns one agreement withholds its figures and no others."""

import dataclasses
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from publishing.certificate import Unread, withheld_by
from publishing.ledger import Reopening
from publishing.measures import FeedState, affected_checks, drift_checks, feed_checks, unread_checks
from publishing.release import publish
from tests.unit.publishing.conftest import AS_OF, Desk, figure


@pytest.mark.parametrize(
    ("age", "promised", "is_fresh"),
    [(3600, 3600, True), (3601, 3600, False), (None, 3600, False), (10**9, None, True)],
    ids=["exactly", "a second late", "no record", "no promise"],
)
def test_freshness_is_held_against_the_promise(age: int | None, promised: int | None, is_fresh: bool) -> None:
    (check,) = feed_checks([FeedState("desk", "tickets", age, promised)])
    assert (check.is_successful, check.severity) == (is_fresh, "warning")


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
        assert withheld_by(affected_checks(build, 0.5)) == {}
        other, check = affected_checks(build, 0.49)
    assert (other.agreement_id, other.is_successful, other.observed) == (
        "other", True, "0 of 1 tickets have rejected records"
    )  # fmt: skip
    assert (check.agreement_id, check.is_successful, check.severity) == ("sla", False, "agreement")
    assert withheld_by([other, check]) == {
        "sla": "1 of 2 tickets have rejected records, more than the ratio 0.49 allows"
    }


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


def test_agreement_that_comes_back_after_it_was_withheld_is_no_restatement(desk: Desk) -> None:
    desk.publish(figure(period_status="closed"))
    for day, withheld in ((1, {"sla": "too many rejects"}), (2, {})):
        desk.make_build({"rpt_sla_scorecard": [figure(period_status="closed")]})
        certificate = dataclasses.replace(desk.certificate(), withheld=withheld)
        publish(desk.home, desk.build, certificate, desk.made_of(AS_OF + timedelta(days=day)))
    ledger = "select edition, is_of_record, numerator, status from marts.figure order by sequence_number"
    assert desk.in_force(ledger) == [(1, True, 2, "met"), (1, False, 0, "withheld"), (1, False, 2, "met")]
    assert desk.in_force("select count(*) from marts.restatement") == [(0,)]


# ------------------------------------------------------------------------------------------- a source that was not read

DOWN = Unread("monitor", "2026-03-31T02:00:00Z", "HTTP 503", ["sla"], [])


def night(desk: Desk, day: int, *scorecard: dict[str, Any], unread: tuple[Unread, ...] = ()) -> None:
    desk.make_build({"rpt_sla_scorecard": list(scorecard)})
    certificate = dataclasses.replace(desk.certificate(), unread=list(unread))
    publish(desk.home, desk.build, certificate, desk.made_of(AS_OF + timedelta(days=day)))


def test_check_says_from_when_on_nothing_is_known_and_whom_it_delays() -> None:
    last = "last read at 2026-03-31T02:00:00Z"
    checks = unread_checks([dataclasses.replace(DOWN, within=["sla", "other"], overdue=["old"])])
    assert {(check.check_id, check.is_successful) for check in checks} == {("monitor_was_read", False)}
    assert [(check.agreement_id, check.severity, check.observed) for check in checks] == [
        ("sla", "warning", f"{last}; figures as of then"),
        ("other", "warning", f"{last}; figures as of then"),
        ("old", "agreement", f"{last}; figures withheld"),
    ]
    (check,) = unread_checks([dataclasses.replace(DOWN, within=[])])
    assert (check.agreement_id, check.severity, check.observed) == (None, "warning", last)
    assert unread_checks([]) == []


def test_figures_that_depend_on_it_say_since_when_and_the_others_do_not(desk: Desk) -> None:
    later = Unread("desk", "2026-03-31T03:00:00Z", "HTTP 401", ["sla"], [])
    night(desk, 0, figure(), figure(agreement_id="other"), unread=(DOWN, later))
    assert desk.in_force(
        "select agreement_id, unread_sources, unknown_since_at from marts.figure_quality order by 1"
    ) == [("other", None, None), ("sla", "desk, monitor", datetime(2026, 3, 31, 2))]


def test_period_does_not_close_while_its_source_is_unread(desk: Desk) -> None:
    """Neither is a half-known value put on record, nor is what comes late then a restatement of it."""
    night(desk, 0, figure(1, 2))
    night(desk, 1, figure(1, 2, period_status="closed"), unread=(DOWN,))
    night(desk, 2, figure(2, 3, period_status="closed"))
    ledger = "select period_status, edition, is_of_record, numerator from marts.figure order by sequence_number"
    assert desk.in_force(ledger) == [
        ("running", None, False, 1), ("closed", None, False, 1), ("closed", 1, True, 2)
    ]  # fmt: skip
    assert desk.in_force("select count(*) from marts.restatement") == [(0,)]


def test_closed_figure_is_not_restated_by_clocks_that_run_on_without_their_source(desk: Desk) -> None:
    """A ticket that nobody saw resolved seems to breach; when the source is back the figure is what it was."""
    closed = figure(2, 3, period_status="closed")
    night(desk, 0, closed)
    night(desk, 1, figure(2, 4, period_status="closed"), unread=(DOWN,))
    night(desk, 2, closed)
    ledger = "select edition, is_of_record, denominator from marts.figure order by sequence_number"
    assert desk.in_force(ledger) == [(1, True, 3), (1, False, 4), (1, False, 3)]
    assert desk.in_force("select count(*) from marts.restatement") == [(0,)]


def test_late_record_restates_once_its_source_is_back(desk: Desk) -> None:
    night(desk, 0, figure(2, 3, period_status="closed"))
    night(desk, 1, figure(2, 4, period_status="closed"), unread=(DOWN,))
    night(desk, 2, figure(3, 4, period_status="closed"))
    assert desk.in_force(
        "select edition, former_numerator, former_denominator, numerator, denominator from marts.restatement"
    ) == [(2, 2, 3, 3, 4)]


def test_decision_to_reopen_waits_for_the_source(desk: Desk) -> None:
    decided = [Reopening("reopen-march", "sla", None, date(2026, 3, 1))]
    night(desk, 0, figure(2, 3, period_status="closed"))
    for day, unread in ((1, [DOWN]), (2, [])):
        desk.make_build({"rpt_sla_scorecard": [figure(3, 4, period_status="closed")]})
        certificate = dataclasses.replace(desk.certificate(), unread=unread)
        publish(desk.home, desk.build, certificate, desk.made_of(AS_OF + timedelta(days=day), reopenings=decided))
    ledger = "select edition, is_of_record, reopened_by, numerator from marts.figure order by sequence_number"
    assert desk.in_force(ledger) == [(1, True, None, 2), (1, False, None, 3), (2, True, "reopen-march", 3)]
