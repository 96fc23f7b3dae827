"""The systems that the replay server can play, one file each: OPTIONS and SECRETS of a source, and its Api.

TYPE is the type of the source where it is not the system's name.
"""

from types import ModuleType

from tests.unit.connectors.systems import (
    ics,
    jira,
    jira_data_center,
    pagerduty,
    pingdom,
    prometheus,
    qualtrics,
    request_tracker,
    servicenow,
    statuspage,
    zendesk,
)

SYSTEMS: dict[str, ModuleType] = {
    "ics": ics,
    "jira": jira,
    "jira_data_center": jira_data_center,
    "pagerduty": pagerduty,
    "pingdom": pingdom,
    "prometheus": prometheus,
    "qualtrics": qualtrics,
    "request_tracker": request_tracker,
    "servicenow": servicenow,
    "statuspage": statuspage,
    "zendesk": zendesk,
}


def type_of(system: str) -> str:
    """The type of a source that pulls the system."""
    return str(getattr(SYSTEMS.get(system), "TYPE", system))
