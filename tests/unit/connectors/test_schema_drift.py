"""Schema drift, of every connector: a value of another type stops the source by name, or no row is made of it.

A system's records are pulled once as they are. Then every value in them is of another type at once, and the source must
stop; those that it names are left as they were, and so on until it stops no more: then the rows must be the same.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import numpy as np

from ingestion.adapters import adapter_for
from ingestion.adapters.connector import ConnectorAdapter
from ingestion.errors import SourceError
from ingestion.feeds import CANONICAL_FEEDS
from ingestion.pulling.spool import SIZE, Frame, Spool
from tests.unit.connectors.conftest import NIGHT, Pulled

# A value by its feed and its place, `[*]` for every member of a list.
Place = tuple[str, str]
# The whole of a system's records is asked for again.
EVERYTHING = "PT100000H"
# What docs/connectors.md says may be of any type.
FREE = {
    "zendesk": {("ticket_events", "child_events[*].previous_value")},
    "prometheus": {("samples", place) for place in ("values[*]", "values[*][0]", "values[*][1]")},
}


def changed(value: Any, place: str, change: Callable[[str, Any], Any]) -> Any:
    """A copy with every value, from the outermost on, as `change` gives it; what it returns as it was is gone into."""
    new = change(place, value)
    if new is not value:
        return new
    if isinstance(value, dict):
        return {name: changed(member, f"{place}.{name}".lstrip("."), change) for name, member in value.items()}
    if isinstance(value, list):
        is_pair = place.startswith("values[*]")  # of Prometheus: an instant and a value
        return [
            changed(member, f"{place}[{number if is_pair else '*'}]", change) for number, member in enumerate(value)
        ]
    return value


@contextmanager
def kept_otherwise(change: Callable[[Place, Any], Any]) -> Iterator[None]:
    """Within the block what is kept of an answer is what `change` makes of it; the walk itself sees what came."""
    append = Spool.append

    def changing(spool: Spool, frame: Frame) -> None:
        feed, place, texts = frame.feed, 0, list[bytes]()
        for size in frame.sizes if feed else ():
            record = json.loads(frame.body[place : place + size])
            texts.append(json.dumps(changed(record, "", lambda at, value: change((str(feed), at), value))).encode())
            place += size
        body = b"".join(texts) if texts else frame.body
        sizes = np.array([len(text) for text in texts], SIZE) if texts else frame.sizes
        append(spool, replace(frame, body=body, sizes=sizes, digests=None))

    with mock.patch.object(Spool, "append", changing):
        yield


def named(error: SourceError, aliases: Mapping[Place, str]) -> set[Place]:
    """The places that an error names, by the names of the connector's fields or their own."""
    said = set(re.findall(r'feed (\S+): field "([^"]+)" was', str(error)))
    return {(feed, aliases.get((feed, name), name)) for feed, name in said}


def rows_of(far: Pulled) -> dict[str, list[tuple[Any, ...]]]:
    return {feed: far.rows(feed, "* exclude (load_id, record_number)") for feed in CANONICAL_FEEDS}


def aliases_of(far: Pulled) -> dict[Place, str]:
    """Where the fields of the connector stand, by feed and name."""
    adapter = adapter_for("far", far.type, far.source.options)
    assert isinstance(adapter, ConnectorAdapter)
    return {
        (feed.name, name): re.sub(r"\[\d+\]", "[*]", path.replace('"', "")).removeprefix("$.")
        for feed in adapter.connector.feeds()
        for name, path in feed.watched.items()
    }


def otherwise(value: Any, turn: int) -> Any:
    """A value of another type, another one with each turn; different values stay different, so keys tell apart."""
    if not isinstance(value, int | float):
        number = zlib.crc32(json.dumps(value).encode())
        others = [{"new": value}, number, number if isinstance(value, list) else [value]]
    else:
        others = [{"new": value}, [value], str(value)]
    return others[turn % 3] if not (isinstance(value, dict) and turn % 3 == 0) else [value]


def depth(place: str) -> int:
    return len(re.findall(r"[^.\[]+|\[", place))


def test_value_of_another_type_stops_the_source_by_name_or_no_row_is_made_of_it(any_far: Pulled) -> None:
    places: dict[Place, int] = {}

    def note(place: Place, value: Any) -> Any:
        if place[1] and value is not None:
            places[place] = max(places.get(place, 0), 0 if isinstance(value, dict | list) and value else 1)
        return value

    with kept_otherwise(note):
        any_far.run()
    before, aliases = rows_of(any_far), aliases_of(any_far)
    any_far.options["overlap"] = EVERYTHING
    free = FREE.get(any_far.kind, set())
    leaves = [place for place, is_leaf in places.items() if is_leaf]
    containers = {depth(place[1]) for place, is_leaf in places.items() if not is_leaf}
    rounds = [leaves, *([p for p, is_leaf in places.items() if not is_leaf and depth(p[1]) == d] for d in containers)]
    for wanted in rounds:
        silent = {place: number for number, place in enumerate(wanted) if place not in free}
        while silent:

            def another(place: Place, value: Any, others: Mapping[Place, int] = silent) -> Any:
                return otherwise(value, others[place]) if place in others and value is not None else value

            try:
                with kept_otherwise(another):
                    any_far.run(NIGHT + timedelta(days=1), maxRejectRatio=1)
            except SourceError as error:
                found = named(error, aliases) & silent.keys()
                if not found:
                    raise
                silent = {place: number for place, number in silent.items() if place not in found}
                continue
            assert rows_of(any_far) == before, f"rows are made of some of {sorted(silent)}"
            assert any_far.quarantine() == []
            break
