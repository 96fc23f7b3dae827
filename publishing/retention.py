"""Retention: which releases stay, by a rule.

Kept are, whatever the rule says, the release in force, every release that an edition of a closed figure names, and of
each release that stays the one before it: its ledger began there, and without it it could not be made again. Editions
themselves are never lost: they travel in the ledger of every release.

Belongs here: the rule, the table `release_retention`. Does not belong here: what slm.yaml says (settings), how a
release comes and goes (release).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb

from publishing.build import PUBLISHED_SCHEMA

COMMENTS = {
    "": "One row per release of the home when this one was published: whether the rule of slm.yaml keeps it, and why.",
    "release_id": "Name of the release.",
    "as_of_at": "Instant that release speaks for, UTC.",
    "built_at": "Instant it was written, UTC.",
    "is_kept": "False: removed as soon as this release was in force.",
    "reason": "What keeps it; null if nothing does.",
}


@dataclass(frozen=True)
class Retention:
    """The rule: all of the last `within`; the last release of so many days, months and years that have one."""

    within: timedelta
    daily: int
    monthly: int
    yearly: int


@dataclass(frozen=True)
class Known:
    """A release of the home. Both instants are aware UTC. `previous` was in force when it was made."""

    release_id: str
    as_of: datetime
    built_at: datetime
    previous: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What becomes of a release; `reason` is None if nothing keeps it."""

    release: Known
    reason: str | None


def judge(
    releases: Iterable[Known], retention: Retention | None, now: datetime, needed: Sequence[tuple[str, Collection[str]]]
) -> list[Verdict]:
    """The fate of every release, in the order of what they speak for. Without a rule all are kept.

    `needed` are reasons and the releases that they keep, whatever the rule says. A release counts for the UTC day,
    month and year that it speaks for, and the one written last stands for all of that day, month or year.
    """
    ordered = sorted(releases, key=lambda release: (release.as_of, release.built_at, release.release_id))
    reasons: dict[str, str] = {}
    for reason, names in needed:
        for name in names:
            reasons.setdefault(name, reason)
    for release in ordered:
        if retention is None:
            reasons.setdefault(release.release_id, "no rule")
        elif now - release.built_at <= retention.within:
            reasons.setdefault(release.release_id, "new")
    rules = [] if retention is None else [
        ("%Y-%m-%d", retention.daily, "last of its day"),
        ("%Y-%m", retention.monthly, "last of its month"),
        ("%Y", retention.yearly, "last of its year"),
    ]  # fmt: skip
    for form, count, reason in rules:
        last = {f"{release.as_of:{form}}": release.release_id for release in ordered}
        for name in [last[period] for period in sorted(last)][max(0, len(last) - count) :]:
            reasons.setdefault(name, reason)
    for release in [release for release in ordered if release.release_id in reasons]:
        if release.previous is not None:
            reasons.setdefault(release.previous, f"before {release.release_id}")
    return [Verdict(release, reasons.get(release.release_id)) for release in ordered]


def write_verdicts(connection: duckdb.DuckDBPyConnection, verdicts: Sequence[Verdict]) -> None:
    """Create the table `release_retention` in the release database."""
    connection.execute(
        f"create table {PUBLISHED_SCHEMA}.release_retention (release_id varchar not null, as_of_at timestamp not null,"
        " built_at timestamp not null, is_kept boolean not null, reason varchar)"
    )
    for verdict in verdicts:
        release = verdict.release
        connection.execute(
            f"insert into {PUBLISHED_SCHEMA}.release_retention values (?, ?, ?, ?, ?)",
            [release.release_id, _naive(release.as_of), _naive(release.built_at), verdict.reason is not None,
             verdict.reason],
        )  # fmt: skip


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def named_by_editions(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The releases that published an edition of a closed figure, by the ledger in the release database."""
    rows = connection.execute(f"select distinct release_id from {PUBLISHED_SCHEMA}.figure where edition is not null")
    return {str(name) for (name,) in rows.fetchall()}
