"""Closed figures that moved, computed again with one kind of input brought up to date after the other.

Each step is a build of the scorecards in a scratch folder, from agreements, loads and an instant of which some are
those of the former release and the rest are today's. Only steps whose inputs differ are built: the common case, late
records and nothing else, needs none.

Belongs here: which inputs a step has, and running the models on them. Does not belong here: what a cause means and how
parts are told (publishing.restatement), which rows are late (ingestion.history).
"""

import contextlib
import filecmp
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow.parquet as pq
from dagster_dbt import DbtCliResource

from agreements.compile import compile_agreements
from agreements.documents import FOLDER
from agreements.tables import SCHEMAS
from ingestion.history import keep_former_rows, settle_loads
from orchestration.code_history import Change, steps_of_code
from orchestration.layout import ROOT
from orchestration.reproduction import NotReproducible, build_again, code_at
from orchestration.resources import NightlyRun, dbt_environment
from publishing.build import open_read_only
from publishing.errors import RevisionGone
from publishing.ledger import ABSENT, Restated, Value, target_values
from publishing.release import DATABASE_FILE, PROJECT_FOLDER, read_manifest
from publishing.restatement import Restating, Step
from publishing.revision import lock_hash
from settings.errors import SlmError
from settings.project import PROJECT_FILE, ProjectConfig, ReportPack, load_project

# What both sides decided is a table of its own, so that a step can have the agreements without it.
DECISIONS = "decision_exclusion.parquet"
# Each option once per word: dbt takes what follows an option greedily, or not at all.
SCORECARDS = ["build", "--select", "+rpt_sla_scorecard +rpt_sla_target",
              "--resource-type", "model", "--resource-type", "seed"]  # fmt: skip


@dataclass(frozen=True)
class Inputs:
    """What a release was made of, by code that may be another today. `project` has slm.yaml and agreements/.

    `revision` and `lock` name code and locked packages as the release's manifest does.
    """

    project: Path
    as_of: datetime
    load_ids: Sequence[str]
    revision: str
    lock: str

    @property
    def code(self) -> str:
        """Code revision and locked packages, as one word each."""
        return f"{self.revision} with packages {self.lock[:12]}"

    @property
    def as_of_epoch(self) -> int:
        """`as_of` in UTC epoch seconds."""
        return int(self.as_of.timestamp())

    @property
    def config(self) -> ProjectConfig:
        """slm.yaml as it was; variables that only name files may be unset today."""
        return load_project(self.project, os.environ, require_environment=False)


def recompute(
    nightly: NightlyRun,
    dbt: DbtCliResource,
    revision: str,
    load_ids: Sequence[str],
    base: Path,
    figures: list[Restated],
    warn: Callable[[str], None],
) -> Restating:
    """The steps from the release `base` to the build in the warehouse, for figures that moved.

    `revision` names today's code as the release's manifest does. If a step cannot be built the whole
    difference stays unattributed; `warn` is told the reason, which may name files and anybody's agreements.
    """
    manifest = read_manifest(base)
    former = Inputs(
        base / PROJECT_FOLDER,
        datetime.fromisoformat(manifest["as_of"]),
        manifest["load_ids"],
        manifest["code_revision"],
        manifest["lock_hash"],
    )
    now = Inputs(nightly.settings.project_dir, nightly.settings.as_of, load_ids, revision, lock_hash(ROOT))
    if not (former.project / PROJECT_FILE).is_file():
        return Restating(base, failure=f"release {base.name} does not hold its agreements")
    scratch = nightly.layout.recomputed
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        return Restating(base, list(_Steps(nightly, dbt, base, scratch, former, now, figures, warn).all()))
    except (SlmError, dg.Failure) as error:
        reason = error.description if isinstance(error, dg.Failure) else str(error)
        warn(f"Why figures moved could not be computed: {reason}")
        return Restating(base, failure="computing it again failed; the log of the night says why")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@dataclass(frozen=True)
class _Steps:
    """Builds the steps in a scratch folder: feeds and agreements of each kind once, and a database per step."""

    nightly: NightlyRun
    dbt: DbtCliResource
    base: Path
    scratch: Path
    former: Inputs
    now: Inputs
    figures: Sequence[Restated]
    warn: Callable[[str], None]

    def all(self) -> Iterator[Step]:
        """Every step whose inputs differ from those of the step before, in order."""
        former, now = self.former, self.now
        former_agreements = self._agreements("former", former.project, former.project, former.as_of_epoch)
        if former.code != now.code:
            feeds = self._feeds("former", former.config)
            values = self._build("code", former.config, former_agreements, feeds, former.as_of_epoch)
            yield from self._steps_of_code(values)
        is_same_settings = filecmp.cmp(former.project / PROJECT_FILE, now.project / PROJECT_FILE, shallow=False)
        feeds = self._feeds("settings", now.config)
        agreements = self._agreements("settings", now.project, former.project, former.as_of_epoch)
        if not is_same_settings:
            values = self._build("definition_change", now.config, agreements, feeds, former.as_of_epoch)
            yield Step("definition_change", f"{PROJECT_FILE} changed", values)

        amended = self._agreements("amended", now.project, now.project, former.as_of_epoch)
        if changed := _differing(agreements, amended):
            undecided = self.scratch / "agreements" / "undecided"
            shutil.copytree(amended, undecided)
            shutil.copyfile(former_agreements / DECISIONS, undecided / DECISIONS)
            values = self._build("amendment", now.config, undecided, feeds, former.as_of_epoch)
            yield Step("amendment", f"agreements changed: {', '.join(changed)}", values)
        decided = self._agreements("decided", now.project, now.project, now.as_of_epoch)
        if decisions := _decisions(former_agreements) ^ _decisions(decided):
            values = self._build("decision", now.config, decided, feeds, former.as_of_epoch)
            yield Step("decision", "Decisions about other agreements", values, _by_agreement(decisions))
        yield from self._steps_of_records(decided, feeds)

    def _steps_of_code(self, values: Mapping[str, Value]) -> list[Step]:
        """What other code did, and what another formula did, which comes with it. `values`: today's code's."""
        former, now = self.former, self.now
        with contextlib.closing(open_read_only(self.base / DATABASE_FILE)) as connection:
            formulas = _formulas(connection)
        with contextlib.closing(open_read_only(self.nightly.layout.build_database)) as connection:
            others = _formulas(connection)
        moved = {item.metric for item in self.figures if values.get(item.figure_key, ABSENT) != item.former}
        redefined = {metric for metric in moved if formulas.get(metric) != others.get(metric)}
        if not redefined:
            return [Step("code", f"{former.code} → {now.code}", values)]
        change = Change(former.revision, now.revision, frozenset(redefined))
        return steps_of_code(ROOT, change, self.figures, values, self._values_by)

    def _values_by(self, commit: str) -> dict[str, Value]:
        """What the code at a commit makes of the former inputs, in a night of its own."""
        scratch = self.scratch / "commits" / commit
        try:
            with code_at(commit, self.now.lock) as code:
                database = build_again(self.nightly.settings.home, self.base, code, scratch)
            with contextlib.closing(open_read_only(database)) as connection:
                return target_values(connection, "marts")
        except (NotReproducible, duckdb.Error) as error:
            self.warn(f"The code of commit {commit} could not make {self.base.name} again: {error}")
            raise RevisionGone(f"the code of commit {commit} does not make the former release again") from error

    def _steps_of_records(self, agreements: Path, feeds: Path) -> Iterator[Step]:
        former, now = self.former, self.now
        kept = self.scratch / "feeds" / "kept"
        is_any_late, is_any_corrected = keep_former_rows(feeds, self.nightly.settings.home, kept)
        with contextlib.closing(open_read_only(self.nightly.layout.build_database)) as connection:
            final = target_values(connection, "marts")
        new = sorted(set(now.load_ids) - set(former.load_ids))
        loads = f"loads {', '.join(new)}" if new else "no new load"
        if is_any_late or former.as_of != now.as_of:
            until = f"until {now.as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            values = final
            if is_any_corrected:
                values = self._build("late_data", now.config, agreements, kept, now.as_of_epoch)
            yield Step("late_data", f"{loads}; what happened {until}", values)
        if is_any_corrected:
            yield Step("source_correction", loads, final)

    def _agreements(self, name: str, settings: Path, agreements: Path, as_of_epoch: int) -> Path:
        """Compiled tables of the agreements of one project under the slm.yaml of another."""
        project = self.scratch / "projects" / name
        project.mkdir(parents=True)
        shutil.copyfile(settings / PROJECT_FILE, project / PROJECT_FILE)
        if (agreements / FOLDER).is_dir():
            shutil.copytree(agreements / FOLDER, project / FOLDER)
        compiled = self.scratch / "agreements" / name
        config = load_project(project, os.environ, require_environment=False)
        # What sources and reports name need not exist in the agreements of another night, and decides no figure.
        config = config.model_copy(update={"sources": [], "reports": ReportPack()})
        compile_agreements(project, config, as_of_epoch, compiled)
        return compiled

    def _feeds(self, name: str, config: ProjectConfig) -> Path:
        """A home with the feeds of the former loads, read as `config` says."""
        home = self.scratch / "feeds" / name
        settle_loads(config.sources, self.nightly.settings.home, self.former.load_ids, self.former.as_of, home)
        return home

    def _build(
        self, name: str, config: ProjectConfig, agreements: Path, feeds: Path, as_of_epoch: int
    ) -> dict[str, Value]:
        """Build the scorecards from these inputs; returns the value of every figure of a target."""
        inputs = self.scratch / "inputs" / name
        inputs.mkdir(parents=True)
        (inputs / "agreements").symlink_to(agreements)
        for folder in ("feeds", "control"):
            (inputs / folder).symlink_to(feeds / "warehouse" / folder)
        database, log = self.scratch / f"{name}.duckdb", self.nightly.layout.logs / f"recomputed-{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        target = self.nightly.settings.target
        with (
            dbt_environment(as_of_epoch, config, inputs, database, target),
            log.open("w", encoding="utf-8") as written,
            contextlib.redirect_stdout(written),
        ):
            done = self.dbt.cli(SCORECARDS, target_path=self.scratch / "dbt", raise_on_error=False).wait()
        if not done.is_successful():
            raise SlmError(f"the models did not build ({log})")
        with contextlib.closing(open_read_only(database)) as connection:
            return target_values(connection, "marts")


def _formulas(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, str]]:
    """Unit and formula by metric."""
    rows = connection.execute("select metric, unit, formula from marts.dim_metric").fetchall()
    return {metric: (unit, formula) for metric, unit, formula in rows}


def _differing(one: Path, other: Path) -> list[str]:
    """Names of the compiled tables that differ, without Decisions and findings."""
    apart = {"decision", "decision_exclusion", "reopened_period", "finding"}
    names = [name for name in SCHEMAS if name not in apart]
    return [
        name
        for name in sorted(names)
        if not filecmp.cmp(one / f"{name}.parquet", other / f"{name}.parquet", shallow=False)
    ]


def _decisions(agreements: Path) -> set[tuple[object, ...]]:
    """Every accepted exclusion, id first."""
    return {tuple(row.values()) for row in pq.read_table(agreements / DECISIONS).to_pylist()}


def _by_agreement(decisions: set[tuple[object, ...]]) -> dict[str, str]:
    """The Decisions about each agreement, by their ids."""
    ids: dict[str, set[str]] = {}
    for decision_id, _, agreement_id, *_ in decisions:
        ids.setdefault(str(agreement_id), set()).add(str(decision_id))
    return {agreement: f"Decision {', '.join(sorted(found))}" for agreement, found in ids.items()}
