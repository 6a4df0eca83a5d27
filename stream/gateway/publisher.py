"""The publisher: events and dead letters to Kafka, many requests in one batch, each told when Kafka has it.

Every partition has a lane.  While a lane's batch is on its way, what comes in gathers in the next one; so
a quiet lane sends at once, and a busy one sends large batches without waiting for anything but Kafka.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from stream.kafka.clients import BrokerError, admin_client, no_topic, partition_counts
from stream.kafka.partitions import partition_number
from stream.kafka.settings import ClientSettings
from stream.messages.records import Stream
from stream.messages.topic_names import DEAD_LETTERS

log = logging.getLogger("stream.gateway")

TOPICS: Final = (*(stream.topic for stream in Stream), DEAD_LETTERS)
BATCH_BYTES: Final = 512 * 2**10
"""Kafka refuses batches over 1 MiB unless told otherwise; where it refuses these, they get smaller."""
REQUEST_BYTES: Final = 8 * 2**20
WAITING_BYTES: Final = 64 * 2**20
"""What may wait for Kafka at most, over all lanes."""
DELIVERY_MS: Final = 10_000
"""How long the client tries to hand a batch over before it gives it up."""
RETRY_S: Final = 1.0
SLICE: Final = 1_000
"""Records of one request that are added without a pause."""
OVERHEAD: Final = 100
"""Bytes that a record takes besides its key and value, generously."""


class Publishable(Protocol):
    """What is written: an event, or a dead letter.  Its key decides its partition."""

    @property
    def topic(self) -> str:
        """One of `TOPICS`."""
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


class _Waiter:
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
    waiters: list[_Waiter] = field(default_factory=list)
    records: int = 0
    size: int = 0

    def settle(self, failure: NotPublished | None) -> None:
        """Tell those who wait; who has waited for too long is gone."""
        for waiter in self.waiters:
            waiter.part_done(failure)


class _Lane:
    """The batches of one partition: the first is on its way, the last one is filling."""

    def __init__(self, producer: AIOKafkaProducer, place: tuple[str, int]) -> None:
        self.waiting = 0
        self._producer = producer
        self._place = place
        self._limit = BATCH_BYTES
        self._batches: deque[_Batch] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, record: Publishable, waiter: _Waiter) -> None:
        """Accept a record; the waiter hears when Kafka has it, or refuses it."""
        batch = self._batches[-1] if self._batches else None
        size = len(record.value or b"") + len(record.key or b"") + OVERHEAD
        if batch is None or batch.size + size > self._limit or not self._fits(batch, record):
            batch = self._opened(record)
        batch.records += 1
        batch.size += size
        self.waiting += size
        if not batch.waiters or batch.waiters[-1] is not waiter:
            batch.waiters.append(waiter)
            waiter.parts += 1

    def _opened(self, record: Publishable) -> _Batch:
        batch = _Batch(self._producer.create_batch())
        if not self._fits(batch, record):  # the first record of a batch may be of any size
            raise NotPublished("a record does not fit into a batch")
        self._batches.append(batch)
        if self._task is None:
            self._task = asyncio.create_task(self._send())
        return batch

    @staticmethod
    def _fits(batch: _Batch, record: Publishable) -> bool:
        made = batch.builder.append(
            timestamp=None, key=record.key, value=record.value, headers=list(record.headers)
        )
        return made is not None

    async def _send(self) -> None:
        """Send batch after batch until none is left."""
        while self._batches:
            batch = self._batches[0]
            batch.builder.close()
            failure = None
            try:
                sent = await self._producer.send_batch(
                    batch.builder, self._place[0], partition=self._place[1]
                )
                await sent
            except MessageSizeTooLargeError:
                failure = self._smaller(batch)
            except Exception as error:  # noqa: BLE001  # whatever it is, those who wait must hear of it
                failure = NotPublished(
                    f"Kafka does not acknowledge ({self._place[0]}: {type(error).__name__})"
                )
            self._batches.popleft()
            self.waiting -= batch.size
            batch.settle(failure)
        self._task = None

    def _smaller(self, batch: _Batch) -> NotPublished:
        """What to tell of a batch that is larger than the topic takes; those to come are half as large."""
        if batch.records == 1:
            return TooLarge(f"{self._place[0]}: a record is larger than max.message.bytes")
        self._limit = min(self._limit, batch.size // 2)
        return NotPublished(f"{self._place[0]}: {batch.records} records are larger than max.message.bytes")


class Publisher:
    """Writes to Kafka; what is not acknowledged within `ack_timeout_s` is not promised to anybody."""

    def __init__(self, kafka: ClientSettings, ack_timeout_s: float) -> None:
        self._kafka = kafka
        self._ack_timeout_s = ack_timeout_s
        self._producer: AIOKafkaProducer | None = None
        self._lanes: dict[tuple[str, int], _Lane] = {}
        self._trouble: str | None = "no broker has answered yet"
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Connect, and try again for ever where that fails."""
        self._task = asyncio.create_task(self._connect())

    async def stop(self) -> None:
        """Send what is waiting, and disconnect."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._producer is not None:
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(self._producer.stop(), self._ack_timeout_s)
            self._producer = None

    def trouble(self) -> str | None:
        """Why nothing can be written, as far as we know."""
        return self._trouble

    @property
    def waiting_bytes(self) -> int:
        """What has not been acknowledged."""
        return sum(lane.waiting for lane in self._lanes.values())

    async def publish(self, records: Sequence[Publishable]) -> None:
        """Write records; returns when Kafka has all of them.

        Raises:
            NotPublished: it has not acknowledged all in time.  Some may be written all the same.
        """
        if not records:
            return
        if self._producer is None or self.waiting_bytes > WAITING_BYTES:
            raise NotPublished(self._trouble or "too much is waiting for Kafka")
        try:
            async with asyncio.timeout(self._ack_timeout_s):  # each its own: it may join a batch that is old
                await self._added(records, self._producer)
        except TooLarge:
            raise
        except (NotPublished, KafkaError, TimeoutError) as error:
            self._told(str(error) or "Kafka does not acknowledge in time")
            raise NotPublished(self._trouble) from error
        self._told(None)

    async def _added(self, records: Sequence[Publishable], producer: AIOKafkaProducer) -> None:
        """Add records to their lanes; returns when Kafka has all of them."""
        partitions = {
            topic: len(await producer.partitions_for(topic)) for topic in {each.topic for each in records}
        }
        waiter = _Waiter()
        waiter.parts = 1  # ours, until all are added
        for number, record in enumerate(records, 1):
            place = record.topic, partition_number(record.key or b"", partitions[record.topic])
            lane = self._lanes.get(place)
            if lane is None:
                lane = self._lanes[place] = _Lane(producer, place)
            lane.add(record, waiter)
            if number % SLICE == 0:
                await asyncio.sleep(0)
        waiter.part_done(None)
        await waiter.done

    def _told(self, trouble: str | None) -> None:
        """Remember how things stand, and log a change once."""
        if (trouble is None) != (self._trouble is None):
            log.info("Kafka acknowledges again") if trouble is None else log.warning("%s", trouble)
        self._trouble = trouble

    async def _connect(self) -> None:
        while True:
            try:
                await self._look_for_topics()
                self._producer = await self._started()
            except (BrokerError, KafkaError, OSError, TimeoutError) as error:
                if str(error) != self._trouble:
                    log.warning("%s", error)
                self._trouble = str(error)
                await asyncio.sleep(RETRY_S)
            else:
                self._trouble = None
                log.info("connected to Kafka")
                return

    async def _started(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._kafka.client_options(),
            acks="all",
            enable_idempotence=False,
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
            max_request_size=REQUEST_BYTES,
            request_timeout_ms=DELIVERY_MS,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer

    async def _look_for_topics(self) -> None:
        """Whether what we write to is there.

        Raises:
            BrokerError: no broker answers, or a topic is not there.
        """
        async with admin_client(self._kafka) as client:
            found = await partition_counts(client)
        for topic in TOPICS:
            if topic not in found:
                raise no_topic(topic)
