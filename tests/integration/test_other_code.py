"""Figures that other code computes otherwise: the night after a change of code, and such a release made again.

Belongs here: what needs a second revision of the code, as a repository of its own. Causes that one revision can show
are in test_restatements.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.small_project import (
    AGREEMENT,
    EVENT_HEADER,
    ROOT,
    TICKET_HEADER,
    Outcome,
    Project,
    event,
    small_project,
    ticket,
)
from tests.integration.test_restatements import CLOSED, FIGURE, LATER, causes, editions

MODEL = Path("dbt_project/models/staging/stg_agreements__targets.sql")
METRICS = Path("dbt_project/seeds/metrics.csv")


@dataclass(frozen=True)
class Repository:
    """A copy of this code, as it lies here, that tests may commit to."""

    folder: Path

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", self.folder, "-c", "user.name=test", "-c", "user.email=test@localhost", *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, **changes: tuple[Path, str, str]) -> str:
        """Replace a text that occurs once in each file, and commit; returns the revision."""
        for path, before, after in changes.values():
            text = (self.folder / path).read_text(encoding="utf-8")
            assert text.count(before) == 1, f"{path}: {before}"
            (self.folder / path).write_text(text.replace(before, after), encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "--message", "as it is now")
        return self.git("rev-parse", "HEAD")

    def python(self, project: Project, as_of: str, *command: str) -> Outcome:
        """A module of this code, on the project, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env={**os.environ, **project.variables(as_of)},
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def nightly(self, project: Project, as_of: str) -> str:
        """One night by this code; returns the release in force."""
        dbt = [Path(sys.executable).parent / "dbt", "parse", "--profiles-dir", ".", "--quiet"]
        subprocess.run(dbt, cwd=self.folder / "dbt_project", check=True)
        self.python(project, as_of, "orchestration.nightly").demand_release()
        return project.current.resolve().name


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The code of this checkout, changes that are not committed included, as one commit."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository")
    made = Repository(tmp_path_factory.mktemp("repository"))
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (made.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (made.folder / name).write_bytes((ROOT / name).read_bytes())
    made.git("init", "--quiet")
    made.commit()
    return made


@dataclass(frozen=True)
class Nights:
    """A project after two nights, the release of each; the revisions from the first night's code to the second's."""

    project: Project
    revisions: list[str]
    releases: list[str]


@pytest.fixture(scope="module")
def nights(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """March closes with 2 of 3, and then everything at once; worked by hand, in the order of the causes.

    A commit takes a second off every threshold: T2, resolved at exactly four hours, breaches, 1 of 3. The next one adds
    a second under another formula: T2 and T3, a second later, are met, 3 of 3. A third changes documents. The agreement
    is amended in place to three hours: T2 and T3 breach, 1 of 3. T5 comes late and is met: 2 of 4.
    """
    project = small_project(tmp_path_factory.mktemp("other-code"))
    revisions = [repository.git("rev-parse", "HEAD")]
    releases = [repository.nightly(project, CLOSED)]
    as_it_is, stricter, laxer = (f"\n        threshold_seconds{by}," for by in ("", *(
        f" {sign} 1 as threshold_seconds" for sign in "-+"
    )))  # fmt: skip
    revisions.append(repository.commit(model=(MODEL, as_it_is, stricter)))
    formula = 'time_to_resolve,seconds,lower,"met / (met + breached); '
    revisions.append(
        repository.commit(model=(MODEL, stricter, laxer), metric=(METRICS, formula, formula + "a second late is met; "))
    )
    revisions.append(repository.commit(document=(Path("README.md"), "# slm-warehouse", "# The slm-warehouse")))
    project.write("agreements/sla.yaml", AGREEMENT.replace("PT4H", "PT3H"))
    project.write("data/tickets-late.csv", TICKET_HEADER, ticket("T5"))
    project.write("data/events-late.csv", EVENT_HEADER, event("E5", "T5", "2026-03-02T12:00:00Z"))
    releases.append(repository.nightly(project, LATER))
    return Nights(project, revisions, releases)


def test_code_and_definition_that_changed_together_are_told_apart(nights: Nights) -> None:
    """And both from an amendment in place and a late record."""
    first, stricter, laxer, _ = nights.revisions
    assert causes(nights.project) == [
        ("code", -1, 0),
        ("definition_change", 2, 0),
        ("amendment", -2, 0),
        ("late_data", 1, 1),
    ]
    assert editions(nights.project) == [(1, 2, 3, "met", True), (2, 2, 4, "met", False)]
    code, definition, *_ = nights.project.query(
        f"select explanation from marts.restatement where figure_key = '{FIGURE}' order by step_number"
    )
    assert code == (f"{first} → {stricter}",)
    assert definition == (f"{stricter} → {laxer}: another formula of time_to_resolve",)


def test_restated_release_is_made_again_with_its_ledger(nights: Nights, repository: Repository) -> None:
    """By the code of that night, on the release before it: editions, restatement and carried rows are the same."""
    done = repository.python(nights.project, LATER, "orchestration.reproduction", nights.releases[1])
    assert done.errors == ""
    assert done.status == 0
    assert f"{nights.releases[1]} was made again by {nights.revisions[-1][:12]}: the same" in done.output
    assert repository.git("worktree", "list").count("\n") == 0
