"""From a finished pull to loads: what is new of it, in landing's form.

Belongs here: which of the pulled records landing has already, changes of type, deletions, the load's manifest.
Does not belong here: asking (walk), what a record means (connectors).
Sits between the spool and landing.

Landing itself is the memory of a source: where the next pull begins and which records are known follows from the loads
alone, so there is nothing beside them that could disagree.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
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
# Payloads are long: a row group is held in memory until it is written, and larger ones cost time and win nothing.
_ROW_GROUP = 20_480
# DuckDB's names of JSON types, as a person would say them; null says nothing about a type.
_KINDS = {"VARCHAR": "text", "BOOLEAN": "boolean", "OBJECT": "object", "ARRAY": "list"}
_NUMBER = "number"
# In a JSON path: every member of a list.
_EACH = "[*]"
# So many deletions at once are never suspicious: a calendar of three entries may well lose one.
_FEW_DELETIONS = 3


# From one instant to before another, both aware.
Window = tuple[datetime, datetime]
# Of the night's pull, and of days that are asked for again.
_SPOOLS = ("spool", "backfill.spool")


def spool_of(paths: Paths, source: str, window: Window | None = None) -> Spool:
    """The spool of a source; beside landing, so that a home has all that was received.

    Days that are asked for again have one of their own: they do not cost a night what it has pulled already.
    """
    usual, backfill = _SPOOLS
    return Spool(_spools(paths) / f"{source}.{usual if window is None else backfill}")


def _spools(paths: Paths) -> Path:
    return paths.home / "landing" / ".pulling"


def remove_spools(paths: Paths, source: str) -> None:
    """Throw away what pulls of the source left half done, backfills included: it is asked for again."""
    for kind in _SPOOLS:
        Spool(_spools(paths) / f"{source}.{kind}").remove()


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
    window: Window | None = None,
    persons: Persons | None = None,
) -> dict[str, Load]:
    """Pull the source; afterwards `staging` has a load for each raw feed with something new.

    `loaded_at` is an instant with a zone; `config_hash` says of a raw feed how it is understood. With a `window` that
    stretch is asked for again instead of what is new: nothing is taken for deleted, and the next pull begins where it
    would have begun. Without `persons` what names a person is landed as it is. Raises SourceError; a pull that a later
    run can finish stays in the spool.
    """
    spool = spool_of(paths, source, window)
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
    until = now
    if window is not None:
        whole, until = [], min(window[1], now)
        since = dict.fromkeys(since, max(window[0], connector.options.first_instant))
    with _client(source, connector, allowed_hosts, outside, project_dir) as client:
        signature = _signature(connector, loads, window, persons)
        walk(source, connector, client, spool, since, whole, signature, now, until, persons)
    whole = (spool.opening() or {})["whole"]
    staged: dict[str, Load] = {}
    problems: list[str] = []
    # Load ids are unique within the source: several raw feeds may bring rows of one canonical feed.
    last = max((load.load_id for found in loads.values() for load in found), default=None)
    received, begun = _read_spool(feeds, spool)
    with connect(staging / ".pull") as con:
        for feed in feeds:
            if feed.name not in whole and feed.name not in received:
                continue
            con.register("received", received.get(feed.name, _RECEIVED.empty_table()))
            landing = _FeedLanding(con, connector, feed, loads[feed.name], persons, is_whole=feed.name in whole)
            problems += landing.problems()
            if not problems and landing.has_news:
                last = new_load_id(last, loaded_at)
                staged[feed.name] = landing.write(
                    source, staging, last, loaded_at, begun, config_hash(feed.name), is_backfill=window is not None
                )
    if problems:
        spool.remove()
        raise SourceError(source, problems)
    return staged


def _client(
    source: str, connector: Connector[Any], allowed_hosts: Sequence[str], outside: Outside, project_dir: Path
) -> Client | TableClient:
    if isinstance(connector, TableConnector):
        return TableClient(source, connector, allowed_hosts, outside, project_dir)
    return Client(source, connector, allowed_hosts, outside, project_dir)


def _since(connector: Connector[Any], loads: Sequence[Load], overlap: int) -> datetime:
    """Where the next pull begins: where the loads end, less the overlap; at `since` if that was moved back."""
    first: datetime = connector.options.first_instant
    cursors: list[str] = [load.manifest["cursor"] for load in loads if load.manifest["cursor"]]
    if not cursors or utc_text(first) < min(load.manifest["since"] for load in loads if load.manifest["since"]):
        return first
    return max(first, earlier(datetime.fromisoformat(max(cursors)), overlap))


def _signature(
    connector: Connector[Any],
    loads: Mapping[str, Sequence[Load]],
    window: Window | None,
    persons: Persons | None,
) -> str:
    """What a pull depends on: the system and the options, the loads it goes on from, a window, the pseudonyms' key."""
    content = {
        "connector": type(connector).__name__,
        "options": connector.options.model_dump(mode="json"),
        "loads": {name: [load.version for load in found] for name, found in loads.items()},
        PERSONS: persons.fingerprint if persons else None,
    }
    if window is not None:
        content["window"] = [utc_text(instant) for instant in window]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read_spool(feeds: Sequence[PulledFeed], spool: Spool) -> tuple[dict[str, pa.Table], str | None]:
    """The records received, per feed that had any, in order; and the server's time at the first answer.

    Their texts stay where the spool has them.
    """
    declared = {feed.name: feed for feed in feeds}
    batches: dict[str, list[pa.RecordBatch]] = {}
    begun: str | None = None
    lines: dict[tuple[str, str], int] = {}
    place = 0
    for frame in spool.frames():
        begun = begun or frame.server_time
        count = len(frame.sizes)
        if frame.feed is None or not count:
            continue
        line = lines.get((frame.feed, frame.label), 0)
        batches.setdefault(frame.feed, []).append(_batch(declared[frame.feed], frame, place, line))
        lines[frame.feed, frame.label] = line + count
        place += count
    return {name: pa.Table.from_batches(found) for name, found in batches.items()}, begun


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
    """Query: key, cursor and digest of each record received, by its place, and what tells it from others."""
    paths = [path for path in (*feed.key, feed.cursor) if path is not None and not path.startswith("@")]
    listed = ", ".join(literal("$." + ".".join(quoted(step) for step in path.split("."))) for path in paths)
    extracted = f"json_extract_string({PAYLOAD}, [{listed}])"
    read = f"try({extracted})" if paths else f"case when json_valid({PAYLOAD}) then cast([] as varchar[]) end"

    def stated(path: str) -> str:
        if path.startswith("@"):
            return f"json_extract_string(noted, {literal('$.' + path[1:])})"
        return f"stated[{paths.index(path) + 1}]"

    parts = [f"nullif({stated(path)}, '')" for path in feed.key]
    key = " || '|' || ".join(parts)  # null if any part is
    cursor = "null" if feed.cursor is None else instant_text(stated(feed.cursor))
    return f"""
        with read as (
            select place, noted, coalesce({DIGEST}, md5({PAYLOAD})) as {DIGEST}, {read} as stated from received
        )
        select place, {key} as {KEY}, {cursor} as {CURSOR}, {DIGEST}, coalesce({KEY}, {DIGEST}) as identity,
            stated is not null as is_readable
        from read
        """


def instant_text(value: str) -> str:
    """SQL of an instant as systems write it, as ISO 8601 in UTC and whole seconds; null for what is none.

    ISO 8601, without an offset = UTC; or seconds or milliseconds of the epoch. As seconds 100,000,000,000 is the year
    5138, as milliseconds it was 1973.
    """
    number = f"case when not contains({value}, ':') then try_cast({value} as double) end"  # failing casts are slow
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


def _kinds_of(found: Iterable[tuple[Mapping[str, str], str, str | None]]) -> dict[str, dict[str, str]]:
    """Per field the kinds of value that came, each with the least key, from combinations of kinds as DuckDB's text."""
    kept: dict[str, dict[str, str]] = {}
    for fields, kinds, key in found:
        for field, kind in zip(fields, kinds.strip("[]").split(", "), strict=True):
            if kind.strip("'") != "NULL":  # nothing there, or a null
                name = _KINDS.get(kind, _NUMBER)
                of_field = kept.setdefault(field, {})
                of_field[name] = min(of_field.get(name, str(key)), str(key))
    return kept


class _FeedLanding:
    """What one pull brings to one raw feed: of the records in relation `received`, those to be landed."""

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
        ((self._new, self._gone, self._live),) = self._rows(
            f"""
            select count(*), (select count(*) from gone), (select count(*) from landed where {DIGEST} <> 'deleted')
            from news
            """
        )
        self._types = self._find_types()

    @property
    def has_news(self) -> bool:
        """Whether there is anything to land."""
        return bool(self._new)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._con.execute(query).fetchall()

    def _find_news(self) -> None:
        """View `news`: of each record pulled its last version, unless that is the one landed last.

        A record without a key is told from others by its content. Of a feed that is pulled whole, a record that did
        not come has been deleted; it is landed once more as it was, saying so, and has no place but that in landing.
        """
        self._con.execute(f"create or replace temp table pulled as {_pulled_rows(self._feed)}")
        ((count, identities),) = self._rows("select count(*), count(distinct identity) from pulled")
        if identities < count:
            self._con.execute(
                f"""
                create or replace temp table pulled as
                select * from pulled
                qualify row_number() over (partition by identity order by {CURSOR} desc nulls last, place desc) = 1
                order by place
                """
            )
        files = ", ".join(f"'{sql_path(load.records)}'" for load in self._loads)
        landed = (
            f"select *, {NUMBER} as number from read_parquet([{files}], filename = true)"
            if files
            else f"select {KEY}, {CURSOR}, {DIGEST}, '' as {PAYLOAD}, '' as filename, 0 as number from pulled limit 0"
        )
        self._con.execute(
            f"""
            create or replace temp view every_landed as select *, coalesce({KEY}, {DIGEST}) as identity from ({landed});
            create or replace temp table landed as
            -- load ids rise as text, and with them the names of their folders
            select identity, {DIGEST}, filename, number from every_landed
            {"" if self._is_whole else "semi join pulled using (identity)"}
            qualify row_number() over (partition by identity order by filename desc, number desc) = 1;
            create or replace temp table gone as
            select null::bigint as place, {KEY}, {CURSOR}, 'deleted' as {DIGEST}, true as is_readable, filename, number
            from every_landed
            semi join (select filename, number from landed anti join pulled using (identity)) as last_landed
                using (filename, number)
            where {self._is_whole} and {DIGEST} <> 'deleted' and {KEY} is not null
                and coalesce({CURSOR} >= '{utc_text(self._connector.options.first_instant)}', true);
            create or replace temp view news as
            select place, {KEY}, {CURSOR}, {DIGEST}, is_readable
            from pulled anti join landed using (identity, {DIGEST})
            union all
            select place, {KEY}, {CURSOR}, {DIGEST}, is_readable from gone
            """
        )
        ((self._received,),) = self._rows("select count(*) from received")

    def _with_texts(self) -> str:
        """Query: the news in order, with their text and where it came from."""
        if self._new - self._gone == self._received:  # all of it is new, and in its order already
            pulled = f"select pulled.*, label, line, {PAYLOAD} from pulled positional join received"
        else:
            pulled = f"""
                select pulled.*, label, line, {PAYLOAD}
                from pulled anti join landed using (identity, {DIGEST}) inner join received using (place)
                order by place
                """
        if not self._gone:
            return pulled
        return f"""
            ({pulled})
            union all by name
            (select gone.*, '' as label, {PAYLOAD} from gone inner join every_landed using (filename, number)
            order by {KEY})
            """

    def problems(self) -> list[str]:
        """Why nothing of this may be landed: too many records gone, a field of another type."""
        return [*self._too_many_gone(), *self._changed_types()]

    def _too_many_gone(self) -> list[str]:
        limit = self._connector.options.max_deleted_ratio
        # A calendar of three entries may well lose one.
        if self._gone <= max(limit * self._live, _FEW_DELETIONS):
            return []
        return [
            f"feed {self._feed.name}: {self._gone} of {self._live} records are no longer there, more than"
            f" maxDeletedRatio {limit:g} allows; a right taken away looks the same. If they were deleted, raise"
            " maxDeletedRatio for one run"
        ]

    def _find_types(self) -> dict[str, dict[str, str]]:
        """Per watched field the kinds of value that came, each with the key of a record that has it."""
        if not self._new:
            return {}
        watched = {name: path for name, path in self._feed.watched.items() if _EACH not in path}
        if not watched:
            return self._find_types_in_lists()
        paths = ", ".join(literal(path) for path in watched.values())
        # Records are alike: there are a few combinations of kinds, and as text they are counted fastest.
        rows = self._rows(
            f"""
            select cast(json_type({PAYLOAD}, [{paths}]) as varchar) as kinds, min({KEY})
            from ({self._with_texts()}) where is_readable group by kinds order by all
            """
        )
        return _kinds_of((watched, kinds, key) for kinds, key in rows) | self._find_types_in_lists()

    def _find_types_in_lists(self) -> dict[str, dict[str, str]]:
        """The same of fields that stand in the members of lists; each list is taken apart once."""
        members: dict[str, dict[str, str]] = {}
        for name, path in self._feed.watched.items():
            of_list, each, rest = path.rpartition(_EACH)
            if each:
                members.setdefault(of_list + each, {})[name] = f"${rest}"
        if not members:
            return {}
        parts = ", ".join(
            f"[{place} || ':' || cast(json_type(member, [{', '.join(map(literal, watched.values()))}]) as varchar)"
            f" for member in json_extract({PAYLOAD}, {literal(path)})]"
            for place, (path, watched) in enumerate(members.items())
        )
        rows = self._rows(
            f"""
            select kinds, min({KEY})
            from (
                select {KEY}, unnest(list_distinct(flatten([{parts}]))) as kinds
                from ({self._with_texts()}) where is_readable
            )
            group by kinds order by all
            """
        )
        lists = list(members.values())
        placed = [(*text.split(":", maxsplit=1), key) for text, key in rows]
        return _kinds_of((lists[int(place)], kinds, key) for place, kinds, key in placed)

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

    def write(
        self,
        source: str,
        staging: Path,
        load_id: str,
        loaded_at: datetime,
        begun: str | None,
        config_hash: str,
        *,
        is_backfill: bool,
    ) -> Load:
        """The load, in `staging`. `begun` is the server's time at the first answer, if it told.

        A backfill says nothing of where the next pull begins: that is what loads without `since` and `cursor` say.
        """
        folder = staging / self._feed.name / load_id
        folder.mkdir(parents=True)
        is_good = f"is_readable and {KEY} is not null"
        no_key = f"the record has no {' and '.join(self._feed.key)}, by which it is told from others"
        self._con.execute(
            f"""
            copy (
                select {KEY}, {CURSOR}, {DIGEST}, cast(place is null as varchar) as {DELETED},
                    case when {is_good} then {PAYLOAD} end as {PAYLOAD}, label as {FILE}, line as {LINE},
                    row_number() over () as {NUMBER},
                    case when not is_readable then 'bad_json' when {KEY} is null then 'missing_value' end
                        as {FAULT_CODE},
                    case when not is_readable then 'the record is no JSON that can be read'
                        when {KEY} is null then {literal(no_key)} end as {FAULT},
                    case when not ({is_good}) then {PAYLOAD} end as {RAW}
                from ({self._with_texts()})
            ) to '{sql_path(folder / RECORDS)}' (format parquet, compression zstd, row_group_size {_ROW_GROUP})
            """
        )
        # Of all that was received: days that were filled before are known, and need not be asked for every night.
        ((cursor,),) = self._rows(f"select max({CURSOR}) from pulled")
        known = {load.manifest["cursor"] for load in self._loads} - {None}
        # What changed while the pull ran may have been passed over: the next pull begins no later than this one did.
        limit = begun or utc_text(loaded_at)
        reached = max({min(cursor, limit), *known} if cursor else known, default=None)
        manifest = {
            "source": source,
            "feed": self._feed.name,
            "load_id": load_id,
            "loaded_at": utc_text(loaded_at),
            "mode": "pull",
            "files": [
                {"path": label, "records": records}
                for label, records in self._rows(
                    "select coalesce(label, '') as label, count(*) from news left join received using (place)"
                    " group by all order by all"
                )
            ],
            "landed_count": self._new,
            "columns": list(COLUMNS),
            "since": None if is_backfill else utc_text(self._connector.options.first_instant),
            "cursor": None if is_backfill else reached,
            "types": {field: sorted(kinds) for field, kinds in self._types.items()},
            "config_hash": config_hash,
            **({PERSONS: self._persons.fingerprint} if self._persons else {}),
        }
        (folder / MANIFEST).write_text(as_json(manifest), encoding="utf-8")
        sync_file(folder / RECORDS)
        sync_file(folder / MANIFEST)
        sync_folder(folder)
        return Load(source, self._feed.name, load_id, folder, manifest)
