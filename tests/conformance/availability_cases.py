"""Services worked by hand: the golden cases of availability, each with its working beside it.

Belongs here: what happened, and the figures that follow, worked out on paper. Does not belong here: how they are
computed. They run in the same nightly as the random services, and are read by the reference as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.conformance.availability_project import AvailabilityProject, Cluster, always
from tests.conformance.availability_reference import Agreement, Check, Outage, Service, Target, Terms
from tests.conformance.open_hours import Calendar, Hours
from tests.conformance.random_project import AS_OF, DAY, HOUR, epoch

LONDON = "Europe/London"
AROUND_THE_CLOCK = always("case-always", LONDON)
OFFICE = Calendar("case-office", LONDON, (Hours(weekly={day: [(9 * 60, 17 * 60)] for day in range(5)}),))
TEN_HOURS = Calendar("case-ten-hours", LONDON, (Hours(weekly={day: [(9 * 60, 19 * 60)] for day in range(5)}),))
NIGHTS = Calendar("case-nights", LONDON, (Hours(weekly={5: [(22 * 60, 6 * 60)], 6: [(22 * 60, 6 * 60)]}),))
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


@dataclass(frozen=True)
class Case:
    """One service under one agreement; `figures` of rpt_availability by month, `recoveries` in their order."""

    name: str
    outages: tuple[Outage, ...] = ()
    checks: tuple[Check, ...] = ()
    calendar: Calendar = AROUND_THE_CLOCK
    valid_from: date = MARCH
    valid_to: date | None = date(2026, 5, 1)
    policies: dict[str, Any] = field(default_factory=dict)
    needs: tuple[tuple[str, str], ...] = ()
    others: tuple[Service, ...] = ()
    figures: dict[date, dict[str, Any]] = field(default_factory=dict)
    recoveries: Sequence[tuple[str, int]] = ()

    def cluster(self) -> Cluster:
        agreement = Agreement(
            f"sla-{self.name}",
            self.name,
            LONDON,
            self.valid_from,
            self.valid_to,
            (
                Target("up", "availability", self.calendar.name),
                Target("recovery", "restore_time", self.calendar.name, 4 * HOUR),
            ),
            **self.policies,
        )
        start = AROUND_THE_CLOCK.instant(self.valid_from) - 3 * DAY
        last = self.valid_to or date.fromisoformat(AS_OF[:10]) + timedelta(days=1)
        end = min(AROUND_THE_CLOCK.instant(last) + 3 * DAY, epoch(AS_OF))
        service = Service(self.name, self.outages, self.checks, self.needs)
        return Cluster(start, end, (service, *self.others), (agreement,))


def outage(number: str, start: str, end: str | None, kind: str = "outage", **more: Any) -> Outage:
    return Outage(number, epoch(start), None if end is None else epoch(end), kind, **more)


def _maintained(name: str, announced: str, figures: dict[str, Any]) -> Case:
    """Saturday 7 March, 22:00 to 02:00 (14,400 s), under terms of 48 hours and weekend nights."""
    work = outage(
        f"{name}-1", "2026-03-07T22:00:00Z", "2026-03-08T02:00:00Z", "maintenance", announced=epoch(announced)
    )
    terms = Terms(announced_before=48 * HOUR, windows=(NIGHTS.name,))
    return Case(name, (work,), policies={"terms": terms}, figures={MARCH: figures})


# 14 days of 8 hours, 2 to 19 March: 403,200 s. Maintenance Tuesday 09:00 to 10:30: 5,400 s. Outage Wednesday 10:00 to
# 12:30: 9,000 s. 403,200 - 5,400 - 9,000 = 388,800 of 397,800.
_PAPER = (
    ("1", "2026-03-03T09:00:00Z", "2026-03-03T10:30:00Z", "maintenance"),
    ("2", "2026-03-04T10:00:00Z", "2026-03-04T12:30:00Z", "outage"),
)

CASES = (
    Case(
        "excluded-time-leaves-the-denominator",
        tuple(outage(f"paper-a-{n}", start, end, kind) for n, start, end, kind in _PAPER),
        calendar=OFFICE,
        valid_from=date(2026, 3, 2),
        valid_to=date(2026, 3, 20),
        figures={MARCH: {"agreed_seconds": 403_200, "numerator": 388_800, "denominator": 397_800, "percent": 97.73}},
    ),
    Case(
        "excluded-time-counts-as-up",
        tuple(outage(f"paper-b-{n}", start, end, kind) for n, start, end, kind in _PAPER),
        calendar=OFFICE,
        valid_from=date(2026, 3, 2),
        valid_to=date(2026, 3, 20),
        policies={"excluded_time": "counts_as_up"},
        figures={MARCH: {"agreed_seconds": 403_200, "numerator": 394_200, "denominator": 403_200, "percent": 97.76}},
    ),
    # 22:00 to 02:00 in London, which is an hour ahead of UTC by then: two hours on each side of the month's end.
    Case(
        "over-midnight-and-month-end",
        (outage("month-end-1", "2026-03-31T21:00:00Z", "2026-04-01T01:00:00Z"),),
        figures={
            MARCH: {"downtime_seconds": 7_200, "failure_count": 1, "mtrs_seconds": 14_400, "mtrs_p50_seconds": 14_400},
            APRIL: {"downtime_seconds": 7_200, "failure_count": 0, "mtrs_seconds": None, "mtrs_p50_seconds": None},
        },
        recoveries=[("met", 14_400)],  # equality is met
    ),
    # 10:00 to 12:00 and 11:00 to 13:00:01 are three hours and a second, once; a second failure follows at 15:00.
    Case(
        "overlapping-outages",
        (
            outage("overlap-1", "2026-03-03T10:00:00Z", "2026-03-03T12:00:00Z"),
            outage("overlap-2", "2026-03-03T11:00:00Z", "2026-03-03T13:00:01Z"),
            outage("overlap-3", "2026-03-03T15:00:01Z", "2026-03-03T19:00:02Z"),
        ),
        figures={
            MARCH: {
                "downtime_seconds": 10_801 + 14_401,
                "failure_count": 2,
                "longest_outage_seconds": 14_401,
                "interval_count": 1,
                "mtbf_p50_seconds": 7_200,
                "mtbsi_p50_seconds": 18_001,
            }
        },
        recoveries=[("met", 10_801), ("breached", 14_401)],
    ),
    Case(
        "outage-inside-maintenance",
        (
            outage("inside-1", "2026-03-03T10:00:00Z", "2026-03-03T14:00:00Z", "maintenance"),
            outage("inside-2", "2026-03-03T11:00:00Z", "2026-03-03T12:00:00Z"),
        ),
        figures={MARCH: {"downtime_seconds": 0, "excluded_seconds": 14_400, "failure_count": 0}},
    ),
    # as_of is 12:34:56: 34 minutes and 56 seconds so far.
    Case(
        "open-outage",
        (outage("open-1", "2026-11-20T12:00:00Z", None),),
        valid_from=date(2026, 11, 1),
        valid_to=None,
        figures={date(2026, 11, 1): {"downtime_seconds": 2_096, "failure_count": 1, "is_provisional": True}},
        recoveries=[("running", 2_096)],
    ),
    # One day of ten hours: half an hour down, an hour unknown. 8.5 of 9; all down 8.5 of 10, all up 9.5 of 10.
    Case(
        "unmeasured-gap",
        checks=(
            Check("monitor-a", epoch("2026-03-03T08:00:00Z"), "up"),
            Check("monitor-a", epoch("2026-03-03T10:00:00Z"), "down"),
            Check("monitor-a", epoch("2026-03-03T10:30:00Z"), "unknown"),
            Check("monitor-a", epoch("2026-03-03T11:30:00Z"), "up"),
        ),
        calendar=TEN_HOURS,
        valid_from=date(2026, 3, 3),
        valid_to=date(2026, 3, 4),
        figures={
            MARCH: {
                "numerator": 30_600,
                "denominator": 32_400,
                "unmeasured_seconds": 3_600,
                "low_percent": 85.0,
                "high_percent": 95.0,
            }
        },
    ),
    # A check's state holds 26 hours: from 3 March 10:00 to 4 March 12:00. All else of March is unmeasured.
    Case(
        "silent-monitor",
        checks=(
            Check("monitor-a", epoch("2026-03-03T10:00:00Z"), "up"),
            Check("monitor-a", epoch("2026-04-03T10:00:00Z"), "up"),
        ),
        figures={MARCH: {"agreed_seconds": 31 * DAY - HOUR, "denominator": 26 * HOUR, "numerator": 26 * HOUR}},
    ),
    # 48 hours before Saturday 22:00 is Thursday 22:00.
    _maintained("announced-in-time", "2026-03-05T22:00:00Z", {"excluded_seconds": 14_400, "downtime_seconds": 0}),
    _maintained(
        "announced-too-late",
        "2026-03-05T22:00:01Z",
        {"excluded_seconds": 0, "downtime_seconds": 14_400, "maintenance_downtime_seconds": 14_400},
    ),
    # Four hours are excused a month: the first three hours, and one hour of the second three.
    Case(
        "monthly-allowance",
        (
            outage("allowance-1", "2026-03-03T01:00:00Z", "2026-03-03T04:00:00Z", "maintenance"),
            outage("allowance-2", "2026-03-17T01:00:00Z", "2026-03-17T04:00:00Z", "maintenance"),
            outage("allowance-3", "2026-04-02T01:00:00Z", "2026-04-02T04:00:00Z", "maintenance"),
        ),
        policies={"terms": Terms(allowance=4 * HOUR)},
        figures={
            MARCH: {"excluded_seconds": 14_400, "downtime_seconds": 7_200, "failure_count": 1},
            APRIL: {"excluded_seconds": 10_800, "downtime_seconds": 0, "failure_count": 0},
        },
    ),
    # The database is out 10:00 to 11:00, the service itself 10:30 to 11:30.
    Case(
        "serial-dependency",
        (outage("serial-1", "2026-03-03T10:30:00Z", "2026-03-03T11:30:00Z"),),
        needs=(("case-database", "serial"),),
        others=(Service("case-database", (outage("serial-2", "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z"),)),),
        figures={MARCH: {"downtime_seconds": 3_600, "own_downtime_seconds": 3_600, "chain_downtime_seconds": 5_400}},
    ),
    # Of two that can stand in for each other only the hour counts in which both are out; here the agreement judges it.
    Case(
        "parallel-dependency",
        needs=(("case-left", "parallel"), ("case-right", "parallel")),
        others=(
            Service("case-left", (outage("parallel-1", "2026-03-03T10:00:00Z", "2026-03-03T12:00:00Z"),)),
            Service("case-right", (outage("parallel-2", "2026-03-03T11:00:00Z", "2026-03-03T13:00:00Z"),)),
        ),
        policies={"inherited": "counted"},
        figures={MARCH: {"downtime_seconds": 3_600, "own_downtime_seconds": 0, "chain_downtime_seconds": 3_600}},
        recoveries=[("met", 3_600)],
    ),
    # A run of 15 minutes less a second is too short; one of exactly 15 minutes counts, though a minute of it is agreed.
    Case(
        "shorter-than-min-outage",
        (
            outage("short-1", "2026-03-03T10:00:00Z", "2026-03-03T10:14:59Z"),
            outage("short-2", "2026-03-04T08:46:00Z", "2026-03-04T09:01:00Z"),
        ),
        calendar=OFFICE,
        policies={"min_outage": 15 * 60},
        figures={MARCH: {"downtime_seconds": 60, "failure_count": 1}},
    ),
    # Five seconds of partial outage on each of two days: 1.5 s are 2 s a day.
    Case(
        "rounded-once-a-day",
        (
            outage("rounded-1", "2026-03-03T10:00:00Z", "2026-03-03T10:00:05Z", "partial"),
            outage("rounded-2", "2026-03-04T10:00:00Z", "2026-03-04T10:00:05Z", "partial"),
        ),
        figures={MARCH: {"downtime_seconds": 10, "weighted_downtime_seconds": 4}},
    ),
    Case(
        "no-length",
        (outage("no-length-1", "2026-03-03T10:00:00Z", "2026-03-03T10:00:00Z"),),
        figures={
            MARCH: {"downtime_seconds": 0, "failure_count": 0, "mtbf_seconds": None, "longest_outage_seconds": None}
        },
    ),
)


def worked_availability() -> AvailabilityProject:
    """All cases as one project."""
    return AvailabilityProject((AROUND_THE_CLOCK, OFFICE, TEN_HOURS, NIGHTS), tuple(case.cluster() for case in CASES))
