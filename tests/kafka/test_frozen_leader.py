"""A leader that is frozen, its connections open: what was sent to it reaches its successor in time."""

import asyncio
from typing import Final

import pytest

from stream.kafka.outbox import DELIVERY_TIMEOUT_MS, Outbox, Outgoing
from stream.kafka.settings import ClientSettings, parse_brokers
from tests.kafka.cluster import Cluster, on_all_brokers, running_cluster

TOPIC: Final = "cx.tallies"
IN_TIME_S: Final = DELIVERY_TIMEOUT_MS / 1000


@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_a_message_outlives_its_leader() -> None:
    """Other brokers take over after nine seconds; whoever waits for the old one until then is too late."""
    with running_cluster() as cluster:
        asyncio.run(_send_to_a_frozen_one(cluster))


async def _send_to_a_frozen_one(cluster: Cluster) -> None:
    await on_all_brokers(cluster.bootstrap, TOPIC)
    outbox = Outbox(ClientSettings(brokers=parse_brokers(cluster.bootstrap)).client_options())
    await outbox.start()
    try:
        await outbox.deliver([Outgoing(TOPIC, b"before", partition=0)])
        await asyncio.to_thread(cluster.freeze)
        async with asyncio.timeout(IN_TIME_S):
            await outbox.deliver([Outgoing(TOPIC, b"meanwhile", partition=0)])
    finally:
        await asyncio.to_thread(cluster.thaw)
        await outbox.stop()
