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
from tests.home_texts import places_of
from tests.integration.small_project import (
    EVENTS,
    ROOT,
    TICKET_HEADER,
    TICKETS,
    Outcome,
    Project,
    environment,
    feeds,
    small_project,
)
from tests.integration.test_restatements import CLOSED, LATER, editions

SECRETS = {"SLM_PSEUDONYM_KEY": "0123456789abcdef0123456789abcdef"}
PERSON = "ann.miller"
PSEUDONYM = Persons.with_key(SECRETS["SLM_PSEUDONYM_KEY"], "").pseudonym(PERSON)


def forget(project: Project, person: str = PERSON, **secrets: str) -> Outcome:
    """`make forget` in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with (
        environment({**project.variables(LATER), **secrets}),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        status = forgetting.main([person])
    return Outcome(status, output.getvalue(), errors.getvalue())


@dataclass(frozen=True)
class Nights:
    """A project whose March has closed, after Ann was forgotten and another night."""

    project: Project
    first: str
    forgotten: Outcome
    left_in_home: list[str]


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
    project.nightly(LATER, **SECRETS).demand_release()
    return Nights(project, first, done, left)


def test_command_says_what_it_did_and_names_the_releases_it_touches(nights: Nights) -> None:
    assert nights.forgotten.status == 0, nights.forgotten.errors
    assert "Forgotten: 7 records in 2 loads. Figures stand." in nights.forgotten.output
    assert nights.forgotten.output.splitlines()[-1] == nights.first


def test_landing_and_what_was_derived_hold_nothing_of_the_person(nights: Nights) -> None:
    assert nights.left_in_home == []
    assert nights.project.query(f"select count(*) from marts.fct_ticket where requester_id = '{PSEUDONYM}'") == [(0,)]
    assert nights.project.query("select count(*), count(distinct requester_id) from marts.fct_ticket") == [(4, 1)]


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


def test_home_without_a_key_cannot_forget(published_project: Project) -> None:
    refused = forget(published_project)
    assert refused.status == 1
    assert "Only a home with pseudonyms can forget a person" in refused.errors
