"""The systems that the replay server can play, one file each: OPTIONS and SECRETS of a source, and its Api."""

from types import ModuleType

from tests.unit.connectors.systems import (
    ics,
    jira,
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
    "pagerduty": pagerduty,
    "pingdom": pingdom,
    "prometheus": prometheus,
    "qualtrics": qualtrics,
    "request_tracker": request_tracker,
    "servicenow": servicenow,
    "statuspage": statuspage,
    "zendesk": zendesk,
}
