"""The publisher: events and dead letters to Kafka, many requests in one batch, each told when Kafka has it.

It is in trouble while nothing is acknowledged; one partition that takes nothing is the affair of its own
requests.  Where requests are kept away from a gateway in trouble, none would ever find that it is over: so it
asks, and is tried again once Kafka answers, less and less often where that was too early.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream.gateway.lanes import BATCH_BYTES, Lane, NotPublished, Publishable, TooLarge, Waiter
from stream.kafka.clients import BrokerError, admin_client, leaders, usable
from stream.kafka.settings import ClientSettings
from stream.messages.partitions import partition_number
from stream.messages.topic_names import DEAD_LETTERS, INPUTS

log = logging.getLogger("stream.gateway")

TOPICS: Final = (*INPUTS, DEAD_LETTERS)
REQUEST_BYTES: Final = 8 * 2**20
WAITING_BYTES: Final = 64 * 2**20
"""What may wait for Kafka at most, over all lanes."""
DELIVERY_MS: Final = 10_000
"""How long the client tries to hand a batch over before it gives it up."""
RETRY_S: Final = 1.0
LONGEST_S: Final = 30.0
"""Between a trial that failed and the next, at most."""
SLICE: Final = 1_000
"""Records of one request that are added without a pause."""


class Publisher:
    """Writes to Kafka; what is not acknowledged within `ack_timeout_s` is not promised to anybody."""

    def __init__(self, kafka: ClientSettings, ack_timeout_s: float) -> None:
        self._kafka = kafka
        self._ack_timeout_s = ack_timeout_s
        self._producer: AIOKafkaProducer | None = None
        self._lanes: dict[tuple[str, int], Lane] = {}
        self._trouble: str | None = "no broker has answered yet"
        self._task: asyncio.Task[None] | None = None
        self._heard_of = 0
        """How often Kafka has answered a batch."""
        self._trials = 0
        """How often it seemed to be there, since it last did answer one."""

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
        before = self._heard_of
        try:
            async with asyncio.timeout(self._ack_timeout_s):  # each its own: it may join a batch that is old
                await self._added(records, self._producer)
        except TooLarge:
            raise
        except (NotPublished, KafkaError, TimeoutError) as error:
            told = str(error) or "Kafka does not acknowledge in time"
            if self._heard_of == before:
                self._in_trouble(told)
            raise NotPublished(told) from error

    async def _added(self, records: Sequence[Publishable], producer: AIOKafkaProducer) -> None:
        """Add records to their lanes; returns when Kafka has all of them."""
        partitions = {
            topic: len(await producer.partitions_for(topic)) for topic in {each.topic for each in records}
        }
        waiter = Waiter()
        waiter.parts = 1  # ours, until all are added
        for number, record in enumerate(records, 1):
            place = record.topic, partition_number(record.key or b"", partitions[record.topic])
            lane = self._lanes.get(place)
            if lane is None:
                lane = self._lanes[place] = Lane(producer, place, self._heard)
            lane.add(record, waiter)
            if number % SLICE == 0:
                await asyncio.sleep(0)
        waiter.part_done(None)
        await waiter.done

    def _heard(self) -> None:
        """Kafka has answered a batch."""
        self._heard_of += 1
        self._trials = 0
        self._told(None)

    def _in_trouble(self, told: str) -> None:
        """Nothing was acknowledged while a request waited."""
        if self._trouble is None:
            if self._task is not None:
                self._task.cancel()  # which may be waiting since another time
            self._task = asyncio.create_task(self._try_again())
        self._told(told)

    def _told(self, trouble: str | None) -> None:
        """Remember how things stand, and log a change once."""
        if (trouble is None) != (self._trouble is None):
            log.info("Kafka answers again") if trouble is None else log.warning("%s", trouble)
        self._trouble = trouble

    async def _try_again(self) -> None:
        """Be out of trouble once Kafka is there, unless a batch was answered before."""
        await asyncio.sleep(min(RETRY_S * 2**self._trials, LONGEST_S))
        while self._trouble:
            try:
                await self._look_for_topics()
            except BrokerError as error:
                self._told(str(error))
                await asyncio.sleep(RETRY_S)
            else:
                self._trials += 1
                self._told(None)

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
        """Whether what we write to is there, if only in part.

        Raises:
            BrokerError: no broker answers, or a topic is not there.
        """
        async with admin_client(self._kafka) as client:
            found = await leaders(client)
        for topic in TOPICS:
            if topic not in found or not found[topic].led:
                usable(found, topic)
