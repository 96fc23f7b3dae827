"""ServiceNow's Table API as documented: encoded queries, sysparm_offset, a Link header, X-Total-Count."""

import re
from typing import Any

from tests.unit.connectors.replay import Answer, Asked

OPTIONS = {"user": "slm", "password": {"env": "SERVICENOW_PASSWORD"}, "pageSize": 2}
SECRETS = {"SERVICENOW_PASSWORD": "a-secret-of-servicenow"}
OPENED = "2026-03-02 10:00:00"


def incident(number: int, **more: str) -> dict[str, str]:
    row = {
        "sys_id": f"{number:032x}",
        "number": f"INC{number:07d}",
        "company": "c1",
        "business_service": "s1",
        "priority": "3",
        "opened_at": OPENED,
        "caller_id": "u1",
        "caller_id.user_name": "ann",
        "assignment_group": "g1",
        "contact_type": "email",
        "category": "software",
        "parent_incident": "",
        "state": "1",
        "hold_reason": "",
        "made_sla": "true",
        "reopen_count": "0",
        "reassignment_count": "0",
        "resolved_at": "",
        "closed_at": "",
        "sys_updated_on": "2026-03-02 12:00:00",
    }
    return row | more


def change(
    number: int, of: int, field: str, old: str, new: str, at: str, by: str = "bob", mod: int = 1
) -> dict[str, str]:
    return {
        "sys_id": f"a{number:031x}",
        "documentkey": f"{of:032x}",
        "fieldname": field,
        "oldvalue": old,
        "newvalue": new,
        "record_checkpoint": str(mod),
        "sys_created_on": at,
        "sys_created_by": by,
    }


def tables() -> dict[str, list[dict[str, str]]]:
    """Five incidents, the second with a history: priority raised, put on hold for the caller, resolved."""
    return {
        "incident": [
            incident(1, parent_incident=f"{2:032x}"),
            incident(2, state="6", priority="1", assignment_group="g2", resolved_at="2026-03-02 14:00:00"),
            incident(3, state="2"),
            incident(4),
            incident(5),
        ],
        "sys_audit": [
            change(1, 2, "priority", "3", "1", "2026-03-02 10:30:00", mod=1),
            change(2, 2, "assignment_group", "g1", "g2", "2026-03-02 10:30:00", mod=1),
            change(3, 2, "comments", "", "Which version?", "2026-03-02 10:40:00", mod=2),
            change(4, 2, "state", "1", "3", "2026-03-02 10:40:00", mod=2),
            change(5, 2, "hold_reason", "", "1", "2026-03-02 10:40:00", mod=2),
            change(6, 2, "comments", "", "Nine.", "2026-03-02 11:40:00", by="ann", mod=3),
            change(7, 2, "state", "3", "2", "2026-03-02 11:41:00", mod=4),
            change(8, 2, "hold_reason", "1", "", "2026-03-02 11:41:00", mod=4),
            change(9, 2, "state", "2", "6", "2026-03-02 14:00:00", mod=5),
        ],
        "task_sla": [
            {"sys_id": "t1", "task": f"{2:032x}", "has_breached": "true", "sys_updated_on": "2026-03-02 14:00:00"}
        ],
        "sys_audit_delete": [],
        "sys_user_group": [
            {"sys_id": "g1", "name": "Service Desk", "sys_updated_on": "2026-01-01 00:00:00"},
            {"sys_id": "g2", "name": "Applications", "sys_updated_on": "2026-01-01 00:00:00"},
        ],
        "core_company": [{"sys_id": "c1", "name": "Acme", "sys_updated_on": "2026-01-01 00:00:00"}],
        "cmdb_ci_service": [{"sys_id": "s1", "name": "Mail", "sys_updated_on": "2026-01-01 00:00:00"}],
    }


# What stands beside the rows that were written until a quota ended the transaction; the status is 200 all the same.
BROKEN_OFF = {
    "error": {"message": "Transaction cancelled: maximum execution time exceeded", "detail": "Check logs"},
    "status": "failure",
}


class Api:
    """Rows of tables; those in `hidden` are cut out of a page after paging, as access rules do."""

    def __init__(self, content: dict[str, list[dict[str, str]]] | None = None, hidden: tuple[str, ...] = ()) -> None:
        self.content = tables() if content is None else content
        self.hidden = hidden

    @property
    def counts(self) -> dict[str, int]:
        names = {"sys_audit": "audit", "sys_audit_delete": "deletion", "sys_user_group": "group"}
        names |= {"core_company": "company", "cmdb_ci_service": "service"}
        return {names.get(name, name): len(rows) for name, rows in self.content.items() if rows}

    def __call__(self, asked: Asked) -> Answer:
        table = asked.path.removeprefix("/api/now/table/")
        query = asked.params["sysparm_query"]
        limit, offset = int(asked.params["sysparm_limit"]), int(asked.params["sysparm_offset"])
        rows = sorted((row for row in self.content[table] if _meets(row, query)), key=lambda row: row["sys_id"])
        page = rows[offset : offset + limit]
        headers = {"X-Total-Count": str(len(rows))}
        if offset + limit < len(rows):
            headers["Link"] = f'<http://127.0.0.1/{table}?sysparm_offset={offset + limit}>;rel="next"'
        return Answer({"result": [row for row in page if row["sys_id"] not in self.hidden]}, headers=headers)


def _meets(row: dict[str, Any], query: str) -> bool:
    for part in query.split("^"):
        match = re.fullmatch(r"(\w+)(>=|>)(.*)", part)
        if match and not (row[match[1]] >= match[3] if match[2] == ">=" else row[match[1]] > match[3]):
            return False
    return True
