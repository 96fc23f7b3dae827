"""`make forget`: landing and later builds hold nothing of the person, and the figures of closed periods stand."""

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingestion.persons import Persons
from orchestration import forgetting
from orchestration.reproduction import NotReproducible, reproduce
from reporting.explain import explain
from tests.home_texts import places_of
from tests.integration.small_project import (
    EVENTS,
    ROOT,
    TICKET_HEADER,
    TICKETS,
    Outcome,
    Project,
    environment,
    event,
    feeds,
    small_project,
    ticket,
)
from tests.integration.test_restatements import CLOSED, FIGURE, LATER, editions

SECRETS = {"SLM_PSEUDONYM_KEY": "0123456789abcdef0123456789abcdef"}
PERSON = "ann.miller"
PSEUDONYM = Persons.with_key(SECRETS["SLM_PSEUDONYM_KEY"], "").pseudonym(PERSON)


# The desk exports all tickets again, with one that is new, and with what was written on an old one and on the new one.
NEW_TICKETS = (*TICKETS, ticket("T5", "2026-05-18T10:00:00Z"))
NEW_EVENTS = [event(f"N{of}", of, "2026-05-18T11:00:00Z", "confided", "message") for of in ("T3", "T5")]


def forget(project: Project, person: str = PERSON, *options: str, **secrets: str) -> Outcome:
    """`make forget` in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with (
        environment({**project.variables(LATER), **secrets}),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        status = forgetting.main([person, *options])
    return Outcome(status, output.getvalue(), errors.getvalue())


@dataclass(frozen=True)
class Nights:
    """A project whose March has closed; after Ann was forgotten there came another export that names her."""

    project: Project
    first: str
    forgotten: Outcome
    left_in_home: list[str]
    explained: list[str]


@pytest.fixture(scope="module")
def nights(parsed_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    project = small_project(tmp_path_factory.mktemp("forgotten"))
    project.write_settings(
        [{"name": "desk", "type": "files", "feeds": feeds()}],
        privacy={"pseudonymKey": {"env": "SLM_PSEUDONYM_KEY"}},
    )
    project.write("data/tickets.csv", f"{TICKET_HEADER},requester_id", *[f"{row},{PERSON}" for row in TICKETS])
    project.write("data/events.csv", "event_id,ticket_id,occurred_at,event_type,value", *EVENTS)
    project.nightly(CLOSED, **SECRETS).demand_release()
    first = project.current.resolve().name
    done = forget(project, **SECRETS)
    left = places_of(PSEUDONYM, project.home / "landing", project.home / "warehouse")
    explained = list(explain(project.home, FIGURE, 10))
    header = f"{TICKET_HEADER},requester_id,written_down"
    project.write("data/tickets-2.csv", header, *[f"{row},{PERSON},confided" for row in NEW_TICKETS])
    project.write("data/events-2.csv", "event_id,ticket_id,occurred_at,event_type,value", *NEW_EVENTS)
    project.nightly(LATER, **SECRETS).demand_release()
    return Nights(project, first, done, left, explained)


def test_command_says_what_it_did_and_names_the_releases_it_touches(nights: Nights) -> None:
    assert nights.forgotten.status == 0, nights.forgotten.errors
    assert "Forgotten: 7 records in 2 loads. Figures stand." in nights.forgotten.output
    assert nights.forgotten.output.splitlines()[-1] == nights.first


def test_landing_and_what_was_derived_hold_nothing_of_the_person(nights: Nights) -> None:
    assert nights.left_in_home == []
    assert nights.project.query(f"select count(*) from marts.fct_ticket where requester_id = '{PSEUDONYM}'") == [(0,)]
    assert nights.project.query("select count(*), count(distinct requester_id) from marts.fct_ticket") == [(5, 1)]


def test_export_that_names_the_person_again_names_nobody_anywhere(nights: Nights) -> None:
    home = nights.project.home
    later = home / "published" / "current"
    for gone in (PERSON, PSEUDONYM, "confided"):
        assert places_of(gone, home / "landing", home / "warehouse", later.resolve()) == []
    loads = nights.project.query("select count(*), sum(landed_count), sum(quarantined_count) from marts.load_audit")
    assert loads == [(4, len(TICKETS) + len(EVENTS) + len(NEW_TICKETS) + len(NEW_EVENTS), 0)]


def test_later_release_can_be_made_again_and_the_figure_explained(nights: Nights) -> None:
    """Only what was made before is listed; the lines behind a figure are where they were."""
    (entry,) = forgetting.forgotten(nights.project.home)
    assert nights.project.current.resolve().name not in entry.releases
    assert [line for line in nights.explained if "ticket T1: desk, data/tickets.csv line 2" in line] != []


def test_person_is_remembered_and_there_is_nothing_more_to_do(nights: Nights) -> None:
    again = forget(nights.project, **SECRETS)
    assert again.status == 0, again.errors
    assert "That person was forgotten at 20" in again.output
    assert "there is nothing more to do" in again.output
    assert len(forgetting.forgotten(nights.project.home)) == 1


def test_person_of_whom_there_is_no_record_yet_is_forgotten_ahead_if_asked(nights: Nights) -> None:
    refused = forget(nights.project, "ann.smith", **SECRETS)
    assert refused.status == 1
    assert "add AHEAD=1" in refused.errors
    done = forget(nights.project, "ann.smith", "--ahead", **SECRETS)
    assert (done.status, done.output.strip()) == (
        0,
        "Landing has no record of that person yet. Whatever comes will be nobody's.",
    )
    assert "there is nothing more to do" in forget(nights.project, "ann.smith", **SECRETS).output
    assert len(forgetting.forgotten(nights.project.home)) == 1


def test_figures_of_closed_periods_stand_and_nothing_is_restated(nights: Nights) -> None:
    assert editions(nights.project) == [(1, 2, 3, "met", True)]
    assert nights.project.query("select * from marts.restatement") == []


def test_record_says_when_and_what_but_not_who(nights: Nights) -> None:
    text = (nights.project.home / "forgotten.json").read_text()
    (entry,) = json.loads(text)
    assert sorted(load.split("/")[1] for load in entry["loads"]) == ["ticket_events", "tickets"]
    assert sorted(entry["loads"].values()) == [3, 4]
    assert entry["releases"] == [nights.first]
    assert entry["at"].endswith("Z")
    assert PERSON not in text
    assert PSEUDONYM not in text


def test_touched_release_says_why_it_cannot_be_made_again(nights: Nights, tmp_path: Path) -> None:
    with pytest.raises(NotReproducible, match="records of a person who was forgotten since"):
        reproduce(nights.project.home, nights.first, ROOT, tmp_path)


def test_person_whom_no_record_names_is_said_to_be_unknown(nights: Nights) -> None:
    unknown = forget(nights.project, "nobody", **SECRETS)
    assert unknown.status == 1
    assert "Landing has no record of that person" in unknown.errors
    assert len(json.loads((nights.project.home / "forgotten.json").read_text())) == 1


def test_nobody_at_all_is_no_person(nights: Nights) -> None:
    with pytest.raises(SystemExit):
        forget(nights.project, " ", "--ahead", **SECRETS)


def test_home_without_a_key_cannot_forget(published_project: Project) -> None:
    refused = forget(published_project)
    assert refused.status == 1
    assert "Only a home with pseudonyms can forget a person" in refused.errors
