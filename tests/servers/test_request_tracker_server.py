"""Request Tracker itself: what was done to its tickets is found again to the second, and nobody's ticket is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.servers.conftest import started
from tests.servers.request_tracker import RequestTracker, request_tracker
from tests.unit.connectors.conftest import Pulled
from tests.unit.connectors.replay import Replay, Surroundings

# Summer time begins in London on Sunday, 29 March 2026.
FRIDAY = datetime(2026, 3, 27, 16, 0, tzinfo=UTC)
MONDAY = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
SUNDAY = datetime(2026, 4, 5, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module", params=[True, False], ids=["rights in SQL", "rights after paging"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    folder = tmp_path_factory.mktemp("rt")
    with started(lambda: request_tracker(folder, FRIDAY, checks_rights_in_sql=request.param)) as running:
        yield running


@pytest.fixture
def far(server: RequestTracker, tmp_path: Path) -> Pulled:
    """The source as its reader sees it: the queue Secret is not hers."""
    surroundings = Surroundings({"RT_TOKEN": server.tokens["reader"]}, now=TUESDAY)
    replay = Replay(server.url, api=lambda asked: NotImplemented)
    return Pulled("request_tracker", replay, tmp_path / "home", {"token": {"env": "RT_TOKEN"}}, surroundings)


def minutes(far: Pulled, ticket: int) -> list[tuple[str, str, str | None, str]]:
    """A ticket's events: when (UTC), what, the new value, and who."""
    rows = far.rows("ticket_events", "event_id, occurred_at, event_type, value, actor_role", f"ticket_id = '{ticket}'")
    return [(f"{at:%d %H:%M:%S}", kind, value, role) for _, at, kind, value, role in rows]


def test_story_of_a_ticket_is_found_again_to_the_second_across_summer_time(server: RequestTracker, far: Pulled) -> None:
    ticket = server.at(FRIDAY).open(Priority=10)
    server.at(FRIDAY + timedelta(minutes=20, seconds=7)).say(ticket)
    server.change(ticket, Status="stalled")
    server.at(MONDAY).change(ticket, Status="open")
    server.change(ticket, Priority=50)
    server.change(ticket, Queue="Network")
    server.change(ticket, Owner="agent")
    server.say(ticket, is_public=False)
    server.at(MONDAY + timedelta(hours=1)).change(ticket, Status="resolved")
    server.at(MONDAY + timedelta(hours=2)).say(ticket, "ann")
    server.at(MONDAY + timedelta(hours=3, seconds=59)).change(ticket, Status="resolved")
    far.run()
    columns = "opened_at, service_id, priority, customer_id, source_resolved_at"
    assert far.rows("tickets", columns, f"ticket_id = '{ticket}'") == [
        (datetime(2026, 3, 27, 16, 0), "Mail", "10", "Acme", datetime(2026, 3, 30, 11, 0, 59))
    ]
    assert minutes(far, ticket) == [
        ("27 16:20:07", "message", None, "agent"),
        ("27 16:20:07", "status", "in_progress", "system"),
        ("27 16:20:07", "status", "on_hold", "agent"),
        ("30 08:00:00", "status", "in_progress", "agent"),
        ("30 08:00:00", "priority", "50", "agent"),
        ("30 08:00:00", "service", "Network", "agent"),
        ("30 08:00:00", "team", "Network", "agent"),
        ("30 08:00:00", "message", None, "agent"),
        ("30 09:00:00", "status", "resolved", "agent"),
        ("30 10:00:00", "message", None, "customer"),
        ("30 10:00:00", "status", "in_progress", "system"),
        ("30 11:00:59", "status", "resolved", "agent"),
    ]
    assert far.quarantine() == []


def test_second_pull_without_a_change_lands_nothing(server: RequestTracker, far: Pulled) -> None:
    server.at(MONDAY).open()
    far.pull(TUESDAY)
    assert far.pull(TUESDAY + timedelta(days=1)) == {}


def test_merged_and_deleted_tickets_are_told_apart(server: RequestTracker, far: Pulled) -> None:
    server.at(MONDAY)
    kept, merged, deleted = server.open(), server.open(), server.open()
    far.run(TUESDAY)
    server.at(TUESDAY).ask("agent", "PUT", f"ticket/{merged}", {"MergeInto": kept})
    server.change(deleted, Status="deleted")
    far.surroundings.now = SUNDAY
    far.run(SUNDAY, maxDeletedRatio=1)
    parents = {int(ticket): parent for ticket, parent in far.rows("tickets", "ticket_id, parent_ticket_id")}
    assert (parents[kept], parents[merged]) == (None, str(kept))
    assert deleted not in parents
    assert minutes(far, merged)[-1] == ("31 08:00:00", "status", "merged", "agent")
