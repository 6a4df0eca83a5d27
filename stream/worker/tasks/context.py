"""What a task works with: its kind, and the world around it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from aiokafka.structs import RecordMetadata

from stream.kafka.offsets import TP, Replicas
from stream.kafka.outbox import COMMON, Outgoing
from stream.kafka.reader import Records
from stream.kafka.snapshot_log import CHUNK_BYTES, Snapshot, SnapshotLog
from stream.messages.topic_names import GroupTopics
from stream.worker.tasks.processor import Processor

M = TypeVar("M", bound=Processor)


class Input(Protocol):
    """What has been written to some partitions: `stream.kafka.reader.Reader`."""

    async def bounds(self, tp: TP) -> tuple[int, int]:
        """Offset of the first record that is still there, and the one after the last."""
        ...

    def ranges(self, wanted: Mapping[TP, tuple[int, int]]) -> AsyncIterator[tuple[TP, Records]]:
        """The records from start on and below end, per partition in offset order, in batches."""
        ...

    async def replicas(self, tp: TP) -> Replicas:
        """How many replicas it has, and how many of them have all."""
        ...

    def log(self, tp: TP) -> SnapshotLog:
        """One partition as `snapshot_log.complete` reads it."""
        ...


class Sink(Protocol):
    """Where messages leave: `stream.kafka.outbox.Outbox`."""

    async def put(self, messages: Iterable[Outgoing]) -> list[asyncio.Future[RecordMetadata]]:
        """Accept messages; each future is done when Kafka has its message."""
        ...

    async def durable(self, futures: Sequence[asyncio.Future[RecordMetadata]]) -> list[RecordMetadata]:
        """Where the messages are, once Kafka has all of them."""
        ...

    async def deliver(self, messages: Iterable[Outgoing]) -> list[RecordMetadata]:
        """Both, one after the other."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec(Generic[M]):
    """A kind of task: `name` is for logs, `topics` feed it, `snapshots` keeps its state.

    `made_for` identifies the rules, `partitions` is how many the inputs have.  A snapshot is due at the
    latest after `save_after_s` if there were records; on leaving, it is worth it after `save_on_leaving` of
    them; its messages have `chunk_bytes` at most.  `repeats` is whether records that were committed under
    other rules are to be worked again aloud, since other rules say other things of them.  `knows_alerts` is
    whether a state that begins from nothing lacks what is open on cx.alerts.
    """

    name: str
    topics: tuple[str, ...]
    snapshots: str
    made_for: str
    partitions: int
    save_after_s: float
    save_on_leaving: int
    repeats: bool
    fresh: Callable[[int], M]
    restore: Callable[[int, Snapshot], M]
    chunk_bytes: int = CHUNK_BYTES
    knows_alerts: bool = False


class LogStarts:
    """Where logs begin that have lost what a state was to be fed: that is told once, and not waited for."""

    def __init__(self) -> None:
        self._lost: dict[TP, tuple[int, int]] = {}

    def learn(self, tp: TP, at: int, first: int) -> None:
        """A state that is at `at` goes on with what is left, from `first` on."""
        self._lost[tp] = at, first

    def of(self, tp: TP, at: int) -> int:
        """The offset from which on a state that is at `at` is to be fed."""
        lost, first = self._lost.get(tp, (at, at))
        return first if lost == at else at


def _nobody(_topic: str) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskContext:
    """What every task works with.

    `reading` reads partitions outside the group.  `fail` ends the worker.  `missing` is told of
    records that were gone before they were read (topic, how many), `unreadable` of records of our own
    topics that are none of ours (topic).  `strict` trusts the broker's word on
    where a log ends; the demo's embedded one is off by some.  `topics` is how the group's topics are called.
    `starts` is where logs begin.  `clock` is in seconds and never goes back;
    `cpu_clock` is what the thread has worked.
    """

    outbox: Sink
    reading: Callable[[Sequence[TP]], AbstractAsyncContextManager[Input]]
    fail: Callable[[BaseException], None]
    missing: Callable[[str, int], None]
    topics: GroupTopics = COMMON
    unreadable: Callable[[str], None] = _nobody
    strict: bool = True
    starts: LogStarts = field(default_factory=LogStarts)
    clock: Callable[[], float] = time.monotonic
    cpu_clock: Callable[[], float] = time.thread_time
