"""The schemas of the compiled tables and how they are written.

Belongs here: names, types and order of the columns, and the writing of Parquet files with the same bytes for the same
rows.
Does not belong here: what the rows are (`compile`).
Sits behind `compile`; the dbt models read the files by these names.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_ROWS = 1_000_000

_TEXT, _BIGINT, _INT, _BOOL, _DATE, _DOUBLE = pa.string(), pa.int64(), pa.int32(), pa.bool_(), pa.date32(), pa.float64()
_MONEY = pa.decimal128(18, 2)

_AGREEMENT_KEY = [("agreement_id", _TEXT), ("agreement_version", _INT)]
_TARGET_KEY = [*_AGREEMENT_KEY, ("target_id", _TEXT)]

# A column written "name?" may be null.
_COLUMNS: dict[str, list[tuple[str, pa.DataType]]] = {
    "customer": [("customer_id", _TEXT), ("display_name", _TEXT), ("time_zone?", _TEXT), ("language?", _TEXT)],
    "team": [("team_id", _TEXT), ("display_name", _TEXT)],
    "service": [("service_id", _TEXT), ("display_name", _TEXT), ("owner", _TEXT), ("description?", _TEXT)],
    "service_tier": [
        ("service_id", _TEXT),
        ("tier", _TEXT),
        ("price_amount?", _MONEY),
        ("price_currency?", _TEXT),
        ("price_per?", _TEXT),
        ("cost_amount?", _MONEY),
        ("cost_currency?", _TEXT),
        ("cost_per?", _TEXT),
    ],
    "service_dependency": [("service_id", _TEXT), ("depends_on_service_id", _TEXT), ("mode", _TEXT)],
    "service_failure_set": [
        ("service_id", _TEXT),
        ("set_number", _INT),
        ("member_service_id", _TEXT),
        ("member_count", _INT),
    ],
    "moment_of_truth": [
        ("service_id", _TEXT),
        ("moment", _TEXT),
        ("time_zone", _TEXT),
        ("date", _DATE),
        ("from_epoch", _BIGINT),
        ("to_epoch", _BIGINT),
        ("weight_ppm", _BIGINT),
    ],
    "calendar": [
        ("calendar_id", _TEXT),
        ("display_name", _TEXT),
        ("time_zone", _TEXT),
        ("version_count", _INT),
        ("is_always_open", _BOOL),
        ("hours_text", _TEXT),
    ],
    "calendar_piece": [
        ("calendar_id", _TEXT),
        ("utc_day", _INT),
        ("piece_from", _BIGINT),
        ("piece_to", _BIGINT),
        ("open_before", _BIGINT),
        ("is_open", _INT),
    ],
    "calendar_bucket": [
        ("calendar_id", _TEXT),
        ("bucket", _BIGINT),
        ("piece_from", _BIGINT),
        ("open_before", _BIGINT),
        ("open_seconds", _BIGINT),
    ],
    "calendar_day": [
        ("calendar_id", _TEXT),
        ("utc_day", _INT),
        ("date", _DATE),
        ("day_from", _BIGINT),
        ("day_to", _BIGINT),
        ("has_open_time", _INT),
        ("open_day_number", _BIGINT),
    ],
    "agreement": [
        *_AGREEMENT_KEY,
        ("agreement_type", _TEXT),
        ("display_name", _TEXT),
        ("provider_id", _TEXT),
        ("consumer_id", _TEXT),
        ("status", _TEXT),
        ("is_measured", _BOOL),
        ("valid_from_epoch", _BIGINT),
        ("valid_to_epoch?", _BIGINT),
        ("time_zone", _TEXT),
        ("period_type", _TEXT),
        ("due_working_days", _INT),
        ("close_after_working_days", _INT),
        ("attribution", _TEXT),
        ("reopen_mode", _TEXT),
        ("reopen_window_days", _INT),
        ("priority_change", _TEXT),
        ("zero_denominator", _TEXT),
        ("low_volume_min_denominator", _INT),
        ("excluded_time", _TEXT),
        ("unmeasured", _TEXT),
        ("min_outage_seconds", _BIGINT),
        ("weight_outage_ppm", _BIGINT),
        ("weight_partial_ppm", _BIGINT),
        ("weight_degraded_ppm", _BIGINT),
        ("exclude_attributed_to", _TEXT),
        ("has_maintenance_terms", _BOOL),
        ("maintenance_announced_seconds?", _BIGINT),
        ("maintenance_monthly_seconds?", _BIGINT),
        ("maintenance_windows", _TEXT),
        ("inherited_downtime", _TEXT),
        ("no_reply", _TEXT),
        ("staleness_seconds?", _BIGINT),
        ("covers_all_services", _BOOL),
        ("workload_limit_tickets?", _BIGINT),
        ("workload_limit_per?", _TEXT),
    ],
    "agreement_service": [*_AGREEMENT_KEY, ("service_id", _TEXT), ("tier?", _TEXT), ("user_count?", _BIGINT)],
    "maintenance_window": [*_AGREEMENT_KEY, ("calendar_id", _TEXT)],
    "target": [
        *_TARGET_KEY,
        ("metric", _TEXT),
        ("survey_item?", _TEXT),
        ("objective_op", _TEXT),
        ("threshold_seconds?", _BIGINT),
        ("threshold_value?", _DOUBLE),
        ("target_ppm", _BIGINT),
        ("calendar_id?", _TEXT),
        ("clock_start?", _TEXT),
        ("per", _TEXT),
        ("scope_key_count", _INT),
        ("is_measured", _BOOL),
        ("description", _TEXT),
    ],
    "target_scope": [*_TARGET_KEY, ("scope_key", _TEXT), ("scope_value", _TEXT)],
    "target_pause": [*_TARGET_KEY, ("status", _TEXT), ("requires_visible_request", _BOOL)],
    "reporting_period": [
        *_AGREEMENT_KEY,
        ("time_zone", _TEXT),
        ("period_type", _TEXT),
        ("period_start", _DATE),
        ("period_end", _DATE),
        ("start_epoch", _BIGINT),
        ("end_epoch", _BIGINT),
        ("closes_at_epoch", _BIGINT),
        ("is_published", _BOOL),
    ],
    "period_piece": [
        ("time_zone", _TEXT),
        ("period_type", _TEXT),
        ("utc_day", _INT),
        ("from_epoch", _BIGINT),
        ("to_epoch", _BIGINT),
        ("period_start", _DATE),
        ("period_end", _DATE),
    ],
    "local_day": [
        ("time_zone", _TEXT),
        ("utc_day", _INT),
        ("date", _DATE),
        ("day_number", _INT),
        ("day_from", _BIGINT),
        ("day_to", _BIGINT),
    ],
    "survey_item": [
        ("instrument_id", _TEXT),
        ("item", _TEXT),
        ("kind", _TEXT),
        ("scale_min", _DOUBLE),
        ("scale_max", _DOUBLE),
        ("text?", _TEXT),
    ],
    "decision": [
        ("decision_id", _TEXT),
        ("decision_kind", _TEXT),
        ("agreement_id", _TEXT),
        ("target_id?", _TEXT),
        ("ticket_id?", _TEXT),
        ("source?", _TEXT),
        ("cycle_number?", _INT),
        ("event_id?", _TEXT),
        ("from_epoch?", _BIGINT),
        ("to_epoch?", _BIGINT),
        ("corrected_field?", _TEXT),
        ("corrected_to_epoch?", _BIGINT),
        ("period?", _TEXT),
        ("reason", _TEXT),
        ("evidence?", _TEXT),
        ("requested_by?", _TEXT),
        ("requested_epoch?", _BIGINT),
        ("decided_by_provider?", _TEXT),
        ("decided_by_consumer?", _TEXT),
        ("decided_epoch?", _BIGINT),
        ("outcome", _TEXT),
        ("is_in_force", _BOOL),
    ],
    "decision_exclusion": [
        ("decision_id", _TEXT),
        ("decision_kind", _TEXT),
        ("agreement_id", _TEXT),
        ("target_id?", _TEXT),
        ("ticket_id", _TEXT),
        ("source?", _TEXT),
        ("cycle_number?", _INT),
        ("from_epoch?", _BIGINT),
        ("to_epoch?", _BIGINT),
        ("reason", _TEXT),
    ],
    "reopened_period": [
        ("decision_id", _TEXT),
        ("agreement_id", _TEXT),
        ("target_id?", _TEXT),
        ("period_start", _DATE),
        ("reason", _TEXT),
    ],
    "requirement": [
        ("requirement_id", _TEXT),
        ("customer_id", _TEXT),
        ("service_id?", _TEXT),
        ("statement", _TEXT),
        ("metric?", _TEXT),
    ],
    "target_requirement": [*_TARGET_KEY, ("requirement_id", _TEXT)],
    "finding": [("severity", _TEXT), ("file", _TEXT), ("document", _TEXT), ("path", _TEXT), ("reason", _TEXT)],
}

SCHEMAS: dict[str, pa.Schema] = {
    name: pa.schema([pa.field(column.rstrip("?"), kind, column.endswith("?")) for column, kind in columns])
    for name, columns in _COLUMNS.items()
}


def table_of(name: str, rows: Iterable[Sequence[Any]]) -> pa.Table:
    """A table from rows in the order of its columns, sorted by all of them from the left (null last)."""
    schema = SCHEMAS[name]
    ordered = sorted(rows, key=lambda row: tuple((value is None, value if value is not None else 0) for value in row))
    columns = list(zip(*ordered, strict=True)) if ordered else [()] * len(schema)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)


def columns_of(name: str, values: Mapping[str, Any]) -> pa.Table:
    """A table from whole columns (numpy arrays or Arrow arrays), in the order they come in."""
    schema = SCHEMAS[name]
    return pa.table([pa.array(values[field.name]).cast(field.type) for field in schema], schema)


def write_table(path: Path, name: str, parts: Iterable[pa.Table]) -> int:
    """One Parquet file from tables of one schema, in row groups of a fixed size; returns the number of rows."""
    count = 0
    with pq.ParquetWriter(path, SCHEMAS[name], compression="snappy", write_statistics=True) as writer:
        for group in _regrouped(parts, SCHEMAS[name]):
            writer.write_table(group, row_group_size=ROW_GROUP_ROWS)
            count += group.num_rows
    return count


def _regrouped(parts: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """The same rows in tables of about a row group, so that many small parts do not become many row groups."""
    waiting: list[pa.Table] = []
    rows = 0
    for part in parts:
        waiting.append(part)
        rows += part.num_rows
        if rows >= ROW_GROUP_ROWS:
            yield pa.concat_tables(waiting)
            waiting, rows = [], 0
    if rows:
        yield pa.concat_tables(waiting)
    elif not waiting:
        return
