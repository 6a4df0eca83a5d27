"""Reads given ranges of partitions outside the group: snapshots, and input that is fed again."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from stream.kafka.lenient_batches import install
from stream.kafka.offsets import TP, Replicas
from stream.kafka.outbox import COMMON
from stream.kafka.parting import stop_consumer
from stream.kafka.settings import MAX_RECORD_BYTES, READS
from stream.kafka.whole_batches import hasten
from stream.messages.topic_names import GroupTopics

Records = Sequence[ConsumerRecord[bytes | None, bytes | None]]

FETCH_WAIT_MS: Final = 50
"""Tansu answers an empty fetch after half of this, whether something was written meanwhile or not."""
POLL_MS: Final = 1_000
MOST_RECORDS: Final = 5_000
"""Records per batch: bounds how long the loop is busy with one."""
ASK_MS: Final = 20_000
"""How long a question about offsets may take: a leader that lacks replicas may not be able to tell yet."""
PATIENCE_POLLS: Final = 60
"""Empty polls in a row before a read gives up; the broker has said that there is more."""


class ReadError(Exception):
    """The broker promised records and gave none for a minute; the worker must start again."""


def replicas_of(cluster: Any, tp: TopicPartition) -> Replicas:
    """What a client knows of a partition's replicas; one that it does not know has them all."""
    known = cluster._partitions.get(tp.topic, {}).get(tp.partition)  # noqa: SLF001  # aiokafka offers no other way
    return Replicas(len(known.isr), len(known.replicas)) if known else Replicas()


class Reader:
    """A consumer on `tps`, for one job.  `options` are aiokafka client options."""

    def __init__(self, options: Mapping[str, Any], tps: Sequence[TP], topics: GroupTopics = COMMON) -> None:
        self._topics = topics
        self._tps = [self._there(tp) for tp in tps]
        install()
        self._consumer = AIOKafkaConsumer(
            **options,
            **READS,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            request_timeout_ms=ASK_MS,
            max_partition_fetch_bytes=MAX_RECORD_BYTES,
        )

    async def __aenter__(self) -> Self:
        try:
            await self._consumer.start()
        except BaseException:
            await stop_consumer(self._consumer)
            raise
        self._consumer.assign(self._tps)
        self._consumer.pause(*self._tps)  # who asks for bounds alone would be sent megabytes of each
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await stop_consumer(self._consumer)

    async def bounds(self, tp: TP) -> tuple[int, int]:
        """Offset of the first record that is still there, and the one after the last.

        Raises:
            KafkaError: no broker can tell.
        """
        key = self._there(tp)
        first = await self._consumer.beginning_offsets([key])
        end = await self._consumer.end_offsets([key])
        return first[key], end[key]

    async def replicas(self, tp: TP) -> Replicas:
        """How many replicas it has, and how many of them have all, by what the brokers say now."""
        await self._consumer._client.force_metadata_update()  # noqa: SLF001  # aiokafka offers no other way
        return replicas_of(self._consumer._client.cluster, self._there(tp))  # noqa: SLF001

    async def ranges(self, wanted: Mapping[TP, tuple[int, int]]) -> AsyncIterator[tuple[TP, Records]]:
        """The records from start on and below end, per partition in offset order, in batches.

        A start before the first record that is left reads from there.

        Raises:
            ReadError: nothing came for too long.
        """
        open_ends = {self._there(tp): end for tp, (start, end) in wanted.items() if start < end}
        self._consumer.pause(*self._tps)
        self._consumer.resume(*open_ends)
        for tp in open_ends:
            self._consumer.seek(tp, wanted[self._here(tp)][0])
        silent = 0
        while open_ends:
            hasten(self._consumer._fetcher)  # noqa: SLF001  # aiokafka offers no other way
            before = [await self._consumer.position(tp) for tp in open_ends]
            fetched = await self._consumer.getmany(*open_ends, timeout_ms=POLL_MS, max_records=MOST_RECORDS)
            # Aborted records and markers move the position, and give nothing.
            moved = fetched or before != [await self._consumer.position(tp) for tp in open_ends]
            silent = 0 if moved else silent + 1
            for tp, records in fetched.items():
                if below := [record for record in records if record.offset < open_ends[tp]]:
                    yield self._here(tp), below
            for tp in [tp for tp, end in open_ends.items() if await self._consumer.position(tp) >= end]:
                del open_ends[tp]
                self._consumer.pause(tp)
            if silent >= PATIENCE_POLLS:
                raise ReadError(f"no records of {', '.join(map(str, open_ends))} for {PATIENCE_POLLS} s")

    def _there(self, tp: TP) -> TopicPartition:
        """What the cluster calls it."""
        return TopicPartition(self._topics.of(tp.topic), tp.partition)

    def _here(self, tp: TopicPartition) -> TP:
        """What we call it."""
        return TP(self._topics.known_as(tp.topic), tp.partition)

    def log(self, tp: TP) -> "KafkaLog":
        """One partition as `snapshot_log.complete` reads it."""
        return KafkaLog(self, tp)


class KafkaLog:
    """A `snapshot_log.SnapshotLog` on Kafka."""

    def __init__(self, reader: Reader, tp: TP) -> None:
        self._reader = reader
        self._tp = tp

    async def bounds(self) -> tuple[int, int]:
        """Offset of the first record, and the one after the last."""
        return await self._reader.bounds(self._tp)

    async def read(self, start: int, end: int) -> list[tuple[int, bytes | None]]:
        """Offsets and values of some records from `start` on, below `end`."""
        async for _, records in self._reader.ranges({self._tp: (start, end)}):
            return [(record.offset, record.value) for record in records]
        return []
