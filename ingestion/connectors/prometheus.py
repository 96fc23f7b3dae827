"""Connector `prometheus`: states of services from the samples of a metric, such as `up` or `probe_success`.

Follows the HTTP API of Prometheus 2 and 3 (`/api/v1/query`): an instant query of a range vector, one UTC day at a time.
A range query would repeat the last value for up to five minutes over a hole; the samples of a range vector are the
true ones, and a hole longer than `maxGap` is unmeasured. Of services probed from outside ask for `probe_success`:
`up` is the health of the exporter.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import ClassVar

from pydantic import Field, field_validator

from ingestion.connectors.base import (
    AccountOptions,
    Connector,
    Instant,
    Page,
    PulledFeed,
    Request,
    Rows,
    Secret,
    account_headers,
    utc_text,
)

_DAY = timedelta(days=1)
_SELECTOR = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^{}]*\})?")


class PrometheusOptions(AccountOptions):
    """Options of a source of type `prometheus`: the metric, and the label that names the service.

    `max_gap` is by default as long as Prometheus itself looks back. Signing is optional.
    """

    words_of_system: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {"statusMap": {"1": "up", "0": "down"}}
    )

    is_open: ClassVar[bool] = True

    since: Instant
    selector: str = "up"
    service_label: str = Field(default="job", pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")
    max_gap: str | None = "PT5M"

    @field_validator("selector")
    @classmethod
    def _selector_is_plain(cls, value: str) -> str:
        if not _SELECTOR.fullmatch(value):
            raise ValueError(f'"{value}" is no selector; write a metric and labels, such as up{{job="web"}}')
        return value


class Prometheus(Connector[PrometheusOptions]):
    """A record is one series' samples of one day; today's is read again until the day is over."""

    options_model = PrometheusOptions

    def feeds(self) -> Sequence[PulledFeed]:
        """Samples. Both ends of a window are in it, so the one at its start belongs to the day before."""
        second = "cast(floor(cast(sample ->> 0 as decimal(18, 3))) as bigint)"
        return [
            PulledFeed(
                "samples",
                "data.result",
                ("metric", "@day"),
                {"service": f"$.metric.{self.options.service_label}", "values": "$.values"},
                {
                    "uptime_checks": Rows(
                        {
                            "service_id": "service",
                            "checked_at": f"strftime(make_timestamp({second} * 1000000), '%Y-%m-%dT%H:%M:%SZ')",
                            "status": "sample ->> 1",
                        },
                        "(select *, unnest(json_extract(payload, '$.values[*]')) as sample from record) as record",
                        "cast(sample ->> 0 as decimal(18, 3))"
                        " > epoch(cast(split_part(record_key, '|', -1) as timestamp))",
                    )
                },
                cursor="@day",
            )
        ]

    def start(self, since: Mapping[str, datetime], now: datetime) -> Sequence[Request]:
        """The day that holds `since`, then day by day."""
        day = since["samples"].astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        request = Request("samples", "/api/v1/query", (("query", f"{self.options.selector}[1d]"),))
        return [_of_day(replace(request, note={"until": utc_text(now)}), day)]

    def follow(self, request: Request, page: Page) -> Sequence[Request]:
        """The next day, until now.

        Raises ValueError for another day's samples, which would be filed under this one, and for an answer with
        warnings: something could not be read, and what it lacks would never be asked for again.
        """
        if page.envelope.get("warnings"):
            raise ValueError(f"the answer has warnings: {'; '.join(page.envelope['warnings'])}")
        day = datetime.fromisoformat(request.note["day"])
        for series in page.records[:1]:
            for second, _ in (series["values"][0], series["values"][-1]):
                if not day <= datetime.fromtimestamp(second, UTC) <= day + _DAY:
                    raise ValueError(f"a sample of second {second} came for the day {request.note['day']}")
        day += _DAY
        return [_of_day(request, day)] if utc_text(day) < request.note["until"] else []

    def headers(self, secret: Callable[[Secret], str]) -> Mapping[str, str]:
        """Basic, bearer, or nothing."""
        return account_headers(self.options, secret)


def _of_day(request: Request, day: datetime) -> Request:
    asked = request.with_params(time=utc_text(day + _DAY))
    return replace(asked, note={**request.note, "day": utc_text(day)})
