"""The systems that the replay server can play, one file each: OPTIONS and SECRETS of a source, and its Api."""

from types import ModuleType

from tests.unit.connectors.systems import servicenow

SYSTEMS: dict[str, ModuleType] = {"servicenow": servicenow}
