"""Request Tracker: opening values, queues as services and teams, and what its searches do not tell."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.connectors.conftest import NIGHT, SUNDAY, Pulled
from tests.unit.connectors.systems.request_tracker import Api, ticket, transaction


@pytest.fixture
def kind() -> str:
    return "request_tracker"


def test_ticket_holds_its_queue_and_priority_at_opening(far: Pulled) -> None:
    far.run()
    columns = "service_id, team_id, priority, customer_id, source_resolved_at"
    resolved = datetime.fromisoformat("2026-03-02T13:00:00")
    assert far.rows("tickets", columns, "ticket_id = '1'") == [("Mail", "Mail", "10", "Acme", resolved)]
    assert far.rows("tickets", columns, "ticket_id = '2'") == [("Mail", "Mail", "10", "Acme", None)]


def test_events_tell_the_story_once(far: Pulled) -> None:
    far.run()
    events = far.rows("ticket_events", "event_id, event_type, value, actor_role, is_public", "ticket_id = '1'")
    assert [event[1:] for event in events] == [
        ("message", None, "agent", True),
        ("status", "in_progress", "system", None),
        ("priority", "50", "agent", None),
        ("service", "Network", "agent", None),
        ("team", "Network", "agent", None),
        ("status", "resolved", "agent", None),
        ("message", None, "customer", True),
        ("status", "in_progress", "system", None),
    ]


def test_every_requestor_is_a_customer_and_the_first_one_tells_which(far: Pulled, replay: Any) -> None:
    """A reply of the second one is no first response."""
    second = {"type": "user", "id": "sam", "Organization": "Elsewhere", "EmailAddress": "sam@elsewhere.example"}
    replay.api.tickets[2]["Requestor"].append(second)
    replay.api.history[2].append(transaction(70, 2, "Correspond", "10:30:00", by="sam"))
    far.run()
    assert far.rows("tickets", "customer_id, requester_id is null", "ticket_id = '2'") == [("Acme", True)]
    assert far.rows("ticket_events", "event_type, actor_role", "ticket_id = '2'") == [("message", "customer")]


def test_ticket_that_opens_in_another_status_says_so(far: Pulled) -> None:
    far.run()
    assert far.rows("ticket_events", "event_type, value", "ticket_id = '3'") == [("status", "in_progress")]


def test_record_written_in_another_order_of_its_keys_has_not_changed(far: Pulled, replay: Any) -> None:
    far.pull()
    replay.api.turn += 1
    assert far.pull(NIGHT + timedelta(days=1)) == {}


@pytest.mark.parametrize("page", [1, 2, 100])
def test_pages_of_any_size_bring_every_ticket(far: Pulled, replay: Any, page: int) -> None:
    replay.api = Api(page=page)
    far.pull()
    assert far.landed_counts() == replay.api.counts


def test_tickets_are_read_in_windows_of_ids_where_rights_cut_pages_short(far: Pulled, replay: Any) -> None:
    """257 tickets, 120 in a row hidden: a page of them is empty with more to come, and no total is told."""
    replay.api = Api(hidden=tuple(range(80, 200)))
    for number in range(4, 258):
        replay.api.tickets[number] = ticket(number)
        replay.api.history[number] = [transaction(1000 + number, number, "Create", "10:00:00")]
    far.pull()
    assert far.landed_counts()["tickets"] == 257 - 120


def test_highest_tickets_may_be_hidden(far: Pulled, replay: Any) -> None:
    replay.api = Api(page=100, hidden=tuple(range(4, 151)))
    for number in range(4, 151):
        replay.api.tickets[number] = ticket(number)
        replay.api.history[number] = [transaction(1000 + number, number, "Create", "10:00:00")]
    far.pull()
    assert far.landed_counts()["tickets"] == 3


def test_highest_tickets_are_not_landed_without_their_history(far: Pulled, replay: Any) -> None:
    """Where rights are checked after paging the highest id is asked for, whenever its ticket changed."""
    replay.api = Api(hidden=(9,))
    far.run()
    replay.api.tickets[4] = ticket(4, LastUpdated="2026-03-01T10:00:00Z")
    replay.api.history[4] = [transaction(70, 4, "Create", "10:00:00")]
    assert far.pull(NIGHT + timedelta(days=1)) == {}


def test_only_tickets_that_changed_have_their_history_asked_for(far: Pulled, replay: Any) -> None:
    far.pull()
    replay.api.tickets[2]["LastUpdated"] = "2026-03-09T10:00:00Z"
    replay.api.history[2].append(transaction(70, 2, "Correspond", "15:00:00"))
    replay.forget()
    far.pull(NIGHT + timedelta(days=1))
    # The first ticket changed within the overlap of what is known; the third one did not.
    histories = {asked.path for asked in replay.asked if "history" in asked.path}
    assert histories == {"/REST/2.0/ticket/1/history", "/REST/2.0/ticket/2/history"}
    assert far.landed_counts()["history"] == 13


def test_ticket_that_comes_into_sight_late_is_landed_with_its_history(far: Pulled, replay: Any) -> None:
    """Its last change lies before all that is known: it is found when all are asked for, as after a right was given."""
    unseen = replay.api.tickets.pop(1)
    replay.api.tickets[2]["LastUpdated"] = "2026-03-09T10:00:00Z"
    replay.api.history[2].append(transaction(70, 2, "Correspond", "15:00:00") | {"Created": "2026-03-09T10:00:00Z"})
    far.pull()
    replay.api.tickets[1] = unseen
    far.surroundings.now = SUNDAY
    far.pull(NIGHT + timedelta(days=5))
    assert far.landed_counts() == replay.api.counts


@pytest.mark.parametrize(("overlap", "found"), [("PT15M", True), ("PT0S", False)])
def test_what_was_written_before_the_last_pull_and_seen_after_it_is_found_by_the_overlap(
    far: Pulled, replay: Any, overlap: str, found: bool
) -> None:
    """Of two who write at once the later one may be done first: time and id of the other lie before what is known."""
    far.options["overlap"] = overlap
    api = replay.api

    def write(number: int, at: str) -> None:
        instant = f"2026-03-09T{at}Z"
        api.tickets[number] = ticket(number, Created=instant, LastUpdated=instant)
        kinds = enumerate(("Create", "Correspond"), start=number * 10)
        api.history[number] = [transaction(id_, number, kind, at) | {"Created": instant} for id_, kind in kinds]

    write(8, "10:00:05")
    far.run()
    write(7, "10:00:00")
    late = transaction(69, 2, "Correspond", "10:00:00")
    api.tickets[2]["LastUpdated"] = late["Created"] = "2026-03-09T10:00:00Z"
    api.history[2].append(late)
    far.run(NIGHT + timedelta(days=1))
    known = far.rows("ticket_events", "distinct ticket_id", "event_type = 'message' and ticket_id in ('2', '7', '8')")
    assert known == ([("2",), ("7",), ("8",)] if found else [("8",)])
    assert (("7",) in far.rows("tickets", "ticket_id")) is found


def test_deleted_ticket_is_noticed_when_all_are_asked_for(far: Pulled, replay: Any) -> None:
    far.run()
    del replay.api.tickets[2]
    far.run(NIGHT + timedelta(days=1))
    assert len(far.rows("tickets", "ticket_id")) == 3
    far.surroundings.now = SUNDAY
    far.run(NIGHT + timedelta(days=5))
    assert far.rows("tickets", "ticket_id") == [("1",), ("3",)]
    assert far.quarantine() == []


def test_merged_ticket_vanishes_from_searches_and_stays_as_merged(far: Pulled, replay: Any) -> None:
    far.run()
    del replay.api.tickets[2]
    replay.api.tickets[1]["LastUpdated"] = "2026-03-09T10:00:00Z"
    link = {"field": "MergedInto", "new": "fsck.com-rt://test.example/ticket/1"}
    replay.api.history[1] += [
        transaction(80, 2, "AddLink", "15:00:00", **link),
        transaction(81, 1, "AddLink", "15:00:00", **link),
    ]
    far.surroundings.now = SUNDAY
    far.run(NIGHT + timedelta(days=5))
    assert far.rows("tickets", "ticket_id, parent_ticket_id") == [("1", None), ("2", "1"), ("3", None)]
    assert far.rows("ticket_events", "event_type, value", "ticket_id = '2'") == [("status", "merged")]


def test_queue_can_stand_for_a_type_of_ticket(far: Pulled) -> None:
    far.run(ticketTypes={"Mail": "request"})
    assert far.rows("tickets", "distinct ticket_type") == [("request",)]
