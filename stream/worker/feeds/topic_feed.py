"""Follows whole topics beside the consumer group: what every worker must know, whatever its partitions."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from stream.kafka.outbox import COMMON
from stream.messages.topic_names import GroupTopics
from stream.worker.feeds.follower import Follower

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
        self._topics = topics
        self._take = take
        self._follower = Follower(options, failed)
        self._moved = asyncio.Event()

    async def start(self) -> None:
        """Follow from the beginning on.

        Raises:
            KafkaError: no broker is there, or it has just come back and does not know all topics yet.
        """
        consumer = await self._follower.open()
        await consumer._client.force_metadata_update()  # noqa: SLF001  # knows topics from then on
        known = {topic: consumer.partitions_for_topic(topic) for topic in map(self._names.of, self._topics)}
        if unknown := sorted(topic for topic, numbers in known.items() if not numbers):
            raise UnknownTopicOrPartitionError(", ".join(unknown))
        consumer.assign(sorted(TopicPartition(*tp) for tp in _all(known)))
        self._follower.follow(self._take_some)

    async def close(self) -> None:
        """Follow no more."""
        await self._follower.close()

    async def caught_up(self) -> None:
        """Returns when all that is on the topic now has been handed on."""
        consumer = self._follower.consumer
        if consumer is None or not consumer.assignment():
            return
        tps = list(consumer.assignment())
        starts, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
        for tp in tps:
            while starts[tp] < ends[tp] and await consumer.position(tp) < ends[tp]:
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

    async def _take_some(self, consumer: AIOKafkaConsumer) -> None:
        for tp, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
            for record in records:
                self._hand_on(tp, record)
        self._moved.set()


def _all(known: Mapping[str, Collection[int]]) -> Iterator[tuple[str, int]]:
    for topic, numbers in known.items():
        for number in numbers:
            yield topic, number
