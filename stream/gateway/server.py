"""The gateway's web server: requests in, answers out only when Kafka has what they brought.

200 Kafka has it · 400 no HTTP · 401 not believed · 404 no such source · 405 another method · 408 too slow ·
413 over 1 MiB, or what the topic takes · 415 packed in a way that we do not unpack · 503 with Retry-After:
try again, nothing was promised.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Sequence
from typing import Any, Final

import orjson
from aiohttp import HttpVersion11, web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest

from stream.gateway.bodies import MAX_BODY, BodyTooLarge, UnknownCoding, unpacked
from stream.gateway.connections import READ_BUFFER, WANTED, BoundedServer
from stream.gateway.crm import Crm
from stream.gateway.lanes import NotPublished, Publishable, TooLarge
from stream.gateway.letters import letter_of
from stream.gateway.metrics import NOBODY, GatewayMetrics
from stream.gateway.publisher import Publisher
from stream.gateway.sources import ReceivedBody, RefusedMessage, Source, receive_in_slices
from stream.messages.outcomes import RecordError
from stream.monitoring.listening import cannot_listen
from stream.monitoring.open_files import room
from stream.monitoring.rendered import RenderedMetrics

log = logging.getLogger("stream.gateway")

BODY_S: Final = 10.0
"""How long a body may take to come in."""
RETRY_AFTER_S: Final = "5"
"""Zendesk tries again only if it is asked to within a minute."""
MOST_PENDING: Final = 2_000
"""Requests that wait for Kafka at a time."""
KEEPALIVE_S: Final = 75.0
STOP_S: Final = 10.0
"""How long requests that have begun may take to be answered at the end."""
INDEX: Final = "tocsin gateway: /metrics, /healthz, /readyz\n"
POST_ONLY: Final = "POST, GET, HEAD, OPTIONS"

_quiet = logging.getLogger("stream.gateway.http")
_quiet.disabled = True  # aiohttp's own words may quote a request line, and so a secret path


class Gateway:
    """A server that runs, from `start` to `stop`."""

    def __init__(
        self,
        sources: Sequence[Source],
        publisher: Publisher,
        metrics: GatewayMetrics,
        crm: Crm | None = None,
    ) -> None:
        self._sources = {source.path: source for source in sources}
        self._publisher = publisher
        self._metrics = metrics
        self._rendered = RenderedMetrics(metrics)
        self._crm = crm or Crm()
        self._pending = 0
        self._server: BoundedServer | None = None
        self._listening: asyncio.Server | None = None
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; port 0 takes any that is free.  Gives the port.

        Raises:
            SettingsError: it cannot listen there.
        """
        most, waiting = room(WANTED)
        self._server = BoundedServer(
            self._handle,
            most,
            self._metrics.evicted,
            access_log=None,
            logger=_quiet,
            auto_decompress=False,
            keepalive_timeout=KEEPALIVE_S,
            lingering_time=1.0,
            read_bufsize=READ_BUFFER,
        )
        loop = asyncio.get_running_loop()
        try:
            self._listening = await loop.create_server(self._server, host, port, backlog=waiting)
        except (OSError, OverflowError) as error:
            raise cannot_listen(host, port, error) from error
        self._sweeping = asyncio.create_task(self._server.sweep())
        found: int = self._listening.sockets[0].getsockname()[1]
        return found

    async def stop(self) -> None:
        """Take no more, answer what is there, and end."""
        if self._listening is not None:
            self._listening.close()
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self._server is not None:
            await self._server.drain(STOP_S)

    async def _handle(self, request: BaseRequest) -> web.StreamResponse:
        """Answer a request, whatever it is."""
        began_s = time.monotonic()
        source = self._sources.get(request.path)
        try:
            answer = await (self._own_page(request) if source is None else self._of_source(source, request))
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception as error:  # noqa: BLE001  # ours, and the sender's message is in its hands
            place = traceback.extract_tb(error.__traceback__)[-1]  # the words of an error may quote a message
            log.error("no answer: %s at %s:%s", type(error).__name__, place.filename, place.lineno)  # noqa: TRY400
            answer = _try_again()
        finally:
            if self._server is not None:
                self._server.answered(_handler(request))
        name = NOBODY if source is None else source.name
        self._metrics.answered(name, answer.status, time.monotonic() - began_s)
        return answer

    async def _own_page(self, request: BaseRequest) -> web.StreamResponse:
        if request.method not in {"GET", "HEAD"}:
            return _close(404, "no such source\n")
        match request.path:
            case "/":
                return web.Response(text=INDEX)
            case "/healthz":
                return web.Response(text="ok\n")
            case "/readyz":
                why = self._publisher.trouble() or self._crm.why_not_ready()
                return web.Response(
                    status=503 if why else 200, text=f"not ready: {why}\n" if why else "ready\n"
                )
            case "/metrics":
                return await self._scraped(request)
            case _:
                return _close(404, "no such source\n")

    async def _scraped(self, request: BaseRequest) -> web.StreamResponse:
        if self._server is not None:
            self._metrics.now.connections.set(self._server.open_connections)
        self._metrics.now.customers.set(len(self._crm.directory))
        self._metrics.now.unreadable.set(self._crm.unreadable)
        self._metrics.now.waiting_bytes.set(self._publisher.waiting_bytes)
        page = await self._rendered.page(request.headers)
        return web.Response(body=page.body, headers=page.headers)

    async def _of_source(self, source: Source, request: BaseRequest) -> web.StreamResponse:
        match request.method:
            case "POST":
                return await self._posted(source, request)
            case "GET" | "HEAD":  # how some systems look whether a URL is there
                return web.Response(text="ok\n")
            case "OPTIONS":
                return web.Response(headers=_handshake(request))
            case _:
                return _close(405, "want POST\n", {"Allow": POST_ONLY})

    async def _posted(self, source: Source, request: BaseRequest) -> web.StreamResponse:
        if self._pending >= MOST_PENDING or self._crm.why_not_ready():
            return _try_again()
        try:
            if (request.content_length or 0) > MAX_BODY:
                raise BodyTooLarge  # noqa: TRY301  # as one that is found out while it comes in
            if request.content.is_eof():  # it came along with the head, as small ones do
                body = request.content.read_nowait()
                self._has_all(request)
            else:
                _encourage(request)
                async with asyncio.timeout(BODY_S):
                    body = await self._body(request)
        except TimeoutError:
            return _close(408, "the body did not come in time\n")
        except web.RequestPayloadError:
            return _close(400, "the body is not as its head says\n")
        except RuntimeError as error:  # aiohttp's word for a client that was gone before we asked
            raise ConnectionResetError from error
        except BodyTooLarge:
            return _close(413, f"want at most {MAX_BODY} bytes\n")
        if len(body) > MAX_BODY:
            return _close(413, f"want at most {MAX_BODY} bytes\n")
        return await self._believed(source, request, body)

    async def _believed(self, source: Source, request: BaseRequest, body: bytes) -> web.StreamResponse:
        """Unpack, verify, understand and write."""
        now_s = time.time()
        spoilt: RecordError | None = None
        try:
            body = unpacked(body, ", ".join(request.headers.getall("Content-Encoding", [])))
        except BodyTooLarge:
            return _close(413, f"want at most {MAX_BODY} bytes\n")
        except UnknownCoding:
            return _close(415, "want gzip, deflate or nothing\n")
        except RecordError as error:
            spoilt = error
        refusal = source.verifier.refusal(request.headers, body, now_s)
        if refusal is not None:
            self._metrics.disbelieved(source.name, refusal)
            return _close(401, "not believed\n")
        if spoilt is not None:
            received = ReceivedBody(refused=[RefusedMessage(body, spoilt.reason, spoilt.detail)])
        else:
            received = ReceivedBody()
            crm = self._crm.directory
            for _ in receive_in_slices(source, request.headers, body, now_s, crm, received):
                await asyncio.sleep(0)
        return await self._published(source, received)

    async def _body(self, request: BaseRequest) -> bytes:
        """All of the body.

        Raises:
            BodyTooLarge: it is over `MAX_BODY`, or says that it is.
        """
        assert self._server is not None  # noqa: S101  # it runs
        chunks: list[bytes] = []
        size = 0
        while chunk := await request.content.readany():
            size += len(chunk)
            if size > MAX_BODY:
                raise BodyTooLarge
            chunks.append(chunk)
            if not request.content.at_eof():
                self._server.holding(_handler(request), len(chunk))
        self._has_all(request)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _has_all(self, request: BaseRequest) -> None:
        if self._server is not None:
            self._server.has_all(_handler(request))

    async def _published(self, source: Source, received: ReceivedBody) -> web.StreamResponse:
        records: list[Publishable] = [*received.events]
        records += [letter_of(source.name, each) for each in received.refused]
        self._pending += 1
        try:
            await self._publisher.publish(records)
        except TooLarge:
            return _close(413, "larger than the topic takes\n")
        except NotPublished:
            return _try_again()
        finally:
            self._pending -= 1
        self._metrics.received(source.name, received)
        if source.kind.native is None:
            return web.Response()
        return web.Response(body=_told(received), content_type="application/json")


def _encourage(request: BaseRequest) -> None:
    """Some clients wait for a word before they send a body; to those of HTTP/1.0 it would be the answer."""
    waits = request.version >= HttpVersion11 and request.headers.get("Expect", "").lower() == "100-continue"
    if waits and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _told(received: ReceivedBody) -> bytes:
    """What became of our own producers' events; they can mend what they send."""
    told: dict[str, Any] = {"accepted": len(received.events), "refused": len(received.refused)}
    if received.refused:
        first = received.refused[0]
        told["first_refused"] = {"reason": first.reason.value, "detail": first.detail}
    return orjson.dumps(told)


def _handshake(request: BaseRequest) -> dict[str, str]:
    """What CloudEvents senders ask before they send (HTTP 1.1 Web Hooks for Event Delivery)."""
    headers = {"Allow": POST_ONLY}
    origin = request.headers.get("WebHook-Request-Origin")
    if origin:
        headers["WebHook-Allowed-Origin"] = origin
        headers["WebHook-Allowed-Rate"] = "*"
    return headers


def _try_again() -> web.Response:
    return _close(503, "not written; try again\n", {"Retry-After": RETRY_AFTER_S})


def _close(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    """An answer after which the connection ends, since its body may not have been read."""
    answer = web.Response(status=status, text=text, headers=headers)
    answer.force_close()
    return answer


def _handler(request: BaseRequest) -> RequestHandler:
    return request.protocol
