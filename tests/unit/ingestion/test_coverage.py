"""A source is held to what slm.yaml says of it: whom and what its records are about."""

from pathlib import Path
from typing import Any

import pytest

from ingestion.coverage import demand_covered
from ingestion.errors import SourceError
from ingestion.pull import check_source, run_source
from settings.project import Covers, SourceConfig
from tests.unit.ingestion.conftest import AS_OF, EVENT_HEADER, FILES, FIRST_NIGHT, TICKET_HEADER, Project, event, ticket


def demand(project: Project, **covers: list[str]) -> None:
    demand_covered(SourceConfig(name="desk", type="files", covers=Covers(**covers)), project.home)


def refusals(project: Project, **covers: list[str]) -> list[str]:
    with pytest.raises(SourceError) as caught:
        demand(project, **covers)
    return caught.value.problems


def test_source_that_keeps_to_what_it_covers_passes(desk: Project) -> None:
    desk.run()
    demand(desk, customers=["acme"])
    demand(desk, customers=["rival", "acme"], services=["desk"])


def test_rows_about_others_are_told_by_feed_value_and_count(desk: Project) -> None:
    desk.run()
    assert refusals(desk, customers=["rival"], services=["mail"]) == [
        (
            'feed tickets: it has rows about customers outside of covers.customers: "acme" (2); add them there, or'
            " translate them with customerMap. Until then nobody knows which agreements a failure of this source delays"
        ),
        (
            'feed tickets: it has rows about services outside of covers.services: "desk" (2); add them there, or'
            " translate them with serviceMap. Until then nobody knows which agreements a failure of this source delays"
        ),
    ]


def test_values_count_as_they_are_mapped(desk: Project) -> None:
    desk.run(customerMap={"acme": "north"})
    demand(desk, customers=["north"])
    assert '"north" (2)' in refusals(desk, customers=["acme"])[0]


@pytest.mark.parametrize(("kind", "key"), [("customer", "customers"), ("service", "services")])
def test_ticket_that_moves_to_another_is_about_that_one_too(desk: Project, kind: str, key: str) -> None:
    moved = f"E2,T1,2026-03-02T11:00:00Z,{kind},other"
    desk.write("data/events.csv", EVENT_HEADER, event("E1", "T1"), moved)
    desk.run()
    (found,) = refusals(desk, customers=["acme"], services=["desk"])
    assert f'feed ticket_events: it has rows about {key} outside of covers.{key}: "other" (1)' in found


@pytest.mark.parametrize(
    ("feed", "header", "row"),
    [
        ("outages", "outage_id,service_id,started_at,kind", "O1,mail,2026-03-02T10:00:00Z,outage"),
        ("uptime_checks", "service_id,checked_at,status", "mail,2026-03-02T10:00:00Z,up"),
        (
            "survey_responses",
            "response_id,instrument_id,item,score,responded_at,customer_id,service_id",
            "R1,after,csat,4,2026-03-02T10:00:00Z,acme,mail",
        ),
        (
            "survey_invitations",
            "invitation_id,instrument_id,sent_at,customer_id,service_id",
            "I1,after,2026-03-02T10:00:00Z,acme,mail",
        ),
    ],
)
def test_every_feed_is_held_to_it(project: Project, feed: str, header: str, row: str) -> None:
    project.options = {"feeds": {feed: "data/rows.csv"}}
    project.write("data/rows.csv", header, row)
    project.run()
    demand(project, customers=["acme"], services=["mail"])
    assert (
        f'feed {feed}: it has rows about services outside of covers.services: "mail" (1)'
        in refusals(project, services=["desk"])[0]
    )


def test_answer_without_a_service_contradicts_nothing(project: Project) -> None:
    project.options = {"feeds": {"survey_responses": "data/rows.csv"}}
    header = "response_id,instrument_id,item,score,responded_at,customer_id,service_id"
    project.write("data/rows.csv", header, "R1,after,csat,4,2026-03-02T10:00:00Z,acme,")
    project.run()
    demand(project, customers=["acme"], services=["mail"])


def test_many_values_are_counted_and_the_most_frequent_are_named(desk: Project) -> None:
    rows = [f"T{n},c{n % 7},desk,incident,P3,2026-03-02T10:00:00Z" for n in range(8)]
    desk.write("data/tickets.csv", TICKET_HEADER, *rows, ticket("T8"), ticket("T1x"))
    desk.write("data/events.csv", EVENT_HEADER, event("E1", "T1"))
    desk.run()
    (found,) = refusals(desk, customers=["acme"])
    assert 'it has rows about customers outside of covers.customers: "c0" (2), "c1" (1), ' in found
    assert ' "c4" (1) and 2 more; add them there' in found


def test_only_what_counts_today_is_held_to_it(desk: Project) -> None:
    desk.write("data/tickets.csv", TICKET_HEADER, ticket("T1").replace("acme", "rival"))
    desk.run()
    assert refusals(desk, customers=["acme"])
    desk.write("data/tickets.csv", TICKET_HEADER, ticket("T1"))
    desk.run()
    demand(desk, customers=["acme"])


def test_other_sources_are_not_asked(desk: Project, tmp_path: Path) -> None:
    desk.run()
    other = SourceConfig(name="other", type="files", options=FILES)
    desk.write("data/tickets.csv", TICKET_HEADER, ticket("T1").replace("acme", "rival"))
    run_source(other, desk.folder, desk.home, FIRST_NIGHT, AS_OF)
    demand(desk, customers=["acme"])


@pytest.mark.parametrize(
    ("feeds", "is_refused"),
    [({"ticket_events": "e.csv"}, True), ({"survey_responses": "r.csv"}, False)],
    ids=["events, which name nobody", "answers, which name their customer"],
)
def test_events_of_tickets_of_another_source_cannot_be_held_to_it(feeds: dict[str, Any], is_refused: bool) -> None:
    source = SourceConfig(
        name="chat", type="files", covers=Covers(customers=["acme"]), options={"feeds": feeds, "ticketSource": "desk"}
    )
    if is_refused:
        with pytest.raises(SourceError, match="events of the tickets of desk do not say whom they are about"):
            check_source(source)
    else:
        check_source(source)
