"""Connector `jira`: issues of Jira Service Management with their changelog and comments.

Follows the Jira Cloud platform REST API v3 (`/rest/api/3/search/jql` with `nextPageToken`, issue changelogs and
comments) and, with `deployment: data_center`, REST API v2 (`/rest/api/2/search` with `startAt`). A search brings the
latest entries of a changelog; where an issue has more, or more comments, all of them are asked for by themselves.

JQL reads dates in the user's own zone and in minutes, so a search begins fourteen hours early: no zone is further from
UTC. What Jira says of its own SLAs is read into `source_made_sla` alone.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from ingestion.connectors.base import (
    Connector,
    ConnectorOptions,
    Json,
    Page,
    PulledFeed,
    Request,
    Rows,
    Secret,
    alias,
    basic,
    bearer,
    each_object,
    earlier,
    next_offset,
    value_at,
)
from ingestion.options import Words
from ingestion.readers import literal

_WIDEST_ZONE_SECONDS = 14 * 3600
_TYPES = ("incident", "problem", "change", "request", "task")


class JiraOptions(ConnectorOptions):
    """Options of a source of type `jira`. `user` with `token` signs as API token, `token` alone as bearer.

    `jql` narrows the search. The `…_field` options name the fields that tell customer, service and team, and the SLA
    that is compared; `ticket_types` names what an issue type is, where its own name does not say so.
    """

    words_of_system: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {
            "statusMap": {
                "Open": "new",
                "To Do": "new",
                "Waiting for support": "in_progress",
                "In Progress": "in_progress",
                "Work in progress": "in_progress",
                "Escalated": "in_progress",
                "Waiting for customer": "waiting_customer",
                "Pending": "on_hold",
                "Resolved": "resolved",
                "Done": "resolved",
                "Closed": "closed",
                "Canceled": "cancelled",
                "Declined": "cancelled",
            },
            "priorityMap": {"Highest": "P1", "High": "P2", "Medium": "P3", "Low": "P4", "Lowest": "P5"},
        }
    )

    token: Secret
    user: str | None = None
    deployment: Literal["cloud", "data_center"] = "cloud"
    jql: str | None = None
    customer_field: str = "customfield_10002"
    service_field: str = "components"
    team_field: str = "customfield_10001"
    sla_field: str | None = None
    ticket_types: Words = Field(default={})


def _name_of(field: str) -> str:
    """SQL of a field's name, whether it holds a text, an object with a name, or a list of either."""
    value = f"json_extract(record.payload, '$.fields.\"{field}\"')"
    first = f"case when json_type({value}) = 'ARRAY' then json_extract({value}, '$[0]') else {value} end"
    return (
        f"coalesce(json_extract_string({first}, '$.name'), json_extract_string({first}, '$.value'),"
        f" case when json_type({first}) = 'VARCHAR' then json_extract_string({first}, '$') end)"
    )


def _whole(place: str, entries: str) -> str:
    """SQL of a list that came with an issue; empty where the search cut it short, since all of it comes by itself."""
    count = f"coalesce(json_array_length(payload, '{place}.{entries}'), 0)"
    return (
        f"case when {count} >= coalesce(cast(json_extract_string(payload, '{place}.total') as bigint), {count})"
        f" then coalesce(json_extract(payload, '{place}.{entries}[*]'), []) else [] end"
    )


# What happened to an issue as it came with it; and as it was asked for by itself, one record per entry.
_OWN_ENTRIES = f"""select load_id, record_number, record_key as issue, unnest(list_concat(
    {_whole("$.changelog", "histories")}, {_whole("$.fields.comment", "comments")})) as entry from {{}}"""
_OTHER_ENTRIES = """select load_id, record_number, split_part(record_key, '|', 1) as issue,
    cast(payload as json) as entry from {}"""
_OPENINGS = (
    "select load_id, record_number, record_key as issue, cast('{\"opening\": true}' as json) as entry from record"
)


def _changes(entries: str) -> str:
    """SQL relation: one row per changed field of an entry; comments and openings have one row and no field."""
    return f"""(
        select *, item ->> '$.field' as field, coalesce(item ->> '$.fromString', '') as old_value,
            item ->> '$.toString' as new_value
        from (
            select *, unnest(
                case when json_type(entry, '$.items') = 'ARRAY' then json_extract(entry, '$.items[*]') else [null] end
            ) as item
            from ({entries})
        )
    )"""


def _name_paths(field: str) -> list[str]:
    """Where `_name_of` looks."""
    value = f'$.fields."{field}"'
    return [f"{value}{place}" for place in (".name", ".value", "[*].name", "[*].value")]


# What is read of an entry, of a changelog and of comments alike.
_ENTRY = (
    ".id",
    ".created",
    ".author.accountId",
    ".author.name",
    ".jsdPublic",
    *(f".items[*].{name}" for name in ("field", "fromString", "toString")),
)


# Each issue's value of each field at opening: what its first change found. Entries come from both places.
_FIRSTS = f"""
    first_changes as (
        select issue, field, old_value
        from {_changes(_OWN_ENTRIES.format("issues") + " union all " + _OTHER_ENTRIES.format("changelog"))}
        where field is not null
        qualify row_number() over (partition by issue, field order by cast(entry ->> '$.id' as bigint)) = 1
    ),
    firsts as (select issue, map(list(field), list(old_value)) as first_values from first_changes group by all)"""


def _opening(field: str, now: str) -> str:
    """SQL of a field's value at opening: as its first change found it, else as it is now."""
    return f"nullif(case when first_values['{field}'] is null then {now} else first_values['{field}'] end, '')"


# An entry of a changelog: the values it tells, fields whose values the rows are made of, and fields that name persons.
_CHANGE = ("from", "to", "fromString", "toString", "tmpFromAccountId", "tmpToAccountId")
_WATCHED = ("status", "priority", "Component", "Team")
_PERSON_FIELDS = ("reporter", "assignee", "Request participants")
# Beside the fields that are asked for: what tells records, entries, users and choices.
_MEANT = ("id", "key", "field", "accountId", "name", "value", "jsdPublic", "total", "breached")


def _persons(found: Mapping[str, Json], pseudonym: Callable[[str], str]) -> dict[str, Json]:
    """What one object says of persons. Of a user only the id by which people are told apart is left."""
    if "accountId" in found or "displayName" in found:
        told_by = "accountId" if found.get("accountId") else "name"
        return dict.fromkeys(found) | {told_by: alias(found.get(told_by), pseudonym)}
    if found.get("field") in _PERSON_FIELDS:
        return {name: alias(found[name], pseudonym) for name in _CHANGE if name in found}
    return {}


class Jira(Connector[JiraOptions]):
    """Issues by a search; a record is an issue with what happened to it."""

    options_model = JiraOptions
    doubts_empty_pages = True
    names_persons = True

    def without_persons(self, feed: str, record: Json, pseudonym: Callable[[str], str]) -> Json:
        """Users wherever they stand, and changes of who reported an issue."""
        return each_object(record, lambda found: _persons(found, pseudonym))

    def meant(self, feed: str, found: Mapping[str, Json]) -> Collection[str]:
        """Ids, times and names of choices; what a change tells only of fields that are watched or name persons."""
        told = {*_MEANT, *self._fields()}
        if found.get("field") in _WATCHED:
            told.update(_CHANGE)
        elif found.get("field") in _PERSON_FIELDS:
            told.update(set(_CHANGE) - {"fromString", "toString"})  # full names, of which each is a pseudonym by itself
        return told

    def without_texts(self, feed: str, record: Json) -> Json:
        """Of an issue's fields those that are asked for, without texts."""
        if "fields" in record:
            asked_for = self._fields()
            fields = {name: value if name in asked_for else None for name, value in record["fields"].items()}
            record = {**record, "fields": fields}
        return super().without_texts(feed, record)

    def feeds(self) -> Sequence[PulledFeed]:
        """Issues, and the longer histories that a search cuts short."""
        longer = {"ticket_events": self._events(_OTHER_ENTRIES.format("record"))}
        return [
            PulledFeed(
                "issues",
                "issues",
                ("id",),
                {
                    "key": "$.key",
                    "created": "$.fields.created",
                    "status": "$.fields.status.name",
                    "priority": "$.fields.priority.name",
                    "issue_type": "$.fields.issuetype.name",
                    "account": "$.fields.reporter.accountId",
                    "account_name": "$.fields.reporter.name",
                    "resolved": "$.fields.resolutiondate",
                    "parent": "$.fields.parent.key",
                },
                {
                    "tickets": self._tickets(),
                    "ticket_events": self._events(f"{_OWN_ENTRIES.format('record')} union all {_OPENINGS}"),
                },
                reads=tuple(self._reads_of_issues()),
                cursor="fields.updated",
                ticket="key",
                looks_into=("issues", "changelog"),
                is_reconciled=True,
            ),
            *[
                PulledFeed(
                    name,
                    records,
                    ("@issue", "id"),
                    {},
                    longer,
                    tuple(f"${path}" for path in _ENTRY),
                    about="@issue",
                    looks_into=("issues", "changelog"),
                )
                for name, records in (("changelog", "values"), ("comments", "comments"))
            ],
        ]

    def _reads_of_issues(self) -> list[str]:
        options = self.options
        named = [options.customer_field, options.service_field, options.team_field]
        lists = [("$.changelog", "histories"), ("$.fields.comment", "comments")]
        return [
            *(path for field in named for path in _name_paths(field)),
            *(f"{place}.{entries}[*]{path}" for place, entries in lists for path in _ENTRY),
            *(f"{place}.total" for place, _ in lists),
            *([f'$.fields."{options.sla_field}".completedCycles[*].breached'] if options.sla_field else []),
        ]

    def _tickets(self) -> Rows:
        options = self.options
        types = "".join(
            f"when issue_type = {literal(name)} then {literal(kind)} " for name, kind in options.ticket_types.items()
        )
        types += "".join(f"when contains(lower(issue_type), '{kind}') then '{kind}' " for kind in _TYPES)
        columns = {
            "ticket_id": "key",
            "customer_id": _name_of(options.customer_field),
            "service_id": _opening("Component", _name_of(options.service_field)),
            "team_id": _opening("Team", _name_of(options.team_field)),
            "ticket_type": f"case {types}else issue_type end",
            "priority": f"coalesce({_opening('priority', 'priority')}, 'none')",
            "opened_at": "created",
            "requester_id": "coalesce(account, account_name)",
            "parent_ticket_id": "parent",
            "source_resolved_at": "resolved",
        }
        if options.sla_field:
            cycles = f"json_extract_string(payload, '$.fields.\"{options.sla_field}\".completedCycles[*].breached')"
            columns["source_made_sla"] = f"case when {cycles} <> [] then not list_contains({cycles}, 'true') end"
        return Rows(columns, "record left join firsts on record.record_key = firsts.issue", prepare=_FIRSTS)

    def _events(self, entries: str) -> Rows:
        """One row per change of a watched field, per comment, and for an opening that is not new."""
        opening = _opening("status", "issues.status")
        # An opening in a status that means new needs no event: a ticket is new from its opening.
        new_words = ", ".join(
            literal(word) for word, status in self.options.words("statusMap").items() if status == "new"
        )
        return Rows(
            {
                "event_id": "lpad(coalesce(entry ->> '$.id', '0'), 15, '0') || '-' || kind || '-' || issues.key",
                "ticket_id": "issues.key",
                "occurred_at": "case kind when 'opening' then issues.created else entry ->> '$.created' end",
                "event_type": "case kind when 'opening' then 'status' when 'Component' then 'service'"
                " when 'Team' then 'team' when 'comment' then 'message' else kind end",
                "value": f"case kind when 'opening' then {opening} else nullif(new_value, '') end",
                "actor_role": "case when kind = 'opening' then 'system'"
                " when coalesce(entry ->> '$.author.accountId', entry ->> '$.author.name')"
                " = coalesce(issues.account, issues.account_name) then 'customer' else 'agent' end",
                "is_public": "case kind when 'comment' then coalesce(entry ->> '$.jsdPublic', 'true') end",
                "recorded_at": "entry ->> '$.created'",
            },
            f"""(
                select *, case when entry ->> '$.opening' then 'opening'
                    when item is null then 'comment' else field end as kind
                from {_changes(entries)}
            ) as record
            inner join issues on record.issue = issues.record_key
            left join firsts on record.issue = firsts.issue""",
            f"kind in ('opening', 'comment', {', '.join(literal(field) for field in _WATCHED)})"
            f" and not (kind = 'opening' and {opening} in ({new_words}))",
            _FIRSTS,
        )

    # --------------------------------------------------------------------------------------------------- pages

    def _fields(self) -> list[str]:
        """The fields of an issue that are asked for."""
        options = self.options
        fields = ["created", "updated", "status", "priority", "issuetype", "reporter", "resolutiondate", "parent"]
        fields += ["comment", options.customer_field, options.service_field, options.team_field]
        fields += [options.sla_field] if options.sla_field else []
        return list(dict.fromkeys(fields))

    def start(self, since: Mapping[str, datetime], now: datetime) -> Sequence[Request]:
        """A search by the time of the last change, by rising creation, which never changes."""
        begin = f'updated >= "{earlier(since["issues"], _WIDEST_ZONE_SECONDS):%Y-%m-%d %H:%M}"'
        query = f"({self.options.jql}) AND {begin}" if self.options.jql else begin
        options = self.options
        is_cloud = options.deployment == "cloud"
        return [
            Request(
                "issues",
                "/rest/api/3/search/jql" if is_cloud else "/rest/api/2/search",
                (
                    ("jql", f"{query} ORDER BY created ASC, key ASC"),
                    ("fields", ",".join(self._fields())),
                    ("expand", "changelog"),
                    ("maxResults", str(options.page_size)),
                    *([] if is_cloud else [("startAt", "0")]),
                ),
            )
        ]

    def follow(self, request: Request, page: Page) -> Sequence[Request]:
        """What a search cut short, then its next page."""
        if request.feed != "issues":
            return _counted(request, page)
        version = "3" if self.options.deployment == "cloud" else "2"
        longer = [
            Request(
                feed,
                f"/rest/api/{version}/issue/{record['id']}/{path}",
                (("startAt", "0"), ("maxResults", "100")),
                note={"issue": record["id"]},
            )
            for record in page.records
            for feed, path, place, entries in (
                ("changelog", "changelog", "changelog", "histories"),
                ("comments", "comment", "fields.comment", "comments"),
            )
            if (value_at(record, f"{place}.total") or 0) > len(value_at(record, f"{place}.{entries}") or ())
        ]
        if self.options.deployment == "cloud":
            token = page.envelope.get("nextPageToken")
            return [*longer, *([request.with_params(nextPageToken=token)] if token else [])]
        return [*longer, *_counted(request, page)]

    def headers(self, secret: Callable[[Secret], str]) -> Mapping[str, str]:
        """An API token belongs to a user, any other token stands alone."""
        if self.options.user is None:
            return bearer(secret(self.options.token))
        return basic(self.options.user, secret(self.options.token))


def _counted(request: Request, page: Page) -> list[Request]:
    """The page after this one, of pages that begin at `startAt` and tell the total."""
    is_last = page.envelope["startAt"] + len(page.records) >= page.envelope["total"]
    return next_offset(request, page, "startAt", is_last=is_last)
