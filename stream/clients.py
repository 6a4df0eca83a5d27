"""Short-lived Kafka clients of the commands, and what it means when the broker does not answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from stream.kafka import MAX_RECORD_BYTES, ClientSettings

REQUEST_MS: Final = 15_000
"""How long one request of a command may take; the worker has its own patience."""
PROBE_S: Final = 3.0
FETCH_WAIT_MS: Final = 50
"""Tansu answers an empty fetch after half of this, whether something was written meanwhile or not."""


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
            await client.close()


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
    )
    async with _explained(settings):
        try:
            await client.start()
            yield client
        finally:
            await client.stop()


@asynccontextmanager
async def reading(
    settings: ClientSettings, topic: str, *, latest: bool = False
) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer outside any group on all partitions of a topic, from its start or, if `latest`, its end.

    Raises:
        BrokerError: no broker answers or lets us in, the topic is not there, or a request fails.
    """
    client = AIOKafkaConsumer(
        **settings.client_options(),
        group_id=None,
        enable_auto_commit=False,
        fetch_max_wait_ms=FETCH_WAIT_MS,
        max_partition_fetch_bytes=MAX_RECORD_BYTES,
    )
    async with _explained(settings):
        try:
            await client.start()
            partitions = await _partitions(client, topic)
            client.assign(partitions)
            await (client.seek_to_end() if latest else client.seek_to_beginning())
            yield client
        finally:
            await client.stop()


async def _partitions(client: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    # Asks for all topics, since asking for one by name would create it on brokers that do so.
    if topic not in await client.topics():
        raise BrokerError(f"topic {topic} is not there; `tocsin topics` creates it")
    return [TopicPartition(topic, number) for number in sorted(client.partitions_for_topic(topic))]


@asynccontextmanager
async def _explained(settings: ClientSettings) -> AsyncIterator[None]:
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerError(
            await why_unreachable(settings) or f"Kafka at {settings.bootstrap}: {_text(error)}"
        ) from error


async def why_unreachable(settings: ClientSettings) -> str | None:
    """Why no broker can be reached over TCP; None when one can, so that the fault lies further up."""
    faults = []
    for place in settings.brokers:
        host, _, port = place.rpartition(":")
        try:
            opened = asyncio.open_connection(host.strip("[]"), int(port))
            _, writer = await asyncio.wait_for(opened, PROBE_S)
        except (OSError, TimeoutError) as error:
            faults.append(f"{place} ({_text(error)})")
        else:
            writer.close()
            return None
    return "no Kafka broker answers at " + ", ".join(faults)


def _text(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
