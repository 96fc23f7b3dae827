"""Rows of a canonical feed: from text, in the source's own words, to typed and accepted rows.

Belongs here: translation, defaults, types and checks of every canonical feed, and which of several rows of one key in
one load is kept.
Does not belong here: how a system's records become such rows (adapters), rules between loads and feeds (settle).
Sits between the cells and the adapters.
"""

from collections.abc import Mapping
from typing import Protocol
from zoneinfo import ZoneInfo

import duckdb

from ingestion.cells import (
    Check,
    checks_table,
    first_failure,
    kind_checks,
    local_minutes_table,
    one_of,
    parsed,
    sentence,
    translated,
    trimmed,
    utc_of_walls,
    wall_time,
)
from ingestion.duplicates import find_duplicates
from ingestion.feeds import EVENT_TYPES_WITH_VALUE, STATUSES, Column, Feed
from ingestion.readers import literal, quoted

DEFAULT_MAX_GAP_SECONDS = 26 * 3600
# Which map translates the value of an event of a type.
_VALUE_MAPS = {
    "status": "statusMap",
    "priority": "priorityMap",
    "service": "serviceMap",
    "customer": "customerMap",
    "team": "teamMap",
}


class Wording(Protocol):
    """What a source's options say about its own words."""

    @property
    def defaults(self) -> Mapping[str, str]:
        """Constants for columns that are missing or empty."""

    @property
    def zone(self) -> ZoneInfo | None:
        """Zone of times without an offset; None = such times are an error."""

    def words(self, option: str | None) -> Mapping[str, str]:
        """The map of that name."""


def accept_rows(
    con: duckdb.DuckDBPyConnection,
    schema: Feed,
    rows: str,
    wording: Wording,
    max_gap_seconds: int = DEFAULT_MAX_GAP_SECONDS,
    *,
    is_one_row_per_record: bool = True,
) -> None:
    """Make `accepted_<feed>` of the good rows, and add to `rejected` and `collapsed` what became of the others.

    `rows` is an SQL relation with load_id, record_number and every column of the feed as text. Where one record yields
    several rows, each stands for itself: a row that equals another is dropped, and nothing is said of its record.
    """
    texts = ", ".join(f"{text} as {quoted(name)}" for name, text in _texts(schema, wording).items())
    place = "record_number" if is_one_row_per_record else "row_number() over ()"
    query = f"select load_id, record_number, {place} as row_place, {texts} from {rows} as rows"
    typed = f"typed_{schema.name}"
    checks = _create_typed(
        con, typed, schema, f"(select * replace ({_value_text(schema, wording)}) from ({query}))", wording
    )
    checks_table(con, "checks", checks)
    con.execute(
        f"""
        insert into rejected
        select typed.load_id, typed.record_number, checks.column_name, checks.reason_code,
            {sentence("checks.column_name", "typed.shown", "checks.sentence")}
        from {typed} as typed inner join checks on typed.failure = checks.number;
        delete from {typed} where failure > 0;
        """
    )
    _keep_one_of_each_key(con, typed, schema, is_one_row_per_record)
    extra = f", cast({max_gap_seconds} as bigint) as max_gap_seconds" if schema.extra else ""
    con.execute(
        f"""
        create or replace temp view accepted_{schema.name} as
        select load_id, record_number, {", ".join(quoted(name) for name in schema.column_names)}{extra}
        from {typed} anti join duplicates_{schema.name} using (load_id, row_place)
        """
    )


def _texts(schema: Feed, wording: Wording) -> dict[str, str]:
    """SQL of each column as the project's own text: trimmed, translated, defaulted."""
    texts = {}
    for column in schema.columns:
        own = trimmed(quoted(column.name), column.is_free_text)
        text = translated(own, wording.words(column.mapped_by))
        default = wording.defaults.get(column.name, column.default)
        texts[column.name] = text if default is None else f"coalesce({text}, {literal(default)})"
    return texts


def _value_text(schema: Feed, wording: Wording) -> str:
    """The value of an event, translated by the map of its type."""
    if schema.name != "ticket_events":
        name = quoted(schema.column_names[0])
        return f"{name} as {name}"
    cases = " ".join(
        f"when {literal(kind)} then {translated('value', wording.words(option))}"
        for kind, option in _VALUE_MAPS.items()
        if wording.words(option)
    )
    return f"case event_type {cases} else value end as value" if cases else "value as value"


def _create_typed(
    con: duckdb.DuckDBPyConnection, table: str, schema: Feed, texts: str, wording: Wording
) -> list[Check]:
    """A table of typed columns, the number of the first failed check, the text to show of it."""
    zone = wording.zone
    values = {column.name: parsed(column.kind, quoted(column.name)) for column in schema.columns}
    joins, order = "", ""
    if zone is not None:
        instants = [column.name for column in schema.columns if column.kind == "instant"]
        walls = " union all ".join(f"select {wall_time(quoted(name))} from {texts} as texts" for name in instants)
        local_minutes_table(con, "local_minutes", walls, zone)
        joins, utc = utc_of_walls({name: wall_time(quoted(name)) for name in instants}, "local_minutes")
        values |= {name: f"coalesce({values[name]}, {utc[name]})" for name in instants}
        order = "order by load_id, row_place"
    own = ", ".join(f"{value} as {quoted(name)}" for name, value in values.items())
    shown = ", ".join(f"{quoted(name)} as {quoted('text_' + name)}" for name in values)
    checks = _checks(schema, has_zone=zone is not None)
    failure, to_show = first_failure(checks)
    con.execute(
        f"""
        create or replace temp table {table} as
        with texts as (select * from {texts}),
        parsed as (select load_id, record_number, row_place, {own}, {shown} from texts{joins}),
        checked as (select *, {failure} as failure from parsed)
        select load_id, record_number, row_place, {", ".join(quoted(name) for name in values)}, failure,
            {to_show} as shown
        from checked {order}
        """
    )
    return checks


def _keep_one_of_each_key(
    con: duckdb.DuckDBPyConnection, typed: str, schema: Feed, is_one_row_per_record: bool
) -> None:
    """Later by recorded_at, then later in the load (files by name, lines in order) wins."""
    order = ["recorded_at desc nulls last"] if "recorded_at" in schema.column_names else []
    duplicates = f"duplicates_{schema.name}"
    find_duplicates(
        con, duplicates, typed, ("load_id", *schema.key), schema.column_names, [*order, "row_place desc"], "row_place"
    )
    key = ", ".join(schema.key)
    said = f"{key} occurs again in this load with other values (record "
    con.execute(
        f"""
        insert into rejected
        select load_id, record_number, '{schema.key[0]}', 'conflicting_in_load',
            {literal(said)} || kept_record_number || ' of the load); the last one is kept'
        from {duplicates} where not is_identical
        """
    )
    if is_one_row_per_record:
        con.execute(
            f"insert into collapsed select load_id, record_number, kept_record_number from {duplicates}"
            " where is_identical"
        )


def _checks(schema: Feed, has_zone: bool) -> list[Check]:
    """Everything that may be wrong with one row of a feed; column by column, then between columns."""
    checks: list[Check] = []
    for column in schema.columns:
        checks += _column_checks(column, has_zone)
    if schema.name == "ticket_events":
        checks += _event_checks()
    if schema.name == "outages":
        checks.append(
            Check("ended_at < started_at", "ended_at", "ended_before_started", "is before started_at", "text_ended_at")
        )
    return checks


def _column_checks(column: Column, has_zone: bool) -> list[Check]:
    value, text = quoted(column.name), quoted("text_" + column.name)
    checks = []
    if column.is_required:
        checks.append(Check(f"{text} is null", column.name, "missing_value", "is empty; the feed requires it"))
    checks += kind_checks(column.kind, column.name, text, value, has_zone)
    if column.values:
        said = f"is none of {', '.join(column.values)}"
        if column.mapped_by:
            said += f"; map the source's own words in {column.mapped_by}"
        checks.append(Check(f"{value} not in {one_of(column.values)}", column.name, column.refusal, said, text))
    return checks


def _event_checks() -> list[Check]:
    needs_value = f"event_type in {one_of(EVENT_TYPES_WITH_VALUE)} and value is null"
    unknown = f"event_type = 'status' and value not in {one_of(STATUSES)}"
    promised = "event_type = 'promise' and promised_for is null"
    said = f"is no status; map it in statusMap to one of {', '.join(STATUSES)}"
    return [
        Check(needs_value, "value", "missing_value", "is empty; an event of this type needs a value"),
        Check(unknown, "value", "unknown_status", said, "value"),
        Check(promised, "promised_for", "missing_value", "is empty; a promise needs the promised time"),
    ]
