"""The publisher before a Kafka that hangs, that takes small batches alone, and whose topics change."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder

from stream.gateway import publisher as publishing
from stream.gateway.checking import CheckedEvent
from stream.gateway.publisher import TOPICS, NotPublished, Publisher, TooLarge
from stream.kafka.settings import ClientSettings


class FakeKafka:
    """Takes batches up to a size, or acknowledges none."""

    def __init__(self) -> None:
        self.hangs = False
        self.partitions = 1
        self.largest = 2**20
        self.took: list[tuple[int, int]] = []
        """Partition and records of each batch."""

    def __call__(self, **_options: Any) -> "FakeKafka":
        """The producer."""
        return self

    async def start(self) -> None:
        """As the real one."""

    async def stop(self) -> None:
        """As the real one."""

    async def partitions_for(self, _topic: str) -> set[int]:
        """As they are now."""
        return set(range(self.partitions))

    def create_batch(self) -> BatchBuilder:
        """A real one."""
        return BatchBuilder(2**20, 0)

    async def send_batch(self, batch: BatchBuilder, _topic: str, partition: int) -> asyncio.Future[None]:
        """Take it, refuse it, or say nothing."""
        answer = asyncio.get_running_loop().create_future()
        if not self.hangs:
            if batch.size() > self.largest:
                raise MessageSizeTooLargeError
            self.took.append((partition, batch.record_count()))
            answer.set_result(None)
        return answer


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> FakeKafka:
    """The Kafka that a publisher finds."""
    fake = FakeKafka()

    @asynccontextmanager
    async def nobody(_settings: ClientSettings) -> AsyncIterator[None]:
        yield

    async def counts(_client: None) -> dict[str, int]:
        return dict.fromkeys(TOPICS, fake.partitions)

    monkeypatch.setattr(publishing, "AIOKafkaProducer", fake)
    monkeypatch.setattr(publishing, "admin_client", nobody)
    monkeypatch.setattr(publishing, "partition_counts", counts)
    return fake


def with_publisher(ack_timeout_s: float, scene: Callable[[Publisher], Awaitable[None]]) -> None:
    """Play a scene with a publisher that is connected."""

    async def play() -> None:
        publisher = Publisher(ClientSettings(brokers=("127.0.0.1:1",)), ack_timeout_s)
        publisher.start()
        while publisher.trouble():  # noqa: ASYNC110  # it tells of a change to nobody
            await asyncio.sleep(0)
        await scene(publisher)
        await publisher.stop()

    asyncio.run(play())


def event(customer: str, size: int = 2) -> CheckedEvent:
    """An event of so many bytes."""
    return CheckedEvent("cx.interactions", customer.encode(), b" " * size)


def test_who_joins_an_old_batch_waits_no_longer_than_others(kafka: FakeKafka) -> None:
    """A batch that waits behind another takes in more, also after its first request has given up."""
    kafka.hangs = True

    async def scene(publisher: Publisher) -> None:
        for _ in range(4):
            with pytest.raises(NotPublished):
                async with asyncio.timeout(30):
                    await publisher.publish([event("c")])
        assert publisher.trouble() == "Kafka does not acknowledge in time"

    with_publisher(0.02, scene)


def test_a_topic_that_takes_small_batches_alone_gets_them(kafka: FakeKafka) -> None:
    """What comes again after a refusal is sent in parts; what fits by no means is told as such."""
    kafka.largest = 1_000

    async def scene(publisher: Publisher) -> None:
        message = [event("c", 300) for _ in range(6)]
        with pytest.raises(NotPublished):
            await publisher.publish(message)
        assert publisher.trouble() == "cx.interactions: 6 records are larger than max.message.bytes"
        await publisher.publish(message)
        assert publisher.trouble() is None
        with pytest.raises(TooLarge):
            await publisher.publish([event("c", 1_001)])
        assert publisher.trouble() is None

    with_publisher(30, scene)
    assert max(count for _, count in kafka.took) < 6


def test_partitions_are_those_that_a_topic_has_now(kafka: FakeKafka) -> None:
    """Of one that was made anew with fewer, customers of the others were answered 503 for ever."""
    kafka.partitions = 4

    async def scene(publisher: Publisher) -> None:
        events = [event(f"c{number}") for number in range(40)]
        await publisher.publish(events)
        assert {partition for partition, _ in kafka.took} == {0, 1, 2, 3}
        kafka.took.clear()
        kafka.partitions = 2
        await publisher.publish(events)
        assert {partition for partition, _ in kafka.took} == {0, 1}

    with_publisher(30, scene)
