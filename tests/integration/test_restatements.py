"""A closed figure moves: edition 2, explained by computing it again, cause by cause; the figure of record stays."""

from typing import Any

import pytest

from reporting.errors import ReportError
from reporting.explain import explain
from tests.integration.small_project import (
    AGREEMENT,
    EVENT_HEADER,
    TICKET_HEADER,
    Project,
    event,
    feeds,
    ticket,
)

# March is closed from the fifth working day of April on.
CLOSED = "2026-04-15T00:00:00Z"
LATER = "2026-05-20T00:00:00Z"
FIGURE = "rpt_sla_scorecard/sla-mail/1/resolve/mail/2026-03-01"

EXCLUSION = """\
apiVersion: slm/v1
kind: Decision
metadata: {name: t3-was-our-power-cut}
spec:
  kind: exclude_instance
  agreement: sla-mail
  subject: {ticket: T3}
  reason: customer_site_power_loss
  decidedBy: [{role: service-level-manager, side: provider}, {role: head-of-it, side: consumer}]
  decidedAt: "2026-05-02"
  outcome: accepted
"""

REOPENING = """\
apiVersion: slm/v1
kind: Decision
metadata: {name: march-anew}
spec:
  kind: reopen_period
  agreement: sla-mail
  period: "2026-03"
  reason: a_ticket_came_late
  decidedBy: [{role: service-level-manager, side: provider}, {role: head-of-it, side: consumer}]
  decidedAt: "2026-05-19"
  outcome: accepted
"""


def causes(project: Project, edition: int = 2) -> list[tuple[Any, ...]]:
    return project.query(
        "select cause, numerator_difference, denominator_difference from marts.restatement"
        f" where figure_key = '{FIGURE}' and edition = {edition} order by step_number"
    )


def editions(project: Project) -> list[tuple[Any, ...]]:
    return project.query(
        "select edition, numerator, denominator, status, is_of_record from marts.figure"
        f" where figure_key = '{FIGURE}' and edition is not null order by sequence_number"
    )


def test_every_cause_gets_what_its_own_recomputation_shows(new_project: Project) -> None:
    """One night brings everything at once; worked by hand, in the order of the causes.

    Published: T1 (2 h), T2 (4 h) met, T3 (1 s over) breached: 2 of 3. slm.yaml says that "post" is the service mail:
    T6 counts, met, 3 of 4. The agreement is amended in place to three hours: T2 breaches, 2 of 4. T3 is excluded by
    decision: 2 of 3. T5 comes late, met: 3 of 4. T1 turns out to have taken five hours: 2 of 4. T4 is decided in April
    and in none of it.
    """
    project = new_project
    project.write("data/tickets-post.csv", TICKET_HEADER, ticket("T6", service="post"))
    project.write("data/events-post.csv", EVENT_HEADER, event("E6", "T6", "2026-03-02T11:00:00Z"))
    project.nightly(CLOSED).demand_release()
    assert editions(project) == [(1, 2, 3, "met", True)]
    # The same night has a new customer, whom slm.yaml names and the former agreements do not know.
    project.write("agreements/newcomer.yaml", "{apiVersion: slm/v1, kind: Customer, metadata: {name: new}, spec: {}}")
    desk = {"name": "desk", "type": "files", "feeds": feeds(), "serviceMap": {"post": "mail"},
            "covers": {"customers": ["acme", "new"]}}  # fmt: skip
    project.write_settings(sources=[desk])
    project.write("agreements/sla.yaml", AGREEMENT.replace("PT4H", "PT3H"))
    project.write("agreements/decision.yaml", EXCLUSION)
    project.write("data/tickets-late.csv", TICKET_HEADER, ticket("T5"))
    project.write(
        "data/events-late.csv",
        EVENT_HEADER,
        event("E5", "T5", "2026-03-02T11:00:00Z"),
        event("E1", "T1", "2026-03-02T15:00:00Z"),
    )
    project.nightly(LATER).demand_release()
    assert causes(project) == [
        ("definition_change", 1, 1),
        ("amendment", -1, 0),
        ("decision", 0, -1),
        ("late_data", 1, 1),
        ("source_correction", -1, 0),
    ]
    assert editions(project) == [(1, 2, 3, "met", True), (2, 2, 4, "met", False)]
    _parts_sum_to_the_whole(project)
    _evidence_adds_up(project)
    _chain_is_printed(project)
    rows = project.query(
        "select fact_key, change, former_numerator_part, former_denominator_part, numerator_part, denominator_part"
        f" from marts.restatement_evidence where figure_key = '{FIGURE}' order by 1"
    )
    assert rows == [
        ("desk:T1/resolve/1", "changed", 1, 1, 0, 1),
        ("desk:T2/resolve/1", "changed", 1, 1, 0, 1),
        ("desk:T3/resolve/1", "removed", 0, 1, 0, 0),
        ("desk:T5/resolve/1", "added", 0, 0, 1, 1),
        ("desk:T6/resolve/1", "added", 0, 0, 1, 1),
    ]


def _parts_sum_to_the_whole(project: Project) -> None:
    wrong = project.query(
        "select figure_key from marts.restatement group by figure_key, edition"
        " having sum(numerator_difference) <> any_value(numerator - former_numerator)"
        " or sum(denominator_difference) <> any_value(denominator - former_denominator)"
    )
    assert wrong == []


def _evidence_adds_up(project: Project) -> None:
    """Of every figure of the reports, whatever its metric."""
    wrong = project.query(
        "with evidence as (select figure_key, sum(numerator_part) as good, sum(denominator_part) as counted"
        " from marts.figure_evidence group by figure_key),"
        " latest as (select figure_key, max_by(numerator, sequence_number) as good,"
        " max_by(denominator, sequence_number) as counted from marts.figure group by figure_key)"
        " select latest.* from latest left join evidence using (figure_key)"
        " where coalesce(evidence.good, 0) <> latest.good or coalesce(evidence.counted, 0) <> latest.counted"
    )
    assert wrong == []


def _chain_is_printed(project: Project) -> None:
    """From the figure to the line of the file that the desk delivered."""
    text = "\n".join(explain(project.home, FIGURE))
    for link in (
        "1. 2 of 3 met (closed), edition 1, of record",
        "2. 2 of 4 met (closed), edition 2",
        "edition 2: +0, -1 decision: Decision t3-was-our-power-cut",
        "agreements/sla.yaml:13",
        "fct_ticket_sla desk:T1/resolve/1: 0 of 1",
        "run, 18,000 s on the clock (events - → E1)",
        "event E1: desk, data/events-late.csv line 3, load ticket_events/000002-",
    ):
        assert link in text, text
    with pytest.raises(ReportError, match=f"(?s)has no figure .*the nearest:\n  {FIGURE}"):
        explain(project.home, FIGURE.replace("resolve", "reslove"))


def test_decision_document_reopens_a_period_up_to_the_ledger(new_project: Project) -> None:
    """2 of 3 was reported; T5 comes late and is met. Only the document makes 3 of 4 the figure of record."""
    project = new_project
    project.nightly(CLOSED).demand_release()
    project.write("data/tickets-late.csv", TICKET_HEADER, ticket("T5"))
    project.write("data/events-late.csv", EVENT_HEADER, event("E5", "T5", "2026-03-02T11:00:00Z"))
    project.write("agreements/decision.yaml", REOPENING)
    project.nightly(LATER).demand_release()
    assert editions(project) == [(1, 2, 3, "met", True), (2, 3, 4, "met", True)]
    # Of service and of target, of March and of nothing else, at once and with the name of the document.
    assert project.query(
        "select report_table, period_start::varchar, edition, reopened_by from marts.figure"
        " where reopened_by is not null order by all"
    ) == [
        ("rpt_sla_scorecard", "2026-03-01", 2, "march-anew"),
        ("rpt_sla_target", "2026-03-01", 2, "march-anew"),
    ]
    assert "2. 3 of 4 met (closed), edition 2, of record, re-opened by march-anew" in "\n".join(
        explain(project.home, FIGURE)
    )
