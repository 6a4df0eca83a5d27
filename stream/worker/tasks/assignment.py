"""The crew: a host for every intake and judge partition that this worker has.

Told by the transport when partitions come and go; lets each be fed once its state is up; looks for quiet
inputs; takes snapshots when they are due and when the worker leaves.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

from alerts.errors import OperatorError
from stream.kafka.offsets import TP, Committed, OffsetTracker
from stream.messages.records import Stream
from stream.messages.topic_names import ALERTS
from stream.transport.link import Positions, RecordBatch
from stream.worker.tasks.context import TaskContext, TaskSpec
from stream.worker.tasks.intake_processor import STREAM_OF, IntakeProcessor
from stream.worker.tasks.judge_processor import JudgeProcessor
from stream.worker.tasks.partition_task import PartitionTask
from stream.worker.tasks.restoring import made_anew

log = logging.getLogger(__name__)

K = TypeVar("K")

AT_ONCE: Final = 4
"""Hosts that restore their state at the same time: reading waits for the network, feeding does not."""
SCORES_POLL_S: Final = 1.0
SCORES_SHARE: Final = 10
"""Publishing scores takes no more than this part of the time: with very many scopes they come less often."""
SAVE_POLL_S: Final = 1.0
SAVE_BYTES_PER_S: Final = 20 * 2**20
"""Snapshots take no more of the network than this."""
LEAVING_BYTES: Final = 64 * 2**20
"""Size of snapshots on leaving; without one, the next owner feeds again what came since the last."""
SHORT_LOOKS: Final = 3
"""Looks in a row that find a topic shorter than what was read of it, before that is believed."""
NOTHING: Final = "no partition was given to this worker intakes=%d judges=%d"
STALE_S: Final = 5.0
"""An answer of the broker that is older says nothing about now."""


class Assignment:
    """Every host of one worker; the transport's `Owner`.

    To be set before `start`: `committed` asks the group for offsets, `positions` tells where fetching
    stands, `forget` tells the notifier which partitions of cx.alerts are going, `trim` deletes snapshots
    that newer ones have replaced, up to an offset.
    """

    def __init__(
        self,
        roles: tuple[TaskSpec[IntakeProcessor], TaskSpec[JudgeProcessor]],
        around: TaskContext,
        slots: OffsetTracker,
        tick_s: float,
    ) -> None:
        self._roles: tuple[TaskSpec[Any], ...] = roles
        self._around = around
        self._slots = slots
        self._tick_s = tick_s
        self._hosts: dict[TP, PartitionTask[Any]] = {}
        self._rising: asyncio.Task[None] | None = None
        self._loops: list[asyncio.Task[None]] = []
        self._short: Counter[TP] = Counter()
        self.committed: Callable[[Iterable[TP]], Awaitable[Mapping[TP, Committed]]]
        self.positions: Callable[[TP], Positions | None]
        self.trim: Callable[[Mapping[TP, int]], Awaitable[None]] | None = None
        self.forget: Callable[[list[int]], None]
        self.own: Callable[[list[int]], None] = lambda _partitions: None
        self.waits_for: str | None = "the group has not assigned partitions yet"
        """None when partitions were assigned, and every state is up."""

    def start(self) -> None:
        """Begin to look for quiet inputs and due snapshots."""
        self._loops = [
            asyncio.create_task(self._ending(loop)) for loop in (self._look, self._publish, self._save)
        ]

    async def stop(self) -> None:
        """End the loops."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)

    @property
    def hosts(self) -> list[PartitionTask[Any]]:
        """Every host once."""
        return list(dict.fromkeys(self._hosts.values()))

    async def take(self, batch: RecordBatch) -> None:
        """Hand a batch to its host."""
        host = self._hosts.get(batch.tp)
        if host is not None:
            await host.take(batch)

    def assigned(self, tps: Collection[TP]) -> None:
        """Keep the hosts of these partitions, drop others, and bring all states up."""
        added = [tp for tp in tps if tp.topic != ALERTS and tp.partition >= self._roles[0].partitions]
        if added:
            self._around.fail(_more_partitions(added[0], self._roles[0].partitions))
            return
        hosts: dict[TP, PartitionTask[Any]] = {}
        for role in self._roles:
            for tp in sorted(tp for tp in tps if tp.topic == role.topics[0]):
                host = self._hosts.get(tp) or PartitionTask(role, tp.partition, self._around)
                hosts.update(dict.fromkeys(host.tps, host))
        self._hosts = hosts
        for tp in set(tps) - hosts.keys():
            self._slots.open(tp)  # cx.alerts: the notifier keeps its own state
        self.own([tp.partition for tp in tps if tp.topic == ALERTS])
        self.waits_for = f"the state of {len(self.hosts)} partitions is being restored"
        self._rising = asyncio.create_task(self._ending(self._rise))
        log.info("partitions assigned intakes=%d judges=%d", *self._counts())

    async def release(self) -> None:
        """Let all that was said leave; nothing is fed any more."""
        self.waits_for = "the group is being rebalanced"
        if self._rising is not None:
            self._rising.cancel()
            with suppress(asyncio.CancelledError):
                await self._rising
        self._slots.shut(self._slots.assigned())
        self.forget([tp.partition for tp in self._slots.assigned() if tp.topic == ALERTS])
        live = [host for host in self.hosts if host.machine is not None]
        try:
            await asyncio.gather(*(host.settle() for host in live))
        finally:
            for host in live:
                host.pause()

    async def keep(self) -> None:
        """Take the snapshots that are worth it: small, and long to recover without."""
        for host in self.hosts:
            if host.worth_saving():
                await host.save(LEAVING_BYTES)

    def _counts(self) -> tuple[int, int]:
        names = [host.role for host in self.hosts]
        return names.count("intake"), names.count("judge")

    async def _rise(self) -> None:
        """Bring every host's state up; each is fed as soon as its own is."""
        committed = await self.committed(self._hosts)
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(host: PartitionTask[Any]) -> None:
            async with limit:
                machine = await host.catch_up(committed)
            if isinstance(machine, IntakeProcessor):
                ages_s = {STREAM_OF[topic]: age_s for topic, age_s in host.newest_age_s.items()}
                machine.assigned({stream: time.monotonic() - age_s for stream, age_s in ages_s.items()})
            for tp in host.tps:
                self._slots.open(tp)

        async with asyncio.TaskGroup() as group:
            for host in self.hosts:
                group.create_task(one(host))
        self.waits_for = None
        log.info("ready intakes=%d judges=%d" if self._hosts else NOTHING, *self._counts())

    async def _look(self) -> None:
        """Tell judges which inputs are quiet."""
        while True:
            await asyncio.sleep(self._tick_s)
            for host in self.hosts:
                self._check(host)
                if isinstance(machine := host.machine, IntakeProcessor):
                    caught_up = {s: self._caught_up(TP(s.topic, host.partition)) for s in Stream}
                    await host.send(machine.look(caught_up, time.monotonic()))

    def _check(self, host: PartitionTask[Any]) -> None:
        """End the worker when a topic was made anew under it: it would pass over all that comes.

        A broker that has just become the leader may know of a lower end for a moment, so it is asked again.
        """
        if host.machine is None or not self._around.strict:
            return
        for tp in host.tps:
            seen, at = host.machine.next_offsets()[tp.topic], self.positions(tp)
            short = at is not None and self._slots.is_open(tp) and at.end < seen
            self._short[tp] = self._short[tp] + 1 if short else 0
            if at is not None and self._short[tp] >= SHORT_LOOKS:
                self._around.fail(made_anew(tp, seen, at.end))

    def _caught_up(self, tp: TP) -> bool:
        """Whether all that the broker had a moment ago was worked off."""
        at = self.positions(tp)
        if at is None or self._slots.in_work(tp) or not self._slots.is_open(tp):
            return False
        return at.next >= at.end and time.time() - at.told_s < STALE_S

    async def _publish(self) -> None:
        """Tell the scores that changed."""
        while True:
            await asyncio.sleep(SCORES_POLL_S)
            for host in self.hosts:
                if isinstance(machine := host.machine, JudgeProcessor):
                    started = time.perf_counter()
                    await host.send(machine.scores())
                    await asyncio.sleep((SCORES_SHARE - 1) * (time.perf_counter() - started))

    async def _save(self) -> None:
        """Take the snapshots that are due, one after the other."""
        while True:
            await asyncio.sleep(SAVE_POLL_S)
            for host in self.hosts:
                if host.save_due(len(self.hosts)):
                    size = await host.save()
                    await asyncio.sleep(size / SAVE_BYTES_PER_S)
            old = {host.snapshots_tp: host.superseded for host in self.hosts if host.superseded}
            if old and self.trim is not None:
                await self.trim(old)
                for host in self.hosts:
                    host.superseded = None

    async def _ending(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run; an error ends the worker."""
        try:
            await work()
        except* Exception as errors:  # noqa: BLE001  # one of ours: the worker starts again
            self._around.fail(next(_leaves(errors)))

    def machines(self, kind: type[K]) -> list[K]:
        """The live machines of one kind."""
        return [host.machine for host in self.hosts if isinstance(host.machine, kind)]

    def fed(self) -> int:
        """Changes while states are being restored or batches taken."""
        return sum(host.fed for host in self.hosts)

    def lag_records(self) -> dict[tuple[str, int], int]:
        """Records on the broker that are not finished, where that is known."""
        lags: dict[tuple[str, int], int] = {}
        for tp in self._slots.assigned():
            if (at := self.positions(tp)) is not None:
                reached = self._slots.reached(tp) if self._slots.in_work(tp) else at.next
                lags[tp] = max(0, at.end - (at.next if reached is None else reached))
        return lags


def _more_partitions(tp: TP, expected: int) -> OperatorError:
    return OperatorError(f"{tp.topic}: partitions were added to the {expected} that it had at the start")


def _leaves(errors: BaseExceptionGroup[Any]) -> Iterator[BaseException]:
    """The errors in a group of groups."""
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
