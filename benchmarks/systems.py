"""Systems with 100,000 records each, as the benchmark of pulling plays them: over HTTP, or as tables in Parquet.

Belongs here: the records and pages of each system, and what reading them with nothing kept means.
Does not belong here: what is measured of a pull (connectors).
"""

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import icalendar
import psycopg
import recurring_ical_events

from ingestion.readers import sql_path
from tests.unit.connectors.replay import Answer, Api, Asked
from tests.unit.connectors.systems import (
    jira,
    pagerduty,
    qualtrics,
    request_tracker,
    servicenow,
    statuspage,
    zendesk,
)

RECORDS = 100_000
TOKEN = {"token": {"env": "TOKEN"}}
# Systems that are asked day by day are asked for the days up to today.
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
_DAYS = 100
FIRST_DAY = TODAY - timedelta(days=_DAYS - 1)


def _parsed(body: bytes) -> int:
    """Parse an answer by the standard library; the bytes that were parsed."""
    json.loads(body)
    return len(body)


@dataclass(frozen=True)
class Far:
    """A system over HTTP with `RECORDS` records in all. `api` makes its answers once: what the server itself costs is
    not measured. `parsed` reads one of them with nothing kept, and returns the bytes that were parsed.
    """

    options: Mapping[str, Any]
    api: Callable[[], Api]
    parsed: Callable[[bytes], int] = _parsed


@dataclass(frozen=True)
class Stored:
    """Tables with `RECORDS` rows in all, of which a pull makes so many records. `tables` has a query for each."""

    tables: Mapping[str, str]
    options: Mapping[str, Any]

    def write(self, folder: Path) -> None:
        """Afterwards `folder` has each table as Parquet."""
        with duckdb.connect() as con:
            con.execute("set TimeZone = 'UTC'")
            for name, query in self.tables.items():
                con.execute(f"copy ({query}) to '{sql_path(folder / name)}.parquet' (format parquet)")

    def read(self, folder: Path) -> int:
        """Every column of every row as values, with nothing kept; the bytes of the files."""
        with duckdb.connect() as con:
            con.execute("set TimeZone = 'UTC'")
            for name in self.tables:
                con.execute(f"from '{sql_path(folder / name)}.parquet'").fetchall()
        return sum(path.stat().st_size for path in folder.iterdir())

    def fill(self, dsn: str) -> None:
        """Afterwards the PostgreSQL database has each table."""
        with psycopg.connect(dsn) as database, duckdb.connect() as con, tempfile.TemporaryDirectory() as folder:
            con.execute("set TimeZone = 'UTC'")
            for name, query in self.tables.items():
                described = con.execute(f"describe {query}").fetchall()
                columns = ", ".join(f"{column} {kind}" for column, kind, *_ in described)
                database.execute(f"create table {name} ({columns})".encode())
                rows = Path(folder) / f"{name}.csv"
                con.execute(f"copy ({query}) to '{sql_path(rows)}' (format csv, header)")
                with database.cursor().copy(f"copy {name} from stdin (format csv, header)".encode()) as copying:
                    copying.write(rows.read_bytes())

    def fetch(self, dsn: str) -> int:
        """Every column of every row as values, with nothing kept; the bytes of the tables."""
        size = 0
        with psycopg.connect(dsn, options="-c TimeZone=UTC") as database:
            for name in self.tables:
                database.execute(f"select * from {name}".encode()).fetchall()
                ((bytes_of,),) = database.execute("select pg_table_size(%s)", [name]).fetchall()
                size += bytes_of
        return size


def paged(
    page_size: int,
    record: Callable[[int], Any],
    answer: Callable[[list[Any], int], Any],
    page_of: Callable[[Asked], int | None],
    otherwise: Callable[[Asked], Any],
    packed: Callable[[str], bytes] = str.encode,
) -> Callable[[], Api]:
    """A system with `RECORDS` records of one raw feed and none of any other, in pages as it documents them.

    `record` makes one by its number from 1; `answer` puts the records of a page, by its number from 0, into an answer;
    `page_of` is the page that a request asks for, None for a request of something else, which is told `otherwise`.
    `packed` makes an answer's bytes of its text.
    """

    def api() -> Api:
        pages = [
            json.dumps(answer([record(first + n) for n in range(page_size)], first // page_size))
            for first in range(1, RECORDS + 1, page_size)
        ]
        bodies = [packed(page) for page in [*pages, json.dumps(answer([], RECORDS // page_size))]]

        def answered(asked: Asked) -> Answer:
            page = page_of(asked)
            return Answer(otherwise(asked) if page is None else bodies[page])

        return answered

    return api


def _servicenow_page(asked: Asked) -> int | None:
    if not asked.path.endswith("/incident"):
        return None
    after = asked.params["sysparm_query"].rpartition("^sys_id>")[2].partition("^")[0]
    return int(after, 16) // 1000 if after.strip("0123456789abcdef") == "" else 0


def _issue(number: int) -> Any:
    histories = [jira.history(number * 10 + n, "10:30:00", ("status", "Open", "In Progress")) for n in range(2)]
    comments = {"comments": [jira.comment(number, "10:40:00")], "total": 1}
    return jira.issue(number, comment=comments) | {"changelog": {"histories": histories, "total": 2}}


def _zendesk_page(asked: Asked) -> int | None:
    return int(asked.params.get("cursor", "0")) if asked.path.endswith("/cursor.json") else None


def _nothing_else_of_zendesk(asked: Asked) -> Any:
    name = asked.path.split("/")[-1].removesuffix(".json").replace("cursor", "tickets")
    return {name: [], "end_of_stream": True, "meta": {"has_more": False}}


def _audit(number: int) -> Any:
    changes = (zendesk.change("status", "new", "open"), zendesk.change("group_id", "91", "92"))
    return zendesk.event(number, number, "10:30:00", *changes, {"event_type": "Comment", "public": True})


def _rating(number: int) -> Any:
    at = dict.fromkeys(("created_at", "updated_at"), "2026-03-03T10:00:00Z")
    return {"id": number, "ticket_id": number, "score": "good", **at, "comment": "Thanks"}


def _pingdom_page(asked: Asked) -> int | None:
    return None if asked.path.endswith("/checks") else int(asked.path.rpartition("/")[2])


SERIES = RECORDS // _DAYS


# A day of PagerDuty may have no more than 10,000 entries without being asked for in parts.
_PAGES_A_DAY = RECORDS // _DAYS // 100


def _entry(number: int) -> Any:
    day = FIRST_DAY + timedelta(days=(number - 1) // (_PAGES_A_DAY * 100))
    entry = {"id": f"R{number}", "type": "trigger_log_entry", "created_at": f"{day:%Y-%m-%d}T00:00:00Z"}
    return {**entry, "incident": pagerduty.incident(number)}


def _entries(records: list[Any], page: int) -> Any:
    place = page % _PAGES_A_DAY
    return {"log_entries": records, "limit": 100, "offset": place * 100, "more": place < _PAGES_A_DAY - 1}


def _entries_page(asked: Asked) -> int:
    day = (datetime.fromisoformat(asked.params["since"]) - FIRST_DAY).days
    return day * _PAGES_A_DAY + int(asked.params["offset"]) // 100


def _series(number: int) -> Any:
    day = FIRST_DAY + timedelta(days=(number - 1) // SERIES)
    samples = [[int(day.timestamp()) + 3600 * hour, "1"] for hour in range(1, 25)]
    return {"metric": {"__name__": "up", "job": "web", "service": f"s{number % SERIES}"}, "values": samples}


def _prometheus_page(asked: Asked) -> int:
    return (datetime.fromisoformat(asked.params["time"]) - FIRST_DAY).days - 1


def _zipped(text: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("survey.json", text)
    return archive.getvalue()


def _unzipped(body: bytes) -> bytes:
    if not body.startswith(b"PK"):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return archive.read(archive.infolist()[0])


# A ticket and its history are so many records.
_TRANSACTIONS = 24
_TICKETS = RECORDS // (1 + _TRANSACTIONS)


def _request_tracker() -> Api:
    """Tickets in pages of a hundred; the history of each takes a request, and one more that finds nothing further."""
    size = request_tracker.PAGE
    tickets = [
        json.dumps(
            {
                "items": [request_tracker.ticket(first + n) for n in range(min(size, _TICKETS + 1 - first))],
                **{"page": 1, "per_page": size, "total": _TICKETS + 1 - first},
            }
        ).encode()
        for first in range(1, _TICKETS + 1, size)
    ]
    histories = [
        json.dumps(
            {
                "items": [
                    request_tracker.transaction(of * 100 + n, of, "Status", f"10:{n:02}:00", "Status", "new", "open")
                    for n in range(_TRANSACTIONS)
                ],
                **{"page": 1, "per_page": size, "total": None},
            }
        ).encode()
        for of in range(1, _TICKETS + 1)
    ]

    def answered(asked: Asked) -> Answer:
        if asked.path == "/REST/2.0/tickets":
            return Answer(tickets[int(asked.params["query"].rpartition("id > ")[2]) // size])
        if asked.path.endswith("/history") and asked.params["page"] == "1":
            return Answer(histories[int(asked.path.split("/")[-2]) - 1])
        return Answer({"items": [], "page": int(asked.params["page"]), "per_page": size, "total": None})

    return answered


def _incident(number: int) -> Any:
    update = {"id": f"u{number}", "status": "resolved", "body": "It works again.", "created_at": "2026-03-02T11:00:00Z"}
    return statuspage.incident(number, incident_updates=[update])


def _status_page() -> Api:
    """One answer, as every page gives; Atlassian's own has fifty records in it."""
    incidents = json.dumps({"page": {}, "incidents": [_incident(number) for number in range(RECORDS)]}).encode()
    return lambda asked: Answer(
        incidents if asked.path.endswith("/incidents.json") else {"page": {}, "scheduled_maintenances": []}
    )


def _calendar() -> Api:
    """Events that recur on a hundred days: a record is one of these."""
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{number}\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Patching\r\nCATEGORIES:web,database\r\n"
        f"DTSTART;TZID=Europe/London:{FIRST_DAY:%Y%m%d}T{number % 24:02}0000\r\nDURATION:PT30M\r\n"
        f"RRULE:FREQ=DAILY;COUNT={_DAYS}\r\nEND:VEVENT\r\n"
        for number in range(RECORDS // _DAYS)
    )
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:acme\r\n{events}END:VCALENDAR\r\n".encode()
    return lambda asked: Answer(text, headers={"Content-Type": "text/calendar"})


def _occurrences(body: bytes) -> int:
    """Read a calendar, and its recurring events as single ones, with the libraries that the connector uses."""
    calendar = icalendar.Calendar.from_ical(body.decode())
    begin, end = FIRST_DAY - timedelta(days=1), TODAY + timedelta(days=2)
    for _ in recurring_ical_events.of(calendar).between(begin, end):
        pass
    return len(body)


SYSTEMS: dict[str, Far] = {
    "servicenow": Far(
        {**TOKEN, "pageSize": 1000},
        paged(
            1000,
            servicenow.incident,
            lambda records, page: {"result": records},
            _servicenow_page,
            lambda asked: {"result": []},
        ),
    ),
    "jira": Far(
        TOKEN,
        paged(
            100,
            _issue,
            lambda records, page: {"issues": records, **({"nextPageToken": str(page + 1)} if records else {})},
            lambda asked: int(asked.params.get("nextPageToken", "0")),
            lambda asked: {},
        ),
    ),
    "zendesk": Far(
        TOKEN,
        paged(
            1000,
            zendesk.ticket,
            lambda records, page: {
                "tickets": records,
                "after_url": f"/api/v2/incremental/tickets/cursor.json?cursor={page + 1}",
                "end_of_stream": not records,
            },
            _zendesk_page,
            _nothing_else_of_zendesk,
        ),
    ),
    # Two changes and a comment each.
    "zendesk, ticket events": Far(
        TOKEN,
        paged(
            1000,
            _audit,
            lambda records, page: {
                "ticket_events": records,
                "next_page": f"/api/v2/incremental/ticket_events.json?cursor={page + 1}",
                "end_of_stream": not records,
            },
            lambda asked: int(asked.params.get("cursor", "0")) if asked.path.endswith("/ticket_events.json") else None,
            _nothing_else_of_zendesk,
        ),
    ),
    "zendesk, satisfaction ratings": Far(
        TOKEN,
        paged(
            100,
            _rating,
            lambda records, page: {
                "satisfaction_ratings": records,
                "meta": {"has_more": bool(records)},
                "links": {"next": f"/api/v2/satisfaction_ratings.json?page[after]={page + 1}"},
            },
            lambda asked: int(asked.params.get("page[after]", "0")) if asked.path.endswith("_ratings.json") else None,
            _nothing_else_of_zendesk,
        ),
    ),
    # The smallest records there are: three values each.
    "pingdom": Far(
        {**TOKEN, "since": "2020-01-01T00:00:00Z"},
        paged(
            1000,
            lambda number: {"status": "up", "timefrom": 1_577_836_800 + number, "timeto": 1_577_836_801 + number},
            lambda records, page: {"summary": {"states": records}},
            _pingdom_page,
            lambda asked: {"checks": [{"id": number} for number in range(RECORDS // 1000)]},
        ),
    ),
    "pagerduty": Far(
        {**TOKEN, "since": f"{FIRST_DAY:%Y-%m-%d}T00:00:00Z", "pageSize": 100},
        paged(100, _entry, _entries, _entries_page, lambda asked: {}),
    ),
    # A record is a series' day, of 24 samples here.
    "prometheus": Far(
        {**TOKEN, "selector": "up", "serviceLabel": "service", "since": f"{FIRST_DAY:%Y-%m-%d}T00:00:00Z"},
        paged(
            SERIES,
            _series,
            lambda records, page: {"status": "success", "data": {"resultType": "matrix", "result": records}},
            _prometheus_page,
            lambda asked: {},
        ),
    ),
    # All in one answer, which is an archive; the floor opens it too.
    "qualtrics": Far(
        {**TOKEN, **{name: qualtrics.OPTIONS[name] for name in ("survey", "instrument", "items", "columns", "since")}},
        paged(
            RECORDS,
            qualtrics.response,
            lambda records, page: {"responses": records},
            lambda asked: 0 if asked.path.endswith("/file") else None,
            lambda asked: {"result": {"progressId": "ES_1", "status": "complete", "fileId": "F-1"}},
            packed=_zipped,
        ),
        lambda body: _parsed(_unzipped(body)),
    ),
    "request_tracker": Far(TOKEN, _request_tracker),
    "statuspage": Far({"maxResponseBytes": 1 << 30}, _status_page),
    "ics": Far({"since": f"{FIRST_DAY - timedelta(days=1):%Y-%m-%d}T00:00:00Z"}, _calendar, _occurrences),
}

_SYNCED = "timestamptz '2026-03-03 00:00:00+00' as _fivetran_synced"
_MINUTE = "timestamptz '2026-01-01 00:00:00+00' + to_minutes(n // 20)"
TABLES: dict[str, Stored] = {
    # Tickets, eight changes of each, a comment.
    "fivetran_zendesk": Stored(
        {
            "ticket": f"""
                select n as id, 'solved' as status, 'incident' as type, 71 + n % 1000 as requester_id,
                    'email' as via_channel, null::bigint as problem_id, {_MINUTE} as created_at,
                    false as _fivetran_deleted, {_SYNCED}
                from range({RECORDS // 10}) as numbers (n)""",
            "ticket_field_history": f"""
                select n // 8 as ticket_id,
                    ['status', 'priority', 'organization_id', 'brand_id', 'group_id', 'type', 'status', 'status']
                        [n % 8 + 1] as field_name,
                    {_MINUTE} + to_seconds(n % 8) as updated, 71 + n % 1000 as user_id,
                    ['new', 'normal', '81', '61', '91', 'incident', 'pending', 'solved'][n % 8 + 1] as value, {_SYNCED}
                from range({RECORDS // 10 * 8}) as numbers (n)""",
            "ticket_comment": f"""
                select n as id, n as ticket_id, 71 + n % 1000 as user_id, true as public, {_MINUTE} as created,
                    {_SYNCED}
                from range({RECORDS // 10}) as numbers (n)""",
        },
        {"leaveOut": ["organization", "group", "satisfaction_rating"]},
    ),
    # Incidents, and four changes of each.
    "fivetran_servicenow": Stored(
        {
            "incident": f"""
                select md5(n::varchar) as sys_id, 'INC' || n as number, md5('c') as company_value,
                    md5('s') as business_service_value, '3' as priority, {_MINUTE} as opened_at,
                    {_MINUTE} as resolved_at, {_MINUTE} as closed_at, {_MINUTE} as sys_updated_on,
                    md5((n % 1000)::varchar) as caller_id_value, md5('g') as assignment_group_value,
                    'email' as contact_type, 'software' as category, null::varchar as parent_incident_value,
                    '7' as state, null::varchar as hold_reason, true as made_sla, 0::bigint as reopen_count,
                    0::bigint as reassignment_count, false as _fivetran_deleted, {_SYNCED}
                from range({RECORDS // 5}) as numbers (n)""",
            "sys_audit": f"""
                select md5('a' || n) as sys_id, 'incident' as tablename, md5((n // 4)::varchar) as documentkey,
                    'state' as fieldname, '1' as oldvalue, '2' as newvalue, n % 4 as record_checkpoint,
                    {_MINUTE} as sys_created_on, 'bob' as sys_created_by, {_SYNCED}
                from range({RECORDS // 5 * 4}) as numbers (n)""",
            "sys_user": "select md5(n::varchar) as sys_id, 'user-' || n as user_name from range(1000) as numbers (n)",
        },
        {"leaveOut": ["task_sla", "group", "company", "service"], "inheritedColumns": True},
    ),
    # The columns that Icinga's own schema has.
    "icinga": Stored(
        {
            "icinga_objects": "select n as object_id, 'web' || n as name1, 'http' as name2 from range(1000) as o (n)",
            "icinga_statehistory": f"""
                select n as statehistory_id, 1::bigint as instance_id,
                    timestamp '2026-01-01' + to_minutes(n // 1000) as state_time, 0 as state_time_usec,
                    n % 1000 as object_id, 1 as state_change, n // 1000 % 3 as state, 1 as state_type,
                    1 as current_check_attempt, 3 as max_check_attempts, 0 as last_state, 0 as last_hard_state,
                    'PING OK - Packet loss = 0%, RTA = 0.80 ms' as output, null::varchar as long_output,
                    'localhost' as check_source
                from range({RECORDS}) as numbers (n)""",
        },
        {"leaveOut": ["downtimes"]},
    ),
}
