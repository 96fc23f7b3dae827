"""Records that are late, odd, doubled or undone: what they do to one ticket, one month and one figure, worked by hand.

One customer per case, each with four office hours (London, Monday to Friday 09:00 to 17:00, Easter closed) for P1 and
95 % of them to be met; 2 March 2026 is a Monday. Two nights in one home: March is closed at the first, on 10 April
(1, 2, 7, 8 and 9 April are its five working days), and at the second more is known.
"""

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.random_project import (
    agreement_document,
    calendar_documents,
    decision_document,
    document,
    epoch,
)
from tests.conformance.reference import Agreement, Exclusion
from tests.conformance.worked_cases import OFFICE, target
from tests.integration.small_project import EVENT_HEADER, Project, event

FIRST, SECOND = "2026-04-10T00:00:00Z", "2026-04-20T00:00:00Z"
MARCH = date(2026, 3, 1)
CUSTOMERS = ("quiet", "single", "late", "excused", "doubled", "odd", "skewed", "parent", "elder", "all")
TICKET_HEADER = "ticket_id,customer_id,service_id,ticket_type,priority,opened_at,parent_ticket_id"
TICKETS = (
    "S1,single,desk,incident,P1,2026-03-02T10:00:00Z,",
    "L1,late,desk,incident,P1,2026-03-02T09:00:00Z,",
    "X1,excused,desk,incident,P1,2026-03-02T09:00:00Z,",
    "D1,doubled,desk,incident,P1,2026-03-02T09:00:00Z,",
    "O1,odd,desk,incident,P9,2026-03-02T09:00:00Z,",
    "K1,skewed,desk,incident,P1,2026-03-31T14:00:00Z,",
    "M1,parent,desk,incident,P1,2026-03-02T09:00:00Z,",
    "M2,parent,desk,incident,P1,2026-03-02T09:30:00Z,M1",
    "N1,elder,desk,incident,P1,2026-03-02T10:00:00Z,",
    "N2,elder,desk,incident,P1,2026-03-02T09:00:00Z,N1",
    "Y1,all,desk,incident,P1,2026-03-02T09:00:00Z,",
    "Y2,all,de-sk,incident,P1,2026-03-02T09:00:00Z,",
)
DOUBLED = (
    event("D1-1", "D1", "2026-03-02T10:00:00Z"),
    event("D1-2", "D1", "2026-03-02T11:00:00Z", "in_progress"),
    event("D1-3", "D1", "2026-03-02T12:00:00Z"),
)
EVENTS = (
    event("S1-1", "S1", "2026-03-02T14:00:01Z"),
    event("X1-1", "X1", "2026-03-02T14:00:00Z"),
    *DOUBLED,
    *DOUBLED[:2],
    event("O1-1", "O1", "2026-03-02T10:00:00Z"),
    event("K1-1", "K1", "2026-03-31T13:59:59Z"),
    event("M1-1", "M1", "2026-03-02T12:00:00Z"),
    event("M2-1", "M2", "2026-03-02T11:30:00Z", "merged"),
    event("N1-1", "N1", "2026-03-02T12:00:00Z"),
    event("N2-1", "N2", "2026-03-02T11:00:00Z", "merged"),
    event("Y1-1", "Y1", "2026-03-02T11:00:00Z"),
    event("Y2-1", "Y2", "2026-03-02T11:00:00Z"),
)
LATE = event("L1-1", "L1", "2026-03-02T12:00:00Z")
EXCLUSION = Exclusion("sla-excused", (epoch("2026-03-02T10:00:00Z"), epoch("2026-03-02T11:30:00Z")))


def agreement(customer: str) -> Agreement:
    targets, services = (target("resolve", 4, "P1"),), () if customer == "all" else ("desk",)
    return Agreement(f"sla-{customer}", 1, customer, services, "Europe/London", "month", targets, valid_from=MARCH)


def write_documents(project: Project, outcome: str) -> None:
    documents = [
        document("Service", "desk", {"owner": "it"}),
        *(document("Customer", customer, {}) for customer in CUSTOMERS),
        *calendar_documents(OFFICE),
        *(agreement_document(agreement(customer)) for customer in CUSTOMERS),
        decision_document("excused", "X1", replace(EXCLUSION, outcome=outcome)),
    ]
    project.write("agreements/all.yaml", "\n---\n".join(json.dumps(found) for found in documents))


@dataclass(frozen=True)
class Night:
    """What a night says of every ticket's clock and of every customer's March."""

    clocks: dict[str, tuple[Any, ...]]
    march: dict[str, tuple[Any, ...]]


def night(project: Project, as_of: str) -> Night:
    project.nightly(as_of).demand_release()
    clocks = project.query(
        "select ticket_id, state, on_clock_seconds, excluded_seconds, cycle_number from marts.fct_ticket_sla"
    )
    march = project.query(
        "select customer_id, numerator, denominator, status, period_status from marts.rpt_sla_target"
        f" where period_start = '{MARCH}'"
    )
    return Night({row[0]: row[1:] for row in clocks}, {row[0]: row[1:] for row in march})


@dataclass(frozen=True)
class Nights:
    """The project after both nights, and what each said."""

    project: Project
    first: Night
    second: Night


@pytest.fixture(scope="module")
def nights(parsed_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    folder = tmp_path_factory.mktemp("odd")
    project = Project(folder / "project", folder / "home")
    feeds = {"tickets": "data/tickets*", "ticket_events": "data/events*"}
    project.write_settings(
        [{"name": "desk", "type": "files", "maxRejectRatio": 0.9, "feeds": feeds}], maxAffectedTicketRatio=1.0
    )
    write_documents(project, "accepted")
    project.write("data/tickets.csv", TICKET_HEADER, *TICKETS)
    project.write("data/events.csv", EVENT_HEADER, *EVENTS)
    first = night(project, FIRST)
    write_documents(project, "revoked")
    project.write("data/events-late.csv", EVENT_HEADER, LATE, *DOUBLED)
    return Nights(project, first, night(project, SECOND))


def ledger(nights: Nights, customer: str) -> list[tuple[Any, ...]]:
    return nights.project.query(
        "select sequence_number, numerator, denominator, status, period_status from marts.figure"
        f" where report_table = 'rpt_sla_target' and customer_id = '{customer}' and period_start = '{MARCH}' order by 1"
    )


def test_no_ticket_is_no_data(nights: Nights) -> None:
    """0 of 0 is no ratio at all, in the first night as in the second."""
    assert nights.first.march["quiet"] == nights.second.march["quiet"] == (0, 0, "no_data", "closed")
    assert nights.project.query(
        f"select attainment_ratio from marts.rpt_sla_target where customer_id = 'quiet' and period_start = '{MARCH}'"
    ) == [(None,)]


def test_one_ticket_breached(nights: Nights) -> None:
    """10:00 to 14:00:01 is a second too much: 0 of 1, and Wilson's interval ends at z²/(1 + z²) = 3.8415/4.8415."""
    assert nights.first.clocks["S1"] == ("breached", 14_401, 0, 1)
    assert nights.first.march["single"] == (0, 1, "missed", "closed")
    assert nights.project.query(
        "select attainment_ratio, is_low_volume, ci_low_ratio, round(ci_high_ratio, 4) from marts.rpt_sla_target"
        f" where customer_id = 'single' and period_start = '{MARCH}'"
    ) == [(0.0, True, 0.0, 0.7935)]


def test_event_that_arrives_after_the_close_restates_the_month(nights: Nights) -> None:
    """Open since 2 March 09:00, so breached at 13:00. In April the desk tells that it was resolved that day at 12:00.

    By 10 April: 22 working days of March and 1, 2, 7, 8 and 9 April, 27 days of 8 h = 777,600 s.
    """
    assert nights.first.clocks["L1"] == ("breached", 777_600, 0, 1)
    assert nights.second.clocks["L1"] == ("met", 10_800, 0, 1)
    assert ledger(nights, "late") == [(1, 0, 1, "missed", "closed"), (2, 1, 1, "met", "closed")]


def test_exclusion_accepted_and_then_revoked(nights: Nights) -> None:
    """09:00 to 14:00 less 10:00 to 11:30: 3.5 h, met. Without the exclusion 5 h, breached."""
    assert nights.first.clocks["X1"] == ("met", 12_600, 5400, 1)
    assert nights.second.clocks["X1"] == ("breached", 18_000, 0, 1)
    assert ledger(nights, "excused") == [(1, 1, 1, "met", "closed"), (2, 0, 1, "missed", "closed")]


def test_event_that_comes_twice_happened_once(nights: Nights) -> None:
    """Doubled within a file and again by a later one: 1 h, reopened once, 1 h more."""
    assert nights.first.clocks["D1"] == nights.second.clocks["D1"] == ("met", 7200, 0, 1)
    assert nights.project.query("select reopen_count from marts.fct_ticket where ticket_id = 'D1'") == [(1,)]
    assert nights.project.query(
        "select landed_count, accepted_count, collapsed_count from marts.load_audit"
        " where feed = 'ticket_events' order by loaded_at, load_id limit 1"
    ) == [(len(EVENTS), len(EVENTS) - 1, 2)]
    assert ledger(nights, "doubled") == [(1, 1, 1, "met", "closed")]


def test_priority_that_no_target_knows_is_listed_and_not_measured(nights: Nights) -> None:
    assert "O1" not in nights.first.clocks
    assert nights.first.march["odd"] == (0, 0, "no_data", "closed")
    assert nights.project.query(
        "select ticket_id, priority, agreement_match from marts.rpt_unmatched_ticket where customer_id = 'odd'"
    ) == [("O1", "P9", "no_target")]


def test_service_that_the_catalogue_does_not_know_is_listed_and_not_measured(nights: Nights) -> None:
    """An agreement on all services: 09:00 to 11:00 = 7200 s for the one there is, and nothing for the misspelt one."""
    assert nights.first.clocks["Y1"] == ("met", 7200, 0, 1)
    assert "Y2" not in nights.first.clocks
    assert nights.first.march["all"] == (1, 1, "met", "closed")
    assert nights.project.query(
        "select ticket_id, service_id, agreement_match from marts.rpt_unmatched_ticket where customer_id = 'all'"
    ) == [("Y2", "de-sk", "unknown_service")]


def test_resolution_before_the_opening_is_refused(nights: Nights) -> None:
    """Of a clock that is wrong nothing is believed: the ticket stays open, and is breached at 4 h.

    15:00 to 17:00 summer time on 31 March, then 1, 2, 7, 8 and 9 April: 2 h + 40 h = 151,200 s. Used up on 1 April at
    11:00, so March counts nothing.
    """
    assert nights.project.query("select ticket_id, reason_code from marts.quarantine") == [
        ("K1", "resolved_before_opened")
    ]
    assert nights.first.clocks["K1"] == ("breached", 151_200, 0, 1)
    assert nights.first.march["skewed"] == (0, 0, "no_data", "closed")


def test_merged_ticket_leaves_the_figure_and_its_parent_stays(nights: Nights) -> None:
    """The duplicate is cancelled with its 2 h; the parent's 3 h are the month's one ticket."""
    assert nights.first.clocks["M2"] == ("cancelled", 7200, 0, 1)
    assert nights.first.clocks["M1"] == ("met", 10_800, 0, 1)
    assert nights.first.march["parent"] == (1, 1, "met", "closed")
    assert nights.project.query(
        "select ticket_id from marts.fct_ticket where is_merged and customer_id = 'parent'"
    ) == [("M2",)]


def test_merged_ticket_leaves_its_opening_to_a_younger_parent(nights: Nights) -> None:
    """The older ticket is merged at 11:00, 09:00 to 11:00 = 7200 s, in no figure; what it began ends at 12:00.

    The customer has waited 09:00 to 12:00 = 10,800 s, not the 7200 s since the younger ticket was opened.
    """
    assert nights.first.clocks["N2"] == ("cancelled", 7200, 0, 1)
    assert nights.first.march["elder"] == (1, 1, "met", "closed")
    assert nights.first.clocks["N1"] == ("met", 10_800, 0, 1)
