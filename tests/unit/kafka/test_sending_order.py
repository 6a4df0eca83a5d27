"""The order of sending: what waits behind a message that fails, fails with it, and in the same step."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTimestampError,
    KafkaError,
    MessageSizeTooLargeError,
    ProducerClosed,
    RequestTimedOutError,
)
from aiokafka.structs import TopicPartition

from stream.kafka.outbox import DeliveryError, Outbox
from stream.kafka.sending_order import end_at_first_failure, give_up

ONE, OTHER = TopicPartition("cx.tallies", 0), TopicPartition("cx.tallies", 1)


class EveryLeader:
    """A cluster in which node 1 leads everything."""

    def leader_for_partition(self, tp: TopicPartition) -> int:  # noqa: ARG002  # as aiokafka's
        """Node 1."""
        return 1


class Line:
    """A producer's queue without its sender: messages are put in, and batches are taken out by hand."""

    def __init__(self, *, ordered: bool = True) -> None:
        self.producer = AIOKafkaProducer(bootstrap_servers="127.0.0.1:1", linger_ms=0)
        if ordered:
            end_at_first_failure(self.producer)
        self.producer._closed = True  # it was never connected
        self._queue: Any = self.producer._message_accumulator
        self._queue._cluster = EveryLeader()

    async def put(self, value: bytes, tp: TopicPartition = ONE) -> asyncio.Future[Any]:
        """One message; the future of its delivery."""
        future: asyncio.Future[Any] = await self._queue.add_message(tp, None, value, 1.0)
        return future

    async def put_batch(self, *values: bytes, tp: TopicPartition = ONE) -> asyncio.Future[Any]:
        """Some messages as a batch of ours; the future of their delivery."""
        batch = self.producer.create_batch()
        for value in values:
            assert batch.append(timestamp=None, key=None, value=value) is not None
        batch.close()
        future: asyncio.Future[Any] = await self._queue.add_batch(batch, tp, 1.0)
        return future

    def take(self) -> dict[TopicPartition, Any]:
        """What the sender would send next, by partition."""
        nodes, _ = self._queue.drain_by_nodes(set())
        return dict(nodes.get(1, {}))

    def again(self, batch: Any) -> None:
        """Put a batch back, to be sent again."""
        self._queue.reenqueue(batch)


def play(story: Callable[[], Awaitable[None]]) -> None:
    """A story in a loop of its own."""

    async def told() -> None:
        await story()

    asyncio.run(told())


@pytest.mark.parametrize(
    "error", [MessageSizeTooLargeError(), RequestTimedOutError(), InvalidTimestampError()]
)
def test_what_waits_fails_at_once(error: KafkaError) -> None:
    """Without a turn of the loop in between, and also on other partitions; what comes later is refused."""

    async def story() -> None:
        line = Line()
        first = await line.put(b"7")
        on_its_way = line.take()[ONE]
        second, elsewhere = await line.put(b"8"), await line.put(b"8", OTHER)
        on_its_way.failure(error)
        assert line.take() == {}
        for future in (first, second, elsewhere):
            assert type(future.exception()) is type(error)
            with pytest.raises(DeliveryError, match=r"^not delivered to cx\.tallies"):
                await Outbox.durable([future])
        with pytest.raises(type(error)):
            await line.put(b"9")

    play(story)


def test_batches_of_ours_keep_to_the_order() -> None:
    """They wait for what was put in before, and fail with what fails, also while they wait for room."""

    async def story() -> None:
        line = Line()
        await line.put(b"7")
        waits = asyncio.create_task(line.put_batch(b"8", b"9"))
        await asyncio.sleep(0)
        assert not waits.done()
        on_its_way = line.take()[ONE]
        behind = await waits
        later = asyncio.create_task(line.put_batch(b"10"))
        elsewhere = await line.put_batch(b"8", tp=OTHER)
        on_its_way.failure(MessageSizeTooLargeError())
        assert line.take() == {}
        await asyncio.sleep(0)
        for future in (behind, elsewhere, later):
            assert isinstance(future.exception(), MessageSizeTooLargeError)
        with pytest.raises(MessageSizeTooLargeError):
            await line.put_batch(b"11")

    play(story)


def test_a_batch_of_ours_that_had_room_when_another_failed_is_not_sent() -> None:
    """It learns of the room, and before it goes on what it waited for fails."""

    async def story() -> None:
        line = Line()
        await line.put(b"7")
        waits = asyncio.create_task(line.put_batch(b"8"))
        await asyncio.sleep(0)
        line.take()[ONE].failure(RequestTimedOutError())
        future = await waits
        assert line.take() == {}
        with pytest.raises(RequestTimedOutError):
            await future

    play(story)


def test_aiokafka_alone_would_send_what_waits() -> None:
    """Otherwise there would be nothing to mend."""

    async def story() -> None:
        line = Line(ordered=False)
        first = await line.put(b"7")
        on_its_way = line.take()[ONE]
        await line.put(b"8")
        on_its_way.failure(MessageSizeTooLargeError())
        assert first.exception() is not None
        assert line.take().keys() == {ONE}

    play(story)


def test_what_is_on_its_way_elsewhere_may_arrive() -> None:
    """But if it does not, it is not tried again."""

    async def story() -> None:
        line = Line()
        await line.put(b"7")
        arrives, fails = await line.put(b"7", OTHER), await line.put(b"7", TopicPartition("cx.tallies", 2))
        sent = line.take()
        sent[ONE].failure(MessageSizeTooLargeError())
        sent[OTHER].done(12)
        assert arrives.result().offset == 12
        line.again(sent[TopicPartition("cx.tallies", 2)])
        assert line.take() == {}
        assert fails.exception() is not None

    play(story)


def test_nothing_changes_while_all_goes_well() -> None:
    """Messages of a partition share a batch, and batches leave one after the other."""

    async def story() -> None:
        line = Line()
        one, two = await line.put(b"7"), await line.put(b"8")
        line.take()[ONE].done(5)
        assert (one.result().offset, two.result().offset) == (5, 6)
        three = await line.put(b"9")
        batch = line.take()[ONE]
        line.again(batch)
        assert line.take() == {ONE: batch}
        batch.done(7)
        assert three.result().offset == 7

    play(story)


def test_giving_up_what_waits() -> None:
    """At the end: what is on its way may arrive, and is not tried again."""

    async def story() -> None:
        line = Line()
        on_its_way = await line.put(b"7")
        batch = line.take()[ONE]
        waits = await line.put(b"8")
        give_up(line.producer)
        assert isinstance(waits.exception(), ProducerClosed)
        assert not on_its_way.done()
        line.again(batch)
        assert line.take() == {}
        assert isinstance(on_its_way.exception(), ProducerClosed)

    play(story)
