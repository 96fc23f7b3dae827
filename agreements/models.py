"""The documents of contract-as-code, one model per kind.

Belongs here: the form of each document and every rule that one document can break by itself.
Does not belong here: rules across documents (`validate`), calendar arithmetic (`calendars`).
Sits after the YAML reader and before `validate`. Keys are camelCase as in the files, attributes snake_case; nothing is
coerced; unknown keys are errors.
"""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, field_validator, model_validator

from agreements.metrics import (
    OBLIGATION_METRICS,
    OPEN_STATUSES,
    STATUSES,
    TERMINAL_STATUSES,
    AgreementType,
    metric_names,
    metric_of,
)
from agreements.recurrence import check_rule
from settings.instants import check_zone, parse_clock_duration, parse_date, parse_instant, parse_period
from settings.project import PeriodType, period_first_day
from settings.validation import StrictModel

API_VERSION = "slm/v1"
ALL_SERVICES = "*"
PPM_PER_PERCENT = 10_000
MAX_INT = 2_147_483_647

_RFC_1123 = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_RANGE = re.compile(r"^([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})$")
_MONTH_DAY = re.compile(r"^(\d{2})-(\d{2})$")
_CURRENCY = re.compile(r"^[A-Z]{3}$")
DAY_MINUTES = 24 * 60
MAX_WEIGHT = 1_000_000

# --- values ---------------------------------------------------------------------------------------------------------


class Unreadable(ValueError):
    """A value of a form that the key does not take (pydantic passes on ValueError only)."""


def _identifier(value: Any) -> Any:
    if isinstance(value, str) and (len(value) > 253 or not _RFC_1123.match(value)):
        raise ValueError(f'"{value}" is not an RFC 1123 name; use lower-case letters, digits, hyphens and dots')
    return value


def _zone(value: Any) -> Any:
    return check_zone(value) if isinstance(value, str) else value


def _text(value: Any, example: str) -> str:
    """`value` if it is text. Raises ValueError saying how to write it."""
    if not isinstance(value, str):
        raise Unreadable(f'should be text such as "{example}", not {value!r}')
    return value


def _number(value: Any) -> Decimal:
    """`value` exactly as it is written, if it is a number. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not Decimal(str(value)).is_finite():
        raise ValueError(f"should be a number, not {value!r}")
    return Decimal(str(value))


def _date(value: Any) -> date:
    return parse_date(_text(value, "2026-03-01"))


def _date_or_instant(value: Any) -> date:
    """A date stays a date (the local midnight of a zone named elsewhere); an instant is aware UTC."""
    text = _text(value, "2026-03-01")
    return parse_date(text) if len(text) <= 10 else parse_instant(text)


def _instant(value: Any) -> datetime:
    return parse_instant(_text(value, "2026-03-01T09:00:00Z"))


def _clock_seconds(value: Any) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise Unreadable(f"{value} has no unit; write an ISO 8601 duration such as PT4H")
    return parse_clock_duration(_text(value, "PT4H"))


def _period_text(value: Any) -> str:
    return parse_period(_text(value, "P1M"))


def _amount(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unreadable('should be an amount such as "4200.00"')
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f'"{value}" is not an amount; write it like "4200.00"') from error
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 16 or amount != round(amount, 2):
        raise ValueError(f'"{value}" is not an amount with at most two decimals')
    return round(amount, 2)


def _percent_ppm(value: Any) -> int:
    """Parts per million of a percentage, exactly."""
    ppm = _number(value) * PPM_PER_PERCENT
    if not 0 <= ppm <= 100 * PPM_PER_PERCENT:
        raise ValueError(f"should be from 0 to 100, not {value}")
    if ppm != int(ppm):
        raise ValueError(f"{value} has more than four decimals")
    return int(ppm)


def _weight_ppm(value: Any) -> int:
    """Parts per million of a weight from 0 to 1, exactly."""
    ppm = _number(value) * 1_000_000
    if not 0 <= ppm <= 1_000_000:
        raise ValueError(f"should be from 0 to 1, not {value}")
    if ppm != int(ppm):
        raise ValueError(f"{value} has more than six decimals")
    return int(ppm)


def _currency(value: Any) -> Any:
    if isinstance(value, str) and not _CURRENCY.match(value):
        raise ValueError(f'"{value}" is not an ISO 4217 currency code such as GBP')
    return value


def _range(value: Any) -> tuple[int, int]:
    """("22:00-06:00") -> (1320, 1800): minutes since the local midnight, the end beyond 1440 past the next midnight."""
    text = _text(value, "09:00-17:00")
    match = _RANGE.match(text)
    if not match:
        raise ValueError(f'"{text}" is not a range of local times; write it like "09:00-17:00"')
    hours = [int(part) for part in match.groups()]
    if hours[1] > 59 or hours[3] > 59 or hours[0] > 23 or hours[2] * 60 + hours[3] > DAY_MINUTES:
        raise ValueError(f'"{text}" is not a range of local times from "00:00" to "24:00"')
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    return start, end if end > start else end + DAY_MINUTES


def _month_day(value: Any) -> str:
    text = _text(value, "12-25")
    match = _MONTH_DAY.match(text)
    if not match:
        raise ValueError(f'"{text}" is not a day of the year; write it as "MM-DD", such as "12-25"')
    try:
        date(2024, int(match[1]), int(match[2]))  # a leap year: "02-29" is a day, in leap years
    except ValueError as error:
        raise ValueError(f'"{text}" is no day of any year') from error
    return text


def _version_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _scalar(value: Any) -> Any:
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | int | float)):
        raise ValueError("should be a duration such as PT4H or a number")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"should be a number, not {value}")
    return value


def _service_id(value: Any) -> Any:
    return value if value == ALL_SERVICES else _identifier(value)


Identifier = Annotated[str, BeforeValidator(_identifier)]
Text = Annotated[str, Field(min_length=1)]
Zone = Annotated[str, BeforeValidator(_zone)]
Day = Annotated[date, PlainValidator(_date)]
Instant = Annotated[datetime, PlainValidator(_instant)]
DayOrInstant = Annotated[date, PlainValidator(_date_or_instant)]  # a datetime is a date, too
ClockSeconds = Annotated[int, PlainValidator(_clock_seconds)]
PeriodText = Annotated[str, PlainValidator(_period_text)]
PercentPpm = Annotated[int, PlainValidator(_percent_ppm)]
WeightPpm = Annotated[int, PlainValidator(_weight_ppm)]
Amount = Annotated[Decimal, PlainValidator(_amount)]
Currency = Annotated[str, BeforeValidator(_currency)]
MinuteRange = Annotated[tuple[int, int], PlainValidator(_range)]
MonthDay = Annotated[str, PlainValidator(_month_day)]
Scalar = Annotated[str | int | float | None, PlainValidator(_scalar)]


def _no_repeats(values: list[Any], what: str) -> None:
    seen = set()
    for value in values:
        if value in seen:
            raise ValueError(f'{what} "{value}" is given twice')
        seen.add(value)


# --- envelope -------------------------------------------------------------------------------------------------------


class Metadata(StrictModel):
    """Who the document is."""

    name: Identifier
    display_name: Text | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class Money(StrictModel):
    """An amount with its currency, per unit of something."""

    amount: Amount
    currency: Currency
    per: Literal["month", "quarter", "year", "week", "day", "hour", "occurrence", "ticket", "user", "unit"] | None = (
        None
    )


class Scope(StrictModel):
    """Which tickets a target is about; an absent key is no restriction."""

    type: Annotated[list[Literal["incident", "request", "problem", "change", "task"]], Field(min_length=1)] | None = (
        None
    )
    priority: Annotated[list[Text], Field(min_length=1)] | None = None
    category: Annotated[list[Text], Field(min_length=1)] | None = None
    channel: Annotated[list[Text], Field(min_length=1)] | None = None

    def restrictions(self) -> dict[str, list[str]]:
        """The given keys under the names of the ticket's columns, values sorted."""
        given = {
            "ticket_type": self.type,
            "priority": self.priority,
            "category": self.category,
            "channel": self.channel,
        }
        return {key: sorted(set(values)) for key, values in given.items() if values is not None}


# --- parties --------------------------------------------------------------------------------------------------------


class BusinessProfile(StrictModel):
    """What the customer's business does: no personal data."""

    processes: list[Text] = Field(default_factory=list)
    peaks: list[Text] = Field(default_factory=list)
    dependencies: list[Text] = Field(default_factory=list)
    goals: list[Text] = Field(default_factory=list)


class Customer(StrictModel):
    """A party that receives services."""

    display_name: Text | None = None
    description: Text | None = None
    time_zone: Zone | None = None
    language: Text | None = None
    profile: BusinessProfile | None = None


class Team(StrictModel):
    """A party that works on tickets."""

    display_name: Text | None = None
    description: Text | None = None


# --- calendar -------------------------------------------------------------------------------------------------------

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _checked_ranges(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges of one day in order; overlapping ones are an error."""
    ordered = sorted(ranges)
    for earlier, later in pairwise(ordered):
        if later[0] < earlier[1]:
            raise ValueError(f"the ranges {range_text(earlier)} and {range_text(later)} overlap")
    return ordered


def range_text(minutes: tuple[int, int]) -> str:
    """09:00-17:00 for (540, 1020)."""
    start, end = minutes
    shown = end if end <= DAY_MINUTES else end - DAY_MINUTES
    return f"{start // 60:02d}:{start % 60:02d}-{shown // 60:02d}:{shown % 60:02d}"


class Weekly(StrictModel):
    """Open ranges of each weekday, as minutes since local midnight; a day without a key is closed."""

    mon: list[MinuteRange] = Field(default_factory=list)
    tue: list[MinuteRange] = Field(default_factory=list)
    wed: list[MinuteRange] = Field(default_factory=list)
    thu: list[MinuteRange] = Field(default_factory=list)
    fri: list[MinuteRange] = Field(default_factory=list)
    sat: list[MinuteRange] = Field(default_factory=list)
    sun: list[MinuteRange] = Field(default_factory=list)

    @field_validator(*WEEKDAYS)
    @classmethod
    def _no_overlap(cls, ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
        return _checked_ranges(ranges)

    def by_weekday(self) -> list[list[tuple[int, int]]]:
        """The ranges of Monday to Sunday."""
        return [getattr(self, day) for day in WEEKDAYS]


class Holiday(StrictModel):
    """A closed local day."""

    date: Day
    name: Text | None = None


class PublicHolidays(StrictModel):
    """The public holidays of a country or of one of its subdivisions, by ISO 3166 codes."""

    country: Text
    subdivision: Text | None = None

    @model_validator(mode="after")
    def _are_known(self) -> "PublicHolidays":
        import holidays  # here, not above: it takes half a second and most calendars name no country

        known = holidays.list_supported_countries()
        if self.country not in known:
            raise ValueError(f'no public holidays are known for "{self.country}"; write an ISO 3166 code such as GB')
        if self.subdivision is not None and self.subdivision not in known[self.country]:
            names = ", ".join(known[self.country]) or "none"
            raise ValueError(f'{self.country} has no subdivision "{self.subdivision}"; known: {names}')
        return self


class Calendar(StrictModel):
    """One version of the hours in which a clock runs; versions share a name and differ in `valid_from`."""

    display_name: Text | None = None
    time_zone: Zone
    valid_from: Day | None = None
    weekly: Weekly | None = None
    always_open: bool = False
    holidays: list[Holiday] = Field(default_factory=list)
    recurring_holidays: list[MonthDay] = Field(default_factory=list)
    public_holidays: PublicHolidays | None = None
    overrides: dict[str, list[MinuteRange]] = Field(default_factory=dict)
    breaks: dict[str, list[MinuteRange]] = Field(default_factory=dict)

    @field_validator("overrides", "breaks")
    @classmethod
    def _keys_are_dates(cls, days: dict[str, list[tuple[int, int]]]) -> dict[str, list[tuple[int, int]]]:
        for day in days:
            parse_date(day)
        return days

    @field_validator("overrides")
    @classmethod
    def _no_overlap(cls, days: dict[str, list[tuple[int, int]]]) -> dict[str, list[tuple[int, int]]]:
        for day, ranges in days.items():
            try:
                _checked_ranges(ranges)
            except ValueError as error:
                raise ValueError(f"on {day} {error}") from error
        return days

    @model_validator(mode="after")
    def _hours_are_given_once(self) -> "Calendar":
        if self.always_open and self.weekly is not None:
            raise ValueError("has both weekly and alwaysOpen; keep one")
        if not self.always_open and self.weekly is None:
            raise ValueError("needs weekly hours or alwaysOpen: true")
        return self

    def is_always_open(self) -> bool:
        """Open at every instant."""
        full = [(0, DAY_MINUTES)]
        return (
            (self.always_open or (self.weekly is not None and all(day == full for day in self.weekly.by_weekday())))
            and not (self.holidays or self.recurring_holidays or self.public_holidays or self.breaks)
            and all(ranges == full for ranges in self.overrides.values())
        )


# --- service and requirement ----------------------------------------------------------------------------------------


class ServiceDependency(StrictModel):
    """A service that this one needs: serial = always, parallel = one of several suffices."""

    service: Identifier
    mode: Literal["serial", "parallel"] = "serial"


class OfferingElement(StrictModel):
    """What the customer gets: goods, access to something, or an action."""

    kind: Literal["goods", "access", "action"]
    name: Text


class MomentOfTruth(StrictModel):
    """A recurring window in which the service must be there; on wall clocks of `time_zone`, else the project's zone."""

    name: Text
    rrule: Text
    window: MinuteRange
    weight: float = Field(default=1, gt=0, le=MAX_WEIGHT)
    time_zone: Zone | None = None
    starts_on: Day | None = None

    @model_validator(mode="after")
    def _recurs(self) -> "MomentOfTruth":
        check_rule(self.rrule, self.starts_on)
        return self


class ServiceTier(StrictModel):
    """A level at which a service is sold, with its price and its cost."""

    name: Identifier
    display_name: Text | None = None
    price: Money | None = None
    cost: Money | None = None


class Service(StrictModel):
    """Something a customer uses."""

    owner: Text
    display_name: Text | None = None
    description: Text | None = None
    depends_on: list[ServiceDependency] = Field(default_factory=list)
    elements: list[OfferingElement] = Field(default_factory=list)
    moments_of_truth: list[MomentOfTruth] = Field(default_factory=list)
    tiers: list[ServiceTier] = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Service":
        _no_repeats([tier.name for tier in self.tiers], "the tier")
        _no_repeats([dependency.service for dependency in self.depends_on], "the dependency")
        _no_repeats([moment.name for moment in self.moments_of_truth], "the moment of truth")
        return self


class Needed(StrictModel):
    """The level the business asks for."""

    op: Literal["lte", "gte"]
    value: Scalar = None
    target_percent: PercentPpm | None = None


class Requirement(StrictModel):
    """A service level requirement in the business's own words."""

    customer: Identifier
    service: Identifier | None = None
    statement: Text
    metric: Text | None = None
    scope: Scope = Scope()
    needed: Needed | None = None
    value_at_stake: Money | None = None
    affordable: Money | None = None
    raised_by: Text | None = None
    sponsor: Text | None = None
    source: Text | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None

    @field_validator("metric")
    @classmethod
    def _metric_is_known(cls, metric: str | None) -> str | None:
        return None if metric is None else check_metric(metric)


def check_metric(text: str) -> str:
    """`text` if it names a metric. Raises ValueError with the list of metrics."""
    if metric_of(text) is None:
        raise ValueError(f'the metric "{text}" is not known; known: {", ".join(metric_names())}')
    return text


# --- agreement ------------------------------------------------------------------------------------------------------

AGREEMENT_STATUSES = ("draft", "negotiating", "signed", "in_force", "amended", "retired", "refused")
MEASURED_STATUSES = frozenset({"signed", "in_force", "amended", "retired"})
AgreementStatus = Literal["draft", "negotiating", "signed", "in_force", "amended", "retired", "refused"]
Side = Literal["provider", "consumer"]


class ListedService(StrictModel):
    """A service the agreement is about, at the tier agreed, with how many people use it; "*" = all services."""

    service: Annotated[str, BeforeValidator(_service_id)]
    tier: Identifier | None = None
    users: int | None = Field(default=None, ge=1, le=MAX_INT)


def _service_entry(value: Any) -> Any:
    if value == ALL_SERVICES:
        return {"service": ALL_SERVICES}
    if isinstance(value, str):
        raise Unreadable(f'write {{service: {value}, tier: ...}}, or "*" alone for all services')
    return value


class LifecycleStep(StrictModel):
    """The day (or instant) on which the agreement reached a state."""

    state: AgreementStatus
    at: DayOrInstant
    note: Text | None = None


class Signature(StrictModel):
    """One side's signature, by role, never by a person's name."""

    side: Side
    role: Text
    at: DayOrInstant


class Validity(StrictModel):
    """Half-open [from, to); a date means local midnight in `time_zone`, else in the project's zone."""

    from_: DayOrInstant = Field(alias="from")
    to: DayOrInstant | None = None
    time_zone: Zone | None = None


class Supersedes(StrictModel):
    """The version that this one replaces."""

    name: Identifier
    version: int = Field(ge=1)


class Reviews(StrictModel):
    """How often both sides meet over the figures."""

    every: PeriodText
    attendees: list[Text] = Field(default_factory=list)


class AgreementReporting(StrictModel):
    """When figures are due and when they become final, in working days after the period's end."""

    period: PeriodType | None = None
    due_working_days: int | None = Field(default=None, ge=0, le=366)
    close_after_working_days: int | None = Field(default=None, ge=0, le=366)


class WorkloadLimit(StrictModel):
    """The volume up to which the agreement binds."""

    tickets: int = Field(ge=1, le=MAX_INT)
    per: Literal["day", "week", "month", "quarter", "year"]


class Reopen(StrictModel):
    """What a reopened ticket does to its clocks. `window_days` counts open days of the target's calendar."""

    mode: Literal["resume", "new_cycle", "ignore"] = "resume"
    window_days: int = Field(default=5, ge=0, le=366)


class LowVolume(StrictModel):
    """Below how many counted events a figure is flagged as resting on few."""

    min_denominator: int = Field(default=20, ge=0, le=MAX_INT)


class DowntimeWeights(StrictModel):
    """How much of each kind of outage counts as downtime, in parts per million. Maintenance never counts."""

    outage: WeightPpm = 1_000_000
    partial: WeightPpm = 300_000
    degraded: WeightPpm = 0


class Maintenance(StrictModel):
    """What makes maintenance excusable; what is not said is not demanded. Any other maintenance is downtime.

    `announced_before`: seconds between announcement and begin. `windows`: calendars in whose open hours it must lie.
    `monthly_allowance`: agreed seconds that may be excused per local month.
    """

    announced_before: ClockSeconds | None = None
    windows: list[Identifier] = Field(default_factory=list)
    monthly_allowance: ClockSeconds | None = None

    @field_validator("windows")
    @classmethod
    def _windows_are_unique(cls, windows: list[str]) -> list[str]:
        _no_repeats(windows, "the window")
        return windows


class Policies(StrictModel):
    """The contested choices; what is not said has the default that is printed on the report."""

    attribution: Literal["decided", "due", "resolved", "created"] = "decided"
    reopen: Reopen = Reopen()
    priority_change: Literal["at_clock_start_plus_upgrade", "event_time", "final_value"] = "at_clock_start_plus_upgrade"
    zero_denominator: Literal["no_data"] = "no_data"
    low_volume: LowVolume = LowVolume()
    excluded_time: Literal["remove_from_denominator", "counts_as_up"] = "remove_from_denominator"
    exclude_attributed_to: list[Literal["provider", "supplier", "customer", "third_party"]] = Field(
        default_factory=list
    )
    unmeasured: Literal["remove_from_denominator", "counts_as_up", "counts_as_down"] = "remove_from_denominator"
    downtime_weights: DowntimeWeights = DowntimeWeights()
    min_outage: ClockSeconds = 0
    maintenance: Maintenance | None = None
    inherited_downtime: Literal["reported", "counted"] = "reported"
    no_reply: Literal["stops", "breach"] = "stops"
    staleness: ClockSeconds | None = None


class Objective(StrictModel):
    """What is promised: `value` as written (a duration or a number), `target_percent` in parts per million."""

    op: Literal["lte", "gte"]
    value: Scalar = None
    target_percent: PercentPpm | None = None
    per: Literal["agreement", "service"] | None = None


class Pause(StrictModel):
    """A status in which the clock stands still, perhaps only if the customer was asked something just before."""

    status: str
    requires: Literal["customer_visible_request"] | None = None

    @field_validator("status")
    @classmethod
    def _status_is_open(cls, status: str) -> str:
        if status not in STATUSES:
            raise ValueError(f'"{status}" is not a canonical status; known: {", ".join(OPEN_STATUSES)}')
        if status in TERMINAL_STATUSES:
            raise ValueError(f'"{status}" ends a clock and cannot pause it')
        return status


def _pause_entry(value: Any) -> Any:
    return {"status": value} if isinstance(value, str) else value


class Clock(StrictModel):
    """When a ticket clock starts, pauses and stops."""

    start: Literal["ticket.opened", "ticket.assigned"] = "ticket.opened"
    pause: list[Annotated[Pause, BeforeValidator(_pause_entry)]] = Field(default_factory=list)
    stop: Literal["ticket.first_response", "ticket.resolved", "ticket.closed"] | None = None

    @field_validator("pause")
    @classmethod
    def _some_status_runs(cls, pauses: list[Pause]) -> list[Pause]:
        _no_repeats([pause.status for pause in pauses], "the pause on")
        if {pause.status for pause in pauses if pause.requires is None} >= set(OPEN_STATUSES):
            raise ValueError("every open status pauses, so the clock would never run")
        return pauses


class CreditBand(StrictModel):
    """Attainment below `below` and at least `at_least` (ppm; absent = zero) earns `percent` of the charge."""

    below: PercentPpm
    at_least: PercentPpm | None = None
    percent: PercentPpm


class CreditCap(StrictModel):
    """The most that is credited."""

    percent: PercentPpm | None = None
    amount: Amount | None = None
    currency: Currency | None = None


class Credit(StrictModel):
    """What a missed target pays back."""

    basis: Literal["monthly_charge", "quarterly_charge", "annual_charge"]
    bands: Annotated[list[CreditBand], Field(min_length=1)]
    cap: CreditCap | None = None

    @field_validator("bands")
    @classmethod
    def _bands_fit(cls, bands: list[CreditBand]) -> list[CreditBand]:
        ordered = sorted(bands, key=lambda band: band.below, reverse=True)
        for band in ordered:
            if (band.at_least or 0) >= band.below:
                raise ValueError(f"the band below {percent_text(band.below)} ends where it begins or above")
        for upper, lower in pairwise(ordered):
            ends = upper.at_least or 0
            if lower.below > ends:
                raise ValueError(f"the bands below {percent_text(upper.below)} and {percent_text(lower.below)} overlap")
            if lower.below < ends:
                raise ValueError(f"from {percent_text(lower.below)} to {percent_text(ends)} no band says what is due")
        if ordered[-1].at_least:
            raise ValueError(f"below {percent_text(ordered[-1].at_least)} no band says what is due")
        return ordered


def percent_text(ppm: int) -> str:
    """99.5 % for 995000."""
    return f"{(Decimal(ppm) / PPM_PER_PERCENT).normalize():f} %"


class Target(StrictModel):
    """One measurable promise of an agreement."""

    id: Identifier
    metric: Text
    display_name: Text | None = None
    description: Text | None = None
    scope: Scope = Scope()
    objective: Objective
    calendar: Identifier | None = None
    clock: Clock | None = None
    credit: Credit | None = None
    satisfies: list[Identifier] = Field(default_factory=list)

    @field_validator("metric")
    @classmethod
    def _metric_is_known(cls, metric: str) -> str:
        return check_metric(metric)

    @field_validator("satisfies")
    @classmethod
    def _requirements_are_unique(cls, names: list[str]) -> list[str]:
        _no_repeats(names, "the requirement")
        return names


class Obligation(StrictModel):
    """Something the customer promises in return."""

    id: Identifier
    metric: Text
    description: Text | None = None
    scope: Scope = Scope()
    objective: Objective
    calendar: Identifier | None = None

    @field_validator("metric")
    @classmethod
    def _metric_is_known(cls, metric: str) -> str:
        if metric not in OBLIGATION_METRICS:
            raise ValueError(f'the metric "{metric}" is not known; known here: {", ".join(sorted(OBLIGATION_METRICS))}')
        return metric


class Support(StrictModel):
    """An agreement that must carry a part of this one: its leg and its share of the time."""

    agreement: Identifier
    target: Identifier | None = None
    leg: Text | None = None
    share: ClockSeconds | None = None


class Agreement(StrictModel):
    """One version of an SLA, OLA or UC."""

    type: AgreementType
    version: int = Field(ge=1, le=MAX_INT)
    display_name: Text | None = None
    description: Text | None = None
    provider: Text
    consumer: Text
    services: Annotated[list[Annotated[ListedService, BeforeValidator(_service_entry)]], Field(min_length=1)]
    status: AgreementStatus
    lifecycle: list[LifecycleStep] = Field(default_factory=list)
    signatures: list[Signature] = Field(default_factory=list)
    validity: Validity
    supersedes: Supersedes | None = None
    reviews: Reviews | None = None
    reporting: AgreementReporting = AgreementReporting()
    workload_limit: WorkloadLimit | None = None
    policies: Policies = Policies()
    targets: Annotated[list[Target], Field(min_length=1)]
    customer_obligations: list[Obligation] = Field(default_factory=list)
    supported_by: list[Support] = Field(default_factory=list)

    @field_validator("targets")
    @classmethod
    def _ids_are_unique(cls, targets: list[Target]) -> list[Target]:
        _no_repeats([target.id for target in targets], "the target")
        return targets

    @field_validator("services")
    @classmethod
    def _all_or_a_list(cls, services: list[ListedService]) -> list[ListedService]:
        if any(entry.service == ALL_SERVICES for entry in services) and (len(services) > 1 or services[0].tier):
            raise ValueError('"*" stands alone: all services, without a tier')
        _no_repeats([entry.service for entry in services], "the service")
        return services

    @property
    def covers_all_services(self) -> bool:
        """Whether it is about every service ("*")."""
        return self.services[0].service == ALL_SERVICES

    @property
    def is_measured(self) -> bool:
        """Whether figures are computed for this version."""
        return self.status in MEASURED_STATUSES


# --- decision, survey, improvement ----------------------------------------------------------------------------------


class DecisionSubject(StrictModel):
    """What the decision is about: a ticket, perhaps of a named source, perhaps one cycle or event of it."""

    ticket: Text
    source: Text | None = None
    cycle: int | None = Field(default=None, ge=1, le=MAX_INT)
    event: Text | None = None


class Interval(StrictModel):
    """Half-open [from, to) between two instants."""

    from_: Instant = Field(alias="from")
    to: Instant

    @model_validator(mode="after")
    def _is_in_order(self) -> "Interval":
        if self.to <= self.from_:
            raise ValueError("ends where it begins or before")
        return self


class Evidence(StrictModel):
    """Where the grounds of a decision can be looked up."""

    source: Text
    id: Text | None = None
    url: Text | None = None
    note: Text | None = None


class Actor(StrictModel):
    """A role on one side."""

    role: Text
    side: Side
    at: DayOrInstant | None = None


class Correction(StrictModel):
    """The instant that takes the place of a wrong one."""

    field: Text
    to: Instant


class Decision(StrictModel):
    """An exclusion, correction or dispute, with its grounds and who decided it."""

    kind: Literal["exclude_interval", "exclude_instance", "correct_timestamp", "reopen_period"]
    agreement: Identifier
    target: Identifier | None = None
    subject: DecisionSubject | None = None
    interval: Interval | None = None
    correction: Correction | None = None
    period: Text | None = None
    reason: Text
    evidence: list[Evidence] = Field(default_factory=list)
    requested_by: Actor | None = None
    decided_by: list[Actor] = Field(default_factory=list)
    decided_at: DayOrInstant | None = None
    outcome: Literal["accepted", "rejected", "revoked"]

    @model_validator(mode="after")
    def _is_complete(self) -> "Decision":
        if self.kind in ("exclude_interval", "exclude_instance", "correct_timestamp") and self.subject is None:
            raise ValueError(f"{self.kind} needs subject: {{ticket: ...}}")
        if self.kind == "exclude_interval" and self.interval is None:
            raise ValueError("exclude_interval needs interval: {from: ..., to: ...}")
        if self.kind == "exclude_instance" and self.interval is not None:
            raise ValueError("exclude_instance takes the whole instance out and has no interval")
        if self.kind == "reopen_period" and (self.period is None or period_first_day(self.period) is None):
            raise ValueError('reopen_period needs period: "2026-03", "2026-Q1" or "2026"')
        if self.outcome == "accepted" and (self.decided_at is None or not self.decided_by):
            raise ValueError("an accepted decision needs decidedBy and decidedAt")
        return self


class Scale(StrictModel):
    """The lowest and the highest answer."""

    min: float
    max: float

    @model_validator(mode="after")
    def _is_in_order(self) -> "Scale":
        if self.max <= self.min:
            raise ValueError("max should be above min")
        return self


DEFAULT_SCALES: dict[str, tuple[float, float]] = {"csat": (1.0, 5.0), "nps": (0.0, 10.0), "ces": (1.0, 7.0)}


class SurveyItem(StrictModel):
    """One question and how its answers are read."""

    id: Text
    kind: Literal["csat", "nps", "ces", "rating"]
    text: Text | None = None
    scale: Scale | None = None
    expectation: Text | None = None

    @model_validator(mode="after")
    def _has_a_scale(self) -> "SurveyItem":
        if self.scale is None and self.kind not in DEFAULT_SCALES:
            raise ValueError("a rating needs scale: {min: ..., max: ...}")
        if self.kind == "nps" and self.scale is not None and (self.scale.min, self.scale.max) != DEFAULT_SCALES["nps"]:
            raise ValueError("nps is asked on a scale from 0 to 10")
        return self

    def bounds(self) -> tuple[float, float]:
        """Lowest and highest answer."""
        return (self.scale.min, self.scale.max) if self.scale is not None else DEFAULT_SCALES[self.kind]


class SurveyInstrument(StrictModel):
    """A questionnaire."""

    display_name: Text | None = None
    version: Annotated[str | None, BeforeValidator(_version_text)] = None
    reference: Text | None = None
    items: Annotated[list[SurveyItem], Field(min_length=1)]

    @field_validator("items")
    @classmethod
    def _ids_are_unique(cls, items: list[SurveyItem]) -> list[SurveyItem]:
        _no_repeats([item.id for item in items], "the item")
        return items


class ImprovementAction(StrictModel):
    """Something done to make a figure better."""

    title: Text
    description: Text | None = None
    owner: Text
    status: Literal["open", "closed", "cancelled"] = "open"
    agreement: Identifier | None = None
    target: Identifier | None = None
    service: Identifier | None = None
    customer: Identifier | None = None
    period: Text | None = None
    opened_at: DayOrInstant | None = None
    due_at: DayOrInstant | None = None
    closed_at: DayOrInstant | None = None
    expected_effect: Text | None = None


Spec = Customer | Team | Calendar | Service | Requirement | Agreement | Decision | SurveyInstrument | ImprovementAction

KINDS: dict[str, type[StrictModel]] = {
    "Customer": Customer,
    "Team": Team,
    "Calendar": Calendar,
    "Service": Service,
    "Requirement": Requirement,
    "Agreement": Agreement,
    "Decision": Decision,
    "SurveyInstrument": SurveyInstrument,
    "ImprovementAction": ImprovementAction,
}
