"""The notifier on Kafka: cx.alerts in, webhooks out, cx.deliveries as its log.

An entry of the log goes to the partition that its transition came from, so that whoever gets a partition
of cx.alerts finds in one place what its receivers have heard.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from alerts.dispatcher import Countdown, Dispatcher, Entry
from alerts.line import Meter
from alerts.rules import Rulebook
from stream.producer import Outbox, Outgoing
from stream.reader import Reader
from stream.slots import TP
from stream.topics import DELIVERIES
from stream.transport import Batch

BATCHES_IN_WORK: Final = 10_000
"""Of cx.alerts, per partition: a batch stays in work until the slowest receiver has it, and others go on."""

_DECODER: Final = msgspec.json.Decoder(Entry)


class DeliveryTopic:
    """cx.deliveries as the dispatcher's log.  `options` are aiokafka client options for reading."""

    def __init__(self, outbox: Outbox, options: Mapping[str, Any]) -> None:
        self._outbox = outbox
        self._options = options

    async def history(self, partition: int) -> list[Entry]:
        """Every entry of a partition, oldest first; what somebody else has put there is passed over."""
        tp = TP(DELIVERIES, partition)
        entries = []
        async with Reader(self._options, [tp]) as reader:
            async for _, records in reader.ranges({tp: await reader.bounds(tp)}):
                entries += [entry for record in records if (entry := decode(record.value)) is not None]
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
    except msgspec.DecodeError:
        return None


class Notifier:
    """Delivers what the batches of cx.alerts carry; a batch's slot is finished when all of it is settled.

    Raises:
        SettingsError: a receiver's secret is not to be found.
    """

    def __init__(
        self, rulebook: Rulebook, log: DeliveryTopic, meter: Meter, failed: Callable[[BaseException], None]
    ) -> None:
        self._dispatcher = Dispatcher(rulebook, log, meter, failed)

    async def start(self) -> None:
        """Begin to deliver."""
        await self._dispatcher.start()

    async def close(self) -> None:
        """Try nothing more; batches that are not finished stay so."""
        await self._dispatcher.close()

    async def take(self, batch: Batch) -> None:
        """Take over a batch; batches of a partition come in offset order."""
        left = Countdown(len(batch.records), batch.slot.finish)
        for record in batch.records:
            await self._dispatcher.offer(
                batch.tp.partition, record.offset, record.value, left.one_less, record.timestamp
            )

    def forget(self, partitions: list[int]) -> None:
        """These partitions of cx.alerts belong to another worker from now on."""
        self._dispatcher.forget(partitions)
