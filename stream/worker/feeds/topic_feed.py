"""Follows whole topics beside the consumer group: what every worker must know, whatever its partitions."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.kafka.lenient_batches import install
from stream.kafka.outbox import COMMON
from stream.kafka.settings import READS
from stream.messages.topic_names import GroupTopics

log = logging.getLogger(__name__)

POLL_MS: Final = 200


class TopicFeed:
    """Hands on every record of some topics, from their beginning, whatever group and partition."""

    def __init__(
        self,
        options: Mapping[str, Any],
        topics: Collection[str],
        take: Callable[[str, int, bytes | None], None],
        failed: Callable[[BaseException], None],
        names: GroupTopics = COMMON,
    ) -> None:
        self._names = names
        self._options = options
        self._topics = topics
        self._take = take
        self._failed = failed
        self._moved = asyncio.Event()
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Follow from the beginning on."""
        install()
        self._consumer = AIOKafkaConsumer(
            **self._options, **READS, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await self._consumer.start()
        await self._consumer._client.force_metadata_update()  # noqa: SLF001  # knows topics from then on
        known = self._consumer.partitions_for_topic
        tps = [
            TopicPartition(topic, number)
            for topic in map(self._names.of, self._topics)
            for number in known(topic) or ()
        ]
        self._consumer.assign(sorted(tps))
        self._task = asyncio.create_task(self._follow(self._consumer))

    async def close(self) -> None:
        """Follow no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._consumer is not None:
            await self._consumer.stop()

    async def caught_up(self) -> None:
        """Returns when all that is on the topic now has been handed on."""
        if self._consumer is None or not self._consumer.assignment():
            return
        tps = list(self._consumer.assignment())
        starts, ends = await self._consumer.beginning_offsets(tps), await self._consumer.end_offsets(tps)
        for tp in tps:
            while starts[tp] < ends[tp] and await self._consumer.position(tp) < ends[tp]:
                self._moved.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._moved.wait(), 1.0)

    def _hand_on(self, tp: TopicPartition, record: Any) -> None:
        """One record; what is in it must not end the feed."""
        try:
            self._take(self._names.known_as(tp.topic), tp.partition, record.value)
        except Exception as error:  # noqa: BLE001  # our own fault: later records must be heard
            log.error(  # noqa: TRY400
                "cannot take a record: topic=%s partition=%d offset=%d error=%s",
                tp.topic, tp.partition, record.offset, type(error).__name__,
            )  # fmt: skip

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        try:
            while True:
                for tp, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                    for record in records:
                        self._hand_on(tp, record)
                self._moved.set()
        except Exception as error:  # noqa: BLE001  # a worker that cannot hear of its groups must start again
            self._failed(error)
