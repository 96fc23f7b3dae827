"""Queries through the drivers that BI tools bring: ODBC by `isql`, JDBC by a small Java program.

Belongs here: running one query, and saying what is not installed. Does not belong here: what a test expects.
Debian's packages: odbc-postgresql and unixodbc; libpostgresql-jdbc-java and a JDK (Java compiles the program itself).
"""

import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

JDBC = Path("/usr/share/java/postgresql.jar")
PROGRAM = Path(__file__).parent / "QueryByJdbc.java"
# As Debian's package registers it.
ODBC_DRIVER = "PostgreSQL Unicode"


class NotInstalled(Exception):
    """A driver is not there; the message names its packages."""


class Refused(Exception):
    """The query failed; the message is the driver's."""


def by_odbc(dsn: str, query: str) -> list[tuple[str, ...]]:
    """The rows of a query as text. Raises Refused, NotInstalled."""
    registered = shutil.which("odbcinst") and _run(["odbcinst", "-q", "-d"], "").stdout
    if not registered or ODBC_DRIVER not in registered or not shutil.which("isql"):
        raise NotInstalled("ODBC: install odbc-postgresql unixodbc")
    parts = urlsplit(dsn)
    connection = (
        f"Driver={{{ODBC_DRIVER}}};Server={parts.hostname};Port={parts.port};"
        f"Database={parts.path[1:]};Uid={parts.username};"
    )
    done = _run(["isql", "-k", connection, "-b", "-d\t"], f"{query}\n")
    if done.returncode or "ERROR" in done.stderr or "ERROR" in done.stdout:
        raise Refused(done.stdout + done.stderr)  # isql itself ends well whatever the query did
    return [tuple(line.split("\t")) for line in done.stdout.splitlines()]


def by_jdbc(dsn: str, query: str) -> list[tuple[str, ...]]:
    """The rows of a query as text. Raises Refused, NotInstalled."""
    if not shutil.which("javac") or not JDBC.is_file():
        raise NotInstalled("JDBC: install libpostgresql-jdbc-java and a JDK, such as default-jdk-headless")
    parts = urlsplit(dsn)
    address = f"jdbc:postgresql://{parts.hostname}:{parts.port}{parts.path}?user={parts.username}"
    done = _run(["java", "-cp", str(JDBC), str(PROGRAM), address, query], "")
    if done.returncode:
        raise Refused(done.stderr)
    return [tuple(line.split("\t")) for line in done.stdout.splitlines()]


def _run(command: list[str], said: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, input=said, capture_output=True, text=True, check=False, timeout=120)
