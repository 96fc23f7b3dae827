"""Tickets worked by hand, one rule each: what the reference is held to, and what the nightly must publish.

Belongs here: the smallest ticket that can go wrong, the row it must have, and the working. `why` is that working: the
rule, and the sums that make each expected integer (a test holds that each stands in it), for a person to check; it is
shown wherever the case fails. Does not belong here: any calculation.

Office hours are London's, Monday to Friday 09:00 to 17:00; in November 2026 local time is UTC, the 2nd is a Monday, and
the build speaks for Friday the 20th, 12:34:56. Targets are four office hours unless a case says otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from tests.conformance.open_hours import Calendar, Hours, Opening, Span
from tests.conformance.random_project import RandomProject, epoch
from tests.conformance.reference import Agreement, Event, Exclusion, Row, Target, Ticket

HOUR = 3600
EASTER = frozenset({date(2026, 4, 3), date(2026, 4, 6)})
DAYTIME = {day: [(9 * 60, 17 * 60)] for day in range(5)}
OFFICE = Calendar("office", "Europe/London", (Hours(DAYTIME, holidays=EASTER),))
ALWAYS = Calendar("always", "Europe/London", (Hours(always_open=True),))
NIGHT = Calendar("night", "Europe/London", (Hours({day: [(22 * 60, 6 * 60)] for day in range(7)}),))
LONGER_FROM_THE_9TH = Calendar(
    "longer",
    "Europe/London",
    (Hours(DAYTIME), Hours({day: [(9 * 60, 19 * 60)] for day in range(5)}, valid_from=date(2026, 11, 9))),
)
CALENDARS = (OFFICE, ALWAYS, NIGHT, LONGER_FROM_THE_9TH)
OPENINGS = {
    calendar.name: Opening(calendar, epoch("2026-01-01T00:00:00Z"), epoch("2032-01-01T00:00:00Z"))
    for calendar in CALENDARS
}
AUTHORS = {  # what a case writes: who wrote it, and whether the customer sees it
    "reply": ("agent", True),
    "note": ("agent", False),
    "customer": ("customer", True),
    "machine": ("system", True),
}


def at(text: str, month: int = 11) -> int:
    """`02 10:00` or `02 10:00:01` of November 2026, UTC."""
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
    version: int = 1
    started: int | None = None
    stopped: int | None = None
    due: int | None = None
    breached: int | None = None
    period: date | None = None


@dataclass(frozen=True)
class Duplicate:
    """Another ticket of a case, merged into the case's own, or into the case's duplicate of that number."""

    opened: int
    events: list[tuple[int, str, str]]
    merged_into: int | None = None
    customer: str = "ours"


@dataclass(frozen=True)
class Case:
    """A ticket, what was agreed, and every instance it must have.

    Every case has a customer, a service and a team of its own, all called like the case; what it calls `other` is a
    second one of its own. `policies` change its agreement, an SLA on all services unless they say so; each entry of
    `also` makes one more agreement, with the same changes and its own. `named`: of the segments of a target, in order
    of time, the events at their two edges, by their place among the case's events.
    """

    name: str
    why: str
    opened: int
    events: list[tuple[int, str, str]]
    outcomes: list[Outcome]
    targets: list[Target] = field(default_factory=lambda: [target()])
    priority: str = "P2"
    team: str = ""
    policies: dict[str, Any] = field(default_factory=dict)
    also: list[dict[str, Any]] = field(default_factory=list)
    exclusions: list[Span] = field(default_factory=list)  # decided intervals
    left_out: list[dict[str, Any]] = field(default_factory=list)  # decisions on whole clocks: their changes
    named: dict[str, list[tuple[int | None, int | None]]] = field(default_factory=dict)
    duplicates: list[Duplicate] = field(default_factory=list)

    def own(self, text: str) -> str:
        return {"ours": self.name, "other": f"{self.name}-other"}.get(text, text)

    def agreements(self) -> list[Agreement]:
        return [self._agreement(number, self.policies | more) for number, more in enumerate([{}, *self.also])]

    def _agreement(self, number: int, changes: dict[str, Any]) -> Agreement:
        kind = changes.get("type", "SLA")
        values: dict[str, Any] = {
            "id": f"{kind.lower()}-{self.name}-{0 if 'version' in changes else number}",
            "version": 1,
            "consumer": self.name,
            "services": ("ours",) if kind == "UC" else (),
            "zone": "Europe/London",
            "period": "month",
            "targets": self.targets,
            "provider": self.name,
            **changes,
        }
        values["services"] = tuple(self.own(service) for service in values["services"])
        values["consumer"], values["targets"] = self.own(values["consumer"]), tuple(values["targets"])
        return Agreement(**values)

    def ticket(self) -> Ticket:
        return self._ticket(self.name, self.opened, self.events, self.name)

    def tickets(self) -> list[Ticket]:
        """The case's own, and its duplicates."""
        names = [f"{self.name}-duplicate-{number}" for number in range(len(self.duplicates))]
        duplicates = [
            replace(
                self._ticket(name, duplicate.opened, duplicate.events, self.own(duplicate.customer)),
                parent=self.name if duplicate.merged_into is None else names[duplicate.merged_into],
            )
            for name, duplicate in zip(names, self.duplicates, strict=True)
        ]
        return [self.ticket(), *duplicates]

    def _ticket(self, name: str, opened: int, events: list[tuple[int, str, str]], customer: str) -> Ticket:
        named = tuple(
            Event(f"{name}-{number:02d}", when, "message", "", *AUTHORS[value])
            if kind == "message"
            else Event(f"{name}-{number:02d}", when, kind, self.own(value))
            for number, (when, kind, value) in enumerate(events)
        )
        team = self.own(self.team)
        return Ticket(name, customer, self.name, "incident", self.priority, opened, team, named)

    def children(self) -> dict[str, list[Ticket]]:
        """The duplicates by the ticket they were merged into."""
        found: dict[str, list[Ticket]] = {}
        for duplicate in self.tickets()[1:]:
            found.setdefault(duplicate.parent, []).append(duplicate)
        return found

    def event_id(self, number: int) -> str:
        return f"{self.name}-{number:02d}"

    def decided_exclusions(self) -> list[Exclusion]:
        agreement = self.agreements()[0].id
        return [
            *(Exclusion(agreement, span) for span in self.exclusions),
            *(Exclusion(agreement, None, **changes) for changes in self.left_out),
        ]


ASSIGNED = {"start": "ticket.assigned"}
BY_PRIORITY = [target("p1", 4, "P1"), target("p3", 16, "P3")]
BY_PRIORITY_ASSIGNED = [target("p1", 4, "P1", **ASSIGNED), target("p3", 16, "P3", **ASSIGNED)]
CLOSE = target("close", 4, metric="time_to_close")
RESPOND = target("respond", 4, metric="time_to_first_response")
RESPOND_IN_AN_HOUR = replace(RESPOND, threshold=HOUR)
ASKED = target(pauses={"waiting_customer": True})
PAUSING = target(pauses={"waiting_customer": False})
NEW_CYCLE = {"reopen_mode": "new_cycle"}
IGNORE = {"reopen_mode": "ignore"}
BY_EVENT_TIME = {"priority_change": "event_time"}
BY_FINAL_VALUE = {"priority_change": "final_value"}
REPLY = target("reply", 4, metric="time_to_next_reply")
GAP = target("gap", 4, metric="max_update_gap")
TEAM = target("team", 4, metric="time_in_team")
SUPPLIER = target("supplier", 4, metric="time_with_supplier")
CUSTOMERS = [CLOSE, GAP, REPLY, RESPOND]
OLA = {"type": "OLA"}
UC = {"type": "UC"}
NEVER = 0  # of an instant: it must be null


def by_priority(metric: str) -> list[Target]:
    return [replace(found, metric=metric) for found in BY_PRIORITY]


def each(targets: Sequence[Target], suffix: str = "", **changes: Any) -> list[Target]:
    return [replace(found, id=found.id + suffix, **changes) for found in targets]


CALENDAR_CASES = [
    Case(
        "clocks-go-forward",
        "Friday 27 March 16:00 to 17:00 in winter time, Monday 09:00 to 10:00 in summer time, 08:00Z to 09:00Z: 2 h; "
        "3600 + 3600 = 7200 s",
        at("27 16:00", 3),
        [(at("30 09:00", 3), "status", "resolved")],
        [Outcome("resolve", 1, "met", 2 * HOUR, due=at("30 11:00", 3))],
    ),
    Case(
        "clocks-go-back",
        "Friday 23 October 16:00 to 17:00 in summer time, 15:00Z to 16:00Z, Monday 09:00 to 10:00 in winter time: 2 "
        "h; 3600 + 3600 = 7200 s",
        at("23 15:00", 10),
        [(at("26 10:00", 10), "status", "resolved")],
        [Outcome("resolve", 1, "met", 2 * HOUR, due=at("26 12:00", 10))],
    ),
    Case(
        "night-in-which-the-clocks-go-forward",
        "22:00 in winter time to 06:00 in summer time are 7 h: 22:00Z to 05:00Z; the eighth is the next night's "
        "first; 7 x 3600 = 25,200 s",
        at("28 12:00", 3),
        [(at("29 12:00", 3), "status", "resolved")],
        [Outcome("resolve", 1, "met", 7 * HOUR, due=at("29 22:00", 3))],
        targets=[target(hours=8, calendar="night")],
    ),
    Case(
        "night-in-which-the-clocks-go-back",
        "22:00 in summer time to 06:00 in winter time are 9 h: 21:00Z to 06:00Z; 8 h were used up at 05:00Z; 9 x "
        "3600 = 32,400 s",
        at("24 12:00", 10),
        [(at("25 12:00", 10), "status", "resolved")],
        [Outcome("resolve", 1, "breached", 9 * HOUR, due=at("25 05:00", 10), breached=at("25 05:00", 10))],
        targets=[target(hours=8, calendar="night")],
    ),
    Case(
        "over-easter",
        "Thursday 2 April 16:00 to 17:00, Good Friday to Easter Monday closed, Tuesday 09:00 to 09:30: 1.5 h; 3600 + "
        "1800 = 5400 s",
        at("02 15:00", 4),
        [(at("07 08:30", 4), "status", "resolved")],
        [Outcome("resolve", 1, "met", HOUR + HOUR // 2, due=at("07 11:00", 4))],
    ),
    Case(
        "opened-outside-hours",
        "opened on Saturday; nothing counts before Monday 09:00: 1 h, due after four; 09:00 to 10:00 = 3600 s",
        at("07 12:00"),
        [(at("09 10:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", HOUR, started=at("07 12:00"), due=at("09 13:00"))],
    ),
    Case(
        "resolved-outside-hours",
        "16:00 to closing time is 1 h; the three hours after it are nobody's; 16:00 to 17:00 = 3600 s",
        at("02 16:00"),
        [(at("02 20:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", HOUR, stopped=at("02 20:00"), due=at("03 12:00"))],
    ),
    Case(
        "calendar-changes-on-the-way",
        "Friday 16:00 to 17:00 by the old hours, Monday the 9th 09:00 to 18:30 by the new: 1 h + 9.5 h; ten at "
        "18:00; 3600 + 34,200 = 37,800 s",
        at("06 16:00"),
        [(at("09 18:30"), "status", "resolved")],
        [Outcome("resolve", 1, "breached", 37_800, due=at("09 18:00"), breached=at("09 18:00"))],
        targets=[target(hours=10, calendar="longer")],
    ),
]

THRESHOLD_CASES = [
    Case(
        "met-at-the-last-second",
        "10:00 to 14:00 is exactly 4 h; 4 x 3600 = 14,400 s",
        at("02 10:00"),
        [(at("02 14:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 4 * HOUR, due=at("02 14:00"), period=date(2026, 11, 1))],
    ),
    Case(
        "breached-by-a-second",
        "one second more; 10:00 to 14:00:01 = 14,401 s",
        at("02 10:00"),
        [(at("02 14:00:01"), "status", "resolved")],
        [Outcome("resolve", 1, "breached", 4 * HOUR + 1, due=at("02 14:00"), breached=at("02 14:00"))],
    ),
    Case(
        "used-up-at-closing-time",
        "13:00 to 17:00 is 4 h: due then, late only when the next day opens; 14,400 s + 09:00:00 to 09:00:01 = "
        "14,401 s",
        at("02 13:00"),
        [(at("03 09:00:01"), "status", "resolved")],
        [Outcome("resolve", 1, "breached", 4 * HOUR + 1, due=at("02 17:00"), breached=at("03 09:00"))],
    ),
]

PAUSE_CASES = [
    Case(
        "paused-over-the-weekend",
        "on the clock Friday 15:00 to 16:00 and Monday 11:00 to 12:00; paused Friday 1 h and Monday 2 h, no weekend; "
        "3600 + 3600 = 7200 s; 3600 + 7200 = 10,800 s paused",
        at("06 15:00"),
        [
            (at("06 16:00"), "status", "waiting_customer"),
            (at("09 11:00"), "status", "in_progress"),
            (at("09 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 2 * HOUR, paused=3 * HOUR, due=at("09 14:00"))],
        targets=[PAUSING],
    ),
    Case(
        "two-reasons-to-pause-count-once",
        "an hour for the customer, then one for the supplier: 2 h paused, 2 h on the clock; 09:00 to 10:00 + 12:00 "
        "to 13:00 = 7200 s; 3600 + 3600 = 7200 s paused",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "waiting_customer"),
            (at("02 11:00"), "status", "waiting_supplier"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 13:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 2 * HOUR, paused=2 * HOUR, due=at("02 15:00"))],
        targets=[target(pauses={"waiting_customer": False, "waiting_supplier": False})],
    ),
    Case(
        "waiting-from-the-opening-on",
        "the first event comes with the opening: paused 09:00 to 11:00, on the clock from then to 12:00; 7200 s "
        "paused, 3600 s",
        at("02 09:00"),
        [
            (at("02 09:00"), "status", "waiting_customer"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", HOUR, paused=2 * HOUR, due=at("02 15:00"))],
        targets=[PAUSING],
    ),
    Case(
        "paused-while-new",
        "a ticket is new from its opening on, without any event: 09:00 to 11:00 paused; 7200 s paused, 11:00 to "
        "12:00 = 3600 s",
        at("02 09:00"),
        [(at("02 11:00"), "status", "in_progress"), (at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", HOUR, paused=2 * HOUR)],
        targets=[target(pauses={"new": False})],
    ),
    Case(
        "asked-fifteen-minutes-before",
        "asked at 09:45, waiting from 10:00: the pause holds; 10:00 to 12:00 = 7200 s paused, 09:00 to 10:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 09:45"), "message", "reply"),
            (at("02 10:00"), "status", "waiting_customer"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", HOUR, paused=2 * HOUR)],
        targets=[ASKED],
    ),
    Case(
        "asked-a-second-too-early",
        "901 s before the pause begins are too many: no pause; 09:00 to 12:00 = 10,800 s",
        at("02 09:00"),
        [
            (at("02 09:44:59"), "message", "reply"),
            (at("02 10:00"), "status", "waiting_customer"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 3 * HOUR)],
        targets=[ASKED],
    ),
    Case(
        "asked-where-the-customer-cannot-see-it",
        "an internal note asks nobody: no pause; 09:00 to 12:00 = 10,800 s",
        at("02 09:00"),
        [
            (at("02 09:59"), "message", "note"),
            (at("02 10:00"), "status", "waiting_customer"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 3 * HOUR)],
        targets=[ASKED],
    ),
    Case(
        "paused-when-used-up",
        "4 h at 13:00, when the pause begins: due then; late only when the clock goes on on Tuesday at 10:00; 14,400 "
        "+ 3600 = 18,000 s; paused 13:00 to 17:00 + 09:00 to 10:00 = 14,400 + 3600 = 18,000 s",
        at("02 09:00"),
        [
            (at("02 13:00"), "status", "waiting_customer"),
            (at("03 10:00"), "status", "in_progress"),
            (at("03 11:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "breached", 5 * HOUR, paused=5 * HOUR, due=at("02 13:00"), breached=at("03 10:00"))],
        targets=[PAUSING],
    ),
    Case(
        "paused-before-it-is-used-up",
        "at as_of on Friday the 20th it stands at 1 h; 10:00 to 12:34:56 are 9296 s of pause, and no instant is due; "
        "09:00 to 10:00 = 3600 s",
        at("20 09:00"),
        [(at("20 10:00"), "status", "waiting_customer")],
        [Outcome("resolve", 1, "paused", HOUR, paused=9296, due=NEVER, stopped=NEVER)],
        targets=[PAUSING],
    ),
    Case(
        "excluded-beats-paused",
        "of the pause 10:00 to 14:00 a decision excludes 11:00 to 13:00: 2 h remain paused; 14,400 - 7200 excluded = "
        "7200 s; 09:00 to 10:00 = 3600 s on the clock",
        at("02 09:00"),
        [(at("02 10:00"), "status", "waiting_customer"), (at("02 14:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", HOUR, paused=2 * HOUR, excluded=2 * HOUR)],
        targets=[PAUSING],
        exclusions=[(at("02 11:00"), at("02 13:00"))],
    ),
]

REOPEN_CASES = [
    Case(
        "reopened-on-the-last-day-of-the-window",
        "Tuesday 3 to Monday 9 are five open days: resumed, 1 h + 1 h; 3600 + 3600 = 7200 s",
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
        "the first second of Tuesday the 10th: a new cycle, 09:00 to 12:00; 3600 s, then 3 x 3600 = 10,800 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("10 00:00"), "status", "in_progress"),
            (at("10 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", HOUR), Outcome("resolve", 2, "met", 3 * HOUR, started=at("10 00:00"))],
    ),
    Case(
        "reopen-window-is-counted-in-the-calendar-of-the-target",
        "five days after Friday the 6th are over with Wednesday the 11th for P1's clock, with the 13th only for "
        "P3's; P3 09:00 to 10:00, P1 10:00 to 11:00 and on the 12th 10:00 to 11:00: 3600 s each",
        at("06 09:00"),
        [
            (at("06 10:00"), "priority", "P1"),
            (at("06 11:00"), "status", "resolved"),
            (at("12 10:00"), "status", "in_progress"),
            (at("12 11:00"), "status", "resolved"),
        ],
        [
            Outcome("p1", 1, "met", HOUR),
            Outcome("p1", 2, "met", HOUR, started=at("12 10:00")),
            Outcome("p3", 1, "superseded", HOUR),
        ],
        targets=[target("p1", 4, "P1", calendar="always"), target("p3", 16, "P3")],
        priority="P3",
    ),
    Case(
        "reopened-after-its-period-was-closed",
        "met with 1 h in September, closed with 7 October; resumed on the 12th, within ten days, it is met in "
        "October; 3600 s + 09:00 to 11:00 in summer time = 3600 + 7200 = 10,800 s",
        at("30 08:00", 9),
        [
            (at("30 09:00", 9), "status", "resolved"),
            (at("12 08:00", 10), "status", "in_progress"),
            (at("12 10:00", 10), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 3 * HOUR, period=date(2026, 10, 1))],
        policies={"window_days": 10},
    ),
    Case(
        "reopened-after-window-and-closing",
        "with five days the window ends as the period closes: September keeps its hour, October has a cycle of 2 h; "
        "3600 s, and 09:00 to 11:00 in summer time = 7200 s",
        at("30 08:00", 9),
        [
            (at("30 09:00", 9), "status", "resolved"),
            (at("12 08:00", 10), "status", "in_progress"),
            (at("12 10:00", 10), "status", "resolved"),
        ],
        [
            Outcome("resolve", 1, "met", HOUR, period=date(2026, 9, 1)),
            Outcome("resolve", 2, "met", 2 * HOUR, period=date(2026, 10, 1)),
        ],
    ),
    Case(
        "reopened-is-a-new-cycle-by-policy",
        "within the window, but agreed otherwise: 1 h, then 2 h from nothing; 09:00 to 10:00 = 3600 s, 11:00 to "
        "13:00 = 7200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 13:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", HOUR), Outcome("resolve", 2, "met", 2 * HOUR, started=at("02 11:00"))],
        policies=NEW_CYCLE,
    ),
    Case(
        "reopened-is-ignored-by-policy",
        "the first resolution stands, at 1 h; 09:00 to 10:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 17:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", HOUR, stopped=at("02 10:00"))],
        policies=IGNORE,
    ),
    Case(
        "reopened-within-the-second-is-a-new-cycle",
        "resolved and reopened at 10:00: two cycles all the same; 09:00 to 10:00 = 3600 s, 10:00 to 12:00 = 7200 s",
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
        "nothing is promised for P4; P3 had 09:00 to 10:00 = 3600 s",
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
        "09:00 to the closing at 12:00; 3 x 3600 = 10,800 s",
        at("02 09:00"),
        [(at("02 10:00"), "status", "resolved"), (at("02 12:00"), "status", "closed")],
        [Outcome("close", 1, "met", 3 * HOUR)],
        targets=[CLOSE],
    ),
    Case(
        "time-to-close-keeps-its-breach-when-reopened",
        "breached at 13:00, while it stood resolved; closed after 7 h; 09:00 to 16:00 = 25,200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 15:00"), "status", "in_progress"),
            (at("02 16:00"), "status", "closed"),
        ],
        [Outcome("close", 1, "breached", 7 * HOUR, due=at("02 13:00"), breached=at("02 13:00"))],
        targets=[CLOSE],
    ),
]

PRIORITY_CASES = [
    Case(
        "upgraded-after-three-hours",
        "P3 is superseded with its 3 h; P1 starts at 12:00 with nothing, is due at 16:00 and met with 3 h; 09:00 to "
        "12:00 and 12:00 to 15:00 = 10,800 s each",
        at("02 09:00"),
        [(at("02 12:00"), "priority", "P1"), (at("02 15:00"), "status", "resolved")],
        [
            Outcome("p1", 1, "met", 3 * HOUR, started=at("02 12:00"), due=at("02 16:00")),
            Outcome("p3", 1, "superseded", 3 * HOUR, stopped=at("02 12:00"), due=at("03 17:00")),
        ],
        targets=BY_PRIORITY,
        priority="P3",
        named={"p1": [(0, 1)], "p3": [(None, 0)]},
    ),
    Case(
        "downgraded-a-minute-before-the-breach",
        "P1 stays: 4 h are used up at 13:00, resolved after 5 h; 09:00 to 14:00 = 18,000 s",
        at("02 09:00"),
        [(at("02 12:59"), "priority", "P3"), (at("02 14:00"), "status", "resolved")],
        [Outcome("p1", 1, "breached", 5 * HOUR, due=at("02 13:00"), breached=at("02 13:00"))],
        targets=BY_PRIORITY,
        priority="P1",
    ),
    Case(
        "second-upgrade-opens-nothing",
        "down to P3 and up again: P1's clock of 10:00 has run all the time; P1 10:00 to 13:00 = 10,800 s, P3 09:00 "
        "to 10:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "priority", "P1"),
            (at("02 11:00"), "priority", "P3"),
            (at("02 12:00"), "priority", "P1"),
            (at("02 13:00"), "status", "resolved"),
        ],
        [Outcome("p1", 1, "met", 3 * HOUR, started=at("02 10:00")), Outcome("p3", 1, "superseded", HOUR)],
        targets=BY_PRIORITY,
        priority="P3",
    ),
    Case(
        "breached-before-the-upgrade-stays",
        "two days and an hour against P3's sixteen: 18 h to the end; P1 has an hour of its own; 28,800 + 28,800 + "
        "09:00 to 11:00 = 64,800 s; P1 10:00 to 11:00 = 3600 s",
        at("02 09:00"),
        [(at("04 10:00"), "priority", "P1"), (at("04 11:00"), "status", "resolved")],
        [Outcome("p1", 1, "met", HOUR), Outcome("p3", 1, "breached", 18 * HOUR)],
        targets=BY_PRIORITY,
        priority="P3",
    ),
    Case(
        "downgraded-by-event-time",
        "each priority has the time it held: P1 superseded with 2 h, P3 starts at 11:00 and is met with 1 h; 09:00 "
        "to 11:00 = 7200 s, 11:00 to 12:00 = 3600 s",
        at("02 09:00"),
        [(at("02 11:00"), "priority", "P3"), (at("02 12:00"), "status", "resolved")],
        [Outcome("p1", 1, "superseded", 2 * HOUR), Outcome("p3", 1, "met", HOUR, started=at("02 11:00"))],
        targets=BY_PRIORITY,
        priority="P1",
        policies=BY_EVENT_TIME,
    ),
    Case(
        "event-time-without-target-supersedes",
        "nothing is promised for P4, so nothing runs from 10:00 on; 09:00 to 10:00 = 3600 s",
        at("02 09:00"),
        [(at("02 10:00"), "priority", "P4"), (at("02 11:00"), "status", "resolved")],
        [Outcome("p3", 1, "superseded", HOUR)],
        targets=[target("p3", 16, "P3")],
        priority="P3",
        policies=BY_EVENT_TIME,
    ),
    Case(
        "measured-by-the-final-value",
        "it ends as P1, so P1's 4 h hold from the opening: used up at 13:00, resolved after 5 h; 09:00 to 14:00 = "
        "18,000 s",
        at("02 09:00"),
        [(at("02 12:00"), "priority", "P1"), (at("02 14:00"), "status", "resolved")],
        [Outcome("p1", 1, "breached", 5 * HOUR, started=at("02 09:00"), breached=at("02 13:00"))],
        targets=BY_PRIORITY,
        priority="P3",
        policies=BY_FINAL_VALUE,
    ),
    Case(
        "final-value-is-the-last-one-under-the-agreement",
        "handed to a service without agreement at 10:00; that it becomes P1 there changes no target here; 09:00 to "
        "10:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "service", "other"),
            (at("02 11:00"), "priority", "P1"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("p3", 1, "superseded", HOUR, started=at("02 09:00"))],
        targets=BY_PRIORITY,
        priority="P3",
        policies=BY_FINAL_VALUE | {"services": ("ours",)},
        named={"p3": [(None, 0)]},
    ),
]

ASSIGNMENT_CASES = [
    Case("never-assigned-has-no-clock", "it waits for a team", at("02 09:00"), [], [], targets=[target(**ASSIGNED)]),
    Case(
        "assigned-after-a-downgrade",
        "P3 when the clock starts at 11:00; 11:00 to 12:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "priority", "P3"),
            (at("02 11:00"), "team", "ours"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("p3", 1, "met", HOUR, started=at("02 11:00"))],
        targets=BY_PRIORITY_ASSIGNED,
        priority="P1",
    ),
    Case(
        "assigned-after-an-upgrade",
        "P1 when the clock starts at 11:00; 11:00 to 12:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "priority", "P1"),
            (at("02 11:00"), "team", "ours"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("p1", 1, "met", HOUR, started=at("02 11:00"))],
        targets=BY_PRIORITY_ASSIGNED,
        priority="P3",
        named={"p1": [(1, 2)]},
    ),
]

END_CASES = [
    Case(
        "cancelled-in-time",
        "2 h on the clock, in no figure; 09:00 to 11:00 = 7200 s",
        at("02 09:00"),
        [(at("02 11:00"), "status", "cancelled")],
        [Outcome("resolve", 1, "cancelled", 2 * HOUR, stopped=at("02 11:00"))],
    ),
    Case(
        "cancelled-by-mistake",
        "2 h, then nothing for two weeks, and 1 h more once it is undone, though any window is over; 09:00 to 11:00 "
        "+ 09:00 to 10:00 = 7200 + 3600 = 10,800 s",
        at("02 09:00"),
        [
            (at("02 11:00"), "status", "cancelled"),
            (at("16 09:00"), "status", "in_progress"),
            (at("16 10:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 3 * HOUR, stopped=at("16 10:00"))],
    ),
    Case(
        "merged-in-time",
        "merged as a duplicate of another ticket: 2 h on the clock, in no figure; 09:00 to 11:00 = 7200 s",
        at("02 09:00"),
        [(at("02 11:00"), "status", "merged")],
        [Outcome("resolve", 1, "cancelled", 2 * HOUR, stopped=at("02 11:00"))],
    ),
    Case(
        "merged-after-the-breach",
        "4 h used up at 13:00; merging it two hours later erases nothing; 09:00 to 15:00 = 21,600 s",
        at("02 09:00"),
        [(at("02 15:00"), "status", "merged")],
        [Outcome("resolve", 1, "breached", 6 * HOUR, breached=at("02 13:00"))],
    ),
    Case(
        "merged-after-the-stop-keeps-the-verdict",
        "met at 10:00, and that it stays; 09:00 to 10:00 = 3600 s",
        at("02 09:00"),
        [(at("02 10:00"), "status", "resolved"), (at("02 11:00"), "status", "merged")],
        [Outcome("resolve", 1, "met", HOUR)],
    ),
    Case(
        "merged-within-the-second-after-the-stop",
        "met at 10:00; of one instant the order of the events decides; 09:00 to 10:00 = 3600 s",
        at("02 09:00"),
        [(at("02 10:00"), "status", "resolved"), (at("02 10:00"), "status", "merged")],
        [Outcome("resolve", 1, "met", HOUR)],
    ),
    Case(
        "answered-and-cancelled-within-the-second",
        "answered first; 09:00 to 10:00 = 3600 s",
        at("02 09:00"),
        [(at("02 10:00"), "message", "reply"), (at("02 10:00"), "status", "cancelled")],
        [Outcome("respond", 1, "met", HOUR)],
        targets=[RESPOND],
    ),
    Case(
        "cancelled-and-answered-within-the-second",
        "answered all the same, whatever the order of the two; 09:00 to 10:00 = 3600 s",
        at("02 09:00"),
        [(at("02 10:00"), "status", "cancelled"), (at("02 10:00"), "message", "reply")],
        [Outcome("respond", 1, "met", HOUR)],
        targets=[RESPOND],
    ),
]

RESPONSE_CASES = [
    Case(
        "resolved-without-a-word",
        "the resolution after 40 minutes is the answer; 09:00 to 09:40 = 2400 s",
        at("02 09:00"),
        [(at("02 09:40"), "status", "resolved")],
        [Outcome("respond", 1, "met", 2400, stopped=at("02 09:40"))],
        targets=[RESPOND_IN_AN_HOUR],
    ),
    Case(
        "resolved-without-the-word-that-was-agreed",
        "the clock runs on: an hour is used up at 10:00; a reply at 12:00 ends it after 3 h; 09:00 to 12:00 = 10,800 s",
        at("02 09:00"),
        [(at("02 09:40"), "status", "resolved"), (at("02 12:00"), "message", "reply")],
        [Outcome("respond", 1, "breached", 3 * HOUR, breached=at("02 10:00"), stopped=at("02 12:00"))],
        targets=[RESPOND_IN_AN_HOUR],
        policies={"no_reply": "breach"},
    ),
    Case(
        "merged-without-the-word-that-was-agreed",
        "the resolution has not stopped it, so the merge does: two of four hours, in no figure; 09:00 to 11:00 = "
        "7200 s",
        at("02 09:00"),
        [(at("02 10:00"), "status", "resolved"), (at("02 11:00"), "status", "merged")],
        [Outcome("respond", 1, "cancelled", 2 * HOUR, stopped=at("02 11:00"))],
        targets=[RESPOND],
        policies={"no_reply": "breach"},
        named={"respond": [(None, 0), (0, 1)]},
    ),
    Case(
        "answered-while-cancelled-by-mistake",
        "undone at 12:00; the reply of 11:00 was the response all the same: 09:00 to 10:00 = 3600 s, and no more",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "cancelled"),
            (at("02 11:00"), "message", "reply"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 13:00"), "message", "reply"),
        ],
        [Outcome("respond", 1, "met", HOUR, stopped=at("02 11:00"), due=at("02 14:00"))],
        targets=[RESPOND],
    ),
    Case(
        "acknowledged-by-a-machine-alone",
        "no response to this day: 14 days of 8 h and 09:00 to 12:34:56 on the 20th are 403,200 s + 12,896 s; 416,096 s",
        at("02 09:00"),
        [(at("02 09:00:05"), "message", "machine")],
        [Outcome("respond", 1, "breached", 416_096, breached=at("02 10:00"), stopped=NEVER)],
        targets=[RESPOND_IN_AN_HOUR],
    ),
]

ATTRIBUTION_CASES = [
    Case(
        "due-in-a-period-to-come",
        "85 h from 20 November 10:00: 7 h that day, nine whole days to 3 December, 6 h on the 4th; 10:00 to 11:00 = "
        "3600 s on the clock; 7 + 72 + 6 = 85 h to the due instant",
        at("20 10:00"),
        [(at("20 11:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", HOUR, due=at("04 15:00", 12), period=date(2026, 12, 1))],
        targets=[target(hours=85)],
        policies={"attribution": "due"},
    ),
    *(
        Case(
            f"attributed-by-{attribution}",
            "opened in August; 31 August and 22 days of September are 23 x 28,800 = 662,400 s = 184 h: due with "
            "September, breached as October opens; 22 days of October and an hour of November: 662,400 + 633,600 + "
            "3600 = 1,299,600 s",
            at("31 08:00", 8),
            [(at("02 10:00"), "status", "resolved")],
            [
                Outcome(
                    "resolve",
                    1,
                    "breached",
                    361 * HOUR,
                    due=at("30 16:00", 9),
                    breached=at("01 08:00", 10),
                    period=date(2026, month, 1),
                )
            ],
            targets=[target(hours=184)],
            policies={"attribution": attribution},
        )
        for attribution, month in (("created", 8), ("due", 9), ("decided", 10), ("resolved", 11))
    ),
]

AGREEMENT_CASES = [
    Case(
        "version-changes-on-the-way",
        "opened under version 1 (4 h), which ends as version 2 (2 h) begins at midnight: met with 0.5 h + 2.5 h; "
        "1800 + 9000 = 10,800 s",
        at("02 16:30"),
        [(at("03 11:30"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 3 * HOUR, version=1)],
        also=[{"version": 2, "valid_from": date(2026, 11, 3), "targets": [target(hours=2)]}],
    ),
    Case(
        "version-changed-before",
        "opened in the first second of version 2 (2 h): breached with 3 h; 09:00 to 12:00 = 10,800 s",
        at("03 00:00"),
        [(at("03 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "breached", 3 * HOUR, version=2, breached=at("03 11:00"))],
        also=[{"version": 2, "valid_from": date(2026, 11, 3), "targets": [target(hours=2)]}],
    ),
    Case(
        "agreement-begins-after-the-opening",
        "opened a second before it begins: not measured, however long it lasts",
        at("09 23:59:59"),
        [(at("12 10:00"), "status", "resolved")],
        [],
        policies={"valid_from": date(2026, 11, 10)},
    ),
    Case(
        "agreement-begins-with-the-opening",
        "opened in its first second, a Tuesday in the middle of the month: 1 h; 09:00 to 10:00 = 3600 s",
        at("10 00:00"),
        [(at("10 10:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", HOUR)],
        policies={"valid_from": date(2026, 11, 10)},
    ),
    Case(
        "agreement-ends-on-the-way",
        "opened before its end, kept after it: 1 h + 8 h + 1 h; 3600 + 28,800 + 3600 = 36,000 s",
        at("09 16:00"),
        [(at("11 10:00"), "status", "resolved")],
        [Outcome("resolve", 1, "breached", 10 * HOUR, breached=at("10 12:00"))],
        policies={"valid_to": date(2026, 11, 10)},
    ),
    Case(
        "agreement-ends-with-the-opening",
        "its end is no longer part of it",
        at("10 00:00"),
        [],
        [],
        policies={"valid_to": date(2026, 11, 10)},
    ),
    Case(
        "service-changes",
        "the clock of the first service is superseded with 2 h; that of the second starts at 11:00; 09:00 to 11:00 = "
        "7200 s, 11:00 to 12:00 = 3600 s",
        at("02 09:00"),
        [(at("02 11:00"), "service", "other"), (at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "superseded", 2 * HOUR), Outcome("second", 1, "met", HOUR, started=at("02 11:00"))],
        policies={"services": ("ours",)},
        also=[{"services": ("other",), "targets": [target("second")]}],
    ),
    Case(
        "service-changes-after-the-breach",
        "what is breached runs to the end, 6 h; 09:00 to 15:00 = 21,600 s; the second 14:00 to 15:00 = 3600 s",
        at("02 09:00"),
        [(at("02 14:00"), "service", "other"), (at("02 15:00"), "status", "resolved")],
        [Outcome("resolve", 1, "breached", 6 * HOUR), Outcome("second", 1, "met", HOUR, started=at("02 14:00"))],
        policies={"services": ("ours",)},
        also=[{"services": ("other",), "targets": [target("second")]}],
    ),
    Case(
        "service-changes-and-returns",
        "an hour for each stay, none carried over; 09:00 to 10:00 and 11:00 to 12:00 = 3600 s each",
        at("02 09:00"),
        [
            (at("02 10:00"), "service", "other"),
            (at("02 11:00"), "service", "ours"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "superseded", HOUR), Outcome("resolve", 2, "met", HOUR, started=at("02 11:00"))],
        policies={"services": ("ours",)},
    ),
    Case(
        "customer-changes",
        "what was promised to the first customer is superseded; what is promised to the second starts at 11:00; "
        "09:00 to 11:00 = 7200 s, 11:00 to 12:00 = 3600 s",
        at("02 09:00"),
        [(at("02 11:00"), "customer", "other"), (at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "superseded", 2 * HOUR), Outcome("second", 1, "met", HOUR, started=at("02 11:00"))],
        also=[{"consumer": "other", "targets": [target("second")]}],
    ),
    Case(
        "service-changes-after-an-ignored-reopening",
        "the second agreement ignores reopenings of its own clocks; it had none, and its service has the open "
        "ticket; 09:00 to 10:00 and 12:00 to 13:00 = 3600 s each",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 12:00"), "service", "other"),
            (at("02 13:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", HOUR), Outcome("second", 1, "met", HOUR, started=at("02 12:00"))],
        policies={"services": ("ours",)} | IGNORE,
        also=[{"services": ("other",), "targets": [target("second")]}],
    ),
    Case(
        "closed-for-good-after-breach-and-change",
        "4 h at 13:00, then another service's; what is breached ends with the closing at 15:00, whatever comes "
        "after; 09:00 to 15:00 = 21,600 s",
        at("02 09:00"),
        [
            (at("02 14:00"), "service", "other"),
            (at("02 15:00"), "status", "closed"),
            (at("02 16:00"), "status", "in_progress"),
        ],
        [Outcome("close", 1, "breached", 6 * HOUR, breached=at("02 13:00"), stopped=at("02 15:00"))],
        targets=[CLOSE],
        policies={"services": ("ours",)} | IGNORE,
    ),
    Case(
        "target-with-more-scope-keys-wins",
        "of three that admit a P1 incident the one with two keys holds, 2 h: 09:00 to 12:00 = 10,800 s, late at 11:00; "
        "under the one with one key, 4 h, it would be met",
        at("02 09:00"),
        [(at("02 12:00"), "status", "resolved")],
        [Outcome("both", 1, "breached", 3 * HOUR, due=at("02 11:00"), breached=at("02 11:00"))],
        targets=[target("any", 8), target("p1", 4, "P1"), target("both", 2, "P1", types=frozenset({"incident"}))],
        priority="P1",
    ),
    Case(
        "listed-service-beats-all-services",
        "only the agreement that names the service measures it; 09:00 to 10:00 = 3600 s",
        at("02 09:00"),
        [(at("02 10:00"), "status", "resolved")],
        [Outcome("second", 1, "met", HOUR)],
        also=[{"services": ("ours",), "targets": [target("second")]}],
    ),
]

REPLY_CASES = [
    Case(
        "three-questions-one-answer",
        "the earliest opens it at 10:00, the others change nothing, one reply at 12:00 answers all; 10:00 to 12:00 = "
        "7200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "customer"),
            (at("02 10:30"), "message", "customer"),
            (at("02 11:00"), "message", "customer"),
            (at("02 12:00"), "message", "reply"),
        ],
        [Outcome("reply", 1, "met", 2 * HOUR, started=at("02 10:00"), due=at("02 14:00"))],
        targets=[REPLY],
        named={"reply": [(0, 3)]},
    ),
    Case(
        "every-exchange-is-a-cycle",
        "10:00 to 11:00, and 13:00 to the resolution at 15:00; 3600 s and 7200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "customer"),
            (at("02 11:00"), "message", "reply"),
            (at("02 13:00"), "message", "customer"),
            (at("02 15:00"), "status", "resolved"),
        ],
        [Outcome("reply", 1, "met", HOUR), Outcome("reply", 2, "met", 2 * HOUR, started=at("02 13:00"))],
        targets=[REPLY],
        named={"reply": [(0, 1), (2, 3)]},
    ),
    Case(
        "asked-and-answered-with-the-opening",
        "three events of one second, in their order: an exchange of 0 s",
        at("02 09:00"),
        [(at("02 09:00"), "message", "customer"), (at("02 09:00"), "message", "reply")],
        [Outcome("reply", 1, "met", 0, started=at("02 09:00"), stopped=at("02 09:00"), due=at("02 13:00"))],
        targets=[REPLY],
    ),
    Case(
        "asked-in-the-second-after-the-reply",
        "the reply came first and answers nothing; 10:00 to 11:00; 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "reply"),
            (at("02 10:00"), "message", "customer"),
            (at("02 11:00"), "status", "resolved"),
        ],
        [Outcome("reply", 1, "met", HOUR, started=at("02 10:00"))],
        targets=[REPLY],
    ),
    Case(
        "notes-and-machines-answer-nothing",
        "10:00 to 15:00 are 5 h; 4 h at 14:00; 5 x 3600 = 18,000 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "customer"),
            (at("02 10:30"), "message", "note"),
            (at("02 11:00"), "message", "machine"),
            (at("02 15:00"), "message", "reply"),
        ],
        [Outcome("reply", 1, "breached", 5 * HOUR, due=at("02 14:00"), breached=at("02 14:00"))],
        targets=[REPLY],
    ),
    Case(
        "asked-while-resolved",
        "the exchange opens with the reopening at 12:00; 12:00 to 13:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "message", "customer"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 13:00"), "message", "reply"),
        ],
        [Outcome("reply", 1, "met", HOUR, started=at("02 12:00"))],
        targets=[REPLY],
        named={"reply": [(2, 3)]},
    ),
    Case(
        "asked-and-answered-while-resolved",
        "answered before the reopening: nothing is left to answer",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "message", "customer"),
            (at("02 11:30"), "message", "reply"),
            (at("02 12:00"), "status", "in_progress"),
        ],
        [],
        targets=[REPLY],
    ),
    Case(
        "asked-while-resolved-for-good",
        "without a reopening there is no exchange: thanks need no answer",
        at("02 09:00"),
        [(at("02 10:00"), "status", "resolved"), (at("02 11:00"), "message", "customer")],
        [],
        targets=[REPLY],
    ),
    Case(
        "asked-in-the-second-of-the-resolution",
        "asked of a resolved ticket, whatever the order of the two: heard with the reopening at 12:00; 12:00 to "
        "13:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "customer"),
            (at("02 10:00"), "status", "resolved"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 13:00"), "message", "reply"),
        ],
        [Outcome("reply", 1, "met", HOUR, started=at("02 12:00"))],
        targets=[REPLY],
    ),
    Case(
        "asked-in-the-second-of-the-reopening",
        "asked of an open ticket; 12:00 to 13:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 12:00"), "message", "customer"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 13:00"), "message", "reply"),
        ],
        [Outcome("reply", 1, "met", HOUR, started=at("02 12:00"))],
        targets=[REPLY],
        named={"reply": [(1, 3)]},
    ),
    Case(
        "asked-in-the-second-of-resolution-and-reopening",
        "asked of a ticket that is open again; the resolution of that second is no end of it; 10:00 to 12:00 = 7200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 10:00"), "message", "customer"),
            (at("02 10:00"), "status", "in_progress"),
            (at("02 12:00"), "message", "reply"),
        ],
        [Outcome("reply", 1, "met", 2 * HOUR, started=at("02 10:00"))],
        targets=[REPLY],
    ),
    Case(
        "no-exchange-survives-the-resolution",
        "09:30 to 10:00; that the ticket is reopened within the window brings back no question; 1800 s",
        at("02 09:00"),
        [
            (at("02 09:30"), "message", "customer"),
            (at("02 10:00"), "status", "resolved"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 13:00"), "message", "reply"),
        ],
        [Outcome("reply", 1, "met", HOUR // 2, stopped=at("02 10:00"))],
        targets=[REPLY],
    ),
    Case(
        "asked-after-an-ignored-reopening",
        "exchanges have nothing to do with the reopen policy: 12:00 to 13:00; 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 12:00"), "message", "customer"),
            (at("02 13:00"), "message", "reply"),
        ],
        [Outcome("reply", 1, "met", HOUR, started=at("02 12:00"))],
        targets=[REPLY],
        policies=IGNORE,
    ),
    Case(
        "cancelled-before-the-reply",
        "an hour, in no figure; 10:00 to 11:00 = 3600 s",
        at("02 09:00"),
        [(at("02 10:00"), "message", "customer"), (at("02 11:00"), "status", "cancelled")],
        [Outcome("reply", 1, "cancelled", HOUR)],
        targets=[REPLY],
    ),
    Case(
        "cancelled-in-the-second-of-the-reply",
        "the customer was answered after an hour, whatever the order of the two; 10:00 to 11:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "customer"),
            (at("02 11:00"), "status", "cancelled"),
            (at("02 11:00"), "message", "reply"),
        ],
        [Outcome("reply", 1, "met", HOUR)],
        targets=[REPLY],
        named={"reply": [(0, 2)]},
    ),
    Case(
        "merged-when-the-reply-was-late",
        "4 h at 13:00; merged after 5 h; 09:00 to 14:00 = 18,000 s",
        at("02 09:00"),
        [(at("02 09:00"), "message", "customer"), (at("02 14:00"), "status", "merged")],
        [Outcome("reply", 1, "breached", 5 * HOUR, breached=at("02 13:00"))],
        targets=[REPLY],
    ),
    Case(
        "upgraded-during-and-between-exchanges",
        "during the first one P1 starts anew at 11:00; between them nothing happens, and the third question finds "
        "P1; P3 10:00 to 11:00 = 3600 s, P1 11:00 to 12:00 = 3600 s and 13:00 to 15:00 = 7200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "customer"),
            (at("02 11:00"), "priority", "P1"),
            (at("02 12:00"), "message", "reply"),
            (at("02 12:30"), "priority", "P3"),
            (at("02 12:45"), "priority", "P1"),
            (at("02 13:00"), "message", "customer"),
            (at("02 15:00"), "message", "reply"),
        ],
        [
            Outcome("p1", 1, "met", HOUR, started=at("02 11:00")),
            Outcome("p1", 2, "met", 2 * HOUR, started=at("02 13:00")),
            Outcome("p3", 1, "superseded", HOUR, started=at("02 10:00")),
        ],
        targets=by_priority("time_to_next_reply"),
        priority="P3",
    ),
    Case(
        "waiting-for-the-customer-who-asked",
        "10:00 to 11:00 and 12:00 to 13:00 on the clock, the pause between them off it; 3600 + 3600 = 7200 s, 3600 s "
        "paused",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "customer"),
            (at("02 11:00"), "status", "waiting_customer"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 13:00"), "message", "reply"),
        ],
        [Outcome("reply", 1, "met", 2 * HOUR, paused=HOUR)],
        targets=[replace(REPLY, pauses={"waiting_customer": False})],
    ),
]

DECISION_CASES = [
    Case(
        "excluded-by-decision",
        "09:00 to 15:00 = 21,600 s stay on the clock, due at 13:00; a decision comes before the breach, and no figure "
        "counts it",
        at("02 09:00"),
        [(at("02 15:00"), "status", "resolved")],
        [Outcome("resolve", 1, "excluded", 6 * HOUR, due=at("02 13:00"), breached=NEVER, stopped=at("02 15:00"))],
        left_out=[{}],
    ),
    Case(
        "excluded-by-a-decision-that-was-revoked",
        "as if it had never been: 09:00 to 15:00 = 21,600 s, 14,400 s at 13:00",
        at("02 09:00"),
        [(at("02 15:00"), "status", "resolved")],
        [
            Outcome(
                "resolve",
                1,
                "breached",
                6 * HOUR,
                due=at("02 13:00"),
                breached=at("02 13:00"),
                period=date(2026, 11, 1),
            )
        ],
        left_out=[{"outcome": "revoked"}],
    ),
    Case(
        "excluded-by-decision-for-one-target",
        "the answer is taken out; the resolution of the same ticket is not: 09:00 to 15:00 = 21,600 s, late at 13:00",
        at("02 09:00"),
        [(at("02 15:00"), "status", "resolved")],
        [
            Outcome("resolve", 1, "breached", 6 * HOUR, breached=at("02 13:00")),
            Outcome("respond", 1, "excluded", 6 * HOUR, breached=NEVER),
        ],
        targets=[target(), RESPOND],
        left_out=[{"target": "respond"}],
    ),
    Case(
        "excluded-by-decision-for-one-cycle",
        "cycle 1, 09:00 to 14:00 = 18,000 s, stays breached; cycle 2, 15:00 to 17:00 and Tuesday 09:00 to 12:00 = "
        "7200 s + 10,800 s, is taken out",
        at("02 09:00"),
        [
            (at("02 14:00"), "status", "resolved"),
            (at("02 15:00"), "status", "in_progress"),
            (at("03 12:00"), "status", "resolved"),
        ],
        [
            Outcome("resolve", 1, "breached", 5 * HOUR, breached=at("02 13:00")),
            Outcome("resolve", 2, "excluded", 5 * HOUR, due=at("03 11:00"), breached=NEVER),
        ],
        policies=NEW_CYCLE,
        left_out=[{"cycle": 2}],
    ),
    Case(
        "excluded-by-decision-while-it-runs",
        "Friday the 20th 09:00 to 12:34:56 = 12,896 s at as_of; it runs on, and is due at 13:00, in no figure",
        at("20 09:00"),
        [],
        [Outcome("resolve", 1, "excluded", 12_896, due=at("20 13:00"), stopped=NEVER)],
        left_out=[{}],
    ),
    Case(
        "excluded-by-decision-and-upgraded",
        "what is taken out is not what starts: P3's 09:00 to 10:00 = 3600 s; P1 from 10:00 to 12:00 = 7200 s, met",
        at("02 09:00"),
        [(at("02 10:00"), "priority", "P1"), (at("02 12:00"), "status", "resolved")],
        [Outcome("p1", 1, "met", 2 * HOUR), Outcome("p3", 1, "excluded", HOUR, stopped=at("02 10:00"))],
        targets=BY_PRIORITY,
        priority="P3",
        left_out=[{"target": "p3"}],
    ),
]

# One ticket, all clocks of the customer, or of team and supplier: what a policy does to each of them.

CUSTOMERS_BY_PRIORITY = [
    *each(CUSTOMERS, "-p1", priorities=frozenset({"P1"})),
    *each(CUSTOMERS, "-p3", priorities=frozenset({"P3"}), threshold=16 * HOUR),
]
DOWNGRADED = [
    (at("02 09:30"), "message", "customer"),
    (at("02 11:00"), "priority", "P3"),
    (at("02 12:00"), "message", "reply"),
    (at("02 12:30"), "status", "resolved"),
    (at("02 13:00"), "status", "closed"),
]
TEAM_AND_SUPPLIER_BY_PRIORITY = {
    "targets": by_priority("time_in_team"),
    "also": [UC | {"targets": each(by_priority("time_with_supplier"), "-supplier")}],
}
REOPENED = [
    (at("02 09:15"), "message", "customer"),
    (at("02 10:00"), "status", "resolved"),
    (at("02 10:30"), "status", "closed"),
    (at("02 12:00"), "status", "in_progress"),
    (at("02 12:30"), "message", "customer"),
    (at("02 13:00"), "message", "reply"),
    (at("02 14:00"), "status", "resolved"),
    (at("02 14:30"), "status", "closed"),
]
REOPENED_EXCHANGES = [
    Outcome("reply", 1, "met", 2700, started=at("02 09:15"), stopped=at("02 10:00")),
    Outcome("reply", 2, "met", 1800, started=at("02 12:30"), stopped=at("02 13:00")),
    Outcome("respond", 1, "met", HOUR, stopped=at("02 10:00")),
]

ALL_CLOCKS_CASES = [
    *(
        Case(
            f"all-clocks-attributed-by-{attribution}",
            "Friday 30 October, closed Monday: response 14:00 to 16:00 = 7200 s, due Monday 10:00 (10,800 + 3600 s); "
            "exchange 14:30 to 16:00 = 5400 s, due 10:30 (9000 + 5400 s); gaps of 7200 and 1800 s, the last due 12:00 "
            "(3600 + 10,800 s); closed after 14:00 to 17:00 + 09:00 to 10:00 = 14,400 s, due then",
            at("30 14:00", 10),
            [
                (at("30 14:30", 10), "message", "customer"),
                (at("30 16:00", 10), "message", "reply"),
                (at("30 16:30", 10), "status", "resolved"),
                (at("02 10:00"), "status", "closed"),
            ],
            [
                Outcome("close", 1, "met", 4 * HOUR, due=at("02 10:00"), period=date(2026, of_close, 1)),
                Outcome("gap", 1, "met", 2 * HOUR, due=at("02 12:00"), period=date(2026, of_others, 1)),
                Outcome("reply", 1, "met", 5400, due=at("02 10:30"), period=date(2026, of_others, 1)),
                Outcome("respond", 1, "met", 2 * HOUR, due=at("02 10:00"), period=date(2026, of_others, 1)),
            ],
            targets=CUSTOMERS,
            policies={"attribution": attribution},
        )
        for attribution, of_close, of_others in (("created", 10, 10), ("due", 11, 11), ("resolved", 11, 10))
    ),
    *(
        Case(
            f"team-and-supplier-attributed-by-{attribution}",
            "opened in September; Friday 30 October the team has it 16:00 to 16:30 = 1800 s, the supplier to 16:40 = "
            "2400 s; both are due Monday 2 November 12:00, 16:00 to 17:00 + 09:00 to 12:00 = 14,400 s",
            at("30 14:00", 9),
            [
                (at("30 16:00", 10), "team", "ours"),
                (at("30 16:00", 10), "status", "waiting_supplier"),
                (at("30 16:30", 10), "team", "other"),
                (at("30 16:40", 10), "status", "resolved"),
            ],
            [
                Outcome("supplier", 1, "met", 2400, due=at("02 12:00"), period=date(2026, month, 1)),
                Outcome("team", 1, "met", 1800, due=at("02 12:00"), period=date(2026, month, 1)),
            ],
            targets=[TEAM],
            policies=OLA | {"attribution": attribution},
            also=[UC | {"targets": [SUPPLIER]}],
        )
        for attribution, month in (("created", 9), ("due", 11), ("resolved", 10))
    ),
    Case(
        "not-yet-closed-is-attributed-to-the-resolution",
        "by `resolved`, in October, though the clock goes on: 30 October 09:00 to 17:00 = 28,800 s; 2 to 6, 9 to 13 "
        "and 16 to 19 November are 14 days of 28,800 s = 403,200 s; the 20th to 12:34:56 = 12,896 s; 444,896 s",
        at("30 09:00", 10),
        [(at("30 10:00", 10), "status", "resolved")],
        [Outcome("close", 1, "breached", 444_896, breached=at("30 13:00", 10), period=date(2026, 10, 1))],
        targets=[CLOSE],
        policies={"attribution": "resolved"},
    ),
    Case(
        "all-clocks-in-the-night-in-which-the-clocks-go-forward",
        "open 22:00Z to 05:00Z: response to 02:00Z = 14,400 s; exchange 22:30Z to 02:00Z = 12,600 s; gaps of 14,400 s "
        "and 5400 s; closed in the morning, 25,200 s; the team to 03:30Z = 19,800 s; the supplier 23:00Z to 03:30Z = "
        "16,200 s, used up at 03:00Z",
        at("28 12:00", 3),
        [
            (at("28 22:30", 3), "message", "customer"),
            (at("28 23:00", 3), "status", "waiting_supplier"),
            (at("29 02:00", 3), "message", "reply"),
            (at("29 03:30", 3), "status", "resolved"),
            (at("29 09:00", 3), "status", "closed"),
        ],
        [
            Outcome("close", 1, "breached", 7 * HOUR, breached=at("29 02:00", 3)),
            Outcome("gap", 1, "met", 4 * HOUR, due=at("29 22:00", 3)),
            Outcome("reply", 1, "met", 12_600, due=at("29 02:30", 3)),
            Outcome("respond", 1, "met", 4 * HOUR, due=at("29 02:00", 3)),
            Outcome("supplier", 1, "breached", 16_200, breached=at("29 03:00", 3)),
            Outcome("team", 1, "breached", 19_800, breached=at("29 02:00", 3)),
        ],
        targets=each(CUSTOMERS, calendar="night"),
        team="ours",
        also=[
            OLA | {"targets": each([TEAM], calendar="night")},
            UC | {"services": ("ours",), "targets": each([SUPPLIER], calendar="night")},
        ],
    ),
    Case(
        "all-clocks-while-the-calendar-changes",
        "Friday 16:00 to 17:00 = 3600 s, Monday from 09:00 by the new hours, to 19:00: response to 17:30 = 3600 + "
        "30,600 = 34,200 s; exchange from 16:30 = 1800 + 30,600 = 32,400 s; gaps of 34,200 s and 1800 s; closed "
        "18:30 = 3600 + 34,200 = 37,800 s, late at 18:00; team and supplier to 18:00 = 3600 + 32,400 = 36,000 s, the "
        "whole ten hours",
        at("06 16:00"),
        [
            (at("06 16:00"), "status", "waiting_supplier"),
            (at("06 16:30"), "message", "customer"),
            (at("09 17:30"), "message", "reply"),
            (at("09 18:00"), "status", "resolved"),
            (at("09 18:30"), "status", "closed"),
        ],
        [
            Outcome("close", 1, "breached", 37_800, breached=at("09 18:00")),
            Outcome("gap", 1, "met", 34_200, due=at("10 17:30")),
            Outcome("reply", 1, "met", 32_400, due=at("09 18:30")),
            Outcome("respond", 1, "met", 34_200, due=at("09 18:00")),
            Outcome("supplier", 1, "met", 10 * HOUR, due=at("09 18:00")),
            Outcome("team", 1, "met", 10 * HOUR, due=at("09 18:00")),
        ],
        targets=each(CUSTOMERS, calendar="longer", threshold=10 * HOUR),
        team="ours",
        also=[
            OLA | {"targets": each([TEAM], calendar="longer", threshold=10 * HOUR)},
            UC | {"services": ("ours",), "targets": each([SUPPLIER], calendar="longer", threshold=10 * HOUR)},
        ],
    ),
    Case(
        "version-changes-on-the-way-for-all-clocks",
        "Monday 16:30 to 17:00 = 1800 s under version 1 (4 h), and all of it stays so, though from Tuesday on version "
        "2 asks for one hour: response to 11:30 = 1800 + 9000 = 10,800 s; exchange 10:00 to 11:30 = 5400 s; gaps of "
        "10,800 s and 1800 s; closed 12:30 = 1800 + 12,600 = 14,400 s",
        at("02 16:30"),
        [
            (at("03 10:00"), "message", "customer"),
            (at("03 11:30"), "message", "reply"),
            (at("03 12:00"), "status", "resolved"),
            (at("03 12:30"), "status", "closed"),
        ],
        [
            Outcome("close", 1, "met", 4 * HOUR, version=1),
            Outcome("gap", 1, "met", 3 * HOUR, version=1),
            Outcome("reply", 1, "met", 5400, version=1),
            Outcome("respond", 1, "met", 3 * HOUR, version=1),
        ],
        targets=CUSTOMERS,
        also=[{"version": 2, "valid_from": date(2026, 11, 3), "targets": each(CUSTOMERS, threshold=HOUR)}],
    ),
    Case(
        "version-of-the-opening-holds-for-the-team",
        "the team gets it under version 2 (1 h), but it was opened under version 1: Tuesday 09:00 to 12:00 = 10,800 s",
        at("02 16:00"),
        [(at("03 09:00"), "team", "ours"), (at("03 12:00"), "team", "other")],
        [Outcome("team", 1, "met", 3 * HOUR, version=1, started=at("03 09:00"))],
        targets=[TEAM],
        policies=OLA,
        also=[{"version": 2, "valid_from": date(2026, 11, 3), "targets": each([TEAM], threshold=HOUR)}],
    ),
    Case(
        "contract-that-has-ended-holds-for-the-supplier",
        "opened on its last day, waiting after it: Wednesday 10:00 to 12:00 = 7200 s",
        at("09 16:00"),
        [(at("11 10:00"), "status", "waiting_supplier"), (at("11 12:00"), "status", "resolved")],
        [Outcome("supplier", 1, "met", 2 * HOUR, started=at("11 10:00"))],
        targets=[SUPPLIER],
        policies=UC | {"valid_to": date(2026, 11, 10)},
    ),
    Case(
        "all-clocks-downgraded",
        "P1 stays: closed 09:00 to 13:00 = 14,400 s; gaps 09:00 to 12:00 = 10,800 s and 1800 s; exchange 09:30 to "
        "12:00 = 9000 s; response 09:00 to 12:00 = 10,800 s",
        at("02 09:00"),
        DOWNGRADED,
        [
            Outcome("close-p1", 1, "met", 4 * HOUR),
            Outcome("gap-p1", 1, "met", 3 * HOUR),
            Outcome("reply-p1", 1, "met", 9000),
            Outcome("respond-p1", 1, "met", 3 * HOUR),
        ],
        targets=CUSTOMERS_BY_PRIORITY,
        priority="P1",
    ),
    Case(
        "all-clocks-downgraded-by-event-time",
        "to 11:00 P1's, from then on P3's: closing 7200 s and 11:00 to 13:00 = 7200 s; gaps 7200 s, and 11:00 to 12:00 "
        "= 3600 s; exchange 09:30 to 11:00 = 5400 s and 3600 s; response 7200 s and 3600 s",
        at("02 09:00"),
        DOWNGRADED,
        [
            Outcome("close-p1", 1, "superseded", 2 * HOUR),
            Outcome("close-p3", 1, "met", 2 * HOUR, started=at("02 11:00")),
            Outcome("gap-p1", 1, "superseded", 2 * HOUR),
            Outcome("gap-p3", 1, "met", HOUR, started=at("02 11:00")),
            Outcome("reply-p1", 1, "superseded", 5400),
            Outcome("reply-p3", 1, "met", HOUR, started=at("02 11:00")),
            Outcome("respond-p1", 1, "superseded", 2 * HOUR),
            Outcome("respond-p3", 1, "met", HOUR, started=at("02 11:00")),
        ],
        targets=CUSTOMERS_BY_PRIORITY,
        priority="P1",
        policies=BY_EVENT_TIME,
    ),
    Case(
        "all-clocks-measured-by-the-final-value",
        "it ends as P3, so P3's 16 h hold from the start of each: 14,400 s, 10,800 s, 9000 s and 10,800 s",
        at("02 09:00"),
        DOWNGRADED,
        [
            Outcome("close-p3", 1, "met", 4 * HOUR, started=at("02 09:00")),
            Outcome("gap-p3", 1, "met", 3 * HOUR, started=at("02 09:00")),
            Outcome("reply-p3", 1, "met", 9000, started=at("02 09:30")),
            Outcome("respond-p3", 1, "met", 3 * HOUR, started=at("02 09:00")),
        ],
        targets=CUSTOMERS_BY_PRIORITY,
        priority="P1",
        policies=BY_FINAL_VALUE,
    ),
    Case(
        "final-value-is-known-only-after-the-answer",
        "answered at 10:00 = 3600 s, P1 from 11:00 on: the answer is measured by P1's 4 h, due at 13:00",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "reply"),
            (at("02 11:00"), "priority", "P1"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("p1", 1, "met", HOUR, due=at("02 13:00"))],
        targets=by_priority("time_to_first_response"),
        priority="P3",
        policies=BY_FINAL_VALUE,
    ),
    Case(
        "upgraded-before-response-and-closing",
        "P3's 09:00 to 11:00 = 7200 s are superseded; P1: response 11:00 to 12:00 = 3600 s, closing 11:00 to 15:00:01 "
        "= 14,401 s, late at 15:00",
        at("02 09:00"),
        [
            (at("02 11:00"), "priority", "P1"),
            (at("02 12:00"), "message", "reply"),
            (at("02 15:00:01"), "status", "closed"),
        ],
        [
            Outcome("close-p1", 1, "breached", 4 * HOUR + 1, started=at("02 11:00"), breached=at("02 15:00")),
            Outcome("close-p3", 1, "superseded", 2 * HOUR),
            Outcome("respond-p1", 1, "met", HOUR, started=at("02 11:00")),
            Outcome("respond-p3", 1, "superseded", 2 * HOUR),
        ],
        targets=[found for found in CUSTOMERS_BY_PRIORITY if found.metric in (CLOSE.metric, RESPOND.metric)],
        priority="P3",
    ),
    Case(
        "team-and-supplier-downgraded-by-event-time",
        "09:00 to 11:00 = 7200 s are P1's, 11:00 to 12:00 = 3600 s P3's, for both",
        at("02 09:00"),
        [
            (at("02 09:00"), "status", "waiting_supplier"),
            (at("02 11:00"), "priority", "P3"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [
            Outcome("p1", 1, "superseded", 2 * HOUR),
            Outcome("p1-supplier", 1, "superseded", 2 * HOUR),
            Outcome("p3", 1, "met", HOUR, started=at("02 11:00")),
            Outcome("p3-supplier", 1, "met", HOUR, started=at("02 11:00")),
        ],
        priority="P1",
        team="ours",
        policies=OLA | BY_EVENT_TIME,
        **TEAM_AND_SUPPLIER_BY_PRIORITY,
    ),
    Case(
        "team-and-supplier-measured-by-the-final-value",
        "P1 in the end: 09:00 to 14:00 = 18,000 s of its 14,400 s, used up at 13:00, for both",
        at("02 09:00"),
        [
            (at("02 09:00"), "status", "waiting_supplier"),
            (at("02 12:00"), "priority", "P1"),
            (at("02 14:00"), "status", "resolved"),
        ],
        [
            Outcome("p1", 1, "breached", 5 * HOUR, breached=at("02 13:00")),
            Outcome("p1-supplier", 1, "breached", 5 * HOUR, breached=at("02 13:00")),
        ],
        priority="P3",
        team="ours",
        policies=OLA | BY_FINAL_VALUE,
        **TEAM_AND_SUPPLIER_BY_PRIORITY,
    ),
    Case(
        "response-and-closing-start-with-the-assignment",
        "assigned at 10:00: response to 12:00 = 7200 s, closing to 13:00 = 10,800 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "team", "ours"),
            (at("02 12:00"), "message", "reply"),
            (at("02 13:00"), "status", "closed"),
        ],
        [
            Outcome("close", 1, "met", 3 * HOUR, started=at("02 10:00"), due=at("02 14:00")),
            Outcome("respond", 1, "met", 2 * HOUR, started=at("02 10:00"), due=at("02 14:00")),
        ],
        targets=each([CLOSE, RESPOND], **ASSIGNED),
    ),
    Case(
        "all-clocks-on-hold",
        "10:00 to 11:00 = 3600 s paused: closing 09:00 to 13:00 less it = 10,800 s; gaps 09:00 to 12:00 less it = "
        "7200 s, and 1800 s; exchange 09:30 to 12:00 less it = 5400 s; response 7200 s; the team to 12:30 less it = "
        "9000 s",
        at("02 09:00"),
        [
            (at("02 09:30"), "message", "customer"),
            (at("02 10:00"), "status", "on_hold"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 12:00"), "message", "reply"),
            (at("02 12:30"), "status", "resolved"),
            (at("02 13:00"), "status", "closed"),
        ],
        [
            Outcome("close", 1, "met", 3 * HOUR, paused=HOUR, due=at("02 14:00")),
            Outcome("gap", 1, "met", 2 * HOUR, paused=HOUR, due=at("02 16:00")),
            Outcome("reply", 1, "met", 5400, paused=HOUR, due=at("02 14:30")),
            Outcome("respond", 1, "met", 2 * HOUR, paused=HOUR, due=at("02 14:00")),
            Outcome("team", 1, "met", 9000, paused=HOUR, due=at("02 14:00")),
        ],
        targets=each(CUSTOMERS, pauses={"on_hold": False}),
        team="ours",
        also=[OLA | {"targets": each([TEAM], pauses={"on_hold": False})}],
    ),
    Case(
        "all-clocks-paused-by-a-question",
        "asked 09:50, waiting 10:00 to 11:00 = 3600 s: closing 14,400 - 3600 = 10,800 s; gaps 09:00 to 09:50 = 3000 "
        "s, 09:50 to 12:00 less the pause = 4200 s, 1800 s; exchange 09:55 to 10:00 + 11:00 to 12:00 = 300 + 3600 = "
        "3900 s; the response is the question itself, 3000 s; the team 12,600 - 3600 = 9000 s",
        at("02 09:00"),
        [
            (at("02 09:50"), "message", "reply"),
            (at("02 09:55"), "message", "customer"),
            (at("02 10:00"), "status", "waiting_customer"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 12:00"), "message", "reply"),
            (at("02 12:30"), "status", "resolved"),
            (at("02 13:00"), "status", "closed"),
        ],
        [
            Outcome("close", 1, "met", 3 * HOUR, paused=HOUR),
            Outcome("gap", 1, "met", 4200, paused=HOUR, due=at("02 16:00")),
            Outcome("reply", 1, "met", 3900, paused=HOUR),
            Outcome("respond", 1, "met", 3000),
            Outcome("team", 1, "met", 9000, paused=HOUR),
        ],
        targets=each(CUSTOMERS, pauses={"waiting_customer": True}),
        team="ours",
        also=[OLA | {"targets": each([TEAM], pauses={"waiting_customer": True})}],
    ),
    Case(
        "customers-clocks-are-owed-an-excluded-hour",
        "10:00 to 11:00 = 3600 s excluded: closing 09:00 to 15:00 = 21,600 - 3600 = 18,000 s, late at 14:00; exchange "
        "09:30 to 12:00 = 9000 - 3600 = 5400 s; response 10,800 - 3600 = 7200 s",
        at("02 09:00"),
        [
            (at("02 09:30"), "message", "customer"),
            (at("02 12:00"), "message", "reply"),
            (at("02 15:00"), "status", "closed"),
        ],
        [
            Outcome("close", 1, "breached", 5 * HOUR, excluded=HOUR, breached=at("02 14:00")),
            Outcome("reply", 1, "met", 5400, excluded=HOUR, due=at("02 14:30")),
            Outcome("respond", 1, "met", 2 * HOUR, excluded=HOUR, due=at("02 14:00")),
        ],
        targets=[CLOSE, REPLY, RESPOND],
        exclusions=[(at("02 10:00"), at("02 11:00"))],
    ),
    Case(
        "team-is-owed-an-excluded-hour",
        "its stay 09:00 to 14:00 less an excluded hour = 18,000 - 3600 s = 14,400 s: met at the last second",
        at("02 09:00"),
        [(at("02 14:00"), "team", "other")],
        [Outcome("team", 1, "met", 4 * HOUR, excluded=HOUR, due=at("02 14:00"))],
        targets=[TEAM],
        team="ours",
        policies=OLA,
        exclusions=[(at("02 10:00"), at("02 11:00"))],
    ),
    Case(
        "response-and-closing-cancelled",
        "09:00 to 11:00 = 7200 s, in no figure",
        at("02 09:00"),
        [(at("02 11:00"), "status", "cancelled")],
        [Outcome("close", 1, "cancelled", 2 * HOUR), Outcome("respond", 1, "cancelled", 2 * HOUR)],
        targets=[CLOSE, RESPOND],
    ),
    Case(
        "closing-cancelled-by-a-merge-after-the-resolution",
        "the resolution at 10:00 decides response and gap with 3600 s; closing was still to come: 09:00 to 12:00 = "
        "10,800 s, in no figure",
        at("02 09:00"),
        [(at("02 10:00"), "status", "resolved"), (at("02 12:00"), "status", "merged")],
        [
            Outcome("close", 1, "cancelled", 3 * HOUR, stopped=at("02 12:00")),
            Outcome("gap", 1, "met", HOUR),
            Outcome("respond", 1, "met", HOUR),
        ],
        targets=[CLOSE, GAP, RESPOND],
    ),
    Case(
        "merged-with-the-team-and-at-the-supplier",
        "09:00 to 11:00 = 7200 s without an update and with the team, 09:30 to 11:00 = 5400 s with the supplier",
        at("02 09:00"),
        [(at("02 09:30"), "status", "waiting_supplier"), (at("02 11:00"), "status", "merged")],
        [
            Outcome("gap", 1, "cancelled", 2 * HOUR),
            Outcome("supplier", 1, "cancelled", 5400),
            Outcome("team", 1, "cancelled", 2 * HOUR),
        ],
        targets=[GAP],
        team="ours",
        also=[OLA | {"targets": [TEAM]}, UC | {"services": ("ours",), "targets": [SUPPLIER]}],
    ),
    *(
        Case(
            f"{kind}-changes-for-all-clocks",
            "to 11:00 the first agreement's, superseded: 09:00 to 11:00 = 7200 s, exchange from 09:30 = 5400 s; then "
            "the second one's: closing to 14:00 = 10,800 s; gaps to 12:30 = 5400 s, and 1800 s; exchange, still "
            "unanswered, and response to 12:30 = 5400 s each",
            at("02 09:00"),
            [
                (at("02 09:30"), "message", "customer"),
                (at("02 11:00"), kind, "other"),
                (at("02 12:30"), "message", "reply"),
                (at("02 13:00"), "status", "resolved"),
                (at("02 14:00"), "status", "closed"),
            ],
            [
                Outcome("close", 1, "superseded", 2 * HOUR, stopped=at("02 11:00")),
                Outcome("close-second", 1, "met", 3 * HOUR, started=at("02 11:00")),
                Outcome("gap", 1, "superseded", 2 * HOUR, stopped=at("02 11:00")),
                Outcome("gap-second", 1, "met", 5400, started=at("02 11:00")),
                Outcome("reply", 1, "superseded", 5400, stopped=at("02 11:00")),
                Outcome("reply-second", 1, "met", 5400, started=at("02 11:00")),
                Outcome("respond", 1, "superseded", 2 * HOUR, stopped=at("02 11:00")),
                Outcome("respond-second", 1, "met", 5400, started=at("02 11:00")),
            ],
            targets=CUSTOMERS,
            policies=first,
            also=[second | {"targets": each(CUSTOMERS, "-second")}],
        )
        for kind, first, second in (
            ("service", {"services": ("ours",)}, {"services": ("other",)}),
            ("customer", {}, {"consumer": "other"}),
        )
    ),
    Case(
        "all-clocks-reopened",
        "closing 09:00 to 10:30 + 12:00 to 14:30 = 5400 + 9000 = 14,400 s; one gap over the resolution, 09:00 to "
        "10:00 + 12:00 to 13:00 = 7200 s, then 3600 s; exchanges 09:15 to 10:00 = 2700 s and 12:30 to 13:00 = 1800 "
        "s; the first response was the resolution, 3600 s, and is given once",
        at("02 09:00"),
        REOPENED,
        [Outcome("close", 1, "met", 4 * HOUR), Outcome("gap", 1, "met", 2 * HOUR), *REOPENED_EXCHANGES],
        targets=CUSTOMERS,
    ),
    Case(
        "all-clocks-reopened-by-new-cycles",
        "closing 09:00 to 10:30 = 5400 s, then 12:00 to 14:30 = 9000 s; gaps 3600 s, then 12:00 to 13:00 = 3600 s; "
        "exchanges of 2700 s and 1800 s, response 3600 s, as ever",
        at("02 09:00"),
        REOPENED,
        [
            Outcome("close", 1, "met", 5400),
            Outcome("close", 2, "met", 9000, started=at("02 12:00")),
            Outcome("gap", 1, "met", HOUR),
            Outcome("gap", 2, "met", HOUR, started=at("02 12:00")),
            *REOPENED_EXCHANGES,
        ],
        targets=CUSTOMERS,
        policies=NEW_CYCLE,
    ),
    Case(
        "all-clocks-with-reopenings-ignored",
        "closing 09:00 to 10:30 = 5400 s; gap 09:00 to 10:00 = 3600 s; exchanges of 2700 s and 1800 s, response 3600 s",
        at("02 09:00"),
        REOPENED,
        [
            Outcome("close", 1, "met", 5400, stopped=at("02 10:30")),
            Outcome("gap", 1, "met", HOUR, stopped=at("02 10:00")),
            *REOPENED_EXCHANGES,
        ],
        targets=CUSTOMERS,
        policies=IGNORE,
    ),
    Case(
        "reopened-with-the-team-by-a-new-cycle",
        "09:00 to 10:00 = 3600 s; within the window, but agreed otherwise, 12:00 to 14:00 = 7200 s from nothing",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 14:00"), "team", "other"),
        ],
        [Outcome("team", 1, "met", HOUR), Outcome("team", 2, "met", 2 * HOUR, started=at("02 12:00"))],
        targets=[TEAM],
        team="ours",
        policies=OLA | NEW_CYCLE,
    ),
]

GAP_CASES = [
    Case(
        "the-longest-gap-counts",
        "1 h to the first reply, 2 h to the second, half an hour to the end; the last would be due at 16:00; 10:00 "
        "to 12:00 = 7200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "reply"),
            (at("02 12:00"), "message", "reply"),
            (at("02 12:30"), "status", "resolved"),
        ],
        [Outcome("gap", 1, "met", 2 * HOUR, started=at("02 09:00"), due=at("02 16:00"))],
        targets=[GAP],
    ),
    Case(
        "the-first-gap-too-long-is-the-breach",
        "5 h, of which 4 h at 13:00; then 3 h + 3 h to Tuesday noon, which is the longest; 14:00 to 17:00 + 09:00 to "
        "12:00 = 21,600 s",
        at("02 09:00"),
        [
            (at("02 14:00"), "message", "reply"),
            (at("03 12:00"), "message", "reply"),
            (at("03 13:00"), "status", "resolved"),
        ],
        [Outcome("gap", 1, "breached", 6 * HOUR, due=at("02 13:00"), breached=at("02 13:00"))],
        targets=[GAP],
    ),
    Case(
        "of-equal-gaps-the-first",
        "1 h without a pause, then 2 h with one of 1 h: the first counts, and it has none; 09:00 to 10:00 = 3600 s; "
        "10:00 to 12:00 less 3600 s = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "reply"),
            (at("02 10:30"), "status", "waiting_customer"),
            (at("02 11:30"), "status", "in_progress"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("gap", 1, "met", HOUR, paused=0, due=at("02 15:00"))],
        targets=[replace(GAP, pauses={"waiting_customer": False})],
    ),
    Case(
        "pause-in-the-longest-gap",
        "10:00 to 14:00 less an hour's pause: 3 h; an hour would have been left at 14:00; 14,400 - 3600 = 10,800 s, "
        "3600 s paused",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "reply"),
            (at("02 11:00"), "status", "waiting_customer"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 14:00"), "status", "resolved"),
        ],
        [Outcome("gap", 1, "met", 3 * HOUR, paused=HOUR, due=at("02 15:00"))],
        targets=[replace(GAP, pauses={"waiting_customer": False})],
    ),
    Case(
        "exclusion-in-a-shorter-gap",
        "half an hour of the first gap is excluded; the longest is 10:00 to 14:00 and has nothing excluded; 4 x 3600 "
        "= 14,400 s",
        at("02 09:00"),
        [(at("02 10:00"), "message", "reply"), (at("02 14:00"), "status", "resolved")],
        [Outcome("gap", 1, "met", 4 * HOUR, excluded=0, due=at("02 14:00"))],
        targets=[GAP],
        exclusions=[(at("02 09:15"), at("02 09:45"))],
    ),
    Case(
        "exclusion-in-the-longest-gap",
        "of 10:00 to 15:00 an hour is excluded: 4 h, due at the end; 18,000 - 3600 s = 14,400 s",
        at("02 09:00"),
        [(at("02 10:00"), "message", "reply"), (at("02 15:00"), "status", "resolved")],
        [Outcome("gap", 1, "met", 4 * HOUR, excluded=HOUR, due=at("02 15:00"))],
        targets=[GAP],
        exclusions=[(at("02 11:00"), at("02 12:00"))],
    ),
    Case(
        "resolved-time-within-a-gap",
        "1 h before the resolution and 2 h after the reopening are one gap; the resolved time is on no clock; 09:00 "
        "to 10:00 + 12:00 to 14:00 = 3600 + 7200 = 10,800 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 14:00"), "status", "resolved"),
        ],
        [Outcome("gap", 1, "met", 3 * HOUR, due=at("02 15:00"))],
        targets=[GAP],
    ),
    Case(
        "reply-while-resolved",
        "1 h before it, 2 h after the reopening; 09:00 to 10:00 = 3600 s, 12:00 to 14:00 = 7200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "message", "reply"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 14:00"), "status", "resolved"),
        ],
        [Outcome("gap", 1, "met", 2 * HOUR, due=at("02 16:00"))],
        targets=[GAP],
    ),
    Case(
        "reply-with-the-resolution",
        "a gap that would begin at the stop is none: 09:00 to 12:00, due at 13:00; 3 x 3600 = 10,800 s",
        at("02 09:00"),
        [(at("02 12:00"), "message", "reply"), (at("02 12:00"), "status", "resolved")],
        [Outcome("gap", 1, "met", 3 * HOUR, due=at("02 13:00"))],
        targets=[GAP],
        named={"gap": [(None, 1)]},
    ),
    Case(
        "reply-at-as-of",
        "09:00 to 12:34:56 are 12,896 s; the reply of this very second makes the next one due after 4 h",
        at("20 09:00"),
        [(at("20 12:34:56"), "message", "reply")],
        [Outcome("gap", 1, "running", 12_896, due=at("20 16:34:56"))],
        targets=[GAP],
        named={"gap": [(None, 0)]},
    ),
    Case(
        "gap-used-up-at-closing-time",
        "13:00 to 17:00 is 4 h, and the reply comes as the next day opens; the last gap would be due on Tuesday "
        "13:00; 4 x 3600 = 14,400 s",
        at("02 13:00"),
        [(at("03 09:00"), "message", "reply"), (at("03 09:30"), "status", "resolved")],
        [Outcome("gap", 1, "met", 4 * HOUR, due=at("03 13:00"))],
        targets=[GAP],
    ),
    Case(
        "gap-a-second-too-long",
        "a second later it is breached: due with Monday's end, late with Tuesday's opening; 13:00 to 17:00 + "
        "09:00:00 to 09:00:01 = 14,401 s",
        at("02 13:00"),
        [(at("03 09:00:01"), "message", "reply"), (at("03 09:30"), "status", "resolved")],
        [Outcome("gap", 1, "breached", 4 * HOUR + 1, due=at("02 17:00"), breached=at("03 09:00"))],
        targets=[GAP],
    ),
    Case(
        "gaps-of-an-upgrade",
        "P3 has two gaps of 1 h; P1 begins with a gap at 11:00, 2.5 h to the reply; 09:00 to 10:00 = 3600 s, 11:00 "
        "to 13:30 = 9000 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "reply"),
            (at("02 11:00"), "priority", "P1"),
            (at("02 13:30"), "message", "reply"),
            (at("02 14:00"), "status", "resolved"),
        ],
        [
            Outcome("p1", 1, "met", 9000, started=at("02 11:00")),
            Outcome("p3", 1, "superseded", HOUR, stopped=at("02 11:00")),
        ],
        targets=by_priority("max_update_gap"),
        priority="P3",
        named={"p1": [(1, 2), (2, 3)], "p3": [(None, 0), (0, 1)]},
    ),
    Case(
        "gaps-of-a-new-cycle",
        "the first cycle has 1 h; the second begins with the reopening, whatever was said before it; 09:00 to 10:00 "
        "= 3600 s; 12:00 to 14:00 = 7200 s and 14:00 to 17:00 = 10,800 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "message", "reply"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 14:00"), "message", "reply"),
            (at("02 17:00"), "status", "resolved"),
        ],
        [Outcome("gap", 1, "met", HOUR), Outcome("gap", 2, "met", 3 * HOUR, started=at("02 12:00"))],
        targets=[GAP],
        policies=NEW_CYCLE,
    ),
    Case(
        "cancelled-within-a-gap",
        "2 h, then 1 h: cancelled with the longer; 09:00 to 11:00 = 7200 s",
        at("02 09:00"),
        [(at("02 11:00"), "message", "reply"), (at("02 12:00"), "status", "cancelled")],
        [Outcome("gap", 1, "cancelled", 2 * HOUR)],
        targets=[GAP],
    ),
    Case(
        "notes-and-questions-are-no-updates",
        "5 h without a word to the customer; 09:00 to 14:00 = 18,000 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "note"),
            (at("02 11:00"), "message", "customer"),
            (at("02 12:00"), "message", "machine"),
            (at("02 14:00"), "status", "resolved"),
        ],
        [Outcome("gap", 1, "breached", 5 * HOUR, due=at("02 13:00"), breached=at("02 13:00"))],
        targets=[GAP],
    ),
]

TEAM_CASES = [
    Case(
        "every-stay-is-a-cycle",
        "09:00 to 11:00, then 13:00 to 14:00, each from nothing; 7200 s and 3600 s",
        at("02 09:00"),
        [
            (at("02 11:00"), "team", "other"),
            (at("02 13:00"), "team", "ours"),
            (at("02 14:00"), "team", "other"),
            (at("02 15:00"), "status", "resolved"),
        ],
        [
            Outcome("team", 1, "met", 2 * HOUR, started=at("02 09:00"), stopped=at("02 11:00"), due=at("02 13:00")),
            Outcome("team", 2, "met", HOUR, started=at("02 13:00"), stopped=at("02 14:00")),
        ],
        targets=[TEAM],
        team="ours",
        policies=OLA,
        named={"team": [(None, 0), (1, 2)]},
    ),
    Case(
        "a-stay-ends-with-the-resolution",
        "assigned at 10:00, resolved at 12:00; that another team gets the resolved ticket matters nothing; 10:00 to "
        "12:00 = 7200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "team", "ours"),
            (at("02 12:00"), "status", "resolved"),
            (at("02 13:00"), "team", "other"),
        ],
        [Outcome("team", 1, "met", 2 * HOUR, started=at("02 10:00"), stopped=at("02 12:00"))],
        targets=[TEAM],
        policies=OLA,
    ),
    Case(
        "too-long-with-the-team",
        "4 h at 13:00; handed on after 5 h; 09:00 to 14:00 = 18,000 s",
        at("02 09:00"),
        [(at("02 14:00"), "team", "other")],
        [Outcome("team", 1, "breached", 5 * HOUR, due=at("02 13:00"), breached=at("02 13:00"))],
        targets=[TEAM],
        team="ours",
        policies=OLA,
    ),
    Case(
        "reopened-within-the-stay",
        "resumed: 1 h before the resolution, 2 h from the reopening to the next team; 09:00 to 10:00 + 12:00 to "
        "14:00 = 3600 + 7200 = 10,800 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 14:00"), "team", "other"),
        ],
        [Outcome("team", 1, "met", 3 * HOUR, stopped=at("02 14:00"), due=at("02 15:00"))],
        targets=[TEAM],
        team="ours",
        policies=OLA,
    ),
    Case(
        "reopened-within-the-stay-after-the-window",
        "a second cycle of the same stay; 09:00 to 10:00 = 3600 s, on the 10th 09:00 to 11:00 = 7200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("10 09:00"), "status", "in_progress"),
            (at("10 11:00"), "team", "other"),
        ],
        [Outcome("team", 1, "met", HOUR), Outcome("team", 2, "met", 2 * HOUR, started=at("10 09:00"))],
        targets=[TEAM],
        team="ours",
        policies=OLA,
    ),
    Case(
        "two-stays-never-join",
        "it comes back while resolved and is reopened within the window: a stay of its own, 13:00 to 15:00; 09:00 to "
        "10:00 = 3600 s; 7200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "team", "other"),
            (at("02 12:00"), "team", "ours"),
            (at("02 13:00"), "status", "in_progress"),
            (at("02 15:00"), "status", "resolved"),
        ],
        [Outcome("team", 1, "met", HOUR), Outcome("team", 2, "met", 2 * HOUR, started=at("02 13:00"))],
        targets=[TEAM],
        team="ours",
        policies=OLA,
    ),
    Case(
        "assigned-while-resolved-and-handed-on",
        "it was never there while the ticket was open",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "team", "ours"),
            (at("02 12:00"), "team", "other"),
            (at("02 13:00"), "status", "in_progress"),
        ],
        [],
        targets=[TEAM],
        policies=OLA,
    ),
    Case(
        "assigned-while-resolved-though-reopenings-are-ignored",
        "the policy says what becomes of a clock that stopped; here none had run, and 12:00 to 13:00 is the team's; "
        "3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "team", "ours"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 13:00"), "status", "resolved"),
        ],
        [Outcome("team", 1, "met", HOUR, started=at("02 12:00"))],
        targets=[TEAM],
        policies=OLA | IGNORE,
    ),
    Case(
        "assigned-again-to-the-same-team",
        "changes nothing: 09:00 to 11:00; 7200 s",
        at("02 09:00"),
        [(at("02 10:00"), "team", "ours"), (at("02 11:00"), "team", "other")],
        [Outcome("team", 1, "met", 2 * HOUR)],
        targets=[TEAM],
        team="ours",
        policies=OLA,
    ),
    Case(
        "handed-on-within-the-second",
        "of several teams within one second the last holds: no stay",
        at("02 09:00"),
        [(at("02 10:00"), "team", "ours"), (at("02 10:00"), "team", "other")],
        [],
        targets=[TEAM],
        policies=OLA,
    ),
    Case(
        "back-within-the-second",
        "nor does it leave: one stay of 3 h; 09:00 to 12:00 = 10,800 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "team", "other"),
            (at("02 10:00"), "team", "ours"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("team", 1, "met", 3 * HOUR)],
        targets=[TEAM],
        team="ours",
        policies=OLA,
    ),
    Case(
        "handed-on-with-the-opening",
        "the team of the opening held it for no second",
        at("02 09:00"),
        [(at("02 09:00"), "team", "other")],
        [],
        targets=[TEAM],
        team="ours",
        policies=OLA,
    ),
    Case(
        "reopened-and-handed-on-within-the-second",
        "one update of the desk after the window; that it did so is no cycle of its own; 09:00 to 10:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("10 09:00"), "status", "in_progress"),
            (at("10 09:00"), "status", "on_hold"),
            (at("10 09:00"), "team", "other"),
        ],
        [Outcome("team", 1, "met", HOUR, stopped=at("02 10:00"))],
        targets=[TEAM],
        team="ours",
        policies=OLA,
    ),
    Case(
        "reopened-and-handed-on-within-the-window",
        "nor does it resume the first team's clock; 09:00 to 10:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 12:00"), "team", "other"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 12:00"), "status", "on_hold"),
        ],
        [Outcome("team", 1, "met", HOUR, stopped=at("02 10:00"))],
        targets=[TEAM],
        team="ours",
        policies=OLA,
    ),
    Case(
        "resolved-within-the-second-of-the-assignment",
        "the team comes to a resolved ticket: its stay begins with the reopening at 12:00; 12:00 to 13:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "team", "ours"),
            (at("02 10:00"), "status", "resolved"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 13:00"), "team", "other"),
        ],
        [Outcome("team", 1, "met", HOUR, started=at("02 12:00"))],
        targets=[TEAM],
        policies=OLA,
        named={"team": [(2, 3)]},
    ),
    Case(
        "resolved-and-reopened-with-the-opening",
        "the stay begins when all else of that second has happened, with an open ticket; 09:00 to 11:00 = 7200 s",
        at("02 09:00"),
        [
            (at("02 09:00"), "status", "resolved"),
            (at("02 09:00"), "status", "in_progress"),
            (at("02 11:00"), "team", "other"),
        ],
        [Outcome("team", 1, "met", 2 * HOUR, started=at("02 09:00"), stopped=at("02 11:00"))],
        targets=[TEAM],
        team="ours",
        policies=OLA | IGNORE,
        named={"team": [(None, 2)]},
    ),
    Case(
        "cancelled-within-the-stay",
        "2 h, in no figure; 09:00 to 11:00 = 7200 s",
        at("02 09:00"),
        [(at("02 11:00"), "status", "cancelled")],
        [Outcome("team", 1, "cancelled", 2 * HOUR)],
        targets=[TEAM],
        team="ours",
        policies=OLA,
    ),
    Case(
        "cancelled-after-the-stay",
        "handed on at 11:00 with 2 h, and that stays met; 09:00 to 11:00 = 7200 s",
        at("02 09:00"),
        [(at("02 11:00"), "team", "other"), (at("02 12:00"), "status", "cancelled")],
        [Outcome("team", 1, "met", 2 * HOUR)],
        targets=[TEAM],
        team="ours",
        policies=OLA,
    ),
    Case(
        "priority-at-the-start-of-the-stay",
        "P3 when it arrives at 11:00; the upgrade at 12:00 starts P1 with nothing; 11:00 to 12:00 = 3600 s, 12:00 to "
        "14:00 = 7200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "priority", "P3"),
            (at("02 11:00"), "team", "ours"),
            (at("02 12:00"), "priority", "P1"),
            (at("02 14:00"), "team", "other"),
        ],
        [
            Outcome("p1", 1, "met", 2 * HOUR, started=at("02 12:00"), stopped=at("02 14:00")),
            Outcome("p3", 1, "superseded", HOUR, started=at("02 11:00")),
        ],
        targets=by_priority("time_in_team"),
        priority="P1",
        policies=OLA,
    ),
    Case(
        "to-a-service-the-team-has-not-agreed-to",
        "superseded after an hour; with its own service back it starts anew; 09:00 to 10:00 and 12:00 to 13:00 = "
        "3600 s each",
        at("02 09:00"),
        [
            (at("02 10:00"), "service", "other"),
            (at("02 12:00"), "service", "ours"),
            (at("02 13:00"), "status", "resolved"),
        ],
        [Outcome("team", 1, "superseded", HOUR), Outcome("team", 2, "met", HOUR, started=at("02 12:00"))],
        targets=[TEAM],
        team="ours",
        policies=OLA | {"services": ("ours",)},
    ),
    Case(
        "the-team-works-for-any-customer",
        "that the ticket becomes another customer's changes nothing: 2 h; 09:00 to 11:00 = 7200 s",
        at("02 09:00"),
        [(at("02 10:00"), "customer", "other"), (at("02 11:00"), "team", "other")],
        [Outcome("team", 1, "met", 2 * HOUR)],
        targets=[TEAM],
        team="ours",
        policies=OLA,
    ),
    Case(
        "team-agreement-on-the-service-beats-the-one-on-all",
        "one team, two agreements: the one that names the service measures; 09:00 to 10:00 = 3600 s",
        at("02 09:00"),
        [(at("02 10:00"), "team", "other")],
        [Outcome("listed", 1, "met", HOUR)],
        targets=[TEAM],
        team="ours",
        policies=OLA,
        also=[{"services": ("ours",), "targets": [replace(TEAM, id="listed")]}],
    ),
    Case(
        "customer-and-team-each-with-a-clock",
        "the customer's clock starts at 09:00, the team's at 11:00; both stop at 12:00; 09:00 to 12:00 = 10,800 s, "
        "11:00 to 12:00 = 3600 s",
        at("02 09:00"),
        [(at("02 11:00"), "team", "ours"), (at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 3 * HOUR), Outcome("team", 1, "met", HOUR)],
        also=[OLA | {"targets": [TEAM]}],
    ),
]

SUPPLIER_CASES = [
    Case(
        "waits-for-the-supplier-add-up",
        "10:00 to 11:00 and 13:00 to 15:00 on the clock, the work between them a pause; an hour was left at 15:00; "
        "3600 + 7200 = 10,800 s; 11:00 to 13:00 = 7200 s paused",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "waiting_supplier"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 13:00"), "status", "waiting_supplier"),
            (at("02 15:00"), "status", "resolved"),
        ],
        [Outcome("supplier", 1, "met", 3 * HOUR, paused=2 * HOUR, started=at("02 10:00"), due=at("02 16:00"))],
        targets=[SUPPLIER],
        policies=UC,
    ),
    Case(
        "never-with-the-supplier",
        "nothing to measure",
        at("02 09:00"),
        [(at("02 10:00"), "status", "waiting_customer"), (at("02 12:00"), "status", "resolved")],
        [],
        targets=[SUPPLIER],
        policies=UC,
    ),
    Case(
        "too-long-with-the-supplier",
        "4 h at 14:00; back after 5 h, and the last hour is a pause; 10:00 to 15:00 = 18,000 s; 15:00 to 16:00 = "
        "3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "waiting_supplier"),
            (at("02 15:00"), "status", "in_progress"),
            (at("02 16:00"), "status", "resolved"),
        ],
        [Outcome("supplier", 1, "breached", 5 * HOUR, paused=HOUR, due=at("02 14:00"), breached=at("02 14:00"))],
        targets=[SUPPLIER],
        policies=UC,
    ),
    Case(
        "with-the-supplier-from-the-opening-on",
        "the first event comes with the opening: 09:00 to 11:00; 7200 s",
        at("02 09:00"),
        [(at("02 09:00"), "status", "waiting_supplier"), (at("02 11:00"), "status", "closed")],
        [Outcome("supplier", 1, "met", 2 * HOUR, started=at("02 09:00"))],
        targets=[SUPPLIER],
        policies=UC,
        named={"supplier": [(0, 1)]},
    ),
    Case(
        "back-from-the-supplier-at-as-of",
        "1 h with the supplier; 11:00 to 12:34:56 are 5696 s of pause, and nothing is due while it lasts; 10:00 to "
        "11:00 = 3600 s on the clock",
        at("20 09:00"),
        [(at("20 10:00"), "status", "waiting_supplier"), (at("20 11:00"), "status", "in_progress")],
        [Outcome("supplier", 1, "paused", HOUR, paused=5696, due=NEVER, stopped=NEVER)],
        targets=[SUPPLIER],
        policies=UC,
    ),
    Case(
        "reopened-and-back-to-the-supplier",
        "half an hour, resolved, reopened at 12:00 into work (an hour's pause), an hour with the supplier; 09:30 to "
        "10:00 + 13:00 to 14:00 = 1800 + 3600 = 5400 s; 12:00 to 13:00 = 3600 s paused",
        at("02 09:00"),
        [
            (at("02 09:30"), "status", "waiting_supplier"),
            (at("02 10:00"), "status", "resolved"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 13:00"), "status", "waiting_supplier"),
            (at("02 14:00"), "status", "resolved"),
        ],
        [Outcome("supplier", 1, "met", HOUR + HOUR // 2, paused=HOUR)],
        targets=[SUPPLIER],
        policies=UC,
    ),
    Case(
        "back-to-the-supplier-after-the-window",
        "a new cycle, which starts with its own first wait, not with the reopening; 10:00 to 11:00, and on the 10th "
        "11:00 to 12:00 = 3600 s each",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "waiting_supplier"),
            (at("02 11:00"), "status", "resolved"),
            (at("10 10:00"), "status", "in_progress"),
            (at("10 11:00"), "status", "waiting_supplier"),
            (at("10 12:00"), "status", "resolved"),
        ],
        [Outcome("supplier", 1, "met", HOUR), Outcome("supplier", 2, "met", HOUR, started=at("10 11:00"))],
        targets=[SUPPLIER],
        policies=UC,
    ),
    Case(
        "reopened-into-the-wait-for-the-supplier",
        "the reopening is the first wait of the new cycle; 09:30 to 10:00 = 1800 s, 12:00 to 13:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 09:30"), "status", "waiting_supplier"),
            (at("02 10:00"), "status", "resolved"),
            (at("02 12:00"), "status", "waiting_supplier"),
            (at("02 13:00"), "status", "resolved"),
        ],
        [Outcome("supplier", 1, "met", HOUR // 2), Outcome("supplier", 2, "met", HOUR, started=at("02 12:00"))],
        targets=[SUPPLIER],
        policies=UC | NEW_CYCLE,
    ),
    Case(
        "first-wait-after-the-reopening",
        "the cycle has gone on since the opening; its first wait is at 12:00; 12:00 to 13:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 12:00"), "status", "waiting_supplier"),
            (at("02 13:00"), "status", "resolved"),
        ],
        [Outcome("supplier", 1, "met", HOUR, started=at("02 12:00"))],
        targets=[SUPPLIER],
        policies=UC,
    ),
    Case(
        "first-wait-after-an-ignored-reopening",
        "the only cycle ended with the resolution, without a wait",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 12:00"), "status", "waiting_supplier"),
        ],
        [],
        targets=[SUPPLIER],
        policies=UC | IGNORE,
    ),
    Case(
        "supplier-of-a-service-that-it-comes-to-after-an-ignored-reopening",
        "the second contract ignores reopenings of its own clocks and had none: 12:00 to 13:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "status", "waiting_supplier"),
            (at("02 12:00"), "service", "other"),
            (at("02 13:00"), "status", "resolved"),
        ],
        [Outcome("second", 1, "met", HOUR, started=at("02 12:00"))],
        targets=[SUPPLIER],
        policies=UC | IGNORE,
        also=[{"services": ("other",), "targets": [replace(SUPPLIER, id="second")]}],
    ),
    Case(
        "upgraded-between-two-waits",
        "P3 has half an hour and an hour's pause; P1 starts at 11:00 in a pause and runs from 12:00; P3 09:30 to "
        "10:00 = 1800 s and 10:00 to 11:00 = 3600 s paused; P1 11:00 to 12:00 = 3600 s paused and 12:00 to 13:00 = "
        "3600 s",
        at("02 09:00"),
        [
            (at("02 09:30"), "status", "waiting_supplier"),
            (at("02 10:00"), "status", "in_progress"),
            (at("02 11:00"), "priority", "P1"),
            (at("02 12:00"), "status", "waiting_supplier"),
            (at("02 13:00"), "status", "resolved"),
        ],
        [
            Outcome("p1", 1, "met", HOUR, paused=HOUR, started=at("02 11:00")),
            Outcome("p3", 1, "superseded", HOUR // 2, paused=HOUR, started=at("02 09:30")),
        ],
        targets=by_priority("time_with_supplier"),
        priority="P3",
        policies=UC,
        named={"p1": [(2, 3), (3, 4)], "p3": [(0, 1), (1, 2)]},
    ),
    Case(
        "upgraded-before-the-first-wait",
        "P1 when the clock starts at 11:00; 11:00 to 12:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "priority", "P1"),
            (at("02 11:00"), "status", "waiting_supplier"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("p1", 1, "met", HOUR, started=at("02 11:00"))],
        targets=by_priority("time_with_supplier"),
        priority="P3",
        policies=UC,
    ),
    Case(
        "no-second-with-the-supplier",
        "waiting and closed within one second: no wait",
        at("02 09:00"),
        [(at("02 10:00"), "status", "waiting_supplier"), (at("02 10:00"), "status", "closed")],
        [],
        targets=[SUPPLIER],
        policies=UC,
    ),
    Case(
        "service-changes-during-the-wait",
        "the second supplier's clock starts at the change, at 10:00; 09:30 to 10:00 = 1800 s, 10:00 to 12:00 = 7200 s",
        at("02 09:00"),
        [
            (at("02 09:30"), "status", "waiting_supplier"),
            (at("02 10:00"), "service", "other"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [
            Outcome("second", 1, "met", 2 * HOUR, started=at("02 10:00")),
            Outcome("supplier", 1, "superseded", HOUR // 2, started=at("02 09:30")),
        ],
        targets=[SUPPLIER],
        policies=UC,
        also=[{"services": ("other",), "targets": [replace(SUPPLIER, id="second")]}],
    ),
    Case(
        "supplier-of-another-service-has-not-waited-for",
        "the second supplier's clock starts with the first wait after the change, at 12:00; 12:00 to 13:00 = 3600 s; "
        "the first 09:30 to 10:00 = 1800 s and 10:00 to 11:00 = 3600 s paused",
        at("02 09:00"),
        [
            (at("02 09:30"), "status", "waiting_supplier"),
            (at("02 10:00"), "status", "in_progress"),
            (at("02 11:00"), "service", "other"),
            (at("02 12:00"), "status", "waiting_supplier"),
            (at("02 13:00"), "status", "resolved"),
        ],
        [
            Outcome("second", 1, "met", HOUR, started=at("02 12:00")),
            Outcome("supplier", 1, "superseded", HOUR // 2, paused=HOUR, started=at("02 09:30")),
        ],
        targets=[SUPPLIER],
        policies=UC,
        also=[{"services": ("other",), "targets": [replace(SUPPLIER, id="second")]}],
    ),
    Case(
        "cancelled-at-the-supplier",
        "an hour, in no figure; 10:00 to 11:00 = 3600 s",
        at("02 09:00"),
        [(at("02 10:00"), "status", "waiting_supplier"), (at("02 11:00"), "status", "cancelled")],
        [Outcome("supplier", 1, "cancelled", HOUR)],
        targets=[SUPPLIER],
        policies=UC,
    ),
    Case(
        "supplier-is-owed-an-excluded-hour",
        "of 10:00 to 15:00 an hour is excluded: 4 h, met; 18,000 - 3600 s = 14,400 s",
        at("02 09:00"),
        [(at("02 10:00"), "status", "waiting_supplier"), (at("02 15:00"), "status", "resolved")],
        [Outcome("supplier", 1, "met", 4 * HOUR, excluded=HOUR, due=at("02 15:00"))],
        targets=[SUPPLIER],
        policies=UC,
        exclusions=[(at("02 11:00"), at("02 12:00"))],
    ),
]

MISTAKEN = [
    (at("02 10:00"), "status", "resolved"),
    (at("02 11:00"), "status", "cancelled"),
    (at("02 13:00"), "status", "in_progress"),
    (at("02 15:00"), "status", "resolved"),
]
UNDONE_CASES = [
    Case(
        "question-open-when-cancelled-by-mistake",
        "asked 10:00, cancelled 11:00, undone 13:00, answered 15:00: 1 h + 2 h = 3 h; 10,800 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "customer"),
            (at("02 11:00"), "status", "cancelled"),
            (at("02 13:00"), "status", "in_progress"),
            (at("02 15:00"), "message", "reply"),
        ],
        [Outcome("reply", 1, "met", 3 * HOUR, started=at("02 10:00"), stopped=at("02 15:00"))],
        targets=[REPLY],
    ),
    Case(
        "question-overdue-when-merged-by-mistake",
        "asked 09:00, 4 h used up at 13:00, merged 14:00, undone 15:00, answered 16:00: 5 h + 1 h = 6 h; 21,600 s",
        at("02 09:00"),
        [
            (at("02 09:00"), "message", "customer"),
            (at("02 14:00"), "status", "merged"),
            (at("02 15:00"), "status", "in_progress"),
            (at("02 16:00"), "message", "reply"),
        ],
        [Outcome("reply", 1, "breached", 6 * HOUR, stopped=at("02 16:00"), breached=at("02 13:00"))],
        targets=[REPLY],
    ),
    Case(
        "question-answered-while-cancelled-by-mistake",
        "asked 10:00, cancelled 11:00, answered 12:00, undone 13:00: 1 h, and nothing is left to answer; 3,600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "customer"),
            (at("02 11:00"), "status", "cancelled"),
            (at("02 12:00"), "message", "reply"),
            (at("02 13:00"), "status", "in_progress"),
            (at("02 15:00"), "status", "resolved"),
        ],
        [Outcome("reply", 1, "met", HOUR, stopped=at("02 12:00"))],
        targets=[REPLY],
    ),
    Case(
        "asked-again-while-cancelled-by-mistake",
        "asked 10:00, again 12:00 while cancelled from 11:00 to 13:00, resolved 14:00: one exchange of 1 h + "
        "1 h = 2 h; 7,200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "customer"),
            (at("02 11:00"), "status", "cancelled"),
            (at("02 12:00"), "message", "customer"),
            (at("02 13:00"), "status", "in_progress"),
            (at("02 14:00"), "status", "resolved"),
            (at("02 15:00"), "status", "in_progress"),
        ],
        [Outcome("reply", 1, "met", 2 * HOUR, started=at("02 10:00"), stopped=at("02 14:00"))],
        targets=[REPLY],
    ),
    Case(
        "cancelled-by-mistake-after-it-was-resolved",
        "09:00 to 10:00, and 13:00 to 15:00 once it is taken up again within the window: 1 h + 2 h = 3 h; 10,800 s",
        at("02 09:00"),
        MISTAKEN,
        [Outcome("resolve", 1, "met", 3 * HOUR, stopped=at("02 15:00"))],
    ),
    Case(
        "cancelled-by-mistake-after-it-was-resolved-with-new-cycles",
        "the resolution of 10:00 stands with 1 h; 13:00 to 15:00 is a cycle of its own, 2 h; 3,600 s, 7,200 s",
        at("02 09:00"),
        MISTAKEN,
        [
            Outcome("resolve", 1, "met", HOUR, stopped=at("02 10:00")),
            Outcome("resolve", 2, "met", 2 * HOUR, started=at("02 13:00")),
        ],
        policies=NEW_CYCLE,
    ),
    Case(
        "cancelled-by-mistake-after-it-was-resolved-for-good",
        "the resolution of 10:00 stands with 1 h, and reopenings are ignored; 3,600 s",
        at("02 09:00"),
        MISTAKEN,
        [Outcome("resolve", 1, "met", HOUR, stopped=at("02 10:00"))],
        policies=IGNORE,
    ),
    Case(
        "cancelled-by-mistake-and-taken-up-after-the-window",
        "resolved on the 2nd with 1 h; the fifth working day after it is the 9th, on the 16th it is a new "
        "cycle, 1 h; 3,600 s",
        at("02 09:00"),
        [*MISTAKEN[:2], (at("16 09:00"), "status", "in_progress"), (at("16 10:00"), "status", "resolved")],
        [
            Outcome("resolve", 1, "met", HOUR, stopped=at("02 10:00")),
            Outcome("resolve", 2, "met", HOUR, started=at("16 09:00")),
        ],
    ),
    Case(
        "unclosed-when-cancelled-by-mistake",
        "resolving stops nothing: 09:00 to 11:00, and 13:00 to the closing at 15:00: 2 h + 2 h = 4 h, just "
        "within; 14,400 s",
        at("02 09:00"),
        [*MISTAKEN[:3], (at("02 15:00"), "status", "closed")],
        [Outcome("close", 1, "met", 4 * HOUR, stopped=at("02 15:00"))],
        targets=[CLOSE],
        policies=NEW_CYCLE,
    ),
    Case(
        "closed-after-it-was-cancelled",
        "cancelled after 2 h; that it was closed an hour later is tidying up; 7,200 s",
        at("02 09:00"),
        [(at("02 11:00"), "status", "cancelled"), (at("02 12:00"), "status", "closed")],
        [
            Outcome("close", 1, "cancelled", 2 * HOUR, stopped=at("02 11:00")),
            Outcome("respond", 1, "cancelled", 2 * HOUR, stopped=at("02 11:00")),
        ],
        targets=[CLOSE, RESPOND],
        policies={"no_reply": "breach"},
    ),
    Case(
        "resolved-after-it-was-cancelled-by-mistake",
        "cancelled after 2 h, then called resolved, taken up 13:00, resolved 14:00: 2 h + 1 h = 3 h in one "
        "cycle; 10,800 s",
        at("02 09:00"),
        [
            (at("02 11:00"), "status", "cancelled"),
            (at("02 12:00"), "status", "resolved"),
            (at("02 13:00"), "status", "in_progress"),
            (at("02 14:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 3 * HOUR, stopped=at("02 14:00"))],
        policies=NEW_CYCLE,
    ),
    Case(
        "unanswered-when-cancelled-by-mistake-after-it-was-resolved",
        "the resolution of 10:00 was the answer: 1 h; the words of 14:00 come too late to be the first; 3,600 s",
        at("02 09:00"),
        [*MISTAKEN[:3], (at("02 14:00"), "message", "reply")],
        [Outcome("respond", 1, "met", HOUR, stopped=at("02 10:00"))],
        targets=[RESPOND],
    ),
]

ONE_SECOND_CASES = [
    Case(
        "answered-before-it-was-assigned",
        "answered 10:00, assigned 11:00: when the clock would start, nothing is left to promise",
        at("02 09:00"),
        [
            (at("02 10:00"), "message", "reply"),
            (at("02 11:00"), "team", "ours"),
            (at("02 14:00"), "message", "reply"),
        ],
        [],
        targets=[replace(RESPOND, start="ticket.assigned")],
    ),
    Case(
        "answered-in-the-second-of-its-assignment",
        "the clock starts first: 0 s",
        at("02 09:00"),
        [(at("02 10:00"), "message", "reply"), (at("02 10:00"), "team", "ours")],
        [Outcome("respond", 1, "met", 0, started=at("02 10:00"), stopped=at("02 10:00"))],
        targets=[replace(RESPOND, start="ticket.assigned")],
    ),
    Case(
        "up-and-down-within-the-second",
        "P1 and back to P3 at 10:00:00: of several values of one second the last one holds; 09:00 to 12:00: "
        "3 h; 10,800 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "priority", "P1"),
            (at("02 10:00"), "priority", "P3"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("p3", 1, "met", 3 * HOUR)],
        targets=BY_PRIORITY,
        priority="P3",
    ),
    Case(
        "reopened-and-resolved-within-the-second",
        "after the window, at 09:00:00 of the 16th: a cycle that ends as it begins is none; the first keeps "
        "its 1 h; 3,600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("16 09:00"), "status", "in_progress"),
            (at("16 09:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", HOUR, stopped=at("02 10:00"))],
    ),
    Case(
        "target-found-while-resolved",
        "P4 has no target; made P1 at 11:00 while resolved, reopened 12:00, resolved 14:00: 2 h, none of the "
        "gap; 7,200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "priority", "P1"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 14:00"), "status", "resolved"),
        ],
        [Outcome("p1", 1, "met", 2 * HOUR, started=at("02 11:00"))],
        targets=[target("p1", 4, "P1")],
        priority="P4",
    ),
]

# Several events of one second, of which one is the cause.
NAMED_CASES = [
    Case(
        "set-to-work-with-the-opening",
        "the opening starts the clock; that work begins in that second does nothing to it; 3,600 s",
        at("02 09:00"),
        [(at("02 09:00"), "status", "in_progress"), (at("02 10:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", HOUR)],
        named={"resolve": [(None, 1)]},
    ),
    Case(
        "set-to-wait-with-the-opening",
        "the wait of that second has the clock stand still from the first; 7,200 s, paused 3,600 s",
        at("02 09:00"),
        [
            (at("02 09:00"), "status", "waiting_customer"),
            (at("02 10:00"), "status", "in_progress"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 2 * HOUR, paused=HOUR)],
        targets=[PAUSING],
        named={"resolve": [(0, 1), (1, 2)]},
    ),
    Case(
        "set-to-wait-and-to-hold-in-one-second",
        "the status that holds is the one of the pause, on both sides of its first second; 7,200 s, paused 3,600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "on_hold"),
            (at("02 10:00"), "status", "waiting_customer"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 2 * HOUR, paused=HOUR)],
        targets=[PAUSING],
        named={"resolve": [(None, 1), (1, 2), (2, 3)]},
    ),
    Case(
        "set-to-wait-resolved-and-closed-in-one-second",
        "the resolution stops the clock, neither the wait before nor the closing after it; 7,200 s",
        at("02 09:00"),
        [
            (at("02 11:00"), "status", "waiting_customer"),
            (at("02 11:00"), "status", "resolved"),
            (at("02 11:00"), "status", "closed"),
        ],
        [Outcome("close", 1, "met", 2 * HOUR), Outcome("resolve", 1, "met", 2 * HOUR)],
        targets=[PAUSING, CLOSE],
        named={"close": [(None, 2)], "resolve": [(None, 1)]},
    ),
    Case(
        "answered-and-resolved-in-one-second",
        "the reply is what the first response waits for, the resolution what the solution does; 7,200 s",
        at("02 09:00"),
        [(at("02 11:00"), "status", "resolved"), (at("02 11:00"), "message", "reply")],
        [Outcome("resolve", 1, "met", 2 * HOUR), Outcome("respond", 1, "met", 2 * HOUR)],
        targets=[target(), RESPOND],
        named={"resolve": [(None, 0)], "respond": [(None, 1)]},
    ),
    Case(
        "upgraded-set-to-wait-and-given-its-values-again",
        "the upgrade ends one clock and starts the other; that the service stays what it was is no change; "
        "3,600 s, paused 3,600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "service", "ours"),
            (at("02 10:00"), "priority", "P1"),
            (at("02 10:00"), "priority", "P1"),
            (at("02 10:00"), "status", "waiting_customer"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [
            Outcome("p1", 1, "met", HOUR, paused=HOUR, started=at("02 10:00")),
            Outcome("p3", 1, "superseded", HOUR),
        ],
        targets=[replace(found, pauses={"waiting_customer": False}) for found in BY_PRIORITY],
        priority="P3",
        named={"p1": [(1, 4), (4, 5)], "p3": [(None, 1)]},
    ),
    Case(
        "handed-back-by-way-of-another-team-in-one-second",
        "the stay goes on: its last second, at 12:00, is the first at which another team holds the ticket; 10,800 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "team", "other"),
            (at("02 10:00"), "team", "ours"),
            (at("02 12:00"), "team", "ours"),
            (at("02 12:00"), "team", "other"),
        ],
        [Outcome("team", 1, "met", 3 * HOUR)],
        targets=[TEAM],
        team="ours",
        policies=OLA,
        named={"team": [(None, 3)]},
    ),
]

NOT_TAKEN_UP_CASES = [
    Case(
        "question-on-a-ticket-that-is-taken-up-and-cancelled-within-the-second",
        "asked while it was merged, and never open again: no exchange; no clock of 0 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "merged"),
            (at("02 10:30"), "message", "customer"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 11:00"), "status", "cancelled"),
        ],
        [],
        targets=[REPLY],
    ),
    Case(
        "question-on-a-ticket-that-is-taken-up-in-vain-and-then-for-good",
        "asked 10:30 while it was resolved; open for no second at 11:00, but from 12:00 on, answered 13:00; 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 10:30"), "message", "customer"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 11:00"), "status", "resolved"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 13:00"), "message", "reply"),
        ],
        [Outcome("reply", 1, "met", HOUR, started=at("02 12:00"), stopped=at("02 13:00"))],
        targets=[REPLY],
    ),
    Case(
        "stay-of-a-team-that-is-taken-up-for-no-second",
        "given to the team as it was resolved; reopened and resolved within one second: no stay of 0 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "team", "ours"),
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "status", "waiting_customer"),
            (at("02 11:00"), "status", "resolved"),
        ],
        [],
        targets=[TEAM],
        policies=OLA,
    ),
    Case(
        "stay-of-a-team-that-is-handed-on-as-the-ticket-is-taken-up-and-merged",
        "solved 10:00; in the second of 11:00 taken up, handed on and merged: one stay, 09:00 to 10:00 = 3600 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "resolved"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 11:00"), "team", "other"),
            (at("02 11:00"), "status", "merged"),
        ],
        [Outcome("team", 1, "met", HOUR, started=at("02 09:00"), stopped=at("02 10:00"))],
        targets=[TEAM],
        team="ours",
        policies=OLA,
    ),
    Case(
        "wait-before-a-reopening-that-no-target-knew-of",
        "it waited for the supplier as P2, which the contract does not know; reopened after the window, it is P3 and "
        "with us: no clock of 0 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "waiting_supplier"),
            (at("02 11:00"), "status", "closed"),
            (at("16 09:00"), "status", "in_progress"),
            (at("16 10:00"), "priority", "P3"),
            (at("16 11:00"), "status", "resolved"),
        ],
        [],
        targets=[replace(SUPPLIER, id="p3", priorities=frozenset({"P3"}))],
        policies=UC,
    ),
    Case(
        "assigned-closed-and-reopened-within-the-second",
        "0 s from the assignment to the closing, all in the second of 10:00; the cycle of the reopening: 10:00 to "
        "12:00 = 7200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "team", "ours"),
            (at("02 10:00"), "status", "closed"),
            (at("02 10:00"), "status", "in_progress"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 0), Outcome("resolve", 2, "met", 2 * HOUR, started=at("02 10:00"))],
        targets=[target(**ASSIGNED)],
        policies=NEW_CYCLE,
        named={"resolve": [(2, 3)]},
    ),
    Case(
        "resolved-and-taken-up-in-the-second-of-the-opening",
        "it was never resolved: one cycle, 09:00 to 11:00 = 7200 s, though a reopening begins a new one by policy",
        at("02 09:00"),
        [
            (at("02 09:00"), "status", "resolved"),
            (at("02 09:00"), "status", "in_progress"),
            (at("02 11:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 2 * HOUR, started=at("02 09:00"))],
        policies=NEW_CYCLE,
    ),
    Case(
        "wait-without-a-target-before-a-reopening-within-the-window",
        "P3 at first, for which nothing waited; it waited as P2, which the contract does not know, and goes on "
        "within P3's window: P3 again at 11:00, it waits 11:30 to 12:00 = 1800 s, and stood with us from 11:00 to "
        "11:30 = 1800 s",
        at("02 09:00"),
        [
            (at("02 09:30"), "priority", "P2"),
            (at("02 09:40"), "status", "waiting_supplier"),
            (at("02 10:00"), "status", "resolved"),
            (at("02 10:30"), "status", "in_progress"),
            (at("02 11:00"), "priority", "P3"),
            (at("02 11:30"), "status", "waiting_supplier"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("p3", 1, "met", 1800, 1800, started=at("02 11:00"))],
        targets=[replace(SUPPLIER, id="p3", priorities=frozenset({"P3"}))],
        priority="P3",
        policies={**UC, **BY_EVENT_TIME},
    ),
    Case(
        "merged-closed-cancelled-and-taken-up",
        "one mistake, whatever it was called meanwhile: 09:00 to 10:00 and 12:00 to 13:00; 3600 + 3600 = 7200 s",
        at("02 09:00"),
        [
            (at("02 10:00"), "status", "merged"),
            (at("02 10:30"), "status", "closed"),
            (at("02 11:00"), "status", "cancelled"),
            (at("02 12:00"), "status", "in_progress"),
            (at("02 13:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 2 * HOUR, started=at("02 09:00"), stopped=at("02 13:00"))],
    ),
]

MERGE_CASES = [
    Case(
        "older-duplicate-brings-its-opening",
        "the customer waits since 09:00: answered 10:30, solved 12:00, closed 13:00; 09:00 to 10:30 = 5400 s, to 12:00 "
        "= 10,800 s, to 13:00 = 14,400 s; what was told in the other ticket is not known here, so the longest gap is "
        "from 10:30 to 12:00 = 5400 s, and the exchange of 11:00 is its own, to 12:00 = 3600 s",
        at("02 10:00"),
        [
            (at("02 10:30"), "message", "reply"),
            (at("02 11:00"), "message", "customer"),
            (at("02 12:00"), "status", "resolved"),
            (at("02 13:00"), "status", "closed"),
        ],
        [
            Outcome("close", 1, "met", 4 * HOUR, started=at("02 09:00")),
            Outcome("gap", 1, "met", 5400, started=at("02 10:00")),
            Outcome("reply", 1, "met", HOUR, started=at("02 11:00")),
            Outcome("resolve", 1, "met", 3 * HOUR, started=at("02 09:00"), due=at("02 13:00")),
            Outcome("respond", 1, "met", 5400, started=at("02 09:00")),
        ],
        targets=[*CUSTOMERS, target()],
        named={"resolve": [(None, 2)], "respond": [(None, 0)]},
        duplicates=[Duplicate(at("02 09:00"), [(at("02 11:00"), "status", "merged")])],
    ),
    Case(
        "younger-duplicate-changes-nothing",
        "the parent's own opening is the earliest; 09:00 to 12:00 = 10,800 s",
        at("02 09:00"),
        [(at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 3 * HOUR, started=at("02 09:00"))],
        duplicates=[Duplicate(at("02 10:00"), [(at("02 11:00"), "status", "merged")])],
    ),
    Case(
        "the-oldest-of-several-duplicates-counts",
        "opened Monday 09:00, 10:00 and 11:00; 09:00 to 12:00 = 10,800 s",
        at("02 11:00"),
        [(at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 3 * HOUR, started=at("02 09:00"))],
        duplicates=[
            Duplicate(at("02 10:00"), [(at("02 11:15"), "status", "merged")]),
            Duplicate(at("02 09:00"), [(at("02 11:30"), "status", "merged")]),
        ],
    ),
    Case(
        "duplicate-that-was-answered-has-had-its-first-response",
        "answered 09:30 in the older ticket, where it counts; here from its own opening, 10:00 to 10:30 = 1800 s; "
        "solved 12:00, which the customer has awaited since 09:00 = 10,800 s",
        at("02 10:00"),
        [(at("02 10:30"), "message", "reply"), (at("02 12:00"), "status", "resolved")],
        [
            Outcome("resolve", 1, "met", 3 * HOUR, started=at("02 09:00")),
            Outcome("respond", 1, "met", 1800, started=at("02 10:00")),
        ],
        targets=[RESPOND, target()],
        duplicates=[
            Duplicate(at("02 09:00"), [(at("02 09:30"), "message", "reply"), (at("02 11:00"), "status", "merged")])
        ],
    ),
    Case(
        "duplicate-that-was-answered-as-it-was-merged",
        "of one second, the reply comes before the merge; 10:00 to 12:00 = 7200 s",
        at("02 10:00"),
        [(at("02 12:00"), "message", "reply")],
        [Outcome("respond", 1, "met", 2 * HOUR, started=at("02 10:00"))],
        targets=[RESPOND],
        duplicates=[
            Duplicate(at("02 09:00"), [(at("02 11:00"), "status", "merged"), (at("02 11:00"), "message", "reply")])
        ],
    ),
    Case(
        "duplicate-that-was-answered-after-the-merge-awaits-this-reply",
        "nobody had answered at 11:00, when it was merged; 09:00 to 12:00 = 10,800 s",
        at("02 10:00"),
        [(at("02 12:00"), "message", "reply")],
        [Outcome("respond", 1, "met", 3 * HOUR, started=at("02 09:00"))],
        targets=[RESPOND],
        duplicates=[
            Duplicate(at("02 09:00"), [(at("02 11:00"), "status", "merged"), (at("02 11:30"), "message", "reply")])
        ],
    ),
    Case(
        "duplicate-that-was-solved-passes-nothing-on",
        "solved 09:30, and that it stays; tidied up at 11:00; 10:00 to 12:00 = 7200 s",
        at("02 10:00"),
        [(at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 2 * HOUR, started=at("02 10:00"))],
        duplicates=[
            Duplicate(at("02 09:00"), [(at("02 09:30"), "status", "resolved"), (at("02 11:00"), "status", "merged")])
        ],
    ),
    Case(
        "duplicate-that-was-cancelled-and-then-merged-was-never-solved",
        "nobody had solved it; 09:00 to 12:00 = 10,800 s",
        at("02 10:00"),
        [(at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 3 * HOUR, started=at("02 09:00"))],
        duplicates=[
            Duplicate(at("02 09:00"), [(at("02 09:30"), "status", "cancelled"), (at("02 11:00"), "status", "merged")])
        ],
    ),
    Case(
        "duplicate-that-was-only-cancelled-passes-nothing-on",
        "a parent is not yet a merge; 10:00 to 12:00 = 7200 s",
        at("02 10:00"),
        [(at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 2 * HOUR, started=at("02 10:00"))],
        duplicates=[Duplicate(at("02 09:00"), [(at("02 11:00"), "status", "cancelled")])],
    ),
    Case(
        "merge-that-was-undone-passes-nothing-on",
        "two matters after all; 10:00 to 12:00 = 7200 s",
        at("02 10:00"),
        [(at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 2 * HOUR, started=at("02 10:00"))],
        duplicates=[
            Duplicate(at("02 09:00"), [(at("02 11:00"), "status", "merged"), (at("02 11:30"), "status", "in_progress")])
        ],
    ),
    Case(
        "duplicate-of-a-duplicate-passes-its-opening-on",
        "the first of Monday 09:00 was merged into that of 10:00, and that into this one; 09:00 to 12:00 = 10,800 s; "
        "the second was answered, so the first response counts from 11:00 to 11:30 = 1800 s",
        at("02 11:00"),
        [(at("02 11:30"), "message", "reply"), (at("02 12:00"), "status", "resolved")],
        [
            Outcome("resolve", 1, "met", 3 * HOUR, started=at("02 09:00")),
            Outcome("respond", 1, "met", 1800, started=at("02 11:00")),
        ],
        targets=[replace(RESPOND, threshold=HOUR), target()],
        duplicates=[
            Duplicate(at("02 10:00"), [(at("02 10:45"), "message", "reply"), (at("02 11:15"), "status", "merged")]),
            Duplicate(at("02 09:00"), [(at("02 10:30"), "status", "merged")], merged_into=0),
        ],
    ),
    Case(
        "duplicates-of-one-another",
        "each is merged into the other, and this one waits with the first; 09:00 to 11:00 = 7200 s, in no figure",
        at("02 10:00"),
        [(at("02 11:00"), "status", "merged")],
        [Outcome("resolve", 1, "cancelled", 2 * HOUR, started=at("02 09:00"))],
        duplicates=[
            Duplicate(at("02 09:00"), [(at("02 10:30"), "status", "merged")], merged_into=1),
            Duplicate(at("02 09:30"), [(at("02 10:30"), "status", "merged")], merged_into=2),
            Duplicate(at("02 09:45"), [(at("02 10:30"), "status", "merged")], merged_into=1),
            Duplicate(at("02 09:00"), [(at("02 10:30"), "status", "merged")]),
        ],
    ),
    Case(
        "duplicate-of-another-customer-passes-nothing-on",
        "this customer waits since 10:00; 10:00 to 12:00 = 7200 s",
        at("02 10:00"),
        [(at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 2 * HOUR, started=at("02 10:00"))],
        also=[{"consumer": "other"}],
        duplicates=[Duplicate(at("02 09:00"), [(at("02 11:00"), "status", "merged")], customer="other")],
    ),
    Case(
        "duplicate-that-had-breached-does-not-shorten-the-wait",
        "four hours were used up at 13:00, here as there; 09:00 to 15:00 = 21,600 s",
        at("02 12:00"),
        [(at("02 15:00"), "status", "resolved")],
        [Outcome("resolve", 1, "breached", 6 * HOUR, started=at("02 09:00"), breached=at("02 13:00"))],
        duplicates=[Duplicate(at("02 09:00"), [(at("02 14:00"), "status", "merged")])],
    ),
    Case(
        "duplicate-merged-after-the-resolution-has-waited-for-it",
        "solved for both at 10:30; 09:00 to 10:30 = 5400 s",
        at("02 10:00"),
        [(at("02 10:30"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 5400, started=at("02 09:00"))],
        duplicates=[Duplicate(at("02 09:00"), [(at("02 11:00"), "status", "merged")])],
    ),
    Case(
        "duplicate-and-a-clock-that-starts-with-the-assignment",
        "of a clock that has yet to start nothing has passed; 10:30 to 12:00 = 5400 s",
        at("02 10:00"),
        [(at("02 10:30"), "team", "ours"), (at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 5400, started=at("02 10:30"))],
        targets=[target(**ASSIGNED)],
        duplicates=[Duplicate(at("02 09:00"), [(at("02 11:00"), "status", "merged")])],
    ),
    Case(
        "duplicate-and-an-upgrade",
        "P3 from 09:00 to 11:00 = 7200 s, then P1 to 12:00 = 3600 s",
        at("02 10:00"),
        [(at("02 11:00"), "priority", "P1"), (at("02 12:00"), "status", "resolved")],
        [
            Outcome("p1", 1, "met", HOUR, started=at("02 11:00")),
            Outcome("p3", 1, "superseded", 2 * HOUR, started=at("02 09:00")),
        ],
        targets=BY_PRIORITY,
        priority="P3",
        duplicates=[Duplicate(at("02 09:00"), [(at("02 11:30"), "status", "merged")])],
    ),
    Case(
        "duplicate-and-a-reopening",
        "the first cycle waits since Monday 09:00, to 11:00 = 7200 s; reopened after the window, the second begins by "
        "itself: 09:00 to 10:00 = 3600 s",
        at("02 10:00"),
        [
            (at("02 11:00"), "status", "resolved"),
            (at("16 09:00"), "status", "in_progress"),
            (at("16 10:00"), "status", "resolved"),
        ],
        [
            Outcome("resolve", 1, "met", 2 * HOUR, started=at("02 09:00")),
            Outcome("resolve", 2, "met", HOUR, started=at("16 09:00")),
        ],
        duplicates=[Duplicate(at("02 09:00"), [(at("02 10:30"), "status", "merged")])],
    ),
    Case(
        "duplicate-and-a-pause-at-the-opening",
        "`new` since 09:00, though this ticket was never new: it waits for the customer from its first second on, to "
        "11:00; 09:00 to 10:00 and 11:00 to 12:00 = 7200 s, 10:00 to 11:00 = 3600 s of pause",
        at("02 10:00"),
        [
            (at("02 10:00"), "status", "waiting_customer"),
            (at("02 11:00"), "status", "in_progress"),
            (at("02 12:00"), "status", "resolved"),
        ],
        [Outcome("resolve", 1, "met", 2 * HOUR, HOUR, started=at("02 09:00"))],
        targets=[PAUSING],
        named={"resolve": [(None, 0), (0, 1), (1, 2)]},
        duplicates=[Duplicate(at("02 09:00"), [(at("02 11:30"), "status", "merged")])],
    ),
    Case(
        "duplicate-and-a-pause-of-new-tickets",
        "nothing runs while it is new, before its opening either; 09:00 to 11:00 = 7200 s of pause, 11:00 to 12:00 = "
        "3600 s",
        at("02 10:00"),
        [(at("02 11:00"), "status", "in_progress"), (at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", HOUR, 2 * HOUR, started=at("02 09:00"))],
        targets=[target(pauses={"new": False})],
        duplicates=[Duplicate(at("02 09:00"), [(at("02 11:30"), "status", "merged")])],
    ),
    Case(
        "duplicate-and-an-excluded-interval-before-the-opening",
        "09:00 to 12:00 without 09:15 to 09:45; 10,800 - 1800 = 9000 s, 1800 s excluded",
        at("02 10:00"),
        [(at("02 12:00"), "status", "resolved")],
        [Outcome("resolve", 1, "met", 9000, excluded=1800, started=at("02 09:00"))],
        exclusions=[(at("02 09:15"), at("02 09:45"))],
        duplicates=[Duplicate(at("02 09:00"), [(at("02 11:30"), "status", "merged")])],
    ),
]

CASES = [
    *CALENDAR_CASES,
    *THRESHOLD_CASES,
    *PAUSE_CASES,
    *REOPEN_CASES,
    *PRIORITY_CASES,
    *ASSIGNMENT_CASES,
    *END_CASES,
    *RESPONSE_CASES,
    *ATTRIBUTION_CASES,
    *AGREEMENT_CASES,
    *REPLY_CASES,
    *DECISION_CASES,
    *ALL_CLOCKS_CASES,
    *GAP_CASES,
    *TEAM_CASES,
    *SUPPLIER_CASES,
    *UNDONE_CASES,
    *ONE_SECOND_CASES,
    *NAMED_CASES,
    *NOT_TAKEN_UP_CASES,
    *MERGE_CASES,
]


def shown(rows: Sequence[Row], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Rows in the words of the outcomes they are held to, in their order; what an outcome leaves open is left out."""
    ordered = sorted(rows, key=lambda row: (row.target_id, row.cycle_number))
    found = []
    for number, row in enumerate(ordered):
        asked = outcomes[number] if number < len(outcomes) else None
        optional = {
            "started": row.started_at,
            "stopped": row.stopped_at or NEVER,
            "due": row.due_at or NEVER,
            "breached": row.breached_at or NEVER,
            "period": row.period_start,
        }
        found.append(
            Outcome(
                row.target_id,
                row.cycle_number,
                row.state,
                row.on_clock_seconds,
                row.paused_seconds,
                row.excluded_seconds,
                row.agreement_version,
                **{name: value for name, value in optional.items() if getattr(asked, name, None) is not None},
            )
        )
    return found


def worked_project() -> RandomProject:
    """All cases as one project."""
    return RandomProject(
        calendars=list(CALENDARS),
        agreements=[agreement for case in CASES for agreement in case.agreements()],
        tickets=[ticket for case in CASES for ticket in case.tickets()],
        exclusions={case.name: found for case in CASES if (found := case.decided_exclusions())},
        openings=OPENINGS,
    )
