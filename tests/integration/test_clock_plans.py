"""How DuckDB would run the clock: nothing that grows faster than the data.

Every model that has a row per ticket, event or clock joins by equality. A join by range or by nearness compares each
row with many, and a nested loop each with all.
"""

import json
from pathlib import Path

import duckdb
import pytest

from tests.integration.small_project import Project

# Read one row per contract or profile, of which there are few; they may compare all with all.
CONTRACT_SIDE = {"int_measured_agreements", "int_profile_agreements", "int_profile_targets", "int_ticket_targets"}
SLOW = ("Asof Join", "IE Join", "Piecewise Merge Join", "Nested Loop Join", "Blockwise Nl Join")


def compiled_models(project: Project) -> list[tuple[str, str]]:
    """Name and query of each clock model, as the nightly ran it."""
    manifest = json.loads((project.home / "warehouse" / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    folder = project.home / "warehouse" / "dbt" / "compiled" / "slm_warehouse"
    return [
        (node["name"], (folder / node["original_file_path"]).read_text(encoding="utf-8"))
        for node in nodes
        if Path(node["original_file_path"]).parent.name in ("clock", "tickets") or node["name"].startswith("fct_ticket")
    ]


def joins_of(connection: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    (_, plan), *_ = connection.execute(f"explain {query}").fetchall()
    return {word for word in SLOW if word in plan}


def test_no_model_of_the_clock_joins_by_range_alone(session_project: Project) -> None:
    models = compiled_models(session_project)
    assert len(models) > 25
    database = session_project.home / "warehouse" / "build.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        found = {name: joins_of(connection, query) for name, query in models if name not in CONTRACT_SIDE}
    assert not {name: joins for name, joins in found.items() if joins}


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
