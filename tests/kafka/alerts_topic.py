"""What tests of notices share: transitions are written as judges do, and something is waited for."""

import asyncio
import time
from collections.abc import Callable

import orjson
from aiokafka import AIOKafkaProducer


def until(happened: Callable[[], object], what: str = "", seconds: float = 60.0) -> None:
    """Wait for something; it is an error when it does not happen in time."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"it does not happen: {what}"
        time.sleep(0.05)


def write_alerts(broker: str, *values: bytes) -> None:
    """Write transitions to cx.alerts, each under its alert's id."""

    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
        await producer.start()
        for value in values:
            await producer.send("cx.alerts", value, key=orjson.loads(value)["id"].encode())
        await producer.stop()

    asyncio.run(send())
