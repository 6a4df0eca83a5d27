"""Sending many messages at once, all of which must arrive: the first that does not ends it."""

import asyncio
from collections.abc import Iterable
from itertools import starmap

from aiokafka import AIOKafkaProducer

from stream.kafka.outbox import FilledBatches, Outgoing


class Confirmed:
    """A producer that is not waited for, batch by batch, and still loses no message without a word."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._failed: BaseException | None = None

    async def send(self, messages: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Hand messages over: topic, value and key of each.

        Raises:
            KafkaError: one is refused, or one before them was.
        """
        self._tell()
        for batch in await FilledBatches(self._producer).fill(starmap(Outgoing, messages)):
            batch.add_done_callback(self._done)

    async def flush(self) -> None:
        """Wait until all have arrived.

        Raises:
            KafkaError: one has not.
        """
        await self._producer.flush()
        await asyncio.sleep(0)  # whoever waited for the last batch may come before those of its messages
        self._tell()

    def _done(self, sent: "asyncio.Future[object]") -> None:
        if not sent.cancelled() and (error := sent.exception()) is not None:
            self._failed = self._failed or error

    def _tell(self) -> None:
        if self._failed is not None:
            raise self._failed
