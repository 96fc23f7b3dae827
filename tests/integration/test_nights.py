"""Night after night in one home: what is published again, what the ledger adds, what an earlier as_of may do."""

import json
import shutil
from dataclasses import dataclass
from typing import Any

import pytest

from publishing.release import verify
from tests.integration.small_project import EVENT_HEADER, Outcome, Project, event

EARLIER = "2026-03-20T00:00:00Z"


@dataclass(frozen=True)
class Night:
    """What one night left behind. `measured`: what its certificate says of late data and drift of figures, by check."""

    outcome: Outcome
    current: str
    releases: list[str]
    ledger: list[tuple[Any, ...]]
    figures: dict[str, bytes]
    measured: dict[str, list[Any]]


def seen(project: Project, outcome: Outcome) -> Night:
    ledger = project.query(
        "select report_table, period_start, sequence_number, numerator, denominator, release_id"
        " from marts.figure order by all"
    )
    figures = {
        path.name: path.read_bytes()
        for path in (project.current / "parquet").glob("*.parquet")
        if path.name.startswith(("dim_", "fct_", "rpt_"))
    }
    measured = {
        check_id: row
        for check_id, *row in project.query(
            "select check_id, kind, agreement_id, observed, severity, is_successful from marts.certificate_check"
            " where kind = 'late_data' or kind = 'drift' and check_id like 'drift_of_%'"
        )
    }
    return Night(outcome, project.current.resolve().name, project.releases(), ledger, figures, measured)


def night(project: Project, **settings: str) -> Night:
    return seen(project, project.nightly(**settings).demand_release())


def numbers_of_march(ledger: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Sequence number, numerator and denominator of the scorecard's figure for March, in their order."""
    return [row[2:5] for row in ledger if row[0] == "rpt_sla_scorecard" and row[1].isoformat() == "2026-03-01"]


@pytest.fixture(scope="module")
def nights(session_project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Night]:
    """The first night and four more: the same again, a correction, an earlier instant, the same when allowed."""
    project = session_project.copy(tmp_path_factory.mktemp("nights"))
    first = seen(project, Outcome(0, "", ""))
    # The warehouse is only a workshop: landing, agreements and code make the figures anew.
    shutil.rmtree(project.home / "warehouse")
    again = night(project)
    # From now on only what is needed stays.
    project.write_settings(retention={"keepWithinDays": 0, "keepDaily": 0, "keepMonthly": 0, "keepYearly": 0})
    # T2 was resolved a second later than the desk said at first.
    project.write("data/events-corrected.csv", EVENT_HEADER, event("E2", "T2", "2026-03-02T14:00:01Z"))
    corrected = night(project)
    earlier = night(project, as_of=EARLIER)
    allowed = night(project, as_of=EARLIER, SLM_ALLOW_OLDER="1")
    for directory in (project.home / "releases").iterdir():
        verify(directory)
    return {"first": first, "again": again, "corrected": corrected, "earlier": earlier, "allowed": allowed}


def test_second_night_with_the_same_input_adds_nothing_to_the_ledger(nights: dict[str, Night]) -> None:
    assert nights["first"].ledger
    assert nights["again"].current != nights["first"].current
    assert nights["again"].ledger == nights["first"].ledger


def test_night_names_what_is_in_force_and_no_pages_where_none_are_wanted(nights: dict[str, Night]) -> None:
    again = nights["again"]
    assert f"{again.current}/slm.duckdb" in again.outcome.output
    assert "index.html" not in again.outcome.output


def test_lost_warehouse_is_made_anew_byte_for_byte(nights: dict[str, Night]) -> None:
    first, again = nights["first"].figures, nights["again"].figures
    assert first.keys() == again.keys()
    assert "rpt_sla_scorecard.parquet" in first
    assert [name for name in first if first[name] != again[name]] == []


def test_changed_figure_gets_its_next_number_and_no_other_row(nights: dict[str, Night]) -> None:
    before, after = nights["again"].ledger, nights["corrected"].ledger
    assert numbers_of_march(before) == [(1, 2, 3)]
    assert numbers_of_march(after) == [(1, 2, 3), (2, 1, 3)]
    added = [row for row in after if row not in before]
    assert [row for row in before if row not in after] == []
    # The scorecard's figure and the same over all services.
    assert sorted(row[0] for row in added) == ["rpt_sla_scorecard", "rpt_sla_target"]
    assert {row[2] for row in added} == {2}
    assert {row[5] for row in added} == {nights["corrected"].current}


def test_correction_is_told_as_drift_by_changed_rows(nights: dict[str, Night]) -> None:
    """2 of 3 became 1 of 3, and nothing was measured since: a warning. The same again moves nothing."""
    first, again, corrected = (nights[name].measured for name in ("first", "again", "corrected"))
    assert [check for night in (first, again) for check in night if check.startswith("drift_of_")] == []
    by_time, by_rows = "new time +0 of +0 (ratio +0.0000)", "changed rows -1 of +0 (ratio -0.3333)"
    observed = f"1 of 3 (0.3333) after 2 of 3 (0.6667); {by_time}, {by_rows}"
    assert {check: row for check, row in corrected.items() if check.startswith("drift_of_")} == {
        f"drift_of_{key}": ["drift", "sla-mail", observed, "warning", False]
        for key in (
            "rpt_sla_target/sla-mail/1/resolve/2026-03-01",
            "rpt_sla_scorecard/sla-mail/1/resolve/mail/2026-03-01",
        )
    }


def test_two_nights_are_not_enough_history_for_what_is_to_come(nights: dict[str, Night]) -> None:
    late = {check: row for check, row in nights["corrected"].measured.items() if row[0] == "late_data"}
    of_feed = "not enough history: 0 records could be waited for 28 days, 20 are needed"
    of_desk = "not enough history of desk: nothing can be said of what is to come beside"
    assert late == {
        "desk_tickets_late_records": ["late_data", None, of_feed, "warning", True],
        "desk_ticket_events_late_records": ["late_data", None, of_feed, "warning", True],
        # T4 was opened in April, by London's clocks.
        "tickets_of_2026-03-01_still_to_come": ["late_data", "sla-mail", f"{of_desk} 3", "warning", True],
        "tickets_of_2026-04-01_still_to_come": ["late_data", "sla-mail", f"{of_desk} 1", "warning", True],
    }


def test_night_names_the_releases_that_the_rule_did_not_keep(nights: dict[str, Night]) -> None:
    first, again, corrected = (nights[name] for name in ("first", "again", "corrected"))
    assert f"Removed by retention in slm.yaml: {first.current}" in corrected.outcome.output
    assert corrected.releases == sorted([again.current, corrected.current])
    assert "Removed by retention" not in again.outcome.output


def test_earlier_instant_is_written_and_does_not_come_into_force(nights: dict[str, Night]) -> None:
    before, earlier = nights["corrected"], nights["earlier"]
    assert len(earlier.releases) == len(before.releases) + 1
    assert earlier.current == before.current
    assert earlier.ledger == before.ledger
    assert "the release in force speaks for a later instant and stays current" in earlier.outcome.output
    assert "SLM_ALLOW_OLDER=1" in earlier.outcome.output


def test_earlier_instant_comes_into_force_when_allowed(nights: dict[str, Night]) -> None:
    allowed = nights["allowed"]
    assert allowed.current.startswith("20260320T000000Z-")
    assert allowed.current in allowed.outcome.output


def test_no_night_repeats_a_number_of_a_figure(nights: dict[str, Night]) -> None:
    for name, of_night in nights.items():
        keys = [row[:3] for row in of_night.ledger]
        assert len(set(keys)) == len(keys), name


# ----------------------------------------------------------------------------------------- what one release is like


def test_manifest_proves_every_file(session_project: Project) -> None:
    verify(session_project.current.resolve())
    manifest = json.loads((session_project.current / "manifest.json").read_text())
    assert {"slm.duckdb", "certificate.json", "parquet/rpt_sla_scorecard.parquet"} <= set(manifest["files"])
    assert manifest["project"] == "small"
    assert manifest["as_of"] == "2026-04-01T00:00:00Z"
    assert manifest["load_ids"] == session_project.loads()
    assert manifest["release_id"] == session_project.current.resolve().name
    assert len(manifest["lock_hash"]) == 64


def test_published_tables_are_plain_for_every_client(session_project: Project) -> None:
    """No HUGEINT, nothing nested, no zone types; everything has a comment."""
    types = {
        kind
        for (kind,) in session_project.query(
            "select distinct data_type from duckdb_columns() where schema_name = 'marts'"
        )
    }
    plain = {"VARCHAR", "BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"}
    assert {kind for kind in types if not kind.startswith("DECIMAL")} <= plain
    silent = session_project.query(
        "select table_name || '.' || column_name from duckdb_columns()"
        " where schema_name = 'marts' and coalesce(comment, '') = ''"
    )
    assert silent == []


def test_certificate_lists_dbt_tests_and_expectations(session_project: Project) -> None:
    counts = dict(session_project.query("select kind, count(*) from marts.certificate_check group by kind"))
    assert counts["dbt_test"] > 20
    assert counts["expectation"] > 20
    assert session_project.query("select check_id from marts.certificate_check where not is_successful") == []
    (release,) = session_project.query("select build_id from marts.release")
    assert session_project.query("select distinct build_id from marts.certificate_check") == [release]


def test_figures_are_those_counted_by_hand(session_project: Project) -> None:
    """T1 early, T2 at the threshold, T3 a second late; T4 has been open for an hour."""
    assert session_project.query(
        "select numerator, denominator, status, open_within_target_count, open_breached_count"
        " from marts.rpt_sla_scorecard where period_start = '2026-03-01'"
    ) == [(2, 3, "met", 1, 0)]
    assert session_project.query("select ticket_id, state, on_clock_seconds from marts.fct_ticket_sla order by 1") == [
        ("T1", "met", 7200),
        ("T2", "met", 14400),
        ("T3", "breached", 14401),
        ("T4", "running", 3600),
    ]
