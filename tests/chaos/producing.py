"""Sends the traffic, and says how far it is."""

import asyncio
import sys
import time
from typing import Final

from aiokafka import AIOKafkaProducer

from tests.chaos.options import Options
from tests.chaos.promises import Promises
from tests.chaos.traffic import Sent, generate

PROGRESS_S: Final = 15.0
TRIED_MS: Final = 900_000
"""How long a record of the traffic is tried: longer than all the broker's troubles in a row."""


async def produce(options: Options, broker: str, produced: list[Sent], promises: Promises) -> None:
    """All traffic at an even pace over `seconds`; survives the broker's absence.

    What was sent goes to `produced`, and what the broker says of it to `promises`.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=broker, acks="all", request_timeout_ms=TRIED_MS, linger_ms=20
    )
    await producer.start()
    pace_s = options.seconds / options.shape.events
    started = told = time.monotonic()
    for number, sent in enumerate(generate(options.shape)):
        word = await producer.send(sent.topic, sent.value, key=sent.key, partition=sent.partition)
        promises.await_word(word, sent.value)
        produced.append(sent)
        if number % 200 == 0:
            await asyncio.sleep(max(0.0, started + number * pace_s - time.monotonic()))
        if number % 200 == 0 and time.monotonic() - told > PROGRESS_S:
            told = time.monotonic()
            tell(f"{number} of {options.shape.events} records are produced")
    await producer.flush()
    await producer.stop()


def tell(text: str) -> None:
    """Progress, for whoever waits."""
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)  # noqa: T201
