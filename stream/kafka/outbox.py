"""The outbox: messages that leave the worker, and word of when Kafka has them for good.

Plain at-least-once production: acks=all, no idempotence.  Everything that is sent is stamped, so a
message that arrives twice changes nothing, and brokers without idempotent producers will do.  After the
first message that Kafka does not take, none leaves any more: see `sending_order`.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTimestampError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    UnknownError,
)
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.structs import RecordMetadata
from xxhash import xxh3_64_intdigest

from stream.kafka.sending_order import end_at_first_failure, give_up
from stream.kafka.short_of_replicas import ShortOfReplicas
from stream.messages.partitions import murmur2
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

KEYS: Final = 1 << 16
"""Keys whose hash is remembered: those of scores come again and again."""
REMEMBERED_BYTES: Final = 256
"""Longer keys are none of ours: dead letters have those of foreign records, each another one."""
CUSTOMER_BYTES: Final = 2_048
"""Longer keys are no customers', so their records need not meet where Kafka's clients would have them.  The
hash that these agree on takes 0.15 s of the event loop for a mebibyte, of which anybody may send many."""

TURN: Final = 500
"""Messages after which others get a turn: dead letters or scores may be very many."""

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


_remembered: Final = lru_cache(KEYS)(murmur2)


def partition_of(key: bytes | None, everywhere: Sequence[int], available: Sequence[int]) -> int:
    """As in all Kafka clients, for keys that may be customers'.

    A hash takes some microseconds, so those of short keys are remembered.
    """
    if key is None:
        return int(DefaultPartitioner()(key, everywhere, available))
    if len(key) > CUSTOMER_BYTES:
        return everywhere[xxh3_64_intdigest(key) % len(everywhere)]
    hashed = _remembered(key) if len(key) <= REMEMBERED_BYTES else murmur2(key)
    return everywhere[(hashed & 0x7FFFFFFF) % len(everywhere)]


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
        """Accept messages, in order per partition; each future is done when Kafka has its message.

        Waits only for room in the send buffer.

        Raises:
            DeliveryError: a message is too large, or one before it was not taken.
        """
        if self._producer is None:
            raise DeliveryError("the producer is closed")
        sent = []
        try:
            for number, message in enumerate(messages, 1):
                future = await self._producer.send(
                    self._topics.of(message.topic),
                    message.value,
                    key=message.key,
                    partition=self.partition(message),
                    headers=list(message.headers),
                )
                sent.append(future)
                if number % TURN == 0:
                    await asyncio.sleep(0)
        except KafkaError as error:
            raise DeliveryError(f"cannot send{_told(error)}") from error
        return sent

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
