"""The notifier on Kafka: cx.alerts in, webhooks out, cx.deliveries as its log, commands heeded.

An entry of the log goes to the partition that its transition came from, so that whoever gets a partition
of cx.alerts finds in one place what its receivers have heard.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol

from alerts.delivery.alert_records import AlertRecord
from alerts.delivery.backlog import Delivery
from alerts.delivery.command_seal import CommandSeal
from alerts.delivery.commands import Command, key
from alerts.delivery.commands import encode as encode_command
from alerts.delivery.delivery_log import Countdown, Entry, decode_entry, encode_entry
from alerts.delivery.dispatcher import Dispatcher
from alerts.delivery.grouping.group_log import GroupRecord, decode_group, encode_group
from alerts.delivery.mutes import Muting
from alerts.delivery.notices.ack_links import AckLinks
from alerts.delivery.notices.notice import TransitionNews
from alerts.delivery.receiver_queue import Meter
from alerts.rules import Rulebook
from stream.kafka.connecting import persistently
from stream.kafka.offsets import TP
from stream.kafka.outbox import COMMON, Outbox, Outgoing
from stream.kafka.reader import Reader
from stream.messages.topic_names import ALERTS, COMMANDS, DELIVERIES, HEARD_COMMANDS, GroupTopics
from stream.transport.link import RecordBatch
from stream.worker.feeds.command_feed import CommandFeed, CommandPorts
from stream.worker.feeds.topic_feed import TopicFeed
from stream.worker.feeds.verdict_relay import VerdictRelay

BATCHES_IN_WORK: Final = 10_000
"""Of cx.alerts, per partition: a batch stays in work until the slowest receiver has it, and others go on."""


class DeliveryTopic:
    """cx.deliveries as the dispatcher's log.  `options` are aiokafka client options for reading."""

    def __init__(
        self,
        outbox: Outbox,
        options: Mapping[str, Any],
        unreadable: Callable[[str], None],
        topics: GroupTopics = COMMON,
    ) -> None:
        self.topics = topics
        self.unreadable = unreadable
        self.outbox = outbox
        self.options = options
        self.feed: TopicFeed | None = None

    async def history(self, partition: int) -> list[Entry]:
        """Every entry of a partition, oldest first; what somebody else has put there is passed over.

        While no broker can tell, for ever: who needs it would otherwise end, and come back to ask again.
        """
        entries: list[Entry] = []

        async def read() -> None:
            entries[:] = await self._read(partition)

        await persistently(read)
        return entries

    async def _read(self, partition: int) -> list[Entry]:
        tp = TP(DELIVERIES, partition)
        entries = []
        async with Reader(self.options, [tp], self.topics) as reader:
            async for _, records in reader.ranges({tp: await reader.bounds(tp)}):
                for record in records:
                    if (entry := decode_entry(record.value)) is not None:
                        entries.append(entry)
                    elif decode_group(record.value) is None:
                        self.unreadable(DELIVERIES)
        return entries

    async def write(self, partition: int, entry: Entry) -> None:
        """Add an entry; returns when Kafka has it.

        Raises:
            DeliveryError: Kafka does not take it.
        """
        message = Outgoing(DELIVERIES, encode_entry(entry), entry.id.encode(), partition)
        await self.outbox.deliver([message])

    async def put(self, records: Sequence[GroupRecord]) -> None:
        """Add records of groups to the partitions that these belong to, in order.

        Raises:
            DeliveryError: Kafka does not take one.
        """
        await self.outbox.deliver(
            Outgoing(DELIVERIES, encode_group(each), each.group.encode()) for each in records
        )

    async def caught_up(self) -> None:
        """Returns when the groups' records that were written before have been folded."""
        if self.feed is not None:
            await persistently(self.feed.caught_up)


class NotifierMeter(Meter, Protocol):
    """Counts what becomes of commands as well."""

    def command(self, outcome: str) -> None:
        """A record of cx.commands was heard."""
        ...


class Notifier:
    """Delivers what the batches of cx.alerts carry; a batch's slot is finished when all of it is settled.

    Raises:
        SettingsError: a receiver's secret is not to be found.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        log_topic: DeliveryTopic,
        meter: NotifierMeter,
        failed: Callable[[BaseException], None],
        command_keys: Sequence[bytes] = (),
    ) -> None:
        muting = Muting()
        seal = self._seal = CommandSeal(log_topic.topics.of(COMMANDS), command_keys, rulebook.commands)
        self._outbox = log_topic.outbox
        self.muting = muting
        self._dispatcher = Dispatcher(rulebook, log_topic, meter, failed, muting)
        self.alerts = self._dispatcher.alerts
        self.relay = VerdictRelay(rulebook, self.alerts, log_topic.outbox)
        self._follows = asyncio.Event()
        ports = CommandPorts(
            outbox=log_topic.outbox,
            options=dict(log_topic.options),
            count=meter.command,
            failed=failed,
            topics=log_topic.topics,
            relay=self.relay,
            alerts_known=partial(persistently, self._alerts_known),
        )
        self._commands = CommandFeed(ports, seal, muting)
        self._feed = TopicFeed(
            log_topic.options, (ALERTS, DELIVERIES), self._follow, failed, log_topic.topics
        )
        log_topic.feed = self._feed
        muting.told = self._dispatcher.heard

    async def start(self) -> None:
        """Read all commands there are, then begin to deliver; while no broker is there, tries again."""
        await persistently(self._commands.start, self._commands.close)
        await persistently(self._feed.start, self._feed.close)
        self._follows.set()
        await self._dispatcher.start()

    async def _alerts_known(self) -> None:
        """Returns when all that is on cx.alerts now is known."""
        await self._follows.wait()
        await self._feed.caught_up()

    async def open_alerts(self) -> list[TransitionNews]:
        """The alerts that are open by what is on cx.alerts now."""
        await self._alerts_known()
        return self.alerts.open()

    def _follow(self, topic: str, partition: int, value: bytes | None) -> None:
        """Learn of what is on cx.alerts and cx.deliveries, on whatever partition."""
        if topic == ALERTS:
            self.alerts.apply(value)
        elif (record := decode_group(value)) is not None:
            self._dispatcher.desk.fold(partition, record)

    @property
    def hears(self) -> bool:
        """Whether commands are heeded at all."""
        return self._seal.hears

    async def say(self, command: Command) -> None:
        """Write a command for all workers, this one too; returns when Kafka has it."""
        value = encode_command(command)
        message = Outgoing(COMMANDS, value, key(command).encode(), HEARD_COMMANDS, self._seal.headers(value))
        await self._outbox.deliver([message])

    def verdicts(self) -> Mapping[tuple[str, str], int]:
        """How many alerts were judged how, by rule and verdict."""
        found: Counter[tuple[str, str]] = Counter()
        for alert, verdict in self.muting.verdicts().items():
            if (news := self.alerts.of(alert)) is not None:
                found[news.rule, verdict] += 1
        return found

    def acknowledged_after_s(self) -> Mapping[str, Sequence[float]]:
        """By rule: how long each alert that somebody took care of had fired until then, in seconds."""
        found: defaultdict[str, list[float]] = defaultdict(list)
        for alert, at_s in self.muting.first_acknowledged_s().items():
            news, fired_s = self.alerts.of(alert), self.alerts.fired_s(alert)
            if news is not None and fired_s is not None:
                found[news.rule].append(max(0.0, at_s - fired_s))
        return found

    def link_with(self, links: AckLinks) -> None:
        """Notices lead to a page that acknowledges, from now on."""
        self._dispatcher.writer.ack_link = lambda alert, severity: links.link(alert, severity, time.time())

    def own(self, partitions: list[int]) -> None:
        """These partitions of cx.alerts, and of cx.deliveries with them, belong to this worker."""
        self._dispatcher.desk.own(partitions)

    async def send(self, receiver: str, delivery: Delivery) -> None:
        """Hand a delivery to a receiver's queue."""
        await self._dispatcher.send(receiver, delivery)

    async def close(self) -> None:
        """Try nothing more; batches that are not finished stay so."""
        await self._dispatcher.close()
        await self._feed.close()
        await self._commands.close()

    async def take(self, batch: RecordBatch) -> None:
        """Take over a batch; batches of a partition come in offset order."""
        done = Countdown(len(batch.records), batch.slot.finish).one_less
        records = [AlertRecord(each.offset, each.value, each.timestamp, done) for each in batch.records]
        await self._dispatcher.offer(batch.tp.partition, records)

    def forget(self, partitions: list[int]) -> None:
        """These partitions of cx.alerts belong to another worker from now on."""
        self._dispatcher.forget(partitions)
