"""Connectors: one small file per system, and the one list of them.

Belongs here: the registry. Does not belong here: anything that more than one connector needs (base, pulling).
Sits between the adapters, which ask for a connector by the source's type, and the systems' own files.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ingestion.connectors.base import Connector
from ingestion.connectors.fivetran_servicenow import FivetranServiceNow
from ingestion.connectors.fivetran_zendesk import FivetranZendesk
from ingestion.connectors.icinga import Icinga
from ingestion.connectors.ics import Ics
from ingestion.connectors.jira import Jira
from ingestion.connectors.pagerduty import PagerDuty
from ingestion.connectors.pingdom import Pingdom
from ingestion.connectors.prometheus import Prometheus
from ingestion.connectors.qualtrics import Qualtrics
from ingestion.connectors.request_tracker import RequestTracker
from ingestion.connectors.servicenow import ServiceNow
from ingestion.connectors.statuspage import Statuspage
from ingestion.connectors.zendesk import Zendesk

CONNECTORS: Mapping[str, type[Connector[Any]]] = MappingProxyType(
    {
        "fivetran_servicenow": FivetranServiceNow,
        "fivetran_zendesk": FivetranZendesk,
        "icinga": Icinga,
        "ics": Ics,
        "jira": Jira,
        "pagerduty": PagerDuty,
        "pingdom": Pingdom,
        "prometheus": Prometheus,
        "qualtrics": Qualtrics,
        "request_tracker": RequestTracker,
        "servicenow": ServiceNow,
        "statuspage": Statuspage,
        "zendesk": Zendesk,
    }
)
