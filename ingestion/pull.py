"""Pulling a source: land, interpret, settle, and put all of it in place at once.

Belongs here: the one public entrance of this room, the order of its steps, and what becomes visible when.
Does not belong here: how any step works, in which order sources run beyond who needs whose tickets.
Sits above every other module of the room; called once per source and run.

A source is taken in as a whole or not at all. Everything is made in staging folders first; then the new loads become
part of landing, all of them by one rename, then the derived files move into place one by one. A kill before the first
rename leaves the earlier state, and what was pulled in its spool; a kill later leaves landing whole and derived files
that the next run makes good, because it compares what is there with what landing and the options ask for.
"""

import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from ingestion.adapters import adapter_for
from ingestion.adapters.base import Adapter, signature
from ingestion.adapters.connector import ConnectorAdapter
from ingestion.connectors.base import ConnectorOptions
from ingestion.errors import FileGone, FileProblem, SourceError, SourceUnavailable
from ingestion.feeds import CANONICAL_FEEDS
from ingestion.forgetting import forget_staged
from ingestion.interpret import PARQUET, Interpreted, interpret_loads
from ingestion.landing import Load, RawFeed, commit_loads, finish_commit, landed_loads, stage_load
from ingestion.persons import Persons, remembered
from ingestion.pulling.client import check_host
from ingestion.pulling.load import Window, spool_of, stage_pull
from ingestion.pulling.outside import Outside
from ingestion.readers import OFFLINE, connect, sql_path
from ingestion.reading import Reading, keep_reading
from ingestion.rewriting import pseudonymise_landed
from ingestion.settle import CONTROL_TABLES, LoadCounts, Settled, settle
from ingestion.storage import Paths, emptied, move_into_place, own_files, write_whole
from settings.instants import parse_clock_duration
from settings.project import SourceConfig

EMPTY = "_empty.parquet"
# So many rejected records are shown in the error itself; all of them are in the file that it names.
_SHOWN_REJECTS = 5


@dataclass(frozen=True)
class LoadRef:
    """One load, by raw feed and id."""

    feed: str
    load_id: str


@dataclass(frozen=True)
class FeedResult:
    """Counts of one raw feed over all its loads, in records."""

    feed: str
    landed: int
    accepted: int
    quarantined: int
    after_as_of: int


@dataclass(frozen=True)
class SourceResult:
    """What a source holds after a run. `new_loads` landed in this run, `loads` are all of them."""

    source: str
    new_loads: tuple[LoadRef, ...]
    loads: tuple[LoadRef, ...]
    feeds: dict[str, FeedResult]
    warnings: tuple[str, ...]


def check_source(source: SourceConfig) -> None:
    """Raises SourceError if the source's type is unknown or its options are wrong. Touches no data."""
    adapter = adapter_for(source.name, source.type, source.options)
    if source.covers is not None and adapter.options.ticket_source and "ticket_events" in canonical_feeds(source):
        reason = f"covers: events of the tickets of {adapter.options.ticket_source} do not say whom they are about"
        raise SourceError(source.name, f"{reason}; leave covers out of a source with events of another's tickets")
    if isinstance(adapter, ConnectorAdapter) and isinstance(adapter.options, ConnectorOptions):
        check_host(source.name, adapter.options.url, source.allowed_hosts)


def source_feeds(source: SourceConfig) -> list[str]:
    """The raw feeds of a source, in the order in which they are understood. Raises SourceError for wrong options."""
    return [feed.name for feed in adapter_for(source.name, source.type, source.options).raw_feeds()]


def canonical_feeds(source: SourceConfig) -> set[str]:
    """The canonical feeds that the source's records become. Raises SourceError for wrong options."""
    adapter = adapter_for(source.name, source.type, source.options)
    return {feed for raw in adapter.raw_feeds() for feed in adapter.canonical_feeds(raw.name)}


def first_instant(source: SourceConfig) -> datetime | None:
    """The instant (aware) before which the source is asked for nothing; None if it cannot be asked for days."""
    adapter = adapter_for(source.name, source.type, source.options)
    return adapter.options.first_instant if isinstance(adapter, ConnectorAdapter) else None


def late_after_seconds(source: SourceConfig) -> int:
    """How long after its last landing a source counts as late, in seconds."""
    return parse_clock_duration(adapter_for(source.name, source.type, source.options).options.late_after)


def ordered_sources(sources: Sequence[SourceConfig]) -> list[SourceConfig]:
    """The sources in an order in which a source comes after the one whose tickets it refers to.

    Raises SourceError for a `ticketSource` that does not exist or leads in a circle.
    """
    by_name = {source.name: source for source in sources}
    done: dict[str, SourceConfig] = {}

    def take(source: SourceConfig, waiting: tuple[str, ...]) -> None:
        if source.name in done:
            return
        needed = adapter_for(source.name, source.type, source.options).options.ticket_source
        if needed in (*waiting, source.name):
            raise SourceError(
                source.name, f'ticketSource "{needed}" leads in a circle; name the source that has the tickets'
            )
        if needed is not None and needed not in by_name:
            raise SourceError(source.name, f'ticketSource "{needed}" is no source; there are {", ".join(by_name)}')
        if needed is not None:
            take(by_name[needed], (*waiting, source.name))
        done[source.name] = source

    for source in sources:
        take(source, ())
    return list(done.values())


def run_source(
    source: SourceConfig,
    project_dir: Path,
    home: Path,
    loaded_at: datetime,
    as_of: datetime,
    outside: Outside | None = None,
    window: Window | None = None,
    persons: Persons | None = None,
) -> SourceResult:
    """Take in one source: afterwards landing, feeds and control files below `home` hold all it has delivered so far.

    `loaded_at` (the instant of this run) and `as_of` (the instant the build speaks for) have a zone; `outside` is what
    a connector needs of its surroundings, None = the real ones. With a `window` (from an instant to before another,
    both with zones) a connector asks for that stretch again instead of for what is new. With `persons` landing has
    pseudonyms for persons, also in what was landed before, and who was forgotten stays so; without, what was received.
    Raises SourceError for files that cannot be read, systems that do not answer, wrong options, or too many rejected
    records; then everything stays as it was. It is a SourceUnread if nothing was delivered, so that what was delivered
    before still holds.
    """
    for name, instant in (("loaded_at", loaded_at), ("as_of", as_of)):
        if instant.tzinfo is None:
            raise ValueError(f"{name} needs a zone")

    def stage(con: duckdb.DuckDBPyConnection, staging: Path) -> dict[str, Load]:
        staged = received(con, staging)
        if persons is not None:
            forget_staged(adapter, source.name, staged, paths, persons)
        return staged

    def received(con: duckdb.DuckDBPyConnection, staging: Path) -> dict[str, Load]:
        if isinstance(adapter, ConnectorAdapter):
            return stage_pull(
                con,
                source.name,
                adapter.connector,
                source.allowed_hosts,
                paths,
                staging,
                loaded_at,
                outside or Outside(),
                lambda feed: signature(adapter, feed, ()),
                project_dir.absolute(),
                window,
                persons,
            )
        # Files get a database of their own: one that a damaged file has brought down reads no other.
        return _stage(source.name, adapter, project_dir.absolute(), paths, staging, loaded_at, persons)

    adapter, paths = adapter_for(source.name, source.type, source.options), Paths(home.absolute())
    persons = None if persons is None else persons.remembering(remembered(home.absolute()))
    rewritten = [] if persons is None else pseudonymise_landed(adapter, source.name, paths, persons)
    result = _take_in(source, home, as_of, stage, window)
    if window is None:
        keep_reading(home, Reading(source.name, loaded_at))
    if persons is None:
        warnings = _persons_left_out(adapter, source.name, paths)
    else:
        said = f"{source.name}: persons in {len(rewritten)} loads of earlier nights were given pseudonyms"
        warnings = [said] if rewritten else []
    return replace(result, warnings=(*result.warnings, *warnings))


def _persons_left_out(adapter: Adapter, source: str, paths: Paths) -> list[str]:
    """What to tell the operator of a source that names persons while there is no key for pseudonyms."""
    naming = [
        feed.name
        for feed in adapter.raw_feeds()
        if {name.lower() for name in feed.persons}
        & {name.lower() for load in landed_loads(paths, source, feed.name) for name in load.columns}
    ]
    if not naming:
        return []
    return [
        f"{source}: records of {', '.join(naming)} name persons. They are left out of releases, and landing keeps them"
        " as received; for pseudonyms in both name a secret in slm.yaml, privacy: {pseudonymKey: {env: NAME}}"
    ]


def settle_landed(source: SourceConfig, home: Path, as_of: datetime) -> SourceResult:
    """As `run_source`, of what landing holds already: no file is looked for and nothing is landed."""
    return _take_in(source, home, as_of, None)


def _take_in(
    source: SourceConfig,
    home: Path,
    as_of: datetime,
    stage: Callable[[duckdb.DuckDBPyConnection, Path], dict[str, Load]] | None,
    window: Window | None = None,
) -> SourceResult:
    adapter = adapter_for(source.name, source.type, source.options)
    paths = Paths(home.absolute())
    finish_commit(source.name, paths)
    ensure_empty_feeds(home)
    with (
        emptied(paths.landing_staging(source.name)) as landing_staging,
        emptied(paths.staging(source.name)) as staging,
        connect(staging / "database") as con,
    ):
        raw_feeds = adapter.raw_feeds()
        staged = stage(con, landing_staging) if stage else {}
        interpreted = _interpret(con, adapter, source.name, raw_feeds, staged, paths, staging)
        settled = settle(con, adapter, source.name, interpreted, as_of, paths, staging)
        try:
            _check_rejects(con, adapter, source.name, settled, paths)
        except SourceError:
            if stage:
                spool_of(paths, source.name, window).remove()  # what it holds is refused: it is asked for again
            raise
        if staged:
            commit_loads(source.name, paths)
        if stage:
            spool_of(paths, source.name, window).remove()
        _commit(source.name, interpreted, settled, paths)
    return _result(source.name, staged, settled)


def ensure_empty_feeds(home: Path) -> None:
    """Afterwards every canonical feed and control table has a typed file without rows: absent ones can be read."""
    paths = Paths(home.absolute())
    wanted = {paths.feeds / name / EMPTY: dict(feed.accepted_columns) for name, feed in CANONICAL_FEEDS.items()}
    wanted |= {paths.control / name / EMPTY: dict(columns) for name, columns in CONTROL_TABLES.items()}
    with duckdb.connect(config=OFFLINE) as con:
        for path, columns in wanted.items():
            typed = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in columns.items())
            if not _has_columns(con, path, columns):
                write_whole(path, _copier(con, f"select {typed} where false"))


def _copier(con: duckdb.DuckDBPyConnection, query: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        con.execute(f"copy ({query}) to '{sql_path(path)}' {PARQUET}")

    return write


def _has_columns(con: duckdb.DuckDBPyConnection, path: Path, columns: dict[str, str]) -> bool:
    if not path.is_file():
        return False
    described = con.execute(f"describe select * from read_parquet('{sql_path(path)}')").fetchall()
    return [(row[0], row[1]) for row in described] == list(columns.items())


def leave_out_unlisted_sources(home: Path, listed: Collection[str]) -> list[str]:
    """Remove what is derived from sources that the project no longer lists; landing keeps their records.

    Returns the names of the sources removed.
    """
    paths = Paths(home.absolute())
    gone = sorted(
        path.stem
        for path in (paths.control / "load_audit").glob("*.parquet")
        if path.name != EMPTY and path.stem not in listed
    )
    for source in gone:
        for feed in CANONICAL_FEEDS:
            for path in own_files(paths.feeds / feed, source):
                path.unlink()
        shutil.rmtree(paths.interpreted(source), ignore_errors=True)
        paths.failed(source).unlink(missing_ok=True)
        for name in sorted(
            CONTROL_TABLES, key=lambda table: table == "load_audit"
        ):  # the audit last: it is what is listed
            (paths.control / name / f"{source}.parquet").unlink(missing_ok=True)
    return gone


# -------------------------------------------------------------------------------------------------------- steps


def _stage(
    source: str,
    adapter: Adapter,
    project_dir: Path,
    paths: Paths,
    staging: Path,
    loaded_at: datetime,
    persons: Persons | None,
) -> dict[str, Load]:
    """The new load of each raw feed that has one. Raises SourceError with the problems of all feeds."""
    staged: dict[str, Load] = {}
    problems: list[str] = []
    are_all_gone = True
    for feed in adapter.raw_feeds():
        try:
            load = stage_load(
                source, feed, project_dir, paths, staging, loaded_at, signature(adapter, feed.name, ()), persons
            )
        except FileProblem as problem:
            problems += str(problem).split("\n")
            are_all_gone &= isinstance(problem, FileGone)
            continue
        if load is not None:
            staged[feed.name] = load
    if problems:
        raise (SourceUnavailable if are_all_gone else SourceError)(source, problems)
    return staged


def _interpret(
    con: duckdb.DuckDBPyConnection,
    adapter: Adapter,
    source: str,
    raw_feeds: Sequence[RawFeed],
    staged: dict[str, Load],
    paths: Paths,
    staging: Path,
) -> list[Interpreted]:
    interpreted: list[Interpreted] = []
    loads_of = {
        feed.name: landed_loads(paths, source, feed.name) + ([staged[feed.name]] if feed.name in staged else [])
        for feed in raw_feeds
    }
    if isinstance(adapter, ConnectorAdapter):
        adapter = adapter.with_loads(loads_of)
    for feed in raw_feeds:
        loads = loads_of[feed.name]
        current = {load.load_id for load in (loads[-1:] if feed.is_snapshot else loads)}
        interpreted += interpret_loads(con, adapter, source, loads, current, paths, staging)
    return interpreted


def _check_rejects(
    con: duckdb.DuckDBPyConnection, adapter: Adapter, source: str, settled: Settled, paths: Paths
) -> None:
    """Raises SourceError if a load that counts has more rejects than the source allows; the quarantine is kept."""
    limit = adapter.options.max_reject_ratio
    beyond = [counts for counts in settled.audit if counts.is_current and counts.quarantined > limit * counts.landed]
    if not beyond:
        return
    target = paths.failed(source)
    quarantine = f"read_parquet('{sql_path(settled.files['quarantine'])}')"

    def write(path: Path) -> None:
        con.execute(f"copy (select * from {quarantine}) to '{sql_path(path)}' (format csv, header)")

    write_whole(target, write)
    raise SourceError(source, [_too_many(con, counts, limit, quarantine, target) for counts in beyond])


def _too_many(con: duckdb.DuckDBPyConnection, counts: LoadCounts, limit: float, quarantine: str, written: Path) -> str:
    first = con.execute(
        f"""
        select file || ' line ' || line || coalesce(', column ' || column_name, '')
            || ': ' || reason_code || ': ' || reason
        from {quarantine} where feed = ? and load_id = ? limit {_SHOWN_REJECTS}
        """,
        [counts.feed, counts.load_id],
    ).fetchall()
    return (
        f"feed {counts.feed}: {counts.quarantined} of {counts.landed} records of load {counts.load_id} were rejected"
        f" ({counts.quarantined / counts.landed:.2%}), more than maxRejectRatio {limit:g} allows; the first are "
        + "; ".join(str(row[0]) for row in first)
        + f". All rejected records are in {written}. Correct the file or the source's options, or raise maxRejectRatio"
    )


def _commit(source: str, interpreted: Sequence[Interpreted], settled: Settled, paths: Paths) -> None:
    """Move everything into place, the control files last.

    A memo vouches for files beside it: it goes before they change and comes back after them, so that a kill in between
    leaves files without a memo, which are made anew, and never a memo with files of another run.
    """
    folder = paths.interpreted(source)
    wanted: set[Path] = set()
    remembered: set[Path] = set()
    for item in interpreted:
        targets = {path: paths.accepted(feed, source, item.load.load_id) for feed, path in item.accepted.items()}
        wanted.update(targets.values())
        beside = {path: folder / path.name for path in (item.rejects, item.collapsed)}
        remembered |= {*beside.values(), folder / item.memo.name}
        _replace(targets | beside, item.memo, folder / item.memo.name)
    for path, memo in settled.memory:
        remembered |= {folder / path.name, folder / memo.name}
        _replace({path: folder / path.name}, memo, folder / memo.name)
    for name, path in settled.files.items():
        move_into_place(path, paths.control / name / f"{source}.parquet")
    for feed in CANONICAL_FEEDS:
        for path in own_files(paths.feeds / feed, source):
            if path not in wanted:
                path.unlink()
    for path in folder.glob("*"):
        if path not in remembered:
            path.unlink()
    paths.failed(source).unlink(missing_ok=True)


def _replace(targets: dict[Path, Path], memo: Path, memo_target: Path) -> None:
    """Move files and then their memo into place; nothing is done for files that are there already."""
    if memo == memo_target:
        return
    memo_target.unlink(missing_ok=True)
    for path, target in targets.items():
        move_into_place(path, target)
    move_into_place(memo, memo_target)


def _result(source: str, staged: dict[str, Load], settled: Settled) -> SourceResult:
    feeds: dict[str, FeedResult] = {}
    for counts in settled.audit:
        before = feeds.get(counts.feed, FeedResult(counts.feed, 0, 0, 0, 0))
        feeds[counts.feed] = FeedResult(
            counts.feed,
            before.landed + counts.landed,
            before.accepted + counts.accepted,
            before.quarantined + counts.quarantined,
            before.after_as_of + counts.after_as_of,
        )
    warnings = tuple(
        f"{source}: {feed.quarantined} of {feed.landed} records of {feed.feed} are in quarantine"
        for feed in feeds.values()
        if feed.quarantined
    )
    return SourceResult(
        source,
        tuple(LoadRef(feed, load.load_id) for feed, load in staged.items()),
        tuple(LoadRef(counts.feed, counts.load_id) for counts in settled.audit),
        feeds,
        warnings,
    )
