"""A source that is down delays only what depends on it, if the agreement allows that; then it comes back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.reading import Reading, keep_reading
from orchestration.reproduction import differences, reproduce
from tests.integration.small_project import ROOT, TICKET_HEADER, Project, feeds, ticket
from tests.unit.connectors.replay import Answer, Replay, no_fault, served
from tests.unit.connectors.systems import statuspage

# The desk's agreement (acme) says nothing of staleness and depends on the desk alone; rival's allows 36 hours.
UPTIME = """\
apiVersion: slm/v1
kind: Customer
metadata: {name: rival}
spec: {}
---
apiVersion: slm/v1
kind: Agreement
metadata: {name: sla-rival}
spec:
  type: SLA
  version: 1
  provider: desk
  consumer: rival
  services: [{service: mail}]
  status: in_force
  validity: {from: "2026-03-01", timeZone: Europe/London}
  policies: {staleness: PT36H}
  targets:
    - id: uptime
      metric: availability
      calendar: 24x7
      objective: {op: gte, targetPercent: 99}
"""
# As the desk's agreement, for the other customer; it allows 36 hours.
TICKETS_OF_RIVAL = (
    UPTIME.partition("  targets:")[0]
    + """\
  targets:
    - id: resolve
      metric: time_to_resolve
      calendar: 24x7
      objective: {op: lte, value: PT4H, targetPercent: 50}
"""
)
DOWN = Answer({}, 503, {"Retry-After": "0"})
READ_AT = "2026-05-01T00:00:00Z"
FIGURES = (
    "select agreement_id, period_start::varchar, denominator - numerator, status from marts.rpt_sla_scorecard"
    " where period_start in ('2026-03-01', '2026-05-01') order by all"
)


@pytest.fixture(scope="module")
def api() -> statuspage.Api:
    return statuspage.Api()


@pytest.fixture(scope="module")
def replay(api: statuspage.Api) -> Iterator[Replay]:
    with served(api) as running:
        yield running


def settings(project: Project, replay: Replay, withhold: str) -> None:
    desk = {"name": "desk", "type": "files", "feeds": feeds()}
    page = {"name": "page", "type": "statuspage", "url": replay.url, "requestsPerMinute": 100_000,
            "unattributedService": "site", "serviceMap": {"API": "mail"}}  # fmt: skip
    project.write_settings(
        [desk, page], allowedHosts=["127.0.0.1"], withhold=withhold, reports={"periods": 1, "formats": ["html"]}
    )


def last_checks(project: Project) -> dict[str, bool]:
    """The latest outcome of the check was_read of each landing asset, as Dagster shows it."""
    import dagster as dg

    keys = [
        dg.AssetCheckKey(dg.AssetKey(["landing", "page", feed]), "was_read") for feed in ("incidents", "maintenances")
    ]
    keys.append(dg.AssetCheckKey(dg.AssetKey(["landing", "desk", "tickets"]), "was_read"))
    with dg.DagsterInstance.from_config(str(project.home / "dagster")) as instance:
        history = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return {"/".join(key.asset_key.path[1:]): record.status.value == "SUCCEEDED" for key, record in history.items()}


def test_source_that_is_down_delays_only_what_depends_on_it(
    new_project: Project, replay: Replay, api: statuspage.Api, tmp_path: Path
) -> None:
    project = new_project
    project.write("agreements/rival.yaml", UPTIME)
    settings(project, replay, "release")
    project.nightly(as_of=READ_AT).demand_release()
    # The runs of a test are years away from the instants it speaks for.
    keep_reading(project.home, Reading("page", datetime.fromisoformat(READ_AT).astimezone(UTC)))
    march = [("sla-mail", "2026-03-01", 1, "met"), ("sla-rival", "2026-03-01", 3600, "met")]
    assert project.query(FIGURES) == sorted([*march, ("sla-mail", "2026-05-01", 0, "no_data"),
                                             ("sla-rival", "2026-05-01", 0, "met")])  # fmt: skip
    assert last_checks(project) == {"page/incidents": True, "page/maintenances": True, "desk/tickets": True}

    # Down for 30 hours. Whoever does not depend on the page has today's figures; whoever does is told since when.
    replay.fault = lambda number, asked, answer: DOWN
    project.write("data/tickets-2.csv", TICKET_HEADER, ticket("T9", "2026-05-01T10:00:00Z"))
    within = project.nightly(as_of="2026-05-02T06:00:00Z").demand_release()
    assert "Source page could not be read; what happened since 2026-05-01T00:00:00Z is not known" in within.output
    assert project.query(FIGURES)[1] == ("sla-mail", "2026-05-01", 1, "missed")
    assert project.query("select distinct agreement_id, unread_sources from marts.figure_quality order by 1") == [
        ("sla-mail", None), ("sla-rival", "page")
    ]  # fmt: skip
    (check,) = project.query(
        "select agreement_id, severity, observed from marts.certificate_check where check_id = 'page_was_read'"
    )
    assert check == ("sla-rival", "warning", "last read at 2026-05-01T00:00:00Z; figures as of then")
    page = (project.current / "report" / "rival" / "2026-05.html").read_text()
    assert "was last read on 1 May 2026 01:00 Europe/London." in page
    assert "could not be read" not in (project.current / "report" / "acme" / "2026-05.html").read_text()
    assert last_checks(project) == {"page/incidents": False, "page/maintenances": False, "desk/tickets": True}

    # Down for 40 hours: longer than agreed. The night stops, or withholds what depends on the page.
    in_force = project.current.resolve()
    beyond = project.nightly(as_of="2026-05-02T16:00:00Z")
    assert beyond.status == 1
    assert "it was last read at 2026-05-01T00:00:00Z: that is longer ago than sla-rival (PT36H)" in beyond.last_lines
    assert project.current.resolve() == in_force
    settings(project, replay, "agreement")
    withheld = project.nightly(as_of="2026-05-02T16:00:00Z").demand_release()
    assert "The figures of sla-rival are withheld: page was last read at 2026-05-01T00:00:00Z" in withheld.output
    assert {row[3] for row in project.query(FIGURES) if row[0] == "sla-rival"} == {"withheld"}
    assert project.query(FIGURES)[1] == ("sla-mail", "2026-05-01", 1, "missed")
    again = tmp_path / "again"
    again.mkdir()
    release = project.current.resolve()
    assert differences(release, reproduce(project.home, release.name, ROOT, again)) == []

    # Back, with what happened meanwhile: the figures catch up, and what was closed before was never another.
    replay.fault = no_fault
    api.incidents.append(
        statuspage.incident(4, started_at="2026-05-01T10:00:00.000Z", resolved_at="2026-05-01T12:00:00.000Z")
    )
    project.nightly(as_of="2026-05-02T18:00:00Z").demand_release()
    assert project.query(FIGURES) == sorted([*march, ("sla-mail", "2026-05-01", 1, "missed"),
                                             ("sla-rival", "2026-05-01", 7200, "missed")])  # fmt: skip
    assert project.query("select count(*) from marts.restatement") == [(0,)]
    assert project.query("select count(*) from marts.certificate_check where check_id = 'page_was_read'") == [(0,)]
    editions = (
        "select distinct edition from marts.figure where agreement_id = 'sla-rival' and period_start = '2026-03-01'"
    )
    assert project.query(editions) == [(1,)]
    assert last_checks(project) == {"page/incidents": True, "page/maintenances": True, "desk/tickets": True}


def test_source_that_nobody_may_miss_stops_the_night_as_ever(new_project: Project) -> None:
    new_project.nightly().demand_release()
    for path in (new_project.folder / "data").iterdir():
        path.unlink()
    outcome = new_project.nightly()
    assert outcome.status == 1
    assert "sla-mail must not be reported without it" in outcome.last_lines


def test_desk_that_is_down_delays_only_the_agreements_that_it_covers(new_project: Project) -> None:
    project = new_project
    project.write("agreements/rival.yaml", TICKETS_OF_RIVAL)
    of_rival = project.write("rival/tickets.csv", TICKET_HEADER, ticket("R1").replace("acme", "rival"))
    desk = {"name": "desk", "type": "files", "feeds": feeds(), "covers": {"customers": ["acme"]}}
    other = {
        "name": "other",
        "type": "files",
        "feeds": {"tickets": "rival/tickets*"},
        "covers": {"customers": ["rival"]},
    }
    project.write_settings([desk, other])
    project.nightly(as_of=READ_AT).demand_release()
    keep_reading(project.home, Reading("other", datetime.fromisoformat(READ_AT).astimezone(UTC)))

    # acme's agreement, which says nothing of staleness, has today's figures; rival's says since when nothing is known.
    of_rival.unlink()
    project.write("data/tickets-2.csv", TICKET_HEADER, ticket("T9", "2026-05-01T10:00:00Z"))
    project.nightly(as_of="2026-05-02T06:00:00Z").demand_release()
    assert project.query(FIGURES)[1] == ("sla-mail", "2026-05-01", 1, "missed")
    assert project.query("select distinct agreement_id, unread_sources from marts.figure_quality order by 1") == [
        ("sla-mail", None), ("sla-rival", "other")
    ]  # fmt: skip
    assert project.query("select agreement_id from marts.certificate_check where check_id = 'other_was_read'") == [
        ("sla-rival",)
    ]

    # The desk that acme does not depend on turns out to have a ticket of acme's: nothing is published on such a word.
    in_force = project.current.resolve()
    project.write("rival/tickets.csv", TICKET_HEADER, ticket("R1").replace("acme", "rival"), ticket("R2"))
    refused = project.nightly(as_of="2026-05-02T18:00:00Z")
    assert refused.status == 1
    assert 'source "other": feed tickets: it has rows about customers outside of covers.customers: "acme" (1);' in (
        refused.last_lines
    )
    assert project.current.resolve() == in_force
    # What it said is landed all the same, for the night in which its word is mended.
    assert len([load for load in project.loads() if load.startswith("other/tickets/")]) == 2
