"""A whole nightly killed while it lands, builds, audits or publishes: the next one finishes or does it anew, once.

Killed while dbt builds, its dbt keeps the home locked, and the next nightly waits for it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from publishing.errors import HomeBusy
from publishing.lock import LOCK_FILE, home_lock
from publishing.release import verify
from tests.integration.small_project import (
    EVENT_HEADER,
    ROOT,
    TICKET_HEADER,
    Project,
    event,
    published_state,
    ticket,
)
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks at processes below /proc (Linux)")


def child_that_holds(process: subprocess.Popen[bytes], lock: Path) -> int | None:
    """A child of the process that has the lock as its standard input: dbt."""
    assert process.poll() is None, "the nightly ended before dbt was seen"
    for children in Path(f"/proc/{process.pid}/task").glob("*/children"):
        for child in children.read_text().split():
            try:
                if (
                    Path(f"/proc/{child}/fd/0").resolve() == lock
                    and "dbt" in Path(f"/proc/{child}/cmdline").read_text()
                ):
                    return int(child)
            except OSError:  # gone between the two looks
                continue
    return None


# A nightly that dies before it does this to a path with these words in it.
DYING = """
import os, signal, sys
def hook(event, arguments):
    if event == sys.argv[1] and sys.argv[2] in str(arguments[0]):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
from orchestration import nightly
sys.exit(nightly.main())
"""
# Before what was read becomes part of landing, and before its loads are in their places.
WHILE_LANDING = (("os.rename", "/landing/.staging/desk"), ("os.rename", "/landing/.committed/desk/"))
# Before the certificate is written, while the release is, and before it has its name: nights that take long.
AFTER_BUILDING = (
    ("open", "/warehouse/certificate.partial"),
    ("open", "/parquet/figure.parquet"),
    ("os.rename", "/releases/.staged-"),
)


def kill_at(project: Project, places: Sequence[tuple[str, str]]) -> None:
    """A nightly for each of the places, which dies there."""
    for place in places:
        assert project.nightly_process("-c", DYING, *place).status == -signal.SIGKILL, place


def test_next_nightly_makes_good_what_killed_ones_left_and_waits_for_their_dbt(
    published_project: Project, request: pytest.FixtureRequest
) -> None:
    """T5 comes with the first of them. `make test-kills` kills in the later stages, too."""
    home = published_project.home
    published_project.write("data/tickets-late.csv", TICKET_HEADER, ticket("T5"))
    published_project.write("data/events-late.csv", EVENT_HEADER, event("E5", "T5", "2026-03-02T12:00:00Z"))
    before = published_state(published_project)
    kill_at(published_project, WHILE_LANDING)
    assert published_state(published_project) == before
    (home / "warehouse" / "build.duckdb").unlink()
    killed = subprocess.Popen(
        [sys.executable, "-m", "orchestration.nightly"],
        cwd=ROOT,
        env={**os.environ, **published_project.variables()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        dbt = eventually(lambda: child_that_holds(killed, home / LOCK_FILE), "dbt of the nightly")
        os.kill(dbt, signal.SIGSTOP)
    finally:
        killed.kill()
        killed.wait()
    try:
        with pytest.raises(HomeBusy, match="or a dbt it started"), home_lock(home, 0):
            pytest.fail("two writers at once")
        assert published_state(published_project) == before
    finally:
        os.kill(dbt, signal.SIGCONT)
    if request.config.getoption("--kills") >= 200:
        kill_at(published_project, AFTER_BUILDING)
        verify(published_project.current.resolve())
        assert published_project.query("select count(*) from marts.fct_ticket") == [(4,)]
    # Waits for that dbt, for as long as it takes, then makes a build of its own.
    published_project.nightly().demand_release()
    assert len(published_project.releases()) == 2
    verify(published_project.current.resolve())
    assert published_project.query("select ticket_id, count(*) from marts.fct_ticket group by all order by all") == [
        (f"T{number}", 1) for number in range(1, 6)
    ]
    assert len(published_project.loads()) == 4
    # The figure of the service and that of the target moved, once.
    assert published_project.query("select count(*) from marts.figure where sequence_number > 1") == [(2,)]
    left = [path for folder in (".staging", ".committed") for path in (home / "landing" / folder).glob("*")]
    assert left == []
