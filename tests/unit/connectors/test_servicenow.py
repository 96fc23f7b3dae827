"""ServiceNow: values at opening, what happened since, and what its paging hides."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ingestion.errors import SourceUnavailable
from tests.unit.connectors.conftest import NIGHT, SUNDAY, Pulled
from tests.unit.connectors.replay import Answer
from tests.unit.connectors.systems.servicenow import BROKEN_OFF, Api, change, incident


@pytest.fixture
def kind() -> str:
    return "servicenow"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-02T{text}")


def test_ticket_holds_its_values_at_opening(far: Pulled) -> None:
    far.run()
    columns = "ticket_id, customer_id, service_id, priority, team_id, opened_at"
    assert far.rows("tickets", columns, "ticket_id = 'INC0000002'") == [
        ("INC0000002", "Acme", "Mail", "P3", "Service Desk", at("10:00:00"))
    ]


def test_final_values_are_for_comparison_only(far: Pulled) -> None:
    far.run()
    columns = "source_resolved_at, source_made_sla"
    assert far.rows("tickets", columns, "ticket_id = 'INC0000002'") == [(at("14:00:00"), False)]
    assert far.rows("tickets", columns, "ticket_id = 'INC0000001'") == [(None, True)]


def test_events_say_what_changed_in_order(far: Pulled) -> None:
    far.run()
    events = far.rows("ticket_events", "event_id, occurred_at, event_type, value, actor_role, is_public")
    assert [event[1:] for event in events if event[0].startswith("INC0000002")] == [
        (at("10:30:00"), "priority", "P1", "agent", False),
        (at("10:30:00"), "team", "Applications", "agent", False),
        (at("10:40:00"), "message", None, "agent", True),
        (at("10:40:00"), "status", "on_hold", "agent", False),
        (at("10:40:00"), "status", "waiting_customer", "agent", False),
        (at("11:40:00"), "message", None, "customer", True),
        (at("11:41:00"), "status", "in_progress", "agent", False),
        (at("14:00:00"), "status", "resolved", "agent", False),
    ]


def test_incident_that_opens_in_another_state_says_so(far: Pulled) -> None:
    far.run()
    assert far.rows("ticket_events", "occurred_at, value", "ticket_id = 'INC0000003'") == [
        (at("10:00:00"), "in_progress")
    ]


def test_change_that_comes_later_moves_the_opening_value_back(far: Pulled, replay: Any) -> None:
    """The incident said P1 when it was first pulled; its history then shows that it opened as P4."""
    replay.api.content["incident"][0]["priority"] = "1"
    far.run()
    assert far.rows("tickets", "priority", "ticket_id = 'INC0000001'") == [("P1",)]
    replay.api.content["sys_audit"].append(change(20, 1, "priority", "4", "1", "2026-03-02 13:59:00"))
    far.run(NIGHT + timedelta(days=1))
    assert far.rows("tickets", "priority", "ticket_id = 'INC0000001'") == [("P4",)]


def test_insertion_that_is_audited_says_how_the_incident_opened_and_is_no_change(far: Pulled, replay: Any) -> None:
    """Its rows have the update count 0, no old value, and what was written into the form is no reply."""
    fields = {"state": "2", "priority": "4", "assignment_group": "g1", "company": "c1", "business_service": "s1"}
    for number, (field, value) in enumerate({**fields, "comments": "My mail is down."}.items(), start=30):
        replay.api.content["sys_audit"].append(change(number, 4, field, "", value, "2026-03-02 10:00:00", mod=0))
    replay.api.content["sys_audit"].append(change(40, 4, "priority", "4", "3", "2026-03-02 11:00:00"))
    far.run()
    columns = "customer_id, service_id, priority, team_id"
    assert far.rows("tickets", columns, "ticket_id = 'INC0000004'") == [("Acme", "Mail", "P4", "Service Desk")]
    assert far.rows("ticket_events", "occurred_at, event_type, value", "ticket_id = 'INC0000004'") == [
        (at("10:00:00"), "status", "in_progress"),
        (at("11:00:00"), "priority", "P3"),
    ]


def test_company_or_service_that_is_taken_away_stays_the_last_one_and_a_group_does_not(
    far: Pulled, replay: Any
) -> None:
    fields = {"company": "c1", "business_service": "s1", "assignment_group": "g1"}
    for number, (field, old) in enumerate(fields.items(), start=30):
        replay.api.content["sys_audit"].append(change(number, 4, field, old, "", "2026-03-02 10:10:00"))
    far.run()
    assert far.quarantine() == []
    assert far.rows("ticket_events", "event_type, value", "ticket_id = 'INC0000004'") == [("team", None)]


def test_parent_is_named_by_its_number_as_tickets_are(far: Pulled, replay: Any) -> None:
    """The field holds the id of the parent's row."""
    replay.api.content["incident"][2]["parent_incident"] = "of-before-since"
    far.run()
    assert far.rows("tickets", "ticket_id, parent_ticket_id", "parent_ticket_id is not null") == [
        ("INC0000001", "INC0000002"),
        ("INC0000003", "of-before-since"),
    ]


def test_rows_broken_off_by_a_quota_are_asked_for_again(far: Pulled, replay: Any) -> None:
    """The last page of incidents, cut short: nothing else in it says that one is missing."""

    def broken_off(answer: Answer) -> Answer:
        return Answer({"result": answer.content["result"][:-1], **BROKEN_OFF}, headers=answer.headers)

    replay.fault = lambda number, asked, answer: broken_off(answer) if number == 3 else answer
    far.pull()
    assert far.landed_counts() == replay.api.counts


def test_rows_broken_off_every_time_stop_the_source_and_say_why(far: Pulled, replay: Any) -> None:
    replay.fault = lambda number, asked, answer: Answer({**answer.content, **BROKEN_OFF})
    with pytest.raises(SourceUnavailable, match="broken off: Transaction cancelled: maximum execution time exceeded"):
        far.pull()


def test_record_that_becomes_visible_late_is_found_within_the_overlap(far: Pulled, replay: Any) -> None:
    """Written before the last record pulled, and visible only after it."""
    late = incident(6, sys_updated_on="2026-03-02 11:50:00")
    far.pull()
    replay.api.content["incident"].append(late)
    assert set(far.pull(NIGHT + timedelta(days=1))) == {"incident"}
    assert far.landed_counts()["incident"] == 6


def test_record_changed_while_the_pull_ran_is_asked_for_again(far: Pulled, replay: Any) -> None:
    """Its change is after the pull began by the server's clock, so the next pull begins there and not after it."""
    replay.api.content["incident"][4]["sys_updated_on"] = "2026-03-10 01:30:00"
    (load,) = [load for feed, load in far.pull().items() if feed == "incident"]
    assert load.manifest["cursor"] == "2026-03-10T01:00:00Z"


def test_since_that_is_moved_back_fetches_what_lies_before_in_one_run(far: Pulled, replay: Any) -> None:
    replay.api.content["incident"][0]["sys_updated_on"] = "2025-06-01 00:00:00"
    far.options["since"] = "2026-01-01T00:00:00Z"
    far.pull()
    assert far.landed_counts()["incident"] == 4
    far.options["since"] = "2025-01-01T00:00:00Z"
    far.pull(NIGHT + timedelta(days=1))
    assert far.landed_counts()["incident"] == 5
    replay.forget()
    far.pull(NIGHT + timedelta(days=2))
    assert "sys_updated_on>=2026-03-02 11:45:00" in replay.asked[0].params["sysparm_query"]


def test_rows_that_access_rules_hide_leave_a_page_short_and_the_rest_is_found(far: Pulled, replay: Any) -> None:
    """Pages of two: the second row of the first page and both of the second are hidden."""
    replay.api = Api(hidden=tuple(f"{number:032x}" for number in (2, 3)))
    far.pull()
    assert far.landed_counts()["incident"] == 3


def test_empty_page_with_more_to_come_is_not_the_end(far: Pulled, replay: Any) -> None:
    replay.api = Api(hidden=tuple(f"{number:032x}" for number in (1, 2)))
    far.pull()
    assert far.landed_counts()["incident"] == 3


def test_deleted_incident_is_gone_with_its_history(far: Pulled, replay: Any) -> None:
    far.run()
    deletion = {"sys_id": "d1", "documentkey": f"{2:032x}", "sys_created_on": "2026-03-09 00:00:00"}
    replay.api.content["sys_audit_delete"].append(deletion)
    far.run(NIGHT + timedelta(days=1))
    assert far.rows("tickets", "ticket_id", "ticket_id = 'INC0000002'") == []
    assert far.rows("ticket_events", "ticket_id", "ticket_id = 'INC0000002'") == []
    assert far.quarantine() == []


def test_unknown_state_is_quarantined_with_the_remedy(far: Pulled, replay: Any) -> None:
    replay.api.content["sys_audit"].append(change(21, 1, "state", "1", "42", "2026-03-02 13:00:00"))
    far.run(maxRejectRatio=1)
    assert far.quarantine() == [("audit", f"a{21:031x}", "value", "unknown_status")]
    far.run(NIGHT + timedelta(days=1), statusMap={"42": "waiting_internal"})
    assert far.quarantine() == []


def test_table_the_account_may_not_read_can_be_left_out(far: Pulled, replay: Any) -> None:
    del replay.api.content["sys_audit_delete"]
    far.options["leaveOut"] = ["deletion"]
    far.run()
    assert len(far.rows("tickets", "ticket_id")) == 5


def test_deletion_that_no_log_tells_is_noticed_on_the_day_of_reconciling(far: Pulled, replay: Any) -> None:
    far.options["leaveOut"] = ["deletion"]
    far.run()
    del replay.api.content["incident"][1]
    far.run(NIGHT + timedelta(days=1))
    assert len(far.rows("tickets", "ticket_id")) == 5
    far.surroundings.now = SUNDAY
    far.run(SUNDAY)
    assert len(far.rows("tickets", "ticket_id")) == 4
    assert far.rows("ticket_events", "ticket_id", "ticket_id = 'INC0000002'") == []
    assert far.quarantine() == []
