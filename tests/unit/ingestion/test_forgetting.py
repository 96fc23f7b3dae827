"""Forgetting a person: every record of theirs becomes nobody's, once, and every row still means what it meant."""

from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest

from ingestion import rewriting
from ingestion.forgetting import begin_forgetting, end_forgetting, forgetting_under_way, rewrite_for
from ingestion.persons import PSEUDONYM
from ingestion.pull import settle_landed
from settings.project import SourceConfig
from tests.home_texts import places_of
from tests.unit.ingestion.conftest import AS_OF, TICKET_HEADER, Project, ticket
from tests.unit.ingestion.test_persons import ANN, PERSONS

AT = datetime(2026, 4, 2, 9, tzinfo=UTC)
EVENTS = "event_id,ticket_id,occurred_at,event_type,value,actor_role"
ANSWERS = "response_id,instrument_id,item,score,responded_at,customer_id,ticket_id,comment"


@pytest.fixture
def desk(project: Project) -> Project:
    """Ann asked for T1 and T2, Bob for T3; each has a message, a status and an answer with a comment."""
    names = ("tickets", "ticket_events", "survey_responses")
    project.options = {"feeds": {name: f"data/{name}*.csv" for name in names}}
    project.write(
        "data/tickets.csv",
        f"{TICKET_HEADER},requester_id,room",
        f"{ticket('T1')},ann.miller,attic",
        f"{ticket('T2')},ann.miller,attic",
        f"{ticket('T3')},bob,cellar",
    )
    of = [(number, f"2026-03-02T1{number}:00:00Z") for number in (1, 2, 3)]
    project.write(
        "data/ticket_events.csv",
        EVENTS,
        *[f"M{number},T{number},{at},message,secret of T{number},customer" for number, at in of],
        *[f"S{number},T{number},{at},status,resolved,agent" for number, at in of],
    )
    project.write(
        "data/survey_responses.csv",
        ANSWERS,
        *[f"R{number},pulse,overall,{number},{at},acme,T{number},secret of T{number}" for number, at in of],
    )
    project.run(persons=PERSONS)
    return project


def sources(desk: Project) -> list[SourceConfig]:
    return [SourceConfig(name="desk", type="files", options=desk.options)]


def forget(desk: Project, person: str = "ann.miller") -> dict[str, int]:
    begin_forgetting(desk.home, sources(desk), PERSONS, person, AT)
    return finish(desk)


def finish(desk: Project) -> dict[str, int]:
    forgetting = forgetting_under_way(desk.home)
    assert forgetting is not None
    counts = rewrite_for(forgetting, desk.home, sources(desk))
    settle_landed(sources(desk)[0], desk.home, AS_OF)
    end_forgetting(desk.home)
    return {load.split("/")[1]: count for load, count in counts.items()}


def what_counts(desk: Project) -> list[object]:
    """Every row but for who it was and what was written."""
    return [
        desk.rows("tickets", "ticket_id, customer_id, service_id, priority, opened_at"),
        desk.rows("ticket_events", "event_id, ticket_id, occurred_at, event_type, actor_role"),
        desk.rows("survey_responses", "response_id, item, score, responded_at, ticket_id"),
        desk.audit(),
    ]


def test_person_and_what_was_written_are_gone_and_every_row_stands(desk: Project) -> None:
    before = what_counts(desk)
    assert forget(desk) == {"tickets": 2, "ticket_events": 4, "survey_responses": 2}
    assert what_counts(desk) == before
    for gone in (ANN, "secret of T1", "secret of T2", "attic"):
        assert places_of(gone, desk.home) == []
    assert desk.rows("ticket_events", "value", "event_type = 'status'") == [("resolved",)] * 3


def test_records_stay_together_under_a_pseudonym_of_nobody(desk: Project) -> None:
    forget(desk)
    found = dict(desk.rows("tickets", "ticket_id, requester_id"))
    assert found["T1"] == found["T2"] != ANN
    assert found["T3"] == PERSONS.pseudonym("bob")
    assert desk.query(f"select regexp_full_match('{found['T1']}', '{PSEUDONYM}')") == [(True,)]


def test_records_of_others_are_as_they_were(desk: Project) -> None:
    forget(desk)
    assert places_of("secret of T3", desk.home) != []
    assert places_of("cellar", desk.home) != []
    assert desk.landed("tickets", "requester_id")[2] == (PERSONS.pseudonym("bob"),)


def test_person_whom_nobody_named_changes_nothing(desk: Project) -> None:
    before = desk.everything()
    assert forget(desk, "nobody.at.all") == {}
    assert desk.everything().keys() == before.keys()


def test_same_files_do_not_bring_the_person_back(desk: Project) -> None:
    forget(desk)
    assert desk.run(persons=PERSONS).new_loads == ()
    assert places_of(ANN, desk.home) == []


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("writes", range(6))
def test_killed_anywhere_and_finished_forgets_the_same(desk: Project, writes: int) -> None:
    """Three loads, each with records and a manifest to write: killed before each of the six."""
    before, written = what_counts(desk), 0
    write_whole = rewriting.write_whole

    def dying(target: Path, write: object) -> None:
        nonlocal written
        if written == writes:
            raise Killed
        written += 1
        write_whole(target, write)  # type: ignore[arg-type]

    with mock.patch.object(rewriting, "write_whole", dying), pytest.raises(Killed):
        forget(desk)
    assert finish(desk) == {"tickets": 2, "ticket_events": 4, "survey_responses": 2}
    assert what_counts(desk) == before
    for gone in (ANN, "secret of T1", "attic"):
        assert places_of(gone, desk.home) == []
    people = dict(desk.rows("tickets", "ticket_id, requester_id"))
    assert people["T1"] == people["T2"]


def test_loads_from_before_there_was_a_key_are_forgotten_too(project: Project) -> None:
    project.options = {"feeds": {"tickets": "data/tickets.csv"}}
    project.write("data/tickets.csv", f"{TICKET_HEADER},requester_id", f"{ticket('T1')},ann.miller")
    project.run()
    assert forget(project) == {"tickets": 1}
    assert places_of("miller", project.home) == []
    assert places_of(ANN, project.home) == []
