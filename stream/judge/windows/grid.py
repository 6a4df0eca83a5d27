"""Grids: the sums of all formulas of a window in every row at every slot's end of a block, in a few steps.

Where traffic is dense nearly every row changes at every slot's end.  Then a table of slots, rows and columns
is filled in one go and multiplied by the formulas' weights, which takes a fraction of what it takes to sort
single counts.  Where most of such a table would be empty, `lookahead` goes change by change.

For example, 14 scopes of channel and stage have 50,000 counts in the 30 panes of a block: a table of 420 rows
at slots by the 200 cells that eight indicators read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from stream.indicators.formulas import Flags, Floats, Ints
from stream.indicators.ranges import Range, score_ranges
from stream.judge.windows.changes import WindowChanges
from stream.judge.windows.layout import Layout
from stream.judge.windows.sliding import Window

EMPTY: Final = 50
"""Places of the table for each count up to which it is worth filling: to sort the count takes as long."""
MOST_PLACES: Final = 2**22
"""Of a table: 32 MB."""


@dataclass(frozen=True)
class Grid:
    """Sums at the ends of the slots from `first` on, and where counts came or left.

    `sums` is `(sums, slots, rows)`, `touched` `(slots, rows)`.  What was not touched is as it was before.
    """

    layout: Layout
    first: int
    sums: Floats
    touched: Flags

    @cached_property
    def ranges(self) -> Mapping[str, Range]:
        """Of each formula but quantiles the lowest and the highest score anywhere; NaN without answers."""
        return score_ranges(list(self.layout.formulas.values()), self.sums)

    @cached_property
    def changes(self) -> tuple[Ints, Ints]:
        """The row and the place of the slot of each change, by rows."""
        rows, places = self.touched.T.nonzero()
        return rows, places


def grid(window: Window, known: WindowChanges, empty: int = EMPTY) -> Grid | None:
    """The grid of what will change; None where it would be too large, or have too many `empty` places."""
    layout, at = window.layout, known.slot
    if not len(at) or not layout.sums:
        return None
    first, rooms = int(at.min()), len(window.changed)
    slots = int(at.max()) - first + 1
    size = slots * rooms * layout.narrow
    if size > min(empty * len(at), MOST_PLACES):
        return None
    at = (at - first) * rooms + known.rows
    touched = np.zeros(slots * rooms, np.bool_)
    touched[at] = True
    columns, counts = known.columns, known.counts
    if layout.buckets:
        narrow = np.flatnonzero(columns < layout.narrow)
        at, columns, counts = at[narrow], columns[narrow], counts[narrow]
    table = np.bincount(at * layout.narrow + columns, counts, size).reshape(-1, layout.narrow)
    moved = (layout.every_weight.T @ table.T).reshape(-1, slots, rooms)
    before = layout.every_weight.T @ window.counts(np.arange(rooms)).T
    sums: Floats = np.cumsum(moved, axis=1)
    sums += before[:, None, :]
    return Grid(layout, first, sums, touched.reshape(slots, rooms))
