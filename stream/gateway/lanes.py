"""Lanes: every partition has one, so that none waits for another.

While a lane's batch is on its way, what comes in gathers in the next one; so a quiet lane sends at once, and
a busy one sends large batches without waiting for anything but Kafka.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from stream.kafka.outbox import fits

log = logging.getLogger("stream.gateway")

BATCH_BYTES: Final = 512 * 2**10
"""Kafka refuses batches over 1 MiB unless told otherwise; where it refuses these, they get smaller."""
OVERHEAD: Final = 100
"""Bytes that a record takes besides its key and value, generously."""


class Publishable(Protocol):
    """What is written: an event, or a dead letter.  Its key decides its partition."""

    @property
    def topic(self) -> str:
        """One of those that the gateway writes to."""
        ...

    @property
    def key(self) -> bytes | None:
        """The customer, the event's id, or the source's name."""
        ...

    @property
    def value(self) -> bytes | None:
        """The event, or the message as it came."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """None of an event."""
        ...


class NotPublished(Exception):  # noqa: N818  # reads as what it says
    """Kafka has not acknowledged in time, or there is no room; the sender should try again."""


class TooLarge(NotPublished):
    """A record is larger than its topic takes, whenever it is sent."""


class Waiter:
    """One request: done when all batches that have a part of it are, failed when the first of them fails."""

    __slots__ = ("done", "parts")

    def __init__(self) -> None:
        self.parts = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def part_done(self, failure: NotPublished | None) -> None:
        """One batch is settled."""
        self.parts -= 1
        if self.done.done():
            return
        if failure is not None:
            self.done.set_exception(failure)
        elif not self.parts:
            self.done.set_result(None)


@dataclass(slots=True)
class _Batch:
    """Records that leave together, and the requests that wait for them."""

    builder: Any
    waiters: list[Waiter] = field(default_factory=list)
    records: int = 0
    size: int = 0

    @property
    def awaited(self) -> bool:
        """Whether anybody waits: those who gave up were told to send it again."""
        return any(not waiter.done.done() for waiter in self.waiters)

    def settle(self, failure: NotPublished | None) -> None:
        """Tell those who wait; who has waited for too long is gone."""
        for waiter in self.waiters:
            waiter.part_done(failure)


class Lane:
    """The batches of one partition: the first is on its way, the last one is filling."""

    def __init__(
        self, producer: AIOKafkaProducer, place: tuple[str, int], answered: Callable[[], None]
    ) -> None:
        """`answered` is called for every batch that Kafka takes, or says why it does not."""
        self.waiting = 0
        self._answered = answered
        self._producer = producer
        self._place = place
        self._limit = BATCH_BYTES
        self._failing = False
        self._batches: deque[_Batch] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, record: Publishable, waiter: Waiter) -> None:
        """Accept a record; the waiter hears when Kafka has it, or refuses it."""
        batch = self._batches[-1] if self._batches else None
        size = len(record.value or b"") + len(record.key or b"") + OVERHEAD
        if batch is None or batch.size + size > self._limit or not _fits(batch, record):
            batch = self._opened(record)
        batch.records += 1
        batch.size += size
        self.waiting += size
        if not batch.waiters or batch.waiters[-1] is not waiter:
            batch.waiters.append(waiter)
            waiter.parts += 1

    def _opened(self, record: Publishable) -> _Batch:
        batch = _Batch(self._producer.create_batch())
        if not _fits(batch, record):
            raise NotPublished("a record does not fit into a batch")
        self._batches.append(batch)
        if self._task is None:
            self._task = asyncio.create_task(self._send())
        return batch

    async def _send(self) -> None:
        """Send batch after batch until none is left."""
        while self._batches:
            batch = self._batches[0]
            failure = await self._sent(batch) if batch.awaited else None
            self._batches.popleft()
            self.waiting -= batch.size
            batch.settle(failure)
        self._task = None

    async def _sent(self, batch: _Batch) -> NotPublished | None:
        """Send a batch; returns why it is not written."""
        batch.builder.close()
        topic, partition = self._place
        try:
            await (await self._producer.send_batch(batch.builder, topic, partition=partition))
        except MessageSizeTooLargeError:
            self._answered()
            return self._smaller(batch)
        except Exception as error:  # noqa: BLE001  # whatever it is, those who wait must hear of it
            told = f"Kafka does not acknowledge ({topic}: {type(error).__name__})"
            if not self._failing:
                log.warning("partition %d: %s", partition, told)
            self._failing = True
            return NotPublished(told)
        self._answered()
        self._failing = False
        return None

    def _smaller(self, batch: _Batch) -> NotPublished:
        """What to tell of a batch that is larger than the topic takes; those to come are half as large."""
        if batch.records == 1:
            return TooLarge(f"{self._place[0]}: a record is larger than max.message.bytes")
        self._limit = min(self._limit, batch.size // 2)
        return NotPublished(f"{self._place[0]}: {batch.records} records are larger than max.message.bytes")


def _fits(batch: _Batch, record: Publishable) -> bool:
    return fits(batch.builder, record.key, record.value, record.headers)
