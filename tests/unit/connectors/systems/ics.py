"""A calendar on the web."""

from typing import Any

from tests.unit.connectors.replay import Answer, Asked

OPTIONS: dict[str, Any] = {
    "path": "/maintenance.ics",
    "since": "2026-03-01T00:00:00Z",
    "horizon": 30,
    "service": "mail",
    "user": "slm",
    "password": {"env": "CALENDAR_PASSWORD"},
}
SECRETS = {"CALENDAR_PASSWORD": "a-secret-of-a-calendar"}
# Every Sunday at two in London, over the change to summer time; one Sunday an hour later.
WEEKLY = """\
BEGIN:VEVENT
UID:weekly
DTSTAMP:20260201T000000Z
DTSTART;TZID=Europe/London:20260301T020000
DTEND;TZID=Europe/London:20260301T040000
RRULE:FREQ=WEEKLY;UNTIL=20260405T235959Z
SUMMARY:Patching
END:VEVENT
"""
MOVED = """\
BEGIN:VEVENT
UID:weekly
RECURRENCE-ID;TZID=Europe/London:20260315T020000
DTSTAMP:20260301T000000Z
DTSTART;TZID=Europe/London:20260315T030000
DTEND;TZID=Europe/London:20260315T050000
SUMMARY:Patching
END:VEVENT
"""
ONCE = """\
BEGIN:VEVENT
UID:once
DTSTAMP:20260301T000000Z
DTSTART:20260320T220000Z
DTEND:20260321T020000Z
SUMMARY:Move
CATEGORIES:web
CATEGORIES:database
END:VEVENT
"""
# Three nights, from the second one on an hour later.
NIGHTLY = """\
BEGIN:VEVENT
UID:nightly
DTSTAMP:20260201T000000Z
DTSTART:20260310T220000Z
DTEND:20260310T230000Z
RRULE:FREQ=DAILY;COUNT=3
SUMMARY:Backup
END:VEVENT
"""
FOLLOWING = """\
BEGIN:VEVENT
UID:nightly
RECURRENCE-ID;RANGE=THISANDFUTURE:20260311T220000Z
DTSTAMP:20260301T000000Z
DTSTART:20260311T230000Z
DTEND:20260312T000000Z
SUMMARY:Backup
END:VEVENT
"""


class Api:
    def __init__(self) -> None:
        self.events = [WEEKLY, MOVED, ONCE, NIGHTLY, FOLLOWING]

    @property
    def counts(self) -> dict[str, int]:
        """The Sundays from 1 March to 5 April, one Friday, and three nights."""
        return {"windows": 10}

    def __call__(self, asked: Asked) -> Answer:
        text = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n" + "".join(self.events) + "END:VCALENDAR\n"
        return Answer(text.replace("\n", "\r\n").encode(), headers={"Content-Type": "text/calendar"})
