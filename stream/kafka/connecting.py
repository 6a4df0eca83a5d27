"""Connecting to a broker that may go at any moment."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from aiokafka.errors import KafkaError, KafkaTimeoutError

from stream.kafka.reader import ReadError

log = logging.getLogger(__name__)

FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 5.0


def passes(error: Exception) -> bool:
    """Whether trying again may help: a broker is away, or cannot tell yet, for want of replicas for one."""
    again = isinstance(error, KafkaError) and error.retriable
    return again or isinstance(error, (ReadError, KafkaTimeoutError))


async def nothing_begun() -> None:
    """There is nothing to take back."""


async def persistently(
    connect: Callable[[], Awaitable[object]],
    undo: Callable[[], Awaitable[object]] = nothing_begun,
    first_wait_s: float = FIRST_WAIT_S,
) -> None:
    """Connect, or ask; while no broker is there, take back what was begun, and try again for ever.

    Raises:
        Exception: whatever trying again does not help against.
    """
    wait_s = first_wait_s
    while True:
        try:
            await connect()
        except (KafkaError, ReadError) as error:
            if not passes(error):
                raise
            log.warning("the broker is gone, trying again in %.1f s: %s", wait_s, error)
            await undo()
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        else:
            return
