"""What the impact of a status page's incident means as a kind of outage.

Belongs here: the usual meaning, and the option that changes it. Does not belong here: what a kind costs (agreements).
Sits below the adapter that reads status pages from files and the connector that asks them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator

from ingestion.feeds import OUTAGE_KINDS

IGNORE = "ignore"
IMPACT_MAP: Mapping[str, str] = MappingProxyType(
    {
        "critical": "outage",
        "major": "outage",
        "minor": "partial",
        "none": "degraded",
        "maintenance": "maintenance",
    }
)


def _impacts(value: Any) -> Any:
    if isinstance(value, dict):
        for impact, kind in value.items():
            if kind not in (*OUTAGE_KINDS, IGNORE):
                raise ValueError(f'"{impact}" is mapped to "{kind}"; write one of {", ".join((*OUTAGE_KINDS, IGNORE))}')
    return value


Impacts = Annotated[dict[str, str], BeforeValidator(_impacts)]
