"""From a finished pull to loads: what is new of it, in landing's form.

Belongs here: which of the pulled records landing has already, changes of type, deletions, the load's manifest.
Does not belong here: asking (walk), what a record means (connectors).
Sits between the spool and landing.

Landing itself is the memory of a source: where the next pull begins and which records are known follows from the loads
alone, so there is nothing beside them that could disagree.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from ingestion.connectors.base import Connector, PulledFeed, Request, earlier, utc_text
from ingestion.connectors.tables import TableConnector
from ingestion.errors import SourceError
from ingestion.landing import MANIFEST, RECORDS, Load, landed_loads
from ingestion.persons import PERSONS, Persons
from ingestion.pulling.client import Client
from ingestion.pulling.outside import Outside
from ingestion.pulling.spool import Frame, Spool
from ingestion.pulling.tables import TableClient
from ingestion.pulling.walk import record_text, walk
from ingestion.readers import FAULT, FAULT_CODE, FILE, LINE, NUMBER, RAW, connect, literal, quoted, sql_path
from ingestion.storage import Paths, as_json, new_load_id, sync_file, sync_folder
from settings.instants import parse_clock_duration

KEY, CURSOR, DIGEST, DELETED, PAYLOAD = "record_key", "record_cursor", "record_digest", "is_deleted", "payload"
COLUMNS = (KEY, CURSOR, DIGEST, DELETED, PAYLOAD)
_RECEIVED = pa.schema(
    [
        ("place", pa.int64()),
        ("label", pa.string()),
        ("line", pa.int64()),
        ("noted", pa.string()),
        (DIGEST, pa.string()),
        (PAYLOAD, pa.string()),
    ]
)
# Records of about so many bytes are handed over at once.
_BATCH_BYTES = 32 << 20
# DuckDB's names of JSON types, as a person would say them; null says nothing about a type.
_KINDS = {"VARCHAR": "text", "BOOLEAN": "boolean", "OBJECT": "object", "ARRAY": "list"}
_NUMBER = "number"
# So many deletions at once are never suspicious: a calendar of three entries may well lose one.
_FEW_DELETIONS = 3


def spool_of(paths: Paths, source: str) -> Spool:
    """The spool of a source; beside landing, so that a home has all that was received."""
    return Spool(paths.home / "landing" / ".pulling" / f"{source}.spool")


def stage_pull(
    source: str,
    connector: Connector[Any],
    allowed_hosts: Sequence[str],
    paths: Paths,
    staging: Path,
    loaded_at: datetime,
    outside: Outside,
    config_hash: Callable[[str], str],
    project_dir: Path,
    persons: Persons | None = None,
) -> dict[str, Load]:
    """Pull the source; afterwards `staging` has a load for each raw feed with something new.

    `loaded_at` is an instant with a zone; `config_hash` says of a raw feed how it is understood; without
    `persons` what names a person is landed as it is. Raises SourceError; a pull that a later run can finish stays in
    the spool.
    """
    spool = spool_of(paths, source)
    feeds = connector.feeds()
    loads = {feed.name: landed_loads(paths, source, feed.name) for feed in feeds}
    if any(load.manifest["mode"] != "pull" for found in loads.values() for load in found):
        raise SourceError(source, "landing holds files under this name; give the connector a source name of its own")
    overlap = parse_clock_duration(connector.options.overlap)
    since = {name: _since(connector, earlier_loads, overlap) for name, earlier_loads in loads.items()}
    now = outside.clock()
    whole = [
        feed.name for feed in feeds if feed.is_complete or (feed.is_reconciled and connector.options.reconciles(now))
    ]
    since |= dict.fromkeys(whole, connector.options.first_instant)
    with _client(source, connector, allowed_hosts, outside, project_dir) as client:
        walk(source, connector, client, spool, since, whole, _signature(connector, loads, persons), now, persons)
    whole = (spool.opening() or {})["whole"]
    staged: dict[str, Load] = {}
    problems: list[str] = []
    # Load ids are unique within the source: several raw feeds may bring rows of one canonical feed.
    last = max((load.load_id for found in loads.values() for load in found), default=None)
    with connect(staging / ".pull") as con:
        begun = _read_spool(con, feeds, spool)
        received = {feed for (feed,) in con.execute("select distinct feed from pulled").fetchall()}
        for feed in feeds:
            if feed.name not in whole and feed.name not in received:
                continue
            landing = _FeedLanding(con, connector, feed, loads[feed.name], persons, is_whole=feed.name in whole)
            problems += landing.problems()
            if not problems and landing.has_news:
                last = new_load_id(last, loaded_at)
                staged[feed.name] = landing.write(source, staging, last, loaded_at, begun, config_hash(feed.name))
    if problems:
        spool.remove()
        raise SourceError(source, problems)
    return staged


def _client(
    source: str, connector: Connector[Any], allowed_hosts: Sequence[str], outside: Outside, project_dir: Path
) -> Client | TableClient:
    if isinstance(connector, TableConnector):
        return TableClient(source, connector, allowed_hosts, outside, project_dir)
    return Client(source, connector, allowed_hosts, outside)


def _since(connector: Connector[Any], loads: Sequence[Load], overlap: int) -> datetime:
    """Where the next pull begins: where the loads end, less the overlap; at `since` if that was moved back."""
    first: datetime = connector.options.first_instant
    cursors: list[str] = [load.manifest["cursor"] for load in loads if load.manifest["cursor"]]
    if not cursors or utc_text(first) < min(load.manifest["since"] for load in loads):
        return first
    return max(first, earlier(datetime.fromisoformat(max(cursors)), overlap))


def _signature(connector: Connector[Any], loads: Mapping[str, Sequence[Load]], persons: Persons | None) -> str:
    """What a pull depends on: the system and the options, the loads it goes on from, and the key of the pseudonyms."""
    content = {
        "connector": type(connector).__name__,
        "options": connector.options.model_dump(mode="json"),
        "loads": {name: [load.version for load in found] for name, found in loads.items()},
        PERSONS: persons.fingerprint if persons else None,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read_spool(con: duckdb.DuckDBPyConnection, feeds: Sequence[PulledFeed], spool: Spool) -> str | None:
    """Table `pulled`: one row per record received, in order. Returns the server's time at the first answer."""
    con.execute(
        f"create temp table pulled (place bigint, feed varchar, label varchar, line bigint, {KEY} varchar,"
        f" {CURSOR} varchar, {DELETED} boolean, {DIGEST} varchar, {PAYLOAD} varchar, is_readable boolean)"
    )
    waiting: dict[str, list[pa.RecordBatch]] = {feed.name: [] for feed in feeds}
    sizes = dict.fromkeys(waiting, 0)
    declared = {feed.name: feed for feed in feeds}

    def hand_over(name: str) -> None:
        con.register("received_rows", pa.Table.from_batches(waiting[name], schema=_RECEIVED))
        con.execute(f"insert into pulled by name {_pulled_rows(declared[name])}")
        con.unregister("received_rows")
        waiting[name].clear()
        sizes[name] = 0

    begun: str | None = None
    lines: dict[tuple[str, str], int] = {}
    place = 0
    for frame in spool.frames():
        begun = begun or frame.server_time
        count = len(frame.sizes)
        if frame.feed is None or not count:
            continue
        line = lines.get((frame.feed, frame.label), 0)
        waiting[frame.feed].append(_batch(declared[frame.feed], frame, place, line))
        lines[frame.feed, frame.label] = line + count
        place += count
        sizes[frame.feed] += len(frame.body)
        if sizes[frame.feed] > _BATCH_BYTES:
            hand_over(frame.feed)
    for name, batches in waiting.items():
        if batches:
            hand_over(name)
    return begun


def _batch(feed: PulledFeed, frame: Frame, place: int, line: int) -> pa.RecordBatch:
    """The records of one answer; their texts are not copied."""
    count = len(frame.sizes)
    offsets = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(frame.sizes, out=offsets[1:])
    texts = pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(frame.body))
    notes = Request.from_json(frame.asked).note
    wanted = {path[1:]: notes[path[1:]] for path in (*feed.key, feed.cursor or "") if path.startswith("@")}
    noted = pa.repeat(pa.scalar(json.dumps(wanted)), count) if wanted else pa.nulls(count, pa.string())
    digests = pa.array(frame.digests, pa.string()) if frame.digests else pa.nulls(count, pa.string())
    lines = pa.array(np.arange(line + 1, line + count + 1, dtype=np.int64))
    places = pa.array(np.arange(place, place + count, dtype=np.int64))
    return pa.RecordBatch.from_arrays(
        [places, pa.repeat(pa.scalar(frame.label), count), lines, noted, digests, texts], schema=_RECEIVED
    )


def _pulled_rows(feed: PulledFeed) -> str:
    """Query: the received rows with key, cursor and digest. Each record is read once."""
    paths = [path for path in (*feed.key, feed.cursor) if path is not None and not path.startswith("@")]
    listed = ", ".join(literal("$." + ".".join(quoted(step) for step in path.split("."))) for path in paths)
    read = f"json_extract_string({PAYLOAD}, [{listed}])" if paths else "cast([] as varchar[])"

    def stated(path: str) -> str:
        if path.startswith("@"):
            return f"json_extract_string(noted, {literal('$.' + path[1:])})"
        return f"stated[{paths.index(path) + 1}]"

    parts = [f"nullif({stated(path)}, '')" for path in feed.key]
    key = " || '|' || ".join(parts)  # null if any part is
    cursor = "null" if feed.cursor is None else instant_text(stated(feed.cursor))
    return f"""
        with received as (select *, json_valid({PAYLOAD}) as is_readable from received_rows),
        read as (select *, case when is_readable then {read} end as stated from received)
        select place, {literal(feed.name)} as feed, label, line, {key} as {KEY}, {cursor} as {CURSOR},
            false as {DELETED}, coalesce({DIGEST}, md5({PAYLOAD})) as {DIGEST}, {PAYLOAD}, is_readable
        from read
        """


def instant_text(value: str) -> str:
    """SQL of an instant as systems write it, as ISO 8601 in UTC and whole seconds; null for what is none.

    ISO 8601, without an offset = UTC; or seconds or milliseconds of the epoch. As seconds 100,000,000,000 is the year
    5138, as milliseconds it was 1973.
    """
    number = f"try_cast({value} as double)"
    seconds = f"case when {number} > 100000000000 then {number} / 1000 else {number} end"
    instant = f"case when {number} is null then try_cast({value} as timestamptz) else to_timestamp({seconds}) end"
    return f"strftime(cast({instant} as timestamp), '%Y-%m-%dT%H:%M:%SZ')"


def payloads_without_persons(
    connector: Connector[Any], feed: str, replace: Callable[[str], str]
) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    """What makes landed records of a connector name no person, as if they had been pulled so."""
    (declared,) = [declared for declared in connector.feeds() if declared.name == feed]

    def changed(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = {name: batch.column(name).to_pylist() for name in (PAYLOAD, DIGEST)}
        for place, (payload, digest) in enumerate(zip(columns[PAYLOAD], columns[DIGEST], strict=True)):
            if payload is None:
                continue
            record = connector.without_persons(feed, json.loads(payload), replace)
            columns[PAYLOAD][place] = record_text(record)
            if digest != "deleted":
                columns[DIGEST][place] = declared.digest_of(record) or _text_digest(columns[PAYLOAD][place])
        arrays = [
            pa.nulls(batch.num_rows, pa.string())
            if name == RAW
            else pa.array(columns[name], pa.string())
            if name in columns
            else batch.column(name)
            for name in batch.schema.names
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)

    return changed


def _text_digest(text: str) -> str:
    """As DuckDB's md5, which tells the texts of records apart."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class _FeedLanding:
    """What one pull brings to one raw feed."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        connector: Connector[Any],
        feed: PulledFeed,
        loads: Sequence[Load],
        persons: Persons | None,
        *,
        is_whole: bool,
    ) -> None:
        self._con, self._connector, self._feed, self._loads, self._is_whole = con, connector, feed, loads, is_whole
        self._persons = persons if connector.names_persons else None
        self._find_news()
        self._types = self._find_types()

    @property
    def has_news(self) -> bool:
        """Whether there is anything to land."""
        return bool(self._rows("select 1 from news limit 1"))

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._con.execute(query).fetchall()

    def _find_news(self) -> None:
        """View `news`: of each record pulled its last version, unless that is the one landed last.

        A record without a key is told from others by its content. Of a feed that is pulled whole, a record that did
        not come has been deleted; it is landed once more as it was, saying so.
        """
        files = ", ".join(f"'{sql_path(load.records)}'" for load in self._loads)
        every_landed = (
            f"select *, {NUMBER} as number from read_parquet([{files}], filename = true)"
            if files
            else f"select *, place as number, '' as filename, label as {RAW} from pulled where false"
        )
        missing = f"""
            union all by name
            select {literal(self._feed.name)} as feed, '' as label, {KEY}, {CURSOR}, true as {DELETED}, {PAYLOAD},
                'deleted' as {DIGEST}, true as is_readable
            from ({every_landed}) as every_landed
            semi join (select filename, number from landed anti join received using (identity)) as gone
                using (filename, number)
            where {DIGEST} <> 'deleted' and {KEY} is not null
                and coalesce({CURSOR} >= '{utc_text(self._connector.options.first_instant)}', true)
            """
        self._con.execute(
            f"""
            create or replace temp table received as
            select place, coalesce({KEY}, {DIGEST}) as identity, {DIGEST} from pulled
            where feed = {literal(self._feed.name)}
            qualify row_number() over (partition by identity order by {CURSOR} desc nulls last, place desc) = 1;
            create or replace temp table landed as
            -- load ids rise as text, and with them the names of their folders
            select identity, {DIGEST}, filename, number
            from (
                select coalesce({KEY}, {DIGEST}) as identity, {DIGEST}, filename, number from ({every_landed})
            )
            {"" if self._is_whole else "semi join received using (identity)"}
            qualify row_number() over (partition by identity order by filename desc, number desc) = 1;
            create or replace temp table new_places as
            select place from received anti join landed using (identity, {DIGEST});
            create or replace temp view news as  -- a view: records are copied once, into landing
            select pulled.* from pulled semi join new_places using (place)
            {missing if self._is_whole else ""}
            """
        )

    def problems(self) -> list[str]:
        """Why nothing of this may be landed: too many records gone, a field of another type."""
        return [*self._too_many_gone(), *self._changed_types()]

    def _too_many_gone(self) -> list[str]:
        ((gone,),) = self._rows("select count(*) from news where place is null")
        ((live,),) = self._rows(f"select count(*) from landed where {DIGEST} <> 'deleted'")
        limit = self._connector.options.max_deleted_ratio
        # A calendar of three entries may well lose one.
        if gone <= max(limit * live, _FEW_DELETIONS):
            return []
        return [
            f"feed {self._feed.name}: {gone} of {live} records are no longer there, more than maxDeletedRatio {limit:g}"
            " allows; a right taken away looks the same. If they were deleted, raise maxDeletedRatio for one run"
        ]

    def _find_types(self) -> dict[str, dict[str, str]]:
        """Per watched field the kinds of value that came, each with the key of a record that has it."""
        if not self._feed.fields:
            return {}
        names = ", ".join(literal(name) for name in self._feed.fields)
        paths = ", ".join(literal(path) for path in self._feed.fields.values())
        rows = self._rows(
            f"""
            with kinds as (
                select {KEY}, unnest([{names}]) as field, unnest(json_type({PAYLOAD}, [{paths}])) as kind
                from news where is_readable
            )
            select field, kind, min({KEY}) from kinds
            where kind is not null and kind <> 'NULL' group by all order by all
            """
        )
        found: dict[str, dict[str, str]] = {}
        for field, kind, key in rows:
            found.setdefault(field, {}).setdefault(_KINDS.get(kind, _NUMBER), str(key))
        return found

    def _known_types(self) -> dict[str, set[str]]:
        known: dict[str, set[str]] = {}
        for load in self._loads:
            for field, kinds in load.manifest["types"].items():
                known.setdefault(field, set()).update(kinds)
        return known

    def _changed_types(self) -> list[str]:
        known, accepted = self._known_types(), self._connector.options.accept_type_changes
        return [
            f'feed {self._feed.name}: field "{field}" was {" or ".join(sorted(known[field]))} and is now {kind} (record'
            f" {key}); nothing is landed. If the new type is meant, write acceptTypeChanges:"
            f" [{self._feed.name}.{field}]"
            for field, kinds in self._types.items()
            if field in known and f"{self._feed.name}.{field}" not in accepted
            for kind, key in kinds.items()
            if kind not in known[field]
        ]

    def _in_order(self) -> str:
        """Query: the news as they came, deletions last. Where all of it is new the table's own order is that order."""
        ((pulled, new),) = self._rows(
            f"select (select count(*) from pulled where feed = {literal(self._feed.name)}), (select count(*) from news)"
        )
        if pulled == new and not self._is_whole:
            return f"select * from pulled where feed = {literal(self._feed.name)}"
        return f"select * from news order by place nulls last, {KEY}"

    def write(
        self, source: str, staging: Path, load_id: str, loaded_at: datetime, begun: str | None, config_hash: str
    ) -> Load:
        """The load, in `staging`. `begun` is the server's time at the first answer, if it told."""
        folder = staging / self._feed.name / load_id
        folder.mkdir(parents=True)
        is_good = f"is_readable and {KEY} is not null"
        no_key = f"the record has no {' and '.join(self._feed.key)}, by which it is told from others"
        self._con.execute(
            f"""
            copy (
                select {KEY}, {CURSOR}, {DIGEST}, cast({DELETED} as varchar) as {DELETED},
                    case when {is_good} then {PAYLOAD} end as {PAYLOAD}, label as {FILE}, line as {LINE},
                    row_number() over () as {NUMBER},
                    case when not is_readable then 'bad_json' when {KEY} is null then 'missing_value' end
                        as {FAULT_CODE},
                    case when not is_readable then 'the record is no JSON that can be read'
                        when {KEY} is null then {literal(no_key)} end as {FAULT},
                    case when not ({is_good}) then {PAYLOAD} end as {RAW}
                from ({self._in_order()})
            ) to '{sql_path(folder / RECORDS)}' (format parquet, compression zstd)
            """
        )
        ((count, cursor),) = self._rows(f"select count(*), max({CURSOR}) from news")
        known = {load.manifest["cursor"] for load in self._loads} - {None}
        # What changed while the pull ran may have been passed over: the next pull begins no later than this one did.
        limit = begun or utc_text(loaded_at)
        manifest = {
            "source": source,
            "feed": self._feed.name,
            "load_id": load_id,
            "loaded_at": utc_text(loaded_at),
            "mode": "pull",
            "files": [
                {"path": label, "records": records}
                for label, records in self._rows("select label, count(*) from news group by all order by all")
            ],
            "landed_count": count,
            "columns": list(COLUMNS),
            "since": utc_text(self._connector.options.first_instant),
            "cursor": max({min(cursor, limit), *known} if cursor else known, default=None),
            "types": {field: sorted(kinds) for field, kinds in self._types.items()},
            "config_hash": config_hash,
            **({PERSONS: self._persons.fingerprint} if self._persons else {}),
        }
        (folder / MANIFEST).write_text(as_json(manifest), encoding="utf-8")
        sync_file(folder / RECORDS)
        sync_file(folder / MANIFEST)
        sync_folder(folder)
        return Load(source, self._feed.name, load_id, folder, manifest)
