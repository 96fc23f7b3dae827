"""A release names its code: the commit, the commit and what differs from it, or the content."""

from pathlib import Path

import pytest

from publishing.revision import code_revision, lock_hash
from tests.git_checkout import git


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A tree that looks like the project, not yet a repository."""
    (tmp_path / "publishing").mkdir()
    (tmp_path / "publishing" / "release.py").write_text("x = 1\n")
    (tmp_path / "README.md").write_text("hello\n")
    (tmp_path / "requirements.lock").write_text("duckdb==2.0.0\n")
    return tmp_path


@pytest.fixture
def commit(checkout: Path) -> str:
    git(checkout, "init", "--quiet")
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "-m", "first")
    return git(checkout, "rev-parse", "HEAD")


def test_clean_checkout_is_its_commit(checkout: Path, commit: str) -> None:
    assert code_revision(checkout) == commit


def test_changed_code_is_the_commit_and_a_digest(checkout: Path, commit: str) -> None:
    (checkout / "publishing" / "release.py").write_text("x = 2\n")
    two = code_revision(checkout)
    assert two.startswith(f"{commit}+")
    (checkout / "publishing" / "release.py").write_text("x = 3\n")
    assert code_revision(checkout) not in (commit, two)


def test_new_file_of_code_counts(checkout: Path, commit: str) -> None:
    (checkout / "publishing" / "ledger.py").write_text("y = 1\n")
    assert code_revision(checkout).startswith(f"{commit}+")


def test_documents_do_not_count(checkout: Path, commit: str) -> None:
    (checkout / "README.md").write_text("goodbye\n")
    assert code_revision(checkout) == commit


def test_without_a_repository_it_is_the_content(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(checkout.parent))
    first = code_revision(checkout)
    assert first.startswith("content:")
    assert code_revision(checkout) == first
    (checkout / "publishing" / "release.py").write_text("x = 2\n")
    assert code_revision(checkout) != first


def test_lock_hash_follows_the_lock(checkout: Path) -> None:
    first = lock_hash(checkout)
    (checkout / "requirements.lock").write_text("duckdb==2.0.1\n")
    assert lock_hash(checkout) != first
