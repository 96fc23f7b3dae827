"""Rewriting what is landed: for the sake of persons, and for nothing else.

Landing is append-only. A load is rewritten only to put pseudonyms in the place of persons; no record is added, taken
away or moved, so that every count and line number stays.

Belongs here: how a load is rewritten whole or not at all, and which loads still name persons. Does not belong here:
when that happens (pull), what a pseudonym is (persons).
Sits above the adapters, below pull. The records are replaced first, the manifest last: a kill in between leaves a load
whose manifest does not say yet what was done, and doing it again changes nothing.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.adapters.base import Adapter
from ingestion.adapters.connector import ConnectorAdapter
from ingestion.landing import MANIFEST, REWRITTEN, Load, finish_commit, landed_loads, without_persons
from ingestion.persons import PERSONS, Persons
from ingestion.pulling.load import payloads_without_persons
from ingestion.storage import Paths, as_json, write_whole

Change = Callable[[pa.RecordBatch], pa.RecordBatch]


def rewrite_records(load: Load, change: Change) -> None:
    """Afterwards the load's records are those that `change` makes of them: for a load that is not landed yet."""

    def write_records(path: Path) -> None:
        with (
            pq.ParquetFile(load.records) as records,
            pq.ParquetWriter(path, records.schema_arrow, compression="zstd") as writer,
        ):
            for batch in records.iter_batches():
                writer.write_batch(change(batch))

    write_whole(load.records, write_records)


def rewrite_load(load: Load, change: Change, notes: Mapping[str, Any]) -> None:
    """Afterwards the load's records are those that `change` makes of them, and its manifest has `notes`."""

    def write_manifest(path: Path) -> None:
        path.write_text(as_json(manifest), encoding="utf-8")

    manifest = {**load.manifest, **notes, REWRITTEN: load.rewritten + 1}
    rewrite_records(load, change)
    write_whole(load.folder / MANIFEST, write_manifest)


def pseudonymise_landed(adapter: Adapter, source: str, paths: Paths, persons: Persons) -> list[Load]:
    """Afterwards no load of the source names a person; returns those that did.

    Loads name persons that were landed before slm.yaml had a key.
    """
    rewritten = []
    finish_commit(source, paths)
    for feed in adapter.raw_feeds():
        for load in landed_loads(paths, source, feed.name):
            if not feed.persons or PERSONS in load.manifest:
                continue
            notes: dict[str, Any] = {PERSONS: persons.fingerprint}
            if isinstance(adapter, ConnectorAdapter):
                change = payloads_without_persons(adapter.connector, feed.name, persons.again)
                notes["types"] = {}  # an id that was a number is a text now, and nobody has to accept that
            else:
                change = without_persons(feed, persons.again)
            rewrite_load(load, change, notes)
            rewritten.append(load)
    return rewritten
