"""When a source was last read is known on quiet nights too, and what kind of failure leaves it unread."""

from datetime import timedelta

import pytest

from ingestion.errors import SourceError, SourceUnread
from ingestion.reading import Reading, keep_reading, last_reading, unread_sources
from tests.unit.ingestion.conftest import EVENT_HEADER, FIRST_NIGHT, TICKET_HEADER, Project, event, ticket


@pytest.fixture
def read_project(project: Project) -> Project:
    project.write("data/tickets.csv", TICKET_HEADER, ticket("T1"))
    project.write("data/events.csv", EVENT_HEADER, event("E1", "T1"))
    project.run()
    return project


def test_source_that_was_never_read_has_no_record(project: Project) -> None:
    assert last_reading(project.home, "desk") is None
    assert unread_sources(project.home, ["desk"]) == []


def test_night_without_news_counts_as_read(read_project: Project) -> None:
    assert last_reading(read_project.home, "desk") == Reading("desk", FIRST_NIGHT)
    assert read_project.run().new_loads == ()
    assert last_reading(read_project.home, "desk") == Reading("desk", FIRST_NIGHT + timedelta(days=1))


def test_home_without_records_was_read_at_its_latest_load(read_project: Project) -> None:
    read_project.write("data/tickets-2.csv", TICKET_HEADER, ticket("T2"))
    read_project.run()
    (read_project.home / "landing" / ".read" / "desk.json").unlink()
    assert last_reading(read_project.home, "desk") == Reading("desk", FIRST_NIGHT + timedelta(days=1))


def test_failed_attempt_stays_until_the_next_one_succeeds(read_project: Project) -> None:
    failed = Reading("desk", FIRST_NIGHT, "HTTP 503")
    keep_reading(read_project.home, failed)
    assert unread_sources(read_project.home, ["other", "desk"]) == [failed]
    read_project.run()
    assert unread_sources(read_project.home, ["other", "desk"]) == []


def test_files_that_are_gone_leave_the_source_unread(read_project: Project) -> None:
    for path in (read_project.folder / "data").iterdir():
        path.unlink()
    with pytest.raises(SourceUnread, match="no file matches"):
        read_project.run()
    assert last_reading(read_project.home, "desk") == Reading("desk", FIRST_NIGHT)


@pytest.mark.parametrize("is_other_feed_gone", [False, True])
def test_files_that_came_and_are_wrong_are_no_absence(read_project: Project, is_other_feed_gone: bool) -> None:
    """What was delivered must be looked at: going on without it would hide it."""
    read_project.write("data/tickets-2.csv", "ticket_id", "T2")
    if is_other_feed_gone:
        (read_project.folder / "data" / "events.csv").unlink()
    with pytest.raises(SourceError, match=r"required columns .* are missing") as caught:
        read_project.run()
    assert not isinstance(caught.value, SourceUnread)
