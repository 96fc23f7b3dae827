"""Settling: which accepted rows are current, and which events have no ticket to belong to.

Belongs here: rules between loads (the latest load's row wins) and between feeds (an event needs its ticket, and not
before the ticket's opening); the audit of every load; the limit on rejected records.
Does not belong here: what a single record means (adapters), business rules (the warehouse).
Sits between interpretation and the warehouse. Evaluated anew on every run over all loads, so that a ticket which comes
tomorrow frees its event.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import duckdb

from ingestion.adapters.base import Adapter, all_columns, raw_records
from ingestion.feeds import CANONICAL_FEEDS
from ingestion.interpret import PARQUET, QUARANTINE_COLUMNS, Interpreted, quarantine_rows
from ingestion.readers import literal, quoted, sql_path
from ingestion.storage import Paths, as_json, own_files

SUPERSEDED = "superseded_by_later_load"

# One row per row of a feed that the warehouse leaves out; `feed` is the canonical feed.
NOT_CURRENT_COLUMNS: MappingProxyType[str, str] = MappingProxyType(
    {"source": "VARCHAR", "feed": "VARCHAR", "load_id": "VARCHAR", "record_number": "BIGINT", "reason": "VARCHAR"}
)
# One row per load of a source and raw feed. landed = accepted + quarantined; collapsed and superseded are accepted.
LOAD_AUDIT_COLUMNS: MappingProxyType[str, str] = MappingProxyType(
    {
        "source": "VARCHAR",
        "feed": "VARCHAR",
        "load_id": "VARCHAR",
        "loaded_at": "TIMESTAMP",
        "file_count": "BIGINT",
        "landed_count": "BIGINT",
        "accepted_count": "BIGINT",
        "quarantined_count": "BIGINT",
        "collapsed_count": "BIGINT",
        "superseded_count": "BIGINT",
        "after_as_of_count": "BIGINT",
    }
)
# Where each source's tickets are: its own, or those of the source that `ticketSource` names.
TICKET_SOURCE_COLUMNS: MappingProxyType[str, str] = MappingProxyType({"source": "VARCHAR", "ticket_source": "VARCHAR"})

CONTROL_TABLES: MappingProxyType[str, MappingProxyType[str, str]] = MappingProxyType(
    {
        "not_current": NOT_CURRENT_COLUMNS,
        "quarantine": QUARANTINE_COLUMNS,
        "load_audit": LOAD_AUDIT_COLUMNS,
        "ticket_source": TICKET_SOURCE_COLUMNS,
    }
)


@dataclass(frozen=True)
class Settled:
    """The files made, one per control table; files to remember, each with its memo; what is said of each load."""

    files: dict[str, Path]
    memory: list[tuple[Path, Path]]
    audit: list["LoadCounts"]


@dataclass(frozen=True)
class LoadCounts:
    """One load's row of load_audit."""

    feed: str
    load_id: str
    is_current: bool
    landed: int
    accepted: int
    quarantined: int
    collapsed: int
    superseded: int
    after_as_of: int


def settle(
    con: duckdb.DuckDBPyConnection,
    adapter: Adapter,
    source: str,
    interpreted: Sequence[Interpreted],
    as_of: datetime,
    paths: Paths,
    staging: Path,
) -> Settled:
    """Make the control files of one source in `staging`.

    `as_of` is an instant with a zone; rows whose own time is later are counted, not left out.
    """
    con.execute(
        """
        create or replace temp table late_rejects (
            feed varchar, load_id varchar, record_number bigint, column_name varchar, reason_code varchar,
            reason varchar);
        create or replace temp table left_out (feed varchar, load_id varchar, record_number bigint, reason varchar);
        """
    )
    ticket_source = adapter.options.ticket_source or source
    memory: list[tuple[Path, Path]] = []
    if adapter.is_settled_by_key:
        if adapter.record_key is not None:
            _supersede_records(con, adapter.record_key, interpreted)
        memory = _settle_by_key(con, source, ticket_source, interpreted, paths, staging)
    files = {name: staging / f"{name}.parquet" for name in CONTROL_TABLES}
    _write_not_current(con, source, files["not_current"])
    _write_quarantine(con, adapter, source, interpreted, files["quarantine"])
    audit = _audit(con, interpreted, as_of)
    _write_audit(con, source, interpreted, audit, files["load_audit"])
    con.execute(
        f"copy (select {literal(source)} as source, {literal(ticket_source)} as ticket_source)"
        f" to '{sql_path(files['ticket_source'])}' {PARQUET}"
    )
    return Settled(files, memory, audit)


def _relation(files: Sequence[Path]) -> str:
    """SQL relation over accepted files of one feed."""
    listed = ", ".join(f"'{sql_path(path)}'" for path in files)
    return f"read_parquet([{listed}], union_by_name = true)"


def _accepted(interpreted: Sequence[Interpreted], feed: str) -> list[Path]:
    return [item.accepted[feed] for item in interpreted if feed in item.accepted]


# ------------------------------------------------------------------------------------- between loads and feeds


def _settle_by_key(
    con: duckdb.DuckDBPyConnection,
    source: str,
    ticket_source: str,
    interpreted: Sequence[Interpreted],
    paths: Paths,
    staging: Path,
) -> list[tuple[Path, Path]]:
    """Fill left_out and late_rejects; returns the files to remember.

    Tickets come first in the order of the feeds: events look them up.
    """
    memory: list[tuple[Path, Path]] = []
    for feed in CANONICAL_FEEDS:
        files = _accepted(interpreted, feed)
        if not files:
            continue
        if feed == "ticket_events":
            tickets = (
                _accepted(interpreted, "tickets")
                if ticket_source == source
                else own_files(paths.feeds / "tickets", ticket_source)
            )
            left_out = "(select load_id, record_number from left_out where feed = 'tickets')"
            if ticket_source != source:
                left_out = _left_out_of(ticket_source, paths)
            _reject_stray_events(con, _raw_feeds(interpreted, feed), files, tickets, left_out, ticket_source)
            _reject_copies(con, interpreted)
        shared, memo = _shared_keys(con, feed, interpreted, paths.interpreted(source), staging)
        _supersede(con, feed, shared)
        memory.append((shared, memo))
    return memory


def _supersede_records(con: duckdb.DuckDBPyConnection, key: str, interpreted: Sequence[Interpreted]) -> None:
    """Of the good versions of one record, the rows of all but the last are left out, whatever keys they have."""
    of_feed: dict[str, list[Interpreted]] = {}
    for item in interpreted:
        of_feed.setdefault(item.load.feed, []).append(item)
    for items in of_feed.values():
        canonical = list(dict.fromkeys(name for item in items for name in item.accepted))
        if len(items) == 1 or not canonical:
            continue
        rejects = ", ".join(f"'{sql_path(item.rejects)}'" for item in items)
        con.execute(
            f"""
            insert into left_out
            with good as (
                select load_id, _record_number as record_number, {key}
                from {raw_records([item.load for item in items])} as raw
                where {key} is not null
            ),
            ranked as (
                select load_id, record_number, max(load_id) over (partition by {key}) as latest
                from good
                anti join (select load_id, record_number from read_parquet([{rejects}])) as rejected
                    using (load_id, record_number)
            )
            select unnest([{", ".join(literal(name) for name in canonical)}]), load_id, record_number, '{SUPERSEDED}'
            from ranked where load_id < latest
            """
        )


def _left_out_of(source: str, paths: Paths) -> str:
    """The tickets of another source that are not current."""
    path = paths.control / "not_current" / f"{source}.parquet"
    if not path.is_file():
        return "(select '' as load_id, 0 as record_number where false)"
    return f"(select load_id, record_number from read_parquet('{sql_path(path)}') where feed = 'tickets')"


def _raw_feeds(interpreted: Sequence[Interpreted], feed: str) -> str:
    """SQL relation (load_id, raw_feed): the loads with rows of a canonical feed, and the raw feed of each."""
    rows = [f"('{item.load.load_id}', {literal(item.load.feed)})" for item in interpreted if feed in item.accepted]
    return f"(values {', '.join(rows)}) as raw_feeds (load_id, raw_feed)"


def _reject_stray_events(
    con: duckdb.DuckDBPyConnection,
    raw_feeds: str,
    events: Sequence[Path],
    tickets: Sequence[Path],
    left_out: str,
    ticket_source: str,
) -> None:
    known = (
        f"select ticket_id, opened_at from {_relation(tickets)} anti join {left_out} using (load_id, record_number)"
        if tickets
        else "select '' as ticket_id, cast(null as timestamp) as opened_at where false"
    )
    not_among = literal(f'" is not among the tickets of source "{ticket_source}"')
    con.execute(
        f"""
        insert into late_rejects
        with known as ({known}),
        stray as (
            select events.load_id, events.record_number, events.ticket_id, events.occurred_at, known.opened_at,
                known.ticket_id is null as is_unknown,
                events.event_type = 'status' and events.value in ('resolved', 'closed') as is_resolution
            from {_relation(events)} as events
            anti join (select load_id, record_number from left_out where feed = 'ticket_events')
                using (load_id, record_number)
            left join known on events.ticket_id = known.ticket_id
            where known.ticket_id is null or events.occurred_at < known.opened_at
        )
        select raw_feed, load_id, record_number,
            case when is_unknown then 'ticket_id' else 'occurred_at' end,
            case when is_unknown then 'unknown_ticket'
                when is_resolution then 'resolved_before_opened'
                else 'event_before_opening' end,
            case when is_unknown then 'ticket_id "' || ticket_id || {not_among}
                else 'occurred_at ' || strftime(occurred_at, '%Y-%m-%dT%H:%M:%SZ')
                    || ' is before the opening of ticket "' || ticket_id || '" at '
                    || strftime(opened_at, '%Y-%m-%dT%H:%M:%SZ') end
        from stray inner join {raw_feeds} using (load_id)
        -- a record with several stray events is one stray record
        qualify row_number() over (partition by load_id, record_number order by occurred_at) = 1
        """
    )
    con.execute("insert into left_out select 'ticket_events', load_id, record_number, reason_code from late_rejects")


def _reject_copies(con: duckdb.DuckDBPyConnection, interpreted: Sequence[Interpreted]) -> None:
    """Identical copies that collapsed into a row share its fate."""
    for item in interpreted:
        if item.load.feed == "ticket_events" and item.collapsed_count:
            con.execute(
                f"""
                insert into late_rejects
                select feed, load_id, copies.record_number, column_name, reason_code, reason
                from late_rejects
                inner join read_parquet('{sql_path(item.collapsed)}') as copies
                    on late_rejects.record_number = copies.kept_record_number
                where feed = 'ticket_events' and load_id = '{item.load.load_id}'
                """
            )


def _supersede(con: duckdb.DuckDBPyConnection, feed: str, shared: Path) -> None:
    """Of the rows of one key that are good, those of all loads but the latest are left out."""
    keys = ", ".join(quoted(name) for name in CANONICAL_FEEDS[feed].key)
    con.execute(
        f"""
        insert into left_out
        with ranked as (
            select load_id, record_number, max(load_id) over (partition by {keys}) as latest
            from read_parquet('{sql_path(shared)}')
            anti join (select load_id, record_number from left_out where feed = '{feed}') using (load_id, record_number)
        )
        select '{feed}', load_id, record_number, '{SUPERSEDED}' from ranked where load_id < latest
        """
    )


def _shared_keys(
    con: duckdb.DuckDBPyConnection, feed: str, interpreted: Sequence[Interpreted], remembered: Path, staging: Path
) -> tuple[Path, Path]:
    """The rows whose key more than one load has: a Parquet file (key, load_id, record_number), and its memo.

    What earlier runs found is kept, so that a night's work is a scan for the keys of its new loads and no more.
    """
    items = {item.load.load_id: item for item in interpreted if feed in item.accepted}
    found, memo = (remembered / f"{feed}.shared{suffix}" for suffix in (".parquet", ".json"))
    known = _remembered_loads(found, memo)
    wanted = {load_id: item.signature for load_id, item in items.items()}
    if known == wanted:
        return found, memo
    is_kept = all(wanted.get(load_id) == signature for load_id, signature in known.items())
    new = [item.accepted[feed] for load_id, item in items.items() if not is_kept or load_id not in known]
    keys = ", ".join(quoted(name) for name in CANONICAL_FEEDS[feed].key)
    everything, is_all_new = _relation([item.accepted[feed] for item in items.values()]), len(new) == len(items)
    if len(items) == 1:
        only = "where false"  # nothing to compare with
    else:
        only = "" if is_all_new else f"where hash({keys}) in (select hash({keys}) from {_relation(new)})"
    before = (
        f"union select {keys}, load_id, record_number from read_parquet('{sql_path(found)}')"
        if is_kept and known
        else ""
    )
    made, made_memo = staging / found.name, staging / memo.name
    con.execute(
        f"""
        copy (
            with candidates as (select {keys}, load_id, record_number from {everything} {only}),
            -- the hash keeps this aggregate small on long keys; the next step compares the keys themselves
            suspects as (
                select hash({keys}) as key_hash from candidates group by 1 having min(load_id) <> max(load_id)
            ),
            counted as (
                select *,
                    min(load_id) over (partition by {keys}) <> max(load_id) over (partition by {keys}) as is_shared
                from candidates where hash({keys}) in (select key_hash from suspects)
            )
            select {keys}, load_id, record_number from counted where is_shared
            {before}
            order by load_id, record_number
        ) to '{sql_path(made)}' {PARQUET}
        """
    )
    made_memo.write_text(as_json(wanted), encoding="utf-8")
    return made, made_memo


def _remembered_loads(found: Path, memo: Path) -> dict[str, str]:
    """Loads, and the signature of their interpretation, that an earlier run compared."""
    if not (found.is_file() and memo.is_file()):
        return {}
    content: dict[str, str] = json.loads(memo.read_text(encoding="utf-8"))
    return content


# ------------------------------------------------------------------------------------------------ control files


def _write_not_current(con: duckdb.DuckDBPyConnection, source: str, target: Path) -> None:
    con.execute(
        f"copy (select {literal(source)} as source, feed, load_id, record_number, reason from left_out"
        f" order by feed, load_id, record_number) to '{sql_path(target)}' {PARQUET}"
    )


def _write_quarantine(
    con: duckdb.DuckDBPyConnection, adapter: Adapter, source: str, interpreted: Sequence[Interpreted], target: Path
) -> None:
    con.execute(
        "create or replace temp table quarantined ("
        + ", ".join(f"{name} {kind}" for name, kind in (*QUARANTINE_COLUMNS.items(), ("record_number", "BIGINT")))
        + ")"
    )
    late = {
        (str(feed), str(load_id))
        for feed, load_id in con.execute("select distinct feed, load_id from late_rejects").fetchall()
    }
    for item in interpreted:
        if item.rejected_count:
            con.execute(f"insert into quarantined by name select * from read_parquet('{sql_path(item.rejects)}')")
        if (item.load.feed, item.load.load_id) in late:
            rejected = (
                f"(select * from late_rejects where feed = '{item.load.feed}' and load_id = '{item.load.load_id}')"
            )
            con.execute(f"insert into quarantined by name {quarantine_rows(adapter, source, item.load, rejected)}")
    _mark_superseded(con, adapter, interpreted)
    con.execute(
        f"copy (select {', '.join(QUARANTINE_COLUMNS)} from quarantined order by feed, load_id, record_number)"
        f" to '{sql_path(target)}' {PARQUET}"
    )


def _mark_superseded(con: duckdb.DuckDBPyConnection, adapter: Adapter, interpreted: Sequence[Interpreted]) -> None:
    """Mark rejected records that a later load has brought again, in good order or not: that one counts."""
    rejecting = con.execute("select feed, min(load_id) from quarantined where record_id is not null group by feed")
    for feed, first in rejecting.fetchall():
        later = [item.load for item in interpreted if item.load.feed == feed and item.load.load_id > first]
        if not later:
            continue
        record_id, _ = adapter.identity(feed, all_columns(later))
        con.execute(
            f"""
            update quarantined set is_superseded = true
            from (
                select {record_id} as record_id, max(load_id) as latest from {raw_records(later)} as raw
                where {record_id} in (select record_id from quarantined where feed = {literal(feed)})
                group by 1
            ) as again
            where quarantined.feed = {literal(feed)} and quarantined.record_id = again.record_id
                and quarantined.load_id < again.latest
            """
        )


def _audit(con: duckdb.DuckDBPyConnection, interpreted: Sequence[Interpreted], as_of: datetime) -> list[LoadCounts]:
    late = _counts(con, "select feed, load_id, count(*) from late_rejects group by all")
    superseded = _superseded(con, interpreted)
    rows = []
    for item in interpreted:
        place = (item.load.feed, item.load.load_id)
        quarantined = item.rejected_count + late.get(place, 0)
        accepted = item.load.landed_count - quarantined
        rows.append(
            LoadCounts(
                feed=item.load.feed,
                load_id=item.load.load_id,
                is_current=item.is_current,
                landed=item.load.landed_count,
                accepted=accepted,
                quarantined=quarantined,
                collapsed=item.collapsed_count,
                superseded=superseded.get(place, 0) + item.superseded_count if item.is_current else accepted,
                after_as_of=_after_as_of(con, item, as_of),
            )
        )
    return rows


def _superseded(con: duckdb.DuckDBPyConnection, interpreted: Sequence[Interpreted]) -> dict[tuple[str, str], int]:
    """Records, per raw feed and load, with rows that a later load replaced."""
    rows = [
        f"({literal(name)}, '{item.load.load_id}', {literal(item.load.feed)})"
        for item in interpreted
        for name in item.accepted
    ]
    if not rows:
        return {}
    return _counts(
        con,
        f"""
        select raw_feed, load_id, count(distinct record_number)
        from left_out inner join (values {", ".join(rows)}) as names (feed, load_id, raw_feed) using (feed, load_id)
        where reason = '{SUPERSEDED}' group by all
        """,
    )


def _counts(con: duckdb.DuckDBPyConnection, query: str) -> dict[tuple[str, str], int]:
    return {(str(feed), str(load_id)): int(count) for feed, load_id, count in con.execute(query).fetchall()}


def _after_as_of(con: duckdb.DuckDBPyConnection, item: Interpreted, as_of: datetime) -> int:
    """Accepted and current records of a load with a row whose own time is later than as_of."""
    limit = as_of.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    later = [
        f"""
        select record_number from {_relation([path])} anti join (
            select record_number from left_out where feed = '{feed}' and load_id = '{item.load.load_id}'
        ) using (record_number)
        where {CANONICAL_FEEDS[feed].own_time} > timestamp '{limit}'
        """
        for feed, path in item.accepted.items()
        if CANONICAL_FEEDS[feed].own_time
    ]
    if not later:
        return 0
    rows = con.execute(f"select count(distinct record_number) from ({' union all '.join(later)})").fetchall()
    return int(rows[0][0])


def _write_audit(
    con: duckdb.DuckDBPyConnection,
    source: str,
    interpreted: Sequence[Interpreted],
    audit: Sequence[LoadCounts],
    target: Path,
) -> None:
    con.execute(
        "create or replace temp table audit ("
        + ", ".join(f"{name} {kind}" for name, kind in LOAD_AUDIT_COLUMNS.items())
        + ")"
    )
    for item, counts in zip(interpreted, audit, strict=True):
        loaded_at = item.load.loaded_at.astimezone(UTC).replace(tzinfo=None)
        con.execute(
            f"insert into audit values ({', '.join('?' * len(LOAD_AUDIT_COLUMNS))})",
            [
                source,
                counts.feed,
                counts.load_id,
                loaded_at,
                item.load.file_count,
                counts.landed,
                counts.accepted,
                counts.quarantined,
                counts.collapsed,
                counts.superseded,
                counts.after_as_of,
            ],
        )
    con.execute(f"copy (select * from audit order by feed, load_id) to '{sql_path(target)}' {PARQUET}")
