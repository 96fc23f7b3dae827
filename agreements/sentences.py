"""Plain sentences for calendars and targets, as both parties to an agreement would say them.

Belongs here: the wording of compiled rules.
Does not belong here: the rules (`models`, `objectives`), labels of reports.
Used by `compile`; reads nothing but validated models.
"""

from decimal import Decimal

from agreements.calendars import VersionedCalendar
from agreements.models import DAY_MINUTES, WEEKDAYS, Calendar, Pause, Target, percent_text, range_text
from agreements.objectives import ReadObjective, survey_item

_STATUS_WORDS = {
    "new": "not yet begun",
    "in_progress": "being worked on",
    "waiting_customer": "waiting for the customer",
    "waiting_supplier": "waiting for a supplier",
    "waiting_internal": "waiting for another team",
    "on_hold": "on hold",
}

_CLOCK_WORDS = {
    "time_to_first_response": "get a first reply within {}",
    "time_to_next_reply": "get each next reply within {}",
    "max_update_gap": "never wait longer than {} for an update",
    "time_to_resolve": "are resolved within {}",
    "time_to_close": "are closed within {}",
    "time_in_team": "stay with the team for no longer than {}",
    "time_with_supplier": "stay with the supplier for no longer than {}",
}

_RATIO_WORDS = {
    "csat": "of the answers are among the two best of the scale",
    "promise_kept": "of the promises are kept",
    "first_contact_resolution": "of the tickets are resolved at the first contact",
}


def duration_words(seconds: int) -> str:
    """4 hours, 1 hour 30 minutes, 15 minutes."""
    parts = [(seconds // 3600, "hour"), (seconds % 3600 // 60, "minute"), (seconds % 60, "second")]
    words = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return " ".join(words) or "0 seconds"


def target_sentence(target: Target, objective: ReadObjective, hours: str | None) -> str:
    """One sentence that says what the target promises, on whose time, and when its clock stands still.

    `hours` names the calendar; None = around the clock.
    """
    share = percent_text(objective.target_ppm)
    whom = _tickets(target)
    if objective.threshold_seconds is not None and target.metric in _CLOCK_WORDS:
        limit = duration_words(objective.threshold_seconds)
        sentence = f"{share} of {whom} {_CLOCK_WORDS[target.metric].format(limit)}"
    elif objective.threshold_seconds is not None:
        limit = duration_words(objective.threshold_seconds)
        what = "are restored within" if target.metric == "restore_time" else "lose data of no more than"
        sentence = f"{share} of outages {what} {limit}"
    elif target.metric == "availability":
        sentence = f"the service is available for {share} of its agreed time"
    elif target.metric == "nps":
        sentence = f"the net promoter score is at least {_number(objective.threshold_value)}"
    elif target.metric == "reopen_rate":
        sentence = f"no more than {percent_text(1_000_000 - objective.target_ppm)} of {whom} are reopened"
    elif objective.threshold_value is not None:
        item = survey_item(target)
        about = f' to "{item}"' if item else " on how easy it was"
        sentence = f"{share} of the answers{about} are {_number(objective.threshold_value)} or better"
    else:
        sentence = f"{share} {_RATIO_WORDS[target.metric]}"
    if target.metric in _TIMED:
        sentence += ", counted around the clock" if hours is None else f", counted in the hours of {hours}"
    if target.clock is not None and target.clock.start == "ticket.assigned":
        sentence += ", from assignment"
    if target.clock is not None and target.clock.pause:
        sentence += f", not counting time {' or '.join(_pause(pause) for pause in target.clock.pause)}"
    return sentence[0].upper() + sentence[1:] + "."


_TIMED = frozenset({*_CLOCK_WORDS, "restore_time", "availability"})


def _tickets(target: Target) -> str:
    scope = target.scope
    words = _listed([f"{name}s" for name in scope.type]) if scope.type else "tickets"
    narrowed = [
        f"{noun} {_listed(values)}"
        for noun, values in (("priority", scope.priority), ("category", scope.category), ("channel", scope.channel))
        if values
    ]
    return f"{words} of {' and '.join(narrowed)}" if narrowed else words


def _pause(pause: Pause) -> str:
    words = _STATUS_WORDS[pause.status]
    return f"{words} after being asked" if pause.requires else words


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _number(value: float | None) -> str:
    return f"{Decimal(str(value)).normalize():f}"


def hours_sentence(calendar: VersionedCalendar) -> str:
    """The hours of the latest version, such as "Mon-Fri 09:00-17:00 Europe/London, closed on 2 listed days"."""
    version = calendar.versions[-1]
    notes = [_week(version) + f" {version.time_zone}"]
    if version.public_holidays is not None:
        where = "-".join(p for p in (version.public_holidays.country, version.public_holidays.subdivision) if p)
        notes.append(f"closed on the public holidays of {where}")
    if version.holidays:
        notes.append(f"closed on {_counted(len(version.holidays), 'listed day')}")
    if version.recurring_holidays:
        notes.append(f"closed every year on {_counted(len(version.recurring_holidays), 'day')}")
    if version.overrides:
        notes.append(f"other hours on {_counted(len(version.overrides), 'day')}")
    if version.breaks:
        notes.append(f"breaks on {_counted(len(version.breaks), 'day')}")
    return ", ".join(notes)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _week(version: Calendar) -> str:
    """Weekdays of equal hours together: Mon-Fri 09:00-17:00, Sat 10:00-12:00."""
    full = [(0, DAY_MINUTES)]
    days = [full] * 7 if version.always_open or version.weekly is None else version.weekly.by_weekday()
    if all(ranges == full for ranges in days):
        return "around the clock"
    runs: list[tuple[int, int]] = []
    for number, ranges in enumerate(days):
        if runs and days[runs[-1][0]] == ranges:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    names = [day.capitalize() for day in WEEKDAYS]
    parts = [
        f"{names[first] if first == last else f'{names[first]}-{names[last]}'} {_ranges(days[first])}"
        for first, last in runs
        if days[first]
    ]
    return ", ".join(parts) or "closed every weekday"


def _ranges(ranges: list[tuple[int, int]]) -> str:
    return " and ".join("all day" if minutes == (0, DAY_MINUTES) else range_text(minutes) for minutes in ranges)
