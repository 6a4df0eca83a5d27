"""Whether topics that are there have as many replicas as `tocsin topics` was asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

from stream.kafka.clients import admin_client
from stream.kafka.settings import ClientSettings
from stream.kafka.topics import TopicState


async def warning_of_few_replicas(
    settings: ClientSettings, states: Sequence[TopicState], wanted: int | None
) -> str | None:
    """What to say of topics that have fewer than `wanted`; None where nobody asked, or none has.

    Raises:
        BrokerError: the broker does not answer.
    """
    if wanted is None:
        return None
    async with admin_client(settings) as client:
        found = _replicas(await client.describe_topics())
    few = [f"{each.name} ({found[each.name]})" for each in states if found.get(each.name, wanted) < wanted]
    if not few:
        return None
    return (
        f"fewer than {wanted} replicas, as nothing that exists is changed: {', '.join(few)}; "
        f"kafka-reassign-partitions.sh --bootstrap-server {settings.bootstrap} --execute adds some"
    )


def _replicas(topics: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Of each topic, as many as its worst partition has."""
    return {
        topic["topic"]: min(len(each["replicas"]) for each in topic["partitions"])
        for topic in topics
        if topic["partitions"]
    }
