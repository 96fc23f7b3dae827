"""Icinga itself: a known outage, and a known maintenance, are read back from its history to the second."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.postgres_server import Server
from tests.servers.conftest import started
from tests.servers.icinga import Icinga, icinga
from tests.unit.connectors.conftest import NO_SERVER, Pulled
from tests.unit.connectors.replay import Surroundings

# Over the night in which summer time begins in London. A state is hard at the second result that says so.
START = datetime(2026, 3, 28, 23, 30, 7, tzinfo=UTC)
DOWN_SOFT, DOWN, UP = (START + timedelta(minutes=minutes) for minutes in (60, 61, 143))
HARD = "select count(*) from icinga_statehistory where state_type = 1"
DOWNTIMES = "select count(*) from icinga_downtimehistory"


@pytest.fixture(scope="module")
def server(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Icinga]:
    folder = tmp_path_factory.mktemp("icinga")
    with started(lambda: icinga(folder, postgres_server)) as running:
        running.result(0, START, "web1")
        for state, at in ((0, START), (2, DOWN_SOFT), (2, DOWN), (0, UP)):
            running.result(state, at)
        running.result(1, START, "router")
        running.result(1, DOWN, "web2")
        running.wait_for(HARD, 6)
        yield running


@pytest.fixture
def far(server: Icinga, tmp_path: Path) -> Pulled:
    surroundings = Surroundings({"IDO": server.dsn}, now=datetime.now(UTC))
    return Pulled("icinga", NO_SERVER, tmp_path / "home", {"database": {"env": "IDO"}, "pageSize": 2}, surroundings)


def naive(at: datetime) -> datetime:
    return at.replace(tzinfo=None, microsecond=0)


def test_known_outage_is_read_back_to_the_second(far: Pulled) -> None:
    far.run()
    assert far.rows("uptime_checks", "service_id, checked_at, status") == [
        ("router", naive(START), "down"),
        ("web1", naive(START), "up"),
        ("web1!http", naive(START), "up"),
        ("web1!http", naive(DOWN), "down"),
        ("web1!http", naive(UP), "up"),
        ("web2", naive(DOWN), "down"),
    ]
    assert far.quarantine() == []


def test_host_that_is_down_behind_another_has_a_state_of_its_own(server: Icinga) -> None:
    of_web2 = "object_id = (select object_id from icinga_objects where name1 = 'web2' and objecttype_id = 1)"
    assert server.count(f"select state from icinga_statehistory where state_type = 1 and {of_web2}") == 2


def test_counts_are_those_of_the_database_and_a_second_pull_lands_nothing(server: Icinga, far: Pulled) -> None:
    far.pull()
    counts = {"states": server.count(HARD), "downtimes": server.count(DOWNTIMES)}
    assert far.landed_counts() == {feed: count for feed, count in counts.items() if count}
    assert far.pull(far.surroundings.now + timedelta(days=1)) == {}


def test_planned_downtime_is_maintenance_until_it_is_called_off(server: Icinga, far: Pulled) -> None:
    """A downtime can only be planned for the time to come."""
    begin = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    end = begin + timedelta(hours=2, seconds=5)
    before = server.count(DOWNTIMES)
    server.downtime(begin, end, "Patching")
    off = server.downtime(begin + timedelta(days=1), end + timedelta(days=1), "Upgrade")
    server.wait_for(DOWNTIMES, before + 2)
    far.run()
    planned = [(naive(begin), naive(end), "Patching")]
    later = [(at + timedelta(days=1), to + timedelta(days=1), "Upgrade") for at, to, _ in planned]
    assert far.rows("outages", "started_at, ended_at, cause") == [*planned, *later]
    server.call_off(off)
    server.wait_for(f"{DOWNTIMES} where was_cancelled = 1", 1)
    far.run(far.surroundings.now + timedelta(days=1))
    assert far.rows("outages", "started_at, ended_at, cause") == planned


def test_flexible_downtime_is_none_until_a_problem_triggers_it(server: Icinga, far: Pulled) -> None:
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    before = server.count(DOWNTIMES)
    flexible = server.downtime(begin, begin + timedelta(days=1), "If need be", lasts=timedelta(hours=1))
    server.wait_for(DOWNTIMES, before + 1)
    far.run()
    assert far.quarantine() == []
    assert far.rows("outages", "cause", "cause = 'If need be'") == []
    for attempt in range(2):
        server.result(2, datetime.now(UTC) + timedelta(seconds=attempt))
    server.wait_for(f"{DOWNTIMES} where is_fixed = 0 and was_started = 1", 1)
    far.run(far.surroundings.now + timedelta(days=1))
    ((started_at, ended_at),) = far.rows("outages", "started_at, ended_at", "cause = 'If need be'")
    assert naive(begin) < started_at
    assert ended_at is None
    server.result(0, datetime.now(UTC) + timedelta(seconds=2))
    server.call_off(flexible)
