"""One good candidate of every table and audit view that a rule reads: two rows, so that a rule can find one bad."""

import pandas as pd


def scorecard() -> pd.DataFrame:
    """A target that is met, and a period in which nothing was counted."""
    return pd.DataFrame(
        {
            "agreement_id": ["sla", "sla"],
            "agreement_version": [1, 1],
            "target_id": ["resolve", "resolve"],
            "service_id": ["mail", "mail"],
            "metric": ["time_to_resolve", "time_to_resolve"],
            "period_start": pd.to_datetime(["2026-02-01", "2026-03-01"]),
            "period_end": pd.to_datetime(["2026-03-01", "2026-04-01"]),
            "period_status": ["closed", "running"],
            "numerator": [95, 0],
            "denominator": [100, 0],
            "attainment_ratio": [0.95, None],
            "target_ratio": [0.95, 0.95],
            "status": ["met", "no_data"],
            "ci_low_ratio": [0.888, None],
            "ci_high_ratio": [0.978, None],
            "excluded_count": [1, 0],
            "numerator_without_exclusions": [95, 0],
            "denominator_without_exclusions": [101, 0],
            "open_within_target_count": [2, 0],
            "open_paused_count": [0, 0],
            "open_breached_count": [1, 0],
        }
    )


def availability() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "agreement_id": ["sla", "sla"],
            "agreement_version": [1, 1],
            "target_id": ["up", "up"],
            "service_id": ["mail", "web"],
            "period_start": pd.to_datetime(["2026-03-01", "2026-03-01"]),
            "period_end": pd.to_datetime(["2026-04-01", "2026-04-01"]),
            "availability_ratio": [0.9, None],
            "availability_low_ratio": [0.8, 0.0],
            "availability_high_ratio": [0.9, 1.0],
            "own_availability_ratio": [0.9, None],
            "chain_availability_ratio": [0.8, None],
            "own_downtime_seconds": [100, 0],
            "chain_downtime_seconds": [200, 0],
            "agreed_seconds": [1000, 0],
            "excluded_seconds": [0, 0],
            "unmeasured_seconds": [100, 0],
            "downtime_seconds": [100, 0],
            "weighted_downtime_seconds": [100, 0],
            "failure_count": [1, 0],
            "interval_count": [1, 0],
            "mtrs_p50_seconds": [100, None],
            "mtrs_p90_seconds": [100, None],
            "error_budget_seconds": [5, 5],
        }
    )


def availability_target() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "agreement_id": ["sla", "sla"],
            "agreement_version": [1, 1],
            "target_id": ["up", "up"],
            "period_start": pd.to_datetime(["2026-02-01", "2026-03-01"]),
            "up_seconds": [900, 0],
            "counted_seconds": [1000, 0],
            "availability_ratio": [0.9, None],
            "user_weighted_availability_ratio": [0.95, None],
        }
    )


def failure_notice() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "service_id": ["mail", "web"],
            "period_start": pd.to_datetime(["2026-03-01", "2026-03-01"]),
            "failure_count": [3, 1],
            "detected_count": [2, 0],
            "notified_count": [2, 0],
            "notified_first_count": [1, 0],
            "notice_decided_count": [2, 0],
            "notified_first_ratio": [0.5, None],
            "false_all_clear_count": [1, 0],
        }
    )


def moment_of_truth() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "service_id": ["mail", "web"],
            "period_start": pd.to_datetime(["2026-03-01", "2026-03-01"]),
            "occurrence_count": [4, 1],
            "ok_count": [2, 0],
            "known_count": [3, 0],
            "ok_weight_ppm": [2_000_000, 0],
            "known_weight_ppm": [3_000_000, 0],
            "moment_availability_ratio": [2 / 3, None],
            "chain_moment_availability_ratio": [1 / 3, None],
        }
    )


def experience() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["acme", "acme"],
            "service_id": ["mail", None],
            "item": ["overall", "recommend"],
            "kind": ["csat", "nps"],
            "period_start": pd.to_datetime(["2026-03-01", "2026-03-01"]),
            "response_count": [10, 4],
            "invitation_count": [20, None],
            "response_ratio": [0.5, None],
            "top2_ratio": [0.8, None],
            "top2_ci_low_ratio": [0.49, None],
            "top2_ci_high_ratio": [0.94, None],
            "worst_case_low_ratio": [0.4, None],
            "worst_case_high_ratio": [0.9, None],
            "nps": [None, -25.0],
        }
    )


def unmatched() -> pd.DataFrame:
    return pd.DataFrame({"ticket_key": ["desk:T1", "desk:T2"], "agreement_match": ["unknown_service", "no_target"]})


def pause_audit() -> pd.DataFrame:
    """A target with a pause, and one whose clock had no open second."""
    return pd.DataFrame(
        {
            "agreement_id": ["sla", "sla"],
            "agreement_version": [1, 1],
            "target_id": ["resolve", "respond"],
            "service_id": ["mail", "mail"],
            "period_start": pd.to_datetime(["2026-03-01", "2026-03-01"]),
            "period_status": ["closed", "running"],
            "paused_seconds": [3600, 0],
            "run_seconds": [10800, 0],
            "pause_ratio": [0.25, None],
            "ticket_count": [4, 1],
            "paused_ticket_count": [1, 0],
            "paused_ticket_ratio": [0.25, 0.0],
            "pause_count": [2, 0],
            "pause_without_question_count": [1, 0],
            "pause_near_breach_count": [0, 0],
            "pause_outside_hours_count": [1, 0],
            "longest_pause_seconds": [3600, None],
            "met_count": [3, 1],
            "met_by_pause_count": [1, 0],
        }
    )


def workload() -> pd.DataFrame:
    """A month exactly at its limit, and one beyond it."""
    return pd.DataFrame(
        {
            "agreement_id": ["sla", "sla"],
            "agreement_version": [1, 1],
            "period_type": ["month", "month"],
            "period_start": pd.to_datetime(["2026-02-01", "2026-03-01"]),
            "period_end": pd.to_datetime(["2026-03-01", "2026-04-01"]),
            "ticket_count": [100, 150],
            "limit_count": [100, 100],
            "workload_ratio": [1.0, 1.5],
            "is_over_limit": [False, True],
        }
    )


def reconciliation() -> pd.DataFrame:
    """A quantity with one difference of four, and the agreement of the others."""
    return pd.DataFrame(
        {
            "source": ["desk", "desk"],
            "quantity": ["reopen_count", "reopen_count"],
            "outcome": ["agrees", "differs"],
            "reason": ["agrees", "not_in_records"],
            "explanation": ["Both say the same.", "The tool counts more than its records show."],
            "ticket_count": [3, 1],
            "compared_count": [4, 4],
            "agreeing_count": [3, 3],
            "agreeing_ratio": [0.75, 0.75],
        }
    )


def forecast() -> pd.DataFrame:
    """A target with one breach left to come, and a young one of which nothing is known."""
    return pd.DataFrame(
        {
            "agreement_id": ["sla", "sla"],
            "agreement_version": [1, 1],
            "target_id": ["resolve", "respond"],
            "service_id": [None, "mail"],
            "period_start": pd.to_datetime(["2026-03-01", "2026-03-01"]),
            "numerator": [112, 0],
            "denominator": [120, 0],
            "open_due_count": [10, 0],
            "history_period_count": [3, 0],
            "expected_count": [60, 0],
            "required_count": [59, 0],
            "prior_met_count": [540, 0],
            "prior_count": [570, 0],
            "meet_probability": [0.149305, None],
            "breach_count": [8, 0],
            "budget_count": [6, 0],
            "forecast_budget_count": [9, 0],
            "forecast_budget_left_count": [1, 0],
        }
    )


def sensitivity() -> pd.DataFrame:
    """A figure under the agreed rule, and under one that counts nothing in the period."""
    return pd.DataFrame(
        {
            "agreement_id": ["sla", "sla"],
            "agreement_version": [1, 1],
            "target_id": ["resolve", "resolve"],
            "service_id": ["mail", "mail"],
            "period_start": pd.to_datetime(["2026-03-01", "2026-03-01"]),
            "rule_kind": ["attribution", "attribution"],
            "rule": ["decided", "created"],
            "numerator": [95, 0],
            "denominator": [100, 0],
            "attainment_ratio": [0.95, None],
            "target_ratio": [0.95, 0.95],
            "status": ["met", "no_data"],
        }
    )


def recount(*figures: str) -> pd.DataFrame:
    """An audit view that holds each published figure beside its recount; the second row is empty on both sides."""
    columns: dict[str, list[float | None]] = {}
    for figure in figures:
        columns[f"published_{figure}"] = [3, None]
        columns[f"recounted_{figure}"] = [3, None]
    return pd.DataFrame(columns)


def rollup() -> pd.DataFrame:
    return recount("numerator", "denominator").rename(columns=lambda name: name.replace("recounted", "summed"))


GOOD = {
    "rpt_sla_scorecard": scorecard,
    "rpt_sla_target": lambda: scorecard().drop(columns="service_id"),
    "rpt_availability": availability,
    "rpt_availability_target": availability_target,
    "rpt_failure_notice": failure_notice,
    "rpt_moment_of_truth": moment_of_truth,
    "rpt_experience": experience,
    "rpt_unmatched_ticket": unmatched,
    "rpt_pause_audit": pause_audit,
    "rpt_workload": workload,
    "rpt_definition_sensitivity": sensitivity,
    "rpt_target_sensitivity": lambda: sensitivity().drop(columns="service_id"),
    "rpt_month_end_forecast": forecast,
    "rpt_reconciliation": reconciliation,
    "audit_ticket_recount": lambda: recount("numerator", "denominator"),
    "audit_sensitivity_recount": lambda: recount("numerator", "denominator"),
    "audit_target_rollup": rollup,
    "audit_availability_recount": lambda: recount("agreed_seconds", "downtime_seconds", "failure_count"),
    "audit_availability_target": lambda: recount("up_seconds").rename(
        columns={"recounted_up_seconds": "scorecard_numerator"}
    ),
    "audit_experience_recount": lambda: recount("count"),
    "audit_reconciliation_recount": lambda: recount("count").assign(explained_count=[3, None]),
}


def good_frame(name: str) -> pd.DataFrame:
    """A frame of that name on which every rule holds."""
    if name not in GOOD:
        raise LookupError(f"A rule reads {name}: add a good frame of it to {__file__}")
    return GOOD[name]()
