"""Changes a topic's settings on a running broker, as an operator does."""

from collections.abc import Mapping

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType


async def change(bootstrap: str, topic: str, settings: Mapping[str, str]) -> None:
    """These settings and no others: whatever else was set goes back to the broker's default."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs=dict(settings))
        [answer] = await client.alter_configs([resource])
        [(code, text, *_)] = answer.resources
        if code:
            raise ValueError(f"{topic}: {text}")
    finally:
        await client.close()
