"""The canonical feeds: the single definition of what every adapter produces and every warehouse model reads.

Belongs here: names, columns, types, keys, admitted values and own-time columns of the canonical feeds.
Does not belong here: how a system's records become such rows (adapters), or what is done with them (the warehouse).
Sits at the bottom of ingestion: imported by every other module of the room.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["text", "instant", "date", "boolean", "double", "bigint", "decimal"]

SQL_TYPES: MappingProxyType[Kind, str] = MappingProxyType(
    {
        "text": "VARCHAR",
        "instant": "TIMESTAMP",  # UTC, without zone, whole seconds
        "date": "DATE",
        "boolean": "BOOLEAN",
        "double": "DOUBLE",
        "bigint": "BIGINT",
        "decimal": "DECIMAL(18,2)",
    }
)

TICKET_TYPES = ("incident", "request", "problem", "change", "task")
STATUSES = (
    "new",
    "in_progress",
    "waiting_customer",
    "waiting_supplier",
    "waiting_internal",
    "on_hold",
    "resolved",
    "closed",
    "cancelled",
    "merged",
)
EVENT_TYPES = (
    "status",
    "priority",
    "service",
    "customer",
    "team",
    "message",
    "promise",
    "promise_delivered",
    "promise_notice",
)
# An event of these types says nothing without a value. `team` is not among them: no value = no team any more.
EVENT_TYPES_WITH_VALUE = (
    "status",
    "priority",
    "service",
    "customer",
    "promise",
    "promise_delivered",
    "promise_notice",
)
# Where an accepted row was landed. `raw_feed` is landing's name of the feed; `file` is the file, or what was asked for;
# `line` is the line in it.
PLACE = (
    ("source", "VARCHAR"),
    ("raw_feed", "VARCHAR"),
    ("load_id", "VARCHAR"),
    ("record_number", "BIGINT"),
    ("file", "VARCHAR"),
    ("line", "BIGINT"),
)
CHECK_STATUSES = ("up", "down", "degraded", "maintenance", "unknown")
OUTAGE_KINDS = ("outage", "partial", "degraded", "maintenance")


@dataclass(frozen=True)
class Column:
    """One column of a canonical feed.

    `values` are the admitted values, `refusal` the reason code of any other; `mapped_by` is the source option that
    translates the source's own words; `default` fills an absent or empty value; `is_free_text` keeps outer spaces;
    `is_person`: it names a person, and is a pseudonym or empty.
    """

    name: str
    kind: Kind = "text"
    is_required: bool = False
    values: tuple[str, ...] = ()
    refusal: str = "unknown_value"
    mapped_by: str | None = None
    default: str | None = None
    is_free_text: bool = False
    is_person: bool = False

    @property
    def sql_type(self) -> str:
        """DuckDB's name of the column's type."""
        return SQL_TYPES[self.kind]


@dataclass(frozen=True)
class Feed:
    """One canonical feed: one row per `key`. `own_time` is an SQL expression over its columns, None = timeless.

    `extra` are columns of the accepted rows that come from the source's options, not from its records.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    own_time: str | None
    extra: tuple[Column, ...] = ()

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"feed {self.name} has no column {name}")

    @property
    def column_names(self) -> tuple[str, ...]:
        """The canonical columns in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns without which a row says nothing."""
        return tuple(column.name for column in self.columns if column.is_required)

    @property
    def persons(self) -> tuple[str, ...]:
        """The columns that name a person."""
        return tuple(column.name for column in self.columns if column.is_person)

    @property
    def free_texts(self) -> tuple[str, ...]:
        """The columns that hold what somebody wrote."""
        return tuple(column.name for column in self.columns if column.is_free_text)

    @property
    def accepted_columns(self) -> tuple[tuple[str, str], ...]:
        """Name and SQL type of every column of the accepted rows, in order."""
        return PLACE + tuple((column.name, column.sql_type) for column in (*self.columns, *self.extra))


def _text(name: str, **more: object) -> Column:
    return Column(name, "text", **more)  # type: ignore[arg-type]


def _needed(name: str, kind: Kind = "text", **more: object) -> Column:
    return Column(name, kind, is_required=True, **more)  # type: ignore[arg-type]


_CUSTOMER = _needed("customer_id", mapped_by="customerMap")
_SERVICE = _needed("service_id", mapped_by="serviceMap")
_ANY_SERVICE = _text("service_id", mapped_by="serviceMap")
_ANY_TEAM = _text("team_id", mapped_by="teamMap")

_FEEDS = (
    Feed(
        "tickets",
        (
            _needed("ticket_id"),
            _CUSTOMER,
            _SERVICE,
            _needed("ticket_type", values=TICKET_TYPES),
            _needed("priority", mapped_by="priorityMap"),
            _needed("opened_at", "instant"),
            _text("requester_id", is_person=True),
            _ANY_TEAM,
            _text("channel"),
            _text("category"),
            _text("parent_ticket_id"),
            Column("source_made_sla", "boolean"),
            Column("source_reopen_count", "bigint"),
            Column("source_reassignment_count", "bigint"),
            Column("source_resolved_at", "instant"),
            Column("source_closed_at", "instant"),
        ),
        key=("ticket_id",),
        own_time="opened_at",
    ),
    Feed(
        "ticket_events",
        (
            _needed("event_id"),
            _needed("ticket_id"),
            _needed("occurred_at", "instant"),
            _needed("event_type", values=EVENT_TYPES, refusal="unknown_event_type"),
            _text("value"),  # its maps and admitted values depend on event_type: see the adapter
            _text("actor_role", values=("customer", "agent", "system")),
            Column("is_public", "boolean"),
            Column("promised_for", "instant"),
            Column("recorded_at", "instant"),
        ),
        key=("event_id",),
        own_time="occurred_at",
    ),
    Feed(
        "outages",
        (
            _needed("outage_id"),
            _SERVICE,
            _needed("started_at", "instant"),
            Column("ended_at", "instant"),
            _needed("kind", values=OUTAGE_KINDS),
            _text("cause", is_free_text=True),
            _text("attributed_to", values=("provider", "supplier", "customer", "third_party")),
            Column("detected_at", "instant"),
            Column("notified_at", "instant"),
            Column("data_loss_seconds", "bigint"),
            Column("announced_at", "instant"),
            _text("linked_ticket_id"),
        ),
        key=("outage_id",),
        own_time="started_at",
    ),
    Feed(
        "uptime_checks",
        (
            _SERVICE,
            _needed("checked_at", "instant"),
            _needed("status", values=CHECK_STATUSES, refusal="unknown_status", mapped_by="statusMap"),
            Column("response_ms", "double"),
        ),
        key=("service_id", "checked_at"),
        own_time="checked_at",
        extra=(Column("max_gap_seconds", "bigint"),),
    ),
    Feed(
        "survey_responses",
        (
            _needed("response_id"),
            _needed("instrument_id"),
            _needed("item"),
            _needed("score", "double"),
            _needed("responded_at", "instant"),
            _CUSTOMER,
            _ANY_SERVICE,
            _text("ticket_id"),
            _ANY_TEAM,
            _text("respondent_role", values=("customer", "employee"), default="customer"),
            _text("position", values=("self", "other", "observer")),
            Column("weight", "double"),
            _text("comment", is_free_text=True),
        ),
        key=("response_id", "instrument_id", "item", "position"),
        own_time="responded_at",
    ),
    Feed(
        "survey_invitations",
        (
            _needed("invitation_id"),
            _needed("instrument_id"),
            _needed("sent_at", "instant"),
            Column("delivered", "boolean"),
            _text("response_id"),
            _CUSTOMER,
            _ANY_SERVICE,
            _text("ticket_id"),
        ),
        key=("invitation_id",),
        own_time="sent_at",
    ),
    Feed(
        "touchpoints",
        (
            _needed("touchpoint_id"),
            _CUSTOMER,
            Column("planned_at", "instant"),
            Column("held_at", "instant"),
            _needed("kind", values=("visit", "service_review", "informal", "call", "workshop")),
            _text("channel", values=("in_person", "video", "phone", "email")),
            _text("initiated_by", values=("provider", "customer")),
            _text("level", values=("strategic", "operational")),
            _text("business_outcome", is_free_text=True),
        ),
        key=("touchpoint_id",),
        # A plan for a later day is known today: only what was held later is later than as_of.
        own_time="held_at",
    ),
    Feed(
        "voice_items",
        (
            _needed("item_id"),
            _CUSTOMER,
            _needed("raised_at", "instant"),
            _text("raised_by", values=("provider", "customer")),
            _text("kind", values=("need", "risk", "praise", "complaint", "dispute")),
            _ANY_SERVICE,
            Column("answered_at", "instant"),
            _text("status"),
            _text("text", is_free_text=True),
        ),
        key=("item_id",),
        own_time="raised_at",
    ),
    Feed(
        "costs",
        (
            _SERVICE,
            _text("tier"),
            _needed("period_start", "date"),
            _needed("kind", values=("run", "change", "supplier", "credit")),
            _needed("amount", "decimal"),
            _needed("currency"),
        ),
        key=("service_id", "tier", "period_start", "kind"),
        own_time="cast(period_start as timestamp)",
    ),
    Feed(
        "employee_survey",
        (
            _needed("wave"),
            _needed("team_id", mapped_by="teamMap"),
            _needed("area"),
            _needed("mean", "double"),
            _needed("n", "bigint"),
        ),
        key=("wave", "team_id", "area"),
        own_time=None,
    ),
)

CANONICAL_FEEDS: MappingProxyType[str, Feed] = MappingProxyType({feed.name: feed for feed in _FEEDS})
