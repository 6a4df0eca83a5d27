"""Stride: how many panes of a backlog are judged together, so that nobody waits long for the event loop.

Under dear rules a day of panes takes seconds, and a heartbeat, a scrape or a signal needs several turns of
the loop.  Many together are cheaper, so they are as many as time allows.  How they are cut decides nothing.

For example, 8192 panes took 2 s: then 4096 are judged together, which take 1 s, then 2048.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from stream.judge.state import MOST_PANES, NO_LIMIT

T = TypeVar("T")

LONG_S: Final = 0.4
"""CPU time beyond which a step is too long."""
SHORT_S: Final = 0.1
LEAST_PANES: Final = 1024
"""Fewer cost twice as much under dear rules, and are hardly shorter."""


@dataclass(slots=True)
class Stride:
    """Of one judge."""

    panes: int = NO_LIMIT

    def timed(self, steps: Iterator[T]) -> Iterator[T]:
        """The steps, each of which says how long the next one may be."""
        while True:
            began_s = time.thread_time()
            for step in steps:
                self.took(time.thread_time() - began_s)
                yield step
                break
            else:
                return

    def took(self, cpu_s: float) -> None:
        """Learn how long a step took."""
        if cpu_s > LONG_S:
            self.panes = max(LEAST_PANES, min(self.panes, MOST_PANES) // 2)
        elif cpu_s < SHORT_S:
            self.panes = min(NO_LIMIT, 2 * self.panes)
