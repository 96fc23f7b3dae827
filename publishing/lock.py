"""One nightly at a time per home.

The lock is one open file description, and child processes inherit it as their standard input: dbt then keeps the home
locked for as long as it writes, even if the process that started it was killed. (dbt is started with every other
descriptor closed, which is why the lock travels as descriptor 0.)
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from publishing.errors import HomeBusy

LOCK_FILE = "nightly.lock"
# How often a waiting nightly looks again; short against a build, long against the cost of a look.
POLL_SECONDS = 0.5


@contextlib.contextmanager
def home_lock(home: Path, wait_seconds: float) -> Iterator[None]:
    """Within the block this process and the children it starts hold the home's lock.

    Waits up to `wait_seconds` for another holder. Raises HomeBusy when the wait was in vain.
    """
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, home, wait_seconds)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        with _as_standard_input(descriptor):
            yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, home: Path, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
                raise HomeBusy(
                    f"{home} is locked by another nightly (process {holder}, or a dbt it started) and was not freed "
                    f"within {wait_seconds:.0f} s. Wait for it to end, or end that process; then run again."
                ) from error
            time.sleep(POLL_SECONDS)


@contextlib.contextmanager
def _as_standard_input(descriptor: int) -> Iterator[None]:
    try:
        saved: int | None = os.dup(0)
    except OSError:  # started without standard input, as daemons are
        saved = None
    os.dup2(descriptor, 0, inheritable=True)
    try:
        yield
    finally:
        if saved is None:
            os.close(0)
        else:
            os.dup2(saved, 0)
            os.close(saved)
