"""The world outside a run, as arguments: secrets, the clock, waiting, chance.

Belongs here: what a pull needs of its surroundings, so that tests wait for nothing and secrets come from one place.
Does not belong here: any decision.
"""

import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime


def _environment() -> Mapping[str, str]:
    return os.environ


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Outside:
    """The environment that holds the secrets, the clock (aware UTC), how to wait (seconds), and chance in [0, 1)."""

    env: Mapping[str, str] = field(default_factory=_environment, repr=False)
    clock: Callable[[], datetime] = _now
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
