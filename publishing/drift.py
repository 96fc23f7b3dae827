"""Drift of each figure against the release in force: how far it moved, and whether time went on or rows changed.

Belongs here: comparing the evidence of both, and the bounds. Does not belong here: why a closed figure moved, cause by
cause (restatement: it computes the figure again), whether whole tables shrank (measures).
"""

from pathlib import Path

import duckdb

from publishing.build import PUBLISHED_SCHEMA, quoted_path
from publishing.certificate import Check
from publishing.evidence import evidence_query
from publishing.ledger import FIGURES, TARGET_REPORTS, key_of

# Rows that were there and now say something else, or came late, are corrections: a point of the ratio is worth a look.
CHANGED_ROWS_LIMIT = 0.01
# What happened since is expected to move a running figure, but not by ten points in one step, unless of few events.
NEW_TIME_LIMIT = 0.1
FEW_EVENTS = 20

_BOUNDS = (
    f"ratio by changed rows at most {CHANGED_ROWS_LIMIT:g}, by new time at most {NEW_TIME_LIMIT:g}"
    f" from {FEW_EVENTS} events on"
)
# When a fact of the evidence was measured: what lies after the former as_of is new time.
_MEASURED = """
    select
        evidence.figure_key, evidence.fact_table, evidence.fact_key, evidence.numerator_part, evidence.denominator_part,
        coalesce(clock.decided_at, evidence.fact_ended_at, answer.responded_at, timestamp '9999-12-31') as measured_at
    from {evidence} as evidence
    left join {clocks} as clock
        on
            evidence.fact_table = 'fct_ticket_sla'
            and evidence.ticket_key = clock.ticket_key
            and evidence.agreement_id = clock.agreement_id
            and evidence.agreement_version = clock.agreement_version
            and evidence.target_id = clock.target_id
            and evidence.cycle_number = clock.cycle_number
    left join (
        select source, response_id, min(responded_at) as responded_at from {answers} group by source, response_id
    ) as answer
        on
            evidence.fact_table = 'fct_survey_sla'
            and evidence.source = answer.source
            and evidence.response_id = answer.response_id
    where evidence.report_table in ({reports})
"""


def figure_drift_checks(connection: duckdb.DuckDBPyConnection, previous: Path | None) -> list[Check]:
    """One check per figure of a target that differs from the release in force; of the services' own shares of a
    target's figure only those out of bounds. `connection` reads the build.

    Withheld figures and those that only one of the two has are left out: there is nothing to compare.
    """
    if previous is None or not (previous / "parquet" / "figure_evidence.parquet").is_file():
        return []
    reports = ", ".join(f"'{table}'" for table in TARGET_REPORTS)
    now = _MEASURED.format(
        evidence=f"({evidence_query(PUBLISHED_SCHEMA)})",
        clocks=f"{PUBLISHED_SCHEMA}.fct_ticket_sla",
        answers=f"{PUBLISHED_SCHEMA}.fct_survey_sla",
        reports=reports,
    )
    before = _MEASURED.format(
        evidence=_file(previous, "figure_evidence"),
        clocks=_file(previous, "fct_ticket_sla"),
        answers=_file(previous, "fct_survey_sla"),
        reports=reports,
    )
    figures = " union all ".join(
        f"select {key_of(table, 'now')} as figure_key, '{table}' as report_table, now.agreement_id,"
        " former.numerator as former_numerator, former.denominator as former_denominator, now.numerator,"
        f" now.denominator from {PUBLISHED_SCHEMA}.{table} as now inner join {_file(previous, table)} as former on "
        + " and ".join(f"now.{column} is not distinct from former.{column}" for column in FIGURES[table])
        + " where former.status <> 'withheld'"
        " and (now.numerator <> former.numerator or now.denominator <> former.denominator)"
        for table in TARGET_REPORTS
    )
    rows = connection.execute(
        f"""
        with moved as ({figures}),
        edge as (select max(as_of_at) as as_of_at from {_file(previous, "release")}),
        now as ({now}),
        former as ({before}),
        parts as (
            select
                coalesce(now.figure_key, former.figure_key) as figure_key,
                coalesce(now.numerator_part, 0) - coalesce(former.numerator_part, 0) as numerator_part,
                coalesce(now.denominator_part, 0) - coalesce(former.denominator_part, 0) as denominator_part,
                now.measured_at is not null and now.measured_at > edge.as_of_at as is_new_time
            from now
            full outer join former
                on
                    now.figure_key = former.figure_key
                    and now.fact_table = former.fact_table
                    and now.fact_key = former.fact_key
            cross join edge
        )
        select
            moved.report_table, moved.figure_key, moved.agreement_id, moved.former_numerator, moved.former_denominator,
            moved.numerator, moved.denominator,
            cast(coalesce(sum(case when is_new_time then numerator_part end), 0) as bigint),
            cast(coalesce(sum(case when is_new_time then denominator_part end), 0) as bigint)
        from moved
        left join parts on moved.figure_key = parts.figure_key
        group by all
        order by all
        """
    ).fetchall()
    checks = [_check(*row) for row in rows]
    return [check for check in checks if check.table_name == "rpt_sla_target" or not check.is_successful]


def _check(
    table: str,
    key: str,
    agreement_id: str,
    former_numerator: int,
    former_denominator: int,
    numerator: int,
    denominator: int,
    new_numerator: int,
    new_denominator: int,
) -> Check:
    """The difference in its two parts: first what new time brought, then what changed rows did to that."""
    former = _ratio(former_numerator, former_denominator)
    ratio = _ratio(numerator, denominator)
    meanwhile = _ratio(former_numerator + new_numerator, former_denominator + new_denominator)
    changed = (numerator - former_numerator - new_numerator, denominator - former_denominator - new_denominator)
    by_time = 0.0 if former is None or meanwhile is None else meanwhile - former
    by_rows = 0.0 if meanwhile is None or ratio is None or changed == (0, 0) else ratio - meanwhile
    is_within = abs(by_rows) <= CHANGED_ROWS_LIMIT and (
        abs(by_time) <= NEW_TIME_LIMIT or former_denominator < FEW_EVENTS
    )
    return Check(
        f"drift_of_{key}",
        "drift",
        table,
        f"How far {key} is from the release in force: by what was measured since, by rows that changed or came late.",
        "warning",
        is_within,
        f"{numerator:,} of {denominator:,} ({_text(ratio)}) after {former_numerator:,} of {former_denominator:,}"
        f" ({_text(former)}); new time {new_numerator:+,} of {new_denominator:+,} (ratio {by_time:+.4f}),"
        f" changed rows {changed[0]:+,} of {changed[1]:+,} (ratio {by_rows:+.4f})",
        _BOUNDS,
        agreement_id,
    )


def _ratio(numerator: int, denominator: int) -> float | None:
    return numerator / denominator if denominator else None


def _text(ratio: float | None) -> str:
    return "nothing counted" if ratio is None else f"{ratio:.4f}"


def _file(release: Path, table: str) -> str:
    return f"read_parquet('{quoted_path(release / 'parquet' / table)}.parquet')"
