"""The compiled tables: their form, their horizons, and that a failure leaves the former ones."""

import itertools
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from agreement_documents import AS_OF, doc, sla, target

from agreements import compile as compiling
from agreements.__main__ import main
from agreements.calendars import DAY, CalendarClock, VersionedCalendar, calendars_by_id
from agreements.compile import CompiledSummary, CompileError, compile_agreements, hash_inputs
from agreements.models import Calendar
from agreements.tables import SCHEMAS
from settings.errors import ProjectError
from settings.instants import parse_instant
from settings.project import load_project

Compile = Callable[..., dict[str, list[dict[str, Any]]]]
HOUR = 3600
FIVE_YEARS = 5 * 366 * DAY


def tables(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return {name: pq.read_table(folder / f"{name}.parquet").to_pylist() for name in SCHEMAS}


def run(project: Path, out_dir: Path, as_of: int = AS_OF) -> CompiledSummary:
    return compile_agreements(project, load_project(project, {}), as_of, out_dir)


@pytest.fixture
def compiled(write_project: Any, tmp_path: Path) -> Compile:
    def build(*documents: dict[str, Any], as_of: int = AS_OF, **options: Any) -> dict[str, list[dict[str, Any]]]:
        run(write_project(*documents, **options), tmp_path / "out", as_of)
        return tables(tmp_path / "out")

    return build


def test_every_table_is_written_and_typed_even_if_empty(write_project: Any, tmp_path: Path) -> None:
    run(write_project(base=False), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(f"{name}.parquet" for name in SCHEMAS)
    for name, schema in SCHEMAS.items():
        assert pq.read_schema(tmp_path / "out" / f"{name}.parquet").equals(schema), name


def test_same_files_and_as_of_give_the_same_bytes(write_project: Any, tmp_path: Path) -> None:
    project = write_project(sla(), sla("other", consumer="b"), doc("Customer", "b", {}))
    run(project, tmp_path / "one")
    run(project, tmp_path / "two")
    for name in SCHEMAS:
        one, two = ((tmp_path / out / f"{name}.parquet").read_bytes() for out in ("one", "two"))
        assert one == two, name


def test_order_of_documents_does_not_matter(write_project: Any, tmp_path: Path) -> None:
    documents = [sla(), doc("Customer", "b", {}), sla("other", consumer="b"), doc("Team", "t", {})]
    run(write_project(*documents), tmp_path / "one")
    run(write_project(*reversed(documents)), tmp_path / "two")
    one, two = tables(tmp_path / "one"), tables(tmp_path / "two")
    for name in set(SCHEMAS) - {"finding"}:  # findings name lines
        assert one[name] == two[name], name


# --- calendars ------------------------------------------------------------------------------------------------------


def test_pieces_cover_the_horizon_once_are_cut_at_midnight_and_add_up(compiled: Compile) -> None:
    pieces = compiled(sla())["calendar_piece"]
    # three days before 1 February, until five leap years after as_of
    assert pieces[0]["piece_from"] == 1769904000 - 3 * DAY
    assert pieces[-1]["piece_to"] == AS_OF + FIVE_YEARS
    before = 0
    for piece, following in zip(pieces, [*pieces[1:], None], strict=True):
        assert piece["utc_day"] == piece["piece_from"] // DAY == (piece["piece_to"] - 1) // DAY
        assert piece["open_before"] == before
        before += piece["is_open"] * (piece["piece_to"] - piece["piece_from"])
        assert following is None or following["piece_from"] == piece["piece_to"]


def test_pieces_read_like_the_clock(compiled: Compile) -> None:
    rows = compiled(sla())
    office = Calendar.model_validate(
        {
            "timeZone": "Europe/London",
            "weekly": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
        }
    )
    pieces = {(row["utc_day"], row["piece_from"]): row for row in rows["calendar_piece"]}
    start = rows["calendar_piece"][0]["piece_from"]
    clock = CalendarClock.of(VersionedCalendar.of("office", [office]), start, AS_OF)
    for at in range(AS_OF - 9 * DAY + 1234, AS_OF, 4321):
        (piece,) = [
            row for (day, _), row in pieces.items() if day == at // DAY and row["piece_from"] <= at < row["piece_to"]
        ]
        assert piece["open_before"] + piece["is_open"] * (at - piece["piece_from"]) == clock.reading(at)


def test_buckets_find_the_piece_in_which_any_reading_is_reached(compiled: Compile) -> None:
    night = doc("Calendar", "night", {"timeZone": "UTC", "weekly": {"mon": ["22:15-01:30"], "tue": ["09:00-09:20"]}})
    rows = compiled(night, sla(targets=[target(calendar="night")]))
    clock = CalendarClock.of(
        VersionedCalendar.of("night", [Calendar.model_validate(night["spec"])]),
        rows["calendar_piece"][0]["piece_from"],
        rows["calendar_piece"][-1]["piece_to"],
    )
    for reading in [*range(1, 40 * HOUR, 977), HOUR, 2 * HOUR, 6300, 11700, 12900]:
        found = [
            row["piece_from"] + reading - row["open_before"]
            for row in rows["calendar_bucket"]
            if row["bucket"] == reading // HOUR
            and row["open_before"] <= reading <= row["open_before"] + row["open_seconds"]
        ]
        assert min(found) == clock.due(clock.start, reading), reading


def test_calendar_that_no_measured_target_uses_has_no_pieces(compiled: Compile) -> None:
    spare = doc("Calendar", "spare", {"timeZone": "UTC", "alwaysOpen": True})
    rows = compiled(spare, sla(), sla("draft", status="draft", targets=[target(calendar="spare")]))
    assert {row["calendar_id"] for row in rows["calendar"]} == {"24x7", "office", "spare"}
    for name in ("calendar_piece", "calendar_bucket", "calendar_day"):
        assert {row["calendar_id"] for row in rows[name]} == {"office"}, name


def test_days_of_a_calendar_number_those_that_have_open_time(compiled: Compile) -> None:
    rows = compiled(sla())["calendar_day"]
    by_date = {row["date"]: row for row in rows}
    # Friday 6 March to Monday 9 March 2026
    numbers = [by_date[date(2026, 3, day)]["open_day_number"] for day in (6, 7, 8, 9)]
    assert [number - numbers[0] for number in numbers] == [0, 0, 0, 1]
    assert [by_date[date(2026, 3, day)]["has_open_time"] for day in (6, 7, 8, 9)] == [1, 0, 0, 1]


def test_local_day_has_one_row_for_each_utc_day_it_overlaps(compiled: Compile) -> None:
    rows = [row for row in compiled(sla())["calendar_day"] if row["date"] == date(2026, 7, 1)]
    # midnight in London is 23:00 UTC in summer
    assert [row["utc_day"] for row in rows] == [rows[0]["day_from"] // DAY, rows[0]["day_to"] // DAY]
    assert rows[0]["day_to"] - rows[0]["day_from"] == DAY


# --- agreements -----------------------------------------------------------------------------------------------------


def test_agreement_row_has_the_defaults_of_the_contract(compiled: Compile) -> None:
    (row,) = compiled(sla())["agreement"]
    assert row == {
        "agreement_id": "sla",
        "agreement_version": 1,
        "agreement_type": "SLA",
        "display_name": "sla",
        "provider_id": "desk",
        "consumer_id": "acme",
        "status": "in_force",
        "is_measured": True,
        "valid_from_epoch": 1769904000,
        "valid_to_epoch": None,
        "time_zone": "Europe/London",
        "period_type": "month",
        "due_working_days": 5,
        "close_after_working_days": 5,
        "attribution": "decided",
        "reopen_mode": "resume",
        "reopen_window_days": 5,
        "priority_change": "at_clock_start_plus_upgrade",
        "zero_denominator": "no_data",
        "low_volume_min_denominator": 20,
        "excluded_time": "remove_from_denominator",
        "unmeasured": "remove_from_denominator",
        "min_outage_seconds": 0,
        "weight_outage_ppm": 1_000_000,
        "weight_partial_ppm": 300_000,
        "weight_degraded_ppm": 0,
        "exclude_attributed_to": "",
        "has_maintenance_terms": False,
        "maintenance_announced_seconds": None,
        "maintenance_monthly_seconds": None,
        "maintenance_windows": "",
        "inherited_downtime": "reported",
        "no_reply": "stops",
        "staleness_seconds": None,
        "covers_all_services": True,
        "workload_limit_tickets": None,
        "workload_limit_per": None,
    }


def test_policies_are_compiled_as_they_are_written(compiled: Compile) -> None:
    policies = {
        "downtimeWeights": {"partial": 0.0},
        "minOutage": "PT15M",
        "excludeAttributedTo": ["third_party", "customer"],
        "reopen": {"mode": "new_cycle"},
    }
    (row,) = compiled(sla(policies=policies))["agreement"]
    assert (row["weight_outage_ppm"], row["weight_partial_ppm"]) == (1_000_000, 0)
    assert (row["min_outage_seconds"], row["exclude_attributed_to"]) == (900, "customer,third_party")
    assert (row["reopen_mode"], row["reopen_window_days"]) == ("new_cycle", 5)


def test_terms_of_maintenance_are_compiled_with_the_hours_of_their_windows(compiled: Compile) -> None:
    nights = doc("Calendar", "nights", {"timeZone": "Europe/London", "weekly": {"sat": ["22:00-06:00"]}})
    maintenance = {"announcedBefore": "PT48H", "windows": ["nights"], "monthlyAllowance": "PT4H"}
    rows = compiled(nights, sla(policies={"maintenance": maintenance, "inheritedDowntime": "counted"}))
    (row,) = rows["agreement"]
    assert (row["has_maintenance_terms"], row["maintenance_windows"]) == (True, "nights")
    assert (row["maintenance_announced_seconds"], row["maintenance_monthly_seconds"]) == (48 * HOUR, 4 * HOUR)
    assert row["inherited_downtime"] == "counted"
    assert [row["calendar_id"] for row in rows["maintenance_window"]] == ["nights"]
    assert "nights" in {row["calendar_id"] for row in rows["calendar_piece"]}


def test_terms_that_demand_nothing_are_still_terms(compiled: Compile) -> None:
    (row,) = compiled(sla(policies={"maintenance": {}}))["agreement"]
    assert row["has_maintenance_terms"]
    assert (row["maintenance_announced_seconds"], row["maintenance_monthly_seconds"]) == (None, None)


def test_serial_dependencies_fail_alone_and_parallel_ones_together_along_the_chain(compiled: Compile) -> None:
    def service(name: str, serial: tuple[str, ...] = (), parallel: tuple[str, ...] = ()) -> dict[str, Any]:
        modes = [*((other, "serial") for other in serial), *((other, "parallel") for other in parallel)]
        needs = [{"service": other, "mode": mode} for other, mode in modes]
        return doc("Service", name, {"owner": "it", "dependsOn": needs})

    rows = compiled(
        sla(),
        service("site", serial=("db",), parallel=("left", "right")),
        service("left", serial=("power",)),
        service("right", serial=("power", "db")),
        service("power"),
        service("db"),
    )["service_failure_set"]
    sets: dict[tuple[str, int], set[str]] = {}
    for row in rows:
        sets.setdefault((row["service_id"], row["set_number"]), set()).add(row["member_service_id"])
    assert {key: members for key, members in sets.items() if key[0] == "site"} == {
        ("site", 1): {"db"},
        ("site", 2): {"power"},  # both sides stand on it
        ("site", 3): {"left", "right"},
    }
    assert all(row["member_count"] == len(sets[row["service_id"], row["set_number"]]) for row in rows)


def epoch_of(text: str) -> int:
    return int(parse_instant(text).timestamp())


def test_moments_of_truth_recur_on_wall_clocks_up_to_as_of(compiled: Compile) -> None:
    moments = [
        {
            "name": "pay-run",
            "rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "window": "06:00-18:00",
            "weight": 2.5,
        },
        {"name": "night", "rrule": "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=28", "window": "22:00-06:00", "timeZone": "UTC"},
    ]
    rows = compiled(sla(), doc("Service", "pay", {"owner": "it", "momentsOfTruth": moments}))["moment_of_truth"]
    assert [
        (row["moment"], str(row["date"]), row["from_epoch"], row["to_epoch"], row["weight_ppm"]) for row in rows
    ] == [
        ("night", "2026-03-28", epoch_of("2026-03-28T22:00:00Z"), epoch_of("2026-03-29T06:00:00Z"), 1_000_000),
        ("pay-run", "2026-02-27", epoch_of("2026-02-27T06:00:00Z"), epoch_of("2026-02-27T18:00:00Z"), 2_500_000),
        # the last working day of March, an hour earlier on the clock of UTC
        ("pay-run", "2026-03-31", epoch_of("2026-03-31T05:00:00Z"), epoch_of("2026-03-31T17:00:00Z"), 2_500_000),
    ]


def test_targets_with_scope_and_pauses(compiled: Compile) -> None:
    pause = ["on_hold", {"status": "waiting_customer", "requires": "customer_visible_request"}]
    scope = {"type": ["incident"], "priority": ["P2", "P1"]}
    rows = compiled(sla(services=[{"service": "mail"}], targets=[target(scope=scope, clock={"pause": pause})]))
    (row,) = rows["target"]
    assert (row["metric"], row["objective_op"], row["threshold_seconds"]) == ("time_to_resolve", "lte", 4 * HOUR)
    assert (row["target_ppm"], row["calendar_id"], row["clock_start"]) == (950_000, "office", "ticket.opened")
    assert (row["per"], row["scope_key_count"], row["survey_item"]) == ("agreement", 2, None)
    assert [(row["scope_key"], row["scope_value"]) for row in rows["target_scope"]] == [
        ("priority", "P1"),
        ("priority", "P2"),
        ("ticket_type", "incident"),
    ]
    assert [(row["status"], row["requires_visible_request"]) for row in rows["target_pause"]] == [
        ("on_hold", False),
        ("waiting_customer", True),
    ]
    assert [(row["service_id"], row["tier"]) for row in rows["agreement_service"]] == [("mail", None)]


def test_every_decision_is_a_row_that_says_who_decided_what_and_whether_it_counts(compiled: Compile) -> None:
    whole = {
        "kind": "exclude_interval",
        "agreement": "sla",
        "target": "resolve",
        "subject": {"ticket": "T1", "source": "desk", "cycle": 2},
        "interval": {"from": "2026-03-02T10:00:00Z", "to": "2026-03-02T12:00:00Z"},
        "reason": "power",
        "evidence": [{"source": "mail", "id": "m-1", "note": "photograph"}, {"source": "minutes"}],
        "requestedBy": {"role": "it-lead", "side": "provider", "at": "2026-03-03"},
        "decidedBy": [
            {"role": "slm", "side": "provider"},
            {"role": "cfo", "side": "consumer"},
            {"role": "head", "side": "consumer"},
        ],
        "decidedAt": "2026-03-29",
        "outcome": "accepted",
    }
    correction = {
        "kind": "correct_timestamp",
        "agreement": "sla",
        "subject": {"ticket": "T2", "event": "E1"},
        "correction": {"field": "occurred_at", "to": "2026-03-02T10:00:00Z"},
        "reason": "typo",
        "outcome": "rejected",
    }
    rows = compiled(sla(), doc("Decision", "whole", whole), doc("Decision", "correction", correction))["decision"]
    short, long = rows
    assert {key: value for key, value in short.items() if value is not None} == {
        "decision_id": "correction",
        "decision_kind": "correct_timestamp",
        "agreement_id": "sla",
        "ticket_id": "T2",
        "event_id": "E1",
        "corrected_field": "occurred_at",
        "corrected_to_epoch": 1772445600,
        "reason": "typo",
        "outcome": "rejected",
        "is_in_force": False,
    }
    assert (long["target_id"], long["source"], long["cycle_number"]) == ("resolve", "desk", 2)
    assert (long["from_epoch"], long["to_epoch"]) == (1772445600, 1772452800)
    assert long["evidence"] == "mail m-1 (photograph); minutes"
    assert (long["requested_by"], long["requested_epoch"]) == ("it-lead (provider)", 1772496000)
    assert (long["decided_by_provider"], long["decided_by_consumer"]) == ("slm", "cfo, head")
    assert long["decided_epoch"] == 1774742400  # midnight in London, before the clocks go forward
    assert long["is_in_force"]


def test_only_accepted_exclusions_that_were_decided_by_as_of_are_in_force(compiled: Compile) -> None:
    def decision(name: str, outcome: str = "accepted", decided_at: str = "2026-03-20T00:00:00Z") -> dict[str, Any]:
        spec = {
            "kind": "exclude_interval",
            "agreement": "sla",
            "subject": {"ticket": "T1"},
            "interval": {"from": "2026-03-02T10:00:00Z", "to": "2026-03-02T13:00:00+01:00"},
            "reason": "power",
            "decidedBy": [{"role": "slm", "side": "provider"}],
            "decidedAt": decided_at,
            "outcome": outcome,
        }
        return doc("Decision", name, spec)

    rows = compiled(
        sla(),
        decision("yes"),
        decision("no", "rejected"),
        decision("gone", "revoked"),
        decision("later", decided_at="2026-04-02"),
    )["decision_exclusion"]
    assert [(row["decision_id"], row["from_epoch"], row["to_epoch"]) for row in rows] == [
        ("yes", 1772445600, 1772452800)
    ]
    assert (rows[0]["ticket_id"], rows[0]["target_id"], rows[0]["source"], rows[0]["cycle_number"]) == (
        "T1",
        None,
        None,
        None,
    )


# --- periods --------------------------------------------------------------------------------------------------------


def test_reporting_periods_run_from_the_one_of_the_start_through_the_one_of_as_of(compiled: Compile) -> None:
    rows = compiled(sla(validity={"from": "2026-02-10", "to": "2026-02-20"}))["reporting_period"]
    assert [(row["period_start"], row["period_end"]) for row in rows] == [
        (date(2026, 2, 1), date(2026, 3, 1)),
        (date(2026, 3, 1), date(2026, 4, 1)),
        (date(2026, 4, 1), date(2026, 5, 1)),  # as_of, 00:00 UTC on 1 April, is 01:00 in London
    ]
    # February closes with the fifth working day of March, Friday the 6th
    assert rows[0]["closes_at_epoch"] == 1772841600


def test_periods_before_the_first_period_are_computed_and_not_published(compiled: Compile) -> None:
    settings = "apiVersion: slm/v1\nname: test\nreporting: {timeZone: Europe/London, firstPeriod: 2026-03}\n"
    rows = compiled(sla(), settings=settings)["reporting_period"]
    assert [row["is_published"] for row in rows] == [False, True, True]


@pytest.mark.parametrize("changes", [{"status": "draft"}, {"validity": {"from": "2026-05-01"}}])
def test_nothing_is_reported_for_drafts_and_agreements_that_have_not_begun(
    compiled: Compile, changes: dict[str, Any]
) -> None:
    assert compiled(sla(**changes))["reporting_period"] == []


def test_around_the_clock_agreement_counts_monday_to_friday_as_working_days(compiled: Compile) -> None:
    rows = compiled(sla(targets=[target(calendar="24x7")], reporting={"closeAfterWorkingDays": 1}))["reporting_period"]
    assert rows[0]["closes_at_epoch"] == 1772496000  # Monday 2 March is the first working day after February


def test_calendar_that_closes_for_good_still_lets_periods_close(compiled: Compile) -> None:
    once = doc("Calendar", "once", {"timeZone": "UTC", "weekly": {}, "overrides": {"2026-02-03": ["09:00-10:00"]}})
    rows = compiled(once, sla(targets=[target(calendar="once")]))["reporting_period"]
    assert rows[0]["closes_at_epoch"] == 1772841600


def test_period_pieces_cover_time_once_for_each_zone_and_period_type(compiled: Compile) -> None:
    tokyo = {"from": "2026-01-15", "timeZone": "Asia/Tokyo"}
    rows = compiled(sla(validity=tokyo, reporting={"period": "quarter"}))["period_piece"]
    assert {(row["time_zone"], row["period_type"]) for row in rows} == {
        ("Asia/Tokyo", "quarter"),
        ("Europe/London", "month"),
        ("Europe/London", "quarter"),
    }
    ours = [row for row in rows if row["time_zone"] == "Asia/Tokyo"]
    assert ours[0]["from_epoch"] <= AS_OF - 3652 * DAY
    # A clock may be due up to five years after as_of: the quarter that contains that instant ends on 1 July 2031.
    assert ours[-1]["from_epoch"] < 1940598000 == ours[-1]["to_epoch"]  # 1 July 2031 00:00 in Tokyo
    for row, following in itertools.pairwise(ours):
        assert row["to_epoch"] == following["from_epoch"]
        assert row["utc_day"] == row["from_epoch"] // DAY == (row["to_epoch"] - 1) // DAY
    (begin,) = [row for row in ours if row["from_epoch"] == 1774969200]  # 1 April 00:00 in Tokyo, 15:00 UTC
    assert begin["period_start"] == date(2026, 4, 1)


def test_workload_limit_has_its_periods_in_the_zone_of_its_agreement_alone(compiled: Compile) -> None:
    tokyo = {"from": "2026-01-15", "timeZone": "Asia/Tokyo"}
    rows = compiled(sla(validity=tokyo, workloadLimit={"tickets": 9, "per": "week"}))["period_piece"]
    assert {(row["time_zone"], row["period_type"]) for row in rows} == {
        ("Asia/Tokyo", "month"),
        ("Asia/Tokyo", "week"),
        ("Europe/London", "month"),
    }
    weeks = [row for row in rows if row["period_type"] == "week"]
    (begin,) = [row for row in weeks if row["from_epoch"] == 1774796400]  # Monday 30 March 00:00 in Tokyo
    assert (begin["period_start"], begin["period_end"]) == (date(2026, 3, 30), date(2026, 4, 6))


def test_local_days_reach_to_the_end_of_the_running_period(compiled: Compile) -> None:
    rows = compiled(sla(reporting={"period": "quarter"}))["local_day"]
    assert {row["time_zone"] for row in rows} == {"Europe/London"}
    assert rows[-1]["date"] == date(2026, 6, 30)
    dates = [row["date"] for row in rows]
    assert dates == sorted(dates)
    assert all(row["day_from"] < row["day_to"] for row in rows)
    assert rows[-1]["day_number"] == (date(2026, 6, 30) - date(1970, 1, 1)).days


# --- whole or not at all --------------------------------------------------------------------------------------------


def test_invalid_agreements_leave_the_former_tables(write_project: Any, tmp_path: Path) -> None:
    run(write_project(sla()), tmp_path / "out")
    before = (tmp_path / "out" / "agreement.parquet").read_bytes()
    with pytest.raises(ProjectError):
        run(write_project(sla(consumer="nobody")), tmp_path / "out")
    assert (tmp_path / "out" / "agreement.parquet").read_bytes() == before


def test_failure_while_writing_leaves_the_former_tables_and_no_litter(
    write_project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    run(write_project(sla()), out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def full_disk(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compiling, "write_table", full_disk)
    with pytest.raises(CompileError, match="No space left"):
        run(write_project(sla(), sla("b", status="draft")), out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "project"]


def test_run_killed_between_the_two_renames_is_repaired_by_the_next(write_project: Any, tmp_path: Path) -> None:
    out, project = tmp_path / "out", write_project(sla())
    run(project, out)
    out.rename(tmp_path / "out.former")
    run(project, out)
    assert tables(out)["agreement"] != []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "project"]


def test_hash_of_inputs_changes_with_content_and_with_names(write_project: Any) -> None:
    project = write_project(sla())
    first = hash_inputs(project)
    assert hash_inputs(project) == first
    (project / "agreements" / "all.yaml").rename(project / "agreements" / "other.yaml")
    second = hash_inputs(project)
    (project / "slm.yaml").write_text("apiVersion: slm/v1\nname: other\n", encoding="utf-8")
    assert len({first, second, hash_inputs(project)}) == 3


def test_summary_names_targets_that_are_not_measured_yet(write_project: Any, tmp_path: Path) -> None:
    promise = {"id": "kept", "metric": "promise_kept", "objective": {"op": "gte", "targetPercent": 90}}
    summary = run(write_project(sla(targets=[target(), promise])), tmp_path / "out")
    assert summary.unmeasured_targets == ("sla/1/kept",)
    assert summary.document_counts == {"Agreement": 1, "Calendar": 1, "Customer": 1, "Service": 2}
    assert summary.row_counts["target"] == 2


# --- command line ---------------------------------------------------------------------------------------------------


def test_command_prints_all_errors_and_exits_with_1(write_project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    project = write_project(sla(consumer="nobody", services=[{"service": "phone"}]))
    assert main([str(project), "--as-of", "2026-04-01T00:00:00Z"]) == 1
    assert 'no Customer "nobody"' in (printed := capsys.readouterr().err)
    assert 'no Service "phone"' in printed


def test_command_compiles_and_exits_with_0(
    write_project: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(write_project(sla())), str(tmp_path / "out"), "--as-of", "2026-04-01T00:00:00Z"]) == 0
    assert "1 Agreement" in capsys.readouterr().out
    assert tables(tmp_path / "out")["agreement"][0]["agreement_id"] == "sla"


def test_importing_the_room_loads_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys, agreements.compile, settings.run\n"
        "heavy = ('dagster', 'dbt', 'duckdb', 'great_expectations', 'pandas', 'holidays')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_calendar_of_the_project_may_restate_the_built_in_one(compiled: Compile) -> None:
    rows = compiled(doc("Calendar", "24x7", {"timeZone": "Europe/London", "alwaysOpen": True}))["calendar"]
    assert [(row["calendar_id"], row["time_zone"]) for row in rows if row["calendar_id"] == "24x7"] == [
        ("24x7", "Europe/London")
    ]
    assert calendars_by_id([])["24x7"].versions[0].time_zone == "UTC"


def test_accepted_decision_re_opens_its_period_from_the_day_it_was_decided(compiled: Compile) -> None:
    def reopening(name: str, period: str, outcome: str = "accepted", decided_at: str = "2026-03-20") -> dict[str, Any]:
        spec = {
            "kind": "reopen_period",
            "agreement": "sla",
            "period": period,
            "reason": "corrected",
            "decidedBy": [{"role": "a", "side": "provider"}, {"role": "b", "side": "consumer"}],
            "decidedAt": decided_at,
            "outcome": outcome,
        }
        return doc("Decision", name, spec)

    rows = compiled(
        sla(),
        reopening("month", "2026-02"),
        reopening("quarter", "2025-Q4"),
        reopening("refused", "2026-02", "rejected"),
        reopening("later", "2026-02", decided_at="2026-04-02"),
    )["reopened_period"]
    assert [(row["decision_id"], row["period_start"], row["target_id"]) for row in rows] == [
        ("month", date(2026, 2, 1), None),
        ("quarter", date(2025, 10, 1), None),
    ]
