"""Reads what the workers wrote, without the core: tallies, alerts and dead letters off the topics."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.indicators.cells import CELLS  # the names of the cells are a contract, not logic
from tests.chaos.oracle import Counts
from tests.chaos.promises import Promises

BY_CHANNEL = "channel|channel"

LEADERS: Final[Mapping[str, Any]] = {"metadata_max_age_ms": 5_000}
"""Leaders move while we read, and this client does not ask again when an old one refuses."""
NAMES: Final = [name.partition("/")[0] if ".further/" in name else name for name in CELLS]
"""What the oracle calls each cell: it counts further answers whatever place their customer has."""


@dataclass(slots=True)
class Tallied:
    """cx.tallies, merged as its contract says: of each source, a closing pane counts once."""

    counts: Counts = field(default_factory=Counter)
    through: dict[tuple[int, str], int] = field(default_factory=dict)
    repeated_rows: int = 0
    pieces: dict[tuple[int, bytes], dict[int, bytes]] = field(default_factory=dict)
    """Of messages that are larger than a record, by shard and hash of the whole, the pieces by number."""

    def record(self, shard: int, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
        """One record of one judge's partition, in log order: a message, or a piece of one."""
        place = dict(headers).get("tocsin-piece")
        if place is None:
            self.take(shard, value)
            return
        number, count, digest = re.split(rb"[/ ]", place)
        known = self.pieces.setdefault((shard, digest), {})
        known[int(number)] = value
        if len(known) == int(count):
            del self.pieces[shard, digest]
            self.take(shard, b"".join(known[each] for each in sorted(known)))

    def take(self, shard: int, value: bytes) -> None:
        """One whole message, when its last record has come."""
        fields = msgspec.msgpack.decode(value)  # more of them may be added at the end
        kind, source, _, through, _, _, scopes, columns = fields[:8]
        if kind != "closed":
            return
        closing, pane, scope, cell, count = map(_column, columns)
        taken = self.through.get((shard, source), -(2**62))
        fresh = closing > taken
        self.repeated_rows += int((~fresh).sum())
        ours = np.array([grouping == BY_CHANNEL for grouping, _ in scopes] or [False])
        for row in np.flatnonzero(fresh & ours[scope]).tolist():
            _, values = scopes[scope[row]]
            self.counts[int(pane[row]), values[0], NAMES[cell[row]]] += int(count[row])
        self.through[shard, source] = max(taken, through)


def _column(data: bytes) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The least number, the width of the differences from it, the differences."""
    if not data:
        return np.empty(0, np.int64)
    width = data[8]
    least = int.from_bytes(data[:8], "little", signed=True)
    return np.frombuffer(data, f"<u{width}", offset=9).astype(np.int64) + least


@dataclass(slots=True)
class Arrivals:
    """When tallies came, as a consumer of cx.tallies sees it, by source (Unix milliseconds)."""

    by_source: dict[bytes, list[int]] = field(default_factory=dict)
    given: Promises = field(default_factory=Promises)
    """Every record that came."""

    async def follow(self, broker: str, partitions: int) -> None:
        """Listen until cancelled."""
        consumer = AIOKafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest", **LEADERS)
        await consumer.start()
        consumer.assign([TopicPartition("cx.tallies", number) for number in range(partitions)])
        try:
            while True:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    self.given.given(records)
                    now_ms = time.time_ns() // 1_000_000
                    for source in {record.key for record in records}:
                        self.by_source.setdefault(source, []).append(now_ms)
        finally:
            await consumer.stop()

    def longest_gap_s(self) -> float:
        """The longest time without any, between the first and the last."""
        moments = sorted({at_ms for seen in self.by_source.values() for at_ms in seen})
        return max((b - a for a, b in pairwise(moments)), default=0) / 1000

    def working(self, since_ms: int, for_s: float) -> int:
        """How many sources have spoken for some seconds since a moment."""
        spoken = ([at_ms for at_ms in seen if at_ms > since_ms] for seen in self.by_source.values())
        return sum(bool(moments) and moments[-1] - moments[0] >= for_s * 1000 for moments in spoken)

    def recoveries(self, moments_ms: Sequence[tuple[str, int]]) -> dict[str, dict[str, float]]:
        """Per kind of fault, median and longest time until every source had spoken again."""
        times: dict[str, list[float]] = {}
        for kind, moment in moments_ms:
            firsts = [min((t for t in seen if t > moment), default=None) for seen in self.by_source.values()]
            known = [first for first in firsts if first is not None]
            if known and len(known) == len(firsts):
                times.setdefault(kind, []).append((max(known) - moment) / 1000)
        return {kind: {"median": sorted(t)[len(t) // 2], "max": max(t)} for kind, t in times.items()}


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
    return [record async for batch in each_batch(broker, topic, since) for record in batch]


async def what_is_held(broker: str, topics: Sequence[str]) -> Promises:
    """What is in some topics now."""
    held = Promises()
    for topic in topics:
        async for batch in each_batch(broker, topic):
            held.given(batch)
    return held


async def each_batch(
    broker: str, topic: str, since: dict[int, int] | None = None
) -> AsyncIterator[Sequence[Any]]:
    """As `read_topic`, but a batch at a time."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker,
        enable_auto_commit=False,
        auto_offset_reset="earliest",  # as the seek below, which the client's own may overtake
        max_partition_fetch_bytes=16 << 20,
        **LEADERS,
    )
    await consumer.start()
    try:
        partitions = await _partitions(consumer, topic)
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        for number, offset in (since or {}).items():
            consumer.seek(TopicPartition(topic, number), offset)
        while any([await consumer.position(tp) < ends[tp] for tp in partitions]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                yield batch
        if since is not None:
            since.update({tp.partition: await consumer.position(tp) for tp in partitions})
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
