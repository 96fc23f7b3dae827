"""Zendesk and Jira: values at opening, what happened since, and lists that are cut short."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from ingestion.adapters import adapter_for
from ingestion.adapters.connector import ConnectorAdapter
from ingestion.errors import SourceUnavailable
from tests.unit.connectors.conftest import NIGHT, SUNDAY, Pulled
from tests.unit.connectors.replay import Answer
from tests.unit.connectors.systems import zendesk
from tests.unit.connectors.systems.jira import Api, comment, history
from tests.unit.connectors.systems.zendesk import change, epoch, event

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
        """An agent passes on a mail of the requester, then calls back: the first of the two is no response."""
        replay.api.events += [
            event(21, 2, "10:20:00", zendesk.comment(by=71), by=72),
            event(22, 2, "10:30:00", zendesk.comment(by=72) | {"event_type": "VoiceComment"}, by=72),
            event(23, 2, "10:40:00", {"event_type": "Change", "comment_present": True, "comment_public": True}, by=71),
        ]
        far.run()
        assert story(far, "2") == [
            ("10:20", "message", None, "customer", True),
            ("10:30", "message", None, "agent", True),
            ("10:40", "message", None, "customer", True),
        ]

    def test_field_that_is_emptied_takes_nothing_else_of_the_update_with_it(self, far: Pulled, replay: Any) -> None:
        replay.api.events += [
            event(21, 2, "10:20:00", change("group_id", "91", None), change("status", "new", "open")),
            event(22, 2, "10:30:00", change("organization_id", "81", None), change("priority", "low", None), by=-1),
        ]
        far.run()
        assert far.quarantine() == []
        assert [event[:3] for event in story(far, "2")] == [
            ("10:20", "team", None),
            ("10:20", "status", "in_progress"),
            ("10:30", "priority", "none"),
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


@pytest.mark.parametrize("kind", ["jira", "jira_data_center"])
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

    def test_components_come_and_go_one_by_one_and_the_first_by_name_is_the_service(
        self, far: Pulled, replay: Any
    ) -> None:
        """An entry tells of each component by itself, also of several at once; one that stays is not told of."""
        replay.api.histories["10003"] = [
            history(31, "10:10:00", ("Component", None, "Billing"), ("Component", None, "Web")),
            history(32, "10:20:00", ("Component", None, "Archive")),
            history(33, "10:30:00", ("Component", "Archive", None), ("Component", "Billing", None)),
            history(34, "10:40:00", ("Component", "Mail", None), ("status", "Waiting for support", "Pending")),
            history(35, "10:50:00", ("Component", "Web", None)),
        ]
        replay.api.issues["10003"]["fields"] |= {"components": [], "status": {"name": "Pending"}}
        replay.api.histories["10002"] = [history(41, "10:10:00", ("Component", None, "Web"))]
        replay.api.issues["10002"]["fields"]["components"] = [{"name": "Mail"}, {"name": "Web"}]
        far.run()
        assert far.quarantine() == []
        assert far.rows("tickets", "ticket_id, service_id") == [("SD-1", "Mail"), ("SD-2", "Mail"), ("SD-3", "Mail")]
        moved = [event[:3] for event in story(far, "SD-3") if event[1] == "service"]
        assert moved == [
            ("10:10", "service", "Billing"),
            ("10:20", "service", "Archive"),
            ("10:30", "service", "Mail"),
            ("10:40", "service", "Web"),
        ]
        assert story(far, "SD-2") == []

    def test_service_and_team_of_other_fields_have_their_own_history(self, far: Pulled, replay: Any, kind: str) -> None:
        """What happens to components then means nothing. Data Center does not tell the field of a change."""
        asset = {"field": "Asset", "fieldId": "customfield_10050", "fromString": "Mail", "toString": "Web"}
        squad = {"field": "Squad", "fieldId": "customfield_10060", "fromString": "Desk", "toString": None}
        entry = history(31, "10:10:00", ("Component", "Mail", None), ("Component", None, "Other"))
        entry["items"] += [asset, squad]
        replay.api.histories["10003"] = [entry]
        replay.api.issues["10003"]["fields"] |= {"customfield_10050": {"value": "Web"}, "customfield_10060": None}
        far.run(serviceField="customfield_10050", teamField="customfield_10060", defaults={"service_id": "none"})
        told = far.rows("tickets", "service_id, team_id", "ticket_id = 'SD-3'")
        events = [event[:3] for event in story(far, "SD-3") if event[1] != "status"]
        assert far.quarantine() == []
        if kind == "jira":
            assert (told, events) == ([("Mail", "Desk")], [("10:10", "service", "Web"), ("10:10", "team", None)])
        else:
            assert (told, events) == ([("Web", None)], [])

    def test_field_that_is_emptied_takes_nothing_else_of_the_issue_with_it(self, far: Pulled, replay: Any) -> None:
        replay.api.histories["10003"] = [
            history(31, "10:10:00", ("Team", "Desk", ""), ("priority", "Medium", None)),
            history(32, "10:20:00", ("status", "Waiting for support", "Resolved")),
        ]
        far.run()
        assert far.quarantine() == []
        assert [event[:3] for event in story(far, "SD-3")] == [
            ("10:00", "status", "in_progress"),
            ("10:10", "team", None),
            ("10:10", "priority", "none"),
            ("10:20", "status", "resolved"),
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

    def test_request_that_jira_did_not_sign_in_is_no_answer(self, far: Pulled, replay: Any) -> None:
        """With a token that ran out a search finds what anybody may see: nothing, with status 200."""
        refused = Answer({"issues": [], "isLast": True}, headers={"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"})
        replay.fault = lambda number, asked, answer: refused
        with pytest.raises(SourceUnavailable, match="refused the sign-in"):
            far.pull()
        signed = {"X-Seraph-LoginReason": "OK"}
        replay.fault = lambda number, asked, answer: Answer(answer.content, headers=signed)
        far.pull()
        assert far.landed_counts() == replay.api.counts


@pytest.mark.parametrize("kind", ["jira"])
class TestJiraCloud:
    def test_history_as_long_as_a_search_brings_at_most_is_asked_for_by_itself(self, far: Pulled, replay: Any) -> None:
        """`total` may count what came: that it is no more says nothing of older entries."""
        api = replay.api = Api(latest=40)
        start = datetime(2026, 3, 2, 10, 10)
        api.histories["10003"] = [
            history(100 + number, f"{start + timedelta(minutes=number):%H:%M:%S}", ("labels", "", str(number)))
            for number in range(44)
        ]
        api.histories["10003"][0]["items"][0] |= {"field": "status", "fromString": "Open", "toString": "In Progress"}
        usual = api.shown

        def shown(issues: list[dict[str, Any]]) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = usual(issues)
            for issue in found:
                issue["changelog"]["total"] = len(issue["changelog"]["histories"])
            return found

        api.shown = shown
        far.run()
        assert far.landed_counts()["changelog"] == 44
        assert story(far, "SD-3") == [("10:10", "status", "in_progress", "agent", None)]

    def test_other_customers_are_customers_and_apps_are_the_system(self, far: Pulled, replay: Any) -> None:
        """Neither what a colleague of the reporter adds nor what an automation writes is a response."""
        replay.api.comments["10003"] = [
            comment(31, "10:10:00", by="sam", kind="customer"),
            comment(32, "10:20:00", by="robot", kind="app"),
        ]
        far.run()
        assert [event[3] for event in story(far, "SD-3") if event[1] == "message"] == ["customer", "system"]


@pytest.mark.parametrize("kind", ["jira_data_center"])
class TestJiraDataCenter:
    def test_comment_without_the_property_is_public(self, far: Pulled, replay: Any) -> None:
        """As in projects that are no service desk; and nothing is asked for that Data Center does not have."""

        def without(number: int, asked: Any, answer: Answer) -> Answer:
            for one in answer.content.get("comments", []):
                one.pop("properties", None)
            return answer

        replay.fault = without
        far.run()
        assert far.rows("ticket_events", "distinct is_public", "event_type = 'message'") == [(True,)]
        assert not any(asked.path.endswith("/changelog") for asked in replay.asked)

    def test_comment_without_its_texts_still_says_that_it_is_internal(self, far: Pulled) -> None:
        far.pull()
        ((payload,),) = far.query(
            "select payload from read_parquet('{home}/landing/far/comments/*/*.parquet') where record_key = '10001|22'"
        )
        adapter = adapter_for("far", far.type, far.source.options)
        assert isinstance(adapter, ConnectorAdapter)
        kept = adapter.connector.without_texts("comments", json.loads(payload))
        assert kept["properties"] == [{"key": "sd.public.comment", "value": {"internal": True}}]
