"""Where the lines of the charts run.

Belongs here: geometry in the chart's own units (top left is 0, 0), from values that are already decided.
Does not belong here: colours and markup (templates), wording beyond a chart's own summary.
Used by `pages`; pure functions. Coordinates have one decimal, so that equal figures make equal bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reporting.model import Bar, Dot, Interval, Point, Ribbon, RibbonDay, Trend
from reporting.wording import MONTHS, short_day_text

TREND_WIDTH, TREND_HEIGHT = 184, 52
BAR_WIDTH, BAR_HEIGHT = 114, 14
RIBBON_WIDTH, RIBBON_HEIGHT = 960, 24
INTERVAL_WIDTH, INTERVAL_HEIGHT = 180, 22

_LABEL_WIDTH = 52
_MARGIN = 6.0
# The bar's scale ends at one and a half budgets: what lies beyond is cut and said in words.
_BAR_SCALE = 1.5


@dataclass(frozen=True)
class TrendValue:
    """A period of a trend: `value` and `target` in percent or points, None where nothing was counted or agreed."""

    name: str
    value: float | None
    target: float | None
    symbol: str
    text: str


def trend(values: Sequence[TrendValue], target_label: str, summary: str) -> Trend | None:
    """The line of `values`, the last of which is the page's own period. None with fewer than two to connect."""
    shown = [value for value in values if value.value is not None]
    if len(shown) < 2:
        return None
    levels = [number for value in values for number in (value.value, value.target) if number is not None]
    low, high = min(levels), max(levels)
    room = (high - low) * 0.08 or 1.0
    step = (TREND_WIDTH - _LABEL_WIDTH - 2 * _MARGIN) / (len(values) - 1)

    def at(position: float, level: float) -> Point:
        share = (level - low + room) / (high - low + 2 * room)
        return Point(
            round(_MARGIN + position * step, 1), round(TREND_HEIGHT - _MARGIN - share * (TREND_HEIGHT - 2 * _MARGIN), 1)
        )

    lines = [
        [at(position, level) for position, level in stretch]
        for stretch in _stretches([value.value for value in values])
    ]
    target = [
        [at(max(position - 0.5, 0), level), at(min(position + 0.5, len(values) - 1), level)]
        for position, level in enumerate(value.target for value in values)
        if level is not None
    ]
    dots = [
        Dot(at(position, value.value), value.symbol, position == len(values) - 1, value.text)
        for position, value in enumerate(values)
        if value.value is not None
    ]
    last_target = next(value.target for value in reversed(values) if value.target is not None)
    label_at = Point(round(TREND_WIDTH - _LABEL_WIDTH + 2.0, 1), at(0, last_target).y)
    return Trend(TREND_WIDTH, TREND_HEIGHT, lines, _joined(target), dots, target_label, label_at, summary)


def _stretches(levels: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Runs without a gap."""
    runs: list[list[tuple[int, float]]] = []
    previous = None
    for position, level in enumerate(levels):
        if level is None:
            continue
        if previous is None or position != previous + 1:
            runs.append([])
        runs[-1].append((position, level))
        previous = position
    return runs


def _joined(steps: list[list[Point]]) -> list[list[Point]]:
    """Steps of equal height that touch, as one line."""
    joined: list[list[Point]] = []
    for start, end in steps:
        if joined and joined[-1][1] == start:
            joined[-1] = [joined[-1][0], end]
        else:
            joined.append([start, end])
    return joined


def budget_bar(used_ratio: float, summary: str) -> Bar:
    """Used share of an error budget, 0 or more; the budget ends at the mark."""
    shown = min(used_ratio, _BAR_SCALE)
    symbol = "missed" if used_ratio > 1 else "near" if used_ratio >= 0.75 else "met"
    length = round(BAR_WIDTH * shown / _BAR_SCALE, 1)
    # Something used is always something seen.
    return Bar(
        BAR_WIDTH,
        BAR_HEIGHT,
        max(length, 1.5) if used_ratio > 0 else 0.0,
        round(BAR_WIDTH / _BAR_SCALE, 1),
        symbol,
        used_ratio > _BAR_SCALE,
        summary,
    )


def ribbon(days: Sequence[tuple[date, str, str]], summary: str) -> Ribbon:
    """The days of a period as (day, state, text), in order and at least one."""
    step = RIBBON_WIDTH / len(days)
    gap = 2.0 if len(days) <= 100 else 0.5
    placed = [
        RibbonDay(round(position * step, 1), round(step - gap, 1), state, text)
        for position, (_, state, text) in enumerate(days)
    ]
    labelled = (1, 8, 15, 22, 29) if len(days) <= 31 else (1,)
    ticks = [
        # A year has room for the months' names only.
        (round(100 * position / len(days), 1), short_day_text(day) if len(days) <= 100 else MONTHS[day.month - 1][:3])
        for position, (day, _, _) in enumerate(days)
        if day.day in labelled
    ]
    return Ribbon(RIBBON_WIDTH, RIBBON_HEIGHT, placed, ticks, summary)


def interval(
    value: float,
    low: float | None,
    high: float | None,
    outer: tuple[float, float] | None,
    scale: tuple[float, float],
    summary: str,
) -> Interval:
    """A value with its interval on `scale` (low end, high end); ends beyond the scale are drawn at its edge."""

    def at(level: float) -> float:
        share = (min(max(level, scale[0]), scale[1]) - scale[0]) / (scale[1] - scale[0])
        return round(_MARGIN + share * (INTERVAL_WIDTH - 2 * _MARGIN), 1)

    return Interval(
        INTERVAL_WIDTH,
        INTERVAL_HEIGHT,
        at(value),
        None if low is None else at(low),
        None if high is None else at(high),
        at(outer[0]) if outer else None,
        at(outer[1]) if outer else None,
        summary,
    )
