"""PagerDuty's log entries of a stretch of time, the latest first, with their incidents as they are now."""

from typing import Any

from tests.unit.connectors.replay import Answer, Asked

OPTIONS = {"token": {"env": "PAGERDUTY_TOKEN"}, "since": "2026-03-07T00:00:00Z", "pageSize": 2}
SECRETS = {"PAGERDUTY_TOKEN": "a-secret-of-pagerduty"}


def incident(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"P{number}",
        "title": "Down",
        "status": "resolved",
        "urgency": "high",
        "created_at": "2026-03-07T10:00:00Z",
        "last_status_change_at": "2026-03-07T11:00:00Z",
        "service": {"id": "S1", "summary": "mail"},
    } | more


class Api:
    def __init__(self) -> None:
        self.incidents = {
            "P1": incident(1),
            "P2": incident(2, status="triggered", urgency="low", created_at="2026-03-08T10:00:00Z"),
            "P3": incident(3, resolved_at="2026-03-09T12:00:00Z"),
        }
        self.entries = [
            ("P1", "2026-03-07T10:00:00Z", "trigger_log_entry"),
            ("P1", "2026-03-07T10:01:00Z", "acknowledge_log_entry"),
            ("P1", "2026-03-07T11:00:00Z", "resolve_log_entry"),
            ("P2", "2026-03-08T10:00:00Z", "trigger_log_entry"),
            ("P3", "2026-03-07T10:00:00Z", "trigger_log_entry"),
            ("P3", "2026-03-09T12:00:00Z", "resolve_log_entry"),
        ]

    @property
    def counts(self) -> dict[str, int]:
        return {"incidents": len(self.incidents)}

    def __call__(self, asked: Asked) -> Answer:
        assert asked.headers["accept"] == "application/vnd.pagerduty+json;version=2"
        found = sorted(
            (entry for entry in self.entries if asked.params["since"] <= entry[1] < asked.params["until"]),
            key=lambda entry: entry[1],
            reverse=True,
        )
        offset, limit = int(asked.params["offset"]), int(asked.params["limit"])
        if offset + limit > 10_000:
            return Answer({"error": {"message": "Invalid Input Provided", "errors": ["Offset is too large."]}}, 400)
        entries = [
            {
                "id": f"R{entry[0]}{entry[1]}{entry[2]}",
                "type": entry[2],
                "created_at": entry[1],
                "incident": self.incidents[entry[0]],
            }
            for entry in found[offset : offset + limit]
        ]
        return Answer({"log_entries": entries, "limit": limit, "offset": offset, "more": offset + limit < len(found)})
