"""Landing: raw records as received, append-only, one load per source and feed.

Belongs here: finding files, telling new content from known, writing a load with its manifest.
Does not belong here: what the records mean (adapters) and which load is current (settle).
Sits between the readers and the adapters. Loads are written beside landing first and become part of it by a rename of
all of them, at the moment the whole source has been taken in:
`landing/<source>/<feed>/<load_id>/{records.parquet, manifest.json}`.
"""

import glob
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.errors import FileGone, FileProblem
from ingestion.persons import PERSONS, Persons, replaced_column
from ingestion.readers import FAULT, FAULT_CODE, FILE, LINE, NUMBER, RAW, FastPathFailed, Part, connect, open_parts
from ingestion.storage import LOAD_ID, Paths, as_json, new_load_id, sync_file, sync_folder

RECORDS, MANIFEST = "records.parquet", "manifest.json"
# Manifest entry: how often the load was rewritten for the sake of persons.
REWRITTEN = "rewritten"
_HASH_BYTES = 4 << 20


@dataclass(frozen=True)
class RawFeed:
    """What is landed under one name: files of one kind, before anyone asks what the records mean.

    `alternatives` are the columns every file must have: of each group of names at least one. `persons` are the columns
    that name persons, `nobody` the values in them that name none.

    `ticket` is the column with a record's ticket, `texts` are columns of free text, `messages` the columns with kind
    and text of an event, whose text is free if the kind is message. `meant` are the columns that mean anything; () =
    all may.
    """

    name: str
    patterns: tuple[str, ...]
    alternatives: tuple[tuple[str, ...], ...] = ()
    is_snapshot: bool = False
    delimiter: str = ","
    persons: tuple[str, ...] = ()
    nobody: tuple[str, ...] = ()
    ticket: str | None = None
    texts: tuple[str, ...] = ()
    messages: tuple[str, str] | None = None
    meant: tuple[str, ...] = ()


@dataclass(frozen=True)
class Load:
    """One load of one raw feed. `folder` holds records.parquet and manifest.json."""

    source: str
    feed: str
    load_id: str
    folder: Path
    manifest: dict[str, Any] = field(hash=False, compare=False)

    @property
    def records(self) -> Path:
        """The raw records."""
        return self.folder / RECORDS

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the raw records as received, without those that landing added."""
        return tuple(self.manifest["columns"])

    @property
    def landed_count(self) -> int:
        """Number of raw records, readable or not."""
        return int(self.manifest["landed_count"])

    @property
    def rewritten(self) -> int:
        """How often it was rewritten."""
        return int(self.manifest.get(REWRITTEN, 0))

    @property
    def version(self) -> str:
        """Its id, and how often it was rewritten: what is derived from it holds for one version."""
        return f"{self.load_id}+{self.rewritten}" if self.rewritten else self.load_id

    @property
    def file_count(self) -> int:
        """Number of files the load was made from."""
        return len(self.manifest["files"])

    @property
    def loaded_at(self) -> datetime:
        """Instant of the run that landed it, with zone UTC."""
        return datetime.fromisoformat(self.manifest["loaded_at"])


@dataclass(frozen=True)
class _Found:
    """A file that a pattern matched, as it lies there now."""

    path: Path
    label: str
    sha256: str
    size: int


def landed_loads(paths: Paths, source: str, feed: str) -> list[Load]:
    """Every load of a source and feed, oldest first."""
    folder = paths.landing(source, feed)
    if not folder.is_dir():
        return []
    return [
        Load(source, feed, entry.name, entry, _manifest(entry))
        for entry in sorted(folder.iterdir())
        if LOAD_ID.fullmatch(entry.name)
    ]


def stage_load(
    source: str,
    feed: RawFeed,
    project_dir: Path,
    paths: Paths,
    staging: Path,
    loaded_at: datetime,
    config_hash: str,
    persons: Persons | None = None,
) -> Load | None:
    """A new load in `staging`, or None where no file holds anything new.

    `loaded_at` is an instant with a zone; without `persons` what names a person is landed as it is.
    Raises FileProblem for what cannot be read, each problem a line.
    """
    earlier = landed_loads(paths, source, feed.name)
    found = _find(feed, project_dir)
    taken = _news(feed, found, earlier)
    if not taken:
        return None
    load_id = new_load_id(earlier[-1].load_id if earlier else None, loaded_at)
    folder = staging / feed.name / load_id
    folder.mkdir(parents=True)
    columns, counts = _write_records(feed, taken, folder, staging / f"{feed.name}.scratch", persons)
    manifest = {
        "source": source,
        "feed": feed.name,
        "load_id": load_id,
        "loaded_at": loaded_at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "mode": "snapshot" if feed.is_snapshot else "append",
        "files": [
            {"path": file.label, "sha256": file.sha256, "bytes": file.size, "records": counts[file.label]}
            for file in taken
        ],
        # Files that were there and held nothing new: without them a copy of an old file would look new later.
        "unchanged": [{"path": file.label, "sha256": file.sha256} for file in found if file not in taken],
        "landed_count": sum(counts.values()),
        "columns": list(columns),
        "config_hash": config_hash,
        **({PERSONS: persons.fingerprint} if persons and feed.persons else {}),
    }
    (folder / MANIFEST).write_text(as_json(manifest), encoding="utf-8")
    sync_file(folder / RECORDS)
    sync_file(folder / MANIFEST)
    sync_folder(folder)
    return Load(source, feed.name, load_id, folder, manifest)


def commit_loads(source: str, paths: Paths) -> list[Load]:
    """Every staged load of the source as part of landing: all of them or none, wherever a kill comes.

    One rename takes the staging folder away and decides; a kill later is made good by `finish_commit`. Loads of one
    run belong together: where the next pull begins is read from one feed's loads, and its history is another one.
    """
    committed = paths.landing_committed(source)
    committed.parent.mkdir(parents=True, exist_ok=True)
    paths.landing_staging(source).rename(committed)
    sync_folder(committed.parent)
    moved = _move_committed(source, paths)
    # The loads are landed, whatever becomes of the empty folders; one that stays is told by the next `finish_commit`.
    with suppress(OSError):
        shutil.rmtree(committed)
    return moved


def finish_commit(source: str, paths: Paths) -> list[Load]:
    """Afterwards all that was committed is in its place, also of a run that was killed. To be called before landing is
    read. Returns the loads that were moved.

    Raises OSError if what is left of the commit cannot be removed: it would be in the way of the next one.
    """
    moved = _move_committed(source, paths)
    if paths.landing_committed(source).exists():
        shutil.rmtree(paths.landing_committed(source))
    return moved


def _move_committed(source: str, paths: Paths) -> list[Load]:
    committed = paths.landing_committed(source)
    return [
        commit_load(Load(source, folder.parent.name, folder.name, folder, _manifest(folder)), paths)
        for folder in sorted(committed.glob("*/*"))
        if LOAD_ID.fullmatch(folder.name)
    ]


def commit_load(load: Load, paths: Paths) -> Load:
    """The load as part of landing: there at once and for good."""
    target = paths.landing(load.source, load.feed) / load.load_id
    target.parent.mkdir(parents=True, exist_ok=True)
    load.folder.rename(target)
    sync_folder(target.parent)
    return Load(load.source, load.feed, load.load_id, target, load.manifest)


def _manifest(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return content


def _find(feed: RawFeed, project_dir: Path) -> list[_Found]:
    """Every file of every pattern once, sorted by name."""
    problems: list[str] = []
    matched: dict[Path, None] = {}
    for pattern in feed.patterns:
        whole = os.path.join(glob.escape(str(project_dir)), pattern)
        paths = [Path(os.path.normpath(path)) for path in glob.glob(whole, recursive=True)]
        files = [path for path in paths if path.is_file()]
        if not files:
            problems.append(_no_match(feed, pattern, project_dir))
        matched.update(dict.fromkeys(files))
    if problems:
        raise FileGone("\n".join(problems))
    return [_described(path, project_dir) for path in sorted(matched)]


def _no_match(feed: RawFeed, pattern: str, project_dir: Path) -> str:
    """Names the folder in which the files were looked for and whether it is there at all."""
    steps = (project_dir / pattern).parts
    fixed = [
        step for index, step in enumerate(steps[:-1]) if not any(glob.has_magic(part) for part in steps[: index + 1])
    ]
    folder = Path(*fixed)
    state = "holds no such file" if folder.is_dir() else "does not exist"
    return (
        f'feed {feed.name}: no file matches "{pattern}"; the folder {folder} {state}; '
        "put the files there or correct the pattern"
    )


def _described(path: Path, project_dir: Path) -> _Found:
    label = path.relative_to(project_dir).as_posix() if path.is_relative_to(project_dir) else path.as_posix()
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_HASH_BYTES):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise FileGone(f"{label}: cannot be read ({error.strerror}); check that it is there and may be read") from error
    return _Found(path, label, digest.hexdigest(), size)


def _news(feed: RawFeed, found: Sequence[_Found], earlier: Sequence[Load]) -> list[_Found]:
    """The files to land: those with content that no path had last; of a snapshot all, if it differs from the last."""
    if not feed.is_snapshot:
        known = set(_latest_contents(earlier).values())
        return [file for file in found if file.sha256 not in known]
    last = earlier[-1].manifest if earlier else None
    if (
        last
        and last["mode"] == "snapshot"
        and sorted(entry["sha256"] for entry in last["files"]) == sorted(file.sha256 for file in found)
    ):
        return []
    return list(found)


def _latest_contents(loads: Sequence[Load]) -> dict[str, str]:
    """The last known content of each path."""
    latest: dict[str, str] = {}
    for load in loads:
        for entry in (*load.manifest["files"], *load.manifest["unchanged"]):
            latest[entry["path"]] = entry["sha256"]
    return latest


def _write_records(
    feed: RawFeed, files: Sequence[_Found], folder: Path, scratch: Path, persons: Persons | None
) -> tuple[tuple[str, ...], dict[str, int]]:
    """records.parquet in `folder`; returns the columns of the records and the number of records of each file."""
    problems: list[str] = []
    parts: list[tuple[_Found, Part]] = []
    for index, file in enumerate(files):
        try:
            opened = open_parts(file.path, file.label, scratch / f"file-{index:05d}", feed.delimiter)
            problems += [problem for part in opened if (problem := _missing_columns(feed, part))]
            parts += [(file, part) for part in opened]
        except FileProblem as problem:
            problems.append(str(problem))
        except OSError as error:
            problems.append(f"{file.label}: cannot be read ({error.strerror}); check that it is there and may be read")
    columns = _all_columns([part for _, part in parts])
    if not problems:
        try:
            change = without_persons(feed, persons.named) if persons and feed.persons else None
            counts = _stream(parts, columns, folder / RECORDS, scratch, change)
        except FileProblem as problem:
            problems.append(str(problem))
    shutil.rmtree(scratch, ignore_errors=True)
    if problems:
        raise FileProblem("\n".join(problems))
    return columns, {file.label: counts.get(file.label, 0) for file in files}


def _missing_columns(feed: RawFeed, part: Part) -> str | None:
    missing = [" or ".join(names) for names in feed.alternatives if not set(names) & set(part.columns)]
    if not missing:
        return None
    found = ", ".join(part.columns) or "none"
    what = f"column {missing[0]} is missing" if len(missing) == 1 else f"columns {', '.join(missing)} are missing"
    remedy = (
        part.hint + "save the file with commas, or name the delimiter: {path: …, delimiter: …}"
        if part.hint
        else "; add the column, name the source's own in `columns`, or give a constant in `defaults`"
    )
    return f"{part.label} line 1: required {what}; columns found: {found}{remedy}"


def _all_columns(parts: Sequence[Part]) -> tuple[str, ...]:
    """Every column name once, in order of first appearance; names equal but for letter case are one column."""
    names: dict[str, str] = {}
    for part in parts:
        for name in part.columns:
            names.setdefault(name.lower(), name)
    return tuple(names.values())


def _stream(
    parts: Sequence[tuple[_Found, Part]],
    columns: tuple[str, ...],
    target: Path,
    scratch: Path,
    change: Callable[[pa.RecordBatch], pa.RecordBatch] | None,
) -> dict[str, int]:
    """Write all records; the number of records per file. Falls back to the careful path where the fast one fails."""
    with connect(scratch) as con:
        try:
            return _write_batches(parts, columns, target, con, change, careful=())
        except FastPathFailed:
            careful = [part.label for _, part in parts if not _is_fast(part, con)]
            return _write_batches(parts, columns, target, con, change, careful=careful)


def _is_fast(part: Part, con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the fast path accounts for every line of this part."""
    try:
        for _ in part.batches(con, is_fast=True):
            pass
    except FastPathFailed:
        return False
    return True


def _write_batches(
    parts: Sequence[tuple[_Found, Part]],
    columns: tuple[str, ...],
    target: Path,
    con: duckdb.DuckDBPyConnection,
    change: Callable[[pa.RecordBatch], pa.RecordBatch] | None,
    careful: Sequence[str],
) -> dict[str, int]:
    schema = _schema(columns)
    counts: dict[str, int] = {}
    number = 0
    with ExitStack() as stack:
        writer = stack.enter_context(pq.ParquetWriter(target, schema, compression="zstd"))
        for file, part in parts:
            for batch in part.batches(con, is_fast=part.label not in careful):
                landed = _landed(batch, part.label, number, schema)
                writer.write_batch(change(landed) if change else landed, row_group_size=122_880)
                number += batch.num_rows
                counts[file.label] = counts.get(file.label, 0) + batch.num_rows
    return counts


def _schema(columns: tuple[str, ...]) -> pa.Schema:
    fields = [(name, pa.string()) for name in columns]
    own = [(FILE, pa.string()), (LINE, pa.int64()), (NUMBER, pa.int64())]
    return pa.schema([*fields, *own, (FAULT_CODE, pa.string()), (FAULT, pa.string()), (RAW, pa.string())])


def _landed(batch: pa.RecordBatch, label: str, before: int, schema: pa.Schema) -> pa.RecordBatch:
    """The batch in landing's schema; records are numbered from 1 through the whole load."""
    rows = batch.num_rows
    own = {name.lower(): batch.column(index) for index, name in enumerate(batch.schema.names)}
    own[FILE] = pa.array([label], pa.string()).take(pa.array(np.zeros(rows, dtype=np.int64)))
    own[NUMBER] = pa.array(np.arange(before + 1, before + rows + 1, dtype=np.int64))
    arrays = [_as_type(own.get(field.name.lower()), field.type, rows) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def without_persons(feed: RawFeed, replace: Callable[[str], str]) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    """What makes records in landing's schema name no person: `replace` has its say on every value that may name one.

    Of a record that could not be split into its columns nobody knows what names a person: its text is not kept.
    """
    named = {name.lower() for name in feed.persons}

    def changed(batch: pa.RecordBatch) -> pa.RecordBatch:
        arrays = list(batch.columns)
        for index, name in enumerate(batch.schema.names):
            if name == RAW:
                arrays[index] = pa.nulls(batch.num_rows, pa.string())
            elif name.lower() in named:
                arrays[index] = replaced_column(arrays[index], replace, feed.nobody)
        return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)

    return changed


def _as_type(column: pa.Array | None, kind: pa.DataType, rows: int) -> pa.Array:
    if column is None:
        return pa.nulls(rows, kind)
    return column if column.type == kind else column.cast(kind)
