"""The web server, over a real socket."""

import asyncio

import aiohttp
import pytest

from alerts.errors import SettingsError
from stream.monitoring.metrics import Metrics
from stream.monitoring.server import serve
from tests.builders import plan_of
from tests.fakes import FakeWorker

RULES = "rules:\n  - {name: low, indicator: csat, by: [channel], window: 30m, warning: 80}\n"


def _get(path: str, worker: FakeWorker, accept: str = "*/*") -> tuple[int, str, str]:
    """Status, content type and text of one request."""

    async def run() -> tuple[int, str, str]:
        metrics = Metrics(plan_of(RULES).rulebook)
        metrics.watch(worker)
        server = await serve("127.0.0.1", 0, metrics, worker)
        try:
            url = f"http://127.0.0.1:{server.port}{path}"
            async with aiohttp.request("GET", url, headers={"Accept": accept}) as answer:
                return answer.status, answer.headers["Content-Type"], await answer.text()
        finally:
            await server.close()

    return asyncio.run(run())


def test_alive_means_that_it_answers() -> None:
    """/healthz says ok, ready or not."""
    assert _get("/healthz", FakeWorker(reason="no broker"))[::2] == (200, "ok\n")


def test_ready_is_200_and_not_ready_503_with_the_reason() -> None:
    """/readyz says what the worker waits for."""
    assert _get("/readyz", FakeWorker())[::2] == (200, "ready\n")
    assert _get("/readyz", FakeWorker(reason="no broker"))[::2] == (503, "not ready: no broker\n")


def test_metrics_come_as_asked() -> None:
    """Prometheus asks for OpenMetrics, a person with a browser gets text."""
    status, content_type, text = _get("/metrics", FakeWorker(), "application/openmetrics-text;version=1.0.0")
    assert (status, content_type.split(";")[0]) == (200, "application/openmetrics-text")
    assert text.endswith("# EOF\n")
    status, content_type, text = _get("/metrics", FakeWorker())
    assert (status, content_type.split(";")[0]) == (200, "text/plain")
    assert "tocsin_build_info" in text


def test_the_front_page_says_what_there_is() -> None:
    """Whoever opens the port finds the way."""
    assert "/metrics" in _get("/", FakeWorker())[2]


@pytest.mark.parametrize("port", [None, 70000])
def test_a_port_that_cannot_be_had_names_the_option(port: int | None) -> None:
    """The operator reads which option, which host, which port, and why."""

    async def run() -> None:
        worker = FakeWorker()
        metrics = Metrics(plan_of(RULES).rulebook)
        first = await serve("127.0.0.1", 0, metrics, worker)
        try:
            await serve("127.0.0.1", first.port if port is None else port, metrics, worker)
        finally:
            await first.close()

    with pytest.raises(SettingsError, match=r"--port: want a free port of 127\.0\.0\.1, got [0-9]+: "):
        asyncio.run(run())
