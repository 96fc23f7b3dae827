"""The shipped examples, each built once per session.

Belongs here: copying an example, its data, its nights. Does not belong here: what the answers are (the tests say so).
"""

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from tests.integration.small_project import ROOT, Outcome, Project

BEFORE_CORRECTION = "2026-05-14T00:00:00Z"
END = "2026-11-01T00:00:00Z"
PUBLIC_AS_OF = "2026-09-01T00:00:00Z"


@dataclass(frozen=True)
class Acme:
    """The made company after two nights: before its late correction, and at the end of October."""

    project: Project
    first: Outcome
    second: Outcome
    first_release: str


def export_until(project: Project, instant: str) -> None:
    """What the company's desk has exported by then."""
    from examples.acme.generate import generate

    generate(int(datetime.fromisoformat(instant).timestamp()), project.folder / "data")


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory, parsed_models: Path) -> Acme:
    """examples/acme as it is shipped, in a folder of its own."""
    folder = tmp_path_factory.mktemp("acme")
    project = Project(folder / "project", folder / "home")
    shutil.copytree(
        ROOT / "examples/acme", project.folder, ignore=shutil.ignore_patterns("data", "*.py", "__pycache__")
    )
    export_until(project, BEFORE_CORRECTION)
    first = project.nightly(as_of=BEFORE_CORRECTION).demand_release()
    first_release = project.current.resolve().name
    export_until(project, END)
    # The last night as a person runs it: a process of its own, whose exit status counts.
    second = project.nightly_process(as_of=END).demand_release()
    return Acme(project, first, second, first_release)


@pytest.fixture(scope="session")
def public_record(tmp_path_factory: pytest.TempPathFactory, parsed_models: Path) -> Project:
    """examples/public-record on the data in SLM_PUBLIC_DATA, or on those beside the checkout during development."""
    data = Path(os.environ.get("SLM_PUBLIC_DATA") or ROOT.parent / "shared" / "data")
    if not os.environ.get("SLM_PUBLIC_DATA") and not data.is_dir():
        pytest.skip(f"SLM_PUBLIC_DATA is not set and there is no {data}: the public record has no data here")
    folder = tmp_path_factory.mktemp("public-record")
    project = Project(folder / "project", folder / "home")
    shutil.copytree(ROOT / "examples/public-record", project.folder)
    settings = yaml.safe_load((project.folder / "slm.yaml").read_text(encoding="utf-8"))
    # Pages are shown elsewhere; here it is the figures that count.
    settings["reports"] = {**settings["reports"], "periods": 1, "formats": ["html"]}
    (project.folder / "slm.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    project.nightly(as_of=PUBLIC_AS_OF, SLM_PUBLIC_DATA=str(data.resolve())).demand_release()
    return project
