"""A small project on disk, and what a run of one source leaves in its home."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.persons import Persons
from ingestion.pull import SourceResult, run_source
from ingestion.storage import Paths
from settings.project import SourceConfig

AS_OF = datetime(2026, 4, 1, tzinfo=UTC)
FIRST_NIGHT = datetime(2026, 3, 10, 1, tzinfo=UTC)

TICKET_HEADER = "ticket_id,customer_id,service_id,ticket_type,priority,opened_at"
EVENT_HEADER = "event_id,ticket_id,occurred_at,event_type,value"
FILES = {"feeds": {"tickets": "data/tickets*.csv", "ticket_events": "data/events*.csv"}}


def ticket(number: str, opened_at: str = "2026-03-02T10:00:00Z", priority: str = "P3") -> str:
    return f"{number},acme,desk,incident,{priority},{opened_at}"


def event(number: str, ticket_id: str, occurred_at: str = "2026-03-02T12:00:00Z", value: str = "resolved") -> str:
    return f"{number},{ticket_id},{occurred_at},status,{value}"


@dataclass
class Project:
    """A project directory and its home. Each run is a day after the one before."""

    folder: Path
    home: Path
    nights: int = 0
    options: dict[str, Any] = field(default_factory=lambda: dict(FILES))
    name: str = "desk"
    kind: str = "files"

    def write(self, name: str, *lines: str) -> Path:
        return self.write_bytes(name, ("\n".join(lines) + "\n").encode())

    def write_bytes(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def run(self, as_of: datetime = AS_OF, persons: Persons | None = None, **changes: Any) -> SourceResult:
        """Run the source with its options and `changes` to them."""
        source = SourceConfig(name=self.name, type=self.kind, options={**self.options, **changes})
        self.nights += 1
        night = FIRST_NIGHT + timedelta(days=self.nights - 1)
        return run_source(source, self.folder, self.home, night, as_of, persons=persons)

    def query(self, text: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as con:
            return con.execute(text.replace("{home}", str(self.home))).fetchall()

    def control(self, table: str, columns: str = "*", where: str = "true") -> list[tuple[Any, ...]]:
        files = f"{{home}}/warehouse/control/{table}/*.parquet"
        return self.query(f"select {columns} from read_parquet('{files}') where {where} order by all")

    def rows(self, feed: str, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Rows of a feed that the warehouse would read: those not left out."""
        return self.query(
            f"""
            select {columns} from read_parquet('{{home}}/warehouse/feeds/{feed}/*.parquet', union_by_name = true)
            anti join (
                select * from read_parquet('{{home}}/warehouse/control/not_current/*.parquet') where feed = '{feed}'
            ) using (source, load_id, record_number)
            where {where} order by all
            """
        )

    def quarantine(self, columns: str = "feed, line, record_id, column_name, reason_code") -> list[tuple[Any, ...]]:
        return self.control("quarantine", columns)

    def audit(self, columns: str = "feed, landed_count, accepted_count, quarantined_count") -> list[tuple[Any, ...]]:
        return self.control("load_audit", columns)

    def loads(self, feed: str) -> list[str]:
        return sorted(path.name for path in (self.home / "landing" / self.name / feed).glob("*"))

    def manifest(self, feed: str, load_id: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(
            (self.home / "landing" / self.name / feed / load_id / "manifest.json").read_text()
        )
        return content

    def landed(self, feed: str, columns: str) -> list[tuple[Any, ...]]:
        """Raw records of every load, in landing's order."""
        path = f"{{home}}/landing/{self.name}/{feed}/*/records.parquet"
        records = f"read_parquet('{path}', union_by_name = true, filename = true)"
        return self.query(f"select {columns} from {records} order by filename, _record_number")

    def everything(self) -> dict[str, object]:
        """Content of every file of the home by its path; of what runs remember for each other, the rows alone.

        When the source was last read is left out: each run is a reading.
        """
        return {
            str(path.relative_to(self.home)): self.query(f"select * from '{path}' order by all")
            if path.name.endswith(".shared.parquet")
            else path.read_bytes()
            for path in self.home.rglob("*")
            if path.is_file() and path != Paths(self.home).reading(self.name)
        }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project", tmp_path / "home")


@pytest.fixture
def desk(project: Project) -> Project:
    """Two tickets, one of them resolved."""
    project.write("data/tickets.csv", TICKET_HEADER, ticket("T1"), ticket("T2"))
    project.write("data/events.csv", EVENT_HEADER, event("E1", "T1"))
    return project
