"""One receiver's queue: works off its backlog, several alerts at a time, each alert's notices in order.

Every receiver has a queue of its own, so a dead one delays nobody else.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from alerts.delivery.backlog import Backlog, Delivery
from alerts.delivery.retry_policy import (
    Attempted,
    DeliveryOutcome,
    Policy,
    Retry,
    Settled,
    next_step,
    outdated,
)
from alerts.delivery.steady_clock import SteadyClock
from alerts.paging import Receiver
from alerts.receivers.answers import Answer
from alerts.receivers.kind import WayOut
from alerts.receivers.kinds import KINDS
from alerts.receivers.message import ReceiverMessage
from alerts.receivers.opening import signs

LOG: Final = logging.getLogger(__name__)
TAKES: Final = "takes notices"


class Meter(Protocol):
    """Is told what deliveries do; `stream.monitoring.alert_metrics` counts it."""

    def attempt(self, receiver: str) -> None:
        """A request is about to be sent."""
        ...

    def delivery(self, receiver: str, outcome: str) -> None:
        """A notice is settled."""
        ...

    def waiting(self, receiver: str, notices: int) -> None:
        """So many notices are not settled yet."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """What queues need from outside: the meter, clocks and chance [0, 1).

    `clock` tells Unix seconds; `waits_by` does too, until that is set back.
    """

    meter: Meter
    clock: Callable[[], float]
    waits_by: SteadyClock
    chance: Callable[[], float]
    policy: Policy


@dataclass(frozen=True, slots=True)
class QueueOwner:
    """Who knows what a queue does not.

    `unsent` says why a delivery should not be sent, for good or for now (None: send it), given whether
    later news of its alert waits; `message` is what to send, and `memory` what the channel wanted to be
    remembered of the alert; `settled` is awaited with each delivery that has ended, before the next of the
    same alert is tried; `failed` hears of what is our own fault, such as a delivery log that cannot be
    written.
    """

    unsent: Callable[[Delivery, bool], Settled | Retry | None]
    message: Callable[[Delivery], ReceiverMessage]
    memory: Callable[[Delivery], str]
    settled: Callable[[Delivery, Settled], Awaitable[None]]
    failed: Callable[[BaseException], None]


class VendorPace:
    """How fast a vendor takes messages: so many seconds apart, and not at all while it has asked for a pause.

    `pace_s` is 0 where the vendor has no limit.
    """

    def __init__(self, pace_s: float) -> None:
        self._pace_s = pace_s
        self._turn = asyncio.Lock()
        self._last_s = 0.0
        self._pause_until_s = 0.0

    async def keep(self) -> None:
        """Wait until the vendor allows the next message."""
        if not self._pace_s:
            return
        async with self._turn:
            wait_s = self._last_s + self._pace_s - time.monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            self._last_s = time.monotonic()

    def pause(self, until_s: float) -> None:
        """The vendor has asked for nothing before a time of the queue's clock."""
        self._pause_until_s = max(self._pause_until_s, until_s)

    def paused_until(self, now_s: float) -> float | None:
        """When a pause ends that is going on; None: none is."""
        return self._pause_until_s if now_s < self._pause_until_s else None


class ReceiverQueue:
    """Delivers to one receiver through its channel, from `start` to `close`."""

    def __init__(self, receiver: Receiver, channel: WayOut, world: World, owner: QueueOwner) -> None:
        self.receiver = receiver
        self._channel = channel
        self._world = world
        self._owner = owner
        self._pace = VendorPace(KINDS[receiver.kind].pace_s * world.policy.pace)
        self._backlog = Backlog(world.policy.waiting)
        self._slots = asyncio.Semaphore(world.policy.in_flight)
        self._wake = asyncio.Event()
        self._attempts: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._standing = TAKES
        self._gone = False

    def start(self) -> None:
        """Begin to deliver."""
        if not signs(self.receiver):
            LOG.warning("notices are not signed, for want of a secret: receiver=%s", self.receiver.name)
        self._loop = asyncio.create_task(self._run(), name=f"queue-{self.receiver.name}")

    async def close(self, grace_s: float) -> None:
        """Try nothing more; what is being sent may end within `grace_s`."""
        if self._loop is not None:
            self._loop.cancel()
        if self._attempts:
            await asyncio.wait(self._attempts, timeout=grace_s)
        for task in self._attempts:
            task.cancel()
        await asyncio.gather(*self._attempts, return_exceptions=True)

    async def add(self, delivery: Delivery) -> None:
        """Take over a delivery; the oldest that waits is dropped when there are too many."""
        shed = self._backlog.add(delivery)
        if shed is not None:
            await self._owner.settled(shed, Settled(DeliveryOutcome.DROPPED, "too many notices wait"))
        self._changed()

    def forget(self, partition: int) -> None:
        """Drop what was read from a partition that now belongs to somebody else."""
        self._backlog.forget(partition)
        self._changed()

    def look(self) -> None:
        """What is held back may be told now."""
        self._backlog.look_again()
        self._wake.set()

    def waits(self, alert: str) -> bool:
        """Whether news of an alert is on its way."""
        return self._backlog.waits(alert)

    def _changed(self) -> None:
        self._world.meter.waiting(self.receiver.name, len(self._backlog))
        self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._slots.acquire()
            task = asyncio.create_task(self._attempt(await self._next()))
            self._attempts.add(task)
            task.add_done_callback(self._ended)

    async def _next(self) -> Delivery:
        """The next delivery that is due."""
        while True:
            self._wake.clear()
            now_s = self._world.waits_by()
            paused_until_s = self._pace.paused_until(now_s)
            delivery = None if paused_until_s is not None else self._backlog.take(now_s)
            if delivery is not None:
                return delivery
            due_s = self._backlog.due_s() if paused_until_s is None else paused_until_s
            try:
                async with asyncio.timeout(None if due_s is None else max(0.0, due_s - now_s)):
                    await self._wake.wait()
            except TimeoutError:
                continue  # something is due

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._attempts.discard(task)
        self._slots.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._owner.failed(error)
        self._changed()

    async def _attempt(self, delivery: Delivery) -> None:
        step = self._before(delivery)
        delivery.held = isinstance(step, Retry)
        step = step or await self._send(delivery)
        if isinstance(step, Retry):
            delivery.written_s = max(delivery.written_s, step.news_again_s)
            self._backlog.retry(delivery, self._world.waits_by() + step.after_s)
            return
        await self._owner.settled(delivery, step)
        self._backlog.settle(delivery)

    def _before(self, delivery: Delivery) -> Settled | Retry | None:
        """Why there is nothing to send; asked before each attempt, as somebody may take care meanwhile."""
        if self._gone:
            return Settled(DeliveryOutcome.DISABLED, "the receiver had answered HTTP 410")
        followed = self._backlog.followed(delivery)
        age_s = self._world.clock() - delivery.written_s
        if outdated(age_s, followed=followed, policy=self._world.policy):
            outcome = DeliveryOutcome.EXPIRED if delivery.attempts else DeliveryOutcome.DROPPED
            return Settled(outcome, "outdated: later news of the same alert waits")
        return self._owner.unsent(delivery, followed)

    async def _send(self, delivery: Delivery) -> Settled | Retry:
        world = self._world
        await self._pace.keep()
        delivery.attempts += 1
        world.meter.attempt(self.receiver.name)
        answer = await self._answer(delivery)
        if isinstance(answer, Settled):
            return answer
        delivery.status = answer.status
        delivery.reached |= answer.reached
        made = Attempted(
            attempts=delivery.attempts,
            age_s=world.clock() - delivery.written_s,
            followed=self._backlog.followed(delivery),
        )
        step = next_step(answer, made, world.chance(), world.policy)
        if isinstance(step, Retry) and answer.retry_after_s:  # it is meant for all that goes there
            self._pace.pause(world.waits_by() + min(answer.retry_after_s, world.policy.retry_after_cap_s))
        self._told(answer, step, followed=made.followed)
        return step

    async def _answer(self, delivery: Delivery) -> Answer | Settled:
        memory = self._owner.memory(delivery)
        try:
            answer = await self._channel.send(self._owner.message(delivery), memory, self._world.clock())
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  # our own fault: it must not keep others from being told
            fault = f"a fault of ours: {type(error).__name__}"
            LOG.error("message cannot be sent: receiver=%s error=%s", self.receiver.name, fault)  # noqa: TRY400
            return Settled(DeliveryOutcome.REFUSED, fault)
        delivery.memory = answer.memory or memory
        return answer

    def _told(self, answer: Answer, step: Settled | Retry, *, followed: bool) -> None:
        """Log a change: the receiver no longer takes notices, for now or for good, or takes them again."""
        name, standing = self.receiver.name, _standing(step, followed=followed)
        if standing != self._standing:
            self._standing = standing
            if standing == TAKES:
                LOG.info("receiver takes notices again: receiver=%s", name)
            else:
                LOG.warning("receiver %s: receiver=%s answer=%s", standing, name, answer.text)
        if isinstance(step, Settled) and step.outcome is DeliveryOutcome.DISABLED and not self._gone:
            self._gone = True
            LOG.warning("receiver is disabled until the worker starts again: receiver=%s", name)


def _standing(step: Settled | Retry, *, followed: bool) -> str:
    """How a receiver stands after an attempt, in the words of the log; `followed`: later news waits."""
    if isinstance(step, Retry) or (followed and step.outcome is DeliveryOutcome.EXPIRED):
        return "does not take notices, which are tried again"
    return TAKES if step.outcome is DeliveryOutcome.DELIVERED else "refuses notices, which are lost to it"
