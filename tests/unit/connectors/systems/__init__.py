"""The systems that the replay server can play, one file each: OPTIONS and SECRETS of a source, and its Api."""

from types import ModuleType

from tests.unit.connectors.systems import prometheus, request_tracker, servicenow

SYSTEMS: dict[str, ModuleType] = {
    "prometheus": prometheus,
    "request_tracker": request_tracker,
    "servicenow": servicenow,
}
