"""Looking ahead: how one indicator's sums move over many panes, worked out at once instead of pane by pane.

A judge that catches up, or replays a file, has hundreds of panes to judge, and at the end of most of them
nothing happens.  A trajectory is the list of all changes of one scope's sums in those panes.  It tells at
which ends a score could be past a limit; only those are looked at.

A window's sums change at two kinds of ends: where something comes in, and where what came in has become too
old.  Both are known beforehand, once the panes have closed.  For example, a window is three panes long and
its scope has two answers in pane 10, one of them good, and a bad one in pane 12.  Its sums (answers, good
ones) become, after each end at which they change:

    end of pane   10       12       13            15
    answers        2        3        1             0      the answers of pane 10 leave with pane 13,
    good ones      1        1        0             0      that of pane 12 with pane 15

Nothing happens at the ends of panes 11 and 14, so they need not be looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.row_sets import NO_ROWS
from stream.columnar.runs import run_starts
from stream.indicators.formulas import Flags, Floats, Ints
from stream.judge.windows.changes import WindowChanges, changes, with_times
from stream.judge.windows.coarse import Projection
from stream.judge.windows.grid import Grid, grid
from stream.judge.windows.layout import SUMS
from stream.judge.windows.sliding import Window
from stream.judge.windows.tails import beyond

NEVER: Final = 2**62
MOST_SHARED: Final = 2**20
"""Changes times sums up to which all formulas' sums are worked out together, in few steps and more room."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """Sums after each change: by rows, and within a row by time.

    `slot` is the number of the window's slot at whose end the row's sums become `sums`.
    """

    rows: Ints
    slot: Ints
    sums: Floats

    def panes(self, window: Window) -> Ints:
        """The pane at whose end each change comes."""
        return (self.slot + 1) * window.slot_panes - 1


@dataclass(frozen=True, slots=True)
class SharedSums:
    """The sums of all formulas of a window after each change of any; `moved` says of which formulas."""

    every: Trajectory
    moved: Flags

    def of(self, place: int) -> Trajectory:
        """The trajectory of the formula whose sums begin at a place."""
        kept = np.flatnonzero(self.moved[:, place // SUMS])
        every = self.every
        return Trajectory(every.rows[kept], every.slot[kept], every.sums[kept, place : place + SUMS])


class Ahead:
    """Looks ahead to the end of a pane; what its rules share of a window is worked out once."""

    def __init__(self, through: int) -> None:
        self._through: Final = through
        self._changes: Final[dict[tuple[int, str], WindowChanges]] = {}
        self._with_times: Final[dict[tuple[int, str], WindowChanges]] = {}
        self._shared: Final[dict[tuple[int, str], SharedSums]] = {}
        self._grids: Final[dict[tuple[int, str], Grid | None]] = {}

    def trajectory(self, window: Window, read: Projection) -> Trajectory:
        """Every change of a window's sums.

        They are exact: whole numbers, added in whatever order.
        """
        return trajectory(window, self._read(window, read), read)

    def of_rows(self, window: Window, read: Projection, rows: Ints) -> Trajectory:
        """Every change of the sums of some rows alone, ascending."""
        known = self._read(window, read)
        wanted = np.zeros(len(window.changed), np.bool_)
        wanted[rows] = True
        return trajectory(window, known.of(np.flatnonzero(wanted[known.rows])), read)

    def of_formula(self, window: Window, name: str) -> Trajectory:
        """Every change of the three sums of a formula that reads no buckets, and some readings between.

        Once the grid has been asked for, windows may be slid.
        """
        layout = window.layout
        grid = self.grid(window)
        if grid is not None:
            return of_grid(grid, layout.place(name))
        known = self.changes(window)
        if len(known.rows) * layout.sums > MOST_SHARED:
            return trajectory(window, known, Projection.of(layout, name))
        key = window.window_ms, window.hours.text
        shared = self._shared.get(key)
        if shared is None:
            shared = self._shared[key] = shared_sums(window, known)
        return shared.of(layout.place(name))

    def grid(self, window: Window) -> Grid | None:
        """The sums of all formulas at every slot's end; None where it is not worth it."""
        key = window.window_ms, window.hours.text
        if key not in self._grids:
            self._grids[key] = grid(window, self.changes(window))
        return self._grids[key]

    def beyond(self, window: Window, grid: Grid, bucket: int) -> Floats:
        """How many cases are in buckets from one on, `(slots, rows)`, at the ends of the grid's slots."""
        return beyond(window, self.changes(window), grid, bucket)

    def changes(self, window: Window) -> WindowChanges:
        """What comes into a window and what leaves it, but for single times."""
        key = window.window_ms, window.hours.text
        known = self._changes.get(key)
        if known is None:
            known = self._changes[key] = changes(window, self._through)
        return known

    def _read(self, window: Window, read: Projection) -> WindowChanges:
        """All changes that are read."""
        if read.upto is None:
            return self.changes(window)
        key = window.window_ms, window.hours.text
        known = self._with_times.get(key)
        if known is None:
            known = self._with_times[key] = with_times(self.changes(window), window, self._through)
        return known


def of_grid(grid: Grid, place: int) -> Trajectory:
    """The trajectory of the formula whose sums begin at a place, with an entry for each change of any."""
    rows, at = grid.changes
    return Trajectory(
        rows, grid.first + at, np.ascontiguousarray(grid.sums[place : place + SUMS, at, rows].T)
    )


def trajectory(window: Window, known: WindowChanges, read: Projection) -> Trajectory:
    """The trajectory of some sums, from the changes of a window's counts."""
    width = window.layout.width
    used = read.reads(known.columns, width)
    if not len(used):
        return Trajectory(NO_ROWS, NO_ROWS, np.zeros((0, read.sums)))
    own = known.ordered(used)
    starts = run_starts(own.rows, own.slot)
    rows, slot = own.rows[starts], own.slot[starts]
    firsts = run_starts(rows)
    running = _running(read.moved(own, starts, width), firsts, read.before(window, rows[firsts]))
    return Trajectory(rows, slot, running)


def shared_sums(window: Window, known: WindowChanges) -> SharedSums:
    """The sums of all formulas, from the changes of a window's counts: each step is taken once for all."""
    layout = window.layout
    table = layout.every_weight
    read: Flags = np.any(table.reshape(layout.narrow, -1, SUMS), axis=2)
    used = np.flatnonzero(known.columns < layout.narrow)
    used = used[np.any(read, axis=1)[known.columns[used]]]
    if not len(used):
        return SharedSums(Trajectory(NO_ROWS, NO_ROWS, np.zeros((0, table.shape[1]))), read[:0])
    own = known.ordered(used)
    starts = run_starts(own.rows, own.slot)
    moved = np.add.reduceat(table[own.columns] * own.counts[:, None], starts, axis=0)
    of = np.logical_or.reduceat(read[own.columns], starts, axis=0)
    rows, slot = own.rows[starts], own.slot[starts]
    firsts = run_starts(rows)
    before = window.counts(rows[firsts]) @ table
    return SharedSums(Trajectory(rows, slot, _running(moved, firsts, before)), of)


def _running(moved: Floats, firsts: Ints, before: Floats) -> Floats:
    """Each row's sums so far: what they were before and all that has moved since, from `firsts` on."""
    total = np.cumsum(moved, axis=0)
    until = total[firsts] - moved[firsts]
    lengths = np.append(firsts[1:], len(moved)) - firsts
    running: Floats = total + np.repeat(before - until, lengths, axis=0)
    return running


class Aligned:
    """Several windows' sums at every pane's end at which one of them changes.

    Entry i is about `rows[i]` at the end of `panes[i]`; entries are by rows, and within a row by time.  The
    windows must not be slid while it is used.
    """

    def __init__(self, windows: Sequence[Window], name: str, ahead: Ahead) -> None:
        """`name` is that of the formula whose sums they are."""
        self._windows: Final = [(each, Projection.of(each.layout, name)) for each in windows]
        paths = [ahead.trajectory(*each) for each in self._windows]
        panes = [path.panes(window) for path, window in zip(paths, windows, strict=True)]
        every = np.concatenate([NO_ROWS, *panes])
        self._first: Final = int(every.min(initial=NEVER)) if len(every) else 0
        self._span: Final = int(every.max(initial=self._first)) - self._first + 1
        self._sums: Final = [path.sums for path in paths]
        self._own: Final = [self._key(path.rows, each) for path, each in zip(paths, panes, strict=True)]
        rows, panes_after = np.divmod(np.unique(np.concatenate([NO_ROWS, *self._own])), self._span)
        self.rows: Final[Ints] = rows
        self.panes: Final[Ints] = panes_after + self._first

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, part: slice) -> Floats:
        """The sums of some entries, `(entries, windows, sums)`."""
        return self.latest(self.rows[part], self.panes[part])

    def latest(self, rows: Ints, panes: Ints) -> Floats:
        """The sums of rows at the ends of panes, `(rows, windows, sums)`; `rows` may come in any order."""
        keys = self._key(rows, panes)
        some, place = np.unique(rows, return_inverse=True)
        found = []
        for own, sums, (window, read) in zip(self._own, self._sums, self._windows, strict=True):
            before = read.before(window, some)[place]
            if len(own):
                last = np.maximum(np.searchsorted(own, keys, "right") - 1, 0)
                known = (own[last] <= keys) & (own[last] // self._span == rows)
                before = np.where(known[:, None], sums[last], before)
            found.append(before)
        return np.stack(found, axis=1)

    def _key(self, rows: Ints, panes: Ints) -> Ints:
        return rows * self._span + (panes - self._first)
