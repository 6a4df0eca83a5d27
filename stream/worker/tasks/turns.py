"""Turns: a batch is worked off in parts, so that others have the event loop several times a second.

Most batches are one part.  A flood of values that nobody has seen before makes a record cost ten times as
much, and a scrape or a heartbeat needs several turns of the loop.  How a batch is cut decides nothing.

Only the task's own CPU time counts.  Each part costs a few milliseconds whatever it holds, so parts that
shrank while other tasks or programs had the processor would make all the work many times as dear, just when
there is least of it to spare.

For example, the last 6,000 records took 150 ms: then the next 12,000 are worked off 3,200 at a time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from stream.transport.link import RecordBatch

TURN_S: Final = 0.08
"""CPU time that a part should take.  With half of it 10,000 scopes cost a quarter more, in parts of 2,000."""
FEWEST: Final = 16
"""Records of a part: one dear record must not make parts tiny."""
REST: Final = 1.25
"""Parts that are left join the last one if it is no more than so many times as large then: a part of few
records costs its milliseconds too."""


@dataclass(slots=True)
class Turns:
    """How large parts are, from how long the latest ones took; older ones count half as much each time.

    `cpu_clock` says how many seconds this thread has worked.
    """

    cpu_clock: Callable[[], float]
    _records: float = 0.0
    _spent_s: float = 0.0

    def parts(self, batch: RecordBatch) -> Iterator[RecordBatch]:
        """The batch in parts, in order; each has been worked off when the next is asked for."""
        records, first = batch.records, 0
        while first < len(records):
            most = self._most()
            part = records[first:] if len(records) - first <= REST * most else records[first : first + most]
            yield RecordBatch(batch.tp, part, batch.slot)
            first += len(part)

    @contextmanager
    def timed(self, part: RecordBatch) -> Iterator[None]:
        """Around all the work on a part, in which nobody else has the loop."""
        began_s = self.cpu_clock()
        yield
        self._records = self._records / 2 + len(part.records)
        self._spent_s = self._spent_s / 2 + self.cpu_clock() - began_s

    def _most(self) -> int:
        """Records of the next part."""
        if self._spent_s <= 0:
            return 1 << 30
        return max(FEWEST, int(TURN_S * self._records / self._spent_s))


@dataclass(slots=True)
class PartsLeft:
    """Calls `at_end` when every part that was begun has left, and no more will begin."""

    at_end: Callable[[], None]
    _waiting: int = 1

    def begin(self) -> Callable[[], None]:
        """One more part; call what this gives when the part has left."""
        self._waiting += 1
        return self.end

    def end(self) -> None:
        """A part has left, or there are no more."""
        self._waiting -= 1
        if not self._waiting:
            self.at_end()


def nobody_waits() -> None:
    """There is no slot to finish."""
