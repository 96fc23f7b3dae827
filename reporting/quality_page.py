"""The data-quality page of a release: what the certificate, the loads and the figures say of the data.

Belongs here: which tables stand on the page, and their headings. Does not belong here: the numbers (published tables),
the quality section of a customer's page (`method_section`).
Between `queries` and the template, as `pages` is for customers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reporting import wording
from reporting.method_section import certificate_note
from reporting.model import Badge
from reporting.pages import certificate_badge
from reporting.queries import Load, QualityCheck, ReleaseReader

QUALITY_FILE = "quality.html"


@dataclass(frozen=True)
class QualityTable:
    """One table of the page; `empty` stands there if it has no rows."""

    anchor: str
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    empty: str


@dataclass(frozen=True)
class QualityPage:
    """The whole page."""

    project: str
    as_of: str
    release_id: str
    certificate: Badge
    certificate_note: str
    tables: Sequence[QualityTable]


# Anchor, heading and kind of checks; without a kind, all that did not hold.
_CHECKS = (
    ("failed", "Checks that did not hold", None),
    ("freshness", "Freshness of sources", "freshness"),
    ("late", "Late records, and what is still to be expected", "late_data"),
    ("measurements", "Unmeasured time", "measurement"),
    ("drift", "Against the release before", "drift"),
)


def build_quality(reader: ReleaseReader) -> QualityPage:
    """The page of the release that is read."""
    release = reader.release()
    headings = ("Agreement", "Table", "Check", "Observed", "Allowed", "Held")
    tables = [
        QualityTable(
            anchor,
            title,
            headings,
            [_check_row(check) for check in reader.quality_checks(kind)],
            "None.",
        )
        for anchor, title, kind in _CHECKS
    ]
    tables.append(
        QualityTable(
            "loads",
            "Records read for this release",
            ("Source", "Feed", "Read", "Accepted", "Quarantined", "After the as-of", "Last load (UTC)"),
            [_load_row(load) for load in reader.loads()],
            "None.",
        )
    )
    tables.append(
        QualityTable(
            "figures",
            "Figures touched by rejected records, unmeasured time, withholding or a source that was not read",
            ("Figure", "Affected tickets", "Unmeasured time", "Withheld", "Not known"),
            [
                (
                    figure.figure_key,
                    f"{figure.affected_ticket_count:,} of {figure.ticket_count:,}" if figure.ticket_count else "",
                    f"{figure.unmeasured_seconds:,} of {figure.agreed_seconds:,} s" if figure.agreed_seconds else "",
                    figure.withheld_reason or "",
                    f"{figure.unread_sources} since {wording.instant_text(figure.unknown_since_at, 'UTC')} UTC"
                    if figure.unread_sources is not None and figure.unknown_since_at is not None
                    else "",
                )
                for figure in reader.touched_figures()
            ],
            "None.",
        )
    )
    return QualityPage(
        project=release.project,
        as_of=wording.instant_text(release.as_of_at, "UTC", with_zone=True),
        release_id=release.release_id,
        certificate=certificate_badge(release),
        certificate_note=certificate_note(release.passed_count, release.failed_count),
        tables=tables,
    )


def _check_row(check: QualityCheck) -> tuple[str, ...]:
    held = "yes" if check.is_successful else "no"
    what = check.description or check.check_id
    return check.agreement_id or "", check.table_name, what, check.observed or "", check.bounds or "", held


def _load_row(load: Load) -> tuple[str, ...]:
    counts = (load.landed_count, load.accepted_count, load.quarantined_count, load.after_as_of_count)
    return (
        load.source,
        load.feed,
        *(wording.count_text(count) for count in counts),
        wording.instant_text(load.last_loaded_at, "UTC"),
    )
