"""A whole night on a system that is asked over the network: from its answers to a published figure."""

import base64
from collections.abc import Iterator

import pytest

from reporting.explain import explain
from tests.home_texts import places_of
from tests.integration.small_project import Project
from tests.unit.connectors.replay import Answer, Replay, no_fault, once, served
from tests.unit.connectors.systems import servicenow

SECRETS = servicenow.SECRETS


@pytest.fixture(scope="module")
def replay() -> Iterator[Replay]:
    with served(servicenow.Api()) as running:
        yield running


def source(replay: Replay) -> dict[str, object]:
    return {
        "name": "desk",
        "type": "servicenow",
        "url": replay.url,
        "customerMap": {"Acme": "acme"},
        "serviceMap": {"Mail": "mail"},
        # The system answers 503 once in the test, and nobody waits for it.
        "requestsPerMinute": 100_000,
        **servicenow.OPTIONS,
    }


def spellings(secret: str) -> list[str]:
    """The secret as it is, and as a header of basic authentication would hold it, whatever stands before it."""
    encoded = [base64.b64encode(b"x" * shift + secret.encode() + b"xxx").decode() for shift in range(3)]
    return [secret, *(text[4:-8] for text in encoded)]


def test_incidents_of_a_pulled_source_are_measured_and_a_night_without_the_system_changes_nothing(
    replay: Replay, new_project: Project
) -> None:
    new_project.write_settings([source(replay)], allowedHosts=["127.0.0.1"])
    replay.fault = once(3, Answer({}, 503, {"Retry-After": "0"}))
    outcome = new_project.nightly(**SECRETS).demand_release()
    assert "Source desk, incident: 5 landed = 5 accepted + 0 quarantined" in outcome.output
    # Opened at 10:00 as P3 and resolved at 14:00:00: four hours exactly, which is met.
    clocks = new_project.query(
        "select ticket_id, on_clock_seconds, state from marts.fct_ticket_sla where stopped_at is not null"
    )
    assert clocks == [("INC0000002", 14_400, "met")]
    tickets = "select count(*), count(*) filter (where agreement_match = 'matched') from marts.fct_ticket"
    assert new_project.query(tickets) == [(5, 5)]
    _records_are_named_by_request_load_and_key(new_project)
    in_force, loads = new_project.current.resolve(), new_project.loads()

    replay.fault = lambda number, asked, answer: Answer({"error": "expired"}, 401)
    failed = new_project.nightly(**SECRETS)
    assert failed.status == 1
    assert "sign-in was refused" in failed.last_lines
    # Neither the night that published nor the one that was refused left it anywhere: manifests, landing, warehouse,
    # releases, logs, Dagster's records, project, terminal.
    terminal = outcome.output + outcome.errors + failed.output + failed.errors
    for secret in SECRETS.values():
        assert places_of("INC0000002", new_project.home / "landing") != []  # else the search would prove nothing
        assert [path for path in new_project.home.rglob("*") if "dagster" in path.parts and path.is_file()] != []
        for written in spellings(secret):
            assert places_of(written, new_project.home, new_project.folder) == []
            assert written not in terminal
    assert (new_project.current.resolve(), new_project.loads()) == (in_force, loads)

    replay.fault = no_fault


def _records_are_named_by_request_load_and_key(project: Project) -> None:
    """As they stand in landing: the incident, and the changes of its history."""
    landing = f"'{project.home}/landing/desk/*/*/records.parquet', filename = true, union_by_name = true"
    landed = project.query(
        "select record_kind, records.record_key, records.file, records.line from marts.ticket_record as records"
        f" inner join read_parquet({landing}) as landed on records.file = landed._file and records.line = landed._line"
        "  and landed.filename like '%/' || records.feed || '/' || records.load_id || '/%'"
        " where ticket_key = 'desk:INC0000002' order by all"
    )
    assert {kind for kind, *_ in landed} == {"ticket", "event"}
    counted = "select count(*) from marts.ticket_record where ticket_key = 'desk:INC0000002'"
    assert project.query(counted) == [(len(landed),)]
    ((figure_key,),) = project.query(
        "select figure_key from marts.figure_evidence"
        " where ticket_key = 'desk:INC0000002' and report_table = 'rpt_sla_scorecard'"
    )
    text = "\n".join(explain(project.home, figure_key))
    for kind, key, file, line in landed:
        assert f"{kind} {key}: desk, {file} line {line}, load " in text, text
