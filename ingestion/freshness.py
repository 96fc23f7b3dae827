"""How recent each feed is, and how late its records come.

Belongs here: comparing the own time of accepted records with as_of and with the load that brought them. Does not belong
here: whether that is good enough (publishing.measures), what a feed holds (feeds).
Sits above `storage` and `feeds`; reads what `pull` left.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingestion.feeds import CANONICAL_FEEDS
from ingestion.readers import OFFLINE, sql_path
from ingestion.storage import Paths

_DAY = 86_400


@dataclass(frozen=True)
class FeedFreshness:
    """One feed of one source; ages and delays in seconds. Records later than as_of do not count."""

    source: str
    feed: str
    age_seconds: int | None  # from the latest record's own time to as_of; None = no record
    later_count: int  # records of loads after the first of their source
    delayed_count: int  # of these, landed more than a day after their own time
    median_delay_seconds: int | None


def feed_freshness(home: Path, as_of: datetime) -> list[FeedFreshness]:
    """Every feed with records, by source and feed. `as_of` has a zone.

    The first load brings a source's history at once and says nothing of how late its records come.
    """
    paths = Paths(home.absolute())
    instant = as_of.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    audit = sql_path(paths.control / "load_audit") + "/*.parquet"
    found = []
    with duckdb.connect(config=OFFLINE) as connection:
        connection.execute(
            "create temp table load as select source, load_id, min(loaded_at) as loaded_at,"
            " load_id = min(load_id) over (partition by source) as is_first"
            f" from read_parquet('{audit}') group by source, load_id"
        )
        for name, feed in CANONICAL_FEEDS.items():
            if feed.own_time is None:
                continue
            rows = connection.execute(
                f"""
                with record as (
                    select source, load_id, {feed.own_time} as own_at
                    from read_parquet('{sql_path(paths.feeds / name)}/*.parquet', union_by_name = true)
                    where {feed.own_time} <= timestamp '{instant}'
                ),
                dated as (
                    select
                        record.source,
                        record.own_at,
                        case when not load.is_first then date_diff('second', record.own_at, load.loaded_at) end as delay
                    from record inner join load using (source, load_id)
                )
                select source, date_diff('second', max(own_at), timestamp '{instant}'), count(delay),
                    count(case when delay > {_DAY} then 1 end), cast(median(delay) as bigint)
                from dated group by source order by source
                """
            ).fetchall()
            found += [FeedFreshness(row[0], name, *row[1:]) for row in rows]
    return sorted(found, key=lambda item: (item.source, item.feed))
