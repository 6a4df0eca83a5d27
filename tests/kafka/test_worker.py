"""The worker as operators meet it: how it starts, waits, reloads, recovers and leaves."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from tests.chaos.wire import read_topic
from tests.kafka.broker import Broker, free_ports, running_broker
from tests.kafka.worker_process import ROOT, WorkerProcess, create_topics, worker

PARTITIONS = 3
RULES = """
timing: {pane: 10s, lateness: 10s, idle_after: 3s}
rules:
  - {name: csat-low, indicator: csat, by: [channel], window: 10m, warning: 80, min_answers: 20}
"""
START_S = 1_767_571_200


@pytest.fixture(scope="module")
def bare() -> Iterator[Broker]:
    """A broker of this module's own, since the topics' names are fixed; without topics for the first test."""
    with running_broker() as running:
        yield running


@pytest.fixture(scope="module")
def kafka(bare: Broker) -> Broker:
    """The same broker with the topics of a group."""
    create_topics(bare.bootstrap, "first", PARTITIONS)
    return bare


def rules_file(folder: Path, text: str = RULES) -> Path:
    """The rules as a file."""
    path = folder / "rules.yaml"
    path.write_text(text)
    return path


async def produce(broker: str, first: int, count: int, score: int) -> None:
    """Answers number `first` and on, five a second of event time, all with one score."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
    await producer.start()
    for number in range(first, first + count):
        customer = b"c%d" % (number % 97)
        event = {
            "id": f"{broker}-{number}",
            "at": START_S + number / 5,
            "channel": "phone",
            "indicator": "csat",
            "score": score,
        }
        place = crc32(customer) % PARTITIONS
        await producer.send("cx.feedback", orjson.dumps(event), key=customer, partition=place)
    await producer.stop()


def accepted(started: WorkerProcess) -> int:
    """Events that the worker has counted since it started."""
    return int(started.metric("tocsin_events_total"))


def alert_ids(broker: str) -> list[tuple[str, int, str]]:
    """Every transition on cx.alerts."""
    records = asyncio.run(read_topic(broker, "cx.alerts"))
    return [(each["id"], each["seq"], each["state"]) for each in (orjson.loads(r.value) for r in records)]


def test_missing_inputs(bare: Broker) -> None:
    """The worker says which topics it misses and how to create them, and ends with exit code 2."""
    command = [sys.executable, "-m", "stream", "worker", "--broker", bare.bootstrap, "--port", "0"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=90)
    assert done.returncode == 2
    assert "cx.interactions" in done.stderr
    assert "tocsin topics" in done.stderr
    assert "Traceback" not in done.stderr


def test_waits_for_its_broker(tmp_path: Path) -> None:
    """Without a broker the worker is alive, not ready, says why, and can be told to end."""
    [port] = free_ports(1)
    with worker(f"127.0.0.1:{port}", "g", tmp_path / "log") as waiting:
        assert waiting.get("healthz")[0] == 200
        status, text = waiting.get("readyz")
        assert (status, "no broker" in text) == (503, True)
        assert waiting.terminate() == 0
    assert "no Kafka broker answers" in (tmp_path / "log").read_text()


def test_a_second_worker_on_the_port(kafka: Broker, tmp_path: Path) -> None:
    """A port that is taken is the operator's affair: exit code 2, and no trace."""
    with worker(kafka.bootstrap, "first", tmp_path / "one") as one:
        port = one.url.rpartition(":")[2]
        with worker(kafka.bootstrap, "first", tmp_path / "two", "--port", port) as two:
            assert two.process.wait(30) == 2
    assert (tmp_path / "two").read_text().startswith("--port: want a free port")


def test_recovers_after_kill(kafka: Broker, tmp_path: Path) -> None:
    """After kill -9 a new worker goes on where the group had committed, and tells nothing anew."""
    rules = ("--rules", str(rules_file(tmp_path)))
    with worker(kafka.bootstrap, "first", tmp_path / "log", *rules) as one:
        one.ready()
        asyncio.run(produce(kafka.bootstrap, 0, 6_000, score=1))
        one.until(lambda: len(alert_ids(kafka.bootstrap)) == 1, "the first alert")
        one.until(lambda: one.metric("tocsin_lag_records") == 0, "the end of the lag")
        time.sleep(2.5)  # commits are a second apart
        one.kill()
    with worker(kafka.bootstrap, "first", tmp_path / "log", *rules) as two:
        two.ready()
        assert two.metric("cx_alert_firing") == 1
        asyncio.run(produce(kafka.bootstrap, 6_000, 6_000, score=5))
        two.until(lambda: len(alert_ids(kafka.bootstrap)) == 2, "the resolve")
        assert accepted(two) == 6_000
        assert two.terminate() == 0
    (first, _, _), (second, _, _) = seen = alert_ids(kafka.bootstrap)
    assert first == second
    assert [(seq, state) for _, seq, state in seen] == [(1, "firing"), (2, "resolved")]


def test_rules_are_read_again(kafka: Broker, tmp_path: Path) -> None:
    """Wrong rules change nothing but a metric; sound ones take over, with the state that was there."""
    path = rules_file(tmp_path)
    with worker(kafka.bootstrap, "first", tmp_path / "log", "--rules", str(path)) as running:
        running.ready()
        path.write_text("rules: oops\n")
        running.process.send_signal(signal.SIGHUP)
        running.until(lambda: running.metric("tocsin_rules_reload_success") == 0, "the refusal")
        path.write_text(RULES.replace("warning: 80", "warning: 90"))
        running.url = running.next_url()
        running.ready()
        limit = [line for line in running.get("metrics")[1].splitlines() if line.startswith("cx_limit{")]
        assert limit
        assert all(line.endswith(" 90.0") for line in limit)
        assert running.terminate() == 0
    log = (tmp_path / "log").read_text()
    assert "rules are wrong, the old ones stay in force" in log
    assert "snapshot read task=judge" in log


def test_two_workers_share(kafka: Broker, tmp_path: Path) -> None:
    """A worker that joins takes its part; when it leaves, the other has all again."""

    def intakes(started: WorkerProcess) -> int:
        text = started.get("metrics")[1]
        return sum(line.startswith('tocsin_lag_records{partition="') and "cx.feedback" in line
                   for line in text.splitlines())  # fmt: skip

    rules = ("--rules", str(rules_file(tmp_path)))
    with (
        worker(kafka.bootstrap, "first", tmp_path / "one", *rules) as one,
        worker(kafka.bootstrap, "first", tmp_path / "two", *rules) as two,
    ):
        one.until(lambda: sorted((intakes(one), intakes(two))) == [1, 2], "sharing")
        assert two.ready().terminate() == 0
        one.until(lambda: intakes(one) == PARTITIONS, "having all")
        assert one.ready().terminate() == 0
