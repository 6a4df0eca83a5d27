"""Turns: a batch is worked off in parts, so that others have the event loop every few hundredths of a second.

Most batches are one part.  A flood of values that nobody has seen before makes a record cost ten times as
much, and a scrape or a heartbeat needs several turns of the loop.  How a batch is cut decides nothing.

For example, the last 6,000 records took 150 ms: then the next 12,000 are worked off 1,600 at a time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from stream.transport.link import RecordBatch

TURN_S: Final = 0.04
"""How long a part should take."""
FEWEST: Final = 16
"""Records of a part: a moment in which the machine did something else must not make parts tiny."""


@dataclass(slots=True)
class Turns:
    """How large parts are, from how long the latest ones took; older ones count half as much each time."""

    clock: Callable[[], float]
    _records: float = 0.0
    _spent_s: float = 0.0

    def parts(self, batch: RecordBatch) -> Iterator[RecordBatch]:
        """The batch in parts, in order; each has been worked off when the next is asked for."""
        records, first = batch.records, 0
        while first < len(records):
            part = records[first : first + self._most()]
            began_s = self.clock()
            yield RecordBatch(batch.tp, part, batch.slot)
            self._records = self._records / 2 + len(part)
            self._spent_s = self._spent_s / 2 + self.clock() - began_s
            first += len(part)

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
