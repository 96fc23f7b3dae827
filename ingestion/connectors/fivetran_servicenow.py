"""Connector `fivetran_servicenow`: the tables that Fivetran's ServiceNow connector has landed already.

Follows Fivetran's ServiceNow schema: a table per ServiceNow table with that table's own columns, so that most of an
incident stands in the row of `task` with its sys_id; references as `<column>_value`, deletions as `_fivetran_deleted`.
The queries give rows the shape of the Table API, so all else is the connector `servicenow`. Needed are the tables
incident, task, sys_audit, sys_user, task_sla, sys_user_group, core_company and cmdb_ci_service.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import ClassVar

from ingestion.connectors.base import Json, PulledFeed, Request
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
    names = {column.rpartition(".")[2]: column for column in columns}
    return ", ".join(f"replace(substr(cast({at} as varchar), 1, 19), 'T', ' ') as {name}" for name, at in names.items())


class FivetranServiceNowOptions(TableOptions):
    """Options of a source of type `fivetran_servicenow`.

    `inherited_columns` says that Fivetran was set up to include inherited columns: `incident` then has those of `task`
    too, and `task` is not read.
    """

    words_of_system: ClassVar[Mapping[str, Mapping[str, str]]] = SERVICENOW_WORDS

    inherited_columns: bool = False


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
                select incident.sys_id, task.number, task.company_value as company,
                    task.business_service_value as business_service, task.priority,
                    {_seconds("task.opened_at", "incident.resolved_at", "task.closed_at", "task.sys_updated_on")},
                    incident.caller_id_value as caller_id, callers.user_name as "caller_id.user_name",
                    task.assignment_group_value as assignment_group, task.contact_type, incident.category,
                    incident.parent_incident_value as parent_incident, task.state, incident.hold_reason, task.made_sla,
                    incident.reopen_count, task.reassignment_count,
                    greatest(incident._fivetran_synced, task._fivetran_synced) as _fivetran_synced
                from {{incident}} as incident
                inner join {{task}} as task on incident.sys_id = task.sys_id
                left join (select sys_id as user_id, user_name from {{sys_user}}) as callers
                    on incident.caller_id_value = callers.user_id""",
            "audit": f"""
                select sys_id, documentkey, fieldname, oldvalue, newvalue, record_checkpoint,
                    {_seconds("sys_created_on")}, sys_created_by, _fivetran_synced
                from {{sys_audit}}
                where tablename = 'incident' and fieldname in ('state', 'hold_reason', 'priority', 'assignment_group',
                    'business_service', 'company', 'comments', 'work_notes')""",
            "task_sla": "select sys_id, task_value as task, has_breached, _fivetran_synced from {task_sla}",
            # Fivetran adds the column with the first row that was deleted; until then the name is `absent`'s.
            "deletion": """
                select sys_id, sys_id as documentkey, _fivetran_synced
                from (select false as _fivetran_deleted) as absent
                cross join lateral (
                    select sys_id, _fivetran_synced, _fivetran_deleted as is_deleted from {incident}
                ) as found
                where is_deleted""",
            "group": "select sys_id, name, _fivetran_synced from {sys_user_group}",
            "company": "select sys_id, name, _fivetran_synced from {core_company}",
            "service": "select sys_id, name, _fivetran_synced from {cmdb_ci_service}",
        }
    )
    keys = MappingProxyType(dict.fromkeys(queries, "sys_id"))
    # Deletions that Fivetran finds when it reads a table anew leave the time of syncing as it was: all are asked for.
    cursors = MappingProxyType({name: _SYNCED for name in queries if name != "deletion"})

    def query(self, request: Request) -> str:
        """The select of one page; with inherited columns an incident's own row is that of its task too."""
        query = super().query(request)
        return query.replace("{task}", "{incident}") if self.options.inherited_columns else query

    def feeds(self) -> Sequence[PulledFeed]:
        """The feeds of ServiceNow, changed when Fivetran last wrote them."""
        return [replace(feed, records="", cursor=self.cursors.get(feed.name)) for feed in servicenow_feeds()]
