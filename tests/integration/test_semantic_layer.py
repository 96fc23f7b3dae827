"""What dbt's semantic layer answers is what the mart says: `mf query` on a copy of a release."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.integration.small_project import ROOT, Project


def test_query_by_target_service_and_month_equals_the_mart(session_project: Project, tmp_path: Path) -> None:
    database = tmp_path / "slm.duckdb"  # the tool opens it for writing: never the release itself
    shutil.copyfile(session_project.current / "slm.duckdb", database)
    project = tmp_path / "dbt"
    shutil.copytree(ROOT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    tools = Path(sys.executable).parent
    environment = {**os.environ, "SLM_BUILD_DATABASE": str(database), "DBT_PROFILES_DIR": str(project)}
    for command in (
        [tools / "dbt", "parse", "--quiet"],
        [
            tools / "mf", "query", "--metrics", "good_events,counted_events,attainment", "--group-by",
            "figure__target_id,figure__service_id,figure__period_start__month", "--csv", tmp_path / "answer.csv",
        ],
    ):  # fmt: skip
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    with (tmp_path / "answer.csv").open(newline="") as file:
        answered = sorted(
            (
                row["figure__target_id"],
                row["figure__service_id"],
                row["figure__period_start__month"][:10],
                int(row["good_events"]),
                int(row["counted_events"]),
                float(row["attainment"]) if row["attainment"] else None,
            )
            for row in csv.DictReader(file)
        )
    expected = session_project.query(
        "select target_id, service_id, cast(period_start as varchar), numerator, denominator, attainment_ratio"
        " from marts.rpt_sla_scorecard order by all"
    )
    assert answered == expected
    assert ("resolve", "mail", "2026-03-01", 2, 3, 2 / 3) in answered
