"""`python -m publishing.postgres`: the release in force as the schema `marts` of a PostgreSQL database, for BI tools.

The tables are built beside the served ones, in `marts_next`, and change places with them in one transaction: a
statement sees the former release or the new one, whole. The former schema stays until the next time, so that no reader
waits and none is cut off. A server that is down, slow or gone in the middle leaves what it served before.

Who may read what is decided in the database: members of `slm_reader` see everything, members of `slm_customer` only
rows of the customers that `slm_access.customer_role` gives to their role. A table that nothing ties to a customer is
hidden from customers unless it is listed as shared.

Belongs here: everything said to PostgreSQL. Does not belong here: what is published (release), who runs this when
(orchestration).
"""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg import sql
from psycopg.abc import RV, PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from publishing.build import PUBLISHED_SCHEMA, open_read_only, quoted_path
from publishing.errors import PostgresUnavailable, ReleaseDamaged
from publishing.evidence import evidence_query
from publishing.release import DATABASE_FILE, current_release, read_manifest
from publishing.star import Star
from settings.errors import SlmError
from settings.run import RunSettings

NEXT, FORMER, ACCESS = f"{PUBLISHED_SCHEMA}_next", f"{PUBLISHED_SCHEMA}_former", "slm_access"
READER, CUSTOMER = "slm_reader", "slm_customer"
EVIDENCE = "figure_evidence"
MINIMUM_VERSION = 150000  # views that obey the row-level security of who asks, and unique keys with nulls
CONNECT_SECONDS = 10
# A reader who holds a former table for longer keeps it until the next night; nobody waits behind this.
LOCK_TIMEOUT = "2s"
# A server that is gone is given up after about a minute; a load that it works on may take its time.
KEEPALIVE = {"keepalives_idle": 20, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60000}
STATEMENT_TIMEOUT = "1h"
# One that hangs keeps its connections and ends none of its statements; the home's lock is held meanwhile. What takes
# longest without a word is a key of the largest table: about a minute for 20 million rows.
SILENCE_SECONDS = 600.0
# One home at a time writes to a database: the number is any, but always this one.
ADVISORY_LOCK = 7_306_105
_CHUNK_BYTES = 1 << 20

# What customers see whole: it says nothing of anybody.
SHARED = frozenset({"dim_date", "dim_local_day", "release"})
# Keys of several columns, and the table that they name a row of: for tables that have no key of one column for it. The
# first that fits a table is not repeated by a shorter one.
COMPOSITE: tuple[tuple[tuple[str, ...], str], ...] = (
    (("agreement_id", "agreement_version", "target_id"), "dim_target"),
    (("agreement_id", "agreement_version"), "dim_agreement"),
)
_TYPES = {"VARCHAR": "text", "DOUBLE": "double precision"}


class _Connection(psycopg.Connection[TupleRow]):
    """A connection that gives up a server which says nothing for `SILENCE_SECONDS`, and is closed then."""

    def wait(self, gen: PQGen[RV], *args: Any, **kwargs: Any) -> RV:
        """As psycopg, for one statement or one piece of a copy; raises OperationalError after the silence."""
        begun = time.monotonic()
        try:
            return super().wait(gen, *args, **{"timeout": SILENCE_SECONDS, **kwargs})
        except psycopg.OperationalError:
            if time.monotonic() - begun < SILENCE_SECONDS:
                raise
            self.close()
            raise psycopg.OperationalError(f"the server said nothing for {SILENCE_SECONDS:.0f} seconds") from None


@dataclass(frozen=True)
class _Table:
    """A table of the release. `comments` by column, the empty name is the table's own. `key` may be empty.
    `name_column` is the one column by which others name its rows, if they do."""

    name: str
    columns: Mapping[str, str]
    comments: Mapping[str, str]
    key: Sequence[str]
    name_column: str | None = None


def serve(dsn: str, release: Path) -> bool:
    """Afterwards the schema `marts` holds this release. Returns whether it had to be written.

    Raises PostgresUnavailable if the server cannot be reached, refuses, or is lost; what was served before stays.
    """
    manifest = read_manifest(release)
    release_id = manifest["release_id"]
    try:
        with _connected(dsn) as connection, contextlib.closing(open_read_only(release / DATABASE_FILE)) as database:
            if _served(connection) == release_id:
                return False
            star = Star(manifest.get("star", {}))
            tables = _tables(database, manifest["keys"], star)
            _drop_leftovers(connection)
            _prepare_roles(connection)
            _build(connection, database, tables, star, release_id)
            _swap(connection)
            return True
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise PostgresUnavailable(
            f"PostgreSQL was not brought up to date: {reason}. Release {release_id} is in force as files; the database "
            "goes on serving what it served before. The next nightly tries again, and so does `make serve`."
        ) from error


@contextlib.contextmanager
def _connected(dsn: str) -> Iterator[psycopg.Connection]:
    try:
        # The timeouts stand first: what the DSN says of them holds.
        parameters = {"connect_timeout": CONNECT_SECONDS, **KEEPALIVE, **conninfo_to_dict(dsn)}
    except psycopg.ProgrammingError:
        # Its message may repeat the text, and the text may hold a password.
        raise PostgresUnavailable(
            "SLM_POSTGRES_DSN cannot be read; write it like postgresql://user@host:5432/database"
        ) from None
    conninfo = make_conninfo("", **{"application_name": "slm-warehouse", **parameters})
    with _Connection.connect(conninfo, autocommit=True) as connection:
        if connection.info.server_version < MINIMUM_VERSION:
            raise PostgresUnavailable(
                f"The server is PostgreSQL {connection.info.server_version // 10000}; 15 or later is needed, because "
                "row-level security does not reach through views before."
            )
        connection.execute(f"set statement_timeout = '{STATEMENT_TIMEOUT}'")
        connection.execute("set client_min_messages = warning")
        taken = connection.execute("select pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone()
        if taken is None or not taken[0]:
            raise PostgresUnavailable(
                "Another run is writing to this PostgreSQL database; it goes on serving what it served before. "
                "The next nightly tries again, and so does `make serve`."
            )
        yield connection


def _served(connection: psycopg.Connection) -> str | None:
    """Id of the release that the database serves, None if it serves none."""
    row = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s", [PUBLISHED_SCHEMA]
    ).fetchone()
    return row[0].removeprefix("Release ") if row and row[0] else None


def _drop_leftovers(connection: psycopg.Connection) -> None:
    """What a lost run was building goes; the former release goes unless a reader still holds it."""
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(NEXT)))
    rows = connection.execute(
        "select nspname from pg_namespace where nspname = %s or starts_with(nspname, %s)", [FORMER, f"{FORMER}_"]
    ).fetchall()
    for (name,) in rows:
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
                connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(name)))
        except psycopg.errors.LockNotAvailable:
            continue  # read by somebody; the next night finds it again


def _prepare_roles(connection: psycopg.Connection) -> None:
    """The two group roles and the list of who is which customer; what is there is left as it is."""
    for role in (READER, CUSTOMER):
        found = connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
        if found is None:
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
    with connection.transaction():
        connection.execute(
            f"""
            create schema if not exists {ACCESS};
            create table if not exists {ACCESS}.customer_role (
                role_name name not null, customer_id text not null, primary key (role_name, customer_id)
            );
            comment on table {ACCESS}.customer_role is
                'One row per role and customer whose rows it may read. Kept from release to release.';
            comment on column {ACCESS}.customer_role.role_name is 'Role that asks, a member of {CUSTOMER}.';
            comment on column {ACCESS}.customer_role.customer_id is 'Customer, as in marts.dim_customer.';
            alter table {ACCESS}.customer_role enable row level security;
            drop policy if exists own on {ACCESS}.customer_role;
            create policy own on {ACCESS}.customer_role for select to {CUSTOMER} using (role_name = current_user);
            grant usage on schema {ACCESS} to {CUSTOMER};
            grant select on {ACCESS}.customer_role to {CUSTOMER};
            do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$;
            """
        )


def _tables(database: duckdb.DuckDBPyConnection, keys: Mapping[str, Sequence[str]], star: Star) -> list[_Table]:
    """The tables of the release, those that others refer to first."""
    columns: dict[str, dict[str, str]] = {}
    comments: dict[str, dict[str, str]] = {}
    for table, column, kind, comment in database.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns() where schema_name = ?"
        " order by table_name, column_index",
        [PUBLISHED_SCHEMA],
    ).fetchall():
        columns.setdefault(table, {})[column] = _TYPES.get(kind, kind.lower())
        comments.setdefault(table, {})[column] = comment or ""
    for table, comment in database.execute(
        "select table_name, comment from duckdb_tables() where schema_name = $schema union all"
        " select view_name, comment from duckdb_views() where schema_name = $schema",
        {"schema": PUBLISHED_SCHEMA},
    ).fetchall():
        comments[table][""] = comment or ""
    named = {table: column for column, table in star.tables.items()}
    names = sorted(columns, key=lambda name: (name not in named, name))
    return [_Table(name, columns[name], comments[name], keys.get(name, ()), named.get(name)) for name in names]


def _build(
    connection: psycopg.Connection,
    database: duckdb.DuckDBPyConnection,
    tables: Sequence[_Table],
    star: Star,
    release_id: str,
) -> None:
    """The whole schema `marts_next`, in one transaction."""
    with connection.transaction():
        connection.execute(
            sql.SQL("create schema {}; comment on schema {} is {}").format(
                sql.Identifier(NEXT), sql.Identifier(NEXT), sql.Literal(f"Release {release_id}")
            )
        )
        stored = {table.name: table for table in tables if table.name != EVIDENCE}
        for table in stored.values():
            _create(connection, table)
            _copy(connection, database, table)
            _add_key(connection, database, table)
        # Only when all are there: the view and the rules of one table read others.
        connection.execute(f"create view {NEXT}.{EVIDENCE} with (security_invoker = true) as {evidence_query(NEXT)}")
        for table in stored.values():
            _add_references(connection, database, table, stored, star)
            _add_policies(connection, table)
        for table in tables:
            _comment(connection, table)
        connection.execute(
            f"grant usage on schema {NEXT} to {READER}, {CUSTOMER};"
            f" grant select on all tables in schema {NEXT} to {READER}, {CUSTOMER}"
        )
    connection.execute("analyze")


def _create(connection: psycopg.Connection, table: _Table) -> None:
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in table.columns.items()
    )
    connection.execute(sql.SQL("create table {} ({})").format(_named(table.name), columns))


def _copy(connection: psycopg.Connection, database: duckdb.DuckDBPyConnection, table: _Table) -> None:
    """All rows, through a CSV file in which null is empty and text is quoted; PostgreSQL takes no zero bytes."""
    texts = [name for name, kind in table.columns.items() if kind == "text"]
    replaced = ", ".join(f'replace("{name}", chr(0), \'\N{REPLACEMENT CHARACTER}\') as "{name}"' for name in texts)
    quoted = f"force_quote ({', '.join(_quoted(name) for name in texts)})," if texts else ""
    with tempfile.TemporaryDirectory(prefix="slm-postgres-") as folder:
        file = Path(folder) / "rows.csv"
        rows_of = f"{PUBLISHED_SCHEMA}.{_quoted(table.name)}"
        database.execute(
            f"copy (select * {f'replace ({replaced})' if replaced else ''} from {rows_of})"
            f" to '{quoted_path(file)}' (format csv, header false, {quoted} nullstr '')"
        )
        into = sql.SQL("copy {} from stdin (format csv, null '')").format(_named(table.name))
        with connection.cursor() as cursor, cursor.copy(into) as copy, file.open("rb") as rows:
            while chunk := rows.read(_CHUNK_BYTES):
                copy.write(chunk)


def _add_key(connection: psycopg.Connection, database: duckdb.DuckDBPyConnection, table: _Table) -> None:
    """A primary key, or a unique one where a column of the key may be null."""
    if not table.key:
        return
    any_null = " or ".join(f"{_quoted(name)} is null" for name in table.key)
    found = database.execute(
        f"select exists(select 1 from {PUBLISHED_SCHEMA}.{_quoted(table.name)} where {any_null})"
    ).fetchone()
    kind = "unique nulls not distinct" if found and found[0] else "primary key"
    connection.execute(
        sql.SQL("alter table {} add {} ({})").format(_named(table.name), sql.SQL(kind), _columns(table.key))
    )
    if table.name_column is not None and [table.name_column] != list(table.key):
        connection.execute(
            sql.SQL("alter table {} add unique ({})").format(_named(table.name), _columns([table.name_column]))
        )


def _add_references(
    connection: psycopg.Connection,
    database: duckdb.DuckDBPyConnection,
    table: _Table,
    stored: Mapping[str, _Table],
    star: Star,
) -> None:
    """Foreign keys, for tools that draw joins from them. One that unknown ids break is declared, and not validated."""
    single = star.references(table.name, table.columns)
    references: list[tuple[tuple[str, ...], str]] = [((column,), other) for column, other in single.items()]
    covered: set[str] = set()
    for columns, other in COMPOSITE:
        if set(columns) <= table.columns.keys() and not set(columns) <= covered and other != table.name:
            covered |= set(columns)
            references += [] if other in single.values() else [(columns, other)]
    for columns, other in references:
        if other not in stored or (len(columns) > 1 and tuple(stored[other].key) != columns):
            continue
        same = " and ".join(f"one.{_quoted(name)} = other.{_quoted(name)}" for name in columns)
        filled = " and ".join(f"one.{_quoted(name)} is not null" for name in columns)
        orphan = database.execute(
            f"select exists(select 1 from {PUBLISHED_SCHEMA}.{_quoted(table.name)} as one anti join"
            f" {PUBLISHED_SCHEMA}.{_quoted(other)} as other on {same} where {filled})"
        ).fetchone()
        connection.execute(
            sql.SQL("alter table {} add foreign key ({}) references {} ({}) {}").format(
                _named(table.name),
                _columns(columns),
                _named(other),
                _columns(columns),
                sql.SQL("not valid" if orphan and orphan[0] else ""),
            )
        )


def _add_policies(connection: psycopg.Connection, table: _Table) -> None:
    named = _named(table.name)
    rule = customer_rule(table.name, table.columns)
    connection.execute(
        sql.SQL(
            "alter table {t} enable row level security;"
            " create policy readers on {t} for select to {reader} using (true);"
            " create policy customers on {t} for select to {customer} using ({rule})"
        ).format(
            t=named,
            reader=sql.Identifier(READER),
            customer=sql.Identifier(CUSTOMER),
            rule=sql.SQL(rule),
        )
    )


def customer_rule(table: str, columns: Mapping[str, str]) -> str:
    """SQL condition under which a customer may read a row of the table; `false` where nothing ties it to one.

    Rows tied to an agreement, ticket or service are visible if that is; those tables have rules of their own. So are
    calendars and metrics of an own target, and teams of own tickets and answers.
    """
    own = f"(select customer_id from {ACCESS}.customer_role where role_name = current_user)"
    if "customer_id" in columns:
        return f"customer_id in {own}"
    if table == "dim_agreement":
        return f"agreement_type = 'SLA' and consumer_id in {own}"
    if {"agreement_id", "agreement_version"} <= columns.keys():
        return (
            f"(agreement_id, agreement_version) in (select agreement_id, agreement_version from {NEXT}.dim_agreement)"
        )
    if table == "certificate_check":  # without an agreement it is about the whole release, and names nobody
        return f"agreement_id is null or agreement_id in (select agreement_id from {NEXT}.dim_agreement)"
    if "agreement_id" in columns:
        return f"agreement_id in (select agreement_id from {NEXT}.dim_agreement)"
    if "ticket_key" in columns:
        return f"ticket_key in (select ticket_key from {NEXT}.fct_ticket)"
    if "service_id" in columns:
        return f"service_id in (select service_id from {NEXT}.rpt_sla_scorecard)"
    if table == "dim_metric":
        return f"metric in (select metric from {NEXT}.dim_target)"
    if table == "dim_calendar":
        return f"calendar_id in (select calendar_id from {NEXT}.dim_target)"
    if table == "dim_team":
        of_tickets = f"select unnest(array[team_id, current_team_id]) from {NEXT}.fct_ticket"
        return f"team_id in ({of_tickets} union select team_id from {NEXT}.fct_survey_response)"
    return "true" if table in SHARED else "false"


def _comment(connection: psycopg.Connection, table: _Table) -> None:
    kind = sql.SQL("view" if table.name == EVIDENCE else "table")
    for column, text in table.comments.items():
        if column:
            on = sql.SQL("column {}").format(sql.Identifier(NEXT, table.name, column))
        else:
            on = sql.SQL("{} {}").format(kind, _named(table.name))
        connection.execute(sql.SQL("comment on {} is {}").format(on, sql.Literal(text)))


def _swap(connection: psycopg.Connection) -> None:
    """One transaction: the former schema steps aside, the new one takes its name."""
    with connection.transaction():
        connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
        if _served(connection) is not None or _exists(connection, PUBLISHED_SCHEMA):
            aside = FORMER
            if _exists(connection, FORMER):  # still read by somebody
                aside = f"{FORMER}_{datetime.now(UTC):%Y%m%d%H%M%S%f}"
            connection.execute(
                sql.SQL("alter schema {} rename to {}").format(sql.Identifier(PUBLISHED_SCHEMA), sql.Identifier(aside))
            )
        connection.execute(
            sql.SQL("alter schema {} rename to {}").format(sql.Identifier(NEXT), sql.Identifier(PUBLISHED_SCHEMA))
        )


def _exists(connection: psycopg.Connection, schema: str) -> bool:
    return connection.execute("select 1 from pg_namespace where nspname = %s", [schema]).fetchone() is not None


def _named(table: str) -> sql.Composed:
    return sql.SQL("{}").format(sql.Identifier(NEXT, table))


def _columns(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def main() -> int:
    """Serve the release in force of the home that the environment names; returns the exit status."""
    try:
        settings = RunSettings.from_environment(os.environ, datetime.now(UTC))
        release = current_release(settings.home)
        if release is None:
            raise ReleaseDamaged(f"There is no release in force in {settings.home}: run the nightly job first.")
        if settings.postgres_dsn is None:
            raise PostgresUnavailable("SLM_POSTGRES_DSN is not set: there is no database to serve.")
        written = serve(settings.postgres_dsn, release)
    except SlmError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"PostgreSQL serves {release.name}" + ("" if written else ", as before"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
