"""Asking tables: the counterpart of the HTTP client for databases and Parquet files.

Belongs here: connections and how they are secured, retries, which host may be asked, how long and how large an answer
may be, rows as JSON. Does not belong here: what is asked (connectors).
Sits between the walk through a source's pages and a database.
"""

import math
import os
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import duckdb
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from ingestion.connectors.base import LOOPBACK, Request
from ingestion.connectors.tables import TableConnector, TableOptions
from ingestion.errors import SourceError, SourceUnavailable
from ingestion.pulling.client import Response, check_host
from ingestion.pulling.outside import Outside
from ingestion.pulling.patience import Patience, TookTooLong
from ingestion.readers import OFFLINE, quoted, sql_path

_TABLE = re.compile(r"\{(\w+)\}")
_LONGEST_BACKOFF_SECONDS = 60
# A server that is there takes a connection at once; a query may take as long as the source allows.
_CONNECT_SECONDS = 60
# So many rows of a file are held beside the page while its size is counted.
_ROWS_AT_ONCE = 1000
_VERIFIED = "verify-full"

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
        self._allowed, self._project_dir = allowed_hosts, project_dir
        self._path = project_dir / connector.options.path if connector.options.path else None
        self._connection: Any = None
        # A server ends a query by itself after timeoutSeconds; one that does not even do that is left.
        self._patience = Patience(connector.options.timeout_seconds + 2 * _CONNECT_SECONDS)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self._patience)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()
        self._open.close()

    def fetch(self, request: Request, read: Callable[[Response], Read]) -> Read:
        """What `read` makes of a page of rows. Raises SourceUnavailable if the database cannot be reached."""
        retrying = Retrying(
            stop=stop_after_attempt(self._connector.options.attempts),
            wait=wait_exponential(max=_LONGEST_BACKOFF_SECONDS),
            retry=retry_if_exception(_may_pass),
            sleep=self._outside.sleep,
            reraise=True,
        )
        try:
            for attempt in retrying:
                with attempt:
                    rows = self._rows(request)
        except TookTooLong as error:
            raise SourceUnavailable(
                self._source,
                f"{request.label}: the database neither answers nor ends the query after timeoutSeconds"
                f" ({self._connector.options.timeout_seconds:g}); what was pulled so far is kept, and the next run"
                " goes on from there",
            ) from error
        except (psycopg.OperationalError, duckdb.IOException) as error:
            said = str(error).split("\n", maxsplit=1)[0]
            raise SourceUnavailable(
                self._source,
                f"{request.label}: the database cannot be read ({type(error).__name__}: {said}){_remedy(error)}",
            ) from error
        except (psycopg.Error, duckdb.Error) as error:
            said = str(error).split("\n", maxsplit=1)[0]
            raise SourceError(
                self._source,
                f"{request.label}: {said}; check that the tables are there with their usual columns, and"
                " schema; leaveOut names raw feeds whose tables are not there",
            ) from error
        return read(Response(b"[" + b",".join(rows) + b"]", {}))

    def _rows(self, request: Request) -> list[bytes]:
        query = self._connector.query(request)
        if self._path is not None:
            if self._connection is None:
                self._connection = self._open_files(self._path)
            found = self._connection.execute(f"select to_json(page) from ({self._named(query)}) as page")
            batches: Iterator[list[tuple[str]]] = iter(lambda: found.fetchmany(_ROWS_AT_ONCE), [])
            return self._limited(request, (row for batch in batches for row in batch))
        with self._patience.answer():
            return self._postgres_rows(request, query)

    def _postgres_rows(self, request: Request, query: str) -> list[bytes]:
        if self._connection is None or self._connection.closed:
            self._connection = self._open_postgres()
            watched = socket.socket(fileno=os.dup(self._connection.fileno()))
            self._patience.watch(self._open.enter_context(watched))
        asked = f"select row_to_json(page)::text from ({self._named(query)}) as page"
        # Closed before the transaction ends: a stream that is left half read keeps the connection for itself.
        with self._connection.transaction(), closing(self._connection.cursor().stream(asked)) as found:
            return self._limited(request, found)

    def _limited(self, request: Request, found: Iterable[tuple[str]]) -> list[bytes]:
        """The rows, up to the limit of an answer's size."""
        limit, size, rows = self._connector.options.max_response_bytes, 0, list[bytes]()
        for (text,) in found:
            rows.append(text.encode())
            size += len(rows[-1])
            if size > limit:
                raise SourceError(
                    self._source,
                    f"{request.label}: the page is larger than maxResponseBytes ({limit:,}); ask for smaller pages"
                    " (pageSize), or raise the limit",
                )
        return rows

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
        options = self._connector.options
        secured = _secured(self._source, secret.env, parts, self._allowed, options, self._project_dir)
        seconds = options.timeout_seconds
        settings = "-c TimeZone=UTC -c default_transaction_read_only=on"
        settings += f" -c statement_timeout={math.ceil(seconds * 1000)}"
        return psycopg.connect(
            make_conninfo(value, **secured),
            options=settings,
            connect_timeout=math.ceil(min(seconds, _CONNECT_SECONDS)),
            # A server that is no longer there does not keep to its own timeout.
            keepalives_idle=_CONNECT_SECONDS,
            keepalives_interval=10,
            keepalives_count=3,
        )


def _secured(
    source: str,
    name: str,
    parts: Mapping[str, Any],
    allowed_hosts: Sequence[str],
    options: TableOptions,
    project_dir: Path,
) -> dict[str, str]:
    """What a connection string, whose secret has that name, must be completed with.

    The database is then asked on the one host that slm.yaml allows, whatever the environment (PGHOSTADDR, PGSSLMODE)
    says, and over TLS that verifies it unless it is on this machine or `plainDatabase` is set. Raises SourceError for a
    string that says otherwise.
    """
    host = str(parts.get("host", ""))
    for key in ("hostaddr", "service"):
        if parts.get(key):
            raise SourceError(source, f"{name} has {key}, which goes round allowedHosts; write host alone")
    if not host:
        raise SourceError(source, f"{name} names no host; write the one that is to be asked")
    if "," in host:
        raise SourceError(source, f"{name} lists several hosts; write the one that is to be asked")
    secured = {"host": host, "hostaddr": ""}
    if host.startswith("/"):  # a socket on this machine
        return secured
    check_host(source, f"postgresql://{host}", allowed_hosts)
    if host in LOOPBACK or options.plain_database:
        return secured
    if parts.get("sslmode", _VERIFIED) != _VERIFIED:
        raise SourceError(
            source,
            f"{name} has sslmode={parts['sslmode']}, which does not verify who answers; write sslmode={_VERIFIED}, or"
            " leave it out. plainDatabase: true allows it where the network itself is trusted",
        )
    authorities = str(project_dir / options.ca_file) if options.ca_file else parts.get("sslrootcert")
    # Kerberos would encrypt instead of TLS, and verify no certificate.
    secured |= {"sslmode": _VERIFIED, "gssencmode": "disable"}
    return secured | {"sslrootcert": authorities or ssl.get_default_verify_paths().cafile or "system"}


def _may_pass(error: BaseException) -> bool:
    """Whether the same query may succeed later; one that takes too long will again."""
    is_passing = isinstance(error, psycopg.OperationalError | duckdb.IOException)
    return is_passing and not isinstance(error, psycopg.errors.QueryCanceled)


def _remedy(error: BaseException) -> str:
    if isinstance(error, psycopg.errors.QueryCanceled):
        return "; ask for smaller pages (pageSize), or raise timeoutSeconds"
    if not re.search(r"certificate|\bSSL\b", str(error)):
        return ""
    return (
        "; TLS is demanded, and the server verified: caFile names the certificates of a private authority, and"
        " plainDatabase: true does without where the network itself is trusted"
    )
