"""Whether the replicas of topics keep what was written: how many there are, and which of them may lead."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from stream.kafka.clients import admin_client
from stream.kafka.settings import ClientSettings
from stream.kafka.topics import TopicState, topic_configs, usual_replicas

UNCLEAN: Final = "unclean.leader.election.enable"


async def warning_of_few_replicas(
    settings: ClientSettings, states: Sequence[TopicState], wanted: int | None
) -> str | None:
    """What to say of topics that have fewer than `wanted`, or than new ones would have; None where none has.

    A broker that was away when they were made is such a case: the others are all that there seemed to be.

    Raises:
        BrokerError: the broker does not answer.
    """
    async with admin_client(settings) as client:
        wanted = await usual_replicas(client) if wanted is None else wanted
        found = _replicas(await client.describe_topics())
    few = [f"{each.name} ({found[each.name]})" for each in states if found.get(each.name, wanted) < wanted]
    if not few:
        return None
    return (
        f"fewer than {wanted} replicas, as nothing that exists is changed: {', '.join(few)}; "
        f"kafka-reassign-partitions.sh --bootstrap-server {settings.bootstrap} --execute adds some"
    )


async def warning_of_unclean_elections(settings: ClientSettings, states: Sequence[TopicState]) -> str | None:
    """What to say of topics that a replica may lead which lacks the newest records; None where none is so.

    Raises:
        BrokerError: the broker does not answer.
    """
    if not (lossy := await _lossy(settings, [each.name for each in states])):
        return None
    command = f"kafka-configs.sh --bootstrap-server {settings.bootstrap} --alter --entity-type topics"
    return (
        f"{UNCLEAN} is true, so that records are lost without a word when brokers die one after the other: "
        f"{', '.join(lossy)}; for each {command} --entity-name TOPIC --add-config {UNCLEAN}=false"
    )


async def _lossy(settings: ClientSettings, names: Sequence[str]) -> list[str]:
    """Topics whose log may end before what was read already.

    Where it grows past that before anybody looks, what comes then counts as read, and nobody counts it.
    """
    async with admin_client(settings) as client:
        found = _replicas(await client.describe_topics())
        several = [name for name in names if found.get(name, 0) > 1]
        configs = await topic_configs(client, several)
    return [name for name in several if (configs.get(name) or {}).get(UNCLEAN) == "true"]


def _replicas(topics: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Of each topic, as many as its worst partition has."""
    return {
        topic["topic"]: min(len(each["replicas"]) for each in topic["partitions"])
        for topic in topics
        if topic["partitions"]
    }
