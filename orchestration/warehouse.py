"""The dbt project as assets, and the audit of its reports as blocking checks."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets

from expectations.rules import audited_tables
from expectations.runner import Outcome, failing_agreements, preload, run_rules
from ingestion.freshness import feed_freshness
from orchestration.layout import MANIFEST
from orchestration.resources import NightlyRun, user_errors
from orchestration.staleness import unread_for
from publishing import certificate as certificates
from publishing import measures
from publishing.build import fingerprints, open_read_only
from publishing.certificate import Check, Unread
from publishing.drift import figure_drift_checks
from publishing.lateness import FeedDelays, late_checks, still_to_come_checks
from publishing.release import current_release
from publishing.star import reference_checks
from reporting.dictionary import star_of
from settings.project import ProjectConfig

# dbt's unit tests prove the models, not the data: they run with the tests of the code.
BUILD_ARGUMENTS = ["build", "--exclude-resource-type", "unit_test"]


class WarehouseTranslator(DagsterDbtTranslator):
    """Keys and groups of the assets: by layer, as a reader of the lineage expects them."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Schema and name: what the table is called in the warehouse."""
        if dbt_resource_props["resource_type"] == "source":
            return source_key(dbt_resource_props["source_name"], dbt_resource_props["name"])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer's folder."""
        folders: list[str] = dbt_resource_props["fqn"][1:-1]
        return folders[0] if folders else "seeds"


def read_manifest() -> dict[str, Any]:
    """dbt's manifest as set-up parsed it."""
    if not MANIFEST.exists():
        raise dg.DagsterInvalidDefinitionError(
            f"There is no {MANIFEST}: run `make setup`, which parses the dbt project."
        )
    manifest: dict[str, Any] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    return manifest


def source_key(source: str, table: str) -> dg.AssetKey:
    """The asset a dbt source table comes from: each feed is one; agreements and control tables are written together."""
    return dg.AssetKey([source, table]) if source == "feeds" else dg.AssetKey(source)


def source_tables(manifest: Mapping[str, Any], source: str) -> dict[str, str]:
    """The tables of one dbt source, sorted by name, with what each is."""
    found = [node for node in manifest["sources"].values() if node["source_name"] == source]
    return {node["name"]: node["description"] for node in sorted(found, key=itemgetter("name"))}


def _translator() -> WarehouseTranslator:
    return WarehouseTranslator(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))


def warehouse_assets(manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """Every model, seed and dbt test of the project."""

    @dbt_assets(manifest=manifest, dagster_dbt_translator=_translator(), name="build_warehouse")
    def built(context: dg.AssetExecutionContext, dbt: DbtCliResource, nightly: NightlyRun):  # type: ignore[no-untyped-def]
        layout = nightly.layout
        with user_errors():
            build = nightly.begin_build(context.run.run_id)
            layout.logs.mkdir(parents=True, exist_ok=True)
        context.log.info(f"Building the warehouse for {build.as_of} (build {build.build_id[:8]})")
        # dbt works in a process of its own: the seconds that the audit's library takes to import are free here.
        preload()
        with (
            nightly.dbt_environment(),
            (layout.logs / "dbt.log").open("w", encoding="utf-8") as log,
            contextlib.redirect_stdout(log),
        ):
            invocation = dbt.cli(BUILD_ARGUMENTS, context=context, target_path=layout.dbt_target, raise_on_error=False)
            yield from invocation.stream()
        problems = _problems(layout.dbt_target / "run_results.json") if not invocation.is_successful() else []
        if problems or not invocation.is_successful():
            reasons = "\n".join(problems) or f"dbt ended without results: {_last_words(layout.logs / 'dbt.log')}"
            raise dg.Failure(description=f"The warehouse build failed ({layout.logs / 'dbt.log'}):\n{reasons}")

    return built


def _last_words(log: Path) -> str:
    """The last line that dbt wrote: what the error was that it did not survive."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it wrote nothing"


def audit_checks(report_schema: str = "marts") -> dg.AssetChecksDefinition:
    """The rules of `expectations` on every published report: blocking, and recorded as the build's certificate."""
    tables = audited_tables()

    @dg.multi_asset_check(
        name="audit_reports",
        specs=[
            dg.AssetCheckSpec("report_rules", asset=dg.AssetKey([report_schema, table]), blocking=True,
                              description="Completeness, bounds, ratios against their integers, recounts of the facts.")
            for table in tables
        ],
    )  # fmt: skip
    def audited(context: dg.AssetCheckExecutionContext, nightly: NightlyRun) -> Iterator[dg.AssetCheckResult]:
        layout = nightly.layout
        with user_errors():
            build = nightly.demand_own_build(context.run.run_id)
            with contextlib.closing(open_read_only(layout.build_database)) as connection:
                outcomes = run_rules(lambda name: _frame(connection, name))
                expectations = _expectation_checks(connection, outcomes, nightly.config)
                tables_of_build = fingerprints(connection)
                measured = _measures(connection, nightly)
            unread = unread_for(nightly)
            withheld = certificates.withheld_by(expectations)
            for source in unread:
                for agreement in source.overdue:
                    withheld[agreement] = "; ".join(filter(None, [withheld.get(agreement), _too_old(source)]))
            dbt_checks = _dbt_checks(layout.dbt_target / "run_results.json", layout.dbt_target / "manifest.json")
            checks = expectations + measured + measures.unread_checks(unread) + dbt_checks
            issued = certificates.issue(
                build.build_id,
                context.run.run_id,
                nightly.settings.as_of,
                datetime.now(UTC),
                checks,
                tables_of_build,
                withheld,
                unread,
            )
            certificates.save(issued, layout.warehouse)
        for agreement, reason in withheld.items():
            context.log.warning(f"The figures of {agreement} are withheld: {reason}")
        failed = [check for check in checks if not check.is_successful]
        context.log.info(f"Audit: {len(checks) - len(failed)} of {len(checks)} checks hold")
        for table in tables:
            of_table = [check for check in checks if check.table_name == table and check.kind == "expectation"]
            broken = [check for check in of_table if not check.is_successful and check.severity == "critical"]
            for check in broken:
                context.log.error(f"{table}: {check.check_id}: {check.observed} ({check.description})")
            yield dg.AssetCheckResult(
                asset_key=dg.AssetKey([report_schema, table]),
                check_name="report_rules",
                passed=not broken,
                metadata={
                    "rules": len(of_table),
                    "failed": ", ".join(check.check_id for check in broken) or "none",
                    "outcomes": dg.MetadataValue.md(_table_of(of_table)),
                },
            )

    return audited


def _expectation_checks(connection: Any, outcomes: list[Outcome], config: ProjectConfig) -> list[Check]:
    """The rules' outcomes as checks. If slm.yaml would rather withhold agreements than stop, a rule that concerns
    some has a check for each of these, in place of the one for the whole release."""
    may_withhold = config.withhold == "agreement"
    checks = []
    for outcome in outcomes:
        of_agreements = {}
        if may_withhold and not outcome.is_successful and outcome.rule.severity == "critical":
            of_agreements = failing_agreements(lambda name: _frame(connection, name), outcome.rule)
        checks += [_check_of(one, "agreement", agreement) for agreement, one in of_agreements.items()] or [
            _check_of(outcome, outcome.rule.severity, None)
        ]
    if may_withhold:
        checks += measures.affected_checks(connection, config.max_affected_ticket_ratio)
    return checks


def _check_of(outcome: Outcome, severity: str, agreement_id: str | None) -> Check:
    return Check(
        check_id=outcome.rule.rule_id,
        kind="expectation",
        table_name=outcome.rule.table_name,
        description=outcome.rule.description,
        severity=severity,
        is_successful=outcome.is_successful,
        observed=outcome.observed,
        bounds=outcome.bounds,
        agreement_id=agreement_id,
    )


def _too_old(source: Unread) -> str:
    return f"{source.source} was last read at {source.read_at}, longer ago than the agreement allows"


def _measures(connection: Any, nightly: NightlyRun) -> list[Check]:
    """Freshness, late records, drift against the release in force, unmeasured time, keys that name nothing."""
    promised = {source.name: source.freshness_seconds for source in nightly.config.sources}
    found = feed_freshness(nightly.settings.home, nightly.settings.as_of)
    feeds = [measures.FeedState(feed.source, feed.feed, feed.age_seconds, promised.get(feed.source)) for feed in found]
    delays = [
        FeedDelays(
            feed.source, feed.feed, feed.last_loaded_at, feed.watched_count, feed.arrived, feed.median_delay_seconds
        )
        for feed in found
    ]
    previous = current_release(nightly.settings.home)
    return [
        *measures.feed_checks(feeds),
        *late_checks(delays),
        *still_to_come_checks(connection, delays, nightly.settings.as_of.astimezone(UTC).replace(tzinfo=None)),
        *measures.drift_checks(connection, previous),
        *figure_drift_checks(connection, previous),
        *measures.unmeasured_checks(connection),
        *reference_checks(connection, star_of(read_manifest())),
    ]


def _frame(connection: Any, name: str) -> pd.DataFrame:
    schema = "audits" if name.startswith("audit_") else "marts"
    frame: pd.DataFrame = connection.execute(f'select * from {schema}."{name}"').df()
    return frame


def _problems(run_results: Any) -> list[str]:
    """Names and messages of what dbt could not build or found wrong."""
    if not run_results.exists():
        return []
    results = json.loads(run_results.read_text(encoding="utf-8"))["results"]
    return [
        f"{result['unique_id'].split('.', 1)[1]}: {(result.get('message') or '').strip()}"
        for result in results
        if result["status"] in ("error", "fail")
    ]


def _dbt_checks(run_results: Any, manifest_path: Any) -> list[Check]:
    """One check per dbt test of the build."""
    nodes = json.loads(manifest_path.read_text(encoding="utf-8"))["nodes"]
    checks = []
    for result in json.loads(run_results.read_text(encoding="utf-8"))["results"]:
        if not result["unique_id"].startswith("test."):
            continue
        node = nodes[result["unique_id"]]
        parents = node.get("attached_node") or next(iter(node["depends_on"]["nodes"]), "")
        checks.append(
            Check(
                check_id=node["name"],
                kind="dbt_test",
                table_name=parents.rsplit(".", 1)[-1],
                description=node.get("description") or "",
                severity="critical" if node["config"]["severity"].lower() == "error" else "warning",
                is_successful=result["status"] == "pass",
                observed=f"{result.get('failures') or 0} rows",
                bounds="0 rows",
            )
        )
    return checks


def _table_of(checks: list[Check]) -> str:
    rows = [
        f"| {'ok' if check.is_successful else 'FAILED'} | {check.check_id} | {check.observed} | {check.description} |"
        for check in checks
    ]
    return "\n".join(["| | rule | observed | meaning |", "|---|---|---|---|", *rows])
