"""Persons in the records of connectors: pseudonyms in landing, and the same figures as without."""

from datetime import timedelta
from typing import Any, cast
from unittest import mock

import pytest

from ingestion.connectors.base import Connector
from ingestion.connectors.fivetran_servicenow import FivetranServiceNow
from ingestion.connectors.fivetran_zendesk import FivetranZendesk
from ingestion.connectors.jira import Jira
from ingestion.connectors.request_tracker import RequestTracker
from ingestion.connectors.zendesk import Zendesk
from ingestion.feeds import CANONICAL_FEEDS
from ingestion.forgetting import begin_forgetting, end_forgetting, forgetting_under_way, rewrite_for
from ingestion.persons import Persons
from ingestion.pulling.load import spool_of
from ingestion.pulling.spool import Frame, Spool
from ingestion.storage import Paths
from tests.home_texts import texts_below
from tests.unit.connectors.conftest import NIGHT, Pulled, pulled_from
from tests.unit.connectors.replay import served
from tests.unit.connectors.systems import SYSTEMS

PERSONS = Persons.with_key("0123456789abcdef0123456789abcdef", "SLM_PSEUDONYM_KEY")
# What each system calls the person who asks, as it stands in its records; and the id that the rows have.
CLEAR = {
    "jira": (['"ann"'], "ann"),
    "qualtrics": ([], None),
    "request_tracker": (['"ann"', "ann@customer"], "ann"),
    "servicenow": (['"ann"', '"u1"'], "u1"),
    "zendesk": (['"requester_id": 71', '"updater_id": 71', '"requester_id":71'], "71"),
}


@pytest.fixture(params=sorted(CLEAR))
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def named_in_home(far: Pulled) -> list[str]:
    return [f"{place}: {word}" for place, text in texts_below(far.home) for word in CLEAR[far.kind][0] if word in text]


def rows_but_for_persons(far: Pulled) -> dict[str, object]:
    """Every row of every feed, without the load it came with."""
    return {
        name: far.rows(name, ", ".join(column.name for column in feed.columns if not column.is_person))
        for name, feed in CANONICAL_FEEDS.items()
    }


def rows_but_for_texts(far: Pulled) -> dict[str, object]:
    """The same without what anybody wrote."""
    return {
        name: far.rows(name, ", ".join(c.name for c in feed.columns if not c.is_person and not c.is_free_text))
        for name, feed in CANONICAL_FEEDS.items()
    }


def test_records_are_landed_with_pseudonyms_and_mean_the_same(
    far: Pulled, tmp_path_factory: pytest.TempPathFactory
) -> None:
    far.run(persons=PERSONS)
    assert named_in_home(far) == []
    person = CLEAR[far.kind][1]
    if person is not None:
        assert {found for (found,) in far.rows("tickets", "requester_id")} == {PERSONS.pseudonym(person)}
    with served(SYSTEMS[far.kind].Api()) as replay:
        without = pulled_from(far.kind, replay, tmp_path_factory.mktemp("without"))
        without.run()
        assert rows_but_for_persons(far) == rows_but_for_persons(without)
        assert without.rows("tickets", "requester_id", "requester_id is not null") == []


def test_key_that_comes_later_rewrites_landing_and_brings_nothing_anew(far: Pulled) -> None:
    far.run()
    counts, rows = far.landed_counts(), rows_but_for_persons(far)
    result = far.run(NIGHT + timedelta(days=1), persons=PERSONS)
    assert result.new_loads == ()
    assert named_in_home(far) == []
    assert far.landed_counts() == counts
    assert rows_but_for_persons(far) == rows


def test_person_is_forgotten_and_neither_comes_back_nor_changes_a_row(far: Pulled) -> None:
    person = CLEAR[far.kind][1]
    if person is None:
        pytest.skip("no row of this system names a person")
    far.run(persons=PERSONS)
    rows, counts = rows_but_for_texts(far), far.landed_counts()
    half_done = [spool_of(Paths(far.home), "far", window) for window in (None, (NIGHT, NIGHT + timedelta(days=1)))]
    for spool in half_done:
        spool.begin({"said": PERSONS.pseudonym(person)})
    begin_forgetting(far.home, [far.source], PERSONS, person, NIGHT)
    forgetting = forgetting_under_way(far.home)
    assert forgetting is not None
    assert rewrite_for(forgetting, far.home, [far.source]) != {}
    assert [spool.opening() for spool in half_done] == [None, None]
    end_forgetting(far.home)
    assert far.run(NIGHT + timedelta(days=1), persons=PERSONS).new_loads == ()
    assert [place for place, text in texts_below(far.home) if PERSONS.pseudonym(person) in text] == []
    assert (rows_but_for_texts(far), far.landed_counts()) == (rows, counts)


def masked(connector: type[Connector[Any]], record: dict[str, Any]) -> Any:
    """The record with <id> for a pseudonym; no system needs its options to know where persons stand."""
    return connector.without_persons(cast(Any, None), "", record, lambda person: f"<{person}>")


def test_earlier_requester_and_address_of_a_mail_are_persons_in_zendesk() -> None:
    changed = {"updater_id": -1, "child_events": [{"requester_id": 72, "previous_value": 71}]}
    assert masked(Zendesk, changed) == {
        "updater_id": -1,
        "child_events": [{"requester_id": "<72>", "previous_value": "<71>"}],
    }
    mail = {"via": {"channel": "email", "source": {"from": {"address": "a@b.example", "name": "Ann"}}}}
    source = {"from": {"address": "<a@b.example>", "name": None}}
    assert masked(Zendesk, mail) == {"via": {"channel": "email", "source": source}}
    assert masked(Zendesk, {"status": "open", "previous_value": "new"}) == {"status": "open", "previous_value": "new"}


def test_of_a_user_of_jira_only_the_id_is_left() -> None:
    user = {"accountId": "ann", "displayName": "Ann", "emailAddress": "a@b.example", "self": "https://x/?accountId=ann"}
    assert masked(Jira, {"reporter": user})["reporter"] == {
        "accountId": "<ann>",
        "displayName": None,
        "emailAddress": None,
        "self": None,
    }
    item = {"field": "reporter", "from": "ann", "fromString": "Ann", "to": None}
    assert masked(Jira, {"items": [item]})["items"] == [
        {"field": "reporter", "from": "<ann>", "fromString": "<Ann>", "to": None}
    ]
    assert masked(Jira, {"priority": {"name": "High"}}) == {"priority": {"name": "High"}}


def test_address_in_request_tracker_keeps_the_domain_that_tells_the_customer() -> None:
    user = {"type": "user", "id": "ann", "_url": "https://rt/user/ann", "EmailAddress": "ann@b.example"}
    assert masked(RequestTracker, {"Requestor": [user]})["Requestor"] == [
        {"type": "user", "id": "<ann>", "_url": None, "EmailAddress": "<ann@b.example>@b.example"}
    ]
    watcher = {"Type": "AddWatcher", "Field": "Requestor", "OldValue": None, "NewValue": "71"}
    assert masked(RequestTracker, watcher)["NewValue"] == "<71>"
    assert masked(RequestTracker, {"type": "user", "id": "RT_System"})["id"] == "RT_System"


def test_tables_of_an_el_tool_name_persons_like_their_system() -> None:
    assert masked(FivetranZendesk, {"id": 1, "requester_id": 71}) == {"id": 1, "requester_id": "<71>"}
    history = {"field_name": "requester_id", "value": "71", "user_id": -1}
    assert masked(FivetranZendesk, history) == {"field_name": "requester_id", "value": "<71>", "user_id": -1}
    assert masked(FivetranZendesk, {"field_name": "status", "value": "open"})["value"] == "open"
    incident = {"caller_id": "u1", "caller_id.user_name": "ann", "sys_created_by": "system"}
    assert masked(FivetranServiceNow, incident) == {
        "caller_id": "<u1>",
        "caller_id.user_name": "<ann>",
        "sys_created_by": "system",
    }


def test_pull_that_waits_half_done_names_nobody(far: Pulled) -> None:
    kept = []
    append = Spool.append

    def keeping(spool: Spool, frame: Frame) -> None:
        append(spool, frame)
        kept.append(frame.body.decode())

    with mock.patch.object(Spool, "append", keeping):
        far.run(persons=PERSONS)
    assert [word for word in CLEAR[far.kind][0] for body in kept if word in body] == []
    assert any("person-" in body for body in kept) == (CLEAR[far.kind][1] is not None)
