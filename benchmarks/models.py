"""Run dbt's models as plain SQL, in a process of its own: what the models cost without what dbt costs.

Belongs here: compiling a selection once, running it in one DuckDB, and saying what that took. Does not belong here:
which models and which inputs (`clock`).
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.layout import DBT_PROJECT

THREADS = 2  # as in dbt_project/profiles.yml
DATABASE = "build.duckdb"


@dataclass(frozen=True)
class Model:
    """One relation to make: its qualified name, its query and whether it is a view."""

    relation: str
    query: str
    is_view: bool


def compile_models(warehouse: Path, as_of: datetime, select: Sequence[str], target: Path) -> list[Model]:
    """The models that `select` names, in an order in which they can be made; their sources lie in `warehouse`."""
    env = {
        **os.environ,
        "SLM_AS_OF_EPOCH": str(int(as_of.timestamp())),
        "SLM_PROJECT_TIME_ZONE": "UTC",
        "SLM_PROJECT_PERIOD_TYPE": "month",
        "SLM_FIRST_PERIOD_START": "0001-01-01",
        "SLM_MAX_AFFECTED_TICKET_RATIO": "1",
        "SLM_BUILD_INPUTS": str(warehouse),
        "SLM_BUILD_DATABASE": str(warehouse / DATABASE),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
    }
    dbt = str(Path(sys.executable).parent / "dbt")
    command = [dbt, "compile", "--profiles-dir", ".", "--quiet", "--select", *select]
    done = subprocess.run(command, cwd=DBT_PROJECT, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"dbt compile ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}")
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    nodes = {
        name: node
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node.get("compiled_code")
    }
    return [*_source_views(manifest, warehouse), *_ordered(nodes)]


def _source_views(manifest: dict[str, Any], warehouse: Path) -> Iterator[Model]:
    for source in manifest["sources"].values():
        files = source["config"]["meta"]["files"]
        query = f"select * from read_parquet('{warehouse}/{files}', union_by_name = true)"
        yield Model(f'"{source["schema"]}"."{source["identifier"]}"', query, is_view=True)


def _ordered(nodes: dict[str, Any]) -> Iterator[Model]:
    made: set[str] = set()
    while len(made) < len(nodes):
        for name in sorted(nodes.keys() - made):
            needed = set(nodes[name]["depends_on"]["nodes"]) & nodes.keys()
            if needed <= made:
                node = nodes[name]
                yield Model(node["relation_name"], node["compiled_code"], node["config"]["materialized"] == "view")
                made.add(name)


def save(models: Sequence[Model], path: Path) -> None:
    """Write the models for `python -m benchmarks.models`."""
    path.write_text(json.dumps([vars(model) for model in models]), encoding="utf-8")


def connect(database: Path, memory_limit: str | None) -> duckdb.DuckDBPyConnection:
    """A DuckDB as dbt's profile sets it up."""
    connection = duckdb.connect(str(database))
    connection.execute(f"set threads = {THREADS}; set TimeZone = 'UTC'; set preserve_insertion_order = false")
    if memory_limit:
        connection.execute(f"set memory_limit = '{memory_limit}'")
    return connection


def make(models: Sequence[Model], database: Path, memory_limit: str | None) -> list[tuple[str, float]]:
    """Make every relation in a new database; returns (relation, CPU seconds of all threads) of each."""
    costs = []
    with connect(database, memory_limit) as connection:
        for schema in sorted({model.relation.split(".")[-2] for model in models}):
            connection.execute(f"create schema if not exists {schema}")
        for model in models:
            started = time.process_time()
            kind = "view" if model.is_view else "table"
            connection.execute(f"create {kind} {model.relation} as {model.query}")
            costs.append((model.relation, time.process_time() - started))
    return costs


def main() -> int:
    """`python -m benchmarks.models MODELS DATABASE [MEMORY_LIMIT]`: make them, print costs and peak memory as JSON."""
    models = [Model(**item) for item in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))]
    database = Path(sys.argv[2])
    database.unlink(missing_ok=True)
    costs = make(models, database, sys.argv[3] if len(sys.argv) > 3 else None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"peak_bytes": peak, "relations": costs}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
