"""Connector `request_tracker`: tickets and their transactions from Request Tracker.

Follows REST 2 (`/REST/2.0`) of Request Tracker 5.0: ticket searches, and the history of each ticket that changed. The
user that reads needs the rights SeeQueue, ShowTicket and ShowTicketComments, and UTC as its time zone, because RT reads
dates of a search in the user's own zone and ignores any other.

A queue is both service and team here. Deleted and merged tickets vanish from searches without a word: both are noticed
when all tickets are asked for (`reconcileOn`); a merged one stays, because its history says so.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import ClassVar

from pydantic import Field

from ingestion.connectors.base import (
    Connector,
    Json,
    Page,
    PulledFeed,
    Request,
    Rows,
    Secret,
    TokenOptions,
    alias,
    demand_page,
    each_object,
)
from ingestion.options import Words
from ingestion.readers import literal

# RT's own limit; a greater one is cut down to it.
_PAGE = 100
_TICKET_FIELDS = "Queue,Status,Priority,Requestor,Created,LastUpdated,Resolved"
_HISTORY_FIELDS = "Type,Field,OldValue,NewValue,Creator,Created,ObjectId"


class RequestTrackerOptions(TokenOptions):
    """Options of a source of type `request_tracker`. `ticket_types` names the type of a queue's tickets."""

    words_of_system: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {
            "statusMap": {
                "open": "in_progress",
                "stalled": "on_hold",
                "rejected": "cancelled",
                "deleted": "cancelled",
            }
        }
    )
    ticket_types: Words = Field(default={})


# The old value of a field's first change is its value at opening; transaction ids rise with time within a ticket.
_FIRSTS = """
    changes as (
        select object_id, field, old_value from history where type in ('Set', 'Status')
        qualify row_number() over (partition by object_id, field order by cast(record_key as bigint)) = 1
    ),
    firsts as (select object_id, map(list(field), list(old_value)) as first_values from changes group by all),
    merges as (
        select object_id, arg_max(split_part(new_value, '/ticket/', 2), cast(record_key as bigint)) as parent_id
        from history
        where type = 'AddLink' and field = 'MergedInto' and not ends_with(new_value, '/ticket/' || object_id)
        group by object_id
    )"""
_WITH_FIRSTS = "record left join firsts on record.record_key = firsts.object_id"
_QUEUE_NAME = "coalesce((select any_value(queue.name) from queue where queue.record_key = {id}), {id})"
_QUEUE = f"case when first_values['Queue'] is null then record.queue_name else {_QUEUE_NAME} end"
_KNOWN = "(not record.is_gone or record.record_key in (select object_id from merges))"

# Owner changes come as Set and again as SetWatcher; who owns a ticket is no team, so both are passed over.
_EVENTS = Rows(
    {
        "event_id": "lpad(record.record_key, 12, '0') || '-' || kind",
        "ticket_id": "record.object_id",
        "occurred_at": "record.created",
        "event_type": "kind",
        "value": f"case kind when 'priority' then new_value when 'message' then null when 'status' then"
        f" case record.type when 'AddLink' then 'merged' else new_value end"
        f" else {_QUEUE_NAME.format(id='new_value')} end",
        "actor_role": "case when creator = 'RT_System' then 'system'"
        " when list_contains(tickets.requestors, creator) then 'customer' else 'agent' end",
        "is_public": "case kind when 'message' then record.type = 'Correspond' end",
        "recorded_at": "record.created",
    },
    """(
        select *, unnest(
            case
                when type = 'Status' then ['status']
                when type in ('Correspond', 'Comment') then ['message']
                when type = 'Set' and field = 'Priority' then ['priority']
                when type = 'Set' and field = 'Queue' then ['service', 'team']
                when type = 'AddLink' and field = 'MergedInto' and not ends_with(new_value, '/ticket/' || object_id)
                    then ['status']
                else []
            end) as kind
        from record
    ) as record
    inner join (
        select record_key, is_gone, json_extract_string(payload, '$.Requestor[*].id') as requestors from tickets
    ) as tickets on record.object_id = tickets.record_key""",
    "not tickets.is_gone or record.object_id in (select object_id from merges)",
    """merges as (
        select object_id from record
        where type = 'AddLink' and field = 'MergedInto' and not ends_with(new_value, '/ticket/' || object_id)
    )""",
)


_NOBODY = ("RT_System", "Nobody")
# Fields of a transaction whose values the rows are made of.
_WATCHED = ("Status", "Priority", "Queue", "MergedInto")
# Fields of a transaction whose values are users.
_PERSON_FIELDS = ("Requestor", "Cc", "AdminCc", "Owner")


def _persons(found: Mapping[str, Json], pseudonym: Callable[[str], str]) -> dict[str, Json]:
    """What one object says of persons. The domain of an address stays: it tells the customer."""
    said: dict[str, Json] = {}
    if found.get("type") == "user" or "EmailAddress" in found:
        said = {"id": alias(found.get("id"), pseudonym, _NOBODY), "_url": None}
    if found.get("EmailAddress"):
        local, at, domain = str(found["EmailAddress"]).rpartition("@")
        said["EmailAddress"] = f"{pseudonym(local + at + domain)}{at}{domain if at else ''}"
    if found.get("Field") in _PERSON_FIELDS:
        said |= {name: alias(found[name], pseudonym, _NOBODY) for name in ("OldValue", "NewValue") if name in found}
    return said


class RequestTracker(Connector[RequestTrackerOptions]):
    """Tickets by rising id, which never changes, and after each page the histories of its tickets."""

    options_model = RequestTrackerOptions
    names_persons = True

    def without_persons(self, feed: str, record: Json, pseudonym: Callable[[str], str]) -> Json:
        """Users wherever they stand."""
        return each_object(record, lambda found: _persons(found, pseudonym))

    def meant(self, feed: str, found: Mapping[str, Json]) -> Collection[str]:
        """What is asked for; old and new values of the fields that are watched or name persons; names of queues."""
        told = {"id", "type", *_TICKET_FIELDS.split(","), *_HISTORY_FIELDS.split(","), "Organization", "EmailAddress"}
        if found.get("Field") not in (*_WATCHED, *_PERSON_FIELDS):
            told -= {"OldValue", "NewValue"}
        return told | {"Name"} if feed == "queue" or found.get("type") == "queue" else told

    def feeds(self) -> Sequence[PulledFeed]:
        """Queues, tickets, transactions."""
        queue = _QUEUE.format(id="first_values['Queue']")
        types = " ".join(
            f"when {literal(name)} then {literal(kind)}" for name, kind in self.options.ticket_types.items()
        )
        tickets = Rows(
            {
                "ticket_id": "record.record_key",
                "customer_id": "coalesce(nullif(organization, ''), split_part(email, '@', 2))",
                "service_id": queue,
                "team_id": queue,
                "ticket_type": f"case {queue} {types} else 'incident' end" if types else "'incident'",
                "priority": "coalesce(first_values['Priority'], priority)",
                "opened_at": "created",
                "requester_id": "requestor",
                "parent_ticket_id": "(select parent_id from merges where merges.object_id = record.record_key)",
                "source_resolved_at": "case when resolved > '1970-01-02' then resolved end",
            },
            _WITH_FIRSTS,
            _KNOWN,
            _FIRSTS,
        )
        opening = Rows(
            {
                "event_id": "lpad('', 12, '0') || '-opening-' || record.record_key",
                "ticket_id": "record.record_key",
                "occurred_at": "created",
                "event_type": "'status'",
                "value": "coalesce(first_values['Status'], status)",
                "actor_role": "'system'",
            },
            _WITH_FIRSTS,
            f"coalesce(first_values['Status'], status) <> 'new' and {_KNOWN}",
            _FIRSTS,
        )
        return [
            PulledFeed("queue", "items", ("id",), {"name": "$.Name"}, is_text_stable=False),
            PulledFeed(
                "tickets",
                "items",
                ("id",),
                {
                    "created": "$.Created",
                    "status": "$.Status",
                    "priority": "$.Priority",
                    "queue_name": "$.Queue.Name",
                    "resolved": "$.Resolved",
                    "requestor": "$.Requestor[0].id",
                    "organization": "$.Requestor[0].Organization",
                    "email": "$.Requestor[0].EmailAddress",
                },
                {"tickets": tickets, "ticket_events": opening},
                ("$.Requestor[*].id",),
                cursor="LastUpdated",
                looks_into=("history", "queue"),
                is_reconciled=True,
                is_text_stable=False,
                shows_gone=True,
            ),
            PulledFeed(
                "history",
                "items",
                ("id",),
                {
                    "object_id": "$.ObjectId",
                    "type": "$.Type",
                    "field": "$.Field",
                    "old_value": "$.OldValue",
                    "new_value": "$.NewValue",
                    "creator": "$.Creator.id",
                    "created": "$.Created",
                },
                {"ticket_events": _EVENTS},
                cursor="Created",
                ticket="object_id",
                looks_into=("tickets", "queue"),
                is_text_stable=False,
            ),
        ]

    def start(self, since: Mapping[str, datetime], now: datetime) -> Sequence[Request]:
        """Tickets that changed; their histories come with them, whenever that is."""
        tickets = Request(
            "tickets",
            "/REST/2.0/tickets",
            (
                ("fields", _TICKET_FIELDS),
                ("fields[Queue]", "Name"),
                ("fields[Requestor]", "Organization,EmailAddress"),
                ("per_page", str(_PAGE)),
                ("orderby", "id"),
                ("order", "ASC"),
                ("page", "1"),
            ),
            note={"since": f"{since['tickets'].astimezone(UTC):%Y-%m-%d %H:%M:%S}"},
        )
        queues = Request("queue", "/REST/2.0/queues/all", (("fields", "Name"), ("per_page", str(_PAGE)), ("page", "1")))
        return [queues, _after(tickets, 0)]

    def follow(self, request: Request, page: Page) -> Sequence[Request]:
        """Histories of a page's tickets, then the next page.

        Where RT checks rights only after paging (`$UseSQLForACLChecks` off) it tells no total, and a page may be short
        or empty with more to come: ids are then read in windows that always fit a page. Raises ValueError for another
        page than was asked for, and for an empty one where there must be records.
        """
        number, total = int(request.param("page")), page.envelope.get("total")
        if request.feed is None:
            return [_below_highest(request, page.last, number)]
        demand_page("page", number, page.envelope["page"])
        if not page.records and (total or 0) > (number - 1) * page.envelope["per_page"]:
            raise ValueError(f"page {number} is empty, with more to come: the total is {total}")
        if request.feed == "history":
            return _more_of_history(request, page, number)
        if request.feed != "tickets":
            return [request.with_params(page=number + 1)] if page.records else []
        top = request.note.get("top")
        if total is None and top is None:
            return [replace(request.with_params(query="id > 0", order="DESC", page=1), feed=None)]
        ids = [int(record["id"]) for record in page.records]
        last = math.inf if top is None else request.note["after"] + _PAGE
        if not all(request.note["after"] < ticket <= last for ticket in ids):
            raise ValueError(f"tickets {min(ids)} to {max(ids)} came for those after {request.note['after']}")
        histories = [
            Request(
                "history",
                f"/REST/2.0/ticket/{ticket}/history",
                (("fields", _HISTORY_FIELDS), ("per_page", str(_PAGE)), ("page", "1")),
            )
            for ticket in ids
        ]
        if top is not None:
            after = request.note["after"] + _PAGE
            return [*histories, *([_window(request, after, top)] if after < top else [])]
        has_more = total is not None and total > len(ids)
        return [*histories, *([_after(request, max(ids))] if has_more else [])]

    def headers(self, secret: Callable[[Secret], str]) -> Mapping[str, str]:
        """An authentication token of the user."""
        return {"Authorization": f"token {secret(self.options.token)}"}


def _more_of_history(request: Request, page: Page, number: int) -> list[Request]:
    """The next page of a ticket's history, of which RT never tells the total.

    Rights may leave a page short, so only an empty one is the end. After a full one that is doubted twice: it is asked
    for again, and then the page behind it. The first is never empty: whoever may see a ticket may see its creation.
    """
    if page.records:
        is_full = len(page.records) >= page.envelope["per_page"]
        return [replace(request.with_params(page=number + 1), note={"doubts": 2 if is_full else 0})]
    if number == 1:
        raise ValueError("the history is empty, without even the ticket's creation")
    doubts = request.note["doubts"]
    following = number if doubts == 2 else number + 1
    return [replace(request.with_params(page=following), note={"doubts": doubts - 1})] if doubts else []


def _after(request: Request, last: int) -> Request:
    """The tickets changed since, with an id above `last`."""
    asked = request.with_params(query=f"LastUpdated >= '{request.note['since']}' AND id > {last}")
    return replace(asked, note={**request.note, "after": last})


def _window(request: Request, after: int, top: int) -> Request:
    """The tickets changed since in the window of ids after `after`; `top` is the highest id there is."""
    query = f"LastUpdated >= '{request.note['since']}' AND id > {after} AND id <= {after + _PAGE}"
    note = {**request.note, "after": after, "top": top}
    return replace(request.with_params(query=query, order="ASC", page=1), note=note)


def _below_highest(request: Request, answer: Json, number: int) -> Request:
    """The first window, once a page of the highest ids has shown one; until then the next such page.

    Its tickets are not landed: those that did not change since come without their histories.
    """
    demand_page("page", number, answer["page"])
    ids = [int(record["id"]) for record in answer["items"]]
    return _window(replace(request, feed="tickets"), 0, max(ids)) if ids else request.with_params(page=number + 1)
