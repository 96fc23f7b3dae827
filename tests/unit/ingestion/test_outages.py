"""Outages and checks that are not as they should be: quarantined with a reason, or counted by a rule."""

from tests.unit.ingestion.conftest import Project

OUTAGE_HEADER = "outage_id,service_id,started_at,ended_at,kind"
CHECK_HEADER = "service_id,checked_at,status"
FEEDS = {"outages": "data/outages*.csv", "uptime_checks": "data/checks*.csv"}


def load(project: Project, outages: tuple[str, ...] = (), checks: tuple[str, ...] = ()) -> None:
    project.write("data/outages.csv", OUTAGE_HEADER, *outages)
    project.write("data/checks.csv", CHECK_HEADER, *checks)
    project.run(feeds=FEEDS, maxRejectRatio=1)


def test_outage_that_ended_before_it_started_is_quarantined(project: Project) -> None:
    load(project, ("O1,web,2026-03-02T12:00:00Z,2026-03-02T11:59:59Z,outage",))
    assert project.quarantine("record_id, column_name, reason_code") == [("O1", "ended_at", "ended_before_started")]
    assert ("outages", 1, 0, 1) in project.audit()


def test_outage_without_length_is_accepted(project: Project) -> None:
    load(project, ("O1,web,2026-03-02T12:00:00Z,2026-03-02T12:00:00.900Z,outage",))
    assert project.rows("outages", "outage_id, ended_at = started_at") == [("O1", True)]
    assert ("outages", 1, 1, 0) in project.audit()


def test_of_one_outage_with_different_times_the_last_row_is_kept_and_the_other_quarantined(project: Project) -> None:
    load(
        project,
        (
            "O1,web,2026-03-02T12:00:00Z,2026-03-02T13:00:00Z,outage",
            "O1,web,2026-03-02T12:00:00Z,2026-03-02T14:00:00Z,outage",
            "O1,web,2026-03-02T12:00:00Z,2026-03-02T14:00:00Z,outage",
        ),
    )
    assert project.rows("outages", "strftime(ended_at, '%H')") == [("14",)]
    assert project.quarantine("line, record_id, reason_code") == [(2, "O1", "conflicting_in_load")]


def test_outage_corrected_by_a_later_load_replaces_the_former(project: Project) -> None:
    load(project, ("O1,web,2026-03-02T12:00:00Z,,outage",))
    project.write("data/outages-b.csv", OUTAGE_HEADER, "O1,web,2026-03-02T12:00:00Z,2026-03-02T13:00:00Z,outage")
    project.run(feeds=FEEDS, maxRejectRatio=1)
    assert project.rows("outages", "strftime(ended_at, '%H')") == [("13",)]
    assert project.quarantine() == []


def test_outage_of_a_service_nobody_has_defined_is_accepted(project: Project) -> None:
    load(project, ("O1,no-such-service,2026-03-02T12:00:00Z,2026-03-02T13:00:00Z,outage",))
    assert project.rows("outages", "service_id") == [("no-such-service",)]


def test_open_outage_and_long_maintenance_are_accepted_as_they_are(project: Project) -> None:
    load(
        project,
        (
            "O1,web,2024-03-02T12:00:00Z,,outage",
            "M1,web,2026-03-02T00:00:00Z,2026-03-09T11:01:00Z,maintenance",  # 10,741 minutes
        ),
    )
    minutes = "cast(epoch(ended_at - started_at) / 60 as bigint)"
    assert project.rows("outages", f"outage_id, {minutes}") == [("M1", 10741), ("O1", None)]


def test_checks_out_of_order_are_all_accepted(project: Project) -> None:
    load(project, (), ("web,2026-03-02T13:00:00Z,up", "web,2026-03-02T12:00:00Z,down"))
    assert project.rows("uptime_checks", "strftime(checked_at, '%H'), status") == [("12", "down"), ("13", "up")]
    assert project.quarantine() == []


def test_of_two_checks_in_one_second_the_later_row_wins(project: Project) -> None:
    load(project, (), ("web,2026-03-02T12:00:00.8Z,down", "web,2026-03-02T12:00:00.2Z,up"))
    assert project.rows("uptime_checks", "status") == [("up",)]
    assert project.quarantine("line, reason_code") == [(2, "conflicting_in_load")]
