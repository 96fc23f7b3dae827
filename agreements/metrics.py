"""What a target may measure, and what each metric asks of the target.

Belongs here: the register of metrics with the form of their objective.
Does not belong here: how a metric is computed (dbt models).
Read by `models`, `validate`, `sentences` and `compile`.
"""

from dataclasses import dataclass
from typing import Literal

AgreementType = Literal["SLA", "OLA", "UC"]
AGREEMENT_TYPES: tuple[AgreementType, ...] = ("SLA", "OLA", "UC")

SURVEY_ITEM_PREFIX = "survey_item:"

STATUSES = (
    "new",
    "in_progress",
    "waiting_customer",
    "waiting_supplier",
    "waiting_internal",
    "on_hold",
    "resolved",
    "closed",
    "cancelled",
    "merged",
)
TERMINAL_STATUSES = frozenset({"resolved", "closed", "cancelled", "merged"})
OPEN_STATUSES = tuple(status for status in STATUSES if status not in TERMINAL_STATUSES)
# The canonical feeds that figures of each subject are made of. Answers find their service through the ticket.
_TICKET_FEEDS = frozenset({"tickets", "ticket_events"})
_OUTAGE_FEEDS = frozenset({"outages", "uptime_checks"})
_FEEDS = {
    "ticket": _TICKET_FEEDS,
    "promise": _TICKET_FEEDS,
    "outage": _OUTAGE_FEEDS,
    "service": _OUTAGE_FEEDS,
    "answer": _TICKET_FEEDS | {"survey_responses", "survey_invitations"},
}


@dataclass(frozen=True)
class Metric:
    """One metric: whose events it counts and what its objective looks like.

    `value`: "duration" (ISO 8601), "score" (a number the answer must reach), "percent" (a number that is itself the
    target), or None where only targetPercent says what is promised.
    """

    name: str
    subject: Literal["ticket", "outage", "service", "answer", "promise"]
    op: Literal["lte", "gte"]
    value: Literal["duration", "score", "percent"] | None
    is_clock: bool = False
    needs_calendar: bool = False
    clock_stop: str | None = None
    has_own_start: bool = False
    """A clock that something of its own starts, so that clock.start has nothing to say."""
    measured_in: tuple[AgreementType, ...] = ()
    """The types of agreement in which there is a figure for it; in others the target is accepted and kept."""

    @property
    def is_measured(self) -> bool:
        """Whether there is a figure for it in any type of agreement."""
        return bool(self.measured_in)

    @property
    def has_scope(self) -> bool:
        """Whether scope (type, priority, category, channel) can narrow it: only what belongs to a ticket."""
        return self.subject in ("ticket", "answer", "promise")

    @property
    def feeds(self) -> frozenset[str]:
        """The canonical feeds without which its figures are not known."""
        return _FEEDS[self.subject]

    @property
    def default_per(self) -> Literal["agreement", "service"]:
        """Whose verdict it is unless the target says so: outages and availability are each service's own."""
        return "service" if self.subject in ("service", "outage") else "agreement"


def _clock(name: str, stop: str | None, measured_in: AgreementType = "SLA", has_own_start: bool = False) -> Metric:
    return Metric(name, "ticket", "lte", "duration", True, True, stop, has_own_start, (measured_in,))


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _clock("time_to_first_response", "ticket.first_response"),
        _clock("time_to_next_reply", None, has_own_start=True),
        _clock("max_update_gap", "ticket.resolved", has_own_start=True),
        _clock("time_to_resolve", "ticket.resolved"),
        _clock("time_to_close", "ticket.closed"),
        _clock("time_in_team", None, "OLA", has_own_start=True),
        _clock("time_with_supplier", None, "UC", has_own_start=True),
        Metric("availability", "service", "gte", None, needs_calendar=True, measured_in=AGREEMENT_TYPES),
        Metric("restore_time", "outage", "lte", "duration", measured_in=AGREEMENT_TYPES),
        Metric("data_loss", "outage", "lte", "duration", measured_in=AGREEMENT_TYPES),
        Metric("csat", "answer", "gte", None, measured_in=("SLA",)),
        Metric("nps", "answer", "gte", "percent", measured_in=("SLA",)),
        Metric("ces", "answer", "gte", "score", measured_in=("SLA",)),
        Metric("survey_item", "answer", "gte", "score", measured_in=("SLA",)),
        Metric("promise_kept", "promise", "gte", None),
        Metric("first_contact_resolution", "ticket", "gte", None),
        Metric("reopen_rate", "ticket", "lte", "percent"),
    )
}

CES_DEFAULT_SCORE = 5.0

OBLIGATION_METRICS = frozenset({"time_waiting_customer"})


def metric_of(text: str) -> Metric | None:
    """The metric named by a target's `metric`, None if there is none. `survey_item:<item>` names an item."""
    if text.startswith(SURVEY_ITEM_PREFIX):
        return METRICS["survey_item"] if text.removeprefix(SURVEY_ITEM_PREFIX) else None
    return METRICS.get(text) if text != "survey_item" else None


def metric_names() -> list[str]:
    """All metrics as a target may write them."""
    return [f"{SURVEY_ITEM_PREFIX}<item>" if name == "survey_item" else name for name in METRICS]
