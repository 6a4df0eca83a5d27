"""A rule that is removed while its alert fires: the worker tells that the alert has ended."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from tests.chaos.wire import read_topic
from tests.kafka.broker import Broker, running_broker
from tests.kafka.worker_process import create_topics, worker

GROUP = "removed"
KEPT = """
timing: {pane: 10s, lateness: 10s, idle_after: 3s}
rules:
  - {name: kept, indicator: csat, by: [channel], window: 10m, warning: 80, min_answers: 20}
"""
GONE = "  - {name: gone, indicator: csat, by: [], detect: sudden, floor: 70, explain: []}\n"
START_S = 1_767_571_200


@pytest.fixture(scope="module")
def kafka() -> Iterator[Broker]:
    """A broker with the topics of a group."""
    with running_broker() as running:
        create_topics(running.bootstrap, GROUP, 1)
        yield running


async def produce(broker: str) -> None:
    """A hundred bad answers, one a second."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
    await producer.start()
    for number in range(100):
        event = {
            "id": str(number),
            "at": START_S + number,
            "channel": "chat",
            "indicator": "csat",
            "score": 1,
        }
        await producer.send("cx.feedback", orjson.dumps(event), key=b"c")
    await producer.stop()


def alerts(broker: str) -> list[dict[str, Any]]:
    """Every transition on cx.alerts."""
    return [orjson.loads(record.value) for record in asyncio.run(read_topic(broker, "cx.alerts"))]


def short(told: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    """Rule, number and state of each."""
    return [(each["rule"], each["seq"], each["state"]) for each in told]


def test_its_alert_ends_at_reload_and_only_once(kafka: Broker, tmp_path: Path) -> None:
    """Under the same id, with the reason; the other rule's alert goes on, also after another restart."""
    path = tmp_path / "rules.yaml"
    path.write_text(KEPT + GONE)
    started = ("--rules", str(path))
    with worker(kafka.bootstrap, GROUP, tmp_path / "log", *started) as running:
        running.ready()
        asyncio.run(produce(kafka.bootstrap))
        running.until(lambda: len(alerts(kafka.bootstrap)) == 2, "both alerts")
        path.write_text(KEPT)
        running.url = running.next_url()
        running.ready()
        running.until(lambda: len(alerts(kafka.bootstrap)) == 3, "the end of one")
        assert running.metric("cx_alert_firing") == 1
        assert running.terminate() == 0
    with worker(kafka.bootstrap, GROUP, tmp_path / "log", *started) as again:
        again.ready()
        assert again.metric("cx_alert_firing") == 1
        assert again.terminate() == 0
    told = alerts(kafka.bootstrap)
    assert sorted(short(told[:2])) == [("gone", 1, "firing"), ("kept", 1, "firing")]
    assert short(told[2:]) == [("gone", 2, "resolved")]
    assert told[2]["id"] in {each["id"] for each in told[:2] if each["rule"] == "gone"}
    assert told[2]["evidence"] == {"reason": "rule_removed"}
