"""Availability once more, slow and plain: one array entry per second of a service, looked at second by second.

Belongs here: the rules of downtime, maintenance, inheritance and recovery, written from what is promised to users.
Does not belong here: anything of the pipeline (no model, macro or calendar of it is imported), nor random services
(`availability_project.py`). Open hours come from the reference of the ticket clock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.conformance.open_hours import Calendar

Mask = NDArray[np.bool_]
Codes = NDArray[np.uint8]

# What may be wrong with a service in a second, the mildest first. Maintenance is of another sort and stands last.
DEGRADED, PARTIAL, OUTAGE, MAINTENANCE = 1, 2, 3, 4
KINDS = {"degraded": DEGRADED, "partial": PARTIAL, "outage": OUTAGE, "maintenance": MAINTENANCE}
# Parties in the order in which they excuse the provider less and less; "" is nobody in particular.
PARTIES = ("customer", "third_party", "supplier", "", "provider")
UP, EXCLUDED, DOWN, UNMEASURED = 0, 1, 2, 3


@dataclass(frozen=True)
class Outage:
    """One reported outage; `end` None = it lasts."""

    id: str
    start: int
    end: int | None
    kind: str
    party: str = ""
    announced: int | None = None
    data_loss: int | None = None


@dataclass(frozen=True)
class Check:
    """One look of a monitor at the service."""

    source: str
    at: int
    status: str


@dataclass(frozen=True)
class Service:
    """A service with its evidence and what it depends on: (service, serial or parallel)."""

    id: str
    outages: tuple[Outage, ...] = ()
    checks: tuple[Check, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Terms:
    """What excuses maintenance."""

    announced_before: int | None = None
    windows: tuple[str, ...] = ()
    allowance: int | None = None


@dataclass(frozen=True)
class Target:
    """availability, restore_time or data_loss, counted in a calendar."""

    id: str
    metric: str
    calendar: str
    threshold: int | None = None


@dataclass(frozen=True)
class Agreement:
    """An agreement about one service. Weights in parts per million."""

    id: str
    service: str
    zone: str
    valid_from: date
    valid_to: date | None
    targets: tuple[Target, ...]
    weights: tuple[int, int, int] = (0, 300_000, 1_000_000)  # degraded, partial, outage
    min_outage: int = 0
    excluded_time: str = "remove_from_denominator"
    unmeasured: str = "remove_from_denominator"
    excluded_parties: tuple[str, ...] = ()
    inherited: str = "reported"
    terms: Terms | None = None


@dataclass(frozen=True)
class World:
    """Everything known at as_of."""

    as_of: int
    max_gap: int
    calendars: dict[str, Calendar]
    services: dict[str, Service]


@dataclass
class Failure:
    """One run of downtime with agreed time in it."""

    start: int
    end: int
    day: date
    seconds: int
    is_open: bool
    uptime_before: int | None
    since_previous: int | None


@dataclass
class Reading:
    """One target's view of a service."""

    days: dict[date, dict[str, int]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


class Window:
    """The seconds from `start` to `end`, one array entry each."""

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end

    def none(self) -> Mask:
        return np.zeros(self.end - self.start, np.bool_)

    def slice(self, start: int, end: int) -> slice:
        return slice(max(start, self.start) - self.start, max(min(end, self.end) - self.start, 0))

    def mask(self, spans: Sequence[tuple[int, int]]) -> Mask:
        found = self.none()
        for start, end in spans:
            found[self.slice(start, end)] = True
        return found


class Reference:
    """Reads services within one window. What does not depend on an agreement is worked out once."""

    def __init__(self, world: World, window: Window) -> None:
        self.world, self.window = world, window
        self._conditions: dict[str, tuple[Codes, Codes]] = {}
        self._open: dict[str, Mask] = {}
        self._readings: dict[tuple[str, str, bool], Reading] = {}

    # ------------------------------------------------------------------------------------------- what was observed

    def evidence(self, service: str) -> Iterator[tuple[int, int, str, str, int | None]]:
        """(from, to, kind, party, notice) of everything reported or observed by as_of; kind may be `unmeasured`."""
        now = self.world.as_of
        for outage in self.world.services[service].outages:
            if outage.start <= now:
                end = now if outage.end is None else min(outage.end, now)
                notice = None if outage.announced is None else outage.start - outage.announced
                yield outage.start, end, outage.kind, outage.party, notice
        for checks in self.monitors(service):
            yield self.window.start, checks[0].at, "unmeasured", "", None
            ends = [check.at for check in checks[1:]] + [now]
            for check, following in zip(checks, ends, strict=True):
                held = min(following, check.at + self.world.max_gap)
                if check.status != "up":
                    kind = {"down": "outage", "unknown": "unmeasured"}.get(check.status, check.status)
                    yield check.at, held, kind, "", None
                yield held, following, "unmeasured", "", None

    def monitors(self, service: str) -> list[list[Check]]:
        """The checks of each monitor in order; of two at one instant the later row."""
        found: dict[str, dict[int, Check]] = {}
        for check in self.world.services[service].checks:
            if check.at <= self.world.as_of:
                found.setdefault(check.source, {})[check.at] = check
        return [[checks[at] for at in sorted(checks)] for checks in found.values()]

    def open(self, calendar: str) -> Mask:
        if calendar not in self._open:
            window = self.window
            self._open[calendar] = window.mask(self.world.calendars[calendar].open_spans(window.start, window.end))
        return self._open[calendar]

    def condition(self, service: str) -> tuple[Codes, Codes]:
        """(kind, party) of a service that others depend on: maintenance, else the worst trouble; 0 = none."""
        if service not in self._conditions:
            size = self.window.end - self.window.start
            kinds, parties = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
            found = [entry for entry in self.evidence(service) if entry[2] != "unmeasured"]
            for start, end, kind, party, _ in sorted(found, key=lambda e: (KINDS[e[2]], PARTIES.index(e[3]))):
                kinds[self.window.slice(start, end)] = KINDS[kind]
                parties[self.window.slice(start, end)] = PARTIES.index(party)
            self._conditions[service] = kinds, parties
        return self._conditions[service]

    def failure_sets(self, service: str) -> list[tuple[str, ...]]:
        """The smallest sets of other services whose failure takes this one down, found by trying all."""
        needs = {name: entry.needs for name, entry in self.world.services.items()}

        def is_down(name: str, failed: tuple[str, ...]) -> bool:
            down = {other: other in failed or is_down(other, failed) for other, _ in needs[name]}
            parallel = [down[other] for other, mode in needs[name] if mode == "parallel"]
            return any(down[other] for other, mode in needs[name] if mode == "serial") or (
                bool(parallel) and all(parallel)
            )

        beneath, pending = set(), [service]
        while pending:
            for other, _ in needs[pending.pop()]:
                beneath.add(other)
                pending.append(other)
        found: list[tuple[str, ...]] = []
        for size in range(1, len(beneath) + 1):
            for members in combinations(sorted(beneath), size):
                if is_down(service, members) and not any(set(smaller) <= set(members) for smaller in found):
                    found.append(members)
        return found

    # ------------------------------------------------------------------------------------------- what is made of it

    def classes(self, agreement: Agreement, calendar: str, is_chain: bool) -> tuple[Codes, Codes, Mask]:
        """(class, kind that weighs, down by maintenance alone) of each second, before minOutage."""
        window, service = self.window, agreement.service
        excluded, inherited_excluded = window.none(), window.none()
        lanes = {code: window.none() for code in (DEGRADED, PARTIAL, OUTAGE)}
        silent = np.zeros(window.end - window.start, np.uint8)
        for start, end, kind, party, _ in self.evidence(service):
            span = window.slice(start, end)
            if kind == "unmeasured":
                silent[span] += 1
            elif kind == "maintenance":
                if agreement.terms is None:
                    excluded[span] = True
            elif party in agreement.excluded_parties:
                excluded[span] = True
            else:
                lanes[KINDS[kind]][span] = True
        sets = self.failure_sets(service) if is_chain else []
        for members in sets:
            kinds, parties = self.joint(members)
            excused = np.isin(parties, [PARTIES.index(party) for party in agreement.excluded_parties])
            excused &= (kinds != MAINTENANCE) & (kinds > 0)
            if agreement.terms is None:
                excused |= kinds == MAINTENANCE
            inherited_excluded |= excused
            for code in (DEGRADED, PARTIAL, OUTAGE):
                lanes[code] |= (kinds == code) & ~excused
        unexcused = window.none()
        if agreement.terms is not None:
            own, inherited, unexcused = self.maintenance(agreement, calendar, sets)
            excluded |= own
            inherited_excluded |= inherited
        weighing = np.zeros(window.end - window.start, np.uint8)
        for code in sorted(lanes, key=lambda code: agreement.weights[code - 1]):
            if agreement.weights[code - 1]:
                weighing[lanes[code]] = code
        trouble = weighing > 0
        weights = (0, *agreement.weights)
        for code in (0, DEGRADED, PARTIAL):
            if weights[code] < weights[OUTAGE]:
                weighing[unexcused & (weighing == code)] = OUTAGE
        monitors = len(self.monitors(service))
        known = lanes[DEGRADED] | lanes[PARTIAL] | lanes[OUTAGE] | unexcused
        found = np.zeros(window.end - window.start, np.uint8)
        if monitors:
            found[(silent >= monitors) & ~known] = UNMEASURED
        found[inherited_excluded] = EXCLUDED
        found[weighing > 0] = DOWN
        found[excluded] = EXCLUDED
        return found, weighing, ~trouble

    def joint(self, members: tuple[str, ...]) -> tuple[Codes, Codes]:
        """(kind, party) of services that must all be in trouble: the mildest of it."""
        if len(members) == 1:
            return self.condition(members[0])
        kinds = [self.condition(member)[0] for member in members]
        every = np.logical_and.reduce([kind > 0 for kind in kinds])
        mildest = np.minimum.reduce([np.where(kind == MAINTENANCE, np.uint8(9), kind) for kind in kinds])
        found = np.where(every, np.where(mildest == 9, MAINTENANCE, mildest), 0).astype(np.uint8)
        return found, np.full(len(found), PARTIES.index(""), np.uint8)

    def maintenance(self, agreement: Agreement, calendar: str, sets: list[tuple[str, ...]]) -> tuple[Mask, Mask, Mask]:
        """Seconds of excused maintenance, own and inherited, and of all other maintenance."""
        terms, window = agreement.terms, self.window
        assert terms is not None
        own = {True: window.none(), False: window.none()}
        inherited = {True: window.none(), False: window.none()}
        entries = [(own, entry) for entry in self.evidence(agreement.service)]
        entries += [(inherited, entry) for members in sets if len(members) == 1 for entry in self.evidence(members[0])]
        for masks, (start, end, kind, _, notice) in entries:
            if kind == "maintenance":
                demanded = terms.announced_before
                masks[demanded is None or (notice is not None and notice >= demanded)][window.slice(start, end)] = True
        for members in sets:
            if len(members) > 1:
                at_once = self.joint(members)[0] == MAINTENANCE
                inherited[terms.announced_before is None] |= at_once
        is_own, is_any = own[True] | own[False], own[True] | own[False] | inherited[True] | inherited[False]
        eligible = np.where(is_own, own[True], inherited[True])
        if terms.windows:
            eligible &= np.logical_or.reduce([self.open(name) for name in terms.windows])
        if terms.allowance is not None:
            counted = eligible & self.open(calendar)
            for _, days in self.months(agreement):
                span = window.slice(days[0], days[1])
                used = np.cumsum(counted[span])
                used_before = used - counted[span]
                eligible[span] &= used_before < terms.allowance
        return eligible & is_own, eligible & ~is_own, is_any & ~eligible

    def months(self, agreement: Agreement) -> list[tuple[int, tuple[int, int]]]:
        """(number, span) of each local month of the agreement's validity."""
        found: dict[int, tuple[int, int]] = {}
        for day, (start, end) in self.days(agreement):
            number = day.year * 12 + day.month
            found[number] = (found[number][0] if number in found else start, end)
        return sorted(found.items())

    def days(self, agreement: Agreement) -> list[tuple[date, tuple[int, int]]]:
        """Local days of the validity up to as_of."""
        clock = Calendar("zone", agreement.zone, ())
        day, found = agreement.valid_from, []
        while (agreement.valid_to is None or day < agreement.valid_to) and clock.instant(day) < self.world.as_of:
            start, end = clock.day(day)
            if start < end:  # a day that the zone skipped is none
                found.append((day, (start, min(end, self.world.as_of))))
            day += timedelta(days=1)
        return found

    def read(self, agreement: Agreement, target: Target, is_chain: bool) -> Reading:
        """Days and failures of one view of the service."""
        key = (agreement.id, target.id, is_chain)
        if key not in self._readings:
            self._readings[key] = self._read(agreement, target, is_chain)
        return self._readings[key]

    def _read(self, agreement: Agreement, target: Target, is_chain: bool) -> Reading:
        window, opened = self.window, self.open(target.calendar)
        found, weighing, by_maintenance = self.classes(agreement, target.calendar, is_chain)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], found == DOWN, [False]]).astype(np.int8)))
        runs = [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]
        counted = []
        for start, end in runs:
            if end - start < agreement.min_outage:
                found[start:end] = UP
            else:
                counted.append((start, end))
        reading = Reading()
        days = self.days(agreement)
        for day, (start, end) in days:
            span = window.slice(start, end)
            of_day, is_open = found[span], opened[span]
            weights = [0, *agreement.weights]
            row = {"agreed": int(is_open.sum())}
            for name, code in (("excluded", EXCLUDED), ("unmeasured", UNMEASURED), ("downtime", DOWN)):
                row[name] = int(np.count_nonzero((of_day == code) & is_open)) if of_day.any() else 0
            row["maintenance"] = row["weighted"] = 0
            if row["downtime"]:
                down = (of_day == DOWN) & is_open
                row["maintenance"] = int(np.count_nonzero(down & by_maintenance[span]))
                tally = np.bincount(weighing[span][down], minlength=4)
                row["weighted"] = (sum(int(n) * w for n, w in zip(tally, weights, strict=True)) + 500_000) // 1_000_000
            reading.days[day] = row
        if days:
            self._failures(reading, counted, (days[0][1][0], days[-1][1][1]), days, opened, agreement)
        return reading

    def _failures(
        self,
        reading: Reading,
        runs: list[tuple[int, int]],
        validity: tuple[int, int],
        days: list[tuple[date, tuple[int, int]]],
        opened: Mask,
        agreement: Agreement,
    ) -> None:
        base, previous = self.window.start, None
        for low, high in runs:
            start, end = max(low + base, validity[0]), min(high + base, validity[1])
            seconds = int(opened[start - base : end - base].sum()) if start < end else 0
            if not seconds:
                continue
            day = next(day for day, (begin, finish) in days if begin <= start < finish)
            since = before = None
            if previous:
                since = int(opened[previous[0] - base : start - base].sum())
                before = int(opened[previous[1] - base : start - base].sum())
            is_open = end == self.world.as_of
            reading.failures.append(Failure(start, end, day, seconds, is_open, before, since))
            previous = (start, end)

    def data_loss(self, service: str, failure: Failure) -> int | None:
        """The greatest loss that a report of the failure names."""
        losses = [
            outage.data_loss
            for outage in self.world.services[service].outages
            if outage.data_loss is not None
            and outage.kind != "maintenance"
            and outage.start < failure.end
            and (self.world.as_of if outage.end is None else outage.end) > failure.start
        ]
        return max(losses, default=None)


def counted_and_up(agreement: Agreement, row: dict[str, int]) -> tuple[int, int]:
    """(denominator, numerator) of a day."""
    counted = row["agreed"]
    if agreement.excluded_time == "remove_from_denominator":
        counted -= row["excluded"]
    if agreement.unmeasured == "remove_from_denominator":
        counted -= row["unmeasured"]
    up = counted - row["weighted"]
    return counted, up - (row["unmeasured"] if agreement.unmeasured == "counts_as_down" else 0)


def nearest_rank(values: Sequence[int | None], percent: int) -> int | None:
    """The smallest value that at least so many percent do not exceed."""
    known = sorted(value for value in values if value is not None)
    for value in known:
        if sum(other <= value for other in known) * 100 >= percent * len(known):
            return value
    return None


def published_days(reference: Reference, agreement: Agreement, target: Target) -> dict[date, dict[str, Any]]:
    """What fct_service_availability should say of each day, by its own column names."""
    own = reference.read(agreement, target, is_chain=False)
    has_chain = bool(reference.world.services[agreement.service].needs)
    chain = reference.read(agreement, target, is_chain=True) if has_chain else own
    judged = chain if agreement.inherited == "counted" else own
    rows = {}
    for day, row in judged.days.items():
        begun = [failure for failure in judged.failures if failure.day == day]
        own_counted, own_up = counted_and_up(agreement, own.days[day])
        chain_counted, chain_up = counted_and_up(agreement, chain.days[day])
        rows[day] = {
            "agreed_seconds": row["agreed"],
            "excluded_seconds": row["excluded"],
            "unmeasured_seconds": row["unmeasured"],
            "downtime_seconds": row["downtime"],
            "weighted_downtime_seconds": row["weighted"],
            "maintenance_downtime_seconds": row["maintenance"],
            "failure_count": len(begun),
            "failure_downtime_seconds": sum(failure.seconds for failure in begun),
            "own_downtime_seconds": own.days[day]["downtime"],
            "own_counted_seconds": own_counted,
            "own_up_seconds": own_up,
            "chain_downtime_seconds": chain.days[day]["downtime"],
            "chain_counted_seconds": chain_counted,
            "chain_up_seconds": chain_up,
        }
    return rows


def published_periods(reference: Reference, agreement: Agreement, target: Target) -> dict[date, dict[str, Any]]:
    """Percentiles of rpt_availability by month, where failures began."""
    is_chain = agreement.inherited == "counted" and bool(reference.world.services[agreement.service].needs)
    reading = reference.read(agreement, target, is_chain)
    rows = {}
    for month in sorted({day.replace(day=1) for day in reading.days}):
        begun = [failure for failure in reading.failures if failure.day.replace(day=1) == month]
        row: dict[str, Any] = {"failure_count": len(begun)}
        row["longest_outage_seconds"] = max((failure.seconds for failure in begun), default=None)
        row["interval_count"] = sum(failure.since_previous is not None for failure in begun)
        for name, values in (
            ("mtrs", [failure.seconds for failure in begun]),
            ("mtbf", [failure.uptime_before for failure in begun]),
            ("mtbsi", [failure.since_previous for failure in begun]),
        ):
            row[f"{name}_p50_seconds"] = nearest_rank(values, 50)
            row[f"{name}_p90_seconds"] = nearest_rank(values, 90)
        rows[month] = row
    return rows


def published_recoveries(reference: Reference, agreement: Agreement, target: Target) -> dict[int, dict[str, Any]]:
    """What fct_outage_recovery should say of each failure, by the instant at which it began."""
    is_chain = agreement.inherited == "counted" and bool(reference.world.services[agreement.service].needs)
    rows = {}
    for failure in reference.read(agreement, target, is_chain).failures:
        loss = reference.data_loss(agreement.service, failure)
        measured = failure.seconds if target.metric == "restore_time" else loss
        assert target.threshold is not None
        if measured is None:
            state = "unknown"
        elif measured > target.threshold:
            state = "breached"
        elif failure.is_open and target.metric == "restore_time":
            state = "running"
        else:
            state = "met"
        rows[failure.start] = {
            "restored_at": None if failure.is_open else failure.end,
            "restore_seconds": failure.seconds,
            "data_loss_seconds": loss,
            "state": state,
            "period_start": failure.day.replace(day=1),
        }
    return rows
