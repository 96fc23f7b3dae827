"""Connector `pagerduty`: outages from incidents.

Follows the PagerDuty REST API v2, `GET /log_entries` with `include[]=incidents`: incidents themselves can only be asked
for by their creation, so a change of an old one is found by its log entries. Pages are counted in records, and `offset`
and `limit` together may not exceed 10,000: a request asks for one UTC day, or for less of it where it has more entries.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import Field

from ingestion.cells import translated
from ingestion.connectors.base import (
    Connector,
    Instant,
    Page,
    PulledFeed,
    Request,
    Rows,
    Secret,
    TokenOptions,
    next_offset,
    utc_text,
)
from ingestion.impacts import Impacts

_DAY = timedelta(days=1)
# What `offset` and `limit` may be together; beyond it the interface answers 400.
_MOST_ENTRIES = 10_000


class PagerDutyOptions(TokenOptions):
    """Options of a source of type `pagerduty`. `urgency_map` says what kind of outage an urgency is."""

    since: Instant
    urgency_map: Impacts = Field(default={"high": "outage", "low": "degraded"})


class PagerDuty(Connector[PagerDutyOptions]):
    """A record is an incident as its latest log entry brought it."""

    options_model = PagerDutyOptions

    def feeds(self) -> Sequence[PulledFeed]:
        """An incident that is not resolved is still going on."""
        columns = {
            "outage_id": "record_key",
            "service_id": "service",
            "started_at": "created_at",
            "ended_at": "case status when 'resolved' then coalesce(resolved_at, changed_at) end",
            "kind": translated("urgency", self.options.urgency_map),
            "cause": "title",
            "detected_at": "created_at",
        }
        fields = {
            "service": "$.incident.service.summary",
            "created_at": "$.incident.created_at",
            "status": "$.incident.status",
            "resolved_at": "$.incident.resolved_at",
            "changed_at": "$.incident.last_status_change_at",
            "urgency": "$.incident.urgency",
            "title": "$.incident.title",
        }
        where = f"{columns['kind']} <> 'ignore'"
        rows = {"outages": Rows(columns, where=where)}
        return [PulledFeed("incidents", "log_entries", ("incident.id",), fields, rows, cursor="created_at")]

    def start(self, since: Mapping[str, datetime], now: datetime) -> Sequence[Request]:
        """The day that holds `since`, then day by day."""
        day = since["incidents"].astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        asked = (("is_overview", "true"), ("include[]", "incidents"), ("limit", str(self.options.page_size)))
        return [_between(Request("incidents", "/log_entries", asked, note={"until": utc_text(now)}), day, day + _DAY)]

    def follow(self, request: Request, page: Page) -> Sequence[Request]:
        """The rest of the stretch, then the next one, until now; half of one that has too many entries.

        Raises ValueError for entries of another stretch.
        """
        since, until = (datetime.fromisoformat(request.param(name)) for name in ("since", "until"))
        for entry in (*page.records[:1], *page.records[-1:]):
            if not since <= datetime.fromisoformat(entry["created_at"]) <= until:
                raise ValueError(
                    f"an entry of {entry['created_at']} came for {request.param('since')} to {request.param('until')}"
                )
        more = next_offset(request, page, "offset", is_last=not page.envelope["more"])
        if more and int(more[0].param("offset")) + int(more[0].param("limit")) > _MOST_ENTRIES:
            half = (until - since) // timedelta(seconds=2)
            if half == 0:
                raise ValueError(f"the second {request.param('since')} has more than {_MOST_ENTRIES:,} entries")
            return [_between(request, since, since + timedelta(seconds=half))]
        if more:
            return more
        midnight = until.replace(hour=0, minute=0, second=0) + _DAY
        return [_between(request, until, midnight)] if utc_text(until) < request.note["until"] else []

    def headers(self, secret: Callable[[Secret], str]) -> Mapping[str, str]:
        """An API key, and the version of the interface."""
        return {
            "Authorization": f"Token token={secret(self.options.token)}",
            "Accept": "application/vnd.pagerduty+json;version=2",
        }


def _between(request: Request, since: datetime, until: datetime) -> Request:
    return request.with_params(since=utc_text(since), until=utc_text(until), offset=0)
