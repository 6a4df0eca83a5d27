"""Changes a topic's settings on a running broker, as an operator does."""

from collections.abc import Mapping
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

SET_ON_TOPIC: Final = 1
"""`config_source` of what was set for the topic itself, as KIP-226 numbers them."""


async def change(bootstrap: str, topic: str, settings: Mapping[str, str]) -> None:
    """Set these; whatever else was set for the topic stays.

    Raises:
        ValueError: the broker refuses.
    """
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        before = await _set_before(client, topic)
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs={**before, **settings})
        for answer in await client.alter_configs([resource]):
            for told in answer.to_object()["resources"]:
                if told["error_code"]:
                    raise ValueError(f"{topic}: {told['error_message']}")
    finally:
        await client.close()


async def _set_before(client: AIOKafkaAdminClient, topic: str) -> dict[str, str]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic)]
    return {
        entry["config_names"]: entry["config_value"]
        for answer in await client.describe_configs(asked)
        for resource in answer.to_object()["resources"]
        for entry in resource["config_entries"]
        if entry["config_source"] == SET_ON_TOPIC
    }
