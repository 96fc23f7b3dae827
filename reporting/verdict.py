"""The two sentences at the top of a page.

Belongs here: choosing and wording what a reader must know first.
Does not belong here: the figures (`queries`), their layout (templates).
Used by `pages`; pure functions on what the page already shows.
"""

from dataclasses import dataclass

from reporting.wording import counted, listed, sentence_case

_NAMED = 3


@dataclass(frozen=True)
class Judged:
    """A target as the sentences name it. `status` as in the release; `count` says out of how many, or is empty;
    `shortfall` is what failed over what was allowed to."""

    name: str
    status: str
    is_at_risk: bool
    result: str
    goal: str
    count: str
    shortfall: float


def first_sentence(period: str, judged: list[Judged], is_running: bool) -> str:
    """How many targets were met, and which were missed, the furthest first."""
    measured = [target for target in judged if target.status in ("met", "missed")]
    missed = sorted(
        (target for target in measured if target.status == "missed"), key=lambda target: target.shortfall, reverse=True
    )
    so_far = "So far in" if is_running else "In"
    withheld = sum(target.status == "withheld" for target in judged)
    empty = len(judged) - len(measured) - withheld
    if not judged:
        return f"{so_far} {period}, no agreement of this customer had a target to measure."
    if not measured and not withheld:
        return f"{so_far} {period}, none of the {counted(len(judged), 'target')} had anything to count."
    tail = f"; {counted(empty, 'further target')} had nothing to count" if empty else ""
    if not measured:
        return f"{so_far} {period}, the figures of {counted(withheld, 'target')} are withheld{tail}."
    tail += f"; {counted(withheld, 'further target')} {'is' if withheld == 1 else 'are'} withheld" if withheld else ""
    if not missed:
        one = "the one measured target was met"
        every = one if len(measured) == 1 else f"all {len(measured)} measured targets were met"
        return f"{so_far} {period}, {every}{tail}."
    if len(measured) == 1:
        return f"{so_far} {period}, the one measured target was missed: {_named(missed)}{tail}."
    met = len(measured) - len(missed)
    if met == 0:
        return f"{so_far} {period}, none of the {len(measured)} measured targets was met: {_named(missed)}{tail}."
    return (
        f"{so_far} {period}, {met} of {len(measured)} measured targets {'was' if met == 1 else 'were'} met and "
        f"{len(missed)} {'was' if len(missed) == 1 else 'were'} missed: {_named(missed)}{tail}."
    )


def _named(missed: list[Judged]) -> str:
    shown = missed if len(missed) <= _NAMED + 1 else missed[:_NAMED]
    words = [f"{target.name} ({_figures(target)})" for target in shown]
    if len(shown) < len(missed):
        words.append(f"{len(missed) - len(shown)} more")
    return listed(words)


def _figures(target: Judged) -> str:
    of = f", {target.count}" if target.count else ""
    return f"{target.result} against {target.goal}{of}"


def second_sentence(
    judged: list[Judged], over_budget: list[str], open_over: int | None, is_running: bool, satisfaction: str
) -> str:
    """What to look at next: targets with little to spare, budgets that are used up, clocks past their limit, and what
    customers said. `open_over` None = nothing on the page has a clock."""
    clauses = []
    near = [target.name for target in judged if target.status == "met" and target.is_at_risk]
    if near:
        shown = near if len(near) <= _NAMED else [*near[: _NAMED - 1], f"{len(near) - _NAMED + 1} more"]
        clauses.append(f"{listed(shown)} met {'its' if len(near) == 1 else 'their'} target with little to spare")
    if over_budget:
        shown = over_budget if len(over_budget) <= _NAMED else [*over_budget[:2], f"{len(over_budget) - 2} more"]
        one = len(over_budget) == 1
        clauses.append(f"the error budget{'' if one else 's'} of {listed(shown)} {'is' if one else 'are'} used up")
    if open_over:
        limit = "its limit" if open_over == 1 else "their limit"
        stands = "stands" if open_over == 1 else "stand"
        clocks = counted(open_over, "clock")
        past = (
            f"{clocks} {stands} open past {limit}"
            if is_running
            else f"when the period ended, {clocks} stood open past {limit}"
        )
        clauses.append(past)
    if satisfaction:
        clauses.append(satisfaction)
    if not clauses and judged and all(target.status == "withheld" for target in judged):
        return ""  # nothing on the page has a number
    if not clauses:
        stands = "stands" if is_running else "stood"
        open_clocks = "" if open_over is None else f", and no clock {stands} open past its limit"
        return f"No target that was met was met with little to spare{open_clocks}."
    return sentence_case(f"{_clauses(clauses)}.")


def _clauses(clauses: list[str]) -> str:
    return clauses[0] if len(clauses) == 1 else f"{'; '.join(clauses[:-1])}; and {clauses[-1]}"
