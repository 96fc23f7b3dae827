"""Zendesk and Jira: values at opening, what happened since, and lists that are cut short."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.connectors.conftest import NIGHT, SUNDAY, Pulled
from tests.unit.connectors.systems.jira import history
from tests.unit.connectors.systems.zendesk import comment, epoch, event

Story = list[tuple[Any, ...]]


def story(far: Pulled, ticket: str) -> Story:
    """A ticket's events as time of day, type, value, actor, public; in the order of their ids."""
    rows = far.rows(
        "ticket_events",
        "occurred_at, event_id, event_type, value, actor_role, is_public",
        f"ticket_id = '{ticket}'",
    )
    return [(f"{at:%H:%M}", *rest) for at, _, *rest in rows]


TICKET = "customer_id, service_id, team_id, ticket_type, priority, opened_at"
OPENED = datetime(2026, 3, 2, 10)


@pytest.mark.parametrize("kind", ["zendesk"])
class TestZendesk:
    def test_ticket_holds_its_values_at_opening(self, far: Pulled) -> None:
        far.run()
        assert far.rows("tickets", TICKET, "ticket_id = '1'") == [("Acme", "61", "Desk", "incident", "P3", OPENED)]

    def test_ticket_without_priority_or_type_is_a_ticket_too(self, far: Pulled) -> None:
        far.run()
        assert far.rows("tickets", TICKET, "ticket_id = '2'") == [("Acme", "61", "Desk", "request", "none", OPENED)]

    def test_events_tell_the_story_and_the_description_is_no_reply(self, far: Pulled) -> None:
        far.run()
        assert story(far, "1") == [
            ("10:30", "status", "in_progress", "agent", None),
            ("10:30", "message", None, "agent", True),
            ("10:40", "priority", "P1", "agent", None),
            ("10:40", "team", "Apps", "agent", None),
            ("11:00", "status", "waiting_customer", "agent", None),
            ("11:00", "message", None, "agent", False),
            ("12:00", "message", None, "customer", True),
            ("12:00", "status", "in_progress", "customer", None),
            ("14:00", "status", "resolved", "system", None),
        ]
        assert story(far, "3") == [("10:00", "status", "in_progress", "system", None)]

    def test_comment_is_its_authors_whoever_entered_it(self, far: Pulled, replay: Any) -> None:
        """An agent passes on a mail of the requester, then answers it; the first of the two is no response."""
        replay.api.events += [
            event(21, 2, "10:20:00", comment(by=71), by=72),
            event(22, 2, "10:30:00", comment(by=72), by=72),
            event(23, 2, "10:40:00", {"event_type": "Change", "comment_present": True, "comment_public": True}, by=71),
        ]
        far.run()
        assert story(far, "2") == [
            ("10:20", "message", None, "customer", True),
            ("10:30", "message", None, "agent", True),
            ("10:40", "message", None, "customer", True),
        ]

    def test_ratings_are_answers_and_offers_invitations(self, far: Pulled) -> None:
        far.run()
        columns = "response_id, item, score, ticket_id, customer_id, responded_at"
        assert far.rows("survey_responses", columns) == [
            ("51", "csat", 5.0, "1", "Acme", datetime(2026, 3, 3, 11)),
        ]
        assert far.rows("survey_invitations", "invitation_id, response_id") == [("51", "51"), ("52", None)]

    def test_offer_that_is_answered_later_is_one_invitation_with_its_last_answer(
        self, far: Pulled, replay: Any
    ) -> None:
        """An answer, and a change of it, are ratings of their own."""
        far.run()
        offered = replay.api.ratings[1]
        for number, score, day in ((53, "bad", 8), (54, "good", 9)):
            at = f"2026-03-0{day}T10:00:00Z"
            replay.api.ratings.append(offered | {"id": number, "score": score, "created_at": at, "updated_at": at})
        far.run(NIGHT + timedelta(days=1))
        assert far.rows("survey_responses", "response_id, score") == [("51", 5.0), ("53", 1.0), ("54", 5.0)]
        assert far.rows("survey_invitations", "invitation_id, response_id") == [("51", "51"), ("52", "54")]

    def test_rating_that_is_changed_in_place_is_found_when_all_are_asked_for(self, far: Pulled, replay: Any) -> None:
        """`start_time` is of the creation: by it a change of what is older is never found."""
        far.run()
        replay.api.ratings.append(
            replay.api.ratings[1] | {"id": 53, "ticket_id": 3, "created_at": "2026-03-08T10:00:00Z"}
        )
        far.run(NIGHT + timedelta(days=1))
        replay.api.ratings[1] |= {"score": "bad", "updated_at": "2026-03-09T10:00:00Z"}
        far.run(NIGHT + timedelta(days=2))
        assert far.rows("survey_responses", "response_id") == [("51",)]
        far.surroundings.now = SUNDAY
        far.run(SUNDAY)
        assert far.rows("survey_responses", "response_id, score") == [("51", 5.0), ("52", 1.0)]
        columns = "invitation_id, response_id"
        assert far.rows("survey_invitations", columns) == [("51", "51"), ("52", "52"), ("53", None)]

    def test_deleted_ticket_is_told_and_gone_with_its_events(self, far: Pulled, replay: Any) -> None:
        far.run()
        replay.api.tickets[0] |= {"status": "deleted", "generated_timestamp": epoch("2026-03-09T10:00:00Z")}
        far.run(NIGHT + timedelta(days=1))
        assert far.rows("tickets", "ticket_id") == [("2",), ("3",)]
        assert story(far, "1") == []
        assert far.quarantine() == []


@pytest.mark.parametrize("kind", ["jira"])
class TestJira:
    def test_ticket_holds_its_values_at_opening_although_the_search_cut_its_history_short(self, far: Pulled) -> None:
        far.run()
        assert far.rows("tickets", TICKET, "ticket_id = 'SD-1'") == [("Acme", "Mail", "Desk", "incident", "P3", OPENED)]
        assert far.rows("tickets", "ticket_type", "ticket_id = 'SD-2'") == [("request",)]

    def test_verdict_of_the_system_is_for_comparison_only(self, far: Pulled) -> None:
        far.run()
        assert far.rows("tickets", "ticket_id, source_made_sla") == [("SD-1", False), ("SD-2", None), ("SD-3", None)]

    def test_events_tell_the_story(self, far: Pulled) -> None:
        far.run()
        assert sorted(story(far, "SD-1"), key=lambda event: event[:2]) == [
            ("10:30", "message", None, "agent", True),
            ("10:30", "status", "in_progress", "agent", None),
            ("10:40", "priority", "P1", "agent", None),
            ("10:40", "service", "Web", "agent", None),
            ("11:00", "message", None, "agent", False),
            ("11:00", "status", "waiting_customer", "agent", None),
            ("12:00", "message", None, "customer", True),
            ("12:00", "status", "in_progress", "customer", None),
            ("14:00", "status", "resolved", "agent", None),
        ]

    def test_opening_event_survives_a_history_that_outgrows_the_search(self, far: Pulled, replay: Any) -> None:
        """Two changes come with the issue; with the third one the history comes by itself."""
        changes = [
            history(31, "11:00:00", ("status", "Waiting for support", "Pending")),
            history(32, "12:00:00", ("status", "Pending", "Waiting for support")),
            history(33, "13:00:00", ("status", "Waiting for support", "Resolved")),
        ]
        replay.api.histories["10003"] = changes[:2]
        far.run()
        before = story(far, "SD-3")
        replay.api.histories["10003"] = changes
        replay.api.issues["10003"]["fields"] |= {
            "updated": "2026-03-09T13:00:00.000+0000",
            "status": {"name": "Resolved"},
        }
        far.run(NIGHT + timedelta(days=1))
        assert [event[2] for event in before] == ["in_progress", "on_hold", "in_progress"]
        assert story(far, "SD-3") == [*before, ("13:00", "status", "resolved", "agent", None)]

    def test_search_begins_early_enough_for_every_time_zone(self, far: Pulled, replay: Any) -> None:
        far.pull()
        replay.forget()
        far.pull(NIGHT + timedelta(days=1))
        jql = replay.asked[0].params["jql"]
        assert jql.startswith('updated >= "2026-03-01 23:45"')
