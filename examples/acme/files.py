"""From columns to files: the desk's export as CSV (gzip) or Parquet.

Belongs here: ids and texts of the exported rows, the order of columns, writing without traces of the clock.
Does not belong here: what the rows say.
Sits after `tickets`, `surveys` and `planted`, before ingestion reads the folder.

The same rows give the same bytes: gzip without a time stamp, no row order that depends on a hash. Every file is written
beside its place and moved there, so a reader never finds half of one.
"""

import csv
import gzip
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from examples.acme import company
from examples.acme.surveys import AFTER_TICKET, ITEMS
from examples.acme.tables import NEVER, Events, Surveys, Tickets

Row = dict[str, str]
CHUNK = 400_000

_EPOCH = date(1970, 1, 1)
# The tool's own verdict: wall time to the first resolution, no calendar, no pauses, by priority.
TOOL_THRESHOLD_SECONDS = (4 * 3600, 24 * 3600, 10 * 86_400, 20 * 86_400)
# The tool counted one reassignment too many for every ticket opened on this day.
MISCOUNTED_DAY = (date(2026, 3, 11) - _EPOCH).days

COLUMNS: dict[str, tuple[str, ...]] = {
    "tickets": (
        "ticket_id", "customer_id", "service_id", "ticket_type", "priority", "opened_at", "requester_id", "team_id",
        "channel", "category", "parent_ticket_id", "source_made_sla", "source_reopen_count",
        "source_reassignment_count", "source_resolved_at", "source_closed_at",
    ),
    "ticket_events": (
        "event_id", "ticket_id", "occurred_at", "event_type", "value", "actor_role", "is_public", "promised_for",
        "recorded_at",
    ),
    "outages": (
        "outage_id", "service_id", "started_at", "ended_at", "kind", "cause", "attributed_to", "detected_at",
        "notified_at", "data_loss_seconds", "announced_at",
    ),
    "uptime_checks": ("service_id", "checked_at", "status", "response_ms"),
    "survey_responses": (
        "response_id", "instrument_id", "item", "score", "responded_at", "customer_id", "service_id", "ticket_id",
        "team_id", "respondent_role",
    ),
    "survey_invitations": (
        "invitation_id", "instrument_id", "sent_at", "delivered", "response_id", "customer_id", "service_id",
        "ticket_id",
    ),
    "touchpoints": (
        "touchpoint_id", "customer_id", "planned_at", "held_at", "kind", "channel", "initiated_by", "level",
        "business_outcome",
    ),
    "voice_items": (
        "item_id", "customer_id", "raised_at", "raised_by", "kind", "service_id", "answered_at", "status", "text",
    ),
    "costs": ("service_id", "tier", "period_start", "kind", "amount", "currency"),
    "employee_survey": ("wave", "team_id", "area", "mean", "n"),
}  # fmt: skip
_TIMES = frozenset(name for names in COLUMNS.values() for name in names if name.endswith("_at")) | {"promised_for"}
_BOOLEANS = frozenset(("is_public", "delivered", "source_made_sla"))
_NUMBERS = frozenset(("source_reopen_count", "source_reassignment_count", "score", "response_ms"))

_OWN_FILES = re.compile(
    r"^(tickets|ticket_events|uptime_checks|survey_responses|survey_invitations)-(\d{4}-\d{2}|late-correction)"
    r"\.(csv|csv\.gz|parquet)$|^(outages|touchpoints|voice_items|costs|employee_survey)\.csv$"
)
_UNFINISHED = ".unfinished-"


class Export:
    """The folder of one export. Files of an earlier export that this one does not write are removed at the end."""

    def __init__(self, folder: Path, file_format: str) -> None:
        """`file_format`: csv or parquet, for the large feeds; small ones are always CSV."""
        self._folder = folder
        self._is_parquet = file_format == "parquet"
        self._written: dict[str, int] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(f"{_UNFINISHED}*"):
            leftover.unlink()

    @property
    def holds_text(self) -> bool:
        """Whether a large feed can hold a row that is not even well formed."""
        return not self._is_parquet

    def large(self, feed: str, part: str, chunks: Iterable[pa.Table], more: Sequence[Row] = ()) -> None:
        """<feed>-<part> from tables with the feed's columns, typed, then `more`, rows of text."""
        name = f"{feed}-{part}" + (".parquet" if self._is_parquet else ".csv.gz")
        text = [self._text(feed, more)] if more else []
        if not self._is_parquet:
            self._csv(name, COLUMNS[feed], chain((as_text(chunk) for chunk in chunks), text))
            return
        schema, rows = _parquet_schema(feed), 0
        with pq.ParquetWriter(self._folder / f"{_UNFINISHED}{name}", schema) as writer:
            for table in chain(chunks, text):
                writer.write_table(table.select(schema.names).cast(schema))
                rows += table.num_rows
        self._finish(name, rows)

    def small(self, feed: str, rows: Sequence[Row], part: str | None = None) -> None:
        """<feed>.csv, or <feed>-<part>.csv, from rows of text."""
        name = f"{feed}-{part}.csv" if part else f"{feed}.csv"
        with (self._folder / f"{_UNFINISHED}{name}").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS[feed], restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        self._finish(name, len(rows))

    def close(self) -> dict[str, int]:
        """Removes what an earlier export left; the rows written to each file."""
        for path in self._folder.iterdir():
            if _OWN_FILES.match(path.name) and path.name not in self._written:
                path.unlink()
        return dict(sorted(self._written.items()))

    def _text(self, feed: str, rows: Sequence[Row]) -> pa.Table:
        return pa.table(
            {name: pa.array([row.get(name) or None for row in rows], pa.string()) for name in COLUMNS[feed]}
        )

    def _csv(self, name: str, columns: Sequence[str], tables: Iterable[pa.Table]) -> None:
        rows = 0
        options = pacsv.WriteOptions(include_header=False, quoting_style="none")  # no value holds a comma
        with _opened(self._folder / f"{_UNFINISHED}{name}") as file:
            file.write((",".join(columns) + "\n").encode())
            for table in tables:
                if table.num_rows:
                    pacsv.write_csv(table.select(list(columns)), file, write_options=options)
                rows += table.num_rows
        self._finish(name, rows)

    def _finish(self, name: str, rows: int) -> None:
        os.replace(self._folder / f"{_UNFINISHED}{name}", self._folder / name)
        self._written[name] = rows


class _Gzip(gzip.GzipFile):
    """A gzip file that remembers neither its name nor the time."""

    def __init__(self, raw: IO[bytes]) -> None:
        super().__init__(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0)
        self._raw = raw

    def close(self) -> None:
        super().close()
        self._raw.close()


def _opened(path: Path) -> IO[bytes]:
    raw = path.open("wb")
    return _Gzip(raw) if path.name.endswith(".gz") else raw  # type: ignore[return-value]


def _parquet_schema(feed: str) -> pa.Schema:
    def kind(name: str) -> pa.DataType:
        if name in _TIMES:
            return pa.timestamp("us", tz="UTC")
        return pa.bool_() if name in _BOOLEANS else pa.int64() if name in _NUMBERS else pa.string()

    return pa.schema([(name, kind(name)) for name in COLUMNS[feed]])


def as_text(table: pa.Table) -> pa.Table:
    """Every column as it is written in CSV: instants with Z, true and false, whole numbers."""

    def text(column: pa.ChunkedArray) -> pa.ChunkedArray:
        if pa.types.is_timestamp(column.type):
            return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
        return column.cast(pa.string())

    return pa.table({name: text(table[name]) for name in table.column_names})


# --- columns --------------------------------------------------------------------------------------------------------


def instants(values: np.ndarray) -> pa.Array:
    """UTC instants; null where NEVER."""
    return pa.array(values, pa.int64(), mask=values == NEVER).cast(pa.timestamp("s", tz="UTC"))


def words(table: Sequence[str], positions: np.ndarray) -> pa.Array:
    """The words at the positions; null where negative."""
    return pc.take(pa.array(table, pa.string()), pa.array(positions, pa.int64(), mask=positions < 0))


def ticket_ids(day: np.ndarray, number: np.ndarray) -> pa.Array:
    """INC, the desk day, the number; null where the number is NEVER."""
    days, position = np.unique(day, return_inverse=True)
    prefixes = [f"INC{_EPOCH + timedelta(days=int(one)):%y%m%d}-" for one in days]
    return pc.binary_join_element_wise(words(prefixes, position), _padded(number, 6), "")


def _padded(number: np.ndarray, width: int) -> pa.Array:
    text = pa.array(number, pa.int64(), mask=number == NEVER).cast(pa.string())
    return pc.utf8_lpad(text, width=width, padding="0")


def _constant(text: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), rows)


def _chunks(rows: int) -> Iterator[slice]:
    for start in range(0, rows, CHUNK):
        yield slice(start, start + CHUNK)


def ticket_tables(tickets: Tickets, until: int) -> Iterator[pa.Table]:
    """Tickets as exported at `until` (UTC epoch seconds): what the tool says of itself is what it knew by then."""
    order = np.lexsort((tickets.number, tickets.opened))
    for part in _chunks(len(order)):
        rows = tickets.take(order[part])
        yield pa.table(_ticket_columns(rows, until))


def _ticket_columns(rows: Tickets, until: int) -> dict[str, pa.Array]:
    def known(values: np.ndarray) -> np.ndarray:
        return np.where(values < until, values, NEVER)

    resolved, again = known(rows.resolved), known(rows.resolved_again)
    last_resolved, last_closed = np.maximum(resolved, again), np.maximum(known(rows.closed), known(rows.closed_again))
    is_resolved = resolved != NEVER
    is_quick = resolved - rows.opened <= np.array(TOOL_THRESHOLD_SECONDS)[rows.priority]
    moves = ((rows.hops != NEVER) & (rows.hops < until)).sum(axis=1) + (rows.day == MISCOUNTED_DAY)
    prefix = pc.binary_join_element_wise(
        words(company.CUSTOMER_PREFIXES, rows.customer), _padded(rows.requester, 4), "-"
    )
    return {
        "ticket_id": ticket_ids(rows.day, rows.number),
        "customer_id": words(company.CUSTOMERS, rows.customer),
        "service_id": words(company.SERVICES, rows.service),
        "ticket_type": words(company.TICKET_TYPES, rows.ticket_type),
        "priority": words(company.PRIORITIES, rows.priority),
        "opened_at": instants(rows.opened),
        "requester_id": prefix,
        "team_id": words(company.TEAMS, rows.team),
        "channel": words(company.CHANNELS, rows.channel),
        "category": words(company.CATEGORIES, rows.category),
        "parent_ticket_id": ticket_ids(rows.day, np.where(known(rows.merged) != NEVER, rows.parent, NEVER)),
        "source_made_sla": pa.array(is_quick, pa.bool_(), mask=~is_resolved),
        "source_reopen_count": pa.array((known(rows.reopened) != NEVER).astype(np.int64)),
        "source_reassignment_count": pa.array(moves.astype(np.int64)),
        "source_resolved_at": instants(last_resolved),
        "source_closed_at": instants(last_closed),
    }


def event_tables(events: Events) -> Iterator[pa.Table]:
    """Events in the order of their instants."""
    order = np.lexsort((events.sequence, events.number, events.day, events.occurred))
    for part in _chunks(len(order)):
        rows = events.take(order[part])
        tickets = ticket_ids(rows.day, rows.number)
        value = words(company.VALUES, rows.value)
        promise = pc.binary_join_element_wise(_constant("PR", len(rows)), tickets, "-")
        lag = (rows.number * 7 + rows.sequence * 3) % 5  # the tool writes things down within seconds
        yield pa.table(
            {
                "event_id": pc.binary_join_element_wise(tickets, _padded(rows.sequence, 3), "-"),
                "ticket_id": tickets,
                "occurred_at": instants(rows.occurred),
                "event_type": words(company.EVENT_TYPES, rows.kind),
                "value": pc.if_else(pa.array(rows.value == company.PROMISE_VALUE), promise, value),
                "actor_role": words(company.ROLES, rows.role),
                "is_public": pa.array(rows.is_public, pa.bool_()),
                "promised_for": instants(rows.promised),
                "recorded_at": instants(rows.occurred + lag),
            }
        )


def invitation_tables(surveys: Surveys, until: int) -> Iterator[pa.Table]:
    """Invitations in the order they were sent; the response is named once it is there."""
    order = np.lexsort((surveys.number, surveys.day, surveys.sent))
    for part in _chunks(len(order)):
        rows = surveys.take(order[part])
        tickets = ticket_ids(rows.day, rows.number)
        has_answer = (rows.responded != NEVER) & (rows.responded < until)
        answered = ticket_ids(rows.day, np.where(has_answer, rows.number, NEVER))
        yield pa.table(
            {
                "invitation_id": pc.binary_join_element_wise(_constant("SI", len(rows)), tickets, "-"),
                "instrument_id": _constant(AFTER_TICKET, len(rows)),
                "sent_at": instants(rows.sent),
                "delivered": pa.array(rows.is_delivered, pa.bool_()),
                "response_id": pc.binary_join_element_wise(_constant("SR", len(rows)), answered, "-"),
                "customer_id": words(company.CUSTOMERS, rows.customer),
                "service_id": words(company.SERVICES, rows.service),
                "ticket_id": tickets,
            }
        )


def response_tables(surveys: Surveys) -> Iterator[pa.Table]:
    """Answers in the order they came, one row per item. `surveys`: answered ones only."""
    order = np.lexsort((surveys.number, surveys.day, surveys.responded))
    for part in _chunks(len(order)):
        rows = surveys.take(order[part])
        each = np.repeat(np.arange(len(rows)), len(ITEMS))
        tickets = ticket_ids(rows.day[each], rows.number[each])
        yield pa.table(
            {
                "response_id": pc.binary_join_element_wise(_constant("SR", len(each)), tickets, "-"),
                "instrument_id": _constant(AFTER_TICKET, len(each)),
                "item": words(ITEMS, np.tile(np.arange(len(ITEMS)), len(rows))),
                "score": pa.array(rows.scores.reshape(-1).astype(np.int64)),
                "responded_at": instants(rows.responded[each]),
                "customer_id": words(company.CUSTOMERS, rows.customer[each]),
                "service_id": words(company.SERVICES, rows.service[each]),
                "ticket_id": tickets,
                "team_id": words(company.TEAMS, rows.team[each]),
                "respondent_role": _constant("customer", len(each)),
            }
        )
