"""A broker away for longer than any message is tried, from a topic that wants all its replicas."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from stream.kafka.outbox import DELIVERY_TIMEOUT_MS
from tests.chaos.wire import read_topic
from tests.kafka.cluster import NODES, Cluster, running_cluster
from tests.kafka.topic_settings import change
from tests.kafka.worker_process import WorkerProcess, create_topics, worker

AWAY_S: Final = DELIVERY_TIMEOUT_MS / 1000 + 20
START_S: Final = 1_767_571_200
BEFORE, MEANWHILE, AFTER = 200, 500, 700
WINDOW: Final = 600
RULES: Final = """
timing: {pane: 10s, lateness: 10s, idle_after: 3s}
rules:
  - {name: csat-low, indicator: csat, by: [channel], window: 10m, warning: 80, min_answers: 20}
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Three brokers with the topics of a group, of which cx.tallies wants all replicas."""
    with running_cluster(NODES) as brokers:
        create_topics(brokers.bootstrap, "short", 2)
        asyncio.run(change(brokers.bootstrap, "cx.tallies", {"min.insync.replicas": str(NODES)}))
        yield brokers


@pytest.mark.kafka
@pytest.mark.timeout(600)
def test_a_worker_waits_for_replicas(cluster: Cluster, tmp_path: Path) -> None:
    """It says so, does not end, can be told to leave, and nothing is lost or counted twice."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    log = tmp_path / "log"
    with worker(cluster.bootstrap, "short", log, "--rules", str(rules), "--watchdog", "30") as first:
        first.ready()
        asyncio.run(_answers(cluster.bootstrap, 0, BEFORE))
        first.until(lambda: first.metric("tocsin_lag_records") == 0, "the first answers")
        cluster.stop()
        asyncio.run(_answers(cluster.bootstrap, BEFORE, MEANWHILE))
        first.until(lambda: "min.insync.replicas" in first.get("readyz")[1], "the standstill")
        assert first.metric("tocsin_ready") == 0
        with worker(cluster.bootstrap, "short", tmp_path / "other", "--rules", str(rules)) as second:
            second.until(lambda: "min.insync.replicas" in second.get("readyz")[1], "the other's")
            assert second.terminate() == 0
        _stays(first)
        cluster.start()
        first.ready()
        asyncio.run(_answers(cluster.bootstrap, MEANWHILE, AFTER))
        first.until(lambda: _most_counted(cluster.bootstrap) == WINDOW, "a full window")
        assert first.terminate() == 0
    assert log.read_text().count("; waiting") == 1


def _stays(standing: WorkerProcess) -> None:
    """It stands for longer than a message is tried elsewhere, and than its watchdog waits."""
    until = time.monotonic() + AWAY_S
    while time.monotonic() < until:
        assert standing.process.poll() is None, standing.log.read_text()
        time.sleep(1)


async def _answers(broker: str, first: int, last: int) -> None:
    """Answers by number, one a second of event time."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
    await producer.start()
    for number in range(first, last):
        key, at_s = b"c%d" % number, START_S + number
        event = {"id": f"e{number}", "at": at_s, "channel": "phone", "indicator": "csat", "score": 4}
        await producer.send("cx.feedback", orjson.dumps(event), key=key, partition=number % 2)
    await producer.stop()


def _most_counted(broker: str) -> int:
    """The most answers of any score of the channel; each full window has those from both sides of the gap."""
    scores = [orjson.loads(each.value) for each in asyncio.run(read_topic(broker, "cx.scores"))]
    return max((each["n"] for each in scores if each["scope"] == {"channel": "phone"}), default=0)
