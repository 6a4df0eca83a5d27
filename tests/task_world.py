"""One broker and the tasks on it, for tests of `stream.worker.tasks.partition_task`."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from stream.kafka.offsets import TP, Committed, Slot
from stream.kafka.snapshot_log import Snapshot
from stream.transport.link import RecordBatch
from stream.worker.tasks.context import TaskContext, TaskSpec
from stream.worker.tasks.partition_task import PartitionTask
from tests.fake_kafka import Echo, FakeKafka, FakeOutbox

A, B, OUT, STATE = TP("a", 0), TP("b", 0), TP("out", 0), TP("state", 0)


def at(a: int, b: int, made_for: str = "rules") -> dict[TP, Committed]:
    """What the group has committed."""
    return {A: Committed(a, made_for), B: Committed(b, made_for)}


NOTHING = at(0, 0)


def restored(_partition: int, snapshot: Snapshot) -> Echo:
    """An Echo as `Echo.snapshot` wrote it."""
    return Echo(dict(snapshot.manifest.next), snapshot.parts[1:])


SPEC = TaskSpec(
    name="echo",
    topics=("a", "b"),
    snapshots="state",
    made_for="rules",
    partitions=1,
    save_after_s=60.0,
    save_on_leaving=2,
    repeats=False,
    fresh=lambda _: Echo({"a": 0, "b": 0}),
    restore=restored,
)


@dataclass
class World:
    """One broker, and the tasks on it."""

    kafka: FakeKafka = field(default_factory=FakeKafka)
    failures: list[BaseException] = field(default_factory=list)
    gone: list[tuple[str, int]] = field(default_factory=list)
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self.outbox = FakeOutbox(self.kafka)
        self.around = TaskContext(
            outbox=self.outbox,
            reading=self.kafka.reading,
            fail=self.failures.append,
            missing=lambda topic, count: self.gone.append((topic, count)),
            clock=lambda: self.now_s,
        )

    def task(self, spec: TaskSpec[Echo] = SPEC) -> PartitionTask[Echo]:
        """A task that knows nothing yet."""
        return PartitionTask(spec, 0, self.around)

    def batch(self, tp: TP, start: int, end: int) -> RecordBatch:
        """A batch as the transport hands it over."""
        return RecordBatch(tp, self.kafka.slice(tp, start, end), Slot(end - 1, 0.0))

    def said(self) -> list[bytes | None]:
        """What has reached the output."""
        return [record.value for record in self.kafka.logs[OUT]]


def scene(play: Callable[[World], Awaitable[None]]) -> None:
    """Run a test on a broker with six records in `a` and three in `b`."""
    world = World()
    world.kafka.append(A, b"a0", b"a1", b"a2", b"a3", b"a4", b"a5")
    world.kafka.append(B, b"b0", b"b1", b"b2")
    asyncio.run(_played(play(world)))


async def _played(play: Awaitable[None]) -> None:
    await play


async def turns() -> None:
    """Let tasks run that have something to do."""
    for _ in range(10):
        await asyncio.sleep(0)
