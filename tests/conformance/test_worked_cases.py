"""Every case worked by hand, as the nightly publishes it."""

import pytest

from tests.conformance.published import Built, published_rows
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
