"""The difference between two editions is split by the steps that computed it; the parts sum to the whole, always."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from publishing.ledger import Restated, Value
from publishing.restatement import Restating, Step, split
from tests.unit.publishing.conftest import AS_OF, Desk, figure

KEY = "rpt_sla_scorecard/sla/1/resolve/mail/2026-03-01"


def restated(former: Value, now: Value) -> Restated:
    return Restated(KEY, "sla", 2, former, now, "r1", 0, "time_to_resolve")


def steps(*values: tuple[str, int]) -> Restating:
    return Restating(None, [Step(cause, cause, {KEY: Value(good, 3, "met")}) for cause, good in values])


def causes(figure: Restated, restating: Restating) -> list[tuple[str, int]]:
    return [(p.cause, p.after.numerator - p.before.numerator) for p in split(figure, restating)]


FORMER, NOW = Value(2, 3, "met"), Value(0, 3, "met")


def test_each_step_that_moves_the_figure_is_a_part() -> None:
    found = causes(restated(FORMER, NOW), steps(("code", 2), ("amendment", 3), ("late_data", 0)))
    assert found == [("amendment", 1), ("late_data", -3)]


def test_steps_of_one_cause_that_follow_each_other_are_one_part() -> None:
    """Another formula, and slm.yaml, the next step; code that changed on both sides of a formula stays two parts."""
    chain = steps(("definition_change", 1), ("definition_change", 0))
    assert causes(restated(FORMER, NOW), chain) == [("definition_change", -2)]
    chain = steps(("code", 1), ("definition_change", 2), ("code", 0))
    assert causes(restated(FORMER, NOW), chain) == [("code", -1), ("definition_change", 1), ("code", -2)]


def test_what_no_step_explains_is_said_to_be_unattributed() -> None:
    assert causes(restated(FORMER, NOW), steps(("code", 1))) == [("code", -1), ("unattributed", -1)]
    (part,) = split(restated(FORMER, NOW), Restating(failure="release r1 is gone"))
    assert (part.cause, part.explanation) == ("unattributed", "release r1 is gone")


def test_figure_that_a_step_does_not_have_is_absent_there() -> None:
    (part, back) = split(restated(FORMER, NOW), Restating(None, [Step("code", "", {}), *steps(("amendment", 0)).steps]))
    assert (part.after.denominator, part.after.status) == (0, "withdrawn")
    assert (back.before, back.after) == (part.after, NOW)


def test_what_names_somebody_is_told_to_whom_it_is_about() -> None:
    step = Step("decision", "Decisions about other agreements", {KEY: NOW}, {"rival": "Decision D2"})
    (part,) = split(restated(FORMER, NOW), Restating(None, [step]))
    assert part.explanation == "Decisions about other agreements"
    (part,) = split(restated(FORMER, NOW), Restating(None, [replace(step, of_agreement={"sla": "Decision D1"})]))
    assert part.explanation == "Decision D1"


def test_status_alone_is_a_part_too() -> None:
    (part,) = split(
        restated(FORMER, Value(2, 3, "missed")), Restating(None, [Step("amendment", "", {KEY: Value(2, 3, "missed")})])
    )
    assert (part.cause, part.before.status, part.after.status) == ("amendment", "met", "missed")


VALUES = st.builds(Value, st.integers(0, 9), st.integers(0, 9), st.sampled_from(["met", "missed"]))


@given(VALUES, VALUES, st.lists(st.tuples(st.sampled_from(["code", "decision", "late_data"]), VALUES), max_size=6))
def test_parts_sum_to_the_whole(former: Value, now: Value, chain: list[tuple[str, Value]]) -> None:
    restating = Restating(None, [Step(cause, cause, {KEY: value}) for cause, value in chain])
    parts = split(restated(former, now), restating)
    assert sum(p.after.numerator - p.before.numerator for p in parts) == now.numerator - former.numerator
    assert sum(p.after.denominator - p.before.denominator for p in parts) == now.denominator - former.denominator


def test_restatement_is_published_once_and_carried_on(desk: Desk) -> None:
    closed = {"period_status": "closed"}
    desk.publish(figure(**closed))
    chain = steps(("amendment", 1), ("late_data", 0))
    release = desk.publish(figure(0, **closed), as_of=AS_OF + timedelta(days=1), restating=chain)
    rows = [
        (2, 1, "amendment", -1, 0, 2, 0, release.release_id),
        (2, 2, "late_data", -1, 0, 2, 0, release.release_id),
    ]
    columns = (
        "edition, step_number, cause, numerator_difference, denominator_difference, former_numerator, numerator,"
        " release_id"
    )
    for night in (1, 2):
        assert desk.in_force(f"select {columns} from marts.restatement order by all") == rows
        desk.publish(figure(0, **closed), as_of=AS_OF + timedelta(days=1 + night))


def test_facts_behind_a_restatement_are_kept(desk: Desk) -> None:
    """T1 was met and is breached, T2 is gone, T3 came."""

    def clock(ticket: str, state: str) -> dict[str, object]:
        row = figure(**{"source": "desk", "ticket_id": ticket, "ticket_key": f"desk:{ticket}", "cycle_number": 1})
        fact = ("agreement_id", "agreement_version", "target_id", "service_id", "metric", "period_start")
        own = ("source", "ticket_id", "ticket_key", "cycle_number")
        return {**{name: row[name] for name in (*fact, *own)}, "state": state}

    closed = {"period_status": "closed"}
    desk.publish(figure(2, 2, **closed), fct_ticket_sla=[clock("T1", "met"), clock("T2", "met")])
    desk.publish(
        figure(1, 2, **closed),
        as_of=AS_OF + timedelta(days=1),
        restating=Restating(desk.current.resolve()),
        fct_ticket_sla=[clock("T1", "breached"), clock("T3", "met")],
    )
    assert desk.in_force("select cause from marts.restatement") == [("unattributed",)]
    assert desk.in_force(
        "select ticket_key, change, former_numerator_part, numerator_part from marts.restatement_evidence order by 1"
    ) == [("desk:T1", "changed", 1, 0), ("desk:T2", "removed", 1, 0), ("desk:T3", "added", 0, 1)]
    assert desk.in_force(
        f"select sum(numerator_part), sum(denominator_part) from marts.figure_evidence where figure_key = '{KEY}'"
    ) == [(1, 2)]
