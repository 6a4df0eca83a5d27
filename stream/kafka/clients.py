"""Short-lived Kafka clients of the commands, and what it means when the broker does not answer."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final, NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError

from stream.kafka.lenient_batches import install
from stream.kafka.outbox import BATCH_BYTES
from stream.kafka.settings import MAX_RECORD_BYTES, READS, ClientSettings
from stream.kafka.whole_batches import hasten
from stream.messages.partitions import partition_of

REQUEST_MS: Final = 15_000
"""How long one request of a command may take; the worker has its own patience."""
PROBE_S: Final = 3.0
WHICH_VERSIONS: Final = bytes.fromhex("0000000a 0012 0000 00000001 0000")
"""A request that every broker answers, before any login; one that wants TLS first answers with an alert."""
POLL_MS: Final = 1_000
PATIENCE_POLLS: Final = 15
START_BROKERS: Final = "start the brokers that have them"
FETCH_WAIT_MS: Final = 50
"""Tansu answers an empty fetch after half of this, whether something was written meanwhile or not."""


class StoredRecord(Protocol):
    """A record as `getmany` gives it, out of a batch: which topic and partition it is of, the batch knows."""

    offset: int
    timestamp: int
    key: Any
    value: Any
    headers: Any


AllOfIt = AsyncIterator[StoredRecord]


class BrokerError(Exception):
    """The broker does not answer, does not let us in, or refuses; trying again may help."""


@asynccontextmanager
async def admin_client(settings: ClientSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A started admin client.

    Raises:
        BrokerError: no broker answers or lets us in, or a request inside the block fails.
    """
    client = AIOKafkaAdminClient(**settings.client_options(), request_timeout_ms=REQUEST_MS)
    async with _explained(settings):
        try:
            await client.start()
            yield client
        finally:
            await _closed(client.close())


@asynccontextmanager
async def producing(settings: ClientSettings) -> AsyncIterator[AIOKafkaProducer]:
    """A started producer that waits for all in-sync replicas.

    Raises:
        BrokerError: no broker answers or lets us in, or a request inside the block fails.
    """
    client = AIOKafkaProducer(
        **settings.client_options(),
        acks="all",
        linger_ms=5,
        max_request_size=MAX_RECORD_BYTES,
        request_timeout_ms=REQUEST_MS,
        max_batch_size=BATCH_BYTES,
        partitioner=partition_of,
    )
    async with _explained(settings):
        try:
            await client.start()
            yield client
        finally:
            await _closed(client.stop())


@asynccontextmanager
async def reading(
    settings: ClientSettings, topic: str, *, latest: bool = False
) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer outside any group on all partitions of a topic, from its start or, if `latest`, its end.

    Only its `getmany` is of use: it gives what a fetch brought in bounded pieces.

    Raises:
        BrokerError: no broker answers or lets us in, the topic is not there, or a request fails.
    """
    partitions = await _partitions(settings, settings.topics.of(topic))
    install()
    client = AIOKafkaConsumer(
        **settings.client_options(),
        **READS,
        group_id=None,
        enable_auto_commit=False,
        # The same as the seek below: an answer to the client's own first question may come after it.
        auto_offset_reset="latest" if latest else "earliest",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        max_partition_fetch_bytes=MAX_RECORD_BYTES,
    )
    async with _explained(settings):
        try:
            await client.start()
            hasten(client._fetcher)  # noqa: SLF001  # aiokafka offers no other way
            client.assign(partitions)
            await (client.seek_to_end() if latest else client.seek_to_beginning())
            yield client
        finally:
            await _closed(client.stop())


async def read_all(settings: ClientSettings, topic: str) -> AllOfIt:
    """Every record that a topic has now, in order per partition.  Records do not know theirs: `read_places`.

    Raises:
        BrokerError: no broker answers or lets us in, the topic is not there, or it stops answering.
    """
    async with aclosing(read_places(settings, topic)) as found:
        async for _, record in found:
            yield record


async def read_places(
    settings: ClientSettings, topic: str
) -> AsyncGenerator[tuple[TopicPartition, StoredRecord], None]:
    """The same, each with its partition.

    Raises:
        BrokerError: no broker answers or lets us in, the topic is not there, or it stops answering.
    """
    async with reading(settings, topic) as consumer:
        starts = await consumer.beginning_offsets(consumer.assignment())
        ends = await consumer.end_offsets(consumer.assignment())
        left = [tp for tp, end in ends.items() if starts[tp] < end]
        silent = 0
        while left and silent < PATIENCE_POLLS:
            before = [await consumer.position(tp) for tp in left]
            fetched = await consumer.getmany(*left, timeout_ms=POLL_MS)
            # Aborted records and markers move the position, and give nothing.
            moved = fetched or before != [await consumer.position(tp) for tp in left]
            silent = 0 if moved else silent + 1
            for tp, records in fetched.items():
                for record in records:
                    yield tp, record
            left = [tp for tp in left if await consumer.position(tp) < ends[tp]]
        if left:
            raise BrokerError(f"{topic} at {settings.bootstrap}: no more records come, though there are some")


class Led(NamedTuple):
    """How many partitions a topic has, and how many of them have a leader, so that they can be used now."""

    partitions: int
    led: int

    @property
    def lacking(self) -> str | None:
        """What to say of partitions without a leader; None where each has one."""
        if self.led == self.partitions:
            return None
        return f"{self.partitions - self.led} of {self.partitions} partitions have no leader"


async def leaders(client: AIOKafkaAdminClient) -> dict[str, Led]:
    """Of every topic that the broker knows."""
    topics: list[dict[str, Any]] = await client.describe_topics()  # by name would create them on Tansu
    return {
        topic["topic"]: Led(
            len(topic["partitions"]),
            0 if topic["error_code"] else sum(each["leader"] >= 0 for each in topic["partitions"]),
        )
        for topic in topics
    }


async def partition_counts(client: AIOKafkaAdminClient) -> dict[str, int]:
    """Partitions of every topic whose partitions all have a leader."""
    found = await leaders(client)
    return {topic: each.partitions for topic, each in found.items() if 0 < each.led == each.partitions}


async def known_partitions(client: AIOKafkaAdminClient) -> dict[str, int]:
    """Partitions of every topic that the broker knows, with a leader or without."""
    return {topic: each.partitions for topic, each in (await leaders(client)).items()}


def no_topic(topic: str) -> BrokerError:
    """The complaint that a topic is not there: so says a broker, too, to those who may not see it."""
    return BrokerError(
        f"topic {topic} is not there, which `tocsin topics` creates, or we have no right to see it "
        "(docs/operating.md has what each part may do)"
    )


def usable(found: Mapping[str, Led], topic: str) -> int:
    """How many partitions a topic has, all of which can be used.

    Raises:
        BrokerError: they cannot, and why.
    """
    if topic not in found:
        raise no_topic(topic)
    if found[topic].lacking:
        raise BrokerError(f"topic {topic}: {found[topic].lacking}; {START_BROKERS}")
    return found[topic].partitions


async def look_for(settings: ClientSettings, topics: Iterable[str]) -> None:
    """Whether topics are there.

    Raises:
        BrokerError: no broker answers, or one of them is not there.
    """
    async with admin_client(settings) as client:
        there = set(await client.list_topics())
    for topic in topics:
        if topic not in there:
            raise no_topic(topic)


async def _partitions(settings: ClientSettings, topic: str) -> list[TopicPartition]:
    async with admin_client(settings) as client:
        found = await leaders(client)
    return [TopicPartition(topic, number) for number in range(usable(found, topic))]


async def _closed(closing: Coroutine[Any, Any, None]) -> None:
    """End a client.  Aiokafka takes a Ctrl-C that comes meanwhile for its own doing, and says nothing."""
    await asyncio.shield(closing)


@asynccontextmanager
async def _explained(settings: ClientSettings) -> AsyncIterator[None]:
    try:
        yield
    except KafkaConnectionError as error:
        told = await why_unreachable(settings) or (
            f"a broker answers at {settings.bootstrap} but does not let us in; "
            f"check --security-protocol ({settings.security_protocol}), name, password and certificates"
        )
        raise BrokerError(told) from error
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerError(f"Kafka at {settings.bootstrap}: {_text(error)}") from error


async def why_unreachable(settings: ClientSettings) -> str | None:
    """Why no broker can be reached; None when one says anything, so that the fault lies further up."""
    faults = await unreachable(settings)
    if len(faults) < len(settings.brokers):
        return None
    return "no Kafka broker answers at " + ", ".join(f"{place} ({fault})" for place, fault in faults)


async def unreachable(settings: ClientSettings) -> list[tuple[str, str]]:
    """The brokers that are named and say nothing, and why each cannot be reached."""
    faults = await asyncio.gather(*map(_fault, settings.brokers))
    return [(place, fault) for place, fault in zip(settings.brokers, faults, strict=True) if fault]


async def _fault(place: str) -> str | None:
    """Why a broker cannot be reached; None when something there says anything, or hangs up."""
    host, _, port = place.rpartition(":")
    try:
        opened = asyncio.open_connection(host.strip("[]"), int(port))
        reader, writer = await asyncio.wait_for(opened, PROBE_S)
    except (OSError, TimeoutError) as error:
        return _text(error)
    try:
        writer.write(WHICH_VERSIONS)
        await asyncio.wait_for(reader.read(1), PROBE_S)
    except TimeoutError:
        return "it takes connections, and says nothing"
    except OSError:
        return None
    finally:
        writer.close()
    return None


def _text(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if isinstance(error, ConnectionError) and number:
        return os.strerror(number)  # asyncio puts the address into the text, which is told already
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
