"""Connector `zendesk`: tickets, their events and satisfaction ratings.

Follows the Zendesk Support API v2: cursor-based incremental tickets, incremental ticket events with comment events,
incremental organizations, groups and satisfaction ratings. What Zendesk counts as system updates comes again as a new
version of a ticket. The rate that the incremental exports allow is ten requests a minute.

Ratings are asked for by their creation (`start_time`). An answer to an offer, and a later change of it, is a rating of
its own; one that was changed in place is found when all are asked for (`reconcileOn`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar

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
    next_link,
)
from ingestion.options import StrictOptions
from ingestion.readers import literal

# Ticket fields with a history, and the canonical events that their changes are.
_EVENT_FIELDS: Mapping[str, str] = MappingProxyType(
    {"status": "status", "priority": "priority", "group_id": "team", "organization_id": "customer"}
)


# Pending waits for the customer, on-hold for a third party: so Zendesk explains them.
ZENDESK_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "statusMap": {
            "open": "in_progress",
            "pending": "waiting_customer",
            "hold": "waiting_supplier",
            "solved": "resolved",
            "deleted": "cancelled",
        },
        "priorityMap": {"urgent": "P1", "high": "P2", "normal": "P3", "low": "P4"},
    }
)


class RatingOptions(StrictOptions):
    """`instrument` and `item` name the satisfaction survey, `scores` its answers on the instrument's scale."""

    instrument: str = "zendesk-satisfaction"
    item: str = "csat"
    scores: dict[str, float] = Field(default={"good": 5, "bad": 1})


class ZendeskOptions(ConnectorOptions, RatingOptions):
    """Options of a source of type `zendesk`.

    `user` with `token` signs as API token, `token` alone as OAuth access token. `service_field` is the ticket field
    that tells the service, such as `brand_id`.
    """

    words_of_system: ClassVar[Mapping[str, Mapping[str, str]]] = ZENDESK_WORDS

    token: Secret
    user: str | None = None
    requests_per_minute: int = Field(default=10, ge=1)
    service_field: str = Field(default="brand_id", pattern=r"^[a-z_]+$")


def _named(kind: str, reference: str) -> str:
    return f"coalesce((select any_value(name) from {kind} where record_key = {reference}), {reference})"


_PERSONS = ("requester_id", "submitter_id", "assignee_id", "author_id", "updater_id")
_LISTS_OF_PERSONS = ("collaborator_ids", "follower_ids", "email_cc_ids")
# The system itself, as an updater.
_NOBODY = ("-1", "0")


def _persons(found: Mapping[str, Json], pseudonym: Callable[[str], str]) -> dict[str, Json]:
    """What one object says of persons: by id, by the address a mail came from, and before a change of either."""
    named = [name for name in _PERSONS if name in found]
    said: dict[str, Json] = {name: alias(found[name], pseudonym, _NOBODY) for name in named}
    if named and "previous_value" in found:
        said["previous_value"] = alias(found["previous_value"], pseudonym, _NOBODY)
    for name in _LISTS_OF_PERSONS:
        if isinstance(found.get(name), list):
            said[name] = [alias(person, pseudonym) for person in found[name]]
    if "address" in found:
        said |= {"address": alias(found["address"], pseudonym), "name": None}
    return said


# What an event may be without: a group or a priority. An organization or service that is taken away stays the last one.
MAY_BE_EMPTY = ("comment", "priority", "group_id")
# What is read of a comment.
_COMMENT = ("author_id", "comment_present", "public", "comment_public")
# What rows, keys and cursors are made of beside fields with a history and persons.
_MEANT = frozenset(
    {
        *("id", "ticket_id", "problem_id", "event_type", "channel", "score"),
        *("public", "comment_public", "comment_present"),
        *("created_at", "updated_at", "generated_timestamp", "timestamp"),
    }
)


class Zendesk(Connector[ZendeskOptions]):
    """Cursors are Zendesk's own: `generated_timestamp` of tickets, `timestamp` of events."""

    options_model = ZendeskOptions
    doubts_empty_pages = True
    names_persons = True

    def without_persons(self, feed: str, record: Json, pseudonym: Callable[[str], str]) -> Json:
        """Ids of users wherever they stand."""
        return each_object(record, lambda found: _persons(found, pseudonym))

    def meant(self, feed: str, found: Mapping[str, Json]) -> Collection[str]:
        """Ids, times and the watched fields; a name where it is that of a group or an organization."""
        watched = {*_EVENT_FIELDS, self.options.service_field, "type"}
        told = {*_MEANT, *watched, *_PERSONS, *_LISTS_OF_PERSONS}
        if watched & set(found) or set(_PERSONS) & set(found):
            told.add("previous_value")
        return told | {"name"} if feed in ("groups", "organizations") else told

    def feeds(self) -> Sequence[PulledFeed]:
        """Tickets at opening need their events, events and ratings their ticket."""
        service = self.options.service_field
        watched = {**_EVENT_FIELDS, service: "service"}
        changes = "\n            union all ".join(
            f"""select ticket_id, '{name}' as field, child ->> '$.previous_value' as old_value, created_at, record_key
            from children where json_type(child, '$.{name}') is not null"""
            for name in (*watched, "type")
        )
        firsts = f"""
            children as (
                select *, unnest(json_extract(payload, '$.child_events[*]')) as child from ticket_events
            ),
            changes as ({changes}),
            first_changes as (
                select * from changes
                where record_key not in (
                    select record_key from children where child ->> '$.event_type' = 'Create'
                )
                qualify row_number() over (
                    partition by ticket_id, field order by created_at, cast(record_key as bigint)) = 1
            ),
            firsts as (
                select ticket_id, map(list(field), list(coalesce(old_value, ''))) as first_values
                from first_changes group by all
            )"""
        with_firsts = "record left join firsts on record.record_key = firsts.ticket_id"

        def opening(name: str) -> str:
            first = f"first_values['{name}']"
            return f"nullif(case when {first} is null then record.{name} else {first} end, '')"

        kind = opening("type")
        tickets = {
            "ticket_id": "record.record_key",
            "customer_id": _named("organizations", opening("organization_id")),
            "service_id": opening(service),
            "ticket_type": f"case {kind} when 'question' then 'request' else coalesce({kind}, 'incident') end",
            "priority": f"coalesce({opening('priority')}, 'none')",
            "opened_at": "record.created_at",
            "requester_id": "requester_id",
            "team_id": _named("groups", opening("group_id")),
            "channel": "channel",
            "parent_ticket_id": "problem_id",
        }
        opening_state = {
            "event_id": "lpad('', 15, '0') || '-opening-' || record.record_key",
            "ticket_id": "record.record_key",
            "occurred_at": "record.created_at",
            "event_type": "'status'",
            "value": opening("status"),
            "actor_role": "'system'",
        }
        return [
            PulledFeed("groups", "groups", ("id",), {"name": "$.name"}),
            PulledFeed("organizations", "organizations", ("id",), {"name": "$.name"}, cursor="updated_at"),
            PulledFeed(
                "tickets",
                "tickets",
                ("id",),
                {name: f"$.{name}" for name in (*watched, "type", "created_at", "requester_id", "problem_id")}
                | {"channel": "$.via.channel"},
                {
                    "tickets": Rows(tickets, with_firsts, prepare=firsts),
                    "ticket_events": Rows(opening_state, with_firsts, f"{opening('status')} <> 'new'", firsts),
                },
                cursor="generated_timestamp",
                looks_into=("ticket_events", "organizations", "groups"),
                deleted_when="status = 'deleted'",
            ),
            PulledFeed(
                "ticket_events",
                "ticket_events",
                ("id",),
                {"ticket_id": "$.ticket_id", "created_at": "$.created_at", "updater_id": "$.updater_id"},
                {"ticket_events": _events(watched)},
                # The value before a change is of whatever kind the field is, so that it has no kind of its own.
                tuple(f"$.child_events[*].{name}" for name in (*watched, "type", "id", "event_type", *_COMMENT)),
                cursor="timestamp",
                ticket="ticket_id",
                looks_into=("tickets", "organizations", "groups"),
            ),
            PulledFeed(
                "satisfaction_ratings",
                "satisfaction_ratings",
                ("id",),
                {name: f"$.{name}" for name in ("ticket_id", "score", "created_at", "updated_at", "comment")},
                rating_rows(
                    self.options,
                    "satisfaction_ratings",
                    "inner join tickets on record.ticket_id = tickets.record_key",
                    _named("organizations", "tickets.organization_id"),
                    f"tickets.{service}",
                ),
                cursor="created_at",
                about="$.ticket_id",
                looks_into=("satisfaction_ratings", "tickets", "organizations"),
                is_reconciled=True,
            ),
        ]

    def start(self, since: Mapping[str, datetime], now: datetime) -> Sequence[Request]:
        """Tickets before their events. Zendesk refuses a start within the last minute."""

        def begin(feed: str) -> tuple[str, str]:
            return "start_time", str(int(min(since[feed], earlier(now, 61)).timestamp()))

        size = ("page[size]", "100")
        return [
            Request("groups", "/api/v2/groups.json", (size,)),
            Request("organizations", "/api/v2/incremental/organizations.json", (begin("organizations"),)),
            Request("tickets", "/api/v2/incremental/tickets/cursor.json", (begin("tickets"),)),
            Request(
                "ticket_events",
                "/api/v2/incremental/ticket_events.json",
                (begin("ticket_events"), ("include", "comment_events")),
            ),
            Request(
                "satisfaction_ratings",
                "/api/v2/satisfaction_ratings.json",
                (size, begin("satisfaction_ratings")),
            ),
        ]

    def follow(self, request: Request, page: Page) -> Sequence[Request]:
        """Incremental exports say where their stream ends, the others whether there is more."""
        answer = page.envelope
        if request.feed in ("groups", "satisfaction_ratings"):
            has_more = (answer.get("meta") or {}).get("has_more")
            return next_link(request, answer["links"]["next"] if has_more else None)
        if answer.get("end_of_stream", not page.records):
            return []
        return next_link(request, answer.get("after_url") or answer.get("next_page"))

    def headers(self, secret: Callable[[Secret], str]) -> Mapping[str, str]:
        """An API token belongs to a user, an OAuth token stands alone."""
        if self.options.user is None:
            return bearer(secret(self.options.token))
        return basic(f"{self.options.user}/token", secret(self.options.token))


def rating_rows(options: RatingOptions, ratings: str, join: str, customer: str, service: str) -> Mapping[str, Rows]:
    """Good and bad are answers; the first rating of a ticket is its invitation, the last answer what came of it.

    `ratings` is the feed of all ratings, `join` brings the ticket to one, `customer` and `service` are SQL over it.
    """
    scores = " ".join(f"when {literal(word)} then {literal(repr(score))}" for word, score in options.scores.items())
    common = {
        "instrument_id": literal(options.instrument),
        "customer_id": customer,
        "ticket_id": "record.ticket_id",
        "service_id": service,
    }
    in_order = "created_at || lpad(record_key, 20, '0')"
    answers = {
        **common,
        "response_id": "record.record_key",
        "item": literal(options.item),
        "score": f"case record.score {scores} else record.score end",
        "responded_at": "record.updated_at",
        "comment": "record.comment",
    }
    invitations = {
        **common,
        "invitation_id": "record.record_key",
        "sent_at": "record.created_at",
        "delivered": "'true'",
        "response_id": "answer",
    }
    of_tickets = f"""of_tickets as (
        select ticket_id, arg_min(record_key, {in_order}) as invitation,
            arg_max(record_key, {in_order}) filter (score <> 'offered') as answer
        from {ratings} where score <> 'unoffered' group by all
    )"""
    return {
        "survey_responses": Rows(answers, f"record {join}", "record.score not in ('offered', 'unoffered')"),
        "survey_invitations": Rows(
            invitations,
            f"record inner join of_tickets on record.record_key = of_tickets.invitation {join}",
            prepare=of_tickets,
        ),
    }


def _events(watched: Mapping[str, str]) -> Rows:
    """One row per change of a watched field and per comment; the first comment of a ticket is its description.

    A comment is its author's: an agent who passes on a customer's mail is the updater alone.
    """
    kinds = "".join(f", case when json_type(child, '$.{name}') is not null then '{name}' end" for name in watched)
    is_comment = "child ->> '$.event_type' in ('Comment', 'VoiceComment') or child ->> '$.comment_present' = 'true'"
    meaning = " ".join(f"when '{name}' then '{kind}'" for name, kind in watched.items())
    return Rows(
        {
            "event_id": "lpad(record.record_key, 15, '0') || '-' || (child ->> '$.id') || '-' || field",
            "ticket_id": "record.ticket_id",
            "occurred_at": "record.created_at",
            "event_type": f"case field {meaning} else 'message' end",
            "value": "case field when 'comment' then null"
            f" when 'group_id' then {_named('groups', 'new_value')}"
            f" when 'organization_id' then {_named('organizations', 'new_value')}"
            " when 'priority' then coalesce(new_value, 'none') else new_value end",
            "actor_role": "case when actor_id in ('-1', '0') or actor_id is null then 'system'"
            " when actor_id = tickets.requester_id then 'customer' else 'agent' end",
            "is_public": "case field when 'comment'"
            " then coalesce(child ->> '$.public', child ->> '$.comment_public') end",
            "recorded_at": "record.created_at",
        },
        f"""(
            select *, json_extract_string(child, '$.' || field) as new_value,
                coalesce(case field when 'comment' then child ->> '$.author_id' end, updater_id) as actor_id
            from (
                select *, unnest(list_filter(
                    [case when {is_comment} then 'comment' end{kinds}], lambda name: name is not null)) as field
                from (
                    select *, unnest(json_extract(payload, '$.child_events[*]')) as child
                    from record
                    where not list_contains(json_extract_string(payload, '$.child_events[*].event_type'), 'Create')
                )
            )
        ) as record
        inner join tickets on record.ticket_id = tickets.record_key""",
        f"new_value is not null or field in {MAY_BE_EMPTY}",
    )
