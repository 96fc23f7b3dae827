"""Reading the finished build database.

Belongs here: which tables a release consists of, and their fingerprints. The build database is opened read-only and
only after dbt has left it.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

PUBLISHED_SCHEMA = "marts"
# Nothing may be fetched while figures are published.
OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


@dataclass(frozen=True)
class Fingerprint:
    """Rows of a table and a digest of their values; the order of rows does not matter."""

    row_count: int
    digest: str


def quoted_path(path: Path) -> str:
    """The path within a quoted SQL string."""
    return str(path).replace("'", "''")


def open_read_only(database: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection that fetches nothing from anywhere."""
    return duckdb.connect(str(database), read_only=True, config=OFFLINE)


def published_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Names of the build's tables that a release carries, sorted."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where schema_name = ? and not internal order by table_name",
        [PUBLISHED_SCHEMA],
    ).fetchall()
    return [name for (name,) in rows]


def fingerprints(connection: duckdb.DuckDBPyConnection) -> dict[str, Fingerprint]:
    """One fingerprint per published table. Two sums of independent hashes, so that equal rows do not cancel out."""
    found = {}
    for table in published_tables(connection):
        row = connection.execute(
            f"select count(*), coalesce(sum(hash(t)::hugeint), 0), coalesce(sum(hash(t, 1)::hugeint), 0)"
            f' from {PUBLISHED_SCHEMA}."{table}" as t'
        ).fetchone()
        assert row is not None  # an aggregate without grouping always has a row
        found[table] = Fingerprint(row_count=int(row[0]), digest=f"{int(row[1]):x}-{int(row[2]):x}")
    return found
