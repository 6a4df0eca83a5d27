"""The web server: /metrics for Prometheus, /healthz and /readyz for whoever keeps the worker running."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from stream.monitoring.gauges import WorkerView
from stream.monitoring.guarded_server import WANTED, GuardedServer, head_is_there
from stream.monitoring.listening import cannot_listen
from stream.monitoring.metrics import Metrics
from stream.monitoring.open_files import room
from stream.monitoring.rendered import RenderedMetrics

HOST: Final = "127.0.0.1"
"""Unless set: nobody else's business."""
INDEX: Final = "tocsin worker: /board, /metrics, /healthz, /readyz\n"


class WebServer:
    """A server that runs; `port` is the one it has got."""

    def __init__(self, runner: web.ServerRunner) -> None:
        self._runner = runner

    @property
    def port(self) -> int:
        """Where it listens; of use when 0 was asked for."""
        port: int = self._runner.addresses[0][1]
        return port

    async def close(self) -> None:
        """Answer no more."""
        await self._runner.cleanup()


More = Callable[[web.BaseRequest], Awaitable[web.StreamResponse | None]]
"""Answers requests that are no business of monitoring; None for those that are not its own either."""


async def nothing_more(_request: web.BaseRequest) -> web.StreamResponse | None:
    """There are no other pages."""
    return None


async def serve(
    host: str, port: int, metrics: Metrics, view: WorkerView, more: More = nothing_more
) -> WebServer:
    """Start the server; port 0 takes any that is free.  `more` is asked first.

    Raises:
        SettingsError: it cannot listen there.
    """
    most, waiting = room(WANTED)
    guarded = GuardedServer(_Pages(metrics, view, more).answer, most)
    runner = web.ServerRunner(guarded, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=waiting).start()
    except (OSError, OverflowError) as error:
        await runner.cleanup()
        raise cannot_listen(host, port, error) from error
    return WebServer(runner)


class _Pages:
    def __init__(self, metrics: Metrics, view: WorkerView, more: More) -> None:
        self._more = more
        self._rendered = RenderedMetrics(metrics)
        self._view = view

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The page that was asked for."""
        head_is_there(request)
        response = await self._more(request) or await self._page(request)
        response.force_close()
        return response

    async def _page(self, request: web.BaseRequest) -> web.Response:
        if request.method not in {"GET", "HEAD"}:
            return web.Response(status=405, headers={"Allow": "GET, HEAD"}, text="want GET\n")
        match request.path:
            case "/":
                return web.Response(text=INDEX)
            case "/metrics":
                return await self._metrics(request)
            case "/healthz":
                return web.Response(text="ok\n")
            case "/readyz":
                return self._readyz()
            case _:
                return web.Response(status=404, text=INDEX)

    async def _metrics(self, request: web.BaseRequest) -> web.Response:
        """All metrics, in the format that was asked for."""
        page = await self._rendered.page(request.headers)
        return web.Response(body=page.body, headers=page.headers)

    def _readyz(self) -> web.Response:
        """Whether the worker is assigned and caught up; 503 with the reason if not."""
        reason = self._view.ready()
        if reason is None:
            return web.Response(text="ready\n")
        return web.Response(status=503, text=f"not ready: {reason}\n")
