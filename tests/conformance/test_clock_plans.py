"""How DuckDB would run the clock: nothing that grows faster than the data.

Every model that has a row per ticket, event or clock joins by equality. A join by range or by nearness compares each
row with many, and a nested loop each with all.
"""

import json
from pathlib import Path

import duckdb
import pytest

from tests.conformance.published import Built

# Models of these rooms have a row per ticket, event, clock or figure.
ROOMS = {"clock", "tickets", "reconciliation", "scorecard", "sensitivity", "steering"}
# Read one row per contract or profile, of which there are few; they may compare all with all.
CONTRACT_SIDE = {"int_measured_agreements", "int_profile_agreements", "int_profile_targets", "int_ticket_targets"}
# What the drawn project has none of, so that DuckDB leaves the part of the plan out.
NOT_DRAWN = {
    "int_source_evidence": "counters of the source's own",
    "int_recovery_counts": "targets of recovery",
    "int_availability_periods": "targets of availability",
    "int_scorecard_counts": "targets of availability",
    "int_sla_verdicts": "Decisions on an instance",
    "int_sla_outcomes": "Decisions on an instance",
    "fct_ticket_sla": "Decisions on an instance",
}
SLOW = ("Asof Join", "IE Join", "Piecewise Merge Join", "Nested Loop Join", "Blockwise Nl Join")


def compiled_models(home: Path) -> list[tuple[str, str]]:
    """Name and query of each model of tickets, as the nightly ran it."""
    manifest = json.loads((home / "warehouse" / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    folder = home / "warehouse" / "dbt" / "compiled" / "slm_warehouse"
    return [
        (node["name"], (folder / node["original_file_path"]).read_text(encoding="utf-8"))
        for node in nodes
        if Path(node["original_file_path"]).parent.name in ROOMS or node["name"].startswith(("fct_ticket", "fct_sla"))
    ]


def plan_of(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    (_, plan), *_ = connection.execute(f"explain {query}").fetchall()
    return str(plan)


def joins_of(connection: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    plan = plan_of(connection, query)
    return {word for word in SLOW if word in plan}


@pytest.fixture(scope="module")
def plans(built: Built) -> dict[str, str]:
    """The plan of each model over the drawn tickets, which have every metric and policy."""
    home = built.project.home
    with duckdb.connect(str(home / "warehouse" / "build.duckdb"), read_only=True) as connection:
        return {name: plan_of(connection, query) for name, query in compiled_models(home)}


def test_no_model_of_the_clock_joins_by_range_alone(plans: dict[str, str]) -> None:
    assert len(plans) > 45
    found = {name: [word for word in SLOW if word in plan] for name, plan in plans.items() if name not in CONTRACT_SIDE}
    assert {name: words for name, words in found.items() if words} == {}


def test_no_plan_leaves_a_part_of_its_model_out(plans: dict[str, str]) -> None:
    """DuckDB prunes what it knows to be empty, and with it the joins that are to be looked at."""
    assert {name for name, plan in plans.items() if "Empty Result" in plan} <= NOT_DRAWN.keys()


@pytest.mark.parametrize(
    ("join", "condition"),
    [
        ("inner join", "a.x < b.x"),
        ("inner join", "a.x between b.x and b.y"),
        ("inner join", "a.x <> b.x"),
        ("inner join", "a.x = b.x or a.x = b.y"),
        ("asof join", "a.x >= b.x"),
    ],
)
def test_a_join_by_range_would_be_seen(join: str, condition: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table a as select range as x from range(10000)")
        connection.execute("create table b as select range as x, range + 1 as y from range(10000)")
        assert joins_of(connection, f"select * from a {join} b on {condition}")
