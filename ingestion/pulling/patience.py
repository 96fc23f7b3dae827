"""How long one answer may take, from the first byte that is sent to the last one that comes.

Belongs here: ending an exchange that lasts too long. Does not belong here: what is done then (client, tables).
Sits below both clients.

Libraries count anew with every byte, or do not count: a server that sends one now and then would hold a night for ever.
"""

import contextlib
import math
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Self

# So often in the time that an answer may take is looked whether it is over, and at least so often at all.
_LOOKS, _LONGEST_LOOK_SECONDS = 10, 1.0


class TookTooLong(Exception):
    """An answer that was not there in time."""


class Patience:
    """Use it as a context manager, and `answer` in it for each exchange; `noticed` is for httpcore's `trace` extension.

    One thread looks at the time now and then, and ends the connections that the exchange may be waiting for.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends_at = math.inf
        self._is_over = False
        self._sockets: list[socket.socket] = []
        self._is_closed = threading.Event()
        self._watch = threading.Thread(target=self._look, name="patience", daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_closed.set()
        self._watch.join()

    def noticed(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the sockets of connections, as they are made; making one is bounded by the library."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self.watch(info["return_value"].get_extra_info("socket"))

    def watch(self, connection: socket.socket) -> None:
        """Remember the socket of a connection, until it is closed."""
        self._sockets = [*(kept for kept in self._sockets if kept.fileno() >= 0), connection]

    @contextlib.contextmanager
    def answer(self) -> Iterator[None]:
        """Raises TookTooLong if what happens within the block is not done in time, whatever it raised then itself."""
        self._is_over = False
        self._ends_at = time.monotonic() + self._seconds
        try:
            yield
        except Exception as error:
            if self._is_over:
                raise TookTooLong from error
            raise
        finally:
            self._ends_at = math.inf
        if self._is_over:  # an answer that ends with its connection would look whole
            raise TookTooLong

    def _look(self) -> None:
        while not self._is_closed.wait(min(self._seconds / _LOOKS, _LONGEST_LOOK_SECONDS)):
            if time.monotonic() > self._ends_at:
                self._is_over = True
                for made in self._sockets:
                    with contextlib.suppress(OSError):  # closed meanwhile
                        # Not the method of an encrypted socket, which would take its state from under the reader.
                        socket.socket.shutdown(made, socket.SHUT_RDWR)
