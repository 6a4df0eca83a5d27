"""The benchmark's events: six channels × nine stages, answers and contacts, produced to a real Kafka."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder  # noqa: TC002  # aiokafka is there anyway

CHANNELS: Final = ("phone", "shop", "email", "chat", "app", "web")
STAGES: Final = (
    "awareness", "choice", "purchase", "onboarding", "delivery", "use", "support", "renewal", "leaving",
)  # fmt: skip
TOPICS: Final = ("billing", "delivery", "product", "account", "returns")
SCORES: Final = {"csat": (3, 4, 5, 5), "nps": (6, 7, 8, 9, 10), "ces": (1, 2, 3, 4), "sentiment": (0, 1)}
START_S: Final = 1_767_571_200.0
"""2026-01-05T00:00:00Z."""
BATCH_BYTES: Final = 16_384
"""What Kafka's own producers put into one batch unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many events, from how many customers, over how many seconds of event time.

    With `products` each event has one of so many products too, and the first ten channels are used.
    """

    events: int
    partitions: int = 4
    customers: int = 200_000
    span_s: float = 3_600.0
    products: int = 0
    seed: int = 1

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels that the events are spread over."""
        return (*CHANNELS, "post", "forum", "video", "kiosk") if self.products else CHANNELS


def customer(number: int) -> str:
    """The name of a customer."""
    return f"customer-{number}"


def partition(key: bytes, partitions: int) -> int:
    """Where a customer's records go."""
    return crc32(key) % partitions


def generate(load: Load) -> Iterator[tuple[str, bytes, bytes]]:
    """(topic, key, value) in order of production; disorder of a few seconds; about 40 % answers."""
    rng = random.Random(load.seed)
    channels = load.channels
    for number in range(load.events):
        who = customer(rng.randrange(load.customers))
        event: dict[str, object] = {
            "id": f"{number:012d}",
            "at": round(START_S + number * load.span_s / load.events - rng.random() * 5, 3),
            "channel": channels[rng.randrange(len(channels))],
            "customer": who,
            "stage": STAGES[rng.randrange(9)],
            "topic": TOPICS[rng.randrange(5)],
        }
        if load.products:
            event["product"] = f"product-{rng.randrange(load.products)}"
        if rng.random() < 0.4:
            indicator = rng.choice(tuple(SCORES))
            event |= {"indicator": indicator, "score": rng.choice(SCORES[indicator])}
            yield "cx.feedback", who.encode(), orjson.dumps(event)
        else:
            roll = rng.random()
            if roll < 0.1:
                event |= {"event": "resolved", "opened_at": START_S - rng.randrange(100_000)}
            elif roll < 0.15:
                event["event"] = "abandoned"
            else:
                event["wait_s"] = rng.randrange(40)
            yield "cx.interactions", who.encode(), orjson.dumps(event)


async def produce(broker: str, load: Load) -> None:
    """All events into both topics, keyed by customer."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, max_batch_size=BATCH_BYTES)
    await producer.start()
    sink = Batches(producer)
    for topic, key, value in generate(load):
        await sink.add(topic, partition(key, load.partitions), key, value)
    await sink.flush()
    await producer.stop()


class Batches:
    """Fills batches by partition, which costs far less than one `send` per record."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._open: dict[tuple[str, int], BatchBuilder] = {}

    async def add(self, topic: str, place: int, key: bytes, value: bytes) -> None:
        """One more record; a batch leaves when it is full."""
        builder = self._open.get((topic, place))
        if builder is not None:
            if builder.append(key=key, value=value, timestamp=None) is not None:
                return
            await self._producer.send_batch(builder, topic, partition=place)
        builder = self._open[topic, place] = self._producer.create_batch()
        builder.append(key=key, value=value, timestamp=None)

    async def flush(self) -> None:
        """Batches that are not full leave too."""
        for (topic, place), builder in self._open.items():
            await self._producer.send_batch(builder, topic, partition=place)
        self._open.clear()
