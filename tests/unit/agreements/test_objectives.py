"""What an objective comes to: thresholds and parts per million."""

from typing import Any

import pytest

from agreements.models import Target
from agreements.objectives import calendar_id, read_objective, survey_item
from agreements.sentences import target_sentence


def read(metric: str, **changes: Any) -> tuple[Target, Any]:
    target = Target.model_validate({"id": "t", "metric": metric, **changes})
    objective, problems = read_objective(target)
    assert problems == []
    return target, objective


def test_percentage_is_exact_in_parts_per_million() -> None:
    _, objective = read("availability", objective={"op": "gte", "targetPercent": 99.9999})
    assert objective.target_ppm == 999_999


def test_at_most_five_percent_reopened_is_at_least_95_percent_not_reopened() -> None:
    for promise in ({"value": 5}, {"targetPercent": 5}):
        _, objective = read("reopen_rate", objective={"op": "lte", **promise})
        assert (objective.op, objective.target_ppm, objective.threshold_value) == ("gte", 950_000, None)


def test_net_promoter_score_may_be_negative() -> None:
    _, objective = read("nps", objective={"op": "gte", "value": -12.5})
    assert (objective.threshold_value, objective.target_ppm) == (-12.5, -125_000)


def test_ease_score_of_five_is_good_unless_said_otherwise() -> None:
    _, objective = read("ces", objective={"op": "gte", "targetPercent": 80})
    assert (objective.threshold_value, objective.target_ppm) == (5.0, 800_000)


def test_survey_item_keeps_its_name_beside_the_metric() -> None:
    target, objective = read("survey_item:speed", objective={"op": "gte", "value": 4, "targetPercent": 80})
    assert (survey_item(target), objective.threshold_value) == ("speed", 4.0)


def test_restore_time_runs_around_the_clock_unless_it_names_a_calendar() -> None:
    target, objective = read("restore_time", objective={"op": "lte", "value": "PT4H", "targetPercent": 95})
    assert (calendar_id(target), objective.threshold_seconds) == ("24x7", 14_400)
    named, _ = read("restore_time", calendar="office", objective={"op": "lte", "value": "PT4H", "targetPercent": 95})
    assert calendar_id(named) == "office"


def test_no_data_may_be_lost_at_all() -> None:
    _, objective = read("data_loss", objective={"op": "lte", "value": "PT0S", "targetPercent": 100})
    assert (objective.threshold_seconds, objective.target_ppm) == (0, 1_000_000)


@pytest.mark.parametrize(
    ("metric", "changes", "sentence"),
    [
        (
            "time_to_resolve",
            {
                "objective": {"op": "lte", "value": "PT1H30M", "targetPercent": 97.5},
                "scope": {"type": ["incident", "request"], "priority": ["P1"]},
                "clock": {"pause": [{"status": "waiting_customer", "requires": "customer_visible_request"}, "on_hold"]},
            },
            (
                "97.5 % of incidents or requests of priority P1 are resolved within 1 hour 30 minutes, counted in the "
                "hours of Office, not counting time waiting for the customer after being asked or on hold."
            ),
        ),
        (
            "availability",
            {"objective": {"op": "gte", "targetPercent": 99.9}},
            "The service is available for 99.9 % of its agreed time, counted in the hours of Office.",
        ),
        (
            "reopen_rate",
            {"objective": {"op": "lte", "targetPercent": 5}},
            "No more than 5 % of tickets are reopened.",
        ),
        ("nps", {"objective": {"op": "gte", "value": 30}}, "The net promoter score is at least 30."),
    ],
)
def test_target_is_said_in_a_plain_sentence(metric: str, changes: dict[str, Any], sentence: str) -> None:
    target, objective = read(metric, **changes)
    assert target_sentence(target, objective, "Office") == sentence
