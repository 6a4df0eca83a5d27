"""Messages that are sent many at a time, none of which may be lost without a word."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import RequestTimedOutError
from aiokafka.producer.message_accumulator import BatchBuilder

from stream.kafka.confirmed import Confirmed
from stream.messages.partitions import partition_number


class FakeProducer:
    """Takes batches as aiokafka's producer does; all but those of a refused partition arrive when flushed."""

    def __init__(self, refused: int | None) -> None:
        self.records = 0
        self._refused = refused
        self._waiting: list[tuple[asyncio.Future[None], int]] = []

    async def partitions_for(self, topic: str) -> set[int]:  # noqa: ARG002
        """Three."""
        return {0, 1, 2}

    def create_batch(self) -> BatchBuilder:
        """An empty one."""
        return BatchBuilder(1_000, 0)

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> asyncio.Future[None]:  # noqa: ARG002
        """Hand it over."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.records += batch.record_count()
        self._waiting.append((future, partition))
        return future

    async def flush(self) -> None:
        """Now everything has arrived, or not."""
        for future, partition in self._waiting:
            if partition == self._refused:
                future.set_exception(RequestTimedOutError())
            else:
                future.set_result(None)
        self._waiting.clear()


def _messages(count: int) -> list[tuple[str, bytes, bytes]]:
    return [("cx.feedback", b"%d" % number, b"c%d" % number) for number in range(count)]


async def _send(producer: Any, count: int) -> None:
    confirmed = Confirmed(producer)
    await confirmed.send(_messages(count))
    await confirmed.flush()


def test_what_arrives_needs_no_word() -> None:
    """All of it, however many batches it takes."""
    producer = FakeProducer(None)
    asyncio.run(_send(producer, 2_000))
    assert producer.records == 2_000


@pytest.mark.parametrize("key", [b"c0", b"c8"])
def test_what_does_not_arrive_is_told(key: bytes) -> None:
    """Whichever it is: it counted as sent, and Python complained of a future that nobody asked."""
    with pytest.raises(RequestTimedOutError):
        asyncio.run(_send(FakeProducer(partition_number(key, 3)), 9))


def test_nothing_is_sent_after_it() -> None:
    """A million would be, to a broker that refuses all of them."""

    async def go() -> None:
        producer: Any = FakeProducer(partition_number(b"c0", 3))
        confirmed = Confirmed(producer)
        await confirmed.send(_messages(1))
        await producer.flush()
        await asyncio.sleep(0)
        with pytest.raises(RequestTimedOutError):
            await confirmed.send(_messages(1))
        assert producer.records == 1

    asyncio.run(go())
