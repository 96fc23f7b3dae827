"""How cells become values: instants, local times, numbers, the source's own words, and the forms a file may have."""

import gzip
import io
import zipfile
from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.cells import instant_with_offset, to_utc
from tests.unit.ingestion.conftest import EVENT_HEADER, TICKET_HEADER, Project, event, ticket

# ----------------------------------------------------------------------------------------------------- instants


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T10:00:00Z",
        "2026-03-02 10:00:00Z",
        "2026-03-02T10:00Z",
        "2026-03-02t10:00:00z",
        "2026-03-02T10:00:00.999Z",
        "2026-03-02T10:00:00,999999999Z",
        "2026-03-02T12:00:00+02:00",
        "2026-03-02T12:00:00+0200",
        "2026-03-02T12:00:00+02",
        "2026-03-02 05:00:00 -05:00",
        "2026-03-02T15:45:00.5+05:45",
    ],
)
def test_instant_with_offset_is_read_in_whole_seconds(desk: Project, text: str) -> None:
    desk.write("data/tickets.csv", TICKET_HEADER, f'T1,acme,desk,incident,P3,"{text}"')
    desk.run(feeds={"tickets": "data/tickets.csv"})
    assert desk.rows("tickets", "opened_at") == [(datetime(2026, 3, 2, 10),)]


@settings(max_examples=40, deadline=None)
@given(
    st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)),
    st.integers(min_value=-18 * 60, max_value=18 * 60),
)
def test_any_offset_is_taken_off(local: datetime, offset: int) -> None:
    sign, size = ("-" if offset < 0 else "+"), abs(offset)
    text = f"{local.isoformat()}{sign}{size // 60:02d}:{size % 60:02d}"
    expected = datetime.fromisoformat(text).astimezone(ZoneInfo("UTC")).replace(tzinfo=None, microsecond=0)
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        found = con.execute(f"select {instant_with_offset('$text')}", {"text": text}).fetchall()
    assert found == [(expected,)]


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        ("2026-03-02T10:00:30", datetime(2026, 3, 2, 10, 0, 30)),
        ("2026-07-01 10:00", datetime(2026, 7, 1, 9)),
        ("2026-03-29T01:30:00", datetime(2026, 3, 29, 1, 30)),  # skipped: 02:30 summer time
        ("2026-10-25T01:30:00", datetime(2026, 10, 25, 0, 30)),  # twice: the first
        ("2026-03-29T00:59:59", datetime(2026, 3, 29, 0, 59, 59)),
        ("2026-10-25T01:30:00Z", datetime(2026, 10, 25, 1, 30)),  # an offset wins over the source's zone
    ],
)
def test_local_time_becomes_utc_by_the_one_rule(desk: Project, wall: str, utc: datetime) -> None:
    desk.write("data/tickets.csv", TICKET_HEADER, ticket("T1", wall))
    desk.run(feeds={"tickets": "data/tickets.csv"}, timeZone="Europe/London")
    assert desk.rows("tickets", "opened_at") == [(utc,)]


@given(
    st.datetimes(min_value=datetime(1973, 1, 1), max_value=datetime(2035, 1, 1)),
    st.sampled_from(["Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia"]),
)
def test_offset_is_the_same_for_all_seconds_of_a_local_minute(local: datetime, name: str) -> None:
    zone, minute = ZoneInfo(name), local.replace(second=0, microsecond=0)
    whole = local.replace(microsecond=0)
    assert to_utc(whole, zone) - to_utc(minute, zone) == whole - minute


# ------------------------------------------------------------------------------------------- words and defaults


def test_sources_own_words_become_the_projects(desk: Project) -> None:
    desk.write("data/tickets.csv", TICKET_HEADER, "T1,ACME Ltd,Help desk,incident,Hoch,2026-03-02T10:00:00Z")
    header = "event_id,ticket_id,occurred_at,event_type,value"
    kinds = (
        ("status", "Erledigt"),
        ("priority", "Hoch"),
        ("service", "Help desk"),
        ("customer", "ACME Ltd"),
        ("team", "L2"),
    )
    rows = [f"E{n},T1,2026-03-02T12:00:00Z,{kind},{value}" for n, (kind, value) in enumerate(kinds)]
    desk.write("data/events.csv", header, *rows, "E9,T1,2026-03-02T12:00:00Z,message,Hoch")
    desk.run(
        statusMap={"Erledigt": "resolved"},
        priorityMap={"Hoch": "P1"},
        serviceMap={"Help desk": "desk"},
        customerMap={"ACME Ltd": "acme"},
        teamMap={"L2": "second-line"},
    )
    assert desk.rows("tickets", "customer_id, service_id, priority") == [("acme", "desk", "P1")]
    assert desk.rows("ticket_events", "event_type, value") == [
        ("customer", "acme"),
        ("message", "Hoch"),
        ("priority", "P1"),
        ("service", "desk"),
        ("status", "resolved"),
        ("team", "second-line"),
    ]


def test_number_as_a_word_of_the_source_is_mapped(desk: Project) -> None:
    desk.write("data/tickets.csv", TICKET_HEADER, ticket("T1", priority="3"))
    desk.run(feeds={"tickets": "data/tickets.csv"}, priorityMap={3: "P3"})
    assert desk.rows("tickets", "priority") == [("P3",)]


def test_default_fills_an_absent_column_and_an_empty_cell(desk: Project) -> None:
    desk.write(
        "data/tickets.csv",
        "ticket_id,service_id,ticket_type,priority,opened_at",
        "T1,,incident,P3,2026-03-02T10:00:00Z",
    )
    desk.run(feeds={"tickets": "data/tickets.csv"}, defaults={"customer_id": "acme", "service_id": "desk"})
    assert desk.rows("tickets", "customer_id, service_id") == [("acme", "desk")]


def test_columns_may_have_names_of_their_own(desk: Project) -> None:
    desk.write("data/checks.csv", "site, committed_at ,state,ms", "Web,2026-03-02T12:00:00+00:00,up,12.5")
    feed = {
        "path": "data/checks.csv",
        "columns": {"service_id": "site", "checked_at": "committed_at", "status": "state", "response_ms": "ms"},
    }
    desk.run(feeds={"uptime_checks": feed}, serviceMap={"Web": "web"}, maxGap="PT2H")
    columns = "service_id, checked_at, status, response_ms, max_gap_seconds"
    assert desk.rows("uptime_checks", columns) == [("web", datetime(2026, 3, 2, 12), "up", 12.5, 7200)]


def test_missing_column_is_named_by_the_sources_own_name(desk: Project) -> None:
    desk.write("data/checks.csv", "service,checked_at,status", "Web,2026-03-02T12:00:00Z,up")
    with pytest.raises(Exception, match=r"required column site is missing"):
        desk.run(feeds={"uptime_checks": {"path": "data/checks.csv", "columns": {"service_id": "site"}}})


def test_state_holds_for_26_hours_unless_said_otherwise(desk: Project) -> None:
    desk.write("data/checks.csv", "service_id,checked_at,status", "web,2026-03-02T12:00:00Z,up")
    desk.run(feeds={"uptime_checks": "data/checks.csv"})
    assert desk.rows("uptime_checks", "max_gap_seconds") == [(26 * 3600,)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("TRUE", True), ("1", True), ("yes", True), ("No", False), ("0", False), ("", None)],
)
def test_truth_values_in_their_usual_spellings(desk: Project, text: str, value: bool | None) -> None:
    desk.write("data/events.csv", f"{EVENT_HEADER},is_public", f"E1,T1,2026-03-02T12:00:00Z,message,,{text}")
    desk.run()
    assert desk.rows("ticket_events", "is_public") == [(value,)]


def test_outer_spaces_do_not_part_an_event_from_its_ticket(desk: Project) -> None:
    desk.write("data/events.csv", EVENT_HEADER, event("E1", " T1 "))
    desk.run()
    assert desk.rows("ticket_events", "ticket_id") == [("T1",)]


def test_team_event_without_value_is_accepted(desk: Project) -> None:
    desk.write("data/events.csv", EVENT_HEADER, "E1,T1,2026-03-02T12:00:00Z,team,")
    desk.run()
    assert desk.rows("ticket_events", "event_type, value") == [("team", None)]


def test_words_with_quotes_in_them_are_mapped(desk: Project) -> None:
    desk.write("data/events.csv", EVENT_HEADER, event("E1", "T1", value="Won't fix"))
    desk.run(statusMap={"Won't fix": "closed"})
    assert desk.rows("ticket_events", "value") == [("closed",)]


# ---------------------------------------------------------------------------------------------- forms of a file


def accepted(desk: Project, pattern: str) -> list[tuple[object, ...]]:
    desk.run(feeds={"tickets": pattern})
    return desk.rows("tickets", "ticket_id, opened_at")


TWO = [("T1", datetime(2026, 3, 2, 10)), ("T2", datetime(2026, 3, 2, 10))]
TEXT = f"{TICKET_HEADER}\n{ticket('T1')}\n{ticket('T2')}\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        TEXT.rstrip("\n"),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"),
        "\ufeff" + TEXT,
        TEXT.replace(",", " , "),
        TEXT + "\n\n",
        TEXT.replace("\n", "\n\n"),
        "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in TEXT.splitlines()),
        TEXT.replace("\n", ",\n"),
    ],
    ids=["plain", "no-end", "crlf", "cr", "bom", "spaces", "blank-end", "blank-lines", "quoted", "comma-end"],
)
def test_csv_in_its_usual_dialects(project: Project, content: str) -> None:
    project.write_bytes("tickets.csv", content.encode())
    assert accepted(project, "tickets.csv") == TWO


def test_gzipped_csv(project: Project) -> None:
    project.write_bytes("tickets.csv.gz", gzip.compress(TEXT.encode()))
    assert accepted(project, "*.gz") == TWO


def test_zip_with_several_tables(project: Project) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("b.csv", f"{TICKET_HEADER}\n{ticket('T2')}\n")
        archive.writestr("a.csv", f"{TICKET_HEADER}\n{ticket('T1')}\n")
        archive.writestr("__MACOSX/a.csv", b"\0")
    project.write_bytes("tickets.zip", packed.getvalue())
    assert accepted(project, "tickets.zip") == TWO
    assert project.landed("tickets", "_file, _line") == [("tickets.zip!a.csv", 2), ("tickets.zip!b.csv", 2)]
    assert project.manifest("tickets", project.loads("tickets")[0])["files"][0]["records"] == 2


def test_ndjson_keeps_numbers_as_they_were_written(project: Project) -> None:
    line = (
        '{{"ticket_id": {}, "customer_id": "acme", "service_id": "desk", "ticket_type": "incident", "priority": 3,'
        ' "opened_at": "2026-03-02T10:00:00Z", "weight": 1.50, "tags": ["a", 1.5], "vip": true}}'
    )
    project.write("tickets.ndjson", line.format("123456789012345678901234567890"), "", line.format("7"))
    project.run(feeds={"tickets": "tickets.ndjson"})
    assert project.rows("tickets", "ticket_id, priority") == [("123456789012345678901234567890", "3"), ("7", "3")]
    assert project.landed("tickets", "weight, tags, vip, _line") == [
        ("1.50", '["a", 1.5]', "true", 1),
        ("1.50", '["a", 1.5]', "true", 3),
    ]


def test_parquet_with_types_of_its_own(project: Project) -> None:
    project.folder.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'America/New_York'")
        con.sql(
            """
            select 'T1' as ticket_id, 'acme' as customer_id, 'desk' as service_id, 'incident' as ticket_type,
                3 as priority, timestamptz '2026-03-02 10:00:00.75+00' as opened_at,
                true as source_made_sla, 2::int as source_reopen_count
            """
        ).write_parquet(str(project.folder / "tickets.parquet"))
    project.run(feeds={"tickets": "tickets.parquet"})
    columns = "ticket_id, priority, opened_at, source_made_sla, source_reopen_count"
    assert project.rows("tickets", columns) == [("T1", "3", datetime(2026, 3, 2, 10), True, 2)]


def test_parquet_timestamp_without_zone_needs_one(project: Project) -> None:
    project.folder.mkdir(parents=True)
    with duckdb.connect() as con:
        con.sql(
            """
            select 'T1' as ticket_id, 'acme' as customer_id, 'desk' as service_id, 'incident' as ticket_type,
                'P3' as priority, timestamp '2026-07-02 10:00:00' as opened_at
            """
        ).write_parquet(str(project.folder / "tickets.parquet"))
    with pytest.raises(Exception, match=r"tickets\.parquet line 1, column opened_at: naive_time"):
        project.run(feeds={"tickets": "tickets.parquet"})
    project.run(feeds={"tickets": "tickets.parquet"}, timeZone="Europe/London")
    assert project.rows("tickets", "opened_at") == [(datetime(2026, 7, 2, 9),)]


def test_files_of_one_load_may_have_different_columns(project: Project) -> None:
    project.write("a.csv", f"{TICKET_HEADER},channel", f"{ticket('T1')},web")
    project.write("b.csv", f"category,{TICKET_HEADER}", f"network,{ticket('T2')}")
    project.run(feeds={"tickets": ["a.csv", "b.csv"]})
    assert project.rows("tickets", "ticket_id, channel, category") == [("T1", "web", None), ("T2", None, "network")]


def test_name_with_wildcards_in_it_is_read_as_it_is(project: Project) -> None:
    project.write("x[1]/tickets'1'.csv", TICKET_HEADER, ticket("T1"))
    project.run(feeds={"tickets": "x*/*.csv"})
    assert project.rows("tickets", "ticket_id") == [("T1",)]
