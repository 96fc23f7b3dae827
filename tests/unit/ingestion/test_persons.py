"""Persons: pseudonyms in landing and in rows, one key per home, and nobody named without a key."""

import re

import pytest

from ingestion.adapters.servicenow_audit_log import FEED
from ingestion.errors import SourceError
from ingestion.persons import PSEUDONYM, PersonKeyError, Persons, demand_same_key
from tests.home_texts import places_of
from tests.unit.ingestion.conftest import TICKET_HEADER, Project, ticket

KEY = "0123456789abcdef0123456789abcdef-of-the-test"
PERSONS = Persons.with_key(KEY, "SLM_PSEUDONYM_KEY")
OTHER = Persons.with_key(KEY[::-1], "SLM_PSEUDONYM_KEY")
HEADER = f"{TICKET_HEADER},requester_id"
ANN = PERSONS.pseudonym("ann.miller")


def asked_by(number: str, person: str) -> str:
    return f"{ticket(number)},{person}"


@pytest.fixture
def named(project: Project) -> Project:
    """A desk whose tickets say who asked."""
    project.options = {"feeds": {"tickets": "data/tickets*.csv"}}
    project.write(
        "data/tickets.csv", HEADER, asked_by("T1", "ann.miller"), asked_by("T2", " ann.miller "), asked_by("T3", "")
    )
    return project


def requesters(project: Project) -> list[tuple[str, str | None]]:
    return [(str(ticket_id), person) for ticket_id, person in project.rows("tickets", "ticket_id, requester_id")]


def test_pseudonym_is_a_keyed_hash_that_says_what_it_is() -> None:
    # RFC 2104, as `printf ann.miller | openssl dgst -sha256 -hmac "$KEY"` gives it.
    assert ANN == "person-ee23c4129fe6963d87b06388"
    assert re.fullmatch(PSEUDONYM, ANN)
    assert OTHER.pseudonym("ann.miller") != ANN
    assert KEY not in repr(PERSONS)


def test_landing_and_rows_have_pseudonyms_and_nobody_in_the_clear(named: Project) -> None:
    result = named.run(persons=PERSONS)
    assert requesters(named) == [("T1", ANN), ("T2", ANN), ("T3", None)]
    assert named.landed("tickets", "requester_id") == [(ANN,), (ANN,), ("",)]
    assert places_of("miller", named.home) == []
    assert places_of(KEY, named.home) == []
    assert result.warnings == ()


def test_same_person_is_the_same_in_another_source_and_another_night(named: Project) -> None:
    named.run(persons=PERSONS)
    named.write("data/tickets-later.csv", HEADER, asked_by("T4", "ann.miller"))
    named.run(persons=PERSONS)
    named.name = "phone"
    named.run(persons=PERSONS)
    found = named.rows("tickets", "source, ticket_id, requester_id", "requester_id is not null")
    assert {person for _, _, person in found} == {ANN}
    assert len(found) == 6


def test_column_of_the_sources_own_name_is_a_pseudonym_too(named: Project) -> None:
    named.write("data/tickets.csv", f"{TICKET_HEADER},Caller", asked_by("T1", "ann.miller"))
    named.run(persons=PERSONS, feeds={"tickets": {"path": "data/tickets.csv", "columns": {"requester_id": "Caller"}}})
    assert requesters(named) == [("T1", ANN)]
    assert places_of("miller", named.home) == []


def test_record_that_cannot_be_split_is_counted_and_not_kept_as_text(named: Project) -> None:
    named.write("data/tickets.csv", HEADER, asked_by("T1", "ann.miller"), "T2,ann.miller")
    with pytest.raises(SourceError, match="line 3"):
        named.run(persons=PERSONS)
    named.run(persons=PERSONS, maxRejectRatio=1.0)
    assert named.quarantine() == [("tickets", 3, None, None, "ragged_row")]
    assert places_of("miller", named.home) == []


def test_without_a_key_nobody_is_named_in_rows_and_the_operator_is_told_why(named: Project) -> None:
    result = named.run()
    assert requesters(named) == [("T1", None), ("T2", None), ("T3", None)]
    (warning,) = result.warnings
    assert "desk: records of tickets name persons. They are left out of releases" in warning
    assert "privacy: {pseudonymKey: {env: NAME}}" in warning
    # What landing holds is what was received, for the day on which there is a key.
    assert named.landed("tickets", "requester_id")[0] == ("ann.miller",)
    assert places_of("miller", named.home / "warehouse") == []


def test_rows_that_differ_in_the_person_alone_are_a_conflict_with_a_key_or_without(named: Project) -> None:
    named.write("data/tickets.csv", HEADER, asked_by("T1", "ann.miller"), asked_by("T1", "bob"))
    for persons in (None, PERSONS):
        named.run(persons=persons, maxRejectRatio=1.0)
        assert named.quarantine("line, reason_code") == [(2, "conflicting_in_load")]


def test_source_that_names_nobody_needs_no_key(desk: Project) -> None:
    assert desk.run().warnings == ()


def test_key_that_comes_later_gives_pseudonyms_to_what_was_landed_before(named: Project) -> None:
    named.run()
    manifest = named.manifest("tickets", named.loads("tickets")[0])
    result = named.run(persons=PERSONS)
    assert "persons in 1 loads of earlier nights were given pseudonyms" in result.warnings[0]
    assert requesters(named) == [("T1", ANN), ("T2", ANN), ("T3", None)]
    assert places_of("miller", named.home) == []
    now = named.manifest("tickets", named.loads("tickets")[0])
    assert now == {**manifest, "persons": PERSONS.fingerprint, "rewritten": 1}
    assert named.run(persons=PERSONS).warnings == ()


def test_rewriting_killed_before_the_manifest_is_done_again_without_a_pseudonym_of_a_pseudonym(named: Project) -> None:
    named.run()
    load = named.home / "landing" / "desk" / "tickets" / named.loads("tickets")[0]
    before = (load / "manifest.json").read_bytes()
    named.run(persons=PERSONS)
    (load / "manifest.json").write_bytes(before)
    named.run(persons=PERSONS)
    assert requesters(named) == [("T1", ANN), ("T2", ANN), ("T3", None)]


@pytest.mark.parametrize(
    ("persons", "reason"),
    [(OTHER, "SLM_PSEUDONYM_KEY holds another key"), (None, "slm.yaml names no key any more")],
)
def test_other_key_than_landings_is_refused_with_the_remedy(
    named: Project, persons: Persons | None, reason: str
) -> None:
    named.run(persons=PERSONS)
    demand_same_key(named.home, PERSONS)
    with pytest.raises(PersonKeyError, match=f"(?s){reason}.*Set the former key again") as error:
        demand_same_key(named.home, persons)
    assert PERSONS.fingerprint in str(error.value)
    assert KEY not in str(error.value)


def test_home_without_pseudonyms_takes_any_key(named: Project) -> None:
    named.run()
    demand_same_key(named.home, PERSONS)
    demand_same_key(named.home, None)


def test_short_key_is_refused_and_not_shown() -> None:
    with pytest.raises(PersonKeyError, match=r"SLM_PSEUDONYM_KEY: .* 5 characters, and needs at least 32") as error:
        Persons.with_key("guess", "SLM_PSEUDONYM_KEY")
    assert "guess" not in str(error.value)


def test_person_is_no_constant(named: Project) -> None:
    with pytest.raises(SourceError, match='"requester_id" names a person, and nobody asked for everything'):
        named.run(defaults={"requester_id": "ann.miller"})


def test_audit_log_has_pseudonyms_for_callers_and_people_of_the_desk(project: Project) -> None:
    project.kind, project.options = (
        "servicenow_audit_log",
        {"path": "log.csv", "timeZone": "UTC", "defaults": {"customer_id": "acme", "service_id": "mail"}},
    )
    project.write(
        "log.csv",
        "number,incident_state,sys_mod_count,sys_updated_at,opened_at,priority,caller_id,opened_by,assigned_to",
        "INC1,New,0,01/03/2026 10:00,01/03/2026 10:00,3 - Moderate,Miller 1,Opened by 8,?",
        "INC2,New,0,01/03/2026 10:00,01/03/2026 10:00,3 - Moderate,?,Miller 2,Resolver 3",
    )
    project.run(persons=PERSONS)
    assert requesters(project) == [
        ("INC1", PERSONS.pseudonym("Miller 1")),
        ("INC2", PERSONS.pseudonym("Miller 2")),
    ]
    assert project.landed(FEED, "assigned_to") == [("?",), (PERSONS.pseudonym("Resolver 3"),)]
    assert places_of("miller", project.home) == []
    assert project.manifest(FEED, project.loads(FEED)[0])["persons"] == PERSONS.fingerprint
