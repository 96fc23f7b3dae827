"""A project of random services with outages, monitors, dependencies and agreements, and services worked by hand.

Belongs here: what is drawn and how it is written to files; everything follows from one seed. Does not belong here: what
availability should be (`availability_reference.py`). The draws favour the seconds at which two readers part: edges of
opening hours, midnights, month ends, nights in which the clocks change, overlaps, ends that touch.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.conformance.availability_reference import Agreement, Check, Outage, Service, Target, Terms, World
from tests.conformance.open_hours import Calendar, Hours
from tests.conformance.random_project import (
    AS_OF,
    DAY,
    HOUR,
    MINUTE,
    Draw,
    calendar_documents,
    clock_changes,
    document,
    duration_text,
    epoch,
    instant_text,
    random_calendars,
    write_records,
)

MAX_GAP = 26 * HOUR
ZONES = ("Europe/London", "America/New_York", "America/St_Johns", "Asia/Beirut", "Australia/Lord_Howe", "Africa/Cairo")
KINDS = ("outage", "outage", "partial", "degraded", "maintenance")
OUTAGE_COLUMNS = (
    "outage_id", "service_id", "started_at", "ended_at", "kind", "attributed_to", "announced_at", "data_loss_seconds",
)  # fmt: skip
CHECK_COLUMNS = ("service_id", "checked_at", "status")


@dataclass(frozen=True)
class Cluster:
    """Services that depend on each other, with the agreements on them and the seconds they are about."""

    start: int
    end: int
    services: tuple[Service, ...]
    agreements: tuple[Agreement, ...]


@dataclass(frozen=True)
class AvailabilityProject:
    """Everything that was drawn."""

    calendars: tuple[Calendar, ...]
    clusters: tuple[Cluster, ...]

    @property
    def world(self) -> World:
        services = {service.id: service for cluster in self.clusters for service in cluster.services}
        return World(epoch(AS_OF), MAX_GAP, {calendar.name: calendar for calendar in self.calendars}, services)

    def readings(self) -> Iterator[tuple[Cluster, Agreement, Target]]:
        for cluster in self.clusters:
            for agreement in cluster.agreements:
                for target in agreement.targets:
                    yield cluster, agreement, target


# ------------------------------------------------------------------------------------------------ what is drawn


def random_availability(seed: int, cluster_count: int) -> AvailabilityProject:
    """So many clusters of one to four services, each service under an agreement of its own."""
    draw = Draw(seed)
    by_zone = random_calendars(draw, ZONES)
    clusters = tuple(_cluster(draw, number, by_zone) for number in range(cluster_count))
    return AvailabilityProject(tuple(found for zone in ZONES for found in by_zone[zone]), clusters)


def _cluster(draw: Draw, number: int, by_zone: dict[str, list[Calendar]]) -> Cluster:
    zone = draw.choice(ZONES)
    calendars = by_zone[zone]
    first, last = _validity(draw, zone)
    begin = calendars[0].instant(first) - 3 * DAY
    as_of = epoch(AS_OF)
    end = min(calendars[0].instant(last) + 3 * DAY, as_of + 2 * DAY)
    edges = [edge for calendar in calendars for span in calendar.open_spans(begin, end) for edge in span]
    edges += [calendars[0].instant(first + timedelta(days=n)) for n in range((last - first).days + 1)]
    edges = [edge for edge in edges if begin <= edge <= end]
    names = [f"s{number:04d}-{letter}" for letter in "abcd"[: draw.choice((1, 1, 2, 3, 4))]]
    services = []
    for index, name in enumerate(names):
        below = names[index + 1 :]
        needs = tuple((other, draw.choice(("serial", "parallel", "parallel"))) for other in below if draw.chance(0.6))
        services.append(Service(name, _outages(draw, name, begin, end, edges), _checks(draw, begin, end), needs))
    agreements = []
    for name in names:
        valid_to = None if last > date.fromisoformat(AS_OF[:10]) else last
        agreements.append(_agreement(draw, name, zone, first, valid_to, calendars))
    return Cluster(begin, min(end, as_of), tuple(services), tuple(agreements))


def _validity(draw: Draw, zone: str) -> tuple[date, date]:
    """Five to seven weeks that touch three months, often with a change of the clocks in them."""
    changes = clock_changes(zone, date(2025, 9, 10), date(2026, 11, 1))
    if draw.chance(0.2):
        first = date(2026, 10, draw.randint(20, 31))  # still running at as_of
    elif changes and draw.chance(0.7):
        first = draw.choice(changes) - timedelta(days=draw.randint(0, 30))
    else:
        first = date(2025, 10, 1) + timedelta(days=draw.randint(0, 330))
    first = first.replace(day=min(max(first.day, 20), 30 if first.month != 2 else 28))
    return first, first + timedelta(days=draw.randint(40, 50))


def _instant(draw: Draw, begin: int, end: int, edges: Sequence[int]) -> int:
    if edges and draw.chance(0.4):
        return draw.choice(edges) + draw.choice((-1, 0, 0, 1))
    return draw.randint(begin, end)


def _length(draw: Draw) -> int:
    if draw.chance(0.1):
        return draw.choice((0, 1, 15 * MINUTE - 1, 15 * MINUTE, HOUR))
    return int(math.exp(draw.uniform(math.log(10), math.log(40 * HOUR))))


def _outages(draw: Draw, name: str, begin: int, end: int, edges: Sequence[int]) -> tuple[Outage, ...]:
    found: list[Outage] = []
    for number in range(draw.choice((0, 2, 4, 8, 16))):
        start = _instant(draw, begin, end - HOUR, edges)
        if found and draw.chance(0.4):
            other = draw.choice(found)
            start = draw.choice((other.start, other.end or other.start, other.start + 60))  # overlaps and touches
        stop: int | None = min(start + _length(draw), end)
        if edges and draw.chance(0.2):
            stop = max(draw.choice(edges), start)
            stop = min(stop, start + 3 * DAY)
        if stop is not None and stop < start:
            stop = start
        if end > epoch(AS_OF) and draw.chance(0.1):
            stop = None
        kind = draw.choice(KINDS)
        announced = start - draw.choice((0, HOUR, 48 * HOUR - 1, 48 * HOUR, 100 * HOUR)) if draw.chance(0.7) else None
        found.append(
            Outage(
                f"{name}-{number:02d}",
                start,
                stop,
                kind,
                draw.choice(("", "", "provider", "supplier", "customer", "third_party")),
                announced if kind == "maintenance" else None,
                draw.choice((None, None, 0, 60, 3600)) if kind != "maintenance" else None,
            )
        )
    return tuple(found)


def _checks(draw: Draw, begin: int, end: int) -> tuple[Check, ...]:
    """One or two monitors that look now and then, fall silent, and look twice in one second."""
    found: list[Check] = []
    for source in ("monitor-a", "monitor-b")[: draw.choice((0, 0, 1, 1, 2))]:
        at = begin + draw.choice((0, DAY, 6 * DAY))
        while at < end:
            status = draw.choices(("up", "down", "degraded", "maintenance", "unknown"), (12, 3, 1, 1, 1))[0]
            found.append(Check(source, at, status))
            if draw.chance(0.05):
                found.append(Check(source, at, draw.choice(("up", "down"))))
            at += draw.choice((600, HOUR, 20 * HOUR, MAX_GAP, MAX_GAP + 1, draw.randint(60, 3 * DAY)))
    return tuple(found)


def _agreement(
    draw: Draw, service: str, zone: str, first: date, valid_to: date | None, calendars: Sequence[Calendar]
) -> Agreement:
    names = [calendar.name for calendar in calendars]
    terms = None
    if draw.chance(0.5):
        terms = Terms(
            draw.choice((None, 0, HOUR, 48 * HOUR)),
            tuple(draw.sample(names, draw.choice((0, 0, 1, 2)))),
            draw.choice((None, None, 0, HOUR, 10 * HOUR)),
        )
    weights = draw.choice(
        ((0, 300_000, 1_000_000), (0, 0, 1_000_000), (100_000, 333_333, 1_000_000), (500_000, 1_000, 70_000))
    )
    metric = draw.choice(("restore_time", "data_loss"))
    threshold = draw.choice((HOUR, 4 * HOUR)) if metric == "restore_time" else draw.choice((0, 60))
    return Agreement(
        f"sla-{service}",
        service,
        zone,
        first,
        valid_to,
        (
            Target("up", "availability", draw.choice(names)),
            Target("recovery", metric, draw.choice(names), threshold),
        ),
        weights,
        draw.choice((0, 0, 15 * MINUTE, HOUR)),
        draw.choice(("remove_from_denominator", "counts_as_up")),
        draw.choice(("remove_from_denominator", "counts_as_up", "counts_as_down")),
        tuple(draw.sample(("provider", "supplier", "customer", "third_party"), draw.choice((0, 0, 1, 2)))),
        draw.choice(("reported", "counted")),
        terms,
    )


# ------------------------------------------------------------------------------------------------ how it is written


def with_clusters(drawn: AvailabilityProject, more: AvailabilityProject) -> AvailabilityProject:
    """Both in one project, so that one nightly serves both."""
    return AvailabilityProject((*drawn.calendars, *more.calendars), (*drawn.clusters, *more.clusters))


def always(name: str, zone: str) -> Calendar:
    return Calendar(name, zone, (Hours(always_open=True),))


def _agreement_document(agreement: Agreement) -> dict[str, Any]:
    degraded, partial, outage = (weight / 1_000_000 for weight in agreement.weights)
    policies: dict[str, Any] = {
        "downtimeWeights": {"outage": outage, "partial": partial, "degraded": degraded},
        "minOutage": duration_text(agreement.min_outage) if agreement.min_outage else "PT0S",
        "excludedTime": agreement.excluded_time,
        "unmeasured": agreement.unmeasured,
        "excludeAttributedTo": list(agreement.excluded_parties),
        "inheritedDowntime": agreement.inherited,
    }
    terms = agreement.terms
    if terms is not None:
        demanded = {"announcedBefore": terms.announced_before, "monthlyAllowance": terms.allowance}
        policies["maintenance"] = {
            "windows": list(terms.windows),
            **{key: duration_text(value) if value else "PT0S" for key, value in demanded.items() if value is not None},
        }
    validity = {"from": agreement.valid_from.isoformat(), "timeZone": agreement.zone}
    if agreement.valid_to is not None:
        validity["to"] = agreement.valid_to.isoformat()
    targets = []
    for target in agreement.targets:
        objective: dict[str, Any] = {"op": "gte", "targetPercent": 99}
        if target.threshold is not None:
            value = duration_text(target.threshold) if target.threshold else "PT0S"
            objective = {"op": "lte", "value": value, "targetPercent": 90}
        targets.append({"id": target.id, "metric": target.metric, "calendar": target.calendar, "objective": objective})
    spec = {
        "type": "SLA",
        "version": 1,
        "provider": "it",
        "consumer": f"customer-{agreement.service}",
        "services": [{"service": agreement.service}],
        "status": "in_force",
        "validity": validity,
        "policies": policies,
        "targets": targets,
    }
    return document("Agreement", agreement.id, spec)


def write_project(folder: Path, project: AvailabilityProject, seed: int = 0) -> None:
    """slm.yaml, agreements (JSON is YAML) and data, the outages in random order."""
    documents = [found for calendar in project.calendars for found in calendar_documents(calendar)]
    for cluster in project.clusters:
        for service in cluster.services:
            needs = [{"service": other, "mode": mode} for other, mode in service.needs]
            documents.append(document("Service", service.id, {"owner": "it", "dependsOn": needs}))
        for agreement in cluster.agreements:
            documents.append(document("Customer", f"customer-{agreement.service}", {}))
            documents.append(_agreement_document(agreement))
    services = [service for cluster in project.clusters for service in cluster.services]
    monitors = sorted({check.source for service in services for check in service.checks})
    sources: list[dict[str, Any]] = [{"name": "desk", "type": "files", "feeds": {"outages": "data/outages.csv"}}]
    for monitor in monitors:
        feeds = {"uptime_checks": f"data/{monitor}.csv"}
        sources.append(
            {"name": monitor, "type": "files", "feeds": feeds, "maxGap": duration_text(MAX_GAP), "maxRejectRatio": 1}
        )
        rows = [
            (service.id, instant_text(check.at), check.status)
            for service in services
            for check in service.checks
            if check.source == monitor
        ]
        write_records(folder / "data" / f"{monitor}.csv", CHECK_COLUMNS, rows)
    outages = [
        (
            outage.id,
            service.id,
            instant_text(outage.start),
            "" if outage.end is None else instant_text(outage.end),
            outage.kind,
            outage.party,
            "" if outage.announced is None else instant_text(outage.announced),
            "" if outage.data_loss is None else str(outage.data_loss),
        )
        for service in services
        for outage in service.outages
    ]
    Draw(seed).shuffle(outages)
    write_records(folder / "data" / "outages.csv", OUTAGE_COLUMNS, outages)
    settings = {
        "apiVersion": "slm/v1",
        "name": "availability",
        "reporting": {"timeZone": "UTC"},
        "reports": {"periods": 0},
        "sources": sources,
    }
    (folder / "agreements").mkdir(parents=True)
    (folder / "agreements" / "all.yaml").write_text("\n---\n".join(json.dumps(found) for found in documents))
    (folder / "slm.yaml").write_text(json.dumps(settings))
