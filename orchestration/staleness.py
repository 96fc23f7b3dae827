"""A source that cannot be read delays what depends on it, and nothing else, where the agreements allow that.

Belongs here: asking the rooms that know: who depends on a source and what they allow (agreements), when it was last
read (ingestion), what the certificate says (publishing). Does not belong here: any of these rules.
"""

from dataclasses import replace
from datetime import UTC, datetime

from agreements.staleness import Verdict, judge, terms_at
from ingestion.coverage import demand_covered
from ingestion.errors import SourceUnread
from ingestion.pull import SourceResult, canonical_feeds, run_source, settle_landed
from ingestion.reading import Reading, keep_reading, last_reading, unread_sources
from orchestration.resources import NightlyRun
from publishing.certificate import Unread
from settings.project import SourceConfig


def take_in(nightly: NightlyRun, source: SourceConfig) -> SourceResult:
    """What landing holds of the source after this run: with what is new, or without where the agreements allow that.

    Raises SourceError as `run_source` does; for a source that could not be read, if an agreement that depends on it
    does not allow data of that age; and for records of what the source is said not to cover.
    """
    result = _received(nightly, source)
    demand_covered(source, nightly.settings.home)
    return result


def unread_for(nightly: NightlyRun) -> list[Unread]:
    """What the certificate says of each source that could not be read."""
    sources = {source.name: source for source in nightly.config.sources}
    found = []
    for reading in unread_sources(nightly.settings.home, sources):
        verdict = _verdict(nightly, sources[reading.source], reading)
        found.append(
            Unread(
                reading.source,
                instant_text(reading.read_at),
                reading.failure or "",
                [terms.agreement_id for terms in verdict.within],
                [terms.agreement_id for terms in verdict.overdue],
            )
        )
    return found


def instant_text(instant: datetime) -> str:
    """2026-03-01T09:00:00Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _received(nightly: NightlyRun, source: SourceConfig) -> SourceResult:
    settings = nightly.settings
    if not settings.landed_only:
        try:
            _demand_tickets(nightly, source)
            return run_source(
                source,
                settings.project_dir,
                settings.home,
                nightly.started_at,
                settings.as_of,
                persons=nightly.persons,
            )
        except SourceUnread as error:
            former = last_reading(settings.home, source.name)
            if former is None:
                raise
            unread = replace(former, failure="; ".join(error.problems))
            _demand_leave(nightly, source, unread)
            keep_reading(settings.home, unread)
    else:
        former = last_reading(settings.home, source.name)
        if former is not None and former.failure is not None:
            _demand_leave(nightly, source, former)
    return settle_landed(source, settings.home, settings.as_of)


def _demand_tickets(nightly: NightlyRun, source: SourceConfig) -> None:
    """Raises SourceUnread if the source whose tickets this one refers to was not read: its records would be refused."""
    needed = source.options.get("ticketSource")
    if isinstance(needed, str) and unread_sources(nightly.settings.home, [needed]):
        raise SourceUnread(source.name, f"not asked, because {needed}, whose tickets it refers to, could not be read")


def _demand_leave(nightly: NightlyRun, source: SourceConfig, unread: Reading) -> None:
    """Raises SourceUnread with the reason if the night cannot go on without the source."""
    refusal = _verdict(nightly, source, unread).refusal(may_withhold=nightly.config.withhold == "agreement")
    if refusal is not None:
        last = f"it was last read at {instant_text(unread.read_at)}"
        raise SourceUnread(source.name, f"{unread.failure}; {last}: {refusal}")


def _verdict(nightly: NightlyRun, source: SourceConfig, unread: Reading) -> Verdict:
    as_of = nightly.settings.as_of
    age = max(0, int((as_of - unread.read_at).total_seconds()))
    terms = terms_at(nightly.layout.compiled_agreements, as_of)
    return judge(terms, canonical_feeds(source), age, source.covers)
