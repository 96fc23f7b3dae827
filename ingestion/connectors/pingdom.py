"""Connector `pingdom`: outages of checks.

Follows the Pingdom API 3.1: `GET /api/3.1/checks`, and `GET /api/3.1/summary.outage/{id}` for the states of each check.
A check that is deleted is gone with all its data, and cannot be asked for any more.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ingestion.connectors.base import (
    Connector,
    Instant,
    Page,
    PulledFeed,
    Request,
    Rows,
    Secret,
    TokenOptions,
    bearer,
)

# A check is tested every hour at least, so that the last states of all checks end together, but for those of deleted
# ones.
_DELETED_SECONDS = 86_400


class PingdomOptions(TokenOptions):
    """Options of a source of type `pingdom`; `service_map` names the service of a check by the check's id."""

    since: Instant


class Pingdom(Connector[PingdomOptions]):
    """A record is one state of one check; the last one grows until another follows it, or the check is deleted."""

    options_model = PingdomOptions

    def feeds(self) -> Sequence[PulledFeed]:
        """States, told apart by their check and their start."""
        check, second = "split_part(record.record_key, '|', 1)", "make_timestamp(cast({} as bigint) * 1000000)"
        same = f"split_part(states.record_key, '|', 1) = {check}"
        later = f"exists (from states where {same} and states.began > record.began)"
        gone = (
            "cast(record.ended as bigint)"
            f" < (select max(cast(states.ended as bigint)) from states) - {_DELETED_SECONDS}"
        )
        columns = {
            "outage_id": "record.record_key",
            "service_id": check,
            "started_at": f"strftime({second.format('record.began')}, '%Y-%m-%dT%H:%M:%SZ')",
            "ended_at": f"case when {later} or {gone}"
            f" then strftime({second.format('record.ended')}, '%Y-%m-%dT%H:%M:%SZ') end",
            "kind": "'outage'",
        }
        return [
            PulledFeed(
                "states",
                records="summary.states",
                key=("@check", "timefrom"),
                cursor="timefrom",
                fields={"status": "$.status", "began": "$.timefrom", "ended": "$.timeto"},
                rows={"outages": Rows(columns, where="record.status = 'down'")},
                looks_into=("states",),
            )
        ]

    def start(self, since: Mapping[str, datetime], now: datetime) -> Sequence[Request]:
        """The checks; they are not landed, since every answer has the time of the last test in it."""
        return [Request(None, "/api/3.1/checks", note={"since": int(since["states"].timestamp())})]

    def follow(self, request: Request, page: Page) -> Sequence[Request]:
        """The states of each check, in order."""
        if request.feed:
            return []
        asked = (("from", str(request.note["since"])), ("order", "asc"))
        return [
            Request("states", f"/api/3.1/summary.outage/{check['id']}", asked, note={"check": str(check["id"])})
            for check in page.last["checks"]
        ]

    def headers(self, secret: Callable[[Secret], str]) -> Mapping[str, str]:
        """An API token."""
        return bearer(secret(self.options.token))
