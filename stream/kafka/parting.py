"""Parting from a broker that may be gone already."""

import asyncio

from aiokafka import AIOKafkaConsumer


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer, also in the middle of an attempt to reach a broker that is gone."""
    task = asyncio.current_task()
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        if task is not None and task.cancelling():
            raise
        # Aiokafka cancels its own fetches, and passes on what one says to that; then connections stay open.
        await consumer._client.close()  # noqa: SLF001
