"""A disk that is full, a home that may not be written: said in plain words, the release in force intact, retried.

One project goes through all of it, a night after the other, because nights are dear; the last one has room and may
write, and publishes what the others could not, once.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from publishing.release import verify
from tests.integration.small_project import (
    EVENT_HEADER,
    ROOT,
    TICKET_HEADER,
    Outcome,
    Project,
    event,
    published_state,
    small_project,
    ticket,
)

NOTHING_PUBLISHED = "No release was published; the one in force, if any, is as it was."
# A night under a limit on the size of any file: a write beyond it is refused as one on a full disk is, half done.
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from orchestration import nightly
sys.exit(nightly.main())
"""
# The same while a source is landed, and nothing else: Dagster's records would be refused first.
LANDING = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from ingestion.pull import run_source
from orchestration.resources import user_errors
from settings.project import load_project
project, home, size = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
(source,) = load_project(project, {}).sources
with user_errors():
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    run_source(source, project, home, datetime(2026, 4, 2, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
"""
# The same for dbt alone.
BUILDING = """
import functools, resource, subprocess, sys
from orchestration import nightly
start = subprocess.Popen.__init__
def limited(self, *given, **options):
    if "build" in (given[0] if given else options["args"]):
        limit = (resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
        options["preexec_fn"] = functools.partial(resource.setrlimit, *limit)
    start(self, *given, **options)
subprocess.Popen.__init__ = limited
sys.exit(nightly.main())
"""
READ = """
import sys, duckdb
print(duckdb.connect(sys.argv[1], read_only=True).execute("select count(*) from marts.fct_ticket").fetchone()[0])
"""
_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE = 24, 1


def bound_by_modes() -> None:
    """For a child, before it begins: root, too, may write only where the mode says so. It stays root, who may read the
    code wherever it lies. Whom the kernel does not let drop the capability is bound by modes already.
    """
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)


def child(*command: str | Path, project: Project, before: Callable[[], None] | None = None, **more: str) -> Outcome:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **project.variables(**more)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=before,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Within the block nobody may write in the folder or below it."""
    modes = {path: path.stat().st_mode for path in [folder, *folder.rglob("*")] if not path.is_symlink()}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@dataclass(frozen=True)
class Night:
    """A night that was refused: what it said, and whether whoever reads releases could have noticed."""

    outcome: Outcome
    is_unnoticed: bool
    tickets_read: int  # from the release in force, by a process that may write no more than the night

    @property
    def said(self) -> str:
        return " ".join(self.outcome.errors.split())


@dataclass(frozen=True)
class Nights:
    project: Project
    refused: dict[str, Night]
    last: Outcome


@pytest.fixture(scope="module")
def nights(session_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """T5 and its resolution come after the release in force; five nights are refused, the sixth is not."""
    project = session_project.copy(tmp_path_factory.mktemp("refused"))
    project.write("data/tickets-late.csv", TICKET_HEADER, ticket("T5"))
    project.write("data/events-late.csv", EVENT_HEADER, event("E5", "T5", "2026-03-02T12:00:00Z"))
    shutil.rmtree(project.home / "dagster")  # earlier runs: they would count for the size of its records
    before = published_state(project)

    def refused(*command: str | Path, modes: Callable[[], None] | None = None, **more: str) -> Night:
        outcome = child(*command, project=project, before=modes, **more)
        read = child("-c", READ, project.current / "slm.duckdb", project=project, before=modes)
        # What a night left half done under another name, the next one removes.
        after = {path: what for path, what in published_state(project).items() if "/.staged-" not in path}
        return Night(outcome, after == before, int(read.output or -1))

    found = {}
    with read_only(project.home):
        found["read-only"] = refused("-m", "orchestration.nightly", modes=bound_by_modes)
    found["landing"] = refused("-c", LANDING, project.folder, project.home, "1000")
    assert len(project.loads()) == 2
    found["building"] = refused("-c", BUILDING, "2000000")
    found["runs"] = refused("-c", LIMITED, "50000")
    # Larger than what Dagster and dbt write down of a night (4 MB each at most), smaller than a release (9 MB).
    found["release"] = refused("-c", LIMITED, "8000000", DBT_LOG_FILE_MAX_BYTES="1000000")
    return Nights(project, found, project.nightly())


def test_read_only_home_is_said(nights: Nights) -> None:
    said = nights.refused["read-only"]
    assert said.outcome.status == 1
    assert NOTHING_PUBLISHED in said.said
    assert f"SLM_HOME: {nights.project.home} cannot be written: Permission denied; mend that" in said.said


@pytest.mark.parametrize("name", ["landing", "runs", "release"])
def test_full_disk_is_said(nights: Nights, name: str) -> None:
    night = nights.refused[name]
    assert night.outcome.status == 1, night
    assert "The operating system refused: " in night.said
    assert "free the space or mend the permission, then run again" in night.said.lower()
    if name != "landing":
        assert NOTHING_PUBLISHED in night.said
        assert "Traceback" not in night.said


def test_full_disk_while_dbt_builds_is_said_in_its_words(nights: Nights) -> None:
    said = nights.refused["building"]
    assert said.outcome.status == 1
    assert NOTHING_PUBLISHED in said.said
    assert "dbt ended without results: OSError: [Errno 27] File too large" in said.said


@pytest.mark.parametrize("name", ["read-only", "landing", "building", "runs", "release"])
def test_release_in_force_is_intact_and_readable(nights: Nights, name: str) -> None:
    assert nights.refused[name].is_unnoticed
    assert nights.refused[name].tickets_read == 4


def test_next_night_publishes_with_nothing_lost_or_doubled(nights: Nights) -> None:
    nights.last.demand_release()
    project = nights.project
    verify(project.current.resolve())
    assert len(project.releases()) == 2
    assert project.query("select ticket_id, count(*) from marts.fct_ticket group by all order by all") == [
        (f"T{number}", 1) for number in range(1, 6)
    ]
    assert project.query("select feed, sum(landed_count) from marts.load_audit group by all order by all") == [
        ("ticket_events", 4),
        ("tickets", 5),
    ]
    assert len(project.loads()) == 4
    left = [path.name for path in (project.home / "landing").glob(".*/*") if path.parent.name != ".read"]
    assert left == []


def test_empty_home_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    project = small_project(tmp_path)
    project.home.mkdir()
    with read_only(project.home):
        outcome = child("-m", "orchestration.nightly", project=project, before=bound_by_modes)
    assert outcome.status == 1
    assert f"SLM_HOME: {project.home} cannot be written" in outcome.last_lines
    assert list(project.home.iterdir()) == []
