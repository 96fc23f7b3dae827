"""Bad rows beside good ones: each goes to quarantine with place and reason, the good ones of the same file count."""

from typing import Any

import duckdb
import pytest

from tests.integration.small_project import PARTIES, Project, small_project

TICKETS = """\
ticket_id,customer_id,service_id,ticket_type,priority,opened_at,team_id
T1,acme,mail,incident,P1,2026-03-02T10:00:00Z,one
T2,acme,mail,incident,P1,2026-03-02T10:00:00Z,two
T3,acme,mail,incident,P1,2026-03-02T10:00:00Z,
T4,acme,fax,incident,P1,2026-03-02T10:00:00Z,
T5,stranger,mail,incident,P1,2026-03-02T10:00:00Z,
T6,acme,mail,incident,P1,2026-03-02 10:00:00,
T7,acme,mail,wish,P1,2026-03-02T10:00:00Z,
T8,acme,mail,incident,,2026-03-02T10:00:00Z,
T9,acme,mail,incident,P4,2026-03-02T10:00:00Z,
T9,acme,mail,incident,P1,2026-03-02T10:00:00Z,
T3,acme,mail,incident,P1,2026-03-02T10:00:00Z,
T10,acme,mail,incident,P1,2026-03-02T25:61:00Z,
,acme,mail,incident,P1,2026-03-02T10:00:00Z,
T11,acme,mail,incident,P1,2026-04-02T10:00:00Z,
"""

EVENTS = """\
event_id,ticket_id,occurred_at,event_type,value,recorded_at
E1,T1,2026-03-02T12:00:00Z,status,resolved,
E2,T2,2026-03-02T11:00:00Z,status,Zombie,
E3,T2,2026-03-02T12:00:00Z,status,resolved,
E4,T3,2026-03-02T09:00:00Z,message,,
E5,T3,2026-03-02T09:30:00Z,status,resolved,
E6,T404,2026-03-02T12:00:00Z,status,resolved,
E7,T1,2026-03-02 11:00:00,message,,
E8,T1,2026-03-02T11:00:00Z,telepathy,,
E9,T9,2026-03-02T15:00:00Z,status,resolved,2026-03-02T15:00:00Z
E9,T9,2026-03-02T12:00:00Z,status,resolved,2026-03-02T16:00:00Z
E10,T1,2026-03-02T11:30:00Z,message,,
E10,T1,2026-03-02T11:30:00Z,message,,
E11,T1,2026-03-02T11:40:00Z,status,,
E12,T6,2026-03-02T11:40:00Z,message,,
"""

OUTAGES = """\
outage_id,service_id,started_at,ended_at,kind
O1,mail,2026-03-03T10:00:00Z,2026-03-03T11:00:00Z,outage
O2,mail,2026-03-04T10:00:00Z,2026-03-04T09:00:00Z,outage
O3,mail,2026-03-05T10:00:00Z,2026-03-05T11:00:00Z,hiccup
"""

CHECKS = """\
service_id,checked_at,status
mail,2026-03-02T10:00:00Z,up
mail,2026-03-02T11:00:00Z,sideways
"""

RESPONSES = """\
response_id,instrument_id,item,score,responded_at,customer_id
R1,pulse,overall,5,2026-03-03T10:00:00Z,acme
R2,pulse,overall,very good,2026-03-03T10:00:00Z,acme
R3,pulse,overall,4,tomorrow,acme
"""

MORE_AGREEMENTS = f"""\
{PARTIES}---
apiVersion: slm/v1
kind: SurveyInstrument
metadata: {{name: pulse}}
spec:
  items:
    - {{id: overall, kind: csat, scale: {{min: 1, max: 5}}}}
"""

# feed, line, record, column, reason: of every record that must be refused, and of no other.
REFUSED = {
    ("tickets", 7, "T6", "opened_at", "naive_time"),
    ("tickets", 8, "T7", "ticket_type", "unknown_value"),
    ("tickets", 9, "T8", "priority", "missing_value"),
    ("tickets", 10, "T9", "ticket_id", "conflicting_in_load"),
    ("tickets", 13, "T10", "opened_at", "bad_time"),
    ("tickets", 14, None, "ticket_id", "missing_value"),
    ("ticket_events", 3, "E2", "value", "unknown_status"),
    ("ticket_events", 5, "E4", "occurred_at", "event_before_opening"),
    ("ticket_events", 6, "E5", "occurred_at", "resolved_before_opened"),
    ("ticket_events", 7, "E6", "ticket_id", "unknown_ticket"),
    ("ticket_events", 8, "E7", "occurred_at", "naive_time"),
    ("ticket_events", 9, "E8", "event_type", "unknown_event_type"),
    ("ticket_events", 10, "E9", "event_id", "conflicting_in_load"),
    ("ticket_events", 14, "E11", "value", "missing_value"),
    # Its ticket is in quarantine itself, so there is no ticket for it to belong to.
    ("ticket_events", 15, "E12", "ticket_id", "unknown_ticket"),
    ("outages", 3, "O2", "ended_at", "ended_before_started"),
    ("outages", 4, "O3", "kind", "unknown_value"),
    ("uptime_checks", 3, "mail|2026-03-02T11:00:00Z", "status", "unknown_status"),
    ("survey_responses", 3, "R2|pulse|overall", "score", "bad_number"),
    ("survey_responses", 4, "R3|pulse|overall", "responded_at", "bad_time"),
}
FEEDS = {
    "tickets": TICKETS,
    "ticket_events": EVENTS,
    "outages": OUTAGES,
    "uptime_checks": CHECKS,
    "survey_responses": RESPONSES,
}


@pytest.fixture(scope="module")
def project(parsed_models: Any, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Every kind of bad row at once, in a project that tolerates that many, after one nightly."""
    faulty = small_project(tmp_path_factory.mktemp("faulty"))
    faulty.write_settings(
        sources=[
            {
                "name": "desk",
                "type": "files",
                "maxRejectRatio": 0.9,
                "feeds": {feed: f"data/{feed}.csv" for feed in FEEDS},
            }
        ],
        maxAffectedTicketRatio=1.0,
    )
    faulty.write("agreements/parties.yaml", MORE_AGREEMENTS)
    for feed, text in FEEDS.items():
        faulty.write_bytes(f"data/{feed}.csv", text.encode())
    faulty.nightly().demand_release()
    return faulty


def test_each_bad_row_is_in_quarantine_with_place_and_reason(project: Project) -> None:
    rows = project.query("select feed, line, record_id, column_name, reason_code from marts.quarantine")
    assert set(rows) == REFUSED
    assert len(rows) == len(REFUSED)


def test_published_place_leads_to_the_record_as_it_came(project: Project) -> None:
    """The record itself stays in landing; reasons show nothing of it."""
    rows = project.query("select source, feed, load_id, file, line, reason from marts.quarantine")
    for source, feed, load_id, file, line, reason in rows:
        assert source == "desk"
        assert file == f"data/{feed}.csv"
        header, *lines = (text.split(",") for text in FEEDS[feed].splitlines())
        names = ", ".join(header)
        records = project.home / "landing" / source / feed / load_id / "records.parquet"
        (kept,) = duckdb.sql(f"select {names} from '{records}' where _file = '{file}' and _line = {line}").fetchall()
        assert [value or "" for value in kept] == lines[line - 2]
        assert reason
    assert sum('"…"' in reason for *_, reason in rows) > 5


def test_landed_is_accepted_plus_quarantined(project: Project) -> None:
    rows = project.query("select feed, landed_count, accepted_count, quarantined_count from marts.load_audit")
    assert {feed: landed for feed, landed, _, _ in rows} == {
        feed: len(text.splitlines()) - 1 for feed, text in FEEDS.items()
    }
    for feed, landed, accepted, quarantined in rows:
        assert landed == accepted + quarantined
        assert quarantined == len([row for row in REFUSED if row[0] == feed])
    (audited,) = project.query(
        "select is_successful from marts.certificate_check where check_id like 'landed_is_accepted_plus_quarantined%'"
    )
    assert audited == (True,)


def test_row_later_than_as_of_is_accepted_and_not_yet_seen(project: Project) -> None:
    assert project.query("select after_as_of_count from marts.load_audit where feed = 'tickets'") == [(1,)]
    assert project.query("select ticket_id from marts.fct_ticket where ticket_id = 'T11'") == []


def test_good_rows_of_the_same_files_count(project: Project) -> None:
    assert project.query("select ticket_id from marts.fct_ticket order by 1") == [
        ("T1",), ("T2",), ("T3",), ("T4",), ("T5",), ("T9",),
    ]  # fmt: skip
    assert project.query("select ticket_id, state, on_clock_seconds from marts.fct_ticket_sla order by 1") == [
        ("T1", "met", 7200),
        ("T2", "met", 7200),
        ("T3", "breached", 29 * 86_400 + 14 * 3600),  # its one resolution was refused: open until as_of
        ("T9", "met", 7200),  # of the two rows of E9 the one recorded last
    ]
    assert project.query("select priority from marts.fct_ticket where ticket_id = 'T9'") == [("P1",)]
    assert project.query("select service_id, wall_seconds from marts.fct_outage") == [("mail", 3600)]
    assert project.query("select response_id, score from marts.fct_survey_response") == [("R1", 5.0)]


def test_ticket_with_a_refused_event_says_so(project: Project) -> None:
    rows = project.query("select ticket_id, has_quarantined_events from marts.fct_ticket order by 1")
    assert dict(rows) == {"T1": True, "T2": True, "T3": True, "T4": False, "T5": False, "T9": True}


def test_unknown_service_and_customer_stay_as_tickets_and_are_listed(project: Project) -> None:
    assert project.query("select ticket_id, agreement_match from marts.fct_ticket order by 1") == [
        ("T1", "matched"),
        ("T2", "matched"),
        ("T3", "matched"),
        ("T4", "unknown_service"),
        ("T5", "unknown_customer"),
        ("T9", "matched"),
    ]
    rows = project.query("select ticket_id, agreement_match, remedy from marts.rpt_unmatched_ticket order by 1")
    assert [row[:2] for row in rows] == [("T4", "unknown_service"), ("T5", "unknown_customer")]
    assert all(remedy for _, _, remedy in rows)


def test_scorecard_counts_the_good_rows_only(project: Project) -> None:
    assert project.query(
        "select numerator, denominator from marts.rpt_sla_scorecard where period_start = '2026-03-01'"
    ) == [(3, 4)]
