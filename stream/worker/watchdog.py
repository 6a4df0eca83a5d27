"""The watchdog: ends a worker that has stopped working, so that whoever supervises it starts another.

Faust and the Kafka client have states in which they wait for ever without an error.  Two signs are taken
for one: the event loop does not turn, or there is work and none of it gets done.  Both are counted in looks,
not in time, so that a process which was frozen, or a laptop that slept, is not blamed for it.  A look
counts less when the process waited for a processor meanwhile: with too much to do it is slow, not stuck.

For example with a patience of 30 looks: a process that waits for a processor for nine tenths of each second
is ended after 300 seconds without a move, one that has a processor to itself after 30.
"""

import faulthandler
import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Final

from stream.worker.starvation import Starvation

log = logging.getLogger(__name__)

EXIT: Final = 75
"""EX_TEMPFAIL of sysexits.h: try again."""
LOOK_S: Final = 1.0
MOST_STARVED: Final = 0.9
"""Share of a look that waiting for a processor may excuse: what is stuck is ended in ten times as long."""


class Patience:
    """Counts looks in a row at which nothing had moved."""

    def __init__(self, looks: int) -> None:
        self._looks = looks
        self._last: object = None
        self._still = 0.0

    def lost(self, moves: object, *, busy: bool, starved: float = 0.0) -> bool:
        """Whether `moves` has been the same for too many looks at which there was something to do.

        `starved` is the share of the time since the last look that counts for nothing.
        """
        self._still = self._still + 1 - starved if busy and moves == self._last else 0.0
        self._last = moves
        return self._still >= self._looks - 1e-9


class Watchdog:
    """Looks at a counter that the event loop moves, from a thread of its own."""

    def __init__(
        self,
        patience_s: float,
        end: Callable[[int], None] = os._exit,
        starved: Callable[[float], float] | None = None,
    ) -> None:
        """`starved` says which share of so many last seconds the process waited for a processor."""
        self._starved = starved or Starvation().share
        self._share = 0.0
        self._loop = Patience(int(patience_s / LOOK_S))
        self._work = Patience(int(patience_s / LOOK_S))
        self._end = end
        self._beats = 0
        self._off = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._off.set()

    def beat(self, done: object, *, busy: bool) -> None:
        """Called by the loop every `LOOK_S`; `done` changes whenever work gets done."""
        self._beats += 1
        if self._work.lost(done, busy=busy, starved=self._share):
            self.bite("there is work, and none of it gets done")

    def look(self) -> None:
        """Whether the loop still turns."""
        self._share = min(MOST_STARVED, self._starved(LOOK_S))
        if self._loop.lost(self._beats, busy=True, starved=self._share):
            self.bite("the event loop does not turn")

    def bite(self, reason: str) -> None:
        """End the process, and leave behind what every thread was doing."""
        log.critical("watchdog ends the worker reason=%r", reason)
        faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
        self._end(EXIT)

    def _watch(self) -> None:
        while not self._off.wait(LOOK_S):
            self.look()
