"""The targets of a page: the grid over the periods, this period's results, what breached and why.

Belongs here: which figure stands in which cell, and in what words.
Does not belong here: availability beyond its verdict (`availability_section`), markup (templates).
Used by `pages`.
"""

from collections import defaultdict
from datetime import date

from reporting import charts, wording
from reporting.context import (
    PageContext,
    amount_text,
    badge,
    count_phrase,
    is_clock,
    is_survey,
    result_text,
    result_value,
)
from reporting.model import (
    Badge,
    CauseRow,
    Grid,
    GridColumn,
    GridEntry,
    GridGroup,
    GridRow,
    Link,
    OverrunRow,
    OverrunSection,
    TargetGroup,
    TargetRow,
    Trend,
)
from reporting.queries import Agreement, Breach, Cause, Figure

OVERRUNS_SHOWN = 10
_WORTH_TELLING_PPM = 5_000  # half a percent: less would read as 0 %

_AT_RISK = {
    "availability": ("Three quarters of the error budget are used", "Three quarters of the error budget were used"),
    "csat": ("One more dissatisfied answer fails this target", "One more dissatisfied answer would have failed it"),
    "nps": ("One more detractor fails this target", "One more detractor would have failed it"),
}
_AT_RISK_ANSWER = ("One more low score fails this target", "One more low score would have failed it")
_AT_RISK_CLOCK = ("One more breach fails this target", "One more breach would have failed it")


# The grid


def grid(context: PageContext) -> Grid | None:
    """Target x period, or None where the page has no target."""
    if not context.figures:
        return None
    groups = []
    for agreement_id in _agreement_ids(context.figures):
        rows = [row for row in context.history if row.agreement_id == agreement_id]
        keys = dict.fromkeys(row.row_key for row in context.figures if row.agreement_id == agreement_id)
        groups.append(
            GridGroup(
                _latest_agreement(context, agreement_id).display_name,
                [_grid_row(context, [row for row in rows if row.row_key == key]) for key in keys],
            )
        )
    return Grid([_column(context, start) for start in context.window], groups)


def _column(context: PageContext, start: date) -> GridColumn:
    name, year = wording.period_column(context.key.period_type, start)
    is_current = start == context.key.period_start
    return GridColumn(
        name,
        year,
        wording.period_name(context.key.period_type, start),
        is_current,
        is_current and context.is_running,
    )


def _grid_row(context: PageContext, rows: list[Figure]) -> GridRow:
    """One target over the periods; `rows` are its verdicts in the window, of every version."""
    latest = max(rows, key=lambda row: (row.period_start, row.agreement_version))
    goals = {row.agreement_version: wording.target_text(row.metric, row.target_ratio) for row in rows}
    goal = goals[latest.agreement_version]
    former = [f"version {version}: {text}" for version, text in sorted(goals.items()) if text != goal]
    cells = []
    known = None
    for start in context.window:
        here = sorted((row for row in rows if row.period_start == start), key=lambda row: -row.agreement_version)
        counted = [row for row in here if row.has_figure] or here[:1]
        # A version is named where it is new, and where two stand side by side.
        is_named = len(counted) > 1 or (known is not None and bool(counted) and counted[0].agreement_version != known)
        cells.append([_entry(row, is_named) for row in counted])
        known = counted[0].agreement_version if counted else known
    return GridRow(
        wording.target_name(latest.target_id),
        context.service_name(latest.service_id) if latest.service_id else "",
        f"{goal} ({', '.join(former)})" if former else goal,
        cells,
    )


def _entry(row: Figure, is_version_named: bool) -> GridEntry:
    state = badge(row.status, row.is_at_risk)
    result = result_value(row)
    value = wording.signed(*result, plus=False) if result else ""
    if not result:
        count = ""
    elif row.metric == "availability":
        count = wording.duration_text(row.denominator - row.numerator)
    else:
        count = f"n {row.denominator:,}"
    spoken = state.word.lower() + (f": {result_text(row)}, {count_phrase(row)}" if result else "")
    if not is_version_named:
        return GridEntry(state, value, count, spoken)
    mark = f"v{row.agreement_version}"
    return GridEntry(state, value, f"{count}, {mark}" if count else mark, f"version {row.agreement_version}: {spoken}")


def _agreement_ids(figures: list[Figure]) -> list[str]:
    return list(dict.fromkeys(figure.agreement_id for figure in figures))


def _latest_agreement(context: PageContext, agreement_id: str) -> Agreement:
    return max(
        (agreement for agreement in context.agreements if agreement.agreement_id == agreement_id),
        key=lambda agreement: agreement.agreement_version,
    )


# This period


def targets(context: PageContext) -> list[TargetGroup]:
    """One group per agreement version with a figure on the page."""
    return [
        TargetGroup(
            agreement.display_name,
            _agreement_note(agreement),
            _target_rows(context, agreement),
        )
        for agreement in context.agreements
    ]


def _target_rows(context: PageContext, agreement: Agreement) -> list[TargetRow]:
    """The agreement's rows; a target judged for several services is described once, on the first of them."""
    rows, described = [], set()
    for figure in context.figures:
        if (figure.agreement_id, figure.agreement_version) == agreement.key:
            rows.append(_target_row(context, figure, figure.target_id not in described))
            described.add(figure.target_id)
    return rows


def _agreement_note(agreement: Agreement) -> str:
    since = wording.day_text(wording.local(agreement.valid_from_at, agreement.time_zone).date())
    note = f"Version {agreement.agreement_version}, provided by {agreement.provider_id}, in force from {since}"
    if agreement.valid_to_at is not None:
        until = wording.day_text(wording.local(agreement.valid_to_at, agreement.time_zone).date())
        note += f" until before {until}"
    return note


def _target_row(context: PageContext, figure: Figure, is_described: bool) -> TargetRow:
    target = context.dimensions.targets.get((figure.agreement_id, figure.agreement_version, figure.target_id))
    change, change_note = _change(context, figure)
    is_told = figure.status != "withheld"  # else the zeros would read as counts
    has_clock = is_clock(figure.metric) and is_told
    numerator = "net " if figure.metric == "nps" else ""
    return TargetRow(
        name=wording.target_name(figure.target_id),
        note=context.service_name(figure.service_id) if figure.service_id else "",
        description=target.description if target and is_described else "",
        badge=badge(figure.status, figure.is_at_risk),
        result=result_text(figure),
        goal=wording.target_text(figure.metric, figure.target_ratio),
        met=numerator + amount_text(figure.metric, figure.numerator) if is_told else "",
        counted=amount_text(figure.metric, figure.denominator) if is_told else "",
        excluded=wording.count_text(figure.excluded_count) if has_clock else "",
        open_within=wording.count_text(figure.open_within_target_count) if has_clock else "",
        open_paused=wording.count_text(figure.open_paused_count) if has_clock else "",
        open_over=wording.count_text(figure.open_breached_count) if has_clock else "",
        change=change,
        change_note=change_note,
        flags=_flags(context, figure),
        trend=_trend(context, figure),
    )


def _flags(context: PageContext, figure: Figure) -> list[str]:
    flags = []
    without = figure.numerator_without_exclusions, figure.denominator_without_exclusions
    if without != (figure.numerator, figure.denominator):
        flags.append(_without_exclusions(figure))
    if figure.status == "met" and figure.is_at_risk:
        other = _AT_RISK_ANSWER if is_survey(figure.metric) else _AT_RISK_CLOCK
        running, over = _AT_RISK.get(figure.metric, other)
        flags.append(running if context.is_running else over)
    if figure.is_low_volume:
        what = "answers" if is_survey(figure.metric) else "records"
        interval = ""
        if figure.ci_low_ratio is not None and figure.ci_high_ratio is not None:
            interval = f", 95 % interval {wording.interval_text(figure.ci_low_ratio, figure.ci_high_ratio)}"
        flags.append(f"Few {what}: n {figure.denominator:,}{interval}")
    return flags


def _without_exclusions(figure: Figure) -> str:
    """The same result had no Decision excluded anything: Without exclusions 75.00 %, 3 of 4."""
    met, counted = figure.numerator_without_exclusions, figure.denominator_without_exclusions
    if not counted:
        return "Without exclusions: no data"
    places = wording.result_places(figure.target_ratio)
    share = wording.share_text(wording.floored_percent(met, counted, places), places)
    return f"Without exclusions {share}, {met:,} of {counted:,}"


def _at(context: PageContext, figure: Figure, start: date) -> Figure | None:
    """The same target in another period: its own version's figure, else that of the version before it."""
    rows = [
        row
        for row in context.history
        if row.row_key == figure.row_key
        and row.period_start == start
        and row.agreement_version <= figure.agreement_version
    ]
    return max(rows, key=lambda row: (row.has_figure, row.agreement_version), default=None)


def _change(context: PageContext, figure: Figure) -> tuple[str, str]:
    """Change to the former period in points, from the results as printed, and the former result."""
    start = wording.shift_period(context.key.period_type, context.key.period_start, -1)
    former = _at(context, figure, start)
    name = " ".join(part for part in wording.period_column(context.key.period_type, start) if part)
    if former is None:
        return "", ""
    now, then = result_value(figure), result_value(former)
    if then is None:
        return "", f"{name}: no data"
    version = f" (v{former.agreement_version})" if former.agreement_version != figure.agreement_version else ""
    note = f"{name}{version}: {result_text(former)}"
    if now is None:
        return "", note
    return wording.signed(now[0] - then[0], max(now[1], then[1])), note


def _trend(context: PageContext, figure: Figure) -> Trend | None:
    values = []
    for start in context.window:
        row = figure if start == context.key.period_start else _at(context, figure, start)
        result = result_value(row) if row else None
        name = wording.period_name(context.key.period_type, start)
        values.append(
            charts.TrendValue(
                name=name,
                value=float(result[0]) if result else None,
                target=row.target_ratio * 100 if row else None,
                symbol=badge(row.status, row.is_at_risk).symbol if row else "none",
                text=f"{name}: {result_text(row)}" if row else name,
            )
        )
    counted = [(value.value, value) for value in values if value.value is not None]
    if not counted:
        return None
    low, high = min(counted, key=lambda pair: pair[0])[1], max(counted, key=lambda pair: pair[0])[1]
    missed = sum(value.symbol == "missed" for _, value in counted)
    goal = wording.target_text(figure.metric, figure.target_ratio)
    summary = (
        f"Trend of {context.target_name(figure)} over {wording.counted(len(values), context.key.period_type)}, "
        f"target {goal}: lowest {low.text.partition(': ')[2]} in {low.name}, "
        f"highest {high.text.partition(': ')[2]} in {high.name}, missed in {missed} of {len(counted)}."
    )
    return charts.trend(values, goal, summary)


# Breaches


def page_breaches(context: PageContext) -> list[Breach]:
    """Breaches that the page's period counts, the largest overrun first."""
    keys = {agreement.key for agreement in context.agreements}
    return [
        breach
        for breach in context.facts.breaches
        if breach.period_start == context.key.period_start and (breach.agreement_id, breach.agreement_version) in keys
    ]


def overruns(context: PageContext, csv: Link) -> OverrunSection | None:
    """The largest overruns, or None where nothing breached."""
    breaches = page_breaches(context)
    if not breaches:
        return None
    shown = breaches[:OVERRUNS_SHOWN]
    tickets = len({breach.ticket_key for breach in breaches})
    everything = f"{wording.counted(len(breaches), 'clock')} of {wording.counted(tickets, 'ticket')} breached"
    part = f"; the {len(shown)} largest overruns are shown" if len(shown) < len(breaches) else ""
    note = f"{everything}{part}."
    if any(breach.stopped_at is None for breach in shown):
        # A page of record names no night: it is another one only when such a clock has moved.
        as_of = wording.instant_text(context.release.as_of_at, context.zone)
        note += f" Clocks that are still open are told as {'they last moved' if context.edition else f'of {as_of}'}."
    causes = _causes(context, breaches)
    return OverrunSection(
        _cause_rows(causes), [_overrun_row(context, breach, causes) for breach in shown], context.zone, note, csv
    )


def _clock_key(row: Breach | Cause) -> tuple[str, str, int, str, int]:
    return row.ticket_key, row.agreement_id, row.agreement_version, row.target_id, row.cycle_number


def _causes(context: PageContext, breaches: list[Breach]) -> dict[tuple[str, str, int, str, int], list[Cause]]:
    """The causes of each breached clock of the page, the largest share first."""
    keys = {_clock_key(breach) for breach in breaches}
    found: dict[tuple[str, str, int, str, int], list[Cause]] = defaultdict(list)
    for cause in context.facts.causes:
        if _clock_key(cause) in keys:
            found[_clock_key(cause)].append(cause)
    return found


def _cause_rows(causes: dict[tuple[str, str, int, str, int], list[Cause]]) -> list[CauseRow]:
    """One row per cause, the largest share of all breached clocks' time first."""
    by_cause: dict[str, list[Cause]] = defaultdict(list)
    for parts in causes.values():
        for part in parts:
            by_cause[part.cause].append(part)
    whole = sum(part.cause_seconds for parts in by_cause.values() for part in parts)
    seconds = {cause: sum(part.cause_seconds for part in parts) for cause, parts in by_cause.items()}
    return [
        CauseRow(
            cause=wording.cause_name(cause),
            share=wording.share_text(wording.floored_percent(seconds[cause], whole, 1), 1),
            breaches=wording.count_text(len(parts)),
            # Without its work no clock is left: there the question has no answer.
            avoidable="" if cause == "work" else wording.count_text(sum(part.counterfactual_met for part in parts)),
            confidence=wording.listed(
                [
                    wording.confidence_name(word)
                    for word in wording.CONFIDENCES
                    if any(p.confidence == word for p in parts)
                ]
            ),
        )
        for cause, parts in sorted(by_cause.items(), key=lambda entry: (-seconds[entry[0]], entry[0]))
    ]


def _why(parts: list[Cause]) -> str:
    """What a clock's time went on: "62 % waiting for the customer, 38 % work; met without the wait"."""
    shares = [
        f"{part.share_ppm / 10_000:.0f} % {wording.cause_name(part.cause).lower()}"
        for part in parts
        if part.share_ppm >= _WORTH_TELLING_PPM
    ]
    # Without all of the work there is no clock left: only what came from elsewhere is worth asking about.
    decisive = [part for part in parts if part.counterfactual_met and part.cause != "work"]
    if not decisive:
        return ", ".join(shares)
    names = [wording.cause_name(part.cause).lower() for part in decisive]
    return f"{', '.join(shares)}; met without {wording.listed(names, 'or')}"


def _overrun_row(
    context: PageContext, breach: Breach, causes: dict[tuple[str, str, int, str, int], list[Cause]]
) -> OverrunRow:
    ended = breach.stopped_at is not None
    over = breach.on_clock_seconds - breach.threshold_seconds
    # Seconds are told where minutes alone would show no overrun.
    exact = over < 60
    return OverrunRow(
        ticket=breach.ticket_id,
        target=wording.target_name(breach.target_id),
        service=context.service_name(breach.service_id),
        priority=breach.priority or "",
        opened=wording.instant_text(breach.opened_at, context.zone),
        on_clock=wording.duration_text(breach.on_clock_seconds, exact=exact),
        allowed=wording.duration_text(breach.threshold_seconds, exact=exact),
        over=wording.duration_text(over, exact=exact),
        why=_why(causes.get(_clock_key(breach), [])),
        state=Badge("closed", "Stopped") if ended else Badge("running", "Still open"),
    )
