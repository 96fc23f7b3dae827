"""Which code made a release: the git revision, or the content of the code where there is no repository.

And what lies between two revisions: the commits on the way from one to the other, and what files were in each.
"""

import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path

from publishing.errors import RevisionGone

# What a figure depends on. Examples, tests and documents are not among it.
_CODE = ("agreements", "dbt_project/dbt_project.yml", "dbt_project/profiles.yml", "dbt_project/macros",
         "dbt_project/models", "dbt_project/seeds", "dbt_project/tests", "expectations", "ingestion",
         "orchestration", "publishing", "reporting", "settings")  # fmt: skip
_SUFFIXES = frozenset({".py", ".sql", ".yml", ".csv", ".j2", ".css"})


def code_revision(root: Path) -> str:
    """The commit of the checkout at `root`, with `+` and a digest of the code if that differs from the commit.

    Outside a repository `content:` and the digest.
    """
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return f"content:{_digest(root)}"
    if _git(root, "status", "--porcelain", "--", *_CODE):
        return f"{commit}+{_digest(root)}"
    return commit


def lock_hash(root: Path) -> str:
    """SHA-256 of the locked requirements."""
    return hashlib.sha256((root / "requirements.lock").read_bytes()).hexdigest()


def is_commit(revision: str) -> bool:
    """Whether the revision is a commit and nothing beside it."""
    return ":" not in revision and "+" not in revision


def commits_between(root: Path, former: str, now: str) -> list[str]:
    """A way from one revision to the other, commit by commit, each the parent of the next; both ends are part of it.

    Raises RevisionGone if there is none: code that was never committed, a commit that is gone, other branches.
    """
    for revision in (former, now):
        if not is_commit(revision):
            raise RevisionGone(f"the code {revision} was never committed")
        if _git(root, "cat-file", "-e", f"{revision}^{{commit}}") is None:
            raise RevisionGone(f"commit {revision} is not at hand")
    listed = _git(root, "rev-list", "--parents", "--ancestry-path", f"{former}..{now}") or ""
    parents = {commit: of_commit for commit, *of_commit in (line.split() for line in listed.splitlines())}
    way = [now]
    while way[-1] != former:
        before = [parent for parent in parents.get(way[-1], []) if parent == former or parent in parents]
        if not before:
            raise RevisionGone(f"commit {former} does not lead to {now}")
        way.append(before[0])
    return way[::-1]


def versions_of(root: Path, path: str, commits: Sequence[str]) -> list[str]:
    """The text of a file at each of the commits; empty where it was not there."""
    return [_git(root, "show", f"{commit}:{path}") or "" for commit in commits]


def is_same_code(root: Path, one: str, other: str) -> bool:
    """Whether code and locked packages are the same at two commits."""
    return _git(root, "diff", "--quiet", one, other, "--", *_CODE, "requirements.lock") is not None


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:  # no git on this machine
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _digest(root: Path) -> str:
    digest = hashlib.sha256()
    for folder in _CODE:
        files = [root / folder] if (root / folder).is_file() else sorted((root / folder).rglob("*"))
        for path in files:
            if path.suffix in _SUFFIXES and path.is_file():
                digest.update(str(path.relative_to(root)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
