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
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.connectors.base import Connector, Json, PulledFeed, Request, earlier, utc_text
from ingestion.connectors.tables import TableConnector
from ingestion.errors import SourceError
from ingestion.landing import MANIFEST, RECORDS, Load, landed_loads
from ingestion.persons import PERSONS, SEALED, Persons
from ingestion.pulling.client import Client
from ingestion.pulling.outside import Outside
from ingestion.pulling.spool import Frame, Spool
from ingestion.pulling.tables import TableClient
from ingestion.pulling.walk import can_go_on, record_text, walk
from ingestion.readers import FAULT, FAULT_CODE, FILE, LINE, NUMBER, RAW, literal, quoted, sql_path
from ingestion.storage import Paths, as_json, new_load_id, sync_file, sync_folder
from settings.instants import parse_clock_duration

KEY, CURSOR, DIGEST, DELETED, PAYLOAD = "record_key", "record_cursor", "record_digest", "is_deleted", "payload"
COLUMNS = (KEY, CURSOR, DIGEST, DELETED, PAYLOAD)
_IDENTITY = f"coalesce({KEY}, {DIGEST})"
_OWN = [(DIGEST, pa.string()), (PAYLOAD, pa.string())]
_GONE = pa.schema([(KEY, pa.string()), (CURSOR, pa.string()), *_OWN])
_LANDED = pa.schema(
    [
        *((name, pa.string()) for name in (*COLUMNS, FILE)),
        (LINE, pa.int64()),
        *((name, pa.string()) for name in (FAULT_CODE, FAULT, RAW)),
    ]
)
# Columns with few values, and columns that are looked for: what Parquet keeps of others costs time and saves nothing.
_ALIKE, _SOUGHT = [DELETED, FILE, FAULT_CODE, FAULT], [KEY, CURSOR, NUMBER]
# A row group is held in memory until it is written: as many records as DuckDB reads at once, fewer of long payloads.
_GROUP_BYTES, _FEWEST_IN_GROUP, _MOST_IN_GROUP = 10 << 20, 20_480, 122_880
# DuckDB's names of JSON types, as a person would say them; null says nothing about a type.
_KINDS = {"VARCHAR": "text", "BOOLEAN": "boolean", "OBJECT": "object", "ARRAY": "list"}
_NUMBER = "number"
# The first and the last instant of years with four digits, in microseconds of the epoch.
_FIRST_MICROS, _LAST_MICROS = -62_135_596_800_000_000, 253_402_300_799_999_999
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


def remove_useless_spools(paths: Paths, source: str, persons: Persons | None, now: datetime) -> None:
    """Throw away what no pull will go on with: it is too old, or names persons otherwise than they are named now."""
    for kind in _SPOOLS:
        spool = Spool(_spools(paths) / f"{source}.{kind}")
        opening = spool.opening()
        if opening is None or not can_go_on(opening, persons, now):
            spool.remove()


def stage_pull(
    con: duckdb.DuckDBPyConnection,
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

    `con` is a database for the work in between, in which nothing is left. `loaded_at` is an instant with a zone;
    `config_hash` says of a raw feed how it is understood. With a `window` that stretch is asked for again instead of
    what is new: nothing is taken for deleted, and the next pull begins where it would have begun. Without `persons`
    what names a person is landed as it is. Raises SourceError; a pull that a later run can finish stays in the spool.
    """
    spool = spool_of(paths, source, window)
    feeds = connector.feeds()
    loads = {feed.name: landed_loads(paths, source, feed.name) for feed in feeds}
    if any(load.manifest["mode"] != "pull" for found in loads.values() for load in found):
        raise SourceError(source, "landing holds files under this name; give the connector a source name of its own")
    overlap = parse_clock_duration(connector.options.overlap)
    since = {name: _since(connector, earlier_loads, overlap) for name, earlier_loads in loads.items()}
    now = outside.clock()
    remove_useless_spools(paths, source, persons, now)
    whole = [
        feed.name
        for feed in feeds
        if feed.name not in connector.options.leave_out  # what is not asked for has not been deleted
        and (feed.is_complete or (feed.is_reconciled and connector.options.reconciles(now)))
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
    frames, begun = _read_spool(spool)
    with con.cursor() as own:
        for feed in feeds:
            if feed.name not in whole and feed.name not in frames:
                continue
            received = _received(feed, frames.get(feed.name, []))
            landing = _FeedLanding(
                own, connector, feed, received, loads[feed.name], persons, is_whole=feed.name in whole
            )
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
        PERSONS: persons.version if persons else None,
    }
    if window is not None:
        content["window"] = [utc_text(instant) for instant in window]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read_spool(spool: Spool) -> tuple[dict[str, list[Frame]], str | None]:
    """The answers with records, per feed that had any, in order; and the server's time at the first answer of all."""
    frames: dict[str, list[Frame]] = {}
    begun: str | None = None
    for frame in spool.frames():
        begun = begun or frame.server_time
        if frame.feed is not None and len(frame.sizes):
            frames.setdefault(frame.feed, []).append(frame)
    return frames, begun


def _received(feed: PulledFeed, frames: Sequence[Frame]) -> pa.Table:
    """The records of a feed as they were received, in order: their texts stay where the spool has them.

    Lines are counted from 1 in all answers of one label. What the requests noted has columns of its own.
    """
    counts = [len(frame.sizes) for frame in frames]
    lines, before = list[pa.Array](), dict[str, int]()
    for frame, count in zip(frames, counts, strict=True):
        first = before.get(frame.label, 0) + 1
        lines.append(pa.array(np.arange(first, first + count, dtype=np.int64)))
        before[frame.label] = first + count - 1

    def repeated(value_of: Callable[[Frame], str | None]) -> pa.ChunkedArray:
        values = [pa.scalar(value_of(frame), pa.string()) for frame in frames]
        return pa.chunked_array([pa.repeat(*both) for both in zip(values, counts, strict=True)], pa.string())

    def noted(name: str) -> Callable[[Frame], str | None]:
        return lambda frame: _note_text(Request.from_json(frame.asked).note[name])

    paths = dict.fromkeys(path for path in (*feed.key, feed.cursor or "") if path.startswith("@"))
    digests = [
        pa.array(frame.digests, pa.string()) if frame.digests else pa.nulls(len(frame.sizes), pa.string())
        for frame in frames
    ]
    return pa.table(
        {
            "place": np.arange(sum(counts), dtype=np.int64),
            FILE: repeated(lambda frame: frame.label),
            LINE: pa.chunked_array(lines, pa.int64()),
            **{path: repeated(noted(path[1:])) for path in paths},
            DIGEST: pa.chunked_array(digests, pa.string()),
            PAYLOAD: pa.chunked_array([_texts(frame) for frame in frames], pa.string()),
        }
    )


def _texts(frame: Frame) -> pa.StringArray:
    offsets = np.zeros(len(frame.sizes) + 1, dtype=np.int32)
    np.cumsum(frame.sizes, out=offsets[1:])
    return pa.StringArray.from_buffers(len(frame.sizes), pa.py_buffer(offsets), pa.py_buffer(frame.body))


def _note_text(value: Json) -> str | None:
    """A note as a record's own value would be read: a text as it is, all else as JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _pulled_rows(feed: PulledFeed) -> str:
    """Query: key, cursor and digest of each record received, by its place."""
    paths = list(dict.fromkeys(path for path in (*feed.key, feed.cursor or "@") if not path.startswith("@")))
    listed = ", ".join(literal("$." + ".".join(quoted(step) for step in path.split("."))) for path in paths)
    extracted = f"json_extract_string({PAYLOAD}, [{listed}])"
    read = f"try({extracted})" if paths else f"case when json_valid({PAYLOAD}) then cast([] as varchar[]) end"

    def stated(path: str) -> str:
        return quoted(path) if path.startswith("@") else f"stated[{paths.index(path) + 1}]"

    parts = [f"nullif({stated(path)}, '')" for path in feed.key]
    key = " || '|' || ".join(parts)  # null if any part is
    cursor = "null" if feed.cursor is None else instant_text(stated(feed.cursor))
    return f"""
        with read as (select *, {read} as stated from received),
        told as (
            select place, {key} as {KEY}, cast({cursor} as varchar) as {CURSOR}, {DIGEST}, {PAYLOAD},
                stated is not null as is_readable
            from read
        )
        select place, {KEY}, {CURSOR},
            case when {KEY} is null then coalesce({DIGEST}, md5({PAYLOAD})) else {DIGEST} end as {DIGEST},
            is_readable, hash({_IDENTITY}) as identity_hash
        from told
        """


def instant_text(value: str) -> str:
    """SQL of an instant as systems write it, as ISO 8601 in UTC and whole seconds; null for what is none.

    ISO 8601, without an offset = UTC; or seconds or milliseconds of the epoch. As seconds 100,000,000,000 is the year
    5138, as milliseconds it was 1973. What lies before the year 1 or after 9999 is none: texts are compared as such.
    """
    number = f"case when not contains({value}, ':') then try_cast({value} as double) end"  # failing casts are slow
    counted = f"try_cast({number} * case when {number} > 100000000000 then 1000 else 1000000 end as bigint)"
    # By way of microseconds: zones are looked up where an instant becomes a timestamp otherwise.
    micros = f"case when {number} is null then epoch_us(try_cast({value} as timestamptz)) else {counted} end"
    within = f"case when {micros} between {_FIRST_MICROS} and {_LAST_MICROS} then {micros} end"
    return f"strftime(make_timestamp({within}), '%Y-%m-%dT%H:%M:%SZ')"


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
                columns[DIGEST][place] = declared.digest_of(record)
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


def _at(received: pa.Table, places: npt.NDArray[np.int64]) -> pa.Table:
    """The records at these places, which rise; an answer at a time: all texts may be too long for one array."""
    if len(places) == len(received):
        return received
    found = []
    for batch in received.to_batches():
        first = batch["place"][0].as_py()
        begin, end = np.searchsorted(places, [first, first + len(batch)])
        found.append(batch.take(pa.array(places[begin:end] - first)))
    return pa.Table.from_batches(found, received.schema)


def _table(columns: Sequence[pa.ChunkedArray | pa.Scalar], count: int) -> pa.Table:
    """Landing's columns but the number; a scalar is the same in every record."""
    filled = [pa.repeat(column, count) if isinstance(column, pa.Scalar) else column for column in columns]
    return pa.table(filled, schema=_LANDED)


def _row_group(payloads: pa.ChunkedArray) -> int:
    """How many records go into a row group."""
    fitting = int(_GROUP_BYTES * len(payloads) / max(1, payloads.nbytes))
    return min(max(fitting, _FEWEST_IN_GROUP), _MOST_IN_GROUP)


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
    """What one pull brings to one raw feed: of the records received, those to be landed."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        connector: Connector[Any],
        feed: PulledFeed,
        received: pa.Table,
        loads: Sequence[Load],
        persons: Persons | None,
        *,
        is_whole: bool,
    ) -> None:
        self._con, self._connector, self._feed, self._loads, self._is_whole = con, connector, feed, loads, is_whole
        self._received = received
        self._persons = persons if connector.names_persons else None
        con.register("received", received)
        self._find_news()
        self._types = self._find_types()

    @property
    def has_news(self) -> bool:
        """Whether there is anything to land."""
        return bool(self._news.num_rows or self._gone.num_rows)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._con.execute(query).fetchall()

    def _table(self, query: str) -> pa.Table:
        return self._con.sql(query).to_arrow_table()

    def _find_news(self) -> None:
        """Of each record pulled its last version, unless that is the one landed last; and the records that are gone.

        A record without a key is told from others by its content. Of a feed that is pulled whole, a record that did
        not come has been deleted; it is landed once more as it was, saying so, and has no place but that in landing.
        """
        self._news = self._table(_pulled_rows(self._feed))
        self._con.register("pulled", self._news)
        self._reached = pc.max(self._news[CURSOR]).as_py()
        # Equal hashes are no proof, but without any there are no versions to choose from.
        hashes = np.sort(self._news["identity_hash"].to_numpy())
        if np.any(hashes[1:] == hashes[:-1]):
            self._news = self._table(
                f"""
                select * from pulled
                qualify row_number() over (partition by {_IDENTITY} order by {CURSOR} desc nulls last, place desc) = 1
                order by place
                """
            )
            self._con.register("pulled", self._news)
        self._gone, self._live = _GONE.empty_table(), 0
        if not self._loads:
            return
        files = ", ".join(f"'{sql_path(load.records)}'" for load in self._loads)
        # A text is its own digest, made only where two versions of a record are compared.
        self._con.execute(
            f"""
            create or replace temp view every_landed as
            select *, {_IDENTITY} as identity from read_parquet([{files}], filename = true);
            create or replace temp table landed as
            -- load ids rise as text, and with them the names of their folders
            select identity, coalesce({DIGEST}, md5({PAYLOAD})) as {DIGEST}, filename, {NUMBER} from every_landed
            {"" if self._is_whole else f"semi join (select {_IDENTITY} as identity from pulled) using (identity)"}
            qualify row_number() over (partition by identity order by filename desc, {NUMBER} desc) = 1;
            create or replace temp table met as
            select place, coalesce(texts.{DIGEST}, md5(texts.{PAYLOAD})) as {DIGEST}, landed.{DIGEST} as landed_digest
            from (select place, {_IDENTITY} as identity from pulled)
            inner join landed using (identity)
            inner join (select place, {DIGEST}, {PAYLOAD} from received) as texts using (place)
            """
        )
        self._seal_digests()
        self._gone = self._table(
            f"""
            select {KEY}, {CURSOR}, 'deleted' as {DIGEST}, {PAYLOAD} from every_landed
            semi join (
                select filename, {NUMBER} from landed
                anti join (select {_IDENTITY} as identity from pulled) using (identity)
            ) using (filename, {NUMBER})
            where {self._is_whole} and {DIGEST} is distinct from 'deleted' and {KEY} is not null
                and coalesce({CURSOR} >= '{utc_text(self._connector.options.first_instant)}', true)
            order by {KEY}
            """
        )
        ((self._live,),) = self._rows(f"select count(*) from landed where {DIGEST} <> 'deleted'")
        self._news = self._table(
            f"""
            select * from pulled
            anti join (select place from met where {DIGEST} = landed_digest) using (place)
            order by place
            """
        )

    def _seal_digests(self) -> None:
        """Of a pulled record whose text was forgotten in landing, the digest that is comparable with landing's."""
        sealed = self._rows(f"select place, {DIGEST} from met where starts_with(landed_digest, '{SEALED}')")
        if not sealed or self._persons is None:
            return
        places, digests = zip(*sealed, strict=True)
        table = pa.table({"place": places, "sealed": [self._persons.sealed(digest) for digest in digests]})
        self._con.register("sealed", table)
        self._con.execute(f"update met set {DIGEST} = sealed.sealed from sealed where met.place = sealed.place")

    def problems(self) -> list[str]:
        """Why nothing of this may be landed: too many records gone, a field of another type."""
        return [*self._too_many_gone(), *self._changed_types()]

    def _too_many_gone(self) -> list[str]:
        limit = self._connector.options.max_deleted_ratio
        # A calendar of three entries may well lose one.
        if len(self._gone) <= max(limit * self._live, _FEW_DELETIONS):
            return []
        return [
            f"feed {self._feed.name}: {len(self._gone)} of {self._live} records are no longer there, more than"
            f" maxDeletedRatio {limit:g} allows; a right taken away looks the same. If they were deleted, raise"
            " maxDeletedRatio for one run"
        ]

    def _find_types(self) -> dict[str, dict[str, str]]:
        """Per watched field the kinds of value that came, each with the key of a record that has it."""
        if not self.has_news:
            return {}
        texts = f"select place, null::varchar as {KEY}, {PAYLOAD} from received"
        if self._news.num_rows < self._received.num_rows:
            self._con.register("news", self._news)
            texts += " semi join news using (place)"
        if self._gone.num_rows:
            self._con.register("gone", self._gone)
            texts += f" union all select null, {KEY}, {PAYLOAD} from gone"
        watched = {name: path for name, path in self._feed.watched.items() if _EACH not in path}
        if not watched:
            return self._find_types_in_lists(texts)
        paths = ", ".join(literal(path) for path in watched.values())
        # Records are alike: there are a few combinations of kinds, and as text they are counted fastest.
        rows = self._rows(
            f"""
            select cast(try(json_type({PAYLOAD}, [{paths}])) as varchar) as kinds, min(place), min({KEY}) from ({texts})
            group by kinds order by all
            """
        )
        found = ((watched, kinds, self._key_of(*which)) for kinds, *which in rows if kinds is not None)  # null: no JSON
        return _kinds_of(found) | self._find_types_in_lists(texts)

    def _key_of(self, place: int | None, gone: str | None) -> str | None:
        """The key of a record received at a place, or else of one that is gone."""
        return gone if place is None else self._news[KEY][pc.index(self._news["place"], place).as_py()].as_py()

    def _find_types_in_lists(self, texts: str) -> dict[str, dict[str, str]]:
        """The same of fields that stand in the members of lists; each list is taken apart once.

        `texts`: query of the records, each with its place or else its key.
        """
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
        is_json = "" if pc.all(self._news["is_readable"]).as_py() in (True, None) else f"where json_valid({PAYLOAD})"
        rows = self._rows(
            f"""
            select kinds, min(place), min({KEY})
            from (select place, {KEY}, unnest(list_distinct(flatten([{parts}]))) as kinds from ({texts}) {is_json})
            group by kinds order by all
            """
        )
        lists = list(members.values())
        placed = [(*text.split(":", maxsplit=1), self._key_of(*which)) for text, *which in rows]
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

    def _records(self) -> pa.Table:
        """The news in landing's form, those that are gone last."""
        nothing = pa.scalar(None, pa.string())
        received = _at(self._received, self._news["place"].to_numpy())
        payload, raw, fault_code, fault = received[PAYLOAD], nothing, nothing, nothing
        is_readable, has_key = self._news["is_readable"], pc.is_valid(self._news[KEY])
        is_good = pc.and_(is_readable, has_key)
        if not pc.all(is_good).as_py():
            payload, raw = pc.if_else(is_good, payload, nothing), pc.if_else(is_good, nothing, payload)
            no_key = f"the record has no {' and '.join(self._feed.key)}, by which it is told from others"
            fault_code, fault = (
                pc.if_else(is_good, nothing, pc.if_else(is_readable, keyless, unreadable))
                for keyless, unreadable in (
                    ("missing_value", "bad_json"),
                    (no_key, "the record is no JSON that can be read"),
                )
            )
        pulled = [self._news[KEY], self._news[CURSOR], self._news[DIGEST], pa.scalar("false"), payload]
        gone = [*(self._gone[name] for name in (KEY, CURSOR, DIGEST)), pa.scalar("true"), self._gone[PAYLOAD]]
        landed = pa.concat_tables(
            [
                _table([*pulled, received[FILE], received[LINE], fault_code, fault, raw], len(received)),
                _table([*gone, pa.scalar(""), pa.scalar(None, pa.int64()), *[nothing] * 3], len(self._gone)),
            ]
        )
        numbers = pa.array(np.arange(1, len(landed) + 1, dtype=np.int64))
        return landed.add_column(landed.schema.get_field_index(LINE) + 1, NUMBER, numbers)

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
        records = self._records()
        pq.write_table(
            records,
            folder / RECORDS,
            row_group_size=_row_group(records[PAYLOAD]),
            compression="zstd",
            use_dictionary=_ALIKE,
            column_encoding=dict.fromkeys((LINE, NUMBER), "DELTA_BINARY_PACKED"),
            write_statistics=_SOUGHT,
        )
        # Of all that was received: days that were filled before are known, and need not be asked for every night.
        cursor = self._reached
        known = {load.manifest["cursor"] for load in self._loads} - {None}
        # What changed while the pull ran may have been passed over: the next pull begins no later than this one did. By
        # either clock: what changed after a server's was set right would be passed over until it got there again.
        limit = min(filter(None, (begun, utc_text(loaded_at))))
        reached = max({min(cursor, limit), *known} if cursor else known, default=None)
        manifest = {
            "source": source,
            "feed": self._feed.name,
            "load_id": load_id,
            "loaded_at": utc_text(loaded_at),
            "mode": "pull",
            "files": [
                {"path": count["values"], "records": count["counts"]}
                for count in sorted(records[FILE].value_counts().to_pylist(), key=itemgetter("values"))
            ],
            "landed_count": records.num_rows,
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
