"""A finished release database as small as a page needs: the published tables with their own columns, few rows."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

TEXT, COUNT, DOUBLE, FLAG, DAY, INSTANT, INTEGER = (
    "varchar", "bigint", "double", "boolean", "date", "timestamp", "integer",
)  # fmt: skip

_AGREEMENT = {"agreement_id": TEXT, "agreement_version": INTEGER}
_VERDICT = {
    **_AGREEMENT, "agreement_type": TEXT, "customer_id": TEXT, "service_id": TEXT, "target_id": TEXT, "metric": TEXT,
    "period_type": TEXT, "period_start": DAY, "period_end": DAY, "period_status": TEXT, "numerator": COUNT,
    "denominator": COUNT, "target_ratio": DOUBLE, "status": TEXT, "is_at_risk": FLAG,
}  # fmt: skip
_SCORECARD = {
    **_VERDICT, "attainment_ratio": DOUBLE, "is_low_volume": FLAG, "ci_low_ratio": DOUBLE, "ci_high_ratio": DOUBLE,
    "excluded_count": COUNT, "numerator_without_exclusions": COUNT, "denominator_without_exclusions": COUNT,
    "open_within_target_count": COUNT, "open_paused_count": COUNT, "open_breached_count": COUNT,
}  # fmt: skip
_RULE = {
    **{column: kind for column, kind in _VERDICT.items() if column != "is_at_risk"}, "rule_kind": TEXT, "rule": TEXT,
    "is_agreed_rule": FLAG, "attainment_ratio": DOUBLE,
}  # fmt: skip
TABLES: dict[str, dict[str, str]] = {
    "release": {
        "release_id": TEXT, "project": TEXT, "as_of_at": INSTANT, "built_at": INSTANT, "build_id": TEXT,
    },
    "certificate_check": {
        "build_id": TEXT, "check_id": TEXT, "kind": TEXT, "table_name": TEXT, "description": TEXT, "severity": TEXT,
        "is_successful": FLAG, "observed": TEXT, "bounds": TEXT, "agreement_id": TEXT,
    },
    "figure_quality": {
        "figure_key": TEXT, "agreement_id": TEXT, "customer_id": TEXT, "ticket_count": COUNT,
        "affected_ticket_count": COUNT, "agreed_seconds": COUNT, "unmeasured_seconds": COUNT, "withheld_reason": TEXT,
        "unread_sources": TEXT, "unknown_since_at": INSTANT,
    },
    "figure": {
        "customer_id": TEXT, "period_type": TEXT, "period_start": DAY, "sequence_number": COUNT, "edition": COUNT,
        "release_id": TEXT, "as_of_at": INSTANT,
    },
    "load_audit": {
        "source": TEXT, "feed": TEXT, "load_id": TEXT, "loaded_at": INSTANT, "landed_count": COUNT,
        "accepted_count": COUNT, "quarantined_count": COUNT, "after_as_of_count": COUNT,
    },
    "dim_agreement": {
        **_AGREEMENT, "agreement_type": TEXT, "display_name": TEXT, "provider_id": TEXT, "consumer_id": TEXT,
        "valid_from_at": INSTANT, "valid_to_at": INSTANT, "time_zone": TEXT, "period_type": TEXT,
        "close_after_working_days": INTEGER, "attribution": TEXT, "reopen_mode": TEXT, "reopen_window_days": INTEGER,
        "priority_change": TEXT, "no_reply": TEXT, "low_volume_min_denominator": INTEGER, "excluded_time": TEXT,
        "exclude_attributed_to": TEXT, "unmeasured": TEXT, "min_outage_seconds": COUNT, "outage_weight_ratio": DOUBLE,
        "partial_weight_ratio": DOUBLE, "degraded_weight_ratio": DOUBLE, "has_maintenance_terms": FLAG,
        "maintenance_announced_seconds": COUNT, "maintenance_windows": TEXT, "maintenance_monthly_seconds": COUNT,
        "inherited_downtime": TEXT, "staleness_seconds": COUNT,
    },
    "dim_target": {
        **_AGREEMENT, "target_id": TEXT, "metric": TEXT, "description": TEXT, "target_ratio": DOUBLE,
        "calendar_id": TEXT, "per": TEXT,
    },
    "dim_metric": {"metric": TEXT, "formula": TEXT, "plain_text": TEXT},
    "dim_calendar": {
        "calendar_id": TEXT, "display_name": TEXT, "is_always_open": FLAG, "hours_text": TEXT, "version_count": INTEGER,
    },
    "dim_customer": {"customer_id": TEXT, "display_name": TEXT},
    "dim_service": {"service_id": TEXT, "display_name": TEXT},
    "dim_decision": {
        "decision_id": TEXT, "decision_kind": TEXT, "agreement_id": TEXT, "target_id": TEXT, "source": TEXT,
        "ticket_id": TEXT, "interval_from_at": INSTANT, "interval_to_at": INSTANT, "reason": TEXT, "evidence": TEXT,
        "requested_by": TEXT, "decided_by_provider": TEXT, "decided_by_consumer": TEXT, "decided_at": INSTANT,
        "outcome": TEXT, "is_in_force": FLAG, "affected_count": COUNT,
    },
    "fct_ticket": {
        "ticket_key": TEXT, "source": TEXT, "ticket_id": TEXT, "customer_id": TEXT, "opened_at": INSTANT,
        "has_quarantined_events": FLAG,
    },
    "fct_ticket_sla": {
        "ticket_key": TEXT, "source": TEXT, "ticket_id": TEXT, **_AGREEMENT, "target_id": TEXT, "cycle_number": INTEGER,
        "service_id": TEXT, "priority": TEXT, "started_at": INSTANT, "due_at": INSTANT, "breached_at": INSTANT,
        "stopped_at": INSTANT, "on_clock_seconds": COUNT, "paused_seconds": COUNT, "excluded_seconds": COUNT,
        "threshold_seconds": COUNT, "state": TEXT, "period_start": DAY,
    },
    "fct_breach_attribution": {
        "ticket_key": TEXT, **_AGREEMENT, "target_id": TEXT, "cycle_number": INTEGER, "cause": TEXT,
        "cause_seconds": COUNT, "on_clock_seconds": COUNT, "share_ppm": COUNT, "confidence": TEXT,
        "counterfactual_met": FLAG, "period_start": DAY,
    },
    "rpt_failure_notice": {
        "service_id": TEXT, "period_type": TEXT, "period_start": DAY, "failure_count": COUNT, "detected_count": COUNT,
        "notified_count": COUNT, "detection_p50_seconds": COUNT, "detection_p90_seconds": COUNT,
        "notification_p50_seconds": COUNT, "notification_p90_seconds": COUNT, "notified_first_count": COUNT,
        "notice_decided_count": COUNT, "false_all_clear_count": COUNT,
    },
    "rpt_moment_of_truth": {
        "service_id": TEXT, "period_type": TEXT, "period_start": DAY, "occurrence_count": COUNT, "ok_count": COUNT,
        "known_count": COUNT, "ok_weight_ppm": COUNT, "known_weight_ppm": COUNT, "chain_ok_weight_ppm": COUNT,
        "chain_known_weight_ppm": COUNT, "down_seconds": COUNT,
    },
    "fct_outage": {
        "service_id": TEXT, "started_at": INSTANT, "ended_at": INSTANT, "kind": TEXT, "attributed_to": TEXT,
        "wall_seconds": COUNT, "is_open": FLAG,
    },
    "fct_service_availability": {
        **_AGREEMENT, "target_id": TEXT, "service_id": TEXT, "date": DAY, "period_start": DAY, "agreed_seconds": COUNT,
        "excluded_seconds": COUNT, "unmeasured_seconds": COUNT, "downtime_seconds": COUNT,
    },
    "rpt_sla_target": {column: kind for column, kind in _SCORECARD.items() if column != "service_id"},
    "rpt_sla_scorecard": _SCORECARD,
    "rpt_availability": {
        **_VERDICT, "availability_ratio": DOUBLE, "availability_low_ratio": DOUBLE, "availability_high_ratio": DOUBLE,
        "agreed_seconds": COUNT, "excluded_seconds": COUNT, "unmeasured_seconds": COUNT, "downtime_seconds": COUNT,
        "weighted_downtime_seconds": COUNT, "failure_count": COUNT, "mtrs_seconds": COUNT, "mtbf_seconds": COUNT,
        "longest_outage_seconds": COUNT, "error_budget_seconds": COUNT, "error_budget_used_ratio": DOUBLE,
        "error_budget_burn_rate": DOUBLE, "is_provisional": FLAG, "maintenance_downtime_seconds": COUNT,
        "mtrs_p50_seconds": COUNT, "mtrs_p90_seconds": COUNT, "mtbf_p50_seconds": COUNT, "own_downtime_seconds": COUNT,
        "own_up_seconds": COUNT, "own_counted_seconds": COUNT, "chain_downtime_seconds": COUNT,
        "chain_up_seconds": COUNT, "chain_counted_seconds": COUNT,
    },
    "rpt_experience": {
        "customer_id": TEXT, "service_id": TEXT, "item": TEXT, "kind": TEXT, "period_type": TEXT, "period_start": DAY,
        "period_end": DAY, "response_count": COUNT, "invitation_count": COUNT, "response_ratio": DOUBLE,
        "top2_count": COUNT, "top2_ratio": DOUBLE, "top2_ci_low_ratio": DOUBLE, "top2_ci_high_ratio": DOUBLE,
        "mean_score": DOUBLE, "mean_ci_low": DOUBLE, "mean_ci_high": DOUBLE, "promoter_count": COUNT,
        "detractor_count": COUNT, "nps": DOUBLE, "nps_ci_low": DOUBLE, "nps_ci_high": DOUBLE,
        "worst_case_low_ratio": DOUBLE, "worst_case_high_ratio": DOUBLE,
    },
    "rpt_target_sensitivity": {column: kind for column, kind in _RULE.items() if column != "service_id"},
    "rpt_definition_sensitivity": _RULE,
    "rpt_month_end_forecast": {
        **{column: kind for column, kind in _VERDICT.items() if column not in ("status", "is_at_risk")},
        "open_due_count": COUNT, "history_period_count": COUNT, "expected_count": COUNT, "required_count": COUNT,
        "prior_met_count": COUNT, "prior_count": COUNT, "prior_weight": DOUBLE, "meet_probability": DOUBLE,
        "breach_count": COUNT, "budget_count": COUNT, "forecast_budget_count": COUNT,
        "forecast_budget_left_count": COUNT, "is_next_breach_failing": FLAG,
    },
    "rpt_workload": {
        **_AGREEMENT, "agreement_type": TEXT, "customer_id": TEXT, "period_type": TEXT, "period_start": DAY,
        "period_end": DAY, "is_running": FLAG, "is_partly_valid": FLAG, "ticket_count": COUNT, "limit_count": COUNT,
        "is_over_limit": FLAG,
    },
    "rpt_pause_audit": {
        **_AGREEMENT, "agreement_type": TEXT, "customer_id": TEXT, "service_id": TEXT, "target_id": TEXT,
        "metric": TEXT, "period_type": TEXT, "period_start": DAY, "paused_seconds": COUNT, "run_seconds": COUNT,
        "ticket_count": COUNT, "paused_ticket_count": COUNT, "pause_count": COUNT,
        "pause_without_question_count": COUNT, "pause_near_breach_count": COUNT, "pause_outside_hours_count": COUNT,
        "longest_pause_seconds": COUNT, "met_count": COUNT, "met_by_pause_count": COUNT,
    },
    "rpt_unmatched_ticket": {
        "ticket_key": TEXT, "customer_id": TEXT, "opened_at": INSTANT, "agreement_match": TEXT,
    },
}  # fmt: skip

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


class ReleaseTables:
    """Rows by table, with defaults that make one agreement of acme in October 2026; `write` makes the database."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
        self.add("release", release_id="R1", project="desk", as_of_at=datetime(2026, 12, 1))
        self.add("dim_customer", customer_id="acme", display_name="Acme Ltd")
        self.add("dim_service", service_id="mail", display_name="E-mail")
        self.add("certificate_check", check_id="c1", table_name="fct_ticket", is_successful=True)
        self.agreement()

    def add(self, table: str, **row: Any) -> None:
        """One row; columns not named are null."""
        unknown = set(row) - set(TABLES[table])
        assert not unknown, f"{table} has no column {unknown}"
        self.rows[table].append(row)

    def agreement(self, **changes: Any) -> None:
        """An agreement version of acme with the default policies."""
        self.add(
            "dim_agreement",
            **{
                "agreement_id": "sla", "agreement_version": 1, "agreement_type": "SLA", "display_name": "Desk SLA",
                "provider_id": "desk", "consumer_id": "acme", "valid_from_at": datetime(2026, 1, 1),
                "time_zone": "Europe/London", "period_type": "month", "close_after_working_days": 5,
                "attribution": "decided", "reopen_mode": "resume", "reopen_window_days": 5,
                "priority_change": "at_clock_start_plus_upgrade", "no_reply": "stops",
                "low_volume_min_denominator": 20, "excluded_time": "remove_from_denominator",
                "exclude_attributed_to": "", "unmeasured": "remove_from_denominator", "min_outage_seconds": 0,
                "outage_weight_ratio": 1.0, "partial_weight_ratio": 0.3, "degraded_weight_ratio": 0.0,
                "has_maintenance_terms": False, "maintenance_windows": "", "inherited_downtime": "reported", **changes,
            },
        )  # fmt: skip

    def target(self, target_id: str = "p1-resolve", **changes: Any) -> None:
        """A target of the agreement's first version."""
        self.add(
            "dim_target",
            **{
                "agreement_id": "sla", "agreement_version": 1, "target_id": target_id, "metric": "time_to_resolve",
                "description": "95 % of tickets are resolved within 4 hours.", "target_ratio": 0.95,
                "per": "agreement", **changes,
            },
        )  # fmt: skip

    def figure(self, numerator: int, denominator: int, table: str = "rpt_sla_target", **changes: Any) -> None:
        """A verdict of October 2026; its status follows from the integers unless it is named."""
        row = {
            "agreement_id": "sla", "agreement_version": 1, "agreement_type": "SLA", "customer_id": "acme",
            "target_id": "p1-resolve", "metric": "time_to_resolve", "period_type": "month", "period_start": OCTOBER,
            "period_end": NOVEMBER, "period_status": "closed", "target_ratio": 0.95, "is_at_risk": False,
            "is_low_volume": False, "excluded_count": 0, "open_within_target_count": 0, "open_paused_count": 0,
            "open_breached_count": 0, **changes,
        }  # fmt: skip
        row.setdefault("numerator_without_exclusions", numerator)
        row.setdefault("denominator_without_exclusions", denominator)
        met = numerator * 1_000_000 >= round(row["target_ratio"] * 1_000_000) * denominator
        row.setdefault("status", "no_data" if denominator == 0 else "met" if met else "missed")
        self.add(table, numerator=numerator, denominator=denominator, **row)

    def breach(self, ticket_id: str, over_seconds: int, **changes: Any) -> None:
        """A breached clock of four hours that October 2026 counts."""
        opened_at = datetime(2026, 10, 5, 8)
        key = {"ticket_key": f"desk:{ticket_id}", "source": "desk", "ticket_id": ticket_id}
        self.add("fct_ticket", **key, customer_id="acme", opened_at=opened_at)
        self.add(
            "fct_ticket_sla",
            **{
                "ticket_key": f"desk:{ticket_id}", "source": "desk", "ticket_id": ticket_id, "agreement_id": "sla",
                "agreement_version": 1, "target_id": "p1-resolve", "cycle_number": 1, "service_id": "mail",
                "priority": "P1", "started_at": datetime(2026, 10, 5, 8), "stopped_at": datetime(2026, 10, 6, 8),
                "on_clock_seconds": 14_400 + over_seconds, "paused_seconds": 0, "excluded_seconds": 0,
                "threshold_seconds": 14_400, "state": "breached", "period_start": OCTOBER, **changes,
            },
        )  # fmt: skip

    def availability(self, numerator: int, denominator: int, **changes: Any) -> None:
        """Availability of mail in October 2026: target, verdict of the service and its row."""
        if not any(row["target_id"] == "uptime" for row in self.rows["dim_target"]):
            self.target("uptime", metric="availability", target_ratio=0.999, per="service")
        verdict = {
            "target_id": "uptime", "metric": "availability", "target_ratio": 0.999, "service_id": "mail",
            "is_at_risk": changes.pop("is_at_risk", False),
        }  # fmt: skip
        self.figure(numerator, denominator, "rpt_sla_scorecard", **verdict)
        status = self.rows["rpt_sla_scorecard"][-1]["status"]
        self.add(
            "rpt_availability",
            **{
                "agreement_id": "sla", "agreement_version": 1, "agreement_type": "SLA", "customer_id": "acme",
                "period_type": "month", "period_start": OCTOBER, "period_end": NOVEMBER, "period_status": "closed",
                **verdict, "numerator": numerator, "denominator": denominator, "status": status,
                "agreed_seconds": denominator, "excluded_seconds": 0, "unmeasured_seconds": 0,
                "downtime_seconds": denominator - numerator, "weighted_downtime_seconds": denominator - numerator,
                "failure_count": 0, "is_provisional": False, "maintenance_downtime_seconds": 0,
                "own_downtime_seconds": 0, "chain_downtime_seconds": 0, **changes,
            },
        )  # fmt: skip

    def write(self) -> Path:
        """The database file."""
        self.path.unlink(missing_ok=True)
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("create schema marts")
            for table, columns in TABLES.items():
                typed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
                connection.execute(f'create table marts."{table}" ({typed})')
                if self.rows[table]:
                    connection.executemany(
                        f'insert into marts."{table}" values ({", ".join("?" * len(columns))})',
                        [[row.get(column) for column in columns] for row in self.rows[table]],
                    )
        return self.path


def seen(markup: str) -> str:
    """What a reader sees, and a screen reader says, as one line of text; the stylesheet is left out."""
    body = re.sub(r"<style>.*?</style>", " ", markup, flags=re.DOTALL)
    joined = re.sub(r'<span class="nb">([^<]*)</span>', r"\1", body)
    text = re.sub(r"<[^>]+>", " ", joined)
    for entity, character in (("&#34;", '"'), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return " ".join(text.split())
