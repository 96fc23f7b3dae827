"""What every connector must do, whatever the network does: run on each of them with its replayed system or its tables.

A pull is compared with an undisturbed one of the same system, byte for byte of landing. Faults of databases are in
test_tables.
"""

import base64
import html
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.adapters import adapter_for
from ingestion.adapters.connector import ConnectorAdapter
from ingestion.connectors import CONNECTORS
from ingestion.connectors.base import PulledFeed
from ingestion.errors import SourceError, SourceUnavailable, SourceUnread
from ingestion.feeds import CANONICAL_FEEDS
from ingestion.landing import Load, commit_load
from ingestion.pull import check_source, settle_landed
from ingestion.pulling.load import spool_of
from ingestion.storage import Paths
from tests.integration.small_project import ROOT
from tests.unit.connectors.conftest import AS_OF, NIGHT, PLAYED, Pulled, opened, own_counts
from tests.unit.connectors.kills import Killed, kept_answers, killed_after
from tests.unit.connectors.replay import Answer, Asked, Surroundings, cut, no_fault, once, served, torn
from tests.unit.connectors.systems import SYSTEMS, type_of

# Per connector: what landing holds after an undisturbed pull, and how many answers that took.
Undisturbed = dict[str, tuple[dict[str, str], int]]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    found = {}
    for kind in PLAYED:
        with opened(kind, tmp_path_factory.mktemp(kind) / "home") as far, kept_answers() as kept:
            far.pull()
            found[kind] = (far.landing(), len(kept))
    return found


def test_every_connector_is_played() -> None:
    """One that is registered and not played here would be held to nothing."""
    assert {type_of(system) for system in PLAYED} == set(CONNECTORS)


# ---------------------------------------------------------------------------------------------- nothing is lost


def test_everything_the_system_has_is_landed_once(any_far: Pulled) -> None:
    any_far.pull()
    assert any_far.landed_counts() == own_counts(any_far)


def test_second_pull_with_no_changes_lands_nothing(any_far: Pulled) -> None:
    any_far.pull()
    before = any_far.landing()
    assert any_far.pull(NIGHT + timedelta(days=1)) == {}
    assert any_far.landing() == before


def test_records_become_good_rows_of_canonical_feeds(any_far: Pulled) -> None:
    result = any_far.run()
    assert any_far.quarantine() == []
    assert any(any_far.rows(feed, "count(*)") != [(0,)] for feed in CANONICAL_FEEDS)
    assert {feed.feed: feed.landed for feed in result.feeds.values()} == any_far.landed_counts()


def test_second_run_with_no_changes_changes_no_row(any_far: Pulled) -> None:
    any_far.run()
    before = {feed: any_far.rows(feed, "*") for feed in CANONICAL_FEEDS}
    assert any_far.run(NIGHT + timedelta(days=1)).new_loads == ()
    assert {feed: any_far.rows(feed, "*") for feed in CANONICAL_FEEDS} == before


def test_event_says_when_the_system_wrote_it_down_unless_it_is_an_opening(any_far: Pulled) -> None:
    any_far.run()
    assert any_far.rows("ticket_events", "event_id", "recorded_at is null and event_id not like '%-opening%'") == []
    assert any_far.rows("ticket_events", "event_id", "recorded_at < occurred_at") == []


# ------------------------------------------------------------------------------------------------ killed anywhere


@given(data=st.data())
@settings(max_examples=8, deadline=None)
@pytest.mark.parametrize("kind", PLAYED)
def test_pull_killed_anywhere_and_resumed_lands_what_an_undisturbed_one_does(
    kind: str, undisturbed: Undisturbed, tmp_path_factory: Any, data: st.DataObject
) -> None:
    landing, answers = undisturbed[kind]
    with opened(kind, tmp_path_factory.mktemp("killed") / "home") as far:
        kills = data.draw(st.lists(st.tuples(st.integers(1, answers), st.sampled_from([0, 1, 40, 10_000])), max_size=3))
        for frames, torn_bytes in kills:
            try:
                with killed_after(frames, torn_bytes):
                    far.pull()
            except Killed:
                continue
            break  # there were fewer answers left than that: the pull came to its end
        else:
            far.pull()
        assert far.landing() == landing


def test_resumed_pull_does_not_ask_again_for_what_it_has(any_far: Pulled, undisturbed: Undisturbed) -> None:
    _, answers = undisturbed[any_far.kind]
    with pytest.raises(Killed), killed_after(max(1, answers - 1), 0):
        any_far.pull()
    with kept_answers() as kept:
        any_far.pull()
    assert len(kept) == answers - max(1, answers - 1)


def test_pull_left_half_done_for_long_begins_anew(any_far: Pulled, undisturbed: Undisturbed) -> None:
    landing, answers = undisturbed[any_far.kind]
    with pytest.raises(Killed), killed_after(1, 0):
        any_far.pull()
    any_far.surroundings.now += timedelta(days=1)
    with kept_answers() as kept:
        any_far.pull()
    assert len(kept) >= answers
    assert any_far.landing().keys() == landing.keys()


@contextmanager
def killed_after_commits(loads: int) -> Iterator[None]:
    """The run dies after so many loads have come to their places in landing."""
    committed = 0

    def dying(load: Load, paths: Paths) -> Load:
        nonlocal committed
        if committed == loads:
            raise Killed
        committed += 1
        return commit_load(load, paths)

    with mock.patch("ingestion.landing.commit_load", dying), pytest.raises(Killed):
        yield


@pytest.mark.parametrize("kind", PLAYED)
def test_pull_killed_between_the_commits_of_its_feeds_lands_all_of_them(
    kind: str, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    """Where the next pull begins follows from one feed's loads: records of the others would never be asked for."""
    landing, _ = undisturbed[kind]
    feeds = {name.split("/")[2] for name in landing}
    for loads in range(len(feeds)):
        with opened(kind, tmp_path / f"home{loads}") as far:
            with killed_after_commits(loads):
                far.pull()
            assert far.pull(NIGHT + timedelta(hours=1)) == {}
            assert far.landing() == landing


@pytest.mark.parametrize("kind", ["servicenow"])
@pytest.mark.parametrize("is_all", [True, False])
def test_spool_of_a_machine_that_lost_its_power_is_cut_where_it_ends(far: Pulled, *, is_all: bool) -> None:
    """The size of a file may outlive what was in it: then it is zeros."""
    with pytest.raises(Killed), killed_after(2, 0):
        far.pull()
    spool = spool_of(Paths(far.home), "far")._path
    size = spool.stat().st_size
    with spool.open("rb+") as file:
        file.truncate(0 if is_all else size)
        file.truncate(size + 4096)
    far.pull()
    assert far.landed_counts() == own_counts(far)


@pytest.mark.parametrize("kind", PLAYED)
def test_pull_killed_before_its_commit_is_landed_without_asking_again(
    kind: str, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    landing, _ = undisturbed[kind]
    with opened(kind, tmp_path / "home") as far:
        with mock.patch("tests.unit.connectors.conftest.commit_loads", side_effect=Killed), pytest.raises(Killed):
            far.pull()
        with kept_answers() as kept:
            far.pull()
        assert (kept, far.landing()) == ([], landing)


@pytest.mark.parametrize("kind", ["jira", "request_tracker"])
def test_run_killed_between_commits_is_whole_for_whoever_looks_at_landing_next(far: Pulled, tmp_path: Path) -> None:
    """Also for a build that asks for nothing."""
    with opened(far.kind, tmp_path / "other") as other:
        other.run()
        expected = {feed: other.rows(feed, "*") for feed in CANONICAL_FEEDS}
    with killed_after_commits(1):
        far.run()
    settle_landed(far.source, far.home, AS_OF)
    assert {feed: far.rows(feed, "*") for feed in CANONICAL_FEEDS} == expected
    assert far.landed_counts() == own_counts(far)


# ---------------------------------------------------------------------------------------- what passes by itself

PASSING = {
    "429 with Retry-After": lambda number: once(number, Answer({}, 429, {"Retry-After": "7"})),
    "429 with a date": lambda number: once(number, Answer({}, 429, {"Retry-After": "Tue, 10 Mar 2026 01:00:30 GMT"})),
    "429 without Retry-After": lambda number: once(number, Answer({}, 429)),
    "500": lambda number: once(number, Answer({"error": "oops"}, 500)),
    "503": lambda number: once(number, Answer(b"", 503)),
    "cut in the middle": cut,
    "half of the JSON": torn,
    "another page than JSON": lambda number: once(number, Answer(b"<html>maintenance</html>")),
}


@pytest.mark.parametrize("fault", PASSING)
def test_passing_fault_costs_a_repetition_and_nothing_else(far: Pulled, fault: str, undisturbed: Undisturbed) -> None:
    landing, requests = undisturbed[far.kind]
    far.replay.fault = PASSING[fault](max(1, requests // 2))
    far.pull()
    assert far.landing() == landing
    # An export that is asked about until it is ready may be ready by then.
    assert len(far.replay.asked) in (requests, requests + 1)
    assert far.surroundings.waited


# ----------------------------------------------------------------------------------------------- what does not pass

# The answer, what is said of it, and whether it leaves the source unread rather than asked for the wrong thing.
LASTING = {
    401: (Answer({"message": "no"}, 401), "sign-in was refused", True),
    403: (Answer({"message": "no"}, 403), "may not read this", True),
    404: (Answer({"message": "no"}, 404), "check url", False),
    503: (Answer({}, 503), "after 6 attempts", True),
    "no JSON": (Answer(b"]"), "not JSON|cannot be read", True),
    "redirect": (Answer(b"", 302, {"Location": "https://elsewhere.example/login"}), "elsewhere.example", False),
}


@pytest.mark.parametrize("status", LASTING)
def test_lasting_fault_is_told_and_lands_nothing_until_it_is_mended(
    far: Pulled, status: int | str, undisturbed: Undisturbed
) -> None:
    landing, requests = undisturbed[far.kind]
    answer, said, is_unread = LASTING[status]
    middle = max(1, requests // 2)
    far.replay.fault = lambda number, asked, usual: answer if number >= middle else usual
    with pytest.raises(SourceError, match=said) as error:
        far.pull()
    assert far.landed_counts() == {}
    for secret in SYSTEMS[far.kind].SECRETS.values():
        assert secret not in str(error.value)
    assert isinstance(error.value, SourceUnread) == is_unread
    far.replay.fault = no_fault
    far.pull()
    assert far.landing() == landing


def test_server_that_asks_for_too_much_patience_is_left_to_the_next_run(far: Pulled) -> None:
    far.replay.fault = once(1, Answer({}, 429, {"Retry-After": "90000"}))
    with pytest.raises(SourceUnavailable, match="90,000 seconds"):
        far.pull()
    assert far.surroundings.waited == []


def test_answer_larger_than_allowed_is_refused(far: Pulled) -> None:
    far.options["maxResponseBytes"] = 10
    with pytest.raises(SourceError, match="maxResponseBytes"):
        far.pull()


# -------------------------------------------------------------------------------------------------------- security


def test_host_that_the_project_does_not_allow_is_not_asked(far: Pulled) -> None:
    far.allowed_hosts = ("desk.example",)
    with pytest.raises(SourceError, match="not among allowedHosts"):
        far.pull()
    with pytest.raises(SourceError, match="not among allowedHosts"):
        check_source(far.source)
    assert far.replay.asked == []


def test_secret_is_sent_and_written_nowhere(far: Pulled, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    with pytest.raises(Killed), killed_after(1, 0):
        far.pull()
    kept = spool_of(Paths(far.home), "far")._path.read_bytes()
    far.run()
    written = b"".join(path.read_bytes() for path in far.home.rglob("*") if path.is_file())
    for secret in SYSTEMS[far.kind].SECRETS.values():
        assert secret.encode() not in kept + written
        assert secret not in caplog.text


def test_missing_secret_is_told_by_name(far: Pulled) -> None:
    if not far.surroundings.env:
        pytest.skip("this system is read without a secret")
    name = next(iter(far.surroundings.env))
    far.surroundings.env = {key: value for key, value in far.surroundings.env.items() if key != name}
    with pytest.raises(SourceError, match=f"the secret {name} is not set"):
        far.pull()


# What a page, an address or JSON writes in another way.
AWKWARD = 'of "all" & of/none=+1'


@pytest.mark.parametrize("kind", [kind for kind in sorted(SYSTEMS) if SYSTEMS[kind].SECRETS])
@pytest.mark.parametrize("written", [str, quote, quote_plus, lambda text: quote(text, safe=""), html.escape])
def test_server_that_repeats_what_it_was_sent_puts_no_secret_into_an_error(
    far: Pulled, written: Callable[[str], str]
) -> None:
    """User and password of Basic are as readable in their other form."""
    far.surroundings.env = {name: f"{value} {AWKWARD}" for name, value in far.surroundings.env.items()}

    def echo(number: int, asked: Asked, answer: Answer) -> Answer:
        sent = asked.headers.get("authorization") or asked.headers["x-api-token"]
        return Answer({"you sent": [written(part) for part in (sent, *far.surroundings.env.values())]}, 400)

    far.replay.fault = echo
    with pytest.raises(SourceError, match=r"it said: .*…") as error:
        far.pull()
    said = str(error.value).partition("it said: ")[2]
    assert not any(part in said for part in ("secret", "all", "none", "+1"))
    user = SYSTEMS[far.kind].OPTIONS.get("user", "")
    for known in (f"{user}:", f"{user}/token:"):
        assert base64.b64encode(known.encode()).decode()[:8] not in said


@pytest.mark.parametrize("kind", [kind for kind in sorted(SYSTEMS) if SYSTEMS[kind].SECRETS])
def test_secret_cut_short_by_the_end_of_a_message_is_not_in_it_either(far: Pulled) -> None:
    (name,) = far.surroundings.env
    secret = far.surroundings.env[name]
    far.replay.fault = lambda number, asked, answer: Answer(b"." * 195 + secret.encode(), 400)
    with pytest.raises(SourceError, match="it said") as error:
        far.pull()
    assert secret[:3] not in str(error.value).partition("it said: ")[2]


@pytest.mark.parametrize("kind", ["zendesk"])
def test_secret_with_a_line_end_is_told_by_name_alone(far: Pulled) -> None:
    """As a file's content often is; the client would put it into its own error."""
    far.surroundings.env = {name: f"{value}\n" for name, value in far.surroundings.env.items()}
    with pytest.raises(SourceError, match="ZENDESK_TOKEN holds a line end") as error:
        far.pull()
    assert SYSTEMS[far.kind].SECRETS["ZENDESK_TOKEN"] not in str(error.value)
    assert far.replay.asked == []


# ----------------------------------------------------------------------------------------------------- declarations


def test_declared_rows_are_columns_of_their_feeds(any_far: Pulled) -> None:
    adapter = adapter_for("far", any_far.type, any_far.source.options)
    assert isinstance(adapter, ConnectorAdapter)
    for feed in adapter.connector.feeds():
        for name, rows in feed.rows.items():
            assert set(rows.columns) <= set(CANONICAL_FEEDS[name].column_names)
            assert set(CANONICAL_FEEDS[name].required) <= {*rows.columns, *any_far.options.get("defaults", {})}


@pytest.mark.parametrize("connector", sorted(CONNECTORS))
def test_module_names_the_documentation_it_follows(connector: str) -> None:
    module = import_module(CONNECTORS[connector].__module__)
    assert "Follows" in (module.__doc__ or "")


def told_of_deletions(feed: PulledFeed, leaving_out: PulledFeed) -> str:
    """What the documentation says of how deletions of a feed's records are noticed."""
    told = [
        *(["missing from a pull"] if feed.is_complete else []),
        *(["missing on `reconcileOn`"] if feed.is_reconciled else []),
        *(["the record says so"] if feed.deleted_when != "false" else []),
        *(["feed `deletion`"] if "deletion" in feed.looks_into and "tickets" in feed.rows else []),
        *(["left out: missing on `reconcileOn`"] if leaving_out.is_reconciled > feed.is_reconciled else []),
    ]
    return "; ".join(told)


def test_documentation_says_of_every_feed_what_its_connector_declares(any_far: Pulled) -> None:
    def feeds(**more: Any) -> list[PulledFeed]:
        adapter = adapter_for("far", any_far.type, {**any_far.source.options, **more})
        assert isinstance(adapter, ConnectorAdapter)
        return list(adapter.connector.feeds())

    text = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")
    table = text.split("## What each system tells of changes")[1].split("\n## ")[0]
    lines = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines() if line[:2] == "| "]
    documented = {line[1]: line[2:] for line in lines if line[0] == f"`{any_far.type}`"}
    usual = feeds()
    others = feeds(leaveOut=["deletion"]) if "deletion" in [feed.name for feed in usual] else usual
    declared = {feed.name: (feed, other) for feed, other in zip(usual, others, strict=True)}
    assert list(documented) == [f"`{name}`" for name, (feed, _) in declared.items() if feed.rows]
    for name, (cursor, deletions, recorded, edits) in documented.items():
        feed, leaving_out = declared[name.strip("`")]
        assert cursor == (f"`{feed.cursor}`" if feed.cursor else "—")
        told = told_of_deletions(feed, leaving_out)
        # What belongs to a ticket goes with it: its rows are made of those of living tickets.
        goes_along = not told and feed.looks_into and re.fullmatch(r"with its (ticket|incident|issue)", deletions)
        assert goes_along or deletions == (told or "not told")
        recording = feed.rows["ticket_events"].columns.get("recorded_at", "") if "ticket_events" in feed.rows else ""
        assert bool(recording) == (recorded != "—")
        assert recorded.strip("`") in recording or not recording
        assert edits


def test_example_of_the_documentation_is_whole_and_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what people copy: as it stands it is a module, and with its line in the list it pulls."""
    text = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")
    example = text.split("```python\n")[1].split("```")[0]
    assert len(example.splitlines()) < 60
    (tmp_path / "copied_checks.py").write_text(example, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("ingestion.adapters.CONNECTORS", {"checks": import_module("copied_checks").Checks})
    checks = [
        {"id": number, "service": {"name": "web"}, "tested": f"2026-03-02T1{number}:00:00Z", "state": state}
        for number, state in enumerate(("OK", "FAIL"))
    ]

    def api(asked: Asked) -> Answer:
        assert asked.path == "/v1/web/checks"
        assert asked.headers["authorization"] == "Bearer a-secret"
        page = int(asked.params.get("page", 0))
        following = f"/v1/web/checks?page={page + 1}" if page + 1 < len(checks) else None
        return Answer({"data": {"items": [checks[page]]}, "next": following})

    with served(api) as replay:
        options = {"token": {"env": "CHECKS_TOKEN"}, "group": "web"}
        far = Pulled("checks", replay, tmp_path / "home", options, Surroundings({"CHECKS_TOKEN": "a-secret"}))
        far.run()
        assert far.rows("uptime_checks", "service_id, status") == [("web", "down"), ("web", "up")]
        assert far.run(NIGHT + timedelta(days=1)).new_loads == ()
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--config", ROOT / "pyproject.toml", tmp_path / "copied_checks.py"],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout


# ------------------------------------------------------------------------------------------ days that are asked again

A_DAY = (datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC))


def test_stretch_asked_for_again_lands_nothing_and_leaves_the_next_pull_where_it_was(far: Pulled) -> None:
    """Whatever the system: records that are there already are not landed twice, and nothing is taken for deleted."""
    far.pull()
    landing = far.landing()
    far.replay.forget()
    far.pull()
    usual = [(asked.path, asked.query, asked.body) for asked in far.replay.asked]
    assert far.pull(window=A_DAY) == {}
    assert far.landing() == landing
    far.replay.forget()
    far.pull()
    assert [(asked.path, asked.query, asked.body) for asked in far.replay.asked] == usual


def test_stretch_asked_for_before_anything_was_pulled_does_not_stand_for_the_beginning(
    far: Pulled, undisturbed: Undisturbed
) -> None:
    """A source that was filled first still pulls all there is, and lands each record once."""
    far.pull(window=A_DAY)
    far.replay.forget()
    far.pull(NIGHT + timedelta(days=1))
    _, requests = undisturbed[far.kind]
    assert len(far.replay.asked) == requests
    assert far.landed_counts() == far.replay.api.counts  # type: ignore[attr-defined]
