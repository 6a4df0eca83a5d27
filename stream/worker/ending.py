"""How a worker ends: in good order because it was told to, or at once because something has failed."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Any, TypeVar

from stream.worker.log_lines import described

log = logging.getLogger(__name__)

T = TypeVar("T")


class Ending(Enum):
    """Why a worker ended that did not fail."""

    STOPPED = "stopped"
    RELOAD = "reload"  # the rules file has changed: start again with it


class WorkerEnd:
    """The end of one worker, once it has come; the first of all reasons counts, and a stop is one for good.

    `on_failing` is called when the worker is about to end without good order.
    """

    def __init__(self, on_failing: Callable[[], None]) -> None:
        self._on_failing = on_failing
        self._ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._told = Ending.RELOAD

    def end(self, ending: Ending) -> None:
        """End in good order; who leaves to start again may still be told to stop."""
        if ending is Ending.STOPPED:
            self._told = ending
        if not self._ending.done():
            self._ending.set_result(None)

    def fail(self, reason: BaseException) -> None:
        """End at once; nothing is lost, what is not committed is done again."""
        if not self._ending.done():
            log.error("worker fails: %s", described(reason))
            self._ending.set_exception(reason)
            self._on_failing()

    async def reached(self) -> Ending:
        """Returns when the worker was told to end.

        Raises:
            Exception: whatever `fail` was told.
        """
        await self._ending
        return self._told

    async def before_it(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of `work`; None when the worker was told to end first."""
        task = asyncio.create_task(work)
        both: set[asyncio.Future[Any]] = {task, self._ending}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        task.cancel()
        return None
