"""Writes the feeds that Acme IT's desk and monitoring would have exported at an instant.

    python -m examples.acme.generate [--until 2026-11-01T00:00:00Z] [--size 1] [--seed 7] [--format csv] [--out DIR]

Without `--until` the export is of SLM_AS_OF, and without that of now.

Belongs here: the order of things (day by day, month by month) and the command line.
Does not belong here: what happens on a day (`tickets`, `surveys`, `monitoring`, `planted`), what files look like
(`files`).
Sits before ingestion; `make nightly` runs it first when the project is this one.

Append-only in time: with the same seed and size, a later `--until` repeats everything before an earlier one, but for
what an export cannot know in advance: the tool's own `source_*` counters, the end of an open outage, the answer to an
invitation or a voice, a meeting held.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from examples.acme import company, files, relationship
from examples.acme.desk_time import DAY
from examples.acme.files import Export
from examples.acme.monitoring import Check, Outage, all_outages, checks
from examples.acme.planted import (
    CORRECTIONS_ARRIVE,
    bad_rows,
    epoch,
    iso,
    late_events,
    late_ticket_number,
    planted_rows,
    planted_tickets,
)
from examples.acme.relationship import midnight, months, next_month
from examples.acme.surveys import draw_surveys
from examples.acme.tables import NEVER, Events, Surveys, Tickets
from examples.acme.tickets import EPOCH, Clocks, draw_day

HISTORY_STARTS = date(2025, 12, 1)
DEFAULT_FOLDER = Path(__file__).parent / "data"
LONGEST_LIFE_DAYS = 400  # longer than any ticket lives; how far the wall clocks must be known


def generate(until: int, folder: Path, size: float = 1.0, seed: int = 7, file_format: str = "csv") -> dict[str, int]:
    """Writes the export of `until` (UTC epoch seconds; nothing at or after it) into `folder`.

    Returns the number of rows of each file written. Raises ValueError if the history has not begun by then.
    """
    if until <= midnight(HISTORY_STARTS):
        raise ValueError(f"the history of Acme IT begins on {HISTORY_STARTS}; choose a later --until")
    if not size > 0:
        raise ValueError(f"--size {size} is not above 0")
    export = Export(folder, file_format)
    _write_desk(export, until, size, seed)
    _write_corrections(export, until)
    _write_monitoring(export, until, seed)
    export.small("touchpoints", relationship.touchpoints(HISTORY_STARTS, seed, until))
    export.small("voice_items", relationship.voice_items(HISTORY_STARTS, seed, until))
    export.small("costs", relationship.costs(HISTORY_STARTS, seed, until))
    export.small("employee_survey", relationship.employee_survey(HISTORY_STARTS, seed, until))
    return export.close()


class Backlog:
    """What has been drawn and not yet written: lives reach into months to come."""

    def __init__(self) -> None:
        self._tickets: list[Tickets] = []
        self._events: list[Events] = []
        self._surveys: list[Surveys] = []

    def add(self, tickets: Tickets, events: Events, surveys: Surveys | None = None) -> None:
        """Takes over what was drawn for a day."""
        self._tickets.append(tickets)
        self._events.append(events)
        if surveys is not None:
            self._surveys.append(surveys)

    def taken(self, start: int, end: int) -> tuple[Tickets, Events, Surveys, Surveys]:
        """Tickets opened, events occurred, invitations sent and answers given in [start, end); forgets the past."""
        tickets, events = Tickets.stacked(self._tickets), Events.stacked(self._events)
        surveys = Surveys.stacked(self._surveys)
        self._tickets = [tickets.take(tickets.opened >= end)]
        self._events = [events.take(events.occurred >= end)]
        self._surveys = [surveys.take((surveys.sent >= end) | (surveys.responded >= end))]
        return (
            tickets.take((tickets.opened >= start) & (tickets.opened < end)),
            events.take((events.occurred >= start) & (events.occurred < end)),
            surveys.take((surveys.sent >= start) & (surveys.sent < end)),
            surveys.take((surveys.responded >= start) & (surveys.responded < end)),
        )


def _write_desk(export: Export, until: int, size: float, seed: int) -> None:
    """Tickets, events and surveys, a file of each for every month."""
    clocks = Clocks.spanning(midnight(HISTORY_STARTS) - 30 * DAY, until + LONGEST_LIFE_DAYS * DAY)
    first = (HISTORY_STARTS - EPOCH).days
    backlog = Backlog()
    drawn = first
    bad = bad_rows() if export.holds_text else []
    for month in months(HISTORY_STARTS, until):
        start, end = midnight(month), min(midnight(next_month(month)), until)
        # The desk's day begins up to an hour before UTC's in summer: the day after the last one may hold some of it.
        last = (end - 1) // DAY + 1
        for day in range(drawn, last + 1):
            _draw(backlog, day, seed, size, clocks)
        drawn = last + 1
        tickets, events, sent, answered = backlog.taken(start, end)
        pulse_sent, pulse_answers = relationship.pulse(month, seed, until)
        part = f"{month:%Y-%m}"
        faulty = {
            feed: [row.row for row in bad if (row.feed, row.month) == (feed, part) and epoch(row.exported) < until]
            for feed in ("tickets", "ticket_events")
        }
        export.large("tickets", part, files.ticket_tables(tickets, until), faulty["tickets"])
        export.large("ticket_events", part, files.event_tables(events), faulty["ticket_events"])
        export.large("survey_invitations", part, files.invitation_tables(sent, until), pulse_sent)
        export.large("survey_responses", part, files.response_tables(answered), pulse_answers)


def _draw(backlog: Backlog, day: int, seed: int, size: float, clocks: Clocks) -> None:
    """Adds one desk day: what chance drew and what is planted."""
    tickets, events, _ = draw_day(day, seed, size, clocks)
    resolvers = np.array(company.RESOLVERS)[tickets.service]
    last_team = np.where((tickets.hops != NEVER).any(axis=1), resolvers, tickets.team)
    backlog.add(tickets, events, draw_surveys(day, seed, tickets, last_team))
    by_hand = planted_tickets(day)
    if by_hand:
        backlog.add(*planted_rows(by_hand))


def _write_corrections(export: Export, until: int) -> None:
    """What the desk put right in May about March, once May has come."""
    if until <= epoch(CORRECTIONS_ARRIVE):
        return
    day, number, priority = late_ticket_number()
    tickets, _ = planted_rows([ticket for ticket in planted_tickets(day) if ticket.number == number])
    (table,) = files.ticket_tables(tickets, until)
    (row,) = files.as_text(table).to_pylist()
    export.small("ticket_events", late_events(), "late-correction")
    export.small("tickets", [{**row, "priority": company.PRIORITIES[priority]}], "late-correction")


def _write_monitoring(export: Export, until: int, seed: int) -> None:
    """The log of outages, and a file of checks for every month."""
    first, last = (HISTORY_STARTS - EPOCH).days, (until - 1) // DAY
    known = [outage for outage in all_outages(first, last, seed) if outage.started < until]
    export.small("outages", [_outage_row(outage, until) for outage in known])
    for month in months(HISTORY_STARTS, until):
        start, end = midnight(month) // DAY, (min(midnight(next_month(month)), until) - 1) // DAY + 1
        tables = (_check_table(checks(day, seed, known), until) for day in range(start, end))
        export.large("uptime_checks", f"{month:%Y-%m}", tables)


def _outage_row(outage: Outage, until: int) -> dict[str, str]:
    def at(instant: int | None) -> str:
        return "" if instant is None or instant >= until else iso(instant)

    return {
        "outage_id": outage.outage_id,
        "service_id": outage.service,
        "started_at": iso(outage.started),
        "ended_at": at(outage.ended),
        "kind": outage.kind,
        "cause": outage.cause,
        "attributed_to": outage.attributed_to,
        "detected_at": "" if outage.kind == "maintenance" else iso(outage.started),
        "notified_at": at(outage.notified),
        "data_loss_seconds": "" if outage.data_loss_seconds is None else str(outage.data_loss_seconds),
        "announced_at": at(outage.announced),
    }


def _check_table(day: Iterator[Check], until: int) -> pa.Table:
    """The checks of one day as the feed's columns, in the order of their instants."""
    rows = sorted((check for check in day if check.checked < until), key=lambda check: (check.checked, check.service))
    return pa.table(
        {
            "service_id": pa.array([check.service for check in rows], pa.string()),
            "checked_at": files.instants(np.array([check.checked for check in rows], dtype=np.int64)),
            "status": pa.array([check.status for check in rows], pa.string()),
            "response_ms": pa.array([check.response_ms for check in rows], pa.int64()),
        }
    )


def read_instant(text: str) -> int:
    """UTC epoch seconds of ISO 8601 with an offset or Z, fractions cut off. Raises ValueError saying what is wrong."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f'"{text}" is not an instant; write it like 2026-11-01T00:00:00Z') from error
    if instant.tzinfo is None:
        raise ValueError(f'"{text}" has no offset; add Z for UTC or an offset such as +01:00')
    return int(instant.astimezone(UTC).timestamp())


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code. The only place here that may look at the clock."""
    parser = argparse.ArgumentParser(prog="python -m examples.acme.generate", description=__doc__.split("\n")[0])
    parser.add_argument("--until", help="instant of the export, as 2026-11-01T00:00:00Z; else SLM_AS_OF, else now")
    parser.add_argument("--size", type=float, default=1.0, help="multiplies the tickets; 1 is about 4,000 a year")
    parser.add_argument("--seed", type=int, default=7, help="another seed is another history of the same company")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv", help="of the large feeds")
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER, help="the folder to write into")
    options = parser.parse_args(arguments)
    until = options.until or os.environ.get("SLM_AS_OF") or datetime.now(UTC).isoformat()
    try:
        written = generate(read_instant(until), options.out, options.size, options.seed, options.format)
    except ValueError as error:
        print(f"examples.acme.generate: {error}", file=sys.stderr)  # noqa: T201  (the command line speaks)
        return 2
    rows = {feed: sum(n for name, n in written.items() if name.startswith(f"{feed}-")) for feed in files.COLUMNS}
    print(f"{options.out}: {len(written)} files, {rows['tickets']:,} tickets, {rows['ticket_events']:,} events")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
