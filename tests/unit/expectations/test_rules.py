"""Every rule is shown holding and broken; what it reads, says and keeps to itself."""

from collections.abc import Callable

import pandas as pd
import pytest

from expectations.rules import RATIOS, RULES, Rule, audited_tables, frames
from expectations.runner import Outcome, failing_agreements, run_rules
from tests.unit.expectations.good_frames import good_frame


def name_of(rule: Rule) -> str:
    return f"{rule.table_name}:{rule.rule_id}"


# Columns that the runner derives for comparison: what to change on the report so that the two no longer agree.
DERIVED: dict[str, Callable[[pd.DataFrame], None]] = {
    "ratio_is_its_integers": lambda frame: put(frame, "attainment_ratio", 0.951),
    "verdict_follows_the_integers": lambda frame: put(frame, "status", "missed"),
    **{f"{column}_is_its_integers": (lambda frame, column=column: put(frame, column, 0.2501)) for _, column in RATIOS},
    "period_has_a_length": lambda frame: put(frame, "period_end", frame.loc[0, "period_start"]),
    "is_over_limit_follows_the_counts": lambda frame: put(frame, "ticket_count", 101),
    "what_may_breach_is_what_need_not_be_met": lambda frame: put(frame, "required_count", 58),
    # The rule forgives half a second of rounding for each of at most 366 days.
    "weighted_downtime_is_part_of_downtime": lambda frame: put(
        frame, "weighted_downtime_seconds", int(frame.loc[0, "downtime_seconds"]) + 184
    ),
}


def put(frame: pd.DataFrame, column: str, value: object) -> None:
    """Change the first row's value."""
    frame[column] = frame[column].astype(object)
    frame.loc[0, column] = value
    frame[column] = frame[column].infer_objects()


def broken_frames(rule: Rule) -> list[pd.DataFrame]:
    """Frames that differ from the good one in the least that breaks the rule: one for each way to break it."""
    good = good_frame(rule.frame)
    arguments = rule.arguments

    def changed(change: Callable[[pd.DataFrame], None]) -> pd.DataFrame:
        frame = good.copy()
        change(frame)
        return frame

    if rule.rule_id in DERIVED:
        return [changed(DERIVED[rule.rule_id])]
    if rule.expectation in ("ExpectColumnValuesToBeUnique", "ExpectCompoundColumnsToBeUnique"):
        return [pd.concat([good, good.iloc[[0]]], ignore_index=True)]
    if rule.expectation == "ExpectColumnValuesToNotBeNull":
        return [changed(lambda frame: put(frame, arguments["column"], None))]
    if rule.expectation == "ExpectColumnValuesToBeInSet":
        return [changed(lambda frame: put(frame, arguments["column"], "nonsense"))]
    if rule.expectation == "ExpectColumnValuesToBeBetween":
        beyond = [
            arguments[bound] + step for bound, step in (("min_value", -1), ("max_value", 1)) if bound in arguments
        ]
        return [changed(lambda frame, value=value: put(frame, arguments["column"], value)) for value in beyond]
    if rule.expectation == "ExpectColumnPairValuesToBeEqual":
        left, right = arguments["column_A"], arguments["column_B"]
        return [
            changed(lambda frame: put(frame, left, frame.loc[0, right] + 1)),
            # A figure on one side only is a difference too.
            changed(lambda frame: put(frame, left, None)),
            changed(lambda frame: put(frame, right, None)),
        ]
    if rule.expectation == "ExpectColumnPairValuesAToBeGreaterThanB":
        larger, smaller = arguments["column_A"], arguments["column_B"]
        return [changed(lambda frame: put(frame, smaller, frame.loc[0, larger] + 1))]
    raise LookupError(f"Say here how to break {rule.expectation}")


@pytest.fixture(scope="module")
def on_good_frames() -> dict[str, Outcome]:
    return {name_of(outcome.rule): outcome for outcome in run_rules(good_frame)}


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_rule_holds_on_a_good_frame(rule: Rule, on_good_frames: dict[str, Outcome]) -> None:
    outcome = on_good_frames[name_of(rule)]
    assert outcome.is_successful, outcome.observed


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_rule_is_broken_by_one_wrong_value(rule: Rule) -> None:
    for frame in broken_frames(rule):
        (outcome,) = run_rules(lambda name, frame=frame: frame, [rule])
        assert not outcome.is_successful, f"{name_of(rule)} holds on\n{frame.to_string()}"
        assert "could not be evaluated" not in outcome.observed, outcome.observed


def test_rules_hold_on_tables_without_rows() -> None:
    """A project may have no surveys, no outages, no tickets: its reports are empty, typed, and pass."""
    broken = [outcome for outcome in run_rules(lambda name: good_frame(name).iloc[:0]) if not outcome.is_successful]
    assert not broken, [(name_of(outcome.rule), outcome.observed) for outcome in broken]


def test_rule_names_are_unique_and_every_rule_says_what_it_means() -> None:
    names = [name_of(rule) for rule in RULES]
    assert len(set(names)) == len(names)
    assert all(rule.description for rule in RULES)
    assert {rule.severity for rule in RULES} <= {"critical", "warning"}


def test_missing_column_breaks_the_rule_and_says_so() -> None:
    rule = next(rule for rule in RULES if rule.rule_id == "denominator_is_in_bounds")
    (outcome,) = run_rules(lambda name: good_frame(name).drop(columns="denominator"), [rule])
    assert not outcome.is_successful
    assert "could not be evaluated" in outcome.observed
    assert "denominator" in outcome.observed


def test_outcome_counts_rows_and_shows_no_value() -> None:
    """What is observed is printed and published: it may not carry a name or an answer of a person."""
    rule = next(rule for rule in RULES if rule.frame == "rpt_unmatched_ticket" and "word" in rule.rule_id)
    frame = good_frame(rule.frame)
    put(frame, "agreement_match", "Jane Doe, 0171 555 0100")
    (outcome,) = run_rules(lambda name: frame, [rule])
    assert outcome.observed == "1 of 2 rows"
    assert "Jane" not in str(outcome)


def test_each_frame_is_asked_for_once() -> None:
    asked: list[str] = []

    def load(name: str) -> pd.DataFrame:
        asked.append(name)
        return good_frame(name)

    some = [rule for rule in RULES if rule.frame in ("rpt_unmatched_ticket", "audit_target_rollup")]
    outcomes = run_rules(load, some)
    assert sorted(asked) == ["audit_target_rollup", "rpt_unmatched_ticket"]
    assert [outcome.rule for outcome in outcomes] == some


def test_every_frame_vouches_for_an_audited_table() -> None:
    assert set(audited_tables()) == {rule.table_name for rule in RULES}
    assert set(frames()) == {rule.frame for rule in RULES}


# ------------------------------------------------------------------------------- the two rules with arithmetic in them


def outcome_of(rule_id: str, **values: object) -> Outcome:
    """The rule on a scorecard whose first row has these values."""
    rule = next(rule for rule in RULES if rule.rule_id == rule_id and rule.table_name == "rpt_sla_scorecard")
    frame = good_frame(rule.frame)
    for column, value in values.items():
        put(frame, column, value)
    (outcome,) = run_rules(lambda name: frame, [rule])
    return outcome


@pytest.mark.parametrize(
    ("numerator", "denominator", "target_ratio", "status", "holds"),
    [
        (95, 100, 0.95, "met", True),  # equality is met
        (94, 100, 0.95, "met", False),
        (94, 100, 0.95, "missed", True),
        (95, 100, 0.95, "missed", False),
        (999_499, 1_000_000, 0.9995, "met", False),  # one too few of a million
        (999_500, 1_000_000, 0.9995, "met", True),
        (2, 3, 2 / 3, "missed", True),  # 0.666667 is a little more than two thirds
        (0, 0, 0.95, "no_data", True),
        (0, 0, 0.95, "met", False),
        (5, 10, 0.95, "withheld", True),
        (-3, 10, -0.5, "met", True),  # promoters less detractors
        (10, 10, 1.0, "met", True),
        (0, 10, 0.0, "met", True),
    ],
)
def test_verdict_follows_the_integers(
    numerator: int, denominator: int, target_ratio: float, status: str, holds: bool
) -> None:
    outcome = outcome_of(
        "verdict_follows_the_integers",
        numerator=numerator,
        denominator=denominator,
        target_ratio=target_ratio,
        status=status,
    )
    assert outcome.is_successful is holds


@pytest.mark.parametrize(
    ("numerator", "denominator", "attainment_ratio", "holds"),
    [
        (1, 3, 1 / 3, True),
        (1, 3, 0.333, False),
        (0, 0, None, True),
        (0, 0, 1.0, False),
        (0, 0, 0.0, False),
        (0, 5, 0.0, True),
        (0, 5, None, False),
        (-3, 10, -0.3, True),
    ],
)
def test_ratio_is_its_integers(numerator: int, denominator: int, attainment_ratio: float | None, holds: bool) -> None:
    outcome = outcome_of(
        "ratio_is_its_integers", numerator=numerator, denominator=denominator, attainment_ratio=attainment_ratio
    )
    assert outcome.is_successful is holds


def test_failed_rule_is_put_down_to_the_agreements_whose_rows_break_it() -> None:
    frame = pd.DataFrame({"agreement_id": ["a", "a", "b"], "numerator": [1, -1, 1]})
    rule = Rule("is_positive", "rpt", "rpt", "ExpectColumnValuesToBeBetween", {"column": "numerator", "min_value": 0})
    whole = Rule("has_four_rows", "rpt", "rpt", "ExpectTableRowCountToBeBetween", {"min_value": 1, "max_value": 2})
    concerned = failing_agreements(lambda _: frame, rule)
    assert {agreement: outcome.observed for agreement, outcome in concerned.items()} == {"a": "1 of 2 rows"}
    assert failing_agreements(lambda _: frame, whole) == {}
    assert failing_agreements(lambda _: frame.drop(columns="agreement_id"), rule) == {}
