"""Readers: a file as received becomes batches of text columns with the line of each record.

Belongs here: CSV (plain, .gz, .zip), NDJSON (plain, .gz, .zip) and Parquet; what makes a file unreadable.
Does not belong here: which files are read and where the records go (landing), what a value means (adapters).
Sits below landing.

CSV has two paths. The fast one is DuckDB's strict parser; it is taken only where the records and the line breaks
inside them add up to exactly the lines of the file, so that nothing can be lost. Otherwise Python's strict csv module
reads the file: it knows the line of each record, keeps ragged rows, and names the line at which it cannot continue.
"""

import codecs
import csv
import gzip
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from glob import escape as escape_glob
from pathlib import Path
from typing import IO, Any, Protocol

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.errors import FileProblem

# Columns that landing adds to the records. A fault is what keeps a record from being split into its columns:
# `_fault_code` is its reason code, `_fault` a plain sentence, `_raw` the record as received.
LINE, FILE, NUMBER = "_line", "_file", "_record_number"
FAULT_CODE, FAULT, RAW = "_fault_code", "_fault", "_raw"
RESERVED = (FILE, LINE, NUMBER, FAULT_CODE, FAULT, RAW)

_CHUNK_BYTES = 4 << 20
_BATCH_ROWS = 65_536
# The longest single value taken from a CSV file; a longer one is nearly always a quote that was never closed.
_LONGEST_VALUE = 16 << 20
_TEXT_SUFFIXES = {".csv": "csv", ".jsonl": "ndjson", ".ndjson": "ndjson", ".json": "ndjson"}
SUPPORTED = ".csv, .jsonl, .ndjson (also .gz or in a .zip) and .parquet"


class FastPathFailed(Exception):
    """The fast path did not account for every line of the file; its batches must be thrown away."""


class Part(Protocol):
    """One stream of records: a file, or one member of an archive.

    `label` is what `_file` says, `hint` what the header suggests is wrong with it (empty = nothing).
    """

    @property
    def label(self) -> str:
        """Name of the stream."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns in order."""

    @property
    def hint(self) -> str:
        """What its header suggests."""

    def batches(self, con: duckdb.DuckDBPyConnection, is_fast: bool) -> Iterator[pa.RecordBatch]:
        """The records in file order: `columns` as text, `_line`, and the three fault columns."""


def open_parts(path: Path, label: str, scratch: Path, delimiter: str) -> list[Part]:
    """The parts of one file, headers read and checked.

    `scratch` is a folder of this file's own for unpacked members. Raises FileProblem naming `label`.
    """
    if path.stat().st_size == 0:
        raise FileProblem(
            f"{label}: the file has 0 bytes; deliver it again, or remove it if there is nothing to deliver"
        )
    suffixes = [suffix.lower() for suffix in path.suffixes]
    last = suffixes[-1] if suffixes else ""
    if last == ".parquet":
        return [_parquet_part(path, label)]
    if last == ".zip":
        return _zip_parts(path, label, scratch, delimiter)
    if last == ".gz":
        kind = _TEXT_SUFFIXES.get(suffixes[-2]) if len(suffixes) > 1 else None
        if kind is None:
            raise FileProblem(f"{label}: the kind of file cannot be told from its name; supported are {SUPPORTED}")
        return [_text_part(kind, _unpacked_gzip(path, label, scratch), label, delimiter)]
    if last in _TEXT_SUFFIXES:
        return [_text_part(_TEXT_SUFFIXES[last], path, label, delimiter)]
    raise FileProblem(f"{label}: the kind of file cannot be told from its name; supported are {SUPPORTED}")


# --------------------------------------------------------------------------------------------------- unpacking


@contextmanager
def _as_damaged(label: str, what: str) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError) as error:
        raise FileProblem(
            f"{label}: the {what} is truncated or damaged ({error}); copy the whole file again"
        ) from error
    except RuntimeError as error:  # zipfile's word for an encrypted member
        raise FileProblem(f"{label}: the {what} cannot be opened ({error}); deliver it without a password") from error


def _copy(source: IO[bytes] | gzip.GzipFile, target: Path) -> Path:
    with target.open("wb") as out:
        while chunk := source.read(_CHUNK_BYTES):
            out.write(chunk)
    return target


def _unpacked_gzip(path: Path, label: str, scratch: Path) -> Path:
    scratch.mkdir(parents=True, exist_ok=True)
    with _as_damaged(label, "gzip file"), gzip.open(path, "rb") as packed:
        return _copy(packed, scratch / "unpacked")


def _zip_parts(path: Path, label: str, scratch: Path, delimiter: str) -> list[Part]:
    scratch.mkdir(parents=True, exist_ok=True)
    parts: list[Part] = []
    with _as_damaged(label, "zip archive"), zipfile.ZipFile(path) as archive:
        members = [
            (info, kind)
            for info in sorted(archive.infolist(), key=lambda info: info.filename)
            if not info.is_dir()
            and not info.filename.startswith("__MACOSX/")
            and (kind := _TEXT_SUFFIXES.get(Path(info.filename).suffix.lower()))
        ]
        if not members:
            names = ", ".join(info.filename for info in archive.infolist()[:5]) or "nothing"
            raise FileProblem(f"{label}: the zip archive holds no .csv or .ndjson file (it holds {names})")
        for index, (info, kind) in enumerate(members):
            with archive.open(info) as packed:  # reading to the end verifies the member's checksum
                plain = _copy(packed, scratch / f"member-{index:04d}")
            member_label = label if len(members) == 1 else f"{label}!{info.filename}"
            parts.append(_text_part(kind, plain, member_label, delimiter))
    return parts


# ------------------------------------------------------------------------------------------------- text as such


@dataclass(frozen=True)
class _Scan:
    """What one pass over a text file tells. `lines` counts physical lines, blank ones at the end not included."""

    lines: int
    has_line_feeds: bool
    has_quotes: bool


def _scan(path: Path, label: str) -> _Scan:
    """Raises FileProblem for a file that is empty or not UTF-8, with line and byte of the first wrong one."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line_feeds, offset, pending, has_quotes, tail = 0, 0, 0, False, b""
    with path.open("rb") as text:
        if text.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise FileProblem(f"{label} line 1, byte 1: the file is UTF-16; save it as UTF-8")
        text.seek(0)
        while True:
            chunk = text.read(_CHUNK_BYTES)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line = line_feeds + error.object[: error.start].count(b"\n") + 1
                byte = offset - pending + error.start + 1
                raise FileProblem(
                    f"{label} line {line}, byte {byte} of the file: not UTF-8 ({error.reason}); save it as UTF-8"
                ) from error
            if not chunk:
                break
            pending = len(decoder.getstate()[0])
            line_feeds += chunk.count(b"\n")
            has_quotes = has_quotes or b'"' in chunk
            offset += len(chunk)
            tail = (tail + chunk)[-4096:]
    if offset == 0:
        raise FileProblem(
            f"{label}: the file has 0 bytes; deliver it again, or remove it if there is nothing to deliver"
        )
    kept = tail.rstrip(b"\r\n")
    lines = line_feeds + 1 - tail[len(kept) :].count(b"\n")
    return _Scan(lines, line_feeds > 0, has_quotes)


def _text_part(kind: str, path: Path, label: str, delimiter: str) -> Part:
    scan = _scan(path, label)
    return _csv_part(path, label, delimiter, scan) if kind == "csv" else _ndjson_part(path, label)


def _check_columns(columns: list[str], label: str) -> tuple[str, ...]:
    """Raises FileProblem for names that occur twice (letter case aside) or that landing needs itself."""
    seen: dict[str, str] = {}
    for name in columns:
        if name.lower() in RESERVED:
            raise FileProblem(f'{label}: a column may not be named "{name}", landing uses that name; rename it')
        if name.lower() in seen:
            twice = f'"{name}"' if seen[name.lower()] == name else f'"{seen[name.lower()]}" and "{name}"'
            raise FileProblem(f"{label} line 1: the column name {twice} occurs twice; give every column its own name")
        seen[name.lower()] = name
    return tuple(columns)


def _text_array(values: Iterable[str | None]) -> pa.Array:
    return pa.array(values, type=pa.string())


def batch_of(
    columns: dict[str, pa.Array], lines: pa.Array, faults: dict[str, pa.Array] | None = None
) -> pa.RecordBatch:
    """One batch in landing's shape; no `faults` = no record of it has one."""
    rows = len(lines)
    nothing = pa.nulls(rows, pa.string())
    faults = faults or {}
    arrays = [*columns.values(), lines, *(faults.get(name, nothing) for name in (FAULT_CODE, FAULT, RAW))]
    return pa.RecordBatch.from_arrays(arrays, names=[*columns, LINE, FAULT_CODE, FAULT, RAW])


# ----------------------------------------------------------------------------------------------------------- CSV


@dataclass(frozen=True)
class _CsvPart:
    path: Path
    label: str
    columns: tuple[str, ...]
    hint: str
    delimiter: str
    header_lines: int
    scan: _Scan

    def batches(self, con: duckdb.DuckDBPyConnection, is_fast: bool) -> Iterator[pa.RecordBatch]:
        return self._fast(con) if is_fast else self._careful()

    def _fast(self, con: duckdb.DuckDBPyConnection) -> Iterator[pa.RecordBatch]:
        """Raises FastPathFailed where the lines do not add up or DuckDB finds fault."""
        if not self.scan.has_line_feeds and self.scan.lines > 1:
            raise FastPathFailed(self.label)
        names = [f"c{index}" for index in range(len(self.columns))]
        types = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
        kept = ", ".join(f"'{name}'" for name in names)
        query = f"""
            select * from read_csv('{sql_path(self.path)}', auto_detect = false, header = true, columns = {{{types}}},
                delim = {literal(self.delimiter)}, quote = '"', escape = '"', strict_mode = true, null_padding = false,
                force_not_null = [{kept}])"""
        line = self.header_lines + 1
        cursor = con.cursor()  # of its own, so that giving up half-way leaves nothing open on `con`
        try:
            for batch in cursor.sql(query).to_arrow_reader(_BATCH_ROWS):
                sizes = np.ones(batch.num_rows, dtype=np.int64)
                if self.scan.has_quotes:
                    for column in batch.columns:
                        sizes += pc.count_substring(column, "\n").to_numpy(zero_copy_only=False).astype(np.int64)
                ends = np.cumsum(sizes)
                if batch.num_rows == 0:
                    continue
                starts = line + np.concatenate(([0], ends[:-1]))
                line += int(ends[-1])
                columns = dict(zip(self.columns, batch.columns, strict=True))
                yield batch_of(columns, pa.array(starts, type=pa.int64()))
        except (duckdb.Error, OSError) as error:  # an error in the middle of the stream comes as OSError
            raise FastPathFailed(self.label) from error
        finally:
            cursor.close()
        if line - 1 != self.scan.lines:
            raise FastPathFailed(self.label)

    def _careful(self) -> Iterator[pa.RecordBatch]:
        width = len(self.columns)
        rows: list[list[str]] = []
        lines: list[int] = []
        faults: dict[int, list[str]] = {}
        for line, fields in _careful_records(self.path, self.label, self.delimiter, self.scan, skip=1):
            if len(fields) == width + 1 and fields[-1] == "":
                fields.pop()  # a delimiter at the end of the line adds nothing
            if len(fields) != width:
                faults[len(rows)] = fields
                fields = [""] * width
            rows.append(fields)
            lines.append(line)
            if len(rows) == _BATCH_ROWS:
                yield self._careful_batch(rows, lines, faults)
                rows, lines, faults = [], [], {}
        if rows:
            yield self._careful_batch(rows, lines, faults)

    def _careful_batch(self, rows: list[list[str]], lines: list[int], faults: dict[int, list[str]]) -> pa.RecordBatch:
        columns = {
            name: _text_array(values) for name, values in zip(self.columns, zip(*rows, strict=True), strict=True)
        }
        width = len(self.columns)
        said = {
            index: f"the row has {len(fields)} columns where the header has {width}" for index, fields in faults.items()
        }
        raw = {index: json.dumps(fields, ensure_ascii=False) for index, fields in faults.items()}
        everywhere = range(len(rows))
        return batch_of(
            columns,
            pa.array(lines, type=pa.int64()),
            {
                FAULT_CODE: _text_array("ragged_row" if index in faults else None for index in everywhere),
                FAULT: _text_array(said.get(index) for index in everywhere),
                RAW: _text_array(raw.get(index) for index in everywhere),
            }
            if faults
            else None,
        )


def _careful_records(
    path: Path, label: str, delimiter: str, scan: _Scan, skip: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """First line and fields of each record after the first `skip`; blank lines are none.

    A line ends in a line feed; only a file without any has carriage returns for line ends.

    Raises FileProblem at the line where the text stops being CSV.
    """
    newline = "\n" if scan.has_line_feeds else ""
    with _value_limit(), path.open("r", encoding="utf-8-sig", newline=newline) as text:
        reader = csv.reader(text, delimiter=delimiter, strict=True, skipinitialspace=True)
        line = 1
        try:
            for fields in reader:
                if fields and skip:
                    skip -= 1
                elif fields:
                    yield line, fields
                line = reader.line_num + 1
        except csv.Error as error:
            raise FileProblem(
                f"{label} line {line}: the text from here on is not CSV ({error}); "
                "look for a quote that is opened and not closed, or text after a closing quote"
            ) from error


@contextmanager
def _value_limit() -> Iterator[None]:
    before = csv.field_size_limit(_LONGEST_VALUE)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _csv_part(path: Path, label: str, delimiter: str, scan: _Scan) -> _CsvPart:
    first = next(_careful_records(path, label, delimiter, scan), None)
    if first is None:
        raise FileProblem(f"{label} line 1: the file has no header; its first line names the columns")
    line, header = first
    # An export with an unnamed column (an index, as a rule) is readable: the column gets its place as its name.
    names = [name.strip() or f"column_{place}" for place, name in enumerate(header, start=1)]
    columns = _check_columns(names, label)
    header_lines = line + "".join(header).count("\n")
    return _CsvPart(path, label, columns, _delimiter_hint(columns, delimiter), delimiter, header_lines, scan)


def _delimiter_hint(columns: tuple[str, ...], delimiter: str) -> str:
    if len(columns) != 1:
        return ""
    for candidate, word in ((";", "semicolon"), ("\t", "tab"), ("|", "vertical bar"), (",", "comma")):
        if candidate != delimiter and candidate in columns[0]:
            shown = "\\t" if candidate == "\t" else candidate
            return f'; the header is a single column with a {word} in it, so the delimiter is probably "{shown}": '
    return ""


# -------------------------------------------------------------------------------------------------------- NDJSON


@dataclass(frozen=True)
class _NdjsonPart:
    path: Path
    label: str
    columns: tuple[str, ...]
    hint: str = ""

    def batches(self, con: duckdb.DuckDBPyConnection, is_fast: bool) -> Iterator[pa.RecordBatch]:
        records: list[tuple[int, str, dict[str, Any] | None]] = []
        for record in _json_lines(self.path):
            records.append(record)
            if len(records) == _BATCH_ROWS:
                yield self._batch(records)
                records = []
        if records:
            yield self._batch(records)

    def _batch(self, records: list[tuple[int, str, dict[str, Any] | None]]) -> pa.RecordBatch:
        columns = {
            name: _text_array(None if value is None else _json_text(value.get(name)) for _, _, value in records)
            for name in self.columns
        }
        is_bad = [value is None for _, _, value in records]
        faults = {
            FAULT_CODE: _text_array("bad_json" if bad else None for bad in is_bad),
            FAULT: _text_array("the line is not one JSON object" if bad else None for bad in is_bad),
            RAW: _text_array(text if value is None else None for _, text, value in records),
        }
        return batch_of(columns, pa.array([line for line, _, _ in records], type=pa.int64()), faults)


def _json_lines(path: Path) -> Iterator[tuple[int, str, dict[str, Any] | None]]:
    """Line, text and object of every line that is not blank; the object is None where the line is not one."""
    with path.open("r", encoding="utf-8-sig", newline="\n") as text:
        for line, content in enumerate(text, start=1):
            if content.strip():
                yield line, content.rstrip("\r\n"), _json_object(content)


def _json_object(content: str) -> dict[str, Any] | None:
    try:
        value = json.loads(content, parse_float=Decimal)  # Decimal keeps the digits as they were written
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _json_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=float)


def _ndjson_part(path: Path, label: str) -> _NdjsonPart:
    names: dict[str, None] = {}
    for line, content, value in _json_lines(path):
        if not names and line == 1 and content.lstrip().startswith("["):
            raise FileProblem(f"{label} line 1: the file is a JSON array; write one object per line (NDJSON)")
        names.update(dict.fromkeys(value or ()))
    return _NdjsonPart(path, label, _check_columns(list(names), label))


# ------------------------------------------------------------------------------------------------------- Parquet


@dataclass(frozen=True)
class _ParquetPart:
    path: Path
    label: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    hint: str = ""

    def batches(self, con: duckdb.DuckDBPyConnection, is_fast: bool) -> Iterator[pa.RecordBatch]:
        texts = ", ".join(
            f"cast({f'to_json({quoted(name)})' if is_nested(kind) else quoted(name)} as varchar)"
            for name, kind in zip(self.columns, self.types, strict=True)
        )
        line = 1
        with _as_readable_parquet(self.label):
            reader = con.sql(f"select {texts} from read_parquet('{sql_path(self.path)}')").to_arrow_reader(_BATCH_ROWS)
            for batch in reader:
                lines = pa.array(np.arange(line, line + batch.num_rows, dtype=np.int64))
                line += batch.num_rows
                yield batch_of(dict(zip(self.columns, batch.columns, strict=True)), lines)


@contextmanager
def _as_readable_parquet(label: str) -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, OSError) as error:  # an error in the middle of the stream comes as OSError
        said = str(error).split("\n", maxsplit=1)[0]
        raise FileProblem(f"{label}: not a readable Parquet file ({said}); copy the whole file again") from error


def _parquet_part(path: Path, label: str) -> _ParquetPart:
    with _as_readable_parquet(label), duckdb.connect(config=OFFLINE) as con:
        rows = con.execute(f"describe select * from read_parquet('{sql_path(path)}')").fetchall()
    columns = _check_columns([str(row[0]) for row in rows], label)
    return _ParquetPart(path, label, columns, tuple(str(row[1]) for row in rows))


def is_nested(kind: str) -> bool:
    """Whether a DuckDB type holds other values."""
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))


# ------------------------------------------------------------------------------------------------------ DuckDB

# Nothing may be fetched from a network in the middle of a run.
OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def sql_path(path: Path) -> str:
    """A path as the content of an SQL string literal, its own wildcards taken literally."""
    return escape_glob(str(path)).replace("'", "''")


def connect(scratch: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory that may spill to `scratch`; instants with an offset are UTC in it and in its cursors."""
    scratch.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(config={**OFFLINE, "temp_directory": str(scratch / "spill")})
    con.execute("set global TimeZone = 'UTC'")
    con.execute("set global preserve_insertion_order = true")
    return con
