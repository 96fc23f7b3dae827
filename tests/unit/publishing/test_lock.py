"""One nightly at a time per home; whoever writes holds the lock, also when the process that started it is gone."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from publishing import lock
from publishing.errors import HomeBusy
from publishing.lock import home_lock
from tests.integration.small_project import ROOT
from tests.waiting import eventually

# Holds the lock until its standard input, a pipe, is closed. Says so in one line.
HOLDER = """
import os, sys
from pathlib import Path
from publishing.lock import home_lock
pipe = os.dup(0)
with home_lock(Path(sys.argv[1]), 0):
    print("locked", flush=True)
    os.read(pipe, 1)
"""

# Takes the lock, starts a child as dbt is started (every other descriptor closed), tells its id, and hangs.
PARENT = """
import subprocess, sys
from pathlib import Path
from publishing.lock import home_lock
with home_lock(Path(sys.argv[1]), 0):
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], close_fds=True)
    print(child.pid, flush=True)
    import signal
    signal.pause()
"""


def start(program: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of tmp_path."""
    process = start(HOLDER, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()


def is_free(home: Path) -> bool:
    try:
        with home_lock(home, 0):
            return True
    except HomeBusy:
        return False


def test_second_nightly_is_told_who_holds_the_lock(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    said = rf"locked by another nightly \(process {holder.pid}, or a dbt it started\)"
    with pytest.raises(HomeBusy, match=said), home_lock(tmp_path, 0):
        pytest.fail("two nightlies at once")


def test_second_nightly_waits_for_the_first(
    tmp_path: Path, holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = []

    def first_one_ends(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            holder.communicate("x")

    monkeypatch.setattr(lock.time, "sleep", first_one_ends)
    with home_lock(tmp_path, 3600):
        assert len(waits) == 2
        assert holder.returncode == 0


def test_lock_is_free_after_the_block_and_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="build failed"), home_lock(tmp_path, 0):
        raise RuntimeError("build failed")
    assert is_free(tmp_path)


def test_homes_do_not_lock_each_other(tmp_path: Path) -> None:
    with home_lock(tmp_path / "one", 0), home_lock(tmp_path / "two", 0):
        assert not is_free(tmp_path / "one")


def test_lock_is_freed_when_its_holder_is_killed(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    assert not is_free(tmp_path)
    holder.kill()
    holder.wait()
    assert is_free(tmp_path)


def test_child_holds_the_lock_after_its_parent_was_killed(tmp_path: Path) -> None:
    """A killed nightly can leave its dbt alive: nobody may write beside it."""
    parent = start(PARENT, tmp_path)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    try:
        parent.kill()
        parent.wait()
        os.kill(child, 0)  # raises if the child is gone too
        assert not is_free(tmp_path)
    finally:
        os.kill(child, signal.SIGKILL)
    eventually(lambda: is_free(tmp_path) or None, "the lock of a process that is gone is free")


def test_standard_input_is_given_back(tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from publishing.lock import home_lock
with home_lock(Path(sys.argv[1]), 0):
    pass
print(sys.stdin.readline(), end="")
"""
    process = start(program, tmp_path)
    output, _ = process.communicate("hello\n")
    assert (process.returncode, output) == (0, "hello\n")


def test_works_without_standard_input(tmp_path: Path) -> None:
    """As daemons are started."""
    program = """
import os, sys
from pathlib import Path
from publishing.lock import home_lock
os.close(0)
for _ in range(2):
    with home_lock(Path(sys.argv[1]), 0):
        pass
try:
    os.fstat(0)
except OSError:
    print("still closed")
"""
    process = start(program, tmp_path)
    output, _ = process.communicate()
    assert (process.returncode, output) == (0, "still closed\n")
