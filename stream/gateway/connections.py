"""Connections: bounded in number and in what they hold, whoever opens them and however slowly they send.

A client that keeps us waiting (for its request's head, or for its body) may be put out when others need
the room, the one that has kept us waiting longest first.  An honest client sends within milliseconds, so
it is put out last; ten thousand that open a connection and say nothing only put out each other.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from stream.monitoring.last_answers import AnsweringConnection
from stream.monitoring.open_files import Room

WANTED: Final = Room(1_000, 1_024)
"""Connections at a time, where the system allows as many files; an idle one takes some 20 KB."""
HELD_BYTES: Final = 32 * 2**20
"""Bytes of bodies that are not complete yet, over all connections."""
READ_BUFFER: Final = 2**14
"""Bytes of a body that a connection buffers before its client has to wait."""
IDLE_S: Final = 60.0
"""How long a connection may stay open without a complete head of a request."""
SWEEP_S: Final = 1.0
DRAIN_S: Final = 0.02


@dataclass(slots=True)
class _Guest:
    """A connection: since when we wait for its client, and how much of its body we hold."""

    transport: asyncio.Transport
    since_s: float
    held: int = 0


class _Connection(AnsweringConnection):
    """A connection on which a body that is broken is told as such, and not waited for."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Take bytes; what is queued behind a body that has not ended can be but what is wrong with it."""
        super().data_received(data)
        request = self._current_request
        if self._messages and request is not None and not request.content.is_eof():
            request.content.set_exception(web.RequestPayloadError())


class BoundedServer(web.Server):
    """aiohttp's low-level server with these bounds."""

    def __init__(self, handler: Any, most: int, on_evicted: Callable[[], None], **options: Any) -> None:
        """`most` connections may be open at a time."""
        super().__init__(handler, **options)
        self._most = most
        self._on_evicted = on_evicted
        self._waiting: dict[RequestHandler, _Guest] = {}  # longest first
        self._busy: dict[RequestHandler, _Guest] = {}
        self._held = 0

    def __call__(self) -> RequestHandler:
        """A connection."""
        return _Connection(self, loop=self._loop, **self._kwargs)

    @property
    def open_connections(self) -> int:
        """How many there are."""
        return len(self._waiting) + len(self._busy)

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """Let a client in; the slowest leaves when the house is full."""
        super().connection_made(handler, transport)
        self._waiting[handler] = _Guest(transport, self._now())
        if self.open_connections > self._most:
            self._evict()

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        """A client is gone."""
        super().connection_lost(handler, exc)
        self._forget(handler)

    def holding(self, handler: RequestHandler, size: int) -> None:
        """So many bytes more of a body have come, and more are to come."""
        guest = self._waiting.get(handler)
        if guest is None:
            return
        guest.held += size
        self._held += size
        while self._held > HELD_BYTES and self._evict(least=1):
            pass

    def has_all(self, handler: RequestHandler) -> None:
        """The request is complete: from now on its client waits for us."""
        guest = self._waiting.pop(handler, None)
        if guest is not None:
            self._held -= guest.held
            guest.held = 0
            self._busy[handler] = guest

    def answered(self, handler: RequestHandler) -> None:
        """From now on we wait for its client again."""
        guest = self._busy.pop(handler, None) or self._waiting.pop(handler, None)
        if guest is not None:
            self._held -= guest.held
            guest.held, guest.since_s = 0, self._now()
            self._waiting[handler] = guest

    async def sweep(self) -> None:
        """End, for ever, connections that have been idle too long."""
        while True:
            await asyncio.sleep(SWEEP_S)
            before_s = self._now() - IDLE_S
            for handler, guest in list(self._waiting.items()):
                if guest.since_s > before_s:
                    break
                self._end(handler, guest)

    async def drain(self, longest_s: float) -> None:
        """End every connection, those on which something is asked once it is answered."""
        for handler in self.connections:
            if isinstance(handler, AnsweringConnection):
                handler.end_when_answered()
        until_s = self._now() + longest_s
        while self.open_connections and self._now() < until_s:  # noqa: ASYNC110  # the last tells nobody
            await asyncio.sleep(DRAIN_S)
        await self.shutdown(DRAIN_S)

    def _evict(self, least: int = 0) -> bool:
        """Put out the client that has kept us waiting longest, of those that hold at least so much."""
        for handler, guest in self._waiting.items():
            if guest.held >= least:
                self._end(handler, guest)
                self._on_evicted()
                return True
        return False

    def _end(self, handler: RequestHandler, guest: _Guest) -> None:
        self._forget(handler)
        guest.transport.abort()

    def _forget(self, handler: RequestHandler) -> None:
        guest = self._waiting.pop(handler, None) or self._busy.pop(handler, None)
        if guest is not None:
            self._held -= guest.held

    def _now(self) -> float:
        return self._loop.time()
