"""An HTTP client for measuring: bare sockets, requests made beforehand, one at a time on each connection."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

GIVE_UP_S: Final = 30.0


@dataclass(slots=True)
class Answers:
    """What came back: how many of each status, and how long each took."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.statuses.total() / self.seconds

    def percentile_s(self, share: float) -> float:
        """The latency that so many of all do not exceed."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Connection(asyncio.Protocol):
    """One connection; `ask` gives the status of the answer."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """An answer is complete when its body is."""
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        lowered = head.lower()
        at = lowered.find(b"content-length:")
        length = int(lowered[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) >= length and self._answer is not None and not self._answer.done():
            self._buffer = body[length:]
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits hears of it."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("closed"))

    def ask(self, request: bytes) -> asyncio.Future[int]:
        """Send a request; the future is the status of its answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        if self._transport.is_closing():
            self._answer.set_exception(ConnectionResetError("closed"))
        else:
            self._transport.write(request)
        return self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()


def request_of(url: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The bytes of a POST."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def connect(url: str) -> Connection:
    """A connection to where a URL leads."""
    place = urlsplit(url)
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection, place.hostname or "127.0.0.1", place.port or 80
    )
    return connection


async def closed_loop(url: str, requests: Iterator[bytes], connections: int, seconds: float) -> Answers:
    """As many as it takes: every connection asks again as soon as it is answered."""
    found = Answers()
    until_s = time.perf_counter() + seconds

    async def one() -> None:
        connection = await connect(url)
        while time.perf_counter() < until_s:
            began_s = time.perf_counter()
            status = await asyncio.wait_for(connection.ask(next(requests)), GIVE_UP_S)
            found.statuses[status] += 1
            found.latencies_s.append(time.perf_counter() - began_s)
        connection.close()

    began_s = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    found.seconds = time.perf_counter() - began_s
    return found


async def open_loop(url: str, requests: Iterator[bytes], rate: int, seconds: float) -> Answers:
    """At a steady rate, whatever comes back; latency is from when a request was due.

    Requests that find none of `rate / 2` connections free wait for one: the queue is then the server's.
    """
    found = Answers()
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(rate // 2):
        free.put_nowait(await connect(url))
    began_s = time.perf_counter()

    async def one(due_s: float) -> None:
        connection = await free.get()
        try:
            status = await asyncio.wait_for(connection.ask(next(requests)), GIVE_UP_S)
        except (ConnectionError, TimeoutError):
            status, connection = 0, await connect(url)
        found.statuses[status] += 1
        found.latencies_s.append(time.perf_counter() - due_s)
        free.put_nowait(connection)

    async with asyncio.TaskGroup() as group:
        for number in range(round(rate * seconds)):
            due_s = began_s + number / rate
            if (wait_s := due_s - time.perf_counter()) > 0:
                await asyncio.sleep(wait_s)
            group.create_task(one(due_s))
    found.seconds = time.perf_counter() - began_s
    while not free.empty():
        free.get_nowait().close()
    return found
