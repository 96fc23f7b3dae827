"""Documents that tests put together into small projects."""

from typing import Any

from settings.instants import parse_instant

AS_OF = int(parse_instant("2026-04-01T00:00:00Z").timestamp())


def doc(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """One document with its envelope."""
    return {"apiVersion": "slm/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def target(name: str = "resolve", **changes: Any) -> dict[str, Any]:
    """A resolve target of four office hours."""
    objective = {"op": "lte", "value": "PT4H", "targetPercent": 95}
    return {"id": name, "metric": "time_to_resolve", "calendar": "office", "objective": objective, **changes}


def sla(name: str = "sla", **changes: Any) -> dict[str, Any]:
    """A signed-off SLA of acme for all services."""
    spec = {
        "type": "SLA",
        "version": 1,
        "provider": "desk",
        "consumer": "acme",
        "services": ["*"],
        "status": "in_force",
        "validity": {"from": "2026-02-01", "timeZone": "Europe/London"},
        "targets": [target()],
        **changes,
    }
    return doc("Agreement", name, spec)


OFFICE = doc(
    "Calendar",
    "office",
    {"timeZone": "Europe/London", "weekly": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}},
)
BASE = [
    doc("Customer", "acme", {}),
    doc("Service", "mail", {"owner": "it"}),
    doc("Service", "web", {"owner": "it"}),
    OFFICE,
]
