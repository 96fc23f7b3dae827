"""What pulling 100,000 records costs beside reading and parsing the same bytes, through the replay server."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmarks.measure import Cost, machine, medians
from ingestion.adapters import adapter_for
from ingestion.adapters.base import signature
from ingestion.adapters.connector import ConnectorAdapter
from ingestion.landing import commit_load
from ingestion.pull import run_source
from ingestion.pulling.load import spool_of, stage_pull
from ingestion.pulling.outside import Outside
from ingestion.storage import Paths, emptied
from orchestration.layout import ROOT
from settings.project import SourceConfig
from tests.unit.connectors.replay import Answer, Asked, served
from tests.unit.connectors.systems.servicenow import incident

RECORDS, PAGE = 100_000, 1000
ROUNDS = 5
NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)


class ManyIncidents:
    """Pages of incidents, made once: the server's own work must not be what is measured."""

    def __init__(self) -> None:
        self.pages = [
            json.dumps({"result": [incident(number) for number in range(first, first + PAGE)]}).encode()
            for first in range(1, RECORDS + 1, PAGE)
        ]

    def __call__(self, asked: Asked) -> Answer:
        """The page after an id; nothing of any other table."""
        if not asked.path.endswith("/incident"):
            return Answer({"result": []})
        after = asked.params["sysparm_query"].rpartition("^sys_id>")[2].partition("^")[0]
        number = int(after, 16) if after.strip("0123456789abcdef") == "" else 0
        return Answer(self.pages[number // PAGE] if number < RECORDS else {"result": []})


def serve() -> None:
    """Serve until the process is ended; says its address first."""
    with served(ManyIncidents()) as replay:
        print(replay.url, flush=True)
        sys.stdin.read()


def pull_against_reading() -> None:
    """Print the costs of reading and parsing, of pulling into landing, and of a whole run of the source."""
    command = [sys.executable, "-c", "from benchmarks.connectors import serve; serve()"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None  # noqa: S101 - for the type checker
        url = server.stdout.readline().strip()
        bodies = _read_and_parse(url)
        costs: dict[str, list[Cost]] = {"read and parse": [], "pull into landing": [], "whole run of the source": []}
        for _ in range(ROUNDS):
            costs["read and parse"].append(_cost(lambda: _read_and_parse(url)))
            with tempfile.TemporaryDirectory() as home:
                costs["pull into landing"].append(_cost(lambda home=home: _pull(url, Path(home))))  # type: ignore[misc]
            with tempfile.TemporaryDirectory() as home:
                costs["whole run of the source"].append(_cost(lambda home=home: _run(url, Path(home))))  # type: ignore[misc]
        server.communicate()
    base = medians(costs["read and parse"])
    print(
        f"\nPulling {RECORDS:,} records ({bodies / 1e6:.0f} MB, {RECORDS // PAGE} pages), medians of {ROUNDS} runs in"
        f" turn ({machine()})\n"
    )
    print("| | wall s | CPU s | ratio wall | ratio CPU |\n|---|---|---|---|---|")
    for name, found in costs.items():
        cost = medians(found)
        print(
            f"| {name} | {cost.wall_seconds:.2f} | {cost.cpu_seconds:.2f} | {cost.wall_seconds / base.wall_seconds:.2f}"
            f" | {cost.cpu_seconds / base.cpu_seconds:.2f} |"
        )


def _cost(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Cost(time.perf_counter() - wall, time.process_time() - cpu, peak)


def _read_and_parse(url: str) -> int:
    """The same requests and the same bytes, read and parsed with nothing kept; returns the number of bytes."""
    read, after = 0, ""
    with httpx.Client(trust_env=False) as client:
        while True:
            query = f"x^sys_id>{after}^y" if after else "x"
            body = client.get(f"{url}/api/now/table/incident", params={"sysparm_query": query}).content
            records = json.loads(body)["result"]
            read += len(body)
            if not records:
                return read
            after = records[-1]["sys_id"]


def _source(url: str) -> SourceConfig:
    options = {"url": url, "token": {"env": "TOKEN"}, "pageSize": PAGE, "requestsPerMinute": 1_000_000}
    return SourceConfig(name="far", type="servicenow", options=options, allowed_hosts=(urlsplit(url).hostname or "",))


def _pull(url: str, home: Path) -> None:
    source, paths = _source(url), Paths(home)
    adapter = adapter_for(source.name, source.type, source.options)
    if not isinstance(adapter, ConnectorAdapter):
        raise TypeError(source.type)
    with emptied(paths.landing_staging("far")) as staging:
        staged = stage_pull(
            "far",
            adapter.connector,
            source.allowed_hosts,
            paths,
            staging,
            NOW,
            Outside(env={"TOKEN": "x"}),
            lambda feed: signature(adapter, feed, ()),
            home,
        )
        spool_of(paths, "far").remove()
        (load,) = [commit_load(load, paths) for load in staged.values()]
    if load.landed_count != RECORDS:
        raise RuntimeError(f"{load.landed_count} of {RECORDS} records were landed")


def _run(url: str, home: Path) -> None:
    run_source(_source(url), home, home, NOW, NOW, Outside(env={"TOKEN": "x"}))
