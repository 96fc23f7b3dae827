"""`make backfill`: days of sources asked for again, a run and a pull for each source.

The same as choosing the days on the Dagster page of the asset `backfill/<source>` (`orchestration.inputs`).

Belongs here: the command. Does not belong here: what a day means (the asset), what is asked and landed (ingestion).
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import cast

import dagster as dg

from orchestration.inputs import backfill_assets
from orchestration.nightly import plain_logger, prepare_instance
from orchestration.resources import NightlyRun
from settings.errors import SlmError
from settings.instants import parse_date
from settings.project import ProjectConfig, load_project
from settings.run import RunSettings, claim_home

FIRST_KEY, LAST_KEY = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


class BackfillRefused(SlmError):
    """A range or a source that cannot be asked for."""


def backfill(
    instance: dg.DagsterInstance, config: ProjectConfig, names: Sequence[str], first: date, until: date
) -> list[str]:
    """Ask these sources (none = all that can be asked) for the days from `first` to before `until`, a run for each.

    Returns why runs failed, a line each. Raises BackfillRefused for what cannot be asked for.
    """
    assets = {asset.key.path[-1]: asset for asset in backfill_assets(config)}
    unknown = [name for name in names if name not in assets]
    if unknown or not assets:
        known = f"those that can are {', '.join(assets)}" if assets else "no source of this project can"
        raise BackfillRefused(f"{', '.join(unknown) or config.name}: cannot be asked for days; {known}")
    if until <= first:
        raise BackfillRefused(f"{first} to {until} holds no day; the second day is the one before which the range ends")
    chosen = [assets[name] for name in names or assets]
    keys = {FIRST_KEY: first.isoformat(), LAST_KEY: (until - timedelta(days=1)).isoformat()}
    for asset in chosen:
        days = cast(dg.DailyPartitionsDefinition, asset.partitions_def)
        for key in keys.values():
            if not days.has_partition_key(key):
                bounds = f"{days.get_first_partition_key()} to {days.get_last_partition_key()}"
                raise BackfillRefused(f"{asset.key.path[-1]}: {key} is none of its days, which are {bounds}")
    problems = []
    for asset in chosen:
        name = f"backfill_{asset.key.path[-1].replace('-', '_')}"
        job = dg.define_asset_job(name, selection=[asset.key], executor_def=dg.in_process_executor)
        definitions = dg.Definitions(assets=[asset], jobs=[job], resources={"nightly": NightlyRun()})
        logged = definitions.resolve_job_def(name).with_logger_defs({"console": dg.logger(plain_logger)})
        result = logged.execute_in_process(
            instance=instance, tags=keys, raise_on_error=False, run_config={"loggers": {"console": {}}}
        )
        problems += [
            data.user_failure_data.description or "" if data.user_failure_data else str(data.error)
            for data in (event.step_failure_data for event in result.all_events if event.is_step_failure)
        ]
    return problems


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status, 0 only if every source answered."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.backfill", description="Ask for days again.")
    parser.add_argument("first", metavar="FROM", help="first day, YYYY-MM-DD, of the project's zone")
    parser.add_argument("until", metavar="UNTIL", help="the day before which the range ends")
    parser.add_argument("--source", action="append", default=[], help="a source of slm.yaml; all that can if absent")
    options = parser.parse_args(arguments)
    try:
        first, until = parse_date(options.first), parse_date(options.until)
        settings = RunSettings.from_environment(os.environ, datetime.now(UTC))
        config = load_project(settings.project_dir, os.environ)
        claim_home(settings.home, config.name)
        prepare_instance(settings.home)
        with dg.DagsterInstance.get() as instance:
            problems = backfill(instance, config, options.source, first, until)
    except (SlmError, ValueError) as error:
        problems = [str(error)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
