"""Whoever owns a partition shows its series: after a rebalance none is shown by two workers, or by none."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from tests.kafka.broker import running_broker
from tests.kafka.worker_process import WorkerProcess, create_topics, worker

PARTITIONS = 4
CHANNELS = ("phone", "chat", "email", "web", "app", "shop")
RULES = """
timing: {pane: 1s, lateness: 1s, idle_after: 3s}
rules:
  - {name: low, indicator: csat, by: [channel], window: 6h, warning: 80, min_answers: 5, explain: [topic]}
  - {name: topic-low, indicator: csat, by: [channel, topic], window: 6h, critical: 50, min_answers: 5}
  - {name: all-low, indicator: csat, by: [], window: 12h, critical: 50, min_answers: 5}
  - {name: fall, indicator: csat, by: [channel], detect: sudden, floor: 75, false_pages: 1 per 30d}
  - {name: spent, indicator: csat, by: [channel], detect: burn, target: 90}
  - {name: apart, indicator: csat, by: [], detect: gap, across: channel, window: 6h}
  - {name: hush, indicator: contacts, by: [channel], detect: silence, at_least: 1 per 1h}
"""
OWNED = ("cx_", "tocsin_watermark_timestamp_seconds", "tocsin_lag_records")
"""What belongs to a partition; the rest belongs to a process."""
SETTLES_S = 60.0


def shown(started: WorkerProcess) -> list[str]:
    """The series of partitions on a worker's page, as often as they stand there."""
    lines = started.get("metrics")[1].splitlines()
    return [line.rpartition(" ")[0] for line in lines if line.startswith(OWNED)]


async def produce(broker: str) -> None:
    """Half a minute of answers and contacts on all channels, now."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
    await producer.start()
    now_s = time.time()
    for number in range(1200):
        at = now_s - 30 + number / 40
        customer = b"c%d" % (number % 31)
        event = {"id": f"e{number}", "at": at, "channel": CHANNELS[number % 6], "topic": f"t{number % 4}"}
        place = crc32(customer) % PARTITIONS
        answer = {**event, "indicator": "csat", "score": number % 5 + 1}
        await producer.send("cx.feedback", orjson.dumps(answer), customer, partition=place)
        await producer.send("cx.interactions", orjson.dumps(event), customer, partition=place)
    await producer.stop()


def until(holds: Callable[[], object], what: Callable[[], object]) -> None:
    """Wait until something holds; what is wrong otherwise."""
    deadline = time.monotonic() + SETTLES_S
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(0.5)


def shared_out(everything: set[str], *workers: WorkerProcess) -> None:
    """Wait until each series is on one page, and stays there for some looks."""
    calm = 0
    found: list[str] = []

    def holds() -> bool:
        nonlocal calm, found
        found = sorted(series for each in workers for series in shown(each))
        calm = calm + 1 if found == sorted(everything) else 0
        return calm >= 5

    def wrong() -> dict[str, object]:
        twice = {series for series in found if found.count(series) > 1}
        return {"twice": twice, "none": everything - set(found), "new": set(found) - everything}

    until(holds, wrong)


@pytest.mark.timeout(280)
def test_a_series_is_shown_by_one_worker_whoever_comes_and_goes(tmp_path: Path) -> None:
    """One worker, a second one joins, the first is killed, another comes, one leaves in good order.

    Nothing is written meanwhile: whoever takes over shows what the owner before it showed.
    """
    (tmp_path / "rules.yaml").write_text(RULES)
    options = ("--rules", str(tmp_path / "rules.yaml"))
    with running_broker() as kafka:
        create_topics(kafka.bootstrap, "g", PARTITIONS)
        with worker(kafka.bootstrap, "g", tmp_path / "a.log", *options) as first:
            first.ready()
            asyncio.run(produce(kafka.bootstrap))
            until(lambda: all(f'"{name}"' in str(shown(first)) for name in CHANNELS), lambda: shown(first))
            time.sleep(5)  # the last panes close
            everything = set(shown(first))
            assert len(everything) > 150
            shared_out(everything, first)
            with worker(kafka.bootstrap, "g", tmp_path / "b.log", *options) as second:
                shared_out(everything, first, second.ready())
                assert len(shown(first)) > 20
                assert len(shown(second)) > 20
                first.kill()
                shared_out(everything, second)
                with worker(kafka.bootstrap, "g", tmp_path / "c.log", *options) as third:
                    shared_out(everything, second, third.ready())
                    assert second.terminate() == 0
                    shared_out(everything, third)
