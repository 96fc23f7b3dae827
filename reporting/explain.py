"""`python -m reporting.explain FIGURE [--rows N]`: the chain from a published figure to the records it was made of.

Belongs here: the order in which a person reads the chain, and its words. Does not belong here: deriving it: the fact
rows are `figure_evidence`, the causes `restatement`, the landed records `ticket_record`, `availability_record` and
`survey_record`, all in the release.
Beside the flow: reads the release in force of the home that the environment names, looks whether the loads are still in
its landing, and writes nothing.
"""

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from publishing.build import PUBLISHED_SCHEMA, open_read_only
from publishing.ledger import FIGURES
from publishing.release import DATABASE_FILE, current_release, read_manifest
from reporting.errors import ReportError
from settings.errors import SlmError
from settings.run import RunSettings

# So many fact rows are followed to their records unless asked for more: enough for a page of a terminal or two.
ROWS = 10


def explain(home: Path, figure_key: str, rows: int = ROWS) -> list[str]:
    """The lines of the chain, for the release in force. Raises ReportError if it has no such figure."""
    release = current_release(home)
    if release is None:
        raise ReportError(f"There is no release in force in {home}: run the nightly job first.")
    with contextlib.closing(open_read_only(release / DATABASE_FILE)) as connection:
        editions = _rows(
            connection,
            "select sequence_number, release_id, as_of_at, numerator, denominator, status, period_status, edition,"
            " is_of_record, reopened_by, code_revision, agreement_id, agreement_version, target_id, metric, figure_key"
            " from marts.figure where figure_key = ? order by sequence_number",
            figure_key,
        )
        if not editions:
            raise ReportError(_unknown(connection, figure_key, release))
        manifest = read_manifest(release)
        return [
            figure_key,
            *_value(editions),
            *_restatements(connection, figure_key),
            *_clause(connection, editions[-1], release),
            *_origin(manifest),
            *_quality(connection, editions[-1]),
            *_facts(connection, editions[-1], rows, home / "landing"),
        ]


def _rows(connection: duckdb.DuckDBPyConnection, query: str, *values: Any) -> list[dict[str, Any]]:
    found = connection.execute(query, list(values))
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _unknown(connection: duckdb.DuckDBPyConnection, figure_key: str, release: Path) -> str:
    like = _rows(
        connection,
        "select distinct figure_key from marts.figure order by jaro_winkler_similarity(figure_key, ?) desc, 1 limit 3",
        figure_key,
    )
    names = "".join(f"\n  {row['figure_key']}" for row in like)
    report = figure_key.split("/")[0]
    aid = (
        f' What stands in {report} is counted anew each night and has no key; docs/releases.md, "Which numbers are'
        ' figures", says what it is counted from.'
        if report.startswith("rpt_") and report not in FIGURES
        else ""
    )
    return (
        f"{release.name} has no figure {figure_key}.{aid} A key is report/grain, as in marts.figure;"
        f" the nearest:{names or ' none, the ledger is empty'}"
    )


# What stands where the two integers of a figure would say nothing.
_WITHOUT_VALUE = {
    "withheld": "withheld, no value is published",
    "no_data": "nothing to count",
    "withdrawn": "withdrawn, the reports have it no longer",
}


def _value(editions: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield "Published"
    for row in editions:
        edition = f", edition {row['edition']}" if row["edition"] else ""
        record = ", of record" if row["is_of_record"] else ""
        reopened = f", re-opened by {row['reopened_by']}" if row["reopened_by"] else ""
        counted = f"{row['numerator']:,} of {row['denominator']:,}"
        value = _WITHOUT_VALUE.get(row["status"]) or " ".join(filter(None, [counted, row["status"]]))
        period = f" ({row['period_status']})" if row["period_status"] else ""
        yield (
            f"  {row['sequence_number']}. {value}{period}{edition}{record}{reopened}; release {row['release_id']}"
            f" as of {row['as_of_at']:%Y-%m-%dT%H:%M:%SZ}"
        )


def _restatements(connection: duckdb.DuckDBPyConnection, figure_key: str) -> Iterator[str]:
    rows = _rows(
        connection,
        "select edition, cause, numerator_difference, denominator_difference, explanation from marts.restatement"
        " where figure_key = ? order by edition, step_number",
        figure_key,
    )
    if rows:
        yield ""
        yield "Restated (numerator, denominator)"
    for row in rows:
        yield (
            f"  edition {row['edition']}: {row['numerator_difference']:+,}, {row['denominator_difference']:+,}"
            f" {row['cause']}: {row['explanation']}"
        )


def _clause(connection: duckdb.DuckDBPyConnection, figure: dict[str, Any], release: Path) -> Iterator[str]:
    yield ""
    if figure["agreement_id"] is None:
        yield "Outside any agreement; the periods are those of project/slm.yaml"
        return
    yield f"Agreement {figure['agreement_id']}, version {figure['agreement_version']}, target {figure['target_id']}"
    for row in _rows(
        connection,
        "select description from marts.dim_target where agreement_id = ? and agreement_version = ? and target_id = ?",
        figure["agreement_id"],
        figure["agreement_version"],
        figure["target_id"],
    ):
        yield f"  {row['description']}"
    for path in sorted((release / "project").rglob("*.y*ml")):
        for number in _lines_of_target(path.read_text(encoding="utf-8"), figure):
            yield f"  {path}:{number}"
    for row in _rows(connection, "select formula, plain_text from marts.dim_metric where metric = ?", figure["metric"]):
        yield f"  {figure['metric']} = {row['formula']}"


def _lines_of_target(text: str, figure: dict[str, Any]) -> Iterator[int]:
    """Lines, from 1, where a YAML file names the figure's target, in the document of its agreement version."""
    target = re.compile(rf"\bid: *[\"']?{re.escape(figure['target_id'])}[\"']?(?=[\s,}}]|$)")
    number = 0
    for document in re.split(r"(?m)^---.*$", text):
        # The first of each is the document's own: those of agreements that it names come later.
        said = [re.search(rf"(?m)\b{key}: *[\"']?([^\s,}}\"']+)", document) for key in ("name", "version")]
        lines = document.splitlines()
        if [found and found[1] for found in said] == [figure["agreement_id"], str(figure["agreement_version"])]:
            yield from (number + at for at, line in enumerate(lines, start=1) if target.search(line))
        number += max(len(lines), 1)


def _quality(connection: duckdb.DuckDBPyConnection, figure: dict[str, Any]) -> Iterator[str]:
    """What was checked, what did not hold of the agreement or the whole release, and why a figure is withheld."""
    ((checks,),) = connection.execute("select count(*) from marts.certificate_check").fetchall()
    failed = _rows(
        connection,
        "select description, check_id, observed from marts.certificate_check where not is_successful"
        " and (agreement_id is null or agreement_id = ?) order by all",
        figure["agreement_id"],
    )
    yield ""
    yield f"Checked {checks:,} times before it was published; of what concerns it, {len(failed)} did not hold"
    for row in failed:
        yield f"  {row['description'] or row['check_id']} Observed: {row['observed']}"
    if "figure_quality" not in _relations(connection):
        return
    for row in _rows(connection, "select * from marts.figure_quality where figure_key = ?", figure["figure_key"]):
        if row["withheld_reason"]:
            yield f"  Withheld: {row['withheld_reason']}"
        if row.get("unread_sources"):
            yield (
                f"  {row['unread_sources']} could not be read; what happened since"
                f" {row['unknown_since_at']:%Y-%m-%dT%H:%M:%SZ} is not known"
            )
        if row["affected_ticket_count"]:
            yield f"  {row['affected_ticket_count']:,} of {row['ticket_count']:,} tickets have rejected records"
        if row["unmeasured_seconds"]:
            yield f"  {row['unmeasured_seconds']:,} of {row['agreed_seconds']:,} s were measured by nobody"


def _origin(manifest: dict[str, Any]) -> list[str]:
    return [
        "",
        f"Calculated by code {manifest['code_revision']}, packages {manifest['lock_hash'][:12]}",
        f"  in release {manifest['release_id']} as of {manifest['as_of']}, from {len(manifest['load_ids'])} loads",
    ]


_RECORD_TABLES = ("ticket_record", "availability_record", "survey_record")


def _facts(connection: duckdb.DuckDBPyConnection, figure: dict[str, Any], limit: int, landing: Path) -> Iterator[str]:
    facts = _rows(
        connection,
        "select * from marts.figure_evidence where figure_key = ? order by numerator_part - denominator_part, fact_key",
        figure["figure_key"],
    )
    yield ""
    if not facts:
        yield (
            "Its rows are not listed: their parts would add up to the figure. The facts themselves are in this release"
            if figure["status"] == "withheld"
            else "Counts no rows: nothing fell into it"
        )
        return
    good, counted = (sum(row[name] for row in facts) for name in ("numerator_part", "denominator_part"))
    yield f"Counts {len(facts):,} rows, {good:,} of {counted:,}; those that cost most first"
    has_records = _has_records(connection)
    if not has_records:
        yield (
            "  The records behind them cannot be named: a version made this release that published none"
            f" ({', '.join(_RECORD_TABLES)})"
        )
    for fact in facts[:limit]:
        yield f"  {fact['fact_table']} {fact['fact_key']}: {fact['numerator_part']:,} of {fact['denominator_part']:,}"
        if fact["fact_table"] == "fct_ticket_sla":
            yield from _segments(connection, fact)
        if has_records:
            yield from _behind(connection, fact, limit, landing)
    if len(facts) > limit:
        yield f"  … and {len(facts) - limit:,} more in marts.figure_evidence; ROWS={len(facts)} shows them all"


def _has_records(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the release has the tables of landed records, and the columns of figure_evidence that lead to them."""
    found = _relations(connection)
    is_dated = _rows(
        connection,
        "select 1 from duckdb_columns() where schema_name = ? and table_name = 'figure_evidence'"
        " and column_name = 'fact_started_at'",
        PUBLISHED_SCHEMA,
    )
    return found >= {*_RECORD_TABLES} and bool(is_dated)


def _relations(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Tables of the release: one that an earlier version made may lack some."""
    return {
        row["table_name"]
        for row in _rows(connection, "select table_name from duckdb_tables() where schema_name = ?", PUBLISHED_SCHEMA)
    }


def _segments(connection: duckdb.DuckDBPyConnection, fact: dict[str, Any]) -> Iterator[str]:
    """The verdict on a clock, and its stretches."""
    keys = ("ticket_key", "agreement_id", "agreement_version", "target_id", "cycle_number")
    for row in _rows(
        connection,
        "select state, on_clock_seconds, threshold_seconds, decided_at from marts.fct_ticket_sla"
        f" where {' and '.join(f'{key} = ?' for key in keys)}",
        *(fact[key] for key in keys),
    ):
        yield (
            f"    {row['state']} {row['decided_at']:%Y-%m-%dT%H:%M:%SZ}: {row['on_clock_seconds']:,} s on the clock,"
            f" {row['threshold_seconds']:,} s agreed"
        )
    for row in _rows(
        connection,
        "select segment_start_at, segment_end_at, state, on_clock_seconds, opening_event_id, closing_event_id"
        f" from marts.fct_sla_clock_segment where {' and '.join(f'{key} = ?' for key in keys)}"
        " order by segment_start_at",
        *(fact[key] for key in keys),
    ):
        events = " → ".join(str(row[name] or "-") for name in ("opening_event_id", "closing_event_id"))
        yield (
            f"    {row['segment_start_at']:%Y-%m-%dT%H:%M:%SZ} to {row['segment_end_at']:%Y-%m-%dT%H:%M:%SZ}"
            f" {row['state']}, {row['on_clock_seconds']:,} s on the clock (events {events})"
        )


# What began before the end of a fact and ended after its begin; a null end has not come yet.
_MEANWHILE = "(ended_at is null or ended_at > ?) and started_at < coalesce(?, timestamp '9999-12-31')"
_INHERITED = f"select * from marts.fct_inherited_outage where service_id = ? and {_MEANWHILE}"


def _behind(connection: duckdb.DuckDBPyConnection, fact: dict[str, Any], limit: int, landing: Path) -> Iterator[str]:
    """What a fact row was made of, down to the landed records."""
    if fact["fact_table"] == "fct_ticket_sla":
        records = _rows(
            connection,
            "select *, record_kind || ' ' || record_key as name from marts.ticket_record where ticket_key = ?"
            " order by record_kind <> 'ticket', source, feed, load_id, line, record_key",
            fact["ticket_key"],
        )
    elif fact["response_id"] is None:
        yield from _outages(connection, fact)
        records = _rows(
            connection,
            f"""
            select
                *,
                record_kind || ' ' || record_key
                || case when record_count > 1 then ' to ' || last_record_key else '' end
                || ' ' || kind || ' of ' || service_id as name
            from marts.availability_record
            where
                service_id in (
                    select ? union select unnest(string_split(failed_service_ids, ', ')) from ({_INHERITED})
                )
                and {_MEANWHILE}
            order by kind = 'up', started_at, source, record_key
            """,
            fact["service_id"],
            fact["service_id"],
            *_span(fact),
            *_span(fact),
        )
    else:
        records = _rows(
            connection,
            "select *, 'answer ' || response_id || ' ' || item as name from marts.survey_record where ? = "
            "source || ':' || response_id || '/' || instrument_id || '/' || item || coalesce('/' || position, '')"
            " and source = ? and response_id = ?",
            fact["fact_key"],
            fact["source"],
            fact["response_id"],
        )
    if not records:
        yield "    no landed record is known: for this time no source said anything of it"
    for record in records[:limit]:
        yield f"    {record['name']}: {_place(record)}{_gone(record, landing)}"
    if len(records) > limit:
        yield f"    … and {len(records) - limit:,} records more; ROWS={len(records)} shows them all"


def _span(fact: dict[str, Any]) -> tuple[datetime, datetime | None]:
    return fact["fact_started_at"], fact["fact_ended_at"]


def _outages(connection: duckdb.DuckDBPyConnection, fact: dict[str, Any]) -> Iterator[str]:
    """The stretches of trouble of the fact's service, its own and what it inherited, before any policy."""
    for row in _rows(
        connection,
        f"""
        select 'fct_outage' as fact_table, service_id as name, kind, attributed_to, started_at, ended_at
        from marts.fct_outage where service_id = ? and {_MEANWHILE}
        union all
        select 'fct_inherited_outage', failed_service_ids, kind, attributed_to, started_at, ended_at
        from ({_INHERITED})
        order by all
        """,
        *(fact["service_id"], *_span(fact)) * 2,
    ):
        ended = f"{row['ended_at']:%Y-%m-%dT%H:%M:%SZ}" if row["ended_at"] else "as_of"
        party = f", {row['attributed_to']}" if row["attributed_to"] else ""
        yield (
            f"    {row['fact_table']} {row['name']}: {row['started_at']:%Y-%m-%dT%H:%M:%SZ} to {ended},"
            f" {row['kind']}{party}"
        )


def _place(record: dict[str, Any]) -> str:
    """Source, file or request, line, load."""
    first, last = record["line"], record.get("last_line", record["line"])
    line = "" if first is None else f" line {first}" if first == last else f" lines {first} to {last}"
    count = f" ({record['record_count']:,} records)" if record.get("record_count", 1) > 1 else ""
    return f"{record['source']}, {record['file']}{line}{count}, load {record['feed']}/{record['load_id']}"


def _gone(record: dict[str, Any], landing: Path) -> str:
    load = landing / record["source"] / record["feed"] / record["load_id"]
    return "" if load.is_dir() else f"; the load is not in {landing} any more"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m reporting.explain", description="What is behind a figure.")
    parser.add_argument("figure", help="its key, as in marts.figure")
    parser.add_argument("--rows", type=int, default=ROWS, help="fact rows to follow to their records")
    options = parser.parse_args(arguments)
    try:
        settings = RunSettings.from_environment(os.environ, datetime.now(UTC))
        print("\n".join(explain(settings.home, options.figure, options.rows)))
    except SlmError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
