"""Jira Cloud's search with a changelog that is cut short, and the whole of it per issue."""

import re
from datetime import datetime
from typing import Any

from tests.unit.connectors.replay import Answer, Asked

OPTIONS = {"user": "slm@acme.example", "token": {"env": "JIRA_TOKEN"}, "pageSize": 2, "slaField": "customfield_10030"}
SECRETS = {"JIRA_TOKEN": "a-secret-of-jira"}
LATEST = 2
# What a changelog calls otherwise than a search does.
FIELD_IDS = {"Component": "components", "Team": "customfield_10001"}


def user(by: str, kind: str = "atlassian") -> dict[str, Any]:
    return {"accountId": by, "accountType": "customer" if by == "ann" else kind}


def history(number: int, at: str, *items: tuple[str, str | None, str | None], by: str = "bob") -> dict[str, Any]:
    return {
        "id": str(number),
        "author": user(by),
        "created": f"2026-03-02T{at}.000+0000",
        "items": [
            {"field": field, "fieldId": FIELD_IDS.get(field, field), "fromString": old, "toString": new}
            for field, old, new in items
        ],
    }


def comment(number: int, at: str, by: str = "bob", public: bool = True, kind: str = "atlassian") -> dict[str, Any]:
    created = f"2026-03-02T{at}.000+0000"
    return {"id": str(number), "author": user(by, kind), "created": created, "jsdPublic": public}


def issue(number: int, **fields: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "created": "2026-03-02T10:00:00.000+0000",
        "updated": "2026-03-02T10:00:00.000+0000",
        "status": {"name": "Open"},
        "priority": {"name": "Medium"},
        "issuetype": {"name": "[System] Incident"},
        "reporter": user("ann"),
        "resolutiondate": None,
        "customfield_10002": [{"id": "1", "name": "Acme"}],
        "components": [{"name": "Mail"}],
        "customfield_10001": {"name": "Desk"},
        "customfield_10030": {"completedCycles": []},
    }
    return {"id": str(10000 + number), "key": f"SD-{number}", "fields": usual | fields}


class Api:
    """Issues with the `latest` of their history, which comes newest first."""

    version, search = "3", "search/jql"

    def __init__(self, latest: int = LATEST) -> None:
        self.latest = latest
        self.issues = {
            "10001": issue(
                1,
                status={"name": "Resolved"},
                priority={"name": "Highest"},
                components=[{"name": "Web"}],
                updated="2026-03-02T14:00:00.000+0000",
                resolutiondate="2026-03-02T14:00:00.000+0000",
                customfield_10030={"completedCycles": [{"breached": True}]},
            ),
            "10002": issue(2, issuetype={"name": "Service Request"}),
            "10003": issue(3, status={"name": "Waiting for support"}),
        }
        self.histories = {
            "10001": [
                history(1, "10:30:00", ("status", "Open", "In Progress")),
                history(
                    2,
                    "10:40:00",
                    ("priority", "Medium", "Highest"),
                    ("Component", "Mail", None),
                    ("Component", None, "Web"),
                ),
                history(3, "11:00:00", ("status", "In Progress", "Waiting for customer")),
                history(4, "12:00:00", ("status", "Waiting for customer", "In Progress"), by="ann"),
                history(5, "14:00:00", ("status", "In Progress", "Resolved"), ("labels", "", "x")),
            ]
        }
        self.comments = {
            "10001": [comment(21, "10:30:00"), comment(22, "11:00:00", public=False), comment(23, "12:00:00", by="ann")]
        }

    @property
    def counts(self) -> dict[str, int]:
        cut = [number for number, entries in self.histories.items() if len(entries) > self.latest]
        quiet = [number for number, entries in self.comments.items() if len(entries) > self.latest]
        return {
            "issues": len(self.issues),
            "changelog": sum(len(self.histories[number]) for number in cut),
            "comments": sum(len(self.comments[number]) for number in quiet),
        }

    def __call__(self, asked: Asked) -> Answer:
        base = f"/rest/api/{self.version}"
        if asked.path == f"{base}/{self.search}":
            return self._found(asked, [issue for issue in self.issues.values() if self._is_asked_for(asked, issue)])
        match = re.fullmatch(rf"{base}/issue/(\d+)/(changelog|comment)", asked.path)
        assert match
        start = int(asked.params["startAt"])
        entries = (self.histories if match[2] == "changelog" else self.comments)[match[1]]
        name = "values" if match[2] == "changelog" else "comments"
        return Answer({"startAt": start, "total": len(entries), name: entries[start : start + self.latest]})

    def _is_asked_for(self, asked: Asked, issue: dict[str, Any]) -> bool:
        since = re.search(r'updated >= "([^"]+)"', asked.params["jql"])
        assert since
        updated = datetime.fromisoformat(issue["fields"]["updated"]).replace(tzinfo=None)
        return updated >= datetime.fromisoformat(since[1])

    def _found(self, asked: Asked, found: list[dict[str, Any]]) -> Answer:
        start, size = int(asked.params.get("nextPageToken", "0")), int(asked.params["maxResults"])
        token = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
        return Answer({"issues": self.shown(found[start : start + size]), "isLast": not token, **token})

    def shown(self, issues: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Issues with the latest of what happened to them."""
        shown = []
        for one in issues:
            histories, comments = self.histories.get(one["id"], []), self.comments.get(one["id"], [])
            embedded = {"comments": comments[-self.latest :], "total": len(comments)}
            changelog = {"histories": histories[::-1][: self.latest], "total": len(histories)}
            shown.append(one | {"changelog": changelog, "fields": one["fields"] | {"comment": embedded}})
        return shown
