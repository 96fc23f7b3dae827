"""Late data: how late the records of each feed come, and how many of a period are still to be expected.

Belongs here: the estimate and its checks. Does not belong here: measuring delays in landing (ingestion.freshness).

The estimate is that of a reporting triangle: if of all records a share F(a) has arrived a days after they happened,
each record of that age stands for 1/F(a) records, and 1/F(a) - 1 of them are still to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from publishing.build import PUBLISHED_SCHEMA
from publishing.certificate import Check

# Fewer records say nothing of shares: the contract calls a figure of fewer than 20 events low volume, too.
SMALLEST_SAMPLE = 20
# Of a period that is over, as many records as a source may have rejected (`maxRejectRatio`) are taken for complete.
STILL_TO_COME_LIMIT = 0.01
_TOLD_DAYS = (1, 7, 28)


@dataclass(frozen=True)
class FeedDelays:
    """Delays of a feed of a source. `arrived`: of the watched records, those that had come after 0, 1, ... days."""

    source: str
    feed: str
    last_loaded_at: datetime  # naive UTC
    watched_count: int
    arrived: Sequence[int]
    median_delay_seconds: int | None

    @property
    def is_enough(self) -> bool:
        """Whether an estimate can be made."""
        return self.watched_count >= SMALLEST_SAMPLE

    @property
    def shares(self) -> list[float]:
        """F(0), F(1), ...; a day by which nothing had come has the first share above 0."""
        first = next((count for count in self.arrived if count), self.watched_count)
        return [max(count, first) / self.watched_count for count in self.arrived]


def late_checks(feeds: Sequence[FeedDelays]) -> list[Check]:
    """What share of the records of each feed comes late; one check per feed, which nothing fails."""
    return [
        Check(
            f"{feed.source}_{feed.feed}_late_records",
            "late_data",
            "load_audit",
            f"How late records of {feed.feed} from {feed.source} come, of those that could be waited for.",
            "warning",
            True,
            _told(feed),
            "none: an estimate",
        )
        for feed in feeds
    ]


def _told(feed: FeedDelays) -> str:
    watched, waited = feed.watched_count, len(feed.arrived) - 1
    if not feed.is_enough:
        return f"not enough history: {watched} records could be waited for {waited} days, {SMALLEST_SAMPLE} are needed"
    late = ", ".join(
        f"{watched - feed.arrived[days - 1]:,} came {days} d late or more" for days in _TOLD_DAYS if days <= waited
    )
    return f"of {watched:,} records {late}; median delay {feed.median_delay_seconds} s"


# Records with an agreement: tickets by the SLA they were opened under, answers by the targets that count them.
_RECORDS = """
    select agreement_id, agreement_version, source, 'tickets' as feed, opened_at as own_at
    from {marts}.fct_ticket where agreement_id is not null
    union all
    select distinct agreement_id, agreement_version, source, 'survey_responses', responded_at
    from {marts}.fct_survey_sla
"""


def still_to_come_checks(
    connection: duckdb.DuckDBPyConnection, feeds: Sequence[FeedDelays], as_of: datetime
) -> list[Check]:
    """How many tickets and answers of each agreement are still to be expected, for the period that runs at `as_of`
    (naive UTC) and the one before it. `connection` reads the build."""
    if not feeds:
        return []
    ages = ", ".join(
        f"({_literal(feed.source)}, {_literal(feed.feed)}, timestamp '{feed.last_loaded_at}', {day}, {share})"
        for feed in feeds
        for day, share in enumerate(map(repr, feed.shares) if feed.is_enough else ["cast(null as double)"])
    )
    rows = connection.execute(
        f"""
        with share (source, feed, last_loaded_at, day, arrived_ratio) as (
            values {ages}
        ),
        feed as (
            select source, feed, max(last_loaded_at) as last_loaded_at, max(day) as last_day from share group by all
        ),
        period as (
            select distinct
                report.agreement_id, report.agreement_version, report.period_start, first_day.started_at,
                last_day.started_at as ended_at
            from {PUBLISHED_SCHEMA}.rpt_sla_target as report
            inner join {PUBLISHED_SCHEMA}.dim_agreement as agreement
                on
                    report.agreement_id = agreement.agreement_id
                    and report.agreement_version = agreement.agreement_version
            inner join {PUBLISHED_SCHEMA}.dim_local_day as first_day
                on agreement.time_zone = first_day.time_zone and report.period_start = first_day.date
            left join {PUBLISHED_SCHEMA}.dim_local_day as last_day
                on agreement.time_zone = last_day.time_zone and report.period_end = last_day.date
            where first_day.started_at <= $as_of
            qualify dense_rank() over (partition by report.agreement_id order by report.period_start desc) <= 2
        ),
        record as ({_RECORDS.format(marts=PUBLISHED_SCHEMA)})
        select
            record.agreement_id, record.feed, period.period_start,
            bool_and(coalesce(period.ended_at <= $as_of, false)) as is_over,
            count(*),
            sum(1 / share.arrived_ratio - 1),
            string_agg(distinct case when share.arrived_ratio is null then record.source end, ', ')
        from record
        inner join period
            on
                record.agreement_id = period.agreement_id
                and record.agreement_version = period.agreement_version
                and record.own_at >= period.started_at
                and record.own_at < coalesce(period.ended_at, timestamp '9999-12-31')
        left join feed on record.source = feed.source and record.feed = feed.feed
        left join share
            on
                feed.source = share.source
                and feed.feed = share.feed
                and share.day
                = greatest(least(date_diff('second', record.own_at, feed.last_loaded_at) // 86400, feed.last_day), 0)
        group by record.agreement_id, record.feed, period.period_start
        order by record.agreement_id, record.feed, period.period_start
        """,
        {"as_of": as_of},
    ).fetchall()
    return [_still_to_come(*row) for row in rows]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _still_to_come(
    agreement_id: str, feed: str, start: object, is_over: bool, count: int, expected: float | None, unknown: str | None
) -> Check:
    is_within = not is_over or unknown is not None or (expected or 0) <= STILL_TO_COME_LIMIT * count
    return Check(
        f"{feed}_of_{start}_still_to_come",
        "late_data",
        "fct_ticket" if feed == "tickets" else "fct_survey_sla",
        f"Records of {feed} of the period that began on {start} which are still to be expected, by how late those of"
        f" earlier days came.",
        "warning",
        is_within,
        f"not enough history of {unknown}: nothing can be said of what is to come beside {count:,}"
        if unknown is not None
        else f"about {expected or 0:.1f} beside {count:,}",
        f"at most the ratio {STILL_TO_COME_LIMIT:g} of what came" if is_over else "none: the period runs",
        agreement_id,
    )
