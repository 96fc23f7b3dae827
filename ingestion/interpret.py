"""Interpretation: loads become accepted typed rows and rejected records, remembered per load.

Belongs here: running an adapter over loads, what of its outcome is kept, and whether it is still good.
Does not belong here: what a record means (adapters), what loads mean for each other (settle).
Sits between landing and settle. Everything here is derived: it is made anew whenever the options that decide the
meaning of records, or the code's own version, changed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from ingestion.adapters.base import Adapter, create_outcome, raw_records, signature
from ingestion.cells import only_pseudonym
from ingestion.feeds import CANONICAL_FEEDS
from ingestion.landing import Load
from ingestion.readers import FILE, LINE, NUMBER, RAW, literal, quoted, sql_path
from ingestion.storage import Paths, as_json

PARQUET = "(format parquet, compression zstd)"

# One row per rejected record. `is_superseded`: a later load has brought this record again.
QUARANTINE_COLUMNS: MappingProxyType[str, str] = MappingProxyType(
    {
        "source": "VARCHAR",
        "feed": "VARCHAR",
        "load_id": "VARCHAR",
        "file": "VARCHAR",
        "line": "BIGINT",
        "record_id": "VARCHAR",
        "ticket_id": "VARCHAR",
        "column_name": "VARCHAR",
        "reason_code": "VARCHAR",
        "reason": "VARCHAR",
        "original_record": "VARCHAR",
        "is_superseded": "BOOLEAN",
    }
)


@dataclass(frozen=True)
class Interpreted:
    """What one load became. `accepted` has a file per canonical feed, none where the load is no longer current.

    Paths are where the files are now: in staging if just made, else in place.
    """

    load: Load
    is_current: bool
    is_new: bool
    accepted: dict[str, Path]
    rejects: Path
    collapsed: Path
    memo: Path
    signature: str
    rejected_count: int
    collapsed_count: int
    superseded_count: int


def interpret_loads(
    con: duckdb.DuckDBPyConnection,
    adapter: Adapter,
    source: str,
    loads: Sequence[Load],
    current: set[str],
    paths: Paths,
    staging: Path,
) -> list[Interpreted]:
    """Every load of one raw feed, interpreted; only what is not remembered or no longer holds is done anew.

    `current` are the ids of the loads whose rows count. Files are made in `staging`.
    """
    groups = [[load] for load in loads] if adapter.is_per_load else [list(loads)]
    done: list[Interpreted] = []
    for group in groups:
        remembered = _remembered(adapter, source, group, current, paths)
        done += remembered or _interpreted(con, adapter, source, group, current, staging)
    return done


def _names(source: str, load: Load, folder: Path) -> tuple[Path, Path, Path]:
    stem = f"{load.feed}.{load.load_id}"
    return folder / f"{stem}.json", folder / f"{stem}.rejects.parquet", folder / f"{stem}.collapsed.parquet"


def _remembered(
    adapter: Adapter, source: str, loads: Sequence[Load], current: set[str], paths: Paths
) -> list[Interpreted] | None:
    """The loads as an earlier run left them; None if any of them must be done anew."""
    found = []
    expected = signature(adapter, loads[0].feed, loads) if loads else ""
    for load in loads:
        memo, rejects, collapsed = _names(source, load, paths.interpreted(source))
        is_current = load.load_id in current
        accepted = {
            feed: paths.accepted(feed, source, load.load_id)
            for feed in adapter.canonical_feeds(load.feed)
            if is_current
        }
        if not all(path.is_file() for path in (memo, rejects, collapsed, *accepted.values())):
            return None
        content = json.loads(memo.read_text(encoding="utf-8"))
        if content["signature"] != expected:
            return None
        found.append(_with_counts(load, is_current, False, accepted, rejects, collapsed, memo, content))
    return found


def _with_counts(
    load: Load,
    is_current: bool,
    is_new: bool,
    accepted: dict[str, Path],
    rejects: Path,
    collapsed: Path,
    memo: Path,
    content: dict[str, Any],
) -> Interpreted:
    counts = (content["rejected_count"], content["collapsed_count"], content["superseded_count"])
    return Interpreted(load, is_current, is_new, accepted, rejects, collapsed, memo, content["signature"], *counts)


def _interpreted(
    con: duckdb.DuckDBPyConnection,
    adapter: Adapter,
    source: str,
    loads: Sequence[Load],
    current: set[str],
    staging: Path,
) -> list[Interpreted]:
    if not loads:
        return []
    feed = loads[0].feed
    create_outcome(con)
    adapter.interpret(con, feed, loads)
    sign = signature(adapter, feed, loads)
    done = []
    for load in loads:
        is_current = load.load_id in current
        accepted = {
            name: _write_accepted(con, name, source, load, staging)
            for name in adapter.canonical_feeds(feed)
            if is_current
        }
        memo, rejects, collapsed = _names(source, load, staging)
        only = f"where load_id = '{load.load_id}'"
        con.execute(
            f"copy ({quarantine_rows(adapter, source, load, f'(select * from rejected {only})')})"
            f" to '{sql_path(rejects)}' {PARQUET}"
        )
        con.execute(
            f"copy (select record_number, kept_record_number from collapsed {only} order by all)"
            f" to '{sql_path(collapsed)}' {PARQUET}"
        )
        content = {
            "signature": sign,
            **{
                f"{name}_count": _one(con, f"select count(*) from {name} {only}")
                for name in ("rejected", "collapsed", "superseded")
            },
        }
        if adapter.is_one_row_per_record and is_current:
            _nothing_lost(con, load, next(iter(accepted.values())), content)
        memo.write_text(as_json(content), encoding="utf-8")
        done.append(_with_counts(load, is_current, True, accepted, rejects, collapsed, memo, content))
    return done


def _one(con: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(con.execute(query).fetchall()[0][0])


def _nothing_lost(con: duckdb.DuckDBPyConnection, load: Load, accepted: Path, content: dict[str, Any]) -> None:
    """One record, one row: raises RuntimeError if a record is neither accepted nor collapsed nor rejected."""
    rows = _one(con, f"select count(distinct record_number) from read_parquet('{sql_path(accepted)}')")
    found = rows + content["collapsed_count"] + content["rejected_count"]
    if found < load.landed_count:
        raise RuntimeError(
            f"{load.source}/{load.feed}/{load.load_id}: {load.landed_count} landed, {found} accounted for"
        )


def _write_accepted(con: duckdb.DuckDBPyConnection, feed: str, source: str, load: Load, staging: Path) -> Path:
    """The accepted rows of a load, in the columns and types of the feed; a person is a pseudonym or nobody."""
    target = staging / "feeds" / feed / f"{source}.{load.load_id}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    values = {name: only_pseudonym(quoted(name)) for name in CANONICAL_FEEDS[feed].persons}
    values |= {
        "source": literal(source),
        "raw_feed": literal(load.feed),
        "file": f"landed.{FILE}",
        "line": f"landed.{LINE}",
    }
    typed = ", ".join(
        f"cast({values.get(name, quoted(name))} as {kind}) as {quoted(name)}"
        for name, kind in CANONICAL_FEEDS[feed].accepted_columns
    )
    con.execute(
        f"copy (select {typed} from accepted_{feed} as accepted"
        f" left join (select {NUMBER}, {FILE}, {LINE} from read_parquet('{sql_path(load.records)}')) as landed"
        f" on accepted.record_number = landed.{NUMBER}"
        f" where load_id = '{load.load_id}') to '{sql_path(target)}' {PARQUET}"
    )
    return target


def quarantine_rows(adapter: Adapter, source: str, load: Load, rejected: str) -> str:
    """Query: rows in the shape of the quarantine, and record_number, of the records that `rejected` names.

    `rejected` is an SQL relation with load_id, record_number, column_name, reason_code, reason.
    """
    record_id, ticket_id = adapter.identity(load.feed, load.columns)
    fields = ", ".join(f"{literal(name)}, raw.{quoted(name)}" for name in load.columns)
    return f"""
        select {literal(source)} as source, {literal(load.feed)} as feed, rejected.load_id, raw.{FILE} as file,
            raw.{LINE} as line, {record_id} as record_id, {ticket_id} as ticket_id, rejected.column_name,
            rejected.reason_code, rejected.reason,
            coalesce(raw.{RAW}, cast(json_object({fields}) as varchar)) as original_record,
            false as is_superseded, rejected.record_number
        from {rejected} as rejected
        inner join {raw_records([load])} as raw on rejected.record_number = raw.{NUMBER}
        order by rejected.record_number
    """
