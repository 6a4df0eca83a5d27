"""Follows partitions outside the group: one consumer from the beginning on, and one task that never ends."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer

from stream.kafka.lenient_batches import install
from stream.kafka.parting import stop_consumer
from stream.kafka.settings import READS
from stream.kafka.whole_batches import hasten


class Follower:
    """A consumer that its owner assigns partitions to.  `failed` hears of the end, unless it is closed."""

    def __init__(self, options: Mapping[str, Any], failed: Callable[[BaseException], None]) -> None:
        self.consumer: AIOKafkaConsumer | None = None
        self._options = options
        self._failed = failed
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> AIOKafkaConsumer:
        """The consumer, connected."""
        install()
        self.consumer = AIOKafkaConsumer(
            **self._options, **READS, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await self.consumer.start()
        hasten(self.consumer._fetcher)  # noqa: SLF001  # aiokafka offers no other way
        return self.consumer

    def follow(self, take: Callable[[AIOKafkaConsumer], Awaitable[None]]) -> None:
        """Take what comes, again and again."""
        assert self.consumer is not None  # noqa: S101  # opened before
        self._task = asyncio.create_task(self._follow(self.consumer, take))

    async def close(self) -> None:
        """Follow no more, unless opened anew."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.consumer is not None:
            await stop_consumer(self.consumer)

    async def _follow(
        self, consumer: AIOKafkaConsumer, take: Callable[[AIOKafkaConsumer], Awaitable[None]]
    ) -> None:
        try:
            while True:
                await take(consumer)
        except Exception as error:  # noqa: BLE001  # a worker that hears no more must not go on in silence
            self._failed(error)
