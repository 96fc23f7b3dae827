"""What the servers of the tests have in common: whether they are there, and a port of their own."""

import socket


class NotInstalled(Exception):
    """The packages are not there; the message says which."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
