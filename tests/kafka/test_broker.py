"""The test broker itself: a suite that stands on it should know that it can be trusted."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.kafka.broker import Broker, running_broker

ROOT = Path(__file__).parents[2]


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


def test_a_broker_dies_with_whoever_started_it() -> None:
    """A run that is killed leaves no broker behind."""
    code = (
        "from tests.kafka.broker import running_broker\n"
        "with running_broker() as broker: print(broker.bootstrap), input()"
    )
    command = [sys.executable, "-uc", code]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    host, port = process.stdout.readline().strip().split(":")
    foreign = os.environ.get("TOCSIN_TEST_BROKER")
    process.kill()
    process.communicate()
    until = time.monotonic() + 10
    while not foreign and _listens(host, int(port)):
        assert time.monotonic() < until
        time.sleep(0.1)


def _listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0
