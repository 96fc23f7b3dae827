"""Real public data: what their own systems counted is found again, and every figure adds up."""

import json
import os
from pathlib import Path

from tests.integration.small_project import ROOT, Project

TICKETS = 24_918


def share(project: Project, condition: str, among: str = "true") -> float:
    """Share of the tickets among which the source said anything."""
    (row,) = project.query(
        f"select avg(({condition})::int) from marts.fct_ticket where source = 'servicenow' and ({among})"
    )
    return float(row[0])


def test_every_incident_of_the_log_is_a_ticket(public_record: Project) -> None:
    assert public_record.query("select count(*), count(distinct ticket_key) from marts.fct_ticket") == [
        (TICKETS, TICKETS)
    ]


def test_landed_is_accepted_plus_quarantined(public_record: Project) -> None:
    rows = public_record.query("select source, landed_count, accepted_count, quarantined_count from marts.load_audit")
    assert {row[0] for row in rows} == {"servicenow", "github-status", "university-status", "airport-survey"}
    for source, landed, accepted, quarantined in rows:
        assert landed == accepted + quarantined, source
        assert landed > 0, source


def test_reopenings_are_those_the_tool_counted(public_record: Project) -> None:
    assert public_record.query("select count(source_reopen_count) from marts.fct_ticket") == [(TICKETS,)]
    assert share(public_record, "reopen_count = source_reopen_count") >= 0.999


def test_reassignments_are_those_the_tool_counted(public_record: Project) -> None:
    assert public_record.query("select count(source_reassignment_count) from marts.fct_ticket") == [(TICKETS,)]
    assert share(public_record, "reassignment_count = source_reassignment_count") >= 0.995


def test_closings_are_those_the_tool_wrote(public_record: Project) -> None:
    (known,) = public_record.query("select count(source_closed_at) from marts.fct_ticket")
    assert known[0] > 0.99 * TICKETS
    assert (
        share(public_record, "closed_at is not distinct from source_closed_at", "source_closed_at is not null") >= 0.997
    )


def test_each_difference_from_the_tool_is_counted_with_its_reason(public_record: Project) -> None:
    rows = public_record.query(
        "select quantity, reason, ticket_count, agreeing_count, compared_count from marts.rpt_reconciliation"
        " where outcome = 'differs' order by quantity, reason"
    )
    assert [row for row in rows if row[0] != "made_sla"] == [
        ("closed_at", "stamped_again", 45, 24_873, TICKETS),
        ("reassignment_count", "incomplete_records", 3, 24_824, TICKETS),
        ("reassignment_count", "not_in_records", 91, 24_824, TICKETS),
        ("resolved_at", "closing_time", 1, 23_067, 23_362),
        ("resolved_at", "incomplete_records", 2, 23_067, 23_362),
        ("resolved_at", "stamped_again", 292, 23_067, 23_362),
    ]
    flags = {row[1]: row[2] for row in rows if row[0] == "made_sla"}
    assert set(flags) == {"clock_paused", "time_off_the_clock", "other_clock_breached", "other_terms"}
    (agreeing, compared) = next(row[3:] for row in rows if row[0] == "made_sla")
    assert agreeing + sum(flags.values()) == compared == TICKETS


def test_every_decided_ticket_is_counted_exactly_once_per_target(public_record: Project) -> None:
    facts = public_record.query(
        "select agreement_id, target_id, count(*), count(case when state = 'met' then 1 end) from marts.fct_ticket_sla"
        " where state in ('met', 'breached') group by all order by all"
    )
    assert facts
    published = public_record.query(
        "select agreement_id, target_id, sum(denominator)::bigint, sum(numerator)::bigint from marts.rpt_sla_scorecard"
        " where agreement_id in (select agreement_id from marts.fct_ticket_sla) group by all order by all"
    )
    assert published == facts


def test_net_promoter_score_is_the_airports(public_record: Project) -> None:
    assert public_record.query(
        "select round(nps, 2), response_count from marts.rpt_experience"
        " where kind = 'nps' and period_start = '2017-05-01'"
    ) == [(39.84, _scored(public_record))]


def _scored(project: Project) -> int:
    ((count,),) = project.query("select count(*) from marts.fct_survey_response where kind = 'nps' and is_counted")
    return int(count)


def test_every_kind_of_report_has_figures(public_record: Project) -> None:
    for report in ("rpt_availability", "rpt_experience", "rpt_sla_scorecard", "rpt_sla_target"):
        ((count,),) = public_record.query(f"select count(*) from marts.{report}")
        assert count > 0, report


def test_availability_has_real_downtime_in_it(public_record: Project) -> None:
    ((low, high, downtime),) = public_record.query(
        "select min(availability_ratio), max(availability_ratio), sum(downtime_seconds) from marts.rpt_availability"
    )
    assert 0 < low < high <= 1
    assert downtime > 0


def test_quarters_are_reported_by_quarter(public_record: Project) -> None:
    assert public_record.query(
        "select distinct period_type, month(period_start) from marts.rpt_sla_scorecard"
        " where agreement_id like '%github%' order by 2"
    ) == [("quarter", 1), ("quarter", 4), ("quarter", 7), ("quarter", 10)]


def test_every_site_has_the_uptime_that_its_status_page_published(public_record: Project) -> None:
    """For the whole span, within 0.02 points: the page shows two decimals."""
    data = Path(os.environ.get("SLM_PUBLIC_DATA") or ROOT.parent / "shared" / "data")
    published = {
        site["slug"]: float(site["uptime"].rstrip("%"))
        for site in json.loads((data / "university-status" / "summary.json").read_text(encoding="utf-8"))
    }
    measured = {
        service: 100 * up / counted
        for service, up, counted in public_record.query(
            "select service_id, sum(own_up_seconds)::bigint, sum(own_counted_seconds)::bigint"
            " from marts.fct_service_availability where agreement_id = 'sla-university-sites' group by 1"
        )
    }
    assert len(measured) == 14
    far = {site: (measured[site], published[site]) for site in measured if abs(measured[site] - published[site]) > 0.02}
    assert not far


def test_both_readings_of_the_status_page_are_reported_by_quarter(public_record: Project) -> None:
    """17 whole quarters of 11 components; under both readings against 99.9 %."""
    assert public_record.query(
        "select agreement_id, count(*), count(case when status = 'met' then 1 end), min(target_ratio)"
        " from marts.rpt_availability where agreement_id like 'sla-github%' group by 1 order by 1"
    ) == [("sla-github-all-impacts", 187, 46, 0.999), ("sla-github-major-critical", 187, 109, 0.999)]
