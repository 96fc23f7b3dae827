"""A source of a connector, its replayed system, and a home."""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.adapters import adapter_for
from ingestion.adapters.base import signature
from ingestion.adapters.connector import ConnectorAdapter
from ingestion.landing import Load, commit_loads, finish_commit, landed_loads
from ingestion.persons import Persons
from ingestion.pull import SourceResult, run_source
from ingestion.pulling.load import Window, spool_of, stage_pull
from ingestion.readers import connect
from ingestion.storage import Paths, emptied
from settings.project import SourceConfig
from tests.unit.connectors.replay import Replay, Surroundings, served
from tests.unit.connectors.systems import SYSTEMS, type_of
from tests.unit.connectors.systems.tables import TABLES

NIGHT = datetime(2026, 3, 10, 2, tzinfo=UTC)
# The instant that every run speaks for.
AS_OF = datetime(2026, 4, 1, tzinfo=UTC)
# The next day on which deletions are looked for that no system tells.
SUNDAY = datetime(2026, 3, 15, 1, tzinfo=UTC)


@dataclass
class Pulled:
    """One source and its home; `kind` is the system it pulls. Every run speaks for the same instant."""

    kind: str
    replay: Replay
    home: Path
    options: dict[str, Any]
    surroundings: Surroundings
    allowed_hosts: tuple[str, ...] = ("127.0.0.1",)

    @property
    def type(self) -> str:
        return type_of(self.kind)

    @property
    def source(self) -> SourceConfig:
        url = {"url": self.replay.url} if self.replay.url else {}
        return SourceConfig(
            name="far", type=self.type, options={**url, **self.options}, allowed_hosts=self.allowed_hosts
        )

    def run(self, loaded_at: datetime = NIGHT, persons: Persons | None = None, **changes: Any) -> SourceResult:
        """A whole run of the source."""
        source = self.source.model_copy(update={"options": {**self.source.options, **changes}})
        return run_source(source, self.home, self.home, loaded_at, AS_OF, self.surroundings.outside, persons=persons)

    def pull(self, loaded_at: datetime = NIGHT, window: Window | None = None) -> dict[str, Load]:
        """Only the pull, of what is new or of a stretch, and its loads in landing."""
        adapter = adapter_for("far", self.type, self.source.options)
        assert isinstance(adapter, ConnectorAdapter)
        paths = Paths(self.home)
        finish_commit("far", paths)
        with emptied(paths.landing_staging("far")) as staging, connect(self.home / "database") as con:
            staged = stage_pull(
                con,
                "far",
                adapter.connector,
                self.allowed_hosts,
                paths,
                staging,
                loaded_at,
                self.surroundings.outside,
                lambda feed: signature(adapter, feed, ()),
                self.home,
                window,
            )
            committed = commit_loads("far", paths) if staged else []
            spool_of(paths, "far", window).remove()
            return {load.feed: load for load in committed}

    def landing(self) -> dict[str, str]:
        """Every file of landing with the digest of its bytes."""
        return {
            str(path.relative_to(self.home)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted((self.home / "landing").rglob("*"))
            if path.is_file()
        }

    def landed_counts(self) -> dict[str, int]:
        """Records landed, per raw feed, over all loads."""
        return {
            folder.name: sum(load.landed_count for load in landed_loads(Paths(self.home), "far", folder.name))
            for folder in sorted((self.home / "landing" / "far").glob("*"))
        }

    def query(self, text: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as con:
            return con.execute(text.replace("{home}", str(self.home))).fetchall()

    def rows(self, feed: str, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Rows of a feed that the warehouse would read."""
        return self.query(
            f"""
            select {columns} from read_parquet('{{home}}/warehouse/feeds/{feed}/*.parquet', union_by_name = true)
            anti join (
                select * from read_parquet('{{home}}/warehouse/control/not_current/*.parquet') where feed = '{feed}'
            ) using (source, load_id, record_number)
            where {where} order by all
            """
        )

    def quarantine(self, columns: str = "feed, record_id, column_name, reason_code") -> list[tuple[Any, ...]]:
        return self.query(
            f"select {columns} from read_parquet('{{home}}/warehouse/control/quarantine/*.parquet') order by all"
        )


def pulled_from(kind: str, replay: Replay, home: Path) -> Pulled:
    system = SYSTEMS[kind]
    return Pulled(kind, replay, home, dict(system.OPTIONS), Surroundings(dict(system.SECRETS)))


# Every connector that the tests can play, over HTTP or over tables.
PLAYED = sorted([*SYSTEMS, *TABLES])
NO_SERVER = Replay("", lambda asked: NotImplemented)


@contextmanager
def opened(kind: str, home: Path) -> Iterator[Pulled]:
    """Within the block the system of a connector of any kind is there to be pulled into `home`, in several pages."""
    if kind in SYSTEMS:
        with served(SYSTEMS[kind].Api()) as replay:
            yield pulled_from(kind, replay, home)
        return
    database = home.with_suffix(".duckdb")
    with duckdb.connect(str(database)) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(TABLES[kind].content)
    yield Pulled(kind, NO_SERVER, home, {"path": str(database), "pageSize": 2}, Surroundings())


def own_counts(far: Pulled) -> dict[str, int]:
    """How many records the system itself says it has, per raw feed that has any."""
    if far.kind in SYSTEMS:
        counts: dict[str, int] = far.replay.api.counts  # type: ignore[attr-defined]
        return counts
    with duckdb.connect(far.options["path"], read_only=True) as con:
        found = {feed: con.execute(query).fetchall()[0][0] for feed, query in TABLES[far.kind].counts.items()}
    return {feed: count for feed, count in found.items() if count}


@pytest.fixture
def every_host_is_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever host is asked, it is this machine."""
    addresses = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more, **named: addresses("127.0.0.1", *more, **named))


@pytest.fixture(params=PLAYED)
def any_far(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pulled]:
    """The source of every connector, whatever it asks."""
    with opened(request.param, tmp_path / "home") as far:
        yield far


@pytest.fixture(params=sorted(SYSTEMS))
def kind(request: pytest.FixtureRequest) -> str:
    """The type of every connector over HTTP; a test that names one overrides it."""
    name: str = request.param
    return name


@pytest.fixture
def replay(kind: str) -> Iterator[Replay]:
    with served(SYSTEMS[kind].Api()) as running:
        yield running


@pytest.fixture
def far(kind: str, replay: Replay, tmp_path: Path) -> Pulled:
    return pulled_from(kind, replay, tmp_path / "home")
