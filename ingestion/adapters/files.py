"""Adapter `files`: canonical feeds as files in a drop folder.

Belongs here: options of the source type, and the checks of every canonical feed.
Does not belong here: file formats (readers), rules between loads and between feeds (settle).
Sits between landing and settle.
"""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

import duckdb
from pydantic import BeforeValidator, Field, model_validator

from ingestion.adapters.base import (
    Delimiter,
    Paths,
    SharedOptions,
    StrictOptions,
    Words,
    raw_records,
    raw_text,
    reject_faulty,
)
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
from ingestion.feeds import CANONICAL_FEEDS, EVENT_TYPES_WITH_VALUE, STATUSES, Column, Feed
from ingestion.landing import Load, RawFeed
from ingestion.readers import FAULT_CODE, literal, quoted
from settings.instants import parse_clock_duration

DEFAULT_MAX_GAP_SECONDS = 26 * 3600
# Which map translates the value of an event of a type.
_VALUE_MAPS = {
    "status": "statusMap",
    "priority": "priorityMap",
    "service": "serviceMap",
    "customer": "customerMap",
    "team": "teamMap",
}


class FeedFiles(StrictOptions):
    """Where one feed's files are. `columns` names the source's own column of a canonical one."""

    path: Paths
    mode: Literal["append", "snapshot"] = "append"
    columns: Words = Field(default={})
    delimiter: Delimiter = ","


def _long_form(value: Any) -> Any:
    """A path or a list of paths is short for {path: …}."""
    if not isinstance(value, dict):
        return value
    return {name: {"path": files} if isinstance(files, str | list) else files for name, files in value.items()}


class CheckOptions(SharedOptions):
    """Options of a source of monitoring checks. `max_gap` is how long a check's state holds, an ISO 8601 duration."""

    max_gap: str | None = None

    @model_validator(mode="after")
    def _max_gap_is_a_duration(self) -> Self:
        if self.max_gap_seconds <= 0:
            raise ValueError("maxGap: must be longer than nothing")
        return self

    @property
    def max_gap_seconds(self) -> int:
        """How long a check's state holds at most."""
        return DEFAULT_MAX_GAP_SECONDS if self.max_gap is None else parse_clock_duration(self.max_gap)


class FilesOptions(CheckOptions):
    """Options of a source of type `files`."""

    feeds: Annotated[dict[str, FeedFiles], BeforeValidator(_long_form), Field(min_length=1)]

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for feed in self.feeds:
            if feed not in CANONICAL_FEEDS:
                raise ValueError(f'feeds: "{feed}" is no feed; the feeds are {", ".join(CANONICAL_FEEDS)}')
        for feed, files in self.feeds.items():
            for name in files.columns:
                if name not in CANONICAL_FEEDS[feed].column_names:
                    names = ", ".join(CANONICAL_FEEDS[feed].column_names)
                    raise ValueError(
                        f'feeds.{feed}.columns: "{name}" is no column of the feed; its columns are {names}'
                    )
        named = {name for feed in self.feeds for name in CANONICAL_FEEDS[feed].column_names}
        for name in self.defaults:
            if name not in named:
                raise ValueError(f'defaults: "{name}" is no column of any feed of this source')
        return self


class FilesAdapter:
    """Raw feeds are the canonical feeds themselves; one record is one row."""

    options_model: ClassVar[type[FilesOptions]] = FilesOptions
    is_per_load: ClassVar[bool] = True
    is_settled_by_key: ClassVar[bool] = True

    def __init__(self, options: FilesOptions) -> None:
        self.options = options

    def raw_feeds(self) -> list[RawFeed]:
        """The raw feeds that are landed, with the columns each file must have."""
        return [
            RawFeed(
                name,
                tuple(files.path),
                alternatives=tuple(
                    (files.columns.get(column, column),)
                    for column in CANONICAL_FEEDS[name].required
                    if column not in self.options.defaults
                ),
                is_snapshot=files.mode == "snapshot",
                delimiter=files.delimiter,
            )
            for name, files in self.options.feeds.items()
        ]

    def canonical_feeds(self, feed: str) -> tuple[str, ...]:
        """The canonical feeds that the raw feed's records become."""
        return (feed,)

    def meaning(self, feed: str) -> dict[str, Any]:
        """The options that decide how the raw feed's records are understood."""
        names = CANONICAL_FEEDS[feed].column_names
        options = self.options
        meaning: dict[str, Any] = {
            "columns": options.feeds[feed].columns,
            "timeZone": options.time_zone,
            "defaults": {name: value for name, value in options.defaults.items() if name in names},
            "maps": {
                option: options.words(option)
                for option in ("statusMap", "serviceMap", "customerMap", "teamMap", "priorityMap")
            },
        }
        if feed == "uptime_checks":
            meaning["maxGap"] = options.max_gap_seconds
        return meaning

    def identity(self, feed: str, columns: Sequence[str]) -> tuple[str, str]:
        """SQL of a raw record's id and its ticket's id."""
        key = [trimmed(raw_text(columns, self._source_column(feed, name))) for name in CANONICAL_FEEDS[feed].key]
        ticket = "cast(null as varchar)"
        if "ticket_id" in CANONICAL_FEEDS[feed].column_names:
            ticket = trimmed(raw_text(columns, self._source_column(feed, "ticket_id")))
        return f"nullif(concat_ws('|', {', '.join(key)}), '')", ticket

    def interpret(self, con: duckdb.DuckDBPyConnection, feed: str, loads: Sequence[Load]) -> None:
        """Fill the tables of the outcome and `accepted_<feed>` from the loads."""
        schema = CANONICAL_FEEDS[feed]
        (load,) = loads
        raw = raw_records(loads)
        reject_faulty(con, raw)
        texts = self._texts(schema, load.columns)
        selected = ", ".join(f"{text} as {quoted(name)}" for name, text in texts.items())
        text_query = (
            f"select load_id, _record_number as record_number, {selected} from {raw} as raw where {FAULT_CODE} is null"
        )
        checks = self._create_typed(con, schema, f"(select * replace ({self._value_text(schema)}) from ({text_query}))")
        checks_table(con, "checks", checks)
        con.execute(
            f"""
            insert into rejected
            select typed.load_id, typed.record_number, checks.column_name, checks.reason_code,
                {sentence("checks.column_name", "typed.shown", "checks.sentence")}
            from typed inner join checks on typed.failure = checks.number
            """
        )
        con.execute("delete from typed where failure > 0")
        self._keep_one_of_each_key(con, schema)
        extra = f", cast({self.options.max_gap_seconds} as bigint) as max_gap_seconds" if schema.extra else ""
        con.execute(
            f"""
            create or replace temp view accepted_{feed} as
            select load_id, record_number, {", ".join(quoted(name) for name in schema.column_names)}{extra}
            from typed anti join duplicates using (load_id, record_number)
            """
        )

    def _source_column(self, feed: str, name: str) -> str:
        return self.options.feeds[feed].columns.get(name, name)

    def _texts(self, schema: Feed, columns: Sequence[str]) -> dict[str, str]:
        """SQL of each canonical column as the project's own text: trimmed, translated, defaulted."""
        texts = {}
        for column in schema.columns:
            own = trimmed(raw_text(columns, self._source_column(schema.name, column.name)), column.is_free_text)
            text = translated(own, self.options.words(column.mapped_by))
            default = self.options.defaults.get(column.name, column.default)
            texts[column.name] = text if default is None else f"coalesce({text}, {literal(default)})"
        return texts

    def _value_text(self, schema: Feed) -> str:
        """The value of an event, translated by the map of its type."""
        if schema.name != "ticket_events":
            name = quoted(schema.column_names[0])
            return f"{name} as {name}"
        cases = " ".join(
            f"when {literal(kind)} then {translated('value', self.options.words(option))}"
            for kind, option in _VALUE_MAPS.items()
            if self.options.words(option)
        )
        return f"case event_type {cases} else value end as value" if cases else "value as value"

    def _create_typed(self, con: duckdb.DuckDBPyConnection, schema: Feed, texts: str) -> list[Check]:
        """Table `typed`: typed columns, the number of the first failed check, the text to show of it."""
        zone = self.options.zone
        values = {column.name: parsed(column.kind, quoted(column.name)) for column in schema.columns}
        joins, order = "", ""
        if zone is not None:
            instants = [column.name for column in schema.columns if column.kind == "instant"]
            walls = " union all ".join(f"select {wall_time(quoted(name))} from {texts} as texts" for name in instants)
            local_minutes_table(con, "local_minutes", walls, zone)
            joins, utc = utc_of_walls({name: wall_time(quoted(name)) for name in instants}, "local_minutes")
            values |= {name: f"coalesce({values[name]}, {utc[name]})" for name in instants}
            order = "order by record_number"
        own = ", ".join(f"{value} as {quoted(name)}" for name, value in values.items())
        shown = ", ".join(f"{quoted(name)} as {quoted('text_' + name)}" for name in values)
        checks = _checks(schema, has_zone=zone is not None)
        failure, to_show = first_failure(checks)
        con.execute(
            f"""
            create or replace temp table typed as
            with texts as (select * from {texts}),
            parsed as (select load_id, record_number, {own}, {shown} from texts{joins}),
            checked as (select *, {failure} as failure from parsed)
            select load_id, record_number, {", ".join(quoted(name) for name in values)}, failure, {to_show} as shown
            from checked {order}
            """
        )
        return checks

    def _keep_one_of_each_key(self, con: duckdb.DuckDBPyConnection, schema: Feed) -> None:
        """Later by recorded_at, then later in the load (files by name, lines in order) wins."""
        order = ["recorded_at desc nulls last"] if "recorded_at" in schema.column_names else []
        find_duplicates(con, "duplicates", "typed", schema.key, schema.column_names, [*order, "record_number desc"])
        key = ", ".join(schema.key)
        said = f"{key} occurs again in this load with other values (record "
        con.execute(
            f"""
            insert into rejected
            select load_id, record_number, '{schema.key[0]}', 'conflicting_in_load',
                {literal(said)} || kept_record_number || ' of the load); the last one is kept'
            from duplicates where not is_identical;
            insert into collapsed
            select load_id, record_number, kept_record_number from duplicates where is_identical;
            """
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
