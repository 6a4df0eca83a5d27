"""The benchmark's events: six channels × nine stages, answers and contacts, produced to a real Kafka."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import orjson
from aiokafka import AIOKafkaProducer

CHANNELS: Final = ("phone", "shop", "email", "chat", "app", "web")
STAGES: Final = (
    "awareness", "choice", "purchase", "onboarding", "delivery", "use", "support", "renewal", "leaving",
)  # fmt: skip
TOPICS: Final = ("billing", "delivery", "product", "account", "returns")
SCORES: Final = {"csat": (3, 4, 5, 5), "nps": (6, 7, 8, 9, 10), "ces": (1, 2, 3, 4), "sentiment": (0, 1)}
START_S: Final = 1_767_571_200.0
"""2026-01-05T00:00:00Z."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many events, from how many customers, over how many seconds of event time."""

    events: int
    partitions: int = 4
    customers: int = 200_000
    span_s: float = 3_600.0
    stages: int = len(STAGES)
    seed: int = 1


def generate(load: Load) -> Iterator[tuple[str, bytes, bytes]]:
    """(topic, key, value) in order of production; disorder of a few seconds; about 40 % answers."""
    rng = random.Random(load.seed)
    for number in range(load.events):
        customer = f"customer-{rng.randrange(load.customers)}"
        event: dict[str, object] = {
            "id": f"{number:012d}",
            "at": round(START_S + number * load.span_s / load.events - rng.random() * 5, 3),
            "channel": CHANNELS[rng.randrange(6)],
            "customer": customer,
            "stage": STAGES[rng.randrange(9)]
            if load.stages <= len(STAGES)
            else f"s{rng.randrange(load.stages)}",
            "topic": TOPICS[rng.randrange(5)],
        }
        if rng.random() < 0.4:
            indicator = rng.choice(tuple(SCORES))
            event |= {"indicator": indicator, "score": rng.choice(SCORES[indicator])}
            yield "cx.feedback", customer.encode(), orjson.dumps(event)
        else:
            roll = rng.random()
            if roll < 0.1:
                event |= {"event": "resolved", "opened_at": START_S - rng.randrange(100_000)}
            elif roll < 0.15:
                event["event"] = "abandoned"
            else:
                event["wait_s"] = rng.randrange(40)
            yield "cx.interactions", customer.encode(), orjson.dumps(event)


async def produce(broker: str, load: Load) -> None:
    """All events into both topics, keyed by customer."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, linger_ms=20, max_batch_size=1 << 18)
    await producer.start()
    for number, (topic, key, value) in enumerate(generate(load)):
        await producer.send(topic, value, key=key, partition=crc32(key) % load.partitions)
        if number % 5_000 == 0:
            await asyncio.sleep(0)
    await producer.stop()
