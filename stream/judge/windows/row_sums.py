"""Sums of a window's rows: of every row, ready to be judged, or of those alone that somebody asks for.

Causes are looked for in finer scopes, of which there may be a hundred times as many as are judged, and only
when an alert is told.  A table of all their sums would be most of a judge's memory.  So nothing is kept of
them but the counts that the window takes off again anyway; who asks for a row has it summed up from these,
and from then on it is kept up like any other.

For example, of 86,000 scopes of channel, product and stage, an alert about one product in one channel asks
for nine.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from stream.indicators.formulas import Ints
from stream.judge.windows.layout import Layout
from stream.judge.windows.slotted import Kept

Whole = TypeVar("Whole", np.int64, np.int16 | np.int32)

_MOST_SMALL: Final = int(np.iinfo(np.int16).max)
MOST_ASKED: Final = 1_024
"""Rows that are kept up because somebody has asked for them; when more are, all are summed up anew."""


class RowSums(Protocol):
    """Sums by rows and a layout's columns, of which the buckets come last."""

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""
        ...

    def add(self, rows: Ints, columns: Ints, counts: Ints) -> None:
        """Add counts; those of a place that comes several times are all added."""
        ...

    def narrow(self, rows: Ints, columns: Ints | slice = slice(None)) -> Ints:
        """Sums of some rows, in all narrow columns or some."""
        ...

    def buckets(self, rows: Ints) -> NDArray[np.integer]:
        """Sums of some rows in the buckets."""
        ...


class EveryRow:
    """Sums of every row.

    Buckets stand apart, in a quarter of the room for as long as they hold so little: most scopes have nothing
    in most.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout: Final = layout
        self._narrow: Ints = np.zeros((0, layout.narrow), np.int64)
        self._buckets: NDArray[np.int16 | np.int32] = np.zeros((0, layout.buckets), np.int16)

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""
        self._narrow = _grown(self._narrow, rows)
        self._buckets = _grown(self._buckets, rows)

    def add(self, rows: Ints, columns: Ints, counts: Ints) -> None:
        """Add counts."""
        layout = self._layout
        if layout.buckets:
            narrow, wide = np.flatnonzero(columns < layout.narrow), np.flatnonzero(columns >= layout.narrow)
            places = rows[wide] * layout.buckets + columns[wide] - layout.narrow
            self._add_wide(places, counts[wide])
            rows, columns, counts = rows[narrow], columns[narrow], counts[narrow]
        np.add.at(self._narrow.reshape(-1), rows * layout.narrow + columns, counts)

    def narrow(self, rows: Ints, columns: Ints | slice = slice(None)) -> Ints:
        """Sums of some rows, in all narrow columns or some."""
        if isinstance(columns, slice):
            return self._narrow[rows]
        found: Ints = self._narrow[rows[:, None], columns]
        return found

    def buckets(self, rows: Ints) -> NDArray[np.integer]:
        """Sums of some rows in the buckets."""
        return self._buckets[rows].astype(np.int32, copy=False)

    def _add_wide(self, places: Ints, counts: Ints) -> None:
        there = self._buckets.reshape(-1)
        if there.dtype == np.int16 and _most(there[places]) + np.abs(counts).sum() > _MOST_SMALL:
            self._buckets = self._buckets.astype(np.int32)
            there = self._buckets.reshape(-1)
        np.add.at(there, places, counts.astype(there.dtype))


class AskedRows:
    """Sums of the rows that were asked for last; `summed_up` gives those of rows from what the window keeps.

    That is up to what was added last, so a row may be asked for whenever counts are kept and added alike.
    """

    def __init__(self, layout: Layout, summed_up: Callable[[Ints], Ints], most: int = MOST_ASKED) -> None:
        """Keeps up to `most` rows up, unless more are asked for at once."""
        self.most = most
        self._layout: Final = layout
        self._summed_up: Final = summed_up
        self._place_of: NDArray[np.int32] = np.zeros(0, np.int32)
        self._sums: Ints = np.zeros((0, layout.width), np.int64)

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""
        more = rows - len(self._place_of)
        self._place_of = np.pad(self._place_of, (0, more), constant_values=-1)

    def add(self, rows: Ints, columns: Ints, counts: Ints) -> None:
        """Add counts of the rows that were asked for."""
        if not len(self._sums):
            return
        at = self._place_of[rows]
        asked = np.flatnonzero(at >= 0)
        places = at[asked] * np.int64(self._layout.width) + columns[asked]
        np.add.at(self._sums.reshape(-1), places, counts[asked])

    def narrow(self, rows: Ints, columns: Ints | slice = slice(None)) -> Ints:
        """Sums of some rows, in all narrow columns or some."""
        narrow: Ints = self._of(rows)[:, : self._layout.narrow][:, columns]
        return narrow

    def buckets(self, rows: Ints) -> NDArray[np.integer]:
        """Sums of some rows in the buckets."""
        return self._of(rows)[:, self._layout.narrow :]

    def _of(self, rows: Ints) -> Ints:
        new = np.unique(rows[self._place_of[rows] < 0])
        if len(new):
            if len(self._sums) + len(new) > self.most:
                self._place_of[:] = -1
                self._sums, new = self._sums[:0], np.unique(rows)
            self._place_of[new] = len(self._sums) + np.arange(len(new))
            self._sums = np.concatenate([self._sums, self._summed_up(new)])
        return self._sums[self._place_of[rows]]


def summed_up(kept: Sequence[Kept], rows: Ints, columns: int, width: int) -> Ints:
    """The sums of some rows in the first `columns` of `width` columns, of all that is kept."""
    found = np.zeros((len(rows), columns), np.int64)
    if not kept or not len(rows):
        return found
    order = np.argsort(rows)
    places = np.concatenate([each.places for each in kept]).astype(np.int64)
    row, column = np.divmod(places, width)
    at = np.minimum(np.searchsorted(rows[order], row), len(rows) - 1)
    wanted = np.flatnonzero((rows[order][at] == row) & (column < columns))
    counts = np.concatenate([each.counts for each in kept])[wanted].astype(np.int64)
    np.add.at(found, (order[at[wanted]], column[wanted]), counts)
    return found


def _most(counts: NDArray[np.signedinteger]) -> int:
    """How far any count is from nothing."""
    return max(int(counts.max(initial=0)), -int(counts.min(initial=0)))


def _grown(table: NDArray[Whole], rows: int) -> NDArray[Whole]:
    """With room for so many rows; memory is taken only by those that somebody has written to."""
    grown = np.zeros((rows, table.shape[1]), table.dtype)
    used = np.flatnonzero(table.any(axis=1))
    grown[used] = table[used]
    return grown
