"""Request Tracker's REST 2 as RT 5.0.3 answers it: pages of at most 100, keys in no order, rights before paging."""

import re
from typing import Any

from tests.unit.connectors.replay import Answer, Asked

OPTIONS = {"token": {"env": "RT_TOKEN"}}
SECRETS = {"RT_TOKEN": "1-14-a-secret-of-rt"}
QUEUES = {"3": "Mail", "4": "Network"}
PAGE = 100


def ticket(number: int, **more: Any) -> dict[str, Any]:
    found = {
        "id": str(number),
        "type": "ticket",
        "Queue": {"id": "3", "Name": "Mail", "type": "queue"},
        "Status": "new",
        "Priority": "10",
        "Requestor": [{"type": "user", "id": "ann", "Organization": "Acme", "EmailAddress": "ann@customer.example"}],
        "Created": "2026-03-02T10:00:00Z",
        "LastUpdated": "2026-03-02T10:00:00Z",
        "Resolved": "1970-01-01T00:00:00Z",
    }
    return found | more


def transaction(
    number: int, of: int, kind: str, at: str, field: str = "", old: str = "", new: str = "", by: str = "agent"
) -> dict[str, Any]:
    return {
        "id": str(number),
        "type": "transaction",
        "Type": kind,
        "Field": field,
        "OldValue": old,
        "NewValue": new,
        "Creator": {"type": "user", "id": by},
        "Created": f"2026-03-02T{at}Z",
        "ObjectId": str(of),
    }


class Api:
    """Tickets and their histories. `page`: how many of them fit a page; `hidden`: ids cut out after paging."""

    def __init__(self, page: int = PAGE, hidden: tuple[int, ...] = ()) -> None:
        self.page, self.hidden, self.tells_total = page, hidden, not hidden
        self.turn = 0
        self.tickets = {
            1: ticket(
                1,
                LastUpdated="2026-03-02T14:00:00Z",
                Status="open",
                Priority="50",
                Resolved="2026-03-02T13:00:00Z",
                Queue={"id": "4", "Name": "Network", "type": "queue"},
            ),
            2: ticket(2),
            3: ticket(3, Status="open"),
        }
        self.history = {
            1: [
                transaction(50, 1, "Create", "10:00:00", by="ann"),
                transaction(51, 1, "Correspond", "10:30:00"),
                transaction(52, 1, "Status", "10:30:00", "Status", "new", "open", by="RT_System"),
                transaction(53, 1, "Set", "10:40:00", "Priority", "10", "50"),
                transaction(54, 1, "Set", "10:40:00", "Queue", "3", "4"),
                transaction(55, 1, "Set", "10:40:00", "Owner", "6", "27"),
                transaction(56, 1, "SetWatcher", "10:40:00", "Owner", "6", "27"),
                transaction(57, 1, "Status", "13:00:00", "Status", "open", "resolved"),
                transaction(58, 1, "Correspond", "14:00:00", by="ann"),
                transaction(59, 1, "Status", "14:00:00", "Status", "resolved", "open", by="RT_System"),
            ],
            2: [transaction(60, 2, "Create", "10:00:00", by="ann")],
            3: [transaction(61, 3, "Create", "10:00:00", by="ann")],
        }

    @property
    def counts(self) -> dict[str, int]:
        return {
            "queue": len(QUEUES),
            "tickets": len(self.tickets),
            "history": sum(len(items) for items in self.history.values()),
        }

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/REST/2.0/queues/all":
            return self._page(asked, [{"id": number, "type": "queue", "Name": name} for number, name in QUEUES.items()])
        history = re.fullmatch(r"/REST/2.0/ticket/(\d+)/history", asked.path)
        if history:
            return self._page(asked, self.history[int(history[1])], total=False)
        return self._page(asked, self._found(asked.params["query"], asked.params["order"]), total=self.tells_total)

    def _found(self, query: str, order: str) -> list[dict[str, Any]]:
        since = re.search(r"LastUpdated >= '([^']+)'", query)
        above, upto = re.search(r"id > (\d+)", query), re.search(r"id <= (\d+)", query)
        assert above
        return [
            self.tickets[number]
            for number in sorted(self.tickets, reverse=order == "DESC")
            if number > int(above[1])
            and (upto is None or number <= int(upto[1]))
            and (since is None or self.tickets[number]["LastUpdated"].replace("T", " ") >= since[1])
        ]

    def _page(self, asked: Asked, items: list[dict[str, Any]], total: bool = True) -> Answer:
        number = int(asked.params.get("page", "1"))
        size = min(self.page, int(asked.params["per_page"]))
        page = items[(number - 1) * size : number * size]
        if not total:
            page = [item for item in page if item["type"] != "ticket" or int(item["id"]) not in self.hidden]
        # Perl's hashes come in another order each time: here, with each turn.
        shown = [dict(sorted(item.items(), key=lambda pair: pair[0], reverse=self.turn % 2 == 1)) for item in page]
        told = {"count": len(page), "page": number, "per_page": size, "total": len(items) if total else None}
        return Answer({"items": shown, **told})
