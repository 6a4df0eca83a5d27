"""A partition whose leader has moved while nothing was asked of it: the client must find the new one."""

import asyncio
from typing import Final

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from stream.kafka.settings import READS
from tests.kafka.cluster import Cluster, leader_of, on_all_brokers, running_cluster

MOVED: Final = TopicPartition("cx.tallies", 0)
"""The partition whose leader the cluster ends."""
FOUND_S: Final = 25.0
"""Well below the five minutes after which clients look for leaders by themselves."""


@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_a_partition_is_read_from_its_beginning_where_it_is_now() -> None:
    """Its old leader is back and refuses to say where it begins; time alone tells to ask another."""
    with running_cluster() as cluster:
        asyncio.run(_read_after_a_move(cluster))


async def _read_after_a_move(cluster: Cluster) -> None:
    await _prepare(cluster.bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=cluster.bootstrap, auto_offset_reset="earliest", **READS)
    await consumer.start()
    try:
        consumer.assign([MOVED])
        assert (await consumer.getone()).value == b"first"
        consumer.pause(MOVED)
        old = await leader_of(cluster.bootstrap, MOVED.topic)
        await asyncio.to_thread(cluster.kill)
        await asyncio.to_thread(cluster.start)
        assert await leader_of(cluster.bootstrap, MOVED.topic) != old
        async with asyncio.timeout(FOUND_S):
            await consumer.seek_to_beginning(MOVED)
            consumer.resume(MOVED)
            assert (await consumer.getone()).value == b"first"
    finally:
        await consumer.stop()


async def _prepare(bootstrap: str) -> None:
    """The topic, on all brokers, with one record."""
    await on_all_brokers(bootstrap, MOVED.topic)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    await producer.send_and_wait(MOVED.topic, b"first", partition=0)
    await producer.stop()
