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
# A record that comes later than this is a correction of the past rather than a delay; so long must it be waited for.
WATCHED_DAYS = 28


@dataclass(frozen=True)
class FeedFreshness:
    """One feed of one source; ages and delays in seconds. Records later than as_of do not count.

    A delay is that of a record's first arrival; `watched_count` are records that happened after the first load and
    could be waited for WATCHED_DAYS, `arrived` how many of them had come after 0, 1, ... WATCHED_DAYS whole days.
    """

    source: str
    feed: str
    age_seconds: int | None  # from the latest record's own time to as_of; None = no record
    later_count: int  # records that arrived after the first load of their source
    delayed_count: int  # of these, more than a day after their own time
    median_delay_seconds: int | None
    last_loaded_at: datetime  # naive UTC
    watched_count: int
    arrived: tuple[int, ...]


def feed_freshness(home: Path, as_of: datetime) -> list[FeedFreshness]:
    """Every feed with records, by source and feed. `as_of` has a zone.

    The first load brings a source's history at once and says nothing of how late its records come; nor do records of
    before it, of which only the late ones came afterwards.
    """
    paths = Paths(home.absolute())
    instant = as_of.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    audit = sql_path(paths.control / "load_audit") + "/*.parquet"
    found = []
    with duckdb.connect(config=OFFLINE) as connection:
        connection.execute(
            "create temp table load as select source, load_id, min(loaded_at) as loaded_at,"
            " load_id = min(load_id) over (partition by source) as is_first,"
            " min(min(loaded_at)) over (partition by source) as first_loaded_at,"
            " max(max(loaded_at)) over (partition by source) as last_loaded_at"
            f" from read_parquet('{audit}') group by source, load_id"
        )
        by_day = ", ".join(
            f"count(case when is_watched and delay < {_DAY * (day + 1)} then 1 end)" for day in range(WATCHED_DAYS + 1)
        )
        for name, feed in CANONICAL_FEEDS.items():
            if feed.own_time is None:
                continue
            rows = connection.execute(
                f"""
                with record as (
                    select source, min(load_id) as load_id, arg_min({feed.own_time}, load_id) as own_at
                    from read_parquet('{sql_path(paths.feeds / name)}/*.parquet', union_by_name = true)
                    group by source, {", ".join(feed.key)}
                ),
                dated as (
                    select
                        record.source,
                        record.own_at,
                        load.last_loaded_at,
                        case when not load.is_first then date_diff('second', record.own_at, load.loaded_at) end
                            as delay,
                        not load.is_first
                        and record.own_at >= load.first_loaded_at
                        and record.own_at <= load.last_loaded_at - interval {WATCHED_DAYS} day as is_watched
                    from record inner join load using (source, load_id)
                    where record.own_at <= timestamp '{instant}'
                )
                select source, date_diff('second', max(own_at), timestamp '{instant}'), count(delay),
                    count(case when delay > {_DAY} then 1 end), cast(median(delay) as bigint), max(last_loaded_at),
                    count(case when is_watched then 1 end), {by_day}
                from dated group by source order by source
                """
            ).fetchall()
            for source, age, later, delayed, median, loaded_at, watched, *arrived in rows:
                found.append(
                    FeedFreshness(source, name, age, later, delayed, median, loaded_at, watched, tuple(arrived))
                )
    return sorted(found, key=lambda item: (item.source, item.feed))
