"""Killed anywhere while publishing, the old or the new release is in force, whole, and the next night tidies up."""

import dataclasses
import json
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publishing import certificate as certificates
from publishing.release import read_manifest, verify
from tests.integration.killed_publish import publish_build
from tests.integration.small_project import ROOT
from tests.unit.publishing.conftest import AS_OF, Desk, create_empty_build, figure

CLOSED = {"period_status": "closed"}
# What ledger and evidence read, and no more: a sweep publishes some sixty times.
FEW_TABLES = {
    "rpt_sla_scorecard", "rpt_sla_target", "rpt_experience", "dim_metric", "dim_agreement", "dim_target",
    "fct_ticket", "fct_ticket_sla", "fct_service_availability", "fct_outage_recovery", "fct_survey_sla",
    "fct_survey_response", "dim_local_day",
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(parsed_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("killed")
    nodes = json.loads(parsed_models.read_text(encoding="utf-8"))["nodes"].values()
    models = [node for node in nodes if node["resource_type"] == "model" and node["name"] in FEW_TABLES]
    empty = create_empty_build(folder / "empty.duckdb", models)
    return Desk(folder / "home", folder / "build.duckdb", empty)


def planned(desk: Desk, folder: Path, night: int) -> dict[str, Any]:
    """A build ready to be published, put aside: a closed figure changes on the second night and stays on the third."""
    desk.make_build({"rpt_sla_scorecard": [figure(numerator=1, **CLOSED), figure(service="web", **CLOSED)]})
    folder.mkdir()
    desk.build.rename(folder / "build.duckdb")
    certificate = certificates.save(dataclasses.replace(desk, build=folder / "build.duckdb").certificate(), folder)
    as_of = AS_OF + timedelta(days=night)
    made_of = dataclasses.asdict(dataclasses.replace(desk.made_of(as_of), built_at=as_of + timedelta(hours=2)))
    del made_of["retention"], made_of["project_files"]  # the driver's own
    return {
        "database": str(folder / "build.duckdb"),
        "certificate": str(certificate),
        "made_of": {**made_of, "as_of": made_of["as_of"].isoformat(), "built_at": made_of["built_at"].isoformat()},
    }


@dataclasses.dataclass(frozen=True)
class Sweep:
    """What was found after each kill of the second night and after the third that followed; what the reader saw."""

    kills: list[dict[str, Any]]
    reader: dict[str, Any]
    builds: dict[str, str]

    @property
    def at_steps(self) -> list[dict[str, Any]]:
        return [kill for kill in self.kills if "die_at" in kill]


@pytest.fixture(scope="module")
def sweep(desk: Desk, request: pytest.FixtureRequest) -> Sweep:
    """Before it four nights, the first two of which the second night's rule throws away; the last one closes March."""
    for days in (-3, -2, -1):
        desk.publish(figure(), figure(service="web"), as_of=AS_OF + timedelta(days=days))
    desk.publish(figure(**CLOSED), figure(service="web", **CLOSED))
    folder = desk.home.parent
    plan: dict[str, Any] = {
        "home": str(desk.home),
        "work": str(folder / "work"),
        "second": planned(desk, folder / "second", 1),
        "third": planned(desk, folder / "third", 2),
        "kills": request.config.getoption("--kills"),
        "seed": 20261101,
    }
    builds = _builds(plan, desk)
    plan["numerators"] = {builds["first"]: 2, builds["second"]: 1, builds["third"]: 1}
    (folder / "plan.json").write_text(json.dumps(plan))
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.killed_publish", str(folder / "plan.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *kills, reader = [json.loads(line) for line in done.stdout.splitlines()]
    return Sweep(kills, reader, builds)


def _builds(plan: dict[str, Any], desk: Desk) -> dict[str, str]:
    manifest = json.loads((desk.current / "manifest.json").read_text())
    return {
        "first": manifest["build_id"],
        "second": plan["second"]["made_of"]["build_id"],
        "third": plan["third"]["made_of"]["build_id"],
    }


def test_kills_hit_the_telling_steps_and_random_moments(sweep: Sweep, request: pytest.FixtureRequest) -> None:
    """Otherwise the tests below prove nothing."""
    assert len(sweep.kills) >= request.config.getoption("--kills")
    assert {kill["status"] for kill in sweep.at_steps} == {9}
    assert any(kill["status"] == 9 for kill in sweep.kills if "die_after" in kill)
    renamed = [kill["step"][1] for kill in sweep.at_steps if kill["step"][0] == "os.rename"]
    assert any(path.startswith("/releases/.staged-") and path.count("/") == 2 for path in renamed), renamed
    assert any(path.startswith("/published/") for path in renamed), renamed
    retired = [path for path in renamed if path.startswith("/releases/") and ".staged-" not in path]
    assert len(retired) == 2, renamed
    reached = [(kill["step"][0], kill["step"][1]) for kill in sweep.at_steps]
    for event, part in (
        ("os.link", ".staged-"),
        ("open", "/report/"),
        ("os.mkdir", "/report"),
        ("open", "/project/"),
        ("shutil.rmtree", "/releases/.removed-"),
        ("os.remove", "/releases/.removed-"),
        ("os.rmdir", "/releases/.removed-"),
    ):
        assert [step for step in reached if step[0] == event and part in step[1]], (event, part)


def test_old_or_new_release_is_in_force_and_whole(sweep: Sweep) -> None:
    """The driver has compared every byte of it with its manifest."""
    old, new = sweep.builds["first"], sweep.builds["second"]
    assert [kill for kill in sweep.kills if kill["after"]["in_force"] not in (old, new)] == []
    # Whatever happened before the swap left the old one.
    (swap,) = [
        kill["die_at"]
        for kill in sweep.at_steps
        if kill["step"][0] == "os.rename" and kill["step"][1].startswith("/published/")
    ]
    assert {kill["after"]["in_force"] for kill in sweep.at_steps if kill["die_at"] <= swap} == {old}


def test_ledger_and_releases_agree_after_every_kill(sweep: Sweep) -> None:
    """Every release that is there under its name is whole, too: the driver has compared them all."""
    for kill in sweep.kills:
        assert (kill["after"]["disagreeing"], kill["next"]["disagreeing"]) == ([], []), kill


def test_readers_meanwhile_see_whole_releases_and_no_error(sweep: Sweep) -> None:
    """One reads all the time, through every kill and every publication that follows one."""
    assert sweep.reader["errors"] == []
    assert sweep.reader["wrong"] == []
    assert sweep.reader["reads"] >= len(sweep.kills)
    print(f"{len(sweep.kills)} kills, {2 * len(sweep.kills)} publications, {sweep.reader['reads']:,} reads")


def test_next_night_publishes_and_leaves_nothing_half_done(sweep: Sweep) -> None:
    for kill in sweep.kills:
        following = kill["next"]
        assert following["exit"] == 0, kill
        assert following["in_force"] == sweep.builds["third"], kill
        assert following["links"] == ["current"], kill
        # The one before March closed, the one that closed it, and those that came into force since.
        in_force_at_some_time = 3 if kill["after"]["in_force"] == sweep.builds["first"] else 4
        assert len(following["releases"]) == in_force_at_some_time, kill


def test_ledger_has_the_change_once_whichever_night_published_it(sweep: Sweep) -> None:
    for kill in sweep.kills:
        parquet = Path(kill["next"]["home"]) / "published" / "current" / "parquet"
        rows = duckdb.sql(
            f"select service_id, sequence_number, edition, numerator from read_parquet('{parquet}/figure.parquet')"
            " order by all"
        ).fetchall()
        assert rows == [
            ("mail", 1, None, 2),
            ("mail", 2, 1, 2),
            ("mail", 3, 2, 1),
            ("web", 1, None, 2),
            ("web", 2, 1, 2),
        ]
        why = duckdb.sql(
            "select edition, cause, numerator_difference, denominator_difference"
            f" from read_parquet('{parquet}/restatement.parquet')"
        ).fetchall()
        assert why == [(2, "late_data", -1, 0)], kill


# ------------------------------------------------------------------------------------------------------ no room left


def test_full_disk_is_said_and_leaves_the_release_in_force(desk: Desk, tmp_path: Path) -> None:
    """A limit on the size of files refuses in the middle of a write, as a full disk does."""
    home = tmp_path / "home"
    shutil.copytree(desk.home, home, symlinks=True)
    before, releases = (home / "published" / "current").resolve(), sorted((home / "releases").iterdir())
    build = planned(desk, tmp_path / "build", 1)
    program = """
import json, resource, signal, sys
from pathlib import Path
from orchestration.resources import user_errors
from tests.integration.killed_publish import publish_build
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
with user_errors():
    publish_build(Path(sys.argv[1]), json.loads(sys.argv[2]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, home, json.dumps(build)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Nothing was published; free the space or mend the permission, then run again." in done.stderr
    assert (home / "published" / "current").resolve() == before
    verify(before)
    publish_build(home, build)  # with room again
    assert read_manifest((home / "published" / "current").resolve())["build_id"] == build["made_of"]["build_id"]
    assert [path for path in sorted((home / "releases").iterdir()) if path in releases] == releases[2:]
    assert len(list((home / "releases").iterdir())) == len(releases) - 1
