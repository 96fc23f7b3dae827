"""Which code made a release: the git revision, or the content of the code where there is no repository."""

import hashlib
import subprocess
from pathlib import Path

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
