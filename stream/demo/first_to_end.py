"""Work that plays together: when one ends or fails, all do."""

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any, Final

CANCEL_AGAIN_S: Final = 1.0


async def first_to_end(*works: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends or fails, then stop the others."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancelled(tasks)
    for task in done:
        task.result()


async def _cancelled(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel until all have ended: a Kafka client that is about to start may swallow the first time."""
    while going := [task for task in tasks if not task.done()]:
        for task in going:
            task.cancel()
        await asyncio.wait(going, timeout=CANCEL_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)  # what others ended with is of no interest
