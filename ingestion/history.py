"""What was known before: feeds as an earlier release saw them.

Landing is append-only, so the records that an earlier release was made of are still there, under their load ids. Here
they are typed and settled again in a folder of their own, and compared with what is known now.

Belongs here: choosing loads, telling late rows from corrected ones. Does not belong here: why anybody asks (publishing
explains restatements, and reproduces releases).
Sits above `pull`, whose steps it repeats without looking for new files.
"""

import os
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from ingestion.feeds import CANONICAL_FEEDS, PLACE
from ingestion.interpret import PARQUET
from ingestion.pull import ensure_empty_feeds, ordered_sources, settle_landed
from ingestion.readers import connect, literal, quoted, sql_path
from ingestion.storage import Paths
from settings.project import SourceConfig

# Another one each time the row comes; the source is the same.
_PLACE = {name for name, _ in PLACE} - {"source"}


def settle_loads(
    sources: Sequence[SourceConfig], home: Path, load_ids: Collection[str], as_of: datetime, target: Path
) -> None:
    """Afterwards feeds and control files below the home `target` are those of exactly these loads (source/feed/load).

    `target` links to the loads and copies none of them. Raises SourceError as a nightly does, and for a missing load.
    """
    landing = home.absolute() / "landing"
    for load_id in sorted(load_ids):
        link = target / "landing" / load_id
        link.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(landing / load_id, link, target_is_directory=True)
    ensure_empty_feeds(target)
    for source in ordered_sources(sources):
        settle_landed(source, target, as_of)


def keep_former_rows(former: Path, now: Path, target: Path) -> tuple[bool, bool]:
    """Afterwards `target` has the feeds of the home `former` and, of the home `now`, only rows that have a new key.

    A row that came before keeps what it said then. Returns whether any row is late, and whether any row that came
    before now says something else or is gone.
    """
    paths = Paths(target)
    ensure_empty_feeds(target)
    is_any_late = is_any_corrected = False
    with connect(target / "scratch") as con:
        for name, feed in CANONICAL_FEEDS.items():
            is_same = " and ".join(
                f"today.{quoted(key)} is not distinct from before.{quoted(key)}" for key in ("source", *feed.key)
            )
            said = ", ".join(quoted(column) for column, _ in feed.accepted_columns if column not in _PLACE)
            con.execute(f"create or replace temp view before as {_current_rows(former, name)}")
            con.execute(f"create or replace temp view today as {_current_rows(now, name)}")
            con.execute(f"create or replace temp table late as select * from today anti join before on {is_same}")
            is_any_late |= _has_rows(con, "select * from late")
            is_any_corrected |= _has_rows(con, f"select {said} from before except select {said} from today")
            con.execute(
                "copy (select * from before union all by name select * from late)"
                f" to '{sql_path(paths.feeds / name / 'former.parquet')}' {PARQUET}"
            )
        tickets = sql_path(Paths(now).control / "ticket_source") + "/*.parquet"
        folder = paths.control / "ticket_source"
        con.execute(f"copy (select * from read_parquet('{tickets}')) to '{sql_path(folder / 'now.parquet')}' {PARQUET}")
    return is_any_late, is_any_corrected


def _current_rows(home: Path, feed: str) -> str:
    """Query: the rows of a feed that the warehouse reads."""
    paths = Paths(home)
    rows = sql_path(paths.feeds / feed) + "/*.parquet"
    left_out = sql_path(paths.control / "not_current") + "/*.parquet"
    return (
        f"select * from read_parquet('{rows}', union_by_name = true) anti join"
        f" (select source, load_id, record_number from read_parquet('{left_out}') where feed = {literal(feed)})"
        " using (source, load_id, record_number)"
    )


def _has_rows(con: duckdb.DuckDBPyConnection, query: str) -> bool:
    return bool(con.execute(f"select exists({query})").fetchall()[0][0])
