"""What a run adds to what earlier runs brought: new content, corrections, snapshots, late tickets, kills."""

import os
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion import landing, pull
from ingestion.errors import SourceError
from ingestion.pull import LoadRef, ensure_empty_feeds, leave_out_unlisted_sources, ordered_sources
from settings.project import SourceConfig
from tests.unit.ingestion.conftest import EVENT_HEADER, TICKET_HEADER, Project, event, ticket

SUPERSEDED = "feed, load_id, record_number, reason"


# ------------------------------------------------------------------------------------------------ new content


def test_first_run_lands_one_load_per_feed(desk: Project) -> None:
    result = desk.run()
    assert desk.loads("tickets") == ["000001-20260310T010000Z"]
    assert result.new_loads == (
        LoadRef("tickets", "000001-20260310T010000Z"),
        LoadRef("ticket_events", "000001-20260310T010000Z"),
    )
    assert set(result.loads) == set(result.new_loads)


def test_manifest_says_what_was_landed_from_where(desk: Project) -> None:
    desk.run()
    manifest = desk.manifest("tickets", "000001-20260310T010000Z")
    content = (desk.folder / "data/tickets.csv").read_bytes()
    (file,) = manifest["files"]
    assert (file["path"], file["bytes"], file["records"]) == ("data/tickets.csv", len(content), 2)
    assert manifest["landed_count"] == 2
    assert manifest["loaded_at"] == "2026-03-10T01:00:00Z"
    assert manifest["columns"] == TICKET_HEADER.split(",")


def test_landing_keeps_every_column_as_received(desk: Project) -> None:
    desk.write("data/tickets.csv", f"{TICKET_HEADER},colour", f"{ticket(' T1', '2026-03-02T10:00:00.9Z')},  red ")
    desk.run()
    columns = "ticket_id, opened_at, colour, _file, _line, _record_number"
    assert desk.landed("tickets", columns) == [(" T1", "2026-03-02T10:00:00.9Z", "  red ", "data/tickets.csv", 2, 1)]


def test_same_files_again_change_nothing(desk: Project) -> None:
    desk.run()
    before = desk.everything()
    result = desk.run()
    assert result.new_loads == ()
    assert desk.everything() == before


def test_touched_file_with_the_same_content_is_not_new(desk: Project) -> None:
    desk.run()
    os.utime(desk.folder / "data/tickets.csv", (0, 0))
    assert desk.run().new_loads == ()


def test_renamed_file_is_not_new(desk: Project) -> None:
    desk.run()
    (desk.folder / "data/tickets.csv").rename(desk.folder / "data/tickets-march.csv")
    assert desk.run().new_loads == ()


def test_only_the_new_file_is_landed(desk: Project) -> None:
    desk.run()
    desk.write("data/tickets-2.csv", TICKET_HEADER, ticket("T3"))
    desk.run()
    assert desk.loads("tickets") == ["000001-20260310T010000Z", "000002-20260311T010000Z"]
    assert [file["path"] for file in desk.manifest("tickets", "000002-20260311T010000Z")["files"]] == [
        "data/tickets-2.csv"
    ]
    assert desk.loads("ticket_events") == ["000001-20260310T010000Z"]
    assert desk.rows("tickets", "ticket_id") == [("T1",), ("T2",), ("T3",)]


def test_content_that_changes_and_changes_back_is_landed_three_times_and_the_last_one_holds(desk: Project) -> None:
    for priority in ("P1", "P2", "P1"):
        desk.write("data/tickets.csv", TICKET_HEADER, ticket("T1", priority=priority))
        desk.run()
    assert len(desk.loads("tickets")) == 3
    assert desk.rows("tickets", "load_id, priority") == [("000003-20260312T010000Z", "P1")]


def test_stale_copy_of_a_corrected_file_does_not_undo_the_correction(desk: Project) -> None:
    desk.write("data/tickets.csv", TICKET_HEADER, ticket("T1", priority="P1"))
    desk.run()
    shutil.copy(desk.folder / "data/tickets.csv", desk.folder / "data/tickets-copy.csv")
    desk.run()
    desk.write("data/tickets.csv", TICKET_HEADER, ticket("T1", priority="P2"))
    desk.run()
    desk.run()
    assert desk.rows("tickets", "priority") == [("P2",)]


def test_file_that_is_gone_takes_nothing_with_it(desk: Project) -> None:
    desk.run()
    (desk.folder / "data/tickets.csv").unlink()
    desk.write("data/tickets-2.csv", TICKET_HEADER, ticket("T3"))
    desk.run()
    assert desk.rows("tickets", "ticket_id") == [("T1",), ("T2",), ("T3",)]


def test_header_without_records_is_a_load_of_nothing(desk: Project) -> None:
    desk.write("data/events.csv", EVENT_HEADER)
    desk.run()
    assert desk.audit() == [("ticket_events", 0, 0, 0), ("tickets", 2, 2, 0)]
    assert desk.rows("ticket_events", "event_id") == []


# ------------------------------------------------------------------------------------------------ corrections


def test_correction_in_a_later_load_wins_and_the_earlier_row_is_left_out(desk: Project) -> None:
    desk.run()
    desk.write("data/tickets-2.csv", TICKET_HEADER, ticket("T1", priority="P1"))
    desk.run()
    assert desk.rows("tickets", "ticket_id, priority") == [("T1", "P1"), ("T2", "P3")]
    assert desk.control("not_current", SUPERSEDED) == [
        ("tickets", "000001-20260310T010000Z", 1, "superseded_by_later_load")
    ]
    assert desk.quarantine() == []
    columns = "feed, load_id, accepted_count, quarantined_count, superseded_count"
    assert desk.audit(columns)[1:] == [
        ("tickets", "000001-20260310T010000Z", 2, 0, 1),
        ("tickets", "000002-20260311T010000Z", 1, 0, 0),
    ]


def test_correction_by_replacing_the_file_wins(desk: Project) -> None:
    desk.run()
    desk.write("data/tickets.csv", TICKET_HEADER, ticket("T1", priority="P1"), ticket("T2"))
    desk.run()
    assert desk.rows("tickets", "ticket_id, priority") == [("T1", "P1"), ("T2", "P3")]


def test_rejected_correction_leaves_the_earlier_row_in_force(desk: Project) -> None:
    desk.run(maxRejectRatio=1)
    desk.write("data/events-2.csv", EVENT_HEADER, event("E1", "T9"))
    desk.run(maxRejectRatio=1)
    assert desk.rows("ticket_events", "event_id, ticket_id") == [("E1", "T1")]


def test_key_of_several_columns_meets_its_correction(desk: Project) -> None:
    options = {"feeds": {"costs": "data/costs*.csv"}}
    header = "service_id,tier,period_start,kind,amount,currency"
    desk.write("data/costs-1.csv", header, "desk,,2026-03-01,run,10,EUR", "desk,gold,2026-03-01,run,20,EUR")
    desk.run(**options)
    desk.write("data/costs-2.csv", header, "desk,,2026-03-01,run,11.50,EUR")
    desk.run(**options)
    assert desk.rows("costs", "tier, cast(amount as varchar)") == [("gold", "20.00"), (None, "11.50")]


def test_rejected_record_that_comes_again_is_marked(desk: Project) -> None:
    bad = [event(number, "T1", value="Erledigt") for number in ("E1", "E2", "E3")]
    desk.write("data/events.csv", EVENT_HEADER, *bad)
    desk.run(maxRejectRatio=1)
    desk.write("data/events-2.csv", EVENT_HEADER, event("E1", "T1"), bad[1])
    desk.run(maxRejectRatio=1)
    assert desk.quarantine("load_id[:6], record_id, is_superseded") == [
        ("000001", "E1", True),
        ("000001", "E2", True),
        ("000001", "E3", False),
        ("000002", "E2", False),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_nights_one_by_one_leave_what_all_at_once_would(tmp_path: Path, seed: int) -> None:
    """The last good row of every key is current, whatever was remembered from night to night."""
    draw = random.Random(seed)
    nightly = Project(tmp_path / "project", tmp_path / "nightly")
    nightly.write("data/tickets.csv", TICKET_HEADER, *(ticket(f"T{n}") for n in range(3)))
    last_good: dict[str, tuple[str, int]] = {}
    for night in range(5):
        drawn = [(f"E{draw.randrange(8)}", draw.randrange(4)) for _ in range(6)]
        events = dict(drawn)  # one row per id: conflicts within a load are another rule
        rows = [event(number, f"T{owner}", f"2026-03-0{night + 3}T00:00:00Z") for number, owner in events.items()]
        nightly.write(f"data/events-{night}.csv", EVENT_HEADER, *rows)
        nightly.run(maxRejectRatio=1)
        last_good |= {number: (f"T{owner}", night + 3) for number, owner in events.items() if owner < 3}
    expected = sorted((number, owner, day) for number, (owner, day) in last_good.items())
    assert nightly.rows("ticket_events", "event_id, ticket_id, day(occurred_at)") == expected
    before = nightly.everything()
    shutil.rmtree(nightly.home / "warehouse")
    nightly.run(maxRejectRatio=1)
    assert nightly.everything() == before


# -------------------------------------------------------------------------------------------------- snapshots


def snapshot(project: Project, *numbers: str) -> None:
    project.write("data/tickets.csv", TICKET_HEADER, *(ticket(number) for number in numbers))
    project.run(feeds={"tickets": {"path": "data/tickets*.csv", "mode": "snapshot"}})


def test_only_the_latest_snapshot_is_current(desk: Project) -> None:
    snapshot(desk, "T1", "T2")
    snapshot(desk, "T2", "T3")
    assert desk.rows("tickets", "ticket_id") == [("T2",), ("T3",)]
    columns = "load_id, landed_count, accepted_count, superseded_count"
    assert desk.audit(columns) == [("000001-20260310T010000Z", 2, 2, 2), ("000002-20260311T010000Z", 2, 2, 0)]


def test_snapshot_of_several_files_is_landed_whole_when_one_changes(desk: Project) -> None:
    desk.write("data/tickets-2.csv", TICKET_HEADER, ticket("T9"))
    snapshot(desk, "T1")
    snapshot(desk, "T2")
    assert desk.rows("tickets", "ticket_id") == [("T2",), ("T9",)]


def test_snapshot_without_one_of_its_files_is_a_new_snapshot(desk: Project) -> None:
    other = desk.write("data/tickets-2.csv", TICKET_HEADER, ticket("T9"))
    snapshot(desk, "T1")
    other.unlink()
    snapshot(desk, "T1")
    assert desk.rows("tickets", "ticket_id") == [("T1",)]


def test_unchanged_snapshot_is_no_new_load(desk: Project) -> None:
    snapshot(desk, "T1")
    snapshot(desk, "T1")
    assert len(desk.loads("tickets")) == 1


# ------------------------------------------------------------------------------------------------ late tickets


def test_ticket_that_comes_later_frees_its_event(desk: Project) -> None:
    desk.write("data/events.csv", EVENT_HEADER, event("E1", "T1"), event("E3", "T3"))
    desk.run(maxRejectRatio=1)
    assert desk.quarantine("record_id, reason_code") == [("E3", "unknown_ticket")]
    desk.write("data/tickets-2.csv", TICKET_HEADER, ticket("T3"))
    desk.run(maxRejectRatio=1)
    assert desk.rows("ticket_events", "event_id") == [("E1",), ("E3",)]
    assert desk.quarantine() == []
    assert desk.audit()[0] == ("ticket_events", 2, 2, 0)


def test_corrected_opening_rejects_an_event_that_was_good(desk: Project) -> None:
    desk.run(maxRejectRatio=1)
    desk.write("data/tickets-2.csv", TICKET_HEADER, ticket("T1", "2026-03-03T10:00:00Z"))
    desk.run(maxRejectRatio=1)
    assert desk.quarantine() == [("ticket_events", 2, "E1", "occurred_at", "resolved_before_opened")]


def test_events_find_the_tickets_of_another_source(desk: Project, project: Project) -> None:
    desk.run(feeds={"tickets": "data/tickets.csv"})
    chat = Project(desk.folder, desk.home, name="chat", options={"feeds": {"ticket_events": "data/events.csv"}})
    chat.run(ticketSource="desk")
    assert chat.rows("ticket_events", "source, event_id") == [("chat", "E1")]
    assert chat.control("ticket_source", "source, ticket_source") == [("chat", "desk"), ("desk", "desk")]


def test_without_ticket_source_another_sources_tickets_are_unknown(desk: Project) -> None:
    desk.run(feeds={"tickets": "data/tickets.csv"})
    chat = Project(desk.folder, desk.home, name="chat", options={"feeds": {"ticket_events": "data/events.csv"}})
    with pytest.raises(SourceError, match="unknown_ticket"):
        chat.run()


def test_ticket_of_another_source_that_was_replaced_counts_with_its_later_opening(desk: Project) -> None:
    desk.run(feeds={"tickets": "data/tickets*.csv"})
    desk.write("data/tickets-2.csv", TICKET_HEADER, ticket("T1", "2026-03-03T10:00:00Z"))
    desk.run(feeds={"tickets": "data/tickets*.csv"})
    chat = Project(desk.folder, desk.home, name="chat", options={"feeds": {"ticket_events": "data/events.csv"}})
    chat.run(ticketSource="desk", maxRejectRatio=1)
    assert chat.quarantine("source, record_id, reason_code") == [("chat", "E1", "resolved_before_opened")]


def test_sources_come_after_the_one_whose_tickets_they_need() -> None:
    chat = SourceConfig(
        name="chat", type="files", options={"feeds": {"ticket_events": "e.csv"}, "ticketSource": "desk"}
    )
    desk = SourceConfig(name="desk", type="files", options={"feeds": {"tickets": "t.csv"}})
    assert [source.name for source in ordered_sources([chat, desk])] == ["desk", "chat"]


@pytest.mark.parametrize(("needed", "said"), [("dusk", '"dusk" is no source'), ("chat", "leads in a circle")])
def test_ticket_source_that_cannot_be_is_refused(needed: str, said: str) -> None:
    chat = SourceConfig(
        name="chat", type="files", options={"feeds": {"ticket_events": "e.csv"}, "ticketSource": needed}
    )
    with pytest.raises(SourceError, match=said):
        ordered_sources([chat])


# ----------------------------------------------------------------------------------------------------- counts


def test_rows_after_as_of_are_accepted_and_counted(desk: Project) -> None:
    result = desk.run(as_of=datetime(2026, 3, 2, 11, tzinfo=UTC))
    assert desk.audit("feed, accepted_count, after_as_of_count") == [("ticket_events", 1, 1), ("tickets", 2, 0)]
    assert result.feeds["ticket_events"].after_as_of == 1
    assert desk.rows("ticket_events", "event_id") == [("E1",)]


def test_row_at_the_very_as_of_is_not_after_it(desk: Project) -> None:
    desk.run(as_of=datetime(2026, 3, 2, 12, tzinfo=UTC))
    assert desk.audit("after_as_of_count") == [(0,), (0,)]


def test_superseded_rows_after_as_of_are_not_counted(desk: Project) -> None:
    desk.run()
    desk.write("data/tickets-2.csv", TICKET_HEADER, ticket("T2"), ticket("T1"))
    desk.run(as_of=datetime(2026, 3, 1, tzinfo=UTC))
    counts = desk.control("load_audit", "load_id[:6], after_as_of_count", "feed = 'tickets'")
    assert counts == [("000001", 0), ("000002", 2)]


def test_landed_is_accepted_and_quarantined_for_every_load(desk: Project) -> None:
    desk.write(
        "data/events.csv",
        EVENT_HEADER,
        *(event("E1", "T1"), event("E1", "T1"), event("E2", "T9"), event("E3", "T1", value="?"), "E4,T1"),
    )
    desk.run(maxRejectRatio=1)
    desk.write("data/tickets-2.csv", TICKET_HEADER, ticket("T1"), ticket("T2", "soon"))
    desk.run(maxRejectRatio=1)
    counts = desk.audit("landed_count, accepted_count, quarantined_count")
    assert counts == [(2, 1, 1), (2, 2, 0), (5, 2, 3)]
    assert len(desk.quarantine()) == 1 + 3


# ------------------------------------------------------------------------------------- derived from landing


def test_changed_map_interprets_what_has_landed_anew(desk: Project) -> None:
    desk.write("data/events.csv", EVENT_HEADER, event("E1", "T1", value="on_hold"))
    desk.run()
    result = desk.run(statusMap={"on_hold": "waiting_customer"})
    assert result.new_loads == ()
    assert desk.rows("ticket_events", "value") == [("waiting_customer",)]


def test_lost_warehouse_is_rebuilt_from_landing_alone(desk: Project) -> None:
    desk.run()
    desk.write("data/tickets-2.csv", TICKET_HEADER, ticket("T1", priority="P1"))
    desk.run()
    before = desk.everything()
    shutil.rmtree(desk.home / "warehouse")
    desk.run()
    assert desk.everything() == before


def test_feed_that_is_no_longer_listed_leaves_the_warehouse_but_not_landing(desk: Project) -> None:
    desk.run()
    desk.run(feeds={"tickets": "data/tickets.csv"})
    assert desk.rows("ticket_events", "event_id") == []
    assert desk.audit("feed") == [("tickets",)]
    assert len(desk.loads("ticket_events")) == 1


def test_source_that_is_no_longer_listed_leaves_the_warehouse_but_not_landing(desk: Project) -> None:
    desk.run()
    other = Project(desk.folder, desk.home, name="desk2")
    other.run()
    assert leave_out_unlisted_sources(desk.home, ["desk2"]) == ["desk"]
    assert desk.rows("tickets", "distinct source") == [("desk2",)]
    assert desk.audit("distinct source") == [("desk2",)]
    assert len(desk.loads("tickets")) == 1
    assert leave_out_unlisted_sources(desk.home, ["desk2"]) == []


def test_empty_feeds_are_typed_and_readable_before_anything_has_landed(project: Project) -> None:
    ensure_empty_feeds(project.home)
    path = project.home / "warehouse/feeds/uptime_checks/_empty.parquet"
    columns = project.query(f"select column_name, column_type from (describe select * from '{path}')")
    assert columns == [
        ("source", "VARCHAR"),
        ("raw_feed", "VARCHAR"),
        ("load_id", "VARCHAR"),
        ("record_number", "BIGINT"),
        ("file", "VARCHAR"),
        ("line", "BIGINT"),
        ("service_id", "VARCHAR"),
        ("checked_at", "TIMESTAMP"),
        ("status", "VARCHAR"),
        ("response_ms", "DOUBLE"),
        ("max_gap_seconds", "BIGINT"),
    ]
    assert project.rows("costs", "amount") == []
    assert project.quarantine() == []


def test_accepted_files_have_the_types_of_the_empty_ones(desk: Project) -> None:
    desk.run()
    for feed in ("tickets", "ticket_events"):
        described = {
            tuple(desk.query(f"select column_name, column_type from (describe select * from '{path}')"))
            for path in (desk.home / "warehouse/feeds" / feed).glob("*.parquet")
        }
        assert len(described) == 1


# ------------------------------------------------------------------------------------------------------- kills


class Killed(BaseException):
    """Stands for a kill: nothing in the code under test may catch it."""


def killing_after(
    renames: int, move: Callable[..., Any], commit: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """`move` (and `commit`, told apart by what it is given) until they have been called `renames` times in all."""
    left = renames

    def call(what: Any, where: Any) -> Any:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1
        return commit(what, where) if commit is not None and isinstance(what, landing.Load) else move(what, where)

    return call


@pytest.mark.parametrize("renames", range(14))
def test_run_killed_between_two_renames_is_made_good_by_the_next(
    desk: Project, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    desk.run()
    desk.write("data/tickets-2.csv", TICKET_HEADER, ticket("T1", priority="P1"), ticket("T3"))
    desk.write("data/events-2.csv", EVENT_HEADER, event("E3", "T3"), event("E1", "T1", value="closed"))
    with monkeypatch.context() as patch:
        moves = killing_after(renames, pull.move_into_place, landing.commit_load)
        patch.setattr(pull, "move_into_place", moves)
        patch.setattr(landing, "commit_load", moves)
        with pytest.raises(Killed):
            desk.run()
    # whatever landed is whole
    for manifest in Path(desk.home / "landing").rglob("manifest.json"):
        assert (manifest.parent / "records.parquet").is_file()
    desk.run()
    assert desk.rows("tickets", "ticket_id, priority") == [("T1", "P1"), ("T2", "P3"), ("T3", "P3")]
    assert desk.rows("ticket_events", "event_id, value") == [("E1", "closed"), ("E3", "resolved")]
    assert [row[1:] for row in desk.audit()] == [(1, 1, 0), (2, 2, 0), (2, 2, 0), (2, 2, 0)]
    assert not list(desk.home.rglob("*.tmp"))


@pytest.mark.parametrize("renames", range(12))
def test_options_taken_back_after_a_kill_leave_nothing_of_them(
    desk: Project, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    desk.write("data/events.csv", EVENT_HEADER, event("E1", "T1", value="on_hold"))
    desk.run()
    before = desk.everything()
    with monkeypatch.context() as patch:
        patch.setattr(pull, "move_into_place", killing_after(renames, pull.move_into_place))
        with pytest.raises(Killed):
            desk.run(statusMap={"on_hold": "closed"}, defaults={"channel": "web"})
    desk.run()
    assert desk.everything() == before


def test_commit_whose_folder_stays_is_landed_and_the_next_run_says_so(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be removed breaks no load, and is told before anything else would be committed."""
    committed = desk.home / "landing/.committed/desk"
    remove = shutil.rmtree

    def refusing(path: Path, **more: Any) -> None:
        if path == committed:
            raise PermissionError(13, "Permission denied", str(path))
        remove(path, **more)

    with monkeypatch.context() as patch:
        patch.setattr(landing.shutil, "rmtree", refusing)
        assert len(desk.run().new_loads) == 2
        assert desk.rows("tickets", "ticket_id") == [("T1",), ("T2",)]
        desk.write("data/tickets-2.csv", TICKET_HEADER, ticket("T3"))
        before = desk.everything()
        with pytest.raises(PermissionError, match="committed/desk"):
            desk.run()
        assert desk.everything() == before
    desk.run()
    assert desk.rows("tickets", "ticket_id") == [("T1",), ("T2",), ("T3",)]
    assert not committed.exists()


def test_half_written_load_of_a_killed_run_is_swept_away(desk: Project) -> None:
    left = desk.home / "landing/.staging/desk/tickets/000001-20260310T010000Z"
    left.mkdir(parents=True)
    (left / "records.parquet").write_bytes(b"half")
    desk.run()
    assert desk.rows("tickets", "ticket_id") == [("T1",), ("T2",)]
    assert not left.exists()


def test_name_that_begins_like_another_sources_is_not_mistaken_for_it(desk: Project) -> None:
    desk.run()
    Project(desk.folder, desk.home, name="desk-2").run()
    desk.run()
    assert desk.rows("tickets", "source, ticket_id") == [
        ("desk", "T1"),
        ("desk", "T2"),
        ("desk-2", "T1"),
        ("desk-2", "T2"),
    ]
