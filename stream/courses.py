"""Courses: how one indicator's sums move over many panes, worked out at once instead of pane by pane.

A judge that catches up, or replays a file, has hundreds of panes to judge, and at the end of most of them
nothing happens.  A course tells at which ends a score could be past a limit; only those are looked at.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from stream.indicators import Floats, Formula, Ints
from stream.windows import NO_ROWS, Window


@dataclass(frozen=True, slots=True)
class Course:
    """Sums after each change: by rows, and within a row by time.

    `slot` is the number of the window's slot at whose end the row's sums become `sums`.
    """

    rows: Ints
    slot: Ints
    sums: Floats


NOWHERE: Final = Course(NO_ROWS, NO_ROWS, np.zeros((0, 3)))


def course(window: Window, of: Formula, through: int) -> Course:
    """Every change of a formula's sums in a window up to the end of pane `through`.

    The sums are exact: whole numbers, added in whatever order.
    """
    come, left = window.coming(through)
    places = np.concatenate([come.places, left.places])
    slot = np.concatenate([come.enters, left.slot + window.slots])
    counts = np.concatenate([come.counts, -left.counts])
    rows, columns = np.divmod(places, window.layout.width)
    weights = window.layout.weights(of.name)[np.minimum(columns, window.layout.narrow - 1)]
    read = weights.any(axis=1) & (columns < window.layout.narrow)
    if not read.any():
        return NOWHERE
    rows, slot = rows[read].astype(np.int64), slot[read]
    first_slot = int(slot.min())
    keys = rows * (int(slot.max()) - first_slot + 1) + slot - first_slot
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    changes = np.add.reduceat(weights[read][order] * counts[read][order][:, None], starts, axis=0)
    rows, slot = rows[order][starts], slot[order][starts]
    return Course(rows, slot, _from(window, of, rows) + _running(rows, changes))


def _running(rows: Ints, changes: Floats) -> Floats:
    """Sums of the changes of each row so far."""
    total = np.cumsum(changes, axis=0)
    before = np.vstack([np.zeros((1, changes.shape[1])), total[:-1]])
    first = np.searchsorted(rows, rows, "left")
    running: Floats = total - before[first]
    return running


def _from(window: Window, of: Formula, rows: Ints) -> Floats:
    """The sums that the rows' courses start from."""
    distinct, places = np.unique(rows, return_inverse=True)
    sums: Floats = window.read(distinct).of(of.name).sums[places]
    return sums
