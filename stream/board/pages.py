"""The board over HTTP: the page, what it shows as JSON, and news as server-sent events.

Reading needs no token, as /metrics needs none.  Acknowledging and silencing go through the API for alerts.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.resources import files
from typing import Any, Final

import orjson
from aiohttp import web

from stream.board.memory import NOTHING_SEEN, BoardMemory

PATH: Final = "/board"
NEWS_S: Final = 1.0
"""Between two looks for news, and between two beats where there is none: who hears neither is alone."""
BEAT: Final = b"event: beat\ndata: %b\n\n"
"""With why the worker is not ready, or null."""
STREAM_S: Final = 45.0
"""A stream ends before the server cuts the connection off; the browser opens the next one at once."""
MOST_STREAMS: Final = 32
RETRY_MS: Final = 500
MOST_DIGITS: Final = 16
MOST_SOUGHT: Final = 400
"""What was typed, and a line for each indicator that the page calls so."""

PARTS: Final = {
    "": ("index.html", "text/html"),
    "/": ("index.html", "text/html"),
    "/board.css": ("board.css", "text/css"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    "/board.js": ("board.js", "text/javascript"),
    "/draw.js": ("draw.js", "text/javascript"),
    "/known.js": ("known.js", "text/javascript"),
    "/words.js": ("words.js", "text/javascript"),
}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def _ready() -> None:
    """Nothing is waited for."""


class BoardPages:
    """Answers what begins with /board; `wanted` is awaited before anything is shown of `memory`.

    `ready` says what the worker waits for, None for nothing: what is shown is not how things stand meanwhile.
    """

    def __init__(
        self,
        memory: BoardMemory,
        wanted: Callable[[], Awaitable[None]],
        ready: Callable[[], str | None] = _ready,
    ) -> None:
        self._memory = memory
        self._wanted = wanted
        self._ready = ready
        self._parts = {
            path: (files("stream").joinpath("board/page", name).read_bytes(), kind)
            for path, (name, kind) in PARTS.items()
        }
        self._streams = 0
        self._run = secrets.token_hex(4)
        """Versions of another run mean nothing in this one."""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse | None:
        """The answer; None for what is no business of the board."""
        if request.path != PATH and not request.path.startswith(PATH + "/"):
            return None
        if request.method not in {"GET", "HEAD"}:
            return web.Response(status=405, headers={"Allow": "GET, HEAD", **HEADERS}, text="want GET\n")
        path = request.path.removeprefix(PATH)
        if (part := self._parts.get(path)) is not None:
            return web.Response(body=part[0], content_type=part[1], charset="utf-8", headers=HEADERS)
        await self._wanted()
        if path == "/state.json":
            return _json(request, self._told(self._memory.home(find=_sought(request))))
        if path == "/channel":  # its name is no part of the path, of which browsers leave out `.` and `..`
            name = request.query.get("name", "")
            return _json(request, {**self._memory.channel(name), "waits_for": self._ready()})
        if path == "/news":
            return await self._news(request)
        return web.Response(status=404, headers=HEADERS, text="want /board\n")

    def _told(self, page: dict[str, Any]) -> dict[str, Any]:
        version = f"{self._run}.{self._memory.version}"
        return {**page, "version": version, "waits_for": self._ready()}

    def _since(self, request: web.BaseRequest) -> int:
        """The version that the browser has: by query, or as EventSource says it when it connects again."""
        told = request.headers.get("Last-Event-ID") or request.query.get("since", "")
        run, _, version = told.partition(".")
        return int(version) if run == self._run and version.isdecimal() and len(version) < MOST_DIGITS else 0

    async def _news(self, request: web.BaseRequest) -> web.StreamResponse:
        """Changes after the version that the browser has, once a second at most; else a beat."""
        if self._streams >= MOST_STREAMS:
            return web.Response(
                status=503, headers={"Retry-After": "5", **HEADERS}, text="too many open boards\n"
            )
        self._streams += 1
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **HEADERS})
        response.force_close()
        try:
            with suppress(ConnectionError):  # the browser has left
                await self._stream(request, response)
            return response
        finally:
            self._streams -= 1

    async def _stream(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        loop = asyncio.get_running_loop()
        await response.prepare(request)
        await response.write(b"retry: %d\n\n" % RETRY_MS)
        memory, find = self._memory, _sought(request)
        sent, until = self._since(request), loop.time() + STREAM_S
        seen = memory.keys_of_a_known_page(find) if sent else NOTHING_SEEN
        while loop.time() < until:
            if (version := memory.version) != sent:
                page = self._told(memory.home(sent, seen, find))
                await response.write(b"id: %b\ndata: %b\n\n" % (page["version"].encode(), orjson.dumps(page)))
                sent = version
                seen = memory.home_keys(find)
            else:
                await response.write(BEAT % orjson.dumps(self._ready()))
            await asyncio.sleep(NEWS_S)
        await response.write_eof()


def _sought(request: web.BaseRequest) -> str:
    return request.query.get("find", "").strip()[:MOST_SOUGHT]


def _json(request: web.BaseRequest, page: dict[str, Any]) -> web.Response:
    response = web.Response(body=orjson.dumps(page), content_type="application/json", headers=HEADERS)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.enable_compression(web.ContentCoding.gzip)
    return response
