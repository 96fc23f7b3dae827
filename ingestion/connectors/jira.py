"""Connector `jira`: issues of Jira Service Management with their changelog and comments.

Follows the Jira Cloud platform REST API v3 (`/rest/api/3/search/jql` with `nextPageToken`, issue changelogs and
comments) and, with `deployment: data_center`, REST API v2 (`/rest/api/2/search` with `startAt`). Cloud's search brings
the latest entries of a changelog; where an issue may have more, or has more comments, all of them are asked for by
themselves. Data Center's brings whole changelogs, and of comments not the property that says which are internal: there
all comments are asked for by themselves.

An issue may have several components, and a changelog tells of each by itself: the first by name is the service.

JQL reads dates in the user's own zone and in minutes, so a search begins fourteen hours early: no zone is further from
UTC. What Jira says of its own SLAs is read into `source_made_sla` alone.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from ingestion.connectors.base import (
    Connector,
    ConnectorOptions,
    Json,
    Page,
    Params,
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
# The usual fields of service and team; a changelog calls them Component and Team.
_COMPONENTS, _TEAM = "components", "customfield_10001"
# So many histories come with an issue of Cloud at most; its `total` is documented as the number of those that came.
_MOST_HISTORIES = 40
# The property of a comment by which Jira Service Management keeps it from customers.
_INTERNAL = "sd.public.comment"
# What Jira says of a request that it did not sign in, and answers with what anybody may see.
_REFUSED = frozenset({"AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"})


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
    service_field: str = _COMPONENTS
    team_field: str = _TEAM
    sla_field: str | None = None
    ticket_types: Words = Field(default={})


@dataclass(frozen=True)
class _Part:
    """A list that comes with an issue, and as `feed` from `path` by itself where the search may have cut it short.

    At most `most` entries come with an issue; None = all do, whatever their number.
    """

    feed: str
    path: str
    place: str
    entries: str
    most: float | None = math.inf
    params: Params = ()

    def is_whole(self, issue: Json) -> bool:
        """Whether the issue came with all of the list."""
        count = len(value_at(issue, f"{self.place}.{self.entries}") or ())
        total = value_at(issue, f"{self.place}.total") or 0
        return self.most is None or (count >= total and (count == 0 or count < self.most))

    @property
    def own_entries(self) -> str:
        """SQL of the list that came with an issue; empty where it comes by itself."""
        path = f"$.{self.place}.{self.entries}"
        found = f"coalesce(json_extract(payload, '{path}[*]'), [])"
        if self.most is None:
            return found
        count = f"coalesce(json_array_length(payload, '{path}'), 0)"
        total = f"coalesce(cast(json_extract_string(payload, '$.{self.place}.total') as bigint), 0)"
        return f"case when {count} >= {total} and {count} < cast('{self.most}' as double) then {found} else [] end"


_PARTS: Mapping[str, Sequence[_Part]] = MappingProxyType(
    {
        "cloud": (
            _Part("changelog", "changelog", "changelog", "histories", _MOST_HISTORIES),
            _Part("comments", "comment", "fields.comment", "comments"),
        ),
        "data_center": (
            _Part("changelog", "changelog", "changelog", "histories", None),
            _Part("comments", "comment", "fields.comment", "comments", 0, (("expand", "properties"),)),
        ),
    }
)


def _names_of(field: str) -> str:
    """SQL of the names in a field, whether it holds a text, an object with a name, or a list of either."""
    value = f"json_extract(payload, '$.fields.\"{field}\"')"
    return (
        f"list_transform(case when json_type({value}) = 'ARRAY' then json_extract({value}, '$[*]') else [{value}] end,"
        " lambda one: coalesce(json_extract_string(one, '$.name'), json_extract_string(one, '$.value'),"
        " case when json_type(one) = 'VARCHAR' then json_extract_string(one, '$') end))"
    )


def _name_paths(field: str) -> list[str]:
    """Where `_names_of` looks."""
    value = f'$.fields."{field}"'
    return [f"{value}{place}" for place in (".name", ".value", "[*].name", "[*].value")]


# What happened to an issue as it was asked for by itself, one record per entry.
_OTHER_ENTRIES = """select load_id, record_number, split_part(record_key, '|', 1) as issue,
    cast(payload as json) as entry from {}"""
_OPENINGS = (
    "select load_id, record_number, record_key as issue, cast('{\"opening\": true}' as json) as entry from record"
)
# What is read of an entry, of a changelog and of comments alike.
_ENTRY = (
    ".id",
    ".created",
    *(f".author.{name}" for name in ("accountId", "accountType", "name")),
    ".jsdPublic",
    *(f".properties[*].{name}" for name in ("key", "value.internal")),
    *(f".items[*].{name}" for name in ("field", "fieldId", "fromString", "toString")),
)
_IS_INTERNAL = (
    f"len(list_filter(json_extract(entry, '$.properties[*]'), lambda one: one ->> '$.key' = {literal(_INTERNAL)}"
    " and one ->> '$.value.internal' = 'true')) > 0"
)
_ROLE = """case when kind = 'opening' or entry ->> '$.author.accountType' = 'app' then 'system'
    when entry ->> '$.author.accountType' = 'customer' then 'customer'
    when coalesce(entry ->> '$.author.accountId', entry ->> '$.author.name')
        = coalesce(issues.account, issues.account_name) then 'customer' else 'agent' end"""


def _opening(field: str, now: str) -> str:
    """SQL of a field's value at opening: as its first change found it, else as it is now."""
    return f"nullif(case when first_values['{field}'] is null then {now} else first_values['{field}'] end, '')"


# An entry of a changelog: the values it tells, fields whose values the rows are made of, and fields that name persons.
_CHANGE = ("from", "to", "fromString", "toString", "tmpFromAccountId", "tmpToAccountId")
_WATCHED = ("status", "priority", "Component", "Team")
_PERSON_FIELDS = ("reporter", "assignee", "Request participants")
# Beside the fields that are asked for: what tells records, entries, users and choices.
_MEANT = (
    *("id", "key", "field", "fieldId", "accountId", "accountType", "name", "value"),
    *("jsdPublic", "internal", "total", "breached"),
)


def _persons(found: Mapping[str, Json], pseudonym: Callable[[str], str]) -> dict[str, Json]:
    """What one object says of persons. Of a user only the kind, and the id by which people are told apart, are left."""
    if "accountId" in found or "displayName" in found:
        told_by = "accountId" if found.get("accountId") else "name"
        kept = {name: found[name] for name in ("accountType",) if name in found}
        return dict.fromkeys(found) | kept | {told_by: alias(found.get(told_by), pseudonym)}
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
        named = (self.options.service_field, self.options.team_field)
        if found.get("field") in _WATCHED or found.get("fieldId") in named:
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
                    "ticket_events": self._events(f"{self._own_entries('record')} union all {_OPENINGS}"),
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

    @property
    def _parts(self) -> Sequence[_Part]:
        return _PARTS[self.options.deployment]

    def _own_entries(self, issues: str) -> str:
        """SQL query: what happened to an issue as it came with it."""
        lists = ", ".join(part.own_entries for part in self._parts)
        return f"""select load_id, record_number, record_key as issue, unnest(list_concat({lists})) as entry
            from {issues}"""

    def _changes(self, entries: str) -> str:
        """SQL relation: one row per changed field of an entry; comments and openings have one row and no item.

        `kind` is the field, where its changes mean something.
        """
        options = self.options
        service, team = (f"item ->> '$.fieldId' = {literal(f)}" for f in (options.service_field, options.team_field))
        service += " or field = 'Component'" if options.service_field == _COMPONENTS else ""
        team += " or field = 'Team'" if options.team_field == _TEAM else ""
        return f"""(
            select *, coalesce(item ->> '$.fromString', '') as old_value,
                coalesce(item ->> '$.toString', '') as new_value,
                case when entry ->> '$.opening' then 'opening' when item is null then 'comment'
                    when {service} then 'Component' when {team} then 'Team'
                    when field in ('status', 'priority') then field end as kind
            from (
                select *, item ->> '$.field' as field
                from (
                    select *, unnest(
                        case when json_type(entry, '$.items') = 'ARRAY' then json_extract(entry, '$.items[*]')
                        else [null] end
                    ) as item
                    from ({entries})
                )
            )
        )"""

    def _firsts(self) -> str:
        """SQL of CTEs: each issue's value of each field at opening, and its service after each entry that moved it.

        The entry 0 is the opening. A service was there then if it was taken away before it was ever added, or if it is
        there now and was never moved.
        """
        entries = f"{self._own_entries('issues')} union all {_OTHER_ENTRIES.format('changelog')}"
        return f"""
            changes as materialized (
                select issue, cast(entry ->> '$.id' as bigint) as entry_id, kind, old_value, new_value
                from {self._changes(entries)} where kind not in ('opening', 'comment')
            ),
            first_changes as (
                select issue, kind, old_value from changes where kind <> 'Component'
                qualify row_number() over (partition by issue, kind order by entry_id) = 1
            ),
            firsts as (
                select issue, map(list(kind), list(old_value)) as first_values from first_changes group by all
            ),
            moves as (
                select issue, entry_id, unnest([old_value, new_value]) as service, unnest([false, true]) as is_added
                from changes where kind = 'Component'
            ),
            known as (
                select issue, service, not arg_min(is_added, entry_id) as was_there from moves
                where service <> '' group by all
                union all
                select issue, service, true
                from (
                    select record_key as issue, unnest({_names_of(self.options.service_field)}) as service from issues
                ) as now
                semi join moves using (issue) anti join moves using (issue, service)
                where service is not null
            ),
            points as (select distinct issue, unnest([0, entry_id]) as entry_id from moves),
            served as (
                select points.issue, points.entry_id, known.service,
                    coalesce(arg_max(moves.is_added, moves.entry_id), any_value(known.was_there)) as is_there
                from points inner join known on points.issue = known.issue
                left join moves on known.issue = moves.issue and known.service = moves.service
                    and points.entry_id >= moves.entry_id
                group by all
            ),
            services as (
                select *, lag(service ignore nulls) over (partition by issue order by entry_id) as service_before
                from (
                    select issue, entry_id, min(service) filter (is_there) as service from served group by all
                )
            )"""

    def _reads_of_issues(self) -> list[str]:
        options = self.options
        named = [options.customer_field, options.service_field, options.team_field]
        return [
            *(path for field in named for path in _name_paths(field)),
            *(f"$.{part.place}.{part.entries}[*]{path}" for part in self._parts for path in _ENTRY),
            *(f"$.{part.place}.total" for part in self._parts),
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
            "customer_id": f"{_names_of(options.customer_field)}[1]",
            "service_id": "case when services.issue is null"
            f" then list_min({_names_of(options.service_field)}) else services.service end",
            "team_id": _opening("Team", f"{_names_of(options.team_field)}[1]"),
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
        with_openings = """record left join firsts on record.record_key = firsts.issue
            left join services on record.record_key = services.issue and services.entry_id = 0"""
        return Rows(columns, with_openings, prepare=self._firsts())

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
                "value": f"case kind when 'opening' then {opening} when 'Component' then services.service"
                " when 'priority' then coalesce(nullif(new_value, ''), 'none') else nullif(new_value, '') end",
                "actor_role": _ROLE,
                "is_public": "case kind when 'comment' then"
                f" coalesce(entry ->> '$.jsdPublic', case when {_IS_INTERNAL} then 'false' else 'true' end) end",
                "recorded_at": "entry ->> '$.created'",
            },
            f"""(
                select *, cast(entry ->> '$.id' as bigint) as entry_id from {self._changes(entries)}
                -- each component that an entry moves is a change, and what comes of all of them one event
                qualify kind is distinct from 'Component'
                    or row_number() over (partition by load_id, record_number, kind, entry ->> '$.id') = 1
            ) as record
            inner join issues on record.issue = issues.record_key
            left join firsts on record.issue = firsts.issue
            left join services on record.issue = services.issue and record.entry_id = services.entry_id""",
            f"kind is not null and not (kind = 'opening' and {opening} in ({new_words}))"
            " and (kind <> 'Component' or services.service <> coalesce(services.service_before, ''))",
            self._firsts(),
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
        """What a search cut short, then its next page. Raises ValueError for an answer to nobody in particular."""
        signed = {word.strip() for word in page.headers.get("x-seraph-loginreason", "").split(",")}
        if signed & _REFUSED and "OK" not in signed:
            raise ValueError("Jira refused the sign-in and answered as if nobody had asked; check user and token")
        if request.feed != "issues":
            return _counted(request, page)
        version = "3" if self.options.deployment == "cloud" else "2"
        longer = [
            Request(
                part.feed,
                f"/rest/api/{version}/issue/{record['id']}/{part.path}",
                (("startAt", "0"), ("maxResults", "100"), *part.params),
                note={"issue": record["id"]},
            )
            for record in page.records
            for part in self._parts
            if not part.is_whole(record)
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
