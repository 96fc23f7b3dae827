"""The release as an asset: demands the certificate of exactly this build, then publishes."""

import contextlib
from datetime import timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow.parquet as pq
from dagster_dbt import DbtCliResource

from agreements.compile import hash_inputs
from agreements.documents import agreement_files
from orchestration.layout import ROOT
from orchestration.recomputation import recompute
from orchestration.resources import NightlyRun, user_errors
from orchestration.warehouse import read_manifest
from publishing import certificate as certificates
from publishing.build import fingerprints, open_read_only
from publishing.ledger import Reopening, Restated
from publishing.postgres import serve
from publishing.release import Release, ReleaseInput, current_release, publish
from publishing.restatement import Restating
from publishing.retention import Retention
from publishing.revision import code_revision, lock_hash
from reporting.dictionary import star_of, tested_keys
from reporting.pack import write_pack
from settings.project import PROJECT_FILE, RetentionRule

_PREVIEW = """
select agreement_id, target_id, period_start, numerator, denominator, attainment_ratio, target_ratio, status
from marts.rpt_sla_target
where denominator > 0
order by period_start desc, agreement_id, target_id
limit 20
"""


def release_asset(marts: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The published release. Depends on every published table, so that a failed check of any of them blocks it."""

    @dg.asset(
        name="release",
        deps=marts,
        group_name="publication",
        kinds={"duckdb", "parquet"},
        description="An immutable release directory, put in force by swapping one link.",
    )
    def released(context: dg.AssetExecutionContext, nightly: NightlyRun, dbt: DbtCliResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        layout = nightly.layout
        with user_errors():
            build = nightly.demand_own_build(context.run.run_id)
            certificate = certificates.load(layout.warehouse)
            with contextlib.closing(open_read_only(layout.build_database)) as connection:
                certificates.demand(certificate, build.build_id, context.run.run_id, fingerprints(connection))
            made_of = ReleaseInput(
                project=nightly.config.name,
                build_id=build.build_id,
                run_id=context.run.run_id,
                as_of=nightly.settings.as_of,
                built_at=nightly.started_at,
                code_revision=code_revision(ROOT),
                lock_hash=lock_hash(ROOT),
                agreements_hash=hash_inputs(nightly.settings.project_dir),
                load_ids=_load_ids(nightly.settings.home),
                allow_older=nightly.settings.allow_older,
                project_files=_project_files(nightly.settings.project_dir),
                reopenings=_reopenings(layout.compiled_agreements),
                keys=tested_keys(read_manifest())[0],
                star=star_of(read_manifest()),
                retention=_retention(nightly.config.retention),
            )

            if "pdf" in nightly.config.reports.formats and nightly.config.reports.periods:
                context.log.info("Pages are written as HTML; the PDF asked for in slm.yaml is not available yet.")

            def write_report(database: Path, directory: Path) -> None:
                write_pack(database, directory, nightly.config.reports)

            def restate(base: Path, figures: list[Restated]) -> Restating:
                context.log.warning(f"{len(figures):,} figures of closed periods moved; computing why")
                revision = made_of.code_revision
                return recompute(nightly, dbt, revision, made_of.load_ids, base, figures, context.log.warning)

            release = publish(nightly.settings.home, layout.build_database, certificate, made_of, write_report, restate)
        _tell(context, release)
        return dg.MaterializeResult(
            metadata={
                "release": release.release_id,
                "directory": dg.MetadataValue.path(str(release.directory)),
                "in_force": release.is_current,
                "new_figures": release.new_figure_count,
                "checks": len(certificate.checks),
                "removed": ", ".join(release.removed) or "none",
                "scorecard": dg.MetadataValue.md(_preview(release.directory / "slm.duckdb")),
            }
        )

    return released


def serving_asset() -> dg.AssetsDefinition:
    """The release in force in the serving database, if there is one."""

    @dg.asset(
        name="serving",
        deps=[dg.AssetKey("release")],
        group_name="publication",
        kinds={"postgres"},
        description="The schema marts of the database in SLM_POSTGRES_DSN, swapped in one transaction.",
    )
    def served(context: dg.AssetExecutionContext, nightly: NightlyRun) -> dg.MaterializeResult:  # type: ignore[type-arg]
        dsn = nightly.settings.postgres_dsn
        release = current_release(nightly.settings.home)
        if dsn is None or release is None:
            return dg.MaterializeResult(metadata={"served": "no database is named in SLM_POSTGRES_DSN"})
        with user_errors():
            is_written = serve(dsn, release)
        context.log.info(f"PostgreSQL serves {release.name}")
        return dg.MaterializeResult(metadata={"served": release.name, "written": is_written})

    return served


def _retention(rule: RetentionRule) -> Retention:
    return Retention(timedelta(days=rule.keep_within_days), rule.keep_daily, rule.keep_monthly, rule.keep_yearly)


def _load_ids(home: Path) -> list[str]:
    """Every load of the build's sources as source/feed/load."""
    audits = (home / "warehouse" / "control" / "load_audit").glob("*.parquet")
    listed = {path.stem for path in audits}
    landing = home / "landing"
    loads = [manifest.parent.relative_to(landing) for manifest in landing.glob("*/*/*/manifest.json")]
    return sorted(str(load) for load in loads if load.parts[0] in listed)


def _project_files(project_dir: Path) -> dict[str, Path]:
    """slm.yaml and the agreements by their names within the project."""
    return {
        path.relative_to(project_dir).as_posix(): path
        for path in [project_dir / PROJECT_FILE, *agreement_files(project_dir)]
    }


def _reopenings(compiled_agreements: Path) -> list[Reopening]:
    """The accepted Decisions that re-open a period, as this build knows them."""
    rows = pq.read_table(compiled_agreements / "reopened_period.parquet").to_pylist()
    return [Reopening(row["decision_id"], row["agreement_id"], row["target_id"], row["period_start"]) for row in rows]


def _tell(context: dg.AssetExecutionContext, release: Release) -> None:
    if release.is_current:
        context.log.info(f"Published {release.release_id}: {release.new_figure_count:,} new figures in the ledger")
        if release.removed:
            context.log.info(f"Removed by retention in slm.yaml: {', '.join(release.removed)}")
    else:
        context.log.warning(
            f"Wrote {release.directory}, but the release in force speaks for a later instant and stays current. "
            "Set SLM_ALLOW_OLDER=1 to replace it."
        )


def _preview(database: Path) -> str:
    """The latest figures, as a Markdown table for the Dagster UI."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(_PREVIEW).fetchall()
    lines = ["| agreement | target | period | good / counted | result | goal | |", "|---|---|---|---|---|---|---|"]
    lines += [
        f"| {agreement} | {target} | {period} | {good:,} / {counted:,} | {ratio:.2%} | {goal:.2%} | {status} |"
        for agreement, target, period, good, counted, ratio, goal, status in rows
    ]
    return "\n".join(lines)
