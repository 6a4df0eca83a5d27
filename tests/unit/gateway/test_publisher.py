"""The publisher: each request waits for Kafka for as long as was said, whatever has gathered before it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder

from stream.gateway import publisher as publishing
from stream.gateway.checking import CheckedEvent
from stream.gateway.publisher import TOPICS, NotPublished, Publisher
from stream.kafka.settings import ClientSettings

EVENT = CheckedEvent("cx.interactions", b"customer", b"{}")


class HangingProducer:
    """Takes batches and acknowledges none until it is told to."""

    def __init__(self, **_options: Any) -> None:
        self.going_on = asyncio.Event()

    async def start(self) -> None:
        """As the real one."""

    async def stop(self) -> None:
        """As the real one."""

    def create_batch(self) -> BatchBuilder:
        """A real one."""
        return BatchBuilder(2**10, 0)

    async def send_batch(self, *_batch: Any, **_place: Any) -> asyncio.Task[bool]:
        """Take it."""
        return asyncio.create_task(self.going_on.wait())


@asynccontextmanager
async def _nobody(_kafka: ClientSettings) -> AsyncIterator[None]:
    yield


async def _one_partition_each(_client: None) -> dict[str, int]:
    return dict.fromkeys(TOPICS, 1)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Kafka that takes everything and acknowledges nothing."""
    monkeypatch.setattr(publishing, "AIOKafkaProducer", HangingProducer)
    monkeypatch.setattr(publishing, "admin_client", _nobody)
    monkeypatch.setattr(publishing, "partition_counts", _one_partition_each)


@pytest.mark.usefixtures("hanging")
def test_who_joins_an_old_batch_waits_no_longer_than_others() -> None:
    """A batch that waits behind another takes in more, also after its first request has given up."""

    async def scene() -> None:
        publisher = Publisher(ClientSettings(brokers=("127.0.0.1:1",)), ack_timeout_s=0.02)
        publisher.start()
        while publisher.trouble():  # noqa: ASYNC110  # it tells of a change to nobody
            await asyncio.sleep(0)
        for _ in range(4):
            with pytest.raises(NotPublished):
                async with asyncio.timeout(30):
                    await publisher.publish([EVENT])
        assert publisher.trouble() == "Kafka does not acknowledge in time"
        await publisher.stop()

    asyncio.run(scene())
