"""What every connector must do, whatever the network does: run on each of them with its replayed system.

A pull is compared with an undisturbed one of the same system, byte for byte of landing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.errors import SourceError, SourceUnavailable, SourceUnread
from ingestion.feeds import CANONICAL_FEEDS
from ingestion.pull import check_source
from ingestion.pulling.load import spool_of
from ingestion.pulling.spool import Spool
from ingestion.storage import Paths
from tests.integration.small_project import ROOT
from tests.unit.connectors.conftest import NIGHT, Pulled, pulled_from
from tests.unit.connectors.replay import Answer, cut, no_fault, once, served, torn
from tests.unit.connectors.systems import SYSTEMS

# Per system: what landing holds after an undisturbed pull, and how many requests that took.
Undisturbed = dict[str, tuple[dict[str, str], int]]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    found = {}
    for kind in SYSTEMS:
        with served(SYSTEMS[kind].Api()) as replay:
            far = pulled_from(kind, replay, tmp_path_factory.mktemp(kind))
            far.pull()
            found[kind] = (far.landing(), len(replay.asked))
    return found


# ---------------------------------------------------------------------------------------------- nothing is lost


def test_everything_the_system_has_is_landed_once(far: Pulled) -> None:
    far.pull()
    assert far.landed_counts() == far.replay.api.counts  # type: ignore[attr-defined]


def test_second_pull_with_no_changes_lands_nothing(far: Pulled) -> None:
    far.pull()
    before = far.landing()
    assert far.pull(NIGHT + timedelta(days=1)) == {}
    assert far.landing() == before


def test_records_become_good_rows_of_canonical_feeds(far: Pulled) -> None:
    result = far.run()
    assert far.quarantine() == []
    assert any(far.rows(feed, "count(*)") != [(0,)] for feed in CANONICAL_FEEDS)
    assert {feed.feed: feed.landed for feed in result.feeds.values()} == far.landed_counts()


def test_second_run_with_no_changes_changes_no_row(far: Pulled) -> None:
    far.run()
    before = {feed: far.rows(feed, "*") for feed in CANONICAL_FEEDS}
    assert far.run(NIGHT + timedelta(days=1)).new_loads == ()
    assert {feed: far.rows(feed, "*") for feed in CANONICAL_FEEDS} == before


# ------------------------------------------------------------------------------------------------ killed anywhere


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_after(frames: int, torn_bytes: int) -> Iterator[None]:
    """The pull dies after so many answers were kept; the last one's write was cut short by so many bytes."""
    append, kept = Spool.append, 0

    def dying(spool: Spool, frame: Any) -> None:
        nonlocal kept
        path = spool._path
        before = path.stat().st_size
        append(spool, frame)
        kept += 1
        if kept == frames:
            if torn_bytes:
                size = path.stat().st_size
                with path.open("rb+") as file:
                    file.truncate(max(before, size - torn_bytes))
            raise Killed

    with mock.patch.object(Spool, "append", dying):
        yield


@given(data=st.data())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pull_killed_anywhere_and_resumed_lands_what_an_undisturbed_one_does(
    kind: str, undisturbed: Undisturbed, tmp_path_factory: Any, data: st.DataObject
) -> None:
    landing, requests = undisturbed[kind]
    with served(SYSTEMS[kind].Api()) as replay:
        far = pulled_from(kind, replay, tmp_path_factory.mktemp("killed"))
        kills = data.draw(
            st.lists(st.tuples(st.integers(1, requests), st.sampled_from([0, 1, 40, 10_000])), max_size=3)
        )
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


def test_resumed_pull_does_not_ask_again_for_what_it_has(far: Pulled, undisturbed: Undisturbed) -> None:
    _, requests = undisturbed[far.kind]
    with pytest.raises(Killed), killed_after(max(1, requests - 1), 0):
        far.pull()
    far.replay.forget()
    far.pull()
    assert len(far.replay.asked) == requests - max(1, requests - 1)


def test_pull_left_half_done_for_long_begins_anew(far: Pulled, undisturbed: Undisturbed) -> None:
    landing, requests = undisturbed[far.kind]
    with pytest.raises(Killed), killed_after(1, 0):
        far.pull()
    far.replay.forget()
    far.surroundings.now += timedelta(days=1)
    far.pull()
    assert len(far.replay.asked) >= requests
    assert far.landing().keys() == landing.keys()


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


# ----------------------------------------------------------------------------------------------------- declarations


def test_declared_rows_are_columns_of_their_feeds(far: Pulled) -> None:
    from ingestion.adapters import adapter_for

    for feed in adapter_for("far", far.kind, far.source.options).connector.feeds():  # type: ignore[attr-defined]
        for name, rows in feed.rows.items():
            assert set(rows.columns) <= set(CANONICAL_FEEDS[name].column_names)
            assert set(CANONICAL_FEEDS[name].required) <= {*rows.columns, *far.options.get("defaults", {})}


def test_module_names_the_documentation_it_follows(kind: str) -> None:
    from ingestion.connectors import CONNECTORS

    module = __import__(CONNECTORS[kind].__module__, fromlist=["x"])
    assert "Follows" in (module.__doc__ or "")


def test_every_connector_has_a_replayed_system() -> None:
    from ingestion.connectors import CONNECTORS
    from ingestion.connectors.tables import TableConnector

    over_http = {name for name, connector in CONNECTORS.items() if not issubclass(connector, TableConnector)}
    assert set(SYSTEMS) == over_http


def test_example_of_the_documentation_is_whole_and_short() -> None:
    """It is what people copy."""
    import collections.abc
    import datetime as time
    import types

    from ingestion.connectors import base

    text = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")
    example = text.split("```python\n")[1].split("```")[0]
    assert len(example.splitlines()) < 60
    names = {**vars(collections.abc), **vars(types), **vars(base), "datetime": time.datetime}
    exec(compile(example, "docs/connectors.md", "exec"), names)  # noqa: S102 - our own text
    options = {"url": "https://checks.example", "token": {"env": "X"}, "group": "web"}
    connector = names["Checks"](names["ChecksOptions"].model_validate(options))
    (request,) = connector.start({"checks": NIGHT}, NIGHT)
    assert request.label == "/v1/web/checks"
    assert connector.follow(request, base.Page([], [], {"next": "/more"}))[0].path == "/more"


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
