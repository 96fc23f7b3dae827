"""Persons in the records of connectors: pseudonyms in landing, and the same figures as without."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from unittest import mock

import duckdb
import pytest

from ingestion.adapters import adapter_for
from ingestion.adapters.connector import ConnectorAdapter
from ingestion.connectors import CONNECTORS
from ingestion.connectors.base import Connector, each_object
from ingestion.connectors.fivetran_servicenow import FivetranServiceNow
from ingestion.connectors.fivetran_zendesk import FivetranZendesk
from ingestion.connectors.jira import Jira
from ingestion.connectors.request_tracker import RequestTracker
from ingestion.connectors.zendesk import Zendesk
from ingestion.feeds import CANONICAL_FEEDS
from ingestion.forgetting import begin_forgetting, end_forgetting, forgettings_under_way, rewrite_for
from ingestion.persons import SEALED, Persons, remembered
from ingestion.pulling import walk
from ingestion.pulling.load import spool_of
from ingestion.pulling.pages import records_of
from ingestion.pulling.spool import Frame, Spool
from ingestion.storage import Paths
from tests.home_texts import texts_below
from tests.unit.connectors.conftest import NIGHT, Pulled, opened, pulled_from
from tests.unit.connectors.replay import Surroundings, served
from tests.unit.connectors.systems import SYSTEMS, jira, request_tracker, servicenow, zendesk

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


# --------------------------------------------------------------------------------------------------- forgetting

# The person who asked for all tickets, as each system knows her, in systems that name persons.
ASKED = {
    "fivetran_servicenow": "u1",
    "fivetran_zendesk": "71",
    "jira": "ann",
    "qualtrics": "ann@customer.example",
    "request_tracker": "ann",
    "servicenow": "u1",
    "zendesk": "71",
}
# What names groups, services and the like is nobody's record.
OF_NOBODY = {"group", "groups", "organization", "organizations", "queue", "company", "service"}
SYNCED = "'2026-03-03 00:00:00+00'"


def test_every_system_that_names_persons_is_here() -> None:
    assert set(ASKED) == {kind for kind, connector in CONNECTORS.items() if connector.names_persons}


@contextmanager
def said_everywhere() -> Iterator[None]:
    """Within the block every object of every record says something in fields that no connector knows."""

    def answered(text: str, path: str) -> tuple[list[bytes], dict[str, Any]]:
        records, beside = records_of(text, path)
        more = {"said_by_somebody": "confided", "words": ["confided"], "form": {"answer": "confided"}}
        told = (each_object(json.loads(bytes(record)), lambda _: more) for record in records)
        return [json.dumps(record).encode() for record in told], beside

    with mock.patch.object(walk, "records_of", answered):
        yield


def speak(far: Pulled) -> None:
    """Somebody writes on her tickets wherever the system lets one."""
    api: Any = far.replay.api
    match far.kind:
        case "jira":
            api.histories["10001"].append(jira.history(6, "14:00:00", ("summary", "confided", "confided too")))
            api.histories["10002"] = [jira.history(7, "14:00:00", ("description", "", "confided"))]
            api.comments["10001"] = [said | {"body": "confided"} for said in api.comments["10001"]]
            api.comments["10002"] = [jira.comment(31, "14:00:00") | {"body": {"content": [{"text": "confided"}]}}]
            api.issues["10001"]["fields"]["summary"] = "confided"
            api.issues["10001"]["fields"]["parent"] = {"key": "SD-9", "fields": {"summary": "confided"}}
        case "servicenow":
            for number, field in ((11, "comments"), (12, "work_notes")):
                said = servicenow.change(number, 2, field, "confided", "confided too", "2026-03-02 14:00:00", mod=6)
                api.content["sys_audit"].append(said)
        case "zendesk":
            said = {
                "event_type": "Comment",
                "public": True,
                "body": "confided",
                "attachments": [{"file_name": "confided"}],
            }
            api.events.append(
                zendesk.event(7, 1, "15:00:00", zendesk.change("subject", "confided", "confided too"), said)
            )
            api.tickets[0] |= {
                "subject": "confided",
                "custom_fields": [{"id": 5, "value": "confided"}],
                "tags": ["confided"],
            }
            api.ratings[0]["comment"] = "confided"
        case "request_tracker":
            api.history[1] += [
                request_tracker.transaction(62, 1, "Set", "14:00:00", "Subject", "confided", "confided too"),
                request_tracker.transaction(63, 1, "CustomField", "14:00:00", "7", "", "confided"),
            ]
        case "qualtrics":
            api.responses[0]["values"]["QID9_TEXT"] = "confided"
        case "fivetran_zendesk":
            changed = f"(1, 'subject', '2026-03-02 15:00:00+00', 72, 'confided', {SYNCED})"
            execute(far, f"insert into ticket_field_history values {changed}")
        case "fivetran_servicenow":
            noted = f"('b9', 'incident', 'a1', 'work_notes', '', 'confided', 9, '2026-03-02 15:00:00', 'bob', {SYNCED})"
            execute(far, f"insert into sys_audit values {noted}")


def execute(far: Pulled, statement: str) -> None:
    with duckdb.connect(far.options["path"]) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(statement)


def places_in_her_records(far: Pulled, word: str) -> list[str]:
    """Where landing, what is left of pulls, and what was derived say the word; not in records that are nobody's."""
    found = [Path(place) for place, text in texts_below(far.home) if word in text]
    return [str(place) for place in found if not OF_NOBODY & set(place.parts)]


def forget(far: Pulled) -> dict[str, int]:
    """What `make forget` does with landing."""
    begin_forgetting(far.home, [far.source], PERSONS, ASKED[far.kind], NIGHT, is_ahead=True)
    (entry,) = forgettings_under_way(far.home, [far.source])
    counts = rewrite_for(entry, far.home, [far.source], PERSONS)
    end_forgetting(entry, far.home, [far.source])
    return counts


@pytest.fixture(params=sorted(ASKED))
def naming_far(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pulled]:
    """The source of every connector that names persons."""
    with opened(request.param, tmp_path / "home") as far, said_everywhere():
        if far.kind == "qualtrics":
            for response in cast(Any, far.replay.api).responses:
                response["values"]["recipientEmail"] = ASKED[far.kind]
        yield far


def test_no_free_text_of_a_forgotten_persons_tickets_is_left_and_no_row_changes(naming_far: Pulled) -> None:
    far = naming_far
    speak(far)
    far.run(persons=PERSONS)
    assert places_in_her_records(far, "confided") != []
    rows, counts = rows_but_for_texts(far), far.landed_counts()
    half_done = [spool_of(Paths(far.home), "far", window) for window in (None, (NIGHT, NIGHT + timedelta(days=1)))]
    for spool in half_done:
        spool.begin({"said": PERSONS.pseudonym(ASKED[far.kind])})
    assert forget(far) != {}
    assert [spool.opening() for spool in half_done] == [None, None]
    assert far.run(NIGHT + timedelta(days=1), persons=PERSONS).new_loads == ()
    for gone in ("confided", PERSONS.pseudonym(ASKED[far.kind])):
        assert places_in_her_records(far, gone) == []
    assert (rows_but_for_texts(far), far.landed_counts()) == (rows, counts)
    (entry,) = remembered(far.home)
    digests = far.query(
        "select record_digest from read_parquet('{home}/landing/far/*/*/records.parquet', union_by_name = true)"
        f" where contains(payload, '{entry.nobody}')"
    )
    assert {digest.startswith(SEALED) for (digest,) in digests} == {True}  # no text can be guessed from it


def test_what_is_said_after_a_person_was_forgotten_is_landed_once_and_blanked(naming_far: Pulled) -> None:
    far = naming_far
    far.run(persons=PERSONS)
    forget(far)
    speak(far)
    assert far.run(NIGHT + timedelta(days=1), persons=PERSONS).new_loads != ()
    for gone in ("confided", PERSONS.pseudonym(ASKED[far.kind])):
        assert places_in_her_records(far, gone) == []
    assert far.run(NIGHT + timedelta(days=2), persons=PERSONS).new_loads == ()
    assert far.quarantine() == []


def test_person_who_was_forgotten_before_the_first_pull_is_nobody_in_the_same_rows(
    naming_far: Pulled, tmp_path: Path
) -> None:
    far = naming_far
    speak(far)
    forget(far)
    far.run(persons=PERSONS)
    for gone in ("confided", PERSONS.pseudonym(ASKED[far.kind])):
        assert places_in_her_records(far, gone) == []
    assert far.run(NIGHT + timedelta(days=1), persons=PERSONS).new_loads == ()
    requesters = {found for (found,) in far.rows("tickets", "requester_id")}
    assert requesters <= {entry.nobody for entry in remembered(far.home)}
    other = replace(far, home=tmp_path / "other", surroundings=Surroundings(far.surroundings.env))
    other.run(persons=PERSONS)
    assert rows_but_for_texts(far) == rows_but_for_texts(other)


@pytest.mark.parametrize("kind", ["jira"])
def test_of_an_earlier_reporter_of_jira_the_id_is_left_and_not_the_name_beside_it(far: Pulled) -> None:
    """The name has a pseudonym of its own, which nobody thinks of when the id is forgotten."""
    adapter = adapter_for("far", far.kind, far.source.options)
    assert isinstance(adapter, ConnectorAdapter)
    item = {"field": "reporter", "from": "person-a", "fromString": "person-b", "to": None, "toString": None}
    left = adapter.connector.without_texts("changelog", {"id": "1", "items": [item]})
    assert left == {"id": "1", "items": [item | {"fromString": None}]}


@pytest.mark.parametrize("kind", ["zendesk"])
def test_what_a_pull_left_half_done_before_there_was_a_key_is_thrown_away(far: Pulled) -> None:
    """The night's and a backfill's, though the night asks for something else than the backfill did."""
    append, kept = Spool.append, list[Spool]()

    def dying(spool: Spool, frame: Frame) -> None:
        append(spool, frame)
        if frame.feed == "tickets":
            kept.append(spool)
            raise KeyboardInterrupt

    days = (NIGHT - timedelta(days=8), NIGHT)
    with mock.patch.object(Spool, "append", dying):
        for window in (days, None):
            with pytest.raises(KeyboardInterrupt):
                far.pull(window=window)
    assert named_in_home(far) != []
    assert all(spool.opening() for spool in kept)
    far.run(persons=PERSONS)
    assert named_in_home(far) == []
    assert [spool.opening() for spool in kept] == [None, None]


@pytest.mark.parametrize("kind", ["zendesk"])
def test_what_a_backfill_left_half_done_for_long_is_thrown_away_by_the_night(far: Pulled) -> None:
    days = (NIGHT - timedelta(days=8), NIGHT)
    with mock.patch.object(Spool, "append", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        far.pull(window=days)
    far.run(NIGHT + timedelta(hours=1))
    assert spool_of(Paths(far.home), "far", days).opening() is not None
    far.surroundings.now += timedelta(days=1)
    far.run(NIGHT + timedelta(days=1))
    assert spool_of(Paths(far.home), "far", days).opening() is None


# ------------------------------------------------------------------------------------------- what names a person


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
