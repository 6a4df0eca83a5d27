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
  - {name: low, indicator: csat, by: [channel], window: 25m, warning: 80, min_answers: 5, explain: [topic]}
  - {name: topic-low, indicator: csat, by: [channel, topic], window: 25m, critical: 50, min_answers: 5}
  - {name: all-low, indicator: csat, by: [], window: 20m, critical: 50, min_answers: 5}
  - {name: fall, indicator: csat, by: [channel], detect: sudden, floor: 75, false_pages: 1 per 30d}
  - {name: spent, indicator: csat, by: [channel], detect: burn, target: 90}
  - {name: apart, indicator: csat, by: [], detect: gap, across: channel, window: 25m}
  - {name: hush, indicator: contacts, by: [channel], detect: silence, at_least: 1 per 1h}
"""
OWNED = ("cx_", "tocsin_watermark_timestamp_seconds", "tocsin_lag_records")
"""What belongs to a partition; the rest belongs to a process."""
SLOT_S = 10.0
"""By how much the longest window slides: its scores are read at the ends of slots."""
SETTLES_S = 90.0
TOPICS = ("cx.feedback", "cx.interactions")
JUDGED = 'tocsin_watermark_timestamp_seconds{{partition="{}",topic="cx.tallies"}}'
LAG = 'tocsin_lag_records{{partition="{}",topic="{}"}}'


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


def everything_shown(by: WorkerProcess) -> set[str]:
    """What there is to show once all is counted: the inputs are read, and time has gone on from there.

    What came late counts with the next pane, and long windows take in a slot when it has ended; both happen
    when the inputs have been idle for a while.
    """
    numbers: dict[str, float] = {}

    def look() -> dict[str, float]:
        nonlocal numbers
        lines = [line.rpartition(" ") for line in by.get("metrics")[1].splitlines() if line.startswith(OWNED)]
        numbers = {series: float(number) for series, _, number in lines}
        return numbers

    lags = [LAG.format(number, topic) for number in range(PARTITIONS) for topic in TOPICS]
    until(lambda: all(look().get(series) == 0 for series in lags), lambda: numbers)
    read_s = time.time()
    judged = [JUDGED.format(number) for number in range(PARTITIONS)]
    until(lambda: all(look().get(series, 0) > read_s + SLOT_S for series in judged), lambda: numbers)
    return set(numbers)


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


@pytest.mark.timeout(420)
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
            everything = everything_shown(first)
            for number in range(12):
                for indicator in ("csat", "csat_mean"):
                    place = f'channel="{CHANNELS[number % 6]}",indicator="{indicator}",topic="t{number % 4}"'
                    assert f'cx_answers{{{place},window="25m"}}' in everything
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
