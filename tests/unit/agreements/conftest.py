"""Small projects written for one test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from agreement_documents import AS_OF, BASE

from agreements.validate import ValidProject, validate
from settings.errors import ProjectError
from settings.project import load_project

WriteProject = Callable[..., Path]


@pytest.fixture
def write_project(tmp_path: Path) -> WriteProject:
    """Writes slm.yaml and one file of documents (the base documents and the given ones); returns the directory."""

    def write(*documents: dict[str, Any], settings: str = "", base: bool = True) -> Path:
        project = tmp_path / "project"
        (project / "agreements").mkdir(parents=True, exist_ok=True)
        head = "apiVersion: slm/v1\nname: test\nreporting: {timeZone: Europe/London}\n"
        (project / "slm.yaml").write_text(settings or head, encoding="utf-8")
        text = yaml.safe_dump_all([*(BASE if base else []), *documents], sort_keys=False)
        (project / "agreements" / "all.yaml").write_text(text, encoding="utf-8")
        return project

    return write


@pytest.fixture
def check(write_project: WriteProject) -> Callable[..., ValidProject]:
    """Validates the given documents beside the base documents."""

    def run(*documents: dict[str, Any], **options: Any) -> ValidProject:
        project = write_project(*documents, **options)
        return validate(project, load_project(project, {}), AS_OF)

    return run


@pytest.fixture
def errors_of(check: Callable[..., ValidProject]) -> Callable[..., list[str]]:
    """The errors of the given documents, as "path: reason"."""

    def run(*documents: dict[str, Any], **options: Any) -> list[str]:
        with pytest.raises(ProjectError) as caught:
            check(*documents, **options)
        return [f"{problem.path}: {problem.reason}" for problem in caught.value.problems]

    return run


@pytest.fixture
def findings_of(check: Callable[..., ValidProject]) -> Callable[..., list[tuple[str, str]]]:
    """The findings of the given documents, as (severity, "path: reason")."""

    def run(*documents: dict[str, Any], **options: Any) -> list[tuple[str, str]]:
        found = check(*documents, **options).findings
        return [(finding.severity, f"{finding.problem.path}: {finding.problem.reason}") for finding in found]

    return run
