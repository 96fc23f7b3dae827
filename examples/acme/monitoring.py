"""What the monitoring sees: outages, announced maintenance, and the checks that show both.

Belongs here: outages drawn by chance, outages planted on purpose, and the checks of every service.
Does not belong here: tickets about outages, availability (the warehouse computes that).
Sits beside `tickets`.

Every service is checked each quarter of an hour; the export holds a check per hour and every change of status. An
outage begins and ends at a check, so that the record of outages and the checks agree to the second.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from examples.acme.company import MONITORED_SERVICES
from examples.acme.desk_time import DAY, HOUR
from examples.acme.planted import epoch
from examples.acme.tickets import EPOCH, Uniforms, picked

OUTAGE_STREAM = 3
CHECK_STREAM = 5
CHECK_SECONDS = 900
OUTAGE_SHARE = 0.015  # of services and days
KINDS = ("outage", "partial", "degraded")
KIND_SHARES = (0.5, 0.3, 0.2)
CAUSES = ("disk full", "certificate expired", "failed change", "link down", "memory leak", "power")
ATTRIBUTIONS = ("provider", "supplier", "third_party")
ATTRIBUTION_SHARES = (0.6, 0.28, 0.12)
STATUSES = ("up", "degraded", "maintenance", "down")
_RANK = {"partial": 1, "degraded": 1, "maintenance": 2, "outage": 3}

MAINTAINED = ("core-banking", "database-platform")

# The monitoring itself was silent: more than maxGap without a check is neither up nor down.
SILENCE = ("email", "2026-04-14T08:00:00Z", "2026-04-14T13:00:00Z")
# Checks that did not know.
IGNORANCE = ("database-platform", "2026-05-06T15:00:00Z", "2026-05-06T16:00:00Z")


@dataclass(frozen=True)
class Outage:
    """One record of the outage log; instants are UTC epoch seconds."""

    outage_id: str
    service: str
    started: int
    ended: int
    kind: str
    cause: str = ""
    attributed_to: str = ""
    notified: int | None = None
    data_loss_seconds: int | None = None
    announced: int | None = None


def _planted(number: int, service: str, started: str, ended: str, kind: str, cause: str, **more: str) -> Outage:
    return Outage(
        outage_id=f"OUT-PLANTED-{number:02d}",
        service=service,
        started=epoch(started),
        ended=epoch(ended),
        kind=kind,
        cause=cause,
        attributed_to=more.get("attributed_to", "provider"),
        notified=epoch(more["notified"]) if "notified" in more else None,
        data_loss_seconds=int(more["data_loss_seconds"]) if "data_loss_seconds" in more else None,
    )


def planted_outages() -> list[Outage]:
    """Outages with a known right answer."""
    return [
        # An overlapping pair: 2 h of downtime, not 2 h 30 min.
        _planted(
            1, "online-banking", "2026-02-17T10:00:00Z", "2026-02-17T11:30:00Z", "outage", "failed change",
            notified="2026-02-17T10:10:00Z",
        ),
        _planted(
            2, "online-banking", "2026-02-17T11:00:00Z", "2026-02-17T12:00:00Z", "outage", "database overload",
            notified="2026-02-17T11:20:00Z", data_loss_seconds="300",
        ),
        # Over the end of the month: London's March ends at 23:00 UTC, 30 min in March and 2 h 30 min in April.
        _planted(
            3, "freight-tracking", "2026-03-31T22:30:00Z", "2026-04-01T01:30:00Z", "outage", "link down",
            attributed_to="supplier", notified="2026-03-31T22:45:00Z",
        ),
        # Inside announced maintenance: no downtime.
        _planted(4, "core-banking", "2026-06-13T23:00:00Z", "2026-06-13T23:45:00Z", "outage", "restart took longer"),
        # The customer's own doing: the hospitals' agreement leaves it out.
        _planted(
            5, "electronic-records", "2026-07-08T09:00:00Z", "2026-07-08T12:00:00Z", "outage", "power at the site",
            attributed_to="customer", notified="2026-07-08T09:05:00Z",
        ),
        # Still open on 2026-11-01T00:00:00Z.
        _planted(
            6, "till-and-payments", "2026-10-31T20:15:00Z", "2026-11-01T02:00:00Z", "outage", "card processor",
            attributed_to="third_party", notified="2026-10-31T20:30:00Z",
        ),
    ]  # fmt: skip


def maintenance(day: int) -> list[Outage]:
    """Announced maintenance that begins on a day: the second Saturday of each month, 22:00 to 02:00 UTC."""
    today = EPOCH + timedelta(days=day)
    if today.weekday() != 5 or not 8 <= today.day <= 14:
        return []
    started = day * DAY + 22 * HOUR
    return [
        Outage(
            outage_id=f"MNT-{today:%y%m%d}-{service}",
            service=service,
            started=started,
            ended=started + 4 * HOUR,
            kind="maintenance",
            cause="monthly maintenance",
            announced=started - 8 * DAY,
        )
        for service in MAINTAINED
    ]


def drawn_outages(day: int, seed: int) -> list[Outage]:
    """Outages that begin on a day by chance, but none near a planted one of the same service."""
    uniform = Uniforms(seed, OUTAGE_STREAM, day, len(MONITORED_SERVICES))
    happens = uniform.below(OUTAGE_SHARE)
    quarter, length = uniform.column(), uniform.column()
    kind, cause, blame, notice = (uniform.column() for _ in range(4))
    found = []
    for row in np.flatnonzero(happens):
        service = MONITORED_SERVICES[row]
        started = day * DAY + int(quarter[row] * 96) * CHECK_SECONDS
        if any(known.service == service and abs(known.started - started) < 2 * DAY for known in planted_outages()):
            continue
        today = EPOCH + timedelta(days=day)
        found.append(
            Outage(
                outage_id=f"OUT-{today:%y%m%d}-{service}",
                service=service,
                started=started,
                ended=started + (1 + int(length[row] ** 2 * 10)) * CHECK_SECONDS,
                kind=KINDS[int(picked(KIND_SHARES, kind[row : row + 1])[0])],
                cause=CAUSES[int(cause[row] * len(CAUSES))],
                attributed_to=ATTRIBUTIONS[int(picked(ATTRIBUTION_SHARES, blame[row : row + 1])[0])],
                notified=started + 120 + int(notice[row] * 2400),
            )
        )
    return found


def all_outages(first_day: int, last_day: int, seed: int) -> list[Outage]:
    """Every outage and maintenance that begins on the days from `first_day` to `last_day`, by beginning and id."""
    found = [outage for outage in planted_outages() if first_day <= outage.started // DAY <= last_day]
    for day in range(first_day, last_day + 1):
        found += maintenance(day) + drawn_outages(day, seed)
    return sorted(found, key=lambda outage: (outage.started, outage.outage_id))


@dataclass(frozen=True)
class Check:
    """One check of a service."""

    service: str
    checked: int
    status: str
    response_ms: int | None


def checks(day: int, seed: int, outages: list[Outage]) -> Iterator[Check]:
    """The exported checks of a UTC day, by service and instant. `outages`: at least those that touch the day."""
    start, end = day * DAY, (day + 1) * DAY
    touching = [outage for outage in outages if outage.started < end and outage.ended >= start]
    uniform = Uniforms(seed, CHECK_STREAM, day, 96)
    for service in MONITORED_SERVICES:
        noise = uniform.column()
        own = [outage for outage in touching if outage.service == service]
        instants = {start + hour * HOUR for hour in range(24)}
        instants |= {edge for outage in own for edge in (outage.started, outage.ended) if start <= edge < end}
        for checked in sorted(instants):
            if service == SILENCE[0] and epoch(SILENCE[1]) <= checked < epoch(SILENCE[2]):
                continue
            ranks = [_RANK[outage.kind] for outage in own if outage.started <= checked < outage.ended]
            status = STATUSES[max(ranks, default=0)]
            if service == IGNORANCE[0] and epoch(IGNORANCE[1]) <= checked < epoch(IGNORANCE[2]):
                status = "unknown"
            level = noise[(checked - start) // CHECK_SECONDS]
            response = (
                None if status in ("down", "unknown") else int((80 + 240 * level) * (4 if status == "degraded" else 1))
            )
            yield Check(service, checked, status, response)
