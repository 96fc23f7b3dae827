"""Feeds as an earlier release saw them, and what of today's rows is late and what corrected."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.history import keep_former_rows, settle_loads
from settings.project import SourceConfig
from tests.unit.ingestion.conftest import AS_OF, EVENT_HEADER, TICKET_HEADER, Project, event, ticket


def rows(home: Path, feed: str, columns: str) -> list[tuple[Any, ...]]:
    return duckdb.sql(
        f"select {columns} from read_parquet('{home}/warehouse/feeds/{feed}/*.parquet', union_by_name = true)"
        " order by all"
    ).fetchall()


def settled(desk: Project, load_ids: list[str], target: Path) -> Path:
    settle_loads([SourceConfig(name="desk", type="files", options=desk.options)], desk.home, load_ids, AS_OF, target)
    return target


@pytest.fixture
def first_loads(desk: Project) -> list[str]:
    """The loads of the first night, as a manifest lists them."""
    desk.run()
    landing = desk.home / "landing"
    return [str(path.parent.relative_to(landing)) for path in landing.glob("*/*/*/manifest.json")]


def test_feeds_of_earlier_loads_are_those_of_that_night(desk: Project, first_loads: list[str], tmp_path: Path) -> None:
    before = rows(desk.home, "tickets", "ticket_id, priority")
    desk.write("data/tickets-more.csv", TICKET_HEADER, ticket("T1", priority="P1"), ticket("T9"))
    desk.run()
    assert rows(desk.home, "tickets", "ticket_id, priority") != before
    assert rows(settled(desk, first_loads, tmp_path / "then"), "tickets", "ticket_id, priority") == before


def test_late_row_is_taken_and_corrected_row_keeps_what_it_said(
    desk: Project, first_loads: list[str], tmp_path: Path
) -> None:
    then = settled(desk, first_loads, tmp_path / "then")
    before = rows(then, "tickets", "ticket_id, priority")
    desk.write("data/tickets-more.csv", TICKET_HEADER, ticket("T1", priority="P1"), ticket("T9"))
    desk.run()
    assert keep_former_rows(then, desk.home, tmp_path / "kept") == (True, True)
    assert rows(tmp_path / "kept", "tickets", "ticket_id, priority") == [*before, ("T9", "P3")]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([event("E9", "T1", value="closed")], (True, False)),
        ([event("E1", "T1", "2026-03-02T13:00:00Z")], (False, True)),
    ],
    ids=["late", "corrected"],
)
def test_late_and_corrected_are_told_apart(
    desk: Project, first_loads: list[str], tmp_path: Path, lines: list[str], expected: tuple[bool, bool]
) -> None:
    then = settled(desk, first_loads, tmp_path / "then")
    desk.write("data/events-more.csv", EVENT_HEADER, *lines)
    desk.run()
    assert keep_former_rows(then, desk.home, tmp_path / "kept") == expected


def test_same_record_delivered_again_is_neither(desk: Project, first_loads: list[str], tmp_path: Path) -> None:
    then = settled(desk, first_loads, tmp_path / "then")
    delivered = (desk.folder / "data" / "events.csv").read_text()
    desk.write("data/events-again.csv", *delivered.splitlines(), "")
    desk.run()
    assert keep_former_rows(then, desk.home, tmp_path / "kept") == (False, False)
