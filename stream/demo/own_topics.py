"""The demo's topics on a broker that is not the demo's: no traffic of ours among somebody's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from alerts.errors import SettingsError
from stream.kafka.clients import admin_client, partition_counts, reading
from stream.kafka.settings import ClientSettings
from stream.kafka.topics import ensure
from stream.messages.records import Stream
from stream.messages.topic_names import ALERTS, INPUTS, SCORES

WATCHED: Final = (*INPUTS, SCORES, ALERTS)
"""Where events and alerts of the demo would be taken for real ones."""


@asynccontextmanager
async def topics_of_our_own(kafka: ClientSettings, partitions: int, group: str) -> AsyncIterator[None]:
    """All topics, empty; those that were not there before are deleted at the end.

    Raises:
        SettingsError: a topic that we would write to has records.
        BrokerError: the broker does not answer, or refuses.
    """
    async with admin_client(kafka) as client:
        found = await partition_counts(client)
    for topic in WATCHED:
        name = kafka.topics.of(topic)
        if name in found and await _records(kafka, topic):
            raise SettingsError(
                f"TOCSIN_BROKER: want a broker on which {name} is empty or missing, got one with records at "
                f"{kafka.bootstrap}: the demo's would be taken for real ones. "
                "Unset TOCSIN_BROKER, and the demo finds a broker of its own"
            )
    states = await ensure(kafka, found.get(Stream.INTERACTIONS.topic, partitions), None, group)
    try:
        yield
    finally:
        created = [state.name for state in states if state.created]
        if created:
            async with admin_client(kafka) as client:
                await client.delete_topics(created)


async def _records(kafka: ClientSettings, topic: str) -> bool:
    async with reading(kafka, topic) as consumer:
        starts = await consumer.beginning_offsets(consumer.assignment())
        ends = await consumer.end_offsets(consumer.assignment())
    return any(ends[tp] > start for tp, start in starts.items())
