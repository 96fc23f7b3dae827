"""Connector `icinga`: hard states and downtimes from the history database of Icinga 2.

Follows the IDO schema 1.14 of Icinga 2 on PostgreSQL (`icinga_statehistory`, `icinga_downtimehistory`,
`icinga_objects`), whose times are UTC without a zone. Only hard states count; a state holds until the next change,
because nothing is written in between. A fixed downtime ends when it was scheduled to: what the database says of its
actual end is up to a minute late. A flexible one has no start until a problem triggers it.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from ingestion.connectors.base import PulledFeed, Rows
from ingestion.connectors.tables import TableConnector, TableOptions, utc

# A hundred years: as long as a state can hold.
_UNTIL_THE_NEXT_CHANGE = "PT876000H"


class IcingaOptions(TableOptions):
    """Options of a source of type `icinga`. A service is `host!service`, a host its own name; `service_map` names it.

    The words of `status_map` are `service 0` to `service 3`, and `host 0` to `host 2`. The last one is what Icinga
    writes for a host that is down behind another that is; its own reports count it as down.
    """

    words_of_system: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {
            "statusMap": {
                "host 0": "up",
                "host 1": "down",
                "host 2": "down",
                "service 0": "up",
                "service 1": "degraded",
                "service 2": "down",
                "service 3": "unknown",
            }
        }
    )

    max_gap: str | None = _UNTIL_THE_NEXT_CHANGE


_NAME = "case when objects.name2 is null then objects.name1 else objects.name1 || '!' || objects.name2 end"


class Icinga(TableConnector[IcingaOptions]):
    """A row of the history never changes; downtimes do, so all of them are read."""

    options_model = IcingaOptions
    queries = MappingProxyType(
        {
            "states": f"""
                select history.statehistory_id as id, {_NAME} as service,
                    case when objects.name2 is null then 'host ' else 'service ' end || history.state as state,
                    {utc("history.state_time")} as state_time, history.state_time as changed_at
                from {{icinga_statehistory}} as history
                inner join {{icinga_objects}} as objects on history.object_id = objects.object_id
                where history.state_type = 1""",
            "downtimes": f"""
                select history.downtimehistory_id as id, {_NAME} as service, history.comment_data,
                    history.was_started, history.was_cancelled, history.is_fixed,
                    {utc("history.entry_time")} as entry_time,
                    {utc("history.scheduled_start_time")} as scheduled_start_time,
                    {utc("history.scheduled_end_time")} as scheduled_end_time,
                    {utc("history.actual_start_time")} as actual_start_time,
                    {utc("history.actual_end_time")} as actual_end_time
                from {{icinga_downtimehistory}} as history
                inner join {{icinga_objects}} as objects on history.object_id = objects.object_id""",
        }
    )
    keys = MappingProxyType(dict.fromkeys(queries, "id"))
    cursors = MappingProxyType({"states": "changed_at"})

    def feeds(self) -> Sequence[PulledFeed]:
        """Of two changes within one second the later one holds."""
        states = Rows(
            {"service_id": "service", "checked_at": "state_time", "status": "state"},
            """(
                select * from record
                qualify row_number() over (
                    partition by load_id, service, state_time order by cast(record_key as bigint) desc) = 1
            ) as record""",
        )
        downtimes = Rows(
            {
                "outage_id": "record_key",
                "service_id": "service",
                "started_at": "case is_fixed when '1' then scheduled_start_time else actual_start_time end",
                "ended_at": "case when was_cancelled = '1' then actual_end_time when is_fixed = '1'"
                " then scheduled_end_time else actual_end_time end",
                "kind": "'maintenance'",
                "cause": "comment_data",
                "announced_at": "entry_time",
            },
            # A fixed one that was cancelled before it began has a start all the same; one that is ahead will be.
            where="was_started = '1' or (is_fixed = '1' and was_cancelled = '0')",
        )
        return [
            PulledFeed(
                "states",
                "",
                ("_key",),
                {name: f"$.{name}" for name in ("service", "state", "state_time")},
                {"uptime_checks": states},
                cursor="changed_at",
            ),
            PulledFeed(
                "downtimes",
                "",
                ("_key",),
                {
                    name: f"$.{name}"
                    for name in (
                        "service",
                        "comment_data",
                        "was_started",
                        "was_cancelled",
                        "is_fixed",
                        "entry_time",
                        "scheduled_start_time",
                        "scheduled_end_time",
                        "actual_start_time",
                        "actual_end_time",
                    )
                },
                {"outages": downtimes},
            ),
        ]
