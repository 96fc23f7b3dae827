"""Asking tables: the counterpart of the HTTP client for databases and Parquet files.

Belongs here: connections, retries, which host may be asked, rows as JSON. Does not belong here: what is asked
(connectors).
Sits between the walk through a source's pages and a database.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import duckdb
import psycopg
from psycopg.conninfo import conninfo_to_dict
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from ingestion.connectors.base import Request
from ingestion.connectors.tables import TableConnector
from ingestion.errors import SourceError, SourceUnavailable
from ingestion.pulling.client import Response, check_host
from ingestion.pulling.outside import Outside
from ingestion.readers import OFFLINE, quoted, sql_path

_TABLE = re.compile(r"\{(\w+)\}")
_LONGEST_BACKOFF_SECONDS = 60

Read = TypeVar("Read")


class TableClient:
    """Asks the tables of one source. Use it as a context manager: it keeps a connection open."""

    def __init__(
        self,
        source: str,
        connector: TableConnector[Any],
        allowed_hosts: Sequence[str],
        outside: Outside,
        project_dir: Path,
    ) -> None:
        self._source, self._connector, self._outside = source, connector, outside
        self._allowed = allowed_hosts
        self._path = project_dir / connector.options.path if connector.options.path else None
        self._connection: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    def fetch(self, request: Request, read: Callable[[Response], Read]) -> Read:
        """What `read` makes of a page of rows. Raises SourceUnavailable if the database cannot be reached."""
        retrying = Retrying(
            stop=stop_after_attempt(self._connector.options.attempts),
            wait=wait_exponential(max=_LONGEST_BACKOFF_SECONDS),
            retry=retry_if_exception_type((psycopg.OperationalError, duckdb.IOException)),
            sleep=self._outside.sleep,
            reraise=True,
        )
        try:
            for attempt in retrying:
                with attempt:
                    rows = self._rows(request)
        except (psycopg.OperationalError, duckdb.IOException) as error:
            said = str(error).split("\n", maxsplit=1)[0]
            raise SourceUnavailable(
                self._source, f"{request.label}: the database cannot be read ({type(error).__name__}: {said})"
            ) from error
        except (psycopg.Error, duckdb.Error) as error:
            said = str(error).split("\n", maxsplit=1)[0]
            raise SourceError(
                self._source,
                f"{request.label}: {said}; check that the tables are there with their usual columns, and schema",
            ) from error
        return read(Response(("[" + ",".join(rows) + "]").encode(), {}))

    def _rows(self, request: Request) -> list[str]:
        query = self._connector.query(request)
        if self._path is not None:
            if self._connection is None:
                self._connection = self._open_files(self._path)
            found = self._connection.execute(f"select to_json(page) from ({self._named(query)}) as page").fetchall()
            return [str(text) for (text,) in found]
        if self._connection is None or self._connection.closed:
            self._connection = self._open_postgres()
        with self._connection.transaction():
            found = self._connection.execute(
                f"select row_to_json(page)::text from ({self._named(query)}) as page"
            ).fetchall()
        return [str(text) for (text,) in found]

    def _named(self, query: str) -> str:
        """The query with its tables' names where they are."""
        schema = self._connector.options.db_schema
        if self._path is not None and self._path.is_dir():
            return _TABLE.sub(lambda match: f"read_parquet({self._parquet(match[1])}, union_by_name = true)", query)
        prefix = "" if schema is None else f"{quoted(schema)}."
        return _TABLE.sub(lambda match: prefix + quoted(match[1]), query)

    def _parquet(self, table: str) -> str:
        assert self._path is not None  # noqa: S101
        single, folder = self._path / f"{table}.parquet", self._path / table
        if single.is_file():
            return f"'{sql_path(single)}'"
        files = sorted(folder.glob("*.parquet"))
        if not files:
            raise SourceError(self._source, f"{self._path}: neither {table}.parquet nor {table}/*.parquet is there")
        return "[" + ", ".join(f"'{sql_path(path)}'" for path in files) + "]"

    def _open_files(self, path: Path) -> duckdb.DuckDBPyConnection:
        if not path.exists():
            raise SourceUnavailable(self._source, f"{path}: there is no such DuckDB file or folder; check path")
        is_folder = path.is_dir()
        connection = duckdb.connect(":memory:" if is_folder else str(path), read_only=not is_folder, config=OFFLINE)
        connection.execute("set TimeZone = 'UTC'")
        return connection

    def _open_postgres(self) -> "psycopg.Connection[Any]":
        secret = self._connector.options.database
        value = self._outside.env.get(secret.env)
        if not value:
            raise SourceError(self._source, f"the secret {secret.env} is not set; set {secret.env} before the run")
        try:
            parts: Mapping[str, Any] = conninfo_to_dict(value)
        except psycopg.ProgrammingError:
            raise SourceError(self._source, f"{secret.env} holds no connection string of PostgreSQL") from None
        host = str(parts.get("host", ""))
        if not host.startswith("/"):  # a socket on this machine
            check_host(self._source, f"postgresql://{host}", self._allowed)
        return psycopg.connect(value, options="-c TimeZone=UTC -c default_transaction_read_only=on")
