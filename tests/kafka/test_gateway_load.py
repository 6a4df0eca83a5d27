"""The gateway under load and under abuse: near a bare handler's cost, and flat whatever clients do."""

import asyncio
import gzip
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.bench.gateway import SOURCES, measure
from tests.bench.http_load import connect, request_of
from tests.kafka.broker import Broker
from tests.kafka.gateway_process import GatewayProcess, gateway
from tests.kafka.worker_process import create_topics
from tests.webhooks import SECRET

DEAREST = 2.5
"""CPU seconds per request beside a bare handler's: the goal is 1.67 (0.6 of its requests).  CPU time is
compared, not wall time, which on a shared machine says more about its other guests."""
FLAT_MB = 96.0
CONNECTIONS = 10_000
BODY = 1 << 20


@pytest.fixture
def running(fresh_broker: Broker, tmp_path: Path) -> Iterator[GatewayProcess]:
    """A gateway with one source of ours."""
    broker = fresh_broker
    create_topics(broker.bootstrap, "load", 2)
    (tmp_path / "sources.yaml").write_text(SOURCES)
    secrets = {"TOKEN": "t", "SECRET": SECRET}
    with gateway(broker.bootstrap, tmp_path / "sources.yaml", tmp_path / "gateway.log", secrets) as found:
        yield found


def test_the_gateway_stays_near_the_bare_handler(fresh_broker: Broker) -> None:
    """A request costs at most two and a half times what it costs without everything that we do."""
    create_topics(fresh_broker.bootstrap, "load", 2)
    found = measure(fresh_broker.bootstrap, 2.0)
    assert all(set(each.answers.statuses) == {200} for each in found.values())
    cost = {name: each.cpu_us for name, each in found.items()}
    assert cost["gateway"] <= DEAREST * cost["bare"], cost
    assert cost["batches"] / 500 <= cost["gateway"] / 5, cost


def event(number: int) -> bytes:
    """A request with one event, from whom we trust."""
    body = {"id": f"load-{number}", "at": time.time(), "channel": "load"}
    return request_of("http://x", "/in/ours", orjson.dumps(body), {"Authorization": "Bearer t"})


async def served(url: str, requests: int) -> float:
    """How long the slowest of some requests took, each on a connection of its own, all answered 200."""
    slowest = 0.0
    for number in range(requests):
        began = time.perf_counter()
        connection = await connect(url)
        assert await asyncio.wait_for(connection.ask(event(number)), 20) == 200
        connection.close()
        slowest = max(slowest, time.perf_counter() - began)
    return slowest


async def crowd(url: str) -> int:
    """Ten thousand connections: a third silent, a third with half a head, a third with part of a body."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    head = f"POST /in/ours HTTP/1.1\r\nHost: x\r\nContent-Length: {BODY}\r\n\r\n".encode()
    sent = (b"", head[:40], head + b" " * 2**15)
    host, _, port = url.removeprefix("http://").partition(":")
    opened = 0
    writers = []
    for number in range(min(CONNECTIONS, soft - 500)):
        try:
            _, writer = await asyncio.open_connection(host, int(port), limit=2**10)
            writer.write(sent[number % 3])
        except OSError:
            continue
        opened += 1
        writers.append(writer)
        if number % 1_000 == 0:
            assert await served(url, 3) < 10
    worst = await served(url, 30)
    assert worst < 10, worst
    for writer in writers:
        writer.transport.abort()
    return opened


async def bombs(url: str) -> None:
    """A body that unpacks to 256 MiB, fifty times."""
    bomb = gzip.compress(bytes(256 * 2**20), 9)
    headers = {"Authorization": "Bearer t", "Content-Encoding": "gzip"}
    for _ in range(50):
        connection = await connect(url)
        assert await asyncio.wait_for(connection.ask(request_of(url, "/in/ours", bomb, headers)), 20) == 413
        connection.close()


@pytest.mark.timeout(240)
def test_abuse_is_refused_and_memory_stays_flat(running: GatewayProcess) -> None:
    """Ten thousand connections, half bodies and bombs: others are served meanwhile."""
    asyncio.run(served(running.url, 200))
    before_mb = running.rss_mb()
    assert asyncio.run(crowd(running.url)) > 1_000
    asyncio.run(bombs(running.url))
    asyncio.run(served(running.url, 50))
    assert running.rss_mb() <= before_mb + FLAT_MB
    metrics = running.ask("GET", "/metrics")[1].decode()
    evicted = next(line for line in metrics.splitlines() if line.startswith("tocsin_gateway_evicted"))
    assert float(evicted.rpartition(" ")[2]) > 0
