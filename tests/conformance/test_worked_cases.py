"""Every case worked by hand, as the nightly publishes it."""

import pytest

from tests.conformance.published import Built, Segment, published_rows, published_segments
from tests.conformance.reference import Row
from tests.conformance.worked_cases import CASES, Case, shown


@pytest.fixture(scope="module")
def rows_by_ticket(built: Built) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in published_rows(built):
        found.setdefault(row.ticket_id, []).append(row)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_worked_case_is_published(case: Case, rows_by_ticket: dict[str, list[Row]]) -> None:
    agreements = {agreement.id for agreement in case.agreements()}
    rows = [row for row in rows_by_ticket.get(case.name, []) if row.agreement_id in agreements]
    assert shown(rows, case.outcomes) == case.outcomes, case.why


@pytest.fixture(scope="module")
def segments_by_target(built: Built) -> dict[tuple[str, str], list[Segment]]:
    found: dict[tuple[str, str], list[Segment]] = {}
    for segment in published_segments(built):
        found.setdefault((segment.key[0], segment.key[2]), []).append(segment)
    return found


@pytest.mark.parametrize("case", [case for case in CASES if case.named], ids=lambda case: case.name)
def test_segments_of_a_worked_case_name_their_events(
    case: Case, segments_by_target: dict[tuple[str, str], list[Segment]]
) -> None:
    for target, events in case.named.items():
        named = [(found.opening_event, found.closing_event) for found in segments_by_target[case.name, target]]
        expected = [tuple(None if n is None else case.event_id(n) for n in edges) for edges in events]
        assert named == expected, (target, case.why)


def test_an_excluded_clock_is_counted_as_such_and_in_no_ratio(built: Built) -> None:
    """The one clock of the month is late: 0 of 0 and one excluded; 0 of 1 without the decision, or once revoked."""
    figures = {
        customer: counts
        for customer, *counts in built.query(
            """select customer_id, numerator, denominator, status, excluded_count, numerator_without_exclusions,
                denominator_without_exclusions from marts.rpt_sla_target
            where customer_id like 'excluded-by%' and period_start = date '2026-11-01'"""
        )
    }
    assert figures["excluded-by-decision"] == [0, 0, "no_data", 1, 0, 1]
    assert figures["excluded-by-a-decision-that-was-revoked"] == [0, 1, "missed", 0, 0, 1]
