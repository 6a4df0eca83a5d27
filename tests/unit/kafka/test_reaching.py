"""Why no broker can be reached, in words that lead to the cause."""

import asyncio

import pytest
from aiohttp.test_utils import unused_port

from stream.kafka import clients
from stream.kafka.clients import why_unreachable
from stream.kafka.settings import ClientSettings


async def _told(answer: bytes | None) -> str | None:
    """Of a broker that answers so, hangs up (b""), or says nothing (None)."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if answer is None:
            await reader.read()
        writer.write(answer or b"")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        return await why_unreachable(ClientSettings(brokers=(f"127.0.0.1:{port}",)))


@pytest.mark.parametrize("answer", [b"\x15\x03\x03", b""])
def test_one_that_says_anything_is_there(answer: bytes) -> None:
    """The fault lies further up: with TLS, or the login."""
    assert asyncio.run(_told(answer)) is None


def test_one_that_takes_connections_and_says_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy before a broker that is away, or one that is frozen: passwords were to be looked at."""
    monkeypatch.setattr(clients, "PROBE_S", 0.1)
    assert "it takes connections, and says nothing" in str(asyncio.run(_told(None)))


def test_one_that_is_not_there_is_told() -> None:
    """With its place."""
    place = f"127.0.0.1:{unused_port()}"
    found = asyncio.run(why_unreachable(ClientSettings(brokers=(place,))))
    assert found == f"no Kafka broker answers at {place} (Connection refused)"
