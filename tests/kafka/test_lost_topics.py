"""A topic that is deleted under a worker: it ends with the reason, whichever it is, and never just waits."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from tests.kafka.broker import Broker, running_broker
from tests.kafka.worker_process import create_topics, worker

PARTITIONS = 2
START_S = 1_767_571_200
WITHIN_S = 60.0


@pytest.fixture(scope="module")
def kafka() -> Iterator[Broker]:
    """A broker of this module's own, whose topics come and go."""
    with running_broker() as running:
        yield running


async def produce(broker: str) -> None:
    """Some answers and contacts, over a quarter of an hour of event time."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
    await producer.start()
    for number in range(900):
        event: dict[str, object] = {"id": f"{number}", "at": START_S + number, "channel": "phone"}
        topic = "cx.interactions"
        if number % 2:
            topic, event = "cx.feedback", event | {"indicator": "csat", "score": 1}
        key = b"c%d" % (number % 17)
        await producer.send(topic, orjson.dumps(event), key=key, partition=crc32(key) % PARTITIONS)
    await producer.stop()


async def delete(broker: str, topic: str) -> None:
    """As an operator does by mistake."""
    client = AIOKafkaAdminClient(bootstrap_servers=broker)
    await client.start()
    try:
        answer = await client.delete_topics([topic])
        assert [error_code for _, error_code in answer.topic_error_codes] == [0]
    finally:
        await client.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("topic", "anew", "reason"),
    [
        ("cx.interactions", False, "cx.interactions: deleted under the worker"),
        ("cx.tallies", False, "cx.tallies: deleted under the worker"),
        ("cx.feedback", True, "was the topic created anew?"),
    ],
)
def test_a_lost_topic_ends_the_worker(
    kafka: Broker,
    tmp_path: Path,
    topic: str,
    anew: bool,  # noqa: FBT001  # pytest calls by name
    reason: str,
) -> None:
    """With its name, and an exit code that no supervisor takes for success."""
    group = f"g-{topic}"
    create_topics(kafka.bootstrap, group, PARTITIONS)
    with worker(kafka.bootstrap, group, tmp_path / "log") as running:
        running.ready()
        asyncio.run(produce(kafka.bootstrap))
        running.until(lambda: running.metric("tocsin_events_total") >= 900, "reading all")
        asyncio.run(delete(kafka.bootstrap, topic))
        if anew:
            time.sleep(1)
            create_topics(kafka.bootstrap, group, PARTITIONS)
        assert running.process.wait(WITHIN_S) != 0
    log = (tmp_path / "log").read_text()
    assert reason in log
    assert "Traceback" not in log
