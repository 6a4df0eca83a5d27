"""Changes: what comes into a window and what leaves it, over some panes, as single counts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream.columnar.runs import by_number
from stream.indicators.formulas import Ints
from stream.judge.windows.held_times import rows_and_codes
from stream.judge.windows.sliding import Window


@dataclass(frozen=True, slots=True)
class WindowChanges:
    """What a window's counts do over some panes, in no order.

    `slot` is the number of the slot at whose end the count of a column changes by `counts`.  Columns from
    the window's width on are the codes of single times.
    """

    rows: Ints
    slot: Ints
    columns: Ints
    counts: Ints

    def of(self, used: NDArray[np.intp]) -> "WindowChanges":
        """Some of them."""
        return WindowChanges(self.rows[used], self.slot[used], self.columns[used], self.counts[used])

    def ordered(self, used: NDArray[np.intp]) -> "WindowChanges":
        """Some of them, one at least, by rows, and within a row by time."""
        rows, slot = self.rows[used], self.slot[used]
        first = int(slot.min())
        order = by_number(rows * (int(slot.max()) - first + 1) + slot - first)
        used = used[order]
        return WindowChanges(rows[order], slot[order], self.columns[used], self.counts[used])


def changes(window: Window, through: int) -> WindowChanges:
    """Every change of a window's counts up to the end of pane `through`, but of single times."""
    come, left = window.coming(through)
    slot = np.concatenate([come.enters, window.leaving(left.slot)])
    counts = np.concatenate([come.counts, -left.counts])
    rows, columns = window.layout.split(np.concatenate([come.places, left.places]).astype(np.int64))
    return WindowChanges(rows, slot, columns, counts)


def with_times(known: WindowChanges, window: Window, through: int) -> WindowChanges:
    """The changes that are known, and those of single times up to the same end."""
    come, left = window.times_coming(through)
    if not len(come) and not len(left):
        return known
    rows, codes = rows_and_codes(np.concatenate([come.places, left.places]))
    return WindowChanges(
        rows=np.concatenate([known.rows, rows]),
        slot=np.concatenate([known.slot, come.enters, window.leaving(left.slot)]),
        columns=np.concatenate([known.columns, codes + window.layout.width]),
        counts=np.concatenate([known.counts, come.counts, -left.counts]),
    )
