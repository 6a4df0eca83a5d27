"""Whatever is sent to a web server of ours, it goes on to answer, and fails at nothing."""

import asyncio
import logging
import random
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from alerts.delivery.commands import Command
from alerts.delivery.mutes import Muting
from alerts.delivery.notices.ack_links import AckLinks
from alerts.delivery.open_alerts import OpenAlerts
from stream.board.memory import BoardMemory
from stream.board.pages import BoardPages
from stream.gateway.metrics import GatewayMetrics
from stream.gateway.server import Gateway
from stream.gateway.source_file import parse_sources, resolved
from stream.monitoring.metrics import Metrics
from stream.monitoring.server import serve
from stream.worker.web.alert_api import AlertApi, AlertDesk
from stream.worker.web.worker_pages import Pages
from tests.builders import plan_of
from tests.fakes import FakeWorker
from tests.http_mutations import answer, request
from tests.post import transition

RULES = "rules:\n  - {name: low, indicator: csat, by: [channel], window: 30m, warning: 80}\n"
SOURCES = "sources: [{name: ours, kind: events, path: /in/0123456789abcdef}]"
WORKER_PATHS = (
    b"/",
    b"/metrics",
    b"/healthz",
    b"/readyz",
    b"/api/alerts",
    b"/api/alerts/aa1",
    b"/api/alerts/aa1/ack",
    b"/api/silences",
    b"/board",
    b"/board/state.json",
    b"/board/channel?name=x",
    b"/board/news",
    b"*",
)
TOKEN = b"Authorization: Bearer t0ken"
CUT_SHORT = (
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    b"Content-Length: 50\r\n\r\n{}",
    b"Content-Length: 11\r\nContent-Encoding: deflate\r\n\r\n\x1f\x8b\x08\x00garbage",
)
"""Bodies that are never whole, or not what they are said to be."""
GATEWAY_PATHS = (b"/", b"/metrics", b"/healthz", b"/readyz", b"/in/0123456789abcdef", b"/in/x", b"*")
HEALTHZ = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
AT_ONCE = 25
SEEDS = range(4)


@asynccontextmanager
async def worker_server() -> AsyncIterator[int]:
    """The worker's server with the board and the API of alerts; its port."""
    alerts, muting = OpenAlerts(), Muting()
    alerts.apply(transition("aa1", 1))

    async def say(command: Command) -> None:
        muting.apply(command)

    desk = AlertDesk(
        alerts=alerts,
        muting=muting,
        say=say,
        heard=True,
        token="t0ken",  # noqa: S106  # of tests
        links=AckLinks("http://tocsin.example", b"t0ken"),
    )

    async def wanted() -> None:
        """It is read already."""

    rulebook = plan_of(RULES).rulebook
    pages = Pages(BoardPages(BoardMemory(rulebook=rulebook), wanted), AlertApi(desk))
    server = await serve("127.0.0.1", 0, Metrics(rulebook), FakeWorker(), pages.answer)
    try:
        yield server.port
    finally:
        await server.close()


@asynccontextmanager
async def gateway_server() -> AsyncIterator[int]:
    """The gateway's; its port."""
    sources = resolved(parse_sources(SOURCES, "s.yaml", Path()), {})
    publisher: Any = _Taker()
    gateway = Gateway(sources, publisher, GatewayMetrics(sources))
    try:
        yield await gateway.start("127.0.0.1", 0)
    finally:
        await gateway.stop()


class _Taker:
    """Takes all records."""

    waiting_bytes = 0

    async def publish(self, records: Sequence[Any]) -> None:
        """Take them."""

    def trouble(self) -> str | None:
        """There is none."""
        return None


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("server", "paths"), [(worker_server, WORKER_PATHS), (gateway_server, GATEWAY_PATHS)]
)
def test_whatever_is_sent_the_server_goes_on(
    server: Any, paths: Sequence[bytes], seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """No answer says that we failed, nothing is logged with a traceback, and others are answered."""
    dice = random.Random(seed)

    async def scene() -> None:
        async with server() as port:
            sent = [request(dice, paths) for _ in range(AT_ONCE)]
            for each, got in zip(
                sent, await asyncio.gather(*(answer(port, each) for each in sent)), strict=True
            ):
                assert not got or re.match(rb"HTTP/[0-9]\.[0-9] [1-4][0-9][0-9] ", got), (
                    each[:200],
                    got[:200],
                )
            assert (await answer(port, HEALTHZ)).startswith(b"HTTP/1.1 200 ")

    asyncio.run(scene())
    assert [each for each in caplog.records if each.exc_info or each.levelno >= logging.ERROR] == []


def test_a_body_that_ends_early_is_no_fault_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever has the token may leave in the middle of a word, or say another packing than it has."""

    async def scene() -> None:
        async with worker_server() as port:
            for path in (b"/api/silences", b"/api/alerts/aa1/ack"):
                head = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\n" + TOKEN + b"\r\n"
                for rest in CUT_SHORT:
                    got = await answer(port, head + rest)
                    assert not got or got.startswith(b"HTTP/1.1 400 "), (rest, got)

    asyncio.run(scene())
    assert [each for each in caplog.records if each.exc_info or each.levelno >= logging.ERROR] == []
