"""Adapter `files`: canonical feeds as files in a drop folder.

Belongs here: options of the source type, and which column of a file is which canonical one.
Does not belong here: file formats (readers), types and checks (canonical), rules between loads and feeds (settle).
Sits between landing and settle.
"""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

import duckdb
from pydantic import BeforeValidator, Field, model_validator

from ingestion.adapters.base import raw_records, raw_text, reject_faulty
from ingestion.canonical import DEFAULT_MAX_GAP_SECONDS, accept_rows
from ingestion.cells import one_of, trimmed
from ingestion.feeds import CANONICAL_FEEDS
from ingestion.landing import Load, RawFeed
from ingestion.options import Delimiter, Paths, SharedOptions, StrictOptions, Words
from ingestion.readers import FAULT_CODE, quoted
from settings.instants import parse_clock_duration


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
    is_one_row_per_record: ClassVar[bool] = True
    record_key: ClassVar[str | None] = None

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
                persons=tuple(self._source_column(name, column) for column in CANONICAL_FEEDS[name].persons),
                ticket=self._source_column(name, "ticket_id")
                if "ticket_id" in CANONICAL_FEEDS[name].column_names
                else None,
                texts=tuple(self._source_column(name, column) for column in CANONICAL_FEEDS[name].free_texts),
                messages=(self._source_column(name, "event_type"), self._source_column(name, "value"))
                if name == "ticket_events"
                else None,
                meant=tuple(self._source_column(name, column) for column in CANONICAL_FEEDS[name].column_names),
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
        key = []
        for name in CANONICAL_FEEDS[feed].key:
            text, admitted = (
                trimmed(raw_text(columns, self._source_column(feed, name))),
                CANONICAL_FEEDS[feed][name].values,
            )
            # An id is published, and a word that is not admitted may be any text that slipped into the column.
            key.append(
                f"case when {text} is null or {text} in {one_of(admitted)} then {text} else '…' end"
                if admitted
                else text
            )
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
        texts = ", ".join(f"{self._text(feed, name, load.columns)} as {quoted(name)}" for name in schema.column_names)
        rows = (
            f"(select load_id, _record_number as record_number, {texts} from {raw} as raw where {FAULT_CODE} is null)"
        )
        accept_rows(con, schema, rows, self.options, self.options.max_gap_seconds)

    def _text(self, feed: str, name: str, columns: Sequence[str]) -> str:
        """SQL of a canonical column in the source's own words."""
        return raw_text(columns, self._source_column(feed, name))

    def _source_column(self, feed: str, name: str) -> str:
        return self.options.feeds[feed].columns.get(name, name)
