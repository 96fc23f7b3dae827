"""The suites, as plain data: one list of rules per audited table.

A rule names a Great Expectations expectation and its arguments, so that the rules can be read, tested and printed on a
certificate without importing Great Expectations. `frame` is the table the rule reads: the report itself, or the audit
view that holds the report beside a recount.
"""

from dataclasses import dataclass, field
from typing import Any

SCORECARD_STATUSES = ["met", "missed", "no_data", "withheld"]
PERIOD_STATUSES = ["running", "closed"]
LIMIT_PERIODS = ["day", "week", "month", "quarter", "year"]
SENSITIVITY_RULES = ["decided", "due", "resolved", "created", "resume", "new_cycle", "ignore"]
TARGET_GRAIN = ["agreement_id", "agreement_version", "target_id", "period_start"]
SERVICE_GRAIN = [*TARGET_GRAIN, "service_id"]
# Shares beside the scorecard's own, by report and column: the integer above, and those that add up to the one below.
RATIOS: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("rpt_pause_audit", "pause_ratio"): ("paused_seconds", ("paused_seconds", "run_seconds")),
    ("rpt_pause_audit", "paused_ticket_ratio"): ("paused_ticket_count", ("ticket_count",)),
    ("rpt_workload", "workload_ratio"): ("ticket_count", ("limit_count",)),
    ("rpt_reconciliation", "agreeing_ratio"): ("agreeing_count", ("compared_count",)),
}


@dataclass(frozen=True)
class Rule:
    """One expectation. `table_name`: the report it vouches for. `severity`: critical stops the release."""

    rule_id: str
    table_name: str
    frame: str
    expectation: str
    arguments: dict[str, Any] = field(default_factory=dict)
    description: str = ""
    severity: str = "critical"


def _unique(table: str, columns: list[str]) -> Rule:
    arguments: dict[str, Any]
    if len(columns) == 1:
        expectation, arguments = "ExpectColumnValuesToBeUnique", {"column": columns[0]}
    else:
        expectation, arguments = "ExpectCompoundColumnsToBeUnique", {"column_list": columns}
    return Rule("grain_is_unique", table, table, expectation, arguments, f"One row per {', '.join(columns)}.")


def _filled(table: str, column: str) -> Rule:
    return Rule(
        f"{column}_is_filled", table, table, "ExpectColumnValuesToNotBeNull", {"column": column}, f"{column} is known."
    )


def _between(table: str, column: str, low: float | None, high: float | None, severity: str = "critical") -> Rule:
    bounds = {key: value for key, value in (("min_value", low), ("max_value", high)) if value is not None}
    return Rule(
        f"{column}_is_in_bounds",
        table,
        table,
        "ExpectColumnValuesToBeBetween",
        {"column": column, **bounds},
        f"{column} lies within its bounds.",
        severity,
    )


def _in_set(table: str, column: str, values: list[str]) -> Rule:
    return Rule(
        f"{column}_is_a_known_word",
        table,
        table,
        "ExpectColumnValuesToBeInSet",
        {"column": column, "value_set": values},
        f"{column} is one of {', '.join(values)}.",
    )


def _equal(rule_id: str, table: str, frame: str, left: str, right: str, description: str) -> Rule:
    return Rule(
        rule_id,
        table,
        frame,
        "ExpectColumnPairValuesToBeEqual",
        {"column_A": left, "column_B": right, "ignore_row_if": "both_values_are_missing"},
        description,
    )


def _not_above(
    rule_id: str, table: str, smaller: str, larger: str, description: str, may_be_equal: bool = True
) -> Rule:
    return Rule(
        rule_id,
        table,
        table,
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {"column_A": larger, "column_B": smaller, "or_equal": may_be_equal, "ignore_row_if": "either_value_is_missing"},
        description,
    )


def _ratios(table: str) -> list[Rule]:
    """Each share of the report against its integers; the runner derives what they say."""
    return [
        _equal(
            f"{column}_is_its_integers",
            table,
            table,
            column,
            f"expected_{column}",
            f"{column} is {above} / {' + '.join(below)}, and null where that is 0.",
        )
        for (name, column), (above, below) in RATIOS.items()
        if name == table
    ]


def _verdict(table: str) -> list[Rule]:
    """Figure and verdict against the two integers."""
    return [
        _not_above(
            "numerator_is_part_of_denominator", table, "numerator", "denominator", "Good events are counted ones."
        ),
        _equal(
            "ratio_is_its_integers",
            table,
            table,
            "attainment_ratio",
            "expected_attainment_ratio",
            "attainment_ratio is numerator / denominator, and null without a denominator.",
        ),
        _equal(
            "verdict_follows_the_integers",
            table,
            table,
            "status",
            "expected_status",
            "met means numerator * 10^6 >= target * denominator; without a denominator there is no data.",
        ),
    ]


def _sensitivity(table: str, grain: list[str]) -> list[Rule]:
    return [
        _unique(table, [*grain, "rule_kind", "rule"]),
        _in_set(table, "rule", SENSITIVITY_RULES),
        _in_set(table, "status", SCORECARD_STATUSES),
        _between(table, "denominator", 0, None),
        *_verdict(table),
    ]


def _scorecard(table: str, grain: list[str]) -> list[Rule]:
    return [
        _unique(table, grain),
        *[_filled(table, column) for column in ("metric", "period_end", "numerator", "denominator", "status")],
        _in_set(table, "status", SCORECARD_STATUSES),
        _in_set(table, "period_status", PERIOD_STATUSES),
        _between(table, "denominator", 0, None),
        _between(table, "target_ratio", -1, 1),
        _between(table, "attainment_ratio", -1, 1),
        _between(table, "ci_low_ratio", 0, 1),
        _between(table, "ci_high_ratio", 0, 1),
        *[
            _between(table, column, 0, None)
            for column in (
                "excluded_count",
                "denominator_without_exclusions",
                "open_within_target_count",
                "open_paused_count",
                "open_breached_count",
            )
        ],
        *_verdict(table),
        _not_above(
            "numerator_without_exclusions_is_part_of_denominator",
            table,
            "numerator_without_exclusions",
            "denominator_without_exclusions",
            "Good events are counted ones, without exclusions too.",
        ),
        _not_above(
            "period_has_a_length",
            table,
            "period_start_number",
            "period_end_number",
            "A period ends after it starts.",
            may_be_equal=False,
        ),
    ]


RULES: list[Rule] = [
    *_scorecard("rpt_sla_scorecard", ["agreement_id", "agreement_version", "target_id", "service_id", "period_start"]),
    _equal(
        "numerator_recounts_the_facts",
        "rpt_sla_scorecard",
        "audit_ticket_recount",
        "published_numerator",
        "recounted_numerator",
        "Met instances on the scorecard are those of fct_ticket_sla.",
    ),
    _equal(
        "denominator_recounts_the_facts",
        "rpt_sla_scorecard",
        "audit_ticket_recount",
        "published_denominator",
        "recounted_denominator",
        "Every decided instance is counted exactly once.",
    ),
    *_scorecard("rpt_sla_target", ["agreement_id", "agreement_version", "target_id", "period_start"]),
    _equal(
        "numerator_sums_the_services",
        "rpt_sla_target",
        "audit_target_rollup",
        "published_numerator",
        "summed_numerator",
        "A target's numerator is the sum over its services.",
    ),
    _equal(
        "denominator_sums_the_services",
        "rpt_sla_target",
        "audit_target_rollup",
        "published_denominator",
        "summed_denominator",
        "A target's denominator is the sum over its services.",
    ),
    _unique("rpt_availability", ["agreement_id", "agreement_version", "target_id", "service_id", "period_start"]),
    *[
        _between("rpt_availability", column, 0, 1)
        for column in (
            "availability_ratio",
            "availability_low_ratio",
            "availability_high_ratio",
            "own_availability_ratio",
            "chain_availability_ratio",
        )
    ],
    *[
        _between("rpt_availability", column, 0, None)
        for column in (
            "agreed_seconds",
            "excluded_seconds",
            "unmeasured_seconds",
            "downtime_seconds",
            "weighted_downtime_seconds",
            "failure_count",
            "error_budget_seconds",
            "interval_count",
        )
    ],
    _not_above(
        "downtime_in_the_chain_includes_the_own",
        "rpt_availability",
        "own_downtime_seconds",
        "chain_downtime_seconds",
        "What a service inherits never makes its downtime less.",
    ),
    _not_above(
        "intervals_lie_between_failures",
        "rpt_availability",
        "interval_count",
        "failure_count",
        "Only failures have a predecessor.",
    ),
    _not_above(
        "restoration_percentiles_are_ordered",
        "rpt_availability",
        "mtrs_p50_seconds",
        "mtrs_p90_seconds",
        "The 90th percentile is not below the median.",
    ),
    _not_above(
        "bounds_are_ordered",
        "rpt_availability",
        "availability_low_ratio",
        "availability_high_ratio",
        "The bound with all unmeasured time down is not above the one with all of it up.",
    ),
    _not_above(
        "weighted_downtime_is_part_of_downtime",
        "rpt_availability",
        "weighted_downtime_seconds",
        "downtime_seconds_and_rounding",
        "Weights are at most 1; rounding adds at most half a second a day.",
    ),
    _equal(
        "agreed_time_sums_the_days",
        "rpt_availability",
        "audit_availability_recount",
        "published_agreed_seconds",
        "recounted_agreed_seconds",
        "Agreed seconds are the sum of the daily facts.",
    ),
    _equal(
        "downtime_sums_the_days",
        "rpt_availability",
        "audit_availability_recount",
        "published_downtime_seconds",
        "recounted_downtime_seconds",
        "Weighted downtime is the sum of the daily facts.",
    ),
    _equal(
        "failures_sum_the_days",
        "rpt_availability",
        "audit_availability_recount",
        "published_failure_count",
        "recounted_failure_count",
        "Failures are the sum of the daily facts.",
    ),
    _unique("rpt_availability_target", ["agreement_id", "agreement_version", "target_id", "period_start"]),
    *[
        _between("rpt_availability_target", column, 0, 1)
        for column in ("availability_ratio", "user_weighted_availability_ratio")
    ],
    _not_above(
        "up_time_is_part_of_counted_time",
        "rpt_availability_target",
        "up_seconds",
        "counted_seconds",
        "Good seconds are counted ones.",
    ),
    _equal(
        "target_sums_its_services",
        "rpt_availability_target",
        "audit_availability_target",
        "published_up_seconds",
        "scorecard_numerator",
        "Good seconds of a target are the numerator of rpt_sla_target.",
    ),
    _unique("rpt_failure_notice", ["service_id", "period_start"]),
    _between("rpt_failure_notice", "failure_count", 1, None),
    _between("rpt_failure_notice", "notified_first_ratio", 0, 1),
    *[
        _not_above(f"{part}_is_part_of_failures", "rpt_failure_notice", part, "failure_count", "All are failures.")
        for part in ("detected_count", "notified_count", "notice_decided_count", "false_all_clear_count")
    ],
    _not_above(
        "notified_first_is_part_of_decided",
        "rpt_failure_notice",
        "notified_first_count",
        "notice_decided_count",
        "Only failures that were told or called about can be told first.",
    ),
    _unique("rpt_moment_of_truth", ["service_id", "period_start"]),
    *[
        _between("rpt_moment_of_truth", column, 0, 1)
        for column in ("moment_availability_ratio", "chain_moment_availability_ratio")
    ],
    _not_above(
        "ok_is_part_of_known", "rpt_moment_of_truth", "ok_count", "known_count", "What was there is known to have been."
    ),
    _not_above(
        "known_is_part_of_all", "rpt_moment_of_truth", "known_count", "occurrence_count", "What is known has occurred."
    ),
    _not_above(
        "ok_weight_is_part_of_known_weight",
        "rpt_moment_of_truth",
        "ok_weight_ppm",
        "known_weight_ppm",
        "Weights of moments with the service there are among those of the known ones.",
    ),
    _unique("rpt_experience", ["customer_id", "service_id", "item", "kind", "period_start"]),
    _between("rpt_experience", "response_count", 1, None),
    _between("rpt_experience", "invitation_count", 0, None),
    *[
        _between("rpt_experience", column, 0, 1)
        for column in (
            "response_ratio",
            "top2_ratio",
            "top2_ci_low_ratio",
            "top2_ci_high_ratio",
            "worst_case_low_ratio",
            "worst_case_high_ratio",
        )
    ],
    _between("rpt_experience", "nps", -100, 100),
    _equal(
        "answers_recount_the_facts",
        "rpt_experience",
        "audit_experience_recount",
        "published_count",
        "recounted_count",
        "Answers are those of fct_survey_response.",
    ),
    _unique("rpt_unmatched_ticket", ["ticket_key"]),
    _in_set(
        "rpt_unmatched_ticket",
        "agreement_match",
        ["unknown_customer", "unknown_service", "no_agreement", "no_target"],
    ),
    _unique("rpt_pause_audit", SERVICE_GRAIN),
    _in_set("rpt_pause_audit", "period_status", PERIOD_STATUSES),
    *[
        _between("rpt_pause_audit", column, 0, None)
        for column in ("paused_seconds", "run_seconds", "ticket_count", "pause_count", "longest_pause_seconds")
    ],
    *_ratios("rpt_pause_audit"),
    *[
        _not_above(f"{part}_is_part_of_{whole}", "rpt_pause_audit", part, whole, f"{part} counts some of {whole}.")
        for part, whole in (
            ("paused_ticket_count", "ticket_count"),
            ("pause_without_question_count", "pause_count"),
            ("pause_near_breach_count", "pause_count"),
            ("pause_outside_hours_count", "pause_count"),
            ("longest_pause_seconds", "paused_seconds"),
            ("met_by_pause_count", "met_count"),
        )
    ],
    _unique("rpt_workload", ["agreement_id", "agreement_version", "period_start"]),
    _in_set("rpt_workload", "period_type", LIMIT_PERIODS),
    _between("rpt_workload", "ticket_count", 0, None),
    _between("rpt_workload", "limit_count", 1, None),
    *_ratios("rpt_workload"),
    _equal(
        "is_over_limit_follows_the_counts",
        "rpt_workload",
        "rpt_workload",
        "is_over_limit",
        "expected_is_over_limit",
        "Over the limit means more tickets than the limit.",
    ),
    _not_above(
        "period_has_a_length",
        "rpt_workload",
        "period_start_number",
        "period_end_number",
        "A period ends after it starts.",
        may_be_equal=False,
    ),
    _unique("rpt_reconciliation", ["source", "quantity", "reason"]),
    _in_set("rpt_reconciliation", "outcome", ["agrees", "differs", "not_compared"]),
    _filled("rpt_reconciliation", "explanation"),
    _between("rpt_reconciliation", "ticket_count", 1, None),
    *_ratios("rpt_reconciliation"),
    _equal(
        "every_difference_has_a_reason",
        "rpt_reconciliation",
        "audit_reconciliation_recount",
        "published_count",
        "explained_count",
        "What was compared and does not agree is listed under a reason.",
    ),
    _equal(
        "differences_recount_the_facts",
        "rpt_reconciliation",
        "audit_reconciliation_recount",
        "published_count",
        "recounted_count",
        "Differences are those of fct_source_difference.",
    ),
    _unique("rpt_month_end_forecast", SERVICE_GRAIN),
    _between("rpt_month_end_forecast", "meet_probability", 0, 1),
    *[
        _between("rpt_month_end_forecast", column, 0, None)
        for column in ("expected_count", "required_count", "prior_met_count", "budget_count", "forecast_budget_count")
    ],
    _between("rpt_month_end_forecast", "history_period_count", 0, 3),
    *[
        _not_above(
            f"{part}_is_part_of_{whole}", "rpt_month_end_forecast", part, whole, f"{part} counts some of {whole}."
        )
        for part, whole in (
            ("numerator", "denominator"),
            ("breach_count", "denominator"),
            ("prior_met_count", "prior_count"),
            ("budget_count", "forecast_budget_count"),
            ("open_due_count", "expected_count"),
        )
    ],
    _equal(
        "what_may_breach_is_what_need_not_be_met",
        "rpt_month_end_forecast",
        "rpt_month_end_forecast",
        "required_count",
        "expected_required_count",
        "Of the clocks to come all but the breaches left must be met.",
    ),
    *_sensitivity("rpt_definition_sensitivity", SERVICE_GRAIN),
    *[
        _equal(
            f"{integer}_under_the_agreed_rule_is_the_published_one",
            "rpt_definition_sensitivity",
            "audit_sensitivity_recount",
            f"published_{integer}",
            f"recounted_{integer}",
            f"Under the agreed rule the {integer} is that of the scorecard.",
        )
        for integer in ("numerator", "denominator")
    ],
    *_sensitivity("rpt_target_sensitivity", TARGET_GRAIN),
]


def audited_tables() -> list[str]:
    """Names of the report tables that the rules vouch for, in the order of the rules."""
    return list(dict.fromkeys(rule.table_name for rule in RULES))


def frames() -> list[str]:
    """Names of all tables and audit views that the rules read."""
    return list(dict.fromkeys(rule.frame for rule in RULES))
