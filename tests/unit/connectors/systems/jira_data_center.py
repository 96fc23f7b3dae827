"""Jira Data Center: the same issues, by version 2 of the interface, whose searches count pages in records.

Users have names and no kind. A search brings the whole changelog, which has no address of its own, and of comments all
but their properties; only these say which are internal.
"""

from typing import Any

from tests.unit.connectors.replay import Answer, Asked
from tests.unit.connectors.systems import jira

TYPE = "jira"
OPTIONS = {
    **{name: value for name, value in jira.OPTIONS.items() if name != "user"},
    "deployment": "data_center",
}
SECRETS = jira.SECRETS


def named(found: Any) -> Any:
    """The same with users as Data Center has them, and without the names of Cloud's own."""
    if isinstance(found, dict) and "accountId" in found:
        return {"name": found["accountId"], "key": f"JIRAUSER{found['accountId']}", "displayName": "Somebody"}
    if isinstance(found, dict):
        return {name: named(value) for name, value in found.items() if name not in ("jsdPublic", "fieldId")}
    return [named(member) for member in found] if isinstance(found, list) else found


class Api(jira.Api):
    version, search = "2", "search"

    @property
    def counts(self) -> dict[str, int]:
        return {"issues": len(self.issues), "comments": sum(map(len, self.comments.values()))}

    def __call__(self, asked: Asked) -> Answer:
        if asked.path.endswith("/changelog"):
            return Answer({"message": f"null for uri: {asked.path}", "status-code": 404}, 404)
        answer = super().__call__(asked)
        content = named(answer.content)
        if asked.path.endswith("/comment") and asked.params.get("expand") == "properties":
            for shown, whole in zip(content["comments"], answer.content["comments"], strict=True):
                internal = {"key": "sd.public.comment", "value": {"internal": not whole["jsdPublic"]}}
                shown["properties"] = [internal]
        return Answer(content)

    def _found(self, asked: Asked, found: list[dict[str, Any]]) -> Answer:
        start, size = int(asked.params["startAt"]), int(asked.params["maxResults"])
        issues = self.shown(found[start : start + size])
        return Answer({"startAt": start, "maxResults": size, "total": len(found), "issues": issues})

    def shown(self, issues: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Issues with all that happened to them, oldest first."""
        shown = []
        for one in issues:
            histories, comments = self.histories.get(one["id"], []), self.comments.get(one["id"], [])
            embedded = {"comments": comments, "total": len(comments), "startAt": 0, "maxResults": len(comments)}
            changelog = {"histories": histories, "total": len(histories), "startAt": 0, "maxResults": len(histories)}
            shown.append(one | {"changelog": changelog, "fields": one["fields"] | {"comment": embedded}})
        return shown
