"""What the whole nightly costs beside the `dbt build` in it, on examples/acme (small)."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import machine, medians, run
from orchestration.layout import DBT_PROJECT, ROOT, HomeLayout
from orchestration.warehouse import BUILD_ARGUMENTS

AS_OF = "2026-11-01T00:00:00Z"
AS_OF_EPOCH = 1793491200
PAIRS = 3


NIGHTLY = [sys.executable, "-m", "orchestration.nightly"]


@contextlib.contextmanager
def acme_night() -> Iterator[tuple[HomeLayout, dict[str, str]]]:
    """Within the block there is a home of examples/acme (small) after one nightly, and the environment of its runs."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "acme"
        shutil.copytree(ROOT / "examples" / "acme", project, ignore=shutil.ignore_patterns("data", "*.py"))
        layout = HomeLayout(Path(folder) / "home")
        env = {
            **os.environ,
            "SLM_PROJECT": str(project),
            "SLM_HOME": str(layout.home),
            "SLM_AS_OF": AS_OF,
            "SLM_AS_OF_EPOCH": str(AS_OF_EPOCH),
            "SLM_PROJECT_TIME_ZONE": "Europe/London",
            "SLM_PROJECT_PERIOD_TYPE": "month",
            "SLM_FIRST_PERIOD_START": "2026-01-01",
            "SLM_MAX_AFFECTED_TICKET_RATIO": "1",
            "SLM_BUILD_INPUTS": str(layout.warehouse),
            "SLM_BUILD_DATABASE": str(layout.build_database),
            "DBT_TARGET_PATH": str(layout.dbt_target),
            "DBT_LOG_PATH": str(layout.dbt_target),
        }
        run(
            [sys.executable, "-m", "examples.acme.generate", "--until", AS_OF, "--out", str(project / "data")],
            env,
            ROOT,
        )
        run(NIGHTLY, env, ROOT)
        yield layout, env


def nightly_against_dbt_build() -> None:
    """Print both costs and their ratio. Each is run in turn, after one nightly that fills landing and caches."""
    build = [str(Path(sys.executable).parent / "dbt"), *BUILD_ARGUMENTS, "--profiles-dir", "."]
    with acme_night() as (layout, env):
        nightlies, builds = [], []
        for _ in range(PAIRS):
            layout.build_database.unlink(missing_ok=True)
            builds.append(run(build, env, DBT_PROJECT))
            nightlies.append(run(NIGHTLY, env, ROOT))
    whole, alone = medians(nightlies), medians(builds)
    print(f"The nightly beside `dbt build`, examples/acme (small), medians of {PAIRS} runs in turn ({machine()})\n")
    print("| | wall s | CPU s |\n|---|---|---|")
    print(f"| `dbt build` alone | {alone.wall_seconds:.1f} | {alone.cpu_seconds:.1f} |")
    print(f"| whole nightly | {whole.wall_seconds:.1f} | {whole.cpu_seconds:.1f} |")
    print(
        f"| **ratio** (aim 2.5) | **{whole.wall_seconds / alone.wall_seconds:.2f}** |"
        f" **{whole.cpu_seconds / alone.cpu_seconds:.2f}** |"
    )
