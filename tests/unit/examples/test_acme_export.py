"""The form of the made company's export: reproducible, append-only, in order."""

import filecmp
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from examples.acme.generate import generate, main, read_instant
from ingestion.feeds import CANONICAL_FEEDS
from tests.unit.examples.conftest import read_feed, seconds_of

MARCH = read_instant("2026-03-10T15:00:00Z")
APRIL = read_instant("2026-04-20T00:00:00Z")
# What an export cannot know in advance, and so may still say otherwise later.
STILL_OPEN = {
    "tickets": [
        "parent_ticket_id",
        *(name for name in CANONICAL_FEEDS["tickets"].column_names if name[:7] == "source_"),
    ],
    "outages": ["ended_at", "notified_at"],
    "survey_invitations": ["response_id"],
    "touchpoints": ["held_at", "business_outcome"],
    "voice_items": ["answered_at", "status"],
}


@pytest.fixture(scope="module")
def march(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("march")
    generate(MARCH, folder)
    return folder


@pytest.fixture(scope="module")
def april(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("april")
    generate(APRIL, folder)
    return folder


def test_same_arguments_give_the_same_bytes(march: Path, tmp_path: Path) -> None:
    generate(MARCH, tmp_path)
    names = sorted(path.name for path in march.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    assert filecmp.cmpfiles(march, tmp_path, names, shallow=False) == (names, [], [])


def test_another_seed_gives_another_history(march: Path, tmp_path: Path) -> None:
    generate(MARCH, tmp_path, seed=8)
    assert read_feed(march, "ticket_events").shape != read_feed(tmp_path, "ticket_events").shape


@pytest.mark.parametrize("feed", list(CANONICAL_FEEDS))
def test_later_export_repeats_the_earlier_one(march: Path, april: Path, feed: str) -> None:
    before, after = read_feed(march, feed), read_feed(april, feed)
    known = before.drop(columns=STILL_OPEN.get(feed, []))
    again = after.drop(columns=STILL_OPEN.get(feed, []))
    # Touchpoints of the running month are planned at its beginning; an unplanned call appears when it is held.
    assert not known.merge(again, how="left", indicator=True)["_merge"].eq("left_only").any()
    assert len(after) > len(before) or feed == "employee_survey"


@pytest.mark.parametrize(
    ("feed", "column"),
    [
        ("tickets", "opened_at"),
        ("tickets", "source_resolved_at"),
        ("tickets", "source_closed_at"),
        ("ticket_events", "occurred_at"),
        ("outages", "started_at"),
        ("outages", "ended_at"),
        ("uptime_checks", "checked_at"),
        ("survey_responses", "responded_at"),
        ("survey_invitations", "sent_at"),
        ("touchpoints", "held_at"),
        ("voice_items", "raised_at"),
        ("voice_items", "answered_at"),
    ],
)
def test_nothing_happened_at_or_after_the_export(march: Path, feed: str, column: str) -> None:
    instants = read_feed(march, feed)[column]
    instants = seconds_of(instants[instants.str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")])
    assert len(instants) > 0
    assert instants.max() < MARCH


def test_every_month_has_its_own_file_and_holds_that_month_only(march: Path) -> None:
    for month in ("2025-12", "2026-01", "2026-02", "2026-03"):
        occurred = read_feed(march, "ticket_events", f"{month}.csv.gz")["occurred_at"]
        assert occurred.str.startswith(month).all()


def test_event_ids_are_unique_and_order_events_within_an_instant(events: pd.DataFrame) -> None:
    assert events["event_id"].is_unique
    by_id = events.sort_values("event_id", kind="stable")
    later = by_id["occurred"].diff()[by_id["ticket_id"].eq(by_id["ticket_id"].shift())]
    assert (later >= 0).all()


def test_no_event_before_its_ticket_opened(tickets: pd.DataFrame, events: pd.DataFrame) -> None:
    assert (events["occurred"].to_numpy() >= tickets["opened"].reindex(events["ticket_id"]).to_numpy()).all()


def test_nothing_follows_an_end_but_a_reopening(events: pd.DataFrame) -> None:
    statuses = events[events["event_type"] == "status"]
    before = statuses.groupby("ticket_id")["value"].shift()
    assert set(statuses["value"][before.isin(["cancelled", "merged"])]) == set()
    assert set(statuses["value"][before == "closed"]) <= {"Work In Progress"}
    assert set(statuses["value"][before == "resolved"]) <= {"closed", "Work In Progress"}


def test_a_team_never_hands_over_to_itself(tickets: pd.DataFrame, events: pd.DataFrame) -> None:
    moves = events[events["event_type"] == "team"]
    before = moves.groupby("ticket_id")["value"].shift()
    before = before.fillna(moves["ticket_id"].map(tickets["team_id"]))
    assert (moves["value"] != before).all()


def test_every_required_cell_is_filled(export: Path) -> None:
    for feed, definition in CANONICAL_FEEDS.items():
        rows = read_feed(export, feed)
        for column in definition.required:
            assert not rows[column].eq("").any(), f"{feed}.{column}"


def test_default_size_is_four_thousand_tickets_a_year(tickets: pd.DataFrame, events: pd.DataFrame) -> None:
    days = 335
    assert 3700 < len(tickets) * 365 / days < 4500
    assert 7 < len(events) / len(tickets) < 9


def test_size_multiplies_tickets_and_leaves_the_planted_ones(tmp_path: Path) -> None:
    until = read_instant("2026-01-15T00:00:00Z")
    generate(until, tmp_path / "one")
    generate(until, tmp_path / "five", size=5)
    one, five = read_feed(tmp_path / "one", "tickets"), read_feed(tmp_path / "five", "tickets")
    assert 4 < len(five) / len(one) < 6
    planted = [rows[rows["ticket_id"].str.contains("-9")].drop(columns="requester_id") for rows in (one, five)]
    pd.testing.assert_frame_equal(*(rows.reset_index(drop=True) for rows in planted))


def test_parquet_holds_the_same_tickets_as_csv(march: Path, tmp_path: Path) -> None:
    generate(MARCH, tmp_path, file_format="parquet")
    table = pq.read_table(tmp_path / "ticket_events-2026-03.parquet")
    text = read_feed(march, "ticket_events", "2026-03.csv.gz")
    assert str(table.schema.field("occurred_at").type) == "timestamp[us, tz=UTC]"
    assert table["event_id"].to_pylist() == text["event_id"].tolist()
    seconds = table["occurred_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    assert seconds.tolist() == seconds_of(text["occurred_at"]).tolist()


def test_earlier_export_into_the_same_folder_leaves_no_later_file(tmp_path: Path) -> None:
    kept = tmp_path / "notes.txt"
    kept.write_text("mine")
    generate(read_instant("2026-02-10T00:00:00Z"), tmp_path, file_format="parquet")
    generate(read_instant("2026-01-10T00:00:00Z"), tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert "tickets-2026-01.csv.gz" in names
    assert not {name for name in names if name.endswith(".parquet") or "2026-02" in name or name.startswith(".")}
    assert kept.read_text() == "mine"


def test_leftover_of_a_killed_run_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".unfinished-tickets-2026-01.csv.gz").write_bytes(b"half")
    generate(read_instant("2025-12-03T00:00:00Z"), tmp_path)
    assert not list(tmp_path.glob(".*"))


def test_export_before_the_history_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--until", "2025-12-01T00:00:00Z", "--out", str(tmp_path / "none")]) == 2
    assert "begins on 2025-12-01" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("text", "reason"), [("2026-05-01T00:00:00", "no offset"), ("yesterday", "not an instant")])
def test_until_must_be_an_instant(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str) -> None:
    assert main(["--until", text, "--out", str(tmp_path)]) == 2
    assert reason in capsys.readouterr().err


def test_without_until_the_export_is_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLM_AS_OF", "2025-12-02T01:00:00+01:00")
    assert main(["--out", str(tmp_path / "run")]) == 0
    assert main(["--until", "2025-12-02T00:00:00Z", "--out", str(tmp_path / "said")]) == 0
    names = sorted(path.name for path in (tmp_path / "said").iterdir())
    assert filecmp.cmpfiles(tmp_path / "run", tmp_path / "said", names, shallow=False)[0] == names
