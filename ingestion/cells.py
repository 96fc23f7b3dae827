"""Cells: how a text cell becomes a typed value, and what is wrong with it where it does not.

Belongs here: SQL expressions for instants, numbers and booleans; the sentences of rejected cells; local wall times.
Does not belong here: which column of which feed is read (adapters).
Sits between the schema of the feeds and the adapters. Everything is set-wise SQL; only the distinct local minutes of a
source without offsets pass through Python, because zone arithmetic belongs to `zoneinfo` alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from ingestion.feeds import Kind
from ingestion.persons import PSEUDONYM
from ingestion.readers import literal

_TIME_OF_DAY = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d+)?)?"
_WITH_OFFSET = rf"\d{{4}}-\d{{2}}-\d{{2}}[T ]{_TIME_OF_DAY} ?(Z|[+-](0\d|1[0-8])(:?[0-5]\d)?)"
_WITHOUT_OFFSET = rf"\d{{4}}-\d{{2}}-\d{{2}}[T ]{_TIME_OF_DAY}"
_DATE = r"(\d{4}-\d{2}-\d{2})([T ].*)?"
_DOUBLE = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_WHOLE = r"[+-]?\d{1,18}(\.0*)?"
_MONEY = r"[+-]?\d{1,16}(\.\d{1,2}0*)?"
# Values are shown in messages up to this length: enough to recognise them, too short for a whole text.
SHOWN_LENGTH = 80


@dataclass(frozen=True)
class Check:
    """One thing that may be wrong with a row: `condition` is SQL, true where it is; `shown` is the text to show."""

    condition: str
    column: str
    code: str
    sentence: str
    shown: str = "null"


def trimmed(expression: str, is_free_text: bool = False) -> str:
    """Empty is null; outer spaces matter in free text only."""
    return f"nullif({expression}, '')" if is_free_text else f"nullif(trim({expression}), '')"


def only_pseudonym(expression: str) -> str:
    """A pseudonym of a person; null for any other text: no id of a person leaves landing."""
    return f"case when regexp_full_match({expression}, '{PSEUDONYM}') then {expression} end"


def translated(expression: str, words: Mapping[str, str]) -> str:
    """A source's own word in the project's; a word that is not listed stays as it is."""
    if not words:
        return expression
    cases = " ".join(f"when {literal(word)} then {literal(meaning)}" for word, meaning in words.items())
    return f"case {expression} {cases} else {expression} end"


def _whole_seconds(text: str) -> str:
    """The text of an instant with its fraction of a second cut off, in the spelling that the cast reads."""
    plain = f"upper({text})"
    return (
        f"case when contains({plain}, '.') or contains({plain}, ',') or contains(substr({plain}, 12), ' ')"
        f" then regexp_replace(regexp_replace({plain}, '[.,]\\d+', ''), ' ([Z+-])', '\\1') else {plain} end"
    )


def instant_with_offset(text: str) -> str:
    """UTC timestamp of a text with offset or Z; null for any other text."""
    return (
        f"case when regexp_full_match(upper({text}), '{_WITH_OFFSET}')"
        f" then cast(try_cast({_whole_seconds(text)} as timestamptz) as timestamp) end"
    )


def wall_time(text: str) -> str:
    """Timestamp as written of a text without offset; null for any other text."""
    return (
        f"case when regexp_full_match(upper({text}), '{_WITHOUT_OFFSET}')"
        f" then try_cast({_whole_seconds(text)} as timestamp) end"
    )


def parsed(kind: Kind, text: str) -> str:
    """Typed value of a text, null where it is none. Instants: only those with an offset."""
    match kind:
        case "text":
            return text
        case "instant":
            return instant_with_offset(text)
        case "date":
            return f"try_cast(nullif(regexp_extract(upper({text}), '^{_DATE}$', 1), '') as date)"
        case "boolean":
            return (
                f"case when lower({text}) in ('true', '1', 'yes') then true"
                f" when lower({text}) in ('false', '0', 'no') then false end"
            )
        case "double":
            value = f"try_cast({text} as double)"
            return f"case when regexp_full_match({text}, '{_DOUBLE}') and isfinite({value}) then {value} end"
        case "bigint":
            whole = f"regexp_replace({text}, '\\.0*$', '')"
            return f"case when regexp_full_match({text}, '{_WHOLE}') then try_cast({whole} as bigint) end"
        case "decimal":
            return f"case when regexp_full_match({text}, '{_MONEY}') then try_cast({text} as decimal(18, 2)) end"


def kind_checks(kind: Kind, column: str, text: str, value: str, has_zone: bool) -> list[Check]:
    """What may be wrong with a cell of a kind, given its text and its typed value as SQL expressions."""
    is_bad = f"{text} is not null and {value} is null"
    match kind:
        case "text":
            return []
        case "instant":
            checks = [
                Check(is_bad, column, "bad_time", "is no date and time; write ISO 8601 with an offset or Z", text)
            ]
            if not has_zone:
                naive = f"{is_bad} and {wall_time(text)} is not null"
                said = "is a time without an offset; set timeZone on the source, or deliver times with an offset or Z"
                checks.insert(0, Check(naive, column, "naive_time", said, text))
            return checks
        case "date":
            return [Check(is_bad, column, "bad_time", "is no date; write YYYY-MM-DD", text)]
        case "boolean":
            return [Check(is_bad, column, "bad_boolean", "is neither true nor false (also 1/0, yes/no)", text)]
        case "double":
            return [Check(is_bad, column, "bad_number", "is no number", text)]
        case "bigint":
            return [Check(is_bad, column, "bad_number", "is no whole number", text)]
        case "decimal":
            return [Check(is_bad, column, "bad_number", "is no amount with at most two decimals", text)]


def one_of(values: Sequence[str]) -> str:
    """SQL list of texts, for `in`."""
    return "(" + ", ".join(literal(value) for value in values) + ")"


def first_failure(checks: Sequence[Check]) -> tuple[str, str]:
    """SQL for the number of the first check that fails (from 1; 0 = none) and for the text to show of it."""
    if not checks:
        return "0", "null"
    failure = " ".join(f"when {check.condition} then {number}" for number, check in enumerate(checks, start=1))
    shown = " ".join(
        f"when {number} then {check.shown}" for number, check in enumerate(checks, start=1) if check.shown != "null"
    )
    return f"case {failure} else 0 end", f"case failure {shown} end" if shown else "cast(null as varchar)"


def checks_table(con: duckdb.DuckDBPyConnection, name: str, checks: Sequence[Check]) -> None:
    """A table of the checks: number, column_name, reason_code, sentence."""
    con.register(
        f"{name}_rows",
        pa.table(
            {
                "number": pa.array(range(1, len(checks) + 1), pa.int32()),
                "column_name": pa.array([check.column for check in checks], pa.string()),
                "reason_code": pa.array([check.code for check in checks], pa.string()),
                "sentence": pa.array([check.sentence for check in checks], pa.string()),
            }
        ),
    )
    con.execute(f"create or replace temp table {name} as select * from {name}_rows")
    con.unregister(f"{name}_rows")


def sentence(column: str, shown: str, said: str) -> str:
    """SQL of a plain sentence from three SQL expressions; no value to show = only column and sentence."""
    return (
        f"{column} || ' ' || case when {shown} is null then '' else"
        f" '\"' || left({shown}, {SHOWN_LENGTH}) || '\" ' end || {said}"
    )


def utc_of_walls(walls: Mapping[str, str], table: str) -> tuple[str, dict[str, str]]:
    """Joins to a table of local minutes, and SQL of the UTC timestamp of each wall time (name: SQL), null if none."""
    joins, instants = "", {}
    for index, (name, wall) in enumerate(walls.items()):
        alias = f"minutes_{index}"
        joins += f" left join {table} as {alias} on date_trunc('minute', {wall}) = {alias}.local_minute"
        instants[name] = f"{alias}.utc_minute + to_seconds(cast(date_part('second', {wall}) as bigint))"
    return joins, instants


def to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """UTC, without zone, of a local wall time: first occurrence if ambiguous, forward by the gap if skipped."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC).replace(tzinfo=None)


def local_minutes_table(con: duckdb.DuckDBPyConnection, name: str, wall_times: str, zone: ZoneInfo) -> None:
    """A table (local_minute, utc_minute) of every distinct minute that the query `wall_times` yields.

    Minutes are enough: since 1972 every zone's offsets are whole minutes and change on whole minutes.
    """
    rows = con.execute(
        f"select distinct date_trunc('minute', wall) from ({wall_times}) as times (wall) where wall is not null"
    ).fetchall()
    minutes = [row[0] for row in rows]
    con.register(
        f"{name}_rows",
        pa.table(
            {
                "local_minute": pa.array(minutes, pa.timestamp("us")),
                "utc_minute": pa.array([to_utc(minute, zone) for minute in minutes], pa.timestamp("us")),
            }
        ),
    )
    con.execute(f"create or replace temp table {name} as select * from {name}_rows")
    con.unregister(f"{name}_rows")
