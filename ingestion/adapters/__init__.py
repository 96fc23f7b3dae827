"""Adapters: one file per system, and the one list of them.

Belongs here: the registry of what reads files; connectors have one of their own. Does not belong here: what any
adapter does. Sits between pull, which asks for an adapter by the source's type, and the adapters.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ingestion.adapters.base import Adapter
from ingestion.adapters.connector import ConnectorAdapter
from ingestion.adapters.files import FilesAdapter
from ingestion.adapters.servicenow_audit_log import ServicenowAuditLogAdapter
from ingestion.adapters.statuspage_incidents import StatuspageIncidentsAdapter
from ingestion.adapters.survey_wide_csv import SurveyWideCsvAdapter
from ingestion.adapters.upptime import UpptimeAdapter
from ingestion.connectors import CONNECTORS
from ingestion.errors import SourceError
from ingestion.options import read_options

ADAPTERS: Mapping[str, Any] = MappingProxyType(
    {
        "files": FilesAdapter,
        "servicenow_audit_log": ServicenowAuditLogAdapter,
        "statuspage_incidents": StatuspageIncidentsAdapter,
        "survey_wide_csv": SurveyWideCsvAdapter,
        "upptime": UpptimeAdapter,
    }
)


def adapter_for(name: str, kind: str, options: Mapping[str, Any]) -> Adapter:
    """The adapter of a source of type `kind`. Raises SourceError for an unknown type or wrong options."""
    if kind in CONNECTORS:
        connector = CONNECTORS[kind](read_options(CONNECTORS[kind].options_model, name, options))
        feeds = [feed.name for feed in connector.feeds()]
        for feed in connector.options.leave_out:
            if feed not in feeds:
                raise SourceError(name, f'leaveOut: "{feed}" is no raw feed of {kind}; there are {", ".join(feeds)}')
        return ConnectorAdapter(connector)
    if kind not in ADAPTERS:
        raise SourceError(name, f'type "{kind}" is unknown; known types: {", ".join(sorted((*ADAPTERS, *CONNECTORS)))}')
    adapter = ADAPTERS[kind]
    made: Adapter = adapter(read_options(adapter.options_model, name, options))
    return made
