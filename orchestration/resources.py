"""The run itself as a resource: what it was told, the home's lock, and the environment dbt runs in."""

import contextlib
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from ingestion.persons import Persons, demand_same_key
from orchestration.forgetting import finish_forgetting
from orchestration.layout import HomeLayout
from publishing.lock import home_lock
from settings.errors import SlmError
from settings.project import ProjectConfig, load_project
from settings.run import RunSettings, claim_home

# A nightly waits this long for another one, or for a dbt left behind by a killed one, before it gives up.
LOCK_WAIT_SECONDS = 1800.0
_REFUSED = (
    "The operating system refused: {reason}. "
    "Nothing was published; free the space or mend the permission, then run again."
)


@dataclass(frozen=True)
class Build:
    """Which build the build database holds."""

    build_id: str
    run_id: str
    as_of: str


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """Turn an error meant for the user into a Dagster failure whose message is that error, without a stack trace."""
    try:
        yield
    except SlmError as error:
        raise dg.Failure(description=str(error)) from error
    except duckdb.IOException as error:
        raise dg.Failure(description=_REFUSED.format(reason=str(error).splitlines()[0])) from error
    except OSError as error:
        if error.errno is None:  # a library's own error that only calls itself one
            raise
        where = f" ({error.filename})" if error.filename else ""
        raise dg.Failure(description=_REFUSED.format(reason=f"{error.strerror or error}{where}")) from error


@contextlib.contextmanager
def dbt_environment(
    as_of_epoch: int, config: ProjectConfig, inputs: Path, database: Path, target: str
) -> Iterator[None]:
    """Within the block the environment tells dbt to build `database` from the folder `inputs` for that instant."""
    variables = {
        "SLM_AS_OF_EPOCH": str(as_of_epoch),
        "SLM_PROJECT_TIME_ZONE": config.reporting.time_zone,
        "SLM_PROJECT_PERIOD_TYPE": config.reporting.period,
        "SLM_FIRST_PERIOD_START": str(config.reporting.first_period_start or date.min),
        # Where agreements are withheld one by one, the audit judges the tickets of each, and dbt lets all pass.
        "SLM_MAX_AFFECTED_TICKET_RATIO": repr(
            config.max_affected_ticket_ratio if config.withhold == "release" else 1.0
        ),
        "SLM_BUILD_INPUTS": str(inputs),
        "SLM_BUILD_DATABASE": str(database),
        "SLM_TARGET": target,
    }
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class NightlyRun(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Settings of this run, read once when it starts; holds the home's lock until the run ends."""

    lock_wait_seconds: float = LOCK_WAIT_SECONDS

    _settings: RunSettings = PrivateAttr()
    _config: ProjectConfig = PrivateAttr()
    _started_at: datetime = PrivateAttr()
    _persons: Persons | None = PrivateAttr()

    @contextlib.contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["NightlyRun"]:
        """The resource for one run: validated, with the home claimed and locked."""
        with contextlib.ExitStack() as stack:
            with user_errors():
                self._started_at = datetime.now(UTC).replace(microsecond=0)
                self._settings = RunSettings.from_environment(os.environ, self._started_at)
                self._config = load_project(self._settings.project_dir, os.environ)
                claim_home(self._settings.home, self._config.name)
                stack.enter_context(home_lock(self._settings.home, self.lock_wait_seconds))
                self._persons = Persons.of(self._config, os.environ)
                if not self._settings.landed_only:  # nothing is landed, by whatever key
                    demand_same_key(self._settings.home, self._persons)
                    if self._persons is not None:
                        for finished in finish_forgetting(self._settings.home, self._config.sources, self._persons):
                            if context.log:
                                context.log.warning(f"Finished the forgetting that was begun at {finished.at}")
            yield self

    @property
    def settings(self) -> RunSettings:
        """What the environment says."""
        return self._settings

    @property
    def config(self) -> ProjectConfig:
        """What slm.yaml says."""
        return self._config

    @property
    def persons(self) -> Persons | None:
        """Makes the pseudonyms of persons; None where slm.yaml names no key."""
        return self._persons

    @property
    def started_at(self) -> datetime:
        """When the run started, aware UTC, whole seconds; also the instant of its loads."""
        return self._started_at

    @property
    def layout(self) -> HomeLayout:
        """Folders of the home."""
        return HomeLayout(self._settings.home)

    def begin_build(self, run_id: str) -> Build:
        """A new, empty build: the former database and its record are gone, so nothing of it can be published."""
        layout = self.layout
        layout.warehouse.mkdir(parents=True, exist_ok=True)
        for path in (
            layout.build_record,
            layout.build_database,
            layout.build_database.with_suffix(".duckdb.wal"),
            layout.dbt_target / "run_results.json",
        ):
            path.unlink(missing_ok=True)
        build = Build(uuid.uuid4().hex, run_id, self.settings.as_of.isoformat().replace("+00:00", "Z"))
        layout.build_record.write_text(json.dumps(build.__dict__), encoding="utf-8")
        return build

    def read_build(self) -> Build:
        """The build that lies in the warehouse. Raises SlmError if there is none."""
        path = self.layout.build_record
        if not path.exists():
            raise SlmError(f"There is no build in {self.layout.warehouse}: run the whole nightly job.")
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Build(**data)

    def demand_own_build(self, run_id: str) -> Build:
        """The build in the warehouse, if this very run made it.

        Raises SlmError otherwise: a build of another run speaks for another instant and other inputs.
        """
        build = self.read_build()
        if build.run_id != run_id:
            raise SlmError(
                f"The warehouse holds build {build.build_id} of run {build.run_id}, not one of this run ({run_id}). "
                "Auditing or publishing it on its own is refused: run the whole nightly job."
            )
        return build

    def dbt_environment(self) -> contextlib.AbstractContextManager[None]:
        """Within the block dbt finds what it builds, from what, and for which instant."""
        layout = self.layout
        return dbt_environment(
            self.settings.as_of_epoch, self.config, layout.warehouse, layout.build_database, self.settings.target
        )
