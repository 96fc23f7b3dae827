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
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from tests.conformance.open_hours import Calendar, Hours, Opening, Range, zone_rules
from tests.conformance.reference import (
    DONE,
    DROPPED,
    OPEN,
    Agreement,
    Ends,
    Event,
    Exclusion,
    Row,
    Target,
    Ticket,
    World,
    governing,
    ticket_ends,
    ticket_rows,
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
PAUSABLE = ("waiting_customer", "waiting_supplier", "waiting_internal", "on_hold")
PRIORITIES = ("P1", "P2", "P3", "P4")
METRICS = ("time_to_first_response", "time_to_next_reply", "max_update_gap", "time_to_resolve", "time_to_close")
MAY_START_WITH_ASSIGNMENT = {"time_to_first_response", "time_to_resolve", "time_to_close"}
POLICIES = ("at_clock_start_plus_upgrade", "at_clock_start_plus_upgrade", "event_time", "final_value")


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


@cache
def change_instants(zone: str) -> list[int]:
    """The seconds from which on another offset holds, in the season in which tickets of the zone are opened."""

    def offset(instant: int) -> timedelta | None:
        return datetime.fromtimestamp(instant, zone_rules(zone)).utcoffset()

    found = []
    for day in clock_changes(zone, *seasons(zone)):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone_rules(zone))
        before, after = int((noon - timedelta(days=1)).timestamp()), int(noon.timestamp())
        while after - before > 1:
            middle = (before + after) // 2
            before, after = (middle, after) if offset(middle) == offset(before) else (before, middle)
        found.append(after)
    return found


def seasons(zone: str) -> tuple[date, date]:
    """The days in which tickets of this zone are opened."""
    if zone == "America/Sao_Paulo":
        return LONG_AGO, LONG_AGO + timedelta(days=500)
    return FIRST_DAY, date.fromisoformat(AS_OF[:10])


class Draw(random.Random):
    """Draws with the words of this module."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.packs: dict[str, list[Any]] = {}

    def deal(self, pack: str, cards: Sequence[Any]) -> Any:
        """A card of a pack that is shuffled anew whenever it is used up: all come up, each as often as it is in it."""
        if not self.packs.get(pack):
            self.packs[pack] = self.sample(cards, len(cards))
        return self.packs[pack].pop()

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
    """By zone: one calendar of the day, one of the night, one of the small hours, one round the clock."""
    found: dict[str, list[Calendar]] = {}
    for zone in zones:
        name = zone.split("/")[1].lower().replace("_", "-")
        first, last = seasons(zone)
        found[zone] = [Calendar(f"{name}-always", zone, (Hours(always_open=True),))]
        for kind in ("day", "night", "small hours"):
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
    start = "ticket.assigned" if metric in MAY_START_WITH_ASSIGNMENT and draw.chance(0.2) else "ticket.opened"
    usual = draw.choice(calendars).name
    base = draw.choice((15 * MINUTE, HOUR, 4 * HOUR + 7, 8 * HOUR, 24 * HOUR, 60 * HOUR, 160 * HOUR))
    factors = [1, 2, draw.choice((2, 3)), 9]
    if draw.chance(0.15):
        draw.shuffle(factors)  # a lower priority with a shorter threshold: what counts is the threshold

    def target(name: str, factor: int, priorities: Iterable[str] | None) -> Target:
        pausing = draw.sample(PAUSABLE, 0 if metric == "time_with_supplier" else draw.choice((0, 1, 1, 2, 4)))
        return Target(
            id=f"{metric.removeprefix('time_')}-{name}".replace("_", "-"),
            metric=metric,
            threshold=base * factor,
            calendar=usual if one_calendar else draw.choice(calendars).name,
            priorities=None if priorities is None else frozenset(priorities),
            start=start,
            pauses={status: draw.chance(0.3) for status in pausing},
        )

    shape = draw.choice(("one", "each", "each", "some" if may_have_gaps else "each", "general"))
    if shape == "one":
        return [target("all", 2, None)]
    listed = draw.sample(range(4), 2) if shape in ("some", "general") else range(4)
    narrow = [target(PRIORITIES[n].lower(), factors[n], [PRIORITIES[n]]) for n in listed]
    return [target("rest", 5, None), *narrow] if shape == "general" else narrow


def random_agreement(
    draw: Draw, metrics: Sequence[str], zone: str, calendars: dict[str, list[Calendar]], **parties: Any
) -> Agreement:
    """An agreement between these parties with targets of these metrics, everything else drawn."""
    kind = parties.get("type", "SLA")
    mode = draw.deal(f"{kind} reopen", ("resume", "resume", "resume", "new_cycle", "ignore"))
    window_days = draw.choice((0, 1, 2, 5))
    # Where targets of one metric have calendars of their own, the reopen window is left to the cases
    # worked by hand.
    one_calendar = draw.chance(0.7) or (mode == "resume" and window_days > 0)
    # A first target found after a reopening that is ignored is left out: its clock starts (the project's choice).
    may_have_gaps = mode != "ignore"
    targets = [
        target
        for metric in metrics
        for target in random_target_set(
            draw, metric, calendars[zone], one_calendar=one_calendar, may_have_gaps=may_have_gaps
        )
    ]
    values: dict[str, Any] = {
        "version": 1,
        "services": (),
        "zone": zone,
        "period": draw.choice(("month", "month", "quarter", "year")),
        "targets": tuple(targets),
        "attribution": draw.deal(f"{kind} attribution", ("decided", "decided", "due", "resolved", "created")),
        "reopen_mode": mode,
        "window_days": window_days,
        "priority_change": draw.deal(f"{kind} priority", POLICIES),
        "no_reply": draw.deal(f"{kind} no reply", ("stops", "stops", "breach")),
        **parties,
    }
    return Agreement(**values)


def random_day(draw: Draw, zone: str) -> date:
    first, last = seasons(zone)
    return first + timedelta(days=draw.randint(0, (last - first).days))


def customer_agreements(draw: Draw, group: str, zone: str, calendars: dict[str, list[Calendar]]) -> list[Agreement]:
    """What may apply to one customer's tickets: SLAs, and contracts with the team and the supplier of its service."""

    def agreement(name: str, metrics: Sequence[str], **parties: Any) -> Agreement:
        parties = {"id": f"{name}-{group}", "consumer": f"customer-{group}", **parties}
        return random_agreement(draw, metrics, zone, calendars, **parties)

    def sla_metrics() -> list[str]:
        return draw.sample(METRICS, draw.choice((1, 2, 3, 4)))

    own = (f"service-{group}",)
    found = [agreement("sla", sla_metrics())]
    if draw.chance(0.2):
        found.append(agreement("sla", sla_metrics(), version=2, valid_from=random_day(draw, zone)))
    elif draw.chance(0.1):
        found = [replace(found[0], valid_from=random_day(draw, zone))]
    elif draw.chance(0.1):
        found = [replace(found[0], valid_to=random_day(draw, zone))]
    if draw.chance(0.2):
        found.append(agreement("sla-listed", sla_metrics(), services=own))
    if draw.chance(0.2):
        found.append(agreement("sla-second", sla_metrics(), consumer=f"second-{group}"))
    if draw.chance(0.5):
        team = {"type": "OLA", "provider": f"team-{group}"}
        if draw.chance(0.4):
            found.append(agreement("ola", ["time_in_team"], **team))
        if draw.chance(0.7):
            found.append(agreement("ola-listed", ["time_in_team"], services=own, **team))
    if draw.chance(0.85):
        found.append(agreement("uc", ["time_with_supplier"], type="UC", provider="supplier", services=own))
    return found


def common_agreements(draw: Draw, calendars: dict[str, list[Calendar]]) -> list[Agreement]:
    """Contracts that any ticket may come under: of two teams and of the suppliers, for all services and for one."""
    parties: list[dict[str, Any]] = [
        {"id": "ola-desk", "type": "OLA", "provider": "desk"},
        {"id": "ola-network", "type": "OLA", "provider": "network"},
        {"id": "ola-network-mail", "type": "OLA", "provider": "network", "services": ("mail",)},
        {"id": "uc-all", "type": "UC", "provider": "reseller"},
        {"id": "uc-mail", "type": "UC", "provider": "carrier", "services": ("mail",)},
    ]
    metrics = {"OLA": ["time_in_team"], "UC": ["time_with_supplier"]}
    return [
        random_agreement(
            draw, metrics[more["type"]], "Europe/London", calendars, consumer="desk", valid_from=FIRST_DAY, **more
        )
        for more in parties
    ]


# ------------------------------------------------------------------------------------------------ tickets


class Story:
    """One ticket as it grows, event by event."""

    def __init__(self, draw: Draw, name: str, group: str, world: World, parent: Ticket | None = None) -> None:
        self.draw, self.world, self.group = draw, world, group
        self.sla = world.agreements[0]
        self.teams = ("desk", "network", f"team-{group}", f"team-{group}")
        self.services = (f"service-{group}", f"service-{group}", "mail", "desk")
        self.team = "" if draw.chance(0.4) else draw.choice(self.teams)
        # Left out, with the rule that the project chose where the promise is silent:
        # - a clock that starts with the assignment, and a ticket resolved before, or cancelled and taken up again: of a
        #   first response it never starts, others start with the assignment;
        # - a change of priority, customer or service within the second of another event, but for one of its kind: a
        #   clock that would start and end within the second does not exist;
        # - a ticket cancelled and taken up again within one second: likewise;
        # - a first target found while the ticket stands resolved: its clock starts there, with nothing on it.
        targets = [target for agreement in world.agreements for target in agreement.targets]
        self.waits_for_team = any(target.start == "ticket.assigned" for target in targets)
        self.has_gaps = any(
            agreement.target(metric, "incident", priority) is None
            for agreement in world.agreements
            for metric in agreement.metrics()
            for priority in PRIORITIES
        )
        self.status, self.done_since = "new", 0
        self.customer, self.service = f"customer-{group}", draw.choice(self.services)
        opened = parent.opened - draw.choice((0, 1, *[HOUR] * 4, DAY)) if parent else self._opening_instant()
        self.now = opened
        self.ticket = Ticket(
            name, self.customer, self.service, "incident", draw.choice(PRIORITIES), opened, self.team, ()
        )
        self.is_duplicate = parent is not None

    def _opening_instant(self) -> int:
        draw, zone = self.draw, self.sla.zone
        first, last = seasons(zone)
        changes = clock_changes(zone, first, last)
        if draw.chance(0.2):
            day = last - timedelta(days=draw.randint(0, 9))  # still open, or not yet opened, at as_of
        elif changes and draw.chance(0.6):
            day = draw.choice(changes) + timedelta(days=draw.choice((-5, -3, -2, -1, -1, 0)))
        else:
            day = random_day(draw, zone)
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        at = int(midnight.timestamp()) + draw.choice((draw.randint(0, DAY), draw.randint(0, 24) * HOUR))
        return self._boundary(at, [self.sla]) if draw.chance(0.15) else at

    def _agreement(self) -> Agreement:
        """One of those that apply, if any does."""
        found = governing(self.world.agreements, self.ticket.opened, self.customer, self.service)
        return self.draw.choice(found or [self.sla])

    def _boundary(self, at: int, agreements: Sequence[Agreement]) -> int:
        """A second around the next opening or closing of one of the agreement's calendars."""
        target = self.draw.choice(self.draw.choice(agreements).targets)
        spans = self.world.openings[target.calendar].within(at, at + 10 * DAY)
        edges = [edge for span in spans for edge in span if edge > at]
        return edges[0] + self.draw.choice((-1, 0, 0, 1)) if edges else at

    def _next_clock_change(self) -> int | None:
        """The next change of the clocks, if it is near."""
        ahead = (at for at in change_instants(self.sla.zone) if self.now <= at < self.now + 8 * DAY)
        return next(ahead, None)

    def _step(self) -> None:
        """Time passes, by nothing, by anything up to ten days, or to an instant that matters."""
        draw, way, agreement = self.draw, self.draw.random(), self._agreement()
        change = self._next_clock_change()
        if way < 0.12:
            at = self.now
        elif way < 0.35:
            rows = ticket_rows(replace(self.world, as_of=self.now), self.ticket)
            due = [row.due_at for row in rows if row.due_at is not None and row.due_at >= self.now]
            at = draw.choice(due) + draw.choice((-1, 0, 0, 1, 1)) if due else self.now + HOUR
        elif way < 0.5:
            at = self._boundary(self.now, [agreement])
        elif way < 0.75 and change is not None:
            at = change + draw.choice((-1, 0, 1, HOUR, 9 * HOUR, draw.randint(0, 2 * DAY)))
        elif way < 0.7 and self.status in DONE and agreement.window_days:
            opening = self.world.openings[draw.choice(agreement.targets).calendar]
            at = opening.window_end(self.done_since, agreement.window_days) + draw.choice((-1, 0, 1))
        else:
            at = self.now + int(math.exp(draw.uniform(math.log(30), math.log(10 * DAY))))
        self.now = max(self.now, min(at, self.now + 40 * DAY))

    def add(self, kind: str, value: str = "", actor: str = "agent", *, is_public: bool = False) -> None:
        last = self.ticket.events[-1] if self.ticket.events else Event("", self.ticket.opened, "")
        if self.now == last.at and kind != last.kind and {"priority", "customer", "service"} & {kind, last.kind}:
            self.now += 1
        name = f"{self.ticket.id}-{len(self.ticket.events):02d}"
        event = Event(name, self.now, kind, value, actor, is_public)
        self.ticket = replace(self.ticket, events=(*self.ticket.events, event))

    def grow(self) -> Ticket:
        for _ in range(self.draw.choice((0, 0, 0, 1, 2) if self.is_duplicate else (0, 1, 2, 3, 4, 6, 8, 12))):
            self._step()
            self._happen()
            if self.status in DROPPED and (self.waits_for_team or self.draw.chance(0.5)):
                break
        if self.is_duplicate and self.status in OPEN:
            self.now += HOUR
            self._set_status("merged")
        elif self.status in OPEN and (self.team or not self.waits_for_team) and self.draw.chance(0.5):
            self._step()
            self._set_status(self.draw.choice(("resolved", "resolved", "cancelled")))
        return self.ticket

    def _happen(self) -> None:
        draw = self.draw
        weights = (10, 3, 3, 3, 0) if self.status in DROPPED else (10, 3, 9, 3, 1)
        kind = draw.choices(("status", "priority", "message", "team", "move"), weights)[0]
        if kind == "status":
            self._change_status()
        elif kind == "message":
            self._say()
        elif kind == "team":
            self._assign()
        elif kind == "priority":
            if not (self.has_gaps and self.status not in OPEN):
                self.add("priority", draw.choice(PRIORITIES))
        elif self.status not in DONE:
            self._move()

    def _say(self) -> None:
        draw = self.draw
        actor = draw.choice(("customer", "customer", "system", "agent", "agent"))
        self.add("message", "", actor, is_public=draw.chance(0.8))

    def _assign(self) -> None:
        self.team = self.draw.choice(self.teams)
        self.add("team", self.team)

    def _move(self) -> None:
        """To another service, or to the other customer."""
        if self.draw.chance(0.6):
            self.service = self.draw.choice([name for name in self.services if name != self.service])
            self.add("service", self.service)
        else:
            self.customer = f"{'second' if self.customer.startswith('customer') else 'customer'}-{self.group}"
            self.add("customer", self.customer)

    def _change_status(self) -> None:
        draw = self.draw
        if self.status in DONE:
            choices: tuple[str, ...] = ("closed", "in_progress", "new", *PAUSABLE[:2], "merged")
        elif self.status in DROPPED:
            choices = (*OPEN, *OPEN, "resolved", "closed")
        else:
            choices = (*OPEN, *PAUSABLE, "waiting_supplier", *["resolved"] * 3, *["closed"] * 2, *["merged"] * 2)
        status = draw.choice(choices)
        if self.waits_for_team and not self.team and status in DONE:
            self._assign()
        if status == "merged" and draw.chance(0.5):
            status = "cancelled"
        if status in PAUSABLE and draw.chance(0.4):
            self.add("message", "", "agent", is_public=True)
            self.now += draw.choice((0, 60, 899, 900, 901))
        self._set_status(status)
        # What happens in the very second of a change of status, after it.
        if draw.chance(0.15):
            self._say()
        if draw.chance(0.1) and status in OPEN:
            self._assign()

    def _set_status(self, status: str) -> None:
        if self.status in DROPPED and self.now == self.ticket.events[-1].at:
            self.now += 1
        if status in DONE and self.status not in DONE:
            self.done_since = self.now
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

    @cached_property
    def _by_party(self) -> dict[tuple[str, str], list[Agreement]]:
        """Agreements by what a ticket must have had for them to matter: the customer, the team, one of the services."""
        found: dict[tuple[str, str], list[Agreement]] = {}
        for agreement in self.agreements:
            parties = {"SLA": [agreement.consumer], "OLA": [agreement.provider]}.get(agreement.type)
            for party in parties or agreement.services or ("*",):
                found.setdefault((agreement.type, party), []).append(agreement)
        return found

    def world(self, ticket: Ticket) -> World:
        """The world as far as this ticket can feel it."""
        had: dict[str, set[str]] = {"customer": {ticket.customer}, "team": {ticket.team}, "service": {ticket.service}}
        for event in ticket.events:
            had.setdefault(event.kind, set()).add(event.value)
        parties = [("SLA", name) for name in had["customer"]] + [("OLA", name) for name in had["team"]]
        parties += [("UC", name) for name in {*had["service"], "*"}]
        agreements = [found for party in sorted(parties) for found in self._by_party.get(party, [])]
        return World(epoch(AS_OF), self.openings, agreements, self.children)

    @cached_property
    def children(self) -> dict[str, list[Ticket]]:
        """Tickets by the parent they name."""
        found: dict[str, list[Ticket]] = {}
        for ticket in self.tickets:
            found.setdefault(ticket.parent, []).append(ticket)
        found.pop("", None)
        return found

    def expected(self) -> list[Row]:
        return [row for row, _ in self.expected_ends()]

    def expected_ends(self) -> list[tuple[Row, Ends]]:
        return [
            found
            for ticket in self.tickets
            for found in ticket_ends(self.world(ticket), ticket, self.exclusions.get(ticket.id, []))
        ]


def random_project(seed: int, count: int, tickets_per_customer: int = 3) -> RandomProject:
    """At least so many tickets; beside them one for every sixth that is merged into one of them."""
    draw = Draw(seed)
    calendars = random_calendars(draw)
    openings = {}
    for zone, of_zone in calendars.items():
        start = datetime.combine(seasons(zone)[0], datetime.min.time(), UTC) - timedelta(days=40)
        for calendar in of_zone:
            openings[calendar.name] = Opening(calendar, int(start.timestamp()), epoch(AS_OF) + 6 * 366 * DAY)
    shared = common_agreements(draw, calendars)
    agreements, tickets, exclusions = list(shared), [], {}
    for number in range(math.ceil(count / tickets_per_customer)):
        group = f"{number:04d}"
        own = customer_agreements(draw, group, ZONES[number % len(ZONES)], calendars)
        agreements += own
        world = World(epoch(AS_OF), openings, own + shared)
        first = number * (tickets_per_customer + 1)
        of_customer = [Story(draw, f"T{first + n:05d}", group, world).grow() for n in range(tickets_per_customer)]
        if draw.chance(0.5):
            parent = draw.choice(of_customer)
            duplicate = Story(draw, f"T{first + tickets_per_customer:05d}", group, world, parent).grow()
            of_customer.append(replace(duplicate, parent=parent.id))
        of_customer = with_parents(draw, of_customer, tickets)
        tickets += of_customer
        for ticket in of_customer:
            if draw.chance(0.25):
                exclusions[ticket.id] = random_exclusions(draw, world, ticket)
    return RandomProject([c for zone in calendars.values() for c in zone], agreements, tickets, exclusions, openings)


def with_parents(draw: Draw, of_customer: Sequence[Ticket], others: Sequence[Ticket]) -> list[Ticket]:
    """Some name another parent, merged or not: a ticket of the customer, one of another, or none there is."""
    found = []
    for ticket in of_customer:
        rivals = [other.id for other in of_customer if other is not ticket]
        strangers = [draw.choice(others).id] if others else []
        if draw.chance(0.3):
            ticket = replace(ticket, parent=draw.choice([*rivals * 3, *strangers, "T-none"]))
        found.append(ticket)
    return found


def with_cases(drawn: RandomProject, worked: RandomProject) -> RandomProject:
    """Both as one project; their names must differ."""
    return RandomProject(
        drawn.calendars + worked.calendars,
        drawn.agreements + worked.agreements,
        drawn.tickets + worked.tickets,
        drawn.exclusions | worked.exclusions,
        drawn.openings | worked.openings,
    )


def random_exclusions(draw: Draw, world: World, ticket: Ticket) -> list[Exclusion]:
    """Of intervals and of whole clocks, of all targets or one, of all cycles or one; some of them revoked.

    Mostly of clocks that the ticket has, of each metric alike.
    """
    rows: dict[str, list[Row]] = {}
    for row in ticket_rows(world, ticket):
        rows.setdefault(row.metric, []).append(row)
    last = max([ticket.opened + DAY, *(event.at for event in ticket.events)])
    found = []
    for _ in range(draw.choice((1, 1, 2, 3))):
        start = draw.randint(ticket.opened - HOUR, last)
        end = start + draw.choice((1, MINUTE, HOUR, 6 * HOUR, DAY))
        agreement, target = world.agreements[0].id, world.agreements[0].targets[0].id
        if rows and draw.chance(0.9):
            row = draw.choice(rows[draw.choice(sorted(rows))])
            agreement, target = row.agreement_id, row.target_id
        span = None if draw.chance(0.4) else (start, end)
        cycle, outcome = draw.choice((None, None, 1, 2)), draw.choice((*["accepted"] * 9, "revoked"))
        found.append(Exclusion(agreement, span, draw.choice((None, target)), cycle, outcome))
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
    }
    clock: dict[str, Any] = {"start": target.start} if target.metric in MAY_START_WITH_ASSIGNMENT else {}
    if pauses:
        clock["pause"] = pauses
    if clock:
        spec["clock"] = clock
    scope = {"priority": target.priorities, "type": target.types}
    if any(scope.values()):
        spec["scope"] = {key: sorted(values) for key, values in scope.items() if values}
    return spec


def agreement_document(agreement: Agreement) -> dict[str, Any]:
    validity = {"from": agreement.valid_from.isoformat(), "timeZone": agreement.zone}
    if agreement.valid_to is not None:
        validity["to"] = agreement.valid_to.isoformat()
    spec = {
        "type": agreement.type,
        "version": agreement.version,
        "provider": agreement.provider,
        "consumer": agreement.consumer,
        "services": [{"service": service} for service in agreement.services] or ["*"],
        "status": "in_force",
        "validity": validity,
        "reporting": {"period": agreement.period},
        "policies": {
            "attribution": agreement.attribution,
            "reopen": {"mode": agreement.reopen_mode, "windowDays": agreement.window_days},
            "priorityChange": agreement.priority_change,
            "noReply": agreement.no_reply,
        },
        "targets": [target_spec(target) for target in agreement.targets],
    }
    return document("Agreement", agreement.id, spec)


def decision_document(name: str, ticket_id: str, exclusion: Exclusion) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "kind": "exclude_instance" if exclusion.span is None else "exclude_interval",
        "agreement": exclusion.agreement,
        "subject": {"ticket": ticket_id},
        "reason": "power_loss_at_customer",
        "decidedBy": [{"role": "slm", "side": "provider"}, {"role": "cio", "side": "consumer"}],
        "decidedAt": "2017-01-01T00:00:00Z",  # before every as_of: what is decided later is not this test's matter
        "outcome": exclusion.outcome,
    }
    if exclusion.span is not None:
        spec["interval"] = {"from": instant_text(exclusion.span[0]), "to": instant_text(exclusion.span[1])}
    if exclusion.target is not None:
        spec["target"] = exclusion.target
    if exclusion.cycle is not None:
        spec["subject"]["cycle"] = exclusion.cycle
    return document("Decision", name, spec)


TICKET_COLUMNS = (
    "ticket_id", "customer_id", "service_id", "ticket_type", "priority", "opened_at", "team_id", "parent_ticket_id",
)  # fmt: skip
EVENT_COLUMNS = ("event_id", "ticket_id", "occurred_at", "event_type", "value", "actor_role", "is_public")


def ticket_record(ticket: Ticket) -> tuple[str, ...]:
    opened = instant_text(ticket.opened)
    own = ticket.id, ticket.customer, ticket.service, ticket.type, ticket.priority, opened, ticket.team
    return *own, ticket.parent


def event_record(ticket: Ticket, event: Event) -> tuple[str, ...]:
    is_public = str(event.is_public).lower()
    return event.id, ticket.id, instant_text(event.at), event.kind, event.value, event.actor, is_public


def names_of(project: RandomProject, kind: str) -> list[str]:
    """Every customer, service or team that anything in the project names."""
    found = {getattr(ticket, kind) for ticket in project.tickets}
    found |= {event.value for ticket in project.tickets for event in ticket.events if event.kind == kind}
    for agreement in project.agreements:
        by_kind = {
            "customer": [agreement.consumer] if agreement.type == "SLA" else [],
            "service": agreement.services,
            "team": [agreement.provider] if agreement.type == "OLA" else [],
        }
        found.update(by_kind[kind])
    return sorted(found - {""})


def write_documents(folder: Path, project: RandomProject) -> None:
    """The agreements and slm.yaml; JSON is YAML."""
    documents = [document("Service", name, {"owner": "it"}) for name in names_of(project, "service")]
    documents += [document("Customer", name, {}) for name in names_of(project, "customer")]
    documents += [document("Team", name, {}) for name in names_of(project, "team")]
    documents += [found for calendar in project.calendars for found in calendar_documents(calendar)]
    documents += [agreement_document(agreement) for agreement in project.agreements]
    documents += [
        decision_document(f"{ticket_id.lower()}-{number}", ticket_id, exclusion)
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
