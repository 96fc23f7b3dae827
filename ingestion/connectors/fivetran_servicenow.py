"""Connector `fivetran_servicenow`: the tables that Fivetran's ServiceNow connector has landed already.

Follows Fivetran's ServiceNow schema: a table per ServiceNow table, references as `<column>_value`, deletions as
`_fivetran_deleted`. The queries give rows the shape of the Table API, so all else is the connector `servicenow`. Needed
are the tables incident, sys_audit, sys_user, task_sla, sys_user_group, core_company and cmdb_ci_service.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import ClassVar

from ingestion.connectors.base import Json, PulledFeed
from ingestion.connectors.servicenow import (
    SERVICENOW_WORDS,
    servicenow_feeds,
    servicenow_meant,
    servicenow_without_persons,
)
from ingestion.connectors.tables import KEY, TableConnector, TableOptions

_SYNCED = "_fivetran_synced"


def _seconds(*columns: str) -> str:
    """SQL of times as the Table API writes them."""
    return ", ".join(f"replace(substr(cast({name} as varchar), 1, 19), 'T', ' ') as {name}" for name in columns)


class FivetranServiceNowOptions(TableOptions):
    """Options of a source of type `fivetran_servicenow`."""

    words_of_system: ClassVar[Mapping[str, Mapping[str, str]]] = SERVICENOW_WORDS


class FivetranServiceNow(TableConnector[FivetranServiceNowOptions]):
    """ServiceNow by way of a warehouse."""

    options_model = FivetranServiceNowOptions
    names_persons = True

    def without_persons(self, feed: str, record: Json, pseudonym: Callable[[str], str]) -> Json:
        """Callers and those who changed something."""
        return servicenow_without_persons(record, pseudonym)

    def meant(self, feed: str, found: Mapping[str, Json]) -> Collection[str]:
        """What ServiceNow is asked for, but for comments and work notes, and what places a row."""
        return {*servicenow_meant(feed, found), KEY, _SYNCED}

    queries = MappingProxyType(
        {
            "incident": f"""
                select incident.sys_id, number, company_value as company, business_service_value as business_service,
                    priority, {_seconds("opened_at", "resolved_at", "closed_at", "sys_updated_on")},
                    caller_id_value as caller_id, callers.user_name as "caller_id.user_name",
                    assignment_group_value as assignment_group, contact_type, category,
                    parent_incident_value as parent_incident, state, hold_reason, made_sla, reopen_count,
                    reassignment_count, _fivetran_synced
                from {{incident}} as incident
                left join (select sys_id as user_id, user_name from {{sys_user}}) as callers
                    on incident.caller_id_value = callers.user_id""",
            "audit": f"""
                select sys_id, documentkey, fieldname, oldvalue, newvalue, record_checkpoint,
                    {_seconds("sys_created_on")}, sys_created_by, _fivetran_synced
                from {{sys_audit}}
                where tablename = 'incident' and fieldname in ('state', 'hold_reason', 'priority', 'assignment_group',
                    'business_service', 'company', 'comments', 'work_notes')""",
            "task_sla": "select sys_id, task_value as task, has_breached, _fivetran_synced from {task_sla}",
            "deletion": """
                select sys_id, sys_id as documentkey, _fivetran_synced from {incident} where _fivetran_deleted""",
            "group": "select sys_id, name, _fivetran_synced from {sys_user_group}",
            "company": "select sys_id, name, _fivetran_synced from {core_company}",
            "service": "select sys_id, name, _fivetran_synced from {cmdb_ci_service}",
        }
    )
    keys = MappingProxyType(dict.fromkeys(queries, "sys_id"))
    cursors = MappingProxyType(dict.fromkeys(queries, _SYNCED))

    def feeds(self) -> Sequence[PulledFeed]:
        """The feeds of ServiceNow, changed when Fivetran last wrote them."""
        return [replace(feed, records="", cursor=_SYNCED) for feed in servicenow_feeds()]
