"""A range of days is asked for again in one run and one pull; the nights before and after it are what they were."""

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ingestion.pull import run_source
from ingestion.reading import last_reading
from orchestration import backfill
from settings.project import load_project
from tests.integration.small_project import Project, environment, small_project
from tests.unit.connectors.replay import Replay, Surroundings, served
from tests.unit.connectors.systems import prometheus

# Samples of two services on 7, 8 and 9 March; the monitor is asked day by day.
RANGE = ("2026-03-08", "2026-03-10")
NIGHT = datetime(2026, 3, 10, 2, tzinfo=UTC)


@dataclass
class Monitored:
    """A project with a monitor that is pulled, and what the monitor was asked."""

    project: Project
    replay: Replay

    def backfill(self, *arguments: str) -> tuple[int, str]:
        """The command; its exit status and what it said to whoever watches."""
        said = io.StringIO()
        with (
            environment(self.project.variables(**prometheus.SECRETS)),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
        ):
            return backfill.main(arguments), said.getvalue()

    def pull(self) -> list[str]:
        """What a night pulls of the monitor; returns the days that it asked for."""
        self.replay.forget()
        surroundings = Surroundings(dict(prometheus.SECRETS), NIGHT)
        with environment(prometheus.SECRETS):
            config = load_project(self.project.folder, {**prometheus.SECRETS})
        (monitor,) = [source for source in config.sources if source.name == "monitor"]
        run_source(monitor, self.project.folder, self.project.home, NIGHT, NIGHT, surroundings.outside)
        return self.asked()

    def asked(self) -> list[str]:
        """The ends of the days that were asked for, since it was last forgotten."""
        return [asked.params["time"][:10] for asked in self.replay.asked]

    def landed(self) -> list[str]:
        return [load for load in self.project.loads() if load.startswith("monitor/")]

    def runs(self) -> Sequence[dg.DagsterRun]:
        with dg.DagsterInstance.from_config(str(self.project.home / "dagster")) as instance:
            return instance.get_runs()

    def filled(self) -> set[str]:
        """The days that Dagster shows as asked for."""
        with dg.DagsterInstance.from_config(str(self.project.home / "dagster")) as instance:
            return set(instance.get_materialized_partitions(dg.AssetKey(["backfill", "monitor"])))

    def told(self) -> Mapping[str, dg.MetadataValue[Any]]:
        """What the page of the latest day says of its run."""
        with dg.DagsterInstance.from_config(str(self.project.home / "dagster")) as instance:
            event = instance.get_latest_materialization_event(dg.AssetKey(["backfill", "monitor"]))
        assert event is not None
        assert event.asset_materialization is not None
        return event.asset_materialization.metadata


@pytest.fixture
def monitored(tmp_path: Path, parsed_models: Path) -> Iterator[Monitored]:
    with served(prometheus.Api()) as replay:
        project = small_project(tmp_path)
        desk = {"name": "desk", "type": "files", "feeds": {"tickets": "data/tickets*"}}
        monitor = {"name": "monitor", "type": "prometheus", "url": replay.url, "requestsPerMinute": 100_000}
        project.write_settings([desk, {**monitor, **prometheus.OPTIONS}], allowedHosts=["127.0.0.1"])
        yield Monitored(project, replay)


def test_range_is_one_run_and_one_pull_and_repeated_it_lands_nothing(monitored: Monitored) -> None:
    status, said = monitored.backfill(*RANGE)
    assert (status, "2026-03-08 to before 2026-03-10: 1 new loads; landing holds 4 samples" in said) == (0, True), said
    assert monitored.asked() == ["2026-03-09", "2026-03-10"]
    assert len(monitored.runs()) == 1
    assert monitored.filled() == {"2026-03-08", "2026-03-09"}
    (load,) = monitored.landed()
    told = monitored.told()
    assert told["loads of this run"].value == load.removeprefix("monitor/").replace("/", " ")
    assert told["records in landing"].value == {"samples": 4}
    # Some days are not the source: if it is down tonight, nobody has ever read it.
    assert last_reading(monitored.project.home, "monitor") is None

    monitored.replay.forget()
    status, said = monitored.backfill(*RANGE, "--source", "monitor")
    assert (status, "0 new loads; landing holds 4 samples" in said) == (0, True), said
    assert monitored.asked() == ["2026-03-09", "2026-03-10"]
    assert monitored.landed() == [load]


def test_night_after_a_backfill_asks_for_what_it_would_have_asked_for(monitored: Monitored) -> None:
    """Neither on from the days that were filled, nor back to them."""
    assert monitored.backfill(*RANGE)[0] == 0
    # Nothing was ever pulled on from the beginning: the first night does that, and lands what is new in it.
    assert monitored.pull() == ["2026-03-08", "2026-03-09", "2026-03-10", "2026-03-11"]
    assert len(monitored.landed()) == 2
    # From then on as ever: from the last day with samples (9 March), less the overlap, which reaches into the 8th.
    usual = monitored.pull()
    assert usual == ["2026-03-09", "2026-03-10", "2026-03-11"]
    assert monitored.backfill("2026-03-07", "2026-03-08")[0] == 0
    assert monitored.pull() == usual
    assert len(monitored.landed()) == 2


def test_days_filled_do_not_hide_that_the_source_is_to_begin_earlier(monitored: Monitored) -> None:
    """A night that is told to begin earlier pulls from there, although a load of that time is there already."""
    monitored.pull()
    settings = monitored.project.folder / "slm.yaml"
    settings.write_text(settings.read_text().replace("2026-03-07T05", "2026-03-05T05"))
    assert monitored.backfill("2026-03-05", "2026-03-06")[0] == 0
    assert monitored.pull()[0] == "2026-03-06"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("2026-03-08", "2026-03-08"), "holds no day"),
        (("2026-03-01", "2026-03-08"), "monitor: 2026-03-01 is none of its days, which are 2026-03-07 to"),
        ((*RANGE, "--source", "desk"), "desk: cannot be asked for days; those that can are monitor"),
        (("8.3.", "2026-03-08"), "not a date"),
    ],
)
def test_what_cannot_be_asked_for_is_told_and_nothing_is_asked(
    monitored: Monitored, arguments: tuple[str, ...], said: str
) -> None:
    status, told = monitored.backfill(*arguments)
    assert (status, said in told) == (1, True), told
    assert monitored.asked() == []


def test_system_that_does_not_answer_fails_the_run_and_leaves_landing_as_it_was(monitored: Monitored) -> None:
    from tests.unit.connectors.replay import Answer

    monitored.replay.fault = lambda number, asked, answer: Answer({}, 403)
    status, told = monitored.backfill(*RANGE)
    assert (status, "the account may not read this" in told) == (1, True), told
    assert monitored.landed() == []
