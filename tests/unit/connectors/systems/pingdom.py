"""Pingdom's checks, and the states of one since an instant."""

from datetime import datetime
from typing import Any

from tests.unit.connectors.replay import Answer, Asked

OPTIONS: dict[str, Any] = {
    "token": {"env": "PINGDOM_TOKEN"},
    "since": "2026-03-01T00:00:00Z",
    "serviceMap": {"85": "web"},
}
SECRETS = {"PINGDOM_TOKEN": "a-secret-of-pingdom"}


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(f"2026-03-{text}+00:00").timestamp())


class Api:
    """Two checks, one of them down for an hour and again now."""

    def __init__(self) -> None:
        self.states = {
            85: [
                ("up", epoch("01T00:00:00"), epoch("02T10:00:00")),
                ("down", epoch("02T10:00:00"), epoch("02T11:00:00")),
                ("up", epoch("02T11:00:00"), epoch("09T23:00:00")),
                ("down", epoch("09T23:00:00"), epoch("10T01:00:00")),
            ],
            86: [("up", epoch("01T00:00:00"), epoch("10T01:00:00"))],
        }

    @property
    def counts(self) -> dict[str, int]:
        return {"states": sum(len(states) for states in self.states.values())}

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/api/3.1/checks":
            checks = [{"id": number, "name": f"check {number}", "lasttesttime": 1} for number in self.states]
            return Answer({"checks": checks, "counts": {"total": len(checks)}})
        since = int(asked.params["from"])
        states = self.states[int(asked.path.rpartition("/")[2])]
        found = [{"status": status, "timefrom": begin, "timeto": end} for status, begin, end in states if end > since]
        return Answer({"summary": {"states": found}})
