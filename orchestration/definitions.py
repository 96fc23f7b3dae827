"""The code location: what `workspace.yaml` loads. Which assets there are follows from slm.yaml and the dbt project."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.inputs import BACKFILL_GROUP, agreements_asset, backfill_assets, feeds_asset, landing_assets
from orchestration.layout import DBT_PROJECT
from orchestration.publication import release_asset, serving_asset
from orchestration.resources import NightlyRun
from orchestration.warehouse import audit_checks, read_manifest, source_tables, warehouse_assets
from settings.project import load_project
from settings.run import RunSettings

JOB = "nightly_sla_report"
# Two o'clock UTC: after midnight everywhere in Europe, so that the day reported on is over.
NIGHTLY_CRON = "0 2 * * *"
# A scheduled run that fails is started again as a whole: publishing refuses a certificate of another run.
RETRY_TAGS = {"dagster/max_retries": "2", "dagster/retry_strategy": "ALL_STEPS"}


def build_defs(nightly: NightlyRun | None = None) -> dg.Definitions:
    """All definitions for the project in the environment. Tests pass a NightlyRun of their own."""
    settings = RunSettings.from_environment(os.environ, datetime.now(UTC))
    # Landing assets are named by slm.yaml; variables and secrets are demanded when a run starts, not to look at it.
    config = load_project(settings.project_dir, os.environ, require_environment=False)
    manifest = read_manifest()
    warehouse = warehouse_assets(manifest)
    published = sorted(key for key in warehouse.keys if key.path[0] == "marts")
    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all() - dg.AssetSelection.groups(BACKFILL_GROUP),
        executor_def=dg.in_process_executor,
        description="Pull, build, audit, publish: the nightly SLA report.",
    )

    @dg.schedule(
        job=job,
        cron_schedule=NIGHTLY_CRON,
        execution_timezone="UTC",
        name="nightly",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def nightly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        night = context.scheduled_execution_time.strftime("%Y-%m-%d")
        return dg.RunRequest(run_key=night, tags={"night": night, **RETRY_TAGS})

    return dg.Definitions(
        assets=[
            agreements_asset(config.sources),
            *landing_assets(config.sources),
            feeds_asset(source_tables(manifest, "feeds"), config.sources),
            warehouse,
            release_asset(published),
            serving_asset(),
            *backfill_assets(config),
        ],
        asset_checks=[audit_checks()],
        jobs=[job],
        schedules=[nightly_schedule],
        resources={
            "nightly": nightly or NightlyRun(),
            "dbt": DbtCliResource(
                project_dir=str(DBT_PROJECT),
                profiles_dir=str(DBT_PROJECT),
                # The one installed beside this interpreter, whatever else is on PATH.
                dbt_executable=str(Path(sys.executable).parent / "dbt"),
            ),
        },
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Entry point of the code location; evaluated when it is loaded, not when it is imported."""
    return build_defs()
