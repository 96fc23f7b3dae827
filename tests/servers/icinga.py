"""Icinga 2 from Debian's packages with its history database on PostgreSQL, in a folder of its own.

Belongs here: starting and stopping the server, and telling it results of checks through its own interface.
Does not belong here: what any test expects.
"""

import contextlib
import getpass
import grp
import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.postgres_server import Server
from tests.servers.installed import NotInstalled, free_port

SCHEMA = Path("/usr/share/icinga2-ido-pgsql/schema/pgsql.sql")
PACKAGES = "icinga2-bin icinga2-common icinga2-ido-pgsql monitoring-plugins-basic dbconfig-no-thanks"
DATABASE = "icinga"
_WAIT_SECONDS = 60

# A state is hard at the second result that says so, of a service; no check is run by Icinga itself.
_CONFIG = """
include <itl>
library "db_ido_pgsql"
object Endpoint NodeName {}
object Zone ZoneName { endpoints = [ NodeName ] }
object ApiListener "api" {
  bind_host = "127.0.0.1"
  bind_port = API_PORT
}
object ApiUser "test" {
  password = "test"
  permissions = [ "*" ]
}
object IdoPgsqlConnection "ido" {
  host = "127.0.0.1"
  port = DB_PORT
  user = "postgres"
  password = "none"
  database = "icinga"
}
object Host "web1" {
  check_command = "dummy"
  enable_active_checks = false
  max_check_attempts = 1
}
object Service "http" {
  host_name = "web1"
  check_command = "dummy"
  enable_active_checks = false
  max_check_attempts = 2
}
object Host "router" {
  check_command = "dummy"
  enable_active_checks = false
  max_check_attempts = 1
}
object Host "web2" {
  check_command = "dummy"
  enable_active_checks = false
  max_check_attempts = 1
}
object Dependency "behind" {
  parent_host_name = "router"
  child_host_name = "web2"
}
"""


@dataclass
class Icinga:
    """A running server: the address of its interface, and the folder with its log."""

    url: str
    folder: Path
    server: Server

    @property
    def dsn(self) -> str:
        """Of its history database."""
        return self.server.dsn(DATABASE)

    def ask(self, method: str, path: str, content: Any = None) -> Any:
        """The answer to a request. Raises if it is refused."""
        answer = httpx.request(
            method,
            f"{self.url}/v1/{path}",
            json=content,
            auth=("test", "test"),
            headers={"Accept": "application/json"},
            verify=ssl.create_default_context(cafile=self.folder / "certs" / "ca.crt"),
            timeout=30,
            trust_env=False,
        )
        answer.raise_for_status()
        return answer.json()

    def result(self, state: int, at: datetime, about: str = "web1!http") -> None:
        """A check of a service, or of a host, ended with this state at `at` (with a zone)."""
        what = {"type": "Service", "service": about} if "!" in about else {"type": "Host", "host": about}
        seconds = {"execution_start": at.timestamp(), "execution_end": at.timestamp()}
        self.ask(
            "POST", "actions/process-check-result", {**what, "exit_status": state, "plugin_output": "told", **seconds}
        )

    def downtime(self, begin: datetime, end: datetime, comment: str, lasts: timedelta | None = None) -> str:
        """A downtime of the service, which is flexible if it says how long it lasts; returns its name."""
        times = {"start_time": int(begin.timestamp()), "end_time": int(end.timestamp()), "fixed": lasts is None}
        times |= {} if lasts is None else {"duration": int(lasts.total_seconds())}
        about = {"type": "Service", "service": "web1!http", "author": "test", "comment": comment}
        name: str = self.ask("POST", "actions/schedule-downtime", {**about, **times})["results"][0]["name"]
        return name

    def call_off(self, downtime: str) -> None:
        """The downtime of that name will not be, or is over."""
        self.ask("POST", "actions/remove-downtime", {"downtime": downtime})

    def count(self, query: str) -> int:
        """What the history database itself counts."""
        with self.server.connect(DATABASE) as con:
            ((found,),) = con.execute(query.encode()).fetchall()
        return int(found)

    def wait_for(self, query: str, count: int) -> None:
        """Afterwards the history database counts so many: it is written a moment after the interface has answered."""
        for _ in range(_WAIT_SECONDS * 10):
            if self.count(query) == count:
                return
            time.sleep(0.1)
        raise RuntimeError(f"{query}: not {count} within a minute:\n{(self.folder / 'log').read_text()[-3000:]}")


@contextlib.contextmanager
def icinga(folder: Path, server: Server) -> Iterator[Icinga]:
    """Within the block Icinga runs and writes its history to a new database of `server`. Raises NotInstalled."""
    command = shutil.which("icinga2", path=f"{os.environ['PATH']}:/usr/sbin")
    if command is None or not SCHEMA.exists():
        raise NotInstalled(f"Icinga 2 is not installed: apt-get install {PACKAGES}")
    with server.connect() as con:
        con.execute(f"create database {DATABASE}".encode())
    with server.connect(DATABASE) as con:
        con.execute(SCHEMA.read_bytes())
    port = free_port()
    config = folder / "icinga2.conf"
    config.write_text(_CONFIG.replace("API_PORT", str(port)).replace("DB_PORT", str(server.port)))
    constants = {name: str(folder) for name in ("ConfigDir", "DataDir", "LogDir", "CacheDir", "SpoolDir", "InitRunDir")}
    constants |= {"NodeName": "localhost", "ZoneName": "localhost", "RunAsUser": getpass.getuser()}
    constants |= {"RunAsGroup": grp.getgrgid(os.getegid()).gr_name}
    defined = [f"-D{name}={value}" for name, value in constants.items()]
    certs = folder / "certs"
    certs.mkdir()

    def tool(*words: str) -> None:
        subprocess.run([command, "pki", *words, *defined], check=True, capture_output=True)

    tool("new-ca")
    shutil.copy(folder / "ca" / "ca.crt", certs / "ca.crt")
    tool("new-cert", "--cn", "localhost", "--key", f"{certs}/localhost.key", "--csr", f"{certs}/localhost.csr")
    tool("sign-csr", "--csr", f"{certs}/localhost.csr", "--cert", f"{certs}/localhost.crt")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([command, "daemon", "-c", str(config), *defined], stdout=log, stderr=log)
        try:
            running = Icinga(f"https://localhost:{port}", folder, server)
            _await(running, process)
            yield running
        finally:
            process.terminate()
            process.wait(timeout=30)


def _await(running: Icinga, process: subprocess.Popen[bytes]) -> None:
    """Afterwards the server answers and its database knows the service. Raises RuntimeError with its log otherwise."""
    for _ in range(_WAIT_SECONDS * 10):
        if process.poll() is not None:
            break
        with contextlib.suppress(httpx.TransportError):
            running.ask("GET", "status")
            running.wait_for("select count(*) from icinga_objects where name2 = 'http'", 1)
            return
        time.sleep(0.1)
    raise RuntimeError(f"Icinga did not start:\n{(running.folder / 'log').read_text()[-3000:]}")
