"""A source's clock: how far one input topic and partition has been read, and which of its panes have closed.

The clock is the greatest event time so far, the watermark that less the lateness.  A pane closes when the
watermark reaches its end; an event of a closed pane is late, and rides on the next pane that closes.

For example, with panes of 10 s and a lateness of 5 s, five events come in this order:

    at 10:00:03   clock 10:00:03   watermark 09:59:58
    at 10:00:12   clock 10:00:12   watermark 10:00:07   pane 10:00:00 is open, since its end is 10:00:10
    at 10:00:09   clock 10:00:12   watermark 10:00:07   in time for pane 10:00:00, though out of order
    at 10:00:15   clock 10:00:15   watermark 10:00:10   pane 10:00:00 closes and leaves with two events
    at 10:00:08   clock 10:00:15   watermark 10:00:10   late: counted in pane 10:00:00, leaves with 10:00:10
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stream.columnar.timestamps import NO_TIME, Ints
from stream.intake.wall import Undo
from stream.messages.records import Record
from stream.messages.tallies import NO_PANE


@dataclass(slots=True, kw_only=True)
class SourceClock:
    """The clock of one source.

    `clock_ms` is its greatest event time (`NO_TIME`: none yet), `through` the last pane that has closed;
    neither ever falls.  `after` is what `through` was before it last rose.  `began_ms` is the time of its
    earliest event, `NO_TIME` before any.
    `next_offset` is the first input offset that was not fed yet.
    """

    name: str
    pane_ms: int
    lateness_ms: int
    next_offset: int = 0
    clock_ms: int = NO_TIME
    through: int = NO_PANE
    began_ms: int = NO_TIME
    after: int = field(default=NO_PANE, compare=False)

    @property
    def watermark_ms(self) -> int | None:
        """Event time up to which it is complete, None before the first event."""
        return None if self.clock_ms == NO_TIME else self.clock_ms - self.lateness_ms

    @property
    def newest_ms(self) -> int | None:
        """Its greatest event time, None before the first event."""
        return None if self.clock_ms == NO_TIME else self.clock_ms

    def mark(self) -> Undo:
        """Gives what puts it back to where it is now."""
        stood = self.next_offset, self.clock_ms, self.through, self.began_ms

        def undo() -> None:
            self.next_offset, self.clock_ms, self.through, self.began_ms = stood

        return undo

    def unseen(self, records: Sequence[Record]) -> Sequence[Record]:
        """Without the records that were fed before."""
        if not records or records[0].offset >= self.next_offset:
            return records
        return [record for record in records if record.offset >= self.next_offset]

    def clocks(self, moves_ms: Ints) -> Ints:
        """The clock before each event, and after the last: one more than events.

        `moves_ms` says how far each moves it: its own time, or the agreed time if that is less.
        """
        return np.maximum.accumulate(np.concatenate([[self.clock_ms], moves_ms]))

    def place(self, at_ms: Ints, before_ms: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """The pane whose closing carries each event, and whether it is late; `before_ms` are its clocks.

        That is the event's own pane or, if it had closed before the event came, the next that closes.
        """
        watermark_ms = before_ms - self.lateness_ms
        next_pane = np.maximum(watermark_ms // self.pane_ms, self.through + 1)
        return np.maximum(at_ms // self.pane_ms, next_pane), at_ms < watermark_ms

    def begin(self, at_ms: Ints, clock_ms: Ints) -> None:
        """Learn when it began, from events and the clock with each: the earliest of all that are in time.

        That may come after others, but no later than the lateness allows; of what follows nothing matters.
        """
        if self.began_ms == NO_TIME and len(at_ms):
            self.began_ms = int(at_ms[0])
        stop = int(np.searchsorted(clock_ms, self.began_ms + self.lateness_ms, "right"))
        for at, clock in zip(at_ms[:stop].tolist(), clock_ms[:stop].tolist(), strict=True):
            if clock <= self.began_ms + self.lateness_ms:
                self.began_ms = min(self.began_ms, at)

    def advance(self, clock_ms: int) -> bool:
        """Move the clock on; true if panes have closed."""
        self.clock_ms = max(self.clock_ms, clock_ms)
        if self.clock_ms == NO_TIME:
            return False
        before = self.through
        self.through = max(before, (self.clock_ms - self.lateness_ms) // self.pane_ms - 1)
        if self.through > before:
            self.after = before
        return self.through > before
