"""A made desk of any size, as the models find it: compiled agreements, feeds, control tables.

`python -m benchmarks.desk HOME PROJECT TICKETS` writes one in a process of its own, so that its memory is not counted
among that of what is measured.

Belongs here: the inputs of the clock's benchmark. Does not belong here: what is measured (`clock`), nor anything that
is shown to readers as an example (`examples/acme`).
Twelve customers in twelve zones, each with an agreement and a calendar of its own; about seven events a ticket. All of
it follows from the ticket's number, so that a size names one set of bytes.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from agreements.compile import compile_agreements
from ingestion.pull import ensure_empty_feeds
from settings.project import load_project

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
FIRST_OPENING = datetime(2025, 3, 1, tzinfo=UTC)
VALID_FROM = "2025-01-01"
SOURCE, LOAD_ID = "desk", "000001-20260701T000000Z"

# Zone and opening hours; the fourth and the ninth work through the night, the last is never closed.
OFFICES = (
    ("Europe/London", "09:00-17:00"),
    ("America/New_York", "08:00-18:00"),
    ("Asia/Kolkata", "10:00-19:00"),
    ("Australia/Lord_Howe", "22:00-06:00"),
    ("Europe/Berlin", "07:30-17:30"),
    ("America/Sao_Paulo", "09:00-18:00"),
    ("Africa/Cairo", "08:00-16:00"),
    ("Asia/Tokyo", "09:00-17:30"),
    ("America/Los_Angeles", "20:00-04:00"),
    ("Pacific/Auckland", "08:30-17:00"),
    ("America/St_Johns", "09:00-17:00"),
    ("UTC", "00:00-24:00"),
)
# Priority: hours to answer, hours to resolve, share of tickets in percent.
PROMISES = {"P1": (1, 4, 5), "P2": (2, 8, 15), "P3": (4, 24, 60), "P4": (8, 60, 20)}
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")


def write_desk(home: Path, project: Path, ticket_count: int) -> None:
    """Write a project and, below `home`/warehouse, everything the models read, for `ticket_count` tickets."""
    _write_project(project)
    config = load_project(project, {})
    compile_agreements(project, config, int(AS_OF.timestamp()), home / "warehouse" / "agreements")
    ensure_empty_feeds(home)
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        _write_feeds(connection, home / "warehouse", ticket_count)


def _write_project(project: Path) -> None:
    (project / "agreements").mkdir(parents=True)
    settings = {
        "apiVersion": "slm/v1",
        "name": "desk",
        "reporting": {"timeZone": "UTC"},
        "reports": {"periods": 0},
        "sources": [],
    }
    # JSON is YAML.
    (project / "slm.yaml").write_text(json.dumps(settings), encoding="utf-8")
    documents = "\n---\n".join(json.dumps(document) for document in _documents())
    (project / "agreements" / "desk.yaml").write_text(documents, encoding="utf-8")


def _document(kind: str, name: str, spec: dict[str, object]) -> dict[str, object]:
    return {"apiVersion": "slm/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def _documents() -> Iterator[dict[str, object]]:
    yield _document("Service", "desk", {"owner": "desk"})
    for number, (zone, hours) in enumerate(OFFICES):
        calendar: dict[str, object] = {
            "timeZone": zone,
            "weekly": {day: [hours] for day in WORKDAYS},
            "recurringHolidays": ["12-25", "01-01"],
        }
        yield _document("Calendar", f"office-{number}", calendar)
        yield _document("Customer", f"customer-{number}", {})
        yield _document(
            "Agreement",
            f"sla-{number}",
            {
                "type": "SLA",
                "version": 1,
                "provider": "desk",
                "consumer": f"customer-{number}",
                "services": [{"service": "desk"}],
                "status": "in_force",
                "validity": {"from": VALID_FROM, "timeZone": zone},
                "targets": [
                    {
                        "id": f"{name}-{priority.lower()}",
                        "metric": metric,
                        "scope": {"priority": [priority]},
                        "objective": {"op": "lte", "value": f"PT{hours}H", "targetPercent": 95},
                        "calendar": f"office-{number}",
                        "clock": {"pause": ["waiting_customer"]},
                    }
                    for priority, (respond, resolve, _) in PROMISES.items()
                    for name, metric, hours in (
                        ("respond", "time_to_first_response", respond),
                        ("resolve", "time_to_resolve", resolve),
                    )
                ],
            },
        )


def _write_feeds(connection: duckdb.DuckDBPyConnection, warehouse: Path, ticket_count: int) -> None:
    """Tickets and events. `draw(n)` is a number in [0, 1) that follows from the ticket's number and n."""
    connection.execute("create macro draw(number, n) as (hash(number * 31 + n) % 1000003) / 1000003.0")
    span = int(AS_OF.timestamp() - FIRST_OPENING.timestamp())
    bounds = list(_priority_bounds())
    priority = "case " + " ".join(f"when draw(number, 2) < {bound} then '{name}'" for name, bound in bounds) + " end"
    connection.execute(
        f"""
        create table ticket as
        select
            number,
            'INC' || lpad(number::varchar, 8, '0') as ticket_id,
            'customer-' || (number % {len(OFFICES)}) as customer_id,
            {priority} as priority,
            {int(FIRST_OPENING.timestamp())} + (number * {span}::hugeint // {ticket_count})::bigint as opened,
            -- Handling lasts hours, or days where somebody waits: a long tail, most within three days.
            (900 - 86400 * ln(1.0 - draw(number, 3)))::bigint as effort
        from range({ticket_count}) as tickets(number)
        """
    )
    half = "draw(number, 6) < 0.5"
    moments = [
        # event, its value, its author, when, for which tickets
        ("status", "'in_progress'", "agent", "opened + effort // 12", "true"),
        ("message", "null", "agent", "opened + effort // 10", "true"),
        ("team", "'team-' || (number % 9)", "agent", "opened + effort // 9", "draw(number, 5) < 0.5"),
        (
            "priority",
            f"case when {half} then 'P2' else 'P4' end",
            "agent",
            "opened + effort // 8",
            "draw(number, 7) < 0.05",
        ),
        ("status", "'waiting_customer'", "agent", "opened + effort // 4", "draw(number, 8) < 0.4"),
        ("message", "null", "customer", "opened + effort // 2", "draw(number, 9) < 0.7"),
        ("status", "'in_progress'", "customer", "opened + effort // 2", "draw(number, 8) < 0.4"),
        ("message", "null", "agent", "opened + effort * 3 // 4", "true"),
        ("status", "'resolved'", "agent", "opened + effort", "draw(number, 10) < 0.98"),
        ("status", "'in_progress'", "customer", "opened + effort + 90000", "draw(number, 11) < 0.04"),
        ("status", "'resolved'", "agent", "opened + effort + 100000", "draw(number, 11) < 0.04"),
        ("status", "'closed'", "system", "opened + effort + 604800", "draw(number, 10) < 0.95"),
    ]
    events = " union all ".join(
        f"""select number, {step} as step, {moment} as moment, '{kind}' as event_type, {value} as value,
        '{author}' as actor_role from ticket where {condition}"""
        for step, (kind, value, author, moment, condition) in enumerate(moments)
    )
    target = warehouse / "feeds"
    stamp = "make_timestamp({} * 1000000)"
    connection.execute(
        f"""
        copy (
            select
                '{SOURCE}' as source, 'tickets' as raw_feed, '{LOAD_ID}' as load_id, number as record_number,
                'data/tickets.csv' as file, number + 2 as line, ticket_id, customer_id,
                'desk' as service_id, 'incident' as ticket_type, priority, {stamp.format("opened")} as opened_at,
                'user-' || (number % 5000) as requester_id, 'team-' || (number % 7) as team_id,
                'portal' as channel, 'category-' || (number % 40) as category, null::varchar as parent_ticket_id,
                null::boolean as source_made_sla, null::bigint as source_reopen_count,
                null::bigint as source_reassignment_count, null::timestamp as source_resolved_at,
                null::timestamp as source_closed_at
            from ticket
        ) to '{target / "tickets" / f"{SOURCE}.{LOAD_ID}.parquet"}' (format parquet)
        """
    )
    connection.execute(
        f"""
        copy (
            select
                '{SOURCE}' as source, 'ticket_events' as raw_feed, '{LOAD_ID}' as load_id,
                number * 16 + step as record_number, 'data/events.csv' as file, number * 16 + step + 2 as line,
                (number * 16 + step)::varchar as event_id, 'INC' || lpad(number::varchar, 8, '0') as ticket_id,
                {stamp.format("moment")} as occurred_at, event_type, value, actor_role, true as is_public,
                null::timestamp as promised_for, {stamp.format("moment")} as recorded_at
            from ({events}) where moment <= {int(AS_OF.timestamp())}
            order by moment, number
        ) to '{target / "ticket_events" / f"{SOURCE}.{LOAD_ID}.parquet"}' (format parquet)
        """
    )
    control = warehouse / "control" / "ticket_source"
    control.mkdir(parents=True, exist_ok=True)
    connection.execute(
        f"copy (select '{SOURCE}' as source, '{SOURCE}' as ticket_source)"
        f" to '{control / f'{SOURCE}.{LOAD_ID}.parquet'}' (format parquet)"
    )


def _priority_bounds() -> Iterator[tuple[str, float]]:
    reached = 0
    for priority, (_, _, percent) in PROMISES.items():
        reached += percent
        yield priority, reached / 100


if __name__ == "__main__":
    write_desk(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
