"""Nothing wrong gets out: a failed audit, a figure changed behind its back, an audit that is not this build's."""

import csv
import io
import json
import shutil

import duckdb
import psycopg

from publishing.postgres import serve
from reporting.explain import explain
from tests.integration.small_project import (
    AGREEMENT,
    EVENT_HEADER,
    TICKET_HEADER,
    Project,
    event,
    feeds,
    published_state,
    ticket,
)
from tests.postgres_server import Server

# One more met ticket on one row of the scorecard than the facts have.
ONE_TOO_MANY = (
    "update marts.rpt_sla_scorecard set numerator = numerator + 1 where denominator > 0 and period_start = '2026-03-01'"
)

TAMPERED_NIGHTLY = f"""
import sys
from orchestration import nightly
from orchestration.definitions import build_defs
from tests.integration.tampering import TamperedBeforeAudit
nightly.build_defs = lambda: build_defs(TamperedBeforeAudit(statement="{ONE_TOO_MANY}"))
sys.exit(nightly.main())
"""


def test_wrong_figure_fails_the_nightly_and_leaves_the_release_in_force(published_project: Project) -> None:
    before = published_state(published_project)
    outcome = published_project.nightly_process("-c", TAMPERED_NIGHTLY)
    assert outcome.status != 0
    last = outcome.errors.strip().splitlines()[-5:]
    failed = [line for line in last if "rpt_sla_scorecard" in line]
    assert len(failed) == 1, outcome.errors
    assert "numerator_recounts_the_facts" in failed[0]
    assert "ratio_is_its_integers" in failed[0]
    assert published_state(published_project) == before


def test_untouched_build_is_published(published_project: Project) -> None:
    """The tests below change one thing about this."""
    shutil.rmtree(published_project.home / "published")
    shutil.rmtree(published_project.home / "releases")
    assert published_project.audit_and_publish() == []
    assert published_project.query("select numerator from marts.rpt_sla_scorecard where denominator > 0") == [(2,)]


def test_figure_changed_after_the_audit_is_not_published(published_project: Project) -> None:
    from tests.integration.tampering import TamperedAfterAudit

    before = published_state(published_project)
    # The audit and the publication of the build that lies there, without building it anew.
    errors = published_project.audit_and_publish(TamperedAfterAudit(statement=ONE_TOO_MANY))
    assert len(errors) == 1, errors
    assert "Changed since the audit of build" in errors[0]
    assert "rpt_sla_scorecard" in errors[0]
    assert published_state(published_project) == before


def test_release_on_its_own_is_refused(published_project: Project) -> None:
    before = published_state(published_project)
    (error,) = published_project.run_asset("release")
    assert "on its own is refused: run the whole nightly job" in error
    assert published_state(published_project) == before


def test_audit_and_release_of_the_build_of_an_earlier_run_are_refused(published_project: Project) -> None:
    """It speaks for another instant and other inputs than this run."""
    before = published_state(published_project)
    (error,) = published_project.audit_and_publish(in_run_of_build=False)
    assert "not one of this run" in error
    assert "on its own is refused: run the whole nightly job" in error
    assert not (published_project.home / "warehouse" / "certificate.json").exists()
    assert published_state(published_project) == before


def test_certificate_of_another_build_is_refused(published_project: Project) -> None:
    certificate = published_project.home / "warehouse" / "certificate.json"
    content = json.loads(certificate.read_text())
    certificate.write_text(json.dumps({**content, "build_id": "0" * 32}))
    before = published_state(published_project)
    (error,) = published_project.run_asset("release", in_run_of_build=True)
    assert f"The certificate speaks for build {'0' * 32}" in error
    assert published_state(published_project) == before


def test_build_without_an_audit_is_refused(published_project: Project) -> None:
    (published_project.home / "warehouse" / "certificate.json").unlink()
    before = published_state(published_project)
    (error,) = published_project.run_asset("release", in_run_of_build=True)
    assert "this build has not been audited" in error
    assert published_state(published_project) == before


def test_first_failed_nightly_leaves_no_release(new_project: Project) -> None:
    """One ticket of four has a rejected event: more figures rest on half a story than the project allows."""
    new_project.write_settings(sources=[{"name": "desk", "type": "files", "feeds": feeds(), "maxRejectRatio": 0.5}])
    new_project.write("data/events-2.csv", EVENT_HEADER, event("E9", "T1", "2026-03-02T11:00:00Z", "Zombie"))
    outcome = new_project.nightly()
    assert outcome.status == 1
    assert "few_tickets_have_quarantined_events" in outcome.last_lines
    assert not new_project.current.exists()
    assert new_project.releases() == []


def test_priority_that_nobody_knows_stops_only_where_its_record_is_broken(new_project: Project) -> None:
    """200 tickets of the nightly's 0.5 %: one broken record is 1 of 200 = 0.5 %, published; 1 of 199 = 0.503 %, not.

    P9 is a priority without a target: 100 tickets of it, half of all, are listed and stop nothing. A change of
    priority that does not say to which is a rejected record.
    """
    targets = AGREEMENT + "      scope: {priority: [P1]}\n"
    new_project.write("agreements/sla.yaml", targets)
    new_project.write_settings([{"name": "desk", "type": "files", "feeds": feeds(), "maxRejectRatio": 0.5}])
    known = [ticket(f"K{number:03d}") for number in range(96)]  # and the four of the small project
    unknown = [ticket(f"U{number:03d}").replace("P1", "P9") for number in range(99)]
    new_project.write("data/tickets-2.csv", TICKET_HEADER, *known, *unknown)
    broken = event("E9", "K000", "2026-03-02T11:00:00Z", "", "priority")
    new_project.write("data/events-2.csv", EVENT_HEADER, broken)
    outcome = new_project.nightly()
    assert outcome.status == 1
    assert "few_tickets_have_quarantined_events" in outcome.last_lines
    assert not new_project.current.exists()
    new_project.write("data/tickets-3.csv", TICKET_HEADER, ticket("U099").replace("P1", "P9"))
    new_project.nightly().demand_release()
    assert new_project.query("select count(*), count(*) filter (has_quarantined_events) from marts.fct_ticket") == [
        (200, 1)
    ]
    assert new_project.query("select agreement_match, count(*) from marts.rpt_unmatched_ticket group by 1") == [
        ("no_target", 100)
    ]


OTHER_TARGETS = """\
    - id: up
      metric: availability
      calendar: 24x7
      objective: {op: gte, targetPercent: 99}
    - id: restore
      metric: restore_time
      calendar: 24x7
      objective: {op: lte, value: PT4H, targetPercent: 50}
  workloadLimit: {tickets: 2, per: month}
"""


def assert_nothing_is_counted_of(agreement: str, project: Project) -> None:
    """No report, evidence, page or CSV file of the release in force says a number of the agreement."""
    reports = project.query(
        "select table_name, string_agg(column_name, ',') from duckdb_columns() where schema_name = 'marts'"
        " and (table_name like 'rpt_%' or table_name = 'figure_evidence') group by 1"
        " having bool_or(column_name = 'agreement_id')"
    )
    of_agreement = f"where agreement_id = '{agreement}'"
    for table, columns in reports:
        with duckdb.connect(str(project.home / "warehouse" / "build.duckdb"), read_only=True) as build:
            if table != "figure_evidence":
                assert build.execute(f"select count(*) from marts.{table} {of_agreement}").fetchall() != [(0,)], table
        measures = [
            name
            for name in columns.split(",")
            if name.startswith(("is_", "numerator", "denominator")) or name.endswith(("_count", "_seconds", "_ratio"))
        ]
        found = project.query(f"select {', '.join(measures)} from marts.{table} {of_agreement}")
        promised = measures.index("target_ratio") if "target_ratio" in measures else None
        said = {value for row in found for position, value in enumerate(row) if position != promised and value}
        assert said == set(), table
        has_rows = table in ("rpt_sla_scorecard", "rpt_sla_target", "rpt_availability")
        assert bool(found) == has_rows, table
        if has_rows:
            assert project.query(f"select distinct status from marts.{table} {of_agreement}") == [("withheld",)]
    facts = f"select state, count(*) from marts.fct_ticket_sla where agreement_id = '{agreement}' group by 1"
    assert project.query(facts) != []
    files = {path.name: path.read_text() for path in (project.current / "report" / "rival").iterdir()}
    assert "are withheld: 1 of 3 tickets have rejected records" in files["2026-03.html"]
    assert [name for name, text in files.items() if "rival-1" in text or "rival-2" in text or "rival-3" in text] == []
    tables = [text for name, text in files.items() if name.endswith(".csv")]
    rows = [row for text in tables for row in csv.DictReader(io.StringIO(text))]
    assert {(row["status"], row["numerator"], row["denominator"]) for row in rows} == {("withheld", "0", "0")}
    assert {row[name] for row in rows for name in row if name.endswith("_seconds")} == {""}


def assert_nobody_else_is_named_to(customer: str, other: str, project: Project, server: Server) -> None:
    """Neither in the customer's folder of the report pack nor in any table or view that PostgreSQL shows its role."""
    folder = project.current / "report" / customer
    assert [path.name for path in folder.iterdir() if other in path.read_text()] == []
    with server.connect() as admin:
        admin.execute("create database withheld")
        serve(server.dsn("withheld"), project.current.resolve())
        admin.execute("create role one_customer login in role slm_customer")
        with server.connect("withheld") as owner:
            owner.execute("insert into slm_access.customer_role values ('one_customer', %s)", [customer])
            tables = owner.execute("select table_name from information_schema.tables where table_schema = 'marts'")
            names = [name for (name,) in tables.fetchall()]
        with psycopg.connect(server.dsn("withheld").replace("postgres@", "one_customer@")) as reader:
            seen = {name: str(reader.execute(f'select * from marts."{name}"').fetchall()) for name in names}
        assert [name for name, found in seen.items() if other in found] == []
        assert customer in seen["rpt_sla_scorecard"]
        assert seen["certificate_check"] != "[]"
        admin.execute("drop database withheld with (force)")
        admin.execute("drop role one_customer")


def test_one_agreement_can_be_withheld_while_the_rest_is_published(
    new_project: Project, postgres_server: Server
) -> None:
    """Rival's ticket has a status nobody knows; acme's figures do not wait for it, if slm.yaml says so."""
    desk = {"name": "desk", "type": "files", "feeds": feeds(), "maxRejectRatio": 1}
    desk["feeds"]["outages"] = "data/outages*"
    new_project.write_settings([desk], withhold="agreement", reports={"periods": 12, "formats": ["html"]})
    new_project.write("agreements/rival.yaml", "apiVersion: slm/v1\nkind: Customer\nmetadata: {name: rival}\nspec: {}")
    agreement = AGREEMENT + OTHER_TARGETS
    new_project.write("agreements/sla.yaml", agreement)
    rivals = agreement.replace("sla-mail", "sla-rival").replace("consumer: acme", "consumer: rival")
    new_project.write("agreements/sla-rival.yaml", rivals)
    rival_tickets = [ticket(number).replace("acme", "rival") for number in ("rival-1", "rival-2", "rival-3")]
    new_project.write("data/tickets-rival.csv", TICKET_HEADER, *rival_tickets)
    new_project.write(
        "data/events-rival.csv",
        EVENT_HEADER,
        event("R1", "rival-1", "2026-03-02T12:00:00Z", "Zombie"),
        event("R2", "rival-2", "2026-03-02T12:00:00Z"),
        event("R3", "rival-3", "2026-03-02T11:00:00Z", "waiting_customer"),
        event("R4", "rival-3", "2026-03-03T12:00:00Z"),
    )
    new_project.write(
        "data/outages.csv",
        "outage_id,service_id,started_at,ended_at,kind,attributed_to",
        "O1,mail,2026-03-03T10:00:00Z,2026-03-03T12:00:00Z,outage,provider",
    )
    outcome = new_project.nightly().demand_release()
    assert "The figures of sla-rival are withheld: 1 of 3 tickets have rejected records" in outcome.output
    assert new_project.query(
        "select agreement_id, numerator, denominator, status from marts.rpt_sla_scorecard"
        " where period_start = '2026-03-01' and target_id = 'resolve' order by 1"
    ) == [("sla-mail", 2, 3, "met"), ("sla-rival", 0, 0, "withheld")]
    told = explain(new_project.home, "rpt_sla_scorecard/sla-rival/1/resolve/mail/2026-03-01")
    assert any("withheld, no value is published" in line for line in told), told
    assert any("Withheld: 1 of 3 tickets have rejected records" in line for line in told), told
    assert not any("0 of 0" in line for line in told), told
    assert_nothing_is_counted_of("sla-rival", new_project)
    assert_nobody_else_is_named_to("acme", "rival", new_project, postgres_server)
    kinds = {kind for (kind,) in new_project.query("select distinct kind from marts.certificate_check")}
    assert kinds == {"dbt_test", "expectation", "rule", "freshness", "late_data", "measurement"}
