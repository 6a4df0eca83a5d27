"""A coordinator that has moved: its refusal to tell what is committed must not pass for nothing."""

import asyncio
from typing import Final

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.transport.committed import heed_refusals
from tests.kafka.cluster import NODES, on_all_brokers, running_cluster

READ: Final = TopicPartition("cx.feedback", 0)
COMMITTED: Final = 5


@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_a_broker_that_does_not_tell_is_not_taken_at_its_word() -> None:
    """It answers that it is not the group's coordinator, without any partition: another one is asked."""
    with running_cluster() as cluster:
        assert asyncio.run(_asked_of_another(cluster.bootstrap)) == COMMITTED


async def _asked_of_another(bootstrap: str) -> int | None:
    await on_all_brokers(bootstrap, READ.topic)
    consumer = AIOKafkaConsumer(
        READ.topic, bootstrap_servers=bootstrap, group_id="moved", enable_auto_commit=False
    )
    await consumer.start()
    try:
        await consumer.commit({READ: COMMITTED})
        coordinator = consumer._coordinator
        heed_refusals(coordinator)
        coordinator.coordinator_id = 1 + coordinator.coordinator_id % NODES
        found = await coordinator.fetch_committed_offsets([READ])
        return found[READ].offset if READ in found else None
    finally:
        await consumer.stop()
