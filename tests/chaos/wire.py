"""Reads what the workers wrote, without the core: tallies, alerts and dead letters off the topics."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.tally import CELLS  # the names of the cells are a contract, not logic
from tests.chaos.oracle import Counts

BY_CHANNEL = "channel|channel"


@dataclass(slots=True)
class Tallied:
    """cx.tallies, merged as its contract says: of each source, a closing pane counts once."""

    counts: Counts = field(default_factory=Counter)
    through: dict[tuple[int, str], int] = field(default_factory=dict)
    repeated_rows: int = 0
    arrivals_ms: list[int] = field(default_factory=list)
    first_after_ms: dict[str, list[int]] = field(default_factory=dict)

    def take(self, shard: int, value: bytes, timestamp_ms: int) -> None:
        """One record of one judge's partition, in log order."""
        kind, source, _, through, _, _, scopes, columns = msgspec.msgpack.decode(value)
        if kind != "closed":
            return
        self.arrivals_ms.append(timestamp_ms)
        self.first_after_ms.setdefault(source, []).append(timestamp_ms)
        closing, pane, scope, cell, count = map(_column, columns)
        taken = self.through.get((shard, source), -(2**62))
        fresh = closing > taken
        self.repeated_rows += int((~fresh).sum())
        ours = np.array([grouping == BY_CHANNEL for grouping, _ in scopes] or [False])
        for row in np.flatnonzero(fresh & ours[scope]).tolist():
            _, values = scopes[scope[row]]
            self.counts[int(pane[row]), values[0], CELLS[cell[row]]] += int(count[row])
        self.through[shard, source] = max(taken, through)


def _column(data: bytes) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The least number, the width of the differences from it, the differences."""
    if not data:
        return np.empty(0, np.int64)
    width = data[8]
    least = int.from_bytes(data[:8], "little", signed=True)
    return np.frombuffer(data, f"<u{width}", offset=9).astype(np.int64) + least


@dataclass(slots=True)
class Alerts:
    """cx.alerts: every transition once by (id, seq), and whether repeats said the same."""

    first: dict[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)
    repeats: int = 0
    contradictions: list[tuple[str, int]] = field(default_factory=list)

    def take(self, value: bytes) -> None:
        """One record."""
        alert = msgspec.json.decode(value)
        key = (alert["id"], alert["seq"])
        if key not in self.first:
            self.first[key] = alert
            return
        self.repeats += 1
        if self.first[key] != alert:
            self.contradictions.append(key)


async def read_topic(broker: str, topic: str, since: dict[int, int] | None = None) -> list[Any]:
    """Every record of a topic up to its end now, in log order per partition.

    `since` has the offset to begin at, by partition; what comes next is put there.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker,
        enable_auto_commit=False,
        auto_offset_reset="earliest",  # as the seek below, which the client's own may overtake
        max_partition_fetch_bytes=16 << 20,
    )
    await consumer.start()
    try:
        partitions = await _partitions(consumer, topic)
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        for number, offset in (since or {}).items():
            consumer.seek(TopicPartition(topic, number), offset)
        records: list[Any] = []
        while any([await consumer.position(tp) < ends[tp] for tp in partitions]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                records += batch
        if since is not None:
            since.update({tp.partition: await consumer.position(tp) for tp in partitions})
        return records
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    for _ in range(50):
        await consumer._client.force_metadata_update()  # a consumer without topics has none
        found = consumer._client.cluster.partitions_for_topic(topic)
        if found:
            return [TopicPartition(topic, partition) for partition in sorted(found)]
        consumer._client.add_topic(topic)
        await asyncio.sleep(0.1)
    raise LookupError(f"{topic}: no such topic on the broker")
