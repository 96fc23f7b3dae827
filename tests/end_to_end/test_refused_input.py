"""Input that cannot be used: the nightly says what, where and what to do; nothing is lost, nothing is published."""

import io
import zipfile
from collections.abc import Callable

import pytest

from tests.integration.small_project import (
    AGREEMENT,
    EVENT_HEADER,
    TICKET_HEADER,
    Outcome,
    Project,
    event,
    everything_below,
    feeds,
    published_state,
    ticket,
)


def truncated_zip(project: Project) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tickets.csv", "\n".join([TICKET_HEADER, *(ticket(f"N{number}") for number in range(500))]))
    whole = packed.getvalue()
    project.write_bytes("data/tickets-new.zip", whole[: len(whole) // 2])


def wrong_delimiter(project: Project) -> None:
    project.write("data/tickets-new.csv", TICKET_HEADER.replace(",", ";"), ticket("N1").replace(",", ";"))


def missing_column(project: Project) -> None:
    project.write(
        "data/tickets-new.csv", TICKET_HEADER.replace(",priority", ""), "N1,acme,mail,incident,2026-03-02T10:00:00Z"
    )


def empty_file(project: Project) -> None:
    project.write_bytes("data/tickets-new.csv", b"")


def folder_without_files(project: Project) -> None:
    (project.folder / "incoming").mkdir()
    project.write_settings(sources=[{"name": "desk", "type": "files", "feeds": feeds(tickets="incoming/*.csv")}])


def naive_time(project: Project) -> None:
    project.write("data/tickets-new.csv", TICKET_HEADER, ticket("N1"), ticket("N2", "2026-03-02 10:00:00"))


def unknown_status(project: Project) -> None:
    project.write("data/events-new.csv", EVENT_HEADER, event("N1", "T1", "2026-03-02T11:00:00Z", "Zombie"))


def event_of_unknown_ticket(project: Project) -> None:
    project.write("data/events-new.csv", EVENT_HEADER, event("N1", "T404", "2026-03-02T11:00:00Z"))


FILES: dict[Callable[[Project], None], list[str]] = {
    truncated_zip: ['source "desk"', "data/tickets-new.zip: the zip archive is truncated or damaged"],
    wrong_delimiter: ["data/tickets-new.csv line 1", "columns ticket_id, customer_id", "name the delimiter"],
    missing_column: ["data/tickets-new.csv line 1: required column priority is missing", "add the column"],
    empty_file: ["data/tickets-new.csv: the file has 0 bytes"],
    folder_without_files: [
        'feed tickets: no file matches "incoming/*.csv"',
        "holds no such file",
        "put the files there",
    ],
    naive_time: ["data/tickets-new.csv line 3, column opened_at: naive_time", "maxRejectRatio 0.01", "timeZone"],
    unknown_status: ["data/events-new.csv line 2, column value: unknown_status", "Zombie", "statusMap"],
    event_of_unknown_ticket: ["data/events-new.csv line 2, column ticket_id: unknown_ticket", "T404"],
}


def second_agreement(project: Project) -> None:
    project.write("agreements/second.yaml", AGREEMENT.replace("sla-mail", "sla-mail-too"))


def unknown_zone(project: Project) -> None:
    project.write("agreements/sla.yaml", AGREEMENT.replace("Europe/London", "Europe/Londinium"))


def bare_time(project: Project) -> None:
    project.write(
        "agreements/calendars.yaml",
        "apiVersion: slm/v1",
        "kind: Calendar",
        "metadata: {name: office}",
        "spec:",
        "  timeZone: Europe/London",
        "  weekly:",
        "    mon:",
        "      - 17:00",
    )


def two_faults(project: Project) -> None:
    unknown_zone(project)
    project.write(
        "agreements/parties.yaml", "apiVersion: slm/v1", "kind: Custommer", "metadata: {name: acme}", "spec: {}"
    )


AGREEMENTS: dict[Callable[[Project], None], list[str]] = {
    second_agreement: ["sla-mail", "sla-mail-too", "agreements/s"],
    unknown_zone: [
        "agreements/sla.yaml",
        "Agreement sla-mail",
        "spec.validity.timeZone",
        '"Europe/Londinium" is not an IANA time zone',
    ],
    bare_time: [
        "agreements/calendars.yaml",
        "line 8",
        "17:00 is read as a number in base 60",
        'quote the time: "17:00"',
    ],
    two_faults: ["agreements/sla.yaml", "Londinium", "agreements/parties.yaml", "Custommer"],
}


def failed_night(project: Project) -> Outcome:
    """A nightly that fails, leaves what is published as it was byte for byte, and shows no stack trace."""
    before = published_state(project)
    outcome = project.nightly()
    assert outcome.status == 1, outcome.output
    assert "No release was published" in outcome.errors
    assert "Traceback" not in outcome.errors
    assert published_state(project) == before
    return outcome


@pytest.mark.parametrize("spoil", FILES, ids=lambda spoil: spoil.__name__)
def test_unusable_file_fails_the_night_and_loses_nothing(
    published_project: Project, spoil: Callable[[Project], None]
) -> None:
    landing = everything_below(published_project.home / "landing")
    spoil(published_project)
    given = everything_below(published_project.folder)
    outcome = failed_night(published_project)
    for said in FILES[spoil]:
        assert said in outcome.last_lines
    # A source is taken in as a whole or not at all; what was given is still there for the next night.
    assert everything_below(published_project.home / "landing") == landing
    assert everything_below(published_project.folder) == given


def test_first_night_with_an_unusable_file_leaves_no_release(new_project: Project) -> None:
    empty_file(new_project)
    failed_night(new_project)
    assert not new_project.current.exists()
    assert new_project.loads() == []


def test_rejected_records_of_a_refused_file_can_be_read(published_project: Project) -> None:
    naive_time(published_project)
    outcome = failed_night(published_project)
    (written,) = [line for line in outcome.last_lines.split(". ") if line.startswith("All rejected records are in ")]
    path = written.removeprefix("All rejected records are in ")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert "naive_time" in text
    assert "N2" in text
    assert "N1" not in text


def test_mended_file_is_taken_in_with_everything_it_holds(published_project: Project) -> None:
    naive_time(published_project)
    failed_night(published_project)
    published_project.write("data/tickets-new.csv", TICKET_HEADER, ticket("N1"), ticket("N2"))
    assert published_project.run_asset("landing/desk/tickets") == []
    assert len([load for load in published_project.loads() if load.startswith("desk/tickets/")]) == 2


@pytest.mark.parametrize("spoil", AGREEMENTS, ids=lambda spoil: spoil.__name__)
def test_invalid_agreements_fail_before_any_data_is_touched(
    published_project: Project, spoil: Callable[[Project], None]
) -> None:
    spoil(published_project)
    # Data that would be landed, if it came to that.
    published_project.write("data/tickets-new.csv", TICKET_HEADER, ticket("N1"))
    landing = everything_below(published_project.home / "landing")
    outcome = failed_night(published_project)
    for said in AGREEMENTS[spoil]:
        assert said in outcome.last_lines
    assert everything_below(published_project.home / "landing") == landing


def test_every_problem_of_a_source_is_told_at_once(published_project: Project) -> None:
    empty_file(published_project)
    published_project.write("data/events-new.csv", "event_id,ticket_id", "N1,T1")
    outcome = failed_night(published_project)
    assert "data/tickets-new.csv: the file has 0 bytes" in outcome.last_lines
    assert "data/events-new.csv line 1: required columns occurred_at, event_type are missing" in outcome.last_lines
