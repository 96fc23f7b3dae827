"""What a target's objective comes to: a threshold and the share that must reach it.

Belongs here: reading `objective` by the rules of its metric, and the defaults that depend on the metric.
Does not belong here: the form of the document (`models`), rules across targets (`validate`).
Sits between `models` and both `validate` (which collects the problems) and `compile` (which writes the result).
"""

from dataclasses import dataclass
from decimal import Decimal

from agreements.calendars import ALWAYS_OPEN_ID
from agreements.metrics import CES_DEFAULT_SCORE, SURVEY_ITEM_PREFIX, Metric, metric_of
from agreements.models import PPM_PER_PERCENT, Target, Unreadable
from settings.instants import parse_clock_duration

ALL_PPM = 100 * PPM_PER_PERCENT


@dataclass(frozen=True)
class ReadObjective:
    """An objective in the terms in which it is measured.

    A figure meets it when numerator * 10^6 >= target_ppm * denominator, whatever the metric (reopen_rate counts the
    tickets that were not reopened; nps is the difference of shares and may have a negative target).
    """

    op: str
    threshold_seconds: int | None
    threshold_value: float | None
    target_ppm: int
    is_percent_assumed: bool


@dataclass(frozen=True)
class ObjectiveProblem:
    """One thing wrong with a target, at `path` inside it."""

    path: tuple[str, ...]
    reason: str
    remedy: str | None = None


def metric_for(target: Target) -> Metric:
    """The metric of a target that passed the model."""
    metric = metric_of(target.metric)
    if metric is None:
        raise ValueError(f"the metric {target.metric} of a validated target is not known")
    return metric


def calendar_id(target: Target) -> str | None:
    """The calendar the target is read on: targets of outages are read around the clock unless they name one."""
    if target.calendar is None and metric_for(target).subject == "outage":
        return ALWAYS_OPEN_ID
    return target.calendar


def survey_item(target: Target) -> str | None:
    """The item of a `survey_item:<item>` target, else None."""
    is_item = target.metric.startswith(SURVEY_ITEM_PREFIX)
    return target.metric.removeprefix(SURVEY_ITEM_PREFIX) if is_item else None


def read_objective(target: Target) -> tuple[ReadObjective | None, list[ObjectiveProblem]]:
    """The objective of a target, or everything that is wrong with it."""
    metric, objective = metric_for(target), target.objective
    problems: list[ObjectiveProblem] = []
    if objective.op != metric.op:
        problems.append(ObjectiveProblem(("objective", "op"), f"{target.metric} is promised with {metric.op}"))
    seconds, score, percent = None, None, None
    try:
        if metric.value == "duration":
            seconds = _seconds(target)
        elif metric.value == "score":
            score = _score(target)
        elif metric.value == "percent":
            score, percent = _percent(target)
        elif objective.value is not None:
            raise ValueError(f"{target.metric} has no value; say what share is promised in targetPercent")
    except ValueError as error:
        problems.append(ObjectiveProblem(("objective", "value"), str(error)))
    if percent is None:
        percent = objective.target_percent
    is_assumed = percent is None and metric.value == "duration"
    if percent is None and metric.value in (None, "score"):
        problems.append(ObjectiveProblem(("objective", "targetPercent"), "is required"))
    if problems:
        return None, problems
    ppm = ALL_PPM if percent is None else percent
    if target.metric == "reopen_rate":
        # "at most 5 % reopened" is measured as "at least 95 % not reopened"
        return ReadObjective("gte", None, None, ALL_PPM - ppm, False), []
    return ReadObjective(objective.op, seconds, score, ppm, is_assumed), []


def _seconds(target: Target) -> int:
    value = target.objective.value
    if value is None:
        raise ValueError("is required: a duration such as PT4H")
    if not isinstance(value, str):
        raise Unreadable(f"{value} has no unit; write an ISO 8601 duration such as PT4H")
    seconds = parse_clock_duration(value)
    if seconds == 0 and target.metric != "data_loss":
        raise ValueError(f"{value} leaves no time at all")
    return seconds


def _score(target: Target) -> float:
    value = target.objective.value
    if value is None and target.metric == "ces":
        return CES_DEFAULT_SCORE
    if value is None:
        raise ValueError("is required: the lowest score that counts as good")
    return float(_number(value))


def _percent(target: Target) -> tuple[float | None, int | None]:
    """(score, ppm) of nps and reopen_rate, which may say their number as value or as targetPercent."""
    value, percent = target.objective.value, target.objective.target_percent
    if value is None:
        if percent is None:
            raise ValueError("is required: the figure that is promised")
        return (float(Decimal(percent) / PPM_PER_PERCENT) if target.metric == "nps" else None), percent
    if percent is not None:
        raise ValueError("is given beside targetPercent; keep one, they say the same")
    number = _number(value)
    lowest = -100 if target.metric == "nps" else 0
    if not lowest <= number <= 100:
        raise ValueError(f"should be from {lowest} to 100, not {value}")
    ppm = number * PPM_PER_PERCENT
    if ppm != int(ppm):
        raise ValueError(f"{value} has more than four decimals")
    return (float(number) if target.metric == "nps" else None), int(ppm)


def _number(value: str | float) -> Decimal:
    if isinstance(value, str):
        raise Unreadable(f'should be a number, not "{value}"')
    return Decimal(str(value))
