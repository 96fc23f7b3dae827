"""Whether a source keeps to what slm.yaml says of it: `covers`, the customers and services its records can be about.

Belongs here: looking for current rows that are about others. Does not belong here: who depends on a source for what it
covers (agreements), single bad records (they are quarantined).
Sits above `storage` and `feeds`; reads what `pull` left.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.errors import SourceError
from ingestion.feeds import CANONICAL_FEEDS, Feed
from ingestion.readers import OFFLINE, literal, sql_path
from ingestion.storage import Paths, own_files
from settings.project import Covers, SourceConfig

# So many values are named, those of the most rows first; the others are counted.
_SHOWN_VALUES = 5


@dataclass(frozen=True)
class _Names:
    """One key of `covers`: the column that says it, the ticket event whose value does, the option that maps it."""

    key: str
    column: str
    event_type: str
    mapped_by: str


_NAMES = (
    _Names("customers", "customer_id", "customer", "customerMap"),
    _Names("services", "service_id", "service", "serviceMap"),
)


def demand_covered(source: SourceConfig, home: Path) -> None:
    """Raises SourceError naming feeds and values if current rows are about customers or services it does not cover.

    The values are those after the source's maps. A row that names no service contradicts nothing.
    """
    if source.covers is None:
        return
    paths = Paths(home.absolute())
    problems: list[str] = []
    with duckdb.connect(config=OFFLINE) as con:
        for feed in CANONICAL_FEEDS.values():
            files = own_files(paths.feeds / feed.name, source.name)
            if files:
                problems += _contradictions(con, source, source.covers, feed, files, paths)
    if problems:
        raise SourceError(source.name, problems)


def _contradictions(
    con: duckdb.DuckDBPyConnection, source: SourceConfig, covers: Covers, feed: Feed, files: list[Path], paths: Paths
) -> list[str]:
    """One sentence for each key of `covers` that rows of the feed contradict."""
    promised = {names: said for names in _NAMES if (said := getattr(covers, names.key)) is not None}
    named = {names: column for names in promised if (column := _named_in(feed, names)) is not None}
    if not named:
        return []
    left_out = sql_path(paths.control / "not_current" / f"{source.name}.parquet")
    outside = " union all ".join(
        f"select {literal(names.key)} as covers_key, {column} as value from current_row"
        f" where {column} not in ({', '.join(literal(value) for value in promised[names])})"
        for names, column in named.items()
    )
    listed = ", ".join(f"'{sql_path(path)}'" for path in files)
    counted = con.execute(
        f"""
        with current_row as (
            select * from read_parquet([{listed}], union_by_name = true)
            anti join (
                select load_id, record_number from read_parquet('{left_out}') where feed = {literal(feed.name)}
            ) using (load_id, record_number)
        )
        select covers_key, value, count(*) from ({outside}) group by all order by count(*) desc, value
        """
    ).fetchall()
    found = []
    for names in named:
        values = [(str(value), int(count)) for key, value, count in counted if key == names.key]
        if values:
            shown = ", ".join(f'"{value}" ({count:,})' for value, count in values[:_SHOWN_VALUES])
            more = f" and {len(values) - _SHOWN_VALUES:,} more" if len(values) > _SHOWN_VALUES else ""
            found.append(
                f"feed {feed.name}: it has rows about {names.key} outside of covers.{names.key}: {shown}{more};"
                f" add them there, or translate them with {names.mapped_by}. Until then nobody knows which agreements"
                " a failure of this source delays"
            )
    return found


def _named_in(feed: Feed, names: _Names) -> str | None:
    """SQL expression for the customer or service that a row of the feed names; None if its rows name none."""
    if feed.name == "ticket_events":
        return f"case when event_type = {literal(names.event_type)} then value end"
    return names.column if names.column in feed.column_names else None
