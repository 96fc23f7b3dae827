"""The made company's export, written once, and its agreements, compiled once.

Belongs here: fixtures and the small reference clock that the tests of the examples share.
Does not belong here: what the answers are (the tests say so).
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from agreements.compile import compile_agreements
from examples.acme.generate import generate, read_instant
from settings.project import load_project

EXAMPLES = Path(__file__).parents[3] / "examples"
ACME = EXAMPLES / "acme"
PUBLIC_RECORD = EXAMPLES / "public-record"
UNTIL = read_instant("2026-11-01T00:00:00Z")


def read_feed(folder: Path, feed: str, part: str = "*") -> pd.DataFrame:
    """All rows of a feed as text, an empty cell as empty text."""
    paths = sorted(path for path in folder.glob(f"{feed}-{part}") if "correction" not in path.name or part != "*")
    paths = paths or [folder / f"{feed}.csv"]
    return pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths], ignore_index=True)


def seconds_of(instants: pd.Series) -> pd.Series:
    """UTC epoch seconds of instants written with Z."""
    return pd.to_datetime(instants, utc=True, format="%Y-%m-%dT%H:%M:%SZ").astype("datetime64[s, UTC]").astype("int64")


@dataclass(frozen=True)
class Compiled:
    """The compiled tables of an example's agreements."""

    folder: Path

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / f"{name}.parquet")

    def clock(self, calendar: str) -> Callable[[int, int], int]:
        """Open seconds of a calendar between two instants."""
        pieces = self.table("calendar_piece").query("calendar_id == @calendar").sort_values("piece_from")
        starts, before = pieces["piece_from"].tolist(), pieces["open_before"].tolist()
        is_open = pieces["is_open"].tolist()

        def reading(instant: int) -> int:
            piece = bisect_right(starts, instant) - 1
            return before[piece] + is_open[piece] * (instant - starts[piece])

        return lambda start, end: reading(end) - reading(start)

    def threshold(self, agreement: str, target: str, version: int = 1) -> int:
        rows = self.table("target").query(
            "agreement_id == @agreement and target_id == @target and agreement_version == @version"
        )
        return int(rows["threshold_seconds"].iloc[0])


def compiled(project: Path, folder: Path, as_of: str) -> Compiled:
    """Compiles a project's agreements; its sources are not read."""
    config = load_project(project, {}, require_environment=False)
    compile_agreements(project, config, read_instant(as_of), folder)
    return Compiled(folder)


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default export of 1 November 2026; read it, do not change it."""
    folder = tmp_path_factory.mktemp("acme")
    generate(UNTIL, folder)
    return folder


@pytest.fixture(scope="session")
def tickets(export: Path) -> pd.DataFrame:
    """The well-formed tickets, with the epoch second of their opening."""
    rows = read_feed(export, "tickets").query("ticket_type != 'wish'")
    return rows.assign(opened=seconds_of(rows["opened_at"])).set_index("ticket_id", drop=False)


@pytest.fixture(scope="session")
def events(export: Path) -> pd.DataFrame:
    """The events but for the rows planted to be refused, by ticket and in order."""
    rows = read_feed(export, "ticket_events")
    rows = rows[~rows["event_id"].str.endswith("-950") & ~rows["event_id"].str.startswith("INC999999")]
    rows = rows.assign(occurred=seconds_of(rows["occurred_at"]))
    return rows.sort_values(["ticket_id", "occurred", "event_id"], kind="stable")


@pytest.fixture(scope="session")
def acme_agreements(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The made company's agreements as of 1 November 2026."""
    return compiled(ACME, tmp_path_factory.mktemp("compiled") / "acme", "2026-11-01T00:00:00Z")


@pytest.fixture(scope="session")
def on_clock(acme_agreements: Compiled, events: pd.DataFrame) -> Callable[..., int]:
    """Seconds on a calendar from a ticket's opening to a status (or the export), without waits on the customer.

    A reference that is as plain as can be: it walks the events of one ticket. Knows no reopening.
    """
    by_ticket = dict(iter(events.groupby("ticket_id", sort=False)))

    def walk(ticket: str, opened: int, calendar: str, more: pd.DataFrame | None = None) -> int:
        clock = acme_agreements.clock(calendar)
        own = by_ticket.get(ticket, events.iloc[:0])  # opened a moment before the export: nothing has happened yet
        rows = own if more is None else pd.concat([own, more])
        elapsed, since, is_running = 0, opened, True
        statuses = rows[rows["event_type"] == "status"].sort_values(["occurred", "event_id"])
        for occurred, status in zip(statuses["occurred"], statuses["value"], strict=True):
            elapsed += clock(since, occurred) if is_running else 0
            if status in ("resolved", "closed"):
                return elapsed
            since, is_running = occurred, status != "Awaiting User Info"
        return elapsed + (clock(since, UNTIL) if is_running else 0)

    return walk
