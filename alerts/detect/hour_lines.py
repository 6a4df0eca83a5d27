"""Whole numbers by hour and row, in as little memory as they need.

There may be ten thousand rows, each with six weeks of hours, in which little happens.  A line per hour lies
in one piece, so hours of which nothing is known take none (pages of zeros that nobody has written are not
there), and numbers are as narrow as those that came allow: mostly two bytes.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.findings import Flags, Ints
from alerts.detect.memory import FIRST_ROWS

Lines = NDArray[np.signedinteger[Any]]
_TYPES: Final[tuple[type[np.signedinteger[Any]], ...]] = (np.int16, np.int32, np.int64)


class HourLines:
    """`hours` lines; in each, a number per row, 0 at first."""

    def __init__(self, hours: int) -> None:
        self._lines: Lines = np.zeros((hours, FIRST_ROWS), _TYPES[0])
        self._written: Flags = np.zeros(hours, np.bool_)  # the others are all zeros
        self._limit = int(np.iinfo(self._lines.dtype).max)
        self._latest = -1  # the line that was added to last
        self._most = 0  # no number in it is farther from 0

    def grow(self, rows: int) -> None:
        """Make place for rows below `rows`; never shrinks."""
        room = self._lines.shape[1]
        if rows > room:
            self._move(max(rows, 2 * room))

    def add(self, hour: int, rows: Ints, numbers: Ints, most: int) -> None:
        """Add to distinct rows of one line numbers that are no farther from 0 than `most`."""
        if hour != self._latest:
            self._latest, self._most = hour, _farthest(self._lines[hour])
            self._written[hour] = True
        self._most += most
        if self._most > self._limit:
            self._most = _farthest(self._lines[hour]) + most
            self._make_fit(self._most)
        self._lines[hour, rows] += numbers.astype(self._lines.dtype)

    def empty(self, hours: Ints, rows: Ints) -> None:
        """Set rows to 0 in some lines."""
        self._lines[hours[self._written[hours]][:, None], rows] = 0

    def clear(self, rows: Ints) -> None:
        """Set rows to 0 in all lines."""
        self.empty(np.arange(len(self._lines)), rows)

    def at(self, hours: Ints, rows: Ints) -> Lines:
        """The numbers at some places; both are broadcast."""
        return self._lines[hours, rows]

    def by_row(self, rows: int) -> Lines:
        """A copy of the first rows, `(rows, hours)`."""
        return self._lines[:, :rows].T.copy()

    def load(self, by_row: Lines) -> None:
        """Take over, as the first rows, what `by_row` gave."""
        self.grow(len(by_row))
        self._make_fit(_farthest(by_row))
        self._latest = -1
        self._written |= by_row.any(axis=0)
        self._lines[self._written, : len(by_row)] = by_row.T[self._written]

    def _make_fit(self, most: int) -> None:
        """Take as many bytes for a number as it needs to be so far from 0."""
        wide = next(each for each in _TYPES if most <= np.iinfo(each).max)
        if np.dtype(wide).itemsize > self._lines.dtype.itemsize:
            self._move(self._lines.shape[1], wide)

    def _move(self, room: int, wide: type[np.signedinteger[Any]] | None = None) -> None:
        """Into another array; only what was written takes memory there."""
        lines = np.zeros((len(self._lines), room), wide or self._lines.dtype)
        lines[self._written, : self._lines.shape[1]] = self._lines[self._written]
        self._lines = lines
        self._limit = int(np.iinfo(lines.dtype).max)


def _farthest(numbers: Lines) -> int:
    """How far from 0 they go."""
    return max(-int(numbers.min(initial=0)), int(numbers.max(initial=0)))
