"""A Decision from its document to the figures: accepted, revoked, and decided only after the night's instant."""

import pytest

from tests.integration.small_project import EVENT_HEADER, TICKET_HEADER, Project, event, ticket

AS_OF = "2026-03-20T15:00:00Z"

# Takes two seconds off a ticket that was resolved a second too late.
DECISION = """\
apiVersion: slm/v1
kind: Decision
metadata: {{name: decision-{number}}}
spec:
  kind: exclude_interval
  agreement: sla-mail
  subject: {{ticket: T{number}}}
  interval: {{from: "2026-03-02T11:00:00Z", to: "2026-03-02T11:00:02Z"}}
  reason: power_loss
  decidedBy: [{{role: slm, side: provider}}, {{role: cfo, side: consumer}}]
  decidedAt: "{decided_at}"
  outcome: {outcome}
"""


@pytest.fixture
def decided_project(new_project: Project) -> Project:
    """Three tickets, each a second over its target, and a decision about each."""
    new_project.write("data/tickets.csv", TICKET_HEADER, *(ticket(name) for name in ("T1", "T2", "T3")))
    resolved = [event(f"E{name}", name, "2026-03-02T14:00:01Z") for name in ("T1", "T2", "T3")]
    new_project.write("data/events.csv", EVENT_HEADER, *resolved)
    decisions = [
        DECISION.format(number=1, outcome="accepted", decided_at=AS_OF),
        DECISION.format(number=2, outcome="revoked", decided_at=AS_OF),
        DECISION.format(number=3, outcome="accepted", decided_at="2026-03-20T15:00:01Z"),
    ]
    new_project.write("agreements/decisions.yaml", "---\n".join(decisions))
    return new_project


def test_only_what_is_accepted_and_decided_by_as_of_changes_a_figure(decided_project: Project) -> None:
    decided_project.nightly(as_of=AS_OF).demand_release()
    assert decided_project.query("select ticket_id, state, on_clock_seconds from marts.fct_ticket_sla order by 1") == [
        ("T1", "met", 14_399),
        ("T2", "breached", 14_401),
        ("T3", "breached", 14_401),
    ]
    assert decided_project.query("select numerator, denominator from marts.rpt_sla_target where denominator > 0") == [
        (1, 3)
    ]
    assert decided_project.query(
        "select ticket_id, outcome, is_in_force, affected_count, decided_by_provider, decided_by_consumer"
        " from marts.dim_decision order by 1"
    ) == [
        ("T1", "accepted", True, 1, "slm", "cfo"),
        ("T2", "revoked", False, 0, "slm", "cfo"),
        ("T3", "accepted", False, 0, "slm", "cfo"),
    ]
