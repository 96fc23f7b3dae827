"""A real PostgreSQL serves the release in force: whole at every moment, commented, keyed, to each customer its own."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg import sql

from publishing import postgres
from publishing.build import open_read_only
from publishing.certificate import Check
from publishing.errors import PostgresUnavailable
from publishing.postgres import SHARED, customer_rule, serve
from publishing.release import read_manifest
from publishing.restatement import Restating, Step
from publishing.star import Star
from tests.integration.small_project import ROOT, Project, environment
from tests.postgres_drivers import NotInstalled, Refused, by_jdbc, by_odbc
from tests.postgres_server import Server
from tests.unit.publishing.conftest import AS_OF, CHECKED, Desk, figure

# Read when this module is loaded, as tests/servers does.
SERVERS = os.environ.get("SLM_TEST_SERVERS")


@pytest.fixture
def dsn(postgres_server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """A new database; dropped afterwards, whoever still reads it."""
    name = f"test_{abs(hash(request.node.nodeid)) % 10**9}"
    with postgres_server.connect() as admin:
        admin.execute(f"create database {name}")
        yield postgres_server.dsn(name)
        admin.execute(f"drop database {name} with (force)")


def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def served(dsn: str) -> list[tuple[Any, ...]]:
    return rows(dsn, "select release_id from marts.release")


# ---------------------------------------------------------------------------------------------------------- the tables


@pytest.fixture(scope="module")
def served_project(session_project: Project, postgres_server: Server) -> Iterator[tuple[str, Path]]:
    """The small project's release in a database: its DSN, and the release."""
    release = session_project.current.resolve()
    with postgres_server.connect() as admin:
        admin.execute("create database small")
        assert serve(postgres_server.dsn("small"), release)
        yield postgres_server.dsn("small"), release
        admin.execute("drop database small with (force)")


def test_every_table_has_the_rows_and_the_comments_of_the_release(served_project: tuple[str, Path]) -> None:
    dsn, release = served_project
    with duckdb.connect(str(release / "slm.duckdb"), read_only=True) as database:
        tables = dict(
            database.execute(
                "select table_name, string_agg('\"' || column_name || '\"', ', ' order by column_index)"
                " from duckdb_columns() where schema_name = 'marts' group by 1"
            ).fetchall()
        )
        for table, columns in tables.items():
            query = f'select {columns} from marts."{table}"'
            assert sorted(map(str, rows(dsn, query))) == sorted(map(str, database.execute(query).fetchall())), table
    assert {"fct_ticket_sla", "figure_evidence", "restatement"} <= tables.keys()
    silent = rows(
        dsn,
        "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum >= 0"
        " where c.relnamespace = 'marts'::regnamespace and c.relkind in ('r', 'v')"
        " and coalesce(col_description(c.oid, a.attnum), '') = ''",
    )
    assert silent == []
    types = {
        kind
        for (kind,) in rows(
            dsn, "select distinct data_type from information_schema.columns where table_schema = 'marts'"
        )
    }
    assert "timestamp with time zone" not in types
    assert {"timestamp without time zone", "bigint", "date", "text"} <= types


def test_tools_find_keys_to_join_by(served_project: tuple[str, Path]) -> None:
    found = rows(
        served_project[0],
        "select conrelid::regclass::text, contype::text, pg_get_constraintdef(oid) from pg_constraint"
        " where connamespace = 'marts'::regnamespace",
    )
    keys = {table.removeprefix("marts."): text for table, kind, text in found if kind == "p"}
    assert keys["dim_target"] == "PRIMARY KEY (agreement_id, agreement_version, target_id)"
    assert keys["fct_ticket"] == "PRIMARY KEY (ticket_key)"
    assert keys["rpt_sla_target"].startswith("PRIMARY KEY")
    assert ("marts.dim_target", "u", "UNIQUE (target_key)") in found


FOREIGN_KEY = re.compile(r"FOREIGN KEY \((.+)\) REFERENCES marts\.(\w+)\((.+)\)( NOT VALID)?")


def test_foreign_keys_are_the_star_of_the_release(served_project: tuple[str, Path]) -> None:
    """In every table, and no others; the ledger's tables have no key of one column for a target."""
    dsn, release = served_project
    found = rows(
        dsn,
        "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint"
        " where connamespace = 'marts'::regnamespace and contype = 'f'",
    )
    foreign: dict[str, dict[str, str]] = {}
    for table, text in found:
        parts = FOREIGN_KEY.fullmatch(text)
        assert parts is not None, text
        assert parts[1] == parts[3], "one name on both sides"
        foreign.setdefault(table.removeprefix("marts."), {})[parts[1]] = parts[2]
    star = Star(read_manifest(release)["star"])
    with duckdb.connect(str(release / "slm.duckdb"), read_only=True) as database:
        columns = dict(
            database.execute(
                "select table_name, list(column_name) from duckdb_columns() where schema_name = 'marts' and table_name"
                " <> 'figure_evidence' group by table_name"
            ).fetchall()
        )
    declared = {table: star.references(table, names) for table, names in columns.items()}
    for table in ("figure", "figure_quality", "restatement"):
        declared[table]["agreement_id, agreement_version, target_id"] = "dim_target"
    assert foreign == {table: references for table, references in declared.items() if references}
    assert foreign["fct_ticket_sla"]["target_key"] == "dim_target"


def test_serving_the_same_release_again_writes_nothing(served_project: tuple[str, Path]) -> None:
    assert not serve(*served_project)


# ---------------------------------------------------------------------------------------------------------- who reads


def rows_of_customer(model: dict[str, Any], customer: str) -> dict[str, Any]:
    """A row in which every text names the customer it belongs to."""
    fixed = {"consumer_id": customer, "customer_id": customer, "agreement_type": "SLA"}
    by_type = {"integer": 1, "bigint": 1, "double": 1.0, "boolean": True, "date": date(2026, 3, 1)}
    row: dict[str, Any] = {}
    for name, column in model["columns"].items():
        kind = column["data_type"].split("(")[0]
        if kind == "varchar":
            row[name] = fixed.get(name, f"{name} of {customer}")
        else:
            row[name] = by_type.get(kind, 1 if kind == "decimal" else datetime(2026, 4, 1))
    return row


@pytest.fixture(scope="module")
def two_customers(
    published_models: list[dict[str, Any]],
    empty_build: Path,
    postgres_server: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A database with a row of acme's and one of rival's in every table, and a login of each kind."""
    folder = tmp_path_factory.mktemp("two")
    desk = Desk(folder / "home", folder / "build.duckdb", empty_build)
    tables = {
        m["name"]: [rows_of_customer(m, name) for name in (["nobody"] if m["name"] in SHARED else ["acme", "rival"])]
        for m in published_models
    }
    for table in ("rpt_sla_scorecard", "rpt_sla_target"):
        for row in tables[table]:
            row.update(status="met", period_status="closed", period_type="month", period_start=figure()["period_start"])
    scorecard, experience = tables.pop("rpt_sla_scorecard"), tables.pop("rpt_experience")
    tables["fct_ticket_sla"] = [
        {**row, "state": "met", "period_start": figure()["period_start"]} for row in tables["fct_ticket_sla"]
    ]
    desk.publish(*scorecard, experience=experience, **tables)
    # A night later each customer's closed figure has moved, with the clock behind it, and each has a check that failed.
    moved = {**tables, "fct_ticket_sla": [{**row, "state": "breached"} for row in tables["fct_ticket_sla"]]}
    release = desk.publish(
        *({**row, "numerator": 0} for row in scorecard),
        experience=experience,
        as_of=AS_OF + timedelta(days=1),
        restating=Restating(desk.current.resolve(), [explained("acme", "rival")]),
        checks=[CHECKED, *(failed_check(f"agreement_id of {name}") for name in ("acme", "rival"))],
        **moved,
    )
    with postgres_server.connect() as admin:
        admin.execute("create database two")
        serve(postgres_server.dsn("two"), release.directory)
        admin.execute("create role acme_reader login in role slm_customer")
        admin.execute("create role stranger login in role slm_customer")
        admin.execute("create role analyst login in role slm_reader")
        with postgres_server.connect("two") as owner:
            owner.execute("insert into slm_access.customer_role values ('acme_reader', 'acme')")
        yield postgres_server.dsn("two")
        admin.execute("drop database two with (force)")


def explained(*customers: str) -> Step:
    told = {f"agreement_id of {name}": f"Decision of {name}" for name in customers}
    return Step("decision", "Decisions about other agreements", {}, told)


def failed_check(agreement_id: str) -> Check:
    observed = f"1 of 3 tickets of {agreement_id}"
    return Check("few_are_bad", "rule", "fct_ticket_sla", "Few.", "agreement", False, observed, "none", agreement_id)


def as_role(dsn: str, role: str) -> str:
    return dsn.replace("postgres@", f"{role}@")


def names(dsn: str) -> list[str]:
    return [
        name
        for (name,) in rows(
            dsn, "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
        )
    ]


def everything_seen(dsn: str, role: str) -> dict[str, str]:
    """What the role reads of each table and view, as text."""
    return {table: str(rows(as_role(dsn, role), f'select * from marts."{table}"')) for table in names(dsn)}


# Tables that customers do not see: their rows are about sources and releases, and may tell of anybody.
HIDDEN = {"load_audit", "quarantine", "release_retention", "rpt_reconciliation"}


def test_customer_sees_its_own_rows_and_nobody_elses_in_every_table_and_view(two_customers: str) -> None:
    """Every table has rows of both but those of which there is one for all; no table is let off."""
    whole = everything_seen(two_customers, "analyst")
    of_both = {table for table, found in whole.items() if "acme" in found and "rival" in found}
    assert whole.keys() - of_both == {*SHARED, "release_retention"}
    assert {"restatement", "restatement_evidence", "certificate_check", "figure", "figure_evidence"} <= of_both
    seen = everything_seen(two_customers, "acme_reader")
    assert seen.keys() == whole.keys()
    assert [table for table, found in seen.items() if "rival" in found] == []
    assert {table for table, found in seen.items() if "acme" not in found} == {*SHARED, *HIDDEN}
    assert {table for table, found in seen.items() if found == "[]"} == HIDDEN


def test_check_of_the_whole_release_is_shown_to_everybody(two_customers: str) -> None:
    whole = (CHECKED.check_id, None)
    for role, others in (("acme_reader", [("few_are_bad", "agreement_id of acme")]), ("stranger", [])):
        query = "select check_id, agreement_id from marts.certificate_check order by 1"
        assert rows(as_role(two_customers, role), query) == sorted([whole, *others], key=str), role


def test_unmapped_customer_sees_nothing_and_reader_sees_all(two_customers: str) -> None:
    seen = everything_seen(two_customers, "stranger")
    assert [table for table, found in seen.items() if "rival" in found or "acme" in found] == []
    assert {table for table, found in seen.items() if found != "[]"} == {*SHARED, "certificate_check"}
    for table in names(two_customers):
        whole = rows(two_customers, f'select count(*) from marts."{table}"')
        assert rows(as_role(two_customers, "analyst"), f'select count(*) from marts."{table}"') == whole, table


@pytest.mark.parametrize(
    "statement",
    [
        "delete from marts.figure",
        "insert into slm_access.customer_role values ('acme_reader', 'rival')",
        "create temporary table mine (a int)",
        "create table marts.mine (a int)",
        "select * from slm_access.customer_role, lateral (select 1 / count(*) from marts.quarantine) as q",
    ],
)
def test_customer_may_only_read(two_customers: str, statement: str) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.DivisionByZero)):
        rows(as_role(two_customers, "acme_reader"), statement)


def test_table_that_nothing_ties_to_a_customer_is_hidden() -> None:
    assert customer_rule("load_audit", {"source": "text"}) == "false"
    assert customer_rule("dim_date", {"date": "date"}) == "true"


Read = Callable[[str, str], list[tuple[str, ...]]]


@pytest.fixture(params=[by_odbc, by_jdbc], ids=["ODBC", "JDBC"])
def driver(request: pytest.FixtureRequest, two_customers: str) -> Read:
    """A driver that BI tools bring, if it is installed here."""
    read: Read = request.param
    try:
        assert read(two_customers, "select 1, 'a b'") == [("1", "a b")]
    except NotInstalled as missing:
        if SERVERS == "required":
            raise
        pytest.skip(str(missing))
    return read


def test_driver_shows_each_user_the_rows_that_are_its_own(two_customers: str, driver: Read) -> None:
    columns = "customer_id, numerator, attainment_ratio, period_start, period_status"
    query = f"select {columns} from marts.rpt_sla_scorecard order by customer_id"
    acme, rival = ((customer, "0", "1", "2026-03-01", "closed") for customer in ("acme", "rival"))
    seen = {role: driver(as_role(two_customers, role), query) for role in ("analyst", "acme_reader", "stranger")}
    whole = {role: [tuple(cell.removesuffix(".0") for cell in row) for row in found] for role, found in seen.items()}
    assert whole == {"analyst": [acme, rival], "acme_reader": [acme], "stranger": []}
    for relation in ("fct_ticket", "figure_evidence", "figure"):  # a table, a view, the ledger
        found = driver(as_role(two_customers, "acme_reader"), f"select * from marts.{relation}")
        assert found
        assert "rival" not in str(found)
    counted = "select count(*) from marts.figure"
    before = driver(as_role(two_customers, "analyst"), counted)
    with pytest.raises(Refused):
        driver(as_role(two_customers, "acme_reader"), "delete from marts.figure")
    assert driver(as_role(two_customers, "analyst"), counted) == before


# ------------------------------------------------------------------------------------------------------------- the swap


QUERY = "select cast(as_of_at as date) - date '2026-04-01', numerator from marts.release, marts.rpt_sla_scorecard"


def test_readers_see_one_release_or_the_other_through_many_swaps(
    desk: Desk, dsn: str, request: pytest.FixtureRequest
) -> None:
    """Each statement joins two tables: a release and its figure have the same number, in every answer.

    Every second reader reads the DuckDB file of the release in force, opened anew each time, the others the database.
    """
    serve(dsn, desk.publish(figure(0, 99)).directory)
    count, publications = (request.config.getoption(name) for name in ("--readers", "--publications"))
    pause = count / 200  # however many read, about 200 answers a second: the publisher is to get on, too
    done = threading.Event()
    answers: Counter[str] = Counter()
    errors: list[Exception] = []

    def read_database() -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not done.wait(pause):
                answers[str(connection.execute(QUERY).fetchall())] += 1

    def read_file() -> None:
        while not done.wait(pause):
            with contextlib.closing(open_read_only(desk.current.resolve() / "slm.duckdb")) as connection:
                answers[str(connection.execute(QUERY).fetchall())] += 1

    def guarded(read: Callable[[], None]) -> None:
        try:
            read()
        except (psycopg.Error, duckdb.Error) as error:
            errors.append(error)

    readers = [
        threading.Thread(target=guarded, args=[read_file if number % 2 else read_database]) for number in range(count)
    ]
    for reader in readers:
        reader.start()
    try:
        for night in range(1, publications + 1):
            release = desk.publish(figure(night, 999), as_of=AS_OF + timedelta(days=night))
            serve(dsn, release.directory)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert errors == []
    assert set(answers) <= {f"[({night}, {night})]" for night in range(publications + 1)}
    assert len(answers) > 1
    print(f"{count} readers, {publications} publications, {answers.total():,} answers")


def test_reader_who_holds_the_former_release_is_neither_cut_off_nor_waited_for(desk: Desk, dsn: str) -> None:
    serve(dsn, desk.publish(figure(1)).directory)
    with psycopg.connect(dsn) as reader:
        held = "select numerator from marts.rpt_sla_scorecard"
        assert reader.execute(held).fetchall() == [(1,)]
        for night in (2, 3):
            serve(dsn, desk.publish(figure(night), as_of=AS_OF + timedelta(days=night)).directory)
        former = rows(dsn, "select count(*) from pg_namespace where starts_with(nspname, 'marts_former')")
        assert former[0][0] >= 2
        assert rows(dsn, held) == [(3,)]
    serve(dsn, desk.publish(figure(4), as_of=AS_OF + timedelta(days=4)).directory)
    assert rows(dsn, "select nspname from pg_namespace where starts_with(nspname, 'marts') order by 1") == [
        ("marts",),
        ("marts_former",),
    ]


@pytest.mark.parametrize("step", ["_copy", "_swap"])
def test_connection_lost_in_the_middle_leaves_what_was_served(
    desk: Desk,
    dsn: str,
    step: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = desk.publish(figure(1))
    serve(dsn, first.directory)
    second = desk.publish(figure(2), as_of=AS_OF + timedelta(days=1))

    def cut(connection: psycopg.Connection, *rest: Any) -> None:
        with psycopg.connect(dsn, autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s)", [connection.info.backend_pid])
        connection.execute("select 1")

    with monkeypatch.context() as patch:
        patch.setattr(postgres, step, cut)
        with pytest.raises(PostgresUnavailable, match=r"the database goes on serving .* `make serve`"):
            serve(dsn, second.directory)
    assert served(dsn) == [(first.release_id,)]
    assert serve(dsn, second.directory)
    assert served(dsn) == [(second.release_id,)]


WRITERS = "select pid from pg_stat_activity where datname = current_database() and application_name = 'slm-warehouse'"


class _CutBeforeItsName(psycopg.Connection[Any]):
    """Is ended by the server between the two renames of a swap."""

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        text = query.as_string(self) if isinstance(query, sql.Composable) else str(query)
        if text.endswith('rename to "marts"'):
            with psycopg.connect(self.info.dsn, autocommit=True) as other:
                other.execute("select pg_terminate_backend(%s)", [self.info.backend_pid])
        return super().execute(query, *args, **kwargs)


def test_connection_lost_between_the_two_names_leaves_what_was_served(
    desk: Desk, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.publish(figure(1))
    serve(dsn, first.directory)
    second = desk.publish(figure(2), as_of=AS_OF + timedelta(days=1))
    with monkeypatch.context() as patch:
        patch.setattr(postgres, "_Connection", _CutBeforeItsName)
        with pytest.raises(PostgresUnavailable):
            serve(dsn, second.directory)
    assert served(dsn) == [(first.release_id,)]
    assert serve(dsn, second.directory)
    assert served(dsn) == [(second.release_id,)]


@pytest.mark.parametrize("step", ["_copy", "_swap"])
def test_server_that_hangs_is_given_up_and_serves_what_it_served(
    desk: Desk, dsn: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped process of the server: the connection stands, and nothing ever comes of it."""
    first = desk.publish(figure(1))
    serve(dsn, first.directory)
    second = desk.publish(figure(2), as_of=AS_OF + timedelta(days=1))
    stopped: list[int] = []

    def hang(connection: psycopg.Connection, *rest: Any) -> None:
        stopped.append(connection.info.backend_pid)
        os.kill(stopped[0], signal.SIGSTOP)
        connection.execute("select 1")

    try:
        with monkeypatch.context() as patch:
            patch.setattr(postgres, "SILENCE_SECONDS", 1.0)
            patch.setattr(postgres, step, hang)
            with pytest.raises(PostgresUnavailable, match=r"said nothing for 1 seconds.*is in force as files"):
                serve(dsn, second.directory)
        assert served(dsn) == [(first.release_id,)]
    finally:
        for process in stopped:
            os.kill(process, signal.SIGCONT)
    _wait_until_gone(dsn, stopped)
    assert serve(dsn, second.directory)
    assert served(dsn) == [(second.release_id,)]


def _wait_until_gone(dsn: str, processes: list[int]) -> None:
    """A process of the server ends some moments after its client has."""
    end = time.monotonic() + 30
    while rows(dsn, f"select 1 from pg_stat_activity where pid = any(array{processes}::int[])"):
        assert time.monotonic() < end
        time.sleep(0.05)


KILLED = """
import os, signal, sys
from pathlib import Path
from publishing import postgres

moment, dsn, release = sys.argv[1:]

class Killed(postgres._Connection):
    def execute(self, query, *args, **kwargs):
        if moment in (query.as_string(self) if hasattr(query, "as_string") else query):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(query, *args, **kwargs)

postgres._Connection = Killed
postgres.serve(dsn, Path(release))
"""


@pytest.mark.parametrize(
    "moment",
    ["create schema", "add primary key", "create view", "analyze", 'rename to "marts_former"', 'rename to "marts"'],
)
def test_process_killed_while_it_serves_leaves_what_was_served(desk: Desk, dsn: str, moment: str) -> None:
    first = desk.publish(figure(1))
    serve(dsn, first.directory)
    second = desk.publish(figure(2), as_of=AS_OF + timedelta(days=1))
    command = [sys.executable, "-c", KILLED, moment, dsn, str(second.directory)]
    assert subprocess.run(command, check=False, cwd=ROOT).returncode == -signal.SIGKILL
    assert served(dsn) == [(first.release_id,)]
    _wait_until_gone(dsn, [process for (process,) in rows(dsn, WRITERS)])
    assert serve(dsn, second.directory)
    assert served(dsn) == [(second.release_id,)]


def test_server_that_is_down_is_named_with_what_still_stands(desk: Desk) -> None:
    release = desk.publish(figure())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"postgresql://slm:hidden@127.0.0.1:{probe.getsockname()[1]}/slm"
        with pytest.raises(PostgresUnavailable, match=r"refused.*is in force as files") as caught:
            serve(nobody, release.directory)
    assert "hidden" not in str(caught.value)


def test_night_whose_database_is_down_publishes_and_says_what_is_missing(
    published_project: Project, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The figures are in force as files; the exit status says that not all is well; `make serve` mends it.

    The password is in no log, manifest, release or record of Dagster that the night left.
    """
    former = published_project.current.resolve()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"postgresql://slm:hunter-two-{probe.getsockname()[1]}@127.0.0.1:{probe.getsockname()[1]}/slm"
        outcome = published_project.nightly(SLM_POSTGRES_DSN=nobody)
    assert outcome.status == 1
    assert outcome.last_lines.startswith("A release was published, but what follows it failed.")
    assert "PostgreSQL was not brought up to date" in outcome.last_lines
    release = published_project.current.resolve()
    assert release != former
    files = [path for path in published_project.home.rglob("*") if path.is_file()]
    assert len(files) > 100
    assert [path for path in files if b"hunter-two" in path.read_bytes()] == []
    assert "hunter-two" not in outcome.output + outcome.errors
    with environment(published_project.variables(SLM_POSTGRES_DSN=dsn)):
        assert postgres.main() == 0
        assert capsys.readouterr().out == f"PostgreSQL serves {release.name}\n"
    assert served(dsn) == [(release.name,)]


def test_server_that_never_answers_is_given_up(desk: Desk) -> None:
    release = desk.publish(figure())
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"postgresql://slm@127.0.0.1:{silent.getsockname()[1]}/slm?connect_timeout=2"
        with pytest.raises(PostgresUnavailable, match="timeout"):
            serve(address, release.directory)


def test_unreadable_dsn_is_not_repeated(desk: Desk) -> None:
    with pytest.raises(PostgresUnavailable, match="cannot be read") as caught:
        serve("host=x password hidden", desk.publish(figure()).directory)
    shown = "".join(map(str, [caught.value, caught.value.__cause__, caught.value.__context__ and ""]))
    assert "hidden" not in shown


def test_texts_that_look_like_null_or_hold_zero_bytes_survive(desk: Desk, dsn: str) -> None:
    texts = ["", "\\N", 'a "quoted", one', "two\nlines", "zero\x00byte", "naïve ✓"]
    release = desk.publish(figure(), quarantine=[{"reason": text, "line": number} for number, text in enumerate(texts)])
    serve(dsn, release.directory)
    assert [text for (text,) in rows(dsn, "select reason from marts.quarantine order by line")] == [
        text.replace("\x00", "\N{REPLACEMENT CHARACTER}") for text in texts
    ]
