"""`make nightly`: run the Dagster job once, in this process, and say in plain lines what came of it.

Exit status 0 only if a release was written. What failed is named in the last lines.
"""

import logging
import os
import shutil
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from sqlalchemy.exc import OperationalError

from orchestration.definitions import JOB, build_defs
from orchestration.layout import INSTANCE_CONFIG, HomeLayout
from settings.errors import SlmError
from settings.project import load_project
from settings.run import RunSettings, claim_home

# dagster-dbt tells of its own steps through the same logger.
_LIBRARY_MESSAGES = (
    "A dbt subsetted execution",
    "Dependencies for step",
    "Copying `",
    "Running dbt command",
    "Finished dbt command",
)

# Dagster keeps its records of runs in the home: where they cannot be written, no step can fail as steps do.
_REFUSED = (
    "The operating system refused: {reason}, in {home}. Free the space or mend the permission, then run again: what "
    "was landed is kept, the rest is made anew."
)
_NO_RELEASE = "No release was published; the one in force, if any, is as it was."
_AFTER_RELEASE = "A release was published, but what follows it failed."


def plain_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """Messages of our own assets, without Dagster's events about steps."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s  %(plain)s", datefmt="%H:%M:%S"))
    handler.addFilter(_own_message)
    logger = logging.Logger("slm", level=logging.INFO)
    logger.addHandler(handler)
    return logger


def _own_message(record: logging.LogRecord) -> bool:
    meta = getattr(record, "dagster_meta", {})
    if meta.get("dagster_event") is not None:
        return False
    text = meta.get("orig_message", record.getMessage())
    if text.startswith(_LIBRARY_MESSAGES):
        return False
    record.plain = text if record.levelno < logging.WARNING else f"{record.levelname.lower()}: {text}"
    return True


def prepare_instance(home: Path) -> Path:
    """Afterwards DAGSTER_HOME names the home's instance folder, with this code's configuration in it."""
    folder = HomeLayout(home).dagster_instance
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(INSTANCE_CONFIG, folder / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(folder)
    return folder


def main() -> int:
    """Run the job; returns the exit status."""
    try:
        settings = RunSettings.from_environment(os.environ, datetime.now(UTC))
        # Wrong settings are the commonest mistake: told before anything heavy starts.
        config = load_project(settings.project_dir, os.environ)
        claim_home(settings.home, config.name)
        job = build_defs().resolve_job_def(JOB)
    except SlmError as error:
        return _fail([str(error)])
    except dg.Failure as error:
        return _fail([error.description or str(error)])
    link = settings.home / "published" / "current"
    before = link.resolve()
    try:
        prepare_instance(settings.home)
        with dg.DagsterInstance.get() as instance:
            result = job.with_logger_defs({"console": dg.logger(plain_logger)}).execute_in_process(
                instance=instance, raise_on_error=False, run_config={"loggers": {"console": {}}}
            )
            problems = _problems(result.all_events)
    except (OSError, OperationalError) as error:
        reason = error.orig if isinstance(error, OperationalError) else error.strerror or error
        is_released = link.resolve() != before
        return _fail(
            [_REFUSED.format(reason=reason, home=settings.home)], _AFTER_RELEASE if is_released else _NO_RELEASE
        )
    if not result.success or problems:
        problems = problems or ["The job ended without a release; see the Dagster UI (make ui)."]
        is_released = any(event.is_step_success and event.step_key == "release" for event in result.all_events)
        return _fail(problems, _AFTER_RELEASE if is_released else _NO_RELEASE)
    current = link.resolve()
    print(f"\nIn force: {current}\n  figures  {current / 'slm.duckdb'}")
    pages = current / "report" / "index.html"
    if pages.exists():  # a project may want none
        print(f"  pages    {pages}")
    return 0


def _problems(events: Iterable[dg.DagsterEvent]) -> list[str]:
    """Why the run failed: messages of failed steps and of failed checks."""
    problems = []
    for event in events:
        if event.is_step_failure:
            step = event.step_failure_data
            if step.user_failure_data is not None and step.user_failure_data.description:
                problems.append(step.user_failure_data.description)
            elif step.error is not None and "DagsterAssetCheckFailedError" not in (step.error.cls_name or ""):
                problems.append(f"{event.step_key}: {_innermost(step.error)}")
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            evaluation = event.asset_check_evaluation_data
            if not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.ERROR:
                failed = evaluation.metadata.get("failed")
                names = f": {failed.value}" if failed is not None else ""
                problems.append(
                    f"Check failed: {evaluation.asset_key.to_user_string()}: {evaluation.check_name}{names}"
                )
        elif event.event_type_value == "PIPELINE_FAILURE" and not problems:
            whole = event.job_failure_data
            if whole.error is not None:
                problems.append(_innermost(whole.error))
    return problems


def _innermost(error: object) -> str:
    """What went wrong, without what Dagster says around it; an error meant for the user hides its own cause."""
    while getattr(error, "cause", None) is not None and getattr(error, "cls_name", None) != "Failure":
        error = error.cause  # type: ignore[attr-defined]
    return str(getattr(error, "message", error)).strip().removeprefix("dagster._core.definitions.events.Failure: ")


def _fail(problems: list[str], what_stands: str = _NO_RELEASE) -> int:
    sys.stdout.flush()
    print(f"\n{what_stands}", file=sys.stderr)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
