"""The notifier on Kafka: cx.alerts in, webhooks out, cx.deliveries as its log, cx.commands to be heeded.

An entry of the log goes to the partition that its transition came from, so that whoever gets a partition
of cx.alerts finds in one place what its receivers have heard.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from alerts.delivery import commands
from alerts.delivery.dispatcher import Countdown, Dispatcher, Entry
from alerts.delivery.mutes import Muting
from alerts.delivery.receiver_queue import Meter
from alerts.errors import UNREADABLE
from alerts.rules import Rulebook
from stream.kafka.lenient_batches import install
from stream.kafka.offsets import TP
from stream.kafka.outbox import Outbox, Outgoing
from stream.kafka.reader import Reader
from stream.kafka.settings import READS
from stream.messages.topic_names import COMMANDS, DELIVERIES
from stream.transport.link import RecordBatch

log = logging.getLogger(__name__)

BATCHES_IN_WORK: Final = 10_000
"""Of cx.alerts, per partition: a batch stays in work until the slowest receiver has it, and others go on."""

COMMANDS_TP: Final = TopicPartition(COMMANDS, 0)
POLL_MS: Final = 1_000

_DECODER: Final = msgspec.json.Decoder(Entry)


class DeliveryTopic:
    """cx.deliveries as the dispatcher's log.  `options` are aiokafka client options for reading."""

    def __init__(self, outbox: Outbox, options: Mapping[str, Any], unreadable: Callable[[str], None]) -> None:
        self.unreadable = unreadable
        self._outbox = outbox
        self.options = options

    async def history(self, partition: int) -> list[Entry]:
        """Every entry of a partition, oldest first; what somebody else has put there is passed over."""
        tp = TP(DELIVERIES, partition)
        entries = []
        async with Reader(self.options, [tp]) as reader:
            async for _, records in reader.ranges({tp: await reader.bounds(tp)}):
                for record in records:
                    if (entry := decode(record.value)) is not None:
                        entries.append(entry)
                    else:
                        self.unreadable(DELIVERIES)
        return entries

    async def write(self, partition: int, entry: Entry) -> None:
        """Add an entry; returns when Kafka has it.

        Raises:
            DeliveryError: Kafka does not take it.
        """
        message = Outgoing(DELIVERIES, encode(entry), entry.id.encode(), partition)
        await self._outbox.durable(await self._outbox.put([message]))


def encode(entry: Entry) -> bytes:
    """The value of a cx.deliveries record."""
    return msgspec.json.encode(entry)


def decode(value: bytes | None) -> Entry | None:
    """The reverse; None for anything else."""
    try:
        return _DECODER.decode(value or b"")
    except UNREADABLE:
        return None


class CommandFeed:
    """Keeps `muting` informed of cx.commands, from its beginning on."""

    def __init__(
        self,
        options: Mapping[str, Any],
        muting: Muting,
        failed: Callable[[BaseException], None],
        unreadable: Callable[[str], None],
    ) -> None:
        self._unreadable = unreadable
        self._options = options
        self._muting = muting
        self._failed = failed
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take in what is there, then follow."""
        install()
        self._consumer = AIOKafkaConsumer(
            **self._options, **READS, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await self._consumer.start()
        self._consumer.assign([COMMANDS_TP])
        first = (await self._consumer.beginning_offsets([COMMANDS_TP]))[COMMANDS_TP]
        end = (await self._consumer.end_offsets([COMMANDS_TP]))[COMMANDS_TP]
        while first < end and await self._consumer.position(COMMANDS_TP) < end:
            await self._take(self._consumer)
        self._task = asyncio.create_task(self._follow(self._consumer))

    async def close(self) -> None:
        """Follow no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._consumer is not None:
            await self._consumer.stop()

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        try:
            while True:
                await self._take(consumer)
        except Exception as error:  # noqa: BLE001  # a worker that hears no commands must not go on in silence
            self._failed(error)

    async def _take(self, consumer: AIOKafkaConsumer) -> None:
        for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
            for record in records:
                self._apply(record)

    def _apply(self, record: Any) -> None:
        """Heed a command; what is none is passed over."""
        try:
            command = commands.decode(record.value)
            if command is not None:
                self._muting.apply(command)
        except Exception as error:  # noqa: BLE001  # our own fault: later commands must be heard
            log.error("cannot heed a command offset=%d error=%s", record.offset, type(error).__name__)  # noqa: TRY400
            command = None
        if command is None:
            log.warning("not a command topic=%s offset=%d", COMMANDS, record.offset)
            self._unreadable(COMMANDS)


class Notifier:
    """Delivers what the batches of cx.alerts carry; a batch's slot is finished when all of it is settled.

    Raises:
        SettingsError: a receiver's secret is not to be found.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        log_topic: DeliveryTopic,
        meter: Meter,
        failed: Callable[[BaseException], None],
    ) -> None:
        muting = Muting()
        self._commands = CommandFeed(log_topic.options, muting, failed, log_topic.unreadable)
        self._dispatcher = Dispatcher(rulebook, log_topic, meter, failed, muting)

    async def start(self) -> None:
        """Read all commands there are, then begin to deliver."""
        await self._commands.start()
        await self._dispatcher.start()

    async def close(self) -> None:
        """Try nothing more; batches that are not finished stay so."""
        await self._dispatcher.close()
        await self._commands.close()

    async def take(self, batch: RecordBatch) -> None:
        """Take over a batch; batches of a partition come in offset order."""
        left = Countdown(len(batch.records), batch.slot.finish)
        for record in batch.records:
            await self._dispatcher.offer(
                batch.tp.partition, record.offset, record.value, left.one_less, record.timestamp
            )

    def forget(self, partitions: list[int]) -> None:
        """These partitions of cx.alerts belong to another worker from now on."""
        self._dispatcher.forget(partitions)
