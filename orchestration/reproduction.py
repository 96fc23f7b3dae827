"""`python -m orchestration.reproduction RELEASE`: make a past release again and compare.

From landing (the loads that its manifest lists), the slm.yaml and agreements that it holds, the release before it (for
the ledger), and the code at the recorded revision, checked out as a git worktree. Facts, dimensions and reports must be
the same byte for byte; control tables the same but for ids and times of runs.

Belongs here: laying out the scratch home, running the other code, comparing. Does not belong here: how a night works.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from ingestion.reading import Reading, keep_reading
from orchestration.forgetting import forgotten
from orchestration.layout import ROOT, HomeLayout
from publishing.build import OFFLINE, PUBLISHED_SCHEMA, quoted_path
from publishing.certificate import CERTIFICATE_FILE
from publishing.release import DATABASE_FILE, MANIFEST_FILE, PROJECT_FOLDER, read_manifest, verify
from publishing.revision import is_commit, lock_hash
from settings.errors import SlmError
from settings.project import PROJECT_FILE
from settings.run import HOME_FILE, RunSettings

# What a run calls itself and when it ran; everything else in a control table follows from the inputs.
OF_THE_RUN = frozenset({"release_id", "build_id", "run_id", "built_at"})
BYTE_FOR_BYTE = ("dim_", "fct_", "rpt_")
# Speaks of the other releases that there were, not of what this one is made of.
OF_THE_HOME = frozenset({"release_retention.parquet"})


class NotReproducible(SlmError):
    """The release cannot be made again, or what was made is another."""


def reproduce(home: Path, release_id: str, code: Path, scratch: Path) -> Path:
    """Make the release again by the code in the directory `code`; returns the new one, in a home below `scratch`.

    Raises NotReproducible if an input is gone or the night fails.
    """
    release = home / "releases" / release_id
    if not release.is_dir():
        raise NotReproducible(f"There is no release {release_id} in {home / 'releases'}.")
    touched = [entry.at for entry in forgotten(home) if release_id in entry.releases]
    if touched:
        raise NotReproducible(
            f"Release {release_id} was made of records of a person who was forgotten since ({', '.join(touched)}): "
            "it cannot be made again. Its figures stand."
        )
    verify(release)
    manifest = read_manifest(release)
    project = release / PROJECT_FOLDER
    if not (project / PROJECT_FILE).is_file():
        raise NotReproducible(f"Release {release_id} does not hold its agreements: it is older than this feature.")
    _lay_out(home, release, manifest, scratch)
    _lay_out_earlier(home, manifest, scratch)
    # One for an earlier instant than the release before it came into force only if that was allowed.
    _night(release, manifest, code, scratch, allow_older="1" if _came_into_force(release) else "")
    made = [path for path in (scratch / "releases").iterdir() if not path.is_symlink()]
    if len(made) != 1:
        raise NotReproducible(f"{code}: the night published nothing.")
    return made[0]


def build_again(home: Path, release: Path, code: Path, scratch: Path) -> Path:
    """What the code in the directory `code` makes of the release's inputs, without any ledger; the build database.

    Raises NotReproducible if an input is gone or the night fails.
    """
    manifest = read_manifest(release)
    scratch.mkdir(parents=True)
    _lay_out(home, release, manifest, scratch)
    _night(release, manifest, code, scratch)
    return HomeLayout(scratch).build_database


def _night(release: Path, manifest: dict[str, Any], code: Path, scratch: Path, allow_older: str = "") -> None:
    environment = {
        **os.environ,
        "SLM_PROJECT": str(release / PROJECT_FOLDER),
        "SLM_HOME": str(scratch),
        "SLM_AS_OF": manifest["as_of"],
        "SLM_LANDED_ONLY": "1",
        "SLM_ALLOW_OLDER": allow_older,
        "SLM_POSTGRES_DSN": "",
    }
    dbt = Path(sys.executable).parent / "dbt"
    _run([dbt, "parse", "--profiles-dir", ".", "--quiet"], code / "dbt_project", environment)
    _run([sys.executable, "-m", "orchestration.nightly"], code, environment)


def _came_into_force(release: Path) -> bool:
    with duckdb.connect(str(release / DATABASE_FILE), read_only=True, config=OFFLINE) as connection:
        ((is_ledgered,),) = connection.execute(f"select is_ledgered from {PUBLISHED_SCHEMA}.release").fetchall()
    return bool(is_ledgered)


def differences(release: Path, made: Path) -> list[str]:
    """What the release made again has otherwise, a line per table; empty = it is the same."""
    parquet = {path.name for folder in (release, made) for path in (folder / "parquet").glob("*.parquet")}
    tables = sorted(parquet - OF_THE_HOME)
    found = []
    with duckdb.connect(config=OFFLINE) as connection:
        for name in tables:
            one, other = release / "parquet" / name, made / "parquet" / name
            if not (one.is_file() and other.is_file()):
                found.append(f"{name}: only in {'the release' if one.is_file() else 'what was made again'}")
            elif one.read_bytes() == other.read_bytes():
                continue
            elif name.startswith(BYTE_FOR_BYTE):
                found.append(f"{name}: other bytes, {_differing_rows(connection, one, other)} rows differ")
            elif count := _differing_rows(connection, one, other):
                found.append(f"{name}: {count} rows differ")
    return found


def _differing_rows(connection: duckdb.DuckDBPyConnection, one: Path, other: Path) -> int:
    """Rows that are in one of the two only, but for what runs call themselves."""
    columns = [row[0] for row in connection.execute(f"describe from '{quoted_path(one)}'").fetchall()]
    named = ", ".join(f'"{name}"' for name in columns if name not in OF_THE_RUN)
    rows = [f"select {named} from read_parquet('{quoted_path(path)}')" for path in (one, other)]
    try:
        counted = connection.execute(
            f"select count(*) from (({rows[0]} except all {rows[1]}) union all ({rows[1]} except all {rows[0]}))"
        ).fetchall()
    except duckdb.BinderException:  # a column that only one of them has
        return int(connection.execute(f"select count(*) from read_parquet('{quoted_path(one)}')").fetchall()[0][0])
    return int(counted[0][0])


def _lay_out(home: Path, release: Path, manifest: dict[str, Any], scratch: Path) -> None:
    """A home with these loads, for which links stand. What could not be read then counts as unread again."""
    (scratch / HOME_FILE).write_text(json.dumps({"project": manifest["project"]}) + "\n", encoding="utf-8")
    for load_id in manifest["load_ids"]:
        if not (home / "landing" / load_id).is_dir():
            raise NotReproducible(f"The load {load_id} is gone from landing.")
        _link(home / "landing" / load_id, scratch / "landing" / load_id)
    for unread in json.loads((release / CERTIFICATE_FILE).read_text(encoding="utf-8")).get("unread", []):
        keep_reading(
            scratch, Reading(unread["source"], datetime.fromisoformat(unread["read_at"]), failure=unread["failure"])
        )


def _lay_out_earlier(home: Path, manifest: dict[str, Any], scratch: Path) -> None:
    """In the home, too, the releases that there were, the one before in force.

    Restatements start from an earlier release and its loads, which may be of a source that was dropped since.
    """
    previous = manifest["previous_release_id"]
    if previous is not None and not (home / "releases" / previous).is_dir():
        raise NotReproducible(f"The release before, {previous}, is gone: the ledger would begin anew.")
    (scratch / "releases").mkdir()
    load_ids: set[str] = set()
    for earlier in sorted((home / "releases").glob(f"[!.]*/{MANIFEST_FILE}")):
        of_earlier = read_manifest(earlier.parent)
        if of_earlier["built_at"] < manifest["built_at"] or earlier.parent.name == previous:
            load_ids.update(of_earlier["load_ids"])
            _link(earlier.parent, scratch / "releases" / earlier.parent.name)
    for load_id in sorted(load_ids - set(manifest["load_ids"])):
        if (home / "landing" / load_id).is_dir():
            _link(home / "landing" / load_id, scratch / "landing" / load_id)
    if previous is not None:
        (scratch / "published").mkdir()
        (scratch / "published" / "current").symlink_to(Path("..") / "releases" / previous)


def _link(folder: Path, link: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(folder.absolute(), target_is_directory=True)


def _run(command: Sequence[str | Path], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotReproducible(f"{folder}: {command[-1]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


@contextlib.contextmanager
def code_at(revision: str, locked: str) -> Iterator[Path]:
    """The code at a recorded revision, as a git worktree that is there for the block.

    Raises NotReproducible for code that was never committed, and for other packages than those installed here.
    """
    if not is_commit(revision):
        raise NotReproducible(f"The release was made by code that was never committed ({revision}).")
    with tempfile.TemporaryDirectory(prefix="slm-code-") as folder:
        code = Path(folder) / "code"
        worktree = ["git", "-C", str(ROOT), "worktree"]
        _run([*worktree, "add", "--detach", "--quiet", str(code), revision], ROOT, {**os.environ})
        try:
            if lock_hash(code) != locked or lock_hash(code) != lock_hash(ROOT):
                raise NotReproducible(
                    f"The release was made with other packages than those installed here (lock {locked[:12]}). "
                    f"Check out {revision[:12]} in a folder of its own, and run `make reproduce` there."
                )
            yield code
        finally:
            _run([*worktree, "remove", "--force", str(code)], ROOT, {**os.environ})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status, 0 only if the release was made again without a difference."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.reproduction", description="Make a release again.")
    parser.add_argument("release", help="its id, the name of its directory")
    options = parser.parse_args(arguments)
    try:
        settings = RunSettings.from_environment(os.environ, datetime.now(UTC))
        release = settings.home / "releases" / options.release
        if not release.is_dir():
            raise NotReproducible(f"There is no release {options.release} in {release.parent}.")
        manifest = read_manifest(release)
        with (
            code_at(manifest["code_revision"], manifest["lock_hash"]) as code,
            tempfile.TemporaryDirectory(prefix="slm-again-") as scratch,
        ):
            found = differences(release, reproduce(settings.home, options.release, code, Path(scratch)))
    except SlmError as error:
        print(error, file=sys.stderr)
        return 1
    if found:
        print(f"{options.release} was made again and is another:", *found, sep="\n  ", file=sys.stderr)
        return 1
    print(f"{options.release} was made again by {manifest['code_revision'][:12]}: the same, byte for byte")
    return 0


if __name__ == "__main__":
    sys.exit(main())
