"""Availability: services, their error budgets, their days, and the stretches of trouble behind them.

Belongs here: which figure stands where, and in what words.
Does not belong here: what counts as downtime (dbt_project); the verdicts (`target_section` shows them too).
Used by `pages`.
"""

from collections import defaultdict
from datetime import date, timedelta

from reporting import charts, policies, wording
from reporting.context import PageContext, badge
from reporting.model import AvailabilityRow, AvailabilitySection, Bar, Link, MomentRow, NoticeRow, OutageRow, Ribbon
from reporting.queries import Agreement, Availability, AvailabilityDay, FailureNotice, Moments, Outage

OUTAGES_SHOWN = 25
_DAYS_NAMED = 6


def page_availability(context: PageContext) -> list[Availability]:
    """The page's rows, in the order of reading."""
    rows = [
        row
        for row in context.facts.availability
        if (row.period_type, row.period_start) == (context.key.period_type, context.key.period_start)
    ]
    return sorted(
        rows,
        key=lambda row: (
            row.agreement_id,
            wording.natural(row.target_id),
            wording.natural(context.service_name(row.service_id)),
            row.agreement_version,
        ),
    )


def availability(context: PageContext, csv: Link) -> AvailabilitySection | None:
    """The section, or None where no agreement of the page has an availability target."""
    rows = page_availability(context)
    if not rows:
        return None
    outages = page_outages(context)
    shown = sorted(outages, key=lambda outage: (-outage.wall_seconds, outage.started_at, outage.service_id))
    shown = sorted(shown[:OUTAGES_SHOWN], key=lambda outage: (outage.started_at, outage.service_id))
    note = ""
    if len(shown) < len(outages):
        note = f"The {len(shown)} longest of {len(outages)} stretches of trouble are shown, in the order they began."
    return AvailabilitySection(
        _rows(context, rows),
        [_outage_row(context, outage) for outage in shown],
        context.zone,
        note,
        [_notice_row(context, notice) for notice in context.facts.notices if _is_of_page(context, notice)],
        [_moment_row(context, moments) for moments in context.facts.moments if _is_of_page(context, moments)],
        csv if outages else None,
    )


def _rows(context: PageContext, rows: list[Availability]) -> list[AvailabilityRow]:
    days: dict[tuple[str, int, str, str], list[AvailabilityDay]] = defaultdict(list)
    for day in context.facts.days:
        if day.period_start == context.key.period_start:
            days[day.agreement_id, day.agreement_version, day.target_id, day.service_id].append(day)
    is_target_named = len({(row.agreement_id, row.target_id) for row in rows}) > 1
    return [_row(context, row, days[row.scope], is_target_named) for row in rows]


def _row(
    context: PageContext, row: Availability, days: list[AvailabilityDay], is_target_named: bool
) -> AvailabilityRow:
    notes = [wording.target_name(row.target_id)] if is_target_named else []
    former = context.former_version(row.agreement_id, row.agreement_version)
    if former:
        notes.append(former.removeprefix(", "))
    weighted = []
    if row.weighted_downtime_seconds != row.downtime_seconds:
        weighted.append(f"weighs {wording.duration_text(row.weighted_downtime_seconds)}")
    if row.maintenance_downtime_seconds:
        weighted.append(f"{wording.duration_text(row.maintenance_downtime_seconds)} of it maintenance not excused")
    if row.is_provisional and row.downtime_seconds:
        weighted.append("provisional")
    return AvailabilityRow(
        service=context.service_name(row.service_id),
        note=", ".join(notes),
        badge=badge(row.status, row.is_at_risk),
        result=_result(row),
        bounds=_bounds(row),
        goal=wording.target_text("availability", row.target_ratio),
        agreed=wording.duration_text(row.agreed_seconds),
        downtime=wording.duration_text(row.downtime_seconds),
        downtime_note=", ".join(weighted),
        excluded=wording.duration_text(row.excluded_seconds),
        unmeasured=wording.duration_text(row.unmeasured_seconds),
        budget="none" if not row.error_budget_seconds else wording.duration_text(row.error_budget_seconds),
        budget_used="" if row.error_budget_used_ratio is None else wording.used_text(row.error_budget_used_ratio),
        budget_bar=_bar(row),
        failures=wording.count_text(row.failure_count),
        mtrs="" if row.mtrs_seconds is None else wording.duration_text(row.mtrs_seconds),
        mtrs_note=_percentiles(row),
        mtbf="" if row.mtbf_seconds is None else wording.duration_text(row.mtbf_seconds),
        mtbf_note="" if row.mtbf_p50_seconds is None else f"median {wording.duration_text(row.mtbf_p50_seconds)}",
        longest="" if row.longest_outage_seconds is None else wording.duration_text(row.longest_outage_seconds),
        other_view=_other_view(context, row),
        burn="" if not row.error_budget_burn_rate else f"burn rate {row.error_budget_burn_rate:.1f}",
        ribbon=_ribbon(context, row, days),
        days_note=_days_note(days),
    )


def _result(row: Availability) -> str:
    if row.denominator <= 0:
        return "no data"
    places = wording.result_places(row.target_ratio)
    return wording.share_text(wording.floored_percent(row.numerator, row.denominator, places), places)


def _percentiles(row: Availability) -> str:
    """Of what the mean is made; nothing where there is no more than one failure to tell of."""
    if row.failure_count < 2 or row.mtrs_p50_seconds is None or row.mtrs_p90_seconds is None:
        return ""
    median, high = wording.duration_text(row.mtrs_p50_seconds), wording.duration_text(row.mtrs_p90_seconds)
    return f"median {median}, 90 % within {high}"


def _other_view(context: PageContext, row: Availability) -> str:
    """The view of the service that the agreement does not judge, where it differs."""
    if row.chain_downtime_seconds == row.own_downtime_seconds:
        return ""
    is_chain = context.dimensions.agreements[row.agreement_id, row.agreement_version].inherited_downtime == "counted"
    up, counted, downtime, what = (
        (row.own_up_seconds, row.own_counted_seconds, row.own_downtime_seconds, "by its own downtime")
        if is_chain
        else (row.chain_up_seconds, row.chain_counted_seconds, row.chain_downtime_seconds, "with inherited downtime")
    )
    if counted <= 0:
        return ""
    places = wording.result_places(row.target_ratio)
    share = wording.share_text(wording.floored_percent(up, counted, places), places)
    return f"{share} {what} ({wording.duration_text(downtime)})"


def _bounds(row: Availability) -> str:
    """What unmeasured time may hide; empty where all was measured."""
    if not row.unmeasured_seconds or row.availability_low_ratio is None or row.availability_high_ratio is None:
        return ""
    places = wording.result_places(row.target_ratio)
    return wording.interval_text(row.availability_low_ratio, row.availability_high_ratio, places)


def _bar(row: Availability) -> Bar | None:
    if row.error_budget_used_ratio is None:
        return None
    used = wording.used_text(row.error_budget_used_ratio)
    return charts.budget_bar(row.error_budget_used_ratio, f"{used} of the error budget used")


# The days


def _ribbon(context: PageContext, row: Availability, days: list[AvailabilityDay]) -> Ribbon:
    known = {day.date: day for day in days}
    agreement = context.dimensions.agreements[row.agreement_id, row.agreement_version]
    today = wording.local(context.release.as_of_at, agreement.time_zone).date()
    drawn = [
        (day, *_day_state(day, known.get(day), today)) for day in _days(context.key.period_start, context.period_end)
    ]
    down = sum(state == "down" for _, state, _ in drawn)
    service = context.service_name(row.service_id)
    summary = f"{service}, day by day: downtime on {down} of {wording.counted(len(drawn), 'day')}. {_days_note(days)}"
    return charts.ribbon(drawn, summary.strip())


def _days(start: date, end: date) -> list[date]:
    return [start + timedelta(days=step) for step in range((end - start).days)]


def _day_state(day: date, known: AvailabilityDay | None, today: date) -> tuple[str, str]:
    """State of a day, the worst first, and its words."""
    name = wording.short_day_text(day)
    if known is None:
        return ("ahead", f"{name}: not yet") if day >= today else ("closed", f"{name}: not agreed")
    if known.agreed_seconds == 0:
        return "closed", f"{name}: no service hours"
    parts = [
        f"{wording.duration_text(seconds)} {what}"
        for seconds, what in (
            (known.downtime_seconds, "down"),
            (known.unmeasured_seconds, "unmeasured"),
            (known.excluded_seconds, "left out"),
        )
        if seconds
    ]
    if known.downtime_seconds:
        state = "down"
    elif known.unmeasured_seconds:
        state = "unmeasured"
    elif known.excluded_seconds:
        state = "excluded"
    else:
        return "up", f"{name}: up"
    return state, f"{name}: {', '.join(parts)}"


def _days_note(days: list[AvailabilityDay]) -> str:
    """The days with most downtime, for readers of the text."""
    down = sorted((day for day in days if day.downtime_seconds), key=lambda day: (-day.downtime_seconds, day.date))
    if not down:
        return ""
    named = [
        f"{wording.short_day_text(day.date)} ({wording.duration_text(day.downtime_seconds)})"
        for day in down[:_DAYS_NAMED]
    ]
    more = len(down) - len(named)
    if more:
        return f"Most downtime: {', '.join(named)}; {wording.counted(more, 'more day')} with some."
    return f"Downtime: {wording.listed(named)}."


# Stretches of trouble


def page_outages(context: PageContext) -> list[Outage]:
    """Stretches of trouble that touch the period while an agreement of the page covers the service; in order."""
    covering = _covering(context)
    found = []
    for outage in context.facts.outages:
        ended = outage.ended_at or context.release.as_of_at
        for agreement in covering.get(outage.service_id, []):
            start, end = context.bounds(agreement.time_zone)
            start = max(start, agreement.valid_from_at)
            end = min(end, agreement.valid_to_at) if agreement.valid_to_at else end
            # A stretch that began at as_of itself is a moment, and belongs where it lies.
            if outage.started_at < end and (ended > start or outage.started_at >= start):
                found.append(outage)
                break
    return found


def _covering(context: PageContext) -> dict[str, list[Agreement]]:
    """Agreement versions by the service whose availability they judge on this page."""
    covering: dict[str, list[Agreement]] = defaultdict(list)
    for row in page_availability(context):
        agreement = context.dimensions.agreements[row.agreement_id, row.agreement_version]
        if agreement not in covering[row.service_id]:
            covering[row.service_id].append(agreement)
    return covering


def outage_counts(context: PageContext, outage: Outage) -> str:
    """How the stretch counts, under each agreement that judges the service."""
    agreements = _covering(context)[outage.service_id]
    in_force = [
        agreement
        for agreement in agreements
        if agreement.valid_from_at <= outage.started_at
        and (agreement.valid_to_at is None or outage.started_at < agreement.valid_to_at)
    ]
    texts: dict[str, list[str]] = defaultdict(list)
    for agreement in in_force or agreements:
        texts[policies.counts_as(agreement, outage)].append(agreement.display_name)
    if len(texts) == 1:
        return next(iter(texts))
    return "; ".join(f"{text} ({', '.join(names)})" for text, names in texts.items())


def _outage_row(context: PageContext, outage: Outage) -> OutageRow:
    return OutageRow(
        service=context.service_name(outage.service_id),
        started=wording.instant_text(outage.started_at, context.zone),
        ended="still open" if outage.ended_at is None else wording.instant_text(outage.ended_at, context.zone),
        length=wording.duration_text(outage.wall_seconds),
        kind=wording.kind_name(outage.kind),
        attributed_to=wording.party_name(outage.attributed_to),
        counts=outage_counts(context, outage),
    )


# Who knew when, and whether it was there when it had to be


def _is_of_page(context: PageContext, row: FailureNotice | Moments) -> bool:
    """These reports are by period of the project's zone: shown where that is the page's kind of period."""
    return (row.period_type, row.period_start) == (context.key.period_type, context.key.period_start) and any(
        row.service_id == judged.service_id for judged in page_availability(context)
    )


def _notice_row(context: PageContext, notice: FailureNotice) -> NoticeRow:
    first = f"{wording.count_text(notice.notified_first_count)} of {wording.count_text(notice.notice_decided_count)}"
    return NoticeRow(
        service=context.service_name(notice.service_id),
        failures=wording.count_text(notice.failure_count),
        noticed=_median(notice.detection_p50_seconds),
        noticed_note=_ninety(notice.detection_p90_seconds, notice.detected_count),
        told=_median(notice.notification_p50_seconds),
        told_note=_ninety(notice.notification_p90_seconds, notice.notified_count),
        told_first=first if notice.notice_decided_count else "not known",
        down_again=wording.count_text(notice.false_all_clear_count),
    )


def _median(seconds: int | None) -> str:
    return "not recorded" if seconds is None else wording.duration_text(seconds)


def _ninety(seconds: int | None, count: int) -> str:
    return "" if seconds is None or count < 2 else f"90 % within {wording.duration_text(seconds)}, n = {count}"


def _moment_row(context: PageContext, moments: Moments) -> MomentRow:
    result = _weighed(moments.ok_weight_ppm, moments.known_weight_ppm)
    chain = _weighed(moments.chain_ok_weight_ppm, moments.chain_known_weight_ppm)
    unknown = moments.occurrence_count - moments.known_count
    return MomentRow(
        service=context.service_name(moments.service_id),
        moments=wording.count_text(moments.occurrence_count) + (f", {unknown} not measured" if unknown else ""),
        there=f"{wording.count_text(moments.ok_count)} of {wording.count_text(moments.known_count)}",
        result=result,
        chain_result="" if chain == result else f"{chain} with inherited downtime",
        down=wording.duration_text(moments.down_seconds),
    )


def _weighed(good: int, known: int) -> str:
    return "not known" if not known else wording.share_text(wording.floored_percent(good, known, 2), 2)
