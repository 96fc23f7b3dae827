"""Run the rules on pandas frames with Great Expectations, in an ephemeral context.

Frames come from the caller, one per name in `rules.frames()`. Nothing is written anywhere, and no row value leaves
through a result (they may be personal): results carry counts only.
"""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from expectations.rules import RATIOS, RULES, Rule

# Days are compared as day numbers: Great Expectations compares dates of pandas only as text.
_EPOCH = pd.Timestamp("1970-01-01")


@dataclass(frozen=True)
class Outcome:
    """What became of one rule. `observed` and `bounds` are short plain text without row values."""

    rule: Rule
    is_successful: bool
    observed: str
    bounds: str


def preload() -> threading.Thread:
    """Begin the import of Great Expectations beside other work; `run_rules` waits for what is left of it."""
    thread = threading.Thread(target=_library, name="import-great-expectations", daemon=True)
    thread.start()
    return thread


def _library() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    return great_expectations


def run_rules(load_frame: Callable[[str], pd.DataFrame], rules: Sequence[Rule] = RULES) -> list[Outcome]:
    """One outcome per rule, in their order.

    `load_frame(name)` returns a table or audit view; each is asked for once. A rule that cannot be evaluated (a missing
    column, say) has failed: its outcome says why.
    """
    gx = _library()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("release")
    found: dict[int, Outcome] = {}
    for name in dict.fromkeys(rule.frame for rule in rules):
        numbered = [(number, rule) for number, rule in enumerate(rules) if rule.frame == name]
        batch = (
            source.add_dataframe_asset(name)
            .add_batch_definition_whole_dataframe(name)
            .get_batch({"dataframe": with_expected_columns(name, load_frame(name))})
        )
        suite = gx.ExpectationSuite(
            name=name,
            expectations=[
                # Results come back in an order of the library's own: the number says which rule each belongs to.
                getattr(gx.expectations, rule.expectation)(**rule.arguments, meta={"rule_number": number})
                for number, rule in numbered
            ],
        )
        for result in batch.validate(suite, result_format="SUMMARY").results:
            number = result.expectation_config.meta["rule_number"]
            found[number] = _outcome(rules[number], result)
    return [found[number] for number in range(len(rules))]


def failing_agreements(load_frame: Callable[[str], pd.DataFrame], failed: Rule) -> dict[str, Outcome]:
    """Which agreements a failed rule concerns, with what was observed on their rows; none = no agreement in particular.

    A rule concerns an agreement if it fails on the rows of that agreement alone.
    """
    frame = load_frame(failed.frame)
    if "agreement_id" not in frame.columns:
        return {}
    outcomes = {
        agreement: _outcome_on(frame[frame["agreement_id"] == agreement], failed)
        for agreement in sorted(frame["agreement_id"].dropna().unique())
    }
    return {agreement: outcome for agreement, outcome in outcomes.items() if not outcome.is_successful}


def _outcome_on(frame: pd.DataFrame, rule: Rule) -> Outcome:
    (outcome,) = run_rules(lambda _: frame, [rule])
    return outcome


def with_expected_columns(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with what its own integers say beside what it says, so that an expectation can compare the two."""
    frame = frame.copy()
    if {"numerator", "denominator", "attainment_ratio", "target_ratio"} <= set(frame.columns):
        counted = frame["denominator"] > 0
        frame["expected_attainment_ratio"] = (frame["numerator"] / frame["denominator"].where(counted)).astype(
            "float64"
        )
        reaches = frame["numerator"] * 1_000_000 >= (frame["target_ratio"] * 1_000_000).round() * frame["denominator"]
        verdict = reaches.map({True: "met", False: "missed"}).where(counted, "no_data")
        frame["expected_status"] = verdict.where(frame["status"] != "withheld", "withheld")
    for (table, ratio), (above, below) in RATIOS.items():
        if table == name and {above, *below} <= set(frame.columns):
            whole = frame[list(below)].sum(axis=1)
            frame[f"expected_{ratio}"] = (frame[above] / whole.where(whole > 0)).astype("float64")
    for column in ("period_start", "period_end"):
        if column in frame.columns:
            frame[f"{column}_number"] = (pd.to_datetime(frame[column]) - _EPOCH).dt.days
    if name == "rpt_workload":
        frame["expected_is_over_limit"] = frame["ticket_count"] > frame["limit_count"]
    if name == "rpt_month_end_forecast":
        must_be_met = frame["expected_count"] - frame["forecast_budget_left_count"]
        frame["expected_required_count"] = must_be_met.clip(lower=0)
    if name == "rpt_availability":
        # A period has at most 366 days, each rounded by at most half a second.
        frame["downtime_seconds_and_rounding"] = frame["downtime_seconds"] + 183
    return frame


def _outcome(rule: Rule, result: Any) -> Outcome:
    details = result["result"] or {}
    exception = _exception(result)
    if exception:
        observed = f"could not be evaluated: {exception}"
    elif "unexpected_count" in details:
        observed = f"{details['unexpected_count']} of {details.get('element_count', 0)} rows"
    else:
        observed = str(details.get("observed_value", ""))
    bounds = ", ".join(f"{key} {value}" for key, value in sorted(rule.arguments.items()) if key != "ignore_row_if")
    return Outcome(rule, bool(result["success"]), observed, bounds)


def _exception(result: Any) -> str:
    info = result["exception_info"] or {}
    for value in info.values() if "exception_message" not in info else [info]:
        if isinstance(value, dict) and value.get("exception_message"):
            return str(value["exception_message"])[:300]
    return ""
