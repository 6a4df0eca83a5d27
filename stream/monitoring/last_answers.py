"""Connections on which what was asked is answered, also where the client has said that it sends no more.

A shell's `nc -N` and some small devices close their side with the request; a server that ends is asked
until it does.  Both hear the answer, and by `Connection: close` that it is the last.
"""

import asyncio
from typing import Any

from aiohttp import web


class AnsweringConnection(web.RequestHandler):
    """One connection, which ends when all is answered once either side wants it to."""

    __slots__ = ("_ending",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._ending = False
        super().connection_made(transport)

    def eof_received(self) -> bool:  # type: ignore[override]  # the loop asks whether to leave our side open
        """Nothing more comes; whether answers are owed: who leaves in the midst of a request is owed none."""
        self._loop.call_soon(self._leave_if_cut_short)  # once what has just come is the current request
        return self.end_when_answered()

    def end_when_answered(self) -> bool:
        """End at once where nothing is asked, else once it is answered; gives whether an answer is owed."""
        self._ending = True
        waiter = self._waiter
        if waiter is None or waiter.done():
            return True
        self.force_close()
        return False

    async def finish_response(self, request: web.BaseRequest, resp: Any, start_time: float | None) -> Any:
        """Say of the last answer that it is the last."""
        if self._ending and not self._messages:
            resp.force_close()
        return await super().finish_response(request, resp, start_time)

    def _leave_if_cut_short(self) -> None:
        """End at once if the body of a request can no longer come to its end."""
        bodies = [payload for _, payload in self._messages]
        if self._current_request is not None:
            bodies.append(self._current_request.content)
        if not all(body.is_eof() for body in bodies):
            self.force_close()
