"""Changes a topic's settings on a running broker, as an operator does."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.protocol.admin import DescribeConfigsRequest

SET_ON_TOPIC: Final = 1
"""`config_source` of what was set for the topic itself, as KIP-226 numbers them."""
HEARD_S: Final = 60.0
"""Brokers hear of a change one after the other: on an idle machine within a second or so."""


async def change(bootstrap: str, topic: str, settings: Mapping[str, str]) -> None:
    """Set these, and wait until every broker goes by them; whatever else was set for the topic stays.

    Raises:
        ValueError: the broker refuses.
    """
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        brokers = [each.nodeId for each in client._client.cluster.brokers()]
        wanted = {**await _set_on(client, brokers[0], topic), **settings}
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs=wanted)
        for answer in await client.alter_configs([resource]):
            for told in answer.to_object()["resources"]:
                if told["error_code"]:
                    raise ValueError(f"{topic}: {told['error_message']}")
        async with asyncio.timeout(HEARD_S):
            for broker in brokers:
                while await _set_on(client, broker, topic) != wanted:  # noqa: ASYNC110  # a broker tells nobody
                    await asyncio.sleep(0.05)
    finally:
        await client.close()


async def _set_on(client: AIOKafkaAdminClient, broker: int, topic: str) -> dict[str, str]:
    asked = DescribeConfigsRequest([(ConfigResourceType.TOPIC, topic, None)], include_synonyms=False)
    answer: Any = await client._send_request_to_node(broker, asked)
    return {
        entry["config_names"]: entry["config_value"]
        for resource in answer.to_object()["resources"]
        for entry in resource["config_entries"]
        if entry["config_source"] == SET_ON_TOPIC
    }
