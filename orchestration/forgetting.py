"""`python -m orchestration.forgetting PERSON`: forget a person.

What landing holds of the person is made nobody's (ingestion.forgetting), what was derived from it is made anew, and it
is recorded in `forgotten.json` of the home: when, which loads, how many records, which releases; not who. Figures
stand: no record is taken away. Releases that were made of these records cannot be made again byte for byte, and keep
the person's pseudonym until they are removed. Whatever is landed from then on is nobody's, too.

An id that no record of the home has is refused, since it may be mistyped and would then forget somebody else one day;
`--ahead` remembers it all the same. A person who is remembered already is nothing to do and no error.

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

from ingestion.forgetting import (
    begin_forgetting,
    end_forgetting,
    forgettings_under_way,
    forgotten_since,
    rewrite_for,
    take_over_journal,
)
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


def finish_forgetting(home: Path, sources: Sequence[SourceConfig], persons: Persons) -> list[Forgotten]:
    """Do what forgettings still have to do in these sources, and record it. Needs the home's lock.

    Afterwards landing and what was derived from it hold nothing that can be put down to any person who was forgotten.
    There is something to do after a kill, and for a source that slm.yaml did not list when a person was forgotten.
    Returns what was rewritten now, an entry for each person for whom there was anything.
    """
    layout, done = HomeLayout(home), []
    take_over_journal(home, persons)
    for person in forgettings_under_way(home, sources):
        loads = rewrite_for(person, home, ordered_sources(sources), persons)
        if loads:
            entry = Forgotten(person.at, loads, _releases_of(home, set(loads)))
            _record(layout.forgotten, forgotten(home), entry)
            layout.build_record.unlink(missing_ok=True)
            layout.build_database.unlink(missing_ok=True)
            for source in ordered_sources(sources):
                settle_landed(source, home, datetime.now(UTC))
            done.append(entry)
        end_forgetting(person, home, sources)
    return done


def _record(path: Path, entries: Sequence[Forgotten], new: Forgotten) -> None:
    """Write the entries with the new one, which goes on with a former one of the same instant."""
    former = [entry for entry in entries if entry.at == new.at]
    loads = {load: count for entry in (*former, new) for load, count in entry.loads.items()}
    releases = sorted({release for entry in (*former, new) for release in entry.releases})
    _write(path, [*(entry for entry in entries if entry.at != new.at), Forgotten(new.at, loads, releases)])


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
    """Run the command; returns the exit status, 0 only if the person is forgotten from now on or was so already."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.forgetting", description="Forget a person.")
    parser.add_argument("person", help="the id as the source writes it; once for each id that the person has")
    parser.add_argument("--ahead", action="store_true", help="also if no record names the person yet")
    options = parser.parse_args(arguments)
    if not options.person.strip():
        parser.error("give the person's id: make forget PERSON=...")
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
            caught_up = finish_forgetting(settings.home, config.sources, persons)
            since = forgotten_since(settings.home, persons, options.person)
            is_known = since is not None or begin_forgetting(
                settings.home, config.sources, persons, options.person, now, is_ahead=options.ahead
            )
            done = finish_forgetting(settings.home, config.sources, persons)
    except SlmError as error:
        print(error, file=sys.stderr)
        return 1
    for name in _unlisted(settings.home, config.sources):
        print(f"Not looked through, because slm.yaml does not list it: {settings.home / 'landing' / name}")
    if not is_known:
        print(
            "Landing has no record of that person. Write the id as the source does; to forget a person before any "
            "record comes, add AHEAD=1 (--ahead).",
            file=sys.stderr,
        )
        return 1
    if since is not None:
        print(f"That person was forgotten at {since}, and is nobody in whatever comes: there is nothing more to do.")
    elif not done:
        print("Landing has no record of that person yet. Whatever comes will be nobody's.")
    for entry in (*caught_up, *done):
        print(f"Forgotten: {entry.record_count:,} records in {len(entry.loads):,} loads. Figures stand.")
        print("These releases cannot be made again, and keep the pseudonym until they are removed:")
        print(*(entry.releases or ["none"]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
