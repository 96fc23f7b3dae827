"""Tickets worked by hand, one rule each: what the reference is held to, and what is built beside the random tickets.

Belongs here: the smallest ticket that can go wrong, and the row it must have, with integers a person can check. Does
not belong here: any calculation. Office hours are London's, Monday to Friday 09:00 to 17:00; in November 2026 local
time is UTC, the 2nd is a Monday, and the build speaks for Friday the 20th, 12:34:56.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.conformance.random_project import RandomProject, epoch
from tests.conformance.reference import Agreement, Calendar, Event, Exclusion, Hours, Opening, Target, Ticket

HOUR = 3600
OFFICE = Calendar("office", "Europe/London", (Hours({day: [(9 * 60, 17 * 60)] for day in range(5)}),))
ALWAYS = Calendar("always", "Europe/London", (Hours(always_open=True),))
OPENINGS = {
    calendar.name: Opening(calendar, epoch("2026-01-01T00:00:00Z"), epoch("2032-01-01T00:00:00Z"))
    for calendar in (OFFICE, ALWAYS)
}


def at(text: str, month: int = 11) -> int:
    """`02 10:00` or `02 10:00:01` of November 2026."""
    day, time = text.split()
    return epoch(f"2026-{month:02d}-{day}T{time if time.count(':') == 2 else time + ':00'}Z")


def target(name: str = "resolve", hours: float = 4, *priorities: str, **changes: Any) -> Target:
    values: dict[str, Any] = {"metric": "time_to_resolve", "calendar": "office", **changes}
    return Target(name, threshold=int(hours * HOUR), priorities=frozenset(priorities) or None, **values)


@dataclass(frozen=True)
class Outcome:
    """What one instance must show; a case says only what it is about."""

    target: str
    cycle: int
    state: str
    on_clock: int
    paused: int = 0
    excluded: int = 0
    started: int | None = None
    due: int | None = None
    breached: int | None = None
    period: date | None = None


@dataclass(frozen=True)
class Case:
    """A ticket, what was agreed, and every instance it must have."""

    name: str
    opened: int
    events: list[tuple[int, str, str]]
    outcomes: list[Outcome]
    targets: list[Target] = field(default_factory=lambda: [target()])
    priority: str = "P2"
    policies: dict[str, Any] = field(default_factory=dict)
    exclusions: list[Exclusion] = field(default_factory=list)

    def agreement(self) -> Agreement:
        targets = tuple(self.targets)
        return Agreement(f"sla-{self.name}", 1, self.name, (), "Europe/London", "month", targets, **self.policies)

    def ticket(self) -> Ticket:
        events = tuple(
            Event(f"{self.name}-{n:02d}", when, kind, "" if kind == "message" else value, value or "agent", True)
            if kind == "message"
            else Event(f"{self.name}-{n:02d}", when, kind, value)
            for n, (when, kind, value) in enumerate(self.events)
        )
        return Ticket(self.name, self.name, "desk", "incident", self.priority, self.opened, "", events)


ASSIGNED = {"start": "ticket.assigned"}
BY_PRIORITY = [target("p1", 4, "P1"), target("p3", 16, "P3")]
BY_PRIORITY_ASSIGNED = [target("p1", 4, "P1", **ASSIGNED), target("p3", 16, "P3", **ASSIGNED)]
CLOSE = target("close", 4, metric="time_to_close")
RESPOND = target("respond", 4, metric="time_to_first_response")
ASKED = target(pauses={"waiting_customer": True})
NEW_CYCLE = {"reopen_mode": "new_cycle"}

CASES = [
    # ---- the threshold
    Case(
        "met-at-the-last-second",
        at("02 10:00"),
        [(at("02 14:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 4 * HOUR, due=at("02 14:00"), period=date(2026, 11, 1))],
    ),
    Case(
        "breached-by-a-second",
        at("02 10:00"),
        [(at("02 14:00:01"), "status", "resolved")],
        [Outcome("resolve", 1, "breached", 4 * HOUR + 1, due=at("02 14:00"), breached=at("02 14:00"))],
    ),
    Case(
        "used-up-at-closing-time",
        at("02 13:00"),
        [(at("03 09:00:01"), "status", "resolved")],
        [Outcome("resolve", 1, "breached", 4 * HOUR + 1, due=at("02 17:00"), breached=at("03 09:00"))],
    ),
    # ---- pauses
    Case(
        "asked-fifteen-minutes-before",
        at("02 09:00"),
        [
            (at("02 09:45"), "message", "agent"),
            (at("02 10:00"), "status", "waiting_customer"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", HOUR, paused=2 * HOUR)],
        targets=[ASKED],
    ),
    Case(
        "asked-a-second-too-early",
        at("02 09:00"),
        [
            (at("02 09:44:59"), "message", "agent"),
            (at("02 10:00"), "status", "waiting_customer"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 3 * HOUR)],
        targets=[ASKED],
    ),
    Case(
        "paused-when-used-up",  # due when the pause began; late only when the clock went on
        at("02 09:00"),
        [
            (at("02 13:00"), "status", "waiting_customer"),
            (at("03 10:00"), "status", "in_progress"),
            (at("03 11:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "breached", 5 * HOUR, paused=5 * HOUR, due=at("02 13:00"), breached=at("03 10:00"))],
        targets=[target(pauses={"waiting_customer": False})],
    ),
    Case(
        "excluded-beats-paused",
        at("02 09:00"),
        [(at("02 10:00"), "status", "waiting_customer"), (at("02 14:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", HOUR, paused=2 * HOUR, excluded=2 * HOUR)],
        targets=[target(pauses={"waiting_customer": False})],
        exclusions=[Exclusion((at("02 11:00"), at("02 13:00")))],
    ),
    # ---- reopening
    Case(
        "reopened-on-the-last-day-of-the-window",  # Tuesday 3 to Monday 9 are five open days
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("09 16:00"), "status", "in_progress"),
            (at("09 17:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 2 * HOUR)],
    ),
    Case(
        "reopened-after-the-window",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("10 00:00"), "status", "in_progress"),
            (at("10 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", HOUR), Outcome("resolve", 2, "met", 3 * HOUR, started=at("10 00:00"))],
    ),
    Case(
        # Round the clock the fifth day after Friday the 6th is Wednesday the 11th; in office hours it is the 13th.
        "reopen-window-is-counted-in-the-calendar-of-the-target",
        at("06 09:00"),
        [
            (at("06 10:00"), "priority", "P1"),
            (at("06 11:00"), "status", "resolved"),
            (at("12 10:00"), "status", "in_progress"),
            (at("12 11:00"), "status", "resolved"),
        ],
        [
            Outcome("p3", 1, "superseded", HOUR),
            Outcome("p1", 1, "met", HOUR),
            Outcome("p1", 2, "met", HOUR, started=at("12 10:00")),
        ],
        targets=[target("p1", 4, "P1", calendar="always"), target("p3", 16, "P3")],
        priority="P3",
    ),
    Case(
        "reopened-within-the-second-is-a-new-cycle",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 10:00"), "status", "in_progress"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", HOUR), Outcome("resolve", 2, "met", 2 * HOUR, started=at("02 10:00"))],
        policies=NEW_CYCLE,
    ),
    Case(
        "new-cycle-at-a-priority-without-target-has-no-clock",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "priority", "P4"),
            (at("02 12:00"), "status", "in_progress"),
        ],
        [Outcome("p3", 1, "met", HOUR)],
        targets=[target("p3", 16, "P3")],
        priority="P3",
        policies=NEW_CYCLE,
    ),
    Case(
        "time-to-close-runs-through-the-resolved-gap",
        at("02 09:00"),
        [(at("02 10:00"), "status", "resolved"), (at("02 12:00"), "status", "closed")],
        [Outcome("close", 1, "met", 3 * HOUR)],
        targets=[CLOSE],
    ),
    Case(
        "time-to-close-keeps-its-breach-when-reopened",  # breached at 13:00, while it stood resolved
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 15:00"), "status", "in_progress"),
            (at("02 16:00"), "status", "closed"),
        ],
        [Outcome("close", 1, "breached", 7 * HOUR, due=at("02 13:00"), breached=at("02 13:00"))],
        targets=[CLOSE],
    ),
    # ---- priority
    Case(
        "second-upgrade-opens-nothing",
        at("02 09:00"),
        [
            (at("02 10:00"), "priority", "P1"),
            (at("02 11:00"), "priority", "P3"),
            (at("02 12:00"), "priority", "P1"),
            (at("02 13:00"), "status", "resolved"),
        ],
        [Outcome("p3", 1, "superseded", HOUR), Outcome("p1", 1, "met", 3 * HOUR, started=at("02 10:00"))],
        targets=BY_PRIORITY,
        priority="P3",
    ),
    Case(
        "breached-before-the-upgrade-stays",
        at("02 09:00"),
        [(at("04 10:00"), "priority", "P1"), (at("04 11:00"), "status", "resolved")],
        [Outcome("p3", 1, "breached", 18 * HOUR), Outcome("p1", 1, "met", HOUR)],
        targets=BY_PRIORITY,
        priority="P3",
    ),
    Case(
        "event-time-without-target-supersedes",
        at("02 09:00"),
        [(at("02 10:00"), "priority", "P4"), (at("02 11:00"), "status", "resolved")],
        [Outcome("p3", 1, "superseded", HOUR)],
        targets=[target("p3", 16, "P3")],
        priority="P3",
        policies={"priority_change": "event_time"},
    ),
    # ---- assignment
    Case("never-assigned-has-no-clock", at("02 09:00"), [], [], targets=[target(**ASSIGNED)]),
    Case(
        "assigned-after-a-downgrade",
        at("02 09:00"),
        [
            (at("02 10:00"), "priority", "P3"),
            (at("02 11:00"), "team", "network"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("p3", 1, "met", HOUR, started=at("02 11:00"))],
        targets=BY_PRIORITY_ASSIGNED,
        priority="P1",
    ),
    Case(
        "assigned-after-an-upgrade",
        at("02 09:00"),
        [
            (at("02 10:00"), "priority", "P1"),
            (at("02 11:00"), "team", "network"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("p1", 1, "met", HOUR, started=at("02 11:00"))],
        targets=BY_PRIORITY_ASSIGNED,
        priority="P3",
    ),
    # ---- merging
    Case(
        "merged-after-the-breach",
        at("02 09:00"),
        [(at("02 15:00"), "status", "merged")],
        [Outcome("resolve", 1, "breached", 6 * HOUR, breached=at("02 13:00"))],
    ),
    Case(
        "merged-after-the-stop-keeps-the-verdict",
        at("02 09:00"),
        [(at("02 10:00"), "status", "resolved"), (at("02 11:00"), "status", "merged")],
        [Outcome("resolve", 1, "met", HOUR)],
    ),
    Case(
        "merged-within-the-second-after-the-stop",
        at("02 09:00"),
        [(at("02 10:00"), "status", "resolved"), (at("02 10:00"), "status", "merged")],
        [Outcome("resolve", 1, "met", HOUR)],
    ),
    Case(
        "answered-and-cancelled-within-the-second",
        at("02 09:00"),
        [(at("02 10:00"), "message", "agent"), (at("02 10:00"), "status", "cancelled")],
        [Outcome("respond", 1, "met", HOUR)],
        targets=[RESPOND],
    ),
    # ---- attribution
    Case(
        "due-in-a-period-to-come",  # 2 h on the 20th, nine whole days to 3 December, 6 h on the 4th
        at("20 10:00"),
        [(at("20 11:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", HOUR, due=at("04 15:00", 12), period=date(2026, 12, 1))],
        targets=[target(hours=85)],
        policies={"attribution": "due"},
    ),
]


def worked_project() -> RandomProject:
    """All cases as one project."""
    return RandomProject(
        calendars=[OFFICE, ALWAYS],
        agreements=[case.agreement() for case in CASES],
        tickets=[case.ticket() for case in CASES],
        exclusions={case.name: case.exclusions for case in CASES if case.exclusions},
        openings=OPENINGS,
    )
