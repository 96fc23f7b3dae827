"""Forgetting a person: what landing holds of one can be put down to nobody any more.

No record is taken away: figures that were published must stand, and a ticket is the work of others too. Wherever the
person's pseudonym stands it becomes one that belongs to nobody, made by chance and kept nowhere; what anybody wrote in
the person's records, and on the person's tickets, is blanked, and so are columns that mean nothing to the warehouse.

Belongs here: which records are a person's, and what becomes of them. Does not belong here: how a load is rewritten
(rewriting), which releases that touches and how it is recorded (orchestration).
Sits above rewriting. Killed anywhere, the work is begun again with the same two pseudonyms, which a journal beside
landing keeps until it is removed; doing it twice changes nothing more.
"""

import json
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.adapters import adapter_for
from ingestion.adapters.base import Adapter
from ingestion.adapters.connector import ConnectorAdapter
from ingestion.connectors.base import PulledFeed, value_at
from ingestion.landing import Load, RawFeed, finish_commit, landed_loads
from ingestion.persons import Persons
from ingestion.pull import ordered_sources
from ingestion.pulling.load import KEY, PAYLOAD, remove_spools
from ingestion.pulling.walk import record_text
from ingestion.readers import RESERVED
from ingestion.rewriting import Change, pseudonymise_landed, rewrite_load
from ingestion.storage import Paths, as_json, write_whole
from settings.project import SourceConfig

# Says of every record of a batch whether it is the person's.
Mask = Callable[[pa.RecordBatch], list[bool]]


@dataclass(frozen=True)
class Forgetting:
    """One person's, under way or done: when it began, the pseudonym to be gone and the one of nobody."""

    at: str
    person: str
    nobody: str

    @property
    def both(self) -> tuple[str, str]:
        """A record is the person's under either: a killed forgetting has done some loads already."""
        return self.person, self.nobody


def _journal(home: Path) -> Path:
    return home / "landing" / ".forgetting.json"


def begin_forgetting(home: Path, sources: Sequence[SourceConfig], persons: Persons, person: str, at: datetime) -> None:
    """Afterwards it is certain that the person will be forgotten: a night goes on with it if this process dies.

    `person` is the id as a source writes it, `at` an instant with a zone. Loads that were landed before there was a key
    name persons by pseudonyms from now on.
    """
    for source in sources:
        adapter = adapter_for(source.name, source.type, source.options)
        pseudonymise_landed(adapter, source.name, Paths(home.absolute()), persons)
    content = {
        "at": at.isoformat().replace("+00:00", "Z"),
        "person": persons.pseudonym(person),
        "nobody": "person-" + secrets.token_hex(12),
    }

    def write(path: Path) -> None:
        path.write_text(as_json(content), encoding="utf-8")

    write_whole(_journal(home), write)


def forgetting_under_way(home: Path) -> Forgetting | None:
    """The forgetting that has begun and is not recorded yet; None if there is none."""
    path = _journal(home)
    return Forgetting(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def end_forgetting(home: Path) -> None:
    """Afterwards nothing tells whom the records belonged to."""
    _journal(home).unlink(missing_ok=True)


def rewrite_for(forgetting: Forgetting, home: Path, sources: Sequence[SourceConfig]) -> dict[str, int]:
    """Rewrite every load of these sources that holds records of the person.

    Returns the number of records by load (source/feed/load id).
    """
    paths = Paths(home.absolute())
    counts: dict[str, int] = {}
    tickets_of: dict[str, set[str]] = {}
    for source in ordered_sources(sources):
        adapter = adapter_for(source.name, source.type, source.options)
        remove_spools(paths, source.name)
        finish_commit(source.name, paths)
        loads = [(feed, load) for feed in adapter.raw_feeds() for load in landed_loads(paths, source.name, feed.name)]
        named = adapter.options.ticket_source
        tickets = set(tickets_of.get(named or "", ()))
        for feed, load in loads:
            tickets |= _tickets(adapter, feed, load, forgetting)
        tickets_of[source.name] = tickets
        for feed, load in loads:
            is_of_person = _mask(adapter, feed, forgetting, tickets)
            with pq.ParquetFile(load.records) as records:
                count = sum(sum(is_of_person(batch)) for batch in records.iter_batches())
            if count:
                rewrite_load(load, _change(adapter, feed, forgetting, is_of_person), {})
                counts[f"{source.name}/{feed.name}/{load.load_id}"] = count
    return counts


def _tickets(adapter: Adapter, feed: RawFeed, load: Load, forgetting: Forgetting) -> set[str]:
    """Ids of the tickets that the person asked for, as the load names them."""
    if "tickets" not in adapter.canonical_feeds(feed.name) or not feed.persons:
        return set()
    found: set[str] = set()
    is_of_person = _mask(adapter, feed, forgetting, ())
    with pq.ParquetFile(load.records) as records:
        for batch in records.iter_batches():
            if isinstance(adapter, ConnectorAdapter):
                ids = _pulled_tickets(adapter.pulled_feed(feed.name), batch)
            else:
                ids = _texts(batch, feed.ticket)
            found.update(ticket for ticket, is_theirs in zip(ids, is_of_person(batch), strict=True) if is_theirs)
    return found - {""}


def _mask(adapter: Adapter, feed: RawFeed, forgetting: Forgetting, tickets: Collection[str]) -> Mask:
    """Records that name the person, or are about one of these tickets."""

    def of_pulled(batch: pa.RecordBatch) -> list[bool]:
        payloads = batch.column(PAYLOAD).to_pylist()
        about = _pulled_tickets(declared, batch) if declared and tickets else [""] * batch.num_rows
        return [
            payload is not None and (any(person in payload for person in forgetting.both) or ticket in tickets)
            for payload, ticket in zip(payloads, about, strict=True)
        ]

    def of_files(batch: pa.RecordBatch) -> list[bool]:
        named = [_texts(batch, name) for name in feed.persons]
        about = _texts(batch, feed.ticket)
        return [
            ticket in tickets or any(text in forgetting.both for text in texts)
            for ticket, *texts in zip(about, *named, strict=True)
        ]

    declared = adapter.pulled_feed(feed.name) if isinstance(adapter, ConnectorAdapter) else None
    return of_pulled if declared else of_files


def _pulled_tickets(feed: PulledFeed, batch: pa.RecordBatch) -> list[str]:
    """The ticket of each record: the field that says it, or the record itself."""
    if feed.ticket is None:
        return [key or "" for key in batch.column(KEY).to_pylist()] if "tickets" in feed.rows else [""] * batch.num_rows
    path = feed.fields[feed.ticket].removeprefix("$.").replace('"', "")
    return [
        "" if payload is None else str(value_at(json.loads(payload), path) or "")
        for payload in batch.column(PAYLOAD).to_pylist()
    ]


def _texts(batch: pa.RecordBatch, name: str | None) -> list[str]:
    """A column of a file, trimmed, whatever its letter case; empty texts where the file has none."""
    for index, found in enumerate(batch.schema.names):
        if name is not None and found.lower() == name.lower():
            return [(text or "").strip() for text in batch.column(index).to_pylist()]
    return [""] * batch.num_rows


def _change(adapter: Adapter, feed: RawFeed, forgetting: Forgetting, is_of_person: Mask) -> Change:
    """What makes the person's records nobody's, and leaves the others as they are."""

    def of_pulled(batch: pa.RecordBatch) -> pa.RecordBatch:
        payloads = batch.column(PAYLOAD).to_pylist()
        for place, is_theirs in enumerate(is_of_person(batch)):
            if is_theirs:
                text = payloads[place].replace(forgetting.person, forgetting.nobody)
                payloads[place] = record_text(connector.without_texts(json.loads(text)))
        # The digest stays: the system's own copy has not changed, and must not come again for that.
        return batch.set_column(
            batch.schema.get_field_index(PAYLOAD), batch.schema.field(PAYLOAD), pa.array(payloads, pa.string())
        )

    def of_files(batch: pa.RecordBatch) -> pa.RecordBatch:
        theirs = is_of_person(batch)
        is_message = [kind == "message" for kind in _texts(batch, feed.messages[0])] if feed.messages else []
        for index, name in enumerate(batch.schema.names):
            column = batch.column(index).to_pylist()
            if name.lower() in persons:
                changed = [forgetting.nobody if (text or "").strip() == forgetting.person else text for text in column]
            elif name.lower() in blanked or (meant and name.lower() not in meant and name not in RESERVED):
                changed = ["" if mine and text else text for text, mine in zip(column, theirs, strict=True)]
            elif feed.messages and name.lower() == feed.messages[1].lower():
                changed = [
                    "" if mine and is_free and text else text
                    for text, mine, is_free in zip(column, theirs, is_message, strict=True)
                ]
            else:
                continue
            batch = batch.set_column(index, batch.schema.field(index), pa.array(changed, pa.string()))
        return batch

    persons, blanked, meant = (
        {name.lower() for name in names} for names in (feed.persons, feed.texts, (*feed.meant, *feed.persons))
    )
    meant = meant if feed.meant else set()
    connector: Any = adapter.connector if isinstance(adapter, ConnectorAdapter) else None
    return of_pulled if connector else of_files
