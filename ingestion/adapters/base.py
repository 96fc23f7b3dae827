"""What an adapter is.

Belongs here: the interface between the engine of ingestion and one system's adapter.
Does not belong here: anything that only one system knows.
Sits between landing and the adapters.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import duckdb

from ingestion.landing import Load, RawFeed
from ingestion.options import SharedOptions
from ingestion.readers import FAULT, FAULT_CODE, quoted, sql_path

# Goes up whenever the same raw record would be understood differently, or its rows get another column: every load is
# then interpreted anew.
INTERPRETATION_VERSION = 4


class Adapter(Protocol):
    """One system's way from raw records to canonical rows.

    `is_per_load`: a load can be understood without the others; otherwise all loads are interpreted together.
    `is_settled_by_key`: rows of several loads meet by the feed's key, and events need their ticket (see settle);
    otherwise the adapter has done so itself. `is_one_row_per_record`: every good record becomes exactly one row.
    `record_key`: the raw column by which a later version of a record replaces all rows of an earlier one, if any.
    """

    @property
    def is_per_load(self) -> bool:
        """See above."""

    is_settled_by_key: ClassVar[bool]
    is_one_row_per_record: ClassVar[bool]
    record_key: ClassVar[str | None]

    @property
    def options(self) -> SharedOptions:
        """What the source says."""

    def raw_feeds(self) -> Sequence[RawFeed]:
        """What is landed, in the order in which it is interpreted."""

    def canonical_feeds(self, feed: str) -> tuple[str, ...]:
        """The canonical feeds that the raw feed's records become."""

    def meaning(self, feed: str) -> dict[str, Any]:
        """The options that decide how records of the raw feed are understood: a change means interpreting anew."""

    def identity(self, feed: str, columns: Sequence[str]) -> tuple[str, str]:
        """SQL over raw columns: the record's id and its ticket's id, as text, for the quarantine."""

    def interpret(self, con: duckdb.DuckDBPyConnection, feed: str, loads: Sequence[Load]) -> None:
        """Fill the temp tables of `create_outcome` from the loads."""


def signature(adapter: Adapter, feed: str, loads: Sequence[Load]) -> str:
    """What an interpretation depends on: the options that matter, and the loads it was made from."""
    content = {
        "version": INTERPRETATION_VERSION,
        "adapter": type(adapter).__name__,
        "meaning": adapter.meaning(feed),
        "loads": [load.version for load in loads],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def raw_records(loads: Sequence[Load]) -> str:
    """SQL relation of the raw records of `loads`, with their load_id; columns by name."""
    selects = [f"select '{load.load_id}' as load_id, * from read_parquet('{sql_path(load.records)}')" for load in loads]
    return "(" + " union all by name ".join(selects) + ")"


def all_columns(loads: Sequence[Load]) -> tuple[str, ...]:
    """Columns of any of the loads."""
    return tuple(dict.fromkeys(name for load in loads for name in load.columns))


def create_outcome(con: duckdb.DuckDBPyConnection) -> None:
    """Empty tables for what an interpretation yields beside its accepted rows (`accepted_<canonical feed>`).

    rejected: one row per record in quarantine. collapsed: one row per record that equals another of its load.
    superseded: one row per accepted record that a later load replaced, where the adapter itself saw to that.
    """
    con.execute(
        """
        create or replace temp table rejected (
            load_id varchar, record_number bigint, column_name varchar, reason_code varchar, reason varchar);
        create or replace temp table collapsed (load_id varchar, record_number bigint, kept_record_number bigint);
        create or replace temp table superseded (load_id varchar, record_number bigint);
        """
    )


def reject_faulty(con: duckdb.DuckDBPyConnection, raw: str) -> None:
    """Records that could not even be split into their columns."""
    con.execute(
        f"insert into rejected select load_id, _record_number, null, {FAULT_CODE}, {FAULT} from {raw} as raw"
        f" where {FAULT_CODE} is not null"
    )


def raw_text(columns: Sequence[str], name: str) -> str:
    """SQL of a raw column as text; null where no load has it."""
    return quoted(name) if name in columns else "cast(null as varchar)"
