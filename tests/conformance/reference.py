"""The ticket clock once more, slow and plain: a walk over one ticket at a time, exact to the second.

Belongs here: the rules of ticket clocks, written from what is promised to users, over sets of seconds
(`open_hours.py`). Does not belong here: anything of the pipeline (no model and no macro of it is imported), nor random
tickets (`random_project.py`). Slowness is the point: there is one way to be right, and it shows.

`Walk` is the life of a clock that runs from the opening to the resolution. Each other metric is a walk of its own that
says where it differs: what begins a cycle, what ends it, what is read off it.

Where the promise leaves something open, the rule chosen is named beside the line that follows it; DECISIONS.md has the
reasons.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, takewhile
from typing import Any, NamedTuple

from tests.conformance.open_hours import Opening, Span, common, seconds, union, without, zone_rules

OPEN = ("new", "in_progress", "waiting_customer", "waiting_supplier", "waiting_internal", "on_hold")
DONE = frozenset({"resolved", "closed"})
DROPPED = frozenset({"cancelled", "merged"})
FIVE_YEARS = timedelta(days=5 * 365 + 1)
PAUSE_NEEDS_MESSAGE_WITHIN = 15 * 60


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
    """One version of an SLA, OLA or UC, with its policies as the agreement says them."""

    id: str
    version: int
    consumer: str  # the customer of an SLA
    services: tuple[str, ...]  # empty = every service
    zone: str
    period: str
    targets: tuple[Target, ...]
    type: str = "SLA"
    provider: str = "it"  # the team of an OLA
    valid_from: date = date(2017, 1, 1)
    valid_to: date | None = None  # None = until the next version
    attribution: str = "decided"
    reopen_mode: str = "resume"
    window_days: int = 5
    priority_change: str = "at_clock_start_plus_upgrade"
    no_reply: str = "stops"

    def target(self, metric: str, ticket_type: str, priority: str) -> Target | None:
        """The target that applies: the most particular of those that admit the ticket."""
        admitting = [t for t in self.targets if t.metric == metric and t.admits(ticket_type, priority)]
        return max(admitting, key=lambda target: target.keys, default=None)

    def metrics(self) -> list[str]:
        """What is measured under it: the metric of the team, that of the supplier, or those of the customer."""
        own = {"OLA": "time_in_team", "UC": "time_with_supplier"}.get(self.type)
        return sorted({target.metric for target in self.targets if own in (None, target.metric)})

    def admits(self, opened: int, customer: str, service: str, agreements: Iterable["Agreement"]) -> bool:
        """Whether it covers a ticket opened then, if no other agreement does so more particularly."""
        if (self.services and service not in self.services) or (self.type == "SLA" and customer != self.consumer):
            return False
        day = datetime.fromtimestamp(opened, zone_rules(self.zone)).date()
        later = [a.valid_from for a in agreements if a.id == self.id and a.version > self.version]
        ends = self.valid_to or min(later, default=date.max)
        return self.valid_from <= day < ends


def governing(agreements: Sequence[Agreement], opened: int, customer: str, service: str) -> list[Agreement]:
    """The agreements that apply: of one customer, of one team, of all suppliers the one that lists the service."""
    admitting = [a for a in agreements if a.admits(opened, customer, service, agreements)]
    rivals: dict[tuple[str, str], Agreement] = {}
    for agreement in sorted(admitting, key=lambda a: bool(a.services)):
        rivals[agreement.type, agreement.provider if agreement.type == "OLA" else ""] = agreement
    return list(rivals.values())


@dataclass(frozen=True)
class Exclusion:
    """A decision that takes an interval off a ticket's clocks or, without one, takes whole clocks out of the figures.

    No target = every target of the agreement, no cycle = every cycle; only an accepted one does anything.
    """

    agreement: str
    span: Span | None
    target: str | None = None
    cycle: int | None = None
    outcome: str = "accepted"


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
    def is_reply(self) -> bool:
        return self.kind == "message" and self.actor == "agent" and self.is_public

    @property
    def is_question(self) -> bool:
        return self.kind == "message" and self.actor == "customer"  # a customer sees what a customer writes


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
    parent: str = ""  # the ticket it was merged into, once it is merged


@dataclass(frozen=True)
class World:
    """What a walk needs besides ticket and agreement."""

    as_of: int
    openings: dict[str, Opening]
    agreements: Sequence[Agreement]
    children: Mapping[str, Sequence[Ticket]] = field(default_factory=dict)  # tickets by the parent they name

    def known(self, ticket: Ticket) -> list[Event]:
        """The ticket's events that had happened at as_of, in their order.

        Chosen for events of one second: an assignment comes first, then the changes of status, so that a question finds
        the ticket as it then is; but a reply before the cancelling or merging, for the customer has been answered. Of
        several values of one second the last one holds.
        """
        happened = [event for event in ticket.events if event.at <= self.as_of]
        holding: dict[tuple[int, str], Event] = {}
        for event in sorted(happened, key=lambda event: event.id):
            former = holding.get((event.at, event.kind))
            if former is None or former.value != event.value:  # the same value once more changes nothing
                holding[event.at, event.kind] = event
        events = [
            event for event in happened if event.kind not in Values._fields or event is holding[event.at, event.kind]
        ]
        dropped = {event.at for event in events if event.kind == "status" and event.value in DROPPED}

        def rank(event: Event) -> int:
            is_first = event.kind == "team" or (event.is_reply and event.at in dropped)
            return 0 if is_first else 1 if event.kind == "status" else 2

        return sorted(events, key=lambda event: (event.at, rank(event), event.id))

    def merged_at(self, ticket: Ticket) -> int | None:
        """When a ticket that stands merged left the open statuses; None if it stands otherwise, or was solved first."""
        status, left_at, left_by = "new", 0, ""
        for event in self.known(ticket):
            if event.kind == "status":
                if status in OPEN and event.value not in OPEN:
                    left_at, left_by = event.at, event.value
                status = event.value
        return left_at if status == "merged" and left_by in DROPPED else None

    def elders(self, ticket: Ticket, passed: frozenset[str] = frozenset()) -> Iterator[tuple[int, bool]]:
        """Of each ticket of its customer that was merged into it while open, at once or by way of others: the opening,
        and whether no reply had been given on the way."""
        for child in self.children.get(ticket.id, ()):
            merged_at = None if child.opened > self.as_of else self.merged_at(child)
            if merged_at is None or child.customer != ticket.customer or child.id in passed:
                continue
            is_unanswered = not any(event.is_reply and event.at <= merged_at for event in self.known(child))
            yield child.opened, is_unanswered
            for opened, is_unanswered_before in self.elders(child, passed | {ticket.id}):
                yield opened, is_unanswered_before and is_unanswered


# ------------------------------------------------------------------------------------------------ the walk


class Values(NamedTuple):
    """What of a ticket may change and chooses its agreement and target; each is an event type."""

    customer: str
    service: str
    priority: str

    def changed_by(self, event: Event) -> "Values":
        return self._replace(**{event.kind: event.value}) if event.kind in self._fields else self


@dataclass
class Instance:
    """A clock in the making. `stretches`: when it was neither stopped nor over; the last may still be open."""

    target: Target
    values: Values
    stretches: list[Span]
    running_since: int | None
    started_by: Event | None  # None: the opening of the ticket
    ended: str = ""  # superseded or cancelled, if it was
    began_cycle: bool = False  # with a reopening
    halted_by: Event | None = None  # what last took it off the clock

    def active(self, now: int) -> list[Span]:
        return self.stretches + ([(self.running_since, now)] if self.running_since is not None else [])

    @property
    def lasted(self) -> int:
        """From its beginning to its end, if that has come."""
        return self.stretches[-1][1] - self.stretches[0][0] if self.stretches else 0

    def halt(self, at: int, by: Event | None) -> None:
        if self.running_since is not None:
            self.stretches.append((self.running_since, at))
            self.running_since, self.halted_by = None, by


class Walk:
    """One metric of one agreement over one ticket, event by event; as it stands here, time_to_resolve."""

    def __init__(
        self, world: World, agreement: Agreement, metric: str, ticket: Ticket, exclusions: Sequence[Exclusion]
    ) -> None:
        self.world, self.agreement, self.metric, self.ticket = world, agreement, metric, ticket
        self.exclusions = exclusions
        self.events = world.known(ticket)
        self.values = Values(ticket.customer, ticket.service, ticket.priority)
        self.status = "new"
        self.upcoming = self.events
        self.event: Event | None = None  # the one that is taken; None: the opening of the ticket
        self.phase = "before"  # before (a cycle has yet to begin), running, stopped, dropped
        self.dropped_from = ""  # the phase in which the ticket was cancelled or merged
        self.done_since = 0  # since when the ticket stands in {resolved, closed}
        self.is_covered = False  # whether the agreement applied when this was last asked
        self.values_at_stop = self.values
        self.changes_while_stopped: list[Event] = []
        self.matching: Target | None = None  # what event_time compares with
        self.cycle: list[Instance] = []
        self.instances: list[Instance] = []

    # -- which target

    def covers(self, values: Values) -> bool:
        return self.agreement in governing(self.world.agreements, self.ticket.opened, values.customer, values.service)

    def wanted(self) -> Target | None:
        """The target by priority as it is now (under final_value: as it will have been)."""
        is_final = self.agreement.priority_change == "final_value"
        priority = self.final_priority() if is_final else self.values.priority
        return self.agreement.target(self.metric, self.ticket.type, priority) if self.is_covered else None

    def final_priority(self) -> str:
        """The last one while the agreement applies: what others make of the ticket after that is theirs."""
        values, priority = self.values, self.values.priority
        for event in self.upcoming:
            values = values.changed_by(event)
            if not self.covers(values):
                break
            priority = values.priority
        return priority

    # -- changes of the clock

    def open(self, target: Target | None, at: int) -> None:
        self.matching = target
        if target is not None:
            instance = Instance(target, self.values, [], at, self.event)
            self.cycle.append(instance)
            self.instances.append(instance)

    def begin(self, at: int) -> None:
        self.phase, self.cycle, self.is_covered = "running", [], self.covers(self.values)
        self.start(at)

    def start(self, at: int) -> None:
        """The first clock of a cycle, or of the agreement that has come to apply within it."""
        self.open(self.wanted(), at)

    def live(self) -> list[Instance]:
        return [instance for instance in self.cycle if not instance.ended]

    def end_unbreached(self, instances: Iterable[Instance], at: int, why: str) -> None:
        for instance in instances:
            if self.on_clock(instance, at) <= instance.target.threshold:
                instance.halt(at, self.event)
                instance.stretches.append((at, at))
                instance.ended, instance.halted_by = why, self.event

    def stop(self, at: int) -> None:
        self.phase, self.changes_while_stopped, self.values_at_stop = "stopped", [], self.values
        for instance in self.live():
            instance.halt(at, self.event)

    def drop(self, at: int) -> None:
        """Merged or cancelled while the clock runs: a breach sticks, everything else is cancelled."""
        self.end_unbreached(self.live(), at, "cancelled")
        self.stop(at)

    def undo_drop(self, at: int) -> None:
        """The ticket was never solved: the clock goes on from where it stood, however long ago."""
        for instance in self.cycle:
            instance.ended = instance.ended.removeprefix("cancelled")
        self.resume(at)

    # -- events

    def stopping(self) -> frozenset[str]:
        """The statuses that end a cycle."""
        return DONE

    def run(self) -> list[Instance]:
        self.take_opening()
        for number, event in enumerate(self.events):
            self.upcoming = self.events[number + 1 :]
            self.event = event if event.id else None
            self.take(event)
        # Chosen: a cycle that a reopening begins and that ends within the second is none.
        self.instances = [i for i in self.instances if not i.began_cycle or i.running_since or i.lasted]
        return self.instances

    def starts_with_assignment(self) -> bool:
        return any(t.metric == self.metric and t.start == "ticket.assigned" for t in self.agreement.targets)

    def take_opening(self) -> None:
        if self.starts_with_assignment():
            if self.ticket.team:
                self.begin(self.ticket.opened)
        else:
            self.begin(self.waits_since())

    def elder_openings(self) -> list[int]:
        """Openings of tickets merged into this one whose waiting is this clock's, too."""
        return [opened for opened, _ in self.world.elders(self.ticket)]

    def waits_since(self) -> int:
        return min([self.ticket.opened, *self.elder_openings()])

    def take(self, event: Event) -> None:
        if event.kind == "status":
            self.take_status(event.at, event.value)
        elif event.kind in Values._fields:
            self.take_value(event)
        elif event.kind == "team":
            self.take_team(event)
        elif event.kind == "message":
            self.take_message(event)

    def take_team(self, event: Event) -> None:
        if self.phase == "before":
            self.begin(event.at)

    def take_message(self, event: Event) -> None:
        """No message moves this clock."""

    def take_value(self, event: Event) -> None:
        self.values = self.values.changed_by(event)
        if self.phase == "running":
            self.take_change(event.at, event.kind)
        elif self.phase in ("stopped", "dropped"):
            self.changes_while_stopped.append(event)

    def take_change(self, at: int, kind: str) -> None:
        """A change while the clock runs."""
        was_covered, self.is_covered = self.is_covered, self.covers(self.values)
        if was_covered != self.is_covered:
            self.end_unbreached(self.live(), at, "superseded")
            self.cycle = self.live()
            self.start(at)
        elif kind == "priority":
            self.take_priority(at)

    def take_priority(self, at: int) -> None:
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
        if status in DONE and before in OPEN:
            self.done_since = at
        if status in DROPPED and before not in DROPPED and self.phase != "dropped":
            self.dropped_from = self.phase
            if self.phase == "running":
                self.drop(at)
            self.phase = "dropped"
        elif self.phase == "dropped" and status in OPEN:
            self.phase = self.dropped_from
            if self.phase == "running":
                self.undo_drop(at)
            elif self.phase == "stopped":
                self.reopen(at)  # the resolution stood, whatever was done to the ticket after it
        elif self.phase == "running" and status in self.stopping():
            self.stop(at)
        elif self.phase == "stopped" and before in DONE and status not in DONE:
            self.reopen(at)

    def stays_open(self, at: int) -> bool:
        """Chosen: a ticket that is taken up and left again within one second has not been open."""
        return [event.value for event in self.events if event.kind == "status" and event.at == at][-1] in OPEN

    def reopen(self, at: int) -> None:
        mode = self.agreement.reopen_mode
        if at == self.waits_since():
            self.resume(at)  # chosen: what is resolved and taken up in the second of its opening was never resolved
        elif mode == "resume" and self.agreement.window_days and at < self.window_end():
            self.resume(at)
        elif mode != "ignore" or not self.cycle:
            self.begin(at)  # to be ignored there must have been a clock that stopped
            for instance in self.cycle:
                instance.began_cycle = True

    def resume(self, at: int) -> None:
        """The clock goes on; what changed in the gap has changed at its own instant, with no clock running."""
        self.phase, self.values = "running", self.values_at_stop
        resuming = self.event
        for event in self.changes_while_stopped:
            self.event, self.values = event, self.values.changed_by(event)
            self.take_change(event.at, event.kind)
            for instance in self.live():
                instance.halt(event.at, event)
        self.event = resuming
        for instance in self.live():
            instance.running_since = at

    def window_end(self) -> int:
        """Chosen: a target that came to apply only while the ticket stood resolved has its say, too."""
        target = self.cycle[-1].target if self.cycle else self.found_while_stopped()
        if target is None:
            return 0
        return self.world.openings[target.calendar].window_end(self.done_since, self.agreement.window_days)

    def found_while_stopped(self) -> Target | None:
        values = self.values_at_stop
        for event in self.changes_while_stopped:
            values = values.changed_by(event)
            target = self.agreement.target(self.metric, self.ticket.type, values.priority)
            if target is not None and self.covers(values):
                return target
        return None

    # -- readings

    def pausing(self, target: Target) -> dict[str, bool]:
        """The statuses in which the clock stands still, and whether a request to the customer must come before."""
        return target.pauses

    def pauses(self, target: Target) -> list[Span]:
        """When the ticket stood in a status that pauses this target."""
        spans, since, status, pausing = [], self.waits_since(), "new", self.pausing(target)
        changes = [(e.at, e.value) for e in self.events if e.kind == "status"]
        for at, value in [*changes, (self.world.as_of + 1, "")]:
            if value != status:
                asked_by = max(since, self.ticket.opened)
                if status in pausing and (not pausing[status] or self.asked_before(asked_by)):
                    spans.append((since, at))
                since, status = at, value
        return union(spans)

    def asked_before(self, paused_at: int) -> bool:
        return any(e.is_reply and 0 <= paused_at - e.at <= PAUSE_NEEDS_MESSAGE_WITHIN for e in self.events)

    def cycle_number(self, instance: Instance) -> int:
        """1 for the first clock of its target on this ticket, then 2, 3, ..."""
        of_target = [other for other in self.instances if other.target.id == instance.target.id]
        return next(number for number, other in enumerate(of_target, 1) if other is instance)

    def decisions(self, instance: Instance) -> list[Exclusion]:
        """The accepted decisions about this clock."""
        found = [e for e in self.exclusions if e.outcome == "accepted" and e.agreement == self.agreement.id]
        found = [e for e in found if e.target in (None, instance.target.id)]
        return [e for e in found if e.cycle in (None, self.cycle_number(instance))]

    def excluded(self, instance: Instance) -> list[Span]:
        return union(e.span for e in self.decisions(instance) if e.span is not None)

    def is_left_out(self, instance: Instance) -> bool:
        """Whether a decision takes the whole clock out; it shows what it shows, and has no verdict."""
        return any(e.span is None for e in self.decisions(instance))

    def open_and_active(self, instance: Instance, now: int) -> list[Span]:
        opening = self.world.openings[instance.target.calendar]
        return union(span for start, end in instance.active(now) for span in opening.within(start, end))

    def on_clock_spans(self, instance: Instance, now: int) -> list[Span]:
        running = without(self.open_and_active(instance, now), self.pauses(instance.target))
        return without(running, self.excluded(instance))

    def parts(self, instance: Instance, now: int) -> list[Span]:
        """What of its life is held against the threshold, each for itself: here the whole."""
        active = instance.active(now)
        return [(active[0][0], active[-1][1])]

    def part_clocks(self, instance: Instance, now: int) -> list[list[Span]]:
        """The seconds on the clock in each part."""
        spans = self.on_clock_spans(instance, now)
        return [common(spans, [part]) for part in self.parts(instance, now)]

    def on_clock(self, instance: Instance, now: int) -> int:
        return max(seconds(spans) for spans in self.part_clocks(instance, now))


class CloseWalk(Walk):
    """time_to_close: only closing ends it."""

    def stopping(self) -> frozenset[str]:
        return frozenset({"closed"})


class AnsweredWalk(Walk):
    """A clock that a reply stops, also one given while the ticket stood cancelled or merged by mistake."""

    answer: Event | None = None  # given meanwhile

    def take_reply(self, event: Event) -> None:
        if self.phase == "running":
            self.stop(event.at)
        elif self.phase == "dropped" and self.dropped_from == "running" and self.answer is None:
            self.answer = event

    def undo_drop(self, at: int) -> None:
        answer, self.answer = self.answer, None
        if answer is None:
            super().undo_drop(at)
            return
        self.changes_while_stopped = [event for event in self.changes_while_stopped if event.at <= answer.at]
        self.event = answer
        super().undo_drop(answer.at)
        self.stop(answer.at)


class FirstResponseWalk(AnsweredWalk):
    """time_to_first_response: the first reply ends it, and so does a resolution unless words were agreed."""

    def elder_openings(self) -> list[int]:
        return [opened for opened, is_unanswered in self.world.elders(self.ticket) if is_unanswered]

    def take_message(self, event: Event) -> None:
        if event.is_reply and self.phase == "before":
            self.phase = "stopped"  # answered before it was assigned: its clock never starts
        elif event.is_reply:
            self.take_reply(event)

    def take_status(self, at: int, status: str) -> None:
        if self.phase == "before" and status in self.stopping():
            self.phase = "stopped"
        super().take_status(at, status)

    def stopping(self) -> frozenset[str]:
        return DONE if self.agreement.no_reply == "stops" else frozenset()

    def reopen(self, at: int) -> None:
        """The first response is given once: neither a reply nor a resolution is undone by a reopening."""


class NextReplyWalk(AnsweredWalk):
    """time_to_next_reply: a cycle is an exchange, from the earliest unanswered question to the reply or the end."""

    is_asked = False  # a question came while the ticket was not open

    def take_opening(self) -> None:
        """Nothing has been asked."""

    def take_team(self, event: Event) -> None:
        """No assignment moves this clock."""

    def take_message(self, event: Event) -> None:
        if event.is_reply:
            self.is_asked = False
            self.take_reply(event)
        elif event.is_question and self.status not in OPEN:
            self.is_asked = True
        elif event.is_question and self.phase == "before":
            self.begin(event.at)

    def stop(self, at: int) -> None:
        super().stop(at)
        self.phase = "before"

    def take_status(self, at: int, status: str) -> None:
        super().take_status(at, status)
        if self.phase == "running":
            self.is_asked = False  # the same exchange
        if self.is_asked and self.phase == "before" and self.stays_open(at):
            self.is_asked = False
            self.begin(at)


class UpdateGapWalk(Walk):
    """max_update_gap: the life of time_to_resolve, cut at its replies; the longest part counts."""

    def elder_openings(self) -> list[int]:
        """What the customer was told in another ticket is not known here."""
        return []

    def parts(self, instance: Instance, now: int) -> list[Span]:
        [(start, end)] = super().parts(instance, now)
        is_running = instance.running_since is not None
        # A reply at as_of begins a part that has nothing yet; one at the stop begins none.
        replies = [e.at for e in self.events if e.is_reply and (start < e.at < end or (is_running and e.at == end))]
        cuts = [start, *sorted(set(replies)), end]
        return list(pairwise(cuts))


class TeamWalk(Walk):
    """time_in_team: a cycle lies within one stay with the team that provides the agreement."""

    is_in_team = False

    def take_opening(self) -> None:
        """The team of the opening is an assignment like the others, before any other one of that second; it has no id.

        A stay begins and ends with its second: after all else that happens in it.
        """
        assignment = Event("", self.ticket.opened, "team", self.ticket.team)
        events = self.world.known(replace(self.ticket, events=(assignment, *self.ticket.events)))
        self.events = sorted(events, key=lambda event: (event.at, event.kind == "team"))

    def assignments_at(self, at: int) -> list[Event]:
        return [event for event in self.events if event.kind == "team" and event.at == at]

    def take_team(self, event: Event) -> None:
        if event != self.assignments_at(event.at)[-1]:
            return  # of several within one second the last holds
        was_in_team, self.is_in_team = self.is_in_team, event.value == self.agreement.provider
        same = takewhile(lambda other: other.value == event.value, reversed(self.assignments_at(event.at)))
        *_, cause = same  # to be given the same team once more changes nothing
        self.event = cause if cause.id else None
        if self.is_in_team and not was_in_team and self.status in OPEN:
            self.begin(event.at)
        elif was_in_team and not self.is_in_team:
            if self.phase == "running":
                self.stop(event.at)
            self.phase, self.dropped_from = "before", "before"

    def take_status(self, at: int, status: str) -> None:
        is_handed_on = any(event.value != self.agreement.provider for event in self.assignments_at(at)[-1:])
        if self.phase != "running" and status in OPEN and is_handed_on:
            self.status = status  # reopened and handed on within one second: this team has not taken it up again
            return
        super().take_status(at, status)
        # Assigned while resolved: the stay begins at the reopening. No clock of it was there to be left stopped, so the
        # reopen policy has no say.
        if self.phase == "before" and self.is_in_team and self.stays_open(at):
            self.begin(at)


class SupplierWalk(Walk):
    """time_with_supplier: begins with the first wait for the supplier, and runs only while waiting for it."""

    has_waited = False  # within this cycle, for this agreement's supplier

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.applied: list[Target] = []  # since the agreement applies, with a clock or, where nothing waited, without

    def note_target(self) -> None:
        target = self.wanted()
        self.applied = [] if not self.is_covered else [*self.applied, *([target] if target else [])]

    def begin(self, at: int) -> None:
        super().begin(at)
        self.note_target()

    def take_change(self, at: int, kind: str) -> None:
        super().take_change(at, kind)
        self.note_target()

    def window_end(self) -> int:
        """Chosen: a target that applied has its window, though nothing waited for the supplier while it did."""
        if self.cycle or not self.applied:
            return super().window_end()
        is_shortest = self.agreement.priority_change == "at_clock_start_plus_upgrade"
        target = min(self.applied, key=lambda found: found.threshold) if is_shortest else self.applied[-1]
        return self.world.openings[target.calendar].window_end(self.done_since, self.agreement.window_days)

    def start(self, at: int) -> None:
        wait = None  # the change to it that holds when all of this second has happened: one of no second is none
        for event in self.events:
            if event.kind == "status" and event.at <= at:
                wait = (wait or event) if event.value == "waiting_supplier" else None
        self.has_waited = wait is not None
        if wait is not None:
            if wait.at == at and (self.event is None or self.event.kind == "status"):
                self.event = wait  # it begins the clock, also in the second of the opening or of a reopening
            super().start(at)

    def take_team(self, event: Event) -> None:
        """No assignment moves this clock."""

    def take_status(self, at: int, status: str) -> None:
        super().take_status(at, status)
        if self.phase == "running" and not self.has_waited:
            self.start(at)

    def take_priority(self, at: int) -> None:
        if self.has_waited:
            super().take_priority(at)

    def reopen(self, at: int) -> None:
        """Where reopenings are ignored, the cycle without a wait was the only one of an agreement that applied."""
        if self.agreement.reopen_mode != "ignore" or not self.is_covered:
            super().reopen(at)

    def pausing(self, target: Target) -> dict[str, bool]:
        return {status: False for status in OPEN if status != "waiting_supplier"}


WALKS: dict[str, type[Walk]] = {
    "time_to_first_response": FirstResponseWalk,
    "time_to_next_reply": NextReplyWalk,
    "max_update_gap": UpdateGapWalk,
    "time_to_resolve": Walk,
    "time_to_close": CloseWalk,
    "time_in_team": TeamWalk,
    "time_with_supplier": SupplierWalk,
}


# ------------------------------------------------------------------------------------------------ the rows


@dataclass(frozen=True)
class Row:
    """One row of fct_ticket_sla, instants as UTC epoch seconds."""

    ticket_id: str
    agreement_id: str
    agreement_version: int
    target_id: str
    metric: str
    cycle_number: int
    customer_id: str
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
    for instance in walk.instances:
        yield _row(walk, instance)


def _row(walk: Walk, instance: Instance) -> Row:
    target, as_of = instance.target, walk.world.as_of
    is_running = instance.running_since is not None
    active = instance.active(as_of)
    now = as_of if is_running else active[-1][1]
    excluded, pauses = walk.excluded(instance), walk.pauses(target)
    clocks = walk.part_clocks(instance, as_of)
    late = next((spans for spans in clocks if seconds(spans) > target.threshold), None)
    longest = max(range(len(clocks)), key=lambda n: seconds(clocks[n]))  # of equal ones the first
    counted, on_clock = [walk.parts(instance, as_of)[longest]], seconds(clocks[longest])
    is_paused = is_running and any(start <= as_of < end for start, end in pauses)
    state = instance.ended or ("paused" if is_paused else "running" if is_running else "met")
    state = "excluded" if walk.is_left_out(instance) else "breached" if late else state
    breached_at = instant_used_up(late, target.threshold, latest=True) if late and state == "breached" else None
    decided_at = now if state == "met" else breached_at
    due_at = instant_used_up(late or clocks[-1], target.threshold, latest=False)
    opening = walk.world.openings[target.calendar]
    if due_at is None and not is_paused:
        # If the clock kept running: neither pauses nor exclusions after its end are looked at.
        ahead = opening.within(now, opening.end)
        due_at = instant_used_up(ahead, target.threshold - seconds(clocks[-1]), latest=False)
        horizon = datetime.fromtimestamp(as_of, UTC) + FIVE_YEARS
        due_at = None if due_at is not None and due_at > horizon.timestamp() else due_at
    open_spans = common(walk.open_and_active(instance, as_of), counted)
    row = Row(
        ticket_id=walk.ticket.id,
        agreement_id=walk.agreement.id,
        agreement_version=walk.agreement.version,
        target_id=target.id,
        metric=target.metric,
        cycle_number=walk.cycle_number(instance),
        customer_id=instance.values.customer,
        service_id=instance.values.service,
        ticket_type=walk.ticket.type,
        priority=instance.values.priority,
        calendar_id=target.calendar,
        started_at=active[0][0],
        due_at=due_at,
        stopped_at=None if is_running else now,
        breached_at=breached_at,
        decided_at=decided_at,
        on_clock_seconds=on_clock,
        paused_seconds=seconds(without(common(open_spans, pauses), excluded)),
        # The resolved gap of a resumed clock is on no clock, but what a decision takes off is counted there too.
        excluded_seconds=seconds(common(opening.within(*counted[0]), excluded)),
        threshold_seconds=target.threshold,
        margin_seconds=target.threshold - on_clock,
        state=state,
        is_breached=state == "breached",
        period_start=None,
    )
    return replace(row, period_start=_period_start(walk, row))


def _period_start(walk: Walk, row: Row) -> date | None:
    """First day of the period of the instant that decides it, in the agreement's zone; null if no figure counts it.

    Chosen where the promise is silent: an instance that still runs has a period as soon as its instant is known, and
    `resolved` is the stop of the clock itself, or the resolution of the ticket if the clock goes on after it.
    """
    if row.state in ("superseded", "cancelled", "excluded"):
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


class Ends(NamedTuple):
    """What started and what stopped a clock; None: the opening of the ticket, and nothing so far."""

    started_by: Event | None
    stopped_by: Event | None


def ticket_ends(world: World, ticket: Ticket, exclusions: Sequence[Exclusion] = ()) -> list[tuple[Row, Ends]]:
    """All instances of a ticket under the agreements of the world; none if it was opened after as_of."""
    if ticket.opened > world.as_of:
        return []
    customers = {ticket.customer} | {event.value for event in ticket.events if event.kind == "customer"}
    walks = [
        WALKS[metric](world, agreement, metric, ticket, exclusions)
        for agreement in world.agreements
        if agreement.type != "SLA" or agreement.consumer in customers
        for metric in agreement.metrics()
    ]
    for walk in walks:
        walk.run()
    return [
        (row, Ends(instance.started_by, None if row.stopped_at is None else instance.halted_by))
        for walk in walks
        for row, instance in zip(rows_of_walk(walk), walk.instances, strict=True)
    ]


def ticket_rows(world: World, ticket: Ticket, exclusions: Sequence[Exclusion] = ()) -> list[Row]:
    """The rows alone."""
    return [row for row, _ in ticket_ends(world, ticket, exclusions)]
