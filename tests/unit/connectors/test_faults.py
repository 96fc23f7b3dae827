"""What every connector must do with answers that are wrong, page by page: on each of them with its replayed system.

A pull meets a fault at each place where it can come. Afterwards every record is landed once, as the server counts
them, or the source says what is wrong and lands nothing. Faults of a whole answer (statuses, cut connections) are in
test_contract.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from ingestion.connectors import CONNECTORS
from ingestion.connectors.base import AccountOptions
from ingestion.errors import SourceError, SourceUnavailable
from ingestion.feeds import CANONICAL_FEEDS
from ingestion.persons import Persons
from tests.unit.connectors.conftest import NIGHT, Pulled, own_counts, pulled_from
from tests.unit.connectors.replay import Answer, Asked, Fault, no_fault, once
from tests.unit.connectors.systems import SYSTEMS, type_of

# Where an answer has its records.
LISTS = (
    *(("result",), ("items",), ("issues",), ("values",), ("comments",), ("log_entries",), ("incidents",)),
    *(("scheduled_maintenances",), ("summary", "states"), ("data", "result"), ("groups",), ("organizations",)),
    *(("tickets",), ("ticket_events",), ("satisfaction_ratings",)),
)


def records_in(content: Any) -> list[Any] | None:
    """The list of an answer's records, itself; None where it has none that can be reached."""
    for path in LISTS:
        found = content
        for step in path:
            found = found.get(step) if isinstance(found, Mapping) else None
        if isinstance(found, list):
            return found
    return None


def has_more(answer: Answer) -> bool:
    """Whether the answer says that more is to come in the same list."""
    told = answer.content
    if "Link" in answer.headers:
        return True
    if not isinstance(told, dict):
        return False
    if "startAt" in told:
        return bool(told["startAt"] + len(records_in(told) or ()) < told["total"])
    if "per_page" in told:  # a history has no total: it may go on after a full page, and has a first one
        total = len(told["items"]) + 1 if told["total"] is None and told["page"] == 1 else told["total"]
        return bool(told["items"]) and (
            total is None or total > told["per_page"] * (told["page"] - 1) + len(told["items"])
        )
    return bool(
        told.get("more")
        or told.get("nextPageToken")
        or told.get("end_of_stream") is False
        or (told.get("meta") or {}).get("has_more")
    )


@dataclass
class Undisturbed:
    """A pull in the smallest pages: what was asked, what was answered, what was landed."""

    exchanged: list[tuple[Asked, Answer]]
    landed: list[tuple[Any, ...]]

    @property
    def repeatable(self) -> list[int]:
        """Numbers of the requests for another page of the list that the request before them asked for."""
        return [
            number
            for number, ((before, _), (asked, _)) in enumerate(zip(self.exchanged, self.exchanged[1:], strict=False), 2)
            if before.path == asked.path and before.query != asked.query
        ]

    @property
    def followed(self) -> list[int]:
        """Numbers of the requests that were answered with more to come."""
        return [number for number, (_, answer) in enumerate(self.exchanged, 1) if has_more(answer)]


def landed(far: Pulled) -> list[tuple[Any, ...]]:
    return far.query(
        """
        select split_part(filename, '/', -3), record_key, coalesce(record_digest, md5(payload))
        from read_parquet('{home}/landing/far/*/*/records.parquet', filename = true) order by all
        """
    )


@pytest.fixture
def anew(far: Pulled, tmp_path: Path) -> Callable[[], Pulled]:
    """The same system, pulled into another home each time."""
    homes = iter(range(1000))

    def made() -> Pulled:
        far.replay.forget()
        far.replay.fault = no_fault
        again = pulled_from(far.kind, far.replay, tmp_path / f"home-{next(homes)}")
        again.options.update(far.options)
        return again

    return made


@pytest.fixture
def undisturbed(far: Pulled, anew: Callable[[], Pulled]) -> Undisturbed:
    if far.kind == "request_tracker":
        cast(Any, far.replay.api).page = 2
    first, exchanged = anew(), list[tuple[Asked, Answer]]()

    def noting(number: int, asked: Asked, answer: Answer) -> Answer:
        exchanged.append((asked, answer))
        return answer

    far.replay.fault = noting
    first.pull()
    assert first.landed_counts() == own_counts(first)
    return Undisturbed(exchanged, landed(first))


def is_whole_or_told(far: Pulled, undisturbed: Undisturbed) -> bool:
    """Whether the pull landed every record once; else it must have said why, and landed nothing."""
    try:
        far.pull()
    except SourceError:
        assert far.landed_counts() == {}
        return False
    assert far.landed_counts() == own_counts(far)
    assert landed(far) == undisturbed.landed
    return True


def first_and_last(numbers: list[int]) -> list[int]:
    return sorted({numbers[0], numbers[-1]}) if numbers else []


# ----------------------------------------------------------------------------------------- pages that are not their own

# Lists whose next page has the same address; of the others an answer cannot come in the place of another one.
PAGED = {"jira", "jira_data_center", "pagerduty", "prometheus", "request_tracker", "servicenow", "zendesk"}


def test_page_that_repeats_loses_doubles_and_misfiles_nothing(
    far: Pulled, undisturbed: Undisturbed, anew: Callable[[], Pulled]
) -> None:
    assert bool(undisturbed.repeatable) == (far.kind in PAGED)
    for number in undisturbed.repeatable:
        _, before = undisturbed.exchanged[number - 2]
        again = anew()
        far.replay.fault = once(number, before)
        assert is_whole_or_told(again, undisturbed)


def at(where: Asked, what: Answer) -> Fault:
    """Whenever that is asked for, this is the answer."""
    return lambda number, asked, usual: what if (asked.path, asked.query) == (where.path, where.query) else usual


def test_page_that_repeats_for_ever_is_told(far: Pulled, undisturbed: Undisturbed, anew: Callable[[], Pulled]) -> None:
    for number in first_and_last(undisturbed.repeatable):
        (_, before), (asked, _) = undisturbed.exchanged[number - 2 : number]
        again = anew()
        far.replay.fault = at(asked, before)
        assert not is_whole_or_told(again, undisturbed)


# Days of samples: an empty one says nothing of more to come.
FOLLOWED = PAGED - {"prometheus"}
# Nothing in an empty page of these tells a fault from rows that the account may not see.
DOUBTED = {"jira", "servicenow", "zendesk"}


def emptied(answer: Answer) -> Answer:
    content = copy.deepcopy(answer.content)
    records = records_in(content)
    assert records
    records.clear()
    return replace(answer, content=content)


def test_empty_page_with_more_to_come_loses_nothing(
    far: Pulled, undisturbed: Undisturbed, anew: Callable[[], Pulled]
) -> None:
    assert bool(undisturbed.followed) == (far.kind in FOLLOWED)
    for number in undisturbed.followed:
        again = anew()
        far.replay.fault = once(number, emptied(undisturbed.exchanged[number - 1][1]))
        assert is_whole_or_told(again, undisturbed)


def test_page_that_stays_empty_with_more_to_come_is_told_or_passed_over_after_a_second_look(
    far: Pulled, undisturbed: Undisturbed, anew: Callable[[], Pulled]
) -> None:
    for number in first_and_last(undisturbed.followed):
        asked, answer = undisturbed.exchanged[number - 1]
        again = anew()
        far.replay.fault = at(asked, emptied(answer))
        is_untold = far.kind in DOUBTED and "startAt" not in answer.content
        if is_untold or (asked.path.endswith("/history") and answer.content["page"] > 1):
            again.pull()
            assert len([this for this in far.replay.asked if (this.path, this.query) == (asked.path, asked.query)]) == 2
            continue
        with pytest.raises(SourceUnavailable, match=f"{asked.path}: .*empty, with"):
            again.pull()
        assert again.landed_counts() == {}


# --------------------------------------------------------------------------------------------- answers of another shape

SHAPES: Mapping[str, Any] = {
    "empty object": {},
    "empty list": [],
    "null": None,
    "text": "x",
    "list of a number": [1],
    "error of an object": {"error": {"message": "x"}},
    "lists of numbers": {
        **{path[0]: [1] for path in LISTS if len(path) == 1},
        **{"summary": {"states": [1]}, "data": {"result": [1]}, "checks": [1], "total": "x", "more": True},
    },
    "lists of objects without anything": {
        **{path[0]: [{}] for path in LISTS if len(path) == 1},
        **{"summary": [], "data": None, "checks": [{}], "meta": [], "links": 1, "end_of_stream": False},
    },
}
PERSONS = Persons.with_key("0123456789abcdef0123456789abcdef", "SLM_PSEUDONYM_KEY")


@pytest.mark.parametrize("persons", [None, PERSONS], ids=["received", "pseudonyms"])
def test_answer_of_another_shape_never_ends_in_a_bare_error(
    far: Pulled, undisturbed: Undisturbed, anew: Callable[[], Pulled], persons: Persons | None
) -> None:
    requests = len(undisturbed.exchanged)
    # Only where there are records can they name persons.
    shapes = list(SHAPES.items())[-2 if persons else 0 :]
    for place, (name, shape) in enumerate(shapes):
        first = 1 + place * (requests - 1) // (len(shapes) - 1)
        again = anew()
        far.replay.fault = lambda number, asked, usual, first=first, shape=shape: (
            Answer(shape) if number >= first else usual
        )
        try:
            again.run(persons=persons)
        except SourceError:
            assert again.landed_counts() == {}, name
        else:  # records that say nothing of themselves are rejected one by one
            assert again.quarantine() != [] or again.landed_counts() == {}, name


# --------------------------------------------------------------------------------------------------------- long records

LONG = "x" * (10 << 20)


def lengthened(far: Pulled) -> None:
    """One of the system's records is ten megabytes long."""
    api: Any = far.replay.api
    if far.kind == "ics":
        api.events[2] = api.events[2].replace("Move", LONG)
        return
    if far.kind == "qualtrics":
        api.responses[0]["labels"] = {"QID1": LONG}
        return
    is_done = False

    def long_once(number: int, asked: Asked, usual: Answer) -> Answer:
        nonlocal is_done
        content = copy.deepcopy(usual.content)
        records = records_in(content)
        if is_done or not records:
            return usual
        is_done = True
        records[0]["filler"] = LONG
        return replace(usual, content=content)

    far.replay.fault = long_once


def test_record_of_ten_megabytes_means_what_it_meant(far: Pulled, anew: Callable[[], Pulled]) -> None:
    usual = anew()
    usual.run()
    again = anew()
    lengthened(again)
    again.run()
    ((longest,),) = again.query(
        "select max(strlen(payload)) from read_parquet('{home}/landing/far/*/*/records.parquet')"
    )
    assert longest > 10 << 20
    assert again.landed_counts() == own_counts(again)
    for name, feed in CANONICAL_FEEDS.items():
        columns = ", ".join(column for column in feed.column_names if column != "cause")
        assert again.rows(name, columns) == usual.rows(name, columns)


# ------------------------------------------------------------------------------------------------------------- signing


def accounts() -> Iterator[str]:
    for system in sorted(SYSTEMS):
        if issubclass(CONNECTORS[type_of(system)].options_model, AccountOptions):
            yield system


@pytest.mark.parametrize("kind", list(accounts()))
def test_token_that_expires_after_every_answer_is_renewed_each_time(
    far: Pulled, undisturbed: Undisturbed, anew: Callable[[], Pulled]
) -> None:
    usual, left, issued = far.replay.api, 0, 0

    def api(asked: Asked) -> Answer:
        nonlocal left, issued
        if asked.path == "/token":
            left, issued = 1, issued + 1
            return Answer({"access_token": f"issued-{issued}"})
        left -= 1
        if left < 0 or asked.headers["authorization"] != f"Bearer issued-{issued}":
            return Answer({"error": "expired"}, 401)
        return usual(asked)

    again = anew()
    for name in ("user", "password", "token"):
        again.options.pop(name, None)
    again.options["oauth"] = {"tokenUrl": f"{far.replay.url}/token", "clientId": "slm", "clientSecret": {"env": "OWN"}}
    again.surroundings.env["OWN"] = "a-client-secret"
    far.replay.api = api
    again.pull()
    assert landed(again) == undisturbed.landed
    assert issued == len(undisturbed.exchanged)


# ------------------------------------------------------------------------------------------------------ exports


@pytest.mark.parametrize("kind", ["qualtrics"])
def test_archive_with_any_byte_broken_is_asked_for_again(
    far: Pulled, undisturbed: Undisturbed, anew: Callable[[], Pulled]
) -> None:
    number = len(undisturbed.exchanged)
    archive: bytes = undisturbed.exchanged[-1][1].content
    for place in range(30, len(archive), 29):
        broken = archive[:place] + bytes([archive[place] ^ 0xFF]) + archive[place + 1 :]
        again = anew()
        far.replay.fault = once(number, Answer(broken))
        assert is_whole_or_told(again, undisturbed)


@pytest.mark.parametrize("kind", ["qualtrics"])
@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_export_that_failed_is_told_at_once_and_begun_anew_by_the_next_run(
    far: Pulled, undisturbed: Undisturbed, anew: Callable[[], Pulled], status: str
) -> None:
    again = anew()
    far.replay.fault = once(2, Answer({"result": {"percentComplete": 0.0, "status": status}}))
    with pytest.raises(SourceUnavailable, match=f"the export ES_1 is {status}; nothing of this pull is landed"):
        again.pull()
    assert len(far.replay.asked) == 2
    far.replay.fault = no_fault
    again.pull(NIGHT + timedelta(hours=1))
    assert landed(again) == undisturbed.landed
