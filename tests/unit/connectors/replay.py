"""A server on loopback that answers as a system documents it, and fails as networks do.

Belongs here: the server, the faults it can inject, and what a test needs to pull from it without waiting.
Does not belong here: any system's own answers (systems/).
"""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ingestion.pulling.outside import Outside

SERVER_TIME = datetime(2026, 3, 10, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """A request as the server got it. A parameter that came several times has its last value in `params`."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: Any

    @property
    def params(self) -> dict[str, str]:
        return dict(self.query)


@dataclass(frozen=True)
class Answer:
    """An answer. `content` is sent as JSON unless it is bytes; `is_cut`: the connection ends in the middle of it."""

    content: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False

    @property
    def body(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


Api = Callable[[Asked], Answer]
# Given the number of the request (from 1) and the answer it would get, the answer it gets.
Fault = Callable[[int, Asked, Answer], Answer]


def no_fault(number: int, asked: Asked, answer: Answer) -> Answer:
    return answer


def once(number: int, fault: Answer) -> Fault:
    """Only the request of that number gets `fault`."""
    return lambda this, asked, answer: fault if this == number else answer


def cut(number: int) -> Fault:
    """The answer to that request ends in the middle."""
    return lambda this, asked, answer: Answer(answer.body, is_cut=True) if this == number else answer


def torn(number: int) -> Fault:
    """The answer to that request is half of its JSON, and says it is whole."""
    return lambda this, asked, answer: Answer(answer.body[: len(answer.body) // 2]) if this == number else answer


@dataclass
class Replay:
    """A running server: its address, what it was asked, and the fault it injects."""

    url: str
    api: Api
    fault: Fault = no_fault
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Asked) -> Answer:
        with self.lock:
            self.asked.append(asked)
            number = len(self.asked)
        return self.fault(number, asked, self.api(asked))

    def forget(self) -> None:
        """Count requests anew."""
        self.asked.clear()


@contextmanager
def served(api: Api, tls: ssl.SSLContext | None = None) -> Iterator[Replay]:
    """Within the block the system answers on loopback, encrypted if `tls` says how."""
    replay: Replay

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # The headers and the body of an answer leave together: without it each answer waits 40 ms for the other end.
        wbufsize = -1
        disable_nagle_algorithm = True

        def _handle(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            content = self.rfile.read(length).decode()
            is_json = "json" in self.headers.get("content-type", "")
            body = json.loads(content) if is_json and content else dict(parse_qsl(content))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = tuple(parse_qsl(parts.query, keep_blank_values=True))
            answer = replay.answer(Asked(self.command, parts.path, query, headers, body))
            self.send_response_only(answer.status)
            sent = {"Date": f"{SERVER_TIME:%a, %d %b %Y %H:%M:%S} GMT", "Content-Type": "application/json"}
            for name, value in {**sent, **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if answer.is_cut:
                self.wfile.write(answer.body[: len(answer.body) // 2])
                self.close_connection = True
            else:
                self.wfile.write(answer.body)

        do_GET = do_POST = _handle

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up in the middle of an answer is part of the play."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    replay = Replay(f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}", api)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield replay
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Surroundings:
    """Secrets, a clock that only waiting moves, and what was waited for."""

    env: dict[str, str] = field(default_factory=dict)
    now: datetime = SERVER_TIME
    waited: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += timedelta(seconds=seconds)

    @property
    def outside(self) -> Outside:
        return Outside(self.env, lambda: self.now, self.sleep, lambda: 0.5)
