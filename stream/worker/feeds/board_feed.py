"""Feeds the board from cx.scores and cx.alerts, while somebody looks at it.

The scores of thousands of scopes are a stream that costs to read; a worker whose board nobody opens does not.
The first look reads the compacted topics from their beginning, so any worker shows the whole cluster.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from stream.board.memory import BoardMemory
from stream.kafka.settings import ClientSettings
from stream.messages.topic_names import ALERTS, SCORES
from stream.worker.feeds.topic_feed import TopicFeed
from stream.worker.log_lines import described

log = logging.getLogger(__name__)

PATIENCE_S: Final = 5.0
"""How long the first look waits for what is on the topics."""
KEEP_S: Final = 3_600.0
"""How long it goes on reading after the last look."""
LOOK_S: Final = 30.0


class BoardFeed:
    """Reads what its group has written."""

    def __init__(self, kafka: ClientSettings, memory: BoardMemory) -> None:
        self._kafka = kafka
        self._memory = memory
        self._feed: TopicFeed | None = None
        self._lock = asyncio.Lock()
        self._last_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def wanted(self) -> None:
        """Somebody looks: read, if it is not being read already."""
        loop = asyncio.get_running_loop()
        self._last_s = loop.time()
        async with self._lock:
            if self._feed is not None:
                return
            kafka = self._kafka
            feed = TopicFeed(
                kafka.client_options(), (SCORES, ALERTS), self._memory.take, self._failed, kafka.topics
            )
            try:
                await feed.start()
            except Exception as error:  # noqa: BLE001  # no broker: the page says what it has, and asks again
                log.warning("the board cannot read: %s", described(error))
                await feed.close()
                return
            self._feed = feed
            self._timer = loop.call_later(LOOK_S, self._look)
            with suppress(TimeoutError):
                await asyncio.wait_for(feed.caught_up(), PATIENCE_S)

    async def close(self) -> None:
        """Read no more."""
        if self._timer is not None:
            self._timer.cancel()
        feed, self._feed = self._feed, None
        if feed is not None:
            await feed.close()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() - self._last_s > KEEP_S:
            self._end()
        else:
            self._timer = loop.call_later(LOOK_S, self._look)

    def _failed(self, error: BaseException) -> None:
        """The next look reads again; what is known stays, and repeats are told by number."""
        log.warning("the board stopped reading: %s", described(error))
        self._end()

    def _end(self) -> None:
        task = asyncio.ensure_future(self.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
