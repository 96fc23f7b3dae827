"""How old the data of an agreement's figures may be, and whether a night may go on without a source.

A figure depends on every source that has a feed its metric is made of, whether or not the source ever had a row of the
agreement's services: what was never delivered may be exactly what is missing now.

Belongs here: the rule, over the compiled agreements. Does not belong here: which source could not be read, and when it
was read last (ingestion), what a certificate says of it (publishing).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from agreements.metrics import METRICS


@dataclass(frozen=True)
class Terms:
    """What an agreement says at the instant of a build. `limit_seconds` None = its sources are to be read."""

    agreement_id: str
    limit_seconds: int | None
    feeds: frozenset[str]  # the canonical feeds that its figures, those of former versions too, are made of

    @property
    def limit_text(self) -> str:
        """The limit as an agreement writes it: PT36H, PT90M."""
        if self.limit_seconds is None:
            return "none"
        minutes, rest = divmod(self.limit_seconds, 60)
        if rest:
            return f"PT{self.limit_seconds}S"
        return f"PT{minutes}M" if minutes % 60 else f"PT{minutes // 60}H"


@dataclass(frozen=True)
class Verdict:
    """The agreements that depend on a source which was not read, by what they say to that."""

    silent: tuple[Terms, ...] = ()  # no word of staleness: the night stops
    within: tuple[Terms, ...] = ()
    overdue: tuple[Terms, ...] = ()

    def refusal(self, *, may_withhold: bool) -> str | None:
        """Why the night cannot go on, in half a sentence; None = it can.

        `may_withhold`: whether the figures of single agreements may be withheld.
        """
        if self.silent:
            names = ", ".join(terms.agreement_id for terms in self.silent)
            return f"{names} must not be reported without it; policies.staleness says how old its data may be"
        if self.overdue and not may_withhold:
            names = ", ".join(f"{terms.agreement_id} ({terms.limit_text})" for terms in self.overdue)
            return f"that is longer ago than {names} allows; withhold: agreement in slm.yaml lets the others out"
        if not self.within and not self.overdue:
            return "no agreement says that its data may be stale (policies.staleness)"
        return None


def terms_at(compiled: Path, as_of: datetime) -> list[Terms]:
    """The terms of each measured agreement, by id, from the folder of the compiled tables. `as_of` has a zone.

    The limit is that of the version in force at `as_of`, of the latest begun before it, or else of the first to come.
    """
    instant = int(as_of.timestamp())
    versions: dict[str, list[dict[str, Any]]] = {}
    for row in pq.read_table(compiled / "agreement.parquet").to_pylist():
        if row["is_measured"]:
            versions.setdefault(row["agreement_id"], []).append(row)
    feeds: dict[str, frozenset[str]] = {}
    for row in pq.read_table(compiled / "target.parquet").to_pylist():
        if row["is_measured"]:
            of_metric = METRICS[row["metric"].partition(":")[0]].feeds
            feeds[row["agreement_id"]] = feeds.get(row["agreement_id"], frozenset()) | of_metric
    found = []
    for agreement_id, rows in sorted(versions.items()):
        ordered = sorted(rows, key=lambda row: row["valid_from_epoch"])
        begun = [row for row in ordered if row["valid_from_epoch"] <= instant]
        limit = (begun[-1] if begun else ordered[0])["staleness_seconds"]
        found.append(Terms(agreement_id, limit, feeds.get(agreement_id, frozenset())))
    return found


def judge(terms: Sequence[Terms], feeds: Collection[str], age_seconds: int) -> Verdict:
    """What the agreements say to a source with these canonical feeds that was last read `age_seconds` before as_of."""
    told = [(item, item.limit_seconds) for item in terms if item.feeds & set(feeds)]
    return Verdict(
        silent=tuple(item for item, limit in told if limit is None),
        within=tuple(item for item, limit in told if limit is not None and age_seconds <= limit),
        overdue=tuple(item for item, limit in told if limit is not None and age_seconds > limit),
    )
