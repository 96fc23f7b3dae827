"""How old the data of an agreement's figures may be, and whether a night may go on without a source.

A figure depends on every source that has a feed its metric is made of, whether or not the source ever had a row of the
agreement's services: what was never delivered may be exactly what is missing now. Only what slm.yaml says of a source
(`covers`) takes an agreement out.

Belongs here: the rule, over the compiled agreements. Does not belong here: which source could not be read, and when it
was read last (ingestion), what a certificate says of it (publishing).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from agreements.dependencies import reached
from agreements.metrics import METRICS
from settings.project import Covers

# The feeds of which every record names a customer, and those of which every record names a service. What a source
# covers can take an agreement out only by what its records must say: an outage counts for all customers of its service,
# and an answer that names no service counts for all services of its customer.
_NAME_CUSTOMERS = frozenset({"tickets", "ticket_events", "survey_responses", "survey_invitations"})
_NAME_SERVICES = frozenset({"tickets", "ticket_events", "outages", "uptime_checks"})
# The feeds whose records count for services that depend on the one they name, too.
_ARE_INHERITED = frozenset({"outages", "uptime_checks"})


@dataclass(frozen=True)
class Terms:
    """What an agreement says at the instant of a build. `limit_seconds` None = its sources are to be read.

    All else is that of all its measured versions: the canonical feeds that its figures are made of; `customers` and
    `services` whose records can count in them, None = of all; `chain`: the services with all on which they depend.
    """

    agreement_id: str
    limit_seconds: int | None
    feeds: frozenset[str]
    customers: frozenset[str] | None = None
    services: frozenset[str] | None = None
    chain: frozenset[str] | None = None

    def depends_on(self, feeds: Collection[str], covers: Covers | None = None) -> bool:
        """Whether a source with these canonical feeds can have records of the agreement, by what it covers."""
        shared = self.feeds & set(feeds)
        return bool(shared) if covers is None else any(self._can_be_in(feed, covers) for feed in shared)

    def _can_be_in(self, feed: str, covers: Covers) -> bool:
        services = self.chain if feed in _ARE_INHERITED else self.services
        return (feed not in _NAME_CUSTOMERS or _meet(self.customers, covers.customers)) and (
            feed not in _NAME_SERVICES or _meet(services, covers.services)
        )

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

    def rows_of(table: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(compiled / f"{table}.parquet").to_pylist()
        return rows

    instant = int(as_of.timestamp())
    versions: dict[str, list[dict[str, Any]]] = {}
    for row in rows_of("agreement"):
        if row["is_measured"]:
            versions.setdefault(row["agreement_id"], []).append(row)
    feeds: dict[str, frozenset[str]] = {}
    for row in rows_of("target"):
        if row["is_measured"]:
            of_metric = METRICS[row["metric"].partition(":")[0]].feeds
            feeds[row["agreement_id"]] = feeds.get(row["agreement_id"], frozenset()) | of_metric
    listed: dict[tuple[str, int], set[str]] = {}
    for row in rows_of("agreement_service"):
        listed.setdefault((row["agreement_id"], row["agreement_version"]), set()).add(row["service_id"])
    needs: dict[str, list[str]] = {}
    for row in rows_of("service_dependency"):
        needs.setdefault(row["service_id"], []).append(row["depends_on_service_id"])
    found = []
    for agreement_id, rows in sorted(versions.items()):
        ordered = sorted(rows, key=lambda row: row["valid_from_epoch"])
        begun = [row for row in ordered if row["valid_from_epoch"] <= instant]
        limit = (begun[-1] if begun else ordered[0])["staleness_seconds"]
        customers = services = chain = None
        if all(row["agreement_type"] == "SLA" for row in rows):  # OLAs and UCs are about the records of every customer
            customers = frozenset(row["consumer_id"] for row in rows)
        if not any(row["covers_all_services"] for row in rows):
            keys = [(agreement_id, row["agreement_version"]) for row in rows]
            services = frozenset(service for key in keys for service in listed.get(key, ()))
            chain = services.union(*(reached(needs, service) for service in services))
        found.append(Terms(agreement_id, limit, feeds.get(agreement_id, frozenset()), customers, services, chain))
    return found


def judge(terms: Sequence[Terms], feeds: Collection[str], age_seconds: int, covers: Covers | None = None) -> Verdict:
    """What the agreements say to a source with these canonical feeds that was last read `age_seconds` before as_of.

    `covers` is what its records can be about, None = anything.
    """
    told = [(item, item.limit_seconds) for item in terms if item.depends_on(feeds, covers)]
    return Verdict(
        silent=tuple(item for item, limit in told if limit is None),
        within=tuple(item for item, limit in told if limit is not None and age_seconds <= limit),
        overdue=tuple(item for item, limit in told if limit is not None and age_seconds > limit),
    )


def _meet(ours: frozenset[str] | None, covered: Sequence[str] | None) -> bool:
    """Whether two sets of names have one in common; None = all names."""
    return ours is None or covered is None or not ours.isdisjoint(covered)
