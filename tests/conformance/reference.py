"""The ticket clock once more, slow and plain: a walk over one ticket at a time, exact to the second.

Belongs here: the rules of open hours and of ticket clocks, written from what is promised to users, as lists of seconds
that are cut and joined. Does not belong here: anything of the pipeline (no model, no macro and no calendar of it is
imported), nor random tickets (`random_project.py`). Slowness is the point: there is one way to be right, and it shows.

Where the promise leaves something open, the rule chosen is named beside the line that follows it; DECISIONS.md has the
reasons.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

Span = tuple[int, int]  # [from, to) in UTC epoch seconds
Range = tuple[int, int]  # minutes after local midnight; an end not after the start lies on the next day

DONE = {"resolved", "closed"}
DROPPED = {"cancelled", "merged"}
FIVE_YEARS = timedelta(days=5 * 365 + 1)
PAUSE_NEEDS_MESSAGE_WITHIN = 15 * 60


# ------------------------------------------------------------------------------------------------ sets of seconds


def union(spans: Iterable[Span]) -> list[Span]:
    """The seconds that lie in any of the spans: sorted, disjoint, none empty, none touching."""
    joined: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def common(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """The seconds that lie in both."""
    return union((max(a, c), min(b, d)) for a, b in left for c, d in right if max(a, c) < min(b, d))


def without(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """The seconds of the left that do not lie in the right."""
    rest = list(left)
    for c, d in right:
        rest = [piece for a, b in rest for piece in ((a, min(b, c)), (max(a, d), b)) if piece[0] < piece[1]]
    return union(rest)


def seconds(spans: Iterable[Span]) -> int:
    return sum(end - start for start, end in spans)


# ------------------------------------------------------------------------------------------------ open hours


@cache
def zone_rules(name: str) -> ZoneInfo:
    """The zone as the pinned tzdata package has it: what the machine knows may be older."""
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@dataclass(frozen=True)
class Hours:
    """One version of a calendar: what is open in each week, and the days that differ."""

    weekly: dict[int, list[Range]] = field(default_factory=dict)  # Monday is 0
    holidays: frozenset[date] = frozenset()
    overrides: dict[date, list[Range]] = field(default_factory=dict)
    breaks: dict[date, list[Range]] = field(default_factory=dict)
    valid_from: date | None = None  # None = always
    always_open: bool = False


@dataclass(frozen=True)
class Calendar:
    """A calendar with all its versions, oldest first."""

    name: str
    zone: str
    versions: tuple[Hours, ...]

    def instant(self, day: date, minute: int = 0) -> int:
        """UTC second of a wall time: a skipped one moves forward by the gap, an ambiguous one is its first."""
        wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
        return int(wall.replace(tzinfo=zone_rules(self.zone), fold=0).timestamp())

    def local_day(self, instant: int) -> date:
        return datetime.fromtimestamp(instant, zone_rules(self.zone)).date()

    def day(self, day: date) -> Span:
        return self.instant(day), self.instant(day + timedelta(days=1))

    def open_spans(self, start: int, end: int) -> list[Span]:
        """Open seconds of [start, end): each version's own reading, as long as it is valid."""
        found: list[Span] = []
        for number, version in enumerate(self.versions):
            later = self.versions[number + 1 :]
            valid_from = start if version.valid_from is None else self.instant(version.valid_from)
            valid_to = end if not later or later[0].valid_from is None else self.instant(later[0].valid_from)
            span = (max(start, valid_from), min(end, valid_to))
            if span[0] < span[1]:
                found += [span] if version.always_open else common(self._version_spans(version, span), [span])
        return union(found)

    def _version_spans(self, version: Hours, span: Span) -> list[Span]:
        first, last = self.local_day(span[0]) - timedelta(days=1), self.local_day(span[1])
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        found: list[Span] = []
        for day in days:
            if day in version.holidays:
                continue  # takes away the ranges that start on it
            ranges = version.overrides.get(day, version.weekly.get(day.weekday(), []))
            found += [self._range(day, start, end) for start, end in ranges]
        closed = [self.day(day) for day in days if day in version.holidays]  # clips what reaches into it
        closed += [self._range(day, *pair) for day in days for pair in version.breaks.get(day, [])]
        return without(union(found), closed)

    def _range(self, day: date, start: int, end: int) -> Span:
        return self.instant(day, start), self.instant(day, end if end > start else end + 24 * 60)


class Opening:
    """A calendar's open seconds over everything a test can ask for, worked out once."""

    def __init__(self, calendar: Calendar, start: int, end: int) -> None:
        self.calendar, self.start, self.end = calendar, start, end
        self.spans = calendar.open_spans(start, end)
        self.ends = [span[1] for span in self.spans]

    def within(self, start: int, end: int) -> list[Span]:
        """Open seconds of [start, end)."""
        assert self.start <= start <= end <= self.end, "asked beyond what was worked out"
        found = []
        for a, b in self.spans[bisect_right(self.ends, start) :]:
            if a >= end:
                break
            found.append((max(a, start), min(b, end)))
        return found

    def window_end(self, resolved_at: int, window_days: int) -> int:
        """The instant at which the reopen window is over: the end of the n-th later local day with open time."""
        day, left = self.calendar.local_day(resolved_at), window_days
        while left:
            day += timedelta(days=1)
            left -= bool(self.within(*self.calendar.day(day)))
        return self.calendar.day(day)[1]


# ------------------------------------------------------------------------------------------------ what was agreed


@dataclass(frozen=True)
class Target:
    """One target of an agreement; `pauses` maps a status to whether it needs a customer-visible request."""

    id: str
    metric: str
    threshold: int
    calendar: str
    priorities: frozenset[str] | None = None
    types: frozenset[str] | None = None
    start: str = "ticket.opened"
    pauses: dict[str, bool] = field(default_factory=dict)

    def admits(self, ticket_type: str, priority: str) -> bool:
        return (self.types is None or ticket_type in self.types) and (
            self.priorities is None or priority in self.priorities
        )

    @property
    def keys(self) -> int:
        return (self.types is not None) + (self.priorities is not None)


@dataclass(frozen=True)
class Agreement:
    """One version of an SLA, with its policies as the agreement says them."""

    id: str
    version: int
    customer: str
    services: tuple[str, ...]  # empty = every service
    zone: str
    period: str
    targets: tuple[Target, ...]
    attribution: str = "decided"
    reopen_mode: str = "resume"
    window_days: int = 5
    priority_change: str = "at_clock_start_plus_upgrade"

    def target(self, metric: str, ticket_type: str, priority: str) -> Target | None:
        """The target that applies: the most particular of those that admit the ticket."""
        admitting = [t for t in self.targets if t.metric == metric and t.admits(ticket_type, priority)]
        return max(admitting, key=lambda target: target.keys, default=None)


@dataclass(frozen=True)
class Exclusion:
    """An accepted decision that takes an interval off a ticket's clocks; no target = all of the agreement."""

    span: Span
    target: str | None = None


@dataclass(frozen=True)
class Event:
    """One row of ticket_events."""

    id: str
    at: int
    kind: str
    value: str = ""
    actor: str = "agent"
    is_public: bool = False

    @property
    def is_public_reply(self) -> bool:
        return self.kind == "message" and self.actor == "agent" and self.is_public


@dataclass(frozen=True)
class Ticket:
    """A ticket with the values at opening and all its events."""

    id: str
    customer: str
    service: str
    type: str
    priority: str
    opened: int
    team: str = ""
    events: tuple[Event, ...] = ()


# ------------------------------------------------------------------------------------------------ the walk


@dataclass
class Instance:
    """A clock in the making. `stretches`: when it was neither stopped nor over; the last may still be open."""

    target: Target
    priority: str
    service: str
    stretches: list[Span]
    running_since: int | None
    ended: str = ""  # superseded or cancelled, if it was

    def active(self, now: int) -> list[Span]:
        return self.stretches + ([(self.running_since, now)] if self.running_since is not None else [])

    def halt(self, at: int) -> None:
        if self.running_since is not None:
            self.stretches.append((self.running_since, at))
            self.running_since = None


@dataclass(frozen=True)
class World:
    """What the walk needs besides ticket and agreement."""

    as_of: int
    openings: dict[str, Opening]

    def known(self, ticket: Ticket) -> list[Event]:
        """The ticket's events that had happened at as_of, in their order."""
        return sorted((e for e in ticket.events if e.at <= self.as_of), key=lambda event: (event.at, event.id))


class Walk:
    """One metric of one agreement over one ticket, event by event."""

    def __init__(
        self, world: World, agreement: Agreement, metric: str, ticket: Ticket, exclusions: Sequence[Exclusion]
    ) -> None:
        self.world, self.agreement, self.metric, self.ticket = world, agreement, metric, ticket
        self.exclusions = exclusions
        self.events = world.known(ticket)
        self.priority, self.status, self.service = ticket.priority, "new", ticket.service
        self.final_priority = ([ticket.priority] + [e.value for e in self.events if e.kind == "priority"])[-1]
        self.phase = "before"  # before, running, stopped, over
        self.done_since = 0  # since when the ticket stands in {resolved, closed}
        self.changes_while_stopped: list[tuple[int, str]] = []
        self.matching: Target | None = None  # what event_time compares with
        self.cycle: list[Instance] = []
        self.instances: list[Instance] = []

    # -- which target

    def applies(self) -> bool:
        return not self.agreement.services or self.service in self.agreement.services

    def wanted(self) -> Target | None:
        """The target by priority as it is now (under final_value: as it will have been)."""
        priority = self.final_priority if self.agreement.priority_change == "final_value" else self.priority
        return self.agreement.target(self.metric, self.ticket.type, priority) if self.applies() else None

    def starts_with_assignment(self) -> bool:
        return any(t.metric == self.metric and t.start == "ticket.assigned" for t in self.agreement.targets)

    # -- changes of the clock

    def open(self, target: Target | None, at: int) -> None:
        self.matching = target
        if target is not None:
            instance = Instance(target, self.priority, self.service, [], at)
            self.cycle.append(instance)
            self.instances.append(instance)

    def begin(self, at: int) -> None:
        self.phase, self.cycle = "running", []
        self.open(self.wanted(), at)

    def live(self) -> list[Instance]:
        return [instance for instance in self.cycle if not instance.ended]

    def end_unbreached(self, instances: Iterable[Instance], at: int, why: str) -> None:
        for instance in instances:
            if self.on_clock(instance, at) <= instance.target.threshold:
                instance.halt(at)
                instance.stretches.append((at, at))
                instance.ended = why

    def run(self) -> list[Instance]:
        if not self.starts_with_assignment() or self.ticket.team:
            self.begin(self.ticket.opened)
        for event in self.events:
            self.take(event)
        return self.instances

    def take(self, event: Event) -> None:
        if event.kind == "status":
            self.take_status(event.at, event.value)
        elif event.kind == "priority":
            self.priority = event.value
            if self.phase == "running":
                self.take_priority(event.at)
            elif self.phase == "stopped":
                self.changes_while_stopped.append((event.at, event.value))
        elif event.kind == "team" and self.phase == "before":
            self.begin(event.at)
        elif event.is_public_reply and self.metric == "time_to_first_response" and self.phase == "running":
            self.stop(event.at)

    def take_priority(self, at: int) -> None:
        """A change while the clock runs."""
        wanted = self.wanted()
        if self.agreement.priority_change == "final_value":
            return
        if self.agreement.priority_change == "event_time":
            # Any change of the matching target; back to one whose breached clock still runs is a change as well.
            if wanted != self.matching:
                self.end_unbreached(self.live(), at, "superseded")
                self.open(wanted, at)
            return
        # An upgrade is a change to a target with a shorter threshold than any the cycle has had.
        if wanted and all(wanted.threshold < instance.target.threshold for instance in self.cycle):
            self.end_unbreached(self.live(), at, "superseded")
            self.open(wanted, at)

    def take_status(self, at: int, status: str) -> None:
        before, self.status = self.status, status
        if status in DONE and before not in DONE:
            self.done_since = at
        if status in DROPPED:
            if self.phase == "running":
                self.drop(at)
            self.phase = "over"
        elif self.phase == "running" and self.stops(status):
            self.stop(at)
        elif self.phase == "stopped" and before in DONE and status not in DONE:
            self.reopen(at)

    def stops(self, status: str) -> bool:
        return status == "closed" or (status == "resolved" and self.metric != "time_to_close")

    def stop(self, at: int) -> None:
        self.phase, self.changes_while_stopped = "stopped", []
        for instance in self.live():
            instance.halt(at)

    def drop(self, at: int) -> None:
        """Merged or cancelled while the clock runs: a breach sticks, everything else is cancelled."""
        self.end_unbreached(self.live(), at, "cancelled")
        for instance in self.live():
            instance.halt(at)

    def reopen(self, at: int) -> None:
        mode = self.agreement.reopen_mode
        # The first response is given once: neither a reply nor a resolution is undone by a reopening.
        if self.metric == "time_to_first_response" or mode == "ignore":
            return
        if mode == "resume" and self.cycle and self.agreement.window_days and at < self.window_end():
            self.resume(at)
        else:
            self.begin(at)

    def resume(self, at: int) -> None:
        """The clock goes on; what changed in the gap has changed at its own instant, with no clock running."""
        self.phase = "running"
        for changed_at, value in self.changes_while_stopped:
            self.priority = value
            self.take_priority(changed_at)
            for instance in self.live():
                instance.halt(changed_at)
        for instance in self.live():
            instance.running_since = at

    def window_end(self) -> int:
        opening = self.world.openings[self.cycle[-1].target.calendar]
        return opening.window_end(self.done_since, self.agreement.window_days)

    # -- readings

    def pauses(self, target: Target) -> list[Span]:
        """When the ticket stood in a status that pauses this target."""
        spans, since, status = [], self.ticket.opened, "new"
        changes = [(e.at, e.value) for e in self.events if e.kind == "status"]
        for at, value in [*changes, (self.world.as_of + 1, "")]:
            if value != status:
                if status in target.pauses and (not target.pauses[status] or self.asked_before(since)):
                    spans.append((since, at))
                since, status = at, value
        return union(spans)

    def asked_before(self, paused_at: int) -> bool:
        return any(e.is_public_reply and 0 <= paused_at - e.at <= PAUSE_NEEDS_MESSAGE_WITHIN for e in self.events)

    def excluded(self, target: Target) -> list[Span]:
        return union(e.span for e in self.exclusions if e.target in (None, target.id))

    def open_and_active(self, instance: Instance, now: int) -> list[Span]:
        opening = self.world.openings[instance.target.calendar]
        return union(span for start, end in instance.active(now) for span in opening.within(start, end))

    def on_clock_spans(self, instance: Instance, now: int) -> list[Span]:
        running = without(self.open_and_active(instance, now), self.pauses(instance.target))
        return without(running, self.excluded(instance.target))

    def on_clock(self, instance: Instance, now: int) -> int:
        return seconds(self.on_clock_spans(instance, now))


@dataclass(frozen=True)
class Row:
    """One row of fct_ticket_sla, instants as UTC epoch seconds."""

    ticket_id: str
    agreement_id: str
    agreement_version: int
    target_id: str
    metric: str
    cycle_number: int
    service_id: str
    ticket_type: str
    priority: str
    calendar_id: str
    started_at: int
    due_at: int | None
    stopped_at: int | None
    breached_at: int | None
    decided_at: int | None
    on_clock_seconds: int
    paused_seconds: int
    excluded_seconds: int
    threshold_seconds: int
    margin_seconds: int
    state: str
    is_breached: bool
    period_start: date | None


def instant_used_up(spans: Sequence[Span], amount: int, *, latest: bool) -> int | None:
    """The earliest (or latest) instant of the spans before which exactly `amount` seconds of them lie."""
    passed = 0
    for start, end in spans:
        length = end - start
        if passed + length > amount or (not latest and passed + length == amount):
            return start + amount - passed
        passed += length
    return None


def rows_of_walk(walk: Walk) -> Iterator[Row]:
    """The finished instances of a walk."""
    numbers: dict[str, int] = {}
    for instance in walk.instances:
        numbers[instance.target.id] = numbers.get(instance.target.id, 0) + 1
        yield _row(walk, instance, numbers[instance.target.id])


def _row(walk: Walk, instance: Instance, number: int) -> Row:
    target, as_of = instance.target, walk.world.as_of
    is_running = instance.running_since is not None
    active = instance.active(as_of)
    now = as_of if is_running else active[-1][1]
    open_spans = walk.open_and_active(instance, as_of)
    life = walk.world.openings[target.calendar].within(active[0][0], now)
    excluded, pauses = walk.excluded(target), walk.pauses(target)
    on_clock_spans = walk.on_clock_spans(instance, as_of)
    on_clock = seconds(on_clock_spans)
    is_breached = on_clock > target.threshold
    is_paused = is_running and any(start <= as_of < end for start, end in pauses)
    state = instance.ended or ("paused" if is_paused else "running" if is_running else "met")
    state = "breached" if is_breached else state
    breached_at = instant_used_up(on_clock_spans, target.threshold, latest=True) if is_breached else None
    decided_at = breached_at if is_breached else now if state == "met" else None
    due_at = instant_used_up(on_clock_spans, target.threshold, latest=False)
    if due_at is None and state != "paused":
        # If the clock kept running: neither pauses nor exclusions after its end are looked at.
        opening = walk.world.openings[target.calendar]
        ahead = opening.within(now, opening.end)
        due_at = instant_used_up(ahead, target.threshold - on_clock, latest=False)
        horizon = datetime.fromtimestamp(as_of, UTC) + FIVE_YEARS
        due_at = None if due_at is not None and due_at > horizon.timestamp() else due_at
    row = Row(
        ticket_id=walk.ticket.id,
        agreement_id=walk.agreement.id,
        agreement_version=walk.agreement.version,
        target_id=target.id,
        metric=target.metric,
        cycle_number=number,
        service_id=instance.service,
        ticket_type=walk.ticket.type,
        priority=instance.priority,
        calendar_id=target.calendar,
        started_at=active[0][0],
        due_at=due_at,
        stopped_at=None if is_running else now,
        breached_at=breached_at,
        decided_at=decided_at,
        on_clock_seconds=on_clock,
        paused_seconds=seconds(without(common(open_spans, pauses), excluded)),
        # The resolved gap of a resumed clock is on no clock, but what a decision takes off is counted there too.
        excluded_seconds=seconds(common(life, excluded)),
        threshold_seconds=target.threshold,
        margin_seconds=target.threshold - on_clock,
        state=state,
        is_breached=is_breached,
        period_start=None,
    )
    return replace(row, period_start=_period_start(walk, row))


def _period_start(walk: Walk, row: Row) -> date | None:
    """First day of the period of the instant that decides it, in the agreement's zone; null if no figure counts it.

    Chosen where the promise is silent: an instance that still runs has a period as soon as its instant is known, and
    `resolved` is the stop of the clock itself, or the resolution of the ticket if the clock goes on after it.
    """
    if row.state in ("superseded", "cancelled"):
        return None
    resolved_at = walk.done_since if walk.status in DONE else None
    instant = {
        "decided": row.decided_at,
        "due": row.due_at,
        "created": walk.ticket.opened,
        "resolved": resolved_at if row.stopped_at is None else row.stopped_at,
    }[walk.agreement.attribution]
    if instant is None:
        return None
    day = datetime.fromtimestamp(instant, zone_rules(walk.agreement.zone)).date()
    months = {"month": 1, "quarter": 3, "year": 12}[walk.agreement.period]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def ticket_rows(world: World, agreement: Agreement, ticket: Ticket, exclusions: Sequence[Exclusion] = ()) -> list[Row]:
    """All instances of a ticket under its agreement; none if it was opened after as_of."""
    if ticket.opened > world.as_of:
        return []
    metrics = sorted({target.metric for target in agreement.targets})
    walks = [Walk(world, agreement, metric, ticket, exclusions) for metric in metrics]
    for walk in walks:
        walk.run()
    return [row for walk in walks for row in rows_of_walk(walk)]
