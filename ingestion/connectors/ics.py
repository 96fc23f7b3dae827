"""Connector `ics`: maintenance windows from a calendar.

Follows RFC 5545 as icalendar and recurring-ical-events read it. Recurring events become single windows, from `since`
to `horizon` days ahead; each has the identity of its event and its original start, so a window that is moved or called
off is noticed. What is landed is the window as JSON, since a recurring event has no text of its own per window.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import icalendar
import recurring_ical_events
from pydantic import Field

from ingestion.connectors.base import (
    AccountOptions,
    Connector,
    Instant,
    PulledFeed,
    Request,
    Rows,
    Secret,
    account_headers,
    utc_text,
)
from ingestion.readers import literal


class IcsOptions(AccountOptions):
    """Options of a source of type `ics`. An event's categories name the services, `service` those of all others.

    `path` is the calendar's path below `url`. Whoever knows a private calendar's address may read it: such a path, or
    the whole address, is a secret, and `$NAME` stands for it wherever the calendar is spoken of.
    """

    is_open: ClassVar[bool] = True

    since: Instant
    path_of_calendar: str | Secret = Field(default="", alias="path")
    service: str | None = None
    horizon: int = Field(default=90, ge=1, le=1000)


class Ics(Connector[IcsOptions]):
    """Every pull brings the whole calendar."""

    options_model = IcsOptions

    def feeds(self) -> Sequence[PulledFeed]:
        """One window per event, occurrence and service."""
        otherwise = literal(self.options.service) if self.options.service else "null"
        columns = {
            "outage_id": "record_key || ':' || coalesce(service, '')",
            "service_id": "service",
            "started_at": '"start"',
            "ended_at": '"end"',
            "kind": "'maintenance'",
            "cause": "summary",
            "announced_at": "created",
        }
        source = f"""(
            select *, unnest(case when categories = [] then [{otherwise}] else categories end) as service
            from (select *, coalesce(json_extract_string(payload, '$.categories[*]'), []) as categories from record)
        ) as record"""
        fields = {name: f"$.{name}" for name in ("start", "end", "summary", "created", "status")}
        rows = {"outages": Rows(columns, source, "coalesce(status, '') <> 'CANCELLED'")}
        key, reads = ("uid", "original_start"), ("$.categories[*]",)
        return [PulledFeed("windows", "windows", key, fields, rows, reads, is_complete=True)]

    def start(self, since: Mapping[str, datetime], now: datetime) -> Sequence[Request]:
        """The calendar; the days ahead are counted from the day of the pull."""
        until = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        note = {"since": utc_text(since["windows"]), "until": utc_text(until + timedelta(days=self.options.horizon))}
        path = self.options.path_of_calendar
        return [Request("windows", f"${path.env}" if isinstance(path, Secret) else path, note=note)]

    def address(self, request: Request, secret: Callable[[Secret], str]) -> str:
        """The calendar's, which may be a secret."""
        path = self.options.path_of_calendar
        return secret(path) if isinstance(path, Secret) else request.path

    def text_of(self, request: Request, body: bytes) -> str:
        """The windows of a calendar as JSON. Raises ValueError for what is no calendar."""
        calendar = icalendar.Calendar.from_ical(body.decode("utf-8-sig"))
        begin, end = (datetime.fromisoformat(request.note[name]) for name in ("since", "until"))
        occurrences = recurring_ical_events.of(calendar).between(begin, end)
        shifts = _shifts(calendar)
        windows = sorted((_window(event, shifts) for event in occurrences), key=lambda window: json.dumps(window))
        return json.dumps({"windows": windows}, ensure_ascii=False)

    def headers(self, secret: Callable[[Secret], str]) -> Mapping[str, str]:
        """Basic, bearer, or nothing."""
        return account_headers(self.options, secret) | {"Accept": "text/calendar"}


def _shifts(calendar: Any) -> dict[tuple[str, date], timedelta]:
    """By how much changes of "this and all following" moved their windows, by UID and RECURRENCE-ID.

    RFC 5545, 3.2.13: all windows of such a change have the one RECURRENCE-ID, that of the first.
    """
    changes = (event for event in calendar.walk("VEVENT") if "RECURRENCE-ID" in event)
    return {
        (str(event["UID"]), event["RECURRENCE-ID"].dt): event["DTSTART"].dt - event["RECURRENCE-ID"].dt
        for event in changes
        if event["RECURRENCE-ID"].params.get("RANGE", "").upper() == "THISANDFUTURE"
    }


def _window(event: Any, shifts: Mapping[tuple[str, date], timedelta]) -> dict[str, Any]:
    begin, uid = event.start, str(event["UID"])
    original = event.get("RECURRENCE-ID")
    created = event.get("CREATED") or event.get("DTSTAMP")
    original_start = begin if original is None else original.dt
    if original is not None and (shift := shifts.get((uid, original.dt))) is not None:
        original_start = begin - shift
    return {
        "uid": uid,
        "original_start": _text(original_start),
        "start": _text(begin),
        "end": _text(event.end),
        "summary": str(event.get("SUMMARY", "")),
        "status": str(event.get("STATUS", "")).upper(),
        "categories": [str(name) for name in event.categories],
        "created": _text(created.dt) if created is not None else None,
    }


def _text(instant: date) -> str:
    """UTC where the calendar names a zone; a floating time stays one, and the source's `timeZone` decides."""
    if not isinstance(instant, datetime):
        instant = datetime(instant.year, instant.month, instant.day)
    return utc_text(instant) if instant.tzinfo else instant.strftime("%Y-%m-%dT%H:%M:%S")
