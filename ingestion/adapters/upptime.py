"""Adapter `upptime`: the check log of an Upptime status page, one row per commit of a check.

Belongs here: what such a row says, and how Upptime names a site.
Does not belong here: how long a state holds (dbt models); file formats (readers).
Sits between landing and settle. Apart from names a row is one of `uptime_checks`, so the work is that of `files`.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from ingestion.adapters.files import CheckOptions, FilesAdapter, FilesOptions
from ingestion.cells import one_of, trimmed
from ingestion.options import Delimiter, Paths
from ingestion.readers import literal

FEED = "uptime_checks"
_COLUMNS = {"service_id": "site", "checked_at": "committed_at"}
# Upptime names the file of a site by its slug: a capital within a word begins a new one ("LinkedIn" is linked-in), as
# does one that ends a run of capitals ("DNSServer" is dns-server, but "PDFs" stays one word).
_SLUG_STEPS = (
    ("([a-z0-9]+)([A-Z])", r"\1 \2"),
    ("([A-Z]+)([A-Z][a-rt-z0-9]+)", r"\1 \2"),
)


class UpptimeOptions(CheckOptions):
    """Options of a source of type `upptime`.

    `service_map` names the service of a site; a site that is not listed is its own slug. Upptime commits changes, and a
    sign of life about once a day: `max_gap` should be longer than that.
    """

    path: Paths
    delimiter: Delimiter = ","


class UpptimeAdapter(FilesAdapter):
    """Rows with site, committed_at and status (up, down or degraded); response_ms where it is known."""

    options_model: ClassVar[type[Any]] = UpptimeOptions

    def __init__(self, options: UpptimeOptions) -> None:
        feed = {"path": options.path, "columns": _COLUMNS, "delimiter": options.delimiter}
        shared = options.model_dump(by_alias=True, include=set(CheckOptions.model_fields))
        super().__init__(FilesOptions.model_validate({**shared, "feeds": {FEED: feed}}))

    def _text(self, feed: str, name: str, columns: Sequence[str]) -> str:
        text = super()._text(feed, name, columns)
        if name != "service_id":
            return text
        site, words = trimmed(text), self.options.service_map
        if not words:
            return _slug(site)
        return f"case when {site} in {one_of(tuple(words))} then {site} else {_slug(site)} end"


def _slug(site: str) -> str:
    """SQL of the name that Upptime gives the file of a site."""
    for pattern, replacement in _SLUG_STEPS:
        site = f"regexp_replace({site}, {literal(pattern)}, {literal(replacement)}, 'g')"
    return f"nullif(trim(regexp_replace(lower({site}), '[^a-z0-9]+', '-', 'g'), '-'), '')"
