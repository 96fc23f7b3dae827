"""The truths planted on purpose: tickets written by hand, rows that must be refused, corrections that come late.

Belongs here: everything whose right answer is known beforehand; README.md lists the answers.
Does not belong here: truths that lie in how much happens (surge, parked breaches, watermelon, reckless promises: see
`tickets` and `surveys`), and outages (`monitoring`).
Sits beside `tickets`; `generate` adds both to the same files.

Hand-written tickets have numbers from 900001, so they never meet a drawn one, and do not depend on seed or size.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from examples.acme import company
from examples.acme.tables import MAX_HOPS, NEVER, Events, Tickets

CORRECTIONS_ARRIVE = "2026-05-14T08:30:00Z"


@dataclass(frozen=True)
class Step:
    """One event of a hand-written ticket. `value`: as the desk exports it."""

    at: str
    kind: int
    value: str | None = None
    role: int = company.BY_AGENT
    is_public: bool = True


@dataclass(frozen=True)
class PlantedTicket:
    """A hand-written ticket; instants are ISO 8601 in UTC."""

    number: int
    opened: str
    customer: int
    service: int
    priority: int
    steps: tuple[Step, ...]
    ticket_type: int = company.INCIDENT
    team: int = company.DESK_TEAM
    parent: int = NEVER

    @property
    def day(self) -> int:
        """Desk day: days since 1970-01-01."""
        return epoch(self.opened) // 86_400

    @property
    def ticket_id(self) -> str:
        """As the desk exports it."""
        return f"INC{self.opened[2:4]}{self.opened[5:7]}{self.opened[8:10]}-{self.number:06d}"


def epoch(text: str) -> int:
    """UTC epoch seconds of an instant written with Z."""
    return int(datetime.fromisoformat(text).timestamp())


def iso(instant: int) -> str:
    """An epoch second as it is written in the feeds."""
    return datetime.fromtimestamp(instant, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def started(at: str) -> Step:
    """Somebody takes the ticket up."""
    return Step(at, company.STATUS, "Work In Progress")


def answered(at: str) -> Step:
    """A public message by an agent."""
    return Step(at, company.MESSAGE)


def set_to(at: str, status: str, role: int = company.BY_AGENT) -> Step:
    """A status, in the desk's own words."""
    return Step(at, company.STATUS, status, role)


def solved(at: str) -> tuple[Step, Step]:
    """Resolved, and closed by the tool five days later."""
    closing = iso(epoch(at) + 5 * 86_400)
    return set_to(at, "resolved"), set_to(closing, "closed", company.BY_SYSTEM)


BANK, HARBOUR, HOSPITALS = company.BANK, company.HARBOUR, company.HOSPITALS
EMAIL, CORE, ONLINE = company.EMAIL, company.CORE_BANKING, company.ONLINE_BANKING
P1, P2, P3, P4 = range(4)

# Opened Tuesday 09:30, answered 09:50, in truth waiting on the customer from 10:30 until Thursday 09:30, resolved
# Thursday 11:00. The wait is missing until the correction: 7.5 h + 8 h + 2 h on the clock instead of 1 h + 1.5 h.
LATE_NUMBERS = range(900_001, 900_007)
LATE_OPENED = "2026-03-10T09:30:00Z"
LATE_WAIT = ("2026-03-10T10:30:00Z", "2026-03-12T09:30:00Z")
LATE_PRIORITY_NUMBER = 900_007


def _late_tickets() -> Iterator[PlantedTicket]:
    steps = (started("2026-03-10T09:49:00Z"), answered("2026-03-10T09:50:00Z"), *solved("2026-03-12T11:00:00Z"))
    for number in LATE_NUMBERS:
        yield PlantedTicket(number, LATE_OPENED, HARBOUR, EMAIL, P2, steps)
    # Recorded as low, in truth high: only the correction of the ticket itself says so.
    quick = (started("2026-03-10T11:05:00Z"), answered("2026-03-10T11:06:00Z"), *solved("2026-03-10T15:00:00Z"))
    yield PlantedTicket(LATE_PRIORITY_NUMBER, "2026-03-10T11:00:00Z", HARBOUR, EMAIL, P4, quick)


def _golden_tickets() -> Iterator[PlantedTicket]:
    # Resolved after 4 h 40 min, of which a Decision excludes 1 h 30 min: met.
    yield PlantedTicket(
        900_001, "2026-03-17T09:30:00Z", BANK, CORE, P1,
        (started("2026-03-17T09:35:00Z"), answered("2026-03-17T09:38:00Z"), *solved("2026-03-17T14:10:00Z")),
        team=company.DBA_TEAM,
    )  # fmt: skip
    # Resolved after 5 h 30 min; the Decision to leave it out was rejected: breached at 14:00.
    yield PlantedTicket(
        900_001, "2026-04-21T10:00:00Z", BANK, ONLINE, P1,
        (started("2026-04-21T10:04:00Z"), answered("2026-04-21T10:06:00Z"), *solved("2026-04-21T15:30:00Z")),
        team=company.APPLICATIONS_TEAM,
    )  # fmt: skip
    # Exactly sixteen office hours (Thu 10-17, Fri 9-17, Mon 9-10): met; one second more: breached.
    for number, resolved in ((900_001, "2026-02-09T10:00:00Z"), (900_002, "2026-02-09T10:00:01Z")):
        yield PlantedTicket(
            number, "2026-02-05T10:00:00Z", BANK, EMAIL, P2,
            (started("2026-02-05T10:10:00Z"), answered("2026-02-05T10:12:00Z"), *solved(resolved)),
        )  # fmt: skip
    # Reopened after the window of five open days (10 February): a second cycle.
    yield PlantedTicket(
        900_001, "2026-02-03T09:00:00Z", BANK, EMAIL, P3,
        (
            started("2026-02-03T09:10:00Z"),
            answered("2026-02-03T09:12:00Z"),
            *solved("2026-02-03T11:00:00Z"),
            Step("2026-02-17T10:00:00Z", company.MESSAGE, role=company.BY_CUSTOMER),
            set_to("2026-02-17T10:00:01Z", "Work In Progress", company.BY_SYSTEM),
            *solved("2026-02-17T12:00:00Z"),
        ),
    )  # fmt: skip
    # Across the start of summer time: Friday 16-17 GMT and Monday 09-10 BST are 7,200 s.
    yield PlantedTicket(
        900_001, "2026-03-27T16:00:00Z", BANK, EMAIL, P2,
        (started("2026-03-27T16:05:00Z"), answered("2026-03-27T16:08:00Z"), *solved("2026-03-30T09:00:00Z")),
    )  # fmt: skip
    # Merged into the ticket before it: out of every figure.
    opened = "2026-04-07T10:00:00Z"
    steps = (started("2026-04-07T10:20:00Z"), answered("2026-04-07T10:21:00Z"))
    yield PlantedTicket(900_001, opened, HARBOUR, EMAIL, P3, (*steps, *solved("2026-04-08T10:00:00Z")))
    yield PlantedTicket(
        900_002, opened, HARBOUR, EMAIL, P3, (*steps, set_to("2026-04-07T10:40:00Z", "merged")), parent=900_001
    )
    # An automatic acknowledgement and an internal note, no human reply: the resolution stops the first response.
    yield PlantedTicket(
        900_001, "2026-04-09T09:00:00Z", BANK, EMAIL, P2,
        (
            Step("2026-04-09T09:00:02Z", company.MESSAGE, role=company.BY_SYSTEM),
            Step("2026-04-09T09:20:00Z", company.MESSAGE, is_public=False),
            started("2026-04-09T09:25:00Z"),
            *solved("2026-04-09T09:40:00Z"),
        ),
    )  # fmt: skip
    # Raised from moderate to critical after three hours: the P1 clock starts there; resolved three hours later.
    yield PlantedTicket(
        900_001, "2026-06-09T09:00:00Z", BANK, ONLINE, P3,
        (
            started("2026-06-09T09:10:00Z"),
            answered("2026-06-09T09:12:00Z"),
            Step("2026-06-09T12:00:00Z", company.PRIORITY, company.PRIORITIES[P1], is_public=False),
            *solved("2026-06-09T15:00:00Z"),
        ),
        team=company.APPLICATIONS_TEAM,
    )  # fmt: skip
    # Lowered one minute before the breach, resolved an hour later: a downgrade relieves nothing.
    yield PlantedTicket(
        900_002, "2026-06-09T09:00:00Z", BANK, ONLINE, P1,
        (
            started("2026-06-09T09:03:00Z"),
            answered("2026-06-09T09:05:00Z"),
            Step("2026-06-09T12:59:00Z", company.PRIORITY, company.PRIORITIES[P3], is_public=False),
            *solved("2026-06-09T14:00:00Z"),
        ),
        team=company.APPLICATIONS_TEAM,
    )  # fmt: skip


def _routine(number: int, day: date, customer: int, service: int) -> PlantedTicket:
    """A ticket like any other: opened at 10:00 UTC, answered in twenty minutes, resolved in two hours."""
    text = day.isoformat()
    steps = (started(f"{text}T10:19:00Z"), answered(f"{text}T10:20:00Z"), *solved(f"{text}T12:00:00Z"))
    return PlantedTicket(number, f"{text}T10:00:00Z", customer, service, P3, steps)


# What the bad rows below are about; each is itself a good ticket.
BAD_ROW_DAYS = tuple(
    date(2026, month, day)
    for month, day in ((1, 22), (2, 24), (3, 24), (4, 23), (5, 21), (6, 24), (7, 23), (8, 25), (9, 24), (10, 22))
)
VICTIM_NUMBER = 900_090


def _fixed_tickets() -> tuple[PlantedTicket, ...]:
    victims = (_routine(VICTIM_NUMBER, day, HARBOUR, EMAIL) for day in BAD_ROW_DAYS)
    unmatched = (
        # A customer nobody knows, twice; a customer that has no agreement for the service, once.
        _routine(900_019, date(2026, 2, 19), company.STRANGER, EMAIL),
        _routine(900_019, date(2026, 6, 18), company.STRANGER, EMAIL),
        _routine(900_025, date(2026, 5, 26), HOSPITALS, company.FREIGHT),
    )
    return (*_late_tickets(), *_golden_tickets(), *victims, *unmatched)


def planted_tickets(day: int) -> list[PlantedTicket]:
    """The hand-written tickets of a desk day. `day`: days since 1970-01-01."""
    found = [ticket for ticket in _fixed_tickets() if ticket.day == day]
    today = date(1970, 1, 1) + timedelta(days=day)
    if today.day == 11:  # every month somebody calls about the fax gateway, a service nobody knows
        found.append(_routine(900_011, today, BANK, company.FAX))
    return found


def planted_rows(planted: list[PlantedTicket]) -> tuple[Tickets, Events]:
    """Hand-written tickets in the form of drawn ones. At least one ticket."""

    def small(values: list[int]) -> np.ndarray:
        return np.array(values, dtype=np.int16)

    def wide(values: list[int]) -> np.ndarray:
        return np.array(values, dtype=np.int64)

    def nth(ticket: PlantedTicket, status: str, position: int) -> int:
        found = [epoch(step.at) for step in ticket.steps if step.kind == company.STATUS and step.value == status]
        return found[position] if len(found) > position else NEVER

    tickets = Tickets(
        day=wide([ticket.day for ticket in planted]),
        number=wide([ticket.number for ticket in planted]),
        opened=wide([epoch(ticket.opened) for ticket in planted]),
        customer=small([ticket.customer for ticket in planted]),
        service=small([ticket.service for ticket in planted]),
        ticket_type=small([ticket.ticket_type for ticket in planted]),
        priority=small([ticket.priority for ticket in planted]),
        team=small([ticket.team for ticket in planted]),
        channel=small([company.PHONE for _ in planted]),
        category=small([1 for _ in planted]),
        requester=wide([1 for _ in planted]),
        parent=wide([ticket.parent for ticket in planted]),
        merged=wide([nth(ticket, "merged", 0) for ticket in planted]),
        hops=np.full((len(planted), MAX_HOPS), NEVER, dtype=np.int64),
        resolved=wide([nth(ticket, "resolved", 0) for ticket in planted]),
        reopened=wide([_reopened(ticket) for ticket in planted]),
        resolved_again=wide([nth(ticket, "resolved", 1) for ticket in planted]),
        closed=wide([nth(ticket, "closed", 0) for ticket in planted]),
        closed_again=wide([nth(ticket, "closed", 1) for ticket in planted]),
    )
    lines = [
        (ticket, order, step)
        for ticket in planted
        for order, step in enumerate(sorted(ticket.steps, key=lambda step: step.at), start=1)
    ]
    events = Events(
        day=wide([ticket.day for ticket, _, _ in lines]),
        number=wide([ticket.number for ticket, _, _ in lines]),
        sequence=wide([order for _, order, _ in lines]),
        occurred=wide([epoch(step.at) for _, _, step in lines]),
        kind=small([step.kind for _, _, step in lines]),
        value=small([company.VALUES.index(step.value) if step.value else company.NO_VALUE for _, _, step in lines]),
        role=small([step.role for _, _, step in lines]),
        is_public=np.array([step.is_public for _, _, step in lines], dtype=np.bool_),
        promised=np.full(len(lines), NEVER, dtype=np.int64),
    )
    return tickets, events


def _reopened(ticket: PlantedTicket) -> int:
    resolved = [step.at for step in ticket.steps if step.value == "resolved"]
    later = [
        step.at for step in ticket.steps if step.value == "Work In Progress" and resolved and step.at > resolved[0]
    ]
    return epoch(later[0]) if later else NEVER


def late_events() -> list[dict[str, str]]:
    """The events of the correction file: the wait that was missing, for each of the six tickets."""
    rows = []
    for ticket in _late_tickets():
        if ticket.number not in LATE_NUMBERS:
            continue
        for position, (at, status) in enumerate(
            zip(LATE_WAIT, ("Awaiting User Info", "Work In Progress"), strict=True)
        ):
            rows.append(
                {
                    "event_id": f"{ticket.ticket_id}-{901 + position}",
                    "ticket_id": ticket.ticket_id,
                    "occurred_at": at,
                    "event_type": "status",
                    "value": status,
                    "actor_role": "agent",
                    "is_public": "true",
                    "recorded_at": CORRECTIONS_ARRIVE,
                }
            )
    return rows


def late_ticket_number() -> tuple[int, int, int]:
    """(day, number, true priority) of the ticket whose own row is corrected."""
    return epoch(LATE_OPENED) // 86_400, LATE_PRIORITY_NUMBER, P2


@dataclass(frozen=True)
class BadRow:
    """A row that must not reach the warehouse as it is. `exported`: from then on it is in the file of its month."""

    feed: str
    exported: str
    fault: str
    row: dict[str, str]

    @property
    def month(self) -> str:
        """Month of the file it stands in, YYYY-MM."""
        return self.exported[:7]


def bad_rows() -> list[BadRow]:
    """One a month from January 2026. All but the doubled row (which collapses) are quarantined."""
    rows = []
    for day, fault in zip(BAD_ROW_DAYS, _FAULTS, strict=True):
        text = day.isoformat()
        ticket = _routine(VICTIM_NUMBER, day, HARBOUR, EMAIL).ticket_id
        good = {
            "event_id": f"{ticket}-950",
            "ticket_id": ticket,
            "occurred_at": f"{text}T10:30:00Z",
            "event_type": "message",
            "actor_role": "agent",
            "is_public": "true",
            "recorded_at": f"{text}T10:30:01Z",
        }
        feed, changes = _FAULTS[fault]
        for change in changes:
            row = {**good, **{key: value.format(day=text) for key, value in change.items()}}
            if feed == "tickets":
                row = {key: value.format(day=text) for key, value in change.items()}
            rows.append(BadRow(feed, f"{text}T10:31:00Z", fault, row))
    return rows


_FAULTS: dict[str, tuple[str, tuple[dict[str, str], ...]]] = {
    "unknown_status": ("ticket_events", ({"event_type": "status", "value": "Zombie"},)),
    "naive_time": ("ticket_events", ({"occurred_at": "{day} 10:30:00"},)),
    "unknown_ticket": ("ticket_events", ({"event_id": "INC999999-000001-001", "ticket_id": "INC999999-000001"},)),
    "event_before_opening": ("ticket_events", ({"occurred_at": "{day}T08:15:00Z"},)),
    # Two rows of one id that differ: the one recorded last is accepted.
    "conflicting_in_load": (
        "ticket_events",
        ({"is_public": "false", "recorded_at": "{day}T10:30:01Z"}, {"recorded_at": "{day}T10:31:00Z"}),
    ),
    "unknown_event_type": ("ticket_events", ({"event_type": "telepathy"},)),
    "unknown_value": (
        "tickets",
        (
            {
                "ticket_id": "INC260723-900091",
                "customer_id": "harbour-logistics",
                "service_id": "E-Mail",
                "ticket_type": "wish",
                "priority": "3 - Moderate",
                "opened_at": "{day}T10:00:00Z",
            },
        ),
    ),
    # The same row twice: one is kept, nothing is quarantined.
    "collapsed": ("ticket_events", ({}, {})),
    "resolved_before_opened": (
        "ticket_events",
        ({"event_type": "status", "value": "resolved", "occurred_at": "{day}T09:00:00Z"},),
    ),
    "bad_time": ("ticket_events", ({"occurred_at": "{day}T25:61:00Z"},)),
}
