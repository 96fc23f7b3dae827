"""Adapter of all connectors: pulled records become rows as the connector declares.

Belongs here: the relations a connector's declarations refer to, and the fate of their rows.
Does not belong here: what any system's records mean (connectors), types and checks (canonical).
Sits between landing and settle.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import duckdb

from ingestion.adapters.base import raw_records, reject_faulty
from ingestion.canonical import accept_rows
from ingestion.connectors.base import Connector, ConnectorOptions, PulledFeed, PullOptions, Rows
from ingestion.feeds import CANONICAL_FEEDS, Feed
from ingestion.landing import Load, RawFeed
from ingestion.pulling.load import DELETED, KEY, PAYLOAD
from ingestion.readers import FAULT_CODE, literal, quoted

# Options that say how records are asked for, not what they mean.
_TRANSPORT = frozenset(ConnectorOptions.model_fields) - {
    "time_zone", "defaults", "status_map", "service_map", "customer_map", "team_map", "priority_map", "max_gap"
} | {"token", "user", "password", "oauth", "path", "database", "db_schema", "plain_database"}  # fmt: skip


class ConnectorAdapter:
    """A record yields any number of rows of any number of feeds; a later version of it replaces them all."""

    is_settled_by_key: ClassVar[bool] = True
    is_one_row_per_record: ClassVar[bool] = False
    record_key: ClassVar[str | None] = KEY

    def __init__(self, connector: Connector[Any], loads: Mapping[str, Sequence[Load]] | None = None) -> None:
        self.connector = connector
        self._feeds = {feed.name: feed for feed in connector.feeds()}
        self._loads = loads or {}

    @property
    def options(self) -> PullOptions:
        """What the source says."""
        own: PullOptions = self.connector.options
        return own

    @property
    def is_per_load(self) -> bool:
        """Whether no record needs those of other feeds to be understood."""
        return not any(feed.looks_into for feed in self._feeds.values())

    def with_loads(self, loads: Mapping[str, Sequence[Load]]) -> "ConnectorAdapter":
        """The adapter that knows all loads of the source, which feeds that look into others need."""
        return ConnectorAdapter(self.connector, loads)

    def raw_feeds(self) -> list[RawFeed]:
        """The raw feeds that are landed."""
        persons = (PAYLOAD,) if self.connector.names_persons else ()
        return [RawFeed(name, (), persons=persons) for name in self._feeds]

    def pulled_feed(self, feed: str) -> PulledFeed:
        """The declaration of a raw feed."""
        return self._feeds[feed]

    def canonical_feeds(self, feed: str) -> tuple[str, ...]:
        """The canonical feeds that the raw feed's records become."""
        return tuple(self._feeds[feed].rows)

    def meaning(self, feed: str) -> dict[str, Any]:
        """The options that decide how records are understood, and the loads of other feeds that are looked into."""
        return {
            "connector": type(self.connector).__name__,
            "options": self.options.model_dump(mode="json", exclude=set(_TRANSPORT)),
            "looks into": {
                name: [load.version for load in self._loads.get(name, ())] for name in self._feeds[feed].looks_into
            },
        }

    def identity(self, feed: str, columns: Sequence[str]) -> tuple[str, str]:
        """SQL of a raw record's key and its ticket's id."""
        ticket = self._feeds[feed].ticket
        if ticket is None:
            return KEY, "cast(null as varchar)"
        return KEY, f"json_extract_string({PAYLOAD}, {literal(self._feeds[feed].fields[ticket])})"

    def interpret(self, con: duckdb.DuckDBPyConnection, feed: str, loads: Sequence[Load]) -> None:
        """Fill the tables of the outcome and `accepted_<feed>` from the loads."""
        declared = self._feeds[feed]
        raw = raw_records(loads)
        reject_faulty(con, raw)
        _create_records(con, "record", declared, raw, is_latest_only=False)
        for name in declared.looks_into:
            others = self._loads.get(name, ())
            _create_records(con, name, self._feeds[name], raw_records(others) if others else None, is_latest_only=True)
        for name, rows in declared.rows.items():
            schema = CANONICAL_FEEDS[name]
            accept_rows(
                con,
                schema,
                _text_rows(schema, rows),
                self.options,
                self.options.max_gap_seconds,
                is_one_row_per_record=False,
            )
        # A record is taken in with all its rows or not at all, and has one entry whatever is wrong with how many.
        con.execute(
            """
            create or replace temp table rejected as
            select * from rejected
            qualify row_number() over (partition by load_id, record_number order by rowid) = 1
            """
        )
        for name in declared.rows:
            con.execute(
                f"""
                delete from typed_{name} using rejected
                where typed_{name}.load_id = rejected.load_id and typed_{name}.record_number = rejected.record_number
                """
            )


def _create_records(
    con: duckdb.DuckDBPyConnection, name: str, feed: PulledFeed, raw: str | None, *, is_latest_only: bool
) -> None:
    """Table `name`: the readable records, their fields as text; one JSON pass per record. Deleted ones if asked for."""
    fields = "".join(f", fields[{place}] as {quoted(field)}" for place, field in enumerate(feed.fields, start=1))
    paths = ", ".join(literal(path) for path in feed.fields.values())
    latest = (
        f"qualify row_number() over (partition by {KEY} order by load_id desc, record_number desc) = 1"
        if is_latest_only
        else ""
    )
    source = (
        f"select load_id, _record_number as record_number, {KEY}, {PAYLOAD}, {DELETED} = 'true' as is_missing"
        f" from {raw} where {FAULT_CODE} is null {latest}"
        if raw
        else f"select '' as load_id, 0 as record_number, '' as {KEY}, '' as {PAYLOAD}, true as is_missing where false"
    )
    con.execute(
        f"""
        create or replace temp table {quoted(name)} as
        with parsed as (
            select load_id, record_number, {KEY}, {PAYLOAD}, is_missing,
                json_extract_string({PAYLOAD}, [{paths}]) as fields
            from ({source})
        ),
        read as (select * exclude (fields){fields} from parsed),
        told as (select * exclude (is_missing), is_missing or coalesce({feed.deleted_when}, false) as is_gone from read)
        select * from told {"" if feed.shows_gone else "where not is_gone"} order by load_id, record_number
        """
    )


def _text_rows(schema: Feed, rows: Rows) -> str:
    """SQL relation of a connector's rows with every column of the feed as text."""
    unknown = set(rows.columns) - set(schema.column_names)
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))}: no column of {schema.name}")
    columns = ", ".join(
        f"cast({rows.columns.get(name, 'null')} as varchar) as {quoted(name)}" for name in schema.column_names
    )
    prepare = f"with {rows.prepare} " if rows.prepare else ""
    return (
        f"({prepare}select record.load_id, record.record_number, {columns} from {rows.source} where {rows.where}"
        " order by record.load_id, record.record_number)"
    )
