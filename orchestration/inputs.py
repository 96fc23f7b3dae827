"""Assets in front of the warehouse: compiled agreements, landed sources, canonical feeds."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from agreements.compile import compile_agreements
from ingestion.pull import (
    check_source,
    ensure_empty_feeds,
    first_instant,
    late_after_seconds,
    leave_out_unlisted_sources,
    ordered_sources,
    run_source,
    source_feeds,
)
from ingestion.reading import last_reading
from orchestration.resources import NightlyRun, user_errors
from orchestration.staleness import instant_text, take_in
from settings.instants import load_zone
from settings.project import ProjectConfig, SourceConfig

AGREEMENTS_KEY = dg.AssetKey("agreements")
# Its assets are no part of a night.
BACKFILL_GROUP = "backfill"
_BACKFILL = """\
Days on which source {name} ({type}) was asked once more for what it has of them; they begin at midnight in {zone}.

**Materialize** and choose days: a range is one run and one pull. What landing has already is not landed again, nothing
is taken for deleted, and no figure moves before the next night, which builds from all of landing.
"""


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
        # It blocks nothing: a source that may not be missing fails its step.
        check_specs=[
            dg.AssetCheckSpec("was_read", asset=key, description="The source answered when it was asked this night.")
            for key in keys[source.name]
        ],
    )
    def landed(context: dg.AssetExecutionContext, nightly: NightlyRun):  # type: ignore[no-untyped-def]
        configured = next(item for item in nightly.config.sources if item.name == source.name)
        with user_errors():
            result = take_in(nightly, configured)
            reading = last_reading(nightly.settings.home, source.name)
        is_read = reading is None or reading.failure is None
        if reading is not None and not is_read:
            context.log.warning(
                f"Source {source.name} could not be read; what happened since {instant_text(reading.read_at)} is not"
                f" known: {reading.failure}"
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
            metadata: dict[str, int | str] = {"new_loads": new.count(key.path[-1])}
            if counts is not None:
                metadata |= {
                    "dagster/row_count": counts.accepted,
                    "landed": counts.landed,
                    "quarantined": counts.quarantined,
                    "after as_of": counts.after_as_of,
                }
            if reading is not None:
                metadata |= {"last read": instant_text(reading.read_at)}
            yield dg.MaterializeResult(asset_key=key, metadata=metadata)
        for check in sorted(context.selected_asset_check_keys):
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=is_read,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"failure": reading.failure} if reading is not None and reading.failure else {},
            )

    return landed


def backfill_assets(config: ProjectConfig) -> list[dg.AssetsDefinition]:
    """One asset for each source that is pulled from a system; a source of files has nothing to be asked for.

    A partition is a day of the project's zone: the source was asked once more for what it has of it. A range of days is
    one run and one pull. Nothing is built: the next night does that, from all of landing.
    """
    firsts = [(source, first_instant(source)) for source in config.sources]
    return [_backfill_asset(source, first, config.reporting.time_zone) for source, first in firsts if first is not None]


def _backfill_asset(source: SourceConfig, first: datetime, zone: str) -> dg.AssetsDefinition:
    # The day that holds `since`: before it nothing is asked for.
    days = dg.DailyPartitionsDefinition(start_date=f"{first.astimezone(load_zone(zone)):%Y-%m-%d}", timezone=zone)

    @dg.asset(
        key=["backfill", source.name],
        group_name=BACKFILL_GROUP,
        kinds={"parquet"},
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        description=_BACKFILL.format(name=source.name, type=source.type, zone=zone),
    )
    def backfilled(context: dg.AssetExecutionContext, nightly: NightlyRun) -> dg.MaterializeResult:  # type: ignore[type-arg]
        configured = next(item for item in nightly.config.sources if item.name == source.name)
        window = context.partition_time_window
        settings = nightly.settings
        with user_errors():
            result = run_source(
                configured, settings.project_dir, settings.home, nightly.started_at, settings.as_of,
                window=(window.start.astimezone(UTC), window.end.astimezone(UTC)), persons=nightly.persons,
            )  # fmt: skip
        landed = ", ".join(f"{feed.landed:,} {name}" for name, feed in result.feeds.items())
        context.log.info(
            f"Source {source.name}, {window.start:%Y-%m-%d} to before {window.end:%Y-%m-%d}:"
            f" {len(result.new_loads)} new loads; landing holds {landed}. The next night builds from it."
        )
        new = ", ".join(f"{load.feed} {load.load_id}" for load in result.new_loads)
        return dg.MaterializeResult(
            metadata={
                "asked from": dg.MetadataValue.timestamp(window.start),
                "asked to before": dg.MetadataValue.timestamp(window.end),
                "new_loads": len(result.new_loads),
                "loads of this run": new or "none: landing had all of it already",
                "records in landing": dg.MetadataValue.json(
                    {name: feed.landed for name, feed in sorted(result.feeds.items())}
                ),
            }
        )

    return backfilled


def feeds_asset(feeds: Mapping[str, str], sources: Sequence[SourceConfig]) -> dg.AssetsDefinition:
    """The canonical feeds over all sources, and what ingestion says of its loads. Absent feeds are empty.

    `feeds` says what each is.
    """
    landed = [key for source in sources for key in landing_keys(source)]

    @dg.multi_asset(
        name="assemble_feeds",
        specs=[
            *[
                dg.AssetSpec(
                    ["feeds", feed], deps=landed, group_name="ingestion", kinds={"parquet"}, description=description
                )
                for feed, description in feeds.items()
            ],
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
