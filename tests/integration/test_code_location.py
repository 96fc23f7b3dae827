"""The code location, loaded from workspace.yaml the way Dagster's server loads it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.small_project import ROOT, Project, environment, small_project

AUDITED = [
    "rpt_availability", "rpt_availability_target", "rpt_definition_sensitivity", "rpt_experience",
    "rpt_failure_notice", "rpt_moment_of_truth", "rpt_month_end_forecast", "rpt_pause_audit", "rpt_reconciliation",
    "rpt_sla_scorecard", "rpt_sla_target", "rpt_target_sensitivity", "rpt_unmatched_ticket", "rpt_workload",
]  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, parsed_models: Path) -> Project:
    return small_project(tmp_path_factory.mktemp("location"))


@pytest.fixture(scope="module")
def repository(project: Project) -> Any:
    """What the server's code process makes of the one entry of workspace.yaml, with the server's own loader."""
    from dagster._core.definitions.definitions_load_context import DefinitionsLoadContext
    from dagster._core.workspace.load import location_origins_from_yaml_paths
    from dagster._grpc.server import LoadedRepositories

    (origin,) = location_origins_from_yaml_paths([str(ROOT / "workspace.yaml")])
    before = DefinitionsLoadContext.get()
    with environment(project.variables()), DefinitionsLoadContext.scoped(before):
        loaded = LoadedRepositories(
            origin.loadable_target_origin, container_image=None, entry_point=["dagster"], container_context=None
        )
    (repository,) = loaded.definitions_by_name.values()
    return repository


def dg_key(path: list[str]) -> Any:
    import dagster as dg

    return dg.AssetKey(path)


@pytest.fixture(scope="module")
def job(repository: Any) -> Any:
    return repository.get_job("nightly_sla_report")


def test_one_job_makes_everything(repository: Any, job: Any) -> None:
    everything = {key for definition in repository.assets_defs_by_key.values() for key in definition.keys}
    backfills = {key for key in everything if key.path[0] == "backfill"}
    assert job.asset_layer.executable_asset_keys == everything - _external(repository) - backfills
    assert [name.name for name in repository.get_all_jobs() if not name.name.startswith("__")] == ["nightly_sla_report"]


def _external(repository: Any) -> set[Any]:
    return {
        key for key in repository.asset_graph.get_all_asset_keys() if not repository.asset_graph.get(key).is_executable
    }


def test_nothing_that_the_warehouse_reads_comes_from_outside(repository: Any) -> None:
    """Every source of the models is an asset of the job: a table forgotten in the wiring would be an external one."""
    assert _external(repository) == set()


def test_steps_run_in_one_process(repository: Any, job: Any) -> None:
    """DuckDB has one writer process."""
    assert job.executor_def.name == "in_process"


def test_resources_are_those_of_a_nightly(job: Any) -> None:
    assert {"nightly", "dbt"} <= set(job.resource_defs)


def test_schedule_starts_one_night_once_and_retries_it(repository: Any) -> None:
    import dagster as dg

    (schedule,) = repository.schedule_defs
    assert schedule.job_name == "nightly_sla_report"
    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.execution_timezone == "UTC"
    requests = []
    for hour in (2, 3):
        context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 4, 1, hour, tzinfo=UTC))
        (request,) = schedule.evaluate_tick(context).run_requests
        requests.append(request)
    assert [request.run_key for request in requests] == ["2026-04-01", "2026-04-01"]
    tags = requests[0].tags
    assert tags["dagster/max_retries"] == "2"
    assert tags["dagster/retry_strategy"] == "ALL_STEPS"


def test_every_published_table_is_an_asset(repository: Any, parsed_models: Path) -> None:
    nodes = json.loads(parsed_models.read_text(encoding="utf-8"))["nodes"].values()
    models = {node["name"] for node in nodes if node["resource_type"] == "model" and node["schema"] == "marts"}
    assert models >= {*AUDITED, "fct_ticket", "fct_ticket_sla", "dim_agreement", "load_audit", "quarantine"}
    assets = {key.path[1] for key in repository.assets_defs_by_key if key.path[0] == "marts"}
    assert assets == models


def test_every_feed_of_every_source_is_an_asset_that_can_be_late(repository: Any) -> None:
    landing = sorted(key.path for key in repository.assets_defs_by_key if key.path[0] == "landing")
    assert landing == [["landing", "desk", "ticket_events"], ["landing", "desk", "tickets"]]
    for path in landing:
        policy = repository.asset_graph.get(dg_key(path)).freshness_policy
        assert policy.fail_window.to_timedelta() == timedelta(hours=36)


def test_days_of_a_pulled_source_can_be_asked_for_again_in_one_run(tmp_path: Path, parsed_models: Path) -> None:
    """A source of files has nothing to be asked for; the night itself has no partitions."""
    from dagster import AssetKey, BackfillPolicy, DailyPartitionsDefinition

    from orchestration.definitions import build_defs

    project = small_project(tmp_path)
    desk = {"name": "desk", "type": "files", "feeds": {"tickets": "data/tickets*"}}
    far = {"name": "far", "type": "prometheus", "url": "http://127.0.0.1:1", "since": "2026-03-01T23:30:00-01:00"}
    project.write_settings([desk, far], allowedHosts=["127.0.0.1"])
    with environment(project.variables()):
        graph = build_defs().resolve_asset_graph()
    partitioned = {key: graph.get(key) for key in graph.get_all_asset_keys() if graph.get(key).partitions_def}
    assert set(partitioned) == {AssetKey(["backfill", "far"])}
    (node,) = partitioned.values()
    assert node.backfill_policy == BackfillPolicy.single_run()
    # The day, in the project's zone, that holds `since`.
    assert node.partitions_def == DailyPartitionsDefinition("2026-03-02", timezone="Europe/London")


def test_release_waits_for_every_published_table(repository: Any) -> None:
    import dagster as dg

    graph = repository.asset_graph
    marts = {key for key in graph.get_all_asset_keys() if key.path[0] == "marts"}
    assert graph.get(dg.AssetKey("release")).parent_keys >= marts


@pytest.mark.parametrize("table", AUDITED)
def test_audit_of_a_report_blocks(repository: Any, table: str) -> None:
    import dagster as dg

    key = dg.AssetCheckKey(dg.AssetKey(["marts", table]), "report_rules")
    spec = repository.asset_graph.get(key)
    assert spec.blocking


def test_all_rules_of_reports_are_audited(repository: Any) -> None:
    found = {key.asset_key.path[1] for key in repository.asset_graph.asset_check_keys if key.name == "report_rules"}
    assert found == set(AUDITED)


def test_dbt_tests_block_too(repository: Any) -> None:
    import dagster as dg

    graph = repository.asset_graph
    of_fact = [key for key in graph.asset_check_keys if key.asset_key == dg.AssetKey(["marts", "fct_ticket_sla"])]
    assert of_fact
    assert all(graph.get(key).blocking for key in of_fact)


def test_location_can_be_looked_at_without_the_variables_of_the_sources(tmp_path: Path, parsed_models: Path) -> None:
    """The server must show a project whose folders only the nightly knows; a run demands them."""
    from orchestration.definitions import build_defs

    project = small_project(tmp_path)
    files = {"name": "far", "type": "files", "feeds": {"tickets": "${FAR_AWAY}/t.csv"}}
    asked = {"name": "status", "type": "statuspage", "url": "${STATUS_PAGE}"}
    project.write_settings(sources=[files, asked])
    with environment(project.variables()):
        definitions = build_defs()
    keys = {key.to_user_string() for asset in definitions.assets or [] for key in getattr(asset, "keys", [])}
    assert {"landing/far/tickets", "landing/status/incidents"} <= keys
    assert not project.home.exists()
