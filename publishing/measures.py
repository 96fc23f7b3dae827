"""What a certificate says beyond tests: freshness, shrinking tables, unmeasured time, and whom a failure concerns.

Belongs here: the checks themselves, from numbers and tables that the caller hands in. Does not belong here: late
records (lateness), drift of figures (drift), rules on reports (expectations), rules on rows (dbt tests), reading
landing (ingestion).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from publishing.build import PUBLISHED_SCHEMA, quoted_path
from publishing.certificate import Check, Unread
from publishing.evidence import evidence_query
from publishing.ledger import FIGURES, TARGET_REPORTS, key_of

# A table that lost more than half its rows overnight lost a source, not records.
SMALLEST_SHARE = 0.5
# Below this many rows, halving is chance.
SMALLEST_TABLE = 20

MEASURE_COMMENTS = {
    "": "One row per figure of a target in this release: how many of the tickets it counts are affected by rejected "
    "records, and how much of its agreed time nobody measured.",
    "figure_key": "Key of the figure, as in figure.",
    "report_table": "Report table in which the figure stands.",
    "agreement_id": "Agreement of the figure.",
    "agreement_version": "Version of that agreement.",
    "target_id": "Target of the figure.",
    "customer_id": "Customer to whom the figure is reported.",
    "service_id": "Service of the figure; null where it spans services.",
    "period_start": "First day of the period, local to the agreement.",
    "ticket_count": "Tickets that the figure counts.",
    "affected_ticket_count": "Of these, tickets with a rejected record that no later load brought again.",
    "affected_ticket_ratio": "Affected tickets over counted tickets, 0 to 1; null without tickets.",
    "agreed_seconds": "Agreed time of the figure up to as_of, in seconds; null unless it is an availability.",
    "unmeasured_seconds": "Of these, seconds in which nobody measured; null unless it is an availability.",
    "unmeasured_ratio": "Unmeasured over agreed seconds, 0 to 1; null unless it is an availability.",
    "withheld_reason": "Why the figure is withheld; null if it is published.",
    "unread_sources": "Sources that the figure depends on and that could not be read for this release, joined by "
    "commas; null if all were read.",
    "unknown_since_at": "Instant, UTC, at which the first of these was last read: what happened since is not known, "
    "and nothing in the figure says that it did not happen. Null if all were read.",
}


@dataclass(frozen=True)
class FeedState:
    """How recent a feed is. Ages in seconds."""

    source: str
    feed: str
    age_seconds: int | None  # from the latest record's own time to as_of; None = no record
    promised_seconds: int | None  # what slm.yaml promises; None = nothing


def feed_checks(feeds: Sequence[FeedState]) -> list[Check]:
    """Freshness against the promise of slm.yaml, one check per feed."""
    checks = []
    for feed in feeds:
        promised, age = feed.promised_seconds, feed.age_seconds
        is_fresh = promised is None or (age is not None and age <= promised)
        checks.append(
            Check(
                f"{feed.source}_{feed.feed}_is_fresh",
                "freshness",
                "load_audit",
                f"The latest record of {feed.feed} from {feed.source} is as recent as slm.yaml promises.",
                "warning",
                is_fresh,
                "no record" if age is None else f"{age} s before as_of",
                "no promise" if promised is None else f"at most {promised} s before as_of",
            )
        )
    return checks


def unread_checks(unread: Sequence[Unread]) -> list[Check]:
    """A failed check per source that could not be read and agreement that depends on it: from when on nothing is known.

    Of a source on which no agreement depends, one that is about the whole release. Why it could not be read stays in
    the certificate's file: it names hosts, and checks are shown to customers.
    """
    checks = []
    for source in unread:
        last = f"last read at {source.read_at}"
        concerned: list[tuple[str | None, str, str]] = [
            *((agreement, "warning", f"{last}; figures as of then") for agreement in source.within),
            *((agreement, "agreement", f"{last}; figures withheld") for agreement in source.overdue),
        ]
        checks += [
            Check(
                f"{source.source}_was_read",
                "freshness",
                "load_audit",
                f"{source.source} was read for this release; what happened since it was last read is not known.",
                severity,
                False,
                observed,
                "read, or no longer ago than the agreement's staleness",
                agreement,
            )
            for agreement, severity, observed in concerned or [(None, "warning", last)]
        ]
    return checks


def drift_checks(connection: duckdb.DuckDBPyConnection, previous: Path | None) -> list[Check]:
    """Whether any published table is much smaller than in the release in force. `connection` reads the build."""
    if previous is None:
        return []
    checks = []
    for (table,) in connection.execute(
        "select table_name from duckdb_tables() where schema_name = ? and not internal order by table_name",
        [PUBLISHED_SCHEMA],
    ).fetchall():
        former = previous / "parquet" / f"{table}.parquet"
        if not former.is_file():
            continue
        before, now = (
            _one(connection, f"select count(*) from {relation}")
            for relation in (f"read_parquet('{quoted_path(former)}')", f'{PUBLISHED_SCHEMA}."{table}"')
        )
        checks.append(
            Check(
                "has_not_shrunk",
                "drift",
                table,
                "The table is not much smaller than in the release in force.",
                "warning",
                now >= before * SMALLEST_SHARE or before < SMALLEST_TABLE,
                f"{now} rows after {before}",
                f"at least {SMALLEST_SHARE:.0%} of what it had",
            )
        )
    return checks


def unmeasured_checks(connection: duckdb.DuckDBPyConnection) -> list[Check]:
    """The unmeasured share of agreed time, one line per availability target of the build."""
    rows = connection.execute(
        "select agreement_id, agreement_version, target_id, sum(unmeasured_seconds), sum(agreed_seconds)"
        f" from {PUBLISHED_SCHEMA}.fct_service_availability group by all order by all"
    ).fetchall()
    return [
        Check(
            f"{agreement}_{version}_{target}_unmeasured",
            "measurement",
            "fct_service_availability",
            f"Agreed time of {agreement} version {version}, {target}, in which nobody measured.",
            "warning",
            True,
            f"{unmeasured} of {agreed} s",
            "none: shown as bounds of each figure",
            agreement,
        )
        for agreement, version, target, unmeasured, agreed in rows
    ]


def affected_checks(connection: duckdb.DuckDBPyConnection, limit: float) -> list[Check]:
    """Whether the tickets of each agreement are whole enough: one check per agreement that has any.

    `limit` is the admitted share of tickets with a rejected record.
    """
    rows = connection.execute(
        f"""
        select
            clocks.agreement_id,
            count(distinct clocks.ticket_key) as ticket_count,
            count(distinct case when tickets.has_quarantined_events then clocks.ticket_key end) as affected_count
        from {PUBLISHED_SCHEMA}.fct_ticket_sla as clocks
        inner join {PUBLISHED_SCHEMA}.fct_ticket as tickets on clocks.ticket_key = tickets.ticket_key
        group by clocks.agreement_id
        order by clocks.agreement_id
        """
    ).fetchall()
    return [
        Check(
            "few_tickets_of_an_agreement_have_quarantined_events",
            "rule",
            "fct_ticket_sla",
            "Few tickets of the agreement have rejected records.",
            "agreement",
            affected <= tickets * limit,
            f"{affected} of {tickets} tickets have rejected records"
            + (f", more than the ratio {limit:g} allows" if affected > tickets * limit else ""),
            f"at most the ratio {limit:g} of the agreement's tickets",
            agreement,
        )
        for agreement, tickets, affected in rows
    ]


def write_figure_quality(
    connection: duckdb.DuckDBPyConnection, withheld: Mapping[str, str], unread: Sequence[Unread] = ()
) -> None:
    """Create marts.figure_quality in the release database, whose facts and reports are there.

    Of withheld figures too: how many of their tickets are affected is why they are withheld.
    """
    connection.execute("create or replace temp table unread (agreement_id varchar, source varchar, read_at timestamp)")
    for source in unread:
        for agreement in (*source.within, *source.overdue):
            read_at = datetime.fromisoformat(source.read_at).astimezone(UTC).replace(tzinfo=None)
            connection.execute("insert into unread values (?, ?, ?)", [agreement, source.source, read_at])
    connection.execute("create or replace temp table withheld (agreement_id varchar, reason varchar)")
    for agreement, reason in withheld.items():
        connection.execute("insert into withheld values (?, ?)", [agreement, reason])
    keys = "agreement_id, agreement_version, target_id, customer_id, service_id, period_start"
    reports = " union all ".join(
        f"select {key_of(table)} as figure_key, '{table}' as report_table,"
        f" {keys if 'service_id' in FIGURES[table] else keys.replace('service_id', 'null as service_id')}"
        f" from {PUBLISHED_SCHEMA}.{table}"
        for table in TARGET_REPORTS
    )
    connection.execute(
        f"""
        create table {PUBLISHED_SCHEMA}.figure_quality as
        with report as ({reports}),
        evidence as ({evidence_query(PUBLISHED_SCHEMA, of_withheld=True)}),
        tickets as (
            select
                evidence.figure_key,
                count(distinct evidence.ticket_key) as ticket_count,
                count(distinct case when ticket.has_quarantined_events then evidence.ticket_key end) as affected_count
            from evidence
            inner join {PUBLISHED_SCHEMA}.fct_ticket as ticket on evidence.ticket_key = ticket.ticket_key
            where evidence.fact_table = 'fct_ticket_sla'
            group by evidence.figure_key
        ),
        days as (
            select
                evidence.figure_key,
                cast(sum(day.agreed_seconds) as bigint) as agreed_seconds,
                cast(sum(day.unmeasured_seconds) as bigint) as unmeasured_seconds
            from evidence
            inner join {PUBLISHED_SCHEMA}.fct_service_availability as day
                on
                    evidence.agreement_id = day.agreement_id
                    and evidence.agreement_version = day.agreement_version
                    and evidence.target_id = day.target_id
                    and evidence.service_id = day.service_id
                    and evidence.date = day.date
            where evidence.fact_table = 'fct_service_availability'
            group by evidence.figure_key
        ),
        delayed as (
            select
                agreement_id,
                string_agg(source, ', ' order by source) as unread_sources,
                min(read_at) as unknown_since_at
            from unread
            group by agreement_id
        )
        select
            report.*,
            coalesce(tickets.ticket_count, 0) as ticket_count,
            coalesce(tickets.affected_count, 0) as affected_ticket_count,
            cast(tickets.affected_count as double) / nullif(tickets.ticket_count, 0) as affected_ticket_ratio,
            days.agreed_seconds,
            days.unmeasured_seconds,
            cast(days.unmeasured_seconds as double) / nullif(days.agreed_seconds, 0) as unmeasured_ratio,
            withheld.reason as withheld_reason,
            delayed.unread_sources,
            delayed.unknown_since_at
        from report
        left join tickets on report.figure_key = tickets.figure_key
        left join days on report.figure_key = days.figure_key
        left join withheld on report.agreement_id = withheld.agreement_id
        left join delayed on report.agreement_id = delayed.agreement_id
        order by report.figure_key
        """
    )


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])
