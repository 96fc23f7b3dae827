"""What happens at the desk on one day: the tickets opened on it and the whole of their lives.

Belongs here: turning the figures of `rhythms` into tickets and events, for a whole day at a time.
Does not belong here: the figures themselves, what is planted by hand (`planted`), text and files (`files`).
Sits after `rhythms` and `company`, before `generate`.

Each desk day (a local day in London) draws from a generator of its own, seeded by (seed, stream, day). A ticket's life
is drawn to its end on the day it is opened; what lies after the export is cut off on writing. So the past never
depends on how far the export reaches.
"""

import math
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.acme import company, rhythms
from examples.acme.desk_time import DAY, HOUR, LocalClock
from examples.acme.tables import MAX_HOPS, NEVER, Events, Tickets

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

MINUTE = 60
EPOCH = date(1970, 1, 1)

# The surge: three times the tickets on each of these days.
SURGE_DAYS = tuple((date(2026, 5, day) - EPOCH).days for day in (27, 28, 29, 30, 31))
SURGE_FACTOR = 3.0

# Bank incidents of moderate priority in core banking: solved in time, or left open for most of a year.
PARKED_SHARE = 0.30
PARKED_FROM = (date(2026, 1, 5) - EPOCH).days
PARKED_DAYS = (300.0, 380.0)
LEDGER_LONGEST_HOURS = 144.0

# The customer whose targets are all met while its people are unhappy: quick at first, never longer than this.
WATERMELON_HANDLING_FACTOR = 0.25
WATERMELON_RESPONSE_FACTOR = 0.5
WATERMELON_LONGEST_HOURS = (6.0, 18.0, 144.0, 144.0)  # P1 to P4
WATERMELON_REPAIR_SECONDS = 90 * MINUTE

# The network team promises an hour or three, whatever the case.
RECKLESS_PROMISE_SHARE = 0.7
RECKLESS_HOURS = (1.0, 3.0)

# However long a ticket stays open, whose it is is settled in its first days.
LONGEST_SEARCH = 5 * DAY

NIGHT_SHARE_OF_FREIGHT = 0.15
NIGHT_STARTS, NIGHT_ENDS = 22 * HOUR, 6 * HOUR
NIGHT_HANDLING_FACTOR = 0.05
NETWORK_SUPPLIER_SHARE = 0.12


@dataclass(frozen=True)
class Clocks:
    """The wall clocks of the two desks."""

    london: LocalClock
    new_york: LocalClock

    @classmethod
    def spanning(cls, start: int, end: int) -> "Clocks":
        """`start`, `end`: UTC epoch seconds."""
        return cls(LocalClock(company.DESK_ZONE, start, end), LocalClock(company.RETAIL_ZONE, start, end))

    def snapped(self, is_retail: Flags, instants: Integers, delay: Integers) -> Integers:
        """Moved into the desk hours of the customer's desk."""
        return np.where(is_retail, self.new_york.snapped(instants, delay), self.london.snapped(instants, delay))

    def after_worked(self, is_retail: Flags, instants: Integers, worked: Integers) -> Integers:
        """After so many desk seconds of the customer's desk."""
        here, there = self.london.after_worked(instants, worked), self.new_york.after_worked(instants, worked)
        return np.where(is_retail, there, here)


class Uniforms:
    """Columns of numbers from 0 to 1, each `length` long, drawn one after another."""

    def __init__(self, seed: int, stream: int, day: int, length: int = 0) -> None:
        self._generator = np.random.default_rng([seed, stream, day])
        self.length = length

    def one(self) -> float:
        """A single number, before the length is known."""
        return float(self._generator.random())

    def column(self) -> Floats:
        """One number per row."""
        return self._generator.random(self.length)

    def columns(self, width: int) -> Floats:
        """Several numbers per row."""
        return self._generator.random((self.length, width))

    def between(self, low: float, high: float) -> Floats:
        """Numbers from `low` to `high`, all alike."""
        return low + (high - low) * self.column()

    def below(self, share: float | Floats) -> Flags:
        """True for that share of the rows."""
        return self.column() < share

    def picked(self, shares: tuple[float, ...]) -> Integers:
        """Positions, as often as their shares say."""
        return picked(shares, self.column())

    def quantile(self, levels: tuple[float, ...], values: tuple[float, ...]) -> Floats:
        """Values whose distribution has these quantiles, straight lines between them."""
        return np.interp(self.column(), levels, values)


def picked(shares: tuple[float, ...], uniform: Floats) -> Integers:
    """The position whose share of [0, 1) each number falls into."""
    bounds = np.cumsum(shares) / np.sum(shares)
    return np.minimum(np.searchsorted(bounds, uniform, side="right"), len(shares) - 1)


def seconds(hours: Floats) -> Integers:
    """Whole seconds of hours, cut off."""
    return (hours * HOUR).astype(np.int64)


def poisson(mean: float, uniform: float) -> int:
    """The Poisson count at a level: by its sum for small means, by the normal curve for large ones."""
    if mean > 500:
        return max(0, round(mean + NormalDist().inv_cdf(min(max(uniform, 1e-12), 1 - 1e-12)) * math.sqrt(mean)))
    count, share = 0, math.exp(-mean)
    total = share
    while total < uniform and count < 2000:
        count += 1
        share *= mean / count
        total += share
    return count


def arrivals_mean(day: int, size: float) -> float:
    """Expected tickets of a desk day."""
    weekday = (day + 3) % 7
    surge = SURGE_FACTOR if day in SURGE_DAYS else 1.0
    return rhythms.TICKETS_PER_YEAR * size * 7 / 365.25 * rhythms.ARRIVAL_WEEKDAY_SHARES[weekday] * surge


class EventSink:
    """Collects events of a day's tickets and gives each ticket's events their order."""

    def __init__(self, tickets: int) -> None:
        self._tickets = np.arange(tickets)
        self._parts: list[tuple[Any, ...]] = []

    def add(
        self,
        rows: Flags,
        occurred: Integers,
        kind: int,
        role: int,
        value: Integers | int = company.NO_VALUE,
        is_public: bool = True,
        promised: Integers | None = None,
    ) -> None:
        """One event for each of the tickets in `rows`; the arrays have one entry per ticket of the day."""
        chosen = self._tickets[rows]
        count = len(chosen)
        values = np.full(count, value) if isinstance(value, int) else value[rows]
        self._parts.append(
            (
                chosen,
                occurred[rows],
                np.full(count, len(self._parts)),
                np.full(count, kind),
                values,
                np.full(count, role),
                np.full(count, is_public),
                np.full(count, NEVER) if promised is None else promised[rows],
            )
        )

    def events(self, day: Integers, number: Integers) -> Events:
        """All events, by ticket and in order: by instant, within one instant as they were added."""
        ticket, occurred, rank, kind, value, role, is_public, promised = (
            np.concatenate([part[column] for part in self._parts]) for column in range(8)
        )
        order = np.lexsort((rank, occurred, ticket))
        ticket = ticket[order]
        first = np.searchsorted(ticket, ticket, side="left")
        return Events(
            day=day[ticket],
            number=number[ticket],
            sequence=np.arange(len(ticket)) - first + 1,
            occurred=occurred[order].astype(np.int64),
            kind=kind[order].astype(np.int16),
            value=value[order].astype(np.int16),
            role=role[order].astype(np.int16),
            is_public=is_public[order].astype(np.bool_),
            promised=promised[order].astype(np.int64),
        )


@dataclass(frozen=True)
class Arrivals:
    """Who opens what, and when: one row per ticket, in order of opening."""

    opened: Integers
    customer: Integers
    service: Integers
    ticket_type: Integers
    priority: Integers
    channel: Integers
    category: Integers
    requester: Integers
    is_retail: Flags
    is_urgent: Flags  # worked on around the clock
    is_ledger: Flags  # the bank's core banking incidents of moderate priority
    is_watermelon: Flags  # of the customer that is unhappy with met targets


def draw_arrivals(day: int, size: float, uniform: Uniforms, clocks: Clocks) -> Arrivals:
    """The tickets opened on a desk day."""
    demand = uniform.picked(tuple(share for _, _, share in company.DEMAND))
    customer = np.array([row[0] for row in company.DEMAND])[demand]
    service = np.array([row[1] for row in company.DEMAND])[demand]
    is_weekend = (day + 3) % 7 >= 5
    shares = rhythms.ARRIVAL_HOUR_SHARES_WEEKEND if is_weekend else rhythms.ARRIVAL_HOUR_SHARES_WEEKDAY
    local = uniform.picked(shares) * HOUR + (uniform.column() * HOUR).astype(np.int64)
    # The stores' day is five hours behind London's.
    local = np.where(customer == company.RETAIL, (local + 5 * HOUR) % DAY, local)
    night = (NIGHT_STARTS + (uniform.column() * 8 * HOUR).astype(np.int64)) % DAY
    at_night = uniform.below(NIGHT_SHARE_OF_FREIGHT) & (service == company.FREIGHT)
    local = np.where(at_night, night, local)
    opened = clocks.london.utc(day * DAY + local)

    ticket_type = uniform.picked(rhythms.TICKET_TYPE_SHARES)
    priority = uniform.picked(rhythms.PRIORITY_SHARES)
    priority = np.where((ticket_type == company.REQUEST) & (priority < 2), priority + 2, priority)
    category = uniform.picked((0.25, 0.25, 0.15, 0.2, 0.1, 0.05))
    is_night = (service == company.FREIGHT) & ((local >= NIGHT_STARTS) | (local < NIGHT_ENDS))
    category = np.where(is_night, company.NIGHT_BATCH, category)
    channel = uniform.picked(rhythms.CHANNEL_SHARES)
    people = max(1, round(60 * size))
    requester = (uniform.column() ** 2 * people).astype(np.int64) + 1
    is_ledger = (
        (customer == company.BANK)
        & (service == company.CORE_BANKING)
        & (ticket_type == company.INCIDENT)
        & (priority == 2)
    )
    order = np.argsort(opened, kind="stable")
    return Arrivals(
        opened=opened[order],
        customer=customer[order],
        service=service[order],
        ticket_type=ticket_type[order],
        priority=priority[order],
        channel=channel[order],
        category=category[order],
        requester=requester[order],
        is_retail=(customer == company.RETAIL)[order],
        is_urgent=((priority < 2) | is_night)[order],
        is_ledger=is_ledger[order],
        is_watermelon=(customer == company.HOSPITALS)[order],
    )


@dataclass(frozen=True)
class Work:
    """How each ticket is worked on. Waits: two slots, NEVER where there is none."""

    replied: Integers
    resolved: Integers
    ended: Integers  # cancelled or merged instead
    is_merged: Flags
    is_parked: Flags
    wait_kinds: Integers  # values of company: two columns
    wait_starts: Integers
    wait_ends: Integers

    @property
    def end(self) -> Integers:
        """When the work is over, one way or the other."""
        return np.where(self.ended != NEVER, self.ended, self.resolved)


def draw_replies(tickets: Arrivals, uniform: Uniforms, clocks: Clocks) -> Integers:
    """Instants of the first human answer, whether or not it is written down."""
    level = uniform.column()
    table = np.where((tickets.category == company.NIGHT_BATCH) & (tickets.priority >= 2), 1, tickets.priority)
    minutes = np.choose(table, [np.interp(level, rhythms.RESPONSE_LEVELS, row) for row in rhythms.RESPONSE_MINUTES])
    minutes = np.where(tickets.is_watermelon, minutes * WATERMELON_RESPONSE_FACTOR, minutes)
    spent = np.maximum((minutes * MINUTE).astype(np.int64), 15)
    later = clocks.after_worked(tickets.is_retail, tickets.opened, spent)
    return np.where(tickets.is_urgent, tickets.opened + spent, later)


def draw_work(day: int, tickets: Arrivals, uniform: Uniforms, clocks: Clocks) -> Work:
    """From the first answer to the resolution."""
    replied = draw_replies(tickets, uniform, clocks)
    is_ended = uniform.below(rhythms.CANCELLED_SHARE + rhythms.MERGED_SHARE)
    is_merged = is_ended & uniform.below(rhythms.MERGED_SHARE / (rhythms.CANCELLED_SHARE + rhythms.MERGED_SHARE))
    is_merged &= np.arange(len(replied)) > 0  # the first of the day has nothing to be merged into
    ended = np.where(is_ended, replied + 5 * MINUTE + seconds(uniform.between(0, 2)), NEVER)
    is_parked = uniform.below(PARKED_SHARE) & tickets.is_ledger & ~is_ended & (day >= PARKED_FROM)

    factor = np.array(rhythms.PRIORITY_HANDLING_FACTORS)[tickets.priority]
    factor = np.where(tickets.category == company.NIGHT_BATCH, np.minimum(factor, NIGHT_HANDLING_FACTOR), factor)
    factor = np.where(tickets.is_watermelon, factor * WATERMELON_HANDLING_FACTOR, factor)
    hours = uniform.quantile(rhythms.QUANTILES, rhythms.HANDLING_HOURS) * factor
    longest = np.array(WATERMELON_LONGEST_HOURS)[tickets.priority]
    hours = np.where(tickets.is_watermelon, np.minimum(hours, longest), hours)
    hours = np.where(tickets.is_ledger, np.minimum(hours, LEDGER_LONGEST_HOURS), hours)
    hours = np.where(is_parked, uniform.between(*PARKED_DAYS) * 24, hours)

    def in_desk_hours(instants: Integers, longest: float) -> Integers:
        delay = seconds(uniform.between(0, longest))
        return np.where(tickets.is_urgent, instants, clocks.snapped(tickets.is_retail, instants, delay))

    worked = np.maximum(in_desk_hours(tickets.opened + seconds(hours), 3), replied + 2 * MINUTE)
    first, second, durations = draw_waits(tickets, is_ended | is_parked, uniform)
    share = uniform.between(0.1, 0.6)
    start = replied + ((worked - replied) * share).astype(np.int64)
    rest = worked - start
    end = in_desk_hours(start + durations[0], 2)
    share_again = uniform.between(0.1, 0.6)
    start_again = end + 5 * MINUTE + (rest * share_again).astype(np.int64)
    end_again = in_desk_hours(start_again + durations[1], 2)
    rest_again = rest - (rest * share_again).astype(np.int64)
    resolved = np.where(second, end_again + rest_again + 2 * MINUTE, end + rest + 2 * MINUTE)
    resolved = np.where(first != company.NO_VALUE, resolved, worked)
    resolved = in_desk_hours(resolved, 1)
    return Work(
        replied=replied,
        resolved=np.where(is_ended, NEVER, resolved),
        ended=ended,
        is_merged=is_merged,
        is_parked=is_parked,
        wait_kinds=np.stack([first, np.where(second, company.WAITING_CUSTOMER, company.NO_VALUE)], axis=1),
        wait_starts=np.stack([start, start_again], axis=1),
        wait_ends=np.stack([end, end_again], axis=1),
    )


def draw_waits(tickets: Arrivals, is_without: Flags, uniform: Uniforms) -> tuple[Integers, Flags, list[Integers]]:
    """What each ticket first waits for (a status or NO_VALUE), whether it waits on the customer again, and how long."""
    level = uniform.column()
    customers = rhythms.WAITING_CUSTOMER_SHARE
    supplier = np.where(tickets.service == company.NETWORK, NETWORK_SUPPLIER_SHARE, rhythms.WAITING_SUPPLIER_SHARE)
    # Where the truth is planted nothing but the customer may hold a ticket up.
    is_exact = tickets.is_ledger | tickets.is_watermelon
    supplier, internal = np.where(is_exact, 0.0, supplier), np.where(is_exact, 0.0, rhythms.WAITING_INTERNAL_SHARE)
    first = np.full(len(level), company.NO_VALUE, dtype=np.int64)
    first[level < customers + supplier + internal] = company.WAITING_INTERNAL
    first[level < customers + supplier] = company.WAITING_SUPPLIER
    first[level < customers] = company.WAITING_CUSTOMER
    first[is_without] = company.NO_VALUE
    second = (first == company.WAITING_CUSTOMER) & uniform.below(rhythms.SECOND_WAIT_SHARE)
    factor = np.array(rhythms.PRIORITY_WAIT_FACTORS)[tickets.priority]
    on_customer = [uniform.quantile(rhythms.QUANTILES, rhythms.WAITING_CUSTOMER_HOURS) * factor for _ in range(2)]
    on_supplier = uniform.quantile(rhythms.SUPPLIER_LEVELS, rhythms.SUPPLIER_HOURS)
    inside = uniform.between(1, 24) * factor
    hours = np.select(
        [first == company.WAITING_SUPPLIER, first == company.WAITING_INTERNAL], [on_supplier, inside], on_customer[0]
    )
    return first, second, [np.maximum(seconds(part), 5 * MINUTE) for part in (hours, on_customer[1])]


def draw_teams(tickets: Arrivals, work: Work, uniform: Uniforms) -> tuple[Integers, Integers, Integers]:
    """(team at opening, teams after each reassignment, instants of the reassignments), MAX_HOPS columns each.

    The last team is the one that solves such cases; no two that follow each other are the same.
    """
    count = uniform.picked(rhythms.REASSIGNMENT_SHARES)
    resolver = np.array(company.RESOLVERS)[tickets.service]
    steps = 1 + (uniform.columns(MAX_HOPS) * 3).astype(np.int64)
    teams = np.empty((len(count), MAX_HOPS + 1), dtype=np.int64)
    teams[:, MAX_HOPS] = resolver
    for hop in range(MAX_HOPS - 1, -1, -1):
        before = (teams[:, hop + 1] + steps[:, hop]) % len(company.TEAMS)
        teams[:, hop] = np.where(hop >= count, resolver, before)
    by_desk = uniform.below(0.85) & (count > 0) & (teams[:, 1] != company.DESK_TEAM)
    by_desk |= uniform.below(0.5) & (count == 0) & ~tickets.is_ledger & (tickets.priority >= 2)
    opening = np.where(by_desk, company.DESK_TEAM, teams[:, 0])
    shares = np.sort(uniform.columns(MAX_HOPS) ** 2, axis=1) * 0.9
    span = np.minimum(work.end - tickets.opened, LONGEST_SEARCH)
    at = tickets.opened[:, None] + 20 + (np.maximum(span - 30, 0)[:, None] * shares).astype(np.int64)
    # The earliest of the nine drawn are those that take place.
    takes_place = np.arange(MAX_HOPS)[None, :] < count[:, None]
    return opening, teams[:, 1:], np.where(takes_place, at, NEVER)


def draw_day(day: int, seed: int, size: float, clocks: Clocks) -> tuple[Tickets, Events, Work]:
    """Everything about the tickets opened on one desk day. `day`: days since 1970-01-01; may yield no ticket at all."""
    uniform = Uniforms(seed, 1, day)
    uniform.length = count = poisson(arrivals_mean(day, size), uniform.one())
    arrivals = draw_arrivals(day, size, uniform, clocks)
    work = draw_work(day, arrivals, uniform, clocks)
    opening, teams, hops = draw_teams(arrivals, work, uniform)
    days, numbers = np.full(count, day, dtype=np.int64), np.arange(1, count + 1, dtype=np.int64)
    is_resolved = work.resolved != NEVER

    is_reopened = is_resolved & ~work.is_parked & uniform.below(rhythms.REOPEN_SHARE)
    lag = np.maximum(seconds(uniform.quantile(rhythms.QUANTILES, rhythms.REOPEN_LAG_HOURS)), 2 * MINUTE)
    reopened = np.where(is_reopened, work.resolved + lag, NEVER)
    repair = seconds(uniform.between(1, 24))
    repair = np.where(arrivals.is_watermelon, np.minimum(repair, WATERMELON_REPAIR_SECONDS), repair)
    again = reopened + repair
    again = np.where(arrivals.is_urgent, again, clocks.snapped(arrivals.is_retail, again, np.full(count, HOUR)))
    again = np.where(is_reopened, again, NEVER)
    closing = [
        np.maximum(seconds(uniform.quantile(rhythms.QUANTILES, rhythms.CLOSING_DAYS) * 24), HOUR) for _ in range(2)
    ]
    closed = np.where(is_resolved, work.resolved + closing[0], NEVER)
    closed = np.where(is_reopened & (reopened <= closed), NEVER, closed)
    closed_again = np.where(is_reopened, again + closing[1], NEVER)

    tickets = Tickets(
        day=days,
        number=numbers,
        opened=arrivals.opened,
        customer=arrivals.customer.astype(np.int16),
        service=arrivals.service.astype(np.int16),
        ticket_type=arrivals.ticket_type.astype(np.int16),
        priority=arrivals.priority.astype(np.int16),
        team=opening.astype(np.int16),
        channel=arrivals.channel.astype(np.int16),
        category=arrivals.category.astype(np.int16),
        requester=arrivals.requester,
        parent=np.where(work.is_merged, numbers - 1, NEVER),
        merged=np.where(work.is_merged, work.ended, NEVER),
        hops=hops,
        resolved=work.resolved,
        reopened=reopened,
        resolved_again=again,
        closed=closed,
        closed_again=closed_again,
    )
    sink = EventSink(count)
    add_statuses(sink, tickets, work)
    add_changes(sink, tickets, work, teams, arrivals.is_ledger | arrivals.is_watermelon, uniform)
    add_messages(sink, tickets, work, uniform)
    add_promises(sink, tickets, work, uniform)
    return tickets, sink.events(days, numbers), work


def add_statuses(sink: EventSink, tickets: Tickets, work: Work) -> None:
    """The status of each ticket, from the first touch to the last closing."""
    agent, system, status = company.BY_AGENT, company.BY_SYSTEM, company.STATUS
    every = np.ones(len(tickets), dtype=np.bool_)
    sink.add(every, np.maximum(work.replied - 45, tickets.opened + 1), status, agent, company.IN_PROGRESS)
    for slot in range(2):
        kind = work.wait_kinds[:, slot]
        waits = kind != company.NO_VALUE
        sink.add(waits, work.wait_starts[:, slot], status, agent, kind)
        on_customer = kind == company.WAITING_CUSTOMER
        sink.add(on_customer, work.wait_ends[:, slot], company.MESSAGE, company.BY_CUSTOMER)
        sink.add(on_customer, work.wait_ends[:, slot] + 1, status, system, company.IN_PROGRESS)
        sink.add(waits & ~on_customer, work.wait_ends[:, slot], status, agent, company.IN_PROGRESS)
    sink.add(work.is_merged, work.ended, status, agent, company.MERGED)
    sink.add((work.ended != NEVER) & ~work.is_merged, work.ended, status, agent, company.CANCELLED)
    sink.add(tickets.resolved != NEVER, tickets.resolved, status, agent, company.RESOLVED)
    sink.add(tickets.closed != NEVER, tickets.closed, status, system, company.CLOSED)
    is_reopened = tickets.reopened != NEVER
    sink.add(is_reopened, tickets.reopened, company.MESSAGE, company.BY_CUSTOMER)
    sink.add(is_reopened, tickets.reopened + 1, status, system, company.IN_PROGRESS)
    sink.add(is_reopened, tickets.resolved_again, status, agent, company.RESOLVED)
    sink.add(is_reopened, tickets.closed_again, status, system, company.CLOSED)


def add_changes(
    sink: EventSink, tickets: Tickets, work: Work, teams: Integers, keeps_priority: Flags, uniform: Uniforms
) -> None:
    """Reassignments and changes of priority."""
    for hop in range(MAX_HOPS):
        at = tickets.hops[:, hop]
        sink.add(
            at != NEVER, at, company.TEAM, company.BY_AGENT, teams[:, hop] + company.FIRST_TEAM_VALUE, is_public=False
        )
    is_changed = uniform.below(rhythms.PRIORITY_CHANGE_SHARE) & (tickets.resolved != NEVER) & ~keeps_priority
    is_changed &= tickets.ticket_type == company.INCIDENT
    step = np.where(uniform.below(rhythms.PRIORITY_UPGRADE_SHARE), -1, 1)
    changed = tickets.priority.astype(np.int64) + step
    is_changed &= (changed >= 0) & (changed < len(company.PRIORITIES))
    span = np.maximum(work.end - tickets.opened, 0)
    at = tickets.opened + 10 + (span * uniform.between(0.05, 0.5)).astype(np.int64)
    sink.add(
        is_changed, at, company.PRIORITY, company.BY_AGENT, changed + company.FIRST_PRIORITY_VALUE, is_public=False
    )


def add_messages(sink: EventSink, tickets: Tickets, work: Work, uniform: Uniforms) -> None:
    """Automatic, internal and public messages."""
    message, agent = company.MESSAGE, company.BY_AGENT
    span = np.maximum(work.end - tickets.opened, 0)
    written = (tickets.channel == company.PORTAL) | (tickets.channel == company.MAIL)
    sink.add(written, tickets.opened + 2, message, company.BY_SYSTEM)
    noted = uniform.below(rhythms.INTERNAL_NOTE_SHARE)
    sink.add(noted, tickets.opened + (work.replied - tickets.opened) // 2, message, agent, is_public=False)
    is_answered = ~uniform.below(rhythms.NO_REPLY_SHARE) | (work.ended != NEVER)
    is_answered |= tickets.customer == company.HOSPITALS  # where every target is met, every question is answered
    sink.add(is_answered, work.replied, message, agent)
    for slot in range(2):
        asked = uniform.below(rhythms.VISIBLE_REQUEST_SHARE) & (work.wait_kinds[:, slot] == company.WAITING_CUSTOMER)
        before = (uniform.column() * 10 * MINUTE).astype(np.int64)
        sink.add(asked, np.maximum(work.wait_starts[:, slot] - before, work.replied), message, agent)
    for longer_than, share in ((24 * HOUR, 0.7), (120 * HOUR, 0.5)):
        told = uniform.below(share) & (span > longer_than)
        at = work.replied + ((work.end - work.replied) * uniform.between(0.2, 0.9)).astype(np.int64)
        sink.add(told, at, message, agent)
    chased = uniform.below(rhythms.CHASER_SHARE) & (span > 8 * HOUR)
    sink.add(chased, tickets.opened + (span * uniform.between(0.3, 0.9)).astype(np.int64), message, company.BY_CUSTOMER)
    explained = uniform.below(rhythms.RESOLUTION_MESSAGE_SHARE) & (tickets.resolved != NEVER) & is_answered
    sink.add(explained, np.maximum(tickets.resolved - 20, work.replied), message, agent)


def add_promises(sink: EventSink, tickets: Tickets, work: Work, uniform: Uniforms) -> None:
    """Promises of a time, kept, late with or without notice; the network team's are reckless."""
    remaining = np.maximum(tickets.resolved - work.replied, 0)
    is_network = tickets.service == company.NETWORK
    is_promised = uniform.below(np.where(is_network, RECKLESS_PROMISE_SHARE, rhythms.PROMISE_SHARE))
    is_promised &= remaining > HOUR
    is_kept = uniform.below(rhythms.PROMISE_KEPT_SHARE)
    quarter = 15 * MINUTE
    late = work.replied + (remaining * uniform.between(0.4, 0.9)).astype(np.int64)
    early = work.replied + (remaining * uniform.between(1.05, 2.0)).astype(np.int64)
    careful = np.where(
        is_kept, -(-early // quarter) * quarter, np.maximum(late // quarter * quarter, work.replied + quarter)
    )
    rash = -(-(work.replied + seconds(uniform.between(*RECKLESS_HOURS))) // quarter) * quarter
    promised = np.where(is_network, rash, careful)
    made = work.replied + 5
    sink.add(is_promised, made, company.PROMISE, company.BY_AGENT, company.PROMISE_VALUE, promised=promised)
    is_told = is_promised & ~is_network & (promised < tickets.resolved) & uniform.below(rhythms.PROMISE_NOTICE_SHARE)
    told = np.maximum(made + 1, made + ((promised - made) * 0.8).astype(np.int64))
    sink.add(is_told, told, company.PROMISE_NOTICE, company.BY_AGENT, company.PROMISE_VALUE)
    is_revised = is_told & uniform.below(rhythms.PROMISE_REVISED_SHARE)
    revised = work.replied + (remaining * 1.1).astype(np.int64)
    sink.add(is_revised, told + 1, company.PROMISE, company.BY_AGENT, company.PROMISE_VALUE, promised=revised)
    sink.add(is_promised, tickets.resolved, company.PROMISE_DELIVERED, company.BY_AGENT, company.PROMISE_VALUE)
