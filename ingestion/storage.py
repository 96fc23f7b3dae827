"""Where ingestion keeps things below the home, and how a file comes into being whole or not at all.

Belongs here: paths, atomic writes, names of loads.
Does not belong here: what the files hold.
Sits below landing, interpretation and settling.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LOAD_ID = re.compile(r"\d{6,}-\d{8}T\d{6}Z")


@dataclass(frozen=True)
class Paths:
    """The folders of one home that ingestion writes."""

    home: Path

    @property
    def feeds(self) -> Path:
        """Accepted rows, a folder per canonical feed."""
        return self.home / "warehouse" / "feeds"

    @property
    def control(self) -> Path:
        """What is said of loads and records, a folder per control table."""
        return self.home / "warehouse" / "control"

    def landing(self, source: str, feed: str) -> Path:
        """The loads of a source and raw feed."""
        return self.home / "landing" / source / feed

    def landing_staging(self, source: str) -> Path:
        """Loads being written; beside landing, so that finishing one is a rename."""
        return self.home / "landing" / ".staging" / source

    def landing_committed(self, source: str) -> Path:
        """Loads that belong to landing already and are being moved to their places in it."""
        return self.home / "landing" / ".committed" / source

    def reading(self, source: str) -> Path:
        """When the source was last read; beside landing, because nothing else knows it."""
        return self.home / "landing" / ".read" / f"{source}.json"

    @property
    def forgotten(self) -> Path:
        """Who was forgotten; beside landing, because it holds for all that is landed from then on."""
        return self.home / "landing" / ".forgotten.json"

    def looked_through(self, source: str) -> Path:
        """For whom and for which tickets the source's loads were looked through."""
        return self.home / "landing" / ".forgotten" / f"{source}.json"

    def staging(self, source: str) -> Path:
        """Derived files being written."""
        return self.home / "warehouse" / ".staging" / source

    def accepted(self, feed: str, source: str, load_id: str) -> Path:
        """The accepted rows of one load."""
        return self.feeds / feed / f"{source}.{load_id}.parquet"

    def interpreted(self, source: str) -> Path:
        """What is remembered of each load's interpretation, so that an old load need not be read again."""
        return self.control / "interpreted" / source

    def failed(self, source: str) -> Path:
        """The rejected records of a run that failed for their number."""
        return self.control / "failed" / f"{source}.quarantine.csv"


def new_load_id(previous: str | None, loaded_at: datetime) -> str:
    """The load id after `previous` (None = the first), e.g. 000001-20260901T000000Z. Increasing as text."""
    sequence = int(previous.split("-")[0]) + 1 if previous else 1
    return f"{sequence:06d}-{loaded_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def own_files(folder: Path, source: str) -> list[Path]:
    """The files `<source>.<load_id>.parquet` of exactly this source, sorted."""
    pattern = re.compile(re.escape(source) + r"\." + LOAD_ID.pattern + r"\.parquet")
    return sorted(path for path in folder.glob("*.parquet") if pattern.fullmatch(path.name))


def sync_folder(folder: Path) -> None:
    """Names in the folder are on disk afterwards."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """The file's content is on disk afterwards."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def move_into_place(made: Path, target: Path) -> None:
    """`made` becomes `target` at once, on disk; a kill leaves either the old or the new content."""
    target.parent.mkdir(parents=True, exist_ok=True)
    sync_file(made)
    os.replace(made, target)
    sync_folder(target.parent)


def write_whole(target: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a file beside `target` and move it into place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    made = target.parent / f".{target.name}.tmp"
    try:
        write(made)
        move_into_place(made, target)
    finally:
        made.unlink(missing_ok=True)


def as_json(content: dict[str, Any]) -> str:
    """Readable JSON with sorted keys: equal contents are equal texts."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


@contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    """`folder`, empty at the start whatever an earlier run left there, gone at the end."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
