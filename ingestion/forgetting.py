"""Forgetting a person: what landing holds of one can be put down to nobody any more, and stays so.

No record is taken away: figures that were published must stand, and a ticket is the work of others too. Wherever the
person's pseudonym stands it becomes one that belongs to nobody; what anybody wrote in the person's records, and on the
person's tickets, is blanked, and so is what means nothing to the warehouse. The home remembers a hash by which the
person is known again (persons), and what is landed later is treated alike before it becomes part of landing.

Belongs here: which records are a person's, and what becomes of them. Does not belong here: how a load is rewritten
(rewriting), which releases that touches and how it is recorded (orchestration).
Sits above rewriting, below pull. Killed anywhere, the work is begun again: a source is looked through for everybody who
is remembered and not noted with it, and doing it twice changes nothing more.
"""

import json
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.adapters import adapter_for
from ingestion.adapters.base import Adapter
from ingestion.adapters.connector import ConnectorAdapter
from ingestion.landing import Load, RawFeed, finish_commit, landed_loads
from ingestion.persons import Persons, Remembered, remember, remembered
from ingestion.pulling.load import DELETED, DIGEST, KEY, PAYLOAD, remove_spools
from ingestion.pulling.walk import record_text, text_digest
from ingestion.readers import RAW, RESERVED
from ingestion.rewriting import Change, pseudonymise_landed, rewrite_load, rewrite_records
from ingestion.storage import Paths, as_json, write_whole
from settings.project import SourceConfig

# Says of every record of a batch whether it is to be forgotten.
Mask = Callable[[pa.RecordBatch], list[bool]]


@dataclass(frozen=True)
class _Looked:
    """For how many of those who are remembered, and for which tickets of theirs, a source was looked through."""

    persons: int
    tickets: frozenset[str]


def _looked(paths: Paths, source: str) -> _Looked:
    path = paths.looked_through(source)
    if not path.is_file():
        return _Looked(0, frozenset())
    content = json.loads(path.read_text(encoding="utf-8"))
    return _Looked(content["persons"], frozenset(content["tickets"]))


def _note(paths: Paths, source: str, looked: _Looked) -> None:
    def write(path: Path) -> None:
        path.write_text(as_json({"persons": looked.persons, "tickets": sorted(looked.tickets)}), encoding="utf-8")

    if looked != _looked(paths, source):
        write_whole(paths.looked_through(source), write)


# ------------------------------------------------------------------------------------------------- what is landed


def begin_forgetting(
    home: Path, sources: Sequence[SourceConfig], persons: Persons, person: str, at: datetime, *, is_ahead: bool = False
) -> bool:
    """Afterwards it is certain that the person will be forgotten: a night goes on with it if this process dies.

    `person` is the id as a source writes it, `at` an instant with a zone. Returns False, and remembers nothing, if no
    record of these sources names the person; with `is_ahead` that does not matter.
    """
    paths, pseudonym = Paths(home.absolute()), persons.pseudonym(person)
    for source in sources:
        # Loads that were landed before there was a key name persons by pseudonyms from now on.
        pseudonymise_landed(adapter_for(source.name, source.type, source.options), source.name, paths, persons)
    if not is_ahead and not any(_names(source, paths, pseudonym) for source in sources):
        return False
    # Made by chance: nothing leads from it to her.
    nobody = "person-" + secrets.token_hex(12)
    remember(paths.home, persons, pseudonym, at.isoformat().replace("+00:00", "Z"), nobody)
    return True


def take_over_journal(home: Path, persons: Persons) -> None:
    """A forgetting that an earlier version of this module began and did not finish is gone on with here."""
    path = home / "landing" / ".forgetting.json"
    if path.is_file():
        content = json.loads(path.read_text(encoding="utf-8"))
        remember(home, persons, content["person"], content["at"], content["nobody"])
        path.unlink()


def forgotten_since(home: Path, persons: Persons, person: str) -> str | None:
    """When the person with this id was forgotten, ISO 8601; None if it is not remembered."""
    known_by = persons.known_by(persons.pseudonym(person))
    return next((entry.at for entry in remembered(home) if entry.known_by == known_by), None)


def forgettings_under_way(home: Path, sources: Sequence[SourceConfig]) -> list[Remembered]:
    """Those who are remembered and for whom not all of these sources have been looked through, the first one first."""
    known = remembered(home)
    return known[min((_looked(Paths(home), source.name).persons for source in sources), default=len(known)) :]


def rewrite_for(entry: Remembered, home: Path, sources: Sequence[SourceConfig], persons: Persons) -> dict[str, int]:
    """Rewrite every load that holds records of the person, in the sources that were not looked through for it yet.

    In `sources` one comes after that whose tickets it refers to. Returns the number of records by load, which is
    source/feed/load id.
    """
    paths = Paths(home.absolute())
    persons = persons.remembering(remembered(paths.home))
    place = persons.forgotten.index(entry)
    by_name = {source.name: adapter_for(source.name, source.type, source.options) for source in sources}
    tickets: dict[str, set[str]] = {}
    for name in by_name:  # also of a source that was looked through: the tickets of another are read from it
        finish_commit(name, paths)

    def asked_for(source: str) -> set[str]:
        adapter = by_name[source]
        if source not in tickets:
            tickets[source] = set[str]().union(
                *(
                    _tickets_in(adapter, feed, load, persons, {entry.nobody})
                    for feed in adapter.raw_feeds()
                    for load in landed_loads(paths, source, feed.name)
                )
            )
        return tickets[source]

    counts: dict[str, int] = {}
    for name, adapter in by_name.items():
        looked = _looked(paths, name)
        if looked.persons > place:
            continue
        remove_spools(paths, name)
        paths.failed(name).unlink(missing_ok=True)
        pseudonymise_landed(adapter, name, paths, persons)
        about = asked_for(name) | (asked_for(named) if (named := adapter.options.ticket_source) else set())
        _note(paths, name, _Looked(looked.persons, looked.tickets | about))
        counts |= _look_through(adapter, name, paths, persons, {entry.nobody}, about)
    return counts


def end_forgetting(entry: Remembered, home: Path, sources: Sequence[SourceConfig]) -> None:
    """Afterwards these sources count as looked through for the person."""
    paths = Paths(home.absolute())
    done = remembered(paths.home).index(entry) + 1
    for source in sources:
        looked = _looked(paths, source.name)
        _note(paths, source.name, _Looked(max(looked.persons, done), looked.tickets))


def _names(source: SourceConfig, paths: Paths, pseudonym: str) -> bool:
    """Whether any landed record of the source names the person with this pseudonym."""
    adapter = adapter_for(source.name, source.type, source.options)
    return any(
        pseudonym in text
        for feed in adapter.raw_feeds()
        if feed.persons
        for load in landed_loads(paths, source.name, feed.name)
        for batch in _batches(load)
        for texts in _naming(adapter, feed, batch)
        for text in texts
    )


def _look_through(
    adapter: Adapter, source: str, paths: Paths, persons: Persons, whose: Collection[str], tickets: Collection[str]
) -> dict[str, int]:
    """Rewrite the landed loads that name any of `whose` or are about a ticket; the records by source/feed/load."""
    counts: dict[str, int] = {}
    for feed in adapter.raw_feeds():
        is_theirs = _mask(adapter, feed, persons, whose, tickets)
        for load in landed_loads(paths, source, feed.name):
            count = sum(sum(is_theirs(batch)) for batch in _batches(load))
            if count:
                rewrite_load(load, _change(adapter, feed, persons, is_theirs), {})
                counts[f"{source}/{feed.name}/{load.load_id}"] = count
    return counts


# ------------------------------------------------------------------------------------------------- what is staged


def forget_staged(adapter: Adapter, source: str, staged: Mapping[str, Load], paths: Paths, persons: Persons) -> None:
    """Afterwards loads that are not part of landing yet hold nothing of those whom `persons` remembers.

    A ticket of theirs that comes with these loads may be one of which landing knows something already: that is
    forgotten, too. The ticket is noted before it is landed, so that a kill loses none.
    """
    if not persons.forgotten:
        return
    looked, named = _looked(paths, source), adapter.options.ticket_source
    tickets = looked.tickets | (_looked(paths, named).tickets if named else frozenset())
    feeds = [(feed, staged[feed.name]) for feed in adapter.raw_feeds() if feed.name in staged]
    tickets = tickets.union(*(_tickets_in(adapter, feed, load, persons, persons.nobodies) for feed, load in feeds))
    for feed, load in feeds:
        is_theirs = _mask(adapter, feed, persons, persons.nobodies, tickets)
        if any(any(is_theirs(batch)) for batch in _batches(load)):
            rewrite_records(load, _change(adapter, feed, persons, is_theirs))
    if news := tickets - looked.tickets:
        _look_through(adapter, source, paths, persons, (), news)
        _note(paths, source, _Looked(looked.persons, tickets))


# ---------------------------------------------------------------------------------------- which records are theirs


def _batches(load: Load) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(load.records) as records:
        yield from records.iter_batches()


def _tickets_in(adapter: Adapter, feed: RawFeed, load: Load, persons: Persons, whose: Collection[str]) -> set[str]:
    """Ids of the tickets that any of `whose` asked for, as the load names them."""
    if "tickets" not in adapter.canonical_feeds(feed.name) or not feed.persons:
        return set()
    is_theirs = _mask(adapter, feed, persons, whose, ())
    return {
        ticket
        for batch in _batches(load)
        for tickets, mine in zip(_tickets(adapter, feed, batch), is_theirs(batch), strict=True)
        if mine
        for ticket in tickets
    }


def _mask(adapter: Adapter, feed: RawFeed, persons: Persons, whose: Collection[str], tickets: Collection[str]) -> Mask:
    """Records that name any of `whose` (pseudonyms of nobody), or are about one of these tickets."""

    def is_theirs(batch: pa.RecordBatch) -> list[bool]:
        if not feed.persons and not feed.ticket:
            return [False] * batch.num_rows
        naming = _naming(adapter, feed, batch)
        about = _tickets(adapter, feed, batch) if tickets else [set[str]()] * batch.num_rows
        # Of a record that could not be split into its columns nobody knows whose it is.
        torn = _texts(batch, RAW)
        return [
            not about_ticket.isdisjoint(tickets)
            or any(not persons.nobodies_in(text).isdisjoint(whose) for text in texts)
            or (raw != "" and any(ticket in raw for ticket in tickets))
            for texts, about_ticket, raw in zip(naming, about, torn, strict=True)
        ]

    return is_theirs


def _naming(adapter: Adapter, feed: RawFeed, batch: pa.RecordBatch) -> list[tuple[str, ...]]:
    """The texts of each record that may name a person."""
    return list(zip(*(_texts(batch, name) for name in (*feed.persons, RAW)), strict=True))


def _tickets(adapter: Adapter, feed: RawFeed, batch: pa.RecordBatch) -> list[set[str]]:
    """Every id of the ticket that each record is or is about; none where there is none."""
    if not isinstance(adapter, ConnectorAdapter):
        return [{ticket} - {""} for ticket in _texts(batch, feed.ticket)]
    declared = adapter.pulled_feed(feed.name)
    return [
        set() if payload is None else declared.tickets_of(key, payload)
        for key, payload in zip(batch.column(KEY).to_pylist(), batch.column(PAYLOAD).to_pylist(), strict=True)
    ]


def _texts(batch: pa.RecordBatch, name: str | None) -> list[str]:
    """A column of a file, trimmed, whatever its letter case; empty texts where the file has none."""
    for index, found in enumerate(batch.schema.names):
        if name is not None and found.lower() == name.lower():
            return [(text or "").strip() for text in batch.column(index).to_pylist()]
    return [""] * batch.num_rows


# --------------------------------------------------------------------------------------------- what becomes of them


def _change(adapter: Adapter, feed: RawFeed, persons: Persons, is_theirs: Mask) -> Change:
    """What makes these records nobody's, and leaves the others as they are."""

    def of_pulled(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = {name: batch.column(name).to_pylist() for name in (KEY, DELETED, DIGEST, PAYLOAD, RAW)}
        for place, is_mine in enumerate(is_theirs(batch)):
            if not is_mine:
                continue
            columns[RAW][place] = None
            if (payload := columns[PAYLOAD][place]) is not None:
                columns[DIGEST][place] = columns[DIGEST][place] or text_digest(payload)
                record = json.loads(persons.renamed(payload))
                columns[PAYLOAD][place] = record_text(connector.without_texts(feed.name, record))
            if columns[KEY][place] is not None and columns[DELETED][place] != "true":
                columns[DIGEST][place] = persons.sealed(columns[DIGEST][place])
        return _with(batch, {name: columns[name] for name in (DIGEST, PAYLOAD, RAW)})

    def of_files(batch: pa.RecordBatch) -> pa.RecordBatch:
        theirs = is_theirs(batch)
        is_message = [kind == "message" for kind in _texts(batch, feed.messages[0])] if feed.messages else []
        columns: dict[str, list[Any]] = {}
        for index, name in enumerate(batch.schema.names):
            column = batch.column(index).to_pylist()
            if name.lower() in named:
                columns[name] = [text and persons.renamed(text) for text in column]
            elif name == RAW:
                columns[name] = [None if mine else text for text, mine in zip(column, theirs, strict=True)]
            elif name.lower() in blanked or (meant and name.lower() not in meant and name not in RESERVED):
                columns[name] = ["" if mine and text else text for text, mine in zip(column, theirs, strict=True)]
            elif feed.messages and name.lower() == feed.messages[1].lower():
                columns[name] = [
                    "" if mine and is_free and text else text
                    for text, mine, is_free in zip(column, theirs, is_message, strict=True)
                ]
        return _with(batch, columns)

    named, blanked, meant = (
        {name.lower() for name in names} for names in (feed.persons, feed.texts, (*feed.meant, *feed.persons))
    )
    meant = meant if feed.meant else set()
    connector: Any = adapter.connector if isinstance(adapter, ConnectorAdapter) else None
    return of_pulled if connector else of_files


def _with(batch: pa.RecordBatch, columns: Mapping[str, Sequence[str | None]]) -> pa.RecordBatch:
    """The batch with these columns of text in the place of its own."""
    arrays = [
        pa.array(columns[name], pa.string()) if name in columns else batch.column(name) for name in batch.schema.names
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)
