"""Connector `statuspage`: incidents and maintenance from a status page's public feed.

Follows the public API v2 of Atlassian Statuspage (`/api/v2/incidents.json`, `/api/v2/scheduled-maintenances.json`),
which other pages offer too. Each answers with its latest fifty: a page with more in one night must be asked more often.
An incident that leaves the list has not been deleted.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import Field

from ingestion.cells import translated
from ingestion.connectors.base import Connector, ConnectorOptions, PulledFeed, Request, Rows
from ingestion.impacts import IGNORE, IMPACT_MAP, Impacts
from ingestion.readers import literal


class StatuspageOptions(ConnectorOptions):
    """Options of a source of type `statuspage`.

    `service_map` names the service of a component by its name; `unattributed_service` takes what names no component.
    """

    impact_map: Impacts = Field(default={})
    unattributed_service: str | None = None


class Statuspage(Connector[StatuspageOptions]):
    """One outage per incident and component. What the page said first is when it was detected and notified."""

    options_model = StatuspageOptions

    def feeds(self) -> Sequence[PulledFeed]:
        """Incidents and maintenance, alike but for their times."""
        kind = translated("impact", {**IMPACT_MAP, **self.options.impact_map})
        nobody = literal(self.options.unattributed_service) if self.options.unattributed_service else "null"
        common = {
            "outage_id": "record_key || ':' || coalesce(component ->> 'id', 'none')",
            "service_id": f"coalesce(component ->> 'name', {nobody})",
            "cause": "cause",
            "detected_at": "created_at",
            "notified_at": "created_at",
        }
        source = """(
            select *, unnest(case when components = [] then [null] else components end) as component
            from (select *, coalesce(json_extract(payload, '$.components[*]'), []) as components from record)
        ) as record"""
        incidents = {
            **common,
            "kind": kind,
            "started_at": "coalesce(started_at, created_at)",
            "ended_at": "resolved_at",
        }
        maintenance = {
            **common,
            "kind": "'maintenance'",
            "started_at": "started_at",
            "ended_at": "coalesce(resolved_at, until)",
            "announced_at": "created_at",
        }
        # There is no status for one that was called off: it is completed before it was to begin.
        took_place = "coalesce(try_cast(resolved_at as timestamptz) > try_cast(started_at as timestamptz), true)"
        components = ("$.components[*].id", "$.components[*].name")
        fields = {"cause": "$.name", "created_at": "$.created_at", "resolved_at": "$.resolved_at"}
        return [
            PulledFeed(
                "incidents",
                "incidents",
                ("id",),
                {**fields, "impact": "$.impact", "started_at": "$.started_at"},
                {"outages": Rows(incidents, source, f"{kind} <> '{IGNORE}'")},
                components,
            ),
            PulledFeed(
                "maintenances",
                "scheduled_maintenances",
                ("id",),
                {**fields, "started_at": "$.scheduled_for", "until": "$.scheduled_until"},
                {"outages": Rows(maintenance, source, took_place)},
                components,
            ),
        ]

    def start(self, since: Mapping[str, datetime], now: datetime) -> Sequence[Request]:
        """Both lists; neither has pages."""
        return [
            Request("incidents", "/api/v2/incidents.json"),
            Request("maintenances", "/api/v2/scheduled-maintenances.json"),
        ]
