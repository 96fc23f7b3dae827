"""A past release is made again from landing, its agreements and the code: the same, or the difference is named."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from orchestration.reproduction import NotReproducible, code_at, differences, reproduce
from tests.integration.small_project import EVENT_HEADER, ROOT, Project, event
from tests.unit.publishing.conftest import AS_OF, Desk, figure


def test_release_is_made_again_though_files_agreements_and_landing_have_moved_on(
    published_project: Project, tmp_path: Path
) -> None:
    """A release with one before it, which speaks for a later instant: it was written and never came into force."""
    in_force = published_project.current.resolve()
    published_project.nightly("2026-03-20T00:00:00Z").demand_release()
    (earlier,) = {*published_project.releases()} - {in_force.name}
    published_project.write("data/events-corrected.csv", EVENT_HEADER, event("E2", "T2", "2026-03-02T14:00:01Z"))
    published_project.write("agreements/sla.yaml", "nonsense")
    later = published_project.home / "landing" / "desk" / "tickets" / "000009-20260601T000000Z"
    later.mkdir()
    (later / "manifest.json").write_text("{}")
    release = published_project.home / "releases" / earlier
    scratch = tmp_path / "again"
    scratch.mkdir()
    made = reproduce(published_project.home, earlier, ROOT, scratch)
    assert made != release
    assert differences(release, made) == []
    assert (scratch / "published" / "current").resolve() == in_force


def test_lost_load_is_named(published_project: Project, tmp_path: Path) -> None:
    (load,) = (published_project.home / "landing" / "desk" / "tickets").iterdir()
    load.rename(tmp_path / "lost")
    with pytest.raises(NotReproducible, match=r"load desk/tickets/000001-.* is gone from landing"):
        reproduce(published_project.home, published_project.current.resolve().name, ROOT, tmp_path)


def test_any_difference_but_names_and_times_of_runs_is_one(desk: Desk, tmp_path: Path) -> None:
    one = desk.publish(figure()).directory
    again = desk.elsewhere(tmp_path / "again")
    again.count = 7
    assert differences(one, again.publish(figure()).directory) == []
    other = desk.elsewhere(tmp_path / "other")
    assert differences(one, other.publish(figure(1), as_of=AS_OF + timedelta(days=1)).directory) == [
        "figure.parquet: 2 rows differ",
        "release.parquet: 2 rows differ",
        "rpt_sla_scorecard.parquet: other bytes, 2 rows differ",
    ]


def test_recorded_revision_is_checked_out_and_removed_again(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository")
    head = subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True, check=True, env={**os.environ}
    ).stdout.strip()
    with pytest.raises(NotReproducible, match="with other packages"), code_at(head, "0" * 64):
        pytest.fail("other packages")
    listed = subprocess.run(["git", "-C", ROOT, "worktree", "list"], capture_output=True, text=True, check=True).stdout
    assert "slm-code-" not in listed


@pytest.mark.parametrize("revision", ["content:0123456789abcdef", "a" * 40 + "+0123456789abcdef"])
def test_code_that_was_never_committed_cannot_be_had_again(revision: str) -> None:
    with pytest.raises(NotReproducible, match="never committed"), code_at(revision, ""):
        pytest.fail("made up code")
