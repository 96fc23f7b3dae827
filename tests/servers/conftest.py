"""Real servers: started once per module, by `make test-servers` only, since they take minutes.

`SLM_TEST_SERVERS=installed` runs what is installed and skips the rest with a message; `required` turns a missing server
into an error, which is what continuous integration says.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import pytest

from tests.servers.installed import NotInstalled

Server = TypeVar("Server")
# Read when this module is loaded: the tests' own environment is cleaned of settings.
WANTED = os.environ.get("SLM_TEST_SERVERS")


@contextmanager
def started(start: Callable[[], AbstractContextManager[Server]]) -> Iterator[Server]:
    """Within the block the server runs."""
    if WANTED is None:
        pytest.skip("real servers are started by make test-servers")
    try:
        running = start()
        server = running.__enter__()
    except NotInstalled as missing:
        if WANTED == "required":
            raise
        pytest.skip(str(missing))
    try:
        yield server
    finally:
        running.__exit__(None, None, None)
