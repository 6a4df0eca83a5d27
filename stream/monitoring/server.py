"""The web server: /metrics for Prometheus, /healthz and /readyz for whoever keeps the worker running."""

import asyncio
from typing import Final

from aiohttp import web

from alerts.errors import SettingsError
from stream.monitoring.gauges import WorkerView
from stream.monitoring.metrics import Metrics

HOST: Final = "127.0.0.1"
"""Unless set: nobody else's business."""
INDEX: Final = "tocsin worker: /metrics, /healthz, /readyz\n"


class WebServer:
    """A server that runs; `port` is the one it has got."""

    def __init__(self, runner: web.AppRunner) -> None:
        self._runner = runner

    @property
    def port(self) -> int:
        """Where it listens; of use when 0 was asked for."""
        port: int = self._runner.addresses[0][1]
        return port

    async def close(self) -> None:
        """Answer no more."""
        await self._runner.cleanup()


async def serve(host: str, port: int, metrics: Metrics, view: WorkerView) -> WebServer:
    """Start the server; port 0 takes any that is free.

    Raises:
        SettingsError: it cannot listen there.
    """
    pages = _Pages(metrics, view)
    app = web.Application()
    app.add_routes(
        [
            web.get("/", pages.index),
            web.get("/metrics", pages.metrics),
            web.get("/healthz", pages.healthz),
            web.get("/readyz", pages.readyz),
        ]
    )
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except (OSError, OverflowError) as error:
        await runner.cleanup()
        told = getattr(error, "strerror", None) or error
        raise SettingsError(f"--port: want a free port of {host}, got {port}: {told}") from error
    return WebServer(runner)


class _Pages:
    def __init__(self, metrics: Metrics, view: WorkerView) -> None:
        self._metrics = metrics
        self._view = view

    async def index(self, _request: web.Request) -> web.Response:
        """What there is."""
        return web.Response(text=INDEX)

    async def metrics(self, request: web.Request) -> web.Response:
        """All metrics, in the format that was asked for."""
        encode, content_type = self._metrics.exposition(request.headers.get("Accept", ""))
        body = await asyncio.to_thread(encode)  # with very many scopes this takes a while
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def healthz(self, _request: web.Request) -> web.Response:
        """That the process lives and its loop turns."""
        return web.Response(text="ok\n")

    async def readyz(self, _request: web.Request) -> web.Response:
        """Whether the worker is assigned and caught up; 503 with the reason if not."""
        reason = self._view.ready()
        if reason is None:
            return web.Response(text="ready\n")
        return web.Response(status=503, text=f"not ready: {reason}\n")
