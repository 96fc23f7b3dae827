"""`python -m orchestration.forgetting PERSON`: forget a person.

What landing holds of the person is made nobody's (ingestion.forgetting), what was derived from it is made anew, and it
is recorded in `forgotten.json` of the home: when, which loads, how many records, which releases; not who. Figures
stand: no record is taken away. Releases that were made of these records cannot be made again byte for byte, and keep
the person's pseudonym until they are removed.

Belongs here: the command, the record, which releases are touched. Does not belong here: what becomes of a record.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingestion.forgetting import begin_forgetting, end_forgetting, forgetting_under_way, rewrite_for
from ingestion.persons import PersonKeyError, Persons, demand_same_key
from ingestion.pull import ordered_sources, settle_landed
from orchestration.layout import HomeLayout
from publishing.lock import home_lock
from publishing.release import MANIFEST_FILE, read_manifest
from settings.errors import SlmError
from settings.project import SourceConfig, load_project
from settings.run import RunSettings, claim_home

# A nightly lasts minutes; whoever asks waits for one and no longer.
LOCK_WAIT_SECONDS = 600.0


@dataclass(frozen=True)
class Forgotten:
    """One entry of the record. `loads` are source/feed/load id with their number of records."""

    at: str
    loads: dict[str, int]
    releases: list[str]

    @property
    def record_count(self) -> int:
        """Records that were the person's."""
        return sum(self.loads.values())


def forgotten(home: Path) -> list[Forgotten]:
    """Every forgetting of the home, the first one first."""
    path = HomeLayout(home).forgotten
    if not path.is_file():
        return []
    return [Forgotten(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def finish_forgetting(home: Path, sources: Sequence[SourceConfig]) -> Forgotten | None:
    """Do what a forgetting that has begun still has to do, and record it; None if there is none. Needs the home's lock.

    Afterwards landing and what was derived from it hold nothing that can be put down to the person.
    """
    forgetting = forgetting_under_way(home)
    if forgetting is None:
        return None
    layout = HomeLayout(home)
    loads = rewrite_for(forgetting, home, sources)
    done = [entry for entry in forgotten(home) if entry.at != forgetting.at]
    entry = Forgotten(forgetting.at, loads, _releases_of(home, set(loads)))
    if loads:
        _write(layout.forgotten, [*done, entry])
        layout.build_record.unlink(missing_ok=True)
        layout.build_database.unlink(missing_ok=True)
        for source in ordered_sources(sources):
            settle_landed(source, home, datetime.now(UTC))
    end_forgetting(home)
    return entry


def _write(path: Path, entries: Sequence[Forgotten]) -> None:
    made = path.with_name(f".{path.name}.tmp")
    with made.open("w", encoding="utf-8") as file:
        json.dump([asdict(entry) for entry in entries], file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(made, path)


def _releases_of(home: Path, loads: set[str]) -> list[str]:
    """The releases that were made of any of these loads, oldest first."""
    manifests = sorted((home / "releases").glob(f"[!.]*/{MANIFEST_FILE}"))
    return [path.parent.name for path in manifests if loads & set(read_manifest(path.parent)["load_ids"])]


def _unlisted(home: Path, sources: Sequence[SourceConfig]) -> list[str]:
    listed = {source.name for source in sources}
    return sorted({path.name for path in (home / "landing").glob("[!.]*")} - listed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status, 0 only if records of the person were found and rewritten."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.forgetting", description="Forget a person.")
    parser.add_argument("person", help="the id as the source writes it; once for each id that the person has")
    options = parser.parse_args(arguments)
    try:
        now = datetime.now(UTC).replace(microsecond=0)
        settings = RunSettings.from_environment(os.environ, now)
        config = load_project(settings.project_dir, os.environ)
        persons = Persons.of(config, os.environ)
        if persons is None:
            raise PersonKeyError(
                "Only a home with pseudonyms can forget a person: name a secret in slm.yaml, "
                "privacy: {pseudonymKey: {env: NAME}}"
            )
        claim_home(settings.home, config.name)
        with home_lock(settings.home, LOCK_WAIT_SECONDS):
            demand_same_key(settings.home, persons)
            finish_forgetting(settings.home, config.sources)
            begin_forgetting(settings.home, config.sources, persons, options.person, now)
            done = finish_forgetting(settings.home, config.sources)
    except SlmError as error:
        print(error, file=sys.stderr)
        return 1
    for name in _unlisted(settings.home, config.sources):
        print(f"Not looked through, because slm.yaml does not list it: {settings.home / 'landing' / name}")
    if done is None or not done.loads:
        print("Landing has no record of that person. Write the id as the source does.", file=sys.stderr)
        return 1
    print(f"Forgotten: {done.record_count:,} records in {len(done.loads):,} loads. Figures stand.")
    print("These releases cannot be made again, and keep the pseudonym until they are removed:")
    print(*(done.releases or ["none"]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
