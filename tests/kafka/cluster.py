"""Three brokers as one: the one that leads is stopped, killed, frozen or filled, and another takes over."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.kafka.broker import Broker, JavaBroker, Place, cluster_id, free_ports, java_broker

NODES: Final = 3
SETTINGS: Final = {
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    "replica.lag.time.max.ms": "5000",
}
"""What a cluster has otherwise than a broker alone."""


class Cluster(Broker):
    """Brokers that are controllers as well.  One at a time is away; `start` brings it back."""

    def __init__(self, nodes: int = NODES) -> None:
        ports = [free_ports(3) for _ in range(nodes)]
        voters = ",".join(f"{n}@127.0.0.1:{ctl}" for n, (_, ctl, _) in enumerate(ports, 1))
        cluster = cluster_id()
        self.nodes: list[JavaBroker] = []
        for number, (port, controller, _) in enumerate(ports, 1):
            settings = {**SETTINGS, "node.id": str(number), "controller.quorum.voters": voters}
            self.nodes.append(java_broker(settings, Place(port, controller, cluster)))
        self.bootstrap = ",".join(node.bootstrap for node in self.nodes)
        self._away: JavaBroker | None = None

    def start(self) -> None:
        """Start all, or bring back the one that is away, and wait until everything is replicated."""
        for node in self.nodes if self._away is None else [self._away]:
            node.begin()
        for node in self.nodes if self._away is None else [self._away]:
            node.wait_listening()
        self._away = None

    def stop(self) -> None:
        """End the leader in good order."""
        self._victim().stop()

    def kill(self) -> None:
        """End the leader as a power cut would."""
        self._victim().kill()

    def fill_disk(self) -> None:
        """Fill the leader's disk, and wait until it ends."""
        self._victim().fill_disk()

    def freeze(self) -> None:
        """Stop the leader in its tracks."""
        self._victim().freeze()

    def thaw(self) -> None:
        """Let it go on."""
        if self._away is not None:
            self._away.thaw()
            self._away = None

    def keep(self, folder: Path) -> None:
        """Copy the logs and data of all to where they outlive them."""
        for node in self.nodes:
            node.keep(folder)

    def close(self) -> None:
        """End all and delete their data."""
        for node in self.nodes:
            node.close()

    def _victim(self) -> JavaBroker:
        """Who leads the first partition of cx.tallies."""
        leader = asyncio.run(leader_of(self.bootstrap, "cx.tallies"))
        self._away = self.nodes[leader - 1]
        return self._away


async def on_all_brokers(bootstrap: str, topic: str) -> None:
    """Make a topic of one partition, with a replica on every broker of a cluster of `NODES`."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, NODES)])
    await admin.close()


async def leader_of(bootstrap: str, topic: str, partition: int = 0) -> int:
    """The node that leads a partition."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        found = await producer.partitions_for(topic)
        if partition not in found:
            raise LookupError(f"{topic}: no partition {partition}")
        leader: int = producer.client.cluster.leader_for_partition(TopicPartition(topic, partition))
        return leader
    finally:
        await producer.stop()


@contextmanager
def running_cluster(nodes: int = NODES) -> Iterator[Cluster]:
    """A cluster that listens; ended, data deleted, at the end of the block."""
    cluster = Cluster(nodes)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()
