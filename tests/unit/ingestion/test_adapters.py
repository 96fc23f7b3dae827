"""What the adapters make of one system's raw records."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import SourceError
from tests.unit.ingestion.conftest import Project

PUBLIC_DATA = os.environ.get("SLM_PUBLIC_DATA", "")
needs_public_data = pytest.mark.skipif(not PUBLIC_DATA, reason="SLM_PUBLIC_DATA is not set")

# ------------------------------------------------------------------------------------------------- ServiceNow

LOG = {
    "path": "log*.csv",
    "timeZone": "Europe/London",
    "defaults": {"customer_id": "acme", "service_id": "desk"},
}
LOG_HEADER = (
    "number,incident_state,sys_mod_count,sys_updated_at,opened_at,priority,assignment_group,category,contact_type,"
    "caller_id,opened_by,made_sla,reopen_count,reassignment_count,resolved_at,closed_at"
)


def update(
    count: int,
    state: str,
    at: str,
    group: str = "Group 1",
    priority: str = "3 - Moderate",
    number: str = "INC1",
    opened: str = "1/7/2016 09:00",
    last: str = "true,1,2,2/7/2016 10:00,5/7/2016 10:00",
) -> str:
    return f"{number},{state},{count},{at},{opened},{priority},{group},Category 1,Phone,?,Opened by 8,{last}"


@pytest.fixture
def log(project: Project) -> Project:
    project.kind, project.name, project.options = "servicenow_audit_log", "servicenow", dict(LOG)
    return project


def events(log: Project, columns: str = "occurred_at, event_type, value") -> list[tuple[Any, ...]]:
    return log.query(
        f"select {columns} from '{{home}}/warehouse/feeds/ticket_events/servicenow.*.parquet' order by event_id"
    )


def test_tickets_take_the_first_update_and_source_values_the_last(log: Project) -> None:
    log.write(
        "log.csv",
        LOG_HEADER,
        update(0, "New", "1/7/2016 09:05", last="true,0,0,?,?"),
        update(
            1, "Active", "1/7/2016 09:30", "Group 2", "1 - Critical", last="false,1,2,2/7/2016 10:00,5/7/2016 10:00"
        ),
    )
    log.run()
    columns = (
        "ticket_id, customer_id, service_id, ticket_type, priority, opened_at, requester_id, team_id, channel, category"
    )
    assert log.rows("tickets", columns) == [
        (
            "INC1",
            "acme",
            "desk",
            "incident",
            "P3",
            datetime(2016, 7, 1, 8),
            None,  # an id in the clear,
            "Group 1",
            "Phone",
            "Category 1",
        )
    ]
    columns = "source_made_sla, source_reopen_count, source_reassignment_count, source_resolved_at, source_closed_at"
    assert log.rows("tickets", columns) == [(False, 1, 2, datetime(2016, 7, 2, 9), datetime(2016, 7, 5, 9))]


def test_a_difference_from_the_update_before_is_an_event(log: Project) -> None:
    log.write(
        "log.csv",
        LOG_HEADER,
        update(0, "New", "1/7/2016 09:05"),
        update(2, "Active", "1/7/2016 09:30", "Group 2", "1 - Critical"),
        update(3, "Active", "1/7/2016 09:40", "Group 2", "1 - Critical"),
        update(10, "Resolved", "1/7/2016 09:50", "Group 2", "1 - Critical"),
    )
    log.run()
    assert events(log) == [
        (datetime(2016, 7, 1, 8, 30), "priority", "P1"),
        (datetime(2016, 7, 1, 8, 30), "team", "Group 2"),
        (datetime(2016, 7, 1, 8, 30), "status", "in_progress"),
        (datetime(2016, 7, 1, 8, 50), "status", "resolved"),
    ]
    assert set(events(log, "actor_role, is_public")) == {("agent", False)}


def test_first_update_is_an_event_unless_the_ticket_is_new(log: Project) -> None:
    log.write(
        "log.csv", LOG_HEADER, update(0, "Active", "1/7/2016 09:05"), update(0, "New", "1/7/2016 09:05", number="INC2")
    )
    log.run()
    assert events(log, "ticket_id, value") == [("INC1", "in_progress")]


def test_updates_are_ordered_by_their_count_and_not_by_their_place_in_the_file(log: Project) -> None:
    log.write(
        "log.csv",
        LOG_HEADER,
        update(10, "Closed", "1/7/2016 12:00"),
        update(9, "Resolved", "1/7/2016 11:00"),
        update(0, "New", "1/7/2016 09:05"),
    )
    log.run()
    assert events(log, "value") == [("resolved",), ("closed",)]


def test_withheld_group_is_a_team_of_its_own(log: Project) -> None:
    log.write(
        "log.csv",
        LOG_HEADER,
        update(0, "New", "1/7/2016 09:05", "?"),
        update(1, "New", "1/7/2016 09:30", "Group 2"),
        update(2, "New", "1/7/2016 09:40", "?"),
    )
    log.run()
    assert log.rows("tickets", "team_id") == [("unnamed",)]
    assert events(log, "value") == [("Group 2",), ("unnamed",)]


def test_empty_group_is_no_team_and_no_event(log: Project) -> None:
    log.write(
        "log.csv",
        LOG_HEADER,
        update(0, "New", "1/7/2016 09:05", ""),
        update(1, "New", "1/7/2016 09:30", "Group 2"),
        update(2, "New", "1/7/2016 09:40", ""),
        update(3, "New", "1/7/2016 09:50", "Group 2"),
    )
    log.run()
    assert log.rows("tickets", "team_id") == [(None,)]
    assert events(log, "value") == [("Group 2",)]


@pytest.mark.parametrize(
    ("bad", "column", "code"),
    [
        (update(1, "-100", "1/7/2016 09:30"), "incident_state", "unknown_status"),
        (update(1, "Active", "31/6/2016 09:30"), "sys_updated_at", "bad_time"),
        (update(1, "Active", "1/7/2016 08:59"), "sys_updated_at", "event_before_opening"),
        (update(1, "Active", "?"), "sys_updated_at", "missing_value"),
        (update(1, "Active", "1/7/2016 09:30", number="?"), "number", "missing_value"),
        (update(1, "Active", "1/7/2016 09:30").replace(",1,1/7", ",one,1/7"), "sys_mod_count", "bad_number"),
    ],
)
def test_bad_update_is_quarantined_as_a_whole_and_yields_nothing(
    log: Project, bad: str, column: str, code: str
) -> None:
    log.write("log.csv", LOG_HEADER, update(0, "New", "1/7/2016 09:05"), bad, update(2, "Resolved", "1/7/2016 11:00"))
    log.run(maxRejectRatio=0.5)
    assert log.quarantine("feed, line, column_name, reason_code") == [("audit_log", 3, column, code)]
    assert log.audit() == [("audit_log", 3, 2, 1)]
    assert events(log, "value") == [("resolved",)]


def test_update_that_comes_twice_with_different_content_counts_once(log: Project) -> None:
    log.write(
        "log.csv",
        LOG_HEADER,
        update(0, "New", "1/7/2016 09:05"),
        update(1, "Resolved", "1/7/2016 09:30"),
        update(1, "Active", "1/7/2016 09:20"),
        update(1, "Active", "1/7/2016 09:20"),
    )
    log.run(maxRejectRatio=0.5)
    assert log.quarantine("line, record_id, ticket_id, reason_code") == [(3, "INC1-1", "INC1", "conflicting_in_load")]
    assert log.audit("landed_count, accepted_count, quarantined_count, collapsed_count") == [(4, 3, 1, 1)]
    assert events(log, "value") == [("in_progress",)]


def test_update_continues_a_history_that_began_in_an_earlier_load(log: Project) -> None:
    log.write("log-1.csv", LOG_HEADER, update(0, "New", "1/7/2016 09:05"), update(1, "Active", "1/7/2016 09:30"))
    log.run()
    log.write(
        "log-2.csv", LOG_HEADER, update(2, "Active", "1/7/2016 10:00", "Group 2", last="true,0,1,?,6/7/2016 10:00")
    )
    log.run()
    assert events(log, "load_id[:6], event_type, value") == [
        ("000001", "status", "in_progress"),
        ("000002", "team", "Group 2"),
    ]
    assert log.rows("tickets", "load_id[:6], source_closed_at") == [("000001", datetime(2016, 7, 6, 9))]


def test_corrected_update_of_a_later_load_replaces_the_earlier_one(log: Project) -> None:
    log.write("log-1.csv", LOG_HEADER, update(0, "New", "1/7/2016 09:05"), update(1, "Active", "1/7/2016 09:30"))
    log.run()
    log.write("log-2.csv", LOG_HEADER, update(1, "Resolved", "1/7/2016 09:45"))
    log.run()
    assert events(log) == [(datetime(2016, 7, 1, 8, 45), "status", "resolved")]
    assert log.audit("load_id[:6], accepted_count, superseded_count") == [("000001", 2, 1), ("000002", 1, 0)]


def test_states_of_its_own_are_mapped_beside_the_usual_ones(log: Project) -> None:
    log.write("log.csv", LOG_HEADER, update(0, "New", "1/7/2016 09:05"), update(1, "Parked", "1/7/2016 09:30"))
    log.run(statusMap={"Parked": "on_hold"})
    assert events(log, "value") == [("on_hold",)]


def test_log_without_a_zone_fails_saying_what_to_set(log: Project) -> None:
    log.write("log.csv", LOG_HEADER, update(0, "New", "1/7/2016 09:05"))
    with pytest.raises(SourceError, match=r"naive_time: .*set timeZone on the source"):
        log.run(timeZone=None)


def test_log_needs_a_customer_and_a_service(log: Project) -> None:
    with pytest.raises(SourceError, match="defaults: give customer_id and service_id"):
        log.run(defaults={})


@needs_public_data
def test_public_log_agrees_with_the_counters_of_its_own_instance(log: Project) -> None:
    """Reopenings and team changes recomputed from the events, against the counters that the log carries."""
    log.run(path=f"{PUBLIC_DATA}/servicenow-incidents/incident_event_log.zip")
    assert log.audit() == [("audit_log", 141_712, 141_701, 11)]
    feeds = "{home}/warehouse/feeds"
    ((tickets, reopened, reassigned, closed),) = log.query(
        f"""
        with tickets as (select * from '{feeds}/tickets/servicenow.*.parquet'),
        events as (select * from '{feeds}/ticket_events/servicenow.*.parquet'),
        statuses as (
            select ticket_id, value, occurred_at,
                lag(value, 1, 'new') over (partition by ticket_id order by occurred_at, event_id) as before
            from events where event_type = 'status'
        ),
        recomputed as (
            select ticket_id,
                count(*) filter (
                    where before in ('resolved', 'closed') and value not in ('resolved', 'closed')) as reopened,
                max(occurred_at) filter (where value = 'closed') as closed_at
            from statuses group by ticket_id
        ),
        teams as (select ticket_id, count(*) as reassigned from events where event_type = 'team' group by ticket_id)
        select count(*), avg(cast(coalesce(reopened, 0) = source_reopen_count as int)),
            avg(cast(coalesce(reassigned, 0) = source_reassignment_count as int)),
            avg(cast(closed_at is not distinct from source_closed_at as int))
        from tickets left join recomputed using (ticket_id) left join teams using (ticket_id)
        """
    )
    assert tickets == 24_918
    assert reopened >= 0.999
    assert reassigned >= 0.995
    assert closed >= 0.997


# ------------------------------------------------------------------------------------------------ status page


@pytest.fixture
def page(project: Project) -> Project:
    project.kind, project.name, project.options = "statuspage_incidents", "page", {"path": "incidents*.jsonl"}
    return project


def incident(number: str, components: list[str] | None, **changes: Any) -> str:
    content = {
        "id": number,
        "title": "Trouble",
        "impact": "major",
        "downtime_start": "2026-03-02T10:00:00Z",
        "downtime_end": "2026-03-02T11:00:00Z",
        "updates": [{"at": "2026-03-02T10:07:00Z"}, {"at": "2026-03-02T10:05:00Z"}],
        "components": components,
    }
    return json.dumps({name: value for name, value in {**content, **changes}.items() if value is not None})


def test_incident_is_an_outage_of_every_component(page: Project) -> None:
    page.write("incidents.jsonl", incident("1", ["Pull Requests", "Actions"]))
    page.run(serviceMap={"Actions": "ci"}, defaults={"attributed_to": "provider"})
    at = (datetime(2026, 3, 2, 10), datetime(2026, 3, 2, 11))
    seen = datetime(2026, 3, 2, 10, 5)
    columns = "outage_id, service_id, started_at, ended_at, kind, cause"
    columns += ", attributed_to, detected_at, notified_at, announced_at"
    assert page.rows("outages", columns) == [
        ("1:actions", "ci", *at, "outage", "Trouble", "provider", seen, seen, None),
        ("1:pull-requests", "pull-requests", *at, "outage", "Trouble", "provider", seen, seen, None),
    ]
    assert page.audit() == [("incidents", 1, 1, 0)]


@pytest.mark.parametrize(
    ("impact", "kind"),
    [
        ("critical", "outage"),
        ("major", "outage"),
        ("minor", "partial"),
        ("none", "degraded"),
        ("maintenance", "maintenance"),
    ],
)
def test_impact_has_a_usual_kind(page: Project, impact: str, kind: str) -> None:
    page.write("incidents.jsonl", incident("1", ["A"], impact=impact))
    page.run()
    assert page.rows("outages", "kind") == [(kind,)]


def test_impact_may_be_mapped_otherwise_or_ignored(page: Project) -> None:
    page.write("incidents.jsonl", incident("1", ["A"], impact="minor"), incident("2", ["A"], impact="none"))
    page.run(impactMap={"minor": "degraded", "none": "ignore"})
    assert page.rows("outages", "outage_id, kind") == [("1:a", "degraded")]
    assert page.audit() == [("incidents", 2, 2, 0)]


def test_incident_without_component_needs_a_service_to_take_it(page: Project) -> None:
    page.write("incidents.jsonl", incident("1", None), incident("2", []), incident("3", ["A"]))
    page.run(maxRejectRatio=1)
    assert page.quarantine("line, record_id, reason_code") == [(1, "1", "no_component"), (2, "2", "no_component")]
    page.run(unattributedService="whole-page")
    assert page.quarantine() == []
    assert page.rows("outages", "outage_id, service_id")[:2] == [
        ("1:whole-page", "whole-page"),
        ("2:whole-page", "whole-page"),
    ]


def test_incident_without_end_is_open_and_one_without_length_is_accepted(page: Project) -> None:
    page.write(
        "incidents.jsonl",
        incident("1", ["A"], downtime_end=None),
        incident("2", ["A"], downtime_end="2026-03-02T10:00:00Z"),
    )
    page.run()
    assert page.rows("outages", "outage_id, ended_at") == [("1:a", None), ("2:a", datetime(2026, 3, 2, 10))]


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"impact": "huge"}, "impact", "unknown_value"),
        ({"downtime_end": "2026-03-02T09:00:00Z"}, "downtime_end", "ended_before_started"),
        ({"downtime_start": "2026-03-02T10:00:00"}, "downtime_start", "naive_time"),
        ({"downtime_start": ""}, "downtime_start", "missing_value"),
        ({"id": ""}, "id", "missing_value"),
    ],
)
def test_bad_incident_is_quarantined(page: Project, changes: dict[str, str], column: str, code: str) -> None:
    page.write("incidents.jsonl", incident("1", ["A"], **changes), incident("2", ["A"]))
    page.run(maxRejectRatio=0.5)
    assert page.quarantine("feed, line, column_name, reason_code") == [("incidents", 1, column, code)]
    assert page.rows("outages", "outage_id") == [("2:a",)]


def test_incident_told_anew_replaces_all_its_outages(page: Project) -> None:
    page.write("incidents-1.jsonl", incident("1", ["A", "B"], downtime_end=None), incident("2", ["A"]))
    page.run()
    page.write("incidents-2.jsonl", incident("1", ["B"]))
    page.run()
    assert page.rows("outages", "outage_id, ended_at is null") == [("1:b", False), ("2:a", False)]
    assert page.audit("load_id[:6], accepted_count, superseded_count") == [("000001", 2, 1), ("000002", 1, 0)]


# ---------------------------------------------------------------------------------------------------- survey

SURVEY = {
    "path": "answers*.csv",
    "instrument": "panel",
    "idColumn": "RESPNUM",
    "respondedAt": {"day": "INTDATE", "month": "2017-05", "time": "12:00"},
    "timeZone": "America/Los_Angeles",
    "weightColumn": "WEIGHT",
    "defaults": {"customer_id": "passengers", "service_id": "airport"},
    "items": {
        "Q7ALL": {"item": "overall", "missing": [0, 6, "Blank"], "scale": [1, 5]},
        "NETPRO": {"item": "nps", "missing": [11], "scale": [0, 10]},
    },
}
SURVEY_HEADER = "RESPNUM,INTDATE,Q7ALL,NETPRO,WEIGHT"


@pytest.fixture
def survey(project: Project) -> Project:
    project.kind, project.name, project.options = "survey_wide_csv", "panel", dict(SURVEY)
    return project


def test_record_becomes_a_row_per_answered_item(survey: Project) -> None:
    survey.write("answers.csv", SURVEY_HEADER, "1,5,4,10,0.5", "2,13,0,11,1", "3,13,Blank,0,", "4,13,6.0,,1")
    survey.run()
    columns = "response_id, item, score, weight, responded_at"
    assert survey.rows("survey_responses", columns) == [
        ("1", "nps", 10.0, 0.5, datetime(2017, 5, 5, 19)),
        ("1", "overall", 4.0, 0.5, datetime(2017, 5, 5, 19)),
        ("3", "nps", 0.0, None, datetime(2017, 5, 13, 19)),
    ]
    columns = "distinct instrument_id, customer_id, service_id, respondent_role, position"
    assert survey.rows("survey_responses", columns) == [("panel", "passengers", "airport", "customer", None)]
    assert survey.audit() == [("responses", 4, 4, 0)]


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("9,5,good,10,1", "Q7ALL", "bad_number"),
        ("9,5,4,12,1", "NETPRO", "out_of_scale"),
        ("9,32,4,10,1", "INTDATE", "bad_time"),
        ("9,,4,10,1", "INTDATE", "missing_value"),
        (",5,4,10,1", "RESPNUM", "missing_value"),
        ("9,5,4,10,heavy", "WEIGHT", "bad_number"),
    ],
)
def test_record_with_an_impossible_answer_is_quarantined_as_a_whole(
    survey: Project, line: str, column: str, code: str
) -> None:
    survey.write("answers.csv", SURVEY_HEADER, "1,5,4,10,1", line)
    survey.run(maxRejectRatio=0.5)
    assert survey.quarantine("feed, line, column_name, reason_code") == [("responses", 3, column, code)]
    assert survey.rows("survey_responses", "distinct response_id") == [("1",)]


def test_answer_taken_back_in_a_later_load_is_gone(survey: Project) -> None:
    survey.write("answers-1.csv", SURVEY_HEADER, "1,5,4,10,1")
    survey.run()
    survey.write("answers-2.csv", SURVEY_HEADER, "1,5,0,9,1")
    survey.run()
    assert survey.rows("survey_responses", "item, score") == [("nps", 9.0)]


@pytest.mark.parametrize(
    ("responded_at", "expected"),
    [
        ({"constant": "2017-05"}, datetime(2017, 5, 1, 19)),
        ({"constant": "2017-05-20"}, datetime(2017, 5, 20, 19)),
        ({"constant": "2017-05-20T10:00:00Z"}, datetime(2017, 5, 20, 10)),
        ({"constant": "2017-05", "time": "00:30"}, datetime(2017, 5, 1, 7, 30)),
        ("AT", datetime(2017, 5, 2, 17)),
    ],
)
def test_time_of_the_answer_in_its_other_forms(survey: Project, responded_at: object, expected: datetime) -> None:
    survey.write("answers.csv", SURVEY_HEADER + ",AT", "1,5,4,10,1,2017-05-02 10:00")
    survey.run(respondedAt=responded_at)
    assert survey.rows("survey_responses", "distinct responded_at") == [(expected,)]


def test_column_of_an_item_that_is_not_there_fails(survey: Project) -> None:
    survey.write("answers.csv", "RESPNUM,INTDATE,Q7ALL,WEIGHT", "1,5,4,1")
    with pytest.raises(SourceError, match=r"answers\.csv line 1: required column NETPRO is missing"):
        survey.run()


@needs_public_data
def test_public_survey_has_its_known_net_promoter_score(survey: Project) -> None:
    survey.run(path=f"{PUBLIC_DATA}/airport-survey/2017_SFO_Customer_Survey.csv.gz")
    ((score,),) = survey.query(
        """
        select 100.0 * (count(*) filter (where score >= 9) - count(*) filter (where score <= 6)) / count(*)
        from '{home}/warehouse/feeds/survey_responses/panel.*.parquet' where item = 'nps'
        """
    )
    assert round(score, 2) == 39.84
    assert survey.quarantine() == []


@needs_public_data
def test_public_checks_are_all_accepted(project: Project) -> None:
    feed = {
        "path": str(Path(PUBLIC_DATA) / "university-status/check_commits.csv.gz"),
        "columns": {"service_id": "site", "checked_at": "committed_at"},
    }
    project.run(feeds={"uptime_checks": feed})
    ((feed_name, landed, accepted, quarantined),) = project.audit()
    assert (feed_name, landed, quarantined) == ("uptime_checks", accepted, 0)
    assert landed > 4_000


# --- upptime --------------------------------------------------------------------------------------------------------


@pytest.fixture
def upptime(project: Project) -> Project:
    project.kind, project.name, project.options = "upptime", "sites", {"path": "checks*.csv"}
    return project


UPPTIME_HEADER = "commit,committed_at,authored_at,site,status,http_code,response_ms"


def test_a_site_is_its_slug_unless_it_is_mapped(upptime: Project) -> None:
    names = ("Canvas LMS", "Maryville.edu", "LinkedIn Learning", "MS Office", "DNSServer", "PDFs", "Email")
    rows = [f"c{n},2026-03-02T12:00:00+00:00,,{name},up,200,5" for n, name in enumerate(names)]
    upptime.write("checks.csv", UPPTIME_HEADER, *rows)
    upptime.run(serviceMap={"Email": "staff-mail"})
    assert [row[0] for row in upptime.rows("uptime_checks", "service_id")] == [
        "canvas-lms", "dns-server", "linked-in-learning", "maryville-edu", "ms-office", "pdfs", "staff-mail",
    ]  # fmt: skip


def test_checks_of_an_upptime_page_keep_their_status_time_and_gap(upptime: Project) -> None:
    upptime.write(
        "checks.csv",
        UPPTIME_HEADER,
        "a,2026-03-02T12:00:00+01:00,,Zoom,down,0,0",
        "b,2026-03-02T12:30:00+00:00,,Zoom,degraded,200,9000",
        "c,2026-03-02T13:00:00+00:00,,Zoom,on fire,200,1",
        "d,,,Zoom,up,200,1",
        "e,2026-03-02T14:00:00+00:00,,,up,200,1",
    )
    upptime.run(maxGap="PT30H", maxRejectRatio=1)
    assert upptime.rows("uptime_checks", "strftime(checked_at, '%H:%M'), status, response_ms, max_gap_seconds") == [
        ("11:00", "down", 0.0, 108_000),
        ("12:30", "degraded", 9000.0, 108_000),
    ]
    assert upptime.quarantine("line, column_name, reason_code") == [
        (4, "status", "unknown_status"),
        (5, "checked_at", "missing_value"),
        (6, "service_id", "missing_value"),
    ]


def test_upptime_file_without_sites_is_refused(upptime: Project) -> None:
    upptime.write("checks.csv", "commit,committed_at,status", "a,2026-03-02T12:00:00Z,up")
    with pytest.raises(SourceError, match="site"):
        upptime.run()


@pytest.mark.parametrize("options", [{"maxGap": "PT0S"}, {"maxGap": "a day"}, {"feeds": {}}, {"path": []}])
def test_wrong_option_of_upptime_is_refused(upptime: Project, options: dict[str, object]) -> None:
    upptime.write("checks.csv", UPPTIME_HEADER)
    with pytest.raises(SourceError):
        upptime.run(**options)
