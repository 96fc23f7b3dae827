"""How far a figure is from the release in force, split into new time and changed rows: worked by hand."""

from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from publishing.certificate import Check
from publishing.drift import figure_drift_checks
from tests.unit.publishing.conftest import AS_OF, Desk, figure

BEFORE = AS_OF.replace(tzinfo=None) - timedelta(days=1)
SINCE = AS_OF.replace(tzinfo=None) + timedelta(hours=1)


def clocks(*states: tuple[str, datetime]) -> list[dict[str, Any]]:
    """Clocks T0, T1, ... with their state and the instant at which it was decided."""
    return [
        {
            "ticket_key": f"desk:T{number}", "agreement_id": "sla", "agreement_version": 1, "target_id": "resolve",
            "service_id": "mail", "cycle_number": 1, "state": state, "decided_at": decided_at,
            "period_start": figure()["period_start"],
        }
        for number, (state, decided_at) in enumerate(states)
    ]  # fmt: skip


def tables(*states: tuple[str, datetime]) -> dict[str, list[dict[str, Any]]]:
    met = sum(state == "met" for state, _ in states)
    row = figure(met, len(states))
    target = {key: value for key, value in row.items() if key != "service_id"}
    return {"rpt_sla_scorecard": [row], "rpt_sla_target": [target], "fct_ticket_sla": clocks(*states)}


def drift(desk: Desk, first: list[tuple[str, datetime]], then: list[tuple[str, datetime]]) -> list[Check]:
    published = tables(*first)
    desk.publish(*published.pop("rpt_sla_scorecard"), **published)
    desk.make_build(tables(*then))
    with duckdb.connect(str(desk.build), read_only=True) as build:
        return figure_drift_checks(build, desk.current.resolve())


NINETEEN = [("met", BEFORE)] * 19


@pytest.mark.parametrize(
    ("then", "observed", "holds"),
    [
        # 20 of 20 and one more breach: 20 of 21.
        (
            [*NINETEEN, ("met", BEFORE), ("breached", SINCE)],
            "20 of 21 (0.9524) after 20 of 20 (1.0000); new time +0 of +1 (ratio -0.0476), changed rows +0 of +0"
            " (ratio +0.0000)",
            True,
        ),
        # The same breach was there before: its row changed.
        (
            [*NINETEEN, ("breached", BEFORE)],
            "19 of 20 (0.9500) after 20 of 20 (1.0000); new time +0 of +0 (ratio +0.0000), changed rows -1 of +0"
            " (ratio -0.0500)",
            False,
        ),
        # One came late, met, and three were breached since: 21 of 24; by time 20 of 23, which is more than ten points.
        (
            [*NINETEEN, ("met", BEFORE), ("met", BEFORE), *[("breached", SINCE)] * 3],
            "21 of 24 (0.8750) after 20 of 20 (1.0000); new time +0 of +3 (ratio -0.1304), changed rows +1 of +1"
            " (ratio +0.0054)",
            False,
        ),
    ],
    ids=["new time", "changed row", "both"],
)
def test_figure_moves_by_new_time_and_by_changed_rows(
    desk: Desk, then: list[tuple[str, datetime]], observed: str, holds: bool
) -> None:
    checks = {check.table_name: check for check in drift(desk, [*NINETEEN, ("met", BEFORE)], then)}
    target = checks["rpt_sla_target"]
    assert (target.observed, target.is_successful) == (observed, holds)
    assert (target.kind, target.severity, target.agreement_id) == ("drift", "warning", "sla")
    assert ("rpt_sla_scorecard" in checks) != holds, "a service's share of it is told only if it is out of bounds"


def test_new_time_may_move_a_figure_of_few_events_as_far_as_it_likes(desk: Desk) -> None:
    (target,) = drift(desk, [("met", BEFORE)], [("met", BEFORE), ("breached", SINCE)])
    assert "(ratio -0.5000)" in target.observed
    assert target.is_successful


def test_figure_that_did_not_move_and_first_release_have_no_drift(desk: Desk) -> None:
    assert drift(desk, [("met", BEFORE)], [("met", BEFORE)]) == []
    with duckdb.connect(str(desk.build), read_only=True) as build:
        assert figure_drift_checks(build, None) == []
