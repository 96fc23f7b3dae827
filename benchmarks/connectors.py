"""What pulling 100,000 records costs beside reading and parsing the same bytes, through the replay server."""

import io
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
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
from tests.unit.connectors.replay import Answer, Api, Asked, Replay, served
from tests.unit.connectors.systems import jira, pagerduty, qualtrics, servicenow, zendesk

RECORDS = 100_000
ROUNDS = 5
NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
# Where the replay server says what it was asked since it was last asked for that.
ASKED = "/asked"


@dataclass(frozen=True)
class Far:
    """A system with `RECORDS` records of one raw feed and none of any other, in pages as it documents them.

    `record` makes one by its number from 1; `answer` puts the records of a page, by its number from 0, into an answer;
    `page_of` is the page that a request asks for, None for a request of something else, which is told `otherwise`.
    `packed` makes an answer's bytes of its text, `unpacked` takes them apart again.
    """

    options: Mapping[str, Any]
    page_size: int
    record: Callable[[int], Any]
    answer: Callable[[list[Any], int], Any]
    page_of: Callable[[Asked], int | None]
    otherwise: Callable[[Asked], Any]
    packed: Callable[[str], bytes] = str.encode
    unpacked: Callable[[bytes], bytes] = bytes

    def api(self) -> Api:
        """Its answers, made once: the server's own work must not be what is measured."""
        count = RECORDS // self.page_size
        pages = [
            json.dumps(self.answer([self.record(first + n) for n in range(self.page_size)], first // self.page_size))
            for first in range(1, RECORDS + 1, self.page_size)
        ]
        bodies = [self.packed(page) for page in [*pages, json.dumps(self.answer([], count))]]

        def answer(asked: Asked) -> Answer:
            page = self.page_of(asked)
            return Answer(self.otherwise(asked) if page is None else bodies[page])

        return answer


def _servicenow_page(asked: Asked) -> int | None:
    if not asked.path.endswith("/incident"):
        return None
    after = asked.params["sysparm_query"].rpartition("^sys_id>")[2].partition("^")[0]
    return int(after, 16) // 1000 if after.strip("0123456789abcdef") == "" else 0


def _issue(number: int) -> Any:
    histories = [jira.history(number * 10 + n, "10:30:00", ("status", "Open", "In Progress")) for n in range(2)]
    comments = {"comments": [jira.comment(number, "10:40:00")], "total": 1}
    return jira.issue(number, comment=comments) | {"changelog": {"histories": histories, "total": 2}}


def _zendesk_page(asked: Asked) -> int | None:
    return int(asked.params.get("cursor", "0")) if asked.path.endswith("/cursor.json") else None


def _pingdom_page(asked: Asked) -> int | None:
    return None if asked.path.endswith("/checks") else int(asked.path.rpartition("/")[2])


# Systems that are asked day by day are asked for the days up to today.
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
FIRST_DAY = TODAY - timedelta(days=99)
SERIES = RECORDS // 100


def _entry(number: int) -> Any:
    entry = {"id": f"R{number}", "type": "trigger_log_entry", "created_at": f"{TODAY:%Y-%m-%d}T00:00:00Z"}
    return {**entry, "incident": pagerduty.incident(number)}


def _series(number: int) -> Any:
    day = FIRST_DAY + timedelta(days=(number - 1) // SERIES)
    samples = [[int(day.timestamp()) + 3600 * hour, "1"] for hour in range(1, 25)]
    return {"metric": {"__name__": "up", "job": "web", "service": f"s{number % SERIES}"}, "values": samples}


def _prometheus_page(asked: Asked) -> int:
    return (datetime.fromisoformat(asked.params["time"]) - FIRST_DAY).days - 1


def _zipped(text: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("survey.json", text)
    return archive.getvalue()


def _unzipped(body: bytes) -> bytes:
    if not body.startswith(b"PK"):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return archive.read(archive.infolist()[0])


TOKEN = {"token": {"env": "TOKEN"}}
SYSTEMS = {
    "servicenow": Far(
        {**TOKEN, "pageSize": 1000},
        1000,
        servicenow.incident,
        lambda records, page: {"result": records},
        _servicenow_page,
        lambda asked: {"result": []},
    ),
    "jira": Far(
        TOKEN,
        100,
        _issue,
        lambda records, page: {"issues": records, **({"nextPageToken": str(page + 1)} if records else {})},
        lambda asked: int(asked.params.get("nextPageToken", "0")),
        lambda asked: {},
    ),
    "zendesk": Far(
        TOKEN,
        1000,
        zendesk.ticket,
        lambda records, page: {
            "tickets": records,
            "after_url": f"/api/v2/incremental/tickets/cursor.json?cursor={page + 1}",
            "end_of_stream": not records,
        },
        _zendesk_page,
        lambda asked: {
            asked.path.split("/")[-1].removesuffix(".json"): [],
            "end_of_stream": True,
            "meta": {"has_more": False},
        },
    ),
    # The smallest records there are: three values each.
    "pingdom": Far(
        {**TOKEN, "since": "2020-01-01T00:00:00Z"},
        1000,
        lambda number: {"status": "up", "timefrom": 1_577_836_800 + number, "timeto": 1_577_836_801 + number},
        lambda records, page: {"summary": {"states": records}},
        _pingdom_page,
        lambda asked: {"checks": [{"id": number} for number in range(RECORDS // 1000)]},
    ),
    "pagerduty": Far(
        {**TOKEN, "since": f"{TODAY:%Y-%m-%d}T00:00:00Z", "pageSize": 100},
        100,
        _entry,
        lambda records, page: {"log_entries": records, "limit": 100, "offset": page * 100, "more": bool(records)},
        lambda asked: int(asked.params["offset"]) // 100,
        lambda asked: {},
    ),
    # A record is a series' day, of 24 samples here.
    "prometheus": Far(
        {**TOKEN, "selector": "up", "serviceLabel": "service", "since": f"{FIRST_DAY:%Y-%m-%d}T00:00:00Z"},
        SERIES,
        _series,
        lambda records, page: {"status": "success", "data": {"resultType": "matrix", "result": records}},
        _prometheus_page,
        lambda asked: {},
    ),
    # All in one answer, which is an archive; the floor opens it too.
    "qualtrics": Far(
        {**TOKEN, **{name: qualtrics.OPTIONS[name] for name in ("survey", "instrument", "items", "columns", "since")}},
        RECORDS,
        qualtrics.response,
        lambda records, page: {"responses": records},
        lambda asked: 0 if asked.path.endswith("/file") else None,
        lambda asked: {"result": {"progressId": "ES_1", "status": "complete", "fileId": "F-1"}},
        packed=_zipped,
        unpacked=_unzipped,
    ),
}


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


def pull_against_reading() -> None:
    """Print the costs of reading and parsing, of pulling into landing, and of a whole run of the source."""
    print(f"\nPulling {RECORDS:,} records, medians of {ROUNDS} runs in turn ({machine()})\n")
    print("| | MB | wall s | CPU s | ratio wall | ratio CPU |\n|---|---|---|---|---|---|")
    for name in SYSTEMS:
        command = [sys.executable, "-c", f"from benchmarks.connectors import serve; serve({name!r})"]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            if server.stdout is None:
                raise RuntimeError("the server has no output")
            _measure(name, server.stdout.readline().strip())
            server.communicate()


def _measure(system: str, url: str) -> None:
    _in_new_home(_pull, system, url)  # the imports of a first time, and the requests
    requests = httpx.get(f"{url}{ASKED}", trust_env=False).json()
    unpacked = SYSTEMS[system].unpacked
    size = _read_and_parse(url, requests, unpacked)
    costs: dict[str, list[Cost]] = {"read and parse": [], "pull into landing": [], "whole run of the source": []}
    for _ in range(ROUNDS):
        costs["read and parse"].append(_cost(lambda: _read_and_parse(url, requests, unpacked)))
        costs["pull into landing"].append(_cost(lambda: _in_new_home(_pull, system, url)))
        costs["whole run of the source"].append(_cost(lambda: _in_new_home(_run, system, url)))
    base = medians(costs["read and parse"])
    for name, found in costs.items():
        cost = medians(found)
        print(
            f"| `{system}`: {name} | {size / 1e6:.0f} | {cost.wall_seconds:.2f} | {cost.cpu_seconds:.2f}"
            f" | {cost.wall_seconds / base.wall_seconds:.2f} | {cost.cpu_seconds / base.cpu_seconds:.2f} |"
        )


def _cost(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Cost(time.perf_counter() - wall, time.process_time() - cpu, peak)


def _read_and_parse(url: str, requests: list[Any], unpacked: Callable[[bytes], bytes]) -> int:
    """The requests of a pull, read and parsed by the standard library with nothing kept; the bytes parsed."""
    size = 0
    with httpx.Client(trust_env=False) as client:
        for path, query in requests:
            body = unpacked(client.get(f"{url}{path}", params=[(name, value) for name, value in query]).content)
            json.loads(body)
            size += len(body)
    return size


def _in_new_home(work: Callable[[SourceConfig, Path], None], system: str, url: str) -> None:
    options = {**SYSTEMS[system].options, "url": url, "requestsPerMinute": 1_000_000}
    hosts = (urlsplit(url).hostname or "",)
    with tempfile.TemporaryDirectory() as home:
        work(SourceConfig(name="far", type=system, options=options, allowed_hosts=hosts), Path(home))


def _pull(source: SourceConfig, home: Path) -> None:
    paths = Paths(home)
    adapter = adapter_for(source.name, source.type, source.options)
    if not isinstance(adapter, ConnectorAdapter):
        raise TypeError(source.type)
    with emptied(paths.landing_staging(source.name)) as staging:
        staged = stage_pull(
            source.name,
            adapter.connector,
            source.allowed_hosts,
            paths,
            staging,
            NOW,
            Outside(env={"TOKEN": "x"}),
            lambda feed: signature(adapter, feed, ()),
            home,
        )
        spool_of(paths, source.name).remove()
        (load,) = [commit_load(load, paths) for load in staged.values()]
    if load.landed_count != RECORDS:
        raise RuntimeError(f"{load.landed_count} of {RECORDS} records were landed")


def _run(source: SourceConfig, home: Path) -> None:
    options = {**source.options, "defaults": {"customer_id": "acme", "service_id": "mail"}}
    configured = source.model_copy(update={"options": options})
    run_source(configured, home, home, NOW, NOW, Outside(env={"TOKEN": "x"}))


if __name__ == "__main__":
    pull_against_reading()
