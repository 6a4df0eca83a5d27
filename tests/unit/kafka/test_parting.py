"""A broker that takes connections and says nothing is given up soon, whatever a message's time."""

import asyncio

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.commit import OffsetFetchRequest
from aiokafka.protocol.group import SyncGroupRequest

from stream.kafka import parting
from stream.kafka.parting import ANSWER_S, GROUP_S, QuickConnection
from stream.kafka.settings import ClientSettings


def test_a_broker_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting has a patience of its own; the client's is forty seconds."""
    monkeypatch.setattr(parting, "CONNECT_S", 0.05)

    async def play() -> None:
        silent = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        client = AIOKafkaAdminClient(**ClientSettings(brokers=(f"127.0.0.1:{port}",)).client_options())
        async with asyncio.timeout(5):
            with pytest.raises(KafkaConnectionError):
                await client.start()
        await client.close()
        silent.close()

    asyncio.run(play())


class Wire:
    """Takes what is written."""

    def write(self, data: object) -> None:
        """It is gone."""

    def close(self) -> None:
        """It is gone."""


def test_each_request_has_its_own_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a group to gather has more than a rebalance; everything else less than a message."""
    waited: list[float] = []
    monkeypatch.setattr("aiokafka.conn.wait_for", lambda _, timeout: waited.append(timeout))

    async def play() -> None:
        for patience_ms in (45_000, 15_000):
            one = QuickConnection("127.0.0.1", 1, request_timeout_ms=patience_ms)
            one._writer, one._versions = Wire(), {9: (0, 3), 14: (0, 3)}
            one.send(OffsetFetchRequest("group", []))
            one.send(SyncGroupRequest("group", 1, "member", None, []))
            assert one._request_timeout == patience_ms / 1000

    asyncio.run(play())
    assert waited == [ANSWER_S, GROUP_S, 15.0, GROUP_S]
