"""Random services through the real nightly, every published second compared with the slow reference.

`SLM_CONFORMANCE_CLUSTERS` and `SLM_CONFORMANCE_SEED` ask for more services, or for others. What differs is printed with
the agreement and the evidence of the service.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.availability_cases import CASES, Case, worked_availability
from tests.conformance.availability_project import (
    AvailabilityProject,
    Cluster,
    random_availability,
    with_clusters,
    write_project,
)
from tests.conformance.availability_reference import (
    Reference,
    Window,
    published_days,
    published_periods,
    published_recoveries,
)
from tests.conformance.random_project import AS_OF
from tests.integration.small_project import Project

# Read before the tests' clean environment takes them away.
COUNT = int(os.environ.get("SLM_CONFORMANCE_CLUSTERS", "400"))
SEED = int(os.environ.get("SLM_CONFORMANCE_SEED", "1"))
SHOWN = 5
WANTED_SERVICE_MONTHS = 2_000

Rows = dict[tuple[str, str], dict[Any, dict[str, Any]]]


@dataclass(frozen=True)
class Expected:
    """What the reference says, by agreement and target."""

    days: Rows
    periods: Rows
    recoveries: Rows


@dataclass(frozen=True)
class Built:
    """What was drawn, the project after its nightly, and what the reference says."""

    drawn: AvailabilityProject
    project: Project
    expected: Expected


def reference_of(drawn: AvailabilityProject) -> Expected:
    world, expected = drawn.world, Expected({}, {}, {})
    current: Cluster | None = None
    for cluster, agreement, target in drawn.readings():
        if cluster is not current:
            current, reference = cluster, Reference(world, Window(cluster.start, cluster.end))
        key = (agreement.id, target.id)
        if target.metric == "availability":
            expected.days[key] = published_days(reference, agreement, target)
            expected.periods[key] = published_periods(reference, agreement, target)
        else:
            expected.recoveries[key] = published_recoveries(reference, agreement, target)
    return expected


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, parsed_models: Path) -> Built:
    folder = tmp_path_factory.mktemp("services")
    drawn = with_clusters(random_availability(SEED, COUNT), worked_availability())
    project = Project(folder / "project", folder / "home")
    write_project(project.folder, drawn)
    project.nightly(AS_OF).demand_release()
    return Built(drawn, project, reference_of(drawn))


def published(built: Built, table: str, key: str, expected: Rows) -> Rows:
    """The columns that the reference has, by agreement and target, then by `key`."""
    columns = next(iter(next(rows for rows in expected.values() if rows).values()))
    selected = ", ".join(f"epoch({name})::bigint" if name.endswith("_at") else name for name in columns)
    rows: Rows = {}
    for agreement_id, target_id, place, *values in built.project.query(
        f"select agreement_id, target_id, {key}, {selected} from marts.{table}"
    ):
        rows.setdefault((agreement_id, target_id), {})[place] = dict(zip(columns, values, strict=True))
    return rows


def story(drawn: AvailabilityProject, agreement_id: str, target_id: str) -> Iterator[str]:
    for cluster, agreement, target in drawn.readings():
        if (agreement.id, target.id) == (agreement_id, target_id):
            yield str(agreement)
            yield str(target)
            yield from (str(service) for service in cluster.services)


def assert_equal(built: Built, expected: Rows, found: Rows) -> None:
    differences = []
    for key in sorted(expected.keys() | found.keys()):
        ours, theirs = expected.get(key, {}), found.get(key, {})
        places = [place for place in sorted(ours.keys() | theirs.keys()) if ours.get(place) != theirs.get(place)]
        if places:
            lines = [
                f"{key} at {place}: expected {ours.get(place)}\n  found {theirs.get(place)}" for place in places[:3]
            ]
            differences.append("\n".join([*story(built.drawn, *key), *lines]))
    assert not differences, f"{len(differences)} targets differ\n\n" + "\n\n".join(differences[:SHOWN])


def test_every_day_of_every_service_is_as_the_reference_has_it(built: Built) -> None:
    assert_equal(built, built.expected.days, published(built, "fct_service_availability", "date", built.expected.days))


def test_failures_and_their_percentiles_are_as_the_reference_has_them(built: Built) -> None:
    expected = built.expected.periods
    assert_equal(built, expected, published(built, "rpt_availability", "period_start", expected))


def test_every_recovery_is_as_the_reference_has_it(built: Built) -> None:
    expected = {key: rows for key, rows in built.expected.recoveries.items() if rows}
    assert_equal(built, expected, published(built, "fct_outage_recovery", "epoch(started_at)::bigint", expected))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_is_as_it_was_worked_by_hand(built: Built, case: Case) -> None:
    percents = {
        "percent": "numerator * 10000 // denominator / 100",  # as pages show it: rounded down
        "low_percent": "round(100 * availability_low_ratio, 2)",
        "high_percent": "round(100 * availability_high_ratio, 2)",
    }
    for month, figures in case.figures.items():
        columns = [percents.get(name, name) for name in figures]
        (row,) = built.project.query(
            f"select {', '.join(columns)} from marts.rpt_availability"
            f" where service_id = '{case.name}' and period_start = date '{month}'"
        )
        assert dict(zip(figures, row, strict=True)) == figures, month
    recoveries = built.project.query(
        "select state, restore_seconds from marts.fct_outage_recovery"
        f" where service_id = '{case.name}' order by started_at"
    )
    assert recoveries == list(case.recoveries) or not case.recoveries


@pytest.mark.skipif(COUNT < 400, reason="fewer services were asked for")
def test_there_are_enough_service_months_and_all_that_matters_occurs(built: Built) -> None:
    """An agreement that nothing happens to proves nothing."""
    rows = [row for periods in built.expected.periods.values() for row in periods.values()]
    assert len(rows) >= WANTED_SERVICE_MONTHS
    days = [row for of_target in built.expected.days.values() for row in of_target.values()]
    for column in ("excluded_seconds", "unmeasured_seconds", "downtime_seconds", "maintenance_downtime_seconds"):
        assert sum(row[column] > 0 for row in days) > 100, column
    assert sum(row["chain_downtime_seconds"] > row["own_downtime_seconds"] for row in days) > 100
    states = [row["state"] for found in built.expected.recoveries.values() for row in found.values()]
    assert {"met", "breached", "running", "unknown"} <= set(states)
