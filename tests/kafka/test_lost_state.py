"""A group's judge state is lost while cx.alerts remain: what is open goes on, and ends under its own name."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from stream.messages.topic_names import judge_snapshots
from tests.chaos.wire import read_topic
from tests.kafka.broker import Broker, running_broker
from tests.kafka.doorbells import Doorbells, free_port, listening
from tests.kafka.worker_process import create_topics, worker

GROUP = "lost"
PARTITIONS = 2
START_S = 1_767_571_200
KEPT = """
timing: {{pane: 10s, lateness: 10s, idle_after: 3s}}
receivers: [{{name: desk, webhook: {{url: "{url}/desk"}}, allow_private: true}}]
rules:
  - {{name: low, indicator: csat, by: [channel], window: 10m, critical: 80, min_answers: 20, explain: []}}
  - {{name: fell, indicator: csat, by: [channel], detect: sudden, floor: 75, explain: []}}
"""
GONE = "  - {name: gone, indicator: csat, by: [], window: 5m, warning: 80, min_answers: 20, explain: []}\n"


@pytest.fixture(scope="module")
def kafka() -> Iterator[Broker]:
    """A broker with the topics of a group."""
    with running_broker() as running:
        create_topics(running.bootstrap, GROUP, PARTITIONS)
        yield running


def answer(broker: str, first: int, count: int, *scores: int) -> None:
    """Answers on the chat, one a second from the first on, of these scores in turn."""

    async def write() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
        await producer.start()
        for at in range(first, first + count):
            event = {"id": str(at), "at": START_S + at, "channel": "chat", "indicator": "csat"}
            value = orjson.dumps({**event, "score": scores[at % len(scores)]})
            await producer.send("cx.feedback", value, key=b"c", partition=0)
        await producer.stop()

    asyncio.run(write())


def alerts(broker: str) -> list[tuple[str, str, int, str, str | None]]:
    """Rule, id, number, state and reason of what is on cx.alerts, each once."""
    told = [orjson.loads(record.value) for record in asyncio.run(read_topic(broker, "cx.alerts"))]
    return sorted(
        {(e["rule"], e["id"], e["seq"], e["state"], e["evidence"].get("reason")) for e in told},
        key=lambda each: (each[0], each[2]),
    )


async def lose(broker: str) -> None:
    """Delete the snapshots, and all records of the tallies, as somebody does who wants their space."""
    client = AIOKafkaAdminClient(bootstrap_servers=broker)
    await client.start()
    try:
        await client.delete_topics([judge_snapshots(GROUP)])
        everything = RecordsToDelete(before_offset=-1)
        await client.delete_records(
            {TopicPartition("cx.tallies", number): everything for number in range(PARTITIONS)}
        )
    finally:
        await client.close()


def told(bell: Doorbells) -> set[tuple[str, str]]:
    """Rule and state of every notice; one whose answer was lost with its worker comes again."""
    return {(ring.body["data"]["rule"], ring.body["data"]["state"]) for ring in bell.at("desk")}


def test_what_is_open_ends_when_it_is_over(kafka: Broker, tmp_path: Path) -> None:
    """And nobody is paged again while it lasts; killed before and after, and with a rule gone meanwhile."""
    broker, rules = kafka.bootstrap, tmp_path / "rules.yaml"
    started = (broker, GROUP, tmp_path / "log", "--rules", str(rules))
    with listening(Doorbells(free_port())) as bell:
        rules.write_text(KEPT.format(url=bell.url) + GONE)
        with worker(*started) as first:
            first.ready()
            answer(broker, 0, 400, 5, 1)
            first.until(lambda: first.metric("tocsin_deliveries_total") == 3, "three pages")
            first.kill()
        ids = {rule: alert for rule, alert, *_ in alerts(broker)}
        rules.write_text(KEPT.format(url=bell.url))
        asyncio.run(lose(broker))
        create_topics(broker, GROUP, PARTITIONS)
        with worker(*started) as second:
            second.ready()
            assert second.metric("cx_alert_firing") in {0, 2}  # what has not been judged yet is waited for
            second.kill()
        with worker(*started) as third:
            third.ready()
            answer(broker, 400, 300, 5, 1)
            third.until(lambda: len(alerts(broker)) == 4, "the end of the rule that is gone")
            assert third.metric("cx_alert_firing") == 2
            third.kill()
        with worker(*started) as fourth:
            fourth.ready()
            answer(broker, 700, 1200, 5)
            fourth.until(lambda: len(alerts(broker)) >= 6, "the end of both alerts")
            fourth.until(lambda: len(told(bell)) == 6, "their notices")
            assert fourth.terminate() == 0
    assert alerts(broker) == [
        ("fell", ids["fell"], 1, "firing", None),
        ("fell", ids["fell"], 2, "resolved", None),
        ("gone", ids["gone"], 1, "firing", None),
        ("gone", ids["gone"], 2, "resolved", "rule_removed"),
        ("low", ids["low"], 1, "firing", None),
        ("low", ids["low"], 2, "resolved", None),
    ]
