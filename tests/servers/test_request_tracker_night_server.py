"""A whole night on Request Tracker itself: what was done to a ticket comes out as an exact clock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.integration.small_project import AGREEMENT, Project
from tests.servers.conftest import started
from tests.servers.request_tracker import request_tracker

# Four in the afternoon on the Friday before summer time begins; eight o'clock UTC on Monday is nine in London.
FRIDAY = datetime(2026, 3, 27, 16, 0, tzinfo=UTC)
MONDAY = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
CALENDAR = """\
---
apiVersion: slm/v1
kind: Calendar
metadata: {name: office}
spec:
  timeZone: Europe/London
  weekly:
    mon: ["09:00-17:00"]
    tue: ["09:00-17:00"]
    wed: ["09:00-17:00"]
    thu: ["09:00-17:00"]
    fri: ["09:00-17:00"]
"""


def test_clock_of_a_ticket_stalled_over_the_change_to_summer_time_and_reopened_is_exact(
    new_project: Project, tmp_path: Path
) -> None:
    with started(lambda: request_tracker(tmp_path / "rt", FRIDAY)) as server:
        # Friday 16:00 to 17:00, of which half an hour stalled; Monday 9:00 to 10:00; reopened, 11:00 to 11:15:07.
        ticket = server.at(FRIDAY).open()
        server.at(FRIDAY + timedelta(minutes=10)).say(ticket)
        server.at(FRIDAY + timedelta(minutes=30)).change(ticket, Status="stalled")
        server.at(MONDAY).change(ticket, Status="open")
        server.at(MONDAY + timedelta(hours=1)).change(ticket, Status="resolved")
        server.at(MONDAY + timedelta(hours=2)).say(ticket, "ann")
        server.at(MONDAY + timedelta(hours=2, minutes=15, seconds=7)).change(ticket, Status="resolved")
        source = {
            "name": "desk",
            "type": "request_tracker",
            "url": server.url,
            "token": {"env": "RT_TOKEN"},
            "statusMap": {"stalled": "waiting_customer"},
            "customerMap": {"Acme": "acme"},
            "serviceMap": {"Mail": "mail"},
        }
        new_project.write_settings([source], allowedHosts=["127.0.0.1"])
        agreement = AGREEMENT.replace("calendar: 24x7", "calendar: office\n      clock: {pause: [waiting_customer]}")
        new_project.write("agreements/sla.yaml", agreement + CALENDAR)
        new_project.nightly(RT_TOKEN=server.tokens["reader"]).demand_release()
    clock = "select on_clock_seconds, paused_seconds, state, stopped_at from marts.fct_ticket_sla"
    stopped = datetime(2026, 3, 30, 10, 15, 7)
    assert new_project.query(clock) == [(1800 + 3600 + 907, 1800, "met", stopped)]
    assert new_project.query("select reopen_count, message_count from marts.fct_ticket") == [(1, 2)]
