"""Leaving: what a task has said and Kafka has not acknowledged yet."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from aiokafka.structs import RecordMetadata

from stream.kafka.outbox import DeliveryError
from stream.worker.tasks.context import Sink
from stream.worker.tasks.processor import Work


class Leaving:
    """One task's; `on_lost` hears of what is not taken."""

    def __init__(self, outbox: Sink, on_lost: Callable[[DeliveryError], None]) -> None:
        self._outbox: Final = outbox
        self._on_lost: Final = on_lost
        self._under_way: set[asyncio.Task[None]] = set()

    def __bool__(self) -> bool:
        return bool(self._under_way)

    async def leave(self, work: Work, finish: Callable[[], None]) -> None:
        """Hand messages over, in order; `finish` is called when Kafka has all of them."""
        futures = await self._outbox.put(work.messages)
        if not futures:
            finish()
            return
        task = asyncio.create_task(self._left(futures, work, finish))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def settle(self) -> None:
        """Wait until all that was said so far has left."""
        if self._under_way:
            await asyncio.wait(set(self._under_way))

    async def _left(
        self, futures: Sequence[asyncio.Future[RecordMetadata]], work: Work, finish: Callable[[], None]
    ) -> None:
        try:
            await self._outbox.durable(futures)
        except DeliveryError as error:
            self._on_lost(error)
        else:
            work.on_durable(time.time())
            finish()
