"""The dispatcher: takes the transitions of cx.alerts and sees each to every receiver that it concerns.

At least once, in order per alert, under one idempotency key.  What has been settled is written to a log
before the transition counts as done, and the log is read before a partition's first transition is looked
at; so a restart repeats only what had not been settled.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from alerts.delivery.ack_news import AckMessage, ack_deliveries, acknowledged
from alerts.delivery.alert_records import AlertRecord, News, news_in
from alerts.delivery.backlog import Delivery
from alerts.delivery.canary import CanaryLanding
from alerts.delivery.commands import Acknowledge, Command
from alerts.delivery.delivery_log import Countdown, DeliveryLog, entry_of
from alerts.delivery.grouping.desk_world import DeskWorld, GroupMutes
from alerts.delivery.grouping.group_desk import GroupDesk
from alerts.delivery.grouping.group_message import GroupMessage
from alerts.delivery.grouping.group_rules import gathers
from alerts.delivery.grouping.routing import labelled, targets
from alerts.delivery.guarded_tasks import GuardedTasks
from alerts.delivery.heartbeat import PARTITION, Beat, keep_beating
from alerts.delivery.holding_back import HoldingBack
from alerts.delivery.messages import message_of
from alerts.delivery.mutes import Muting
from alerts.delivery.notices.notice import Notice
from alerts.delivery.notices.writer import Writer
from alerts.delivery.open_alerts import DAY_S, OpenAlerts
from alerts.delivery.progress import HeardPartitions, HeardTransitions
from alerts.delivery.receiver_queue import Meter, QueueOwner, ReceiverQueue, World
from alerts.delivery.retry_policy import DeliveryOutcome, Policy, Retry, Settled
from alerts.delivery.silence_watch import LOOK_S, SilenceWatch, StillBroken
from alerts.delivery.steady_clock import SteadyClock
from alerts.paging import Receiver
from alerts.receivers.http import HttpClient
from alerts.receivers.opening import opened
from alerts.rules import Rulebook

GRACE_S: Final = 5.0
"""How long requests under way may take when the worker stops."""
LOOK_AGAIN_S: Final = 30.0
"""How often a silence is looked at again, since it may end before its time."""
PATIENT: Final = Policy()
MOVED: Final = Settled(DeliveryOutcome.DROPPED, "the partition has moved to another worker")
"""Of news that was about to be sent just then.  It is not written down: the next owner would pass it over."""


class Dispatcher:
    """Delivers from `start` to `close`.

    `failed` hears of what is our own fault, such as a log that cannot be written: the worker must start
    again, since what it could not log may never be called done.  `muting` may learn of commands at any time.

    Raises:
        SettingsError: a receiver's secret is not to be found.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        log: DeliveryLog,
        meter: Meter,
        failed: Callable[[BaseException], None],
        muting: Muting,
        policy: Policy = PATIENT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._rulebook = rulebook
        self._log = log
        self._world = World(meter, clock, SteadyClock(clock), random.random, policy)
        self._tasks = GuardedTasks(failed)
        self.alerts = OpenAlerts(inhibit=rulebook.inhibit, about=rulebook.about)
        """Told of every record of cx.alerts, of other workers' partitions too."""
        self._holding = HoldingBack(rulebook, muting, self.alerts, clock())
        self.writer = Writer(rulebook, self.alerts, muting)
        self._client = HttpClient(policy.timeout_s)
        self._queues = {each.name: self._queue(each, failed) for each in rulebook.receivers}
        self._silences = SilenceWatch(rulebook, muting, self.alerts, self._waits)
        mutes = GroupMutes(self._holding.why_muted, muting.unsilenced_s)
        self.desk = GroupDesk(rulebook, DeskWorld(log, mutes, self.send, clock), failed)
        self._heard = HeardPartitions(log.history, self.desk.turn)

    def _queue(self, receiver: Receiver, failed: Callable[[BaseException], None]) -> ReceiverQueue:
        world = replace(self._world, policy=self._world.policy.patient(receiver.patience))
        outlet = self._client.outlet(allow_private=receiver.allow_private, timeout_s=world.policy.timeout_s)
        channel = opened(receiver, outlet)
        owner = QueueOwner(
            unsent=partial(self._unsent, receiver.name),
            message=partial(message_of, self.writer, receiver),
            memory=partial(self._memory_of, receiver.name),
            settled=partial(self._settled, receiver.name),
            failed=failed,
        )
        return ReceiverQueue(receiver, channel, world, owner)

    async def start(self) -> None:
        """Begin to deliver."""
        await self._client.start()
        for queue in self._queues.values():
            queue.start()
        self.desk.start()
        if self._rulebook.heartbeat is not None:
            beating = keep_beating(self._rulebook.heartbeat, partial(self.desk.owns, PARTITION), self.send)
            self._tasks.begin(lambda: beating)
        self._tasks.begin(self._watch_silences)

    async def _watch_silences(self) -> None:
        """Tell of silences that are about to end, and of what is still broken when they have."""
        while True:
            now_s = self._world.clock()
            for partition in self.desk.partitions if self._silences.busy(now_s) else ():
                heard = await self._heard.read(partition)
                for name, delivery in self._silences.due(partition, heard, now_s):
                    await self.send(name, delivery)
            await asyncio.sleep(LOOK_S)

    async def close(self) -> None:
        """Try nothing more; what had not been settled is not done."""
        await self.desk.close()
        await self._tasks.close()
        await asyncio.gather(*(queue.close(GRACE_S) for queue in self._queues.values()))
        await self._client.close()

    def heard(self, command: Command) -> None:
        """Somebody has said something: news may be due now, and some receivers show who takes care."""
        self.desk.look()
        for queue in self._queues.values():
            queue.look()
        if not isinstance(command, Acknowledge):
            return
        now_s = self._world.clock()
        about = acknowledged(command, self.alerts.of(command.alert), now_s)
        if about is None:
            return
        whom = self._rulebook.receivers, self._heard.known, self.desk.owned(), self._in_care
        for name, delivery in ack_deliveries(about, *whom, now_s):
            self._tasks.begin(partial(self.send, name, delivery))

    def _in_care(self, notice: Notice) -> bool:
        return self.writer.muting.in_care(notice.alert, notice.labels["severity"]) is not None

    async def offer(self, partition: int, records: Sequence[AlertRecord]) -> None:
        """Take over records of cx.alerts, those of a partition in offset order.

        No record is done before that is in the log, and none after `forget`.
        """
        heard = await self._heard.read(partition)
        told = await self._owing([news_in(partition, each) for each in records])
        await self._holding.learn(each.notice for each in told if each)
        # One wait for all: what begins together is to be told together, be it a thousand alerts.
        await self.desk.gather(filter(None, told))
        for record, news in zip(records, told, strict=True):
            names = self._concerned(news.notice, heard) if news else []
            if news is None or not names:
                record.on_done()
            else:
                await self._deliver(partition, news, names, heard)

    async def _owing(self, told: Sequence[News | None]) -> list[News | None]:
        """The same, where ends that are owed are known as such."""
        if any(each and each.notice.final and self.alerts.of(each.notice.alert) is None for each in told):
            await self._log.caught_up()  # what cx.alerts have of it may just not have been read
        return [
            replace(each, owed=True)
            if each and self._is_owed(each.notice, each.record.written_ms / 1000)
            else each
            for each in told
        ]

    def _is_owed(self, news: Notice, written_s: float) -> bool:
        """Whether it is the end of what was open for longer than the topics keep who has heard of it.

        It goes to whoever would hear of the alert now.  Ends of long ago that are read again are none.
        """
        return self.alerts.is_forgotten(news.news) and self._world.clock() - written_s < DAY_S

    async def _deliver(self, partition: int, news: News, names: list[str], heard: HeardTransitions) -> None:
        left = Countdown(len(names), news.record.on_done)
        for name in names:
            heard.enrol(news.notice.alert, name)  # from now on it gets whatever follows
            sent = Delivery(
                notice=news.notice,
                partition=partition,
                written_s=news.record.written_ms / 1000,
                finished=left.one_less,
            )
            await self._queues[name].add(sent)

    def forget(self, partitions: Iterable[int]) -> None:
        """These partitions belong to somebody else now; requests under way may still end."""
        partitions = list(partitions)
        self.desk.forget(partitions)
        self._silences.forget()
        for partition in partitions:
            self._heard.forget(partition)
            for queue in self._queues.values():
                queue.forget(partition)

    def _concerned(self, news: Notice, heard: HeardTransitions) -> list[str]:
        """Receivers by route, and those that know of the alert already."""
        found = targets(self._rulebook, labelled(self._rulebook, news.labels))
        names = dict.fromkeys(each.receiver for each in found if not gathers(self._rulebook, each))
        names |= dict.fromkeys(name for name in heard.concerned(news.alert) if name in self._queues)
        return list(names)

    def _memory_of(self, receiver: str, delivery: Delivery) -> str:
        if isinstance(delivery.message, GroupMessage):
            return delivery.message.group.memory
        if isinstance(delivery.message, AckMessage):
            return delivery.message.memory
        heard = self._heard.known.get(delivery.partition)
        return "" if heard is None else heard.progress(delivery.notice.alert, receiver).memory

    def _unsent(self, receiver: str, delivery: Delivery, followed: bool) -> Settled | Retry | None:  # noqa: FBT001  # as `ReceiverQueue` calls it
        if isinstance(delivery.message, GroupMessage):
            return self.desk.unsent(delivery.message, self._world.clock())
        if isinstance(delivery.message, StillBroken):
            mute = self._holding.why_muted(delivery.notice, self._world.clock())
            over = any(each.state == "resolved" for each in self.alerts.named(delivery.notice.alert)[:1])
            why = "it is over" if over else mute.reason if mute else ""
            return Settled(DeliveryOutcome.SILENCED, why) if why else None
        if delivery.message is not None:
            return None
        heard = self._heard.known.get(delivery.partition)
        if heard is None:
            return MOVED
        news = delivery.notice
        progress = heard.progress(news.alert, receiver)
        if news.seq <= progress.seq:
            return Settled(DeliveryOutcome.REPEATED, "settled before")
        if news.final and not progress.told:
            unknown = progress.seq == 0 and self._is_owed(news, delivery.written_s)
            if not unknown:
                return Settled(DeliveryOutcome.DROPPED, "the receiver has not heard of the alert")
        return self._muted(delivery, followed=followed)

    def _muted(self, delivery: Delivery, *, followed: bool) -> Settled | Retry | None:
        """Muted news waits for the end of its silence, unless later news has come or it is for good."""
        now_s = self._world.clock()
        mute = self._holding.why_muted(delivery.notice, now_s)
        if mute is None:
            return None
        if mute.until_s is None or followed:
            return Settled(DeliveryOutcome.SILENCED, mute.reason)
        return Retry(min(mute.until_s - now_s, LOOK_AGAIN_S), news_again_s=mute.until_s)

    def _waits(self, receiver: str, alert: str) -> bool:
        """Whether a receiver's queue has news of an alert."""
        return receiver in self._queues and self._queues[receiver].waits(alert)

    async def send(self, receiver: str, delivery: Delivery) -> None:
        """Put a delivery into its receiver's queue."""
        if receiver in self._queues:
            await self._queues[receiver].add(delivery)

    async def _settled(self, receiver: str, delivery: Delivery, settled: Settled) -> None:
        """Write down how a delivery has ended, then count it as done."""
        if settled is MOVED:
            return
        self._world.meter.delivery(receiver, settled.outcome.value)
        if isinstance(delivery.message, GroupMessage):
            await self.desk.settled(delivery.message, delivery, settled)
            return
        if isinstance(delivery.message, CanaryLanding) and settled.outcome is DeliveryOutcome.DELIVERED:
            delivery.message.landed()
        if isinstance(delivery.message, AckMessage | Beat | CanaryLanding):
            return  # a picture of what cx.commands says, of which there is no need to keep account
        heard = self._heard.known.get(delivery.partition)
        entry = entry_of(receiver, delivery, settled, self._world.clock())
        if settled.outcome is not DeliveryOutcome.REPEATED:
            await self._log.write(delivery.partition, entry)
        if heard is None or self._heard.known.get(delivery.partition) is not heard:
            return  # forgotten, maybe while the log was written
        if settled.outcome is not DeliveryOutcome.REPEATED:
            heard.settled(entry)
        delivery.finished()
