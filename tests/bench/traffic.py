"""Live traffic at a steady rate, with the present as its event time; cheap, as it shares the machine."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import cycle
from types import TracebackType
from typing import Final, Self

import orjson
from aiokafka import AIOKafkaProducer

from tests.bench.events import BATCH_BYTES, Batches, Load, customer, generate, partition
from tests.bench.ledger import LEAST_ANSWERS

TICK_S: Final = 0.02
"""Events leave in bursts so far apart."""
TEMPLATES: Final = 50_000
"""Different events but for id and time."""
WORST: Final = 1

Template = tuple[str, int, bytes, bytes]
"""Topic, partition, key, and the event without id and time."""


class Traffic:
    """Sends `rate` events a second as long as it is awaited, as a context; `load` says from whom."""

    def __init__(self, broker: str, load: Load, rate: int) -> None:
        self._load = load
        self._rate = rate
        self._producer = AIOKafkaProducer(bootstrap_servers=broker, linger_ms=2, max_batch_size=BATCH_BYTES)
        self._batches = Batches(self._producer)
        self._templates: Iterator[Template] = cycle(list(_templates(replace(load, events=TEMPLATES))))
        self._rng = random.Random(load.seed)
        self._owed = 0.0
        self.sent = 0
        self.running_s = 0.0

    async def __aenter__(self) -> Self:
        """Connect."""
        await self._producer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._producer.stop()

    async def flow(self, seconds: float) -> None:
        """Plain traffic."""
        await self._run(seconds, [], _nobody)

    async def cross(self, count: int, seconds: float, told: Callable[[str, float], None]) -> None:
        """Traffic in which so many products cross their limit, each once, at random moments.

        `told` gets each product and the time just before its deciding event is handed to the producer.
        """
        moments = sorted(self._rng.uniform(0, seconds) for _ in range(count))
        await self._run(seconds, moments, told)

    async def _run(
        self, seconds: float, moments: Sequence[float], told: Callable[[str, float], None]
    ) -> None:
        began_s = last_s = time.monotonic()
        waiting = list(moments)
        while last_s - began_s < seconds or waiting:
            now_s = time.monotonic()
            self._owed += (now_s - last_s) * self._rate
            self.running_s += now_s - last_s
            last_s = now_s
            await self._burst()
            while waiting and waiting[0] <= now_s - began_s:
                waiting.pop(0)
                await self._bad_answers(told)
            await self._batches.flush()
            await asyncio.sleep(max(0.0, now_s + TICK_S - time.monotonic()))

    async def _burst(self) -> None:
        """What is owed, all with the present time."""
        count = int(self._owed)
        self._owed -= count
        at = f'"at":{time.time():.3f},'.encode()
        add, templates = self._batches.add, self._templates
        for number in range(self.sent, self.sent + count):
            topic, place, key, rest = next(templates)
            await add(topic, place, key, b'{"id":"%d",%b%b' % (number, at, rest))
        self.sent += count

    async def _bad_answers(self, told: Callable[[str, float], None]) -> None:
        """As many as the rule wants, of a product that had none."""
        product = f"product-{self._rng.getrandbits(64):x}"
        for number in range(LEAST_ANSWERS):
            who = customer(self._rng.randrange(self._load.customers))
            now_s = time.time()
            answer = {"id": f"{product}-{number}", "at": round(now_s, 3), "customer": who, "channel": "web",
                      "product": product, "indicator": "csat", "score": WORST}  # fmt: skip
            if number == LEAST_ANSWERS - 1:
                told(product, now_s)
            key = who.encode()
            await self._batches.add(
                "cx.feedback", partition(key, self._load.partitions), key, orjson.dumps(answer)
            )


def _nobody(_product: str, _now_s: float) -> None:
    """Plain traffic decides nothing."""


def _templates(load: Load) -> Iterator[Template]:
    for topic, key, value in generate(load):
        event = orjson.loads(value)
        del event["id"], event["at"]
        yield topic, partition(key, load.partitions), key, orjson.dumps(event)[1:]
