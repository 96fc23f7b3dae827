"""Keys of the star: which table a column leads to, and that a key without a row is told."""

import duckdb
import pytest

from publishing.certificate import Check
from publishing.star import Star, reference_checks

SERVICES = Star({"service_id": "dim_service"})


def check_of(services: str, star: Star = SERVICES) -> Check:
    """The check of a build with the service mail and a fact about these services."""
    with duckdb.connect() as connection:
        connection.execute(
            "create schema marts; create table marts.dim_service as select 'mail' as service_id;"
            f" create table marts.fct_outage as select * from (values {services}) as found (service_id)"
        )
        (check,) = reference_checks(connection, star)
        return check


@pytest.mark.parametrize(
    ("services", "holds", "observed"),
    [
        ("('mail'), ('mail'), (null)", True, "none unknown in 1 tables"),
        ("('mail'), ('Mail'), ('payroll')", False, "unknown: 2 in fct_outage"),
    ],
)
def test_key_must_name_a_row_and_null_names_none(services: str, holds: bool, observed: str) -> None:
    check = check_of(services)
    assert (check.is_successful, check.observed, check.severity) == (holds, observed, "critical")


def test_key_that_may_be_unknown_is_let_off() -> None:
    check = check_of("('payroll')", Star(SERVICES.tables, {("fct_outage", "service_id")}))
    assert (check.is_successful, check.observed) == (True, "none unknown in 0 tables")


def test_table_refers_to_no_row_of_its_own() -> None:
    assert SERVICES.references("dim_service", ["service_id", "owner"]) == {}
    assert SERVICES.references("fct_outage", ["service_id", "kind"]) == {"service_id": "dim_service"}
