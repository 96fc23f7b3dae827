"""Killed anywhere while publishing, the old or the new release is in force, whole, and the next night tidies up."""

import dataclasses
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publishing import certificate as certificates
from tests.integration.small_project import ROOT
from tests.unit.publishing.conftest import AS_OF, Desk, create_empty_build, figure

# What ledger and evidence read, and no more: a sweep publishes some sixty times.
FEW_TABLES = {
    "rpt_sla_scorecard", "rpt_sla_target", "rpt_experience", "dim_metric", "dim_agreement", "dim_target",
    "fct_ticket_sla", "fct_service_availability", "fct_survey_sla", "fct_survey_response",
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(parsed_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("killed")
    nodes = json.loads(parsed_models.read_text(encoding="utf-8"))["nodes"].values()
    models = [node for node in nodes if node["resource_type"] == "model" and node["name"] in FEW_TABLES]
    empty = create_empty_build(folder / "empty.duckdb", models)
    return Desk(folder / "home", folder / "build.duckdb", empty)


def planned(desk: Desk, folder: Path, night: int) -> dict[str, Any]:
    """A build ready to be published, put aside: one figure changes on the second night and stays on the third."""
    desk.make_build({"rpt_sla_scorecard": [figure(numerator=1), figure(service="web")]})
    folder.mkdir()
    desk.build.rename(folder / "build.duckdb")
    certificate = certificates.save(dataclasses.replace(desk, build=folder / "build.duckdb").certificate(), folder)
    made_of = dataclasses.asdict(desk.made_of(AS_OF + timedelta(days=night)))
    return {
        "database": str(folder / "build.duckdb"),
        "certificate": str(certificate),
        "made_of": {**made_of, "as_of": made_of["as_of"].isoformat(), "built_at": made_of["built_at"].isoformat()},
    }


@pytest.fixture(scope="module")
def kills(desk: Desk) -> list[dict[str, Any]]:
    """What was found after each kill of the second night, and after the third night that followed."""
    desk.publish(figure(), figure(service="web"))
    folder = desk.home.parent
    plan = {
        "home": str(desk.home),
        "work": str(folder / "work"),
        "second": planned(desk, folder / "second", 1),
        "third": planned(desk, folder / "third", 2),
    }
    (folder / "plan.json").write_text(json.dumps(plan))
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.killed_publish", str(folder / "plan.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [{**json.loads(line), "builds": _builds(plan, desk)} for line in done.stdout.splitlines()]


def _builds(plan: dict[str, Any], desk: Desk) -> dict[str, str]:
    manifest = json.loads((desk.current / "manifest.json").read_text())
    return {
        "first": manifest["build_id"],
        "second": plan["second"]["made_of"]["build_id"],
        "third": plan["third"]["made_of"]["build_id"],
    }


def test_every_step_was_a_place_to_die(kills: list[dict[str, Any]]) -> None:
    """Otherwise the tests below prove nothing."""
    assert {kill["signal"] for kill in kills} == {9}
    steps = {kill["step"][0] for kill in kills}
    assert steps >= {"open", "os.mkdir", "os.rename", "os.symlink"}
    assert len(kills) >= 10
    renamed = [kill["step"][1] for kill in kills if kill["step"][0] == "os.rename"]
    assert any(path.startswith("/releases/.staged-") and path.count("/") == 2 for path in renamed), renamed
    assert any(path.startswith("/published/") for path in renamed), renamed


def test_old_or_new_release_is_in_force_and_whole(kills: list[dict[str, Any]]) -> None:
    """The driver has compared every byte of it with its manifest."""
    wrong = [k for k in kills if k["after"]["in_force"] not in (k["builds"]["first"], k["builds"]["second"])]
    assert wrong == []
    # Whatever happened before the swap left the old one.
    before_swap = [k for k in kills if k["number"] <= _swap(kills)]
    assert {k["after"]["in_force"] for k in before_swap} == {before_swap[0]["builds"]["first"]}


def _swap(kills: list[dict[str, Any]]) -> int:
    (number,) = [k["number"] for k in kills if k["step"][0] == "os.rename" and k["step"][1].startswith("/published/")]
    return int(number)


def test_next_night_publishes_and_leaves_nothing_half_done(kills: list[dict[str, Any]]) -> None:
    for kill in kills:
        following = kill["next"]
        assert following["exit"] == 0, kill
        assert following["in_force"] == kill["builds"]["third"], kill
        assert following["links"] == ["current"], kill
        in_force_at_some_time = 2 if kill["after"]["in_force"] == kill["builds"]["first"] else 3
        assert len(following["releases"]) == in_force_at_some_time, kill


def test_ledger_has_the_change_once_whichever_night_published_it(kills: list[dict[str, Any]]) -> None:
    for kill in kills:
        ledger = Path(kill["next"]["home"]) / "published" / "current" / "parquet" / "figure.parquet"
        rows = duckdb.sql(
            f"select service_id, sequence_number, numerator from read_parquet('{ledger}') order by all"
        ).fetchall()
        assert rows == [("mail", 1, 2), ("mail", 2, 1), ("web", 1, 2)], kill
