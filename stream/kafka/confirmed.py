"""Sending many messages at once, all of which must arrive: the first that does not ends it."""

import asyncio

from aiokafka import AIOKafkaProducer


class Confirmed:
    """A producer that is not waited for, message by message, and still loses none without a word."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._failed: BaseException | None = None

    async def send(self, topic: str, value: bytes, key: bytes) -> None:
        """Hand a message over.

        Raises:
            KafkaError: it is refused, or one before it was.
        """
        self._tell()
        sent = await self._producer.send(topic, value, key=key)
        sent.add_done_callback(self._done)

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
