"""How a running period is likely to end, and how much work was brought against the limit.

Belongs here: forecast, breach budget and workload of a page, in words.
Does not belong here: how they are counted (dbt_project), markup (templates).
Used by `pages`.
"""

from reporting import wording
from reporting.context import PageContext
from reporting.model import Badge, ForecastRow, ForecastSection, WorkloadRow, WorkloadSection
from reporting.queries import Figure, Forecast, Workload

# Below even odds a target with breaches left is told like one that is nearly missed.
_EVEN = 0.5
# Limits by the day would fill the page: beyond a month's weeks only those that were passed are listed.
WORKLOAD_ROWS_SHOWN = 6


def forecast(context: PageContext) -> ForecastSection | None:
    """One row per ticket target of the page with anything counted or to come, or None once the period is over."""
    rows = [
        row
        for row in context.facts.forecasts
        if row.period_type == context.key.period_type and row.period_start == context.key.period_start
    ]
    if not rows:
        return None
    order = {key: position for position, key in enumerate(_key(figure) for figure in context.figures)}
    rows.sort(key=lambda row: order.get(_key(row), len(order)))
    weight = wording.mean_text(rows[0].prior_weight, 1)
    longest = max(row.history_period_count for row in rows)
    looked_back = wording.counted(longest, f"{context.key.period_type} before", f"{context.key.period_type}s before")
    note = (
        "To come: clocks that are open and due before the period ends, and as many others as counted in the same last "
        f"part of the {looked_back}. Chance: of meeting the target, from what was met and breached so far and, "
        f"at a weight of {weight}, in the {looked_back}."
    )
    return ForecastSection([_forecast_row(context, row) for row in rows], note)


def _key(row: Forecast | Figure) -> tuple[str, int, str, str | None]:
    return row.agreement_id, row.agreement_version, row.target_id, row.service_id


def _forecast_row(context: PageContext, row: Forecast) -> ForecastRow:
    others = row.expected_count - row.open_due_count
    left = row.forecast_budget_left_count
    if left < 0:
        must, chance = "more than expected", "none"
    elif row.required_count == 0:
        must, chance = "none", "certain"
    else:
        must = f"{row.required_count:,} of {row.expected_count:,}"
        chance = wording.chance_text(row.meet_probability)
    return ForecastRow(
        name=wording.target_name(row.target_id) + context.former_version(row.agreement_id, row.agreement_version),
        note=context.service_name(row.service_id) if row.service_id else "",
        goal=wording.target_text(row.metric, row.target_ratio),
        so_far=f"{row.numerator:,} of {row.denominator:,}",
        to_come=wording.count_text(row.expected_count),
        to_come_note=f"{row.open_due_count:,} due, {others:,} others" if row.expected_count else "",
        must=must,
        chance=chance,
        chance_note=f"before: {row.prior_met_count:,} of {row.prior_count:,}" if row.prior_count else "nothing before",
        breaches=wording.count_text(row.breach_count),
        allowed=wording.count_text(row.forecast_budget_count),
        allowed_note=f"{row.budget_count:,} as it stands",
        state=_budget_state(row),
    )


def _budget_state(row: Forecast) -> Badge:
    if row.forecast_budget_left_count < 0:
        return Badge("missed", f"{-row.forecast_budget_left_count:,} over the budget")
    if row.is_next_breach_failing:
        return Badge("near", "One more breach fails it")
    symbol = "met" if row.meet_probability >= _EVEN else "near"
    return Badge(symbol, f"{row.forecast_budget_left_count:,} more may breach")


# Workload


def workload(context: PageContext) -> WorkloadSection | None:
    """Periods of workload limits that touch the page's period, or None where no agreement of the page has a limit."""
    keys = {agreement.key for agreement in context.agreements}
    rows = [
        row
        for row in context.facts.workload
        if (row.agreement_id, row.agreement_version) in keys
        and row.period_start < context.period_end
        and row.period_end > context.key.period_start
    ]
    if not rows:
        return None
    shown = rows if len(rows) <= WORKLOAD_ROWS_SHOWN else [row for row in rows if row.is_over_limit]
    note = "Tickets opened in the period of the limit, whatever became of them. "
    if len(shown) < len(rows):
        note += f"Of {len(rows):,} periods the {len(shown):,} over the limit are listed. "
    note += "Beyond the limit the agreement does not bind; the results above count every ticket all the same."
    return WorkloadSection([_workload_row(context, row) for row in shown], note)


def _workload_row(context: PageContext, row: Workload) -> WorkloadRow:
    agreement = context.dimensions.agreements[row.agreement_id, row.agreement_version]
    notes = ["to date"] if row.is_running else []
    notes += ["the agreement covers a part of it"] if row.is_partly_valid else []
    share = wording.floored_percent(row.ticket_count, row.limit_count, 1)
    return WorkloadRow(
        agreement=agreement.display_name + context.former_version(*agreement.key),
        period=wording.limit_period_name(row.period_type, row.period_start, row.period_end),
        period_note=", ".join(notes),
        tickets=wording.count_text(row.ticket_count),
        limit=wording.limit_text(row.limit_count, row.period_type),
        share=wording.share_text(share, 1),
        state=Badge("near", "Over the limit") if row.is_over_limit else Badge("met", "Within the limit"),
    )
