"""All six ways to detect, live: what a worker says, through a kill -9, is what a backtest says."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import orjson
from aiokafka import AIOKafkaProducer

from stream.backtest.engine import Engine
from stream.messages.records import FileRecord, Stream
from tests.builders import plan_of
from tests.chaos.wire import read_topic
from tests.detector_events import KINDS, RULES, Event, events
from tests.kafka.broker import running_broker
from tests.kafka.worker_process import create_topics, worker

PARTITIONS = 3
LIVE_RULES = RULES.replace("lateness: 1h", "lateness: 1h, idle_after: 3s")
Said = tuple[str, int, str, str, str, float | None, int]
"""Id, seq, rule, state, time, value and number of answers of one transition."""


def closing() -> list[Event]:
    """Three hours later something comes in on both streams, so that all before it is judged."""
    last = events()[-1]
    at_ms = last.at_ms + 3 * 3_600_000
    fields = {"at": at_ms, "channel": "post", "customer": "last"}
    answer = {**fields, "id": "a", "stage": "support", "indicator": "csat", "score": 5}
    return [
        Event(at_ms, Stream.INTERACTIONS, "last", orjson.dumps({**fields, "id": "c"})),
        Event(at_ms, Stream.FEEDBACK, "last", orjson.dumps(answer)),
    ]


async def produce(broker: str, wanted: Sequence[Event]) -> None:
    """Send events in their order, each customer's to one partition."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
    await producer.start()
    for event in wanted:
        place = crc32(event.customer.encode()) % PARTITIONS
        key = event.customer.encode()
        await producer.send(event.stream.topic, event.value, key=key, partition=place)
    await producer.stop()


def backtested() -> list[Said]:
    """What a backtest says up to the end of the nine days."""
    engine = Engine(plan_of(LIVE_RULES))
    all_ = [*events(), *closing()]
    found = []
    for stream in Stream:
        values = [event.value for event in all_ if event.stream is stream]
        found += engine.feed(0, stream, [FileRecord(at, value) for at, value in enumerate(values)])[1]
    return sorted(
        (each.id, each.seq, each.rule, each.state, each.at, each.value, each.n)
        for each in found
        if each.at <= last_at()
    )


def last_at() -> str:
    """The end of the nine days, as alerts write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(events()[-1].at_ms // 1000))


def alerts(broker: str) -> list[Said]:
    """What stands on cx.alerts up to then; repeats of (id, seq) once."""
    values = [orjson.loads(record.value) for record in asyncio.run(read_topic(broker, "cx.alerts"))]
    found = {(each["id"], each["seq"]): each for each in values if each["at"] <= last_at()}
    return sorted(
        (id_, seq, each["rule"], each["state"], each["at"], each["value"], each["n"])
        for (id_, seq), each in found.items()
    )


def test_live_is_what_a_backtest_says(tmp_path: Path) -> None:
    """Three partitions, a kill -9 in the middle of the troubles, and the same transitions."""
    expected = backtested()
    assert {said[2] for said in expected} == KINDS
    rules = tmp_path / "rules.yaml"
    rules.write_text(LIVE_RULES, "utf-8")
    half = len(events()) * 19 // 20
    with running_broker() as broker:
        create_topics(broker.bootstrap, "six", PARTITIONS)
        options = ("--rules", str(rules))
        with worker(broker.bootstrap, "six", tmp_path / "log", *options) as one:
            one.ready()
            asyncio.run(produce(broker.bootstrap, events()[:half]))
            one.until(lambda: one.metric("tocsin_lag_records") == 0, "the end of the lag")
            one.until(lambda: len(alerts(broker.bootstrap)) > 0, "the first alert")
            one.kill()
        with worker(broker.bootstrap, "six", tmp_path / "log", *options) as two:
            two.ready()
            asyncio.run(produce(broker.bootstrap, [*events()[half:], *closing()]))
            two.until(lambda: len(alerts(broker.bootstrap)) >= len(expected), "the last alert")
            assert two.terminate() == 0
        assert alerts(broker.bootstrap) == expected
