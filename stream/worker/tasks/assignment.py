"""The assignment: a task for every intake and judge partition that this worker has.

The transport tells it when partitions come and go.  It lets each task be fed once its state is up, looks for
quiet inputs, and takes snapshots when they are due and when the worker leaves.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from aiokafka.errors import KafkaError

from alerts.delivery.notices.notice import TransitionNews
from alerts.errors import OperatorError
from stream.kafka.connecting import passes
from stream.kafka.offsets import TP, Committed, OffsetTracker
from stream.kafka.reader import ReadError
from stream.messages.records import Stream
from stream.messages.topic_names import ALERTS
from stream.transport.link import Positions, RecordBatch
from stream.worker.tasks.context import TaskContext, TaskSpec
from stream.worker.tasks.holes import Holes
from stream.worker.tasks.input_progress import InputProgress
from stream.worker.tasks.intake_processor import STREAM_OF, IntakeProcessor
from stream.worker.tasks.judge_processor import JudgeProcessor
from stream.worker.tasks.partition_task import PartitionTask
from stream.worker.tasks.restoring import made_anew

log = logging.getLogger(__name__)

K = TypeVar("K")

AT_ONCE: Final = 4
"""Tasks that restore their state at the same time: reading waits for the network, feeding does not."""
SCORES_POLL_S: Final = 1.0
SCORES_SHARE: Final = 10
"""Publishing scores takes no more than this part of the time: with very many scopes they come less often."""
SAVE_POLL_S: Final = 1.0
AGAIN_S: Final = 1.0
SAVE_BYTES_PER_S: Final = 20 * 2**20
"""Snapshots take no more of the network than this."""
LEAVING_BYTES: Final = 64 * 2**20
"""Size of snapshots on leaving; without one, the next owner feeds again what came since the last."""
NOTHING: Final = "no partition was given to this worker intakes=%d judges=%d"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentPorts:
    """Whom an assignment asks and tells.

    `committed` asks the group for offsets, `positions` where fetching stands.  `own` tells the notifier
    which partitions of cx.alerts have come, `forget` which are going.  `trim` deletes records of snapshot
    topics below an offset, which newer snapshots have replaced; None: they stay.  `open_alerts` are those
    of cx.alerts now; None: of that nobody can be sure.
    """

    committed: Callable[[Iterable[TP]], Awaitable[Mapping[TP, Committed]]]
    positions: Callable[[TP], Positions | None]
    own: Callable[[list[int]], None]
    forget: Callable[[list[int]], None]
    trim: Callable[[Mapping[TP, int]], Awaitable[None]] | None = None
    open_alerts: Callable[[], Awaitable[Sequence[TransitionNews]]] | None = None


class Assignment:
    """Every task of one worker; the transport's `Owner`."""

    def __init__(
        self,
        specs: tuple[TaskSpec[IntakeProcessor], TaskSpec[JudgeProcessor]],
        around: TaskContext,
        slots: OffsetTracker,
        ports: AssignmentPorts,
        tick_s: float,
    ) -> None:
        self._specs: tuple[TaskSpec[Any], ...] = specs
        self._around = around
        self._slots = slots
        self._ports = ports
        self.progress = InputProgress(slots, ports.positions)
        self._holes = Holes(around)
        self._tick_s = tick_s
        self._tasks: dict[TP, PartitionTask[Any]] = {}
        self._rising: asyncio.Task[None] | None = None
        self._loops: list[asyncio.Task[None]] = []
        self.waits_for: str | None = "the group has not assigned partitions yet"
        """None when partitions were assigned, and every state is up."""
        self.held_up = False
        """Whether a state waits for brokers: asked anew by another client each time, they could not tell."""

    def start(self) -> None:
        """Begin to look for quiet inputs and due snapshots."""
        self._loops = [
            asyncio.create_task(self._ending(loop))
            for loop in (self._look, self._publish, self._save, self._holes.follow)
        ]

    async def stop(self) -> None:
        """End the loops."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)

    @property
    def tasks(self) -> list[PartitionTask[Any]]:
        """Every task once."""
        return list(dict.fromkeys(self._tasks.values()))

    async def take(self, batch: RecordBatch) -> None:
        """Hand a batch to its task."""
        task = self._tasks.get(batch.tp)
        if task is not None:
            if batch.tp.topic in STREAM_OF:  # of tallies, judges see what is not there
                self._holes.look(batch)
            await task.take(batch)

    def assigned(self, tps: Collection[TP]) -> None:
        """Keep the tasks of these partitions, drop others, and bring all states up."""
        added = [tp for tp in tps if tp.topic != ALERTS and tp.partition >= self._specs[0].partitions]
        if added:
            self._around.fail(_more_partitions(added[0], self._specs[0].partitions))
            return
        tasks: dict[TP, PartitionTask[Any]] = {}
        for spec in self._specs:
            for tp in sorted(tp for tp in tps if tp.topic == spec.topics[0]):
                task = self._tasks.get(tp) or PartitionTask(spec, tp.partition, self._around)
                tasks.update(dict.fromkeys(task.tps, task))
        self._tasks = tasks
        for tp in set(tps) - tasks.keys():
            self._slots.open(tp)  # cx.alerts: the notifier keeps its own state
        self._holes.forget()
        self._ports.own([tp.partition for tp in tps if tp.topic == ALERTS])
        self.waits_for = f"the state of {len(self.tasks)} partitions is being restored"
        self._rising = asyncio.create_task(self._ending(self._rise))
        log.info("partitions assigned intakes=%d judges=%d", *self._counts())

    async def release(self) -> None:
        """Let all that was said leave; nothing is fed any more."""
        self.waits_for, self.held_up = "the group is being rebalanced", False
        if self._rising is not None:
            self._rising.cancel()
            with suppress(asyncio.CancelledError):
                await self._rising
        self._slots.shut(self._slots.assigned())
        self._ports.forget([tp.partition for tp in self._slots.assigned() if tp.topic == ALERTS])
        try:
            await asyncio.gather(*(task.settle() for task in self.tasks))
        finally:
            for task in self.tasks:
                task.pause()

    async def keep(self) -> None:
        """Take the snapshots that are worth it: small, and long to recover without."""
        for task in self.tasks:
            if task.worth_saving():
                await task.save(LEAVING_BYTES)

    def _counts(self) -> tuple[int, int]:
        kinds = [task.kind for task in self.tasks]
        return kinds.count("intake"), kinds.count("judge")

    async def _rise(self) -> None:
        """Bring every task's state up; each is fed as soon as its own is."""
        committed = await self._ports.committed(self._tasks)
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(task: PartitionTask[Any]) -> None:
            processor = await self._risen(task, committed, limit)
            if isinstance(processor, IntakeProcessor):
                ages_s = {STREAM_OF[topic]: age_s for topic, age_s in task.newest_age_s.items()}
                processor.assigned({stream: time.monotonic() - age_s for stream, age_s in ages_s.items()})
            for tp in task.tps:
                self._slots.open(tp)

        async with asyncio.TaskGroup() as group:
            for task in self.tasks:
                group.create_task(one(task))
        self.waits_for = None
        log.info("ready intakes=%d judges=%d" if self._tasks else NOTHING, *self._counts())

    async def _risen(
        self, task: PartitionTask[Any], committed: Mapping[TP, Committed], limit: asyncio.Semaphore
    ) -> Any:
        """Bring a state up; while brokers cannot tell what it needs, try again for ever, each in its turn."""
        while True:
            try:
                async with limit:
                    found = await task.catch_up(committed)
                    await self._take_up(task, found)
            except (KafkaError, ReadError) as error:
                if not passes(error):
                    raise
                log.warning("state cannot be restored yet, trying again task=%s error=%s", task.name, error)
                self.held_up, self.waits_for = True, f"{task.name} waits for the brokers: {error}"
                await asyncio.sleep(AGAIN_S)
            else:
                self.held_up = False
                return found

    async def _take_up(self, task: PartitionTask[Any], found: Any) -> None:
        """Have a judge that began from nothing go on with what is open; that is kept before it is fed."""
        if self._ports.open_alerts is None or not task.snapshots.held:
            task.snapshots.held = False
            return
        await task.settle()
        count = found.take_up(await self._ports.open_alerts())
        task.snapshots.held = False
        if count:
            log.warning("taking up open alerts that the state lacks task=%s count=%d", task.name, count)
            task.snapshots.fed += count  # the state has changed, as by so many records
            await task.save()

    async def _look(self) -> None:
        """Tell judges which inputs are quiet."""
        while True:
            await asyncio.sleep(self._tick_s)
            for task in self.tasks:
                self._check(task)
                if isinstance(processor := task.processor, IntakeProcessor):
                    caught_up = {s: self.progress.caught_up(TP(s.topic, task.partition)) for s in Stream}
                    if said := processor.look(caught_up, time.monotonic()):
                        await task.send(said)

    def _check(self, task: PartitionTask[Any]) -> None:
        """End the worker when a topic was made anew under it: it would pass over all that comes."""
        if task.processor is None or not self._around.strict:
            return
        for tp in task.tps:
            seen = task.processor.next_offsets()[tp.topic]
            if (short := self.progress.look_for_end_before(tp, seen)) is not None:
                self._around.fail(made_anew(tp, short.read, short.end, self._around.topics))

    async def _publish(self) -> None:
        """Tell the scores that changed."""
        while True:
            await asyncio.sleep(SCORES_POLL_S)
            for task in self.tasks:
                if isinstance(processor := task.processor, JudgeProcessor):
                    started = time.perf_counter()
                    await task.send(processor.scores())
                    await asyncio.sleep((SCORES_SHARE - 1) * (time.perf_counter() - started))

    async def _save(self) -> None:
        """Take the snapshots that are due, one after the other."""
        while True:
            await asyncio.sleep(SAVE_POLL_S)
            for task in self.tasks:
                if task.save_due(len(self.tasks)):
                    size = await task.save()
                    await asyncio.sleep(size / SAVE_BYTES_PER_S)
            old = {task.snapshots_tp: below for task in self.tasks if (below := task.snapshots.superseded)}
            if old and self._ports.trim is not None:
                await self._ports.trim(old)
                for task in self.tasks:
                    task.snapshots.superseded = None

    async def _ending(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run; an error ends the worker."""
        try:
            await work()
        except* Exception as errors:  # noqa: BLE001  # one of ours: the worker starts again
            self._around.fail(next(_leaves(errors)))

    def processors(self, kind: type[K]) -> list[K]:
        """The live processors of one kind."""
        return [task.processor for task in self.tasks if isinstance(task.processor, kind)]

    def fed(self) -> int:
        """Changes while states are being restored or batches taken."""
        return sum(task.snapshots.fed for task in self.tasks)

    def has_work(self, topics: Collection[str]) -> bool:
        """Whether there is something to do: a state to restore, or records of these topics to fetch."""
        return self.waits_for is not None or self.progress.behind(topics)


def _more_partitions(tp: TP, expected: int) -> OperatorError:
    return OperatorError(f"{tp.topic}: partitions were added to the {expected} that it had at the start")


def _leaves(errors: BaseExceptionGroup[Any]) -> Iterator[BaseException]:
    """The errors in a group of groups."""
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
