"""The web server of a home: `make ui` starts it, it shows the nightly's assets, and ends when told to."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.small_project import ROOT, Project, small_project

START_SECONDS = 180.0
QUERY = """
{
  assetNodes { assetKey { path } isExecutable }
  workspaceOrError { ... on Workspace { locationEntries {
    loadStatus
    locationOrLoadError {
      __typename
      ... on PythonError { message }
      ... on RepositoryLocation { repositories {
        jobs { name }
        schedules { name cronSchedule scheduleState { status } }
      } }
    }
  } } }
}
"""


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ask(port: int, query: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json"},
    )
    # Straight to the loopback, whatever proxy the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        content: dict[str, Any] = json.load(answer)
    assert "errors" not in content, content["errors"]
    return content["data"]  # type: ignore[no-any-return]


def is_alive(group: int) -> bool:
    """Whether any process of the group still runs."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, parsed_models: Path) -> Project:
    return small_project(tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="module")
def answered(project: Project) -> Iterator[dict[str, Any]]:
    """The server's answer to the query above; afterwards the server was told to end, and all it had started is gone.

    Started as a shell starts what is to run in the background: it is to ignore SIGINT.
    """
    port = free_port()
    log = project.folder.parent / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            ["sh", "-c", 'trap "" INT; exec "$0" -m orchestration.ui', sys.executable],
            cwd=ROOT,
            env={**os.environ, **project.variables(SLM_UI_PORT=str(port), SLM_UI_HOST="")},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _first_answer(server, port, log)
        server.terminate()
        server.wait(120)
        deadline = time.monotonic() + 60
        while is_alive(server.pid):
            assert time.monotonic() < deadline, f"processes of the server are left\n{log.read_text()}"
            time.sleep(0.1)
    finally:
        if is_alive(server.pid):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _first_answer(server: "subprocess.Popen[bytes]", port: int, log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert server.poll() is None, f"the server ended by itself\n{log.read_text()}"
        assert time.monotonic() < deadline, f"no answer within {START_SECONDS:.0f} s\n{log.read_text()}"
        try:
            return ask(port, QUERY)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)


def test_server_shows_the_assets_of_the_nightly(answered: dict[str, Any]) -> None:
    keys = {"/".join(node["assetKey"]["path"]) for node in answered["assetNodes"]}
    assert {
        "landing/desk/tickets",
        "landing/desk/ticket_events",
        "marts/fct_ticket_sla",
        "marts/rpt_sla_scorecard",
        "release",
    } <= keys
    assert all(node["isExecutable"] for node in answered["assetNodes"])


def test_server_knows_the_job_and_its_schedule(answered: dict[str, Any]) -> None:
    (entry,) = answered["workspaceOrError"]["locationEntries"]
    location = entry["locationOrLoadError"]
    assert location["__typename"] == "RepositoryLocation", location
    (repository,) = location["repositories"]
    assert "nightly_sla_report" in {job["name"] for job in repository["jobs"]}
    (schedule,) = repository["schedules"]
    assert (schedule["name"], schedule["cronSchedule"]) == ("nightly", "0 2 * * *")
    assert schedule["scheduleState"]["status"] == "RUNNING"


def test_server_keeps_its_records_in_the_home(answered: dict[str, Any], project: Project) -> None:
    assert answered
    assert (project.home / "dagster" / "dagster.yaml").read_text() == (
        ROOT / "orchestration" / "dagster.yaml"
    ).read_text()
    assert "enabled: false" in (project.home / "dagster" / "dagster.yaml").read_text()


def test_server_refuses_the_home_of_another_project(tmp_path: Path, parsed_models: Path) -> None:
    project = small_project(tmp_path)
    project.home.mkdir()
    (project.home / "home.json").write_text('{"project": "other"}')
    outcome = project.nightly_process("-m", "orchestration.ui")
    assert outcome.status == 1
    assert 'belongs to the project "other", not to "small"' in outcome.errors
    assert "Traceback" not in outcome.errors
