"""A topic that is deleted under a worker: it ends with the reason, or goes on with the new one."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from alerts.delivery.command_seal import CommandOutcome
from alerts.delivery.commands import Acknowledge
from stream.kafka.settings import ClientSettings
from stream.ops.saying import say
from tests.kafka.alerts_topic import until, write_alerts
from tests.kafka.broker import Broker, running_broker
from tests.kafka.doorbells import Doorbells, free_port, listening
from tests.kafka.worker_process import create_topics, worker
from tests.post import transition

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


async def delete(broker: str, *topics: str) -> None:
    """As an operator does by mistake."""
    client = AIOKafkaAdminClient(bootstrap_servers=broker)
    await client.start()
    try:
        answer = await client.delete_topics(list(topics))
        assert {error_code for _, error_code in answer.topic_error_codes} == {0}
    finally:
        await client.close()


async def add_partitions(broker: str, topic: str) -> None:
    """As `tocsin topics` would rather not have it."""
    client = AIOKafkaAdminClient(bootstrap_servers=broker)
    await client.start()
    try:
        await client.create_partitions({topic: NewPartitions(8)})
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


RULES = """
commands: trusted
rules: [{{name: csat-low, indicator: csat}}]
receivers: [{{name: desk, webhook: {{url: "{url}/desk"}}, allow_private: true}}]
"""


def acknowledged(broker: str, alert: str) -> CommandOutcome | None:
    """What workers answer to an acknowledgement; None: nothing."""
    said = Acknowledge(alert=alert, severity="critical", by="ann", at=datetime.now(UTC))
    return asyncio.run(say(ClientSettings(brokers=(broker,)), said, ()))


def test_what_a_topic_has_that_was_made_anew_is_told_and_heeded(fresh_broker: Broker, tmp_path: Path) -> None:
    """Offsets of alerts and commands begin again below what was read; nothing is passed over."""
    group, bootstrap = "g-alerts", fresh_broker.bootstrap
    create_topics(bootstrap, group, 1)
    rules, log = tmp_path / "rules.yaml", tmp_path / "log"
    with listening(Doorbells(free_port())) as bell:
        rules.write_text(RULES.format(url=bell.url))
        with worker(bootstrap, group, log, "--rules", str(rules)) as running:
            running.ready()
            write_alerts(bootstrap, *(transition(f"a{number}", 1) for number in range(9)))
            until(lambda: len(bell.at("desk")) == 9, "what the first topic has")
            for alert in ("a0", "a1", "a2"):
                assert acknowledged(bootstrap, alert) is CommandOutcome.ACCEPTED
            asyncio.run(delete(bootstrap, "cx.alerts", "cx.commands"))
            time.sleep(1)
            create_topics(bootstrap, group, 1)
            until(lambda: running.get("readyz")[0] == 200, "going on")
            write_alerts(bootstrap, *(transition(f"b{number}", 1) for number in range(3)))
            until(lambda: len(bell.at("desk")) == 12, "what the second topic has")
            asyncio.run(add_partitions(bootstrap, "cx.commands"))
            for alert in ("b0", "b1", "b2"):
                assert acknowledged(bootstrap, alert) is CommandOutcome.ACCEPTED
            assert running.terminate() == 0
    assert {ring.body["data"]["id"] for ring in bell.at("desk")[9:]} == {"b0", "b1", "b2"}
    assert "cx.commands begins anew" in log.read_text()
