"""Releases: immutable directories, one of which is in force.

A release is written beside its final place, sealed (every byte on disk, every file in the manifest, the manifest
checked against the files), renamed into place, and only then put in force by swapping one symbolic link. Killed
anywhere, the former release stays in force, whole; what lay half done is removed by the next run.
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from publishing import certificate as certificates
from publishing import evidence, ledger, measures, restatement, retention, withholding
from publishing.build import OFFLINE, PUBLISHED_SCHEMA, published_tables, quoted_path
from publishing.certificate import Certificate
from publishing.errors import PublishRefused, ReleaseDamaged
from publishing.ledger import Origin, Reopening, Restated
from publishing.restatement import Restating
from publishing.retention import Known, Retention, Verdict
from publishing.star import Star

DATABASE_FILE = "slm.duckdb"
MANIFEST_FILE = "manifest.json"
# Key columns of the tables that publishing itself adds.
CONTROL_KEYS: Mapping[str, Sequence[str]] = {
    "release": ["release_id"],
    "figure": ["figure_key", "sequence_number"],
    "figure_quality": ["figure_key"],
    "restatement": ["figure_key", "edition", "step_number"],
    "restatement_evidence": ["figure_key", "edition", "fact_table", "fact_key"],
    "release_retention": ["release_id"],
}
# slm.yaml and the agreements as they were: with landing and the code, all that the figures were made of.
PROJECT_FOLDER = "project"
STAGED_PREFIX = ".staged-"
REMOVED_PREFIX = ".removed-"
_NEXT_PREFIX = ".current-"
# A file system that has no hard links, or no more for this file.
_NO_LINKS = frozenset({errno.EPERM, errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS})
# Written so that every DuckDB client from 1.0 on can read it.
STORAGE_VERSION = "v1.0.0"

_CHECK_COMMENTS = {
    "": "One row per check of this release: dbt tests, expectations, freshness, late data, drift, measurements, with "
    "what was observed.",
    "build_id": "Build that was checked.",
    "check_id": "Name of the check.",
    "kind": "dbt_test, expectation, rule, freshness, late_data, drift or measurement.",
    "table_name": "Table that was checked.",
    "description": "What the check holds the table to.",
    "severity": "critical (stops the release), agreement (withholds the figures of its agreement) or warning (printed "
    "on the release).",
    "is_successful": "Whether the check held.",
    "observed": "What was observed.",
    "bounds": "What was allowed.",
    "agreement_id": "Agreement that the check is about; null where it is about the whole release.",
}
_RELEASE_COMMENTS = {
    "": "One row: this release.",
    "release_id": "Name of the release: the instant it speaks for and the start of its build id.",
    "project": "Name of the project.",
    "as_of_at": "Instant the figures speak for, UTC.",
    "built_at": "Instant the release was written, UTC.",
    "build_id": "Build that was audited and published.",
    "run_id": "Run of the nightly job that made it.",
    "code_revision": "Revision of the code.",
    "lock_hash": "Digest of the locked requirements.",
    "agreements_hash": "Digest of the agreements that were in force.",
    "input_hash": "Digest of agreements and loads together.",
    "previous_release_id": "Release that was in force before; null for the first.",
    "is_ledgered": "Whether its figures entered the ledger; an earlier as_of than the release in force does not.",
    "failed_warning_count": "Checks that failed without stopping the release.",
    "certificate_check_count": "Checks on the certificate.",
}


@dataclass(frozen=True)
class ReleaseInput:
    """What a release is made of. `as_of` and `built_at` are aware UTC."""

    project: str
    build_id: str
    run_id: str
    as_of: datetime
    built_at: datetime
    code_revision: str
    lock_hash: str
    agreements_hash: str
    load_ids: list[str]
    allow_older: bool
    project_files: Mapping[str, Path] = field(default_factory=dict)  # by name: slm.yaml, agreements/...
    reopenings: Sequence[Reopening] = ()
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)  # key columns by table of the build
    star: Star = field(default_factory=Star)
    retention: Retention | None = None  # which releases stay when this one is in force; None = all

    @property
    def origin(self) -> Origin:
        """What new rows of the ledger say of where they come from."""
        return Origin(self.release_id, int(self.as_of.timestamp()), self.build_id, self.code_revision, self.input_hash)

    @property
    def release_id(self) -> str:
        """Instant and build: sorts by what the release speaks for."""
        return f"{self.as_of:%Y%m%dT%H%M%SZ}-{self.build_id[:8]}"

    @property
    def input_hash(self) -> str:
        """Digest of agreements and loads."""
        return hashlib.sha256("\n".join([self.agreements_hash, *sorted(self.load_ids)]).encode()).hexdigest()


@dataclass(frozen=True)
class Release:
    """A finished release.

    `is_current`: whether it was put in force. `new_figure_count`: rows added to the ledger. `removed`: releases that
    the rule of slm.yaml did not keep.
    """

    release_id: str
    directory: Path
    is_current: bool
    new_figure_count: int
    table_rows: dict[str, int]
    removed: Sequence[str] = ()


def current_release(home: Path) -> Path | None:
    """Directory of the release in force, or None before the first. Raises ReleaseDamaged if the link leads nowhere."""
    link = home / "published" / "current"
    if not link.is_symlink():
        return None
    directory = link.resolve()
    if not (directory / MANIFEST_FILE).is_file():
        raise ReleaseDamaged(
            f"{link} leads to {directory}, which is no release. Point it at one in {home / 'releases'}."
        )
    return directory


def read_manifest(directory: Path) -> dict[str, Any]:
    """manifest.json of a release."""
    manifest: dict[str, Any] = json.loads((directory / MANIFEST_FILE).read_text(encoding="utf-8"))
    return manifest


def verify(directory: Path) -> None:
    """Afterwards every file of the release is known to be what the manifest says, and there is no other.

    Raises ReleaseDamaged naming the files.
    """
    expected = read_manifest(directory)["files"]
    found = {path: _sha256(directory / path) for path in _files(directory) if path != MANIFEST_FILE}
    wrong = sorted(path for path in expected.keys() | found.keys() if expected.get(path) != found.get(path))
    if wrong:
        raise ReleaseDamaged(f"{directory}: not as in the manifest: {', '.join(wrong)}")


def remove_unfinished(home: Path) -> list[str]:
    """Remove what a killed run left half done; returns the names removed. Needs the home's lock.

    A link that is still beside `current` names a release that was sealed but never came into force: it goes too.
    """
    removed = []
    for prefix in (STAGED_PREFIX, REMOVED_PREFIX):
        for directory in sorted((home / "releases").glob(f"{prefix}*")):
            shutil.rmtree(directory)
            removed.append(directory.name)
    in_force = (home / "published" / "current").resolve()
    for link in sorted((home / "published").glob(f"{_NEXT_PREFIX}*")):
        never_in_force = link.resolve()
        if never_in_force.is_dir() and never_in_force != in_force:
            shutil.rmtree(never_in_force)
            removed.append(never_in_force.name)
        link.unlink()
        removed.append(link.name)
    return removed


def publish(
    home: Path,
    build_database: Path,
    certificate: Certificate,
    made_of: ReleaseInput,
    write_report: Callable[[Path, Path], None] | None = None,
    restate: Callable[[Path, list[Restated]], Restating] | None = None,
) -> Release:
    """Write, seal and put in force a release of the audited build. The caller has demanded the certificate.

    `write_report(database, directory)` fills the report pack from the finished release database; None = no pages.
    `restate(base, figures)` computes closed figures that moved again, from the release `base` on; it is only called if
    there are any.
    """
    remove_unfinished(home)
    previous = current_release(home)
    previous_as_of = read_manifest(previous)["as_of"] if previous else ""
    as_of_text = made_of.as_of.isoformat().replace("+00:00", "Z")
    is_current = as_of_text >= previous_as_of or made_of.allow_older
    directory = home / "releases" / made_of.release_id
    if directory.exists():
        raise PublishRefused(f"{directory} exists: a build is published once. Run the whole nightly job.")
    staged = home / "releases" / f"{STAGED_PREFIX}{made_of.release_id}"
    staged.mkdir(parents=True)
    restating = Restating()
    if is_current:
        restating = _restating(home, build_database, made_of, previous, certificate.unsettled, restate)
    new_figures, rows, verdicts = _write_database(
        home, staged, build_database, certificate, made_of, previous, is_current, restating
    )
    certificates.save(certificate, staged)
    for name, path in made_of.project_files.items():
        kept = staged / PROJECT_FOLDER / name
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, kept)
    if write_report is not None:
        write_report(staged / DATABASE_FILE, staged / "report")
    _share_unchanged(staged, previous)
    _seal(staged, made_of, previous, as_of_text)
    # The link is there before the release is: whatever a kill leaves behind has a name.
    link = _link_to(home, made_of.release_id) if is_current else None
    os.rename(staged, directory)
    _fsync_directory(directory.parent)
    removed = [verdict.release.release_id for verdict in verdicts if verdict.reason is None]
    if link is not None:
        _put_in_force(link)
        _remove_releases(home, removed)
    return Release(made_of.release_id, directory, is_current, new_figures, rows, removed)


def _restating(
    home: Path,
    build_database: Path,
    made_of: ReleaseInput,
    previous: Path | None,
    unsettled: Collection[str],
    restate: Callable[[Path, list[Restated]], Restating] | None,
) -> Restating:
    """Why closed figures moved since the release in force; without steps if none did."""
    if previous is None:
        return Restating()
    figures = ledger.restated_figures(
        build_database, _ledger_file(previous), made_of.origin.as_of_epoch, made_of.reopenings, unsettled
    )
    if not figures:
        return Restating()
    # The release in force has the former editions, unless it speaks for an earlier instant than they do.
    base = previous
    if _as_of_epoch(previous) < min(figure.former_as_of_epoch for figure in figures):
        base = home / "releases" / max(figures, key=lambda figure: figure.former_as_of_epoch).former_release_id
    if not (base / MANIFEST_FILE).is_file():
        return Restating(failure=f"release {base.name} is gone")
    return restate(base, figures) if restate is not None else Restating(base)


def _ledger_file(release: Path) -> Path:
    return release / "parquet" / "figure.parquet"


def _as_of_epoch(release: Path) -> int:
    return int(datetime.fromisoformat(read_manifest(release)["as_of"]).timestamp())


def _write_database(
    home: Path,
    staged: Path,
    build_database: Path,
    certificate: Certificate,
    made_of: ReleaseInput,
    previous: Path | None,
    is_ledgered: bool,
    restating: Restating,
) -> tuple[int, dict[str, int], list[Verdict]]:
    """slm.duckdb and parquet/ of the release; returns rows added to the ledger, rows by table, which releases stay."""
    with duckdb.connect(":memory:", config=OFFLINE) as connection:
        connection.execute(f"attach '{quoted_path(build_database)}' as build (read_only)")
        connection.execute(
            f"attach '{quoted_path(staged / DATABASE_FILE)}' as released (storage_version '{STORAGE_VERSION}')"
        )
        connection.execute("use build")
        tables = published_tables(connection)
        connection.execute("use released")
        connection.execute(f"create schema {PUBLISHED_SCHEMA}")
        for table in tables:
            rows_of = withholding.rows_to_publish(
                f'build.{PUBLISHED_SCHEMA}."{table}"', table, _columns(connection, table), certificate.withheld
            )
            # Sorted by every column: the same figures make the same bytes.
            connection.execute(f'create table {PUBLISHED_SCHEMA}."{table}" as {rows_of} order by all')
            _copy_comments(connection, table)
        _write_evidence(connection)
        measures.write_figure_quality(connection, certificate.withheld, certificate.unread)
        _comment(connection, "figure_quality", measures.MEASURE_COMMENTS)
        ledger.propose(
            connection,
            PUBLISHED_SCHEMA,
            _ledger_file(previous) if previous else None,
            made_of.origin.as_of_epoch,
            made_of.reopenings,
            certificate.unsettled,
        )
        new_figures = ledger.write_ledger(connection, made_of.origin, is_ledgered)
        restated = ledger.proposed_restatements(connection) if is_ledgered else []
        restatement.write_restatements(connection, previous, made_of.origin, restated, restating)
        _comment(connection, "figure", ledger.COMMENTS)
        _comment(connection, "restatement", restatement.RESTATEMENT_COMMENTS)
        _comment(connection, "restatement_evidence", restatement.EVIDENCE_COMMENTS)
        verdicts = _verdicts(home, connection, made_of, previous, is_current=is_ledgered)
        retention.write_verdicts(connection, verdicts)
        _comment(connection, "release_retention", retention.COMMENTS)
        _write_checks(connection, certificate)
        _write_release_row(connection, certificate, made_of, previous, is_ledgered)
        rows = {}
        (staged / "parquet").mkdir()
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = 'released'"
            " union all select view_name from duckdb_views() where database_name = 'released' and not internal"
            " order by table_name"
        ).fetchall():
            counted = connection.execute(
                f'copy (select * from {PUBLISHED_SCHEMA}."{table}" order by all)'
                f" to '{quoted_path(staged / 'parquet' / table)}.parquet' (format parquet, compression zstd)"
            ).fetchone()
            rows[table] = int(counted[0]) if counted else 0
        connection.execute("use memory")
        connection.execute("detach released")
    return new_figures, rows, verdicts


def _verdicts(
    home: Path, connection: duckdb.DuckDBPyConnection, made_of: ReleaseInput, previous: Path | None, *, is_current: bool
) -> list[Verdict]:
    """What becomes of every release of the home, this one included. One that does not come into force removes none."""
    known = [Known(made_of.release_id, made_of.as_of, made_of.built_at, previous.name if previous else None)]
    for path in sorted((home / "releases").glob(f"[!.]*/{MANIFEST_FILE}")):
        if not path.parent.is_symlink():  # a link stands for another home's
            manifest = read_manifest(path.parent)
            as_of, built_at = (datetime.fromisoformat(manifest[name]) for name in ("as_of", "built_at"))
            known.append(Known(path.parent.name, as_of, built_at, manifest["previous_release_id"]))
    needed = [
        ("this release", [made_of.release_id]),
        ("named by an edition of a closed figure", retention.named_by_editions(connection)),
    ]
    return retention.judge(known, made_of.retention if is_current else None, made_of.built_at, needed)


def _share_unchanged(staged: Path, previous: Path | None) -> None:
    """Let files that are as in the release before be the same files on disk, so that they take no room twice.

    Releases are never written to, so it does not matter who else has a name for the file.
    """
    if previous is None:
        return
    before = read_manifest(previous)["files"]
    for path in _files(staged):
        ours, theirs = staged / path, previous / path
        # The manifest is not taken at its word: a file damaged since must not spread.
        if path in before and _sha256(ours) == before[path] and theirs.is_file() and _sha256(theirs) == before[path]:
            ours.unlink()
            try:
                os.link(theirs, ours)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                shutil.copyfile(theirs, ours)
                return


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Types of a table of the build by column."""
    return dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns()"
            " where database_name = 'build' and schema_name = ? and table_name = ? order by column_index",
            [PUBLISHED_SCHEMA, table],
        ).fetchall()
    )


def _copy_comments(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    comments = dict(
        connection.execute(
            "select column_name, comment from duckdb_columns()"
            " where database_name = 'build' and schema_name = ? and table_name = ? and comment is not null",
            [PUBLISHED_SCHEMA, table],
        ).fetchall()
    )
    row = connection.execute(
        "select comment from duckdb_tables() where database_name = 'build' and schema_name = ? and table_name = ?",
        [PUBLISHED_SCHEMA, table],
    ).fetchone()
    _comment(connection, table, {**comments, **({"": row[0]} if row and row[0] else {})})


def _write_evidence(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"create view {PUBLISHED_SCHEMA}.figure_evidence as {evidence.evidence_query(PUBLISHED_SCHEMA)}")
    _comment(connection, "figure_evidence", evidence.COMMENTS, kind="view")


def _comment(connection: duckdb.DuckDBPyConnection, table: str, comments: dict[str, str], kind: str = "table") -> None:
    """Comments by column name; the empty name is the table (or view) itself."""
    for column, text in comments.items():
        on = f'column {PUBLISHED_SCHEMA}."{table}"."{column}"' if column else f'{kind} {PUBLISHED_SCHEMA}."{table}"'
        connection.execute(f"comment on {on} is '{text.replace(chr(39), chr(39) * 2)}'")


def _write_checks(connection: duckdb.DuckDBPyConnection, certificate: Certificate) -> None:
    connection.execute(
        f"create table {PUBLISHED_SCHEMA}.certificate_check (build_id varchar not null, check_id varchar not null,"
        " kind varchar not null, table_name varchar not null, description varchar, severity varchar not null,"
        " is_successful boolean not null, observed varchar, bounds varchar, agreement_id varchar)"
    )
    rows = [
        [
            certificate.build_id,
            check.check_id,
            check.kind,
            check.table_name,
            check.description,
            check.severity,
            check.is_successful,
            check.observed,
            check.bounds,
            check.agreement_id,
        ]
        for check in certificate.checks
    ]
    if rows:
        connection.executemany(
            f"insert into {PUBLISHED_SCHEMA}.certificate_check values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
        )
    _comment(connection, "certificate_check", _CHECK_COMMENTS)


def _write_release_row(
    connection: duckdb.DuckDBPyConnection,
    certificate: Certificate,
    made_of: ReleaseInput,
    previous: Path | None,
    is_ledgered: bool,
) -> None:
    connection.execute(
        f"create table {PUBLISHED_SCHEMA}.release (release_id varchar not null, project varchar not null,"
        " as_of_at timestamp not null, built_at timestamp not null, build_id varchar not null, run_id varchar not null,"
        " code_revision varchar not null, lock_hash varchar not null, agreements_hash varchar not null,"
        " input_hash varchar not null, previous_release_id varchar, is_ledgered boolean not null,"
        " failed_warning_count bigint not null, certificate_check_count bigint not null)"
    )
    connection.execute(
        f"insert into {PUBLISHED_SCHEMA}.release values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            made_of.release_id,
            made_of.project,
            made_of.as_of.astimezone(UTC).replace(tzinfo=None),
            made_of.built_at.astimezone(UTC).replace(tzinfo=None, microsecond=0),
            made_of.build_id,
            made_of.run_id,
            made_of.code_revision,
            made_of.lock_hash,
            made_of.agreements_hash,
            made_of.input_hash,
            previous.name if previous else None,
            is_ledgered,
            len(certificate.warnings),
            len(certificate.checks),
        ],
    )
    _comment(connection, "release", _RELEASE_COMMENTS)


def _seal(staged: Path, made_of: ReleaseInput, previous: Path | None, as_of_text: str) -> None:
    """Everything on disk, manifest.json written, and the manifest proven against the files."""
    files = {path: _sha256(staged / path) for path in _files(staged)}
    for path in files:
        _fsync(staged / path)
    manifest = {
        "release_id": made_of.release_id,
        "project": made_of.project,
        "as_of": as_of_text,
        "built_at": made_of.built_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "build_id": made_of.build_id,
        "run_id": made_of.run_id,
        "code_revision": made_of.code_revision,
        "lock_hash": made_of.lock_hash,
        "agreements_hash": made_of.agreements_hash,
        "input_hash": made_of.input_hash,
        "load_ids": sorted(made_of.load_ids),
        "previous_release_id": previous.name if previous else None,
        "keys": {table: list(columns) for table, columns in {**made_of.keys, **CONTROL_KEYS}.items()},
        "star": dict(made_of.star.tables),
        "files": files,
    }
    manifest_path = staged / MANIFEST_FILE
    manifest_path.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    _fsync(manifest_path)
    for folder, _, _ in os.walk(staged):
        _fsync_directory(Path(folder))
    verify(staged)


def _link_to(home: Path, release_id: str) -> Path:
    """A link to the release beside `current`."""
    published = home / "published"
    published.mkdir(exist_ok=True)
    link = published / f"{_NEXT_PREFIX}{release_id}"
    link.symlink_to(Path("..") / "releases" / release_id)
    _fsync_directory(published)
    return link


def _put_in_force(link: Path) -> None:
    """One atomic step: readers see the old release or the new one, never neither."""
    os.replace(link, link.parent / "current")
    _fsync_directory(link.parent)


def _remove_releases(home: Path, names: Sequence[str]) -> None:
    """Afterwards these releases are gone; who has their files open goes on reading them.

    Each is renamed first, so that it is there whole or not at all. What a kill leaves under the other name, the next
    run removes.
    """
    aside = [home / "releases" / f"{REMOVED_PREFIX}{name}" for name in names]
    for name, directory in zip(names, aside, strict=True):
        os.rename(home / "releases" / name, directory)
    _fsync_directory(home / "releases")
    for directory in aside:
        shutil.rmtree(directory)


def _files(directory: Path) -> list[str]:
    return sorted(
        str((Path(folder) / name).relative_to(directory).as_posix())
        for folder, _, names in os.walk(directory)
        for name in names
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fsync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _fsync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
