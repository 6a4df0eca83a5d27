"""Kafka as tasks see it, in memory: logs read in ranges, and an outbox that can hold messages back."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiokafka.structs import ConsumerRecord, RecordMetadata, TopicPartition

from stream.kafka.offsets import TP, Replicas
from stream.kafka.outbox import DeliveryError, Outgoing
from stream.worker.tasks.processor import Work

Record: TypeAlias = ConsumerRecord[bytes | None, bytes | None]


def record(tp: TP, offset: int, value: bytes | None, timestamp_ms: int = 0) -> Record:
    """One record as aiokafka gives it."""
    return ConsumerRecord(tp.topic, tp.partition, offset, timestamp_ms, 0, b"k", value, None, 1, 1, ())


@dataclass
class FakeKafka:
    """Logs by partition.  `first` is where a log starts when its beginning was deleted."""

    logs: dict[TP, list[Record]] = field(default_factory=lambda: defaultdict(list))
    first: dict[TP, int] = field(default_factory=dict)
    replicas: Replicas = field(default_factory=Replicas)

    def append(self, tp: TP, *values: bytes | None) -> None:
        """More records."""
        for value in values:
            self.logs[tp].append(record(tp, len(self.logs[tp]), value))

    def slice(self, tp: TP, start: int, end: int) -> list[Record]:
        """The records from start on and below end, as a fetch would give them."""
        return [each for each in self.logs[tp] if max(start, self.first.get(tp, 0)) <= each.offset < end]

    @asynccontextmanager
    async def reading(self, tps: Sequence[TP]) -> AsyncIterator["FakeReader"]:
        """What tasks call to read; they name every partition that they will read."""
        yield FakeReader(self, set(tps))


@dataclass
class FakeReader:
    """A `surroundings.Input`."""

    kafka: FakeKafka
    tps: set[TP]

    async def bounds(self, tp: TP) -> tuple[int, int]:
        """First offset, and the one after the last."""
        assert tp in self.tps
        return self.kafka.first.get(tp, 0), len(self.kafka.logs[tp])

    async def replicas(self, tp: TP) -> Replicas:
        """As many as there are, unless told otherwise."""
        assert tp in self.tps
        return self.kafka.replicas

    async def ranges(self, wanted: Mapping[TP, tuple[int, int]]) -> AsyncIterator[tuple[TP, list[Record]]]:
        """In batches of two."""
        for tp, (start, end) in wanted.items():
            assert tp in self.tps
            records = self.kafka.slice(tp, start, end)
            for place in range(0, len(records), 2):
                yield tp, records[place : place + 2]

    def log(self, tp: TP) -> "FakeLog":
        """One partition."""
        return FakeLog(self, tp)


@dataclass
class FakeLog:
    """A `snapshots.Log`."""

    reader: FakeReader
    tp: TP

    async def bounds(self) -> tuple[int, int]:
        """First offset, and the one after the last."""
        return await self.reader.bounds(self.tp)

    async def read(self, start: int, end: int) -> list[tuple[int, bytes | None]]:
        """One batch."""
        async for _, records in self.reader.ranges({self.tp: (start, end)}):
            return [(each.offset, each.value) for each in records]
        return []


@dataclass
class FakeOutbox:
    """A `context.Sink`.  What is `held` back reaches the log when it is let go, or is refused."""

    kafka: FakeKafka
    hold: bool = False
    held: list[tuple[Outgoing, asyncio.Future[RecordMetadata]]] = field(default_factory=list)
    sent: list[Outgoing] = field(default_factory=list)

    async def put(self, messages: Iterable[Outgoing]) -> list[asyncio.Future[RecordMetadata]]:
        """Accept messages."""
        futures = []
        for message in messages:
            future: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
            self.held.append((message, future))
            futures.append(future)
        if not self.hold:
            self.let_go()
        return futures

    async def durable(self, futures: Sequence[asyncio.Future[RecordMetadata]]) -> list[RecordMetadata]:
        """Where the messages are."""
        return await asyncio.gather(*futures)

    async def deliver(self, messages: Iterable[Outgoing]) -> list[RecordMetadata]:
        """Where the messages are, once they are in the log."""
        return await self.durable(await self.put(messages))

    def let_go(self) -> None:
        """Everything held back is durable now."""
        for message, future in self.held:
            tp = TP(message.topic, message.partition or 0)
            self.kafka.append(tp, message.value)
            self.sent.append(message)
            place = TopicPartition(*tp)
            offset = len(self.kafka.logs[tp]) - 1
            future.set_result(RecordMetadata(tp.topic, tp.partition, place, offset, None, None, None))
        self.held.clear()

    def refuse(self) -> None:
        """Nothing of what is held back was taken in time."""
        for _, future in self.held:
            future.set_exception(DeliveryError("not taken"))
        self.held.clear()


@dataclass
class Echo:
    """A processor that remembers what it was fed, and says all of it again."""

    at: dict[str, int]
    values: list[bytes] = field(default_factory=list)

    def next_offsets(self) -> dict[str, int]:
        """Per topic."""
        return dict(self.at)

    def feed(self, topic: str, records: Sequence[Any]) -> None:
        """Remember."""
        for each in records:
            if each.offset >= self.at[topic]:
                self.at[topic] = each.offset + 1
                self.values.append(each.value)

    def work(self, topic: str, records: Sequence[Any]) -> Work:
        """Remember, and say again what was new."""
        before = len(self.values)
        self.feed(topic, records)
        return Work([Outgoing("out", value, partition=0) for value in self.values[before:]])

    def rest(self) -> Iterator[Work]:
        """Nothing is left."""
        return iter(())

    def snapshot(self) -> list[bytes]:
        """All values."""
        return [b"values", *self.values]
