"""A nightly killed while dbt builds: its dbt keeps the home locked, and the next nightly waits for it and publishes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from publishing.errors import HomeBusy
from publishing.lock import LOCK_FILE, home_lock
from publishing.release import verify
from tests.integration.small_project import ROOT, Project, published_state

Found = TypeVar("Found")

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks at processes below /proc (Linux)")


def eventually(look: Callable[[], Found | None], what: str, seconds: float = 120.0) -> Found:
    """What `look` finds, as soon as it finds it."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.02)
    return found


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


def test_next_nightly_waits_for_the_dbt_of_a_killed_one(published_project: Project) -> None:
    home = published_project.home
    before = published_state(published_project)
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
    # Waits for that dbt, for as long as it takes, then makes a build of its own.
    published_project.nightly().demand_release()
    assert len(published_project.releases()) == 2
    verify(published_project.current.resolve())
    assert published_project.query("select count(*) from marts.figure where sequence_number > 1") == [(0,)]
