"""Forgetting a person: every record of theirs becomes nobody's, for good, and every row still means what it meant."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from ingestion import forgetting, landing, persons, pull, rewriting
from ingestion.errors import SourceError
from ingestion.forgetting import (
    begin_forgetting,
    end_forgetting,
    forgettings_under_way,
    forgotten_since,
    rewrite_for,
    take_over_journal,
)
from ingestion.persons import PSEUDONYM, PersonKeyError, demand_same_key, remembered
from ingestion.pull import ordered_sources, settle_landed
from settings.project import SourceConfig
from tests.home_texts import places_of
from tests.unit.ingestion.conftest import AS_OF, TICKET_HEADER, Project, ticket
from tests.unit.ingestion.test_persons import ANN, OTHER, PERSONS

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
    return [SourceConfig(name=desk.name, type=desk.kind, options=desk.options)]


def forget(desk: Project, person: str = "ann.miller", *, is_ahead: bool = False) -> dict[str, int]:
    """Records by feed."""
    begin_forgetting(desk.home, sources(desk), PERSONS, person, AT, is_ahead=is_ahead)
    return finish(desk)


def finish(desk: Project) -> dict[str, int]:
    counts = {}
    for entry in forgettings_under_way(desk.home, sources(desk)):
        counts |= rewrite_for(entry, desk.home, ordered_sources(sources(desk)), PERSONS)
        settle_landed(sources(desk)[0], desk.home, AS_OF)
        end_forgetting(entry, desk.home, sources(desk))
    return {load.split("/")[1]: count for load, count in counts.items()}


def what_counts(desk: Project) -> list[Any]:
    """Every row but for who it was and what was written."""
    return [
        desk.rows("tickets", "ticket_id, customer_id, service_id, priority, opened_at"),
        desk.rows("ticket_events", "event_id, ticket_id, occurred_at, event_type, actor_role"),
        desk.rows("survey_responses", "response_id, item, score, responded_at, ticket_id"),
        desk.audit(),
    ]


def nobody_of(desk: Project) -> str:
    (entry,) = remembered(desk.home)
    return entry.nobody


def test_person_and_what_was_written_are_gone_and_every_row_stands(desk: Project) -> None:
    before = what_counts(desk)
    assert forget(desk) == {"tickets": 2, "ticket_events": 4, "survey_responses": 2}
    assert what_counts(desk) == before
    for gone in (ANN, "miller", "secret of T1", "secret of T2", "attic"):
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


def test_person_whom_nobody_named_changes_nothing_and_is_not_remembered(desk: Project) -> None:
    before = desk.everything()
    assert not begin_forgetting(desk.home, sources(desk), PERSONS, "nobody.at.all", AT)
    assert forgotten_since(desk.home, PERSONS, "nobody.at.all") is None
    assert finish(desk) == {}
    assert desk.everything() == before


def test_same_files_do_not_bring_the_person_back(desk: Project) -> None:
    forget(desk)
    assert desk.run(persons=PERSONS).new_loads == ()
    assert places_of(ANN, desk.home) == []


# ----------------------------------------------------------------------------------------- what comes afterwards


def test_new_export_that_names_the_person_is_nobodys_before_it_is_landed(desk: Project) -> None:
    """T1 comes again, T4 is new; what is written on either is blanked, also in the export of the same night."""
    forget(desk)
    before = what_counts(desk)
    desk.write(
        "data/tickets-2.csv",
        f"{TICKET_HEADER},requester_id,room",
        f"{ticket('T1')},ann.miller,pantry",
        f"{ticket('T4')},ann.miller,pantry",
        f"{ticket('T5')},bob,kitchen",
    )
    desk.write(
        "data/ticket_events-2.csv",
        EVENTS,
        *[
            f"N{number},T{number},2026-03-02T15:00:00Z,message,confided on T{number},agent"
            for number in (1, 2, 3, 4, 5)
        ],
    )
    desk.run(persons=PERSONS)
    for gone in (ANN, "pantry", "confided on T1", "confided on T2", "confided on T4"):
        assert places_of(gone, desk.home) == []
    for left in ("kitchen", "confided on T3", "confided on T5"):
        assert places_of(left, desk.home) != []
    people = dict(desk.rows("tickets", "ticket_id, requester_id"))
    assert people["T1"] == people["T2"] == people["T4"] == nobody_of(desk)
    assert [row for row in what_counts(desk)[0] if row[0] in ("T1", "T2", "T3")] == before[0]
    after = desk.everything()
    assert desk.run(persons=PERSONS).new_loads == ()
    assert desk.everything().keys() == after.keys()


def test_message_that_came_before_its_ticket_is_blanked_with_it(desk: Project) -> None:
    forget(desk)
    desk.write("data/ticket_events-2.csv", EVENTS, "N4,T4,2026-03-02T15:00:00Z,message,confided on T4,agent")
    desk.run(persons=PERSONS, maxRejectRatio=1.0)
    assert places_of("confided on T4", desk.home) != []
    desk.write("data/tickets-2.csv", f"{TICKET_HEADER},requester_id", f"{ticket('T4')},ann.miller")
    desk.run(persons=PERSONS, maxRejectRatio=1.0)
    assert places_of("confided on T4", desk.home) == []
    assert desk.rows("ticket_events", "event_id", "ticket_id = 'T4'") == [("N4",)]


def test_message_of_another_source_on_her_ticket_is_blanked_too(desk: Project) -> None:
    """The source with the tickets comes first; its new ticket is known when the other one is read."""
    forget(desk)
    chat = Project(desk.folder, desk.home, name="chat")
    chat.options = {"feeds": {"ticket_events": "chat/*.csv"}, "ticketSource": "desk"}
    chat.write(
        "chat/1.csv", EVENTS, *[f"C{n},T{n},2026-03-02T15:00:00Z,message,typed on T{n},agent" for n in (1, 3, 4)]
    )
    chat.run(persons=PERSONS, maxRejectRatio=1.0)
    assert places_of("typed on T1", desk.home) == []
    assert places_of("typed on T3", desk.home) != []
    desk.write("data/tickets-2.csv", f"{TICKET_HEADER},requester_id", f"{ticket('T4')},ann.miller")
    desk.run(persons=PERSONS)
    chat.run(persons=PERSONS, maxRejectRatio=1.0)  # with nothing new
    assert places_of("typed on T4", desk.home) == []


def test_line_that_cannot_be_split_does_not_keep_what_it_says_of_her_ticket(desk: Project) -> None:
    forget(desk)
    desk.write("data/ticket_events-2.csv", EVENTS, "X1,T1,confided on T1", "X3,T3,confided on T3")
    desk.run(persons=PERSONS, maxRejectRatio=1.0)
    assert places_of("confided on T1", desk.home) == []
    assert places_of("confided on T3", desk.home) != []
    assert desk.quarantine("line, reason_code") == [(2, "ragged_row"), (3, "ragged_row")]


def test_source_that_was_not_listed_is_looked_through_when_it_is(desk: Project) -> None:
    """As a home that is put back from a copy of its loads: what counts is who is remembered."""
    desk.name = "phone"
    desk.run(persons=PERSONS)
    phone = sources(desk)
    desk.name = "desk"
    forget(desk)
    assert places_of(ANN, desk.home / "landing" / "phone") != []
    both = [*sources(desk), *phone]
    (entry,) = forgettings_under_way(desk.home, both)
    assert {load.split("/")[0] for load in rewrite_for(entry, desk.home, both, PERSONS)} == {"phone"}
    end_forgetting(entry, desk.home, both)
    assert forgettings_under_way(desk.home, both) == []
    assert places_of(ANN, desk.home / "landing") == []


def test_second_person_on_the_same_ticket_is_forgotten_by_herself(desk: Project) -> None:
    forget(desk)
    assert forget(desk, "bob") == {"tickets": 1, "ticket_events": 2, "survey_responses": 1}
    desk.write(
        "data/tickets-2.csv", f"{TICKET_HEADER},requester_id", f"{ticket('T3')},bob", f"{ticket('T1')},ann.miller"
    )
    desk.run(persons=PERSONS)
    ann, bob = (entry.nobody for entry in remembered(desk.home))
    people = dict(desk.rows("tickets", "ticket_id, requester_id"))
    assert (people["T1"], people["T2"], people["T3"]) == (ann, ann, bob)


def test_person_may_be_forgotten_before_any_record_comes(project: Project) -> None:
    project.options = {"feeds": {"tickets": "data/tickets.csv"}}
    assert forget(project, is_ahead=True) == {}
    project.write("data/tickets.csv", f"{TICKET_HEADER},requester_id", f"{ticket('T1')},ann.miller")
    project.run(persons=PERSONS)
    assert project.rows("tickets", "requester_id") == [(nobody_of(project),)]
    assert places_of(ANN, project.home) == []


def test_home_says_who_was_forgotten_only_to_who_has_the_key(desk: Project) -> None:
    forget(desk)
    text = (desk.home / "landing" / ".forgotten.json").read_text()
    assert "miller" not in text
    assert ANN not in text
    assert forgotten_since(desk.home, PERSONS, " ann.miller ") == "2026-04-02T09:00:00Z"
    assert forgotten_since(desk.home, OTHER, "ann.miller") is None
    assert forgotten_since(desk.home, PERSONS, "bob") is None


def test_forgetting_twice_changes_nothing(desk: Project) -> None:
    forget(desk)
    before = desk.everything()
    assert forget(desk, is_ahead=True) == {}
    assert desk.everything() == before


def test_home_that_remembers_somebody_takes_no_other_key(project: Project) -> None:
    """Even where landing has nothing yet: she would not be known again."""
    project.options = {"feeds": {"tickets": "data/tickets.csv"}}
    begin_forgetting(project.home, sources(project), PERSONS, "ann.miller", AT, is_ahead=True)
    demand_same_key(project.home, PERSONS)
    for other in (OTHER, None):
        with pytest.raises(PersonKeyError, match="Set the former key again"):
            demand_same_key(project.home, other)


# ------------------------------------------------------------------------------------------------ killed anywhere


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_before(write: int) -> Iterator[list[int]]:
    """Within the block the process dies before the write of that number (from 0), whatever is written; counts them."""
    count, write_whole = [0], rewriting.write_whole

    def dying(target: Path, make: Callable[[Path], None]) -> None:
        if count[0] == write:
            raise Killed
        count[0] += 1
        write_whole(target, make)

    with ExitStack() as stack:
        for module in (forgetting, persons, rewriting):
            stack.enter_context(mock.patch.object(module, "write_whole", dying))
        yield count


@pytest.mark.parametrize("write", range(9))
def test_killed_anywhere_and_finished_forgets_the_same(desk: Project, write: int) -> None:
    """Who is remembered, her tickets, three loads with records and manifest each, the end: before each of the nine."""
    before = what_counts(desk)
    with killed_before(write), pytest.raises(Killed):
        forget(desk)
    # Not begun until she is remembered: then the command is given again. From then on any night finishes it.
    counts = finish(desk) if write else forget(desk)
    assert counts == {"tickets": 2, "ticket_events": 4, "survey_responses": 2}
    assert what_counts(desk) == before
    for gone in (ANN, "secret of T1", "attic"):
        assert places_of(gone, desk.home) == []
    people = dict(desk.rows("tickets", "ticket_id, requester_id"))
    assert people["T1"] == people["T2"] == nobody_of(desk)
    with killed_before(-1) as count:
        assert finish(desk) == {}
    assert count == [0]


@pytest.mark.parametrize("write", range(5))
def test_night_that_brings_the_person_back_and_is_killed_leaves_nothing_of_hers(desk: Project, write: int) -> None:
    """Two staged loads, a landed one with its manifest, the new ticket: before each of the five writes."""
    forget(desk)
    desk.write("data/ticket_events-2.csv", EVENTS, "N4,T4,2026-03-02T15:00:00Z,message,confided on T4,agent")
    desk.run(persons=PERSONS, maxRejectRatio=1.0)
    desk.write("data/ticket_events-3.csv", EVENTS, "N1,T1,2026-03-02T15:00:00Z,message,confided on T1,agent")
    desk.write("data/tickets-2.csv", f"{TICKET_HEADER},requester_id", f"{ticket('T4')},ann.miller")
    with killed_before(write), pytest.raises(Killed):
        desk.run(persons=PERSONS, maxRejectRatio=1.0)
    assert places_of(ANN, desk.home / "landing") == []
    assert places_of("confided on T1", desk.home / "landing") == []
    desk.run(persons=PERSONS, maxRejectRatio=1.0)
    for gone in (ANN, "confided"):
        assert places_of(gone, desk.home) == []


def test_ticket_of_a_night_killed_while_landing_it_is_not_overlooked(desk: Project) -> None:
    """Its load became part of landing, and nothing after that was done."""
    forget(desk)
    desk.write("data/tickets-2.csv", f"{TICKET_HEADER},requester_id", f"{ticket('T4')},ann.miller")
    with mock.patch.object(pull, "_commit", side_effect=Killed), pytest.raises(Killed):
        desk.run(persons=PERSONS)
    desk.write("data/ticket_events-2.csv", EVENTS, "N4,T4,2026-03-02T15:00:00Z,message,confided on T4,agent")
    assert [load.feed for load in desk.run(persons=PERSONS).new_loads] == ["ticket_events"]
    assert places_of("confided on T4", desk.home) == []


def test_ticket_of_an_unfinished_commit_of_another_source_is_not_overlooked(desk: Project) -> None:
    """The desk was looked through, then killed while T4 became part of landing; only then is the chat listed, which
    has something of T4 already.
    """
    chat = Project(desk.folder, desk.home, name="chat")
    chat.options = {"feeds": {"ticket_events": "chat/*.csv"}, "ticketSource": "desk"}
    chat.write("chat/1.csv", EVENTS, "C4,T4,2026-03-02T15:00:00Z,message,typed on T4,agent")
    chat.run(persons=PERSONS, maxRejectRatio=1.0)
    forget(desk)
    desk.write("data/tickets-2.csv", f"{TICKET_HEADER},requester_id", f"{ticket('T4')},ann.miller")
    with mock.patch.object(landing, "commit_load", side_effect=Killed), pytest.raises(Killed):
        desk.run(persons=PERSONS)
    both = [*sources(desk), *sources(chat)]
    (entry,) = forgettings_under_way(desk.home, both)
    assert list(rewrite_for(entry, desk.home, both, PERSONS).values()) == [1]
    assert places_of("typed on T4", desk.home / "landing") == []


def test_forgetting_that_an_earlier_version_began_is_finished(desk: Project) -> None:
    """Its journal held both pseudonyms, and named nobody afterwards."""
    nobody = "person-" + "0" * 24
    journal = desk.home / "landing" / ".forgetting.json"
    journal.write_text(json.dumps({"at": "2026-04-02T09:00:00Z", "person": ANN, "nobody": nobody}))
    take_over_journal(desk.home, PERSONS)
    assert finish(desk)["tickets"] == 2
    assert not journal.exists()
    assert places_of(ANN, desk.home) == []
    assert nobody_of(desk) == nobody


# ----------------------------------------------------------------------------------------------------- other loads


def test_loads_from_before_there_was_a_key_are_forgotten_too(project: Project) -> None:
    project.options = {"feeds": {"tickets": "data/tickets.csv"}}
    project.write("data/tickets.csv", f"{TICKET_HEADER},requester_id", f"{ticket('T1')},ann.miller")
    project.run()
    assert forget(project) == {"tickets": 1}
    assert places_of("miller", project.home) == []
    assert places_of(ANN, project.home) == []


def test_rejected_records_of_a_night_that_failed_are_forgotten_too(desk: Project) -> None:
    desk.write("data/tickets-2.csv", f"{TICKET_HEADER},requester_id", "T4,acme,desk,incident,P3,never,ann.miller")
    with pytest.raises(SourceError):
        desk.run(persons=PERSONS)
    assert places_of(ANN, desk.home / "warehouse" / "control" / "failed") != []
    forget(desk)
    assert places_of(ANN, desk.home) == []


def test_audit_log_keeps_what_is_read_of_her_tickets_and_nothing_else(project: Project) -> None:
    project.kind, project.options = (
        "servicenow_audit_log",
        {"path": "log.csv", "timeZone": "UTC", "defaults": {"customer_id": "acme", "service_id": "mail"}},
    )
    at = "01/03/2026 10:00"
    project.write(
        "log.csv",
        "number,incident_state,sys_mod_count,sys_updated_at,opened_at,priority,caller_id,category,u_symptom",
        f"INC1,New,0,{at},{at},3 - Moderate,Miller 1,Category 4,it burns",
        f"INC2,New,0,{at},{at},3 - Moderate,Miller 2,Category 5,it smokes",
    )
    project.run(persons=PERSONS)
    rows = project.rows("tickets", "ticket_id, category, opened_at, priority")
    assert forget(project, "Miller 1") == {"audit_log": 1}
    assert project.rows("tickets", "ticket_id, category, opened_at, priority") == rows
    assert places_of("it burns", project.home) == []
    assert places_of("it smokes", project.home) != []
