"""Jira Data Center: the same issues, by version 2 of the interface, whose searches count pages in records."""

from typing import Any

from tests.unit.connectors.replay import Answer, Asked
from tests.unit.connectors.systems import jira

TYPE = "jira"
OPTIONS = {
    **{name: value for name, value in jira.OPTIONS.items() if name != "user"},
    "deployment": "data_center",
}
SECRETS = jira.SECRETS


class Api(jira.Api):
    version, search = "2", "search"

    def _found(self, asked: Asked, found: list[dict[str, Any]]) -> Answer:
        start, size = int(asked.params["startAt"]), int(asked.params["maxResults"])
        issues = self.shown(found[start : start + size])
        return Answer({"startAt": start, "maxResults": size, "total": len(found), "issues": issues})
