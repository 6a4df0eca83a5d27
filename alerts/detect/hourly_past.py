"""Hours of the past: what came in of each row, summed by hour, for six weeks."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.hour_lines import HourLines
from alerts.detect.memory import MemoryColumn, Table
from alerts.detect.scale import Moments
from alerts.rules import HOUR_MS
from alerts.worsening import Against, Worsening

WEEK_HOURS: Final = 7 * 24
KEPT_HOURS: Final = 6 * WEEK_HOURS
"""Four weeks back, a window of up to a day before that, and a week for what is taken in beforehand."""
WEEKS: Final = {Against.USUAL: 4, Against.LAST_WEEK: 1}
"""How many of the weeks before are compared with."""
COLUMNS: Final = ("n", "total", "squares")


def allowed(worse_by: Worsening, usual: Floats) -> Floats:
    """By how much worse than usual scores may be, in the indicator's unit."""
    if worse_by.percent:
        return np.abs(usual) * worse_by.amount / 100
    return np.full(len(usual), worse_by.amount)


class HourlyPast:
    """Answers by hour; a row per scope.  Hours are numbered since 1970."""

    def __init__(self) -> None:
        self._heads = Table({"head": MemoryColumn(np.int64, -1)})  # the last hour with answers; -1: none yet
        self._lines = {name: HourLines(KEPT_HOURS) for name in COLUMNS}
        self._read_hours: tuple[int, int, int] | None = None  # the first, the last, and of how many weeks
        self._read: Floats = np.zeros((len(COLUMNS), 0))  # what rows had in them, as far as `_has_read` says
        self._has_read: Flags = np.zeros(0, np.bool_)

    def grow(self, rows: int) -> None:
        """Make place for rows below `rows`."""
        self._heads.grow(rows)
        for lines in self._lines.values():
            lines.grow(rows)
        self._read_hours = None

    def clear(self, rows: Ints) -> None:
        """Forget the rows."""
        self._heads.clear(rows)
        for lines in self._lines.values():
            lines.clear(rows)
        self._read_hours = None

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything remembered, for a snapshot: of each column `(rows, hours)`."""
        rows = self._heads.rows
        return self._heads.state() | {name: lines.by_row(rows) for name, lines in self._lines.items()}

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a snapshot."""
        self._heads.load(state)  # of the rest it knows nothing
        self.grow(self._heads.rows)
        for name, lines in self._lines.items():
            if name in state and state[name].shape[1:] == (KEPT_HOURS,):
                lines.load(state[name])

    def add(self, end_ms: Ints, rows: Ints, sums: Ints) -> None:
        """Take in answers of panes that end then, in time order: number, steps, squares of steps."""
        hours = (end_ms - 1) // HOUR_MS
        cuts = np.flatnonzero(np.diff(hours, prepend=-1, append=-1))
        for start, stop in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            hour = int(hours[start])
            some, which = np.unique(rows[start:stop], return_inverse=True)
            came = np.zeros((len(some), len(COLUMNS)), np.int64)
            np.add.at(came, which, sums[start:stop])
            self._open(some, hour)
            most = np.abs(came).max(axis=0).tolist()
            for lines, column, farthest in zip(self._lines.values(), came.T, most, strict=True):
                lines.add(hour % KEPT_HOURS, some, column, farthest)

    def sums(self, rows: Ints, hours: Ints, within: Flags) -> list[Floats]:
        """Of each row, what came in some `hours`, `(rows, hours)`, of those that are `within`; by column."""
        head = self._heads["head"][rows][:, None]
        kept = within & (hours <= head) & (hours > head - KEPT_HOURS) & (hours >= 0)
        places = hours % KEPT_HOURS
        return [
            np.where(kept, lines.at(places, rows[:, None]), 0).sum(axis=1).astype(np.float64)
            for lines in self._lines.values()
        ]

    def same_hours(self, end_ms: Ints, rows: Ints, window_ms: int, weeks: int) -> Moments:
        """What each row had in the hours of the window that ends then, in so many weeks before."""
        last = -(-end_ms // HOUR_MS)  # the hours up to before this one
        first = (end_ms - window_ms) // HOUR_MS
        if len(rows) and (first == first[0]).all() and (last == last[0]).all():
            return self._at_once(rows, (int(first[0]), int(last[0]), weeks))
        keys, place = np.unique(np.stack([rows, first, last]), axis=1, return_inverse=True)
        some, first, last = keys
        found = self._before(some, first, last, weeks)
        return Moments(*(column[place.reshape(-1)] for column in found))

    def _at_once(self, rows: Ints, hours: tuple[int, int, int]) -> Moments:
        """The same of rows at one time.

        Pane after pane of an hour reads the same, which nothing changes that comes in meanwhile.
        """
        if self._read_hours != hours:
            self._read_hours = hours
            self._read = np.zeros((len(COLUMNS), self._heads.rows))
            self._has_read = np.zeros(self._heads.rows, np.bool_)
        first, last, weeks = hours
        new = np.unique(rows[~self._has_read[rows]])
        if len(new):
            self._read[:, new] = self._before(new, np.full(len(new), first), np.full(len(new), last), weeks)
            self._has_read[new] = True
        return Moments(*self._read[:, rows])

    def _before(self, rows: Ints, first: Ints, last: Ints, weeks: int) -> list[Floats]:
        """What each row had from its `first` hour up to before its `last`, in so many weeks before."""
        width = int((last - first).max(initial=0))
        back = np.arange(1, weeks + 1) * WEEK_HOURS
        hours = first[:, None, None] + np.arange(width)[None, None, :] - back[None, :, None]
        within: Flags = hours < (last[:, None] - back[None, :])[:, :, None]
        return self.sums(rows, hours.reshape(len(rows), -1), within.reshape(len(rows), -1))

    def _open(self, rows: Ints, hour: int) -> None:
        """Make the hour the last of some rows: what lies between is empty."""
        head = self._heads["head"][rows]
        self._heads["head"][rows] = np.maximum(head, hour)
        behind = np.flatnonzero((head >= 0) & (head < hour))
        if not len(behind):
            return
        rows, empty = rows[behind], np.minimum(hour - head[behind], KEPT_HOURS)
        for gap in np.unique(empty).tolist():
            places = np.arange(hour - gap + 1, hour + 1) % KEPT_HOURS
            for lines in self._lines.values():
                lines.empty(places, rows[empty == gap])
