"""The public API v2 of a status page."""

from typing import Any

from tests.unit.connectors.replay import Answer, Asked

OPTIONS: dict[str, Any] = {"unattributedService": "site", "serviceMap": {"API": "api"}}
SECRETS: dict[str, str] = {}


def incident(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"i{number}",
        "name": "Errors",
        "status": "resolved",
        "impact": "major",
        "created_at": "2026-03-02T10:05:00.000Z",
        "started_at": "2026-03-02T10:00:00.000Z",
        "resolved_at": "2026-03-02T11:00:00.000Z",
        "components": [{"id": "c1", "name": "API"}],
        "incident_updates": [],
    } | more


class Api:
    def __init__(self) -> None:
        self.incidents = [
            incident(1, components=[{"id": "c1", "name": "API"}, {"id": "c2", "name": "Web"}]),
            incident(2, impact="minor", components=[], resolved_at=None, status="investigating"),
            incident(3, impact="none"),
        ]
        self.maintenances = [
            incident(
                9,
                impact="maintenance",
                created_at="2026-03-01T00:00:00.000Z",
                scheduled_for="2026-03-05T01:00:00.000Z",
                scheduled_until="2026-03-05T03:00:00.000Z",
                resolved_at=None,
            ),
            # Called off; the page is two hours ahead of UTC.
            incident(
                10,
                impact="maintenance",
                status="completed",
                created_at="2026-03-01T02:00:00.000+02:00",
                scheduled_for="2026-03-06T01:00:00.000+02:00",
                scheduled_until="2026-03-06T03:00:00.000+02:00",
                resolved_at="2026-03-05T23:30:00.000+02:00",
            ),
        ]

    @property
    def counts(self) -> dict[str, int]:
        return {"incidents": len(self.incidents), "maintenances": len(self.maintenances)}

    def __call__(self, asked: Asked) -> Answer:
        page = {"id": "p1", "name": "Acme"}
        if asked.path == "/api/v2/incidents.json":
            return Answer({"page": page, "incidents": self.incidents})
        return Answer({"page": page, "scheduled_maintenances": self.maintenances})
