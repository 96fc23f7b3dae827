"""Prometheus itself: a known outage is read back to the second, and a hole stays a hole."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.servers.conftest import started
from tests.servers.prometheus import prometheus
from tests.unit.connectors.conftest import NIGHT, Pulled
from tests.unit.connectors.replay import Replay, Surroundings

# A scrape every fifteen seconds over the night in which summer time begins in London.
START = datetime(2026, 3, 28, 20, 0, 0, 250_000, tzinfo=UTC)
SCRAPES = 4 * 60 * 12
DOWN = range(1000, 1123)
HOLE = range(2000, 2100)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    begin = START.timestamp()
    mail = [(begin + 15 * n, 0 if n in DOWN else 1) for n in range(SCRAPES) if n not in HOLE]
    web = [(begin + 15 * n, 1) for n in range(SCRAPES)]
    folder = tmp_path_factory.mktemp("prometheus")
    with started(lambda: prometheus(folder, "probe_success", {"mail": mail, "web": web})) as address:
        yield address


@pytest.fixture
def far(url: str, tmp_path: Path) -> Pulled:
    options = {"selector": "probe_success", "serviceLabel": "service", "since": "2026-03-28T00:00:00Z"}
    surroundings = Surroundings(now=datetime(2026, 3, 30, tzinfo=UTC))
    return Pulled("prometheus", Replay(url, lambda asked: NotImplemented), tmp_path / "home", options, surroundings)


def test_known_outage_is_read_back_to_the_second(far: Pulled) -> None:
    far.run()
    found = far.rows("uptime_checks", "min(checked_at), max(checked_at), count(*)", "status = 'down'")
    begin = START.replace(tzinfo=None, microsecond=0)
    assert found == [(begin + timedelta(seconds=15 * DOWN[0]), begin + timedelta(seconds=15 * DOWN[-1]), len(DOWN))]


def test_counts_are_those_of_the_server_and_a_hole_stays_one(far: Pulled) -> None:
    far.run()
    counts = far.rows("uptime_checks", "service_id, count(*)", "true group by 1")
    assert counts == [("mail", SCRAPES - len(HOLE)), ("web", SCRAPES)]


def test_second_pull_lands_nothing(far: Pulled) -> None:
    far.pull()
    assert far.pull(NIGHT + timedelta(days=1)) == {}
