"""Hostile records on a real Kafka, in all codecs and in transactions, with a sound stream between them."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaProducer

from tests.hostile import HostileRecord, Hostility

CODECS: Final = (None, "gzip", "snappy", "lz4", "zstd")
CHUNK: Final = 400
SOUND_EVERY: Final = 20
"""One record in so many is an answer of the sound stream."""
SOUND: Final = "sound"
"""Its channel."""
BAD_FROM_S: Final = 5.0
BAD_UNTIL_S: Final = 15.0
"""When its answers are bad, from its beginning on: an alert must fire and resolve."""
TOPICS: Final = ("cx.interactions", "cx.feedback")
NOT_TO_BE_LOGGED: Final = "ann-whom-nobody-may-read-of"


@dataclass
class Traffic:
    """What is sent; `sound` counts the answers of the sound stream by score."""

    broker: str
    seed: int
    partitions: int
    clean: bool = False
    """Nothing hostile is sent, to compare with."""
    sound: Counter[int] = field(default_factory=Counter)
    sent: int = 0
    aborted: int = 0

    def __post_init__(self) -> None:
        self._pick = random.Random(self.seed)
        self._began_s = time.time()
        self._producers: dict[Any, AIOKafkaProducer] = {}

    async def send(self, least: int, least_s: float) -> None:
        """At least so many records, over at least so many seconds."""
        self._began_s = time.time()
        try:
            while self.sent < least or time.time() - self._began_s < least_s:
                await self._chunk(Hostility(self.seed * 1_000_003 + self.sent, time.time(), self.clean))
        finally:
            for producer in self._producers.values():
                await producer.stop()

    async def _chunk(self, hostility: Hostility) -> None:
        codec = self._pick.choice(CODECS)
        topic = self._pick.choice(TOPICS)
        partition = self._pick.randrange(self.partitions)
        aborts = self._pick.random() < 0.05 and not self.clean
        producer = await self._producer("aborts" if aborts else codec)
        records = hostility.records(CHUNK, self.sent)
        if aborts:
            await producer.begin_transaction()
        for number, record in enumerate(records):
            if not aborts and number % SOUND_EVERY == 0:
                await self._answer(producer, partition)
            await _send(producer, topic, partition, record)
        if aborts:
            await producer.abort_transaction()
            self.aborted += len(records)
        else:
            await producer.flush()
            self.sent += len(records)
            if not self.clean:
                await self._nothing_at_all(producer, topic, partition)

    async def _answer(self, producer: AIOKafkaProducer, partition: int) -> None:
        """An answer of the sound stream."""
        now_s = time.time()
        bad = BAD_FROM_S <= now_s - self._began_s < BAD_UNTIL_S
        score = self._pick.choice((1, 2)) if bad else self._pick.choice((4, 5))
        self.sound[score] += 1
        event = {
            "id": f"sound-{self.seed}-{self.sound.total()}",
            "at": now_s,
            "channel": SOUND,
            "indicator": "csat",
            "score": score,
            "customer": NOT_TO_BE_LOGGED,
        }
        await producer.send(
            "cx.feedback", orjson.dumps(event), key=NOT_TO_BE_LOGGED.encode(), partition=partition
        )
        self.sent += 1

    async def _nothing_at_all(self, producer: AIOKafkaProducer, topic: str, partition: int) -> None:
        """A record with neither key nor value, which the client only sends in a batch made by hand."""
        batch = producer.create_batch()
        assert batch.append(key=None, value=None, timestamp=int(time.time() * 1000)) is not None
        batch.close()
        await (await producer.send_batch(batch, topic, partition=partition))
        self.sent += 1

    async def _producer(self, kind: str | None) -> AIOKafkaProducer:
        if kind not in self._producers:
            transactional = {"transactional_id": f"harden-{self.seed}"} if kind == "aborts" else {}
            codec = None if kind == "aborts" else kind
            producer = AIOKafkaProducer(
                bootstrap_servers=self.broker, compression_type=codec, linger_ms=2, **transactional
            )
            await producer.start()
            self._producers[kind] = producer
        return self._producers[kind]


async def _send(producer: AIOKafkaProducer, topic: str, partition: int, record: HostileRecord) -> None:
    if record.key is None and record.value is None:
        return
    stamp = record.timestamp if record.timestamp is not None and record.timestamp >= 0 else None
    await producer.send(
        topic,
        record.value,
        key=record.key,
        partition=partition,
        timestamp_ms=stamp,
        headers=list(record.headers),
    )
