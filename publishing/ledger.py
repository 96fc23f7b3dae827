"""The ledger of published figures.

One row of `figure` for every value a figure has ever been published with: a row is appended only when value, status or
state of the period differ from the figure's last row, so an untouched past costs nothing. The ledger travels inside
each release: one swap commits figures and ledger together, and the loss of the build database loses nothing.
"""

from pathlib import Path

import duckdb

# Grain of each ledgered report; the values of these columns make the figure's key.
FIGURES = {
    "rpt_sla_scorecard": ("agreement_id", "agreement_version", "target_id", "service_id", "period_start"),
    "rpt_sla_target": ("agreement_id", "agreement_version", "target_id", "period_start"),
    "rpt_experience": ("customer_id", "service_id", "item", "kind", "period_start"),
}

_CREATE = """
create table marts.figure (
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
    period_type varchar not null,
    period_start date not null,
    period_status varchar,
    numerator bigint not null,
    denominator bigint not null,
    status varchar,
    build_id varchar not null,
    code_revision varchar not null,
    input_hash varchar not null
)
"""

COMMENTS = {
    "": "One row per value that a figure has been published with. The latest row of a key is the figure in force; "
    "earlier rows are what was published before.",
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
    "period_type": "month, quarter or year.",
    "period_start": "First day of the period, local to the agreement.",
    "period_status": "running or closed when published; null for figures outside any agreement.",
    "numerator": "Good events, or seconds; for nps promoters less detractors.",
    "denominator": "Counted events, or seconds.",
    "status": "met, missed, no_data or withheld; null for figures without a target.",
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


def _key(table: str) -> str:
    parts = " || '/' || ".join(f"coalesce(cast({column} as varchar), '-')" for column in FIGURES[table])
    return f"'{table}/' || {parts}"


def write_ledger(
    connection: duckdb.DuckDBPyConnection,
    previous: Path | None,
    release_id: str,
    as_of_epoch: int,
    build_id: str,
    code_revision: str,
    input_hash: str,
    is_appending: bool,
) -> int:
    """Create marts.figure in the release database: the previous ledger, and a row for each figure that is new.

    `previous` is the Parquet file of the ledger so far. Without `is_appending` the ledger is only carried on. Returns
    the number of rows appended.
    """
    connection.execute(_CREATE)
    if previous is not None:
        connection.execute("insert into marts.figure by name select * from read_parquet(?)", [str(previous)])
    if not is_appending:
        return 0
    candidates = " union all ".join(
        f"select {_key(table)} as figure_key, '{table}' as report_table, {columns} from marts.{table}"
        for table, columns in _COLUMNS.items()
    )
    before = connection.execute("select count(*) from marts.figure").fetchone()
    connection.execute(
        f"""
        insert into marts.figure by name
        with candidate as ({candidates}),
        latest as (
            select * from marts.figure
            where (figure_key, sequence_number) in (
                select (figure_key, max(sequence_number)) from marts.figure group by figure_key
            )
        )
        select
            candidate.*,
            coalesce(latest.sequence_number, 0) + 1 as sequence_number,
            $release_id as release_id,
            make_timestamp(cast($as_of_epoch as bigint) * 1000000) as as_of_at,
            $build_id as build_id,
            $code_revision as code_revision,
            $input_hash as input_hash
        from candidate
        left join latest on candidate.figure_key = latest.figure_key
        where
            latest.figure_key is null
            or candidate.numerator <> latest.numerator
            or candidate.denominator <> latest.denominator
            or candidate.status is distinct from latest.status
            or candidate.period_status is distinct from latest.period_status
        order by candidate.figure_key
        """,
        {
            "release_id": release_id,
            "as_of_epoch": as_of_epoch,
            "build_id": build_id,
            "code_revision": code_revision,
            "input_hash": input_hash,
        },
    )
    after = connection.execute("select count(*) from marts.figure").fetchone()
    assert before is not None
    assert after is not None
    return int(after[0]) - int(before[0])
