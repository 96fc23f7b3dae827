"""How far the figures of a page rest on choices: pauses, other rules, decisions.

Belongs here: what a reader needs in order to doubt a figure, in words.
Does not belong here: the breaches themselves (`target_section`), the agreed rules in sentences (`policies`), markup.
Used by `pages`.
"""

from collections import defaultdict

from reporting import wording
from reporting.context import PageContext, badge
from reporting.model import (
    Badge,
    DecisionRow,
    DecisionSection,
    PauseRow,
    PauseSection,
    RuleCell,
    RuleRow,
    RuleSection,
)
from reporting.queries import Decided, PauseAudit, RuleFigure

_OUTCOMES = {
    "accepted": Badge("met", "Accepted"),
    "rejected": Badge("missed", "Rejected"),
    "revoked": Badge("absent", "Revoked"),
}


# Pauses


def pauses(context: PageContext) -> PauseSection | None:
    """Targets with a pause that began in the period, the most paused first; None where nothing paused."""
    keys = {agreement.key for agreement in context.agreements}
    rows = [
        row
        for row in context.facts.pauses
        if row.period_type == context.key.period_type
        and row.period_start == context.key.period_start
        and (row.agreement_id, row.agreement_version) in keys
    ]
    if not rows:
        return None
    rows.sort(key=lambda row: (-row.paused_seconds, row.agreement_id, row.agreement_version, row.target_id))
    note = (
        "Pauses that began in the period, in hours of the target's calendar. Without a question: no public message of "
        "an agent in the 15 minutes before. Near the breach: begun with less than a tenth of the time left. Met by "
        "pausing: clocks met that would have breached without their pauses."
    )
    return PauseSection([_pause_row(context, row) for row in rows], note)


def _pause_row(context: PageContext, row: PauseAudit) -> PauseRow:
    open_seconds = row.paused_seconds + row.run_seconds
    outside = row.pause_outside_hours_count
    several = len(context.agreement_names()) > 1
    return PauseRow(
        name=wording.target_name(row.target_id) + context.former_version(row.agreement_id, row.agreement_version),
        note=context.dimensions.agreements[row.agreement_id, row.agreement_version].display_name if several else "",
        share=_share(row.paused_seconds, open_seconds),
        share_note=f"{wording.duration_text(row.paused_seconds)} of {wording.duration_text(open_seconds)}",
        tickets=f"{row.paused_ticket_count:,} of {row.ticket_count:,}",
        pauses=wording.count_text(row.pause_count),
        pauses_note=f"{outside:,} outside hours" if outside else "",
        without_question=wording.count_text(row.pause_without_question_count),
        near_breach=wording.count_text(row.pause_near_breach_count),
        longest=wording.duration_text(row.longest_pause_seconds),
        met_by_pause=f"{row.met_by_pause_count:,} of {row.met_count:,}",
    )


def _share(part: int, whole: int) -> str:
    return wording.share_text(wording.floored_percent(part, whole, 1), 1) if whole else ""


# Other rules


def rules(context: PageContext) -> RuleSection | None:
    """Ticket targets whose figure differs under another rule; None where the page has no ticket target."""
    shown = {(row.agreement_id, row.agreement_version, row.target_id, row.service_id) for row in context.figures}
    by_target: dict[tuple[str, int, str, str | None], dict[tuple[str, str], RuleFigure]] = defaultdict(dict)
    for row in context.facts.rule_figures:
        key = (row.agreement_id, row.agreement_version, row.target_id, row.service_id)
        is_here = row.period_type == context.key.period_type and row.period_start == context.key.period_start
        if is_here and key in shown:
            by_target[key][row.rule_kind, row.rule] = row
    counted = [key for key, figures in by_target.items() if any(row.denominator for row in figures.values())]
    if not counted:
        return None
    order = [("attribution", rule) for rule in wording.ATTRIBUTION_NAMES]
    order += [("reopen", rule) for rule in wording.REOPEN_NAMES]
    rows = []
    for figure in context.figures:
        figures = by_target.get((figure.agreement_id, figure.agreement_version, figure.target_id, figure.service_id))
        if figures and len({(row.numerator, row.denominator) for row in figures.values()}) > 1:
            rows.append(
                RuleRow(
                    name=wording.target_name(figure.target_id)
                    + context.former_version(figure.agreement_id, figure.agreement_version),
                    note=context.service_name(figure.service_id) if figure.service_id else "",
                    goal=wording.target_text(figure.metric, figure.target_ratio),
                    cells=[_rule_cell(figures[key]) for key in order],
                )
            )
    same = len(counted) - len(rows)
    note = "Each figure with one choice changed and all else as agreed; what was agreed is framed."
    if same:
        note += f" {wording.counted(same, 'target')} {'is' if same == 1 else 'are'} the same under every rule."
    return RuleSection(list(wording.ATTRIBUTION_NAMES.values()), list(wording.REOPEN_NAMES.values()), rows, note)


def _rule_cell(row: RuleFigure) -> RuleCell:
    names = wording.ATTRIBUTION_NAMES if row.rule_kind == "attribution" else wording.REOPEN_NAMES
    result, count = "no data", ""
    if row.denominator:
        places = wording.result_places(row.target_ratio)
        result = wording.share_text(wording.floored_percent(row.numerator, row.denominator, places), places)
        count = f"{row.numerator:,} of {row.denominator:,}"
    return RuleCell(names[row.rule], badge(row.status, is_at_risk=False), result, count, row.is_agreed_rule)


# Decisions


def decisions(context: PageContext) -> DecisionSection | None:
    """Decisions that were taken in the period, or are about its time or its tickets; None where there is none."""
    names = {agreement.agreement_id for agreement in context.agreements}
    start, end = context.bounds(context.zone)
    rows = [
        row
        for row in context.facts.decisions
        if row.agreement_id in names
        and any(
            moment is not None and start <= moment < end
            for moment in (row.decided_at, row.interval_from_at, row.opened_at)
        )
    ]
    return DecisionSection([_decision_row(context, row) for row in rows], context.zone) if rows else None


def _decision_row(context: PageContext, row: Decided) -> DecisionRow:
    target = wording.target_name(row.target_id) if row.target_id else "every target"
    stretch = ""
    if row.interval_from_at and row.interval_to_at:
        begin = wording.instant_text(row.interval_from_at, context.zone)
        stretch = f", {begin} to {wording.instant_text(row.interval_to_at, context.zone)}"
    sides = (("Provider", row.decided_by_provider), ("Customer", row.decided_by_consumer))
    return DecisionRow(
        what=wording.decision_kind_name(row.decision_kind),
        subject=f"{row.ticket_id}, {target}{stretch}" if row.ticket_id else target,
        reason=wording.target_name(row.reason),
        evidence=row.evidence or "none named",
        requested_by=row.requested_by or "not stated",
        decided_by=[f"{side}: {roles or 'nobody'}" for side, roles in sides],
        decided=wording.instant_text(row.decided_at, context.zone) if row.decided_at else "",
        outcome=_OUTCOMES[row.outcome],
        effect=_effect(row),
    )


def _effect(row: Decided) -> str:
    if not row.is_in_force:
        return "changes no figure"
    return f"{wording.counted(row.affected_count, 'clock')} changed" if row.affected_count else "finds no clock"
