"""Connector `servicenow`: incidents and their history from the Table API.

Follows the Table API (`/api/now/table/{table}`) and encoded queries as documented for the releases Washington to
Zurich. History is `sys_audit`: a ticket's values at opening are the old values of its first changes. `task_sla` and the
incident's own counters are read into `source_*` columns alone. References are named by `names`: groups, companies and
services, whose ids are what the audit holds. The account needs a user in time zone GMT, because encoded queries read
dates in the user's zone, and read access to the tables below.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import ClassVar

from ingestion.connectors.base import (
    AccountOptions,
    Connector,
    Json,
    Page,
    PulledFeed,
    Request,
    Rows,
    Secret,
    account_headers,
    alias,
    link_of,
)

# Table, the instant its rows are asked for by, its columns, and what else its rows must meet.
_TABLES: Mapping[str, tuple[str, str, str, str]] = MappingProxyType(
    {
        "incident": (
            "incident",
            "sys_updated_on",
            "sys_id,number,company,business_service,priority,opened_at,caller_id,caller_id.user_name,assignment_group,"
            "contact_type,category,parent_incident,state,hold_reason,made_sla,reopen_count,reassignment_count,"
            "resolved_at,closed_at,sys_updated_on",
            "",
        ),
        "audit": (
            "sys_audit",
            "sys_created_on",
            "sys_id,documentkey,fieldname,oldvalue,newvalue,record_checkpoint,sys_created_on,sys_created_by",
            "^tablename=incident^fieldnameINstate,hold_reason,priority,assignment_group,business_service,company,"
            "comments,work_notes",
        ),
        "task_sla": ("task_sla", "sys_updated_on", "sys_id,task,has_breached,sys_updated_on", ""),
        "deletion": (
            "sys_audit_delete",
            "sys_created_on",
            "sys_id,documentkey,sys_created_on",
            "^tablename=incident",
        ),
        "group": ("sys_user_group", "sys_updated_on", "sys_id,name,sys_updated_on", ""),
        "company": ("core_company", "sys_updated_on", "sys_id,name,sys_updated_on", ""),
        "service": ("cmdb_ci_service", "sys_updated_on", "sys_id,name,sys_updated_on", ""),
    }
)


# What the numbers of the base system mean. State 3 (on hold) is refined by the reason of the hold.
SERVICENOW_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "statusMap": {
            "1": "new",
            "2": "in_progress",
            "3": "on_hold",
            "6": "resolved",
            "7": "closed",
            "8": "cancelled",
            "hold 1": "waiting_customer",
            "hold 3": "waiting_internal",
            "hold 4": "waiting_supplier",
            "hold 5": "waiting_internal",
        },
        "priorityMap": {"1": "P1", "2": "P2", "3": "P3", "4": "P4", "5": "P5"},
    }
)


class ServiceNowOptions(AccountOptions):
    """Options of a source of type `servicenow`. State 3 (on hold) is refined by the reason, `hold 1` and so on."""

    words_of_system: ClassVar[Mapping[str, Mapping[str, str]]] = SERVICENOW_WORDS
    page_size: int = 1000


def _opening(name: str) -> str:
    """SQL of a field's value at opening: what its insertion or its first change says, else the value it still has."""
    return f"case when first_changes['{name}'] is null then record.{name} else first_changes['{name}'] end"


def _named(kind: str, reference: str) -> str:
    """SQL of a reference's name; the reference itself where the table does not have it."""
    return f"coalesce((select any_value(name) from {kind} where record_key = {reference}), {reference})"


# Some instances audit the insertion of a record as well: as its update number 0, which changes nothing.
_FIRST_CHANGES = """
    changes as (
        select documentkey, fieldname,
            coalesce(case when record_checkpoint = '0' then newvalue else oldvalue end, '') as first_value
        from audit
        qualify row_number() over (
            partition by documentkey, fieldname order by sys_created_on, cast(record_checkpoint as bigint), record_key
        ) = 1
    ),
    firsts as (select documentkey, map(list(fieldname), list(first_value)) as first_changes from changes group by all),
    slas as (select task, bool_and(has_breached = 'false') as made_sla from task_sla group by all)"""
_LIVING = "record.record_key not in (select documentkey from deletion)"
_WITH_HISTORY = "record left join firsts on record.record_key = firsts.documentkey"
_TICKETS = Rows(
    {
        "ticket_id": "number",
        "customer_id": _named("company", _opening("company")),
        "service_id": _named("service", _opening("business_service")),
        "ticket_type": "'incident'",
        "priority": _opening("priority"),
        "opened_at": "opened_at || 'Z'",
        "requester_id": "caller_id",
        "team_id": _named('"group"', _opening("assignment_group")),
        "channel": "contact_type",
        "category": "category",
        "parent_ticket_id": "coalesce((select any_value(number) from incident as parents"
        " where parents.record_key = record.parent_incident), record.parent_incident)",
        "source_made_sla": "coalesce(slas.made_sla, cast(record.made_sla as boolean))",
        "source_reopen_count": "reopen_count",
        "source_reassignment_count": "reassignment_count",
        "source_resolved_at": "nullif(resolved_at, '') || 'Z'",
        "source_closed_at": "nullif(closed_at, '') || 'Z'",
    },
    f"{_WITH_HISTORY} left join slas on record.record_key = slas.task",
    _LIVING,
    _FIRST_CHANGES,
)
# An incident may open in another state than new; no change says so.
_OPENING_STATE = Rows(
    {
        "event_id": "number || '-000000-opening'",
        "ticket_id": "number",
        "occurred_at": "opened_at || 'Z'",
        "event_type": "'status'",
        "value": "case when state_then = '3' and hold_then <> '' then 'hold ' || hold_then else state_then end",
        "actor_role": "'system'",
    },
    f"(select *, {_opening('state')} as state_then, {_opening('hold_reason')} as hold_then from {_WITH_HISTORY})"
    " as record",
    f"state_then <> '1' and {_LIVING}",
    _FIRST_CHANGES,
)
# The reason of a hold comes with the state or after it, so it is ordered after the state.
_EVENTS = Rows(
    {
        "event_id": "number || '-' || lpad(record_checkpoint, 6, '0') || '-'"
        " || case fieldname when 'state' then '1' when 'hold_reason' then '2' else '0' end || '-' || record.record_key",
        "ticket_id": "number",
        "occurred_at": "record.sys_created_on || 'Z'",
        "event_type": "case fieldname when 'state' then 'status' when 'hold_reason' then 'status'"
        " when 'assignment_group' then 'team' when 'business_service' then 'service' when 'company' then 'customer'"
        " when 'priority' then 'priority' else 'message' end",
        "value": "case fieldname when 'hold_reason' then 'hold ' || newvalue"
        f""" when 'assignment_group' then {_named('"group"', "newvalue")}"""
        f" when 'business_service' then {_named('service', 'newvalue')}"
        f" when 'company' then {_named('company', 'newvalue')}"
        " when 'comments' then null when 'work_notes' then null else newvalue end",
        "actor_role": "case sys_created_by when \"caller_id.user_name\" then 'customer' when 'system' then 'system'"
        " else 'agent' end",
        "is_public": "fieldname = 'comments'",
        "recorded_at": "record.sys_created_on || 'Z'",
    },
    "record inner join incident on record.documentkey = incident.record_key",
    "record_checkpoint is distinct from '0'"
    # Of a company or service that was taken away the ticket keeps the last; of a group it does not.
    " and not (fieldname in ('hold_reason', 'company', 'business_service') and coalesce(newvalue, '') = '')"
    " and record.documentkey not in (select documentkey from deletion)",
)


def servicenow_without_persons(record: Json, pseudonym: Callable[[str], str]) -> Json:
    """A row with a pseudonym for who called and who changed something, whoever brings it."""
    persons = [name for name in ("caller_id", "caller_id.user_name", "sys_created_by") if name in record]
    return {**record, **{name: alias(record[name], pseudonym, ("system",)) for name in persons}}


# Of these fields the rows are made of the fact that something was written, not of what.
_WRITTEN = ("comments", "work_notes")


def servicenow_meant(feed: str, found: Mapping[str, Json]) -> set[str]:
    """The columns that are asked for, whoever brings them, but for what was written."""
    _, _, columns, _ = _TABLES[feed]
    return set(columns.split(",")) - ({"oldvalue", "newvalue"} if found.get("fieldname") in _WRITTEN else set())


def servicenow_feeds() -> list[PulledFeed]:
    """The raw feeds, whoever brings them in the Table API's shape."""
    declared = {
        "incident": ({"tickets": _TICKETS, "ticket_events": _OPENING_STATE}, "number"),
        "audit": ({"ticket_events": _EVENTS}, None),
    }
    # By the incident's own id, as in the table's references.
    about = {"audit": "$.documentkey", "deletion": "$.documentkey", "task_sla": "$.task"}
    looks_into = {
        "incident": ("incident", "audit", "task_sla", "deletion", "group", "company", "service"),
        "audit": ("incident", "deletion", "group", "company", "service"),
    }
    return [
        PulledFeed(
            name,
            records="result",
            key=("sys_id",),
            cursor=cursor,
            fields={column: f'$."{column}"' for column in columns.split(",")},
            rows=declared.get(name, ({}, None))[0],
            ticket=declared.get(name, ({}, None))[1],
            about=about.get(name),
            looks_into=looks_into.get(name, ()),
        )
        for name, (_, cursor, columns, _) in _TABLES.items()
    ]


class ServiceNow(Connector[ServiceNowOptions]):
    """Pages by sys_id, which never changes: a row that is updated while the pull runs is not passed over."""

    options_model = ServiceNowOptions
    doubts_empty_pages = True
    names_persons = True

    def without_persons(self, feed: str, record: Json, pseudonym: Callable[[str], str]) -> Json:
        """Callers and those who changed something."""
        return servicenow_without_persons(record, pseudonym)

    def meant(self, feed: str, found: Mapping[str, Json]) -> Collection[str]:
        """What is asked for, but for comments and work notes."""
        return servicenow_meant(feed, found)

    def feeds(self) -> Sequence[PulledFeed]:
        """Incidents, their history, and what names the ids in both.

        Whoever may not read the log of deletions has all incidents asked for on the days of `reconcileOn`.
        """
        is_untold = "deletion" in self.options.leave_out
        return [
            replace(feed, is_reconciled=is_untold) if feed.name == "incident" else feed for feed in servicenow_feeds()
        ]

    def start(self, since: Mapping[str, datetime], now: datetime) -> Sequence[Request]:
        """History after the incidents: an incident's change is then never older than what is known of it."""
        return [
            Request(
                name,
                f"/api/now/table/{table}",
                (
                    ("sysparm_query", f"{_query(cursor, since[name])}{only}^ORDERBYsys_id"),
                    ("sysparm_fields", columns),
                    ("sysparm_limit", str(self.options.page_size)),
                    ("sysparm_offset", "0"),
                    ("sysparm_display_value", "false"),
                    ("sysparm_exclude_reference_link", "true"),
                ),
                note={"query": f"{_query(cursor, since[name])}{only}"},
            )
            for name, (table, cursor, columns, only) in _TABLES.items()
        ]

    def follow(self, request: Request, page: Page) -> Sequence[Request]:
        """The rows after the last id; rows the account may not see leave a page short or empty, with a link onwards.

        Raises ValueError for an answer that ServiceNow broke off: its status is 200, and it says so beside the rows.
        """
        if page.envelope.get("error"):
            raise ValueError(f"the rows were broken off: {page.envelope['error'].get('message')}")
        limit, has_more = int(request.param("sysparm_limit")), link_of(page.headers, "next") is not None
        if page.records and (has_more or len(page.records) >= limit):
            query = f"{request.note['query']}^sys_id>{page.last['sys_id']}^ORDERBYsys_id"
            return [request.with_params(sysparm_query=query, sysparm_offset=0)]
        if has_more:
            return [request.with_params(sysparm_offset=int(request.param("sysparm_offset")) + limit)]
        return []

    def headers(self, secret: Callable[[Secret], str]) -> Mapping[str, str]:
        """Basic or bearer."""
        return account_headers(self.options, secret)


def _query(cursor: str, since: datetime) -> str:
    return f"{cursor}>={since.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
