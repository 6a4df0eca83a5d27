"""HTTP connections that cannot be held for ever: bounded in number, in time, and in what a request may have.

One request for each connection.  Its head must be there within some seconds of connecting, and the answer
taken within a minute: whoever sends half a header, or reads a byte a second, is cut off.  Of too many
connections the oldest goes that has not said yet what it wants, else the oldest that takes its time to read
the answer, so that a flood of either keeps nobody from asking whether the worker is ready.
"""

import asyncio
import logging
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from stream.monitoring.last_answers import AnsweringConnection
from stream.monitoring.open_files import Room

HEAD_S: Final = 10.0
ANSWER_S: Final = 60.0
WANTED: Final = Room(128, 128)
MOST_LINE: Final = 4_096
MOST_HEADERS: Final = 64


class _OursAlone(logging.Filter):
    """Lets errors pass, but no request that is none: its sender is told, and a log would fill with them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is to be logged."""
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


SERVER_LOG: Final = logging.getLogger(__name__)
"""What goes wrong in answering."""
SERVER_LOG.addFilter(_OursAlone())


class _Connection(AnsweringConnection):
    """One connection, which ends when its time is over."""

    __slots__ = ("_deadline", "_head_is_there")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; one of too many goes."""
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = None
        self._head_is_there = False
        manager = self._manager
        others = [] if manager is None else manager.connections  # the oldest first
        if not isinstance(manager, GuardedServer) or len(others) > manager.most:
            open_ = [each for each in others if isinstance(each, _Connection) and each.is_open]
            older = [each for each in open_ if each is not self]
            next((each for each in older if each.is_waiting), (*older, self)[0]).cut()
        if self.is_open:
            self._allow(HEAD_S)

    @property
    def is_waiting(self) -> bool:
        """Whether nothing whole has been asked yet."""
        return not self._head_is_there and self.is_open

    @property
    def is_open(self) -> bool:
        """Whether it has not been cut."""
        return self.transport is not None and not self.transport.is_closing()

    def connection_lost(self, exc: BaseException | None) -> None:
        """The other end is gone, or its time was over."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def begin_answer(self) -> None:
        """What it wants is known: from now on it has time for the answer."""
        self._head_is_there = True
        self._allow(ANSWER_S)

    def _allow(self, seconds: float) -> None:
        """From now on it has so long."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.call_later(seconds, self.cut)

    def cut(self) -> None:
        """End it at once."""
        if self.transport is not None:
            self.transport.abort()


class GuardedServer(web.Server):
    """Makes such connections, `most` at a time; `handler` answers each request."""

    def __init__(self, handler: Any, most: int) -> None:
        self.most = most
        super().__init__(
            handler,
            access_log=None,
            logger=SERVER_LOG,
            lingering_time=0.0,
            max_line_size=MOST_LINE,
            max_field_size=MOST_LINE,
            max_headers=MOST_HEADERS,
        )

    def __call__(self) -> web.RequestHandler:
        """A connection."""
        return _Connection(self, loop=self._loop, **self._kwargs)


def head_is_there(request: web.BaseRequest) -> None:
    """The request has been read: from now on its connection has time for the answer."""
    if isinstance(request.protocol, _Connection):
        request.protocol.begin_answer()
