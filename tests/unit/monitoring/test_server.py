"""The web server, over a real socket."""

import asyncio
import gzip
from collections.abc import Sequence

import aiohttp
import pytest
from aiohttp import web

from alerts.errors import SettingsError
from stream.monitoring import guarded_server
from stream.monitoring.metrics import Metrics
from stream.monitoring.rendered import RenderedMetrics
from stream.monitoring.server import serve
from tests.builders import plan_of
from tests.fakes import FakeWorker

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]

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


@pytest.mark.parametrize(
    "accept", ["text/plain;version=x", "application/openmetrics-text;version=;;=", ";,;", "q" * 3000]
)
def test_an_odd_accept_header_gets_metrics(accept: str) -> None:
    """Whatever it holds, in some format that Prometheus reads."""
    status, _, text = _get("/metrics", FakeWorker(), accept)
    assert (status, "tocsin_build_info" in text) == (200, True)


def test_connections_that_send_half_a_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are cut off, however many there are, and others are answered."""
    monkeypatch.setattr(guarded_server, "HEAD_S", 0.5)

    async def run() -> None:
        metrics = Metrics(plan_of(RULES).rulebook)
        server = await serve("127.0.0.1", 0, metrics, FakeWorker())
        try:
            slow = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(300)]
            for _, writer in slow:
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")
            ends = await asyncio.wait_for(
                asyncio.gather(*(reader.read() for reader, _ in slow), return_exceptions=True), 20
            )
            assert len(ends) == 300
            async with aiohttp.request("GET", f"http://127.0.0.1:{server.port}/healthz") as answer:
                assert (answer.status, answer.headers["Connection"]) == (200, "close")
            async with aiohttp.request(
                "POST", f"http://127.0.0.1:{server.port}/metrics", data=b"x" * 100
            ) as answer:
                assert answer.status == 405
        finally:
            await server.close()

    asyncio.run(run())


async def answers_beside(port: int, slow: Sequence[Connection]) -> None:
    """See that /healthz answers soon while others hold their connections, and close these."""
    limit = aiohttp.ClientTimeout(total=guarded_server.HEAD_S / 2)
    async with aiohttp.request("GET", f"http://127.0.0.1:{port}/healthz", timeout=limit) as answer:
        assert answer.status == 200
    for _, writer in slow:
        writer.close()


def test_a_flood_of_connections_keeps_nobody_from_asking() -> None:
    """Whoever watches the worker would take it for dead: the oldest that only wait make room at once."""

    async def run() -> None:
        server = await serve("127.0.0.1", 0, Metrics(plan_of(RULES).rulebook), FakeWorker())
        try:
            slow = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(300)]
            for _, writer in slow:
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")
            await answers_beside(server.port, slow)
        finally:
            await server.close()

    asyncio.run(run())


def test_a_flood_of_those_who_never_read_keeps_nobody_from_asking() -> None:
    """They have said what they want, and hold its answer for a minute: the oldest of them make room."""

    async def endless(request: web.BaseRequest) -> web.StreamResponse | None:
        if request.path != "/endless":
            return None
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(bytes(2**16))

    async def run() -> None:
        metrics = Metrics(plan_of(RULES).rulebook)
        server = await serve("127.0.0.1", 0, metrics, FakeWorker(), endless)
        try:
            slow = []
            for _ in range(guarded_server.WANTED.connections + 20):
                slow.append(await asyncio.open_connection("127.0.0.1", server.port, limit=1))
                slow[-1][1].write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
                await asyncio.sleep(0)
            await answers_beside(server.port, slow)
        finally:
            await server.close()

    asyncio.run(run())


def test_a_client_that_closes_its_side_is_answered() -> None:
    """As a shell's `nc -N` does."""

    async def run() -> bytes:
        server = await serve("127.0.0.1", 0, Metrics(plan_of(RULES).rulebook), FakeWorker())
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
            writer.write_eof()
            return await reader.read()
        finally:
            await server.close()

    assert asyncio.run(run()).endswith(b"ok\n")


def test_metrics_are_read_once_a_second() -> None:
    """However many ask at once, in gzip and without."""

    async def run() -> None:
        now_s, metrics = [5.0], Metrics(plan_of(RULES).rulebook)
        rendered = RenderedMetrics(metrics, lambda: now_s[0])
        first = await rendered.page({})
        metrics.rules_refused()
        assert [await rendered.page({}) for _ in range(3)] == [first] * 3
        packed = await rendered.page({"Accept-Encoding": "gzip"})
        assert b"tocsin_rules_reload_success 0.0" in gzip.decompress(packed.body)
        now_s[0] = 6.5
        assert b"tocsin_rules_reload_success 0.0" in (await rendered.page({})).body

    asyncio.run(run())
