"""What availability costs at size: 10,000 services, three years, a million outages.

Belongs here: the inputs of that size, the models that are run, and the floor they are compared with. Does not belong
here: how models are run (`models`). The floor is what DuckDB alone takes to read every input column and to write the
published tables once; both run in processes of their own, in turn.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import duckdb

from agreements.compile import compile_agreements
from benchmarks.measure import machine
from benchmarks.models import DATABASE, Model, compile_models, save
from ingestion.pull import ensure_empty_feeds
from orchestration.layout import ROOT
from settings.project import load_project

SERVICE_COUNT, OUTAGE_COUNT = 10_000, 1_000_000
AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
VALID_FROM = datetime(2023, 7, 1, tzinfo=UTC)
ROUNDS = 3
MEMORY_LIMIT = "800MB"
SOURCE, LOAD_ID = "desk", "000001-20260701T000000Z"
# What is published, and what rpt_availability is made of.
SELECTION = ("+fct_outage", "+fct_service_availability", "+int_availability_periods")
PUBLISHED = ("marts.fct_outage", "marts.fct_service_availability", "intermediate.int_availability_periods")


@dataclass(frozen=True)
class Run:
    """CPU seconds of making all relations, and the process's peak memory."""

    cpu_seconds: float
    peak_bytes: int
    relations: list[tuple[str, float]]


def availability_at_size() -> None:
    """Print the cost of the models beside the floor, and what the most expensive of them took."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        warehouse = home / "warehouse"
        _write_inputs(Path(folder) / "project", home)
        models = compile_models(warehouse, AS_OF, SELECTION, Path(folder) / "target")
        save(models, Path(folder) / "models.json")
        runs = [_run(Path(folder) / "models.json", warehouse / DATABASE)]
        save(_floor(warehouse, Path(folder)), Path(folder) / "floor.json")
        floors = []
        for _ in range(ROUNDS):
            floors.append(_run(Path(folder) / "floor.json", Path(folder) / "floor.duckdb"))
            runs.append(_run(Path(folder) / "models.json", warehouse / DATABASE))
    _report(runs[1:], floors)


def _run(models: Path, database: Path) -> Run:
    command = [sys.executable, "-m", "benchmarks.models", str(models), str(database), MEMORY_LIMIT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}")
    found = json.loads(done.stdout)
    relations = [(name, seconds) for name, seconds in found["relations"]]
    return Run(sum(seconds for _, seconds in relations), found["peak_bytes"], relations)


def _report(runs: Sequence[Run], floors: Sequence[Run]) -> None:
    cost, floor = median(run.cpu_seconds for run in runs), median(run.cpu_seconds for run in floors)
    peak = max(run.peak_bytes for run in runs)
    print(
        f"Availability of {SERVICE_COUNT:,} services over three years with {OUTAGE_COUNT:,} outages,"
        f" medians of {ROUNDS} runs in turn ({machine()})\n"
    )
    print("| | CPU s | peak memory |\n|---|---|---|")
    floor_peak = max(run.peak_bytes for run in floors)
    print(f"| reading every input column and writing what is published | {floor:.1f} | {floor_peak / 1e6:,.0f} MB |")
    print(f"| all models | {cost:.1f} | {peak / 1e6:,.0f} MB |")
    print(f"| **ratio** (aim 4.0; 1,000 MB) | **{cost / floor:.2f}** | |\n")
    last = sorted(runs[-1].relations, key=lambda entry: -entry[1])[:8]
    print("Most expensive: " + ", ".join(f"{name.split('.')[-1].strip(chr(34))} {cpu:.1f} s" for name, cpu in last))


def _floor(warehouse: Path, folder: Path) -> list[Model]:
    """Models that read the inputs and write the published tables, and nothing else."""
    inputs = [warehouse / "feeds" / "outages", warehouse / "agreements"]
    files = sorted(path for place in inputs for path in place.glob("*.parquet"))
    models = [
        Model(
            f'"once"."input_{number}"',
            f"select bit_xor(hash(rows)) as seen from read_parquet('{path}') as rows",
            False,
        )
        for number, path in enumerate(files)
    ]
    with _modest(warehouse / DATABASE) as connection:
        for number, table in enumerate(PUBLISHED):
            copy = folder / f"{table}.parquet"
            connection.execute(f"copy {table} to '{copy}' (format parquet)")
            models.append(Model(f'"once"."output_{number}"', f"select * from read_parquet('{copy}')", False))
    return models


def _modest(database: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB that takes little memory: the peak of a process counts from that of the one it was started by."""
    connection = duckdb.connect(str(database) if database else ":memory:", read_only=database is not None)
    connection.execute("set memory_limit = '300MB'; set enable_progress_bar = false")
    return connection


def _write_inputs(project: Path, home: Path) -> None:
    """A project of one service, compiled; then as many services as asked for, and their outages."""
    (project / "agreements").mkdir(parents=True)
    settings = {
        "apiVersion": "slm/v1",
        "name": "size",
        "reporting": {"timeZone": "UTC"},
        "reports": {"periods": 0},
        "sources": [],
    }
    weekly = {day: ["07:00-22:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}
    agreement = {
        "type": "SLA",
        "version": 1,
        "provider": "it",
        "consumer": "everybody",
        "services": [{"service": "service-0"}],
        "status": "in_force",
        "validity": {"from": VALID_FROM.date().isoformat(), "timeZone": "Europe/London"},
        "policies": {"minOutage": "PT5M"},
        "targets": [
            {
                "id": "up",
                "metric": "availability",
                "calendar": "shop",
                "objective": {"op": "gte", "targetPercent": 99.5},
            }
        ],
    }
    documents = [
        ("Customer", "everybody", {}),
        ("Service", "service-0", {"owner": "it"}),
        ("Calendar", "shop", {"timeZone": "Europe/London", "weekly": weekly}),
        ("Agreement", "sla", agreement),
    ]
    written = [
        json.dumps({"apiVersion": "slm/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
        for kind, name, spec in documents
    ]
    (project / "slm.yaml").write_text(json.dumps(settings), encoding="utf-8")
    (project / "agreements" / "all.yaml").write_text("\n---\n".join(written), encoding="utf-8")
    tables = home / "warehouse" / "agreements"
    compile_agreements(project, load_project(project, {}), int(AS_OF.timestamp()), tables)
    ensure_empty_feeds(home)
    with _modest() as connection:
        for table in ("service", "agreement_service"):
            _multiply(connection, tables / f"{table}.parquet")
        _write_outages(connection, home / "warehouse" / "feeds" / "outages" / f"{SOURCE}.{LOAD_ID}.parquet")


def _multiply(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """The table's one row, once for each service."""
    connection.execute(
        f"""
        create or replace temp table many as
        select * replace ('service-' || number as service_id)
        from read_parquet('{path}'), range({SERVICE_COUNT}) as services(number)
        """
    )
    connection.execute(f"copy many to '{path}' (format parquet)")


def _write_outages(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """About one outage in eleven days and service, from seconds to a day, one in ten of them maintenance."""
    begin, span = int(VALID_FROM.timestamp()), int((AS_OF - VALID_FROM).total_seconds())
    connection.execute("create macro draw(number, n) as (hash(number * 31 + n) % 1000003) / 1000003.0")
    connection.execute(
        f"""
        copy (
            select
                '{SOURCE}' as source, 'outages' as raw_feed, '{LOAD_ID}' as load_id, number as record_number,
                'data/outages.csv' as file, number + 2 as line, 'O' || number as outage_id,
                'service-' || (number % {SERVICE_COUNT}) as service_id, make_timestamp(started * 1000000) as started_at,
                make_timestamp((started + length) * 1000000) as ended_at,
                case
                    when draw(number, 3) < 0.1 then 'maintenance'
                    when draw(number, 3) < 0.5 then 'outage'
                    when draw(number, 3) < 0.8 then 'partial'
                    else 'degraded'
                end as kind,
                'cause ' || (number % 97) as cause,
                case when draw(number, 4) < 0.5 then 'provider' when draw(number, 4) < 0.8 then 'supplier' end
                    as attributed_to,
                make_timestamp((started + 60) * 1000000) as detected_at,
                make_timestamp((started + 600) * 1000000) as notified_at,
                cast(null as bigint) as data_loss_seconds, cast(null as timestamp) as announced_at,
                cast(null as varchar) as linked_ticket_id
            from (
                select
                    number,
                    {begin} + cast(draw(number, 1) * {span - 86400} as bigint) as started,
                    60 + cast(-5000 * ln(1.0 - draw(number, 2)) as bigint) as length
                from range({OUTAGE_COUNT}) as outages(number)
            ) as drawn
        ) to '{path}' (format parquet)
        """
    )
