"""The publisher: events and dead letters to Kafka, many requests in one batch, each told when Kafka has it.

Every partition has a lane.  While a lane's batch is on its way, what comes in gathers in the next one; so
a quiet lane sends at once, and a busy one sends large batches without waiting for anything but Kafka.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream.kafka.clients import BrokerError, admin_client, partition_counts
from stream.kafka.outbox import Outgoing
from stream.kafka.partitions import partition_number
from stream.kafka.settings import ClientSettings
from stream.messages.records import Stream
from stream.messages.topic_names import DEAD_LETTERS

log = logging.getLogger("stream.gateway")

TOPICS: Final = (*(stream.topic for stream in Stream), DEAD_LETTERS)
BATCH_BYTES: Final = 512 * 2**10
"""Kafka refuses batches over 1 MiB unless told otherwise."""
REQUEST_BYTES: Final = 8 * 2**20
WAITING_BYTES: Final = 64 * 2**20
"""What may wait for Kafka at most, over all lanes."""
DELIVERY_MS: Final = 10_000
"""How long the client tries to hand a batch over before it gives it up."""
RETRY_S: Final = 1.0
OVERHEAD: Final = 100
"""Bytes that a record takes besides its key and value, generously."""


class NotPublished(Exception):  # noqa: N818  # reads as what it says
    """Kafka has not acknowledged in time, or there is no room; the sender should try again."""


@dataclass(slots=True)
class _Batch:
    """Records that leave together; `done` is set when Kafka has them."""

    builder: Any
    done: asyncio.Future[None]
    size: int = 0


class _Lane:
    """The batches of one partition: the first is on its way, the last one is filling."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, partition: int) -> None:
        self.waiting = 0
        self._producer = producer
        self._place = (topic, partition)
        self._batches: deque[_Batch] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, record: Outgoing) -> asyncio.Future[None]:
        """Accept a record; the future is done when Kafka has it."""
        size = len(record.value or b"") + len(record.key or b"") + OVERHEAD
        if not self._batches or not self._fits(self._batches[-1], record):
            self._batches.append(_Batch(self._producer.create_batch(), _future()))
            if not self._fits(self._batches[-1], record):  # the first record of a batch may be of any size
                raise NotPublished("a record does not fit into a batch")
        batch = self._batches[-1]
        batch.size += size
        self.waiting += size
        if self._task is None:
            self._task = asyncio.create_task(self._send())
        return batch.done

    @staticmethod
    def _fits(batch: _Batch, record: Outgoing) -> bool:
        if batch.builder.closed():
            return False
        made = batch.builder.append(
            timestamp=None, key=record.key, value=record.value, headers=list(record.headers)
        )
        return made is not None

    async def _send(self) -> None:
        """Send batch after batch until none is left."""
        while self._batches:
            batch = self._batches[0]
            batch.builder.close()
            try:
                await (
                    await self._producer.send_batch(batch.builder, self._place[0], partition=self._place[1])
                )
            except Exception as error:  # noqa: BLE001  # whatever it is, those who wait must hear of it
                batch.done.set_exception(NotPublished(type(error).__name__))
                batch.done.exception()  # nobody may be waiting any more
            else:
                batch.done.set_result(None)
            self._batches.popleft()
            self.waiting -= batch.size
        self._task = None


class Publisher:
    """Writes to Kafka; what is not acknowledged within `ack_timeout_s` is not promised to anybody."""

    def __init__(self, kafka: ClientSettings, ack_timeout_s: float) -> None:
        self._kafka = kafka
        self._ack_timeout_s = ack_timeout_s
        self._producer: AIOKafkaProducer | None = None
        self._lanes: dict[tuple[str, int], _Lane] = {}
        self._partitions: dict[str, int] = {}
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

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Write records; returns when Kafka has all of them.

        Raises:
            NotPublished: it has not acknowledged all in time.  Some may be written all the same.
        """
        if not records:
            return
        if not self._partitions or self.waiting_bytes > WAITING_BYTES:
            raise NotPublished(self._trouble or "too much is waiting for Kafka")
        lanes: defaultdict[asyncio.Future[None], int] = defaultdict(int)
        for record in records:
            lanes[self._lane(record).add(record)] += 1
        _, late = await asyncio.wait(lanes, timeout=self._ack_timeout_s)
        failed = next((each.exception() for each in lanes if each.done() and each.exception()), None)
        if failed is not None or late:
            self._told(f"Kafka does not acknowledge ({failed or 'no answer in time'})")
            raise NotPublished(self._trouble)
        self._told(None)

    def _told(self, trouble: str | None) -> None:
        """Remember how things stand, and log a change once."""
        if (trouble is None) != (self._trouble is None):
            log.info("Kafka acknowledges again") if trouble is None else log.warning("%s", trouble)
        self._trouble = trouble

    def _lane(self, record: Outgoing) -> _Lane:
        assert self._producer is not None  # noqa: S101  # publish has looked
        number = partition_number(record.key or b"", self._partitions[record.topic])
        place = (record.topic, number)
        lane = self._lanes.get(place)
        if lane is None:
            lane = self._lanes[place] = _Lane(self._producer, *place)
        return lane

    async def _connect(self) -> None:
        while True:
            try:
                self._partitions = await self._counted()
                self._producer = await self._started()
            except (BrokerError, KafkaError, OSError, TimeoutError) as error:
                self._partitions = {}
                if str(error) != self._trouble:
                    log.warning("%s", error)
                self._trouble = str(error)
                await asyncio.sleep(RETRY_S)
            else:
                self._told(None)
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

    async def _counted(self) -> dict[str, int]:
        """Partitions of each topic that we write.

        Raises:
            BrokerError: no broker answers, or a topic is not there.
        """
        async with admin_client(self._kafka) as client:
            found = await partition_counts(client)
        for topic in TOPICS:
            if topic not in found:
                raise BrokerError(f"topic {topic} is not there; `tocsin topics` creates it")
        return {topic: found[topic] for topic in TOPICS}


def _future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()
