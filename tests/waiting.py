"""Waiting for what another process does, where nothing tells that it has."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], what: str, seconds: float = 120.0) -> Found:
    """What `look` finds, as soon as it finds it."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.02)
    return found
