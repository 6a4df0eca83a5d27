"""A task keeps one partition's processor on Kafka: it brings the state up, feeds it, and takes snapshots.

The state is recovered from a snapshot and from the input after it.  That input is fed again, up to what the
group has committed, with nothing sent: what is committed had left.  From there on the task is live.
`task_life` says which state in memory may go on, and which is dropped.

For example: a snapshot covers the records below 100, and 140 is committed: 100 to 139 are fed in silence.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Final, Generic

from stream.intake.wall import kind_of
from stream.kafka.offsets import TP, UNKNOWN_RULES, Committed
from stream.kafka.outbox import DeliveryError, Outgoing
from stream.transport.link import RecordBatch
from stream.worker.tasks.context import Input, M, TaskContext, TaskSpec
from stream.worker.tasks.judge_wall import TornState
from stream.worker.tasks.leaving import Leaving
from stream.worker.tasks.processor import Work
from stream.worker.tasks.restoring import Origin, is_behind, look_for, newest_age_s, newest_usable
from stream.worker.tasks.snapshot_account import SnapshotAccount
from stream.worker.tasks.snapshot_writing import write_snapshot
from stream.worker.tasks.task_life import ON_EVENT, TRUE, Life, TaskEvent
from stream.worker.tasks.turns import PartsLeft, Turns, nobody_waits

log = logging.getLogger(__name__)

PROGRESS_S: Final = 5.0


class PartitionTask(Generic[M]):
    """One partition."""

    def __init__(self, spec: TaskSpec[M], partition: int, around: TaskContext) -> None:
        self._spec = spec
        self.partition = partition
        self._around = around
        self._processor: M | None = None
        self._life = Life.EMPTY
        self._busy = asyncio.Lock()
        self._turns = Turns(around.cpu_clock)
        self._leaving = Leaving(around.outbox, self._lost)
        self._joined: set[TP] = set()  # inputs of which a batch has come since the state came up
        self.snapshots = SnapshotAccount(around.clock)
        self.newest_age_s: Mapping[str, float] = {}
        """How old the newest record of each input was when the state came up, where that is known."""

    @property
    def name(self) -> str:
        """For logs: `intake/3`."""
        return f"{self._spec.name}/{self.partition}"

    @property
    def tps(self) -> tuple[TP, ...]:
        """The partitions that feed it."""
        return tuple(TP(topic, self.partition) for topic in self._spec.topics)

    @property
    def snapshots_tp(self) -> TP:
        """Where its snapshots are."""
        return TP(self._spec.snapshots, self.partition)

    @property
    def processor(self) -> M | None:
        """The processor while it is live, else None."""
        return self._processor if self._life is Life.LIVE else None

    @property
    def kind(self) -> str:
        """Intake or judge, as logs have it."""
        return self._spec.name

    async def catch_up(self, committed: Mapping[TP, Committed]) -> M:
        """Bring the state to where the group has committed; returns the processor, now live.

        Raises:
            OperatorError: the state does not belong to these topics.
        """
        started = self._around.clock()
        async with self._around.reading([*self.tps, self.snapshots_tp]) as reader:
            kept = self._begin()
            try:
                processor, fed = await self._restored(reader, committed, kept)
                self.newest_age_s = await newest_age_s(reader, self.tps, time.time())
            except BaseException:
                self._happens(TaskEvent.BROKEN_OFF)
                raise
        self._processor = processor
        if kept is None:
            self.snapshots.held = self._spec.knows_alerts and not self.snapshots.known
        self._happens(TaskEvent.RESTORED)
        took_s = self._around.clock() - started
        log.info("state is up task=%s fed_again=%d seconds=%.1f", self.name, fed, took_s)
        return processor

    def _begin(self) -> M | None:
        """Catching up begins; returns the processor in memory, if its state is true."""
        kept, self._processor = self._memory, None
        self._joined.clear()
        self._happens(TaskEvent.BEGUN)
        return kept

    async def _restored(
        self, reader: Input, committed: Mapping[TP, Committed], kept: M | None
    ) -> tuple[M, int]:
        """The processor where the group has committed, and how many records it was fed for that."""
        while True:
            processor, kept = await self._start_from(reader, committed, kept), None
            try:
                return processor, await self._feed_again(reader, processor, committed)
            except TornState as torn:
                self._told_of(torn)

    async def _brought_to(self, batch: RecordBatch, processor: M, made_for: str, *, keep: bool) -> M:
        """The processor where it is before a batch, or another in its place if it is not to be kept."""
        log_of = {TP(topic, self.partition): at for topic, at in processor.next_offsets().items()}
        before = {**log_of, batch.tp: batch.records[0].offset}
        committed = {tp: Committed(at, made_for) for tp, at in before.items()}
        kept = self._begin()
        async with self._around.reading([*self.tps, self.snapshots_tp]) as reader:
            found, _ = await self._restored(reader, committed, kept if keep else None)
        self._joined.add(batch.tp)
        return found

    async def _joins(self, batch: RecordBatch) -> bool:
        """Whether a batch follows on the state, which is brought there where it is behind; False: it is gone.

        A commit becomes visible late where a broker that should have a copy is given up.  Then the state came
        up where the group seemed to be, and fetching begins where it is: what is between is fed first.
        """
        processor = self.processor
        if processor is None or batch.tp in self._joined:
            return processor is not None
        self._joined.add(batch.tp)
        at = processor.next_offsets()[batch.tp.topic]
        behind = batch.records[0].offset - self._around.starts.of(batch.tp, at)
        if behind <= 0:
            return True
        log.warning("state is behind what is fetched task=%s records=%d", self.name, behind)
        found = self._processor = await self._brought_to(batch, processor, UNKNOWN_RULES, keep=True)
        self._happens(TaskEvent.RESTORED)
        return self.processor is found

    def _told_of(self, torn: TornState) -> None:
        log.error("state is made anew task=%s fault=%s", self.name, kind_of(torn.__cause__ or torn))

    async def _start_from(self, reader: Input, committed: Mapping[TP, Committed], kept: M | None) -> M:
        """The processor that was kept in memory, or one from the newest snapshot, or a new one."""
        if kept is not None and not is_behind(kept, committed, self.tps):
            return kept
        reach = None if kept is None else sum(kept.next_offsets().values())
        found = await newest_usable(
            Origin(self._spec, self.partition, reader), committed, reach, self._around
        )
        if found is None:
            return kept or self._spec.fresh(self.partition)
        self.snapshots.restored(found.manifest)
        return found.processor

    async def _feed_again(self, reader: Input, processor: M, committed: Mapping[TP, Committed]) -> int:
        """Feed what is committed and the processor has not seen; returns how many records that was.

        Silently, if these rules had it said before; what is said again is known by its id.
        """
        at = processor.next_offsets()
        ranges: dict[TP, tuple[int, int]] = {}
        for tp in self.tps:
            if await look_for(reader, tp, at[tp.topic], committed[tp], self._around):
                ranges[tp] = at[tp.topic], committed[tp].offset
        fed, told = 0, self._around.clock()
        async for tp, records in reader.ranges(ranges):
            aloud = self._spec.repeats and committed[tp].made_for != self._spec.made_for
            with self.snapshots.counted(records):
                if aloud:
                    await self._leaving.leave(processor.work(tp.topic, records), nobody_waits)
                else:
                    processor.feed(tp.topic, records)
            async for work in self._rest(processor):
                if aloud:
                    await self._leaving.leave(work, nobody_waits)
            fed += len(records)
            if self._around.clock() - told > PROGRESS_S:
                told = self._around.clock()
                log.info("feeding again task=%s fed=%d", self.name, fed)
        return fed

    async def _rest(self, processor: M) -> AsyncIterator[Work]:
        """What was left undone, with the loop free before each step and at the end."""
        rest = processor.rest()
        while True:
            await asyncio.sleep(0)
            with self.snapshots.counted(()):
                work = next(rest, None)
            if work is None:
                return
            yield work

    async def take(self, batch: RecordBatch) -> None:
        """Work off a batch in parts; its slot is finished when everything that it caused has left."""
        async with self._busy:
            try:
                await self._take(batch)
            except BaseException:
                self._happens(TaskEvent.LOST)
                raise

    async def _take(self, batch: RecordBatch) -> None:
        """Work off a batch, unless the partition goes meanwhile: then the batch will be fetched again."""
        if not await self._joins(batch):
            return
        left = PartsLeft(batch.slot.finish)
        for part in self._turns.parts(batch):
            if not await self._work(part, left):
                return
        left.end()

    async def _work(self, batch: RecordBatch, left: PartsLeft) -> bool:
        """Work off a part, on a state made anew if need be; False when the partition went meanwhile."""
        if (processor := self.processor) is None:
            return False
        try:
            return await self._step(processor, batch, left)
        except TornState as torn:
            self._told_of(torn)
        self._processor = again = await self._brought_to(batch, processor, self._spec.made_for, keep=False)
        self._happens(TaskEvent.RESTORED)
        return self.processor is again and await self._step(again, batch, left)

    async def _step(self, processor: M, batch: RecordBatch, left: PartsLeft) -> bool:
        """Work off a part in steps; what they say leaves once none has failed.  False: the partition went."""
        with self._turns.timed(batch), self.snapshots.counted(batch.records):
            said = [processor.work(batch.tp.topic, batch.records)]
        async for more in self._rest(processor):
            if self.processor is not processor:
                return False
            said.append(more)
        for work in said:
            await self._leaving.leave(work, left.begin())
        return self.processor is processor

    async def send(self, messages: Iterable[Outgoing]) -> None:
        """Send what no batch has caused."""
        async with self._busy:
            await self._leaving.leave(Work(messages), nobody_waits)

    def _lost(self, error: DeliveryError) -> None:
        self._happens(TaskEvent.LOST)
        self._around.fail(error)

    async def settle(self) -> None:
        """Wait until all that was said so far has left."""
        async with self._busy:
            pass
        await self._leaving.settle()

    def pause(self) -> None:
        """The partition is going: nothing more is fed.  The processor is kept in case it comes back."""
        self._happens(TaskEvent.CUT_OFF if self._leaving or self._busy.locked() else TaskEvent.RELEASED)

    async def save(self, most_bytes: int | None = None) -> int:
        """Write a snapshot; returns its bytes, 0 when nothing is new or it has more than `most_bytes`.

        The state is copied at once; it is written when all that it had said has left, so a snapshot never
        claims more than what others can see.
        """
        processor, started_s = self._memory, self._around.clock()
        async with self._busy:
            if processor is None or processor is not self._memory or not self.snapshots.news:
                return 0
            parts, at = processor.snapshot(), processor.next_offsets()
            covered = self.snapshots.covered(started_s)
        if most_bytes is not None and sum(map(len, parts)) > most_bytes:
            return 0
        await self.settle()
        if processor is not self._memory:
            return 0
        manifest = await write_snapshot(self._around.outbox, self._spec, self.snapshots_tp, (parts, at))
        self.snapshots.written(manifest, covered)
        log.info("snapshot written task=%s bytes=%d reach=%d", self.name, manifest.size, manifest.reach)
        return manifest.size

    def save_due(self, tasks: int) -> bool:
        """Whether a snapshot is worth its cost; `tasks` is how many this worker has."""
        return self._life is Life.LIVE and self.snapshots.due(tasks, self._spec.save_after_s)

    def worth_saving(self) -> bool:
        """Whether so much has come since the last snapshot that the next owner is better off with one."""
        return self.snapshots.fed >= self._spec.save_on_leaving

    @property
    def _memory(self) -> M | None:
        """The processor in memory, if its state is true; else None."""
        return self._processor if self._life in TRUE else None

    def _happens(self, what: TaskEvent) -> None:
        self._life = ON_EVENT[self._life][what]
