"""The test broker itself: a suite that stands on it should know that it can be trusted."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.kafka.broker import Broker, running_broker


async def _produced(bootstrap: str, value: bytes) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("survivor", 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        offset: int = (await producer.send_and_wait("survivor", value)).offset
        return offset
    finally:
        await producer.stop()


async def _first(bootstrap: str) -> bytes | None:
    consumer = AIOKafkaConsumer("survivor", bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        value: bytes | None = (await asyncio.wait_for(consumer.getone(), 30)).value
        return value
    finally:
        await consumer.stop()


def test_data_survive_a_kill() -> None:
    """A broker that is killed and started again has its address and its data."""
    with running_broker() as broker:
        if not broker.ours:
            return
        assert asyncio.run(_produced(broker.bootstrap, b"still here")) == 0
        broker.kill()
        broker.start()
        assert asyncio.run(_first(broker.bootstrap)) == b"still here"


def test_the_shared_broker_takes_records(broker: Broker) -> None:
    """The session's broker answers a producer."""
    assert asyncio.run(_produced(broker.bootstrap, b"x")) == 0
