"""dbt's own unit tests, run on a warehouse that a nightly has built (they read its columns, not its rows)."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.conftest import END, Acme
from tests.integration.small_project import ROOT


def test_dbt_unit_tests_pass_and_there_are_some(acme: Acme, tmp_path: Path) -> None:
    home = acme.project.home
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"), "test", "--select", "test_type:unit",
            "--profiles-dir", ".", "--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs"),
        ],
        cwd=ROOT / "dbt_project",
        env={
            **os.environ,
            "SLM_BUILD_DATABASE": str(home / "warehouse" / "build.duckdb"),
            "SLM_BUILD_INPUTS": str(home / "warehouse"),
            "SLM_AS_OF_EPOCH": str(_epoch(END)),
            "SLM_PROJECT_TIME_ZONE": "Europe/London",
            "SLM_PROJECT_PERIOD_TYPE": "month",
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    results_file = tmp_path / "target" / "run_results.json"
    assert results_file.exists(), done.stdout
    results = json.loads(results_file.read_text(encoding="utf-8"))["results"]
    failed = [
        f"{result['unique_id']}: {result['message']}" for result in results if result["status"] in ("error", "fail")
    ]
    assert not failed, "\n".join(failed)
    assert [result for result in results if result["unique_id"].startswith("unit_test.")], "no unit test was run"
    assert done.returncode == 0, done.stdout


def _epoch(text: str) -> int:
    from settings.instants import parse_instant

    return int(parse_instant(text).timestamp())
