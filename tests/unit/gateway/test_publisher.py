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
from stream.gateway.lanes import NotPublished, TooLarge
from stream.gateway.publisher import TOPICS, Publisher
from stream.kafka.clients import BrokerError, Led
from stream.kafka.settings import ClientSettings
from stream.messages.partitions import partition_number


class FakeKafka:
    """Takes batches up to a size, or acknowledges none."""

    def __init__(self) -> None:
        self.hanging: set[int] = set()
        """Partitions that say nothing."""
        self.away: str | None = None
        """What is told by those who ask for topics."""
        self.partitions = 1
        self.largest = 2**20
        self.unanswered: list[asyncio.Future[None]] = []
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
        if partition not in self.hanging:
            if batch.size() > self.largest:
                raise MessageSizeTooLargeError
            self.took.append((partition, batch.record_count()))
            answer.set_result(None)
        else:
            self.unanswered.append(answer)
        return answer

    def answer(self) -> None:
        """What was left without an answer gets one."""
        for each in self.unanswered:
            each.set_result(None)


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> FakeKafka:
    """The Kafka that a publisher finds."""
    fake = FakeKafka()

    @asynccontextmanager
    async def nobody(_settings: ClientSettings) -> AsyncIterator[None]:
        if fake.away:
            raise BrokerError(fake.away)
        yield

    async def leaders(_client: None) -> dict[str, Led]:
        return dict.fromkeys(TOPICS, Led(fake.partitions, fake.partitions))

    monkeypatch.setattr(publishing, "AIOKafkaProducer", fake)
    monkeypatch.setattr(publishing, "admin_client", nobody)
    monkeypatch.setattr(publishing, "leaders", leaders)
    monkeypatch.setattr(publishing, "RETRY_S", 0.0)
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
    kafka.hanging, kafka.away = {0}, "it is away"

    async def scene(publisher: Publisher) -> None:
        for _ in range(4):
            with pytest.raises(NotPublished):
                async with asyncio.timeout(30):
                    await publisher.publish([event("c")])
        assert publisher.trouble()

    kafka.away = None
    with_publisher(0.02, scene)


def test_a_gateway_in_trouble_gets_out_of_it_without_requests(kafka: FakeKafka) -> None:
    """Where it is not ready nobody sends to it: it stayed so for ever."""
    kafka.hanging = {0}

    async def scene(publisher: Publisher) -> None:
        kafka.away = "it is away"
        with pytest.raises(NotPublished):
            await publisher.publish([event("c")])
        assert publisher.trouble() == "Kafka does not acknowledge in time"
        while publisher.trouble() != "it is away":  # noqa: ASYNC110  # it tells of a change to nobody
            await asyncio.sleep(0)
        kafka.away = None
        while publisher.trouble():  # noqa: ASYNC110
            await asyncio.sleep(0)

    with_publisher(0.02, scene)


def test_a_partition_that_takes_nothing_is_no_trouble_of_the_others(kafka: FakeKafka) -> None:
    """Its own requests fail; the gateway stays ready, and keeps nothing that nobody waits for."""
    kafka.partitions, kafka.hanging = 4, {2}
    customers = {partition_number(name.encode(), 4): name for name in map(str, range(40))}

    async def scene(publisher: Publisher) -> None:
        for _ in range(3):
            lost = asyncio.create_task(publisher.publish([event(customers[2])]))
            await publisher.publish([event(customers[number]) for number in (0, 1, 3)])
            with pytest.raises(NotPublished):
                await lost
            assert publisher.trouble() is None
        kafka.hanging.clear()
        kafka.answer()
        while publisher.waiting_bytes:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await publisher.publish([event(customers[2])])

    with_publisher(0.02, scene)
    assert [count for partition, count in kafka.took if partition == 2] == [1]


def test_a_topic_that_takes_small_batches_alone_gets_them(kafka: FakeKafka) -> None:
    """What comes again after a refusal is sent in parts; what fits by no means is told as such."""
    kafka.largest = 1_000

    async def scene(publisher: Publisher) -> None:
        message = [event("c", 300) for _ in range(6)]
        with pytest.raises(
            NotPublished, match=r"cx\.interactions: 6 records are larger than max\.message\.bytes"
        ):
            await publisher.publish(message)
        assert publisher.trouble() is None
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
