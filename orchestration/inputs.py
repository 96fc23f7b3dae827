"""Assets in front of the warehouse: compiled agreements, landed sources, canonical feeds."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import dagster as dg

from agreements.compile import compile_agreements
from ingestion.pull import (
    check_source,
    ensure_empty_feeds,
    late_after_seconds,
    leave_out_unlisted_sources,
    ordered_sources,
    run_source,
    settle_landed,
    source_feeds,
)
from orchestration.resources import NightlyRun, user_errors
from settings.project import SourceConfig

AGREEMENTS_KEY = dg.AssetKey("agreements")


def agreements_asset(sources: Sequence[SourceConfig]) -> dg.AssetsDefinition:
    """Agreements as code, validated and compiled to tables.

    Everything that can be wrong without touching data is found here, before any data is touched.
    """

    @dg.asset(
        name="agreements",
        group_name="agreements",
        kinds={"yaml", "parquet"},
        description="Agreements as code, validated and compiled to tables; all time-zone arithmetic happens here.",
    )
    def agreements(context: dg.AssetExecutionContext, nightly: NightlyRun) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with user_errors():
            for source in sources:
                check_source(source)
            summary = compile_agreements(
                nightly.settings.project_dir,
                nightly.config,
                nightly.settings.as_of_epoch,
                nightly.layout.compiled_agreements,
            )
        for target in summary.unmeasured_targets:
            context.log.warning(f"No figure yet for {target}: its metric is not measured.")
        documents = ", ".join(f"{count} {kind}" for kind, count in sorted(summary.document_counts.items()))
        context.log.info(f"Agreements: {documents}")
        return dg.MaterializeResult(
            metadata={
                "documents": documents,
                "agreement versions": summary.row_counts["agreement"],
                "targets": summary.row_counts["target"],
                "findings": len(summary.findings),
                "agreements_hash": summary.input_hash,
                "rows": dg.MetadataValue.json(dict(sorted(summary.row_counts.items()))),
            }
        )

    return agreements


def landing_assets(sources: Sequence[SourceConfig]) -> list[dg.AssetsDefinition]:
    """One asset per source and raw feed: pulled, landed, typed, and reconciled with what it referred to.

    The feeds of a source are one step: a source is taken in as a whole or not at all.
    """
    with user_errors():
        ordered = ordered_sources(sources)
        keys = {source.name: landing_keys(source) for source in ordered}
    return [_landing_assets(source, keys) for source in ordered]


def landing_keys(source: SourceConfig) -> list[dg.AssetKey]:
    """The assets of a source."""
    return [dg.AssetKey(["landing", source.name, feed]) for feed in source_feeds(source)]


def _landing_assets(source: SourceConfig, keys: Mapping[str, Sequence[dg.AssetKey]]) -> dg.AssetsDefinition:
    needed = source.options.get("ticketSource")
    late_after = late_after_seconds(source)

    @dg.multi_asset(
        name=f"land_{source.name.replace('-', '_')}",
        can_subset=True,  # whichever feed is asked for, the whole source is taken in
        specs=[
            dg.AssetSpec(
                key,
                deps=[AGREEMENTS_KEY, *(keys[needed] if needed else [])],
                group_name="ingestion",
                kinds={"parquet"},
                description=f"Source {source.name} ({source.type}), {key.path[-1]}: raw records, append-only.",
                freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(seconds=late_after)),
            )
            for key in keys[source.name]
        ],
    )
    def landed(context: dg.AssetExecutionContext, nightly: NightlyRun):  # type: ignore[no-untyped-def]
        configured = next(item for item in nightly.config.sources if item.name == source.name)
        with user_errors():
            if nightly.settings.landed_only:
                result = settle_landed(configured, nightly.settings.home, nightly.settings.as_of)
            else:
                result = run_source(
                    configured,
                    nightly.settings.project_dir,
                    nightly.settings.home,
                    nightly.started_at,
                    nightly.settings.as_of,
                    persons=nightly.persons,
                )
        for warning in result.warnings:
            context.log.warning(warning)
        for name, feed in result.feeds.items():
            context.log.info(
                f"Source {source.name}, {name}: {feed.landed:,} landed = {feed.accepted:,} accepted"
                f" + {feed.quarantined:,} quarantined"
                + (f"; {feed.after_as_of:,} later than as_of" if feed.after_as_of else "")
            )
        new = [load.feed for load in result.new_loads]
        for key in sorted(context.selected_asset_keys):
            counts = result.feeds.get(key.path[-1])
            metadata: dict[str, int] = {"new_loads": new.count(key.path[-1])}
            if counts is not None:
                metadata |= {
                    "dagster/row_count": counts.accepted,
                    "landed": counts.landed,
                    "quarantined": counts.quarantined,
                    "after as_of": counts.after_as_of,
                }
            yield dg.MaterializeResult(asset_key=key, metadata=metadata)

    return landed


def feeds_asset(feeds: Sequence[str], sources: Sequence[SourceConfig]) -> dg.AssetsDefinition:
    """The canonical feeds over all sources, and what ingestion says of its loads. Absent feeds are empty."""
    landed = [key for source in sources for key in landing_keys(source)]

    @dg.multi_asset(
        name="assemble_feeds",
        specs=[
            *[dg.AssetSpec(["feeds", feed], deps=landed, group_name="ingestion", kinds={"parquet"}) for feed in feeds],
            dg.AssetSpec(
                "control",
                deps=landed,
                group_name="ingestion",
                kinds={"parquet"},
                description="Load audit, quarantine, and which records are not current.",
            ),
        ],
    )
    def assembled(context: dg.AssetExecutionContext, nightly: NightlyRun):  # type: ignore[no-untyped-def]
        with user_errors():
            ensure_empty_feeds(nightly.settings.home)
            left_out = leave_out_unlisted_sources(nightly.settings.home, [source.name for source in sources])
        for name in left_out:
            context.log.warning(
                f"Source {name} is no longer in slm.yaml: its records stay in landing, out of the figures."
            )
        for key in sorted(context.selected_asset_keys):
            folder = nightly.layout.warehouse.joinpath(*key.path)
            yield dg.MaterializeResult(asset_key=key, metadata={"files": len(list(folder.rglob("*.parquet")))})

    return assembled
