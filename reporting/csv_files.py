"""The figures of a page as CSV: exact, unrounded, under the names of the published columns.

Belongs here: which rows and columns go into the files beside a page.
Does not belong here: wording and rounding; whole tables (the release has them as Parquet).
Used by `pack`. UTF-8, comma, one header line, lines end with a line feed. Instants are UTC with `Z`, ratios 0 to 1,
durations seconds; an empty cell is null. A text that a spreadsheet would take for a formula gets a leading apostrophe.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from reporting.availability_section import outage_counts, page_availability, page_outages
from reporting.context import PageContext
from reporting.experience_section import page_experience
from reporting.target_section import page_breaches

_KEYS = (
    "report_table", "agreement_id", "agreement_version", "target_id", "service_id", "metric", "period_type",
    "period_start", "period_end",
)  # fmt: skip
_SCORECARD = (
    "period_status", "is_verdict", "numerator", "denominator", "attainment_ratio", "target_ratio", "status",
    "is_at_risk", "is_low_volume", "ci_low_ratio", "ci_high_ratio", "excluded_count", "numerator_without_exclusions",
    "denominator_without_exclusions", "open_within_target_count", "open_paused_count", "open_breached_count",
)  # fmt: skip
_AVAILABILITY = (
    "availability_low_ratio", "availability_high_ratio", "agreed_seconds", "excluded_seconds", "unmeasured_seconds",
    "downtime_seconds", "weighted_downtime_seconds", "failure_count", "mtrs_seconds", "mtbf_seconds",
    "longest_outage_seconds", "error_budget_seconds", "error_budget_used_ratio",
)  # fmt: skip
_EXPERIENCE = (
    "response_count", "invitation_count", "response_ratio", "top2_count", "top2_ratio", "top2_ci_low_ratio",
    "top2_ci_high_ratio", "mean_score", "mean_ci_low", "mean_ci_high", "promoter_count", "detractor_count", "nps",
    "nps_ci_low", "nps_ci_high", "worst_case_low_ratio", "worst_case_high_ratio",
)  # fmt: skip
FIGURE_COLUMNS = (*_KEYS, *_SCORECARD, *_AVAILABILITY, *_EXPERIENCE)

BREACH_COLUMNS = (
    "agreement_id", "agreement_version", "target_id", "period_start", "source", "ticket_id", "cycle_number",
    "service_id", "priority", "opened_at", "started_at", "due_at", "breached_at", "stopped_at", "on_clock_seconds",
    "paused_seconds", "excluded_seconds", "threshold_seconds",
)  # fmt: skip

OUTAGE_COLUMNS = (
    "service_id", "started_at", "ended_at", "kind", "attributed_to", "wall_seconds", "is_open", "counts",
)  # fmt: skip


def figures_csv(context: PageContext) -> str:
    """One row per figure of the page: rows of rpt_sla_target, rpt_sla_scorecard, rpt_availability, rpt_experience."""
    rows: list[dict[str, Any]] = [vars(figure) for figure in context.detail_figures]
    rows += [
        {
            **vars(row),
            "report_table": "rpt_availability",
            "metric": "availability",
            "attainment_ratio": row.availability_ratio,
        }
        for row in page_availability(context)
    ]
    rows += [{**vars(row), "report_table": "rpt_experience", "metric": row.item} for row in page_experience(context)]
    return _written(FIGURE_COLUMNS, rows)


def breaches_csv(context: PageContext) -> str | None:
    """One row per breached clock that the period counts, the largest overrun first; None where there is none."""
    breaches = page_breaches(context)
    return _written(BREACH_COLUMNS, [vars(breach) for breach in breaches]) if breaches else None


def outages_csv(context: PageContext) -> str | None:
    """One row per stretch of trouble that touches the period; None where the page has none."""
    rows = [{**vars(outage), "counts": outage_counts(context, outage)} for outage in page_outages(context)]
    return _written(OUTAGE_COLUMNS, rows) if rows else None


def _written(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return buffer.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value.isoformat(timespec='seconds')}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
    return repr(value)
