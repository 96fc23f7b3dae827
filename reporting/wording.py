"""How numbers, instants, names and rules are written on the pages.

Belongs here: formatting and plain sentences, from values that are already decided.
Does not belong here: which value stands where (`pages`), how it looks (templates).
Used by `pages`, `verdict` and `charts`; pure functions.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
PERIOD_MONTHS = {"month": 1, "quarter": 3, "year": 12}

_ACRONYMS = frozenset({"csat", "nps", "ces", "esat", "sla", "ola", "rto", "rpo", "mtrs", "api", "vpn", "it"})
_METRIC_NAMES = {
    "time_to_first_response": "First response",
    "time_to_next_reply": "Next reply",
    "max_update_gap": "Update gap",
    "time_to_resolve": "Resolution",
    "time_to_close": "Closing",
    "time_in_team": "Time in team",
    "time_with_supplier": "Time with supplier",
    "availability": "Availability",
    "restore_time": "Restoration",
    "data_loss": "Data loss",
    "csat": "Satisfaction (CSAT)",
    "nps": "Net promoter score (NPS)",
    "ces": "Ease (CES)",
    "promise_kept": "Promises kept",
    "first_contact_resolution": "Resolved at first contact",
    "reopen_rate": "Not reopened",
}
METRIC_ORDER = {metric: position for position, metric in enumerate(_METRIC_NAMES)}

# What a figure is counted by, as the head of a column; the sentences stand in `policies`.
ATTRIBUTION_NAMES = {
    "decided": "Decided",
    "due": "Due",
    "resolved": "Resolved",
    "created": "Opened",
}
REOPEN_NAMES = {
    "resume": "Goes on with its clock",
    "new_cycle": "Starts a new clock",
    "ignore": "Changes nothing",
}
_DECISION_KINDS = {
    "exclude_interval": "Leave out a stretch of time",
    "exclude_instance": "Leave out a ticket's clock",
    "correct_timestamp": "Correct an instant",
    "reopen_period": "Reopen a period",
}
_LIMIT_UNITS = {"day": "a day", "week": "a week", "month": "a month", "quarter": "a quarter", "year": "a year"}

_KIND_NAMES = {"outage": "Outage", "partial": "Partial outage", "degraded": "Degraded", "maintenance": "Maintenance"}
_PARTY_NAMES = {"provider": "Provider", "supplier": "Supplier", "customer": "Customer", "third_party": "Third party"}


# Numbers


def ppm(ratio: float) -> int:
    """A target share in parts per million, the unit in which it was agreed."""
    return round(ratio * 1_000_000)


def result_places(target_ratio: float) -> int:
    """Decimals of a result: at least two, and always one more than its target has."""
    digits = f"{ppm(target_ratio):06d}"[-4:].rstrip("0")
    return max(2, len(digits) + 1)


def floored_percent(numerator: int, denominator: int, places: int) -> Decimal:
    """100 * numerator / denominator, cut off after `places`: a miss is never shown as the target itself.

    Negative shares (a net promoter score) are cut off downwards as well.
    """
    scale: int = 10**places
    return Decimal(numerator * 100 * scale // denominator) / scale


def floored_ratio(ratio: float, places: int) -> Decimal:
    """A ratio in percent, cut off after `places`."""
    # Twelve digits first: 0.57 is 56.99999999999999 percent in binary fractions, and 57 to everybody else.
    return Decimal(f"{ratio * 100:.12g}").quantize(Decimal(1).scaleb(-places), ROUND_FLOOR)


def share_text(value: Decimal, places: int) -> str:
    """A share: 94.99 %."""
    return f"{value:.{places}f} %"


def points_text(value: Decimal, places: int) -> str:
    """-12.50 points, for scores that may be negative."""
    return f"{signed(value, places, plus=False)} points"


def signed(value: Decimal, places: int, *, plus: bool = True) -> str:
    """A number with a real minus sign, and a plus where that tells a change."""
    text = f"{abs(value):.{places}f}"
    if value < 0:
        return f"\N{MINUS SIGN}{text}"
    return f"+{text}" if plus and value > 0 else text


def target_text(metric: str, target_ratio: float) -> str:
    """The goal as it was agreed: 95 %, 99.95 %, 20 points."""
    value = (Decimal(ppm(target_ratio)) / 10_000).normalize()
    unit = "points" if metric == "nps" else "%"
    return f"{value:f} {unit}".replace("-", "\N{MINUS SIGN}")


def interval_text(low: float, high: float, places: int = 1) -> str:
    """A 95 % interval of a share, each end rounded outwards: 62.4 to 94.6 %."""
    return f"{_outward(low * 100, places, ROUND_FLOOR)} to {_outward(high * 100, places, ROUND_CEILING)} %"


def points_interval_text(low: float, high: float, places: int = 1) -> str:
    """A 95 % interval of a score in points, each end rounded outwards."""
    return f"{_outward(low, places, ROUND_FLOOR)} to {_outward(high, places, ROUND_CEILING)}"


def _outward(value: float, places: int, rounding: str) -> str:
    # Twelve digits first: what lies beyond them is noise of binary fractions and must not move a bound.
    exact = Decimal(f"{value:.12g}")
    return signed(exact.quantize(Decimal(1).scaleb(-places), rounding), places, plus=False)


def mean_text(value: float, places: int = 2) -> str:
    """A mean score, rounded."""
    return signed(Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN), places, plus=False)


def used_text(ratio: float) -> str:
    """Share of an error budget: cut off below 100 %, so that a budget with something left never reads as used up."""
    percent = Decimal(f"{ratio * 100:.12g}")
    if percent >= 1000:
        return f"{percent.quantize(Decimal(1), ROUND_FLOOR):,f} %"
    return f"{percent.quantize(Decimal('0.1'), ROUND_FLOOR if percent <= 100 else ROUND_CEILING):f} %"


def chance_text(probability: float) -> str:
    """A probability in whole percent, cut off; never 0 or 100 % for what is merely unlikely or nearly certain."""
    if probability < 0.01:
        return "under 1 %"
    return "over 99 %" if probability > 0.99 else f"{floored_ratio(probability, 0):f} %"


def count_text(value: int) -> str:
    """A count: 12,345."""
    return f"{value:,}"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """1 ticket, 12 tickets."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def duration_text(seconds: int, *, exact: bool = False) -> str:
    """Seconds in hours and minutes: 2 h 05 m, 45 m, 80 h. Below a minute, or where `exact`, with the seconds."""
    sign = "\N{MINUS SIGN}" if seconds < 0 else ""
    hours, rest = divmod(abs(seconds), 3600)
    minutes, left = divmod(rest, 60)
    parts = []
    if hours:
        parts.append(f"{hours:,} h")
    if minutes:
        parts.append(f"{minutes:02d} m" if hours else f"{minutes} m")
    if left and (exact or not parts):
        parts.append(f"{left:02d} s" if parts else f"{left} s")
    return sign + (" ".join(parts) or "0 m")


# Days, instants and periods


def day_text(day: date) -> str:
    """A day: 5 October 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def short_day_text(day: date) -> str:
    """A day within its period: 5 Oct."""
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


def local(instant: datetime, zone: str) -> datetime:
    """The instant (naive UTC) on the clocks of a zone."""
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def instant_text(instant: datetime, zone: str, *, with_zone: bool = False) -> str:
    """5 Oct 2026 09:21, on the clocks of the zone; `instant` is naive UTC."""
    there = local(instant, zone)
    text = f"{there.day} {MONTHS[there.month - 1][:3]} {there.year} {there:%H:%M}"
    return f"{text} {zone}" if with_zone else text


def period_name(period_type: str, start: date) -> str:
    """October 2026, Quarter 4 of 2026, Year 2026."""
    if period_type == "month":
        return f"{MONTHS[start.month - 1]} {start.year}"
    if period_type == "quarter":
        return f"Quarter {(start.month + 2) // 3} of {start.year}"
    return f"Year {start.year}"


def period_file_name(period_type: str, start: date) -> str:
    """2026-10, 2026-Q4 or 2026: the name of a page's files."""
    if period_type == "month":
        return f"{start:%Y-%m}"
    if period_type == "quarter":
        return f"{start.year}-Q{(start.month + 2) // 3}"
    return f"{start.year}"


def period_column(period_type: str, start: date) -> tuple[str, str]:
    """The two lines of a column's head: Oct / 2026, Q4 / 2026, or 2026 alone."""
    if period_type == "month":
        return MONTHS[start.month - 1][:3], str(start.year)
    if period_type == "quarter":
        return f"Q{(start.month + 2) // 3}", str(start.year)
    return str(start.year), ""


def shift_period(period_type: str, start: date, steps: int) -> date:
    """First day of the period `steps` later (or earlier, if negative)."""
    months = start.year * 12 + start.month - 1 + steps * PERIOD_MONTHS[period_type]
    return date(months // 12, months % 12 + 1, 1)


def last_day(end: date) -> date:
    """The last day of a stretch that ends before `end`."""
    return end - timedelta(days=1)


def days_text(start: date, end: date) -> str:
    """Both days included: 1 to 31 October 2026, or 1 July to 30 September 2026."""
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {day_text(end)}"
    first = f"{start.day} {MONTHS[start.month - 1]}" + (f" {start.year}" if start.year != end.year else "")
    return f"{first} to {day_text(end)}"


# Names


def target_name(target_id: str) -> str:
    """A target's id as a reader would write it: p1-resolve is P1 resolve."""
    words = [
        word.upper() if word.lower() in _ACRONYMS or re.fullmatch(r"[a-z]\d+", word) else word
        for word in re.split(r"[-_\s]+", target_id)
        if word
    ]
    name = " ".join(words)
    return name[:1].upper() + name[1:]


def metric_name(metric: str) -> str:
    """The metric in the words of the field."""
    if metric.startswith("survey_item:"):
        return f"Survey: {target_name(metric.partition(':')[2])}"
    return _METRIC_NAMES.get(metric) or target_name(metric)


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that puts p2 before p10."""
    return tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part.lower()) for part in re.split(r"(\d+)", text) if part
    )


def decision_kind_name(kind: str) -> str:
    """What a decision was asked to do."""
    return _DECISION_KINDS[kind]


def limit_text(count: int, period_type: str) -> str:
    """A workload limit: 125 a month."""
    return f"{count:,} {_LIMIT_UNITS[period_type]}"


def limit_period_name(period_type: str, start: date, end: date) -> str:
    """The period of a workload limit; days and weeks by their dates."""
    if period_type == "day":
        return day_text(start)
    return days_text(start, last_day(end)) if period_type == "week" else period_name(period_type, start)


def kind_name(kind: str) -> str:
    """An outage's kind in words."""
    return _KIND_NAMES.get(kind) or target_name(kind)


def party_name(party: str | None) -> str:
    """Who an outage is attributed to, in words."""
    return (_PARTY_NAMES.get(party) or target_name(party)) if party else "Not stated"


CONFIDENCES = ("explicit", "same_service", "temporal", "recorded")
_CONFIDENCE_NAMES = {
    "explicit": "named in the outage's record",
    "same_service": "same service at the time",
    "temporal": "a service it depends on at the time",
    "recorded": "the ticket's own history",
}
_CAUSE_NAMES = {
    "outage": "Outage",
    "supplier": "With the supplier",
    "customer": "Waiting for the customer",
    "queue": "Unassigned",
    "work": "Work",
}


def cause_name(cause: str) -> str:
    """What a breached clock's time went on."""
    return _CAUSE_NAMES[cause]


def confidence_name(confidence: str) -> str:
    """How it is known."""
    return _CONFIDENCE_NAMES[confidence]


def listed(words: list[str], last: str = "and") -> str:
    """a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def sentence_case(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]
