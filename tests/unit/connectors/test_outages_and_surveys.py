"""Status pages, PagerDuty, calendars, Qualtrics: what their records mean."""

import traceback
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from ingestion.errors import SourceError
from tests.unit.connectors.conftest import NIGHT, SUNDAY, Pulled
from tests.unit.connectors.replay import Answer, no_fault
from tests.unit.connectors.systems.ics import FOLLOWING, MOVED, NIGHTLY, ONCE, WEEKLY
from tests.unit.connectors.systems.pagerduty import incident

OUTAGE = "outage_id, service_id, kind, started_at, ended_at"


def march(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour)


@pytest.mark.parametrize("kind", ["statuspage"])
class TestStatuspage:
    def test_incident_is_an_outage_of_each_of_its_components(self, far: Pulled) -> None:
        far.run()
        assert far.rows("outages", OUTAGE, "outage_id like 'i1:%'") == [
            ("i1:c1", "api", "outage", march(2, 10), march(2, 11)),
            ("i1:c2", "Web", "outage", march(2, 10), march(2, 11)),
        ]

    def test_incident_without_component_goes_to_the_service_that_takes_such(self, far: Pulled) -> None:
        far.run()
        assert far.rows("outages", OUTAGE, "outage_id = 'i2:none'") == [
            ("i2:none", "site", "partial", march(2, 10), None)
        ]

    def test_maintenance_has_its_announced_times(self, far: Pulled) -> None:
        far.run()
        assert far.rows("outages", f"{OUTAGE}, announced_at", "kind = 'maintenance'") == [
            ("i9:c1", "api", "maintenance", march(5, 1), march(5, 3), march(1, 0))
        ]

    def test_maintenance_that_was_completed_before_it_was_to_begin_was_none(self, far: Pulled, replay: Any) -> None:
        far.run()
        assert far.quarantine() == []
        assert far.rows("outages", "outage_id", "outage_id like 'i10:%'") == []
        replay.api.maintenances[1]["resolved_at"] = "2026-03-06T02:30:00.000+02:00"
        far.run(NIGHT + timedelta(days=1))
        assert far.rows("outages", "started_at, ended_at", "outage_id like 'i10:%'") == [
            (march(5, 23), datetime(2026, 3, 6, 0, 30))
        ]

    def test_component_taken_off_an_incident_later_was_not_down(self, far: Pulled, replay: Any) -> None:
        far.run()
        replay.api.incidents[0]["components"].pop()
        far.run(NIGHT + timedelta(days=1))
        assert far.rows("outages", "outage_id", "outage_id like 'i1:%'") == [("i1:c1",)]

    def test_impact_can_mean_something_else_or_nothing(self, far: Pulled) -> None:
        far.run(impactMap={"none": "ignore", "minor": "degraded"})
        assert far.rows("outages", "outage_id, kind", "outage_id like 'i2%' or outage_id like 'i3%'") == [
            ("i2:none", "degraded")
        ]

    def test_incident_that_leaves_the_list_of_the_latest_stays(self, far: Pulled, replay: Any) -> None:
        far.run()
        replay.api.incidents.pop(0)
        assert far.run(NIGHT + timedelta(days=1)).new_loads == ()


@pytest.mark.parametrize("kind", ["pagerduty"])
class TestPagerDuty:
    def test_incidents_are_outages_with_the_times_of_their_state(self, far: Pulled) -> None:
        far.run()
        assert far.rows("outages", OUTAGE) == [
            ("P1", "mail", "outage", march(7, 10), march(7, 11)),
            ("P2", "mail", "degraded", march(8, 10), None),
            ("P3", "mail", "outage", march(7, 10), march(9, 12)),
        ]

    def test_old_incident_that_is_resolved_today_is_found_by_its_log(self, far: Pulled, replay: Any) -> None:
        far.run()
        replay.api.incidents["P2"] |= {"status": "resolved", "last_status_change_at": "2026-03-10T05:00:00Z"}
        replay.api.entries.append(("P2", "2026-03-10T05:00:00Z", "resolve_log_entry"))
        far.surroundings.now += timedelta(days=1)
        far.run(NIGHT + timedelta(days=1))
        assert far.rows("outages", "ended_at", "outage_id = 'P2'") == [(march(10, 5),)]

    def test_day_with_more_entries_than_may_be_paged_through_is_asked_for_in_parts(
        self, far: Pulled, replay: Any
    ) -> None:
        """The one that only the first entry of the day tells of would be the last one to come."""
        far.run()
        replay.api.incidents |= {name: incident(0, id=name) for name in ("first", "last")}
        noon = datetime(2026, 3, 9, 12)
        replay.api.entries += [
            ("first", "2026-03-09T00:00:00Z", "trigger_log_entry"),
            *(("P1", f"{noon + timedelta(seconds=n):%Y-%m-%dT%H:%M:%SZ}", "notify_log_entry") for n in range(10_000)),
            ("last", "2026-03-09T23:59:59Z", "trigger_log_entry"),
        ]
        far.options["pageSize"] = 2_500
        far.surroundings.now += timedelta(days=1)
        far.run(NIGHT + timedelta(days=1))
        assert {outage for (outage,) in far.rows("outages", "outage_id")} == {"P1", "P2", "P3", "first", "last"}

    def test_second_with_more_entries_than_may_be_paged_through_is_told(self, far: Pulled, replay: Any) -> None:
        replay.api.entries = [("P1", "2026-03-09T12:00:00Z", f"notify_log_entry_{number}") for number in range(10_001)]
        far.options |= {"pageSize": 5_000, "since": "2026-03-09T00:00:00Z"}
        with pytest.raises(SourceError, match="the second 2026-03-09T12:00:00Z has more than 10,000 entries"):
            far.run()


@pytest.mark.parametrize("kind", ["pingdom"])
class TestPingdom:
    def test_down_states_are_outages_and_the_last_one_is_still_going_on(self, far: Pulled) -> None:
        far.run()
        rows = far.rows("outages", "service_id, started_at, ended_at")
        assert rows == [("web", march(2, 10), march(2, 11)), ("web", march(9, 23), None)]

    def test_state_that_another_one_follows_is_over(self, far: Pulled, replay: Any) -> None:
        far.run()
        last = replay.api.states[85].pop()
        replay.api.states[85] += [(*last[:2], last[2] + 3600), ("up", last[2] + 3600, last[2] + 7200)]
        far.run(NIGHT + timedelta(days=1))
        rows = far.rows("outages", "started_at, ended_at", "started_at > timestamp '2026-03-03'")
        assert rows == [(march(9, 23), march(10, 2))]

    def test_last_state_of_a_check_that_was_deleted_is_over(self, far: Pulled, replay: Any) -> None:
        far.run()
        del replay.api.states[85]
        (up,) = replay.api.states[86]
        for day, ended in ((1, None), (2, march(10, 1))):
            replay.api.states[86] = [(*up[:2], up[2] + day * 86_400 + 60 * (day - 1))]
            far.surroundings.now += timedelta(days=1)
            far.run(NIGHT + timedelta(days=day))
            assert far.rows("outages", "ended_at", "started_at > timestamp '2026-03-03'") == [(ended,)]


@pytest.mark.parametrize("kind", ["ics"])
class TestIcs:
    def test_recurring_windows_keep_their_wall_time_over_the_change_to_summer_time(self, far: Pulled) -> None:
        far.run()
        starts = far.rows("outages", "started_at", "outage_id like 'weekly%'")
        assert [start for (start,) in starts] == [
            *(march(day, 2) for day in (1, 8)),
            march(15, 3),
            march(22, 2),
            march(29, 1),
            datetime(2026, 4, 5, 1),
        ]

    @pytest.mark.parametrize("lines", ["CATEGORIES:web\nCATEGORIES:database\n", "CATEGORIES:database,web\n"])
    def test_categories_name_the_services_on_one_line_or_on_several(self, far: Pulled, replay: Any, lines: str) -> None:
        assert ONCE.count("CATEGORIES:web\nCATEGORIES:database\n") == 1
        replay.api.events = [ONCE.replace("CATEGORIES:web\nCATEGORIES:database\n", lines)]
        far.run()
        assert far.rows("outages", "service_id, started_at, ended_at", "outage_id like 'once%'") == [
            ("database", march(20, 22), march(21, 2)),
            ("web", march(20, 22), march(21, 2)),
        ]

    def test_window_that_is_moved_is_the_same_window(self, far: Pulled, replay: Any) -> None:
        replay.api.events = [WEEKLY, ONCE]
        far.run()
        replay.api.events = [WEEKLY, MOVED, ONCE]
        far.run(NIGHT + timedelta(days=1))
        assert len(far.rows("outages", "outage_id", "outage_id like 'weekly%'")) == 6
        assert far.rows("outages", "started_at", "outage_id like 'weekly|2026-03-15%'") == [(march(15, 3),)]

    def test_windows_that_are_all_moved_from_one_on_are_the_same_windows(self, far: Pulled, replay: Any) -> None:
        """They have one RECURRENCE-ID between them."""
        replay.api.events = [NIGHTLY]
        far.run()
        before = far.rows("outages", "outage_id", "outage_id like 'nightly%'")
        replay.api.events = [NIGHTLY, FOLLOWING]
        far.run(NIGHT + timedelta(days=1))
        assert far.rows("outages", "outage_id", "outage_id like 'nightly%'") == before
        assert far.rows("outages", "started_at, ended_at", "outage_id like 'nightly%'") == [
            (march(10, 22), march(10, 23)),
            (march(11, 23), march(12, 0)),
            (march(12, 23), march(13, 0)),
        ]

    @pytest.mark.parametrize("status", ["CANCELLED", "cancelled"])
    def test_window_that_is_called_off_is_gone(self, far: Pulled, replay: Any, status: str) -> None:
        replay.api.events = [WEEKLY, MOVED, ONCE]
        far.run()
        replay.api.events = [WEEKLY, MOVED, ONCE.replace("SUMMARY", f"STATUS:{status}\nSUMMARY")]
        far.run(NIGHT + timedelta(days=1))
        assert far.rows("outages", "outage_id", "outage_id like 'once%'") == []
        replay.api.events = [WEEKLY, MOVED]
        far.run(NIGHT + timedelta(days=2))
        assert len(far.rows("outages", "outage_id")) == 6

    def test_floating_time_needs_the_zone_of_the_source(self, far: Pulled, replay: Any) -> None:
        replay.api.events = [ONCE.replace("0000Z", "0000")]
        far.run(maxRejectRatio=1)
        assert [row[3] for row in far.quarantine()] == ["naive_time"]
        far.run(NIGHT + timedelta(days=1), timeZone="America/New_York")
        assert far.rows("outages", "distinct started_at") == [(march(21, 2),)]

    @pytest.mark.parametrize("is_whole", [False, True], ids=["path", "whole address"])
    def test_private_address_is_a_secret_and_written_nowhere(
        self, far: Pulled, replay: Any, caplog: pytest.LogCaptureFixture, is_whole: bool
    ) -> None:
        caplog.set_level(0)
        path = "/calendar/team%40acme.example/private-0123abcd/basic.ics"
        far.surroundings.env["TEAM_CALENDAR"] = f"{replay.url}{path}?key=45ef6789" if is_whole else path
        far.options["path"] = {"env": "TEAM_CALENDAR"}
        replay.fault = lambda number, asked, answer: Answer(asked.path, 404)
        with pytest.raises(SourceError, match=r"GET http://127.0.0.1:\d+/\$TEAM_CALENDAR: HTTP 404") as refused:
            far.run()
        replay.fault = lambda number, asked, answer: Answer({"no such": unquote(asked.path).split("/")}, 400)
        with pytest.raises(SourceError, match=r"\$TEAM_CALENDAR: HTTP 400") as unknown:
            far.run()
        replay.fault = lambda number, asked, answer: Answer({"you asked": asked.path}, 503)
        with pytest.raises(SourceError, match=r"\$TEAM_CALENDAR: HTTP 503") as unavailable:
            far.run()
        replay.fault = no_fault
        replay.api.events.append("BEGIN:VEVENT\nUID:bad\nDTSTART:20260321T020000\nEND:VEVENT\n")
        far.run(maxRejectRatio=1)
        assert {asked.path for asked in replay.asked} == {path}
        assert far.quarantine("file, reason_code") == [("$TEAM_CALENDAR", "naive_time")]
        written = b"".join(file.read_bytes() for file in far.home.rglob("*") if file.is_file())
        said = f"{refused.value}{unknown.value}{unavailable.value}{caplog.text}"
        for part in ("private", "0123abcd", "45ef6789", "basic.ics"):
            assert part.encode() not in written
            assert part not in said

    @pytest.mark.parametrize("address", ["https://[/private-0123abcd", "https://me:private-0123abcd@127.0.0.1/x"])
    def test_private_address_that_is_none_is_told_by_name_alone(self, far: Pulled, address: str) -> None:
        far.surroundings.env["TEAM_CALENDAR"] = address
        far.options["path"] = {"env": "TEAM_CALENDAR"}
        with pytest.raises(SourceError, match=r"\$TEAM_CALENDAR: the secret is no path or address") as error:
            far.run()
        assert "0123abcd" not in "".join(traceback.format_exception(error.value))

    def test_page_that_is_no_calendar_is_refused(self, far: Pulled, replay: Any) -> None:
        replay.fault = lambda number, asked, answer: Answer(b"<html>sign in</html>")
        with pytest.raises(SourceError, match="cannot be read"):
            far.run()


@pytest.mark.parametrize("kind", ["qualtrics"])
class TestQualtrics:
    def test_finished_response_has_a_row_per_answered_item(self, far: Pulled) -> None:
        far.run()
        assert far.rows("survey_responses", "response_id, item, score, customer_id") == [
            ("R_1", "ces", 6.0, "acme"),
            ("R_1", "csat", 5.0, "acme"),
            ("R_2", "csat", 2.0, "acme"),
        ]

    def test_preview_and_test_of_the_survey_are_no_answers_and_imported_or_offline_ones_are(
        self, far: Pulled, replay: Any
    ) -> None:
        for response, status in zip(replay.api.responses, (4, 17, 2, 9), strict=True):
            response["values"] |= {"status": status, "finished": 1}
        far.run()
        assert far.rows("survey_responses", "distinct response_id") == [("R_1",)]

    def test_deleted_response_is_gone_after_the_day_of_reconciling(self, far: Pulled, replay: Any) -> None:
        far.run()
        del replay.api.responses[1]
        far.run(NIGHT + timedelta(days=1))
        assert len(far.rows("survey_responses", "item")) == 3
        far.surroundings.now = SUNDAY
        far.run(SUNDAY)
        assert far.rows("survey_responses", "response_id, item") == [("R_1", "ces"), ("R_1", "csat")]

    def test_export_is_asked_about_until_it_is_complete(self, far: Pulled, replay: Any) -> None:
        far.pull()
        assert [asked.path.rpartition("/")[2] for asked in replay.asked] == ["export-responses", "ES_1", "ES_1", "file"]

    def test_export_that_never_completes_is_told(self, far: Pulled, replay: Any) -> None:
        pending = Answer({"result": {"status": "inProgress", "progressId": "ES_1"}})
        replay.fault = lambda number, asked, answer: pending
        with pytest.raises(SourceError, match="again and again"):
            far.pull()

    def test_archive_larger_than_an_answer_may_be_is_refused(self, far: Pulled, replay: Any) -> None:
        replay.api.responses[0]["values"]["QID9"] = "x" * 1_000_000
        far.options["maxResponseBytes"] = 100_000
        with pytest.raises(SourceError, match="more than maxResponseBytes"):
            far.pull()
