"""A project of random tickets, calendars and agreements, as the pipeline reads it and as the reference does.

Belongs here: what is drawn and how it is written to files; everything follows from one seed. Does not belong here: what
any clock should show (`reference.py`). The draws favour the seconds at which two readers part: the last and first
second of opening hours, the second in which a threshold is used up, the end of the reopen window, several events within
one second, nights in which the clocks change.
"""

import csv
import json
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tests.conformance.reference import (
    Agreement,
    Calendar,
    Event,
    Exclusion,
    Hours,
    Opening,
    Range,
    Row,
    Target,
    Ticket,
    World,
    ticket_rows,
    zone_rules,
)

AS_OF = "2026-11-20T12:34:56Z"
FIRST_DAY = date(2025, 9, 1)
LONG_AGO = date(2017, 10, 1)  # America/Sao_Paulo gave up summer time in 2019
MINUTE, HOUR, DAY = 60, 3600, 86400

ZONES = (
    "Africa/Cairo",  # midnight on a Friday is skipped
    "Africa/Casablanca",  # the clocks go back for Ramadan
    "America/Havana",  # midnight happens twice in autumn, never in spring
    "America/New_York",
    "America/Santiago",  # the southern half, at midnight
    "America/Sao_Paulo",  # its history, at midnight
    "America/St_Johns",  # half an hour off
    "Asia/Beirut",  # at midnight
    "Asia/Kathmandu",  # a quarter of an hour off
    "Australia/Lord_Howe",  # summer time of half an hour
    "Europe/Dublin",  # winter time is the exception in its law
    "Europe/London",
    "Pacific/Auckland",
    "Pacific/Chatham",  # a quarter of an hour off, with summer time
)
WORKDAYS = range(5)
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OPEN_STATUSES = ("new", "in_progress", "waiting_customer", "waiting_supplier", "waiting_internal", "on_hold")
PAUSABLE = ("waiting_customer", "waiting_supplier", "waiting_internal", "on_hold")
PRIORITIES = ("P1", "P2", "P3", "P4")
METRICS = ("time_to_first_response", "time_to_resolve", "time_to_close")


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def instant_text(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration_text(amount: int) -> str:
    hours, minutes, rest = amount // HOUR, amount % HOUR // MINUTE, amount % MINUTE
    return "PT" + "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if n)


# ------------------------------------------------------------------------------------------------ calendars


@cache
def clock_changes(zone: str, first: date, last: date) -> list[date]:
    """Local days at which the zone's offset differs from that of the day before."""
    days = [first + timedelta(days=n) for n in range((last - first).days)]
    noons = [datetime(day.year, day.month, day.day, 12, tzinfo=zone_rules(zone)).utcoffset() for day in days]
    return [day for day, before, after in zip(days[1:], noons, noons[1:], strict=False) if before != after]


def seasons(zone: str) -> tuple[date, date]:
    """The days in which tickets of this zone are opened."""
    if zone == "America/Sao_Paulo":
        return LONG_AGO, LONG_AGO + timedelta(days=500)
    return FIRST_DAY, date.fromisoformat(AS_OF[:10])


class Draw(random.Random):
    """Draws with the words of this module."""

    def chance(self, probability: float) -> bool:
        return self.random() < probability

    def days_near(self, days: Sequence[date], count: int) -> list[date]:
        return [self.choice(days) + timedelta(days=self.randint(-3, 3)) for _ in range(count)] if days else []

    def day_ranges(self, kind: str) -> list[Range]:
        """The opening hours of one day: half hours, quarters, and the small hours in which clocks change."""
        if kind == "day":
            start = self.choice((7 * 60, 8 * 60 + 30, 9 * 60))
            end = self.choice((15 * 60, 17 * 60, 17 * 60 + 45, 24 * 60))
            return [(start, 12 * 60), (13 * 60, end)] if self.chance(0.3) else [(start, end)]
        if kind == "night":
            night = (self.choice((20, 22, 23)) * 60, self.choice((1 * 60 + 30, 2 * 60, 6 * 60, 8 * 60 + 15)))
            return [(12 * 60, 13 * 60 + 1), night] if self.chance(0.2) else [night]
        if kind == "small hours":
            return [(0, 60), (60, 2 * 60), (2 * 60 + 15, 3 * 60), (9 * 60, 12 * 60)]
        return [(0, 24 * 60)]

    def hours(self, zone: str, kind: str, valid_from: date | None) -> Hours:
        first, last = seasons(zone)
        changes = clock_changes(zone, first, last)
        special = changes + [first + timedelta(days=self.randint(0, (last - first).days)) for _ in range(12)]
        workdays = list(WORKDAYS) if self.chance(0.6) else sorted(self.sample(range(7), self.randint(2, 7)))
        usual = self.day_ranges(kind)
        weekly = {day: usual if self.chance(0.8) else self.day_ranges(kind) for day in workdays}
        holidays = frozenset(self.days_near(special, self.choice((0, 4, 10))))
        # An override of a holiday's hours is left out: that the holiday wins is the project's choice.
        override_days = [day for day in self.days_near(special, self.choice((0, 3, 8))) if day not in holidays]
        overrides = {day: self.day_ranges(self.choice(("day", "night", "small hours", "all"))) for day in override_days}
        cuts = ([(10 * 60, 10 * 60 + 45)], [(23 * 60 + 30, 30)], [(60, 150), (12 * 60, 12 * 60 + 30)])
        breaks = {day: list(self.choice(cuts)) for day in self.days_near(special, self.choice((0, 3, 8)))}
        return Hours(weekly, holidays, overrides, breaks, valid_from)


def random_calendars(draw: Draw, zones: Sequence[str] = ZONES) -> dict[str, list[Calendar]]:
    """By zone: one calendar of the day, one of the night or the small hours, one round the clock."""
    found: dict[str, list[Calendar]] = {}
    for zone in zones:
        name = zone.split("/")[1].lower().replace("_", "-")
        first, last = seasons(zone)
        found[zone] = [Calendar(f"{name}-always", zone, (Hours(always_open=True),))]
        for kind in ("day", draw.choice(("night", "small hours"))):
            versions = [draw.hours(zone, kind, None)]
            if draw.chance(0.4):
                day = draw.choice(clock_changes(zone, first, last) or [first + timedelta(days=200)])
                versions.append(draw.hours(zone, kind, day + timedelta(days=draw.choice((0, 0, 1, 20)))))
            found[zone].append(Calendar(f"{name}-{kind.replace(' ', '-')}", zone, tuple(versions)))
    return found


# ------------------------------------------------------------------------------------------------ agreements


def random_target_set(
    draw: Draw, metric: str, calendars: Sequence[Calendar], *, one_calendar: bool, may_have_gaps: bool
) -> list[Target]:
    """The targets of one metric: one for all, one per priority, or a general one with narrower ones beside it."""
    start = "ticket.assigned" if draw.chance(0.2) else "ticket.opened"
    usual = draw.choice(calendars).name
    base = draw.choice((15 * MINUTE, HOUR, 4 * HOUR + 7, 8 * HOUR, 24 * HOUR, 60 * HOUR))
    factors = [1, 2, draw.choice((2, 3)), 9]
    if draw.chance(0.15):
        draw.shuffle(factors)  # a lower priority with a shorter threshold: what counts is the threshold

    def target(name: str, factor: int, priorities: Iterable[str] | None) -> Target:
        statuses = draw.sample(PAUSABLE, draw.choice((0, 1, 1, 2, 4)))
        return Target(
            id=f"{metric.removeprefix('time_to_')}-{name}".replace("_", "-"),
            metric=metric,
            threshold=base * factor,
            calendar=usual if one_calendar else draw.choice(calendars).name,
            priorities=None if priorities is None else frozenset(priorities),
            start=start,
            pauses={status: draw.chance(0.3) for status in statuses},
        )

    shape = draw.choice(("one", "each", "each", "some" if may_have_gaps else "each", "general"))
    if shape == "one":
        return [target("all", 2, None)]
    listed = draw.sample(range(4), 2) if shape in ("some", "general") else range(4)
    narrow = [target(PRIORITIES[n].lower(), factors[n], [PRIORITIES[n]]) for n in listed]
    return [target("rest", 5, None), *narrow] if shape == "general" else narrow


def random_agreement(draw: Draw, number: int, calendars: dict[str, list[Calendar]]) -> Agreement:
    zone = draw.choice(ZONES)
    mode = draw.choice(("resume", "resume", "resume", "new_cycle", "ignore"))
    window_days = draw.choice((0, 1, 2, 5))
    # Where targets of one metric have calendars of their own, the reopen window is left to the cases
    # worked by hand.
    one_calendar = draw.chance(0.7) or (mode == "resume" and window_days > 0)
    metrics = draw.sample(METRICS, draw.choice((1, 2, 3)))
    # A first target found after a reopening that is ignored is left out: its clock starts (the project's choice).
    may_have_gaps = mode != "ignore"
    targets = [
        target
        for metric in metrics
        for target in random_target_set(
            draw, metric, calendars[zone], one_calendar=one_calendar, may_have_gaps=may_have_gaps
        )
    ]
    return Agreement(
        id=f"sla-{number:04d}",
        version=1,
        customer=f"customer-{number:04d}",
        services=(),
        zone=zone,
        period=draw.choice(("month", "month", "quarter", "year")),
        targets=tuple(targets),
        attribution=draw.choice(("decided", "decided", "due", "resolved", "created")),
        reopen_mode=mode,
        window_days=window_days,
        priority_change=draw.choice(
            ("at_clock_start_plus_upgrade", "at_clock_start_plus_upgrade", "event_time", "final_value")
        ),
    )


# ------------------------------------------------------------------------------------------------ tickets


class Story:
    """One ticket as it grows, event by event."""

    def __init__(self, draw: Draw, name: str, agreement: Agreement, openings: dict[str, Opening]) -> None:
        self.draw, self.agreement, self.openings = draw, agreement, openings
        self.team = "" if draw.chance(0.6) else "desk"
        # Left out, with the rule that the project chose where the promise is silent:
        # - a clock that starts with the assignment, and a ticket answered or resolved before: it never starts;
        # - a change of priority within the second of another event: of several values the last one holds, and a clock
        #   that would start and end within the second does not exist;
        # - a ticket reopened and resolved again within one second: likewise;
        # - a first target found while the ticket stands resolved: its clock starts there, with nothing on it.
        self.waits_for_team = any(target.start == "ticket.assigned" for target in agreement.targets)
        metrics = {target.metric for target in agreement.targets}
        self.has_gaps = not all(agreement.target(m, "incident", p) for m in metrics for p in PRIORITIES)
        self.reopened_at = -1
        self.status, self.done_since = "new", 0
        opened = self._opening_instant()
        self.now = opened
        self.ticket = Ticket(
            name, agreement.customer, "desk", "incident", draw.choice(PRIORITIES), opened, self.team, ()
        )

    def _opening_instant(self) -> int:
        draw, zone = self.draw, self.agreement.zone
        first, last = seasons(zone)
        changes = clock_changes(zone, first, last)
        if changes and draw.chance(0.6):
            day = draw.choice(changes) + timedelta(days=draw.randint(-6, 1))
        elif draw.chance(0.15):
            day = last - timedelta(days=draw.randint(0, 5))  # still open, or not yet opened, at as_of
        else:
            day = first + timedelta(days=draw.randint(0, (last - first).days))
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        at = int(midnight.timestamp()) + draw.choice((draw.randint(0, DAY), draw.randint(0, 24) * HOUR))
        return self._boundary(at) if draw.chance(0.15) else at

    def _boundary(self, at: int) -> int:
        """A second around the next opening or closing of one of the agreement's calendars."""
        spans = self.openings[self.draw.choice(self.agreement.targets).calendar].within(at, at + 10 * DAY)
        edges = [edge for span in spans for edge in span if edge > at]
        return edges[0] + self.draw.choice((-1, 0, 0, 1)) if edges else at

    def _rows(self) -> list[Row]:
        return ticket_rows(World(self.now, self.openings), self.agreement, self.ticket)

    def _step(self) -> None:
        """Time passes, by nothing, by anything up to ten days, or to an instant that matters."""
        draw, way = self.draw, self.draw.random()
        if way < 0.12:
            at = self.now
        elif way < 0.35:
            due = [row.due_at for row in self._rows() if row.due_at is not None and row.due_at >= self.now]
            at = draw.choice(due) + draw.choice((-1, 0, 0, 1, 1)) if due else self.now + HOUR
        elif way < 0.5:
            at = self._boundary(self.now)
        elif way < 0.7 and self.status in ("resolved", "closed") and self.agreement.window_days:
            opening = self.openings[draw.choice(self.agreement.targets).calendar]
            at = opening.window_end(self.done_since, self.agreement.window_days) + draw.choice((-1, 0, 1))
        else:
            at = self.now + int(math.exp(draw.uniform(math.log(30), math.log(10 * DAY))))
        self.now = max(self.now, min(at, self.now + 40 * DAY))

    def add(self, kind: str, value: str = "", actor: str = "agent", *, is_public: bool = False) -> None:
        last = self.ticket.events[-1] if self.ticket.events else Event("", self.ticket.opened, "")
        if self.now == last.at and "priority" in (kind, last.kind):
            self.now += 1
        name = f"{self.ticket.id}-{len(self.ticket.events):02d}"
        event = Event(name, self.now, kind, value, actor, is_public)
        self.ticket = replace(self.ticket, events=(*self.ticket.events, event))

    def grow(self) -> Ticket:
        for _ in range(self.draw.choice((0, 1, 2, 3, 4, 6, 8, 12))):
            self._step()
            self._happen()
            if self.status in ("merged", "cancelled"):
                break  # that undoing a merge always resumes is the project's choice
        return self.ticket

    def _happen(self) -> None:
        draw = self.draw
        may_reply = self.team or not self.waits_for_team
        kind = draw.choices(("status", "priority", "message", "team"), (10, 3, 4, 2))[0]
        if kind == "status":
            self._change_status()
        elif kind == "priority":
            if not (self.has_gaps and self.status in ("resolved", "closed")):
                self.add("priority", draw.choice(PRIORITIES))
        elif kind == "message":
            actor = draw.choice(("agent", "agent", "customer", "system") if may_reply else ("customer", "system"))
            self.add("message", "", actor, is_public=draw.chance(0.7))
        else:
            self.team = draw.choice(("desk", "network"))
            self.add("team", self.team)

    def _change_status(self) -> None:
        draw = self.draw
        if self.status in ("resolved", "closed"):
            choices: tuple[str, ...] = ("closed", "in_progress", "in_progress", "new", "waiting_customer", "merged")
        else:
            choices = (*OPEN_STATUSES, *PAUSABLE, "resolved", "resolved", "resolved", "closed", "closed", "merged")
        status = draw.choice(choices)
        if self.waits_for_team and not self.team and status in ("resolved", "closed"):
            self.team = "desk"
            self.add("team", self.team)
        if status == "merged" and draw.chance(0.5):
            status = "cancelled"
        if status in PAUSABLE and draw.chance(0.4) and (self.team or not self.waits_for_team):
            self.add("message", "", "agent", is_public=True)
            self.now += draw.choice((0, 60, 899, 900, 901))
        is_done, was_done = status in ("resolved", "closed"), self.status in ("resolved", "closed")
        if status not in OPEN_STATUSES and self.now == self.reopened_at:
            self.now += 1
        if is_done and not was_done:
            self.done_since = self.now
        elif was_done and status in OPEN_STATUSES:
            self.reopened_at = self.now
        self.status = status
        self.add("status", status)


# ------------------------------------------------------------------------------------------------ the whole project


@dataclass(frozen=True)
class RandomProject:
    """Everything that was drawn."""

    calendars: list[Calendar]
    agreements: list[Agreement]
    tickets: list[Ticket]
    exclusions: dict[str, list[Exclusion]]  # by ticket
    openings: dict[str, Opening]

    def world(self) -> World:
        return World(epoch(AS_OF), self.openings)

    def expected(self) -> list[Row]:
        by_customer = {agreement.customer: agreement for agreement in self.agreements}
        return [
            row
            for ticket in self.tickets
            for row in ticket_rows(
                self.world(), by_customer[ticket.customer], ticket, self.exclusions.get(ticket.id, [])
            )
        ]


def random_project(seed: int, count: int, tickets_per_agreement: int = 3) -> RandomProject:
    draw = Draw(seed)
    calendars = random_calendars(draw)
    openings = {}
    for zone, of_zone in calendars.items():
        start = datetime.combine(seasons(zone)[0], datetime.min.time(), UTC) - timedelta(days=40)
        for calendar in of_zone:
            openings[calendar.name] = Opening(calendar, int(start.timestamp()), epoch(AS_OF) + 6 * 366 * DAY)
    agreements, tickets, exclusions = [], [], {}
    for number in range(math.ceil(count / tickets_per_agreement)):
        agreement = random_agreement(draw, number, calendars)
        agreements.append(agreement)
        for _ in range(tickets_per_agreement):
            ticket = Story(draw, f"T{len(tickets):05d}", agreement, openings).grow()
            tickets.append(ticket)
            if draw.chance(0.15):
                exclusions[ticket.id] = random_exclusions(draw, agreement, ticket)
    return RandomProject([c for zone in calendars.values() for c in zone], agreements, tickets, exclusions, openings)


def with_cases(drawn: RandomProject, worked: RandomProject) -> RandomProject:
    """Both as one project; their names must differ."""
    return RandomProject(
        drawn.calendars + worked.calendars,
        drawn.agreements + worked.agreements,
        drawn.tickets + worked.tickets,
        drawn.exclusions | worked.exclusions,
        drawn.openings | worked.openings,
    )


def random_exclusions(draw: Draw, agreement: Agreement, ticket: Ticket) -> list[Exclusion]:
    last = max([ticket.opened + DAY, *(event.at for event in ticket.events)])
    found = []
    for _ in range(draw.choice((1, 1, 2))):
        start = draw.randint(ticket.opened - HOUR, last)
        end = start + draw.choice((1, MINUTE, HOUR, 6 * HOUR, DAY))
        found.append(Exclusion((start, end), draw.choice((None, draw.choice(agreement.targets).id))))
    return found


# ------------------------------------------------------------------------------------------------ as files


def minute_text(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def range_texts(ranges: Sequence[Range]) -> list[str]:
    return [f"{minute_text(start)}-{minute_text(end)}" for start, end in ranges]


def document(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "slm/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def calendar_documents(calendar: Calendar) -> list[dict[str, Any]]:
    found = []
    for hours in calendar.versions:
        spec: dict[str, Any] = {"timeZone": calendar.zone}
        if hours.valid_from is not None:
            spec["validFrom"] = hours.valid_from.isoformat()
        if hours.always_open:
            spec["alwaysOpen"] = True
        else:
            spec["weekly"] = {DAY_NAMES[day]: range_texts(ranges) for day, ranges in hours.weekly.items()}
            spec["holidays"] = [{"date": day.isoformat(), "name": "closed"} for day in sorted(hours.holidays)]
            spec["overrides"] = {day.isoformat(): range_texts(ranges) for day, ranges in hours.overrides.items()}
            spec["breaks"] = {day.isoformat(): range_texts(ranges) for day, ranges in hours.breaks.items()}
        found.append(document("Calendar", calendar.name, spec))
    return found


def target_spec(target: Target) -> dict[str, Any]:
    pauses = [
        {"status": status, "requires": "customer_visible_request"} if needs_message else status
        for status, needs_message in target.pauses.items()
    ]
    spec: dict[str, Any] = {
        "id": target.id,
        "metric": target.metric,
        "objective": {"op": "lte", "value": duration_text(target.threshold), "targetPercent": 90},
        "calendar": target.calendar,
        "clock": {"start": target.start, "pause": pauses},
    }
    scope = {"priority": target.priorities, "type": target.types}
    if any(scope.values()):
        spec["scope"] = {key: sorted(values) for key, values in scope.items() if values}
    return spec


def agreement_document(agreement: Agreement, valid_from: str = "2017-01-01") -> dict[str, Any]:
    spec = {
        "type": "SLA",
        "version": agreement.version,
        "provider": "it",
        "consumer": agreement.customer,
        "services": list(agreement.services) or ["*"],
        "status": "in_force",
        "validity": {"from": valid_from, "timeZone": agreement.zone},
        "reporting": {"period": agreement.period},
        "policies": {
            "attribution": agreement.attribution,
            "reopen": {"mode": agreement.reopen_mode, "windowDays": agreement.window_days},
            "priorityChange": agreement.priority_change,
        },
        "targets": [target_spec(target) for target in agreement.targets],
    }
    return document("Agreement", agreement.id, spec)


def decision_document(name: str, agreement: Agreement, ticket_id: str, exclusion: Exclusion) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "kind": "exclude_interval",
        "agreement": agreement.id,
        "subject": {"ticket": ticket_id},
        "interval": {"from": instant_text(exclusion.span[0]), "to": instant_text(exclusion.span[1])},
        "reason": "power_loss_at_customer",
        "decidedBy": [{"role": "slm", "side": "provider"}, {"role": "cio", "side": "consumer"}],
        "decidedAt": "2017-01-01T00:00:00Z",  # before every as_of: what is decided later is not this test's matter
        "outcome": "accepted",
    }
    if exclusion.target is not None:
        spec["target"] = exclusion.target
    return document("Decision", name, spec)


TICKET_COLUMNS = ("ticket_id", "customer_id", "service_id", "ticket_type", "priority", "opened_at", "team_id")
EVENT_COLUMNS = ("event_id", "ticket_id", "occurred_at", "event_type", "value", "actor_role", "is_public")


def ticket_record(ticket: Ticket) -> tuple[str, ...]:
    opened = instant_text(ticket.opened)
    return ticket.id, ticket.customer, ticket.service, ticket.type, ticket.priority, opened, ticket.team


def event_record(ticket: Ticket, event: Event) -> tuple[str, ...]:
    is_public = str(event.is_public).lower()
    return event.id, ticket.id, instant_text(event.at), event.kind, event.value, event.actor, is_public


def write_documents(folder: Path, project: RandomProject, services: Sequence[str] = ("desk",)) -> None:
    """The agreements and slm.yaml; JSON is YAML."""
    by_customer = {agreement.customer: agreement for agreement in project.agreements}
    customer_of = {ticket.id: ticket.customer for ticket in project.tickets}
    documents = [document("Service", name, {"owner": "it"}) for name in services]
    documents += [document("Customer", customer, {}) for customer in by_customer]
    documents += [found for calendar in project.calendars for found in calendar_documents(calendar)]
    documents += [agreement_document(agreement) for agreement in project.agreements]
    documents += [
        decision_document(f"{ticket_id.lower()}-{number}", by_customer[customer_of[ticket_id]], ticket_id, exclusion)
        for ticket_id, of_ticket in project.exclusions.items()
        for number, exclusion in enumerate(of_ticket)
    ]
    settings = {
        "apiVersion": "slm/v1",
        "name": "conformance",
        "reporting": {"timeZone": "Europe/London", "firstPeriod": "2026-10"},
        "reports": {"periods": 0},
        "sources": [
            {
                "name": "desk",
                "type": "files",
                "feeds": {"tickets": "data/tickets*", "ticket_events": "data/events*"},
            }
        ],
    }
    (folder / "agreements").mkdir(parents=True)
    (folder / "agreements" / "all.yaml").write_text("\n---\n".join(json.dumps(found) for found in documents))
    (folder / "slm.yaml").write_text(json.dumps(settings))


def write_records(path: Path, columns: Sequence[str], records: Iterable[Sequence[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(records)


def write_data(folder: Path, project: RandomProject, seed: int = 0, parts: int = 1, copies: float = 0.0) -> None:
    """Tickets and events in random order, over so many files each, a share of the rows twice."""
    draw = Draw(seed)
    tickets = [ticket_record(ticket) for ticket in project.tickets]
    events = [event_record(ticket, event) for ticket in project.tickets for event in ticket.events]
    for feed, columns, records in (("tickets", TICKET_COLUMNS, tickets), ("events", EVENT_COLUMNS, events)):
        rows = records + [record for record in records if draw.chance(copies)]
        draw.shuffle(rows)
        for part in range(parts):
            write_records(folder / "data" / f"{feed}-{part}.csv", columns, rows[part::parts])
