"""What dbt's semantic layer answers is what the mart says: `mf query` on a copy of a release."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from tests.integration.small_project import ROOT, Project

# A second service with many tickets, nearly all of them good: beside it the mean of the services' ratios is far off.
BUSY = """
insert into marts.rpt_sla_scorecard
select * replace ('busy' as service_id, 198 as numerator, 200 as denominator, 0.99 as attainment_ratio)
from marts.rpt_sla_scorecard where denominator = 3
"""


def test_query_by_any_group_equals_the_mart(session_project: Project, tmp_path: Path) -> None:
    """At the mart's own grain, and over services and months together, where sums and means part."""
    database = tmp_path / "slm.duckdb"  # the tool opens it for writing: never the release itself
    shutil.copyfile(session_project.current / "slm.duckdb", database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(BUSY)
        expected = connection.execute(
            "select target_id, service_id, cast(period_start as varchar), numerator, denominator, attainment_ratio"
            " from marts.rpt_sla_scorecard order by all"
        ).fetchall()
        ((mean,),) = connection.execute("select avg(attainment_ratio) from marts.rpt_sla_scorecard").fetchall()
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
        [
            tools / "mf", "query", "--metrics", "good_events,counted_events,attainment", "--group-by", "figure__metric",
            "--csv", tmp_path / "coarse.csv",
        ],
        [
            tools / "mf", "query", "--metrics", "mean_on_clock_seconds,breached_clocks,attainment", "--group-by",
            "target__agreement_id", "--csv", tmp_path / "star.csv",
        ],
    ):  # fmt: skip
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    answered = [
        (row["figure__target_id"], row["figure__service_id"], row["figure__period_start__month"][:10], *measures(row))
        for row in answers(tmp_path / "answer.csv")
    ]
    assert sorted(answered) == expected
    assert ("resolve", "mail", "2026-03-01", 2, 3, 2 / 3) in answered
    (coarse,) = answers(tmp_path / "coarse.csv")
    assert (coarse["figure__metric"], *measures(coarse)) == ("time_to_resolve", 200, 203, 200 / 203)
    assert 200 / 203 - mean > 0.1
    # Through the star: facts and figures by a column of dim_target. Two hours, four, and four and a second.
    (star,) = answers(tmp_path / "star.csv")
    assert star["target__agreement_id"] == "sla-mail"
    assert float(star["mean_on_clock_seconds"]) == (7_200 + 14_400 + 14_401) / 3
    assert (int(star["breached_clocks"]), float(star["attainment"])) == (1, 200 / 203)


def answers(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def measures(row: dict[str, str]) -> tuple[int, int, float | None]:
    return int(row["good_events"]), int(row["counted_events"]), float(row["attainment"]) if row["attainment"] else None
