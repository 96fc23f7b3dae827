"""The ledger of published figures.

One row of `figure` for every value a figure has ever been published with: a row is appended only when value, status or
state of the period differ from the figure's last row, so an untouched past costs nothing. The ledger travels inside
each release: one swap commits figures and ledger together, and the loss of the build database loses nothing.

The value with which a period closes is edition 1, the figure of record. Whatever replaces it is edition 2, 3, ... and
is explained (`restatement`); it becomes the figure of record only if a Decision re-opened the period. A period that
was closed once stays closed for every release that speaks for that instant or a later one.

Belongs here: keys, editions, what is appended. Does not belong here: why a closed figure moved (`restatement`), which
facts are behind a figure (`evidence`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from publishing.build import OFFLINE, PUBLISHED_SCHEMA, quoted_path

# Grain of each ledgered report; the values of these columns make the figure's key.
FIGURES = {
    "rpt_sla_scorecard": ("agreement_id", "agreement_version", "target_id", "service_id", "period_start"),
    "rpt_sla_target": ("agreement_id", "agreement_version", "target_id", "period_start"),
    "rpt_experience": ("customer_id", "service_id", "item", "kind", "period_start"),
}
# Those whose figures belong to a target, and so close.
TARGET_REPORTS = ("rpt_sla_scorecard", "rpt_sla_target")

_FIGURE_COLUMNS = """
    figure_key varchar not null,
    sequence_number bigint not null,
    release_id varchar not null,
    as_of_at timestamp not null,
    report_table varchar not null,
    agreement_id varchar,
    agreement_version integer,
    target_id varchar,
    customer_id varchar,
    service_id varchar,
    metric varchar not null,
    metric_version varchar,
    period_type varchar not null,
    period_start date not null,
    period_status varchar,
    edition integer,
    is_of_record boolean not null default false,
    reopened_by varchar,
    numerator bigint not null,
    denominator bigint not null,
    status varchar,
    build_id varchar not null,
    code_revision varchar not null,
    input_hash varchar not null
"""

COMMENTS = {
    "": "One row per value that a figure has been published with. The latest row of a key is the figure as known; the "
    "latest one of record is the figure as reported.",
    "figure_key": "Stable key of the figure: report, its grain and the period. The same in every release.",
    "sequence_number": "1 for the first value published under the key, then 2, 3, ...",
    "release_id": "Release that first published this value.",
    "as_of_at": "Instant that release spoke for, UTC.",
    "report_table": "Report table in which the figure stands.",
    "agreement_id": "Agreement of the figure; null for figures outside any agreement.",
    "agreement_version": "Version of that agreement.",
    "target_id": "Target of the figure; null for figures outside any agreement.",
    "customer_id": "Customer to whom the figure is reported.",
    "service_id": "Service of the figure; null where it spans services.",
    "metric": "Metric, or survey item.",
    "metric_version": "Digest of unit and formula of the metric in dim_metric: another digest is another definition. "
    "Null for survey items.",
    "period_type": "month, quarter or year.",
    "period_start": "First day of the period, local to the agreement.",
    "period_status": "running or closed when published; null for figures outside any agreement. Once closed, a period "
    "is closed in every release for a later instant.",
    "edition": "1 for the value with which the period closed, then 2, 3, ... for each that replaced it; null while the "
    "period runs, outside any agreement, and while nothing was published that could stand: withheld, or a source of it "
    "not read.",
    "is_of_record": "Whether this value became the figure of record: edition 1, and what a Decision re-opened the "
    "period for.",
    "reopened_by": "Decision that re-opened the period; null if none did.",
    "numerator": "Good events, or seconds; for nps promoters less detractors.",
    "denominator": "Counted events, or seconds.",
    "status": "met, missed, no_data, withheld or withdrawn (a closed figure that the reports no longer have); null for "
    "figures without a target.",
    "build_id": "Build that calculated the value; its certificate vouches for it.",
    "code_revision": "Revision of the code that calculated the value.",
    "input_hash": "Digest of the agreements and loads that went in.",
}

_COLUMNS = {
    "rpt_sla_scorecard": "agreement_id, agreement_version, target_id, customer_id, service_id, metric, period_type,"
    " period_start, period_status, numerator, denominator, status",
    "rpt_sla_target": "agreement_id, agreement_version, target_id, customer_id, null as service_id, metric,"
    " period_type, period_start, period_status, numerator, denominator, status",
    "rpt_experience": "null as agreement_id, null as agreement_version, null as target_id, customer_id, service_id,"
    " item as metric, period_type, period_start, null as period_status,"
    " case when kind = 'nps' then promoter_count - detractor_count else top2_count end as numerator,"
    " response_count as denominator, null as status",
}


_CANDIDATE = (
    "figure_key, report_table, agreement_id, agreement_version, target_id, customer_id, service_id, metric,"
    " period_type, period_start, period_status, numerator, denominator, status, metric_version"
)


@dataclass(frozen=True)
class Origin:
    """Where new rows of the ledger come from. `as_of_epoch` in UTC seconds."""

    release_id: str
    as_of_epoch: int
    build_id: str
    code_revision: str
    input_hash: str


@dataclass(frozen=True)
class Reopening:
    """A Decision that re-opens a period of an agreement; `target_id` None = of all its targets."""

    decision_id: str
    agreement_id: str
    target_id: str | None
    period_start: date


@dataclass(frozen=True)
class Value:
    """What a figure says. `status` None: it has no target."""

    numerator: int
    denominator: int
    status: str | None


# A figure that a build does not have.
ABSENT = Value(0, 0, "withdrawn")


@dataclass(frozen=True)
class Restated:
    """A closed figure that this build moves: from its last edition to the next."""

    figure_key: str
    agreement_id: str
    edition: int
    former: Value
    now: Value
    former_release_id: str
    former_as_of_epoch: int
    metric: str


def key_of(table: str, relation: str = "") -> str:
    """SQL for the key of a figure of the report, from a relation with the columns of its grain."""
    prefix = f"{relation}." if relation else ""
    parts = " || '/' || ".join(f"coalesce(cast({prefix}{column} as varchar), '-')" for column in FIGURES[table])
    return f"'{table}/' || {parts}"


def _reports(marts: str, tables: Collection[str] = tuple(FIGURES)) -> str:
    """SQL: every figure of these reports in the schema `marts`, keyed."""
    return " union all ".join(
        f"select {key_of(table)} as figure_key, '{table}' as report_table, {_COLUMNS[table]} from {marts}.{table}"
        for table in tables
    )


def target_values(connection: duckdb.DuckDBPyConnection, marts: str) -> dict[str, Value]:
    """Value by key of every figure of a target in the schema `marts`, which may name a database too."""
    rows = connection.execute(
        f"select figure_key, numerator, denominator, status from ({_reports(marts, TARGET_REPORTS)})"
    )
    return {key: Value(int(good), int(counted), status) for key, good, counted, status in rows.fetchall()}


def propose(
    connection: duckdb.DuckDBPyConnection,
    marts: str,
    previous: Path | None,
    as_of_epoch: int,
    reopenings: Sequence[Reopening],
    unsettled: Collection[str] = (),
) -> None:
    """Afterwards the temporary tables `former` (the ledger so far) and `proposed` (rows to append) exist.

    `previous` is the Parquet file of the ledger so far; `marts` the schema with the build's reports; `unsettled` are
    agreements whose figures are withheld or rest on a source that was not read: none of them begins an edition.
    """
    connection.execute("create or replace temp table unsettled (agreement_id varchar)")
    for agreement_id in sorted(unsettled):
        connection.execute("insert into unsettled values (?)", [agreement_id])
    connection.execute(f"create or replace temp table former ({_FIGURE_COLUMNS})")
    if previous is not None:
        connection.execute("insert into former by name select * from read_parquet(?)", [str(previous)])
    connection.execute(
        "create or replace temp table reopening"
        " (decision_id varchar, agreement_id varchar, target_id varchar, period_start date)"
    )
    for item in reopenings:
        connection.execute(
            "insert into reopening values (?, ?, ?, ?)",
            [item.decision_id, item.agreement_id, item.target_id, item.period_start],
        )
    connection.execute(
        f"""
        create or replace temp table proposed as
        with candidate as (
            select reports.*, left(md5(dim_metric.unit || dim_metric.formula), 8) as metric_version
            from ({_reports(marts)}) as reports
            left join {marts}.dim_metric on reports.metric = dim_metric.metric
        ),
        known as (
            select
                figure_key,
                max(sequence_number) as sequence_number,
                min(case when edition is not null then as_of_at end) as closed_as_of_at
            from former
            group by figure_key
        ),
        latest as (
            select former.* from former inner join known using (figure_key, sequence_number)
        ),
        last_edition as (
            -- The row that began it: later ones of the same edition are values that did not replace it.
            select * from former
            where edition is not null
            qualify row_number() over (partition by figure_key order by edition desc, sequence_number) = 1
        ),
        withdrawn as (
            select * replace (
                0 as numerator, 0 as denominator, '{ABSENT.status}' as status, 'closed' as period_status
            )
            from last_edition
            where figure_key not in (select figure_key from candidate)
        ),
        -- Closed when the agreement says so, and from the first release on that published it as closed.
        dated as (
            select
                figures.*,
                coalesce(
                    figures.period_status = 'closed'
                    or known.closed_as_of_at <= make_timestamp(cast($as_of_epoch as bigint) * 1000000),
                    false
                ) as is_closed
            from (
                select {_CANDIDATE} from candidate
                union all
                select {_CANDIDATE} from withdrawn
            ) as figures
            left join known on figures.figure_key = known.figure_key
        ),
        reopened as (
            select dated.figure_key, min(reopening.decision_id) as decision_id
            from dated
            inner join reopening
                on
                    dated.agreement_id = reopening.agreement_id
                    and coalesce(reopening.target_id, dated.target_id) = dated.target_id
                    and dated.period_start = reopening.period_start
            where
                dated.is_closed
                and (dated.figure_key, reopening.decision_id) not in (
                    select (figure_key, reopened_by) from former where reopened_by is not null
                )
            group by dated.figure_key
        ),
        numbered as (
            select
                dated.* exclude (is_closed, period_status),
                case when dated.is_closed then 'closed' else dated.period_status end as period_status,
                coalesce(latest.sequence_number, 0) + 1 as sequence_number,
                case
                    when not dated.is_closed then null
                    -- What is not known is no other value: the edition before goes on standing, and none begins.
                    when unsettled.agreement_id is not null then last_edition.edition
                    when last_edition.figure_key is null then 1
                    when
                        dated.numerator <> last_edition.numerator
                        or dated.denominator <> last_edition.denominator
                        or dated.status is distinct from last_edition.status
                        then last_edition.edition + 1
                    else last_edition.edition
                end as edition,
                dated.is_closed
                and unsettled.agreement_id is null
                and (last_edition.figure_key is null or reopened.decision_id is not null) as is_of_record,
                case when unsettled.agreement_id is null then reopened.decision_id end as reopened_by,
                last_edition.edition as former_edition,
                last_edition.numerator as former_numerator,
                last_edition.denominator as former_denominator,
                last_edition.status as former_status,
                last_edition.release_id as former_release_id,
                last_edition.as_of_at as former_as_of_at
            from dated
            left join latest on dated.figure_key = latest.figure_key
            left join last_edition on dated.figure_key = last_edition.figure_key
            left join reopened on dated.figure_key = reopened.figure_key
            left join unsettled on dated.agreement_id = unsettled.agreement_id
        )
        select numbered.*, coalesce(numbered.edition > numbered.former_edition, false) as is_restated
        from numbered
        left join latest on numbered.figure_key = latest.figure_key
        where
            latest.figure_key is null
            or numbered.numerator <> latest.numerator
            or numbered.denominator <> latest.denominator
            or numbered.status is distinct from latest.status
            or numbered.period_status is distinct from latest.period_status
            or numbered.edition is distinct from latest.edition
            or numbered.reopened_by is not null
        """,
        {"as_of_epoch": as_of_epoch},
    )


def restated_figures(
    build_database: Path,
    previous: Path | None,
    as_of_epoch: int,
    reopenings: Sequence[Reopening],
    unsettled: Collection[str] = (),
) -> list[Restated]:
    """The closed figures that publishing this build would move, sorted by key. `previous`: the ledger's Parquet."""
    with duckdb.connect(":memory:", config=OFFLINE) as connection:
        connection.execute(f"attach '{quoted_path(build_database)}' as build (read_only)")
        propose(connection, f"build.{PUBLISHED_SCHEMA}", previous, as_of_epoch, reopenings, unsettled)
        return proposed_restatements(connection)


def proposed_restatements(connection: duckdb.DuckDBPyConnection) -> list[Restated]:
    """The rows that `propose` left which replace an edition, sorted by key."""
    rows = connection.execute(
        "select figure_key, agreement_id, edition, former_numerator, former_denominator, former_status, numerator,"
        " denominator, status, former_release_id, cast(epoch(former_as_of_at) as bigint), metric"
        " from proposed where is_restated order by figure_key"
    ).fetchall()
    return [Restated(row[0], row[1], row[2], Value(*row[3:6]), Value(*row[6:9]), *row[9:]) for row in rows]


def write_ledger(connection: duckdb.DuckDBPyConnection, origin: Origin, is_appending: bool) -> int:
    """Create marts.figure in the release database from what `propose` left; returns the number of rows appended.

    Without `is_appending` the ledger is only carried on.
    """
    connection.execute(f"create table {PUBLISHED_SCHEMA}.figure ({_FIGURE_COLUMNS})")
    connection.execute(f"insert into {PUBLISHED_SCHEMA}.figure by name select * from former")
    if not is_appending:
        return 0
    appended = connection.execute(
        f"""
        insert into {PUBLISHED_SCHEMA}.figure by name
        select
            {_CANDIDATE}, sequence_number, edition, is_of_record, reopened_by,
            $release_id as release_id,
            make_timestamp(cast($as_of_epoch as bigint) * 1000000) as as_of_at,
            $build_id as build_id,
            $code_revision as code_revision,
            $input_hash as input_hash
        from proposed
        order by figure_key
        """,
        {
            "release_id": origin.release_id,
            "as_of_epoch": origin.as_of_epoch,
            "build_id": origin.build_id,
            "code_revision": origin.code_revision,
            "input_hash": origin.input_hash,
        },
    ).fetchone()
    return int(appended[0]) if appended else 0
