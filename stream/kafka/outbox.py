"""The outbox: messages that leave the worker, and word of when Kafka has them for good.

Plain at-least-once production: acks=all, no idempotence.  Everything that is sent is stamped, so a
message that arrives twice changes nothing, and brokers without idempotent producers will do.  After the
first message that Kafka does not take, none leaves any more: see `sending_order`.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTimestampError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    UnknownError,
)
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import RecordMetadata

from stream.kafka.sending_order import end_at_first_failure, give_up
from stream.kafka.short_of_replicas import ShortOfReplicas
from stream.messages.partitions import partition_of, short_hashes
from stream.messages.topic_names import GroupTopics

log = logging.getLogger(__name__)

MAX_REQUEST_BYTES: Final = 8 * 2**20
"""A section of cx.tallies with very many scopes is one message."""
BATCH_BYTES: Final = 256 * 2**10
LINGER_MS: Final = 5
DELIVERY_TIMEOUT_MS: Final = 45_000
"""How long a message is retried: a broker restarts in less, a supervisor waits no longer.  No time counts
while brokers say that too few replicas are there."""
STOP_S: Final = 5.0
"""How long what waits may take to leave at the end: without replicas it would for ever."""


FEW: Final = 32
"""Messages up to which each is handed over by itself, and leaves with what others say at the time.  For tens
of thousands, as of scores or dead letters, that takes five times as long as to fill batches: `send` makes a
future for each, and coroutines that wait for nothing."""
TURN: Final = 500
"""Messages after which others get a turn."""

Place = tuple[str, int]
"""A topic, and one of its partitions."""

COMMON: Final = GroupTopics()


class DeliveryError(Exception):
    """Kafka refused a message, or did not take it in time: nothing leaves any more, start again."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message; without `partition` it goes where its key belongs."""

    topic: str
    value: bytes | None
    key: bytes | None = None
    partition: int | None = None
    headers: Sequence[tuple[str, bytes]] = ()


class FilledBatches:
    """Fills a batch for each partition, and hands it to the producer when it is full.

    `partition` says where a message goes; None where its key decides, or chance.
    """

    def __init__(
        self,
        producer: AIOKafkaProducer,
        topics: GroupTopics = COMMON,
        partition: Callable[[Outgoing], int | None] = attrgetter("partition"),
    ) -> None:
        self._producer: Final = producer
        self._topics: Final = topics
        self._partition: Final = partition
        self._filling: dict[Place, BatchBuilder] = {}
        self._left: list[asyncio.Future[RecordMetadata]] = []

    async def fill(self, messages: Iterable[Outgoing]) -> list[asyncio.Future[RecordMetadata]]:
        """Hand over messages, in order per partition; a future for each batch, done when Kafka has it.

        Raises:
            KafkaError: a message is too large, or one before it was not taken.
        """
        left = iter(messages)
        while some := list(islice(left, TURN)):
            for place, message in zip(await self._places(some), some, strict=True):
                batch = self._filling.get(place)
                if batch is None or not fits(batch, message.key, message.value, message.headers):
                    await self._begin(place, message)
            await asyncio.sleep(0)
        for place in list(self._filling):
            await self._leave(place)
        return self._left

    async def _places(self, messages: Sequence[Outgoing]) -> list[Place]:
        """Where messages go; the same as `producer.send` finds."""
        found, topics = [], {}
        for name in {message.topic for message in messages}:
            topic = self._topics.of(name)
            topics[name] = topic, sorted(await self._producer.partitions_for(topic))
        for message, hashed in zip(messages, short_hashes([each.key for each in messages]), strict=True):
            topic, everywhere = topics[message.topic]
            partition = self._partition(message)
            if partition is None and hashed is not None:
                partition = everywhere[hashed % len(everywhere)]
            elif partition is None:
                available = self._producer.client.cluster.available_partitions_for_topic(topic)
                partition = partition_of(message.key, everywhere, list(available or ()))
            found.append((topic, partition))
        return found

    async def _begin(self, place: Place, message: Outgoing) -> None:
        """Begin a batch with a message; waits while the one before it waits to be sent."""
        await self._leave(place)
        self._filling[place] = batch = self._producer.create_batch()
        size = len(message.key or b"") + len(message.value or b"")
        if size > MAX_REQUEST_BYTES or not fits(batch, message.key, message.value, message.headers):
            raise MessageSizeTooLargeError

    async def _leave(self, place: Place) -> None:
        batch = self._filling.pop(place, None)
        if batch is not None:
            batch.close()
            topic, partition = place
            self._left.append(await self._producer.send_batch(batch, topic, partition=partition))


class Outbox:
    """One producer for all that a worker sends.

    `options` are aiokafka client options: brokers and security.
    """

    def __init__(self, options: Mapping[str, Any], topics: GroupTopics = COMMON) -> None:
        self._topics = topics
        self._options = options
        self._producer: AIOKafkaProducer | None = None
        self._short = ShortOfReplicas()
        self._read: Mapping[str, int] = {}

    def keep_to(self, read: Mapping[str, int]) -> None:
        """Write messages of these topics to so many partitions, however many come: others nobody reads."""
        self._read = read

    def partition(self, message: Outgoing) -> int | None:
        """Where a message goes; None where its key decides, or chance."""
        read = self._read.get(message.topic)
        if message.partition is not None or read is None:
            return message.partition
        return partition_of(message.key, range(read), range(read))

    async def start(self) -> None:
        """Connect."""
        self._producer = AIOKafkaProducer(
            **self._options,
            acks="all",
            enable_idempotence=False,
            linger_ms=LINGER_MS,
            max_batch_size=BATCH_BYTES,
            max_request_size=MAX_REQUEST_BYTES,
            request_timeout_ms=DELIVERY_TIMEOUT_MS,
            partitioner=partition_of,
        )
        self._short = end_at_first_failure(self._producer)
        await self._producer.start()

    async def stop(self) -> None:
        """Send what is waiting, as far as it goes in the time that there is, and disconnect."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        stopping = asyncio.create_task(producer.stop())
        if not (await asyncio.wait({stopping}, timeout=STOP_S))[0]:
            log.warning("no time to send what waits, it will be said again: %s", self.why_waiting())
            give_up(producer)
        await stopping

    def why_waiting(self) -> str | None:
        """What Kafka takes nothing for, and for how long; None when nothing was refused for long."""
        return self._short.why_waiting()

    async def put(self, messages: Iterable[Outgoing]) -> list[asyncio.Future[RecordMetadata]]:
        """Accept messages, in order per partition; Kafka has all of them when all futures are done.

        Few have a future each.  Waits only for room in the send buffer.

        Raises:
            DeliveryError: a message is too large, or one before it was not taken.
        """
        if self._producer is None:
            raise DeliveryError("the producer is closed")
        left = iter(messages)
        some = list(islice(left, FEW + 1))
        try:
            if len(some) <= FEW:
                return [await self._send(self._producer, message) for message in some]
            batches = FilledBatches(self._producer, self._topics, self.partition)
            return await batches.fill(chain(some, left))
        except KafkaError as error:
            raise DeliveryError(f"cannot send{_told(error)}") from error

    async def _send(self, producer: AIOKafkaProducer, message: Outgoing) -> asyncio.Future[RecordMetadata]:
        left: asyncio.Future[RecordMetadata] = await producer.send(
            self._topics.of(message.topic),
            message.value,
            key=message.key,
            partition=self.partition(message),
            headers=list(message.headers),
        )
        return left

    @staticmethod
    async def durable(futures: Sequence[asyncio.Future[RecordMetadata]]) -> list[RecordMetadata]:
        """Where the messages are; returns when Kafka has all of them.

        Raises:
            DeliveryError: at least one was not taken in time.
        """
        try:
            return await asyncio.gather(*futures)
        except KafkaError as error:
            raise DeliveryError(f"not delivered{_told(error)}") from error

    async def deliver(self, messages: Iterable[Outgoing]) -> list[RecordMetadata]:
        """Send messages; returns where they are when Kafka has all of them.

        Raises:
            DeliveryError: one was not taken.
        """
        return await self.durable(await self.put(messages))


def _told(error: KafkaError) -> str:
    """Which topic a message was for, where that is known, and what is wrong."""
    topic = "".join(f" to {name}" for name in getattr(error, "__notes__", ())[:1])
    if isinstance(error, MessageSizeTooLargeError):
        return f"{topic}: the message is larger than max.message.bytes"
    if isinstance(error, InvalidTimestampError):
        return f"{topic}: the broker refuses its time; is the clock of this machine right?"
    if type(error) is UnknownError:  # a code without a name in the client, such as INVALID_RECORD
        return f"{topic}: the broker refuses it; `tocsin doctor` says what is wrong with the topic's settings"
    tried = error.retriable or isinstance(error, KafkaTimeoutError)
    return f"{topic} within {DELIVERY_TIMEOUT_MS // 1000} s: {error!r}" if tried else f"{topic}: {error!r}"


def fits(
    batch: BatchBuilder, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
) -> bool:
    """Whether a batch takes a message; the first of a batch may be of any size."""
    return batch.append(timestamp=None, key=key, value=value, headers=list(headers)) is not None
