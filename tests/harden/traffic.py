"""Hostile records on a real Kafka, in all codecs and in transactions, with a sound stream between them."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from tests.hostile import HostileRecord, Hostility

if TYPE_CHECKING:
    from aiokafka.structs import RecordMetadata

CODECS: Final = (None, "gzip", "snappy", "lz4", "zstd")
CHUNK: Final = 400
BATCHES: Final = (CHUNK, CHUNK, CHUNK, 30)
"""Records of a Kafka batch: one chunk in four is cut smaller."""
BATCH_BYTES: Final = 2**19
SOUND_EVERY: Final = 20
"""One record in so many is an answer of the sound stream."""
SOUND: Final = "sound"
"""Its channel."""
BAD_FROM_S: Final = 5.0
BAD_UNTIL_S: Final = 15.0
"""When its answers are bad, from its beginning on: an alert must fire and resolve."""
MOST_A_SECOND: Final = 20_000
"""Records: what is hostile is made slower than what is sound, and a worker must be offered both alike."""
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
    behind_last: dict[tuple[str, int], int] = field(default_factory=dict)
    """Per topic and partition the offset after the last record that counts."""

    def __post_init__(self) -> None:
        self._pick = random.Random(self.seed)
        self._began_s = time.time()
        self._producers: dict[Any, AIOKafkaProducer] = {}

    async def send(self, least: int, least_s: float) -> None:
        """So many records in whole chunks, evenly over at least so many seconds, aborted ones not counted."""
        self._began_s = time.time()
        over_s = max(least_s, least / MOST_A_SECOND)
        try:
            while self.sent < least:
                await asyncio.sleep(self._began_s + over_s * self.sent / least - time.time())
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
        post = _Post(producer, partition, self._pick.choice(BATCHES))
        if aborts:
            await producer.begin_transaction()
        for number, record in enumerate(records):
            if not aborts and number % SOUND_EVERY == 0:
                await post.add("cx.feedback", self._answer())
            await post.add(_topic_of(record) if self.clean else topic, record)
        behind = await post.all_sent()
        if aborts:
            await producer.abort_transaction()
            self.aborted += len(records)
        else:
            self.sent += len(records) + len(records) // SOUND_EVERY
            self.behind_last |= {(each, partition): offset for each, offset in behind.items()}

    def _answer(self) -> HostileRecord:
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
        return HostileRecord(0, orjson.dumps(event), None, NOT_TO_BE_LOGGED.encode())

    async def _producer(self, kind: str | None) -> AIOKafkaProducer:
        if kind not in self._producers:
            transactional = {"transactional_id": f"harden-{self.seed}"} if kind == "aborts" else {}
            producer = AIOKafkaProducer(
                bootstrap_servers=self.broker,
                compression_type=None if kind == "aborts" else kind,
                max_batch_size=BATCH_BYTES,
                max_request_size=2 * BATCH_BYTES,
                linger_ms=2,
                **transactional,
            )
            await producer.start()
            self._producers[kind] = producer
        return self._producers[kind]


def _topic_of(record: HostileRecord) -> str:
    """Where a sound event belongs: a clean run has nothing to refuse."""
    return "cx.feedback" if b'"indicator":' in (record.value or b"") else "cx.interactions"


class _Post:
    """Records on their way to one partition, in batches made by hand: `send` makes a future for each.

    Such a batch also takes a record with neither key nor value.
    """

    def __init__(self, producer: AIOKafkaProducer, partition: int, most: int) -> None:
        self._producer = producer
        self._partition = partition
        self._most = most
        self._open: dict[str, BatchBuilder] = {}
        self._sent: dict[str, tuple[int, asyncio.Future[RecordMetadata]]] = {}

    async def add(self, topic: str, record: HostileRecord) -> None:
        """One more."""
        batch = self._open.get(topic)
        if batch is not None and batch.record_count() < self._most and _append(batch, record):
            return
        if batch is not None:
            await self._send(topic, batch)
        batch = self._open[topic] = self._producer.create_batch()
        assert _append(batch, record)

    async def _send(self, topic: str, batch: BatchBuilder) -> None:
        count = batch.record_count()
        batch.close()
        sent = await self._producer.send_batch(batch, topic, partition=self._partition)
        self._sent[topic] = count, sent

    async def all_sent(self) -> dict[str, int]:
        """Returns when Kafka has all of them: per topic the offset after the last."""
        for topic, batch in self._open.items():
            await self._send(topic, batch)
        return {topic: (await sent).offset + count for topic, (count, sent) in self._sent.items()}


def _append(batch: BatchBuilder, record: HostileRecord) -> bool:
    """Whether there was room for the record."""
    stamp = record.timestamp if record.timestamp is not None and record.timestamp >= 0 else None
    now_ms = int(time.time() * 1000)
    added = batch.append(
        timestamp=now_ms if stamp is None else stamp,
        key=record.key,
        value=record.value,
        headers=list(record.headers),
    )
    return added is not None
