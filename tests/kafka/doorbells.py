"""Receivers on this machine, with every fault that receivers have: they answer by path, each in its way.

What they took is kept with key, body and time, so that tests can say what came, how often and in which order.
"""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Answering(Enum):
    """How a receiver answers."""

    WELL = "well"
    FAULT = "500"
    HANGS = "hangs"
    BUSY = "429"  # with Retry-After
    GONE = "410"
    CUT = "cut"  # closes in the middle of its answer


@dataclass(frozen=True, slots=True)
class Ring:
    """One request that was taken: its key and body, and when it came (monotonic seconds)."""

    key: str
    body: dict[str, Any]
    at_s: float


@dataclass
class Doorbells:
    """Receivers by path on one port; one that is not named answers well."""

    port: int
    scheme: str = "http"
    ways: dict[str, Answering] = field(default_factory=dict)
    taken: dict[str, list[Ring]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What receivers answer when they answer well, as JSON; nothing unless it is here."""
    asked: dict[str, list[str]] = field(default_factory=dict)
    """Keys of every request, taken or not."""

    @property
    def url(self) -> str:
        """Where they are."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def at(self, name: str) -> list[Ring]:
        """What a receiver has taken, in its order."""
        return list(self.taken.get(name, ()))


def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _handler(bells: Doorbells) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            name, key = self.path.removeprefix("/"), self.headers.get("webhook-id", "")
            bells.asked.setdefault(name, []).append(key)
            match bells.ways.get(name, Answering.WELL):
                case Answering.WELL:
                    bells.taken.setdefault(name, []).append(Ring(key, json.loads(body), time.monotonic()))
                    answer = json.dumps(bells.answers.get(name, {})).encode()
                    self._answer(200, {"Content-Length": str(len(answer))})
                    self.wfile.write(answer)
                case Answering.FAULT:
                    self._answer(500)
                case Answering.BUSY:
                    self._answer(429, {"Retry-After": "1"})
                case Answering.GONE:
                    self._answer(410)
                case Answering.HANGS:
                    time.sleep(3)
                    self.close_connection = True
                case Answering.CUT:
                    self._answer(200, {"Content-Length": "100"})
                    self.wfile.write(b"half of")
                    self.close_connection = True

        def _answer(self, status: int, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # whoever asked has gone

    return Handler


@contextmanager
def listening(bells: Doorbells, tls: ssl.SSLContext | None = None) -> Iterator[Doorbells]:
    """Answer until the end of the block; the receivers may listen again later, at the same port."""

    class Server(ThreadingHTTPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_arguments: object) -> None:
            """A handshake that fails is what some tests want."""

    server = Server(("127.0.0.1", bells.port), _handler(bells))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield bells
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
