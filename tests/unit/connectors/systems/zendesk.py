"""Zendesk's incremental exports and cursor pages."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.unit.connectors.replay import Answer, Asked

OPTIONS = {"user": "slm@acme.example", "token": {"env": "ZENDESK_TOKEN"}, "since": "2026-03-01T00:00:00Z"}
SECRETS = {"ZENDESK_TOKEN": "a-secret-of-zendesk"}
PAGE = 2


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def ticket(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "status": "new",
        "priority": "normal",
        "type": "incident",
        "created_at": "2026-03-02T10:00:00Z",
        "updated_at": "2026-03-02T10:00:00Z",
        "generated_timestamp": epoch("2026-03-02T10:00:00Z"),
        "requester_id": 71,
        "organization_id": 81,
        "group_id": 91,
        "brand_id": 61,
        "problem_id": None,
        "via": {"channel": "email"},
    } | more


def event(number: int, of: int, at: str, *children: dict[str, Any], by: int = 72) -> dict[str, Any]:
    created = f"2026-03-02T{at}Z"
    parts = [{"id": number * 10 + place, "via": "Web form"} | child for place, child in enumerate(children)]
    return {
        "id": number,
        "ticket_id": of,
        "timestamp": epoch(created),
        "created_at": created,
        "updater_id": by,
        "event_type": "Audit",
        "child_events": parts,
    }


def comment(by: int = 72, public: bool = True) -> dict[str, Any]:
    return {"event_type": "Comment", "type": "Comment", "public": public, "author_id": by}


def change(field: str, old: Any, new: Any) -> dict[str, Any]:
    return {"event_type": "Change", field: new, "previous_value": old}


class Api:
    def __init__(self) -> None:
        self.tickets = [
            ticket(
                1, status="solved", priority="urgent", group_id=92, generated_timestamp=epoch("2026-03-02T14:00:00Z")
            ),
            ticket(2, priority=None, type="question"),
            ticket(3, status="open"),
        ]
        created = ({"event_type": "Create", "status": "new"}, comment(by=71))
        self.events = [
            event(1, 1, "10:00:00", *created, by=71),
            event(2, 1, "10:30:00", change("status", "new", "open"), comment()),
            event(3, 1, "10:40:00", change("priority", "normal", "urgent"), change("group_id", "91", "92")),
            event(4, 1, "11:00:00", change("status", "open", "pending"), comment(public=False)),
            event(5, 1, "12:00:00", comment(by=71), change("status", "pending", "open"), by=71),
            event(6, 1, "14:00:00", change("status", "open", "solved"), by=-1),
        ]
        self.ratings = [
            {
                "id": 51,
                "ticket_id": 1,
                "score": "good",
                "created_at": "2026-03-03T10:00:00Z",
                "updated_at": "2026-03-03T11:00:00Z",
                "comment": "Thanks",
            },
            {
                "id": 52,
                "ticket_id": 2,
                "score": "offered",
                "created_at": "2026-03-03T10:00:00Z",
                "updated_at": "2026-03-03T10:00:00Z",
                "comment": None,
            },
        ]
        self.organizations = [{"id": 81, "name": "Acme", "updated_at": "2026-03-01T00:00:00Z"}]
        self.groups = [{"id": 91, "name": "Desk"}, {"id": 92, "name": "Apps"}]

    @property
    def counts(self) -> dict[str, int]:
        return {
            "tickets": len(self.tickets),
            "ticket_events": len(self.events),
            "satisfaction_ratings": len(self.ratings),
            "organizations": len(self.organizations),
            "groups": len(self.groups),
        }

    def __call__(self, asked: Asked) -> Answer:
        host = f"http://{asked.headers['host']}"
        name = asked.path.split("/")[-1].removesuffix(".json")
        if name in ("groups", "satisfaction_ratings"):
            start = int(asked.params.get("start_time", "0"))
            ratings = [rating for rating in self.ratings if epoch(str(rating["created_at"])) >= start]
            rows = self.groups if name == "groups" else ratings
            after = int(asked.params.get("page[after]", "0"))
            has_more = after + PAGE < len(rows)
            links = {
                "next": f"{host}{asked.path}?page[size]=2&start_time={start}&page[after]={after + PAGE}"
                if has_more
                else None
            }
            return Answer({name: rows[after : after + PAGE], "meta": {"has_more": has_more}, "links": links})
        feed = "tickets" if name == "cursor" else name
        feeds: dict[str, tuple[list[dict[str, Any]], Callable[[dict[str, Any]], int]]] = {
            "tickets": (self.tickets, lambda row: row["generated_timestamp"]),
            "ticket_events": (self.events, lambda row: row["timestamp"]),
            "organizations": (self.organizations, lambda row: epoch(row["updated_at"])),
        }
        rows, time = feeds[feed]
        start = int(asked.params.get("start_time", "0"))
        cursor = int(asked.params.get("cursor", "0"))
        found = sorted((row for row in rows if time(row) >= start), key=lambda row: (time(row), row["id"]))
        is_end = cursor + PAGE >= len(found)
        link = f"{host}{asked.path}?start_time={start}&cursor={cursor + PAGE}"
        onwards = "after_url" if feed == "tickets" else "next_page"
        return Answer({feed: found[cursor : cursor + PAGE], onwards: link, "end_of_stream": is_end})
