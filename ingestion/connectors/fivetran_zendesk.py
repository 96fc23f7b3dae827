"""Connector `fivetran_zendesk`: the tables that Fivetran's Zendesk Support connector has landed already.

Follows Fivetran's Zendesk Support schema: ticket, ticket_field_history, ticket_comment, satisfaction_rating,
organization and group.
`ticket_field_history` has every value of a field from the ticket's creation on, so the value at opening is the one
written at creation; a field without one was empty then.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from pydantic import Field

from ingestion.connectors.base import Json, PulledFeed, Rows, alias
from ingestion.connectors.tables import KEY, TableConnector, TableOptions, utc
from ingestion.connectors.zendesk import MAY_BE_EMPTY, ZENDESK_WORDS, RatingOptions, rating_rows
from ingestion.readers import literal

_SYNCED = "_fivetran_synced"
# The columns that are asked for, but for the values of a history.
_MEANT = frozenset(
    {
        *("id", "name", "ticket_id", "problem_id", "requester_id", "user_id", "via_channel"),
        *("status", "type", "is_deleted", "field_name", "public", "score"),
        *("created", "created_at", "updated", "updated_at", KEY, _SYNCED),
    }
)
# Fields of a ticket whose values are users.
_PERSON_FIELDS = ("requester_id", "submitter_id", "assignee_id")
_KINDS = MappingProxyType(
    {"status": "status", "priority": "priority", "group_id": "team", "organization_id": "customer"}
)


class FivetranZendeskOptions(TableOptions, RatingOptions):
    """Options of a source of type `fivetran_zendesk`; `service_field` is the ticket field that tells the service."""

    words_of_system: ClassVar[Mapping[str, Mapping[str, str]]] = ZENDESK_WORDS

    service_field: str = Field(default="brand_id", pattern=r"^[a-z_]+$")


def _named(kind: str, reference: str) -> str:
    return f"coalesce((select any_value(name) from {kind} where record_key = {reference}), {reference})"


class FivetranZendesk(TableConnector[FivetranZendeskOptions]):
    """Zendesk by way of a warehouse."""

    options_model = FivetranZendeskOptions
    names_persons = True
    free_texts = ("comment",)

    def without_persons(self, feed: str, record: Json, pseudonym: Callable[[str], str]) -> Json:
        """Users, and in a history the values of fields that name them."""
        persons = [name for name in ("requester_id", "user_id") if name in record]
        if record.get("field_name") in _PERSON_FIELDS:
            persons.append("value")
        return {**record, **{name: alias(record[name], pseudonym, ("-1",)) for name in persons}}

    def meant(self, feed: str, found: Mapping[str, Json]) -> Collection[str]:
        """Every column that is asked for; in a history the values of fields that are watched or name persons."""
        is_watched = found.get("field_name") in (*_KINDS, self.options.service_field, "type", *_PERSON_FIELDS)
        return _MEANT | {"value"} if is_watched else _MEANT

    queries = MappingProxyType(
        {
            "organization": "select id, name, _fivetran_synced from {organization}",
            "group": "select id, name, _fivetran_synced from {group}",
            "ticket": f"""
                select id, status, type, requester_id, via_channel, problem_id,
                    coalesce(_fivetran_deleted, false) or coalesce(status, '') = 'deleted' as is_deleted,
                    {utc("created_at")} as created_at, _fivetran_synced
                from {{ticket}}""",
            "history": f"""
                select concat_ws('|', ticket_id, field_name, {utc("updated")}) as id, ticket_id, field_name, user_id,
                    value, {utc("updated")} as updated, _fivetran_synced
                from {{ticket_field_history}}""",
            "comment": f"""
                select id, ticket_id, user_id, public, {utc("created")} as created, _fivetran_synced
                from {{ticket_comment}}""",
            "satisfaction_rating": f"""
                select id, ticket_id, score, comment, {utc("created_at")} as created_at,
                    {utc("updated_at")} as updated_at, _fivetran_synced
                from {{satisfaction_rating}}""",
        }
    )
    keys = MappingProxyType(dict.fromkeys(queries, "id"))
    # Deletions that Fivetran finds when it reads a table anew leave the time of syncing as it was: all are asked for.
    cursors = MappingProxyType(
        {
            **dict.fromkeys(queries, _SYNCED),
            "ticket": f"case when is_deleted then timestamptz 'infinity' else {_SYNCED} end",
        }
    )

    def feeds(self) -> Sequence[PulledFeed]:
        """Tickets look into their history; history and comments into their tickets."""
        service = self.options.service_field
        kinds = {**_KINDS, service: "service"}
        meaning = " ".join(f"when '{name}' then '{kind}'" for name, kind in kinds.items())
        tickets = Rows(
            {
                "ticket_id": "record.record_key",
                "customer_id": _named("organization", "opening['organization_id']"),
                "service_id": f"opening['{service}']",
                "ticket_type": "case coalesce(opening['type'], record.type) when 'question' then 'request'"
                " else coalesce(opening['type'], record.type, 'incident') end",
                "priority": "coalesce(opening['priority'], 'none')",
                "opened_at": "created_at",
                "requester_id": "requester_id",
                "team_id": _named('"group"', "opening['group_id']"),
                "channel": "via_channel",
                "parent_ticket_id": "problem_id",
            },
            "record left join openings on record.record_key = openings.ticket_id",
            prepare="""
                firsts as (
                    select history.ticket_id, field_name, value from history
                    inner join record on history.ticket_id = record.record_key
                    where updated <= created_at and value is not null
                    qualify row_number() over (partition by history.ticket_id, field_name order by updated) = 1
                ),
                openings as (
                    select ticket_id, map(list(field_name), list(value)) as opening from firsts group by all
                )""",
        )
        role = (
            "case when record.user_id is null or record.user_id = '-1' then 'system'"
            " when record.user_id = ticket.requester_id then 'customer' else 'agent' end"
        )
        of_ticket = "record inner join ticket on record.ticket_id = ticket.record_key"
        history = Rows(
            {
                "event_id": "record.record_key",
                "ticket_id": "record.ticket_id",
                "occurred_at": "updated",
                "event_type": f"case field_name {meaning} end",
                "value": f"case field_name when 'group_id' then {_named(chr(34) + 'group' + chr(34), 'value')}"
                f" when 'organization_id' then {_named('organization', 'value')}"
                " when 'priority' then coalesce(value, 'none') else value end",
                "actor_role": role,
                "recorded_at": "updated",
            },
            of_ticket,
            f"field_name in ({', '.join(repr(name) for name in kinds)})"
            f" and (value is not null or field_name in {MAY_BE_EMPTY})"
            " and (updated > ticket.created_at or (field_name = 'status' and value <> 'new'))",
        )
        comments = Rows(
            {
                "event_id": "'comment|' || record.record_key",
                "ticket_id": "record.ticket_id",
                "occurred_at": "created",
                "event_type": "'message'",
                "actor_role": role,
                "is_public": "public",
                "recorded_at": "created",
            },
            of_ticket,
            "created > ticket.created_at",  # the first comment is the ticket's description
        )
        every_ticket = ("ticket", "organization", "group")
        # A ticket's row has neither its brand nor its organization as they are now; its history has.
        latest = " ".join(
            f"""left join (
                select ticket_id as of_ticket, arg_max(value, updated) as {name} from history
                where field_name = {literal(field)} group by all
            ) as {name}s on record.ticket_id = {name}s.of_ticket"""
            for name, field in (("service", service), ("customer", "organization_id"))
        )
        return [
            self._feed("organization", "name"),
            self._feed("group", "name"),
            PulledFeed(
                "ticket",
                "",
                ("_key",),
                {
                    name: f"$.{name}"
                    for name in ("type", "created_at", "requester_id", "via_channel", "problem_id", "is_deleted")
                },
                {"tickets": tickets},
                cursor=_SYNCED,
                looks_into=("history", "organization", "group"),
                deleted_when="is_deleted = 'true'",
            ),
            PulledFeed(
                "history",
                "",
                ("_key",),
                {name: f"$.{name}" for name in ("ticket_id", "field_name", "user_id", "value", "updated")},
                {"ticket_events": history},
                cursor=_SYNCED,
                ticket="ticket_id",
                looks_into=every_ticket,
            ),
            PulledFeed(
                "comment",
                "",
                ("_key",),
                {name: f"$.{name}" for name in ("ticket_id", "user_id", "public", "created")},
                {"ticket_events": comments},
                cursor=_SYNCED,
                ticket="ticket_id",
                looks_into=every_ticket,
            ),
            PulledFeed(
                "satisfaction_rating",
                "",
                ("_key",),
                {name: f"$.{name}" for name in ("ticket_id", "score", "comment", "created_at", "updated_at")},
                rating_rows(
                    self.options,
                    "satisfaction_rating",
                    f"{of_ticket.removeprefix('record ')} {latest}",
                    _named("organization", "customer"),
                    "service",
                ),
                cursor=_SYNCED,
                about="$.ticket_id",
                looks_into=("satisfaction_rating", "history", *every_ticket),
            ),
        ]

    def _feed(self, name: str, *fields: str) -> PulledFeed:
        return PulledFeed(name, "", ("_key",), {field: f"$.{field}" for field in fields}, cursor=_SYNCED)
