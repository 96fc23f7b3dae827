"""`python -m reporting.explain FIGURE [--rows N]`: the chain from a published figure to the records it was made of.

Belongs here: the order in which a person reads the chain, and its words. Does not belong here: deriving it: the fact
rows are `figure_evidence`, the causes `restatement`, both in the release; the landed records are in landing.
Beside the flow: reads the release in force and landing of the home that the environment names, and writes nothing.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from publishing.build import open_read_only, quoted_path
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
            " is_of_record, reopened_by, code_revision, agreement_id, agreement_version, target_id, metric"
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
            *_facts(connection, figure_key, rows, home, manifest),
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
    return f"{release.name} has no figure {figure_key}. A key is report/grain, as in marts.figure; the nearest:{names}"


def _value(editions: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield "Published"
    for row in editions:
        edition = f", edition {row['edition']}" if row["edition"] else ""
        record = ", of record" if row["is_of_record"] else ""
        reopened = f", re-opened by {row['reopened_by']}" if row["reopened_by"] else ""
        said = " ".join(filter(None, [row["status"], f"({row['period_status']})" if row["period_status"] else ""]))
        yield (
            f"  {row['sequence_number']}. {row['numerator']:,} of {row['denominator']:,} {said}{edition}{record}"
            f"{reopened}; release {row['release_id']}"
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
    named = f"name: {figure['agreement_id']}"
    for path in sorted((release / "project").rglob("*.y*ml")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if named in line and not line.split(named, 1)[1].strip(" }").strip():
                yield f"  {path}:{number}"
    for row in _rows(connection, "select formula, plain_text from marts.dim_metric where metric = ?", figure["metric"]):
        yield f"  {figure['metric']} = {row['formula']}"


def _origin(manifest: dict[str, Any]) -> list[str]:
    return [
        "",
        f"Calculated by code {manifest['code_revision']}, packages {manifest['lock_hash'][:12]}",
        f"  in release {manifest['release_id']} as of {manifest['as_of']}, from {len(manifest['load_ids'])} loads",
    ]


def _facts(
    connection: duckdb.DuckDBPyConnection, figure_key: str, limit: int, home: Path, manifest: dict[str, Any]
) -> Iterator[str]:
    facts = _rows(
        connection,
        "select fact_table, fact_key, source, ticket_key, target_id, agreement_id, agreement_version, cycle_number,"
        " response_id, numerator_part, denominator_part"
        " from marts.figure_evidence where figure_key = ?"
        " order by numerator_part - denominator_part, fact_key",
        figure_key,
    )
    good, counted = (sum(row[name] for row in facts) for name in ("numerator_part", "denominator_part"))
    yield ""
    yield f"Counts {len(facts):,} rows, {good:,} of {counted:,}; those that cost most first"
    for fact in facts[:limit]:
        yield f"  {fact['fact_table']} {fact['fact_key']}: {fact['numerator_part']:,} of {fact['denominator_part']:,}"
        if fact["fact_table"] == "fct_ticket_sla":
            yield from _segments(connection, fact)
        yield from _records(connection, fact, home, manifest["load_ids"])
    if len(facts) > limit:
        yield f"  … and {len(facts) - limit:,} more in marts.figure_evidence; ROWS={len(facts)} shows them all"


def _segments(connection: duckdb.DuckDBPyConnection, fact: dict[str, Any]) -> Iterator[str]:
    for row in _rows(
        connection,
        "select segment_start_at, segment_end_at, state, on_clock_seconds, opening_event_id, closing_event_id"
        " from marts.fct_sla_clock_segment where ticket_key = ? and agreement_id = ? and agreement_version = ?"
        " and target_id = ? and cycle_number = ? order by segment_start_at",
        *(fact[name] for name in ("ticket_key", "agreement_id", "agreement_version", "target_id", "cycle_number")),
    ):
        events = " → ".join(str(row[name] or "-") for name in ("opening_event_id", "closing_event_id"))
        yield (
            f"    {row['segment_start_at']:%Y-%m-%dT%H:%M:%SZ} to {row['segment_end_at']:%Y-%m-%dT%H:%M:%SZ}"
            f" {row['state']}, {row['on_clock_seconds']:,} s on the clock (events {events})"
        )


# Canonical feeds whose records stand behind a fact, with the column by which the fact names them and their own key.
_BEHIND = {
    "ticket_key": (("tickets", "ticket_id", "ticket_id"), ("ticket_events", "ticket_id", "event_id")),
    "response_id": (("survey_responses", "response_id", "item"),),
}


def _records(
    connection: duckdb.DuckDBPyConnection, fact: dict[str, Any], home: Path, load_ids: Sequence[str]
) -> Iterator[str]:
    """The landed records behind a fact row: source, file, line, record key and load."""
    column = "response_id" if fact["response_id"] else "ticket_key"
    value = fact[column].split(":", 1)[1] if column == "ticket_key" and fact[column] else fact[column]
    if value is None:
        return
    for feed, name, key in _BEHIND[column]:
        for source, raw_feed, load_id in (load.split("/") for load in load_ids):
            accepted = home / "warehouse" / "feeds" / feed / f"{source}.{load_id}.parquet"
            landed = home / "landing" / source / raw_feed / load_id / "records.parquet"
            # A load of a source with feeds of its own has the same id in each; a raw log is behind all it became.
            is_other_feed = raw_feed != feed and (home / "landing" / source / feed / load_id).exists()
            if is_other_feed or not accepted.is_file() or not landed.is_file():
                continue
            for row in _rows(
                connection,
                f"select rows.{key} as record_key, landed._file as file, landed._line as line"
                f" from read_parquet('{quoted_path(accepted)}') as rows"
                f" inner join read_parquet('{quoted_path(landed)}') as landed"
                " on rows.record_number = landed._record_number"
                f" where rows.{name} = ? order by landed._record_number",
                value,
            ):
                yield (f"    {feed} {row['record_key']}: {source}, {row['file']} line {row['line']}, load {load_id}")


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
