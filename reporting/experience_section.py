"""Experience: what customers answered, out of how many, and how sure that is.

Belongs here: which figure stands where, and in what words.
Does not belong here: what makes an answer count (dbt_project); survey targets (`target_section`).
Used by `pages`.
"""

from reporting import charts, wording
from reporting.context import PageContext
from reporting.model import ExperienceRow, ExperienceSection, Interval
from reporting.queries import Experience

_KIND_ORDER = {"csat": 0, "nps": 1, "ces": 2, "rating": 3}
_NAMES = {"csat": "Satisfaction (CSAT)", "nps": "Net promoter score (NPS)", "ces": "Ease (CES)"}


def page_experience(context: PageContext) -> list[Experience]:
    """Answers of periods that overlap the page's, in the order of reading."""
    rows = [
        row
        for row in context.facts.experience
        if row.period_start < context.period_end and row.period_end > context.key.period_start
    ]
    return sorted(
        rows,
        key=lambda row: (
            row.period_start,
            _KIND_ORDER.get(row.kind or "", len(_KIND_ORDER)),
            wording.natural(row.item),
            wording.natural(context.service_name(row.service_id) if row.service_id else ""),
        ),
    )


def experience(context: PageContext) -> ExperienceSection | None:
    """The section, or None where nobody answered."""
    rows = page_experience(context)
    if not rows:
        return None
    has_period = any(
        (row.period_type, row.period_start) != (context.key.period_type, context.key.period_start) for row in rows
    )
    return ExperienceSection([_row(context, row) for row in rows], has_period, _notes(rows))


def item_name(item: str, kind: str | None) -> str:
    """The question in words."""
    return _NAMES[item] if item in _NAMES and item == kind else wording.target_name(item)


def _row(context: PageContext, row: Experience) -> ExperienceRow:
    result, label, chart = _result(row)
    return ExperienceRow(
        name=item_name(row.item, row.kind),
        service=context.service_name(row.service_id) if row.service_id else "No service in particular",
        period=wording.period_name(row.period_type, row.period_start),
        answers=wording.count_text(row.response_count),
        asked=_asked(row),
        result=result,
        result_label=label,
        interval=_interval(row),
        bounds=_bounds(row),
        mean=_mean(row),
        chart=chart,
    )


def _asked(row: Experience) -> str:
    """How many were asked, and the share that answered; empty where nobody knows."""
    if not row.invitation_count:
        return ""
    asked = f"of {row.invitation_count:,} asked"
    if row.response_ratio is None:
        return f"{asked}, fewer than answered"
    return f"{asked}: {wording.share_text(wording.floored_ratio(row.response_ratio, 1), 1)}"


def _notes(rows: list[Experience]) -> list[str]:
    notes = []
    if not any(row.invitation_count for row in rows):
        notes.append("How many were asked is not known, so no response rate can be told.")
    elif not all(row.invitation_count for row in rows):
        notes.append("Where no number of those asked stands, it is not known.")
    if any(row.top2_ratio is not None and row.kind != "nps" for row in rows):
        notes.append("Shares lie on a scale from 0 to 100 %.")
    if any(row.kind == "nps" for row in rows):
        notes.append("Net promoter scores lie on a scale from \N{MINUS SIGN}100 to 100 points.")
    notes.append("The dot is the result, the line its 95 % interval.")
    if any(row.worst_case_low_ratio is not None for row in rows):
        notes.append(
            "The grey band, and the bounds, show the result had everybody who did not answer been dissatisfied, or "
            "satisfied."
        )
    return notes


def _result(row: Experience) -> tuple[str, str, Interval | None]:
    """The result, what it is a share of, and its chart."""
    summary = f"{item_name(row.item, row.kind)}, {wording.counted(row.response_count, 'answer')}"
    if row.kind == "nps" and row.nps is not None:
        result = wording.points_text(wording.floored_ratio(row.nps / 100, 2), 2)
        label = f"{row.promoter_count:,} promoters, {row.detractor_count:,} detractors"
        text = f"{summary}: {result}, 95 % interval {_interval(row)}, on a scale from \N{MINUS SIGN}100 to 100"
        return result, label, charts.interval(row.nps, row.nps_ci_low, row.nps_ci_high, None, (-100, 100), text)
    if row.top2_ratio is None:
        return "", "no scale agreed, mean only", None
    result = wording.share_text(wording.floored_ratio(row.top2_ratio, 2), 2)
    outer = None
    if row.worst_case_low_ratio is not None and row.worst_case_high_ratio is not None:
        outer = (row.worst_case_low_ratio * 100, row.worst_case_high_ratio * 100)
    low, high = row.top2_ci_low_ratio, row.top2_ci_high_ratio
    chart = charts.interval(
        row.top2_ratio * 100,
        None if low is None else low * 100,
        None if high is None else high * 100,
        outer,
        (0, 100),
        f"{summary}: {result} satisfied, 95 % interval {_interval(row)}",
    )
    return result, f"{row.top2_count:,} in the top two of the scale", chart


def _interval(row: Experience) -> str:
    if row.kind == "nps":
        if row.nps_ci_low is None or row.nps_ci_high is None:
            return ""
        return wording.points_interval_text(row.nps_ci_low, row.nps_ci_high)
    if row.top2_ci_low_ratio is None or row.top2_ci_high_ratio is None:
        return ""
    return wording.interval_text(row.top2_ci_low_ratio, row.top2_ci_high_ratio)


def _bounds(row: Experience) -> str:
    if row.kind == "nps" or row.worst_case_low_ratio is None or row.worst_case_high_ratio is None:
        return ""
    return wording.interval_text(row.worst_case_low_ratio, row.worst_case_high_ratio)


def _mean(row: Experience) -> str:
    mean = wording.mean_text(row.mean_score)
    if row.mean_ci_low is None or row.mean_ci_high is None:
        return mean
    return f"{mean} ({wording.points_interval_text(row.mean_ci_low, row.mean_ci_high, 2)})"


def satisfaction_clause(context: PageContext) -> str:
    """What the answers on satisfaction say, for the verdict; empty where there are none or several questions."""
    rows = [row for row in page_experience(context) if row.kind == "csat"]
    if len(rows) != 1 or rows[0].top2_ratio is None:
        return ""
    (row,) = rows
    share = wording.share_text(wording.floored_ratio(rows[0].top2_ratio, 2), 2)
    answers = wording.counted(row.response_count, "answer")
    return f"{share} of {answers} on satisfaction were in the top two of the scale (95 % interval {_interval(row)})"
