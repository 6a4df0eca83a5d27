"""The server on real sockets: what senders are answered, and what slow, large and many clients can do."""

import asyncio
import gzip
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from multidict import CIMultiDict

from stream.gateway import connections
from stream.gateway.bodies import MAX_BODY
from stream.gateway.lanes import NotPublished, Publishable
from stream.gateway.metrics import GatewayMetrics
from stream.gateway.server import Gateway
from stream.gateway.source_file import parse_sources, resolved
from stream.monitoring.open_files import Room
from tests.webhooks import SECRET, WEBHOOKS, Webhook

PATH = "/in/0123456789abcdef"
EVENT = b'{"id":"1","at":2000000000,"channel":"web"}'
SOURCES = f"""
sources:
  - {{name: ours, kind: events, path: {PATH}}}
  - {{name: desk, kind: zendesk, path: /in/desk, secret_env: SECRET, topics: {{topic_billing: billing}}, teams: {{"98738": second line}}}}
"""  # noqa: E501


class FakePublisher:
    """Keeps what it is given; `failing` is like a Kafka that does not answer, `slow_s` how long one takes."""

    def __init__(self) -> None:
        self.records: list[Publishable] = []
        self.failing = False
        self.slow_s = 0.0
        self.waiting_bytes = 0

    async def publish(self, records: Sequence[Publishable]) -> None:
        """Take them, or not."""
        await asyncio.sleep(self.slow_s)
        if self.failing:
            raise NotPublished("no broker")
        self.records += records

    def trouble(self) -> str | None:
        """As the real one."""
        return "no broker" if self.failing else None


class Running:
    """A gateway on a free port, with a client."""

    def __init__(self, gateway: Gateway, port: int, publisher: Any, client: aiohttp.ClientSession) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.publisher: FakePublisher = publisher
        self.client = client
        self.stop = gateway.stop

    async def post(
        self, path: str, body: bytes, headers: Mapping[str, str] | None = None, method: str = "POST"
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer."""
        async with self.client.request(method, self.url + path, data=body, headers=headers) as answer:
            return answer.status, dict(answer.headers), await answer.read()

    async def metrics(self) -> str:
        """What Prometheus would read."""
        return (await self.post("/metrics", b"", method="GET"))[2].decode()

    async def connect(self, *sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A bare connection on which something has been sent."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        for part in sent:
            writer.write(part)
        await writer.drain()
        return reader, writer


@asynccontextmanager
async def running() -> AsyncIterator[Running]:
    """A gateway that is gone at the end of the block."""
    sources = resolved(parse_sources(SOURCES, "s.yaml", Path()), {"SECRET": SECRET})
    publisher: Any = FakePublisher()
    gateway = Gateway(sources, publisher, GatewayMetrics(sources))
    port = await gateway.start("127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession() as client:
            yield Running(gateway, port, publisher, client)
    finally:
        await gateway.stop()


def against(scene: Callable[[Running], Awaitable[None]]) -> None:
    """Play a scene against a gateway."""

    async def play() -> None:
        async with running() as gateway:
            await scene(gateway)

    asyncio.run(play())


def test_own_events_are_written_and_counted() -> None:
    """Good ones as they came, bad ones as dead letters; both are told."""

    async def scene(gateway: Running) -> None:
        status, _, body = await gateway.post(PATH, b"[" + EVENT + b',{"id":"2"}]')
        assert status == 200
        assert orjson.loads(body) == {
            "accepted": 1,
            "refused": 1,
            "first_refused": {"reason": "missing_field", "detail": "at: want a value, got nothing"},
        }
        event, letter = gateway.publisher.records
        assert (event.topic, event.key, event.value) == ("cx.interactions", b"1", EVENT)
        assert (letter.topic, letter.key, letter.value) == ("cx.dead-letters", b"ours", b'{"id":"2"}')
        assert dict(letter.headers)["tocsin-reason"] == b"missing_field"
        metrics = await gateway.metrics()
        assert 'tocsin_gateway_events_total{source="ours",topic="cx.interactions"} 1.0' in metrics
        assert 'tocsin_gateway_dead_letters_total{reason="missing_field",source="ours"} 1.0' in metrics
        assert 'tocsin_gateway_requests_total{source="ours",status="200"} 1.0' in metrics
        assert PATH not in metrics

    against(scene)


def test_signed_requests() -> None:
    """Believed as they are, answered 401 with a byte changed, and then nothing is written."""
    (webhook,) = (each for each in WEBHOOKS if each.title == "a rating")

    async def scene(gateway: Running) -> None:
        headers = webhook.signed()
        assert (await gateway.post("/in/desk", webhook.raw, headers))[0] == 200
        assert [orjson.loads(each.value or b"") for each in gateway.publisher.records] == webhook.events
        packed = {**headers, "Content-Encoding": "gzip"}
        assert (await gateway.post("/in/desk", gzip.compress(webhook.raw), packed))[0] == 200
        gateway.publisher.records.clear()
        for body, changed in (
            (webhook.raw.replace(b"BAD", b"bad"), headers),
            (webhook.raw, Webhook(kind="zendesk", body=webhook.body, events=[]).signed(time.time() - 400)),
            (webhook.raw, {}),
        ):
            assert (await gateway.post("/in/desk", body, changed))[0] == 401
        assert gateway.publisher.records == []
        assert (
            'tocsin_gateway_refused_total{reason="stale_stamp",source="desk"} 1.0' in await gateway.metrics()
        )

    against(scene)


def test_other_requests() -> None:
    """Looks, handshakes, wrong methods and paths."""

    async def scene(gateway: Running) -> None:
        for method in ("GET", "HEAD", "OPTIONS"):
            assert (await gateway.post(PATH, b"", method=method))[0] == 200
        asked = {"WebHook-Request-Origin": "events.example"}
        _, headers, _ = await gateway.post(PATH, b"", asked, "OPTIONS")
        assert headers["WebHook-Allowed-Origin"] == "events.example"
        for method in ("PUT", "PATCH", "DELETE"):
            status, headers, _ = await gateway.post(PATH, b"{}", method=method)
            assert (status, headers["Allow"]) == (405, "POST, GET, HEAD, OPTIONS")
        for path in ("/in/nobody", PATH + "/", "/in", "/metrics"):
            assert (await gateway.post(path, EVENT))[0] == 404
        assert (await gateway.post("/in/nobody", b"", method="GET"))[0] == 404
        assert (await gateway.post("/healthz", b"", method="GET"))[0] == 200
        assert (await gateway.post("/", b"", method="GET"))[0] == 200
        assert (await gateway.post("/readyz", b"", method="GET"))[0] == 200
        assert (await gateway.post(PATH, EVENT, {"Content-Encoding": "br"}))[0] == 415
        twice = CIMultiDict([("Content-Encoding", "identity"), ("Content-Encoding", "gzip")])
        assert (await gateway.post(PATH, gzip.compress(EVENT), twice))[0] == 415
        assert (await gateway.post(PATH, b"x", {"Content-Encoding": "gzip"}))[0] == 200
        assert [dict(each.headers).get("tocsin-reason") for each in gateway.publisher.records] == [
            b"bad_encoding"
        ]

    against(scene)


def test_trouble_with_kafka_promises_nothing() -> None:
    """503 with Retry-After, unready; and 200 again when it is over."""

    async def scene(gateway: Running) -> None:
        gateway.publisher.failing = True
        status, headers, _ = await gateway.post(PATH, EVENT)
        assert (status, headers["Retry-After"]) == (503, "5")
        assert (await gateway.post("/readyz", b"", method="GET"))[0] == 503
        assert 'events_total{source="ours",topic="cx.interactions"} 0.0' in await gateway.metrics()
        gateway.publisher.failing = False
        assert (await gateway.post(PATH, EVENT))[0] == 200

    against(scene)


def test_large_bodies_are_refused() -> None:
    """By their declared length at once, else when they pass 1 MiB, bombs unpacked included."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * 2**15

    async def scene(gateway: Running) -> None:
        assert (await gateway.post(PATH, EVENT + b" " * (MAX_BODY - len(EVENT))))[0] == 200
        reader, _ = await gateway.connect(
            f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n".encode()
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 413")
        bomb = gzip.compress(bytes(50 * MAX_BODY))
        assert (await gateway.post(PATH, bomb, {"Content-Encoding": "gzip"}))[0] == 413
        try:
            async with gateway.client.post(gateway.url + PATH, data=chunks()) as answer:
                assert answer.status == 413
        except aiohttp.ClientConnectionError:
            pass  # it was still sending when the connection was ended
        assert len(gateway.publisher.records) == 1

    against(scene)


def test_slow_clients_lose_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """When others need the room: the slowest goes first, whoever sends promptly is served."""
    from stream.gateway import server  # noqa: PLC0415

    monkeypatch.setattr(server, "WANTED", Room(50, 1_024))

    async def scene(gateway: Running) -> None:
        half = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode()
        idle = [await gateway.connect(*([half] if number % 2 else [])) for number in range(200)]
        for _ in range(20):
            assert (await gateway.post(PATH, EVENT))[0] == 200
        ended = [reader for reader, _ in idle if reader.at_eof() or reader.exception()]
        assert len(ended) >= 150
        assert "tocsin_gateway_evicted_connections_total 15" in await gateway.metrics()

    against(scene)


def test_half_bodies_hold_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held of bodies that are not complete is bounded over all connections."""
    monkeypatch.setattr(connections, "HELD_BYTES", 2**20)

    async def scene(gateway: Running) -> None:
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY}\r\n\r\n".encode()
        slow = [await gateway.connect(head, b" " * 2**17) for _ in range(40)]
        assert (await gateway.post(PATH, EVENT))[0] == 200
        await asyncio.sleep(0.2)
        ended = [reader for reader, _ in slow if reader.at_eof() or reader.exception()]
        assert 30 <= len(ended) < 40

    against(scene)


def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """408 after ten seconds; here sooner."""
    from stream.gateway import server  # noqa: PLC0415

    monkeypatch.setattr(server, "BODY_S", 0.1)

    async def scene(gateway: Running) -> None:
        reader, _ = await gateway.connect(
            f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{{".encode()
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")

    against(scene)


@pytest.mark.parametrize("broken", [b"zz\r\n", b"5\r\n12345XX", b"0\r\nX: " + b"a" * 9_000])
def test_a_body_that_breaks_off_the_rules_is_told_at_once(broken: bytes) -> None:
    """Its sender would look for a slow line, were it told that the body was too slow."""

    async def scene(gateway: Running) -> None:
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        reader, writer = await gateway.connect(head, b"2c\r\n")
        await asyncio.sleep(0.05)
        writer.write(EVENT.ljust(0x2C) + b"\r\n" + broken)
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer.startswith(b"HTTP/1.1 400")
        assert answer.count(b"HTTP/") == 1
        assert gateway.publisher.records == []

    against(scene)


def test_clients_that_ask_first_are_encouraged() -> None:
    """Or refused before they have sent what nobody wants."""

    async def scene(gateway: Running) -> None:
        for length, answer in ((len(EVENT), b"HTTP/1.1 100"), (2**30, b"HTTP/1.1 413")):
            head = (
                f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
            )
            reader, writer = await gateway.connect(head.encode())
            assert (await reader.readline()).startswith(answer)
            if length == len(EVENT):
                assert await reader.readline() == b"\r\n"
                writer.write(EVENT)
                assert (await reader.readline()).startswith(b"HTTP/1.1 200")

    against(scene)


def test_who_speaks_an_older_http_is_not_encouraged() -> None:
    """Its clients know no answer but the last, and would take the word for that."""

    async def scene(gateway: Running) -> None:
        head = f"POST {PATH} HTTP/1.0\r\nContent-Length: {len(EVENT)}\r\nExpect: 100-continue\r\n\r\n"
        reader, writer = await gateway.connect(head.encode())
        await asyncio.sleep(0.05)
        writer.write(EVENT)
        assert (await reader.readline()).startswith(b"HTTP/1.0 200")

    against(scene)


def test_garbage_is_answered_without_a_word_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """It might quote a secret path."""

    async def scene(gateway: Running) -> None:
        reader, _ = await gateway.connect(f"POST {PATH} HTTP/1.1\r\nHost x\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.0 400")
        (await gateway.connect(b"\x16\x03\x01\x00\xff"))[1].close()
        assert (await gateway.post(PATH, EVENT))[0] == 200

    against(scene)
    assert PATH not in caplog.text


def test_a_client_that_closes_its_side_is_answered() -> None:
    """All that it has asked, and that nothing follows; who has asked nothing is let go at once."""

    async def scene(gateway: Running) -> None:
        gateway.publisher.slow_s = 0.05
        asked = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(EVENT)}\r\n\r\n".encode() + EVENT
        for requests in (0, 1, 3):
            reader, writer = await gateway.connect(asked * requests)
            writer.write_eof()
            answers = await asyncio.wait_for(reader.read(), 5)
            assert answers.count(b"HTTP/1.1 200 OK") == requests
            assert answers.count(b"Connection: close") == min(requests, 1)
            writer.close()
        assert len(gateway.publisher.records) == 4

    against(scene)


def test_a_client_that_leaves_in_a_body_is_let_go() -> None:
    """Nothing can follow: its place is free at once, and nothing of it counts."""

    async def scene(gateway: Running) -> None:
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(EVENT)}\r\n\r\n".encode()
        reader, writer = await gateway.connect(head, EVENT[:5])
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        assert gateway.publisher.records == []

    against(scene)


def test_at_the_end_what_has_begun_is_answered_and_told_that_it_is_the_last() -> None:
    """A body that is on its way may come in; a kept connection on which nothing is asked ends at once."""

    async def scene(gateway: Running) -> None:
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(EVENT)}\r\n\r\n".encode()
        kept, _ = await gateway.connect(head, EVENT)
        assert b"200" in await kept.readline()
        begun, writer = await gateway.connect(head, EVENT[:5])
        await asyncio.sleep(0.05)
        ending = asyncio.create_task(gateway.stop())
        assert b"Connection" not in await asyncio.wait_for(kept.read(), 5)
        writer.write(EVENT[5:])
        answer = await asyncio.wait_for(begun.read(), 5)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"Connection: close" in answer
        await asyncio.wait_for(ending, 5)
        assert len(gateway.publisher.records) == 2

    against(scene)


def test_overload_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever would have to wait behind too many others is asked to come again."""
    from stream.gateway import server  # noqa: PLC0415

    monkeypatch.setattr(server, "MOST_PENDING", 5)

    async def scene(gateway: Running) -> None:
        gateway.publisher.slow_s = 0.3
        found = await asyncio.gather(*(gateway.post(PATH, EVENT) for _ in range(20)))
        statuses = [status for status, _, _ in found]
        assert statuses.count(200) == 5
        assert statuses.count(503) == 15

    against(scene)


def test_a_taken_port_is_told() -> None:
    """As the operator's mistake."""
    from alerts.errors import SettingsError  # noqa: PLC0415

    async def scene(gateway: Running) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            other = Gateway([], gateway.publisher, GatewayMetrics([]))  # type: ignore[arg-type]  # a fake
            with pytest.raises(SettingsError, match="--port: want a free port"):
                await other.start("127.0.0.1", taken.getsockname()[1])

    against(scene)
