"""A run that is told something impossible says so, at once, and touches nothing."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.small_project import ROOT, Project, published_state
from tests.unit.publishing.test_lock import HOLDER

NOTHING_PUBLISHED = "No release was published; the one in force, if any, is as it was."


def test_as_of_without_an_offset(new_project: Project) -> None:
    outcome = new_project.nightly(as_of="2026-04-01T00:00:00")
    assert outcome.status == 1
    assert NOTHING_PUBLISHED in outcome.errors
    assert 'SLM_AS_OF: "2026-04-01T00:00:00" has no offset; add Z for UTC or an offset' in outcome.last_lines
    assert not new_project.home.exists()


def test_all_impossible_settings_at_once(new_project: Project) -> None:
    outcome = new_project.nightly(as_of="yesterday", SLM_ALLOW_OLDER="perhaps", SLM_TARGET="oracle")
    assert outcome.status == 1
    for name in ("SLM_AS_OF", "SLM_ALLOW_OLDER", "SLM_TARGET"):
        assert f"{name}: " in outcome.last_lines


def test_project_directory_that_does_not_exist(new_project: Project, tmp_path: Path) -> None:
    outcome = new_project.nightly(SLM_PROJECT=str(tmp_path / "nowhere"))
    assert outcome.status == 1
    assert f"SLM_PROJECT: there is no directory {tmp_path / 'nowhere'}" in outcome.last_lines


def test_home_of_another_project(published_project: Project) -> None:
    before = published_state(published_project)
    published_project.write_settings(name="other")
    outcome = published_project.nightly()
    assert outcome.status == 1
    assert f'{published_project.home} belongs to the project "small", not to "other"' in outcome.last_lines
    assert published_state(published_project) == before


def test_home_that_is_a_file(new_project: Project) -> None:
    new_project.home.write_text("in the way")
    outcome = new_project.nightly()
    assert outcome.status == 1
    assert f"SLM_HOME: {new_project.home} cannot be written" in outcome.last_lines
    assert "Traceback" not in outcome.errors


@pytest.mark.parametrize("name", ["releases", "published"])
def test_place_of_the_releases_that_is_a_file(published_project: Project, name: str) -> None:
    """The operating system's refusal is told as such, with the place."""
    shutil.rmtree(published_project.home / "releases")
    shutil.rmtree(published_project.home / "published")
    place = published_project.home / name
    place.write_text("in the way")
    (error,) = published_project.audit_and_publish()
    assert "The operating system refused" in error
    assert str(place) in error
    assert place.read_text() == "in the way"


def test_missing_variables_and_secrets_are_named_all_at_once(new_project: Project) -> None:
    new_project.write_settings(
        sources=[
            {
                "name": "one",
                "type": "files",
                "feeds": {"tickets": "${ONE_FOLDER}/t.csv"},
                "token": {"env": "ONE_TOKEN"},
            },
            {"name": "two", "type": "files", "feeds": {"tickets": "${TWO_FOLDER}/t.csv"}},
        ]
    )
    outcome = new_project.nightly()
    assert outcome.status == 1
    for name in ("ONE_FOLDER", "TWO_FOLDER", "ONE_TOKEN"):
        assert name in outcome.last_lines
    assert not new_project.home.exists()


def test_unknown_source_type_is_found_before_any_data_is_touched(new_project: Project) -> None:
    new_project.write_settings(sources=[{"name": "desk", "type": "carrier-pigeon"}])
    outcome = new_project.nightly()
    assert outcome.status == 1
    assert "carrier-pigeon" in outcome.last_lines
    assert new_project.loads() == []


# ------------------------------------------------------------------------------------------------ two at one time


@pytest.fixture
def other_nightly(new_project: Project) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the home's lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(new_project.home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    yield process
    process.kill()
    process.wait()


def test_nightly_that_waited_in_vain_says_who_holds_the_home(
    new_project: Project, other_nightly: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration import nightly
    from orchestration.definitions import build_defs
    from orchestration.resources import NightlyRun

    monkeypatch.setattr(nightly, "build_defs", lambda: build_defs(NightlyRun(lock_wait_seconds=0)))
    outcome = new_project.nightly()
    assert outcome.status == 1
    assert f"{new_project.home} is locked by another nightly (process {other_nightly.pid}" in outcome.last_lines
    assert "then run again" in outcome.last_lines
    assert new_project.loads() == []
