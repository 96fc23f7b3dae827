"""When each source was last read, and whether the latest attempt failed.

A night that finds nothing new leaves no load, so landing alone cannot tell a quiet source from one that is down. The
record lies beside landing: nothing else could say it again.

Belongs here: the record of a source, written and read. Does not belong here: how old is too old (agreements).
Sits above `landing` and `storage`; written by `pull` and by whoever goes on without a source.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingestion.storage import Paths, as_json, write_whole


@dataclass(frozen=True)
class Reading:
    """`read_at`: the instant (aware UTC) up to which the source was last read whole; what happened later is unknown.

    `failure` says in one line why the latest attempt to read it failed; None = it did not.
    """

    source: str
    read_at: datetime
    failure: str | None = None


def last_reading(home: Path, source: str) -> Reading | None:
    """The record of a source; None if it was never read whole.

    A home from before these records has its loads: then the source was read at the latest of them, or later.
    """
    paths = Paths(home.absolute())
    record = paths.reading(source)
    if record.is_file():
        content = json.loads(record.read_text(encoding="utf-8"))
        return Reading(source, datetime.fromisoformat(content["read_at"]), content["failure"])
    paths_of_loads = (home.absolute() / "landing" / source).glob("*/*/manifest.json")
    manifests = [json.loads(path.read_text(encoding="utf-8")) for path in paths_of_loads]
    # A load of days that were asked for again has no `since`: it is not the whole source.
    loaded = [manifest["loaded_at"] for manifest in manifests if manifest.get("since", "") is not None]
    return Reading(source, datetime.fromisoformat(max(loaded))) if loaded else None


def keep_reading(home: Path, reading: Reading) -> None:
    """Afterwards the record of the source is this one, on disk."""
    content = {
        "read_at": reading.read_at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "failure": reading.failure,
    }

    def write(path: Path) -> None:
        path.write_text(as_json(content), encoding="utf-8")

    write_whole(Paths(home.absolute()).reading(reading.source), write)


def unread_sources(home: Path, sources: Iterable[str]) -> list[Reading]:
    """Those of the sources whose latest attempt failed, in their order."""
    readings = [last_reading(home, source) for source in sources]
    return [reading for reading in readings if reading is not None and reading.failure is not None]
